"""Exercises 2 and 5: stacks and policies, simulated as the planner does."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import main
from arrivals import Traffic
from planner import Choice, Limits, Planner, Pool
from verdicts import Table, Verdict, blank, no_layers, scenario_of, stray, table_of, wrong

DEARER = 1.1  # a policy may cost so much more than the cheapest


@functools.cache
def planner_of(s: main.Scenario, budget: float | None = None) -> Planner:
    """Who judges what is asked of this scenario, and remembers its runs."""
    return Planner(s, Traffic(), Limits(budget=budget))


@functools.cache
def plans_of(planner: Planner) -> list[Table]:
    """Plans that hold, with the best of them; these questions have one."""
    if not (found := planner.plans()):
        raise ValueError("no stack keeps this promise")
    return found


def stack_asked(given: Table) -> tuple[main.Scenario, float]:
    """Exercise 2's scenario, and the dollars a month that there are."""
    figures = {**given}
    budget = float(figures.pop("budget_usd_per_month"))
    return scenario_of(figures), budget


def judge_stack(answers: Table) -> Verdict:
    """Exercise 2: the planner's own verdict on the learner's stack; any as short one is right."""
    table = table_of(answers, "exercise_2")
    layers = table.get("layers", [])
    if layers in ([], ""):
        return blank("exercise_2.layers", 'layer names, or ["none"],')
    place = f"exercise_2.layers = {layers!r}"
    layers = [] if layers == ["none"] else layers
    if says := no_layers(layers):
        return wrong(place, f": {says}")
    s, budget = stack_asked(table["given"])
    plans = plans_of(planner_of(s, budget))
    yours = planner_of(s).cheapest(tuple(layers), s.keep_alive_s)
    if not yours:
        ask = "What does the first request after a quiet hour wait?"
        if "snapshot" in layers and not s.snapshot_gpu_matches:
            ask = "On which type of GPU was the snapshot taken, and on which is it to wake?"
        return wrong(place, f" breaks the promise. {ask}")
    if yours["usd_per_month"] > budget:
        usd, most = main.dollars(yours["usd_per_month"]), main.dollars(budget)
        return wrong(
            place,
            f" keeps it for {usd} a month, and {most} is all there is. What of it is "
            "paid at night?",
        )
    if len({*layers}) > min(len(plan["layers"]) for plan in plans):
        return wrong(place, " keeps it, and fewer layers would too. What does each leave?")
    return Verdict("right")


TIERS = ("paid", "trial", "batch")


def tiers_of(given: Table) -> dict[str, main.Scenario]:
    """Exercise 5's tiers, each with its promise and its traffic."""
    if left := given.keys() - {"model", *TIERS}:
        raise ValueError(f"there is no {' or '.join(sorted(left))}")
    return {name: scenario_of(given[name], model=given["model"]) for name in TIERS}


def cheapest_policy_usd(tiers: Sequence[main.Scenario]) -> float:
    """Dollars a month of all tiers: without a standby node, or with one that all of them share.

    What is rented is paid once, so each tier takes the cheapest plan that rents no more.
    """
    rented = main.shared_rents(main.BY_NAME)

    def usd(s: main.Scenario, kept: tuple[str, ...]) -> float:
        each = [
            x["usd_per_month"] - main.shared_usd_per_month(s, x["layers"])
            for x in plans_of(planner_of(s))
            if {*main.shared_rents(x["layers"])} <= {*kept}
        ]
        return min(each, default=math.inf)

    subsets = (x for size in range(len(rented) + 1) for x in itertools.combinations(rented, size))
    return min(
        main.shared_usd_per_month(tiers[0], x) + sum(usd(s, x) for s in tiers) for x in subsets
    )


def one_pool_usd(tiers: Sequence[main.Scenario]) -> float:
    """Dollars a month of one endpoint for all, at the hardest promise."""
    hardest = min(tiers, key=lambda s: s.sla_s)
    pooled = replace(hardest, requests_per_hour=math.fsum(s.requests_per_hour for s in tiers))
    return float(min(plan["usd_per_month"] for plan in plans_of(planner_of(pooled))))


def cheapest_of(s: main.Scenario) -> str:
    """The cheapest plan of one tier, in words."""
    plan = min(plans_of(planner_of(s)), key=lambda plan: float(plan["usd_per_month"]))
    layers = ", ".join(plan["layers"]) or "no layer"
    return f"{layers}, {plan['min_workers']} kept, {plan['over_sla_fraction']:.2%} late"


def judge_tier(place: str, s: main.Scenario, row: Table) -> Verdict | Table:
    """The simulated plan of one tier's layers and replicas, or what is wrong with it."""
    layers, count = row.get("layers", []), row["min_workers"]
    layers = [] if layers == ["none"] else layers
    if says := no_layers(layers):
        return wrong(f"{place}.layers = {layers!r}", f": {says}")
    place += f": min_workers = {count!r}"
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= 100:
        return wrong(place, ": is it a whole number of replicas, 0 to 100?")
    if "warm-pool" in layers and not count:
        return wrong(
            f"{place}, layers = {layers!r}", ": a pool of no replicas, what does it keep?"
        )
    chosen = {*main.without(layers, "warm-pool"), *(["warm-pool"] if count else [])}
    names = tuple(name for name in main.BY_NAME if name in chosen)
    plan = planner_of(s).plan(Choice(names, s.keep_alive_s, Pool(count)))
    if not main.holds_p99(1, plan["over_sla_fraction"]):
        return wrong(
            f"{place}, layers = {layers!r}",
            f": {plan['over_sla_fraction']:.1%} of its users are late, and P99 allows "
            f"{main.P99_OVER:.0%}. How often does one find no replica, and what do those wait?",
        )
    return plan


def judge_tiers(answers: Table) -> Verdict:
    """Exercise 5: the learner's policy, simulated: each SLA met, within 10% of the cheapest."""
    table = table_of(answers, "exercise_5")
    asked = [row if isinstance(row := table.get(name), dict) else {} for name in TIERS]
    for name, row in zip(TIERS, asked):
        if says := stray(row, ("min_workers", "layers")):
            return wrong(f"exercise_5.{name}", f" has {says}")
    if any(row.get("min_workers", "") == "" for row in asked):
        return blank("exercise_5", "min_workers of each tier")
    tiers = tiers_of(table["given"])
    least, usd, rented = cheapest_policy_usd([*tiers.values()]), 0.0, set[str]()
    for (name, s), row in zip(tiers.items(), asked):
        plan = judge_tier(f"exercise_5.{name}", s, row)
        if isinstance(plan, Verdict):
            return plan
        again = rented & {*plan["layers"]}  # one node serves all, and is paid once
        usd += plan["usd_per_month"] - main.shared_usd_per_month(s, again)
        rented |= {*main.shared_rents(plan["layers"])}
    if usd > DEARER * least:
        ask = "Which tier could wait for a cold start, and does any keep more than it needs?"
        if rented:
            ask = "Who pays for the standby node, and what would the same money keep warm?"
        says = f": every promise holds, for {main.dollars(usd)} a month, and that is too much. "
        return wrong("exercise_5", says + ask)
    return Verdict("right")
