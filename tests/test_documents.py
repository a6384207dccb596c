"""The README: its commands run, its outputs are pasted, and every figure is the model's."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import evidence
import main
import pytest
from conftest import CODE, ROOT, edited, run, shipped_layers

README = (ROOT / "README.md").read_text(encoding="utf-8")
TESTS = "python -m pip install pytest && python -m pytest"
LESSON = ("preseed", "stream", "snapshot", "warm-pool", "tiered", "migrate")
HELPERS = ("graph-cache", "warm-node")


def path(*layers: str, **figures: Any) -> float:
    return main.cold_start_s(main.stack(main.Scenario(**figures), layers))


def g(x: float) -> str:
    return f"{x:g}"


def figures() -> dict[str, str]:
    """What the README may say, by the place that says it: text around a figure, and the figure."""
    s = main.Scenario()
    raw = main.path(s)
    short = path("preseed", "snapshot", "warm-node")
    there = main.scenario("measured")
    found = evidence.evidence(s, [])
    lesson, others = (x["median_error"] for x in found["sizes"]["sets"])
    low, high = (found["sizes"]["sets"][1][side] for side in ("low", "high"))
    pairs = max(abs(row["error"]) for row in found["pairs"])
    elsewhere = f"{main.cold_start_s(main.stack(there, evidence.SHORT)):.1f} s"
    spared = [main.cold_start_s(x) - main.cold_start_s(main.graph_cache(x)) for x in (s, there)]
    return {
        "weights and GPUs": f"{g(main.weights_gb(s))} GB and needs two {g(s.gpu_hbm_gb)} GB GPU",
        "image and weights": f"A {g(s.image_gb)} GB image cannot hold {g(main.weights_gb(s))} GB",
        "the short stack": f"The {g(short)} s stack",
        "minutes": f"they are {path(model='7b') / 60:.1f} and {path() / 60:.1f} minutes",
        "measured": f"and the {g(short)} s\n  stack takes {elsewhere}",
        "graph-cache": f"saves {spared[1]:.1f} s where it saves {g(round(spared[0], 3))} s here",
        "phases off": f"are off by {found['phases']['median_error']:.0%}, in the median",
        "sizes off": f"off by {lesson:.0%} with the",
        "sizes off, measured": f"by {others:.0%} with the measured ones",
        "pairs off": f"it was {pairs:.0%} at most",
        "single ones off": f"by anything from {low:+.0%} to {high:+.0%}",
        "a layer of the reader's": f"takes the path to\n{path() - 0.7 * raw['image_pull']:g} s",
    }


# What is no figure of the model: names, versions, the lesson's own words.
NAMES = [
    *(
        "P99",
        "70B",
        "7B",
        "FP8",
        "bf16",
        "H100",
        r"Python 3\.11",
        r"8 a\.m\.",
        "exit code 2",
        "exit code 1",
    ),
    *("2024", "2025-26", "phase 17", "lesson 10", "under 60 s", "10-200x"),
    *("5-10 minutes", "20 and more", "3-8 minutes", r"^\d+\. ", r"^## \d", "`[^`]*`"),
    *("section 3 of", "to its section 5", "section 2 of", "5 to 15 minutes"),
    r"\(1 to 5; 6, 3b and 4b help\)",
]


def prose(text: str) -> str:
    """Without code blocks, and the table of edits, which another test runs."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^\| in `code.*?\n\n", "", text, flags=re.DOTALL | re.MULTILINE)


def test_no_figure_stands_in_the_readme_that_the_simulator_does_not_give() -> None:
    left = prose(README)
    for phrase in figures().values():
        left = left.replace(phrase, "")
    left = re.sub("|".join(NAMES), "", left, flags=re.MULTILINE)
    assert [line for line in left.splitlines() if re.search(r"\d", line)] == []


@pytest.mark.parametrize("name", figures())
def test_each_figure_is_said(name: str) -> None:
    assert figures()[name] in README


@shipped_layers
def test_the_output_in_the_readme_is_what_the_scripts_print() -> None:
    blocks = re.findall(
        r"^```sh\n([^\n]*)\n```\n\n```text\n(.*?)^```$", README, re.DOTALL | re.MULTILINE
    )
    assert blocks
    for command, output in blocks:
        piped: dict[str, str] = {}
        for part in command.split(" | "):
            _, script, *words = shlex.split(part)
            piped = {"input": run(script.removeprefix("code/"), *words, **piped).stdout}
        assert output in piped["input"]


def test_the_two_commands_stand_alone_on_a_line() -> None:
    for command in ("python code/main.py", TESTS):
        assert f"```sh\n{command}\n```" in README
    if (runner := ROOT / ".ci" / "run").exists():  # a copy may be without it
        assert TESTS in runner.read_text(encoding="utf-8")


LIVE = ("serve.py", "watch.py")  # which go on until Ctrl-C


@pytest.mark.parametrize("command", sorted({*re.findall(r"`(python code/\w+\.py[^`]*)`", README)}))
def test_every_command_of_the_readme_runs(command: str) -> None:
    _, script, *words = shlex.split(command.replace("\n", " "))
    script = script.removeprefix("code/")
    if script in LIVE:
        assert run(script, "--help").returncode == 0
    elif {"-", "FILE"}.isdisjoint(words):  # to be filled in, or read from a pipe
        done = run(script, *words)
        assert (done.returncode, done.stderr) == (0, "")


def table_of_edits() -> list[tuple[str, str, list[str]]]:
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (.*) \|$", README, re.MULTILINE)
    return [(old, new, re.findall("`([^`]+)`", see)) for old, new, see in rows]


@pytest.mark.parametrize(("old", "new", "see"), table_of_edits())
def test_change_this_line_see_that_number(
    tmp_path: Path, old: str, new: str, see: list[str]
) -> None:
    def flat(page: str) -> str:
        return page + " ".join(page.split())

    before = flat(run("main.py").stdout)
    after = flat(run("main.py", folder=edited(tmp_path, old, new)).stdout)
    assert see[-1] in after
    assert see[-1] not in before
    assert all(text in before for text in see[:-1])


def test_there_are_edits_objectives_and_ten_terms() -> None:
    assert len(table_of_edits()) >= 5
    objectives = README.partition("| objective |")[2].partition("\n\n")[0]
    assert len(re.findall(r"`python code/main\.py[^`]*` \|$", objectives, re.MULTILINE)) == 4
    terms = re.findall(r"^- \*\*([^*]+)\*\*: .{20,90}$", README, re.MULTILINE)
    assert [term.lower() for term in terms] == [
        *("cold start", "warm pool", "pre-seeded image", "bottlerocket", "model streamer"),
        *("gpu snapshot", "tiered loading", "live migration", "min_workers", "scale-to-zero"),
    ]


def test_the_tree_names_every_file_of_the_code() -> None:
    tree = README.partition("```text\ncode/\n")[2].partition("```")[0]
    for file in CODE.iterdir():
        if file.is_file():
            assert re.search(rf"\b{file.name}\b", tree), file.name


def test_the_picture_is_there() -> None:
    (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_a_70b_under_60_s_needs_a_pool_or_a_standby_node() -> None:
    others = [name for name in (*LESSON, *HELPERS) if name not in ("warm-pool", "warm-node")]
    assert path(*others) == 62.5 > 60
    assert path(*others, "warm-node") == 15.0


def test_the_top_level_holds_what_the_design_card_names() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, cwd=ROOT, encoding="utf-8")
    if listed.returncode or not listed.stdout:
        pytest.skip("not in a git checkout, so anything may lie here")
    names = {name.split("/")[0] for name in listed.stdout.split()}
    # A curriculum's lesson folder has more beside it.
    assert names >= {"code", "outputs", "tests", "README.md"}
