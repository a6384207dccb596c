"""A script of this folder run as a child: its output bounded, its broken line named.

Whoever serves or watches loads nothing that others edit: a broken save breaks a child alone. A
child is on a leash (`leash.py`), so it does not outlive its parent by more than seconds.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import sleep, time
from typing import IO, Any, NoReturn

HERE = Path(__file__).resolve().parent
SCRIPTS = ("main.py", "traffic.py", "plan.py", "evidence.py", "measure.py")
KINDS = (".py", ".toml", ".html", ".css", ".js")  # files that somebody may edit
POLL_S = 0.002  # between looks at a child
MOST_BYTES = 16e6  # that it may print
STOPS = [getattr(signal, x) for x in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, x)]


class Refused(Exception):
    """What a script cannot do; the message is one line for the user."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: what it printed, or else why it is no good, in a line."""

    out: str = ""
    reason: str = ""
    refused: bool = False  # for bad input
    script: str = ""

    def json(self) -> Any:
        """The object that it printed. ValueError where that was more than its JSON."""
        try:
            return json.loads(self.out)
        except ValueError:
            says = f"code/{self.script} prints more than its JSON: is there a stray print()?"
            raise ValueError(says) from None


def run(
    script: str,
    words: Iterable[str],
    stop: Callable[[], str] = lambda: "",
    encoding: str = "utf-8",
) -> Ended:
    """Run a script with these words. `stop` is asked now and then, and ends it with its reason."""
    command = [sys.executable, str(HERE / "leash.py"), str(HERE / script), *words]
    with TemporaryFile() as out, TemporaryFile() as err:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=out, stderr=err, env=environment(encoding)
        )
        reason = ""
        with process:
            try:
                while process.poll() is None and not reason:
                    sleep(POLL_S)
                    reason = stop() or too_much(script, out, err)
            finally:
                end(process)
        said, error = (text_of(stream, encoding) for stream in (out, err))
    broke = not said or process.returncode not in (0, 1) or "Traceback (most recent" in error
    if reason or broke:
        refused = not reason and process.returncode == 2
        return Ended("", reason or (not refused and emptied()) or trouble(error), refused)
    return Ended(said, script=script)


def environment(encoding: str) -> dict[str, str]:
    own = {"PYTHONIOENCODING": encoding}
    # subtle: a .pyc knows its source's second and size alone, so two saves within a second that
    # change one digit for another would not be told apart. None is written before that is over.
    if since_save_s() < 2:
        own["PYTHONDONTWRITEBYTECODE"] = "1"
    return os.environ | own


def too_much(script: str, *streams: IO[bytes]) -> str:
    """A reason to stop what prints without end."""
    if sum(os.fstat(stream.fileno()).st_size for stream in streams) <= MOST_BYTES:
        return ""
    return f"code/{script} printed over {MOST_BYTES / 1e6:g} MB: is there a print() in a loop?"


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:  # too busy to hear of it
        process.kill()


def emptied() -> str:
    """Which file of this folder is empty or gone, if any; most likely it is being saved."""
    found = [file.name for file in sources() if stamp_of(file) is None]
    return f"code/{found[0]} is empty or gone" if found else ""


def text_of(stream: IO[bytes], encoding: str) -> str:
    stream.seek(0)
    return stream.read().decode(encoding, "replace").replace("\r\n", "\n")


def trouble(error: str) -> str:
    """The line that a child ends with; of a traceback also the file and the line that broke."""
    lines = error.strip("\n").splitlines() or ["it printed nothing: is it empty, or being saved?"]
    head = f'  File "{HERE}{os.sep}'
    at = [i for i, line in enumerate(lines) if line.startswith(head)]
    if not at:
        return lines[-1]
    file, _, rest = lines[at[-1]].removeprefix(head).partition('", line ')
    source = lines[at[-1] + 1].strip().partition("  #")[0]
    said = dict.fromkeys((source, lines[-1]))  # some errors show no line
    return ": ".join([f"code/{file}, line {rest.partition(',')[0]}", *filter(None, said)])


Stamp = tuple[int, int] | None


def stamp_of(file: Path) -> Stamp:
    """What a save changes of a file; None while it is missing or empty."""
    try:
        found = file.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found.st_size else None


def sources() -> list[Path]:
    """The files that a run or the page may depend on, and the lesson in any case."""
    found = (
        x
        for x in (*HERE.iterdir(), *HERE.glob("explorer/*"))
        if x.suffix in KINDS and not x.name.startswith(".")
    )
    return sorted({HERE / "main.py", *found})


def since_save_s() -> float:
    """Seconds since the last save of any of them."""
    found = [file.stat().st_mtime for file in sources() if file.exists()]
    return min((abs(time() - saved) for saved in found), default=0.0)


def complain(says: str) -> int:
    """A line on standard error, if it can be written; exit code 2."""
    try:
        print(says, file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return 2


def stop(*_: object) -> NoReturn:
    """End as Ctrl-C does; a second one on the way out changes nothing."""
    for each in STOPS:
        signal.signal(each, lambda *_: None)  # subtle: SIG_IGN complains of one that waits already
    raise KeyboardInterrupt


def start(script: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run what waits for children and exit: 2 where it refuses, 130 for Ctrl-C; no traceback.

    It and `stop` are main's once more, for whoever may not load what others edit.
    """
    for each in STOPS:
        if signal.getsignal(each) != signal.SIG_IGN:  # as nohup has it
            signal.signal(each, stop)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # closed by whoever started it
    sys.stderr = sys.stderr or open(os.devnull, "w")
    exit_code = 130
    try:
        exit_code = script(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        pass
    except Refused as error:
        exit_code = complain(str(error))
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for the interpreter flushes once more
        enough = isinstance(error, BrokenPipeError)  # seen by the reader: no error
        name = os.path.basename(sys.argv[0])
        exit_code = 0 if enough else complain(f"{name}: standard output: {error.strerror}")
    sys.exit(exit_code)
