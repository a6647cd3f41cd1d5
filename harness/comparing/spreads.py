"""How far the throughputs of one series lie apart from run to run, by what a store has of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.domain.cases import Kind
from harness.domain.details import Calls, Watched
from harness.domain.measurements import Measurement
from harness.domain.metrics import Metric
from harness.domain.series import Repetition
from harness.machine.fingerprint import machine_key
from harness.store.results import Result
from harness.verdicts import effects
from harness.verdicts.effects import Spread


def repetition_of(measurement: Measurement) -> Repetition:
    """What a result repeats: the same series with the same files on the same machine."""
    return Repetition.of(measurement, machine_key(measurement.provenance.machine))


def spreads(results: Iterable[Result]) -> Mapping[Repetition, Spread]:
    """The spread of each series that was repeated, from throughputs that no disturbed machine gave.

    All series of a machine help to know the spread of each.
    """
    values: dict[Repetition, list[tuple[str, float]]] = {}
    counted: dict[Repetition, bool] = {}
    for result in results:
        made = result.measurement
        value = made.metrics.get(Metric.THROUGHPUT)
        if made.kind is Kind.THROUGHPUT and value and not Watched.from_stored(made.detail).noisy:
            repeated = repetition_of(made)
            values.setdefault(repeated, []).append((made.created, value))
            counted[repeated] = Calls.from_stored(made.detail).calls is not None
    own = {
        repeated: spread
        for repeated, of_one in values.items()
        if (
            spread := effects.spread_of_results(
                [value for _, value in sorted(of_one)], counted=counted[repeated]
            )
        )
    }
    of_machine: dict[str, list[Repetition]] = {}
    for repeated in own:
        of_machine.setdefault(repeated.machine, []).append(repeated)
    return {
        repeated: effects.pooled(
            spread, [own[other] for other in of_machine[repeated.machine] if other != repeated]
        )
        for repeated, spread in own.items()
    }
