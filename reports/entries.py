"""What a run recorded of one result beside its verdict: entry by entry, in words and numbers."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.domain.details import (
    AccuracyDetail,
    Calls,
    Common,
    FlippedDecision,
    Grouped,
    HowRun,
    OwnFp32,
    ParityDetail,
    RelationDetail,
    RelativeChange,
    Sequential,
    TurnsDetail,
)
from harness.domain.measurements import Measurement
from harness.domain.metrics import Metric
from reports import numbers, timed
from reports.language import Both, joined, say
from reports.outcomes import Outcome
from reports.recorded import plain, words
from reports.view import Fact, Flip

FLIPS_NAMED = 20  # sample numbers spelled out; the count says the rest
# Entries of a measurement's detail that have a place of their own, or are part of another entry.
_TOLD_ELSEWHERE = frozenset(
    (
        *Calls.keys(),
        *timed.ENTRIES,
        "artifact",
        "checkpoint",
        "commands",
        "correct",
        "flipped",
        "first_flips",
        "flipped_texts",
        "must_change",
        "samples_sha256",
        "trivial",
        "own_fp32_correct",
    )
)


def facts(outcome: Outcome) -> Iterator[Fact]:
    """What was measured, by metric; then whatever else the run recorded, in its order."""
    measurement = outcome.measurement
    for name, value in measurement.metrics.items():
        yield say(name), _metric(outcome, name, value)
    for name, value in measurement.detail.items():
        if name == "facts" and isinstance(value, Mapping):
            yield from (
                (words(fact), _fact(str(fact), counted)) for fact, counted in value.items() if _there(counted)
            )
        elif name not in _TOLD_ELSEWHERE and _there(value):
            yield words(name), _entry(name, value, measurement)


def trivial(measurement: Measurement, metric: str) -> dict[str, float]:
    """The scores of answers without a network by `metric`, as fractions, the best first."""
    recorded = AccuracyDetail.from_stored(measurement.detail).trivial or {}
    scores = {name: scored[metric] for name, scored in recorded.items() if metric in scored}
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def no_better_than(outcome: Outcome) -> str:
    """The answer that needs no network and scores as much as this one or more; empty where there is none."""
    if outcome.metric is None or outcome.value is None:
        return ""
    for name, score in trivial(outcome.measurement, str(outcome.metric)).items():
        return name if score >= outcome.value else ""
    return ""


def flips(measurement: Measurement) -> Iterator[Flip]:
    """The samples and decisions that differ from fp32's, as far as the run kept them."""
    for item in AccuracyDetail.from_stored(measurement.detail).flipped_texts or ():
        became = "" if item.fp32 is None or item.here is None else f"{item.fp32} → {item.here}"
        yield Flip(number=item.sample, text=item.text, became=became)
    for decision in ParityDetail.from_stored(measurement.detail).first_flips or ():
        yield _decision(decision)


def commands(measurement: Measurement) -> tuple[str, ...]:
    """The commands of tools, as one would type them."""
    return tuple(_command(item) for item in Common.from_stored(measurement.detail).commands or ())


def change(effect: RelativeChange) -> str:
    """A change with its interval."""
    return f"{effect.change:+.1%} ({effect.low:+.1%} … {effect.high:+.1%})"


def at_real_length(grouped: Grouped) -> Both:
    """How many positions a run at the real length computed, and its proof on seeded samples."""
    run, padded = grouped.positions_run, grouped.positions_padded
    told = say(
        "samples were run at their real length: {run:,} positions in place of {padded:,} ({share}); on "
        "{count} seeded samples the logits differ from those of the padded input by at most {most}, where "
        "{bound} is allowed",
        run=run, padded=padded, share=numbers.percent(run / padded), count=grouped.proved_on,
        most=numbers.difference(grouped.max_abs_difference), bound=numbers.difference(grouped.bound),
    )  # fmt: skip
    if not grouped.samples_padded:
        return told
    more = say(
        "run padded, because padding might change their predictions: {count}", count=grouped.samples_padded
    )
    return joined("; ", [told, more])


def taken(measurement: Measurement) -> str:
    """Which of the data's samples a score is of; empty of all of them."""
    drawn, limit = Sequential.of_part(measurement.detail), measurement.provenance.limit
    if drawn is not None:
        return drawing(drawn)
    return "" if limit is None else say("first {count} samples only", count=limit)


def drawing(drawn: Sequential) -> Both:
    """Of how many samples a score is that were drawn until its verdict was sure."""
    return say(
        _DRAWN.get(drawn.counts, "by {used:,} of {of:,}, sequential, {sure}"),
        used=drawn.used, of=drawn.of, sure=drawn.sure,
    )  # fmt: skip


def _decision(flip: FlippedDecision) -> Flip:
    """A decision that is another than fp32's, with how sure fp32 was of it."""
    where = "" if flip.position is None else say(" at position {position}", position=flip.position)
    became = say(
        "{reference} → {found}; margin {margin} in fp32, difference {difference}",
        reference=flip.reference, found=flip.found, margin=numbers.difference(flip.margin),
        difference=numbers.difference(flip.difference),
    )  # fmt: skip
    return Flip(number=flip.sample, text=joined("", [flip.output, where]), became=became)


def _there(value: Any) -> bool:
    """Whether there is anything to tell; a zero is told, an empty list is not."""
    return value is not None and not (isinstance(value, str | Mapping | list | tuple) and not value)


def _fact(name: str, value: Any) -> str:
    """One of the counts and shares that a text pipeline keeps beside its score."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return numbers.percent(value) if name.endswith("_share") else f"{value:,}"
    return plain(value)


def _metric(outcome: Outcome, name: str, value: float) -> str:
    if name in (Metric.THROUGHPUT, Metric.LATENCY):
        return numbers.written(name, value)
    measurement = outcome.measurement
    interval = measurement.intervals.get(name)
    correct = AccuracyDetail.from_stored(measurement.detail).correct if name == outcome.metric else None
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


def _entry(name: str, value: Any, measurement: Measurement) -> str:
    """One entry of a measurement's detail. An entry that no record knows is shown as it was recorded."""
    told = _IN_WORDS[name](measurement) if name in _IN_WORDS else None
    if told is not None:
        return told
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if name.endswith("_in_spread") and number:
        return say("{value} spreads", value=numbers.difference(value))
    if name.endswith(("_difference", "bound", "spread", "cosine", "norm")) and number:
        return numbers.difference(value)
    if name in ("claim", "contract", "finding"):
        return say(str(value))
    return plain(value)


def _own_fp32(measurement: Measurement) -> str | None:
    fp32 = OwnFp32.from_stored(measurement.detail)
    if fp32.own_fp32 is None:
        return None
    correct = fp32.own_fp32_correct
    of = "" if correct is None else say(", {count} of {of}", count=correct, of=measurement.samples)
    return joined("", [numbers.percent(fp32.own_fp32), of])


def _max_drop(measurement: Measurement) -> str | None:
    allowed = AccuracyDetail.from_stored(measurement.detail).max_drop
    return None if allowed is None else numbers.percent(allowed)


def _flip_count(measurement: Measurement) -> str | None:
    parity, fp32 = ParityDetail.from_stored(measurement.detail), OwnFp32.from_stored(measurement.detail)
    if parity.decisions is not None:
        return say("{count} of {of} decisions differ from fp32", count=parity.flips or 0, of=parity.decisions)
    if fp32.flips is None:
        return None
    which = [str(number) for number in fp32.flipped or ()]
    first = ", ".join(which[:FLIPS_NAMED]) + (", …" if len(which) > FLIPS_NAMED else "")
    named = say("; sample numbers {numbers}", numbers=first) if which else ""
    return say(
        "{count} of {of} predictions differ from fp32{named}",
        count=fp32.flips, of=measurement.samples, named=named,
    )  # fmt: skip


def _truncated(measurement: Measurement) -> str | None:
    count = AccuracyDetail.from_stored(measurement.detail).truncated
    if count is None:
        return None
    return say("{count} of {of} samples were cut to the model's length", count=count, of=measurement.samples)


def _grouped(measurement: Measurement) -> str | None:
    grouped = HowRun.from_stored(measurement.detail).grouped
    return None if grouped is None else at_real_length(grouped)


def _ignored_weights(measurement: Measurement) -> str:
    return ", ".join(Common.from_stored(measurement.detail).ignored_weights or ()) or say("none")


def _relative_change(measurement: Measurement) -> str | None:
    effect = TurnsDetail.from_stored(measurement.detail).change
    return None if effect is None else change(effect)


def _deterministic(measurement: Measurement) -> str:
    return say("yes") if RelationDetail.from_stored(measurement.detail).deterministic else say("no")


def _sequential(measurement: Measurement) -> str | None:
    drawn = Sequential.in_detail(measurement.detail)
    return None if drawn is None else drawing(drawn)


_DRAWN = {
    "samples": "by {used:,} of {of:,} samples, sequential, {sure}",
    "words": "by {used:,} of {of:,} words, sequential, {sure}",
    "questions": "by {used:,} of {of:,} questions, sequential, {sure}",
}

# Entries that are told in a sentence; None: the entry is not what its record holds.
_IN_WORDS: Mapping[str, Callable[[Measurement], str | None]] = {
    "own_fp32": _own_fp32,
    "flips": _flip_count,
    "truncated": _truncated,
    "max_drop": _max_drop,
    "sequential": _sequential,
    "grouped": _grouped,
    "ignored_weights": _ignored_weights,
    "change": _relative_change,
    "deterministic": _deterministic,
}


def _command(item: Any) -> str:
    if isinstance(item, list | tuple):
        return shlex.join(str(part) for part in item)
    return str(item)
