"""Requests over time: patterns as they are meant, traces as they are written, and bad ones."""

from __future__ import annotations

import itertools
import json
import os
import statistics
from pathlib import Path
from typing import Any

import arrivals
import main
import pytest
import traffic
from arrivals import Traffic
from conftest import called, refused, run

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
    for until, share in itertools.islice(arrivals.bursty(how), 20_000):
        lengths[share > 0].append(until - past)
        past = until
        assert share in (0, 10)
    assert statistics.mean(lengths[1]) == pytest.approx(300, rel=0.05)
    assert statistics.mean(lengths[0]) == pytest.approx(2700, rel=0.05)


# --- traces --------------------------------------------------------------------------------------


def test_a_trace_of_tokens_gives_service_times_and_the_hour_of_day(tmp_path: Path) -> None:
    path = tmp_path / "azure.csv"
    path.write_text(
        AZURE + "2023-11-16 18:17:03.9799600,8192,30\n2023-11-16 19:05:04.0319600,0,3", "utf-8"
    )
    s, how = main.Scenario(), Traffic(trace=str(path))
    start_s, requests = arrivals.requests_of(s, how)
    assert start_s % 86400 == pytest.approx(18 * 3600 + 17 * 60 + 3.97996, abs=1e-5)
    first, second = requests
    assert first == (0.0, pytest.approx(main.prefill_s(s, 8192) + 1))
    assert second[0] == pytest.approx(2880.052, abs=1e-5)
    assert second[1] == pytest.approx(140 / 3350 / 2 + 0.1)
    found = ran(trace=str(path))
    assert [row["hour"] for row in found["timeline"]] == [18, 19]
    assert [row["requests"] for row in found["timeline"]] == [1, 1]
    assert found["hours"] * 3600 == pytest.approx(2880.052 + 328 + second[1], abs=1e-4)


def test_a_trace_of_seconds_may_give_service_or_leave_it_to_be_drawn(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("\ufeffarrival_s,service_s\r\n5,2.5\r\n\r\n7.5,0\r\n7.5,1\r\n", "utf-8")
    _, requests = arrivals.requests_of(main.Scenario(), Traffic(trace=str(path)))
    assert [*requests] == [(0.0, 2.5), (2.5, 0.0), (2.5, 1.0)]
    path.write_text("arrival_s\n0\n" + "1\n" * 5000)
    _, requests = arrivals.requests_of(main.Scenario(), Traffic(trace=str(path)))
    assert statistics.mean(x for _, x in requests) == pytest.approx(10, rel=0.05)
    fixed = Traffic(trace=str(path), service="constant", service_s=4.0)
    assert {x for _, x in arrivals.requests_of(main.Scenario(), fixed)[1]} == {4.0}


def test_a_trace_runs_until_every_request_is_served_from_standard_input_too() -> None:
    rows = "".join(f"{k},30\n" for k in range(200))
    words = "traffic.py --trace - --max-workers 1 --slots 1 --cold-start-s 10 --json".split()
    found = json.loads(run(*words, input=rows).stdout)
    assert (found["requests"], found["waiting_at_end"]) == (200, 0)
    assert found["hours"] * 3600 == pytest.approx(10 + 200 * 30)
    assert found["ttft_s"]["max"] == pytest.approx(10 + 199 * 30 + 0.5 - 199)
    assert found["perfect_gpu_hours"] * 3600 == pytest.approx(2 * 200 * 30)


def test_a_trace_is_read_as_a_stream() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"arrival_s,service_s\n1,2\n2,2\n")
    rows = arrivals.trace(main.Scenario(), Traffic(trace=f"/dev/fd/{reader}"))
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
    told = refused(called("traffic.py", "--trace", str(path)))
    assert told.startswith("--trace ")
    assert says in told


def test_a_bad_trace_of_standard_input_is_one_line_too() -> None:
    told = refused(run("traffic.py", "--trace", "-", "--json", input="arrival_s\n5\n4\n"))
    assert told == "--trace '-', line 3: must not be before the line above\n"


def test_a_line_too_long_for_csv_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("arrival_s\n5\n" + "1" * 200_000)
    assert "line 3: " in refused(called("traffic.py", "--trace", str(path)))


def test_a_trace_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    noise = tmp_path / "noise"
    noise.write_bytes(bytes(range(256)) * 10)
    for path, says in (
        (tmp_path / "no", "No such file"),
        (tmp_path, "directory"),
        (noise, "line 1"),
    ):
        assert says in refused(called("traffic.py", "--trace", str(path)))
