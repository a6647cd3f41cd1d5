"""The mini of spanbert."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from training import question_answering

NAME = "spanbert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(question_answering.Recipe):
    """What differs from the other mini that answers questions."""

    seed: int = 1
    pieces: int = 6000
    layers: int = 4


fit = partial(question_answering.fit, NAME)
train = partial(question_answering.train, NAME)
score_only = partial(question_answering.score_only, NAME)
