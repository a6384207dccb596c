"""Exercises 1, 3 and 6: numbers, the truth of each, and slips that have a line of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

import main
import measure
from verdicts import OUTPUTS, Table, Verdict, blank, scenario_of, table_of, wrong

LOG = OUTPUTS / "example-start.log"  # of exercise 6
CLOSE = 0.01  # a right answer may be rounded by this share
GIB = 1.073741824  # GB


class Question(NamedTuple):
    """An answer's name, its truth, what to ask whoever is wrong, and slips with their own line."""

    exercise: str
    answer: str
    truth: Callable[[Table], float]
    ask: str
    slips: Callable[[Table], dict[str, float]]
    before: str = ""  # the answer that goes into it


def units(truth: float) -> dict[str, float]:
    """Slips of units that any number of seconds can have."""
    return {
        "That looks like minutes. Which unit does the name end in?": truth / 60,
        "That looks like hours. Which unit does the name end in?": truth / 3600,
        "That looks like milliseconds. Which unit does the name end in?": truth * 1000,
    }


def cycle_of(given: Table) -> tuple[main.Scenario, float, float, float]:
    """Exercise 1's endpoint, the arrivals per second given, those of a cycle, and the late."""
    asked = ("cold_start_s", "sla_s", "gpu_usd_per_hour", "drop_usd", "at_requests_per_hour")
    for name in given:
        main.nearest(name, asked)
    s = main.Scenario(
        gpus_per_replica=1,
        known_cold_start_s=given["cold_start_s"],
        **{name: given[name] for name in ("sla_s", "gpu_usd_per_hour", "drop_usd")},
    )
    main.check_figures(s, "")
    if must := main.Bounds(main.SMALLEST).refusal(given["at_requests_per_hour"]):
        raise ValueError(f"at_requests_per_hour {must}")
    lam = given["at_requests_per_hour"] / 3600
    return s, lam, *main.cycle(s, lam, main.cold_start_s(s))


def unpaid_s(given: Table) -> float:
    """What the pool costs more is a share 1/D of its price, D the arrivals of a cycle, and a
    cycle lasts D / lam seconds: of it 1 / lam are not paid."""
    s, lam, arrivals, _ = cycle_of(given)
    premium = main.at_rate(s, 3600 * lam)["warm_premium_usd_per_hour"]
    return float(premium / main.replica_usd_per_hour(s) * arrivals / lam)


def late_requests(given: Table) -> float:
    return cycle_of(given)[3]


def break_even(given: Table, **other: float) -> float:
    figures = {**given, **other}
    if figures["sla_s"] >= figures["cold_start_s"] or figures["drop_usd"] <= 0:
        raise ValueError("no rate pays: sla_s must be below cold_start_s, and drop_usd above 0")
    prices = figures["gpu_usd_per_hour"], figures["drop_usd"]
    return main.break_even_rate(figures["cold_start_s"], figures["sla_s"], *prices)


def break_even_of_cycle(given: Table) -> float:
    """The same, of an endpoint whose cycle can be worked out."""
    cycle_of(given)
    return break_even(given)


def slips_unpaid(given: Table) -> dict[str, float]:
    return {
        "Is the boot not paid?": given["cold_start_s"],
        "Is the GPU not paid until keep-alive has run out?": main.Scenario.keep_alive_s,
        **units(unpaid_s(given)),
    }


def slips_late(given: Table) -> dict[str, float]:
    lam, cold_s = given["at_requests_per_hour"] / 3600, given["cold_start_s"]
    return {
        "Does the one that boots the replica come alone?": 1.0,
        "And the one that boots the replica?": late_requests(given) - 1,
        "Is one late that comes when the boot is nearly done?": 1 + lam * cold_s,
        "Is one late that comes when the boot is nearly done, and who boots it?": lam * cold_s,
    }


def slips_rate(given: Table) -> dict[str, float]:
    rate, hour, drop = break_even(given), given["gpu_usd_per_hour"], given["drop_usd"]
    return {
        "That is an hour's price over a late request's, as if each request were late and alone. "
        "Do others come while a replica boots, and is that time paid too?": hour / drop,
        "Is one late that comes when the boot is nearly done?": break_even(given, sla_s=0.0),
        "Those are requests per second. How many seconds has an hour?": rate / 3600,
        "Those are requests per minute. How many minutes has an hour?": rate / 60,
        "Those are requests per day. How many hours has a day?": rate * 24,
        "That is for two GPUs. How many does this replica take?": break_even(
            given, gpu_usd_per_hour=2 * hour
        ),
    }


def scenario(given: Table) -> main.Scenario:
    return scenario_of(given, first_touch_s_per_gb=0.0)


def after(function: Callable[[main.Scenario], float], *names: str) -> Callable[..., float]:
    return lambda given: function(main.stack(scenario(given), names))


def read_s(s: main.Scenario) -> float:
    return main.download_s(s)


def slips_3(name: str) -> Callable[[Table], dict[str, float]]:
    def slips(given: Table) -> dict[str, float]:
        s = scenario(given)
        read, load, streamed = read_s(s), main.load_default(s), main.load_streamed(s)
        pinned = main.pinned_copy_s(s)
        rest = main.cold_start_s(main.stack(s, ["preseed"])) - load
        return {
            "read_s": {
                **units(read),
                "Is the disk's rate in bits or in bytes?": read * 8,
                "Kilo, mega, giga: how many bytes has a GB here?": read / 1000,
                "GiB for GB? A GB here is 1e9 bytes, above and below the line.": read / GIB,
                "How many bytes has a parameter in bf16? Or does one disk serve each GPU?": read
                / 2,
                "That is the disk of the default figures. Which rate is given?": (
                    main.weights_gb(s) / main.Scenario.read_cap_gb_s
                ),
            },
            "weight_load_default_s": {
                "That is with the disk of the default figures. Which rate is given?": (
                    main.load_default(main.Scenario(model=s.model))
                ),
                "That is the read alone. What comes after it?": read,
                "Do read and copy overlap with the default loader?": max(read, load - read),
                **units(load),
            },
            "weight_load_streamed_s": {
                "That is their sum. What do overlapping steps take together?": read + pinned,
                "That is the default loader's. What does the streamer do at the same time?": load,
                "That is the copy alone. Which of the two is the slower?": pinned,
                **units(streamed),
            },
            "path_default_s": path_slips(s, load, rest),
            "path_streamed_s": {
                "That is the default loader's path. What does the streamer shorten?": load + rest,
                **path_slips(s, streamed, rest),
            },
        }[name]

    return slips


def path_slips(s: main.Scenario, load: float, rest: float) -> dict[str, float]:
    total = load + rest
    return {
        "The image is on the node already. What does its pull cost then?": (
            total + main.image_pull(s)
        ),
        "Does the first token come without a first forward pass?": total - s.first_forward_s,
        "Is there a node at the start?": total - s.node_provision_s,
        "What does the engine do between the weights and the first pass?": (
            total - s.engine_fixed_s - s.graph_capture_s
        ),
        "That is the weight load alone. What stands before and after it?": load,
        **units(total),
    }


def of_log(s: main.Scenario) -> Table:
    """The figures that the log tells, read as of this model."""
    return measure.start_log(s, str(LOG))[0]


@functools.cache
def of_the_log(model: str, **figures: float) -> main.Scenario:
    """Exercise 6's start: others' figures, those of the log, and those that are given."""
    there = main.scenario("measured", model=model, **figures)
    s = replace(there, **of_log(there))
    main.check_figures(s, "")
    return s


def two_starts(given: Table) -> tuple[main.Scenario, main.Scenario]:
    """By the lesson's figures, and by the log."""
    lesson = scenario_of({name: x for name, x in given.items() if name != "image_pull_s"})
    there = of_the_log(**{"image_pull_s": given["image_pull_s"], **given})
    if not 2 / 3 < main.weights_gb(there) / main.weights_gb(lesson) < 3 / 2:
        raise ValueError(f"{LOG.name} is of another model than {lesson.model}")
    return lesson, there


def alone_s(s: main.Scenario, name: str) -> float:
    return main.cold_start_s(main.stack(s, [name]))


def first_layer(s: main.Scenario) -> str:
    """The layer that alone leaves the shortest path."""
    return min(main.usable(s), key=lambda name: alone_s(s, name))


def path_behind_the_first_s(given: Table) -> float:
    s = two_starts(given)[1]
    return alone_s(s, first_layer(s))


def slips_6(given: Table) -> dict[str, float]:
    lesson, s = two_starts(given)
    first = first_layer(s)
    return {
        "That is what it takes off. What is left?": main.cold_start_s(s) - alone_s(s, first),
        "That is the path with no layer. What is left behind that one?": main.cold_start_s(s),
        "That is behind the lesson's layer. What is left behind the log's?": (
            alone_s(s, first_layer(lesson))
        ),
        "Whose figures stand under the log's: the lesson's, or those that others measured?": (
            alone_s(replace(lesson, **of_log(lesson), image_pull_s=given["image_pull_s"]), first)
        ),
        "That is behind two layers. Which one comes first?": main.cold_start_s(
            main.stack(s, [first, first_layer(lesson)])
        ),
        "How long did the image take, by the pod's events?": (
            alone_s(of_the_log(given["model"]), first)
        ),
        "Has the log a node and an image in it? Add what comes before and after.": sum(
            row["seconds"] for row in measure.start_log(s, str(LOG))[1]["steps"]
        ),
        **units(alone_s(s, first)),
    }


QUESTIONS = [
    Question(
        "exercise_1",
        "unpaid_s",
        unpaid_s,
        "Keep-alive has run out. How long, on average, until somebody asks again, given that a "
        "Poisson stream does not know how long it has been quiet?",
        slips_unpaid,
    ),
    Question(
        "exercise_1",
        "late_requests",
        late_requests,
        "One boots the replica. For how long of the boot does whoever comes next wait for more "
        "than the SLA, and how many come in that time?",
        slips_late,
    ),
    Question(
        "exercise_1",
        "requests_per_hour",
        break_even,
        "What does a cycle's unpaid time cost whoever pays for it, what do its late requests "
        "cost, and at which rate is that the same?",
        slips_rate,
    ),
    Question(
        "exercise_3",
        "read_s",
        after(read_s, "preseed"),
        "How many GB are the weights, and how many does the disk give in a second?",
        slips_3("read_s"),
    ),
    Question(
        "exercise_3",
        "weight_load_default_s",
        after(main.weight_load, "preseed"),
        "Two steps, one after the other: which rates do they run at?",
        slips_3("weight_load_default_s"),
    ),
    Question(
        "exercise_3",
        "weight_load_streamed_s",
        after(main.weight_load, "preseed", "stream"),
        "Two steps at the same time: which of them decides?",
        slips_3("weight_load_streamed_s"),
    ),
    Question(
        "exercise_3",
        "path_default_s",
        after(main.cold_start_s, "preseed"),
        "Five phases: which of them has the pre-seeded node taken away?",
        slips_3("path_default_s"),
        before="weight_load_default_s",
    ),
    Question(
        "exercise_3",
        "path_streamed_s",
        after(main.cold_start_s, "preseed", "stream"),
        "Which phase of the path before does the streamer shorten, and which not?",
        slips_3("path_streamed_s"),
        before="weight_load_streamed_s",
    ),
    Question(
        "exercise_6",
        "path_s",
        path_behind_the_first_s,
        "Five phases again: which of them are the log's, and which of them does that layer spare?",
        slips_6,
    ),
]


def near(value: float, truths: Iterable[float]) -> bool:
    return any(abs(value - truth) <= CLOSE * abs(truth) for truth in truths)


def judge(question: Question, answers: Table) -> Verdict:
    """Blank, wrong with echo, direction and a question, or right."""
    table = table_of(answers, question.exercise)
    value, place = table.get(question.answer, ""), f"{question.exercise}.{question.answer}"
    if value == "":
        return blank(place, "your number")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return wrong(place, f" = {value!r}: is it a plain number, without unit or quotes?")
    truth = question.truth(table["given"])
    if near(value, [truth]):
        return Verdict("right")
    before = [each for each in QUESTIONS if each.answer == question.before]
    if any(judge(each, answers).state == "wrong" for each in before):
        return wrong(place, f" = {value!r}: {question.before} goes into it, and is that right?")
    too = "high" if value > truth else "low"
    slips = question.slips(table["given"]).items()
    ask = next((line for line, slip in slips if near(value, [slip])), question.ask)
    return wrong(place, f" = {value!r} is too {too}. {ask}")
