"""The checker of the exercises: ten right and ten wrong answers to each, blank and malformed."""

from __future__ import annotations

import copy
import math
import random
import re
from pathlib import Path

import exercise_numbers
import main
import pytest
from arguments_given import LEAKS, MEASURES, SPEAKS, WHY
from conftest import ROOT, random_scenario
from exercises import CHECKS, MODEL_ANSWERS, check, model_answer
from verdicts import ANSWERS, Table, read_answers

# Worked out by hand from the questions alone.
NUMBERS = {
    "exercise_1": {"unpaid_s": 180, "late_requests": 1.711, "requests_per_hour": 22.31},
    "exercise_3": {
        "read_s": 20,
        "weight_load_default_s": 60,
        "weight_load_streamed_s": 20.0,
        "path_default_s": 133,
        "path_streamed_s": 93,
    },
    "exercise_6": {"path_s": 138.1},
}
NAMES: dict[str, Table] = {
    "exercise_1": {"change_with_keep_alive": ["cycle_s"]},
    "exercise_2": {"layers": ["preseed", "tiered"]},
    "exercise_4": {
        "what_leaks": LEAKS.right[0],
        "what_speaks_for_it": SPEAKS.right[0],
        "mitigations": [*MEASURES.right[:2]],
    },
    "exercise_5": {
        "paid": {"min_workers": 0, "layers": ["preseed"]},
        "trial": {"min_workers": 0, "layers": ["preseed"]},
        "batch": {"min_workers": 0, "layers": ["preseed"]},
    },
    "exercise_6": {
        "first_by_the_lesson": "preseed",
        "first_by_the_log": "snapshot",
        "why": WHY.right[0],
    },
}
EXERCISES = sorted({**NUMBERS, **NAMES})
RIGHT = {name: {**NUMBERS.get(name, {}), **NAMES.get(name, {})} for name in EXERCISES}
GIVEN: dict[str, Table] = {
    "exercise_1": {
        "at_requests_per_hour": 20.0,
        "cold_start_s": 148.0,
        "sla_s": 20.0,
        "gpu_usd_per_hour": 4.0,
        "drop_usd": 0.1,
    },
    "exercise_2": {
        "model": "13b",
        "sla_s": 75.0,
        "requests_per_hour": 12.0,
        "budget_usd_per_month": 2500.0,
        "snapshot_gpu_matches": 0,
    },
    "exercise_3": {
        "model": "70b",
        "bytes_per_param": 2.0,
        "read_stream_gb_s": 7.0,
        "read_cap_gb_s": 7.0,
        "copy_pageable_gb_s": 3.5,
        "copy_pinned_gb_s": 50.0,
        "gpus_per_replica": 2,
        "node_provision_s": 50.0,
        "engine_fixed_s": 8.0,
        "graph_capture_s": 12.0,
        "first_forward_s": 3.0,
    },
    "exercise_4": {},
    "exercise_5": {
        "model": "13b",
        "paid": {"sla_s": 4.0, "requests_per_hour": 75.0},
        "trial": {"sla_s": 90.0, "requests_per_hour": 12.0},
        "batch": {"sla_s": 900.0, "requests_per_hour": 3.0},
    },
    "exercise_6": {"model": "8b", "sla_s": 90.0, "image_pull_s": 80.0},
}


def filled(exercise: str, **answers: object) -> Table:
    """An exercise as it ships, whatever a learner has made of it, and these answers in it."""
    return {exercise: {**answers, "given": copy.deepcopy(GIVEN[exercise])}}


def verdicts(exercise: str, answers: Table) -> dict[str, tuple[str, str]]:
    """State and words of each check of an exercise."""
    names = [name for name in CHECKS if name.startswith(f"{exercise}-")]
    return {name.partition("-")[2]: (*check(name, answers),) for name in names}


def states(exercise: str, answers: Table) -> set[str]:
    return {state for state, _ in verdicts(exercise, answers).values()}


def said(exercise: str, answers: Table) -> str:
    """What is said of the answers that are wrong."""
    found = verdicts(exercise, answers).values()
    return "\n".join(says for state, says in found if state == "wrong")


# --- the file ------------------------------------------------------------------------------------


def test_all_six_exercises_ask_what_is_checked_and_ship_blank() -> None:
    tables = read_answers(ANSWERS)
    assert [*tables] == EXERCISES
    for name, table in tables.items():
        assert table.keys() - {"given"} == RIGHT[name].keys()
        assert table.get("given", {}).keys() == GIVEN[name].keys()
    if any(states(name, tables) != {"blank"} for name in tables):
        pytest.skip("somebody has answered")
    if any(table.get("given", {}) != GIVEN[name] for name, table in tables.items()):
        pytest.skip("somebody has other figures")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_blank_is_blank_and_says_what_to_do(exercise: str) -> None:
    for answers in (filled(exercise), {}, {exercise: "?"}):
        for state, says in verdicts(exercise, answers).values():
            assert state == "blank"
            assert re.fullmatch(
                rf"{exercise}\S*: write .+ into outputs/exercise-answers\.toml", says
            )


@pytest.mark.parametrize(
    "text", ["requests_per_hour = 24,7", "[exercise_1", "a = 1\na = 2\n", "\xff"]
)
def test_a_malformed_file_is_one_line_with_the_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "exercise-answers.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"^exercise-answers\.toml: .*$") as caught:
        read_answers(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.toml: "):
        read_answers(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("exercise", "given"),
    [
        *((name, given) for name in EXERCISES if GIVEN[name] for given in (None, "fast")),
        *((f"exercise_{number}", {"speed": 7}) for number in (2, 3, 5, 6)),
        ("exercise_1", {"sla_s": 1000.0}),  # longer than the cold start
        ("exercise_1", {"cold_start_s": "long"}),
        ("exercise_1", {"drop_usd": 0}),
        ("exercise_2", {"model": "13"}),
        ("exercise_2", {"budget_usd_per_month": 1.0}),  # which pays for no stack
        ("exercise_3", {"read_cap_gb_s": 0}),
        ("exercise_3", {"model": "70"}),
        ("exercise_5", {"trial": {"sla_s": "soon"}}),
        ("exercise_5", {"batch": {"sla_s": 0.1}}),  # shorter than any answer
        ("exercise_6", {"model": "8"}),
        ("exercise_6", {"model": "70b"}),  # whose log it is not
        ("exercise_1", {"slas": 3}),
        ("exercise_6", {"image_pull_s": -1}),
    ],
)
def test_a_broken_given_is_named_and_nobody_passes(exercise: str, given: object) -> None:
    answers = filled(exercise, **RIGHT[exercise])
    table = answers[exercise]
    table["given"] = {**table["given"], **given} if isinstance(given, dict) else given
    found = verdicts(exercise, answers)
    assert f"{exercise}.given cannot be used: " in said(exercise, answers)
    assert said(exercise, answers).count("\n") < len(found)


# --- right ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize("percent", [-0.9, -0.6, -0.4, -0.2, -0.1, 0, 0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("exercise", NUMBERS)
def test_right_numbers_pass_and_so_do_rounded_ones(exercise: str, percent: float) -> None:
    rounded = {name: x * (1 + percent / 100) for name, x in NUMBERS[exercise].items()}
    assert states(exercise, filled(exercise, **{**RIGHT[exercise], **rounded})) == {"right"}


@pytest.mark.parametrize("names", [["cycle_s"], ["cycle_s", "cycle_s"]])
def test_the_cycle_alone_changes_with_keep_alive(names: list[str]) -> None:
    answers = filled("exercise_1", **{**RIGHT["exercise_1"], "change_with_keep_alive": names})
    assert states("exercise_1", answers) == {"right"}


@pytest.mark.parametrize("layers", [["preseed", "tiered"], ["tiered", "preseed"]])
def test_the_shortest_stack_passes_in_any_order(layers: list[str]) -> None:
    assert states("exercise_2", filled("exercise_2", layers=layers)) == {"right"}


RAW: list[str] = []
PRESEED, SNAPSHOT = ["preseed"], ["preseed", "snapshot"]
POLICIES = [  # layers of paid, trial and batch users, and their replicas
    (PRESEED, PRESEED, PRESEED, (0, 0, 0)),
    (RAW, PRESEED, RAW, (1, 0, 0)),
    (["warm-pool"], PRESEED, RAW, (1, 0, 0)),
    (["warm-pool"], SNAPSHOT, SNAPSHOT, (1, 0, 0)),
    (SNAPSHOT, SNAPSHOT, SNAPSHOT, (0, 0, 0)),
    (PRESEED, SNAPSHOT, RAW, (0, 0, 0)),
    (PRESEED, ["preseed", "tiered"], ["stream"], (0, 0, 0)),
    (["preseed", "stream"], ["preseed", "graph-cache"], RAW, (1, 0, 0)),
    (["warm-pool", "preseed"], PRESEED, PRESEED, (1, 0, 0)),
    (["snapshot", "preseed"], ["snapshot", "preseed"], ["snapshot"], (1, 0, 0)),
]
DEAR = "that is too much"
WRONG_POLICIES = [
    (RAW, PRESEED, RAW, (0, 0, 0), "exercise_5.paid: min_workers = 0"),
    (RAW, RAW, RAW, (1, 0, 0), "exercise_5.trial: min_workers = 0"),
    (["stream"], PRESEED, RAW, (0, 0, 0), "of its users are late"),
    (RAW, ["snapshot"], RAW, (1, 0, 0), "of its users are late"),
    (RAW, RAW, RAW, (1, 1, 1), DEAR),
    (RAW, RAW, RAW, (1, 1, 0), DEAR),
    (PRESEED, PRESEED, PRESEED, (2, 0, 0), DEAR),
    (["warm-node"], ["warm-node"], ["warm-node"], (1, 0, 0), "exercise_5.trial"),
    (["warm-node", "preseed"], ["warm-node", "preseed"], RAW, (0, 0, 0), DEAR),
    (["warm-node", "preseed"], PRESEED, RAW, (0, 0, 0), "Who pays for the standby node"),
    (["presed"], PRESEED, RAW, (0, 0, 0), "did you mean preseed?"),
    (RAW, ["warm_pool"], RAW, (1, 0, 0), "did you mean warm-pool?"),
    (RAW, ["warm-pool"], RAW, (1, 0, 0), "a pool of no replicas, what does it keep?"),
    (RAW, "preseed", RAW, (1, 0, 0), "is it a list of names"),
    (RAW, [["preseed"]], RAW, (1, 0, 0), "is it a list of names"),
    (RAW, PRESEED, RAW, (1, 0, "none"), "is it a whole number"),
    (RAW, PRESEED, RAW, (True, 0, 0), "is it a whole number"),
    (RAW, PRESEED, RAW, (1.5, 0, 0), "is it a whole number"),
    (RAW, PRESEED, RAW, (1000, 0, 0), "is it a whole number"),
]


def tiers(layers: tuple[object, ...], workers: tuple[object, ...]) -> Table:
    rows = zip(("paid", "trial", "batch"), layers, workers)
    return filled("exercise_5", **{x: {"min_workers": n, "layers": some} for x, some, n in rows})


@pytest.mark.parametrize(("paid", "trial", "batch", "workers"), POLICIES)
def test_policies_that_keep_each_promise_cheaply_pass(
    paid: list[str], trial: list[str], batch: list[str], workers: tuple[int, ...]
) -> None:
    answers = tiers((paid, trial, batch), workers)
    assert said("exercise_5", answers) == ""
    assert states("exercise_5", answers) == {"right"}


def test_a_standby_node_is_paid_once_for_all_tiers() -> None:
    cheap, dear = (["preseed", "warm-node"], PRESEED, PRESEED), (["preseed", "warm-node"],) * 3
    one, three = (said("exercise_5", tiers(layers, (0, 0, 0))) for layers in (cheap, dear))
    usd = [float(re.findall(r"\$([\d,]+)", x)[0].replace(",", "")) for x in (one, three)]
    assert usd[1] == pytest.approx(usd[0], rel=0.03)  # each would be 2,880 more


# --- wrong ones ----------------------------------------------------------------------------------

WRONG_NUMBERS: dict[str, dict[str, list[tuple[float, str]]]] = {
    "exercise_1": {
        "unpaid_s": [
            (148, "Is the boot not paid?"),
            (300, "until keep-alive has run out"),
            (3, "minutes"),
            (0.05, "hours"),
            (180_000, "milliseconds"),
            (120, "Poisson stream does not know"),
        ],
        "late_requests": [
            (1, "come alone"),
            (0.711, "the one that boots the replica?"),
            (1.822, "nearly done?"),
            (0.822, "and who boots it"),
            (3, "One boots the replica"),
        ],
        "requests_per_hour": [
            (40, "late and alone"),
            (21.32, "nearly done"),
            (0.0062, "requests per second"),
            (0.3718, "requests per minute"),
            (535.4, "requests per day"),
            (35.7, "two GPUs"),
            (30, "at which rate is that the same"),
        ],
    },
    "exercise_3": {
        "read_s": [
            (160, "bits or in bytes"),
            (0.333, "minutes"),
            (18.63, "GiB"),
            (35, "default figures"),
            (10, "bf16"),
            (0.02, "Kilo, mega, giga"),
        ],
        "weight_load_default_s": [
            (20, "read alone"),
            (40, "overlap"),
            (1, "minutes"),
            (75, "default figures"),
        ],
        "weight_load_streamed_s": [(21.4, "sum"), (60, "default loader's"), (1.4, "copy alone")],
        "path_default_s": [(313, "image is on the node"), (130, "first forward")],
        "path_streamed_s": [
            (133, "default loader's path"),
            (43, "node at the start"),
            (1.55, "minutes"),
            (73, "engine do"),
        ],
    },
    "exercise_6": {
        "path_s": [
            (98.9, "That is what it takes off"),
            (237, "the path with no layer"),
            (180.5, "behind the lesson's layer"),
            (100, "Five phases again"),
            (178.1, "by the pod's events"),
            (136.3, "Whose figures stand under the log's"),
            (106, "a node and an image"),
            (2.3, "minutes"),
            (0.03836, "hours"),
            (90, "Five phases again"),
            (150, "Five phases again"),
        ]
    },
}
SLIPS = [
    (exercise, name, value, line)
    for exercise, answers in WRONG_NUMBERS.items()
    for name, slips in answers.items()
    for value, line in slips
]
WRONG_NAMES = (
    [
        ("exercise_1", "change_with_keep_alive", value, line)
        for value, line in (
            (["unpaid_s"], "how often would one boot"),
            (["late_requests"], "how often would one boot"),
            (["unpaid_s", "late_requests"], "how often would one boot"),
            (["cycle_s", "unpaid_s"], "come sooner"),
            (["cycle_s", "late_requests"], "Who waits for a boot"),
            (["cycle_s", "unpaid_s", "late_requests"], "come sooner"),
            ("cycle_s", "is it a list"),
            (["cycle"], "is it a list, each of cycle_s, "),
            ([["cycle_s"]], "is it a list"),
            ([1], "is it a list"),
        )
    ]
    + [
        ("exercise_2", "layers", value, line)
        for value, line in (
            (["preseed"], "breaks the promise"),
            (["preseed", "stream"], "breaks the promise"),
            (
                ["preseed", "snapshot"],
                "On which type of GPU was the snapshot taken",
            ),  # of another GPU type
            (["preseed", "graph-cache"], "breaks the promise"),
            (["snapshot", "tiered", "stream"], "breaks the promise"),
            (["warm-pool"], "$2,880 a month, and $2,500 is all there is"),
            (["preseed", "warm-node"], "is all there is. What of it is paid at night?"),
            (["preseed,tiered"], "each in quotes of its own"),
            (["preseed", "tiered", "graph-cache"], "fewer layers would too"),
            (["preseed", "snapshot", "tiered"], "fewer layers would too"),
            (["preseed", "stream", "graph-cache"], "fewer layers would too"),
            (["preseed", "teired"], "'teired': unknown; did you mean tiered?"),
            (["pre-seed"], "did you mean preseed?"),
            (["warm_pool"], "did you mean warm-pool?"),
            ("preseed", "is it a list of names"),
            ([["preseed"]], "is it a list of names"),
        )
    ]
    + [
        ("exercise_6", name, value, line)
        for name, value, line in (
            ("first_by_the_lesson", "snapshot", "what attacks them"),
            ("first_by_the_lesson", "stream", "what attacks them"),
            ("first_by_the_lesson", "warm-pool", "which phase does that make shorter"),
            ("first_by_the_lesson", "presed", "did you mean preseed?"),
            ("first_by_the_log", "preseed", "what attacks them"),
            ("first_by_the_log", "graph-cache", "what attacks them"),
            ("first_by_the_log", "warm-node", "what attacks them"),
            ("first_by_the_log", "migrate", "which phase does that make shorter"),
            ("first_by_the_log", "snapshots", "did you mean snapshot?"),
            ("first_by_the_log", ["snapshot"], "is it one name in quotes?"),
        )
    ]
)


@pytest.mark.parametrize(("exercise", "name", "value", "line"), [*SLIPS, *WRONG_NAMES])
def test_a_recognised_slip_gets_its_own_line(
    exercise: str, name: str, value: object, line: str
) -> None:
    state, says = verdicts(exercise, filled(exercise, **{name: value})).get(name, ("", ""))
    assert state == "wrong"
    assert line in says
    assert f"{exercise}.{name} = {value!r}" in says
    if isinstance(value, (int, float)):
        assert re.search(r" is too (high|low)\. ", says)


@pytest.mark.parametrize(("paid", "trial", "batch", "workers", "line"), WRONG_POLICIES)
def test_policies_that_are_late_or_dear_or_unclear_do_not(
    paid: object, trial: object, batch: object, workers: tuple[object, ...], line: str
) -> None:
    answers = tiers((paid, trial, batch), workers)
    assert states("exercise_5", answers) == {"wrong"}
    assert line in said("exercise_5", answers)


@pytest.mark.parametrize("value", ["24.7", "24.7 requests/h", [1], True, {"a": 1}, math.nan])
@pytest.mark.parametrize("exercise", NUMBERS)
def test_what_is_no_number_is_asked_about(exercise: str, value: object) -> None:
    for name in NUMBERS[exercise]:
        state, says = verdicts(exercise, filled(exercise, **{name: value}))[name]
        assert state == "wrong"
        assert "plain number" in says


def test_there_are_ten_right_and_ten_wrong_answers_to_each() -> None:
    for exercise in NUMBERS:
        wrong = [*SLIPS, *WRONG_NAMES]
        assert sum(each[0] == exercise for each in wrong) >= 10
    assert sum(each[0] == "exercise_2" for each in WRONG_NAMES) >= 10
    assert len(POLICIES) >= 10
    assert len(WRONG_POLICIES) >= 10
    assert all(len(x.right) >= 10 and len(x.wrong) >= 10 for x in (LEAKS, SPEAKS, MEASURES, WHY))


def test_a_path_is_not_judged_before_the_load_in_it() -> None:
    answers = filled("exercise_3", weight_load_default_s=40, path_default_s=113)
    assert "weight_load_default_s goes into it" in said("exercise_3", answers)


def test_why_waits_for_the_layers_and_the_seconds() -> None:
    some = {**RIGHT["exercise_6"], "first_by_the_log": "preseed"}
    state, says = verdicts("exercise_6", filled("exercise_6", **some))["why"]
    assert (state, says.count("They come before it")) == ("wrong", 1)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_name_that_nobody_asks_for_is_told(exercise: str) -> None:
    for name in RIGHT[exercise]:
        answers = filled(exercise, **{name[:-1]: 7})
        for state, says in verdicts(exercise, answers).values():
            assert state == "wrong"
            assert says.startswith(f"{exercise} has '{name[:-1]}': unknown; did you mean ")


def test_a_name_within_a_tier_is_told_and_none_is_no_layer() -> None:
    answers = filled("exercise_5", paid={"min_worker": 1, "layers": []})
    assert said("exercise_5", answers) == (
        "exercise_5.paid has 'min_worker': unknown; did you mean min_workers?"
    )
    assert states("exercise_5", tiers((["none"], PRESEED, ["none"]), (1, 0, 0))) == {"right"}


def test_a_figure_that_is_none_is_told_with_the_nearest() -> None:
    answers = filled("exercise_3")
    answers["exercise_3"]["given"]["gpu_per_replica"] = 2
    assert "did you mean gpus_per_replica?" in said("exercise_3", answers)


def test_two_measures_are_not_one_in_other_words() -> None:
    same = ["Flush the KV cache before saving"] * 2
    answers = filled("exercise_4", **{**RIGHT["exercise_4"], "mitigations": same})
    assert "two at least" in said("exercise_4", answers)
    same = ["Encrypt the snapshot at rest", "Encrypt it in transit too"]
    answers = filled("exercise_4", **{**RIGHT["exercise_4"], "mitigations": same})
    assert "or the first in other words?" in said("exercise_4", answers)


# --- nothing leaks -------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", NUMBERS)
def test_wrong_echoes_points_and_asks_but_never_tells(exercise: str) -> None:
    for name, value in NUMBERS[exercise].items():
        slips = [slip for slip, _ in WRONG_NUMBERS[exercise][name]]
        for answer in (*slips, round(value * 1.37, 3), round(value * 0.71, 3)):
            state, says = verdicts(exercise, filled(exercise, **{name: answer}))[name]
            assert state == "wrong"
            assert f"{name} = {answer!r} is too {'high' if answer > value else 'low'}. " in says
            told = re.findall(r"\d+\.?\d*", says.replace(repr(answer), "").replace("1e9", ""))
            assert not any(float(x) == pytest.approx(value, rel=0.02) for x in told)


def test_no_message_names_a_layer_that_the_learner_did_not() -> None:
    wrong = [(filled(x, **{name: value}), x, value) for x, name, value, _ in WRONG_NAMES]
    wrong += [(tiers(row[:3], row[3]), "exercise_5", row[:3]) for row in WRONG_POLICIES]
    for answers, exercise, value in wrong:
        says = re.sub(r"did you mean [a-z-]+\?", "", said(exercise, answers))
        told = {
            name for name in main.BY_NAME if re.search(rf"(?<![a-z_-]){name}(?![a-z_-])", says)
        }
        assert not {name for name in told if name not in str(value)}, says


def test_a_model_answer_follows_what_is_all_right_and_nothing_else() -> None:
    for exercise in EXERCISES:
        answers = filled(exercise, **RIGHT[exercise])
        text = model_answer(exercise, answers)
        assert bool(text) == (exercise in MODEL_ANSWERS)
        assert all(len(line) <= 80 for line in text.splitlines())
        for name in RIGHT[exercise]:
            some = {**RIGHT[exercise]}
            del some[name]
            assert model_answer(exercise, filled(exercise, **some)) == ""


def test_the_figures_of_model_answers_are_the_models() -> None:
    texts = [model_answer(name, filled(name, **RIGHT[name])) for name in EXERCISES]
    whole = " ".join(" ".join(texts).split())
    assert "lam (1 + 128 lam) = 4 / 3600 / 0.1: at 22.3/h" in whole
    assert "costs $5,554 a month: paid preseed, snapshot, 0 kept, 0.47% late; trial pres" in whole
    assert "One pool for all, at the hardest promise, would cost $2,878: " in whole
    assert "alone leaves 81.6 s" in whole  # 50 + 0 + 16/4 + 16/3.5 + 20 + 3
    assert "preseed comes first" in whole
    assert "the image 80 s" in whole
    assert "snapshot comes first, and leaves 138.1 s" in whole


# --- the key follows -----------------------------------------------------------------------------


def test_the_key_follows_the_figures_of_the_question() -> None:
    answers = filled("exercise_3", read_s=40)
    answers["exercise_3"]["given"]["read_cap_gb_s"] = 3.5
    assert verdicts("exercise_3", answers)["read_s"][0] == "right"
    by_hand = 3600 * ((1 + 4 * 128 * 4 / 3600 / 0.4) ** 0.5 - 1) / (2 * 128)
    answers = filled("exercise_1", requests_per_hour=by_hand, unpaid_s=360, late_requests=1.3556)
    answers["exercise_1"]["given"] |= {"drop_usd": 0.4, "at_requests_per_hour": 10.0}
    assert states("exercise_1", answers) == {"right", "blank"}
    answers = filled("exercise_2", layers=["preseed", "snapshot"])
    answers["exercise_2"]["given"] |= {"snapshot_gpu_matches": 1, "sla_s": 60.0}
    assert states("exercise_2", answers) == {"right"}
    answers = filled("exercise_6", first_by_the_log="preseed")
    answers["exercise_6"]["given"]["image_pull_s"] = 200.0
    assert verdicts("exercise_6", answers)["first_by_the_log"][0] == "right"


@pytest.mark.parametrize(
    ("exercise", "given", "says"),
    [
        ("exercise_1", {"sla_s": 200.0}, "no rate pays: sla_s must be below cold_start_s"),
        ("exercise_1", {"drop_usd": 0.0}, "no rate pays: "),
        ("exercise_1", {"drop_us": 0.1}, "'drop_us': unknown; did you mean drop_usd?"),
        ("exercise_6", {"model": "70b"}, "example-start.log is of another model than 70b"),
        ("exercise_5", {"free": {}}, "there is no free"),
    ],
)
def test_figures_that_cannot_be_are_told_before_anybody_answers(
    exercise: str, given: Table, says: str
) -> None:
    answers = filled(exercise)
    answers[exercise]["given"] |= given
    for state, told in verdicts(exercise, answers).values():
        assert state == "wrong"
        assert told.startswith(f"{exercise}.given cannot be used: {says}")


def test_a_figure_that_is_missing_is_named() -> None:
    answers = {"exercise_6": {"given": {"model": "8b", "sla_s": 90.0}}}
    assert said("exercise_6", answers).startswith(
        "exercise_6.given cannot be used: 'image_pull_s' is missing"
    )


def test_no_layer_is_an_answer_where_none_is_needed() -> None:
    answers = filled("exercise_2", layers=["none"])
    assert "breaks the promise" in said("exercise_2", answers)
    answers["exercise_2"]["given"]["sla_s"] = 400.0
    assert states("exercise_2", answers) == {"right"}


def test_what_leads_by_the_log_follows_the_figures_of_the_question() -> None:
    why = "By the log the image pull takes longer than the engine's start here too."
    some = {"first_by_the_lesson": "preseed", "first_by_the_log": "preseed", "path_s": 180.5}
    answers = filled("exercise_6", **some, why=why)
    assert states("exercise_6", answers) == {"right", "wrong"}  # the image took 80 s
    answers["exercise_6"]["given"]["image_pull_s"] = 400.0
    assert states("exercise_6", answers) == {"right"}


def test_the_key_follows_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "break_even_rate", lambda *figures: 7.0)
    answers = filled("exercise_1", requests_per_hour=7)
    assert verdicts("exercise_1", answers)["requests_per_hour"][0] == "right"


@pytest.mark.parametrize("exercise", [f"exercise_{number}" for number in (1, 2, 3, 5)])
def test_the_key_is_the_lessons_whatever_others_measured(
    monkeypatch: pytest.MonkeyPatch, exercise: str
) -> None:
    assert main.Scenario() == main.scenario("lesson")
    for name in main.MEASURED:
        monkeypatch.setitem(main.MEASURED, name, 7)
    assert states(exercise, filled(exercise, **RIGHT[exercise])) == {"right"}


def test_the_read_of_exercise_3_is_the_half_of_its_load() -> None:
    dice = random.Random(3)
    for _ in range(50):
        s = random_scenario(dice)
        halves = exercise_numbers.read_s(s) + main.copy_s(s)
        assert halves == pytest.approx(main.load_default(s)), s


# --- no document tells ---------------------------------------------------------------------------

READ = ("README.md", "code/main.py", "code/plan.py", "outputs/skill-cold-start-planner.md")


@pytest.mark.parametrize("path", READ)
def test_no_answer_stands_in_what_a_learner_reads(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    for value in ("22.3", "1.71", "138.1", "133", "93"):
        assert not re.search(rf"(?<![\d.]){re.escape(value)}(?![\d-])", text), value


def test_no_command_of_a_document_asks_what_exercises_2_and_5_ask() -> None:
    for path in READ:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert not re.search(r"--model 13b", text), path
    assert {GIVEN[name]["model"] for name in ("exercise_2", "exercise_5")} == {"13b"}
