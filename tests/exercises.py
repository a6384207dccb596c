"""Checks the learner's answers; the truth is the model's, with the figures of the question."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import main
import planner as search
from arrivals import Traffic
from planner import Choice, Limits, Planner, Pool

ANSWERS = Path(__file__).parent.parent / "outputs" / "exercise-answers.toml"
CLOSE = 0.01  # a right answer may be rounded by this share
GIB = 1.073741824  # GB


class Question(NamedTuple):
    """An answer's name, its truth, what to ask whoever is wrong, and slips with their own line."""

    exercise: str
    answer: str
    truth: Callable[[dict[str, Any]], float]
    ask: str
    slips: Callable[[dict[str, Any]], dict[str, float]]


class Verdict(NamedTuple):
    state: str  # blank, wrong, right
    says: str


def exercise_1(given: dict[str, Any], **other: float) -> float:
    figures = {**given, **other}
    prices = figures["gpu_usd_per_hour"], figures["drop_usd"]
    return main.break_even_rate(figures["cold_start_s"], figures["sla_s"], *prices)


def slips_1(given: dict[str, Any]) -> dict[str, float]:
    rate, hour, drop = exercise_1(given), given["gpu_usd_per_hour"], given["drop_usd"]
    return {
        "That is an hour's price over a late request's, as if each request were late and alone. "
        "Do others come while a replica boots, and is that time paid too?": hour / drop,
        "Those are requests per second. How many seconds has an hour?": rate / 3600,
        "Those are requests per minute. How many minutes has an hour?": rate / 60,
        "Those are requests per day. How many hours has a day?": rate * 24,
        "That is for two GPUs. How many does this replica take?": exercise_1(
            given, gpu_usd_per_hour=2 * hour
        ),
    }


def scenario(given: dict[str, Any]) -> main.Scenario:
    s = main.Scenario(**given, first_touch_s_per_gb=0.0)
    main.check_figures(s, "")
    return s


def after(function: Callable[[main.Scenario], float], *names: str) -> Callable[..., float]:
    return lambda given: function(main.stack(scenario(given), names))


def read_s(s: main.Scenario) -> float:
    return main.download_s(s)


def units(truth: float) -> dict[str, float]:
    """Slips of units that any number of seconds can have."""
    return {
        "That looks like minutes. Which unit does the name end in?": truth / 60,
        "That looks like milliseconds. Which unit does the name end in?": truth * 1000,
    }


def slips_3(name: str) -> Callable[[dict[str, Any]], dict[str, float]]:
    def slips(given: dict[str, Any]) -> dict[str, float]:
        s = scenario(given)
        read, load, streamed = read_s(s), main.load_default(s), main.load_streamed(s)
        pinned = main.pinned_copy_s(s)
        rest = main.cold_start_s(main.stack(s, ["preseed"])) - load
        return {
            "read_s": {
                **units(read),
                "Is the disk's rate in bits or in bytes?": read * 8,
                "GiB for GB? A GB here is 1e9 bytes, above and below the line.": read / GIB,
                "How many bytes has a parameter in bf16?": read / 2,
                "That is the disk of the default figures. Which rate is given?": (
                    main.weights_gb(s) / main.Scenario.read_cap_gb_s
                ),
            },
            "weight_load_default_s": {
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
            "path_streamed_s": path_slips(s, streamed, rest),
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


QUESTIONS = [
    Question(
        "exercise_1",
        "requests_per_hour",
        exercise_1,
        "How many arrivals does a cycle from boot to boot have, and how many of them are late? "
        "Which share of a cycle does scale-to-zero not pay for?",
        slips_1,
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
    ),
    Question(
        "exercise_3",
        "path_streamed_s",
        after(main.cold_start_s, "preseed", "stream"),
        "Which phase of the path before does the streamer shorten, and which not?",
        slips_3("path_streamed_s"),
    ),
]


def read_answers(path: Path) -> dict[str, Any]:
    """The file's tables; a ValueError of one line where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOMLDecodeError, which names line and column
        raise ValueError(f"{path.name}: {error}") from None


def near(value: float, truths: Iterable[float]) -> bool:
    return any(abs(value - truth) <= CLOSE * abs(truth) for truth in truths)


def judge(question: Question, answers: dict[str, Any]) -> Verdict:
    """Blank, wrong with echo, direction and a question, or right."""
    table = answers.get(question.exercise, {})
    value = table.get(question.answer, "") if isinstance(table, dict) else ""
    place = f"{question.exercise}.{question.answer}"
    if value == "":
        return Verdict("blank", f"{place}: write your number into outputs/{ANSWERS.name}")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return Verdict(
            "wrong", f"{place} = {value!r}: is it a plain number, without unit or quotes?"
        )
    try:
        truth = question.truth(table["given"])
        slips = question.slips(table["given"])
    except (
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
        ArithmeticError,
        main.BadInput,
    ) as error:
        return Verdict("wrong", f"{question.exercise}.given cannot be used: {error!r}")
    if near(value, [truth]):
        return Verdict("right", "")
    too = "high" if value > truth else "low"
    ask = next((line for line, slip in slips.items() if near(value, [slip])), question.ask)
    return Verdict("wrong", f"{place} = {value!r} is too {too}. {ask}")


def are_layers(names: object) -> bool:
    return isinstance(names, list) and {*map(str, names)} <= {*main.BY_NAME}


@functools.cache
def planner_of(s: main.Scenario) -> Planner:
    """Who judges what is asked of this scenario, and remembers its runs."""
    return Planner(s, Traffic(), Limits())


@functools.cache
def best(planner: Planner, prefer: str) -> dict[str, Any]:
    """The best plan there is, which these questions have."""
    found = search.best(planner.plans(), prefer)
    assert found
    return found


def judge_stack(answers: dict[str, Any]) -> Verdict:
    """Exercise 2: the planner's own verdict on the learner's stack; any as short one is right."""
    table = answers.get("exercise_2", {})
    layers = table.get("layers", []) if isinstance(table, dict) else []
    if layers in ([], ""):
        return Verdict(
            "blank", f"exercise_2.layers: write layer names into outputs/{ANSWERS.name}"
        )
    place = f"exercise_2.layers = {layers!r}"
    if not are_layers(layers):
        return Verdict("wrong", f"{place}: is it a list of names, each as --with takes it?")
    s = main.Scenario(model="13b", sla_s=3.0, requests_per_hour=30.0)
    fewest = best(planner_of(s), "layers")["layers"]
    if not planner_of(s).cheapest(tuple(layers), s.keep_alive_s):
        ask = "breaks the promise. What does the first request after a quiet hour wait with it?"
        return Verdict("wrong", f"{place} {ask}")
    if len({*layers}) > len(fewest):
        return Verdict(
            "wrong", f"{place} keeps it. Which of these could be left out all the same?"
        )
    return Verdict("right", "")


TIERS = [("paid", 3.0, 200.0), ("trial", 20.0, 10.0), ("batch", 600.0, 5.0)]


def judge_tiers(answers: dict[str, Any]) -> Verdict:
    """Exercise 5: the learner's policy, simulated: each SLA met, within 15% of the cheapest."""
    table = answers.get("exercise_5", {})
    workers = table.get("min_workers", {}) if isinstance(table, dict) else {}
    blank = not isinstance(workers, dict) or any(workers.get(row[0], "") == "" for row in TIERS)
    if blank:
        return Verdict(
            "blank", f"exercise_5.min_workers: write numbers into outputs/{ANSWERS.name}"
        )
    layers, usd, least_usd = table.get("layers", []), 0.0, 0.0
    if not are_layers(layers):
        return Verdict("wrong", f"exercise_5.layers = {layers!r}: is each a name as in --with?")
    for name, sla_s, rate in TIERS:
        place, count = f"exercise_5.min_workers.{name}", workers.get(name, "")
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= 100:
            return Verdict("wrong", f"{place} = {count!r}: is it a whole number of replicas?")
        s = main.Scenario(sla_s=sla_s, requests_per_hour=rate)
        planner = planner_of(s)
        pool = ["warm-pool"] if count else []
        names = (*main.without(layers, "warm-pool"), *pool)
        yours = planner.plan(Choice(names, s.keep_alive_s, Pool(count)))
        if not main.holds_p99(1, yours["over_sla_fraction"]):
            ask = "What does the first user after a quiet hour wait, against this tier's promise?"
            return Verdict("wrong", f"{place} = {count}: too many of its users are late. {ask}")
        usd += yours["usd_per_month"]
        least_usd += best(planner, "cost")["usd_per_month"]
    if usd > 1.15 * least_usd:
        ask = "Which tier could wait for a cold start, and which layers are paid around the clock?"
        return Verdict("wrong", f"exercise_5: every promise holds, but for too much money. {ask}")
    return Verdict("right", "")


LEAKS = ("kv cache", "prefix cache", "prompt", "memory", "activation", "log", "token", "secret")
MITIGATIONS = (
    *("before", "synthetic", "clear", "flush", "reset", "scrub", "empty", "encrypt", "per tenant"),
    *("each tenant", "isolat", "rotate", "expire", "delete", "audit", "access"),
)
MODEL_ANSWER = """\
A model answer. What leaks: whatever lies in GPU and host memory when the snapshot is taken, as
do KV and prefix cache of real prompts, buffers of the tokenizer and the server, secrets of the
process; a restore hands it to every later user. What speaks for warming up first: kernels are
compiled and graphs captured, so that a restore skips them. What to do: warm up with synthetic
prompts before the first request, clear KV and prefix cache, encrypt snapshots and keep them per
tenant, rotate secrets on restore. This check saw structure and named mechanisms, not whether the
reasoning is right: compare for yourself."""


def judge_essay(answers: dict[str, Any]) -> Verdict:
    """Exercise 4: that both sides and two mitigations are there and name a mechanism; no more."""
    table = answers.get("exercise_4", {})
    given = table if isinstance(table, dict) else {}
    leaks, pro = (given.get(name, "") for name in ("what_leaks", "what_speaks_for_it"))
    cures = given.get("mitigations", [])
    if leaks == "" and pro == "" and cures in ([], ""):
        return Verdict("blank", f"exercise_4: write your answer into outputs/{ANSWERS.name}")
    if not (isinstance(leaks, str) and any(word in leaks.lower() for word in LEAKS)):
        return Verdict("wrong", "exercise_4.what_leaks: where in the process does the data lie?")
    if not (isinstance(pro, str) and len(pro.split()) >= 4):
        return Verdict(
            "wrong", "exercise_4.what_speaks_for_it: what does a warm engine hold ready?"
        )
    if not (isinstance(cures, list) and len(cures) >= 2):
        return Verdict("wrong", "exercise_4.mitigations: are there two at least, in a list?")
    for cure in map(str, cures):
        if not any(word in cure.lower() for word in MITIGATIONS):
            ask = "what is done, when, and to which data?"
            return Verdict("wrong", f"exercise_4.mitigations {cure!r}: {ask}")
    return Verdict("right", MODEL_ANSWER)
