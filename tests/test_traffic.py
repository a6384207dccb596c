"""Traffic: theory that the code does not contain, conservation, patterns, traces and edges."""

from __future__ import annotations

import io
import itertools
import json
import math
import random
import re
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import arrivals
import endpoint
import main
import pytest
import traffic
from arrivals import Traffic
from conftest import CODE, called, printed, random_layers, random_scenario, refused, run
from progress import Progress

KEYS = {
    *("run", "hours", "requests", "cold_starts", "cold_starts_per_day", "cold_fraction"),
    *("ttft_s", "over_sla_fraction", "given_up", "gpu_hours", "usd", "replicas"),
    *("perfect_gpu_hours", "waiting_at_end", "timeline", "evictions", "closed_form"),
}


def ran(s: main.Scenario | None = None, *names: str, **options: Any) -> dict[str, Any]:
    return traffic.traffic_result(s or main.Scenario(), list(names), Traffic(**options))


def page(s: main.Scenario, *names: str, **options: Any) -> str:
    """The text of a run."""
    how = Traffic(**options)
    return printed(traffic.show, traffic.traffic_result(s, list(names), how), s, how)


def queue(lam: float, hours: float, **options: Any) -> dict[str, Any]:
    """Requests at lam a second, warm answers in no time, so that TTFT is the wait."""
    s = main.Scenario(requests_per_hour=3600 * lam, warm_ttft_s=0.0)
    for figure in ("keep_alive_s", "sla_s", "known_cold_start_s"):
        if figure in options:
            s = replace(s, **{figure: options.pop(figure)})
    return ran(s, hours=hours, **options)


@pytest.mark.parametrize(("workers", "slots", "load"), [(1, 1, 0.7), (3, 1, 2.4), (2, 4, 6.8)])
def test_a_fixed_pool_waits_as_erlang_c_says(workers: int, slots: int, load: float) -> None:
    c = workers * slots
    top = load**c / math.factorial(c) * c / (c - load)
    waits = top / (sum(load**k / math.factorial(k) for k in range(c)) + top)
    pool = {"min_workers": workers, "max_workers": workers, "slots": slots}
    found = queue(load / 10, 100_000 / (360 * load), service_s=10.0, **pool)
    assert found["requests"] == pytest.approx(100_000, rel=0.02)
    assert found["waited_fraction"] == pytest.approx(waits, rel=0.06)
    assert found["ttft_s"]["mean"] == pytest.approx(waits * 10 / (c - load), rel=0.1)
    assert found["cold_starts"] == 0
    share, wait = found["closed_form"]
    assert share["expected"] == pytest.approx(waits)
    assert share["simulated"] == found["waited_fraction"]
    assert wait["expected"] == pytest.approx(waits * 10 / (c - load))
    assert wait["simulated"] == pytest.approx(found["ttft_s"]["mean"], rel=1e-3)


@pytest.mark.parametrize("service", ["exponential", "constant"])
@pytest.mark.parametrize(("tau_s", "cold_s"), [(0.0, 30.0), (20.0, 60.0), (200.0, 5.0)])
def test_one_replica_waits_as_m_g_1_with_set_up_and_delayed_off(
    service: str, tau_s: float, cold_s: float
) -> None:
    lam, mean_s = 0.02, 10.0
    second = mean_s**2 * (2 if service == "exponential" else 1)
    boots = math.exp(-lam * tau_s)
    d, d2 = cold_s * boots, cold_s**2 * boots
    expected = lam * second / (2 * (1 - lam * mean_s))
    expected += (2 * d + lam * d2) / (2 * (1 + lam * d))
    run_of = {"slots": 1, "max_workers": 1, "service": service, "known_cold_start_s": cold_s}
    found = queue(lam, 100_000 / 72, keep_alive_s=tau_s, service_s=mean_s, **run_of)
    assert found["ttft_s"]["mean"] == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("rate", [4.0, 30.0, 60.0])
def test_short_service_boots_and_is_late_as_the_cycle_says(rate: float) -> None:
    s = main.Scenario(requests_per_hour=rate)
    row = main.at_rate(s, rate)
    hours = 24 * 2500 / row["cold_starts_per_day"]
    found = ran(s, service_s=1e-3, max_workers=1, slots=1000, hours=hours)
    assert found["cold_starts_per_day"] == pytest.approx(row["cold_starts_per_day"], rel=0.05)
    assert found["over_sla_fraction"] == pytest.approx(row["over_sla_fraction"], rel=0.05)
    saved = 8 * found["hours"] - found["usd"]
    assert saved == pytest.approx(row["warm_premium_usd_per_hour"] * found["hours"], rel=0.05)
    forms = {form["figure"]: form for form in found["closed_form"]}
    for figure in ("cold_starts_per_day", "over_sla_fraction"):
        assert forms[figure]["expected"] == row[figure]
        assert forms[figure]["simulated"] == found[figure]


def test_a_formula_stands_beside_a_run_only_where_it_applies() -> None:
    def forms(**options: Any) -> list[str]:
        return [form["name"] for form in ran(hours=1.0, **options)["closed_form"]]

    pool = {"min_workers": 2, "max_workers": 2}
    assert forms() == ["cycle, approximate"] * 2
    own = ran(main.Scenario(known_cold_start_s=148.0), hours=1.0)["closed_form"]
    same = main.at_rate(main.stack(main.Scenario(), ["preseed"]), 30.0)
    assert {form["figure"]: form["expected"] for form in own}.items() <= same.items()
    assert [form["name"] for form in own] == forms()
    assert forms(**pool) == ["Erlang C"] * 2
    assert forms(min_workers=2) == []  # more may boot
    assert forms(service_s=31.0) == forms(slots=1) == forms(jitter=True) == []
    assert forms(service="constant", **pool) == forms(service_s=2000.0, **pool) == []
    others = ({"patience_s": 5.0}, {"evictions_per_day": 1.0}, {"schedule": "8-9:2"})
    for other in ({"pattern": "diurnal"}, *others):
        assert forms(**other) == forms(**pool, **other) == []


def test_requests_time_and_waiting_are_conserved() -> None:
    dice = random.Random(3)
    for seed in range(20):
        how = {
            "pattern": dice.choice(["poisson", "diurnal", "bursty"]),
            "hours": dice.choice([1.0, 7.5, 60.0]),
            "slots": dice.choice([1, 8]),
            "max_workers": dice.choice([2, 8]),
            "min_workers": dice.choice([0, 2]),
            "patience_s": dice.choice([None, 60.0]),
            "evictions_per_day": dice.choice([0.0, 0.0, 24.0]),
            "seed": seed,
        }
        s = main.Scenario(requests_per_hour=dice.choice([3.0, 100.0, 1000.0]))
        endpoint, run_of = traffic.simulate(s, Traffic(**how)), ran(s, **how)
        served = sum(row[0] for row in endpoint.ttft.bins.values())
        ends = run_of["given_up"] + run_of["waiting_at_end"]
        assert run_of["requests"] == served + ends
        assert run_of["gpu_hours"] >= run_of["perfect_gpu_hours"] - 1e-6
        assert run_of["perfect_gpu_hours"] >= 0
        assert run_of["cold_fraction"] == endpoint.cold / (run_of["requests"] or 1)
        hours = [row["hour"] for row in run_of["timeline"]]
        assert hours == sorted({*hours})
        for name in ("requests", "cold_starts"):
            assert sum(row[name] for row in run_of["timeline"]) == run_of[name]
        if how["hours"] <= 24:  # Little's law: those waiting = arrivals x wait, by the hour
            parts = [min(1.0, how["hours"] - row["hour"]) for row in run_of["timeline"]]
            waiting = sum(row["waiting"] * h for row, h in zip(run_of["timeline"], parts))
            assert 3600 * waiting == pytest.approx(run_of["requests"] * run_of["mean_wait_s"])
            alive = sum(row["replicas"] * h for row, h in zip(run_of["timeline"], parts))
            assert 2 * alive == pytest.approx(run_of["gpu_hours"])


def test_layers_change_the_path_and_the_pool_and_no_arrival() -> None:
    raw, short = ran(), ran(None, "preseed", "snapshot", "warm-node")
    assert raw["requests"] == short["requests"]
    assert (raw["run"]["cold_start_s"], short["run"]["cold_start_s"]) == (328.0, 15.0)
    assert raw["ttft_s"]["max"] == 328.0
    assert short["ttft_s"]["max"] == 15.0
    assert short["usd"] == pytest.approx(4 * short["gpu_hours"] + 24 * 8)
    assert raw["usd"] == pytest.approx(4 * raw["gpu_hours"])
    pool = ran(main.Scenario(min_workers=3), "warm-pool")
    assert (pool["run"]["min_workers"], pool["cold_starts"]) == (3, 0)
    assert pool["gpu_hours"] == pytest.approx(3 * 2 * 24)
    assert pool["ttft_s"]["max"] == pool["ttft_s"]["p50"] == 0.5
    assert raw["run"]["max_workers"] == 8
    many = ran(main.Scenario(min_workers=10), "warm-pool", hours=1.0)
    assert many["run"]["max_workers"] == 10


def test_jitter_draws_each_phase_from_its_range_and_says_that_the_mean_is_longer() -> None:
    s, how = main.Scenario(), Traffic(jitter=True)
    assert endpoint.mean_cold_s(s, how) == pytest.approx(354.7, abs=0.05)
    node = main.Scenario(image_gb=0.0, weights_gb=1e-9, engine_fixed_s=0.0, graph_capture_s=0.0)
    boot_s = endpoint.boot_times(replace(node, first_forward_s=0.0), how)
    drawn = [boot_s() for _ in range(20_000)]
    assert statistics.mean(drawn) == pytest.approx((45 + 50 + 60) / 3, abs=0.1)
    assert statistics.pvariance(drawn) == pytest.approx(175 / 18, rel=0.04)
    assert 45 < min(drawn) < 45.5
    assert 59 < max(drawn) < 60
    rare = ran(replace(s, requests_per_hour=0.02), jitter=True, hours=80_000.0)["ttft_s"]
    assert 223 < rare["p50"] < rare["max"] < 513
    assert rare["mean"] == pytest.approx(354.7, rel=0.015)
    shown = " ".join(page(s, jitter=True).split())
    assert "a cold start takes 354.7 s. That is an average: phases lean to the long side" in shown


def test_percentiles_are_within_half_a_percent_of_sorting() -> None:
    dice, times, values = random.Random(5), endpoint.Times(), []
    for _ in range(3000):
        values.append(dice.choice([0.0, 0.5, dice.lognormvariate(0, 4)]))
        times.add(values[-1])
    values.sort()
    for q in (0.0001, 0.3, 0.5, 0.9, 0.99, 0.999, 1.0):
        exact = values[math.ceil(q * 3000 - 1e-9) - 1]
        assert times.percentile(q) == pytest.approx(exact, rel=0.005)
    assert times.max == values[-1]
    same = endpoint.Times()
    same.add(0.5, 1000)
    assert same.percentile(0.999) == 0.5
    assert endpoint.Times().percentile(0.5) is None


def test_the_same_seed_gives_the_same_run_and_another_another() -> None:
    ours = json.loads(json.dumps(ran(pattern="bursty", jitter=True, seed=5)))
    assert (
        json.loads(called(*"traffic.py --pattern bursty --jitter --seed 5 --json".split()).stdout)
        == ours
    )
    assert ran(pattern="bursty", jitter=True, seed=6)["ttft_s"] != ours["ttft_s"]
    first = [*itertools.islice(arrivals.synthetic(main.Scenario(), Traffic()), 2)]
    dice, times = random.Random(10), random.Random(8)  # the Mersenne Twister of every Python
    t = -math.log(1 - dice.random()) * 120
    expected = [(t, -10 * math.log(1 - times.random()))]
    expected.append((t - math.log(1 - dice.random()) * 120, -10 * math.log(1 - times.random())))
    assert first == [pytest.approx(pair) for pair in expected]


# --- evictions -----------------------------------------------------------------------------------


def test_migration_moves_what_an_eviction_else_starts_over() -> None:
    s, spot = main.Scenario(requests_per_hour=600.0), {"evictions_per_day": 24.0, "min_workers": 2}
    without, moved = ran(s, **spot), ran(s, "migrate", **spot)
    assert moved["evictions_compared"] == without["evictions_compared"]
    assert moved["evictions_compared"] == [
        without["evictions"] | {"name": "without migrate"},
        moved["evictions"] | {"name": "with migrate"},
    ]
    lost, kept = without["evictions"], moved["evictions"]
    assert lost["migrated"] == 0 < lost["restarted"]
    assert kept["migrated"] > kept["restarted"]
    assert kept["pause_s"]["p50"] == pytest.approx(main.migration(s)["pause_s"])
    assert lost["pause_s"]["max"] > 100 > 1 > kept["pause_s"]["p50"]
    replicas_days = without["gpu_hours"] / 2 / 24
    assert lost["count"] == pytest.approx(
        24 * replicas_days, abs=4 * math.sqrt(24 * replicas_days)
    )
    shown = page(s, "migrate", **spot)
    for row in moved["evictions_compared"]:
        (line,) = (line.strip() for line in shown.splitlines() if f"  {row['name']}  " in line)
        hit = row["migrated"] + row["restarted"]
        assert [int(x) for x in line.removeprefix(row["name"]).split()[:4]] == [
            *(row["count"], hit, row["migrated"], row["restarted"])
        ]
    none = ran(s)
    assert none["evictions_compared"] == []
    assert none["evictions"]["count"] == 0
    assert none["evictions"]["pause_s"] == {"p50": None, "p99": None, "max": None}


# --- edges ---------------------------------------------------------------------------------------


def test_ten_thousand_replicas_at_once() -> None:
    s = main.Scenario(requests_per_hour=1e6, keep_alive_s=60.0)
    how = Traffic(slots=1, max_workers=10_000, service_s=36.0)
    burst = [(0.0, 36.0)] * 10_000
    asked = endpoint.Endpoint(replace(s, known_cold_start_s=5.0), how)
    asked.replay([*burst, (500.0, 1.0)])
    assert (asked.peak, asked.cold_starts) == (10_000, 10_001)
    assert asked.replica_s + asked.now * asked.alive == pytest.approx(10_000 * (5 + 36 + 60) + 6)
    pool = ran(s, min_workers=10_000, hours=0.05, service_s=3600.0, slots=1)
    assert (pool["replicas"]["peak"], pool["cold_starts"]) == (10_000, pool["cold_starts"])


def test_a_burst_at_one_instant() -> None:
    asked = endpoint.Endpoint(main.Scenario(known_cold_start_s=5.0), Traffic())
    asked.replay(itertools.repeat((0.0, 1.0), 100_000))
    assert (asked.peak, asked.queued, asked.hits) == (8, 100_000, 0)
    assert asked.now == pytest.approx(5 + 100_000 / 64, abs=1)
    assert asked.ttft.max == pytest.approx(asked.now - 1 + 0.5)


def test_no_requests_no_keep_alive_endless_keep_alive_and_one_worker() -> None:
    nothing = ran(main.Scenario(requests_per_hour=0.0))
    assert (nothing["requests"], nothing["usd"], nothing["cold_fraction"]) == (0, 0, 0)
    assert {*nothing["ttft_s"].values()} == {None}
    empty = page(main.Scenario(requests_per_hour=0.0))
    assert empty.startswith("No request came, so none was late.")
    assert re.search(r"TTFT of the served +n/a +n/a", empty)
    none = ran(main.Scenario(keep_alive_s=0.0, requests_per_hour=3.0), service_s=0.0)
    assert none["cold_starts"] + none["timeline"][0]["waiting"] > 0.7 * none["requests"]
    assert none["perfect_gpu_hours"] == 0
    forever = ran(main.Scenario(keep_alive_s=1e12))
    assert forever["cold_starts"] == forever["replicas"]["peak"]
    one = ran(main.Scenario(requests_per_hour=2000.0), max_workers=1, slots=1)
    assert (one["replicas"]["peak"], one["cold_starts"]) == (1, 1)
    assert one["waiting_at_end"] > 10_000
    assert one["over_sla_fraction"] > 0.9
    late = ran(main.Scenario(sla_s=0.4))
    assert late["over_sla_fraction"] == 1.0
    gone = ran(patience_s=0.0)
    assert gone["given_up"] == gone["requests"] * gone["waited_fraction"]


def test_what_takes_ten_years_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("0,1e11\n")
    with pytest.raises(main.BadInput, match="ten years"):
        ran(trace=str(path))


# --- what people decide --------------------------------------------------------------------------


def test_a_reserved_gpu_is_cheaper_and_never_late_where_the_formula_says_so() -> None:
    # Flex workers against active ones: 120 s, idle 300 s, 20/h over 240 h, 10 s a request.
    words = "traffic.py --model 8b --cold-start-s 120 --rate 20 --hours 240 --json".split()
    prices = ["--set", "gpu_usd_per_hour=2.736", "pool_usd_per_hour=2.16"]
    flex = json.loads(called(*words, *prices).stdout)
    active = json.loads(called(*words, *prices, "--min-workers", "1").stdout)
    assert flex["usd"] == pytest.approx(553, abs=1)
    assert active["usd"] == pytest.approx(240 * 2.16)
    assert flex["over_sla_fraction"] > 0.2
    assert active["over_sla_fraction"] == 0
    assert flex["gpu_hours"] * 2.736 == pytest.approx(flex["usd"])


def test_a_platform_that_answers_errors_until_it_is_ready_loses_what_a_cycle_says() -> None:
    s = main.Scenario(known_cold_start_s=300.0, requests_per_hour=6.0)
    found = ran(s, patience_s=0.0, hours=4000.0)
    lam = 6 / 3600
    cycle = math.exp(lam * 300) + lam * 300  # with requests that take no time
    assert found["given_up"] / found["requests"] == pytest.approx(
        (1 + lam * 300) / cycle, rel=0.04
    )


def test_a_timed_pool_is_ready_at_its_hour_and_paid_from_one_cold_start_before() -> None:
    s = main.Scenario(requests_per_hour=0.0, pool_usd_per_hour=3.0)
    found = ran(s, schedule="8-18:2,18-22:1", hours=48.0)
    pool_s = 2 * (2 * 328 + 2 * 10 * 3600 + 4 * 3600)  # two replicas of two GPUs, two days
    assert found["gpu_hours"] == pytest.approx(2 * pool_s / 3600)
    assert found["usd"] == pytest.approx(found["gpu_hours"] * 3)
    assert found["cold_starts"] == 4
    by_hour = {row["hour"]: row["replicas"] for row in found["timeline"]}
    assert by_hour[7] == pytest.approx(2 * 328 / 3600)
    assert (by_hour[8], by_hour[17], by_hour[18], by_hour[21], by_hour[22]) == (2, 2, 1, 1, 0)
    over = ran(s, schedule="22-6:1", hours=24.0)
    assert over["cold_starts"] == 1  # that of time 0 is ready
    assert over["gpu_hours"] == pytest.approx(2 * (8 + 328 / 3600))


def test_past_its_hours_a_replica_goes_when_its_keep_alive_has_run_out(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(f"0,1\n{2 * 3600 - 100},10\n{5 * 3600},1\n")
    found = ran(main.Scenario(pool_usd_per_hour=1.0), trace=str(path), schedule="0-2:1")
    first_s, second_s = 7200 + 210, 328 + 1  # until 300 s after its last end; then a boot
    assert found["gpu_hours"] * 1800 == pytest.approx(first_s + second_s)
    assert found["usd"] * 1800 == pytest.approx(7200 * 1 + (first_s - 7200 + second_s) * 4)


def test_days_of_a_schedule_are_those_of_the_trace_or_from_a_monday_on(tmp_path: Path) -> None:
    s = main.Scenario(requests_per_hour=0.0)
    week = ran(s, schedule="mon-fri 8-18:1", hours=168.0)
    assert week["cold_starts"] == 5
    dated = tmp_path / "dated.csv"  # from Friday morning on
    rows = "".join(f"2024-05-{day} 12:00:00,9,9\n" for day in (10, 11, 12, 13))
    dated.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + rows)
    late = ran(trace=str(dated), schedule="mon-fri 8-18:1")["over_sla_fraction"]
    assert late == 0.5  # on Saturday and Sunday
    plain = tmp_path / "plain.csv"
    plain.write_text("0,1\n9,1\n")
    words = ["traffic.py", "--trace", str(plain), "--schedule", "sat 8-18:1"]
    assert (
        refused(called(*words)) == "--schedule: must be without days, for the trace has no dates\n"
    )


def test_hours_with_rates_are_asked_in_those_hours_alone() -> None:
    found = ran(pattern="8-18:400,18-22:100", hours=240.0)
    by_hour = {row["hour"]: row["requests"] / 10 for row in found["timeline"]}
    assert all(by_hour[hour] == 0 for hour in (*range(8), 22, 23))
    assert statistics.mean(by_hour[hour] for hour in range(8, 18)) == pytest.approx(400, rel=0.03)
    assert statistics.mean(by_hour[hour] for hour in range(18, 22)) == pytest.approx(100, rel=0.1)
    says = refused(called("traffic.py", "--pattern", "8-20:40", "--rate", "3"))
    assert says == "--rate: must be left out, for --pattern 8-20:40 has its own rates\n"


def test_days_are_run_for_a_week_and_too_few_replicas_are_said_to_be() -> None:
    found = json.loads(called("traffic.py", "--pattern", "mon-fri 8-20:40", "--json").stdout)
    assert found["hours"] == 168
    shown = called(
        "traffic.py", "--rate", "3000", "--service-s", "60", "--max-workers", "2"
    ).stdout
    assert re.search(r"\n2 replicas are too few: [0-9,]+ still wait at the end\.", shown)
    assert shown.endswith("--max-workers 7\n")  # 3000/h x 60 s on 8 slots


def test_which_idle_time_is_answered_in_one_command(tmp_path: Path) -> None:
    words = "traffic.py --rate 40 --keep-alive 60,300,900".split()
    found = json.loads(called(*words, "--json").stdout)
    each = [
        ran(main.Scenario(requests_per_hour=40.0, keep_alive_s=x)) for x in (60.0, 300.0, 900.0)
    ]
    assert [row["keep_alive_s"] for row in found["runs"]] == [60, 300, 900]
    for row, alone in zip(found["runs"], each, strict=True):
        assert {key: row[key] for key in ("usd", "over_sla_fraction", "ttft_s")} == {
            key: alone[key] for key in ("usd", "over_sla_fraction", "ttft_s")
        }
        late = row["over_sla_fraction"] * row["requests"]
        assert row["late_usd"] == pytest.approx(0.05 * late)
    assert found["keep_alive_s"] == 900  # which alone holds P99
    shown = called(*words).stdout
    assert "(yours)" not in shown.replace("requests_per_hour 30 -> 40 (yours)", "")
    assert "one warm replica around the clock would cost $192." in " ".join(shown.split())
    assert shown.startswith(
        "Keep an idle replica for 900 s: the cheapest that holds P99 of 2.0 s."
    )
    assert shown.endswith("\n  --keep-alive 900\n")
    none_holds = called("traffic.py", "--rate", "40", "--keep-alive", "60,300").stdout
    assert none_holds.endswith("\n  --keep-alive 300 --min-workers 1\n")
    followed = called("traffic.py", "--rate", "40", *none_holds.split("\n")[-2].split()).stdout
    assert "By hour of the day" in followed
    assert "By hour of the day" not in none_holds
    words_dear = "traffic.py --rate 20 --keep-alive 60,7200 --set pool_usd_per_hour=2".split()
    dear = " ".join(called(*words_dear).stdout.split())
    assert "holds P99 of 2.0 s, though one that never goes costs less." in dear
    assert max(map(len, shown.splitlines())) <= 80
    rows = "".join(f"{200 * k},10\n" for k in range(50))
    piped_words = "traffic.py --trace - --keep-alive 30,400 --json".split()
    piped = json.loads(run(*piped_words, input=rows).stdout)  # two for a boot of 328 s, then gone
    assert [row["cold_starts"] for row in piped["runs"]] == [25, 1]
    assert {row["requests"] for row in piped["runs"]} == {50}


def test_a_pool_beside_a_schedule_is_told_of() -> None:
    words = "traffic.py --with warm-pool --schedule 8-18:2".split()
    told = "The warm pool stands around the clock too; --min-workers 0 leaves the hours alone."
    assert told in " ".join(called(*words).stdout.split())
    for size in ("0", "1"):  # who says a number means it
        assert told not in " ".join(called(*words, "--min-workers", size).stdout.split())


def test_first_come_idle_times_that_hold_then_what_costs_least_with_its_late_requests() -> None:
    def run_of(late: float, usd: float, late_usd: float) -> dict[str, float]:
        return {"over_sla_fraction": late, "usd": usd, "late_usd": late_usd}

    dear, cheap = run_of(0.002, 9.0, 0.1), run_of(0.009, 8.95, 0.5)
    breaks, lazy = run_of(0.2, 5.0, 1.0), run_of(0.5, 4.0, 3.0)
    assert sorted([lazy, breaks, dear, cheap], key=traffic.worth) == [cheap, dear, breaks, lazy]


def test_none_holds_so_that_costs_least_with_its_late_requests() -> None:
    found = json.loads(called("traffic.py", "--keep-alive", "0,60", "--json").stdout)
    costs = {row["keep_alive_s"]: row["usd"] + row["late_usd"] for row in found["runs"]}
    assert min(costs, key=costs.__getitem__) == found["keep_alive_s"]
    assert all(row["over_sla_fraction"] > 0.01 for row in found["runs"])
    shown = " ".join(called("traffic.py", "--keep-alive", "0,60").stdout.split())
    least, fewest = found["keep_alive_s"], min(found["runs"], key=lambda x: x["over_sla_fraction"])
    near = f"{main.duration(fewest['keep_alive_s'])}, {fewest['over_sla_fraction']:.2%}"
    assert shown.startswith(
        f"No idle time of these holds P99 of 2.0 s. The fewest are late with {near}; with late "
        f"requests paid, {main.duration(least)} costs least."
    )


# --- command line and text -----------------------------------------------------------------------


def test_json_has_the_keys_of_the_spec_and_the_text_their_figures() -> None:
    words = "traffic.py --rate 40 --hours 12 --with preseed,warm-node".split()
    found, shown = json.loads(called(*words, "--json").stdout), called(*words).stdout
    assert found.keys() >= KEYS
    assert {*found["ttft_s"]} == {"p50", "p90", "p99", "p999", "max", "mean"}
    assert {*found["evictions"]} == {"count", "interrupted", "migrated", "restarted", "pause_s"}
    assert {*found["timeline"][0]} == {"hour", "requests", "cold_starts", "replicas", "waiting"}
    assert {*found["closed_form"][0]} == {"name", "figure", "expected", "simulated"}
    late = f"{found['over_sla_fraction']:.2%}"
    assert shown.startswith(
        f"{late} of {found['requests']} requests are late, so P99 of 2.0 s does not hold.\n"
    )
    for says in (
        "The run\n40/h, poisson, for 12 h, seed 1.\n",
        "requests_per_hour 30 -> 40 (yours)",
        f"{late}  {round(found['over_sla_fraction'] * found['requests'])} over 2.0 s",
        f"{found['cold_starts']}  {main.number(found['cold_starts_per_day'])} a day",
        f"{main.number(found['gpu_hours'])}  ${found['usd']:.0f}",
        "The dollars contain $8.00 an hour for warm-node.",
    ):
        assert says in shown
    assert max(map(len, shown.splitlines())) <= 80
    for row in found["timeline"]:
        (line,) = re.findall(rf"\n *{row['hour']}  +{row['requests']} .*", shown)
        assert len(re.findall("[\u2588]+", line)) == sum(
            row[name] > 0 for name in ("requests", "cold_starts", "replicas", "waiting")
        )


def test_no_line_is_wider_than_80_columns_whatever_the_figures() -> None:
    dice = random.Random(13)
    for _ in range(40):
        s, names = random_scenario(dice), random_layers(dice)
        s = replace(s, requests_per_hour=min(s.requests_per_hour, 200.0))
        how = Traffic(
            min_workers=0,
            max_workers=100_000,
            slots=10,
            evictions_per_day=dice.choice([0.0, 1440.0]),
        )
        result = traffic.traffic_result(s, names, how)
        json.dumps(result, allow_nan=False)
        lines = printed(traffic.show, result, s, how).splitlines()
        assert max(map(len, lines)) <= 80, max(lines, key=len)


def test_the_next_run_is_another_one() -> None:
    def following(rate: float = 300.0, **options: Any) -> str:
        shown = page(main.Scenario(requests_per_hour=rate), **options)
        return shown.partition("Next, the same command with:\n  ")[2].strip()

    assert following() == "--evictions-per-day 24"
    assert following(evictions_per_day=1.0, seed=7) == "--seed 8"
    assert following(rate=30.0) == "--min-workers 1"
    assert following(rate=30.0, hours=672.0) == "--min-workers 1"  # some wait for a boot
    assert following(rate=30.0, min_workers=1, slots=1) == "--min-workers 2"
    assert following(slots=1, service_s=60.0, max_workers=2) == "--max-workers 6"  # 300/h x 60 s
    assert following(rate=30.0, min_workers=1, max_workers=1, slots=1) == "--max-workers 2"


def test_options_win_over_set_and_over_a_layer() -> None:
    words = ["--set", "sla_s=9", "--sla", "5", "--keep-alive", "60", "--min-workers", "2"]
    found = json.loads(called("traffic.py", *words, "--with", "warm-pool", "--json").stdout)
    names = ("sla_s", "keep_alive_s", "min_workers")
    assert [found["scenario"][name] for name in names] == [5, 60, 2]
    assert found["run"]["min_workers"] == 2
    words = ["--with", "warm-pool", "--min-workers", "0", "--json"]
    found = json.loads(called("traffic.py", *words).stdout)
    assert (found["run"]["min_workers"], found["cold_starts"] > 0) == (0, True)


BAD = [
    ("--rate x", "--rate: 'x': must be a number"),
    ("--sla 0", "--sla: '0': must be a number, 1e-09 to"),
    ("--min-workers 1.5", "--min-workers: '1.5': must be a whole number"),
    ("--max-workers 0", "--max-workers: '0': must be a whole number, 1 to 100000"),
    ("--slots 2000", "--slots: '2000': must be a whole number, 1 to 1000"),
    ("--hours 0", "--hours: '0': must be a number, 1e-09 to 87600"),
    ("--hours 1e9", "to 87600"),
    ("--seed -1", "--seed: '-1': must be a whole number, 0 to"),
    ("--patience-s nan", "--patience-s: 'nan': must be a number, 0 or"),
    ("--evictions-per-day 1e9", "--evictions-per-day: '1e9': must be a number, 0 or 1e-09 to 14"),
    ("--pattern burst", "--pattern: 'burst': unknown; did you mean bursty?"),
    ("--service fixed", "--service: 'fixed': unknown; must be one of exponential, constant"),
    ("--jitter --cold-start-s 5", "--jitter: draws the phases of the path; must be without"),
    ("--trace x --pattern bursty", "--pattern: must be without --trace"),
    ("--trace x --rate 3", "--rate: must be without --trace"),
    ("--trace x --hours 3", "--hours: must be without --trace"),
    ("--trace-unit ms", "--trace-unit: must be beside --trace"),
    ("--trace-unit h --trace x", "--trace-unit: 'h': unknown; must be one of s, ms"),
    ("--keep-alive 60,,300", "--keep-alive: '': must be a number"),
    ("--keep-alive 60,x", "--keep-alive: 'x': must be a number"),
    (
        "--schedule 8-18:9 --max-workers 3",
        "--max-workers 3: must be 9, which the pool asks for, or more",
    ),
    ("--pattern 8-18", "--pattern: '8-18': must be HOURS:NUMBER,..., as 8-18:2"),
    ("--pattern 8-18:x", "--pattern: '8-18:x': 'x': must be a number"),
    ("--pattern 30-40:9", "--pattern: '30-40:9': hours must be two different ones of 0 to 24"),
    (
        "--min-workers 9 --max-workers 3",
        "--max-workers 3: must be 9, which the pool asks for, or more",
    ),
    ("--max-workers 100000 --slots 1000", "100,000,000 slots; must be at most 1,000,000"),
    ("--rate 1e12", "2.4e+13 requests; must be at most 1e+09"),
    ("--paterns bursty", "'--paterns': unknown; did you mean --pattern?"),
    ("plan", "plan is a script of its own"),
]


@pytest.mark.parametrize(("options", "says"), BAD)
def test_bad_options_are_one_line_and_exit_2(options: str, says: str) -> None:
    assert says in refused(called("traffic.py", *options.split()))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_goes_to_a_terminal_alone_after_two_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = itertools.count(0, 1.5)
    monkeypatch.setattr("progress.monotonic", lambda: next(clock))
    pairs = [(float(k), 1.0) for k in range(20_000)]
    said = []
    for stream in (io.StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(traffic, "progress", Progress())
        assert [*traffic.with_progress(iter(pairs))] == pairs
        said.append(stream.getvalue())
    assert said[0] == ""
    assert said[1].startswith("\r5,000 requests, up to hour 1.4 ")
    assert said[1].endswith(" \r")


def test_ten_million_requests_would_fit_for_none_is_kept() -> None:
    code = (
        "import tracemalloc, main, traffic, arrivals; tracemalloc.start();"
        "s = main.Scenario(requests_per_hour=36e4);"
        "how = arrivals.Traffic(hours=0.5, min_workers=99, max_workers=99, service_s=2.0);"
        "traffic.simulate(s, how); print(tracemalloc.get_traced_memory()[1])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=CODE)
    assert int(done.stdout) < 1_000_000
