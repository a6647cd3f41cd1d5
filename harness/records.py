"""Records to JSON and back, exactly: the one place where the store, ``--json`` and reports convert."""

from __future__ import annotations

import hashlib
import json
import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar

from harness.errors import RecordError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

R = TypeVar("R")

_SHOWN = 60  # characters of a place

SEAL = "sha256"  # the key of a file's checksum of itself

MOST_DEPTH = 64  # of lists and objects in each other; what zoocheck writes has fewer than ten
INTEGERS = range(-(1 << 63), 1 << 64)  # what databases, numpy and other readers hold

_AS_THEY_ARE = frozenset({bool, NoneType})


def to_json(record: object) -> dict[str, Any]:
    """A record of `harness.domain` as a JSON object; `from_json` gives an equal record back.

    Enumerations become their values, tuples lists. Raises `RecordError` as `plain` does.
    """
    if isinstance(record, type) or not is_dataclass(record):
        raise TypeError(f"{record!r} is no record")
    return {item.name: plain(getattr(record, item.name), item.name) for item in fields(record)}


def from_json(cls: type[R], data: Mapping[str, Any]) -> R:
    """The record of class `cls` that `data` describes.

    Strict: an unknown or missing key, a string where a number belongs or an unknown value of an
    enumeration raises `RecordError` with every dotted path, what was found and what was expected.
    Floats come back to the last bit. Inside ``Any`` (`raw`, `detail`, `machine`) what was a tuple is
    a list, because JSON has no tuples.
    """
    return from_decoded(cls, plain(data, cls.__name__))


def from_decoded(cls: type[R], data: Mapping[str, Any]) -> R:
    """As `from_json`, of what is `plain`: what `harness.decoding` gave is, and is not walked again."""
    from pydantic import ValidationError

    # JSON mode: strict about types, yet lists become tuples and strings enumerations.
    text = json.dumps(data, allow_nan=False)
    kind: type = cls
    try:
        record: R = _adapter(kind).validate_json(text, strict=True)
    except ValidationError as problem:
        mistakes = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'])}: found {_found(error)}, "
            f"expected {str(error['msg']).removeprefix('Input should be ')}"
            for error in problem.errors(include_url=False)
        )
        raise RecordError(f"no {cls.__name__}: {mistakes}") from problem
    return record


def plain(value: Any, path: str, depth: int = 0) -> Any:
    """`value` as nothing but None, bool, int, finite float, str, list and dict with string keys.

    Records, enumerations, tuples and numpy's numbers are converted. Raises `RecordError`, which names
    the place as `path` and the way down from it, for NaN and infinities (no number is ever unsaid in
    silence), for keys that are not strings, for whatever else JSON has no exact form of, and for what
    `harness.decoding` would not read again: integers beyond 64 bits, more than `MOST_DEPTH` in each other.
    `depth` is how many lists and objects are around `value`.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, Enum):
        return plain(value.value, path, depth)
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, numbers.Integral):
        return _whole(int(value), path)
    if isinstance(value, numbers.Real):
        return _finite(float(value), path)
    if depth >= MOST_DEPTH:
        raise RecordError(f"{path[:_SHOWN]}...: found lists or objects nested deeper than {MOST_DEPTH}")
    if isinstance(value, list | tuple) and are_integers(value):
        return list(value)
    if isinstance(value, Mapping):
        return {_key(key, path): plain(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [
            item if type(item) in _AS_THEY_ARE else plain(item, f"{path}[{at}]", depth + 1)
            for at, item in enumerate(value)
        ]
    if is_dataclass(value) and not isinstance(value, type):
        parts = {item.name: getattr(value, item.name) for item in fields(value)}
        return {name: plain(part, f"{path}.{name}", depth + 1) for name, part in parts.items()}
    raise RecordError(
        f"{path}: found a {kind.__module__}.{kind.__qualname__}, expected what JSON can hold",
        remedy="convert it first (arrays with .tolist(), paths with str())",
    )


def are_integers(values: Sequence[Any]) -> bool:
    """Whether `values` are integers of 64 bits and nothing else: 100,000 latencies are looked at at once."""
    return set(map(type, values)) == {int} and min(values) in INTEGERS and max(values) in INTEGERS


def canonical(value: Any, path: str) -> bytes:
    """The one spelling of `value` in JSON: sorted keys, no spaces, ASCII. What hashes are made of."""
    text = json.dumps(plain(value, path), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """`content` with ``sha256`` of all of it, so that a change anywhere is seen by `unsealed`.

    Raises `RecordError` as `plain` does.
    """
    return {**content, SEAL: _digest(content)}


def unsealed(content: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """What `sealed` was given, and whether there was a checksum: files of before there was one have none.

    Raises `RecordError` where the content is not what its checksum is of.
    """
    rest = {name: value for name, value in content.items() if name != SEAL}
    if SEAL not in content:
        return rest, False
    if content[SEAL] != (found := _digest(rest)):
        raise RecordError(
            f"damaged or changed: the checksum in it is {content[SEAL]!r}, its content has {found}"
        )
    return rest, True


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(content, "content")).hexdigest()


@cache
def _adapter(cls: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def _found(error: Any) -> str:
    missing = error["type"].startswith("missing")  # then pydantic's "input" is the whole object
    return "no value" if missing else repr(error["input"])


def _text(value: str, path: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise RecordError(f"{path}: found {value!r}, expected text that UTF-8 can spell") from problem
    return str(value)


def _whole(value: int, path: str) -> int:
    if value not in INTEGERS:
        raise RecordError(f"{path}: found an integer beyond 64 bits, expected one that databases hold")
    return value


def _finite(value: float, path: str) -> float:
    if not math.isfinite(value):
        raise RecordError(
            f"{path}: found {value}, expected a finite number",
            remedy="what could not be measured is an error or None, never NaN or infinity",
        )
    return value


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise RecordError(
            f"{path}: found the key {key!r}, expected a string (JSON would make it one unasked)"
        )
    return _text(key.value if isinstance(key, Enum) else key, path)
