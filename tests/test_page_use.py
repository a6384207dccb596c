"""The page in use: slow, typed into, undone, projected, on a phone."""

from __future__ import annotations

import time
from typing import Any

import main
import pytest
from browser import CHROMIUM, CLASS, Browser, Served, total
from conftest import saved

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium to show the page in")
TWICE = "?with=preseed,stream&set=sla_s=3"
SHIFTS = """shifts = 0; new PerformanceObserver(list => list.getEntries().forEach(
    x => shifts += x.value)).observe({type: 'layout-shift', buffered: true}); 0"""


# --- views that take long -----------------------------------------------------------------------


def test_two_clicks_half_a_second_apart_on_a_slow_view_are_drawn(show: Any) -> None:
    browser = show()
    browser.slow(1)
    browser.layer("preseed")
    browser.wait(0.5)
    browser.layer("stream")
    browser.until(total("108 s"))
    browser.until("asked.length === 4 && dayAt === location.search")
    asked = browser.js("asked.filter(x => x.startsWith('/api/report'))")
    assert asked == ["/api/report?with=preseed", "/api/report?with=preseed,stream"]
    browser.wait(0.7)
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
    browser.wait(0.9)
    assert browser.shown("total") == "328 s"


def test_while_a_slow_view_runs_the_old_one_is_dimmed_and_can_be_kept(show: Any) -> None:
    browser = show()
    browser.layer("preseed")
    browser.until(total("148 s"))
    browser.until("dayAt === location.search")
    browser.slow(3)
    browser.layer("stream")
    browser.until("!$('cancel').hidden")
    assert float(browser.js("getComputedStyle(document.querySelector('main')).opacity")) < 0.6
    assert browser.shown("total") == "148 s"
    browser.keep("?with=preseed")
    browser.wait(0.5)
    assert browser.shown("total") == "148 s"
    assert browser.js("asked.length") == 1  # what is there is not asked for
    assert browser.checked() == ["preseed"]
    assert browser.js("getComputedStyle(document.querySelector('main')).opacity") == "1"


def drawn_twice(show: Any) -> Browser:
    """A page that has drawn two steps, and from now on is slow."""
    browser: Browser = show("?sla=3")
    for layer in ("preseed", "stream"):
        browser.layer(layer)
        browser.until(f"location.search.includes({layer!r}) && dayAt === location.search")
    browser.slow(3)
    return browser


def kept(browser: Browser, query: str) -> None:
    """Keeps the old view; it is there with its address, and nothing is asked for it."""
    browser.until("!$('cancel').hidden")
    asked = browser.js("asked.length")
    browser.keep(query)
    browser.wait(0.4)
    assert browser.js("location.search") == query
    assert browser.shown("total") == "108 s"
    assert browser.checked() == ["preseed", "stream"]
    assert browser.js("asked.length") == asked
    assert browser.js("document.body.dataset.busy") == ""


def undone(browser: Browser, *paths: str) -> None:
    browser.js("fetch = real; 0")
    for path in paths:
        browser.js("history.back()")
        browser.until(total(path))
        browser.until("dayAt === location.search")


@pytest.mark.parametrize(
    "press",
    ["$('advice').click()", "[...document.querySelectorAll('#stacks button')][1].click()"],
)
def test_two_presses_on_a_slow_view_count_both(show: Any, press: str) -> None:
    browser = show()
    browser.slow(0.7)
    browser.js("document.querySelector('#set [value=measured]').click()")
    browser.wait(0.2)
    browser.js(press)  # of a report that is superseded
    browser.wait(0.2)
    browser.layer("migrate")
    browser.until("location.search === '?with=preseed,migrate&figures=measured'")


def test_the_advice_is_added_to_what_is_chosen_meanwhile(show: Any) -> None:
    browser = show("?sla=3")
    browser.slow(2)
    browser.layer("migrate")
    browser.enter("sla_s", "5")
    browser.js("$('advice').click()")
    browser.until("location.search === '?with=migrate,preseed&set=sla_s=5'")


def test_all_layers_are_on_at_once_on_a_way_back(show: Any) -> None:
    browser = show("?with=all")
    browser.layer("migrate")
    browser.until("!location.search.includes('all') && dayAt === location.search")
    browser.slow(3)
    browser.js("history.back()")
    browser.until("location.search === '?with=all'")
    assert browser.checked() == [*main.BY_NAME]


def test_of_two_steps_that_take_long_neither_is_left(show: Any) -> None:
    browser = drawn_twice(show)
    browser.layer("snapshot")
    browser.wait(0.2)
    browser.layer("migrate")
    kept(browser, TWICE)
    undone(browser, "148 s", "328 s")


def test_a_way_back_that_takes_long_can_be_taken_back(show: Any) -> None:
    browser = drawn_twice(show)
    browser.js("history.back()")
    kept(browser, TWICE)
    browser.js("history.go(-2)")
    kept(browser, TWICE)
    undone(browser, "148 s", "328 s")


def test_a_view_is_kept_whose_step_is_no_more(show: Any) -> None:
    browser = drawn_twice(show)
    browser.js("history.go(-2)")
    browser.until("location.search === '?sla=3'")
    browser.layer("migrate")  # the two steps that lay ahead are gone
    kept(browser, TWICE)
    undone(browser, "328 s")
    assert browser.js("location.search") == "?sla=3"


def test_an_edit_that_goes_on_can_be_taken_back_to_where_it_was_drawn(show: Any) -> None:
    browser = show()
    browser.enter("image_gb", "2")
    browser.until("location.search === '?set=image_gb=2' && dayAt === location.search")
    browser.slow(3)
    browser.js("editing.at = performance.now(); 0")  # drawing may have taken long
    browser.do("Input.insertText", text="0")
    browser.until("location.search === '?set=image_gb=20'")
    assert browser.js("history.state") == 1
    browser.keep("?set=image_gb=2")
    assert browser.field("image_gb") == "2"
    undone(browser, "328 s")


def test_a_refusal_goes_with_the_view_that_is_kept(show: Any) -> None:
    browser = show()
    browser.enter("image_gb", "-3")
    browser.until("$('alert').textContent.startsWith('image_gb')")
    browser.slow(3)
    browser.layer("preseed")
    browser.keep("")
    assert browser.shown("alert") == browser.why("image_gb") == ""
    assert browser.field("image_gb") == "30"
    browser.js("fetch = real; 0")
    browser.layer("preseed")  # a step again, for nothing is refused any more
    browser.until(total("148 s"))
    assert browser.js("history.state") == 1


def test_after_a_bad_link_the_view_that_is_kept_is_the_files(show: Any) -> None:
    browser = show("?with=presed")
    assert browser.shown("alert").endswith("(below: the file's own figures)")
    assert browser.js("$('p-day').classList.contains('stale')") is False
    browser.slow(3)
    browser.layer("stream")
    browser.keep("")
    browser.wait(0.3)
    assert (browser.shown("total"), browser.checked()) == ("328 s", [])
    assert browser.shown("alert") == ""


def test_what_stands_beside_is_a_step_too(show: Any) -> None:
    browser = show("?with=preseed")
    beside = "document.querySelector('#beside :checked').value"
    browser.js("document.querySelector('#beside [value=other]').click()")
    browser.until("location.search === '?with=preseed&beside=other'")
    browser.until(f"{beside} === 'other' && dayAt === location.search")
    wide = "String([...document.querySelectorAll('#path rect.raw')].map(x => x.style.width))"
    other = browser.js(wide)
    browser.js("history.back()")
    browser.until(f"{beside} === 'raw' && {wide} !== {other!r}")
    browser.js("history.forward()")
    browser.until(f"{beside} === 'other' && {wide} === {other!r}")


def test_what_cannot_be_drawn_leaves_ones_choice_as_the_address_says(
    show: Any, served: Served
) -> None:
    browser = show()
    with saved('"alone": [', '"lonely": [', served.folder / "main.py"):
        browser.until("$('alert').textContent.includes('cannot draw')", 4)
        for layer in ("preseed", "stream"):
            browser.layer(layer)
            browser.until("$('alert').textContent.includes('cannot draw')", 4)
            browser.wait(0.3)
        assert browser.js("location.search") == "?with=preseed,stream"
        assert browser.checked() == ["preseed", "stream"]
        assert browser.shown("total") == "328 s"  # drawn again, as before
    browser.until(total("108 s"), 4)
    assert browser.shown("alert") == ""


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("model", "8b"),
        ("pattern", "bursty"),
        ("#set [value=measured]", ""),
        ("#beside [value=other]", ""),
        ("#layers input", ""),
        ("#evict", ""),
    ],
)
@pytest.mark.parametrize("how", ["keep", "back"])
def test_what_was_pressed_meanwhile_is_taken_back(
    show: Any, what: str, value: str, how: str
) -> None:
    browser = show("?with=all")
    pressed = (
        "[$('model').value, document.querySelector('#set :checked').value,"
        " document.querySelector('#beside :checked').value, $('evict').ariaPressed,"
        " $('pattern').value]"
    )
    before = browser.js(pressed)
    assert before == ["70b", "lesson", "raw", "false", "poisson"]
    browser.slow(1)
    if value:
        browser.choose(what, value)
    else:
        browser.js(f"document.querySelector({what!r}).click()")
    browser.until("location.search !== '?with=all'")
    if how == "keep":
        browser.keep("?with=all")
    else:
        browser.js("fetch = real; history.back()")
    layers = ",".join(main.BY_NAME)
    now = f"[...{pressed}, ...valuesOf($('layers').querySelectorAll(':checked'))]"
    browser.until(f"String({now}) === {','.join([*before, layers])!r}")
    assert browser.checked() == [*main.BY_NAME]
    browser.layer("preseed")  # what is chosen next is of them
    browser.until("!location.search.includes('all')")
    assert browser.js("location.search").startswith(f"?with={','.join([*main.BY_NAME][1:])}")


def test_a_view_that_is_kept_asks_for_its_day_alone(show: Any) -> None:
    browser = show()
    browser.slow(1)
    browser.layer("preseed")
    browser.until(total("148 s"))
    browser.layer("stream")  # before the day of the first
    asked = browser.js("asked.length")
    browser.keep("?with=preseed")
    browser.wait(0.5)
    assert browser.js("$('cancel').hidden") is True
    browser.until("dayAt === location.search")
    assert browser.shown("total") == "148 s"
    more = browser.js(f"asked.slice({asked})")
    assert more
    assert all(address.startswith("/api/traffic") for address in more)


def test_what_is_pressed_for_the_day_stays_while_it_is_asked_for(show: Any) -> None:
    browser = show()
    browser.slow(0.5)
    pressed = "[$('pattern').value, $('evict').ariaPressed]"
    browser.choose("pattern", "bursty")
    for _ in range(20):
        if browser.js("dayAt === location.search"):
            break
        assert browser.js(pressed)[0] == "bursty"
        browser.wait(0.1)
    assert browser.js(pressed) == ["bursty", "false"]


def test_after_a_save_the_day_of_before_is_dimmed(show: Any, served: Served) -> None:
    browser = show()
    old = "node_provision_s: float = 50.0"
    browser.slow(5, "traffic")
    with saved(old, old.replace("50", "40"), served.folder / "main.py"):
        browser.until(total("318 s"), 4)
        browser.until("!$('stop').hidden")
        browser.js("$('stop').click()")
        assert browser.js("$('p-day').classList.contains('stale')") is True


def test_a_slow_day_is_dimmed_alone_and_can_be_stopped(show: Any) -> None:
    browser = show()
    day = browser.shown("day")
    browser.slow(5, "traffic")
    browser.layer("preseed")
    browser.until(total("148 s"))
    browser.until("!$('stop').hidden")
    assert browser.js("getComputedStyle(document.querySelector('main')).opacity") == "1"
    browser.js("$('stop').click()")
    assert (browser.shown("day"), browser.js("$('stop').hidden")) == (day, True)
    assert browser.js("location.search") == "?with=preseed"
    assert browser.shown("alert") == "stopped (below: the day of the view before)"
    dim = "getComputedStyle($('film')).opacity"
    assert float(browser.js(dim)) < 0.6
    undone(browser, "328 s")
    browser.until(f"!$('alert').textContent && {dim} === '1'")


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


@pytest.mark.parametrize(("width", "height"), [*CLASS, (1366, 768), (1024, 768), (360, 740)])
def test_a_table_can_be_closed(show: Any, width: int, height: int) -> None:
    browser = show("", width, height)
    summary = "document.querySelector('#p-PANEL summary')"
    opened = (
        "[...document.querySelectorAll('details.table[open]')].map(x => x.closest('section').id)"
    )
    middle = f"""(x => {{ x.scrollIntoView({{block: 'center'}});
        return (b => [b.x + b.width / 2, b.y + b.height / 2])(x.getBoundingClientRect());
    }})({summary})"""

    def click(panel: str) -> None:
        x, y = browser.js(middle.replace("PANEL", panel))
        for kind in ("mousePressed", "mouseReleased"):
            browser.mouse(kind, x, y, clickCount=1)

    for panel in ("phases", "money", "moves", "day"):
        click(panel)
        assert browser.js(opened) == [f"p-{panel}"]
        click(panel)  # by what has opened it
        assert browser.js(opened) == []
    click("money")
    click("phases") if width > 700 else browser.js(summary.replace("PANEL", "phases") + ".click()")
    assert browser.js(opened) == ["p-phases"]  # one at a time
    browser.key("Escape", windowsVirtualKeyCode=27)
    assert browser.js(opened) == []
    assert browser.js(f"document.activeElement === {summary.replace('PANEL', 'phases')}")
    click("moves")
    browser.js("document.querySelector('h1').click()")
    assert browser.js(opened) == []


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
        browser.until("dayAt === location.search")
    browser.js("document.querySelector('#set [value=measured]').click()")
    browser.until("$('command').textContent.includes('measured') && dayAt === location.search")
    browser.wait(0.6)
    assert browser.js("shifts") < 0.1


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
    browser.until("dayAt === location.search")
    browser.wait(0.4)  # what would have been said of a slow one is not
    assert browser.js("document.body.dataset.busy") == ""
