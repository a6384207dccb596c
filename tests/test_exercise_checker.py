"""The checker of the exercises, with blank, right, wrong and malformed answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import main
import pytest
from exercises import ANSWERS, QUESTIONS, Question, judge, read_answers

# Worked out by hand from the questions alone.
RIGHT = {
    "requests_per_hour": 24.7,
    "read_s": 20,
    "weight_load_default_s": 60,
    "weight_load_streamed_s": 20.0,
    "path_default_s": 133,
    "path_streamed_s": 93,
}
SLIPS = [
    ("requests_per_hour", 80, "as if every request were lost"),
    ("requests_per_hour", 0.00685, "requests per second"),
    ("requests_per_hour", 0.411, "requests per minute"),
    ("requests_per_hour", 36.9, "two GPUs"),
    ("read_s", 160, "bits or in bytes"),
    ("read_s", 0.333, "minutes"),
    ("read_s", 18.63, "GiB"),
    ("read_s", 35, "default figures"),
    ("weight_load_default_s", 20, "read alone"),
    ("weight_load_default_s", 40, "overlap"),
    ("weight_load_streamed_s", 21.4, "sum"),
    ("weight_load_streamed_s", 60, "default loader's"),
    ("path_default_s", 313, "image is on the node"),
    ("path_default_s", 130, "first forward"),
    ("path_streamed_s", 43, "node at the start"),
    ("path_streamed_s", 1.55, "minutes"),
]
BY_NAME = {question.answer: question for question in QUESTIONS}


def shipped(**answers: object) -> dict[str, Any]:
    """The file as it ships, with these answers filled in."""
    tables = read_answers(ANSWERS)
    for name in RIGHT:
        tables[BY_NAME[name].exercise][name] = answers.get(name, "")
    return tables


def test_all_five_exercises_are_there_with_their_units() -> None:
    tables = read_answers(ANSWERS)
    assert [*tables] == [f"exercise_{number}" for number in range(1, 6)]
    assert {*RIGHT} == {*BY_NAME}
    assert all(name in tables[q.exercise] for name, q in BY_NAME.items())


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.answer)
def test_blank_is_blank_and_says_what_to_do(question: Question) -> None:
    for answers in (shipped(), {}, {question.exercise: "?"}):
        state, says = judge(question, answers)
        assert state == "blank"
        assert "write your number into outputs/exercise-answers.toml" in says


@pytest.mark.parametrize(("name", "value"), RIGHT.items())
def test_right_passes_and_so_does_what_is_rounded(name: str, value: float) -> None:
    for answer in (value, value * 1.004, value * 0.996):
        assert judge(BY_NAME[name], shipped(**{name: answer})).state == "right"


@pytest.mark.parametrize(("name", "value"), RIGHT.items())
def test_wrong_echoes_points_and_asks_but_never_tells(name: str, value: float) -> None:
    for factor, direction in ((1.37, "too high"), (0.71, "too low")):
        answer = round(value * factor, 3)
        state, says = judge(BY_NAME[name], shipped(**{name: answer}))
        assert state == "wrong"
        assert f"{name} = {answer!r} is {direction}." in says
        assert says.endswith("?")
        told = [
            float(number) for number in re.findall(r"\d+\.?\d*", says.replace(str(answer), ""))
        ]
        assert not any(number == pytest.approx(value, rel=0.02) for number in told)


@pytest.mark.parametrize(("name", "value", "line"), SLIPS)
def test_recognised_slips_get_their_own_line(name: str, value: float, line: str) -> None:
    state, says = judge(BY_NAME[name], shipped(**{name: value}))
    assert state == "wrong"
    assert line in says
    assert f"= {value!r} is too" in says


@pytest.mark.parametrize("value", ["24.7", "24.7 requests/h", [1], True, {"a": 1}])
def test_what_is_no_number_is_asked_about(value: object) -> None:
    state, says = judge(BY_NAME["requests_per_hour"], shipped(requests_per_hour=value))
    assert state == "wrong"
    assert "plain number" in says


def test_the_key_follows_the_figures_of_the_question() -> None:
    tables = shipped(read_s=40, requests_per_hour=12.4)
    tables["exercise_3"]["given"]["read_cap_gb_s"] = 3.5
    tables["exercise_1"]["given"]["drop_usd"] *= 4
    assert judge(BY_NAME["read_s"], tables).state == "right"
    by_hand = 3600 * ((1 + 4 * 326 * 4 / 3600 / 0.2) ** 0.5 - 1) / (2 * 326)
    tables["exercise_1"]["requests_per_hour"] = by_hand
    assert judge(BY_NAME["requests_per_hour"], tables).state == "right"


def test_the_key_follows_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "break_even_rate", lambda *figures: 7.0)
    assert judge(BY_NAME["requests_per_hour"], shipped(requests_per_hour=7)).state == "right"


@pytest.mark.parametrize(
    "given", [{}, {"read_cap_gb_s": "fast"}, {"model": "70"}, {"speed": 7}, {"read_cap_gb_s": 0}]
)
def test_a_broken_given_is_named_and_nobody_passes(given: dict[str, object]) -> None:
    tables = shipped(**RIGHT)
    if given:
        tables["exercise_3"]["given"].update(given)
    else:
        del tables["exercise_3"]["given"]
    state, says = judge(BY_NAME["read_s"], tables)
    assert state == "wrong"
    assert says.startswith("exercise_3.given cannot be used: ")


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
