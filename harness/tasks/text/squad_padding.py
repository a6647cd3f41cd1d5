"""Which answers the logits of padding may change, where nobody computed all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.tasks.text.squad_candidates import BEST, FloatArray, answerable, candidates
from harness.tasks.text.squad_places import Places
from harness.tasks.text.squad_rules import Rules
from harness.tasks.text.squad_windows import Features
from harness.tasks.text.squad_words import IntArray

_RIVALS = 8  # spans looked at behind the best one, for another text that is as good


def may_move(
    outputs: Sequence[npt.NDArray[Any]],
    highest: Sequence[npt.NDArray[Any]],
    slack: float,
    features: Features,
    rules: Rules,
) -> IntArray:
    """The windows, int64 and ascending, of the questions whose answer padding may change.

    `outputs` are start and end logits ``[windows, length]``, those of padding below all others; `highest`,
    ``[windows]`` each, is what padding's may come to, and every other logit is right within `slack`.

    Padding takes the place of a start or an end among the `BEST` of a window, and brings none: the spans that
    are left are some of those without it. So an answer is the same where its span is left and no other text
    can be as good. It is left where fewer than `BEST` others may stand above its start, and above its end.
    """
    places, where = Places(features, rules), answerable(features, rules)
    valid = features.mask == 1
    outsider = [_outsiders(logits, valid.sum(axis=1), slack) for logits in outputs]
    peak = [logits.max(axis=1).astype(np.float64) for logits in outputs]
    near = np.maximum(outsider[0] + peak[1], peak[0] + outsider[1])  # the best span that a window leaves out
    best_left_out = np.full(len(features.examples), -np.inf)
    np.maximum.at(best_left_out, where.question, near)
    doubted = np.zeros(len(features.examples), bool)
    every = np.arange(len(features.examples))
    start, end = outputs
    for some in candidates(start, end, features, where, every, most=1 + _RIVALS):
        none = some.questions[some.found == 0]
        doubted[none] = np.isfinite(best_left_out[none])
        has = np.flatnonzero(some.found)
        questions, rows = some.questions[has], some.row[has]
        columns = some.start[has], some.end[has]
        score = start[rows, columns[0]].astype(np.float64) + end[rows, columns[1]]
        there = np.arange(rows.shape[1]) < some.found[has, None]
        rival = there & (score >= score[:, :1] - 4 * slack)
        doubt = rival.all(axis=1) & ~some.complete[has]  # nobody looked at those behind
        doubt |= best_left_out[questions] >= score[:, 0] - 4 * slack
        for logits, high, column in zip(outputs, highest, columns, strict=True):
            row, own = rows[:, 0], logits[rows[:, 0], column[:, 0]].astype(np.float64) - 2 * slack
            crowd = ((logits[row] >= own[:, None]) & valid[row]).sum(axis=1)
            doubt |= (high[row] >= own) | (crowd > BEST)
        doubt |= _differ(places, questions, rows, columns, rival)
        doubted[questions[doubt]] = True
    return np.flatnonzero(doubted[where.question])


def _outsiders(logits: npt.NDArray[Any], valid: IntArray, slack: float) -> FloatArray:
    """Of each window the best logit that is none of the `BEST`, but for `slack`; -inf where there is none.

    `valid`, int64 ``[windows]``, is how many logits are not padding's.
    """
    found = np.full(len(logits), -np.inf)
    if logits.shape[1] > BEST:
        first, last = np.partition(logits, (-BEST - 1, -BEST), axis=1)[:, [-BEST - 1, -BEST]].T
        close = (valid > BEST) & (last.astype(np.float64) - first <= 2 * slack)
        found[close] = first[close]
    return found


def _differ(
    places: Places, questions: IntArray, rows: IntArray, columns: Sequence[IntArray], rival: npt.NDArray[Any]
) -> npt.NDArray[np.bool_]:
    """Of which questions the spans in `rival` have more than one text; the best one is always among them."""
    differ = np.zeros(len(questions), bool)
    several = np.flatnonzero(rival.sum(axis=1) > 1)
    held = rival[several]
    starts, ends = (column[several][held] for column in columns)
    asked = np.repeat(several, held.sum(axis=1))
    texts = places.texts(questions[asked], rows[several][held], starts, ends)
    first: dict[int, str] = {}
    for at, text in zip(asked.tolist(), texts, strict=True):
        differ[at] |= first.setdefault(at, text) != text
    return differ
