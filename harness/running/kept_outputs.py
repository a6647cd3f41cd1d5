"""Outputs kept in the home beside artifacts: fp32 references, and what unfinished runs have so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from harness.errors import StoreError, ZoocheckError, machines_fault
from harness.setting.home import Home

FOLDERS = ("references", "unfinished")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One file of outputs. Any of them may go: it is computed again when it is needed."""

    path: Path
    bytes: int
    used_s: float  # when it was last read or written, in seconds since the epoch

    @property
    def folder(self) -> str:
        """Which of `FOLDERS` it lies in."""
        return self.path.parent.name


def kept(home: Home) -> list[Kept]:
    """Every file of outputs, least recently used first."""
    found = []
    for folder in FOLDERS:
        for path in sorted((home.root / folder).glob("*.outputs")):
            with suppress(FileNotFoundError):  # its run has just ended
                stat = path.stat()
                found.append(Kept(path=path, bytes=stat.st_size, used_s=stat.st_mtime))
    return sorted(found, key=lambda item: item.used_s)


def prune(home: Home, max_bytes: int | None = None, max_age_s: float | None = None) -> list[Kept]:
    """Remove those last used more than `max_age_s` ago, then more until the rest is at most `max_bytes`.

    Least recently used first, as `ArtifactCache.prune`; one that a process is writing stays.
    """
    found = kept(home)
    total = sum(item.bytes for item in found)
    now = time.time()
    removed = []
    for item in found:
        too_old = max_age_s is not None and now - item.used_s > max_age_s
        too_much = max_bytes is not None and total > max_bytes
        if (too_old or too_much) and _remove(item.path):
            removed.append(item)
            total -= item.bytes
    return removed


@contextmanager
def dropping(drop: Callable[[], None], whose: str) -> Iterator[None]:
    """Whoever makes something of outputs does it in here: where that raises, `drop` takes them away.

    The error says so: "`whose` are dropped". Else whoever comes next, the next run above all, would go on
    with them, whatever was mended. What is the machine's fault, or the store's, is no fault of theirs.
    """
    try:
        yield
    except StoreError:
        raise
    except Exception as problem:
        if machines_fault(problem):
            raise
        drop()
        said = f"{whose} are dropped: the next run computes them again"
        problem.add(said) if isinstance(problem, ZoocheckError) else problem.add_note(said)
        raise


def lock_of(path: Path) -> FileLock:
    """The lock that whoever reads or writes the outputs in `path` holds."""
    return FileLock(path.parent / ".locks" / f"{path.name}.lock")


def _remove(path: Path) -> bool:
    """Remove a file of outputs; False where a process has it."""
    lock = lock_of(path)
    Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
    try:
        with lock.acquire(timeout=0):
            path.unlink(missing_ok=True)
    except Timeout:
        return False
    return True
