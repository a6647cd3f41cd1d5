"""A WordPiece vocabulary from training text, the same one every time."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

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
