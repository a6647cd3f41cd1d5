"""Sentence classification: ``[CLS] sentence [SEP]`` in, the label with the larger logit out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from typing import Protocol as Shape

import numpy as np
import numpy.typing as npt

from harness.domain.metrics import Metric
from harness.domain.models import InputRole, Protocol
from harness.errors import BadOutput, NoSamples, NotNumbers, ZoocheckError
from harness.tasks.metrics.accuracy import accuracy
from harness.tasks.text import Scored, wordpiece
from harness.tasks.text.wordpiece import CLASSIFY, SEPARATE, WordPieceTokenizer

IntArray = npt.NDArray[np.int64]

padding_may_move = None  # there is one logit a label, from [CLS]: none of a position
TWO_TEXTS = False
COUNTS = "samples"
open_tokenizer = wordpiece.open_tokenizer


class Example(Shape):
    """What features are made from: a text and its label."""

    @property
    def text(self) -> str:
        """The sentence."""

    @property
    def label(self) -> int:
        """The number of the right logit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """The inputs of n samples, int64 ``[n, length]`` each, their labels, and what was cut.

    `mask` is 1 over ``[CLS]``, pieces and ``[SEP]``, else 0, where `ids` is 0 too; `segments` is 0.
    `labels` is int64 ``[n]``. `truncated` holds, int64 and ascending, the samples whose sentence had
    more pieces than fit: a fact to report.
    """

    ids: IntArray = field(repr=False)
    segments: IntArray = field(repr=False)
    mask: IntArray = field(repr=False)
    labels: IntArray = field(repr=False)
    truncated: IntArray

    def __len__(self) -> int:
        return len(self.labels)

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
        """Each example counts once."""
        return np.arange(len(self))


def features(examples: Sequence[Example], tokenizer: WordPieceTokenizer, length: int) -> Features:
    """The features of `examples`, in order, padded with 0 to `length`.

    A sentence is cut to its first ``length - 2`` pieces. Source: ``convert_examples_to_features`` of
    Ascend/ModelZoo-PyTorch, ACL_PyTorch/contrib/nlp/tinybert/TinyBERT_preprocess_data.py. Raises
    `NoSamples` without examples, `ZoocheckError` for a length that has no room for the two marks.
    """
    if length < 2:
        message = f"length {length} has no room for {CLASSIFY} and {SEPARATE}, expected 2 or more"
        raise ZoocheckError(message)
    if not examples:
        raise NoSamples("no examples to make features from")
    index = tokenizer.vocabulary.index
    ids = np.zeros((len(examples), length), np.int64)
    used = np.empty((len(examples), 1), np.int64)
    truncated: list[int] = []
    for row, example in enumerate(examples):
        pieces = tokenizer.ids(example.text)
        if len(pieces) > length - 2:
            truncated.append(row)
        valid = [index[CLASSIFY], *pieces[: length - 2], index[SEPARATE]]
        ids[row, : len(valid)] = valid
        used[row] = len(valid)
    return Features(
        ids=ids,
        segments=np.zeros_like(ids),
        mask=(np.arange(length) < used).astype(np.int64),
        labels=np.array([example.label for example in examples], np.int64),
        truncated=np.array(truncated, np.int64),
    )


def predict(logits: npt.NDArray[Any], *, labels: int = 2) -> IntArray:
    """The label of each sample, int64 ``[n]``, from float logits ``[n, labels]``: the largest, of
    equal ones the first (``np.argmax``, as in the original's TinyBERT_postprocess_data.py).

    Raises `NoSamples` without a row; `BadOutput` for another shape, for values that are no floats,
    and, naming the first such sample, for a NaN or an infinity.
    """
    if logits.ndim != 2 or logits.shape[1] != labels:
        raise BadOutput(f"found logits of shape {list(logits.shape)}, expected [samples, {labels}]")
    if not np.issubdtype(logits.dtype, np.floating):
        raise BadOutput(f"found logits of dtype {logits.dtype}, expected floats")
    if not len(logits):
        raise NoSamples("no logits to predict from")
    broken = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if broken.size:
        first = int(broken[0])
        message = (
            f"found logits {logits[first].tolist()} for sample {first}, the first of {broken.size} samples "
            f"of {len(logits)} with NaN or infinity, expected finite numbers"
        )
        raise NotNumbers(message)
    largest: IntArray = np.argmax(logits, axis=1).astype(np.int64)
    return largest


def prepare(
    examples: Sequence[Example], tokenizer: WordPieceTokenizer, *, length: int, protocol: Protocol
) -> Features:
    """`features`; the documented protocol is the standard one here."""
    return features(examples, tokenizer, length)


def score(outputs: Sequence[npt.NDArray[Any]], features: Features, *, protocol: Protocol) -> Scored:
    """Accuracy over all samples, from one output: logits ``[samples, labels]``."""
    if len(outputs) != 1:
        raise BadOutput(f"found {len(outputs)} outputs, expected one: the logits")
    return _scored(predict(outputs[0]), features)


def trivial(features: Features, *, protocol: Protocol) -> Mapping[str, Scored]:
    """The label that most of the true labels are, given to every sample."""
    majority = int(np.bincount(features.labels).argmax())
    return {"majority class": _scored(np.full_like(features.labels, majority), features)}


def _scored(predictions: IntArray, features: Features) -> Scored:
    counted = accuracy(predictions, features.labels)
    return Scored(
        metrics={Metric.ACCURACY: counted.value},
        correct={Metric.ACCURACY: counted.correct},
        samples=counted.samples,
        predictions=predictions,
        right=predictions == features.labels,
    )
