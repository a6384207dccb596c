"""The scripts as processes and as calls, copies of them to edit, and random scenarios."""

# ruff: noqa: E402 -- what comes before the imports below makes them find this lesson's code

from __future__ import annotations

import contextlib
import functools
import io
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

# In a curriculum's folder no pyproject.toml of ours says where they are, and a lesson beside this
# one may have brought a `main` of its own.
sys.path.insert(0, str(Path(__file__).parent.parent / "code"))
sys.modules.pop("main", None)

import evidence
import main
import measure
import plan
import pytest
import traffic
import view
from browser import Browser, Served

# A suite in the background, or under nohup, would hand on to its scripts what is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

ROOT = Path(__file__).parent.parent
CODE = ROOT / "code"
SCRIPTS: dict[str, Callable[[Sequence[str]], int]] = {
    "main.py": main.main,
    "traffic.py": traffic.run,
    "plan.py": plan.run,
    "evidence.py": evidence.run,
    "measure.py": measure.run,
    "view.py": view.run,
}
SHIPPED = "preseed stream snapshot warm-pool tiered migrate graph-cache warm-node"
shipped_layers = pytest.mark.skipif(
    " ".join(main.BY_NAME) != SHIPPED, reason="knows which of the shipped layers is best"
)
Done = subprocess.CompletedProcess[str]
# Copies are edited within the second in which they were made, which a .pyc does not notice.
PLAIN = {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}


def run(*words: str, folder: Path = CODE, python: str = sys.executable, **options: Any) -> Done:
    """Run a script, the first of these words; standard output and error as UTF-8 text."""
    if folder == CODE and not options:
        return once(python, *words)
    return process(python, folder, *words, **options)


@functools.cache
def once(python: str, *words: str) -> Done:
    """What prints the same at every run is run once for all tests."""
    return process(python, CODE, *words)


def process(python: str, folder: Path, script: str, *words: str, **options: Any) -> Done:
    options = {"cwd": ROOT, "env": {**os.environ, **PLAIN}, "timeout": 60, **options}
    command = [python, str(folder / script), *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, **options)


def called(script: str, *words: str) -> Done:
    """The same without the time that a process takes, where nothing but the words matters."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            exit_code = SCRIPTS[script](words)
        except main.BadInput as error:
            print(f"{script}: {error}", file=sys.stderr)
            exit_code = 2
    said = []
    for stream in (out, err):
        stream.seek(0)
        said.append(stream.read())
    return Done([script, *words], exit_code, *said)


def refused(done: Done) -> str:
    """The one line with which a script refuses bad input; it does nothing else."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("\n")
    assert done.stderr.count("\n") == 1
    name, _, says = done.stderr.partition(": ")
    assert name.endswith(".py")
    return says


def printed(show: Callable[..., object], *arguments: object) -> str:
    """What a function prints."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out):
        show(*arguments)
    out.seek(0)
    return out.read()


def report(s: main.Scenario, names: Sequence[str] = ()) -> str:
    """The text of the report."""
    return printed(main.show, main.report(s, names), s)


def copied(folder: Path) -> Path:
    """A copy of all scripts in this folder, to be edited."""
    shutil.copytree(CODE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def edit(file: Path, old: str, new: str) -> None:
    """Change a place of a file that is there once, as an instructor would."""
    source = file.read_text(encoding="utf-8")
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {file.name}"
    file.write_text(source.replace(old, new), encoding="utf-8")


@contextlib.contextmanager
def saved(old: str, new: str, *files: Path) -> Iterator[None]:
    """What stands in these files is another text for a while."""
    sources = {file: file.read_text(encoding="utf-8") for file in files}
    assert any(old in source for source in sources.values()), f"no {old!r}"
    try:
        for file, source in sources.items():
            file.write_text(source.replace(old, new), encoding="utf-8")
        yield
    finally:
        for file, source in sources.items():
            file.write_text(source, encoding="utf-8")


def edited(folder: Path, old: str, new: str, script: str = "main.py") -> Path:
    """A copy of all scripts with one place of one of them changed."""
    edit(copied(folder) / script, old, new)
    return folder


def random_scenario(dice: random.Random, figure_set: str = "lesson") -> main.Scenario:
    """Any model, and about half of the figures between a tenth and ten times the lesson's."""
    changes: dict[str, Any] = {"model": dice.choice([*main.MODELS])}
    for name, field in main.FIGURES.items():
        default = field.default
        if name in ("snapshot_gpu_matches", "streamer_sharded"):
            changes[name] = dice.choice([0, 1, 1])
        elif isinstance(default, (int, float)) and dice.random() < 0.5:
            value = (default or 1) * 10 ** dice.uniform(-1, 1)
            changes[name] = max(1, round(value)) if field.type is int else value
    return main.scenario(figure_set, **changes)


def random_layers(dice: random.Random) -> list[str]:
    return [name for name in main.BY_NAME if dice.random() < 0.5]


def under(s: main.Scenario, *names: str, **figures: Any) -> main.Scenario:
    """A scenario with other figures, behind layers."""
    return main.stack(replace(s, **figures), names)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Under the results: model answers to exercises that are right, to compare with."""
    passed = [x for x in terminalreporter.stats.get("passed", []) if hasattr(x, "user_properties")]
    for title, text in {pair: None for x in passed for pair in x.user_properties}:
        terminalreporter.section(title)
        terminalreporter.line(text)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all tests, each of which opens a page of its own."""
    found = Browser()
    yield found
    found.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A copy of all scripts, to be edited, and its server."""
    found = Served(copied(tmp_path_factory.mktemp("served")))
    yield found
    found.close()


@pytest.fixture
def show(browser: Browser, served: Served) -> Callable[..., Browser]:
    """Opens the page on a view, and waits until all of it is drawn."""

    def opened(query: str = "", width: int = 1280, height: int = 900) -> Browser:
        browser.size(width, height)
        browser.media()
        browser.do("Page.navigate", url="about:blank")
        browser.do("Page.navigate", url=served.root + query)
        browser.until("document.getElementById('day')?.textContent")
        browser.until("dayAt === reportAt")
        browser.do("Page.resetNavigationHistory")  # it holds fifty steps, and lets go of others
        return browser

    return opened
