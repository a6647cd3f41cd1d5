"""The page in a browser: what a reader clicks, at phone and desktop width, in both themes and languages."""

from __future__ import annotations

from pathlib import Path

import factory
import hostile
import pytest
from browser import Browser, browser

from harness.domain.cases import Kind
from harness.domain.measurements import Origin
from harness.domain.models import Weights
from harness.domain.series import Series
from harness.store.reading import Point
from reports import html

ROWS = "[...document.querySelectorAll('#matrix tbody tr')]"
SHOWN = f"{ROWS}.filter(row => row.getBoundingClientRect().height > 0)"
CASES = f"{ROWS}.map(row => row.cells[0].innerText.split('\\n')[0])"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def points() -> list[Point]:
    """A short history of one case."""
    series = Series(
        case="tinybert-ascend310p-bs8", kind=Kind.THROUGHPUT, check="", origin=Origin.CHIP,
        weights=Weights.FULL, data=None, protocol=None, limit=None,
    )  # fmt: skip
    return [
        Point(series=series, value=value, expected=5871.86, bad=value < 5500)
        for value in (5800.0, 5300.0, 5900.0)
    ]


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Browser:
    with browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture(scope="module")
def pages(catalog, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    page = html.render(catalog, factory.mixed(catalog), history=points())
    (folder / "mixed.html").write_text(page, encoding="utf-8")
    (folder / "hostile.html").write_text(html.render(catalog, hostile.results(catalog)), encoding="utf-8")
    return folder


@pytest.fixture
def page(opened, pages) -> Browser:
    """The page anew, on a desktop; after the test: nothing in the console, nothing asked of any network."""
    opened.size(1280, 900)
    opened.open(pages / "mixed.html")
    opened.ask("localStorage.clear()")
    opened.open(pages / "mixed.html")
    opened.complaints()
    opened.requests()
    yield opened
    assert opened.complaints() == []
    assert [address for address in opened.requests() if not address.startswith("file://")] == []


def test_a_click_on_a_head_sorts_and_another_turns_the_order_around(page):
    head = "#matrix thead th:nth-child(4) button"
    values = f"{ROWS}.map(row => row.cells[3].dataset.v).filter(Boolean).map(Number)"
    page.click(head)
    up = page.ask(values)
    assert up == sorted(up)
    assert page.ask("document.querySelector('#matrix th:nth-child(4)').ariaSort") == "ascending"
    page.click(head)
    assert page.ask(values) == sorted(up, reverse=True)
    page.click("#matrix thead th:nth-child(1) button")
    assert page.ask(CASES)[0] == "tinybert-ascend310-bs8"


def test_a_choice_and_words_filter_the_rows_and_clear_brings_them_back(page):
    assert page.ask(f"{SHOWN}.length") == 11
    page.click("select[name=kind] option[value=conformance]")
    assert page.ask(f"{SHOWN}.map(row => row.dataset.kind)") == ["conformance"]
    assert page.ask("document.getElementById('shown').textContent") == "1 / 11"
    page.click(".filters button")
    page.driver.find_element("css selector", ".filters input").send_keys("t4 bs8")
    assert set(page.ask(f"{SHOWN}.map(row => row.dataset.chip)")) == {"NVIDIA T4"}
    page.click(".filters button")
    assert page.ask(f"{SHOWN}.length") == 11


def test_a_count_at_the_top_filters_by_its_verdict(page):
    page.click(".tile.falls-short a")
    assert page.ask(f"{SHOWN}.map(row => row.dataset.verdict)") == ["falls-short"] * 2


def test_the_theme_is_chosen_and_kept(page, pages):
    page.click("[data-set-theme=dark]")
    dark = page.ask(BACKGROUND)
    page.click("[data-set-theme=light]")
    light = page.ask(BACKGROUND)
    assert dark != light
    page.click("[data-set-theme=dark]")
    page.open(pages / "mixed.html")
    assert page.ask(BACKGROUND) == dark


def test_the_language_changes_everywhere_at_a_click(page):
    page.click("[data-set-lang]")
    assert page.ask("document.documentElement.lang") == "zh-CN"
    headline = (
        "11 个结果中，2 个未达到，1 个无法测量。检验了 4 个文档值：未达到 1，已复现 3；1 个降幅未劣化。"
    )
    assert page.ask("document.querySelector('h1').innerText") == headline
    assert page.ask("document.querySelector('select[name=chip] option').textContent") == "芯片：全部"
    assert page.ask("document.querySelector('.filters input').placeholder") == "搜索"
    for selector in ("h2", "nav a", "h4", "th button", ".controls [data-set-theme]"):
        texts = f"[...document.querySelectorAll('{selector}')].map(item => item.innerText)"
        assert page.ask(f"{texts}.filter(text => /^[a-z ']+$/i.test(text))") == []
    drawn = (
        "[...document.querySelectorAll('.chart text')].map(text => text.textContent && text.getBBox().width)"
    )
    assert all(width > 0 for width in page.ask(f"{drawn}.filter(width => width !== '')"))
    page.click("[data-set-lang]")
    assert page.ask("document.querySelector('h1').innerText").startswith("Of 11 results")
    assert page.ask("document.querySelector('select[name=chip] option').textContent") == "all: chip"


def test_a_case_link_leads_to_its_open_detail(page):
    page.click("#matrix tbody tr:nth-child(3) a")
    place = page.ask("decodeURIComponent(location.hash)")
    assert page.ask(f"document.querySelector('{place}').closest('details').open") is True
    assert page.ask(f"document.querySelector('{place}').getBoundingClientRect().height") > 0


def test_the_keyboard_reaches_every_control(page):
    """Links, buttons, fields and summaries are in the order of tabbing, none is taken out of it."""
    assert page.ask("document.querySelectorAll('[tabindex=\"-1\"]').length") == 0
    reached = []
    for _ in range(6):
        page.driver.switch_to.active_element.send_keys("\ue004")
        reached.append(page.ask("document.activeElement.tagName"))
    assert reached[0] == "A"  # past the navigation
    assert reached[1:5] == ["BUTTON"] * 4


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_runs_out_of_the_page(page, width, language, theme):
    """Wide tables scroll in their own box, the page does not; and every word of ours is in one language."""
    page.size(width, 800)
    if language == "zh":
        page.click("[data-set-lang]")
    page.click(f"[data-set-theme={theme}]")
    assert page.ask("document.documentElement.scrollWidth") <= width
    other = ".zh, z-h" if language == "en" else ".en, e-n"
    visible = f"[...document.querySelectorAll('{other}')].filter(item => item.getClientRects().length)"
    assert page.ask(f"{visible}.length") == 0


def test_without_scripts_every_table_is_there_in_english(opened, pages):
    opened.size(1280, 900)
    opened.open(pages / "mixed.html", scripts=False)
    text = opened.driver.find_element("css selector", "body").text
    rows = opened.driver.find_elements("css selector", "#matrix tbody tr")
    assert len([row for row in rows if row.is_displayed()]) == 11
    assert not opened.driver.find_element("css selector", ".filters").is_displayed()
    assert text.startswith("zoocheck report")
    assert "个结果" not in text
    opened.cdp("Emulation.setScriptExecutionDisabled", value=False)


def test_a_hostile_page_runs_nothing_and_asks_for_nothing(opened, pages):
    opened.open(pages / "hostile.html")
    opened.requests()
    opened.click("[data-set-lang]")
    assert opened.ask("document.scripts.length") == 1
    assert opened.complaints() == []
    assert all(address.startswith("file://") for address in opened.requests())


def test_the_policy_holds_against_what_would_get_in(opened, pages):
    """A script and an image put into the page are refused: the policy is in force, not only written."""
    opened.open(pages / "mixed.html")
    opened.complaints()
    opened.requests()
    opened.ask(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.gotIn = 1';"
        " document.body.append(s); new Image().src = 'https://example.invalid/x.png'; return 1; })()"
    )
    assert opened.ask("window.gotIn ?? 0") == 0
    refused = [said for said in opened.complaints() if "Content Security Policy" in said]
    assert len(refused) == 2
