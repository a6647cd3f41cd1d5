"""bert-chinese-ner's task: Chinese characters, a position each; documented scoring stops at an I-ORG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.errors import NoSamples
from harness.tasks.tags import OUTSIDE
from harness.tasks.text import Scored, ner, wordpiece
from harness.tasks.text.ner import Example, Features, IntArray, Row
from harness.tasks.text.wordpiece import CLASSIFY, SEPARATE, UNKNOWN, WordPieceTokenizer

# The labels by id: load_data.py and people_daily_eval.py of Vastai/VastModelZOO; its README orders them
# otherwise.
LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-ORG", "I-ORG")
STOP = 6  # what people_daily_eval.py takes for the end of a sentence: len(LABELS) - 1, which is I-ORG
UNIT = "characters"
# A word is read where the features put it, `ner.predict`; of padding only that it is finite.
padding_may_move = None
TWO_TEXTS = False
COUNTS = "sentences"
open_tokenizer = wordpiece.open_tokenizer

_NUMBER = {label: number for number, label in enumerate(LABELS)}


def prepare(
    examples: Sequence[Example], tokenizer: WordPieceTokenizer, *, length: int, protocol: Protocol
) -> Features:
    """The features of `examples`, in order, one sample a sentence.

    Documented: ``[CLS]``, one id a character, ``[SEP]``, the sentence cut to ``length - 2`` characters. A
    character's id is its word piece; ``[UNK]`` where the vocabulary lacks it and where the tokenizer makes
    nothing or several pieces of it. So does the fine-tuning recipe (``load_data.py`` of
    Vastai/VastModelZOO: characters as words) on all of People's Daily; the zoo's own input files, of which
    the recipe's are the nearest description, are not public.

    Standard: word pieces (`ner.piece_rows`), the same thing wherever a character is one piece.

    Raises `NoSamples` without examples, `ZoocheckError` for a length without room and for a tag that is
    no label.
    """
    if protocol is Protocol.STANDARD:
        rows = ner.piece_rows(examples, tokenizer, length, _NUMBER, tuple)
    else:
        rows = _character_rows(examples, tokenizer, length)
    return ner.arrange(rows, length, UNIT)


def _character_rows(examples: Sequence[Example], tokenizer: WordPieceTokenizer, length: int) -> list[Row]:
    ner.require_room(length, 3)
    index = tokenizer.vocabulary.index
    first, last, unknown = index[CLASSIFY], index[SEPARATE], index[UNKNOWN]
    known: dict[str, int] = {}
    rows = []
    for example in examples:
        for character in example.words:
            if character not in known:
                pieces = tokenizer.ids(character)
                known[character] = pieces[0] if len(pieces) == 1 else unknown
        ids = [known[character] for character in example.words]
        used = min(len(ids), length - 2)
        rows.append(
            Row(
                ids=[first, *ids[:used], last],
                positions=range(1, used + 1),
                labels=ner.label_numbers(example.tags, _NUMBER, example.line)[:used],
                words=len(ids),
                unknown=ids.count(unknown),
                cut=used < len(ids),
            )
        )
    return rows


def score(outputs: Sequence[npt.NDArray[Any]], features: Features, *, protocol: Protocol) -> Scored:
    """F1, precision and recall of entities, and the accuracy of characters, ``O`` included.

    Documented, as ``people_daily_eval.py`` (Vastai/VastModelZOO, nlp/named_entity_recognition/common/eval):
    a sentence is read up to its first true I-ORG, which the script takes for a terminator, and one without
    is never scored. What that leaves out is in `facts`. Standard: all sentences, all characters that fit.

    The samples are the sentences that are scored, because F1 is what this model is documented by:
    `predictions` is one string a sentence, a digit a character. Raises as `ner.predict` and `entity_scores`
    do, and `NoSamples` where the documented protocol scores no sentence or no character.
    """
    return _scored(ner.predict(outputs, features, LABELS), features, protocol, ner.entity_metrics)


def trivial(features: Features, *, protocol: Protocol) -> Mapping[str, Scored]:
    """``O`` for every character: no entity is found, and most characters are right."""
    nothing = np.full_like(features.labels, _NUMBER[OUTSIDE])
    return {ner.ALL_OUTSIDE: _scored(nothing, features, protocol, ner.without_entities)}


def _scored(predictions: IntArray, features: Features, protocol: Protocol, entities: ner.Entities) -> Scored:
    truth, bounds = features.labels, features.bounds
    if protocol is Protocol.DOCUMENTED:
        scored, bounds = _before_stop(truth, bounds)
        predictions, truth = predictions[scored], truth[scored]
        if not len(truth):
            raise NoSamples(
                f"none of {len(features)} sentences is scored: the documented protocol reads a sentence up "
                f"to its first {LABELS[STOP]}, and leaves out those without",
                remedy="score more sentences, or by --protocol standard",
            )
    right = ner.count_right(predictions, truth)
    sentences = len(bounds) - 1
    return Scored(
        metrics={
            **entities(predictions, truth, bounds, LABELS),
            Metric.ACCURACY: right.value,
        },
        correct={},
        samples=sentences,
        predictions=(sentences_as_text := _strings(predictions, bounds)),
        right=sentences_as_text == _strings(truth, bounds),
        parts=ner.parts_of_f1(predictions, truth, bounds, LABELS),
        facts=ner.facts_with_share(features.facts, UNIT)
        | {
            "scored_sentences": sentences,
            f"scored_{UNIT}": right.samples,
            f"correct_{UNIT}": right.correct,
            "never_scored_sentences": features.facts["sentences"] - sentences,
            f"never_scored_{UNIT}": features.facts[UNIT] - right.samples,
        },
    )


def _before_stop(truth: IntArray, bounds: IntArray) -> tuple[npt.NDArray[np.bool_], IntArray]:
    """Which characters stand before the first `STOP` of their sentence, and the bounds of such sentences."""
    stops = np.flatnonzero(truth == STOP)
    # The first stop at or behind each sentence's start; its own where that is before its end.
    first = np.append(stops, len(truth))[np.searchsorted(stops, bounds[:-1])]
    has = first < bounds[1:]
    edges = np.zeros(len(truth) + 1, np.int64)
    np.add.at(edges, bounds[:-1][has], 1)
    np.add.at(edges, first[has], -1)
    lengths = first[has] - bounds[:-1][has]
    return np.cumsum(edges[:-1]) > 0, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _strings(predictions: IntArray, bounds: IntArray) -> npt.NDArray[np.str_]:
    """The labels of each sentence as a string of digits, one a character."""
    digits = (predictions + ord("0")).astype(np.uint8).tobytes().decode("ascii")
    return np.array([digits[start:stop] for start, stop in pairwise(bounds)])
