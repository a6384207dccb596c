"""A slow simulation of one endpoint, written from the words of the lesson alone.

No heap, no clever order: at every step it looks at everything that could happen next, takes the
earliest, and does what the rule says. It shares no code with the program.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

END, READY, POOL, ARRIVAL, GIVE_UP, EXPIRY, EVICTION = range(7)


@dataclass
class Request:
    arrival: float
    service: float
    ttft: float | None = None  # None: gave up, or still waits
    gave_up: bool = False
    cold: bool = False
    interrupted_at: float | None = None


@dataclass
class Replica:
    number: int
    booted: float
    ready_at: float
    evicted_at: float = math.inf
    ready: bool = False
    clock: float = 0.0  # from when it has no work
    running: list[tuple[float, Request]] = field(default_factory=list)


@dataclass
class Rules:
    slots: int = 1
    least: int = 0
    blocks: list[tuple[float, float, int]] = field(default_factory=list)  # from, to, replicas
    lead_s: float = 0.0  # so much earlier they are booted
    most: int = 8
    keep_s: float = 300.0
    patience_s: float = math.inf
    warm_s: float = 0.5
    migrates: bool = False
    pause_s: float = 0.02
    boot: Callable[[], float] = lambda: 100.0  # of one boot after another
    life: Callable[[], float] = lambda: math.inf  # of one ready replica after another


class Reference:
    def __init__(self, rules: Rules) -> None:
        self.rules, self.now = rules, 0.0
        self.alive: list[Replica] = []
        self.queue: list[Request] = []
        self.booted = self.cold_starts = self.evicted = self.migrated = self.restarted = 0
        self.replica_s = self.pool_s = self.perfect_s = self.waiting_s = 0.0
        self.pauses: list[float] = []
        edges = {t for start, end, _ in rules.blocks for t in (start, end)}
        turns = edges | {t - rules.lead_s for t in edges}
        self.turns = sorted(t for t in turns if t > 0)  # when another number may be asked for
        for _ in range(self.needed(0.0)):
            self.make_ready(self.new_replica(0.0))
        self.boot_what_is_missing()

    def needed(self, t: float) -> int:
        """How many must be ready at a time: what a block says that holds then, else the least."""
        says = [count for start, end, count in self.rules.blocks if start <= t < end]
        return max(says, default=self.rules.least)

    def asked(self) -> int:
        """How many the pool asks for by now: the most that is needed until a boot would end."""
        until = self.now + self.rules.lead_s
        turns = [t for start, end, _ in self.rules.blocks for t in (start, end)]
        return max(self.needed(t) for t in [self.now, *turns] if self.now <= t <= until)

    def new_replica(self, boot_s: float) -> Replica:
        self.booted += 1
        replica = Replica(self.booted, self.now, self.now + boot_s)
        self.alive.append(replica)
        return replica

    def run(self, requests: Sequence[Request], until: float | None) -> None:
        coming = list(requests)
        while True:
            event = min(self.events(coming), default=None, key=lambda row: row[:3])
            busy = any(replica.running for replica in self.alive)
            if until is None and not coming and not busy and not self.queue:
                return
            if event is None or (until is not None and event[0] > until):
                assert until is not None
                self.pass_time(until)
                return
            self.pass_time(event[0])
            event[3]()

    def events(
        self, coming: list[Request]
    ) -> list[tuple[float, int, tuple[float, ...], Callable[[], None]]]:
        found: list[tuple[float, int, tuple[float, ...], Callable[[], None]]] = []
        ready = [replica for replica in self.alive if replica.ready]
        for r in self.alive:
            if not r.ready:
                found.append((r.ready_at, READY, (-r.number,), lambda r=r: self.on_ready(r)))
                continue
            for end, request in r.running:
                key = (-r.number,)
                found.append((end, END, key, lambda r=r, q=request: self.on_end(r, q)))
            found.append((r.evicted_at, EVICTION, (-r.number,), lambda r=r: self.on_eviction(r)))
            if not r.running and len(ready) > self.asked():
                due = r.clock + self.rules.keep_s
                at = max(due, self.now)
                found.append((at, EXPIRY, (due, r.number), lambda r=r: self.drop(r)))
        if self.turns:
            found.append((self.turns[0], POOL, (), self.on_turn))
        if coming:
            found.append((coming[0].arrival, ARRIVAL, (), lambda: self.on_arrival(coming.pop(0))))
        for place, q in enumerate(self.queue):
            if q.interrupted_at is None:
                at = q.arrival + self.rules.patience_s
                found.append((at, GIVE_UP, (place,), lambda q=q: self.on_give_up(q)))
        return [row for row in found if row[0] < math.inf]

    def pass_time(self, until: float) -> None:
        elapsed = until - self.now
        busy = sum(len(replica.running) for replica in self.alive)
        self.replica_s += elapsed * len(self.alive)
        self.pool_s += elapsed * min(len(self.alive), self.asked())
        self.perfect_s += elapsed * math.ceil(busy / self.rules.slots)
        self.waiting_s += elapsed * sum(q.interrupted_at is None for q in self.queue)
        self.now = until

    def free(self) -> Replica | None:
        able = [r for r in self.alive if r.ready and len(r.running) < self.rules.slots]
        return max(able, key=lambda r: r.number, default=None)

    def place(self, r: Replica, request: Request, seconds: float) -> None:
        r.running.append((self.now + seconds, request))
        r.clock = max(r.clock, self.now + seconds)

    def take_waiters(self, r: Replica, more_s: float) -> None:
        while self.queue and len(r.running) < self.rules.slots:
            request = self.queue.pop(0)
            if request.interrupted_at is not None:
                self.pauses.append(self.now - request.interrupted_at + more_s)
                request.interrupted_at = None
            else:
                request.ttft = self.now - request.arrival + more_s
            self.place(r, request, request.service)

    def boot_what_is_missing(self) -> None:
        def starting() -> int:
            return sum(not r.ready for r in self.alive)

        while len(self.alive) < self.rules.most and (
            len(self.queue) > self.rules.slots * starting() or len(self.alive) < self.asked()
        ):
            self.cold_starts += 1
            self.new_replica(self.rules.boot())
        if starting():
            for request in self.queue:
                request.cold = request.cold or request.interrupted_at is None

    def on_turn(self) -> None:
        self.turns.pop(0)
        self.boot_what_is_missing()

    def on_arrival(self, request: Request) -> None:
        replica = self.free()
        if replica:
            request.ttft = self.rules.warm_s
            self.place(replica, request, request.service)
            return
        self.queue.append(request)
        self.boot_what_is_missing()

    def on_ready(self, r: Replica) -> None:
        self.make_ready(r)
        self.take_waiters(r, 0.0)

    def make_ready(self, r: Replica) -> None:
        r.ready, r.clock, r.evicted_at = True, self.now, self.now + self.rules.life()

    def on_end(self, r: Replica, request: Request) -> None:
        r.running = [row for row in r.running if row[1] is not request]
        self.take_waiters(r, self.rules.warm_s)

    def on_give_up(self, request: Request) -> None:
        request.gave_up = True
        self.queue.remove(request)
        self.boot_what_is_missing()

    def drop(self, r: Replica) -> None:
        self.alive.remove(r)

    def on_eviction(self, r: Replica) -> None:
        self.drop(r)
        self.evicted += 1
        lost = []
        for end, request in r.running:
            other = self.free() if self.rules.migrates else None
            if other:
                self.place(other, request, end - self.now + self.rules.pause_s)
                self.pauses.append(self.rules.pause_s)
                self.migrated += 1
            else:
                request.interrupted_at = self.now
                lost.append(request)
                self.restarted += 1
        self.queue[:0] = lost
        while self.queue and (other := self.free()):
            self.take_waiters(other, self.rules.warm_s)
        self.boot_what_is_missing()
