"""Questions and contexts as sliding windows: ``[CLS] question [SEP] part of the context [SEP]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol as Shape

import numpy as np
import numpy.typing as npt

from harness.domain.models import InputRole
from harness.errors import NoSamples, ZoocheckError
from harness.tasks.text.squad_rules import Rules, tokenizer_of
from harness.tasks.text.squad_words import Documents, IntArray, ranges, read_documents
from harness.tasks.text.wordpiece import CLASSIFY, SEPARATE, WordPieceTokenizer

STRIDE = 128  # doc_stride of both documents' scripts
LONGEST_QUESTION = 64  # pieces; max_query_length of both


class Answer(Shape):
    """What somebody answered."""

    @property
    def text(self) -> str:
        """The answer."""


class Question(Shape):
    """What features are made from, and scored by."""

    @property
    def id(self) -> str:
        """Its name in the data set."""

    @property
    def question(self) -> str:
        """What is asked."""

    @property
    def context(self) -> str:
        """What it is asked about."""

    @property
    def answers(self) -> Sequence[Answer]:
        """What people answered; one at least."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """n windows of the questions, in order of questions and then of the context.

    `ids`, `mask` and `segments` are int64 ``[n, length]``: `mask` is 1 over the tokens, `segments` 1 over
    the context and the last ``[SEP]``, all are 0 behind. Window i shows `count` tokens of the context of
    question ``asked[i]``, from its token `start` on, in columns from `offset` on. `max_context` is bool
    ``[n, length]``: the context tokens that no other window of the question shows with more around them.
    ``document[q]`` is question q's in `documents`. All are int64 but for `max_context`.

    `truncated` holds the questions that were cut to `LONGEST_QUESTION` pieces, int64 and ascending;
    `unseen` counts the context tokens of each question that no window shows.
    """

    rules: Rules
    tokenizer: WordPieceTokenizer = field(repr=False)  # as the rules have it
    examples: tuple[Question, ...] = field(repr=False)
    documents: Documents = field(repr=False)
    document: IntArray = field(repr=False)
    ids: IntArray = field(repr=False)
    mask: IntArray = field(repr=False)
    segments: IntArray = field(repr=False)
    asked: IntArray = field(repr=False)
    start: IntArray = field(repr=False)
    count: IntArray = field(repr=False)
    offset: IntArray = field(repr=False)
    max_context: npt.NDArray[np.bool_] = field(repr=False)
    truncated: IntArray
    unseen: IntArray = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def inputs(self) -> Mapping[InputRole, IntArray]:
        """The three inputs by what they mean."""
        return {InputRole.IDS: self.ids, InputRole.SEGMENTS: self.segments, InputRole.MASK: self.mask}

    @property
    def of_row(self) -> IntArray:
        """The question that each window is of."""
        return self.asked

    @property
    def of_counted(self) -> IntArray:
        """Each question counts once."""
        return np.arange(len(self.examples))

    @property
    def facts(self) -> Mapping[str, int]:
        """Counts to report: what of questions and contexts the model is not shown."""
        windows = np.bincount(self.asked, minlength=len(self.examples))
        return {
            "windows": len(self),
            "questions_of_several_windows": int((windows > 1).sum()),
            "questions_without_window": int((windows == 0).sum()),
            "questions_cut": len(self.truncated),
            "context_tokens_in_no_window": int(self.unseen.sum()),
        }


def features(
    examples: Sequence[Question],
    tokenizer: WordPieceTokenizer,
    length: int,
    *,
    rules: Rules,
    stride: int = STRIDE,
    longest_question: int = LONGEST_QUESTION,
) -> Features:
    """The windows of `examples`, each padded with 0 to `length`.

    Windows begin every `stride` tokens of the context and stop at the first that reaches its end; a
    question of more than `longest_question` pieces is cut. Sources: ``convert_examples_to_features`` of
    SpanBERT's code/run_squad.py and ``squad_convert_example_to_features`` of transformers; `rules` say which.

    Raises `NoSamples` without examples or without a window, `ZoocheckError` for a `length` that leaves
    the longest question no room for a token of context, and for a stride or question length below 1.
    """
    _check_sizes(examples, stride, longest_question)
    tokenizer = tokenizer_of(rules, tokenizer)
    contexts: dict[str, int] = {}
    document = np.array([contexts.setdefault(item.context, len(contexts)) for item in examples], np.int64)
    documents = read_documents(tuple(contexts), tokenizer)
    questions = [tokenizer.ids(item.question) for item in examples]
    pieces = np.fromiter(map(len, questions), np.int64, len(questions))
    room = _room(length, np.minimum(pieces, longest_question))
    plan = _plan(np.diff(documents.first_token)[document], room, stride, rules)
    if not len(plan.asked):
        raise NoSamples(f"no context of {len(examples)} questions has a token: there is no window")
    offset = (length - 1 - room)[plan.asked]
    end = (offset + plan.count + 1)[:, None]
    column = np.arange(length)
    second = (column >= offset[:, None]) & (column < end)
    context = second & (column < end - 1)
    ids = np.zeros(context.shape, np.int64)
    cut = [ids[:longest_question] for ids in questions]
    ids[(column > 0) & (column < offset[:, None] - 1)] = list(chain.from_iterable(cut[q] for q in plan.asked))
    ids[context] = documents.tokens[
        ranges(documents.first_token[document[plan.asked]] + plan.start, plan.count)
    ]
    ids[:, 0] = tokenizer.vocabulary.index[CLASSIFY]
    for place in (offset[:, None] - 1, end - 1):
        np.put_along_axis(ids, place, tokenizer.vocabulary.index[SEPARATE], axis=1)
    return Features(
        rules=rules, tokenizer=tokenizer, examples=tuple(examples), documents=documents, document=document,
        ids=ids, mask=(column < end).astype(np.int64), segments=second.astype(np.int64),
        asked=plan.asked, start=plan.start, count=plan.count, offset=offset,
        max_context=max_context(context, plan.nth, plan.of, plan.start, plan.count, offset),
        truncated=np.flatnonzero(pieces > longest_question), unseen=plan.unseen,
    )  # fmt: skip


def _room(length: int, question: IntArray) -> IntArray:
    """The tokens of context that a window has room for beside a question of so many, and three marks."""
    room = length - 3 - question
    if room.min() < 1:
        longest = int(question.max())
        message = f"length {length} has no room for a token of context, expected {longest + 4} or more"
        raise ZoocheckError(f"{message}: the longest question takes {longest}")
    return room


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Plan:
    """Which windows there are: the `nth` of the `of` windows of question `asked`, each int64 ``[n]``."""

    asked: IntArray
    nth: IntArray
    of: IntArray
    start: IntArray
    count: IntArray
    unseen: IntArray  # [questions]


def _plan(tokens: IntArray, room: IntArray, stride: int, rules: Rules) -> _Plan:
    """The windows over contexts of `tokens` tokens, of which a window shows `room`; int64 ``[questions]``."""
    step = np.minimum(room, stride) if rules.stride_fits_room else np.full_like(room, stride)
    # Window k > 0 begins inside the context, and only where the one before did not reach its end.
    further = np.minimum(-(-(tokens - room) // step), -(-tokens // step) - 1)
    windows = np.where(tokens > 0, 1 + np.maximum(further, 0), 0)
    asked = np.repeat(np.arange(len(tokens)), windows)
    nth = ranges(np.zeros_like(windows), windows)
    start = nth * step[asked]
    between = (windows - 1) * np.maximum(step - room, 0)
    behind = np.maximum(tokens - (windows - 1) * step - room, 0)
    return _Plan(
        asked=asked,
        nth=nth,
        of=windows[asked],
        start=start,
        count=np.minimum(tokens[asked] - start, room[asked]),
        unseen=np.where(windows > 0, between + behind, 0),
    )


def max_context(
    context: npt.NDArray[np.bool_],
    nth: IntArray,
    of: IntArray,
    start: IntArray,
    count: IntArray,
    offset: IntArray,
) -> npt.NDArray[np.bool_]:
    """The tokens of `context`, bool ``[n, length]``, that no window of the question shows better.

    Better is more tokens on the poorer side, and a hundredth of a token for each token shown; of equals
    the first window counts. Source: ``_check_is_max_context`` of SpanBERT's run_squad.py, and
    ``_new_check_is_max_context`` of transformers.
    """
    best = context.copy()
    rows = np.flatnonzero(of > 1)
    if not len(rows):
        return best
    column = np.arange(context.shape[1])
    place = start[rows, None] + column - offset[rows, None]  # of the token in its context
    own = _score(place, start[rows, None], count[rows, None])
    for distance in range(1, int(of.max())):
        touched = False
        for other in (-distance, distance):
            there = (nth[rows] + other >= 0) & (nth[rows] + other < of[rows])
            row = np.where(there, rows + other, rows)
            first, shown = start[row, None], count[row, None]
            covers = there[:, None] & (place >= first) & (place < first + shown)
            score = _score(place, first, shown)
            better = score >= own if other < 0 else score > own
            best[rows] &= ~(covers & better)
            touched = touched or bool((covers & context[rows]).any())
        if not touched:
            break
    return best


def _score(
    place: npt.NDArray[np.int64], start: npt.NDArray[np.int64], count: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """How well windows show tokens, by the original's own arithmetic."""
    score: npt.NDArray[np.float64] = np.minimum(place - start, start + count - 1 - place) + 0.01 * count
    return score


def _check_sizes(examples: Sequence[Question], stride: int, longest_question: int) -> None:
    if not examples:
        raise NoSamples("no examples to make features from")
    for name, value in (("stride", stride), ("longest question", longest_question)):
        if value < 1:
            raise ZoocheckError(f"a {name} of {value} tokens, expected 1 or more")
