"""Live migration: worked figures, the roofline, the rounds and the crossover."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import main
import pytest
import view
from conftest import random_scenario


def flops_one_by_one(s: main.Scenario, new: int, context: int) -> float:
    """Each token: 2 FLOPs a parameter, 4 a hidden unit, layer and pair with a token before it."""
    params_b, layers, hidden, _, _ = main.MODELS[s.model]
    pairs = sum(context + position + 0.5 for position in range(new))
    return 2e9 * params_b * new + 4 * layers * hidden * pairs


def test_the_worked_70b_of_8192_tokens() -> None:
    move = main.migration(main.Scenario())
    assert move["kv_bytes_per_token"] == 327_680
    assert move["kv_bytes"] == pytest.approx(2.684e9, rel=1e-3)
    assert move["token_bytes"] == 32_768
    assert move["ship_tokens_s"] == pytest.approx(1.006, abs=5e-4)
    assert move["pause_s"] == pytest.approx(0.021, abs=5e-4)
    assert (move["rounds"], move["recomputed_tokens"]) == (2, 8222)
    assert move["crossover_gb_s"] == pytest.approx(2.67, abs=5e-3)
    assert move["ship_kv_s"] == pytest.approx(2.684 / 3.125, abs=1e-3)
    assert move["eviction_pause_s"] == pytest.approx(328 + 1.006, abs=5e-4)


def test_the_published_prefill_of_an_8b_on_one_h100() -> None:
    h100 = main.Scenario(model="8b", gpus_per_replica=1)
    assert main.prefill_s(h100, 50_000) == pytest.approx(2.294, rel=0.05)  # vLLM, 2026-01-08


def test_prefill_counts_each_token_and_each_pair_of_tokens() -> None:
    dice = random.Random(10)
    for _ in range(50):
        s, new, context = random_scenario(dice), dice.randrange(1, 400), dice.randrange(5000)
        rate = s.prefill_mfu * s.gpu_tflops * 1e12 * main.gpus(s)
        compute = flops_one_by_one(s, new, context) / rate
        memory = main.weights_gb(s) / s.hbm_gb_s / main.gpus(s)
        assert main.prefill_s(s, new, context) == pytest.approx(max(compute, memory))


def test_rounds_shrink_and_hand_over_what_the_source_decoded_meanwhile() -> None:
    dice = random.Random(11)
    for _ in range(300):
        s = random_scenario(dice)
        s = replace(s, decode_tokens_per_s=30 * 10 ** dice.uniform(0, 3))
        rounds = main.token_rounds(s)
        wire = s.prompt_tokens * s.token_bytes / s.network_gb_s / 1e9
        whole = main.prefill_s(s, s.prompt_tokens, 0)
        assert rounds[0] == (s.prompt_tokens, pytest.approx(wire + whole, rel=1e-12))
        assert main.prefill_s(s, s.prompt_tokens) == whole
        context = s.prompt_tokens
        for (_, before), (tokens, seconds) in itertools.pairwise(rounds):
            wire = tokens * s.token_bytes / s.network_gb_s / 1e9
            assert seconds == pytest.approx(wire + main.prefill_s(s, tokens, context), rel=1e-12)
            context += tokens
            assert seconds < before
            assert 0 < tokens <= s.decode_tokens_per_s * before < tokens + 1
        left = int(s.decode_tokens_per_s * rounds[-1][1])
        context = sum(tokens for tokens, _ in rounds)
        once_more = main.prefill_s(s, left, context) + left * s.token_bytes / s.network_gb_s / 1e9
        assert left == 0 or once_more >= rounds[-1][1]


def test_below_the_crossover_tokens_take_less_time_and_above_it_kv_does() -> None:
    dice = random.Random(12)
    for _ in range(300):
        s = random_scenario(dice)
        crossover = main.migration(s)["crossover_gb_s"]
        for factor, tokens_win in ((0.99, True), (1.01, False)):
            move = main.migration(replace(s, network_gb_s=crossover * factor))
            assert (move["ship_tokens_s"] < move["ship_kv_s"]) == tokens_win


def test_migrate_shortens_an_evictions_pause_and_nothing_else() -> None:
    s = main.Scenario()
    plain, moved = main.migration(s), main.migration(main.stack(s, ["migrate"]))
    assert moved.pop("eviction_pause_s") == moved["pause_s"]
    assert plain.pop("eviction_pause_s") > 300
    assert plain == moved


def test_odd_prompts_and_caches_stay_finite() -> None:
    empty = main.migration(main.Scenario(prompt_tokens=0))
    assert (empty["ship_kv_s"], empty["crossover_gb_s"], empty["rounds"]) == (0, 0, 1)
    assert main.migration(main.Scenario(kv_bytes=0))["crossover_gb_s"] == 0
    still = main.migration(main.Scenario(decode_tokens_per_s=0))
    assert (still["rounds"], still["recomputed_tokens"]) == (1, 8192)


def test_figures_that_ask_for_rounds_without_end_are_refused_by_name() -> None:
    # Each round takes a token less, so that no round is the last for a long time.
    slow = main.Scenario(
        token_bytes=1e9,
        network_gb_s=1.0,
        decode_tokens_per_s=0.9999999,
        prompt_tokens=1_000_000_000,
        gpu_tflops=1e12,
        prefill_mfu=1e12,
    )
    with pytest.raises(
        main.BadInput, match=r"more than 100 rounds: see decode_tokens_per_s, token_bytes, net"
    ):
        main.token_rounds(slow)


def test_the_table_covers_1k_to_128k_tokens_and_ones_own() -> None:
    s = main.Scenario(model="8b", prompt_tokens=5000)
    table = main.migration_rows(s)["table"]
    assert [row["prompt_tokens"] for row in table] == [1024, 5000, 8192, 32768, 131072]
    for row in table:
        move = main.migration(replace(s, prompt_tokens=row["prompt_tokens"]))
        assert move.items() <= row.items()


def test_over_networks_the_winner_changes_at_the_crossover() -> None:
    s = main.Scenario(model="8b")
    rows = view.curves(s, main.report(s, []))["networks"]
    networks = [row["network_gb_s"] for row in rows]
    assert networks == sorted(networks)
    assert networks[0] < s.network_gb_s < networks[-1]
    for row in rows:
        gap = row["network_gb_s"] / row["crossover_gb_s"]
        if abs(gap - 1) > 1e-9:
            assert (row["ship_tokens_s"] < row["ship_kv_s"]) == (gap < 1)
