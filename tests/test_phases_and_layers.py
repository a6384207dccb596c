"""Phases and layers: worked lines, what each layer may change, order, and more bytes or fewer."""

from __future__ import annotations

import inspect
import itertools
import json
import math
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import main
import pytest
from conftest import (
    called,
    edited,
    random_layers,
    random_scenario,
    refused,
    report,
    run,
    shipped_layers,
    under,
)

RAW = {
    "node_provision": 50.0,
    "image_pull": 180.0,
    "weight_load": 75.0,
    "engine_init": 20.0,
    "first_forward": 3.0,
}
ATTACKS: dict[str, set[str]] = {  # by SPEC section 4
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


def seconds(layers: list[str], **changes: Any) -> dict[str, float]:
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
    given = function(main.Scenario(), *extra)
    total = sum(given.values()) if isinstance(given, dict) else given
    assert total == pytest.approx(float(right), abs=0.005)


def test_every_phase_has_a_worked_line() -> None:
    assert {phase.__name__ for phase in main.PHASES} <= {name for name, _ in worked_lines()}
    assert len(worked_lines()) >= 15


def test_the_raw_70b_path_is_328_s_within_its_published_range() -> None:
    assert seconds([]) == RAW
    assert main.cold_start_s(main.Scenario()) == 328.0
    ranges = main.ranges(main.Scenario())
    before_forward = [ranges[phase] for phase in [*RAW][:4]]
    assert before_forward == [(45, 60), (120, 300), (45, 120), (10, 30)]
    assert [sum(ends) for ends in zip(*before_forward, strict=True)] == [220, 510]
    assert main.report(main.Scenario(), [])["range_s"] == {"low": 223, "high": 513}


@pytest.mark.parametrize(("names", "expected"), BY_HAND.items())
def test_stacks_worked_out_by_hand(names: str, expected: float) -> None:
    layers = [name for name in names.split(",") if name]
    assert sum(seconds(layers).values()) == pytest.approx(expected)


# The same with what others measured.
READ, COPY = 140 / 6, 140 / 8.6
MEASURED = {
    "node_provision": 50,
    "image_pull": 10 * 12,
    "weight_load": READ + COPY,
    "engine_init": 50 + 31 + 60.8,
    "first_forward": 1,
}
MEASURED_BEHIND: dict[str, dict[str, float]] = {  # what a layer makes of its phases
    "preseed": {"image_pull": 10 * 2.35},
    "stream": {"weight_load": READ},
    "snapshot": {"weight_load": 3.1 + 140 / 4, "engine_init": 0},
    "warm-pool": {},
    "tiered": {"weight_load": 140 / 200},  # as the copy, on four GPUs
    "migrate": {},
    "graph-cache": {"engine_init": 50 + 31 + 0.25 * 60.8},
    "warm-node": {"node_provision": 2.5},
}


def test_the_raw_70b_path_is_352_s_with_what_others_measured() -> None:
    s = main.scenario("measured")
    assert main.path(s) == pytest.approx(MEASURED)
    by_hand = 50 + 120 + 140 / 6 + 140 / 8.6 + 50 + 31 + 60.8 + 1
    assert main.cold_start_s(s) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(352.4, abs=0.05)


@pytest.mark.parametrize(("name", "phases"), MEASURED_BEHIND.items())
def test_layers_worked_out_by_hand_with_what_others_measured(
    name: str, phases: dict[str, float]
) -> None:
    s = main.scenario("measured")
    assert main.path(under(s, name)) == pytest.approx(MEASURED | phases)


def test_the_short_stack_takes_65_s_with_what_others_measured() -> None:
    short = under(main.scenario("measured"), "preseed", "snapshot", "warm-node")
    assert main.cold_start_s(short) == pytest.approx(2.5 + 23.5 + 3.1 + 35 + 0 + 1)
    assert 2.5 + 23.5 + 3.1 + 35 + 1 == pytest.approx(65.1)


def test_the_short_stack_is_the_shortest_of_all_256() -> None:
    sets = itertools.chain.from_iterable(
        itertools.combinations(ATTACKS, size) for size in range(len(ATTACKS) + 1)
    )
    assert min(sum(seconds(list(each)).values()) for each in sets) == 15.0
    assert 328 / 15 == pytest.approx(21.87, abs=0.005)


def test_starting_states_of_the_lesson_text() -> None:
    assert sum(seconds([], model="7b").values()) / 60 == pytest.approx(4.34, abs=0.005)
    assert sum(seconds(["preseed", "warm-node"], model="7b").values()) == 33.0
    assert main.restore_snapshot(main.Scenario(model="7b")) == pytest.approx(3.2)
    assert sum(seconds(["preseed", "snapshot", "warm-node"], model="7b").values()) == 8.7


def test_the_lessons_layers_attack_what_the_lesson_says() -> None:
    assert {name: {*main.BY_NAME[name].attacks} for name in ATTACKS} == ATTACKS


def test_a_layer_changes_only_the_phases_it_names() -> None:
    dice = random.Random(1)
    for _ in range(300):
        s, below = random_scenario(dice), random_layers(dice)
        for layer in main.LAYERS:
            before = main.path(main.stack(s, below))
            after = main.path(main.stack(s, [*below, layer.name]))
            # Under other layers a snapshot may give way or come in, which moves both its phases.
            may = {*layer.attacks}
            if "snapshot" in below and may & {"weight_load", "engine_init"}:
                may = may | {"weight_load", "engine_init"}
            assert {phase for phase in before if before[phase] != after[phase]} <= may


def test_every_layer_names_a_tool_its_price_and_its_precondition() -> None:
    for layer in main.LAYERS:
        assert layer.tool
        assert layer.tradeoff
        assert layer.needs
        assert layer.attacks or layer.aim


def test_layers_stack_in_the_order_of_the_table_whatever_theirs_is_and_count_once() -> None:
    dice = random.Random(2)
    for _ in range(300):
        s, names = random_scenario(dice), random_layers(dice)
        mixed = dice.sample(names, len(names)) + names[:1]
        assert main.stack(s, mixed) == main.stack(s, names)


def test_a_layer_that_is_in_no_row_is_no_layer() -> None:
    with pytest.raises(KeyError, match="presed"):
        main.stack(main.Scenario(), ["preseed", "presed"])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'preseed, attacks=("image_pull",)',
            'preseed, attacks=("image_pul",)',
            "preseed attacks 'image_pul': unknown; did you mean image_pull?",
        ),
        (
            'Layer("2", "stream", stream',
            'Layer("2", "preseed", stream',
            "a layer's name stands twice: preseed",
        ),
        (
            'Layer("2", "stream", stream',
            'Layer("2", "streem", stream',
            "LAYERS lacks 'stream': unknown; did you mean streem?",
        ),
        (
            '"engine_init": (10, 20, 30)',
            '"engine_inti": (10, 20, 30)',
            "PUBLISHED_S has 'engine_inti': unknown; did you mean engine_init?",
        ),
        (
            '"7b": (7, 32, 4096, 32, 128)',
            '"7b": 7',
            "7b 7: must be 5 numbers above 0",
        ),
        (
            '"7b": (7, 32',
            '"6b": (7, 32',
            "MODELS lacks '7b': unknown; did you mean 70b?",
        ),
        (
            'preseed, attacks=("image_pull",)',
            'preseed, attacks=("image_pull")',
            "layer 'preseed': attacks = 'image_pull': must be a tuple, with a comma",
        ),
        (
            'preseed, attacks=("image_pull",)',
            'preseed, attacks=("engine_init",)',
            "preseed changes image_pull: must stand in what it attacks",
        ),
        (
            'tool="Modal checkpoint"',
            "tool=3",
            "layer 'snapshot': tool = 3: must be a text",
        ),
        (
            'Layer("2", "stream", stream',
            'Layer("2", "a,b", stream',
            "layer 'a,b': must be a name of a-z, 0-9 and -, 20 at most, but not 'all'",
        ),
        (
            "return replace(s, migrates=True)",
            "replace(s, migrates=True)",
            "migrate gives None: must return a Scenario",
        ),
        (
            "node_provision_s=min(s.node_standby_s, s.node_provision_s)",
            "node_provision_s=s.node_provision_s - 60",
            "warm-node makes node_provision -10 s: must be a number, 0 or 1e-09 to 1e+12",
        ),
        (
            "return s.image_gb * s.image_pull_s_per_gb",
            "return -s.image_gb * s.image_pull_s_per_gb",
            "image_pull gives -180.0: must be a number, 0 or 1e-09 to 1e+12",
        ),
        (
            'tradeoff="paid like a replica, idle",\n          rent=replica_usd_per_month',
            'tradeoff="paid like a replica, idle",\n          rent=40.0',
            "layer 'warm-node': rent = 40.0: must be a function of the scenario",
        ),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_name_at_the_start_of_every_script(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    folder = edited(tmp_path, old, new)
    for script in ("main.py", "plan.py"):
        assert refused(run(script, folder=folder)) == f"in code/main.py, {says}\n"


def test_a_standby_node_never_lengthens_a_path() -> None:
    # Some platforms bring a node at once, or have no such phase.
    for provision_s in (0.0, 1.0, 2.5, 50.0):
        s = main.Scenario(node_provision_s=provision_s)
        assert main.node_provision(under(s, "warm-node")) == min(2.5, provision_s)


def test_stream_and_tiered_together_load_as_the_faster_one() -> None:
    dice = random.Random(3)
    for _ in range(300):
        s = random_scenario(dice)
        each = [main.weight_load(under(s, name)) for name in ("stream", "tiered")]
        assert main.weight_load(under(s, "stream", "tiered")) == min(each)


def test_a_snapshot_is_used_exactly_when_it_beats_both_phases_together() -> None:
    dice, used = random.Random(4), 0
    for _ in range(500):
        s = random_scenario(dice)
        below = [name for name in random_layers(dice) if name != "snapshot"]
        names = ("weight_load", "engine_init")
        without, behind = (main.path(under(s, *each)) for each in (below, [*below, "snapshot"]))
        restore = s.snapshot_fixed_s + main.weights_gb(s) / s.snapshot_gb_s
        fresh = tuple(without[name] for name in names)
        idle = not s.snapshot_gpu_matches or restore >= sum(fresh)
        assert tuple(behind[name] for name in names) == (fresh if idle else (restore, 0))
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
    figures: dict[str, Any], says: str
) -> None:
    s, names = main.Scenario(**figures), ["snapshot"]
    result = main.report(s, names)
    assert result["cold_start_s"] == 328.0
    assert [row["changed_by"] for row in result["phases"]] == [[]] * 5
    assert says in report(s, names)


def test_of_two_layers_that_do_the_same_the_first_is_named_and_the_other_idle() -> None:
    s = main.Scenario(read_stream_gb_s=20.0, read_cap_gb_s=200.0)
    assert main.load_streamed(s) == main.load_tiered(s) == 1.4
    names = ["stream", "tiered"]
    assert main.report(s, names)["phases"][2]["changed_by"] == ["stream"]
    assert "tiered lies idle" in report(s, names)


def test_every_layer_that_a_snapshot_makes_needless_lies_idle() -> None:
    s, names = main.Scenario(), ["stream", "snapshot", "tiered", "graph-cache"]
    assert main.working(s, names) == ["snapshot"]
    page = report(s, names)
    for name in ("stream", "tiered", "graph-cache"):
        assert f"{name} lies idle: the stack is as fast without it" in page
    assert "snapshot lies idle" not in page


def test_a_layer_that_attacks_no_phase_never_lies_idle() -> None:
    assert "lies idle" not in report(main.Scenario(), ["warm-pool", "migrate"])


@pytest.mark.parametrize(
    ("name", "figures", "says"),
    [
        ("preseed", {"first_touch_s_per_gb": 7.0}, "preseed makes image_pull slower"),
        ("graph-cache", {"graph_cache_fraction": 2.0}, "graph-cache makes engine_init slower"),
        ("stream", {"copy_pinned_gb_s": 0.5}, "stream makes weight_load slower"),
    ],
)
def test_a_layer_that_an_edit_turns_into_a_brake_still_acts_and_is_reported(
    name: str, figures: dict[str, Any], says: str
) -> None:
    s = main.Scenario(**figures)
    result = main.report(s, [name])
    assert result["cold_start_s"] > 328.0
    assert result["speedup"] < 1
    assert says in report(s, [name])


def test_more_bytes_or_less_bandwidth_never_gets_faster() -> None:
    dice = random.Random(5)
    bytes_and_seconds = ["bytes_per_param", "image_gb", "image_pull_s_per_gb", "node_provision_s"]
    bytes_and_seconds += [
        "process_start_s",
        "engine_fixed_s",
        "graph_capture_s",
        "first_forward_s",
        "snapshot_fixed_s",
    ]
    for _ in range(300):
        s = random_scenario(dice, dice.choice([*main.FIGURE_SETS]))
        s, names = replace(s, gpus_per_replica=2), random_layers(dice)
        bandwidths = {
            name: getattr(s, name) / 2 for name in main.FIGURES if name.endswith("_gb_s")
        }
        burdens = {name: getattr(s, name) * 2 for name in bytes_and_seconds}
        before = main.cold_start_s(main.stack(s, names))
        for name, value in {**bandwidths, **burdens}.items():
            after = main.cold_start_s(under(s, *names, **{name: value}))
            assert after >= before * (1 - 1e-12), name


def test_adding_a_layer_is_never_slower_while_the_figures_do_not_say_so() -> None:
    dice = random.Random(6)
    for _ in range(300):
        s = replace(random_scenario(dice), first_touch_s_per_gb=0, graph_cache_fraction=0.5)
        names = random_layers(dice)
        before = main.cold_start_s(main.stack(s, names))
        for name in ATTACKS:
            slow_loader = name in ("stream", "tiered") and (
                main.weight_load(under(s, name)) > main.load_default(s)
            )
            if not slow_loader:
                after = main.cold_start_s(under(s, *names, name))
                assert after <= before * (1 + 1e-12), name


def test_what_a_stack_rents() -> None:
    five = main.Scenario(products=5)
    rent = {name: main.standing_usd_per_month(five, [name]) for name in ATTACKS}
    assert rent == dict.fromkeys(ATTACKS, 0.0) | {"warm-pool": 28800.0, "warm-node": 5760.0}
    assert main.standing_usd_per_month(five, ATTACKS) == 28800.0 + 5760.0


# --- readers, ranks and processes ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("figures", "read_s"),
    [
        ({"read_stream_gb_s": 1.0}, 140 / 2),  # a reader on each of two GPUs
        ({"read_stream_gb_s": 1.0, "gpus_per_replica": 3}, 140 / 3),
        ({"read_stream_gb_s": 1.0, "gpus_per_replica": 5}, 140 / 4),  # all that there is
        ({"read_stream_gb_s": 1.0, "gpus_per_replica": 1}, 140),
        ({"read_stream_gb_s": 0.5, "read_streams": 3}, 140 / 3),  # 3 x 2 x 0.5
        ({"read_stream_gb_s": 0.5, "model": "405b"}, 810 / 4),  # 12 x 0.5 is over the cap
        ({"read_stream_gb_s": 0.3, "model": "405b"}, 810 / (12 * 0.3)),
    ],
)
def test_every_gpus_rank_is_a_reader_of_the_default_loader(
    figures: dict[str, Any], read_s: float
) -> None:
    s = main.Scenario(**figures)
    assert main.download_s(s) == pytest.approx(read_s)
    assert main.load_default(s) == pytest.approx(read_s + main.weights_gb(s) / 3.5)
    halves = f"weights download {main.plain(read_s)} + load into HBM"
    assert halves in " ".join(report(s).split())


@pytest.mark.parametrize(
    ("figures", "load_s"),
    [
        ({"gpus_per_replica": 4, "read_cap_gb_s": 6.0}, 4 * 140 / 6),
        ({}, 2 * 140 / 4),
        ({"gpus_per_replica": 1}, 140 / 4),  # one rank reads all either way
        ({"read_stream_gb_s": 0.1, "gpus_per_replica": 4}, 4 * 140 / (16 * 0.1)),
        ({"copy_pinned_gb_s": 0.5}, 140 / (0.5 * 2)),  # the copy is the slower, and sharded
    ],
)
def test_an_unsharded_streamer_reads_all_of_it_for_each_gpu(
    figures: dict[str, Any], load_s: float
) -> None:
    s = main.Scenario(**figures, streamer_sharded=0)
    assert main.weight_load(under(s, "stream")) == pytest.approx(load_s)
    assert main.path(s) == main.path(replace(s, streamer_sharded=1))  # no matter without it
    assert main.load_tiered(s) == main.load_tiered(replace(s, streamer_sharded=1))


@pytest.mark.parametrize(
    ("layer", "engine_s"),
    [
        *((name, 50 + 8 + 12) for name in ("preseed", "stream", "warm-pool", "tiered")),
        *((name, 50 + 8 + 12) for name in ("migrate", "warm-node")),
        ("graph-cache", 50 + 8 + 3),  # which keeps no process
        ("snapshot", 0),
    ],
)
def test_a_process_starts_under_every_layer_but_a_snapshot(layer: str, engine_s: float) -> None:
    s = main.Scenario(process_start_s=50.0)
    assert main.engine_init(s) == 50 + 8 + 12
    assert main.engine_init(under(s, layer)) == engine_s
    other = replace(s, snapshot_gpu_matches=0)
    if layer == "snapshot":
        assert main.engine_init(under(other, layer)) == 50 + 8 + 12


def test_a_snapshot_counts_the_process_that_it_spares() -> None:
    s = main.Scenario(snapshot_fixed_s=95.0)  # and 7 s of bytes, for 75 + 20
    assert main.path(under(s, "snapshot")) == main.path(s)
    later = under(replace(s, process_start_s=50.0), "snapshot")
    assert (main.weight_load(later), main.engine_init(later)) == (102, 0)


def test_the_first_request_meets_the_path_unless_a_replica_is_warm() -> None:
    s = main.Scenario()
    assert main.first_request_ttft_s(s) == 328.0
    assert main.first_request_ttft_s(under(s, "warm-pool")) == 0.5
    assert main.first_request_ttft_s(under(s, "warm-pool", min_workers=0)) == 328.0


@shipped_layers
def test_the_best_path_without_a_pool_is_the_reason_of_the_60_s_rule() -> None:
    s, pools = main.Scenario(), ("warm-pool", "warm-node")
    assert [*main.best_path(s, *pools).values()] == [50.0, 0.0, 9.5, 0.0, 3.0]
    assert [*main.best_path(s, *pools, "snapshot").values()] == [50.0, 0.0, 1.4, 11.0, 3.0]


def test_the_best_path_is_the_shortest_of_all_stacks_also_where_a_layer_is_a_brake() -> None:
    dice, braked = random.Random(12), 0
    names = [layer.name for layer in main.LAYERS if layer.attacks]
    for _ in range(80):
        s = random_scenario(dice)
        sizes = range(len(names) + 1)
        stacks = (x for size in sizes for x in itertools.combinations(names, size))
        shortest = min(main.cold_start_s(under(s, *stack)) for stack in stacks)
        assert sum(main.best_path(s).values()) == pytest.approx(shortest)
        braked += main.cold_start_s(under(s, *names)) > shortest * (1 + 1e-9)
    assert braked > 5


# --- seconds that somebody measured --------------------------------------------------------------

# As a thread tells them: node 16 s, image 210 s, weights 18 s, engine 43 s.
KNOWN = main.Scenario(
    node_provision_s=16.0, image_pull_s=210.0, weight_load_s=18.0, engine_init_s=43.0
)


def test_measured_seconds_stand_in_place_of_a_phases_formula() -> None:
    assert main.path(KNOWN) == {
        "node_provision": 16, "image_pull": 210, "weight_load": 18, "engine_init": 43,
        "first_forward": 3,
    }  # fmt: skip
    assert main.cold_start_s(KNOWN) == 290
    # What the formula would take has no say any more.
    assert main.path(replace(KNOWN, image_gb=99.0, read_cap_gb_s=1.0)) == main.path(KNOWN)


@pytest.mark.parametrize(
    ("layer", "phase", "seconds"),
    [
        ("preseed", "image_pull", 0.0),
        ("stream", "weight_load", 35.0),  # slower than measured: the default does not compete
        ("tiered", "weight_load", 1.4),
        ("snapshot", "weight_load", 9.5),  # 9.5 s for 18 + 43
        ("snapshot", "engine_init", 0.0),
        ("graph-cache", "engine_init", 8 + 0.25 * 12),
        ("warm-node", "node_provision", 2.5),
    ],
)
@shipped_layers
def test_layers_go_on_as_they_are_on_measured_seconds(
    layer: str, phase: str, seconds: float
) -> None:
    assert main.path(main.stack(KNOWN, [layer]))[phase] == pytest.approx(seconds)
    notes = {row["name"]: row["note"] for row in main.report(KNOWN, [layer])["alone"]}
    says = "goes by its own figures, not by the seconds that you measured"
    others = {"stream": "makes weight_load slower: see its figures", "warm-node": ""}
    assert notes[layer].removeprefix(f"{layer} ") == others.get(layer, says)
    raw = main.report(main.Scenario(), [layer])
    assert all(row["note"] == "" for row in raw["alone"])


@pytest.mark.parametrize("script", ["main.py", "traffic.py", "plan.py", "view.py"])
def test_a_known_total_works_in_every_script_from_an_option_or_a_file(
    tmp_path: Path, script: str
) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"known_cold_start_s": 120}')
    option = json.loads(called(script, "--cold-start-s", "120", "--json").stdout)
    assert option == json.loads(called(script, "--set", f"@{file}", "--json").stdout)
    assert option["scenario"]["known_cold_start_s"] == 120
    text = called(script, "--cold-start-s", "120").stdout
    if script != "view.py":  # which prints JSON alone
        assert "known_cold_start_s 120 (yours)" in text
        assert max(map(len, text.splitlines())) <= 80


def test_a_known_total_has_no_phases_and_refuses_layers_that_shorten_one() -> None:
    s = main.Scenario(known_cold_start_s=120.0)
    found = main.report(s, ["warm-pool"])
    assert (found["cold_start_s"], found["phases"], found["speedup"]) == (120, [], 1)
    assert found["range_s"] == {"low": 120, "high": 120}
    assert (
        found["break_even"] == main.report(replace(s, image_gb=7.0), ["warm-pool"])["break_even"]
    )
    assert main.eviction_pause_s(s) == pytest.approx(120 + main.recompute_s(s))
    for layer in main.LAYERS:
        if layer.attacks:
            with pytest.raises(main.BadInput, match=f"^{layer.name}: must be left out: it short"):
                main.stack(s, [layer.name])
        else:
            assert main.cold_start_s(main.stack(s, [layer.name])) == 120
    page = " ".join(report(s).split())
    for number in range(1, 7):
        assert f" {number} " in page
    assert "Of the 120 s only the total is known." in page
    assert "warm-node" not in page.partition("5 WARM POOL")[0]  # which nobody can put on


@pytest.mark.parametrize(
    "figures",
    [
        {"known_cold_start_s": 0.0},
        dict.fromkeys(
            (
                "node_provision_s",
                "image_pull_s",
                "weight_load_s",
                "engine_init_s",
                "first_forward_s",
            ),
            0.0,
        ),
    ],
)
def test_a_path_of_no_time_at_all_is_reported(figures: dict[str, float]) -> None:
    s = main.Scenario(**figures)  # type: ignore[arg-type]
    found = main.report(s, [])
    json.dumps(found, allow_nan=False)
    assert (found["cold_start_s"], found["speedup"]) == (0, 1)
    assert max(map(len, report(s).splitlines())) <= 80
