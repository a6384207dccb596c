"""The page in a real browser: its figures are the command line's, and a view is its URL."""

from __future__ import annotations

import itertools
import json
import random
import re
from typing import Any

import main
import pytest
from browser import CHROMIUM, Browser, Served, total
from conftest import called, refused, shipped_layers

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium to show the page in")
PROVISION = "node_provision_s: float = 50.0"
NAMES = {"lesson": "the lesson's", "measured": "measured in 2025-26"}  # of sets of figures
YOURS = "[...document.querySelectorAll('#figures label.yours input')].map(x => x.name)"


def line_of(page: str, start: str) -> list[str]:
    """The cells of the line of a text that starts so."""
    (line,) = (line for line in page.splitlines() if line.startswith(f"  {start}  "))
    return re.split(r"\s{2,}", line.strip())


def drawn(browser: Browser, name: str, path: dict[str, Any]) -> None:
    """Whether a table holds this path, phase by phase, and says by whose figures."""
    caption = browser.js(f"document.querySelector('#{name} caption').textContent")
    assert caption == f"figures: {NAMES[path['figures']]}"
    pairs = [(row["raw_seconds"], row["seconds"]) for row in path["phases"]]
    pairs.append((path["raw_cold_start_s"], path["cold_start_s"]))
    cells = [row[1:3] for row in browser.rows(name)[1:]]
    assert cells == [[main.number(raw_s), main.number(here_s)] for raw_s, here_s in pairs]


def plainly(text: str, report: dict[str, Any]) -> str:
    """The names of phases as words."""
    for row in report["phases"]:
        text = text.replace(row["name"], row["name"].replace("_", " "))
    return text


def agrees(browser: Browser, *words: str) -> None:
    """Whether the page shows what the text of the command line shows, to the last digit."""
    page = called("main.py", *words).stdout
    flat = " ".join(page.split())
    for name, raw_s, here_s, *_ in browser.rows("phases")[1:]:
        assert line_of(page, name.replace(" ", "_"))[1:3] == [raw_s, here_s]
    total = line_of(page, "total")
    assert browser.shown("speedup") == total[4]
    assert browser.shown("total") in (f"{total[2]} s", f"{float(total[2]) * 1000:.3g} ms")
    report = json.loads(called("main.py", *words, "--json").stdout)
    told = report["finding"]["text"].partition(". ")[2]  # behind the total, which stands large
    assert browser.shown("finding") == plainly(told, report)
    assert browser.js("$('advice').hidden") is not bool(report["finding"]["command"])
    drawn(browser, "phases", report)
    drawn(browser, "other", report["other_figures"])
    first = main.duration(report["first_request_ttft_s"])
    assert browser.shown("first") == first
    assert browser.shown("regime") in flat
    crossover = f"{8 * report['migration']['crossover_gb_s']:.3g} Gbit/s"
    assert f"below {crossover}; this network has" in browser.shown("cross")
    seen = json.loads(called("view.py", *words).stdout)
    assert [browser.shown(name) for name in ("pays", "evicted")] == [*seen["verdicts"].values()]
    for mark, seconds, speedup, rent, layers in browser.rows("stacks")[1:]:
        assert f"{seconds} {speedup} {rent} {'yours ' * bool(mark)}{layers}" in flat
    for *row, mark in browser.rows("rates")[1:]:
        assert " ".join(row) + f" {mark}" * bool(mark) in flat


def switch(browser: Browser, figures: str) -> None:
    browser.js(f"document.querySelector('#set [value={figures}]').click()")
    browser.until(
        f"document.querySelector('#phases caption').textContent.endsWith({NAMES[figures]!r})"
    )


def test_toggling_layers_gives_the_figures_of_the_command_line(show: Any) -> None:
    browser, dice = show(), random.Random(6)
    agrees(browser)
    for _ in range(8):
        name = dice.choice([*main.BY_NAME])
        before = browser.shown("command")
        browser.layer(name)
        browser.until(f"document.getElementById('command').innerText !== {before!r}")
        words = browser.shown("command").split()[2:]
        layers = browser.checked()
        assert words == (["--with", ",".join(layers)] if layers else [])
        agrees(browser, *words)


def test_a_field_sets_its_figure_and_an_empty_one_gives_it_back(show: Any) -> None:
    browser = show("?with=preseed")
    for name, text in (("network_gb_s", "12.5"), ("requests_per_hour", "75"), ("sla_s", "4")):
        browser.enter(name, text)
        browser.until(f"document.getElementById('command').innerText.includes('{name}={text}')")
    words = browser.shown("command").split()[2:]
    assert words[-2:] == ["--set", "sla_s=4"]
    agrees(browser, *words)
    assert browser.js("document.querySelectorAll('#figures label.yours').length") == 3
    browser.js("document.getElementById('reset').click()")
    browser.until(total("328 s"))
    assert browser.js("location.search") == ""
    assert browser.js("document.getElementById('f-sla_s').value") == "2"


def test_two_prices_and_a_known_total_are_drawn(show: Any) -> None:
    browser = show("?set=pool_usd_per_hour%3D4.2&set=drop_usd%3D0.5")
    agrees(browser, "--set", "pool_usd_per_hour=4.2", "drop_usd=0.5")
    marks = [row[-1] for row in browser.rows("rates")[1:] if row[-1]]
    assert marks == ["break-even", "break-even", "self-warm"]
    browser = show("?set=pool_usd_per_hour%3D3")
    agrees(browser, "--set", "pool_usd_per_hour=3")
    assert any(row[3].startswith("-$") for row in browser.rows("rates")[1:])
    browser = show("?set=known_cold_start_s%3D120")
    assert (browser.shown("total"), len(browser.rows("phases"))) == ("120 s", 2)
    assert browser.js("document.querySelectorAll('#layers input').length") == 2
    assert browser.js("$('other').hidden") is True
    assert browser.shown("elsewhere") == ""
    switch(browser, "measured")
    assert (browser.shown("total"), browser.shown("alert")) == ("120 s", "")
    browser.js("history.back()")
    browser.until("document.querySelector('#set :checked').value === 'lesson'")
    browser.choose("f-known_cold_start_s", "")
    browser.until("!$('other').hidden")
    agrees(browser)


def test_the_switch_of_figures_is_a_step_that_keeps_ones_own(show: Any) -> None:
    browser = show("?with=preseed&set=image_gb=12")
    switch(browser, "measured")
    asked = "?with=preseed&figures=measured&set=image_gb=12"
    assert browser.js("location.search") == asked
    command = browser.shown("command")
    typed = "--with preseed --figures measured --set image_gb=12"
    assert command == f"python code/main.py {typed}"
    agrees(browser, *command.split()[2:])
    browser.until(f"$('day-command').innerText === {command!r}.replace('main', 'traffic')")
    sent = "performance.getEntriesByType('resource').map(x => x.name)"
    browser.until("dayAt === location.search")
    assert [x.partition("/api/")[2] for x in browser.js(sent) if "measured" in x] == [
        f"report{asked}",
        f"traffic{asked}&events",
        f"traffic{asked.replace('with=preseed&', '')}&events",  # raw, beside it
    ]
    for name, x in main.MEASURED.items():
        own = 12 if name == "image_gb" else x
        assert float(browser.js(f"$('f-{name}').value")) == own
    assert browser.js(YOURS) == ["image_gb"]
    browser.js("$('f-graph_capture_s').focus()")  # which, untouched, is the other set's as well
    browser.js("history.back()")
    browser.until("document.querySelector('#set :checked').value === 'lesson'")
    assert browser.js("location.search") == asked.replace("&figures=measured", "")
    assert float(browser.js("$('f-graph_capture_s').value")) == main.Scenario.graph_capture_s
    agrees(browser, "--with=preseed", "--set=image_gb=12")
    browser.js("history.forward()")
    browser.until("document.querySelector('#set :checked').value === 'measured'")
    browser.js("document.getElementById('reset').click()")
    browser.until(total("328 s"))
    assert (
        browser.js("location.search"),
        browser.js("document.querySelector('#set :checked').value"),
    ) == ("", "lesson")
    assert browser.js(YOURS) == []
    agrees(browser)


def test_a_link_opens_with_the_measured_figures_and_any_model(show: Any) -> None:
    browser = show("?figures=measured")
    agrees(browser, "--figures=measured")
    says = json.loads(called("traffic.py", "--figures=measured", "--json").stdout)
    assert f"{says['over_sla_fraction']:.2%} late" in browser.shown("day")
    assert (browser.js("document.querySelector('#set :checked').value"), browser.js(YOURS)) == (
        "measured",
        [],
    )
    assert browser.js("$('f-gpus_per_replica').value") == "4"
    browser.choose("model", "8b")
    browser.until("$('f-weights_gb').value === '16'")
    assert browser.js("$('f-gpus_per_replica').value") == "0"
    assert browser.js("location.search") == "?figures=measured&set=model=8b"
    agrees(browser, "--figures=measured", "--model=8b")
    browser.choose("f-engine_fixed_s", "40")
    browser.until("location.search.endsWith('&set=engine_fixed_s=40')")
    browser.until(f"String({YOURS}) === 'engine_fixed_s'")
    browser.choose("f-engine_fixed_s", str(main.MEASURED["engine_fixed_s"]))  # the set's own
    browser.until("location.search === '?figures=measured&set=model=8b'")
    browser = show("?figures=mesured")
    told = refused(called("main.py", "--figures=mesured")).strip()
    assert browser.shown("alert") == f"{told} (below: the file's own figures)"
    agrees(browser)


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("beside", ["raw", "other"])
def test_what_stands_beside_the_path_has_its_scale_of_time(
    show: Any, width: int, beside: str
) -> None:
    browser = show(f"?with=preseed,snapshot&beside={beside}".replace("&beside=raw", ""), width)
    report = json.loads(called("main.py", "--with=preseed,snapshot", "--json").stdout)
    browser.js("new Promise(done => setTimeout(done, 500))")  # what moves has arrived
    seconds = {"here": [row["seconds"] for row in report["phases"]]}
    seconds["raw"] = [row["raw_seconds"] for row in report["phases"]]
    if beside == "other":
        seconds["raw"] = [row["seconds"] for row in report["other_figures"]["phases"]]
    spans = []  # pixels of a bar, and its seconds
    for kind, expected in seconds.items():
        bars = f"[...document.querySelectorAll('#path rect.{kind}')]"
        wide = browser.js(f"{bars}.map(x => x.getBoundingClientRect().width)")
        spans += [row for row in zip(wide, expected, strict=True) if row[1] > 10]
    longest = max(spans, key=lambda span: span[1])
    assert longest[0] > 20
    for pixels, x in spans:
        assert pixels == pytest.approx(x * longest[0] / longest[1], abs=2.5)  # a stroke each


def test_a_bar_ends_at_its_second_of_the_axis(show: Any) -> None:
    browser = show("?with=preseed", 1280, 720)
    wait = "new Promise(done => setTimeout(done, 500))"  # what moves has arrived
    browser.js(wait)
    lines = (
        "[...document.querySelectorAll('#path rect.axis')].map(x => x.getBoundingClientRect().x)"
    )
    zero, *_, last = browser.js(lines)
    texts = "[...document.querySelectorAll('#path text')].map(x => x.textContent)"
    most = max(float(text) for text in browser.js(texts) if text.replace(".", "").isdigit())
    bars = "[...document.querySelectorAll('#path rect.here')]"
    spans = browser.js(f"{bars}.map(x => (b => [b.left, b.right])(x.getBoundingClientRect()))")
    report = json.loads(called("main.py", "--with=preseed", "--json").stdout)
    for (left, right), row in zip(spans, report["phases"], strict=True):
        for pixels, seconds in ((left, row["start_s"]), (right, row["end_s"])):
            if row["seconds"]:
                at = zero + (last - zero) * seconds / most
                assert pixels == pytest.approx(at, abs=2)
    raw = browser.js(f"{bars.replace('here', 'raw')}.map(x => x.getBoundingClientRect().right)")
    ends = itertools.accumulate(row["raw_seconds"] for row in report["phases"])
    assert raw == pytest.approx([zero + (last - zero) * x / most for x in ends], abs=2)


def test_what_the_other_figures_make_of_it_is_said(show: Any) -> None:
    other = json.loads(called("main.py", "--json").stdout)["other_figures"]
    assert show().shown("elsewhere") == other["text"]


def test_a_model_brings_its_weights(show: Any) -> None:
    browser = show()
    models = browser.js("[...document.getElementById('model').options].map(x => x.value)")
    assert models == [*main.MODELS]
    browser.choose("model", "13b")
    browser.until("document.getElementById('f-weights_gb').value === '26'")
    agrees(browser, "--model=13b")


def test_a_stack_of_the_table_can_be_taken(show: Any) -> None:
    browser = show()
    browser.js(
        "$('open').click(); [...document.querySelectorAll('#stacks button')].at(-1).click()"
    )
    browser.until(total("15.0 s"))
    assert browser.js("location.search") == "?with=preseed,snapshot,warm-node"
    focused = "document.activeElement.textContent === 'preseed, snapshot'"
    browser.js("[...document.querySelectorAll('#stacks button')].at(3).focus()")
    browser.js("document.activeElement.click()")
    browser.until(total("62.5 s"))
    assert browser.js(focused)


def test_a_server_that_is_gone_is_said_until_it_is_back(show: Any) -> None:
    browser = show()
    said = "document.getElementById('alert').innerText.startsWith('serve.py gives no answer')"
    browser.js("real = fetch; fetch = () => Promise.reject(); 0")
    browser.until(said)
    browser.js("fetch = real; 0")
    browser.until("!document.getElementById('alert').innerText")
    browser.js(
        "fetch = (address, how) => address === '/' ? real(address, how) : Promise.reject(); 0"
    )
    browser.layer("preseed")
    browser.until(said)
    browser.js("fetch = real; 0")
    browser.until("!document.getElementById('alert').innerText")
    assert browser.shown("total") == "148 s"


def test_a_shared_url_restores_the_view(show: Any, served: Served) -> None:
    query = "?with=preseed,stream&set=image_gb=12&pattern=diurnal&slots=2"
    browser = show(query)
    assert browser.checked() == ["preseed", "stream"]
    assert browser.js("document.getElementById('f-image_gb').value") == "12"
    assert browser.js("$('pattern').value") == "diurnal"
    agrees(browser, "--with=preseed,stream", "--set=image_gb=12")
    browser.layer("migrate")
    browser.until("location.search.includes('migrate')")
    browser.until("document.getElementById('command').innerText.includes('migrate')")
    text, shared = browser.shown("total"), browser.js("location.search")
    assert shared == query.replace("stream", "stream,migrate")
    show(shared)
    assert browser.shown("total") == text
    assert browser.checked() == ["preseed", "stream", "migrate"]


def test_names_of_the_command_line_open_a_view(show: Any) -> None:
    browser = show("?model=8b&with=all&sla=5&rate=90&keep-alive=60&set=sla_s=9&jitter")
    agrees(browser, "--model=8b", "--with=all", "--sla=5", "--rate=90", "--keep-alive=60")
    assert browser.shown("day-command").endswith(" --jitter")
    words = browser.shown("day-command").split()[2:]
    day = json.loads(called("traffic.py", *words, "--json").stdout)
    assert f"{day['over_sla_fraction']:.2%} late" in browser.shown("day")
    browser.layer("migrate")
    assert browser.js("location.search").endswith("&jitter")


def test_the_day_is_that_of_the_command_line(show: Any) -> None:
    browser = show("?with=warm-pool&pattern=bursty")
    words = ("--with=warm-pool", "--pattern=bursty")
    day = json.loads(called("traffic.py", *words, "--json").stdout)
    page = called("traffic.py", *words).stdout
    says = browser.shown("day")
    _, p50, _, p99, *_ = line_of(page, "TTFT of the served")
    assert says.startswith(f"{main.plain(day['requests'])} requests in 24 h: TTFT P50 {p50}, ")
    assert f"P99 {p99}, {day['over_sla_fraction']:.2%} late" in says
    table = browser.rows("timeline")
    assert [row[:2] for row in table[1:]] == [
        [str(row["hour"]), str(row["requests"])] for row in day["timeline"]
    ]


def test_numbers_are_written_as_the_text_writes_them(show: Any) -> None:
    browser, dice = show(), random.Random(3)
    values = [0.0, 0.25, 0.125, 0.75, 1.25, 2.25, 2.5, 12.5, 62.5, 0.9995, 99.95, 999.95, 1e7]
    values += [0.15, 0.00099, 999.6, 0.0625, 1000.0, 99.995, 1e8, 123456.5]
    values += [10 ** dice.uniform(-6, 11) for _ in range(400)]
    values += [dice.randrange(10**5) / 2 ** dice.randrange(6) for _ in range(400)]
    pairs: dict[str, Any] = {
        "three": main.number,
        "plain": main.plain,
        "duration": main.duration,
        "dollars": main.dollars,
        "(x => `${gbit(x)} Gbit/s`)": main.gbit,
        "(x => `${end(x)}-${end(x)}`)": lambda x: main.span(x, x),
        "(x => percent(x, 1))": lambda x: f"{x:.1%}",
        "(x => fixed(x, 1))": lambda x: f"{x:.1f}",
    }
    for script, form in pairs.items():
        few = [x for x in values if "percent" not in script or x < 1]
        found = browser.js(f"{json.dumps(few)}.map({script})")
        assert [(x, says, form(x)) for x, says in zip(few, found) if says != form(x)] == []


def test_an_edit_a_broken_save_and_its_repair_arrive(show: Any, served: Served) -> None:
    browser, program = show("?with=preseed"), served.folder / "main.py"
    source = program.read_text(encoding="utf-8")
    try:
        program.write_text(source.replace(PROVISION, "node_provision_s: float = 40.0"), "utf-8")
        browser.until(total("138 s"), 3)
        assert browser.js("document.getElementById('f-node_provision_s').value") == "40"
        line = source[: source.index(PROVISION)].count("\n") + 1
        program.write_text(source.replace(PROVISION, "node_provision_s: float = (50.0"), "utf-8")
        line_says = f"code/main.py, line {line}: node_provision_s: float = (50.0"
        browser.until(f"document.getElementById('alert').innerText.startsWith('{line_says}')", 3)
        browser.until("document.getElementById('alert').innerText.includes('last good view')")
        assert browser.shown("total") == "138 s"
        program.write_text(source, "utf-8")
        browser.until(total("148 s"), 3)
        browser.until("!document.getElementById('alert').innerText")
    finally:
        program.write_text(source, "utf-8")


def test_an_edit_that_cannot_be_drawn_is_said_and_its_repair_arrives(
    show: Any, served: Served
) -> None:
    browser, program = show(), served.folder / "main.py"
    source = program.read_text(encoding="utf-8")
    try:
        program.write_text(source.replace('"alone": [', '"lonely": ['), "utf-8")
        browser.until("document.getElementById('alert').innerText.includes('cannot draw')", 3)
        program.write_text(source.replace(PROVISION, "node_provision_s: float = 30.0"), "utf-8")
        browser.until(total("308 s"), 3)
        browser.until("!document.getElementById('alert').innerText")
    finally:
        program.write_text(source, "utf-8")


def test_min_workers_is_that_of_the_simulated_day(show: Any) -> None:
    browser = show("?min-workers=2&with=warm-pool")
    assert "0.00% late, 0 cold starts" in browser.shown("day")
    agrees(browser, "--min-workers=2", "--with=warm-pool")
    browser.enter("min_workers", "3")
    browser.until("location.search === '?with=warm-pool&min-workers=3'")
    browser.until("dayAt === location.search")
    agrees(browser, "--min-workers=3", "--with=warm-pool")
    browser = show("?min-workers=1")  # of any run, with the layer or without
    day = json.loads(called("traffic.py", "--min-workers=1", "--json").stdout)
    assert f"{day['over_sla_fraction']:.2%} late" in browser.shown("day")
    assert browser.shown("day").endswith(main.dollars(day["usd"]))
    browser = show("?cold-start-s=120")
    assert browser.shown("total") == "120 s"


def test_bad_input_shows_the_sentence_and_keeps_the_view(show: Any) -> None:
    browser = show()
    browser.enter("image_gb", "-3")
    says = browser.until("document.getElementById('alert').innerText")
    told = refused(called("main.py", "--set=image_gb=-3")).strip().removeprefix("--set: ")
    assert says == f"{told} (below: the last good view)"
    assert browser.shown("total") == "328 s"
    assert browser.js("[...document.querySelectorAll('[aria-invalid]')].map(x => x.id)") == [
        "f-image_gb"
    ]
    browser.enter("image_gb", "20")
    browser.until(total("268 s"))
    assert browser.shown("alert") == ""
    assert browser.js("document.querySelector('[aria-invalid]')") is None


def test_a_link_that_is_wrong_shows_why_and_the_figures_of_the_file(show: Any) -> None:
    browser = show("?with=preseed&set=image_gb=-3")
    told = called("main.py", "--with=preseed", "--set=image_gb=-3")
    says = refused(told).strip().removeprefix("--set: ")
    assert browser.shown("alert") == f"{says} (below: the file's own figures)"
    agrees(browser)
    browser.enter("image_gb", "20")
    browser.until(total("268 s"))
    assert browser.shown("alert") == ""


def test_a_day_that_is_refused_from_the_start_is_left_out(show: Any, served: Served) -> None:
    browser = show()
    browser.do("Page.navigate", url=f"{served.root}?with=preseed&patern=bursty")
    says = browser.until("document.getElementById('alert')?.innerText")
    assert says == refused(called("traffic.py", "--patern=bursty")).strip()
    agrees(browser, "--with=preseed")
    assert browser.shown("day") == browser.shown("day-command") == ""


def test_asking_ends_while_nothing_changes(show: Any) -> None:
    browser = show("?set=image_gb=-3")
    asked = "performance.getEntriesByType('resource').filter(x => x.name.includes('/api/')).length"
    before = browser.js(asked)
    assert before == 3  # the view that is refused, and the file's own report and day
    heads = "performance.getEntriesByType('resource').filter(x => /^.{8}[^/]*.$/.test(x.name))"
    browser.until(f"{heads}.length > 4")  # which ask whether a file is another one
    assert browser.js(asked) == before


@pytest.mark.parametrize("width", [360, 1024, 1250, 3840])
def test_all_of_it_fits_at_every_width_in_light_and_dark(show: Any, width: int) -> None:
    browser = show("?model=405b&with=all", width, 900)
    assert browser.js("document.documentElement.scrollWidth") == width
    seen = "[...document.querySelectorAll('svg text, section input, dd, h2')]"
    right = "x.getBoundingClientRect().right"
    assert browser.js(f"{seen}.filter(x => {right} > {width} + 1).map(x => x.outerHTML)") == []
    colours = (
        "['color', 'backgroundColor'].map(x => getComputedStyle(document.documentElement)[x])"
    )
    pictures = set()
    for scheme in ("light", "dark"):
        browser.media(prefers_color_scheme=scheme)
        light = [sum(map(int, re.findall(r"\d+", x)[:3])) for x in browser.js(colours)]
        assert light[0] < 100 < 600 < light[1] or scheme == "dark"
        assert light[1] < 100 < 600 < light[0] or scheme == "light"
        pictures.add(browser.picture())
    assert len(pictures) == 2


@shipped_layers
def test_it_prints_to_one_page(show: Any) -> None:
    import base64

    browser = show("?with=all", 1920, 1080)
    printed = browser.do("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
    assert len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"]))) == 1


def test_the_keyboard_alone_is_enough(show: Any) -> None:
    browser = show()
    browser.js("document.getElementById('advice').focus()")
    browser.key("Tab", windowsVirtualKeyCode=9)  # to the first layer
    browser.key(" ", windowsVirtualKeyCode=32, text=" ")
    browser.until(total("148 s"))
    assert browser.js("document.activeElement.value") == "preseed"
    assert browser.js("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.js("document.querySelector('#set :checked').focus()")
    browser.key("ArrowRight", windowsVirtualKeyCode=39)
    browser.until("location.search === '?with=preseed&figures=measured'")
    assert browser.js("document.activeElement.value") == "measured"


def test_a_screen_reader_hears_a_name_for_everything(show: Any) -> None:
    browser = show()
    browser.js(
        "$('open').click(); document.querySelectorAll('details').forEach(x => x.open = true)"
    )
    nodes = browser.do("Accessibility.getFullAXTree")["nodes"]
    said: dict[str, list[str]] = {}
    for node in nodes:
        if not node["ignored"]:
            said.setdefault(node["role"]["value"], []).append(
                node["name"].get("value", "").strip()
            )
    for role in (
        "checkbox",
        "radio",
        "spinbutton",
        "slider",
        "combobox",
        "button",
        "image",
        "region",
        "table",
    ):
        assert all(said[role]), role
    assert {"weights, GB", "SLA, P99 TTFT, s", "keep-alive, s"} <= {*said["spinbutton"]}
    assert {*said["combobox"]} == {"model", "arrivals"}
    assert {f"figures: {name}" for name in NAMES.values()} <= {*said["table"]}
    assert sum("Tokens take less time" in name for name in said["image"]) == 1
    assert len(said["image"]) == 4  # each a picture, and what is in it a table behind it
    assert {"phases", "rates", "networks", "timeline"} <= {
        *browser.js("[...document.querySelectorAll('section details table')].map(x => x.id)")
    }
