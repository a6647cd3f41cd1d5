"""Questions about a text, some perhaps without an answer in it: by the checkpoint's own tokenizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.domain.parts import Parts
from harness.errors import BadOutput, NotNumbers
from harness.tasks.metrics import squad as metric
from harness.tasks.options import record
from harness.tasks.text import Pieces, Scored, settings
from harness.tasks.text.squad import first_sentence
from harness.tasks.text.tokenizing import EncodedFeatures, TextTokenizer, Windows, open_own

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

padding_may_move = None  # spans are of the context alone
TWO_TEXTS = True
COUNTS = "questions"
_ROWS_AT_ONCE = 256  # windows whose spans are looked at together


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A checkpoint's tokenizer, and how its windows and answers are made."""

    tokenizer: TextTokenizer
    options: settings.Questions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features(EncodedFeatures):
    """The windows over the contexts of all questions, the questions themselves, and how they are answered."""

    encoded: Windows
    examples: Sequence[Any] = field(repr=False)
    reader: Reader

    @property
    def of_row(self) -> IntArray:
        """The question that each window is of."""
        return self.encoded.asked

    @property
    def of_counted(self) -> IntArray:
        """Each question counts once."""
        return np.arange(len(self.examples))

    @property
    def may_lack_answers(self) -> bool:
        """Whether a question may be without an answer, as in SQuAD 2.0."""
        return any(example.may_lack_answers for example in self.examples)


def open_tokenizer(pieces: Pieces) -> Reader:
    """The checkpoint's tokenizer, and the options of the model's table. Raises as `open_own` does."""
    return Reader(tokenizer=open_own(pieces), options=record(settings.Questions, pieces.model.options))


def prepare(examples: Sequence[Any], tokenizer: Reader, *, length: int, protocol: Protocol) -> Features:
    """The windows of `examples`, in order; the documented protocol is the standard one here.

    Raises as `TextTokenizer.windows` does.
    """
    options = tokenizer.options
    encoded = tokenizer.tokenizer.windows(
        [example.question for example in examples], [example.context for example in examples],
        length=length, stride=options.stride, longest=options.longest_question,
    )  # fmt: skip
    return Features(encoded=encoded, examples=examples, reader=tokenizer)


def score(outputs: Sequence[npt.NDArray[Any]], features: Features, *, protocol: Protocol) -> Scored:
    """Exact match and F1 over all questions, from two outputs: start and end logits ``[windows, length]``.

    Of SQuAD 1.1 as evaluate-v1.1.py counts them, of data whose questions may lack answers as
    evaluate-v2.0.py does. Raises `BadOutput` for other outputs, a NaN and an infinity.
    """
    if len(outputs) != 2:
        raise BadOutput(f"found {len(outputs)} outputs, expected two: start and end logits")
    start, end = (_checked(logits, features) for logits in outputs)
    return _scored(answers(start, end, features), features)


def trivial(features: Features, *, protocol: Protocol) -> Mapping[str, Scored]:
    """The first sentence of every context, and no answer to any question."""
    return {
        "first sentence": _scored([first_sentence(item.context) for item in features.examples], features),
        "no answer": _scored([""] * len(features.examples), features),
    }


def answers(start: FloatArray, end: FloatArray, features: Features) -> list[str]:
    """The answer to each question: the text of its best span, or none.

    The best span is the one with the largest sum of start and end logit of all windows, within a context and
    of `longest_answer` tokens at most; of equals the first. Where questions may lack answers, none is given
    where the least sum of the logits at the first token, which stands for no answer, is larger than that by
    more than `null_threshold`: as ``postprocess_qa_predictions`` of transformers has it, which looks only at
    the 20 best starts and ends. The text is stripped: bytes' pieces may begin with a blank.
    """
    options, made = features.reader.options, features.encoded
    total = len(features.examples)
    best = np.full(total, -np.inf)
    null = np.full(total, np.inf)
    texts = [""] * total
    first = made.mask.argmax(axis=1)
    rows = np.arange(len(made))
    np.minimum.at(null, made.asked, start[rows, first] + end[rows, first])
    for row, value, begins, stops in _best_spans(start, end, made, options.longest_answer):
        asked = int(made.asked[row])
        if value > best[asked]:
            best[asked] = value
            context = features.examples[asked].context
            texts[asked] = context[made.starts[row, begins] : made.ends[row, stops]].strip()
    if features.may_lack_answers:
        lacking = null - best > options.null_threshold
        texts = ["" if lacks else text for text, lacks in zip(texts, lacking, strict=True)]
    return texts


def _best_spans(
    start: FloatArray, end: FloatArray, made: Windows, longest: int
) -> Iterator[tuple[int, float, int, int]]:
    """The best span of each window that has one: window, sum of logits, first and last position."""
    shown = made.starts >= 0
    for at in range(0, len(made), _ROWS_AT_ONCE):
        some = slice(at, at + _ROWS_AT_ONCE)
        begins = np.where(shown[some], start[some], -np.inf)
        stops = np.where(shown[some], end[some], -np.inf)
        value, begin, length = _best_of(begins, stops, longest)
        for row in np.flatnonzero(np.isfinite(value)).tolist():
            yield at + row, float(value[row]), int(begin[row]), int(begin[row] + length[row])


def _best_of(begins: FloatArray, stops: FloatArray, longest: int) -> tuple[FloatArray, IntArray, IntArray]:
    """Of each row the largest sum of a start and an end less than `longest` behind it, and where it is."""
    count, width = begins.shape
    value = np.full(count, -np.inf)
    begin, length = np.zeros(count, np.int64), np.zeros(count, np.int64)
    rows = np.arange(count)
    for more in range(min(longest, width)):
        sums = begins[:, : width - more] + stops[:, more:]
        at = sums.argmax(axis=1)
        found = sums[rows, at]
        better = (found > value) | ((found == value) & (at < begin))
        value, begin, length = (
            np.where(better, new, old)
            for new, old in ((found, value), (at, begin), (np.full(count, more), length))
        )
    return value, begin, length


def _checked(logits: npt.NDArray[Any], features: Features) -> FloatArray:
    expected = features.encoded.ids.shape
    if logits.shape != expected or not np.issubdtype(logits.dtype, np.floating):
        raise BadOutput(f"found logits {logits.dtype} {list(logits.shape)}, expected floats {list(expected)}")
    broken = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if broken.size:
        asked = features.examples[int(features.encoded.asked[broken[0]])].id
        raise NotNumbers(
            f"found a NaN or an infinity in window {int(broken[0])}, of question {asked}, the first of "
            f"{broken.size} of {len(logits)}, expected finite numbers"
        )
    return logits.astype(np.float64)


def _scored(predictions: Sequence[str], features: Features) -> Scored:
    examples = features.examples
    wanted = [[answer.text for answer in example.answers] or [""] for example in examples]
    counted = metric.score(predictions, wanted, official=not features.may_lack_answers)
    has = np.array([bool(example.answers) for example in examples])
    return Scored(
        metrics={Metric.EXACT: counted.exact_match, Metric.F1: counted.f1},
        correct={Metric.EXACT: counted.exact},
        samples=counted.samples,
        predictions=np.array(predictions, np.str_),
        right=np.array(counted.right),
        parts={Metric.F1: Parts(above=counted.f1s, below=[1.0] * counted.samples)},
        facts={
            "windows": len(features),
            "without_answer": list(predictions).count(""),
            **(_by_answer(counted, has) if features.may_lack_answers else {}),
        },
    )


def _by_answer(counted: metric.SquadScore, has: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """The scores of questions with an answer and of those without, as evaluate-v2.0.py; fractions."""
    right, f1s = np.array(counted.right, float), np.array(counted.f1s)
    told: dict[str, Any] = {}
    for name, some in (("has_answer", has), ("no_answer", ~has)):
        told[f"{name}_questions"] = int(some.sum())
        if some.any():
            told |= {f"{name}_exact": float(right[some].mean()), f"{name}_f1": float(f1s[some].mean())}
    return told
