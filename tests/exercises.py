"""Checks the learner's answers; the truth is the model's, with the figures of the question."""

from __future__ import annotations

import functools
from collections.abc import Callable

import main
from arguments import WHAT_LEAKS, WHAT_SPEAKS, WHY_ANOTHER, kinds_of, lacks, wrong_way
from exercise_numbers import (
    QUESTIONS,
    alone_s,
    break_even,
    break_even_of_cycle,
    first_layer,
    judge,
    scenario,
    two_starts,
)
from exercise_plans import (
    TIERS,
    cheapest_of,
    cheapest_policy_usd,
    judge_stack,
    judge_tiers,
    one_pool_usd,
    stack_asked,
    tiers_of,
)
from verdicts import Table, Verdict, blank, no_layers, stray, table_of, wrong

# --- names: 1 and 6 ------------------------------------------------------------------------------

OF_A_CYCLE = {
    "cycle_s": "If replicas were kept for an hour and not for a minute, how often would one boot?",
    "unpaid_s": "Does the next request come sooner because the replica stayed for longer?",
    "late_requests": "Who waits for a boot: does it matter how long the last replica had stayed?",
}


def judge_cycle(answers: Table) -> Verdict:
    """Exercise 1: keep-alive sets how often a cycle comes, and nothing of what it costs."""
    place = "exercise_1.change_with_keep_alive"
    said = table_of(answers, "exercise_1").get("change_with_keep_alive", [])
    if said in ([], ""):
        return blank(place, "one name or more, in a list,")
    if not isinstance(said, list) or not all(str(name) in OF_A_CYCLE for name in said):
        return wrong(place, f" = {said!r}: is it a list, each of {', '.join(OF_A_CYCLE)}?")
    for name, ask in OF_A_CYCLE.items():
        if (name in said) != (name == "cycle_s"):
            return wrong(place, f" = {said!r}. {ask}")
    return Verdict("right")


def judge_first(answer: str, answers: Table) -> Verdict:
    """Exercise 6: the layer that comes first, by the lesson or by the log."""
    place, table = f"exercise_6.{answer}", table_of(answers, "exercise_6")
    name = table.get(answer, "")
    if name == "":
        return blank(place, "a layer's name")
    if not isinstance(name, str) or "," in name:
        return wrong(place, f" = {name!r}: is it one name in quotes?")
    if says := no_layers([name]):
        return wrong(place, f" = {name!r}: {says}")
    s = two_starts(table["given"])[answer == "first_by_the_log"]
    if alone_s(s, name) > alone_s(s, first_layer(s)):
        if not main.BY_NAME[name].attacks:
            return wrong(place, f" = {name!r}: which phase does that make shorter?")
        return wrong(
            place, f" = {name!r} is not it. Which phases are long there, and what attacks them?"
        )
    return Verdict("right")


# --- words: 4 and 6 ------------------------------------------------------------------------------


def judge_essay(answers: Table) -> Verdict:
    """Exercise 4: that both sides argue, and that two measures do something; no more."""
    table = table_of(answers, "exercise_4")
    texts = {name: table.get(name, "") for name in ("what_leaks", "what_speaks_for_it")}
    cures = table.get("mitigations", [])
    if "" in texts.values() or cures in ([], ""):
        return blank("exercise_4", "all three answers")
    for (name, text), ideas in zip(texts.items(), (WHAT_LEAKS, WHAT_SPEAKS)):
        if ask := lacks(text, ideas):
            return wrong(f"exercise_4.{name}: ", ask)
    if not isinstance(cures, list) or len({str(cure).lower() for cure in cures}) < 2:
        return wrong("exercise_4.mitigations: ", "are there two at least, in a list?")
    for cure in cures:
        if not kinds_of(cure):
            ask = "what is done, when, and to which data?"
            return wrong(f"exercise_4.mitigations {cure!r}: ", ask)
    if len({kind for cure in cures for kind in kinds_of(cure)}) < 2:
        ask = "is the second another measure, or the first in other words?"
        return wrong("exercise_4.mitigations: ", ask)
    return Verdict("right")


def judge_why(answers: Table) -> Verdict:
    """Exercise 6: that a sentence names the engine's start and compares, the rest being right."""
    table, place = table_of(answers, "exercise_6"), "exercise_6.why: "
    if table.get("why", "") == "":
        return blank("exercise_6.why", "a sentence")
    others = [x for x in CHECKS if x.startswith("exercise_6-") and not x.endswith("-why")]
    if any(CHECKS[name](answers).state != "right" for name in others):
        return wrong(place, "are the two layers and the seconds right? They come before it.")
    lesson, there = (main.path(s) for s in two_starts(table["given"]))
    moved = max(lesson, key=lesson.__getitem__) != max(there, key=there.__getitem__)
    ask = lacks(table["why"], WHY_ANOTHER)
    # Where the same phase leads in both, as after an edit of the question, no way round is wrong.
    if not ask and moved and wrong_way(table["why"]):
        ask = "is that what the log says, or the lesson?"
    return wrong(place, ask) if ask else Verdict("right")


# --- all of them ---------------------------------------------------------------------------------

Check = Callable[[Table], Verdict]
NUMBERS: dict[str, Check] = {
    f"{each.exercise}-{each.answer}": functools.partial(judge, each) for each in QUESTIONS
}
CHECKS: dict[str, Check] = dict(
    sorted(
        {
            **NUMBERS,
            "exercise_1-change_with_keep_alive": judge_cycle,
            "exercise_2-layers": judge_stack,
            "exercise_4-essay": judge_essay,
            "exercise_5-tiers": judge_tiers,
            "exercise_6-first_by_the_lesson": functools.partial(
                judge_first, "first_by_the_lesson"
            ),
            "exercise_6-first_by_the_log": functools.partial(judge_first, "first_by_the_log"),
            "exercise_6-why": judge_why,
        }.items(),
        key=lambda item: item[0].split("-")[0],
    )
)
UNUSABLE = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, main.BadInput)
ASKED = {  # what stands in each exercise beside `given`
    "exercise_1": ("unpaid_s", "late_requests", "change_with_keep_alive", "requests_per_hour"),
    "exercise_2": ("layers",),
    "exercise_3": tuple(each.answer for each in QUESTIONS if each.exercise == "exercise_3"),
    "exercise_4": ("what_leaks", "what_speaks_for_it", "mitigations"),
    "exercise_5": TIERS,
    "exercise_6": ("first_by_the_lesson", "first_by_the_log", "path_s", "why"),
}
GIVEN: dict[str, Callable[[Table], object]] = {  # raises where a question's figures are no good
    "exercise_1": break_even_of_cycle,
    "exercise_2": stack_asked,
    "exercise_3": scenario,
    "exercise_5": tiers_of,
    "exercise_6": two_starts,
}


def unusable(exercise: str, error: Exception) -> Verdict:
    missing = " is missing" if isinstance(error, KeyError) else ""
    return wrong(exercise, f".given cannot be used: {error}{missing}")


def check(name: str, answers: Table) -> Verdict:
    """The verdict on one answer; one that says so where the figures given cannot be used, or a
    name stands in the exercise that nobody asks for."""
    exercise = name.split("-")[0]
    table = table_of(answers, exercise)
    if says := stray(table, (*ASKED[exercise], "given")):
        return wrong(exercise, f" has {says}")
    try:
        if exercise in GIVEN and "given" in table:
            GIVEN[exercise](table["given"])
    except UNUSABLE as error:
        return unusable(exercise, error)
    try:
        return CHECKS[name](answers)
    except (KeyError, ValueError) as error:  # no figures at all, or none that a stack keeps
        return unusable(exercise, error)


def model_answer_1(given: Table) -> str:
    rate, hour, drop = break_even(given), given["gpu_usd_per_hour"], given["drop_usd"]
    left = main.plain(given["cold_start_s"] - given["sla_s"])
    return (
        "Why keep-alive cancels. A cycle of scale-to-zero is a boot, the time that the replica is "
        "kept, and then, for the stream remembers nothing, 1/lam seconds until the next request, "
        "whatever keep-alive was. Only those are not paid, so a warm replica costs price x 1/lam "
        f"a cycle more. Late are the one that boots it and those of the next {left} s, 1 + {left} "
        "lam, whatever keep-alive was. Keep-alive sets how long a cycle is, and both are divided "
        f"by that. They are equal where lam (1 + {left} lam) = {hour:g} / 3600 / {drop:g}: at "
        f"{main.number(rate)}/h."
    )


def model_answer_4(_: Table) -> str:
    return (
        "What leaks: whatever is in GPU and host memory when the snapshot is taken, as are KV and "
        "prefix cache of real prompts, buffers of the tokenizer and the server, secrets of the "
        "process; a restore hands it to every later user. What speaks for warming up first: "
        "kernels are compiled and graphs captured, so that a restore skips them. What to do: warm "
        "up with synthetic prompts before the first request, clear KV and prefix cache, encrypt "
        "snapshots and keep them per tenant, rotate secrets on restore. The check saw that "
        "sentences name these things and what becomes of them, not whether the reasoning is "
        "right: compare for yourself."
    )


def model_answer_5(given: Table) -> str:
    tiers = tiers_of(given)
    policies = (cheapest_policy_usd, one_pool_usd)
    least, pool = (main.dollars(usd([*tiers.values()])) for usd in policies)
    best = "; ".join(f"{name} {cheapest_of(s)}" for name, s in tiers.items())
    return (
        f"The cheapest policy that is allowed costs {least} a month: {best}. Within a few dollars "
        "more a pool does for the paid too, and fewer layers do. One pool for all, at the "
        f"hardest promise, would cost {pool}: what lies between is the price of replicas that "
        "nobody shares. Where a tier's own traffic keeps its replica warm, a pool adds next to "
        "nothing; where its promise is longer than the path, nothing is to be kept; between them "
        "a layer without rent comes before a pool."
    )


def model_answer_6(given: Table) -> str:
    lesson, there = two_starts(given)
    firsts = first_layer(lesson), first_layer(there)
    left = [f"{main.plain(alone_s(s, name))} s" for s, name in zip((lesson, there), firsts)]
    engine, image = (
        [f"{main.plain(main.path(s)[phase])} s" for s in (lesson, there)]
        for phase in ("engine_init", "image_pull")
    )
    return (
        f"By the lesson's figures the image takes {image[0]} and the engine {engine[0]}: "
        f"{firsts[0]} comes first, and alone leaves {left[0]}. As this engine started, imports, "
        f"compilation and graphs take {engine[1]} and the image {image[1]}, of which a pre-seeded "
        f"volume pays a part at first touch: {firsts[1]} comes first, and leaves {left[1]}. The "
        f"promise is {main.plain(lesson.sla_s)} s. Layers attack phases, so take the path apart "
        "before you choose one. The check saw that your sentence names the engine's start and "
        "compares, not whether it is right."
    )


MODEL_ANSWERS: dict[str, Callable[[Table], str]] = {
    "exercise_1": model_answer_1,
    "exercise_4": model_answer_4,
    "exercise_5": model_answer_5,
    "exercise_6": model_answer_6,
}


def model_answer(exercise: str, answers: Table) -> str:
    """What to compare with, once all of an exercise is right; else nothing."""
    names = [name for name in CHECKS if name.split("-")[0] == exercise]
    if exercise in MODEL_ANSWERS and all(check(x, answers).state == "right" for x in names):
        text = MODEL_ANSWERS[exercise](table_of(answers, exercise).get("given", {}))
        return "\n".join(main.wrapped(text))
    return ""
