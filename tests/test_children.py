"""A script as a child: what it prints, what broke, how much it may print, and when it ends."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import children
import pytest
from conftest import CODE, copied, edit, run

LONG = ["traffic.py", "--rate", "1000", "--hours", "87600", "--min-workers", "100"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the scripts, which is the folder that children come from."""
    monkeypatch.setattr(children, "HERE", copied(tmp_path))
    return tmp_path


def test_a_child_prints_what_the_script_prints() -> None:
    ended = children.run("main.py", ["--with", "preseed"])
    assert (ended.out, ended.reason) == (run("main.py", "--with", "preseed").stdout, "")
    no = children.run("evidence.py", ["--set", "prefill_mfu=0.3"])  # an answer, with exit code 1
    assert "Out of bounds: " in no.out


def test_bad_input_is_told_in_the_scripts_own_line() -> None:
    ended = children.run("traffic.py", ["--paterns", "bursty"])
    assert ended.reason == "traffic.py: '--paterns': unknown; did you mean --pattern?"
    assert (ended.refused, ended.out) == (True, "")


@pytest.mark.parametrize(
    ("file", "script"),
    [("main.py", "main.py"), ("main.py", "plan.py"), ("endpoint.py", "plan.py")],
)
@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("x = = 1", "SyntaxError: invalid syntax"),
        ("x = wrong  # so", "NameError: name 'wrong' is"),
    ],
)
def test_the_file_and_the_line_that_broke_are_named(
    here: Path, file: str, script: str, broken: str, says: str
) -> None:
    edit(here / file, "\nimport math\n", f"\nimport math\n{broken}\n")
    number = (here / file).read_text(encoding="utf-8").splitlines().index(broken) + 1
    ended = children.run(script, [])
    line = broken.partition("  #")[0]
    assert ended.reason.startswith(f"code/{file}, line {number}: {line}: {says}")
    assert not ended.refused


def test_an_error_under_way_is_one_of_the_last_line_in_this_folder(here: Path) -> None:
    edit(here / "main.py", "    return s.node_provision_s\n", "    return math.sqrt(-1)\n")
    said = children.run("main.py", []).reason
    assert said.endswith(": return math.sqrt(-1): ValueError: math domain error")


def test_a_script_that_is_empty_or_gone_is_said(here: Path) -> None:
    (here / "main.py").write_text("")
    assert children.run("main.py", []).reason == "code/main.py is empty or gone"
    assert children.run("view.py", []).reason == "code/main.py is empty or gone"
    (here / "main.py").unlink()
    assert children.run("traffic.py", []).reason == "code/main.py is empty or gone"


def test_what_prints_without_end_is_cut(here: Path) -> None:
    edit(here / "main.py", "\nimport math\n", "\nimport math\nwhile True:\n    print('x' * 80)\n")
    start = time.monotonic()
    ended = children.run("main.py", [])
    assert ended.reason == "code/main.py printed over 16 MB: is there a print() in a loop?"
    assert time.monotonic() - start < 5


def test_a_reason_to_stop_ends_it_at_once() -> None:
    asked = itertools.count()
    start = time.monotonic()
    ended = children.run(LONG[0], LONG[1:], lambda: "enough" if next(asked) > 20 else "")
    assert (ended.out, ended.reason, ended.refused) == ("", "enough", False)
    assert time.monotonic() - start < 3


def test_a_save_of_one_digit_within_a_second_is_not_missed(here: Path) -> None:
    # What Python keeps of a module knows no more of its source than size and second.
    seen = []
    for seconds in ("41.0", "42.0", "43.0"):
        source = (CODE / "main.py").read_text(encoding="utf-8")
        text = source.replace(
            "node_provision_s: float = 50.0", f"node_provision_s: float = {seconds}"
        )
        (here / "main.py").write_text(text, encoding="utf-8")
        out = children.run("traffic.py", ["--hours", "1", "--json"]).json()
        seen.append(out["scenario"]["node_provision_s"])
    assert seen == [41.0, 42.0, 43.0]
    assert not (here / "__pycache__").exists()


PARENT = f"""
import sys
sys.path.insert(0, {str(CODE)!r})
import children
children.run({LONG[0]!r}, {LONG[1:]!r})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_no_child_outlives_its_parent_however_that_ended(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stderr=subprocess.DEVNULL) as parent:
        stop = time.monotonic() + 10
        tasks = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        while not (found := tasks.read_text().split()):
            assert time.monotonic() < stop
            time.sleep(0.02)
        time.sleep(0.3)  # it simulates ten years by now
        parent.send_signal(number)
    stop = time.monotonic() + 5
    while alive(int(found[0])):
        assert time.monotonic() < stop, "a child outlives its parent"
        time.sleep(0.02)


def alive(process: int) -> bool:
    """Whether a process runs; one that nobody has fetched yet does not."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
