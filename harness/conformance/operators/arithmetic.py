"""What a precision does to the result of an operator, to a constant, and to the operand of a product."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from harness.conformance.operators.bounded import Array, Bounded, exact, within
from harness.domain.precisions import Precision
from harness.models.graphs.int8 import PERCENTILE

# Unit roundoff: half the distance from 1 to the next larger number (IEEE 754, rounding to nearest).
U32, U16 = 2.0**-24, 2.0**-11
# Half the distance between subnormal numbers: what rounding costs where the relative bound ends.
TINY32, TINY16 = 2.0**-150, 2.0**-25
# From here fp16 rounds to infinity: half-way between its highest number and the next that it would have.
FP16_OVERFLOWS = 65520.0
# Relative errors of onnxruntime's functions in units of U32, as assumed here; measured over 200 000 normal
# numbers of scales from 1e-6 to 50 (onnxruntime 1.31, x86-64): erf 1.4, tanh 5.3. exp is not seen alone; a
# softmax of equal scores is 4 off with a sum of 100 terms in it.
ERF_ULPS, TANH_ULPS, EXP_ULPS = 3.0, 8.0, 4.0
# Below this exp gives 0 where it ought to be subnormal.
EXP_UNDERFLOW = 2.0**-125
# Bins of onnxruntime's calibration histogram, by which a percentile is known.
_BINS = 2048
_STEPS = 127  # of int8 on either side of 0


def gamma(n: int) -> float:
    """``n u / (1 - n u)`` in fp32: n roundings in a row (Higham, Accuracy and Stability, ch. 3, (3.1))."""
    return n * U32 / (1 - n * U32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """How operators are computed: always in fp32, and what is rounded beside that.

    int8 quantises the operands of products. Where its quantisers are looked at one by one, as in a
    bisection, activations are exact and only constants are quantised.
    """

    precision: Precision
    activations: bool = True  # int8: whether a product's own bound holds the quantising of its activations

    def rounded(self, result: Bounded) -> Bounded:
        """A result of an operator in fp32, as the graph hands it on: in fp16 rounded once more.

        Beyond fp16's range it may be infinite: then the error is. It has to be where all that the operands'
        errors allow is beyond.
        """
        if self.precision is not Precision.FP16 or not np.issubdtype(result.value.dtype, np.floating):
            return result
        most = result.most
        error = result.error + np.minimum(U16 * most + TINY16, most)  # at worst it is rounded to 0
        bounded = within(result.value, np.where(most >= FP16_OVERFLOWS, np.inf, error))
        with np.errstate(invalid="ignore"):
            return replace(bounded, infinite=np.abs(result.value) - result.error >= FP16_OVERFLOWS)

    def constant(self, value: Array) -> Bounded:
        """A constant as the graph holds it: fp16's are rounded, and the difference is known exactly."""
        if self.precision is Precision.FP16 and np.issubdtype(value.dtype, np.floating):
            with np.errstate(over="ignore"):
                held = value.astype(np.float16).astype(np.float64)
            return within(value.astype(np.float64), np.abs(held - value.astype(np.float64)))
        return exact(value)

    def operand(self, item: Bounded, *, constant: bool) -> Bounded:
        """An operand of a product: in int8 half a quantum off, or cut where calibration cut it.

        Weights: ``max|w| / 127``, symmetric. Activations: a quantum of the same kind, and what lies
        above the calibration's percentile is cut; that is known to one bin of its histogram.
        """
        if self.precision is not Precision.INT8 or not (constant or self.activations):
            return item
        most = item.most
        quantum = float(most.max(initial=0.0)) / _STEPS
        error = item.error + quantum / 2
        if not constant:
            limit = np.percentile(most, PERCENTILE, method="lower") if most.size else 0.0
            error = error + np.maximum(most - limit * (1 - 2 / _BINS), 0.0)
        return within(item.value, error)

    def product(self, result: Bounded) -> Bounded:
        """The result of a product: in int8 it is quantised again, as an activation."""
        return self.operand(result, constant=False)
