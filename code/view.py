"""What the page draws: the lesson's report as JSON, and what its pictures need beside it.

  python code/view.py --with preseed --set network_gb_s=1.25

It takes the options of `main.py`. A page asks for it at /api/report. Beside the report stand
`curves`, rows over request rates and over networks; `verdicts`, a sentence for each at today's
place; `effects`, what each layer does to this stack; and `whole`, the figures that are counts.
"""

from collections.abc import Sequence
from dataclasses import replace

import main
from main import Row, Scenario, dollars, duration

STEPS = 64  # of a curve


def around(points: set[float], ratio: float) -> list[float]:
    """Steps in even ratios, from so many times less than the least point to so many more."""
    low, high = min(points) / ratio, max(points) * ratio
    return [low * (high / low) ** (step / STEPS) for step in range(STEPS + 1)]


def curves(s: Scenario, r: Row) -> Row:
    """Rows over request rates, and over networks, of a scenario behind its layers."""
    even = r["break_even"]
    names = ("requests_per_hour", "requests_per_hour_high", "self_warm_requests_per_hour")
    rates = {even[name] for name in names if even[name]} | {s.requests_per_hour or 1.0}
    networks = {s.network_gb_s, r["migration"]["crossover_gb_s"] or s.network_gb_s}
    return {
        "rates": [main.at_rate(s, rate) for rate in around(rates, 100)],
        "today": main.at_rate(s, s.requests_per_hour),
        "networks": [
            {"network_gb_s": x, **main.migration(replace(s, network_gb_s=x))}
            for x in around(networks, 30)
        ],
    }


def pays(s: Scenario) -> str:
    """Whether a warm pool pays at today's rate, and both prices."""
    row = main.at_rate(s, s.requests_per_hour)
    adds_usd, late_usd = row["warm_premium_usd_per_hour"], row["cold_tax_usd_per_hour"]
    at, late = f"At {main.plain(s.requests_per_hour)}/h", f"{dollars(late_usd)}/h"
    costs = f"costs {dollars(adds_usd)}/h" if adds_usd >= 0 else f"spares {dollars(-adds_usd)}/h"
    if main.even_warm_is_late(s):
        return f"{at} even a warm replica is late: a pool {costs} and saves nothing"
    if row["cheaper"] == "equal":
        return f"{at} it is all one: a pool {costs} and saves {late}"
    if row["cheaper"] == "either":
        return f"{at} traffic keeps a replica warm: a pool {costs} and saves {late}"
    if row["cheaper"] == "warm-pool":
        return f"{at} keep a warm pool: it {costs} and saves {late}"
    return f"{at} scale to zero: a pool {costs} to save {late}"


def moves(s: Scenario) -> str:
    """What an evicted request feels, and how long its tokens or its KV cache are on the way."""
    move, unmoved = main.migration(s), replace(s, migrates=False)
    still, paused = duration(main.eviction_pause_s(unmoved)), duration(move["pause_s"])
    both = (
        f"{paused}, without migrate {still}" if s.migrates else f"{still}, with migrate {paused}"
    )
    return (
        f"Evicted: a pause of {both}. At {main.gbit(s.network_gb_s)} tokens move in "
        f"{duration(move['ship_tokens_s'])}, KV cache in {duration(move['ship_kv_s'])}"
    )


def effects(s: Scenario, names: Sequence[str]) -> list[Row]:
    """What each layer does to this stack: pairs of figures, without it and with it."""

    def figures(stack: Sequence[str]) -> dict[str, float]:
        under = main.stack(s, stack)
        return {
            "cold_start_s": main.cold_start_s(under),
            "first_request_ttft_s": main.first_request_ttft_s(under),
            "eviction_pause_s": main.eviction_pause_s(under),
            "standing_usd_per_month": main.standing_usd_per_month(s, stack),
        }

    rows = []
    for name in main.usable(s):
        apart = main.without(names, name)
        off, on = figures(apart), figures([*apart, name])
        rows.append({"name": name, **{key: [off[key], on[key]] for key in off}})
    return rows


def run(argv: Sequence[str]) -> int:
    s, names = main.asked(main.Parser(__doc__).read(argv))
    report, under = main.report(s, names), main.stack(s, names)
    main.print_json(
        report
        | {"curves": curves(under, report), "effects": effects(s, names)}
        | {"verdicts": {"pays": pays(under), "moves": moves(under)}}
        | {"whole": [name for name, figure in main.FIGURES.items() if figure.type is int]}
    )
    return 0


if __name__ == "__main__":
    main.start(run)
