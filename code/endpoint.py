"""One endpoint, event by event: replicas that boot, serve, idle and go, and the queue before them.

Seconds from the start of the run. A replica is a number: -1 the first that booted, -2 the next, so
that the smallest is the newest. What is due lies in heaps, so an event costs the logarithm of how
many replicas there are. `Endpoint` keeps totals and two histograms, and no request once it is
served: ten million of them take no more memory than ten. What happened to each it tells `seen`, of
`events`, which may take notes; there a replica is 1, 2, 3.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

import main
import schedule
from arrivals import BOOTS, LIVES, Draw, Traffic, randoms
from events import EVICTED, IDLE, UNSEEN, Unseen
from main import BadInput, Bounds, Row, Scenario
from schedule import HOUR_S
from traces import Request

BIN = 0.005  # width of a bin of times, in logarithms: percentiles are within 0.5%
MOST_HOURS = 87_600  # of a run; ten years are a slip of units
MOST_WORKERS, MOST_SLOTS = 100_000, 1_000_000  # of an endpoint
USUAL_WORKERS = 8  # at most, where nobody says [assumed]
REPLICAS = Bounds(high=MOST_WORKERS, whole=True)  # of a pool
END, READY, HOUR, ASK, ARRIVE, GIVE_UP, LET_GO, EVICT = range(8)  # the order at one instant
Event = tuple[float, int, int]  # when, which of these, on which replica; of ASK: for how many
# When it ends or since when it waits, and its service, seconds; which request it is, from 0 on.
Work = tuple[float, float, int]


def kept_always(s: Scenario, how: Traffic) -> int:
    """Replicas around the clock: min-workers; by default none, or the pool's behind warm-pool."""
    pool = s.min_workers if s.has_pool else 0
    return pool if how.min_workers is None else how.min_workers


def pool_hours(s: Scenario, how: Traffic) -> list[schedule.Span]:
    """How many replicas are to be ready at least, over the week."""
    spans = schedule.read(how.schedule, REPLICAS) if how.schedule else []
    return schedule.week(spans, kept_always(s, how))


def workers(s: Scenario, how: Traffic) -> tuple[int, int]:
    """The most replicas that the pool asks for, and that may run: 8, or the pool if it is more."""
    pool = max(int(x.number) for x in pool_hours(s, how))
    return pool, max(USUAL_WORKERS, pool) if how.max_workers is None else how.max_workers


def boot_spans(s: Scenario, how: Traffic) -> list[tuple[float, ...]]:
    """Low, high and typical seconds of what a cold start is the sum of: fixed, or phases drawn."""
    if not how.jitter:
        cold_s = main.cold_start_s(s)
        return [(cold_s, cold_s, cold_s)]
    spans = main.ranges(s)
    return [(*spans[phase], seconds) for phase, seconds in main.path(s).items()]


def mean_cold_s(s: Scenario, how: Traffic) -> float:
    """Of what is drawn. Ranges lean to the long side: 354.7 s where the raw path is 328 s."""
    return sum(sum(span) / 3 for span in boot_spans(s, how))


def boot_times(s: Scenario, how: Traffic) -> Draw:
    """Seconds of one cold start after the other; with jitter each phase is triangular."""
    spans = boot_spans(s, how)
    if not how.jitter:
        return lambda: spans[0][0]
    draw = randoms(how, BOOTS).triangular
    return lambda: sum(draw(*span) for span in spans)


class Times:
    """A logarithmic histogram: percentiles within 0.5%, count, mean and maximum exact."""

    def __init__(self) -> None:
        self.bins: dict[float, list[float]] = {}  # how many are in it, and their sum
        self.max: float | None = None

    def add(self, seconds: float, times: int = 1) -> None:
        row = self.bins.setdefault(math.log(seconds) // BIN if seconds > 0 else -math.inf, [0, 0])
        row[0] += times
        row[1] += times * seconds
        self.max = max(self.max or 0.0, seconds)

    def mean(self) -> float | None:
        count = sum(times for times, _ in self.bins.values())
        return sum(total for _, total in self.bins.values()) / count if count else None

    def percentile(self, q: float) -> float | None:
        """The time that a share q does not pass: the mean of the bin where it falls."""
        rank: float = math.ceil(q * sum(times for times, _ in self.bins.values()) - 1e-6)
        for _, (times, total) in sorted(self.bins.items()):
            if (rank := rank - times) <= 0:
                return total / times
        return None

    def figures(self, **shares: float) -> Row:
        return {name: self.percentile(q) for name, q in shares.items()} | {"max": self.max}


class Totals(NamedTuple):
    """What has passed up to an instant, or in an hour of the day.

    Seconds, requests and boots; seconds of replicas, of requests that wait, and of replicas at the
    pool's price; late requests.
    """

    seconds: float = 0.0
    requests: float = 0.0
    boots: float = 0.0
    alive_s: float = 0.0
    waiting_s: float = 0.0
    pool_s: float = 0.0
    late: float = 0.0


class Endpoint:
    """Replicas, their slots and the queue of one endpoint; `replay` sends it requests."""

    def __init__(
        self, s: Scenario, how: Traffic, start_s: float = 0.0, seen: Unseen = UNSEEN
    ) -> None:
        self.s, self.slots, self.patience_s, self.seen = s, how.slots, how.patience_s, seen
        self.most = workers(s, how)[1]
        self.boot_s, self.lives = boot_times(s, how), randoms(how, LIVES).random
        self.evictions_per_s = how.evictions_per_day / 86400
        self.one_by_one = seen.keeps or self.evictions_per_s > 0
        self.pause_s = main.pause_s(s)
        self.handlers: dict[int, Callable[[int], None]] = {
            END: self.end,
            READY: self.ready,
            HOUR: self.hour,
            ASK: self.ask,
            GIVE_UP: self.give_up,
            LET_GO: self.let_go,
            EVICT: self.evict,
        }

        self.now = 0.0
        self.least = self.newest = self.alive = self.starting = self.peak = self.busy = 0
        # Ready replicas, and when the last service of each ends; the work of each, which
        # only evictions need.
        self.work_ends: dict[int, float] = {}
        self.running: dict[int, list[Work]] = {}
        # Heaps: free slots, by replica; service ends, (when, replica); other events; keep-alives,
        # (over no earlier than, -replica).
        self.free: list[int] = []
        self.ends: list[tuple[float, int]] = [(math.inf, 0)]
        self.agenda: list[Event] = [(HOUR_S - start_s % HOUR_S, HOUR, 0)]
        self.timers: list[tuple[float, int]] = []
        # Queues: requests, (since, service_s, which, boots that had ended by then); interrupted
        # ones, who go first.
        self.waiting: deque[tuple[float, float, int, int]] = deque()
        self.again: deque[Work] = deque()

        # Counts of requests: found a free slot, waited, waited while a replica booted, late.
        self.hits = self.queued = self.cold = self.over = self.given_up = self.cold_starts = 0
        self.evicted = self.migrated = self.restarted = 0
        # subtle: an integral over time is the sum of the instants at which its level fell, less
        # those at which it rose; what is still there falls at the end.
        self.replica_s = self.pool_s = self.waiting_s = self.perfect_s = 0.0
        self.ttft, self.pauses = Times(), Times()
        self.hour_of_day, self.past = int(start_s // HOUR_S) % 24, Totals()
        self.timeline = [Totals()] * 24

        # What holds at time 0 is ready then; what rises later is asked for one cold start ahead.
        pool = pool_hours(s, how)
        asked = schedule.ahead(pool, main.cold_start_s(s))
        self.changes = schedule.changes(asked, start_s)
        self.least = int(schedule.at(pool, start_s))
        for _ in range(self.least):
            self.ready(self.add())
        self.ask(int(schedule.at(asked, start_s)))

    def replay(
        self, requests: Iterable[Request], until: float | None = None, most_late: float = math.inf
    ) -> None:
        """Run to that instant, or until the last is served; cut short if too many are late."""
        requests = iter(requests)
        while self.over <= most_late and (request := self.serve_hits(requests)):
            while self.step(request[0], ARRIVE):
                pass
            self.arrive(*request)
        if self.over > most_late:
            return
        if until is None:
            while self.busy or self.waiting or self.again:
                self.step(math.inf, END)
        else:
            while self.step(until, EVICT):
                pass
        if main.even_warm_is_late(self.s):
            self.over += self.hits
        for since, _, _, ended in self.waiting:
            self.over += self.now - since > self.s.sla_s
            self.cold += self.cold_starts > ended
        for since, _, _ in self.again:
            self.pauses.add(self.now - since)
        self.hour()
        self.seen.ends(self.now)
        if self.hits:
            self.ttft.add(self.s.warm_ttft_s, self.hits)

    def ask(self, least: int) -> None:
        """From now on so many are kept, at the pool's price, and what is missing boots."""
        self.pool_s += self.now * (min(self.alive, self.least) - min(self.alive, least))
        self.least = least
        self.seen.asks(self.now, least)
        self.scale()
        if change := next(self.changes, None):
            heappush(self.agenda, (change[0], ASK, int(change[1])))

    def next_event(self) -> Event:
        """When, what and on which replica, of all that is due but arrivals and service ends.

        While more than min-workers are ready, that may be the end of the longest idle one.
        """
        while len(self.work_ends) > self.least:
            due, number = self.timers[0]
            over = self.work_ends.get(-number, -math.inf) + self.s.keep_alive_s
            if due == over:
                return min((max(due, self.now), LET_GO, -number), self.agenda[0])
            heappop(self.timers)  # a replica that was evicted, or has worked since
            if due < over:
                heappush(self.timers, (over, number))
        return self.agenda[0]

    def step(self, t: float, kind: int) -> bool:
        """The next event, or that instant where one of that kind would come before it."""
        end, replica = self.ends[0]
        event = min(self.next_event(), (end, END, replica))
        if event > (t, kind, 0):
            self.now = t
            return False
        self.now, kind, replica = event
        if kind == END:
            heappop(self.ends)
        elif kind == LET_GO:
            heappop(self.timers)
        else:
            heappop(self.agenda)
        self.handlers[kind](replica)
        return True

    def arrive(self, t: float, service_s: float) -> None:
        """Take a slot of the newest replica that has one, else wait, and boot what is missing."""
        request = self.hits + self.queued
        if self.has_free_slot():
            self.hits += 1
            replica = self.start(t + service_s, service_s, request)
            self.seen.hits(t, t + service_s, -replica, self.s.warm_ttft_s)
            return
        self.queued += 1
        self.seen.waits(t)
        self.waiting.append((t, service_s, request, self.cold_starts - self.starting))
        self.waiting_s -= t
        if self.patience_s is not None:
            heappush(self.agenda, (t + self.patience_s, GIVE_UP, 0))
        self.scale()

    def has_free_slot(self) -> bool:
        """Whether a ready replica has one; slots of those let go are dropped on the way."""
        while self.free and self.free[0] not in self.work_ends:
            heappop(self.free)
        return bool(self.free)

    def scale(self) -> None:
        """Boot while more wait than loading replicas have slots for, or fewer than min live."""
        waiting = len(self.waiting) + len(self.again)
        while self.alive < self.most and (
            waiting > self.slots * self.starting or self.alive < self.least
        ):
            self.cold_starts += 1
            heappush(self.agenda, (self.now + self.boot_s(), READY, self.add()))

    def add(self) -> int:
        """A replica that starts, and is paid from now on."""
        self.newest -= 1
        self.alive += 1
        self.starting += 1
        self.peak = max(self.peak, self.alive)
        self.replica_s -= self.now
        if self.alive <= self.least:
            self.pool_s -= self.now
        self.seen.boots(self.now, -self.newest)
        return self.newest

    def ready(self, replica: int) -> None:
        """Its slots go to those that wait."""
        self.starting -= 1
        self.seen.ready(self.now, -replica)
        self.work_ends[replica] = self.now
        heappush(self.timers, (self.now + self.s.keep_alive_s, -replica))
        if self.evictions_per_s:
            self.running[replica] = []
            life_s = -math.log(1 - self.lives()) / self.evictions_per_s
            heappush(self.agenda, (self.now + life_s, EVICT, replica))
        for _ in range(self.slots):
            heappush(self.free, replica)
        # concession: the path ends with a first forward, so all who wait have their token now.
        self.serve_waiting(0.0)

    def serve_waiting(self, more_s: float) -> None:
        """Free slots go to whoever waits first; their tokens take so many seconds more."""
        while (self.again or self.waiting) and self.has_free_slot():
            if self.again:
                since, service_s, request = self.again.popleft()
                self.pauses.add(self.now - since + more_s)
            else:
                since, service_s, request = self.leave()
                self.ttft.add(self.now - since + more_s)
                self.over += self.now - since + more_s > self.s.sla_s
                self.seen.answers(request, self.now - since + more_s)
            replica = self.start(self.now + service_s, service_s, request)
            self.seen.starts(request, self.now, self.now + service_s, -replica)

    def leave(self) -> Work:
        """The head of the queue leaves it: since when it waited, and its service."""
        since, service_s, request, ended = self.waiting.popleft()
        self.waiting_s += self.now
        self.cold += self.cold_starts > ended
        return since, service_s, request

    def start(self, end: float, service_s: float, request: int) -> int:
        """The newest free slot works until then, and serves so much if it must start over.

        Which replica's it is comes back.
        """
        replica = heappop(self.free)
        if not self.busy % self.slots:
            self.perfect_s -= self.now
        self.busy += 1
        heappush(self.ends, (end, replica))
        self.work_ends[replica] = max(self.work_ends[replica], end)
        if self.evictions_per_s:
            self.running[replica].append((end, service_s, request))
        return replica

    def stop(self) -> None:
        self.busy -= 1
        if not self.busy % self.slots:
            self.perfect_s += self.now

    def end(self, replica: int) -> None:
        if replica in self.work_ends:  # else it was evicted under way
            self.stop()
            heappush(self.free, replica)
            if self.evictions_per_s:
                self.running[replica] = [row for row in self.running[replica] if row[0] > self.now]
            self.serve_waiting(self.s.warm_ttft_s)

    def give_up(self, _: int) -> None:
        """Who came first gives up first, so that the head of the queue is all there is to see."""
        while self.waiting and self.waiting[0][0] + (self.patience_s or 0.0) <= self.now:
            self.seen.gives_up(self.leave()[2])
            self.given_up += 1
            self.over += 1
        self.scale()

    def let_go(self, replica: int, cause: str = IDLE) -> None:
        self.seen.gone(self.now, -replica, cause)
        del self.work_ends[replica]
        if self.alive <= self.least:
            self.pool_s += self.now
        self.alive -= 1
        self.replica_s += self.now

    def evict(self, replica: int) -> None:
        """Its requests move to free slots elsewhere, or go back to the head of the queue."""
        if replica not in self.work_ends:
            return
        self.let_go(replica, EVICTED)
        self.evicted += 1
        lost = []
        for end, service_s, request in self.running.pop(replica):
            self.stop()
            self.seen.interrupts(request, self.now)
            if self.s.migrates and self.has_free_slot():
                # concession: the notice is as long as the rounds take; only the pause is felt.
                other = self.start(end + self.pause_s, service_s, request)
                self.seen.starts(request, self.now, end + self.pause_s, -other)
                self.pauses.add(self.pause_s)
                self.migrated += 1
            else:
                lost.append((self.now, service_s, request))
        self.restarted += len(lost)
        self.again.extendleft(reversed(lost))
        self.serve_waiting(self.s.warm_ttft_s)
        self.scale()

    def hour(self, _: int = 0) -> None:
        """Add to an hour of the day what has passed since the last one closed."""
        if self.now > MOST_HOURS * HOUR_S:  # a slip of units
            raise BadInput("the run passes ten years: see --service-s, the cold start, the trace")
        t = self.now
        totals = Totals(
            t,
            self.hits + self.queued,
            self.cold_starts,
            self.replica_s + t * self.alive,
            self.waiting_s + t * len(self.waiting),
            self.pool_s + t * min(self.alive, self.least),
            self.over,
        )
        hour = self.timeline[self.hour_of_day]
        added = (x + now - past for x, now, past in zip(hour, totals, self.past))
        self.timeline[self.hour_of_day] = Totals(*added)
        self.past, self.hour_of_day = totals, (self.hour_of_day + 1) % 24
        heappush(self.agenda, (self.now + HOUR_S, HOUR, 0))

    def serve_hits(self, requests: Iterator[Request]) -> Request | None:
        """Serve while each finds a free slot, and give back the first request that is more.

        subtle: `step` and `arrive` once more, in local names: a hit need only be counted, and that
        makes a busy endpoint four times as fast. The tests hold both to one slow simulation.
        """
        if self.waiting or self.one_by_one:
            return next(requests, None)
        free, ends, work_ends, slots = self.free, self.ends, self.work_ends, self.slots
        busy, perfect_s, hits = self.busy, self.perfect_s, self.hits
        wake, request = 0.0, None
        for request in requests:
            t, service_s = request
            if t >= wake and t >= (wake := self.next_event()[0]):
                break
            while ends[0][0] <= t:
                end, replica = heappop(ends)
                heappush(free, replica)
                busy -= 1
                if not busy % slots:
                    perfect_s += end
            while free and free[0] not in work_ends:
                heappop(free)
            if not free:
                break
            replica = heappop(free)
            if not busy % slots:
                perfect_s -= t
            busy += 1
            hits += 1
            end = t + service_s
            heappush(ends, (end, replica))
            if end > work_ends[replica]:
                work_ends[replica] = end
        else:
            request = None
        self.busy, self.perfect_s, self.hits = busy, perfect_s, hits
        return request
