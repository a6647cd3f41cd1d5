"""Documented data sets and the corpora written for this project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from harness.domain.strict import OWN_RULE, STRICT


class Corpus(StrEnum):
    """The documented data set, the one written for this project, and what a seed draws where there is none.

    Seeded samples have no score: a throughput and a difference from fp32 may be of them, an accuracy never.
    """

    FULL = "full"
    MINI = "mini"
    SEEDED = "seeded"


class Examples(StrEnum):
    """What the examples of a data set are, so that a task can say which it takes."""

    NUMBERED = "sentences labelled 0 or 1"
    TEXTS = "texts with a label"  # one text or two
    WORDS = "words with tags"
    QUESTIONS = "questions about a text"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSpec:
    """A data set: its file, and the counts it must have.

    The file is ``<data folder>/<name>/<file>``, unless the table says by `path` where it is. A data set of
    one's own may leave `counts` out: then nothing but its SHA-256 in a result says which data it was.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    title: str
    reader: str  # a module in harness/tasks/datasets; of one's own "module:function" in the table's folder
    file: str
    # What is counted -> how many; "samples" is what a score counts. What stands here is held.
    counts: dict[str, int] = field(default_factory=dict)
    # The reader's own.
    options: Mapping[str, Any] = field(default_factory=dict, hash=False, metadata=OWN_RULE)
    published: str = ""  # where to get it; empty where `path` is all there is
    path: str = ""  # of the file: seen from its table's folder, absolute once it is read
    hub: str = ""  # data set id on the Hugging Face hub, for a model card; with its configuration and split
    hub_config: str = ""
    hub_split: str = ""
