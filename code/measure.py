"""This machine's own tiers, or the log of a real start, as figures for any other script.

A lesson's probe, no benchmark: a file without a name is written, and read past the page cache and
out of it; nothing of it is left, however this ends. With --log no machine is asked, but the
start-up log of an engine. What --json prints, --set @FILE takes, beside the same --figures.

  python code/measure.py --size-gib 0.1 --model 7b
  python code/measure.py --file /models/weights.safetensors --json
  kubectl logs my-vllm-pod | python code/measure.py --log -
"""

import argparse
import math
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from io import FileIO
from shutil import disk_usage
from tempfile import TemporaryFile
from threading import Lock
from time import monotonic
from typing import Any

import main
import startlog
from main import BadInput, Bounds, Row, Scenario, duration, number, plain, say, table
from progress import progress
from startlog import seconds_in

BLOCK, CHUNK, COPIED = 2**20, 2**26, 2**28  # bytes of a read, of a reader's turn, of a copy
TRIES, READERS = 3, (1, 4)  # of each rate, at once
TURN = Lock()  # of readers where the system has no read from a place
MOST_SAID = 100  # characters of what broke
OVER_S = 2.0  # that steps may take more than lies between their stamps, told in whole seconds
AS_FAST = 0.8  # of the page cache's rate: a disk that is faster was not asked [assumed]


@dataclass(frozen=True)
class Probing:
    """What is measured: the options of `measure.py`."""

    dir: str = "."  # where a file is written, read and removed
    size_gib: float = 2.0  # GiB of it
    file: str | None = None  # one that exists, instead
    log: str | None = None  # the start-up log of an engine, instead; "-" is standard input


# --- this machine --------------------------------------------------------------------------------


def unnamed(folder: str) -> FileIO:
    """A file in a folder that has no name, so that it ends with this process."""
    # subtle: some file systems give it a name for a moment, and no signal may end us in that.
    can_hold, held = hasattr(signal, "pthread_sigmask"), set()
    if can_hold:
        held = signal.pthread_sigmask(signal.SIG_BLOCK, main.STOPS)
    try:
        return TemporaryFile(buffering=0, dir=folder)
    finally:
        if can_hold:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)


def write_file(file: FileIO, size: int) -> None:
    """Bytes that no file system packs."""
    block = os.urandom(4 * BLOCK)
    for start in range(0, size, len(block)):
        left = memoryview(block)[: size - start]
        while left:
            left = left[file.write(left) :]
        progress.tell(f"writing {size / 1e9:.2f} GB: {start / size:.0%}")


def forget(file: FileIO) -> None:
    """Have the page cache drop a file, on systems that take such advice."""
    if hasattr(os, "posix_fadvise"):
        os.fsync(file.fileno())  # what is not on the disk yet cannot be dropped
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_at(file: FileIO, block: memoryview, place: int) -> int:
    """Bytes read from a place of a file into a block; 0 at its end."""
    if hasattr(os, "preadv"):
        return os.preadv(file.fileno(), [block], place)
    with TURN:  # concession: without it, readers take turns
        file.seek(place)
        return file.readinto(block) or 0


def seconds_of(work: Callable[[], object]) -> float:
    start_s = monotonic()
    work()
    return max(monotonic() - start_s, main.SMALLEST)


def read_rate(file: FileIO, size: int, readers: int, past_cache: bool) -> float:
    """GB/s of so many readers, who take turns of a chunk each."""
    chunk = min(CHUNK, math.ceil(size / readers))

    def read(start: int) -> None:
        progress.tell(f"reading {size / 1e9:.2f} GB, readers: {readers}")
        block, end = memoryview(bytearray(BLOCK)), start + chunk
        while start < end and (count := read_at(file, block[: end - start], start)):
            start += count

    if past_cache:
        forget(file)
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


def tiers_of(file: FileIO, size: int) -> list[Row]:
    """GB/s of disk, page cache and memory; what reads the disk fills the cache for who follows."""
    rows = [
        spread(f"{tier}, readers: {readers}", read_rate, file, size, readers, tier == "disk")
        for tier in ("disk", "page cache")
        for readers in READERS
    ]
    return [*rows, spread("memory copy", copy_rate, min(size, COPIED))]


def probe(how: Probing) -> tuple[int, list[Row]]:
    """Bytes and tiers of the file named, or of one without a name that is written."""
    where = f"--dir {how.dir!r}" if how.file is None else f"--file {how.file!r}"
    try:
        if how.file is not None:
            with open(how.file, "rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                if size < BLOCK:
                    raise BadInput(f"{where}: must be a file of {BLOCK:,} bytes or more")
                return size, tiers_of(file, size)
        size, room = round(how.size_gib * 2**30), disk_usage(how.dir).free
        if size > room:
            free = f"{room / 2**30:.3g} GiB are free; must be {how.size_gib:g}"
            raise BadInput(f"{where}: {free}, or less with --size-gib")
        with unnamed(how.dir) as file:
            write_file(file, size)
            return size, tiers_of(file, size)
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
        text = main.text_of(file)
    except BadInput as error:
        raise BadInput(f"--log {error}") from None
    where = "standard input" if file == "-" else file
    try:
        log = startlog.read(text)
    except BadInput as error:
        raise BadInput(f"--log {where!r} {error}") from None
    start, steps = log.start, log.start.steps()
    for name in main.measured(s):
        if any(f"{row['phase']}_s" == name for row in steps):
            raise BadInput(f"{name}: must be left out, for --log {where!r} tells of it")
    return start.figures(s, steps), {
        "where": where,
        "engine": start.engine.name,
        "forms": [line.forms[0] for line in start.engine.lines],
        "failed": start.failed,
        "broke": start.broke[:MOST_SAID].strip(),
        "has_head": start.has_head,
        "ready": start.ready,
        "pod": log.pod,
        "pods": log.pods,
        "starts": log.starts,
        "steps": steps,
        "total_s": seconds_in(steps),
        "unexplained_s": seconds_in(steps, "unexplained"),
        "later": [{"name": name, "seconds": x} for name, x in start.later.items()],
        "workers": start.workers,
        "gpus": start.gpus,
        "gpus_told": bool(start.sizes),
        "span_s": start.span_s,
    }


def measure(s: Scenario, names: Sequence[str], how: Probing) -> tuple[Row, Row]:
    """Figures of this machine, or of a start by its log; and what is shown beside them."""
    figures, shown = machine(s, how) if how.log is None else start_log(s, how.log)
    there = replace(s, **figures)
    main.check_figures(there, "measured: ")
    was, now = main.path(main.stack(s, names)), main.path(main.stack(there, names))
    phases = [{"name": name, "was_s": was[name], "now_s": now[name]} for name in now]
    whole = figures and not shown.get("failed")
    return figures, {**main.head(there, names), **shown, "phases": phases if whole else []}


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
        between = f"{row['low']:.3g}-{row['high']:.3g}"
        rows.append((row["name"], f"{row['median']:.3g}", between, duration(row["seconds"])))
    table(rows, "<>>>")
    if r["cached"]:
        say("The page cache could not be avoided, or this disk is as fast as it.")
    low, middle, high = (duration(r["python_s"][name]) for name in ("low", "median", "high"))
    say(f"Starting a Python process takes {middle} ({low} to {high}).")
    show_phases(r)
    say("No GPU was asked: copies to it are as before.")


def show_log(r: Row, s: Scenario, figures: Row) -> None:
    start = f"The last start in {r['where']}" + (f", of {r['pod']}," if r["pod"] else "")
    failed = f" It failed: it never got ready. {r['broke']!r}" if r["failed"] else ""
    if not r["steps"]:
        say(f"{start} tells no seconds.{failed} Of {r['engine']} these lines would:")
        for form in r["forms"]:
            print(f"  {form}")
        return
    slowest = max(r["steps"], key=lambda row: row["seconds"])
    say(
        f"{start} took {duration(r['total_s'])}; the longest step is {slowest['name']}, "
        f"{duration(slowest['seconds'])}.{failed}"
    )
    main.heading(f"The start of {r['engine']}, each second once")
    rows = [("step", "phase", "seconds", "share", "")]
    for row in r["steps"]:
        shown = (row["name"], row["phase"], number(row["seconds"]), f"{row['share']:.0%}")
        rows.append((*shown, main.bar(row["seconds"], slowest["seconds"], 16)))
    table([*rows, ("total", "", number(r["total_s"]), "100%", "")], "<<>><")
    show_reading(r, figures)
    if r["failed"]:
        return
    show_phases(r)
    if "copy_pageable_gb_s" in figures:
        say("A log does not part reading from copying, so both change alike.")
    told = {row["phase"] for row in r["steps"]}
    missing = [phase for phase in ("weight_load", "engine_init") if phase not in told]
    lacks = f" The log does not tell {' and '.join(missing)}." if missing else ""
    say(f"The rest is as for the {s.model}; --model names another.{lacks}")
    told_gb, its_gb = figures.get("weights_gb"), main.weights_gb(s)
    if told_gb and not its_gb / 1.5 < told_gb < its_gb * 1.5:
        say(
            f"Its weights are {plain(told_gb)} GB and a {s.model}'s are {plain(its_gb)}: is that "
            "the model?"
        )


def show_reading(r: Row, figures: Row) -> None:
    """How the log was read, where it could be read otherwise."""
    if r["pods"] > 1 or r["starts"] > 1:
        pods = f", of {r['pods']} pods" if r["pods"] > 1 else ""
        starts = f"the last of {r['starts']} starts" if r["starts"] > 1 else "the last to tell"
        say(f"It is {starts}{pods}; none is added to another.")
    if r["workers"] > 1:
        guess = "" if r["gpus_told"] else f" gpus_per_replica={r['gpus']} if each has one."
        say(f"Workers: {r['workers']}; of each line the slowest counts.{guess}")
    if lost_s := r["unexplained_s"]:
        lost = [row for row in r["steps"] if row["name"].startswith("unexplained")]
        taken = [
            f"{duration(x)} taken as {figure}"
            for figure in ("process_start_s", "engine_fixed_s")
            if (x := seconds_in(lost, figure, "figure"))
        ]
        figures_too = "" if r["failed"] else f": {' and '.join(taken)}"
        say(f"No line explains {duration(lost_s)}{figures_too}.")
    if not r["span_s"]:
        say("No line that counts has a time stamp, so time between them does not show.")
    elif r["total_s"] > r["span_s"] + OVER_S:
        say(
            f"Its lines tell more than the {duration(r['span_s'])} between their stamps: do two "
            "engines share the log?"
        )
    elif not (r["ready"] or r["failed"]):
        say("The log ends before the engine says that it is ready.")
    if r["span_s"] and not r["has_head"]:
        say("The log does not show how the start began: what came before is not in it.")
    if any(row["name"] == "graphs from a cache" for row in r["steps"]):
        say("Its graphs came from a cache, so graph-cache is on already: leave it out.")
    if r["later"]:
        parts = (f"{row['name']} {duration(row['seconds'])}" for row in r["later"])
        say(f"Later, and not of the start: {', '.join(parts)}.")
    if "weight_load_s" in figures:
        say("The log tells no size of the weights, so weight_load_s is set and no rate.")


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
    add("--log", help="a start-up log of vLLM or SGLang instead; - reads standard input")
    args = parser.read(argv)
    (s, names), how = main.asked(args), probing_of(args)
    figures, shown = measure(s, names, how)
    progress.end()
    found, failed = main.given(args) | figures, bool(shown.get("failed"))
    if "json" in args:
        main.print_json({**found, "machine" if how.log is None else "log": shown})
        if failed or not figures:  # a pipe hides the exit code
            says = f"failed: {shown['broke']}" if failed else "tells no seconds"
            main.complain(f"--log {how.log!r}: the start {says}")
    elif how.log is None:
        show_machine(shown, s)
    else:
        show_log(shown, s, figures)
    if "json" not in args and figures and not failed:
        main.heading("The whole report with them:")
        print(f"  {main.typed('main.py', replace(s, **figures), names)}")
    return 0 if figures and not failed else 1


if __name__ == "__main__":
    main.start(run)
