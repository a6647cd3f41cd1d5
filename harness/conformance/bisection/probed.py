"""Any graph's values against bounds that are measured: what storing once changes, on the reference itself.

No rule is written for every operator there is. But what rounding can do to one is seen by doing it: the
reference is cut at the values that both have, like the artifact, its constants are stored in the precision
and it reads the values as the artifact holds them (`stored`). All arithmetic stays fp32's. What comes out is
off by what a sound artifact cannot avoid: by how much depends on the operator and on these very values. A
sound artifact rounds once more at each operator: errors of that size, which add up as those of single
roundings do, by their squares.
"""

from __future__ import annotations

import math

import numpy as np

from harness.conformance.bisection.between import Between
from harness.conformance.bisection.blocks import places
from harness.conformance.bisection.matching import Match
from harness.conformance.bisection.relative import Made, cut_largest, quantum, ratio
from harness.conformance.bisection.runs import Run, run_cut
from harness.conformance.operators.bounded import Array
from harness.domain.precisions import Precision
from harness.models.graphs.reading import nodes, subgraphs
from harness.models.graphs.stored import FP32_BITS, as_held, with_constants

# How many times what storing once changes a sound operator may be off by: two roundings that fall otherwise
# differ by some sqrt(2) of one; an error of few values, or the largest of many, is up to twice another's.
ALLOWED = 4.0
# One rounding of a result, relative to the value; of int8 half a quantum, relative to the largest.
_ROUNDING = {Precision.FP32: 2.0**-FP32_BITS, Precision.FP16: 2.0**-11, Precision.INT8: 1 / 254}
_TINY = {Precision.FP16: 2.0**-25}  # half the distance between subnormal numbers


class Probed:
    """What each value of a run may be, by what storing does to the reference's own operators."""

    def __init__(self, run: Run, precision: Precision) -> None:
        self.places = places(run.reference.graph)
        self._run, self._precision = run, precision
        given = {name: run.given[ours].astype(np.float32) for name, ours in run.matched.items()}
        inputs = {name: as_held(array, precision) for name, array in run.inputs.items()}
        held = {**inputs, **{name: as_held(array, precision) for name, array in given.items()}}
        stored = with_constants(run.reference, precision)
        self._stored = run_cut(stored, list(given), held, Precision.FP32, "the reference, stored")

    def kept(self, name: str) -> Array:
        """All values: nothing tells which of them is padding."""
        return np.ones((1,) * self._run.truth[name].ndim, bool)

    def error(self, item: Match, there: Array) -> float:
        """The relative error of the value in the whole artifact; infinite where it has another shape."""
        truth = self._run.truth[item.reference].astype(np.float64)
        if there.shape != truth.shape:
            return math.inf
        return ratio(_differences(there, truth), np.where(np.isfinite(truth), truth, 0.0))

    def made(self, item: Match, way: Between, here: Array) -> Made:
        """What is made of the value where its operators read the reference's."""
        truth = self._run.truth[item.reference].astype(np.float64)
        stored = self._stored[item.reference].astype(np.float64)
        if item.quantised:
            return _behind_quantiser(here, truth)
        if here.shape != truth.shape:  # of a size that depends on values: storing alone may change it
            alike = here.shape == stored.shape
            return Made(error=math.inf, bound=math.inf, times=0.0 if alike else math.inf)
        if stored.shape != truth.shape:
            return Made(error=ratio(here - truth, truth), bound=math.inf, times=0.0)
        lost = np.isfinite(truth) & ~np.isfinite(stored)  # by storing alone: nothing is known of these
        shown = np.where(np.isfinite(truth), truth, 0.0)
        off = np.where(lost, 0.0, _differences(here, truth))
        once = np.where(lost, 0.0, _differences(stored, truth))
        most = ALLOWED * math.sqrt(_roundings(way))
        rounding = self._rounding(shown)
        bound = math.hypot(most * ratio(once, shown), most * ratio(rounding, shown))
        largest = most * (float(once.max(initial=0.0)) + float(rounding.max(initial=0.0)))
        error = ratio(off, shown)
        times = max(_over(error, bound), _over(float(off.max(initial=0.0)), largest))
        return Made(error=error, bound=bound, times=times)

    def _rounding(self, truth: Array) -> Array:
        """What one rounding of each value costs, at most."""
        if self._precision is Precision.INT8:
            return np.full(truth.shape, _ROUNDING[self._precision] * np.abs(truth).max(initial=0.0))
        return np.maximum(np.abs(truth) * _ROUNDING[self._precision], _TINY.get(self._precision, 0.0))


def _behind_quantiser(here: Array, truth: Array) -> Made:
    allowed = quantum(truth)
    off = _differences(here, truth)
    with np.errstate(all="ignore"):
        times = off / allowed if allowed else off
    return Made(
        error=ratio(off, truth),
        bound=ratio(np.full(truth.shape, allowed), truth),
        times=cut_largest(np.where(np.isnan(times), np.inf, times)),
    )


def _roundings(way: Between) -> int:
    """How many operators may round on the way, those inside of branches and bodies among them."""
    inside = [item for node in way.nodes for graph in subgraphs(node) for item in nodes(graph)]
    return max(1, len(way.nodes) + len(inside))


def _differences(found: Array, expected: Array) -> Array:
    """``|found - expected|``: none where both are the same infinity, or both no number."""
    with np.errstate(invalid="ignore"):
        off = np.abs(found - expected)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    return np.where(same, 0.0, np.where(np.isnan(off), np.inf, off))


def _over(part: float, whole: float) -> float:
    """0 of nothing is 0."""
    if not part:
        return 0.0
    return part / whole if whole else math.inf
