"""The report on disk, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.domain.catalog import Catalog
from harness.files import put
from reports import html, markdown, page, rest
from reports.language import Language
from reports.page import Selection

if TYPE_CHECKING:
    from harness.store.notrun import NotRun
    from harness.store.reading import Point
    from harness.store.results import Result

MARKDOWN = "report.md"
HTML = "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where a report is."""

    markdown: Path
    html: Path


def write(
    catalog: Catalog,
    results: Sequence[Result] | Selection,
    folder: Path,
    *,
    not_run: Sequence[NotRun] = (),
    history: Sequence[Point] = (),
    language: Language = Language.ENGLISH,
) -> Written:
    """Write both forms of the report into `folder`, which is made where it is not there.

    `not_run` is what was skipped beside the results (`harness.store.notrun`), and `history` what the
    same cases came to before. `language` is that of the
    Markdown, and the one that the page opens in.

    Both are rendered before either is written, and each appears by a rename: whoever reads at the same
    time sees the old file or the new one. Raises `NoSamples` for no results; then nothing is touched.
    """
    selected = page.select(results, catalog)
    forms = {
        MARKDOWN: [markdown.render(catalog, selected, not_run, language=language)],
        HTML: [html.render(catalog, selected, not_run, history=history, language=language)],
    }
    texts: dict[str, Iterable[str]] = {}
    if len(selected.every) > len(selected.found):  # first: it is read from the store while it is written
        texts[page.RESULTS_FILE] = rest.lines(selected.results, selected.every)
    texts |= forms
    folder.mkdir(parents=True, exist_ok=True)
    for name, parts in texts.items():
        put(folder / name, parts)
    return Written(markdown=folder / MARKDOWN, html=folder / HTML)
