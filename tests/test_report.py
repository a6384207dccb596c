"""The report: JSON as specified, text that says the same, a story in 80 columns."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import main
import pytest
from conftest import (
    CODE,
    called,
    printed,
    random_layers,
    random_scenario,
    report,
    shipped_layers,
)

SHORT = ["preseed", "snapshot", "warm-node"]
MIGRATION = {
    *("kv_bytes_per_token", "kv_bytes", "token_bytes", "ship_kv_s", "ship_tokens_s", "pause_s"),
    *("recomputed_tokens", "rounds", "crossover_gb_s", "eviction_pause_s"),
}
AT_RATE = {
    *("requests_per_hour", "cold_starts_per_day", "over_sla_fraction", "cheaper"),
    *("warm_premium_usd_per_hour", "cold_tax_usd_per_hour"),
}
SHAPE: dict[str, Any] = {  # SPEC section 10; what there is more of is the page's
    "scenario": {*main.FIGURES},
    "phases": [{"name", "seconds", "raw_seconds", "start_s", "end_s", "changed_by"}],
    "other_figures": {"figures", "raw_cold_start_s", "cold_start_s", "phases", "text"},
    "cold_start_s": float,
    "raw_cold_start_s": float,
    "speedup": float,
    "first_request_ttft_s": float,
    "range_s": {"low", "high"},
    "stacks": [{"layers", "cold_start_s", "speedup", "standing_usd_per_month"}],
    "warm_pool": {"gpu_hours_per_month", "usd_per_month", "gpus_per_replica"},
    "break_even": {"requests_per_hour", "self_warm_requests_per_hour", "table"},
    "migration": MIGRATION | {"table"},
}


def figures_of(line: str) -> list[float]:
    return [float(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*\.?\d*", line)]


def line_of(page: str, section: int, start: str) -> str:
    """The line of a section's table that starts so."""
    part = page.partition(f"\n{section} ")[2].partition(f"\n{section + 1} ")[0]
    (line,) = (line for line in part.splitlines() if re.match(rf" *{re.escape(start)}  ", line))
    return line


def flat(page: str) -> str:
    return " ".join(page.split())


@pytest.mark.parametrize("names", [[], SHORT, [*main.BY_NAME]])
def test_json_has_the_keys_of_the_spec(names: list[str]) -> None:
    result = json.loads(json.dumps(main.report(main.Scenario(), names), allow_nan=False))
    for key, shape in SHAPE.items():
        if shape is float:
            assert isinstance(result[key], float)
            continue
        rows, keys = ([result[key]], shape) if isinstance(shape, set) else (result[key], shape[0])
        for row in rows:
            assert keys <= row.keys()
    assert all(row.keys() == AT_RATE for row in result["break_even"]["table"])
    assert all(MIGRATION < row.keys() for row in result["migration"]["table"])


def test_phases_follow_one_another_and_name_the_layers_that_change_them() -> None:
    phases = main.report(main.Scenario(), SHORT)["phases"]
    assert [row["end_s"] for row in phases] == [2.5, 2.5, 12.0, 12.0, 15.0]
    assert [row["start_s"] for row in phases] == [0.0, *[row["end_s"] for row in phases][:-1]]
    by = [["warm-node"], ["preseed"], ["snapshot"], ["snapshot"], []]
    assert [row["changed_by"] for row in phases] == by


def test_stacks_hold_the_raw_path_and_the_15_s_stack_and_each_layer_stands_alone() -> None:
    result = main.report(main.Scenario(), ["tiered", "migrate"])
    stacks = {tuple(row["layers"]): row["cold_start_s"] for row in result["stacks"]}
    assert [*stacks.values()] == sorted(stacks.values(), reverse=True)
    assert stacks[()] == 328.0
    assert [row["name"] for row in result["alone"]] == [*main.BY_NAME]
    for row in result["alone"]:
        alone = main.cold_start_s(main.stack(main.Scenario(), [row["name"]]))
        assert row["saves_s"] == 328.0 - alone
    assert stacks[tuple(SHORT)] == 15.0
    assert stacks["tiered", "migrate"] == pytest.approx(254.4)
    for row in main.report(main.Scenario(), SHORT)["stacks"]:
        assert row["speedup"] * row["cold_start_s"] == pytest.approx(328)


@pytest.mark.parametrize("names", [[], SHORT, ["tiered", "graph-cache"]])
def test_text_and_json_show_the_same_figures(names: list[str]) -> None:
    s = main.Scenario(products=3, sla_s=4.0)
    result, page = main.report(s, names), report(s, names)
    for row in result["phases"]:
        shown = figures_of(line_of(page, 2, row["name"]))
        assert shown[0] == pytest.approx(row["raw_seconds"], abs=0.05)
        assert shown[1] == pytest.approx(row["seconds"], abs=0.05)
    total = figures_of(line_of(page, 2, "total"))
    assert total[:2] == pytest.approx([328, result["cold_start_s"]], abs=0.05)
    assert total[-1] == pytest.approx(result["speedup"], abs=0.05)
    for row in result["stacks"]:
        ends = f"  {', '.join(row['layers']) or 'none'}"
        (line,) = (x for x in page.splitlines() if x.endswith(ends) and "x " in x)
        shown = figures_of(line)
        assert shown[0] == pytest.approx(row["cold_start_s"], abs=0.05)
        assert shown[1] == pytest.approx(row["speedup"], abs=0.05)
        assert shown[2] == pytest.approx(row["standing_usd_per_month"], abs=0.5)
        assert ("yours" in line) == (row["layers"] == names)
    pool = result["warm_pool"]
    assert (pool["gpu_hours_per_month"], pool["usd_per_month"]) == (4320, 17280)
    assert "products 3 takes 4,320 GPU-hours and $17,280 a month" in flat(page)
    assert "products 5 takes 7,200 GPU-hours and $28,800 a month" in flat(page)
    for row in result["break_even"]["table"]:
        line = line_of(page, 5, main.plain(row["requests_per_hour"]))
        shown = figures_of(line)
        assert shown[2] == pytest.approx(100 * row["over_sla_fraction"], abs=0.05)
        assert shown[3] == pytest.approx(row["warm_premium_usd_per_hour"], abs=0.005)
        assert shown[4] == pytest.approx(row["cold_tax_usd_per_hour"], abs=0.005)
        assert f"  {row['cheaper']}" in line
    even = result["break_even"]["requests_per_hour"]
    assert line_of(page, 5, main.plain(even)).endswith("  break-even")
    for row in result["migration"]["table"]:
        line = line_of(page, 6, main.plain(row["prompt_tokens"]))
        assert line.endswith(f"  {main.number(8 * row['crossover_gb_s'])} Gbit/s")
        assert f"{main.duration(row['pause_s'])} " in line


@pytest.mark.parametrize(
    ("names", "figures", "says"),
    [
        (
            [],
            {},
            "A cold start of the 70b takes 328 s (5.5 min). image_pull takes longest, 180 s. "
            "preseed would help most: it leaves 148 s.",
        ),
        (
            SHORT,
            {},
            "A cold start of the 70b behind preseed, snapshot, warm-node takes 15.0 s. "
            "weight_load takes longest, 9.5 s. No other layer shortens it; a warm replica answers "
            "in 500 ms.",
        ),
        (
            ["warm-pool"],
            {"model": "8b"},
            "A cold start of the 8b behind warm-pool takes 261.6 s (4.4 min). image_pull takes "
            "longest, 180 s. The first request finds a warm replica: 500 ms.",
        ),
        (
            [],
            {"sla_s": 0.3},
            "A cold start of the 70b takes 328 s (5.5 min). image_pull takes longest, 180 s. "
            "The promise is 300 ms, and even a warm replica answers in 500 ms.",
        ),
        (
            SHORT,
            {"sla_s": 15},
            "A cold start of the 70b behind preseed, snapshot, warm-node takes 15.0 s. "
            "weight_load takes longest, 9.5 s. That keeps the promise of 15.0 s.",
        ),
    ],
)
@shipped_layers
def test_the_finding_comes_first(names: list[str], figures: dict[str, Any], says: str) -> None:
    page = report(main.Scenario(**figures), names)
    assert flat(page).startswith(f"{says} 1 FIGURES: ")


def test_the_lessons_own_sum_is_said_and_where_its_halves_lie() -> None:
    says = flat(report(main.Scenario(), SHORT))  # the raw path, whatever the layers
    assert (
        "The lesson's sum is raw: node provision 50 + weights download 35 + load into HBM 40 + "
        "engine init 20 s. Download and load are the halves of weight_load; image and first "
        "forward come on top." in says
    )
    known = flat(report(main.Scenario(weight_load_s=18.0, engine_init_s=43.0)))
    assert "weights download and load into HBM 18 + engine init 43 s." in known


def test_every_layer_has_its_tool_beside_it_and_helpers_stand_apart() -> None:
    page = report(main.Scenario())
    for layer in main.LAYERS:
        (line,) = re.findall(rf"^  {layer.number} +{layer.name} +.*", page, re.MULTILINE)
        assert layer.tool.split()[0] in line
        assert (layer.attacks or (layer.aim,))[0] in line
    lesson, helpers = page.split("      helpers\n")
    assert [len(re.findall(r"^  \db? +[a-z]", part, re.MULTILINE)) for part in (lesson, helpers)]
    for number in ("1", "2", "3", "4", "5", "6"):
        assert re.search(rf"^  {number}   [a-z]", lesson, re.MULTILINE)
    for number in ("3b", "4b"):
        assert re.search(rf"^  {number}  [a-z]", helpers, re.MULTILINE)


def test_what_is_rented_for_all_products_is_named() -> None:
    assert "On top of either come $8.00/h for warm-node." in report(main.Scenario(), SHORT)
    assert "On top of either" not in report(main.Scenario(), ["preseed", "warm-pool"])


def test_a_chosen_layer_says_what_it_costs_and_needs() -> None:
    for layer in main.LAYERS:
        page = flat(report(main.Scenario(), [layer.name]))
        assert f"{layer.name}: {layer.tool}; {layer.tradeoff}; needs {layer.needs}" in page


def test_the_pause_is_the_point_of_a_migration() -> None:
    here = flat(report(main.Scenario()))
    assert "a request feels the last round alone, 20.9 ms." in here
    assert "Moving the KV cache in one piece pauses it all the time, 859 ms," in here
    assert "without migrate, as here, it stands still for 329 s, a cold start and a pre" in here
    moved = flat(report(main.Scenario(), ["migrate"]))
    assert "and without migrate it stands still for 329 s," in moved
    assert "here, at 8,192 tokens, moving the KV cache is faster, 859 ms against 1.0 s." in moved
    slow = flat(report(main.Scenario(network_gb_s=1.25)))
    assert "here, at 8,192 tokens, moving tokens is faster, 1.0 s against 2.1 s." in slow


def test_nothing_is_said_of_the_raw_70b_where_another_model_is_shown() -> None:
    page = report(main.Scenario(model="8b"), ["preseed"])
    (small_and_large,) = re.findall(r"Brutal on small models.*?before a pool\.", page, re.S)
    assert "a raw 70b" in flat(small_and_large)
    rest = page.replace(small_and_large, "")
    assert re.findall(r".*70b.*", rest) == ["  model 70b -> 8b (yours)"]


def test_headings_carry_the_numbers_of_the_sections_in_the_file() -> None:
    source = (CODE / "main.py").read_text(encoding="utf-8")
    sections = re.findall(r"^# === (\d+ [A-Z ]+?) =+$", source, re.MULTILINE)
    assert [int(section.split()[0]) for section in sections] == [*range(1, len(sections) + 1)]
    for section in sections:
        assert re.search(rf"^ +{section} ", main.__doc__ or "", re.MULTILINE)
    headings = re.findall(r"^(\d [A-Z ]+): ", report(main.Scenario()), re.MULTILINE)
    assert headings == sections[: len(headings)]
    assert headings[-1] == "6 MIGRATION"


def test_no_line_is_wider_than_80_columns_whatever_the_figures() -> None:
    dice = random.Random(13)
    for turn in range(300):
        s, names = random_scenario(dice, dice.choice([*main.FIGURE_SETS])), random_layers(dice)
        if turn % 2:
            absurd: dict[str, Any] = {}
            for name in dice.sample([*main.FIGURES][1:], 6):
                value = dice.choice([1e-9, 1e12])
                absurd[name] = max(1, int(value)) if main.FIGURES[name].type is int else value
            s = main.replace(s, **absurd | {"snapshot_gpu_matches": 1, "streamer_sharded": 0})
        main.check_figures(s, "")
        try:
            result = main.report(s, names)
        except main.BadInput:  # a migration without end
            continue
        json.dumps(result, allow_nan=False)
        lines = printed(main.show, result, s).splitlines()
        assert max(map(len, lines)) <= 80, max(lines, key=len)


def test_a_changed_figure_announces_itself() -> None:
    page = report(main.Scenario(node_provision_s=30, model="8b", weights_gb=8))
    assert "node_provision_s 50 -> 30 (yours)" in page
    assert "model 70b -> 8b (yours)" in page
    assert "weights_gb 16 -> 8 (yours)" in page
    assert "(yours)" not in report(main.Scenario())


@shipped_layers
def test_the_next_command_climbs_the_layers_until_the_promise_holds() -> None:
    def following(names: list[str], **figures: Any) -> str:
        page = report(main.Scenario(**figures), names)
        (command,) = re.findall(r"^Next:\n(.*?)  python code/serve.py", page, re.M | re.S)
        return str(command).strip()

    run = "python code/main.py"
    assert following([]) == f"{run} --with preseed"
    assert following(["preseed"]) == f"{run} --with preseed,snapshot"
    assert following(["preseed", "snapshot"]) == f"{run} --with {','.join(SHORT)}"
    assert following(SHORT) == f"{run} --with {','.join(SHORT)},warm-pool"
    assert following(["preseed"], products=2) == f"{run} --with preseed,snapshot --set products=2"
    off = following([*SHORT, "warm-pool"], min_workers=0)
    assert off == f"{run} --with {','.join([*SHORT, 'warm-pool'])}"
    for names in (SHORT, ["warm-pool"], [*main.BY_NAME]):
        assert following(names, sla_s=15) == ""


def test_a_command_to_type_is_as_short_as_can_be_and_its_lines_fit() -> None:
    every, s = [*main.BY_NAME], main.Scenario(products=2)
    assert main.typed("main.py", s, every) == "python code/main.py --with all --set products=2"
    lines = main.typed("plan.py", s, every[:-1], "--rate 5").splitlines()
    assert [line.strip(" \\") for line in lines] == [
        "python code/plan.py",
        f"--with {','.join(every[:6])}",
        f"--with {','.join(every[6:-1])}",
        "--rate 5",
        "--set products=2",
    ]
    assert max(map(len, lines)) <= 80


def typed_words(command: str, script: str) -> list[str]:
    """The words behind the script, as a shell has them."""
    python, path, *words = command.replace(" \\\n", " ").split()
    assert (python, path) == ("python", f"code/{script}")
    return words


def test_a_command_to_type_gives_the_same_report() -> None:
    dice = random.Random(19)
    for turn in range(60):
        figure_set = ("lesson", "measured")[turn % 2]
        s, names = random_scenario(dice, figure_set), random_layers(dice)
        command = main.typed("main.py", s, names)
        words = typed_words(command, "main.py")
        assert ("--figures measured" in command) == (figure_set == "measured")
        assert main.asked(main.Parser("").read(words)) == (s, names)
        try:
            result = main.report(s, names)
        except main.BadInput:  # a migration without end
            continue
        assert json.loads(called("main.py", *words, "--json").stdout) == json.loads(
            json.dumps(result)
        )


def test_the_next_command_stays_with_the_figures() -> None:
    s = main.scenario("measured", products=2)
    words = typed_words(main.report(s, ["preseed"])["finding"]["command"], "main.py")
    assert words[1].startswith("preseed,")
    assert words[2:] == ["--figures", "measured", "--set", "products=2"]
    by_default = main.typed("plan.py", main.scenario("measured"), [], "--rate 5")
    assert by_default == "python code/plan.py --rate 5 --figures measured"
    as_the_set_has = main.scenario("measured", graph_capture_s=60.8)  # the other set has 12
    assert main.typed("main.py", as_the_set_has, []).endswith(" --set graph_capture_s=60.8")
    assert "--figures" not in main.typed("plan.py", main.Scenario(), [], "--rate 5")


# --- the other set of figures --------------------------------------------------------------------


def test_what_the_other_figures_make_of_it_is_their_own_report() -> None:
    dice, reports = random.Random(20), 0
    for turn in range(60):
        here, there = [("lesson", "measured"), ("measured", "lesson")][turn % 2]
        s, names = random_scenario(dice), random_layers(dice)
        yours: dict[str, Any] = {row["name"]: row["now"] for row in main.changed(s)}
        if turn % 3 == 0:  # yours stay, also where they are as this set has them
            yours |= {name: getattr(main.scenario(here), name) for name in ("image_gb", "sla_s")}
        try:
            found, result = (main.report(main.scenario(x, **yours), names) for x in (here, there))
        except main.BadInput:  # a migration without end
            continue
        other = found["other_figures"]
        assert (found["figures"], other["figures"]) == (here, there)
        for key in ("raw_cold_start_s", "cold_start_s", "phases"):
            assert other[key] == result[key]
        (ends,) = (x for x in result["stacks"] if x["layers"] == (names or SHORT))
        assert other["text"].endswith(f" it takes {main.duration(ends['cold_start_s'])}.")
        said = re.findall(r"takes longest, [^;]*; (.*) save most\. ", other["text"])
        saves = {row["name"]: row["saves_s"] for row in result["alone"] if row["saves_s"] > 0}
        best = sorted(saves.values(), reverse=True)[:4]
        named = said[0].split(", ") if saves else []
        assert [saves[name] for name in named] == pytest.approx(best)
        reports += 1
    assert reports > 40


@shipped_layers
def test_section_2_says_what_the_other_figures_make_of_the_same_path() -> None:
    lesson, measured = main.Scenario(), main.scenario("measured")
    raw = (
        "By the other figures (--figures measured): about the same total, another culprit. Raw it "
        "takes 352.4 s, and engine_init takes longest, 141.8 s; snapshot, preseed, warm-node, "
        "graph-cache save most. "
    )
    page = flat(report(lesson))
    assert f"{raw}Behind preseed, snapshot, warm-node it takes 65.1 s. 3 LAYERS: " in page
    # Behind layers all but the end is raw: 2.5 + 23.5 + 0.7 + 141.8 + 1.
    page = flat(report(lesson, ["preseed", "tiered", "warm-node"]))
    assert f"{raw}Behind the same layers it takes 169.5 s. 3 LAYERS: " in page
    back = (
        "By the other figures (--figures lesson): about the same total, another culprit. Raw it "
        "takes 328 s, and image_pull takes longest, 180 s; preseed, snapshot, tiered, warm-node "
        "save most. Behind preseed, snapshot, warm-node it takes 15.0 s. 3 LAYERS: "
    )
    assert back in flat(report(measured))
    # 100 GB of image: 600 s against 1,200.
    large = flat(report(main.Scenario(image_gb=100.0)))
    assert "(--figures measured): another total, the same culprit. Raw it takes 1,432 s, " in large


def test_where_nothing_is_left_to_save_no_layer_saves_most() -> None:
    s = main.Scenario(
        node_provision_s=0, image_pull_s=0, weight_load_s=0, engine_init_s=0, first_forward_s=0
    )
    assert "node_provision takes longest, 0 ms; no layer " in flat(report(s))


def test_a_known_total_has_no_other_figures() -> None:
    for name in main.FIGURE_SETS:
        s = main.scenario(name, known_cold_start_s=120.0)
        assert main.report(s, [])["other_figures"] is None
        assert "By the other figures" not in report(s)


@shipped_layers
def test_the_measured_report_says_whose_figures_it_has_and_another_story() -> None:
    page = flat(report(main.scenario("measured", sla_s=9.0)))
    assert page.startswith(
        "A cold start of the 70b takes 352.4 s (5.9 min). engine_init takes longest, 141.8 s. "
        "snapshot would help most: it leaves 209.1 s. 1 FIGURES: "
    )
    assert "140 GB of weights take 4 x 80 GB of GPU memory: a replica costs $16.00/h." in page
    whose = "--figures measured, as others did in 2025-26, most of it on a 70B over four H100s: "
    assert f"{whose}gpus_per_replica 4, image_gb 10, " in page
    assert "process_start_s 50, engine_fixed_s 31, graph_capture_s 60.8, " in page
    assert "first_forward_s 1 sla_s 2 -> 9 (yours) 2 PHASES: " in page
    assert "gpus_per_replica 4" not in report(main.scenario("measured", model="8b"))
    assert "as others did in" not in report(main.Scenario())


def test_the_page_is_among_the_next_commands() -> None:
    *_, commands = report(main.Scenario()).partition("Next:\n")
    assert commands.splitlines()[1].startswith("  python code/serve.py  ")


def test_a_table_whose_rows_differ_in_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        main.table([("a", "b"), ("1",)], "<<")


def test_what_reaches_over_the_edge_goes_on_below(capsys: pytest.CaptureFixture[str]) -> None:
    main.table([("head", "words"), ("1", "word " * 30)], "><")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line[:8] for line in lines] == ["  head  ", "     1  ", " " * 8, " " * 8]
    assert " ".join(lines).split().count("word") == 30


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (main.duration(0.99994), "1 s"),
        (main.duration(0.9994), "999 ms"),
        (main.duration(-47.5), "-47.5 s"),
        (main.size(999.6e6), "1 GB"),
        (main.size(999.4e6), "999 MB"),
        (main.size(2.0), "0.002 kB"),
        (main.number(0), "0"),
        (main.number(1e12), "1.0e+12"),
        (main.dollars(99.996), "$100"),
    ],
)
def test_units_change_where_three_digits_do(shown: str, says: str) -> None:
    assert shown == says


def test_copied_alone_into_an_empty_folder_it_prints_everything(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "main.py").write_bytes((CODE / "main.py").read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "main.py"], cwd=tmp_path, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == report(main.Scenario())
    assert [path.name for path in tmp_path.iterdir()] == ["main.py"]
