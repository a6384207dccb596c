"""What the page's pictures need beside the report: curves, verdicts, what each layer does."""

from __future__ import annotations

import json
import math
import random
import re

import main
import pytest
import view
from conftest import called, random_layers, random_scenario


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "At 30/h scale to zero: a pool costs $0.54/h to save $0.37/h"),
        (["--rate=60"], "At 60/h keep a warm pool: it costs "),
        (["--rate=900"], "At 900/h traffic keeps a replica warm: a pool costs "),
        (["--sla=0.1"], "At 30/h even a warm replica is late: a pool costs $0.54/h and saves"),
        (["--set=pool_usd_per_hour=1"], "At 30/h keep a warm pool: it spares $"),
    ],
)
def test_a_verdict_names_both_prices(words: list[str], says: str) -> None:
    seen = json.loads(called("view.py", *words).stdout)
    assert seen["verdicts"]["pays"].startswith(says)
    today = seen["curves"]["today"]
    for price in (today["warm_premium_usd_per_hour"], today["cold_tax_usd_per_hour"]):
        if price > 0 and "--sla=0.1" not in words:
            assert f"{main.dollars(price)}/h" in seen["verdicts"]["pays"]


def crossing(rows: list[dict[str, float]], at: str, one: str, other: str) -> float:
    """Where two lines cross, drawn straight from point to point over a logarithm."""
    apart = [math.log(row[one] / row[other]) for row in rows]
    i = next(i for i in range(1, len(rows)) if apart[i - 1] * apart[i] <= 0)
    low, high = (math.log(row[at]) for row in rows[i - 1 : i + 1])
    return math.exp(low + (high - low) * apart[i - 1] / (apart[i - 1] - apart[i]))


@pytest.mark.parametrize(
    "words", [[], ["--with=preseed,snapshot"], ["--with=tiered"], ["--figures=measured"]]
)
def test_the_lines_cross_where_the_report_says(words: list[str]) -> None:
    seen = json.loads(called("view.py", *words).stdout)
    money = "warm_premium_usd_per_hour", "cold_tax_usd_per_hour"
    pays = crossing(seen["curves"]["rates"], "requests_per_hour", *money)
    assert pays == pytest.approx(seen["break_even"]["requests_per_hour"], rel=0.01)
    moves = crossing(seen["curves"]["networks"], "network_gb_s", "ship_tokens_s", "ship_kv_s")
    assert moves == pytest.approx(seen["migration"]["crossover_gb_s"], rel=0.01)
    (row,) = (x for x in seen["break_even"]["table"] if x["requests_per_hour"] == 30)
    assert seen["curves"]["today"] == row  # behind the layers, as the report is
    assert f"to save {main.dollars(row['cold_tax_usd_per_hour'])}/h" in seen["verdicts"]["pays"]


def test_verdicts_are_of_the_stack() -> None:
    raw, moved = (
        json.loads(called("view.py", *words).stdout)["verdicts"]["moves"]
        for words in ([], ["--with=migrate"])
    )
    assert ("with migrate" in raw, "without migrate" in raw) == (True, False)
    assert "without migrate" in moved


def test_where_both_cost_the_same_it_is_all_one() -> None:
    rate = main.break_even(main.Scenario())
    says = view.pays(main.scenario("lesson", requests_per_hour=rate))
    prices = re.fullmatch(r"At 36.9/h it is all one: a pool costs (\S+) and saves (\S+)", says)
    assert prices
    assert prices[1] == prices[2]


def test_an_eviction_is_told_as_it_is_here_first_and_a_pause_apart_from_a_move() -> None:
    s = main.Scenario()
    still, paused = main.duration(main.eviction_pause_s(s)), main.duration(main.pause_s(s))
    assert view.moves(s).startswith(f"Evicted: a pause of {still}, with migrate {paused}.")
    assert view.moves(s).endswith(" At 25 Gbit/s tokens move in 1.0 s, KV cache in 859 ms")
    s = main.stack(s, ["migrate"])
    assert f" {paused}, without migrate {still}." in view.moves(s)


def test_what_a_layer_does_is_the_stack_with_it_against_without_it() -> None:
    dice = random.Random(5)
    for _ in range(60):
        s, names = random_scenario(dice), random_layers(dice)
        for row in view.effects(s, names):
            off = [name for name in names if name != row["name"]]
            for each, i in ((off, 0), ([x for x in main.BY_NAME if x in (*off, row["name"])], 1)):
                under = main.stack(s, each)
                assert row["cold_start_s"][i] == main.cold_start_s(under)
                assert row["first_request_ttft_s"][i] == main.first_request_ttft_s(under)
                assert row["eviction_pause_s"][i] == main.eviction_pause_s(under)
                rent = main.standing_usd_per_month(s, each)
                assert row["standing_usd_per_month"][i] == rent


def test_of_a_known_total_the_layers_that_can_be_put_on_are_told() -> None:
    rows = view.effects(main.Scenario(known_cold_start_s=120), [])
    assert [row["name"] for row in rows] == ["warm-pool", "migrate"]


def test_curves_lead_from_far_below_what_they_show_to_far_above() -> None:
    dice = random.Random(8)
    for _ in range(60):
        s = main.stack(random_scenario(dice), random_layers(dice))
        report = main.report(s, [])
        drawn = view.curves(s, report)
        rates = [row["requests_per_hour"] for row in drawn["rates"]]
        networks = [row["network_gb_s"] for row in drawn["networks"]]
        for curve, shown in (
            (rates, [s.requests_per_hour, report["break_even"]["requests_per_hour"]]),
            (networks, [s.network_gb_s, report["migration"]["crossover_gb_s"]]),
        ):
            assert curve == sorted(curve)
            assert len(curve) == view.STEPS + 1
            for at in shown:
                assert not at or 20 * curve[0] < at < curve[-1] / 20
        assert drawn["today"] == main.at_rate(s, s.requests_per_hour)
        for row in drawn["rates"]:
            assert row == main.at_rate(s, row["requests_per_hour"])


def test_counts_are_told_from_other_figures() -> None:
    whole = json.loads(called("view.py").stdout)["whole"]
    assert {"min_workers", "products", "prompt_tokens"} <= {*whole}
    assert not {"image_gb", "sla_s", "model"} & {*whole}
