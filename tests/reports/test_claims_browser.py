"""The page of documented values in a browser: thousands of rows, on a phone and on a desk."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from browser import Browser, browser
from test_claims_page import PLAIN, RUNS

from reports import claims

COUNT = 5000
SHOWN = "[...document.querySelectorAll('#matrix tbody tr')].filter(row => !row.hidden).length"
TOLD = "document.getElementById('shown').textContent"
MORE = "getComputedStyle(document.querySelector('[data-more]')).display"


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Browser:
    with browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    many = [
        (
            dataclasses.replace(PLAIN, model=f"fish-{at}", batch_size=at, printed=f"{at}.5", value=at + 0.5),
            "sea",
        )
        for at in range(1, COUNT)
    ]
    path = tmp_path_factory.mktemp("pages") / "claims.html"
    path.write_text(claims.render([*many, (RUNS, "land")], readmes=2, unread=0), encoding="utf-8")
    return path


@pytest.fixture(params=[1280, 390])
def page(opened, file, request) -> Browser:
    opened.size(request.param, 900)
    opened.open(file)
    opened.complaints()
    opened.requests()
    yield opened
    assert opened.complaints() == []
    assert [address for address in opened.requests() if not address.startswith("file://")] == []


def search(page: Browser, words: str) -> None:
    page.ask(
        "(() => { const field = document.querySelector('.filters input'); "
        f"field.value = {words!r}; field.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"
    )


def test_a_page_of_thousands_shows_some_and_more_on_request(page):
    assert (page.ask(SHOWN), page.ask(TOLD)) == (claims.MOST, f"{COUNT} / {COUNT}")
    assert page.ask(MORE) != "none"
    page.ask("document.querySelector('[data-more]').click()")
    assert page.ask(SHOWN) == 2 * claims.MOST


def test_a_search_finds_rows_that_were_not_shown(page):
    search(page, "fish-4321")
    assert (page.ask(SHOWN), page.ask(TOLD), page.ask(MORE)) == (1, f"1 / {COUNT}", "none")
    search(page, "tinybert t4")
    assert page.ask(SHOWN) == 1


def test_sorting_brings_the_largest_of_all_to_the_top(page):
    for _ in range(2):
        page.ask("document.querySelector('#matrix thead th:nth-child(6) button').click()")
    first = page.ask("document.querySelector('#matrix tbody tr:not([hidden]) td:nth-child(6)').innerText")
    assert first.split()[0] == f"{COUNT - 1}.5"
    assert page.ask(SHOWN) == claims.MOST


def test_nothing_is_wider_than_the_screen(page):
    assert page.ask("document.documentElement.scrollWidth <= innerWidth")
