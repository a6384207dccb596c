"""The planner: against brute force, against `traffic`, and what relaxing a limit may do."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import main
import plan
import planner
import pytest
import reasons
import traffic
from arrivals import Traffic, synthetic
from conftest import called, printed, refused, run, shipped_layers
from endpoint import mean_cold_s
from planner import Limits, Planner


@pytest.fixture(autouse=True)
def shorter_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the requests: what is tested here holds for any number of them."""
    monkeypatch.setattr(planner, "ENOUGH", 2_000)


LIMITS = ("budget", "prefer", "forbid", "require")


def options(given: dict[str, Any]) -> tuple[Traffic, Limits]:
    """Options of a run, and limits of a plan."""
    limits = {name: given.pop(name) for name in LIMITS if name in given}
    return Traffic(**given), Limits(**limits)


def planned(s: main.Scenario | None = None, **given: Any) -> dict[str, Any]:
    return plan.plan_result(s or main.Scenario(), *options(given))


def tiered(tiers: list[tuple[str, float, float]], **given: Any) -> dict[str, Any]:
    return plan.tiers_result(main.Scenario(), *options(given), tiers)


def pools(most: int, timed: bool) -> list[dict[str, Any]]:
    """Every pool size up to this, and instead of each in every block of hours every larger one."""
    around = [{"min_workers": size} for size in range(1, most + 1)]
    hours = [(start, end) for start in range(24) for end in range(1, 25) if (end - start) % 24]
    blocks = [
        {"min_workers": always, "schedule": f"{start}-{end}:{size}"}
        for size in range(1, most + 1)
        for always in range(size)
        for start, end in hours
    ]
    return around + (blocks if timed else [])


def brute_force(
    s: main.Scenario, how: dict[str, Any], forbid: list[str], most: int, timed: bool = False
) -> list[dict[str, Any]]:
    """Every stack and pool, each simulated afresh: layers, pool, share late, $/month."""
    rows = []
    layers = [name for name in main.BY_NAME if name not in forbid]
    for size in range(len(layers) + 1):
        for names in itertools.combinations(layers, size):
            for pool in pools(most, timed) if "warm-pool" in names else [{"min_workers": 0}]:
                found = traffic.run_result(s, names, Traffic(**how, **pool))
                rent = main.shared_usd_per_month(s, names)
                own = found["usd"] * s.hours_per_month / found["hours"] - rent
                row = {"layers": list(names), "schedule": None, **pool}
                row["usd_per_month"] = round(own * s.products + rent, 2)
                rows.append(row | {"late": found["over_sla_fraction"]})
    return rows


def chosen(rows: list[dict[str, Any]], prefer: str, budget: float) -> dict[str, Any] | None:
    held = [row for row in rows if row["late"] <= 0.01 and row["usd_per_month"] <= budget]
    if prefer == "layers":
        return min(held, key=lambda row: (len(row["layers"]), row["usd_per_month"]), default=None)
    return min(held, key=lambda row: (row["usd_per_month"], len(row["layers"])), default=None)


SPOT = {"evictions_per_day": 48.0}
TRACE = "arrival_s,service_s\n" + "".join(f"{300 * k + 37 * (k % 5)},8\n" for k in range(300))


@pytest.mark.parametrize(
    ("seed", "traffic", "forbid"),
    [
        (0, {}, ["migrate"]),  # all the others once
        (1, {"pattern": "bursty"}, ["migrate", "stream", "graph-cache"]),
        (3, {"trace": TRACE}, ["migrate", "stream", "graph-cache"]),
        (
            4,
            SPOT | {"service_s": 60.0},
            ["preseed", "stream", "tiered", "graph-cache", "warm-node"],
        ),
        (
            5,
            SPOT | {"pattern": "bursty"},
            ["stream", "snapshot", "graph-cache", "tiered", "warm-node"],
        ),
        (6, {"jitter": True, "service": "constant"}, ["migrate", "stream", "tiered"]),
    ],
)
def test_the_plan_is_that_of_a_brute_force_over_every_stack_and_pool_size(
    tmp_path: Path, seed: int, traffic: dict[str, Any], forbid: list[str]
) -> None:
    dice = random.Random(seed)
    how = traffic | {"slots": dice.choice([1, 4])}
    if "trace" in how:
        (tmp_path / "trace.csv").write_text(how["trace"])
        how["trace"] = str(tmp_path / "trace.csv")
    s = main.Scenario(
        model=dice.choice([*main.MODELS]),
        sla_s=dice.choice([2.0, 12.0, 40.0, 90.0]),
        requests_per_hour=dice.choice([3.0, 5.0, 10.0]),
        products=dice.choice([1, 3]),
        gpu_usd_per_hour=dice.choice([1.0, 4.0]),
    )
    rows: list[dict[str, Any]] = []
    usd = budget = math.inf
    cases = [("layers", None), ("layers", 1.0), ("cost", None), ("layers", 0.97), ("cost", 0.97)]
    for prefer, share in cases if how.keys().isdisjoint(SPOT) else cases[2:4]:  # to be quick
        limits: dict[str, Any] = {"prefer": prefer}
        if share:  # of what the plan without a budget costs
            limits["budget"] = budget = round(share * usd, 2)
        found = planned(s, **limits, **how, forbid=forbid)
        ran = {} if "trace" in how else {"hours": found["run"]["hours"]}
        rows = rows or brute_force(
            s, how | ran, forbid, 6 if traffic.items() >= SPOT.items() else 3
        )
        right = chosen(rows, prefer, budget if share else math.inf)
        assert found["feasible"] == (right is not None)
        if right:
            same = ("layers", "min_workers", "usd_per_month")
            assert [found[name] for name in same] == [right[name] for name in same]
        usd = usd if share else found["usd_per_month"] or 1e4


@pytest.mark.parametrize(
    ("figures", "how", "layers"),
    [
        ({"sla_s": 40.0, "requests_per_hour": 9.0}, {"pattern": "diurnal"}, ["preseed"]),
        ({"pool_usd_per_hour": 3.0}, {"pattern": "8-20:40"}, ["tiered"]),
        ({"pool_usd_per_hour": 5.0, "products": 2}, {"pattern": "7-9:90,9-17:9"}, []),
        (
            {"pool_usd_per_hour": 2.0, "sla_s": 90.0},  # where a larger pool may cost less
            {"pattern": "8-20:30", "slots": 1, "service_s": 30.0, "max_workers": 2},
            [],
        ),
    ],
)
def test_a_timed_pool_is_that_of_a_brute_force_over_every_block_of_hours(
    monkeypatch: pytest.MonkeyPatch,
    figures: dict[str, Any],
    how: dict[str, Any],
    layers: list[str],
) -> None:
    monkeypatch.setattr(planner, "ENOUGH", 100)
    s, forbid = main.Scenario(**figures), main.without(main.BY_NAME, "warm-pool", *layers)
    found = planned(s, **how, forbid=forbid)
    most = 1 if layers else 2  # which is more than this traffic wants
    rows = brute_force(s, how | {"hours": found["run"]["hours"]}, forbid, most, timed=True)
    for prefer in ("layers", "cost"):
        right, ours = (
            chosen(rows, prefer, math.inf),
            planned(s, **how, forbid=forbid, prefer=prefer),
        )
        assert right
        assert len(ours["layers"]) == len(right["layers"]) or prefer == "cost"
        assert right["usd_per_month"] <= ours["usd_per_month"] <= 1.01 * right["usd_per_month"]
        assert (ours["min_workers"], ours["schedule"]) == (right["min_workers"], right["schedule"])


def test_the_plans_figures_are_those_of_traffic_and_of_with() -> None:
    s = main.Scenario(sla_s=20.0)
    found = planned(s, forbid=["warm-pool"])
    assert found["layers"] == ["preseed", "snapshot", "warm-node"]
    how = Traffic(hours=found["run"]["hours"], min_workers=0)
    seen = traffic.traffic_result(s, found["layers"], how)
    assert found["over_sla_fraction"] == seen["over_sla_fraction"]
    assert found["p99_ttft_s"] == seen["ttft_s"]["p99"]
    assert found["cold_starts_per_day"] == seen["cold_starts_per_day"]
    assert found["usd_per_month"] == pytest.approx(seen["usd"] * 720 / seen["hours"], abs=0.01)
    assert found["cold_start_s"] == 15.0
    assert {row["layer"]: row["saves_s"] for row in found["why"]} == {
        "preseed": 180.0,
        "snapshot": 85.5,
        "warm-node": 47.5,
    }


@pytest.mark.parametrize(("prefer", "pattern"), [("layers", "diurnal"), ("cost", "bursty")])
def test_relaxing_a_limit_never_makes_the_answer_worse(prefer: str, pattern: str) -> None:
    def rank(s: main.Scenario, **limits: Any) -> tuple[float, ...]:
        limits["forbid"] = [*limits.get("forbid", ()), "stream", "graph-cache"]  # to be quick
        found = planned(s, prefer=prefer, pattern=pattern, **limits)
        if not found["feasible"]:
            return (1e99, 1e99)
        both = (len(found["layers"]), found["usd_per_month"])
        return both if prefer == "layers" else both[::-1]

    s = main.Scenario(requests_per_hour=8.0)
    ranks = [rank(replace(s, sla_s=sla_s)) for sla_s in (0.1, 15.0, 400.0)]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] != ranks[-1]
    ranks = [rank(s, budget=budget) for budget in (100.0, 5760.0, 9000.0)]
    assert ranks == sorted(ranks, reverse=True)
    s = replace(s, sla_s=16.0)
    assert rank(s, forbid=["warm-pool"]) >= rank(s)
    assert rank(s, forbid=["warm-pool", "warm-node"]) >= rank(s, forbid=["warm-pool"])
    assert rank(s, require=["tiered"]) >= rank(s)


@shipped_layers
def test_each_relaxation_alone_would_do_and_the_limit_that_binds_is_named() -> None:
    s = main.Scenario(sla_s=10.0, requests_per_hour=10.0)
    no = planned(s, budget=3000.0)
    assert (no["feasible"], no["binding"]) == (False, "budget")
    found = {row["kind"]: row for row in no["relaxations"]}
    assert found["budget"]["change"] == "--budget 5760"
    assert planned(s, budget=5760.0)["layers"] == ["warm-pool"]
    no = planned(s, forbid=["warm-pool", "migrate"])
    found = {row["kind"]: row for row in no["relaxations"]}
    assert no["binding"] == "layer"
    assert found["layer"]["change"] == "without --forbid warm-pool"
    sla_s = float(found["sla"]["change"].removeprefix("--sla "))
    assert 15.0 <= sla_s <= 15.3
    assert planned(replace(s, sla_s=sla_s), forbid=["warm-pool"])["feasible"]
    assert planned(replace(s, sla_s=0.1))["binding"] == "sla"


def test_a_layer_that_makes_boots_slower_says_so_behind_a_pool_too() -> None:
    behind = {"layers": ["preseed", "warm-pool"], "min_workers": 1, "schedule": None}
    s = main.Scenario(first_touch_s_per_gb=9.0)
    slower, pool = reasons.why(Planner(s, Traffic(), Limits()), behind)
    assert (slower["saves_s"], pool["saves_s"]) == (30 * (6.0 - 9.0), 418.0 - 0.5)


@shipped_layers
def test_the_nearest_plans_are_rejected_each_for_its_reason() -> None:
    s = main.Scenario(sla_s=20.0, products=2, requests_per_hour=10.0)

    def rejected(**limits: Any) -> dict[tuple[str, ...], str]:
        found = planned(s, **limits)
        for row in found["rejected"]:
            assert row["min_workers"] == ("warm-pool" in row["layers"])
            late, usd = row["over_sla_fraction"], row["usd_per_month"]
            if late > 0.01:
                says = f"{late:.2%} are late"
            elif found["feasible"]:
                says = f"{main.dollars(usd - found['usd_per_month'])} a month more"
            else:
                says = main.dollars(usd)
            assert says in row["reason"]
        return {tuple(row["layers"]): row["reason"].partition("$")[0] for row in found["rejected"]}

    short = ("preseed", "snapshot", "warm-node")
    open_end = rejected()
    assert [*open_end] == [short, ()]
    assert open_end[short] == "Holds P99 too, for 2 layers more and "
    assert ": P99 is 328 s, a boot 328 s" in open_end[()]
    for budget in (11_519.99, 0.0):
        dear = rejected(budget=budget)
        assert dear[short] == dear["warm-pool",] == "Over the budget: "
    less = rejected(forbid=["warm-pool"])
    assert [*less] == [(), ("snapshot", "warm-node"), ("preseed", "warm-node")]
    assert all("are late" in reason for reason in less.values())


def test_every_set_of_layers_is_tried_and_migrate_only_where_nodes_go_away() -> None:
    s = main.Scenario()
    sets = [*Planner(s, Traffic(evictions_per_day=1.0), Limits()).stacks()]
    assert len(sets) == len({*sets}) == 2 ** len(main.LAYERS)
    assert sorted(sets, key=len) == sets
    assert (sets[0], sets[-1]) == ((), (*main.BY_NAME,))
    calm = [*Planner(s, Traffic(), Limits()).stacks()]
    assert calm == [names for names in sets if "migrate" not in names]
    asked = [*Planner(s, Traffic(), Limits(require=["migrate"], forbid=["preseed"])).stacks()]
    assert asked == [names for names in sets if "migrate" in names and "preseed" not in names]


def test_tail_and_failure_say_what_the_plan_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "ENOUGH", 20_000)
    spot = planned(require=["migrate"], evictions_per_day=24.0)
    assert (spot["layers"], spot["min_workers"]) == (["warm-pool", "migrate"], 2)
    assert spot["tail_policy"].startswith("16 requests at once find a free warm slot, 500 ms;")
    assert spot["failure_mode"].startswith("when a warm replica dies, 1 of 2 are left for 328 s;")
    moves = (
        "what it was serving moves, with notice, to a free slot of another and stands still for"
    )
    assert f"{moves} 20.9 ms" in spot["failure_mode"]
    stays = planned(evictions_per_day=24.0)["failure_mode"]
    assert "starts over on a free slot of another, or where there is none after 329 s;" in stays
    assert "would make that 20.9 ms" in stays
    quick = planned(patience_s=9.0)["tail_policy"]
    assert "who has waited for 9.0 s gives up; " in quick
    assert {row["layer"]: row["phases"] for row in spot["why"]} == {
        "warm-pool": [phase.__name__ for phase in main.PHASES],
        "migrate": [],
    }
    assert spot["why"][0]["saves_s"] == 327.5
    assert spot["why"][1]["saves_s"] == pytest.approx(329.006 - 0.021, abs=1e-3)
    short = planned(main.Scenario(sla_s=20.0), forbid=["warm-pool"])
    assert short["tail_policy"].startswith("the first user on a fresh replica waits 15.0 s, ")
    assert short["failure_mode"].startswith("when the replica dies, what it was serving ")
    assert short["why"][1]["phases"] == ["weight_load", "engine_init"]
    assert "elsewhere the path is 100.5 s and P99 100." in short["failure_mode"]
    assert 2 * short["cold_starts_per_day"] == pytest.approx(107.0, abs=0.01)
    assert "more than 107 cold starts a day" in short["alert"]
    assert "more than 2 cold starts a day" in planned()["alert"]


def test_a_plan_stands_beside_doing_nothing_and_replicas_for_all_that_is_ever_in_flight() -> None:
    s = main.Scenario(requests_per_hour=200.0)
    how: dict[str, Any] = {"service_s": 90.0, "forbid": [*main.BY_NAME][:3] + [*main.BY_NAME][4:]}
    found = planned(s, **how, slots=2, evictions_per_day=24.0)
    nothing, always, most = found["doing_nothing"], found["always_on"], found["most_in_flight"]
    assert most == most_at_once(s, found["run"]) > 9
    assert (nothing["layers"], nothing["min_workers"]) == ([], 0)
    assert (always["layers"], always["min_workers"]) == (["warm-pool"], -(-most // 2))
    calm = planned(s, **how, slots=2)["always_on"]
    assert (calm["over_sla_fraction"], calm["cold_starts_per_day"]) == (0, 0)
    assert planned(s, **how, max_workers=2)["always_on"]["min_workers"] == 2


def most_at_once(s: main.Scenario, run: dict[str, Any]) -> int:
    """By sweeping over starts and ends; at one instant an end comes first."""
    how = Traffic(hours=run["hours"], service_s=run["service_s"])
    requests = [*synthetic(s, how)]
    steps = sorted([(t, 1) for t, _ in requests] + [(t + x, -1) for t, x in requests])
    return max(itertools.accumulate(step for _, step in steps))


def test_a_premium_tenant_pays_for_a_replica_of_its_own_at_least() -> None:
    found = tiered([("batch", 600.0, 5.0)])
    assert found["tiers"][0]["min_workers"] == 0
    assert found["dedicated_usd_per_month"] == 5760.0
    busy = tiered([("paid", 2.0, 300.0)], service_s=90.0)
    least = busy["tiers"][0]["min_workers"]
    assert least > 1
    assert busy["dedicated_usd_per_month"] == 5760.0 * least
    none = tiered([("paid", 0.1, 3.0), ("batch", 600.0, 5.0)])
    assert (none["feasible"], none["usd_per_month"], none["premium"]) == (False, None, "paid")


def flat(page: str) -> str:
    return " ".join(page.split())


def same_run(page: str) -> list[str]:
    """The command of a plan's page that shows its run: the script, and its words."""
    command = page.rpartition("\n\n")[2].replace("\\\n", " ")
    python, script, *words = shlex.split(command)
    assert python == "python"
    return [script.removeprefix("code/"), *words]


def test_too_few_replicas_are_named_as_the_limit_with_how_many_would_do() -> None:
    s = main.Scenario(sla_s=400.0, requests_per_hour=600.0)
    how: dict[str, Any] = {"slots": 1, "service_s": 60.0, "forbid": [*main.BY_NAME][1:]}
    no = planned(s, **how, max_workers=8)
    assert (no["binding"], no["run"]["max_workers"]) == ("max_workers", 8)
    (row,) = (row for row in no["relaxations"] if row["kind"] == "max_workers")
    assert row["change"] == f"--max-workers {row['peak_replicas']}"
    yes = planned(s, **how, max_workers=row["peak_replicas"], prefer="cost")
    assert (yes["layers"], yes["usd_per_month"]) == (row["layers"], row["usd_per_month"])


def test_where_8_are_too_few_as_many_run_as_are_ever_busy_and_the_command_says_so() -> None:
    few = planned(main.Scenario(requests_per_hour=400.0), slots=1, service_s=60.0)
    assert few["most_in_flight"] > few["run"]["max_workers"] == max(8, few["min_workers"])
    words = "plan.py --rate 600 --slots 1 --service-s 60".split()
    found = json.loads(called(*words, "--json").stdout)
    most = found["run"]["max_workers"]
    assert most == max(found["most_in_flight"], found["min_workers"]) > 8
    script, *more = same_run(called(*words).stdout)
    assert more[more.index("--max-workers") + 1] == str(most)
    seen = json.loads(called(script, *more, "--json").stdout)
    assert seen["over_sla_fraction"] == found["over_sla_fraction"]
    assert found["doing_nothing"]["waiting_at_end"] < 0.01 * found["requests"]


def test_a_refusal_that_no_single_change_would_turn_says_so() -> None:
    done = called("plan.py", "--sla", "3", "--budget", "3000", "--forbid", "warm-pool")
    assert done.returncode == 1
    assert "binds: several limits together, for no change of one would do." in flat(done.stdout)
    assert "would do:" not in done.stdout


def test_a_trace_is_judged_by_its_own_hours_and_quoted_for_a_shell(tmp_path: Path) -> None:
    path = tmp_path / "my trace.csv"
    path.write_text("arrival_s,service_s\n" + "".join(f"{k},3\n" for k in range(900)))
    done = called("plan.py", "--trace", str(path), "--sla", "400")
    assert re.search(r"judged by a run of 0\.\d+ h", flat(done.stdout))
    assert f"--trace '{path}'" in done.stdout
    same = called(*same_run(done.stdout))
    assert same.returncode == 0
    late = json.loads(called("plan.py", "--trace", str(path), "--sla", "400", "--json").stdout)
    assert re.search(rf"late +{late['over_sla_fraction']:.2%} +\d+ over 400 s", same.stdout)


def test_tiers_share_a_standby_node() -> None:
    tiers = [("a", 20.0, 30.0), ("b", 20.0, 10.0)]
    found = tiered(tiers, forbid=["warm-pool"])
    apart = [row["usd_per_month"] for row in found["tiers"]]
    assert all("warm-node" in row["layers"] for row in found["tiers"])
    assert found["usd_per_month"] == pytest.approx(sum(apart) - 5760)


@shipped_layers
def test_a_large_model_under_60_s_hears_why_a_pool_or_a_standby_node_is_mandatory() -> None:
    done = called("plan.py", "--sla", "30", "--forbid", "warm-pool,warm-node")
    assert done.returncode == 1
    says = "makes a warm pool mandatory: else the best path takes 50 + 0 + 9.5 + 0 + 3 = 62.5 s."
    assert says in flat(done.stdout)

    patient = ["--jitter", "--budget", "5000"]
    done = called("plan.py", "--sla", "30", "--forbid", "warm-pool", *patient)
    assert (done.returncode, "n/a" in done.stdout.partition("| layer")[0]) == (1, False)
    mean_s = mean_cold_s(main.Scenario(), Traffic(jitter=True))
    assert f"their ranges a cold start takes {mean_s:.1f} s on average" in " ".join(
        done.stdout.split()
    )

    def rule(sla_s: float, model: str = "70b", forbid: tuple[str, ...] = ()) -> str:
        return reasons.mandatory(main.Scenario(model=model, sla_s=sla_s), forbid)

    pool_only = "makes a warm pool mandatory or, down to 15.0 s, a standby node"
    assert pool_only in rule(5.0, forbid=("warm-pool",))
    assert "50 + 0 + 1.4 + 11 + 3 = 65.4 s" in rule(30.0, forbid=("warm-pool", "snapshot"))
    assert rule(59.9)
    assert not rule(60.0)
    assert not rule(0.4)
    assert not rule(30.0, "32b")
    busy = planned(main.Scenario(requests_per_hour=200.0))
    assert (busy["layers"], busy["mandatory"]) == ([], "")


def test_a_snapshot_is_never_proposed_without_saying_what_breaks() -> None:
    s = main.Scenario(sla_s=20.0)
    assert "elsewhere the path is" in planned(s, forbid=["warm-pool"])["failure_mode"]
    other = planned(replace(s, snapshot_gpu_matches=0), forbid=["warm-pool"])
    assert "snapshot" not in (other["layers"] or [])


def test_the_pool_is_sized_from_slots_service_and_bursts() -> None:
    def pool(**options: Any) -> int:
        s = main.Scenario(requests_per_hour=60.0)
        forbid = ["preseed", "stream", "tiered", "graph-cache"]  # to be quick
        found = planned(s, require=["warm-pool"], forbid=forbid, **options)
        return int(found["min_workers"])

    assert pool() == 1
    assert pool(slots=1, service_s=60.0) > pool(slots=4, service_s=60.0)
    assert pool(pattern="bursty", slots=2, service_s=60.0) > pool(slots=2, service_s=60.0)
    assert pool(evictions_per_day=24.0) >= 2


def test_each_tier_gets_its_plan_and_one_pool_for_all_is_priced_beside_them() -> None:
    found = json.loads(called("plan.py", "--tiers", "--json").stdout)
    tiers = {row["name"]: row for row in found["tiers"]}
    assert [tiers[name]["min_workers"] for name in ("paid", "trial", "batch")] == [1, 1, 0]
    alone = json.loads(called("plan.py", "--sla", "600", "--rate", "5", "--json").stdout)
    assert tiers["batch"]["usd_per_month"] == alone["usd_per_month"]
    total = sum(row["usd_per_month"] for row in tiers.values())
    assert found["usd_per_month"] == pytest.approx(total)
    assert found["one_pool"]["usd_per_month"] == 5760.0 == found["dedicated_usd_per_month"]


def test_the_other_winner_stands_beside_the_plan() -> None:
    s = main.Scenario(requests_per_hour=3000.0)
    found = planned(s, forbid=["stream", "tiered", "graph-cache", "warm-node"])
    cheap = planned(s, forbid=["stream", "tiered", "graph-cache", "warm-node"], prefer="cost")
    names = ("layers", "min_workers", "usd_per_month")
    assert found["other"]["prefer"] == "cost"
    assert [found["other"][name] for name in names] == [cheap[name] for name in names]
    assert [cheap["other"][name] for name in names] == [found[name] for name in names]
    assert cheap["usd_per_month"] < found["usd_per_month"]


def test_what_a_terminal_cannot_show_is_escaped() -> None:
    done = run("plan.py", "--tiers", "\u00e9:600:5", env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xe9 " in done.stdout


def test_a_trace_of_an_instant_is_no_traffic_to_plan_for(tmp_path: Path) -> None:
    (tmp_path / "trace.csv").write_text("0,0\n0,0\n")
    says = refused(called("plan.py", "--trace", str(tmp_path / "trace.csv")))
    assert "must last for more than an instant to plan for" in says


def test_tiers_without_a_plan_are_named() -> None:
    done = called("plan.py", "--tiers", "--forbid", "warm-pool")
    assert done.returncode == 1
    says = "No plan for trial. What binds is told by: "
    told = "python code/plan.py --forbid warm-pool --set sla_s=10 --set requests_per_hour=10"
    assert says + told in flat(done.stdout).replace(" \\ ", " ")
    assert called("plan.py", *told.split()[2:]).returncode == 1
    assert "A tenant of" not in done.stdout


@pytest.mark.parametrize("more", [[], ["--markdown"]])
def test_the_page_says_all_that_a_plan_must(more: list[str]) -> None:
    done = called("plan.py", "--model", "13b", "--sla", "3", "--rate", "30", *more)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("warm-pool", "doing nothing", "always on", "Tail:", "Failure:", "Alert:"):
        assert word in done.stdout
    said, _, rejected = done.stdout.partition("Rejected\n")
    assert rejected.count("\n- ") + rejected.startswith("- ") >= 2
    title = "# Plan for the 13b, P99 3.0 s to the first token\n\n" if more else ""
    assert said.strip().startswith(f"{title}Fewest layers: warm-pool; min_workers 1: ")
    assert ("| --- |" in done.stdout) == bool(more)
    assert ("```sh\npython code/traffic.py" in done.stdout) == bool(more)
    if not more:
        assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--forbid", "preseed", "--require", "preseed"],
            "--forbid preseed: must not be required",
        ),
        (["--min-workers", "2"], "min_workers: must be left out"),
        (["--tiers", "paid:2"], "must be NAME:SLA:RATE"),
        (["--tiers", "paid:0:3"], "must be a number, 1e-09 to"),
        (["--prefer", "cots"], "did you mean cost?"),
        (["--hours", "5"], "'--hours': unknown; "),
        (["--budget", "x"], "must be a number"),
        (["--rate", "1e7"], "more than 1,000,000 requests to plan for: must be fewer a day"),
        (["--tiers", ":1:1"], "must be NAME:SLA:RATE"),
        (["--tiers", "a|b:1:1"], "must be NAME:SLA:RATE"),
        (["--tiers", "a\nb:1:1"], r"'a\nb:1:1': must be NAME:SLA:RATE"),
        (["--tiers", "a:1:1,a:2:2"], "must be NAME:SLA:RATE"),
        (
            ["--tiers", "--sla", "5"],
            "--tiers: must be without --sla, --rate, hours in --pattern, --trace and --bu",
        ),
        (["--tiers", "--trace", "x"], "--tiers: must be without --sla"),
        (["--tiers", "--budget", "6000"], "--tiers: must be without --sla"),
    ],
)
def test_bad_input_of_plan_is_one_line(arguments: list[str], says: str) -> None:
    assert says in refused(called("plan.py", *arguments))


FEW_DAYS = "arrival_s,service_s\n" + "".join(f"{450 * k + 37 * (k % 7)},8\n" for k in range(576))


def test_a_plan_on_spot_nodes_is_not_one_lucky_draw(tmp_path: Path) -> None:
    # Three days with nine evictions: of many pools one is bound to look good by chance.
    (tmp_path / "days.csv").write_text(FEW_DAYS)
    s = main.Scenario(model="32b", sla_s=5.0)
    how = {"trace": str(tmp_path / "days.csv"), "evictions_per_day": 3.0}
    found = planned(s, **how, forbid=main.without(main.BY_NAME, "warm-pool", "preseed"))
    shares = found["late_in_draws"]
    assert len(shares) == planner.MOST_DRAWS
    assert shares[0] == found["over_sla_fraction"] <= 0.01
    assert len({*shares}) > 3  # each has its own evictions
    pool = {"min_workers": found["min_workers"], "schedule": found["schedule"]}
    fresh = [
        traffic.run_result(s, found["layers"], Traffic(**how, **pool, seed=seed))
        for seed in range(100, 140)
    ]
    assert sum(run["over_sla_fraction"] for run in fresh) / len(fresh) <= 0.01
    shown = printed(plan.show_plan, found, s, Traffic(**how), plan.Page())
    assert f"over {len(shares)} draws of that" in " ".join(shown.split())
    assert "- nodes go away, that of each replica 3 times a day" in shown
    assert "as if each day of it were like these 3." in " ".join(shown.split())


def test_what_holds_in_the_run_alone_is_not_sure_to(monkeypatch: pytest.MonkeyPatch) -> None:
    s = main.Scenario(model="32b", sla_s=5.0)
    search = Planner(s, Traffic(evictions_per_day=4.0), Limits())
    choice = planner.Choice(("warm-pool",), 300.0, planner.Pool(2))
    assert search.holds(choice)
    evicted = 4 * search.run(choice)["hours"] / 24  # in a run, if nothing else took one away
    enough = min(max(math.ceil(planner.EVICTIONS / evicted), 4), planner.MOST_DRAWS)
    assert len(search.shares_late(choice)) == enough > 1
    shares = iter([0.009, 0.012, 0.011])
    monkeypatch.setattr(Planner, "shares_late", lambda *_: [*shares] or [0.009, 0.012, 0.011])
    assert not search.holds(choice)
    row = search.plan(choice)
    says = "Not sure to hold: 1.07% are late over 3 draws of evictions, up to 1.20%"
    assert reasons.reason(search, row, None) == says


def test_a_plan_to_hand_over_says_what_binds_it() -> None:
    done = called("plan.py", "--budget", "9000", "--forbid", "stream,tiered", "--markdown")
    assert done.stdout.startswith("# Plan for the 70b, P99 2.0 s to the first token\n\nFewest lay")
    assert "\n- budget: $9,000 a month for the whole bill\n" in done.stdout
    assert "\n- without stream, tiered, as asked\n" in done.stdout
    words = ("--pattern", "8-20:40", "--set", "pool_usd_per_hour=3")
    shown = " ".join(called("plan.py", *words).stdout.split())
    assert "The pool's price is paid in its hours alone." in shown
    always = json.loads(called("plan.py", *words, "--json").stdout)["always_on"]["usd_per_month"]
    assert f"always on costs ${always:,.0f} a month, and hours save nothing." in shown
    says = refused(called("plan.py", "--schedule", "8-20:1", "--forbid", "warm-pool"))
    assert says == "--schedule: must be without --forbid warm-pool, for it is one\n"


def test_a_pool_for_office_hours_costs_half_and_runs_as_the_plan_says() -> None:
    found = planned(main.Scenario(), pattern="8-20:40")
    assert (found["layers"], found["min_workers"]) == (["warm-pool"], 0)
    start, end, size = map(int, re.split("[-:]", found["schedule"]))
    assert (start in (8, 9), end in (19, 20), size) == (True, True, 1)
    assert found["usd_per_month"] == pytest.approx(
        found["always_on"]["usd_per_month"] / 2, rel=0.05
    )
    done = called("plan.py", "--pattern", "8-20:40")
    assert f"schedule {found['schedule']}: $" in done.stdout
    script, *words = same_run(done.stdout)
    seen = json.loads(called(script, *words, "--json").stdout)
    assert seen["run"]["schedule"] == found["schedule"]
    assert seen["over_sla_fraction"] <= 0.01
    fixed = json.loads(
        called("plan.py", "--pattern", "8-20:40", "--schedule", "8-20:1", "--json").stdout
    )
    assert (fixed["schedule"], fixed["layers"], fixed["min_workers"]) == (
        "8-20:1",
        ["warm-pool"],
        0,
    )
    assert fixed["over_sla_fraction"] < found["over_sla_fraction"]


def test_idle_times_are_searched() -> None:
    s = main.Scenario(requests_per_hour=40.0)
    found = plan.plan_result(s, Traffic(), Limits(), [60.0, 300.0, 900.0])
    assert (found["layers"], found["keep_alive_s"]) == ([], 900)
    assert found["usd_per_month"] == planned(replace(s, keep_alive_s=900.0))["usd_per_month"]
    done = called("plan.py", "--rate", "40", "--keep-alive", "60,300,900")
    assert "no layer; min_workers 0, idle 900 s: $" in done.stdout
    assert "keep_alive_s=900" in same_run(done.stdout)


def test_two_prices_turn_a_plan() -> None:
    s = main.Scenario(requests_per_hour=100.0, gpu_usd_per_hour=4.0)
    assert planned(s, prefer="cost")["min_workers"] == 0  # traffic holds P99
    reserved = planned(replace(s, pool_usd_per_hour=3.0), prefer="cost")
    assert reserved["min_workers"] == 1
    assert reserved["usd_per_month"] == pytest.approx(3 * 2 * 720, rel=0.01)
    node = planned(replace(s, sla_s=20.0, pool_usd_per_hour=3.0), require=["warm-node"])
    run_usd = 8 * 720 * node["doing_nothing"]["usd_per_month"] / 8 / 720
    assert node["usd_per_month"] == pytest.approx(3 * 2 * 720 + run_usd, rel=0.02)


def test_a_known_total_is_planned_for_without_layers_that_shorten_phases() -> None:
    s = main.Scenario(known_cold_start_s=120.0)
    found = planned(s)
    assert (found["layers"], found["min_workers"], found["phases"]) == (["warm-pool"], 1, [])
    sets = {*Planner(s, Traffic(evictions_per_day=1.0), Limits()).stacks()}
    assert sets == {(), ("warm-pool",), ("migrate",), ("warm-pool", "migrate")}
    shown = called("plan.py", "--cold-start-s", "120", "--evictions-per-day", "4")
    assert (shown.returncode, max(map(len, shown.stdout.splitlines())) <= 80) == (0, True)
    for option in ("--with", "--require"):
        says = refused(called("plan.py", "--cold-start-s", "120", option, "preseed"))
        assert says.startswith("preseed: must be left out: it shortens image_pull, and of this")


def test_what_p99_leaves_out_is_said_and_that_always_on_would_cost_less() -> None:
    first = called("plan.py", "--rate", "100").stdout
    found = json.loads(called("plan.py", "--rate", "100", "--json").stdout)
    assert 0 < found["over_sla_fraction"] <= 0.01
    assert (found["p999_ttft_s"] > 200, found["max_ttft_s"]) == (True, 328)
    says = f"holds while {found['over_sla_fraction']:.2%} of requests are late: P99 is "
    assert says in flat(first)
    tail_s = main.duration(found["p999_ttft_s"])
    assert f"P99.9 {tail_s}, and the longest waits 328 s." in flat(first)
    p99_s = main.duration(found["p99_ttft_s"])
    assert re.search(rf"\n  this plan .* {re.escape(p99_s)} +{re.escape(tail_s)} ", first)
    assert "costs more than always on" not in called("plan.py").stdout
    dear = called("plan.py", "--sla", "20", "--forbid", "warm-pool").stdout
    assert dear.startswith("This plan costs more than always on: $11,0")
    assert "takes $5,760 and keeps the promise too. It leaves warm-pool out" in flat(dear)
    assert "P99 is 15.0 s, and no request is late." in flat(dear)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--service-s 1e12", "--service-s 1e+12: must be shorter than the 72 h that a plan is"),
        ("--rate 42000", "more than 1,000,000 requests to plan for: must be fewer a day"),
        ("--keep-alive 60,x", "--keep-alive: 'x': must be a number"),
        (
            "--pattern 8-18:40 --rate 3",
            "--rate: must be left out, for --pattern 8-18:40 has its own rates",
        ),
        ("--tiers #:2:30", "must be NAME:SLA:RATE"),
    ],
)
def test_what_cannot_end_or_be_meant_is_refused_by_name(words: str, says: str) -> None:
    assert says in refused(called("plan.py", *words.split()))


@shipped_layers
def test_a_plan_at_the_rates_of_real_endpoints_runs_few_of_all_stacks() -> None:
    # 128 stacks, and up to 50 replicas each, were tried before.
    s = main.Scenario(requests_per_hour=900.0)
    for pattern, most in (("poisson", 30), ("diurnal", 150)):
        search = Planner(s, Traffic(pattern=pattern, service_s=100.0), Limits())
        search.plans()
        assert len(search.runs) < most


def test_a_pattern_of_weekdays_gets_a_pool_of_those_days() -> None:
    found = planned(pattern="mon-fri 8-20:40")
    assert found["schedule"].startswith("mon-fri 8-")
    assert found["run"]["hours"] % 168 == 0
    every_day = planned(pattern="mon-fri 8-20:40", schedule=found["schedule"].split()[1])
    assert found["usd_per_month"] < 0.8 * every_day["usd_per_month"]
    mixed = planned(pattern="mon-fri 8-20:40,sat 9-12:40")  # which share no days
    assert mixed["schedule"][0].isdigit()


def test_an_hour_more_is_named_where_it_spares_half_of_the_late() -> None:
    found = planned(pattern="8-20:40")
    longer = found["longer"]
    assert longer["over_sla_fraction"] <= found["over_sla_fraction"] / 2
    assert 0 < longer["usd_per_month"] - found["usd_per_month"] < 300
    alone = planned(pattern="8-20:40", schedule=longer["schedule"])
    assert alone["usd_per_month"] == longer["usd_per_month"]
    shown = flat(called("plan.py", "--pattern", "8-20:40").stdout)
    assert re.search(r"With schedule 8-20:1, for \$[0-9.]+ a month more, 0\.00% are late\.", shown)
    assert planned()["longer"] is None


def test_at_equal_dollars_the_cheapest_plan_has_the_fewest_layers() -> None:
    s = main.Scenario(requests_per_hour=120.0, sla_s=200.0, keep_alive_s=3600.0)
    found = planned(s, prefer="cost")
    assert found["layers"] == ["preseed"]
    longer_path = planned(s, prefer="cost", require=["snapshot"])
    assert longer_path["usd_per_month"] == found["usd_per_month"]


@pytest.mark.parametrize("words", ["--rate 0 --pattern diurnal", "--pattern 8-20:0", "--rate 0"])
def test_no_requests_are_planned_for_without_a_pool(words: str) -> None:
    done = called("plan.py", *words.split(), "--json")
    found = json.loads(done.stdout)
    assert (found["layers"], found["usd_per_month"], found["p99_ttft_s"]) == ([], 0, None)
    assert called("plan.py", *words.split(), "--require", "warm-pool").returncode == 0


def test_a_schedule_that_is_too_short_is_what_binds() -> None:
    words = "plan.py --schedule 8-18:2 --pattern diurnal --rate 60".split()
    done = called(*words, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["binding"]) == (1, "schedule")
    (row,) = (row for row in found["relaxations"] if row["kind"] == "schedule")
    assert row["change"] == "without --schedule"
    assert row["schedule"] != "8-18:2"
    assert "What binds: the hours of the pool." in called(*words).stdout


def test_as_many_replicas_are_advised_as_are_ever_busy_at_once() -> None:
    s, how = main.Scenario(requests_per_hour=600.0), {"service_s": 300.0}
    found = planned(s, **how, max_workers=2)
    (row,) = (row for row in found["relaxations"] if row["kind"] == "max_workers")
    most = int(row["change"].split()[1])
    assert most <= -(-found["most_in_flight"] // 8)
    assert planned(s, **how, max_workers=most)["feasible"]
    done = called("plan.py", "--rate", "600", "--service-s", "300", "--max-workers", "2")
    assert "requests that are never served" in flat(done.stdout)


def test_a_plan_says_what_its_trace_is_and_that_few_requests_tell_little(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    row = '{{"timestamp": {}, "input_length": 100, "output_length": 30}}\n'
    path.write_text("".join(row.format(150 * k) for k in range(50)))
    shown = flat(called("plan.py", "--trace", str(path)).stdout)
    assert (
        "50 requests of Mooncake, in milliseconds (whole numbers, 150 apart on average;" in shown
    )
    assert "50 requests are few" in shown
    found = json.loads(
        called("plan.py", "--trace", str(path), "--trace-unit", "s", "--json").stdout
    )
    assert (found["trace"]["unit"], found["requests"]) == ("s", 50)


def test_the_pool_where_dollars_turn_is_found_in_any_valley() -> None:
    search = Planner(main.Scenario(), Traffic(), Limits())
    for most, turn, least in itertools.product((1, 2, 9, 40), (0, 1, 5, 17, 60), (1, 3)):
        search.in_flight = 8 * most
        sizes = range(least, max(most, least) + 1)
        usd = {size: (size - turn) ** 2 + 7.0 for size in range(100)}
        assert search.cheaper_from(least, usd.__getitem__) == min(sizes, key=usd.__getitem__)


def test_the_first_that_holds_is_found_by_any_start_and_end() -> None:
    for low, high, turn in itertools.product((1, 4), (1, 3, 4, 9, 64), range(1, 70)):
        tried: list[int] = []

        def holds(size: int, turn: int = turn, tried: list[int] = tried) -> bool:
            tried.append(size)
            return size >= turn

        right = next((size for size in range(low, high + 1) if size >= turn), None)
        assert planner.first_of(low, high, holds) == right
        assert all(low <= size <= high for size in tried)
        assert len(tried) <= 15


def test_each_kind_of_stack_is_a_chain_of_the_first_that_are_shorter() -> None:
    search = Planner(main.Scenario(), Traffic(evictions_per_day=1.0), Limits())
    stacks = [*search.stacks()]
    kinds = search.kinds()
    rents = sum(1 for layer in main.LAYERS if layer.rent)  # a pool and a standby node
    assert len(kinds) == 2 * 2**rents  # with or without each, and migration
    for kind in kinds:
        alike = [names for names in stacks if search.kind_of(names) == search.kind_of(kind[0])]
        for names in kind:
            path_s = search.path_s(names)
            assert path_s == min(search.path_s(x) for x in alike if len(x) <= len(names))
            first = next(x for x in alike if search.path_s(x) == path_s)
            assert first == names
        assert search.path_s(kind[-1]) == min(map(search.path_s, alike))


def test_a_timed_pool_is_made_smaller_until_less_would_break_p99_or_cost_as_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search = Planner(main.Scenario(), Traffic(pattern="8-20:40"), Limits())
    large = planner.Guess(0.0, 0.0, planner.Block(3, 21, 3, 1))
    monkeypatch.setattr(search, "guesses", lambda *_: [large])
    found = search.timed(("warm-pool",), 300.0, 1)
    assert found is not None
    assert (found.size, found.always) == (1, 0)

    def usd(block: planner.Block) -> float:
        choice = planner.Choice(("warm-pool",), 300.0, block.pool())
        return search.usd(choice) if search.holds(choice) else math.inf

    assert all(usd(less) >= usd(found) for less in found.smaller())
    assert usd(found) < usd(large.block) / 3


def test_a_replica_less_is_rejected_and_why() -> None:
    s = main.Scenario(requests_per_hour=60.0)
    found = planned(s, slots=1, service_s=60.0, forbid=main.without(main.BY_NAME, "warm-pool"))
    least = found["min_workers"]
    assert least > 2
    less = [row for row in found["rejected"] if row["min_workers"] == least - 1]
    assert len(less) == 1
    assert "% are late: P99 is" in less[0]["reason"]


@pytest.mark.parametrize(
    ("late", "says"), [(0.0101, "1.01% are late"), (0.0199, "1.99% are late"), (0.01, "Holds P99")]
)
def test_a_reason_is_that_p99_breaks_from_1_percent_on(late: float, says: str) -> None:
    search = Planner(main.Scenario(), Traffic(), Limits())
    row = search.plan(planner.Choice((), 300.0)) | {"over_sla_fraction": late}
    assert reasons.reason(search, row, None).startswith(says)
