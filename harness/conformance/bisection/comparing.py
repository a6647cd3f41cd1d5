"""The two runs of a bisection, and each value held against the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from harness.conformance.bisection import axes, cutting, matching
from harness.conformance.bisection.lost import lost
from harness.conformance.bisection.matching import Match
from harness.conformance.bisection.places import GraphPlace, places
from harness.conformance.operators.arithmetic import Arithmetic
from harness.conformance.operators.bounded import Array, Bounded, within
from harness.conformance.operators.propagation import constants, propagate
from harness.conformance.operators.rules import MOVING
from harness.domain.precisions import Precision
from harness.models.graphs import values

# Below it a score hides its token, whatever its value: exp of it is 0 in every precision.
HIDDEN = -5000.0
# Of int8's activations: how many may be cut by a percentile that was found on other samples.
CUT = 0.001
_STEPS = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of the network: the error that is there, and what of it is made here.

    Relative errors are norms of a difference over the norm of the reference, on valid positions.
    """

    name: str  # the reference's; behind its quantiser it says so
    place: GraphPlace
    since: GraphPlace  # that of the first operator since the values that are known
    operators: tuple[str, ...]  # what makes it of the values that are known, with the names of the nodes
    inherited: float  # the largest relative error of the values it is made of
    error: float  # relative error in the whole artifact
    made: float  # relative error where the operators read the reference's values
    bound: float  # what the bound of that is worth, relative
    times: float  # the largest single error made here, in units of its bound; infinite where not a number
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


def compare(
    reference: onnx.ModelProto,
    artifact: onnx.ModelProto,
    inputs: Mapping[str, Array],
    mask: Array,
    precision: Precision,
    *,
    ours: bool = True,
) -> ValuesCompared:
    """Run both on one batch, and hold the artifact's values against the reference's.

    `reference` is the fp32 graph as exported, at a fixed batch, with the documented GELU and the mask's
    constant as the artifact is to have them; `mask` is ``[batch, length]``, 1 where a token is; `ours` says
    that the artifact was made of the same export, so that names which a tool has numbered mean the same.
    Needs memory for the values of all layers, several times over. Raises `GraphError` where a graph cannot
    be run, the two have no inner value in common, or an operator of the reference has no bound.
    """
    run = _Run.of(reference, artifact, inputs, mask, precision, ours=ours)
    found = tuple(_values(run, _holder(run, reference, artifact, inputs, precision)))
    ends = [item.name for item in reference.graph.output if item.name in run.whole]
    return ValuesCompared(
        values=found,
        missing=_missing(run, reference.graph),
        outputs=max(
            (_largest(run.whole[name], run.truth[name], run.valid(name)) for name in ends),
            default=float("nan"),
        ),
        finite=all(bool(np.isfinite(run.whole[name]).all()) for name in ends),
        unmatched=len(set(run.truth) - {item.reference for item in run.matches}),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    """Both graphs run on one batch, and what is known of the values that they have in common."""

    matches: Sequence[Match]
    truth: Mapping[str, Array]  # of the reference, by its names
    whole: Mapping[str, Array]  # of the artifact, by its names
    given: Mapping[str, Array]  # the reference's values, as the artifact holds them
    made: Mapping[str, Array]  # of the artifact where every operator reads the given ones
    places: Mapping[str, GraphPlace]
    fixed: Mapping[str, Array]
    tags: Mapping[str, Any]
    shapes: Mapping[str, Any]
    mask: Array

    @classmethod
    def of(
        cls,
        reference: onnx.ModelProto,
        artifact: onnx.ModelProto,
        inputs: Mapping[str, Array],
        mask: Array,
        precision: Precision,
        *,
        ours: bool,
    ) -> _Run:
        """Raises as `compare`."""
        graph, fixed = reference.graph, constants(reference.graph)
        order = _inner(reference)
        truth = cutting.run(cutting.expose(reference, order), inputs, order, Precision.FP32, "the reference")
        matches = matching.match(reference, artifact, order, ours=ours)
        names = [item.artifact for item in matches]
        whole = cutting.run(cutting.expose(artifact, names), inputs, names, precision, "the artifact")
        theirs = values.element_types(artifact)
        given = {item.artifact: _held(truth[item.reference], theirs[item.artifact]) for item in matches}
        made_names = [name + cutting.MADE for name in names]
        made = cutting.run(
            cutting.cut(artifact, names), {**inputs, **given}, made_names, precision, "the artifact, cut"
        )
        shapes = {name: array.shape for name, array in truth.items()} | matching.shapes(reference)
        return cls(
            matches=matches, truth=truth, whole=whole, given=given, made=made, places=places(graph),
            fixed=fixed, tags=axes.tags(graph, shapes, [item.name for item in graph.input], fixed),
            shapes=shapes, mask=mask,
        )  # fmt: skip

    def valid(self, name: str) -> Array:
        """Which values of the reference's `name` are of no padding."""
        return axes.valid(self.tags[name], self.shapes[name], self.mask)


def _inner(reference: onnx.ModelProto) -> list[str]:
    """The floating-point values that the graph computes, in order."""
    types = values.element_types(reference)
    return [
        name
        for node in reference.graph.node
        for name in node.output
        if node.op_type != "Constant" and types.get(name) in matching.FLOATS
    ]


def _holder(
    run: _Run,
    reference: onnx.ModelProto,
    artifact: onnx.ModelProto,
    inputs: Mapping[str, Array],
    precision: Precision,
) -> _Holder:
    return _Holder(
        reference, artifact, run.matches, run.truth, run.given, inputs, run.fixed,
        Arithmetic(precision=precision, activations=False),
    )  # fmt: skip


def _values(run: _Run, holder: _Holder) -> Iterator[Value]:
    """Every value in common with its error, in the order in which it is computed."""
    errors: dict[str, float] = {}
    for item in run.matches:
        kept = run.valid(item.reference)
        expected, since, operators, sources, misread = holder.expected(item)
        there = run.whole[item.artifact].astype(np.float64)
        here = run.made[item.artifact + cutting.MADE].astype(np.float64)
        error = _relative(there, run.truth[item.reference].astype(np.float64), kept)
        errors[item.artifact] = error
        yield Value(
            name=item.reference + (" (quantised)" if item.quantised else ""),
            place=run.places[item.reference],
            since=run.places[since],
            operators=operators,
            inherited=max((errors.get(name, 0.0) for name in sources), default=0.0),
            error=error,
            made=_relative(here, expected.value, kept),
            bound=_size(expected.error, expected.value, kept),
            times=_cut_times(here, expected, kept) if item.quantised else _times(here, expected, kept),
            misread=misread,
            lost=lost(run.whole, item.artifact, sources, run.truth[item.reference], kept),
        )


def _missing(run: _Run, graph: onnx.GraphProto) -> tuple[int, ...]:
    """The layers of which the artifact has no value in common with the reference."""
    computed = {
        name for node in graph.node if node.op_type not in MOVING for name in node.output if name in run.truth
    }
    layers = {run.places[name].layer for name in computed}
    shared = {run.places[item.reference].layer for item in run.matches if item.reference in computed}
    return tuple(sorted(layer for layer in layers - shared if layer is not None))


def _held(array: Array, element_type: int) -> Array:
    """A value of the reference as the artifact holds it; beyond fp16's range it is infinite there."""
    with np.errstate(over="ignore"):
        return array.astype(np.float16) if element_type == onnx.TensorProto.FLOAT16 else array


_Names = tuple[str, ...]


def _quantised(truth: Array) -> Bounded:
    """A value behind its quantiser: a whole quantum of its range off at most.

    Half of one is what rounding costs; the other half allows for a range that was found on other samples.
    """
    quantum = float(np.abs(truth).max(initial=0.0)) / _STEPS
    return within(truth, np.full(truth.shape, quantum))


class _Holder:
    """What each matched value ought to be, from the matched values in front of it."""

    def __init__(
        self,
        reference: onnx.ModelProto,
        artifact: onnx.ModelProto,
        matches: Sequence[Match],
        truth: Mapping[str, Array],
        given: Mapping[str, Array],
        inputs: Mapping[str, Array],
        fixed: Mapping[str, Array],
        arithmetic: Arithmetic,
    ) -> None:
        self._truth, self._fixed, self._arithmetic = truth, fixed, arithmetic
        self._matched = {item.reference: item.artifact for item in matches if not item.quantised}
        self._meaning = {item.artifact: item.reference for item in matches}
        self._nodes = list(reference.graph.node)
        self._makers = {output: node for node in reference.graph.node for output in node.output}
        self._their_makers = {output: node for node in artifact.graph.node for output in node.output}
        self._given = given
        self._known = {
            name: Bounded(value=array, error=np.zeros(array.shape)) for name, array in inputs.items()
        }

    def expected(self, item: Match) -> tuple[Bounded, str, _Names, _Names, _Names]:
        """Value and bound, and by name: the first value on the way, operators, sources, what is misread."""
        if item.quantised:
            truth = self._truth[item.reference].astype(np.float64)
            return (
                _quantised(truth),
                item.reference,
                ("QuantizeLinear",),
                (self._matched[item.reference],),
                (),
            )
        nodes, read = _behind(item.reference, self._makers, set(self._matched) - {item.reference})
        ordered = [node for node in self._nodes if any(output in nodes for output in node.output)]
        known = {name: self._as_given(name) for name in read if name in self._matched}
        made = propagate(ordered, {**self._known, **known}, self._fixed, self._arithmetic)
        computing = [node for node in ordered if node.op_type not in MOVING] or ordered
        first = next(output for node in computing for output in node.output if output in nodes)
        operators = tuple(f"{node.op_type} {node.name}".strip() for node in ordered)
        sources = tuple(self._matched[name] for name in read if name in self._matched)
        return made[item.reference], first, operators, sources, self._misread(item, read)

    def _misread(self, item: Match, read: Sequence[str]) -> _Names:
        """What either graph makes the value of, and the other does not; by the reference's names."""
        _, they_read = _behind(item.artifact, self._their_makers, set(self._meaning) - {item.artifact})
        theirs = {self._meaning.get(name, name) for name in they_read}
        ours = {name for name in read if name in self._matched or name in self._known}
        known = {name for name in theirs if name in self._truth or name in self._known}
        return tuple(sorted(ours ^ known))

    def _as_given(self, name: str) -> Bounded:
        """The reference's value, and how far off it is as the artifact holds it: known exactly."""
        truth = self._truth[name].astype(np.float64)
        with np.errstate(invalid="ignore"):
            return within(truth, np.abs(self._given[self._matched[name]].astype(np.float64) - truth))


def _behind(
    name: str, makers: Mapping[str, onnx.NodeProto], stops: set[str]
) -> tuple[set[str], tuple[str, ...]]:
    """The values that are made on the way to `name`, itself among them, and those it is made of."""
    made: set[str] = set()
    read: dict[str, None] = {}
    waiting = [name]
    while waiting:
        this = waiting.pop()
        if this in made:
            continue
        made.add(this)
        for source in makers[this].input:
            if source in stops or source not in makers:
                read[source] = None
            elif makers[source].op_type != "Constant":
                waiting.append(source)
    return made, tuple(read)


def _differences(found: Array, expected: Array) -> Array:
    """``|found - expected|``; none where both hide a token."""
    with np.errstate(invalid="ignore"):
        off = np.abs(found - expected)
    return np.where((found < HIDDEN) & (expected < HIDDEN), 0.0, off)


def _relative(found: Array, expected: Array, kept: Array) -> float:
    """The norm of the difference over the norm of what is expected; infinite where one is not a number."""
    off = np.where(kept, _differences(found, expected), 0.0)
    return _ratio(off, np.where(kept, _shown(expected), 0.0))


def _shown(expected: Array) -> Array:
    """Values without what is hidden, which is too large for the others to be seen beside."""
    return np.where(expected < HIDDEN, 0.0, expected)


def _size(error: Array, expected: Array, kept: Array) -> float:
    shown = np.where(expected < HIDDEN, 0.0, error)
    return _ratio(np.where(kept, shown, 0.0), np.where(kept, _shown(expected), 0.0))


def _ratio(off: Array, of: Array) -> float:
    with np.errstate(over="ignore"):
        top, base = float(np.sqrt((off**2).sum())), float(np.sqrt((of**2).sum()))
    if not np.isfinite(top):
        return float("inf")
    return 0.0 if top == 0 else top / base if base else float("inf")


def _times(found: Array, expected: Bounded, kept: Array) -> float:
    """The largest difference in units of its bound."""
    off = _differences(found, expected.value)
    with np.errstate(all="ignore"):
        times = np.where(off == 0, 0.0, off / expected.error)
    times = np.where(np.isinf(expected.error), 0.0, np.where(np.isnan(times), np.inf, times))
    return float(np.where(kept, times, 0.0).max(initial=0.0))


def _cut_times(found: Array, expected: Bounded, kept: Array) -> float:
    """As `_times`, without the few activations that calibration has cut."""
    with np.errstate(all="ignore"):
        times = np.where(expected.error == 0, np.abs(found), np.abs(found - expected.value) / expected.error)
    shown = times[np.broadcast_to(kept, times.shape)]
    if np.isnan(shown).any():
        return float("inf")
    return float(np.quantile(shown, 1 - CUT, method="lower")) if shown.size else 0.0


def _largest(found: Array, expected: Array, kept: Array) -> float:
    """The largest difference on valid positions; infinite where one is not a number."""
    off = np.where(kept, np.abs(found.astype(np.float64) - expected), 0.0)
    return float(np.where(np.isfinite(off), off, np.inf).max(initial=0.0))
