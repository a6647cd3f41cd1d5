"""Headings, and the list items and bold lines that the zoos use in their stead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from harness.documents.readme.inline import plain
from harness.documents.readme.parts import Heading, Line

LONGEST = 40  # characters of an item that is a title
_HEADING = re.compile(r"(?P<marks>#{1,6})(?:[ \t]+(?P<text>.*))?")
_CLOSING = re.compile(r"(?:^|[ \t])#+$")
_TAG = re.compile(r"</?\w[^<>]*>")
_NUMBERING = re.compile(
    r"(?:[-*+]|\d+(?:\.\d+)*[.、)）]?|[a-z][.)]|step\.\d+|[一二三四五六七八九十]+、)\s+|"
    r"\d+[.、)）](?=[^\W\d])"  # "1.infer" without a blank, and no "1.5"
)


def heading(line: str, number: int) -> Heading | None:
    """A stripped line as a heading."""
    match = _HEADING.fullmatch(line) if line.startswith("#") else None
    if match is None:
        return None
    markdown = (match["text"] or "").strip()
    markdown = markdown[: closing.start()] if (closing := _CLOSING.search(markdown)) else markdown
    text = _TAG.sub("", plain(markdown)).strip()
    numbered = re.match(r"(\d+(?:\.\d+)*)[.、 ]?", text)
    rest = re.sub(r"^\d+(?:\.\d+)*[.、](?!\d)\s*", "", text, count=1) if numbered else text
    rest = _NUMBERING.sub("", rest, count=1) if _NUMBERING.match(rest) else rest
    return Heading(
        line=number,
        level=len(match["marks"]),
        text=rest.strip("*： :"),
        numbered=numbered[1] if numbered else "",
    )


def is_item(text: str) -> bool:
    """Whether a stripped line is an item of a list."""
    return _NUMBERING.match(text) is not None


def indent(line: str) -> int:
    """How many blanks a line begins with."""
    return len(line) - len(line.lstrip())


def items(prose: Sequence[Line], indents: Sequence[int]) -> Iterator[Heading]:
    """List items and bold lines that are short enough to be a title of what follows.

    One with a comma in it is a sentence, but for an item that others are nested in.
    """
    for line, below in zip_longest(prose, prose[1:]):
        text = line.text
        match = _NUMBERING.match(text)
        bold = match is None and re.fullmatch(r"\*\*[^*]+\*\*[:：]?", text)
        if not match and not bold:
            continue
        rest = plain(text[match.end() :] if match else text).strip("*： :。")
        blanks = indents[line.number - 1]
        holds = below is not None and is_item(below.text) and indents[below.number - 1] > blanks
        if rest and len(rest) <= LONGEST and ("，" not in rest or text.endswith((":", "：")) or holds):
            yield Heading(line=line.number, level=9, text=rest, titled=False, indent=blanks)
