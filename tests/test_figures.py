"""Every figure stands once, says where it comes from, is guarded, and moves something."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import main
import pytest
from conftest import CODE, edited, printed, refused, run

# SPEC section 2, by hand: figures and their defaults.
DEFAULTS = """
model 70b  bytes_per_param 2  weights_gb 140  node_provision_s 50  node_standby_s 2.5
image_gb 30  image_pull_s_per_gb 6  first_touch_s_per_gb 0  read_stream_gb_s 4  read_cap_gb_s 4
read_streams 1  copy_pageable_gb_s 3.5  copy_pinned_gb_s 50  streamer_read_streams 16
dram_gb_s 200  engine_fixed_s 8  graph_capture_s 12  graph_cache_fraction 0.25
snapshot_fixed_s 2.5  snapshot_gb_s 20  snapshot_gpu_matches 1  first_forward_s 3
warm_ttft_s 0.5  gpu_usd_per_hour 4  small_gpu_usd_per_hour 1.2  gpu_hbm_gb 80
gpus_per_replica 0  hours_per_month 720  products 1  min_workers 1  sla_s 2  drop_usd 0.05
requests_per_hour 30  keep_alive_s 300  prompt_tokens 8192  network_gb_s 3.125  token_bytes 4
decode_tokens_per_s 30  gpu_tflops 990  prefill_mfu 0.62  hbm_gb_s 3350  kv_bytes 2
""".split()
SOURCE = (CODE / "main.py").read_text(encoding="utf-8")
LINES = inspect.getsource(main.Scenario).splitlines()
ALL = [*main.BY_NAME]
NUMBERS = [*main.FIGURES][1:]

# The scenarios in which each figure must move an output: raw, each layer, and what brings out the
# others.
SCENARIOS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    *(({}, [name]) for name in ALL),
    ({"read_cap_gb_s": 1000.0}, ["stream"]),
    ({"first_touch_s_per_gb": 1.0}, ["preseed", "snapshot", "warm-pool"]),
    ({"dram_gb_s": 20.0}, ["tiered"]),
    ({"prompt_tokens": 1}, []),
]


@functools.cache
def outputs(**changes: Any) -> str:
    """All that text and JSON say but the echo of the figures themselves."""
    said = []
    for base, layers in SCENARIOS:
        s = main.Scenario(**{**base, **changes})
        result = main.report(s, [name for name in layers if name in main.usable(s)])
        text = re.sub(r".*(\(yours\)|python code).*|  +--.*", "", printed(main.show, result, s))
        for echo in ("scenario", "changed", "finding"):
            del result[echo]
        said.append(text + json.dumps(result))
    return "".join(said)


def test_the_figures_and_their_defaults_are_those_of_the_spec() -> None:
    figures = main.head(main.Scenario(), [])["scenario"]
    for name, default in zip(DEFAULTS[::2], DEFAULTS[1::2]):
        assert str(figures[name]).removesuffix(".0") == default


@pytest.mark.parametrize("name", main.FIGURES)
def test_each_figure_is_one_line_with_a_meaning_and_a_known_source(name: str) -> None:
    assert len(re.findall(rf"^ *{name}: ", SOURCE, re.MULTILINE)) == 1
    (line,) = (line for line in LINES if line.startswith(f"    {name}: "))
    comment = line.partition("#")[2]
    tags = re.findall(r"\[(\w+)\]", comment)
    assert len(comment) > 10
    assert tags
    assert {*tags} <= {*main.SOURCES, "assumed", "arith"}


def test_each_source_is_that_of_a_figure() -> None:
    tags = re.findall(r"\[(\w+)\]", SOURCE)
    assert {*main.SOURCES} <= {*tags}


@pytest.mark.parametrize("name", main.FIGURES)
def test_each_figure_moves_an_output_of_at_least_one_scenario(name: str) -> None:
    default = main.FIGURES[name].default
    others: dict[str, Any] = {
        "model": "8b",
        "weights_gb": 141.0,
        "gpus_per_replica": 3,
        "snapshot_gpu_matches": 0,
        "gpu_hbm_gb": 40.0,
        **dict.fromkeys((*main.KNOWN, "known_cold_start_s", "pool_usd_per_hour"), 7.0),
    }
    bumped = others[name] if name in others else default + 1
    assert outputs(**{name: bumped}) != outputs()


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value", [-1.0, math.nan, math.inf, -math.inf, 1e300, 1e-300, "7", (5, 0)]
)
def test_no_figure_takes_nonsense(name: str, value: Any) -> None:
    with pytest.raises(main.BadInput, match=f"here, {name} = .*: must be"):
        main.check_figures(main.Scenario(**{name: value}), "here, ")


@pytest.mark.parametrize("name", NUMBERS)
def test_zero_is_refused_exactly_where_something_is_divided_by_it_or_promised(name: str) -> None:
    rates = {name for name in main.FIGURES if name.endswith("_gb_s")}
    rest = {"weights_gb", "bytes_per_param", "sla_s", "hours_per_month", "gpu_hbm_gb"}
    rest |= {"read_streams", "streamer_read_streams", "gpu_tflops", "prefill_mfu"}
    figures: dict[str, Any] = {name: 0}
    zero = main.Scenario(**figures)
    if name in rates | rest:
        with pytest.raises(main.BadInput, match="must be a"):
            main.check_figures(zero, "")
    else:
        main.check_figures(zero, "")
        result = main.report(zero, main.usable(zero))
        json.dumps(result, allow_nan=False)
        printed(main.show, result, zero)


def test_a_scenario_is_frozen_and_knows_its_names() -> None:
    s = main.Scenario()
    with pytest.raises(dataclasses.FrozenInstanceError):
        s.sla_s = 5.0  # type: ignore[misc]
    with pytest.raises(TypeError, match="sla"):
        main.Scenario(sla=5)  # type: ignore[call-arg]
    assert replace(replace(s, sla_s=5.0), image_gb=1.0).sla_s == 5.0
    assert s.sla_s == 2.0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("node_provision_s: float = 50.0", "node_provision_s: float = -50.0",
         "node_provision_s = -50.0: must be a number, 0 or"),
        ("read_cap_gb_s: float = 4.0", "read_cap_gb_s: float = 0", "read_cap_gb_s = 0: must"),
        ("products: int = 1 ", "products: int = 1.5 ", "products = 1.5: must be a whole number"),
        ("sla_s: float = 2.0", "sla_s: float = 2,0", "sla_s = (2, 0): must be a number"),
        ('model: str = "70b"', 'model: str = "70"', "model = '70': unknown; did you mean 70b?"),
        ('"8b": (8, 32', '"8b": (8, -32', "8b (8, -32"),
        ('"8b": (8, 32,', '"8b": (8,', "8b (8, 4096, 8, 128): must be 5 numbers above 0"),
        ('"engine_init": (10,', '"engine_init": ("10",', "engine_init ('10', 20, 30): must be 3"),
        ("GPU_HEADROOM = 1.1", "GPU_HEADROOM = 0", "GPU_HEADROOM (0,): must be"),
        ("P99_OVER = 0.01", "P99_OVER = 0.0", "P99_OVER (0.0,): must be"),
    ],
)  # fmt: skip
def test_nonsense_edited_into_the_file_is_named_by_every_script(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    folder = edited(tmp_path, old, new)
    for script in ("main.py", "evidence.py"):
        told = refused(run(script, folder=folder))
        assert told.startswith("in code/main.py, ")
        assert says in told
