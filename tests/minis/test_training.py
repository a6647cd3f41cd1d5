"""What the trainers change about sentences and vocabularies keeps what labels and ids mean."""

from __future__ import annotations

import numpy as np
import pytest

from harness.errors import BadInput, NotThere
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.tags import iob2
from harness.tasks.text.wordpiece import WordPieceTokenizer, load_vocabulary
from training import msra
from training.mentions import Mentions, with_other_mentions
from training.vocabulary import SPECIAL, frequent_characters, with_whole_words, without

SENTENCES = (
    TaggedSentence(words=("Ada", "Lee", "left", "Rome"), tags=("B-PER", "I-PER", "O", "B-LOC"), line=1),
    TaggedSentence(words=("NEW", "YORK", "WINS"), tags=("B-LOC", "I-LOC", "O"), line=6),
    TaggedSentence(words=("nothing", "here"), tags=("O", "O"), line=10),
    TaggedSentence(words=("Bo", "Cy"), tags=("B-PER", "B-PER"), line=13),
)


def test_mentions_are_the_entities_by_type_in_order():
    """Two that touch are two."""
    found = Mentions.of(SENTENCES).by_type
    assert found == {"PER": [("Ada", "Lee"), ("Bo",), ("Cy",)], "LOC": [("Rome",), ("NEW", "YORK")]}


@pytest.mark.parametrize("seed", range(20))
def test_swapped_sentences_keep_their_other_words_and_the_types_of_their_entities(seed):
    """Each entity is one of the file's own of its type, tagged as IOB2; words outside stay."""
    mentions = Mentions.of(SENTENCES)
    changed = with_other_mentions(SENTENCES, mentions, 1.0, np.random.default_rng(seed))
    for before, after in zip(SENTENCES, changed, strict=True):
        assert len(after.words) == len(after.tags)
        assert iob2(after.tags) == after.tags
        assert [tag for tag in after.tags if tag[0] == "B"] == [tag for tag in before.tags if tag[0] == "B"]
        outside = [[w for w, t in zip(s.words, s.tags, strict=True) if t == "O"] for s in (before, after)]
        assert outside[0] == outside[1]
        for kind, parts in Mentions.of([after]).by_type.items():
            known = {tuple(map(str.lower, part)) for part in mentions.by_type[kind]}
            assert {tuple(map(str.lower, part)) for part in parts} <= known


def test_nothing_is_swapped_for_a_share_of_nothing():
    """The sentences as they were."""
    changed = with_other_mentions(SENTENCES, Mentions.of(SENTENCES), 0.0, np.random.default_rng(1))
    assert tuple(changed) == SENTENCES


def test_a_name_in_a_headline_stays_in_capitals():
    """NEW YORK becomes ROME, or itself."""
    mentions = Mentions.of(SENTENCES)
    for seed in range(10):
        (changed,) = with_other_mentions(SENTENCES[1:2], mentions, 1.0, np.random.default_rng(seed))
        assert all(word.isupper() for word in changed.words)


def test_whole_words_fill_a_vocabulary_by_frequency():
    """The special pieces first, the others sorted; a word that is a piece already counts once."""
    made = with_whole_words((*SPECIAL, "a", "##b"), {"the": 9, "a": 8, "of": 7, "it": 7, "x": 1}, size=9)
    assert made == (*SPECIAL, "##b", "a", "it", "the")


def test_frequent_characters_leave_out_rare_ones():
    """Most frequent first, ties by code point."""
    counts = {"的": 9, "国": 3, "中": 3, "罕": 1}
    assert frequent_characters(counts, size=100, least=2) == (*SPECIAL, "的", "中", "国")
    assert frequent_characters(counts, size=6, least=1) == (*SPECIAL, "的")


def test_a_vocabulary_without_a_word_cuts_it_into_pieces_of_the_same_ids(tmp_path):
    """Ids of the other pieces do not move."""
    path = tmp_path / "vocab.txt"
    path.write_text("".join(f"{piece}\n" for piece in (*SPECIAL, "word", "wo", "##rd")), encoding="utf-8")
    vocabulary = load_vocabulary(path)
    thinner = WordPieceTokenizer(without(vocabulary, {"word"}), do_lower_case=False)
    assert WordPieceTokenizer(vocabulary, do_lower_case=False).ids("word") == [5]
    assert thinner.ids("word") == [6, 7]
    assert "word" not in thinner.vocabulary.index


def test_msra_is_read_by_its_blank_lines(tmp_path):
    """Tags as they stand; the last sentence needs no blank line."""
    path = tmp_path / "msra.txt"
    path.write_text("中\tB-LOC\n国\tI-LOC\n\n\n好\tO\n", encoding="utf-8")
    found = msra.read(path).examples
    assert [(item.words, item.tags, item.line) for item in found] == [
        (("中", "国"), ("B-LOC", "I-LOC"), 1),
        (("好",), ("O",), 5),
    ]


@pytest.mark.parametrize("line", ["中国\tO", "中 O", "中\tB-MISC", "中", "\tO"])
def test_msra_refuses_what_is_no_character_and_tag(tmp_path, line):
    """With the line."""
    path = tmp_path / "msra.txt"
    path.write_text(f"好\tO\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput, match="expected a character, a tab and a tag"):
        msra.read(path)


def test_msra_that_is_not_there_is_named(tmp_path):
    """With a remedy."""
    with pytest.raises(NotThere, match="no such file"):
        msra.read(tmp_path / "msra.txt")
