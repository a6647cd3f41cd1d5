"""What the numbers of one column share: in words, and in which order columns stand."""

from __future__ import annotations

from functools import cache

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.measurements import Origin
from harness.domain.models import Protocol, Weights
from harness.domain.series import Likeness, Series
from reports.language import Both, joined, say


def of(series: Series) -> Likeness:
    """The likeness of a series. Of 100,000 results a dozen differ in it."""
    return _of(
        series.kind, series.origin, series.weights, series.data, series.protocol, series.limit, series.check
    )


@cache
def _of(
    kind: Kind, origin: Origin, weights: Weights, data: Corpus | None, protocol: Protocol | None,
    limit: int | None, check: str,
) -> Likeness:  # fmt: skip
    return Series(
        case="", kind=kind, check=check, origin=origin, weights=weights, data=data, protocol=protocol,
        limit=limit,
    ).likeness  # fmt: skip


def label(alike: Likeness) -> Both:
    """In words, for a column's title: ``stand-in, mini``."""
    same = alike.data is None or str(alike.data) == str(alike.weights)
    origin = say(str(alike.origin))
    if alike.weights is Weights.UNKNOWN:
        return joined(say(", "), [origin, say("weights not told")])
    made_with = (
        [say(str(alike.weights))] if same else [say(f"{alike.weights} weights"), say(f"{alike.data} data")]
    )
    standard = [say("standard protocol")] if alike.protocol is Protocol.STANDARD else []
    first = [] if alike.limit is None else [say("{count} samples only", count=alike.limit)]
    return joined(say(", "), [origin, *made_with, *standard, *first])


def rank(alike: Likeness) -> tuple[int, ...]:
    """The chip's own numbers before others, full weights before small ones, all samples before few."""
    return (
        list(Origin).index(alike.origin),
        list(Weights).index(alike.weights),
        -1 if alike.data is None else list(Corpus).index(alike.data),
        -1 if alike.protocol is None else list(Protocol).index(alike.protocol),
        0 if alike.limit is None else alike.limit,
    )
