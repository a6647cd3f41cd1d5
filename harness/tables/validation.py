"""One TOML value to one record: strict about types and keys, with every mistake and its place."""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from harness.tables.mistakes import listed, show

Place = tuple[str | int, ...]  # keys and indexes, from the outermost in
Fault = tuple[Place, str, str]  # place, found, expected

# What pydantic's kinds of error mean in the words of a table's author.
_EXPECTED: Mapping[str, str] = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a table",
    "dataclass_type": "a table",
    "dataclass_exact_type": "a table",
}
_BITS = 63  # of a whole number in TOML, beside its sign
_QUOTED = r"'([^']*)'"  # each choice in pydantic's list of them
_UNKNOWN_KEY = ("unexpected_keyword_argument", "extra_forbidden")


def read_record(kind: type, item: Any) -> tuple[Any | None, list[Fault]]:
    """`item` as a record of type `kind`, and what is wrong with it.

    The record is None where a value is missing or of the wrong type, or a whole number that 64 bits do not
    hold. It is there, for whatever else is to be checked, where all that is wrong are unknown keys, dates,
    ``nan`` and ``inf``.
    """
    unfit = dict(_unfit(item))
    faults = [_unfit_fault(place, value) for place, value in unfit.items()]
    try:
        record = _validate(kind, item)
        return None if any(isinstance(value, int) for value in unfit.values()) else record, faults
    except ValidationError as problem:
        errors = [
            (_real(error["loc"], item, missing="missing" in error["type"]), error)
            for error in problem.errors(include_url=False)
        ]
    faults += _faults([(place, error) for place, error in errors if place not in unfit], item, kind)
    large = any(isinstance(value, int) for value in unfit.values())
    if large or any(error["type"] not in _UNKNOWN_KEY for _, error in errors):
        return None, faults
    known = _without(item, (place for place, _ in errors))
    return _validate(kind, known), faults


def dotted(place: Place) -> str:
    """A place as it is written behind the path of its entry: ``.inputs[0].name``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _validate(kind: type, item: Any) -> Any:
    """In JSON mode: strict about types, yet lists become tuples, and strings enumerations."""
    return _adapter(kind).validate_json(json.dumps(item, default=str), strict=True)


def _unfit(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """What TOML has and no record takes: dates, times, ``nan``, ``inf``, whole numbers beyond 64 bits."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _unfit(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unfit(item, (*place, index))
    elif not _is_fit(value):
        yield place, value


def _is_fit(value: Any) -> bool:
    if isinstance(value, int):
        return value.bit_length() <= _BITS
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, datetime.date | datetime.time)


def _unfit_fault(place: Place, value: Any) -> Fault:
    if isinstance(value, int):
        return place, f"a whole number of {value.bit_length()} bits", "one of 64 bits, the sign among them"
    expected = "a finite number" if isinstance(value, float) else "a string or a number, no date or time"
    return place, str(value), expected


def _faults(errors: Iterable[tuple[Place, Mapping[str, Any]]], item: Any, kind: type) -> list[Fault]:
    """pydantic's errors as faults. Those of one value (each branch of a union) are one fault."""
    gathered: dict[Place, tuple[str, list[str]]] = {}
    for place, error in errors:
        found, expected = _found_expected(error, place, item, kind)
        gathered.setdefault(place, (found, []))[1].append(expected)
    return [
        (place, found, " or ".join(dict.fromkeys(branches))) for place, (found, branches) in gathered.items()
    ]


def _real(location: Place, item: Any, *, missing: bool) -> Place:
    """`location` without the names that pydantic adds to it for the branches of a union.

    Its last part is not in `item` where what is wrong is that it is `missing`.
    """
    place: list[str | int] = []
    for at, part in enumerate(location):
        if isinstance(item, dict) and (part in item or (missing and at == len(location) - 1)):
            item = item.get(part)
        elif isinstance(item, list) and isinstance(part, int):
            item = item[part] if part < len(item) else None
        else:
            continue
        place.append(part)
    return tuple(place)


def _found_expected(error: Mapping[str, Any], place: Place, item: Any, kind: type) -> tuple[str, str]:
    """What was found, and what was expected, in the words of a table's author."""
    code, context = error["type"], error.get("ctx", {})
    if "missing" in code:
        return "no value", "a value, the key is required"
    found = show(_at(item, place))
    if code in _UNKNOWN_KEY:
        return found, f"no such key, but {listed(_keys(kind, place))}"
    if code == "enum":
        return found, f"one of {', '.join(re.findall(_QUOTED, str(context['expected'])))}"
    return found, _EXPECTED.get(code, str(error["msg"]).removeprefix("Input should be "))


def _at(item: Any, place: Place) -> Any:
    for part in place:
        item = item[part]
    return item


def _keys(kind: type, place: Place) -> list[str]:
    """The keys that the table around `place` may have."""
    hint: Any = kind
    for part in place[:-1]:
        hint = _within(hint, part)
    return [key for key in get_type_hints(_record_of(hint)) if not key.startswith("_")]


def _within(hint: Any, part: str | int) -> Any:
    """The type of what stands at `part` in a value of the type `hint`: a list's item, a table's value."""
    hint = _record_of(hint)
    if isinstance(part, int):
        return get_args(hint)[0]
    return get_type_hints(hint)[part] if is_dataclass(hint) else get_args(hint)[1]


def _record_of(hint: Any) -> Any:
    """`hint` itself, or of a union, as of what may be left out, the branch that has parts."""
    if get_origin(hint) not in (Union, UnionType):
        return hint
    branches = get_args(hint)
    return next((branch for branch in branches if is_dataclass(branch) or get_args(branch)), branches[0])


def _without(item: Any, places: Iterable[Place]) -> Any:
    """A copy of `item` without the keys at `places`."""
    copy = json.loads(json.dumps(item, default=str))
    for *outer, key in places:
        _at(copy, tuple(outer)).pop(key, None)
    return copy
