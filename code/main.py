"""Cold starts of a serverless LLM, from "no replica" to the first token.

The claim: a cold start is five phases in a row, each one line of arithmetic. A layer of mitigation
attacks the phases it names and nothing else. So a cold start can be measured, budgeted and stacked
like any other latency: 328 s for a 70B model, 15 s behind three layers, 0.5 s behind a warm pool.

Read it top to bottom; the report's headings carry the numbers of these sections:

  1 FIGURES     edit these live, and where each comes from
  2 SCENARIO    one frozen record of the figures; a change makes a copy
  3 PHASES      five formulas, seconds each
  4 LAYERS      one function and one row each
  5 COLD PATH   phases in a row, layers in a stack, and which of them lie idle
  6 MONEY       the price of a warm pool, and the request rate above which it pays
  7 MIGRATION   an eviction: move the KV cache, move the tokens, or start cold
  8 REPORT      the results as JSON has them; from here on, printing only
  9 CLI         options in, text or JSON out

  python code/main.py                                      the whole lesson
  python code/main.py --with preseed,snapshot,warm-node    the same behind three layers
  python code/main.py migrate --model 8b                   tokens against KV cache

Units: seconds, decimal GB (1e9 bytes), US dollars, requests per hour. A name ends in its unit:
`_s`, `_gb`, `_gb_s`, `_usd`. `s` alone is the scenario, `lam` is arrivals per second.

Not modelled: registries and networks that slow under load, boots that fail, phases that overlap
one another, several regions, KV cache that fills up, what batching does to latency.
"""

import math
import sys

# subtle: typing would double the start-up, so annotations have names for the type checker alone.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, NoReturn, TypeAlias

    Formula: TypeAlias = "Callable[[Scenario], float]"
    Result: TypeAlias = dict[str, Any]
else:
    Any = Formula = NoReturn = Result = object
    Iterable = Sequence = list

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

FIGURES = [name for name in vars(Figures) if not name.startswith("_")]
ABOVE_ZERO = """bytes_per_param weights_gb read_streams streamer_read_streams gpu_hbm_gb
    hours_per_month sla_s gpu_tflops prefill_mfu""".split()  # and each *_gb_s; others may be 0
WHOLE = """read_streams streamer_read_streams snapshot_gpu_matches gpus_per_replica products
    min_workers prompt_tokens""".split()
SMALLEST, LARGEST = 1e-9, 1e12  # of a figure that is not 0, so that no quotient overflows

# --- 2 SCENARIO ----------------------------------------------------------------------------------


class BadInput(Exception):
    """A figure, an option or a file that cannot be used; the message is one line for the user."""


class Scenario(Figures):
    """The figures of one run, frozen: `Scenario(sla_s=5)`; `but()` makes a changed copy.

    The fields below are no figures: layers set them. A name that is neither is an AttributeError.
    """

    loaders: tuple[Formula, ...] = ()  # instead of the default, fastest wins
    restores: tuple[Formula, ...] = ()  # snapshots, past load and engine start
    has_pool = False  # min_workers are kept warm
    migrates = False  # an evicted request moves instead of starting over

    def __init__(self, **changes: Any) -> None:
        for name in changes:
            getattr(type(self), name)
        vars(self).update(changes)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a scenario is frozen; scenario.but({name}={value!r}) makes a copy")

    def but(self, **changes: Any) -> "Scenario":
        return Scenario(**{**vars(self), **changes})


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
    if name == "model":
        return "" if value in [*MODELS] else f"one of {', '.join(MODELS)}"
    if name == "snapshot_gpu_matches":
        return "" if value in [0, 1] else "0 or 1"
    above_0 = name in ABOVE_ZERO or name.endswith("_gb_s")
    if isinstance(value, (int, float)) and not (name in WHOLE and value % 1):
        if SMALLEST <= value <= LARGEST or (value == 0 and not above_0):
            return ""
    kind = "a whole number" if name in WHOLE else "a number"
    must = f"{kind} {'above 0:' if above_0 else 'of 0, or'} {SMALLEST:g} to {LARGEST:g}"
    return "" if name == "weights_gb" and value is None else must


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
    """A row: phases attacked, the tool to name, price, precondition, and rent in $/month."""

    def __init__(self, *row: Any) -> None:
        self.number, self.name, self.change, self.attacks = row[:4]
        self.tool, self.price, self.needs, self.rent = row[4:]


# fmt: off
LAYERS = {layer.name: layer for layer in (
    Layer("1", "preseed", preseed, ("image_pull",),
          "Bottlerocket data-volume snapshot in an EC2NodeClass; GCP VM image, Azure disk copy",
          "rebuilt a release", "nodes that boot from it", None),
    Layer("2", "stream", stream, ("weight_load",), "NVIDIA Run:ai Model Streamer, native in vLLM",
          "pins host memory", "storage that gives many readers more than one", None),
    Layer("3", "snapshot", snapshot, ("weight_load", "engine_init"), "Modal checkpoint",
          "may hold PII", "the GPU type and count that it was taken on", None),
    Layer("4", "warm-pool", warm_pool, (), "min_workers=1",
          "paid 24/7", "a free warm slot; overflow pays the path", pool_usd_per_month),
    Layer("5", "tiered", tiered, ("weight_load",), "ServerlessLLM, NVMe -> DRAM -> HBM",
          "weights in DRAM", "a node whose host memory holds them", None),
    Layer("6", "migrate", migrate, (), "tokens instead of KV cache",
          "recomputation", "notice, and a free slot on another replica", None),
    Layer("3b", "graph-cache", graph_cache, ("engine_init",),
          "vLLM's compile cache on a shared volume",
          "stale: recompiled", "the same vLLM, model and GPU type", None),
    Layer("4b", "warm-node", warm_node, ("node_provision",), "a booted node without a model",
          "paid 24/7, idle", "a cluster that keeps it free", node_usd_per_month),
)}
# fmt: on

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


def ranges(s: Scenario) -> dict[str, tuple[float, float]]:
    """Low and high seconds of each phase, its published range in proportion, and of the total."""
    scaled, lows, highs = {}, 0.0, 0.0
    for phase, seconds in path(s).items():
        low, typical, high = PUBLISHED_S.get(phase, (1, 1, 1))
        scaled[phase] = (seconds * low / typical, seconds * high / typical)
        lows, highs = lows + scaled[phase][0], highs + scaled[phase][1]
    return scaled | {"total": (lows, highs)}


def first_request_ttft_s(s: Scenario) -> float:
    """What the first request after a quiet hour waits: the path, or a warm replica's answer."""
    return s.warm_ttft_s if s.has_pool and s.min_workers else cold_start_s(s)


def without(names: Iterable[str], name: str) -> list[str]:
    return [other for other in names if other != name]


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


# --- 6 MONEY -------------------------------------------------------------------------------------
# One product, one replica, Poisson arrivals, short service. C is the cold start, tau keep-alive,
# L = C - SLA. A cycle of scale-to-zero lasts from boot to boot.


def cycle(s: Scenario, lam: float, cold_s: float) -> tuple[float, float]:
    """Arrivals in one cycle, D = e^(lam tau) + lam C, and how many of them are late.

    Late are the one that boots the replica and the lam L that come while it boots.
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
    """Whether at most 1% of a cycle's arrivals are late, and so at every higher rate."""
    return late <= P99_OVER * arrivals


def self_warm_rate(s: Scenario) -> float | None:
    """Requests per hour above which keep-alive alone holds P99; None where no rate does."""
    cold_s = cold_start_s(s)
    if holds_p99(*cycle(s, 0.0, cold_s)):
        return 0.0
    if s.sla_s < s.warm_ttft_s or s.keep_alive_s == 0:
        return None
    low, high = 0.0, 1 / s.keep_alive_s
    while not holds_p99(*cycle(s, high, cold_s)):
        low, high = high, 2 * high
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        held = holds_p99(*cycle(s, middle, cold_s))
        low, high = (low, middle) if held else (middle, high)
    return 3600 * high


def at_rate(s: Scenario, rate: float) -> Result:
    """Scale-to-zero against one warm replica at so many requests per hour.

    The premium is what the replica costs more: scale-to-zero does not hold a GPU 1/D of the time.
    """
    lam = rate / 3600
    arrivals, late = cycle(s, lam, cold_start_s(s))
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


def regimes(s: Scenario) -> Result:
    """The rates where the regimes part, and a table of round rates that leads through them."""
    pays, busy = break_even(s), self_warm_rate(s)
    marks = [rate for rate in (pays, busy) if rate] or [10.0]
    low, high = min(marks), max(marks)
    rates = {float(f"{rate:.1g}") for rate in (low / 30, low / 10, low / 3, high * 2, high * 5)}
    rates |= {float(f"{math.sqrt(low * high):.2g}"), float(s.requests_per_hour)}
    rows = [at_rate(s, rate) for rate in sorted(rates)]
    return {"requests_per_hour": pays, "self_warm_requests_per_hour": busy, "table": rows}


def usd_per_cold_minute(s: Scenario) -> float:
    """A warm replica's month per minute of cold start avoided: 5760 / (328 / 60) = $1053.66."""
    return node_usd_per_month(s) / (cold_start_s(s) / 60)


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
    rounds, recompute_s = token_rounds(s), prefill_s(s, s.prompt_tokens)
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
        "eviction_pause_s": rounds[-1][1] if s.migrates else cold_start_s(s) + recompute_s,
    }


# --- 8 REPORT ------------------------------------------------------------------------------------
# A result is one dictionary: it is the JSON, and the text is printed from it.

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


def scenario_result(s: Scenario) -> Result:
    return {name: getattr(s, name) for name in FIGURES} | {"weights_gb": weights_gb(s)}


def phases_result(s: Scenario, names: Sequence[str]) -> list[Result]:
    raw, kept, rows, end = path(s), working(s, names), [], 0.0
    saves = {name: spared(s, kept, name) for name in kept}
    for phase, seconds in path(stack(s, names)).items():
        start, end = end, end + seconds
        by = [name for name in kept if saves[name][phase]]
        row = {"name": phase, "seconds": seconds, "raw_seconds": raw[phase], "start_s": start}
        rows.append(row | {"end_s": end, "changed_by": by})
    return rows


def stack_result(s: Scenario, names: Sequence[str]) -> Result:
    cold_s = cold_start_s(stack(s, names))
    rents = [LAYERS[name].rent(s) for name in names if LAYERS[name].rent]
    row = {"layers": list(names), "cold_start_s": cold_s, "speedup": cold_start_s(s) / cold_s}
    return row | {"standing_usd_per_month": sum(rents, 0.0)}


def pool_result(s: Scenario) -> Result:
    hours = s.products * s.min_workers * gpus(s) * s.hours_per_month
    row = {"gpu_hours_per_month": hours, "usd_per_month": pool_usd_per_month(s)}
    return row | {"gpus_per_replica": gpus(s)}


def report_result(s: Scenario, names: Sequence[str]) -> Result:
    """The report on a scenario under the named layers."""
    under, chosen = stack(s, names), stack_result(s, names)
    stacks = dict.fromkeys((*KNOWN_STACKS, *((name,) for name in LAYERS), tuple(names)))
    low, high = ranges(under)["total"]
    return {
        "scenario": scenario_result(s),
        "layers": list(names),
        "phases": phases_result(s, names),
        "cold_start_s": chosen["cold_start_s"],
        "raw_cold_start_s": cold_start_s(s),
        "speedup": chosen["speedup"],
        "first_request_ttft_s": first_request_ttft_s(under),
        "range_s": {"low": low, "high": high},
        "stacks": [stack_result(s, each) for each in stacks],
        "warm_pool": pool_result(s),
        "break_even": regimes(under),
        "migration": migration(under),
    }


def migrate_result(s: Scenario, names: Sequence[str]) -> Result:
    """Migration as in the report, and in a table over contexts and networks."""
    under, rows = stack(s, names), []
    for tokens in CONTEXTS:
        for gbit_s in NETWORKS_GBIT_S:
            move = migration(under.but(prompt_tokens=tokens, network_gb_s=gbit_s / 8))
            faster = "tokens" if move["ship_tokens_s"] < move["ship_kv_s"] else "kv"
            row = {"prompt_tokens": tokens, "network_gbit_s": gbit_s, "faster": faster}
            rows.append(row | move)
    result = {"scenario": scenario_result(s), "layers": list(names)}
    return result | {"migration": migration(under), "table": rows}


# --- from here on: printing only -----------------------------------------------------------------
# A text looks like what it prints. A field ends in a capital: N three digits, D no idle zero,
# T time, $ dollars, B bytes; before it stand side and width. A heading ends in " -".


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
    return f"{three(x)} s" if x >= 1 else f"{1000 * x:.3g} ms"


def dollars(x: float) -> str:
    return f"${x:,.2f}" if x < 99.995 else f"${x:,.0f}" if x < 1e8 else f"${x:.1e}"


def size(x: float) -> str:
    unit, name = (1e9, "GB") if x >= 1e9 else (1e6, "MB") if x >= 1e6 else (1e3, "kB")
    return f"{x / unit:.3g} {name}"


def span(ends: Iterable[float]) -> str:
    return "-".join(dict.fromkeys(plain(round(end) if end >= 100 else end) for end in ends))


FORMS = {"N": three, "D": plain, "T": duration, "$": dollars, "B": size}


class Shown(float):
    """A number that a field's last letter prints, or else Python."""

    def __format__(self, spec: str) -> str:
        form = FORMS.get(spec[-1:])
        return format(form(self), spec[:-1]) if form else super().__format__(spec or "g")


def fill(text: str, *records: Result, **more: Any) -> str:
    """The text with the fields of these records; later ones win."""
    fields = {
        name: Shown(value) if isinstance(value, (int, float)) else value
        for record in (*records, more)
        for name, value in record.items()
    }
    return text.format_map(fields)


def bar(now: float, raw: float, cells_per_s: float) -> str:
    """What stays of a phase, and lighter what was taken off; never nothing for something."""
    blocks = str(getattr(sys.stdout, "encoding", "")).lower().startswith("utf")
    stays, off = "\u2588\u2591" if blocks else "#."
    cells = max(round(now * cells_per_s), 1 if now else 0)
    return stays * cells + off * (round(raw * cells_per_s) - cells)


SCENARIO = """\
2 SCENARIO: model {model}, scaled to zero -
{weights_gb:D} GB of weights on {gpus:D} x {gpu_hbm_gb:D} GB of GPU memory: {usd:$}/h a replica
promised: P99 time to first token {sla_s:T}; a late request costs {drop_usd:$}"""
WITH_ROW = "with {number} {name}: {tool}; needs {needs}"
CHANGED_ROW = "{name} {was} -> {now} (yours)"


def scenario_lines(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    """What is run: the model, the promise, the layers and every figure that this run sets."""
    was = scenario_result(Scenario()) | {"weights_gb": weights_gb(s.but(weights_gb=None))}
    lines = [fill(SCENARIO, result["scenario"], gpus=gpus(s), usd=replica_usd_per_hour(s))]
    with_layers = [fill(WITH_ROW, vars(LAYERS[name])) for name in names]
    lines += with_layers or ["with no layers: the raw path"]
    return lines + [fill(CHANGED_ROW, name=n, was=was[n], now=now) for n, now in vars(s).items()]


RAW_HEAD = """\
3 PHASES: from no replica to the first token -
phase           seconds     range  share"""
RAW_ROW = "{name:14}  {raw_seconds:>7N}  {raw_range:>8}  {raw_share:>5.0%}  {bar}"
BOTH_HEAD = """\
3 PHASES: from no replica to the first token, raw and with these layers -
phase               raw     range  share      now     range  share  light: off"""
BOTH_ROW = RAW_ROW.replace("{bar}", "{seconds:>7N}  {now_range:>8}  {now_share:>5.0%}  {bar}")
PUBLISHED = "published for the raw 70b path: {range} s before the first forward"


def anatomy_lines(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    raw_s, now_s = result["raw_cold_start_s"], result["cold_start_s"]
    raw, now, lines = ranges(s), ranges(stack(s, names)), [BOTH_HEAD if names else RAW_HEAD]
    longest_s = max(max(row["seconds"], row["raw_seconds"]) for row in result["phases"])
    for row in [*result["phases"], {"name": "total", "seconds": now_s, "raw_seconds": raw_s}]:
        name, before, after = row["name"], row["raw_seconds"], row["seconds"]
        picture = bar(after, before, (12 if names else 38) / longest_s)
        if name == "total":
            picture = f"{result['speedup']:.1f}x" if names else f"{raw_s / 60:.1f} min"
        cells = {"raw_share": before / raw_s, "raw_range": span(raw[name])}
        cells |= {"now_share": after / now_s, "now_range": span(now[name])}
        lines.append(fill(BOTH_ROW if names else RAW_ROW, row, cells, bar=picture))
    published = span(sum(row[end] for row in PUBLISHED_S.values()) for end in (0, 2))
    return [*lines, fill(PUBLISHED, range=published)]


LAYER_HEAD = """\
4 LAYERS: each alone -
   layer        attacks                  saves s  path s  price"""
LAYER_FOOT = """\
a snapshot shortens neither node nor image; a pre-seeded image moves its bytes,
and a lazily read volume pays for them at first touch"""
LAYER_ROW = "{number:2} {name:11}  {phases:23}  {saves_s:>7N}  {path_s:>6N}  {price}"


def layer_lines(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    """Each layer alone; then those of the stack that lie idle or make their phases slower."""
    kept, lines, notes = working(s, names), [LAYER_HEAD], []
    for layer in LAYERS.values():
        name, phases, path_s = layer.name, "+".join(layer.attacks), cold_start_s(layer.change(s))
        alone = {"phases": phases or "no phase", "path_s": path_s}
        lines.append(fill(LAYER_ROW, vars(layer), alone, saves_s=cold_start_s(s) - path_s))
        if name in kept and sum(spared(s, kept, name).values()) < 0:
            notes.append(f"{name} makes {phases} slower: see its figures")
        if phases and name in names and name not in kept:
            fits = layer.change(s) is not s
            why = "the stack is as fast without it" if fits else f"it needs {layer.needs}"
            notes.append(f"{name} lies idle: {why}")
    return [*lines, LAYER_FOOT, *notes]


STACK_HEAD = """\
5 COLD PATH: layers in a stack -
--with                                path s  speed-up  rent $/month"""
STACK_ROW = """\
{names:36}  {cold_start_s:>6N}  {speedup:>7.1f}x  {standing_usd_per_month:>12$}{yours}"""
FIRST = """\
the first request waits {first_request_ttft_s:T} here; on a free warm slot {warm_ttft_s:T}
warm-node rents an idle node: for one product it costs what a warm replica costs"""


def listed(names: Sequence[str]) -> str:
    return "all" if len(names) == len(LAYERS) else ",".join(names)


def stack_lines(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    lines, shown = [STACK_HEAD], {*KNOWN_STACKS, tuple(names)}
    for row in result["stacks"]:
        if tuple(row["layers"]) in shown:
            yours = "  <- yours" if row["layers"] == list(names) else ""
            layers = listed(row["layers"]) or "(no layers)"
            lines.append(fill(STACK_ROW, row, names=layers, yours=yours))
    return [*lines, fill(FIRST, result["scenario"], result)]


POOL_HEAD = """\
6 MONEY: a warm pool of {min_workers:D} for each product, paid around the clock -
products  GPUs a replica  GPU-hours/month  $/month"""
POOL_ROW = """\
{products:>8D}  {gpus_per_replica:>14D}  {gpu_hours_per_month:>15N}  {usd_per_month:>7$}"""
MINUTE = """\
a warm replica's month, per minute of cold start that it avoids: {here_usd:$} here; \
{usd:$} for a {small} behind preseed,warm-node ({path_s:T}) on a {gpu_usd_per_hour:$} GPU"""


def pool_lines(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    lines = [fill(POOL_HEAD, result["scenario"])]
    for products in sorted({1, s.products, 5}):
        lines.append(fill(POOL_ROW, pool_result(s.but(products=products)), products=products))
    small = s.but(
        model=next(iter(MODELS)), weights_gb=None, gpu_usd_per_hour=s.small_gpu_usd_per_hour
    )
    small = stack(small, ["preseed", "warm-node"])
    figures = {"small": small.model, "path_s": cold_start_s(small), **vars(small)}
    usd, here_usd = usd_per_cold_minute(small), usd_per_cold_minute(stack(s, names))
    return [*lines, fill(MINUTE, figures, usd=usd, here_usd=here_usd)]


RATE_HEAD = """\
per product: what a warm replica adds to scale-to-zero's bill, and what late
requests cost without it; those that come while a replica boots are late too
requests/h  cold starts/day    late  pool adds $/h  late cost $/h  cheaper"""
RATE_ROW = """\
{requests_per_hour:>10D}  {cold_starts_per_day:>15N}  {over_sla_fraction:>6.1%}  \
{warm_premium_usd_per_hour:>13$}  {cold_tax_usd_per_hour:>13$}  {cheaper}"""
MARKS = {
    "requests_per_hour": "{:>10}  break-even: above it late requests cost more than a pool -",
    "self_warm_requests_per_hour": "{:>10}  self-warm: above it traffic alone holds P99 -",
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


def regime_lines(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    found = result["break_even"]
    rows = [(row["requests_per_hour"], fill(RATE_ROW, row)) for row in found["table"]]
    rows += [(found[key], MARKS[key].format(plain(found[key]))) for key in MARKS if found[key]]
    lines = [RATE_HEAD, *(row for _, row in sorted(rows))]
    lines += [regime_text(stack(s, names), *(found[key] for key in MARKS))]
    rent = stack_result(s, without(names, "warm-pool"))["standing_usd_per_month"]
    standing = f"the standby node costs {dollars(rent / s.hours_per_month)}/h on top of either"
    return [*lines, standing] if rent else lines


MIGRATION = """\
7 MIGRATION: an eviction hits a request of {prompt_tokens:D} tokens -
moved        bytes      time     pause
KV cache  {kv_bytes:>8B}  {ship_kv_s:>8T}  {ship_kv_s:>8T}  in one piece
tokens    {token_bytes:>8B}  {ship_tokens_s:>8T}  {pause_s:>8T}  \
{recomputed_tokens:D} recomputed, rounds: {rounds:D}
nothing        0 B  {cold_s:>8T}  {cold_s:>8T}  cold start, then prefill
tokens take less time than KV cache below {crossover:.3g} Gbit/s; this network has {gbit_s:.3g}
with these layers an eviction stops the request for {eviction_pause_s:T}"""


def migration_lines(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    move, cold = result["migration"], migration(stack(s, without(names, "migrate")))
    gbit_s = {"crossover": 8 * move["crossover_gb_s"], "gbit_s": 8 * s.network_gb_s}
    return [fill(MIGRATION, result["scenario"], move, gbit_s, cold_s=cold["eviction_pause_s"])]


FINDING = """\
Finding: {name} takes longest, {seconds:T} of {cold_start_s:T}. {advice}:
  {command}"""


def finding_lines(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    """The longest phase, and what to try next: the layer that helps most, else migration."""
    after = {name: cold_start_s(stack(s, [*names, name])) for name in LAYERS}
    best = min(LAYERS, key=lambda name: after[name])
    best = best if after[best] < result["cold_start_s"] else "warm-pool"
    command, advice = "", f"{best} would help most"
    if best in names or result["first_request_ttft_s"] <= s.sla_s:
        command, advice = " migrate", "And when a node goes away"
    else:
        names = [*names, best]
    words = [f"python code/main.py{command}", *([f"--with {listed(names)}"] if names else [])]
    words += [f"--set {name}={value}" for name, value in vars(s).items()]
    line = " ".join(words)
    command = line if len(line) < 78 else " \\\n      ".join(words)
    longest = max(result["phases"], key=lambda row: float(row["seconds"]))
    return [fill(FINDING, result, longest, advice=advice, command=command)]


SECTIONS = (
    scenario_lines,
    anatomy_lines,
    layer_lines,
    stack_lines,
    pool_lines,
    regime_lines,
    migration_lines,
    finding_lines,
)
MOVE_HEAD = """\

last columns: KV cache over so many Gbit/s (* tokens take less), the crossover
ctx  KV cache   tokens    time    pause"""
MOVE_ROW = "{k:>3D}k  {kv_bytes:>7B}  {token_bytes:>7B} {ship_tokens_s:>7T}  {pause_s:>7T}"


def report_text(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    return [line for section in SECTIONS for line in section(s, names, result)]


def migrate_text(s: Scenario, names: Sequence[str], result: Result) -> list[str]:
    lines = [*scenario_lines(s, names, result), *migration_lines(s, names, result), MOVE_HEAD]
    lines[-1] += "".join(f"{gbit_s:>8} " for gbit_s in NETWORKS_GBIT_S) + "cross"
    for move in result["table"]:
        if move["network_gbit_s"] == NETWORKS_GBIT_S[0]:
            lines.append(fill(MOVE_ROW, move, k=move["prompt_tokens"] / 1024))
        lines[-1] += fill("{ship_kv_s:>8T}", move) + " *"[move["faster"] == "tokens"]
        if move["network_gbit_s"] == NETWORKS_GBIT_S[-1]:
            lines[-1] += fill("{gbit_s:>5.3g}", gbit_s=8 * move["crossover_gb_s"])
    return lines


def page(lines: Iterable[str]) -> str:
    """The lines at 80 columns: " -" drawn out, longer lines broken where words allow it."""
    done = []
    for line in "\n".join(lines).splitlines():
        line = line[:-1].ljust(80, "-") if line.endswith(" -") else line.rstrip()
        while len(line) > 80 and (cut := line.rfind(" ", 3, 81)) > 0:
            done.append(line[:cut].rstrip())
            line = "  " + line[cut:].lstrip()
        done.append(line)
    return "\n".join(done)


# --- 9 CLI ---------------------------------------------------------------------------------------

COMMANDS = {
    "report": (report_result, report_text, "the whole lesson; what runs without a command"),
    "migrate": (migrate_result, migrate_text, "tokens against KV cache, by context and network"),
}
EXAMPLES = """layers: {}
figures: the names at the top of code/main.py

examples:
  python code/main.py --with preseed,snapshot,warm-node
  python code/main.py --model 7b --set gpu_usd_per_hour=1.2 --set sla_s=10
  python code/main.py migrate --model 8b --set network_gb_s=1.25
  python code/main.py --with all --json"""


def known(what: str, word: str, words: Iterable[str]) -> str:
    """The word where it is one of these, else BadInput that names the nearest, or all."""
    if word in (words := list(words)):
        return word
    import difflib

    near = difflib.get_close_matches(word.lower(), words, 1)
    hint = f"did you mean {near[0]}?" if near else f"must be one of {', '.join(words)}"
    raise BadInput(f"{what} {word!r}: unknown; {hint}")


def read_layers(text: str) -> list[str]:
    """Layer names from one --with."""
    words = [known("--with", word.strip(), [*LAYERS, "all"]) for word in text.split(",")]
    return list(LAYERS) if "all" in words else words


def read_figure(text: str) -> tuple[str, Any]:
    """Name and value from one --set."""
    name, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f"--set {text!r}: must be NAME=VALUE, such as node_provision_s=40")
    if known("--set", name, FIGURES) == "model":
        return name, known("--set model", value, MODELS)
    try:
        number = float(value)
    except ValueError:
        raise BadInput(f"--set {name}={value!r}: must be a number") from None
    return name, int(number) if name in WHOLE and number % 1 == 0 else number


def arguments(argv: Sequence[str]) -> dict[str, Any]:
    """The command line as argparse reads it; BadInput for what it cannot read."""
    from argparse import ArgumentParser, RawDescriptionHelpFormatter

    class OneLine(ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise BadInput(" ".join(message.split()) + "; --help shows what there is")

    parser = OneLine(prog="main.py", epilog=EXAMPLES.format(", ".join(LAYERS)), allow_abbrev=False)
    parser.formatter_class = RawDescriptionHelpFormatter
    about = "; ".join(f"{name}: {about}" for name, (_, _, about) in COMMANDS.items())
    add = parser.add_argument
    options = [
        add("command", nargs="?", default="report", help=about),
        add("--model", help=", ".join(MODELS)),
        add("--with", type=read_layers, action="extend", help="layers, a comma list, or all"),
        add("--set", type=read_figure, action="append", help="NAME=VALUE, a figure for this run"),
        add("--json", action="store_true", help="one JSON object instead of text"),
    ]
    names = ["-h", "--help", *(name for option in options for name in option.option_strings)]
    for word in argv:
        if word.startswith("--"):
            known("option", word.partition("=")[0], names)
    return vars(parser.parse_intermixed_args(list(argv)))


def run(argv: Sequence[str]) -> None:
    """Print what the command line asks for; BadInput where it cannot be done."""
    # subtle: without options argparse stays out, for it costs as much as all the rest.
    given: Result = arguments(argv) if argv else {"command": "report"}
    figures = dict(given.get("set") or ())
    if given.get("model") is not None:
        figures["model"] = known("--model", given["model"], MODELS)
    make_result, make_text, _ = COMMANDS[known("command", given["command"], COMMANDS)]
    s, names = Scenario(**figures), [name for name in LAYERS if name in (given.get("with") or ())]
    check(s)
    result = make_result(s, names)
    if given.get("json"):
        import json

        print(json.dumps(result, indent=2, allow_nan=False))
    else:
        print(page(make_text(s, names, result)))


def main() -> int:
    """Exit code: 0 done, 2 bad input. A reader that has seen enough is no error."""
    try:
        run(sys.argv[1:])
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
