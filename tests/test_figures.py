"""Every figure stands once, says where it comes from, is guarded, and moves something."""

from __future__ import annotations

import functools
import inspect
import json
import math
import re

import main
import pytest
from conftest import PROGRAM, edited, refused
from conftest import called as run

# SPEC section 2, by hand: the figures and their defaults.
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
LINES = inspect.getsource(main.Figures).splitlines()
ALL = [*main.LAYERS]

# The scenarios in which each figure must move an output: raw, under layers, and the two others.
SCENARIOS: list[tuple[dict[str, object], list[str]]] = [
    ({}, []),
    ({}, ["preseed", "stream", "graph-cache", "warm-node", "migrate"]),
    ({"read_cap_gb_s": 1000.0}, ["stream"]),
    ({"first_touch_s_per_gb": 1.0}, ["preseed", "snapshot", "warm-pool"]),
    ({"dram_gb_s": 20.0}, ["tiered"]),
    ({"prompt_tokens": 1}, []),
]


@functools.cache
def outputs(**changes: object) -> list[str]:
    """All that text and JSON say but the echo of the figures themselves."""
    said = []
    for base, layers in SCENARIOS:
        s = main.Scenario(**{**base, **changes})
        result = main.report_result(s, layers)
        said.append(json.dumps({key: value for key, value in result.items() if key != "scenario"}))
    return said


def test_the_figures_and_their_defaults_are_those_of_the_spec() -> None:
    figures = main.head(main.Scenario(), [])["scenario"]
    assert [*figures] == DEFAULTS[::2]
    assert figures.pop("model") == "70b"
    assert [*figures.values()] == [float(value) for value in DEFAULTS[3::2]]


ELSEWHERE = PROGRAM.read_text(encoding="utf-8").replace(
    inspect.getsource(main.Traffic),  # its options, not figures
    "",
)


@pytest.mark.parametrize("name", main.FIGURES)
def test_each_figure_is_one_line_with_a_meaning_and_a_known_source(name: str) -> None:
    assert len(re.findall(rf"^ *{name}\b[^=\n(]*= ", ELSEWHERE, re.MULTILINE)) == 1
    (line,) = (line for line in LINES if re.match(rf" +{name}\b", line))
    comment = line.partition("#")[2]
    tags = re.findall(r"\[(\w+)\]", comment)
    assert len(comment) > 10
    assert tags
    assert {*tags} <= {*main.SOURCES, "assumed", "arith"}


@pytest.mark.parametrize("name", main.FIGURES)
def test_each_figure_moves_an_output_of_at_least_one_scenario(name: str) -> None:
    default = getattr(main.Figures, name)
    other: dict[str, object] = {
        "model": "8b",
        "weights_gb": 141.0,
        "gpus_per_replica": 3,
        "snapshot_gpu_matches": 0,
    }
    other["gpu_hbm_gb"] = 40.0
    bumped = other.get(name) or (0 if name in other else default + 1)
    assert outputs(**{name: bumped}) != outputs()


@pytest.mark.parametrize("name", main.FIGURES[1:])
@pytest.mark.parametrize(
    "value", [-1.0, math.nan, math.inf, -math.inf, 1e300, 1e-300, "7", (5, 0)]
)
def test_no_figure_takes_nonsense(name: str, value: object) -> None:
    with pytest.raises(main.BadInput, match=name):
        main.check(main.Scenario(**{name: value}))


@pytest.mark.parametrize("name", main.FIGURES[1:])
def test_zero_is_refused_exactly_where_something_is_divided_by_it_or_promised(name: str) -> None:
    rates = {name for name in main.FIGURES if name.endswith("_gb_s")}
    rest = {"weights_gb", "bytes_per_param", "sla_s", "hours_per_month", "gpu_hbm_gb"}
    rest |= {"read_streams", "streamer_read_streams", "gpu_tflops", "prefill_mfu"}
    zero = main.Scenario(**{name: 0})
    if name in rates | rest:
        with pytest.raises(main.BadInput, match="above 0"):
            main.check(zero)
    else:
        main.check(zero)
        json.dumps(main.report_result(zero, ALL), allow_nan=False)


def test_a_scenario_is_frozen_and_knows_its_names() -> None:
    s = main.Scenario()
    with pytest.raises(AttributeError, match="frozen"):
        s.sla_s = 5.0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        main.Scenario(sla=5)
    assert s.but(sla_s=5.0).but(image_gb=1.0).sla_s == 5.0
    assert s.sla_s == 2.0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("node_provision_s = 50.0", "node_provision_s = -50.0", "node_provision_s = -50.0: must"),
        ("read_cap_gb_s = 4.0", "read_cap_gb_s = 0", "read_cap_gb_s = 0: must be a number above"),
        ("products = 1 ", "products = 1.5 ", "products = 1.5: must be a whole number"),
        ("sla_s = 2.0", "sla_s = 2,0", "sla_s = (2, 0): must be a number"),
        ('model = "70b"', 'model = "70"', "model = '70': must be one of 7b, 8b, 13b"),
        ('"8b": (8, 32', '"8b": (8, -32', "8b (8, -32"),
        ('"8b": (8, 32,', '"8b": (8,', "8b (8, 4096, 8, 128): must be 5 numbers above 0"),
        ('"engine_init": (10,', '"engine_init": ("10",', "engine_init ('10', 20, 30): must be 3"),
        ("GPU_HEADROOM = 1.1", "GPU_HEADROOM = 0", "GPU_HEADROOM (0,): must be"),
        ("P99_OVER = 0.01", "P99_OVER = 0.0", "P99_OVER (0.0,): must be"),
    ],
)
def test_nonsense_edited_into_the_file_is_named(
    tmp_path: object, old: str, new: str, says: str
) -> None:
    done = run(program=edited(tmp_path, old, new))  # type: ignore[arg-type]
    assert refused(done).startswith("main.py: in the file, ")
    assert says in refused(done)
