"""Table files to one catalog of records: every mistake of every file at once, with its dotted path."""

from __future__ import annotations

import datetime
import json
import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from harness.consistency import check
from harness.domain import Catalog, Chip, DatasetSpec, Document, Model, Table
from harness.errors import TableErrors, UsageError
from harness.mistakes import Draft, Entry, listed, show
from harness.tables import expand

BUILT_IN = Path(__file__).resolve().parents[1] / "fixtures" / "tables"

# The top-level names a table file may hold, and the record each entry becomes.
_KINDS: Mapping[str, type] = {
    "model": Model,
    "chip": Chip,
    "dataset": DatasetSpec,
    "document": Document,
    "table": Table,
}

# What pydantic's kinds of error mean in the words of a table's author.
_EXPECTED: Mapping[str, str] = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a table",
    "dataclass_type": "a table",
    "dataclass_exact_type": "a table",
}

_Item = TypeVar("_Item")
_Path = tuple[str | int, ...]


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


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.toml"))


def _stamps(folders: Sequence[Path]) -> Iterator[tuple[Path, int, int]]:
    """What changes when a file does: the path, the time of its last change in ns, its size."""
    for folder in folders:
        for file in _files(folder):
            status = file.stat()
            yield file, status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _load(folders: tuple[Path, ...], _stamps: tuple[tuple[Path, int, int], ...]) -> Catalog:
    draft = Draft()
    for folder in folders:
        files = _files(folder)
        if not files:
            found = "no *.toml file" if folder.is_dir() else "no such folder"
            draft.note(str(folder), "(folder)", found, "a folder of tables, *.toml")
        for file in files:
            name = file.relative_to(folder.parent) if folder == BUILT_IN else file
            _read(file, str(name), draft)
    named = check(draft)
    references = tuple(
        reference for entry in draft.entries["table"] for reference in expand(entry, named, draft)
    )
    if draft.mistakes:
        raise TableErrors(draft.mistakes)
    return Catalog(
        models=named["model"],
        chips=named["chip"],
        datasets=named["dataset"],
        documents=named["document"],
        tables=tuple(entry.record for entry in draft.entries["table"]),
        references=references,
        folders=folders,
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
                _validate(key, item, shown, f"{key}[{index}]", draft)


def _headers() -> list[str]:
    return [f"[[{kind}]]" for kind in _KINDS]


def _parse(file: Path, shown: str, draft: Draft) -> dict[str, Any] | None:
    """The file's content, or None when it is no TOML in UTF-8; the mistake's path is the line."""
    data = b""
    try:
        data = file.read_bytes()
        return tomllib.loads(data.decode())
    except OSError as problem:
        draft.note(shown, "(file)", f"a file that cannot be read ({problem.strerror})", "a readable file")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        draft.note(shown, f"line {line}", f"byte 0x{data[problem.start]:02x}", "UTF-8")
    except tomllib.TOMLDecodeError as problem:
        message = str(problem)
        place = re.search(r" \(at line (\d+), column \d+\)$", message)
        line = int(place[1]) if place else data.count(b"\n") + 1
        said = re.sub(r" \(at [^()]*\)$", "", message)
        draft.note(shown, f"line {line}", f"a syntax error ({said})", "TOML 1.0")
    return None


@cache
def _adapter(record: type) -> TypeAdapter[Any]:
    return TypeAdapter(record)


def _validate(kind: str, item: Any, file: str, path: str, draft: Draft) -> None:
    """Validate in JSON mode: strict about types, yet lists become tuples and strings enumerations."""
    before = len(draft.mistakes)
    refused = dict(_unfit(item))
    for place, value in refused.items():
        expected = "a finite number" if isinstance(value, float) else "a string or a number, no date or time"
        draft.note(file, path + _dotted(place), str(value), expected)
    try:
        record = _adapter(_KINDS[kind]).validate_json(json.dumps(item, default=str), strict=True)
    except ValidationError as problem:
        _translate(problem, kind, item, refused, file, path, draft)
    if len(draft.mistakes) == before:
        draft.entries[kind].append(Entry(file=file, path=path, record=record))
    else:
        _refuse(kind, item, draft)


def _refuse(kind: str, item: Any, draft: Draft) -> None:
    """Remember the name of an entry that is not read on, so that naming it is no further mistake."""
    name = item.get("name") if isinstance(item, dict) else None
    if isinstance(name, str):
        draft.refused[kind].add(name)


def _unfit(value: Any, place: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    """The values that TOML has and no record takes: dates, times, ``nan`` and ``inf``."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _unfit(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unfit(item, (*place, index))
    elif isinstance(value, datetime.date | datetime.time) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        yield place, value


def _translate(
    problem: ValidationError,
    kind: str,
    item: Any,
    refused: Mapping[_Path, Any],
    file: str,
    path: str,
    draft: Draft,
) -> None:
    """pydantic's errors as mistakes. Those of one value (each branch of a union) are one mistake."""
    gathered: dict[_Path, tuple[str, list[str]]] = {}
    for error in problem.errors(include_url=False):
        place = _real(error["loc"], item)
        if place in refused:
            continue
        found, expected = _found_expected(error, place, item, kind)
        gathered.setdefault(place, (found, []))[1].append(expected)
    for place, (shown, branches) in gathered.items():
        draft.note(file, path + _dotted(place), shown, " or ".join(dict.fromkeys(branches)))


def _real(location: _Path, item: Any) -> _Path:
    """`location` without the names that pydantic adds to it for the branches of a union."""
    place: list[str | int] = []
    for part in location:
        if isinstance(item, dict):
            item = item.get(part)
        elif isinstance(item, list) and isinstance(part, int):
            item = item[part] if part < len(item) else None
        else:
            continue
        place.append(part)
    return tuple(place)


def _found_expected(error: Mapping[str, Any], place: _Path, item: Any, kind: str) -> tuple[str, str]:
    """What was found, and what was expected, in the words of a table's author."""
    code, context = error["type"], error.get("ctx", {})
    if "missing" in code:
        return "no value", "a value, the key is required"
    found = show(_value(item, place))
    if code in ("unexpected_keyword_argument", "extra_forbidden"):
        return found, f"no such key, but {listed(_keys(_KINDS[kind], place))}"
    if code == "enum":
        return found, f"one of {str(context['expected']).replace(' or ', ', ')}"
    return found, _EXPECTED.get(code, str(error["msg"]).removeprefix("Input should be "))


def _value(item: Any, place: _Path) -> Any:
    for part in place:
        item = item[part]
    return item


def _keys(record: type, place: _Path) -> list[str]:
    """The keys that the table at `place`'s parent may have."""
    hint: Any = record
    for part in place[:-1]:
        hint = get_args(hint)[0] if isinstance(part, int) else get_type_hints(hint)[part]
    return [key for key in get_type_hints(hint) if not key.startswith("_")]


def _dotted(place: _Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
