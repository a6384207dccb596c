"""Requests over time: from a pattern, drawn with a seed, or from a trace, read as a stream.

A request is a pair, (arrival, service), in seconds from the start. All randomness of a run comes
from `randoms`: a stream of numbers for each purpose, so that a layer changes no arrival.
"""

import csv
import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import main
from main import BadInput, Scenario

Draw = Callable[[], float]
Segment = tuple[float, float]  # until when, seconds, and the share of the mean rate
Request = tuple[float, float]  # arrival and service, seconds

HOUR_S = 3600.0
DAYS = {  # until which hour, share of the mean rate [assumed]
    "poisson": [(24, 1.0)],
    "diurnal": [(8, 0.1), (18, 1.8), (24, 0.87)],  # a quiet night, a step at 8 a.m.
}
BURSTY = (300.0, 2700.0, 10.0)  # mean seconds on and off, times the mean rate when on [assumed]
PATTERNS = (*DAYS, "bursty")
TOKENS, PLAIN = "TIMESTAMP,ContextTokens,GeneratedTokens", "arrival_s[,service_s]"
SERVICE, SEGMENTS, ARRIVALS, BOOTS, LIVES = range(5)  # what random numbers are for
HEADINGS = (TOKENS, "arrival_s", "arrival_s,service_s")


@dataclass(frozen=True)
class Traffic:
    """How one endpoint is asked and run: the options of `traffic.py`, under the same names."""

    pattern: str = "poisson"  # or diurnal, bursty
    trace: str | None = None  # a CSV file of arrivals instead; "-" is standard input
    hours: float = 24.0  # of a pattern; a trace runs until its last request is served
    service_s: float = 10.0  # s, how long a request holds its slot, on average [assumed]
    service: str = "exponential"  # or constant
    slots: int = 8  # requests that a replica serves at once [assumed]
    min_workers: int | None = None  # replicas ready from the start on; None: the warm pool's
    max_workers: int | None = None  # None: 8, or min_workers where that is more [assumed]
    cold_start_s: float | None = None  # s, instead of the path of the stack
    jitter: bool = False  # each phase is drawn from its range
    patience_s: float | None = None  # s, then a waiting request gives up
    evictions_per_day: float = 0.0  # of each ready replica: spot reclaim, node drain
    seed: int = 1


def randoms(how: Traffic, purpose: int) -> random.Random:
    """Random numbers of a run, a stream for each purpose, of which there is room for eight."""
    return random.Random(8 * how.seed + purpose)


# --- patterns ------------------------------------------------------------------------------------


def daily(how: Traffic) -> Iterator[Segment]:
    """Day after day, without end."""
    for day in itertools.count():
        for hour, share in DAYS[how.pattern]:
            yield HOUR_S * (24 * day + hour), share


def bursty(how: Traffic) -> Iterator[Segment]:
    """On and off for exponential times, without end; it begins as it goes on."""
    draw, (on_s, off_s, share), until = randoms(how, SEGMENTS).random, BURSTY, 0.0
    on = draw() < on_s / (on_s + off_s)
    while True:
        until -= (on_s if on else off_s) * math.log(1 - draw())
        yield until, share if on else 0.0
        on = not on


def service_times(how: Traffic) -> Draw:
    draw, log, mean_s = randoms(how, SERVICE).random, math.log, how.service_s
    return (lambda: mean_s) if how.service == "constant" else (lambda: -mean_s * log(1 - draw()))


def synthetic(s: Scenario, how: Traffic) -> Iterator[Request]:
    """A Poisson process whose rate is the segment's, until the end of the run."""
    draw, service_s, log = randoms(how, ARRIVALS).random, service_times(how), math.log
    t, end = 0.0, HOUR_S * how.hours
    for until, share in (bursty if how.pattern == "bursty" else daily)(how):
        until, lam = min(until, end), share * s.requests_per_hour / HOUR_S
        while lam:
            t -= log(1 - draw()) / lam
            if t >= until:
                break
            yield t, service_s()
        # subtle: it has no memory, so the gap that leaves a segment is drawn anew in the next.
        t = until
        if t == end:
            return


# --- traces --------------------------------------------------------------------------------------


def read_request(s: Scenario, row: Sequence[str], draw: Draw) -> Request:
    """Arrival and service of a line: given, or drawn; or of tokens: prefill, then one at a time.

    ValueError or ArithmeticError where they cannot be read.
    """
    if len(row) < 3:
        return float(row[0]), float(row[1]) if row[1:] else draw()
    when, (context, generated) = datetime.fromisoformat(row[0]), map(int, row[1:])
    if min(context, generated) < 0:
        raise ValueError
    service_s = main.prefill_s(s, context) + generated / s.decode_tokens_per_s
    return when.replace(tzinfo=when.tzinfo or UTC).timestamp(), service_s


def trace(s: Scenario, how: Traffic) -> Iterator[Request]:
    """Requests of a CSV file, a line at a time; BadInput names the line that is wrong, and how."""
    where, must = f"--trace {how.trace!r}", f"must be {TOKENS} or {PLAIN}"
    draw, last, row = service_times(how), -1.0, [""]
    try:
        with main.opened(str(how.trace)) as file:
            for row in (rows := csv.reader(file)):
                if not row or ",".join(row) in HEADINGS:
                    continue
                t, service_s = read_request(s, row, draw)
                if not (0 <= t <= main.LARGEST and 0 <= service_s <= main.LARGEST):
                    raise ValueError
                if t < last:
                    line = f"{where}, line {rows.line_num}"
                    raise BadInput(f"{line}: must not be before the line above")
                yield t, service_s
                last = t
    except OSError as error:
        raise BadInput(f"{where}: {error.strerror}") from None
    except (ValueError, ArithmeticError, csv.Error):
        line = f"line {rows.line_num}: {','.join(row)!r:.50}"
        raise BadInput(f"{where}, {line}: {must}") from None
    if last < 0:
        raise BadInput(f"{where}: no request in it; {must}")


def requests_of(s: Scenario, how: Traffic) -> tuple[float, Iterator[Request]]:
    """The time of day at the start, seconds, and the requests; a trace starts with its first."""
    if how.trace is None:
        return 0.0, synthetic(s, how)
    rows = trace(s, how)
    first = next(rows)
    return first[0], ((t - first[0], seconds) for part in ([first], rows) for t, seconds in part)
