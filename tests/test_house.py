"""The house: imports go one way, from the instruments to the lesson, and Python is ordinary."""

from __future__ import annotations

import ast
import graphlib
import sys
from pathlib import Path

import pytest
from conftest import CODE

FILES = sorted(CODE.glob("*.py"))
OURS = {file.stem for file in FILES}
ALONE = {"main", "children", "leash", "progress"}  # which import no file of ours


def imports(file: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_imports_go_one_way() -> None:
    graph = {file.stem: imports(file) & OURS for file in FILES}
    assert [*graphlib.TopologicalSorter(graph).static_order()]  # CycleError where two go in a ring
    for name in ALONE:
        assert graph[name] == set()
    for name in ("serve", "watch"):  # what others edit breaks a child alone
        assert graph[name] <= {"children", "progress"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_imports_ours_and_the_standard_librarys_public_modules_alone(file: Path) -> None:
    others = imports(file) - OURS
    assert others <= sys.stdlib_module_names
    assert not [name for name in others if name.startswith("_")]
    assert file.stem not in sys.stdlib_module_names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_is_looked_up_by_a_name_in_a_string(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    assert not names & {"globals", "locals", "eval", "exec", "compile", "__import__"}


def test_code_is_no_package() -> None:
    assert not (CODE / "__init__.py").exists()
