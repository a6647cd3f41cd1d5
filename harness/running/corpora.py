"""Where a model's data lies: found without being read, and without what reads it."""

from __future__ import annotations

from pathlib import Path

from harness.domain.datasets import Corpus, DatasetSpec
from harness.domain.models import Model
from harness.errors import NotThere
from harness.setting.home import Home


def dataset_path(model: Model, spec: DatasetSpec, choice: str, home: Home) -> tuple[Corpus, Path]:
    """The data set that `choice` (full, mini, auto) means; raises `NotThere` with the remedy."""
    full = home.data_file(spec)
    mini = home.minis / model.name / "corpus" / spec.file
    if choice != Corpus.MINI and full.is_file():
        return Corpus.FULL, full
    if choice != Corpus.FULL and mini.is_file():
        return Corpus.MINI, mini
    get = f"get it from {spec.published} and put it there, or set ZOOCHECK_DATA"
    if spec.path:
        get = "put it there, or correct path in its table"
    if choice == Corpus.MINI:
        raise NotThere(
            f"{model.name}: no corpus is embedded: {mini} is not there",
            remedy=f"use --data full with {full}",
            option="data",
        )
    raise NotThere(f"{model.name}: data set {spec.name} is not there: {full}", remedy=get, option="data")
