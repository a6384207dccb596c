"""The simulation against a slow one that is obviously right, request by request."""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace
from typing import Any

import arrivals
import endpoint
import main
import pytest
from arrivals import Traffic
from reference import Reference, Request, Rules


class Watched(endpoint.Endpoint):
    """The program's endpoint, on the general path only, with what became of each request."""

    def __init__(self, s: main.Scenario, how: Traffic) -> None:
        self.left: list[tuple[float, float]] = []
        self.log: dict[tuple[float, float], float] = {}
        super().__init__(s, how)

    def serve_hits(self, requests: Any) -> Any:
        return next(requests, None)

    def arrive(self, t: float, service_s: float) -> None:
        hits = self.hits
        super().arrive(t, service_s)
        if self.hits > hits:
            self.log[t, service_s] = self.s.warm_ttft_s

    def leave(self) -> endpoint.Work:
        work = super().leave()
        self.left.append(work[:2])
        return work

    def serve_waiting(self, more_s: float) -> None:
        left = len(self.left)
        super().serve_waiting(more_s)
        for pair in self.left[left:]:
            self.log[pair] = self.now - pair[0] + more_s


def count(times: endpoint.Times) -> float:
    return sum(row[0] for row in times.bins.values())


def total(times: endpoint.Times) -> float:
    return sum(row[1] for row in times.bins.values())


def random_schedule(dice: random.Random) -> str:
    """One block or two, within the first twenty minutes of the day and in whole seconds."""
    parts = []
    for _ in range(dice.choice([1, 1, 2])):
        start, end = sorted(dice.sample(range(0, 1200, 9), 2))
        parts.append(f"{start / 3600:.4f}-{end / 3600:.4f}:{dice.randrange(0, 4)}")
    return ",".join(parts)


def blocks(text: str | None) -> list[tuple[float, float, int]]:
    """From, to and how many, in seconds."""
    rows = [re.split("[-:]", part) for part in text.split(",")] if text else []
    return [(float(start) * 3600, float(end) * 3600, int(count)) for start, end, count in rows]


Case = tuple[main.Scenario, Traffic, Rules, list[Request], float | None]


def random_case(dice: random.Random) -> Case:
    """A small endpoint and small traffic up to an end, None for all that is asked of it.

    Half of them are in whole seconds, so that events meet.
    """
    whole = dice.random() < 0.5

    def seconds(mean: float) -> float:
        return float(dice.randrange(int(2 * mean) + 1)) if whole else dice.expovariate(1 / mean)

    times = sorted(seconds(400) for _ in range(dice.randrange(1, 40)))
    if whole:  # told apart by service time
        requests = [Request(t, seconds(30) + k * 2**-20) for k, t in enumerate(times)]
    else:
        requests = [Request(t, seconds(dice.choice([1, 30, 200]))) for t in times]
    slots, least = dice.randrange(1, 4), dice.choice([0, 0, 1, 2])
    most = max(1, least + dice.randrange(0, 4))
    patience = dice.choice([None, None, 0.0, seconds(40)])
    per_day = dice.choice([0.0, 0.0, 400.0, 1440.0])
    s = main.Scenario(
        keep_alive_s=dice.choice([0.0, seconds(60), 1e9]),
        warm_ttft_s=dice.choice([0.0, 0.5]),
        sla_s=dice.choice([0.25, 2.0, 50.0]),
        prompt_tokens=dice.choice([100, 8192]),
        migrates=dice.random() < 0.5,
    )
    how = Traffic(
        slots=slots,
        min_workers=least,
        max_workers=most,
        patience_s=patience,
        evictions_per_day=per_day,
        jitter=dice.random() < 0.3,
        seed=dice.randrange(1000),
    )
    if dice.random() < 0.4:
        how = replace(how, schedule=random_schedule(dice), max_workers=most + 2)
    if not how.jitter:
        s = replace(s, known_cold_start_s=dice.choice([0.0, seconds(50)]))
    lives = arrivals.randoms(how, arrivals.LIVES).random
    rules = Rules(
        slots=slots,
        least=least,
        blocks=blocks(how.schedule),
        lead_s=main.cold_start_s(s),
        most=how.max_workers or 0,
        keep_s=s.keep_alive_s,
        patience_s=math.inf if patience is None else patience,
        warm_s=s.warm_ttft_s,
        migrates=s.migrates,
        pause_s=main.migration(s)["pause_s"],
        boot=endpoint.boot_times(s, how),
        life=lambda: -math.log(1 - lives()) / (per_day / 86400) if per_day else math.inf,
    )
    until = dice.choice([300.0, 1000.0, None]) if not how.evictions_per_day else 1000.0
    return s, how, rules, [q for q in requests if until is None or q.arrival < until], until


@pytest.mark.parametrize("seed", range(40))
def test_every_request_fares_as_in_the_slow_simulation(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        s, how, rules, asked, until = random_case(dice)
        slow, watched, plain = Reference(rules), Watched(s, how), endpoint.Endpoint(s, how)
        slow.run(asked, until)
        pairs = [(q.arrival, q.service) for q in asked]
        watched.replay(pairs, until)
        plain.replay(pairs, until)
        served = {(q.arrival, q.service): q.ttft for q in asked if q.ttft is not None}
        assert watched.log.keys() == served.keys()
        for pair, ttft in served.items():
            assert watched.log[pair] == pytest.approx(ttft, abs=1e-6)
        now = slow.now
        over = sum(q.ttft > s.sla_s + 1e-9 for q in asked if q.ttft is not None)
        over += sum(q.gave_up or (q.ttft is None and now - q.arrival > s.sla_s) for q in asked)
        for fast in (watched, plain):
            assert fast.now == pytest.approx(now, abs=1e-6)
            assert count(fast.ttft) == len(served)
            assert total(fast.ttft) == pytest.approx(sum(served.values()), abs=1e-5)
            assert fast.given_up == sum(q.gave_up for q in asked)
            assert fast.cold == sum(q.cold for q in asked)
            assert fast.over == over
            assert fast.cold_starts == slow.cold_starts
            counts = (fast.evicted, fast.migrated, fast.restarted)
            assert counts == (slow.evicted, slow.migrated, slow.restarted)
            pauses = [q.interrupted_at for q in slow.queue if q.interrupted_at is not None]
            paused = sum(slow.pauses) + sum(now - since for since in pauses)
            assert total(fast.pauses) == pytest.approx(paused, abs=1e-5)
            pooled = fast.pool_s + now * min(fast.alive, fast.least)
            assert pooled == pytest.approx(slow.pool_s, abs=1e-4)
            held = fast.replica_s + now * fast.alive
            assert held == pytest.approx(slow.replica_s, abs=1e-4)
            busy = fast.perfect_s + now * -(-fast.busy // fast.slots)
            assert busy == pytest.approx(slow.perfect_s, abs=1e-4)
            waited = fast.waiting_s + now * len(fast.waiting)
            assert waited == pytest.approx(slow.waiting_s, abs=1e-4)


STEP_S = 36.0  # a hundredth of an hour, which a schedule can tell


def test_what_falls_on_one_instant_goes_in_the_order_of_the_rules() -> None:
    dice = random.Random(86)
    for _ in range(400):
        times = sorted(STEP_S * dice.randrange(30) for _ in range(dice.randrange(5, 40)))
        requests = [Request(t, STEP_S * dice.randrange(1, 5)) for t in times]
        slots, least = dice.choice([1, 2]), dice.choice([0, 1])
        start, end = sorted(dice.sample(range(1, 30), 2))
        text = f"{start / 100}-{end / 100}:{dice.randrange(4)}" if dice.random() < 0.5 else None
        s = main.Scenario(
            keep_alive_s=STEP_S * dice.randrange(4), known_cold_start_s=STEP_S * dice.randrange(4)
        )
        patience_s = dice.choice([None, None, STEP_S])
        how = Traffic(
            slots=slots, min_workers=least, max_workers=4, schedule=text, patience_s=patience_s
        )  # fmt: skip
        rules = Rules(
            slots, least, blocks(text), main.cold_start_s(s), 4, s.keep_alive_s,
            math.inf if patience_s is None else patience_s,
            boot=endpoint.boot_times(s, how), pause_s=main.pause_s(s),
        )  # fmt: skip
        slow, fast = Reference(rules), endpoint.Endpoint(s, how)
        slow.run(requests, 2000.0)
        fast.replay([(q.arrival, q.service) for q in requests], 2000.0)
        served = [q.ttft for q in requests if q.ttft is not None]
        assert (count(fast.ttft), fast.given_up) == (len(served), sum(q.gave_up for q in requests))
        assert total(fast.ttft) == pytest.approx(sum(served))
        assert fast.cold_starts == slow.cold_starts
        assert fast.replica_s + 2000 * fast.alive == pytest.approx(slow.replica_s)
        pooled = fast.pool_s + 2000 * min(fast.alive, fast.least)
        assert pooled == pytest.approx(slow.pool_s)
