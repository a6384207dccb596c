"""The model beside published measurements: a model without an error bar teaches not to measure.

A row of `evidence.toml` goes through a formula of the lesson, behind layers, with figures that its
source states or that a "fit" row was fitted to: such a row is shown and never counted. The rest
are predictions of single phases; none is a whole cold start. Exit code 1 where their errors are
beyond what a model that holds may have.

  python code/evidence.py
  python code/evidence.py --set prefill_mfu=0.5
  python code/evidence.py --json
"""

import statistics
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import main
from main import BadInput, Bounds, Row, Scenario, duration, say, table

FILE = Path(__file__).with_name("evidence.toml")
FORMULAS = {phase.__name__: phase for phase in main.PHASES} | {
    "restore_snapshot": main.restore_snapshot,
    "prefill": main.recompute_s,
}
NUMBER = (int, float)
KEYS: dict[str, Any] = {  # of a row, and what stands behind them; the last two may be missing
    **dict.fromkeys(("id", "what", "of", "use", "formula"), str),
    "seconds": NUMBER,
    "figures": dict,
    "sources": list,
    "layers": list,
    "why": str,
}
KINDS = {str: "a text", NUMBER: "a number", dict: "a table", list: "a list"}
SHORT = ("preseed", "snapshot", "warm-node")  # the short stack, and whose figures it is tried with
FIRST_TOUCH, RESTORE = "eks-snapshot", "snapshot-72b"
MEDIAN_MOST, WORST_MOST = 0.15, 0.40  # errors of a model that holds [assumed]
NAMED = 4  # of the predictions that are off most


# --- rows ----------------------------------------------------------------------------------------


def read() -> tuple[list[Row], dict[str, str]]:
    """The rows, and what their sources stand for; BadInput that names the row that is wrong."""
    try:
        found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOMLDecodeError, which names line and column
        raise BadInput(f"in code/{FILE.name}: {error}") from None
    sources = main.SOURCES | found.get("sources", {})
    rows: list[Row] = found.get("row", [])
    for number, row in enumerate(rows, 1):
        where = f"in code/{FILE.name}, row {number}, {row.get('id')}: "
        if missing := KEYS.keys() - row.keys() - {"layers", "why"}:
            raise BadInput(f"{where}must have {', '.join(sorted(missing))}")
        for key, x in row.items():
            kind = KEYS[main.nearest(key, KEYS, where)]
            if not isinstance(x, kind):
                raise BadInput(f"{where}{key} = {x!r:.40}: must be {KINDS[kind]}")
        if row["id"] in [other["id"] for other in rows[: number - 1]]:
            raise BadInput(f"{where}id stands twice")
        for word, words in (
            (row["formula"], FORMULAS),
            (row["use"], ("fit", "predict")),
            *((name, main.FIGURES) for name in row["figures"]),
            *((name, main.BY_NAME) for name in row.get("layers", ())),
            *((name, sources) for name in row["sources"]),
        ):
            main.nearest(str(word), words, where)
        if must := Bounds(main.SMALLEST).refusal(row["seconds"]):
            raise BadInput(f"{where}seconds = {row['seconds']!r:.40}: {must}")
        main.check_figures(replace(Scenario(), **row["figures"]), where)
    for name in (FIRST_TOUCH, RESTORE):
        main.nearest(name, [row["id"] for row in rows], f"in code/{FILE.name} lacks a row ")
    main.nearest("predict", {row["use"] for row in rows}, f"in code/{FILE.name} lacks a use ")
    return rows, sources


def beside(s: Scenario, row: Row) -> Row:
    """A row, and what the model says to it."""
    there = replace(s, **{"weights_gb": None} | row["figures"])
    model_s = FORMULAS[row["formula"]](main.stack(there, row.get("layers", ())))
    return row | {"model_s": model_s, "error": model_s / row["seconds"] - 1}


def evidence(s: Scenario, rows: Sequence[Row]) -> Row:
    """The measurements, the errors of those that were predicted, and whether the model holds."""
    shown = [beside(s, row) for row in rows]
    tried = sorted((x for x in shown if x["use"] == "predict"), key=lambda x: -abs(x["error"]))
    errors = [abs(row["error"]) for row in tried]
    median, worst = statistics.median(errors), errors[0]
    broken = median > MEDIAN_MOST or worst > WORST_MOST
    # Reasons are of the model as it was.
    reasons = [row["what"] if broken else row.get("why", row["what"]) for row in tried[:NAMED]]
    return {
        "rows": shown,
        "predictions": len(tried),
        "median_error": median,
        "worst_error": worst,
        "off": "; ".join(f"{why} ({row['error']:+.0%})" for why, row in zip(reasons, tried)),
        "bounds": {"median": MEDIAN_MOST, "worst": WORST_MOST},
        "broken": broken,
    }


def measured_short(rows: Sequence[Row]) -> Row:
    """What others measured in place of the lesson's figures behind the short stack."""
    stated = {row["id"]: row["figures"] for row in rows}
    return {
        name: stated[where][name]
        for where, name in (
            (FIRST_TOUCH, "first_touch_s_per_gb"),
            (RESTORE, "snapshot_fixed_s"),
            (RESTORE, "snapshot_gb_s"),
        )
    }


def remembered(s: Scenario, rows: Sequence[Row]) -> Row:
    """What the model gives where the lesson has a figure to remember."""
    small, large = (replace(s, model=model, weights_gb=None) for model in ("7b", "70b"))
    raw_s, load_s = main.cold_start_s(large), main.load_default(large)
    there = replace(large, **measured_short(rows))
    return {
        "restore_s": main.restore_snapshot(small),
        "default_s": main.cold_start_s(main.stack(small, SHORT)),
        "warm_s": s.warm_ttft_s,
        "preseed_s": raw_s - main.cold_start_s(main.preseed(large)),
        "raw_s": raw_s,
        "stream_x": load_s / main.load_streamed(large),
        "tiered_x": load_s / main.load_tiered(large),
        "short_s": main.cold_start_s(main.stack(large, SHORT)),
        "whole_x": raw_s / main.cold_start_s(main.stack(large, SHORT)),
        "measured_s": main.cold_start_s(main.stack(there, SHORT)),
    }


def evidence_result(s: Scenario, names: Sequence[str]) -> Row:
    """Measurements and predictions, and the lesson's figures beside the model's."""
    (rows, sources), s = read(), main.unmeasured(s)
    used = dict.fromkeys(name for row in rows for name in row["sources"])
    found = evidence(s, rows)
    return {
        **main.head(s, names),
        "evidence": found,
        "sources": [{"name": name, "says": sources[name]} for name in used],
        "lesson": remembered(s, rows),
        "feasible": not found["broken"],
    }


# --- text ----------------------------------------------------------------------------------------


def show(r: Row) -> None:
    found = r["evidence"]
    say(
        f"{found['predictions']} phases predicted: median error {found['median_error']:.0%}, "
        f"worst {found['worst_error']:.0%}. Off: {found['off']}."
    )
    if found["broken"]:
        bounds = found["bounds"]
        say(
            f"Out of bounds: a median of {bounds['median']:.0%} and a worst of "
            f"{bounds['worst']:.0%} are allowed."
        )
    say(
        f"The lesson's {duration(r['lesson']['short_s'])} behind {', '.join(SHORT)} are not among "
        "them: with what others measured for first touch and restore that stack takes "
        f"{duration(r['lesson']['measured_s'])}."
    )
    main.show_changed(r)
    show_rows(found["rows"])
    show_lesson(r["lesson"])
    show_formulas(found["rows"])
    main.heading("Sources")
    for row in r["sources"]:
        say(f"{row['name']}: {row['says']}", "  ")


def show_rows(rows: Sequence[Row]) -> None:
    main.heading("Measurements, and what the model says")
    cells = [("", "measured", "model s", "took s", "error", "", "sources")]
    for number, row in enumerate(rows, 1):
        seconds = (f"{row['model_s']:.3g}", f"{row['seconds']:.4g}", f"{row['error']:+.1%}")
        use = "fit" if row["use"] == "fit" else ""
        cells.append((str(number), row["what"], *seconds, use, " ".join(row["sources"])))
    table(cells, "><>>><<")
    say(
        "A fit gave a figure its value, so it is no prediction and not counted. Above 0 the model "
        "is too slow. Each row has a model and layers of its own, whatever --model and --with say."
    )


def show_formulas(rows: Sequence[Row]) -> None:
    main.heading("The formula of code/main.py that each goes through, and the figures in it")
    for number, row in enumerate(rows, 1):
        behind = f" behind {', '.join(row['layers'])}" if row.get("layers") else ""
        figures = " ".join(f"{name}={x}" for name, x in row["figures"].items())
        say(f"{number}. {row['formula']}{behind}: {row['of']}; {figures}", "  ")


def show_lesson(lesson: Row) -> None:
    main.heading("The lesson's numbers to remember, and the model's")
    rows = [
        ("snapshots (Modal)", "2-4 s", duration(lesson["restore_s"]), "restore alone, 7b"),
        ("by default (Baseten)", "5-10 s", duration(lesson["default_s"]), "7b, the short stack"),
        ("pre-warmed", "sub-second", duration(lesson["warm_s"]), "on a free warm slot"),
        ("pre-seeding saves", "2-4 min", minutes(lesson["preseed_s"]), "image_pull, 70b"),
        ("raw 70B", "3-8 min", minutes(lesson["raw_s"]), "the whole path, 70b"),
        ("model streamer", "about 2x", f"{lesson['stream_x']:.1f}x", "weight_load, 70b"),
        ("tiered loading", "10-200x", f"{lesson['tiered_x']:.1f}x", "weight_load, 70b"),
        ("the whole stack", "22x", f"{lesson['whole_x']:.1f}x", "70b, the short stack"),
    ]
    table([("", "lesson", "model", "of what"), *rows], "<>><")
    say(
        f"The short stack is {', '.join(SHORT)}. 10-200x is end to end, with queueing and "
        "download; the paper's loader alone is 3.6-8.2x. These agree because the model's figures "
        "are the lesson's, so they prove nothing."
    )


def minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"


def run(argv: Sequence[str]) -> int:
    args = main.Parser(__doc__).read(argv)
    figures, names = main.asked(args)
    s = Scenario(**figures)
    result = evidence_result(s, names)
    if "json" in args:
        main.print_json(result)
    else:
        show(result)
    return 0 if result["feasible"] else 1


if __name__ == "__main__":
    main.start(run)
