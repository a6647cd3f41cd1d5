"""The footnotes of a report: how its numbers came about, said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.domain.cases import Kind
from harness.domain.details import AccuracyDetail, HowRun, ScenarioDetail, Stamped, Watched
from harness.domain.measurements import Basis, Origin
from harness.domain.metrics import Metric
from reports import layout
from reports.language import Both, joined, say
from reports.numbers import percent
from reports.outcomes import Outcome, is_stand_in_speed


def footnotes(found: Sequence[Outcome]) -> Iterator[str]:
    """The footnotes of these results, the same for every form of a report."""
    yield from _misfed_notes(found)
    yield from _interval_notes(found)
    yield from _stamp_notes(found)
    if any(outcome.verdict is not None and outcome.verdict.basis is Basis.DROP for outcome in found):
        yield say(
            "By the drop: the score on the chip's numerics against the same checkpoint's own fp32 score; "
            "allowed is the documented drop or 1 % of that score, whichever is larger, and never less than "
            "two samples, unless --max-drop says otherwise."
        )
    yield from _throughput_notes(found)
    yield from _length_notes(found)
    if any(is_stand_in_speed(outcome) for outcome in found):
        yield layout.STAND_IN_NOTE
    if any(outcome.times > 1 for outcome in found):
        yield say(
            "Latest of N: the same claim was measured N times with the same origin, weights, data and "
            "protocol; only the latest is shown."
        )


def _interval_notes(found: Sequence[Outcome]) -> Iterator[str]:
    """What the intervals cover."""
    ranged = {name for outcome in found for name in outcome.measurement.intervals}
    if ranged - {Metric.THROUGHPUT}:
        yield say("Intervals are Wilson's score intervals: where the true share lies, by sampling alone.")
    if Metric.THROUGHPUT in ranged:
        yield say(
            "Intervals of a throughput are of one run, by the means of batches of consecutive calls: runs in "
            "other processes or at other times differ by more."
        )


def _stamp_notes(found: Sequence[Outcome]) -> Iterator[str]:
    """What the stamps ask for, and what noisy means."""
    details = [outcome.measurement.detail for outcome in found]
    stamped = [detail for detail in details if Stamped.from_stored(detail).told]
    if stamped:
        yield say(
            "Stamps: quick is 20 calls and 2 s (or 2000 calls), nightly 64 calls and 10 s, mlperf-like 600 s "
            "and 64 calls, 662 of them for a batch."
        )
    if any(Watched.from_stored(detail).noisy for detail in stamped):
        yield say(
            "Noisy: the machine was disturbed while calls were timed; each result says by what. Such a "
            "number says little about small changes."
        )


def _throughput_notes(found: Sequence[Outcome]) -> Iterator[str]:
    """By which definition a throughput is one."""
    timed = [outcome for outcome in found if outcome.measurement.kind is Kind.THROUGHPUT]
    speeds = [outcome.measurement.origin for outcome in timed if not outcome.in_scenario]
    if any(ScenarioDetail.from_stored(outcome.measurement.detail).loadgen is not None for outcome in timed):
        yield say(
            "A scenario's throughput and latencies are LoadGen's, by its own definitions, and so is its "
            "verdict. It is not an MLPerf result: nothing was submitted or reviewed. No documented value is "
            "compared."
        )
    if any(origin is not Origin.IMPORTED for origin in speeds):
        yield say("Throughput is batch size × calls / time, by the clock that each result names.")
    if Origin.IMPORTED in speeds:
        yield say(
            "Imported throughput is by the definition of the tool that wrote the log; each result names it."
        )


def _length_notes(found: Sequence[Outcome]) -> Iterator[str]:
    """Which samples ran at their real length, and why the others did not."""
    runs = [HowRun.from_stored(outcome.measurement.detail) for outcome in found]
    if grouped := sum(run.grouped is not None for run in runs):
        yield say(
            "At their real length, grouped by it, ran the samples of {results}: accuracy on a stand-in only, "
            "after the same run had shown on a seeded sample that the logits are those of the padded input.",
            results=_results(grouped),
        )
    if reasons := Counter(run.padded_because for run in runs if run.padded_because is not None):
        told = joined(
            "; ",
            [say("{how} ({extra})", how=say(why), extra=_results(n)) for why, n in reasons.items()],
        )
        yield say(
            "Padded to the documented length ran the others of the stand-ins' accuracy results: {told}.",
            told=told,
        )


def _results(count: int) -> Both:
    return say("1 result") if count == 1 else say("{count} results", count=count)


def _misfed_notes(results: Sequence[Outcome]) -> Iterator[str]:
    """A note for each result whose document's script feeds inputs in each other's place."""
    for outcome in results:
        found, metric = outcome.measurement, outcome.metric
        misfed = AccuracyDetail.from_stored(found.detail).misfed
        if misfed is None or metric is None:
            continue
        right = misfed.fed_right[metric]
        yield say(
            "{case} is fed as its document's script feeds it ({how}): {metric} {got}. Fed right, the same "
            "checkpoint scores {right} in fp32; {flips} of {samples} predictions differ.",
            case=found.case, how=misfed.as_documented, metric=say(metric),
            got=percent(found.metrics[metric]), right=percent(right), flips=misfed.flips,
            samples=found.samples,
        )  # fmt: skip
