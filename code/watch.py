"""A script run again at every save, until Ctrl-C.

    python code/watch.py [SCRIPT [its options]]

  python code/watch.py
  python code/watch.py plan.py --sla 20
  python code/watch.py traffic.py --trace requests.csv

Without a script it is main.py. Saves of any file of this folder count, and of a trace, a log or an
@FILE that the words name. Each run says when it ran and what changed, on standard error. A broken
save shows its file and line, and the last good output stays above.
"""

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from time import sleep, strftime
from typing import Any, NoReturn

import children
from children import SCRIPTS, Refused
from progress import progress

POLL_S, SETTLE_S = 0.1, 0.2  # between looks at the files; how long they must lie still


class Saves:
    """Files that are watched: those of this folder, and those that a command's words name."""

    def __init__(self, words: Sequence[str]) -> None:
        named = [word.rpartition("=")[2].removeprefix("@") for word in words]
        if "-" in named:
            raise Refused("watch.py: standard input can be read but once, so it cannot be watched")
        self.named = [Path(name) for name in named if Path(name).is_file()]
        self.seen: dict[Path, children.Stamp] = {}

    def stamps(self) -> dict[Path, children.Stamp]:
        return {file: children.stamp_of(file) for file in (*children.sources(), *self.named)}

    def more(self) -> str:
        """A reason to stop what runs: there was another save."""
        return "saved meanwhile" if self.stamps() != self.seen else ""

    def wait(self) -> str:
        """Until a save lies still, at once for the first; which file is empty or gone, if any."""
        while not self.more():
            sleep(POLL_S)
        while self.seen != (now := self.stamps()):
            sleep(SETTLE_S * bool(self.seen))
            self.seen = now
        for file, stamp in now.items():
            if stamp is None:
                return f"code/{file.name}" if file.parent == children.HERE else str(file)
        return ""


# --- what a save did -----------------------------------------------------------------------------

Result = dict[str, Any]
FACTS = (  # of any script's JSON: its name, and what stands before, how it reads, what after
    ("cold_start_s", "", "{:.4g}", " s"),
    ("over_sla_fraction", "late ", "{:.2%}", ""),
    ("usd", "bill ", "${:,.2f}", ""),
    ("min_workers", "min_workers ", "{}", ""),
    ("usd_per_month", "", "${:,.2f}", " a month"),
)


def difference(was: Result, now: Result) -> str:
    """What an edit did, as shown: `node_provision_s 50 -> 40: 328 -> 318 s`."""
    old, new = (x.get("run", {}) | x.get("scenario", {}) for x in (was, now))
    figures = [
        f"{name} {shown(old.get(name))} -> {shown(x)}"
        for name, x in new.items()
        if old.get(name) != x and name != "cold_start_s"  # which is a run's result
    ]
    moved = []
    before, after = (x.get("run", {}) | x for x in (was, now))
    for name, label, form, unit in FACTS:
        old_x, new_x = before.get(name), after.get(name)
        if old_x != new_x and all(isinstance(x, (int, float)) for x in (old_x, new_x)):
            moved.append(f"{label}{form.format(old_x)} -> {form.format(new_x)}{unit}")
    what = ", ".join(figures) or ("no figure changed" if was == now else "other changes")
    return ": ".join(filter(None, (what, ", ".join(moved) or "path unchanged" * bool(figures))))


def shown(x: object) -> str:
    return "n/a" if x is None else f"{x:g}" if isinstance(x, float) else str(x)


# --- watching ------------------------------------------------------------------------------------


def tell(line: str) -> None:
    print(strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)


def watch(script: str, words: Sequence[str]) -> NoReturn:
    """Run a script at each save until Ctrl-C; Refused where its first words are no good."""
    saves, facts, above = Saves(words), Result(), ""
    encoding = sys.stdout.encoding
    while True:
        if gone := saves.wait():
            tell(f"{gone} is empty or gone: waiting for it{above}")
            continue
        progress.show("running")
        ended = children.run(script, words, saves.more, encoding)
        progress.show("")
        if ended.reason:
            if ended.refused and not above and "in code/" not in ended.reason:
                raise Refused(ended.reason)  # at the first run, and not for somebody's edit
            if not saves.more():  # else it was stopped for that, or was half written
                tell(ended.reason + above)
            continue
        print(ended.out, end="", flush=True)
        above = " (above: the last good run)"
        new, reason = figures_of(script, words, saves)
        ran = difference(facts, new) if facts and new else "ran; again at every save, until Ctrl-C"
        tell(reason or ran)
        facts = new or facts


def figures_of(script: str, words: Sequence[str], saves: Saves) -> tuple[Result, str]:
    """What a run's JSON says, to compare it with the next; or else why there is none."""
    if script == "measure.py":  # another every time, and long
        return {}, ""
    ended = children.run(script, [*words, "--json"], saves.more)
    try:
        return ({}, ended.reason) if ended.reason else (ended.json(), "")
    except ValueError:
        return {}, f"code/{script} prints more than its JSON: is there a print() in it?"


def run(argv: Sequence[str]) -> int:
    if argv[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    script, words = "main.py", list(argv)
    if words and not words[0].startswith("-"):
        script = Path(words.pop(0)).with_suffix(".py").name
    if script not in SCRIPTS:
        near = difflib.get_close_matches(script, SCRIPTS, 1)
        hint = f"did you mean {near[0]}?" if near else f"must be one of {', '.join(SCRIPTS)}"
        raise Refused(f"watch.py: {script!r:.40}: unknown; {hint}")
    watch(script, words)


if __name__ == "__main__":
    children.start(run)
