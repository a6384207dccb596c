"""Fields of the page, and the way back: what is typed, refused, undone."""

from __future__ import annotations

from typing import Any

import main
import pytest
from browser import CHROMIUM, Browser, Served, total
from conftest import called, refused, saved

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium to show the page in")


def slowly(browser: Browser, seconds: float = 1) -> None:
    """From now on what is typed is asked for after so long a pause."""
    browser.js(f"at_once = soon; soon = edit => at_once(edit, {1000 * seconds}); 0")


def refuse(browser: Browser) -> None:
    """Types what is refused, and waits until that is said."""
    browser.enter("image_gb", "-3")
    browser.until("$('alert').textContent.startsWith('image_gb')")


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
        assert browser.field(name) == value
    assert browser.js("location.search") == "?with=preseed&set=image_gb=12"
    browser.js("history.go(2)")
    browser.until(total("88.0 s"))
    assert browser.field("node_provision_s") == "30"


def test_another_field_or_the_way_back_ends_an_edit(show: Any) -> None:
    browser = show()
    browser.enter("image_gb", "20")
    browser.until(total("268 s"))
    browser.js("$('f-sla_s').focus(); $('f-image_gb').focus(); $('f-image_gb').select()")
    browser.do("Input.insertText", text="10")  # within the second, and yet an edit of its own
    browser.until(total("208 s"))
    browser.js("history.back()")
    browser.until(total("268 s"))
    browser.js("$('f-image_gb').select()")
    browser.do("Input.insertText", text="15")
    browser.until(total("238 s"))
    browser.js("history.back()")
    browser.until(total("268 s"))
    slowly(browser)
    browser.js("$('f-image_gb').select()")
    browser.do("Input.insertText", text="11")
    browser.js("history.back()")  # before it is asked for: it never is
    browser.until(total("328 s"))
    browser.wait(1.2)
    assert (browser.shown("total"), browser.js("location.search")) == ("328 s", "")


def test_a_step_there_and_back_leaves_no_step_and_says_so(show: Any) -> None:
    browser = show("?with=preseed,stream")
    browser.layer("migrate")
    browser.until("dayAt === location.search && history.state === 1")
    browser.js("performance.now = () => 0")  # all within a second
    browser.enter("first_forward_s", "3")
    for key, path in (("ArrowUp", "109 s"), ("ArrowUp", "110 s"), ("ArrowDown", "109 s")):
        browser.key(key)
        browser.until(total(path))
        assert browser.js("history.state") == 2
    browser.key("ArrowDown")
    browser.until("history.state === 1 && dayAt === location.search")
    browser.until(total("108 s"))
    assert browser.field("first_forward_s") == "3"
    assert browser.shown("change") == "first_forward_s 4 -> 3: 109 -> 108 s"
    browser.js("history.back()")
    browser.until("location.search === '?with=preseed,stream'")


def test_a_comma_on_the_way_ends_no_edit(show: Any) -> None:
    browser = show()
    browser.enter("first_forward_s", "12")
    browser.until("location.search === '?set=first_forward_s=12'")
    browser.js("editing.at -= 700")  # a slow hand
    browser.do("Input.insertText", text=",")
    browser.js("editing.at -= 700")
    browser.do("Input.insertText", text="5")
    browser.until("location.search === '?set=first_forward_s=12.5'")
    assert browser.js("history.state") == 1


def test_what_is_typed_goes_with_who_leaves_its_field(show: Any) -> None:
    browser = show()
    slowly(browser, 5)
    for name, text in (("schedule", "8-18:2"), ("evictions-per-day", ".5")):
        browser.js(f"document.querySelector('#traffic [name={name}]').focus()")
        for key in text:  # "." is no number yet
            browser.do("Input.insertText", text=key)
    assert browser.js("document.querySelector('[name=schedule]').value") == "8-18:2"
    browser.js("document.activeElement.blur()")
    browser.until("location.search === '?schedule=8-18%3A2&evictions-per-day=.5'")


def test_each_field_of_the_day_says_its_own(show: Any) -> None:
    browser = show()
    types = "x => document.querySelector(`#traffic [name=${x}]`)"
    for name, text in (("keep_alive_s", "x"), ("evictions-per-day", "y")):
        browser.js(f"({types})('{name}').select()")
        browser.do("Input.insertText", text=text)
    assert browser.shown("day-why") == "y: is no number"
    browser.js(f"({types})('evictions-per-day').select()")
    browser.do("Input.insertText", text="5")
    assert browser.shown("day-why") == "x: is no number"
    browser.js(f"({types})('evictions-per-day').select()")
    browser.do("Input.insertText", text="1,000")
    browser.js("document.activeElement.blur()")
    browser.layer("preseed")
    browser.until("location.search.includes('preseed') && dayAt === location.search")
    values = browser.js(f"['keep_alive_s', 'evictions-per-day'].map(x => ({types})(x).value)")
    assert values == ["x", "1,000"]  # with why they are none
    assert browser.js("$('day-why').hidden") is False


def test_a_pause_between_keys_makes_two_edits(show: Any) -> None:
    browser = show()
    browser.enter("image_gb", "2")
    browser.until(total("160 s"))
    browser.wait(1.1)
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
    assert browser.field("image_gb") == "30"
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


def test_a_field_that_was_stepped_follows_the_file(show: Any, served: Served) -> None:
    browser = show()
    buttons = "$('f-image_gb').closest('.figure').querySelectorAll('button')"
    browser.js(f"{buttons}[1].click(); {buttons}[0].click()")
    browser.until("dayAt === location.search && !turn.signal.aborted")
    old = "image_gb: float = 30.0"
    with saved(old, old.replace("30", "20"), served.folder / "main.py"):
        browser.until(total("268 s"), 4)
        assert browser.field("image_gb") == "20"
    browser.until(total("328 s"), 4)


@pytest.mark.parametrize(
    ("text", "address"),
    [("0,5", "?set=drop_usd=0.5"), ("0,05", ""), ("1e0", "?set=drop_usd=1e0")],
)
def test_a_comma_is_a_point(show: Any, text: str, address: str) -> None:
    browser = show("?set=drop_usd=2")
    browser.enter("drop_usd", text)
    browser.until(f"location.search === {address!r}")
    assert browser.why("drop_usd") == ""


@pytest.mark.parametrize("text", ["1,000", "1,5,0", "abc", "1e", "-", "1..5"])
def test_what_is_no_number_says_so_beside_the_field_and_changes_nothing(
    show: Any, text: str
) -> None:
    browser = show("?set=image_gb=20")
    browser.enter("image_gb", text)
    says = browser.why("image_gb")
    assert ("a comma: write 1000" if "," in text else f"{text}: is no number") in says
    browser.wait(0.4)
    assert browser.shown("total") == "268 s"
    assert browser.js("location.search") == "?set=image_gb=20"
    browser.enter("image_gb", "30")
    browser.until(total("328 s"))
    assert browser.why("image_gb") == ""


def test_what_is_refused_says_why_beside_its_field(show: Any) -> None:
    browser = show()
    browser.enter("image_gb", "-3")
    browser.until("$('f-image_gb').getAttribute('aria-invalid')")
    told = refused(called("main.py", "--set=image_gb=-3")).strip()
    told = told.removeprefix("--set: ")
    assert browser.why("image_gb") == told.removeprefix("image_gb=")
    assert browser.shown("alert") == f"{told} (below: the last good view)"
    assert browser.shown("total") == "328 s"
    browser.enter("image_gb", "20")
    browser.until(total("268 s"))
    assert browser.why("image_gb") == browser.shown("alert") == ""


def test_what_is_refused_is_no_step_and_what_is_typed_next_is_said_instead(show: Any) -> None:
    browser = show("?set=image_gb=20")
    refuse(browser)
    browser.enter("image_gb", "1,000")
    browser.until("!$('alert').textContent")
    assert "a comma: write 1000" in browser.why("image_gb")
    assert browser.js("location.search") == "?set=image_gb=20"
    refuse(browser)
    browser.wait(1.1)
    browser.js("$('f-image_gb').select()")
    for key in "1,000":  # key by key, of which the first is a number
        browser.do("Input.insertText", text=key)
    browser.until("!$('alert').textContent")
    browser.wait(1.1)
    browser.enter("image_gb", "25")
    browser.until(total("298 s"))
    assert browser.js("history.state") == 1
    browser.js("history.back()")
    browser.until(total("268 s"))
    assert browser.js("location.search") == "?set=image_gb=20"
    assert browser.shown("alert") == ""


def test_a_refusal_that_the_file_takes_back_is_a_step(show: Any, served: Served) -> None:
    browser = show()
    with saved('"preseed"', '"seeded"', served.folder / "main.py"):
        browser.until("valuesOf($('layers').querySelectorAll('input')).includes('seeded')", 4)
        browser.layer("seeded")
        browser.until("location.search === '?with=seeded' && dayAt === location.search")
    browser.until("$('alert').textContent.includes('seeded')", 4)
    with saved('"preseed"', '"seeded"', served.folder / "main.py"):
        browser.until("!$('alert').textContent", 4)
        browser.layer("stream")
        browser.until("location.search === '?with=seeded,stream'")
        assert browser.js("history.state") == 2
    browser.until("$('alert').textContent.includes('seeded')", 4)


def test_a_day_that_is_refused_says_why_beside_its_field(show: Any) -> None:
    browser = show()
    browser.js("document.querySelector('[name=schedule]').focus()")
    browser.do("Input.insertText", text="8-30:2")
    browser.until("!$('day-why').hidden")
    assert "hours must be two different ones" in browser.shown("day-why")
    assert browser.js("document.querySelector('[name=schedule]').ariaInvalid") == "true"
    assert browser.js("$('p-day').classList.contains('stale')") is True
    assert "requests in 24 h" in browser.shown("day")


def test_the_way_back_from_a_refusal_overwrites_no_step(show: Any) -> None:
    browser = show("?with=preseed")
    browser.layer("stream")
    browser.until("location.search === '?with=preseed,stream' && dayAt === location.search")
    refuse(browser)
    browser.js("history.back()")
    browser.until("location.search === '?with=preseed,stream'")
    browser.layer("migrate")  # at once
    browser.until("location.search.includes('migrate') && dayAt === location.search")
    browser.js("history.back()")
    browser.until("location.search === '?with=preseed,stream'")


def test_after_a_refusal_each_edit_is_a_step_again(show: Any) -> None:
    browser = show()
    refuse(browser)
    browser.enter("image_gb", "20")
    browser.until("location.search === '?set=image_gb=20'")
    browser.layer("preseed")  # before the answer
    browser.until("location.search.startsWith('?with') && dayAt === location.search")
    assert browser.js("history.state") == 2
    browser.js("history.back()")
    browser.until("location.search === '?set=image_gb=20'")


PAUSES = [
    ("", "f-image_gb", "", "25", "?set=image_gb=25"),
    ("", "f-sla_s", "2.", "5", "?set=sla_s=2.5"),
    ("?set=image_gb=20", "f-image_gb", "30.", "5", "?set=image_gb=30.5"),
    ("", "idle", "", "60", "?set=keep_alive_s=60"),
    ("", "evicts", "0,", "5", "?evictions-per-day=0.5"),
]


@pytest.mark.parametrize(("query", "name", "first", "then", "end"), PAUSES)
def test_while_one_types_a_field_is_left_alone(
    show: Any, query: str, name: str, first: str, then: str, end: str
) -> None:
    browser = show(query)
    browser.js("$('figures').hidden = false")
    browser.js("$('f-image_gb').focus()")
    for label, there in (("idle", "keep_alive_s"), ("evicts", "evictions-per-day")):
        browser.js(f"document.querySelector('#traffic [name={there}]').id = {label!r}")
    browser.js(f"$({name!r}).focus(); $({name!r}).select()")
    browser.do("Input.insertText", text=first or " ")
    if not first:
        browser.key("Backspace", windowsVirtualKeyCode=8)
    browser.wait(0.6)  # an answer comes meanwhile
    browser.do("Input.insertText", text=then)
    browser.until(f"location.search === {end!r} && dayAt === location.search")
    assert browser.js(f"$({name!r}).value") == first + then
    browser.js("$('reset').focus()")
    browser.layer("migrate")
    browser.until("location.search.includes('migrate') && dayAt === location.search")
    assert browser.js(f"$({name!r}).value") == end.split("=")[-1]


def test_what_becomes_unreadable_before_it_is_asked_for_never_is(show: Any) -> None:
    browser = show("?set=image_gb=20")
    browser.slow(0)
    slowly(browser)
    browser.enter("image_gb", "2")
    browser.do("Input.insertText", text="x")
    browser.until("asked.length > 0")
    browser.wait(1.2)
    assert [x for x in browser.js("asked") if "report" in x] == ["/api/report?set=image_gb=20"]
    browser.layer("preseed")
    browser.until(total("148 s"))
    assert browser.js("location.search") == "?with=preseed&set=image_gb=20"


def test_what_is_typed_supersedes_what_is_asked_for(show: Any) -> None:
    browser = show()
    browser.slow(1)
    slowly(browser, 2)
    browser.layer("preseed")
    browser.enter("image_gb", "1")  # the answer to the layer would come before this is asked for
    browser.wait(1.3)
    assert browser.shown("total") == "328 s"
    browser.until("location.search === '?with=preseed&set=image_gb=1'")
    browser.until("dayAt === location.search")
    assert browser.shown("total") == "148 s"


def test_nought_is_a_figure_where_the_file_has_none(show: Any) -> None:
    browser = show()
    assert main.Scenario.pool_usd_per_hour is None
    browser.enter("pool_usd_per_hour", "0")
    browser.until("location.search === '?set=pool_usd_per_hour=0'")
    browser.until("$('pays').textContent.includes('spares')")
    assert browser.field("pool_usd_per_hour") == "0"


def test_an_empty_field_is_the_files_own(show: Any) -> None:
    browser = show("?set=image_gb=20")
    browser.enter("image_gb", " ")
    browser.key("Backspace", windowsVirtualKeyCode=8)
    browser.until(total("328 s"))
    assert browser.js("location.search") == ""
    browser.js("$('reset').focus()")
    assert browser.field("image_gb") == "30"
