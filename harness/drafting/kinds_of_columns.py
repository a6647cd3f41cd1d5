"""What a data file's columns are: the names that data sets use for texts and labels, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.drafting.encoders import Task
from harness.errors import BadInput

FORMS = (
    "a .tsv or .csv of texts and labels, .jsonl, .parquet, lines of a word and its tag with a blank line "
    "between sentences, or SQuAD's .json"
)
# What columns are called in GLUE, CLUE and the hub's data sets; the first that a file has is taken.
PAIRS = (
    ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"),
    ("question", "sentence"), ("#1 string", "#2 string"), ("text_a", "text_b"), ("text", "text_pair"),
    ("query", "passage"), ("query", "title"),
)  # fmt: skip
TEXTS = ("sentence", "text", "review", "content", "tweet", "query", "title", "question", "document")
LABELS = (
    "label", "gold_label", "labels", "score", "similarity", "quality", "is_duplicate", "target", "class",
    "sentiment", "category", "rating", "stars", "intent",
)  # fmt: skip
REMEDY = "say which column is what: --columns text=COLUMN,label=COLUMN, by name, or by place from 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a data file is read, and what that was guessed from."""

    task: Task
    reader: str  # a module in `harness.tasks.datasets`
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def text_columns(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Which of a header's columns are the text, its pair and the label. Raises `BadInput`."""
    label = first_of(names, LABELS)
    plain = {name.strip().lower(): name for name in names}
    pair = next((pair for pair in PAIRS if set(pair) <= plain.keys()), None)
    text = first_of(names, TEXTS) if pair is None else plain[pair[0]]
    if text is None or label is None:
        lacking = " and ".join(what for what, found in (("text", text), ("label", label)) if found is None)
        listed = ", ".join(map(repr, names[:12]))
        raise BadInput(f"found the columns {listed}, none of a usual name for the {lacking}", path=path,
                       line=1, remedy=REMEDY)  # fmt: skip
    return {"text": text, **({} if pair is None else {"pair": plain[pair[1]]}), "label": label}


def first_of(names: Sequence[str], known: Sequence[str]) -> str | None:
    """The first of `known` among `names`, as it is spelt there."""
    plain = {name.strip().lower(): name for name in names}
    return next((plain[name] for name in known if name in plain), None)


def told_columns(options: Mapping[str, Any]) -> str:
    """A line for people: which column is what."""
    where = {name: f"column {at}" if isinstance(at, int) else repr(at) for name, at in options.items()}
    return "data: " + ", ".join(f"{name} in {column}" for name, column in where.items())
