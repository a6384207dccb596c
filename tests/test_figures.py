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
from conftest import CODE, SCRIPTS, called, edited, printed, refused, report, run

# SPEC section 2, by hand: figures and their defaults.
DEFAULTS = """
model 70b  bytes_per_param 2  weights_gb 140  node_provision_s 50  node_standby_s 2.5
image_gb 30  image_pull_s_per_gb 6  first_touch_s_per_gb 0  read_stream_gb_s 4  read_cap_gb_s 4
read_streams 1  copy_pageable_gb_s 3.5  copy_pinned_gb_s 50  streamer_read_streams 16
streamer_sharded 1  dram_gb_s 200  process_start_s 0  engine_fixed_s 8  graph_capture_s 12
graph_cache_fraction 0.25  image_pull_s None  weight_load_s None  engine_init_s None
known_cold_start_s None  pool_usd_per_hour None
snapshot_fixed_s 2.5  snapshot_gb_s 20  snapshot_gpu_matches 1  first_forward_s 3
warm_ttft_s 0.5  gpu_usd_per_hour 4  small_gpu_usd_per_hour 1.2  gpu_hbm_gb 80
gpus_per_replica 0  hours_per_month 720  products 1  min_workers 1  sla_s 2  drop_usd 0.05
requests_per_hour 30  keep_alive_s 300  prompt_tokens 8192  network_gb_s 3.125  token_bytes 4
decode_tokens_per_s 30  gpu_tflops 990  prefill_mfu 0.62  hbm_gb_s 3350  kv_bytes 2
""".split()
# The same: those that others measured, on a 70B over four H100s.
MEASURED: dict[str, float] = {
    "gpus_per_replica": 4, "image_gb": 10, "image_pull_s_per_gb": 12,
    "first_touch_s_per_gb": 2.35, "read_stream_gb_s": 6, "read_cap_gb_s": 6,
    "copy_pageable_gb_s": 8.6, "process_start_s": 50, "engine_fixed_s": 31,
    "graph_capture_s": 60.8, "snapshot_fixed_s": 3.1, "snapshot_gb_s": 4, "first_forward_s": 1,
}  # fmt: skip
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
        "streamer_sharded": 0,
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


# --- two sets ------------------------------------------------------------------------------------


def test_a_set_changes_the_figures_of_the_spec_and_no_others() -> None:
    lesson, measured = (main.figures(main.scenario(name)) for name in ("lesson", "measured"))
    assert measured == lesson | MEASURED
    assert main.scenario("lesson") == main.Scenario()
    assert (main.Scenario().figure_set, main.scenario("measured").figure_set) == (
        "lesson",
        "measured",
    )


@pytest.mark.parametrize("name", main.MEASURED)
def test_each_measured_figure_is_one_line_with_a_unit_and_a_known_source(name: str) -> None:
    block = SOURCE.partition("\nMEASURED: Row = {")[2].partition("\n}\n")[0]
    ((comment,),) = [re.findall(rf'^    "{name}": [\d.]+,  # (.+)$', block, re.MULTILINE)]
    tags = re.findall(r"\[(\w+)\]", comment)
    assert tags
    assert {*tags} <= main.SOURCES.keys() - {"lesson"}  # which nobody measured


@pytest.mark.parametrize(
    ("model", "gpus"),
    [("7b", 1), ("8b", 1), ("13b", 1), ("32b", 1), ("70b", 4), ("405b", 12)],  # 1.1 x GB / 80
)
def test_the_gpus_of_the_measured_set_are_the_70bs_alone(model: str, gpus: int) -> None:
    assert main.gpus(main.scenario("measured", model=model)) == gpus
    assert main.gpus(main.scenario("measured", model=model, gpus_per_replica=9)) == 9
    found = json.loads(
        called("main.py", "--figures", "measured", "--model", model, "--json").stdout
    )
    assert found["warm_pool"]["gpus_per_replica"] == gpus
    assert found["changed"] == [{"name": "model", "was": "70b", "now": model}] * (model != "70b")


def test_another_model_has_its_own_weights_and_gpus_and_none_of_the_seconds() -> None:
    s = main.scenario("measured", weights_gb=35.0, sla_s=9.0, weight_load_s=7.0, image_pull_s=7.0)
    there = main.of_model(s, "8b")
    assert there == main.scenario("measured", model="8b", sla_s=9.0)
    assert main.of_model(there, "70b") == main.scenario("measured", sla_s=9.0)
    lesson = main.Scenario(gpus_per_replica=3, engine_init_s=7.0)
    assert main.of_model(lesson, "7b") == main.Scenario(model="7b")
    assert main.of_model(main.Scenario(known_cold_start_s=7.0), "70b") == main.Scenario()


def test_yours_win_over_either_set_and_are_changes_of_it() -> None:
    for figure_set, was in (("lesson", 30), ("measured", 10)):
        s = main.scenario(figure_set, image_gb=20.0)
        assert s.image_gb == 20
        assert main.changed(s) == [{"name": "image_gb", "was": was, "now": 20}]
        assert main.changed(main.scenario(figure_set)) == []
        assert f"image_gb {was} -> 20 (yours)" in report(s)
    lessons = main.scenario("measured", process_start_s=0.0)  # which is a change here
    assert main.changed(lessons) == [{"name": "process_start_s", "was": 50, "now": 0}]
    words = ("--figures", "measured", "--set", "image_gb=20", "first_forward_s=3", "--json")
    found = json.loads(called("main.py", *words).stdout)
    assert found["raw_cold_start_s"] == pytest.approx(352.4 + 120 + 2, abs=0.05)


def test_in_another_set_yours_stay() -> None:
    yours: dict[str, Any] = {"model": "8b", "image_gb": 20.0, "sla_s": 9.0, "weights_gb": 5.0}
    for here in main.FIGURE_SETS:
        for there in main.FIGURE_SETS:
            s = main.scenario(there, **main.own_figures(main.scenario(here, **yours)))
            assert s == main.scenario(there, **yours)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"image_gb": 10.0', '"image_bg": 10.0',
         "MEASURED has 'image_bg': unknown; did you mean image_gb?\n"),
        ('"snapshot_gb_s": 4.0', '"snapshot_gb_s": -4.0',
         "MEASURED: snapshot_gb_s = -4.0: must be a number, 1e-09 to 1e+12\n"),
    ],
)  # fmt: skip
def test_nonsense_in_the_measured_set_is_named_by_every_script(
    tmp_path: Path, script: str, old: str, new: str, says: str
) -> None:
    folder = edited(tmp_path, old, new)
    assert refused(run(script, folder=folder)) == f"in code/main.py, {says}"


def test_an_instructors_edit_of_either_set_shows(tmp_path: Path) -> None:
    folder = edited(tmp_path, '"first_forward_s": 1.0', '"first_forward_s": 11.0')
    raw = {}
    for name in ("lesson", "measured"):
        done = run("main.py", "--figures", name, "--json", folder=folder)
        raw[name] = json.loads(done.stdout)["raw_cold_start_s"]
    assert raw == {"lesson": 328, "measured": pytest.approx(362.4, abs=0.05)}
