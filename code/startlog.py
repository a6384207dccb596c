"""The start-up log of a real engine: what its lines say of the seconds, each second once.

Read are vLLM, from v0.6 on, and SGLang. Lines lie inside one another: `Loading weights` within
`Model loading`, compiling within `init engine`. Of several workers the slowest counts; a line that
Ray echoes counts once; of several starts the last; of pods the one that told of a step last. What
no line explains, between the log's own time stamps, is left over and shown.
"""

import math
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import main
from main import BadInput, Row, Scenario

# --- what engines say ----------------------------------------------------------------------------

PHASE_OF = {  # the phase that has each figure's seconds
    "process_start_s": "engine_init",
    "weight_load_s": "weight_load",
    "engine_fixed_s": "engine_init",
    "graph_capture_s": "engine_init",
}


class LogLine(NamedTuple):
    """A line that tells of a step, in the words of this and that version.

    In its forms <s> stands for seconds, <gib> for GiB of weights (which engines call GB too), and
    ... for a few words. Two forms of one line say the same. Where one tells no seconds, they are
    those from a line in `since` on.
    """

    step: str
    inside: str  # the step whose seconds contain these, "" for none
    figure: str  # of code/main.py, that has these seconds
    forms: tuple[str, ...]
    since: tuple[str, ...] = ()


class Engine(NamedTuple):
    name: str
    lines: tuple[LogLine, ...]
    ready: tuple[str, ...]
    failed: tuple[str, ...]


VLLM = Engine(
    "vLLM",
    lines=(
        LogLine("model built", "model loading", "weight_load_s",
                ("Initializing model took <s> s",)),
        LogLine("weights downloaded", "model loading", "weight_load_s",
                ("Time spent downloading weights for ... <s> s",)),
        LogLine("weights loaded", "model loading", "weight_load_s",
                ("Loading weights took <s> s", "Overall time to stream ...: <s>s",
                 "Deserialized ... in <s>s")),
        LogLine("weights quantized", "model loading", "weight_load_s",
                ("Online quantization as part of model loading took <s> s",)),
        LogLine("model loading", "", "weight_load_s",
                ("Model loading took <gib> G... and <s> s", "Loading model weights took <gib> G"),
                since=("Starting to load model",)),
        LogLine("Dynamo transform", "torch.compile", "graph_capture_s",
                ("Dynamo bytecode transform time: <s> s",)),
        LogLine("graphs compiled", "torch.compile", "graph_capture_s",
                ("Compiling a graph for ... takes <s> s",)),
        LogLine("graphs from a cache", "torch.compile", "graph_capture_s",
                ("Directly load the compiled graph... took <s> s",)),
        LogLine("torch.compile", "profiling", "graph_capture_s",
                ("torch.compile ... <s> s in total", "init engine ... (compilation: <s> s")),
        LogLine("warm-up run", "profiling", "engine_fixed_s",
                ("Initial profiling/warmup run took <s> s",)),
        LogLine("profiling", "engine start", "engine_fixed_s",
                ("Memory profiling takes <s> s",)),
        LogLine("kernels warmed up", "engine start", "engine_fixed_s",
                ("JIT kernel warmup finished in <s>s",)),
        LogLine("TileLang warmed up", "engine start", "engine_fixed_s",
                ("TileLang warmup finished in <s> s",)),
        LogLine("kernels tuned", "engine start", "engine_fixed_s",
                ("Autotuning process ends",), since=("Autotuning process starts",)),
        LogLine("graphs captured", "engine start", "graph_capture_s",
                ("Graph capturing finished in <s> s",)),
        LogLine("engine start", "", "engine_fixed_s",
                ("init engine ... took <s> s",)),
        LogLine("multi-modal warm-up", "", "engine_fixed_s",
                ("Multi-modal warmup completed in <s>s",)),
        LogLine("multi-modal warm-up, read-only", "", "engine_fixed_s",
                ("Readonly multi-modal warmup completed in <s>s",)),
    ),
    ready=("Starting vLLM API server", "Starting vLLM server", "Application startup complete"),
    failed=("EngineCore failed to start", "ngine core initialization failed", "WorkerProc failed",
            "WorkerProc initialization failed", "Engine process failed to start",
            "CUDA out of memory", "Timed out waiting for engine"),
)  # fmt: skip
SGLANG = Engine(
    "SGLang",
    lines=(
        LogLine("distributed workers", "", "process_start_s",
                ("Init torch distributed ends. elapsed=<s> s", "Init torch distributed ends. mem"),
                since=("Init torch distributed begin",)),
        LogLine("weights loaded", "model loading", "weight_load_s",
                ("Loading weights took <s> s", "Loaded weights from remote storage in <s> s")),
        LogLine("model loading", "", "weight_load_s",
                ("Load weight end. elapsed=<s> s", "Load weight end. type=",
                 "Load weight end. elapsed=<s> s...mem usage=<gib> GB",
                 "Load weight end. type=...mem usage=<gib> GB"),
                since=("Load weight begin",)),
        LogLine("graphs captured", "", "graph_capture_s",
                ("Capture ...raph end. Time elapsed: <s> s",
                 "Capture ...raph end. ...elapsed=<s> s")),
        LogLine("kernels warmed up", "", "engine_fixed_s",
                ("DeepGEMM warmup done in <s>s",)),
    ),
    ready=("The server is fired up and ready to roll",),
    failed=("hit an exception", "Received sigquit from a child process", "scheduler is dead",
            "scheduler died", "Initialization failed", "Not enough memory. Please try"),
)  # fmt: skip
SERVER_ARGS = ("server_args=ServerArgs(", "server_args={")
SGLANG_ALONE = (*SERVER_ARGS, "Load weight ", "Init torch distributed", SGLANG.ready[0])
# What a running engine says where it sleeps, wakes up and reads its weights again.
SLEEP = (
    LogLine("fell asleep", "", "", ("It took <s> seconds to fall asleep",)),
    LogLine("woke up", "", "", ("It took <s> seconds to wake up",)),
)
SLEEPS = ("seconds to fall asleep", "seconds to wake up", "Reloading weights inplace",
          "Loading weights inplace")  # fmt: skip
BUILDS = ("Initializing a V1 LLM engine", "Initializing a V0 LLM engine",
          "Initializing an LLM engine")  # fmt: skip
FRESH = ("Automatically detected platform", *BUILDS)
BANNER = re.compile(
    r"\]  .*  version v?\d+\.\d|vLLM (?:API )?server version |"
    + "|".join(map(re.escape, SERVER_ARGS))
)
OTHERS = {  # engines that are not read, and what their logs alone say
    "Ollama": ("source=sched.go", "llama runner started", "source=routes.go"),
    "llama.cpp": ("llama_model_load", "load_tensors:", "srv    load_model"),
    "TGI": ("text_generation_launcher", "text_generation_router"),
    "TensorRT-LLM": ("[TensorRT-LLM]", "[TRT-LLM]"),
    "LMDeploy": (" - lmdeploy - ", "[TM]["),
}

# --- one line ------------------------------------------------------------------------------------

BACK = 50  # lines before one without a stamp that may have one
LONGEST, FEW = 8000, 300  # characters of a line that are looked at, and of a few words in it
LEAST_S = 0.001  # of a step that is shown
READY_S = 60.0  # from the first line that says it is ready to the last of this start [assumed]
YEAR_S = 365 * 86400.0
GIB = 2**30 / 1e9  # GB
DECORATION = re.compile(r"\*|\x1b\[[\d;]*m")  # Markdown's, and a terminal's colours
POD = re.compile(  # as kubectl --prefix, docker compose and stern write it
    r"\[pod/([^\]\s]+)\] ?|(?!(?:DEBUG|INFO|WARNING|ERROR) )([\w.-]+) +\| "
    r"|([a-z\d]+-[a-z\d-]+) [a-z\d-]+ (?=[(\[]|[A-Z]+ |\d{4}-)"
)
WORKER = re.compile(r"pid=\d+(?:, ip=[\w.:]+)?\)|(?<=\d )(?:[A-Z_]+\d+ ?)+(?=\])")
SIZES = re.compile(r"\b(t|p)(?:ensor_parallel|ipeline_parallel|p)_size\W{1,3}([1-9]\d{0,3})\b")
STAMP = re.compile(
    r"(?<![\d-])(?:(?:(\d{4})[-/])?(\d\d)[-/](\d\d)[ T]|([A-Z][a-z]{2}) {1,2}(\d\d?) )"
    r"(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?"
)
DATED = re.compile(r"(20\d\d)[-/]\d\d[-/]\d\d[ T]\d")
LEAP_DAYS = ("02-29", "02/29", "Feb 29 ")
MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def pattern(form: str) -> re.Pattern[str]:
    """What a form matches from its first word on; a few words are bounded, so it is linear."""
    loose = re.escape(form).replace(r"\.\.\.", f".{{0,{FEW}}}?")
    for name in ("s", "gib"):
        loose = loose.replace(f"<{name}>", rf"(?P<{name}>\d{{1,9}}(?:\.\d{{1,18}})?)")
    return re.compile(loose)


FORMS = {  # by engine: first words, pattern, form, whose it is
    engine.name: [
        (re.split(r"<|\.\.\.", form)[0], pattern(form), form, line)
        for line in (*engine.lines, *SLEEP)
        for form in line.forms
    ]
    for engine in (VLLM, SGLANG)
}


WORDS = {  # of which a line has one that says anything here
    *(head for forms in FORMS.values() for head, *_ in forms),
    *(word for engine in (VLLM, SGLANG) for word in (*engine.ready, *engine.failed)),
    *(word for line in (*VLLM.lines, *SGLANG.lines) for word in line.since),
    *(*SLEEPS, *FRESH, " version ", *SERVER_ARGS, "parallel_size", "tp_size", "pp_size"),
}


def has(line: str, words: Iterable[str]) -> bool:
    for word in words:  # and no any(): it is asked of every line, many times
        if word in line:
            return True
    return False


def stamp(line: str, year: int) -> float | None:
    """Seconds of the first time stamp in a line; None for none, or for one that cannot be.

    A container's JSON has a clock of its own, which lines have that the engine does not stamp.
    """
    clock_at = max(line.rfind('"time":"'), 0)
    if not (found := STAMP.search(line, clock_at, clock_at + FEW)):
        return None
    own_year, month, day, name, its_day, *clock, fraction = found.groups()
    try:
        number = int(month) if month else MONTHS.index(name)
        hour, minute, second = map(int, clock)
        date = int(own_year or year), number, int(day or its_day)
        when = datetime(*date, hour, minute, second)
    except ValueError:
        return None
    return (when - datetime(1970, 1, 1)).total_seconds() + float(f"0.{fraction or 0}")


class Line(NamedTuple):
    pod: str
    worker: str  # the innermost process, "" for none
    at: float | None  # its time stamp
    text: str  # behind the processes' names
    banner: bool  # whether an engine begins with it


def line_of(pod: str, text: str, year: int) -> Line:
    """What a pod's line says, and who says it when; `year` is where none is told."""
    worker, behind = "", 0
    for name in WORKER.finditer(text, 0, FEW):
        worker, behind = name[0].strip(), name.end()
    says = text[behind:]
    return Line(pod, worker, stamp(text, year), says, bool(BANNER.search(says)))


# --- one start -----------------------------------------------------------------------------------


def seconds_in(steps: Sequence[Row], start: str = "", key: str = "name") -> float:
    """Of all these steps, or of those whose name starts so, or whose phase or figure."""
    return sum(float(row["seconds"]) for row in steps if row[key].startswith(start))


def row_of(name: str, figure: str, seconds: float) -> Row:
    return {"name": name, "phase": PHASE_OF[figure], "figure": figure, "seconds": seconds}


class Start:
    """What the lines of one start say; an offset is seconds from its first time stamp on.

    `seconds` are by step, worker and form, `gib` is of all workers that tell theirs, `sizes` are
    the GPUs of a replica, tensor by pipeline, `later` is what the engine tells once it runs.
    """

    def __init__(self, engine: Engine, first: float | None = None) -> None:
        self.engine = engine
        self.seconds: dict[str, dict[str, dict[str, float]]] = {}
        self.later: dict[str, float] = {}
        self.gib = 0.0
        self.sizes: dict[str, int] = {}
        self.first = first  # the first time stamp
        self.fresh: float | None = None  # that of a process that began since the last step
        self.begin = self.end = 0.0  # offsets
        self.banner: float | None = None
        self.load = math.inf  # where loading begins
        self.begun: dict[str, dict[str, float]] = defaultdict(dict)  # by step and worker
        self.told: set[tuple[str, str]] = set()  # lines of steps, by worker
        self.built: set[str] = set()  # workers that build an engine
        self.has_banner = self.has_head = self.ready = self.slept = False
        self.broke = ""  # what says so, from its first word on

    def offset(self, at: float | None) -> float | None:
        """Of a time stamp, over New Year too, where no year is told."""
        if at is None:
            return None
        self.first = at if self.first is None else self.first
        after_s = (at - self.first) % YEAR_S
        return after_s if after_s < YEAR_S / 2 else after_s - YEAR_S

    def is_over(self, line: Line) -> bool:
        """Whether a line belongs to the next start."""
        ended = self.ready or bool(self.broke) or self.slept
        tells = bool(self.seconds or self.begun)
        if line.banner:
            return ended or (self.has_banner and tells)
        if not has(line.text, FRESH):
            return False
        at = self.offset(line.at)
        again = has(line.text, BUILDS) and (
            "engine start" in self.seconds or (line.worker in self.built and tells)
        )
        return (ended or again) and (at is None or at >= self.end)

    def next(self) -> "Start":
        """The one after it, which may have begun some lines before its banner."""
        return Start(self.engine, self.fresh)

    def add(self, line: Line) -> bool:
        """Take what a line says; whether it tells of a step."""
        at = self.offset(line.at)
        self.begins(line, at)
        self.slept = self.slept or has(line.text, SLEEPS)
        steps = [
            (step, form, match)
            for head, wanted, form, step in FORMS[self.engine.name]
            if head in line.text and (match := wanted.match(line.text, line.text.index(head)))
        ]
        if (line.worker, line.text) not in self.told:
            for step, form, match in steps:
                self.take(step, form, match, at, line.worker)
        if steps and (line.worker or at is not None):  # what is echoed has one of them
            self.told.add((line.worker, line.text))
        if steps:
            self.fresh = None
        if not self.slept:
            self.ends(line, at)
        return bool(steps)

    def begins(self, line: Line, at: float | None) -> None:
        """Take what tells no seconds: a process, an engine, its sizes, or a step that begins."""
        self.has_head = self.has_head or line.banner or has(line.text, FRESH)
        if line.banner and not self.has_banner:
            self.has_banner, self.banner = True, at
        if has(line.text, FRESH) and at is not None and at >= self.end:  # else it is an echo
            self.fresh = line.at if self.fresh is None else self.fresh
        if has(line.text, BUILDS):
            self.built.add(line.worker)
        self.sizes.update((kind, int(size)) for kind, size in SIZES.findall(line.text))
        for step in self.engine.lines:
            if at is not None and has(line.text, step.since):
                self.begun[step.step][line.worker], self.fresh = at, None

    def ends(self, line: Line, at: float | None) -> None:
        """Whether it is ready, which some say again hours later, or something broke."""
        if has(line.text, self.engine.ready):
            if not self.ready or at is None or at <= self.end + READY_S:
                self.reach(at)
            self.ready = True
        elif not self.ready and has(line.text, self.engine.failed):
            found = [line.text.find(word) for word in self.engine.failed if word in line.text]
            says = line.text[min(found) :]
            if not self.broke or "out of memory" in says:  # which is the cause of others
                self.broke = says
            self.reach(at)

    def reach(self, at: float | None, seconds: float = 0.0) -> None:
        """The start goes on to this offset, and these seconds before it are of it."""
        if at is not None:
            self.begin, self.end = min(self.begin, at - seconds), max(self.end, at)

    def take(
        self, step: LogLine, form: str, found: re.Match[str], at: float | None, worker: str
    ) -> None:
        """Seconds and size that a line tells of a step."""
        told, begun = found.groupdict(), self.begun.get(step.step, {})
        seconds = float(told.get("s") or 0)
        if "s" not in told and at is not None and begun:
            seconds = max(at - begun.get(worker, min(begun.values())), 0.0)
        if self.slept or (self.ready and (at is None or at > self.end)):
            self.later[step.step] = self.later.get(step.step, 0.0) + seconds
            return
        mine = self.seconds.setdefault(step.step, {}).setdefault(worker, {})
        mine[form] = mine.get(form, 0.0) + seconds
        self.gib += float(told.get("gib") or 0)
        self.reach(at, seconds)
        if step.figure == "weight_load_s" and at is not None:
            self.load = min(self.load, at - seconds)

    # --- what they come to

    @property
    def failed(self) -> bool:
        """Whether something broke, and it never got ready after all."""
        return bool(self.broke) and not self.ready

    @property
    def span_s(self) -> float:
        return self.end - self.begin

    @property
    def workers(self) -> int:
        return max(map(len, self.seconds.values()), default=0)

    @property
    def gpus(self) -> int:
        """Of one replica; a data-parallel engine has several, each on as many."""
        return math.prod(self.sizes.values()) if self.sizes else self.workers

    def of(self, step: str, worker: str) -> float:
        """Seconds of a step by one worker; two forms of it say the same."""
        return max(self.seconds.get(step, {}).get(worker, {}).values(), default=0.0)

    def inside(self, outer: str = "", worker: str = "-") -> list[Row]:
        """The steps inside this one, each with its seconds less those inside it.

        They are this worker's, or else those of the one that was slowest.
        """
        steps: list[Row] = []
        for line in self.engine.lines:
            if line.inside == outer:
                mine, one = self.seconds.get(line.step, {}), worker
                if one not in mine:
                    one = max(mine, key=lambda x: self.of(line.step, x), default="-")
                inner = self.inside(line.step, one)
                own_s = self.of(line.step, one) - seconds_in(inner)
                name = f"{line.step}, the rest" if inner else line.step
                steps += [*inner, row_of(name, line.figure, own_s)]
        return [row for row in steps if row["seconds"] >= LEAST_S]

    def steps(self) -> list[Row]:
        """Each step's own seconds, between those that no line explains."""
        told = self.inside()
        lost_s = max(self.span_s - seconds_in(told), 0.0)
        before_s = min(self.load, self.end) - self.begin
        before_s -= seconds_in(told, "process_start_s", "figure")
        before_s = min(max(before_s, 0.0), lost_s)
        banner_s = 0.0 if self.banner is None else min(self.banner - self.begin, before_s)
        loads = self.load < math.inf
        until = "unexplained, before the weights" if loads else "unexplained"
        # A log that is cut at its head, and behind the weights, tells no beginning of a process.
        figure = "process_start_s" if loads or self.has_head else "engine_fixed_s"
        rows = [
            row_of("unexplained, before the banner", "process_start_s", banner_s),
            row_of(until, figure, before_s - banner_s),
            *told,
            row_of("unexplained, after the weights", "engine_fixed_s", lost_s - before_s),
        ]
        rows = [row for row in rows if row["seconds"] >= LEAST_S]
        total_s = seconds_in(rows)
        return [row | {"share": row["seconds"] / total_s} for row in rows]

    def figures(self, s: Scenario, steps: Sequence[Row]) -> Row:
        """Those that make these steps the phases: what is not in the log stays as it was."""
        figures: Row = {"gpus_per_replica": self.gpus} if self.sizes else {}
        seconds = {name: seconds_in(steps, name, "figure") for name in PHASE_OF}
        load_s, start_s = seconds.pop("weight_load_s"), seconds.pop("process_start_s")
        if self.gib:
            # subtle: of several workers only the first may tell what it holds.
            gib = self.gib / len(self.seconds["model loading"])
            figures["weights_gb"] = gib * self.gpus * GIB
        if load_s and self.gib:
            # concession: a log does not part read from copy, so both change by one factor.
            there = replace(s, weight_load_s=None, **figures)
            for name in ("read_stream_gb_s", "read_cap_gb_s", "copy_pageable_gb_s"):
                figures[name] = getattr(s, name) * main.load_default(there) / load_s
        elif load_s:  # no rate without a size
            figures["weight_load_s"] = load_s
        if start_s and not self.failed:
            figures["process_start_s"] = start_s
        if any(seconds.values()) and not self.failed:
            figures |= seconds
        return {x: y if isinstance(y, int) else float(f"{y:.6g}") for x, y in figures.items()}


# --- a log ---------------------------------------------------------------------------------------


class StartLog(NamedTuple):
    """The start that a log ends with, and how many there are beside it."""

    start: Start
    pod: str
    pods: int
    starts: int  # of this pod


def read(text: str) -> StartLog:
    """The last start in a log; BadInput for the log of an engine that is not read."""
    engine = SGLANG if has(text, SGLANG_ALONE) else VLLM
    pods: dict[str, list[Start]] = defaultdict(lambda: [Start(engine)])
    recent: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=BACK))  # lines of a pod
    last = ""  # the pod that told of a step last
    dated = DATED.search(text)  # lines without a year are of that of the others
    year = int(dated[1]) if dated else 2000 if has(text, LEAP_DAYS) else 2001
    for raw in text.splitlines():
        raw = DECORATION.sub("", raw[:LONGEST])
        found = POD.match(raw)
        pod = found[found.lastindex or 0] if found else ""
        starts = pods[pod]
        raw = raw[found.end() if found else 0 :]
        recent[pod].append(raw)
        if starts[-1].first is not None and not has(raw, WORDS):
            continue
        line = line_of(pod, raw, year)
        if line.at is None and has(line.text, engine.ready):  # uvicorn's words have no stamp
            stamps = (stamp(each, year) for each in reversed(recent[pod]))
            line = line._replace(at=next((x for x in stamps if x is not None), None))
        if starts[-1].is_over(line):
            starts.append(starts[-1].next())
        if starts[-1].add(line):
            last = pod
    told = [x for x in pods[last] if x.seconds or x.broke] or pods[last]
    start = told[-1]
    other = next((name for name, words in OTHERS.items() if has(text, words)), "")
    if other and not start.seconds:
        raise BadInput(
            f"is a log of {other}, and only vLLM's and SGLang's are read: seconds in it can be "
            "given by hand, --set process_start_s=X weight_load_s=X engine_init_s=X"
        )
    telling = [pod for pod, starts in pods.items() if any(x.seconds for x in starts)]
    return StartLog(start, last, len(telling), len(told))
