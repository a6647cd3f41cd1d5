"""Two runs held against each other, claim by claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.comparing.judging import Margins, Pair, has_number, pair
from harness.comparing.pairing import paired
from harness.comparing.spreads import repetition_of, spreads
from harness.errors import NoSamples
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
    changes: tuple[str, ...]  # library versions and the revision: "onnx 1.22.0 -> 1.23.2"
    confidence: float  # of each interval

    def of(self, finding: Finding) -> tuple[Pair, ...]:
        """The pairs with that finding, in the order of the later run."""
        return tuple(pair for pair in self.pairs if pair.finding is finding)


def compare(
    before: Sequence[Result],
    after: Sequence[Result],
    *,
    margins: Margins | None = None,
    earlier: Sequence[Result] = (),
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
    known = spreads(earlier)
    return Comparison(
        pairs=tuple(
            pair(old, new, margins or Margins(), known.get(repetition_of(new.measurement)), confidence)
            for old, new in matched.pairs
        ),
        not_compared=matched.not_compared,
        new=matched.new,
        gone=matched.gone,
        changes=_changes(before, after),
        confidence=confidence,
    )


def last_night(runs: Sequence[str], run: str, alike: Callable[[str], bool] = lambda _: True) -> str | None:
    """The latest night before `run` that is `alike`, of runs in the order in which they began.

    None where there is none. In a store of several hosts a night is like another of its own machine.
    """
    earlier = runs[: runs.index(run)]
    return next((name for name in reversed(earlier) if name.endswith(NIGHT) and alike(name)), None)


def _changes(before: Sequence[Result], after: Sequence[Result]) -> tuple[str, ...]:
    """What else changed between two runs, as far as their last results say."""
    first, second = (
        {**made.versions, "git": made.git_revision}
        for made in (results[-1].measurement.provenance for results in (before, after))
    )
    return tuple(
        f"{name} {first.get(name)} -> {second.get(name)}"
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name)
    )
