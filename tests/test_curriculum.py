"""The lesson in a curriculum's folder: beside docs/ and quiz.json, without a pyproject.toml."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PLAIN, ROOT
from test_exercise_checker import RIGHT
from verdicts import ANSWERS

INSIDE = "COLD_START_IN_CURRICULUM"  # so that the copy does not copy itself

NEIGHBOUR = """
import sys

sys.path.insert(0, "09-other/code")
import main

def test_its_main():
    assert main.ANSWER == 42
"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a curriculum has of the lesson: four things of ours, two of its own."""
    if INSIDE in os.environ:
        pytest.skip("this is the copy")
    folder = tmp_path_factory.mktemp("curriculum") / "phases" / "17" / "10-cold-starts"
    for name in ("code", "outputs", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", folder)
    (folder / "docs").mkdir()
    (folder / "docs" / "en.md").write_text("# Cold starts\n", encoding="utf-8")
    (folder / "quiz.json").write_text('{"questions": []}\n', encoding="utf-8")
    return folder


def run_pytest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env={**os.environ, **PLAIN, INSIDE: "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_its_suite_is_found_and_green(lesson: Path) -> None:
    # A few files: that all of them pass is what this run tells.
    files = ("test_house", "test_migration", "test_schedule", "test_arguments")
    done = run_pytest(lesson, *(f"tests/{name}.py" for name in files))
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d{2,} passed", done.stdout)


def test_a_lesson_before_it_keeps_its_own_main(lesson: Path) -> None:
    other = lesson.parent / "09-other"
    for file, text in (
        ("code/main.py", "ANSWER = 42\n"),
        ("tests/test_neighbour.py", NEIGHBOUR),
    ):
        (other / file).parent.mkdir(parents=True, exist_ok=True)
        (other / file).write_text(text, encoding="utf-8")
    both = run_pytest(lesson.parent, "-vv", "-k", "test_its_main or test_imports_go_one_way")
    assert both.returncode == 0, both.stdout
    for name in ("test_neighbour.py::test_its_main", "test_house.py::test_imports_go_one_way"):
        assert re.search(rf"{re.escape(name)} PASSED", both.stdout), both.stdout


def test_pytest_shows_a_model_answer_as_text(lesson: Path) -> None:
    path = lesson / "outputs" / ANSWERS.name
    answers = (f"{name} = {value!r}\n" for name, value in RIGHT["exercise_4"].items())
    path.write_text(f"[exercise_4]\n{''.join(answers)}", encoding="utf-8")
    done = run_pytest(lesson, "tests/test_exercises.py")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("= exercise_4, a model answer =") == 1
    assert "\nWhat leaks: " in done.stdout
    assert "warning" not in done.stdout.lower()
    path.write_text("[exercise4]\n", encoding="utf-8")
    done = run_pytest(lesson, "tests/test_exercises.py")
    assert done.returncode == 1
    assert f"{ANSWERS.name} has 'exercise4': unknown; did you mean exercise_4?" in done.stdout
    assert "a model answer" not in done.stdout
    path.write_text("[exercise_3]\nread_s = 12,5\n", encoding="utf-8")
    done = run_pytest(lesson, "tests/test_exercises.py")
    assert "In 'read_s = 12,5': is a number plain" in done.stdout
    assert re.search(r"\b1 failed, \d+ skipped", done.stdout)  # and not each of them
