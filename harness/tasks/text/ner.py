"""What both entity recognisers share: features with a place for every word, predictions, their scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from typing import Any
from typing import Protocol as Shape

import numpy as np
import numpy.typing as npt

from harness.domain.metrics import Metric
from harness.domain.models import InputRole
from harness.domain.parts import Parts
from harness.errors import BadOutput, NoSamples, NotNumbers, ZoocheckError
from harness.tasks.metrics.accuracy import Accuracy, accuracy
from harness.tasks.metrics.entities import entity_parts, entity_scores
from harness.tasks.text.wordpiece import CLASSIFY, SEPARATE, UNKNOWN, WordPieceTokenizer

IntArray = npt.NDArray[np.int64]


ALL_OUTSIDE = "all O"  # the answer that needs no network: there is no entity

# Predictions, true labels, the bounds of sentences and the labels' names to scores of entities.
Entities = Callable[[IntArray, IntArray, IntArray, Sequence[str]], dict[Metric, float]]


class Example(Shape):
    """What features are made from: words, their tags one for one, and where they stand."""

    @property
    def words(self) -> Sequence[str]:
        """The words; at least one."""

    @property
    def tags(self) -> Sequence[str]:
        """The tag of each word."""

    @property
    def line(self) -> int:
        """The line of the first word, for messages."""

    @property
    def closed(self) -> bool:
        """Whether a blank line ends the sentence in its file."""


class Placed(Shape):
    """Where words stand in inputs: the prediction of word i is read at ``[rows[i], positions[i]]``."""

    @property
    def ids(self) -> IntArray:
        """int64 ``[n, length]``."""

    @property
    def rows(self) -> IntArray:
        """int64 ``[words]``: the sample of each word that has a place."""

    @property
    def positions(self) -> IntArray:
        """int64 ``[words]``: where it stands there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """The inputs of n samples, int64 ``[n, length]`` each, and where the words of their sentences are.

    `rows` and `positions` say, int64 ``[words]`` in file order, at which place of the inputs a word's
    prediction is read; `labels` is the number of its tag. A word that did not fit is in none of them. A
    sample may thus have fewer words than pieces, and never none. `truncated` holds the samples that were
    cut, int64 and ascending. `facts` are counts to report.
    """

    ids: IntArray = field(repr=False)
    segments: IntArray = field(repr=False)
    mask: IntArray = field(repr=False)
    labels: IntArray = field(repr=False)
    rows: IntArray = field(repr=False)
    positions: IntArray = field(repr=False)
    truncated: IntArray
    facts: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def inputs(self) -> Mapping[InputRole, IntArray]:
        """The three inputs by what they mean."""
        return {InputRole.IDS: self.ids, InputRole.SEGMENTS: self.segments, InputRole.MASK: self.mask}

    @property
    def of_row(self) -> IntArray:
        """Each row is an example."""
        return np.arange(len(self))

    @property
    def of_counted(self) -> IntArray:
        """A sentence counts as its words."""
        return self.rows

    @property
    def bounds(self) -> IntArray:
        """int64 ``[n + 1]``: the words of sample i are those from ``bounds[i]`` to ``bounds[i + 1]``."""
        return np.searchsorted(self.rows, np.arange(len(self) + 1)).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One sample on its way into the arrays: its ids, cut to fit, and the words that have a place."""

    ids: Sequence[int]
    positions: Sequence[int]
    labels: Sequence[int]
    words: int  # of the whole sentence
    unknown: int  # words that the vocabulary lacks, in the whole sentence
    cut: bool  # whether something did not fit


def arrange(rows: Sequence[Row], length: int, unit: str) -> Features:
    """Rows as arrays, padded with 0 to `length`; `unit` names the words in the facts.

    Raises `NoSamples` without rows.
    """
    if not rows:
        raise NoSamples("no sentences to make features from")
    ids, mask = _padded([row.ids for row in rows], length)
    placed = np.array([len(row.positions) for row in rows], np.int64)
    words = sum(row.words for row in rows)
    truncated = np.flatnonzero(np.array([row.cut for row in rows], bool)).astype(np.int64)
    return Features(
        ids=ids,
        segments=np.zeros_like(ids),
        mask=mask,
        labels=_flat(row.labels for row in rows),
        rows=np.repeat(np.arange(len(rows)), placed),
        positions=_flat(row.positions for row in rows),
        truncated=truncated,
        facts={
            "sentences": len(rows),
            unit: words,
            f"unknown_{unit}": sum(row.unknown for row in rows),
            "truncated_sentences": len(truncated),
            f"truncated_{unit}": words - int(placed.sum()),
        },
    )


def piece_rows(
    examples: Iterable[Example],
    tokenizer: WordPieceTokenizer,
    length: int,
    number: Mapping[str, int],
    tags: Callable[[Sequence[str]], Sequence[str]],
) -> list[Row]:
    """What the field does: ``[CLS]``, the pieces of every word, ``[SEP]``; its first piece speaks for a word.

    A sentence is cut to its first ``length - 2`` pieces; words that begin behind them have no place. A word
    that the tokenizer makes nothing of (a control character) is ``[UNK]``, so that it has one: transformers
    leaves it out. `tags` makes tags of the scheme that is scored. Raises `ZoocheckError` for a length
    that has no room.
    """
    require_room(length, 3)
    index = tokenizer.vocabulary.index
    first, last, unknown = index[CLASSIFY], index[SEPARATE], index[UNKNOWN]
    pieces: dict[str, tuple[int, ...]] = {}
    rows = []
    for example in examples:
        for word in example.words:
            if word not in pieces:
                pieces[word] = tuple(tokenizer.ids(word)) or (unknown,)
        cut = [pieces[word] for word in example.words]
        starts = np.cumsum([1, *map(len, cut)])
        placed = int(np.searchsorted(starts[:-1], length - 1))
        rows.append(
            Row(
                ids=[first, *list(chain.from_iterable(cut))[: length - 2], last],
                positions=starts[:placed].tolist(),
                labels=label_numbers(tags(example.tags), number, example.line)[:placed],
                words=len(cut),
                unknown=sum(unknown in ids for ids in cut),
                cut=int(starts[-1]) > length - 1,
            )
        )
    return rows


def with_facts(features: Features, more: Mapping[str, int]) -> Features:
    """`features` with further counts to report."""
    return replace(features, facts={**features.facts, **more})


def facts_with_share(facts: Mapping[str, int], unit: str) -> dict[str, int | float]:
    """The counts, and the share of words that the vocabulary lacks."""
    return {**facts, "unknown_share": facts[f"unknown_{unit}"] / facts[unit]}


def require_room(length: int, least: int) -> None:
    """Raise `ZoocheckError` for a length that has no room for a word and the marks around it."""
    if length < least:
        raise ZoocheckError(f"length {length} has no room for a word, expected {least} or more")


def label_numbers(tags: Sequence[str], number: Mapping[str, int], line: int) -> list[int]:
    """The numbers of `tags`; raises `ZoocheckError` for a tag that the model has no label for."""
    try:
        return list(map(number.__getitem__, tags))
    except KeyError as problem:
        raise ZoocheckError(
            f"the sentence on line {line} has the tag {problem}, expected one of the model's labels: "
            f"{', '.join(number)}"
        ) from None


def predict(outputs: Sequence[npt.NDArray[Any]], features: Placed, labels: Sequence[str]) -> IntArray:
    """The label of each word, int64 ``[words]``: the largest logit at its place, of equal ones the first.

    `outputs` is one array, logits ``[samples, length, labels]`` of floats. Raises `BadOutput` for anything
    else, and, naming the first such sample, for a NaN or an infinity.
    """
    if len(outputs) != 1:
        raise BadOutput(f"found {len(outputs)} outputs, expected one: the logits")
    logits = outputs[0]
    expected = (*features.ids.shape, len(labels))
    if logits.shape != expected or not np.issubdtype(logits.dtype, np.floating):
        raise BadOutput(f"found logits {logits.dtype} {list(logits.shape)}, expected floats {list(expected)}")
    broken = np.flatnonzero(~np.isfinite(logits).all(axis=(1, 2)))
    if broken.size:
        message = (
            f"found a NaN or an infinity in the logits of sample {int(broken[0])}, the first of "
            f"{broken.size} of {len(logits)}, expected finite numbers"
        )
        raise NotNumbers(message)
    chosen: IntArray = logits[features.rows, features.positions].argmax(axis=1).astype(np.int64)
    return chosen


def count_right(predictions: IntArray, labels: IntArray) -> Accuracy:
    """Token accuracy: the share of words, ``O`` included, that have the right label."""
    return accuracy(predictions, labels)


def entity_metrics(
    predictions: IntArray, truth: IntArray, bounds: IntArray, labels: Sequence[str]
) -> dict[Metric, float]:
    """Micro precision, recall and F1 of the entities in sentences that `bounds` part, by seqeval."""
    scores = entity_scores(_sentences(truth, bounds, labels), _sentences(predictions, bounds, labels))
    return {Metric.PRECISION: scores.precision, Metric.RECALL: scores.recall, Metric.F1: scores.f1}


def parts_of_f1(
    predictions: IntArray, truth: IntArray, bounds: IntArray, labels: Sequence[str]
) -> dict[Metric, Parts]:
    """What each sentence adds to the F1 of entities."""
    parts = entity_parts(_sentences(truth, bounds, labels), _sentences(predictions, bounds, labels))
    return {Metric.F1: parts}


def without_entities(
    predictions: IntArray, truth: IntArray, bounds: IntArray, labels: Sequence[str]
) -> dict[Metric, float]:
    """`entity_metrics` of predictions that hold no entity: whoever finds none has none right.

    Precision is nothing divided by nothing there; as the zoos' scripts print it, it is 0.
    """
    return dict.fromkeys((Metric.PRECISION, Metric.RECALL, Metric.F1), 0.0)


def _sentences(numbers: IntArray, bounds: Iterable[int], labels: Sequence[str]) -> list[list[str]]:
    """Label numbers as lists of tags, one a sentence."""
    tags: list[str] = np.array(labels, object)[numbers].tolist()
    return [tags[start:stop] for start, stop in pairwise(bounds)]


def _flat(parts: Iterable[Sequence[int]]) -> IntArray:
    return np.fromiter(chain.from_iterable(parts), np.int64)


def _padded(parts: Sequence[Sequence[int]], length: int) -> tuple[IntArray, IntArray]:
    """Lists as rows of one array, 0 behind each; and a mask, 1 where they are."""
    used = np.array([len(part) for part in parts], np.int64)
    mask = (np.arange(length) < used[:, None]).astype(np.int64)
    padded = np.zeros((len(parts), length), np.int64)
    padded[mask == 1] = _flat(parts)
    return padded, mask
