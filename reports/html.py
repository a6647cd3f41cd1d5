"""The report as one self-contained HTML page: no network, everything from outside escaped.

One style sheet and one script are in the page, and its policy allows those two by their hashes and nothing
else. Both languages are in it; a button chooses. Without scripts it is English, and all tables are there.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from harness.domain.catalog import Catalog
from reports import page
from reports.language import Both, Language, in_language, say
from reports.numbers import printable
from reports.outcomes import MARKS, WORDS, Outcome, legend, mark_text, mark_words
from reports.view import Gallery

if TYPE_CHECKING:
    from harness.store.notrun import NotRun
    from harness.store.reading import Point
    from harness.store.results import Result

_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
COLUMNS = (
    ("case", False), ("batch size", True), ("documented", True), ("measured", True), ("verdict", False),
    ("tolerance", False), ("measured how", False),
)  # fmt: skip
# Elements of our own, because there are ten thousand on a page. Without ``lang``: what is seen is always in
# the language that the root element has then.
_PAIR = Markup("<e-n>{}</e-n><z-h>{}</z-h>")
_INLINE = ("report.css", "report.js")


def _finalize(value: Any) -> Any:
    """Every value before it is escaped: without characters that are not to be seen, in both languages."""
    if isinstance(value, Markup):
        return value
    english, chinese = _spoken(value) if isinstance(value, str) else (printable(value),) * 2
    return english if english == chinese else _PAIR.format(english, chinese)


def _spoken(text: str) -> tuple[str, str]:
    """A text in English and in Chinese, printable."""
    return printable(in_language(text, "en")), printable(in_language(text, "zh"))


def _language(text: str) -> Markup:
    """The ``lang`` attribute of Chinese text, so that browsers take Chinese forms of its characters."""
    return Markup(' lang="zh-CN"') if _CJK.search(text) else Markup("")


def _attribute(name: str, text: str) -> Markup:
    """An attribute in English, with the Chinese that the script puts in its place. `name` is ours."""
    english, chinese = _spoken(text)
    other = Markup(' data-zh-{}="{}"').format(name, chinese) if chinese != english else ""
    return Markup(' {}="{}"{}').format(name, english, other)


def _option(text: str) -> Markup:
    """The text of an element that holds no other, such as an option, and its Chinese."""
    english, chinese = _spoken(text)
    return Markup(' data-zh="{}">{}').format(chinese, english)


@pass_context
def _say(_: Context, english: str, **values: object) -> Both:
    """`say`. With a context, so that jinja does not fold it into English when it compiles a template."""
    return say(english, **values)


@cache
def _inline(name: str) -> Markup:
    """A file of ours as it stands between its tags."""
    return Markup(files("reports").joinpath("templates", name).read_text(encoding="utf-8"))  # noqa: S704 - ours


@cache
def policy() -> str:
    """What the page may do: its own style sheet and its own script, and nothing from anywhere."""
    style, script = (
        base64.b64encode(hashlib.sha256(_inline(name).encode()).digest()).decode() for name in _INLINE
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


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
    made.filters.update(
        lang=_language, legend=legend, mark_text=mark_text, mark_words=mark_words, say=_say, option=_option,
        plain=lambda text: Markup(escape(printable(in_language(text, "en")))),  # noqa: S704 - escaped
    )  # fmt: skip
    made.globals.update(
        MARKS=MARKS, WORDS=WORDS, POLICY=policy(), attribute=_attribute, inline=_inline, COLUMNS=COLUMNS
    )
    return made


def render(
    catalog: Catalog,
    results: Sequence[Result] | page.Selection,
    not_run: Sequence[NotRun] = (),
    *,
    history: Sequence[Point] = (),
    language: Language = Language.ENGLISH,
) -> str:
    """The whole page, which opens in `language`. Raises `NoSamples` for no results.

    The same results give the same page: nothing in it is of the moment it was made.
    """
    draw = partial(_galleries, catalog, history)
    report = page.build(catalog, results, not_run, draw=draw, history=history)
    return environment().get_template("report.html.j2").render(report=report, language=language)


def _galleries(catalog: Catalog, history: Sequence[Point], found: Sequence[Outcome]) -> tuple[Gallery, ...]:
    from reports.drawing import NotDrawn
    from reports.plots import galleries

    try:
        return galleries(catalog, found, history)
    except NotDrawn as problem:  # the numbers are all there
        title, why = say("Charts"), say("No chart could be drawn: {problem}.", problem=str(problem))
        return (Gallery(title=title, place="charts", explanation=why, charts=()),)
