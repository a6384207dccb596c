"""Tells whether a sentence of a learner's own argues: it names what acts and what comes of it.

Words are recognised by their stems, many for each idea, so that nobody has to guess ours. A list
of such words is no argument, nor is a denial. Whether the reasoning is right no check can see:
that is why a model answer follows, to compare with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Idea(NamedTuple):
    """What a sentence must name, by stems of words, and what to ask where it does not."""

    stems: str
    ask: str


# What puts words in relation. A list has none of them; `and` and `the` are in lists too.
LINKS = """
    about after again already any are as at because been before being but by can could did does
    during else every for from had has have how if in instead into is it its may might must nobody
    not of on once only or otherwise out over own per rather should since so still than that their
    them then there these they this those through to under until was were what whatever when where
    which while who whoever whom whose will with without would you your
""".split()
LEAST_WORDS, MOST_PER_LINK = 6, 12  # of a sentence that says why [assumed]
DENIALS = (
    r"\b(nothing|no (personal |user |private )*data|none of it)\b.{0,20}\b(leak|stay|surviv)",
    r"\b(can ?not|can't|does not|doesn't|do not|don't|never|will not|won't) (ever )?leak",
    r"\bthere is (nothing|no (risk|problem|danger))",
    r"\b(no|not a) leak\b",
    r"\b(is|are) (perfectly |quite )?(safe|harmless)\b",
)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9'-]+", text.lower())


def names(text: str, stems: str) -> bool:
    """Whether a word of the text begins with one of these stems, where _ stands for a space."""
    return any(
        re.search(rf"\b{stem.replace('_', ' ')}", text.lower().replace("\n", " "))
        for stem in stems.split()
    )


def lacks(text: object, ideas: Iterable[Idea]) -> str:
    """What to ask about a text that does not argue by these ideas; nothing where it does."""
    if not isinstance(text, str):
        return "is it a text in quotes?"
    links = sum(word in LINKS for word in words(text))
    if not LEAST_WORDS <= len(words(text)) <= links * MOST_PER_LINK:
        return "that names things. What do they do, and what comes of it? A sentence says so."
    if any(re.search(denial, text.lower()) for denial in DENIALS):
        return "is that so, of an engine that has computed with what people sent?"
    return next((idea.ask for idea in ideas if not names(text, idea.stems)), "")


WHAT_LEAKS = (
    Idea(
        """prompt request conversation chat dialog user customer client tenant people person human
        patient typed wrote sent send input question message session secret password credential
        api_key token cookie private personal pii document histor somebody someone whoever served
        text words mail earlier previous stranger""",
        "whose data is it, and what was it to them?",
    ),
    Idea(
        """memory ram\\b vram hbm gpu dram cache buffer heap process page tensor activation kv\\b
        state attention card accelerator environment variable""",
        "where in the process does it lie?",
    ),
    Idea(
        """snapshot image checkpoint dump cop frozen freez froze restor captur sav stay remain
        still left kept keep surviv next later other another everyone everybody includ carr file
        persist contain hold held taken took lies lay baked inherit wake woke shar clone thaw
        duplicat every_start each_start brought comes_back resum reload picture""",
        "how does it get from the one who sent it to whoever asks later?",
    ),
)
WHAT_SPEAKS = (
    Idea(
        """graph kernel compil jit\\b autotun tuned tuning warm cuda alloc pool context initiali
        profil weight load tokeniz import torch inductor triton captur cache start-?up boot
        connection set_up setting_up prepar everything_done work_is_done""",
        "what does a warm engine hold ready that a fresh one has to make first?",
    ),
    Idea(
        """fast quick soon short sav skip spar avoid without instead already ready first again once
        instant second minute time latency less cut redo repeat need_not needn't done immediate
        straight rather_than wait""",
        "what does that take off the next start?",
    ),
)
WHY_ANOTHER = (
    Idea(
        """engine process start-?up starting compil graph kernel import init torch python worker
        nccl warm-?up vllm server boot captur phase_(the|a)_snapshot part_(the|a)_snapshot""",
        "what did the engine do, by its log, while nothing was loaded?",
    ),
    Idea(
        """image pull container registr download preseed pre-seed fetch lesson theor round
        teaching log\\b""",
        "what leads the path by the lesson's figures, and what became of it?",
    ),
    Idea(
        """long most more big larg dominat lead outweigh exceed than half short small less only
        fewer smaller instead no_longer bottleneck above twice second slow fast grew shrank shrink
        overtak overtook pass untouched differ time heav worst""",
        "which of the two takes longer here, and which there?",
    ),
)

# Said the wrong way round, unless the clause itself turns it: of the log, not of the lesson.
WRONG_WAY = (
    r"\b(log|truth|reality|measured|practice)\b[^.;,]*\b(image|pull|download)\b[^.;,]*"
    r"\b(long|slow|more|most|domin|lead|big)",
    r"\b(image|pull|download)\b[^.;,]*\b(long|slow|more|most|domin|lead|big|180)[^.;,]*"
    r"\b(log|truth|reality|measured|practice)\b",
    r"\bengine\b[^.;,]*\b(short|fast|less|quick)[^.;,]*?\b(log|truth)\b",
)
TURNED = r"\b(not|than the (image|pull|download)|rather than|instead of|no longer|lesson|nor)\b"


def wrong_way(text: str) -> bool:
    """Whether a sentence about exercise 6 says of the log what holds of the lesson."""
    found = (match for form in WRONG_WAY for match in re.finditer(form, text.lower()))
    return any(not re.search(TURNED, match.group()) for match in found)


# Kinds of measures: what is done, and to what; either may come first.
MEASURES = {
    "nothing real in it": (
        r"\b(before|prior to|ahead of|until|earlier than)\b.*"
        r"\b(first|real|any|user|customer|client|traffic|request|prompt|serv|live|people|somebody)",
        r"\b(real|user|customer|client|traffic|request|prompt|live|people|production)\w*\b.*"
        r"\b(before|until|only after|not before)\b",
        r"\b(never|not yet|nobody|no one|no)\b.*\b(seen|served|real|production|user|request|yet)",
        r"\b(synthetic|dummy|fake|made[- ]up|artificial|invent|placeholder|canned|lorem|random|"
        r"meaningless|generated|harmless|public|neutral|test|nonsense|toy|sample).*"
        r"\b(prompt|text|input|request|data|token|question|traffic|sentence|warm)",
        r"\b(warm|run|prompt|exercis|feed|use).*\b(synthetic|dummy|fake|made[- ]up|artificial|"
        r"invent|placeholder|canned|lorem|random|meaningless|generated|harmless|public|neutral|"
        r"nonsense|toy)",
    ),
    "taken out of memory": (
        r"\b(clear|flush|wip|scrub|zero|eras|reset|empt|delet|drop|remov|purg|overwrit|free|"
        r"forget|discard|clean|evict|invalidat|throw|release).*\b(cache|memory|buffer|kv|prompt|state|"
        r"histor|log|data|secret|session|context|ram|page|everything|tensor|trace)",
        r"\b(cache|memory|buffer|kv|prompt|state|histor|log|session)\w*\b.*"
        r"\b(cleared|flushed|wiped|scrubbed|zeroed|erased|reset|emptied|deleted|dropped|removed|"
        r"purged|overwritten|freed|discarded|cleaned|invalidated)",
    ),
    "not kept at all": (
        r"\b(turn|switch|leave|keep)\w* .*\b(off|out)\b.*\b(cach|log|histor|prompt|user|secret)",
        r"\b(disabl|deactivat|exclud)\w*\b.*\b(cach|log|histor|prompt|user|data|page|region|kv)",
    ),
    "looked through": (
        r"\b(scan|inspect|check|search|review|redact|mask|anonymi|verif|grep|look)\w*\b.*"
        r"\b(snapshot|dump|image|checkpoint|personal|private|data|pii|prompt|memory|secret)",
    ),
    "who may read it": (
        r"\b(encrypt|restrict|limit|access|permission|acl|iam|role|audit|sign|protect|lock|"
        r"control|allow|authori|guard|private).*\b(snapshot|image|checkpoint|file|disk|rest|bucket|"
        r"stor|it|them|read|restor|key|access|dump)",
        r"\b(snapshot|image|checkpoint|file|bucket|dump)s?\b.*\b(encrypted|restricted|access|"
        r"locked|protected|signed|audited)",
        r"\bonly\b.*\b(read|open|load|fetch|restore|access)\b",
    ),
    "whose it is": (
        r"\b(per|each|every|own|sep[ae]rat\w*|isolat\w*|dedicat\w*|different)\b.*"
        r"\b(tenant|customer|client|user|account|organi|team|company)",
        r"\b(tenant|customer|client|user|account|organi\w+|team|company)s?\b.*"
        r"\b(own|sep[ae]rate|isolated?|apart|alone|only)\b",
        r"\b(never|not|n't|nobody)\b.*\b(shar|across|between|mix)",
    ),
    "secrets": (
        r"\b(rotat|renew|inject|fetch|load|mount|read|exchang|revok|replac|chang|keep|leave|"
        r"reissue|pass|hand|supply|give|get|put)\w*\b.*\b(secret|credential|key|password|cert|"
        r"api token)",
        r"\b(secret|credential|key|password)s?\b.*\b(rotated|renewed|injected|fetched|mounted|"
        r"after|exchanged|revoked|replaced|never in|outside|out of)",
    ),
    "how long it is kept": (
        r"\b(expir|delet|throw|discard|ttl|retention|short-lived|rebuild|rebuilt|retir|destroy|"
        r"renew|retak|regenerat|recreat|replac)\w*\b.*\b(snapshot|image|checkpoint|it|old|release|"
        r"day|hour|week|dump)",
        r"\b(snapshot|image|checkpoint|dump)s?\b.*\b(expire|deleted|thrown|discarded|rebuilt|"
        r"retired|retaken|short-lived|ttl|a day|hours|die|lifetime)",
    ),
}
# Undone by what stands right before it, or by when it is done.
UNDONE = (
    r"\b(not|never|n't|no need to|without|instead of|stop|skip|avoid) (to |need to )?"
    r"(encrypt|clear|flush|wip|scrub|zero|eras|reset|empt|delet|drop|remov|purg|overwrit|restrict|"
    r"limit|isolat|sep[ae]rat|rotat|renew|audit|expir|scan|check|inspect)"
    r"|^(share|let (everybody|everyone|all)|allow (everybody|everyone|all))\b"
    r"|\bafter (the |a |some )?(first|real|many|few|user|customer)[a-z -]*(request|prompt|traffic)"
)
SMALL = {*LINKS, "the", "a", "an", "all", "and"}  # one of them parts a measure from a list


def kinds_of(measure: object) -> list[str]:
    """The kinds of measures that a text names, none where it undoes what it names."""
    text = " ".join(measure.lower().split()) if isinstance(measure, str) else ""
    if len(words(text)) < 3 or not {*words(text)} & SMALL or re.search(UNDONE, text):
        return []
    return [kind for kind, forms in MEASURES.items() if any(re.search(x, text) for x in forms)]
