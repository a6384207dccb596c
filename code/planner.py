"""The search behind `plan.py`: runs of the same requests, remembered, and the plans that hold.

A tail depends on the cold start, the pool and the traffic alone, and a shorter cold start or a
larger pool is nearly always no worse on the same requests. So not every stack is run: of those
that rent the same, the shortest path, and of the pools the smallest that holds, found by halves. A
timed pool is guessed from the hours of runs around the clock. What is picked is always judged by a
whole run of its own. The tests hold this to the search of everything.
"""

import heapq
import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import main
import schedule
import traffic
from arrivals import Asked, Traffic, goes_by_days, mean_rate, requests_of
from endpoint import MOST_SLOTS, MOST_WORKERS, REPLICAS, USUAL_WORKERS, boot_spans, mean_cold_s
from main import BadInput, Row, Scenario
from progress import progress
from traces import Request

ENOUGH, MOST_DAYS, HELD = 20_000, 30, 1_000_000  # a run: requests enough, days, requests at most
TRIED, SERVED = 4, 800_000  # runs that may be in vain, or requests of theirs
SAFER = (1.0, 0.8, 0.6, 0.4, 0.2)  # shares of what may be late, tried until a guess holds
DOUBT, SPOT_DOUBT = 1.2, 3.0  # the largest of these shares that is tried, and where nodes go away
EVICTIONS = 240  # seen before a plan is trusted
LEAST_DRAWS, MOST_DRAWS = 4, 16  # runs for that, where one has fewer
SPARE = 3  # runs' worth of late requests more than P99 allows, until a plan is given up
CLOSE = 1.03  # a guess or a pool that is dearer than the best by more is left
CENT = 0.005  # dollars are rounded to cents, so a budget holds to half of one


@dataclass(frozen=True)
class Limits:
    """What a plan must keep beside the SLA, and what it is to have least of."""

    budget: float | None = None  # $/month, for all products
    prefer: str = "layers"  # the fewest, then the cheapest; "cost": the other way round
    forbid: Sequence[str] = ()
    require: Sequence[str] = ()


class Pool(NamedTuple):
    """Replicas kept warm: around the clock, and instead of those in the hours of a schedule."""

    always: int = 0
    schedule: str | None = None

    def size(self) -> int:
        """The most that it ever asks for."""
        spans = schedule.read(self.schedule, REPLICAS) if self.schedule else []
        return max(self.always, *(int(x.number) for x in spans), 0)


def pool_of(plan: Row) -> Pool:
    return Pool(plan["min_workers"] or 0, plan["schedule"])


class Choice(NamedTuple):
    """A plan before it is judged."""

    names: tuple[str, ...]
    keep_alive_s: float
    pool: Pool = Pool()


def choice_of(plan: Row) -> Choice:
    return Choice(tuple(plan["layers"]), plan["keep_alive_s"], pool_of(plan))


class Block(NamedTuple):
    """A timed pool: so many in some hours, from one on, and so many in all others."""

    hour: int
    hours: int
    size: int
    always: int
    days: str = ""  # as a pattern names them, or every day

    def pool(self) -> Pool:
        end = (self.hour + self.hours) % 24 or 24
        return Pool(self.always, f"{self.days} {self.hour}-{end}:{self.size}".strip())

    def longer(self) -> list["Block"]:
        """An hour more at either end, and at both."""
        later = self._replace(hours=self.hours + 1)
        earlier = self._replace(hour=(self.hour - 1) % 24, hours=self.hours + 1)
        return [
            x for x in (later, earlier, earlier._replace(hours=self.hours + 2)) if x.hours < 24
        ]

    def larger(self) -> list["Block"]:
        """An hour more, or a replica more."""
        size, always = self._replace(size=self.size + 1), self._replace(always=self.always + 1)
        return [*self.longer(), size, *([always] if always.always < self.size else [])]

    def smaller(self) -> list["Block"]:
        """An hour less at either end, or a replica less."""
        tries = [
            self._replace(hour=(self.hour + 1) % 24, hours=self.hours - 1),
            self._replace(hours=self.hours - 1),
            self._replace(size=self.size - 1),
            self._replace(always=self.always - 1),
        ]
        return [x for x in tries if x.hours and x.size > x.always >= 0]


def days_to_run(rate: float, how: Traffic) -> int:
    """Days of a run: enough requests, whole weeks where days of the week differ."""
    days = min(math.ceil(ENOUGH / max(rate, main.SMALLEST) / 24), MOST_DAYS)
    if goes_by_days(how):
        days = 7 * min(math.ceil(days / 7), MOST_DAYS // 7)
    return days


def rank(plan: Row, prefer: str) -> tuple[float, float, list[int]]:
    """What a plan is to have least of, then the other, then its places in the layer table."""
    layers, usd = len(plan["layers"]), plan["usd_per_month"]
    places = [[*main.BY_NAME].index(name) for name in plan["layers"]]
    return (layers, usd, places) if prefer == "layers" else (usd, layers, places)


def best(plans: Iterable[Row], prefer: str) -> Row | None:
    return min(plans, key=lambda plan: rank(plan, prefer), default=None)


def most_in_flight(requests: Iterable[Request]) -> int:
    """The most requests that are ever served at once if none has to wait."""
    ends: list[float] = []
    most = 0
    for t, service_s in requests:
        while ends and ends[0] <= t:
            heapq.heappop(ends)
        heapq.heappush(ends, t + service_s)
        most = max(most, len(ends))
    return most


def busiest_hour(requests: Iterable[Request]) -> float:
    """Slots that are busy on average in the hour that asks for most."""
    seconds: dict[float, float] = defaultdict(float)
    for t, service_s in requests:
        seconds[t // schedule.HOUR_S] += service_s
    return max(seconds.values(), default=0.0) / schedule.HOUR_S


class Hour(NamedTuple):
    """An hour of the day in a run: dollars a month, and late requests."""

    usd: float
    late: float


class Guess(NamedTuple):
    """A timed pool, its dollars a month, and its late requests as a share of what may be late."""

    usd: float
    late: float
    block: Block


def put_together(
    outside: Sequence[Hour], inside: Sequence[Hour], share: float
) -> Iterator[tuple[int, int, float, float]]:
    """(hour, hours, dollars, late) of every block of hours, with one run inside of it and another
    outside; the dollars on that share of the days."""
    usd, late = sum(x.usd for x in outside), sum(x.late for x in outside)
    for hour in range(24):
        more_usd = more_late = 0.0
        for length in range(1, 24):
            at = (hour + length - 1) % 24
            more_usd += share * (inside[at].usd - outside[at].usd)
            more_late += inside[at].late - outside[at].late
            yield hour, length, usd + more_usd, late + more_late


def first_of(low: int, high: int, holds: Callable[[int], bool]) -> int | None:
    """The first whole number from `low`, 1 or more, from which on something holds; None where at
    none up to `high`. By doubling, then by halves."""
    under, at = low - 1, low
    while at <= high and not holds(at):
        under, at = at, min(2 * at, max(high, at + 1))
    while at - under > 1:
        middle = (under + at) // 2
        under, at = (under, middle) if holds(middle) else (middle, at)
    return at if at <= high else None


class Planner:
    """Runs of the same requests, remembered by what they depend on, and the plans among them."""

    def __init__(
        self,
        s: Scenario,
        how: Traffic,
        limits: Limits,
        idle_s: Sequence[float] = (),
        same: "Planner | None" = None,
    ) -> None:
        if how.trace is None:
            how = replace(how, hours=24.0 * days_to_run(mean_rate(s, how), how))
        self.s, self.how, self.limits = s, how, limits
        self.idle_s = idle_s or (s.keep_alive_s,)
        self.budget = math.inf if limits.budget is None else limits.budget + CENT
        self.runs: dict[Any, Row] = same.runs if same else {}
        self.blocks: dict[Pool, Block] = {}  # timed pools that were picked
        self.days, self.days_share = schedule.shared_days(how.pattern)
        self.asked: Asked = same.asked if same else self.requests()
        self.count: int = same.count if same else len([*self.asked.requests])
        self.in_flight: int = same.in_flight if same else most_in_flight(self.asked.requests)
        self.busiest: float = same.busiest if same else busiest_hour(self.asked.requests)

    def requests(self) -> Asked:
        """What every plan is asked; BadInput where that is too much or nothing."""
        asked = requests_of(self.s, self.how)
        held = [*itertools.islice(asked.requests, HELD + 1)]
        if len(held) > HELD:
            raise BadInput(f"more than {HELD:,} requests to plan for: must be fewer a day")
        if self.how.trace is None and self.how.service_s >= schedule.HOUR_S * self.how.hours:
            says = f"must be shorter than the {self.how.hours:g} h that a plan is judged by"
            raise BadInput(f"--service-s {self.how.service_s:g}: {says}")
        if self.how.trace and not held[-1][0]:
            says = "must last for more than an instant to plan for"
            raise BadInput(f"--trace {self.how.trace!r}: {says}")
        return asked._replace(requests=held)

    # --- runs ------------------------------------------------------------------------------------

    def busy(self) -> int:
        """Replicas for all that is ever in flight."""
        return math.ceil(self.in_flight / self.how.slots)

    def replicas(self, pool: Pool) -> int:
        """At most so many run: as asked, or 8, or the pool where that is more. Where the busiest
        hour alone would fill 8, nobody can mean them: then all that are ever busy."""
        full = self.busiest > USUAL_WORKERS * self.how.slots
        usual = min(self.busy(), MOST_WORKERS) if full else USUAL_WORKERS
        return self.how.max_workers or max(usual, pool.size())

    def run(self, choice: Choice, whole: bool = True, draw: int = 0) -> Row:
        """A run of a choice; unless whole, it may be cut once it breaks P99.

        Another draw has the same requests; what else is left to chance falls otherwise: which
        replicas are taken away, and phases that are drawn.
        """
        s = replace(main.stack(self.s, choice.names), keep_alive_s=choice.keep_alive_s)
        always, hours = choice.pool
        most = self.replicas(choice.pool)
        seed = self.how.seed + draw
        how = replace(self.how, min_workers=always, schedule=hours, max_workers=most, seed=seed)
        key = (
            draw,
            s.sla_s,
            s.keep_alive_s,
            how.max_workers,
            choice.pool,
            s.migrates,
            *boot_spans(s, how),
        )
        if key not in self.runs or (whole and self.runs[key]["cut"]):
            progress.tell(f"{len(self.runs)} runs of {self.count:,} requests")
            most_late = math.inf if whole else main.P99_OVER * self.count
            endpoint = traffic.simulate(s, how, self.asked, most_late)
            cut = {"cut": endpoint.over > most_late, "by_hour": endpoint.timeline}
            self.runs[key] = traffic.figures(s, endpoint, 0.0) | cut
        return self.runs[key]

    def draws(self) -> int:
        """Runs that tell of enough evictions; one where nothing is taken away."""
        seen = self.how.evictions_per_day * self.run(Choice((), self.idle_s[0]))["hours"] / 24
        count = math.ceil(EVICTIONS / seen) if seen else 1
        return min(max(count, LEAST_DRAWS), MOST_DRAWS) if count > 1 else 1

    def shares_late(self, choice: Choice) -> list[float]:
        """The share of late requests in each draw, up to where they are too many for so many."""
        shares, count = [float(self.run(choice)["over_sla_fraction"])], self.draws()
        while len(shares) < count and math.fsum(shares) <= main.P99_OVER * (len(shares) + SPARE):
            run = self.run(choice, draw=len(shares))
            shares.append(float(run["over_sla_fraction"]))
        return shares

    def holds(self, choice: Choice) -> bool:
        """Whether P99 holds in the run that is shown, and over all draws, and not by luck."""
        run = self.run(choice, whole=False)
        if run["cut"] or not main.holds_p99(1, run["over_sla_fraction"]):
            return False
        shares = self.shares_late(choice)
        if len(shares) == 1:
            return True
        # subtle: of many plans that are a bit too late one is lucky, so two errors are added.
        error = statistics.stdev(shares) / math.sqrt(len(shares))
        return main.holds_p99(1, statistics.fmean(shares) + 2 * error)

    def month(self, run: Row) -> float:
        """Dollars a month, for all products, of a dollar of a run."""
        return float(self.s.products * self.s.hours_per_month / run["hours"])

    def plan(self, choice: Choice) -> Row:
        """A choice, and what a whole run shows of it; a month of all products."""
        s, names, run = self.s, choice.names, self.run(choice)
        standby = traffic.standby_usd_per_hour(s, names) * s.hours_per_month
        return {
            "layers": [*names],
            "min_workers": choice.pool.always,
            "schedule": choice.pool.schedule,
            "keep_alive_s": choice.keep_alive_s,
            "cold_start_s": mean_cold_s(main.stack(s, names), self.how),
            "p99_ttft_s": run["ttft_s"]["p99"],
            "p999_ttft_s": run["ttft_s"]["p999"],
            "max_ttft_s": run["ttft_s"]["max"],
            "over_sla_fraction": run["over_sla_fraction"],
            "usd_per_month": round(run["usd"] * self.month(run) + standby, 2),
            "cold_starts_per_day": run["cold_starts_per_day"],
            "peak_replicas": run["replicas"]["peak"],
            "waiting_at_end": run["waiting_at_end"],
        }

    def usd(self, choice: Choice) -> float:
        return float(self.plan(choice)["usd_per_month"])

    # --- stacks ----------------------------------------------------------------------------------

    def stacks(self) -> Iterator[tuple[str, ...]]:
        """Those allowed, the fewest layers first, then as in the table."""
        allowed = main.without(main.usable(self.s), *self.limits.forbid)
        required = {*self.limits.require, *(["warm-pool"] if self.how.schedule else [])}
        if not self.how.evictions_per_day and "migrate" not in required:
            allowed = main.without(allowed, "migrate")
        for size in range(len(allowed) + 1):
            for names in itertools.combinations(allowed, size):
                if required <= {*names}:
                    yield names

    def path_s(self, names: Sequence[str]) -> float:
        return mean_cold_s(main.stack(self.s, names), self.how)

    def kind_of(self, names: Sequence[str]) -> tuple[tuple[str, ...], bool]:
        """What a stack rents, and whether it moves requests."""
        rents = tuple(name for name in names if main.BY_NAME[name].rent)
        return rents, main.stack(self.s, names).migrates

    def kinds(self) -> list[list[tuple[str, ...]]]:
        """Stacks that rent the same and move requests or not: the first of each length that is
        shorter than all with fewer layers, so that the last is the shortest."""
        kinds: dict[Any, list[tuple[str, ...]]] = {}
        for names in self.stacks():
            kind = kinds.setdefault(self.kind_of(names), [])
            if not kind or self.path_s(names) < self.path_s(kind[-1]):
                if kind and len(kind[-1]) == len(names):
                    kind.pop()
                kind.append(names)
        return [*kinds.values()]

    # --- pools -----------------------------------------------------------------------------------

    def pool_is_cheaper(self) -> bool:
        """Whether an hour in the pool costs less than one on demand."""
        return main.kept_usd_per_hour(self.s) < main.replica_usd_per_hour(self.s)

    def tries(self) -> int:
        """How many that need not be the best may be run."""
        return max(TRIED, SERVED // max(self.count, 1))

    def enough(self) -> int:
        """Replicas for all in flight, and more where nodes go away."""
        enough = self.busy()
        if self.how.evictions_per_day:
            enough = 8 * enough + 8
        return max(min(enough, MOST_WORKERS, MOST_SLOTS // self.how.slots), 1)

    def most(self) -> int:
        """The largest pool that is worth a try."""
        return min(self.enough(), self.how.max_workers or MOST_WORKERS)

    def smallest(self, names: tuple[str, ...], idle_s: float) -> int | None:
        """The smallest pool around the clock that holds; 0 for a stack without one."""
        if "warm-pool" not in names or self.how.schedule:
            return 0 if self.holds(Choice(names, idle_s, Pool(0, self.how.schedule))) else None
        return first_of(1, self.most(), lambda n: self.holds(Choice(names, idle_s, Pool(n))))

    def around_the_clock(self, names: tuple[str, ...], idle_s: float) -> Row | None:
        """The cheapest plan of a stack that holds P99 with the same pool at every hour."""
        least = self.smallest(names, idle_s)
        if not least:
            pool = Pool(0, self.how.schedule)
            return None if least is None else self.plan(Choice(names, idle_s, pool))
        sizes = (least, self.cheapest_size(names, idle_s, least))
        return best((self.plan(Choice(names, idle_s, Pool(size))) for size in sizes), "cost")

    def cheapest_size(self, names: tuple[str, ...], idle_s: float, least: int) -> int:
        """The pool around the clock that costs least, of this size or larger."""
        return self.cheaper_from(least, lambda n: self.usd(Choice(names, idle_s, Pool(n))))

    def cheaper_from(self, least: int, usd: Callable[[int], float]) -> int:
        """The pool size where dollars turn, which fall and then rise: replicas that come and go
        pay for their boots, and maybe more an hour."""
        low, high = least, self.most()
        if low < high and usd(low + 1) >= usd(low):
            return low
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if usd(middle + 1) < usd(middle) else (low, middle)
        return low

    def hours_differ(self) -> bool:
        """Whether the traffic goes by the hour of the day, and the run has seen every one."""
        if not self.count:
            return False
        if self.how.trace is None:
            return self.how.pattern not in ("poisson", "bursty")
        return all(row.seconds for row in self.run(Choice((), self.idle_s[0]))["by_hour"])

    def hours_of(self, choice: Choice) -> list[Hour]:
        """Each hour of the day of a whole run around the clock."""
        s, run = self.s, self.run(choice)
        kept, demand = main.kept_usd_per_hour(s), main.replica_usd_per_hour(s)
        month = self.month(run) / schedule.HOUR_S
        return [
            Hour(month * (row.pool_s * kept + (row.alive_s - row.pool_s) * demand), row.late)
            for row in run["by_hour"]
        ]

    def guesses(self, names: tuple[str, ...], idle_s: float, least: int) -> list[Guess]:
        """Timed pools that may hold, the cheapest first, guessed from runs around the clock."""
        # Nodes go away when they do: one replica less may do, and a guess says little.
        spot = self.how.evictions_per_day > 0
        low, top = max(least - 1, 1) if spot else least, least
        if self.pool_is_cheaper():  # so that a larger one may cost less
            top = self.cheapest_size(names, idle_s, least)
        sizes = [n for n in range(low, top + 2, max((top - low) // 5, 1)) if n <= self.most()]
        levels = [0, *itertools.takewhile(top.__gt__, (2**k for k in itertools.count()))]
        pools = {size: Choice(names, idle_s, Pool(size)) for size in {*sizes, *levels}}
        hours = {size: self.hours_of(choice) for size, choice in pools.items()}
        boot_usd = main.kept_usd_per_hour(self.s) * self.path_s(names) / schedule.HOUR_S
        ahead_usd = boot_usd * self.s.products * self.s.hours_per_month / 24 * self.days_share
        may_be_late, doubtful = main.P99_OVER * self.count, SPOT_DOUBT if spot else DOUBT
        found = []
        for size, level in itertools.product(sizes, levels):
            if level >= size:
                continue
            blocks = put_together(hours[level], hours[size], self.days_share)
            for hour, length, usd, late in blocks:
                if late <= doubtful * may_be_late:
                    block = Block(hour, length, size, level, self.days)
                    found.append(
                        Guess(usd + (size - level) * ahead_usd, late / may_be_late, block)
                    )
        return sorted(found)

    def timed(self, names: tuple[str, ...], idle_s: float, least: int) -> Block | None:
        """The cheapest block of hours that holds, as far as trying the best guesses shows."""
        if not self.hours_differ():
            return None

        def usd(block: Block) -> float:
            choice = Choice(names, idle_s, block.pool())
            return self.usd(choice) if self.holds(choice) else math.inf

        guesses = self.guesses(names, idle_s, least)
        tries = self.tries()
        each = max(TRIED, tries // len(SAFER))
        likely = ([x.block for x in guesses if x.late <= share][:each] for share in SAFER)
        found = next((x for some in likely for x in some if usd(x) < math.inf), None)
        if found is None:
            return None
        for guess in guesses[:tries]:
            if guess.usd <= CLOSE * usd(found):
                found = min(found, guess.block, key=usd)
        while True:
            larger = found.larger() if self.pool_is_cheaper() else []
            moves = found.smaller() + [x for x in larger if x.size <= self.most()]
            less = min([found, *moves], key=usd)
            if less == found:
                return found
            found = less

    # --- plans -----------------------------------------------------------------------------------

    def cheapest(self, names: tuple[str, ...], idle_s: float, by_hours: bool = True) -> Row | None:
        """The cheapest plan of a stack that holds P99 within the budget."""
        plans = [self.around_the_clock(names, idle_s)]
        least = self.smallest(names, idle_s)
        if least and by_hours and (block := self.timed(names, idle_s, least)):
            plans.append(self.plan(Choice(names, idle_s, block.pool())))
            self.blocks[block.pool()] = block
        return best((x for x in plans if x and x["usd_per_month"] <= self.budget), "cost")

    def longer(self, plan: Row) -> Row | None:
        """The same plan with an hour or two more, where that spares half of the late ones."""
        block = self.blocks.get(pool_of(plan))
        if block is None or not plan["over_sla_fraction"]:
            return None
        names, idle_s = tuple(plan["layers"]), plan["keep_alive_s"]
        choices = [Choice(names, idle_s, x.pool()) for x in block.longer()]
        rows = [self.plan(choice) for choice in choices if self.holds(choice)]
        fewer = [x for x in rows if 2 * x["over_sla_fraction"] <= plan["over_sla_fraction"]]
        return min(fewer, key=lambda x: (x["over_sla_fraction"], x["usd_per_month"]), default=None)

    def plans(self) -> list[Row]:
        """Of each kind of stack the cheapest plan, and of those with the fewest layers too: what
        is best either way is among them."""
        kinds = [(kind, idle_s) for kind in self.kinds() for idle_s in self.idle_s]
        around = [self.around_the_clock(kind[-1], idle_s) for kind, idle_s in kinds]
        pools = [(x["keep_alive_s"], x["usd_per_month"]) for x in around if x and x["min_workers"]]
        found: list[Row] = []
        holding = []
        for (kind, idle_s), plan in zip(kinds, around):
            if plan is None:
                continue
            # concession: hours save much the same under any stack, so that they are tried for
            # those alone that are hardly dearer without them than the cheapest.
            least = min((usd for kept_s, usd in pools if kept_s == idle_s), default=0.0)
            by_hours = plan["usd_per_month"] <= CLOSE * least
            if plan := self.cheapest(kind[-1], idle_s, by_hours):
                holding.append((kind, idle_s))
                found.append(plan)
        for size in range(len(main.LAYERS) + 1):
            for kind, idle_s in holding:
                each = [self.cheapest(names, idle_s) for names in kind if len(names) == size]
                found += [plan for plan in each if plan]
            if any(len(plan["layers"]) <= size for plan in found):
                break
        return found + self.as_cheap(best(found, "cost"))

    def as_cheap(self, plan: Row | None) -> list[Row]:
        """The first stack that rents the same and costs no more with the same pool: where hardly
        anybody waits for a boot, what shortens it spares nothing."""
        if plan is None:
            return []
        kind, pool = self.kind_of(plan["layers"]), pool_of(plan)
        alike = [each for each in self.stacks() if self.kind_of(each) == kind]
        for each in alike[: self.tries()]:
            choice = Choice(each, plan["keep_alive_s"], pool)
            if self.holds(choice) and self.usd(choice) <= plan["usd_per_month"]:
                return [self.plan(choice)]
        return []
