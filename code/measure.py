"""This machine's own tiers, or the log of a real start, as figures for any other script.

A lesson's probe, no benchmark: a file is written, read past the page cache and out of it, and
removed on any way out. With --log no machine is asked, but the start-up log of an engine. What
--json prints, --set @FILE takes.

  python code/measure.py --size-gib 0.1 --model 7b
  python code/measure.py --file /models/weights.safetensors --json
  kubectl logs my-vllm-pod | python code/measure.py --log -
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from shutil import disk_usage
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import main
from main import BadInput, Bounds, Row, Scenario, duration, number, plain, say, table
from progress import progress
from startlog import LOG_LINES, StartLog, seconds_in

BLOCK, CHUNK, COPIED = 2**20, 2**26, 2**28  # bytes of a read, of a reader's turn, of a copy
TRIES, READERS = 3, (1, 4)  # of each rate, at once
AS_FAST = 0.8  # of the page cache's rate: a disk that is faster was not asked [assumed]


@dataclass(frozen=True)
class Probing:
    """What is measured: the options of `measure.py`."""

    dir: str = "."  # where a file is written, read and removed
    size_gib: float = 2.0  # GiB of it
    file: str | None = None  # one that exists, instead
    log: str | None = None  # the start-up log of an engine, instead; "-" is standard input


# --- this machine --------------------------------------------------------------------------------


def write_file(path: str, size: int) -> None:
    """Bytes that no file system packs."""
    block = os.urandom(4 * BLOCK)
    with open(path, "xb") as file:
        for start in range(0, size, len(block)):
            file.write(block[: size - start])
            progress.tell(f"writing {size / 1e9:.2f} GB: {start / size:.0%}")


def forget(path: str) -> None:
    """Have the page cache drop a file, on systems that take such advice."""
    if hasattr(os, "posix_fadvise"):
        with open(path, "rb") as file:
            os.fsync(file.fileno())  # what is not on the disk yet cannot be dropped
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds_of(work: Callable[[], object]) -> float:
    start_s = monotonic()
    work()
    return max(monotonic() - start_s, main.SMALLEST)


def read_rate(path: str, size: int, readers: int, past_cache: bool) -> float:
    """GB/s of so many readers, who take turns of a chunk each."""
    chunk = min(CHUNK, math.ceil(size / readers))

    def read(start: int) -> None:
        progress.tell(f"reading {size / 1e9:.2f} GB, readers: {readers}")
        block, left = memoryview(bytearray(BLOCK)), chunk
        with open(path, "rb", buffering=0) as file:
            file.seek(start)
            while left > 0 and (count := file.readinto(block[:left])):
                left -= count

    if past_cache:
        forget(path)
    with ThreadPoolExecutor(readers) as pool:
        return size / 1e9 / seconds_of(lambda: [*pool.map(read, range(0, size, chunk))])


def copy_rate(size: int) -> float:
    """GB/s of a copy from one place in memory to another."""
    source, goal = bytearray(size), memoryview(bytearray(size))

    def copy() -> None:
        goal[:] = source

    return size / 1e9 / seconds_of(copy)


def start_python() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def spread(name: str, try_it: Callable[..., float], *how: Any) -> Row:
    """The middle one of several tries, and how far they lie apart."""
    tries = sorted(try_it(*how) for _ in range(TRIES))
    return {"name": name, "median": statistics.median(tries), "low": tries[0], "high": tries[-1]}


def tiers_of(path: str, size: int) -> list[Row]:
    """GB/s of disk, page cache and memory; what reads the disk fills the cache for who follows."""
    rows = [
        spread(f"{tier}, readers: {readers}", read_rate, path, size, readers, tier == "disk")
        for tier in ("disk", "page cache")
        for readers in READERS
    ]
    return [*rows, spread("memory copy", copy_rate, min(size, COPIED))]


def probe(how: Probing) -> tuple[int, list[Row]]:
    """Bytes and tiers of the file named, or of one that is written, and removed on any way out."""
    where = f"--dir {how.dir!r}" if how.file is None else f"--file {how.file!r}"
    try:
        if how.file is not None:
            size = os.path.getsize(how.file)
            if size < BLOCK:
                raise BadInput(f"{where}: must be a file of {BLOCK:,} bytes or more")
            return size, tiers_of(how.file, size)
        size, room = round(how.size_gib * 2**30), disk_usage(how.dir).free
        if size > room:
            free = f"{room / 2**30:.3g} GiB are free; must be {how.size_gib:g}"
            raise BadInput(f"{where}: {free}, or less with --size-gib")
        with TemporaryDirectory(prefix="cold-start-", dir=how.dir) as folder:
            write_file(f"{folder}/weights", size)
            return size, tiers_of(f"{folder}/weights", size)
    except OSError as error:
        raise BadInput(f"{where}: {error.strerror}") from None


# --- results -------------------------------------------------------------------------------------


def machine(s: Scenario, how: Probing) -> tuple[Row, Row]:
    """The figures of this machine, and what is shown of it."""
    size, rates = probe(how)
    disk, cache = rates[: len(READERS)], rates[len(READERS) : 2 * len(READERS)]
    best_disk, best_cache = (max(row["median"] for row in tier) for tier in (disk, cache))
    one, gb = disk[0]["median"], main.weights_gb(s)
    figures = {"read_stream_gb_s": one, "read_cap_gb_s": best_disk, "dram_gb_s": best_cache}
    return {name: float(f"{x:.3g}") for name, x in figures.items()}, {
        "where": how.file or how.dir,
        "written": how.file is None,
        "file_gb": size / 1e9,
        "rates": [row | {"seconds": gb / row["median"]} for row in rates],
        "python_s": spread("starting Python", seconds_of, start_python),
        "cached": any(a["high"] > AS_FAST * b["median"] for a, b in zip(disk, cache)),
        "disk_s": gb / best_disk,
        "memory_s": gb / best_cache,
    }


def start_log(s: Scenario, file: str) -> tuple[Row, Row]:
    """The figures of a start, and what is shown of it."""
    try:
        log = StartLog(main.text_of(file))
    except BadInput as error:
        raise BadInput(f"--log {error}") from None
    steps = log.steps()
    return log.figures(s, steps), {
        "where": "standard input" if file == "-" else file,
        "steps": steps,
        "total_s": seconds_in(steps),
        "unexplained_s": seconds_in(steps, "unexplained"),
        "workers": log.workers,
        "gpus": log.gpus,
        "stamped": log.span_s > 0,
    }


def measure(s: Scenario, names: Sequence[str], how: Probing) -> tuple[Row, Row]:
    """Figures of this machine, or of a start by its log; and what is shown beside them."""
    figures, shown = machine(s, how) if how.log is None else start_log(s, how.log)
    there = replace(s, **figures)
    main.check_figures(there, "measured: ")
    was, now = main.path(main.stack(s, names)), main.path(main.stack(there, names))
    phases = [{"name": name, "was_s": was[name], "now_s": now[name]} for name in now]
    return figures, {**main.head(there, names), **shown, "phases": phases if figures else []}


# --- text ----------------------------------------------------------------------------------------


def show_machine(r: Row, s: Scenario) -> None:
    gb = f"{plain(main.weights_gb(s))} GB"
    say(
        f"A {s.model}, {gb}, would take {duration(r['disk_s'])} from your disk and "
        f"{duration(r['memory_s'])} from your memory, at the best rate of each."
    )
    main.heading("This machine")
    what = "a file of its own in" if r["written"] else "the file"
    say(f"Read was {what} {r['where']!r}, {r['file_gb']:.3g} GB.")
    rows = [("tier", "GB/s", "low-high", gb)]
    for row in r["rates"]:
        spread = f"{row['low']:.3g}-{row['high']:.3g}"
        rows.append((row["name"], f"{row['median']:.3g}", spread, duration(row["seconds"])))
    table(rows, "<>>>")
    if r["cached"]:
        say("The page cache could not be avoided, or this disk is as fast as it.")
    low, middle, high = (duration(r["python_s"][name]) for name in ("low", "median", "high"))
    say(f"Starting a Python process takes {middle} ({low} to {high}).")
    show_phases(r)
    say("No GPU was asked: copies to it are as before.")


def show_log(r: Row, s: Scenario, figures: Row) -> None:
    if not figures:
        say(f"No line of the last start in {r['where']} tells seconds. Not in it:")
        for line in LOG_LINES:
            print(f"  {line.form}")
        return
    slowest = max(r["steps"], key=lambda row: row["seconds"])
    say(
        f"The last start in {r['where']} took {duration(r['total_s'])}, most of it "
        f"{slowest['name']}, {duration(slowest['seconds'])}."
    )
    main.heading("The start, each second once")
    rows = [("step", "phase", "seconds", "share", "")]
    for row in r["steps"]:
        seconds = row["seconds"]
        cells = (row["name"], row["phase"], number(seconds), f"{row['share']:.0%}")
        rows.append((*cells, main.bar(seconds, slowest["seconds"], 20)))
    table([*rows, ("total", "", number(r["total_s"]), "100%", "")], "<<>><")
    if r["workers"] > 1:
        say(
            f"Workers: {r['workers']}; of each line the slowest counts. "
            f"gpus_per_replica={r['gpus']} if each has one."
        )
    if lost_s := r["unexplained_s"]:
        engine_s = figures.get("engine_fixed_s", s.engine_fixed_s) + lost_s
        say(
            f"No line explains {duration(lost_s)}, and no figure has them; if they are the "
            f"process's: --set engine_fixed_s={engine_s:.4g}"
        )
    if not r["stamped"]:
        say("No line that counts has a time stamp, so time between them does not show.")
    show_phases(r)
    if "copy_pageable_gb_s" in figures:
        say("A log does not part reading from copying, so both change alike.")
    say(f"The rest is as for the {s.model}, or another --model.")


def show_phases(r: Row) -> None:
    """What the figures that were found make of the path."""
    main.heading("The path with these figures")
    main.show_changed(r)
    if not r["phases"]:
        say("Of this cold start only the total is known, so they change no phase of it.")
        return
    rows = [("phase", "before s", "now s")]
    rows += [(row["name"], number(row["was_s"]), number(row["now_s"])) for row in r["phases"]]
    was_s, now_s = (sum(row[name] for row in r["phases"]) for name in ("was_s", "now_s"))
    table([*rows, ("total", number(was_s), number(now_s))], "<>>")


# --- command line --------------------------------------------------------------------------------


def probing_of(args: argparse.Namespace) -> Probing:
    """The options that were given; BadInput for a file or a log beside another of them."""
    given = {x.name: getattr(args, x.name) for x in fields(Probing) if x.name in args}
    for name in ("log", "file"):
        if name in given and len(given) > 1:
            raise BadInput(f"--{name}: must be without other options of measure")
    return Probing(**given)


def run(argv: Sequence[str]) -> int:
    parser = main.Parser(__doc__)
    add = parser.add_argument
    add("--dir", help="where a file is written, read and removed (.)")
    add("--size-gib", type=Bounds(0.05, 1024).read, metavar="X", help="GiB of it (2)")
    add("--file", help="an existing file instead")
    add("--log", help="a vLLM start-up log instead; - reads standard input")
    args = parser.read(argv)
    (yours, names), how = main.asked(args), probing_of(args)
    s = Scenario(**yours)
    figures, shown = measure(s, names, how)
    progress.end()
    found = yours | figures
    if "json" in args:
        main.print_json({**found, "machine" if how.log is None else "log": shown})
    elif how.log is None:
        show_machine(shown, s)
    else:
        show_log(shown, s, figures)
    if "json" not in args and figures:
        main.heading("The whole report with them:")
        print(f"  {main.typed('main.py', replace(s, **figures), names)}")
    return 0 if figures else 1


if __name__ == "__main__":
    main.start(run)
