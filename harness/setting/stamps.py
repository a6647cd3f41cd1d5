"""Validity stamps: how much timing stands behind a throughput, as asked for and as earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Stamp(StrEnum):
    """How much timing stands behind a throughput, least first."""

    QUICK = "quick"
    NIGHTLY = "nightly"
    MLPERF_LIKE = "mlperf-like"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a stamp asks of the timed calls: so long and so many. `enough_calls` do in place of time."""

    timed_s: float
    calls: int
    calls_of_batches: int  # where a call is a batch of several samples
    enough_calls: int | None = None

    def fewest_calls(self, batch_size: int) -> int:
        """The calls that a batch of this size needs."""
        return self.calls if batch_size == 1 else self.calls_of_batches


# quick: a median is stated from 20 calls; 2000 calls of a model of microseconds are as good as 2 s of them.
# nightly: 64 calls, so that a p90 may be stated (harness.verdicts.stats), and 10 s, five times the longest
# disturbance of some seconds that a shared machine has each minute.
# mlperf-like: MLPerf Inference's 600 s; a call of one sample is its SingleStream, scored by p90 (64 queries
# at confidence 0.99), a call of a batch is its MultiStream, scored by p99 (662 queries). The rest of its
# rules (seeds, audits, LoadGen itself) is not met by a stamp: hence "like".
DEMANDS: Mapping[Stamp, Demand] = MappingProxyType(
    {
        Stamp.QUICK: Demand(timed_s=2.0, calls=20, calls_of_batches=20, enough_calls=2000),
        Stamp.NIGHTLY: Demand(timed_s=10.0, calls=64, calls_of_batches=64),
        Stamp.MLPERF_LIKE: Demand(timed_s=600.0, calls=64, calls_of_batches=662),
    }
)


def earned(calls: int, timed_s: float, batch_size: int) -> Stamp | None:
    """The highest stamp that so many timed calls of so long together earn; None for less than `quick`.

    `timed_s` is the sum of the calls' latencies in seconds. Noise and drift change no stamp: they are marked
    beside it.
    """
    best = None
    for stamp, demand in DEMANDS.items():
        long_enough = timed_s >= demand.timed_s or (
            demand.enough_calls is not None and calls >= demand.enough_calls
        )
        if long_enough and calls >= demand.fewest_calls(batch_size):
            best = stamp
    return best


def meets(found: Stamp | str | None, wanted: Stamp | str) -> bool:
    """Whether a stamp is `wanted` or a higher one; a gate asks this."""
    order = list(Stamp)
    return found is not None and order.index(Stamp(found)) >= order.index(Stamp(wanted))
