"""What zoocheck says, in English and in Chinese at once; the Chinese is in messages.toml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from harness.decoding import toml_table

_MESSAGES = Path(__file__).with_name("messages.toml")


class Language(StrEnum):
    """A language of a report."""

    ENGLISH = "en"
    CHINESE = "zh"


class Both(str):
    """English text that carries its Chinese. Every other reader of a string sees the English."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, english: str, chinese: str) -> Both:
        """One text in two languages."""
        made = super().__new__(cls, english)
        made.zh = chinese
        return made


def say(english: str, /, **values: object) -> Both:
    """`english` and its Chinese, each filled by ``str.format``; values may themselves be `Both`.

    A sentence that the catalogue does not have is English in both: what a tool recorded, say.
    """
    chinese = catalogue()["zh"].get(english, english)
    if not values:
        return Both(english, chinese)
    return Both(*(_filled(text, values, to) for text, to in ((english, "en"), (chinese, "zh"))))


def joined(separator: str, parts: Iterable[str]) -> Both:
    """``str.join`` in both languages."""
    texts = list(parts)
    return Both(
        *(in_language(separator, to).join(in_language(text, to) for text in texts) for to in ("en", "zh"))
    )


def in_language(text: str, language: str) -> str:
    """`text` in one language; a text that is no `Both` is the same in all."""
    if isinstance(text, Both):
        return text.zh if language == Language.CHINESE else str.__str__(text)
    return text


def printed_in(text: str, language: str | None) -> str:
    """A document's own words: as printed in Chinese and where no language is asked for, else in English."""
    return catalogue()["en"].get(text, text) if language == Language.ENGLISH else text


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """``zh``: our English to Chinese. ``en``: the documents' Chinese to English."""
    found: dict[str, dict[str, str]] = toml_table(_MESSAGES.read_bytes())
    return found


def _filled(text: str, values: Mapping[str, Any], language: str) -> str:
    return text.format(
        **{
            name: in_language(value, language) if isinstance(value, str) else value
            for name, value in values.items()
        }
    )
