"""The mini of bert-squad."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from training import question_answering

NAME = "bert-squad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(question_answering.Recipe):
    """What differs from the other mini that answers questions."""

    seed: int = 2
    pieces: int = 7000
    layers: int = 3
    rounds: int = 8


fit = partial(question_answering.fit, NAME)
train = partial(question_answering.train, NAME)
score_only = partial(question_answering.score_only, NAME)
