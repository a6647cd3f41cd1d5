"""The exception tree. Every message says what was wrong, where, what was expected and what to do."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class ZoocheckError(Exception):
    """The base of everything zoocheck raises on purpose."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message if remedy is None else f"{message}; {remedy}")
        self.remedy = remedy

    def add(self, sentence: str) -> None:
        """Say one thing more, behind what is said already."""
        self.args = (f"{self}; {sentence}",)


class UsageError(ZoocheckError):
    """An option, a name or a selection that cannot be; the message lists what exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake in one table: the file, the dotted path in it, what was found and expected."""

    file: str
    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: {self.path}: found {self.found}, expected {self.expected}"


class TableErrors(ZoocheckError):
    """Every mistake of every table, at once."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        noun = "mistake" if len(self.mistakes) == 1 else "mistakes"
        lines = "\n".join(f"  {mistake}" for mistake in self.mistakes)
        super().__init__(f"{len(self.mistakes)} {noun} in the tables:\n{lines}")


class BadInput(ZoocheckError):
    """A file that is not what its format says; the message begins with ``path:line``."""

    def __init__(
        self, message: str, *, path: Path | str, line: int | None = None, remedy: str | None = None
    ) -> None:
        where = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}", remedy=remedy)
        self.path = path
        self.line = line


class ParseError(ZoocheckError):
    """A tool's log that does not say what it has to; the message begins with ``name:line``."""

    def __init__(self, message: str, *, log: str, line: int | None = None, remedy: str | None = None) -> None:
        where = log if line is None else f"{log}:{line}"
        super().__init__(f"{where}: {message}", remedy=remedy)
        self.log = log
        self.line = line


class NotThere(ZoocheckError):
    """A checkpoint, data set or device that is not here. In a suite it is a skip with the remedy.

    `option` is the one that may have asked for it by name, ``weights`` for ``--weights full``: then the suite
    fails (`harness.setting.demands`). Empty where no option does.
    """

    option = ""

    def __init__(self, message: str, *, remedy: str | None = None, option: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.option = option or self.option


class NotApplicable(NotThere):
    """What cannot be asked of a case, whatever is here: its segments, of a single text. In a suite a skip."""


class NotYet(NotThere):
    """Something the documents describe and zoocheck cannot do yet."""


class CheckpointError(ZoocheckError):
    """A checkpoint that cannot be loaded, or is not the documented one."""


class DownloadError(ZoocheckError):
    """A hub or server that failed, or sent other bytes than promised."""


class GraphError(ZoocheckError):
    """An export or graph step whose result is not what it has to be."""


class BadOutput(ZoocheckError):
    """Outputs of an artifact that cannot be scored: NaN, infinity, wrong shape or dtype."""


class NoSamples(ZoocheckError):
    """Nothing to score or to time. Empty is an error, never zero."""


class RecordError(ZoocheckError):
    """A value that JSON cannot hold exactly, or JSON that is not the record it should be."""


class ArtifactError(ZoocheckError):
    """A build that left nothing to keep, a file no artifact has, a cache that cannot be written."""


class StoreError(ZoocheckError):
    """A results store that cannot be reached, opened, written or understood, or a row that it refuses."""


class MachineError(ZoocheckError):
    """The machine's fault, not the model's: tool missing half-way, device lost, time-out.

    A run whose only failures are of this class exits with 6.
    """


# A disk that is full or broken, a quota, too little memory, too many open files.
_MACHINES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE})


def machines_fault(problem: BaseException) -> bool:
    """Whether an error is the machine's fault: a `MachineError`, or disk or memory that gave out."""
    if isinstance(problem, OSError):
        return problem.errno in _MACHINES
    return isinstance(problem, MachineError | MemoryError)


class StoreGone(StoreError, MachineError):
    """A results store that the machine keeps from us: its disk is full or broken, its server went away."""
