"""Traces as they are published, read line by line: when requests came, and how long each takes.

The heading or else the first line tells the format. Reading order: the lines, the formats, how
they are told apart, what is said of all others, and the trace itself. Times are seconds.
"""

import contextlib
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from typing import NamedTuple

import main
from main import BadInput, Scenario

Request = tuple[float, float]  # arrival and service, seconds
Lines = Iterator[tuple[int, str]]  # numbered from 1

LONGEST = 1_000_000  # characters of a line; what follows is read as the next
HELD = 1000  # lines, at most, that tell the unit
MS_GAP = 30.0  # between arrivals, on average: above it they are milliseconds [assumed]
UNREADABLE = (ValueError, ArithmeticError, RecursionError, csv.Error)  # what readers raise

# --- lines ---------------------------------------------------------------------------------------


def cells(line: str) -> list[str]:
    """The cells of a line of CSV; csv.Error where a quote is left open or a cell has no end."""
    # subtle: a line for itself, so that an open quote takes no other line with it.
    if '"' not in line:
        return line.split(",")
    return next(csv.reader([line], strict=True, skipinitialspace=True))


def names(line: str) -> tuple[str, ...]:
    """The columns that a heading names, however it is spaced and spelt."""
    try:
        return tuple(cell.strip().lower() for cell in cells(line))
    except csv.Error:
        return ()


def picked(heading: Sequence[str], columns: Sequence[str]) -> Callable[[str], Sequence[str]]:
    """What takes the cells of these columns from a line, which must have all of the heading's."""
    take, width = itemgetter(*map(heading.index, columns)), len(heading)

    def pick(line: str) -> Sequence[str]:
        row = cells(line)
        if len(row) != width:
            raise ValueError
        found: Sequence[str] = take(row)
        return found

    return pick


def values(line: str) -> list[str]:
    """Time and tokens of a JSON object, as text; ValueError where it is none or lacks one."""
    found = json.loads(line)
    if not isinstance(found, dict) or not {*MOONCAKE.columns} <= {*found}:
        raise ValueError
    return [str(found[key]) for key in MOONCAKE.columns]


# --- formats -------------------------------------------------------------------------------------


def served_s(trace: "Trace", context: str, generated: str) -> float:
    """Seconds for these tokens: prefill, then one at a time."""
    new, out = int(context), int(generated)
    if new < 0 or out < 0:
        raise ValueError
    return main.prefill_s(trace.s, new) + out / trace.s.decode_tokens_per_s


def dated(trace: "Trace", row: Sequence[str]) -> Request:
    """A date and tokens; where no offset is told, time is UTC."""
    when, context, generated = row
    trace.date = date = datetime.fromisoformat(when.strip())
    return date.replace(tzinfo=date.tzinfo or UTC).timestamp(), served_s(trace, context, generated)


def tokens(trace: "Trace", row: Sequence[str]) -> Request:
    when, context, generated = row
    return float(when) / trace.per_s, served_s(trace, context, generated)


def logged(trace: "Trace", row: Sequence[str]) -> Request:
    """The same; no token came back of a request that failed, and it arrived all the same."""
    request = tokens(trace, row)
    trace.failed += int(row[2]) == 0
    return request


def ended(trace: "Trace", row: Sequence[str]) -> Request:
    """When it ended and how long it took; the first may have begun before the trace."""
    end, service = float(row[0]), float(row[1])
    if end < 0:
        raise ValueError
    return (end - service) / trace.per_s, service / trace.per_s


def plain(trace: "Trace", row: Sequence[str]) -> Request:
    """An arrival, and how long it takes where that is told; else it is drawn."""
    if len(row) > 2:
        raise ValueError
    when, per_s = float(row[0]), trace.per_s
    return when / per_s, float(row[1]) / per_s if row[1:] else trace.draw()


class Format(NamedTuple):
    name: str
    columns: tuple[str, ...]  # of the heading, in small letters, or keys
    read: Callable[["Trace", Sequence[str]], Request]
    must: str  # be or have, of a line
    unit: str = "s"
    more: bool = False  # columns beside these; all are found by name


AZURE_LLM = Format(
    "Azure LLM",
    ("timestamp", "contexttokens", "generatedtokens"),
    dated,
    "must be TIMESTAMP,ContextTokens,GeneratedTokens: a date and two whole numbers",
    unit="dates",
)
BURSTGPT = Format(
    "BurstGPT",
    ("timestamp", "request tokens", "response tokens"),
    logged,
    "must have seconds and two whole numbers under Timestamp, Request tokens and Response tokens",
    more=True,
)
FUNCTIONS = Format(
    "Azure Functions 2021",
    ("end_timestamp", "duration"),
    ended,
    "must have seconds under end_timestamp and duration",
    more=True,
)
MOONCAKE = Format(
    "Mooncake",
    ("timestamp", "input_length", "output_length"),
    tokens,
    "must be a JSON object with the numbers timestamp, input_length and output_length",
    unit="",  # which the file or --trace-unit tells
)
TOKENS = Format(
    "seconds and tokens",
    ("arrival_s", "contexttokens", "generatedtokens"),
    tokens,
    "must be arrival_s,ContextTokens,GeneratedTokens: seconds and two whole numbers",
)
SECONDS = Format(
    "seconds",
    ("arrival_s", "service_s"),
    plain,
    "must be arrival_s[,service_s]: seconds from 0 to 1e12",
)
FORMATS = (
    AZURE_LLM,
    BURSTGPT,
    FUNCTIONS,
    TOKENS,
    SECONDS,
    SECONDS._replace(columns=("arrival_s",)),
)
HEADINGS = {kind.columns for kind in FORMATS if not kind.more}

# --- told apart ----------------------------------------------------------------------------------


def reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text.strip())
    except ValueError:
        return False
    return True


is_number, is_date = partial(reads, float), partial(reads, datetime.fromisoformat)


def format_of(line: str) -> Format | None:
    """What the heading or first line is of; None where no format has such a one."""
    if line.lstrip().startswith("{"):
        with contextlib.suppress(*UNREADABLE):
            time = values(line)[0]
            return MOONCAKE if is_number(time) or not is_date(time) else None
        return None
    found = names(line)
    for kind in FORMATS:
        if found == kind.columns or (kind.more and {*kind.columns} <= {*found}):
            return kind
    if found and is_number(found[0]):
        return {1: SECONDS, 2: SECONDS, 3: TOKENS}.get(len(found))
    # subtle: a date's own letters, T and Z, are large.
    return AZURE_LLM if len(found) == 3 and is_date(found[0].upper()) else None


def unit_of(times: Sequence[float]) -> tuple[str, str]:
    """The unit of these times, and what tells it."""
    if any(t % 1 for t in times):
        return "s", "a time has a fraction"
    if len(times) < 2:
        return "s", "a single request"
    # Mooncake's hour has a request per 152 ms, whereas of a request every 30 s nobody would
    # publish a trace.
    gap = (times[-1] - times[0]) / (len(times) - 1)
    ms = gap > MS_GAP or times[-1] > main.LARGEST
    return "ms" if ms else "s", f"whole numbers, {main.plain(gap)} apart on average"


# --- all others ----------------------------------------------------------------------------------

INTO = "python code/traffic.py --trace -"
READ = (
    "TIMESTAMP,ContextTokens,GeneratedTokens (Azure LLM), BurstGPT, Mooncake, Azure Functions "
    "2021, or for all else arrival_s[,service_s] or arrival_s,ContextTokens,GeneratedTokens"
)
PACKED = {  # how a file begins that is no text yet, and what unpacks it
    "\x1f\ufffd": "gunzip -c FILE",
    "PK\x03\x04": "unzip -p FILE",
    "Rar!": "unrar p -inul FILE",
    "(\ufffd/\ufffd": "zstd -dc FILE",
    "\ufffd\ufffd": "iconv -f UTF-16 -t UTF-8 FILE",
}
SPREAD = (  # requests of a minute evenly over it; the counts begin in column 5
    "awk -F, 'NR > 1 {for (m = 5; m <= NF; m++) for (k = 0; k < $m; k++) "
    """printf "%.3f\\n", 60 * (m - 5 + (k + 0.5) / $m)}' FILE | LC_ALL=C sort -n"""
)
TIMES, NO_TIME = ("arriv", "timestamp", "start", "time"), r"elapsed|dura|end|finish|respon|run"
INPUT, OUTPUT = r"input|prompt|context|request|prefill", r"output|generat|complet|respon|decode"


def guessed(found: Iterable[str]) -> list[str]:
    """The column of time among these, and those of tokens in and out where there are both."""
    # In a key that goes into a command there is nothing that a shell could mistake.
    known = [name for name in found if re.fullmatch(r"[\w. -]{1,50}", name)]
    low = {name: name.lower() for name in known}
    times = (x for t in TIMES for x in known if t in low[x] and not re.search(NO_TIME, low[x]))
    sized = [x for x in known if re.search("tok|len", low[x])]
    both = [next((x for x in sized if re.search(way, low[x])), "") for way in (INPUT, OUTPUT)]
    time = [*islice(times, 1)]
    return time + both if time and all(both) else time


def option(column: str) -> str:
    return f"{INTO} --trace-unit ms" if re.search("ms$|milli", column.lower()) else INTO


def of_columns(found: Sequence[str]) -> str:
    """What to say of such a heading, and how to bring its file to one that is read."""
    if not (columns := guessed(found)):
        return f"must be {READ}"
    if list(found) == columns and len(columns) == 3:  # so that another heading will do
        heading = "arrival_s,ContextTokens,GeneratedTokens"
        return f"must be {READ}; perhaps: sed '1s/.*/{heading}/' FILE | {option(columns[0])}"
    take = '","'.join(f"${found.index(name) + 1}" for name in columns)
    return (
        f"must be {READ}; perhaps: awk -F, 'NR > 1 {{print {take}}}' FILE | {option(columns[0])}"
    )


def of_keys(line: str) -> str:
    """The same for a JSON object; it may be the whole file, on a line or on many."""
    try:
        found = json.loads(line)
    except UNREADABLE:
        return f"{MOONCAKE.must}, on a line of its own; perhaps: jq -c . FILE | {INTO}"
    says = f"{MOONCAKE.must}; found {', '.join(found)[:50]!r}"
    if not (keys := guessed(found)):
        return f"{says}; where a key holds a list of such: jq -c '.KEY[]' FILE | {INTO}"
    take = [f'.["{key}"]' for key in keys]
    if len(keys) == 3 and not isinstance(found[keys[0]], str):
        fields = ", ".join(f"{x}: {y}" for x, y in zip(MOONCAKE.columns, take))
        return f"{says}; perhaps: jq -c '{{{fields}}}' FILE | {option(keys[0])}"
    return f"{says}; perhaps: jq -r '[{', '.join(take)}] | @csv' FILE | {option(keys[0])}"


def unread(line: str) -> str:
    """What to say of a first line that no format has."""
    for begin, command in PACKED.items():
        if line.startswith(begin):
            return f"must be plain text: {command} | {INTO}"
    text, found = line.strip(), names(line)
    if text.startswith("{"):
        return of_keys(text)
    if text.startswith("["):
        says = "must be a JSON object a line, each with its time (ShareGPT has none)"
        return f"{says}: jq -c '.[]' FILE | {INTO}"
    if found[:1] == ("hashowner",) and "trigger" in found:
        says = "must be a request a line, and not counts by minute; spread over each minute"
        return f"{says}: {SPREAD} | {INTO}"
    for mark, typed in (("\t", "\\t"), (";", ";")):
        if mark in text and "," not in text:
            return f"must be separated by commas: tr '{typed}' , < FILE | {INTO}"
    return of_columns(found)


def sorting(kind: Format, heading: Sequence[str], line: str) -> str:
    """The command that sorts such a file by time, and leaves the heading where it is skipped."""
    if kind is AZURE_LLM:
        return f"LC_ALL=C sort FILE | {INTO}"
    if kind is not MOONCAKE:
        at = heading.index(kind.columns[0]) + 1 if kind.more else 1
        return f"LC_ALL=C sort -s -t, -k{at},{at}g FILE | {INTO}"
    if re.match(r'\s*\{\s*"timestamp"', line):
        return f"LC_ALL=C sort -s -t: -k2,2g FILE | {INTO}"
    return f"jq -s -c 'sort_by(.timestamp)[]' FILE | {INTO}"


# --- a trace -------------------------------------------------------------------------------------


class Trace:
    """The requests of a file, or of standard input ("-"), read once, as a stream.

    What it tells of itself it knows from the first request on; BadInput says what cannot be read.
    """

    format = ""  # its name, for people
    told_by = ""  # why the unit is so, where it was guessed
    failed = 0  # requests without response tokens, so far
    week_s = 0.0  # when the first came, from Monday, 0 h by its own clock; undated, in the file's
    date: datetime | None = None  # of the request read last

    def __init__(
        self, s: Scenario, file: str, draw: Callable[[], float], unit: str | None = None
    ) -> None:
        """`draw` gives the seconds of a request that tells none; `unit`: s, ms or as it seems."""
        self.s, self.file, self.draw = s, file, draw
        self.unit, self.per_s = unit or "", 1.0  # of the file's times, and how many are a second
        self.where = f"--trace {file!r}"

    @property
    def has_dates(self) -> bool:
        return self.unit == "dates"

    def __iter__(self) -> Iterator[Request]:
        """Arrival, as the file counts it, and service of each, seconds, the earliest first."""
        try:
            with main.opened(self.file) as file:
                yield from self.requests(enumerate(iter(partial(file.readline, LONGEST), ""), 1))
        except OSError as error:
            raise BadInput(f"{self.where}: {error.strerror}") from None

    def requests(self, lines: Lines) -> Iterator[Request]:
        number, line = next((x for x in lines if x[1].strip()), (0, ""))
        if not number:
            raise BadInput(f"{self.where}: no request in it; must be {READ}")
        if (kind := format_of(line)) is None:
            raise self.wrong(number, line, unread(line))
        # subtle: the heading, if it is one, goes with the rest, to be skipped where it stands.
        rows = self.rows(kind, names(line), self.measured(kind, chain([(number, line)], lines)))
        if kind is FUNCTIONS:  # whose lines are in the order of their ends
            rows = iter(sorted(rows, key=itemgetter(0)))
        if (first := next(rows, None)) is None:
            raise BadInput(f"{self.where}: no request in it; {kind.must}")
        self.week_s = max(first[0], 0.0) if self.date is None else of_week_s(self.date)
        yield first
        yield from rows

    def measured(self, kind: Format, lines: Lines) -> Lines:
        """Settle name and unit; all of the lines, of which some were read to tell it."""
        if kind is AZURE_LLM and self.unit:
            raise BadInput(f"--trace-unit {self.unit}: must be left out: {self.where} has dates")
        held: list[tuple[int, str]] = []
        if not self.unit and kind is MOONCAKE:
            times: list[float] = []
            for number, line in islice(lines, HELD):
                held.append((number, line))
                with contextlib.suppress(*UNREADABLE):
                    times.append(float(values(line)[0]))
                    if times[-1] % 1:
                        break
            self.unit, self.told_by = unit_of(times)
        self.format, self.unit = kind.name, self.unit or kind.unit
        self.per_s = 1000.0 if self.unit == "ms" else 1.0
        return chain(held, lines)

    def rows(self, kind: Format, heading: Sequence[str], lines: Lines) -> Iterator[Request]:
        """The requests of these lines, blank ones and headings left out, in the file's order."""
        others = {heading} if kind.more else HEADINGS
        take = picked(heading, kind.columns) if kind.more else cells
        take, read = values if kind is MOONCAKE else take, kind.read
        last, most = 0.0, main.LARGEST
        low = -most if kind is FUNCTIONS else 0.0
        for number, line in lines:
            try:
                t, service_s = read(self, take(line))
                if not (low <= t <= most and 0 <= service_s <= most):
                    raise ValueError
            except UNREADABLE:
                if not line.strip() or names(line) in others:
                    continue
                raise self.wrong(number, line, kind.must) from None
            if t < last and kind is not FUNCTIONS:
                cure = sorting(kind, heading, line)
                raise BadInput(
                    f"{self.where}, line {number}: must not be before the line above; {cure}"
                )
            yield t, service_s
            last = t

    def wrong(self, number: int, line: str, says: str) -> BadInput:
        return BadInput(f"{self.where}, line {number}: {line.strip()[:50]!r}: {says}")


def of_week_s(date: datetime) -> float:
    """Seconds from Monday, 0 h, as the clock of that place shows them."""
    midnight = date.replace(hour=0, minute=0, second=0, microsecond=0)
    return date.weekday() * 86_400 + (date - midnight).total_seconds()
