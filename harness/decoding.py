"""JSON and TOML from files: read one way, and what else a text is, told in a few words.

Such texts come from other machines, vendors' tools, hubs and killed processes. What is decoded here can be
written, hashed and walked by everything behind: no text breaks it later.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NoReturn

from harness.errors import RecordError
from harness.records import INTEGERS, MOST_DEPTH, are_integers

_DEEP = f"lists or objects nested deeper than {MOST_DEPTH}"
_DOTTED = re.compile(
    rf"(?<![A-Za-z0-9_-])(?:[A-Za-z0-9_-]++[ \t]*+\.[ \t]*+){{{MOST_DEPTH + 1}}}"
)  # parts of one key
_SHOWN = 60  # characters of a key or a place
_SEEN = 20  # characters of what a parser gave up at


class Undecodable(RecordError):
    """A text that is not the JSON or TOML it has to be; `kind` says what it is instead, `line` where."""

    def __init__(self, kind: str, *, line: int | None = None) -> None:
        super().__init__(f"found {kind}" if line is None else f"line {line}: found {kind}")
        self.kind = kind
        self.line = line

    @property
    def said(self) -> str:
        """What was found, in words, without the line."""
        return f"found {self.kind}"


def json_value(text: str | bytes, *, any_size: Collection[str] = ()) -> Any:
    """The value that a JSON text holds: None, bool, int, finite float, str, and lists and dicts of them.

    `any_size` names keys of the outermost object whose integers may have more than 64 bits: those of formats
    that write so.

    Raises `Undecodable` for bytes that are no UTF-8, for what is no JSON (NaN and Infinity are none), for a
    key twice in one object, an integer beyond 64 bits, a number that reads as infinity, text that UTF-8
    cannot spell, and what is nested deeper than `MOST_DEPTH`.
    """
    decoded = _decoded(text)

    try:
        value = _read(lambda: _JSON.decode(decoded), "JSON")
    except json.JSONDecodeError as problem:
        rest = decoded[problem.pos :].strip()
        cut = not rest or problem.msg.startswith("Unterminated string")
        found = "cut off there" if cut else f"found {short(rest[:_SEEN])}"
        kind = f"no JSON (column {problem.colno}: {problem.msg}, {found})"
        raise Undecodable(kind, line=problem.lineno) from problem
    return _sound(value, any_size=any_size)


def json_object(text: str | bytes, *, any_size: Collection[str] = ()) -> dict[str, Any]:
    """The object that a JSON text holds; raises `Undecodable` as `json_value`, and for anything else."""
    value = json_value(text, any_size=any_size)
    if not isinstance(value, dict):
        raise Undecodable(f"{_KINDS.get(type(value), 'a number')}, expected a JSON object")
    return value


def toml_table(text: str | bytes) -> dict[str, Any]:
    """The table that a TOML text holds; raises `Undecodable` as `json_value` does, but for infinities.

    TOML spells infinities and NaN: which key may hold one, its reader says.
    """
    decoded = _decoded(text)
    if _DOTTED.search(decoded):  # of whose length the parser takes the square
        raise Undecodable(_DEEP)
    try:
        value = _read(lambda: tomllib.loads(decoded), "TOML")
    except tomllib.TOMLDecodeError as problem:
        said = re.sub(r" \(at [^()]*\)$", "", str(problem))
        place = re.search(r" \(at line (\d+), column \d+\)$", str(problem))
        line = int(place[1]) if place else decoded.count("\n") + 1
        raise Undecodable(f"a syntax error ({said})", line=line) from problem
    table: dict[str, Any] = _sound(value, finite=False)
    return table


def short(value: object) -> str:
    """A found value for a message, cut to a line's length."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


_KINDS = {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}


def _decoded(text: str | bytes) -> str:
    """A text without the byte order mark that some editors begin it with (RFC 8259, 8.1; TOML 1.1)."""
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = text.count(b"\n", 0, problem.start) + 1
        raise Undecodable(f"the byte 0x{text[problem.start]:02x}, no UTF-8", line=line) from problem


def _read(read: Callable[[], Any], form: str) -> Any:
    """What `read` gives. Its syntax errors come through; what else it raises becomes `Undecodable`."""
    try:
        return read()
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, Undecodable):
        raise
    except RecursionError as problem:
        raise Undecodable(_DEEP) from problem
    except ValueError as problem:  # Python converts no more than 4,300 digits
        told = "a number of thousands of digits" if "digits" in str(problem) else f"no {form} ({problem})"
        raise Undecodable(told) from problem


class _Repeating(dict[str, Any]):
    """An object of a JSON text that has the key `key` twice; where it stands, `_sound` says."""

    key: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeating, seen = _Repeating(found), set()
    for name, _ in pairs:
        if name in seen:
            repeating.key = name
            break
        seen.add(name)
    return repeating


def _no_number(word: str) -> NoReturn:
    raise Undecodable(f"{word}, expected a finite number")


_JSON = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)


def _sound(value: Any, *, finite: bool = True, any_size: Collection[str] = ()) -> Any:
    """`value`, walked without recursion; raises `Undecodable` for what nothing behind could hold."""
    waiting: list[tuple[Any, str, int]] = [(value, "", 0)]
    while waiting:
        item, place, depth = waiting.pop()
        if isinstance(item, _Repeating):
            raise Undecodable(f"the key {short(item.key)} twice in one object{_at(place, None)}")
        if isinstance(item, Mapping):
            for key in item:
                _spelt(key, place)
            inner: Iterable[tuple[Any, Any]] = item.items()
        elif isinstance(item, list):
            inner = () if are_integers(item) else enumerate(item)
        else:
            _scalar(item, place, finite=finite)
            continue
        if depth >= MOST_DEPTH:
            raise Undecodable(_DEEP)
        for key, part in inner:
            if isinstance(part, int) and not depth and key in any_size:
                continue
            if isinstance(part, str | int | float):
                _scalar(part, place, key, finite=finite)
            elif part is not None:
                waiting.append((part, _below(place, key), depth + 1))
    return value


def _scalar(value: Any, place: str, key: Any = None, *, finite: bool) -> None:
    """Raise `Undecodable` for a number or a text that is not held everywhere. A truth value is an int."""
    if isinstance(value, str):
        _spelt(value, place if key is None else _below(place, key))
        return
    if isinstance(value, int) and value not in INTEGERS:
        raise Undecodable(f"an integer beyond 64 bits{_at(place, key)}")
    if finite and isinstance(value, float) and not math.isfinite(value):
        raise Undecodable(f"a number that reads as {value}{_at(place, key)}, expected a finite one")


def _spelt(text: str, place: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise Undecodable(f"text that UTF-8 cannot spell{_at(place, None)}") from problem


def _below(place: str, key: Any) -> str:
    if isinstance(key, int):
        return f"{place}[{key}]"
    return f"{place}.{key}" if place else str(key)


def _at(place: str, key: Any) -> str:
    whole = place if key is None else _below(place, key)
    shown = whole if len(whole) <= _SHOWN else f"...{whole[-_SHOWN:]}"
    return f" at {shown}" if shown else ""
