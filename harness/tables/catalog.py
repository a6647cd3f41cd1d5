"""Table files to one catalog of records: every mistake of every file at once, with its dotted path."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from harness.decoding import Undecodable, toml_table
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip, Device
from harness.domain.compilers import Compiler
from harness.domain.datasets import DatasetSpec
from harness.domain.documents import Document, Table
from harness.domain.gaps import Gap
from harness.domain.models import Model
from harness.domain.precisions import PrecisionSpec
from harness.domain.words import Word
from harness.errors import TableErrors, UsageError
from harness.setting.home import CODE
from harness.tables.cells import expand
from harness.tables.consistency import check
from harness.tables.defaults import completed, with_family
from harness.tables.located import located
from harness.tables.mistakes import Draft, Entry, listed, show
from harness.tables.names import deployed, take_up
from harness.tables.validation import dotted, read_record

BUILT_IN = CODE / "fixtures" / "tables"

# The top-level names a table file may hold, and the record each entry becomes.
_KINDS: Mapping[str, type] = {
    "model": Model,
    "chip": Chip,
    "device": Device,
    "dataset": DatasetSpec,
    "document": Document,
    "table": Table,
    "word": Word,
    "precision": PrecisionSpec,
    "gap": Gap,
    "compiler": Compiler,
}

_Item = TypeVar("_Item")


def table_folders() -> tuple[Path, ...]:
    """The built-in tables, then the folders of ``ZOOCHECK_TABLES`` (separated as in ``PATH``)."""
    extra = os.environ.get("ZOOCHECK_TABLES", "")
    return (BUILT_IN, *(Path(item) for item in extra.split(os.pathsep) if item))


def load(folders: Sequence[Path] | None = None) -> Catalog:
    """Read every ``*.toml`` under `folders` (default: `table_folders`) into one catalog.

    Reading the same unchanged files again gives the same catalog. Raises `TableErrors` with all
    mistakes of all files.
    """
    chosen = table_folders() if folders is None else tuple(folders)
    return _load(chosen, tuple(_stamps(chosen)))


def find(index: Mapping[str, _Item], name: str, kind: str) -> _Item:
    """The entry called `name`; raises `UsageError` that lists what exists."""
    if name not in index:
        raise UsageError(f"no {kind} is called {name!r}; there are {listed(index)}")
    return index[name]


def find_model(tables: Catalog, name: str) -> Model:
    """The model called `name`; raises `UsageError` that lists what exists, and for what is only a name."""
    if name in tables.claimed:
        raise UsageError(
            f"{name} is only a name, whose documented values are claims: nothing of it can run; say in a "
            f"[[model]] of that name what it is, as docs/adding-a-model.md shows"
        )
    return find(tables.models, name, "model")


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.toml"))


def _stamps(folders: Sequence[Path]) -> Iterator[tuple[Path, int, int]]:
    """What changes when a file does: the path, the time of its last change in ns, its size."""
    for folder in folders:
        for file in _files(folder):
            status = file.stat() if file.exists() else file.lstat()  # a link to nothing is a mistake later
            yield file, status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _load(folders: tuple[Path, ...], stamps: tuple[tuple[Path, int, int], ...]) -> Catalog:
    """Read once for each state of the files, which `stamps` tells apart."""
    draft = Draft()
    for folder in folders:
        files = _files(folder)
        if not files:
            found = "no *.toml file" if folder.is_dir() else "no such folder"
            draft.note(str(folder), "(folder)", found, "a folder of tables, *.toml")
        for file in files:
            name = file.relative_to(folder.parent) if folder == BUILT_IN else file
            _read(file, str(name), draft)
    names = take_up(draft)
    named = check(draft)
    references = tuple(
        reference for entry in draft.entries["table"] for reference in expand(entry, named, names, draft)
    )
    if draft.mistakes:
        raise TableErrors(draft.mistakes)
    return Catalog(
        models={
            name: deployed(model, references, named["chip"])
            for name, model in named["model"].items()
            if not model.is_only_a_name
        },
        names=names,
        chips=named["chip"],
        devices=named["device"],
        datasets=named["dataset"],
        documents=named["document"],
        tables=tuple(entry.record for entry in draft.entries["table"]),
        references=references,
        folders=folders,
        words=tuple(entry.record for entry in draft.entries["word"]),
        precisions={entry.record.name: entry.record for entry in draft.entries["precision"]},
        gaps=tuple(entry.record for entry in draft.entries["gap"]),
        compilers={entry.record.backend: entry.record for entry in draft.entries["compiler"]},
    )


def _read(file: Path, shown: str, draft: Draft) -> None:
    content = _parse(file, shown, draft)
    if content is None:
        return
    if not content:
        draft.note(shown, "(file)", "no entry", f"some of {listed(_headers())}")
    for key, items in content.items():
        if key not in _KINDS:
            draft.note(shown, key, show(items), f"no such key, but {listed(_headers())}")
        elif not isinstance(items, list):
            draft.note(shown, key, show(items), f"a list of tables, each headed [[{key}]]")
            _refuse(key, items, draft)
        else:
            for index, item in enumerate(items):
                _enter(key, item, shown, f"{key}[{index}]", draft, folder=file.parent)


def _headers() -> list[str]:
    return [f"[[{kind}]]" for kind in _KINDS]


def _parse(file: Path, shown: str, draft: Draft) -> dict[str, Any] | None:
    """The file's content, or None when it is no TOML in UTF-8; the mistake's path is the line."""
    try:
        return content_of(file.read_bytes())
    except OSError as problem:
        draft.note(shown, "(file)", f"a file that cannot be read ({problem.strerror})", "a readable file")
    except Undecodable as problem:
        place = "(file)" if problem.line is None else f"line {problem.line}"
        draft.note(shown, place, problem.kind, "TOML 1.0 in UTF-8")
    return None


@lru_cache(maxsize=256)
def content_of(data: bytes) -> dict[str, Any]:
    """What a file of these bytes holds, for reading only: the same is parsed once. Raises `Undecodable`."""
    return toml_table(data)


def _enter(kind: str, item: Any, file: str, path: str, draft: Draft, *, folder: Path) -> None:
    """One entry into the draft, or its mistakes, or both; paths in it are seen from `folder`."""
    record, faults = read_record(_KINDS[kind], with_family(item) if kind == "model" else item)
    for place, found, expected in faults:
        draft.note(file, path + dotted(place), found, expected)
    if record is None:
        _refuse(kind, item, draft)
    else:
        placed = located(record, folder)
        whole = completed(placed) if isinstance(placed, Model) else placed
        entry = Entry(file=file, path=path, record=whole)
        draft.entries[kind].append(entry)


def _refuse(kind: str, item: Any, draft: Draft) -> None:
    """Remember the name of an entry that is not read on, so that naming it is no further mistake."""
    name = item.get("name") if isinstance(item, dict) else None
    if isinstance(name, str):
        draft.refused[kind].add(name)
