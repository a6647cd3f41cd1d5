"""Recipe to cached folder: built once, under a lock, appearing by atomic rename, checked when taken."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from errno import EACCES
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from harness.artifacts import manifest
from harness.artifacts.manifest import Damage
from harness.errors import PLACE, ArtifactError, CacheClosed, UsageError, keeps_from_writing, writing
from harness.records import canonical

LOG = logging.getLogger(__name__)
_KEY = re.compile(r"[0-9a-f]{64}")
_LEFTOVER = re.compile(r"([0-9a-f]{64})\.(?:building|removing)-[0-9a-f]+")

# `verify` gives these: an artifact's key, and what is wrong with it or None.
Findings = list[tuple[str, str | None]]


class ArtifactDamaged(UserWarning):
    """An artifact that is not what its manifest says. It is removed and built again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides an artifact's content: hashes, code and library versions, options.

    Values are JSON: None, booleans, numbers, strings, lists, mappings with string keys.
    """

    inputs: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The SHA-256 of the inputs' canonical JSON. Raises `RecordError` for what is not JSON."""
        return hashlib.sha256(canonical(self.inputs, "inputs")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What a build left: files, and what the build said of itself (`facts`)."""

    key: str
    folder: Path
    files: Mapping[str, str]  # name -> SHA-256
    recipe: Mapping[str, Any]
    facts: Mapping[str, Any]
    created: str  # ISO 8601, UTC
    bytes: int  # of all files together

    def path(self, name: str) -> Path:
        """Where file `name` lies. Raises `ArtifactError` for a name the artifact does not have."""
        if name not in self.files:
            there = ", ".join(self.files)
            raise ArtifactError(f"artifact {self.key} has no file {name!r}; it has {there}")
        return self.folder / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """One artifact that `ArtifactCache.prune` removed; `artifact` is None if its manifest was damaged."""

    key: str
    bytes: int
    artifact: Artifact | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What `ArtifactCache.prune` did. `bytes_freed` counts killed builds' leftovers too."""

    removed: tuple[Removed, ...]
    bytes_freed: int


class ArtifactCache:
    """Artifacts by key, each a folder ``<key>/`` with a ``manifest.json``, under `folder`.

    Beside them lie ``<key>.building-*`` while a build runs, ``<key>.removing-*`` while one is removed, and
    ``.locks/``, which stays: a lock file that goes would let two processes hold "the" lock.
    An artifact is locked while it is built, checked or removed, not while it is in use: whoever
    must be sure that no `prune` takes it away meanwhile holds `lock`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, recipe: Recipe, build: Callable[[Path], Mapping[str, Any]]) -> Artifact:
        """The artifact of `recipe`, built if it is not there.

        `build` gets an empty folder to write files into (it is renamed afterwards: no file may hold its
        path) and returns the facts, JSON. Of two processes that want the same artifact one builds
        and the other waits. A build that raises leaves nothing. Files are held against their
        hashes each time, each file read once per process (`hashing.sha256`); a damaged artifact is
        removed and built again, with an `ArtifactDamaged` warning that names the file.
        """
        key = recipe.key
        folder = self.folder / key
        with self._locked(key):
            content = None
            if folder.exists():
                try:
                    content = manifest.check(folder)
                except Damage as problem:
                    self._remove(folder)  # before the warning, which may be an error
                    message = f"artifact {key}: {problem}; building it again"
                    warnings.warn(message, ArtifactDamaged, stacklevel=2)
            if content is None:
                self._sweep(own=key)
                self._build(folder, recipe, build)
                content = manifest.read(folder)
            with suppress(OSError):  # not knowing when it was used is no reason to fail
                os.utime(folder / manifest.NAME)
            return _artifact(folder, content)

    def find(self, key: str) -> Artifact | None:
        """The artifact `key`, its files unchecked, or None where there is none with a good manifest."""
        folder = self.folder / key
        if not _KEY.fullmatch(key):
            return None
        with suppress(Damage):
            return _artifact(folder, manifest.read(folder))
        return None

    def verify(self) -> Findings:
        """Every artifact's key and what is wrong with it, or None. Reads every byte; changes nothing."""
        findings: Findings = []
        for folder in self._entries(_KEY):
            with self._locked(folder.name):
                if not folder.exists():  # removed while we waited
                    continue
                try:
                    manifest.check(folder, fresh=True)
                except Damage as problem:
                    findings.append((folder.name, str(problem)))
                else:
                    findings.append((folder.name, None))
        return findings

    def prune(self, max_bytes: int | None = None, max_age_s: float | None = None) -> Pruned:
        """Remove artifacts by age and size, least recently used first, and what killed builds left.

        Those last used more than `max_age_s` ago go, then more until the rest is at most
        `max_bytes`. A locked one stays.
        """
        for name, limit in (("max_bytes", max_bytes), ("max_age_s", max_age_s)):
            if limit is not None and not limit >= 0:
                raise UsageError(f"{name}: found {limit}, expected 0 or more")
        freed = self._sweep()
        removed: list[Removed] = []
        found = sorted((_used_s(folder), folder) for folder in self._entries(_KEY))
        sizes = {folder: _size(folder) for _, folder in found}
        total = sum(sizes.values())
        now = time.time()
        for used, folder in found:
            too_old = max_age_s is not None and now - used > max_age_s
            too_much = max_bytes is not None and total > max_bytes
            if not (too_old or too_much):
                continue
            with self._lock_if_free(folder.name) as free:
                if not free or _used_s(folder) != used:  # being taken, or taken or removed just now
                    continue
                item = Removed(key=folder.name, bytes=sizes[folder], artifact=self.find(folder.name))
                self._remove(folder)
            removed.append(item)
            total -= item.bytes
        return Pruned(removed=tuple(removed), bytes_freed=freed + sum(item.bytes for item in removed))

    def lock(self, key: str) -> FileLock:
        """The lock of artifact `key`: re-entrant within a thread, freed by the system when a process dies.

        Held with ``with``. Raises `ArtifactError` where the cache's folder cannot be made, `CacheClosed`
        where the machine keeps it from being written.
        """
        locks = self.folder / ".locks"
        try:
            locks.mkdir(parents=True, exist_ok=True)
            if not os.access(locks, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
                raise PermissionError(EACCES, os.strerror(EACCES))
        except OSError as problem:
            kind = CacheClosed if keeps_from_writing(problem) else ArtifactError
            raise kind(
                f"{self.folder}: cannot be an artifact cache: {problem.strerror}",
                remedy=PLACE,
            ) from problem
        return FileLock(locks / f"{key}.lock", is_singleton=True)

    def list(self) -> tuple[Artifact, ...]:
        """Every artifact with a good manifest, most recently used first; files are not checked."""
        ordered = sorted(((_used_s(folder), folder) for folder in self._entries(_KEY)), reverse=True)
        found = (self.find(folder.name) for _, folder in ordered)
        return tuple(artifact for artifact in found if artifact is not None)

    def _build(self, folder: Path, recipe: Recipe, build: Callable[[Path], Mapping[str, Any]]) -> None:
        work = folder.with_name(f"{folder.name}.building-{secrets.token_hex(4)}")
        work.mkdir()
        try:
            with writing(work):
                facts = build(work)
                manifest.write(work, folder.name, recipe.inputs, facts)
                work.rename(folder)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise

    def _remove(self, folder: Path) -> None:
        """Remove an artifact; renamed first, so that a kill half-way leaves no half of it in its place."""
        away = folder.with_name(f"{folder.name}.removing-{secrets.token_hex(4)}")
        folder.rename(away)
        if away.is_dir() and not away.is_symlink():
            shutil.rmtree(away)
        else:  # a file or a link where an artifact's folder belongs
            away.unlink()

    def _sweep(self, own: str | None = None) -> int:
        """Remove what killed processes left half built or half removed; returns the bytes.

        Whoever builds or removes holds the key's lock, so a free lock means that nobody does. The
        lock of `own` is held by the caller, who has not begun.
        """
        freed = 0
        for leftover in self._entries(_LEFTOVER):
            key = leftover.name.partition(".")[0]
            with nullcontext(True) if key == own else self._lock_if_free(key) as free:
                if free:
                    freed += _size(leftover)
                    shutil.rmtree(leftover, ignore_errors=True)
        return freed

    def _entries(self, pattern: re.Pattern[str]) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from (path for path in sorted(self.folder.iterdir()) if pattern.fullmatch(path.name))

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Hold the lock of `key`, however long another process needs; waiting is logged."""
        lock = self.lock(key)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            LOG.info("waiting for the process that builds or checks artifact %s", key)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _lock_if_free(self, key: str) -> Iterator[bool]:
        """Hold the lock of `key` if nobody has it, not even this thread; gives whether it is held."""
        lock = self.lock(key)
        try:
            if lock.is_locked:
                raise Timeout(lock.lock_file)
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()


def _artifact(folder: Path, content: manifest.Manifest) -> Artifact:
    return Artifact(
        key=content.key,
        folder=folder,
        files={name: file.sha256 for name, file in content.files.items()},
        recipe=content.recipe,
        facts=content.facts,
        created=content.created,
        bytes=sum(file.bytes for file in content.files.values()),
    )


def _used_s(folder: Path) -> float:
    """When an artifact was last taken, in seconds since the epoch; 0 where it is gone."""
    for path in (folder / manifest.NAME, folder):
        with suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _size(folder: Path) -> int:
    """The bytes of all files under `folder`, whatever a manifest says."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            stat = path.lstat()
            total += 0 if path.is_dir() else stat.st_size
    return total


_SIZES = {"": 1, "b": 1} | {
    f"{letter}{suffix}": base**power
    for power, letter in enumerate("kmgt", start=1)
    for suffix, base in (("", 1000), ("b", 1000), ("ib", 1024))
}
_AGES = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_size(text: str) -> int:
    """Bytes from ``2GB`` (2 * 1000**3), ``1.5 GiB`` (1024**3), ``300k`` or a bare number of bytes."""
    return int(_quantity(text, _SIZES, "a size such as 2GB, 500 MB or 1.5GiB"))


def parse_age(text: str) -> float:
    """Seconds from ``30d``, ``12h``, ``90min``, ``2w`` or ``45s``; the unit is required."""
    return _quantity(text, _AGES, "an age such as 30d, 12h, 90min, 2w or 45s")


def _quantity(text: str, units: Mapping[str, int], expected: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text, re.IGNORECASE | re.ASCII)
    if match is None or match[2].lower() not in units:
        raise UsageError(f"found {text!r}, expected {expected}")
    return float(match[1]) * units[match[2].lower()]
