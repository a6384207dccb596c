"""Hours of the week: against a look at every minute, which knows no spans."""

from __future__ import annotations

import itertools
import random

import pytest
import schedule
from conftest import called, refused
from main import BadInput, Bounds

DAYS = "mon tue wed thu fri sat sun".split()
MINUTES = range(7 * 24 * 60)


Row = tuple[list[int], int, int, float]  # days, from and to which minute, number


def random_text(dice: random.Random) -> tuple[str, list[Row]]:
    """Hours and numbers as they are typed, and as (days, from and to which minute, number)."""
    parts, rows = [], []
    for _ in range(dice.randrange(1, 4)):
        start, end = dice.sample(range(24 * 4), 2)  # quarters of an hour
        first, last = dice.randrange(7), dice.randrange(7)
        days = [*range(7)]
        named = dice.choice(["", DAYS[first], f"{DAYS[first]}-{DAYS[last]}"])
        if named:
            days = [first] if "-" not in named else [(first + k) % 7 for k in range(7)]
            days = days[: (last - first) % 7 + 1] if "-" in named else days
        number = dice.randrange(5)
        parts.append(f"{named} {start / 4:g}-{(end or 96) / 4:g}:{number}".strip())
        rows.append((days, 15 * start, 15 * (end or 96), float(number)))
    return ",".join(parts), rows


def at_minute(rows: list[Row], minute: int, otherwise: float) -> float:
    """Looked up: for each row and day, whether this minute lies in it, over midnight too."""
    hold = []
    for days, start, end, number in rows:
        length = (end - start) % 1440 or 1440
        if any((minute - 1440 * day - start) % 10_080 < length for day in days):
            hold.append(number)
    return max(hold, default=otherwise)


def test_a_week_is_what_a_look_at_every_minute_sees() -> None:
    dice = random.Random(5)
    for _ in range(20):
        text, rows = random_text(dice)
        pieces = schedule.week(schedule.read(text, Bounds()), 7.0)
        assert (pieces[0].start_s, pieces[-1].end_s) == (0, schedule.WEEK_S)
        seen = [at_minute(rows, minute, 7.0) for minute in MINUTES]
        assert [schedule.at(pieces, 60.0 * minute) for minute in MINUTES] == seen
        assert schedule.mean(pieces) == pytest.approx(sum(seen) / len(seen))


@pytest.mark.parametrize("lead", [0, 5, 90, 1500, 20_000])
def test_what_is_asked_for_ahead_is_the_most_that_is_needed_until_it_would_be_there(
    lead: int,
) -> None:
    dice = random.Random(lead)
    text, rows = random_text(dice)
    pieces = schedule.ahead(schedule.week(schedule.read(text, Bounds()), 1.0), 60.0 * lead)
    need = [at_minute(rows, minute, 1.0) for minute in MINUTES]
    for minute in range(0, len(need), 7):
        until = [need[(minute + k) % len(need)] for k in range(min(lead, len(need)) + 1)]
        assert schedule.at(pieces, 60.0 * minute) == max(until)


def test_changes_come_at_their_time_from_any_start_week_after_week() -> None:
    pieces = schedule.week(schedule.read("fri 22-6:3,12-13:1", Bounds()), 0.0)
    start_s = 4 * 86_400 + 20 * 3600.0  # Friday, 20 h
    hours = [
        (when / 3600, n) for when, n in itertools.islice(schedule.changes(pieces, start_s), 6)
    ]
    later = itertools.islice(schedule.changes(pieces, start_s + 3 * schedule.WEEK_S), 6)
    assert [(when / 3600, number) for when, number in later] == hours
    assert hours == [(2, 3), (10, 0), (16, 1), (17, 0), (40, 1), (41, 0)]
    a_week = [*itertools.takewhile(lambda row: row[0] < 8 * 86_400, schedule.changes(pieces, 0.0))]
    assert len(a_week) == 7 * 2 + 2 + 2  # and Monday's noon once more
    assert [*schedule.changes(schedule.week([], 2.0), 0.0)] == []


BAD = ["8-18", "8:2", "8-8:1", "24-3:1", "8-25:1", "8-18:x", "8-18:-1", "8-18:1.5", "mon-8-18:2"]
BAD += ["may 8-18:2", "8-18:2,", "", "8-18:2;9-10:3", "-8-18:2", "nan-3:1", "8-18:1e9", "1e1-12:1"]


@pytest.mark.parametrize("text", BAD)
def test_bad_hours_are_one_line(text: str) -> None:
    says = refused(called("traffic.py", f"--schedule={text}"))
    assert says.startswith(f"--schedule: {text!r}: ")
    with pytest.raises(BadInput):
        schedule.read(text, Bounds(high=1000, whole=True))
