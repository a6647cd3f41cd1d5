"""The features of the two entity recognisers, on any text: invariants that no chip's result depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("hypothesis", reason="properties are drawn by hypothesis: pip install 'zoocheck[test]'")

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fixtures.properties import CHARACTERS, PIECES, WORDS, held, tokenizer
from harness.datasets.tagged import TaggedSentence
from harness.domain import Metric, Protocol
from harness.layouts import ner_characters as characters_layout
from harness.layouts import ner_words as words_layout
from harness.predictions import batched
from harness.tags import iob2
from harness.text import ner_characters, ner_words
from harness.text.wordpiece import UNKNOWN

if TYPE_CHECKING:
    from harness.domain import Catalog, Model
    from harness.text.ner import Features

pytestmark = pytest.mark.preprocessing


@dataclass(frozen=True, kw_only=True)
class System:
    """One of the two: its task, its files, what its words are, its tokenizer."""

    model: str
    task: Any
    layout: Any
    words: st.SearchStrategy[str]
    lower_case: bool

    def prepare(self, examples: Sequence[TaggedSentence], length: int, protocol: Protocol) -> Features:
        """The features of `examples`."""
        made: Features = self.task.prepare(
            examples, tokenizer(lower_case=self.lower_case), length=length, protocol=protocol
        )
        return made

    def sentences(self) -> st.SearchStrategy[list[TaggedSentence]]:
        """A few sentences; the first is scored by every protocol, and has an entity."""
        certain = TaggedSentence(words=("a", "b"), tags=("B-LOC", "I-ORG"), line=1)
        pairs = st.lists(st.tuples(self.words, st.sampled_from(self.task.LABELS)), min_size=1, max_size=9)
        drawn = st.lists(pairs.map(_sentence), max_size=4)
        return drawn.map(lambda more: [certain, *more])


def _sentence(pairs: list[tuple[str, str]]) -> TaggedSentence:
    words, tags = zip(*pairs, strict=True)
    return TaggedSentence(words=words, tags=tags, line=1)


ENGLISH = System(model="bert-large-ner", task=ner_words, layout=words_layout, words=WORDS, lower_case=False)
CHINESE = System(
    model="bert-chinese-ner", task=ner_characters, layout=characters_layout, words=CHARACTERS, lower_case=True
)
SYSTEMS = [
    pytest.param(ENGLISH, id=ENGLISH.model, marks=pytest.mark.bert_large_ner),
    pytest.param(CHINESE, id=CHINESE.model, marks=pytest.mark.bert_chinese_ner),
]
LENGTHS = st.integers(min_value=4, max_value=24)  # room for the two words of the first sentence
PROTOCOLS = st.sampled_from(Protocol)
every_system = pytest.mark.parametrize("system", SYSTEMS)


def gold(features: Features, labels: int) -> np.ndarray[Any, Any]:
    """Logits that give every word its true label."""
    logits = np.zeros((*features.ids.shape, labels), np.float32)
    logits[features.rows, features.positions, features.labels] = 1
    return logits


def some(features: Features, labels: int) -> np.ndarray[Any, Any]:
    """Logits that a sample's ids and mask alone decide, as a network's would be; ``a`` begins an entity."""
    places = np.arange(features.ids.shape[1])[None, :, None]
    mixed = (features.ids[:, :, None] * 7 + places * 3 + np.arange(labels) * 5) * (
        1 + features.mask[:, :, None]
    )
    logits = (mixed % 11).astype(np.float32)
    logits[features.ids == PIECES.index("a"), 1] = 20  # a score needs an entity
    return logits


@every_system
@held
@given(data=st.data(), length=LENGTHS, protocol=PROTOCOLS)
def test_shapes_dtypes_and_ranges(
    system: System, data: st.DataObject, length: int, protocol: Protocol
) -> None:
    """Three int64 arrays of one row a sentence; ids are in the vocabulary; every place is on its row."""
    examples = data.draw(system.sentences())
    made = system.prepare(examples, length, protocol)
    for array in made.inputs.values():
        assert array.shape == (len(examples), length)
        assert array.dtype == np.int64
    assert made.ids.min() >= 0
    assert made.ids.max() < len(tokenizer(lower_case=system.lower_case).vocabulary)
    assert made.labels.shape == made.rows.shape == made.positions.shape
    assert made.labels.min() >= 0
    assert made.labels.max() < len(system.task.LABELS)
    assert (made.mask[made.rows, made.positions] == 1).all()


@every_system
@held
@given(data=st.data(), length=LENGTHS, protocol=PROTOCOLS)
def test_mask_is_a_prefix_of_ones(
    system: System, data: st.DataObject, length: int, protocol: Protocol
) -> None:
    """Behind it ids are 0; segments are 0 everywhere: there is no second text."""
    made = system.prepare(data.draw(system.sentences()), length, protocol)
    used = made.mask.sum(axis=1)
    assert (used >= 1).all()
    assert np.array_equal(made.mask, (np.arange(length) < used[:, None]).astype(np.int64))
    assert not made.ids[made.mask == 0].any()
    assert not made.segments.any()


@every_system
@held
@given(data=st.data(), length=LENGTHS, more=st.integers(1, 40), protocol=PROTOCOLS)
def test_padding_never_changes_the_valid_part(
    system: System, data: st.DataObject, length: int, more: int, protocol: Protocol
) -> None:
    """A sentence that fits has the same ids and places at every larger length, and 0 behind them."""
    examples = data.draw(system.sentences())
    short, long = (
        system.prepare(examples, length, protocol),
        system.prepare(examples, length + more, protocol),
    )
    whole = np.setdiff1d(np.arange(len(examples)), short.truncated)
    for role, array in short.inputs.items():
        assert np.array_equal(array[whole], long.inputs[role][whole, :length])
        assert not long.inputs[role][whole, length:].any()
    for name in ("positions", "labels"):
        kept, longer = np.isin(short.rows, whole), np.isin(long.rows, whole)
        assert np.array_equal(getattr(short, name)[kept], getattr(long, name)[longer])


@every_system
@held
@given(data=st.data(), length=LENGTHS, protocol=PROTOCOLS)
def test_places_lead_back_to_the_words(
    system: System, data: st.DataObject, length: int, protocol: Protocol
) -> None:
    """Words keep their order and their labels; each one's first id is at its place; what fits is there."""
    examples = data.draw(system.sentences())
    made = system.prepare(examples, length, protocol)
    cut = tokenizer(lower_case=system.lower_case)
    unknown = cut.vocabulary.index[UNKNOWN]
    for row, example in enumerate(examples):
        start, stop = made.bounds[row : row + 2]
        places = made.positions[start:stop].tolist()
        assert places == sorted(set(places))
        assert 1 <= len(places) <= len(example.words)
        assert (len(places) == len(example.words)) or row in made.truncated
        if protocol is Protocol.STANDARD:
            firsts = [(cut.ids(word) or [unknown])[0] for word in example.words]
            assert made.ids[row, places].tolist() == firsts[: len(places)]
            names = iob2(example.tags) if system.task is ner_words else example.tags
        else:
            names = example.tags
        labels = [system.task.LABELS[label] for label in made.labels[start:stop]]
        assert labels == list(names)[: len(places)]


@every_system
@held
@given(data=st.data(), length=LENGTHS, protocol=PROTOCOLS)
def test_counts_add_up(system: System, data: st.DataObject, length: int, protocol: Protocol) -> None:
    """Every word of every sentence has a place or is counted as cut; unknown ones are among them."""
    examples = data.draw(system.sentences())
    made = system.prepare(examples, length, protocol)
    unit, words = system.task.UNIT, sum(len(example.words) for example in examples)
    assert made.facts[unit] == words
    assert made.facts[f"truncated_{unit}"] == words - len(made.labels)
    assert 0 <= made.facts[f"unknown_{unit}"] <= words
    assert made.facts["truncated_sentences"] == len(made.truncated)


@every_system
@held
@given(data=st.data(), length=LENGTHS, protocol=PROTOCOLS)
def test_right_logits_score_one(system: System, data: st.DataObject, length: int, protocol: Protocol) -> None:
    """By either protocol, on the features of either."""
    made = system.prepare(data.draw(system.sentences()), length, protocol)
    logits = gold(made, len(system.task.LABELS))
    for scored_by in Protocol:
        scored = system.task.score([logits], made, protocol=scored_by)
        assert set(scored.metrics.values()) == {1.0}
        assert len(scored.predictions) == scored.samples


@every_system
@held
@given(data=st.data(), length=LENGTHS, size=st.integers(1, 7), protocol=PROTOCOLS)
def test_a_score_does_not_depend_on_the_batch_size(
    system: System, data: st.DataObject, length: int, size: int, protocol: Protocol
) -> None:
    """Batches are filled up with samples that are not scored: no sample is lost, none counts twice."""
    made = system.prepare(data.draw(system.sentences()), length, protocol)
    labels = len(system.task.LABELS)
    outputs = []
    for (ids, mask), count in batched([made.ids, made.mask], size):
        assert len(ids) == size
        outputs.append(some(replace(made, ids=ids, mask=mask), labels)[:count])
    whole = system.task.score([some(made, labels)], made, protocol=Protocol.DOCUMENTED)
    parts = system.task.score([np.concatenate(outputs)], made, protocol=Protocol.DOCUMENTED)
    assert parts.metrics == whole.metrics
    assert np.array_equal(parts.predictions, whole.predictions)


@every_system
@held
@given(data=st.data(), length=LENGTHS, protocol=PROTOCOLS)
def test_a_score_does_not_depend_on_the_order_of_samples(
    system: System, data: st.DataObject, length: int, protocol: Protocol
) -> None:
    """Counts are whole numbers, so not even the last digit changes."""
    examples = data.draw(system.sentences())
    mixed = data.draw(st.permutations(examples))
    labels = len(system.task.LABELS)
    scores = []
    for order in (examples, mixed):
        made = system.prepare(order, length, protocol)
        scores.append(system.task.score([some(made, labels)], made, protocol=Protocol.DOCUMENTED))
    assert scores[0].metrics == scores[1].metrics
    assert scores[0].samples == scores[1].samples


@every_system
@held
@given(data=st.data(), length=LENGTHS)
def test_inputs_and_labels_round_trip_through_the_files(
    system: System, data: st.DataObject, length: int, models: Catalog
) -> None:
    """What the vendor's scripts read back are the features, and the labels where they look for them."""
    model = replace(models.models[system.model], length=length)
    made = system.prepare(data.draw(system.sentences()), length, Protocol.DOCUMENTED)
    files = joined(system, model, made)
    if system.task is ner_words:
        for item in model.inputs:
            rows = [
                np.frombuffer(files[f"{item.folder}/{item.folder}_{at}_{at}.bin"], "<i8")
                for at in range(len(made))
            ]
            assert np.array_equal(np.stack(rows), made.inputs[item.role])
        lines = [list(map(int, line.split(" "))) for line in files["labels.anno"].decode().splitlines()]
        assert [line[0] for line in lines] == list(range(len(made)))
        assert [label for line in lines for label in line[1:]] == made.labels.tolist()
        assert [len(line) - 1 for line in lines] == np.diff(made.bounds).tolist()
    else:
        for at in range(len(made)):
            found = read_npz(files[f"test_{at}.npz"])
            assert list(found) == [item.name for item in model.inputs]
            for item in model.inputs:
                assert found[item.name].dtype == np.int32
                assert np.array_equal(found[item.name], made.inputs[item.role][at])
        text = files["instance_Peoples_Daily.txt"].decode().splitlines()
        labels = np.array([list(map(int, line.lstrip("[").rstrip("]").split(","))) for line in text])
        assert labels.shape == made.ids.shape
        assert np.array_equal(labels[made.rows, made.positions], made.labels)
        assert labels.sum() == made.labels.sum()  # 0 everywhere else


@pytest.mark.bert_chinese_ner
@held
@given(data=st.data())
def test_the_documented_protocol_loses_what_it_says(data: st.DataObject) -> None:
    """Scored and never-scored sentences and characters are all there are, and an I-ORG is never read."""
    made = CHINESE.prepare(data.draw(CHINESE.sentences()), 12, Protocol.DOCUMENTED)
    scored = ner_characters.score([some(made, 7)], made, protocol=Protocol.DOCUMENTED)
    facts = scored.facts
    assert facts["scored_sentences"] + facts["never_scored_sentences"] == facts["sentences"]
    assert facts["scored_characters"] + facts["never_scored_characters"] == facts["characters"]
    assert facts["scored_characters"] == sum(map(len, scored.predictions.tolist()))
    assert facts["correct_characters"] == pytest.approx(
        scored.metrics[Metric.ACCURACY] * facts["scored_characters"]
    )


@pytest.fixture(scope="module")
def models() -> Catalog:
    """The tables."""
    from harness import catalog

    return catalog.load()


def joined(system: System, model: Model, made: Features) -> dict[str, bytes]:
    """The files of the usual form, those that grow joined."""
    from pathlib import Path

    files: dict[str, bytes] = {}
    for piece in system.layout.files([made], model, form=next(iter(system.layout.FORMS)), out=Path("out")):
        files[piece.path] = files.get(piece.path, b"") + piece.content
    return files


def read_npz(content: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of an npz file, by name."""
    import io

    with np.load(io.BytesIO(content)) as archive:
        return {name: archive[name] for name in archive.files}
