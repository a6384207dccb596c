"""Requests over time: patterns as they are meant, traces as they are written, and bad ones."""

from __future__ import annotations

import itertools
import json
import statistics
from pathlib import Path
from typing import Any

import arrivals
import main
import pytest
import traffic
from arrivals import Traffic
from conftest import run

AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def ran(s: main.Scenario | None = None, **options: Any) -> dict[str, Any]:
    return traffic.traffic_result(s or main.Scenario(), [], Traffic(**options))


def test_diurnal_traffic_has_a_quiet_night_and_a_step_at_8() -> None:
    found = ran(main.Scenario(requests_per_hour=1000.0), pattern="diurnal", hours=240.0)
    by_hour = [row["requests"] / 10 for row in found["timeline"]]
    assert statistics.mean(by_hour[:8]) == pytest.approx(100, rel=0.05)
    assert statistics.mean(by_hour[8:18]) == pytest.approx(1800, rel=0.02)
    assert statistics.mean(by_hour[18:]) == pytest.approx(870, rel=0.03)


def test_bursty_traffic_comes_in_bursts_of_ten_times_the_mean() -> None:
    how = Traffic(pattern="bursty", hours=20_000.0)
    s = main.Scenario(requests_per_hour=30.0)
    times = [t for t, _ in arrivals.synthetic(s, how)]
    assert len(times) / 20_000 == pytest.approx(30, rel=0.1)
    assert times == sorted(times)
    lengths: tuple[list[float], list[float]] = ([], [])
    past = 0.0
    for until, rate in itertools.islice(arrivals.bursty(s, how), 20_000):
        lengths[rate > 0].append(until - past)
        past = until
        assert rate in (0, 300)
    assert statistics.mean(lengths[1]) == pytest.approx(300, rel=0.05)
    assert statistics.mean(lengths[0]) == pytest.approx(2700, rel=0.05)


# --- traces, whose reading has tests of its own --------------------------------------------------


def test_a_trace_starts_at_its_own_hour_of_its_own_day(tmp_path: Path) -> None:
    path = tmp_path / "azure.csv"
    path.write_text(
        AZURE + "2023-11-16 18:17:03.9799600,8192,30\n2023-11-16 19:05:04.0319600,0,3", "utf-8"
    )
    s, how = main.Scenario(), Traffic(trace=str(path))
    start_s, requests, _ = arrivals.requests_of(s, how)  # a Thursday
    assert start_s == pytest.approx(3 * 86400 + 18 * 3600 + 17 * 60 + 3.97996, abs=1e-5)
    first, second = requests
    assert first == (0.0, pytest.approx(main.prefill_s(s, 8192) + 1))
    assert second == pytest.approx((2880.052, 140 / 3350 / 2 + 0.1), abs=1e-5)
    found = ran(trace=str(path))
    assert [row["hour"] for row in found["timeline"]] == [18, 19]
    assert [row["requests"] for row in found["timeline"]] == [1, 1]
    assert found["hours"] * 3600 == pytest.approx(2880.052 + 328 + second[1], abs=1e-4)


def test_a_trace_runs_until_every_request_is_served_from_standard_input_too() -> None:
    rows = "".join(f"{k},30\n" for k in range(200))
    words = "traffic.py --trace - --max-workers 1 --slots 1 --cold-start-s 10 --json".split()
    found = json.loads(run(*words, input=rows).stdout)
    assert (found["requests"], found["waiting_at_end"]) == (200, 0)
    assert found["hours"] * 3600 == pytest.approx(10 + 200 * 30)
    assert found["ttft_s"]["max"] == pytest.approx(10 + 199 * 30 + 0.5 - 199)
    assert found["perfect_gpu_hours"] * 3600 == pytest.approx(2 * 200 * 30)
