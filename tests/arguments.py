"""Tells whether a sentence of a learner's own argues: it names what acts and what comes of it.

Words are recognised by their stems, many for each idea, so that nobody has to guess ours. A list
of such words is no argument; a known misconception hears a question of its own. Whether the
reasoning is right no check can see: that is why a model answer follows, to compare with.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Idea(NamedTuple):
    """What a sentence must name, by stems of words, and what to ask where it does not."""

    stems: str
    ask: str


class Slip(NamedTuple):
    """What is known to be wrong in a clause, unless that says this too, and what to ask then."""

    form: str
    unless: str
    ask: str


class Argument(NamedTuple):
    """What a sentence must name to argue, and the misconceptions that are known."""

    ideas: tuple[Idea, ...]
    slips: tuple[Slip, ...] = ()


# What puts words in relation. A list has none of them; `and` and `the` are in lists too.
LINKS = """
    about after again already any are as at because been before being but by can could did does
    during else every for from had has have how if in instead into is it its may might must nobody
    not of on once only or otherwise out over own per rather should since so still than that their
    them then there these they this those through to under until was were what whatever when where
    which while who whoever whom whose will with without would you your
""".split()
LEAST_WORDS, MOST_PER_LINK = 6, 12  # of a sentence that says why [assumed]
LITTLE = "what does what, and what comes of it? A list or a few words do not say it."
MOST_WORDS, MUCH = 400, "that is an essay. What is the point, in a sentence or two?"
NEGATED = r"\b(not|no longer|never|nor|rather than|instead of)\b|n't\b"


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9'-]+", text.lower())


def names(text: str, stems: str) -> bool:
    """Whether a word of the text begins with one of these stems, where _ stands for a space."""
    forms = (stem.replace("_", " ") for stem in stems.split())
    return any(re.search(rf"\b{form}", text) for form in forms)


def clauses(text: str) -> list[str]:
    """The parts of a text that each say one thing."""
    return re.split(r"[.;:,()]|\b(?:but|and|while|whereas|yet|although|though)\b", plain(text))


def plain(text: str) -> str:
    return " ".join(text.lower().replace("\u2019", "'").split())


def lacks(text: object, argument: Argument) -> str:
    """What to ask about a text that does not argue so; nothing where it does."""
    if not isinstance(text, str):
        return "is it a text in quotes?"
    said = words(text)
    if len(said) > MOST_WORDS:
        return MUCH
    if not LEAST_WORDS <= len(said) <= MOST_PER_LINK * sum(word in LINKS for word in said):
        return LITTLE
    parts, whole = clauses(text), plain(text)
    for slip in argument.slips:
        for clause in parts:
            if re.search(slip.form, clause) and not re.search(slip.unless, clause):
                return slip.ask
    return next((idea.ask for idea in argument.ideas if not names(whole, idea.stems)), "")


WHAT_LEAKS = Argument(
    ideas=(
        Idea(
            """prompt promt request conversation chat dialog typed wrote sent input question
            message session secret password credential api_key cookie private personal
            confidential pii document histor text words mail data content stuff tokens
            belong output user's users' queries details""",
            "whose data is it, and what was it to them?",
        ),
        Idea(
            """memory ram\\b vram hbm gpu dram cache buffer heap process page tensor activation
            kv\\b state attention card accelerator environment variable""",
            "where in the process does it lie?",
        ),
        Idea(
            """snapshot image checkpoint dump cop frozen freez froze restor captur sav stay
            remain still left kept keep surviv next later other another everyone everybody
            includ carr file persist contain hold held taken took lies lay baked inherit
            wake woke shar clone thaw duplicat every_start each_start brought comes_back
            resum reload picture come_back gave gives""",
            "how does it get from the one who sent it to whoever asks later?",
        ),
    ),
    slips=(
        Slip(
            r"\b(nothing|no (personal |user )*data|none of it)\b.{0,20}\b(leak|stay|surviv)"
            r"|\b(can ?not|can't|do(es)? not|do(es)?n't|never|will not|won't) (ever )?leak"
            r"|\bthere is (nothing|no (risk|problem|danger))|\bno leak\b",
            r"\b(network|wire|weights)\b",
            "is that so, of an engine that has computed with what people sent?",
        ),
        Slip(
            r"\b(graph|kernel)s?\b.*\b(leak|lie\b|lies\b|get restored)",
            rf"{NEGATED}|\b(prompt|text|request|secret|conversation|kv)",
            "whose are graphs and kernels, and what would a stranger learn from them?",
        ),
        Slip(
            r"\bweights\b.*\bleak|\bleak\w*\b.*\bweights\b",
            rf"{NEGATED}|\bpublic\b",
            "are the weights anybody's secret here, and whose is?",
        ),
        Slip(
            r"\b(sniff|over the (network|wire)|intercept)",
            NEGATED,
            "what carries it from one process into another, without any network?",
        ),
    ),
)
WHAT_SPEAKS = Argument(
    ideas=(
        Idea(
            """graph kernel compil jit\\b autotun tuned tuning warm_engine warm-?up warmed cuda
            alloc context initiali profil torch inductor triton captur lazy set_up
            setting_up prepar everything_done work_is_done startup_work one-time one_time
            first_pass first_forward first_request at_its_first memory_pool pools""",
            "what does a warm engine hold ready that a fresh one has to make first?",
        ),
        Idea(
            """fast quick soon short sav skip spar avoid without instead already ready first
            again once instant second minute time latency less cut redo repeat need_not
            needn't done immediate straight rather_than wait gone falls_away hands
            before_the_snapshot comes_back come_back not_slow""",
            "what does that take off the next start?",
        ),
    ),
    slips=(
        Slip(
            r"\bslower\b|\bmust be \w+ again|\bmore (gpu )?memory\b",
            rf"{NEGATED}|\b(cold|fresh|without|otherwise|first)\b",
            "does that speak for it, or against?",
        ),
        Slip(
            r"\bimage pull|\bpull\w* the image",
            NEGATED,
            "does what an engine has done reach back before it starts?",
        ),
        Slip(
            r"\b(prefix|kv)[ -]?cache\b.*\b(filled|full|hit|holds)",
            r"\bleak",
            "is that not what leaks? What else of a warm engine does a restore bring back?",
        ),
    ),
)
WHY_ANOTHER = Argument(
    ideas=(
        Idea(
            """engine process start-?up starting compil graph kernel import init torch python
            worker nccl warm-?up vllm server boot captur phase_(the|a)_snapshot
            part_(the|a)_snapshot""",
            "what did the engine do, by its log, while nothing was loaded?",
        ),
        Idea(
            """image pull container registr download preseed pre-seed fetch lesson theor round
            teaching log\\b""",
            "what leads the path by the lesson's figures, and what became of it?",
        ),
        Idea(
            """long most more big larg dominat lead outweigh exceed than short smaller less fewer
            instead no_longer bottleneck above twice slow fast grew shrank shrink overtak overtook
            pass untouched differ most_time heav worst fell fall rose ris became cheap expensive
            dear half spends spending seconds""",
            "which of the two takes longer here, and which there?",
        ),
    ),
)
IMAGE, ENGINE = r"\b(image|pull|download)\w*\b", r"\b(engine|start-?up)\w*\b"
MORE = r"\b(long|slow|more|most|domin|lead|bigg|larg|bottleneck)\w*"
LESS = r"\b(short|fast|less|quick|small)\w*"


def wrong_way(text: str) -> bool:
    """Whether a sentence about exercise 6 says of the log what holds of the lesson, and nowhere
    the right thing; what a clause says of the lesson does not count."""
    here = [x for x in clauses(text) if not re.search(r"\b(lesson|theor|teaching|round)", x)]
    plainly = [x for x in here if not re.search(NEGATED, x)]

    def says(form: str) -> bool:
        return any(re.search(form, x) for x in plainly)

    if re.search(f"{ENGINE}.*({LESS}|same).* (log than|(than|as) in the lesson)", plain(text)):
        return True
    if re.search(r"\b(other way r|a?round the other|opposite|reverse|vice versa)", plain(text)):
        return False
    if says(f"{ENGINE}.*{MORE}") or says(f"{IMAGE}.*{LESS}"):
        return False
    denied = any(re.search(rf"{ENGINE}.*\b(not|never)\b.*{MORE}", x) for x in here)
    skipped = says(rf"\bsnapshot\b.*\b(skip|spare|remove|shorten)\w* (the |an )?{IMAGE}")
    return denied or skipped or says(rf"{IMAGE}.*({MORE}|\b180\b)") or says(f"{ENGINE}.*{LESS}")


# Kinds of measures: what is done, and to what; either may come first.
KINDS = {
    "before anybody comes": (
        r"\b(before|prior to|ahead of|until|earlier than)\b.*"
        r"\b(first|real|any|user|customer|client|traffic|request|prompt|serv|live|people|somebody)",
        r"\b(real|user|customer|client|traffic|request|prompt|live|people|production)\w*\b.*"
        r"\b(before|until|only after|not before)\b",
        r"\b(never|not yet|nobody|no one|no)\b.*\b(seen|served|real|production|user|request|yet)",
    ),
    "with nothing real": (
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
        r"(\b(no|not|never|without)\b|n't\b).*\bsnapshots?\b.*\b(for|of)\b",
        r"\b(turn|switch|leave|keep)\w* .*\b(off|out)\b.*\b(cach|log|histor|prompt|user|secret)",
        r"\bcach\w*\b.*\boff\b",
        r"\b(disabl|deactivat|exclud)\w*\b.*\b(cach|log|histor|prompt|user|data|page|region|kv)",
    ),
    "looked through": (
        r"\b(scan|inspect|check|search|review|redact|mask|anonymi|verif|grep|look)\w*\b.*"
        r"\b(snapshot|dump|image|checkpoint|personal|private|data|pii|prompt|memory|secret)",
    ),
    "of no use to a thief": (r"\bencrypt",),
    "who may read it": (
        r"\b(restrict|limit|access|permission|acl|iam|role|audit|sign|protect|lock|"
        r"control|allow|authori|guard|private).*\b(snapshot|image|checkpoint|file|disk|rest|bucket|"
        r"stor|it|them|read|restor|key|access|dump)",
        r"\b(snapshot|image|checkpoint|file|bucket|dump)s?\b.*\b(restricted|access|"
        r"locked|protected|signed|audited)",
        r"\bonly\b.*\b(read|open|load|fetch|restore|access)\b",
    ),
    "whose it is": (
        r"\b(per|each|every|own|sep[ae]rat\w*|isolat\w*|dedicat\w*|different)\b.*"
        r"\b(tenant|customer|client|user|account|organi|team|company)",
        r"\b(tenant|customer|client|user|account|organi\w+|team|company)s?\b.*"
        r"\b(own|sep[ae]rate|isolated?|apart|alone|only)\b",
        r"\b(never|not|nobody)\b.*\b(shar|across|between|mix)",
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
# Undone by what stands right before it, by when it is done, or by who gets it.
UNDONE = (
    r"(\b(not|never|nobody|no need to|without|instead of|stop|skip|avoid)|n't) (\w+ )?(to )?"
    r"(encrypt|clear|flush|wip|scrub|zero|eras|reset|empt|delet|drop|remov|purg|overwrit|restrict|"
    r"limit|isolat|sep[ae]rat|rotat|renew|audit|expir|scan|check|inspect)"
    r"|^share\b|^(let|allow) (everybody|everyone|all|every|any)\b|\bsame (snapshot|image)\b"
    r"|\bafter (the |a |some )?(first|real|many|few|user|customer)[a-z -]*(request|prompt|traffic)"
    r"|\bserv\w+\b.*\bbefore (the|a) (snapshot|dump|image|checkpoint)\b"
    r"|\bwait until\b.*\b(user|request|customer|prompt)"
    r"|^(put|keep|leave|store) .*\b(secret|password|credential|key|prompt)s? (in|into) "
)
SMALL = {*LINKS, "the", "a", "an", "all", "and"}  # one of them parts a measure from a list


def kinds_of(measure: object) -> list[str]:
    """The kinds of measures that a text names, none where it undoes what it names."""
    text = plain(measure) if isinstance(measure, str) else ""
    if len(words(text)) < 3 or not {*words(text)} & SMALL or re.search(UNDONE, text):
        return []
    return [kind for kind, forms in KINDS.items() if any(re.search(x, text) for x in forms)]
