"""Cold starts of a serverless LLM, from "no replica" to the first token.

The claim: a cold start is five phases in a row, each one line of arithmetic. A layer of mitigation
attacks the phases it names and nothing else. So a cold start can be measured, budgeted and stacked
like any other latency: 328 s for a 70B model, 15 s behind three layers, 0.5 s behind a warm pool.

Read it top to bottom. The report's headings carry the numbers of sections 1 to 6; what follows
only shows their results.

  1 FIGURES       edit these live; where each comes from; one frozen record of them
  2 PHASES        five formulas, seconds each
  3 LAYERS        one function and one row each
  4 STACKS        layers on top of one another, and which of them lie idle
  5 WARM POOL     what it costs, and the request rate above which it pays
  6 MIGRATION     an eviction: move the KV cache, move the tokens, or start cold
  7 REPORT        the results as JSON has them, and the text that shows them
  8 COMMAND LINE  options in, report out, bad input refused in one line

  python code/main.py                                     # the whole lesson
  python code/main.py --with preseed,snapshot,warm-node   # behind three layers
  python code/main.py --figures measured                  # as others measured
  python code/main.py --model 8b --set network_gb_s=1.25  # another model
  python code/main.py --with all --json                   # for a program

Units: seconds, decimal GB (1e9 bytes), US dollars, requests per hour. A name ends in its unit:
`_s`, `_gb`, `_gb_s`, `_usd`. `s` alone is the scenario.

Not modelled: registries and networks that slow under load, boots that fail, phases that overlap
one another, a streamer's processor ceiling, several regions, KV cache that fills up, what batching
does to latency.
"""

import argparse
import functools
import io
import itertools
import math
import os
import re
import signal
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, NoReturn, TextIO

# === 1 FIGURES ===================================================================================
# Edit these live. The tag behind a figure is its source; [assumed] and [arith] say it themselves.

SOURCES = {
    "lesson": "Cold-start mitigation for serverless LLMs, phase 17 lesson 10: text and table",
    "config": "config.json of Llama 2 7B and 13B, Llama 3.1 8B, 70B and 405B, Qwen2.5 32B",
    "runai": "github.com/run-ai/runai-model-streamer, docs/src/benchmarks.md",
    "sllm": "github.com/ServerlessLLM/ServerlessLLM, benchmarks/results/h100_2025",
    "nvbw": "nvbandwidth on an H100: 55.4 GB/s from pinned host memory",
    "eks": "EKS start-up workshop: vLLM on Bottlerocket, gr6.8xlarge, sequential image pulls",
    "doeks": "data-on-eks, Ray on EKS: gemma-4-12B on a new node, 2026-07-27",
    "anyscale": "github.com/anyscale/ray-serve-llm-perf-examples: Llama-3-70B TP4 on H100",
    "ice": "MLSys'26, Breaking the Ice: github.com/upb-cn/vllm-startup-profiler, H100 NVL",
    "dynamo": "NVIDIA Dynamo snapshot design, a draft: CRIU and cuda-checkpoint",
    "vllm": "vLLM blog, KV offloading, 2026-01-08: prefill of Llama-3.1-8B on one H100",
    "h100": "NVIDIA H100 SXM data sheet: 990 TFLOPS dense bf16, 80 GB at 3.35 TB/s",
}


Formula = Callable[["Scenario"], float]
Row = dict[str, Any]  # a result, as JSON has it


@dataclass(frozen=True)
class Scenario:
    """The figures of one run: `Scenario(sla_s=5)`; `replace(s, sla_s=9)` makes a changed copy."""

    model: str = "70b"  # a row of MODELS below [lesson]
    bytes_per_param: float = 2.0  # bf16; 1 for FP8, 0.5 for 4-bit [arith]
    weights_gb: float | None = None  # GB; None: params_b * bytes_per_param, 140 for 70b [arith]

    node_provision_s: float = 50.0  # s, Karpenter brings a GPU node; 45-60 [lesson]
    node_standby_s: float = 2.5  # s, from a booted standby node; gives the 15 s stack [assumed]
    image_gb: float = 30.0  # GB, container image [lesson]
    image_pull_s_per_gb: float = 6.0  # s/GB, 180 s for 30 GB [lesson]; 6.8-13 [eks]
    first_touch_s_per_gb: float = 0.0  # s/GB, lazy first read [lesson]; 22 s for 9.35 GB [eks]

    read_stream_gb_s: float = 4.0  # GB/s, one reader, from where the weights lie [lesson]
    read_cap_gb_s: float = 4.0  # GB/s, the same storage, any number of readers [lesson]
    read_streams: int = 1  # readers of the default loader, on each GPU of a replica [runai]
    copy_pageable_gb_s: float = 3.5  # GB/s, host to all GPUs together, default loader [lesson]
    copy_pinned_gb_s: float = 50.0  # GB/s, host to one GPU, pinned memory; PCIe 5 55 [nvbw]
    streamer_read_streams: int = 16  # of the model streamer; idle where one gets the cap [runai]
    streamer_sharded: int = 1  # 0: each GPU's rank reads it all; 26 s became 91 s [anyscale]
    dram_gb_s: float = 200.0  # GB/s, weights that already lie in host memory [sllm]

    process_start_s: float = 0.0  # s, imports, workers, NCCL; the lesson has none [lesson]
    engine_fixed_s: float = 8.0  # s, tokenizer, profiling, KV-cache pool [lesson]
    graph_capture_s: float = 12.0  # s, kernel compile and CUDA graphs; 8 + 12 = 20 [lesson]
    graph_cache_fraction: float = 0.25  # share of that left with a cache; 60.8 -> 15.7 [anyscale]
    snapshot_fixed_s: float = 2.5  # s, restore a process and its GPU context [lesson]
    snapshot_gb_s: float = 20.0  # GB/s, restore GPU memory; 9.5 s, a tenth of 95 [lesson]
    snapshot_gpu_matches: int = 1  # 0: taken on another GPU type, so useless here [lesson]
    first_forward_s: float = 3.0  # s, first pass on a fresh engine [lesson]
    image_pull_s: float | None = None  # s, measured; None: the raw formula [arith]
    weight_load_s: float | None = None  # s, likewise; layers go on as they are [arith]
    engine_init_s: float | None = None  # s, likewise [arith]
    known_cold_start_s: float | None = None  # s, a total; None: the sum of the phases [arith]
    warm_ttft_s: float = 0.5  # s, time to first token (TTFT) on a ready replica [assumed]

    gpu_usd_per_hour: float = 4.0  # $/h, one 80 GB GPU, on demand [lesson]
    pool_usd_per_hour: float | None = None  # $/h, kept around the clock; None: as above [arith]
    small_gpu_usd_per_hour: float = 1.2  # $/h, a GPU that a 7B model fits; 0.85-1.50 [lesson]
    gpu_hbm_gb: float = 80.0  # GB, memory of one GPU [h100]
    gpus_per_replica: int = 0  # 0: ceil(1.1 * weights_gb / gpu_hbm_gb), 2 for 70b [arith]
    hours_per_month: float = 720.0  # h, 24 x 30 [lesson]
    products: int = 1  # endpoints that each keep their own pool [lesson]
    min_workers: int = 1  # warm replicas per product when the pool is on [lesson]
    sla_s: float = 2.0  # s, P99 time to first token promised [lesson]
    drop_usd: float = 0.05  # $, what one late request costs, lost to the SLA [lesson]
    requests_per_hour: float = 30.0  # 1/h, arrivals at one product [assumed]
    keep_alive_s: float = 300.0  # s, idle time before a replica is let go [assumed]

    prompt_tokens: int = 8192  # tokens, context of the request that an eviction hits [assumed]
    network_gb_s: float = 3.125  # GB/s, node to node, 25 Gbit/s [assumed]
    token_bytes: float = 4.0  # bytes, one token id on the wire [arith]
    decode_tokens_per_s: float = 30.0  # tokens/s, what the source keeps generating [assumed]
    gpu_tflops: float = 990.0  # TFLOPS, dense bf16 [h100]
    prefill_mfu: float = 0.62  # share of it that prefill reaches, fitted to an 8B's curve [vllm]
    hbm_gb_s: float = 3350.0  # GB/s, GPU memory bandwidth [h100]
    kv_bytes: float = 2.0  # bytes per KV-cache element, bf16 [arith]

    # No figures: what layers have changed.
    loaders: tuple[Formula, ...] = ()  # instead of the default one; the fastest wins
    restores: tuple[Formula, ...] = ()  # snapshots, past load and engine start
    has_pool: bool = False  # min_workers are kept warm
    migrates: bool = False  # an evicted request moves instead of starting over
    figure_set: str = "lesson"  # whose figures these are
    own: tuple[str, ...] = field(default=(), compare=False)  # names of those that were set


MEASURED: Row = {  # what others measured in 2025-26, on a 70B over four H100s
    "gpus_per_replica": 4,  # the 70b's alone; another model takes what it needs [anyscale]
    "image_gb": 10.0,  # GB, 9.35 [eks], 11.7 [doeks]
    "image_pull_s_per_gb": 12.0,  # s/GB, 13.3 [eks], 10.5 [doeks]
    "first_touch_s_per_gb": 2.35,  # s/GB, 22 s for 9.35 GB [eks]
    "read_stream_gb_s": 6.0,  # GB/s, S3 to the four ranks of a node, 4 x 1.4 GiB/s [anyscale]
    "read_cap_gb_s": 6.0,  # GB/s, the same [anyscale]
    "copy_pageable_gb_s": 8.6,  # GB/s, from the page cache, 8.57 [anyscale], 8.26 [ice]
    "process_start_s": 50.0,  # s, in a new container, 42-59 [anyscale], 51 [eks]
    "engine_fixed_s": 31.0,  # s, 91.8 less what compiles [anyscale]
    "graph_capture_s": 60.8,  # s, torch.compile [anyscale]
    "snapshot_fixed_s": 3.1,  # s, 3.13 [dynamo]
    "snapshot_gb_s": 4.0,  # GB/s, 3.85 [dynamo]
    "first_forward_s": 1.0,  # s, 0.66 for a 1.5B [eks]
}
FIGURE_SETS: dict[str, Row] = {"lesson": {}, "measured": MEASURED}  # and what each changes above
MODELS = {  # params_b, transformer layers, hidden size, KV heads, head dimension [config]
    "7b": (7, 32, 4096, 32, 128),
    "8b": (8, 32, 4096, 8, 128),
    "13b": (13, 40, 5120, 40, 128),
    "32b": (32, 64, 5120, 8, 128),
    "70b": (70, 80, 8192, 8, 128),
    "405b": (405, 126, 16384, 8, 128),
}
PUBLISHED_S = {  # low, typical, high of the raw 70b path's phases [lesson]
    "node_provision": (45, 50, 60),
    "image_pull": (120, 180, 300),
    "weight_load": (45, 75, 120),
    "engine_init": (10, 20, 30),
}
GPU_HEADROOM = 1.1  # GPU memory per byte of weights: KV cache, activations [assumed]
SMALLEST, LARGEST = 1e-9, 1e12  # of a figure that is not 0, so that no quotient overflows
P99_OVER = 0.01  # P99 holds while at most this share of requests is over [arith]

KNOWN = ("image_pull_s", "weight_load_s", "engine_init_s")  # phases that may be measured
STATE = ("loaders", "restores", "has_pool", "migrates", "figure_set", "own")  # no figures
FIGURES = {each.name: each for each in fields(Scenario) if each.name not in STATE}


class BadInput(argparse.ArgumentTypeError):
    """A figure, an option or a file that cannot be used; the message is one line for the user.

    Raised while an option is read, it gets the option's name put before it.
    """


def of_set(figure_set: str, model: str) -> Row:
    """What a set of figures changes; the GPUs in it are the 70b's alone."""
    changes = FIGURE_SETS[figure_set]
    return {x: changes[x] for x in changes if model == "70b" or x != "gpus_per_replica"}


def scenario(figure_set: str, **yours: Any) -> Scenario:
    """The figures of a set, `lesson` or `measured`, with yours on top."""
    changes = of_set(figure_set, yours.get("model", Scenario.model))
    return Scenario(**changes | yours, figure_set=figure_set, own=tuple(yours))


def of_model(s: Scenario, model: str) -> Scenario:
    """The same for a model: its own weights and GPUs, and no seconds measured before."""
    gpus_there = of_set(s.figure_set, model).get("gpus_per_replica", 0)
    unset: Row = dict.fromkeys((*KNOWN, "known_cold_start_s", "weights_gb"))
    return replace(s, **unset, model=model, gpus_per_replica=gpus_there)


def weights_gb(s: Scenario) -> float:
    """GB of weights, the figure or else parameters x bytes: 70 x 2 = 140 GB."""
    return MODELS[s.model][0] * s.bytes_per_param if s.weights_gb is None else s.weights_gb


def gpus(s: Scenario) -> int:
    """GPUs that one replica needs, for 140 GB do not fit 80: ceil(1.1 x 140 / 80) = 2."""
    return s.gpus_per_replica or math.ceil(GPU_HEADROOM * weights_gb(s) / s.gpu_hbm_gb)


def replica_usd_per_hour(s: Scenario) -> float:
    """Every GPU of it is paid, and a 70b in bf16 takes two: 4 x 2 = $8."""
    return s.gpu_usd_per_hour * gpus(s)


def kept_usd_per_hour(s: Scenario) -> float:
    """The same replica where it is kept around the clock, at the pool's price: $8 too."""
    usd = s.gpu_usd_per_hour if s.pool_usd_per_hour is None else s.pool_usd_per_hour
    return usd * gpus(s)


def replica_usd_per_month(s: Scenario) -> float:
    """A replica around the clock: 8 x 720 = $5760."""
    return kept_usd_per_hour(s) * s.hours_per_month


def pool_gpu_hours_per_month(s: Scenario) -> float:
    """Warm replicas of every product, requests or not: 1 x 1 x 2 x 720 = 1440."""
    return s.products * s.min_workers * gpus(s) * s.hours_per_month


def pool_usd_per_month(s: Scenario) -> float:
    """The same in dollars: 1 x 1 x 5760 = $5760."""
    return s.products * s.min_workers * replica_usd_per_month(s)


# === 2 PHASES ====================================================================================
# Seconds each. Layers change the scenario; the formulas stay. The worked lines are the raw 70b's.


def node_provision(s: Scenario) -> float:
    """From a pending pod to a node that has a GPU: 50 s."""
    return s.node_provision_s


def image_pull(s: Scenario) -> float:
    """The container image, which cannot hold 140 GB of weights: 30 x 6 = 180 s."""
    return s.image_gb * s.image_pull_s_per_gb if s.image_pull_s is None else s.image_pull_s


def read_s(s: Scenario, streams: float) -> float:
    """Weights out of storage. Readers add up, to what it gives any number: 140 / 4 = 35 s."""
    return weights_gb(s) / min(streams * s.read_stream_gb_s, s.read_cap_gb_s)


def copy_s(s: Scenario) -> float:
    """Through pageable host memory to all GPUs of the replica: 140 / 3.5 = 40 s."""
    return weights_gb(s) / s.copy_pageable_gb_s


def download_s(s: Scenario) -> float:
    """Read by the default loader, whose ranks on each GPU all read: 140 / 4 = 35 s."""
    return read_s(s, s.read_streams * gpus(s))


def load_default(s: Scenario) -> float:
    """Read, then copy: the lesson's "weights download" and "load into HBM", 35 + 40 = 75 s."""
    return download_s(s) + copy_s(s) if s.weight_load_s is None else s.weight_load_s


def init_fresh(s: Scenario) -> float:
    """Process, tokenizer and KV-cache pool, then kernels and CUDA graphs: 0 + 8 + 12 = 20 s."""
    if s.engine_init_s is not None:
        return s.engine_init_s
    return s.process_start_s + s.engine_fixed_s + s.graph_capture_s


def load_and_init_s(s: Scenario) -> tuple[float, float]:
    """Seconds of weight_load and engine_init, which a snapshot replaces together or not at all."""
    load = min(loader(s) for loader in s.loaders or (load_default,))
    fresh = (load, init_fresh(s))
    # subtle: min takes the first of equals, so a snapshot that saves nothing lies idle.
    return min((fresh, *((restore(s), 0.0) for restore in s.restores)), key=sum)


def weight_load(s: Scenario) -> float:
    """From storage to GPU memory, by the fastest loader there is: 35 + 40 = 75 s."""
    return load_and_init_s(s)[0]


def engine_init(s: Scenario) -> float:
    """The engine's start, which a snapshot alone spares whole: 0 + 8 + 12 = 20 s."""
    return load_and_init_s(s)[1]


def first_forward(s: Scenario) -> float:
    """The first pass on a fresh engine, and out of it the first token: 3 s."""
    return s.first_forward_s


PHASES = (node_provision, image_pull, weight_load, engine_init, first_forward)


def path(s: Scenario) -> dict[str, float]:
    """Seconds of the five phases, in order; of a known total nobody told any."""
    if s.known_cold_start_s is not None:
        return {}
    return {phase.__name__: phase(s) for phase in PHASES}


def cold_start_s(s: Scenario) -> float:
    """From no replica to the first token: 50 + 180 + 75 + 20 + 3 = 328 s."""
    return sum(path(s).values()) if s.known_cold_start_s is None else s.known_cold_start_s


def ranges(s: Scenario) -> dict[str, tuple[float, float]]:
    """Low and high seconds of each phase: its published range, in proportion to its seconds."""
    spans = {}
    for phase, seconds in path(s).items():
        low, typical, high = PUBLISHED_S.get(phase, (1, 1, 1))
        spans[phase] = (seconds * low / typical, seconds * high / typical)
    return spans


# === 3 LAYERS ====================================================================================
# A layer is a function from scenario to scenario, and a row of the table below. A row that rents
# something around the clock names the formula for it.


def preseed(s: Scenario) -> Scenario:
    """The image lies on the node's volume. Bytes move, they do not vanish: first touch pays."""
    return replace(s, image_pull_s=None, image_pull_s_per_gb=s.first_touch_s_per_gb)


def pinned_copy_s(s: Scenario) -> float:
    """Host to GPUs from pinned memory, each GPU over its own link: 140 / (50 x 2) = 1.4 s."""
    return weights_gb(s) / (s.copy_pinned_gb_s * gpus(s))


def load_streamed(s: Scenario) -> float:
    """Many readers and pinned copies to every GPU, the slower of the two: 140 / 4 = 35 s.

    Unsharded, the same bytes are read once for each GPU: 2 x 35 = 70 s.
    """
    # concession: overlap of read and copy is modelled, overlap with engine start is not.
    times = 1 if s.streamer_sharded else gpus(s)
    return max(times * read_s(s, s.streamer_read_streams), pinned_copy_s(s))


def stream(s: Scenario) -> Scenario:
    """A faster disk pays with it: the default loader's copy stays as slow as it was."""
    return replace(s, loaders=(*s.loaders, load_streamed))


def restore_snapshot(s: Scenario) -> float:
    """Process and GPU context, then GPU memory: 2.5 + 140 / 20 = 9.5 s."""
    return s.snapshot_fixed_s + weights_gb(s) / s.snapshot_gb_s


def snapshot(s: Scenario) -> Scenario:
    """Shortens neither node nor image; on another GPU type nothing at all."""
    return replace(s, restores=(*s.restores, restore_snapshot)) if s.snapshot_gpu_matches else s


def warm_pool(s: Scenario) -> Scenario:
    """No phase gets shorter; requests that find a free warm slot meet none of them."""
    return replace(s, has_pool=True)


def load_tiered(s: Scenario) -> float:
    """Weights in host memory already, and pinned copies, the slower of the two: 1.4 s."""
    # concession: the node has held them before; the first load on a fresh one is load_default's.
    return max(weights_gb(s) / s.dram_gb_s, pinned_copy_s(s))


def tiered(s: Scenario) -> Scenario:
    """The published 10-200x is end to end with queueing and download, not the loader alone."""
    return replace(s, loaders=(*s.loaders, load_tiered))


def migrate(s: Scenario) -> Scenario:
    """No cold start gets shorter; a request whose node goes away stands still for less."""
    return replace(s, migrates=True)


def graph_cache(s: Scenario) -> Scenario:
    """Compiled kernels and graphs are read back instead of made again; the process starts anew."""
    capture_s = s.graph_cache_fraction * s.graph_capture_s
    return replace(s, engine_init_s=None, graph_capture_s=capture_s)


def warm_node(s: Scenario) -> Scenario:
    """A booted node stands by without a model; where nodes come faster than it, they win."""
    # concession: it is always free again by the next cold start.
    return replace(s, node_provision_s=min(s.node_standby_s, s.node_provision_s))


class Layer(NamedTuple):
    """A row of the table: what a layer changes, the tool to name for it, its price and needs."""

    number: str  # of the lesson's layer; b marks a helper
    name: str  # as --with takes it
    change: Callable[[Scenario], Scenario]
    attacks: tuple[str, ...]  # phases, and no others
    tool: str
    tradeoff: str
    needs: str
    aim: str = ""  # what it attacks in place of a phase
    rent: Formula | None = None  # $/month around the clock, requests or not


LAYERS = (
    Layer("1", "preseed", preseed, attacks=("image_pull",),
          tool="Bottlerocket data-volume snapshot", tradeoff="rebuilt per release",
          needs="an EC2NodeClass with it; GCP a custom VM image, Azure a managed-disk snapshot"),
    Layer("2", "stream", stream, attacks=("weight_load",),
          tool="NVIDIA Run:ai Model Streamer", tradeoff="pins host memory",
          needs="storage that gives many readers more than one: S3, GCS, NVMe; native in vLLM"),
    Layer("3", "snapshot", snapshot, attacks=("weight_load", "engine_init"),
          tool="Modal checkpoint", tradeoff="holds whatever was in memory, personal data too",
          needs="the GPU type and count that it was taken on"),
    Layer("4", "warm-pool", warm_pool, attacks=(), aim="the whole path",
          tool="min_workers=1", tradeoff="paid around the clock", rent=pool_usd_per_month,
          needs="a free warm slot; overflow pays the path"),
    Layer("5", "tiered", tiered, attacks=("weight_load",),
          tool="ServerlessLLM, NVMe -> DRAM -> HBM", tradeoff="weights occupy host memory",
          needs="a node that has held the weights before"),
    Layer("6", "migrate", migrate, attacks=(), aim="an eviction",
          tool="input tokens instead of KV cache", tradeoff="the cache is computed again",
          needs="notice, and a free slot where the model is loaded"),
    Layer("3b", "graph-cache", graph_cache, attacks=("engine_init",),
          tool="vLLM compile cache, shared volume", tradeoff="stale after an upgrade",
          needs="the same vLLM, model and GPU type"),
    Layer("4b", "warm-node", warm_node, attacks=("node_provision",),
          tool="a booted node without a model", tradeoff="paid like a replica, idle",
          rent=replica_usd_per_month, needs="a cluster that keeps it free"),
)  # fmt: skip
BY_NAME = {layer.name: layer for layer in LAYERS}

# === 4 STACKS ====================================================================================

STACKS = (  # worth knowing, from the raw path down to the 70b's shortest
    (),
    ("preseed",),
    ("preseed", "stream"),
    ("preseed", "snapshot"),
    ("preseed", "tiered", "graph-cache", "warm-node"),
    ("preseed", "snapshot", "warm-node"),
)


def measured(s: Scenario) -> list[str]:
    """The phases' figures that hold seconds which somebody measured."""
    return [name for name in KNOWN if getattr(s, name) is not None]


def usable(s: Scenario) -> list[str]:
    """Names of the layers that can be put on: of a known total, those that shorten no phase."""
    return [x.name for x in LAYERS if s.known_cold_start_s is None or not x.attacks]


def stack(s: Scenario, names: Iterable[str]) -> Scenario:
    """The scenario under these layers, each once, in the order of the table, whatever theirs is.

    A name that is in no row is a KeyError, one that is not usable a BadInput.
    """
    chosen, can = {BY_NAME[name].name for name in names}, usable(s)
    for layer in LAYERS:
        if layer.name in chosen:
            if layer.name not in can:
                why = f"shortens {' and '.join(layer.attacks)}, and of this cold start only the"
                raise BadInput(f"{layer.name}: must be left out: it {why} total is known")
            s = layer.change(s)
    return s


def without(names: Iterable[str], *others: str) -> list[str]:
    return [name for name in names if name not in others]


def working(s: Scenario, names: Iterable[str]) -> list[str]:
    """The layers of a stack that change its path; the others could be left out.

    They are tried last row first, so that of two that do the same the first row's is kept.
    """
    kept = list(names)
    for name in kept[::-1]:
        if path(stack(s, without(kept, name))) == path(stack(s, kept)):
            kept.remove(name)
    return kept


def spared(s: Scenario, names: Sequence[str], name: str) -> dict[str, float]:
    """Seconds that one layer takes off each phase, all the others of its stack being there."""
    rest = path(stack(s, without(names, name)))
    return {phase: rest[phase] - seconds for phase, seconds in path(stack(s, names)).items()}


def standing_usd_per_month(s: Scenario, names: Iterable[str]) -> float:
    """Rent of a stack around the clock, requests or not."""
    rents = [BY_NAME[name].rent for name in names]
    return sum((rent(s) for rent in rents if rent), 0.0)


def shared_rents(names: Iterable[str]) -> list[str]:
    """Layers that rent something for all products together: all that rent but the pool."""
    return [name for name in without(names, "warm-pool") if BY_NAME[name].rent]


def shared_usd_per_month(s: Scenario, names: Iterable[str]) -> float:
    """Rent of a stack that no replica's time contains: the standby node's, not the pool's."""
    return standing_usd_per_month(s, shared_rents(names))


def is_large(s: Scenario) -> bool:
    """Whether what the lesson says of 70B and more is said of this model."""
    return MODELS[s.model][0] >= 70


def even_warm_is_late(s: Scenario) -> bool:
    """The promise is shorter than any answer, so that no layer and no pool keeps it."""
    return s.sla_s < s.warm_ttft_s


def first_request_ttft_s(s: Scenario) -> float:
    """What the first request after a quiet hour waits: the path, or a warm replica's answer."""
    return s.warm_ttft_s if s.has_pool and s.min_workers else cold_start_s(s)


def best_path(s: Scenario, *forbidden: str) -> dict[str, float]:
    """The shortest path without these layers: if warm-node, 50 + 0 + 9.5 + 0 + 3 = 62.5 s.

    Hence the lesson's rule for 70B and more: P99 under 60 s needs a pool or a standby node.
    """
    raw_s, rows = cold_start_s(s), (BY_NAME[name] for name in without(usable(s), *forbidden))
    # Figures can make a brake of a layer, and nobody has to put that on.
    best = stack(s, [x.name for x in rows if cold_start_s(x.change(s)) <= raw_s])
    return path(best) or {"the known total": raw_s}


# === 5 WARM POOL =================================================================================
# One product, one replica, Poisson arrivals, short service. `lam` is arrivals per second, C the
# cold start, tau keep-alive, L = C - SLA. A cycle of scale-to-zero lasts from boot to boot.


def usd_per_cold_minute(s: Scenario) -> float:
    """A warm replica's month per minute of cold start spared: 5760 / (328 / 60) = $1053.66."""
    return replica_usd_per_month(s) / (cold_start_s(s) / 60)


def cycle(s: Scenario, lam: float, cold_s: float) -> tuple[float, float]:
    """Arrivals in one cycle, D = e^(lam tau) + lam C, and how many of them are late.

    Arrivals: one that boots the replica, lam C while it boots, then e^(lam tau) - 1 until a gap is
    longer than tau. Late are the first and the lam L of the boot that wait for more than the SLA.
    """
    # subtle: capped where it would overflow; by then 1/D has no digit left that anyone prints.
    arrivals = math.exp(min(lam * s.keep_alive_s, 700.0)) + lam * cold_s
    if even_warm_is_late(s):
        return arrivals, arrivals
    return arrivals, 1 + lam * (cold_s - s.sla_s) if cold_s > s.sla_s else 0.0


def break_even_rate(cold_s: float, sla_s: float, usd_per_hour: float, drop_usd: float) -> float:
    """Requests per hour at which a warm replica costs what late requests cost without it.

    Premium and tax both have 1/D, so keep-alive cancels: lam (1 + lam L) = x, with x the price
    per second of one replica over that of a late request.
    """
    x = usd_per_hour / 3600 / drop_usd
    # subtle: (sqrt(1 + 4 L x) - 1) / 2L, rearranged to lose no digits where L x is small.
    return 3600 * 2 * x / (1 + math.sqrt(1 + 4 * (cold_s - sla_s) * x))


def holds_p99(arrivals: float, late: float) -> bool:
    """Whether at most 1% of these arrivals are late; in a cycle, then so at every higher rate."""
    return late <= P99_OVER * arrivals


def rate_from(test: Callable[[float], bool], low: float = 0.0, high: float = 1.0) -> float | None:
    """The rate above `low` from which on a test holds, by halves; None where it does at none."""
    if test(low):
        return low
    while not test(high):
        if high > LARGEST:
            return None
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if test(middle) else (middle, high)
    return high


def peak_rate(s: Scenario, gain: float, dearer: float) -> float:
    """Requests per hour at which a dearer pool comes nearest to paying, where keep-alive is not 0.

    It pays where a lam^2 + b lam + c >= dearer e^(lam tau), with a = gain L, b = gain - dearer C,
    c = -demand, and gain the dollars an hour of late requests at one a second. The logarithm of
    the left less lam tau is concave, so it has one top: where its slope is 0.
    """
    cold_s, demand, kept = cold_start_s(s), replica_usd_per_hour(s), 1 / s.keep_alive_s
    a, b = gain * (cold_s - s.sla_s), gain - dearer * cold_s
    root = math.hypot(kept, math.sqrt(b * b + 4 * a * demand) / (2 * a))
    return 3600 * (kept - b / (2 * a) + root)


def paying_rates(s: Scenario) -> tuple[float | None, float | None]:
    """Requests per hour from which a warm pool costs no more, and up to which; None: none, no end.

    A cheaper pool pays from some rate on: what it spares only grows. A dearer one pays between two
    rates, if at all: in the end traffic keeps the replica warm, and its price is all that is left.
    """
    cold_s, dearer = cold_start_s(s), kept_usd_per_hour(s) - replica_usd_per_hour(s)
    none_late = cold_s <= s.sla_s or s.drop_usd == 0
    if even_warm_is_late(s) or (none_late and dearer >= 0):
        return None, None
    if dearer == 0:
        return break_even_rate(cold_s, s.sla_s, replica_usd_per_hour(s), s.drop_usd), None

    def pays(rate: float) -> bool:
        row = at_rate(s, rate)
        return bool(row["warm_premium_usd_per_hour"] <= row["cold_tax_usd_per_hour"])

    if dearer < 0 or not s.keep_alive_s:
        return rate_from(pays), None
    top = peak_rate(s, 3600 * s.drop_usd, dearer)
    if not pays(top):
        return None, None
    return rate_from(pays, 0.0, top), rate_from(lambda rate: not pays(rate), top, 2 * top)


def break_even(s: Scenario) -> float | None:
    """Requests per hour above which a warm pool pays; None where no rate makes it."""
    return paying_rates(s)[0]


def self_warm_rate(s: Scenario) -> float | None:
    """Requests per hour above which keep-alive alone holds P99; None where no rate does."""
    cold_s = cold_start_s(s)
    return rate_from(lambda rate: holds_p99(*cycle(s, rate / 3600, cold_s)))


def cheaper(s: Scenario, row: Row) -> str:
    """Which of the two costs less. With one price a pool adds next to nothing above self-warm:
    `either`; with two it is what costs less, busy or not.
    """
    premium, late = row["warm_premium_usd_per_hour"], row["over_sla_fraction"]
    demand = replica_usd_per_hour(s)
    one_price = kept_usd_per_hour(s) == demand
    helps = late > 0 and not even_warm_is_late(s)  # else there is nothing that a pool could avoid
    if one_price and not helps:
        return "scale-to-zero"
    avoids = row["cold_tax_usd_per_hour"] if helps else 0.0
    if math.isclose(premium, avoids, abs_tol=0.0 if one_price else 1e-9 * demand):
        return "equal"  # but for rounding: at break-even itself
    if one_price and holds_p99(1, late):
        return "either"
    return "warm-pool" if avoids > premium else "scale-to-zero"


def at_rate(s: Scenario, rate: float, cold_s: float | None = None) -> Row:
    """Scale-to-zero against one warm replica at so many requests per hour.

    The premium is what the replica costs more: scale-to-zero does not hold a GPU 1/D of the time,
    and the pool may have a price of its own. The tax is what late requests cost without it.
    `cold_s`: of a run that knows it better.
    """
    lam, demand = rate / 3600, replica_usd_per_hour(s)
    arrivals, late = cycle(s, lam, cold_start_s(s) if cold_s is None else cold_s)
    row = {
        "requests_per_hour": rate,
        "cold_starts_per_day": 86400 * lam / arrivals,
        "over_sla_fraction": late / arrivals,
        "warm_premium_usd_per_hour": kept_usd_per_hour(s) - demand + demand / arrivals,
        "cold_tax_usd_per_hour": s.drop_usd * rate * (late / arrivals),
    }
    return row | {"cheaper": cheaper(s, row)}


# === 6 MIGRATION =================================================================================
# A node with a request of prompt_tokens goes away. Its KV cache moves; or its token ids move, the
# new GPU computes the cache again, and the source decodes on until the new one has caught up.

MOST_ROUNDS = 100  # figures that ask for more are a slip [assumed]


def kv_bytes_per_token(s: Scenario) -> float:
    """Keys and values of every transformer layer: 2 x 80 x 8 x 128 x 2 = 327680 bytes."""
    _, layers, _, kv_heads, head_dim = MODELS[s.model]
    return 2 * layers * kv_heads * head_dim * s.kv_bytes


def prefill_s(s: Scenario, new: int, context: int = 0) -> float:
    """Seconds to compute `new` tokens behind `context`: the roofline of arithmetic and HBM.

    8192 behind none: (2e9 x 70 x 8192 + 2 x 80 x 8192 x 8192^2) / (0.62 x 990e12) / 2 = 1.006 s.
    """
    params_b, layers, hidden, _, _ = MODELS[s.model]
    attention = 2 * layers * hidden * ((context + new) ** 2 - context**2)
    compute_s = (2e9 * params_b * new + attention) / (s.prefill_mfu * s.gpu_tflops * 1e12)
    # concession: a replica's GPUs share the work without loss.
    return max(compute_s, weights_gb(s) / s.hbm_gb_s) / gpus(s)


def recompute_s(s: Scenario) -> float:
    """Seconds to compute the whole context once more, on a replica that has none of it."""
    return prefill_s(s, s.prompt_tokens)


def token_rounds(s: Scenario) -> list[tuple[int, float]]:
    """(tokens, seconds) of each round; the source stands still for the last one alone.

    What it decodes during a round goes into the next, until nothing is left or a round would be
    no shorter. 8192 tokens take 1.006 s, the 30 decoded meanwhile 0.021 s.
    """
    rounds: list[tuple[int, float]] = []
    context, new = 0, s.prompt_tokens
    while not rounds or new > 0:
        seconds = new * s.token_bytes / (s.network_gb_s * 1e9) + prefill_s(s, new, context)
        if rounds and seconds >= rounds[-1][1]:
            break
        if len(rounds) == MOST_ROUNDS:
            slip = "see decode_tokens_per_s, token_bytes, network_gb_s and prefill_mfu"
            raise BadInput(f"a migration would take more than {MOST_ROUNDS} rounds: {slip}")
        rounds.append((new, seconds))
        context, new = context + new, math.floor(s.decode_tokens_per_s * seconds)
    return rounds


def pause_s(s: Scenario) -> float:
    """What a request feels of its tokens' move: the last round alone."""
    return token_rounds(s)[-1][1]


def eviction_pause_s(s: Scenario) -> float:
    """What a request feels of an eviction: that pause, or a cold start and its prefill."""
    return pause_s(s) if s.migrates else cold_start_s(s) + recompute_s(s)


def migration(s: Scenario) -> Row:
    """Bytes, seconds and pause by KV cache and by tokens, and the bandwidth where they cross."""
    per_token = kv_bytes_per_token(s)
    cache_bytes, ids_bytes = s.prompt_tokens * per_token, s.prompt_tokens * s.token_bytes
    rounds = token_rounds(s)
    return {
        "kv_bytes_per_token": per_token,
        "kv_bytes": cache_bytes,
        "token_bytes": ids_bytes,
        # concession: in one piece; a live copy in rounds would pause as briefly as tokens do.
        "ship_kv_s": cache_bytes / (s.network_gb_s * 1e9),
        "ship_tokens_s": rounds[0][1],
        "pause_s": rounds[-1][1],
        "recomputed_tokens": sum(tokens for tokens, _ in rounds),
        "rounds": len(rounds),
        "crossover_gb_s": max(cache_bytes - ids_bytes, 0.0) / recompute_s(s) / 1e9,
        "eviction_pause_s": eviction_pause_s(s),
    }


# === 7 REPORT ====================================================================================
# Words for numbers, which any script uses; the results, which are the JSON; then the text, a
# function for each section above, in the order of the screen. The arithmetic is in those sections.


def number(x: float) -> str:
    """Three digits or so: 0.32, 3.0, 62.5, 328, 5,760."""
    if x < 0:
        return f"-{number(-x)}"
    if x < 0.001:
        return "<0.001" if x else "0"
    if x < 1:
        return f"{x:.2g}"
    if x < 99.95:
        return f"{x:.1f}"
    if x < 999.95:
        return f"{x:.1f}".removesuffix(".0")
    return f"{x:,.0f}" if x < 9_999_999.5 else f"{x:.1e}"


def plain(x: float) -> str:
    """The same without an idle digit: 3, 62.5, 328."""
    return number(x).removesuffix(".0")


def duration(x: float) -> str:
    if 0 < abs(x) < 1e-6:
        return "<0.001 ms"
    return f"{number(x)} s" if abs(x) >= 0.9995 else f"{1000 * x:.3g} ms"


def dollars(x: float) -> str:
    if x < 0:
        return f"-{dollars(-x)}"
    return f"${x:,.2f}" if x < 99.995 else f"${x:,.0f}" if x < 1e8 else f"${x:.1e}"


def size(x: float) -> str:
    """Bytes, in the unit that leaves three digits."""
    unit, name = (1e9, "GB") if x >= 999.5e6 else (1e6, "MB") if x >= 999.5e3 else (1e3, "kB")
    return f"{x / unit:.3g} {name}" if x == 0 or 1 <= x < 1e12 else f"{x / unit:.0e} {name}"


def gbit(gb_s: float) -> str:
    return f"{8 * gb_s:.3g} Gbit/s"


def told(x: object) -> str:
    """A value as it is typed: 50, 0.5, 70b."""
    return str(x).removesuffix(".0") if isinstance(x, float) else str(x)


def span(low: float, high: float) -> str:
    """A range, without digits that nobody published."""
    return "-".join(plain(round(x) if x >= 100 else x) for x in (low, high))


def heading(text: str) -> None:
    """A line of its own, bold on a terminal that can show it."""
    dull = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() and not dull else f"\n{text}")


def wrapped(text: str, width: int = 80, indent: str = "") -> list[str]:
    """Lines of a text; no number is parted from its unit."""
    glued = re.sub(r"(?<=\d) (?=\w{1,2}\b)", "\xa0", text)
    lines = textwrap.wrap(glued, width, break_on_hyphens=False, subsequent_indent=indent)
    return [line.replace("\xa0", " ") for line in lines]


def say(text: str, indent: str = "") -> None:
    """Sentences, in lines of 80 columns."""
    print("\n".join(wrapped(text, indent=indent)))


def table(rows: Sequence[Sequence[str]], align: str) -> None:
    """Rows of cells, the headings first, each column to the left (<) or to the right (>).

    What the last column has beyond the edge goes on below. ValueError for rows of other lengths,
    and for sides that are too few or too many.
    """
    *widths, last = (max(map(len, column)) for column in zip(*rows, strict=True))
    room = max(78 - sum(widths) - 2 * len(widths), 4)
    for *cells, end in rows:
        first, *more = wrapped(end, room) if len(end) > room else [end]
        shown = [
            f"{cell:{side}{width}}"
            for cell, side, width in zip(cells, align[:-1], widths, strict=True)
        ]
        shown.append(f"{first:{align[-1]}{min(last, room)}}")
        for line in ("  " + "  ".join(shown), *(" " * (80 - room) + line for line in more)):
            print(line.rstrip())


def bar(x: float, most: float, width: int, was: float = 0) -> str:
    """Blocks, if there are any to be had, and lighter ones for what is lost of what was."""
    has_blocks = (sys.stdout.encoding or "").lower().startswith("utf")
    solid, light = "\u2588\u2591" if has_blocks else "#."
    cell = (most or 1) / width
    cells = max(round(x / cell), int(x > 0))  # something is never nothing
    return solid * cells + light * (round(was / cell) - cells)


def figures(s: Scenario) -> Row:
    """Every figure of a scenario, with the weights that it comes to."""
    return {name: getattr(s, name) for name in FIGURES} | {"weights_gb": weights_gb(s)}


def changed(s: Scenario) -> list[Row]:
    """The figures in which a scenario differs from its set in this file."""
    was = figures(scenario(s.figure_set, model=s.model))
    was |= {"model": Scenario.model, "weights_gb": weights_gb(replace(s, weights_gb=None))}
    pairs = figures(s).items()
    return [
        {"name": name, "was": was[name], "now": now} for name, now in pairs if was[name] != now
    ]


def own_figures(s: Scenario) -> Row:
    """The figures that you set, also to what the set has, and what else differs from it."""
    names = {*s.own, *(row["name"] for row in changed(s))}
    pairs = ((name, getattr(s, name)) for name in FIGURES if name in names)
    return {name: figure for name, figure in pairs if figure is not None}


def head(s: Scenario, names: Sequence[str]) -> Row:
    """What any script says of its run."""
    return {
        "scenario": figures(s),
        "figures": s.figure_set,
        "layers": list(names),
        "changed": changed(s),
        "yours": own_figures(s),
    }


def typed(script: str, s: Scenario, names: Sequence[str], *options: str) -> str:
    """What to type for a run of this scenario behind these layers, in lines of 80 columns."""
    parts = [["all"]] if len(names) == len(LAYERS) else [names[:6], names[6:]]
    words = [f"python code/{script}", *(f"--with {','.join(part)}" for part in parts if part)]
    words += options
    words += [f"--figures {s.figure_set}"] if s.figure_set != Scenario.figure_set else []
    words += [f"--set {name}={told(figure)}" for name, figure in own_figures(s).items()]
    line = " ".join(words)
    return line if len(line) < 78 else " \\\n      ".join(words)


def phase_rows(s: Scenario, names: Sequence[str]) -> list[Row]:
    """Each phase raw and under the layers, its published range, and who changed it."""
    raw, under, kept = path(s), stack(s, names), working(s, names)
    spans, saves = ranges(under), {name: spared(s, kept, name) for name in kept}
    ends = list(itertools.accumulate(path(under).values(), initial=0.0))
    return [
        {
            "name": phase,
            "seconds": seconds,
            "raw_seconds": raw[phase],
            "range_s": spans[phase],
            "start_s": start_s,
            "end_s": end_s,
            "changed_by": [name for name in kept if saves[name][phase]],
        }
        for (phase, seconds), start_s, end_s in zip(path(under).items(), ends, ends[1:])
    ]


def layer_row(s: Scenario, names: Sequence[str], kept: Sequence[str], layer: Layer) -> Row:
    """A layer alone, and what is to be said of it in this stack, of which these act."""
    alone, note = layer.change(s), ""
    if layer.name in kept and sum(spared(s, kept, layer.name).values()) < 0:
        note = f"{layer.name} makes {','.join(layer.attacks)} slower: see its figures"
    elif layer.name in kept and {f"{phase}_s" for phase in layer.attacks} & {*measured(s)}:
        note = f"{layer.name} goes by its own figures, not by the seconds that you measured"
    saves_s = cold_start_s(s) - cold_start_s(alone)
    if layer.name not in names and saves_s < 0:
        note = f"{layer.name} would make {','.join(layer.attacks)} slower: see its figures"
    if layer.name in {*names} - {*kept} and layer.attacks:
        declined = alone is s  # a layer that cannot work here hands the scenario back
        why = f"it needs {layer.needs}" if declined else "the stack is as fast without it"
        note = f"{layer.name} lies idle: {why}"
    row = {key: x for key, x in layer._asdict().items() if not callable(x)}
    return row | {"saves_s": saves_s, "note": note}


def range_s(s: Scenario) -> Row:
    """Low and high seconds of the path; a known total has no range."""
    spans = [*ranges(s).values()] or [(cold_start_s(s), cold_start_s(s))]
    return {"low": sum(low for low, _ in spans), "high": sum(high for _, high in spans)}


def stack_row(s: Scenario, names: Sequence[str]) -> Row:
    """A stack, its path, and what it rents before the first request."""
    cold_s = cold_start_s(stack(s, names))
    return {
        "layers": list(names),
        "cold_start_s": cold_s,
        "speedup": max(cold_start_s(s), SMALLEST) / max(cold_s, SMALLEST),  # both may be 0
        "standing_usd_per_month": standing_usd_per_month(s, names),
    }


def two_prices(s: Scenario, pays: float | None, ends: float | None) -> str:
    """Where a pool at a price of its own pays, in words."""
    kept, demand = (
        dollars(x) if x == round(x, 2) else f"${x:.4g}"
        for x in (kept_usd_per_hour(s) / gpus(s), s.gpu_usd_per_hour)
    )
    says = f"A GPU costs {kept}/h in the pool and {demand}/h on demand: the pool"
    if pays is None:
        return f"{says} pays at no rate."
    late = f"a late request at {dollars(s.drop_usd)}"
    if ends is not None:
        return (
            f"{says} pays between {number(pays)}/h and {number(ends)}/h, {late}, and then costs "
            "too much."
        )
    bill = break_even(replace(s, drop_usd=0.0))
    alone = f"; by the bill alone above {number(bill)}/h" if bill and bill > pays else ""
    return f"{says} is the cheaper above {number(pays)}/h, busy or not, {late}{alone}."


def regime(s: Scenario, pays: float | None, ends: float | None, busy: float | None) -> str:
    """Where a warm pool pays, in words, or why it never does."""
    if even_warm_is_late(s):
        return "Even a warm replica is late: no pool helps."
    if kept_usd_per_hour(s) != replica_usd_per_hour(s):
        alone = f"{'No' if busy is None else f'Above {number(busy)}/h'} traffic holds P99 alone."
        none_late = "No cold start is late." if cold_start_s(s) <= s.sla_s else alone
        return f"{two_prices(s, pays, ends)} {none_late}"
    if cold_start_s(s) <= s.sla_s:
        return "No cold start is late: there is nothing to avoid, so no pool pays."
    if pays is None:
        return "A late request costs nothing, so no rate makes a pool pay."
    if busy is None:
        return f"A pool pays above {number(pays)}/h; without keep-alive no traffic holds P99."
    if pays >= busy:
        return f"No middle: above {number(busy)}/h traffic holds P99, before a pool pays."
    return (
        f"Rare, below {number(pays)}/h: scale to zero. Middle: a warm pool pays. Busy, above "
        f"{number(busy)}/h: traffic holds P99 alone, and a pool adds next to nothing."
    )


def break_even_rows(s: Scenario) -> Row:
    """The rates where the regimes part, and a table of rates that leads through them."""
    (pays, ends), busy = paying_rates(s), self_warm_rate(s)
    marks = {rate for rate in (pays, ends, busy) if rate} or {10.0}
    low, high = min(marks), max(marks)
    rates = {float(f"{rate:.1g}") for rate in (low / 30, low / 3, high * 2)} | marks
    rates |= {float(f"{math.sqrt(low * high):.2g}"), float(s.requests_per_hour)}
    return {
        "requests_per_hour": pays,
        "requests_per_hour_high": ends,
        "self_warm_requests_per_hour": busy,
        "regime": regime(s, pays, ends, busy),
        "table": [at_rate(s, rate) for rate in sorted(rates)],
    }


def migration_rows(s: Scenario) -> Row:
    """An eviction here, without migration, and over contexts."""
    contexts = sorted({1024, 8192, 32768, 131072, s.prompt_tokens})
    return {
        **migration(s),
        "unmoved_s": eviction_pause_s(replace(s, migrates=False)),
        "table": [
            {"prompt_tokens": n, **migration(replace(s, prompt_tokens=n))} for n in contexts
        ],
    }


def finding(s: Scenario, names: Sequence[str]) -> Row:
    """What a cold start takes, its longest phase, what would help most; a command to try it."""
    under, warm, helps = stack(s, names), duration(s.warm_ttft_s), ""
    cold_s, first_s = cold_start_s(under), first_request_ttft_s(under)
    seconds = {name: cold_start_s(stack(s, [*names, name])) for name in usable(s)}
    longest, longest_s = max(path(under).items(), key=lambda row: row[1], default=("", 0.0))
    best = min(seconds, key=seconds.__getitem__)
    if even_warm_is_late(s):
        advice = f"The promise is {duration(s.sla_s)}, and even a warm replica answers in {warm}"
    elif first_s < cold_s:
        advice = f"The first request finds a warm replica: {warm}"
    elif cold_s <= s.sla_s:
        advice = f"That keeps the promise of {duration(s.sla_s)}"
    elif seconds[best] < cold_s:
        helps, advice = best, f"{best} would help most: it leaves {duration(seconds[best])}"
    else:
        helps = "warm-pool"
        advice = (
            f"No {'other ' if longest else ''}layer shortens it; a warm replica answers in {warm}"
        )
        s = replace(s, min_workers=s.min_workers or 1)
    behind = f" behind {', '.join(names)}" if names else ""
    minutes = f" ({cold_s / 60:,.1f} min)" if cold_s >= 60 else ""
    leads = f"{longest} takes longest, {duration(longest_s)}" if longest else "Its phases: unknown"
    return {
        "text": f"A cold start of the {s.model}{behind} takes {duration(cold_s)}{minutes}. "
        f"{leads}. {advice}.",
        "command": typed("main.py", s, [*dict.fromkeys((*names, helps))]) if helps else "",
    }


def brutal(s: Scenario) -> str:
    """Why a pool is brutal on small models and kind to large ones."""
    cheap = replace(of_model(s, "7b"), gpu_usd_per_hour=s.small_gpu_usd_per_hour)
    cheap = replace(cheap, pool_usd_per_hour=None)
    small = stack(cheap, ("preseed", "warm-node"))
    large = s if is_large(s) and cold_start_s(s) else of_model(s, "70b")
    little, much = usd_per_cold_minute(small), usd_per_cold_minute(large)
    each = f"{dollars(small.gpu_usd_per_hour)} GPU"
    on = f"a {each}" if gpus(small) == 1 else f"{gpus(small)} {each}s"
    return (
        f"{'Brutal on small models, kind to large ones. ' if little > much else ''}To spare a 7b "
        f"on {on} the {duration(cold_start_s(small))} that "
        f"preseed and warm-node leave costs {dollars(replica_usd_per_month(small))} a month, "
        f"{dollars(little)} for each minute spared; to spare a raw {large.model} its "
        f"{duration(cold_start_s(large))} costs {dollars(replica_usd_per_month(large))}, "
        f"{dollars(much)} for each. A raw 7b's costs {dollars(usd_per_cold_minute(cheap))} for "
        "each: layers come before a pool."
    )


def rule(s: Scenario, forbid: Sequence[str] = ()) -> str:
    """The lesson's rule for large models, whether it binds here, and its reason."""
    seconds = best_path(s, "warm-pool", "warm-node", *forbid)
    best_s, node_s = sum(seconds.values()), sum(best_path(s, "warm-pool", *forbid).values())
    article = "an" if s.model.startswith("8") else "a"
    here = f", and here on {article} {s.model}," if best_s >= 60 and not is_large(s) else ""
    says = f"P99 under 60 s on 70B or more{here} makes a warm pool mandatory"
    parts = f"{' + '.join(map(plain, seconds.values()))} = " if len(seconds) > 1 else ""
    best = f"the best path takes {parts}{duration(best_s)}"
    if best_s < 60:
        return f"{says}, but not here: {best}."
    if "warm-node" in forbid or best_s == node_s:
        return f"{says}: else {best}."
    if node_s < 60:
        return f"{says} or, down to {duration(node_s)}, a standby node: else {best}."
    return f"{says}: else {best}, and with a standby node {duration(node_s)}."


def other_figures(s: Scenario, names: Sequence[str]) -> Row | None:
    """What the other set of figures makes of the same path; None of a known total."""
    if s.known_cold_start_s is not None:
        return None
    there = scenario(next(x for x in FIGURE_SETS if x != s.figure_set), **own_figures(s))
    alone = {x.name: cold_start_s(x.change(there)) for x in LAYERS}
    helps = sorted((x for x in alone if alone[x] < cold_start_s(there)), key=alone.__getitem__)
    ratio = cold_start_s(there) / max(cold_start_s(s), SMALLEST)
    total = "about the same" if 0.8 <= ratio <= 1.25 else "another"
    longest, was = (max(path(x), key=path(x).__getitem__) for x in (there, s))
    most = f"{', '.join(helps[:4])} save most" if helps else "no layer shortens it"
    behind = "the same layers" if names else ", ".join(STACKS[-1])
    return {
        "figures": there.figure_set,
        "raw_cold_start_s": cold_start_s(there),
        "cold_start_s": cold_start_s(stack(there, names)),
        "phases": phase_rows(there, names),
        "text": f"By the other figures (--figures {there.figure_set}): {total} total, "
        f"{'the same' if longest == was else 'another'} culprit. Raw it takes "
        f"{duration(cold_start_s(there))}, and {longest} takes longest, "
        f"{duration(path(there)[longest])}; {most}. "
        f"Behind {behind} it takes {duration(cold_start_s(stack(there, names or STACKS[-1])))}.",
    }


def report(s: Scenario, names: Sequence[str]) -> Row:
    """The whole lesson on one scenario behind these layers."""
    under, kept, can = stack(s, names), working(s, names), usable(s)
    known = [each for each in STACKS if {*each} <= {*can}]
    stacks = [stack_row(s, each) for each in dict.fromkeys((*known, tuple(names)))]
    return {
        **head(s, names),
        **stack_row(s, names),
        "models": list(MODELS),
        "finding": finding(s, names),
        "phases": phase_rows(s, names),
        "other_figures": other_figures(s, names),
        "raw_cold_start_s": cold_start_s(s),
        "first_request_ttft_s": first_request_ttft_s(under),
        "range_s": range_s(under),
        "alone": [layer_row(s, names, kept, BY_NAME[name]) for name in can],
        "stacks": sorted(stacks, key=lambda row: -row["cold_start_s"]),
        "warm_pool": {
            "gpu_hours_per_month": pool_gpu_hours_per_month(s),
            "usd_per_month": pool_usd_per_month(s),
            "gpus_per_replica": gpus(s),
        },
        "break_even": break_even_rows(under),
        "migration": migration_rows(under),
    }


def changes(r: Row) -> list[str]:
    """Lines on a result's figures that are not the lesson's in this file."""
    instead = of_set(r["figures"], r["scenario"]["model"])
    pairs = ", ".join(f"{name} {told(x)}" for name, x in instead.items())
    whose = (
        f"--figures {r['figures']}, as others did in 2025-26, most of it on a 70B over four H100s"
    )
    lines = [f"{whose}: {pairs}"] if instead else []
    was = {x["name"]: "" if x["was"] is None else f"{told(x['was'])} -> " for x in r["changed"]}
    return lines + [f"{x['name']} {was[x['name']]}{told(x['now'])} (yours)" for x in r["changed"]]


def priced(s: Scenario) -> str:
    """What is loaded, what a replica costs, and what is promised."""
    fit = "take" if gpus(s) * s.gpu_hbm_gb >= weights_gb(s) else "do not fit"
    demand, kept = (f"{dollars(usd(s))}/h" for usd in (replica_usd_per_hour, kept_usd_per_hour))
    both = demand if kept == demand else f"{demand} on demand and {kept} in the pool"
    return (
        f"{plain(weights_gb(s))} GB of weights {fit} {gpus(s)} x {plain(s.gpu_hbm_gb)} GB of GPU "
        f"memory: a replica costs {both}. Promised: P99 time to "
        f"first token {duration(s.sla_s)}; a request over it is late: {dollars(s.drop_usd)}."
    )


def about(name: str) -> str:
    """The tool, the price and the precondition of a layer."""
    layer = BY_NAME[name]
    return f"{name}: {layer.tool}; {layer.tradeoff}; needs {layer.needs}"


def show_changed(r: Row) -> None:
    for line in changes(r):
        say(f"  {line}", "    ")


def show_figures(r: Row, s: Scenario) -> None:
    say(priced(s))
    show_changed(r)


def show_phases(r: Row, s: Scenario) -> None:
    heading("2 PHASES: from no replica to the first token")
    if not r["phases"]:
        phases = " ".join(f"{name}=" for name in KNOWN)
        say(
            f"Of the {duration(r['cold_start_s'])} only the total is known. What is known of the "
            f"phases is said with --set node_provision_s= {phases} instead."
        )
        return
    rows = [("phase", "raw s", "here s", "range s", "light: taken off" if r["layers"] else "")]
    most = max(max(row["seconds"], row["raw_seconds"]) for row in r["phases"])
    for row in r["phases"]:
        raw_s, here_s = row["raw_seconds"], row["seconds"]
        blocks = bar(here_s, most, 28, raw_s)
        rows.append((row["name"], number(raw_s), number(here_s), span(*row["range_s"]), blocks))
    total = (number(r["raw_cold_start_s"]), number(r["cold_start_s"]), span(**r["range_s"]))
    table([*rows, ("total", *total, f"{r['speedup']:.1f}x")], "<>>><")
    halves = f"download {plain(download_s(s))} + load into HBM {plain(copy_s(s))}"
    ends = "Download and load are the halves of weight_load; image and first forward come on top."
    if s.weight_load_s is not None:
        halves = f"download and load into HBM {plain(s.weight_load_s)}"
        ends = "Image and first forward come on top."
    say(
        f"The lesson's sum is raw: node provision {plain(node_provision(s))} + weights {halves} "
        f"+ engine init {plain(engine_init(s))} s. {ends}"
    )
    say(r["other_figures"]["text"])


def show_layers(r: Row, s: Scenario) -> None:
    heading("3 LAYERS: each alone, the phases it attacks and the seconds it saves")
    if not r["phases"]:
        names = " and ".join(row["name"] for row in r["alone"])
        say(f"What shortens a phase cannot be told of a total. {names} shorten none.")
        for name in r["layers"]:
            say(f"  {about(name)}", "    ")
        return
    rows, helpers = [("", "layer", "saves s", "attacks", "tool")], ("", "helpers", "", "", "")
    for row in r["alone"]:
        if row["number"].endswith("b") and helpers not in rows:
            rows.append(helpers)
        first, *others = row["attacks"] or [row["aim"]]
        saves = number(row["saves_s"]) if row["attacks"] else "-"
        rows.append((row["number"], row["name"], saves, first, row["tool"]))
        rows += [("", "", "", other, "") for other in others]
    table(rows, "<<><<")
    for line in (*map(about, r["layers"]), *(row["note"] for row in r["alone"])):
        if line:
            say(f"  {line}", "    ")
    more = "" if r["layers"] else " --with NAME adds what a layer costs and needs."
    if seconds := measured(s):
        say(
            f"Of {', '.join(seconds)}, which you measured, a layer leaves what its own figures "
            "give, and those nobody measured."
        )
    say(
        "A snapshot shortens neither node nor image. Pre-seeding moves bytes: a lazily read "
        f"volume pays for them at first touch.{more}"
    )


def show_stacks(r: Row) -> None:
    heading("4 STACKS: layers on top of one another")
    if not r["phases"]:
        say(f"The path is {duration(r['cold_start_s'])} under any layers.")
        return
    rows = [("path s", "speed-up", "$/month", "", "layers")]
    for row in r["stacks"]:
        cells = (number(row["cold_start_s"]), f"{row['speedup']:.1f}x")
        mark = "yours" if row["layers"] == r["layers"] else ""
        names = ", ".join(row["layers"]) or "none"
        rows.append((*cells, dollars(row["standing_usd_per_month"]), mark, names))
    table(rows, ">>><<")
    say("warm-node rents one idle node for all products, at what a warm replica costs.")


def show_pool(r: Row, s: Scenario) -> None:
    heading("5 WARM POOL: what it costs, and the request rate from which it pays")
    each, takes = s.min_workers * gpus(s), []
    kept = "1 GPU" if each == 1 else f"{each} GPUs"
    for pool in (replace(s, products=n) for n in sorted({1, s.products, 5})):
        hours, usd = plain(pool_gpu_hours_per_month(pool)), dollars(pool_usd_per_month(pool))
        takes.append(f"products {pool.products} takes {hours} GPU-hours and {usd} a month")
    say(
        f"With min_workers {s.min_workers} each product keeps {kept} warm "
        f"around the clock: {', '.join(takes)}. {brutal(s)}"
    )
    show_rates(r["break_even"], s)
    if shared := shared_rents(r["layers"]):
        usd_per_hour = shared_usd_per_month(s, shared) / s.hours_per_month
        say(f"On top of either come {dollars(usd_per_hour)}/h for {' and '.join(shared)}.")
    say(rule(s))


def show_rates(even: Row, s: Scenario) -> None:
    marks = {
        s.requests_per_hour: "yours",
        even["self_warm_requests_per_hour"]: "self-warm",
        even["requests_per_hour"]: "break-even",
        even["requests_per_hour_high"]: "break-even",
    }
    say(even["regime"])
    rows = [("requests/h", "boots/day", "late", "adds $/h", "late $/h", "cheaper", "")]
    for row in even["table"]:
        rate, boots = row["requests_per_hour"], number(row["cold_starts_per_day"])
        adds, tax = row["warm_premium_usd_per_hour"], row["cold_tax_usd_per_hour"]
        money = (f"{row['over_sla_fraction']:.1%}", dollars(adds), dollars(tax), row["cheaper"])
        rows.append((plain(rate), boots, *money, marks.get(rate, "")))
    table(rows, ">>>>><<")
    falls = ", and fall once keep-alive bridges the gaps" if s.keep_alive_s else ""
    say(
        "adds: what one product's warm replica costs beyond scale-to-zero, which pays for a GPU "
        "whenever somebody has asked within keep-alive: when busy, always. late: requests over "
        "the promise, also those that wait so long for a replica that boots already. Boots rise "
        f"with the rate while requests come alone{falls}. These are formulas, for requests that "
        "take no time; traffic.py replays them. A late request costs its price and no more here; "
        "plan.py keeps a promise."
    )


def show_migration(r: Row, s: Scenario) -> None:
    heading(f"6 MIGRATION: a node goes away under a request, network of {gbit(s.network_gb_s)}")
    rows = [("context", "KV cache", "moves in", "tokens", "move in", "pause", "crossover")]
    for row in r["migration"]["table"]:
        cache = (size(row["kv_bytes"]), duration(row["ship_kv_s"]))
        tokens = (size(row["token_bytes"]), duration(row["ship_tokens_s"]))
        ends = (duration(row["pause_s"]), f"{number(8 * row['crossover_gb_s'])} Gbit/s")
        rows.append((plain(row["prompt_tokens"]), *cache, *tokens, *ends))
    table(rows, ">>>>>>>")
    here, as_here = r["migration"], "" if "migrate" in r["layers"] else ", as here,"
    cache_s, tokens_s = here["ship_kv_s"], here["ship_tokens_s"]
    faster = "moving the KV cache" if cache_s < tokens_s else "moving tokens"
    say(
        "Moving tokens, the source decodes on while the new GPU computes the cache again, then "
        "sends on what it has decoded meanwhile, round by round: a request feels the last round "
        f"alone, {duration(here['pause_s'])}. Moving the KV cache in one piece pauses it all the "
        f"time, {duration(cache_s)}, and without migrate{as_here} it stands still for "
        f"{duration(here['unmoved_s'])}, a cold start and a prefill. Above the crossover, which "
        "falls as contexts grow, for a late token takes longer to compute and no longer to ship, "
        f"the KV cache is there first: here, at {plain(s.prompt_tokens)} tokens, {faster} is "
        f"faster, {duration(min(cache_s, tokens_s))} against {duration(max(cache_s, tokens_s))}."
    )


SCRIPTS = {
    "main": ("python code/main.py", "the whole lesson"),
    "serve": ("python code/serve.py", "the lesson as a page in the browser"),
    "traffic": ("python code/traffic.py --pattern diurnal", "a day, and the tail that it sees"),
    "plan": ("python code/plan.py --sla 20", "from a promise to layers and a pool"),
    "evidence": ("python code/evidence.py", "how far off it is"),
    "measure": ("python code/measure.py --log FILE", "figures of your own start"),
    "watch": ("python code/watch.py", "this again at every save"),
}


def pointers(names: Iterable[str]) -> str:
    """A line for each of these scripts: what to type, and what it shows."""
    return "\n".join("  {:40}  {}".format(*SCRIPTS[name]) for name in names)


def show(r: Row, s: Scenario) -> None:
    """The report as a story; `s` is its scenario without layers."""
    say(r["finding"]["text"])
    heading(f"1 FIGURES: the {s.model}, its price and its promise")
    show_figures(r, s)
    show_phases(r, s)
    show_layers(r, s)
    show_stacks(r)
    show_pool(r, s)
    show_migration(r, s)
    heading("Next:")
    if r["finding"]["command"]:
        print(f"  {r['finding']['command']}")
    print(pointers(("serve", "traffic", "plan", "evidence")))
    if r["yours"] or r["figures"] != Scenario.figure_set:
        say("Give them your --figures and --set too: alone they take the lesson's.")


# === 8 COMMAND LINE ==============================================================================
# `Parser`, `asked` and `start` serve the scripts beside this file too.

SHORTCUTS = {  # options that name a figure, and win over --set
    "--cold-start-s": ("known_cold_start_s", "seconds of a cold start of unknown phases"),
    "--model": ("model", f"one of {', '.join(MODELS)}"),
    "--sla": ("sla_s", "P99 time to first token promised, seconds"),
    "--rate": ("requests_per_hour", "requests an hour"),
    "--keep-alive": ("keep_alive_s", "seconds that an idle replica is kept"),
    "--min-workers": ("min_workers", "warm replicas of a pool, or of any run of traffic.py"),
}
DIVISORS = (  # figures that may not be 0, beside each bandwidth, *_gb_s
    "bytes_per_param", "weights_gb", "read_streams", "streamer_read_streams", "gpu_hbm_gb",
    "hours_per_month", "sla_s", "gpu_tflops", "prefill_mfu",
)  # fmt: skip
STOPS = [getattr(signal, x) for x in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, x)]


class Bounds(NamedTuple):
    """What a number may be: from low to high; where low is 0, that or SMALLEST and more."""

    low: float = 0
    high: float = LARGEST
    whole: bool = False

    def refusal(self, value: object) -> str:
        """What the value must be where it is none of these numbers, else nothing."""
        least = self.low or (1 if self.whole else SMALLEST)
        if isinstance(value, (int, float)) and not (self.whole and value % 1):
            if least <= value <= self.high or value == self.low:
                return ""
        if self.whole:
            return f"must be a whole number, {self.low:g} to {self.high:g}"
        return f"must be a number, {'' if self.low else '0 or '}{least:g} to {self.high:g}"

    def read(self, text: str, what: str = "") -> Any:
        """The number that a text stands for; BadInput where it is no such number."""
        try:
            value: Any = float(text)
        except ValueError:
            value = text
        if must := self.refusal(value):
            raise BadInput(f"{what}{text!r:.40}: {must}")
        return int(value) if self.whole else value


def bounds(name: str) -> Bounds:
    """What a figure may be, by its type and by what is divided by it."""
    whole, divides = FIGURES[name].type is int, name in DIVISORS or name.endswith("_gb_s")
    high = 1 if name in ("snapshot_gpu_matches", "streamer_sharded") else LARGEST
    return Bounds((1 if whole else SMALLEST) if divides else 0, high, whole)


def nearest(word: str, words: Iterable[str], what: str = "") -> str:
    """The word where it is one of these, else BadInput that names the nearest, or all."""
    if word in (allowed := list(words)):
        return word
    import difflib  # as json below: a report needs neither

    near = difflib.get_close_matches(word.lower(), allowed, 1, 0.7)
    few = f"must be one of {', '.join(allowed)}" if len(allowed) < 15 else "--help lists them"
    raise BadInput(f"{what}{word!r:.40}: unknown; {f'did you mean {near[0]}?' if near else few}")


def check_figures(s: Scenario, where: str) -> None:
    """Raise BadInput that names the first figure that cannot be."""
    nearest(s.model, MODELS, f"{where}model = ")
    for name in without(FIGURES, "model"):
        value = getattr(s, name)
        unset = value is None and FIGURES[name].default is None
        if not unset and (must := bounds(name).refusal(value)):
            raise BadInput(f"{where}{name} = {value!r:.40}: {must}")


def check_row(layer: Layer, where: str) -> None:
    """Raise BadInput where a field of a layer's row is not what it is to be."""
    for name in ("number", "name", "tool", "tradeoff", "needs", "aim"):
        x = getattr(layer, name)
        if not isinstance(x, str):
            raise BadInput(f"{where}{name} = {x!r:.40}: must be a text")
    if not re.fullmatch("[a-z0-9-]{1,20}", layer.name) or layer.name == "all":
        raise BadInput(f"{where}must be a name of a-z, 0-9 and -, 20 at most, but not 'all'")
    if layer.rent is not None and not callable(layer.rent):
        raise BadInput(f"{where}rent = {layer.rent!r:.40}: must be a function of the scenario")
    if not isinstance(layer.attacks, tuple):
        raise BadInput(f"{where}attacks = {layer.attacks!r:.40}: must be a tuple, with a comma")


def check_change(layer: Layer, where: str) -> None:
    """Raise BadInput where a layer gives no scenario, or changes a phase that it does not name."""
    s = Scenario()
    alone, raw = layer.change(s), path(s)
    if not isinstance(alone, Scenario):
        raise BadInput(f"{where}gives {alone!r:.40}: must return a Scenario")
    for phase, seconds in path(alone).items():
        if seconds != raw[phase] and phase not in layer.attacks:
            raise BadInput(f"{where}changes {phase}: must stand in what it attacks")
        if must := Bounds().refusal(seconds):
            raise BadInput(f"{where}makes {phase} {seconds:.6g} s: {must}")


def check_file() -> None:
    """Raise BadInput that names what somebody's edit of this file has made impossible."""
    where, above_0 = "in code/main.py, ", Bounds(SMALLEST)
    check_figures(Scenario(), where)
    for name in MEASURED:
        nearest(name, FIGURES, f"{where}MEASURED has ")
    check_figures(scenario("measured"), f"{where}MEASURED: ")
    constants = {"GPU_HEADROOM": (GPU_HEADROOM,), "P99_OVER": (P99_OVER,)}
    for length, rows in ((5, MODELS), (3, PUBLISHED_S), (1, constants)):
        for name, row in rows.items():
            if not isinstance(row, tuple) or len(row) != length or any(map(above_0.refusal, row)):
                raise BadInput(f"{where}{name} {row!r}: must be {length} numbers above 0")
    for layer in LAYERS:
        if BY_NAME[layer.name] is not layer:
            raise BadInput(f"{where}a layer's name stands twice: {layer.name}")
        check_row(layer, f"{where}layer {layer.name!r:.40}: ")
    phases = [phase.__name__ for phase in PHASES]
    named = {f"{layer.name} attacks ": (layer.attacks, phases) for layer in LAYERS} | {
        "PUBLISHED_S has ": ((*PUBLISHED_S,), phases),
        "MODELS lacks ": (("7b", "70b"), [*MODELS]),
        "LAYERS lacks ": (("warm-pool", "migrate", *itertools.chain(*STACKS)), [*BY_NAME]),
    }
    for says, (names, rows_of) in named.items():
        for name in names:
            nearest(name, rows_of, where + says)
    for phase, seconds in path(Scenario()).items():
        if must := Bounds().refusal(seconds):
            raise BadInput(f"{where}{phase} gives {seconds!r:.40}: {must}")
    for layer in LAYERS:
        check_change(layer, f"{where}{layer.name} ")


def opened(file: str) -> TextIO:
    """A text file, or standard input, whose bytes are never wrong and line ends as they are."""
    source = 0 if file == "-" else file
    return open(source, encoding="utf-8-sig", errors="replace", newline="", closefd=source != 0)


def text_of(file: str) -> str:
    """All of a text file, or of standard input; BadInput where it cannot be read."""
    try:
        with opened(file) as text:
            return text.read()
    except OSError as error:
        raise BadInput(f"{file!r}: {error.strerror}") from None


def read_json(file: str) -> Row:
    """The JSON object in a file; BadInput where there is none."""
    import json

    try:
        return {**json.loads(text_of(file))}
    except (ValueError, TypeError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadInput(f"{file!r}{line}: must be a JSON object of figures") from None


def read_figure(name: str, text: str, what: str = "") -> Any:
    """The value of a figure; BadInput where it cannot have that."""
    return nearest(text, MODELS, what) if name == "model" else bounds(name).read(text, what)


def read_set(text: str) -> list[tuple[str, Any]]:
    """What stands behind --set: NAME=VALUE, or @FILE for those of a JSON object.

    The lists, objects and unset figures that --json prints too are skipped.
    """
    name, equals, value = text.partition("=")
    unset = [name for name, figure in FIGURES.items() if figure.default is None]
    source, found = "", {name: value}
    if text.startswith("@"):
        source, found = f"{text!r}: ", read_json(text[1:])
    elif not equals:
        raise BadInput(f"{text!r:.40}: must be NAME=VALUE, as node_provision_s=40, or @FILE")
    elif "," in value and "=" in value:
        raise BadInput(f"{text!r:.60}: must be parted by a space, and not by a comma")
    return [
        (nearest(name, FIGURES, source), read_figure(name, str(x), f"{source}{name}="))
        for name, x in found.items()
        if not isinstance(x, (list, dict)) and not (x is None and name in unset)
    ]


def read_layers(text: str) -> list[str]:
    """What stands behind --with and its like: names, a comma list, or all."""
    words = [nearest(word.strip(), [*BY_NAME, "all"]) for word in text.split(",")]
    return list(BY_NAME) if "all" in words else words


class Parser(argparse.ArgumentParser):
    """argparse with the options of every script, which refuses in one line.

    `doc` is a script's docstring: its first line and the commands in it stand in its --help.
    """

    def __init__(self, doc: str | None) -> None:
        title, *lines = (doc or "").splitlines() or [""]
        super().__init__(
            description="\n".join(wrapped(title)),
            formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=80),
            argument_default=argparse.SUPPRESS,
            conflict_handler="resolve",  # a script may take more behind an option than this
            allow_abbrev=False,
        )
        self.examples = [line for line in lines if line.startswith("  ") and "code/" in line]
        add = self.add_argument_group("every script takes").add_argument
        add("--with", type=read_layers, action="extend", default=[], dest="layers",
            metavar="LAYER", help="a layer, a comma list, or all")  # fmt: skip
        add("--figures", type=lambda x: nearest(x, FIGURE_SETS), dest="figure_set",
            default=Scenario.figure_set, metavar="SET",
            help="lesson (the default), or measured: as others did in 2025-26")  # fmt: skip
        add("--set", type=read_set, action="extend", nargs="+", default=[], dest="sets",
            metavar="NAME=VALUE", help="figures of this run, or @FILE of them")  # fmt: skip
        for option, (name, says) in SHORTCUTS.items():
            reader = functools.partial(read_figure, name)
            add(option, type=reader, dest=name, metavar="X", help=says)
        add("--json", action="store_true", help="one JSON object instead of text")

    def format_help(self) -> str:
        defaults = (f"{name}={told(each.default)}" for name, each in FIGURES.items())
        layers, figures = ("\n  ".join(wrapped(", ".join(x), 76)) for x in (BY_NAME, defaults))
        examples = "\n".join(self.examples)
        scripts = pointers(SCRIPTS)
        self.epilog = f"examples:\n{examples}\n\nscripts:\n{scripts}\n\nlayers:\n  {layers}\n\n"
        self.epilog += f"figures; unit and source stand in code/main.py:\n  {figures}"
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        raise BadInput(message.removeprefix("argument "))

    def read(self, argv: Sequence[str]) -> argparse.Namespace:
        """The options, those alone that were given; BadInput that names the nearest to others."""
        if argv and not argv[0].startswith("-"):
            self.refuse(argv[0])  # before --help is heard
        args, rest = self.parse_known_args(argv)
        for word in rest:
            self.refuse(word)
        return args

    def refuse(self, word: str) -> None:
        """BadInput that says where a word belongs, or which is nearest to it."""
        name = word.removeprefix("--").removesuffix(".py")
        if name in SCRIPTS:
            raise BadInput(f"{name} is a script of its own: {SCRIPTS[name][0]}")
        if {*name.split(",")} <= BY_NAME.keys():
            raise BadInput(f"{word!r:.40}: layers stand behind --with, as a comma list")
        if name.partition("=")[0] in FIGURES:
            raise BadInput(f"{word!r:.40}: figures stand behind --set, as --set NAME=VALUE")
        options = re.findall(r"--[a-z-]+", self.format_usage())
        nearest(word.partition("=")[0], [*options, *SCRIPTS])


def given(args: argparse.Namespace) -> Row:
    """The figures that this run sets, and no others."""
    named = {name: getattr(args, name) for name, _ in SHORTCUTS.values() if name in args}
    yours = dict(itertools.chain(*args.sets)) | named
    for name in KNOWN if "known_cold_start_s" in yours else ():
        if name in yours:
            raise BadInput(f"{name}: must be without --cold-start-s, whose phases are not known")
    return yours


def asked(args: argparse.Namespace) -> tuple[Scenario, list[str]]:
    """The scenario of this run, and its layers in the order of the table."""
    names = [name for name in BY_NAME if name in args.layers]
    return scenario(args.figure_set, **given(args)), names


def print_json(result: Row) -> None:
    import json

    print(json.dumps(result, indent=2, allow_nan=False))


def complain(says: str) -> int:
    """A line on standard error, if there is one that can be written; exit code 2."""
    try:
        if sys.stderr:
            print(f"{os.path.basename(sys.argv[0])}: {says}", file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return 2


def stop(*_: object) -> NoReturn:
    """End as Ctrl-C does; a second one on the way out changes nothing."""
    for each in STOPS:
        signal.signal(each, lambda *_: None)  # subtle: SIG_IGN complains of one that waits already
    raise KeyboardInterrupt


def start(script: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run a script and exit: 2 for bad input, 130 for Ctrl-C, else its code; no traceback."""
    for each in STOPS:
        if signal.getsignal(each) != signal.SIG_IGN:  # as nohup has it
            signal.signal(each, stop)
    exit_code = 130
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # what it cannot show
        else:  # closed by whoever started it
            sys.stdout = open(os.devnull, "w")
        check_file()
        exit_code = script(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        pass
    except BadInput as error:
        exit_code = complain(str(error))
    except MemoryError:
        exit_code = complain("memory ran out: is a file without end, or a run too large?")
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for the interpreter flushes once more
        enough = isinstance(error, BrokenPipeError)  # seen by the reader: no error
        what = error.filename or "standard output"
        exit_code = 0 if enough else complain(f"{what}: {error.strerror}")
    sys.exit(exit_code)


def main(argv: Sequence[str]) -> int:
    """Print the lesson."""
    args = Parser(__doc__).read(argv)
    s, names = asked(args)
    if "json" in args:
        print_json(report(s, names))
    else:
        show(report(s, names), s)
    return 0


if __name__ == "__main__":
    start(main)
