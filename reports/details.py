"""One result of a report: its row, and its whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.details import ParityDetail, RelationDetail, TurnsDetail
from harness.domain.measurements import Basis, Interval, Measurement, Origin, VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.models import Protocol, Weights
from harness.domain.references import Reference, Source
from harness.domain.series import Series
from reports import entries, numbers, timed
from reports.language import Both, in_language, joined, say
from reports.numbers import NOTHING
from reports.outcomes import WORDS, Outcome, basis_words, documented, is_stand_in_speed
from reports.provenance import latency, made_with
from reports.view import About, Detail, Fact, Line

if TYPE_CHECKING:
    from harness.store.reading import Point

RUNS_TOLD = 8
_PARTS_OF_ID = re.compile(r"[^a-z0-9]+")


def anchor(outcome: Outcome, number: int) -> str:
    """An id for links: unique by its number, safe whatever the case is called."""
    name = _PARTS_OF_ID.sub("-", f"{outcome.measurement.case}-{outcome.measurement.kind}".lower())
    return f"r{number}-{name.strip('-')}"


def line(outcome: Outcome, catalog: Catalog, place: str) -> Line:
    """One result in one row, documented beside measured."""
    measurement, verdict = outcome.measurement, outcome.verdict
    reference = documented(outcome, catalog)
    made = measurement.provenance
    interval = None if outcome.metric is None else measurement.intervals.get(outcome.metric)
    return Line(
        anchor=place,
        case=measurement.case,
        kind=claimed(measurement),
        about=_about(outcome, reference),
        documented=NOTHING if reference is None else reference.cell,
        source="" if reference is None else str(reference.source),
        place="" if reference is None else _short(reference.source),
        measured=measured(outcome),
        interval="" if interval is None else _range(outcome.metric, interval),
        tolerance=tolerance(outcome),
        status=outcome.status,
        basis=basis_words(verdict),
        origin=say(str(measurement.origin)),
        weights=say(str(made.weights)),
        data=NOTHING if made.data is None else say(str(made.data)),
        tags=tuple(_tags(measurement)),
        extra=joined("; ", _extra(outcome)),
        marks=tuple(timed.marks(measurement)),
    )


def _range(metric: str | None, interval: Interval) -> str:
    """An interval in the unit of its metric."""
    return numbers.rate_range(interval) if metric == Metric.THROUGHPUT else numbers.percent_range(interval)


def claimed(measurement: Measurement) -> Both:
    """What is claimed: the kind, with the check where it has several."""
    kind = say(str(measurement.kind))
    return say("{kind} ({check})", kind=kind, check=say(measurement.check)) if measurement.check else kind


def _about(outcome: Outcome, reference: Reference | None) -> About:
    parts = outcome.parts
    return About(
        model="" if parts is None else parts.model.name,
        chip="" if parts is None else parts.chip.title,
        batch_size=None if parts is None else parts.batch_size,
        kind=str(outcome.measurement.kind),
        origin=str(outcome.measurement.origin),
        documented=None if reference is None else reference.value,
        measured=outcome.value,
    )


def _short(source: Source) -> str:
    """Where a value stands, for a narrow column. A value may stand under an empty header."""
    return ", ".join(part for part in (source.document, source.row, source.column) if part)


def _tags(measurement: Measurement) -> Iterator[tuple[str, bool]]:
    """Origin, weights and data of a number, each with whether it differs from the documented one."""
    made = measurement.provenance
    yield say(str(measurement.origin)), measurement.origin is not Origin.CHIP
    if made.data is None:
        yield say(f"{made.weights} weights"), made.weights is not Weights.FULL
    elif str(made.data) == str(made.weights):
        yield say(str(made.weights)), made.weights is not Weights.FULL
    else:
        yield say(f"{made.weights} weights"), made.weights is not Weights.FULL
        yield say(f"{made.data} data"), made.data is not Corpus.FULL


def measured(outcome: Outcome) -> str:
    """The measured number with its unit, or that there is none."""
    if outcome.value is not None and outcome.metric is not None:
        mark = "\N{NO-BREAK SPACE}†" if is_stand_in_speed(outcome) else ""
        return numbers.written(outcome.metric, outcome.value) + mark
    if outcome.measurement.kind is Kind.THROUGHPUT and outcome.measurement.check:
        change = TurnsDetail.from_stored(outcome.measurement.detail).change
        return NOTHING if change is None else entries.change(change)
    if outcome.measurement.kind is Kind.CONFORMANCE:
        return _difference(outcome.measurement)
    return NOTHING


def _difference(measurement: Measurement) -> str:
    """By how much the outputs of a check differ."""
    parity = ParityDetail.from_stored(measurement.detail)
    relation = RelationDetail.from_stored(measurement.detail)
    for away in (parity.largest_in_spread, relation.difference_in_spread):
        if away is not None:
            return say("{value} spreads", value=numbers.difference(away))
    for check in (parity, relation):
        if check.whole_numbers is not None:
            return say("{count} of {of} differ", count=check.unequal, of=check.whole_numbers)
    if parity.max_abs_difference is not None:  # of before there were spreads
        return say("{value} max. difference", value=numbers.difference(parity.max_abs_difference))
    return NOTHING


def tolerance(outcome: Outcome) -> str:
    """By how much the number may differ, and from what."""
    verdict = outcome.verdict
    if outcome.measurement.kind is Kind.CONFORMANCE:
        check = RelationDetail.from_stored(outcome.measurement.detail)
        if check.bound is not None:
            limit = say("more than {value}") if check.must_change else say("at most {value}")
            return say(limit, value=numbers.difference(check.bound))
    if verdict is None or verdict.tolerance is None or verdict.unit is None:
        return ""
    allowed = numbers.tolerance(verdict.tolerance, verdict.unit)
    if verdict.basis is Basis.DROP and verdict.expected is not None and verdict.unit is Unit.PERCENT:
        return say("own fp32 {own:.2f} % − {allowed}", own=verdict.expected, allowed=allowed)
    return say("± {allowed}", allowed=allowed)


def _extra(outcome: Outcome) -> Iterator[str]:
    alike = outcome.likeness
    if alike.protocol is Protocol.STANDARD:
        yield say("standard protocol")
    if told := entries.taken(outcome.measurement):
        yield told
    if name := entries.no_better_than(outcome):
        yield say("no better than {name}", name=say(name))
    elif outcome.value is not None and (scores := entries.trivial(outcome.measurement, str(outcome.metric))):
        best, score = next(iter(scores.items()))
        yield say("{name}: {score}", name=say(best), score=numbers.percent(score))
    if outcome.times > 1:
        yield say("latest of {count}", count=outcome.times)


def detail(
    outcome: Outcome, row: Line, machine: int, versions: int, history: tuple[Fact, ...] = ()
) -> Detail:
    """The whole of one result."""
    measurement = outcome.measurement
    return Detail(
        line=row,
        message=message(outcome),
        facts=(*_documented(row), *entries.facts(outcome), *history),
        stages=tuple((name, numbers.duration_s(spent)) for name, spent in measurement.stages_s.items()),
        latency=latency(measurement),
        made_with=tuple(made_with(measurement)),
        flips=tuple(entries.flips(measurement)),
        commands=entries.commands(measurement),
        machine=machine,
        versions=versions,
        attention=outcome.status in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR),
    )


def _documented(row: Line) -> Iterator[Fact]:
    """The documented value, and where it stands."""
    if row.source:
        yield say("documented"), f"{row.documented} [{row.source}]"


def message(outcome: Outcome) -> Both:
    """The verdict's own message; its Chinese is made anew from the verdict's numbers."""
    verdict = outcome.verdict
    if verdict is None:
        return say("There is no verdict on this result.")
    if verdict.measured is None or verdict.expected is None or verdict.unit is None or verdict.metric is None:
        return Both(verdict.message, verdict.message)
    score = verdict.unit not in (Unit.SAMPLES_PER_S, Unit.MS)
    got, wanted = (
        f"{value:.2f} %" if score else numbers.written(verdict.metric, value)
        for value in (verdict.measured, verdict.expected)
    )  # fmt: skip
    allowed = "" if verdict.tolerance is None else numbers.tolerance(verdict.tolerance, verdict.unit)
    made = say(
        "{metric}: {got}, {basis} {wanted}, tolerance {allowed}: {status}",
        metric=say(verdict.metric), got=got, wanted=wanted, allowed=allowed or NOTHING,
        basis=say("own fp32") if verdict.basis is Basis.DROP else say("documented"),
        status=WORDS[outcome.status],
    )  # fmt: skip
    return Both(verdict.message, in_language(made, "zh"))


def before(outcome: Outcome, past: Mapping[Series, Sequence[Point]]) -> tuple[Fact, ...]:
    """The values of the same series in its last runs, oldest first; nothing for a first run."""
    series = Series.of(outcome.measurement)
    points = past.get(series, ())
    values = [point.value for point in points if point.value is not None]
    if len(values) < 2:
        return ()
    write = partial(numbers.written, outcome.metric)
    told = ", ".join(write(value) for value in values[-RUNS_TOLD:])
    lowest, highest = write(min(values)), write(max(values))
    text = say(
        "{told} (the last of {count} runs, which gave {lowest} to {highest})",
        told=told, count=len(values), lowest=lowest, highest=highest,
    )  # fmt: skip
    return ((say("history"), text),)
