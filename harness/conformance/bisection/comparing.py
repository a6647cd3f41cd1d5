"""The two runs of a bisection, and each value held against the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import onnx

from harness.conformance.bisection.between import Between, Ways
from harness.conformance.bisection.derived import Derived
from harness.conformance.bisection.lost import Losses
from harness.conformance.bisection.matching import Match
from harness.conformance.bisection.probed import Probed
from harness.conformance.bisection.relative import Made
from harness.conformance.bisection.runs import Run
from harness.conformance.operators.bounded import Array
from harness.conformance.operators.rules import MOVING
from harness.domain.precisions import Precision


class Place(Protocol):
    """Where a value stands, in words."""

    @property
    def layer(self) -> int | None:
        """The encoder's layer, None outside of all and of any other graph."""

    @property
    def part(self) -> str:
        """What it is within its layer or block."""

    @property
    def stretch(self) -> str:
        """What it is told together with in a table."""

    @property
    def aside(self) -> bool:
        """Whether nothing passes through it to what follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of the network: the error that is there, and what of it is made here.

    Relative errors are norms of a difference over the norm of the reference, on valid positions; of a graph
    as it is over all.
    """

    name: str  # the reference's; behind its quantiser it says so
    place: Place
    since: Place  # that of the first operator since the values that are known
    operators: tuple[str, ...]  # what makes it of the values that are known, with the names of the nodes
    inherited: float  # the largest relative error of the values it is made of
    error: float  # relative error in the whole artifact
    made: float  # relative error where the operators read the reference's values
    bound: float  # what the bound of that is worth, relative
    times: float  # how many times the bound it is, at its worst; infinite where it is not a number
    misread: tuple[str, ...]  # what it reads in one graph and not in the other
    lost: str = ""  # in words: what the whole artifact makes here of numbers that is none

    @property
    def checked(self) -> bool:
        """Whether its bound is one: below the value's own size, for what is as large lets zeros pass."""
        return bool(self.lost) or self.bound < 1

    @property
    def outside(self) -> bool:
        """Whether more is made here than the precision allows, or numbers end here."""
        return bool(self.lost) or not self.times <= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesCompared:
    """Every value that both have, in the order of the network, and the layers that one of them lacks."""

    values: tuple[Value, ...]
    missing: tuple[int, ...]  # layers of which the artifact has nothing that is computed
    outputs: float  # the largest difference of an output, on valid positions
    finite: bool  # whether all outputs are numbers
    unmatched: int = 0  # inner values of the reference that the artifact has not, by name or by order

    @property
    def unchecked(self) -> int:
        """How many of the values that both have are held to no bound that would show anything."""
        return sum(not value.checked for value in self.values)


class Bounds(Protocol):
    """What the values of a run are held to."""

    @property
    def places(self) -> Mapping[str, Place]:
        """Where each value of the reference stands."""

    def kept(self, name: str) -> Array:
        """Which values of the reference's `name` count, as booleans that broadcast to it."""

    def error(self, item: Match, there: Array) -> float:
        """The relative error of the value in the whole artifact."""

    def made(self, item: Match, way: Between, here: Array) -> Made:
        """What is made of the value where its operators read the reference's."""


def compare(
    reference: onnx.ModelProto,
    artifact: onnx.ModelProto,
    inputs: Mapping[str, Array],
    mask: Array,
    precision: Precision,
    *,
    ours: bool = True,
) -> ValuesCompared:
    """Run both graphs of an encoder on one batch, and hold the artifact's values against the reference's.

    `reference` is the fp32 graph as exported, at a fixed batch, with the documented GELU and the mask's
    constant as the artifact is to have them; `mask` is ``[batch, length]``, 1 where a token is; `ours` says
    that the artifact was made of the same export, so that names which a tool has numbered mean the same.
    Needs memory for the values of all layers, several times over. Raises `GraphError` where a graph cannot
    be run, the two have no inner value in common, or an operator of the reference has no bound.
    """
    run = Run.of(reference, artifact, inputs, precision, ours=ours)
    return _compared(run, Derived(run, mask, precision))


def compare_graphs(
    reference: onnx.ModelProto,
    artifact: onnx.ModelProto,
    inputs: Mapping[str, Array],
    precision: Precision,
    *,
    ours: bool = True,
    named: Mapping[str, str] | None = None,
) -> ValuesCompared:
    """The same of any graph, whose every value counts; its bounds are measured on the reference (`Probed`).

    `inputs` are laid out as the graph takes them; `named` says what an artifact that is not `ours` is likely
    to call the reference's values (`same_values`). Raises as `compare`.
    """
    run = Run.of(reference, artifact, inputs, precision, ours=ours, named=named)
    return _compared(run, Probed(run, precision))


def _compared(run: Run, bounds: Bounds) -> ValuesCompared:
    found = tuple(_values(run, bounds))
    ends = [item.name for item in run.reference.graph.output if item.name in run.whole]
    return ValuesCompared(
        values=found,
        missing=_missing(run, bounds.places),
        outputs=max(
            (_largest(run.whole[name], run.truth[name], bounds.kept(name)) for name in ends),
            default=float("nan"),
        ),
        finite=all(bool(np.isfinite(run.whole[name]).all()) for name in ends),
        unmatched=len(set(run.truth) - {item.reference for item in run.matches}),
    )


def _values(run: Run, bounds: Bounds) -> Iterator[Value]:
    """Every value in common with its error, in the order in which it is computed."""
    ways, losses = Ways(run), Losses(run.whole, run.truth)
    errors: dict[str, float] = {}
    for item in run.matches:
        way = ways.to(item)
        error = bounds.error(item, run.whole[item.artifact].astype(np.float64))
        errors[item.artifact] = error
        made = bounds.made(item, way, run.made[item.artifact].astype(np.float64))
        yield Value(
            name=item.reference + (" (quantised)" if item.quantised else ""),
            place=bounds.places[item.reference],
            since=bounds.places[way.since],
            operators=way.operators,
            inherited=max((errors.get(name, 0.0) for name in way.sources), default=0.0),
            error=error,
            made=made.error,
            bound=made.bound,
            times=made.times,
            misread=way.misread,
            lost=losses.at(item, way.sources, bounds.kept(item.reference)),
        )


def _missing(run: Run, places: Mapping[str, Place]) -> tuple[int, ...]:
    """The layers of which the artifact has no value in common with the reference."""
    computed = {
        name
        for node in run.reference.graph.node
        if node.op_type not in MOVING
        for name in node.output
        if name in run.truth
    }
    layers = {places[name].layer for name in computed}
    shared = {places[item.reference].layer for item in run.matches if item.reference in computed}
    return tuple(sorted(layer for layer in layers - shared if layer is not None))


def _largest(found: Array, expected: Array, kept: Array) -> float:
    """The largest difference on valid positions; infinite where one is not a number, or of another shape."""
    if found.shape != expected.shape:
        return float("inf")
    off = np.where(kept, np.abs(found.astype(np.float64) - expected), 0.0)
    return float(np.where(np.isfinite(off), off, np.inf).max(initial=0.0))
