"""Break-even and regimes, against searches and a Monte Carlo that do not know the formula."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

import main
import pytest
import view
from conftest import random_scenario, report, shipped_layers, under


def replay(cold_s: float, tau_s: float, sla_s: float, lam: float, arrivals: int) -> list[float]:
    """One replica, scale to zero, instant service: boots, held seconds, arrivals over, seconds.

    Written from the words alone: a request finds the replica ready, booting or gone.
    """
    dice = random.Random(7)
    now = held = 0.0
    boots = over = 0
    ready_at, gone_at = -1.0, -1.0
    for _ in range(arrivals):
        now += dice.expovariate(lam)
        if now >= gone_at:
            boots += 1
            ready_at = now + cold_s
            held += cold_s + tau_s
            gone_at = ready_at + tau_s
        wait = max(ready_at - now, 0.0)
        over += wait > sla_s
        free_until = max(now, ready_at) + tau_s
        held += free_until - gone_at
        gone_at = free_until
    return [boots, held, over, now]


def test_the_worked_line_328_s_2_s_4_dollars_5_cents_is_24_7_per_hour() -> None:
    assert main.break_even_rate(328, 2, 4, 0.05) == pytest.approx(24.7, abs=0.05)
    assert main.break_even(main.Scenario(gpus_per_replica=1)) == pytest.approx(24.7, abs=0.05)


def test_break_even_is_where_a_search_over_rates_sees_premium_and_tax_change_places() -> None:
    dice, found = random.Random(8), 0
    for _ in range(200):
        s = random_scenario(dice)
        rate = main.break_even(s)
        if rate is None or rate * s.keep_alive_s / 3600 > 300:
            continue

        def premium_wins(at: float, s: main.Scenario = s) -> bool:
            row = main.at_rate(s, at)
            return bool(row["warm_premium_usd_per_hour"] > row["cold_tax_usd_per_hour"])

        low, high = rate / 7, rate * 7
        for _ in range(60):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if premium_wins(middle) else (low, middle)
        assert low == pytest.approx(rate, rel=1e-6)
        found += 1
    assert found > 100


@pytest.mark.parametrize("tau_s", [0.0, 60.0, 300.0])
def test_break_even_in_a_monte_carlo_of_one_replica_whatever_the_keep_alive(tau_s: float) -> None:
    s = main.Scenario(gpus_per_replica=1, keep_alive_s=tau_s)
    rate = main.break_even(s)
    assert rate is not None
    costs = []
    for at in (rate * 0.8, rate, rate * 1.25):
        _, held, over, seconds = replay(328, tau_s, 2, at / 3600, 100_000)
        premium = 4 * (1 - held / seconds)
        tax = 0.05 * over / seconds * 3600
        costs.append(tax / premium)
    assert costs[0] < 0.9
    assert costs[1] == pytest.approx(1, rel=0.03)
    assert costs[2] > 1.1


@pytest.mark.parametrize("rate", [2.0, 24.7, 60.0])
def test_the_table_row_is_what_the_monte_carlo_counts(rate: float) -> None:
    row = main.at_rate(main.Scenario(), rate)
    boots, held, over, seconds = replay(328, 300, 2, rate / 3600, 200_000)
    assert row["over_sla_fraction"] == pytest.approx(over / 200_000, rel=0.05)
    assert row["cold_starts_per_day"] == pytest.approx(86400 * boots / seconds, rel=0.05)
    assert row["warm_premium_usd_per_hour"] == pytest.approx(8 * (1 - held / seconds), rel=0.05)
    tax = 0.05 * 3600 * over / seconds
    assert row["cold_tax_usd_per_hour"] == pytest.approx(tax, rel=0.05)


def test_break_even_loses_no_digits_where_the_textbook_root_does() -> None:
    assert main.break_even_rate(2 + 1e-9, 2, 4, 0.05) == pytest.approx(80, rel=1e-9)
    assert main.break_even_rate(1e12, 2, 1e-6, 1e6) > 0


def test_self_warm_is_the_lowest_rate_above_which_1_percent_are_over() -> None:
    dice, found = random.Random(9), 0
    for _ in range(200):
        s = random_scenario(dice)
        rate = main.self_warm_rate(s)
        if not rate:
            continue
        below, above = (main.at_rate(s, rate * factor) for factor in (0.999, 1.001))
        assert above["over_sla_fraction"] < 0.01 < below["over_sla_fraction"]
        higher = [main.at_rate(s, rate * factor)["over_sla_fraction"] for factor in (2, 10, 1000)]
        assert all(over <= 0.01 for over in higher)
        found += 1
    assert found > 100


@pytest.mark.parametrize("layers", [[], ["preseed"], ["preseed", "snapshot", "warm-node"]])
def test_the_table_leads_through_every_regime_there_is(layers: list[str]) -> None:
    even = main.break_even_rows(under(main.Scenario(), *layers))
    pays, busy = even["requests_per_hour"], even["self_warm_requests_per_hour"]
    cheaper = {row["requests_per_hour"]: row["cheaper"] for row in even["table"]}
    assert [*cheaper] == sorted(cheaper)
    assert {30.0, pays, busy} <= cheaper.keys()
    assert (cheaper.pop(pays), cheaper.pop(busy)) == ("equal", "either")
    for rate, which in cheaper.items():
        middle = "warm-pool" if rate > pays else "scale-to-zero"
        assert which == ("either" if rate > busy else middle)
    assert {*cheaper.values()} == (
        {"scale-to-zero", "either"} | ({"warm-pool"} if pays < busy else set())
    )


def test_cold_starts_a_day_rise_and_then_fall_with_the_rate() -> None:
    s = main.Scenario()
    boots = [row["cold_starts_per_day"] for row in view.curves(s, main.report(s, []))["rates"]]
    top = boots.index(max(boots))
    assert 0 < top < len(boots) - 1
    assert boots[: top + 1] == sorted(boots[: top + 1])
    assert boots[top:] == sorted(boots[top:], reverse=True)


EDGES = [
    # figures, break-even, self-warm, what the report says
    ({}, 36.9, 80.5, "Rare, below 36.9/h: scale to zero. Middle: a warm pool pays. Busy, above"),
    ({"sla_s": 328.0}, None, 0.0, "No cold start is late: there is nothing to avoid"),
    ({"sla_s": 0.4}, None, None, "Even a warm replica is late: no pool helps."),
    ({"sla_s": 0.5}, 36.8, 80.6, "Rare, below 36.8/h"),
    ({"drop_usd": 0}, None, 80.5, "A late request costs nothing, so no rate makes a pool pay."),
    ({"keep_alive_s": 0}, 36.9, None, "without keep-alive no traffic holds P99"),
    ({"drop_usd": 0.001}, 291.8, 80.5, "No middle: above 80.5/h traffic holds P99"),
    ({"gpu_usd_per_hour": 0}, 0.0, 80.5, "Rare, below 0/h"),
]


@pytest.mark.parametrize(("figures", "pays", "busy", "says"), EDGES)
def test_edges_are_null_or_zero_as_specified_and_said_in_words(
    figures: dict[str, Any], pays: float | None, busy: float | None, says: str
) -> None:
    s = main.Scenario(**figures)
    even = main.break_even_rows(s)
    assert even["requests_per_hour"] == (pays and pytest.approx(pays, abs=0.05))
    assert even["self_warm_requests_per_hour"] == (busy and pytest.approx(busy, abs=0.05))
    assert says in " ".join(report(s).split())
    some_pool = "warm-pool" in [row["cheaper"] for row in even["table"]]
    assert some_pool == (pays is not None and (busy is None or pays < busy))


def test_where_no_cold_start_is_late_nothing_is_over_and_nothing_taxed() -> None:
    for rate in (0.0, 1.0, 1e6):
        row = main.at_rate(main.Scenario(sla_s=400.0), rate)
        assert row["over_sla_fraction"] == row["cold_tax_usd_per_hour"] == 0
        assert row["cheaper"] == "scale-to-zero"


def test_a_busy_endpoint_overflows_nothing() -> None:
    row = main.at_rate(main.Scenario(keep_alive_s=1e12), 1e12)
    assert row["cold_starts_per_day"] < 1e-200
    assert row["cheaper"] == "either"


def test_gpu_hours_and_dollars_of_warm_pools() -> None:
    five = main.Scenario(products=5, gpus_per_replica=1)
    assert main.pool_gpu_hours_per_month(five) == 3600
    assert main.pool_usd_per_month(five) == 14400
    assert main.pool_usd_per_month(main.Scenario()) == 5760
    week = main.Scenario(hours_per_month=168.0)
    assert main.replica_usd_per_month(week) == main.pool_usd_per_month(week) == 8 * 168
    assert main.pool_gpu_hours_per_month(week) == 2 * 168


def test_a_pool_is_brutal_on_small_models_and_kind_to_large_ones() -> None:
    assert main.usd_per_cold_minute(main.Scenario()) == pytest.approx(1053.66, abs=0.01)
    one_gpu = main.Scenario(gpus_per_replica=1, node_provision_s=22.0)
    assert main.usd_per_cold_minute(one_gpu) == pytest.approx(576)
    small = main.Scenario(model="7b", gpu_usd_per_hour=1.2)
    behind = under(small, "preseed", "warm-node")
    assert main.replica_usd_per_month(behind) == 864
    assert main.usd_per_cold_minute(behind) == pytest.approx(1571, abs=0.5)
    said = main.brutal(main.Scenario())
    assert said.startswith(
        "Brutal on small models, kind to large ones. To spare a 7b on a $1.20 GPU"
    )
    raw = 864 / ((50 + 180 + 14 / 4 + 14 / 3.5 + 20 + 3) / 60)
    for figure in ("$864", "33.0 s", "$5,760", "328 s", "$1,571", "$1,054", f"${raw:.0f}"):
        assert figure in said
    assert said == main.brutal(main.Scenario(model="8b", gpus_per_replica=3))
    cheap = main.brutal(main.Scenario(small_gpu_usd_per_hour=0.12))
    assert cheap.startswith("To spare a 7b on a $0.12 GPU the 33.0 s")


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (
            {},
            " or, down to 15.0 s, a standby node: else the best path takes 50 + 0 + 9.5 + 0 + 3 =",
        ),
        (
            {"node_standby_s": 49.0},
            ": else the best path takes 50 + 0 + 9.5 + 0 + 3 = 62.5 s, and with a standby node 61",
        ),
        ({"model": "8b"}, ", but not here: the best path takes 50 + 0 + 3.3 + 0 + 3 = 56.3 s."),
        ({"node_provision_s": 40.0}, ", but not here: the best path takes 40 + 0 + 9.5 + 0 + 3 ="),
    ],
)
@shipped_layers
def test_the_60_s_rule_says_whether_it_binds_and_why(figures: dict[str, Any], says: str) -> None:
    rule = "P99 under 60 s on 70B or more makes a warm pool mandatory"
    assert main.rule(main.Scenario(**figures)).startswith(rule + says)


# --- two prices ----------------------------------------------------------------------------------


def pool_costs_no_more(s: main.Scenario, rate: float) -> bool:
    """From the words alone: D arrivals in a cycle, 1 + lam L of them late; dollars an hour."""
    lam, cold_s = rate / 3600, main.cold_start_s(s)
    d = math.exp(min(lam * s.keep_alive_s, 600)) + lam * cold_s
    late = 1 + lam * (cold_s - s.sla_s) if cold_s > s.sla_s else 0
    demand = s.gpu_usd_per_hour * main.gpus(s)
    pool = (s.pool_usd_per_hour or 0) * main.gpus(s)
    without = demand * (1 - 1 / d) + s.drop_usd * rate * late / d
    return pool <= without * (1 + 1e-12)


def test_with_two_prices_the_rates_are_those_of_a_search_over_all() -> None:
    dice, kinds = random.Random(17), set()
    for _ in range(300):
        s = random_scenario(dice)
        if s.sla_s < s.warm_ttft_s:
            continue
        s = replace(
            s,
            pool_usd_per_hour=s.gpu_usd_per_hour * dice.choice([0.3, 0.8, 1.01, 1.2, 3.0]),
            keep_alive_s=dice.choice([0.0, s.keep_alive_s]),
            drop_usd=dice.choice([0.0, s.drop_usd, s.drop_usd]),
        )
        low, high = main.paying_rates(s)
        rates = [10 ** (k / 40 - 4) for k in range(400)]  # to a million an hour
        pays = [rate for rate in rates if pool_costs_no_more(s, rate)]
        if low is None:
            assert pays == []
            kinds.add("never")
            continue
        inside = [rate for rate in rates if low <= rate <= (high or math.inf)]
        assert pays == inside
        kinds.add("to the end" if high is None else "between")
        for edge in filter(None, (low, high)):
            assert main.at_rate(s, edge)["cheaper"] in ("equal", "warm-pool", "scale-to-zero")
            sides = [pool_costs_no_more(s, edge * factor) for factor in (0.9999, 1.0001)]
            assert sides[0] != sides[1]
    assert kinds == {"never", "to the end", "between"}


def test_a_dearer_pool_comes_nearest_to_paying_at_its_peak_rate() -> None:
    dice, found = random.Random(18), 0
    for _ in range(200):
        s = random_scenario(dice)
        s = replace(s, pool_usd_per_hour=s.gpu_usd_per_hour * dice.uniform(1.001, 3))
        cold_s, dearer = (
            main.cold_start_s(s),
            main.kept_usd_per_hour(s) - main.replica_usd_per_hour(s),
        )
        if cold_s <= s.sla_s:
            continue

        def margin(rate: float, s: main.Scenario = s, dearer: float = dearer) -> float:
            """What late requests cost less what the pool does, over e^(lam tau) - which is the
            length of a cycle but for a constant that moves no maximum."""
            lam, cold_s = rate / 3600, main.cold_start_s(s)
            late = 3600 * s.drop_usd * lam * (1 + lam * (cold_s - s.sla_s))
            rest = late - main.replica_usd_per_hour(s) - dearer * lam * cold_s
            return rest * math.exp(-lam * s.keep_alive_s)

        peak = main.peak_rate(s, 3600 * s.drop_usd, dearer)
        assert margin(peak) >= max(margin(peak * 0.99), margin(peak * 1.01))
        found += 1
    assert found > 100


def test_a_reserved_gpu_at_a_lower_price_is_cheaper_and_never_late() -> None:
    # Questions as people ask them: an 8B on one GPU, 120 s, idle 300 s, 20 requests an hour.
    s = main.Scenario(
        model="8b", known_cold_start_s=120.0, gpu_usd_per_hour=2.736, pool_usd_per_hour=2.16
    )
    row = main.at_rate(s, 20.0)
    d = math.exp(20 / 12) + 20 / 30
    assert 240 * 2.736 * (1 - 1 / d) == pytest.approx(546, abs=1)
    premium = row["warm_premium_usd_per_hour"]
    assert 240 * premium == pytest.approx(240 * 2.16 - 546, abs=1)
    assert row["cheaper"] == "warm-pool"
    pays, ends = main.paying_rates(s)
    assert ends is None
    assert pays is not None
    assert pays < 20
    page = " ".join(report(replace(s, requests_per_hour=20.0)).split())
    assert "$2.16/h in the pool and $2.736/h on demand: the pool is the cheaper above" in page
    assert "on demand and $2.16/h in the pool" in page
    bill = main.break_even(replace(s, drop_usd=0.0))
    assert bill == pytest.approx(17.2, abs=0.05)
    assert "a late request at $0.05; by the bill alone above 17.2/h." in page
    assert "-$0.12" in page
    # At one price, and idle for 60 s, a warm replica pays from 28.4 requests an hour on.
    one = replace(s, pool_usd_per_hour=None, keep_alive_s=60.0)
    assert main.break_even(one) == pytest.approx(28.4, abs=0.05)
    assert main.paying_rates(replace(one, pool_usd_per_hour=2.736)) == main.paying_rates(one)


TWO = [
    # figures, what costs no more from and to, what the report says
    ({"pool_usd_per_hour": 4.2, "drop_usd": 0.5}, True, True, "and then costs too much"),
    ({"pool_usd_per_hour": 5.0, "keep_alive_s": 0.0}, True, False, "No traffic holds P99 alone"),
    ({"pool_usd_per_hour": 40.0}, False, False, "the pool pays at no rate"),
    ({"pool_usd_per_hour": 5.0, "sla_s": 400.0}, False, False, "pays at no rate"),
    ({"pool_usd_per_hour": 3.0, "sla_s": 400.0}, True, False, "is the cheaper above"),
    ({"pool_usd_per_hour": 3.0, "drop_usd": 0.0}, True, False, "is the cheaper above"),
    ({"pool_usd_per_hour": 3.0, "sla_s": 0.1}, False, False, "Even a warm replica is late"),
    ({"pool_usd_per_hour": 0.0}, True, False, "is the cheaper above 0/h"),
]


@pytest.mark.parametrize(("figures", "pays", "ends", "says"), TWO)
def test_two_prices_are_said_in_words_and_in_json(
    figures: dict[str, Any], pays: bool, ends: bool, says: str
) -> None:
    s = main.Scenario(**figures)
    even = main.break_even_rows(s)
    assert (even["requests_per_hour"] is not None) == pays
    assert (even["requests_per_hour_high"] is not None) == ends
    assert says in " ".join(report(s).split())
    assert "either" not in [row["cheaper"] for row in even["table"]]
    edges, table = main.paying_rates(s), even["table"]
    marked = [row["cheaper"] for row in table if row["requests_per_hour"] in edges]
    assert marked == ["equal"] * (pays + ends - (even["requests_per_hour"] == 0))


def test_pool_and_standby_node_are_paid_at_the_pools_price() -> None:
    s = main.Scenario(pool_usd_per_hour=2.5)
    assert main.pool_usd_per_month(s) == main.replica_usd_per_month(s) == 2 * 2.5 * 720
    assert main.standing_usd_per_month(s, ["warm-pool", "warm-node"]) == 2 * 2 * 2.5 * 720
    assert main.replica_usd_per_hour(s) == 8


def test_without_keep_alive_lateness_may_stay_within_1_percent_all_the_same() -> None:
    # A promise just under the cold start: (1 + lam L) / (1 + lam C) falls to L / C = 0.3%.
    s = main.Scenario(keep_alive_s=0.0, sla_s=327.0)
    lam = 0.99 / (0.01 * 328 - 1)
    assert main.self_warm_rate(s) == pytest.approx(3600 * lam, rel=1e-9)
    assert main.self_warm_rate(replace(s, sla_s=324.0)) is None  # 4 / 328 stays over 1%
