"""Requests replayed against an endpoint that scales to zero, and the tail that they see.

The formulas of the lesson know Poisson arrivals and one replica. Traffic has nights, a morning
step, bursts, slots and evictions. `arrivals` brings the requests, `endpoint` runs them event by
event, and here is what a run shows, beside a formula where one applies.

  python code/traffic.py --pattern diurnal --with preseed,snapshot
  python code/traffic.py --rate 40 --hours 480
  python code/traffic.py --evictions-per-day 12 --min-workers 2 --rate 500
  python code/traffic.py --pattern bursty --rate 300 --min-workers 1 --json

With --events, JSON has all that happened too: when each request came, which replica served it
from when to when, when each replica came and went, and the dollars up to then.
"""

import argparse
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

import main
import schedule
from arrivals import (
    Asked,
    Traffic,
    goes_by_days,
    mean_rate,
    pattern_of,
    requests_of,
)
from endpoint import (
    MOST_HOURS,
    MOST_SLOTS,
    MOST_WORKERS,
    REPLICAS,
    Endpoint,
    kept_always,
    mean_cold_s,
    workers,
)
from events import MOST_EVENTS, UNSEEN, Recorder, Unseen, refusal
from main import BadInput, Bounds, Row, Scenario, number, plain, say, table
from progress import progress
from schedule import HOUR_S
from traces import Request, Trace

MOST_REQUESTS = 1e9  # of a run
TOLD = ("format", "unit", "told_by", "failed")  # what a trace says of itself

# --- a run ---------------------------------------------------------------------------------------


def check(s: Scenario, how: Traffic) -> None:
    """Raise BadInput where options contradict one another, or ask for more than can be run."""
    (pool, most), traced = workers(s, how), how.trace is not None
    requests, slots = mean_rate(s, how) * how.hours, most * how.slots
    for wrong, says in (
        (
            how.jitter and s.known_cold_start_s is not None,
            "--jitter: draws the phases of the path; must be without --cold-start-s",
        ),
        (
            traced and not s.decode_tokens_per_s,
            "--set decode_tokens_per_s=0: must be above 0 for a trace",
        ),
        (most < pool, f"--max-workers {most}: must be {pool}, which the pool asks for, or more"),
        (pool > MOST_WORKERS, f"--min-workers {pool}: must be at most {MOST_WORKERS:,}"),
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
    s: Scenario,
    how: Traffic,
    asked: Asked | None = None,
    most_late: float = math.inf,
    seen: Unseen = UNSEEN,
) -> Endpoint:
    """One run of an endpoint under the layers of this scenario; BadInput where it cannot be.

    Several runs may be asked the same, held in a list, and stop early where too many are late;
    `seen` may take notes of what happens.
    """
    check(s, how)
    start_s, requests, trace = asked or requests_of(s, how)
    if trace and not trace.has_dates and schedule.has_days(how.schedule):
        raise BadInput("--schedule: must be without days, for the trace has no dates")
    if progress.shown and not isinstance(requests, list):
        requests = with_progress(requests)
    endpoint = Endpoint(s, how, start_s, seen)
    endpoint.replay(requests, None if how.trace else HOUR_S * how.hours, most_late)
    return endpoint


def with_progress(requests: Iterable[Request]) -> Iterator[Request]:
    for count, request in enumerate(requests):
        if not count % 5000:
            progress.tell(f"{count:,} requests, up to hour {request[0] / HOUR_S:,.1f}")
        yield request


def dollars(
    s: Scenario, standby_usd_per_hour: float, span_s: float, replica_s: float, pool_s: float
) -> float:
    """Of seconds of replicas, of which some at the pool's price, and of the standby node's."""
    usd = pool_s * main.kept_usd_per_hour(s) + (replica_s - pool_s) * main.replica_usd_per_hour(s)
    return (usd + standby_usd_per_hour * span_s) / HOUR_S


def figures(s: Scenario, e: Endpoint, standby_usd_per_hour: float) -> Row:
    """What a run shows. The late are counted one by one, not read off the histogram."""
    end_s, requests, boots, replica_s, waiting_s, pool_s, _ = e.past  # up to the end
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
        "usd": dollars(s, standby_usd_per_hour, end_s, replica_s, pool_s),
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


def events(s: Scenario, seen: Recorder, end_s: float, standby_usd_per_hour: float) -> Row:
    """All that happened in a run up to its end, in order, and the dollars paid by then."""
    bill = [
        {"at_s": t, "usd": dollars(s, standby_usd_per_hour, t, replica_s, pool_s)}
        for t, replica_s, pool_s in seen.paid(end_s)
    ]
    return {"requests": seen.requests, "replicas": seen.replicas, "bill": bill}


def timeline(e: Endpoint) -> list[Row]:
    """By hour of the day, days together: counts, and how many at once on average."""
    return [
        {
            "hour": hour,
            "requests": int(row.requests),
            "cold_starts": int(row.boots),
            "replicas": row.alive_s / (row.seconds or 1),
            "waiting": row.waiting_s / (row.seconds or 1),
        }
        for hour, row in enumerate(e.timeline)
        if row.seconds or row.requests
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
    steady = lam > 0 and how.pattern == "poisson" and not how.trace and not how.schedule
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


def holds(r: Row) -> bool:
    return main.holds_p99(1, r["over_sla_fraction"])


def asked_of(s: Scenario, how: Traffic) -> str:
    """What asks, in a word or two: a trace, or a rate and its pattern."""
    rate = f"{plain(mean_rate(s, how))}/h"
    return how.trace or f"{rate}{' on average' if ':' in how.pattern else ''}, {how.pattern}"


def standby_usd_per_hour(s: Scenario, names: Sequence[str]) -> float:
    return main.shared_usd_per_month(s, names) / s.hours_per_month


def trace_row(trace: Trace | None) -> Row | None:
    """What a trace says of itself."""
    return {name: getattr(trace, name) for name in TOLD} if trace else None


def run_result(
    s: Scenario,
    names: Sequence[str],
    how: Traffic,
    asked: Asked | None = None,
    seen: Recorder | None = None,
) -> Row:
    """One run of traffic under the named layers, with its events where notes are taken."""
    under, rent = main.stack(s, names), standby_usd_per_hour(s, names)
    asked = asked or requests_of(under, how)
    endpoint = simulate(under, how, asked, seen=seen or UNSEEN)
    run = figures(under, endpoint, rent)
    ran = replace(how, min_workers=kept_always(under, how), max_workers=workers(under, how)[1])
    return {
        "run": asdict(ran) | {"cold_start_s": mean_cold_s(under, how)},
        "trace": trace_row(asked.trace),
        **run,
        "closed_form": closed_forms(under, how, run),
        **({"events": events(under, seen, endpoint.now, rent)} if seen else {}),
    }


def is_piped(how: Traffic) -> bool:
    """Whether the requests can be read once only."""
    return how.trace is not None and not os.path.isfile(how.trace)


def traffic_result(
    s: Scenario, names: Sequence[str], how: Traffic, seen: Recorder | None = None
) -> Row:
    """A run; where nodes are taken away, also what evictions are with and without migrate."""
    found, compared = run_result(s, names, how, seen=seen), []
    if how.evictions_per_day:
        apart = main.without(names, "migrate")
        for label, each in (("without migrate", apart), ("with migrate", [*apart, "migrate"])):
            if {*each} == {*names}:
                compared.append({"name": label, **found["evictions"]})
            elif not is_piped(how):
                compared.append({"name": label, **run_result(s, each, how)["evictions"]})
    return {**main.head(s, names), **found, "evictions_compared": compared}


def idle_result(s: Scenario, names: Sequence[str], how: Traffic, kept: Sequence[float]) -> Row:
    """Runs of the same requests, one for each idle time; beside them the whole of the best."""
    asked = held(requests_of(main.stack(s, names), how)) if is_piped(how) else None
    runs: list[Row] = []
    for each in (replace(s, keep_alive_s=keep_alive_s) for keep_alive_s in kept):
        run = run_result(each, names, how, asked)
        late_usd = s.drop_usd * run["over_sla_fraction"] * run["requests"]
        kept_for = {"keep_alive_s": each.keep_alive_s, "late_usd": late_usd}
        runs.append({**main.head(each, names), **run, **kept_for, "changed": main.changed(s)})
    best = min(runs, key=worth)
    return {**best, "runs": runs}


def worth(run: Row) -> tuple[bool, float]:
    """First come those that hold P99, by their GPUs; then the others, late requests paid too."""
    return not holds(run), run["usd"] + (0.0 if holds(run) else run["late_usd"])


def held(asked: Asked) -> Asked:
    """The same requests in a list, for several runs."""
    return asked._replace(requests=[*asked.requests])


# --- text ----------------------------------------------------------------------------------------


def duration(x: float | None) -> str:
    return "n/a" if x is None else main.duration(x)


def show(r: Row, s: Scenario, how: Traffic) -> None:
    late = r["over_sla_fraction"]
    verb = "holds" if holds(r) else "does not hold"
    if r["requests"]:
        asked = f"{late:.2%} of {plain(r['requests'])} requests are late"
        say(f"{asked}, so P99 of {duration(s.sla_s)} {verb}.")
        if r["waiting_at_end"] > main.P99_OVER * r["requests"]:
            left = f"{plain(r['waiting_at_end'])} still wait at the end"
            say(f"{plain(r['run']['max_workers'])} replicas are too few: {left}.")
    else:
        say("No request came, so none was late.")
    show_run(r, s, how, duration(s.keep_alive_s))
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
    print(f"\nNext, the same command with:\n  {following(r, s, how)}")


def read_text(read: Row, requests: float) -> str:
    """What a trace is, in which unit, and what tells it."""
    units = {"dates": "with dates", "s": "in seconds", "ms": "in milliseconds"}
    told = f" ({read['told_by']}; --trace-unit says otherwise)" if read["told_by"] else ""
    failed = f" {plain(read['failed'])} had no response tokens: failed, but came."
    says = f"{plain(requests)} requests of {read['format']}, {units[read['unit']]}{told}."
    return says + failed if read["failed"] else says


def service_text(r: Row) -> str:
    """How long a request takes, in words."""
    run, kind = r["run"], (r["trace"] or {}).get("format")
    drawn = f"{duration(run['service_s'])}, {run['service']}"
    if kind in (None, "seconds"):
        return f"{drawn}, unless the trace says" if kind else drawn
    return "what the trace says" if kind == "Azure Functions 2021" else "what its tokens take"


def show_run(r: Row, s: Scenario, how: Traffic, kept: str) -> None:
    """What was asked of what."""
    run = r["run"]
    main.heading("The run")
    say(f"{asked_of(s, how)}, for {plain(r['hours'])} h, seed {run['seed']}.")
    if r["trace"]:
        say(read_text(r["trace"], r["requests"]))
    main.show_figures(r, s)
    for name in r["layers"]:
        say(f"  {main.about(name)}", "    ")
    pool = f", in their hours {run['schedule']}" if run["schedule"] else ""
    say(
        f"{run['min_workers']} to {run['max_workers']} replicas of {run['slots']} slots{pool}, "
        f"kept idle for {kept}. A request takes {service_text(r)}; a cold start takes "
        f"{duration(run['cold_start_s'])}."
    )
    if run["schedule"] and how.min_workers is None and run["min_workers"]:
        say("The warm pool stands around the clock too; --min-workers 0 leaves the hours alone.")


def always_usd(r: Row, s: Scenario) -> float:
    """What one warm replica around the clock would cost in the hours of a run."""
    return main.kept_usd_per_hour(s) * float(r["hours"])


def idle_finding(r: Row, s: Scenario) -> str:
    """Which idle time to take, or that none holds P99 and what speaks for which."""
    best = duration(r["keep_alive_s"])
    if holds(r):
        says = (
            f"Keep an idle replica for {best}: the cheapest that holds P99 of {duration(s.sla_s)}"
        )
        dear = r["usd"] > always_usd(r, s)
        return f"{says}{', though one that never goes costs less' if dear else ''}."
    fewest = min(r["runs"], key=lambda run: run["over_sla_fraction"])
    near = f"{duration(fewest['keep_alive_s'])}, {fewest['over_sla_fraction']:.2%}"
    return (
        f"No idle time of these holds P99 of {duration(s.sla_s)}. The fewest are late with "
        f"{near}; with late requests paid, {best} costs least."
    )


def idle_row(run: Row, mark: str) -> tuple[str, ...]:
    tail, late = run["ttft_s"], f"{run['over_sla_fraction']:.2%}"
    boots = number(run["cold_starts_per_day"])
    money = (main.dollars(run["usd"]), main.dollars(run["late_usd"]))
    waits = (duration(tail["p99"]), duration(tail["p999"]))
    return (duration(run["keep_alive_s"]), late, *waits, boots, *money, mark)


def show_idle(r: Row, s: Scenario, how: Traffic) -> None:
    """Idle times beside one another, and which to take."""
    say(idle_finding(r, s))
    show_run(r, s, how, " or ".join(duration(run["keep_alive_s"]) for run in r["runs"]))
    mark = "take this" if holds(r) else "costs least"
    rows: list[tuple[str, ...]] = [
        ("idle time", "late", "P99", "P99.9", "boots/day", "GPU $", "late $", "")
    ]
    for run in r["runs"]:
        rows.append(idle_row(run, mark if run["keep_alive_s"] == r["keep_alive_s"] else ""))
    print()
    table(rows, ">>>>>>><")
    warm = main.dollars(always_usd(r, s))
    say(
        f"Dollars of {plain(r['hours'])} h: GPUs, and late requests at {main.dollars(s.drop_usd)} "
        "each. A longer idle time pays for GPUs that wait, and boots less often; one warm replica "
        f"around the clock would cost {warm}."
    )
    what = f"--keep-alive {r['keep_alive_s']:g}{'' if holds(r) else ' --min-workers 1'}"
    print(f"\nNext, the whole day, the same command with:\n  {what}")


def following(r: Row, s: Scenario, how: Traffic) -> str:
    """The option that shows most next: a replica more where P99 breaks, else worse weather."""
    run = r["run"]
    if main.even_warm_is_late(s):
        return f"--sla {s.warm_ttft_s:g}, for even a warm replica is late"
    if holds(r):
        evicted = f"--seed {how.seed + 1}"
        return evicted if how.evictions_per_day else "--evictions-per-day 24"
    short = r["waiting_at_end"] and r["replicas"]["peak"] == run["max_workers"]
    if short or run["min_workers"] == run["max_workers"]:
        return f"--max-workers {max(run['max_workers'] + 1, 0 if how.trace else busiest(r))}"
    return f"--min-workers {run['min_workers'] + 1}"


def busiest(r: Row) -> int:
    """Replicas that the busiest hour of the day keeps busy, as far as patterns tell."""
    days = max(r["hours"] / 24, 1.0)
    most = max(row["requests"] for row in r["timeline"]) / days
    busy = float(most * r["run"]["service_s"]) / HOUR_S
    return math.ceil(busy / int(r["run"]["slots"]))


def show_totals(r: Row, s: Scenario) -> None:
    head = ("", "P50", "P90", "P99", "P99.9", "max", "mean")
    print()
    table([head, ("TTFT of the served", *map(duration, r["ttft_s"].values()))], "<>>>>>>")
    late = round(r["over_sla_fraction"] * r["requests"])
    a_day, peak = number(r["cold_starts_per_day"]), plain(r["replicas"]["peak"])
    least = "GPU-hours at least: replicas live just while busy"
    rows = [
        ("late", f"{r['over_sla_fraction']:.2%}", f"{plain(late)} over {duration(s.sla_s)}"),
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
        rented = " and ".join(main.shared_rents(r["layers"]))
        say(f"The dollars contain {main.dollars(rent)} an hour for {rented}.")


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


def schedule_of(text: str) -> str:
    schedule.read(text, REPLICAS)
    return schedule.tidy(text)


def read_idle(text: str) -> list[float]:
    """One idle time, or several in a comma list, each once."""
    return [*dict.fromkeys(main.read_figure("keep_alive_s", x) for x in text.split(","))]


Option = tuple[str, Callable[[str], Any], str]  # its name, what reads it, what it is
OPTIONS: tuple[Option, ...] = (  # of a run, and of a plan
    ("--pattern", pattern_of, "poisson, diurnal (quiet night, 8 a.m. step; --rate is the day's "
     "mean), bursty, or hours and their requests/h: 8-20:40, 'mon-fri 8-20:40'"),
    ("--trace", str, "file of arrivals instead, as published (Azure, BurstGPT, Mooncake) or "
     "arrival_s[,service_s]; - reads standard input"),
    ("--trace-unit", one_of("s", "ms"), "s or ms, of its times; as their spacing tells"),
    ("--schedule", schedule_of, "replicas ready in these hours, 8-18:2,18-22:1 (the larger "
     "where they meet), of these days, 'mon-fri 8-18:2'; in all other hours --min-workers"),
    ("--keep-alive", read_idle, "seconds that an idle replica is kept; several, as 60,300,900, "
     "to compare"),
    ("--max-workers", Bounds(1, MOST_WORKERS, whole=True).read, "replicas at most (8, or the "
     "pool where that is more; in a plan all that are ever busy, where 8 are too few)"),
    ("--slots", Bounds(1, 1000, whole=True).read, "requests that a replica serves at once (8)"),
    ("--service-s", Bounds().read, "seconds that a request holds its slot, on average (10)"),
    ("--service", one_of("exponential", "constant"), "exponential or constant"),
    ("--patience-s", Bounds().read, "seconds until a waiting request gives up; 0: it is answered "
     "with an error until there is a free slot"),
    ("--evictions-per-day", Bounds(high=1440).read, "of each replica: spot reclaim, node drain"),
    ("--seed", Bounds(whole=True).read, "of the random numbers (1)"),
)  # fmt: skip
RUN_OPTIONS: tuple[Option, ...] = (  # of a run alone
    ("--hours", Bounds(main.SMALLEST, MOST_HOURS).read, "how long a pattern runs (24)"),
)


def add_options(parser: main.Parser, options: Sequence[Option]) -> None:
    for option, reader, says in options:
        parser.add_argument(option, type=reader, metavar="X", help=says)
    parser.add_argument("--jitter", action="store_true", help="draw each phase from its range")


def traffic_of(args: argparse.Namespace) -> Traffic:
    """The options that were given; BadInput for those of which one would be ignored."""
    how = Traffic(**{x.name: getattr(args, x.name) for x in fields(Traffic) if x.name in args})
    given = {*vars(args), *main.given(args)}
    for option, name, has in (
        ("--pattern", "pattern", "arrivals"),
        ("--rate", "requests_per_hour", "arrivals"),
        ("--hours", "hours", "an end"),
    ):
        if how.trace and name in given:
            raise BadInput(f"{option}: must be without --trace, which has {has}")
    if ":" in how.pattern and "requests_per_hour" in given:
        raise BadInput(f"--rate: must be left out, for --pattern {how.pattern} has its own rates")
    if how.trace_unit and not how.trace:
        raise BadInput("--trace-unit: must be beside --trace")
    if "hours" not in given and goes_by_days(how):
        return replace(how, hours=168.0)  # a week, where its days differ
    return how


def notes_of(
    args: argparse.Namespace, s: Scenario, how: Traffic, several: bool
) -> Recorder | None:
    """What takes notes where --events asks for them; BadInput where it cannot."""
    if "events" not in args:
        return None
    if "json" not in args:
        raise BadInput("--events: must be beside --json")
    if several:
        raise BadInput("--events: must be beside one --keep-alive, of which there are several")
    expected = 0.0 if how.trace else mean_rate(s, how) * how.hours
    if expected > 10 * MOST_EVENTS:  # the hours of a run may have a tenth of the mean
        raise BadInput(refusal(f"about {expected:,.0f}"))
    return Recorder(s.sla_s)


def scenario_of(args: argparse.Namespace) -> tuple[Scenario, list[str], list[float]]:
    """The scenario, its layers, and the idle times that are to be compared."""
    s, names = main.asked(args)
    kept = args.keep_alive if "keep_alive" in args else []
    if len(kept) == 1:
        s = replace(s, keep_alive_s=kept[0])
    return s, names, kept or [s.keep_alive_s]


def run(argv: Sequence[str]) -> int:
    parser = main.Parser(__doc__)
    add_options(parser, (*OPTIONS, *RUN_OPTIONS))
    parser.add_argument(
        "--events", action="store_true", help="with --json: each request, replica and dollar too"
    )
    args = parser.read(argv)
    (s, names, kept), how = scenario_of(args), traffic_of(args)
    several = len(kept) > 1
    seen = notes_of(args, main.stack(s, names), how, several)
    result = idle_result(s, names, how, kept) if several else traffic_result(s, names, how, seen)
    progress.end()
    if "json" in args:
        main.print_json(result)
    else:
        (show_idle if several else show)(result, s, how)
    return 0


if __name__ == "__main__":
    main.start(run)
