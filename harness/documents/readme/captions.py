"""Captions and titles that are settings alone: ``batch 8, 384 tokens`` over a table is said of all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.documents.readme.blocks import Heading, Line
from harness.documents.readme.columns import of_text
from harness.documents.readme.headings import is_item
from harness.documents.readme.naming import BATCH, Said, rest
from harness.documents.readme.nearby import of_words
from harness.documents.readme.once import once
from harness.documents.readme.reading import Context
from harness.domain.words import WordKind

_TOKENS = re.compile(r"(?<![\w.])(?P<value>\d{1,6})[ -]?tokens?(?![a-z]|\s*/)", re.IGNORECASE)
_STREAMS = re.compile(r"(?<![\w.])(?P<value>\d{1,4})\s*(?:streams?|路)(?![a-z])", re.IGNORECASE)
_SIZE = re.compile(r"(?<![\w.])(?P<value>\d{1,5}(?:\s?[x×*]\s?\d{1,5}){1,4})(?![\w.])")
_BEHIND = re.compile(r"\s*(?:of|is|为|是|[:：=])?\s*(?P<value>\d{1,6})(?![\w.])")
_NUMBERS = ("length", "streams")
_SAID = ("chip", "precision", "batch_size", "shapes", "aoe", "length", "input", "streams")
_JOINING = re.compile(
    r"[\W_]|(?<![a-z])(?:and|with|at|of|for|input)(?![a-z])|输入|和|及|下|时|为", re.IGNORECASE
)
_ALL = re.compile(
    r"\W*(?:all (?:the )?(?:numbers|results|figures|values|measurements|rows)\b"
    r".{0,40}?\b(?:at|with|in|on|for)\b"
    r"|(?:以上|上述|所有|全部)(?:数据|结果|性能|数值|指标)?均)",
    re.IGNORECASE,
)
_LONGEST = 80  # characters of a caption that is nothing but settings


def over(context: Context, line: int, *, nearest: bool = True) -> Said:
    """What the titles over a table or a block at `line` say of all of it, and then the line right above it.

    That is where it was measured, and the settings that stand there alone; the nearer ones win. `nearest` is
    whether the nearest title is of this table.
    """
    readme, said = context.readme, Said()
    titles = readme.headings_of(line)
    for heading in titles if nearest else titles[:-1]:
        said |= _of_title(context, heading)
    said |= _of_section(context, readme.under(line))
    caption = readme.above(line)
    said |= of_text(context, caption) | of_caption(context, caption)
    return {key: item for key, item in said.items() if key in _SAID}


def _of_section(context: Context, title: Heading | None) -> Said:
    """What a section says of all its numbers in so many words, above its tables or below them."""
    said = Said()
    for line in _of_all(context):
        if context.readme.under(line.number) == title:
            told = of_text(context, line.text)
            told |= {key: value for key, value, _ in _named(context, line.text)}
            said |= {key: item for key, item in told.items() if key in _SAID}
    return said


@once
def _of_all(context: Context) -> list[Line]:
    """The lines that begin with all numbers, and say at what: ``All results at batch size 8``."""
    return [line for line in context.readme.prose if _ALL.match(line.text)]


def around(context: Context, line: int) -> list[Heading]:
    """The items of a list that the one at `line` is nested in; none of a line that is no item."""
    own = is_item(context.readme.lines[line - 1])
    return [item for item in context.readme.headings_of(line) if own and not item.titled]


def of_items(context: Context, line: int) -> Said:
    """What the items around one say of where and how its figures were measured."""
    said = Said()
    for item in around(context, line):
        said |= _of_title(context, item)
    return {key: item for key, item in said.items() if key in _SAID}


def _of_title(context: Context, heading: Heading) -> Said:
    """What one title says; a nested list asks for the same ones again and again."""
    known = _of_titles(context)
    if heading.text not in known:
        known[heading.text] = of_words(context, heading.text) | of_caption(context, heading.text)
    return known[heading.text]


@once
def _of_titles(context: Context) -> dict[str, Said]:
    return {}


def of_caption(context: Context, text: str) -> Said:
    """The settings that `text` names; empty where it says anything else, too."""
    if not any(map(str.isdigit, text)) or len(text) > _LONGEST:
        return {}
    left, said = text, of_text(context, text)
    for key, value, (start, end) in _named(context, text):
        said[key] = value
        left = left[:start] + " " * (end - start) + left[end:]
    beside = rest(context.words, context.words.without(BATCH.sub(" ", left), WordKind.LABEL), WordKind.METRIC)
    return {} if _JOINING.sub("", beside) else said


def _named(context: Context, text: str) -> Iterator[tuple[str, int | str, tuple[int, int]]]:
    """The lengths, sizes and streams that `text` names: which one it is, its value, and where both stand."""
    for key, pattern in (("length", _TOKENS), ("streams", _STREAMS), ("input", _SIZE)):
        for match in pattern.finditer(text):
            yield key, int(match["value"]) if key in _NUMBERS else match["value"], match.span()
    for hit in context.words.hits(text, WordKind.LABEL):
        behind = _BEHIND.match(text, hit.end)
        if behind is not None and hit.value in _NUMBERS:
            yield hit.value, int(behind["value"]), (hit.start, behind.end())
