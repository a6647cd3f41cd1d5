"""Where the implementations of BERT's run_squad differ: as data, and in their tokenizers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from harness.tasks.text.wordpiece import NEVER_SPLIT, WordPieceTokenizer

_SPECIAL = re.compile(f"({'|'.join(map(re.escape, sorted(NEVER_SPLIT)))})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The decisions in which two implementations give other features, answers or scores."""

    transformers_text: bool
    """Text goes to NFC, and ``[SEP]`` and its like are cut out of words, before it is tokenised."""

    stride_fits_room: bool
    """Where a window has less room than the stride, the next one begins where it ends. Else it begins
    a whole stride on, and the tokens between are in no window."""

    questions_keep_place: bool
    """A question whose context has no tokens has no window. Else every later question is answered from
    the windows of the one behind it."""

    padding_ends_text: bool
    """Behind a literal ``[PAD]`` in question or context no answer is found."""

    marks_stay: bool
    """An answer that begins inside a word keeps the ``##`` of its first piece, is found nowhere in the
    text, and becomes whole words. Else the mark goes, and the answer begins inside the word."""

    official_evaluation: bool
    """Scored as evaluate-v1.1.py does. Else by the rules of SQuAD 2.0 for questions with answers:
    answers that normalise to nothing do not count, and nothing found equals nothing asked for."""


ORIGINAL = Rules(
    transformers_text=False,
    stride_fits_room=True,
    questions_keep_place=True,
    padding_ends_text=False,
    marks_stay=False,
    official_evaluation=False,
)
"""SpanBERT's run_squad.py, which follows Google's; the same in Ascend/ModelZoo-PyTorch's scripts
(ACL_PyTorch/contrib/nlp/SpanBERT/spanBert_preprocess.py and spanBert_postprocess.py)."""

TRANSFORMERS = Rules(
    transformers_text=True,
    stride_fits_room=False,
    questions_keep_place=False,
    padding_ends_text=True,
    marks_stay=True,
    official_evaluation=False,
)
"""``squad_convert_examples_to_features``, ``compute_predictions_logits`` and ``squad_evaluate`` of
transformers 4.57 with the slow BertTokenizer. 3.1 is the same but for NFC, which came later and
changes nothing in SQuAD's dev set: all of that is NFC."""

STANDARD = Rules(
    transformers_text=True,
    stride_fits_room=True,
    questions_keep_place=True,
    padding_ends_text=False,
    marks_stay=True,
    official_evaluation=True,
)
"""What the field means by EM and F1 on SQuAD 1.1: transformers' way without its losses, and the data
set's own evaluate-v1.1.py."""


class TransformersTokenizer(WordPieceTokenizer):
    """WordPiece as transformers 4's slow BertTokenizer cuts it."""

    def words(self, text: str) -> list[str]:
        """As in the base, but a special token is a word even inside another: ``a[SEP]b`` are three."""
        if "[" not in text:
            return super().words(text)
        words: list[str] = []
        for part in _SPECIAL.split(text):
            words.extend([part] if part in NEVER_SPLIT else super().words(part))
        return words

    def ids(self, text: str) -> list[int]:
        """The ids of the pieces of `words`."""
        if "[" not in text:
            return super().ids(text)
        return [number for word in self.words(text) for number in self.piece_ids(word)]

    def tokenize(self, text: str) -> list[str]:
        """The pieces of `words`."""
        return [piece for word in self.words(text) for piece in self.pieces(word)]

    def _split(self, token: str) -> tuple[str, ...]:
        # The original normalises the whole text. White space begins anew, so a token at a time is the same.
        return super()._split(unicodedata.normalize("NFC", token))


class TransformersWords(TransformersTokenizer):
    """The bare ``BasicTokenizer`` that transformers maps answers back with: it knows no special token."""

    def words(self, text: str) -> list[str]:
        """Basic words; ``[SEP]`` are three of them."""
        return WordPieceTokenizer.words(self, text)

    def _split(self, token: str) -> tuple[str, ...]:
        if token in NEVER_SPLIT:
            name = token[1:-1]
            return ("[", name.lower() if self.do_lower_case else name, "]")
        return super()._split(token)


def tokenizer_of(rules: Rules, tokenizer: WordPieceTokenizer) -> WordPieceTokenizer:
    """`tokenizer` as `rules` has it."""
    if not rules.transformers_text:
        return tokenizer
    return TransformersTokenizer(tokenizer.vocabulary, do_lower_case=tokenizer.do_lower_case)


def answer_tokenizer_of(rules: Rules, tokenizer: WordPieceTokenizer) -> WordPieceTokenizer:
    """The tokenizer whose `words` an answer is mapped back to the text with."""
    if not rules.transformers_text:
        return tokenizer
    return TransformersWords(tokenizer.vocabulary, do_lower_case=tokenizer.do_lower_case)
