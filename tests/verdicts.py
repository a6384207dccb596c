"""What is said of an answer: blank, wrong with a question, or right; and the file of answers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import main

OUTPUTS = Path(__file__).parent.parent / "outputs"
ANSWERS = OUTPUTS / "exercise-answers.toml"
Table = dict[str, Any]


class Verdict(NamedTuple):
    state: str  # blank, wrong, right
    says: str = ""


def read_answers(path: Path) -> Table:
    """The file's tables; a ValueError of one line where it cannot be read."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text)
    except (OSError, ValueError) as error:  # TOMLDecodeError, which names line and column
        line = re.search(r"line (\d+)", str(error))
        said = text.split("\n")[int(line[1]) - 1].strip() if line and text else ""
        what = "is a number plain, a name in straight quotes, and a quote within it single?"
        if "overwrite" in str(error):
            what = "does that stand there twice?"
        ask = f" In {said!r:.60}: {what}" if said else ""
        raise ValueError(f"{path.name}: {error}.{ask}") from None


def table_of(answers: Table, exercise: str) -> Table:
    table = answers.get(exercise, {})
    return table if isinstance(table, dict) else {}


def blank(place: str, what: str) -> Verdict:
    return Verdict("blank", f"{place}: write {what} into outputs/{ANSWERS.name}")


def wrong(place: str, says: str) -> Verdict:
    return Verdict("wrong", f"{place}{says}")


def stray(names: Iterable[str], allowed: Iterable[str]) -> str:
    """What is said of the first name that is not allowed, with the nearest that is; or nothing."""
    known = [*allowed]
    try:
        for name in names:
            main.nearest(name, known)
    except main.BadInput as error:
        return str(error)
    return ""


def scenario_of(given: Table, **more: Any) -> main.Scenario:
    """The lesson's figures with these; BadInput that names the nearest to one that is none."""
    for name in given:
        main.nearest(name, main.FIGURES)
    s = main.Scenario(**given, **more)
    main.check_figures(s, "")
    return s


def no_layers(names: object) -> str:
    """What is wrong with a list of layers, with the name nearest to a mistyped one, or nothing."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return "is it a list of names in quotes, as --with takes them?"
    if any("," in name for name in names):
        return "is it a list of names, each in quotes of its own?"
    return stray(names, main.BY_NAME)
