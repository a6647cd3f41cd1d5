"""What tables are held to of each task, before its module and numpy are imported.

The module of the same name in `harness.tasks.text` does the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from harness.domain.datasets import Examples
from harness.domain.metrics import Metric
from harness.tasks.text import settings

_PACKAGE = "harness.tasks.text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a task has and takes."""

    metrics: tuple[Metric, ...]  # that its scores may have, by every protocol
    takes: tuple[Examples, ...]  # what a reader has to give
    options: type | None = None  # the record of those in a model's table
    cuts_text: bool = False  # itself, by `Model.tokenizer`; else the checkpoint's own tokenizer does


FACTS: Mapping[str, Facts] = {
    "classify": Facts(metrics=(Metric.ACCURACY,), takes=(Examples.NUMBERED,), cuts_text=True),
    "ner_characters": Facts(
        metrics=(Metric.ACCURACY, Metric.PRECISION, Metric.RECALL, Metric.F1), takes=(Examples.WORDS,),
        cuts_text=True,
    ),
    "ner_words": Facts(metrics=(Metric.ACCURACY,), takes=(Examples.WORDS,), cuts_text=True),
    "questions": Facts(
        metrics=(Metric.EXACT, Metric.F1), takes=(Examples.QUESTIONS,), options=settings.Questions
    ),
    "sequences": Facts(
        metrics=(
            Metric.ACCURACY, Metric.F1, Metric.F1_MACRO, Metric.MCC, Metric.PEARSON, Metric.SPEARMAN,
        ),
        takes=(Examples.TEXTS, Examples.NUMBERED), options=settings.Sequences,
    ),
    "squad_original": Facts(
        metrics=(Metric.EXACT, Metric.F1), takes=(Examples.QUESTIONS,), cuts_text=True
    ),
    "squad_transformers": Facts(
        metrics=(Metric.EXACT, Metric.F1), takes=(Examples.QUESTIONS,), cuts_text=True
    ),
    "tokens": Facts(
        metrics=(Metric.ACCURACY, Metric.PRECISION, Metric.RECALL, Metric.F1), takes=(Examples.WORDS,),
        options=settings.Tokens,
    ),
}  # fmt: skip


def is_here(task: str) -> bool:
    """Whether zoocheck has the module of a task; imports nothing."""
    return task in FACTS and find_spec(f"{_PACKAGE}.{task}") is not None
