"""Results to outcomes: the latest of each claim, what its case id says, and the words for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Basis, Measurement, Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.domain.references import Reference
from harness.domain.series import Claim, Likeness, Series
from harness.errors import NoSamples
from harness.store.briefs import Brief, Kept, in_brief
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
class Latest:
    """The latest of several results that make the same claim, in brief: what is counted and ordered."""

    brief: Brief
    place: int = field(compare=False)  # of the result among those it was chosen from
    first: int = field(compare=False)  # the place of the first of the several
    times: int  # how many there are
    parts: CaseParts | None  # None: the case's model or chip is in no table

    @property
    def series(self) -> Series:
        """What it is a result of."""
        return self.brief.series

    @property
    def case(self) -> str:
        """The case's name."""
        return self.brief.series.case

    @property
    def status(self) -> str:
        """The verdict's kind as text, or `NOT_JUDGED`."""
        return NOT_JUDGED if self.brief.kind is None else str(self.brief.kind)

    @property
    def bad(self) -> bool:
        """Whether it fell short or failed."""
        return self.brief.kind is not None and not self.brief.kind.good

    @property
    def likeness(self) -> Likeness:
        """Shared by all numbers that may stand in one column with this one."""
        return likeness.of(self.brief.series)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Latest):
    """The latest of several results that make the same claim, in full: what is shown."""

    result: Result

    @property
    def measurement(self) -> Measurement:
        """What was recorded."""
        return self.result.measurement

    @property
    def verdict(self) -> Verdict | None:
        """The newest verdict; None where the run ended before it."""
        return self.result.verdict

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


OfLatest = TypeVar("OfLatest", bound=Latest)


def outcomes(results: Sequence[Result], catalog: Catalog | None = None) -> tuple[Outcome, ...]:
    """The latest result of each case, kind and likeness, in the order of the tables, each in full.

    Without a catalog: case by case, in the order in which they first come. Raises `NoSamples` for no results.
    """
    known = in_brief(results)
    return in_full(known, latest(known, catalog))


def in_full(results: Kept, chosen: Sequence[Latest]) -> tuple[Outcome, ...]:
    """Those `chosen` from the results, each with its result."""
    found = results.several([item.place for item in chosen])
    return tuple(
        Outcome(
            brief=item.brief, place=item.place, first=item.first, times=item.times, parts=item.parts,
            result=result,
        )
        for item, result in zip(chosen, found, strict=True)
    )  # fmt: skip


def latest(results: Kept, catalog: Catalog | None = None) -> tuple[Latest, ...]:
    """The latest result of each case, kind and likeness, ordered as `outcomes` and raising as it does."""
    briefs = results.briefs
    if not briefs:
        raise NoSamples("no results to report", remedy="run `pytest suites/` or `make run` first")
    alike: dict[tuple[str, Kind, Likeness], list[int]] = {}
    for place in _without_mended(briefs):
        series = briefs[place].series
        alike.setdefault((series.case, series.kind, likeness.of(series)), []).append(place)
    parts = {} if catalog is None else _parts(catalog, (case for case, _, _ in alike))
    found = [
        Latest(
            # The last of several made in one instant: the store gives them in the order of writing.
            brief=briefs[newest := max(places, key=lambda place: (briefs[place].created, place))],
            place=newest,
            first=places[0],
            times=len(places),
            parts=parts.get(case),
        )
        for (case, _, _), places in alike.items()
    ]
    return case_by_case(found) if catalog is None else tuple(sorted(found, key=_ranks(catalog)))


def case_by_case(found: Sequence[OfLatest]) -> tuple[OfLatest, ...]:
    """In the order in which cases, and of a case the claims, first come."""
    first: dict[str, int] = {}
    for item in found:
        first[item.case] = min(first.get(item.case, item.first), item.first)
    return tuple(sorted(found, key=lambda item: (first[item.case], item.first)))


def _without_mended(briefs: Sequence[Brief]) -> Iterator[int]:
    """The places of results but for errors that a later success of the same claim and origin has mended.

    A run that failed may not have come to know its data: its likeness alone would let it stand beside the
    result that took its place.
    """
    failed = {brief.series.case for brief in briefs if brief.kind is VerdictKind.ERROR}
    succeeded: dict[str, dict[tuple[Claim, Origin], str]] = {}  # by case: when each claim last did
    for brief in briefs:
        if brief.series.case in failed and brief.kind is not VerdictKind.ERROR:
            of_case = succeeded.setdefault(brief.series.case, {})
            claimed = brief.series.claim, brief.series.origin
            of_case[claimed] = max(of_case.get(claimed, ""), brief.created)
    for place, brief in enumerate(briefs):
        if brief.kind is not VerdictKind.ERROR or not _mended(brief, succeeded.get(brief.series.case, {})):
            yield place


def _mended(failed: Brief, succeeded: Mapping[tuple[Claim, Origin], str]) -> bool:
    """Whether one of the claims of a case succeeded later than its error."""
    claim = failed.series.claim
    return any(
        origin is failed.series.origin and created > failed.created and claim.mended_by(later)
        for (later, origin), created in succeeded.items()
    )


def _parts(catalog: Catalog, cases: Iterable[str]) -> dict[str, CaseParts | None]:
    return {case: parts_of(catalog, case) for case in dict.fromkeys(cases)}


def _ranks(catalog: Catalog) -> Callable[[Latest], tuple[object, ...]]:
    """The order by model, chip, precision, batch size, kind and likeness; unknown cases last, by id."""
    models = {name: at for at, name in enumerate([*catalog.models, *catalog.claimed])}
    chips = {name: at for at, name in enumerate([*catalog.chips, *catalog.devices])}
    precisions, kinds = ({of: at for at, of in enumerate(every)} for every in (Precision, Kind))
    ranks = cache(likeness.rank)

    def rank(outcome: Latest) -> tuple[object, ...]:
        parts = outcome.parts
        where: tuple[int, ...] = (len(models), 0, 0, 0)
        if parts is not None:
            where = (
                models[parts.model.name], chips[parts.chip.name], precisions[parts.precision],
                parts.batch_size,
            )  # fmt: skip
        return (
            *where,
            "" if parts is not None else outcome.case,
            kinds[outcome.series.kind],
            outcome.series.check,
            *ranks(outcome.likeness),
        )

    return rank


def counts(found: Iterable[Latest]) -> dict[str, int]:
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
