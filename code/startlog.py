"""The start-up log of a real engine: what its lines say of the seconds, each second once.

Lines lie inside one another: `Loading weights` within `Model loading`, compiling within
`torch.compile`, that and graph capture within `init engine`. Of several workers the slowest
counts; of several starts in one log the last. What no line explains, between the log's own time
stamps, is left over and shown.
"""

import math
import re
from calendar import timegm
from collections.abc import Sequence
from dataclasses import dataclass, replace

import main
from main import Row, Scenario


@dataclass(frozen=True)
class LogLine:
    """A line that tells seconds. In its form N is a number, and ... is anything."""

    step: str
    inside: str  # the step whose seconds contain these, "" for none
    phase: str  # "" for none
    form: str


LOG_LINES = (
    LogLine("weights downloaded", "model loading", "weight_load",
            "Time spent downloading weights ... N s"),
    LogLine("weights loaded", "model loading", "weight_load", "Loading weights took N s"),
    LogLine("model loading", "", "weight_load", "Model loading took N G... and N s"),
    LogLine("Dynamo transform", "torch.compile", "engine_init",
            "Dynamo bytecode transform time: N s"),
    LogLine("graphs compiled", "torch.compile", "engine_init", "Compiling a graph for ... N s"),
    LogLine("graphs from a cache", "torch.compile", "engine_init",
            "Directly load ... graph... took N s"),
    LogLine("torch.compile", "engine start", "engine_init", "torch.compile ... N s in total"),
    LogLine("graphs captured", "engine start", "engine_init", "Graph capturing finished in N s"),
    LogLine("engine start", "", "engine_init", "init engine ... took N s"),
    LogLine("server start", "", "", "Starting vLLM ...server"),
)  # fmt: skip
STARTS = re.compile(r"(?m)^(?=.*(?:server|\u2588) +version)")  # before each start
LONGEST = 2000  # characters of a line that are looked at
STAMP = re.compile(r"(?:([12]\d{3})-)?(0[1-9]|1[0-2])-(\d\d)[ T](\d\d):(\d\d):(\d\d)")
SIZES = re.compile(r"(tensor|pipeline)_parallel_size\W+(\d{1,4})\b")
WORKER = re.compile(r"\([^()]*pid=[^()]*\)")
DECORATION = re.compile(r"\*|\x1b\[[\d;]*m")  # Markdown's, and a terminal's colours
YEAR_S = 365 * 86400.0
GIB = 2**30 / 1e9  # GB


def pattern(form: str) -> re.Pattern[str]:
    """What a form matches; the numbers in it are groups."""
    loose = re.escape(form).replace(r"\.\.\.", ".*?")
    return re.compile(loose.replace("N", r"(\d{1,9}(?:\.\d+)?)"))


def seconds_in(steps: Sequence[Row], start: str = "", key: str = "name") -> float:
    """Of all these steps, or of those whose name starts so, or whose phase."""
    return sum(float(row["seconds"]) for row in steps if row[key].startswith(start))


class StartLog:
    """What the lines of a start say.

    `seconds` by step and worker, `gib` of weights of all workers that tell theirs, `gpus` of one
    replica, and `span_s` between the time stamps of the first line and of the last that counts.
    """

    def __init__(self, text: str) -> None:
        forms = {line.step: pattern(line.form) for line in LOG_LINES}
        self.seconds: dict[str, dict[str, float]] = {step: {} for step in forms}
        self.gib = 0.0
        sizes: dict[str, str] = {}  # of tensor and pipeline, where they are told
        stamps: list[int] = []
        told = 0  # how many stamps there were at the last line that says something
        *_, start = STARTS.split(text)
        for line in start.splitlines():
            line = DECORATION.sub("", line[:LONGEST])
            for year, *when in STAMP.findall(line)[:1]:
                stamps.append(timegm((int(year or 2001), *map(int, when))))  # 2001: no leap day
            sizes.update(SIZES.findall(line))
            worker = "".join(WORKER.findall(line)[-1:])
            for step, form in forms.items():
                if found := form.search(line):
                    *gib, seconds = (0.0, *map(float, found.groups()))
                    mine = self.seconds[step]
                    mine[worker] = mine.get(worker, 0.0) + seconds
                    self.gib += sum(gib)
                    told = len(stamps)
        span_s = (stamps[told - 1] - stamps[0]) % YEAR_S if told else 0.0
        self.span_s = span_s if span_s < YEAR_S / 2 else 0.0  # more is a clock set back
        self.workers = max(map(len, self.seconds.values()))
        # A data-parallel engine has several replicas, each on as many GPUs.
        self.gpus = math.prod(map(int, sizes.values())) if sizes else self.workers

    def inside(self, outer: str = "", worker: str = "-") -> list[Row]:
        """The steps inside this one, each with its seconds less those inside it.

        They are this worker's, or else those of the one that was slowest.
        """
        steps: list[Row] = []
        for line in LOG_LINES:
            if line.inside == outer:
                mine = self.seconds[line.step]
                one = worker if worker in mine else max(mine, key=lambda x: mine[x], default="-")
                inner = self.inside(line.step, one)
                own_s = mine.get(one, 0.0) - seconds_in(inner)
                name = f"{line.step}, the rest" if inner else line.step
                steps += [*inner, {"name": name, "phase": line.phase, "seconds": own_s}]
        return [row for row in steps if row["seconds"] >= 0.001]

    def steps(self) -> list[Row]:
        """Each line's own seconds, and last those that no line explains."""
        steps = self.inside()
        explained_s = seconds_in(steps)
        lost_s = self.span_s - explained_s
        if lost_s >= 0.001:
            steps.append({"name": "unexplained", "phase": "", "seconds": lost_s})
        total_s = max(self.span_s, explained_s)
        return [row | {"share": row["seconds"] / total_s} for row in steps]

    def figures(self, s: Scenario, steps: Sequence[Row]) -> Row:
        """Those that make these steps the phases: what is not in the log stays as it was."""
        load_s = seconds_in(steps, "weight_load", "phase")
        engine_s = seconds_in(steps, "engine_init", "phase")
        fixed_s = seconds_in(steps, "engine start")
        figures: Row = {}
        if self.gib:
            # subtle: of several workers only the first may tell what it holds.
            gib = self.gib / len(self.seconds["model loading"])
            figures["weights_gb"] = gib * self.gpus * GIB
        if load_s:
            # concession: a log does not part read from copy, so both change by one factor.
            faster = main.load_default(replace(s, **figures)) / load_s
            for name in ("read_stream_gb_s", "read_cap_gb_s", "copy_pageable_gb_s"):
                figures[name] = getattr(s, name) * faster
        if self.seconds["engine start"]:
            figures["engine_fixed_s"] = fixed_s
        if engine_s:
            figures["graph_capture_s"] = engine_s - fixed_s
        return {name: float(f"{x:.6g}") for name, x in figures.items()}
