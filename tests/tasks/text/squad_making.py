"""Small vocabularies, questions and brute force for the tests of SQuAD's text."""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.tasks.datasets.squad import Answer, QuestionExample
from harness.tasks.text.final_text import final_text, token_text
from harness.tasks.text.squad_rules import Rules, answer_tokenizer_of
from harness.tasks.text.squad_windows import Features
from harness.tasks.text.wordpiece import Vocabulary, WordPieceTokenizer

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("the", "film", "un", "##aff", "##able", "who", "é", "##é", "##\u0301", "中")


def letters_tokenizer() -> WordPieceTokenizer:
    """Every ASCII letter and digit is a piece, alone and inside a word; every sign alone; a few words."""
    signs = string.ascii_letters + string.digits + string.punctuation
    marked = tuple(f"##{sign}" for sign in string.ascii_letters + string.digits)
    pieces = (*SPECIALS, *WORDS, *signs, *marked)
    vocabulary = Vocabulary(path=Path("letters"), sha256="", pieces=tuple(dict.fromkeys(pieces)))
    return WordPieceTokenizer(vocabulary, do_lower_case=False)


def question(
    context: str, text: str = "who ?", *, answer: str | None = None, name: str = "q"
) -> QuestionExample:
    """A question; its answer, the context's first character unless told, is not checked."""
    start = 0 if answer is None else context.index(answer)
    given = context[:1] if answer is None else answer
    return QuestionExample(
        id=name, question=text, context=context, answers=(Answer(text=given, start=start),), where="$"
    )


def questions(*contexts: str) -> list[QuestionExample]:
    """A question about each context."""
    return [question(context, name=f"q{number}") for number, context in enumerate(contexts)]


def pieces_of(features: Features, row: int) -> list[str]:
    """A window's pieces, padding left out."""
    pieces = features.tokenizer.vocabulary.pieces
    return [pieces[number] for number in features.ids[row][features.mask[row] == 1].tolist()]


def peaked(features: Features, *places: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Logits of 0 with a 9 at the start and end of each ``(window, start, end)``."""
    start, end = np.zeros(features.ids.shape, np.float32), np.zeros(features.ids.shape, np.float32)
    for row, first, last in places:
        start[row, first] = end[row, last] = 9
    return start, end


def brute_force(
    start: np.ndarray, end: np.ndarray, features: Features, rules: Rules, best: int, longest: int
) -> list[list[tuple[str, float, float]]]:
    """The best answers by the definition: every pair of every window, sorted by Python, each text once."""
    words_of = answer_tokenizer_of(rules, features.tokenizer).words
    found = []
    for asked in range(len(features.examples)):
        document = int(features.document[asked])
        words = features.documents.words[document]
        counts = features.documents.piece_counts[
            features.documents.word[slice(*features.documents.first_word[document : document + 2])]
        ]
        of_token = np.repeat(np.arange(len(words)), counts)
        spans = []
        for row in np.flatnonzero(features.asked == asked).tolist():
            context = range(int(features.offset[row]), int(features.offset[row] + features.count[row]))
            shift = int(features.start[row] - features.offset[row])
            for first in _highest(start[row], best):
                for last in _highest(end[row], best):
                    fits = first in context and last in context and features.max_context[row, first]
                    if fits and first <= last < first + longest:
                        values = float(start[row, first]), float(end[row, last])
                        spans.append((row, first, last, shift, *values))
        spans.sort(key=lambda span: span[4] + span[5], reverse=True)
        texts: dict[str, tuple[str, float, float]] = {}
        for row, first, last, shift, *values in spans:
            pieces = pieces_of(features, row)[first : last + 1]
            original = " ".join(words[of_token[first + shift] : of_token[last + shift] + 1])
            predicted = token_text(pieces, marks_stay=rules.marks_stay)
            text = final_text(predicted, original, words_of)
            if len(texts) < best:
                texts.setdefault(text, (text, *values))
        found.append(list(texts.values()))
    return found


def _highest(values: Sequence[float], best: int) -> list[int]:
    return sorted(range(len(values)), key=lambda column: values[column], reverse=True)[:best]
