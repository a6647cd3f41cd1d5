"""What one claim's results in two runs come to: better, worse, the same, or too noisy to tell."""

from __future__ import annotations

from dataclasses import dataclass

from harness.comparing import words
from harness.comparing.pairing import failed
from harness.domain.cases import Kind
from harness.domain.details import Matmul, ThroughputDetail, by_a_tool
from harness.domain.measurements import Measurement, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.parts import Pairs, kept
from harness.store.results import Result
from harness.verdicts import effects, paired
from harness.verdicts.effects import LEAST_CHANGE, Effect, Finding, Timed
from harness.verdicts.noise import Noise
from harness.verdicts.plain import SLACK

THROUGHPUT_MARGIN = 0.05  # within which a throughput is the same
SCORE_MARGIN = 0.002  # within which a score is: 0.2 points


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Within how much two results are the same: relative of a throughput, a fraction of a score."""

    throughput: float = THROUGHPUT_MARGIN
    score: float = SCORE_MARGIN

    def of(self, kind: Kind) -> float:
        """The margin of a kind of claim."""
        return self.throughput if kind is Kind.THROUGHPUT else self.score


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One claim in both runs, and what its two results come to."""

    case: str
    kind: Kind
    claim: str  # the kind, with the check where there are several
    series: str  # what was measured with: "stand-in, mini weights"
    finding: Finding
    effect: Effect | None  # None: the verdicts alone were held against each other
    message: str
    verdict_worse: bool = False  # good before, short now, or short before and failed now

    def __str__(self) -> str:
        return f"{self.case} {self.claim} ({self.series}): {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sure:
    """How sure intervals are: each of a comparison, and all of them together."""

    each: float
    together: float


def pair(before: Result, after: Result, margins: Margins, noise: Noise | None, sure: Sure) -> Pair:
    """Judge two results of one claim; `noise` is what two runs like the later one may differ by."""
    made = after.measurement
    worse = _rank(after) > _rank(before)
    effect, message = _effect(before, after, noise, sure)
    finding = Finding.SAME
    if effect is not None:
        finding, message = _by_number(before, after, effect, message, margins)
    elif _rank(after) < _rank(before):
        finding = Finding.BETTER
    if worse and effect is not None and not _may_be_worse(before, after, finding):
        # Two speeds may lie on two sides of a documented tolerance and be no different, and a score that rose
        # may be held to a tighter bound.
        worse = False
        message = f"{words.verdicts(before, after)}, which is not shown to be a difference; {message}"
    if worse:
        finding = Finding.WORSE
        message = "; ".join(filter(None, [words.verdicts(before, after), message]))
    elif finding is Finding.BETTER and effect is None:
        message = words.verdicts(before, after)
    return Pair(
        case=made.case, kind=made.kind, claim=made.claim, series=made.made, finding=finding,
        effect=effect, message=" ".join((message or "the same verdict").split()), verdict_worse=worse,
    )  # fmt: skip


def _may_be_worse(before: Result, after: Result, finding: Finding) -> bool:
    """Whether numbers allow a worse verdict: a speed shown to have fallen, a score that did not rise."""
    if after.measurement.kind is Kind.THROUGHPUT:
        return finding is Finding.WORSE
    old, new = _judged(before, after)
    return new <= old + SLACK


def _judged(before: Result, after: Result) -> tuple[float, float]:
    """The judged metric of both, fractions; 0 of one that has none."""
    metric = None if after.verdict is None else after.verdict.metric
    return before.measurement.metrics.get(metric or "", 0.0), after.measurement.metrics.get(metric or "", 0.0)


def has_number(before: Result, after: Result) -> bool:
    """Whether both results have a number of what their claim is about: a check has none, a scenario has."""
    if failed(before) or failed(after):
        return False
    kind = before.measurement.kind
    if kind is Kind.THROUGHPUT:
        return all(Metric.THROUGHPUT in item.measurement.metrics for item in (before, after))
    same_samples = before.measurement.provenance.limit == after.measurement.provenance.limit
    return kind is Kind.ACCURACY and not before.measurement.check and same_samples


def _by_number(
    before: Result, after: Result, effect: Effect, message: str, margins: Margins
) -> tuple[Finding, str]:
    """What the change of a number comes to, and why where it cannot be told."""
    made = after.measurement
    least = LEAST_CHANGE if made.kind is Kind.THROUGHPUT else 0.0
    finding = effect.finding(margin=margins.of(made.kind), least=least)
    if made.kind is Kind.THROUGHPUT and not made.check and (noise := words.noise(before, after)):
        return Finding.TOO_NOISY, f"{message}; {noise}"
    if made.kind is Kind.ACCURACY:
        finding = _with_metric(finding, before, after, margins.score)
    return finding, message


def _effect(before: Result, after: Result, noise: Noise | None, sure: Sure) -> tuple[Effect | None, str]:
    """The change with its interval, and both numbers in words; None for a claim without a number."""
    if not has_number(before, after):
        return None, ""
    if after.measurement.kind is Kind.THROUGHPUT:
        return _speed(before.measurement, after.measurement, noise, sure)
    return _score(before, after, sure.each)


def _rank(result: Result) -> int:
    """How bad a verdict is: good, falls short, error."""
    if result.verdict is None or result.verdict.kind is VerdictKind.ERROR:
        return 2
    return 0 if result.verdict.kind.good else 1


def _speed(
    before: Measurement, after: Measurement, noise: Noise | None, sure: Sure
) -> tuple[Effect | None, str]:
    old, new = (item.metrics.get(Metric.THROUGHPUT) for item in (before, after))
    if not old or not new:
        return None, ""
    effect = effects.throughput_change(
        _timed(before), _timed(after), noise, confidence=sure.each, together=sure.together
    )
    said = f"{old:.4g} -> {new:.4g} samples/s, {words.in_percent(effect)}"
    return effect, f"{said}, by {effect.basis}"


def _timed(measurement: Measurement) -> Timed:
    """A throughput as it was judged: a tool's number has no calls of its own."""
    detail = ThroughputDetail.from_stored(measurement.detail)
    return Timed(
        samples_per_s=measurement.metrics[Metric.THROUGHPUT],
        latencies_ns=() if by_a_tool(measurement.detail) else measurement.raw.get("latencies_ns", ()),
        machine=(detail.watched.matmul or Matmul()).typical_per_s,
    )


def _score(before: Result, after: Result, confidence: float) -> tuple[Effect | None, str]:
    """The judged metric's change, and McNemar's test of the samples that changed sides beside it.

    Of a metric that is no share of right samples (F1) the interval is the metric's own, by paired resampling,
    where both results kept its parts.
    """
    metric = None if after.verdict is None else after.verdict.metric
    old, new = (item.measurement.metrics.get(metric or "") for item in (before, after))
    if metric is None or old is None or new is None:
        return None, ""
    said = f"{metric} {old * 100:.2f} % -> {new * 100:.2f} % ({(new - old) * 100:+.2f} points)"
    said += words.predictions_changed(before.measurement, after.measurement)
    first, second = (item.measurement.raw.get("right") or "" for item in (before, after))
    flips = paired.mcnemar(first, second) if first and len(first) == len(second) else None
    old_parts, new_parts = (kept(item.measurement.raw, metric) for item in (before, after))
    alike = type(old_parts) is type(new_parts)
    sound = isinstance(old_parts, Pairs) or flips is not None  # numbers have no marks of right and wrong
    if old_parts and new_parts and alike and sound and len(old_parts) == len(new_parts):
        effect = paired.metric_change(old_parts, new_parts, confidence=confidence)
        marks = "" if flips is None else f"; {flips.words}"
        return effect, f"{said}, {words.points(effect)}, by {effect.basis}{marks}"
    if flips is None:
        # Results of before samples' marks were kept, or of another number of samples.
        return _unmarked(new - old, confidence), f"{said}; which samples were right is not known of both"
    effect = paired.score_change(flips, confidence=confidence)
    return effect, f"{said}; {effect.basis}"


def _unmarked(change: float, confidence: float) -> Effect:
    """A change of which nothing says how sure it is: none at all is sure, any other is in doubt."""
    edge = abs(change)
    return Effect(
        change=change, low=min(change, -edge), high=max(change, edge), confidence=confidence, basis=""
    )


def _with_metric(finding: Finding, before: Result, after: Result, margin: float) -> Finding:
    """What was found, unless the judged metric says otherwise: then it is not known.

    Marks of right samples may tell another story than an F1: never better where the metric fell, never worse
    where it rose, and not the same where it moved by more than the margin.
    """
    old, new = _judged(before, after)
    against = {Finding.BETTER: new < old - SLACK, Finding.WORSE: new > old + SLACK}
    if against.get(finding, False) or (finding is Finding.SAME and abs(new - old) > margin + SLACK):
        return Finding.TOO_NOISY
    return finding
