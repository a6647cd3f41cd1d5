"""How fast this machine multiplies matrices now: the most that a network could get of it, and a gauge of the
machine itself, whose own ups and downs are not the network's."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from statistics import median

SIZE = (
    512  # of the square matrices; float32: 1 MiB each, so that they stay in the second-level cache or near it
)
LONGEST_S = 0.15
# Where another process takes a core, BLAS's threads wait for each other, and the scheduler decides what a
# product of `SIZE` takes: a short look may not see the peak at all. A larger product is slowed down less.
LARGER, LARGER_S = 1024, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplied:
    """Floating-point operations a second: the best of the products, and the typical one."""

    peak_per_s: float
    typical_per_s: float
    products: int


def multiply(seconds: float = LONGEST_S, size: int = SIZE) -> Multiplied:
    """Multiply square float32 matrices by numpy's BLAS, on all cores that it takes, for about `seconds`.

    A product of n by n matrices is ``2 n^3`` operations. The first one is not counted.
    """
    import numpy as np

    draw = np.random.default_rng(0)
    left, right = (draw.random((size, size), dtype=np.float32) for _ in range(2))
    out = np.empty_like(left)
    np.matmul(left, right, out=out)
    took: list[int] = []
    end = time.perf_counter() + seconds
    while not took or time.perf_counter() < end:
        start = time.perf_counter_ns()
        np.matmul(left, right, out=out)
        took.append(max(1, time.perf_counter_ns() - start))
    work = 2 * size**3 * 1e9
    return Multiplied(peak_per_s=work / min(took), typical_per_s=work / median(took), products=len(took))


def peak_of_larger() -> float:
    """The best of products of `LARGER`, in operations a second: more than `SIZE` shows on a busy core."""
    return multiply(LARGER_S, LARGER).peak_per_s


def threads() -> int:
    """How many threads numpy's BLAS takes: what its variables say, else the cores that this process may use.

    OpenBLAS's own variable goes before OpenMP's, and neither takes more than the cores (OpenBLAS's
    `openblas_read_env` and `blas_get_cpu_number`).
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        said = os.environ.get(name, "").partition(",")[0].strip()  # OpenMP's: one number a level of nesting
        if said.isdecimal() and int(said) > 0:
            return min(int(said), cores)
    return cores
