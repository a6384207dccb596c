"""The log of a real start: each second once, what no line explains, and what is no log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import main
import pytest
import startlog
from conftest import called, run

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
    done = called("measure.py", "--log", str(path), "--json")
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
    carried.write_text(called("measure.py", "--log", str(path), "--json").stdout, encoding="utf-8")
    report = json.loads(called("main.py", "--set", f"@{carried}", "--json").stdout)
    phases = {row["name"]: row["seconds"] for row in report["phases"]}
    loaded = sum(x for name, x in steps.items() if name.startswith(("weights", "model")))
    started = sum(x for name, x in steps.items() if name.startswith(("D", "g", "t", "engine")))
    fixed = 0 if "engine start" in " ".join(steps) else main.Scenario.engine_fixed_s
    if loaded:
        assert phases["weight_load"] == pytest.approx(loaded, rel=1e-4)
    else:
        assert phases["weight_load"] == 75
    assert phases["engine_init"] == pytest.approx(started + fixed if started else 20, rel=1e-4)
    others = [phases[name] for name in ("node_provision", "image_pull", "first_forward")]
    assert others == [50, 180, 3]


def said(path: Path, log: str) -> str:
    path.write_text(log, encoding="utf-8")
    done = called("measure.py", "--log", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    return " ".join(done.stdout.split())


def test_the_text_says_what_the_log_does_not(tmp_path: Path) -> None:
    path = tmp_path / "log"
    text = said(path, TENSOR_PARALLEL)
    assert f"The last start in {path} took 100 s, most of it unexplained, 27.6 s." in text
    assert "Workers: 2; of each line the slowest counts. gpus_per_replica=2 if each" in text
    assert "No line explains 27.6 s, and no figure has them" in text
    assert "--set engine_fixed_s=33.49" in text  # 5.94 and 27.55
    assert "does not part reading" in text
    assert "has a time stamp" not in text
    assert "gpus_per_replica=1 if each" in said(path, DATA_PARALLEL)
    assert "does not part reading" not in said(path, CACHED)
    assert "The rest is as for the 70b" in said(path, CACHED)
    assert "No line that counts has a time stamp" in said(path, MARKDOWN)
    assert "Workers" not in said(path, MARKDOWN)


def test_standard_input_is_read_too() -> None:
    done = run("measure.py", "--log", "-", input=MARKDOWN)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The last start in standard input took 71.7 s, most of it")


def test_what_is_typed_and_what_is_carried_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(TENSOR_PARALLEL, encoding="utf-8")
    words = ["measure.py", "--log", str(tmp_path / "log"), "--model", "8b", "--sla", "3"]
    text = called(*words).stdout
    command = text[text.rindex("python code") :].replace("\\", "").split()[2:]
    (tmp_path / "json").write_text(called(*words, "--json").stdout, encoding="utf-8")
    carried = called("main.py", "--set", f"@{tmp_path / 'json'}")
    assert called("main.py", *command).stdout == carried.stdout


@pytest.mark.parametrize(
    "text",
    ["", "hello\n", "Loading weights took ages\n", "99-99 99:99:99 Loading weights took s\n"],
)
def test_a_log_without_such_lines_is_a_no_and_what_was_looked_for(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "log"
    path.write_text(text)
    done = called("measure.py", "--log", str(path))
    assert (done.returncode, done.stderr) == (1, "")
    told = " ".join(done.stdout.split())
    assert told.startswith(f"No line of the last start in {path} tells seconds. Not in it:")
    for line in startlog.LOG_LINES:
        assert f"\n  {line.form}\n" in done.stdout
    as_json = called("measure.py", "--log", str(path), "--json")
    assert as_json.returncode == 1
    assert [*json.loads(as_json.stdout)] == ["log"]


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
def test_an_odd_log_is_no_traceback(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log"
    path.write_text(text, encoding="utf-8")
    done = called("measure.py", "--log", str(path), "--json")
    assert done.returncode in (0, 1)
    assert done.stderr == ""
    json.loads(done.stdout)


def test_a_line_without_end_and_a_year_that_is_none_are_read_in_a_moment() -> None:
    endless = "Directly load graph " * 20_000
    log = startlog.StartLog(f"0000-02-30 10:00:00 x\n{endless}\nModel loading took 1 GB and 2 s\n")
    assert startlog.seconds_in(log.steps()) == 2.0
