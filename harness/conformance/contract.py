"""Names, order, dtypes, shapes and open axes of an artifact, held against the table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from harness.domain.cases import Case
from harness.domain.graphs import ANY, LABELS, REST, GraphInput
from harness.domain.models import Input, Output
from harness.errors import GraphError
from harness.models.graphs.originals import outputs_of
from harness.toolchains.base import Contract

OPEN = "any"  # the size of an axis that the artifact leaves open

_Size = int | str
_Item = tuple[str, str, tuple[_Size, ...]]


def require_contract(
    case: Case, declared: tuple[Contract | None, Contract], *, left_open: Collection[str] = ()
) -> None:
    """Raise `GraphError` that names everything in which `declared` differs from the table.

    `left_open` are the sizes of the table (``batch``, ``length``) that the artifact takes any of; all others
    are fixed.
    """
    found = [*differences(case, declared, left_open=left_open)]
    if found:
        raise GraphError(f"{case.id}: the artifact's contract is not the table's: {'; '.join(found)}")


def differences(
    case: Case, declared: tuple[Contract | None, Contract], *, left_open: Collection[str] = ()
) -> Iterator[str]:
    """What differs from the table, a sentence each: first of inputs, if they are told, then of outputs."""
    sizes: dict[str, _Size] = {**case.model.sizes(case.batch_size), **dict.fromkeys(left_open, OPEN)}
    inputs = [_expected(item, sizes) for item in case.model.fed]
    outputs = [_expected(item, sizes) for item in outputs_of(case.model)]
    for what, found, wanted in zip(("input", "output"), declared, (inputs, outputs), strict=True):
        if found is None:
            continue
        told = [_as_declared(item) for item in found]
        if case.model.graph is not None:
            told = _sized(told, wanted)
        yield from _of_one_side(what, told, wanted)


def _expected(item: Input | GraphInput | Output, sizes: dict[str, _Size]) -> _Item:
    return item.name, item.dtype, tuple(sizes.get(str(size), size) for size in item.shape)


def _agree(found: tuple[_Size, ...], wanted: tuple[_Size, ...]) -> bool:
    """Whether two shapes are one; of ``...`` nothing is known."""
    return REST in wanted or found == wanted


def _as_declared(item: tuple[str, str, Sequence[Any]]) -> _Item:
    """An open axis is a name, None or a negative number, whichever the runtime says."""
    name, dtype, shape = item
    sizes = (size if isinstance(size, int) and size >= 0 else OPEN for size in shape)
    return name, dtype, tuple(sizes)


def _sized(found: list[_Item], wanted: list[_Item]) -> list[_Item]:
    """An artifact of a graph that takes any size takes the table's; what the table leaves open is of any."""
    asked = {name: shape for name, _, shape in wanted}
    return [
        (name, dtype, tuple(_size(size, a) for size, a in zip(shape, asked[name], strict=True)))
        if name in asked and len(asked[name]) == len(shape)
        else (name, dtype, shape)
        for name, dtype, shape in found
    ]


def _size(found: _Size, asked: _Size) -> _Size:
    return asked if found == OPEN or asked in (ANY, LABELS) else found


def _of_one_side(what: str, found: list[_Item], wanted: list[_Item]) -> Iterator[str]:
    names, expected = ([name for name, _, _ in items] for items in (found, wanted))
    if sorted(names) != sorted(expected):
        yield f"{what}s {_listed(names)}, expected {_listed(expected)}"
    elif names != expected:
        yield f"{what}s in the order {_listed(names)}, expected {_listed(expected)}"
    known = {name: (dtype, shape) for name, dtype, shape in found}
    for name, dtype, shape in wanted:
        if name not in known:
            continue
        its_dtype, its_shape = known[name]
        if its_dtype != dtype:
            yield f"{what} {name} of {its_dtype}, expected {dtype}"
        if not _agree(its_shape, shape):
            yield f"{what} {name} of shape {_shape(its_shape)}, expected {_shape(shape)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _shape(sizes: Sequence[_Size]) -> str:
    return f"[{', '.join(map(str, sizes))}]"
