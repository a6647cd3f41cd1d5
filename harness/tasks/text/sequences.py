"""A text, or two, to a label or to a number: by the checkpoint's own tokenizer and names of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.domain.parts import Pairs
from harness.errors import BadOutput, NoSamples, NotNumbers, ZoocheckError
from harness.tasks.label_names import numbers
from harness.tasks.metrics import agreement
from harness.tasks.metrics.accuracy import accuracy
from harness.tasks.options import record
from harness.tasks.text import Pieces, Scored, classify, settings
from harness.tasks.text.tokenizing import EncodedFeatures, TextTokenizer, open_own

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

padding_may_move = None  # there is one row of logits a sample
TWO_TEXTS = True  # where the data has pairs
COUNTS = "samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A checkpoint's tokenizer, and what its logits mean.

    `names` are those of the logits; None where nobody tells them, as of random weights: then nothing can be
    scored. A network of one logit gives a number, and has no names.
    """

    tokenizer: TextTokenizer
    names: tuple[str, ...] | None
    regression: bool
    positive: int | None  # the logit whose F1 is the binary one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features(EncodedFeatures):
    """The inputs of n samples, and what their labels are: int64 ``[n]``, of a regression float64."""

    wanted: IntArray | FloatArray = field(repr=False)
    reader: Reader


def open_tokenizer(pieces: Pieces) -> Reader:
    """The checkpoint's tokenizer and the names of its logits. Raises as `tokenizing.open_own` does."""
    options = record(settings.Sequences, pieces.model.options)
    regression = pieces.model.encoder.labels == 1
    positive = None
    if options.positive and pieces.labels is not None:
        positive = numbers([options.positive], pieces.labels, what="positive label")[options.positive]
    return Reader(
        tokenizer=open_own(pieces), names=None if regression else pieces.labels, regression=regression,
        positive=positive,
    )  # fmt: skip


def prepare(examples: Sequence[Any], tokenizer: Reader, *, length: int, protocol: Protocol) -> Features:
    """The features of `examples`, in order; the documented protocol is the standard one here.

    Raises `NoSamples` without examples, and `ZoocheckError` for data of which some are pairs and some are
    none, for labels that the checkpoint does not have, and for numbers that are none.
    """
    firsts = [example.text for example in examples]
    seconds = [getattr(example, "second", None) for example in examples]
    there = [text for text in seconds if text is not None]
    if there and len(there) < len(seconds):
        raise ZoocheckError(
            f"{len(there)} of {len(seconds)} examples have a second text, expected all of them or none",
            remedy="correct the reader of the data",
        )
    encoded = tokenizer.tokenizer.texts(firsts, there or None, length=length)
    return Features(encoded=encoded, wanted=_wanted(examples, tokenizer), reader=tokenizer)


def score(outputs: Sequence[npt.NDArray[Any]], features: Features, *, protocol: Protocol) -> Scored:
    """The score over all samples, from one output: logits ``[samples, labels]``.

    Accuracy, macro F1 and MCC, and the F1 of the label that the table calls positive; of a regression
    Pearson's and Spearman's correlation. Raises `BadOutput` for other outputs, for a NaN or an infinity, and
    where all numbers are one, which correlate with nothing.
    """
    if len(outputs) != 1:
        raise BadOutput(f"found {len(outputs)} outputs, expected one: the logits")
    if features.reader.regression:
        return _numbers_scored(_numbers(outputs[0]), features)
    names = _names(features)
    return _labels_scored(classify.predict(outputs[0], labels=len(names)), features)


def trivial(features: Features, *, protocol: Protocol) -> Mapping[str, Scored]:
    """The label that most of the true labels are, given to every sample; nothing of a regression.

    Numbers that are all one have no correlation.
    """
    if features.reader.regression:
        return {}
    _names(features)
    wanted = features.wanted.astype(np.int64)
    majority = int(np.bincount(wanted).argmax())
    return {"majority class": _labels_scored(np.full_like(wanted, majority), features)}


def _wanted(examples: Sequence[Any], reader: Reader) -> IntArray | FloatArray:
    labels = [str(example.label) for example in examples]
    if reader.regression:
        return np.array(
            [_number(label, example.line) for label, example in zip(labels, examples, strict=True)]
        )
    if reader.names is None:
        return np.zeros(len(labels), np.int64)
    by_label = numbers(labels, reader.names)
    return np.array([by_label[label] for label in labels], np.int64)


def _number(label: str, line: int) -> float:
    try:
        value = float(label)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise ZoocheckError(
            f"the label on line {line} is {label!r}, expected a number: the checkpoint has one logit",
            remedy="correct the data, or take a checkpoint with a logit a label",
        )
    return value


def _names(features: Features) -> tuple[str, ...]:
    names = features.reader.names
    if names is None:
        raise NoSamples("nobody tells what the logits mean: nothing can be scored")
    return names


def _numbers(logits: npt.NDArray[Any]) -> FloatArray:
    """One number a sample, float64 ``[n]``."""
    if logits.ndim != 2 or logits.shape[1] != 1 or not np.issubdtype(logits.dtype, np.floating):
        raise BadOutput(f"found logits {logits.dtype} {list(logits.shape)}, expected floats [samples, 1]")
    broken = np.flatnonzero(~np.isfinite(logits[:, 0]))
    if broken.size:
        raise NotNumbers(
            f"found {logits[broken[0], 0]} for sample {int(broken[0])}, the first of {broken.size} of "
            f"{len(logits)}, expected finite numbers"
        )
    return logits[:, 0].astype(np.float64)


def _labels_scored(predictions: IntArray, features: Features) -> Scored:
    wanted, positive = features.wanted.astype(np.int64), features.reader.positive
    counted = accuracy(predictions, wanted)
    pairs = {
        metric: Pairs(metric=metric, predicted=predictions.tolist(), true=wanted.tolist())
        for metric in (Metric.F1_MACRO, Metric.MCC)
    }
    if positive is not None:
        pairs[Metric.F1] = Pairs(
            metric=Metric.F1, predicted=(predictions == positive).astype(int).tolist(),
            true=(wanted == positive).astype(int).tolist(),
        )  # fmt: skip
    return Scored(
        metrics={
            Metric.ACCURACY: counted.value,
            **{name: agreement.of(item) for name, item in pairs.items()},
        },
        correct={Metric.ACCURACY: counted.correct},
        samples=counted.samples,
        predictions=predictions,
        right=predictions == wanted,
        parts=pairs,
    )


def _numbers_scored(predictions: FloatArray, features: Features) -> Scored:
    pairs = {
        metric: Pairs(metric=metric, predicted=predictions.tolist(), true=features.wanted.tolist())
        for metric in settings.OF_NUMBERS
    }
    return Scored(
        metrics={name: agreement.of(item) for name, item in pairs.items()},
        correct={},
        samples=len(predictions),
        predictions=predictions,
        right=np.zeros(0, bool),
        parts=pairs,
    )
