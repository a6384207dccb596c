"""From an SLA to a stack and a pool: every stack, every pool size, and pools by the hour.

A run of the same requests judges each, for a second model could disagree with the first: P99
holds where at most 1% of them were late. So a plan says what `traffic.py` shows. `planner`
searches; here is what is said of a plan, and of why there is none.

  python code/plan.py --model 13b --sla 3 --rate 30
  python code/plan.py --sla 20 --rate 200 --forbid warm-pool --budget 9000
  python code/plan.py --pattern 8-20:40 --keep-alive 60,300,900
  python code/plan.py --set pool_usd_per_hour=2.5 --cold-start-s 120
  python code/plan.py --sla 4 --pattern diurnal --prefer cost --markdown
  python code/plan.py --tiers paid:2:30,trial:10:10,batch:600:5
"""

import argparse
import math
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace

import main
import traffic
from arrivals import Traffic
from endpoint import USUAL_WORKERS, mean_cold_s, workers
from main import BadInput, Bounds, Row, Scenario, dollars, number, plain
from planner import Choice, Limits, Planner, Pool, best, first_of
from progress import progress
from schedule import HOUR_S
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
IN_HOURS = "paid in its hours, and one cold start ahead of them"
FEW = 1000  # requests of a run, too few to tell a P99 well
PLAN = ("layers", "min_workers", "schedule", "keep_alive_s", "cold_start_s", "p99_ttft_s",
        "p999_ttft_s", "max_ttft_s", "over_sla_fraction", "usd_per_month", "cold_starts_per_day",
        "peak_replicas", "waiting_at_end")  # fmt: skip

# --- what is said of a plan ----------------------------------------------------------------------


def pool_of(plan: Row) -> Pool:
    return Pool(plan["min_workers"] or 0, plan["schedule"])


def pool_text(plan: Row) -> str:
    """Replicas around the clock, and those of its hours."""
    hours = f", {plan['schedule']}" if plan["schedule"] else ""
    return plain(plan["min_workers"]) + hours


def why(planner: Planner, plan: Row) -> Iterator[Row]:
    """For each layer what it attacks, and the seconds it takes off, all the others there."""
    s, names = replace(planner.s, min_workers=pool_of(plan).size()), plan["layers"]
    for layer in (main.BY_NAME[name] for name in names):
        here, before = main.stack(s, names), main.stack(s, main.without(names, layer.name))
        saves = [
            felt(before) - felt(here)
            for felt in (main.cold_start_s, main.first_request_ttft_s, main.eviction_pause_s)
        ]
        yield {
            "layer": layer.name,
            "phases": [*main.path(s)] if layer.name == "warm-pool" else [*layer.attacks],
            "saves_s": max(saves, key=abs),
        }


def tail_policy(planner: Planner, plan: Row) -> str:
    """What the first user on a fresh replica meets."""
    how, least, cold_s = planner.how, pool_of(plan).size(), duration(plan["cold_start_s"])
    says = f"the first user on a fresh replica waits {cold_s}, those right behind for its rest;"
    if least:
        when = f"in its hours, {plan['schedule']}, " if plan["schedule"] else ""
        says = (
            f"{when}{plain(least * how.slots)} requests at once find a free warm slot, "
            f"{duration(planner.s.warm_ttft_s)}; the first user beyond waits for a slot, or "
            f"{cold_s} for a fresh replica where max-workers allow one;"
        )
    if how.patience_s is not None:
        says += f" who has waited for {duration(how.patience_s)} gives up;"
    return f"{says} {plan['over_sla_fraction']:.2%} of all are late"


def failure_mode(planner: Planner, plan: Row) -> str:
    """What the death of a replica does, and a snapshot on another GPU type."""
    s, names, pool = planner.s, plan["layers"], pool_of(plan)
    least = pool.size()
    cold_s, moved_s = duration(plan["cold_start_s"]), duration(main.pause_s(s))
    unmoved_s = duration(plan["cold_start_s"] + main.recompute_s(s))
    dies = "when the replica dies,"
    if least:
        left = f"{plain(least - 1)} of {plain(least)} are left for {cold_s}"
        dies = f"when a warm replica dies, {left};"
    fares = (
        f"starts over on a free slot of another, or where there is none after {unmoved_s}; with "
        f"notice, live migration to a free slot would make that {moved_s} and lose no work"
    )
    if "migrate" in names:
        fares = (
            f"moves, with notice, to a free slot of another and stands still for {moved_s}, or "
            f"where there is none starts over after {unmoved_s}"
        )
    elsewhere = ""
    if "snapshot" in names:
        rest = tuple(main.without(names, "snapshot"))
        other = planner.plan(Choice(rest, plan["keep_alive_s"], pool))
        elsewhere = (
            " -- a snapshot restores only on the GPU type and count that it was taken on: "
            f"elsewhere the path is {duration(other['cold_start_s'])} and P99 "
            f"{duration(other['p99_ttft_s'])}"
        )
    return f"{dies} what it was serving {fares}{elsewhere}"


def alert(planner: Planner, plan: Row) -> str:
    """The metric to watch, and from which value on."""
    a_day = plan["cold_starts_per_day"]
    return (
        f"more than 1% of a day's requests over {duration(planner.s.sla_s)} to the first token, "
        f"or more than {plain(max(math.ceil(2 * a_day), 2))} cold starts a day, where this run "
        f"has {plain(a_day)}; beside them the seconds of each phase"
    )


def rejected(planner: Planner, plan: Row | None) -> list[Row]:
    """The nearest that are not taken, with the reason: the shortest path without a pool, no
    layer, a pool around the clock, and this plan with a replica or a layer less."""
    names, pool = (plan["layers"], pool_of(plan)) if plan else ([], Pool())
    idle_s = plan["keep_alive_s"] if plan else planner.idle_s[0]
    allowed = [*planner.stacks()]
    lone = [each for each in allowed if "warm-pool" not in each]
    around, less = Pool(max(pool.size(), 1)), Pool(pool.size() - 1)
    if planner.how.schedule:
        around, less = pool, Pool(-1)
    tries = [
        (min(lone, key=planner.path_s, default=()), Pool()),
        ((), Pool()),
        (("warm-pool",), around),
        ((*names,), less),
        *(((*main.without(names, name),), pool) for name in names),
    ]
    rows = [
        planner.plan(Choice(each, idle_s, kept))
        for each, kept in dict.fromkeys(tries)
        if each in allowed and kept.always >= 0 and ("warm-pool" in each) == (kept.size() > 0)
    ]
    rows = [row for row in rows if not plan or named(row) != named(plan)]
    return [row | {"reason": reason(planner, row, plan)} for row in rows][:3]


def reason(planner: Planner, row: Row, plan: Row | None) -> str:
    """Why a plan is not taken: it breaks P99 or the budget, or has more layers or dollars."""
    late, usd = row["over_sla_fraction"], dollars(row["usd_per_month"])
    if not main.holds_p99(1, late):
        p99_s, boot_s = duration(row["p99_ttft_s"]), duration(row["cold_start_s"])
        return f"{late:.2%} are late: P99 is {p99_s}, a boot {boot_s}"
    if row["usd_per_month"] > planner.budget:
        return f"Over the budget: {usd} a month"
    more = []
    if plan and (layers := len(row["layers"]) - len(plan["layers"])) > 0:
        more.append(f"{layers} {'layer' if layers == 1 else 'layers'} more")
    if plan and row["usd_per_month"] > plan["usd_per_month"]:
        more.append(f"{dollars(row['usd_per_month'] - plan['usd_per_month'])} a month more")
    return f"Holds P99 too, for {' and '.join(more) or 'as much'}"


def mandatory(s: Scenario, forbid: Sequence[str]) -> str:
    """The lesson's rule for large models under 60 s, where it applies."""
    best_s = sum(main.best_path(s, "warm-pool", "warm-node", *forbid).values())
    if not main.is_large(s) or main.even_warm_is_late(s) or s.sla_s >= min(60, best_s):
        return ""
    return f"{main.rule(s, forbid)} Traffic that keeps replicas warm by itself will do too."


# --- where there is none -------------------------------------------------------------------------


def lowest_p99_s(planner: Planner, names: tuple[str, ...], idle_s: float) -> float:
    """The lowest P99 of a stack within the budget, with as large a pool as that pays for."""
    plan = planner.plan(Choice(names, idle_s, Pool(0, planner.how.schedule)))
    if "warm-pool" in names and not planner.how.schedule:

        def too_much(size: int) -> bool:
            return planner.usd(Choice(names, idle_s, Pool(size))) > planner.budget

        size = (first_of(1, planner.most(), too_much) or planner.most() + 1) - 1
        plan = planner.plan(Choice(names, idle_s, Pool(max(size, 1))))
    return plan["p99_ttft_s"] or 0.0 if plan["usd_per_month"] <= planner.budget else HOUR_S


def kept_sla_s(planner: Planner) -> float:
    """The lowest P99 that a shortest path has, with or without what is rented, rounded up; an hour
    where none is lower."""
    shortest = [kind[-1] for kind in planner.kinds()]
    tails = [lowest_p99_s(planner, names, x) for names in shortest for x in planner.idle_s]
    # subtle: a percentile is within a bin's width, and so are three digits.
    return float(f"{min(1.011 * min(tails, default=HOUR_S), HOUR_S):.3g}")


def relaxations(planner: Planner) -> list[Row]:
    """For each kind of limit the cheapest plan without it, and the change that allows it."""
    s, how, limits = planner.s, planner.how, planner.limits
    sla_s, pool = kept_sla_s(planner), Pool(0, how.schedule).size()
    most = max(planner.enough(), how.max_workers or USUAL_WORKERS, pool)

    def budget(plan: Row) -> str:
        return f"--budget {math.ceil(plan['usd_per_month'])}"

    def peak(plan: Row) -> str:
        return f"--max-workers {plan['peak_replicas']}"

    def taken(plan: Row) -> str:
        return f"without --forbid {','.join(x for x in limits.forbid if x in plan['layers'])}"

    def left(plan: Row) -> str:
        return f"without --require {','.join(main.without(limits.require, *plan['layers']))}"

    rows = []
    for kind, eased, change in (
        ("budget", (s, how, replace(limits, budget=None)), budget),
        ("max_workers", (s, replace(how, max_workers=most), limits), peak),
        ("layer", (s, how, replace(limits, forbid=())), taken),
        ("layer", (s, how, replace(limits, require=())), left),
        ("schedule", (s, replace(how, schedule=None), limits), lambda _: "without --schedule"),
        ("sla", (replace(s, sla_s=sla_s), how, limits), lambda _: f"--sla {sla_s:.4g}"),
    ):
        if plan := best(Planner(*eased, planner.idle_s, planner).plans(), "cost"):
            rows.append(plan | {"kind": kind, "change": change(plan)})
    return rows


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
    relaxed = [] if plan else relaxations(planner)
    most = planner.in_flight
    always = max(min(math.ceil(most / how.slots), how.max_workers or most), 1)
    s = replace(s, keep_alive_s=idle)
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
        "tail_policy": plan and tail_policy(planner, plan),
        "failure_mode": plan and failure_mode(planner, plan),
        "alert": plan and alert(planner, plan),
        **main.head(s, names),
        "why": [*why(planner, shown)],
        "other": other and {"prefer": other_way, **other},
        "longer": plan and planner.longer(plan),
        "rejected": rejected(planner, plan),
        "binding": relaxed[0]["kind"] if relaxed else None if plan else SEVERAL,
        "relaxations": relaxed,
        "mandatory": "" if needless else mandatory(s, limits.forbid),
        "phases": main.phase_rows(s, names),
        "doing_nothing": nothing,
        "always_on": planner.plan(Choice(("warm-pool",), idle, Pool(always))),
        "most_in_flight": most,
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
    nodes = sum("warm-node" in (row["layers"] or ()) for row in apart)
    shared = max(nodes - 1, 0) * main.replica_usd_per_month(s)  # one standby node serves all
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


def named(plan: Row) -> str:
    """A plan's layers, pool and price in a few words."""
    layers, usd = ", ".join(plan["layers"]) or "no layer", dollars(plan["usd_per_month"])
    pool = f"min_workers {plain(plan['min_workers'])}"
    if plan["schedule"]:
        pool += f", schedule {plan['schedule']}"
    if plan["keep_alive_s"] != Scenario.keep_alive_s:
        pool += f", idle {duration(plan['keep_alive_s'])}"
    return f"{layers}; {pool}: {usd} a month"


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
        if named(other) == named(r):
            page.say("Within these limits no other plan has fewer layers, or costs less.")
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
    show_finding(r, page)
    asked, run = traffic.asked_of(s, how), r["run"]
    judged = f"judged by a run of {plain(run['hours'])} h, seed {run['seed']}"
    judged += ", with the pool alone at first"
    page.heading("What was asked")
    page.say(f"P99 of {duration(s.sla_s)} at {asked}, {judged}. {main.priced(s)}")
    if r["trace"]:
        page.say(traffic.read_text(r["trace"], r["requests"]))
    if r["requests"] < FEW:
        page.say(f"{plain(r['requests'])} requests are few: P99 hangs on the slowest few of them.")
    page.items([*main.changes(r["changed"]), *(about(r, name) for name in r["layers"])])
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


def about(r: Row, name: str) -> str:
    """A layer's tool, price and needs; a pool's are those of its hours."""
    says = main.about(name)
    return (
        f"{name}: {r['schedule']}; {IN_HOURS}" if name == "warm-pool" and r["schedule"] else says
    )


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
    page.items(main.changes(r["changed"]))
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
    if "min_workers" in main.asked(args)[0]:
        raise BadInput(
            "--min-workers, --set min_workers: must be left out, for plan sizes the pool"
        )
    own = (
        {"sla_s", "requests_per_hour"} & {*main.asked(args)[0]}
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
