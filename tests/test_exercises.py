"""Your answers in outputs/exercise-answers.toml: blank is skipped, wrong asks, right passes."""

from __future__ import annotations

import pytest
from exercises import ANSWERS, QUESTIONS, Question, judge, read_answers


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: f"{q.exercise}-{q.answer}")
def test_your_answer(question: Question) -> None:
    try:
        state, says = judge(question, read_answers(ANSWERS))
    except ValueError as error:
        state, says = "wrong", str(error)
    if state == "blank":
        pytest.skip(says)
    if state == "wrong":
        pytest.fail(says, pytrace=False)
