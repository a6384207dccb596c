"""Your answers in outputs/exercise-answers.toml: blank is skipped, wrong asks, right passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import main
import pytest
from exercises import ASKED, CHECKS, check, model_answer
from verdicts import ANSWERS, read_answers


@pytest.fixture(scope="session")
def answers() -> dict[str, Any]:
    try:
        return read_answers(ANSWERS)
    except ValueError:
        pytest.skip("the file cannot be read, as the test before says")


def test_the_file_can_be_read() -> None:
    try:
        for name in read_answers(ANSWERS):
            main.nearest(name, ASKED, f"{ANSWERS.name} has ")
    except (ValueError, main.BadInput) as error:
        says = str(error)
    else:
        return
    pytest.fail(says, pytrace=False)


@pytest.mark.parametrize("name", CHECKS)
def test_your_answer(
    name: str, answers: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    verdict = check(name, answers)
    if verdict.state == "blank":
        pytest.skip(verdict.says)
    if verdict.state == "wrong":
        pytest.fail(verdict.says, pytrace=False)
    exercise = name.split("-")[0]
    if text := model_answer(exercise, answers):
        record_property(f"{exercise}, a model answer", text)  # conftest shows it
