"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from harness.documents.readme.reading import Reading


class Severity(StrEnum):
    """How sure it is that something is wrong, and how much hangs on it. The words are SARIF's levels."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for a note, 2 for an error."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a rule's function yields: a line, a sentence, its numbers; its own severity where that varies."""

    line: int
    sentence: str
    numbers: Mapping[str, float | int | str] = field(default_factory=dict)
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's numbers as printed, each with its line, and what its rows are called."""

    numbers: tuple[tuple[int, str], ...]
    labels: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """What of one README is held against the others of an audit: what its model is called, and its speeds."""

    file: str
    model: str
    columns: tuple[Column, ...]


Check: TypeAlias = Callable[[Reading], Iterator[Found]]
Across: TypeAlias = Callable[[Sequence[Speeds]], Iterator[tuple[str, Found]]]  # with the file of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: what it is called, how bad a finding is, what of a README it reads, and its function.

    It checks one README, or it holds all READMEs of an audit against each other.
    """

    id: str
    severity: Severity  # the highest of its findings
    reads: str
    claim: str  # what holds where it finds nothing
    because: str = ""  # the reason of its severity
    check: Check | None = None
    across: Across | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of one rule in one README."""

    rule: str
    severity: Severity
    file: str
    line: int
    sentence: str
    numbers: Mapping[str, float | int | str]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.sentence} [{self.rule}]"
