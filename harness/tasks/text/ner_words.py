"""bert-large-ner's task: English words, documented without word pieces, standard with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.domain.parts import Parts
from harness.errors import NoSamples
from harness.tasks.tags import OUTSIDE, iob2
from harness.tasks.text import Scored, ner, wordpiece
from harness.tasks.text.ner import Example, Features, Row
from harness.tasks.text.wordpiece import UNKNOWN, WordPieceTokenizer

# The labels by id: config.json of dslim/bert-large-NER, and NAME_ENTITY of the zoo's bin_create.py.
LABELS = ("O", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
UNIT = "words"
# A word is read where the features put it, `ner.predict`; of padding only that it is finite.
padding_may_move = None
TWO_TEXTS = False
COUNTS = UNIT
open_tokenizer = wordpiece.open_tokenizer

_NUMBER = {label: number for number, label in enumerate(LABELS)}


def prepare(
    examples: Sequence[Example], tokenizer: WordPieceTokenizer, *, length: int, protocol: Protocol
) -> Features:
    """The features of `examples`, in order, one sample a sentence.

    Documented, as ``bin_create.py`` (Ascend/ModelZoo-PyTorch, ACL_PyTorch/contrib/nlp/bert_large_NER):
    every word is one id, looked up whole, ``[UNK]`` where the vocabulary lacks it; a word that is all upper
    case is lowered first; there is no ``[CLS]`` and no ``[SEP]``; labels are the tags as the file has them. A
    last sentence without a blank line behind it is dropped, as the script drops it, and counted in
    `facts`. A sentence longer than `length`, which ends the script with an error, is cut and counted.

    Standard: word pieces (`ner.piece_rows`), tags as IOB2.

    Raises `NoSamples` where no sentence is left, `ZoocheckError` for a length without room and for a
    tag that is no label.
    """
    if protocol is Protocol.STANDARD:
        return ner.arrange(ner.piece_rows(examples, tokenizer, length, _NUMBER, iob2), length, UNIT)
    ner.require_room(length, 1)
    kept = [example for example in examples if example.closed]
    if examples and not kept:
        raise NoSamples(
            f"the sentence on line {examples[0].line} is the only one, and the documented protocol drops it: "
            "no blank line ends it"
        )
    made = ner.arrange(_whole_words(kept, tokenizer, length), length, UNIT)
    dropped = [example for example in examples if not example.closed]
    lost = {
        "dropped_sentences": len(dropped),
        f"dropped_{UNIT}": sum(len(example.words) for example in dropped),
    }
    return ner.with_facts(made, lost)


def _whole_words(examples: Sequence[Example], tokenizer: WordPieceTokenizer, length: int) -> list[Row]:
    index = tokenizer.vocabulary.index
    unknown = index[UNKNOWN]
    rows = []
    for example in examples:
        ids = [index.get(word.lower() if word.isupper() else word, unknown) for word in example.words]
        used = min(len(ids), length)
        rows.append(
            Row(
                ids=ids[:used],
                positions=range(used),
                labels=ner.label_numbers(example.tags, _NUMBER, example.line)[:used],
                words=len(ids),
                unknown=ids.count(unknown),
                cut=used < len(ids),
            )
        )
    return rows


def score(outputs: Sequence[npt.NDArray[Any]], features: Features, *, protocol: Protocol) -> Scored:
    """Token accuracy over all words, ``O`` included; standard: precision, recall and F1 of entities too.

    The samples are the words, because accuracy, by which this model is documented, counts words:
    `predictions` is the label of each, int64. Documented as ``bert_metric.py`` beside the script above.

    Features of either protocol can be scored by either: a word is read where the features put it. Raises
    as `ner.predict` does, and for the standard protocol as `entity_scores` does.
    """
    return _scored(ner.predict(outputs, features, LABELS), features, protocol, ner.entity_metrics)


def trivial(features: Features, *, protocol: Protocol) -> Mapping[str, Scored]:
    """``O`` for every word: no entity is found, and most words are right."""
    nothing = np.full_like(features.labels, _NUMBER[OUTSIDE])
    return {ner.ALL_OUTSIDE: _scored(nothing, features, protocol, ner.without_entities)}


def _scored(
    predictions: ner.IntArray, features: Features, protocol: Protocol, entities: ner.Entities
) -> Scored:
    right = ner.count_right(predictions, features.labels)
    metrics: dict[Metric, float] = {Metric.ACCURACY: right.value}
    parts: dict[Metric, Parts] = {}
    if protocol is Protocol.STANDARD:
        metrics |= entities(predictions, features.labels, features.bounds, LABELS)
        parts = ner.parts_of_f1(predictions, features.labels, features.bounds, LABELS)
    return Scored(
        metrics=metrics,
        correct={Metric.ACCURACY: right.correct},
        samples=right.samples,
        predictions=predictions,
        right=predictions == features.labels,
        parts=parts,
        facts=ner.facts_with_share(features.facts, UNIT) | {f"scored_{UNIT}": right.samples},
    )
