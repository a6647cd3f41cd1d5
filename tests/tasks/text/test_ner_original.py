"""The same inputs, label files and scores as the original scripts, held by what those made of the real files.

The originals, run on Python 3.11 with numpy 2.4.6 and not part of this repository:

- ``bin_create.py`` and ``bert_metric.py`` of Ascend/ModelZoo-PyTorch,
  ACL_PyTorch/contrib/nlp/bert_large_NER, @ 1a136bb6236bd87502c5b8192e8da3d117fbfe23 and
  66ad853590f1e100dff3a91d372fcb25379ad9ed, with the tokenizer of transformers 4.57.6 on the bert-base-cased
  vocabulary;
- ``people_daily_eval.py`` and ``sequence2npz.py`` of Vastai/VastModelZOO,
  nlp/named_entity_recognition/common, @ 1e09c6ad90bdece4109b3be63124f09c14c77b41, with seqeval 1.2.2. The
  zoo's input and label files are not public: their ids are those of transformers 4.57.6 with characters
  as words (what the zoo's ``load_data.py`` asks for), the label file was written by ten lines of Python
  from the description in `harness.tasks.layouts.ner_characters` alone.

The word pieces of the standard protocol are those of transformers 4.57.6, ``BertTokenizerFast`` with
``is_split_into_words=True``; ``BertTokenizer`` gave the same.

``tests/tasks/golden/make_ner.py`` runs them all again and prints what stands here.

Scores are of logits that `synthetic.word_logits` makes, stored as the tools store them and read by the
originals; the digits are what these printed, ``bert_metric.py`` with all of them instead of two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from synthetic import word_logits

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.tasks.datasets import conll, peoples_daily
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.layouts import Piece
from harness.tasks.layouts import ner_characters as characters_layout
from harness.tasks.layouts import ner_words as words_layout
from harness.tasks.text import ner_characters, ner_words
from harness.tasks.text.wordpiece import WordPieceTokenizer

DOCUMENTED, STANDARD = Protocol.DOCUMENTED, Protocol.STANDARD
Prepare = Callable[..., ner_words.Features]


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 over `arrays`, one behind the other, as little-endian int64."""
    return hashlib.sha256(b"".join(array.astype("<i8").tobytes() for array in arrays)).hexdigest()


def digest_places(features) -> str:
    """SHA-256 over the places of all words: row and position in turn."""
    return digest(np.stack([features.rows, features.positions], axis=1))


def digest_files(pieces: Iterable[Piece]) -> dict[str, str]:
    """SHA-256 over the contents of each folder's files, in the order of the samples; files by name."""
    hashes: dict[str, hashlib._Hash] = {}
    for piece in pieces:
        folder = piece.path.partition("/")[0] if "/" in piece.path else piece.path.partition("_")[0]
        hashes.setdefault(folder, hashlib.sha256()).update(piece.content)
    return {name: made.hexdigest() for name, made in hashes.items()}


@pytest.fixture(scope="module")
def read(data_folder) -> Callable[[str], tuple[TaggedSentence, ...]]:
    """Reads a real data set; without its file the test skips."""

    def read(name: str) -> tuple[TaggedSentence, ...]:
        reader = {"conll2003/test.txt": conll, "peoples_daily/example.test": peoples_daily}[name]
        if not (data_folder / name).is_file():
            pytest.skip(f"{data_folder / name} is absent")
        return reader.read(data_folder / name, expected=None).examples

    return read


@pytest.fixture(scope="module")
def words(read, public_vocabulary) -> Prepare:
    """Features of the real CoNLL-2003 test set."""

    def make(protocol: Protocol, length: int = 512) -> ner_words.Features:
        tokenizer = WordPieceTokenizer(public_vocabulary("bert-base-cased"), do_lower_case=False)
        return ner_words.prepare(read("conll2003/test.txt"), tokenizer, length=length, protocol=protocol)

    return make


@pytest.fixture(scope="module")
def characters(read, public_vocabulary) -> Prepare:
    """Features of the real People's Daily test set."""

    def make(protocol: Protocol, length: int = 256) -> ner_characters.Features:
        tokenizer = WordPieceTokenizer(public_vocabulary("bert-base-chinese"), do_lower_case=True)
        examples = read("peoples_daily/example.test")
        return ner_characters.prepare(examples, tokenizer, length=length, protocol=protocol)

    return make


class TestWords:
    def test_documented_files_are_bin_creates(self, words, catalog):
        """Over the files of each folder, sample by sample, and over the .anno file."""
        pieces = words_layout.files(
            [words(DOCUMENTED)], catalog.models["bert-large-ner"], form="ais_bench", out=Path("out")
        )
        assert digest_files(pieces) == {
            "input_ids": "7a9d4985598192ef2428b3ca11508f224bb3d0917bdf5918b67c216c1b2eb1ed",
            "attention_mask": "6666d7d2cc71d048c6227d07b151573cb36f966e72098f130a6b43abc90849c6",
            "token_type_ids": "d09813d94c25a67e1e2d618f74a3626c72209af1fcc77e84d67ce07a0e6d787a",
            "labels.anno": "28e8e8691d2601f060bac73aef8eb7be4402aaabe24ffc9da3e6e4bcbe1bb16d",
        }

    def test_documented_score_is_bert_metrics(self, words):
        """``bert_metric.py`` on word_logits(features, 9, seed=1): 16693 of 46435, 0.35949176267901367."""
        made = words(DOCUMENTED)
        scored = ner_words.score([word_logits(made, 9, seed=1)], made, protocol=DOCUMENTED)
        assert scored.metrics == {Metric.ACCURACY: 0.35949176267901367}
        assert (scored.correct, scored.samples) == ({Metric.ACCURACY: 16693}, 46435)

    def test_one_word_in_six_is_unknown(self, words):
        """7769 of the 46435 ids that ``bin_create.py`` writes are [UNK]; nothing is cut or dropped."""
        made = words(DOCUMENTED)
        facts = ner_words.score([word_logits(made, 9, seed=1)], made, protocol=DOCUMENTED).facts
        assert facts == {
            "sentences": 3453, "words": 46435, "scored_words": 46435,
            "unknown_words": 7769, "unknown_share": 0.16730914181113385,
            "truncated_sentences": 0, "truncated_words": 0, "dropped_sentences": 0, "dropped_words": 0,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("length", "inputs", "places", "truncated"),
        [
            (512, "51e9007a65423d237f5ba5dfb28a4ccbae6e47d0b55acb816b2647338ad19d5e",
             "57a6174ab7bc5e22908f5c449037f188beef999f673d1fdd1177fe9eb4c8271a", 0),
            (16, "33732e9e075eddebbeed4aa007509eee2ddf7bdcff9db8a3e40caf6af03ceec4",
             "4e2bca0bccbb413eaeb397e6ba08c9efbe04434e30da0835296d633e8cda3d79", 1613),
        ],
        ids=["documented length", "cut"],
    )  # fmt: skip
    def test_standard_features_are_transformers(self, words, length, inputs, places, truncated):
        """input_ids, token_type_ids, attention_mask, and the first place of each word by ``word_ids()``."""
        made = words(STANDARD, length)
        assert digest(made.ids, made.segments, made.mask) == inputs
        assert digest_places(made) == places
        assert len(made.truncated) == truncated

    def test_standard_scores_are_seqevals(self, words):
        """seqeval's four functions on the words at transformers' places, word_logits of seed 3."""
        made = words(STANDARD)
        scored = ner_words.score([word_logits(made, 9, seed=3)], made, protocol=STANDARD)
        assert scored.metrics == {
            Metric.ACCURACY: 0.36177452352751155, Metric.PRECISION: 0.058169375534645,
            Metric.RECALL: 0.3009915014164306, Metric.F1: 0.0974966306311473,
        }  # fmt: skip
        assert scored.correct == {Metric.ACCURACY: 16799}

    def test_standard_scores_of_the_documented_inputs_are_seqevals(self, words):
        """What `zoocheck score --protocol both` prints beside the documented accuracy of the same outputs."""
        made = words(DOCUMENTED)
        scored = ner_words.score([word_logits(made, 9, seed=1)], made, protocol=STANDARD)
        assert scored.metrics == {
            Metric.ACCURACY: 0.35949176267901367, Metric.PRECISION: 0.057621199671322926,
            Metric.RECALL: 0.2979815864022663, Metric.F1: 0.09656873995868719,
        }  # fmt: skip


class TestCharacters:
    @pytest.mark.parametrize("protocol", Protocol)
    @pytest.mark.parametrize(
        ("length", "inputs", "places", "truncated"),
        [
            (256, "79e2ca318c4e79b7c59d9d3d3c3dc88f3768252acd7676dc017fd247e011a1b6",
             "14b8b455014ddee48177947b44c9445eec0b36c1133fcc36543c0ae61b6a5b1f", 8),
            (32, "0aede686ec5365f5f1c4f05273287d0be8d134d0695979957bebd0efb307e9be",
             "2e1ae8eddd9895a84f07109f803e50407a9039deca356dc01412e8a16424f25e", 3225),
        ],
        ids=["documented length", "cut"],
    )  # fmt: skip
    def test_features_are_transformers(self, characters, protocol, length, inputs, places, truncated):
        """Characters as words: input_ids, token_type_ids, attention_mask, and each one's place."""
        made = characters(protocol, length)
        assert digest(made.ids, made.segments, made.mask) == inputs
        assert digest_places(made) == places
        assert len(made.truncated) == truncated

    def test_documented_files_are_sequence2npzs(self, characters, catalog):
        """``bin2npz_val`` of sequence2npz.py on those inputs as int32, over the 4636 npz files in order; and
        the label file, 4636 lines."""
        pieces = characters_layout.files(
            [characters(DOCUMENTED)], catalog.models["bert-chinese-ner"], form="3-inputs", out=Path("out")
        )
        made = digest_files(piece for piece in pieces if not piece.local)
        assert made == {
            "test": "5c8e10acdb4d8ff904213d0383b642d02a9d44c11e0c100919e427d187997324",
            "instance": "bfe7a795f4c148985e0ec8a07f0be4f59432b65dc3ca14a6f2aa275edd257960",
        }

    def test_documented_score_is_people_daily_evals(self, characters):
        """``people_daily_eval.py`` on word_logits of seed 2; precision and recall by seqeval on its lists."""
        made = characters(DOCUMENTED)
        scored = ner_characters.score([word_logits(made, 7, seed=2)], made, protocol=DOCUMENTED)
        assert scored.metrics == {
            Metric.F1: 0.1269899026653325, Metric.ACCURACY: 0.3850118953211737,
            Metric.PRECISION: 0.07664433951905128, Metric.RECALL: 0.37009544008483564,
        }  # fmt: skip

    def test_the_script_scores_a_fourteenth_of_the_characters(self, characters):
        """1282 of 4636 sentences and 15132 of 219197 characters stand before a first I-ORG, as the script's
        own lists have it; eight sentences are cut, by 1585 characters in all."""
        made = characters(DOCUMENTED)
        scored = ner_characters.score([word_logits(made, 7, seed=2)], made, protocol=DOCUMENTED)
        assert scored.samples == len(scored.predictions) == 1282
        assert scored.facts == {
            "sentences": 4636, "characters": 219197,
            "unknown_characters": 2137, "unknown_share": 2137 / 219197,
            "truncated_sentences": 8, "truncated_characters": 1585,
            "scored_sentences": 1282, "scored_characters": 15132, "correct_characters": 5826,
            "never_scored_sentences": 3354, "never_scored_characters": 204065,
        }  # fmt: skip

    def test_neither_way_of_cutting_gives_the_published_count(self, read, public_vocabulary):
        """Both published accuracies are whole numbers of 14613 characters. With the joined sentence
        tokenised, each piece labelled as its first character, the loop scores 1279 sentences and 14652
        pieces."""
        for published in (0.9758434270854719, 0.9874769041264627):
            assert published * 14613 == pytest.approx(round(published * 14613), abs=1e-9)
        tokenizer = WordPieceTokenizer(public_vocabulary("bert-base-chinese"), do_lower_case=True)
        sentences = pieces = 0
        for example in read("peoples_daily/example.test"):
            tags, at = [], 0
            for piece in tokenizer.tokenize("".join(example.words)):
                tags.append(example.tags[at])
                at += 1 if piece == "[UNK]" else len(piece.removeprefix("##"))
            assert at == len(example.words)
            if "I-ORG" in tags[:254]:
                sentences += 1
                pieces += tags.index("I-ORG")
        assert (sentences, pieces) == (1279, 14652)

    def test_standard_scores_are_seqevals(self, characters):
        """seqeval's four functions on all characters that fit, word_logits of seed 2."""
        made = characters(STANDARD)
        scored = ner_characters.score([word_logits(made, 7, seed=2)], made, protocol=STANDARD)
        assert scored.metrics == {
            Metric.F1: 0.013388597555855794, Metric.ACCURACY: 0.39130195026009595,
            Metric.PRECISION: 0.007105414536527664, Metric.RECALL: 0.11569920844327176,
        }  # fmt: skip
        assert scored.samples == 4636
        assert scored.facts["scored_characters"] == 217612
