"""Records that are read from JSON of any age, and give the same keys back.

A measurement's detail is JSON that grew over time: an older store lacks keys, a newer one has more. Reading
therefore never fails for a whole detail; what a record has no field for stays in `rest`, as it was stored.
"""

from __future__ import annotations

import collections.abc
import dataclasses
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from harness.errors import RecordError

# Of a field that is None: its key is stored as null where any other field of the record is there. A field
# without this is left out.
NULL = MappingProxyType({"null": True})
# Of a field that holds a `Stored`: its keys stand among those of the record that it is part of.
SPREAD = MappingProxyType({"spread": True})

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A part of a measurement's detail. Its fields are called as their keys are."""

    rest: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)  # keys that no field knows, or can hold

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """The record whose keys `stored` has, alone or among those of a whole detail.

        Raises `RecordError` where a key is missing that the record cannot do without.
        """
        left = dict(stored)
        return cls(**_taken(cls, left), rest=left)

    @classmethod
    def part(cls, stored: Mapping[str, Any], *keys: str) -> Self:
        """As `from_stored`, of these keys alone: for who asks thousands of details for one thing."""
        return cls.from_stored({key: stored[key] for key in keys if key in stored})

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """The keys that it knows, in their order."""
        kind: type = cls
        return tuple(
            key
            for name, hint, item in _fields(kind)
            for key in (hint.keys() if "spread" in item.metadata else (name,))
        )

    def stored(self) -> dict[str, Any]:
        """As JSON: every key that has a value, in the order of the fields, then the rest."""
        told: dict[str, Any] = {}
        kind: type = type(self)
        for name, _, item in _fields(kind):
            value = getattr(self, name)
            if "spread" in item.metadata:
                told |= value.stored()
            elif value is not None or "null" in item.metadata:
                told[name] = _json(value)
        if all(value is None for value in told.values()):
            told = {}
        return told | dict(self.rest)


def _taken(cls: type, left: dict[str, Any]) -> dict[str, Any]:
    """The fields of a record of `cls` from the keys that it knows, which are taken out of `left`."""
    known: dict[str, Any] = {}
    for name, hint, item in _fields(cls):
        if "spread" in item.metadata:
            known[name] = hint(**_taken(hint, left))
            continue
        try:
            if name in left:
                known[name] = _value(hint, left[name])
                del left[name]
                continue
        except RecordError:
            pass  # of another shape than this version writes: it stays in the rest
        if item.default is MISSING and item.default_factory is MISSING:
            raise RecordError(f"no {cls.__name__}: {name}: found no value of it, expected {hint}")
    return known


@cache
def _fields(cls: type) -> tuple[tuple[str, Any, Any], ...]:
    """Name, type and field of everything but `rest`."""
    hints = get_type_hints(cls)
    return tuple(
        (item.name, hints[item.name], item) for item in dataclasses.fields(cls) if item.name != "rest"
    )


def _value(hint: Any, value: Any) -> Any:
    """`value` as a field of type `hint` holds it; raises `RecordError` where it is of another type."""
    origin = get_origin(hint)
    if hint is Any:
        return value
    if origin in (Union, UnionType):
        return _first(get_args(hint), value)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_value(get_args(hint)[0], item) for item in value)
    if origin is collections.abc.Mapping and isinstance(value, Mapping):
        return {str(key): _value(get_args(hint)[1], item) for key, item in value.items()}
    if isinstance(hint, type) and issubclass(hint, Stored) and isinstance(value, Mapping):
        return hint.from_stored(value)
    if origin is None and _is(hint, value):
        return value
    raise RecordError(f"found {value!r}, expected {hint}")


def _first(hints: tuple[Any, ...], value: Any) -> Any:
    """`value` by the first of several types that it is of."""
    for hint in hints:
        try:
            return _value(hint, value)
        except RecordError:
            continue
    raise RecordError(f"found {value!r}, expected one of {hints}")


def _is(hint: Any, value: Any) -> bool:
    """Whether `value` is of a plain type: a truth is no number, a whole number is a float too."""
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int | float)
    return value is None if hint is NoneType else isinstance(value, hint)


def _json(value: Any) -> Any:
    """A field's value as it is stored."""
    if isinstance(value, Stored):
        return value.stored()
    if isinstance(value, Mapping):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return value
