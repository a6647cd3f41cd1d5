"""The page of documented values: complete, self-contained, and safe whatever READMEs print."""

from __future__ import annotations

import dataclasses

import hostile
import pytest
from speaking import english
from test_report_html import hash_of, parse

from harness.domain.documented import DocumentedClaim, Lack, Need, Place
from reports import claims
from reports.language import Language

PLAIN = DocumentedClaim(
    model="lanternfish", chip="ascend310p", batch_size=8, metric="throughput", printed="400.5", value=400.5,
    unit="samples/s", role="measured", settings={"length": 384, "aoe": True},
    place=Place(document="lanternfish", file="zoo/sea/lanternfish/README.md", line=6),
    lacks=(Need(what=Lack.MODEL, why="lanternfish is only a name"),),
)  # fmt: skip
RUNS = DocumentedClaim(
    model="tinybert", chip="t4", metric="accuracy", printed="92.66", value=92.66, unit="percent",
    role="measured", place=Place(document="tiny", file="zoo/land/tiny/README.md", line=9),
    runs="tinybert-t4-bs8",
)  # fmt: skip
HOSTILE_FIELDS = (
    "model", "variant", "chip", "precision", "metric", "called", "printed", "unit", "role", "runs"
)  # fmt: skip


def rendered(*found: tuple[DocumentedClaim, str], **said: object) -> str:
    return claims.render(found, readmes=2, unread=3, **said)


@pytest.fixture
def page() -> str:
    return rendered((PLAIN, "sea"), (RUNS, "land"))


def hostile_claim() -> DocumentedClaim:
    fields = {name: hostile.text(name) for name in HOSTILE_FIELDS}
    place = Place(document=hostile.text("document"), file=f"zoo/{hostile.text('file')}", line=1)
    return dataclasses.replace(
        PLAIN, **fields, place=place, settings={"dataset": hostile.text("dataset")},
        lacks=(Need(what=Lack.MODEL, why=hostile.text("why")),),
    )  # fmt: skip


def test_the_headline_counts_and_each_claim_has_a_row(page):
    shown = english(page)
    assert "2 documented values of 2 models in 2 documents; 1 have a case that measures them." in shown
    text = " ".join(parse(page).text().split())
    for said in ("lanternfish", "400.5 samples/s", "length 384, AOE", "sea/lanternfish/README.md:6",
                 "tinybert-t4-bs8", "lanternfish is only a name"):  # fmt: skip
        assert said in text


def test_folders_are_counted_apart(page):
    rows = english(page).split('<section id="folders">')[1].split("</table>")[0]
    assert [name for name in ("sea", "land") if f'row">{name}' in rows] == ["sea", "land"]


def test_the_page_is_self_contained_and_its_policy_holds(page):
    found = parse(page)
    assert [tag for tag, _ in found.elements].count("script") == 1
    assert not found.tags & {"img", "link", "iframe", "object", "embed", "form", "base", "audio"}
    for name in ("src", "style", "action"):
        assert found.attributes(name) == []
    assert all(target.startswith("#") for target in found.attributes("href"))
    ids = found.attributes("id")
    assert {target.removeprefix("#") for target in found.attributes("href")} <= set(ids)
    assert f"script-src {hash_of(page, 'script')}" in page.replace("&#39;", "'")
    assert f"style-src {hash_of(page, 'style')}" in page.replace("&#39;", "'")


def test_hostile_text_is_shown_as_text_and_adds_no_element():
    text = rendered((hostile_claim(), hostile.text("folder")))
    found, plain = parse(text), parse(rendered((PLAIN, "sea"), (RUNS, "land")))
    shown = found.text()
    for name in (*HOSTILE_FIELDS, "file", "dataset", "why", "folder"):
        if name not in ("metric",):  # its own words stand in its place
            assert hostile.tag(name) in shown, name
    assert found.tags <= plain.tags
    assert "\x1b" not in text
    assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]


def test_every_row_is_there_without_scripts_and_the_script_shows_some_at_a_time():
    many = [
        (dataclasses.replace(PLAIN, batch_size=size, printed=str(size)), "sea") for size in range(1, 1001)
    ]
    text = claims.render(many, readmes=1, unread=0)
    assert text.count("<tr data-folder") == 1000
    assert f'data-most="{claims.MOST}"' in text


def test_the_page_opens_in_chinese_on_request():
    assert rendered((PLAIN, "sea"), language=Language.CHINESE).startswith(
        '<!doctype html>\n<html lang="zh-CN"'
    )


def test_a_kind_of_lack_tells_its_sentences_with_their_counts():
    many = [
        (dataclasses.replace(PLAIN, lacks=(Need(what=Lack.MODEL, why=f"reason {at}"),)), "sea")
        for at in range(claims.REASONS + 5)
    ]
    made = claims.build([*many, (PLAIN, "sea"), (PLAIN, "sea")], readmes=1, unread=0)
    [reasons] = made.reasons
    assert (reasons.claims, reasons.more) == (claims.REASONS + 7, 6)
    assert reasons.sentences[0] == ("lanternfish is only a name", 2)
