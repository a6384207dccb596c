"""The guided way on the page: five questions, each asked before its answer is shown."""

from __future__ import annotations

from typing import Any

import main
import pytest
from browser import CHROMIUM, CLASS, Browser, Served, total
from conftest import saved

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium to show the page in")
RIGHT = ["image pull", "loading and engine start", "40/h", "only the last round", "neither"]


def choices_of(browser: Browser) -> list[str]:
    found: list[str] = browser.js(
        "[...document.querySelectorAll('#tour button')].map(x => x.textContent)"
    )
    return found


def press(browser: Browser, i: int = 0) -> None:
    """Presses a button of the way: by default the first, -1 is the last."""
    browser.js(f"[...document.querySelectorAll('#tour button')].at({i}).click()")


def test_the_guided_way_asks_before_it_shows_and_can_be_left(show: Any) -> None:
    browser = show()
    browser.js("$('guide').click()")
    for step in range(1, 6):
        browser.until(f"location.search.includes('step={step}')")
        browser.until("dayAt === location.search && !!document.querySelector('.asked')")
        says = browser.shown("tour")
        assert says.startswith(f"{step} of 5.")
        hidden = browser.js("[...document.querySelectorAll('.asked')].every(x => x.inert)")
        assert hidden is True
        choices = choices_of(browser)
        assert choices[-1] == "leave"
        right = RIGHT[step - 1]
        at = choices.index(right)
        pick = at if step % 2 else (at + 1) % (len(choices) - 1)
        press(browser, pick)
        verdict = "Yes." if step % 2 else f"No: {right}."
        assert browser.shown("tour").startswith(f"{step} of 5. {verdict}")
        left = browser.js("[...document.querySelectorAll('.asked')].map(x => x.id)")
        later = [*["money", "pays"] * (step < 3), *["moves", "evicted"] * (step < 4)]
        assert sorted(x for x in left if x) == sorted(later)  # which a later question asks
        assert browser.js("!!document.querySelector('.asked .saves, .saves.asked')") is (step < 4)
        press(browser)
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
        browser.until("dayAt === location.search")
        assert browser.js(hit) == []
        press(browser)
        assert browser.js(hit) == []
        press(browser)


def test_who_leaves_the_way_is_back_where_it_began(show: Any) -> None:
    browser = show("?with=stream&set=node_provision_s=400&pattern=bursty")
    browser.js("$('guide').click()")
    browser.until(total("328 s"))
    press(browser)
    press(browser)
    browser.until("location.search === '?with=snapshot&step=2'")
    press(browser, -1)
    browser.until("location.search === '?with=stream&set=node_provision_s=400&pattern=bursty'")
    browser.until(total("638 s"))


def test_what_is_revealed_is_of_the_steps_own_view(show: Any) -> None:
    browser = show("?step=2")
    browser.layer("preseed")  # tried on before the answer
    browser.until(total("62.5 s"))
    press(browser, 1)
    browser.until("$('tour').textContent.startsWith('2 of 5. Yes. 328 s become 242.5 s')")
    says = browser.shown("tour")
    browser.layer("preseed")  # and after it
    browser.until(total("62.5 s"))
    assert browser.shown("tour") == says


def test_what_was_revealed_stays_on_a_way_back_within_its_step(show: Any) -> None:
    browser = show("?step=2")
    press(browser, 1)
    says = browser.shown("tour")
    browser.layer("preseed")
    browser.until(total("62.5 s"))
    browser.js("history.back()")
    browser.until(total("242.5 s"))
    assert browser.shown("tour") == says
    browser.slow(3)
    browser.layer("preseed")
    browser.keep("?with=snapshot&step=2")
    assert browser.shown("tour") == says


def test_a_layer_tried_on_a_slow_step_is_added_to_its_own(show: Any) -> None:
    browser = show("?step=1")
    press(browser)
    browser.slow(2)
    press(browser)
    browser.layer("preseed")  # before the view of the step has come
    browser.until("location.search === '?with=preseed,snapshot&step=2'")


def test_the_answers_are_the_models(show: Any) -> None:
    browser, s = show("?step=1"), main.Scenario()
    path = main.path(s)
    longest = max(path, key=path.__getitem__)
    assert RIGHT[0] == longest.replace("_", " ")
    pays = main.break_even(s)
    assert pays
    assert RIGHT[2] == f"{float(f'{pays:.1g}'):.0f}/h"
    assert browser.js("STEPS[0].reveal(last.report)").startswith(
        f"{RIGHT[0]} takes {path[longest]:.0f} s of {sum(path.values()):.0f} s."
    )
    reveal = browser.js("STEPS[3].reveal(last.report)")
    assert main.duration(main.pause_s(s)) in reveal
    assert main.duration(main.eviction_pause_s(s)) in reveal


def test_the_place_on_the_way_is_in_the_address(show: Any) -> None:
    browser = show("?step=2")
    assert browser.shown("tour").startswith("2 of 5.")
    assert browser.shown("total") == "242.5 s"  # the view of that step
    press(browser, 1)
    press(browser)
    browser.until("location.search.includes('step=3')")
    browser.js("history.back()")
    browser.until("$('tour').textContent.startsWith('2 of 5.')")
    browser.until("dayAt === location.search")
    assert (browser.shown("total"), browser.checked()) == ("242.5 s", ["snapshot"])
    press(browser, -1)
    browser.until("$('tour').hidden")
    assert "step" not in browser.js("location.search")


def test_the_way_can_be_gone_by_keys(show: Any) -> None:
    browser = show()
    browser.js("$('guide').focus()")
    enter = {"windowsVirtualKeyCode": 13, "text": "\r"}
    browser.key("Enter", **enter)
    focused = "$('tour').contains(document.activeElement) && document.activeElement.textContent"
    browser.until(f"({focused} || '').startsWith('1 of 5.')")
    for step in range(1, 6):
        browser.until(f"$('tour').textContent.startsWith('{step} of 5.')")
        browser.until("dayAt === location.search")
        browser.js("document.querySelector('#tour button').focus()")
        browser.key("Enter", **enter)
        assert browser.js(focused).startswith(f"{step} of 5. ")  # what is said has the focus
        browser.key("Tab", windowsVirtualKeyCode=9)
        assert browser.js(focused) == ("next" if step < 5 else "done")
        browser.layer("stream")  # what is tried on leaves the focus where it is
        browser.until("location.search.includes('stream') && dayAt === location.search")
        browser.js("history.back()")  # and so does what is taken back
        browser.until("!location.search.includes('stream') && dayAt === location.search")
        browser.wait(0.2)
        assert browser.js(focused) == ("next" if step < 5 else "done")
        browser.key("Enter", **enter)
        if step < 5:
            assert browser.js(focused).startswith(f"{step + 1} of 5. ")
            browser.until("dayAt === location.search")
            assert browser.js(focused).startswith(f"{step + 1} of 5. ")  # after its view has come
    assert browser.js("document.activeElement.id") == "guide"


def test_where_no_rate_pays_the_right_answer_is_that(show: Any, served: Served) -> None:
    with saved("drop_usd: float = 0.05", "drop_usd: float = 0.0", served.folder / "main.py"):
        browser = show("?step=3")
        choices = choices_of(browser)
        assert choices[-2:] == ["at no rate", "leave"]
        press(browser, len(choices) - 2)
        browser.until("$('tour').textContent.startsWith('3 of 5. Yes. A late request costs noth')")


def test_where_only_a_total_is_known_no_phase_is_the_longest(show: Any, served: Served) -> None:
    old = "known_cold_start_s: float | None = None"
    with saved(old, old.replace("= None", "= 120.0"), served.folder / "main.py"):
        browser = show("?step=1")
        assert choices_of(browser) == ["only the total is known", "leave"]
        press(browser)
        assert "All of its 120 s are one figure." in browser.shown("tour")


def test_a_layer_of_the_way_that_is_no_more_is_left_out(show: Any, served: Served) -> None:
    with saved('"warm-node"', '"standby"', served.folder / "main.py"):
        browser = show("?step=4")
        press(browser)
        press(browser)
        browser.until("dayAt === location.search && location.search.includes('step=5')")
        press(browser, 2)
        browser.until("$('tour').textContent.startsWith('5 of 5. Yes. By the measured ones')")
        assert browser.js("location.search") == "?with=preseed,snapshot&step=5&beside=other"


def test_what_was_revealed_stays_under_other_figures(show: Any) -> None:
    browser = show("?step=1")
    press(browser, 1)
    says = browser.shown("tour")
    assert says.startswith("1 of 5. Yes. image pull takes 180 s of 328 s.")
    browser.js("document.querySelector('#set [value=measured]').click()")
    browser.until("$('command').textContent.includes('measured')")
    assert browser.shown("tour") == says
    browser = show("?step=1")  # and what is tried on before is not judged
    browser.js("document.querySelector('#set [value=measured]').click()")
    browser.until("$('command').textContent.includes('measured')")
    press(browser, 1)
    browser.until(f"$('tour').textContent === {says!r}")


def test_reset_leaves_the_way(show: Any) -> None:
    browser = show("?step=1")
    browser.js("$('reset').click()")
    browser.until("$('tour').hidden && !document.querySelector('.asked')")
    assert browser.js("location.search") == ""
    browser = show("?step=5")
    browser.js("$('reset').click()")
    browser.until(total("328 s"))
    assert browser.js("document.querySelector('#beside :checked').value") == "raw"


def test_a_step_that_there_is_not_is_none(show: Any) -> None:
    browser = show("?step=9")
    assert browser.js("$('tour').hidden") is True
    browser.js("$('guide').click()")
    browser.until("$('tour').textContent.startsWith('1 of 5.')")
