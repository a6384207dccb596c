"""Your answers in outputs/exercise-answers.toml: blank is skipped, wrong asks, right passes."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from exercises import (
    ANSWERS,
    QUESTIONS,
    Question,
    Verdict,
    judge,
    judge_essay,
    judge_stack,
    judge_tiers,
    read_answers,
)


def answer(verdict: Verdict) -> None:
    if verdict.state == "blank":
        pytest.skip(verdict.says)
    if verdict.state == "wrong":
        pytest.fail(verdict.says, pytrace=False)


def answers() -> dict[str, Any]:
    try:
        return read_answers(ANSWERS)
    except ValueError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: f"{q.exercise}-{q.answer}")
def test_your_answer(question: Question) -> None:
    answer(judge(question, answers()))


def test_your_stack_of_exercise_2() -> None:
    answer(judge_stack(answers()))


def test_your_tiers_of_exercise_5() -> None:
    answer(judge_tiers(answers()))


@pytest.mark.filterwarnings("default")  # the model answer is shown as one
def test_your_answer_of_exercise_4() -> None:
    verdict = judge_essay(answers())
    answer(verdict)
    warnings.warn(verdict.says, stacklevel=1)
