"""The report as Markdown: tables to read in a terminal or to paste into an issue or a README."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.domain.catalog import Catalog
from reports import page
from reports.language import Both, Language, in_language, joined, say
from reports.numbers import one_line
from reports.outcomes import MARKS, WORDS, legend, mark_text, mark_words
from reports.view import Head, Mark

if TYPE_CHECKING:
    from harness.store.notrun import NotRun
    from harness.store.results import Result

# What means something inside a line of Markdown, GitHub's additions included. Underscores between
# letters, as in `bert_large_NER`, mean nothing but at the ends of a word they do.
_PUNCTUATION = re.compile(r"([\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_]))")
_ENTITY = re.compile(r"&(?=#?\w+;)")  # any other ampersand is one


class Safe(str):
    """Text that is Markdown already."""

    __slots__ = ()


def escape(value: object, language: str = Language.ENGLISH) -> str:
    """Any text as Markdown that shows it, on one line, fit for a table's cell. `Safe` stays as it is."""
    if isinstance(value, Safe):
        return value
    if isinstance(value, str):
        value = in_language(value, language)
    text = _PUNCTUATION.sub(r"\\\1", one_line(value))
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def _title(head: Head) -> str:
    """A column's title with how its numbers came about: ``310P推理精度 · measured (stand-in, mini)``."""
    return joined(" · ", [part for part in (head.text, head.detail) if part])


def _rule(heads: Sequence[Head]) -> Safe:
    """The line under a table's head; numbers stand on the right."""
    return Safe("| " + " | ".join("---:" if head.number else ":---" for head in heads) + " |")


def _verdict(status: str) -> Both:
    return joined(" ", [MARKS[status], WORDS[status]])


def _legend(marks: frozenset[Mark]) -> Both:
    """``✔ reproduced · ✓ drop: no further below ...``."""
    return joined(
        " · ",
        [joined(": " if mark.drop else " ", [mark_text(mark), mark_words(mark)]) for mark in legend(marks)],
    )


def environment(language: Language = Language.ENGLISH) -> Environment:
    """Templates whose every value is escaped unless it is `Safe`, and said in `language`."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=False,  # noqa: S701 - HTML escaping is not Markdown's; `finalize` escapes instead
        finalize=partial(escape, language=language),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = {
        "title": _title,
        "rule": _rule,
        "verdict": _verdict,
        "legend": _legend,
        "mark": mark_text,
        "say": say,
    }
    made.filters.update(filters)
    return made


def render(
    catalog: Catalog,
    results: Sequence[Result] | page.Selection,
    not_run: Sequence[NotRun] = (),
    *,
    language: Language = Language.ENGLISH,
) -> str:
    """The whole report. Raises `NoSamples` for no results.

    The same results give the same text: nothing in it is of the moment it was made.
    """
    report = page.build(catalog, results, not_run)
    return environment(language).get_template("report.md.j2").render(report=report)
