"""Whether a sentence argues: many learners' words, right ones and wrong ones."""

from __future__ import annotations

import pytest
from arguments import LINKS, WHAT_LEAKS, WHAT_SPEAKS, WHY_ANOTHER, Idea, kinds_of, lacks, wrong_way
from arguments_given import LEAKS, MEASURES, SPEAKS, WHY

ASKED = [(LEAKS, WHAT_LEAKS), (SPEAKS, WHAT_SPEAKS), (WHY, WHY_ANOTHER)]
RIGHT = [(text, ideas) for texts, ideas in ASKED for text in texts.right]
WRONG = [(text, ideas) for texts, ideas in ASKED for text in texts.wrong]


@pytest.mark.parametrize(("text", "ideas"), RIGHT)
def test_a_sentence_in_other_words_argues(text: str, ideas: tuple[Idea, ...]) -> None:
    assert lacks(text, ideas) == ""
    assert not wrong_way(text)
    assert lacks(text.upper(), ideas) == ""


@pytest.mark.parametrize(("text", "ideas"), WRONG)
def test_a_list_a_denial_and_what_says_nothing_does_not(
    text: str, ideas: tuple[Idea, ...]
) -> None:
    says = lacks(text, ideas)
    assert says or wrong_way(text)
    assert not says or "?" in says or "sentence" in says


@pytest.mark.parametrize("ideas", [WHAT_LEAKS, WHAT_SPEAKS, WHY_ANOTHER])
def test_all_the_words_that_are_looked_for_are_no_argument(ideas: tuple[Idea, ...]) -> None:
    stems = " ".join(idea.stems for idea in ideas).replace("\\b", "").split()
    assert "names things" in lacks(
        ", ".join(x for x in stems if not {*x.split("_")} & {*LINKS}), ideas
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
