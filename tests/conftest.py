"""The program as a process, and random scenarios for invariants."""

from __future__ import annotations

import contextlib
import io
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import main

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "code" / "main.py"


def run(
    *arguments: str, program: Path = PROGRAM, python: str = sys.executable, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run main.py; standard output and error as UTF-8 text."""
    options = {"cwd": ROOT, "env": {**os.environ, "PYTHONIOENCODING": "utf-8"}, **options}
    return subprocess.run(
        [python, str(program), *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        **options,
    )


def called(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The same without the time that a process takes, where nothing but the words matters."""
    if options:
        return run(*arguments, **options)
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    there = sys.argv
    sys.argv = [str(PROGRAM), *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            exit_code = main.main()
    finally:
        sys.argv = there
    said = []
    for stream in (out, err):
        stream.seek(0)
        said.append(stream.read())
    return subprocess.CompletedProcess(sys.argv, exit_code, *said)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line with which a run refuses bad input; it does nothing else."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("main.py: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def text(result: dict[str, Any], command: str = "report") -> str:
    """The page that a command prints of its result."""
    return main.page_of(command, result)


def edited(folder: Path, old: str, new: str) -> Path:
    """A copy of the program with one line of it changed, as an instructor would."""
    source = PROGRAM.read_text(encoding="utf-8")
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in main.py"
    copy = folder / "main.py"
    copy.write_text(source.replace(old, new), encoding="utf-8")
    return copy


def random_scenario(dice: random.Random) -> main.Scenario:
    """Any model, and about half of the figures between a tenth and ten times their default."""
    changes: dict[str, Any] = {"model": dice.choice([*main.MODELS])}
    for name in main.FIGURES:
        default = getattr(main.Figures, name)
        if name == "snapshot_gpu_matches":
            changes[name] = dice.choice([0, 1, 1])
        elif isinstance(default, (int, float)) and dice.random() < 0.5:
            value = (default or 1) * 10 ** dice.uniform(-1, 1)
            changes[name] = max(1, round(value)) if name in main.WHOLE else value
    return main.Scenario(**changes)


def random_layers(dice: random.Random) -> list[str]:
    return [name for name in main.LAYERS if dice.random() < 0.5]
