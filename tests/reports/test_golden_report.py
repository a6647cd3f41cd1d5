"""A whole small report on pinned results, kept as text: a change of words is seen in review.

``ZOOCHECK_REGEN=1 pytest tests/reports/test_golden_report.py`` writes ``golden/`` anew; review what changed.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from factory import measurement, mixed, on_chip, throughput
from speaking import english

from harness.cli.formats import results_text
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Weights
from harness.store.notrun import NotRun
from harness.store.results import Result
from harness.tables.cases import named
from harness.verdicts import plain, throughputs
from reports import github, html, markdown, page, terminal
from reports.language import Language
from reports.outcomes import outcomes

GOLDEN = Path(__file__).parent / "golden"
HIDDEN = {"style", "script", "svg", "title"}
BREAKS = {
    "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "summary", "section", "table", "dl", "dt", "details",
    "pre",
}  # fmt: skip
NOT_RUN = (
    NotRun(case="tinybert-mlu370-bs8", kind=Kind.THROUGHPUT, reason="no card; run it where there is one"),
    NotRun(case="tinybert-mlu370-bs8", kind=Kind.ACCURACY, reason="no card; run it where there is one"),
)


def results(catalog: Catalog) -> Sequence[Result]:
    """Every kind of claim, origin and verdict: `factory.mixed`, and what it leaves out."""
    imported = measurement(
        "tinybert-t4-bs8", Kind.THROUGHPUT, origin=Origin.IMPORTED, weights=Weights.UNKNOWN, data=None,
        metrics={"throughput": 3000.0}, detail={"tool": "trtexec", "log": "trtexec.log"},
    )  # fmt: skip
    simulated = measurement(
        "tinybert-ascend310-bs8", Kind.THROUGHPUT, origin=Origin.SIMULATED, metrics={"throughput": 10.0}
    )
    counted: Any = {"devices": 1, "document": catalog.documents["ascend-tinybert"]}
    short = throughputs.judge_throughput(
        named(catalog, "tinybert-ascend310p-bs1"), 12.5, None, Origin.CHIP, **counted
    )
    known = measurement(
        "tinybert-ascend310p-bs1", Kind.THROUGHPUT, origin=Origin.CHIP, weights=Weights.FULL,
        metrics={"throughput": 12.5},
    )  # fmt: skip
    return (
        *mixed(catalog),
        throughput(catalog, "tinybert-ascend310p-bs16", 99_000.0, **on_chip()),
        Result(
            measurement=imported,
            verdict=throughputs.judge_throughput(
                named(catalog, "tinybert-t4-bs8"), 3000.0, None, Origin.IMPORTED, "made in FP16", **counted
            ),
        ),
        Result(
            measurement=simulated,
            verdict=throughputs.judge_throughput(
                named(catalog, "tinybert-ascend310-bs8"), 10.0, None, Origin.SIMULATED, **counted
            ),
        ),
        Result(
            measurement=known, verdict=plain.known_gap(short, "slower since driver 550, until 2026-12-31")
        ),
        Result(measurement=measurement("tinybert-t4-bs4", Kind.ACCURACY), verdict=None),
    )


class Lines(HTMLParser):
    """The text that a reader of a page sees, a line an element that stands on one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[str]] = [[]]
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in HIDDEN:
            self.inside.append(tag)
        if tag in BREAKS:
            self.lines.append([])
        if tag in ("td", "th", "dd"):
            self.lines[-1].append("|")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            self.inside.remove(tag)
        if tag in BREAKS:
            self.lines.append([])

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.lines[-1].append(data)


def visible(text: str) -> str:
    """The English page as lines of text."""
    seen = Lines()
    seen.feed(english(text))
    joined = (" ".join("".join(line).split()) for line in seen.lines)
    return "\n".join(line for line in joined if line) + "\n"


def github_summary(catalog: Catalog) -> str:
    return "\n".join(github.job_summary("run-1", outcomes(results(catalog)), NOT_RUN)) + "\n"


def as_json(catalog: Catalog) -> str:
    """What `--format json` writes, a key a line; of the latencies only how many there are."""
    document = json.loads(results_text(results(catalog), NOT_RUN))
    for result in document["results"]:
        raw = result["measurement"]["raw"]
        raw |= {name: len(values) for name, values in raw.items()}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def headline(catalog: Catalog) -> str:
    found = outcomes(results(catalog))
    both = page.headline(found, len(NOT_RUN))
    return f"{both}\n{terminal.counts_line(results(catalog))}\n"


FORMS: dict[str, Callable[[Catalog], str]] = {
    "report.md": lambda catalog: markdown.render(catalog, results(catalog), NOT_RUN),
    "report.zh.md": lambda catalog: markdown.render(
        catalog, results(catalog), NOT_RUN, language=Language.CHINESE
    ),
    "page.txt": lambda catalog: visible(html.render(catalog, results(catalog), NOT_RUN)),
    "results.json": as_json,
    "github.md": github_summary,
    "headline.txt": headline,
}


@pytest.mark.parametrize("name", FORMS)
def test_a_report_is_what_it_was(catalog: Catalog, name: str):
    """To the letter; the difference is shown."""
    text, path = FORMS[name](catalog), GOLDEN / name
    if os.environ.get("ZOOCHECK_REGEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    kept = path.read_text(encoding="utf-8")
    difference = difflib.unified_diff(
        kept.splitlines(), text.splitlines(), f"golden/{name}", "this report", lineterm="", n=1
    )
    assert text == kept, "\n".join(["renew on purpose: see this module's first lines", *difference])


def test_the_results_have_every_verdict_and_every_origin(catalog: Catalog):
    """Or a word of theirs could change unseen."""
    pinned = results(catalog)
    assert {result.verdict.kind for result in pinned if result.verdict} == set(VerdictKind)
    assert {result.measurement.origin for result in pinned} == set(Origin) - {Origin.DOCUMENTED}
