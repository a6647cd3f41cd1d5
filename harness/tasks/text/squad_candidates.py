"""The best spans of each question by their logits, in the order in which run_squad would sort them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.tasks.text.squad_rules import Rules
from harness.tasks.text.squad_windows import Features
from harness.tasks.text.squad_words import IntArray

FloatArray = npt.NDArray[np.float64]

BEST = 20  # starts and ends tried in each window, and answers kept; n_best_size of both documents' scripts
LONGEST_ANSWER = 30  # pieces; max_answer_length of both

PADDING = "[PAD]"

_ROWS_AT_ONCE = 1024  # windows; their 400 spans each stay in a few MiB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answerable:
    """What is answered from where: question ``question[i]`` from window i, in its columns below ``end[i]``;
    both int64 ``[windows]``, `question` ascending."""

    question: IntArray = field(repr=False)
    end: IntArray = field(repr=False)


def answerable(features: Features, rules: Rules) -> Answerable:
    """The context of each window, for its own question: but for two mistakes of transformers, if `rules`
    have them (`questions_keep_place`, `padding_ends_text`)."""
    question, end = features.asked, features.offset + features.count
    if not rules.questions_keep_place:  # only questions that have a window are counted
        question = np.unique(question, return_inverse=True)[1]
    padding = features.tokenizer.vocabulary.index.get(PADDING)
    if rules.padding_ends_text and padding is not None:
        literal = (features.ids == padding) & (features.mask == 1)
        end = np.where(literal.any(axis=1), np.minimum(literal.argmax(axis=1), end), end)
    return Answerable(question=question, end=end)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Spans of some questions, the best first: `row`, `start` and `end` (its last token) are int64
    ``[questions, spans]``, the window and two of its columns; only the first ``found[i]`` of a row hold.

    `complete` is False where a question has more spans than these.
    """

    questions: IntArray = field(repr=False)
    row: IntArray = field(repr=False)
    start: IntArray = field(repr=False)
    end: IntArray = field(repr=False)
    found: IntArray = field(repr=False)
    complete: npt.NDArray[np.bool_] = field(repr=False)


def candidates(
    start_logits: npt.NDArray[Any],
    end_logits: npt.NDArray[Any],
    features: Features,
    where: Answerable,
    questions: IntArray,
    *,
    most: int | None,
    best: int = BEST,
    longest_answer: int = LONGEST_ANSWER,
) -> Iterator[Candidates]:
    """The best `most` spans, or all, of each of `questions` that has a window.

    A span starts at one of the `best` start logits of a window, and ends at one of the `best` end logits;
    both are in the context, the start has max context, the span is of 1 to `longest_answer` tokens.
    The order is that of Python's stable sort by start + end logit, in double precision, over windows,
    then starts, then ends, each from the best down and of equals the first. Source: ``make_predictions``
    of SpanBERT's code/run_squad.py, ``compute_predictions_logits`` of transformers.
    """
    windows = np.bincount(where.question, minlength=len(features.examples))
    first = np.cumsum(windows) - windows
    counts = windows[questions]
    for count in np.unique(counts[counts > 0]).tolist():
        group = questions[counts == count]
        at_once = max(1, _ROWS_AT_ONCE // count)
        for at in range(0, len(group), at_once):
            some = group[at : at + at_once]
            rows = first[some][:, None] + np.arange(count)
            yield _spans(start_logits, end_logits, features, where, some, rows, most, best, longest_answer)


def _spans(
    start_logits: npt.NDArray[Any],
    end_logits: npt.NDArray[Any],
    features: Features,
    where: Answerable,
    questions: IntArray,
    rows: IntArray,
    most: int | None,
    best: int,
    longest_answer: int,
) -> Candidates:
    """The spans of `questions`, whose windows are `rows`, ``[questions, windows]``."""
    flat = rows.ravel()
    starts, ends = _best(start_logits[flat], best), _best(end_logits[flat], best)
    column = flat[:, None]
    stop = where.end[column]
    may_start = features.max_context[column, starts] & (starts < stop)
    may_end = (ends >= features.offset[column]) & (ends < stop)
    length = ends[:, None, :] - starts[:, :, None] + 1
    may = may_start[:, :, None] & may_end[:, None, :] & (length >= 1) & (length <= longest_answer)
    score = (
        start_logits[column, starts].astype(np.float64)[:, :, None]
        + end_logits[column, ends].astype(np.float64)[:, None, :]
    )
    score[~may] = -np.inf
    score = score.reshape(len(rows), -1)
    found = may.reshape(score.shape).sum(axis=1)
    picked = _best(score, score.shape[1] if most is None else most)
    window, pair = np.divmod(picked, length[0].size)
    row = np.take_along_axis(rows, window, axis=1)
    at = window + np.arange(len(rows))[:, None] * rows.shape[1]
    return Candidates(
        questions=questions,
        row=row,
        start=starts[at, pair // ends.shape[1]],
        end=ends[at, pair % ends.shape[1]],
        found=np.minimum(found, picked.shape[1]),
        complete=found <= picked.shape[1],
    )


def _best(values: npt.NDArray[Any], most: int) -> IntArray:
    """The columns of the `most` largest values of each row, the largest first, of equals the first.

    What ``sorted(..., reverse=True)[:most]`` of the originals gives, ties included.
    """
    columns = values.shape[1]
    if most < columns:
        # Sorting is vectorised; partitioning is not where many values are equal, and takes ten times as long.
        least = np.sort(values, axis=1)[:, columns - most, None]
        above, equal = values > least, values == least
        missing = most - above.sum(axis=1, keepdims=True)
        kept = above | (equal & (np.cumsum(equal, axis=1) <= missing))
        picked = np.nonzero(kept)[1].reshape(len(values), most)
    else:
        picked = np.broadcast_to(np.arange(columns), values.shape)
    order = np.argsort(-np.take_along_axis(values, picked, axis=1), axis=1, kind="stable")
    return np.take_along_axis(picked, order, axis=1)
