"""Tables that are damaged, and keys that no table has, at every place of the built-in ones: each is told."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from mutating import COUNT, held, mutations
from test_catalog import GOOD

from harness.domain.catalog import Catalog
from harness.errors import TableErrors
from harness.tables.catalog import _KINDS, BUILT_IN, load
from harness.tables.validation import dotted, read_record

FILES = sorted(path.relative_to(BUILT_IN) for path in BUILT_IN.rglob("*.toml"))

# Tables that may be left out, beside the small zoo's.
MORE = """
[[word]]
means = "model"
value = "toy"
spelled = ["toy-lite"]

[[gap]]
case = "toy-toychip-bs1"
kind = "accuracy"
verdict = "falls-short"
since = "2026-01-01"
until = "2026-12-31"
least = 80.5
reason = "the toy is worn out"
"""
Place = tuple[str | int, ...]


def tables(value: Any, place: Place = ()) -> Iterator[Place]:
    """The place of every table within a value, itself first."""
    if isinstance(value, dict):
        yield place
        for key, item in value.items():
            yield from tables(item, (*place, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from tables(item, (*place, at))


def entries() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """File, kind and entry of everything in the built-in tables."""
    for file in FILES:
        for kind, items in tomllib.loads((BUILT_IN / file).read_text(encoding="utf-8")).items():
            for item in items:
                yield str(file), kind, item


def records_within(kind: type, seen: set[type]) -> set[type]:
    """Every record that one of `kind` may hold, itself among them."""

    def held_by(hint: Any) -> Iterator[type]:
        if is_dataclass(hint) and isinstance(hint, type):
            yield hint
        for inner in get_args(hint):
            yield from held_by(inner)

    if kind not in seen:
        seen.add(kind)
        for hint in get_type_hints(kind).values():
            for inner in held_by(hint):
                records_within(inner, seen)
    return seen


def test_every_record_of_a_table_refuses_keys_that_it_does_not_know():
    kinds = {record for kind in _KINDS.values() for record in records_within(kind, set())}
    assert [
        kind.__name__ for kind in kinds if kind.__dict__.get("__pydantic_config__") != {"extra": "forbid"}
    ] == []


def test_an_unknown_key_is_told_in_every_table_of_the_built_in_files():
    """At its place, with the keys that there are: below one that may be left out, too."""
    told: set[tuple[str, str]] = set()
    for file, kind, item in entries():
        for place in tables(item):
            signature = (kind, ".".join(str(part) for part in place if isinstance(part, str)))
            if signature in told or signature == ("dataset", "counts"):  # whose keys are the author's
                continue
            told.add(signature)
            changed = copy.deepcopy(item)
            table = changed
            for part in place:
                table = table[part]
            table["unheard_of"] = 7
            _, faults = read_record(_KINDS[kind], changed)
            [(where, found, expected)] = faults
            assert (dotted(where), found) == (dotted((*place, "unheard_of")), "7"), file
            assert expected.startswith("no such key, but "), file
            assert set(table) - {"unheard_of"} <= set(expected.removeprefix("no such key, but ").split(", "))
    assert ("model", "deployments.ascend") in told
    assert ("model", "parity.largest") in told


@pytest.mark.parametrize(
    "value",
    ["[1]", "{ a = 1 }", '"x"', "1.5", "true", "-1", "9" * 30, "1e400", "nan", "2026-11-29", "[[[]]]"],
)
def test_another_type_is_told_in_every_place_of_the_built_in_files(value: str):
    """Each value of each entry, once a path, in the place of what stands there."""
    wrong = tomllib.loads(f"x = {value}")["x"]
    seen: set[tuple[str, str]] = set()
    for file, kind, item in entries():
        for place in tables(item):
            for key in list(_at(item, place)):
                signature = (kind, ".".join(str(part) for part in (*place, key) if isinstance(part, str)))
                if signature not in seen:
                    seen.add(signature)
                    changed = copy.deepcopy(item)
                    _at(changed, place)[key] = wrong
                    record, faults = read_record(_KINDS[kind], changed)
                    assert record is not None or faults, (file, signature)
                    assert all(where[: len(place)] == place for where, _, _ in faults), (
                        file,
                        signature,
                        faults,
                    )


def _at(item: Any, place: Place) -> Any:
    for part in place:
        item = item[part]
    return item


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        pytest.param("[[model]]\nlength = " + "9" * 30, "(file)", "an integer beyond 64 bits", id="bits"),
        pytest.param(
            "[[model]]\nlength = " + "9" * 5000, "(file)", "a number of thousands of digits", id="digits"
        ),
        pytest.param(
            f"[[model]]\nname = {'[' * 900}{']' * 900}", "(file)", "nested deeper than 64", id="lists"
        ),
        pytest.param(f"[[model]]\n{'a.' * 3000}a = 1", "(file)", "nested deeper than 64", id="keys"),
    ],
)
def test_what_no_table_can_hold_is_told(tmp_path: Path, text: str, path: str, found: str):
    (tmp_path / "deep.toml").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(TableErrors) as caught:
        load((tmp_path,))
    mistake = next(item for item in caught.value.mistakes if item.path == path)
    assert found in mistake.found
    assert mistake.file == str(tmp_path / "deep.toml")


NAMED = {"model": "models", "chip": "chips", "dataset": "datasets", "document": "documents"}


def require_what_stands_there(found: Catalog, good: Catalog, damaged: bytes, content: bytes) -> None:
    """Each entry of a damaged file is in the catalog with its own texts and numbers, as TOML's own reader has
    them; one that the damage did not touch is the record that it was."""
    now, before = (tomllib.loads(text.decode("utf-8")) for text in (damaged, content))
    for kind, where in NAMED.items():
        records, sound = getattr(found, where), getattr(good, where)
        for entry in now.get(kind, []):
            alone = kind == "model" and set(entry) <= {"name", "title", "document"}
            record = (found.names if alone else records)[entry["name"]]
            for key, value in entry.items():
                if isinstance(value, str | bool | int) and type(getattr(record, key, None)) is type(value):
                    assert getattr(record, key) == value, (kind, entry["name"], key)
            if entry in before.get(kind, []):
                assert record == sound[entry["name"]], (kind, entry["name"])


@pytest.mark.parametrize("which", ["a small zoo", "the built-in tables"])
def test_damaged_tables_are_told_or_read(tmp_path: Path, which: str):
    """What is read of a damaged file is what stands in it; of the built-in ones a tenth as many, in turn."""
    folder = tmp_path / "tables"
    if which == "a small zoo":
        contents, count = {Path("zoo.toml"): (GOOD + MORE).encode()}, COUNT
    else:
        contents, count = {file: (BUILT_IN / file).read_bytes() for file in FILES}, COUNT // 10
    for file, content in contents.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
    sound = load((folder,))
    good = 0
    for file, content in contents.items():
        for number, damaged in enumerate(mutations(content, -(-count // len(contents)))):
            (folder / file).write_bytes(damaged)
            found = held(lambda: load((folder,)), f"{file}, mutation {number}")
            if found is not None:
                require_what_stands_there(found, sound, damaged, content)
                good += 1
        (folder / file).write_bytes(content)
    assert 0 < good < count


def test_faults_are_told_in_characters_that_json_takes():
    """A fault ends in ``--json``."""
    _, faults = read_record(_KINDS["chip"], {"name": "\u2028", "more": [1]})
    assert json.dumps([[*map(str, place), found, expected] for place, found, expected in faults])
