"""The log of a real start: each second once, what no line explains, and what is no log."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import NamedTuple

import main
import pytest
import startlog
from conftest import called, refused, run

GIB = 1.073741824  # GB
RATES = {"read_stream_gb_s", "read_cap_gb_s", "copy_pageable_gb_s"}


def lines(prefix: str, *messages: str) -> str:
    """Lines as vLLM writes them; what stands before the first blank is the clock."""
    parted = (message.partition(" ") for message in messages)
    return "".join(f"{prefix}INFO 03-02 {clock} [a.py:1] {says}\n" for clock, _, says in parted)


def two_pods(prefix: str) -> str:
    """Two starts, line by line in turn; seconds come with many digits too."""
    return "".join(
        lines(prefix.format(pod), f"10:00:{at} {says}")
        for pod, at, says in (
            ("a", "00", "vLLM API server version 0.9.0"),
            ("b", "02", "vLLM API server version 0.9.0"),
            ("a", "09", "Loading weights took 8.00 seconds"),
            ("b", "10", "Loading weights took 6.0000000000001 seconds"),
        )
    )


class Log(NamedTuple):
    text: str
    steps: dict[str, float]  # seconds, by hand
    figures: dict[str, float]  # but for rates, by hand
    engine: str = "vLLM"
    later: dict[str, float] = {}  # noqa: RUF012


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
    "INFO 06-30 10:00:03 [default_loader.py:262] Loading weights took 2.5 seconds\r\n"
    "INFO 06-30 10:00:04 [gpu_model_runner.py:1892] Model loading took 0.93 GB memory and 44.5 "
    "seconds\r\n"
)
DRAFT_MODEL = """\
(EngineCore pid=3) Compiling a graph for dynamic shape takes 10.00 s
(EngineCore pid=3) Compiling a graph for shape 1 takes 2.50 s
(EngineCore pid=3) Loading weights took 5.00 seconds
(EngineCore pid=3) Loading weights took 1.00 seconds
(EngineCore pid=3) Model loading took 10.0 GiB and 5.5 seconds
(EngineCore pid=3) Model loading took 1.0 GiB and 1.5 seconds
"""
LOGO = """\
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
RAY = """\
(ServeReplica:default:LLM pid=1) INFO 03-02 10:00:00 [__init__.py:224] Automatically detected \
platform cuda.
(ServeReplica:default:LLM pid=1) (EngineCore_DP0 pid=2) INFO 03-02 10:00:10 [core.py:97] \
Initializing a V1 LLM engine (v0.12.0) with config: model='m', tensor_parallel_size=4, \
pipeline_parallel_size=1
\x1b[36m(RayWorkerWrapper pid=31, ip=10.0.0.5)\x1b[0m INFO 03-02 10:01:20 [default_loader.py:314] \
Loading weights took 30.00 seconds
\x1b[36m(RayWorkerWrapper pid=31, ip=10.0.0.5)\x1b[0m INFO 03-02 10:01:21 [gpu_model_runner.py:1] \
Model loading took 10.0 GiB and 55.5 seconds
(RayWorkerWrapper pid=32, ip=10.0.0.5) INFO 03-02 10:01:20 [default_loader.py:314] \
Loading weights took 32.00 seconds [repeated 3x across cluster] (Ray deduplicates logs.)
(RayWorkerWrapper pid=32, ip=10.0.0.5) INFO 03-02 10:01:22 [gpu_model_runner.py:1] Model loading \
took 10.0 GiB and 57.0 seconds [repeated 3x across cluster]
(ServeReplica:default:LLM pid=1) (EngineCore_DP0 pid=2) (RayWorkerWrapper pid=31, ip=10.0.0.5) \
INFO 03-02 10:01:21 [gpu_model_runner.py:1] Model loading took 10.0 GiB and 55.5 seconds
(ServeReplica:default:LLM pid=1) (EngineCore_DP0 pid=2) INFO 03-02 10:02:02 [core.py:210] \
init engine (profile, create kv cache, warmup model) took 40.00 seconds
"""
ECHOED = "".join(
    f"{outer}(RayWorkerProc pid=501) (Worker pid=501) INFO 03-02 10:00:{at} [x.py:1] {says}\n"
    for at, says in (
        ("20", "Loading weights took 10.00 seconds"),
        ("21", "Model loading took 15.0 GiB memory and 11.00 seconds"),
        ("45", "Graph capturing finished in 4 secs, took 1.00 GiB"),
    )
    for outer in ("", "(ServeReplica:default:m pid=400) (EngineCore pid=450) ")
) + lines(
    "(ServeReplica:default:m pid=400) (EngineCore pid=450) ",
    "10:00:46 init engine (profile, create kv cache, warmup model) took 25.00 s",
)
NAMED_STEPS = lines(
    "(APIServer pid=1) ", "10:00:00  x x  version 0.20.0"
) + lines(
    "(EngineCore pid=7) ",
    "10:00:40 Loading weights took 20.00 seconds",
    "10:00:42 Model loading took 21.0 GiB memory and 22.00 seconds",
    "10:01:50 Initial profiling/warmup run took 50.00 s",
    "10:02:00 Graph capturing finished in 2 secs, took 0.70 GiB",
    "10:02:02 init engine (profile, create kv cache, warmup model) took 80.00 s "
    "(compilation: 15.00 s \u2014 language_model: 12.00 s, encoder: 3.00 s)",
) + lines(
    "(APIServer pid=1) ",
    "10:02:11 Multi-modal warmup completed in 5.000s",
    "10:02:15 Readonly multi-modal warmup completed in 4.000s",
    "10:02:22 Starting vLLM server on http://0.0.0.0:8000",
)  # fmt: skip
V0 = """\
INFO 02-07 19:00:00 llm_engine.py:234] Initializing a V0 LLM engine (v0.7.3) with config: \
model='m', tensor_parallel_size=2, pipeline_parallel_size=1
INFO 02-07 19:00:04 model_runner.py:1110] Starting to load model m...
(VllmWorkerProcess pid=92) INFO 02-07 19:00:05 model_runner.py:1110] Starting to load model m...
INFO 02-07 19:00:16 model_runner.py:1115] Loading model weights took 7.1250 GB
(VllmWorkerProcess pid=92) INFO 02-07 19:00:18 model_runner.py:1115] Loading model weights took \
7.1250 GB
INFO 02-07 19:00:20 worker.py:267] Memory profiling takes 2.00 seconds
INFO 02-07 19:00:20 worker.py:267] the current vLLM instance can use total_gpu_memory (79.1GiB)
INFO 02-07 19:00:42 model_runner.py:1562] Graph capturing finished in 20 secs, took 0.40 GiB
INFO 02-07 19:00:44 llm_engine.py:436] init engine (profile, create kv cache, warmup model) took \
26.00 seconds
INFO 02-07 19:00:45 [launcher.py:19] Available routes are:
INFO 02-07 19:00:45 api_server.py:958] Starting vLLM API server on http://0.0.0.0:8000
"""
STREAMED = lines(
    "(EngineCore pid=3) ",
    "10:00:00 Starting to load model s3://bucket/model...",
) + "[RunAI Streamer] Overall time to stream 7.1 GiB of all files to cpu: 11.01s, 660 MiB/s\n" + (
    lines("(EngineCore pid=3) ", "10:00:13 Model loading took 7.1 GiB memory and 12.50 seconds")
)  # fmt: skip
SGLANG = """\
[2026-03-02 10:00:00] server_args=ServerArgs(model_path='org/small', tp_size=2, pp_size=1)
[2026-03-02 10:00:09 TP0] Init torch distributed begin.
[2026-03-02 10:00:09 TP1] Init torch distributed begin.
[2026-03-02 10:00:10 TP0] Init torch distributed ends. elapsed=1.00 s, mem usage=0.10 GB
[2026-03-02 10:00:11 TP1] Init torch distributed ends. elapsed=1.50 s, mem usage=0.10 GB
[2026-03-02 10:00:11 TP0] Load weight begin. avail mem=78.40 GB
[2026-03-02 10:00:11 TP1] Load weight begin. avail mem=78.40 GB
[2026-03-02 10:00:17 TP0] Load weight end. elapsed=6.00 s, type=XForCausalLM, quant=fp8, \
avail mem=70.90 GB, mem usage=7.50 GB.
[2026-03-02 10:00:18 TP1] Load weight end. elapsed=6.50 s, type=XForCausalLM, quant=fp8, \
avail mem=70.90 GB, mem usage=7.50 GB.
[2026-03-02 10:00:19 TP0] Capture target decode CUDA graph begin. backend=full, avail mem=9.00 GB
[2026-03-02 10:00:26 TP0] Capture target decode CUDA graph end. elapsed=7.00 s, mem usage=1.00 GB
[2026-03-02 10:00:28 TP0] Capture draft decode CUDA graph end. bs=[1], elapsed=1.00 s, avail mem=1 GB
[2026-03-02 10:00:29] INFO:     Application startup complete.
[2026-03-02 10:00:32] The server is fired up and ready to roll!
[2026-03-02 11:00:00] Decode batch. #running-req: 1
"""  # noqa: E501
SGLANG_OLD = """\
[2025-03-02 10:00:00] server_args=ServerArgs(model_path='m', tp_size=1, dp_size=1)
[2025-03-02 10:00:04 TP0] Init torch distributed begin.
[2025-03-02 10:00:05 TP0] Load weight begin. avail mem=78.40 GB
[2025-03-02 10:00:13 TP0] Load weight end. type=XForCausalLM, dtype=torch.bfloat16, avail mem=63.40 GB
[2025-03-02 10:00:14 TP0] Capture cuda graph begin. This can take up to several minutes.
[2025-03-02 10:00:24 TP0] Capture cuda graph end. Time elapsed: 9.50 s
[2025-03-02 10:00:26] The server is fired up and ready to roll!
"""  # noqa: E501
ONE = "Loading weights took 3.00 seconds"
LOGS = {
    "tensor parallel": Log(
        TENSOR_PARALLEL,
        {
            "unexplained, before the weights": 40 - 18.30,
            "weights loaded": 18.90,
            "model loading, the rest": 19.25 - 18.90,
            "Dynamo transform": 6.11,
            "graphs compiled": 21.15,
            "graphs captured": 20,
            "engine start, the rest": 53.20 - 27.26 - 20,
            "unexplained, after the weights": 100 - 19.25 - 53.20 - 21.70,
        },
        {
            "weights_gb": 30 * GIB,
            "process_start_s": 21.7,
            "engine_fixed_s": 5.94 + 5.85,
            "graph_capture_s": 47.26,
        },
    ),
    "no stamps, Markdown": Log(
        MARKDOWN,
        {
            "weights loaded": 18.30,
            "model loading, the rest": 0.206763,
            "torch.compile": 13.01,
            "engine start, the rest": 40.19,
        },
        {"weights_gb": 14.9889 * GIB, "engine_fixed_s": 40.19, "graph_capture_s": 13.01},
    ),
    "V1 without a graph, over New Year, fractions of seconds": Log(
        "INFO 12-31 23:59:50,123 llm_engine.py:161] Initializing an LLM engine\n"
        "INFO 01-01 00:00:20,456 model_runner.py:1077] Loading weights took 20.00 seconds\n"
        "INFO 01-01 00:00:30,456 core.py:171] init engine (profile, create kv cache, warmup "
        "model) took 4.50 seconds\n",
        {
            "unexplained, before the weights": 10.333,
            "weights loaded": 20,
            "engine start": 4.5,
            "unexplained, after the weights": 5.5,
        },
        {
            "weight_load_s": 20,
            "process_start_s": 10.333,
            "engine_fixed_s": 10,
            "graph_capture_s": 0,
        },
    ),
    "graphs from a cache, a pod's clock, colours, no last line": Log(
        CACHED,
        {
            "unexplained": 26.5 - 11.5,
            "Dynamo transform": 3,
            "graphs from a cache": 1.25,
            "torch.compile, the rest": 0.25,
            "graphs captured": 7,
        },
        {"graph_capture_s": 11.5, "engine_fixed_s": 15},  # it tells no beginning
    ),
    "downloaded, progress bars, Windows": Log(
        DOWNLOADED,
        {"weights downloaded": 40.5, "weights loaded": 2.5, "model loading, the rest": 1.5},
        {"weights_gb": 0.93 * GIB},
    ),
    "a logo, eight GPUs, the first rank alone": Log(
        LOGO,
        {
            "unexplained, before the weights": 4,
            "weights loaded": 10,
            "model loading, the rest": 1,
            "torch.compile": 1,
            "engine start, the rest": 1.75,
            "unexplained, after the weights": 20 - 13.75 - 4,
        },
        {
            "gpus_per_replica": 8,
            "weights_gb": 8 * 16.25 * GIB,
            "process_start_s": 4,
            "engine_fixed_s": 1.75 + 2.25,
            "graph_capture_s": 1,
        },
    ),
    "data parallel": Log(
        DATA_PARALLEL,
        {"weights downloaded": 41, "weights loaded": 21, "model loading, the rest": 1},
        {"gpus_per_replica": 1, "weights_gb": 15 * GIB},
    ),
    "a clock that goes backwards": Log(
        f"INFO 06-30 10:00:05 [x] one clock\nINFO 06-30 10:00:00 [x] {ONE}\n",
        {"weights loaded": 3, "unexplained, after the weights": 5},
        {"weight_load_s": 3, "engine_fixed_s": 5, "graph_capture_s": 0},
    ),
    "several lines of a kind in one process": Log(
        DRAFT_MODEL,
        {"weights loaded": 6, "model loading, the rest": 1, "graphs compiled": 12.5},
        {"weights_gb": 11 * GIB, "graph_capture_s": 12.5, "engine_fixed_s": 0},
    ),
    "Ray, repeated across a cluster, late and echoed": Log(
        RAY,
        {
            "unexplained, before the weights": 25,
            "weights loaded": 32,
            "model loading, the rest": 25,
            "engine start": 40,
        },
        {
            "gpus_per_replica": 4,
            "weights_gb": 40 * GIB,
            "process_start_s": 25,
            "engine_fixed_s": 40,
            "graph_capture_s": 0,
        },
    ),
    "Ray Serve, each line echoed with a longer prefix": Log(
        ECHOED,
        {
            "weights loaded": 10,
            "model loading, the rest": 1,
            "graphs captured": 4,
            "engine start, the rest": 21,
        },
        {"weights_gb": 15 * GIB, "engine_fixed_s": 21, "graph_capture_s": 4},
    ),
    "today's named steps": Log(
        NAMED_STEPS,
        {
            "unexplained, before the weights": 20,
            "weights loaded": 20,
            "model loading, the rest": 2,
            "torch.compile": 15,
            "warm-up run": 50,
            "graphs captured": 2,
            "engine start, the rest": 13,
            "multi-modal warm-up": 5,
            "multi-modal warm-up, read-only": 4,
            "unexplained, after the weights": 142 - 22 - 80 - 9 - 20,
        },
        {
            "weights_gb": 21 * GIB,
            "process_start_s": 20,
            "engine_fixed_s": 50 + 13 + 9 + 11,
            "graph_capture_s": 17,
        },
    ),
    "imports before the banner": Log(
        "INFO 03-02 10:00:00 [__init__.py:243] Automatically detected platform cuda.\n"
        "INFO 03-02 10:00:12 [api_server.py:1289] vLLM API server version 0.9.0\n"
        + lines(
            "",
            "10:00:40 Loading weights took 8.00 seconds",
            "10:00:41 Model loading took 15.0 GiB and 9.00 seconds",
            "10:01:21 init engine (profile, create kv cache, warmup model) took 40.00 seconds",
            "10:01:22 Starting vLLM API server on http://0.0.0.0:8000",
        ),
        {
            "unexplained, before the banner": 12,
            "unexplained, before the weights": 20,
            "weights loaded": 8,
            "model loading, the rest": 1,
            "engine start": 40,
            "unexplained, after the weights": 1,
        },
        {
            "weights_gb": 15 * GIB,
            "process_start_s": 32,
            "engine_fixed_s": 41,
            "graph_capture_s": 0,
        },
    ),
    "V0, seconds by stamps alone": Log(
        V0,
        {
            "unexplained, before the weights": 4,
            "model loading": 13,  # of the second worker: 5 to 18
            "profiling": 2,
            "graphs captured": 20,
            "engine start, the rest": 4,
            "unexplained, after the weights": 45 - 39 - 4,
        },
        {
            "gpus_per_replica": 2,
            "weights_gb": 14.25 * GIB,
            "process_start_s": 4,
            "engine_fixed_s": 2 + 4 + 2,
            "graph_capture_s": 20,
        },
    ),
    "seconds of the weights, size without seconds": Log(
        lines(
            "(EngineCore pid=7) ",
            "10:00:10 Starting to load model m...",
            "10:00:14 Loading weights took 4.00 seconds",
            "10:00:15 Loading model weights took 8.0000 GB",
        ),
        {"weights loaded": 4, "model loading, the rest": 1},
        {"weights_gb": 8 * GIB},
    ),
    "streamed from S3": Log(
        STREAMED,
        {
            "unexplained, before the weights": 0.5,
            "weights loaded": 11.01,
            "model loading, the rest": 1.49,
        },
        {"weights_gb": 7.1 * GIB, "process_start_s": 0.5},
    ),
    "tensorized": Log(
        lines("", "10:00:14 Deserialized 13.5 GB in 12.34s, 1.1 GB/s"),
        {"weights loaded": 12.34},
        {"weight_load_s": 12.34},
    ),
    "a sleep, a wake-up and a reload": Log(
        lines(
            "(EngineCore_DP0 pid=9) ",
            "10:00:20 Loading weights took 20.00 seconds",
            "10:00:21 Model loading took 15.0 GiB memory and 21.00 seconds",
            "10:00:51 init engine (profile, create kv cache, warmup model) took 30.00 seconds",
            "12:00:00 It took 0.300000 seconds to fall asleep.",
            "14:00:00 It took 0.100000 seconds to wake up tags ['weights'].",
            "14:00:00 Reloading weights inplace...",
            "14:00:18 Loading weights took 18.00 seconds",
            "14:00:18 It took 0.020000 seconds to wake up tags ['kv_cache'].",
        ),
        {"weights loaded": 20, "model loading, the rest": 1, "engine start": 30},
        {"weights_gb": 15 * GIB, "engine_fixed_s": 30, "graph_capture_s": 0},
        later={"fell asleep": 0.3, "woke up": 0.12, "weights loaded": 18},
    ),
    "kernels that are tuned and warmed up": Log(
        lines(
            "(EngineCore pid=1) ",
            "10:00:00 flashinfer.jit: [Autotuner]: Autotuning process starts ...",
            "10:00:09 flashinfer.jit: [Autotuner]: Autotuning process ends",
            "10:00:12 JIT kernel warmup finished in 2.50s.",
            "10:00:20 init engine (profile, create kv cache, warmup model) took 20.00 s",
        ),
        {"kernels warmed up": 2.5, "kernels tuned": 9, "engine start, the rest": 8.5},
        {"engine_fixed_s": 20, "graph_capture_s": 0},
    ),
    "SGLang, two ranks, a draft, of 2026": Log(
        SGLANG,
        {
            "unexplained, before the weights": 11 - 1.5,
            "distributed workers": 1.5,
            "model loading": 6.5,
            "graphs captured": 8,
            "unexplained, after the weights": 32 - 9.5 - 1.5 - 6.5 - 8,
        },
        {
            "gpus_per_replica": 2,
            "weights_gb": 15 * GIB,
            "process_start_s": 11,
            "engine_fixed_s": 6.5,
            "graph_capture_s": 8,
        },
        engine="SGLang",
    ),
    "SGLang of 2025, load by stamps, no size": Log(
        SGLANG_OLD,
        {
            "unexplained, before the weights": 5,
            "model loading": 8,
            "graphs captured": 9.5,
            "unexplained, after the weights": 3.5,
        },
        {
            "gpus_per_replica": 1,
            "weight_load_s": 8,
            "process_start_s": 5,
            "engine_fixed_s": 3.5,
            "graph_capture_s": 9.5,
        },
        engine="SGLang",
    ),
    "two starts": Log(
        TENSOR_PARALLEL.replace("took 53.20 seconds", "took 99.00 seconds")
        + "INFO 11-05 18:00:00 [__init__.py:1] Automatically detected platform cuda.\n"
        + lines("", "18:00:10 vLLM API server version 0.11.0").replace("03-02", "11-05")
        + lines("", f"18:00:20 {ONE}").replace("03-02", "11-05"),
        {
            "unexplained, before the banner": 10,
            "unexplained, before the weights": 7,
            "weights loaded": 3,
        },
        {"weight_load_s": 3, "process_start_s": 17},
    ),
    "a start that was killed, and another": Log(
        lines("", "10:00:00 vLLM API server version 0.9.0", "10:00:09 Loading weights took 5 s")
        + lines("", "10:01:00 vLLM API server version 0.9.0", f"10:01:07 {ONE}"),
        {"unexplained, before the weights": 4, "weights loaded": 3},
        {"weight_load_s": 3, "process_start_s": 4},
    ),
    "a start that failed, and another that did not": Log(
        lines("", "10:00:00 vLLM API server version 0.9.0", "10:00:09 EngineCore failed to start.")
        + lines("", "10:01:00 vLLM API server version 0.9.0", f"10:01:07 {ONE}"),
        {"unexplained, before the weights": 4, "weights loaded": 3},
        {"weight_load_s": 3, "process_start_s": 4},
    ),
    "pods that kubectl prefixes, line by line in turn": Log(
        two_pods("[pod/vllm-{}/vllm] "),
        {"unexplained, before the weights": 2, "weights loaded": 6},
        {"weight_load_s": 6, "process_start_s": 2},
    ),
    "docker compose, journald's clock": Log(
        "vllm-1  | Aug 19 18:34:30 host vllm[87]: (APIServer pid=87) vLLM API server version 0.9\n"
        f"vllm-1  | Aug 19 18:34:39 host vllm[87]: (APIServer pid=87) {ONE}\n"
        "proxy-1 | Aug 19 18:34:50 host nginx: ready\n",
        {"unexplained, before the weights": 6, "weights loaded": 3},
        {"weight_load_s": 3, "process_start_s": 6},
    ),
    "a container's JSON": Log(
        '{"log":"INFO 03-02 10:00:00 [x.py:1] x\\n","time":"2026-03-02T11:00:00.1Z"}\n'
        f'{{"log":"INFO 03-02 10:00:07 [x.py:1] {ONE}\\n","time":"2026-03-02T11:00:07.1Z"}}\n',
        {"unexplained, before the weights": 4, "weights loaded": 3},
        {"weight_load_s": 3, "process_start_s": 4},
    ),
    "SGLang that imports vLLM, whose stamps have no year": Log(
        "INFO 03-02 10:00:00 [__init__.py:1] Automatically detected platform cuda.\n"
        "[2025-03-02 10:00:03] server_args=ServerArgs(model_path='m', tp_size=1)\n"
        "[2025-03-02 10:00:10] Load weight begin. avail mem=78.68 GB\n"
        "[2025-03-02 10:00:30] Load weight end. type=L, avail mem=63.0 GB, mem usage=15.0 GB.\n"
        "[2025-03-02 10:00:34] The server is fired up and ready to roll!\n",
        {
            "unexplained, before the banner": 3,
            "unexplained, before the weights": 7,
            "model loading": 20,
            "unexplained, after the weights": 4,
        },
        {
            "gpus_per_replica": 1,
            "weights_gb": 15 * GIB,
            "process_start_s": 10,
            "engine_fixed_s": 4,
            "graph_capture_s": 0,
        },
        engine="SGLang",
    ),
    "a container's JSON whose clock is an hour from the engine's": Log(
        '{"log":"INFO 03-02 10:00:00 [x.py:1] x\\n","time":"2026-03-02T11:00:00.1Z"}\n'
        f'{{"log":"INFO 03-02 10:00:07 [x.py:1] {ONE}\\n","time":"2026-03-02T11:00:07.1Z"}}\n'
        '{"log":"INFO:     Application startup complete.\\n","time":"2026-03-02T11:00:09.5Z"}\n',
        {
            "unexplained, before the weights": 4,
            "weights loaded": 3,
            "unexplained, after the weights": 2.4,
        },
        {"weight_load_s": 3, "process_start_s": 4, "engine_fixed_s": 2.4, "graph_capture_s": 0},
    ),
    "stern's colours before a pod's name": Log(
        two_pods("\x1b[36mvllm-{}\x1b[0m \x1b[33mvllm\x1b[0m "),
        {"unexplained, before the weights": 2, "weights loaded": 6},
        {"weight_load_s": 6, "process_start_s": 2},
    ),
    "uvicorn's last words, which have no stamp": Log(
        lines("", "10:00:00 vLLM API server version 0.6.3", f"10:00:09 {ONE}", "10:00:30 Routes:")
        + "INFO:     Started server process [1]\nINFO:     Application startup complete.\n"
        + lines("", "10:00:50 Received request")
        + "INFO:     127.0.0.1:1 - GET /health\n",
        {
            "unexplained, before the weights": 6,
            "weights loaded": 3,
            "unexplained, after the weights": 21,
        },
        {"weight_load_s": 3, "process_start_s": 6, "engine_fixed_s": 21, "graph_capture_s": 0},
    ),
    "years and sizes that cannot be": Log(
        "0000-01-01 00:00:00 tensor_parallel_size=0 x\n"
        "2026-02-30 00:00:00 Model loading took 1 GiB and 2 s\n",
        {"model loading": 2},
        {"weights_gb": GIB},
    ),
    "a leap day": Log(
        f"INFO 02-29 23:59:58 [x] a\nINFO 03-01 00:00:03 [x] {ONE}\n",
        {"unexplained, before the weights": 2, "weights loaded": 3},
        {"weight_load_s": 3, "process_start_s": 2},
    ),
    "a leap day in journald's words": Log(
        f"Feb 29 23:59:58 host vllm[87]: a\nMar 01 00:00:03 host vllm[87]: {ONE}\n",
        {"unexplained, before the weights": 2, "weights loaded": 3},
        {"weight_load_s": 3, "process_start_s": 2},
    ),
}  # fmt: skip


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Log]:
    path = tmp_path / "engine.log"
    path.write_bytes(LOGS[request.param].text.encode())
    return path, LOGS[request.param]


def test_each_second_of_a_log_counts_once(log: tuple[Path, Log]) -> None:
    path, right = log
    done = called("measure.py", "--log", str(path), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    shown = found.pop("log")
    rows = {row["name"]: row["seconds"] for row in shown["steps"]}
    assert rows == pytest.approx(right.steps)
    assert [*rows] == [*right.steps]
    assert shown["total_s"] == pytest.approx(sum(right.steps.values()))
    lost = (x for name, x in right.steps.items() if name.startswith("unexplained"))
    assert shown["unexplained_s"] == pytest.approx(sum(lost))
    assert sum(row["share"] for row in shown["steps"]) == pytest.approx(1)
    assert (shown["engine"], shown["failed"]) == (right.engine, False)
    assert {row["name"]: row["seconds"] for row in shown["later"]} == pytest.approx(right.later)
    assert found.keys() - RATES == right.figures.keys()
    told = {name: found[name] for name in right.figures}
    assert told == pytest.approx(right.figures, rel=1e-5, abs=1e-9)
    loads = any(name.startswith(("weights", "model")) for name in right.steps)
    assert ("read_stream_gb_s" in found) == ("weights_gb" in right.figures and loads)


@pytest.mark.parametrize("figures", ["lesson", "measured"])
def test_a_log_is_carried_into_the_report_to_the_second(
    log: tuple[Path, Log], tmp_path: Path, figures: str
) -> None:
    path, right = log
    words, carried = ["--figures", figures], tmp_path / "figures.json"
    as_json = called("measure.py", "--log", str(path), *words, "--json").stdout
    carried.write_text(as_json, encoding="utf-8")
    report = json.loads(called("main.py", "--set", f"@{carried}", *words, "--json").stdout)
    phases = {row["name"]: row["seconds"] for row in report["phases"]}
    raw = main.path(main.scenario(figures))
    load_s = sum(x for name, x in right.steps.items() if name.startswith(("weights", "model")))
    start_s = sum(right.steps.values()) - load_s
    assert phases["weight_load"] == pytest.approx(load_s or raw["weight_load"], rel=1e-4)
    told = {"process_start_s", "engine_fixed_s", "graph_capture_s"} & right.figures.keys()
    if len(told) == 3 or (figures == "lesson" and "engine_fixed_s" in told):
        assert phases["engine_init"] == pytest.approx(start_s, rel=1e-4)
    for name in ("node_provision", "image_pull", "first_forward"):
        assert phases[name] == raw[name]


def said(path: Path, log: str, exit_code: int = 0) -> str:
    path.write_text(log, encoding="utf-8")
    done = called("measure.py", "--log", str(path))
    assert (done.returncode, done.stderr) == (exit_code, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    return " ".join(done.stdout.split())


def test_the_text_says_what_the_log_does_not(tmp_path: Path) -> None:
    path = tmp_path / "log"
    text = said(path, TENSOR_PARALLEL)
    assert f"The last start in {path} took 100 s; the longest step is unexplained" in text
    assert "Workers: 2; of each line the slowest counts. gpus_per_replica=2 if each" in text
    assert "No line explains 27.6 s: 21.7 s taken as process_start_s and 5.9 s taken" in text
    assert "does not part reading" in text
    assert "has a time stamp" not in text
    assert "says that it is ready" not in text
    assert "if each has one" not in said(path, DATA_PARALLEL)
    assert "does not part reading" not in said(path, CACHED)
    assert "The log does not tell weight_load." in said(path, CACHED)
    assert "No line that counts has a time stamp" in said(path, MARKDOWN)
    assert "Workers" not in said(path, MARKDOWN)
    text = said(path, LOGS["a sleep, a wake-up and a reload"].text)
    assert "not of the start: fell asleep 300 ms, woke up 120 ms, weights loaded 18.0 s." in text
    assert "The log ends before the engine says that it is ready." in text
    assert "It is the last of 2 starts; none" in said(path, LOGS["two starts"].text)
    text = said(path, LOGS["pods that kubectl prefixes, line by line in turn"].text)
    assert "of vllm-b/vllm, took 8.0 s" in text
    assert "of 2 pods; none is added to another" in text
    assert "tells no size of the weights, so weight_load_s is set and no rate" in text
    assert "pods" not in said(path, LOGS["docker compose, journald's clock"].text)
    assert "share the log" not in text
    assert "does not show how the start began" not in text
    assert "does not show how the start began" in said(path, CACHED)
    assert "Its graphs came from a cache, so graph-cache is on already" in said(path, CACHED)
    assert "graph-cache" not in said(path, TENSOR_PARALLEL).partition("The path with")[0]
    two = lines("", BANNER, f"10:00:09 {ONE}", "10:00:10 Loading weights took 9.50 seconds")
    assert "more than the 10.0 s between their stamps: do two engines share" in said(path, two)


def test_a_failure_is_told_by_its_cause_and_beside_the_json_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        lines("", BANNER, f"10:00:09 {ONE}", "10:00:10 EngineCore failed to start.")
        + "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.32 GiB. "
        + "x" * 999
    )
    done = run("measure.py", "--log", str(log), "--json")
    assert done.returncode == 1
    cause = "CUDA out of memory. Tried to allocate 2.32 GiB. xx"
    assert done.stderr.startswith(f"measure.py: --log {str(log)!r}: the start failed: {cause}")
    assert len(done.stderr.splitlines()) == 1
    log = tmp_path / "empty"
    log.write_text("")
    done = run("measure.py", "--log", str(log), "--json")
    assert done.stderr == f"measure.py: --log {str(log)!r}: the start tells no seconds\n"


def test_a_log_of_another_model_asks_which_it_is(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"{ONE}\nModel loading took 14.99 GiB and 5.0 seconds\n")
    asks = "Its weights are 16.1 GB and a 70b's are 140: is that the model?"
    for model, is_asked in (("70b", True), ("8b", False), ("7b", False)):
        done = called("measure.py", "--log", str(log), "--model", model)
        assert (asks in " ".join(done.stdout.split())) == is_asked


def test_what_broke_and_got_ready_after_all_has_its_figures() -> None:
    text = lines("", BANNER, "10:00:05 try a smaller batch: CUDA out of memory", f"10:00:09 {ONE}")
    broken, ready = (startlog.read(x).start for x in (text, text + lines("", READY)))
    assert (broken.failed, ready.failed) == (True, False)
    assert broken.figures(main.Scenario(), broken.steps()) == {"weight_load_s": 3}
    found = ready.figures(main.Scenario(), ready.steps())
    assert found["process_start_s"] + found["engine_fixed_s"] == pytest.approx(17)


@pytest.mark.parametrize(
    "says", [words for x in (startlog.VLLM, startlog.SGLANG) for words in x.failed]
)
def test_a_failed_start_is_one_and_shows_what_was_read(tmp_path: Path, says: str) -> None:
    path, engine = tmp_path / "log", "vLLM" if says in startlog.VLLM.failed else "SGLang"
    text = lines("", "10:00:00 vLLM API server version 0.20.0", f"10:00:30 {ONE}")
    if engine == "SGLang":
        text = "[2026-03-02 10:00:00] server_args=ServerArgs(tp_size=1)\n" + (
            "[2026-03-02 10:00:03 TP0] Load weight begin.\n"
            "[2026-03-02 10:00:30 TP0] Load weight end. elapsed=3.00 s, mem usage=1.00 GB.\n"
        )
    fails = f"ERROR 03-02 10:00:50 [core.py:1136] x {says} y\n"
    fails = fails if engine == "vLLM" else f"[2026-03-02 10:00:50 TP0] x {says} y\n"
    shown = said(path, text + fails + "Traceback (most recent call last):\n", exit_code=1)
    assert "It failed: it never got ready. " in shown
    assert f"never got ready. '{says} y'" in shown
    assert "The path with these figures" not in shown
    done = called("measure.py", "--log", str(path), "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["log"]["failed"], found["log"]["total_s"]) == (True, 50)
    assert found["log"]["unexplained_s"] == 47
    assert not {"engine_fixed_s", "graph_capture_s", "process_start_s"} & found.keys()
    ready = "Starting vLLM server on x" if engine == "vLLM" else startlog.SGLANG.ready[0]
    after = f"2026-03-02 10:00:40 {ready}\n"
    assert "It failed" not in said(path, text + after + fails)
    done = json.loads(called("measure.py", "--log", str(path), "--json").stdout)
    assert {"engine_fixed_s", "process_start_s"} <= done.keys()  # it had got ready before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("TGI", "2026-03-02T10:00:00.0Z  INFO text_generation_launcher: Args { model_id: x }\n"),
        ("TGI", "2026-03-02T10:00:55.2Z  INFO shard-manager: text_generation_launcher: Shard "
         "ready in 55.201097835s rank=0\n"),
        ("TensorRT-LLM", "[06/17/2026-16:35:04] [TRT-LLM] [RANK 0] [I] Finished prefetching\n"),
        ("TensorRT-LLM", "[TensorRT-LLM][INFO] Engine version 1.0 found\n"),
        ("llama.cpp", "llama_model_loader: loaded meta data with 36 key-value pairs\n"),
        ("Ollama", 'time=2026-02-02T12:29:02Z level=INFO source=server.go:1 msg="llama runner '
         'started in 29.96 seconds"\nllama_model_loader: loaded meta data\n'),
        ("LMDeploy", "2026-08-05 05:40:52,191 - lmdeploy - WARNING - model_source: hf_model\n"),
    ],
)  # fmt: skip
def test_another_engine_is_named_and_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "log"
    path.write_text(text)
    told = refused(called("measure.py", "--log", str(path)))
    assert told.startswith(f"--log '{path}' is a log of {name}, and only vLLM's and SGLang's")
    assert "--set process_start_s=X weight_load_s=X engine_init_s=X" in told


def test_standard_input_is_read_too() -> None:
    done = run("measure.py", "--log", "-", input=MARKDOWN)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The last start in standard input took 71.7 s; the longest")


def test_what_is_typed_and_what_is_carried_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(TENSOR_PARALLEL, encoding="utf-8")
    words = ["measure.py", "--log", str(tmp_path / "log"), "--model", "8b", "--sla", "3"]
    text = called(*words).stdout
    command = text[text.rindex("python code") :].replace("\\", "").split()[2:]
    (tmp_path / "json").write_text(called(*words, "--json").stdout, encoding="utf-8")
    carried = called("main.py", "--set", f"@{tmp_path / 'json'}")
    assert called("main.py", *command).stdout == carried.stdout


@pytest.mark.parametrize("script", ["traffic.py", "plan.py", "view.py", "evidence.py"])
def test_a_log_is_carried_into_every_script(tmp_path: Path, script: str) -> None:
    (tmp_path / "log").write_text(NAMED_STEPS, encoding="utf-8")
    figures = called("measure.py", "--log", str(tmp_path / "log"), "--json").stdout
    (tmp_path / "json").write_text(figures, encoding="utf-8")
    done = called(script, "--set", f"@{tmp_path / 'json'}", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["scenario"]["process_start_s"] == 20


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
    assert told.startswith(
        f"The last start in {path} tells no seconds. Of vLLM these lines would:"
    )
    for line in startlog.VLLM.lines:
        assert f"\n  {line.forms[0]}\n" in done.stdout
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
    assert len(done.stderr.splitlines()) == done.returncode
    json.loads(done.stdout)


@pytest.mark.parametrize(
    "unit",
    [
        "Compiling a graph for ",
        "Model loading took 1 G",
        "(pid=",
        "Load weight end. elapsed=1 s, ",
        "init engine took (compilation: ",
        "server_args=ServerArgs(",
        " version 1.2.3 ",
        "[repeated 3x across cluster] ",
        "03-02 10:00:00 ",
        "tp_size=",
        "torch.compile ",
    ],
)
def test_a_long_log_takes_time_in_proportion(unit: str) -> None:
    def took(text: str) -> float:
        start = time.perf_counter()
        startlog.read(text)
        return time.perf_counter() - start

    for text in (unit * (880_000 // len(unit)), (unit * (7_000 // len(unit)) + "\n") * 100):
        assert took(text) < 2


BANNER = "10:00:00 vLLM API server version 0.11.0"
READY = "10:00:20 Starting vLLM API server 0 on http://0.0.0.0:8000"


@pytest.mark.parametrize(
    ("text", "steps", "later"),
    [
        # The same words at the same second are an echo; without any clock they are not.
        (lines("", f"10:00:09 {ONE}") * 2, {"weights loaded": 3}, {}),
        (f"{ONE}\n{ONE}\n", {"weights loaded": 6}, {}),
        # What a running engine tells is not of its start, but what Ray prints late is.
        (
            lines("", BANNER, READY, f"10:00:09 {ONE}")
            + lines("", "10:05:00 TileLang warmup finished in 4 s"),
            {
                "unexplained, before the weights": 6,
                "weights loaded": 3,
                "unexplained, after the weights": 11,
            },
            {"TileLang warmed up": 4},
        ),
        # Nor is it its end, once the engine has slept.
        (
            lines("", f"10:00:09 {ONE}", "10:00:10 It took 1.0 seconds to fall asleep.", READY),
            {"weights loaded": 3},
            {"fell asleep": 1},
        ),
        # Nor does an old line, echoed behind the end, begin another start.
        (
            lines("", BANNER, f"10:00:09 {ONE}", READY, f"10:00:01 {startlog.FRESH[0]}"),
            {
                "unexplained, before the weights": 6,
                "weights loaded": 3,
                "unexplained, after the weights": 11,
            },
            {},
        ),
        # Two banners of one start, and a library's version.
        (
            lines("", BANNER, "10:00:02  x x  version 0.11.0", f"10:00:09 {ONE}")
            + "NCCL version 2.26.2+cuda12.2\n"
            + lines("", "10:00:10 Model loading took 2.0 GiB and 5.0 seconds"),
            {
                "unexplained, before the weights": 5,
                "weights loaded": 3,
                "model loading, the rest": 2,
            },
            {},
        ),
        # A library's version, and an application's own word hours later.
        (
            lines("", BANNER, f"10:00:09 {ONE}", "10:00:10 Using Libfabric version 1.22", READY)
            + lines("", "10:00:22 Application startup complete.")
            + lines("", "18:00:00 Application startup complete.")
            + lines("", "19:00:00 RuntimeError: CUDA out of memory."),
            {
                "unexplained, before the weights": 6,
                "weights loaded": 3,
                "unexplained, after the weights": 13,
            },
            {},
        ),
        # What a running engine is asked, and what it will do, is no start and no sleep.
        (
            lines("", BANNER, "10:00:02 Sleep mode is on: POST /wake_up to wake up")
            + lines("", f"10:00:09 {ONE}", READY, "11:00:00   a  version 1.0")
            + lines("", f"11:00:01 x: {BANNER}", "11:00:02 prompt: Initializing a VM"),
            {
                "unexplained, before the weights": 6,
                "weights loaded": 3,
                "unexplained, after the weights": 11,
            },
            {},
        ),
        # Two warm-ups are two steps.
        (
            lines("", "10:00:00 JIT kernel warmup finished in 2.50s")
            + lines("", "10:00:05 TileLang warmup finished in 4 s"),
            {"kernels warmed up": 2.5, "TileLang warmed up": 4, "unexplained": 1},
            {},
        ),
        # A start that is killed in silence, and the next, which begins before its banner.
        (
            lines("", BANNER, f"10:00:09 {ONE}", f"11:00:00 {startlog.FRESH[0]}")
            + lines("", f"11:00:04 {startlog.FRESH[0]}")
            + lines("", "11:00:08 vLLM API server version 0.11.0", f"11:00:20 {ONE}"),
            {
                "unexplained, before the banner": 8,
                "unexplained, before the weights": 9,
                "weights loaded": 3,
            },
            {},
        ),
        # What the one before it says of itself is not of the next.
        (
            lines("", f"10:00:00 {startlog.FRESH[0]}", BANNER, "10:00:05 Starting to load model")
            + lines("", "11:00:08 vLLM API server version 0.11.0", f"11:00:20 {ONE}"),
            {"unexplained, before the weights": 9, "weights loaded": 3},
            {},
        ),
        (
            lines("", BANNER, f"10:00:09 {ONE}", READY, f"10:00:01 {startlog.FRESH[0]}")
            + lines("", "11:00:08 vLLM API server version 0.11.0", f"11:00:20 {ONE}"),
            {"unexplained, before the weights": 9, "weights loaded": 3},
            {},
        ),
        # An echo before any step.
        (
            lines("", "10:00:00 x", *[f"10:00:02 {startlog.BUILDS[1]}"] * 2, f"10:00:09 {ONE}"),
            {"unexplained, before the weights": 6, "weights loaded": 3},
            {},
        ),
        # Scripts without a banner, one after the other; of several engines each builds its own.
        (
            lines("(Core pid=7) ", f"10:00:00 {startlog.BUILDS[0]}", f"10:00:09 {ONE}")
            + lines("", f"11:00:00 {startlog.FRESH[0]}")
            + lines("(Core pid=7) ", f"11:00:08 {startlog.BUILDS[0]}")
            + lines("(Core pid=7) ", f"11:00:20 {ONE}")
            + lines("(Core pid=8) ", f"11:00:21 {startlog.BUILDS[0]}")
            + lines("(Core pid=8) ", f"11:00:24 {ONE}"),
            {
                "unexplained, before the weights": 17,
                "weights loaded": 3,
                "unexplained, after the weights": 4,
            },
            {},
        ),
        # A logo in a container's JSON, twice.
        (
            "".join(
                json.dumps({"log": line + "\n", "time": "x"}, ensure_ascii=False) + "\n"
                for line in 2 * lines("", "10:00:00  x x  version 0.33.0", f"10:00:09 {ONE}")
                .splitlines()
            ),
            {"unexplained, before the weights": 6, "weights loaded": 3},
            {},
        ),
        # Levels that look like names of pods.
        (
            "INFO | 2026-03-02 10:00:00 x\n"
            f"WARNING | 2026-03-02 10:00:09 {ONE}\n"
            "INFO | 2026-03-02 10:00:10 Model loading took 2.0 GiB and 5.0 seconds\n",
            {
                "unexplained, before the weights": 5,
                "weights loaded": 3,
                "model loading, the rest": 2,
            },
            {},
        ),
        # A banner that another process writes while weights are loaded.
        (
            lines("", "10:00:00 x", "10:00:07 vLLM API server version 0.9.0", f"10:00:09 {ONE}"),
            {"unexplained, before the banner": 6, "weights loaded": 3},
            {},
        ),
        # A script that builds two engines, one after the other.
        (
            lines(
                "",
                "10:00:00 Initializing a V1 LLM engine (v0.9.0) with config: x",
                "10:00:09 init engine (profile) took 9.00 seconds",
                "10:01:00 Initializing a V1 LLM engine (v0.9.0) with config: x",
                "10:01:07 init engine (profile) took 7.00 seconds",
            ),
            {"engine start": 7},
            {},
        ),
        # vLLM on a GGUF file, which names another engine too.
        (f"load_tensors: x\n{ONE}\n", {"weights loaded": 3}, {}),
    ],
)  # fmt: skip
def test_what_belongs_to_a_start_and_what_does_not(
    text: str, steps: dict[str, float], later: dict[str, float]
) -> None:
    start = startlog.read(text).start
    assert {row["name"]: row["seconds"] for row in start.steps()} == pytest.approx(steps)
    assert start.later == later


# --- random starts of known truth ----------------------------------------------------------------


def to_hundredths(seconds: float) -> float:
    return round(seconds, 2)


class Truth:
    """A start of random steps, and the log that a real engine would write of it."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.at = dice, 0.0
        self.events: list[tuple[float, str, str]] = []  # when, process, message
        workers = dice.choice([1, 1, 2, 4])
        names = ["(EngineCore pid=70) "]
        if workers > 1:
            names = [f"(EngineCore pid=70) (Worker_TP{i} pid={80 + i}) " for i in range(workers)]
        self.say("", "vLLM API server version 0.11.0")
        self.wait()
        begin = self.at
        self.gib = round(dice.uniform(1, 70), 2)
        load = [to_hundredths(dice.uniform(1, 60)) for _ in names]
        rest = [to_hundredths(dice.uniform(0.1, 5)) for _ in names]
        slowest = max(range(workers), key=lambda i: load[i] + rest[i])
        for name, seconds, more in zip(names, load, rest):
            self.say(name, "Starting to load model m...", begin)
            self.say(name, f"Loading weights took {seconds:.2f} seconds", begin + seconds)
            says = f"Model loading took {self.gib} GiB and {seconds + more:.6f} seconds"
            self.say(name, says, begin + seconds + more)
        self.at = begin + load[slowest] + rest[slowest]
        self.steps = {"before": begin, "load": self.at - begin}
        loaded = self.at
        self.wait()
        start = self.at
        compiled, captured = to_hundredths(dice.uniform(1, 40)), float(dice.randint(1, 20))
        for name in names:
            self.say(name, f"Dynamo bytecode transform time: {compiled:.2f} s", start + compiled)
            took = f"Graph capturing finished in {captured:.0f} secs, took 0.5 GiB"
            self.say(name, took, start + compiled + captured)
        own = to_hundredths(dice.uniform(1, 30))
        self.at = start + compiled + captured + own
        took = f"init engine (profile, create kv cache, warmup model) took {self.at - start:.2f} s"
        self.say("(EngineCore pid=70) ", f"{took}econds")
        self.steps |= {"compile": compiled + captured, "engine": own}
        before = self.at
        self.wait()
        self.say("", "Starting vLLM API server 0 on http://0.0.0.0:8000")
        self.steps["after"] = start - loaded + self.at - before
        self.weights_gb = self.gib * workers * GIB

    def wait(self) -> None:
        self.at = round(self.at + self.dice.uniform(0.5, 20), 2)

    def say(self, process: str, message: str, at: float | None = None) -> None:
        self.events.append((self.at if at is None else at, process, message))

    def log(self) -> str:
        """In a random form: whose clock, which prefix, echoes, colours and noise between."""
        dice = self.dice
        form = dice.choice(["vllm", "pod", "iso", "cri"])
        origin = dice.choice([0, 86_390, 31_535_990])  # over midnight, over New Year
        ray = dice.random() < 0.3
        out = []
        for at, process, message in sorted(self.events, key=lambda event: event[0]):
            whole, hundredths = divmod(round(100 * at), 100)
            clock = time.gmtime(origin + whole)
            stamp = f"{time.strftime('%m-%d %H:%M:%S', clock)}.{hundredths:02}"
            if dice.random() < 0.3:
                process = process.replace("(", "\x1b[36m(").replace(")", ")\x1b[0m")
            inner = f"INFO {stamp} [x.py:{dice.randint(1, 999)}] {message}"
            line = f"{process}{inner}"
            if form == "pod":
                line = f"[pod/vllm-0/vllm] {line}"
            elif form == "iso":
                line = f"1970-{stamp.replace(' ', 'T')}Z {line}"
            elif form == "cri":
                line = f"1970-{stamp.replace(' ', 'T')}456789Z stderr F {line}"
            out.append(line)
            if ray and "pid=" in line and form == "vllm":
                out.append(f"(ServeReplica:default:m pid=1) {line}")
            if dice.random() < 0.5:
                out.append(
                    dice.choice(["", "noise", "tokens took 3 seconds", "100%|#| 4/4 [00:03]"])
                )
        return "\n".join(out) + "\n"


def test_random_starts_are_read_as_they_were() -> None:
    for seed in range(300):
        truth = Truth(random.Random(seed))
        start = startlog.read(truth.log()).start
        steps = start.steps()
        total_s = sum(truth.steps.values())
        assert startlog.seconds_in(steps) == pytest.approx(total_s, abs=0.03), seed
        figures = start.figures(main.Scenario(), steps)
        load_s = startlog.seconds_in(steps, "weight_load", "phase")
        assert load_s == pytest.approx(truth.steps["load"], abs=0.03), seed
        assert figures["graph_capture_s"] == pytest.approx(truth.steps["compile"], abs=0.03)
        assert figures["process_start_s"] == pytest.approx(truth.steps["before"], abs=0.03)
        engine_s = truth.steps["engine"] + truth.steps["after"]
        assert figures["engine_fixed_s"] == pytest.approx(engine_s, abs=0.05)
        assert figures["weights_gb"] == pytest.approx(truth.weights_gb, rel=1e-5)
