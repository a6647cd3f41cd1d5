"""Where each piece of a context stands in its text, so that most answers are a slice of it."""

from __future__ import annotations

from unicodedata import is_normalized

import numpy as np
import numpy.typing as npt

from harness.tasks.text.final_text import final_text, token_text
from harness.tasks.text.squad_rules import Rules, answer_tokenizer_of
from harness.tasks.text.squad_windows import Features
from harness.tasks.text.squad_words import IntArray, offsets
from harness.tasks.text.wordpiece import NEVER_SPLIT

BoolArray = npt.NDArray[np.bool_]


class Places:
    """The texts of spans, by what the features say of contexts, words and pieces.

    A context's text is its words joined by single spaces; its tokenised text is its basic words joined so.
    A word is plain where its pieces, put together, are as many characters as the word, and none of them is
    ``[UNK]`` or another special token; and where it is NFC, if only one of features and answers is made
    by the NFC of the text. In a span of plain words, characters of text and pieces match one for one, so
    `final_text` comes to a slice whose ends are known beforehand; other spans go through `final_text`.
    """

    def __init__(self, features: Features, rules: Rules) -> None:
        """`rules` are those that the answers go by; the features may be by others."""
        documents, vocabulary = features.documents, features.tokenizer.vocabulary
        self._features = features
        self._documents = documents
        self._pieces = vocabulary.pieces
        self._marks_stay = rules.marks_stay
        self._basic_words = answer_tokenizer_of(rules, features.tokenizer).words
        self._texts = [" ".join(words) for words in documents.words]
        self._tokenised: dict[int, str] = {}

        marked = np.array([piece.startswith("##") for piece in vocabulary.pieces])
        sizes = np.fromiter(map(len, vocabulary.pieces), np.int64, len(vocabulary)) - 2 * marked
        special = np.zeros(len(vocabulary), bool)
        special[[vocabulary.index[piece] for piece in NEVER_SPLIT if piece in vocabulary.index]] = True

        size, self._marked = sizes[documents.tokens], marked[documents.tokens]
        counts = documents.piece_counts[documents.word]
        self._first_token = offsets(counts)  # of each word that stands in a context
        self._word = np.repeat(np.arange(len(counts)), counts)  # of each token
        characters = np.fromiter(map(len, documents.distinct), np.int64, len(documents.distinct))
        characters = characters[documents.word]
        before = offsets(size)  # characters of pieces before each token, over all contexts
        of_word = np.diff(before[self._first_token])
        odd = (of_word != characters) | (np.diff(offsets(special[documents.tokens])[self._first_token]) > 0)
        if rules.transformers_text is not features.rules.transformers_text:
            odd |= ~np.array([is_normalized("NFC", word) for word in documents.distinct])[documents.word]
        self._odd_before = offsets(odd)
        self._word_start = _restarted(characters, documents.first_word)
        self._word_end = self._word_start + characters
        inner = before[:-1] - before[self._first_token[self._word]]
        self._text_start = self._word_start[self._word] + inner
        self._text_end = self._text_start + size
        # A space stands before each basic word but the context's first; a basic word's first piece is bare.
        self._token_start = _restarted(size, documents.first_token, gaps=~self._marked)
        self._token_end = self._token_start + size

    def texts(self, questions: IntArray, rows: IntArray, starts: IntArray, ends: IntArray) -> list[str]:
        """The answers to `questions` from column `starts` to `ends` of windows `rows`; all int64 ``[n]``."""
        features, documents = self._features, self._documents
        document = features.document[features.asked[rows]]
        shift = documents.first_token[document] + features.start[rows] - features.offset[rows]
        first, last = starts + shift, ends + shift
        first_word, last_word = self._word[first], self._word[last]
        slow = self._odd_before[last_word + 1] > self._odd_before[first_word]
        begin, stop = self._text_start[first], self._text_end[last]
        sought = self._first_token[first_word] < first  # inside a word: may stand further to the left, too
        if self._marks_stay:
            whole = self._marked[first]
            begin = np.where(whole, self._word_start[first_word], begin)
            stop = np.where(whole, self._word_end[last_word], stop)
            slow, sought = slow & ~whole, sought & ~whole
        slow = slow | (document != features.document[questions])
        for n in np.flatnonzero(sought & ~slow).tolist():
            slow[n] = self._stands_before(int(document[n]), int(first[n]), int(last[n]))
        texts = [
            self._texts[number][left:right]
            for number, left, right in zip(document.tolist(), begin.tolist(), stop.tolist(), strict=True)
        ]
        for n in np.flatnonzero(slow).tolist():
            texts[n] = self._slow(int(questions[n]), int(document[n]), int(first[n]), int(last[n]))
        return texts

    def _stands_before(self, document: int, first: int, last: int) -> bool:
        """Whether the span's text stands in its words to the left of the span, too."""
        text = self._tokenised.get(document)
        if text is None:
            text = self._tokenised[document] = self._tokenised_text(document)
        start, end = int(self._token_start[first]), int(self._token_end[last])
        from_word = int(self._token_start[self._first_token[self._word[first]]])
        return text.find(text[start:end], from_word, end) < start

    def _tokenised_text(self, document: int) -> str:
        ids = self._documents.tokens[slice(*self._documents.first_token[document : document + 2])]
        return " ".join(map(self._pieces.__getitem__, ids.tolist())).replace(" ##", "")

    def _slow(self, question: int, document: int, first: int, last: int) -> str:
        """The answer by the original's own way. Of a question that is answered from another's windows,
        the words are those of its own context."""
        ids = self._documents.tokens[first : last + 1].tolist()
        predicted = token_text([self._pieces[n] for n in ids], marks_stay=self._marks_stay)
        before = self._documents.first_word[document]
        words = self._documents.words[self._features.document[question]]
        original = words[self._word[first] - before : self._word[last] - before + 1]
        return final_text(predicted, " ".join(original), self._basic_words)


def _restarted(sizes: IntArray, firsts: IntArray, gaps: BoolArray | None = None) -> IntArray:
    """Where things of these sizes begin in runs that begin at `firsts`, a space before each but a run's
    first, or before those with a gap."""
    spaces = np.ones(len(sizes), np.int64) if gaps is None else gaps.astype(np.int64)
    begin = np.cumsum(sizes + spaces) - sizes
    runs = np.diff(firsts)
    full = runs > 0
    origin = begin[firsts[:-1][full]]
    return begin - np.repeat(origin, runs[full])
