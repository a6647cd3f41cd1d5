"""The READMEs of a zoo as reference tables: a file a README, all of them taken by the catalog together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from harness.documents import toml_text
from harness.documents.importing import as_tables
from harness.documents.many import File, Interrupted, Unreadable, each
from harness.documents.readme import blocks
from harness.documents.readme.reading import Note, is_plain
from harness.documents.readme.understand import understand
from harness.documents.taking import refused_together, require_ours
from harness.domain.catalog import Catalog
from harness.errors import BadInput, Mistake


class Outcome(StrEnum):
    """What became of one README."""

    WRITTEN = "written"
    NO_RESULTS = "no results"  # it has none: nothing to write, and nothing wrong
    REFUSED = "refused"  # the catalog does not take them
    UNREADABLE = "unreadable"  # no text, or no right to read it

    @property
    def is_good(self) -> bool:
        """Whether all of its results are written."""
        return self in (Outcome.WRITTEN, Outcome.NO_RESULTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One README: what it is called, its tables as TOML, and what was not read or assumed."""

    file: str
    document: str = ""
    model: str = ""
    runs: bool = False  # the catalog knows more of its model than a name
    toml: str = ""
    tables: int = 0
    values: int = 0
    outcome: Outcome
    unread: tuple[Note, ...] = ()
    assumed: tuple[Note, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    @property
    def name(self) -> str:
        """What its file of tables is called."""
        return f"{self.document}.toml"


def import_files(
    files: Sequence[File], catalog: Catalog, out: Path, *, repository: str = "", jobs: int = 1
) -> list[Entry]:
    """Each README's tables written to `out`, in a file that is called as its document.

    Documents are called as the catalog calls them, else by their path, by as much of it as tells them apart.
    A README whose tables the catalog refuses is not written, and each file that is written is whole. Raises
    `UsageError` where a file in `out` was written by no import, or cannot be written, and `Interrupted`.
    """
    names = path_names([path for path, _ in files], _of_people(catalog))
    work = partial(_entry, catalog=catalog, names=names, repository=repository, out=out)
    entries = each(work, files, jobs)
    used = Counter(entry.document for entry in entries if entry.toml)
    twice = [at for at, entry in enumerate(entries) if entry.toml and used[entry.document] > 1]
    by_path = partial(
        work, catalog=replace(catalog, documents={})
    )  # which of them is the catalog's, nothing tells
    for at, entry in zip(twice, each(by_path, [files[at] for at in twice], jobs), strict=True):
        entries[at] = entry
    tomls = {entry.document: entry.toml for entry in entries if entry.toml}
    for name in tomls:
        require_ours(out / f"{name}.toml")
    written = 0
    try:
        refused = refused_together(tomls, catalog, out) if tomls else {}
        entries = [_judged(entry, refused) for entry in entries]
        for entry in entries:
            if entry.outcome is Outcome.WRITTEN:
                toml_text.put(out / entry.name, entry.toml)
                written += 1
    except KeyboardInterrupt as problem:
        done = f"interrupted when {written} of the tables of {len(tomls)} READMEs were written to {out}"
        raise Interrupted(f"{done}; each of these is whole") from problem
    return entries


def _of_people(catalog: Catalog) -> frozenset[str]:
    """The documents whose models are more than names: no import writes over them."""
    return frozenset(model.document for model in catalog.models.values() if model.document)


def _judged(entry: Entry, refused: Mapping[str, tuple[Mistake, ...]]) -> Entry:
    """An entry with what the catalog said of it; a mistake that is nobody's is everybody's."""
    mistakes = refused.get(entry.document, refused.get("", ())) if entry.toml else ()
    return replace(entry, mistakes=mistakes, outcome=Outcome.REFUSED) if mistakes else entry


def _entry(file: File, *, catalog: Catalog, names: Mapping[Path, str], repository: str, out: Path) -> Entry:
    """One README, read."""
    path, shown = file
    try:
        readme = blocks.read(path, shown)
    except (BadInput, OSError) as problem:
        unread = Unreadable.of(problem)
        note = Note(line=unread.line, what="the file", why=unread.why)
        return Entry(file=shown, outcome=Outcome.UNREADABLE, unread=(note,))
    reading = understand(readme, catalog)
    name = names[path] if reading.document is None else reading.document.name
    made = as_tables(reading, document=name, repository=repository, out=out / f"{name}.toml")
    return Entry(
        file=shown,
        document=made.document,
        model=made.model,
        runs=made.model in catalog.models,
        toml=made.toml,
        tables=len(made.tables),
        values=made.numbers,
        outcome=Outcome.WRITTEN if made.toml else Outcome.NO_RESULTS,
        unread=made.unread,
        assumed=made.assumed,
    )


def path_names(paths: Sequence[Path], taken: Collection[str] = ()) -> dict[Path, str]:
    """A document's name for each README: its file or folder, and folders above where that is another's too.

    None of them is in `taken`. Where whole paths come to one name, they are numbered.
    """
    parts = {path: _parts(path) for path in paths}
    depth = dict.fromkeys(paths, 1)
    while True:
        names = {path: _joined(parts[path][-depth[path] :]) for path in parts}
        used = Counter(names.values())
        longer = [
            path
            for path, name in names.items()
            if (used[name] > 1 or name in taken) and depth[path] < len(parts[path])
        ]
        if not longer:
            return _numbered(names, taken)
        for path in longer:
            depth[path] += 1


def _parts(path: Path) -> list[str]:
    """The folders of a README and, where it is called as no other is, itself."""
    whole = path.absolute()
    folders = [*whole.parent.parts[1:]]
    return folders or ["readme"] if is_plain(path) else [*folders, whole.stem]


def _joined(parts: Sequence[str]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-") or "readme"


def _numbered(names: Mapping[Path, str], taken: Collection[str]) -> dict[Path, str]:
    """`names`, the second of each and all further ones with a number."""
    made, used = dict[Path, str](), set(taken)
    for path, name in names.items():
        number, one = 1, name
        while one in used:
            number += 1
            one = f"{name}-{number}"
        used.add(one)
        made[path] = one
    return made
