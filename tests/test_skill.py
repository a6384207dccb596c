"""The planner to take home: its formulas, worked by hand from the file, beside the program."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import evidence
import main
import pytest
import traffic
from arrivals import Traffic
from conftest import ROOT, SHIPPED, called, random_scenario, shipped_layers
from test_exercise_checker import GIVEN

SKILL = (ROOT / "outputs" / "skill-cold-start-planner.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ASKED: dict[str, Any] = {  # what a question may leave out
    "sla_s": 2.0,
    "requests_per_hour": 30.0,
    "service_s": 10.0,
    "slots": 8,
    "evictions_per_day": 0.0,
    "replicas": 1,
    "pool_hours": 24.0,
    "hours": 24.0,
}
KNOWN = {name: getattr(math, name) for name in ("ceil", "comb", "exp", "log", "sqrt")}
KNOWN |= {"min": min, "max": max}


def table(first: str) -> list[dict[str, str]]:
    """The rows of the file's table whose first heading this is."""
    text = SKILL[SKILL.index(f"| {first} |") :].partition("\n\n")[0]
    head, _, *rows = ([x.strip() for x in line.strip("|").split("|")] for line in text.split("\n"))
    return [dict(zip(head, row, strict=True)) for row in rows]


FIGURES = {row["figure"].strip("`"): row for row in table("figure")}
MODELS = {
    row["model"]: {name.strip("`"): float(x) for name, x in row.items() if name != "model"}
    for row in table("model")
    if "`params_b`" in row
}
FORMULAS = [
    (name, compile(expression.partition("#")[0].strip(), name, "eval"))
    for block in re.findall(r"^```python\n(.*?)^```$", SKILL, re.DOTALL | re.MULTILINE)
    for name, expression in re.findall(r"^(\w+) = (.+)$", block, re.MULTILINE)
]
SPOT = {"sla_s": 5.0, "requests_per_hour": 40.0, "evictions_per_day": 4.0}
PHASES = ("node_provision", "image_pull", "weight_load", "engine_init", "first_forward")
PLACES = {  # where a layer's seconds go, as the file's comments say
    "preseed": "image_pull",
    "graph-cache": "engine_init",
    "warm-node": "node_provision",
}
RENTED = ("warm-pool", "warm-node")


def number(cell: str, model: str) -> float:
    """What a cell says of a model: 6, or of some other than of the rest, as in `0, the 70b 4`."""
    rest, _, its = cell.partition(f", the {model} ")
    return float(its or rest.partition(",")[0])


def evaluated(figures: dict[str, Any]) -> dict[str, Any]:
    """What the file's formulas give, line by line; a figure that is there already stays."""
    values = {**figures}
    for name, expression in FORMULAS:
        if name not in figures:
            values[name] = eval(expression, {"__builtins__": {}, **KNOWN}, values)
    return values


def behind(worked: dict[str, Any], layers: tuple[str, ...]) -> float:
    """The path behind these layers: their seconds stand in the place of their phases'."""
    seconds = {name: worked[name] for name in PHASES}
    for layer, phase in PLACES.items():
        if layer in layers:
            seconds[phase] = worked[layer.replace("-", "_")]
    loaders = [worked[name] for name in ("stream", "tiered") if name in layers]
    seconds["weight_load"] = min(loaders, default=seconds["weight_load"])
    if "snapshot" in layers:
        both = seconds["weight_load"] + seconds["engine_init"]
        seconds |= {"weight_load": min(both, worked["snapshot"]), "engine_init": 0.0}
    return math.fsum(seconds.values())


def by_hand(
    model: str, figures: str = "lesson", layers: tuple[str, ...] = (), **asked: Any
) -> dict[str, Any]:
    """Everything that the file's formulas say of a question, behind these layers."""
    given = {name: number(row[figures], model) for name, row in FIGURES.items()}
    given |= MODELS[model] | ASKED | asked
    return evaluated(given | {"path": behind(evaluated(given), layers)})


# --- its figures and formulas --------------------------------------------------------------------


@pytest.mark.parametrize("figure_set", ["lesson", "measured"])
def test_its_figures_are_those_of_either_set(figure_set: str) -> None:
    for model in main.MODELS:
        s = main.scenario(figure_set, model=model)
        for name, row in FIGURES.items():
            assert number(row[figure_set], model) == getattr(s, name), (model, name)


def test_no_figure_that_the_sets_differ_in_is_missing() -> None:
    assert main.MEASURED.keys() <= FIGURES.keys()


def test_its_models_are_the_lessons() -> None:
    for name, row in MODELS.items():
        assert tuple(row.values()) == main.MODELS[name]


def subsets(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for size in range(len(names) + 1):
        yield from itertools.combinations(names, size)


PATHS = ("preseed", "stream", "snapshot", "tiered", "graph-cache", "warm-node")


@pytest.mark.parametrize("figure_set", ["lesson", "measured"])
@pytest.mark.parametrize("model", MODELS)
def test_its_paths_are_the_models_behind_every_stack(model: str, figure_set: str) -> None:
    s, worked = main.scenario(figure_set, model=model), by_hand(model, figure_set)
    for phase, seconds in main.path(s).items():
        assert worked[phase] == pytest.approx(seconds)
    assert worked["migration_pause"] == pytest.approx(main.pause_s(s), rel=0.001)
    for layers in subsets(PATHS):
        path = main.cold_start_s(main.stack(s, layers))
        assert behind(worked, layers) == pytest.approx(path), layers


def test_its_formulas_are_the_models_whatever_the_figures() -> None:
    dice, seen = random.Random(20), 0
    while seen < 200:
        s = random_scenario(dice)
        lam = s.requests_per_hour / 3600
        if lam * s.keep_alive_s > 600 or not (s.streamer_sharded and s.snapshot_gpu_matches):
            continue
        seen += 1
        given = {name: getattr(s, name) for name in FIGURES} | ASKED
        given |= {"sla_s": s.sla_s, "requests_per_hour": s.requests_per_hour}
        given |= dict(
            zip(("params_b", "layers", "hidden", "kv_heads", "head_dim"), main.MODELS[s.model])
        )
        if s.weights_gb is not None:
            given["weights_gb"] = s.weights_gb
        worked, row, moved = (
            evaluated(given),
            main.at_rate(s, s.requests_per_hour),
            main.migration(s),
        )
        same = {
            "weights_gb": main.weights_gb(s),
            "gpus": main.gpus(s),
            "path": main.cold_start_s(s),
            "cold_starts_per_day": row["cold_starts_per_day"],
            "usd_per_hour": main.replica_usd_per_hour(s),
            "kv_bytes_per_token": moved["kv_bytes_per_token"],
            "ship_kv_s": moved["ship_kv_s"],
            "prefill": main.recompute_s(s),
            "eviction_pause": main.cold_start_s(s) + main.recompute_s(s),
        }
        if not main.even_warm_is_late(s):
            same["late"] = row["over_sla_fraction"]
        if worked["late_s"] and s.drop_usd:
            same["break_even"] = main.break_even_rate(
                main.cold_start_s(s), s.sla_s, main.replica_usd_per_hour(s), s.drop_usd
            )
        if moved["crossover_gb_s"]:
            same["crossover_gb_s"] = moved["crossover_gb_s"]
        for name, value in same.items():
            assert worked[name] == pytest.approx(value), (name, s)
        for name in PATHS:
            alone = main.cold_start_s(main.stack(s, [name]))
            assert behind(worked, (name,)) == pytest.approx(alone), (name, s)


def self_warm(model: str, figure_set: str) -> float:
    """The formula of it put into itself until it stays, from 1 request an hour on."""
    rate = 1.0
    for _ in range(40):
        rate = by_hand(model, figure_set, requests_per_hour=rate)["self_warm"]
    return rate


def test_the_keep_alive_that_holds_p99_leaves_one_percent_late() -> None:
    for model, rate in itertools.product(MODELS, (2.0, 30.0, 60.0)):
        keep_alive_s = by_hand(model, requests_per_hour=rate)["keep_alive_needed"]
        s = main.Scenario(model=model, keep_alive_s=keep_alive_s)
        assert main.at_rate(s, rate)["over_sla_fraction"] == pytest.approx(0.01)


@pytest.mark.parametrize("figure_set", ["lesson", "measured"])
@pytest.mark.parametrize("model", MODELS)
def test_self_warm_put_into_itself_is_the_models(model: str, figure_set: str) -> None:
    known = main.self_warm_rate(main.scenario(figure_set, model=model))
    assert self_warm(model, figure_set) == pytest.approx(known)


@pytest.mark.parametrize(("layers", "replicas"), [((), 1), (("preseed",), 1), ((), 2)])
def test_the_share_late_on_spot_nodes_is_the_simulations(
    layers: tuple[str, ...], replicas: int
) -> None:
    worked = by_hand("32b", layers=layers, replicas=replicas, **SPOT)
    s = main.Scenario(
        model="32b", sla_s=SPOT["sla_s"], requests_per_hour=SPOT["requests_per_hour"]
    )
    how = Traffic(hours=8000.0, min_workers=replicas, evictions_per_day=SPOT["evictions_per_day"])
    share = traffic.run_result(s, layers, how)["over_sla_fraction"]
    assert share == pytest.approx(worked["late_spot"], rel=0.08, abs=1e-4)
    assert main.holds_p99(1, share) == (worked["late_spot"] <= 0.01)


def test_a_spare_on_spot_nodes_is_one_beyond_what_is_busy_on_average() -> None:
    busy = {**SPOT, "requests_per_hour": 3000.0}
    worked = by_hand("32b", **busy)
    assert worked["replicas_for_slots"] == 3
    s = main.Scenario(model="32b", sla_s=SPOT["sla_s"], requests_per_hour=3000.0)
    how = Traffic(hours=120.0, min_workers=3, evictions_per_day=SPOT["evictions_per_day"])
    share = traffic.run_result(s, (), how)["over_sla_fraction"]
    assert share <= 0.001
    assert by_hand("32b", **{**busy, "replicas": 3})["late_spot"] <= 0.001


# --- its choice ----------------------------------------------------------------------------------


def holds(worked: dict[str, Any]) -> bool:
    """Section 4: at most 1% late, without a pool and with every hour alike."""
    return bool(worked["late"] <= 0.01)


def pool_of(model: str, figures: str, layers: tuple[str, ...], **asked: Any) -> int:
    """Section 5: as many as slots ask for, and more until spot leaves at most 1% late."""
    least = int(by_hand(model, figures, layers, **asked)["replicas_for_slots"])
    for size in range(least, least + 20):
        if by_hand(model, figures, layers, **{**asked, "replicas": size})["late_spot"] <= 0.01:
            return size
    raise AssertionError("no pool is large enough")


def fewest(
    model: str, figures: str, banned: tuple[str, ...], **asked: Any
) -> tuple[tuple[str, ...], int] | None:
    """Section 7, line by line: layers and replicas; None where it says to refuse."""
    if asked["sla_s"] < by_hand(model, figures)["warm_ttft_s"]:
        return None
    allowed = tuple(name for name in PATHS if name not in banned)

    def shortest(size: int) -> tuple[str, ...] | None:
        some = itertools.combinations(allowed, size)
        found = [x for x in some if holds(by_hand(model, figures, x, **asked))]
        path = {x: by_hand(model, figures, x, **asked)["path"] for x in found}
        return min(found, key=lambda x: ("warm-node" in x, path[x]), default=None)

    alone = shortest(1)
    for layers in (shortest(0), None if alone and "warm-node" in alone else alone):
        if layers is not None:
            return layers, 0
    if "warm-pool" not in banned:
        return ("warm-pool",), pool_of(model, figures, (), **asked)
    found = (shortest(size) for size in range(1, len(allowed) + 1))
    return next(((layers, 0) for layers in found if layers is not None), None)


def options_of(row: dict[str, str]) -> tuple[str, ...]:
    words = ["--model", row["model"], "--figures", row["figures"]]
    words += ["--sla", row["P99"].removesuffix(" s"), "--rate", row["requests"].removesuffix("/h")]
    return (*words, *(["--forbid", row["not allowed"]] if row["not allowed"] else []))


EXAMPLES = [row for row in table("model | figures") if "P99" in row]


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: " ".join(options_of(row)[1::2]))
def test_its_examples_are_what_its_formulas_give(row: dict[str, str]) -> None:
    asked = {"sla_s": float(row["P99"].split()[0])}
    asked["requests_per_hour"] = float(row["requests"].removesuffix("/h"))
    banned = tuple(row["not allowed"].split(","))
    found = fewest(row["model"], row["figures"], banned, **asked)
    if found is None:
        assert (row["fewest layers"], row["replicas"]) == ("refused", "-")
    else:
        layers, replicas = found
        assert (",".join(layers) or "none", str(replicas)) == (
            row["fewest layers"],
            row["replicas"],
        )


@shipped_layers
@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: " ".join(options_of(row)[1::2]))
def test_its_examples_are_the_planners_answers(row: dict[str, str]) -> None:
    plan = json.loads(called("plan.py", *options_of(row), "--json").stdout)
    if row["fewest layers"] == "refused":
        assert not plan["feasible"]
    else:
        assert (",".join(plan["layers"]) or "none") == row["fewest layers"]
        assert str(plan["min_workers"]) == row["replicas"]


def test_no_example_is_an_exercise() -> None:
    asked = {(given["model"], "lesson") for given in GIVEN.values() if "model" in given}
    asked |= {(GIVEN["exercise_6"]["model"], "measured")}
    assert not asked & {(x["model"], x["figures"]) for x in EXAMPLES if x["model"] != "70b"} - {
        ("8b", "lesson")  # which exercise 6 asks for a path, and not for a plan
    }


def test_its_examples_are_of_both_sets_and_of_each_kind() -> None:
    assert len(EXAMPLES) >= 10
    assert {row["figures"] for row in EXAMPLES} == {"lesson", "measured"}
    kinds = {row["fewest layers"] for row in EXAMPLES}
    assert kinds >= {"none", "preseed", "warm-pool", "refused"}


DAY = {"pool_hours": 12.0, "hours": 12.0}
FREE = ("preseed", "snapshot")  # what shortens a 32B's path as far as layers without rent can


@shipped_layers
def test_the_example_in_full_is_the_planners_answer() -> None:
    (command,) = re.findall(r"`(python code/plan\.py [^`]+)` is the example", SKILL)
    plan = json.loads(called("plan.py", *shlex.split(command)[2:], "--json").stdout)
    found = fewest("32b", "lesson", (), **SPOT)
    assert found == (("warm-pool",), 2)
    assert plan["layers"] == ["warm-pool"]
    assert plan["schedule"] in ("8-19:2", "8-20:2")
    usd = by_hand("32b", layers=(), replicas=2, **SPOT, **DAY)["timed_usd"]
    assert plan["usd_per_month"] == pytest.approx(usd, rel=0.06)
    other, size = plan["other"], pool_of("32b", "lesson", FREE, **SPOT)
    assert other["layers"] == [*FREE, "warm-pool"]
    assert size == 1
    assert other["schedule"] in ("8-19:1", "9-20:1", "8-20:1")
    usd = by_hand("32b", layers=FREE, replicas=1, **SPOT, **DAY)["timed_usd"]
    assert other["usd_per_month"] == pytest.approx(usd, rel=0.06)
    assert f"{plan['over_sla_fraction']:.2%} late" in SKILL
    saves = plan["longer"]["usd_per_month"] - plan["usd_per_month"]
    assert f"saves ${saves:.0f}" in SKILL


def test_no_stack_without_a_pool_does_for_that_example() -> None:
    free = [name for name in PATHS if name != "warm-node"]
    short = min(by_hand("32b", layers=x, **SPOT)["path"] for x in subsets(tuple(free)))
    assert by_hand("32b", layers=FREE, **SPOT)["path"] == short
    assert not any(holds(by_hand("32b", layers=x, **SPOT)) for x in subsets(tuple(free)))


def said_of_the_example() -> tuple[str, ...]:
    """What the file says of it, with what its formulas give."""
    raw, one, free = (by_hand("32b", layers=x, **SPOT, **DAY) for x in ((), ("preseed",), FREE))
    two = by_hand("32b", replicas=2, **SPOT, **DAY)
    there, there_one, there_snapshot, there_free = (
        by_hand("32b", "measured", x, **SPOT) for x in ((), ("preseed",), ("snapshot",), FREE)
    )
    return (
        f"Weights {raw['weights_gb']:g} GB, one GPU, ${raw['usd_per_hour']:.2f}/h.",
        f"50 + 180 + {raw['weight_load']:.1f} + 20 + 3 = {raw['path']:.1f} s.",
        f"{raw['arrivals']:.1f} arrivals in a cycle, {raw['late']:.0%} late.",
        f"the best, preseed, leaves {one['path']:.1f} s and {one['late']:.1%} late.",
        f"in flight {raw['in_flight']:.1f}, so one replica has slots enough; spot leaves it "
        f"{raw['late_spot']:.1%} late",
        f"Two leave {two['late_spot']:.2%}. By day alone, 8 to 20 h: ${two['timed_usd']:,.0f} a",
        f"would be {raw['late']:.0%} of a twelfth of all, {raw['late'] / 12:.1%}:",
        f"preseed and snapshot leave {free['path']:.1f} s, and without a pool {free['late']:.1%}",
        f"With one replica spot leaves {free['late_spot']:.2%}: 8 to 20 h, "
        f"${free['timed_usd']:,.0f} a month.",
        f"one replica alone leaves {raw['late_spot']:.1%} late and breaks P99; preseed and one "
        f"replica leave {one['late_spot']:.2%} and hold; two replicas leave "
        f"{two['late_spot']:.2%} and hold",
        f"Preseed alone would do for ${one['timed_usd']:,.0f}:",
        f"the path is {there['path']:.1f} s, and preseed and one replica leave "
        f"{there_one['late_spot']:.1%}: above 1%. There it takes the snapshot, "
        f"{there_snapshot['late_spot']:.2%} alone and {there_free['late_spot']:.2%} with preseed",
    )


# --- its figures in words ------------------------------------------------------------------------


def stacked(figure_set: str, *layers: str) -> float:
    return main.cold_start_s(main.stack(main.scenario(figure_set), layers))


def tenth(x: float) -> str:
    return f"{round(x, 1):g} s"


SETS = ("lesson", "measured")


@shipped_layers
def test_the_table_of_layers_has_what_each_leaves_of_a_70b() -> None:
    rows = {row["layer"]: row for row in table("layer | tool")}
    assert rows.keys() == {"none", *main.BY_NAME}
    for name, row in rows.items():
        for figure_set in SETS:
            left = stacked(figure_set, *([] if name == "none" else [name]))
            assert row[f"70B, {figure_set}"] == tenth(left)
        if name != "none":
            layer = main.BY_NAME[name]
            assert row["attacks"] == (", ".join(layer.attacks) or row["attacks"])
            assert layer.attacks or "path" in row["attacks"] or "eviction" in row["attacks"]


def said_in_words() -> tuple[str, ...]:
    """What the file says of a 70B, with what the model gives."""
    short = [stacked(x, "preseed", "snapshot", "warm-node") for x in SETS]
    no_node = [stacked(x, "preseed", "snapshot") for x in SETS]
    no_snapshot = [stacked(x, "preseed", "tiered", "graph-cache", "warm-node") for x in SETS]
    pays = [main.break_even(main.scenario(x)) or 0.0 for x in SETS]
    crossover = 8 * by_hand("70b")["crossover_gb_s"]
    median = evidence.evidence(main.Scenario(), [])["sizes"]["sets"][1]["median_error"]
    s = main.Scenario()
    for each in (s, main.scenario("measured")):  # "a cent or two an hour"
        busy = main.at_rate(each, main.self_warm_rate(each) or 0.0)
        assert 0.005 < busy["warm_premium_usd_per_hour"] < 0.025
    return (
        f"shortest path of a 70B: {short[0]:.1f} s by the lesson, {short[1]:.1f} s measured;",
        f"without the standby node {no_node[0]:.1f} s and {no_node[1]:.1f} s.",
        f"warm-node, {no_snapshot[0]:.1f} s and {no_snapshot[1]:.1f} s.",
        f"raw 70B {self_warm('70b', 'lesson'):.1f} requests/h by the lesson, "
        f"{self_warm('70b', 'measured'):.1f} measured.",
        f"best without either is {no_node[0]:.1f} s, and a standby node leaves {short[0]:.1f} s;",
        f"measured it leaves {short[1]:.1f} s, so that the pool alone is left",
        f"Raw 70B: {pays[0]:.1f} requests/h by the lesson, {pays[1]:.1f} measured.",
        f"{crossover:.1f} Gbit/s for a 70B with {s.prompt_tokens:,} tokens by the lesson",
        f"a guess is off by {median:.0%}, in the median",
        f"70B in bf16: {main.weights_gb(s):g} GB, so {main.gpus(s)} GPUs of {s.gpu_hbm_gb:g} GB",
        f"an image of {s.image_gb:g} GB does not hold {main.weights_gb(s):g} GB",
        f"P99, {s.sla_s:g} s |",
        f"| {s.requests_per_hour:g}/h all day",
        f"${s.gpu_usd_per_hour:.2f}/h;",
        f"at most {100 * main.P99_OVER:g}%",
        f"holds its slot, {ASKED['service_s']:g} s, `slots` what a replica serves at once, "
        f"{ASKED['slots']}, where",
    )


FLAT = " ".join(re.sub(r"^```.*?^```$", "", SKILL, flags=re.DOTALL | re.MULTILINE).split())


@pytest.mark.parametrize("says", [*said_of_the_example(), *said_in_words()])
def test_what_it_says_is_what_its_formulas_and_the_model_give(says: str) -> None:
    assert " ".join(says.split()) in FLAT


# What is no figure of the model: names, sections, hours of the question, the rules themselves.
NAMES = (
    r"\bP99\b|\bS3\b|\b(7|70|32|405|8)[bB]\b|H100|bf16|FP8|4-bit|Python 3.11|2024|2025-26",
    r"[Ss]ections? \d+( to \d+)?|\(\d( to \d)?\)|## \d+\.|\b[1-3]\. |`[^`]*`",
    r"8 a.m.|8 to 20 h|40/h|40 requests an hour|20/h|5 s,|under 5 s|on demand 0; spot 4",
    r"\b1%|under 60 s|five phases|off by half|FP8 takes 1",
)


def test_no_figure_stands_in_its_prose_that_nothing_gives() -> None:
    left = FLAT.partition("# Cold-start planner")[2]
    for table_head in ("figure", "model", "layer | tool", "model | figures"):
        start = SKILL.index(f"| {table_head} |")
        left = left.replace(" ".join(SKILL[start:].partition("\n\n")[0].split()), "")
    for says in (*said_of_the_example(), *said_in_words()):
        left = left.replace(" ".join(says.split()), "")
    left = re.sub("|".join(NAMES), "", left)
    left = re.sub(r"0\.75% late, and saves \$123", "", left)  # of the example, tested there
    assert re.findall(r".{25}\d.{25}", left) == []


# --- its form ------------------------------------------------------------------------------------


def fields(text: str) -> dict[str, str]:
    """The front matter as a curriculum reads it: a line each."""
    return dict(line.split(": ", 1) for line in text.split("---\n")[1].splitlines())


def test_the_front_matter_suits_a_curriculum() -> None:
    head = fields(SKILL)
    assert [*head] == ["name", "description", "version", "phase", "lesson", "tags"]
    assert (head["phase"], head["lesson"]) == ("17", "10")
    assert re.fullmatch(r"\d+\.\d+\.\d+", head["version"])
    assert re.fullmatch(r"\[[a-z0-9-]+(, [a-z0-9-]+)*\]", head["tags"])
    assert len(SKILL.splitlines()) < 500


def test_a_copy_suits_a_reader_that_knows_name_and_description_alone(tmp_path: Path) -> None:
    (command,) = re.findall(r"^(mkdir .* && sed .*SKILL\.md)$", README, re.MULTILINE)
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "skill-cold-start-planner.md").write_text(SKILL, encoding="utf-8")
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    (copy,) = tmp_path.glob("*/SKILL.md")
    text = copy.read_text(encoding="utf-8")
    head = fields(text)
    assert [*head] == ["name", "description"]
    assert head["name"] == copy.parent.name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", head["name"])
    assert len(head["name"]) <= 64
    assert 0 < len(head["description"]) <= 1024
    assert not re.search(r": |[<>#]|^[\"'\[{&*!|>%@`-]", head["description"])
    assert text.split("---\n", 2)[2] == SKILL.split("---\n", 2)[2]


LESSON_TAGS = ("bottlerocket", "model-streamer", "gpu-snapshot", "serverlessllm")


def test_it_is_found_by_each_of_its_tags() -> None:
    tags = re.findall(r"[a-z0-9-]+", fields(SKILL)["tags"])
    assert {*LESSON_TAGS, "cold-start", "warm-pool", "live-migration"} <= {*tags}
    assert len(tags) == len({*tags})
    for tag in tags:
        found = [
            path.name
            for path in (ROOT / "outputs").glob("skill-*.md")
            if tag in re.findall(r"[a-z0-9-]+", fields(path.read_text(encoding="utf-8"))["tags"])
        ]
        assert found == ["skill-cold-start-planner.md"]


def test_it_covers_what_a_planner_must() -> None:
    for word in (*PHASES, *SHIPPED.split()):
        assert word in SKILL
    headings = " ".join(re.findall(r"^## \d+\. (.*)$", SKILL, re.MULTILINE)).lower()
    for part in ("ask", "figures", "path", "late", "pool", "choose", "reject", "refuse", "page"):
        assert part in headings


def test_its_other_commands_run() -> None:
    commands = {*re.findall(r"`(python code/\w+\.py[^`]*)`", SKILL)}
    for command in commands:
        script, *words = shlex.split(command.removeprefix("python code/"))
        if script != "plan.py":  # which is the example's
            words = [re.sub(r"^M$|=R$", lambda x: {"M": "8b", "=R": "=9"}[x[0]], x) for x in words]
            words = [
                str(ROOT / "outputs" / "example-start.log") if x == "FILE" else x for x in words
            ]
            done = called(script, *words)
            assert (done.returncode, done.stderr) == (0, ""), command


def test_its_commands_stand_where_it_says_what_they_need() -> None:
    alone, _, program = SKILL.partition("## 10. If you have the program")
    assert not re.search(r"\.py\b", alone)
    assert re.search(r"`python code/plan\.py ", program)
