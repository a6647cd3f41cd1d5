"""What tables are held to of each task, before its module and numpy are imported.

The module of the same name in `harness.tasks.text` does the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from harness.domain.datasets import Examples
from harness.domain.metrics import Metric
from harness.domain.models import Head
from harness.tasks.text import settings

_PACKAGE = "harness.tasks.text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a task has and takes."""

    heads: tuple[Head, ...]  # of networks that do it
    metrics: tuple[Metric, ...]  # that its scores may have, by every protocol
    takes: tuple[Examples, ...]  # what a reader has to give
    options: type | None = None  # the record of those in a model's table
    cuts_text: bool = False  # itself, by `Model.tokenizer`; else the checkpoint's own tokenizer does


_ONE_LABEL = (Head.CLASSIFICATION, Head.CLASSIFICATION_RELU)
_TAGS = (Head.TOKEN_CLASSIFICATION,)
_SPANS = (Head.QUESTION_ANSWERING,)
_OF_ENTITIES = (Metric.ACCURACY, Metric.PRECISION, Metric.RECALL, Metric.F1)
_OF_ANSWERS = (Metric.EXACT, Metric.F1)
_OF_LABELS = (Metric.ACCURACY, Metric.F1, Metric.F1_MACRO, Metric.MCC)
_SQUAD = Facts(heads=_SPANS, metrics=_OF_ANSWERS, takes=(Examples.QUESTIONS,), cuts_text=True)

FACTS: Mapping[str, Facts] = {
    "classify": Facts(
        heads=_ONE_LABEL, metrics=(Metric.ACCURACY,), takes=(Examples.NUMBERED,), cuts_text=True
    ),
    "ner_characters": Facts(heads=_TAGS, metrics=_OF_ENTITIES, takes=(Examples.WORDS,), cuts_text=True),
    "ner_words": Facts(heads=_TAGS, metrics=(Metric.ACCURACY,), takes=(Examples.WORDS,), cuts_text=True),
    "questions": Facts(
        heads=_SPANS, metrics=_OF_ANSWERS, takes=(Examples.QUESTIONS,), options=settings.Questions
    ),
    "sequences": Facts(
        heads=_ONE_LABEL, metrics=(*_OF_LABELS, *settings.OF_NUMBERS),
        takes=(Examples.TEXTS, Examples.NUMBERED), options=settings.Sequences,
    ),
    "squad_original": _SQUAD,
    "squad_transformers": _SQUAD,
    "tokens": Facts(heads=_TAGS, metrics=_OF_ENTITIES, takes=(Examples.WORDS,), options=settings.Tokens),
}  # fmt: skip


def is_here(task: str) -> bool:
    """Whether zoocheck has the module of a task; imports nothing."""
    return task in FACTS and find_spec(f"{_PACKAGE}.{task}") is not None
