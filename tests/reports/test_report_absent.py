"""What was not run, in every form of the report."""

from __future__ import annotations

import factory
import hostile

from harness.domain.cases import Kind
from harness.store.notrun import NotRun
from reports import absent, html, markdown
from reports.page import build

CASE = "tinybert-ascend310p-bs8"
NO_PIPELINE = "the text pipeline is not here"


def skipped(case: str, kind: Kind = Kind.ACCURACY, reason: str = NO_PIPELINE, **options: bool) -> NotRun:
    return NotRun(case=case, kind=kind, reason=reason, **options)


def test_one_reason_is_told_once_with_its_cases_folded():
    """Batch sizes fold where the kinds are the same; a reason that begins with its case folds as well."""
    items = [
        skipped("a-x-bs1"),
        skipped("a-x-bs16"),
        skipped("a-x-bs8"),
        skipped("a-x-bs8", Kind.THROUGHPUT),
        skipped("b-y-bs2", reason="b-y-bs2: random weights have no accuracy"),
        skipped("c-y-bs2", reason="c-y-bs2: random weights have no accuracy"),
    ]
    found = absent.absences(items)
    assert [(item.reason, item.count) for item in found] == [
        (NO_PIPELINE, 4),
        ("random weights have no accuracy", 2),
    ]
    assert found[0].cases == ("a-x-bs{1,16} (accuracy)", "a-x-bs8 (accuracy, throughput)")
    assert found[1].cases == ("b-y-bs2 (accuracy)", "c-y-bs2 (accuracy)")


def test_a_claim_with_a_result_was_run(catalog):
    """Another session of the run has measured it; half of it (one protocol of two) is not all of it."""
    results = [factory.accuracy(catalog, CASE, 190, 240)]
    speed, half = skipped(CASE, Kind.THROUGHPUT), skipped(CASE, partly=True)
    assert absent.still_missing([skipped(CASE), speed], results) == (speed,)
    assert absent.still_missing([half], results) == (half,)


def test_the_headline_says_how_much_was_not_run(catalog):
    good = [factory.accuracy(catalog, CASE, 190, 240)]
    items = [skipped("a-x-bs1"), skipped("a-x-bs2")]
    assert build(catalog, good).headline.startswith("Nothing falls short in the only result. No ")
    assert build(catalog, good, items).headline.startswith(
        "Nothing falls short in the only result; 2 claims were not run. No "
    )
    assert build(catalog, factory.mixed(catalog), items[:1]).headline.startswith(
        "Of 11 results, 2 fall short and 1 could not be measured; 1 claim was not run. 4 documented "
    )


def test_both_forms_have_the_section_only_where_something_was_skipped(catalog):
    good = [factory.accuracy(catalog, CASE, 190, 240)]
    items = [skipped("a-x-bs1"), skipped("a-x-bs2")]
    text = markdown.render(catalog, good, items)
    assert f"## Not run\n\n- **2**: {NO_PIPELINE}: a-x-bs{{1,2}} (accuracy)\n" in text
    page = html.render(catalog, good, items)
    assert '<section id="not-run">' in page
    assert '<a href="#not-run">' in page
    assert "a-x-bs{1,2} (accuracy)" in page
    assert "## Not run" not in markdown.render(catalog, good)
    assert "not-run" not in html.render(catalog, good)


def test_hostile_reasons_and_cases_stay_text(catalog):
    good = [factory.accuracy(catalog, CASE, 190, 240)]
    page, text = (form.render(catalog, good, hostile.not_run()) for form in (html, markdown))
    for field in ("skipped-case", "skip-reason"):
        for rendered in (page, text):
            assert hostile.tag(field) not in rendered
            assert f"&lt;script&gt;{field}&lt;/script&gt;" in rendered
    assert "<" not in text.replace("<br>", "")
    assert "\x1b" not in page + text
    (line,) = [line for line in text.splitlines() if line.startswith("- **1**")]
    assert "skipped-case" in line


def test_the_terminal_has_one_line():
    assert absent.terminal_line([]) == ""
    items = [skipped("a-x-bs1"), skipped("a-x-bs2"), skipped("b-x-bs1", reason="\x1b[31m" + "long\n" * 99)]
    line = absent.terminal_line(items)
    assert line.startswith(f"3 claims were not run (2: {NO_PIPELINE}; 1: ")
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 300
