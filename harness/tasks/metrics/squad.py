"""Exact match and F1 of answers to questions, as SQuAD's own scripts count them."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from harness.errors import BadOutput, NoSamples

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)  # ASCII only, as in the original


@dataclass(frozen=True, slots=True, kw_only=True)
class SquadScore:
    """Which questions are answered exactly, each one's F1, and their sum in order in double precision."""

    right: tuple[bool, ...]
    f1s: tuple[float, ...]
    f1_sum: float

    def __post_init__(self) -> None:
        if not self.right:
            raise NoSamples("no score over 0 questions")

    @property
    def exact(self) -> int:
        """How many questions are answered exactly."""
        return sum(self.right)

    @property
    def samples(self) -> int:
        """How many questions there are."""
        return len(self.right)

    @property
    def exact_match(self) -> float:
        """The fraction of questions answered exactly."""
        return self.exact / self.samples

    @property
    def f1(self) -> float:
        """The mean F1, a fraction."""
        return self.f1_sum / self.samples

    @property
    def exact_percent(self) -> float:
        """As the scripts print it. Not always ``100 * exact_match``: they multiply before they divide."""
        return 100.0 * self.exact / self.samples

    @property
    def f1_percent(self) -> float:
        """As the scripts print it."""
        return 100.0 * self.f1_sum / self.samples


@lru_cache(maxsize=1 << 16)
def normalise(text: str) -> str:
    """`text` in lower case, without ASCII punctuation, articles and needless blanks.

    Source: ``normalize_answer`` of evaluate-v1.1.py, the same in SpanBERT and transformers.
    """
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def f1(predicted: str, answer: str, *, official: bool = True) -> float:
    """The harmonic mean of the shares of normalised words that both have, words counted as often as they
    stand.

    Where both normalise to nothing it is 0 in evaluate-v1.1.py (`official`), 1 by the rules of SQuAD 2.0
    (``compute_f1`` of SpanBERT and transformers).
    """
    ours, theirs = normalise(predicted).split(), normalise(answer).split()
    same = sum((Counter(ours) & Counter(theirs)).values())
    if not same:
        return float(not official and not ours and not theirs)
    precision, recall = same / len(ours), same / len(theirs)
    return (2 * precision * recall) / (precision + recall)


def score(
    predictions: Sequence[str], answers: Sequence[Sequence[str]], *, official: bool = True
) -> SquadScore:
    """Each prediction against the answer that suits it best, for EM and for F1.

    `official` is evaluate-v1.1.py. Otherwise the rules of SQuAD 2.0, which SpanBERT's script and
    ``squad_evaluate`` of transformers have: answers that normalise to nothing do not count, and a
    question with no others wants nothing. Raises `BadOutput` where there is not one prediction for each
    question, `NoSamples` for no question, or one without answers.
    """
    if len(predictions) != len(answers):
        raise BadOutput(f"found {len(predictions)} answers to {len(answers)} questions, expected one for one")
    right: list[bool] = []
    f1s: list[float] = []
    f1_sum = 0.0
    for number, (predicted, given) in enumerate(zip(predictions, answers, strict=True)):
        if not given:
            raise NoSamples(f"question {number} has no answer to compare with")
        wanted = given if official else [text for text in given if normalise(text)] or [""]
        distinct = set(wanted)
        normal = normalise(predicted)
        right.append(any(normalise(text) == normal for text in distinct))
        # Not sum(): from Python 3.12 on it compensates, and the last digit is another.
        f1s.append(max(f1(predicted, text, official=official) for text in distinct))
        f1_sum += f1s[-1]
    return SquadScore(right=tuple(right), f1s=tuple(f1s), f1_sum=f1_sum)
