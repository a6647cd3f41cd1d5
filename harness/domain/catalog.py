"""All tables together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.domain.chips import Chip, Device
from harness.domain.compilers import Compiler
from harness.domain.datasets import DatasetSpec
from harness.domain.documents import Document, Table
from harness.domain.gaps import Gap
from harness.domain.models import Model
from harness.domain.precisions import Precision, PrecisionSpec
from harness.domain.references import Reference
from harness.domain.words import Word


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalog:
    """All tables, checked against each other. Hashed by identity, so that indexes of it can be kept."""

    models: Mapping[str, Model]  # those that can run
    chips: Mapping[str, Chip]
    datasets: Mapping[str, DatasetSpec]
    documents: Mapping[str, Document]
    tables: tuple[Table, ...]
    references: tuple[Reference, ...]
    folders: tuple[Path, ...]
    words: tuple[Word, ...] = ()
    gaps: tuple[Gap, ...] = ()
    precisions: Mapping[Precision, PrecisionSpec] = field(default_factory=dict)
    compilers: Mapping[str, Compiler] = field(default_factory=dict)  # by backend
    devices: Mapping[str, Device] = field(default_factory=dict)  # of claims: nothing drives them
    names: Mapping[str, Model] = field(default_factory=dict)  # entries that are a name alone, as imported

    @property
    def called(self) -> Mapping[str, Model]:
        """All models that documents are about: those that can run, and those that are only a name."""
        return {**self.names, **self.models}

    @property
    def claimed(self) -> Mapping[str, Model]:
        """The models that nothing but a name is known of: what documents say of them are claims."""
        return {name: model for name, model in self.names.items() if name not in self.models}
