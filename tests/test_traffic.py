"""Traffic: theory that the code does not contain, conservation, patterns, traces and edges."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import main
import pytest
from conftest import PROGRAM, refused, text
from conftest import called as run

KEYS = """requests cold_starts cold_starts_per_day cold_fraction ttft_s over_sla_fraction given_up
gpu_hours usd replicas perfect_gpu_hours waiting_at_end timeline evictions closed_form""".split()
AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def traffic(s: main.Scenario | None = None, *names: str, **options: Any) -> dict[str, Any]:
    return main.traffic_result(s or main.Scenario(), list(names), **options)


def queue(lam: float, hours: float, **options: Any) -> dict[str, Any]:
    """Requests at lam a second, warm answers in no time, so that TTFT is the wait."""
    s = main.Scenario(requests_per_hour=3600 * lam, warm_ttft_s=0.0)
    for figure in ("keep_alive_s", "sla_s"):
        if figure in options:
            s = s.but(**{figure: options.pop(figure)})
    return traffic(s, hours=hours, **options)


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
    run_of = {"slots": 1, "max_workers": 1, "service": service, "cold_start_s": cold_s}
    found = queue(lam, 100_000 / 72, keep_alive_s=tau_s, service_s=mean_s, **run_of)
    assert found["ttft_s"]["mean"] == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("rate", [4.0, 30.0, 60.0])
def test_short_service_boots_and_is_late_as_the_cycle_says(rate: float) -> None:
    s = main.Scenario(requests_per_hour=rate)
    row = main.at_rate(s, rate)
    hours = 24 * 2500 / row["cold_starts_per_day"]
    found = traffic(s, service_s=1e-3, max_workers=1, slots=1000, hours=hours)
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
        return [form["name"] for form in traffic(hours=1.0, **options)["closed_form"]]

    pool = {"min_workers": 2, "max_workers": 2}
    assert forms() == ["cycle, approximate"] * 2
    own = traffic(hours=1.0, cold_start_s=148.0)["closed_form"]
    same = main.at_rate(main.stack(main.Scenario(), ["preseed"]), 30.0)
    assert {form["figure"]: form["expected"] for form in own}.items() <= same.items()
    assert [form["name"] for form in own] == forms()
    assert forms(**pool) == ["Erlang C"] * 2
    assert forms(min_workers=2) == []  # more may boot
    assert forms(service_s=31.0) == forms(slots=1) == forms(jitter=True) == []
    assert forms(service="constant", **pool) == forms(service_s=2000.0, **pool) == []
    for other in ({"pattern": "diurnal"}, {"patience_s": 5.0}, {"evictions_per_day": 1.0}):
        assert forms(**other) == forms(**pool, **other) == []


def test_requests_time_and_waiting_are_conserved() -> None:
    dice = random.Random(3)
    for seed in range(30):
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
        endpoint, run_of = main.simulate(s, main.Traffic(**how)), traffic(s, **how)
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
    raw, short = traffic(), traffic(None, "preseed", "snapshot", "warm-node")
    assert raw["requests"] == short["requests"]
    assert (raw["run"]["cold_start_s"], short["run"]["cold_start_s"]) == (328.0, 15.0)
    assert raw["ttft_s"]["max"] == 328.0
    assert short["ttft_s"]["max"] == 15.0
    assert short["usd"] == pytest.approx(4 * short["gpu_hours"] + 24 * 8)
    assert raw["usd"] == pytest.approx(4 * raw["gpu_hours"])
    pool = traffic(main.Scenario(min_workers=3), "warm-pool")
    assert (pool["run"]["min_workers"], pool["cold_starts"]) == (3, 0)
    assert pool["gpu_hours"] == pytest.approx(3 * 2 * 24)
    assert pool["ttft_s"]["max"] == pool["ttft_s"]["p50"] == 0.5
    assert raw["run"]["max_workers"] == 8
    many = traffic(main.Scenario(min_workers=10), "warm-pool", hours=1.0)
    assert many["run"]["max_workers"] == 10


def test_jitter_draws_each_phase_from_its_range_and_says_that_the_mean_is_longer() -> None:
    s, how = main.Scenario(), main.Traffic(jitter=True)
    assert main.mean_cold_s(s, how) == pytest.approx(354.7, abs=0.05)
    node = main.Scenario(image_gb=0.0, weights_gb=1e-9, engine_fixed_s=0.0, graph_capture_s=0.0)
    boot_s = main.boot_times(node.but(first_forward_s=0.0), how)
    drawn = [boot_s() for _ in range(20_000)]
    assert statistics.mean(drawn) == pytest.approx((45 + 50 + 60) / 3, abs=0.1)
    assert statistics.pvariance(drawn) == pytest.approx(175 / 18, rel=0.04)
    assert 45 < min(drawn) < 45.5
    assert 59 < max(drawn) < 60
    rare = traffic(s.but(requests_per_hour=0.02), jitter=True, hours=80_000.0)["ttft_s"]
    assert 223 < rare["p50"] < rare["max"] < 513
    assert rare["mean"] == pytest.approx(354.7, rel=0.015)
    assert "those 354.7 s are an average" in run("traffic", "--jitter").stdout


def test_percentiles_are_within_half_a_percent_of_sorting() -> None:
    dice, times, values = random.Random(5), main.Times(), []
    for _ in range(3000):
        values.append(dice.choice([0.0, 0.5, dice.lognormvariate(0, 4)]))
        times.add(values[-1])
    values.sort()
    for q in (0.0001, 0.3, 0.5, 0.9, 0.99, 0.999, 1.0):
        exact = values[math.ceil(q * 3000 - 1e-9) - 1]
        assert times.percentile(q) == pytest.approx(exact, rel=0.005)
    assert times.max == values[-1]
    same = main.Times()
    same.add(0.5, 1000)
    assert same.percentile(0.999) == 0.5
    assert main.Times().percentile(0.5) is None


def test_diurnal_traffic_has_a_quiet_night_and_a_step_at_8() -> None:
    found = traffic(main.Scenario(requests_per_hour=1000.0), pattern="diurnal", hours=240.0)
    by_hour = [row["requests"] / 10 for row in found["timeline"]]
    assert statistics.mean(by_hour[:8]) == pytest.approx(100, rel=0.05)
    assert statistics.mean(by_hour[8:18]) == pytest.approx(1800, rel=0.02)
    assert statistics.mean(by_hour[18:]) == pytest.approx(870, rel=0.03)


def test_bursty_traffic_comes_in_bursts_of_ten_times_the_mean() -> None:
    how = main.Traffic(pattern="bursty", hours=20_000.0)
    s = main.Scenario(requests_per_hour=30.0)
    arrivals = [t for t, _ in main.synthetic(s, how)]
    assert len(arrivals) / 20_000 == pytest.approx(30, rel=0.1)
    assert arrivals == sorted(arrivals)
    lengths: tuple[list[float], list[float]] = ([], [])
    past = 0.0
    for until, share in itertools.islice(main.segments(how), 20_000):
        lengths[share > 0].append(until - past)
        past = until
        assert share in (0, 10)
    assert statistics.mean(lengths[1]) == pytest.approx(300, rel=0.05)
    assert statistics.mean(lengths[0]) == pytest.approx(2700, rel=0.05)


def test_the_same_seed_gives_the_same_run_and_another_another() -> None:
    ours = json.loads(json.dumps(traffic(pattern="bursty", jitter=True, seed=5)))
    assert (
        json.loads(run(*"traffic --pattern bursty --jitter --seed 5 --json".split()).stdout)
        == ours
    )
    assert traffic(pattern="bursty", jitter=True, seed=6)["ttft_s"] != ours["ttft_s"]
    first = [*itertools.islice(main.synthetic(main.Scenario(), main.Traffic()), 2)]
    dice, times = random.Random(10), random.Random(8)  # the Mersenne Twister of every Python
    t = -math.log(1 - dice.random()) * 120
    expected = [(t, -10 * math.log(1 - times.random()))]
    expected.append((t - math.log(1 - dice.random()) * 120, -10 * math.log(1 - times.random())))
    assert first == [pytest.approx(pair) for pair in expected]


# --- traces --------------------------------------------------------------------------------------


def test_a_trace_of_tokens_gives_service_times_and_the_hour_of_day(tmp_path: Path) -> None:
    path = tmp_path / "azure.csv"
    path.write_text(
        AZURE + "2023-11-16 18:17:03.9799600,8192,30\n2023-11-16 19:05:04.0319600,0,3", "utf-8"
    )
    s, how = main.Scenario(), main.Traffic(trace=str(path))
    start_s, requests = main.requests_of(s, how)
    assert start_s % 86400 == pytest.approx(18 * 3600 + 17 * 60 + 3.97996, abs=1e-5)
    first, second = requests
    assert first == (0.0, pytest.approx(main.prefill_s(s, 8192) + 1))
    assert second[0] == pytest.approx(2880.052, abs=1e-5)
    assert second[1] == pytest.approx(140 / 3350 / 2 + 0.1)
    found = traffic(trace=str(path))
    assert [row["hour"] for row in found["timeline"]] == [18, 19]
    assert [row["requests"] for row in found["timeline"]] == [1, 1]
    assert found["hours"] * 3600 == pytest.approx(2880.052 + 328 + second[1], abs=1e-4)


def test_a_trace_of_seconds_may_give_service_or_leave_it_to_be_drawn(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("\ufeffarrival_s,service_s\r\n5,2.5\r\n\r\n7.5,0\r\n7.5,1\r\n", "utf-8")
    _, requests = main.requests_of(main.Scenario(), main.Traffic(trace=str(path)))
    assert [*requests] == [(0.0, 2.5), (2.5, 0.0), (2.5, 1.0)]
    path.write_text("arrival_s\n0\n" + "1\n" * 5000)
    _, requests = main.requests_of(main.Scenario(), main.Traffic(trace=str(path)))
    assert statistics.mean(x for _, x in requests) == pytest.approx(10, rel=0.05)
    fixed = main.Traffic(trace=str(path), service="constant", service_s=4.0)
    assert {x for _, x in main.requests_of(main.Scenario(), fixed)[1]} == {4.0}


def test_a_trace_runs_until_every_request_is_served_from_standard_input_too() -> None:
    rows = "".join(f"{k},30\n" for k in range(200))
    options = "traffic --trace - --max-workers 1 --slots 1 --cold-start-s 10 --json".split()
    found = json.loads(run(*options, input=rows).stdout)
    assert (found["requests"], found["waiting_at_end"]) == (200, 0)
    assert found["hours"] * 3600 == pytest.approx(10 + 200 * 30)
    assert found["ttft_s"]["max"] == pytest.approx(10 + 199 * 30 + 0.5 - 199)
    assert found["perfect_gpu_hours"] * 3600 == pytest.approx(2 * 200 * 30)


def test_a_trace_is_read_as_a_stream() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"arrival_s,service_s\n1,2\n2,2\n")
    rows = main.trace(main.Scenario(), main.Traffic(trace=f"/dev/fd/{reader}"))
    os.write(writer, b"3,2\n" * 10_000)
    assert [next(rows), next(rows)] == [(1.0, 2.0), (2.0, 2.0)]
    os.close(writer)
    os.close(reader)
    assert sum(1 for _ in rows) == 10_000


FORMS = "TIMESTAMP,ContextTokens,GeneratedTokens or arrival_s[,service_s]"
BAD_TRACES = [
    ("", "no request in it; must be TIMESTAMP"),
    ("arrival_s\n", "no request in it"),
    ("arrival_s\n5\n4\n", "line 3: must not be before the line above"),
    (
        "arrival_s\n5\nx\n",
        f"line 3: 'x': must be {FORMS}",
    ),
    (
        "arrival_s\n5\nnan\n",
        f"line 3: 'nan': must be {FORMS}",
    ),
    (
        "arrival_s\n-5\n",
        f"line 2: '-5': must be {FORMS}",
    ),
    (
        "arrival_s\n5,1,2\n",
        f"line 2: '5,1,2': must be {FORMS}",
    ),
    (
        "arrival_s\n5,-1\n",
        f"line 2: '5,-1': must be {FORMS}",
    ),
    (
        "arrival_s\n5,\n",
        f"line 2: '5,': must be {FORMS}",
    ),
    (
        "arrival_s\n1e13\n",
        f"line 2: '1e13': must be {FORMS}",
    ),
    ("when,what\n5,1\n", "line 1: 'when,what': must be TIMESTAMP,ContextTokens"),
    (AZURE, "no request in it"),
    (AZURE + "yesterday,1,2\n", "line 2: 'yesterday,1,2': must be TIMESTAMP,ContextTokens"),
    (AZURE + "2023-11-16 18:17:03,1.5,2\n", "line 2: '2023-11-16 18:17:03,1.5,2': must be TIME"),
    (AZURE + "2023-11-16 18:17:03,1,-2\n", "line 2: '2023-11-16 18:17:03,1,-2': must be TIME"),
    (AZURE + "2023-11-16 18:17:03,1\n", "line 2: '2023-11-16 18:17:03,1': must be TIMESTAMP"),
    (AZURE + f"2023-11-16 18:17:03,{'9' * 400},1\n", "must be TIMESTAMP"),
    (AZURE + "2023-11-16 18:17:03,1,2\n2023-11-16 18:17:02,1,2\n", "line 3: must not be before"),
    ("\x00\x01\x02", "line 1: '\\x00\\x01\\x02': must be"),
]


@pytest.mark.parametrize(("text", "says"), BAD_TRACES)
def test_a_bad_trace_is_one_line_that_names_the_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(text, "utf-8")
    for done in (
        run("traffic", "--trace", str(path)),
        run("traffic", "--trace", "-", "--json", input=text),
    ):
        assert refused(done).startswith("main.py: --trace ")
        assert says in refused(done)


def test_a_line_too_long_for_csv_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("arrival_s\n5\n" + "1" * 200_000)
    assert "line 3: " in refused(run("traffic", "--trace", str(path)))


def test_a_trace_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    noise = tmp_path / "noise"
    noise.write_bytes(bytes(range(256)) * 10)
    for path, says in (
        (tmp_path / "no", "No such file"),
        (tmp_path, "directory"),
        (noise, "line 1"),
    ):
        assert says in refused(run("traffic", "--trace", str(path)))


# --- evictions -----------------------------------------------------------------------------------


def test_migration_moves_what_an_eviction_else_starts_over() -> None:
    s, spot = main.Scenario(requests_per_hour=600.0), {"evictions_per_day": 24.0, "min_workers": 2}
    without, moved = traffic(s, **spot), traffic(s, "migrate", **spot)
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
    page = text(moved, "traffic")
    for row in moved["evictions_compared"]:
        (line,) = (line for line in page.splitlines() if line.startswith(row["name"] + "  "))
        hit = row["migrated"] + row["restarted"]
        assert [int(x) for x in line.removeprefix(row["name"]).split()[:4]] == [
            *(row["count"], hit, row["migrated"], row["restarted"])
        ]
    none = traffic(s)
    assert none["evictions_compared"] == []
    assert none["evictions"]["count"] == 0
    assert none["evictions"]["pause_s"] == {"p50": None, "p99": None, "max": None}


# --- edges ---------------------------------------------------------------------------------------


def test_ten_thousand_replicas_at_once() -> None:
    s = main.Scenario(requests_per_hour=1e6, keep_alive_s=60.0)
    how = main.Traffic(slots=1, max_workers=10_000, service_s=36.0, cold_start_s=5.0)
    burst = [(0.0, 36.0)] * 10_000
    endpoint = main.Endpoint(s, how)
    endpoint.replay([*burst, (500.0, 1.0)])
    assert (endpoint.peak, endpoint.cold_starts) == (10_000, 10_001)
    assert endpoint.replica_s + endpoint.now * endpoint.alive == pytest.approx(
        10_000 * (5 + 36 + 60) + 6
    )
    pool = traffic(s, min_workers=10_000, hours=0.05, service_s=3600.0, slots=1)
    assert (pool["replicas"]["peak"], pool["cold_starts"]) == (10_000, pool["cold_starts"])


def test_a_burst_at_one_instant() -> None:
    how = main.Traffic(cold_start_s=5.0)
    endpoint = main.Endpoint(main.Scenario(), how)
    endpoint.replay(itertools.repeat((0.0, 1.0), 100_000))
    assert (endpoint.peak, endpoint.queued, endpoint.hits) == (8, 100_000, 0)
    assert endpoint.now == pytest.approx(5 + 100_000 / 64, abs=1)
    assert endpoint.ttft.max == pytest.approx(endpoint.now - 1 + 0.5)


def test_no_requests_no_keep_alive_endless_keep_alive_and_one_worker() -> None:
    nothing = traffic(main.Scenario(requests_per_hour=0.0))
    assert (nothing["requests"], nothing["usd"], nothing["cold_fraction"]) == (0, 0, 0)
    assert {*nothing["ttft_s"].values()} == {None}
    assert re.search(r"TTFT of the served +n/a +n/a", text(nothing, "traffic"))
    none = traffic(main.Scenario(keep_alive_s=0.0, requests_per_hour=3.0), service_s=0.0)
    assert none["cold_starts"] + none["timeline"][0]["waiting"] > 0.7 * none["requests"]
    assert none["perfect_gpu_hours"] == 0
    forever = traffic(main.Scenario(keep_alive_s=1e12))
    assert forever["cold_starts"] == forever["replicas"]["peak"]
    one = traffic(main.Scenario(requests_per_hour=2000.0), max_workers=1, slots=1)
    assert (one["replicas"]["peak"], one["cold_starts"]) == (1, 1)
    assert one["waiting_at_end"] > 10_000
    assert one["over_sla_fraction"] > 0.9
    late = traffic(main.Scenario(sla_s=0.4))
    assert late["over_sla_fraction"] == 1.0
    gone = traffic(patience_s=0.0)
    assert gone["given_up"] == gone["requests"] * gone["waited_fraction"]


def test_what_takes_ten_years_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("0,1e11\n")
    with pytest.raises(main.BadInput, match="ten years"):
        traffic(trace=str(path))


# --- command line and report ---------------------------------------------------------------------


def test_json_has_the_keys_of_the_spec_and_the_text_their_figures() -> None:
    options = "traffic --rate 40 --hours 12 --with preseed,warm-node".split()
    found, page = json.loads(run(*options, "--json").stdout), run(*options).stdout
    assert {*KEYS} <= found.keys()
    assert {*found["ttft_s"]} == {"p50", "p90", "p99", "p999", "max", "mean"}
    assert {*found["evictions"]} == {"count", "interrupted", "migrated", "restarted", "pause_s"}
    assert {*found["timeline"][0]} == {"hour", "requests", "cold_starts", "replicas", "waiting"}
    assert {*found["closed_form"][0]} == {"name", "figure", "expected", "simulated"}
    for says in (
        f"8 TRAFFIC: {found['requests']} requests in 12 h, 40/h, poisson, seed 1 ---",
        "requests_per_hour 30 -> 40 (yours)",
        f"{found['over_sla_fraction']:.2%}  over 2.0 s",
        f"Finding: {found['over_sla_fraction']:.2%} are late, so P99 of 2.0 s breaks.",
        f"{found['cold_starts']}  {main.three(found['cold_starts_per_day'])} a day",
        f"{main.three(found['gpu_hours'])}  ${found['usd']:.0f}",
        "the dollars contain $8.00 an hour for the standby node",
    ):
        assert says in page
    assert max(map(len, page.splitlines())) <= 80
    for row in found["timeline"]:
        (line,) = re.findall(rf"\n *{row['hour']}  +{row['requests']} .*", page)
        assert len(re.findall("[\u2588]+", line)) == sum(
            row[name] > 0 for name in ("requests", "cold_starts", "replicas", "waiting")
        )


def test_the_next_run_is_another_one() -> None:
    def following(rate: float = 300.0, **options: Any) -> str:
        return str(traffic(main.Scenario(requests_per_hour=rate), **options)["next"])

    assert following() == "--evictions-per-day 24"
    assert following(evictions_per_day=1.0, seed=7) == "--seed 8"
    assert following(rate=30.0) == "--min-workers 1"
    assert following(rate=30.0, min_workers=1, slots=1) == "--min-workers 2"
    assert following(slots=1, service_s=60.0, max_workers=2) == "--max-workers 3"
    assert following(rate=30.0, min_workers=1, max_workers=1, slots=1) == "--max-workers 2"


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (main.duration(0.99994), "1 s"),
        (main.duration(0.9994), "999 ms"),
        (main.duration(-47.5), "-47.5 s"),
        (main.size(999.6e6), "1 GB"),
        (main.size(999.4e6), "999 MB"),
        (main.size(2.0), "0.002 kB"),
    ],
)
def test_units_change_where_three_digits_do(shown: str, says: str) -> None:
    assert shown == says


def test_options_win_over_set_and_layers_and_belong_to_traffic() -> None:
    options = ["--set", "sla_s=9", "--sla", "5", "--keep-alive", "60", "--min-workers", "2"]
    scenario = json.loads(run("--json", *options).stdout)["scenario"]
    names = ("sla_s", "keep_alive_s", "min_workers")
    assert [scenario[name] for name in names] == [5, 60, 2]
    found = json.loads(run("traffic", *options, "--with", "warm-pool", "--json").stdout)
    assert found["run"]["min_workers"] == 2
    found = json.loads(
        run("traffic", "--with", "warm-pool", "--min-workers", "0", "--json").stdout
    )
    assert (found["run"]["min_workers"], found["cold_starts"] > 0) == (0, True)


BAD = [
    ("--rate x", "--rate 'x': must be a number"),
    ("--rate -1", "--rate '-1': must be a number of 0, or"),
    ("--sla 0", "--sla '0': must be a number above 0"),
    ("--min-workers 1.5", "--min-workers '1.5': must be a whole number"),
    ("--max-workers 0", "--max-workers '0': must be a whole number above 0: 1 to 100000"),
    ("--slots 2000", "--slots '2000': must be a whole number above 0: 1 to 1000"),
    ("--hours 0", "--hours '0': must be a number above 0"),
    ("--hours 1e9", "to 87600"),
    ("--seed -1", "--seed '-1': must be a whole number of 0, or"),
    ("--patience-s nan", "--patience-s 'nan': must be a number of 0, or"),
    ("--evictions-per-day 1e9", "--evictions-per-day '1e9': must be a number of 0, or"),
    ("--pattern burst", "--pattern 'burst': unknown; did you mean bursty?"),
    ("--service fixed", "--service 'fixed': unknown; must be one of exponential, constant"),
    ("--jitter --cold-start-s 5", "--jitter: "),
    ("--trace x --pattern bursty", "--pattern: must be without --trace"),
    ("--trace x --hours 3", "--hours: must be without --trace"),
    ("--min-workers 9 --max-workers 3", "--max-workers 3: must be min-workers, 9, or more"),
    ("--max-workers 100000 --slots 1000", "100,000,000 slots; must be at most 1,000,000"),
    ("--rate 1e12", "2.4e+13 requests; must be at most 1e+09"),
    ("--paterns bursty", "option '--paterns': unknown; did you mean --pattern?"),
]


@pytest.mark.parametrize(("options", "says"), BAD)
def test_bad_options_are_one_line_and_exit_2(options: str, says: str) -> None:
    assert says in refused(run("traffic", *options.split()))


def test_options_of_traffic_are_refused_elsewhere_with_where_they_belong() -> None:
    done = run("migrate", "--pattern", "bursty")
    assert done.returncode == 2
    assert "--pattern: migrate does not take it; must follow traffic" in done.stderr


def test_the_reports_day_is_what_traffic_gives_for_none_and_one_warm_replica() -> None:
    s = main.Scenario(requests_per_hour=50.0)
    result = main.report_result(s, ["preseed"])
    page = text(result)
    for least, day in enumerate(result["day"]):
        assert day.items() <= traffic(s, "preseed", min_workers=least).items()
        p50, p99 = (main.duration(day["ttft_s"][name]) for name in ("p50", "p99"))
        assert re.search(rf"\n +{least} +24 +{day['requests']:,} +{p50} +{p99} ", page)
    busy = main.report_result(main.Scenario(requests_per_hour=1e9), [])["day"]
    assert busy[0]["requests"] == pytest.approx(20_000, rel=0.05)


def test_progress_goes_to_a_terminal_alone_after_two_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = itertools.count(0, 1.5)
    monkeypatch.setattr(main, "monotonic", lambda: next(clock))
    monkeypatch.setattr(main, "TELL_S", [2.0])
    pairs = [(float(k), 1.0) for k in range(20_000)]
    assert [*main.with_progress(iter(pairs))] == pairs
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(main, "on_terminal", lambda: True)
    assert [*main.with_progress(iter(pairs))] == pairs
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("\r10,000 requests, up to hour 2.8 ")
    assert said.err.endswith(" \r")
    monkeypatch.undo()
    assert run("traffic", "--rate", "1e5", "--hours", "1").stderr == ""


def test_ten_million_requests_would_fit_for_none_is_kept() -> None:
    code = (
        "import tracemalloc, main; tracemalloc.start(); s = main.Scenario(requests_per_hour=36e4);"
        "main.simulate(s, main.Traffic(hours=0.5, min_workers=99, max_workers=99, service_s=2.0));"
        "print(tracemalloc.get_traced_memory()[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=PROGRAM.parent
    )
    assert int(done.stdout) < 1_000_000
