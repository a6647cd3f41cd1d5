"""The text of a sample as people read it, for reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LONGEST = 300  # characters of a text
LONGEST_PREDICTION = 120


def text_of(example: Any) -> str:
    """A sentence, a question with the beginning of its context, or words; cut to `LONGEST` characters.

    Words of one character each, as of the Chinese data set, stand without blanks. Empty for an example of
    any other kind.
    """
    if hasattr(example, "question"):
        text = f"{example.question} | {example.context}"
    elif hasattr(example, "words"):
        text = ("" if all(len(word) == 1 for word in example.words) else " ").join(example.words)
    else:
        text = str(getattr(example, "text", ""))
    return cut(text.strip(), LONGEST)


def flipped_texts(
    flipped: Sequence[int],
    examples: Sequence[Any],
    features: Any,
    reference: Sequence[Any],
    here: Sequence[Any],
    most: int = 20,
) -> list[dict[str, Any]]:
    """The first `most` flipped samples: number, text, fp32's prediction and this one. JSON.

    A prediction is an example's, or a word's where the features' ``rows`` say whose. Empty where neither
    is so: no number would tell which text is meant.
    """
    rows = getattr(features, "rows", range(len(examples)))
    if len(examples) == len(reference):
        rows = range(len(examples))
    if not len(rows) == len(reference) == len(here):
        return []
    return [
        {
            "sample": int(number),
            "text": text_of(examples[rows[number]]),
            "fp32": cut(str(reference[number]), LONGEST_PREDICTION),
            "here": cut(str(here[number]), LONGEST_PREDICTION),
        }
        for number in flipped[:most]
    ]


def cut(text: str, longest: int) -> str:
    """`text` with at most `longest` characters, the last an ellipsis where some are left out."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
