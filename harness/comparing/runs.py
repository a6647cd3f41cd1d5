"""Two runs held against each other, claim by claim: what is better, worse, the same, or cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.domain.cases import Kind
from harness.domain.measurements import Measurement, VerdictKind
from harness.domain.metrics import Metric
from harness.errors import NoSamples
from harness.machine.fingerprint import PASSING, machine_key
from harness.setting import stamps
from harness.setting.reproducing import without_ending
from harness.store.results import Result
from harness.verdicts import effects
from harness.verdicts.effects import LEAST_CHANGE, Effect, Finding, Spread, Timed

NIGHT = "-nightly"  # how the id of a night's run ends
FALSE_ALARMS = 0.01  # of a whole comparison of runs between which nothing changed: shared out among its pairs
THROUGHPUT_MARGIN = 0.05  # within which a throughput is the same
SCORE_MARGIN = 0.002  # within which a score is: 0.2 points
_SLACK = 1e-12  # of a fraction: binary arithmetic's
_Key = tuple[Any, ...]


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

    `earlier` are results of before both, from which a throughput's spread from run to run is known.
    Results of different machines are compared only `across_machines`; of throughputs only those that earned
    `stamp`, or a higher one, where it is given. Intervals hold together: with a hundred pairs each is
    so wide that `FALSE_ALARMS` is the chance of any false one.
    Raises `NoSamples` where one of the runs has no results.
    """
    if not before or not after:
        raise NoSamples("a run without results: nothing to compare")
    old, new = _latest(before), _latest(after)
    not_compared: dict[str, tuple[str, ...]] = {}
    fresh: list[str] = []
    pairs: list[tuple[Result, Result]] = []
    for key, result in new.items():
        partner = old.get(key) or _nearest(result, old.values())
        if partner is None:
            fresh.append(_name(result))
        elif why := _unlike(partner, result, across_machines=across_machines) or _stamped(
            (partner, result), stamp
        ):
            not_compared[why] = (*not_compared.get(why, ()), _name(result))
        else:
            pairs.append((partner, result))
    confidence = 1 - FALSE_ALARMS / max(1, sum(map(_has_interval, pairs)))
    past = _spreads(earlier)
    there = {_claim(result) for result in new.values()}
    return Comparison(
        pairs=tuple(_pair(*pair, margins or Margins(), past, confidence) for pair in pairs),
        not_compared=not_compared,
        new=tuple(fresh),
        gone=tuple(dict.fromkeys(_name(item) for item in old.values() if _claim(item) not in there)),
        changes=_changes(before, after),
        confidence=confidence,
    )


def last_night(runs: Sequence[str], run: str, alike: Callable[[str], bool] = lambda _: True) -> str | None:
    """The latest night before `run` that is `alike`, of runs in the order in which they began.

    None where there is none. In a store of several hosts a night is like another of its own machine.
    """
    earlier = runs[: runs.index(run)]
    return next((name for name in reversed(earlier) if name.endswith(NIGHT) and alike(name)), None)


# ------------------------------------------------------------------- pairing


def _latest(results: Sequence[Result]) -> dict[_Key, Result]:
    """The last result of each claim; an error that a later result of the same claim mended is gone."""
    newest = {_claim(result): at for at, result in enumerate(results) if not _failed(result)}
    return {
        _key(result): result
        for at, result in enumerate(results)
        if not _failed(result) or at > newest.get(_claim(result), -1)
    }


def _claim(result: Result) -> tuple[str, str, str, str]:
    """What is claimed, whatever it was measured with."""
    measurement = result.measurement
    return measurement.case, measurement.kind, measurement.check, measurement.provenance.protocol or ""


def _key(result: Result) -> _Key:
    measurement, made = result.measurement, result.measurement.provenance
    return (*_claim(result), measurement.origin, made.weights, made.data, made.limit)


def _name(result: Result) -> str:
    return f"{result.measurement.case} {result.measurement.claim}"


def _failed(result: Result) -> bool:
    return result.verdict is not None and result.verdict.kind is VerdictKind.ERROR


def _nearest(result: Result, others: Iterable[Result]) -> Result | None:
    """The last result of the same claim by other means, if any."""
    return next((item for item in reversed(list(others)) if _claim(item) == _claim(result)), None)


def _unlike(before: Result, after: Result, *, across_machines: bool) -> str:
    """Why two results must not be held against each other, or nothing.

    What failed may not have come to know its weights and data: an error is compared all the same.
    """
    first, second = before.measurement.provenance, after.measurement.provenance
    fields = {*first.machine, *second.machine} - PASSING
    other = sorted(name for name in fields if first.machine.get(name) != second.machine.get(name))
    if other and not across_machines:
        return f"another machine ({', '.join(other)})"
    if _failed(before) or _failed(after):
        return ""
    if before.measurement.origin is not after.measurement.origin:
        return f"on a {before.measurement.origin} before, on a {after.measurement.origin} now"
    if (first.weights, first.weights_sha256) != (second.weights, second.weights_sha256):
        return f"other weights ({_change(first.weights, second.weights)})"
    if (first.data, first.data_sha256) != (second.data, second.data_sha256):
        return f"other data ({_change(first.data, second.data)})"
    if first.limit != second.limit:
        return f"another limit ({_change(first.limit, second.limit)})"
    targets = [_targets(item.measurement) for item in (before, after)]
    return "" if targets[0] == targets[1] else f"another target ({_change(*targets)})"


def _targets(measurement: Measurement) -> str:
    """What a scenario of LoadGen's was asked for, in words; empty where none was run."""
    asked = (measurement.detail.get("loadgen") or {}).get("asked") or {}
    return ", ".join(f"{name} {value}" for name, value in asked.items() if value is not None)


def _change(first: object, second: object) -> str:
    return f"{first}, another file" if first == second else f"{first} -> {second}"


def stamp_of(measurement: Measurement) -> str:
    """The validity stamp that a throughput earned; empty where it has none."""
    return str(measurement.detail.get("stamp") or "")


def _stamped(pair: tuple[Result, Result], wanted: str | None) -> str:
    """Why a throughput is not taken for its stamp, or nothing."""
    measurement = pair[0].measurement
    if wanted is None or measurement.kind is not Kind.THROUGHPUT or measurement.check:
        return ""
    found = [stamp_of(item.measurement) for item in pair]
    short = [name or "none" for name in found if not stamps.meets(name or None, wanted)]
    return f"stamp {' and '.join(sorted(set(short)))}, asked for {wanted}" if short else ""


# -------------------------------------------------------------------- judging


def _pair(
    before: Result, after: Result, margins: Margins, past: Mapping[_Key, Spread], confidence: float
) -> Pair:
    made = after.measurement
    worse = _rank(after) > _rank(before)
    effect, message = _effect(before, after, past.get(_like(after)), confidence)
    finding = Finding.SAME
    if effect is not None:
        least = LEAST_CHANGE if made.kind is Kind.THROUGHPUT else 0.0
        finding = effect.finding(margin=margins.of(made.kind), least=least)
        if made.kind is Kind.THROUGHPUT and not made.check and (noise := _noise(before, after)):
            finding = Finding.TOO_NOISY
            message = f"{message}; {noise}"
        elif made.kind is Kind.ACCURACY:
            finding = _with_metric(finding, before, after, margins.score)
    elif _rank(after) < _rank(before):
        finding = Finding.BETTER
    if worse and effect is not None and made.kind is Kind.THROUGHPUT and finding is not Finding.WORSE:
        # Two speeds may lie on two sides of a documented tolerance and be no different.
        worse = False
        message = f"{_verdicts(before, after)}, which is not shown to be a difference; {message}"
    if worse:
        finding = Finding.WORSE
        message = "; ".join(filter(None, [_verdicts(before, after), message]))
    elif finding is Finding.BETTER and effect is None:
        message = _verdicts(before, after)
    return Pair(
        case=made.case, kind=made.kind, claim=made.claim, series=made.made, finding=finding,
        effect=effect, message=" ".join((message or "the same verdict").split()), verdict_worse=worse,
    )  # fmt: skip


def _has_interval(pair: tuple[Result, Result]) -> bool:
    """Whether both results have the number that their claim is about: a check has none, a scenario has."""
    measurement = pair[0].measurement
    if any(map(_failed, pair)):
        return False
    if measurement.kind is Kind.THROUGHPUT:
        return all(Metric.THROUGHPUT in item.measurement.metrics for item in pair)
    return measurement.kind is Kind.ACCURACY and not measurement.check


def _effect(
    before: Result, after: Result, known: Spread | None, confidence: float
) -> tuple[Effect | None, str]:
    """The change with its interval, and both numbers in words; None for a claim without a number."""
    if not _has_interval((before, after)):
        return None, ""
    if after.measurement.kind is Kind.THROUGHPUT:
        return _speed(before.measurement, after.measurement, known, confidence)
    return _score(before, after, confidence)


def _rank(result: Result) -> int:
    """How bad a verdict is: good, falls short, error."""
    if result.verdict is None or result.verdict.kind is VerdictKind.ERROR:
        return 2
    return 0 if result.verdict.kind.good else 1


def _verdicts(before: Result, after: Result) -> str:
    old, new = ("not judged" if item.verdict is None else str(item.verdict.kind) for item in (before, after))
    said = "" if after.verdict is None else f" ({without_ending(after.verdict.message)})"
    return f"{old} -> {new}{said}"


def _speed(
    before: Measurement, after: Measurement, known: Spread | None, confidence: float
) -> tuple[Effect | None, str]:
    old, new = (item.metrics.get(Metric.THROUGHPUT) for item in (before, after))
    if not old or not new:
        return None, ""
    effect = effects.throughput_change(_timed(before), _timed(after), known, confidence=confidence)
    said = f"{old:.4g} -> {new:.4g} samples/s, {in_percent(effect)}"
    return effect, f"{said}, by {effect.basis}"


def _timed(measurement: Measurement) -> Timed:
    """A throughput as it was judged: a tool's number has no calls of its own."""
    calls = () if "tool" in measurement.detail else measurement.raw.get("latencies_ns", ())
    machine = measurement.detail.get("matmul") or {}
    return Timed(
        samples_per_s=measurement.metrics[Metric.THROUGHPUT],
        latencies_ns=calls,
        machine=[machine[when] for when in ("before_per_s", "after_per_s") if machine.get(when)],
    )


def in_percent(effect: Effect) -> str:
    """A relative change in words: ``5.0 % slower (99 % interval 3.9 to 6.1 % slower)``."""
    direction, factor = ("faster", 100) if effect.change >= 0 else ("slower", -100)
    low, high = sorted((effect.low * factor, effect.high * factor))
    kept = f"{effect.confidence * 100:.6g} % interval {low:.1f} to {high:.1f} %"
    return f"{abs(effect.change) * 100:.1f} % {direction} ({kept})"


def _score(before: Result, after: Result, confidence: float) -> tuple[Effect | None, str]:
    """McNemar's test of the samples that changed sides; the score's own change stands in the words."""
    metric = None if after.verdict is None else after.verdict.metric
    old, new = (item.measurement.metrics.get(metric or "") for item in (before, after))
    if old is None or new is None:
        return None, ""
    points = (new - old) * 100
    said = f"{metric} {old * 100:.2f} % -> {new * 100:.2f} % ({points:+.2f} points)"
    said += _predictions_changed(before.measurement, after.measurement)
    marks = [item.measurement.raw.get("right") for item in (before, after)]
    if not all(marks) or len(marks[0]) != len(marks[1]):  # type: ignore[arg-type]
        # Results of before samples' marks were kept, or of another number of samples.
        return _unmarked(new - old, confidence), f"{said}; which samples were right is not known of both"
    flips = effects.mcnemar(*marks)  # type: ignore[arg-type]
    effect = effects.score_change(flips, confidence=confidence)
    return effect, f"{said}; {effect.basis}"


def _unmarked(change: float, confidence: float) -> Effect:
    """A change of which nothing says how sure it is: none at all is sure, any other is in doubt."""
    edge = abs(change)
    return Effect(
        change=change, low=min(change, -edge), high=max(change, edge), confidence=confidence, basis=""
    )


def _with_metric(finding: Finding, before: Result, after: Result, margin: float) -> Finding:
    """What the samples' test found, unless the judged metric, which may not count samples, says otherwise.

    An F1 that moves by more than the margin is not the same, even where as many samples are right as before:
    then it is not known.
    """
    metric = None if after.verdict is None else after.verdict.metric
    old, new = (item.measurement.metrics.get(metric or "", 0.0) for item in (before, after))
    if finding is Finding.SAME and abs(new - old) > margin + _SLACK:
        return Finding.TOO_NOISY
    return finding


def _predictions_changed(before: Measurement, after: Measurement) -> str:
    first, second = before.raw.get("predictions"), after.raw.get("predictions")
    if not first or not second or len(first) != len(second):
        return ""
    changed = sum(one != other for one, other in zip(first, second, strict=True))
    return f", {changed} of {len(second)} predictions changed"


def _noise(before: Result, after: Result) -> str:
    """Which of the two was measured on a disturbed machine, with the reasons it was marked for."""
    marked = [
        f"{when} was on a disturbed machine ({'; '.join(map(str, reasons))})"
        for when, item in (("the earlier", before), ("the later", after))
        if (reasons := item.measurement.detail.get("noisy"))
    ]
    return " and ".join(marked)


def _like(result: Result) -> _Key:
    """What results share whose spread from run to run is one: a series with its weights, on one machine."""
    made = result.measurement.provenance
    return (*_key(result), made.weights_sha256, made.data_sha256, machine_key(made.machine))


def _spreads(results: Iterable[Result]) -> dict[_Key, Spread]:
    """How far apart runs lie, by series, from earlier throughputs that no disturbed machine gave.

    The last of a key is its machine: all series of a machine help to know the spread of each.
    """
    values: dict[_Key, list[tuple[str, float]]] = {}
    counted: dict[_Key, bool] = {}
    for result in results:
        made = result.measurement
        value = made.metrics.get(Metric.THROUGHPUT)
        if made.kind is Kind.THROUGHPUT and value and not made.detail.get("noisy"):
            values.setdefault(_like(result), []).append((made.created, value))
            counted[_like(result)] = "calls" in made.detail
    own = {
        key: spread
        for key, found in values.items()
        if (spread := effects.spread_of_results([value for _, value in sorted(found)], counted=counted[key]))
    }
    machines: dict[str, list[_Key]] = {}
    for key in own:
        machines.setdefault(key[-1], []).append(key)
    return {
        key: effects.pooled(spread, [own[other] for other in machines[key[-1]] if other != key])
        for key, spread in own.items()
    }


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
