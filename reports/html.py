"""The report as one self-contained HTML page: no network, no script, everything from outside escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.domain import Catalog
from reports import page
from reports.language import Language
from reports.numbers import printable
from reports.outcomes import MARKS, WORDS, legend, mark_text, mark_words

if TYPE_CHECKING:
    from harness.notrun import NotRun
    from harness.store import Result

# Nothing is loaded and nothing runs, whatever a page's data may hold.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


def _finalize(value: Any) -> Any:
    """Every value before it is escaped: text without characters that are not to be seen."""
    return value if isinstance(value, Markup) else printable(value)


def _language(text: str) -> Markup:
    """The ``lang`` attribute of Chinese text, so that browsers take Chinese forms of its characters."""
    return Markup(' lang="zh-CN"') if _CJK.search(text) else Markup("")


def environment() -> Environment:
    """Templates with escaping on."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["lang"] = _language
    made.filters.update(legend=legend, mark_text=mark_text, mark_words=mark_words)
    made.globals.update(MARKS=MARKS, WORDS=WORDS, POLICY=POLICY)
    return made


def render(
    catalog: Catalog,
    results: Sequence[Result],
    not_run: Sequence[NotRun] = (),
    *,
    language: Language = Language.ENGLISH,
) -> str:
    """The whole page. Raises `NoSamples` for no results.

    The same results give the same page: nothing in it is of the moment it was made.
    """
    report = page.build(catalog, results, not_run)
    return environment().get_template("report.html.j2").render(report=report)
