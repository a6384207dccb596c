"""A script that is watched, as a process: saved, broken, emptied, deleted, and ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import main
import pytest
import watch
from conftest import copied, edit, refused, run

PROVISION = "node_provision_s: float = 50.0"
ABOVE = "(above: the last good run)"
BRIEF = "0.02, 0.15"  # so that nobody waits for the tests
GONE = f"code/main.py is empty or gone: waiting for it {ABOVE}"


class Watched:
    """A script that is watched, of a copy of them all; without a terminal."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = copied(folder / "code")
        edit(
            self.folder / "watch.py", "POLL_S, SETTLE_S = 0.1, 0.2", f"POLL_S, SETTLE_S = {BRIEF}"
        )
        self.program = self.folder / "main.py"
        self.source = self.program.read_text(encoding="utf-8")
        self.out, self.err = folder / "out", folder / "err"
        with self.out.open("w") as out, self.err.open("w") as err:
            command = [sys.executable, str(self.folder / "watch.py"), *words]
            self.process = subprocess.Popen(
                command, stdout=out, stderr=err, cwd=folder, start_new_session=True
            )

    def save(self, old: str = "", new: str = "") -> None:
        assert old in self.source
        self.program.write_text(self.source.replace(old, new, 1), encoding="utf-8")

    def said(self, count: int) -> str:
        """The line with this number on standard error, without its time."""
        stop = time.monotonic() + 10
        while len(lines := self.err.read_text().split("\n")[:-1]) < count:  # whole ones
            assert time.monotonic() < stop, f"{count} lines: {lines}"
            time.sleep(0.02)
        at, _, line = lines[count - 1].partition(" ")
        time.strptime(at, "%H:%M:%S")
        return line

    def runs(self) -> int:
        return self.out.read_text(encoding="utf-8").count("2 PHASES")

    def left(self) -> bool:
        """Whether the supervisor or a child of it is alive."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Starts a command under --watch, which ends with the test at the latest."""
    begun: list[Watched] = []

    def start(*arguments: str) -> Watched:
        begun.append(Watched(tmp_path, *arguments))
        return begun[-1]

    yield start
    for each in begun:
        each.process.terminate()
        assert each.process.wait(timeout=5) == 130
        assert not each.left()


@pytest.fixture
def watched(begin: Callable[..., Watched]) -> Watched:
    found = begin()
    assert found.said(1) == "ran; again at every save, until Ctrl-C"
    return found


def test_a_save_runs_it_again_and_says_which_figures_changed(watched: Watched) -> None:
    watched.save(PROVISION, "node_provision_s: float = 40.0")
    assert watched.said(2) == "node_provision_s 50 -> 40: 328 -> 318 s"
    watched.save("30 x 6 = 180 s", "thirty times six")
    assert watched.said(3) == "node_provision_s 40 -> 50: 318 -> 328 s"
    watched.save("return s.image_gb * s.image_pull_s_per_gb", "return s.image_gb * 7")
    assert watched.said(4) == "other changes: 328 -> 358 s"
    watched.save("P99_OVER = 0.01", "P99_OVER = 0.05")
    assert watched.said(5) == "other changes: 358 -> 328 s"
    watched.save("P99_OVER = 0.01", "P99_OVER = 0.02")
    assert watched.said(6) == "other changes: self-warm 57.3 -> 70.8/h"
    watched.save("drop_usd: float = 0.05", "drop_usd: float = 0.1")
    assert (
        watched.said(7)
        == "drop_usd 0.05 -> 0.1: break-even 36.9 -> 24.7/h, self-warm 70.8 -> 80.5/h"
    )
    assert watched.runs() == 7


def test_a_broken_save_shows_the_line_and_keeps_the_output(watched: Watched) -> None:
    line = 1 + watched.source[: watched.source.index(PROVISION)].count("\n")
    watched.save(PROVISION, "node_provision_s: float = = 50.0")
    said = watched.said(2)
    broke = "node_provision_s: float = = 50.0: SyntaxError: invalid syntax"
    assert said == f"code/main.py, line {line}: {broke} {ABOVE}"
    watched.save(PROVISION, "node_provision_s: float = fifty")
    assert watched.said(3).startswith(
        f"code/main.py, line {line}: node_provision_s: float = fifty"
    )
    watched.save(PROVISION, "node_provision_s: float = -1.0")
    assert watched.said(4).startswith("main.py: in code/main.py, node_provision_s = -1.0: must")
    assert watched.runs() == 1
    watched.save(PROVISION, "node_provision_s: float = 45.0")
    assert watched.said(5) == "node_provision_s 50 -> 45: 328 -> 323 s"
    assert watched.runs() == 2


def test_an_empty_or_missing_file_is_waited_for(watched: Watched) -> None:
    watched.program.write_text("")
    assert watched.said(2) == GONE
    watched.save()
    assert watched.said(3) == "no figure changed"
    watched.program.unlink()
    assert watched.said(4) == GONE
    watched.save(PROVISION, "node_provision_s: float = 60.0")
    assert watched.said(5) == "node_provision_s 50 -> 60: 328 -> 338 s"
    assert watched.runs() == 3


def test_a_new_file_that_is_empty_stops_nothing(watched: Watched) -> None:
    (watched.program.parent / "scratch.py").touch()
    (watched.program.parent / ".#main.py").symlink_to("nobody@nowhere")  # as Emacs locks a file
    assert watched.said(2) == "no figure changed"
    watched.save(PROVISION, "node_provision_s: float = 40.0")
    assert watched.said(3) == "node_provision_s 50 -> 40: 328 -> 318 s"


def test_ten_quick_saves_run_once(watched: Watched) -> None:
    for seconds in range(40, 50):
        watched.save(PROVISION, f"node_provision_s: float = {seconds}.0")
        time.sleep(0.03)
    assert watched.said(2) == "node_provision_s 50 -> 49: 328 -> 327 s"
    time.sleep(0.5)
    assert watched.runs() == 2
    assert len(watched.err.read_text().splitlines()) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_while_it_waits(watched: Watched, number: signal.Signals) -> None:
    watched.process.send_signal(number)
    assert watched.process.wait(timeout=5) == 130
    assert not watched.left()
    assert len(watched.err.read_text().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_child_is_left_where_it_ends_in_a_run(
    begin: Callable[..., Watched], number: signal.Signals
) -> None:
    long = begin("traffic.py", "--rate", "1000", "--hours", "87600")
    children, stop = Path(f"/proc/{long.process.pid}/task/{long.process.pid}/children"), 0
    while children.exists() and not children.read_text() and (stop := stop + 1) < 500:
        time.sleep(0.02)
    time.sleep(0.3)  # a child simulates ten years by now
    long.process.send_signal(number)
    assert long.process.wait(timeout=5) == 130
    assert not long.left()
    assert (long.out.read_text(), long.err.read_text()) == ("", "")


def test_a_trace_and_a_file_of_figures_are_watched_too(
    begin: Callable[..., Watched], tmp_path: Path
) -> None:
    trace, figures = tmp_path / "trace.csv", tmp_path / "figures.json"
    trace.write_text("arrival_s,service_s\n0,10\n900,10\n")  # 638 s and 338 s of a replica
    figures.write_text('{"sla_s": 2}')
    watched = begin("traffic.py", f"--trace={trace}", "--set", f"@{figures}")
    watched.said(1)
    trace.write_text("arrival_s,service_s\n0,10\n600,10\n900,10\n")  # 910 s at $8 an hour
    says = "other changes: late 100.00% -> 33.33%, bill $2.17 -> $2.02"
    assert watched.said(2) == says
    figures.write_text('{"sla_s": 400}')
    assert watched.said(3) == "sla_s 2 -> 400: late 33.33% -> 0.00%"


def test_any_file_of_the_scripts_is_watched_and_named_where_it_breaks(
    begin: Callable[..., Watched],
) -> None:
    watched = begin("traffic.py", "--cold-start-s=1", "--service=constant")
    watched.said(1)
    arrivals = watched.folder / "arrivals.py"
    source = arrivals.read_text(encoding="utf-8")
    arrivals.write_text(source.replace("service_s: float = 10.0", "service_s: float = 20.0"))
    assert watched.said(2).startswith("service_s 10 -> 20: ")
    line = 1 + source[: source.index("    service_s: float = 10.0")].count("\n")
    arrivals.write_text(source.replace("service_s: float = 10.0", "service_s: float = ten"))
    said = watched.said(3)
    assert said.startswith(f"code/arrivals.py, line {line}: service_s: float = ten: NameError:")


def test_plan_and_json_are_watched_like_the_report(begin: Callable[..., Watched]) -> None:
    watched = begin("plan.py", "--sla=20", "--forbid=warm-pool", "--json")
    watched.said(1)
    watched.save("first_forward_s: float = 3.0", "first_forward_s: float = 4.0")
    assert watched.said(2).startswith("first_forward_s 3 -> 4: 15 -> 16 s")
    assert re.fullmatch(r"(\{\n[^{].*?\n\}\n){2}", watched.out.read_text(), re.DOTALL)


def test_standard_input_cannot_be_watched() -> None:
    assert "standard input" in refused(run("watch.py", "traffic.py", "--trace", "-"))
    assert "standard input" in refused(run("watch.py", "--set", "@-"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["traffic.py", "--sed", "1"], "'--sed': unknown; did you mean --seed?"),
        (["--wiht", "preseed"], "'--wiht': unknown; did you mean --with?"),
        (["plna"], "'plna.py': unknown; did you mean plan.py?"),
        (["serve.py"], "'serve.py': unknown; "),
        ([""], "'.py': unknown; must be one of main.py"),
        (["/else/where/main.py"], "'/else/where/main.py': unknown; "),
        (["--" + "x" * 300], "unknown; "),
    ],
)
def test_bad_input_ends_it_before_it_begins(words: list[str], says: str) -> None:
    assert says in refused(run("watch.py", *words))


def test_help_says_what_it_watches() -> None:
    done = run("watch.py", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "python code/watch.py plan.py --sla 20" in done.stdout


def test_a_script_is_named_as_one_likes(begin: Callable[..., Watched]) -> None:
    watched = begin("code/evidence")
    assert watched.said(1) == "ran; again at every save, until Ctrl-C"
    assert "26 phases predicted" in watched.out.read_text(encoding="utf-8")


def test_a_difference_names_what_is_new_and_what_changed() -> None:
    was = main.report(main.Scenario(), [])
    now = main.report(main.Scenario(sla_s=3, model="7b"), [])
    says = watch.difference(was, now)
    assert says == "model 70b -> 7b, weights_gb 140 -> 14, sla_s 2 -> 3: 328 -> 260.5 s"
    del was["scenario"]["sla_s"]
    more = was | {"scenario": was["scenario"] | {"new_s": 1}}
    assert watch.difference(was, more) == "new_s n/a -> 1: path unchanged"


def test_what_changed_is_said_as_it_is_shown() -> None:
    def done(**figures: float) -> dict[str, Any]:
        return dict(main.report(main.Scenario(**figures), []))

    for figures, says in (
        ({"network_gb_s": 1.25}, "network_gb_s 3.125 -> 1.25: KV cache there in 0.859 -> 2.15 s"),
        ({"decode_tokens_per_s": 40.0}, "decode_tokens_per_s 30 -> 40: path unchanged"),
        ({"drop_usd": 0.0}, "drop_usd 0.05 -> 0: break-even 36.9 -> none"),
        (
            {"snapshot_gb_s": 4.0},
            "snapshot_gb_s 20 -> 4: behind preseed, snapshot 62.5 -> 90.5 s",
        ),
    ):
        assert watch.difference(done(), done(**figures)) == says
    fewer = done()
    fewer["alone"] = fewer["alone"][1:]
    assert watch.difference(done(), fewer) == "preseed is gone: path unchanged"
    assert watch.difference(fewer, done()) == "preseed is there: path unchanged"


def test_lines_that_are_new_stand_below_once_more() -> None:
    assert watch.news("", "a\n") == watch.news("a\n", "a\n") == ""
    assert watch.news("a\nb\n", "a\nc\nb\nd\n") == "\nNew in it:\nc\nd\n"
    many = "".join(f"{number}\n" for number in range(30))
    lines = watch.news("a\n", many).splitlines()
    assert len(lines) == 2 + watch.MOST_NEWS + 1
    assert lines[-1] == f"  and {30 - watch.MOST_NEWS} lines more"


@pytest.mark.parametrize(
    "broken", [{}, {"cold_start_s": "long"}, {"cold_start_s": None}, {"scenario": {}}]
)
def test_an_edit_that_renames_or_breaks_a_key_leaves_the_rest_to_be_compared(
    broken: dict[str, Any],
) -> None:
    was = main.report(main.Scenario(), [])
    for pair in ((was, broken), (broken, was), (broken, broken)):
        assert watch.difference(*pair)


def test_a_stray_print_is_no_end(watched: Watched) -> None:
    watched.save("\nimport math", "\nprint('here')\nimport math")
    assert "is there a stray print()?" in watched.said(2)
    assert watched.out.read_text(encoding="utf-8").count("here\nA cold start of") == 1
    watched.save(PROVISION, "node_provision_s: float = 40.0")
    assert watched.said(3) == "node_provision_s 50 -> 40: 328 -> 318 s"


def test_what_prints_and_then_breaks_is_no_good_run(watched: Watched) -> None:
    watched.save(
        '\nif __name__ == "__main__":\n', "\nprint('half', flush=True)\n1 / 0\nif True:\n"
    )
    assert watched.said(2).endswith(f"ZeroDivisionError: division by zero {ABOVE}")
    assert "half" not in watched.out.read_text()


def test_a_save_ends_a_run_that_hangs(watched: Watched) -> None:
    watched.save("\nimport math", "\nwhile True:\n    pass\nimport math")
    time.sleep(0.6)  # by now it hangs
    watched.save(PROVISION, "node_provision_s: float = 40.0")
    assert watched.said(2) == "node_provision_s 50 -> 40: 328 -> 318 s"
    assert watched.runs() == 2
