"""How far throughputs of a machine lie apart from run to run where nothing changed, by what a store has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.domain.cases import Kind
from harness.domain.details import ThroughputDetail, Watched
from harness.domain.measurements import Measurement
from harness.domain.metrics import Metric
from harness.domain.series import Repetition
from harness.machine.fingerprint import machine_key
from harness.store.results import Result
from harness.verdicts import nights
from harness.verdicts.nights import Nights
from harness.verdicts.noise import Noise


def repetition_of(measurement: Measurement) -> Repetition:
    """What a result repeats: the same series with the same files on the same machine, asked for alike."""
    return Repetition.of(measurement, machine_key(measurement.provenance.machine))


def by_a_tool(measurement: Measurement) -> bool:
    """Whether a tool told the throughput: it is not counted from calls of ours, and may be rounded."""
    detail = ThroughputDetail.from_stored(measurement.detail)
    return detail.tool is not None or "tool" in detail.rest  # of a log, it is the tool's name


def usable(measurement: Measurement) -> bool:
    """Whether it is a throughput that no disturbed machine gave: a night's number."""
    return (
        measurement.kind is Kind.THROUGHPUT
        and bool(measurement.metrics.get(Metric.THROUGHPUT))
        and not Watched.from_stored(measurement.detail).noisy
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of machines: the nights of each, and where those say too little, tonight's changes."""

    nights: Mapping[str, Nights[Repetition]]  # by the machine's key
    tonight: Mapping[Repetition, Noise]

    def noise(self, repeated: Repetition) -> Noise | None:
        """The noise of a series; None where nothing is known, and it has to be assumed."""
        of_machine = self.nights.get(repeated.machine)
        earlier = None if of_machine is None else of_machine.noise(repeated)
        return earlier or self.tonight.get(repeated)


def known(earlier: Iterable[Result], pairs: Sequence[tuple[Result, Result]]) -> Known:
    """What `earlier` results say, and of a machine of which they say too little the changes of `pairs`.

    `earlier` are in the order in which they were made; of several results of a series in one run the last
    counts.
    """
    by_machine: dict[str, list[Measurement]] = {}
    for result in sorted(earlier, key=lambda item: item.measurement.created):
        made = result.measurement
        if usable(made):
            by_machine.setdefault(machine_key(made.provenance.machine), []).append(made)
    return Known(
        nights={machine: _nights(results) for machine, results in by_machine.items()},
        tonight=_tonight(pairs),
    )


def _nights(results: Sequence[Measurement]) -> Nights[Repetition]:
    """The nights of one machine, a run being a night, in the order in which they began."""
    values: dict[Repetition, dict[str, float]] = {}
    for made in results:
        values.setdefault(repetition_of(made), {})[made.run] = made.metrics[Metric.THROUGHPUT]
    told = {repetition_of(made) for made in results if by_a_tool(made)}
    return nights.of_nights(values, list(dict.fromkeys(made.run for made in results)), told)


def _tonight(pairs: Sequence[tuple[Result, Result]]) -> dict[Repetition, Noise]:
    """The noise that the changes of a machine's throughputs show by how unlike they are."""
    changes: dict[str, dict[Repetition, float]] = {}
    told = set()
    for before, after in pairs:
        if usable(before.measurement) and usable(after.measurement):
            old, new = (item.measurement.metrics[Metric.THROUGHPUT] for item in (before, after))
            repeated = repetition_of(after.measurement)
            changes.setdefault(repeated.machine, {})[repeated] = math.log(new / old)
            if by_a_tool(after.measurement):
                told.add(repeated)
    return {
        repeated: noise
        for of_machine in changes.values()
        for repeated, noise in nights.of_pair(of_machine, told).items()
    }
