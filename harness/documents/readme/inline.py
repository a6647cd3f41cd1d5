"""Markdown within a line as the text that a reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_LONGEST = 1000  # characters of markdown in a cell, a heading or a title
# Where none of this stands, a text is what a reader sees: an underscore within a word means nothing.
_MARKUP = re.compile(r"[`*\[<\\\n]|~~|&[#\w]|(?<![^\W_])_|_(?![^\W_])")
_STRUCK = ("s", "del", "strike")
_TAG = re.compile(r"<(/?)([a-zA-Z]+)")
# A number, and behind it what stands for a footnote: stars, daggers, [^1], a figure set high.
_FOOTNOTE = re.compile(
    r"(?P<number>(?:[^:：=]{1,20}[:：=]\s*)?[-+]?\d[\d,]{0,20}(?:\.\d{1,20})?(?:\s*[%％]|\s*[A-Za-z/]{1,10})?)\s*"
    r"(?P<mark>[*†‡§]{1,4}|\[\^\w{1,20}\]|(?:(?<=[%％])|(?<=\.\d)|(?<=\.\d\d)|(?<=\.\d{3}))\^\w{1,3})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a reader sees of a piece of markdown, and what is struck through or only drawn in it."""

    text: str
    struck: tuple[str, ...] = ()
    beside_images: str | None = None  # the text without the words for images, where there are any


def plain(markdown: str) -> str:
    """Inline markdown as the text that a reader sees; more than `_LONGEST` characters as they stand."""
    return shown(markdown).text


def shown(markdown: str) -> Shown:
    """Inline markdown as a reader sees it. The parser takes the square of the time for brackets that never
    close, and no cell or title is so long.
    """
    text = markdown.strip()
    if len(text) > _LONGEST or _MARKUP.search(text) is None:
        return Shown(text=text)
    return _parsed(text)


def footnote(text: str) -> tuple[str, str]:
    """A number without the mark of a footnote behind it, and the mark; any other text, and nothing."""
    match = _FOOTNOTE.fullmatch(text) if len(text) < 80 else None
    return (match["number"], match["mark"]) if match else (text, "")


def raised(before: str, after: str) -> str:
    """What parts a text from one set higher behind it: ``^`` two figures, a blank two words."""
    if before[-1:].isdigit() and (after[:1].isdigit() or after[:1] in "-−+"):
        return "^"
    return " " if before[-1:].isalnum() and after[:1].isalnum() else ""


@lru_cache(maxsize=8192)
def _parsed(text: str) -> Shown:
    [inline] = _markdown().parseInline(text)
    tokens, struck = inline.children or (), list[str]()
    left = "".join(_texts(tokens, struck)).strip()
    if struck and not left:
        left, struck = "".join(struck).strip(), []
    words = [token for token in tokens if token.type != "image"]
    beside = None if len(words) == len(tokens) else " ".join("".join(_texts(words, [])).split())
    return Shown(text=left, struck=tuple(struck), beside_images=beside)


def _texts(tokens: Sequence[Token], struck: list[str]) -> Iterator[str]:
    deep, high, before = 0, False, ""
    for token in tokens:
        text = ""
        if token.type in ("text", "code_inline", "image", "text_special"):
            text = token.content
        elif token.type in ("softbreak", "hardbreak"):
            text = " "
        elif token.type in ("s_open", "s_close"):
            deep += token.nesting
        elif token.type == "html_inline" and (tag := _TAG.match(token.content)):
            closes, name = tag[1] == "/", tag[2].lower()
            if name == "br":
                text = " "
            elif name in _STRUCK:
                deep = max(0, deep + (-1 if closes else 1))
            elif name == "sup":
                high = not closes
        if deep:
            if text:
                struck.append(text)
            continue
        if high and text.strip():
            text, high = raised(before, text) + text, False
        before = text or before
        yield text


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("strikethrough")
