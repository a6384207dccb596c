"""What is said of a plan: why each layer is in it, its tail, its failures, and why not another.

Where there is none: which limit binds, and what would ease it. `planner` finds plans, and `plan`
shows them; here is what an engineer asks of one.
"""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace

import main
from endpoint import USUAL_WORKERS
from main import Row, Scenario, dollars, plain
from planner import Choice, Planner, Pool, best, choice_of, first_of, pool_of
from schedule import HOUR_S
from traffic import duration

# --- what is said of a plan ----------------------------------------------------------------------


def pool_text(plan: Row) -> str:
    """Replicas around the clock, and those of its hours."""
    hours = f", {plan['schedule']}" if plan["schedule"] else ""
    return plain(plan["min_workers"]) + hours


def named(plan: Row) -> str:
    """A plan's layers, pool and price in a few words."""
    layers, usd = ", ".join(plan["layers"]) or "no layer", dollars(plan["usd_per_month"])
    pool = f"min_workers {plain(plan['min_workers'])}"
    if plan["schedule"]:
        pool += f", schedule {plan['schedule']}"
    if plan["keep_alive_s"] != Scenario.keep_alive_s:
        pool += f", idle {duration(plan['keep_alive_s'])}"
    return f"{layers}; {pool}: {usd} a month"


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
    choice = choice_of(row)
    shares = planner.shares_late(choice)
    if len(shares) > 1 and not planner.holds(choice):
        over = f"over {len(shares)} draws of evictions, up to {max(shares):.2%}"
        return f"Not sure to hold: {statistics.fmean(shares):.2%} are late {over}"
    if row["usd_per_month"] > planner.budget:
        return f"Over the budget: {usd} a month"
    more = []
    if plan and (layers := len(row["layers"]) - len(plan["layers"])) > 0:
        more.append(f"{layers} {'layer' if layers == 1 else 'layers'} more")
    if plan and row["usd_per_month"] > plan["usd_per_month"]:
        more.append(f"{dollars(row['usd_per_month'] - plan['usd_per_month'])} a month more")
    if plan and more and row["usd_per_month"] < plan["usd_per_month"]:
        more.append(f"{dollars(plan['usd_per_month'] - row['usd_per_month'])} a month less")
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
