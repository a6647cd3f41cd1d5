"""Options that a table gives to a reader or to a task: which there are, and the record they make."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

Fault = tuple[str, str, str]  # the key in the table's entry, what was found, what was expected
Kind = TypeVar("Kind")


def record(kind: Callable[..., Kind], options: Mapping[str, Any]) -> Kind:
    """`options`, which are checked already (`harness.tables.pipelines`), as a record of `kind`.

    Lists become tuples and texts enumerations, as in all tables. Raises pydantic's `ValidationError` for
    options that no table could have.
    """
    adapter: TypeAdapter[Kind] = _adapter(kind)
    return adapter.validate_json(json.dumps(dict(options)), strict=True)


def faults(made: Any, *about: Any) -> Iterator[Fault]:
    """What options contradict in each other, or in what they are `about`: a model, of a task's.

    Records that can be wrong so have ``faults``.
    """
    own = getattr(made, "faults", None)
    yield from () if own is None else own(*about)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
