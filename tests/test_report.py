"""The report: JSON as specified, text that says the same, in 80 columns."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import main
import pytest
from conftest import PROGRAM, random_layers, random_scenario, text

SHORT = ["preseed", "snapshot", "warm-node"]
RUN = """hours requests cold_starts cold_starts_per_day cold_fraction ttft_s over_sla_fraction
given_up gpu_hours usd replicas perfect_gpu_hours waited_fraction mean_wait_s waiting_at_end
timeline evictions""".split()
LAYER = ["number", "name", "attacks", "tool", "price", "needs"]
AT_RATE = """requests_per_hour cold_starts_per_day over_sla_fraction warm_premium_usd_per_hour
    cold_tax_usd_per_hour cheaper""".split()
MIGRATION = """kv_bytes_per_token kv_bytes token_bytes ship_kv_s ship_tokens_s pause_s
    recomputed_tokens rounds crossover_gb_s eviction_pause_s""".split()
SHAPE: dict[str, Any] = {
    "scenario": dict.fromkeys(main.FIGURES, object),
    "layers": [str],
    "phases": [
        dict.fromkeys(["name", "seconds", "raw_seconds", "start_s", "end_s", "changed_by"], object)
        | dict.fromkeys(["low_s", "high_s", "share"], float)
    ],
    "cold_start_s": float,
    "raw_cold_start_s": float,
    "speedup": float,
    "first_request_ttft_s": float,
    "range_s": {"low": float, "high": float},
    "stacks": [
        dict.fromkeys(["layers", "cold_start_s", "speedup", "standing_usd_per_month"], object)
        | {"mark": str}
    ],
    "warm_pool": dict.fromkeys(
        ["gpu_hours_per_month", "usd_per_month", "gpus_per_replica"], object
    ),
    "break_even": {
        "requests_per_hour": object,
        "self_warm_requests_per_hour": object,
        "table": [dict.fromkeys([*AT_RATE, "mark"], object)],
        "curve": [dict.fromkeys(AT_RATE, object)],
        "regime": str,
    },
    "migration": dict.fromkeys(MIGRATION, object),
    # Beyond the spec: what the text shows too.
    "replica": {"gpus": int, "usd_per_hour": float},
    "path_s": float,
    "standby_usd_per_hour": float,
    "standing_usd_per_month": float,
    "tools": [dict.fromkeys(LAYER, object)],
    "changed": [object],
    "published_s": {"low": int, "high": int},
    "alone": [dict.fromkeys([*LAYER, "path_s", "saves_s", "note"], object)],
    "notes": [dict.fromkeys([*LAYER, "path_s", "saves_s", "note"], object)],
    "pools": [
        dict.fromkeys(
            ["gpu_hours_per_month", "usd_per_month", "gpus_per_replica", "products"], object
        )
    ],
    "minute": {"usd": float, "small_model": str, "small_usd": float, "small_s": float},
    "unmoved_s": float,
    "models": [str],
    "over_networks": [dict.fromkeys(["network_gb_s", *MIGRATION], object)],
    "finding": {"longest": str, "longest_s": float, "advice": str, "command": str},
    "day": [dict.fromkeys(["run", *RUN, "closed_form"], object)],
    "evidence": {
        "rows": [dict.fromkeys([*main.MEASURED, "model_s", "error"], object)],
        "predictions": int,
        "median_error": float,
        "worst_error": float,
        "off": str,
        "bounds": {"median": float, "worst": float},
        "broken": bool,
    },
}


def same_shape(value: Any, shape: Any) -> bool:
    if isinstance(shape, dict):
        return value.keys() == shape.keys() and all(same_shape(value[k], shape[k]) for k in shape)
    if isinstance(shape, list):
        return all(same_shape(each, shape[0]) for each in value)
    return isinstance(value, shape)


def report(s: main.Scenario, names: list[str]) -> str:
    return text(main.report_result(s, names))


def figures_of(line: str) -> list[float]:
    return [float(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*\.?\d*", line)]


def line_of(page: str, start: str) -> str:
    (line,) = (line for line in page.splitlines() if line.startswith(start))
    return line


@pytest.mark.parametrize("names", [[], SHORT, [*main.LAYERS]])
def test_json_has_exactly_the_keys_of_the_spec(names: list[str]) -> None:
    result = main.report_result(main.Scenario(), names)
    assert same_shape(result, SHAPE)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_phases_follow_one_another_and_name_the_layers_that_change_them() -> None:
    phases = main.report_result(main.Scenario(), SHORT)["phases"]
    assert [row["end_s"] for row in phases] == [2.5, 2.5, 12.0, 12.0, 15.0]
    assert [row["start_s"] for row in phases] == [0.0, *[row["end_s"] for row in phases][:-1]]
    by = [["warm-node"], ["preseed"], ["snapshot"], ["snapshot"], []]
    assert [row["changed_by"] for row in phases] == by


def test_stacks_hold_the_raw_path_and_the_15_s_stack_and_each_layer_stands_alone() -> None:
    result = main.report_result(main.Scenario(), ["tiered", "migrate"])
    stacks = {tuple(row["layers"]): row["cold_start_s"] for row in result["stacks"]}
    assert [*stacks.values()] == sorted(stacks.values(), reverse=True)
    assert stacks[()] == 328.0
    assert [row["name"] for row in result["alone"]] == [*main.LAYERS]
    for row in result["alone"]:
        alone = main.cold_start_s(main.stack(main.Scenario(), [row["name"]]))
        assert (row["path_s"], row["saves_s"]) == (alone, 328.0 - alone)
    assert stacks[tuple(SHORT)] == 15.0
    assert stacks["tiered", "migrate"] == pytest.approx(254.4)
    for row in main.report_result(main.Scenario(), SHORT)["stacks"]:
        assert row["speedup"] * row["cold_start_s"] == pytest.approx(328)


@pytest.mark.parametrize("names", [[], SHORT, ["tiered", "graph-cache"]])
def test_text_and_json_show_the_same_figures(names: list[str]) -> None:
    s = main.Scenario(products=3, sla_s=4.0)
    result, page = main.report_result(s, names), report(s, names)
    for row in result["phases"]:
        shown = figures_of(line_of(page, row["name"]))
        assert shown[0] == pytest.approx(row["raw_seconds"], abs=0.05)
        if names:
            assert shown[1] == pytest.approx(row["seconds"], abs=0.05)
    for row in result["stacks"]:
        if row["layers"] and tuple(row["layers"]) in main.KNOWN_STACKS:
            (line,) = (x for x in page.splitlines() if x.endswith("  " + ",".join(row["layers"])))
            shown = figures_of(line)
            assert shown[0] == pytest.approx(row["cold_start_s"], abs=0.05)
            assert shown[1] == pytest.approx(row["speedup"], abs=0.05)
            assert shown[2] == pytest.approx(row["standing_usd_per_month"], abs=0.5)
    pool = result["warm_pool"]
    assert figures_of(line_of(page, "       3  ")) == [3, 2, 4320, 17280]
    assert (pool["gpu_hours_per_month"], pool["usd_per_month"]) == (4320, 17280)
    for row in result["break_even"]["table"]:
        shown = figures_of(line_of(page, f"{main.plain(row['requests_per_hour']):>10}  "))
        assert shown[2] == pytest.approx(100 * row["over_sla_fraction"], abs=0.05)
        assert shown[3] == pytest.approx(row["warm_premium_usd_per_hour"], abs=0.005)
        assert shown[4] == pytest.approx(row["cold_tax_usd_per_hour"], abs=0.005)
        assert page.count(row["cheaper"])
    even = result["break_even"]["requests_per_hour"]
    assert f"{even:.1f}" in page
    assert f"{8 * result['migration']['crossover_gb_s']:.1f} Gbit/s" in page


def test_headings_carry_the_numbers_of_the_sections_in_the_file() -> None:
    source = PROGRAM.read_text(encoding="utf-8")
    sections = re.findall(r"^# --- (\d+ \w+(?: \w+)?) -", source, re.MULTILINE)
    assert [int(section.split()[0]) for section in sections] == [*range(1, len(sections) + 1)]
    for section in sections:
        assert re.search(rf"^ +{section} ", main.__doc__ or "", re.MULTILINE)
    headings = re.findall(r"^(\d [A-Z ]+)(?:: .*)? -+$", report(main.Scenario(), []), re.MULTILINE)
    assert headings == sections[1:8]


def test_the_report_fits_a_projector() -> None:
    for names in ([], SHORT):
        lines = report(main.Scenario(), names).splitlines()
        assert max(map(len, lines)) <= 80
        assert len(lines) <= 77


def test_no_line_is_wider_than_80_columns_whatever_the_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dice = random.Random(13)
    log = tmp_path / "vllm.log"
    log.write_text("Model loading took 999.9999 GiB and 9.75 seconds\ninit engine took 0.5 s\n")
    rates = [main.spread("tier", lambda: 10 ** dice.uniform(-6, 4)) for _ in "12345"]
    monkeypatch.setattr(main, "probe", lambda how: (2**31, rates))
    monkeypatch.setattr(main, "start_python", lambda: None)
    for turn in range(120):
        s, names = random_scenario(dice), random_layers(dice)
        if turn % 2:
            absurd = {n: dice.choice([1e-9, 1e12]) for n in dice.sample(main.FIGURES[1:], 6)}
            absurd = {n: max(1, int(x)) if n in main.WHOLE else x for n, x in absurd.items()}
            s = s.but(**{**absurd, "snapshot_gpu_matches": 1})
        main.check(s)
        few = {"hours": min(24, 500 / max(s.requests_per_hour, 1e-9)), "max_workers": 100_000}
        busy = {"min_workers": 0, "evictions_per_day": dice.choice([0, 1440]), "slots": 10}
        for name, (result, *_) in main.COMMANDS.items():
            if name == "serve" or (name == "plan" and (turn % 40 or s.requests_per_hour > 60)):
                continue  # a page of its own; dozens of runs
            options = {**few, **busy} if name == "traffic" else {}
            options |= {"log": str(log)} if name == "measure" and not turn % 2 else {}
            sized = {k: x for k, x in vars(s).items() if k != "min_workers"}  # by plan itself
            asked = main.Scenario(**sized) if name == "plan" else s
            found = result(asked, names, **options)
            json.dumps(found, allow_nan=False)
            lines = text(found, name).splitlines()
            assert max(map(len, lines)) <= 80, max(lines, key=len)


def test_a_changed_figure_announces_itself() -> None:
    page = report(main.Scenario(node_provision_s=30, model="8b", weights_gb=8), [])
    assert "node_provision_s 50 -> 30 (yours)" in page
    assert "model 70b -> 8b (yours)" in page
    assert "weights_gb 16 -> 8 (yours)" in page
    assert "(yours)" not in report(main.Scenario(), [])


def test_the_last_line_climbs_the_layers_until_the_promise_holds_then_migrates() -> None:
    def last(names: list[str], **figures: Any) -> str:
        return report(main.Scenario(**figures), names).rpartition(":\n  ")[2]

    run = "python code/main.py"
    assert last([]) == f"{run} --with preseed"
    assert last(["preseed"]) == f"{run} --with preseed,snapshot"
    assert last(["preseed", "snapshot"]) == f"{run} --with {','.join(SHORT)}"
    assert last(SHORT) == f"{run} --with {','.join(SHORT)},warm-pool"
    assert last(SHORT, sla_s=15) == f"{run} migrate --with {','.join(SHORT)} --set sla_s=15"
    assert last(["warm-pool"]) == f"{run} migrate --with warm-pool"
    assert last([*main.LAYERS], products=2) == f"{run} migrate --with all --set products=2"
    most = ",".join([*main.LAYERS][:-1])
    assert last([*main.LAYERS][:-1], products=2) == (
        f"{run} migrate \\\n      --with {most} \\\n      --set products=2"
    )
