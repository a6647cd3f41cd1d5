"""Documented data sets and the corpora written for this project."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from harness.domain.strict import STRICT


class Corpus(StrEnum):
    """The documented data set, the one written for this project, and what a seed draws where there is none.

    Seeded samples have no score: a throughput and a difference from fp32 may be of them, an accuracy never.
    """

    FULL = "full"
    MINI = "mini"
    SEEDED = "seeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSpec:
    """A data set: its file, and the counts it must have.

    The file is ``<data folder>/<name>/<file>``, unless the table says by `path` where it is.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    title: str
    reader: str  # the module in harness/tasks/datasets
    file: str
    counts: dict[str, int]  # what is counted -> how many; "samples" is what a score counts
    published: str = ""  # where to get it; empty where `path` is all there is
    path: str = ""  # of the file: seen from its table's folder, absolute once it is read
    hub: str = ""  # data set id on the Hugging Face hub, for a model card; with its configuration and split
    hub_config: str = ""
    hub_split: str = ""
