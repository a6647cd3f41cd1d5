"""JSON and TOML that others wrote: read one way, and whatever is wrong with it told in a few words."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from typing import Any

DEEPEST = 64  # levels of lists and tables in each other; what people and tools write has a handful
_SHOWN = 60  # characters of a found key or value

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_HALVES = re.compile(r"\\u[dD][89a-fA-F]")  # of what is spelt as two codes
_DIGITS = "a whole number of more than 4300 digits"


class Unreadable(Exception):
    """A text that is not what it should be: `said` in words, and the line where one is known."""

    def __init__(self, said: str, line: int | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.line = line


def json_object(text: str) -> dict[str, Any]:
    """The JSON object that `text` is.

    Raises `Unreadable` for other text, for a key that one object has twice, for numbers of more digits than
    Python converts, for half a character, and for more than `DEEPEST` levels.
    """
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as problem:
        raise Unreadable(f"not JSON: {problem.msg}", problem.lineno) from problem
    except RecursionError as problem:
        raise Unreadable(_too_deep()) from problem
    except ValueError as problem:  # of int(), for its limit
        raise Unreadable(f"found {_DIGITS}") from problem
    if not isinstance(content, dict):
        raise Unreadable(f"found a {type(content).__name__}, expected a JSON object", 1)
    _require_shallow(content)
    if _HALVES.search(text):
        _require_whole_characters(content)
    return content


def toml_table(text: str) -> dict[str, Any]:
    """The table that `text` is in TOML 1.0; raises `Unreadable` as `json_object` does."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        message = str(problem)
        place = _PLACE.search(message)
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        raise Unreadable(f"a syntax error ({_PLACE.sub('', message)})", line) from problem
    except RecursionError as problem:
        raise Unreadable(_too_deep()) from problem
    except ValueError as problem:  # of int(), for its limit, and of dates that no calendar has
        said = _DIGITS if "digits" in str(problem) else f"a value that cannot be ({problem})"
        raise Unreadable(said) from problem
    _require_shallow(content)
    return content


def short(value: object) -> str:
    """A found value for a message, cut to a line's length."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object's pairs as a dict; raises `Unreadable` for a key that stands there twice."""
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        again = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Unreadable(f"found the key {short(again)} twice in one object")
    return content


def _require_shallow(content: Any) -> None:
    """Raise `Unreadable` for more than `DEEPEST` levels; a loop, for recursion is what it spares others."""
    level = [content]
    for _ in range(DEEPEST):
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise Unreadable(_too_deep())


def _require_whole_characters(content: Any) -> None:
    """Raise `Unreadable` for a text with half of a character's two codes, which no file or terminal takes."""
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError as problem:
        code = ord(problem.object[problem.start])
        raise Unreadable(f"found \\u{code:04x} by itself, half of a character") from problem


def _too_deep() -> str:
    return f"more than {DEEPEST} levels of lists and tables in each other"
