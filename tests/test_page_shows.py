"""What the page shows: what a change did, prices, a day to watch, the guided way."""

from __future__ import annotations

import itertools
import json
import math
import re
import shlex
from typing import Any

import main
import pytest
from browser import CHROMIUM, CLASS, Browser, Served, total
from conftest import called, saved

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium to show the page in")


# --- what a change does -------------------------------------------------------------------------


def test_a_change_is_said_and_leaves_a_ghost(show: Any) -> None:
    assert show("?with=preseed").shown("change") == ""  # a link of which nothing is changed yet
    browser = show()
    assert browser.shown("change").endswith("Try a layer.")
    browser.layer("preseed")
    browser.until("$('change').textContent.startsWith('preseed')")
    assert browser.shown("change") == "preseed: -180 s, 328 -> 148 s"
    ghosts = (
        "[...document.querySelectorAll('#path rect.ghost')].map(x => parseFloat(x.style.width))"
    )
    assert [wide > 0 for wide in browser.js(ghosts)] == [False, True, True, True, True]
    browser.layer("preseed")
    browser.until("$('change').textContent === 'without preseed: +180 s, 148 -> 328 s'")
    browser.layer("migrate")
    browser.until("$('change').textContent.startsWith('migrate')")
    s = main.Scenario()
    still, paused = main.duration(main.eviction_pause_s(s)), main.duration(main.pause_s(s))
    says = f"migrate: an evicted request stands still {still} -> {paused}"
    assert browser.shown("change") == says
    browser.layer("warm-pool")
    browser.until("$('change').textContent.startsWith('warm-pool')")
    says = "first request 328 s -> 500 ms; rent $0.00 -> $5,760 a month"
    assert browser.shown("change") == f"warm-pool: {says}"


def test_the_way_back_is_said_as_a_change_from_what_was_drawn(show: Any) -> None:
    browser = show()
    for layer in ("preseed", "stream"):
        browser.layer(layer)
        browser.until(f"$('change').textContent.startsWith({layer!r})")
    browser.js("history.back()")
    browser.until("$('change').textContent.startsWith('without')")
    assert browser.shown("change") == "without stream: +40 s, 108 -> 148 s"


def test_a_save_after_an_edit_is_said_alone(show: Any, served: Served) -> None:
    browser = show()
    browser.layer("preseed")
    browser.until("$('change').textContent.startsWith('preseed')")
    old = "node_provision_s: float = 50.0"
    with saved(old, old.replace("50", "40"), served.folder / "main.py"):
        browser.until(total("138 s"), 4)
        assert browser.shown("change") == "node_provision_s 50 -> 40: 148 -> 138 s"
    browser.until(total("148 s"), 4)


def test_a_save_in_the_editor_is_said(show: Any, served: Served) -> None:
    browser = show()
    old = "node_provision_s: float = 50.0"
    with saved(old, old.replace("50", "40"), served.folder / "main.py"):
        browser.until(total("318 s"), 4)
        assert browser.shown("change") == "node_provision_s 50 -> 40: 328 -> 318 s"
        assert "flash" in browser.js("$('change').className")
    browser.until(total("328 s"), 4)


def test_a_layer_that_an_instructor_adds_is_said(show: Any, served: Served) -> None:
    browser, program = show(), served.folder / "main.py"
    source = program.read_text(encoding="utf-8")
    row = '    Layer("1", "preseed"'
    added = row.replace("preseed", "lazy-pull").replace('"1"', '"9"')
    at = source.index(row)
    end = source.index("    Layer(", at + 5)
    shipped = source[at:end]
    with saved(shipped, shipped + shipped.replace(row, added), program):
        browser.until("document.querySelectorAll('#layers input').length === 9", 4)
        browser.until("$('change').textContent === 'new: lazy-pull: the path stays 328 s'")
        cut = (
            "[...document.querySelectorAll('.layer')].some(x => x.scrollWidth > x.clientWidth + 1)"
        )
        assert browser.js(cut) is False
    browser.until("document.querySelectorAll('#layers input').length === 8", 4)


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('"preseed"', '"seeded"', "#layers input"),
        ('"13b"', '"14b"', "#model option"),
    ],
)
def test_another_name_in_the_file_arrives(
    show: Any, served: Served, old: str, new: str, names: str
) -> None:
    browser = show()
    listed = f"[...document.querySelectorAll('{names}')].map(x => x.value)"
    before = browser.js(listed)
    with saved(old, new, served.folder / "main.py"):
        was, now = old.strip('"'), new.strip('"')
        after = [now if name == was else name for name in before]
        browser.until(f"String({listed}) === {','.join(after)!r}", 4)
    browser.until(f"String({listed}) === {','.join(before)!r}", 4)


def test_a_figure_with_another_name_has_another_field(show: Any, served: Served) -> None:
    browser = show()
    with saved("first_forward_s", "first_pass_s", *served.folder.glob("*.py")):
        browser.until("!!$('f-first_pass_s') && !$('f-first_forward_s')", 6)
    browser.until("!$('f-first_pass_s') && !!$('f-first_forward_s')", 6)


def test_another_set_of_figures_is_said_in_a_word(show: Any) -> None:
    browser = show()
    browser.js("document.querySelector('#set [value=measured]').click()")
    browser.until("$('change').textContent.startsWith('figures measured in 2025-26: 328 -> ')")
    report = json.loads(called("main.py", "--figures=measured", "--json").stdout)
    assert f"-> {main.plain(report['cold_start_s'])} s" in browser.shown("change")
    assert browser.shown("change").endswith("; GPUs of a replica 2 -> 4")
    browser.choose("model", "8b")
    browser.until("$('change').textContent.startsWith('70b -> 8b: ')")


def test_a_published_range_that_leaves_the_axis_has_no_end(show: Any) -> None:
    browser = show("?set=node_provision_s=5&set=image_gb=1")
    most = float(browser.js("axes.path"))
    words = ["--set=node_provision_s=5", "--set=image_gb=1"]
    report = json.loads(called("main.py", *words, "--json").stdout)
    ends = browser.js(
        "[...document.querySelectorAll('#path path.range')].map(x => x.getAttribute('d') !== '')"
    )
    beyond = [row["start_s"] + row["range_s"][1] > most for row in report["phases"]]
    assert ends == beyond
    assert {*beyond} == {True, False}


def test_axes_hold_still_between_steps(show: Any) -> None:
    browser = show()
    ticks = (
        "[...document.querySelectorAll('#path text, #money text')]"
        ".filter(x => /^(\\$?[\\d.,]+|[\\d.,]+\\/h|0 s)$/.test(x.textContent))"
        ".filter(x => !x.classList.contains('price'))"
        ".map(x => x.textContent + x.style.transform)"
    )
    before = browser.js(ticks)
    assert len(before) > 8
    for layer in ("preseed", "snapshot", "preseed"):
        was = browser.shown("total")
        browser.layer(layer)
        browser.until(f"$('total').textContent !== {was!r}")
        assert browser.js(ticks) == before
    browser.js("$('reset').click()")
    browser.until(total("328 s"))
    browser.enter("image_gb", "25")
    browser.until(total("298 s"))
    assert browser.js(ticks) == before


def test_the_advice_is_a_button(show: Any) -> None:
    browser = show("?set=image_gb=12&pattern=bursty")
    assert browser.shown("advice") == "put on snapshot"
    paths = []
    for _ in range(3):
        was = browser.shown("total")
        browser.js("$('advice').click()")
        browser.until(f"$('total').textContent !== {was!r}")
        paths.append(float(browser.shown("total").split()[0]))
    assert paths == sorted(paths, reverse=True)
    assert "set=image_gb=12" in browser.js("location.search")
    assert "pattern=bursty" in browser.js("location.search")
    browser = show("?with=stream&step=1&beside=other")
    browser.js("$('advice').click()")
    browser.until("location.search === '?with=stream,preseed&step=1&beside=other'")


def test_every_layer_says_what_it_does_to_this_stack(show: Any) -> None:
    browser = show("?with=preseed,stream")
    said = browser.js(
        "[...document.querySelectorAll('#layers label')].map(x => [x.querySelector('input').value,"
        " x.querySelector('.saves').textContent, x.querySelector('small').textContent])"
    )
    s, names = main.Scenario(), ["preseed", "stream"]
    assert [row[0] for row in said] == [*main.BY_NAME]
    for name, saves, tool in said:
        off, on = (
            main.cold_start_s(main.stack(s, each))
            for each in (main.without(names, name), [*names, name])
        )
        if off != on:
            assert saves == f"-{main.plain(off - on)} s"
        assert main.BY_NAME[name].tool.replace("->", "\u2192") in tool
    rented = next(tool for name, _, tool in said if name == "warm-pool")
    assert rented.endswith("; $5,760/month")
    words = {name: saves for name, saves, _ in said}
    assert (words["warm-pool"], words["migrate"]) == ("first: 500 ms", "pause 20.9 ms")


@pytest.mark.parametrize(("width", "height"), [*CLASS, (1366, 768), (1440, 900)])
def test_what_a_change_does_and_what_helps_next_is_not_cut_off(
    show: Any, width: int, height: int
) -> None:
    browser = show("", width, height)
    for layer in ("warm-pool", "preseed", "warm-node", "snapshot", "warm-pool", "warm-node"):
        was = browser.shown("change")
        browser.layer(layer)
        browser.until(f"$('change').textContent !== {was!r}")
        assert browser.js("$('says').scrollHeight <= $('says').clientHeight"), layer


def test_a_layer_that_lies_idle_is_dimmed_and_says_why(show: Any) -> None:
    browser = show("?with=stream,snapshot")
    report = json.loads(called("main.py", "--with=stream,snapshot", "--json").stdout)
    notes = {row["name"]: row["note"] for row in report["alone"] if "lies idle" in row["note"]}
    assert notes
    seen = browser.js(
        "[...document.querySelectorAll('.layer.idle')].map(x => [x.querySelector('input').value,"
        " x.querySelector('small').textContent])"
    )
    assert {name for name, _ in seen} == {*notes}
    assert all("lies idle" in says for _, says in seen)


# --- break-even and the network, by hand --------------------------------------------------------


def dots(browser: Browser, chart: str) -> list[float]:
    """The left and right of what stands at today's place, pixels from the left of the window."""
    return [
        float(x)
        for x in browser.js(
            f"[...document.querySelectorAll('#{chart} .dot')].map(x => "
            "(b => b.x + b.width / 2)(x.getBoundingClientRect()))"
        )
    ]


@pytest.mark.parametrize(
    ("chart", "figure", "verdict"),
    [("money", "requests_per_hour", "pays"), ("moves", "network_gb_s", "evicted")],
)
def test_a_dot_can_be_dragged_and_the_verdict_follows(
    show: Any, chart: str, figure: str, verdict: str
) -> None:
    browser = show("", 1280, 720)
    was = browser.shown(verdict)
    box = browser.js(
        f"(b => [b.x, b.y, b.width, b.height])"
        f"(document.querySelector('#{chart} svg').getBoundingClientRect())"
    )
    x, y = dots(browser, chart)[0], box[1] + box[3] / 2
    browser.mouse("mousePressed", x, y, clickCount=1)
    for step in range(1, 6):
        browser.mouse("mouseMoved", x + 12 * step, y)
    assert dots(browser, chart)[0] == pytest.approx(x + 60, abs=8)
    browser.mouse("mouseReleased", x + 60, y, clickCount=1)
    browser.wait(0.2)  # where it ends is asked for
    browser.until(f"$('{verdict}').textContent !== {was!r} && dayAt === location.search")
    query = browser.js("location.search")
    value = float(re.fullmatch(rf"\?set={figure}=([\d.]+)", query)[1])  # type: ignore[index]
    assert value > float(getattr(main.Scenario(), figure))
    seen = json.loads(called("view.py", f"--set={figure}={value}").stdout)
    assert browser.shown(verdict) == seen["verdicts"]["pays" if chart == "money" else "moves"]
    told = browser.shown("change")  # from where it began to where it ended
    assert told.startswith(f"{figure} {main.told(getattr(main.Scenario(), figure))} -> ")
    if chart == "money":
        assert ": scale to zero -> " in told
    assert browser.js(f"getComputedStyle($('{chart}')).userSelect") == "none"  # no word is marked
    assert browser.js("document.activeElement.role") == "slider"  # which arrows move on
    browser.js("history.back()")  # a drag is one edit
    browser.until(f"$('{verdict}').textContent === {was!r}")


def ticks_of(browser: Browser, chart: str) -> list[str]:
    """What an axis tells, and where."""
    found: list[str] = browser.js(
        f"[...document.querySelectorAll('#{chart} text')].filter(x => x.style.transform &&"
        " /^(\\$|[\\d.,]+(\\/h| Gbit)|[\\d.]+ m?s$)/.test(x.textContent) &&"
        " !x.classList.contains('price')).map(x => x.textContent + x.style.transform)"
    )
    return found


@pytest.mark.parametrize("side", ["left", "right"])
def test_axes_hold_still_under_a_hand(show: Any, side: str) -> None:
    browser = show("", 1280, 720)
    before = ticks_of(browser, "money")
    assert len(before) > 6
    axes = browser.js("String([axes['money x'], axes['money y']])")
    x, y = browser.js(
        f"(b => [b.{side} + {70 if side == 'left' else -30}, b.y + b.height / 2])"
        "(document.querySelector('#money svg').getBoundingClientRect())"
    )
    browser.mouse("mousePressed", dots(browser, "money")[0], y, clickCount=1)
    for step in range(8):
        browser.mouse("mouseMoved", x - step, y)
    browser.until("dayAt === location.search && location.search !== ''")
    rate = browser.js("last.report.scenario.requests_per_hour")
    assert browser.js("$('pays').textContent").startswith(f"At {main.plain(rate)}/h")
    at = dots(browser, "money")[0]
    assert ticks_of(browser, "money") == before
    assert at == pytest.approx(x, abs=14)
    price = "document.querySelectorAll('#money .price').length"
    assert browser.js(price) > 0  # where the hand rests they are known
    browser.mouse("mouseReleased", x, y, clickCount=1)
    browser.until("!document.querySelector('svg.dragged')")
    assert browser.js("last.report.scenario.requests_per_hour") == rate
    assert browser.js("hand") is None
    assert browser.js("String([axes['money x'], axes['money y']])") != axes  # once it is let go


def test_another_button_of_the_mouse_drags_nothing(show: Any) -> None:
    browser = show("", 1280, 720)
    x, y = dots(browser, "money")[0], 0.0
    y = browser.js("document.querySelector('#money svg').getBoundingClientRect().y + 40")
    for kind, at in (("mousePressed", x), ("mouseMoved", x + 80), ("mouseReleased", x + 80)):
        browser.do("Input.dispatchMouseEvent", type=kind, x=at, y=y, button="right", clickCount=1)
    browser.wait(0.3)
    assert dots(browser, "money")[0] == pytest.approx(x, abs=1)
    assert browser.js("location.search") == ""


def test_a_finger_that_scrolls_moves_no_dot_and_one_across_or_a_tap_does(show: Any) -> None:
    browser = show("", 360, 740)
    browser.do("Emulation.setTouchEmulationEnabled", enabled=True)
    browser.js("$('money').scrollIntoView({block: 'center'})")
    x, y = browser.js(
        "(b => [b.x + b.width / 2, b.y + b.height / 2])($('money').getBoundingClientRect())"
    )
    before = browser.js("scrollY")
    for kind, way in (("touchStart", 0), *(("touchMove", 10 * i) for i in range(1, 12))):
        browser.do("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y - way}])
    browser.do("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    browser.until(f"scrollY > {before + 40}")
    browser.wait(0.3)
    assert browser.js("[location.search, hand]") == ["", None]
    y -= browser.js("scrollY") - before
    places = []
    for ways in ([0], range(0, 60, 10)):
        browser.js("$('reset').click()")
        browser.until("location.search === '' && dayAt === location.search")
        for i, way in enumerate(ways):
            kind = "touchMove" if i else "touchStart"
            browser.do("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x + way, "y": y}])
        browser.do("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        browser.until("location.search !== '' && dayAt === location.search && hand === null")
        places.append(browser.js("last.report.scenario.requests_per_hour"))
    assert places[0] < places[1]
    browser.do("Emulation.setTouchEmulationEnabled", enabled=False)


def test_a_dot_beyond_its_curve_stands_where_the_curve_ends(show: Any) -> None:
    browser = show()
    points = [[1, 10], [10, 5], [100, 4]]
    said = browser.js(f"[0.5, 1, 5.5, 55, 200].map(at => between({points}, at))")
    assert said == pytest.approx([10 + 0.5 * 5 / 9, 10, 7.5, 4.5, 4 - 100 / 90])


def test_a_hand_holds_its_dot_while_the_window_changes(show: Any) -> None:
    browser = show("", 1280, 720)
    x = dots(browser, "money")[0]
    y = browser.js("document.querySelector('#money svg').getBoundingClientRect().y + 40")
    browser.mouse("mousePressed", x, y, clickCount=1)
    browser.mouse("mouseMoved", x + 20, y, buttons=1)
    browser.size(1300, 760)
    browser.wait(0.3)
    browser.mouse("mouseMoved", x + 50, y, buttons=1)
    assert dots(browser, "money")[0] == pytest.approx(x + 50, abs=8)
    browser.mouse("mouseReleased", x + 50, y, clickCount=1)
    browser.until("hand === null && !document.querySelector('.dragged')")
    browser.until("location.search !== '' && dayAt === location.search")


@pytest.mark.parametrize("how", ["keep", "back"])
def test_a_dot_that_was_dragged_is_back_where_its_view_is(show: Any, how: str) -> None:
    browser = show("", 1280, 720)
    x = dots(browser, "money")[0]
    y = browser.js("document.querySelector('#money svg').getBoundingClientRect().y + 40")
    browser.slow(3)
    browser.mouse("mousePressed", x, y, clickCount=1)
    browser.mouse("mouseMoved", x + 80, y)
    browser.mouse("mouseReleased", x + 80, y, clickCount=1)
    browser.until("!$('cancel').hidden")
    assert dots(browser, "money")[0] == pytest.approx(x + 80, abs=8)
    if how == "keep":
        browser.keep("")
    else:
        browser.js("fetch = real; history.back()")
        browser.until("location.search === ''")
        browser.until("dayAt === location.search && document.body.dataset.busy === ''")
    browser.wait(0.5)
    assert dots(browser, "money")[0] == pytest.approx(x, abs=1)


@pytest.mark.parametrize("more", ["", "&sla=1000", "&set=drop_usd=0", "&set=keep_alive_s=0"])
def test_a_day_without_requests_is_drawn(show: Any, more: str) -> None:
    browser = show(f"?rate=0{more}", 1280, 720)
    assert browser.shown("alert") == ""
    assert browser.shown("total") == "328 s"
    assert "NaN" not in browser.js("$('money').innerHTML")
    left, right = browser.js(
        "(b => [b.left, b.right])(document.querySelector('#money svg').getBoundingClientRect())"
    )
    assert all(left < x < right for x in dots(browser, "money"))
    grip = "document.querySelector('#money [role=slider]')"
    low, now = (float(browser.js(f"{grip}.ariaValue{name}")) for name in ("Min", "Now"))
    assert (low, now) == (0, 0)
    browser.js(f"{grip}.focus()")
    browser.key("PageUp")
    browser.until("last.report.scenario.requests_per_hour > 0")


@pytest.mark.parametrize("rate", ["1_000", "6e1", " 45 "])
def test_a_rate_as_python_reads_it_has_its_dot(show: Any, rate: str) -> None:
    browser = show(f"?rate={rate}", 1280, 720)
    assert browser.js("last.report.scenario.requests_per_hour") == float(rate)
    left, right = dots(browser, "money")
    now = browser.js("document.querySelector('#money rect.now').getBoundingClientRect().x")
    assert left == right == pytest.approx(now, abs=3)
    assert "NaN" not in browser.js("$('money').innerHTML")


def test_keys_move_the_dot(show: Any) -> None:
    browser = show()
    browser.js("document.querySelector('#money [role=slider]').focus()")
    browser.key("PageUp")
    browser.until("location.search === '?set=requests_per_hour=60'")
    browser.until("$('pays').textContent.startsWith('At 60/h')")
    grip = "document.querySelector('#money [role=slider]')"
    assert browser.js(f"{grip}.ariaValueNow") == "60"
    assert browser.js(f"{grip}.getAttribute('aria-valuetext')").startswith("60 requests per hour")
    browser.key("PageUp")
    assert browser.js(f"{grip}.ariaValueNow") == "120"  # at once, before the prices are known
    browser.key("PageDown")
    browser.key("ArrowLeft")
    browser.until("location.search === '?set=requests_per_hour=55'")
    browser.key("ArrowLeft", modifiers=1)  # with Alt it is the browser's Back
    browser.wait(0.2)
    assert browser.js("location.search") == "?set=requests_per_hour=55"
    ends: dict[str, set[str]] = {}
    for name in ("Home", "End", "End", "Home"):
        browser.key(name)
        end = browser.js(f"{grip}.getAttribute('aria-value{'min' if name == 'Home' else 'max'}')")
        browser.until(f"location.search === '?set=requests_per_hour={end}'")
        browser.until("dayAt === location.search")
        ends.setdefault(name, set()).add(end)
    assert [len(each) for each in ends.values()] == [1, 1]  # an end stays where it is


@pytest.mark.parametrize(
    ("query", "regime"),
    [
        ("", "scale to zero"),
        ("?rate=40", "a warm pool pays"),
        ("?rate=90", "traffic keeps it warm"),
        ("?set=keep_alive_s=60", "scale to zero"),
    ],
)
def test_the_regime_of_today_is_named_over_its_shade(show: Any, query: str, regime: str) -> None:
    browser = show(query, 1280, 720)
    named = "[...document.querySelectorAll('#money text:not(.dim)')].map(x => x.textContent)"
    assert regime in browser.js(named)
    words = [f"--{query[1:]}"] if query else []
    cheaper = json.loads(called("view.py", *words).stdout)["curves"]["today"]["cheaper"]
    assert browser.js(f"REGIMES['{cheaper}'][0]") == regime
    dot = dots(browser, "money")[0]
    kind = browser.js(f"REGIMES['{cheaper}'][1]")
    shade = browser.js(
        f"[...document.querySelectorAll('#money rect.band.{kind}')].map(x => "
        "(b => [b.left, b.right])(x.getBoundingClientRect()))"
    )
    assert any(left <= dot <= right for left, right in shade)


def test_shades_part_where_the_model_parts_its_regimes(show: Any) -> None:
    browser = show("?set=pool_usd_per_hour=4.2&set=drop_usd=0.5", 1280, 720)
    words = ["--set=pool_usd_per_hour=4.2", "--set=drop_usd=0.5"]
    even = json.loads(called("view.py", *words).stdout)["break_even"]
    parts = [even["requests_per_hour"], even["requests_per_hour_high"]]
    edges = browser.js(
        f"regimes([{parts[1]}, {parts[0]}, {even['self_warm_requests_per_hour']}],"
        " last.report.curves.rates).map(x => [x.from, x.name])"
    )
    assert [name for _, name in edges] == ["scale to zero", "a warm pool pays", "scale to zero"]
    assert [at for at, _ in edges[1:]] == pytest.approx(parts)
    shades = browser.js(
        "[...document.querySelectorAll('#money .band')].map(x => (b => [b.left, b.right])"
        "(x.getBoundingClientRect()))"
    )
    marks = browser.js(
        "[...document.querySelectorAll('#money .mark')].map(x => x.getBoundingClientRect().left)"
    )
    assert [right for _, right in sorted(shades)[:2]] == pytest.approx(sorted(marks)[:2], abs=1)


def test_where_both_cost_the_same_neither_is_advised(show: Any) -> None:
    rate = main.break_even(main.Scenario())
    browser = show(f"?rate={rate!r}", 1280, 720)
    assert " it is all one: " in browser.shown("pays")
    assert browser.js("document.querySelector('#money text.undefined')") is None


# --- a day to watch ------------------------------------------------------------------------------


def count(browser: Browser, kind: str, i: int) -> int:
    """Dots of a kind in a strip."""
    path = f"document.querySelectorAll('#film .dots.{kind}')[{i}].getAttribute('d')"
    return int(browser.js(f"({path}.match(/M/g) ?? []).length"))


@pytest.mark.parametrize(
    "words", [(), ("--pattern=diurnal", "--schedule=8-18:2"), ("--evictions-per-day=12",)]
)
def test_dots_are_the_runs_requests_and_its_late_ones(show: Any, words: tuple[str, ...]) -> None:
    query = "&".join(word.removeprefix("--") for word in ("--with=preseed,snapshot", *words))
    browser = show(f"?{query}")
    for i, layers in enumerate(((), ("--with=preseed,snapshot",))):
        day = json.loads(called("traffic.py", *layers, *words, "--json").stdout)
        late = round(day["over_sla_fraction"] * day["requests"])
        assert count(browser, "late", i) == late
        assert count(browser, "on-time", i) == day["requests"] - late
        said = browser.js(f"[...document.querySelectorAll('#film .so-far.paid')][{i}].textContent")
        assert said == main.dollars(day["usd"])
        said = browser.js(f"[...document.querySelectorAll('#film .so-far.late')][{i}].textContent")
        assert said == f"{main.plain(late)} late, {late / day['requests']:.0%}"


def test_a_day_plays_pauses_and_can_be_scrubbed(show: Any) -> None:
    browser = show()
    browser.js("$('play').click()")
    browser.until("$('play').textContent === 'pause' && film.at > 0.01")
    browser.js("$('play').click()")
    at, clock = browser.js("film.at"), browser.shown("clock")
    browser.wait(0.2)
    assert (browser.js("film.at"), browser.shown("clock")) == (at, clock)
    assert 0 < at < 0.5
    browser.js(
        "$('scrub').value = 500; $('scrub').dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert browser.shown("clock") == "12:00"
    day = json.loads(called("traffic.py", "--json", "--events").stdout)
    came = [row for row in day["events"]["requests"] if row["arrival_s"] <= 43200]
    late = sum(row["late"] for row in came)
    said = browser.js("document.querySelector('#film .so-far.late').textContent")
    assert said == f"{main.plain(late)} late, {late / len(came):.0%}"
    veil = "document.querySelector('#film .veil').getAttribute"
    left, wide = (float(browser.js(f"{veil}('{name}')")) for name in ("x", "width"))
    assert left == pytest.approx(browser.js("film.x(43200)"))
    assert left + wide == pytest.approx(browser.js("film.right"), abs=1.5)


def test_a_request_stands_as_high_as_it_waited(show: Any) -> None:
    browser = show("?with=snapshot,migrate&pattern=bursty", 1280, 720)
    words = ["--with=snapshot,migrate", "--pattern=bursty"]
    day = json.loads(called("traffic.py", *words, "--json", "--events").stdout)
    rows = day["events"]["requests"]
    heights = {}  # by kind; of the lower strip, which is the chosen stack
    for kind in ("late", "on-time"):
        path = f"document.querySelectorAll('#film .dots.{kind}')[1].getAttribute('d')"
        marks = re.findall(r"M[\d.]+ ([\d.]+)([lh])([\d.]+)", browser.js(path))
        heights[kind] = [float(y) + float(r) * (mark == "l") for y, mark, r in marks]
    sla = float(browser.js("document.querySelectorAll('#film .sla')[1].getAttribute('y1')"))
    drawn = []
    for kind, late in (("late", True), ("on-time", False)):
        waits = [row["ttft_s"] for row in rows if row["late"] is late]
        drawn += zip(waits, heights[kind], strict=True)
    assert all((y < sla) == (wait > day["scenario"]["sla_s"]) for wait, y in drawn)
    (least, low), (most, high) = min(drawn), max(drawn)
    assert low - high > 20
    for wait, y in drawn:  # the height is the logarithm of the wait
        share = math.log(wait / least) / math.log(most / least)
        assert y == pytest.approx(low + share * (high - low), abs=0.3)


def test_a_day_by_the_hour_does_not_play(show: Any) -> None:
    browser = show()
    browser.js("$('play').click()")
    browser.until("film.at < 1 && film.playing > 0")
    browser.enter("requests_per_hour", "3000")
    browser.until("document.querySelectorAll('#film rect.hour').length > 0")
    assert (browser.js("film.playing"), browser.shown("clock")) == (0, "")
    assert browser.shown("play") == "play"


def test_a_day_of_too_many_requests_is_shown_by_the_hour(show: Any) -> None:
    browser = show("?rate=3000&with=preseed")
    assert browser.shown("alert") == ""
    assert browser.js("document.querySelectorAll('#film rect.hour').length") == 4 * 24
    assert browser.js("[$('play').disabled, $('key-dots').hidden]") == [True, True]
    assert browser.js("$('key-hours').checkVisibility()") is True
    ticks = [text for text in ticks_of(browser, "money") if text.startswith("$")]
    assert len({text.partition("t")[0] for text in ticks}) == len(ticks) > 2  # each another price
    browser.js("history.replaceState(null, '', '/'); readUrl(); load()")
    browser.until("!!document.querySelector('#film .dots.late')")
    assert browser.js("[$('play').disabled, $('key-dots').hidden]") == [False, False]


def spans(browser: Browser, kind: str) -> list[tuple[float, float]]:
    """From when to when each bar of a kind lasts, hours."""
    left, right, until = browser.js("[film.x(0), film.right, film.until]")
    rects = browser.js(
        f"[...document.querySelectorAll('#film rect.{kind}')].map(x => ['x', 'width'].map("
        "name => Number(x.getAttribute(name))))"
    )
    scale = until / 3600 / (right - left)
    return [((x - left) * scale, (x + wide - left) * scale) for x, wide in rects]


def test_lanes_are_the_replicas_of_the_run(show: Any) -> None:
    browser = show("?evictions-per-day=12&schedule=0-24:2&rate=90")
    words = ["--evictions-per-day=12", "--schedule=0-24:2", "--rate=90"]
    events = json.loads(called("traffic.py", *words, "--json", "--events").stdout)["events"]
    day_s = 24 * 3600
    boots, idles = [], []
    for row in events["replicas"]:
        gone = day_s if row["gone_s"] is None else row["gone_s"]
        ready = gone if row["ready_s"] is None else row["ready_s"]
        boots.append((max(row["boot_s"], 0) / 3600, min(ready, day_s) / 3600))
        idles.append((max(ready, 0) / 3600, min(gone, day_s) / 3600))
    for kind, hours in (("boots", boots), ("idles", idles)):
        expected = [x for span in hours if span[1] > span[0] for x in span]
        assert len(expected) > 20
        drawn = [x for span in spans(browser, kind) for x in span]
        assert drawn == pytest.approx(expected, abs=0.01)
    # each stretch of work stands on its replica's lane, those that an eviction ended too
    works = browser.js("document.querySelector('#film .works').getAttribute('d')")
    starts = sorted(float(x) for x in re.findall(r"M([\d.]+) ", works))
    left, right = browser.js("[film.x(0), film.right]")
    served_s = [
        x["start_s"]
        for row in events["requests"]
        for x in [*row["earlier"], *([row] if row["start_s"] is not None else [])]
    ]
    assert any(row["earlier"] for row in events["requests"])
    at = sorted(left + (right - left) * min(t, day_s) / day_s for t in served_s)
    assert starts == pytest.approx(at, abs=0.06)


def test_a_lane_is_of_one_replica_at_a_time_and_holds_its_work(show: Any) -> None:
    browser = show("?evictions-per-day=12&schedule=0-24:2&rate=90")
    found = browser.js(
        "['boots', 'idles'].map(kind => [...document.querySelectorAll(`#film rect.${kind}`)]"
        ".map(x => ['y', 'height', 'x', 'width'].map(name => Number(x.getAttribute(name)))))"
    )
    bars = [(y, y + high, x, x + wide) for kind in found for y, high, x, wide in kind]
    lanes = sorted({bar[0] for bar in bars})
    for y in lanes:
        on_it = sorted((left, right) for top, _, left, right in bars if top == y)
        assert all(one[1] <= next_[0] + 0.01 for one, next_ in itertools.pairwise(on_it))
    replicas = browser.js("film.days[0].day.events.replicas")
    most = max(
        sum(x["boot_s"] <= row["boot_s"] < (x["gone_s"] or 1e9) for x in replicas)
        for row in replicas
    )
    assert len(lanes) == most >= 2  # no more than there are at once
    works = browser.js("document.querySelector('#film .works').getAttribute('d')")
    starts = [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)", works)]
    assert len({y for _, y in starts}) == most
    for x, y in starts:
        assert any(
            top <= y <= foot and left - 0.1 <= x <= right + 0.1 for top, foot, left, right in bars
        )


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("hours", [24, 168, 720])
def test_hours_of_long_days_stand_apart(show: Any, width: int, hours: int) -> None:
    browser = show(f"?rate=1&hours={hours}", width)
    boxes = browser.js(
        "[...document.querySelectorAll('#film text')].filter(x => / h$/.test(x.textContent))"
        ".map(x => (b => [b.left, b.right])(x.getBoundingClientRect()))"
    )
    assert len(boxes) > 1
    for (_, right), (left, _) in itertools.pairwise(boxes):
        assert right < left


def test_where_the_raw_day_fails_it_is_said_and_not_drawn(show: Any) -> None:
    browser = show()
    browser.js(
        "real = fetch; fetch = (address, how) => address.startsWith('/api/traffic?events')"
        " ? Promise.resolve(new Response('stopped after 30 s', {status: 503}))"
        " : real(address, how); 0"
    )
    browser.layer("preseed")
    browser.until("!!$('alert').textContent && dayAt === location.search")
    says = "no layers: stopped after 30 s (below: the day under your layers alone)"
    assert browser.shown("alert") == says
    names = "[...document.querySelectorAll('#film text.name')].map(x => x.textContent)"
    assert browser.js(names) == ["your layers"]
    assert browser.js("$('p-day').classList.contains('stale')") is False


def test_a_day_of_evictions_keeps_an_own_timed_pool(show: Any) -> None:
    browser = show("?schedule=8-18:3")
    browser.js("$('evict').click()")
    browser.until("$('evict').ariaPressed === 'true' && dayAt === location.search")
    assert browser.js("location.search") == "?schedule=8-18%3A3&evictions-per-day=12"
    browser.js("$('evict').click()")
    browser.until("location.search === '?schedule=8-18%3A3'")


def test_a_day_of_evictions_can_be_taken_back_before_it_comes(show: Any) -> None:
    browser = show()
    browser.slow(1)
    browser.js("$('evict').click()")
    assert browser.js("$('evict').ariaPressed") == "true"
    browser.js("$('evict').click()")
    assert browser.js("$('evict').ariaPressed") == "false"
    browser.until("location.search === '' && dayAt === location.search")
    browser.js("fetch = real; document.querySelector('[name=schedule]').focus()")
    browser.do("Input.insertText", text="8-30:2")  # a day that is refused
    browser.until("!$('day-why').hidden")
    for pressed in ("true", "false"):
        browser.js("$('evict').click()")
        assert browser.js("$('evict').ariaPressed") == pressed
    browser.until("location.search === '?schedule=8-30%3A2'")


def test_idle_times_timed_pools_and_evictions_are_at_hand(show: Any) -> None:
    browser = show()
    for name, text, says in (
        ("keep_alive_s", "900", "keep-alive"),
        ("schedule", "8-18:2", "schedule"),
        ("evictions-per-day", "12", "evictions"),
    ):
        before = browser.shown("day")
        browser.js(f"document.querySelector('#traffic [name={name}]').select()")
        browser.do("Input.insertText", text=text)
        browser.until(f"$('day').textContent !== {before!r}")
        assert name in browser.js("location.search"), says
    words = browser.shown("day-command").split()[2:]
    day = json.loads(called("traffic.py", *words, "--json").stdout)
    assert f"{day['over_sla_fraction']:.2%} late" in browser.shown("day")
    assert day["run"]["schedule"] == "8-18:2"


def test_where_no_other_replica_has_room_it_is_said_why_nothing_moves(show: Any) -> None:
    says = ": none moved, for no other had room"
    assert says in show("?with=preseed,snapshot&evictions-per-day=24").shown("day")
    browser = show("?evictions-per-day=24&min-workers=2&rate=200")
    assert "evictions, pause P50" in browser.shown("day")
    assert says not in browser.shown("day")


@pytest.mark.parametrize("chart", ["money", "moves"])
@pytest.mark.parametrize("query", ["", "?set=drop_usd=0.5", "?with=preseed,snapshot", "?rate=70"])
def test_no_word_lies_on_a_dot(show: Any, chart: str, query: str) -> None:
    browser = show("", 1280, 720)  # with its axes, which stay
    browser.js(f"history.pushState(1, '', '/' + {query!r}); arrive()")
    browser.until("dayAt === location.search")
    browser.wait(0.5)
    hit = (
        f"[...document.querySelectorAll('#{chart} .dot')].map(x => x.getBoundingClientRect())"
        f".flatMap(d => [...document.querySelectorAll('#{chart} text')].filter(x => (b => "
        "b.left < d.right && d.left < b.right && b.top < d.bottom - 4 && d.top + 4 < b.bottom)"
        "(x.getBoundingClientRect())).map(x => x.textContent))"
    )
    assert browser.js(hit) == []


def test_evictions_that_meet_no_request_pause_none(show: Any) -> None:
    browser = show("?evictions-per-day=24&rate=1")
    day = json.loads(called("traffic.py", "--evictions-per-day=24", "--rate=1", "--json").stdout)
    assert [row["pause_s"]["p50"] for row in day["evictions_compared"]] == [None, None]
    assert f"; {day['evictions']['count']} evictions, of no request" in browser.shown("day")


def test_a_day_with_evictions_shows_what_migrate_does(show: Any) -> None:
    browser = show("?with=migrate")
    browser.js("$('evict').click()")
    browser.until("$('day').textContent.includes('evictions, pause P50')")
    words = browser.shown("day-command").split()[2:]
    day = json.loads(called("traffic.py", *words, "--json").stdout)
    assert day["evictions"]["migrated"] > 0
    for row in day["evictions_compared"]:
        assert f"{row['name']}: {row['count']} evictions" in browser.shown("evictions")
    browser.js("$('evict').click()")
    browser.until("location.search === '?with=migrate'")


# --- words ---------------------------------------------------------------------------------------


def test_a_term_is_explained_where_it_stands(show: Any) -> None:
    browser = show("", 1280, 720)
    unfold = "document.querySelectorAll('details').forEach(x => x.open = true)"
    browser.js(unfold)
    names = browser.js("[...document.querySelectorAll('button.term')].map(x => x.textContent)")
    assert {"cold start", "late", "TTFT", "KV cache", "break-even", "crossover", "idle"} <= {
        *names
    }
    for i, name in enumerate(names):
        browser.js(f"{unfold}; document.querySelectorAll('button.term')[{i}].click()")
        assert len(browser.shown("gloss")) > 40, name
        box = browser.js(
            "(b => [b.left, b.top, b.right, b.bottom])($('gloss').getBoundingClientRect())"
        )
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= 1280
        assert box[3] <= 720


def test_escape_closes_a_term_then_the_figures(show: Any) -> None:
    browser = show()
    browser.js("$('open').click(); document.querySelector('button.term').click()")
    open_now = "[$('gloss').matches(':popover-open'), !$('figures').hidden]"
    assert browser.js(open_now) == [True, True]
    browser.key("Escape", windowsVirtualKeyCode=27)
    assert browser.js(open_now) == [False, True]
    browser.key("Escape", windowsVirtualKeyCode=27)
    assert browser.js(open_now) == [False, False]
    assert browser.js("document.activeElement.id") == "open"


def test_a_link_and_a_command_can_be_copied(show: Any, served: Served) -> None:
    browser = show("?with=preseed&set=image_gb=12")
    browser.js(
        "copied = []; navigator.clipboard.writeText = async text => { copied.push(text); }; 0"
    )
    browser.js("$('copy-link').click(); $('copy-command').click()")
    assert browser.js("copied") == [
        f"{served.root}?with=preseed&set=image_gb=12",
        "python code/main.py --with preseed --set image_gb=12",
    ]
    browser.js("option('pattern', 'diurnal'); change()")
    browser.until("dayAt === location.search && location.search.includes('diurnal')")
    browser.js("$('copy-command').click()")
    both = [browser.shown("command"), browser.shown("day-command")]
    assert browser.js("copied.at(-1)") == "\n".join(both)
    assert both[1].endswith("--pattern diurnal")
    browser.js("$('copy-link').click()")
    browser.until("$('copy-link').textContent === 'copied'")
    browser.js("$('copy-link').click()")
    browser.until("$('copy-link').textContent === 'copy link'")
    browser.wait(1.3)
    assert browser.shown("copy-link") == "copy link"


def test_a_command_is_quoted_as_a_shell_reads_it(show: Any) -> None:
    browser = show()
    text = "it's $1"
    assert shlex.split(browser.js(f"quoted({json.dumps(text)})")) == [text]
