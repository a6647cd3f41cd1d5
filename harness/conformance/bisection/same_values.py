"""Which value of a graph's file a value of the prepared graph is: by what both hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import onnx

from harness.conformance.bisection import runs
from harness.conformance.bisection.relative import ratio
from harness.conformance.operators.bounded import Array

# Relative: fp32 sums in another order are some 1e-6 off, behind hundreds of operators 1e-4; others 1.
SAME = 1e-3


def in_file(
    prepared: onnx.ModelProto, file: onnx.ModelProto, inputs: Mapping[str, Array]
) -> Mapping[str, str]:
    """Value of the prepared graph -> the file's that holds the same on `inputs`, both in fp32.

    A convolution into which onnxsim folds a batch normalisation keeps its name, under which the file has what
    comes before the normalisation. What the file has not at all is left out, and so is what no value of
    it agrees with. Raises `GraphError` where either cannot be run.
    """
    ours, theirs = runs.truth(prepared, inputs), runs.truth(file, inputs)
    by_shape: dict[tuple[int, ...], list[str]] = {}
    for name, array in theirs.items():
        by_shape.setdefault(array.shape, []).append(name)
    return dict(_agreeing(ours, theirs, by_shape))


def _agreeing(
    ours: Mapping[str, Array], theirs: Mapping[str, Array], by_shape: Mapping[tuple[int, ...], list[str]]
) -> Iterator[tuple[str, str]]:
    for name, array in ours.items():
        alike = by_shape.get(array.shape, [])
        candidates = [name, *alike] if name in alike else alike
        found = next((other for other in candidates if _same(array, theirs[other])), None)
        if found is not None:
            yield name, found


def _same(one: Array, other: Array) -> bool:
    known = np.isfinite(other)
    if not np.array_equal(known, np.isfinite(one)):
        return False
    a, b = (np.where(known, array, 0).astype(np.float64) for array in (one, other))
    return ratio(a - b, b) <= SAME
