"""One run's results of a model, a row a case: score beside its own fp32, speed, what does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.domain.cases import Case, Kind
from harness.domain.datasets import Corpus
from harness.domain.details import AccuracyDetail, ParityDetail, ScoreChange, Stamped, Watched
from harness.domain.measurements import Interval, Measurement, Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric
from harness.setting import reproducing
from harness.store.results import Result

# From what is worst to what is best: a row is called by the worst of its verdicts that says something.
_ORDER = (
    VerdictKind.ERROR,
    VerdictKind.FALLS_SHORT,
    VerdictKind.KNOWN_GAP,
    VerdictKind.SURVIVES,
    VerdictKind.REPRODUCED,
    VerdictKind.EXCEEDS,
    VerdictKind.NOT_COMPARABLE,
    VerdictKind.NO_REFERENCE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score over a data set, and how far it is from the checkpoint's own in fp32. Fractions."""

    metric: Metric
    value: float
    own_fp32: float
    samples: int
    change: ScoreChange | None  # from fp32 to here; None where nothing says how sure it is
    flips: int | None
    interval: Interval | None
    limit: int | None  # only the first so many samples of the data were taken
    truncated: int  # samples that were cut: sentences of words, windows whose question was
    facts: Mapping[str, int] = field(default_factory=dict)  # counts that the text pipeline keeps
    trivial: Mapping[str, float] = field(default_factory=dict)  # what answers without a network score


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How far outputs are from the fp32 of the same weights, in standard deviations of its logits."""

    rms: float
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """A throughput in samples per second, and what its timing is worth."""

    samples_per_s: float
    origin: Origin  # whose it is: a stand-in's says nothing of the chip
    interval: Interval | None
    stamp: str | None
    noisy: tuple[str, ...]  # why the machine was disturbed; empty: it was not


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a run says of one case."""

    case: Case
    score: Score | None
    parity: Parity | None
    speed: Speed | None
    verdict: VerdictKind | None  # the worst; None where nothing was measured
    held: int  # claims whose verdict is good
    claims: int  # whose verdict is not silent
    problems: tuple[str, ...]  # what is not good, a sentence each
    open: tuple[str, ...]  # what nothing can be said of, a sentence each
    seeded: bool  # whether what was measured was fed drawn samples


def rows(cases: Iterable[Case], results: Sequence[Result]) -> list[Row]:
    """A row for each of `cases`, in their order; one of which nothing was recorded has no verdict."""
    return [_row(case, [item for item in results if item.measurement.case == case.id]) for case in cases]


def _row(case: Case, results: Sequence[Result]) -> Row:
    verdicts = [item.verdict for item in results if item.verdict is not None]
    kinds = {verdict.kind for verdict in verdicts}
    scored, timed = _last(results, Kind.ACCURACY), _last(results, Kind.THROUGHPUT)
    held = [item.measurement for item in results if item.measurement.kind is Kind.CONFORMANCE]
    return Row(
        case=case,
        score=None if scored is None else _score(scored, case),
        parity=next((_parity(made) for made in reversed(held) if not made.check), None),
        speed=None if timed is None else _speed(timed),
        verdict=next((kind for kind in _ORDER if kind in kinds), None),
        held=sum(verdict.kind.good for verdict in verdicts if not verdict.kind.silent),
        claims=sum(not verdict.kind.silent for verdict in verdicts),
        problems=tuple(_said(verdict) for verdict in verdicts if not verdict.kind.good),
        open=tuple(_said(verdict) for verdict in verdicts if verdict.kind is VerdictKind.NOT_COMPARABLE),
        seeded=any(item.measurement.provenance.data is Corpus.SEEDED for item in results),
    )


def _said(verdict: Verdict) -> str:
    """Its sentence, without the line that reproduces it."""
    return reproducing.without_ending(verdict.message)


def _last(results: Sequence[Result], kind: Kind) -> Measurement | None:
    """The last that has numbers of what a kind is named for, and not of its checks."""
    found = [item.measurement for item in results if item.measurement.metrics]
    return next((made for made in reversed(found) if made.kind is kind and not made.check), None)


def _score(made: Measurement, case: Case) -> Score | None:
    """None where the checkpoint's own score in fp32 is not known: then there is nothing beside it."""
    detail, metric = AccuracyDetail.from_stored(made.detail), case.model.score
    own = detail.fp32.own_fp32
    if own is None:
        return None
    return Score(
        metric=metric, value=made.metrics[metric], own_fp32=own, samples=made.samples,
        change=detail.from_fp32, flips=detail.fp32.flips,
        interval=made.intervals.get(metric), limit=made.provenance.limit, truncated=detail.truncated or 0,
        facts={name: count for name, count in (detail.facts or {}).items() if isinstance(count, int)},
        trivial={
            name: scored[metric] for name, scored in (detail.trivial or {}).items() if metric in scored
        },
    )  # fmt: skip


def _parity(made: Measurement) -> Parity | None:
    """None where no difference was measured."""
    detail = ParityDetail.from_stored(made.detail)
    if detail.rms_in_spread is None or detail.largest_in_spread is None:
        return None
    return Parity(rms=detail.rms_in_spread, largest=detail.largest_in_spread)


def _speed(made: Measurement) -> Speed:
    return Speed(
        samples_per_s=made.metrics[Metric.THROUGHPUT],
        origin=made.origin,
        interval=made.intervals.get(Metric.THROUGHPUT),
        stamp=Stamped.from_stored(made.detail).stamp,
        noisy=Watched.from_stored(made.detail).noisy or (),
    )
