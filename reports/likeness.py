"""What the numbers of one column share: in words, and in which order columns stand."""

from __future__ import annotations

from harness.domain.datasets import Corpus
from harness.domain.measurements import Origin
from harness.domain.models import Protocol, Weights
from harness.domain.series import Likeness
from reports.language import Both, joined, say


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
