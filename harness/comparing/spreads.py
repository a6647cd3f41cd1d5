"""How far throughputs of a machine lie apart from run to run where nothing changed, by what a store has."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.domain.cases import Kind
from harness.domain.metrics import Metric
from harness.domain.series import Repetition
from harness.store.numbers import Number
from harness.store.results import Result, Store
from harness.verdicts import nights
from harness.verdicts.nights import Nights
from harness.verdicts.noise import Noise


def repetitions(numbers: Sequence[Number]) -> list[Repetition]:
    """What each of several results repeats.

    One that does not tell its samples, of an older store, is of the only ones that others of it tell.
    """
    found = [made.repeated for made in numbers]
    told: dict[Repetition, set[Repetition]] = {}
    for repeated in found:
        if repeated.samples_sha256 is not None:
            told.setdefault(repeated.untold, set()).add(repeated)
    return [next(iter(of_it)) if len(of_it := told.get(item, set())) == 1 else item for item in found]


WINDOW = 30  # runs of a machine that its spread is taken from, those of fewer series than tell it aside
_MOST_RUNS = 120  # with those


def machines_of(results: Iterable[Repetition]) -> set[str]:
    """The keys of the machines that have a throughput among what `results` repeat."""
    return {item.machine for item in results if item.series.kind is Kind.THROUGHPUT}


def throughputs_before(store: Store, machines: Collection[str], run: str | None = None) -> list[Number]:
    """The throughputs of `machines` in the latest runs before `run` (of all) that have any of them.

    Of each machine `WINDOW` runs of `nights.FEWEST_SERIES` series or more: runs of other hosts, those without
    a throughput and those of one case alone push none of them out.
    """
    if not machines:
        return []
    known = store.run_ids()
    before = known if run is None else known[: known.index(run)]
    left = dict.fromkeys(machines, _MOST_RUNS)
    whole = dict.fromkeys(machines, 0)
    found: list[Number] = []
    while before and any(left.values()):
        before, chunk = before[:-WINDOW], before[-WINDOW:]
        by_run: dict[tuple[str, str], list[Number]] = {}
        for number in store.numbers(runs=chunk, kind=Kind.THROUGHPUT):
            machine = number.repeated.machine
            if machine in left and number.usable:
                by_run.setdefault((number.run, machine), []).append(number)
        for name, machine in ((name, machine) for name in reversed(chunk) for machine in machines):
            numbers = by_run.get((name, machine), [])
            if not numbers or not left[machine]:
                continue
            series = {item.repeated for item in numbers}
            whole[machine] += len(series) >= nights.FEWEST_SERIES
            left[machine] = 0 if whole[machine] == WINDOW else left[machine] - 1
            found += numbers
    return sorted(found, key=lambda item: item.created)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The nights of one machine, a run being a night, and what they say."""

    values: Mapping[Repetition, Mapping[str, float]]
    order: Sequence[str]  # of its nights, oldest first
    told: Collection[Repetition]
    said: Nights[Repetition]

    def blind(self, *, limit: float, each: float, together: float) -> int:
        """As `nights.blind`."""
        return nights.blind(
            self.values, self.order, self.said, limit=limit, each=each, together=together, told=self.told
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of machines: the nights of each, and where those say too little, tonight's changes."""

    machines: Mapping[str, Machine]  # by key
    tonight: Mapping[Repetition, Noise]

    def noise(self, repeated: Repetition) -> Noise | None:
        """The noise of a series; None where nothing is known, and it has to be assumed."""
        of_machine = self.machines.get(repeated.machine)
        nights_of = None if of_machine is None else of_machine.said
        earlier = nights_of and (nights_of.noise(repeated) or nights_of.noise(repeated.untold))
        return earlier or self.tonight.get(repeated)


def known(earlier: Iterable[Number], pairs: Sequence[tuple[Result, Result]]) -> Known:
    """What `earlier` results say, and of a machine of which they say too little the changes of `pairs`.

    Of several results of a series in one run the last counts.
    """
    by_machine: dict[str, list[Number]] = {}
    for number in sorted(earlier, key=lambda item: item.created):
        if number.usable:
            by_machine.setdefault(number.repeated.machine, []).append(number)
    return Known(
        machines={machine: _machine(numbers) for machine, numbers in by_machine.items()},
        tonight=_tonight(pairs),
    )


def _machine(results: Sequence[Number]) -> Machine:
    """Results of one machine in the order in which they were made."""
    values: dict[Repetition, dict[str, float]] = {}
    repeated = repetitions(results)
    for item, made in zip(repeated, results, strict=True):
        values.setdefault(item, {})[made.run] = made.metrics[Metric.THROUGHPUT]
    told = {item for item, made in zip(repeated, results, strict=True) if made.told.by_a_tool}
    order = list(dict.fromkeys(made.run for made in results))
    return Machine(values=values, order=order, told=told, said=nights.of_nights(values, order, told))


def _tonight(pairs: Sequence[tuple[Result, Result]]) -> dict[Repetition, Noise]:
    """The noise that the changes of a machine's throughputs show by how unlike they are."""
    changes: dict[str, dict[Repetition, float]] = {}
    least: dict[Repetition, float] = {}
    for before, after in ((Number.of(old), Number.of(new)) for old, new in pairs):
        if before.usable and after.usable:
            rates = [item.metrics[Metric.THROUGHPUT] for item in (before, after)]
            repeated = after.repeated
            changes.setdefault(repeated.machine, {})[repeated] = math.log(rates[1] / rates[0])
            least[repeated] = nights.least_spread(rates, told=after.told.by_a_tool)
    return {
        repeated: noise
        for of_machine in changes.values()
        for repeated, noise in nights.of_pair(of_machine, least).items()
    }
