"""Whether a sentence argues: many learners' words, right ones and wrong ones."""

from __future__ import annotations

import pytest
from arguments import (
    LINKS,
    WHAT_LEAKS,
    WHAT_SPEAKS,
    WHY_ANOTHER,
    Argument,
    kinds_of,
    lacks,
    wrong_way,
)
from arguments_given import LEAKS, MEASURES, SPEAKS, WHY

ASKED = [(LEAKS, WHAT_LEAKS), (SPEAKS, WHAT_SPEAKS), (WHY, WHY_ANOTHER)]
RIGHT = [(text, argument) for texts, argument in ASKED for text in texts.right]
WRONG = [(text, argument) for texts, argument in ASKED for text in texts.wrong]


@pytest.mark.parametrize(("text", "argument"), RIGHT)
def test_a_sentence_in_other_words_argues(text: str, argument: Argument) -> None:
    assert lacks(text, argument) == ""
    assert lacks(text.upper(), argument) == ""
    assert not (argument is WHY_ANOTHER and wrong_way(text))


@pytest.mark.parametrize(("text", "argument"), WRONG)
def test_a_list_a_denial_and_what_says_nothing_does_not(text: str, argument: Argument) -> None:
    assert "?" in lacks(text, argument) or (argument is WHY_ANOTHER and wrong_way(text))


@pytest.mark.parametrize("argument", [WHAT_LEAKS, WHAT_SPEAKS, WHY_ANOTHER])
def test_all_the_words_that_are_looked_for_are_no_argument(argument: Argument) -> None:
    stems = " ".join(idea.stems for idea in argument.ideas).replace("\\b", "").split()
    assert "A list" in lacks(
        ", ".join(x for x in stems if not {*x.split("_")} & {*LINKS}), argument
    )


@pytest.mark.parametrize("text", [3, ["a sentence"], None, True])
def test_what_is_no_text_is_asked_about(text: object) -> None:
    assert lacks(text, WHAT_LEAKS) == "is it a text in quotes?"
    assert kinds_of(text) == []


@pytest.mark.parametrize("text", MEASURES.right)
def test_a_measure_in_other_words_is_one(text: str) -> None:
    assert kinds_of(text)
    assert kinds_of(f"{text[0].lower()}{text[1:]}\n")


@pytest.mark.parametrize("text", MEASURES.wrong)
def test_what_does_nothing_or_undoes_it_is_none(text: str) -> None:
    assert kinds_of(text) == []


def test_an_essay_is_not_read() -> None:
    text = "The engine start takes longer than the image pull in the log. " * 300
    assert lacks(text, WHY_ANOTHER).startswith("that is an essay.")
