"""The exception tree. Every message says what was wrong, where, what was expected and what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    """A file that is not what its format says; the message begins with ``path:line``, `said` is the rest."""

    def __init__(
        self, message: str, *, path: Path | str, line: int | None = None, remedy: str | None = None
    ) -> None:
        where = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}", remedy=remedy)
        self.said = message
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


class NotNumbers(BadOutput):
    """Outputs that hold a NaN or an infinity; `of_reference` where they are fp32's own, and no artifact's."""

    of_reference = False


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


_ROOM = "make room there, or name a place on another disk (ZOOCHECK_HOME is the home)"
PLACE = "set ZOOCHECK_HOME to a folder that can be written"
_MEMORY = "give more (ulimit -v), or ask for less: a smaller --bs or --limit, fewer workers (-n)"
_FILES = "raise the limit (ulimit -n), or run fewer workers (-n)"
# What an operation on a file says of the machine that it was tried on: what to do about it.
_MACHINES = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "raise the limit on a file's size (ulimit -f)",
    errno.EROFS: PLACE,
    errno.EIO: "the disk or its connection is broken: look at the kernel's log (dmesg)",
    errno.ENOMEM: _MEMORY,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
}
# Of a place that zoocheck writes to, and of no other file, these are the machine's fault too.
_CLOSED = (errno.EACCES, errno.EPERM)


class CannotWrite(MachineError):
    """A place of zoocheck's own (the home, what lies in it) where nothing can be written."""


class CacheClosed(ArtifactError, CannotWrite):
    """An artifact cache where nothing can be written."""


def keeps_from_writing(problem: OSError) -> bool:
    """Whether what failed in a place to write to is the machine's fault: no right to write there, no room."""
    return problem.errno in _CLOSED or problem.errno in _MACHINES


def machines_failure(problem: BaseException) -> MachineError | None:
    """An error as the machine's fault, with its path and a remedy; None where it is no fault of the machine.

    That are a `MachineError`; disk, memory or open files that gave out; and what was raised from one of these
    (of our own errors: from an `OSError` alone, since a damaged file asks for any amount of memory).
    """
    cause = _machines_cause(problem)
    if cause is None or isinstance(cause, MachineError):
        return cause
    if isinstance(problem, ZoocheckError):
        return MachineError(str(problem), remedy=None if problem.remedy else _remedy(cause))
    if isinstance(cause, OSError):
        where = cause.filename or cause.filename2 or "a file that zoocheck reads or writes"
        return MachineError(f"{where}: {cause.strerror or cause}", remedy=_remedy(cause))
    return MachineError("there is too little memory for this", remedy=_MEMORY)


def machines_fault(problem: BaseException) -> bool:
    """Whether an error is the machine's fault, as `machines_failure` says."""
    return _machines_cause(problem) is not None


@contextmanager
def naming(place: Path) -> Iterator[None]:
    """Whoever writes to `place` does it in here: a write that finds the disk full tells no file's name."""
    try:
        yield
    except OSError as problem:
        if problem.errno in _MACHINES and problem.filename is None:
            problem.filename = str(place)
        raise


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """As `naming`, for a place of zoocheck's own; raises `CannotWrite` where this user may not write."""
    try:
        with naming(place):
            yield
    except OSError as problem:
        if problem.errno in _CLOSED and _below(problem.filename, place):
            raise CannotWrite(f"{problem.filename}: {problem.strerror}", remedy=PLACE) from problem
        raise


def _below(name: object, place: Path) -> bool:
    return isinstance(name, str | os.PathLike) and Path(name).absolute().is_relative_to(place.absolute())


def _machines_cause(problem: BaseException) -> BaseException | None:
    """`problem`, or the nearest that it came of, which is the machine's fault by itself.

    What one of our own errors is raised from is looked at for disk and files alone: it was read, and found
    to be the case's or the file's own.
    """
    found: BaseException | None = problem
    ours = False
    while found is not None:
        if isinstance(found, OSError) and found.errno in _MACHINES:
            return found
        if isinstance(found, MachineError | MemoryError) and not ours:
            return found
        ours |= isinstance(found, ZoocheckError)
        found = found.__cause__ or _met_on_the_way(found)
    return None


def _met_on_the_way(problem: BaseException) -> OSError | None:
    """Of an error of Python's or a library's: the one in whose handling it came, a file's that was closed."""
    other = problem.__context__
    plain = not isinstance(problem, ZoocheckError) and not problem.__suppress_context__
    return other if plain and isinstance(other, OSError) else None


def _remedy(cause: BaseException) -> str | None:
    return _MACHINES[cause.errno] if isinstance(cause, OSError) and cause.errno in _MACHINES else None


class StoreGone(StoreError, MachineError):
    """A results store that the machine keeps from us: its disk is full or broken, its server went away."""
