"""This machine's tiers, and figures carried from one run to another."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import main
import measure
import pytest
from conftest import CODE, called, refused, run

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
    assert measure.read_rate(str(path), 5_000_001, 4, True) == pytest.approx(5_000_001 / 2e9)
    assert measure.copy_rate(3_000_000) == pytest.approx(3e6 / 2e9)


@pytest.mark.parametrize("readers", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("size", [1, 6, 1000, 2**20, 2**20 + 1, 3 * 2**20 + 5])
def test_readers_read_each_byte_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: int, readers: int
) -> None:
    parts: list[tuple[int, int]] = []
    opened = open

    def watched(path: str, *mode: Any, **how: Any) -> Any:
        file = opened(path, *mode, **how)
        if "buffering" not in how:
            return file

        class Watch:
            def __enter__(self) -> Watch:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def seek(self, start: int) -> None:
                file.seek(start)

            def readinto(self, block: memoryview) -> int:
                start = file.tell()
                count = int(file.readinto(block))
                parts.append((start, count))
                return count

        return Watch()

    monkeypatch.setattr("builtins.open", watched)
    monkeypatch.setattr(measure, "CHUNK", 2**20 - 3)
    path = tmp_path / "file"
    path.write_bytes(bytes(size))
    measure.read_rate(str(path), size, readers, False)
    position = 0
    for start, count in sorted(parts):
        assert start == position
        position += count
    assert position == size


def test_two_gib_are_written_here_where_nothing_else_is_asked() -> None:
    assert (measure.Probing().size_gib, measure.Probing().dir) == (2, ".")


@pytest.mark.parametrize("size", [1, 2**22 - 1, 2**22, 2**22 + 1])
def test_a_file_has_the_size_that_was_asked_for(tmp_path: Path, size: int) -> None:
    measure.write_file(str(tmp_path / "weights"), size)
    assert (tmp_path / "weights").stat().st_size == size


def test_the_disk_is_read_past_the_cache_and_then_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "weights"
    path.write_bytes(bytes(2**20))
    done: list[str] = []
    monkeypatch.setattr(measure, "forget", lambda path: done.append("forget"))
    monkeypatch.setattr(measure, "seconds_of", lambda work: done.append("read") or 1.0)
    rows = measure.tiers_of(str(path), 2**20)
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
        (["--file", "{}"], "--file '{}': must be a file of 1,048,576 bytes or more"),
        (["--file", "{}/empty"], "--file '{}/empty': must be a file of 1,048,576 bytes or more"),
        (["--file", "/dev/zero"], "--file '/dev/zero': must be a file"),
        (["--log", "{}/none"], "--log '{}/none': No such file or directory"),
        (["--log", "{}"], "--log '{}': Is a directory"),
        (["--log", "{}/empty", "--file", "x"], "--log: must be without other options"),
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


def stopped(words: list[str], ready: Callable[[], bool], number: int) -> tuple[int, str, str]:
    """Exit code, output and errors of a run that gets a signal once it is under way."""
    script, *words = words
    command = [sys.executable, str(CODE / script), *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, encoding="utf-8") as process:
        while process.poll() is None and not ready():
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("part", ["writing", "reading"])
def test_ctrl_c_and_sigterm_remove_the_file(tmp_path: Path, number: int, part: str) -> None:
    size = 2**28

    def ready() -> bool:
        written = sum(path.stat().st_size for path in tmp_path.glob("*/weights"))
        return written >= size if part == "reading" else written > 0

    words = ["measure.py", "--dir", str(tmp_path), "--size-gib", "0.25"]
    assert stopped(words, ready, number) == (128 + signal.SIGINT, "", "")
    assert [*tmp_path.iterdir()] == []


def test_sigterm_is_as_ctrl_c_for_other_scripts() -> None:
    start = time.monotonic()
    words = ["traffic.py", "--rate", "100000", "--hours", "5000"]
    done = stopped(words, lambda: time.monotonic() > start + 0.5, signal.SIGTERM)
    assert done == (128 + signal.SIGINT, "", "")


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
