"""Many READMEs at once, in as many processes as are asked for: what comes of them is in the files' order."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any, Generic, TypeVar

from harness.errors import BadInput, MachineError, UsageError

SUFFIXES = (".md", ".markdown")
FOR_A_PROCESS = 8  # READMEs that are worth starting one for
_AT_A_TIME = 4  # READMEs that a process takes, so that none waits long for the last one

_Made = TypeVar("_Made")
File = tuple[Path, str]  # where it is, and what it is called in findings


class Interrupted(KeyboardInterrupt):
    """An interrupt while READMEs were read or their tables written: what had been done by then."""

    @classmethod
    def reading(cls, done: int, files: int) -> Interrupted:
        """When `done` of `files` had been read."""
        readmes = "1 README was" if files == 1 else f"{files} READMEs were"
        return cls(f"interrupted when {done} of {readmes} read; nothing was written")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A file that is no text, or that cannot be opened: the line, and why, with what to do."""

    line: int
    why: str

    @classmethod
    def of(cls, problem: BadInput | OSError) -> Unreadable:
        """What a failed reading says of its file."""
        if isinstance(problem, BadInput):
            remedy = f"; {problem.remedy}" if problem.remedy else ""
            return cls(line=problem.line or 1, why=problem.said + remedy)
        return cls(line=1, why=problem.strerror or str(problem))


def readmes(paths: Sequence[Path]) -> list[File]:
    """Every README, with the name findings call it by: a file as it is given, of a folder all markdown in it.

    One that is given twice, as a file and in a folder, is there once. A folder below that cannot be opened,
    and a link that leads nowhere, stand among them: whoever reads one is told why it cannot be read.
    Raises `UsageError` for a path that is not there, or a folder without markdown.
    """
    files = list[File]()
    for path in paths:
        if path.is_dir():
            found = sorted(_below(path))
            if not found:
                raise UsageError(
                    f"{path}: no markdown file in this folder or below; give a README or its folder"
                )
            files += ((item, str(item)) for item in found)
        elif path.is_file():
            files.append((path, str(path)))
        else:
            raise UsageError(f"{path}: no such file or folder; give a README or a folder of them")
    once = dict[Path, File]()
    for path, shown in files:
        once.setdefault(path.absolute(), (path, shown))
    return list(once.values())


def _below(root: Path) -> Iterator[Path]:
    """The markdown files below a folder, hidden ones left out, and the folders that cannot be opened."""
    closed = list[OSError]()
    for folder, inner, names in os.walk(root, onerror=closed.append):
        inner[:] = [name for name in inner if not _is_hidden(name)]
        found = (Path(folder, name) for name in names if not _is_hidden(name))
        yield from (path for path in found if path.suffix.lower() in SUFFIXES and _is_there_or_lost(path))
    yield from (Path(problem.filename) for problem in closed)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "node_modules"


def _is_there_or_lost(path: Path) -> bool:
    """Whether something is a file, or a link to nothing; a pipe is neither."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(work: Callable[[File], _Made], files: Sequence[File], jobs: int = 1) -> list[_Made]:
    """What `work` makes of each of `files`, in their order, by at most `jobs` processes.

    Of few files it is done in this one. What is made can be sent from one process to another.
    Raises `MachineError` where a process was lost, `Interrupted` on an interrupt, and what `work` raises.
    """
    jobs = min(jobs, len(files) // FOR_A_PROCESS)
    if jobs < 2:
        return _here(work, files)
    parts = [files[at : at + _AT_A_TIME] for at in range(0, len(files), _AT_A_TIME)]
    method = "fork" if "fork" in get_all_start_methods() else None  # a fork has all that is read already
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context(method), initializer=_begin, initargs=(_Task(work=work),)
    )
    futures = list[Future[list[_Made]]]()
    try:
        with _interrupts_held_back():
            futures += (pool.submit(_part, part) for part in parts)
        wait(futures, return_when="FIRST_EXCEPTION")
        made = [item for future in futures for item in future.result()]
    except BrokenProcessPool as problem:
        missing = next(
            (part[0][1] for part, future in zip(parts, futures, strict=False) if _lost(future)), ""
        )
        raise MachineError(
            f"a process that read READMEs was ended from outside, at {missing} or a README soon after it",
            remedy="give more memory, or read them in one process with --jobs 1",
        ) from problem
    except KeyboardInterrupt as problem:
        _end(pool)
        done = sum(len(part) for part, future in zip(parts, futures, strict=False) if not _lost(future))
        raise Interrupted.reading(done, len(files)) from problem
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()
    return made


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let an interrupt wait. A process that starts meanwhile never gets one: this one ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _here(work: Callable[[File], _Made], files: Sequence[File]) -> list[_Made]:
    made = list[_Made]()
    try:
        for file in files:
            made.append(_named(work, file))
    except KeyboardInterrupt as problem:
        raise Interrupted.reading(len(made), len(files)) from problem
    return made


def _lost(future: Future[Any]) -> bool:
    """Whether nothing came of it."""
    return not future.done() or future.cancelled() or future.exception() is not None


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes as they stand: nobody waits for what they do."""
    processes: Iterable[Any] = list((pool._processes or {}).values())
    for process in processes:
        process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task(Generic[_Made]):
    """What a process was started for."""

    work: Callable[[File], _Made]


_task: _Task[Any] | None = None  # of a process that `each` started


def _begin(task: _Task[Any]) -> None:
    """In a new process: what it is for. An interrupt is the first process's, which ends this one."""
    global _task
    _task = task
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what was there before the fork stays shared


def _part(files: Sequence[File]) -> list[Any]:
    assert _task is not None
    return [_named(_task.work, file) for file in files]


def _named(work: Callable[[File], _Made], file: File) -> _Made:
    """What comes of a file; an error of ours says which one it was."""
    try:
        return work(file)
    except Exception as problem:
        problem.add_note(f"while {file[1]} was read")
        raise
