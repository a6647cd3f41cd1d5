"""Vocabularies from training text, the same ones every time: word pieces, whole words, characters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from harness.tasks.text.wordpiece import Vocabulary

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CONTINUED = "##"  # what the pieces behind the first of a word begin with


def train_vocabulary(texts: Sequence[str], *, pieces: int, lower_case: bool) -> tuple[str, ...]:
    """`pieces` word pieces by their frequency in the basic words of `texts`: the special ones, then sorted.

    The trainer breaks ties by the numbers of pieces, and numbers the continued letters in the order of a
    hash map with a random seed. So they are handed to it in order, as if they were special.
    """
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL[1]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower_case)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    continued = sorted({letter for word in _basic_words(tokenizer, texts) for letter in word[1:]})
    trainer = trainers.WordPieceTrainer(
        vocab_size=pieces,
        min_frequency=2,
        show_progress=False,
        special_tokens=[*SPECIAL, *(CONTINUED + letter for letter in continued)],
        continuing_subword_prefix=CONTINUED,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return (*SPECIAL, *sorted(set(tokenizer.get_vocab()) - set(SPECIAL)))


def _basic_words(tokenizer: Tokenizer, texts: Sequence[str]) -> set[str]:
    """The distinct words that pieces are made of."""
    between_blanks = {word for text in texts for word in text.split()}
    normal = (tokenizer.normalizer.normalize_str(word) for word in between_blanks)
    return {word for text in normal for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)}


def with_whole_words(pieces: Sequence[str], words: Mapping[str, int], *, size: int) -> tuple[str, ...]:
    """`pieces` and the most frequent of `words` that are none of them, `size` together, sorted as above."""
    known = set(pieces)
    others = sorted((word for word in words if word not in known), key=lambda word: (-words[word], word))
    chosen = known | set(others[: size - len(known)])
    return (*SPECIAL, *sorted(chosen - set(SPECIAL)))


def frequent_characters(counts: Mapping[str, int], *, size: int, least: int) -> tuple[str, ...]:
    """The special pieces and the characters that `counts` has `least` times or more, the most frequent first.

    A vocabulary that `train_vocabulary` makes would lack many: its trainer keeps 1000 letters.
    """
    frequent = sorted((char for char in counts if counts[char] >= least), key=lambda c: (-counts[c], c))
    return (*SPECIAL, *frequent[: size - len(SPECIAL)])


def without(vocabulary: Vocabulary, dropped: Collection[str]) -> Vocabulary:
    """`vocabulary` with the same ids, where the `dropped` pieces match nothing.

    A whole word that is missing is cut into pieces, or is ``[UNK]``: what a network meets in other texts.
    """
    return replace(vocabulary, pieces=tuple("" if piece in dropped else piece for piece in vocabulary.pieces))
