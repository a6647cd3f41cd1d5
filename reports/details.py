"""Everything about one result, in words and numbers: its row, its detail, its machine."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.measurements import Basis, Interval, Measurement, Origin, VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.models import Protocol, Weights
from harness.domain.references import Reference, Source
from reports import numbers, timed
from reports.language import Both, in_language, joined, say
from reports.numbers import NOTHING
from reports.outcomes import WORDS, Outcome, basis_words, documented, is_stand_in_speed
from reports.provenance import latency, made_with
from reports.recorded import plain, sequence, words
from reports.view import About, Detail, Fact, Flip, Line

if TYPE_CHECKING:
    from harness.store.results import Point

RUNS_TOLD = 8
FLIPS_NAMED = 20  # sample numbers spelled out; the count says the rest
# Entries of a measurement's detail that have a place of their own, or are part of another entry.
_LATENCY = ("calls", "clock", "maximum_ns", "median_ns", "minimum_ns", "percentiles_ns", "warm_up_calls")
_TOLD_ELSEWHERE = frozenset(
    (
        *_LATENCY,
        *timed.ENTRIES,
        "artifact",
        "checkpoint",
        "commands",
        "correct",
        "flipped",
        "first_flips",
        "flipped_texts",
        "must_change",
        "trivial",
        "own_fp32_correct",
    )
)
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
    place = outcome.place
    return About(
        model="" if place is None else place.model.name,
        chip="" if place is None else place.chip.title,
        batch_size=None if place is None else place.batch_size,
        kind=str(outcome.measurement.kind),
        origin=str(outcome.measurement.origin),
        documented=None if reference is None else reference.value,
        measured=outcome.value,
    )


def _short(source: Source) -> str:
    """Where a value stands, for a narrow column. A value may stand under an empty header."""
    return ", ".join(part for part in (source.document, source.row, source.column) if part)


def _tags(measurement: Measurement) -> Iterator[tuple[str, bool]]:
    """What a number was made with; marked is whatever keeps it from being the documented one."""
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
        if outcome.metric.is_score:
            return numbers.percent(outcome.value)
        return numbers.rate(outcome.value) + ("\N{NO-BREAK SPACE}†" if is_stand_in_speed(outcome) else "")
    if outcome.measurement.kind is Kind.THROUGHPUT and outcome.measurement.check:
        change = outcome.measurement.detail.get("change")
        return _change(change) if isinstance(change, Mapping) else NOTHING
    if outcome.measurement.kind is Kind.CONFORMANCE:
        recorded = outcome.measurement.detail
        for name in ("largest_in_spread", "difference_in_spread"):
            if isinstance(away := recorded.get(name), int | float):
                return say("{value} spreads", value=numbers.difference(away))
        if isinstance(
            away := recorded.get("max_abs_difference"), int | float
        ):  # of before there were spreads
            return say("{value} max. difference", value=numbers.difference(away))
    return NOTHING


def _change(effect: Mapping[str, Any]) -> str:
    """A change with its interval."""
    return f"{effect['change']:+.1%} ({effect['low']:+.1%} … {effect['high']:+.1%})"


def tolerance(outcome: Outcome) -> str:
    """By how much the number may differ, and from what."""
    verdict = outcome.verdict
    bound = outcome.measurement.detail.get("bound")
    if outcome.measurement.kind is Kind.CONFORMANCE and isinstance(bound, int | float):
        if outcome.measurement.detail.get("must_change"):
            return say("more than {value}", value=numbers.difference(bound))
        return say("at most {value}", value=numbers.difference(bound))
    if verdict is None or verdict.tolerance is None or verdict.unit is None:
        return ""
    allowed = numbers.tolerance(verdict.tolerance, verdict.unit)
    if verdict.basis is Basis.DROP and verdict.expected is not None and verdict.unit is Unit.PERCENT:
        return say("own fp32 {own:.2f} % − {allowed}", own=verdict.expected, allowed=allowed)
    return say("± {allowed}", allowed=allowed)


def _extra(outcome: Outcome) -> Iterator[str]:
    series = outcome.series
    if series.protocol is Protocol.STANDARD:
        yield say("standard protocol")
    if series.limit is not None:
        yield say("first {count} samples only", count=series.limit)
    if name := no_better_than(outcome):
        yield say("no better than {name}", name=say(name))
    elif outcome.value is not None and (scores := trivial(outcome.measurement, str(outcome.metric))):
        best, score = next(iter(scores.items()))
        yield say("{name}: {score}", name=say(best), score=numbers.percent(score))
    if outcome.times > 1:
        yield say("latest of {count}", count=outcome.times)


def trivial(measurement: Measurement, metric: str) -> dict[str, float]:
    """What answers that need no network score by `metric`, as fractions, the best first."""
    recorded = measurement.detail.get("trivial")
    scores = recorded.items() if isinstance(recorded, Mapping) else ()
    found = {str(name): scored[metric] for name, scored in scores if metric in scored}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def no_better_than(outcome: Outcome) -> str:
    """The answer that needs no network and scores as much as this one or more; empty where there is none."""
    if outcome.metric is None or outcome.value is None:
        return ""
    for name, score in trivial(outcome.measurement, str(outcome.metric)).items():
        return name if score >= outcome.value else ""
    return ""


def detail(
    outcome: Outcome, row: Line, machine: int, versions: int, history: tuple[Fact, ...] = ()
) -> Detail:
    """The whole of one result."""
    measurement = outcome.measurement
    return Detail(
        line=row,
        message=message(outcome),
        facts=(*_facts(outcome, row), *history),
        stages=tuple((name, numbers.duration_s(spent)) for name, spent in measurement.stages_s.items()),
        latency=latency(measurement),
        made_with=tuple(made_with(measurement)),
        flips=tuple(_flips(measurement)),
        commands=tuple(_command(item) for item in sequence(measurement.detail.get("commands"))),
        machine=machine,
        versions=versions,
        attention=outcome.status in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR),
    )


def message(outcome: Outcome) -> Both:
    """The verdict's own message; its Chinese is made anew from the verdict's numbers."""
    verdict = outcome.verdict
    if verdict is None:
        return say("There is no verdict on this result.")
    if verdict.measured is None or verdict.expected is None or verdict.unit is None or verdict.metric is None:
        return Both(verdict.message, verdict.message)
    speed = verdict.unit is Unit.SAMPLES_PER_S
    got, wanted = (
        numbers.rate(value) if speed else f"{value:.2f} %" for value in (verdict.measured, verdict.expected)
    )
    allowed = "" if verdict.tolerance is None else numbers.tolerance(verdict.tolerance, verdict.unit)
    made = say(
        "{metric}: {got}, {basis} {wanted}, tolerance {allowed}: {status}",
        metric=say(verdict.metric), got=got, wanted=wanted, allowed=allowed or NOTHING,
        basis=say("own fp32") if verdict.basis is Basis.DROP else say("documented"),
        status=WORDS[outcome.status],
    )  # fmt: skip
    return Both(verdict.message, in_language(made, "zh"))


def _facts(outcome: Outcome, row: Line) -> Iterator[Fact]:
    """What was measured, by kind; then whatever else the run recorded."""
    measurement = outcome.measurement
    if row.source:
        yield say("documented"), f"{row.documented} [{row.source}]"
    for name, value in measurement.metrics.items():
        yield say(name), _metric(outcome, name, value)
    for name, value in measurement.detail.items():
        if name == "facts" and isinstance(value, Mapping):
            yield from (
                (words(fact), _fact(str(fact), found)) for fact, found in value.items() if _there(found)
            )
        elif name not in _TOLD_ELSEWHERE and _there(value):
            yield words(name), _recorded(name, value, measurement)


def before(outcome: Outcome, past: Mapping[tuple[str, ...], Sequence[Point]]) -> tuple[Fact, ...]:
    """What the same claim came to in its last runs, oldest first; nothing for a first run."""
    series, made = outcome.series, outcome.measurement
    about = made.provenance
    first = "" if about.limit is None else f"first {about.limit}"
    how = (made.origin, series.weights, about.data or "", about.protocol or "", first, made.check)
    points = past.get((made.case, made.kind, *map(str, how)), ())
    values = [point.value for point in points if point.value is not None]
    if len(values) < 2:
        return ()
    write = numbers.rate if made.kind is Kind.THROUGHPUT else numbers.percent
    told = ", ".join(write(value) for value in values[-RUNS_TOLD:])
    lowest, highest = write(min(values)), write(max(values))
    text = say(
        "{told} (the last of {count} runs, which gave {lowest} to {highest})",
        told=told, count=len(values), lowest=lowest, highest=highest,
    )  # fmt: skip
    return ((say("history"), text),)


def _flips(measurement: Measurement) -> Iterator[Flip]:
    """The flipped samples whose text the run kept."""
    for item in sequence(measurement.detail.get("flipped_texts")):
        if isinstance(item, Mapping):  # of an accuracy
            became = f"{item['fp32']} → {item['here']}" if "fp32" in item and "here" in item else ""
            yield Flip(number=item.get("sample", 0), text=str(item.get("text", "")), became=became)
    for item in sequence(measurement.detail.get("first_flips")):
        if isinstance(item, Mapping):  # of a parity
            yield _decision(item)


def _decision(flip: Mapping[str, Any]) -> Flip:
    """A decision that is another than fp32's, with how sure fp32 was of it."""
    position = flip.get("position")
    where = "" if position is None else say(" at position {position}", position=position)
    became = say(
        "{reference} → {found}; margin {margin} in fp32, difference {difference}",
        reference=flip["reference"], found=flip["found"], margin=numbers.difference(flip["margin"]),
        difference=numbers.difference(flip["difference"]),
    )  # fmt: skip
    return Flip(number=flip["sample"], text=joined("", [str(flip["output"]), where]), became=became)


def _there(value: Any) -> bool:
    """Whether there is anything to tell; a zero is told, an empty list is not."""
    return value is not None and not (isinstance(value, str | Mapping | list | tuple) and not value)


def _fact(name: str, value: Any) -> str:
    """One of the counts and shares that a text pipeline keeps beside its score."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return numbers.percent(value) if name.endswith("_share") else f"{value:,}"
    return plain(value)


def _metric(outcome: Outcome, name: str, value: float) -> str:
    if name == Metric.THROUGHPUT:
        return numbers.rate(value)
    measurement = outcome.measurement
    interval = measurement.intervals.get(name)
    correct = measurement.detail.get("correct") if name == outcome.metric else None
    counted = (
        "" if correct is None else say(", {count} of {of} samples", count=correct, of=measurement.samples)
    )
    confidence = (
        "" if interval is None else f" ({interval.confidence * 100:g} %: {numbers.percent_range(interval)})"
    )
    scores = trivial(measurement, name)
    told = joined(", ", [joined(" ", [say(of), numbers.percent(score)]) for of, score in scores.items()])
    beside = say("; without a network: {told}", told=told) if scores else ""
    return joined("", [numbers.percent(value), confidence, counted, beside])


def _recorded(name: str, value: Any, measurement: Measurement) -> str:
    """One entry of a measurement's detail. What is not known here is shown as it was recorded."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if name == "own_fp32" and number:
        correct = measurement.detail.get("own_fp32_correct")
        of = "" if correct is None else say(", {count} of {of}", count=correct, of=measurement.samples)
        return joined("", [numbers.percent(value), of])
    if name == "flips" and "decisions" in measurement.detail:
        of = measurement.detail["decisions"]
        return say("{count} of {of} decisions differ from fp32", count=value, of=of)
    if name == "flips" and number:
        which = [str(item) for item in sequence(measurement.detail.get("flipped"))]
        more = ", …" if len(which) > FLIPS_NAMED else ""
        first = ", ".join(which[:FLIPS_NAMED]) + more
        named = say("; sample numbers {numbers}", numbers=first) if which else ""
        return say(
            "{count} of {of} predictions differ from fp32{named}",
            count=value,
            of=measurement.samples,
            named=named,
        )
    if name == "truncated" and number:
        return say(
            "{count} of {of} samples were cut to the model's length", count=value, of=measurement.samples
        )
    if name == "grouped" and isinstance(value, Mapping):
        return at_real_length(value)
    if name == "ignored_weights":
        return ", ".join(map(str, sequence(value))) or say("none")
    if name.endswith("_in_spread") and number:
        return say("{value} spreads", value=numbers.difference(value))
    if name == "change" and isinstance(value, Mapping):
        return _change(value)
    if name in ("claim", "contract", "finding"):
        return say(str(value))
    if name == "deterministic":
        return say("yes") if value else say("no")
    if name.endswith(("_difference", "bound", "spread", "cosine", "norm")) and number:
        return numbers.difference(value)
    return plain(value)


def at_real_length(grouped: Mapping[str, Any]) -> Both:
    """What a run of samples grouped by their length computed, and what it was proved by."""
    run, padded = grouped["positions_run"], grouped["positions_padded"]
    return say(
        "samples were run at their real length: {run:,} positions in place of {padded:,} ({share}); on "
        "{count} seeded samples the logits differ from those of the padded input by at most {most}, where "
        "{bound} is allowed",
        run=run, padded=padded, share=numbers.percent(run / padded), count=grouped["proved_on"],
        most=numbers.difference(grouped["max_abs_difference"]), bound=numbers.difference(grouped["bound"]),
    )  # fmt: skip


def _command(item: Any) -> str:
    if isinstance(item, list | tuple):
        return shlex.join(str(part) for part in item)
    return str(item)
