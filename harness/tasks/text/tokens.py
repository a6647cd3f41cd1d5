"""Words to tags, one each: by the checkpoint's own tokenizer and names of labels, whichever they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.domain.parts import Parts
from harness.errors import NoSamples, ZoocheckError
from harness.tasks.label_names import listed
from harness.tasks.metrics.accuracy import accuracy
from harness.tasks.options import record
from harness.tasks.tags import OUTSIDE, Scheme
from harness.tasks.text import Pieces, Scored, ner, own_tags, settings
from harness.tasks.text.own_tags import OwnTags
from harness.tasks.text.tokenizing import EncodedFeatures, EncodedWords, TextTokenizer, open_own

IntArray = npt.NDArray[np.int64]

padding_may_move = None  # a word is read where it stands
TWO_TEXTS = False
COUNTS = "words"
UNIT = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A checkpoint's tokenizer, and the tags that its logits mean.

    `own` is None where nobody tells them, as of random weights: then nothing can be scored.
    """

    tokenizer: TextTokenizer
    own: OwnTags | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features(EncodedFeatures):
    """The inputs of n sentences, and the words that have a place in them: `wanted` are int64 ``[words]``.

    `words` is how many there are in all: those that did not fit, or that the tokenizer makes nothing of, are
    not scored, and counted.
    """

    encoded: EncodedWords
    wanted: IntArray = field(repr=False)
    words: int
    reader: Reader

    @property
    def rows(self) -> IntArray:
        """The sentence of each word that has a place."""
        return self.encoded.rows

    @property
    def of_counted(self) -> IntArray:
        """A sentence counts as its words."""
        return self.rows

    @property
    def facts(self) -> dict[str, int]:
        """Counts to report."""
        return {
            "sentences": len(self), UNIT: self.words, "truncated_sentences": len(self.truncated),
            f"unplaced_{UNIT}": self.words - len(self.wanted), f"scored_{UNIT}": len(self.wanted),
        }  # fmt: skip


def open_tokenizer(pieces: Pieces) -> Reader:
    """The checkpoint's tokenizer and tags. Raises as `tokenizing.open_own` does."""
    options = record(settings.Tokens, pieces.model.options)
    own = None if pieces.labels is None else OwnTags.of(pieces.labels, options.scheme)
    plain = own is not None and own.scheme is Scheme.PLAIN
    if own is not None and plain and pieces.model.metric not in (None, Metric.ACCURACY):
        raise ZoocheckError(
            f"{pieces.model.name}: its labels {listed(own.names)} are of words and not of entities, which "
            f"begin with B- or I-: they have no {pieces.model.metric}",
            remedy="say metric = accuracy in its table, or name its labels",
        )
    return Reader(tokenizer=open_own(pieces), own=own)


def prepare(examples: Sequence[Any], tokenizer: Reader, *, length: int, protocol: Protocol) -> Features:
    """The features of `examples`, in order, one sample a sentence.

    The documented protocol is the standard one here. A word's first piece speaks for it. Tags are the data's
    in the checkpoint's own scheme. Raises `NoSamples` without examples, `UnknownLabels` for tags that the
    checkpoint does not have.
    """
    encoded = tokenizer.tokenizer.words([example.words for example in examples], length=length)
    wanted = _wanted(examples, tokenizer)
    starts = np.concatenate([[0], np.cumsum([len(example.words) for example in examples])])
    placed = starts[encoded.rows] + encoded.words
    return Features(encoded=encoded, wanted=wanted[placed], words=len(wanted), reader=tokenizer)


def score(outputs: Sequence[npt.NDArray[Any]], features: Features, *, protocol: Protocol) -> Scored:
    """Accuracy of words; where the tags are of entities, precision, recall and F1 of those, by seqeval.

    The samples are the words. Predictions without any entity have an F1 of 0. Raises `BadOutput` for other
    outputs than logits ``[samples, length, labels]`` of finite floats, `NoSamples` for data without a word or
    without an entity.
    """
    return _scored(ner.predict(outputs, features.encoded, _tags(features)), features)


def trivial(features: Features, *, protocol: Protocol) -> Mapping[str, Scored]:
    """The tag that most of the words have, given to every one: of entities that is ``O``."""
    _tags(features)
    most = int(np.bincount(features.wanted).argmax())
    return {"majority class": _scored(np.full_like(features.wanted, most), features)}


def _wanted(examples: Sequence[Any], reader: Reader) -> IntArray:
    """The number of each word's tag."""
    if reader.own is None:
        return np.zeros(sum(len(example.words) for example in examples), np.int64)
    return own_tags.in_order(examples, reader.own)


def _tags(features: Features) -> tuple[str, ...]:
    if features.reader.own is None:
        raise NoSamples("nobody tells what the logits mean: nothing can be scored")
    if not len(features.wanted):
        raise NoSamples("no word has a place in the features: nothing can be scored")
    return features.reader.own.tags


def _scored(predictions: IntArray, features: Features) -> Scored:
    right = accuracy(predictions, features.wanted)
    metrics: dict[Metric, float] = {Metric.ACCURACY: right.value}
    parts: dict[Metric, Parts] = {}
    if features.reader.own is not None and features.reader.own.scheme is not Scheme.PLAIN:
        entities, parts[Metric.F1] = _entities(predictions, features)
        metrics |= entities
    return Scored(
        metrics=metrics, correct={Metric.ACCURACY: right.correct}, samples=right.samples,
        predictions=predictions, right=predictions == features.wanted, parts=parts, facts=features.facts,
    )  # fmt: skip


def _entities(predictions: IntArray, features: Features) -> tuple[dict[Metric, float], Parts]:
    """Scores of entities, and what each sentence adds to their F1."""
    tags = _tags(features)
    bounds = np.searchsorted(features.rows, np.arange(len(features) + 1)).astype(np.int64)
    given = (predictions, features.wanted, bounds, tags)
    parts = ner.parts_of_f1(*given)[Metric.F1]
    found = np.array(tags, object)[predictions] != OUTSIDE
    if not found.any() and any(parts.below):
        return ner.without_entities(*given), parts
    return ner.entity_metrics(*given), parts
