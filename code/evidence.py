"""The model beside published measurements: a model without an error bar teaches not to measure.

Three parts that are never mixed. 1: single phases, predicted with the figures that their own
source states; exit code 1 where these errors are beyond what a model that holds may have. 2: whole
starts, and what the seconds of their own logs leave. 3: whole starts from sizes alone, always by
both sets of figures, and from the log of the same with a layer less.

  python code/evidence.py
  python code/evidence.py --set prefill_mfu=0.5
  python code/evidence.py --json
"""

import statistics
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import main
from main import BadInput, Bounds, Row, Scenario, duration, say, table

FILE = Path(__file__).with_name("evidence.toml")
WHOLE = "cold_start"  # the formula of a whole start
FORMULAS = {phase.__name__: phase for phase in main.PHASES} | {
    "restore_snapshot": main.restore_snapshot,
    "prefill": main.recompute_s,
    WHOLE: main.cold_start_s,
}
NUMBER = (int, float)
KINDS = {str: "a text", NUMBER: "a number", dict: "a table", list: "a list"}
NEEDED: dict[str, Any] = {  # keys of a row, and what stands behind them
    **dict.fromkeys(("id", "what", "hardware", "formula"), str),
    "seconds": NUMBER,
    "sources": list,
}
KEYS = NEEDED | {
    **dict.fromkeys(("figures", "sizes"), dict),
    **dict.fromkeys(("use", "why", "gave", "outside", "date", "trust"), str),
    "layers": list,
}
PAIR_NEEDED: dict[str, Any] = {"what": str, "first": str, "second": str, "layers": list}
PAIR_KEYS = PAIR_NEEDED | {"figures": dict, "why": str}
SOURCE_NEEDED: dict[str, Any] = {"date": str, "trust": str}
SHORT = ("preseed", "snapshot", "warm-node")  # the short stack
MEDIAN_MOST, WORST_MOST = 0.15, 0.40  # errors of a model that holds [assumed]
NAMED = 4  # of the predictions that are off most


# --- rows ----------------------------------------------------------------------------------------


def check_table(x: object, where: str) -> list[str]:
    """The keys of a table; BadInput where it is none."""
    if not isinstance(x, dict):
        raise BadInput(f"{where}{x!r:.40}: must be a table")
    return list(x)


def check_keys(row: Row, needed: Row, keys: Row, where: str) -> None:
    """Raise BadInput for a key that lacks, that is unknown, or that holds something else."""
    if missing := needed.keys() - row.keys():
        raise BadInput(f"{where}must have {', '.join(sorted(missing))}")
    for key, x in row.items():
        kind = keys[main.nearest(key, keys, where)]
        if not isinstance(x, kind) or isinstance(x, bool):
            raise BadInput(f"{where}{key} = {x!r:.40}: must be {KINDS[kind]}")


def check_words(words: Iterable[object], allowed: Iterable[str], where: str) -> None:
    known = list(allowed)
    for word in words:
        main.nearest(str(word), known, where)


def check_row(row: Row, sources: Row, where: str) -> None:
    """Raise BadInput that names what is wrong with a row."""
    check_keys(row, NEEDED, KEYS, where)
    check_words([row["formula"]], FORMULAS, where)
    check_words(row["sources"] or [""], sources, where)
    check_words(row.get("layers", ()), main.BY_NAME, where)
    check_words([row["gave"]] if "gave" in row else [], main.FIGURES, where)
    check_words([row.get("use", "predict")], ("fit", "predict"), where)
    if must := Bounds(main.SMALLEST).refusal(row["seconds"]):
        raise BadInput(f"{where}seconds = {row['seconds']!r:.40}: {must}")
    if "figures" not in row and "sizes" not in row:
        raise BadInput(f"{where}must have figures, sizes or both")
    for figures in (row.get("figures", {}), row.get("sizes", {})):
        check_words(figures, main.FIGURES, where)
        main.check_figures(replace(Scenario(), **figures), where)
    if "known_cold_start_s" in row.get("figures", {}):
        raise BadInput(f"{where}known_cold_start_s: must be left out: phases are told")
    if "outside" in row:
        _, _, listed = " ".join((main.__doc__ or "").split()).partition("Not modelled: ")
        check_words([row["outside"]], listed.rstrip(".").split(", "), f"{where}outside: ")


def check_pair(pair: Row, rows: Sequence[Row], where: str) -> None:
    """Raise BadInput where a pair is not of two whole starts, the first with its log's seconds."""
    check_keys(pair, PAIR_NEEDED, PAIR_KEYS, where)
    whole = [row for row in rows if row["formula"] == WHOLE]
    check_words([pair["first"]], [row["id"] for row in whole if "figures" in row], where)
    check_words([pair["second"]], [row["id"] for row in whole], where)
    check_words(pair["layers"], main.BY_NAME, where)
    check_words(pair.get("figures", {}), main.FIGURES, where)
    main.check_figures(replace(Scenario(), **pair.get("figures", {})), where)


def tables(found: Row, key: str, where: str) -> list[tuple[str, Row]]:
    """What stands under [[key]], each with the words that name it where it is wrong."""
    rows = found.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{where}{key}: must be tables, each under [[{key}]]")
    return [
        (f"{where}{key} {number}{', {id}'.format(**row) if 'id' in row else ''}: ", row)
        for number, row in enumerate(rows, 1)
    ]


def read_sources(found: Row, where: str) -> Row:
    """What each tag stands for; the words are those of code/main.py where it has them."""
    sources = found.get("sources", {})
    keys = SOURCE_NEEDED | {"says": str}
    for name in check_table(sources, f"{where}sources: "):
        check_table(sources[name], f"{where}source {name}: ")
        sources[name] = {"says": main.SOURCES.get(name)} | sources[name]
        check_keys(sources[name], keys, keys, f"{where}source {name}: ")
    return dict(sources)


def read() -> Row:
    """Rows, pairs of starts and sources; BadInput that names the row that is wrong."""
    where = f"in code/{FILE.name}, "
    try:
        found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOMLDecodeError, which names line and column
        raise BadInput(f"in code/{FILE.name}: {error}") from None
    sources, rows = read_sources(found, where), list[Row]()
    for named, row in tables(found, "row", where):
        check_row(row, sources, named)
        if row["id"] in [other["id"] for other in rows]:
            raise BadInput(f"{named}id stands twice")
        told = sources[row["sources"][0]]
        also = {"use": "predict", "layers": [], "date": told["date"], "trust": told["trust"]}
        rows.append(also | row)
    pairs = tables(found, "pair", where)
    for named, pair in pairs:
        check_pair(pair, rows, named)
    return {"rows": rows, "pairs": [pair for _, pair in pairs], "sources": sources}


def part(rows: Sequence[Row], key: str, whole: bool) -> list[Row]:
    """The rows that have this key, whole starts or phases."""
    return [row for row in rows if key in row and (row["formula"] == WHOLE) is whole]


def some(rows: list[Row], what: str) -> list[Row]:
    """These rows; BadInput where there is none."""
    if not rows:
        raise BadInput(f"in code/{FILE.name}: must have a row that {what}")
    return rows


# --- part 1: phases, with the figures of their own sources ---------------------------------------


def error(model_s: float, row: Row) -> Row:
    return {"model_s": model_s, "error": model_s / row["seconds"] - 1}


def beside(s: Scenario, row: Row) -> Row:
    """A row of a phase, and what the model says to it with the figures of its source."""
    there = replace(main.of_model(s, s.model), **row["figures"])
    return row | error(FORMULAS[row["formula"]](main.stack(there, row["layers"])), row)


def phases(s: Scenario, rows: Sequence[Row]) -> Row:
    """The measurements, the errors of those that were predicted, and whether the model holds."""
    shown = [beside(s, row) for row in part(rows, "figures", whole=False)]
    tried = [row for row in shown if row["use"] == "predict" and "outside" not in row]
    tried = sorted(some(tried, "predicts a phase"), key=lambda row: -abs(row["error"]))
    errors = [abs(row["error"]) for row in tried]
    median, worst = statistics.median(errors), errors[0]
    broken = median > MEDIAN_MOST or worst > WORST_MOST
    off: dict[str, float] = {}  # by reason, the worst of each
    for row in tried:  # reasons are of the model as it was
        why = row["what"] if broken else row.get("why", row["what"])
        off.setdefault(str(why), row["error"])
    apart = [f"{row['outside']} ({row['error']:+.0%})" for row in shown if "outside" in row]
    return {
        "rows": shown,
        "predictions": len(tried),
        "median_error": median,
        "worst_error": worst,
        "off": "; ".join(f"{why} ({x:+.0%})" for why, x in [*off.items()][:NAMED]),
        "outside": apart,
        "bounds": {"median": MEDIAN_MOST, "worst": WORST_MOST},
        "broken": broken,
    }


# --- part 2: whole starts with the seconds of their own logs -------------------------------------


def start(row: Row) -> Row:
    """What the seconds of a log leave of its start; `ready_s` is from the container on."""
    told = main.path(Scenario(**row["figures"]))
    explained_s, before_s = sum(told.values()), told["node_provision"] + told["image_pull"]
    return row | {
        "phases": told,
        "explained_s": explained_s,
        "ready_s": row["seconds"] - before_s,
        "rest_s": row["seconds"] - explained_s,
    }


def starts(rows: Sequence[Row]) -> Row:
    """Whole starts, and the share from container to ready that is in no step of their logs."""
    shown = [start(row) for row in part(rows, "figures", whole=True)]
    whole = [row for row in shown if row["phases"]["engine_init"]]
    some(whole, "is a whole start with its engine's seconds")
    rest_s, ready_s = (sum(row[key] for row in whole) for key in ("rest_s", "ready_s"))
    return {"rows": shown, "rest_share": rest_s / ready_s}


# --- part 3: whole starts from sizes alone, and from the log of a start with a layer less --------


def blind(s: Scenario, row: Row) -> Row:
    """What each set of figures makes of a row's sizes."""
    sets = {}
    for name in main.FIGURE_SETS:
        there = main.of_model(main.scenario(name, **main.own_figures(s)), s.model)
        there = replace(there, **row["sizes"])
        sets[name] = error(FORMULAS[row["formula"]](main.stack(there, row["layers"])), row)
    return row | {"sets": sets}


def errors_of(rows: Sequence[Row], figure_set: str) -> Row:
    """How far off one set is, and on which side."""
    found = [row["sets"][figure_set]["error"] for row in rows]
    return {
        "figures": figure_set,
        "median_error": statistics.median(map(abs, found)),
        "too_fast": sum(x < 0 for x in found),
        "too_slow": sum(x >= 0 for x in found),
        "low": min(found),
        "high": max(found),
    }


def sizes(s: Scenario, rows: Sequence[Row]) -> Row:
    """Whole starts and single phases as somebody would guess them who knows the model alone."""
    shown = [blind(s, row) for row in part(rows, "sizes", whole=True)]
    others = [row for row in shown if "gave" not in row]
    some(others, "is a whole start with sizes, and gave no figure")
    single = [blind(s, row) for row in part(rows, "sizes", whole=False)]
    by_formula = {
        name: [row for row in single if row["formula"] == name]
        for name in dict.fromkeys(row["formula"] for row in single)
    }
    return {
        "rows": shown,
        "sets": [errors_of(shown, name) for name in main.FIGURE_SETS],
        "gave_none": errors_of(others, "measured"),
        "phases": [
            {
                "formula": name,
                "rows": mine,
                "low_s": min(row["seconds"] for row in mine),
                "high_s": max(row["seconds"] for row in mine),
                "sets": [errors_of(mine, each) for each in main.FIGURE_SETS],
            }
            for name, mine in by_formula.items()
        ],
    }


def pair(s: Scenario, found: Row, rows: Sequence[Row]) -> Row:
    """The second start of a pair, from what the first's log says and the layers between them."""
    by_id = {row["id"]: row for row in rows}
    first, second = start(by_id[found["first"]]), by_id[found["second"]]
    process_s = first["figures"].get("process_start_s", 0.0) + first["rest_s"]
    figures = first["figures"] | {"process_start_s": process_s} | found.get("figures", {})
    there = replace(main.of_model(s, s.model), **figures)
    model_s = main.cold_start_s(main.stack(there, found["layers"]))
    took = {"first_s": first["seconds"], "seconds": second["seconds"]}
    return found | took | error(model_s, second)


# --- all of it -----------------------------------------------------------------------------------


def remembered() -> Row:
    """What the model gives where the lesson has a figure to remember: by the lesson's figures."""
    small, large = (Scenario(model=model) for model in ("7b", "70b"))
    raw_s, load_s = main.cold_start_s(large), main.load_default(large)
    short = main.stack(large, SHORT)
    there = main.stack(main.scenario("measured", model="70b"), SHORT)
    return {
        "restore_s": main.restore_snapshot(small),
        "default_s": main.cold_start_s(main.stack(small, SHORT)),
        "warm_s": small.warm_ttft_s,
        "preseed_s": raw_s - main.cold_start_s(main.preseed(large)),
        "raw_s": raw_s,
        "stream_x": load_s / main.load_streamed(large),
        "tiered_x": load_s / main.load_tiered(large),
        "short_s": main.cold_start_s(short),
        "whole_x": raw_s / main.cold_start_s(short),
        "measured_s": main.cold_start_s(there),
    }


def evidence(s: Scenario, names: Sequence[str]) -> Row:
    """The three parts, and the lesson's figures beside the model's."""
    found = read()
    rows, sources = found["rows"], found["sources"]
    used = dict.fromkeys(name for row in rows for name in row["sources"])
    first = phases(s, rows)
    return {
        **main.head(s, names),
        "phases": first,
        "starts": starts(rows),
        "sizes": sizes(s, rows),
        "pairs": [pair(s, each, rows) for each in found["pairs"]],
        "sources": [{"name": name, **sources[name]} for name in used],
        "lesson": remembered(),
        "feasible": not first["broken"],
    }


# --- text ----------------------------------------------------------------------------------------


def show(r: Row) -> None:
    show_finding(r)
    main.show_changed(r)
    show_phases(r["phases"]["rows"])
    show_starts(r["starts"]["rows"])
    show_sizes(r["sizes"])
    show_pairs(r["pairs"])
    show_lesson(r["lesson"])
    main.heading("Sources")
    for row in r["sources"]:
        say(f"{row['name']}: {row['says']}; {row['date']}", "  ")
    say("Figures and ids of all rows stand in code/evidence.toml, and in --json.")


def show_finding(r: Row) -> None:
    found, (lesson, measured) = r["phases"], r["sizes"]["sets"]
    apart = "".join(f" One more lies outside the model: {each}." for each in found["outside"])
    say(
        f"{found['predictions']} phases predicted: median error {found['median_error']:.0%}, "
        f"worst {found['worst_error']:.0%}. Off: {found['off']}.{apart}"
    )
    if found["broken"]:
        bounds = found["bounds"]
        say(
            f"Out of bounds: a median of {bounds['median']:.0%} and a worst of "
            f"{bounds['worst']:.0%} are allowed."
        )
    pairs = [abs(row["error"]) for row in r["pairs"]]
    log = (
        f"; from a log of one's own and a layer more, by {max(pairs):.0%} at most" if pairs else ""
    )
    say(
        f"Whole starts: {r['starts']['rest_share']:.0%} of the seconds from container to ready "
        "are in no step of their logs. From sizes alone, the lesson's figures are off by "
        f"{lesson['median_error']:.0%} (median; {lesson['too_fast']} of "
        f"{len(r['sizes']['rows'])} too fast), those measured by {measured['median_error']:.0%} "
        f"({measured['too_fast']} too fast; {measured['low']:+.0%} to "
        f"{measured['high']:+.0%}){log}."
    )


def show_phases(rows: Sequence[Row]) -> None:
    main.heading("1 Phases, predicted with the figures of their own source")
    cells: list[tuple[str, ...]] = [("", "model s", "took s", "error", "", "what")]
    for number, row in enumerate(rows, 1):
        seconds = (f"{row['model_s']:.3g}", f"{row['seconds']:.4g}", f"{row['error']:+.1%}")
        use = "fit" if row["use"] == "fit" else "apart" if "outside" in row else ""
        cells.append((str(number), *seconds, use, of_what(row)))
    table(cells, ">>>><<")
    say(
        "A fit gave a figure its value, so it is no prediction and not counted. Above 0 the model "
        "is too slow. Each row has a model and layers of its own, whatever --model and --with say."
    )


def of_what(row: Row) -> str:
    return f"{row['what']}; {row['hardware']} [{' '.join(row['sources'])}]"


def show_starts(rows: Sequence[Row]) -> None:
    main.heading("2 Whole starts, and what the seconds of their own logs leave")
    cells: list[tuple[str, ...]] = [("took s", "in phases", "rest s", "what; where the rest goes")]
    for row in rows:
        seconds = (main.number(row[key]) for key in ("seconds", "explained_s", "rest_s"))
        cells.append((*seconds, f"{of_what(row)}: {row.get('why', '')}"))
    table(cells, ">>><")
    say(
        "Nothing is predicted here. Imports, workers and NCCL are the rest: process_start_s, "
        "which the lesson does not know."
    )


def show_sizes(r: Row) -> None:
    main.heading("3 Whole starts from sizes alone, by each set of figures")
    cells: list[tuple[str, ...]] = [("took s", "lesson", "error", "measured", "error", "", "what")]
    for row in r["rows"]:
        guesses = [
            x
            for each in row["sets"].values()
            for x in (main.number(each["model_s"]), f"{each['error']:+.0%}")
        ]
        gave = "gave" if "gave" in row else ""
        cells.append((main.number(row["seconds"]), *guesses, gave, of_what(row)))
    table(cells, ">>>>><<")
    others = r["gave_none"]
    say(
        "Known are the weights, the GPUs, the layers, and from where to where it starts. A row "
        "marked gave has given the measured set a figure; without those its median error is "
        f"{others['median_error']:.0%}. Engines start slower since 2024, so starts of that year "
        "are in part 2 alone."
    )
    cells = [("phase", "rows", "took s", "lesson", "measured")]
    for row in r["phases"]:
        spread = main.span(row["low_s"], row["high_s"])
        off = (f"{each['median_error']:.0%}" for each in row["sets"])
        cells.append((row["formula"], str(len(row["rows"])), spread, *off))
    print()
    table(cells, "<>>>>")
    say(
        "The same of single phases: the median error of each set. The measured engine is that of "
        "a 70B over four GPUs, and a small model's starts sooner."
    )


def show_pairs(rows: Sequence[Row]) -> None:
    main.heading("From the log of a start to the same with a layer more")
    cells: list[tuple[str, ...]] = [
        ("log s", "predicted", "took s", "error", "layers added", "what")
    ]
    for row in rows:
        seconds = (main.number(row[key]) for key in ("first_s", "model_s", "seconds"))
        what = f"{row['what']}: {row['why']}" if "why" in row else row["what"]
        cells.append((*seconds, f"{row['error']:+.1%}", ", ".join(row["layers"]), what))
    table(cells, ">>>><<")


def show_lesson(lesson: Row) -> None:
    main.heading("The lesson's numbers to remember, and the model's by the lesson's figures")
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
        "are the lesson's, so they prove nothing: with --figures measured the short stack takes "
        f"{duration(lesson['measured_s'])}, not {duration(lesson['short_s'])}."
    )


def minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"


def run(argv: Sequence[str]) -> int:
    args = main.Parser(__doc__).read(argv)
    result = evidence(*main.asked(args))
    if "json" in args:
        main.print_json(result)
    else:
        show(result)
    return 0 if result["feasible"] else 1


if __name__ == "__main__":
    main.start(run)
