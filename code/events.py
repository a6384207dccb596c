"""What happened in a run, request by request and replica by replica, in rows as JSON has them.

An endpoint tells a note-taker of all that it does. `Unseen` takes no notes, which is what millions
of requests want; `Recorder` keeps every row, up to MOST_EVENTS requests. Seconds from the start of
the run; a replica is 1, 2, 3 in order of boot, a request 0, 1, 2 in order of arrival.
"""

from collections import Counter

from main import BadInput, Row

MOST_EVENTS = 10_000  # requests of a run that keeps a row of each
IDLE, EVICTED = "idle", "evicted"  # why a replica went: its keep-alive ran out, or its node


class Unseen:
    """Hears all that happens at an endpoint, and keeps nothing."""

    keeps = False  # whether each request must be told of

    def boots(self, t: float, replica: int) -> None:
        """A replica starts, and is paid from now on."""

    def ready(self, t: float, replica: int) -> None:
        """Its slots are open."""

    def gone(self, t: float, replica: int, cause: str) -> None:
        """It is paid no longer."""

    def asks(self, t: float, least: int) -> None:
        """From now on so many replicas are kept, at the pool's price."""

    def hits(self, t: float, end: float, replica: int, ttft_s: float) -> None:
        """The next request comes and finds a free slot; its first token is so long after."""

    def waits(self, t: float) -> None:
        """The next request comes and finds none."""

    def answers(self, request: int, ttft_s: float) -> None:
        """One that waited has a slot, and its first token is so long after it came."""

    def starts(self, request: int, t: float, end: float, replica: int) -> None:
        """A stretch of its service, until then unless an eviction ends it."""

    def interrupts(self, request: int, t: float) -> None:
        """An eviction ends the stretch."""

    def gives_up(self, request: int) -> None:
        """It leaves the queue without an answer."""

    def ends(self, t: float) -> None:
        """The run is over."""


UNSEEN = Unseen()


class Recorder(Unseen):
    """Keeps a row of each request and of each replica.

    A request: arrival_s; start_s, planned end_s and replica of its last stretch of service, which
    may end after the run, None while it waits; ttft_s, None without a token; late; earlier, the
    stretches that an eviction ended. A replica: boot_s; ready_s, None while it boots; gone_s, None
    while it lives; cause, "" while it lives.
    """

    keeps = True

    def __init__(self, sla_s: float) -> None:
        self.sla_s = sla_s
        self.requests: list[Row] = []
        self.replicas: list[Row] = []
        self.least: dict[float, int] = {}  # since when so many are kept

    def boots(self, t: float, replica: int) -> None:
        row = {"replica": replica, "boot_s": t, "ready_s": None, "gone_s": None, "cause": ""}
        self.replicas.append(row)

    def ready(self, t: float, replica: int) -> None:
        self.replicas[replica - 1]["ready_s"] = t

    def gone(self, t: float, replica: int, cause: str) -> None:
        self.replicas[replica - 1].update(gone_s=t, cause=cause)

    def asks(self, t: float, least: int) -> None:
        self.least[t] = least

    def hits(self, t: float, end: float, replica: int, ttft_s: float) -> None:
        self.waits(t)
        self.answers(len(self.requests) - 1, ttft_s)
        self.starts(len(self.requests) - 1, t, end, replica)

    def waits(self, t: float) -> None:
        if len(self.requests) == MOST_EVENTS:
            raise BadInput(refusal(f"more than {MOST_EVENTS:,}"))
        row: Row = {"arrival_s": t, "start_s": None, "end_s": None, "replica": None}
        self.requests.append({**row, "ttft_s": None, "late": False, "earlier": []})

    def answers(self, request: int, ttft_s: float) -> None:
        self.requests[request].update(ttft_s=ttft_s, late=ttft_s > self.sla_s)

    def starts(self, request: int, t: float, end: float, replica: int) -> None:
        self.requests[request].update(start_s=t, end_s=end, replica=replica)

    def interrupts(self, request: int, t: float) -> None:
        row = self.requests[request]
        cut = {"replica": row["replica"], "start_s": row["start_s"], "end_s": t}
        row["earlier"].append(cut)
        row.update(start_s=None, end_s=None, replica=None)

    def gives_up(self, request: int) -> None:
        self.requests[request]["late"] = True

    def ends(self, t: float) -> None:
        """Who waits for a first token still may be late already."""
        for row in self.requests:
            if row["ttft_s"] is None:
                row["late"] = row["late"] or t - row["arrival_s"] > self.sla_s

    def paid(self, end_s: float) -> list[tuple[float, float, float]]:
        """(when, seconds of replicas until then, of them at the pool's price), in order.

        At time 0, where the number of either kind changes, and at the end of the run.
        """
        steps: Counter[float] = Counter()  # how many replicas more, or fewer, from when on
        for row in self.replicas:
            steps[row["boot_s"]] += 1
            if row["gone_s"] is not None:
                steps[row["gone_s"]] -= 1
        at = replica_s = pool_s = 0.0
        alive = least = pool = 0
        rows = {0.0: (0.0, 0.0)}
        for t in sorted({*steps, *self.least, end_s}):
            replica_s += (t - at) * alive
            pool_s += (t - at) * pool
            was, at = (alive, pool), t
            alive, least = alive + steps[t], self.least.get(t, least)
            pool = min(alive, least)
            if (alive, pool) != was or t == end_s:
                rows[t] = replica_s, pool_s
        return [(t, *seconds) for t, seconds in rows.items()]


def refusal(found: str) -> str:
    """Why a run keeps no rows, and what to do; found is how many requests come."""
    cure = "fewer --hours or a lower --rate, or a shorter --trace"
    return f"--events: {found} requests; must be at most {MOST_EVENTS:,}: take {cure}"
