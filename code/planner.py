"""The search behind `plan.py`: runs of the same requests, remembered, and the plans that hold.

A tail depends on the cold start, the pool and the traffic alone, so that is what a run is
remembered by: stacks with the same path share one. What is picked is always judged by a whole run.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import main
import traffic
from arrivals import Request, Traffic, requests_of
from endpoint import MOST_WORKERS, boot_spans, mean_cold_s
from main import BadInput, Row, Scenario
from progress import progress

ENOUGH, MOST_DAYS, HELD = 20_000, 30, 1_000_000  # a run: requests enough, days, requests at most


@dataclass(frozen=True)
class Limits:
    """What a plan must keep beside the SLA, and what it is to have least of."""

    budget: float | None = None  # $/month, for all products
    prefer: str = "layers"  # the fewest, then the cheapest; "cost": the other way round
    forbid: Sequence[str] = ()
    require: Sequence[str] = ()


def best(plans: Iterable[Row], prefer: str) -> Row | None:
    """The first of equals, for they come in the order of the layer table."""

    def least(plan: Row) -> tuple[float, float]:
        layers, usd = len(plan["layers"]), plan["usd_per_month"]
        return (layers, usd) if prefer == "layers" else (usd, layers)

    return min(plans, key=least, default=None)


class Planner:
    """Runs of the same requests, remembered per cold start and pool size, and plans of them."""

    def __init__(
        self, s: Scenario, how: Traffic, limits: Limits, same: "Planner | None" = None
    ) -> None:
        if how.trace is None:
            days = math.ceil(ENOUGH / max(s.requests_per_hour, main.SMALLEST) / 24)
            how = replace(how, hours=24.0 * min(days, MOST_DAYS))
        self.s, self.how, self.limits = s, how, limits
        self.budget = math.inf if limits.budget is None else limits.budget
        self.runs: dict[Any, Row] = same.runs if same else {}
        self.asked: list[Request] = same.asked if same else self.requests()

    def requests(self) -> list[Request]:
        """What every plan is asked; BadInput where that is too much or nothing."""
        asked = [*itertools.islice(requests_of(self.s, self.how)[1], HELD + 1)]
        if len(asked) > HELD:
            raise BadInput(f"more than {HELD:,} requests to plan for: must be fewer a day")
        if self.how.trace and not asked[-1][0]:
            says = "must last for more than an instant to plan for"
            raise BadInput(f"--trace {self.how.trace!r}: {says}")
        return asked

    def run(self, names: Sequence[str], least: int, whole: bool = True) -> Row:
        """A stack with a pool of so many; unless whole, it may be cut once it breaks P99."""
        s, how = main.stack(self.s, names), replace(self.how, min_workers=least)
        key = s.sla_s, how.max_workers, least, s.migrates, *boot_spans(s, how)
        if key not in self.runs or (whole and self.runs[key]["cut"]):
            progress.tell(f"{len(self.runs)} runs")
            most_late = math.inf if whole else main.P99_OVER * len(self.asked)
            endpoint = traffic.simulate(s, how, self.asked, most_late)
            cut = {"cut": endpoint.over > most_late}
            self.runs[key] = traffic.figures(s, endpoint, 0.0) | cut
        return self.runs[key]

    def plan(self, names: Sequence[str], least: int) -> Row:
        """A stack and a pool size, and what a whole run shows of them; a month of all products."""
        s, run = self.s, self.run(names, least)
        standby = traffic.standby_usd_per_hour(s, names) * s.hours_per_month
        usd = run["usd"] * s.products * s.hours_per_month / run["hours"]
        return {
            "layers": [*names],
            "min_workers": least,
            "cold_start_s": mean_cold_s(main.stack(s, names), self.how),
            "p99_ttft_s": run["ttft_s"]["p99"],
            "over_sla_fraction": run["over_sla_fraction"],
            "usd_per_month": round(usd + standby, 2),
            "cold_starts_per_day": run["cold_starts_per_day"],
            "peak_replicas": run["replicas"]["peak"],
        }

    def stacks(self) -> Iterator[tuple[str, ...]]:
        """Those allowed, the fewest layers first, then as in the table."""
        allowed, required = main.without(main.BY_NAME, *self.limits.forbid), {*self.limits.require}
        if not self.how.evictions_per_day and "migrate" not in required:
            allowed = main.without(allowed, "migrate")
        for size in range(len(allowed) + 1):
            for names in itertools.combinations(allowed, size):
                if required <= {*names}:
                    yield names

    def plans(self, stacks: Iterable[Sequence[str]] = ()) -> Iterator[Row]:
        """What holds P99 within the budget, each cheaper than any of no more layers; of given
        stacks all that do."""
        cheapest = self.budget + 0.005  # dollars are rounded to cents
        for names in stacks or self.stacks():
            most = self.how.max_workers or MOST_WORKERS
            for least in range(1, most + 1) if "warm-pool" in names else [0]:
                pooled = replace(self.s, min_workers=least)
                if main.standing_usd_per_month(pooled, names) >= cheapest:
                    break
                run = self.run(names, least, whole=False)  # one that is cut breaks P99
                if main.holds_p99(1, run["over_sla_fraction"]):
                    plan = self.plan(names, least)
                    if plan["usd_per_month"] < cheapest:
                        cheapest = cheapest if stacks else plan["usd_per_month"]
                        yield plan
                if not run["waited_fraction"]:  # so a larger pool only costs more
                    break

    def path_s(self, names: Sequence[str]) -> float:
        return main.cold_start_s(main.stack(self.s, names))
