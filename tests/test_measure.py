"""This machine's tiers, and figures carried from one run to another."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import main
import measure
import pytest
from conftest import CODE, called, refused, run

LOG = str(CODE.parent / "outputs" / "example-start.log")
SMALL = ["--size-gib", "0.05"]
FIGURES = ["read_stream_gb_s", "read_cap_gb_s", "dram_gb_s"]

# --- this machine -------------------------------------------------------------


def test_a_measurement_is_plausible_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = called("measure.py", "--dir", str(tmp_path), *SMALL, "--model", "7b", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [*tmp_path.iterdir()] == []
    found = json.loads(done.stdout)
    shown = found.pop("machine")
    assert found.pop("model") == "7b"
    assert [*found] == FIGURES
    assert shown["file_gb"] == pytest.approx(0.05 * 1.073741824, rel=1e-6)
    assert [row["name"] for row in shown["rates"]] == [
        *("disk, readers: 1", "disk, readers: 4"),
        *("page cache, readers: 1", "page cache, readers: 4", "memory copy"),
    ]
    for row in shown["rates"]:
        assert 0 < row["low"] <= row["median"] <= row["high"] < 5000
        assert row["seconds"] == pytest.approx(14 / row["median"])
    disk, disks, cache, caches, _ = (row["median"] for row in shown["rates"])
    rates = [disk, max(disk, disks), max(cache, caches)]
    assert [*found.values()] == pytest.approx(rates, rel=0.006)
    assert 0.001 < shown["python_s"]["low"] <= shown["python_s"]["high"] < 30
    assert shown["disk_s"] == pytest.approx(14 / rates[1])
    assert shown["memory_s"] == pytest.approx(14 / rates[2])


def test_a_rate_is_bytes_over_seconds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = iter([10.0, 12.0] * 2)
    monkeypatch.setattr(measure, "monotonic", lambda: next(clock))
    monkeypatch.setattr(measure.progress, "tell", lambda line: None)
    path = tmp_path / "file"
    path.write_bytes(bytes(5_000_001))
    with open(path, "rb", buffering=0) as file:
        assert measure.read_rate(file, 5_000_001, 4, True) == pytest.approx(5_000_001 / 2e9)
    assert measure.copy_rate(3_000_000) == pytest.approx(3e6 / 2e9)


@pytest.mark.parametrize("preadv", [True, False])
@pytest.mark.parametrize("readers", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("size", [1, 6, 1000, 2**20, 2**20 + 1, 3 * 2**20 + 5])
def test_readers_read_each_byte_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: int, readers: int, preadv: bool
) -> None:
    parts: list[tuple[int, bytes]] = []
    read_at = measure.read_at

    def watched(file: Any, block: memoryview, place: int) -> int:
        count = read_at(file, block, place)
        parts.append((place, bytes(block[:count])))
        return count

    if not preadv:  # as on a system that has none
        monkeypatch.delattr(os, "preadv", raising=False)
    monkeypatch.setattr(measure, "read_at", watched)
    monkeypatch.setattr(measure, "CHUNK", 2**20 - 3)
    path, content = tmp_path / "file", os.urandom(size)
    path.write_bytes(content)
    with open(path, "rb", buffering=0) as file:
        measure.read_rate(file, size, readers, False)
    position = 0
    for start, part in sorted(parts):
        assert start == position
        assert part == content[start : start + len(part)]
        position += len(part)
    assert position == size


@pytest.mark.parametrize("size", [1, 2**22 - 1, 2**22, 2**22 + 1])
def test_a_file_has_the_size_that_was_asked_for(tmp_path: Path, size: int) -> None:
    with open(tmp_path / "weights", "xb", buffering=0) as file:
        measure.write_file(file, size)
    assert (tmp_path / "weights").stat().st_size == size


def test_the_disk_is_read_past_the_cache_and_then_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "weights"
    path.write_bytes(bytes(2**20))
    done: list[str] = []
    monkeypatch.setattr(measure, "forget", lambda file: done.append("forget"))
    monkeypatch.setattr(measure, "seconds_of", lambda work: done.append("read") or 1.0)
    with open(path, "rb", buffering=0) as file:
        rows = measure.tiers_of(file, 2**20)
    assert done == ["forget", "read"] * 6 + ["read"] * 9
    assert [row["name"].split(",")[0] for row in rows] == [
        *("disk", "disk", "page cache", "page cache", "memory copy"),
    ]


@pytest.mark.parametrize(("disk", "cached"), [(7.9, False), (8.1, True), (30.0, True)])
def test_a_disk_as_fast_as_the_page_cache_was_not_read_past_it(
    monkeypatch: pytest.MonkeyPatch, disk: float, cached: bool
) -> None:
    rates = [measure.spread("", float, x) for x in (disk, 15.0, 10.0, 20.0, 5.0)]
    monkeypatch.setattr(measure, "probe", lambda how: (2**31, rates))
    _, found = measure.measure(main.Scenario(), [], measure.Probing(file="there"))
    assert found["cached"] is cached
    assert found["where"] == "there"


def test_the_text_reads_and_fits(tmp_path: Path) -> None:
    done = called("measure.py", "--dir", str(tmp_path), *SMALL, "--model", "7b")
    assert (done.returncode, done.stderr) == (0, "")
    says = r"^A 7b, 14 GB, would take \S+ m?s from your disk and \S+ m?s\s+from your memory"
    assert re.search(says, done.stdout)
    assert re.search(r"^  disk, readers: 4 +\S+ +\S+-\S+ +\S+ m?s$", done.stdout, re.MULTILINE)
    assert max(map(len, done.stdout.splitlines())) <= 80
    command = " ".join(done.stdout[done.stdout.rindex("python code") :].replace("\\", "").split())
    again = called("main.py", *command.split()[2:], "--json")
    assert json.loads(again.stdout)["scenario"]["model"] == "7b"


def test_a_file_is_read_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(os.urandom(2**21))
    done = called("measure.py", "--file", str(path), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["machine"]["file_gb"] == 2**21 / 1e9
    assert path.stat().st_size == 2**21
    path.chmod(0o444)
    assert called("measure.py", "--file", str(path)).returncode == 0


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no memory file system here")
def test_it_says_so_where_the_page_cache_cannot_be_avoided() -> None:
    done = called("measure.py", "--dir", "/dev/shm", "--size-gib", "0.1")
    assert done.returncode == 0
    assert "The page cache could not be avoided" in done.stdout


def test_a_full_disk_is_refused_before_and_survived_under_way(tmp_path: Path) -> None:
    gib = shutil.disk_usage(tmp_path).free / 2**30
    if gib < 1000:
        done = called("measure.py", "--dir", str(tmp_path), "--size-gib", f"{gib + 5:.0f}")
        says = re.fullmatch(rf"--dir '{tmp_path}': (\S+) GiB are free; .*\n", refused(done))
        assert says
        assert float(says[1]) == pytest.approx(gib, rel=0.05)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**22, 2**22))

    done = run("measure.py", "--dir", str(tmp_path), *SMALL, preexec_fn=limited)
    assert refused(done) == f"--dir '{tmp_path}': File too large\n"
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--dir", "{}/none"], "--dir '{}/none': No such file or directory"),
        (["--dir", "{}/empty"], "--dir '{}/empty': Not a directory"),
        (["--dir", "/sys", *SMALL], "--dir '/sys': "),
        (["--file", "{}/none"], "--file '{}/none': No such file or directory"),
        (["--file", "{}/no\nne"], r"--file '{}/no\nne': No such file or directory"),
        (["--file", "{}"], "--file '{}': Is a directory"),
        (["--file", "{}/empty"], "--file '{}/empty': must be a file of 1,048,576 bytes or more"),
        (["--file", "/dev/zero"], "--file '/dev/zero': must be a file"),
        (["--log", "{}/none"], "--log '{}/none': No such file or directory"),
        (["--log", "{}"], "--log '{}': Is a directory"),
        (["--log", "{}/empty", "--file", "x"], "--log: must be without other options"),
        (["--log", LOG, "--set", "weight_load_s=5"], "weight_load_s: must be left out, for --log"),
        (["--file", "{}/empty", "--size-gib", "1"], "--file: must be without other options"),
        (["--size-gib", "0"], "--size-gib: '0': must be a number, 0.05 to 1024"),
        (["--size-gib", "2000"], "--size-gib: '2000': must be a number"),
        (["--rate", "x"], "--rate: 'x': must be a number"),
        (["--hours", "3"], "'--hours': unknown; "),
    ],
)
def test_what_cannot_be_measured_is_one_line(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    (tmp_path / "empty").touch()
    done = called("measure.py", *(word.format(tmp_path) for word in arguments))
    assert refused(done).startswith(says.format(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="a superuser may write anywhere")
def test_a_folder_that_is_read_only_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    done = called("measure.py", "--dir", str(tmp_path), *SMALL)
    tmp_path.chmod(0o755)
    assert refused(done) == f"--dir '{tmp_path}': Permission denied\n"


def stopped(words: list[str], after_s: float, *numbers: int) -> tuple[int, str, str]:
    """Exit code, output and errors of a run that gets signals after so many seconds."""
    script, *words = words
    command = [sys.executable, str(CODE / script), *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, encoding="utf-8") as process:
        time.sleep(after_s)
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.001)
        try:
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    return process.returncode, out, err


def test_no_signal_at_any_instant_leaves_a_file(tmp_path: Path) -> None:
    def one(turn: int) -> tuple[int, str, str]:
        dice = random.Random(turn)
        signals = dice.choices([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], k=1 + turn % 3)
        words = ["measure.py", "--dir", str(tmp_path), "--size-gib", "0.1"]
        return stopped(words, dice.uniform(0, 1.5), *signals)

    with ThreadPoolExecutor(8) as pool:
        ended = [*pool.map(one, range(40))]
    assert [*tmp_path.iterdir()] == []
    under_way = [err for code, _, err in ended if code == 128 + signal.SIGINT]
    assert under_way  # the others came before the script ran, or behind its end
    assert {*under_way} == {""}


def test_a_file_without_a_name_is_made_while_no_signal_is_heard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def make(**how: Any) -> Any:
        assert {*main.STOPS} <= signal.pthread_sigmask(signal.SIG_BLOCK, [])
        return made(**how)

    made = measure.TemporaryFile
    monkeypatch.setattr(measure, "TemporaryFile", make)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with measure.unnamed(str(tmp_path)):
        assert [*tmp_path.iterdir()] == []
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["traffic.py", "--rate", "100000", "--hours", "5000"], ("", "")),
        (["serve.py", "--no-browser", "--port", "0"], (r"(http://.*\n)?", "")),
        (["watch.py"], (r"(A cold start .*\n)?", r"([\d:]+ ran; .*\n)?")),
    ],
)
def test_each_signal_once_or_twice_is_as_ctrl_c_for_every_script(
    words: list[str], says: tuple[str, str]
) -> None:
    def one(number: int, twice: int) -> None:
        code, *said = stopped(words, 2, *[number] * twice)
        for found, wanted in zip(said, says, strict=True):
            assert re.fullmatch(wanted, found, re.DOTALL)
        # The second may come when Python itself is on its way out, and hears none any more.
        assert code == 128 + signal.SIGINT or (twice == 2 and code == -number)

    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    with ThreadPoolExecutor(3) as pool:
        assert [*pool.map(one, numbers * 2, (1, 1, 1, 2, 2, 2))] == [None] * 6


# --- figures from a file ------------------------------------------------------


def test_figures_of_a_file_stand_where_they_are_typed(tmp_path: Path) -> None:
    path = tmp_path / "class.json"
    path.write_text('\ufeff{"sla_s": 5, "model": "8b", "machine": {"x": [1]}, "rates": []}')
    options = ["--set", "sla_s=1", "--set", f"@{path}", "--set", "image_gb=20", "--json"]
    scenario = json.loads(called("main.py", *options).stdout)["scenario"]
    assert (scenario["sla_s"], scenario["model"], scenario["image_gb"]) == (5, "8b", 20)
    piped = run("plan.py", "--set", "@-", "--json", input='{"sla_s": 400}')
    assert json.loads(piped.stdout)["layers"] == []
    whole = tmp_path / "scenario.json"
    whole.write_text(
        json.dumps(json.loads(called("main.py", "--model", "7b", "--json").stdout)["scenario"])
    )
    assert json.loads(called("main.py", "--set", f"@{whole}", "--json").stdout)[
        "cold_start_s"
    ] == (main.cold_start_s(main.Scenario(model="7b")))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, ": No such file or directory"),
        ("", ", line 1: must be a JSON object of figures"),
        ('{"sla_s": 5,\n  sla}', ", line 2: must be a JSON object of figures"),
        ("[1, 2]", ": must be a JSON object of figures"),
        ("7", ": must be a JSON object of figures"),
        ("[" * 100_000, ": must be a JSON object of figures"),
        ('{"node_provison_s": 4}', ": 'node_provison_s': unknown; did you mean node_provision_s?"),
        ('{"sla_s": "soon"}', ": sla_s='soon': must be a number"),
        ('{"sla_s": NaN}', ": sla_s='nan': must be a number"),
        ('{"sla_s": null}', ": sla_s='None': must be a number"),
        ('{"sla_s": true}', ": sla_s='True': must be a number"),
        ('{"products": 1.5}', ": products='1.5': must be a whole number"),
        ('{"model": "9b"}', ": model='9b': unknown; must be one of 7b, "),
        ('{"sla_s": ' + "9" * 5000 + "}", ": must be a JSON object of figures"),
    ],
)
def test_a_file_of_figures_that_is_none_is_one_line(
    tmp_path: Path, text: str | None, says: str
) -> None:
    path = tmp_path / "figures.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    told = refused(called("main.py", "--set", f"@{path}"))
    assert told.removeprefix("--set: ").replace("@", "").startswith(f"'{path}'{says}")
