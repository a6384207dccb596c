"""This machine's tiers, the log of a real start, and figures carried from one run to another."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import main
import pytest
from conftest import PROGRAM, refused
from conftest import called as run

SMALL = ["--size-gib", "0.05"]
FIGURES = ["read_stream_gb_s", "read_cap_gb_s", "dram_gb_s"]

# --- logs ---------------------------------------------------------------------

TENSOR_PARALLEL = """\
INFO 11-05 13:00:00 [api_server.py:1839] vLLM API server version 0.11.0
(EngineCore_DP0 pid=19567) INFO 11-05 13:00:12 [core.py:77] Initializing a V1 LLM engine
(EngineCore_DP0 pid=19567) (Worker_TP0 pid=19573) INFO 11-05 13:00:40 [default_loader.py:267] \
Loading weights took 18.30 seconds
(EngineCore_DP0 pid=19567) (Worker_TP1 pid=19574) INFO 11-05 13:00:41 [default_loader.py:267] \
Loading weights took 18.90 seconds
(EngineCore_DP0 pid=19567) (Worker_TP0 pid=19573) INFO 11-05 13:00:41 [gpu_model_runner.py:2653] \
Model loading took 14.9889 GiB and 18.506763 seconds
(EngineCore_DP0 pid=19567) (Worker_TP1 pid=19574) INFO 11-05 13:00:42 [gpu_model_runner.py:2653] \
Model loading took 15.0111 GiB and 19.25 seconds
(EngineCore_DP0 pid=19567) (Worker_TP0 pid=19573) INFO 11-05 13:00:50 [backends.py:559] \
Dynamo bytecode transform time: 6.11 s
(EngineCore_DP0 pid=19567) (Worker_TP0 pid=19573) INFO 11-05 13:01:11 [backends.py:215] \
Compiling a graph for general shape takes 21.15 s
(EngineCore_DP0 pid=19567) (Worker_TP0 pid=19573) INFO 11-05 13:01:15 [monitor.py:34] \
torch.compile takes 27.26 s in total
(EngineCore_DP0 pid=19567) (Worker_TP0 pid=19573) INFO 11-05 13:01:35 [gpu_model_runner.py:3480] \
Graph capturing finished in 20 secs, took 0.65 GiB
(EngineCore_DP0 pid=19567) INFO 11-05 13:01:36 [core.py:210] \
init engine (profile, create kv cache, warmup model) took 53.20 seconds
INFO 11-05 13:01:40 [api_server.py:1912] Starting vLLM API server 0 on http://0.0.0.0:8000
INFO:     Application startup complete.
INFO 11-05 17:30:00 [loggers.py:123] Engine 000: Avg prompt throughput: 120.0 tokens/s
"""
MARKDOWN = """\
- Loading weights took **18.30** seconds
- Model loading took **14.9889 GiB** and **18.506763 seconds**
- **torch.compile took 13.01 s in total**
- init engine (profile, create kv cache, warmup model) took **53.20 seconds**
"""
EAGER = """\
INFO 12-31 23:59:50,123 llm_engine.py:161] Initializing an LLM engine
INFO 01-01 00:00:20,456 model_runner.py:1077] Loading weights took 20.00 seconds
INFO 01-01 00:00:30,456 core.py:171] init engine (profile, create kv cache, warmup model) \
took 4.50 seconds
"""
CACHED = "".join(  # a pod's clock before the engine's own
    f"2026-01-08T{pod}Z \x1b[0;36m(EngineCore_DP0 pid=7)\x1b[0;0m INFO 01-08 {own} [b] {line}\n"
    for pod, own, line in [
        ("09:00:00.5", "10:00:01", "Initializing"),
        ("09:00:13", "10:00:13", "Dynamo bytecode transform time: 3.00 s"),
        (
            "09:00:16",
            "10:00:16",
            "Directly load the compiled graph(s) for compile range (1, 8192) from the cache, "
            "took 1.25 s",
        ),
        ("09:00:17", "10:00:17", "torch.compile takes 4.50 s in total"),
        ("09:00:27", "10:00:25", "Graph capturing finished in 7 secs, took 0.45 GiB"),
    ]
)
DOWNLOADED = (
    "Loading safetensors checkpoint shards:   0% 0/4\rLoading checkpoint shards: 100% 4/4\r\n"
    "INFO 06-30 10:00:00 [weight_utils.py:292] Time spent downloading weights for a/b: 40.5 "
    "seconds\r\n"
    "INFO 07-01 10:00:00 [default_loader.py:262] Loading weights took 2.5 seconds\r\n"
    "INFO 07-01 10:00:01 [gpu_model_runner.py:1892] Model loading took 0.93 GB memory and 44 "
    "seconds\r\n"
)
TWO_STARTS = (
    TENSOR_PARALLEL.replace("took 53.20 seconds", "took 99.00 seconds").replace("pid=", "pid=8")
    + "Restarting\n"
    + TENSOR_PARALLEL
)
DRAFT_MODEL = """\
(EngineCore pid=3) Compiling a graph for dynamic shape takes 10.00 s
(EngineCore pid=3) Compiling a graph for shape 1 takes 2.50 s
(EngineCore pid=3) Loading weights took 5.00 seconds
(EngineCore pid=3) Loading weights took 1.00 seconds
(EngineCore pid=3) Model loading took 10.0 GiB and 5.5 seconds
(EngineCore pid=3) Model loading took 1.0 GiB and 1.5 seconds
"""
RANK_0 = """\
(APIServer pid=9) INFO 02-28 23:59:50 [utils.py:325]  x \u2588   \u2588   \u2588 x \u2588  \
version 0.33.0
(APIServer pid=9) INFO 02-28 23:59:50 [core.py:93] Initializing a V1 LLM engine with config: \
tensor_parallel_size=4, pipeline_parallel_size=2, data_parallel_size=1
(EngineCore pid=7) (Worker_TP0 pid=5) INFO 03-01 00:00:04 [default_loader.py:291] Loading weights \
took 10.00 seconds
(EngineCore pid=7) (Worker_TP0 pid=5) INFO 03-01 00:00:05 [gpu_model_runner.py:3905] Model \
loading took 16.25 GiB memory and 11.00 seconds
(EngineCore pid=7) INFO 03-01 00:00:08 [core.py:273] init engine (profile, create kv cache, \
warmup model) took 2.75 s (compilation: 1.00 s)
(APIServer pid=9) INFO 03-01 00:00:10 [api_server.py:1014] Starting vLLM server on http://0.0.0.0
(APIServer pid=9) INFO 03-01 08:00:10 [api_server.py:1014] Shutting down
"""
DATA_PARALLEL = """\
Initializing a V1 LLM engine with config: tensor_parallel_size=1, data_parallel_size=2
(EngineCore_DP0 pid=7) Time spent downloading weights for a/b: 41.00 seconds
(EngineCore_DP0 pid=7) Loading weights took 21.00 seconds
(EngineCore_DP0 pid=7) Model loading took 15.0 GiB and 63.0 seconds
(EngineCore_DP1 pid=8) Time spent downloading weights for a/b: 21.00 seconds
(EngineCore_DP1 pid=8) Loading weights took 41.00 seconds
(EngineCore_DP1 pid=8) Model loading took 15.0 GiB and 62.5 seconds
"""
BACKWARDS = """\
INFO 06-30 10:00:05 [x] one clock
INFO 06-30 10:00:00 [x] Loading weights took 3.00 seconds
"""
LOGS: dict[str, tuple[str, dict[str, float], dict[str, float]]] = {
    # log, seconds of each step, engine and weights, by hand
    "tensor parallel": (
        TENSOR_PARALLEL,
        {
            "weights loaded": 18.90,
            "model loading, the rest": 19.25 - 18.90,
            "Dynamo transform": 6.11,
            "graphs compiled": 21.15,
            "graphs captured": 20,
            "engine start, the rest": 53.20 - 27.26 - 20,
            "unexplained": 100 - 19.25 - 53.20,
        },
        {"weights_gb": 30 * 1.073741824, "engine_fixed_s": 5.94, "graph_capture_s": 47.26},
    ),
    "Markdown": (
        MARKDOWN,
        {
            "weights loaded": 18.30,
            "model loading, the rest": 0.206763,
            "torch.compile": 13.01,
            "engine start, the rest": 40.19,
        },
        {"weights_gb": 16.09421, "engine_fixed_s": 40.19, "graph_capture_s": 13.01},
    ),
    "eager, over New Year's Eve": (
        EAGER,
        {"weights loaded": 20, "engine start": 4.5, "unexplained": 40 - 24.5},
        {"engine_fixed_s": 4.5, "graph_capture_s": 0},
    ),
    "graphs from a cache, colours, no last line": (
        CACHED,
        {
            "Dynamo transform": 3,
            "graphs from a cache": 1.25,
            "torch.compile, the rest": 0.25,
            "graphs captured": 7,
            "unexplained": 27 - 11.5,
        },
        {"graph_capture_s": 11.5},
    ),
    "downloaded, progress bars, Windows, weights alone": (
        DOWNLOADED,
        {
            "weights downloaded": 40.5,
            "weights loaded": 2.5,
            "model loading, the rest": 1,
            "unexplained": 86401 - 44,
        },
        {"weights_gb": 0.93 * 1.073741824},
    ),
    "of current versions, the first rank alone": (
        RANK_0,
        {
            "weights loaded": 10,
            "model loading, the rest": 1,
            "engine start": 2.75,
            "unexplained": 20 - 13.75,
        },
        {"weights_gb": 8 * 16.25 * 1.073741824, "engine_fixed_s": 2.75, "graph_capture_s": 0},
    ),
    "data parallel": (
        DATA_PARALLEL,
        {"weights downloaded": 41, "weights loaded": 21, "model loading, the rest": 1},
        {"weights_gb": 15 * 1.073741824},
    ),
    "a clock that goes backwards": (BACKWARDS, {"weights loaded": 3}, {}),
    "two starts": (
        TWO_STARTS,
        {
            "weights loaded": 18.90,
            "model loading, the rest": 0.35,
            "Dynamo transform": 6.11,
            "graphs compiled": 21.15,
            "graphs captured": 20,
            "engine start, the rest": 5.94,
            "unexplained": 27.55,
        },
        {"weights_gb": 30 * 1.073741824, "engine_fixed_s": 5.94, "graph_capture_s": 47.26},
    ),
    "several lines of a kind in one process": (
        DRAFT_MODEL,
        {"weights loaded": 6, "model loading, the rest": 1, "graphs compiled": 12.5},
        {"weights_gb": 11 * 1.073741824, "graph_capture_s": 12.5},
    ),
}


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Any, Any]:
    text, steps, figures = LOGS[request.param]
    path = tmp_path / "vllm.log"
    path.write_bytes(text.encode())
    return path, steps, figures


def test_each_second_of_a_log_counts_once(log: tuple[Path, Any, Any]) -> None:
    path, steps, figures = log
    done = run("measure", "--log", str(path), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    shown = found.pop("log")
    rows = {row["name"]: row["seconds"] for row in shown["steps"]}
    assert rows == pytest.approx(steps)
    assert [*rows] == [*steps]
    assert shown["total_s"] == pytest.approx(sum(steps.values()))
    assert sum(row["share"] for row in shown["steps"]) == pytest.approx(1)
    rates = {"read_stream_gb_s", "read_cap_gb_s", "copy_pageable_gb_s"}
    assert found.keys() - rates == figures.keys()
    assert {name: found[name] for name in figures} == pytest.approx(figures, rel=1e-5, abs=1e-9)


def test_a_log_is_carried_into_the_report(log: tuple[Path, Any, Any], tmp_path: Path) -> None:
    path, steps, _ = log
    carried = tmp_path / "figures.json"
    carried.write_text(run("measure", "--log", str(path), "--json").stdout, encoding="utf-8")
    report = json.loads(run("--set", f"@{carried}", "--json").stdout)
    phases = {row["name"]: row["seconds"] for row in report["phases"]}
    loaded = sum(x for name, x in steps.items() if name.startswith(("weights", "model")))
    started = sum(x for name, x in steps.items() if name.startswith(("D", "g", "t", "engine")))
    fixed = 0 if "engine start" in " ".join(steps) else main.Figures.engine_fixed_s
    if loaded:
        assert phases["weight_load"] == pytest.approx(loaded, rel=1e-4)
    else:
        assert phases["weight_load"] == 75
    assert phases["engine_init"] == pytest.approx(started + fixed if started else 20, rel=1e-4)
    others = [phases[name] for name in ("node_provision", "image_pull", "first_forward")]
    assert others == [50, 180, 3]


def test_the_text_says_what_the_log_does_not() -> None:
    def said(log: str) -> str:
        done = run("measure", "--log", "-", input=log)
        assert (done.returncode, done.stderr) == (0, "")
        assert max(map(len, done.stdout.splitlines())) <= 80
        return done.stdout

    assert "workers: 2; of each line the slowest counts" in said(TENSOR_PARALLEL)
    assert re.search(r"no line explains 27\.[56] s", said(TENSOR_PARALLEL))
    assert "--set engine_fixed_s=33.49" in said(TENSOR_PARALLEL)  # 5.94 and 27.55
    assert "gpus_per_replica=2 if each" in said(TENSOR_PARALLEL)
    assert "gpus_per_replica=1 if each" in said(DATA_PARALLEL)
    assert "does not part reading" in said(TENSOR_PARALLEL)
    assert "does not part reading" not in said(CACHED)
    assert "the rest is as for the 70b" in said(CACHED)
    assert "has a time stamp" not in said(TENSOR_PARALLEL)
    assert "no line that counts has a time stamp" in said(MARKDOWN)
    assert "workers" not in said(MARKDOWN)
    assert "the last start in standard input" in said(MARKDOWN)


def test_what_is_typed_and_what_is_carried_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(TENSOR_PARALLEL, encoding="utf-8")
    arguments = ["measure", "--log", str(tmp_path / "log"), "--model", "8b", "--sla", "3"]
    text = run(*arguments).stdout
    command = text[text.rindex("python code") :].replace("\\", "").split()[2:]
    (tmp_path / "json").write_text(run(*arguments, "--json").stdout, encoding="utf-8")
    assert run(*command).stdout == run("--set", f"@{tmp_path / 'json'}").stdout


@pytest.mark.parametrize(
    "text",
    ["", "hello\n", "Loading weights took ages\n", "99-99 99:99:99 Loading weights took s\n"],
)
def test_a_log_without_such_lines_is_a_no_and_what_was_looked_for(text: str) -> None:
    done = run("measure", "--log", "-", input=text)
    assert (done.returncode, done.stderr) == (1, "")
    assert "not in it: Loading weights took N s" in done.stdout
    assert "not in it: init engine ... took N s" in done.stdout
    as_json = run("measure", "--log", "-", "--json", input=text)
    assert as_json.returncode == 1
    found = json.loads(as_json.stdout)
    assert found["feasible"] is False
    assert len(found["log"]["looked_for"]) == len(main.LOG_LINES)


@pytest.mark.parametrize(
    "text",
    [
        "Loading weights took " + "9" * 5000 + " seconds",
        "Loading weights took 1.2.3 seconds\nLoading weights took 0 seconds",
        "13-45 99:99:99 02-31 10:00:00 Model loading took 0.0 GiB and 5 seconds",
        "\0\xff\ufffe Loading weights took 5 seconds (pid=) (((",
        "init engine took 1 s\n" * 3000,
    ],
)
def test_an_odd_log_is_no_traceback(text: str) -> None:
    done = run("measure", "--log", "-", "--json", input=text)
    assert done.returncode in (0, 1)
    assert done.stderr == ""
    json.loads(done.stdout)


# --- this machine -------------------------------------------------------------


def test_a_measurement_is_plausible_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run("measure", "--dir", str(tmp_path), *SMALL, "--model", "7b", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [*tmp_path.iterdir()] == []
    found = json.loads(done.stdout)
    shown = found.pop("machine")
    assert found.pop("model") == "7b"
    assert [*found] == FIGURES
    assert shown["file_gb"] == pytest.approx(0.05 * 1.073741824, rel=1e-6)
    assert [row["name"] for row in shown["rates"]] == [
        *("disk, readers: 1", "disk, readers: 4"),
        *("page cache, readers: 1", "page cache, readers: 4", "memory copy"),
    ]
    for row in shown["rates"]:
        assert 0 < row["low"] <= row["median"] <= row["high"] < 5000
        assert row["seconds"] == pytest.approx(14 / row["median"])
    disk, disks, cache, caches, _ = (row["median"] for row in shown["rates"])
    rates = [disk, max(disk, disks), max(cache, caches)]
    assert [*found.values()] == pytest.approx(rates, rel=0.006)
    assert 0.001 < shown["python_s"]["low"] <= shown["python_s"]["high"] < 30
    assert shown["disk_s"] == pytest.approx(14 / rates[1])
    assert shown["memory_s"] == pytest.approx(14 / rates[2])


def test_a_rate_is_bytes_over_seconds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = iter([10.0, 12.0] * 2)
    monkeypatch.setattr(main, "monotonic", lambda: next(clock))
    monkeypatch.setattr(main, "tell", lambda line: None)
    path = tmp_path / "file"
    path.write_bytes(bytes(5_000_001))
    assert main.read_rate(str(path), 5_000_001, 4, True) == pytest.approx(5_000_001 / 2e9)
    assert main.copy_rate(3_000_000) == pytest.approx(3e6 / 2e9)


@pytest.mark.parametrize("readers", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("size", [1, 6, 1000, 2**20, 2**20 + 1, 3 * 2**20 + 5])
def test_readers_read_each_byte_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: int, readers: int
) -> None:
    parts: list[tuple[int, int]] = []
    opened = open

    def watched(path: str, *mode: Any, **how: Any) -> Any:
        file = opened(path, *mode, **how)
        if "buffering" not in how:
            return file

        class Watch:
            def __enter__(self) -> Watch:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def seek(self, start: int) -> None:
                file.seek(start)

            def readinto(self, block: memoryview) -> int:
                start = file.tell()
                count = int(file.readinto(block))
                parts.append((start, count))
                return count

        return Watch()

    monkeypatch.setattr("builtins.open", watched)
    monkeypatch.setattr(main, "CHUNK", 2**20 - 3)
    path = tmp_path / "file"
    path.write_bytes(bytes(size))
    main.read_rate(str(path), size, readers, False)
    position = 0
    for start, count in sorted(parts):
        assert start == position
        position += count
    assert position == size


def test_two_gib_are_written_here_where_nothing_else_is_asked() -> None:
    assert (main.Probing().size_gib, main.Probing().dir) == (2, ".")


@pytest.mark.parametrize("size", [1, 2**22 - 1, 2**22, 2**22 + 1])
def test_a_file_has_the_size_that_was_asked_for(tmp_path: Path, size: int) -> None:
    main.write_file(str(tmp_path / "weights"), size)
    assert (tmp_path / "weights").stat().st_size == size


def test_the_disk_is_read_past_the_cache_and_then_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "weights"
    path.write_bytes(bytes(2**20))
    done: list[str] = []
    monkeypatch.setattr(main, "forget", lambda path: done.append("forget"))
    monkeypatch.setattr(main, "seconds_of", lambda work: done.append("read") or 1.0)
    rows = main.tiers_of(str(path), 2**20)
    assert done == ["forget", "read"] * 6 + ["read"] * 9
    assert [row["name"].split(",")[0] for row in rows] == [
        *("disk", "disk", "page cache", "page cache", "memory copy"),
    ]


@pytest.mark.parametrize(("disk", "cached"), [(7.9, False), (8.1, True), (30.0, True)])
def test_a_disk_as_fast_as_the_page_cache_was_not_read_past_it(
    monkeypatch: pytest.MonkeyPatch, disk: float, cached: bool
) -> None:
    rates = [main.spread("", float, x) for x in (disk, 15.0, 10.0, 20.0, 5.0)]
    monkeypatch.setattr(main, "probe", lambda how: (2**31, rates))
    found = main.measure_result(main.Scenario(), [], file="there")["machine"]
    assert found["cached"] is cached
    assert found["where"] == "there"


def test_the_text_reads_and_fits(tmp_path: Path) -> None:
    done = run("measure", "--dir", str(tmp_path), *SMALL, "--model", "7b")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"a 7b would take \S+ m?s from your disk, \S+ m?s from", done.stdout)
    assert re.search(r"^disk, readers: 4 +\S+ +\S+-\S+ +\S+ m?s$", done.stdout, re.MULTILINE)
    assert max(map(len, done.stdout.splitlines())) <= 80
    command = " ".join(done.stdout[done.stdout.rindex("python code") :].replace("\\", "").split())
    again = run(*command.split()[2:], "--json")
    assert json.loads(again.stdout)["scenario"]["model"] == "7b"


def test_a_file_is_read_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(os.urandom(2**21))
    done = run("measure", "--file", str(path), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["machine"]["file_gb"] == 2**21 / 1e9
    assert path.stat().st_size == 2**21
    path.chmod(0o444)
    assert run("measure", "--file", str(path)).returncode == 0


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no memory file system here")
def test_it_says_so_where_the_page_cache_cannot_be_avoided() -> None:
    done = run("measure", "--dir", "/dev/shm", "--size-gib", "0.1")
    assert done.returncode == 0
    assert "the page cache could not be avoided" in done.stdout


def test_a_full_disk_is_refused_before_and_survived_under_way(tmp_path: Path) -> None:
    gib = shutil.disk_usage(tmp_path).free / 2**30
    if gib < 1000:
        done = run("measure", "--dir", str(tmp_path), "--size-gib", f"{gib + 5:.0f}")
        says = re.fullmatch(rf"main.py: --dir {tmp_path}: (\S+) GiB are free; .*\n", refused(done))
        assert says
        assert float(says[1]) == pytest.approx(gib, rel=0.05)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**22, 2**22))

    done = run("measure", "--dir", str(tmp_path), *SMALL, preexec_fn=limited)
    assert refused(done) == f"main.py: --dir {tmp_path}: File too large\n"
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--dir", "{}/none"], "--dir {}/none: No such file or directory"),
        (["--dir", "{}/empty"], "--dir {}/empty: Not a directory"),
        (["--dir", "/sys", *SMALL], "--dir /sys: "),
        (["--file", "{}/none"], "--file {}/none: No such file or directory"),
        (["--file", "{}"], "--file {}: must be a file of 1,048,576 bytes or more"),
        (["--file", "{}/empty"], "--file {}/empty: must be a file of 1,048,576 bytes or more"),
        (["--file", "/dev/zero"], "--file /dev/zero: must be a file"),
        (["--log", "{}/none"], "--log {}/none: No such file or directory"),
        (["--log", "{}"], "--log {}: Is a directory"),
        (["--log", "{}/empty", "--file", "x"], "--log: must be without other options"),
        (["--file", "{}/empty", "--size-gib", "1"], "--file: must be without other options"),
        (["--size-gib", "0"], "--size-gib '0': must be a number above 0: 0.05 to 1024"),
        (["--size-gib", "2000"], "--size-gib '2000': must be a number"),
        (["--rate", "x"], "--rate 'x': must be a number"),
        (["--hours", "3"], "--hours: measure does not take it; must follow traffic"),
    ],
)
def test_what_cannot_be_measured_is_one_line(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    (tmp_path / "empty").touch()
    done = run("measure", *(word.format(tmp_path) for word in arguments))
    assert refused(done).startswith("main.py: " + says.format(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="a superuser may write anywhere")
def test_a_folder_that_is_read_only_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    done = run("measure", "--dir", str(tmp_path), *SMALL)
    tmp_path.chmod(0o755)
    assert refused(done) == f"main.py: --dir {tmp_path}: Permission denied\n"


def stopped(arguments: list[str], ready: Callable[[], bool], number: int) -> tuple[int, str, str]:
    """Exit code, output and errors of a run that gets a signal once it is under way."""
    command = [sys.executable, str(PROGRAM), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, encoding="utf-8") as process:
        while process.poll() is None and not ready():
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("part", ["writing", "reading"])
def test_ctrl_c_and_sigterm_remove_the_file(tmp_path: Path, number: int, part: str) -> None:
    size = 2**28

    def ready() -> bool:
        written = sum(path.stat().st_size for path in tmp_path.glob("*/weights"))
        return written >= size if part == "reading" else written > 0

    arguments = ["measure", "--dir", str(tmp_path), "--size-gib", "0.25"]
    assert stopped(arguments, ready, number) == (128 + signal.SIGINT, "", "")
    assert [*tmp_path.iterdir()] == []


def test_sigterm_is_as_ctrl_c_for_other_commands() -> None:
    start = time.monotonic()
    arguments = ["traffic", "--rate", "100000", "--hours", "5000"]
    done = stopped(arguments, lambda: time.monotonic() > start + 0.5, signal.SIGTERM)
    assert done == (128 + signal.SIGINT, "", "")


# --- figures from a file ------------------------------------------------------


def test_figures_of_a_file_stand_where_they_are_typed(tmp_path: Path) -> None:
    path = tmp_path / "class.json"
    path.write_text('\ufeff{"sla_s": 5, "model": "8b", "machine": {"x": [1]}, "rates": []}')
    options = ["--set", "sla_s=1", "--set", f"@{path}", "--set", "image_gb=20", "--json"]
    scenario = json.loads(run(*options).stdout)["scenario"]
    assert (scenario["sla_s"], scenario["model"], scenario["image_gb"]) == (5, "8b", 20)
    piped = run("plan", "--set", "@-", "--json", input='{"sla_s": 400}')
    assert json.loads(piped.stdout)["layers"] == []
    whole = tmp_path / "scenario.json"
    whole.write_text(json.dumps(json.loads(run("--model", "7b", "--json").stdout)["scenario"]))
    assert json.loads(run("--set", f"@{whole}", "--json").stdout)["cold_start_s"] == (
        main.cold_start_s(main.Scenario(model="7b"))
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, ": No such file or directory"),
        ("", ", line 1: must be a JSON object of figures"),
        ('{"sla_s": 5,\n  sla}', ", line 2: must be a JSON object of figures"),
        ("[1, 2]", ": must be a JSON object of figures"),
        ("7", ": must be a JSON object of figures"),
        ("[" * 100_000, ": must be a JSON object of figures"),
        ('{"node_provison_s": 4}', ": 'node_provison_s': unknown; did you mean node_provision_s?"),
        ('{"sla_s": "soon"}', ": sla_s='soon': must be a number above 0"),
        ('{"sla_s": NaN}', ": sla_s='nan': must be a number above 0"),
        ('{"sla_s": null}', ": sla_s='None': must be a number above 0"),
        ('{"sla_s": true}', ": sla_s='True': must be a number above 0"),
        ('{"products": 1.5}', ": products='1.5': must be a whole number"),
        ('{"model": "9b"}', ": model='9b': unknown; must be one of 7b, 8b"),
        ('{"sla_s": ' + "9" * 5000 + "}", ": must be a JSON object of figures"),
    ],
)
def test_a_file_of_figures_that_is_none_is_one_line(
    tmp_path: Path, text: str | None, says: str
) -> None:
    path = tmp_path / "figures.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert refused(run("--set", f"@{path}")).startswith(f"main.py: --set @{path}{says}")
