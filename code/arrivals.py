"""Requests over time: from a pattern, drawn with a seed, or from a trace, read as a stream.

A request is a pair, (arrival, service), in seconds from the start. All randomness of a run comes
from `randoms`: a stream of numbers for each purpose, so that a layer changes no arrival.
"""

import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import main
import schedule
from main import Bounds, Scenario
from schedule import HOUR_S
from traces import Request, Trace

Draw = Callable[[], float]
Segment = tuple[float, float]  # until when, seconds, and requests an hour

SHARES = {  # of the mean rate, by hours of the day [assumed]
    "poisson": "0-24:1",
    "diurnal": "0-8:0.1,8-18:1.8,18-24:0.87",  # a quiet night, a step at 8 a.m.
}
BURSTY = (300.0, 2700.0, 10.0)  # mean seconds on and off, times the mean rate when on [assumed]
PATTERNS = (*SHARES, "bursty")
SERVICE, SEGMENTS, ARRIVALS, BOOTS, LIVES = range(5)  # what random numbers are for


@dataclass(frozen=True)
class Traffic:
    """How one endpoint is asked and run: the options of `traffic.py`, under the same names."""

    pattern: str = "poisson"  # or diurnal, bursty, or hours and their rates: 8-20:40
    trace: str | None = None  # a file of arrivals instead; "-" is standard input
    trace_unit: str | None = None  # of its times, s or ms; None: as the file itself tells
    hours: float = 24.0  # of a pattern; a trace runs until its last request is served
    service_s: float = 10.0  # s, how long a request holds its slot, on average [assumed]
    service: str = "exponential"  # or constant
    slots: int = 8  # requests that a replica serves at once [assumed]
    min_workers: int | None = None  # replicas ready from the start on; None: the warm pool's
    schedule: str | None = None  # so many in these hours instead: 8-18:2,18-22:1
    max_workers: int | None = None  # None: 8, or min_workers where that is more [assumed]
    jitter: bool = False  # each phase is drawn from its range
    patience_s: float | None = None  # s, then a waiting request gives up
    evictions_per_day: float = 0.0  # of each ready replica: spot reclaim, node drain
    seed: int = 1


def randoms(how: Traffic, purpose: int) -> random.Random:
    """Random numbers of a run, a stream for each purpose, of which there is room for eight."""
    return random.Random(8 * how.seed + purpose)


class Asked(NamedTuple):
    """What an endpoint is asked, and from when on: the start in seconds from Monday, 0 h."""

    start_s: float
    requests: Iterable[Request]
    trace: Trace | None = None


# --- patterns ------------------------------------------------------------------------------------


def pattern_of(text: str) -> str:
    """What stands behind --pattern; BadInput where it is neither a name nor hours and rates."""
    if not (":" in text or text[:1].isdigit() or text[:3].lower() in schedule.DAYS):
        return main.nearest(text, PATTERNS)
    schedule.read(text, Bounds())
    return schedule.tidy(text)


def by_hours(s: Scenario, how: Traffic) -> list[schedule.Span]:
    """Requests an hour over the week, of a pattern that goes by the hours."""
    hours = schedule.week(schedule.read(SHARES.get(how.pattern, how.pattern), Bounds()), 0)
    rate = s.requests_per_hour if how.pattern in SHARES else 1.0
    return [x._replace(number=x.number * rate) for x in hours]


def mean_rate(s: Scenario, how: Traffic) -> float:
    """Requests an hour on average: the figure, unless the pattern has rates of its own."""
    return schedule.mean(by_hours(s, how)) if ":" in how.pattern else s.requests_per_hour


def goes_by_days(how: Traffic) -> bool:
    """Whether days of the week differ, in what is asked or in what is kept ready."""
    return schedule.has_days(how.pattern) or schedule.has_days(how.schedule)


def bursty(s: Scenario, how: Traffic) -> Iterator[Segment]:
    """On and off for exponential times, without end; it begins as it goes on."""
    draw, (on_s, off_s, share), until = randoms(how, SEGMENTS).random, BURSTY, 0.0
    on = draw() < on_s / (on_s + off_s)
    while True:
        until -= (on_s if on else off_s) * math.log(1 - draw())
        yield until, share * s.requests_per_hour if on else 0.0
        on = not on


def segments(s: Scenario, how: Traffic) -> Iterator[Segment]:
    if how.pattern == "bursty":
        return bursty(s, how)
    return schedule.following(by_hours(s, how), 0.0)


def service_times(how: Traffic) -> Draw:
    draw, log, mean_s = randoms(how, SERVICE).random, math.log, how.service_s
    return (lambda: mean_s) if how.service == "constant" else (lambda: -mean_s * log(1 - draw()))


def synthetic(s: Scenario, how: Traffic) -> Iterator[Request]:
    """A Poisson process whose rate is the segment's, until the end of the run."""
    draw, service_s, log = randoms(how, ARRIVALS).random, service_times(how), math.log
    t, end = 0.0, HOUR_S * how.hours
    for until, rate in segments(s, how):
        until, lam = min(until, end), rate / HOUR_S
        while lam:
            t -= log(1 - draw()) / lam
            if t >= until:
                break
            yield t, service_s()
        # subtle: it has no memory, so the gap that leaves a segment is drawn anew in the next.
        t = until
        if t == end:
            return


# --- either --------------------------------------------------------------------------------------


def requests_of(s: Scenario, how: Traffic) -> Asked:
    """The requests of a run; synthetic ones start on Monday, 0 h, a trace with its first."""
    if how.trace is None:
        return Asked(0.0, synthetic(s, how))
    trace = Trace(s, how.trace, service_times(how), how.trace_unit)
    rows = iter(trace)
    first = next(rows)
    requests = ((t - first[0], seconds) for part in ([first], rows) for t, seconds in part)
    return Asked(trace.week_s, requests, trace)
