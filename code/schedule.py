"""Hours of the week with a number for each: replicas of a timed pool, or requests an hour.

`8-18:2,18-22:1` says 2 from 8 to 18 h and 1 until 22 h, every day; `mon-fri 8-18:2` says it of
those days; `22-6:1` runs over midnight. Where hours meet the larger number holds. Times are
seconds from Monday, 0 h.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from main import BadInput, Bounds

HOUR_S, DAY_S, WEEK_S = 3600.0, 86_400.0, 604_800.0
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY, HOUR = f"({'|'.join(DAYS)})", r"(\d+(?:\.\d+)?)"
FORM = re.compile(f"(?:{DAY}(?:-{DAY})? +)?{HOUR}-{HOUR}:(.+)")
MUST = "must be HOURS:NUMBER,..., as 8-18:2,18-22:1 or, in quotes, 'mon-fri 8.5-18:2'"


class Span(NamedTuple):
    """A number that holds from one time to another; the end may lie past the end of the week."""

    start_s: float
    end_s: float
    number: float


def days_named(first: str | None, last: str | None) -> list[int]:
    """The days from one to another, 0 is Monday; where none is named all of them."""
    if first is None:
        return [*range(7)]
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return [day % 7 for day in range(begin, end + (1 if end >= begin else 8))]


def read(text: str, number: Bounds) -> list[Span]:
    """The spans of a week that a text stands for; BadInput where it is none."""
    spans = []
    for part in text.lower().split(","):
        if not (found := FORM.fullmatch(part.strip())):
            raise BadInput(f"{text!r:.60}: {MUST}")
        first, last, *hours, value = found.groups()
        start, end = map(float, hours)
        if not (start < 24 and end <= 24 and start != end):
            raise BadInput(f"{text!r:.60}: hours must be two different ones of 0 to 24")
        holds = number.read(value, f"{text!r:.60}: ")
        over_midnight = 24 if end < start else 0
        for day in days_named(first, last):
            start_s, end_s = (DAY_S * day + HOUR_S * x for x in (start, end + over_midnight))
            spans.append(Span(start_s, end_s, holds))
    return spans


def shared_days(text: str) -> tuple[str, float]:
    """The days that all parts of a text name alike, and their share of the week; else all."""
    named = {part.strip().rpartition(" ")[0] for part in text.lower().split(",")}
    days = named.pop() if len(named) == 1 else ""
    first, _, last = days.partition("-")
    return days, len(days_named(first or None, last or None)) / 7


def tidy(text: str) -> str:
    """The same text in one line, as it is typed best."""
    return ",".join(" ".join(part.split()) for part in text.lower().split(","))


def has_days(text: str | None) -> bool:
    return text is not None and any(day in text.lower() for day in DAYS)


def week(spans: Sequence[Span], otherwise: float) -> list[Span]:
    """What holds when, from the week's begin to its end: the largest number of those that meet."""
    edges = sorted({0.0, WEEK_S} | {t % WEEK_S for x in spans for t in (x.start_s, x.end_s)})
    pieces: list[Span] = []
    for start_s, end_s in itertools.pairwise(edges):
        middle = (start_s + end_s) / 2
        hold = [x.number for x in spans if (middle - x.start_s) % WEEK_S < x.end_s - x.start_s]
        pieces.append(Span(start_s, end_s, max(hold, default=otherwise)))
    return pieces


def ahead(pieces: Sequence[Span], lead_s: float) -> list[Span]:
    """The same with every rise so much earlier, so that what boots then is ready in time."""
    earlier = [x._replace(start_s=x.start_s - lead_s) for x in pieces]
    return week(earlier, 0)


def at(pieces: Sequence[Span], t: float) -> float:
    """The number that holds at a time."""
    return next(x.number for x in pieces if t % WEEK_S < x.end_s)


def following(pieces: Sequence[Span], start_s: float) -> Iterator[tuple[float, float]]:
    """(until when, number), without end, in seconds from a start."""
    for k in itertools.count():
        for x in pieces:
            if (until := k * WEEK_S + x.end_s - start_s % WEEK_S) > 0:
                yield until, x.number


def changes(pieces: Sequence[Span], start_s: float) -> Iterator[tuple[float, float]]:
    """(when, another number from then on), without end, where there is more than one."""
    if len({x.number for x in pieces}) > 1:
        for (when, was), (_, number) in itertools.pairwise(following(pieces, start_s)):
            if number != was:
                yield when, number


def mean(pieces: Sequence[Span]) -> float:
    """The average over the week."""
    return sum((x.end_s - x.start_s) * x.number for x in pieces) / WEEK_S
