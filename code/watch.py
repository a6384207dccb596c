"""A script run again at every save, until Ctrl-C.

  python code/watch.py
  python code/watch.py plan.py --sla 20
  python code/watch.py traffic.py --trace requests.csv

Without a script it is main.py. Saves of any file of this folder count, and of a
trace, a log or an @FILE that the words name. Each run says when it ran and what
changed, on standard error. A broken save shows its file and line, and the last
good output stays above.
"""

import difflib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from time import sleep, strftime
from typing import Any, NoReturn

import children
from children import SCRIPTS, Refused
from progress import progress

MOST_NEWS = 14  # lines; a class sees some thirty at once
POLL_S, SETTLE_S = 0.1, 0.2  # between looks at the files; how long they must lie still


class Saves:
    """Files that are watched: those of this folder, and those that a command's words name."""

    def __init__(self, words: Sequence[str]) -> None:
        named = [word.rpartition("=")[2].removeprefix("@") for word in words]
        if "-" in named:
            raise Refused("watch.py: standard input can be read but once, so it cannot be watched")
        self.named = [Path(name) for name in named if os.path.isfile(name)]
        self.seen: dict[Path, children.Stamp] = {}

    def stamps(self) -> dict[Path, children.Stamp]:
        return {file: children.stamp_of(file) for file in (*children.sources(), *self.named)}

    def more(self) -> str:
        """A reason to stop what runs: there was another save."""
        return "saved meanwhile" if self.stamps() != self.seen else ""

    def wait(self) -> str:
        """Until a save lies still, at once for the first; which file is empty or gone, if any.

        A file that has been empty before is no matter.
        """
        before = self.seen
        while not self.more():
            sleep(POLL_S)
        while self.more():
            self.seen = self.stamps()
            sleep(SETTLE_S if before else 0)
        for file, stamp in before.items():
            if stamp and not self.seen.get(file):
                return f"code/{file.name}" if file.parent == children.HERE else str(file)
        return ""


# --- what a save did -----------------------------------------------------------------------------

Result = dict[str, Any]
Fact = tuple[str, str, str, str]  # where it is, and what stands before, how it reads, what after
FACTS: tuple[Fact, ...] = (  # of any script's JSON
    ("cold_start_s", "", "{:.4g}", " s"),
    ("over_sla_fraction", "late ", "{:.2%}", ""),
    ("usd", "bill ", "${:,.2f}", ""),
    ("min_workers", "min_workers ", "{}", ""),
    ("usd_per_month", "", "${:,.2f}", " a month"),
)
BESIDE: tuple[Fact, ...] = (  # what else the lesson has, where none of these moved
    ("break_even.requests_per_hour", "break-even ", "{:.3g}", "/h"),
    ("break_even.self_warm_requests_per_hour", "self-warm ", "{:.3g}", "/h"),
    ("warm_pool.usd_per_month", "pool ", "${:,.0f}", " a month"),
    ("migration.ship_tokens_s", "tokens there in ", "{:.3g}", " s"),
    ("migration.ship_kv_s", "KV cache there in ", "{:.3g}", " s"),
    ("migration.pause_s", "pause ", "{:.3g}", " s"),
)


def difference(was: Result, now: Result) -> str:
    """What an edit did, as shown: `node_provision_s 50 -> 40: 328 -> 318 s`."""
    old, new = (x.get("run", {}) | x.get("scenario", {}) for x in (was, now))
    figures = [
        f"{name} {shown(old.get(name))} -> {shown(x)}"
        for name, x in new.items()
        if old.get(name) != x and name != "cold_start_s"  # which is a run's result
    ]
    before, after = (x.get("run", {}) | x for x in (was, now))
    facts = moved(before, after, FACTS) or moved(before, after, BESIDE) or stacks_moved(was, now)
    figures += layers_changed(was, now)
    if not figures and not facts:
        return "no figure changed" if was == now else "other changes"
    return f"{', '.join(figures) or 'other changes'}: {', '.join(facts) or 'path unchanged'}"


def moved(before: Result, after: Result, facts: Sequence[Fact]) -> list[str]:
    """Those that have changed, with what they were."""
    said = []
    for name, label, form, unit in facts:
        old, new = (
            "none" if x is None else form.format(x) if isinstance(x, (int, float)) else ""
            for x in (fact(before, name), fact(after, name))
        )
        if old != new and name.partition(".")[0] in before:
            said.append(f"{label}{old} -> {new}{'' if new == 'none' else unit}")
    return said


def stacks_moved(was: Result, now: Result) -> list[str]:
    """The first stack of the lesson whose path has changed, where the lesson's own has not."""
    for old, new in zip(was.get("stacks", ()), now.get("stacks", ())):
        seconds = [f"{row['cold_start_s']:.4g}" for row in (old, new)]
        if old["layers"] == new["layers"] and seconds[0] != seconds[1]:
            return [f"behind {', '.join(new['layers'])} {' -> '.join(seconds)} s"]
    return []


def layers_changed(was: Result, now: Result) -> list[str]:
    """Layers that came and went, by the table of each alone."""
    old, new = ([row["name"] for row in x.get("alone", ())] for x in (was, now))
    came = [f"{name} is there" for name in new if old and name not in old]
    return came + [f"{name} is gone" for name in old if new and name not in new]


def fact(result: Result, name: str) -> object:
    """What stands in a result under `outer.inner`."""
    outer, _, inner = name.partition(".")
    return (result.get(outer) or {}).get(inner) if inner else result.get(outer)


def shown(x: object) -> str:
    return "n/a" if x is None else f"{x:g}" if isinstance(x, float) else str(x)


def news(was: str, now: str) -> str:
    """The lines that were not there before, once more below: a long report has scrolled away."""
    before = {*was.splitlines()}
    lines = [line for line in now.splitlines() if line not in before] if before else []
    more = [f"  and {len(lines) - MOST_NEWS} lines more"] if len(lines) > MOST_NEWS else []
    shown_lines = lines[:MOST_NEWS] + more
    return "".join(f"{line}\n" for line in ("", "New in it:", *shown_lines)) if lines else ""


# --- watching ------------------------------------------------------------------------------------


def tell(line: str) -> None:
    print(strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)


def watch(script: str, words: Sequence[str]) -> NoReturn:
    """Run a script at each save until Ctrl-C; Refused where its first words are no good."""
    saves, facts, above, good = Saves(words), Result(), "", ""
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
        new_lines = "" if "--json" in words else news(good, ended.out)
        print(ended.out + new_lines, end="", flush=True)
        above, good = " (above: the last good run)", ended.out
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
    except ValueError as error:
        return {}, str(error)


def run(argv: Sequence[str]) -> int:
    if argv[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    script, words = "main.py", list(argv)
    if words and not words[0].startswith("-"):
        script = words.pop(0).removeprefix("code/").removesuffix(".py") + ".py"
    if script not in SCRIPTS:
        near = difflib.get_close_matches(script, SCRIPTS, 1, 0.7)
        hint = f"did you mean {near[0]}?" if near else f"must be one of {', '.join(SCRIPTS)}"
        raise Refused(f"watch.py: {script!r:.40}: unknown; {hint}")
    watch(script, words)


if __name__ == "__main__":
    children.start(run)
