"""What --events tells of a run: rows that add up to its figures, and to a slow simulation's."""

from __future__ import annotations

import argparse
import functools
import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import endpoint
import events
import main
import pytest
import traffic
from arrivals import Asked, Traffic
from conftest import called, refused
from reference import Reference, Replica, Request, Rules
from test_simulation import random_case

CASES = 120


class Run(NamedTuple):
    """A run with its events: what was asked, and all that JSON has of it."""

    s: main.Scenario
    names: list[str]
    how: Traffic
    found: dict[str, Any]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self.found["events"]["requests"]

    @property
    def replicas(self) -> list[dict[str, Any]]:
        return self.found["events"]["replicas"]

    @property
    def bill(self) -> list[dict[str, Any]]:
        return self.found["events"]["bill"]

    @property
    def end_s(self) -> float:
        return 3600 * self.found["hours"]

    def alive(self) -> list[tuple[float, float]]:
        """From when to when each replica is paid within the run."""
        return [(row["boot_s"], self.last(row["gone_s"])) for row in self.replicas]

    def last(self, t: float | None) -> float:
        """The same instant where it lies within the run, else the end of the run."""
        return self.end_s if t is None else min(t, self.end_s)


def stretches(row: dict[str, Any]) -> list[tuple[int, float, float]]:
    """(replica, start_s, end_s) of all service that a request had, in order."""
    parts = [*row["earlier"], row] if row["replica"] else row["earlier"]
    return [(part["replica"], part["start_s"], part["end_s"]) for part in parts]


def integral(spans: list[tuple[float, float]], level: Any = lambda n: n) -> float:
    """Over time, of what `level` makes of how many of these spans hold at once."""
    steps = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    total, holding, at = 0.0, 0, 0.0
    for t, step in steps:
        total += level(holding) * (t - at)
        holding, at = holding + step, t
    return total


def random_run(dice: random.Random) -> Run:
    """A small run of some pattern, half of them with evictions, behind a layer or none."""
    names = dice.choice([[], [], ["warm-node"], ["snapshot"]])
    names = names + ["migrate"] * (dice.random() < 0.5)
    s = main.Scenario(
        requests_per_hour=dice.choice([5.0, 40.0, 200.0]),
        keep_alive_s=dice.choice([0.0, 30.0, 300.0, 1e6]),
        warm_ttft_s=dice.choice([0.5, 0.5, 3.0]),
        sla_s=dice.choice([1.0, 30.0, 300.0]),
        pool_usd_per_hour=dice.choice([None, None, 1.5]),
    )
    most = dice.choice([4, 8, 20])
    how = Traffic(
        pattern=dice.choice(["poisson", "diurnal", "bursty"]),
        hours=dice.choice([0.5, 3.0, 12.0]),
        slots=dice.randint(1, 8),
        service_s=dice.choice([1.0, 10.0, 300.0]),
        min_workers=dice.choice([0, 0, 1, 3]),
        max_workers=most,
        schedule=dice.choice([None, None, "0-1:2,2-10:3", "0.1-0.2:4"]),
        patience_s=dice.choice([None, None, 0.0, 20.0, 200.0]),
        evictions_per_day=dice.choice([0.0, 0.0, 100.0, 1000.0]),
        jitter=dice.random() < 0.3,
        seed=dice.randrange(1000),
    )
    seen = events.Recorder(main.stack(s, names).sla_s)
    return Run(s, names, how, traffic.run_result(s, names, how, seen=seen))


@functools.cache
def runs() -> list[Run]:
    dice = random.Random(7)
    return [random_run(dice) for _ in range(CASES)]


def all_requests() -> Iterator[tuple[Run, dict[str, Any]]]:
    return ((run, row) for run in runs() for row in run.requests)


# --- a run by hand -------------------------------------------------------------------------------


def replayed(
    s: main.Scenario, how: Traffic, requests: list[tuple[float, float]], *names: str
) -> dict[str, Any]:
    """A run of these requests, of (arrival_s, service_s), for the hours of a pattern."""
    seen = events.Recorder(main.stack(s, names).sla_s)
    return traffic.run_result(s, names, how, Asked(0.0, requests), seen)


def told(tmp_path: Path, trace: str, *words: str) -> dict[str, Any]:
    path = tmp_path / "trace.csv"
    path.write_text(trace)
    done = called("traffic.py", "--trace", str(path), *words, "--events", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_a_run_of_three_requests_is_told_as_it_is_by_hand(tmp_path: Path) -> None:
    # One waits for the boot, one finds the replica warm, one comes after it has gone.
    words = ("--cold-start-s", "100", "--keep-alive", "60", "--sla", "10")
    found = told(tmp_path, "0,20\n150,30\n300,40\n", *words)
    cold, warm = {"replica": 1, "ttft_s": 100.0, "late": True, "earlier": []}, {"earlier": []}
    warm |= {"arrival_s": 150.0, "start_s": 150.0, "end_s": 180.0, "replica": 1}
    assert found["events"]["requests"] == [
        {"arrival_s": 0.0, "start_s": 100.0, "end_s": 120.0, **cold},
        {**warm, "ttft_s": 0.5, "late": False},
        {"arrival_s": 300.0, "start_s": 400.0, "end_s": 440.0, **cold, "replica": 2},
    ]
    assert found["events"]["replicas"] == [
        {"replica": 1, "boot_s": 0.0, "ready_s": 100.0, "gone_s": 240.0, "cause": "idle"},
        {"replica": 2, "boot_s": 300.0, "ready_s": 400.0, "gone_s": None, "cause": ""},
    ]
    bill = [(row["at_s"], row["usd"] * 3600) for row in found["events"]["bill"]]
    paid = [(0.0, 0.0), (240.0, 8 * 240), (300.0, 8 * 240), (440.0, 8 * 380)]
    assert bill == [pytest.approx(row) for row in paid]


def test_late_is_strictly_later_than_the_sla(tmp_path: Path) -> None:
    for sla, late in (("100", [False, False]), ("99.9", [True, False]), ("0.4", [True, True])):
        words = ("--cold-start-s", "100", "--sla", sla)
        requests = told(tmp_path, "0,20\n110,20\n", *words)["events"]["requests"]
        assert [row["late"] for row in requests] == late
    for sla_s, waits in ((100.0, False), (99.9, True)):  # the run ends while it waits
        s = main.Scenario(known_cold_start_s=1000.0, sla_s=sla_s)
        row = replayed(s, Traffic(hours=1 / 36), [(0.0, 1.0)])["events"]["requests"][0]
        assert (row["ttft_s"], row["late"]) == (None, waits)


def test_a_pool_is_ready_at_time_0_and_a_boot_may_outlast_the_run() -> None:
    words = ("--min-workers", "1", "--slots", "1", "--pattern", "0-24:60", "--hours", "0.09")
    done = called("traffic.py", *words, "--service-s", "1000", "--json", "--events")
    first, *others = json.loads(done.stdout)["events"]["replicas"]
    never = {"gone_s": None, "cause": ""}
    assert first == {"replica": 1, "boot_s": 0.0, "ready_s": 0.0, **never}
    assert others
    assert {row["ready_s"] for row in others} == {None}


# --- random runs ---------------------------------------------------------------------------------


def test_the_random_runs_have_all_that_can_happen() -> None:
    has = Counter[str]()
    for run, row in all_requests():
        cuts = [cut["end_s"] for cut in row["earlier"]]
        has["moved"] += row["start_s"] in cuts
        has["started over"] += bool(cuts) and (row["start_s"] or 0) > cuts[-1]
        has["interrupted twice"] += len(cuts) > 1
        has["never served"] += not stretches(row)
        has["to start over"] += bool(cuts) and row["replica"] is None
        has["past the end"] += (row["end_s"] or 0) > run.end_s
        has["late by a warm answer"] += row["late"] and row["ttft_s"] == run.s.warm_ttft_s
    for run in runs():
        has["in time at the end"] += any(
            row["ttft_s"] is None and not row["late"] for row in run.requests
        )
        for row in run.replicas:
            has[f"gone {row['cause']}"] += 1
            has["still boots"] += row["ready_s"] is None
    assert len(has) == 12
    assert min(has.values()) > 0, has


def test_rows_are_as_many_as_the_run_counts() -> None:
    for run in runs():
        found, late = run.found, sum(row["late"] for row in run.requests)
        assert len(run.requests) == found["requests"]
        assert late == round(found["over_sla_fraction"] * found["requests"])
        booted = [row for row in run.replicas if row["ready_s"] != 0]
        assert len(booted) == found["cold_starts"]
        causes = Counter(row["cause"] for row in run.replicas)
        assert causes["evicted"] == found["evictions"]["count"]
        assert (
            sum(len(row["earlier"]) for row in run.requests) == found["evictions"]["interrupted"]
        )
        unserved = sum(row["ttft_s"] is None for row in run.requests)
        assert unserved == found["given_up"] + found["waiting_at_end"]


def test_rows_stand_in_order() -> None:
    for run in runs():
        arrivals = [row["arrival_s"] for row in run.requests]
        boots = [row["boot_s"] for row in run.replicas]
        assert arrivals == sorted(arrivals)
        assert boots == sorted(boots)
        assert [row["replica"] for row in run.replicas] == [*range(1, len(boots) + 1)]
        for row in run.replicas:
            assert (row["gone_s"] is None) == (row["cause"] == "")


def test_no_slot_serves_two_and_none_serves_before_ready_or_after_gone() -> None:
    for run in runs():
        served: dict[int, list[tuple[float, float]]] = {}
        for row in run.requests:
            for replica, start, end in stretches(row):
                served.setdefault(replica, []).append((start, end))
        for number, spans in served.items():
            row = run.replicas[number - 1]
            assert min(start for start, _ in spans) >= row["ready_s"]
            assert max(end for _, end in spans) <= (row["gone_s"] or math.inf)
            over = integral(spans, lambda n, slots=run.how.slots: max(n - slots, 0))
            assert over == 0


def test_a_request_is_served_after_it_came_by_one_replica_at_a_time() -> None:
    for run, row in all_requests():
        ends = row["arrival_s"]
        for _, start, end in stretches(row):
            assert ends <= start <= end
            ends = end
        for cut in row["earlier"]:
            gone = run.replicas[cut["replica"] - 1]
            assert (gone["gone_s"], gone["cause"]) == (cut["end_s"], "evicted")
        assert (row["start_s"] is None) == (row["end_s"] is None) == (row["replica"] is None)
        assert (row["ttft_s"] is None) == (not stretches(row))


def test_the_first_token_comes_with_the_start_or_a_warm_answer_later() -> None:
    for run, row in all_requests():
        if row["ttft_s"] is None:
            continue
        number, start, _ = stretches(row)[0]
        waited, warm_s = start - row["arrival_s"], run.s.warm_ttft_s
        if waited == 0:
            assert row["ttft_s"] == warm_s
        elif start == run.replicas[number - 1]["ready_s"]:
            assert row["ttft_s"] == waited
        else:
            assert row["ttft_s"] == pytest.approx(waited + warm_s)


def test_first_tokens_average_to_the_runs_mean() -> None:
    for run in runs():
        ttft = [row["ttft_s"] for row in run.requests if row["ttft_s"] is not None]
        figures = run.found["ttft_s"]
        assert figures["max"] == max(ttft, default=None)
        mean = sum(ttft) / len(ttft) if ttft else None
        assert figures["mean"] == (mean and pytest.approx(mean, rel=1e-9))


def test_late_is_who_had_no_token_in_time() -> None:
    for run, row in all_requests():
        waited = run.end_s - row["arrival_s"]
        if row["ttft_s"] is not None:
            assert row["late"] == (row["ttft_s"] > run.s.sla_s)
        elif run.how.patience_s is None:
            assert row["late"] == (waited > run.s.sla_s)
        else:  # gave up, or waits: no longer than its patience
            waits = waited <= min(run.how.patience_s, run.s.sla_s)
            assert row["late"] or waits


def test_busy_slots_and_replicas_add_up_to_gpu_hours() -> None:
    for run in runs():
        gpus = main.gpus(main.stack(run.s, run.names))
        held = integral(run.alive()) / 3600 * gpus
        assert run.found["gpu_hours"] == pytest.approx(held, rel=1e-9)
        parts = [part for row in run.requests for part in stretches(row)]
        spans = [(start, run.last(end)) for _, start, end in parts]
        busy = integral(spans, lambda n, slots=run.how.slots: math.ceil(n / slots)) / 3600 * gpus
        assert run.found["perfect_gpu_hours"] == pytest.approx(busy, rel=1e-9, abs=1e-9)


def usd(run: Run, until: float) -> float:
    """What replicas' rows and the standby node cost up to an instant, without a schedule."""
    under, least = main.stack(run.s, run.names), run.found["run"]["min_workers"]
    spans = [(start, min(end, until)) for start, end in run.alive() if start < until]
    pool_s = integral(spans, lambda n: min(n, least))
    paid = pool_s * main.kept_usd_per_hour(under)
    paid += (integral(spans) - pool_s) * main.replica_usd_per_hour(under)
    return (paid + until * traffic.standby_usd_per_hour(run.s, run.names)) / 3600


def test_the_bill_begins_with_nothing_never_falls_and_ends_with_the_runs_dollars() -> None:
    for run in runs():
        assert run.bill[0] == {"at_s": 0.0, "usd": 0.0}
        assert run.bill[-1]["at_s"] == run.end_s
        assert run.bill[-1]["usd"] == pytest.approx(run.found["usd"], rel=1e-9)
        for before, after in zip(run.bill, run.bill[1:]):
            assert before["at_s"] < after["at_s"]
            assert before["usd"] <= after["usd"]


def test_the_bill_is_at_every_instant_what_the_replicas_have_cost() -> None:
    dice = random.Random(8)
    checked = {None: 0, 1.5: 0}
    for run in runs():
        if run.how.schedule and run.s.pool_usd_per_hour is not None:
            continue
        checked[run.s.pool_usd_per_hour] += 1
        for before, after in zip(run.bill, run.bill[1:]):
            share = dice.random()
            at = before["at_s"] + share * (after["at_s"] - before["at_s"])
            between = before["usd"] + share * (after["usd"] - before["usd"])
            assert between == pytest.approx(usd(run, at), rel=1e-9, abs=1e-9)
    assert min(checked.values()) > 10


def test_the_bill_has_a_row_where_the_number_of_replicas_changes_and_no_other() -> None:
    for run in runs():
        steps = Counter[float]()
        for row in run.replicas:
            steps[row["boot_s"]] += 1
            steps[row["gone_s"]] -= row["gone_s"] is not None
        changes = {t for t, step in steps.items() if step} | {0.0, run.end_s}
        at = {row["at_s"] for row in run.bill}
        if run.how.schedule:
            assert changes <= at
        else:
            assert at == changes


def test_the_bill_bends_where_a_scheduled_pool_begins_and_ends() -> None:
    s = main.Scenario(
        requests_per_hour=0.0, pool_usd_per_hour=1.0, known_cold_start_s=360.0, keep_alive_s=900.0
    )
    how = Traffic(schedule="1-2:1", hours=4.0)
    # Two GPUs from 0.9 h on, a cold start ahead. Long idle when the hours end, they go at once;
    # after a request they stay for their keep-alive, at the price of others.
    idle, after = [(2.0, 2.2), (4.0, 2.2)], [(2.0, 2.2), (2.25, 4.2), (4.0, 4.2)]
    for requests, expected in (([], idle), ([(7180.0, 20.0)], after)):
        bill = replayed(s, how, requests)["events"]["bill"]
        rows = [(row["at_s"] / 3600, row["usd"]) for row in bill]
        assert rows == [pytest.approx(row) for row in [(0.0, 0.0), (0.9, 0.0), *expected]]


def test_events_change_no_figure_of_a_run() -> None:
    for run in runs():
        plain = traffic.run_result(run.s, run.names, run.how)
        assert {**run.found, "events": None} == {**plain, "events": None}
    words = ("--rate", "200", "--evictions-per-day", "200", "--min-workers", "2", "--json")
    plain, told = (json.loads(called("traffic.py", *words, *more).stdout)
                   for more in ((), ("--events",)))  # fmt: skip
    assert len(told.pop("events")["requests"]) == told["requests"] > 0
    assert told == plain


def test_events_are_those_under_the_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(s: main.Scenario) -> main.Scenario:
        return replace(s, gpu_usd_per_hour=7.0, sla_s=1e4)

    layer = main.LAYERS[-1]._replace(name="dear", change=change, rent=None)
    monkeypatch.setattr(main, "LAYERS", (layer,))
    monkeypatch.setattr(main, "BY_NAME", {"dear": layer})
    words = ("--with", "dear", "--hours", "2", "--events", "--json")
    found = json.loads(called("traffic.py", *words).stdout)
    assert found["events"]["bill"][-1]["usd"] == pytest.approx(found["usd"])
    assert found["usd"] == pytest.approx(7 * found["gpu_hours"])
    assert found["over_sla_fraction"] == 0
    assert not any(row["late"] for row in found["events"]["requests"])


# --- the slow simulation -------------------------------------------------------------------------


class Told(Reference):
    """The slow simulation with the stretches of each request and the end of each replica."""

    def __init__(self, rules: Rules) -> None:
        self.replicas: list[Replica] = []
        self.gone: dict[int, tuple[float, str]] = {}
        self.served: dict[tuple[float, float], list[list[float]]] = {}
        self.cut: Counter[tuple[float, float]] = Counter()  # how many of them an eviction ended
        super().__init__(rules)

    def new_replica(self, boot_s: float) -> Replica:
        self.replicas.append(super().new_replica(boot_s))
        return self.replicas[-1]

    def place(self, r: Replica, request: Request, seconds: float) -> None:
        super().place(r, request, seconds)
        parts = self.served.setdefault((request.arrival, request.service), [])
        parts.append([r.number, self.now, self.now + seconds])

    def drop(self, r: Replica) -> None:
        super().drop(r)
        self.gone[r.number] = (self.now, "idle")

    def on_eviction(self, r: Replica) -> None:
        for _, request in r.running:
            key = (request.arrival, request.service)
            self.served[key][-1][2] = self.now
            self.cut[key] += 1
        super().on_eviction(r)
        self.gone[r.number] = (self.now, "evicted")


@pytest.mark.parametrize("seed", range(100, 110))
def test_every_stretch_and_replica_is_as_in_the_slow_simulation(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        s, how, rules, asked, until = random_case(dice)
        slow, seen = Told(rules), events.Recorder(s.sla_s)
        slow.run(asked, until)
        pairs = [(q.arrival, q.service) for q in asked]
        endpoint.Endpoint(s, how, seen=seen).replay(pairs, until)
        assert [row["arrival_s"] for row in seen.requests] == [t for t, _ in pairs]
        for pair, q, row in zip(pairs, asked, seen.requests):
            expected = slow.served.get(pair, [])
            assert stretches(row) == [pytest.approx(part, abs=1e-6) for part in expected]
            assert len(row["earlier"]) == slow.cut[pair]
            assert row["ttft_s"] == (q.ttft and pytest.approx(q.ttft, abs=1e-6))
            late = q.gave_up if q.ttft is None else q.ttft > s.sla_s + 1e-9
            assert row["late"] == (late or (q.ttft is None and slow.now - q.arrival > s.sla_s))
        assert len(seen.replicas) == len(slow.replicas)
        for replica, row in zip(slow.replicas, seen.replicas):
            gone_s, cause = slow.gone.get(replica.number, (None, ""))
            ready_s = replica.ready_at if replica.ready or cause else None
            found = (row["replica"], row["boot_s"], row["ready_s"], row["gone_s"])
            each = (replica.number, replica.booted, ready_s, gone_s)
            for x, y in zip(found, each):
                assert x == (y and pytest.approx(y, abs=1e-6))
            assert row["cause"] == cause
        _, held_s, pool_s = seen.paid(slow.now)[-1]
        assert held_s == pytest.approx(slow.replica_s, abs=1e-4)
        assert pool_s == pytest.approx(slow.pool_s, abs=1e-4)


# --- what is refused -----------------------------------------------------------------------------


def test_events_stand_beside_json_and_one_keep_alive() -> None:
    says = refused(called("traffic.py", "--events"))
    assert says == "--events: must be beside --json\n"
    several = ("--keep-alive", "60,300", "--json")
    assert "--events" in refused(called("traffic.py", "--events", *several))
    assert "--events" in refused(called("plan.py", "--events", "--json"))


def test_far_too_many_requests_are_refused_before_the_run() -> None:
    days = ("--rate", "1e6", "--hours", "900", "--events", "--json")  # minutes, were they run
    says = refused(called("traffic.py", *days))
    assert says.startswith("--events: about 900,000,000 requests")
    for word in ("10,000", "--hours", "--rate"):
        assert word in says
    assert called("traffic.py", *days[:3], "1e-3", *days[4:]).returncode == 0
    s, traced = main.Scenario(requests_per_hour=1e9), Traffic(trace="-")  # which has its own
    assert traffic.notes_of(argparse.Namespace(events=True, json=True), s, traced, False)


def test_a_request_more_than_the_most_is_refused_and_the_most_is_told(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    words = ("--trace", str(path), "--events", "--json")
    path.write_text("".join(f"{t},1\n" for t in range(10_000)))
    done = called("traffic.py", *words)
    assert len(json.loads(done.stdout)["events"]["requests"]) == 10_000
    path.write_text("".join(f"{t},1\n" for t in range(10_001)))
    says = refused(called("traffic.py", *words))
    assert says.startswith("--events: more than 10,000 requests")
    for word in ("--hours", "--rate", "--trace"):
        assert word in says
    patterned = refused(called("traffic.py", "--rate", "500", "--hours", "24", *words[2:]))
    assert patterned == says
