"""The table of verdicts at the end of a run."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import factory
import hostile
import pytest
from rich.console import Console

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.errors import NoSamples
from reports import page
from reports.terminal import MOST_OPEN, counts_line, drawn_lines, not_shown_line, open_lines, verdict_table


def printed(results, *, width: int = 140, colour: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=colour)
    console.print(verdict_table(results))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_row_says_what_was_documented_measured_and_judged(catalog):
    lines = printed([factory.accuracy(catalog, "tinybert-ascend310p-bs8", 190, 240)]).splitlines()
    assert lines[0].split() == ["case", "kind", "documented", "measured", "verdict", "origin"]
    assert " ".join(lines[1].split()) == (
        "tinybert-ascend310p-bs8 accuracy 92.32 79.17 % ✓ survives (drop) stand-in, mini"
    )


def test_every_result_has_a_row_with_its_verdict_in_words(catalog):
    text = printed(factory.mixed(catalog))
    assert len(text.splitlines()) == 12
    for word in ("▼ falls short (drop)", "✖ error", "○ no reference", "≠ not comparable"):
        assert word in text
    assert "123.45 samples/s †" in text
    assert "0.0125 spreads" in text


def test_of_more_than_a_page_holds_the_worst_have_rows_and_the_others_are_told(catalog, monkeypatch):
    results = factory.mixed(catalog)
    file = Path("report-results.jsonl")
    assert not_shown_line(results, file) == ""
    whole = [line.split() for line in printed(results).splitlines()]
    monkeypatch.setattr(page, "SHOWN", 3)
    lines = printed(results).splitlines()
    assert len(lines) == 1 + 3
    assert "▼ falls short" in lines[1] + lines[2] + lines[3]
    assert all(line.split() in whole for line in lines)
    left = int(counts_line(results).split()[0]) - 3
    assert not_shown_line(results, file) == (
        f"{left} more results, none worse than these: report-results.jsonl has all, one a line"
    )


def test_the_counts_are_one_line(catalog):
    assert counts_line(factory.mixed(catalog)) == (
        "11 results: falls short 2, error 1, reproduced 3, survives 2, no reference 1, not comparable 2"
    )
    assert counts_line([factory.throughput(catalog, "tinybert-t4-bs1", 1.0)]) == "1 result: not comparable 1"


def test_what_a_check_leaves_open_is_told_in_words(catalog):
    """It is no failure, and pytest shows a dot; what is good, or no check of an artifact, is not repeated."""
    assert open_lines(factory.mixed(catalog)) == []
    found = [factory.conformance(catalog, "tinybert-cpu-bs1", 0.001, check="good")]
    for at in range(MOST_OPEN + 2):
        good = factory.conformance(catalog, "tinybert-cpu-bs1", 0.001, check=f"check {at}")
        said = dataclasses.replace(good.verdict, kind=VerdictKind.NOT_COMPARABLE, message=f"it hangs on {at}")
        found.append(dataclasses.replace(good, verdict=said))
    lines = open_lines(found)
    assert lines[0] == "left open: it hangs on 0"
    assert len(lines) == MOST_OPEN + 1
    assert lines[-1] == "left open: 2 more"


def test_no_text_steers_the_terminal_or_is_read_as_markup(catalog):
    results = [
        *hostile.results(catalog),
        factory.conformance(catalog, "tinybert-cpu-bs1", 0.001),
        factory.judged(None, factory.measurement("[bold red]case[/]", Kind.ACCURACY)),
    ]
    text = printed(results, width=2000)
    assert "\x1b" not in text
    assert "[bold red]case[/]" in text
    assert len(text.splitlines()) == 1 + len(results)


def test_no_results_are_an_error(catalog):
    with pytest.raises(NoSamples):
        verdict_table([])
    with pytest.raises(NoSamples):
        counts_line([])


def test_a_verdict_by_drawn_samples_says_so(catalog: Catalog) -> None:
    results = [factory.drawn(catalog, "tinybert-ascend310p-bs8", 140, 150)]
    said = "drawn until sure: tinybert-ascend310p-bs8 by 150 of 240 samples, sequential, 99 %"
    assert drawn_lines(results) == [said]
    assert drawn_lines([factory.accuracy(catalog, "tinybert-ascend310p-bs8", 190, 240)]) == []
