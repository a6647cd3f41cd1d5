"""Two runs held against each other, claim by claim."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.comparing import spreads
from harness.comparing.judging import Margins, Pair, Sure, has_number, pair
from harness.comparing.pairing import paired
from harness.comparing.spreads import Known
from harness.errors import NoSamples
from harness.store.numbers import Number, repetition_of
from harness.store.results import Result
from harness.verdicts.effects import Finding

NIGHT = "-nightly"  # how the id of a night's run ends
FALSE_ALARMS = 0.01  # of a whole comparison of runs between which nothing changed: shared out among its pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of two runs. Every claim of the later one is in exactly one of the first three."""

    pairs: tuple[Pair, ...]
    not_compared: Mapping[str, tuple[str, ...]]  # why -> claims
    new: tuple[str, ...]  # claims that the earlier run does not have
    gone: tuple[str, ...]  # claims that the later run does not have
    replaced: tuple[
        str, ...
    ]  # claims of the earlier run that something else stands for: "...: other weights"
    changes: tuple[str, ...]  # library versions and the revision: "onnx 1.22.0 -> 1.23.2 (of 12 pairs)"
    steps: tuple[str, ...]  # of a whole machine before, and for how many nights nothing could be told
    confidence: float  # of each interval

    def of(self, finding: Finding) -> tuple[Pair, ...]:
        """The pairs with that finding, in the order of the later run."""
        return tuple(pair for pair in self.pairs if pair.finding is finding)


def compare(
    before: Sequence[Result],
    after: Sequence[Result],
    *,
    margins: Margins | None = None,
    earlier: Sequence[Number] = (),
    across_machines: bool = False,
    stamp: str | None = None,
) -> Comparison:
    """Pair the claims of two runs that were made alike, and say what each pair comes to.

    `earlier` are results of before both, from which a throughput's spread from run to run is known;
    `across_machines` and `stamp` are those of `pairing.paired`. Intervals hold together: with a hundred pairs
    each is so wide that `FALSE_ALARMS` is the chance of any false one.
    Raises `NoSamples` where one of the runs has no results.
    """
    for which, results in (("earlier", before), ("later", after)):
        if not results:
            raise NoSamples(f"the {which} run has no results, so there is nothing to compare")
    matched = paired(before, after, across_machines=across_machines, stamp=stamp)
    confidence = 1 - FALSE_ALARMS / max(1, sum(has_number(old, new) for old, new in matched.pairs))
    sure, limits = Sure(each=confidence, together=1 - FALSE_ALARMS), margins or Margins()
    # The earlier of the two is a night like those before it.
    known = spreads.known([*earlier, *map(Number.of, before)], matched.pairs)
    return Comparison(
        pairs=tuple(
            pair(old, new, limits, known.noise(repetition_of(new.measurement)), sure)
            for old, new in matched.pairs
        ),
        not_compared=matched.not_compared,
        new=matched.new,
        gone=matched.gone,
        replaced=matched.replaced,
        changes=_changes(matched.pairs),
        steps=_steps(known, limits.throughput, sure),
        confidence=confidence,
    )


def last_night(runs: Sequence[str], run: str, alike: Callable[[str], bool] = lambda _: True) -> str | None:
    """The latest night before `run` that is `alike`, of runs in the order in which they began.

    None where there is none. In a store of several hosts a night is like another of its own machine.
    """
    earlier = runs[: runs.index(run)]
    return next((name for name in reversed(earlier) if name.endswith(NIGHT) and alike(name)), None)


def _changes(pairs: Sequence[tuple[Result, Result]]) -> tuple[str, ...]:
    """What else changed between the two results of each pair, and of how many where not of all."""
    counted: Counter[str] = Counter()
    for old, new in pairs:
        first, second = (
            {**made.versions, "git": made.git_revision}
            for made in (item.measurement.provenance for item in (old, new))
        )
        counted.update(
            f"{name} {first.get(name)} -> {second.get(name)}"
            for name in sorted({*first, *second})
            if first.get(name) != second.get(name)
        )
    return tuple(
        change if count == len(pairs) else f"{change} (of {count} of {len(pairs)} pairs)"
        for change, count in sorted(counted.items())
    )


def _steps(known: Known, limit: float, sure: Sure) -> tuple[str, ...]:
    """Where a whole machine changed before the nights compared, and for how long that blinded the gate."""
    said = []
    for machine, found in known.machines.items():
        step, of_machine = found.said.step, list(found.said.of_machine)
        if step is None:
            continue
        size = math.expm1(step.after - step.before)
        blind = found.blind(limit=limit, each=sure.each, together=sure.together)
        said.append(
            f"machine {machine} became {abs(size) * 100:.1f} % {'faster' if size > 0 else 'slower'} as a "
            f"whole at {of_machine[step.at]}, {len(of_machine) - step.at} runs ago; a loss of "
            f"{limit * 100:g} % of one series could not be told for {blind or 'none'} of them"
        )
    return tuple(said)
