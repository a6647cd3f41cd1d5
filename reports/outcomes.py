"""Results to outcomes: the latest of each claim, what its case id says, and the words for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Basis, Measurement, Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.domain.references import Reference
from harness.domain.series import Claim, Likeness, Series
from harness.errors import NoSamples
from harness.tables import references
from reports import likeness
from reports.case_parts import CaseParts, parts_of
from reports.language import Both, say
from reports.view import Mark

if TYPE_CHECKING:
    from harness.store.results import Result

NOT_JUDGED = "not-judged"  # a measurement whose run ended before its verdict

# What needs a reader's eye comes first.
ORDER: tuple[str, ...] = (
    VerdictKind.FALLS_SHORT,
    VerdictKind.ERROR,
    NOT_JUDGED,
    VerdictKind.KNOWN_GAP,
    VerdictKind.EXCEEDS,
    VerdictKind.REPRODUCED,
    VerdictKind.SURVIVES,
    VerdictKind.NO_REFERENCE,
    VerdictKind.NOT_COMPARABLE,
)
WORDS: Mapping[str, Both] = {
    VerdictKind.FALLS_SHORT: say("falls short"),
    VerdictKind.ERROR: say("error"),
    NOT_JUDGED: say("not judged"),
    VerdictKind.KNOWN_GAP: say("known gap"),
    VerdictKind.EXCEEDS: say("exceeds"),
    VerdictKind.REPRODUCED: say("reproduced"),
    VerdictKind.SURVIVES: say("survives"),
    VerdictKind.NO_REFERENCE: say("no reference"),
    VerdictKind.NOT_COMPARABLE: say("not comparable"),
}
MARKS: Mapping[str, str] = {
    VerdictKind.FALLS_SHORT: "▼",
    VerdictKind.ERROR: "✖",
    NOT_JUDGED: "?",
    VerdictKind.KNOWN_GAP: "◆",
    VerdictKind.EXCEEDS: "▲",
    VerdictKind.REPRODUCED: "✔",
    VerdictKind.SURVIVES: "✓",
    VerdictKind.NO_REFERENCE: "○",
    VerdictKind.NOT_COMPARABLE: "≠",
}


FURTHER = "further below the checkpoint's own fp32 score than allowed; not compared with the documented value"
NO_FURTHER = f"no {FURTHER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The latest of several results that make the same claim, and how many there are."""

    result: Result
    times: int
    parts: CaseParts | None  # None: the case's model or chip is in no table

    @property
    def measurement(self) -> Measurement:
        """What was recorded."""
        return self.result.measurement

    @property
    def verdict(self) -> Verdict | None:
        """The newest verdict; None where the run ended before it."""
        return self.result.verdict

    @property
    def status(self) -> str:
        """The verdict's kind as text, or `NOT_JUDGED`."""
        return NOT_JUDGED if self.verdict is None else str(self.verdict.kind)

    @property
    def likeness(self) -> Likeness:
        """Shared by all numbers that may stand in one column with this one."""
        return Series.of(self.measurement).likeness

    @property
    def metric(self) -> Metric | None:
        """The metric the verdict is about, or the one this kind of case measures."""
        if self.verdict is not None and self.verdict.metric is not None:
            return self.verdict.metric
        if self.measurement.kind is Kind.THROUGHPUT and not self.measurement.check:
            return Metric.THROUGHPUT
        if self.measurement.kind is Kind.ACCURACY and self.parts is not None:
            return self.parts.model.metric
        return next((metric for metric in Metric if metric in self.measurement.metrics), None)

    @property
    def value(self) -> float | None:
        """The measured value of `metric`: a fraction, or samples per second; None: not measured."""
        return None if self.metric is None else self.measurement.metrics.get(self.metric)

    @property
    def in_scenario(self) -> bool:
        """Whether this is a throughput in a scenario of LoadGen's: never a point beside a closed loop's."""
        return self.measurement.kind is Kind.THROUGHPUT and bool(self.measurement.check)

    @property
    def comparable(self) -> bool:
        """Whether the number is a chip's own and may enter ratios and a best-batch row."""
        return (
            self.measurement.origin in (Origin.CHIP, Origin.IMPORTED)
            and not self.in_scenario
            and self.status not in (VerdictKind.NOT_COMPARABLE, VerdictKind.ERROR)
            and self.value is not None
        )


def outcomes(results: Sequence[Result], catalog: Catalog | None = None) -> tuple[Outcome, ...]:
    """The latest result of each case, kind and likeness, in the order of the tables.

    Without a catalog: case by case, in the order in which they first come. Raises `NoSamples` for no results.
    """
    if not results:
        raise NoSamples("no results to report", remedy="run `pytest suites/` or `make run` first")
    alike: dict[tuple[str, Kind, Likeness], list[Result]] = {}
    for result in _without_mended(results):
        series = Series.of(result.measurement)
        alike.setdefault((series.case, series.kind, series.likeness), []).append(result)
    found = [
        Outcome(
            # The last of several made in one instant: the store gives them in the order of writing.
            result=max(enumerate(several), key=lambda item: (item[1].measurement.created, item[0]))[1],
            times=len(several),
            parts=None if catalog is None else parts_of(catalog, case),
        )
        for (case, _, _), several in alike.items()
    ]
    if catalog is None:
        first = {case: at for at, case in reversed(list(enumerate(case for case, _, _ in alike)))}
        return tuple(sorted(found, key=lambda item: first[item.measurement.case]))
    return tuple(sorted(found, key=lambda item: _rank(catalog, item)))


def _without_mended(results: Sequence[Result]) -> list[Result]:
    """The results but for errors that a later success of the same claim and origin has mended.

    A run that failed may not have come to know its data: its likeness alone would let it stand beside the
    result that took its place.
    """
    succeeded: dict[str, dict[tuple[Claim, Origin], str]] = {}  # by case: when each claim last did
    for result in results:
        if not _failed(result):
            made = result.measurement
            of_case, claimed = succeeded.setdefault(made.case, {}), (Claim.of(made), made.origin)
            of_case[claimed] = max(of_case.get(claimed, ""), made.created)
    return [
        result
        for result in results
        if not _failed(result) or not _mended(result.measurement, succeeded.get(result.measurement.case, {}))
    ]


def _mended(failed: Measurement, succeeded: Mapping[tuple[Claim, Origin], str]) -> bool:
    """Whether one of the claims of a case succeeded later than its error."""
    claim = Claim.of(failed)
    return any(
        origin is failed.origin and created > failed.created and claim.mended_by(later)
        for (later, origin), created in succeeded.items()
    )


def _failed(result: Result) -> bool:
    return result.verdict is not None and result.verdict.kind is VerdictKind.ERROR


def _rank(catalog: Catalog, outcome: Outcome) -> tuple[object, ...]:
    """By model, chip, precision, batch size, kind and likeness; unknown cases last, by id."""
    parts = outcome.parts
    models = [*catalog.models, *catalog.claimed]
    where: tuple[int, ...] = (len(models), 0, 0, 0)
    if parts is not None:
        where = (
            models.index(parts.model.name),
            [*catalog.chips, *catalog.devices].index(parts.chip.name),
            list(Precision).index(parts.precision),
            parts.batch_size,
        )
    return (
        *where,
        "" if parts is not None else outcome.measurement.case,
        list(Kind).index(outcome.measurement.kind),
        outcome.measurement.check,
        *likeness.rank(outcome.likeness),
    )


def counts(found: Iterable[Outcome]) -> dict[str, int]:
    """How many outcomes have each status, in `ORDER`, those that none has left out."""
    counter = Counter(outcome.status for outcome in found)
    return {status: counter[status] for status in ORDER if counter[status]}


def is_stand_in_speed(outcome: Outcome) -> bool:
    """Whether this is a throughput that says nothing about its chip."""
    return outcome.measurement.origin.stands_in and outcome.measurement.kind is Kind.THROUGHPUT


def by_drop(verdict: Verdict | None) -> bool:
    """Whether a verdict says nothing of the documented value."""
    return verdict is not None and verdict.basis is Basis.DROP


def mark_text(mark: Mark) -> str:
    """What stands in a cell: ``✔``, or ``✓ drop``."""
    return say("{mark} drop", mark=MARKS[mark.status]) if mark.drop else MARKS[mark.status]


def mark_words(mark: Mark) -> Both:
    """A mark in words: for a legend, and for screen readers."""
    if not mark.drop:
        return WORDS[mark.status]
    if mark.status == VerdictKind.FALLS_SHORT:
        return say(FURTHER)
    return say(NO_FURTHER)


def legend(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """The marks in `ORDER`, those by the document first."""
    return tuple(sorted(marks, key=lambda mark: (ORDER.index(mark.status), mark.drop)))


def basis_words(verdict: Verdict | None) -> str:
    """What a verdict was measured against, in words, or nothing."""
    if verdict is None or verdict.basis is None:
        return ""
    return say("by the documented value") if verdict.basis is Basis.DOCUMENTED else say("by the drop")


def documented(outcome: Outcome, catalog: Catalog) -> Reference | None:
    """The documented value of the outcome's case and metric, whether or not it was judged by it."""
    if outcome.verdict is not None and outcome.verdict.reference is not None:
        return outcome.verdict.reference
    parts = outcome.parts
    if parts is None or outcome.metric is None:
        return None
    return references.value(
        catalog, parts.model, parts.chip, parts.precision, parts.batch_size, outcome.metric
    )
