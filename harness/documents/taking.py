"""Whether the catalog takes imported tables, and what they may take the place of: an earlier import's."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, toml_table
from harness.documents import toml_text
from harness.domain.catalog import Catalog
from harness.errors import BadInput, Mistake, TableErrors, UsageError
from harness.tables import catalog

_WRITTEN = {"document": "name", "table": "document", "model": "document"}  # entries, and whose they are
_NAME_ALONE = {"name", "title", "document"}  # the keys of a model that is only a name


def refused(toml: str, tables: Catalog, document: str, out: Path | None = None) -> tuple[Mistake, ...]:
    """What the catalog refuses of `toml`, beside all its other tables but the document's own."""
    try:
        loaded_with(toml, tables, document, out)
    except TableErrors as problem:
        return tuple(replace(item, file=Path(item.file).name) for item in problem.mistakes)
    return ()


def loaded_with(toml: str, tables: Catalog, document: str, out: Path | None = None) -> Catalog:
    """The catalog with a document and its tables, and all that the file `out` holds, replaced by `toml`.

    Raises `TableErrors`.
    """
    return _loaded({"imported": toml}, _others(tables, {document}, {out} if out is not None else set()))


def refused_together(tomls: Mapping[str, str], tables: Catalog, out: Path) -> dict[str, tuple[Mistake, ...]]:
    """What the catalog refuses of many documents' tables, by document, beside all its other tables.

    Those of the folder `out` among them, but for the files of the same documents. What is left when the
    refused ones are left out is taken together. A mistake that is in none of them stands under no name.
    """
    outs = {out / f"{name}.toml" for name in tomls}
    others = _others(tables, set(tomls), outs, beside=(out,))
    left, found = dict(tomls), dict[str, tuple[Mistake, ...]]()
    while left:
        try:
            _loaded(left, others)
        except TableErrors as problem:
            mistakes = [replace(item, file=Path(item.file).name) for item in problem.mistakes]
            names = {Path(item.file).stem for item in mistakes} & left.keys()
            for name in names or {""}:
                found[name] = tuple(item for item in mistakes if Path(item.file).stem == name or not names)
            if not names:
                return found
            left = {name: toml for name, toml in left.items() if name not in names}
        else:
            return found
    return found


def _loaded(tomls: Mapping[str, str], others: Mapping[str, str]) -> Catalog:
    """The catalog of these files, those of `tomls` called as they are called. Raises `TableErrors`."""
    with tempfile.TemporaryDirectory(prefix="zoocheck-import-") as folder:
        for name, text in others.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        for name, text in tomls.items():
            (Path(folder) / f"{name}.toml").write_text(text, encoding="utf-8")
        return catalog.load((Path(folder),))


def _others(
    tables: Catalog, documents: AbstractSet[str], outs: AbstractSet[Path], beside: Sequence[Path] = ()
) -> Mapping[str, str]:
    """All other tables, of the catalog's folders and of those `beside`: what is in no file of `outs`."""
    sources = {
        file.resolve(): None for place in (*tables.folders, *beside) for file in sorted(place.rglob("*.toml"))
    }
    over = {out.resolve() for out in outs}
    texts = dict[str, str]()
    for at, source in enumerate(source for source in sources if source not in over):
        try:
            entries = _entries(source.read_bytes())
        except Undecodable as problem:  # changed since the catalog was read
            raise BadInput(problem.said, path=source, line=problem.line) from problem
        kept = [entry for document, entry in entries if document is None or document not in documents]
        if kept:
            texts[f"{at:03d}.{source.name}"] = "\n".join(kept)
    return texts


@lru_cache(maxsize=256)
def _entries(data: bytes) -> Sequence[tuple[str | None, str]]:
    """The entries of a file of these bytes: of which document, where an import writes such, and as TOML."""
    return [
        (item.get(_WRITTEN[kind]) if _is_written(kind, item) else None, toml_text.entry(kind, item))
        for kind, items in catalog.content_of(data).items()
        for item in items
    ]


def names_in(out: Path | None) -> frozenset[str]:
    """The models that `out`, a file of an earlier import, names; none where there is no such file."""
    if out is None or not out.is_file():
        return frozenset()
    models = toml_table(out.read_bytes()).get("model", [])
    return frozenset(item["name"] for item in models if isinstance(item, dict) and "name" in item)


def require_ours(file: Path) -> None:
    """Raise `UsageError` where `file` holds what no import wrote: it would be lost in writing another."""
    if not file.is_file():
        return
    try:
        content = toml_table(file.read_bytes())
    except Undecodable as problem:
        raise UsageError(
            f"{file}: {problem.said}; give a file that is none yet, or remove this one"
        ) from problem
    for kind, items in content.items():
        for item in items if isinstance(items, list) else [items]:
            if not _is_written(kind, item):
                name = f" {item['name']!r}" if isinstance(item, dict) and "name" in item else ""
                raise UsageError(
                    f"{file}: holds the [[{kind}]]{name}, which import-readme does not write and would "
                    "overwrite; give another file, or move that entry to one of its own"
                )


def _is_written(kind: str, item: Any) -> bool:
    """Whether an entry is one that an import writes."""
    return kind in _WRITTEN and isinstance(item, dict) and (kind != "model" or set(item) == _NAME_ALONE)
