"""The page in use: typed into, undone, slow, projected, dragged, watched, guessed at."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import main
import pytest
from browser import CHROMIUM, Browser, Served, total
from conftest import called, refused

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium to show the page in")
CLASS = [(1280, 720), (1920, 1080)]  # projectors
SHIFTS = """shifts = 0; new PerformanceObserver(list => list.getEntries().forEach(
    x => shifts += x.value)).observe({type: 'layout-shift', buffered: true}); 0"""
SLOW = """real = fetch; asked = []; fetch = async (address, how) => {
    if (!address.startsWith('/api/')) return real(address, how);
    asked.push(address);
    await new Promise((done, fail) => {
        setTimeout(done, SECONDS * 1000);
        how.signal.addEventListener('abort', () => fail(how.signal.reason));
    });
    return real(address, how);
}; 0"""


@pytest.fixture
def plain(browser: Browser) -> Iterator[None]:
    """What a test asks for of the screen is taken back."""
    yield
    browser.media()


def slow(browser: Browser, seconds: float) -> None:
    """From now on each answer takes so much longer."""
    browser.js(SLOW.replace("SECONDS", str(seconds)))


def wait(browser: Browser, seconds: float) -> None:
    browser.js(f"new Promise(done => setTimeout(done, {seconds * 1000}))")


def field(browser: Browser, name: str) -> str:
    return str(browser.js(f"$('f-{name}').value"))


def why(browser: Browser, name: str) -> str:
    """What is said beside a field; it is not shown where nothing is wrong."""
    wrong = browser.js(f"$('f-{name}').getAttribute('aria-invalid') === 'true'")
    assert browser.js(f"$('why-{name}').hidden") is not wrong
    assert browser.js(f"$('f-{name}').getAttribute('aria-describedby')") == f"why-{name}"
    return browser.shown(f"why-{name}") if wrong else ""


# --- views that take long -----------------------------------------------------------------------


def test_two_clicks_half_a_second_apart_on_a_slow_view_are_drawn(show: Any) -> None:
    browser = show()
    slow(browser, 1)
    browser.layer("preseed")
    wait(browser, 0.5)
    browser.layer("stream")
    browser.until(total("108 s"), 4)
    browser.until("asked.length === 4 && !document.body.dataset.busy", 4)
    asked = browser.js("asked.filter(x => x.startsWith('/api/report'))")
    assert asked == ["/api/report?with=preseed", "/api/report?with=preseed,stream"]
    wait(browser, 1.2)
    assert browser.js("asked.length") == 4  # and a day beside the raw one; then all is quiet
    assert browser.js("document.body.dataset.busy") == ""


def test_a_view_that_is_superseded_is_never_drawn(show: Any) -> None:
    browser = show()
    browser.js(
        "real = fetch; fetch = async (address, how) => {"
        "if (address.includes('preseed')) await new Promise(done => setTimeout(done, 700));"
        "return real(address, address.includes('preseed') ? {} : how); }; 0"
    )
    browser.layer("preseed")
    browser.until("document.querySelector('#busy span').innerText === 'working...'")
    browser.layer("preseed")
    browser.until("document.querySelector('#busy span').innerText === ''")
    wait(browser, 0.9)
    assert browser.shown("total") == "328 s"


def test_while_a_slow_view_runs_the_old_one_is_dimmed_and_can_be_kept(show: Any) -> None:
    browser = show()
    browser.layer("preseed")
    browser.until(total("148 s"))
    browser.until("dayAt === location.search")
    slow(browser, 3)
    browser.layer("stream")
    browser.until("!$('cancel').hidden")
    assert float(browser.js("getComputedStyle(document.querySelector('main')).opacity")) < 0.6
    assert browser.shown("total") == "148 s"
    browser.js("$('cancel').click()")
    browser.until("location.search === '?with=preseed'")
    wait(browser, 0.5)
    assert browser.shown("total") == "148 s"
    assert browser.js("asked.length") == 1  # what is there is not asked for
    checked = "[...document.querySelectorAll('#layers :checked')].map(x => x.value)"
    assert browser.js(checked) == ["preseed"]
    assert browser.js("getComputedStyle(document.querySelector('main')).opacity") == "1"


def test_a_slow_day_is_dimmed_alone_and_can_be_stopped(show: Any) -> None:
    browser = show()
    day = browser.shown("day")
    browser.js(
        "real = fetch; fetch = async (address, how) => {"
        "if (address.includes('traffic')) await new Promise((done, fail) =>"
        " { setTimeout(done, 5000); how.signal.addEventListener('abort', fail); });"
        "return real(address, how); }; 0"
    )
    browser.layer("preseed")
    browser.until(total("148 s"))
    browser.until("!$('stop').hidden")
    assert browser.js("getComputedStyle(document.querySelector('main')).opacity") == "1"
    browser.js("$('stop').click()")
    assert (browser.shown("day"), browser.js("$('stop').hidden")) == (day, True)
    assert browser.js("location.search") == "?with=preseed"


# --- fields, and the way back -------------------------------------------------------------------


def test_back_undoes_each_edit_once_fields_too(show: Any) -> None:
    browser = show("?with=preseed&set=image_gb=12")
    browser.layer("stream")
    browser.until(total("108 s"))
    browser.js("$('open').click()")
    browser.enter("node_provision_s", "3")
    browser.do("Input.insertText", text="0")  # two keys, one edit
    browser.until(total("88.0 s"))
    browser.enter("first_forward_s", "13")
    browser.until(total("98.0 s"))
    browser.js("$('reset').click()")
    browser.until(total("328 s"))
    for path, name, value in (
        ("98.0 s", "first_forward_s", "13"),
        ("88.0 s", "first_forward_s", "3"),
        ("108 s", "node_provision_s", "50"),
        ("148 s", "image_gb", "12"),
    ):
        browser.js("history.back()")
        browser.until(total(path))
        assert field(browser, name) == value
    assert browser.js("location.search") == "?with=preseed&set=image_gb=12"
    browser.js("history.go(2)")
    browser.until(total("88.0 s"))
    assert field(browser, "node_provision_s") == "30"


def test_a_pause_between_keys_makes_two_edits(show: Any) -> None:
    browser = show()
    browser.enter("image_gb", "2")
    browser.until(total("160 s"))
    wait(browser, 1.1)
    browser.do("Input.insertText", text="0")
    browser.until(total("268 s"))
    browser.js("history.back()")
    browser.until(total("160 s"))
    browser.js("history.back()")
    browser.until(total("328 s"))


def test_the_wheel_over_a_field_changes_nothing(show: Any) -> None:
    browser = show("", 360, 740)
    browser.enter("image_gb", "30")
    x, y = browser.js("(box => [box.x + 5, box.y + 5])($('f-image_gb').getBoundingClientRect())")
    before = browser.js("scrollY")
    browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=240)
    browser.until(f"scrollY > {before}")
    assert field(browser, "image_gb") == "30"
    assert browser.js("location.search") == ""


def test_a_step_fits_the_figure(show: Any) -> None:
    browser = show()
    for now, up, down in (
        (0.05, 0.06, 0.04),
        (0.1, 0.2, 0.09),
        (0.25, 0.3, 0.2),
        (0, 1, 0),
        (6, 7, 5),
        (50, 60, 40),
        (100, 200, 90),
        (8192, 9000, 8000),
    ):
        assert browser.js(f"[stepped({now}, true), stepped({now}, false)]") == [up, down]


def test_arrow_keys_and_buttons_make_a_step(show: Any) -> None:
    browser = show()
    browser.enter("drop_usd", "0.05")
    browser.key("ArrowUp")
    browser.until("location.search === '?set=drop_usd=0.06'")
    browser.js("$('f-drop_usd').closest('.figure').querySelector('button').click()")
    browser.until("location.search === ''")
    browser.js("$('f-min_workers').closest('.figure').querySelectorAll('button')[1].click()")
    browser.until("location.search === '?set=min_workers=2'")


@pytest.mark.parametrize(
    ("text", "address"),
    [("0,5", "?set=drop_usd=0.5"), ("0,05", ""), ("1e0", "?set=drop_usd=1e0")],
)
def test_a_comma_is_a_point(show: Any, text: str, address: str) -> None:
    browser = show("?set=drop_usd=2")
    browser.enter("drop_usd", text)
    browser.until(f"location.search === {address!r}")
    assert why(browser, "drop_usd") == ""


@pytest.mark.parametrize("text", ["1,000", "1,5,0", "abc", "1e", "-", "1..5"])
def test_what_is_no_number_says_so_beside_the_field_and_changes_nothing(
    show: Any, text: str
) -> None:
    browser = show("?set=image_gb=20")
    browser.enter("image_gb", text)
    says = why(browser, "image_gb")
    assert ("a comma: write 1000" if "," in text else f"{text}: is no number") in says
    wait(browser, 0.4)
    assert browser.shown("total") == "268 s"
    assert browser.js("location.search") == "?set=image_gb=20"
    browser.enter("image_gb", "30")
    browser.until(total("328 s"))
    assert why(browser, "image_gb") == ""


def test_what_is_refused_says_why_beside_its_field(show: Any) -> None:
    browser = show()
    browser.enter("image_gb", "-3")
    browser.until("$('f-image_gb').getAttribute('aria-invalid')")
    told = refused(called("main.py", "--set=image_gb=-3")).strip()
    told = told.removeprefix("--set: ")
    assert why(browser, "image_gb") == told.removeprefix("image_gb=")
    assert browser.shown("alert") == f"{told} (below: the last good view)"
    assert browser.shown("total") == "328 s"
    browser.enter("image_gb", "20")
    browser.until(total("268 s"))
    assert why(browser, "image_gb") == browser.shown("alert") == ""


def test_what_is_refused_is_no_step_and_what_is_typed_next_is_said_instead(show: Any) -> None:
    browser = show("?set=image_gb=20")
    browser.enter("image_gb", "-3")
    browser.until("$('alert').textContent.startsWith('image_gb')")
    browser.enter("image_gb", "1,000")
    browser.until("!$('alert').textContent")
    assert "a comma: write 1000" in why(browser, "image_gb")
    assert browser.js("location.search") == "?set=image_gb=20"
    browser.enter("image_gb", "-3")
    browser.until("$('alert').textContent.startsWith('image_gb')")
    wait(browser, 1.1)
    browser.enter("image_gb", "25")
    browser.until(total("298 s"))
    browser.js("history.back()")
    browser.until(total("268 s"))
    assert browser.js("location.search") == "?set=image_gb=20"
    assert browser.shown("alert") == ""


def test_a_day_that_is_refused_says_why_beside_its_field(show: Any) -> None:
    browser = show()
    browser.js("document.querySelector('[name=schedule]').focus()")
    browser.do("Input.insertText", text="8-30:2")
    browser.until("!$('day-why').hidden")
    assert "hours must be two different ones" in browser.shown("day-why")
    assert browser.js("document.querySelector('[name=schedule]').ariaInvalid") == "true"
    assert "requests in 24 h" in browser.shown("day")


def test_an_empty_field_is_the_files_own(show: Any) -> None:
    browser = show("?set=image_gb=20")
    browser.enter("image_gb", " ")
    browser.key("Backspace", windowsVirtualKeyCode=8)
    browser.until(total("328 s"))
    assert browser.js("location.search") == ""
    browser.js("$('reset').focus()")
    assert field(browser, "image_gb") == "30"


# --- for a class, for everybody ----------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), CLASS)
@pytest.mark.parametrize(
    "query", ["", "?with=preseed,snapshot&figures=measured", "?model=405b&with=all"]
)
def test_a_class_sees_all_of_it_without_scrolling(
    show: Any, width: int, height: int, query: str
) -> None:
    browser = show(query, width, height)
    page = "document.documentElement"
    assert browser.js(f"[{page}.scrollWidth, {page}.scrollHeight]") == [width, height]
    for name in ("total", "layers", "path", "money", "moves", "film", "play"):
        top, foot = browser.js(f"(x => [x.top, x.bottom])($('{name}').getBoundingClientRect())")
        assert 0 <= top < foot <= height, name
    cut = (
        "[...document.querySelectorAll('#layers small, .saves, .name, .verdict, #day')]"
        ".filter(x => x.scrollWidth > x.clientWidth + 1 && x.clientWidth).map(x => x.textContent)"
    )
    assert browser.js(cut) == []


@pytest.mark.parametrize(("width", "height"), CLASS)
@pytest.mark.parametrize("panel", ["phases", "money", "moves", "day"])
def test_a_table_opens_within_the_window(show: Any, width: int, height: int, panel: str) -> None:
    browser = show("?evictions-per-day=12&min-workers=1", width, height)
    browser.js(f"document.querySelector('#p-{panel} summary').click()")
    box = browser.js(
        f"(b => [b.left, b.top, b.right, b.bottom])"
        f"(document.querySelector('#p-{panel} details > div').getBoundingClientRect())"
    )
    assert 0 <= box[0] < box[2] <= width
    assert 0 <= box[1] < box[3] <= height
    assert browser.js(f"document.querySelectorAll('#p-{panel} tr').length") > 5


@pytest.mark.parametrize(("width", "height"), CLASS)
def test_no_word_is_smaller_than_a_fiftieth_of_the_height(
    show: Any, width: int, height: int
) -> None:
    browser = show("?with=preseed", width, height)
    walk = """(() => { const found = [], walker = document.createTreeWalker(document.body, 4);
        for (let node; (node = walker.nextNode());) { const x = node.parentElement;
            if (node.data.trim() && x.checkVisibility() && !x.closest('.visually-hidden, script'))
                found.push([parseFloat(getComputedStyle(x).fontSize), node.data]); }
        return found; })()"""
    sizes = browser.js(walk)
    assert len(sizes) > 100
    assert [row for row in sizes if row[0] < height / 50] == []


def test_on_a_phone_the_path_is_first_and_the_layers_stay_in_reach(show: Any) -> None:
    browser = show("", 360, 740)
    tops = {
        name: browser.js(f"$('{name}').getBoundingClientRect().top")
        for name in ("path", "money", "moves", "film")
    }
    assert min(tops, key=tops.__getitem__) == "path"
    assert tops["path"] < 740
    for y in (0, 400, 900):
        browser.js(f"scrollTo(0, {y})")
        box = browser.js(
            "(x => [x.top, x.bottom])(document.querySelector('.layer').getBoundingClientRect())"
        )
        assert 0 < box[0] < box[1] <= 740


@pytest.mark.parametrize(("width", "height"), [*CLASS, (360, 740), (1024, 900)])
def test_nothing_jumps_while_it_is_used(show: Any, width: int, height: int) -> None:
    browser = show("?with=preseed", width, height)
    browser.js(SHIFTS)
    for layer, path in (("snapshot", "62.5 s"), ("warm-pool", "62.5 s"), ("preseed", "242 s")):
        browser.layer(layer)
        browser.until(f"document.getElementById('total').innerText.startsWith('{path[:3]}')")
        browser.until("!document.body.dataset.busy")
    browser.js("document.querySelector('#set [value=measured]').click()")
    browser.until("$('finding').textContent.includes('112.6') || !document.body.dataset.busy")
    wait(browser, 0.6)
    assert browser.js("shifts") < 0.1


@pytest.mark.usefixtures("plain")
def test_forced_colours_keep_the_bars(show: Any) -> None:
    browser = show("?with=preseed")
    browser.media(forced_colors="active")
    drawn = {
        kind: browser.js(f"getComputedStyle(document.querySelector('{kind}')).{key}")
        for kind, key in {
            "rect.here": "fill",
            "path.line.warm": "stroke",
            "path.line.late": "stroke",
            ".dots.late": "fill",
            ".key.here": "backgroundColor",
            "body": "backgroundColor",
        }.items()
    }
    paper = drawn.pop("body")
    assert all(colour not in (paper, "none") for colour in drawn.values())
    on, off = (
        browser.js(f"getComputedStyle(document.querySelector('#layers label:{how}')).outlineStyle")
        for how in ("has(:checked)", "not(:has(:checked))")
    )
    assert (on, off) == ("solid", "none")


@pytest.mark.usefixtures("plain")
def test_what_changes_moves_unless_motion_is_reduced(show: Any) -> None:
    browser = show()
    lasts = "getComputedStyle(document.querySelector('#path rect.here')).transitionDuration"
    assert browser.js(lasts).split(",")[0] == "0.4s"
    moved = """(async () => {
        const bar = document.querySelectorAll('#path rect.here')[1], was = $('total').textContent;
        const wide = () => bar.getBoundingClientRect().width;
        document.querySelector('#layers input').click();
        while ($('total').textContent === was) await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        const first = wide();
        await new Promise(done => setTimeout(done, 600));
        return Math.abs(wide() - first);
    })()"""
    assert browser.js(moved) > 50
    browser.media(prefers_reduced_motion="reduce")
    assert browser.js(lasts) == "0s"
    assert browser.js(moved) < 1


# --- what a change does -------------------------------------------------------------------------


def test_a_change_is_said_and_leaves_a_ghost(show: Any) -> None:
    browser = show()
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
    says = "the first request waits 328 s -> 500 ms; rent $0.00 -> $5,760 a month"
    assert browser.shown("change") == f"warm-pool: {says}"


def test_a_save_in_the_editor_is_said(show: Any, served: Served) -> None:
    browser, program = show(), served.folder / "main.py"
    source = program.read_text(encoding="utf-8")
    old = "node_provision_s: float = 50.0"
    try:
        program.write_text(source.replace(old, "node_provision_s: float = 40.0"), "utf-8")
        browser.until(total("318 s"), 4)
        assert browser.shown("change") == "node_provision_s 50 -> 40: 328 -> 318 s"
        assert "flash" in browser.js("$('change').className")
    finally:
        program.write_text(source, "utf-8")
    browser.until(total("328 s"), 4)


def test_a_layer_that_an_instructor_adds_is_said(show: Any, served: Served) -> None:
    browser, program = show(), served.folder / "main.py"
    source = program.read_text(encoding="utf-8")
    row = '    Layer("1", "preseed"'
    added = row.replace("preseed", "lazy-pull").replace('"1"', '"9"')
    at = source.index(row)
    end = source.index("    Layer(", at + 5)
    try:
        more = source[at:end].replace(row, added)
        program.write_text(source[:end] + more + source[end:], "utf-8")
        browser.until("document.querySelectorAll('#layers input').length === 9", 4)
        browser.until("$('change').textContent === 'new: lazy-pull: the path stays 328 s'")
        cut = (
            "[...document.querySelectorAll('.layer')].some(x => x.scrollWidth > x.clientWidth + 1)"
        )
        assert browser.js(cut) is False
    finally:
        program.write_text(source, "utf-8")
    browser.until("document.querySelectorAll('#layers input').length === 8", 4)


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
    words = {name: saves for name, saves, _ in said}
    assert (words["warm-pool"], words["migrate"]) == ("first: 500 ms", "pause 20.9 ms")


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
    browser.until(f"$('{verdict}').textContent !== {was!r}")
    query = browser.js("location.search")
    value = float(re.fullmatch(rf"\?set={figure}=([\d.]+)", query)[1])  # type: ignore[index]
    assert value > float(getattr(main.Scenario(), figure))
    seen = json.loads(called("view.py", f"--set={figure}={value}").stdout)
    assert browser.shown(verdict) == seen["verdicts"]["pays" if chart == "money" else "moves"]
    browser.until("!document.body.dataset.busy")
    told = browser.shown("change")  # from where it began to where it ended
    assert told.startswith(f"{figure} {main.told(getattr(main.Scenario(), figure))} -> ")
    browser.js("history.back()")  # a drag is one edit
    browser.until(f"$('{verdict}').textContent === {was!r}")


def test_keys_move_the_dot(show: Any) -> None:
    browser = show()
    browser.js("document.querySelector('#money [role=slider]').focus()")
    browser.key("PageUp")
    browser.until("location.search === '?set=requests_per_hour=60'")
    browser.until("$('pays').textContent.startsWith('At 60/h')")
    grip = "document.querySelector('#money [role=slider]')"
    assert browser.js(f"{grip}.ariaValueNow") == "60"
    assert browser.js(f"{grip}.getAttribute('aria-valuetext')").startswith("60 requests per hour")
    browser.key("ArrowLeft")
    browser.until("location.search === '?set=requests_per_hour=55'")
    for name in ("Home", "End"):
        browser.key(name)
        end = browser.js(f"{grip}.getAttribute('aria-value{'min' if name == 'Home' else 'max'}')")
        browser.until(f"location.search === '?set=requests_per_hour={end}'")


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
    wait(browser, 0.2)
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


def test_a_day_of_too_many_requests_is_shown_by_the_hour(show: Any) -> None:
    browser = show("?rate=3000&with=preseed")
    assert browser.shown("alert") == ""
    assert browser.js("document.querySelectorAll('#film rect.hour').length") == 4 * 24
    assert browser.js("$('play').disabled") is True
    browser.js("history.replaceState(null, '', '/'); readUrl(); load()")
    browser.until("!!document.querySelector('#film .dots.late')")
    assert browser.js("$('play').disabled") is False


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


def test_a_day_with_evictions_shows_what_migrate_does(show: Any) -> None:
    browser = show("?with=migrate")
    browser.js("$('evict').click()")
    browser.until("$('day').textContent.includes('evictions: pause P50')")
    words = browser.shown("day-command").split()[2:]
    day = json.loads(called("traffic.py", *words, "--json").stdout)
    assert day["evictions"]["migrated"] > 0
    for row in day["evictions_compared"]:
        assert f"{row['name']}: {row['count']} evictions" in browser.shown("evictions")
    browser.js("$('evict').click()")
    browser.until("location.search === '?with=migrate'")


# --- the guided way ------------------------------------------------------------------------------


def test_the_guided_way_asks_before_it_shows_and_can_be_left(show: Any) -> None:
    browser = show()
    browser.js("$('guide').click()")
    for step in range(1, 6):
        browser.until(f"location.search.includes('step={step}')")
        browser.until("!document.body.dataset.busy && !!document.querySelector('.asked')")
        says = browser.shown("tour")
        assert says.startswith(f"{step} of 5.")
        hidden = browser.js("[...document.querySelectorAll('.asked')].every(x => x.inert)")
        assert hidden is True
        right = browser.js(f"STEPS[{step - 1}].right(last.report)")
        choices = browser.js(
            "[...document.querySelectorAll('#tour button')].map(x => x.textContent)"
        )
        assert right in choices[:-1]
        assert choices[-1] == "leave"
        pick = (
            choices.index(right) if step % 2 else (choices.index(right) + 1) % (len(choices) - 1)
        )
        browser.js(f"document.querySelectorAll('#tour button')[{pick}].click()")
        verdict = "Yes." if step % 2 else f"No: {right}."
        assert browser.shown("tour").startswith(f"{step} of 5. {verdict}")
        assert browser.js("document.querySelector('.asked')") is None
        browser.js("document.querySelector('#tour button').click()")
    browser.until("!location.search.includes('step')")
    assert browser.js("$('tour').hidden") is True


@pytest.mark.parametrize(("width", "height"), [*CLASS, (1366, 768), (1024, 900)])
def test_each_button_of_the_way_can_be_pressed(show: Any, width: int, height: int) -> None:
    browser = show("?step=1", width, height)
    hit = """[...document.querySelectorAll('#tour button')].filter(x => {
        const b = x.getBoundingClientRect();
        return document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2) !== x;
    }).map(x => x.textContent)"""
    for step in range(1, 6):
        browser.until(f"$('tour').textContent.startsWith('{step} of 5.')")
        browser.until("!document.body.dataset.busy")
        assert browser.js(hit) == []
        browser.js("document.querySelector('#tour button').click()")
        assert browser.js(hit) == []
        browser.js("document.querySelector('#tour button').click()")


def test_who_leaves_the_way_is_back_where_it_began(show: Any) -> None:
    browser = show("?with=stream&set=node_provision_s=400&pattern=bursty")
    browser.js("$('guide').click()")
    browser.until(total("328 s"))
    browser.js("document.querySelector('#tour button').click()")
    browser.js("document.querySelector('#tour button').click()")
    browser.until("location.search === '?with=snapshot&step=2'")
    browser.js("[...document.querySelectorAll('#tour button')].at(-1).click()")
    browser.until("location.search === '?with=stream&set=node_provision_s=400&pattern=bursty'")
    browser.until(total("638 s"))


def test_what_is_revealed_is_of_the_steps_own_view(show: Any) -> None:
    browser = show("?step=2")
    browser.layer("preseed")  # tried on before the answer
    browser.until(total("62.5 s"))
    browser.js("document.querySelectorAll('#tour button')[1].click()")
    browser.until("$('tour').textContent.startsWith('2 of 5. Yes. 328 s become 242.5 s')")
    says = browser.shown("tour")
    browser.layer("preseed")  # and after it
    browser.until(total("62.5 s"))
    assert browser.shown("tour") == says


def test_the_answers_are_the_models(show: Any) -> None:
    browser, s = show("?step=1"), main.Scenario()
    right = "STEPS.map(x => x.right(last.report))"
    path = main.path(s)
    assert browser.js(right)[0] == max(path, key=path.__getitem__).replace("_", " ")
    pays = main.break_even(s)
    assert browser.js(right)[2] == f"{pays:.1g}".replace("e+01", "0") + "/h"
    reveal = browser.js("STEPS[3].reveal(last.report)")
    assert main.duration(main.pause_s(s)) in reveal
    assert main.duration(main.eviction_pause_s(s)) in reveal


def test_the_place_on_the_way_is_in_the_address(show: Any) -> None:
    browser = show("?step=2")
    assert browser.shown("tour").startswith("2 of 5.")
    assert browser.shown("total") == "242.5 s"  # the view of that step
    browser.js("document.querySelectorAll('#tour button')[1].click()")
    browser.js("document.querySelector('#tour button').click()")
    browser.until("location.search.includes('step=3')")
    browser.js("history.back()")
    browser.until("$('tour').textContent.startsWith('2 of 5.')")
    browser.js("[...document.querySelectorAll('#tour button')].at(-1).click()")
    browser.until("$('tour').hidden")
    assert "step" not in browser.js("location.search")


# --- words ---------------------------------------------------------------------------------------


def test_a_term_is_explained_where_it_stands(show: Any) -> None:
    browser = show("", 1280, 720)
    browser.js("document.querySelectorAll('details').forEach(x => x.open = true)")
    names = browser.js("[...document.querySelectorAll('button.term')].map(x => x.textContent)")
    assert {"cold start", "late", "TTFT", "KV cache", "break-even", "crossover", "idle"} <= {
        *names
    }
    for i, name in enumerate(names):
        browser.js(f"document.querySelectorAll('button.term')[{i}].click()")
        assert len(browser.shown("gloss")) > 40, name
        box = browser.js(
            "(b => [b.left, b.top, b.right, b.bottom])($('gloss').getBoundingClientRect())"
        )
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= 1280
        assert box[3] <= 720


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
    browser.until("$('copy-link').textContent === 'copied'")


def test_the_page_is_small(served: Served) -> None:
    files = [served.folder / "explorer.html", *(served.folder / "explorer").iterdir()]
    assert len(files) > 5
    assert sum(file.stat().st_size for file in files) < 150_000


def test_a_click_is_answered_at_once(show: Any) -> None:
    browser = show()
    start = time.monotonic()
    browser.layer("preseed")
    browser.until(total("148 s"))
    assert time.monotonic() - start < 2  # a sixth of a second where nothing else runs
