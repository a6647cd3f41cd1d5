"""An encoder's values against bounds that are derived, operator by operator, from the unit roundoff."""

from __future__ import annotations

import numpy as np

from harness.conformance.bisection import axes, matching
from harness.conformance.bisection.between import Between
from harness.conformance.bisection.matching import Match
from harness.conformance.bisection.places import places
from harness.conformance.bisection.relative import Made, cut_largest, quantum, ratio
from harness.conformance.bisection.runs import Run
from harness.conformance.operators.arithmetic import Arithmetic
from harness.conformance.operators.bounded import Array, Bounded, within
from harness.conformance.operators.propagation import constants, propagate
from harness.domain.precisions import Precision

# Below it a score hides its token, whatever its value: exp of it is 0 in every precision.
HIDDEN = -5000.0


class Derived:
    """What each value of a run ought to be, from the values in front of it, by the rules of operators."""

    def __init__(self, run: Run, mask: Array, precision: Precision) -> None:
        graph = run.reference.graph
        self.places = places(graph)
        self._run, self._mask = run, mask
        self._fixed = constants(graph)
        shapes = {name: array.shape for name, array in run.truth.items()} | matching.shapes(run.reference)
        self._shapes = shapes
        self._tags = axes.tags(graph, shapes, [item.name for item in graph.input], self._fixed)
        self._arithmetic = Arithmetic(precision=precision, activations=False)
        self._matched = run.matched
        self._known = {
            name: Bounded(value=array, error=np.zeros(array.shape)) for name, array in run.inputs.items()
        }

    def kept(self, name: str) -> Array:
        """Which values of the reference's `name` are of no padding."""
        return axes.valid(self._tags[name], self._shapes[name], self._mask)

    def error(self, item: Match, there: Array) -> float:
        """The relative error of the value in the whole artifact, on valid positions."""
        return _relative(there, self._run.truth[item.reference].astype(np.float64), self.kept(item.reference))

    def made(self, item: Match, way: Between, here: Array) -> Made:
        """What is made of the value where its operators read the reference's; raises as `propagate`."""
        kept = self.kept(item.reference)
        expected = self._expected(item, way)
        return Made(
            error=_relative(here, expected.value, kept),
            bound=_size(expected.error, expected.value, kept),
            times=_cut_times(here, expected, kept) if item.quantised else _times(here, expected, kept),
        )

    def _expected(self, item: Match, way: Between) -> Bounded:
        if item.quantised:
            truth = self._run.truth[item.reference].astype(np.float64)
            return within(truth, np.full(truth.shape, quantum(truth)))
        known = {name: self._as_given(name) for name in way.read if name in self._matched}
        return propagate(way.nodes, {**self._known, **known}, self._fixed, self._arithmetic)[item.reference]

    def _as_given(self, name: str) -> Bounded:
        """The reference's value, and how far off it is as the artifact holds it: known exactly."""
        truth = self._run.truth[name].astype(np.float64)
        with np.errstate(invalid="ignore"):
            return within(truth, np.abs(self._run.given[self._matched[name]].astype(np.float64) - truth))


def _differences(found: Array, expected: Array) -> Array:
    """``|found - expected|``; none where both hide a token."""
    with np.errstate(invalid="ignore"):
        off = np.abs(found - expected)
    return np.where((found < HIDDEN) & (expected < HIDDEN), 0.0, off)


def _relative(found: Array, expected: Array, kept: Array) -> float:
    """The norm of the difference over the norm of what is expected; infinite where one is not a number."""
    off = np.where(kept, _differences(found, expected), 0.0)
    return ratio(off, np.where(kept, _shown(expected), 0.0))


def _shown(expected: Array) -> Array:
    """Values without what is hidden, which is too large for the others to be seen beside."""
    return np.where(expected < HIDDEN, 0.0, expected)


def _size(error: Array, expected: Array, kept: Array) -> float:
    shown = np.where(expected < HIDDEN, 0.0, error)
    return ratio(np.where(kept, shown, 0.0), np.where(kept, _shown(expected), 0.0))


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
    return cut_largest(times[np.broadcast_to(kept, times.shape)])
