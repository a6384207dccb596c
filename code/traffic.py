"""Requests replayed against an endpoint that scales to zero, and the tail that they see.

The formulas of the lesson know Poisson arrivals and one replica. Traffic has nights, a morning
step, bursts, slots and evictions. `arrivals` brings the requests, `endpoint` runs them event by
event, and here is what a run shows, beside a formula where one applies.

  python code/traffic.py --pattern diurnal --with preseed,snapshot
  python code/traffic.py --rate 40 --hours 480
  python code/traffic.py --evictions-per-day 12 --min-workers 2 --rate 500
  python code/traffic.py --pattern bursty --rate 300 --min-workers 1 --json
"""

import argparse
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

import main
from arrivals import HOUR_S, PATTERNS, PLAIN, TOKENS, Request, Traffic, requests_of
from endpoint import MOST_HOURS, MOST_SLOTS, MOST_WORKERS, Endpoint, mean_cold_s, workers
from main import BadInput, Bounds, Row, Scenario, number, plain, say, table
from progress import progress

MOST_REQUESTS = 1e9  # of a run


# --- a run ---------------------------------------------------------------------------------------


def check(s: Scenario, how: Traffic) -> None:
    """Raise BadInput where options contradict one another, or ask for more than can be run."""
    (least, most), traced = workers(s, how), how.trace is not None
    requests, slots = s.requests_per_hour * how.hours, most * how.slots
    for wrong, says in (
        (
            how.jitter and how.cold_start_s is not None,
            "--jitter: draws the phases of the path; must be without --cold-start-s",
        ),
        (
            traced and not s.decode_tokens_per_s,
            "--set decode_tokens_per_s=0: must be above 0 for a trace",
        ),
        (most < least, f"--max-workers {most}: must be min-workers, {least}, or more"),
        (least > MOST_WORKERS, f"--min-workers {least}: must be at most {MOST_WORKERS:,}"),
        (
            slots > MOST_SLOTS,
            f"--max-workers times --slots: {slots:,} slots; must be at most {MOST_SLOTS:,}",
        ),
        (
            requests > MOST_REQUESTS,
            f"--rate times --hours: {requests:.3g} requests; must be at most {MOST_REQUESTS:g}",
        ),
    ):
        if wrong:
            raise BadInput(says)


def simulate(
    s: Scenario, how: Traffic, asked: Sequence[Request] = (), most_late: float = math.inf
) -> Endpoint:
    """One run of an endpoint under the layers of this scenario; BadInput where it cannot be.

    Several runs may be asked the same, and stop early where too many are late.
    """
    check(s, how)
    start_s, requests = (0.0, iter(asked)) if asked else requests_of(s, how)
    endpoint = Endpoint(s, how, start_s)
    until = HOUR_S * how.hours if how.trace is None else None
    if not asked and progress.shown:
        requests = with_progress(requests)
    endpoint.replay(requests, until, most_late)
    return endpoint


def with_progress(requests: Iterator[Request]) -> Iterator[Request]:
    for count, request in enumerate(requests):
        if not count % 5000:
            progress.tell(f"{count:,} requests, up to hour {request[0] / HOUR_S:,.1f}")
        yield request


def figures(s: Scenario, e: Endpoint, standby_usd_per_hour: float) -> Row:
    """What a run shows. The late are counted one by one, not read off the histogram."""
    end_s, requests, boots, replica_s, waiting_s = e.past  # the totals when the last hour closed
    span_s, gpu_hours, requests_or_1 = end_s or math.inf, main.gpus(s) / HOUR_S, max(requests, 1)
    return {
        "hours": end_s / HOUR_S,
        "requests": requests,
        "cold_starts": boots,
        "cold_starts_per_day": boots * 86400 / span_s,
        "cold_fraction": e.cold / requests_or_1,
        "ttft_s": e.ttft.figures(p50=0.5, p90=0.9, p99=0.99, p999=0.999) | {"mean": e.ttft.mean()},
        "over_sla_fraction": e.over / requests_or_1,
        "given_up": e.given_up,
        "gpu_hours": gpu_hours * replica_s,
        "usd": gpu_hours * replica_s * s.gpu_usd_per_hour + standby_usd_per_hour * end_s / HOUR_S,
        "replicas": {"mean": replica_s / span_s, "peak": e.peak},
        "perfect_gpu_hours": gpu_hours * (e.perfect_s + end_s * math.ceil(e.busy / e.slots)),
        "waited_fraction": e.queued / requests_or_1,
        "mean_wait_s": waiting_s / requests_or_1,
        "waiting_at_end": len(e.waiting),
        "timeline": timeline(e),
        "evictions": {
            "count": e.evicted,
            "migrated": e.migrated,
            "restarted": e.restarted,
            "interrupted": e.migrated + e.restarted,
            "pause_s": e.pauses.figures(p50=0.5, p99=0.99),
        },
    }


def timeline(e: Endpoint) -> list[Row]:
    """By hour of the day, days together: counts, and how many at once on average."""
    return [
        {
            "hour": hour,
            "requests": int(requests),
            "cold_starts": int(started),
            "replicas": alive / (seconds or 1),
            "waiting": waiting / (seconds or 1),
        }
        for hour, (seconds, requests, started, alive, waiting) in enumerate(e.timeline)
        if seconds or requests
    ]


# --- formulas beside it --------------------------------------------------------------------------


def erlang_c(load: float, servers: int) -> float:
    """Chance that a Poisson arrival finds every server busy; load in servers, below them all."""
    blocked = 1.0  # Erlang B, a server more each time
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def closed_forms(s: Scenario, how: Traffic, run: Row) -> list[Row]:
    """What a formula expects of this run, where one applies, beside what the run shows."""
    lam, (least, most) = s.requests_per_hour / HOUR_S, workers(s, how)
    load, servers, cold_s = lam * how.service_s, least * how.slots, mean_cold_s(s, how)
    steady = lam > 0 and how.pattern == "poisson" and how.trace is None
    if not steady or how.evictions_per_day or how.patience_s is not None:
        return []
    # One replica serves all that a cold start lets wait, and service is short beside keep-alive.
    lone = lam * cold_s + load <= how.slots and 10 * how.service_s <= s.keep_alive_s
    if lone and least == 0 and not how.jitter:
        name, expected = "cycle, approximate", main.at_rate(s, s.requests_per_hour, cold_s)
    elif load < servers and least == most and how.service == "exponential":
        name, waits = "Erlang C", erlang_c(load, servers)
        mean_s = waits * how.service_s / (servers - load)
        expected = {"waited_fraction": waits, "mean_wait_s": mean_s}
    else:
        return []
    return [
        {"name": name, "figure": figure, "expected": x, "simulated": run[figure]}
        for figure, x in expected.items()
        if figure in run
    ]


# --- results -------------------------------------------------------------------------------------


def asked_of(s: Scenario, how: Traffic) -> str:
    """What asks, in a word or two: a trace, or a rate and its pattern."""
    return how.trace or f"{plain(s.requests_per_hour)}/h, {how.pattern}"


def standby_usd_per_hour(s: Scenario, names: Sequence[str]) -> float:
    """Rent of a stack that no replica's time contains: the standby node's, not the pool's."""
    return main.standing_usd_per_month(s, main.without(names, "warm-pool")) / s.hours_per_month


def run_result(
    s: Scenario, names: Sequence[str], how: Traffic, asked: Sequence[Request] = ()
) -> Row:
    """One run of traffic under the named layers."""
    under = main.stack(s, names)
    run = figures(under, simulate(under, how, asked), standby_usd_per_hour(s, names))
    least, most = workers(under, how)
    ran = replace(how, min_workers=least, max_workers=most, cold_start_s=mean_cold_s(under, how))
    return {"run": asdict(ran), **run, "closed_form": closed_forms(under, how, run)}


def traffic_result(s: Scenario, names: Sequence[str], how: Traffic) -> Row:
    """A run; where nodes are taken away, also what evictions are with and without migrate."""
    found, compared = run_result(s, names, how), []
    if how.evictions_per_day:
        apart = main.without(names, "migrate")
        for label, each in (("without migrate", apart), ("with migrate", [*apart, "migrate"])):
            if {*each} == {*names}:
                compared.append({"name": label, **found["evictions"]})
            elif how.trace is None or os.path.isfile(how.trace):  # no pipe can be read again
                compared.append({"name": label, **run_result(s, each, how)["evictions"]})
    return {**main.head(s, names), **found, "evictions_compared": compared}


# --- text ----------------------------------------------------------------------------------------


def duration(x: float | None) -> str:
    return "n/a" if x is None else main.duration(x)


def show(r: Row, s: Scenario, how: Traffic) -> None:
    run, late = r["run"], r["over_sla_fraction"]
    verb = "holds" if holds(r) else "does not hold"
    if r["requests"]:
        asked = f"{late:.2%} of {plain(r['requests'])} requests are late"
        say(f"{asked}, so P99 of {duration(s.sla_s)} {verb}.")
    else:
        say("No request came, so none was late.")
    main.heading("The run")
    say(f"{asked_of(s, how)}, for {plain(r['hours'])} h, seed {run['seed']}.")
    main.show_figures(r, s)
    for name in r["layers"]:
        say(f"  {main.about(name)}", "    ")
    say(
        f"{run['min_workers']} to {run['max_workers']} replicas of {run['slots']} slots, kept "
        f"idle for {duration(s.keep_alive_s)}. A request takes {duration(run['service_s'])}, "
        f"{run['service']}{' unless the trace says' if how.trace else ''}; a cold start takes "
        f"{duration(run['cold_start_s'])}."
    )
    if how.jitter:
        path_s = duration(main.cold_start_s(main.stack(s, r["layers"])))
        say(f"That is an average: phases lean to the long side of {path_s}.")
    show_totals(r, s)
    if r["evictions_compared"]:
        show_evictions(r["evictions_compared"])
    if r["closed_form"]:
        show_formulas(r["closed_form"])
    if r["timeline"]:
        show_timeline(r["timeline"])
    print(f"\nNext, the same with:\n  {following(r, s, how)}")


def holds(r: Row) -> bool:
    return main.holds_p99(1, r["over_sla_fraction"])


def following(r: Row, s: Scenario, how: Traffic) -> str:
    """The option that shows most next: a replica more where P99 breaks, else worse weather."""
    run = r["run"]
    if main.even_warm_is_late(s):
        return f"--sla {s.warm_ttft_s:g}, for even a warm replica is late"
    if holds(r):
        evicted = f"--seed {how.seed + 1}"
        return evicted if how.evictions_per_day else "--evictions-per-day 24"
    short = r["waiting_at_end"] and r["replicas"]["peak"] == run["max_workers"]
    full = short or run["min_workers"] == run["max_workers"]
    name = "max_workers" if full else "min_workers"
    return f"--{name.replace('_', '-')} {run[name] + 1}"


def show_totals(r: Row, s: Scenario) -> None:
    head = ("", "P50", "P90", "P99", "P99.9", "max", "mean")
    print()
    table([head, ("TTFT of the served", *map(duration, r["ttft_s"].values()))], "<>>>>>>")
    a_day, peak = number(r["cold_starts_per_day"]), plain(r["replicas"]["peak"])
    least = "GPU-hours at least: replicas live just while busy"
    rows = [
        ("late", f"{r['over_sla_fraction']:.2%}", f"over {duration(s.sla_s)}"),
        ("waited during a boot", f"{r['cold_fraction']:.2%}", ""),
        ("gave up", plain(r["given_up"]), ""),
        ("still waiting at end", plain(r["waiting_at_end"]), ""),
        ("cold starts", plain(r["cold_starts"]), f"{a_day} a day"),
        ("replicas", number(r["replicas"]["mean"]), f"on average, {peak} at most"),
        ("GPU-hours", number(r["gpu_hours"]), main.dollars(r["usd"])),
        ("perfect autoscaler", number(r["perfect_gpu_hours"]), least),
    ]
    print()
    table(rows, "<><")
    if rent := standby_usd_per_hour(s, r["layers"]):
        say(f"The dollars contain {main.dollars(rent)} an hour for the standby node.")


def show_evictions(compared: Sequence[Row]) -> None:
    names = ("count", "interrupted", "migrated", "restarted")
    rows = [("evicted replicas", "", "their requests", "moved", "start over", "pause P50", "P99")]
    for row in compared:
        pauses = (duration(row["pause_s"]["p50"]), duration(row["pause_s"]["p99"]))
        rows.append((row["name"], *(plain(row[name]) for name in names), *pauses))
    print()
    table(rows, "<>>>>>>")


def show_formulas(forms: Sequence[Row]) -> None:
    rows = [("a formula beside the run", "", "expected", "simulated")]
    for form in forms:
        both = (f"{form['expected']:.3g}", f"{form['simulated']:.3g}")
        rows.append((form["name"], form["figure"], *both))
    print()
    table(rows, "<<>>")


def show_timeline(hours: Sequence[Row]) -> None:
    main.heading("By hour of the day: requests and boots, replicas and waiting on average")
    names = ("requests", "cold_starts", "replicas", "waiting")
    most = {name: max(row[name] for row in hours) for name in names}
    rows: list[Sequence[str]] = [
        ("hour", "requests", "", "boots", "", "replicas", "", "waiting", "")
    ]
    for row in hours:
        pairs = ((plain(row[name]), main.bar(row[name], most[name], 7)) for name in names)
        rows.append((plain(row["hour"]), *(cell for pair in pairs for cell in pair)))
    table(rows, ">><><><><")


# --- command line --------------------------------------------------------------------------------


def one_of(*words: str) -> Callable[[str], str]:
    return lambda text: main.nearest(text, words)


Option = tuple[str, Callable[[str], Any], str]  # its name, what reads it, what it is
OPTIONS: tuple[Option, ...] = (  # of a run, and of a plan
    ("--pattern", one_of(*PATTERNS), "poisson, diurnal (quiet night, 8 a.m. step) or bursty"),
    ("--trace", str, f"CSV file of {TOKENS} or {PLAIN}; - reads standard input"),
    ("--max-workers", Bounds(1, MOST_WORKERS, whole=True).read, "replicas at most (8)"),
    ("--slots", Bounds(1, 1000, whole=True).read, "requests that a replica serves at once (8)"),
    ("--service-s", Bounds().read, "seconds that a request holds its slot, on average (10)"),
    ("--service", one_of("exponential", "constant"), "exponential or constant"),
    ("--patience-s", Bounds().read, "seconds until a waiting request gives up"),
    ("--evictions-per-day", Bounds(high=1440).read, "of each replica: spot reclaim, node drain"),
    ("--seed", Bounds(whole=True).read, "of the random numbers (1)"),
)  # fmt: skip
RUN_OPTIONS: tuple[Option, ...] = (  # of a run alone
    ("--hours", Bounds(main.SMALLEST, MOST_HOURS).read, "how long a pattern runs (24)"),
    ("--cold-start-s", Bounds().read, "seconds of a cold start, instead of the path"),
)


def add_options(parser: main.Parser, options: Sequence[Option]) -> None:
    for option, reader, says in options:
        parser.add_argument(option, type=reader, metavar="X", help=says)
    parser.add_argument("--jitter", action="store_true", help="draw each phase from its range")


def traffic_of(args: argparse.Namespace) -> Traffic:
    """The options that were given; BadInput for a trace beside what a trace replaces."""
    given = {x.name: getattr(args, x.name) for x in fields(Traffic) if x.name in args}
    for option, name, has in (
        ("--pattern", "pattern", "arrivals"),
        ("--rate", "requests_per_hour", "arrivals"),
        ("--hours", "hours", "an end"),
    ):
        if "trace" in given and name in args:
            raise BadInput(f"{option}: must be without --trace, which has {has}")
    return Traffic(**given)


def run(argv: Sequence[str]) -> int:
    parser = main.Parser(__doc__)
    add_options(parser, (*OPTIONS, *RUN_OPTIONS))
    args = parser.read(argv)
    (yours, names), how = main.asked(args), traffic_of(args)
    s = Scenario(**yours)
    result = traffic_result(s, names, how)
    progress.end()
    if "json" in args:
        main.print_json(result)
    else:
        show(result, s, how)
    return 0


if __name__ == "__main__":
    main.start(run)
