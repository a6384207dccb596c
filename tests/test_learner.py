"""A layer, a model and a figure of the learner's own: a row each, and everything has them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from browser import Served
from conftest import ROOT, copied, edit, run, shipped_layers

README = (ROOT / "README.md").read_text(encoding="utf-8")
FUNCTION, ROW = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts with the README's layer in them, a model, and a figure."""
    folder = copied(tmp_path_factory.mktemp("learner"))
    main = folder / "main.py"
    if "def lazy_pull(" in main.read_text(encoding="utf-8"):
        pytest.skip("the learner has done it already")
    edit(main, "\n\nclass Layer(NamedTuple):", f"\n\n{FUNCTION}\n\nclass Layer(NamedTuple):")
    edit(main, '    Layer("3b", ', f'{ROW}    Layer("3b", ')
    edit(main, '    "405b": (', '    "1b": (1, 16, 2048, 8, 64),\n    "405b": (')
    figure = "    lazy_left: float = 0.3  # of a lazy pull that is left [assumed]\n"
    edit(main, "    read_stream_gb_s: float", f"{figure}    read_stream_gb_s: float")
    edit(main, "image_pull_s_per_gb=0.3 *", "image_pull_s_per_gb=s.lazy_left *")
    return folder


def test_the_report_has_them(folder: Path) -> None:
    done = run("main.py", "--with", "lazy-pull", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "behind lazy-pull takes 202 s" in done.stdout  # 328 - 0.7 x 180
    assert re.search(r"^  7   lazy-pull +126  image_pull ", done.stdout, re.MULTILINE)
    half = run("main.py", "--with", "lazy-pull", "--set", "lazy_left=0.5", folder=folder)
    assert "takes 238 s" in half.stdout
    assert "lazy_left 0.3 -> 0.5 (yours)" in half.stdout
    small = run("main.py", "--model", "1b", "--json", folder=folder)
    assert json.loads(small.stdout)["scenario"]["weights_gb"] == 2


@shipped_layers
def test_helpers_stand_apart_behind_a_layer_of_two_phases(tmp_path: Path) -> None:
    edit(
        copied(tmp_path) / "main.py",
        'Layer("6", "migrate", migrate, attacks=(), aim="an eviction"',
        'Layer("6", "migrate", migrate, attacks=("image_pull", "engine_init"), aim="an eviction"',
    )
    shown = run("main.py", folder=tmp_path).stdout
    assert re.search(
        r"^  6   migrate .*\n +engine_init\n      helpers\n  3b ", shown, re.MULTILINE
    )


def test_they_stand_in_either_set_of_figures(folder: Path) -> None:
    words = ("--with", "lazy-pull", "--figures", "measured")
    done = run("main.py", *words, folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "behind lazy-pull takes 268.4 s" in done.stdout  # 352.4 - 0.7 x 120
    assert "Behind the same layers it takes 202 s" in " ".join(done.stdout.split())
    small = run("main.py", *words, "--model", "1b", "--json", folder=folder)
    assert json.loads(small.stdout)["warm_pool"]["gpus_per_replica"] == 1


def test_it_stacks_in_the_order_of_the_table_though_it_multiplies(folder: Path) -> None:
    seconds = set()
    for names in ("lazy-pull,preseed", "preseed,lazy-pull"):
        words = ("--with", names, "--set", "first_touch_s_per_gb=1", "--json")
        phases = json.loads(run("main.py", *words, folder=folder).stdout)["phases"]
        seconds.add(phases[1]["seconds"])
    assert seconds == {9.0}  # preseed: 30 x 1; lazily: 0.3 of it


def test_the_planner_has_them(folder: Path) -> None:
    words = ("--sla", "210", "--forbid", "warm-pool,preseed", "--rate", "5")
    done = run("plan.py", *words, folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Fewest layers: lazy-pull; min_workers 0: ")
    assert run("plan.py", "--model", "1b", "--rate", "5", folder=folder).returncode == 0


def test_the_page_has_them(folder: Path) -> None:
    served = Served(folder, "--with", "lazy-pull", "--model", "1b")
    try:
        assert served.address.endswith("/?with=lazy-pull&set=model=1b")
        done = run("main.py", "--with", "lazy-pull", "--model", "1b", "--json", folder=folder)
        report = json.loads(done.stdout)
        assert ("7", "lazy-pull") in [(row["number"], row["name"]) for row in report["alone"]]
        assert "1b" in report["models"]
        assert report["scenario"]["lazy_left"] == 0.3
    finally:
        served.close()


def test_every_other_script_runs_with_them(folder: Path) -> None:
    for words in (["traffic.py", "--with", "lazy-pull", "--hours", "1"], ["evidence.py"]):
        assert run(*words, folder=folder).returncode == 0
