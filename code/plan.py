"""From an SLA to a stack and a pool: every stack, every pool size, and pools by the hour.

A run of the same requests judges each, for a second model could disagree with the first: P99
holds where at most 1% of them were late. So a plan says what `traffic.py` shows. `planner`
searches, `reasons` says why; here they become a page or JSON.

  python code/plan.py --model 8b --sla 3 --rate 30
  python code/plan.py --sla 20 --rate 200 --forbid warm-pool --budget 9000
  python code/plan.py --pattern 8-20:40 --keep-alive 60,300,900
  python code/plan.py --set pool_usd_per_hour=2.5 --cold-start-s 120
  python code/plan.py --sla 4 --pattern diurnal --prefer cost --markdown
  python code/plan.py --tiers paid:2:30,trial:10:10,batch:600:5
"""

import argparse
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace
from statistics import fmean

import main
import reasons
import traffic
from arrivals import Traffic
from endpoint import mean_cold_s, workers
from main import BadInput, Bounds, Row, Scenario, dollars, number, plain
from planner import Choice, Limits, Planner, Pool, best, choice_of, pool_of
from progress import progress
from reasons import named, pool_text
from traffic import duration

Tier = tuple[str, float, float]  # name, SLA in s, requests/h

TIERS = "paid:2:30,trial:10:10,batch:600:5"  # what --tiers plans where it stands alone [assumed]
LEAST = {"layers": "Fewest layers", "cost": "Cheapest"}  # by what is preferred
SEVERAL = "several limits together"
BINDS = {
    "budget": "the budget",
    "max_workers": "how many replicas may run",
    "layer": "which layers are forbidden or required",
    "schedule": "the hours of the pool",
    "sla": "the promise itself",
    SEVERAL: f"{SEVERAL}, for no change of one would do",
}
IDLE = "keep_alive_s"  # which a plan may have chosen
IN_HOURS = "paid in its hours, and one cold start ahead of them"
WEEK_H = 168  # hours; a trace of fewer has not seen every day of it
FEW = 1000  # requests of a run, too few to tell a P99 well
PLAN = ("layers", "min_workers", "schedule", "keep_alive_s", "cold_start_s", "p99_ttft_s",
        "p999_ttft_s", "max_ttft_s", "over_sla_fraction", "usd_per_month", "cold_starts_per_day",
        "peak_replicas", "waiting_at_end")  # fmt: skip

# --- results -------------------------------------------------------------------------------------


def options_of(how: Traffic | Limits) -> list[str]:
    """The options that were given, as they are typed."""
    options = []
    for field in fields(how):
        value, option = getattr(how, field.name), f"--{field.name.replace('_', '-')}"
        if value is True:
            options.append(option)
        elif isinstance(value, (list, tuple)):
            options += [f"{option} {','.join(value)}"] if value else []
        elif value != field.default:
            options.append(f"{option} {shlex.quote(main.told(value))}")
    return options


def same_run(s: Scenario, names: Sequence[str], how: Traffic) -> str:
    """The command that shows this plan's run, of one product."""
    hours = [f"--hours {how.hours:g}"] if how.trace is None and how.hours == Traffic.hours else []
    return main.typed("traffic.py", s, names, *hours, *options_of(how))


def plan_result(s: Scenario, how: Traffic, limits: Limits, idle_s: Sequence[float] = ()) -> Row:
    """The plan within these limits, or why there is none."""
    planner = Planner(s, how, limits, idle_s)
    plans, other_way = planner.plans(), "cost" if limits.prefer == "layers" else "layers"
    plan, other = best(plans, limits.prefer), best(plans, other_way)
    shown = plan or {**dict.fromkeys(PLAN), "layers": [], "min_workers": 0}
    names, idle = tuple(shown["layers"]), shown["keep_alive_s"] or planner.idle_s[0]
    how = replace(planner.how, min_workers=shown["min_workers"], schedule=shown["schedule"])
    relaxed = [] if plan else reasons.relaxations(planner)
    always = max(min(planner.busy(), how.max_workers or planner.busy()), 1)
    s = replace(s, keep_alive_s=idle)
    if (replicas := planner.replicas(pool_of(shown))) != workers(main.stack(s, names), how)[1]:
        how = replace(how, max_workers=replicas)
    nothing = planner.plan(Choice((), idle))
    ran = replace(
        how, hours=planner.run(Choice((), idle))["hours"], max_workers=workers(s, how)[1]
    )
    needless = plan and not {"warm-pool", "warm-node"} & {*names}
    return {
        "run": asdict(ran)
        | {"cold_start_s": mean_cold_s(main.stack(s, names), how)}
        | asdict(planner.limits),
        "feasible": plan is not None,
        **(plan or dict.fromkeys(PLAN)),
        "tail_policy": plan and reasons.tail_policy(planner, plan),
        "failure_mode": plan and reasons.failure_mode(planner, plan),
        "alert": plan and reasons.alert(planner, plan),
        **main.head(s, names),
        "changed": [x for x in main.changed(s) if len(planner.idle_s) == 1 or x["name"] != IDLE],
        "why": [*reasons.why(planner, shown)],
        "other": other and {"prefer": other_way, **other},
        "longer": plan and planner.longer(plan),
        "late_in_draws": planner.shares_late(choice_of(plan)) if plan else [],
        "rejected": reasons.rejected(planner, plan),
        "binding": relaxed[0]["kind"] if relaxed else None if plan else SEVERAL,
        "relaxations": relaxed,
        "mandatory": "" if needless else reasons.mandatory(s, limits.forbid),
        "phases": main.phase_rows(s, names),
        "doing_nothing": nothing,
        "always_on": planner.plan(Choice(("warm-pool",), idle, Pool(always))),
        "most_in_flight": planner.in_flight,
        "command": same_run(s, names, how),
        "trace": traffic.trace_row(planner.asked.trace),
        "requests": planner.count,
    }


def tiers_result(
    s: Scenario, how: Traffic, limits: Limits, tiers: Sequence[Tier], idle_s: Sequence[float] = ()
) -> Row:
    """A plan for each tier of users, against one pool for all at the hardest promise."""
    _, slas, rates = zip(*tiers)
    options = [*options_of(how), *options_of(limits)]
    rows: list[Row] = []
    for name, sla_s, rate in (*tiers, ("one pool", min(slas), sum(rates))):
        tier = {"sla_s": sla_s, "requests_per_hour": rate}
        plan = best(Planner(replace(s, **tier), how, limits, idle_s).plans(), limits.prefer)
        rows.append(
            {
                "name": name,
                **tier,
                "feasible": plan is not None,
                **(plan or dict.fromkeys(PLAN)),
                "command": main.typed("plan.py", replace(s, **tier), [], *options),
            }
        )
    *apart, pooled = rows
    hardest, feasible = apart[slas.index(min(slas))], all(row["feasible"] for row in apart)
    rents = [x for row in apart for x in main.shared_rents(row["layers"] or ())]
    again = Counter(rents) - Counter({*rents})  # by a second tier, where one serves all
    shared = main.standing_usd_per_month(s, again.elements())
    return {
        **main.head(s, limits.require),
        "feasible": feasible,
        "tiers": apart,
        "usd_per_month": sum(row["usd_per_month"] for row in apart) - shared if feasible else None,
        "one_pool": pooled,
        "premium": hardest["name"],
        "dedicated_usd_per_month": max(pool_of(hardest).size(), 1) * main.replica_usd_per_month(s),
    }


# --- text ----------------------------------------------------------------------------------------


class Page:
    """How a plan is written: on a terminal, or as Markdown to hand over."""

    def title(self, text: str) -> None:
        """None on a terminal, where the command stands above it."""

    def heading(self, text: str) -> None:
        main.heading(text)

    def say(self, text: str) -> None:
        main.say(text)

    def items(self, texts: Sequence[str]) -> None:
        for text in texts:
            main.say(f"- {text}", "  ")

    def table(self, rows: Sequence[Sequence[str]], align: str) -> None:
        print()
        main.table(rows, align)

    def command(self, text: str) -> None:
        print(f"\n  {text}")


class Markdown(Page):
    def title(self, text: str) -> None:
        print(f"# {text}")

    def heading(self, text: str) -> None:
        print(f"\n## {text}")

    def say(self, text: str) -> None:
        print(f"\n{text}")

    def items(self, texts: Sequence[str]) -> None:
        if texts:
            print("".join(f"\n- {text}" for text in texts))

    def table(self, rows: Sequence[Sequence[str]], align: str) -> None:
        sides = ("---:" if side == ">" else "---" for side in align)
        print()
        for row in (rows[0], (*sides,), *rows[1:]):
            cells = [cell for cell, _ in zip(row, align, strict=True)]
            print(f"| {' | '.join(cells)} |")

    def command(self, text: str) -> None:
        print(f"\n```sh\n{text}\n```")


def show_dear(r: Row, page: Page) -> None:
    """First of all, that replicas around the clock would do it for less."""
    always, usd = r["always_on"], r["usd_per_month"] or 0.0
    if usd > always["usd_per_month"] and main.holds_p99(1, always["over_sla_fraction"]):
        out = " It leaves warm-pool out, as asked." if "warm-pool" in r["run"]["forbid"] else ""
        page.say(
            f"This plan costs more than always on: {dollars(usd)} a month, where a pool of "
            f"{pool_text(always)} around the clock, and no other layer, takes "
            f"{dollars(always['usd_per_month'])} and keeps the promise too.{out}"
        )


def show_tail(r: Row, page: Page) -> None:
    """What P99 does not tell: how long those wait whom it leaves out."""
    if not r["over_sla_fraction"]:
        page.say(f"P99 is {duration(r['p99_ttft_s'])}, and no request is late.")
        return
    page.say(
        f"P99 of {duration(r['scenario']['sla_s'])} holds while {r['over_sla_fraction']:.2%} of "
        f"requests are late: P99 is {duration(r['p99_ttft_s'])}, P99.9 "
        f"{duration(r['p999_ttft_s'])}, and the longest waits {duration(r['max_ttft_s'])}."
    )
    if len(shares := r["late_in_draws"]) > 1:
        page.say(
            f"Nodes go away by chance: over {len(shares)} draws of that, {fmean(shares):.2%} are "
            f"late, {min(shares):.2%} to {max(shares):.2%}."
        )
    if longer := r["longer"]:
        more = dollars(longer["usd_per_month"] - r["usd_per_month"])
        page.say(
            f"With schedule {longer['schedule']}, for {more} a month more, "
            f"{longer['over_sla_fraction']:.2%} are late."
        )


def show_finding(r: Row, page: Page) -> None:
    other = r["other"]
    if r["feasible"]:
        show_dear(r, page)
        page.say(f"{LEAST[r['run']['prefer']]}: {named(r)}.")
        show_tail(r, page)
        if r["schedule"] and r["scenario"]["pool_usd_per_hour"] is not None:
            page.say(
                "The pool's price is paid in its hours alone. Where a GPU is reserved around the "
                f"clock, always on costs {dollars(r['always_on']['usd_per_month'])} a month, and "
                "hours save nothing."
            )
        if named(other) == named(r):
            page.say("No other plan that holds P99 has fewer layers, or costs less.")
        else:
            page.say(f"{LEAST[other['prefer']]}: {named(other)}.")
    else:
        page.say(f"No plan keeps it within these limits. What binds: {BINDS[r['binding']]}.")
        page.items(
            [f"what alone would do: {x['change']}; then {named(x)}" for x in r["relaxations"]]
        )
    if r["mandatory"]:
        page.say(r["mandatory"])


def show_plan(r: Row, s: Scenario, how: Traffic, page: Page) -> None:
    page.title(f"Plan for the {s.model}, P99 {duration(s.sla_s)} to the first token")
    show_finding(r, page)
    asked, run = traffic.asked_of(s, how), r["run"]
    judged = f"judged by a run of {plain(run['hours'])} h, seed {run['seed']}"
    judged += ", at first with nothing ready but the pool"
    page.heading("What was asked")
    page.say(f"P99 of {duration(s.sla_s)} at {asked}, {judged}. {main.priced(s)}")
    if r["trace"]:
        page.say(traffic.read_text(r["trace"], r["requests"]))
        if run["hours"] < WEEK_H:
            days = plain(run["hours"] / 24)
            page.say(f"A month is counted as if each day of it were like these {days}.")
    if r["requests"] < FEW:
        page.say(f"{plain(r['requests'])} requests are few: P99 hangs on the slowest few of them.")
    page.items([*limits_text(r), *main.changes(r), *(about(r, name) for name in r["layers"])])
    show_path(r, page)
    if how.jitter:
        mean_s = duration(run["cold_start_s"])
        page.say(f"With phases drawn from their ranges a cold start takes {mean_s} on average.")
    if how.patience_s is not None:
        gone_s = duration(how.patience_s)
        page.say(f"P99 is of those served; who gave up after {gone_s} counts as late.")
    if r["why"]:
        show_why(r, page)
    show_beside(r, page)
    if r["feasible"]:
        page.heading("What it means")
        words = {"Tail": "tail_policy", "Failure": "failure_mode", "Alert": "alert"}
        page.items([f"{word}: {r[key]}." for word, key in words.items()])
    if r["rejected"]:
        page.heading("Rejected")
        page.items([f"{named(row)}. {row['reason']}." for row in r["rejected"]])
    what = "The same run" if r["feasible"] else "Doing nothing"
    page.heading(f"{what}, for one product; its dollars are of {plain(run['hours'])} h")
    page.command(r["command"])


def limits_text(r: Row) -> Iterator[str]:
    """What binds a plan beside the promise, and what happens to its nodes."""
    run = r["run"]
    if run["budget"] is not None:
        yield f"budget: {dollars(run['budget'])} a month for the whole bill"
    if run["evictions_per_day"]:
        yield f"nodes go away, that of each replica {plain(run['evictions_per_day'])} times a day"
    for what, names in (("without", run["forbid"]), ("with", run["require"])):
        if names:
            yield f"{what} {', '.join(names)}, as asked"


def about(r: Row, name: str) -> str:
    """A layer's tool, price and needs; a pool's size and hours are the plan's."""
    if name != "warm-pool" or not r["feasible"]:
        return main.about(name)
    paid = f"{r['schedule']}, {IN_HOURS}" if r["schedule"] else "paid around the clock"
    return f"{name}: min_workers {plain(r['min_workers'])}; {paid}; overflow pays the path"


def show_path(r: Row, page: Page) -> None:
    if not r["phases"]:
        page.say(
            f"Of the cold start only the total is known, {duration(r['run']['cold_start_s'])}."
        )
        return
    rows = [("phase", "raw s", "here s")]
    rows += [(x["name"], number(x["raw_seconds"]), number(x["seconds"])) for x in r["phases"]]
    raw_s, path_s = (sum(x[name] for x in r["phases"]) for name in ("raw_seconds", "seconds"))
    page.table([*rows, ("total", number(raw_s), number(path_s))], "<>>")


def show_why(r: Row, page: Page) -> None:
    """What each layer attacks and saves, and what it costs beside money."""
    cells = [("layer", "attacks", "saves", "price")]
    for row in r["why"]:
        layer = main.BY_NAME[row["layer"]]
        attacks, price = ", ".join(layer.attacks) or layer.aim, layer.tradeoff
        if layer.name == "warm-pool" and r["schedule"]:
            price = IN_HOURS
        cells.append((layer.name, attacks, duration(row["saves_s"]), price))
    page.table(cells, "<<><")


def show_beside(r: Row, page: Page) -> None:
    """The plan beside doing nothing and a pool for all that is ever in flight."""
    head = ("", "$/month", "late", "P99", "P99.9", "cold starts a day", "pool")
    rows: list[tuple[str, ...]] = [head]
    plans = {"this plan": r} if r["feasible"] else {}
    plans |= {"doing nothing": r["doing_nothing"], "always on": r["always_on"]}
    for name, plan in plans.items():
        tail = [f"{plan['over_sla_fraction']:.2%}", duration(plan["p99_ttft_s"])]
        tail += [duration(plan["p999_ttft_s"]), plain(plan["cold_starts_per_day"])]
        rows.append((name, dollars(plan["usd_per_month"]), *tail, pool_text(plan)))
    page.table(rows, "<>>>>><")
    page.say(
        f"If none had to wait, at most {plain(r['most_in_flight'])} requests would be in flight "
        f"at once; a replica has {r['run']['slots']} slots, and at most "
        f"{plain(r['run']['max_workers'])} replicas run."
    )
    left = r["doing_nothing"]["waiting_at_end"]
    if left > main.P99_OVER * r["requests"]:
        page.say(f"Doing nothing is cheap for {plain(left)} requests that are never served.")


def show_tiers(r: Row, s: Scenario, page: Page) -> None:
    if r["feasible"]:
        pooled, apart = r["one_pool"], sum(row["usd_per_month"] for row in r["tiers"])
        shares = ", which share one standby node," if r["usd_per_month"] < apart else ""
        page.say(
            f"The tiers apart{shares} cost {dollars(r['usd_per_month'])} a month; in one pool "
            f"{dollars(pooled['usd_per_month']) if pooled['feasible'] else 'n/a'}."
        )
    for row in (*r["tiers"], r["one_pool"]):
        if not row["feasible"]:
            page.say(f"No plan for {row['name']}. What binds is told by:")
            page.command(row["command"])
    page.heading(f"Tiers of users of a {s.model}, an endpoint for each or one pool")
    page.items(main.changes(r))
    rows = [("tier", "SLA", "per h", "late", "P99", "$/month", "pool", "layers")]
    for row in (*r["tiers"], r["one_pool"]):
        asked = (row["name"], duration(row["sla_s"]), plain(row["requests_per_hour"]))
        cells: tuple[str, ...] = ("n/a",) * 5
        if row["feasible"]:
            late, p99_s = f"{row['over_sla_fraction']:.2%}", duration(row["p99_ttft_s"])
            usd, layers = dollars(row["usd_per_month"]), ", ".join(row["layers"]) or "none"
            hours = f" in {row['schedule']}" if row["schedule"] else ""
            cells = (late, p99_s, usd, plain(pool_of(row).size()), layers + hours)
        rows.append((*asked, *cells))
    page.table(rows, "<>>>>>><")
    if r["feasible"]:
        page.say(
            f"A tenant of the tier {r['premium']} with replicas of its own adds "
            f"{dollars(r['dedicated_usd_per_month'])} a month."
        )


# --- command line --------------------------------------------------------------------------------


def read_tiers(text: str) -> list[Tier]:
    """What stands behind --tiers; BadInput where it cannot be."""
    rows = [row.split(":") for row in text.split(",")]
    names = {row[0] for row in rows if re.fullmatch(r"\w[\w .+-]*", row[0])}
    if {*map(len, rows)} != {3} or len(names) < len(rows):
        raise BadInput(f"{text!r:.40}: must be NAME:SLA:RATE,..., as {TIERS}")
    sla_s, rate = main.bounds("sla_s"), main.bounds("requests_per_hour")
    return [(name, sla_s.read(x), rate.read(y)) for name, x, y in rows]


OPTIONS: tuple[traffic.Option, ...] = (
    ("--budget", Bounds().read, "dollars a month, for all products"),
    ("--prefer", traffic.one_of("layers", "cost"), "what to have least of, layers or cost"),
)


def limits_of(args: argparse.Namespace, names: Sequence[str]) -> Limits:
    """The limits that were given; the layers of --with are required."""
    given = {x.name: getattr(args, x.name) for x in fields(Limits) if x.name in args}
    limits = Limits(**given | {"require": [*names, *given.get("require", ())]})
    for name in limits.require:
        if name in limits.forbid:
            raise BadInput(f"--forbid {name}: must not be required too")
    return limits


def run(argv: Sequence[str]) -> int:
    parser = main.Parser(__doc__)
    traffic.add_options(parser, (*OPTIONS, *traffic.OPTIONS))
    for option, verb in (("--forbid", "must not"), ("--require", "must")):
        parser.add_argument(option, type=main.read_layers, action="extend", metavar="LAYER",
            help=f"layers that {verb} be in it")  # fmt: skip
    parser.add_argument("--tiers", type=read_tiers, nargs="?", const=read_tiers(TIERS),
        metavar="NAME:SLA:RATE,...", help="a plan for each tier of users")  # fmt: skip
    parser.add_argument("--markdown", action="store_true", help="Markdown, to hand over")
    args = parser.read(argv)
    (s, names, idle_s), how = traffic.scenario_of(args), traffic.traffic_of(args)
    limits, page = limits_of(args, names), Markdown() if "markdown" in args else Page()
    if how.schedule and "warm-pool" in limits.forbid:
        raise BadInput("--schedule: must be without --forbid warm-pool, for it is one")
    given = main.given(args)
    if "min_workers" in given:
        raise BadInput(
            "--min-workers, --set min_workers: must be left out, for plan sizes the pool"
        )
    own = (
        {"sla_s", "requests_per_hour"} & {*given}
        or how.trace
        or ":" in how.pattern
        or limits.budget is not None
    )
    if "tiers" in args and own:
        others = "--sla, --rate, hours in --pattern, --trace and --budget"
        raise BadInput(f"--tiers: must be without {others}, for each tier has its own")
    main.stack(s, limits.require)  # what cannot be put on is refused
    if "tiers" in args:
        result = tiers_result(s, how, limits, args.tiers, idle_s)
    else:
        result = plan_result(s, how, limits, idle_s)
    progress.end()
    if "json" in args:
        main.print_json(result)
    elif "tiers" in args:
        show_tiers(result, s, page)
    else:
        show_plan(result, s, how, page)
    return 0 if result["feasible"] else 1


if __name__ == "__main__":
    main.start(run)
