"""Cold starts of a serverless LLM, from "no replica" to the first token.

The claim: a cold start is five phases in a row, each one line of arithmetic. A layer of mitigation
attacks the phases it names and nothing else. So a cold start can be measured, budgeted and stacked
like any other latency: 328 s for a 70B model, 15 s behind three layers, 0.5 s behind a warm pool.

Read it top to bottom; the report's headings carry the numbers of these sections. The lesson is 1
to 7, one sitting. Each of 8 to 11 can be read alone after it; the rest only shows results.

  1 FIGURES     edit these live, and where each comes from
  2 SCENARIO    one frozen record of the figures; a change makes a copy
  3 PHASES      five formulas, seconds each
  4 LAYERS      one function and one row each
  5 COLD PATH   phases in a row, layers in a stack, and which of them lie idle
  6 MONEY       the price of a warm pool, and the request rate above which it pays
  7 MIGRATION   an eviction: move the KV cache, move the tokens, or start cold
  8 TRAFFIC     requests replayed, event by event, and the tail that no formula shows
  9 PLANNER     from an SLA to a stack, judged by that replay
 10 EVIDENCE    published measurements beside the model
 11 MEASURE     this machine's own tiers, and the log of a real start
 12 REPORT      the results as JSON has them; from here on, printing only
 13 LIVE        this file as others edit it: run at every save, or shown as a page
 14 CLI         options in, text or JSON out

  python code/main.py                                      the whole lesson
  python code/main.py --with preseed,snapshot,warm-node    the same behind three layers
  python code/main.py traffic --pattern diurnal            a simulated day, hour by hour

Units: seconds, decimal GB (1e9 bytes), US dollars, requests per hour. A name ends in its unit:
`_s`, `_gb`, `_gb_s`, `_usd`. `s` alone is the scenario, `lam` is arrivals per second.

Not modelled: registries and networks that slow under load, boots that fail, phases that overlap
one another, several regions, KV cache that fills up, what batching does to latency.
"""

import math
import sys

# subtle: what their modules are made of, at a tenth of what importing those would cost.
from _collections import deque  # type: ignore[import-not-found]
from _heapq import heappop, heappush
from _random import Random
from time import monotonic

# subtle: typing would double the start-up, so annotations have names for the type checker alone.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, NoReturn, Self, TypeAlias

    Draw: TypeAlias = Callable[[], float]
    Formula: TypeAlias = "Callable[[Scenario], float]"
    Heap: TypeAlias = list[Any]
    Names: TypeAlias = Sequence[str]
    Request: TypeAlias = tuple[float, float]  # arrival and service, seconds
    Requests: TypeAlias = Iterator[Request]
    Result: TypeAlias = dict[str, Any]
    Rows: TypeAlias = list[Result]
else:
    Any = Draw = Formula = Heap = Names = NoReturn = Request = Requests = Result = object
    Rows = Self = object
    Callable = Iterable = Iterator = Sequence = list

# --- 1 FIGURES -----------------------------------------------------------------------------------
# Edit these live. The tag behind a figure is its source; [assumed] and [arith] say it themselves.

SOURCES = {
    "lesson": "Cold-start mitigation for serverless LLMs, phase 17 lesson 10: text and table",
    "config": "config.json of Llama 2 7B and 13B, Llama 3.1 8B, 70B and 405B, Qwen2.5 32B",
    "runai": "github.com/run-ai/runai-model-streamer, docs/src/benchmarks.md",
    "sllm": "github.com/ServerlessLLM/ServerlessLLM, benchmarks/results/h100_2025",
    "eks": "EKS start-up workshop: vLLM on Bottlerocket, gr6.8xlarge, sequential image pulls",
    "anyscale": "github.com/anyscale/ray-serve-llm-perf-examples: Llama-3-70B TP4 on H100",
    "vllm": "vLLM blog, KV offloading, 2026-01-08: prefill of Llama-3.1-8B on one H100",
    "h100": "NVIDIA H100 SXM data sheet: 990 TFLOPS dense bf16, 80 GB at 3.35 TB/s",
    "ec2": "EC2 g5 specification: a g5.12xlarge has 16 Gbit/s to EBS",
    "nvbw": "nvbandwidth on an H100: 55.4 GB/s from pinned host memory",
    "dynamo": "NVIDIA Dynamo snapshot design, a draft: CRIU and cuda-checkpoint",
}


class Figures:
    """Every figure of the model, once: name, value, unit, meaning and source."""

    model = "70b"  # a row of MODELS below [lesson]
    bytes_per_param = 2.0  # bf16; 1 for FP8, 0.5 for 4-bit [arith]
    weights_gb: float | None = None  # GB; None: params_b * bytes_per_param, 140 for 70b [arith]

    node_provision_s = 50.0  # s, Karpenter brings a GPU node; 45-60 [lesson]
    node_standby_s = 2.5  # s, the same from a booted standby node; gives the 15 s stack [assumed]
    image_gb = 30.0  # GB, container image [lesson]
    image_pull_s_per_gb = 6.0  # s/GB, 180 s for 30 GB [lesson]; 6.8-13 measured [eks]
    first_touch_s_per_gb = 0.0  # s/GB, lazy first read [lesson]; 22 s for 9.35 GB measured [eks]

    read_stream_gb_s = 4.0  # GB/s, one reader, from where the weights lie [lesson]
    read_cap_gb_s = 4.0  # GB/s, the same storage, any number of readers [lesson]
    read_streams = 1  # readers of the default loader [runai]
    copy_pageable_gb_s = 3.5  # GB/s, host to GPU by the default loader, all GPUs together [lesson]
    copy_pinned_gb_s = 50.0  # GB/s, host to one GPU, pinned memory; PCIe 5 measures 55 [sllm]
    streamer_read_streams = 16  # of the model streamer; idle where one gets the cap [runai]
    dram_gb_s = 200.0  # GB/s, weights that already lie in host memory [sllm]

    engine_fixed_s = 8.0  # s, process, tokenizer, KV-cache pool [lesson]
    graph_capture_s = 12.0  # s, kernel compile and CUDA graphs; 8 + 12 = 20 [lesson]
    graph_cache_fraction = 0.25  # share of that left with a cache; 60.8 -> 15.7 s [anyscale]
    snapshot_fixed_s = 2.5  # s, restore a process and its GPU context [lesson]
    snapshot_gb_s = 20.0  # GB/s, restore GPU memory; 2.5 + 140/20 = 9.5 s, a tenth of 95 [lesson]
    snapshot_gpu_matches = 1  # 0: taken on another GPU type, so useless here [lesson]
    first_forward_s = 3.0  # s, first pass on a fresh engine [lesson]
    warm_ttft_s = 0.5  # s, time to first token on a ready replica [assumed]

    gpu_usd_per_hour = 4.0  # $/h, one 80 GB GPU [lesson]
    small_gpu_usd_per_hour = 1.2  # $/h, a GPU that a 7B model fits; 0.85-1.50 [lesson]
    gpu_hbm_gb = 80.0  # GB, memory of one GPU [h100]
    gpus_per_replica = 0  # 0: ceil(1.1 * weights_gb / gpu_hbm_gb), 2 for 70b [arith]
    hours_per_month = 720.0  # h, 24 x 30 [lesson]
    products = 1  # endpoints that each keep their own pool [lesson]
    min_workers = 1  # warm replicas per product when the pool is on [lesson]
    sla_s = 2.0  # s, P99 time to first token promised [lesson]
    drop_usd = 0.05  # $, what one late request costs, lost to the SLA [lesson]
    requests_per_hour = 30.0  # 1/h, arrivals at one product [assumed]
    keep_alive_s = 300.0  # s, idle time before a replica is let go [assumed]

    prompt_tokens = 8192  # tokens, context of the request that an eviction hits [assumed]
    network_gb_s = 3.125  # GB/s, node to node, 25 Gbit/s [assumed]
    token_bytes = 4.0  # bytes, one token id on the wire [arith]
    decode_tokens_per_s = 30.0  # tokens/s, what the source keeps generating meanwhile [assumed]
    gpu_tflops = 990.0  # TFLOPS, dense bf16 [h100]
    prefill_mfu = 0.62  # share of it that prefill reaches, fitted to an 8B's curve [vllm]
    hbm_gb_s = 3350.0  # GB/s, GPU memory bandwidth [h100]
    kv_bytes = 2.0  # bytes per KV-cache element, bf16 [arith]


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
P99_OVER = 0.01  # P99 holds while at most this share of requests is over [arith]


def names_of(record: type) -> list[str]:
    return [name for name in vars(record) if not name.startswith("_")]


FIGURES = names_of(Figures)
ABOVE_ZERO = """bytes_per_param weights_gb read_streams streamer_read_streams gpu_hbm_gb
    hours_per_month sla_s gpu_tflops prefill_mfu hours max_workers
    slots size_gib""".split()  # and each *_gb_s; others may be 0
WHOLE = """read_streams streamer_read_streams snapshot_gpu_matches gpus_per_replica products
    min_workers prompt_tokens max_workers slots seed port""".split()
SMALLEST, LARGEST = 1e-9, 1e12  # of a figure that is not 0, so that no quotient overflows
CHOICES = {  # words of a few
    "model": [*MODELS],
    "prefer": ["layers", "cost"],
    "pattern": ["poisson", "diurnal", "bursty"],
    "service": ["exponential", "constant"],
}
LIMITS = {  # narrower ones, of options
    "hours": (SMALLEST, 87_600),
    "max_workers": (1, 100_000),
    "slots": (1, 1000),
    "evictions_per_day": (SMALLEST, 1440),
    "size_gib": (0.05, 1024),
    "port": (1, 65535),
}

# --- 2 SCENARIO ----------------------------------------------------------------------------------


class BadInput(Exception):
    """A figure, an option or a file that cannot be used; the message is one line for the user."""


class Record:
    """Named values with defaults, frozen; `but()` makes a changed copy.

    A name that has no default is an AttributeError.
    """

    def __init__(self, **changes: Any) -> None:
        for name in changes:
            getattr(type(self), name)
        vars(self).update(changes)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"this record is frozen; but({name}={value!r}) makes a copy")

    def but(self, **changes: Any) -> Self:
        return type(self)(**{**vars(self), **changes})

    def pick(self, names: Iterable[str]) -> Result:
        return {name: getattr(self, name) for name in names}


class Scenario(Record, Figures):
    """The figures of one run: `Scenario(sla_s=5)`. Layers set the fields below, no figures."""

    loaders: tuple[Formula, ...] = ()  # instead of the default, fastest wins
    restores: tuple[Formula, ...] = ()  # snapshots, past load and engine start
    has_pool = False  # min_workers are kept warm
    migrates = False  # an evicted request moves instead of starting over


def weights_gb(s: Scenario) -> float:
    """GB of weights, the figure or else parameters x bytes: 70 x 2 = 140 GB."""
    return MODELS[s.model][0] * s.bytes_per_param if s.weights_gb is None else s.weights_gb


def gpus(s: Scenario) -> int:
    """GPUs that one replica needs, for 140 GB do not fit 80: ceil(1.1 x 140 / 80) = 2."""
    return s.gpus_per_replica or math.ceil(GPU_HEADROOM * weights_gb(s) / s.gpu_hbm_gb)


def replica_usd_per_hour(s: Scenario) -> float:
    """Every GPU of it is paid, and a 70b in bf16 takes two: 4 x 2 = $8."""
    return s.gpu_usd_per_hour * gpus(s)


def must_be(name: str, value: Any) -> str:
    """What a figure must be where this value is not, else nothing."""
    if name in CHOICES:
        return "" if value in CHOICES[name] else f"one of {', '.join(CHOICES[name])}"
    if name == "snapshot_gpu_matches":
        return "" if value in [0, 1] else "0 or 1"
    above_0, whole = name in ABOVE_ZERO or name.endswith("_gb_s"), name in WHOLE
    low, high = LIMITS.get(name, (1 if whole else SMALLEST, LARGEST))
    if value is None and name == "weights_gb":
        return ""
    if isinstance(value, (int, float)) and not (whole and value % 1):
        if low <= value <= high or (value == 0 and not above_0):
            return ""
    kind = "a whole number" if whole else "a number"
    return f"{kind} {'above 0:' if above_0 else 'of 0, or'} {low:g} to {high:g}"


def check(s: Scenario) -> None:
    """Raise BadInput that names the first figure, set or edited in this file, that cannot be."""
    for name in FIGURES:
        if must := must_be(name, value := getattr(s, name)):
            where = "--set " if name in vars(s) else "in the file, "
            raise BadInput(f"{where}{name} = {value!r:.40}: must be {must}")
    rows = MODELS | PUBLISHED_S | {"GPU_HEADROOM": (GPU_HEADROOM,), "P99_OVER": (P99_OVER,)}
    for name, row in rows.items():
        length = 5 if name in MODELS else 3 if name in PUBLISHED_S else 1
        if len(row) != length or not all(isinstance(x, (int, float)) and x > 0 for x in row):
            raise BadInput(f"in the file, {name} {row!r}: must be {length} numbers above 0")


# --- 3 PHASES ------------------------------------------------------------------------------------
# Seconds each. Layers change the scenario; the formulas stay. The worked lines are the raw 70b's.


def node_provision(s: Scenario) -> float:
    """From a pending pod to a node that has a GPU: 50 s."""
    return s.node_provision_s


def image_pull(s: Scenario) -> float:
    """The container image, which cannot hold 140 GB of weights: 30 x 6 = 180 s."""
    return s.image_gb * s.image_pull_s_per_gb


def read_s(s: Scenario, streams: float) -> float:
    """Weights out of storage. Readers add up, to what it gives any number: 140 / 4 = 35 s."""
    return weights_gb(s) / min(streams * s.read_stream_gb_s, s.read_cap_gb_s)


def load_default(s: Scenario) -> float:
    """Read, then copy through pageable host memory: 35 + 140 / 3.5 = 75 s."""
    return read_s(s, s.read_streams) + weights_gb(s) / s.copy_pageable_gb_s


def start_s(s: Scenario) -> tuple[float, float]:
    """Seconds of weight_load and engine_init, which a snapshot replaces together or not at all."""
    load = min(loader(s) for loader in s.loaders or (load_default,))
    fresh = (load, s.engine_fixed_s + s.graph_capture_s)
    # subtle: min takes the first of equals, so a snapshot that saves nothing lies idle.
    return min((fresh, *((restore(s), 0.0) for restore in s.restores)), key=sum)


def weight_load(s: Scenario) -> float:
    """To GPU memory; the lesson's "weights download" is the read half of it: 35 + 40 = 75 s."""
    return start_s(s)[0]


def engine_init(s: Scenario) -> float:
    """Process, tokenizer and KV-cache pool, then kernels and CUDA graphs: 8 + 12 = 20 s."""
    return start_s(s)[1]


def first_forward(s: Scenario) -> float:
    """The first pass on a fresh engine, and out of it the first token: 3 s."""
    return s.first_forward_s


PHASES = (node_provision, image_pull, weight_load, engine_init, first_forward)

# --- 4 LAYERS ------------------------------------------------------------------------------------
# A layer is a function from scenario to scenario, and a row below. They stack in any order.


def preseed(s: Scenario) -> Scenario:
    """The image lies on the node's volume. Bytes move, they do not vanish: first touch pays."""
    return s.but(image_pull_s_per_gb=s.first_touch_s_per_gb)


def pinned_copy_s(s: Scenario) -> float:
    """Host to GPUs from pinned memory, each GPU over its own link: 140 / (50 x 2) = 1.4 s."""
    return weights_gb(s) / (s.copy_pinned_gb_s * gpus(s))


def load_streamed(s: Scenario) -> float:
    """Many readers and pinned copies to every GPU, the slower of the two: 140 / 4 = 35 s."""
    # concession: overlap of read and copy is modelled, overlap with engine start is not.
    return max(read_s(s, s.streamer_read_streams), pinned_copy_s(s))


def stream(s: Scenario) -> Scenario:
    """A faster disk pays with it: the default loader's copy stays as slow as it was."""
    return s.but(loaders=(*s.loaders, load_streamed))


def restore_snapshot(s: Scenario) -> float:
    """Process and GPU context, then GPU memory: 2.5 + 140 / 20 = 9.5 s."""
    return s.snapshot_fixed_s + weights_gb(s) / s.snapshot_gb_s


def snapshot(s: Scenario) -> Scenario:
    """Shortens neither node nor image; on another GPU type nothing at all."""
    return s.but(restores=(*s.restores, restore_snapshot)) if s.snapshot_gpu_matches else s


def warm_pool(s: Scenario) -> Scenario:
    """No phase gets shorter; requests that find a free warm slot meet none of them."""
    return s.but(has_pool=True)


def load_tiered(s: Scenario) -> float:
    """Weights in host memory already, and pinned copies, the slower of the two: 1.4 s."""
    # concession: the node has held them before; the first load on a fresh one is load_default's.
    return max(weights_gb(s) / s.dram_gb_s, pinned_copy_s(s))


def tiered(s: Scenario) -> Scenario:
    """The published 10-200x is end to end with queueing and download, not the loader alone."""
    return s.but(loaders=(*s.loaders, load_tiered))


def migrate(s: Scenario) -> Scenario:
    """No cold start gets shorter; a request whose node goes away stands still for less."""
    return s.but(migrates=True)


def graph_cache(s: Scenario) -> Scenario:
    """Compiled kernels and graphs are read back instead of made again."""
    return s.but(graph_capture_s=s.graph_cache_fraction * s.graph_capture_s)


def warm_node(s: Scenario) -> Scenario:
    """A booted node stands by without a model."""
    # concession: it is always free again by the next cold start.
    return s.but(node_provision_s=s.node_standby_s)


def node_usd_per_month(s: Scenario) -> float:
    """A replica's GPUs around the clock; all products share a standby node: 8 x 720 = $5760."""
    return replica_usd_per_hour(s) * s.hours_per_month


def pool_usd_per_month(s: Scenario) -> float:
    """Warm replicas of every product, requests or not: 1 x 1 x 5760 = $5760."""
    return s.products * s.min_workers * node_usd_per_month(s)


class Layer:
    """A row of the table; the function that changes the scenario has the layer's name."""

    def __init__(self, row: str) -> None:
        self.number, self.name, attacks, self.tool, self.price, self.needs, rent = row.split(" | ")
        self.attacks: list[str] = attacks.split()
        self.change: Callable[[Scenario], Scenario] = globals()[self.name.replace("-", "_")]
        self.rent: Formula | None = None if rent == "-" else globals()[rent]


# Number, name, phases attacked, the tool to name, price, precondition, rent in $/month.
LAYERS = {
    layer.name: layer
    for layer in map(
        Layer,
        """\
1 | preseed | image_pull | Bottlerocket data-volume snapshot in an EC2NodeClass; GCP VM image, \
Azure disk copy | rebuilt a release | nodes that boot from it | -
2 | stream | weight_load | NVIDIA Run:ai Model Streamer, native in vLLM | pins host memory | \
storage that gives many readers more than one | -
3 | snapshot | weight_load engine_init | Modal checkpoint | may hold PII | \
the GPU type and count that it was taken on | -
4 | warm-pool |  | min_workers above 0 | paid 24/7 | \
a free warm slot; overflow pays the path | pool_usd_per_month
5 | tiered | weight_load | ServerlessLLM, NVMe -> DRAM -> HBM | weights in DRAM | \
a node whose host memory holds them | -
6 | migrate |  | tokens instead of KV cache | recomputation | \
notice, and a free slot on another replica | -
3b | graph-cache | engine_init | vLLM's compile cache on a shared volume | stale: recompiled | \
the same vLLM, model and GPU type | -
4b | warm-node | node_provision | a booted node without a model | paid 24/7, idle | \
a cluster that keeps it free | node_usd_per_month""".splitlines(),
    )
}

# --- 5 COLD PATH ---------------------------------------------------------------------------------


def stack(s: Scenario, names: Iterable[str]) -> Scenario:
    """The scenario under these layers, each counted once. An unknown name is a KeyError."""
    for name in dict.fromkeys(names):
        s = LAYERS[name].change(s)
    return s


def path(s: Scenario) -> dict[str, float]:
    """Seconds of the five phases, in order."""
    return {phase.__name__: phase(s) for phase in PHASES}


def cold_start_s(s: Scenario) -> float:
    """From no replica to the first token: 50 + 180 + 75 + 20 + 3 = 328 s."""
    return sum(phase(s) for phase in PHASES)


def ranges(s: Scenario) -> dict[str, list[float]]:
    """Low and high seconds of each phase, its published range in proportion, and of the total."""
    spans = {}
    for phase, seconds in path(s).items():
        low, typical, high = PUBLISHED_S.get(phase, (1, 1, 1))
        spans[phase] = [seconds * low / typical, seconds * high / typical]
    return spans | {"total": [*map(sum, zip(*spans.values()))]}


def first_request_ttft_s(s: Scenario) -> float:
    """What the first request after a quiet hour waits: the path, or a warm replica's answer."""
    return s.warm_ttft_s if s.has_pool and s.min_workers else cold_start_s(s)


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


def spared(s: Scenario, names: Names, name: str) -> dict[str, float]:
    """Seconds that one layer takes off each phase, all the others of its stack being there."""
    rest = path(stack(s, without(names, name)))
    return {phase: rest[phase] - seconds for phase, seconds in path(stack(s, names)).items()}


# --- 6 MONEY -------------------------------------------------------------------------------------
# One product, one replica, Poisson arrivals, short service. C is the cold start, tau keep-alive,
# L = C - SLA. A cycle of scale-to-zero lasts from boot to boot.


def cycle(s: Scenario, lam: float, cold_s: float) -> tuple[float, float]:
    """Arrivals in one cycle, D = e^(lam tau) + lam C, and how many of them are late.

    Arrivals: one that boots the replica, lam C while it boots, then e^(lam tau) - 1 until a gap is
    longer than tau. Late are the first and the lam L of the boot that wait for more than the SLA.
    """
    # subtle: capped where it would overflow; by then 1/D has no digit left that anyone prints.
    arrivals = math.exp(min(lam * s.keep_alive_s, 700.0)) + lam * cold_s
    if s.sla_s < s.warm_ttft_s:
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


def break_even(s: Scenario) -> float | None:
    """Requests per hour above which a warm pool pays; None where no rate makes it."""
    cold_s = cold_start_s(s)
    if s.sla_s < s.warm_ttft_s or cold_s <= s.sla_s or s.drop_usd == 0:
        return None
    return break_even_rate(cold_s, s.sla_s, replica_usd_per_hour(s), s.drop_usd)


def holds_p99(arrivals: float, late: float) -> bool:
    """Whether at most 1% of these arrivals are late; in a cycle, then so at every higher rate."""
    return late <= P99_OVER * arrivals


def self_warm_rate(s: Scenario) -> float | None:
    """Requests per hour above which keep-alive alone holds P99; None where no rate does."""
    cold_s, low, high = cold_start_s(s), 0.0, 1.0
    if holds_p99(*cycle(s, 0.0, cold_s)):
        return 0.0
    if s.sla_s < s.warm_ttft_s or s.keep_alive_s == 0:
        return None
    while not holds_p99(*cycle(s, high / s.keep_alive_s, cold_s)):
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        held = holds_p99(*cycle(s, middle / s.keep_alive_s, cold_s))
        low, high = (low, middle) if held else (middle, high)
    return 3600 * high / s.keep_alive_s


def at_rate(s: Scenario, rate: float, cold_s: float | None = None) -> Result:
    """Scale-to-zero against one warm replica at so many requests per hour.

    The premium is what the replica costs more: scale-to-zero does not hold a GPU 1/D of the time.
    """
    lam = rate / 3600
    arrivals, late = cycle(s, lam, cold_start_s(s) if cold_s is None else cold_s)
    premium, tax = replica_usd_per_hour(s) / arrivals, s.drop_usd * rate * (late / arrivals)
    pool_helps = late > 0 and s.sla_s >= s.warm_ttft_s
    choice = "warm-pool" if pool_helps and tax > premium else "scale-to-zero"
    return {
        "requests_per_hour": rate,
        "cold_starts_per_day": 86400 * lam / arrivals,
        "over_sla_fraction": late / arrivals,
        "warm_premium_usd_per_hour": premium,
        "cold_tax_usd_per_hour": tax,
        "cheaper": "either" if pool_helps and holds_p99(arrivals, late) else choice,
    }


def regime_text(s: Scenario, pays: float | None, busy: float | None) -> str:
    """Where the warm pool pays, in words, or why it never does."""
    if s.sla_s < s.warm_ttft_s:
        return "even a warm replica is late: no pool helps"
    if cold_start_s(s) <= s.sla_s:
        return "no cold start is late: there is nothing to avoid, so no pool pays"
    if pays is None:
        return "a late request costs nothing, so no rate makes a pool pay"
    if busy is None:
        return f"a pool pays above {three(pays)}/h; without keep-alive no traffic holds P99"
    if pays >= busy:
        return f"no middle: above {three(busy)}/h traffic holds P99, before a pool pays"
    return f"a pool pays above {three(pays)}/h; above {three(busy)}/h traffic holds P99 without it"


def between(points: set[float], steps: int) -> list[float]:
    """These points above 0, and from the first to the last the steps of a curve in even ratios."""
    low, high = min(points), max(points)
    return sorted(points | {low * (high / low) ** (step / steps) for step in range(1, steps)})


def regimes(s: Scenario) -> Result:
    """The rates where the regimes part, and a table of rates that leads through them."""
    pays, busy, cold_s = break_even(s), self_warm_rate(s), cold_start_s(s)
    marks = {
        rate: says for rate, says in ((pays, "<- break-even"), (busy, "<- self-warm")) if rate
    }
    low, high = min(marks, default=10.0), max(marks, default=10.0)
    rates = {float(f"{rate:.1g}") for rate in (low / 30, low / 10, low / 3, high * 2, high * 5)}
    rates |= {float(f"{math.sqrt(low * high):.2g}"), float(s.requests_per_hour), *marks}
    return {
        "requests_per_hour": pays,
        "self_warm_requests_per_hour": busy,
        "table": [at_rate(s, x, cold_s) | {"mark": marks.get(x, "")} for x in sorted(rates)],
        "curve": [at_rate(s, x, cold_s) for x in between(rates - {0.0}, 32)],
        "regime": regime_text(s, pays, busy),
    }


def usd_per_cold_minute(s: Scenario) -> float:
    """A warm replica's month per minute of cold start avoided: 5760 / (328 / 60) = $1053.66."""
    return node_usd_per_month(s) / (cold_start_s(s) / 60)


def standing_usd_per_month(s: Scenario, names: Iterable[str]) -> float:
    """Rent of a stack around the clock, requests or not."""
    return sum((rent(s) for name in names if (rent := LAYERS[name].rent)), 0.0)


def standby_usd_per_month(s: Scenario, names: Iterable[str]) -> float:
    """Rent of a stack that no replica's time contains: the standby node's."""
    return standing_usd_per_month(s, without(names, "warm-pool"))


def stack_result(s: Scenario, names: Names) -> Result:
    cold_s = cold_start_s(stack(s, names))
    return {
        "layers": [*names],
        "cold_start_s": cold_s,
        "speedup": cold_start_s(s) / cold_s,
        "standing_usd_per_month": standing_usd_per_month(s, names),
    }


# --- 7 MIGRATION ---------------------------------------------------------------------------------
# A node with a request of prompt_tokens goes away. Its KV cache moves; or its token ids move, the
# new GPU computes the cache again, and the source decodes on until the new one has caught up.


def kv_bytes_per_token(s: Scenario) -> float:
    """Keys and values of every transformer layer: 2 x 80 x 8 x 128 x 2 = 327680 bytes."""
    _, layers, _, kv_heads, head_dim = MODELS[s.model]
    return 2 * layers * kv_heads * head_dim * s.kv_bytes


def prefill_s(s: Scenario, new: int, context: int = 0) -> float:
    """Seconds to compute `new` tokens behind `context`: the roofline of arithmetic and HBM."""
    params_b, layers, hidden, _, _ = MODELS[s.model]
    attention = 2 * layers * hidden * ((context + new) ** 2 - context**2)
    compute_s = (2e9 * params_b * new + attention) / (s.prefill_mfu * s.gpu_tflops * 1e12)
    # concession: a replica's GPUs share the work without loss.
    return max(compute_s, weights_gb(s) / s.hbm_gb_s) / gpus(s)


def prefill(s: Scenario) -> float:
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
        rounds.append((new, seconds))
        context, new = context + new, math.floor(s.decode_tokens_per_s * seconds)
    return rounds


def migration(s: Scenario) -> dict[str, float]:
    """Bytes, seconds and pause by KV cache and by tokens, and the bandwidth where they cross."""
    per_token = kv_bytes_per_token(s)
    cache_bytes, ids_bytes = s.prompt_tokens * per_token, s.prompt_tokens * s.token_bytes
    rounds, recompute_s = token_rounds(s), prefill(s)
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
        "crossover_gb_s": max(cache_bytes - ids_bytes, 0.0) / recompute_s / 1e9,
        "eviction_pause_s": eviction_pause_s(s),
    }


def pause_s(s: Scenario) -> float:
    """What a request feels of its tokens' move: the last round alone."""
    return token_rounds(s)[-1][1]


def eviction_pause_s(s: Scenario) -> float:
    """What a request feels of an eviction: that pause, or a cold start and its prefill."""
    return pause_s(s) if s.migrates else cold_start_s(s) + prefill(s)


# --- 8 TRAFFIC -----------------------------------------------------------------------------------
# One endpoint, event by event, in seconds from its start. A replica is a number: -1 the first that
# booted, -2 the next, so that the smallest is the newest. What is due lies in heaps.

DAYS = {  # until which hour, share of the mean rate [assumed]
    "poisson": [(24, 1.0)],
    "diurnal": [(8, 0.1), (18, 1.8), (24, 0.87)],  # a quiet night, a step at 8 a.m.
}
BURSTY = (300.0, 2700.0, 10.0)  # mean seconds on and off, times the mean rate when on [assumed]
TOKENS, PLAIN = "TIMESTAMP,ContextTokens,GeneratedTokens", "arrival_s[,service_s]"
HOUR_S = 3600.0
BIN = 0.005  # width of a bin of times, in logarithms: percentiles are within 0.5%
EVENTS = "end ready hour arrive give_up let_go evict".split()  # order at one instant
END, READY, HOUR, ARRIVE, GIVE_UP, LET_GO, EVICT = range(7)


class Traffic(Record):
    """How one endpoint is asked and run: the options of `traffic`, under the same names."""

    pattern = "poisson"  # or diurnal, bursty
    trace: str | None = None  # a CSV file of arrivals instead; "-" is standard input
    hours = 24.0  # of a pattern; a trace runs until its last request is served
    service_s = 10.0  # s, how long a request holds its slot, on average [assumed]
    service = "exponential"  # or constant
    slots = 8  # requests that a replica serves at once [assumed]
    min_workers: int | None = None  # replicas ready from the start on; None: the warm pool's
    max_workers: int | None = None  # None: 8, or min_workers where that is more [assumed]
    cold_start_s: float | None = None  # s, instead of the path of the stack
    jitter = False  # each phase is drawn from its range
    patience_s: float | None = None  # s, then a waiting request gives up
    evictions_per_day = 0.0  # of each ready replica: spot reclaim, node drain
    seed = 1


TRAFFIC = names_of(Traffic)


def workers(s: Scenario, how: Traffic) -> tuple[int, int]:
    """The fewest and the most replicas; by default 0, or the pool's behind `warm-pool`, and 8."""
    pool = s.min_workers if s.has_pool else 0
    least = pool if how.min_workers is None else how.min_workers
    return least, max(8, least) if how.max_workers is None else how.max_workers


def check_traffic(s: Scenario, how: Traffic) -> None:
    """Raise BadInput where options contradict one another, or ask for more than can be run."""
    (least, most), given, traced = workers(s, how), vars(how), how.trace is not None
    requests, slots = s.requests_per_hour * how.hours, most * how.slots
    both = how.jitter and "cold_start_s" in given
    for wrong, says in (
        (both, "--jitter: draws the phases of the path; must be without --cold-start-s"),
        (traced and "pattern" in given, "--pattern: must be without --trace, which has arrivals"),
        (traced and not s.decode_tokens_per_s, "--set decode_tokens_per_s=0: must be above 0"),
        (traced and "hours" in given, "--hours: must be without --trace, which has an end"),
        (most < least, f"--max-workers {most}: must be min-workers, {least}, or more"),
        (least > 1e5, f"--min-workers {least}: must be at most 100,000"),
        (slots > 1e6, f"--max-workers times --slots: {slots:,} slots; must be at most 1,000,000"),
        (requests > 1e9, f"--rate times --hours: {requests:.3g} requests; must be at most 1e+09"),
    ):
        if wrong:
            raise BadInput(says)


def uniform(how: Traffic, purpose: int) -> Draw:
    """Random numbers in [0, 1), a stream for each purpose: a layer changes no arrival."""
    return Random(8 * how.seed + purpose).random  # room for eight a seed


def segments(how: Traffic) -> Iterator[tuple[float, float]]:
    """(until, share of the mean rate), without end; bursty traffic begins as it goes on."""
    draw, (on_s, off_s, share), until, day = uniform(how, 1), BURSTY, 0.0, 0
    on = draw() < on_s / (on_s + off_s)
    while how.pattern == "bursty":
        until -= (on_s if on else off_s) * math.log(1 - draw())
        yield until, share if on else 0.0
        on = not on
    while True:
        for hour, share in DAYS[how.pattern]:
            yield HOUR_S * (24 * day + hour), share
        day += 1


def service_times(how: Traffic) -> Draw:
    draw, log, mean_s = uniform(how, 0), math.log, how.service_s
    return (lambda: mean_s) if how.service == "constant" else (lambda: -mean_s * log(1 - draw()))


def synthetic(s: Scenario, how: Traffic) -> Requests:
    """A Poisson process whose rate is the segment's, until the end of the run."""
    draw, service_s, log = uniform(how, 2), service_times(how), math.log
    t, end = 0.0, HOUR_S * how.hours
    for until, share in segments(how):
        until, lam = min(until, end), share * s.requests_per_hour / HOUR_S
        # subtle: it has no memory, so the gap that leaves a segment is drawn anew in the next.
        while lam and (t := t - log(1 - draw()) / lam) < until:
            yield t, service_s()
        if (t := until) == end:
            return


def read_request(s: Scenario, row: Sequence[str], draw: Draw) -> Request:
    """Arrival and service of a line: given, or drawn; or of tokens: prefill, then one at a time.

    ValueError or the like where they cannot be read.
    """
    if len(row) < 3:
        return float(row[0]), float(row[1]) if row[1:] else draw()
    from datetime import UTC, datetime

    when, (context, generated) = datetime.fromisoformat(row[0]), map(int, row[1:])
    if min(context, generated) < 0:
        raise ValueError
    service_s = prefill_s(s, context) + generated / s.decode_tokens_per_s
    return when.replace(tzinfo=when.tzinfo or UTC).timestamp(), service_s


def opened(file: str) -> Any:
    """A text file, or standard input, whose bytes are never wrong and line ends as they are."""
    where = 0 if file == "-" else file
    return open(where, encoding="utf-8-sig", errors="replace", newline="", closefd=where != 0)


def trace(s: Scenario, how: Traffic) -> Requests:
    """Requests of a CSV file, a line at a time; BadInput names the line that is wrong, and how."""
    import csv

    where, must = f"--trace {how.trace}", f"must be {TOKENS} or {PLAIN}"
    draw, last, row = service_times(how), -1.0, [""]
    try:
        with opened(str(how.trace)) as file:
            for row in (rows := csv.reader(file)):
                if not row or ",".join(row) in (TOKENS, "arrival_s", "arrival_s,service_s"):
                    continue  # a heading
                t, service_s = read_request(s, row, draw)
                if not (0 <= t <= LARGEST and 0 <= service_s <= LARGEST):
                    raise ValueError
                if t < last:
                    raise BadInput(
                        f"{where}, line {rows.line_num}: must not be before the line above"
                    )
                yield t, service_s
                last = t
    except OSError as error:
        raise BadInput(f"{where}: {error.strerror}") from None
    except (ValueError, ArithmeticError, csv.Error):
        line = f"line {rows.line_num}: {','.join(row)!r:.50}"
        raise BadInput(f"{where}, {line}: {must}") from None
    if last < 0:
        raise BadInput(f"{where}: no request in it; {must}")


def requests_of(s: Scenario, how: Traffic) -> tuple[float, Requests]:
    """The time of day at the start, seconds, and the requests; a trace starts with its first."""
    if how.trace is None:
        return 0.0, synthetic(s, how)
    rows = trace(s, how)
    first = next(rows)
    return first[0], ((t - first[0], seconds) for part in ([first], rows) for t, seconds in part)


def boot_spans(s: Scenario, how: Traffic) -> list[tuple[float, ...]]:
    """Low, high and typical seconds of what a cold start is the sum of: fixed, or phases drawn."""
    if not how.jitter:
        cold_s = cold_start_s(s) if how.cold_start_s is None else how.cold_start_s
        return [(cold_s, cold_s, cold_s)]
    spans = ranges(s)
    return [(*spans[phase], seconds) for phase, seconds in path(s).items()]


def mean_cold_s(s: Scenario, how: Traffic) -> float:
    """Of what is drawn. Ranges lean to the long side: 354.7 s where the raw path is 328 s."""
    return sum(sum(span) / 3 for span in boot_spans(s, how))


def boot_times(s: Scenario, how: Traffic) -> Draw:
    """Seconds of one cold start after the other; with jitter each phase is triangular."""
    spans = boot_spans(s, how)
    if not how.jitter:
        return lambda: spans[0][0]
    import random

    draw = random.Random(8 * how.seed + 3).triangular
    return lambda: sum(draw(*span) for span in spans)


class Times:
    """A logarithmic histogram: percentiles within 0.5%, count, mean and maximum exact."""

    def __init__(self) -> None:
        self.bins: dict[float, list[float]] = {}  # how many are in it, and their sum
        self.max: float | None = None

    def add(self, seconds: float, times: int = 1) -> None:
        row = self.bins.setdefault(math.log(seconds) // BIN if seconds > 0 else -math.inf, [0, 0])
        row[0] += times
        row[1] += times * seconds
        self.max = max(self.max or 0.0, seconds)

    def percentile(self, q: float) -> float | None:
        """The time that a share q does not pass: the mean of the bin where it falls."""
        rank: float = math.ceil(q * sum(times for times, _ in self.bins.values()) - 1e-6)
        for _, (times, total) in sorted(self.bins.items()):
            if (rank := rank - times) <= 0:
                return total / times
        return None

    def figures(self, **shares: float) -> Result:
        return {name: self.percentile(q) for name, q in shares.items()} | {"max": self.max}


class Endpoint:
    """Replicas, their slots and the queue of one endpoint; `replay` sends it requests."""

    newest = alive = starting = peak = busy = 0
    hits = queued = cold = over = given_up = cold_starts = 0
    evicted = migrated = restarted = 0
    now = 0.0
    # subtle: an integral over time is the sum of the instants at which its level fell, less those
    # at which it rose; what is still there falls at the end.
    replica_s = waiting_s = perfect_s = 0.0

    def __init__(self, s: Scenario, how: Traffic, start_s: float = 0.0) -> None:
        self.s, self.slots, self.patience_s = s, how.slots, how.patience_s
        self.least, self.most = workers(s, how)
        self.boot_s, self.lives = boot_times(s, how), uniform(how, 4)
        self.evictions_per_s = how.evictions_per_day / 86400
        self.pause_s = pause_s(s)
        # Ready replicas, and when the last service of each ends; the (end, service_s) of each,
        # which only evictions need.
        self.work_ends: dict[int, float] = {}
        self.running: dict[int, list[Request]] = {}
        # Heaps: free slots, by replica; service ends, (when, replica); other events, (when, which,
        # replica); keep-alives, (over no earlier than, -replica).
        self.free: Heap = []
        self.ends = [(math.inf, 0)]
        self.agenda = [(HOUR_S - start_s % HOUR_S, HOUR, 0)]
        self.timers: Heap = []
        # Queues: requests, (since, service_s, boots that had ended by then); interrupted ones,
        # (since, service_s), who go first.
        self.waiting, self.again = deque(), deque()
        self.hour_of_day, self.past = int(start_s // HOUR_S) % 24, [0.0] * 5
        self.timeline = [[0.0] * 5 for _ in range(24)]
        self.ttft, self.pauses = Times(), Times()
        for _ in range(self.least):
            self.ready(self.add())

    def replay(
        self, requests: Iterable[Request], until: float | None = None, most_late: float = math.inf
    ) -> None:
        """Run to that instant, or until the last is served; cut short if too many are late."""
        requests = iter(requests)
        while self.over <= most_late and (request := self.serve_hits(requests)):
            while self.step(request[0], ARRIVE):
                pass
            self.arrive(*request)
        if self.over > most_late:
            return
        if until is None:
            while self.busy or self.waiting or self.again:
                self.step(math.inf, END)
        else:
            while self.step(until, EVICT):
                pass
        self.hour()
        self.over += self.hits * (self.s.warm_ttft_s > self.s.sla_s)
        for since, _, ended in self.waiting:
            self.over += self.now - since > self.s.sla_s
            self.cold += self.cold_starts > ended
        for since, _ in self.again:
            self.pauses.add(self.now - since)
        if self.hits:
            self.ttft.add(self.s.warm_ttft_s, self.hits)

    def next_event(self) -> tuple[float, int, int]:
        """When, what and on which replica, of all that is due but arrivals and service ends.

        While more than min-workers are ready, that may be the end of the longest idle one.
        """
        while len(self.work_ends) > self.least:
            due, number = self.timers[0]
            over = self.work_ends.get(-number, -math.inf) + self.s.keep_alive_s
            if due == over:
                return min((max(due, self.now), LET_GO, -number), self.agenda[0])
            heappop(self.timers)  # a replica that was evicted, or has worked since
            if due < over:
                heappush(self.timers, (over, number))
        return self.agenda[0]

    def step(self, t: float, kind: int) -> bool:
        """The next event, or that instant where one of that kind would come before it."""
        end, replica = self.ends[0]
        event = min(self.next_event(), (end, END, replica))
        if event > (t, kind, 0):
            self.now = t
            return False
        self.now, kind, replica = event
        heappop(self.ends if kind == END else self.timers if kind == LET_GO else self.agenda)
        getattr(self, EVENTS[kind])(replica)
        return True

    def arrive(self, t: float, service_s: float) -> None:
        """Take a slot of the newest replica that has one, else wait, and boot what is missing."""
        if self.has_free_slot():
            self.hits += 1
            self.start(t + service_s, service_s)
            return
        self.queued += 1
        self.waiting.append((t, service_s, self.cold_starts - self.starting))
        self.waiting_s -= t
        if self.patience_s is not None:
            heappush(self.agenda, (t + self.patience_s, GIVE_UP, 0))
        self.scale()

    def has_free_slot(self) -> bool:
        """Whether a ready replica has one; slots of those let go are dropped on the way."""
        while self.free and self.free[0] not in self.work_ends:
            heappop(self.free)
        return bool(self.free)

    def scale(self) -> None:
        """Boot while more wait than loading replicas have slots for, or fewer than min live."""
        waiting = len(self.waiting) + len(self.again)
        while self.alive < self.most and (
            waiting > self.slots * self.starting or self.alive < self.least
        ):
            self.cold_starts += 1
            heappush(self.agenda, (self.now + self.boot_s(), READY, self.add()))

    def add(self) -> int:
        """A replica that starts, and is paid from now on."""
        self.newest -= 1
        self.alive += 1
        self.starting += 1
        self.peak = max(self.peak, self.alive)
        self.replica_s -= self.now
        return self.newest

    def ready(self, replica: int) -> None:
        """Its slots go to those that wait."""
        self.starting -= 1
        self.work_ends[replica] = self.now
        heappush(self.timers, (self.now + self.s.keep_alive_s, -replica))
        if self.evictions_per_s:
            self.running[replica] = []
            life_s = -math.log(1 - self.lives()) / self.evictions_per_s
            heappush(self.agenda, (self.now + life_s, EVICT, replica))
        for _ in range(self.slots):
            heappush(self.free, replica)
        # concession: the path ends with a first forward, so all who wait have their token now.
        self.serve_waiting(0.0)

    def serve_waiting(self, more_s: float) -> None:
        """Free slots go to whoever waits first; their tokens take so many seconds more."""
        while (self.again or self.waiting) and self.has_free_slot():
            if self.again:
                since, service_s = self.again.popleft()
                self.pauses.add(self.now - since + more_s)
            else:
                since, service_s = self.leave()
                self.ttft.add(self.now - since + more_s)
                self.over += self.now - since + more_s > self.s.sla_s
            self.start(self.now + service_s, service_s)

    def leave(self) -> Request:
        """The head of the queue leaves it: since when it waited, and its service."""
        since, service_s, ended = self.waiting.popleft()
        self.waiting_s += self.now
        self.cold += self.cold_starts > ended
        return since, service_s

    def start(self, end: float, service_s: float) -> None:
        """The newest free slot works until then, and serves so much if it must start over."""
        replica = heappop(self.free)
        if not self.busy % self.slots:
            self.perfect_s -= self.now
        self.busy += 1
        heappush(self.ends, (end, replica))
        self.work_ends[replica] = max(self.work_ends[replica], end)
        if self.evictions_per_s:
            self.running[replica].append((end, service_s))

    def stop(self) -> None:
        self.busy -= 1
        if not self.busy % self.slots:
            self.perfect_s += self.now

    def end(self, replica: int) -> None:
        if replica in self.work_ends:  # else it was evicted under way
            self.stop()
            heappush(self.free, replica)
            if self.evictions_per_s:
                self.running[replica] = [row for row in self.running[replica] if row[0] > self.now]
            self.serve_waiting(self.s.warm_ttft_s)

    def give_up(self, _: int) -> None:
        """Who came first gives up first, so that the head of the queue is all there is to see."""
        while self.waiting and self.waiting[0][0] + (self.patience_s or 0.0) <= self.now:
            self.leave()
            self.given_up += 1
            self.over += 1
        self.scale()

    def let_go(self, replica: int) -> None:
        del self.work_ends[replica]
        self.alive -= 1
        self.replica_s += self.now

    def evict(self, replica: int) -> None:
        """Its requests move to free slots elsewhere, or go back to the head of the queue."""
        if replica not in self.work_ends:
            return
        self.let_go(replica)
        self.evicted += 1
        lost = []
        for end, service_s in self.running.pop(replica):
            self.stop()
            if self.s.migrates and self.has_free_slot():
                # concession: the notice is as long as the rounds take; only the pause is felt.
                self.start(end + self.pause_s, service_s)
                self.pauses.add(self.pause_s)
                self.migrated += 1
            else:
                lost.append((self.now, service_s))
        self.restarted += len(lost)
        self.again.extendleft(reversed(lost))
        self.serve_waiting(self.s.warm_ttft_s)
        self.scale()

    def hour(self, _: int = 0) -> None:
        """Add to an hour of the day: seconds, requests, boots, replica and waiting seconds."""
        if self.now > LIMITS["hours"][1] * HOUR_S:  # a slip of units
            raise BadInput("the run passes ten years: see --service-s, the cold start, the trace")
        t, totals = self.now, [self.now, self.hits + self.queued, self.cold_starts]
        totals += [self.replica_s + t * self.alive, self.waiting_s + t * len(self.waiting)]
        row = self.timeline[self.hour_of_day]
        row[:] = [x + now - past for x, now, past in zip(row, totals, self.past)]
        self.past, self.hour_of_day = totals, (self.hour_of_day + 1) % 24
        heappush(self.agenda, (self.now + HOUR_S, HOUR, 0))

    def serve_hits(self, requests: Requests) -> Request | None:
        """Serve while each finds a free slot, and give back the first request that is more.

        subtle: `step` and `arrive` once more, in local names: a hit need only be counted, and that
        makes a busy endpoint four times as fast. The tests hold both to one slow simulation.
        """
        if self.waiting or self.evictions_per_s:
            return next(requests, None)
        free, ends, work_ends, slots = self.free, self.ends, self.work_ends, self.slots
        busy, perfect_s, hits = self.busy, self.perfect_s, self.hits
        wake, request = 0.0, None
        for request in requests:
            t, service_s = request
            if t >= wake and t >= (wake := self.next_event()[0]):
                break
            while ends[0][0] <= t:
                end, replica = heappop(ends)
                heappush(free, replica)
                busy -= 1
                if not busy % slots:
                    perfect_s += end
            while free and free[0] not in work_ends:
                heappop(free)
            if not free:
                break
            replica = heappop(free)
            if not busy % slots:
                perfect_s -= t
            busy += 1
            hits += 1
            end = t + service_s
            heappush(ends, (end, replica))
            if end > work_ends[replica]:
                work_ends[replica] = end
        else:
            request = None
        self.busy, self.perfect_s, self.hits = busy, perfect_s, hits
        return request


TELL_S = [monotonic() + 2]  # when a terminal hears again; the last counts


def on_terminal() -> bool:
    return bool(sys.stderr and sys.stderr.isatty())


def note(line: str = "") -> None:
    """A terminal shows it until the next one."""
    if on_terminal():
        print(f"\r{line:39}\r", end="", file=sys.stderr, flush=True)


def tell(line: str) -> None:
    """A terminal hears, after two seconds and then once a second, how far a long run is."""
    if on_terminal() and monotonic() > TELL_S[-1]:
        TELL_S.append(monotonic() + 1)
        note(line)


def simulate(
    s: Scenario, how: Traffic, asked: Sequence[Request] = (), most_late: float = math.inf
) -> Endpoint:
    """One run of an endpoint under the layers of this scenario; BadInput where it cannot be.

    Several runs may be asked the same, and stop early where too many are late.
    """
    check_traffic(s, how)
    start_s, requests = (0.0, iter(asked)) if asked else requests_of(s, how)
    endpoint = Endpoint(s, how, start_s)
    if on_terminal() and not asked:
        requests = with_progress(requests)
    endpoint.replay(requests, HOUR_S * how.hours if how.trace is None else None, most_late)
    return endpoint


def with_progress(requests: Requests) -> Requests:
    for count, request in enumerate(requests):
        if not count % 5000:
            tell(f"{count:,} requests, up to hour {request[0] / HOUR_S:,.1f}")
        yield request


def traffic_figures(s: Scenario, e: Endpoint, standby_usd_per_hour: float) -> Result:
    """What a run shows. The late are counted one by one, not read off the histogram."""
    end_s, asked, boots, replica_s, waiting_s = e.past  # the totals when the last hour closed
    span_s, gpu_hours, asked_or_1 = end_s or math.inf, gpus(s) / HOUR_S, max(asked, 1)
    served, total_s = map(sum, zip((0, 0), *e.ttft.bins.values()))
    return {
        "hours": end_s / HOUR_S,
        "requests": asked,
        "cold_starts": boots,
        "cold_starts_per_day": boots * 86400 / span_s,
        "cold_fraction": e.cold / asked_or_1,
        "ttft_s": e.ttft.figures(p50=0.5, p90=0.9, p99=0.99, p999=0.999)
        | {"mean": total_s / served if served else None},
        "over_sla_fraction": e.over / asked_or_1,
        "given_up": e.given_up,
        "gpu_hours": gpu_hours * replica_s,
        "usd": gpu_hours * replica_s * s.gpu_usd_per_hour + standby_usd_per_hour * end_s / HOUR_S,
        "replicas": {"mean": replica_s / span_s, "peak": e.peak},
        "perfect_gpu_hours": gpu_hours * (e.perfect_s + end_s * -(-e.busy // e.slots)),
        "waited_fraction": e.queued / asked_or_1,
        "mean_wait_s": waiting_s / asked_or_1,
        "waiting_at_end": len(e.waiting),
        "timeline": [
            {
                "hour": hour,
                "requests": int(requests),
                "cold_starts": int(started),
                "replicas": alive / (seconds or 1),
                "waiting": waiting / (seconds or 1),
            }
            for hour, (seconds, requests, started, alive, waiting) in enumerate(e.timeline)
            if seconds or requests
        ],
        "evictions": {
            "count": e.evicted,
            "migrated": e.migrated,
            "restarted": e.restarted,
            "interrupted": e.migrated + e.restarted,
            "pause_s": e.pauses.figures(p50=0.5, p99=0.99),
        },
    }


def erlang_c(load: float, servers: int) -> float:
    """Chance that a Poisson arrival finds every server busy; load in servers, below them all."""
    blocked = 1.0  # Erlang B, a server more each time
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def closed_forms(s: Scenario, how: Traffic, figures: Result) -> Rows:
    """What a formula expects of this run, where one applies, beside what the run shows."""
    lam, (least, most) = s.requests_per_hour / HOUR_S, workers(s, how)
    load, servers, cold_s = lam * how.service_s, least * how.slots, mean_cold_s(s, how)
    steady = lam > 0 and how.pattern == "poisson" and how.trace is None
    if not steady or how.evictions_per_day or how.patience_s is not None:
        return []
    # One replica serves all that a cold start lets wait, and service is short beside keep-alive.
    lone = lam * cold_s + load <= how.slots and 10 * how.service_s <= s.keep_alive_s
    if lone and least == 0 and not how.jitter:
        name, expected = "cycle, approximate", at_rate(s, s.requests_per_hour, cold_s)
    elif load < servers and least == most and how.service == "exponential":
        name, waits = "Erlang C", erlang_c(load, servers)
        mean_s = waits * how.service_s / (servers - load)
        expected = {"waited_fraction": waits, "mean_wait_s": mean_s}
    else:
        return []
    return [
        {"name": name, "figure": figure, "expected": x, "simulated": figures[figure]}
        for figure, x in expected.items()
        if figure in figures
    ]


# --- 9 PLANNER -----------------------------------------------------------------------------------
# Every stack, with every pool size that could help. A run of the same requests judges each, for a
# second model could disagree with the first: P99 holds where at most 1% of them were late.

ENOUGH, MOST_DAYS, HELD = 20_000, 30, 1_000_000  # a run: requests enough, days, requests at most


class Planning(Traffic):
    """The options of `plan`: traffic, limits beside the SLA, and what to have least of."""

    budget: float | None = None  # $/month, for all products
    prefer = "layers"  # the fewest, then the cheapest; "cost": the other way round
    forbid: Names = ()
    require: Names = ()
    tiers: Sequence[tuple[str, float, float]] = ()  # name, SLA in s, requests/h of each


PLANNED = names_of(Planning)
NO_PLAN: Result = dict.fromkeys(
    """layers min_workers cold_start_s p99_ttft_s over_sla_fraction usd_per_month
    cold_starts_per_day peak_replicas""".split()
)


def best(plans: Iterable[Result], prefer: str) -> Result | None:
    """The first of equals, for they come in the order of the layer table."""
    step = 1 if prefer == "layers" else -1
    return min(plans, key=lambda x: (len(x["layers"]), x["usd_per_month"])[::step], default=None)


ATTACKS = {"warm-pool": "the whole path", "migrate": "an eviction's pause"}


class Planner:
    """Runs of the same requests, remembered per cold start and pool size, and plans of them."""

    def __init__(self, s: Scenario, how: Planning, runs_of: Any = None) -> None:
        from itertools import islice

        if how.trace is None:
            days = math.ceil(ENOUGH / max(s.requests_per_hour, SMALLEST) / 24)
            how = how.but(hours=24.0 * min(days, MOST_DAYS))
        self.s, self.how = s, how
        self.budget = math.inf if how.budget is None else how.budget
        self.runs: dict[Any, Result] = runs_of.runs if runs_of else {}
        self.asked = runs_of.asked if runs_of else [*islice(requests_of(s, how)[1], HELD + 1)]
        if len(self.asked) > HELD:
            raise BadInput(f"more than {HELD:,} requests to plan for: must be fewer a day")
        if how.trace and not self.asked[-1][0]:
            raise BadInput(f"--trace {how.trace}: must last for more than an instant to plan for")

    def run(self, names: Names, least: int, whole: bool = True) -> Result:
        """A stack with a pool of so many; unless whole, it may be cut once it breaks P99."""
        s, how = stack(self.s, names), self.how.but(min_workers=least)
        key = s.sla_s, how.max_workers, least, s.migrates, *boot_spans(s, how)
        if key not in self.runs or (whole and self.runs[key]["cut"]):
            tell(f"{len(self.runs)} runs")
            most_late = math.inf if whole else P99_OVER * len(self.asked)
            endpoint = simulate(s, how, self.asked, most_late)
            self.runs[key] = traffic_figures(s, endpoint, 0.0) | {"cut": endpoint.over > most_late}
        return self.runs[key]

    def plan(self, names: Names, least: int) -> Result:
        """A stack and a pool size, and what a whole run shows of them; a month of all products."""
        s, run = self.s, self.run(names, least)
        usd = run["usd"] * s.products * s.hours_per_month / run["hours"]
        return {
            "layers": [*names],
            "min_workers": least,
            "cold_start_s": mean_cold_s(stack(s, names), self.how),
            "p99_ttft_s": run["ttft_s"]["p99"],
            "over_sla_fraction": run["over_sla_fraction"],
            "usd_per_month": round(usd + standby_usd_per_month(s, names), 2),
            "cold_starts_per_day": run["cold_starts_per_day"],
            "peak_replicas": run["replicas"]["peak"],
        }

    def stacks(self) -> Iterator[Names]:
        """Those allowed, the fewest layers first, then as in the table."""
        from itertools import combinations

        how, allowed = self.how, without(LAYERS, *self.how.forbid)
        if not how.evictions_per_day and "migrate" not in how.require:
            allowed = without(allowed, "migrate")
        for size in range(len(allowed) + 1):
            for names in combinations(allowed, size):
                if {*how.require} <= {*names}:
                    yield names

    def plans(self, stacks: Iterable[Names] = ()) -> Iterator[Result]:
        """What holds P99 within the budget, each cheaper than any of no more layers; of given
        stacks all that do."""
        cheapest = self.budget + 0.005  # dollars are rounded to cents
        for names in stacks or self.stacks():
            most = self.how.max_workers or 100_000
            for least in range(1, most + 1) if "warm-pool" in names else [0]:
                if standing_usd_per_month(self.s.but(min_workers=least), names) >= cheapest:
                    break
                run = self.run(names, least, whole=False)  # one that is cut breaks P99
                if holds_p99(1, run["over_sla_fraction"]):
                    plan = self.plan(names, least)
                    if plan["usd_per_month"] < cheapest:
                        cheapest = cheapest if stacks else plan["usd_per_month"]
                        yield plan
                if not run["waited_fraction"]:  # so a larger pool only costs more
                    break

    def path_s(self, names: Names) -> float:
        return cold_start_s(stack(self.s, names))

    def kept_sla_s(self) -> float:
        """The lowest P99 that a shortest path has, with or without what is rented, rounded up; an
        hour where none is lower."""
        shortest: dict[Any, Names] = {}
        for names in sorted(self.stacks(), key=self.path_s):
            shortest.setdefault(tuple(name for name in names if LAYERS[name].rent), names)
        patient = Planner(self.s.but(sla_s=HOUR_S), self.how, self)
        tails = [plan["p99_ttft_s"] or 0.0 for plan in patient.plans([*shortest.values()])]
        # subtle: a percentile is within a bin's width, and so are three digits.
        return float(f"{min(1.011 * min(tails, default=HOUR_S), HOUR_S):.3g}")

    def relaxations(self) -> Rows:
        """For each kind of limit the cheapest plan without it, and the change that allows it."""
        s, how, rows = self.s, self.how, []
        kept_s, most = self.kept_sla_s(), min(100_000, 1_000_000 // how.slots)
        for kind, change, later, eased in (
            ("budget", "--budget {whole_usd:.0f}", s, how.but(budget=None)),
            ("max_workers", "--max-workers {peak_replicas:.0f}", s, how.but(max_workers=most)),
            ("layer", "without --forbid {taken}", s, how.but(forbid=())),
            ("layer", "without --require {left}", s, how.but(require=())),
            ("sla", "--sla {kept_s:.4g}", s.but(sla_s=kept_s), how),
        ):
            if plan := best(Planner(later, eased, self).plans(), "cost"):
                fields = plan | {
                    "kept_s": kept_s,
                    "taken": [name for name in how.forbid if name in plan["layers"]],
                    "left": without(how.require, *plan["layers"]),
                    "whole_usd": math.ceil(plan["usd_per_month"]),
                }
                rows.append(plan | {"kind": kind, "change": fill(change, fields)})
        return rows

    def rejected(self, plan: Result | None) -> Rows:
        """The nearest that are not taken, with the reason: the shortest path without a pool, no
        layer, one warm replica, and this plan with a replica or a layer less."""
        names, least = (plan["layers"], plan["min_workers"]) if plan else ([], 0)
        allowed = [*self.stacks()]
        lone = [each for each in allowed if "warm-pool" not in each]
        tries = [(min(lone, key=self.path_s, default=()), 0), ((), 0), (("warm-pool",), 1)]
        tries += [((*names,), least - 1), *(((*without(names, name),), least) for name in names)]
        rows = [
            self.plan(each, count)
            for each, count in dict.fromkeys(tries)
            if each in allowed and count >= 0 and ("warm-pool" in each) == (count > 0)
        ]
        return [row | {"reason": self.reason(row)} for row in rows if row != plan][:3]

    def reason(self, row: Result) -> str:
        """Why a plan is not taken: it breaks P99 or the budget, or has more layers or dollars."""
        kept = "dear" if row["usd_per_month"] > self.budget else "more"
        kind = kept if holds_p99(1, row["over_sla_fraction"]) else "late"
        return fill(REASONS[kind], row | {"count": len(row["layers"])})

    def why(self, names: Names, least: int) -> Iterator[Result]:
        """For each layer what it attacks, and the seconds it takes off, all the others there."""
        s = self.s.but(min_workers=least)
        for name in names:
            layer, here, before = LAYERS[name], stack(s, names), stack(s, without(names, name))
            saves = [
                felt(before) - felt(here)
                for felt in (cold_start_s, first_request_ttft_s, eviction_pause_s)
            ]
            yield {
                "layer": name,
                "phases": [*path(s)] if name == "warm-pool" else layer.attacks,
                "saves_s": max(saves, key=abs),
                "attacks": ",".join(layer.attacks) or ATTACKS[name],
                "price": layer.price,
            }

    def sentences(self, plan: Result) -> Result:
        """What the first user on a fresh replica meets, what fails how, and what to alert on."""
        s, names, least = self.s, plan["layers"], plan["min_workers"]
        fields = plan | {
            "scenario": s.pick(FIGURES),
            "none": not least,
            "places": least * self.how.slots,
            "patience_s": self.how.patience_s,
            "moves": "migrate" in names,
            "stays": "migrate" not in names,
            "left": least - 1,
            "unmoved_s": plan["cold_start_s"] + prefill(s),
            "moved_s": pause_s(s),
            "alarm": max(math.ceil(2 * plan["cold_starts_per_day"]), 2),
            "elsewhere": "snapshot" in names and self.plan(without(names, "snapshot"), least),
        }
        return {name: fill(text, fields).replace("\n", " ") for name, text in SENTENCES.items()}


# --- 10 EVIDENCE ---------------------------------------------------------------------------------
# Published measurements beside the model. A row goes through a formula of this file, behind a
# layer, with figures that its source states or that a "fit" row was fitted to: such a row is shown
# and never counted. The last column says why the model is off, where that is known.

MEDIAN_MOST, WORST_MOST = 0.15, 0.40  # errors of a model that holds [assumed]
NAMED = 4  # of the predictions that are off most

MEASURED = "number use what formula seconds of figures sources why".split()
EVIDENCE = """\
1 | fit | 8B, EBS gp3, default loader | load_default | 47.99 | \
Llama-3-8B, volume of 1,000 MiB/s, Hugging Face safetensors, A10G | weights_gb=16.06 \
read_streams=1 read_stream_gb_s=0.34 read_cap_gb_s=1.049 copy_pageable_gb_s=25 | runai | -
2 |  | 8B, EBS gp3, streamer, 16 readers | weight_load behind stream | 14.34 | \
Llama-3-8B, the same volume | weights_gb=16.06 gpus_per_replica=1 \
streamer_read_streams=16 read_stream_gb_s=0.34 read_cap_gb_s=1.049 copy_pinned_gb_s=25 | runai | -
3 | fit | 8B, EBS io2, streamer, 1 reader | weight_load behind stream | 43.71 | \
Llama-3-8B, A10G | weights_gb=16.06 gpus_per_replica=1 \
streamer_read_streams=1 read_stream_gb_s=0.37 read_cap_gb_s=2.0 copy_pinned_gb_s=25 | runai | -
4 |  | 8B, EBS io2, streamer, 8 readers | weight_load behind stream | 7.53 | \
Llama-3-8B, the limit is the instance's, not the volume's | weights_gb=16.06 gpus_per_replica=1 \
streamer_read_streams=8 read_stream_gb_s=0.37 read_cap_gb_s=2.0 copy_pinned_gb_s=25 | runai ec2 | -
5 | fit | 8B, S3, streamer, 4 readers | weight_load behind stream | 28.24 | \
Llama-3-8B, same region; the S3 guide says 85-90 MB/s a request | weights_gb=16.06 \
gpus_per_replica=1 streamer_read_streams=4 read_stream_gb_s=0.142 read_cap_gb_s=5.0 \
copy_pinned_gb_s=25 | runai | -
6 |  | 8B, S3, streamer, 32 readers | weight_load behind stream | 4.88 | \
Llama-3-8B, network of 40 Gbit/s | weights_gb=16.06 \
gpus_per_replica=1 streamer_read_streams=32 read_stream_gb_s=0.142 read_cap_gb_s=5.0 \
copy_pinned_gb_s=25 | runai | 32 S3 requests slow one another
7 | fit | 32B, page cache, default loader | load_default | 12.466 | \
Qwen3-32B, safetensors, one H100 | weights_gb=65.5 \
read_streams=1 read_stream_gb_s=200 read_cap_gb_s=200 copy_pageable_gb_s=5.25 | sllm | -
8 | fit | 32B, NVMe, default loader | load_default | 20.592 | \
Qwen3-32B, an array of 29.4 GB/s for many readers | weights_gb=65.5 \
read_streams=1 read_stream_gb_s=8 read_cap_gb_s=29.4 copy_pageable_gb_s=5.25 | sllm | -
9 |  | 32B, NVMe, ServerlessLLM's store | weight_load behind stream | 3.216 | \
Qwen3-32B, the same array, many readers, pinned memory | weights_gb=65.5 gpus_per_replica=1 \
streamer_read_streams=16 read_stream_gb_s=8 read_cap_gb_s=29.4 copy_pinned_gb_s=55.4 | \
sllm nvbw | 16 readers reach about 70% of an NVMe array
10 |  | 32B, host memory, the same | weight_load behind tiered | 1.253 | \
Qwen3-32B, one H100 | weights_gb=65.5 gpus_per_replica=1 dram_gb_s=200 \
copy_pinned_gb_s=55.4 | sllm nvbw | -
11 | fit | vLLM image, pulled on EKS | image_pull | 124 | \
Bottlerocket, 75 MB/s; other runs 97 and 146 | image_gb=9.35 image_pull_s_per_gb=13.3 | eks | -
12 | fit | vLLM image, pre-seeded | image_pull behind preseed | 22 | \
no pull, but the container's start grows from 2 to 24 s | image_gb=9.35 \
first_touch_s_per_gb=2.35 | eks | -
13 | fit | 1.5B on an L4, compile cache | engine_init behind graph-cache | 15.3 | \
28.0 s without it, 14.8 of them compile; 3.0 with it | engine_fixed_s=13.2 \
graph_capture_s=14.8 graph_cache_fraction=0.2 | eks | -
14 |  | 70B on four H100, compile cache | engine_init behind graph-cache | 38.1 | \
Llama-3-70B, 91.8 s without it, 60.8 of them compile; the fraction is row 13's | \
engine_fixed_s=31.0 graph_capture_s=60.8 graph_cache_fraction=0.2 | anyscale | \
a compile cache also shortens profiling
15 | fit | restore of a 0.5B's snapshot | restore_snapshot | 3.386 | \
Qwen2.5-0.5B, one GPU, type not stated | weights_gb=1.0 snapshot_fixed_s=3.13 \
snapshot_gb_s=3.85 | dynamo | -
16 |  | restore of an 8B's | restore_snapshot | 8.071 | \
Qwen3-8B, the same | weights_gb=16.4 snapshot_fixed_s=3.13 snapshot_gb_s=3.85 | dynamo | -
17 | fit | restore of a 72B's | restore_snapshot | 40.867 | \
Qwen2.5-72B, the same | weights_gb=145.4 snapshot_fixed_s=3.13 snapshot_gb_s=3.85 | dynamo | -
18 | fit | prefill of 50,000 tokens, 8B | prefill | 2.294 | \
Llama-3.1-8B, one H100 | model=8b prompt_tokens=50000 gpus_per_replica=1 | vllm | -
19 |  | prefill of 10,000 tokens, 8B | prefill | 0.258 | \
Llama-3.1-8B, one H100 | model=8b prompt_tokens=10000 gpus_per_replica=1 | vllm | \
short prompts use GPUs better"""


def beside(s: Scenario, line: str) -> Result:
    """A row of the table, and what the model says to it."""
    row: Result = dict(zip(MEASURED, line.split(" | ")))
    pairs = [pair.split("=") for pair in row["figures"].split()]
    figures = {name: x if name == "model" else float(x) for name, x in pairs}
    formula, _, layer = row["formula"].partition(" behind ")
    there = stack(s.but(**{"weights_gb": None} | figures), layer.split())
    model_s, took_s = globals()[formula](there), float(row["seconds"])
    return row | {"seconds": took_s, "model_s": model_s, "error": model_s / took_s - 1}


def evidence(s: Scenario) -> Result:
    """The measurements, the errors of those that were predicted, and whether the model holds."""
    rows = [beside(s, line) for line in EVIDENCE.splitlines()]
    tried = sorted((row for row in rows if row["use"] != "fit"), key=lambda x: -abs(x["error"]))
    errors = [abs(row["error"]) for row in tried]
    middle, worst = len(errors) // 2, errors[0]
    median = (errors[middle] + errors[~middle]) / 2
    broken = median > MEDIAN_MOST or worst > WORST_MOST
    reason = "what" if broken else "why"  # for those are of the model as it was
    return {
        "rows": rows,
        "predictions": len(tried),
        "median_error": median,
        "worst_error": worst,
        "off": "; ".join(
            f"{row[reason].strip('-') or row['what']} ({row['error']:+.0%})"
            for row in tried[:NAMED]
        ),
        "bounds": {"median": MEDIAN_MOST, "worst": WORST_MOST},
        "broken": broken,
    }


# What rows 12 and 17 measured in place of the lesson's figures behind the short stack.
MEASURED_SHORT = {"first_touch_s_per_gb": 2.35, "snapshot_fixed_s": 3.13, "snapshot_gb_s": 3.85}


def remembered(s: Scenario) -> Result:
    """What the model gives where the lesson has a figure to remember."""
    small, large = (s.but(model=model, weights_gb=None) for model in ("7b", "70b"))
    short, raw_s = ["preseed", "snapshot", "warm-node"], cold_start_s(large)
    load_s = load_default(large)
    return {
        "restore_s": restore_snapshot(small),
        "default_s": cold_start_s(stack(small, short)),
        "warm_s": s.warm_ttft_s,
        "preseed_s": raw_s - cold_start_s(preseed(large)),
        "raw_s": raw_s,
        "stream_x": load_s / load_streamed(large),
        "tiered_x": load_s / load_tiered(large),
        "whole_x": raw_s / cold_start_s(stack(large, short)),
        "measured_s": cold_start_s(stack(large.but(**MEASURED_SHORT), short)),
    }


# --- 11 MEASURE ----------------------------------------------------------------------------------
# A lesson's probe of this machine's own tiers, no benchmark; and the anatomy of a real start, from
# its log. Both find figures, which --set @FILE carries into any other command.

BLOCK, CHUNK, COPIED = 2**20, 2**26, 2**28  # bytes of a read, of a reader's turn, of a copy
TRIES, READERS = 3, (1, 4)  # of each rate, at once
AS_FAST = 0.8  # of the page cache's rate: a disk that is faster was not asked [assumed]


class Probing(Record):
    """The options of `measure`."""

    dir = "."  # where a file is written, read and removed
    size_gib = 2.0  # GiB of it
    file: str | None = None  # one that exists, instead
    log: str | None = None  # a vLLM start-up log, instead; "-" is standard input


def write_file(path: str, size: int) -> None:
    """Bytes that no file system packs."""
    import os

    block = os.urandom(4 * BLOCK)
    with open(path, "xb") as file:
        for start in range(0, size, len(block)):
            file.write(block[: size - start])
            tell(f"writing {size / 1e9:.2f} GB: {start / size:.0%}")


def forget(path: str) -> None:
    """Have the page cache drop a file, on systems that take such advice."""
    import os

    if hasattr(os, "posix_fadvise"):
        with open(path, "rb") as file:
            os.fsync(file.fileno())  # what is not on the disk yet cannot be dropped
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds_of(work: Callable[[], object]) -> float:
    start_s = monotonic()
    work()
    return max(monotonic() - start_s, SMALLEST)


def read_rate(path: str, size: int, readers: int, past_cache: bool) -> float:
    """GB/s of so many readers, who take turns of a chunk each."""
    from concurrent.futures import ThreadPoolExecutor

    chunk = min(CHUNK, -(-size // readers))

    def read(start: int) -> None:
        tell(f"reading {size / 1e9:.2f} GB, readers: {readers}")
        block, left = memoryview(bytearray(BLOCK)), chunk
        with open(path, "rb", buffering=0) as file:
            file.seek(start)
            while left > 0 and (count := file.readinto(block[:left])):
                left -= count

    if past_cache:
        forget(path)
    with ThreadPoolExecutor(readers) as pool:
        return size / 1e9 / seconds_of(lambda: [*pool.map(read, range(0, size, chunk))])


def copy_rate(size: int) -> float:
    """GB/s of a copy from one place in memory to another."""
    source, goal = bytearray(size), memoryview(bytearray(size))
    return size / 1e9 / seconds_of(lambda: goal.__setitem__(slice(None), source))


def start_python() -> None:
    from subprocess import run

    run([sys.executable, "-c", "pass"], check=True)


def spread(name: str, try_it: Callable[..., float], *how: Any) -> Result:
    """The middle one of several tries, and how far they lie apart."""
    low, middle, high = sorted(try_it(*how) for _ in range(TRIES))
    return {"name": name, "median": middle, "low": low, "high": high}


def tiers_of(path: str, size: int) -> Rows:
    """GB/s of disk, page cache and memory; what reads the disk fills the cache for who follows."""
    rows = [
        spread(f"{tier}, readers: {readers}", read_rate, path, size, readers, tier == "disk")
        for tier in ("disk", "page cache")
        for readers in READERS
    ]
    return [*rows, spread("memory copy", copy_rate, min(size, COPIED))]


def probe(how: Probing) -> tuple[int, Rows]:
    """Bytes and tiers of the file named, or of one that is written, and removed on any way out."""
    from os.path import getsize
    from shutil import disk_usage
    from tempfile import TemporaryDirectory

    where = f"--dir {how.dir}" if how.file is None else f"--file {how.file}"
    try:
        if how.file is not None:
            size = getsize(how.file)
            if size < BLOCK:
                raise BadInput(f"{where}: must be a file of {BLOCK:,} bytes or more")
            return size, tiers_of(how.file, size)
        size, room = round(how.size_gib * 2**30), disk_usage(how.dir).free
        if size > room:
            free = f"{room / 2**30:.3g} GiB are free; must be {how.size_gib:g}"
            raise BadInput(f"{where}: {free}, or less with --size-gib")
        with TemporaryDirectory(prefix="cold-start-", dir=how.dir) as folder:
            write_file(f"{folder}/weights", size)
            return size, tiers_of(f"{folder}/weights", size)
    except OSError as error:
        raise BadInput(f"{where}: {error.strerror}") from None


# What a line tells, the line whose seconds contain its own, its phase, and how it reads: N is a
# number, ... is anything.
LOG_LINES = [
    row.split(" | ")
    for row in """\
weights downloaded | model loading | weight_load | Time spent downloading weights ... N s
weights loaded | model loading | weight_load | Loading weights took N s
model loading | - | weight_load | Model loading took N G... and N s
Dynamo transform | torch.compile | engine_init | Dynamo bytecode transform time: N s
graphs compiled | torch.compile | engine_init | Compiling a graph for ... N s
graphs from a cache | torch.compile | engine_init | Directly load ... graph... took N s
torch.compile | engine start | engine_init | torch.compile ... N s in total
graphs captured | engine start | engine_init | Graph capturing finished in N s
engine start | - | engine_init | init engine ... took N s
server start | - | - | Starting vLLM ...server""".splitlines()
]
LOG_STARTS = r"(?m)^(?=.*(?:server|\u2588) +version)"  # before a start; the last one counts
STAMP = r"(?:(\d{4})-)?(0[1-9]|1[0-2])-(\d\d)[ T](\d\d):(\d\d):(\d\d)"
YEAR_S = 365 * 86400.0


def seconds_in(steps: Rows, start: str = "", key: str = "name") -> float:
    """Of all these steps, or of those whose name starts so, or whose phase."""
    return sum(float(row["seconds"]) for row in steps if row[key].startswith(start))


class StartLog:
    """What the lines of a start say: each second once, and of several workers the slowest.

    `seconds` by line and worker, `gib` of weights of all workers that tell theirs, `gpus` of one
    replica, and `span_s` between the time stamps of the first line and of the last that counts.
    """

    def __init__(self, text: str) -> None:
        import re
        from calendar import timegm

        forms = {
            name: re.escape(form).replace(r"\.\.\.", ".*?").replace("N", r"(\d{1,9}(?:\.\d+)?)")
            for name, _, _, form in LOG_LINES
        }
        self.seconds: dict[str, dict[str, float]] = {name: {} for name in forms}
        self.gib = 0.0
        sizes = dict[str, str]()  # of tensor and pipeline, where they are told
        stamps, told = [], 0  # and how many there were at the last line that says something
        *_, start = re.split(LOG_STARTS, text)
        for line in start.splitlines():
            line = re.sub(r"\*|\x1b\[[\d;]*m", "", line)  # Markdown's, and a terminal's colours
            for year, *when in re.findall(STAMP, line)[:1]:
                stamps.append(timegm((int(year or 2001), *map(int, when))))  # 2001: no leap day
            sizes.update(re.findall(r"(tensor|pipeline)_parallel_size\W+(\d{1,4})\b", line))
            worker = "".join(re.findall(r"\([^()]*pid=[^()]*\)", line)[-1:])
            for name, form in forms.items():
                if found := re.search(form, line):
                    *gib, seconds = (0.0, *map(float, found.groups()))
                    mine = self.seconds[name]
                    mine[worker] = mine.get(worker, 0.0) + seconds
                    self.gib += sum(gib)
                    told = len(stamps)
        span_s = (stamps[told - 1] - stamps[0]) % YEAR_S if told else 0.0
        self.span_s = span_s if span_s < YEAR_S / 2 else 0.0  # more is a clock set back
        self.workers = max(map(len, self.seconds.values()))
        # A data-parallel engine has several replicas, each on as many GPUs.
        self.gpus = math.prod(map(int, sizes.values())) if sizes else self.workers

    def inside(self, outer: str = "-", worker: str = "-") -> Rows:
        """The lines inside this one, each with its seconds less those inside it.

        They are this worker's, or else those of the one that was slowest.
        """
        steps: Rows = []
        for name, around, phase, _ in LOG_LINES:
            if around == outer:
                mine = self.seconds[name]
                one = worker if worker in mine else max(mine, key=lambda x: mine[x], default="-")
                inner = self.inside(name, one)
                own_s = mine.get(one, 0.0) - seconds_in(inner)
                name += ", the rest" * bool(inner)
                steps += [*inner, {"name": name, "phase": phase, "seconds": own_s}]
        return [row for row in steps if row["seconds"] >= 0.001]

    def steps(self) -> Rows:
        """Each line's own seconds, and last those that no line explains."""
        steps = self.inside()
        explained_s = seconds_in(steps)
        lost_s = self.span_s - explained_s
        if lost_s >= 0.001:
            steps.append({"name": "unexplained", "phase": "-", "seconds": lost_s})
        total_s = max(self.span_s, explained_s)
        return [row | {"share": row["seconds"] / total_s} for row in steps]

    def figures(self, s: Scenario, steps: Rows) -> Result:
        """Those that make these steps the phases: what is not in the log stays as it was."""
        load_s = seconds_in(steps, "weight_load", "phase")
        engine_s = seconds_in(steps, "engine_init", "phase")
        fixed_s = seconds_in(steps, "engine start")
        figures = {}
        if self.gib:
            # subtle: of several workers only the first may tell what it holds.
            gib = self.gib / len(self.seconds["model loading"])
            figures["weights_gb"] = gib * self.gpus * 2**30 / 1e9
        if load_s:
            # concession: a log does not part read from copy, so both change by one factor.
            faster = load_default(s.but(**figures)) / load_s
            for name in ("read_stream_gb_s", "read_cap_gb_s", "copy_pageable_gb_s"):
                figures[name] = getattr(s, name) * faster
        if self.seconds["engine start"]:
            figures["engine_fixed_s"] = fixed_s
        if engine_s:
            figures["graph_capture_s"] = engine_s - fixed_s
        return {name: float(f"{x:.6g}") for name, x in figures.items()}


# --- 12 REPORT -----------------------------------------------------------------------------------
# A result is one dictionary: it is the JSON, and the text only shows it.

KNOWN_STACKS = (  # worth knowing, from the raw path down to the 70b's shortest
    (),
    ("preseed",),
    ("preseed", "stream"),
    ("preseed", "snapshot"),
    ("preseed", "tiered", "graph-cache", "warm-node"),
    ("preseed", "snapshot", "warm-node"),
)
CONTEXTS = [1024 * 2**power for power in range(8)]  # 1k to 128k tokens
NETWORKS_GBIT_S = (10, 25, 100, 400)


def described(name: str) -> Result:
    """A layer's row, in words."""
    return {key: x for key, x in vars(LAYERS[name]).items() if isinstance(x, (str, list))}


def head(s: Scenario, names: Names) -> Result:
    """What is run: every figure, those that this run sets, the layers and the tools for them."""
    was = vars(Figures) | {"weights_gb": weights_gb(s.but(weights_gb=None))}
    return {
        "scenario": s.pick(FIGURES) | {"weights_gb": weights_gb(s)},
        "layers": [*names],
        "replica": {"gpus": gpus(s), "usd_per_hour": replica_usd_per_hour(s)},
        "raw_cold_start_s": cold_start_s(s),
        "path_s": cold_start_s(stack(s, names)),
        "standby_usd_per_hour": standby_usd_per_month(s, names) / s.hours_per_month,
        "tools": [described(name) for name in names],
        "changed": [
            {"name": name, "was": was[name], "now": now}
            for name, now in vars(s).items()
            if now != was[name]
        ],
    }


def phases_result(s: Scenario, names: Names) -> Rows:
    """Each phase raw and under the layers, its published range, and who changed it."""
    raw, under, kept = path(s), stack(s, names), working(s, names)
    spans, saves = ranges(under), {name: spared(s, kept, name) for name in kept}
    rows, end, total_s = [], 0.0, cold_start_s(under)
    for phase, seconds in path(under).items():
        start, end = end, end + seconds
        row = {
            "name": phase,
            "seconds": seconds,
            "raw_seconds": raw[phase],
            "start_s": start,
            "end_s": end,
            "share": seconds / total_s,
            "low_s": spans[phase][0],
            "high_s": spans[phase][1],
            "changed_by": [name for name in kept if saves[name][phase]],
        }
        rows.append(row)
    return rows


def layer_result(s: Scenario, names: Names, kept: Names, name: str) -> Result:
    """A layer alone, and what is to be said of it in this stack, of which these layers act."""
    layer, note = LAYERS[name], ""
    alone = layer.change(s)
    if name in kept and sum(spared(s, kept, name).values()) < 0:
        note = f"{name} makes {','.join(layer.attacks)} slower: see its figures"
    if name in names and name not in kept and layer.attacks:
        why = f"it needs {layer.needs}" if alone is s else "the stack is as fast without it"
        note = f"{name} lies idle: {why}"
    path_s = cold_start_s(alone)
    return described(name) | {"path_s": path_s, "saves_s": cold_start_s(s) - path_s, "note": note}


def pool_result(s: Scenario) -> Result:
    return {
        "gpu_hours_per_month": s.products * s.min_workers * gpus(s) * s.hours_per_month,
        "usd_per_month": pool_usd_per_month(s),
        "gpus_per_replica": gpus(s),
    }


def minute_result(s: Scenario, names: Names) -> Result:
    """What a minute of cold start costs to avoid: here, and for the smallest model."""
    smallest = next(iter(MODELS))
    cheap = s.but(model=smallest, weights_gb=None, gpu_usd_per_hour=s.small_gpu_usd_per_hour)
    small = stack(cheap, ["preseed", "warm-node"])
    return {
        "usd": usd_per_cold_minute(stack(s, names)),
        "small_model": smallest,
        "small_usd": usd_per_cold_minute(small),
        "small_s": cold_start_s(small),
    }


def moving_result(s: Scenario, names: Names) -> Result:
    """An eviction under these layers, how long without migration, and over other networks."""
    under = stack(s, names)
    here, has = migration(under), s.network_gb_s
    cross = here["crossover_gb_s"] or has
    return {
        "migration": here,
        "unmoved_s": eviction_pause_s(under.but(migrates=False)),
        "over_networks": [
            {"network_gb_s": x} | migration(under.but(network_gb_s=x))
            for x in between({cross / 30, has, cross, cross * 30}, 6)
        ],
    }


def finding(s: Scenario, names: Names) -> Result:
    """The longest phase, and what to try next: the layer that helps most, else migration."""
    # subtle: min takes the first of equals: the pool, where no other layer shortens the path.
    helps = min(("warm-pool", *LAYERS), key=lambda name: cold_start_s(stack(s, [*names, name])))
    under = stack(s, names)
    done = helps in names or first_request_ttft_s(under) <= s.sla_s or s.sla_s < s.warm_ttft_s
    longest = max(PHASES, key=lambda phase: phase(under))
    return {
        "longest": longest.__name__,
        "longest_s": longest(under),
        "advice": "And when a node goes away" if done else f"{helps} would help most",
        "command": typed(s, names, " migrate") if done else typed(s, [*names, helps]),
    }


def report_result(s: Scenario, names: Names) -> Result:
    """The report on a scenario under the named layers."""
    under, kept = stack(s, names), working(s, names)
    yours, (low, high) = tuple(names), ranges(under)["total"]
    alone = [layer_result(s, names, kept, name) for name in LAYERS]
    lows, _, highs = zip(*PUBLISHED_S.values())
    return {
        **head(s, names),
        **stack_result(s, names),
        "models": [*MODELS],
        "phases": phases_result(s, names),
        "first_request_ttft_s": first_request_ttft_s(under),
        "range_s": {"low": low, "high": high},
        "published_s": {"low": sum(lows), "high": sum(highs)},
        "alone": alone,
        "notes": [row for row in alone if row["note"]],
        "stacks": sorted(
            (
                stack_result(s, each) | {"mark": "yours ->" * (each == yours)}
                for each in dict.fromkeys((*KNOWN_STACKS, yours))
            ),
            key=lambda row: -row["cold_start_s"],
        ),
        "warm_pool": pool_result(s),
        "pools": [
            pool_result(s.but(products=n)) | {"products": n} for n in sorted({1, s.products, 5})
        ],
        "minute": minute_result(s, names),
        "break_even": regimes(under),
        **moving_result(s, names),
        "day": day_result(s, names),
        "evidence": evidence(s),
        "finding": finding(s, names),
    }


def asked_of(s: Scenario, how: Traffic) -> str:
    """What asks, in a word or two: a trace, or a rate and its pattern."""
    return how.trace or f"{plain(s.requests_per_hour)}/h, {how.pattern}"


def run_result(s: Scenario, names: Names, how: Traffic, asked: Sequence[Request] = ()) -> Result:
    """One run of traffic under the named layers."""
    under, rent = stack(s, names), standby_usd_per_month(s, names) / s.hours_per_month
    least, most = workers(under, how)
    ran = how.but(min_workers=least, max_workers=most, cold_start_s=mean_cold_s(under, how))
    figures = traffic_figures(under, simulate(under, how, asked), rent)
    return {
        "run": ran.pick(TRAFFIC),
        **figures,
        "closed_form": closed_forms(under, how, figures),
    }


def traffic_result(s: Scenario, names: Names, **options: Any) -> Result:
    """A run with these options of Traffic; with evictions, also with or without migrate."""
    from os.path import isfile

    how, moved = Traffic(**options), "migrate" in names
    found, labels = run_result(s, names, how), ("without migrate", "with migrate")
    compared = [found["evictions"] | {"name": labels[moved]}] if how.evictions_per_day else []
    if compared and (how.trace is None or isfile(how.trace)):  # a pipe cannot be read again
        other = run_result(s, without(names, "migrate") if moved else [*names, "migrate"], how)
        compared.insert(1 - moved, other["evictions"] | {"name": labels[not moved]})
    late, run = not holds_p99(1, found["over_sla_fraction"]), found["run"]
    full = run["min_workers"] == run["max_workers"] or found["waiting_at_end"]
    more = "max_workers" if full else "min_workers"
    worse = f"--seed {how.seed + 1}" if how.evictions_per_day else "--evictions-per-day 24"
    option = f"{dashed(more)} {run[more] + 1}" if late else worse
    if s.sla_s < s.warm_ttft_s:
        option = f"--sla {s.warm_ttft_s:g}, for even a warm replica is late"
    return {
        **head(s, names),
        **found,
        "evictions_compared": compared,
        "asked": asked_of(s, how),
        "holds": "breaks" if late else "holds",
        "or_traced": " unless the trace says" if how.trace else "",
        "next": option,
    }


def day_result(s: Scenario, names: Names) -> Rows:
    """Scale-to-zero and one warm replica over the same day, or its first 20,000 requests."""
    day = Traffic(hours=min(24.0, ENOUGH / max(s.requests_per_hour, SMALLEST)))
    asked = [*synthetic(s, day)]
    return [run_result(s, names, day.but(min_workers=least), asked) for least in (0, 1)]


def migrate_result(s: Scenario, names: Names) -> Result:
    """Migration as in the report, and in a table over contexts and networks."""
    under, rows = stack(s, names), []
    for tokens in CONTEXTS:
        at = under.but(prompt_tokens=tokens)
        over = {f"{g} Gbit/s": migration(at.but(network_gb_s=g / 8)) for g in NETWORKS_GBIT_S}
        rows.append({"prompt_tokens": tokens, **migration(at), "over": over})
    return {**head(s, names), **moving_result(s, names), "table": rows}


def mandatory(s: Scenario, forbid: Names) -> str:
    """The lesson's rule for large models under 60 s, where it applies, with the model's reason."""
    seconds = path(stack(s, without(LAYERS, *forbid, "warm-pool", "warm-node")))
    best_s = sum(seconds.values())
    if MODELS[s.model][0] < 70 or not s.warm_ttft_s <= s.sla_s < min(60, best_s):
        return ""
    node_s = duration(cold_start_s(stack(s, without(LAYERS, *forbid))))
    substitute = f", or down to {node_s} its substitute, the standby node"
    substitute *= "warm-node" not in forbid
    return fill(RULE, seconds | {"model": s.model, "best_s": best_s, "substitute": substitute})


def plan_result(s: Scenario, names: Names, **options: Any) -> Result:
    """The plan within these options of Planning, or why there is none."""
    how = Planning(**options)
    how = how.but(require=[*names, *how.require])
    for name in how.require:
        if name in how.forbid:
            raise BadInput(f"--forbid {name}: must not be required too")
    if "min_workers" in vars(s):
        raise BadInput("--min-workers: must be left out, for plan sizes the pool")
    if how.tiers:
        return tiers_result(s, how)
    planner = Planner(s, how)
    how, plans = planner.how, [*planner.plans()]
    other_way = "cost" if how.prefer == "layers" else "layers"
    plan, other = best(plans, how.prefer), best(plans, other_way)
    under, least = (plan["layers"], plan["min_workers"]) if plan else ([], 0)
    relaxed = [] if plan else planner.relaxations()
    binding = None if plan else "several limits together, for no change of one would do"
    # The most ever in flight are the most replicas of one slot that start at once.
    lone = Traffic(slots=1, cold_start_s=0.0, max_workers=100_000)
    most = simulate(s, lone, planner.asked).peak if planner.asked else 0
    always = min(-(-most // how.slots), how.max_workers or most)
    _, most_workers = workers(s, how.but(min_workers=least))
    hours, cold_s = planner.run((), 0)["hours"], mean_cold_s(stack(s, under), how)
    ran = how.but(hours=hours, max_workers=most_workers, cold_start_s=cold_s)
    same = {name: x for name, x in vars(how).items() if name in TRAFFIC}
    rule = mandatory(s, how.forbid)
    return {
        "run": ran.pick([*PLANNED, *TRAFFIC]),
        "asked": asked_of(s, how),
        "feasible": plan is not None,
        **(plan | planner.sentences(plan) if plan else NO_PLAN | dict.fromkeys(SENTENCES)),
        **head(s, under),
        "why": [*planner.why(under, least)],
        "other": other and {"prefer": other_way, **other},
        "rejected": planner.rejected(plan),
        "binding": relaxed[0]["kind"] if relaxed else binding,
        "relaxations": relaxed,
        "mandatory": "" if plan and not {"warm-pool", "warm-node"} & {*under} else rule,
        "phases": phases_result(s, under),
        "doing_nothing": planner.plan((), 0),
        "always_on": planner.plan(("warm-pool",), always),
        "most_in_flight": most,
        "command": typed(s, under, " traffic", **same, min_workers=least),
    }


def evidence_result(s: Scenario, names: Names) -> Result:
    """Measurements and predictions, and the lesson's figures beside the model's."""
    found = evidence(s)
    used = dict.fromkeys(" ".join(row["sources"] for row in found["rows"]).split())
    return {
        **head(s, names),
        "evidence": found,
        "sources": [{"name": name, "says": SOURCES[name]} for name in used],
        "lesson": remembered(s),
        "feasible": not found["broken"],
    }


def measure_result(s: Scenario, names: Names, **options: Any) -> Result:
    """Figures of this machine, or of a start by its log; beside them what --set @FILE skips."""
    how = Probing(**options)
    for name in ("log", "file"):
        if name in options and len(options) > 1:
            raise BadInput(f"{dashed(name)}: must be without other options of measure")
    figures, shown = machine(s, how) if how.log is None else start_log(s, how.log)
    there = s.but(**figures)
    check(there)
    was, now = path(stack(s, names)), path(stack(there, names))
    shown |= {
        **head(there, names),
        "command": typed(there, names),
        "was_s": sum(was.values()),
        "phases": [{"name": x, "was_s": was[x], "now_s": now[x]} for x in now if figures],
    }
    found = {**vars(there), "machine" if how.log is None else "log": shown}
    return found if figures else found | {"feasible": False}


def machine(s: Scenario, how: Probing) -> tuple[Result, Result]:
    """The figures of this machine, and what is shown of it."""
    size, rates = probe(how)
    disk, disks, cache, caches, _ = (row["median"] for row in rates)
    best_disk, best_cache, gb = max(disk, disks), max(cache, caches), weights_gb(s)
    figures = {"read_stream_gb_s": disk, "read_cap_gb_s": best_disk, "dram_gb_s": best_cache}
    return {name: float(f"{x:.3g}") for name, x in figures.items()}, {
        "where": how.file or how.dir,
        "file_gb": size / 1e9,
        "rates": [row | {"seconds": gb / row["median"]} for row in rates],
        "python_s": spread("starting Python", seconds_of, start_python),
        "cached": any(a["high"] > AS_FAST * b["median"] for a, b in zip(rates[:2], rates[2:])),
        "disk_s": gb / best_disk,
        "memory_s": gb / best_cache,
    }


def start_log(s: Scenario, file: str) -> tuple[Result, Result]:
    """The figures of a start, and what is shown of it."""
    log = StartLog(text_of(f"--log {file}", file))
    steps = log.steps()
    figures, lost_s = log.figures(s, steps), seconds_in(steps, "unexplained")
    return figures, {
        "where": "standard input" if file == "-" else file,
        "steps": steps,
        "total_s": seconds_in(steps),
        "workers": log.workers if log.workers > 1 else None,
        "gpus": log.gpus,
        "unexplained_s": lost_s,
        "engine_s": figures.get("engine_fixed_s", s.engine_fixed_s) + lost_s,
        "unstamped": bool(figures) and not log.span_s,
        "loaded": "copy_pageable_gb_s" in figures,
        "found": bool(figures),
        "looked_for": [] if figures else [{"line": row[-1]} for row in LOG_LINES],
    }


def tiers_result(s: Scenario, how: Planning) -> Result:
    """A plan for each tier of users, against one pool for all at the hardest promise."""
    if how.trace or how.budget is not None or {"sla_s", "requests_per_hour"} & {*vars(s)}:
        others = "--sla, --rate, --trace and --budget"
        raise BadInput(f"--tiers: must be without {others}, for each tier has its own")
    _, slas, rates = zip(*how.tiers)
    rows: Rows = []
    for name, sla_s, rate in (*how.tiers, ("one pool", min(slas), sum(rates))):
        tier = {"sla_s": sla_s, "requests_per_hour": rate}
        plan = best(Planner(s.but(**tier), how).plans(), how.prefer) or NO_PLAN
        rows.append({"name": name, **tier, "feasible": plan is not NO_PLAN, **plan})
    *apart, pooled = rows
    hardest, feasible = apart[slas.index(min(slas))], all(row["feasible"] for row in apart)
    nodes = sum("warm-node" in (row["layers"] or ()) for row in apart)
    shared = max(nodes - 1, 0) * node_usd_per_month(s)  # one standby node serves all tiers
    return {
        **head(s, how.require),
        "feasible": feasible,
        "tiers": apart,
        "usd_per_month": sum(row["usd_per_month"] for row in apart) - shared if feasible else None,
        "one_pool": pooled,
        "refused": [row for row in rows if not row["feasible"]],
        "premium": hardest["name"],
        "dedicated_usd_per_month": (hardest["min_workers"] or 1) * node_usd_per_month(s),
    }


# --- from here on: printing only -----------------------------------------------------------------
# A text looks like what it prints. A line behind `name* ` stands once for each row of that name. A
# field ends in a letter: N three digits, D no idle zero, T time, M minutes, G Gbit/s, $ dollars,
# B bytes, E an end of a range. Lines in "|" are a table; a cell `# width now raw` is a bar. A
# heading ends in " -".


def three(x: float) -> str:
    """Three digits or so, in at most nine characters."""
    if x < 1:
        return f"-{three(-x)}" if x < 0 else f"{x:.2g}" if x >= 0.001 else "<0.001" if x else "0"
    if x < 999.95:
        return f"{x:.1f}" if x < 99.95 else f"{x:.1f}".removesuffix(".0")
    return f"{x:,.0f}" if x < 1e7 else f"{x:.1e}"


def plain(x: float) -> str:
    return three(x).removesuffix(".0")


def duration(x: float) -> str:
    return f"{three(x)} s" if abs(x) >= 0.9995 else f"{1000 * x:.3g} ms"


def dollars(x: float) -> str:
    return f"${x:,.2f}" if x < 99.995 else f"${x:,.0f}" if x < 1e8 else f"${x:.1e}"


def size(x: float) -> str:
    large = (row for row in ((1e9, "GB"), (1e6, "MB")) if x >= 0.9995 * row[0])
    unit, name = next(large, (1e3, "kB"))
    return f"{x / unit:.3g} {name}"


FORMS: dict[str, Callable[[float], str]] = {
    "N": three,
    "D": plain,
    "T": duration,
    "$": dollars,
    "B": size,
    "M": lambda x: f"{x / 60:.1f} min",
    "G": lambda x: f"{8 * x:.3g}",
    "E": lambda x: plain(round(x) if x >= 100 else x),  # an end of a range
}


class Shown(float):
    """A number that a field's letter prints, or else Python; nan is n/a."""

    def __format__(self, spec: str) -> str:
        form = FORMS.get(spec)
        return "n/a" if self != self else form(self) if form else super().__format__(spec or "g")


class View(dict[str, Any]):
    """A record as its fields show it."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if isinstance(value, dict):
            return View(value)
        if isinstance(value, list):
            return ",".join(value) or "none"
        return value if isinstance(value, str) else Shown("nan" if value is None else value)


def rows_of(record: Any, path: str) -> Rows:
    """The rows at `name` or `name/name`; what is no list is one, and nothing is none."""
    for name in path.split("/"):
        record = record[name]
    if isinstance(record, list):
        return record
    return [record if isinstance(record, dict) else {}] * bool(record)


def fill(text: str, record: Result) -> str:
    """The text with the record's fields, and lines for its rows."""
    lines = []
    for line in text.splitlines():
        name, star, form = line.partition("* ")
        for row in rows_of(record, name) if star else [{}]:
            lines.append((form or line).format_map(View(record | row)))
    return "\n".join(lines)


def encoding() -> str:
    """That of standard output, which may be closed."""
    return str(getattr(sys.stdout, "encoding", None) or "utf-8")


def drawn(column: Sequence[str]) -> list[str]:
    """Its cells; those of `# width now raw` as bars to one scale, lighter what was taken off."""
    bars = {cell: [*map(float, cell.split()[1:])] for cell in column if cell[:1] == "#"}
    most = max((max(bar[1:]) for bar in bars.values()), default=0.0) or 1.0
    stays, off = "\u2588\u2591" if encoding().lower().startswith("utf") else "#."
    pictures = {}
    for cell, (width, now, *raw) in bars.items():
        cells = max(round(width * now / most), now > 0)  # never nothing for something
        pictures[cell] = stays * cells + off * (round(width * sum(raw) / most) - cells)
    return [pictures.get(cell, cell) for cell in column]


def table(lines: Sequence[str], markdown: bool) -> list[str]:
    """Rows of "|" in columns, those of figures to the right; a heading alone is none."""
    if len(lines) < 2:
        return []
    columns = []
    for column in zip(*([cell.strip() for cell in line[1:-1].split("|")] for line in lines)):
        cells = drawn(column)
        width = max(map(len, cells))
        right = all(cell[:1] in "$+-<0123456789" or cell == "n/a" for cell in cells[1:])
        side = ">" if right else "<"
        columns.append([f"{cell:{side}{width}}" for cell in cells])
    if not markdown:
        return ["  ".join(row).rstrip() for row in zip(*columns)]
    rows = [f"| {' | '.join(row)} |" for row in zip(*columns)]
    rows.insert(1, "|---" * len(columns) + "|")
    return rows


def page(text: str, markdown: bool) -> str:
    """Tables laid out, headings drawn out, and lines at 80 columns; or else Markdown."""
    laid, rows, done = [], list[str](), [""]
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append(line)
            continue
        if line.endswith(" -"):
            line = f"## {line[:-2]}" if markdown else line[:-1].ljust(80, "-")
        laid += [*table(rows, markdown), line]
        rows = []
    for line in laid:
        if markdown:
            alike = line[:1] == done[-1][:1] in ("|", " ")  # of a table or a command
            done += [""] if done[-1] and not alike else []
        else:
            line = line.replace("**", "").rstrip()
            wraps = not line.lstrip().startswith(("python ", "--"))  # no commands
            while wraps and len(line) > 80 and (cut := line.rfind(" ", 3, 81)) > 0:
                done.append(line[:cut].rstrip())
                line = "  " + line[cut:].lstrip()
        done += [line] if line or done[-1] else []
    return "\n".join(done).strip("\n")


def typed(s: Scenario, names: Names, command: str = "", **options: Any) -> str:
    """What to type for this, on one line or else an option on each."""
    layers = "all" if len(names) == len(LAYERS) else ",".join(names)
    words = [f"python code/main.py{command}", *[f"--with {layers}"] * bool(names)]
    if options:
        from shlex import quote

        for name, x in options.items():
            text = quote(x) if isinstance(x, str) else str(x).removesuffix(".0")
            words.append(dashed(name) if x is True else f"{dashed(name)} {text}")
    words += [f"--set {name}={x}".removesuffix(".0") for name, x in vars(s).items()]
    line = " ".join(words)
    return line if len(line) < 78 else " \\\n      ".join(words)


SCENARIO = """\
2 SCENARIO: model {scenario[model]} -
{scenario[weights_gb]:D} GB of weights on {replica[gpus]:D} x {scenario[gpu_hbm_gb]:D} GB of GPU \
memory: {replica[usd_per_hour]:$}/h a replica
promised: P99 time to first token {scenario[sla_s]:T}; a late request costs \
{scenario[drop_usd]:$}
layers: {layers}
tools* {number} {name}: {tool}; needs {needs}
changed* {name} {was} -> {now} (yours)
"""
REPORT = """\
3 PHASES: from no replica to the first token -
| phase | raw s | here s | range | share | light: what layers take off |
phases* | {name} | {raw_seconds:N} | {seconds:N} | {low_s:E}-{high_s:E} | {share:.0%} | \
# 27 {seconds} {raw_seconds} |
| total | {raw_cold_start_s:N} | {cold_start_s:N} | {range_s[low]:E}-{range_s[high]:E} | 100% | \
{cold_start_s:M}, {speedup:.1f}x |
published for the raw 70b path: {published_s[low]:D}-{published_s[high]:D} s before the first \
forward
4 LAYERS: each alone -
| | layer | attacks | saves s | path s | price |
alone* | {number} | {name} | {attacks} | {saves_s:N} | {path_s:N} | {price} |
notes* {note}
a snapshot shortens neither node nor image; a pre-seeded image moves its bytes, and a lazily read \
volume pays for them at first touch
5 COLD PATH: layers in a stack -
| path s | speed-up | rent $/month | | --with |
stacks* | {cold_start_s:N} | {speedup:.1f}x | {standing_usd_per_month:$} | {mark} | {layers} |
the first request waits {first_request_ttft_s:T} here; on a free warm slot \
{scenario[warm_ttft_s]:T}
warm-node rents an idle node: for one product it costs what a warm replica costs
6 MONEY: a warm pool of {scenario[min_workers]:D} for each product, paid around the clock -
| products | GPUs a replica | GPU-hours/month | $/month |
pools* | {products:D} | {gpus_per_replica:D} | {gpu_hours_per_month:N} | {usd_per_month:$} |
a warm replica's month, over the minutes of one cold start: {minute[usd]:$} here; \
{minute[small_usd]:$} for a {minute[small_model]} behind preseed,warm-node ({minute[small_s]:T}) \
on a {scenario[small_gpu_usd_per_hour]:$} GPU
for one product: what one warm replica adds to scale-to-zero's bill, what late requests cost \
without it; those that come while a replica boots are late too
| requests/h | boots/day | late | adds $/h | late $/h | cheaper | |
break_even/table* | {requests_per_hour:D} | {cold_starts_per_day:N} | {over_sla_fraction:.1%} | \
{warm_premium_usd_per_hour:$} | {cold_tax_usd_per_hour:$} | {cheaper} | {mark} |
{break_even[regime]}
standby_usd_per_hour* the standby node costs {standby_usd_per_hour:$}/h on top of either
"""
MIGRATION = """\
7 MIGRATION: an eviction hits a request of {scenario[prompt_tokens]:D} tokens -
| moved | bytes | time | pause | |
| KV cache | {migration[kv_bytes]:B} | {migration[ship_kv_s]:T} | {migration[ship_kv_s]:T} | \
in one piece |
| tokens | {migration[token_bytes]:B} | {migration[ship_tokens_s]:T} | {migration[pause_s]:T} | \
{migration[recomputed_tokens]:D} recomputed, rounds: {migration[rounds]:D} |
| nothing | 0 B | {unmoved_s:T} | {unmoved_s:T} | cold start, then prefill |
tokens take less time than KV cache below {migration[crossover_gb_s]:G} Gbit/s; this network \
has {scenario[network_gb_s]:G}
with these layers an eviction stops the request for {migration[eviction_pause_s]:T}
"""
SAYS = """\
evidence/broken* **out of bounds**: a median of {evidence[bounds][median]:.0%} and a worst of \
{evidence[bounds][worst]:.0%} are allowed
{evidence[predictions]:D} phases predicted: median error {evidence[median_error]:.0%}, worst \
{evidence[worst_error]:.0%}. Off: {evidence[off]}
"""
DAY = """\
8 TRAFFIC: the default day, scale-to-zero and one warm replica -
| min-workers | hours | requests | TTFT P50 | P99 | late | cold starts | bill |
day* | {run[min_workers]:D} | {hours:D} | {requests:D} | {ttft_s[p50]:T} | {ttft_s[p99]:T} | \
{over_sla_fraction:.1%} | {cold_starts:D} | {usd:$} |
6 is a formula: one replica, requests of no length; here they keep it longer
10 EVIDENCE: the model beside what others have measured -
"""
FINDING = """\
Finding: {finding[longest]} takes longest, {finding[longest_s]:T} of {cold_start_s:T}. \
{finding[advice]}:
  {finding[command]}
"""
MOVES = """\

time and pause of tokens; KV cache over 10, 25, 100, 400 Gbit/s; the crossover in Gbit/s
| context | KV cache | time | pause | 10 | 25 | 100 | 400 | cross |
table* | {prompt_tokens:D} | {kv_bytes:B} | {ship_tokens_s:T} | {pause_s:T} | \
{over[10 Gbit/s][ship_kv_s]:T} | {over[25 Gbit/s][ship_kv_s]:T} | \
{over[100 Gbit/s][ship_kv_s]:T} | {over[400 Gbit/s][ship_kv_s]:T} | {crossover_gb_s:G} |
"""
RUN = """\
8 TRAFFIC: {requests:D} requests in {hours:D} h, {asked}, seed {run[seed]:D} -
{run[min_workers]:D} to {run[max_workers]:D} replicas of {run[slots]:D} slots, kept idle for \
{scenario[keep_alive_s]:T}; a request takes {run[service_s]:T}, {run[service]}{or_traced}; \
a cold start takes {run[cold_start_s]:T}
run/jitter* those {run[cold_start_s]:T} are an average: phases lean to the long side of {path_s:T}
| | P50 | P90 | P99 | P99.9 | max | mean |
| TTFT of the served | {ttft_s[p50]:T} | {ttft_s[p90]:T} | {ttft_s[p99]:T} | {ttft_s[p999]:T} | \
{ttft_s[max]:T} | {ttft_s[mean]:T} |

| late | {over_sla_fraction:.2%} | over {scenario[sla_s]:T} |
| waited during a boot | {cold_fraction:.2%} | |
| gave up | {given_up:D} | |
| still waiting at end | {waiting_at_end:D} | |
| cold starts | {cold_starts:D} | {cold_starts_per_day:N} a day |
| replicas | {replicas[mean]:N} | on average, {replicas[peak]:D} at most |
| GPU-hours | {gpu_hours:N} | {usd:$} |
| perfect autoscaler | {perfect_gpu_hours:N} | at least: replicas live just while busy |
standby_usd_per_hour* the dollars contain {standby_usd_per_hour:$} an hour for the standby node

| evictions | replicas | interrupted | moved | lost work | pause P50 | P99 |
evictions_compared* | {name} | {count:D} | {interrupted:D} | {migrated:D} | {restarted:D} | \
{pause_s[p50]:T} | {pause_s[p99]:T} |

| a formula beside the run | | expected | simulated |
closed_form* | {name} | {figure} | {expected:.3g} | {simulated:.3g} |
by hour of day, days together: how many, then how many at once on average -
| hour | requests | | boots | | replicas | | waiting | |
timeline* | {hour:D} | {requests:D} | # 7 {requests} | {cold_starts:D} | # 7 {cold_starts} | \
{replicas:D} | # 7 {replicas} | {waiting:D} | # 7 {waiting} |
Finding: {over_sla_fraction:.2%} are late, so P99 of {scenario[sla_s]:T} {holds}. Next, the same \
with
  {next}
"""
PLAN = """\
9 PLAN: P99 of {scenario[sla_s]:T} at {asked}, judged by {run[hours]:D} h, seed {run[seed]:D} -
feasible* **{layers}**, min_workers {min_workers:D}: {usd_per_month:$} a month; P99 is \
{p99_ttft_s:T}, {over_sla_fraction:.2%} of requests are late
other* of least {prefer}: {layers}, min_workers {min_workers:D}, {usd_per_month:$} a month
binding* **No plan** keeps it within these limits. What binds: {binding}.
relaxations* - what alone would do: {change}; then {layers}, min_workers {min_workers:D}, \
{usd_per_month:$} a month
mandatory* {mandatory}

| phase | raw s | here s |
phases* | {name} | {raw_seconds:N} | {seconds:N} |
| total | {raw_cold_start_s:N} | {path_s:N} |
run/jitter* with phases drawn from their ranges a cold start takes {run[cold_start_s]:T} on average
run/patience_s* P99 is of those served; who gave up after {run[patience_s]:T} counts as late

| layer | attacks | saves | price |
why* | {layer} | {attacks} | {saves_s:T} | {price} |

| | $/month | min_workers | late | P99 | cold starts a day |
feasible* | this plan | {usd_per_month:$} | {min_workers:D} | {over_sla_fraction:.2%} | \
{p99_ttft_s:T} | {cold_starts_per_day:D} |
doing_nothing* | doing nothing | {usd_per_month:$} | {min_workers:D} | {over_sla_fraction:.2%} | \
{p99_ttft_s:T} | {cold_starts_per_day:D} |
always_on* | always on | {usd_per_month:$} | {min_workers:D} | {over_sla_fraction:.2%} | \
{p99_ttft_s:T} | {cold_starts_per_day:D} |
if none had to wait, at most {most_in_flight:D} requests would be in flight at once; a replica \
has {run[slots]:D} slots, and at most {run[max_workers]:D} replicas run

feasible* Tail: {tail_policy}
feasible* Failure: {failure_mode}
feasible* Alert: {alert}
rejected* - rejected: {layers}, min_workers {min_workers:D}: {reason}

feasible* The same run, of one product and {run[hours]:D} h:
binding* Doing nothing, for one product and {run[hours]:D} h:

    {command}
"""
RULE = """\
a {model} under 60 s needs a warm pool{substitute}: otherwise the best path is \
{node_provision:D} + {image_pull:D} + {weight_load:D} + {engine_init:D} + {first_forward:D} \
= {best_s:T} -- unless traffic alone keeps replicas warm"""
REASONS = {
    "late": "{over_sla_fraction:.2%} are late: P99 is {p99_ttft_s:T}, a boot {cold_start_s:T}",
    "dear": "over the budget: {usd_per_month:$} a month",
    "more": "holds P99 too, layers: {count:D}, for {usd_per_month:$} a month",
}
SENTENCES = {  # of a plan
    "tail_policy": """\
none* the first user on a fresh replica waits {cold_start_s:T}, those right behind for its rest;
min_workers* {places:D} requests at once find a free warm slot, {scenario[warm_ttft_s]:T}; the \
first user beyond waits for a slot, or {cold_start_s:T} for a fresh replica where max-workers \
allow one;
patience_s* who has waited for {patience_s:T} gives up;
{over_sla_fraction:.2%} of all are late""",
    "failure_mode": """\
none* when the replica dies, what it was serving
min_workers* when a warm replica dies, {left:D} of {min_workers:D} are left for {cold_start_s:T}; \
what it was serving
moves* moves to a free slot of another and stands still for {moved_s:T}, or where there is none \
starts over after {unmoved_s:T}
stays* starts over on a free slot of another, or where there is none after {unmoved_s:T}; live \
migration to a free slot would make that {moved_s:T} and lose no work
elsewhere* -- a snapshot restores only on the GPU type and count that it was taken on: elsewhere \
the path is {cold_start_s:T} and P99 {p99_ttft_s:T}""",
    "alert": """\
more than 1% of a day's requests over {scenario[sla_s]:T} to the first token, or more than \
{alarm:D} cold starts a day, where this run has {cold_starts_per_day:D}; beside them the seconds \
of each phase""",
}
EVIDENCE_TEXT = """\
10 EVIDENCE: published measurements beside the model -
changed* {name} {was} -> {now} (yours)
| | measured | model s | took s | error | | sources |
evidence/rows* | {number} | {what} | {model_s:.3g} | {seconds:.4g} | {error:+.1%} | {use} | \
{sources} |
fit: gave a figure its value, so it is no prediction and not counted
+: the model is too slow

the formula of code/main.py that each goes through, what it was, and the figures in it:
evidence/rows* {number}. {formula}: {of}; {figures}
sources* {name}: {says}

| the lesson says | | the model | |
| snapshots (Modal) | 2-4 s | {lesson[restore_s]:T} | restore alone, 7b |
| by default (Baseten) | 5-10 s | {lesson[default_s]:T} | 7b, preseed,snapshot,warm-node |
| pre-warmed | sub-second | {lesson[warm_s]:T} | on a free warm slot |
| pre-seeding saves | 2-4 min | {lesson[preseed_s]:M} | image_pull, 70b |
| raw 70B | 3-8 min | {lesson[raw_s]:M} | the whole path, 70b |
| model streamer | about 2x | {lesson[stream_x]:.1f}x | weight_load, 70b |
| tiered loading | 10-200x | {lesson[tiered_x]:.1f}x | weight_load, 70b |
| the whole stack | 22x | {lesson[whole_x]:.1f}x | 70b, preseed,snapshot,warm-node |
10-200x is end to end, with queueing and download; the paper's loader alone is 3.6-8.2x
these agree because the model's figures are the lesson's; with those measured in rows 12 and 17 \
the whole stack takes {lesson[measured_s]:T}
"""
MACHINE = """\
11 MEASURE: this machine, a file of {machine[file_gb]:.3g} GB in {machine[where]} -
| tier | GB/s | low-high | {machine[scenario][weights_gb]:D} GB |
machine/rates* | {name} | {median:.3g} | {low:.3g}-{high:.3g} | {seconds:T} |
machine/cached* the page cache could not be avoided, or this disk is as fast as it
starting a Python process takes {machine[python_s][median]:T} ({machine[python_s][low]:T} to \
{machine[python_s][high]:T})
a {machine[scenario][model]} would take {machine[disk_s]:T} from your disk, \
{machine[memory_s]:T} from your memory, at the best rate of each

machine/changed* {name} {was} -> {now} (yours)
| phase | before s | now s |
machine/phases* | {name} | {was_s:N} | {now_s:N} |
| total | {machine[was_s]:N} | {machine[path_s]:N} |
no GPU was asked: copies to it are as before. The whole report with these figures:
  {machine[command]}
"""
LOG = """\
11 MEASURE: the last start in {log[where]} -
| step | phase | seconds | share | |
log/steps* | {name} | {phase} | {seconds:N} | {share:.0%} | # 20 {seconds} |
log/found* | total | | {log[total_s]:N} | 100% | |
log/workers* workers: {log[workers]:D}; of each line the slowest counts; \
gpus_per_replica={log[gpus]:D} if each has one
log/unexplained_s* no line explains {log[unexplained_s]:T}, and no figure has them; if they are \
the process's: --set engine_fixed_s={log[engine_s]:.4g}
log/unstamped* no line that counts has a time stamp, so that time between them does not show

log/changed* {name} {was} -> {now} (yours)
| phase | before s | now s |
log/phases* | {name} | {was_s:N} | {now_s:N} |
log/found* | total | {log[was_s]:N} | {log[path_s]:N} |
log/loaded* a log does not part reading from copying, so both change alike
log/found* the rest is as for the {log[scenario][model]}, or another --model. The whole report \
with these figures:
log/found*   {log[command]}
log/looked_for* not in it: {line}
"""
TIERS = """\
9 PLAN: tiers of users of a {scenario[model]}, an endpoint for each or one pool -
changed* {name} {was} -> {now} (yours)
| tier | SLA | per h | late | P99 | $/month | min_workers | layers |
tiers* | {name} | {sla_s:T} | {requests_per_hour:D} | {over_sla_fraction:.2%} | {p99_ttft_s:T} | \
{usd_per_month:$} | {min_workers:D} | {layers} |
one_pool* | {name} | {sla_s:T} | {requests_per_hour:D} | {over_sla_fraction:.2%} | \
{p99_ttft_s:T} | {usd_per_month:$} | {min_workers:D} | {layers} |
refused* no plan for {name}: what binds is told by plan --sla {sla_s} --rate {requests_per_hour}
feasible* the tiers apart, with one standby node where any has one: {usd_per_month:$} a month; in \
one pool: {one_pool[usd_per_month]:$}
feasible* a tenant of the tier {premium} with replicas of its own adds \
{dedicated_usd_per_month:$} a month
"""

# --- 13 LIVE -------------------------------------------------------------------------------------
# This file while others edit it. All figures come from a child that runs it as it lies on the disk
# at that moment: nothing has to be loaded again, and a broken save breaks a child alone.

POLL_S, SETTLE_S = 0.1, 0.2  # between looks at a file; how long it must lie still
PATIENCE_S, AT_ONCE = 30.0, 4  # what one answer may take, and how many are worked out
HOSTS = ("127.0.0.1", "localhost")
PAGE = __file__.removesuffix("main.py") + "explorer.html"
CHILDREN: list[Any] = []
MOVED = """\
{was[path_s]:D} -> {now[path_s]:T}
late {was[over_sla_fraction]:.2%} -> {now[over_sla_fraction]:.2%}
bill {was[usd]:$} -> {now[usd]:$}
min_workers {was[min_workers]:D} -> {now[min_workers]:D}
{was[usd_per_month]:$} -> {now[usd_per_month]:$} a month"""


class Serving(Record):
    """The options of `serve`."""

    port = 8000
    no_browser = False


def child(words: Sequence[str], stop: Callable[[], str]) -> tuple[str, str]:
    """What this file prints when run with these words, or else why it does not, in a line.

    `stop` is asked every now and then, and ends the run where it has a reason.
    """
    import os
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

    text: Any = {"env": os.environ | {"PYTHONIOENCODING": encoding()}, "encoding": encoding()}
    out = err = reason = ""
    command = [sys.executable, __file__, *words]
    with Popen(command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, **text) as process:
        CHILDREN.append(process)
        try:
            while process.returncode is None and not reason:
                try:
                    out, err = process.communicate(timeout=POLL_S)
                except TimeoutExpired:
                    reason = stop()
        finally:
            CHILDREN.remove(process)
            process.terminate()
            try:
                process.wait(5)
            except TimeoutExpired:  # too busy to hear of it
                process.kill()
    broke = not out or process.returncode not in (0, 1) or "Traceback (most recent" in err
    reason = reason or (trouble(err) if broke else "")
    return "" if reason else out, reason


def child_json(words: Sequence[str], stop: Callable[[], str]) -> tuple[Result, str]:
    """The object that this file prints with `--json`, or else why there is none, in a line."""
    import json

    out, reason = child([*words, "--json"], stop)
    try:
        return ({}, reason) if reason else (json.loads(out), "")
    except ValueError:
        return {}, "code/main.py prints more than its JSON: is there a print() in it?"


def trouble(text: str) -> str:
    """The line that a child ends with; of a traceback also where this file broke."""
    lines = text.strip("\n").splitlines() or ["it printed nothing: is it empty, or being saved?"]
    head = f'  File "{__file__}", line '
    at = [i for i, line in enumerate(lines) if line.startswith(head)]
    if not at:
        return lines[-1]
    number = lines[at[-1]].removeprefix(head).partition(",")[0]
    source = lines[at[-1] + 1].strip().partition("  #")[0]
    said = dict.fromkeys((source, lines[-1]))  # some errors show no line
    return ": ".join([f"code/main.py, line {number}", *filter(None, said)])


def stamp(file: str) -> tuple[int, int] | None:
    """What a save changes of a file; None while it is missing or empty."""
    import os

    try:
        found = os.stat(file)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found.st_size else None


def difference(was: Result, now: Result) -> str:
    """What an edit did, as shown: `node_provision_s 50 -> 40: 328 -> 318 s`."""
    (old, new), moved = (x.get("run", {}) | x.get("scenario", {}) for x in (was, now)), []
    figures = [
        fill("{name} {was} -> {now}", {"name": name, "was": old.get(name), "now": x})
        for name, x in new.items()
        if old.get(name) != x and name != "cold_start_s"  # which is a run's result
    ]
    for form in MOVED.splitlines():
        try:
            before, after = (fill(form, {"was": x, "now": x}) for x in (was, now))
            moved += [fill(form, {"was": was, "now": now})] if before != after else []
        except (LookupError, TypeError, ValueError):  # another command's
            continue
    what = ", ".join(figures) or ("no figure changed" if was == now else "other changes")
    says = ", ".join(moved) or "path unchanged" * bool(figures)
    return ": ".join(filter(None, (what, says)))


class Saves:
    """Files that are watched: this one, and those that a command's words name."""

    def __init__(self, words: Sequence[str]) -> None:
        from os.path import isfile

        named = [word.rpartition("=")[2].removeprefix("@") for word in words]
        if "-" in named:
            raise BadInput("--watch: must be without standard input, which can be read but once")
        self.files = {"code/main.py": __file__} | {file: file for file in named if isfile(file)}
        self.seen: list[Any] = []

    def stamps(self) -> list[Any]:
        return [*map(stamp, self.files.values())]

    def more(self) -> str:
        """A reason to stop what runs: there was another save."""
        return "saved meanwhile" if self.stamps() != self.seen else ""

    def wait(self) -> str:
        """Until a save lies still, at once for the first; which file is empty or gone, if any."""
        from time import sleep

        while not self.more():
            sleep(POLL_S)
        while self.seen != (now := self.stamps()):
            sleep(SETTLE_S * bool(self.seen))
            self.seen = now
        return next((file for file, each in zip(self.files, now) if each is None), "")


def watch(command: str, words: Sequence[str]) -> NoReturn:
    """Run a command at each save of this file, or of one that its words name, until Ctrl-C."""
    from time import strftime

    def say(line: str) -> None:
        print(strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)

    saves, facts, above = Saves(words), dict[str, Any](), ""
    while True:
        if gone := saves.wait():
            say(f"{gone} is empty or gone: waiting for it{above}")
            continue
        note("running")
        out, reason = child(words, saves.more)
        note()
        if reason:
            if not saves.more():  # else it was stopped for that, or was half written
                say(reason + above)
            continue
        print(out, end="", flush=True)
        above = " (above: the last good run)"
        # A measurement is another every time, and long.
        new, reason = ({}, "") if command == "measure" else child_json(words, saves.more)
        ran = difference(facts, new) if facts and new else "ran; again at every save, until Ctrl-C"
        say(reason or ran)
        facts = new or facts


def answer(target: str, gone: Callable[[], bool]) -> tuple[int, str, str]:
    """Status, type and body for a path with its query, whose names are the command line's.

    It is given up where whoever asked is gone.
    """
    from json import dumps
    from time import sleep, time
    from urllib.parse import parse_qsl, urlsplit

    url, late = urlsplit(target), monotonic() + PATIENCE_S
    command = url.path.removeprefix("/api/")
    if url.path == "/":
        try:
            return 200, "text/html", text_of("code/explorer.html", PAGE)
        except BadInput as error:
            return 500, "text/plain", f"main.py: {error}"
    if command not in ("report", "traffic"):
        return 404, "text/plain", "main.py: there is /, /api/report and /api/traffic"

    def stop() -> str:
        if gone():
            return "nobody waits for it"
        return f"stopped after {PATIENCE_S:g} s: fewer requests take less" * (monotonic() > late)

    pairs = parse_qsl(url.query.replace("%00", ""), keep_blank_values=True)
    flags = [*map(dashed, FLAGS)]
    words = [dashed(x) if dashed(x) in flags and not y else f"{dashed(x)}={y}" for x, y in pairs]
    if any(word == "--watch" or word.startswith("--trace") or "=@" in word for word in words):
        says = "--watch, --trace and --set @FILE: must be left out, for a page reads no file"
        return 400, "text/plain", f"main.py: {says}"
    saved = stamp(__file__)
    if saved is None or abs(time() - saved[0] / 1e9) < SETTLE_S:  # and may be half written
        sleep(SETTLE_S)
    result, reason = child_json([command, *words], stop)
    if not reason:
        return 200, "application/json", dumps(result, indent=2) + "\n"
    status = 400 if reason.startswith("main.py: ") else 503 if stop() else 500
    return status, "text/plain", reason


def refusal(method: str, target: str, headers: Any, port: int) -> tuple[int, str]:
    """Status and sentence for what is not answered, or else 0."""
    host, _, asked_port = str(headers["Host"]).partition(":")
    if host not in HOSTS or asked_port not in ("", str(port)):
        return 403, "main.py: this is not the page's address"
    # A page of another site may lead here, but not set this machine to work.
    site = headers["Sec-Fetch-Site"] or "none"
    if target.startswith("/api/") and site not in ("none", "same-origin"):
        return 403, "main.py: another site's page is not answered"
    if method not in ("GET", "HEAD"):
        return 405, "main.py: GET and HEAD are all there is"
    return 0, ""


def handler() -> Any:
    """What answers a request: GET and HEAD, asked of this machine by name, and nothing else."""
    from http.server import BaseHTTPRequestHandler
    from select import select
    from socket import MSG_PEEK
    from threading import BoundedSemaphore

    turns = BoundedSemaphore(AT_ONCE)

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def gone(self) -> bool:
            readable = select([self.connection], [], [], 0)[0]
            return bool(readable) and not self.connection.recv(1, MSG_PEEK)

        def do_GET(self) -> None:
            tag = f'"{hash((stamp(__file__), stamp(PAGE)))}"'
            port = self.connection.getsockname()[1]
            status, body = refusal(self.command, self.path, self.headers, port)
            kind = "text/plain"
            if not status and self.headers["If-None-Match"] == tag:
                status = 304
            elif not status:
                with turns:
                    status, kind, body = answer(self.path, self.gone)
            sent = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
            sent |= {"ETag": tag} if status < 400 else {"Allow": "GET, HEAD"}
            if status != 304:  # which leaves what the browser has as it is
                length = str(len(body.encode()))
                sent |= {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": length}
            self.send_response(status)
            for name, x in sent.items():
                self.send_header(name, x)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

        def log_message(self, *_: Any) -> None:
            """The terminal stays with whoever typed there."""

    return Handler


def serve(s: Scenario, names: Names, **options: Any) -> Result:
    """Show the page on 127.0.0.1 until Ctrl-C; BadInput for a port that cannot be had."""
    import os
    from http.server import ThreadingHTTPServer
    from urllib.parse import urlencode
    from webbrowser import open as show

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A browser that went away is no error."""

    how = Serving(**options)
    text_of("code/explorer.html", PAGE)
    try:
        server = Server((HOSTS[0], how.port), handler())
    except OSError as error:
        raise BadInput(f"--port {how.port}: {error.strerror}; must be a free one") from None
    asked = [("with", ",".join(names))] if names else []
    asked += [("set", f"{name}={x}") for name, x in vars(s).items()]
    query = "?" * bool(asked) + urlencode(asked, safe=",=")
    address = f"http://{HOSTS[0]}:{server.server_port}/{query}"
    print(f"{address}  (until Ctrl-C)", flush=True)
    screen = sys.platform in ("darwin", "win32") or {"DISPLAY", "WAYLAND_DISPLAY"} & {*os.environ}
    if screen and not how.no_browser:
        show(address)
    try:
        server.serve_forever()
    finally:
        for process in [*CHILDREN]:  # for threads take theirs out
            process.kill()
    return {}


# --- 14 CLI --------------------------------------------------------------------------------------

UNPLANNED = ("hours", "min_workers", "cold_start_s")  # of traffic; plan sets them itself
COMMANDS: dict[str, tuple[Callable[..., Result], str, str, list[str]]] = {
    # what computes, what it prints, what it is, and options of its own
    "report": (
        report_result,
        SCENARIO + REPORT + MIGRATION + DAY + SAYS + FINDING,
        "the whole lesson; what runs without a command",
        [],
    ),
    "migrate": (migrate_result, SCENARIO + MIGRATION + MOVES, "tokens against KV cache", []),
    "traffic": (
        traffic_result,
        SCENARIO + RUN,
        "requests replayed, and the tail they see",
        TRAFFIC,
    ),
    "plan": (
        plan_result,
        SCENARIO + PLAN,
        "from an SLA to layers and a pool",
        [*PLANNED, *without(TRAFFIC, *UNPLANNED)],
    ),
    "evidence": (
        evidence_result,
        EVIDENCE_TEXT + SAYS,
        "the model beside published measurements",
        [],
    ),
    "measure": (measure_result, MACHINE, "this machine, or the log of a start", names_of(Probing)),
    "serve": (serve, "", "a page of the lesson in the browser", names_of(Serving)),
}
OTHER_TEXTS = {"tiers": TIERS, "log": LOG}  # of a result with such a key
SETS = {  # options that name a figure
    "model": "model",
    "sla": "sla_s",
    "rate": "requests_per_hour",
    "keep_alive": "keep_alive_s",
    "min_workers": "min_workers",
}
COMMON, PRINTING = ("with", "set", "watch"), ("json", "markdown")
FLAGS = ("json", "markdown", "watch", "jitter", "no_browser")
LISTS = ("with", "set", "forbid", "require")
TIERS_ASKED = "paid:2:30,trial:10:10,batch:600:5"  # [assumed]
OPTIONS = dict(
    line.split(": ", 1)
    for line in f"""\
with: layers, a comma list, or all
set: NAME=VALUE, a figure for this run; @FILE, those of a JSON object
json: one JSON object instead of text
watch: run again at every save of code/main.py, or of a file that is read
markdown: Markdown instead of plain text
model: {", ".join(MODELS)}
sla: P99 time to first token promised, seconds
rate: requests an hour
keep_alive: seconds that an idle replica is kept
min_workers: replicas that are always ready
max_workers: replicas at most
slots: requests that a replica serves at once
pattern: poisson, diurnal (quiet night, 8 a.m. step) or bursty (on-off)
trace: CSV file of {TOKENS} or {PLAIN}; - reads standard input
service_s: seconds that a request holds its slot, on average
service: exponential or constant
jitter: draw each phase of a cold start from its range
patience_s: seconds until a waiting request gives up
evictions_per_day: of each replica, by spot reclaim, node drain
seed: of the random numbers
hours: traffic: how long a pattern runs
cold_start_s: traffic: seconds of a cold start, instead of the path
budget: plan: dollars a month, for all products
prefer: plan: least layers or cost
forbid: plan: layers that must not be in it
require: plan: layers that must be in it, as after --with
tiers: plan: NAME:SLA:RATE of each tier of users ({TIERS_ASKED})
dir: measure: where a file is written, read and removed
size_gib: measure: GiB of it
file: measure: an existing file instead
log: measure: a vLLM start-up log instead; - reads standard input
port: serve: of this machine alone; 0 finds a free one
no_browser: serve: only say where the page is""".splitlines()
)
EXAMPLES = """layers:
  {}
figures, with their units at the top of code/main.py:
  {}
options from --max-workers to --seed are for traffic and plan

examples:
  python code/main.py --with preseed,snapshot,warm-node
  python code/main.py --model 7b --set gpu_usd_per_hour=1.2 --set sla_s=10
  python code/main.py migrate --model 8b --set network_gb_s=1.25
  python code/main.py traffic --pattern diurnal --with preseed,snapshot
  python code/main.py traffic --evictions-per-day 12 --min-workers 2 --rate 500
  python code/main.py plan --model 13b --sla 3 --rate 30
  python code/main.py plan --sla 20 --rate 200 --forbid warm-pool --budget 9000
  python code/main.py evidence
  python code/main.py measure --size-gib 0.05 --model 7b
  python code/main.py --with all --json
  python code/main.py plan --sla 20 --watch
  python code/main.py serve --with preseed,stream --port 8080"""


def known(what: str, word: str, words: Iterable[str]) -> str:
    """The word where it is one of these, else BadInput that names the nearest, or all."""
    if word in (words := list(words)):
        return word
    import difflib

    near = difflib.get_close_matches(word.lower(), words, 1)
    few = ", ".join(words) if len(words) < 20 else "the names at the top of code/main.py"
    hint = f"did you mean {near[0]}?" if near else f"must be one of {few}"
    raise BadInput(f"{what}{word!r:.40}: unknown; {hint}")


def dashed(name: str) -> str:
    return "--" + name.replace("_", "-")


def read_value(label: str, name: str, text: str) -> Any:
    """A word of a few, or a number that this name may have."""
    if name in CHOICES:
        return known(label, text, CHOICES[name])
    try:
        value: Any = float(text)
    except ValueError:
        value = text
    if must := must_be(name, value):
        raise BadInput(f"{label}{text!r:.40}: must be {must}")
    return int(value) if name in WHOLE else value


def text_of(where: str, file: str) -> str:
    """All of a text file, or of standard input; BadInput where it cannot be read."""
    try:
        with opened(file) as text:
            return str(text.read())
    except OSError as error:
        raise BadInput(f"{where}: {error.strerror}") from None


def figures_in(file: str) -> list[tuple[str, Any]]:
    """Figures of a JSON object, such as `measure --json` prints; lists and objects are skipped."""
    import json

    where = f"--set @{file}"
    try:
        found = json.loads(text_of(where, file)).items()
    except (ValueError, AttributeError, RecursionError) as error:
        where += f", line {line}" if (line := getattr(error, "lineno", 0)) else ""
        raise BadInput(f"{where}: must be a JSON object of figures") from None
    where += ": "
    return [
        (known(where, name, FIGURES), read_value(f"{where}{name}=", name, str(x)))
        for name, x in found
        if not isinstance(x, (list, dict))
    ]


def read(option: str, text: str) -> Any:
    """What the text behind an option stands for; BadInput where it cannot be."""
    label = dashed(option) + " "
    if option in ("trace", "dir", "file", "log"):
        return text
    if option == "set" and text.startswith("@"):
        return figures_in(text[1:])
    if option == "set":
        name, equals, text = text.partition("=")
        if not equals:
            must = "must be NAME=VALUE, such as node_provision_s=40, or @FILE"
            raise BadInput(f"{label}{name!r}: {must}")
        return [(known(label, name, FIGURES), read_value(f"{label}{name}=", name, text))]
    if option in LISTS:
        words = [known(label, word.strip(), [*LAYERS, "all"]) for word in text.split(",")]
        return [*LAYERS] if "all" in words else words
    if option == "tiers":
        rows = [row.split(":") for row in text.split(",")]
        tiers = {row[0] for row in rows if "|" not in row[0]} - {""}
        if {*map(len, rows)} != {3} or len(tiers) < len(rows):
            raise BadInput(f"{label}{text!r:.40}: must be NAME:SLA:RATE,..., as {TIERS_ASKED}")
        rate = "requests_per_hour"
        return [
            (name, read_value(label, "sla_s", x), read_value(label, rate, y))
            for name, x, y in rows
        ]
    return read_value(label, SETS.get(option, option), text)


def arguments(argv: Sequence[str]) -> dict[str, Any]:
    """The command line as argparse reads it; BadInput for what it cannot read."""
    from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
    from functools import partial

    class OneLine(ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise BadInput(" ".join(message.split()) + "; --help shows what there is")

        def format_help(self) -> str:
            from textwrap import fill

            lists = (fill(", ".join(x), 78, subsequent_indent="  ") for x in (LAYERS, FIGURES))
            self.epilog = EXAMPLES.format(*lists)
            return super().format_help()

    parser = OneLine("main.py", allow_abbrev=False)
    parser.formatter_class, parser.argument_default = RawDescriptionHelpFormatter, SUPPRESS
    about = "; ".join(f"{name}: {row[2]}" for name, row in COMMANDS.items())
    parser.add_argument("command", nargs="?", default="report", help=about)
    mine = next((taken(word) for word in argv if word in COMMANDS), OPTIONS)
    for name, text in OPTIONS.items():
        how: Result = {"action": "store_true"} if name in FLAGS else {"type": partial(read, name)}
        how |= {"action": "extend"} if name in LISTS else {}
        how |= {"nargs": "?", "const": read(name, TIERS_ASKED)} if name == "tiers" else {}
        default = (vars(Traffic) | vars(Probing) | vars(Serving)).get(name)
        text = f"{text} ({default})" if default else text
        parser.add_argument(dashed(name), help=text if name in mine else SUPPRESS, **how)
    for text in argv:
        if text.startswith("--"):
            known("option ", text.partition("=")[0], ["--help", *map(dashed, OPTIONS)])
    return vars(parser.parse_intermixed_args(list(argv)))


def taken(command: str) -> list[str]:
    """The options that a command takes; what prints nothing takes no form of print."""
    _, form, _, own = COMMANDS[command]
    return [*COMMON, *PRINTING * bool(form), *SETS, *own]


def page_of(command: str, result: Result, markdown: bool = False) -> str:
    """The page of a command's result; some results have a page of their own."""
    forms = [form for key, form in OTHER_TEXTS.items() if key in result]
    return page(fill([*forms, COMMANDS[command][1]][0], result), markdown)


def run(argv: Sequence[str]) -> int:
    """Print what the command line asks for; 1 where the answer is no, BadInput where none is."""
    # subtle: without options argparse stays out, for it costs as much as all the rest.
    asked: Result = arguments(argv) if argv else {"command": "report"}
    command = known("command ", asked.pop("command"), COMMANDS)
    make_result, _, _, own = COMMANDS[command]
    for name in asked:
        if name not in taken(command):
            takers = ", ".join(other for other in COMMANDS if name in taken(other))
            raise BadInput(f"{dashed(name)}: {command} does not take it; must follow {takers}")
    figures = dict(asked.get("set", ()))
    figures |= {figure: asked[name] for name, figure in SETS.items() if name in asked}
    s, names = Scenario(**figures), [name for name in LAYERS if name in asked.get("with", ())]
    check(s)
    if "watch" in asked and command != "serve":  # whose page follows every save as it is
        watch(command, [word for word in argv if word != "--watch"])
    result = make_result(s, names, **{name: asked[name] for name in own if name in asked})
    if len(TELL_S) > 1:
        note()
    if "json" in asked:
        import json

        print(json.dumps(result, indent=2, allow_nan=False))
    else:
        lines = page_of(command, result, "markdown" in asked)
        print(lines.encode(encoding(), "backslashreplace").decode(encoding()))
    return 1 if result.get("feasible") is False else 0


def main() -> int:
    """Exit code: 0 done, 1 no, 2 bad input. A reader that has seen enough is no error."""
    exit_code = 0
    try:
        exit_code = run(sys.argv[1:])
        if sys.stdout:
            sys.stdout.flush()
    except BadInput as error:
        print(f"main.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for the interpreter flushes once more
        if not isinstance(error, BrokenPipeError):
            print(f"main.py: standard output: {error.strerror}", file=sys.stderr)
            return 2
    return exit_code


if __name__ == "__main__":
    # subtle: what signal is made of, which would cost more than all signals here.
    from _signal import SIGTERM, default_int_handler, signal  # type: ignore[import-not-found]

    signal(SIGTERM, default_int_handler)  # as Ctrl-C
    exit_code = main()
    if "posix" in sys.builtin_module_names:
        import posix

        # subtle: all is flushed; tearing down what is left would take a twentieth of the run.
        posix._exit(exit_code)
    sys.exit(exit_code)
