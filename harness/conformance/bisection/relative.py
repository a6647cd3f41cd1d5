"""Relative errors of a value: the norm of a difference over the norm of what is expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.conformance.operators.bounded import Array

# Of int8's activations: how many may be cut by a percentile that was found on other samples.
CUT = 0.001
_STEPS = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What an artifact makes of a value where its operators read the reference's own."""

    error: float  # relative
    bound: float  # what the bound of that is worth, relative
    times: float  # how many times the bound it is, at its worst; infinite where it is not a number


def ratio(off: Array, of: Array) -> float:
    """The norm of `off` over that of `of`: 0 of nothing is 0, anything of nothing is infinite."""
    with np.errstate(over="ignore"):
        top, base = float(np.sqrt((off**2).sum())), float(np.sqrt((of**2).sum()))
    if not np.isfinite(top):
        return float("inf")
    return 0.0 if top == 0 else top / base if base else float("inf")


def quantum(truth: Array) -> float:
    """What a value behind its quantiser may be off by: a whole quantum of its symmetric range.

    Half of one is what rounding costs; the other half allows for a range that was found on other samples.
    """
    return float(np.abs(truth).max(initial=0.0)) / _STEPS


def cut_largest(times: Array) -> float:
    """The largest of `times` but for the share that calibration may cut; infinite where one is no number."""
    if np.isnan(times).any():
        return float("inf")
    return float(np.quantile(times, 1 - CUT, method="lower")) if times.size else 0.0
