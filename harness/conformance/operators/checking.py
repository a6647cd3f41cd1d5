"""A graph of one operator through the steps and the session of a stand-in, held against its bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.conformance.operators.arithmetic import Arithmetic
from harness.conformance.operators.bounded import Array, Bounded, exact
from harness.conformance.operators.catalogue import Single
from harness.conformance.operators.propagation import constants, propagate
from harness.domain.precisions import Precision
from harness.errors import GraphError
from harness.models.graphs import int8
from harness.models.graphs.numerics import rounding
from harness.toolchains.onnxruntime.backend import load_graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How an operator's results lie in their bounds."""

    worst: float  # the largest error in units of its bound; 0 where all is exact
    problem: str  # what is wrong, as a sentence; empty where nothing is
    unbounded: int  # elements of which the bound says nothing: fp16 may overflow there


def compute(single: Single, precision: Precision) -> dict[str, Array]:
    """The operator's results as a stand-in of `precision` gives them, by name.

    The graph goes through the precision's step, int8's calibrated on the inputs themselves; an operator that
    int8 does not quantise is fp32's, at int8's optimisation level. Raises `GraphError` with what onnxruntime
    says where it refuses the inputs.
    """
    graph = single.graph
    if single.product or precision is not Precision.INT8:
        for _, step in rounding(precision, lambda: int8.ranges_of(single.graph, [single.inputs])):
            graph = step(graph)
    names = [item.name for item in graph.graph.output]
    try:
        session = load_graph(graph.SerializeToString(), precision)
        return dict(zip(names, session.run(names, dict(single.inputs)), strict=True))
    except Exception as problem:  # onnxruntime's classes have no common base of their own
        raise GraphError(f"{single.name}: onnxruntime cannot run the graph: {problem}") from problem


def expect(single: Single, precision: Precision) -> dict[str, Bounded]:
    """The results in float64 from the same fp32 inputs, each with its bound, by name.

    Constants are the fp32 ones: that fp16 rounds them and int8 quantises them is in the bound.
    """
    graph = single.graph.graph
    found = propagate(
        graph.node,
        {name: exact(array) for name, array in single.inputs.items()},
        constants(graph),
        Arithmetic(precision=precision),
    )
    return {item.name: found[item.name] for item in graph.output}


def hold(computed: Mapping[str, Array], expected: Mapping[str, Bounded]) -> Held:
    """Hold results against their bounds; what is not a number is a failure, and so is a clamped overflow."""
    worst, unbounded = 0.0, 0
    for name, bounded in expected.items():
        result = computed[name].astype(np.float64)
        if result.shape != bounded.value.shape:
            return _failed(f"{name} has the shape {result.shape}, expected {bounded.value.shape}")
        if np.isnan(result).any() and not np.isnan(bounded.value).any():
            return _failed(f"{name}: {int(np.isnan(result).sum())} values are not numbers")
        if bounded.infinite is not None:
            clamped = bounded.infinite & np.isfinite(result)
            if clamped.any():
                at = tuple(int(place) for place in np.argwhere(clamped)[0])
                return _failed(
                    f"{name}{list(at)}: {bounded.value[at]:g} is beyond fp16, and came out as {result[at]:g}"
                )
        with np.errstate(all="ignore"):
            known = np.isfinite(bounded.error)
            off = np.where(known, np.abs(result - bounded.value), 0.0)
            ratio = np.where(off == 0, 0.0, off / np.where(known, bounded.error, 1.0))
        unbounded += int((~known).sum())
        if not ratio.size:
            continue
        at = tuple(int(place) for place in np.unravel_index(int(ratio.argmax()), ratio.shape))
        worst = max(worst, float(ratio[at]))
        if not ratio[at] <= 1:
            return Held(
                worst=worst, unbounded=unbounded,
                problem=f"{name}{list(at)} is {result[at]:.9g}, expected {bounded.value[at]:.9g} "
                f"within {bounded.error[at]:.3g}: {ratio[at]:.3g} times the bound",
            )  # fmt: skip
    return Held(worst=worst, problem="", unbounded=unbounded)


def _failed(problem: str) -> Held:
    return Held(worst=float("inf"), problem=problem, unbounded=0)


def check(single: Single, precision: Precision) -> Held:
    """`compute` held against `expect`."""
    return hold(compute(single, precision), expect(single, precision))
