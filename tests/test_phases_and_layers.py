"""Phases and layers: worked lines, what each layer may change, order, and more bytes or fewer."""

from __future__ import annotations

import inspect
import itertools
import math
import random
import re

import main
import pytest
from conftest import random_layers, random_scenario, text

RAW = {
    "node_provision": 50.0,
    "image_pull": 180.0,
    "weight_load": 75.0,
    "engine_init": 20.0,
    "first_forward": 3.0,
}
ATTACKS = {
    "preseed": {"image_pull"},
    "stream": {"weight_load"},
    "snapshot": {"weight_load", "engine_init"},
    "warm-pool": set(),
    "tiered": {"weight_load"},
    "migrate": set(),
    "graph-cache": {"engine_init"},
    "warm-node": {"node_provision"},
}
# Stacks whose seconds were worked out by hand from SPEC sections 3 and 4.
BY_HAND = {
    "": 328.0,
    "preseed": 148.0,
    "stream": 288.0,
    "snapshot": 242.5,
    "warm-pool": 328.0,
    "tiered": 254.4,
    "migrate": 328.0,
    "graph-cache": 319.0,
    "warm-node": 280.5,
    "preseed,stream": 108.0,
    "preseed,snapshot": 62.5,
    "stream,tiered": 254.4,
    "preseed,tiered,graph-cache,warm-node": 17.9,
    "preseed,snapshot,warm-node": 15.0,
}


def seconds(layers: list[str], **changes: object) -> dict[str, float]:
    return main.path(main.stack(main.Scenario(**changes), layers))


def worked_lines() -> list[tuple[str, str]]:
    """(function, its last "a x b = c" in the docstring) for the functions that have one."""
    found = []
    for name, function in inspect.getmembers(main, inspect.isfunction):
        doc = (function.__doc__ or "").split("\n")[0]
        if match := re.search(
            r": ((?:[\d.+*/() x-]|ceil)+)(?:= \$?([\d.]+))?( s| GB| bytes)?\.$", doc
        ):
            found.append((name, match[1] + "=" + (match[2] or match[1])))
    return found


@pytest.mark.parametrize(("name", "line"), worked_lines())
def test_each_worked_line_is_right_and_is_what_the_function_gives(name: str, line: str) -> None:
    left, right = line.replace(" x ", " * ").split("=")
    function = getattr(main, name)
    extra = {"read_s": (1,)}.get(name, ())
    assert eval(left, {"ceil": math.ceil}) == pytest.approx(float(right), abs=0.005)
    assert function(main.Scenario(), *extra) == pytest.approx(float(right), abs=0.005)


def test_every_phase_has_a_worked_line() -> None:
    assert {phase.__name__ for phase in main.PHASES} <= {name for name, _ in worked_lines()}
    assert len(worked_lines()) >= 15


def test_the_raw_70b_path_is_328_s_within_its_published_range() -> None:
    assert seconds([]) == RAW
    assert main.cold_start_s(main.Scenario()) == 328.0
    ranges = main.ranges(main.Scenario())
    before_forward = [ranges[phase] for phase in [*RAW][:4]]
    assert before_forward == [[45, 60], [120, 300], [45, 120], [10, 30]]
    assert [sum(ends) for ends in zip(*before_forward, strict=True)] == [220, 510]
    assert ranges["total"] == [223, 513]


@pytest.mark.parametrize(("names", "expected"), BY_HAND.items())
def test_stacks_worked_out_by_hand(names: str, expected: float) -> None:
    layers = [name for name in names.split(",") if name]
    assert sum(seconds(layers).values()) == pytest.approx(expected)


def test_the_short_stack_is_the_shortest_of_all_256() -> None:
    sets = itertools.chain.from_iterable(
        itertools.combinations(main.LAYERS, size) for size in range(len(main.LAYERS) + 1)
    )
    assert min(sum(seconds(list(each)).values()) for each in sets) == 15.0
    assert 328 / 15 == pytest.approx(21.87, abs=0.005)


def test_starting_states_of_the_lesson_text() -> None:
    assert sum(seconds([], model="7b").values()) / 60 == pytest.approx(4.34, abs=0.005)
    assert sum(seconds(["preseed", "warm-node"], model="7b").values()) == 33.0
    assert main.restore_snapshot(main.Scenario(model="7b")) == pytest.approx(3.2)
    assert sum(seconds(["preseed", "snapshot", "warm-node"], model="7b").values()) == 8.7


def test_a_layer_changes_only_the_phases_it_names() -> None:
    dice = random.Random(1)
    assert {name: {*layer.attacks} for name, layer in main.LAYERS.items()} == ATTACKS
    for _ in range(300):
        s, below = random_scenario(dice), random_layers(dice)
        for name in main.LAYERS:
            before, after = (
                main.path(main.stack(s, below)),
                main.path(main.stack(s, [*below, name])),
            )
            # Under other layers a snapshot may give way or come in, which moves both its phases.
            may = ATTACKS[name] or set()
            if "snapshot" in below and may & {"weight_load", "engine_init"}:
                may = may | {"weight_load", "engine_init"}
            assert {phase for phase in before if before[phase] != after[phase]} <= may


def test_layers_stack_in_any_order_and_count_once() -> None:
    dice = random.Random(2)
    for _ in range(300):
        s, names = random_scenario(dice), random_layers(dice)
        mixed = dice.sample(names, len(names)) + names[:1]
        ours, theirs = (
            main.phases_result(s, [n for n in main.LAYERS if n in names]),
            main.path(main.stack(s, mixed)),
        )
        assert [row["seconds"] for row in ours] == [*theirs.values()]


def test_stream_and_tiered_together_load_as_the_faster_one() -> None:
    dice = random.Random(3)
    for _ in range(300):
        s = random_scenario(dice)
        each = [main.weight_load(main.stack(s, [name])) for name in ("stream", "tiered")]
        assert main.weight_load(main.stack(s, ["stream", "tiered"])) == min(each)


def test_a_snapshot_is_used_exactly_when_it_beats_both_phases_together() -> None:
    dice, used = random.Random(4), 0
    for _ in range(500):
        s = random_scenario(dice)
        below = [name for name in random_layers(dice) if name != "snapshot"]
        without, under = (main.path(main.stack(s, each)) for each in (below, [*below, "snapshot"]))
        restore = s.snapshot_fixed_s + main.weights_gb(s) / s.snapshot_gb_s
        fresh = without["weight_load"] + without["engine_init"]
        idle = not s.snapshot_gpu_matches or restore >= fresh
        pair = (under["weight_load"], under["engine_init"])
        assert pair == ((without["weight_load"], without["engine_init"]) if idle else (restore, 0))
        used += not idle
    assert 100 < used < 450


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"snapshot_gpu_matches": 0}, "snapshot lies idle: it needs the GPU type and count"),
        ({"snapshot_fixed_s": 95.0}, "snapshot lies idle: the stack is as fast without it"),
    ],
)
def test_an_idle_snapshot_is_reported_and_the_full_path_paid(
    figures: dict[str, object], says: str
) -> None:
    s, names = main.Scenario(**figures), ["snapshot"]
    result = main.report_result(s, names)
    assert result["cold_start_s"] == 328.0
    assert [row["changed_by"] for row in result["phases"]] == [[]] * 5
    assert says in text(result)


def test_of_two_layers_that_do_the_same_the_first_is_named_and_the_other_idle() -> None:
    s = main.Scenario(read_stream_gb_s=20.0, read_cap_gb_s=200.0)
    assert main.load_streamed(s) == main.load_tiered(s) == 1.4
    result = main.report_result(s, ["stream", "tiered"])
    assert result["phases"][2]["changed_by"] == ["stream"]
    assert "tiered lies idle" in text(result)


def test_every_layer_that_a_snapshot_makes_needless_lies_idle() -> None:
    s, names = main.Scenario(), ["stream", "snapshot", "tiered", "graph-cache"]
    assert main.working(s, names) == ["snapshot"]
    page = text(main.report_result(s, names))
    for name in ("stream", "tiered", "graph-cache"):
        assert f"{name} lies idle: the stack is as fast without it" in page
    assert "snapshot lies idle" not in page


@pytest.mark.parametrize(
    ("name", "figures", "says"),
    [
        ("preseed", {"first_touch_s_per_gb": 7.0}, "preseed makes image_pull slower"),
        ("graph-cache", {"graph_cache_fraction": 2.0}, "graph-cache makes engine_init slower"),
        ("warm-node", {"node_standby_s": 60.0}, "warm-node makes node_provision slower"),
        ("stream", {"copy_pinned_gb_s": 0.5}, "stream makes weight_load slower"),
    ],
)
def test_a_layer_that_an_edit_turns_into_a_brake_still_acts_and_is_reported(
    name: str, figures: dict[str, object], says: str
) -> None:
    s = main.Scenario(**figures)
    result = main.report_result(s, [name])
    assert result["cold_start_s"] > 328.0
    assert result["speedup"] < 1
    assert says in text(result)


def test_more_bytes_or_less_bandwidth_never_gets_faster() -> None:
    dice = random.Random(5)
    bytes_and_seconds = ["bytes_per_param", "image_gb", "image_pull_s_per_gb", "node_provision_s"]
    bytes_and_seconds += [
        "engine_fixed_s",
        "graph_capture_s",
        "first_forward_s",
        "snapshot_fixed_s",
    ]
    for _ in range(300):
        s, names = random_scenario(dice).but(gpus_per_replica=2), random_layers(dice)
        bandwidths = {
            name: getattr(s, name) / 2 for name in main.FIGURES if name.endswith("_gb_s")
        }
        burdens = {name: getattr(s, name) * 2 for name in bytes_and_seconds}
        before = main.cold_start_s(main.stack(s, names))
        for name, value in {**bandwidths, **burdens}.items():
            after = main.cold_start_s(main.stack(s.but(**{name: value}), names))
            assert after >= before * (1 - 1e-12), name


def test_adding_a_layer_is_never_slower_while_the_figures_do_not_say_so() -> None:
    dice = random.Random(6)
    for _ in range(300):
        s = random_scenario(dice).but(
            first_touch_s_per_gb=0, graph_cache_fraction=0.5, node_standby_s=1, node_provision_s=2
        )
        names = random_layers(dice)
        before = main.cold_start_s(main.stack(s, names))
        for name in main.LAYERS:
            slow_loader = name in ("stream", "tiered") and main.weight_load(
                main.stack(s, [name])
            ) > main.load_default(s)
            if not slow_loader:
                after = main.cold_start_s(main.stack(s, [*names, name]))
                assert after <= before * (1 + 1e-12), name


def test_what_a_stack_rents() -> None:
    five = main.Scenario(products=5)
    rent = {
        name: main.stack_result(five, [name])["standing_usd_per_month"] for name in main.LAYERS
    }
    assert rent == dict.fromkeys(main.LAYERS, 0.0) | {"warm-pool": 28800.0, "warm-node": 5760.0}
    assert main.stack_result(five, [*main.LAYERS])["standing_usd_per_month"] == 28800.0 + 5760.0


def test_the_first_request_meets_the_path_unless_a_replica_is_warm() -> None:
    pooled = main.stack(main.Scenario(), ["warm-pool"])
    assert main.first_request_ttft_s(main.Scenario()) == 328.0
    assert main.first_request_ttft_s(pooled) == 0.5
    assert main.first_request_ttft_s(pooled.but(min_workers=0)) == 328.0
