"""Logits to answers: the best one of each question, and the n best with their probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import BadOutput, NotNumbers
from harness.tasks.text.squad_candidates import (
    BEST,
    LONGEST_ANSWER,
    Candidates,
    FloatArray,
    answerable,
    candidates,
)
from harness.tasks.text.squad_places import Places
from harness.tasks.text.squad_rules import Rules
from harness.tasks.text.squad_windows import Features
from harness.tasks.text.squad_words import IntArray, offsets, ranges

NOTHING = "empty"  # the answer of the original scripts where no span can be one
_SPARE = 8  # spans looked at first beyond those wanted: some come to the same text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """The best answers of all questions, the best first, one behind the other.

    Those of question q are ``texts[first[q] : first[q + 1]]``: one at least, each text once. The logits are
    float64; `probabilities`, float64, are a softmax over a question's answers.
    """

    texts: list[str] = field(repr=False)
    probabilities: FloatArray = field(repr=False)
    start_logits: FloatArray = field(repr=False)
    end_logits: FloatArray = field(repr=False)
    first: IntArray = field(repr=False)


def predict(
    start_logits: npt.NDArray[Any], end_logits: npt.NDArray[Any], features: Features, rules: Rules
) -> list[str | None]:
    """The answer to each question: the text of its best span, None where no span can be one.

    Logits are floats ``[windows, length]``. Raises as `check_logits` does.
    """
    check_logits(start_logits, end_logits, features)
    places, where = Places(features, rules), answerable(features, rules)
    answers: list[str | None] = [None] * len(features.examples)
    for some in candidates(start_logits, end_logits, features, where, _all(features), most=1):
        has = np.flatnonzero(some.found)
        questions = some.questions[has]
        texts = places.texts(questions, some.row[has, 0], some.start[has, 0], some.end[has, 0])
        for question, text in zip(questions.tolist(), texts, strict=True):
            answers[question] = text
    return answers


def best_answers(
    start_logits: npt.NDArray[Any],
    end_logits: npt.NDArray[Any],
    features: Features,
    rules: Rules,
    *,
    best: int = BEST,
    longest_answer: int = LONGEST_ANSWER,
) -> Answers:
    """The `best` answers to each question: spans in the order of `candidates`, each text once.

    Probabilities are taken with ``math.exp`` and summed in order, as in ``_compute_softmax`` of both
    originals: numpy's own functions give other last digits. Raises as `check_logits` does.
    """
    check_logits(start_logits, end_logits, features)
    places, where = Places(features, rules), answerable(features, rules)
    texts: list[list[str]] = [[] for _ in features.examples]
    spans = np.zeros((3, len(texts), best), np.int64)  # window, start, end
    todo = _all(features)
    most: int | None = best + _SPARE
    while len(todo):
        short: list[int] = []
        for some in candidates(
            start_logits,
            end_logits,
            features,
            where,
            todo,
            most=most,
            best=best,
            longest_answer=longest_answer,
        ):
            short += _choose(some, places, best, texts, spans)
        todo, most = np.array(short, np.int64), None
    row, start, end = spans
    has = np.arange(best) < np.fromiter(map(len, texts), np.int64, len(texts))[:, None]
    starts, ends = np.zeros(has.shape), np.zeros(has.shape)
    starts[has] = start_logits[row[has], start[has]]
    ends[has] = end_logits[row[has], end[has]]
    has[:, 0] = True  # the answer that is none, with logits of 0
    return Answers(
        texts=[text for each in texts for text in each or [NOTHING]],
        probabilities=_softmax(starts + ends, has)[has],
        start_logits=starts[has],
        end_logits=ends[has],
        first=offsets(has.sum(axis=1)),
    )


def check_logits(start_logits: npt.NDArray[Any], end_logits: npt.NDArray[Any], features: Features) -> None:
    """Raise `BadOutput` for logits of another shape than the features', for values that are no floats, and
    for a NaN or an infinity, naming the window and its question."""
    for name, logits in (("start", start_logits), ("end", end_logits)):
        if logits.shape != features.ids.shape:
            found, expected = list(logits.shape), list(features.ids.shape)
            message = f"found {name} logits of shape {found}, expected {expected}: windows, length"
            raise BadOutput(message)
        if not np.issubdtype(logits.dtype, np.floating):
            raise BadOutput(f"found {name} logits of dtype {logits.dtype}, expected floats")
        broken = np.flatnonzero(~np.isfinite(logits).all(axis=1))
        if broken.size:
            first = int(broken[0])
            column = int(np.flatnonzero(~np.isfinite(logits[first]))[0])
            message = (
                f"found {logits[first, column]} as {name} logit {column} of window {first}, question "
                f"{features.examples[int(features.asked[first])].id}, the first of {broken.size} windows of "
                f"{len(features)} with NaN or infinity, expected finite numbers"
            )
            raise NotNumbers(message)


def _all(features: Features) -> IntArray:
    return np.arange(len(features.examples))


def _choose(
    some: Candidates, places: Places, best: int, texts: list[list[str]], spans: IntArray
) -> list[int]:
    """Keep the first `best` different texts of each question; the questions that need more spans."""
    held = np.arange(some.row.shape[1]) < some.found[:, None]
    flat = np.stack([some.row[held], some.start[held], some.end[held]])
    there = places.texts(np.repeat(some.questions, some.found), *flat)
    short, picked, at = [], [], 0
    for question, found, complete in zip(
        some.questions.tolist(), some.found.tolist(), some.complete.tolist(), strict=True
    ):
        seen: dict[str, int] = {}
        for place in range(at, at + found):
            seen.setdefault(there[place], place)
        at += found
        if len(seen) < best and not complete:
            short.append(question)
        texts[question] = list(seen)[:best]
        picked += list(seen.values())[:best]
    counts = np.array([len(texts[question]) for question in some.questions.tolist()], np.int64)
    where = np.repeat(some.questions, counts), ranges(np.zeros_like(counts), counts)
    spans[:, where[0], where[1]] = flat[:, picked]
    return short


def _softmax(scores: FloatArray, has: npt.NDArray[np.bool_]) -> FloatArray:
    """A softmax over each row's scores that it has, summed from the left."""
    largest = np.where(has, scores, -np.inf).max(axis=1, keepdims=True)
    powers = np.zeros(scores.shape)
    powers[has] = list(map(math.exp, (scores - largest)[has].tolist()))
    total = np.zeros(len(scores))
    for column in powers.T:  # not sum(), which pairs its summands
        total += column
    probabilities: FloatArray = powers / total[:, None]
    return probabilities
