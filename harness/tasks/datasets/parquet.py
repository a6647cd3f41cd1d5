"""Parquet as the Hugging Face hub has data sets; only where ``pyarrow`` is installed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness.decoding import Undecodable, json_object
from harness.domain.datasets import Examples
from harness.domain.strict import STRICT
from harness.errors import BadInput, NotThere
from harness.tasks.datasets import Dataset, rows
from harness.tasks.datasets.examples import Columns, example
from harness.tasks.lines import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Columns):
    """Which columns an example is made of. Names of labels that the file itself has need not be told."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT


def gives(options: Options) -> Examples:
    """What the examples are."""
    return options.gives


def read(path: Path, *, expected: int | None, options: Options) -> Dataset[Any]:
    """Every row of `path`, in file order; `expected` is how many there have to be, None for any.

    What a number of a label means is taken from the file's own ``ClassLabel``, unless the table says it.
    Raises `NotThere` for a missing file and without pyarrow; `BadInput` for a file that is no parquet, one
    without the columns, a row that is no example, and a count other than `expected`.
    """
    if not path.is_file():
        raise NotThere(f"{path}: no such file", remedy=rows.REMEDY)
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise NotThere(
            f"{path}: parquet is read by pyarrow, which is not installed",
            remedy="pip install 'zoocheck[parquet]', or give the data as jsonl",
        ) from None
    wanted = [name for name in _columns(options) if name]
    try:
        schema = parquet.read_schema(path)
        missing = [name for name in wanted if name not in schema.names]
        if missing:
            there = ", ".join(map(shown, schema.names))
            raise BadInput(f"found {there}, expected {', '.join(missing)}", path=path, remedy=rows.REMEDY)
        listed = parquet.read_table(path, columns=wanted).to_pylist()
    except (ArrowException, OSError, ValueError) as problem:
        raise BadInput(f"no parquet that can be read ({problem})", path=path, remedy=rows.REMEDY) from problem
    names = _names(dict(schema.metadata or {}), options.label or options.tags)

    def made(row: Mapping[str, Any], number: int) -> Any:
        return example(row, options, number, names)

    examples = rows.gather(list(enumerate(listed, start=1)), made, path=path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return rows.dataset(
        "parquet", path, sha256, examples, expected=expected, last=len(listed), rows=len(listed)
    )


def _columns(options: Options) -> tuple[str, ...]:
    return (
        options.text, options.pair, options.label, options.words, options.tags,
        options.question, options.context, options.answers, options.id,
    )  # fmt: skip


def _names(metadata: Mapping[bytes, bytes], column: str) -> tuple[str, ...]:
    """The names that the hub's own description of the columns gives a label's numbers; empty without."""
    try:
        told = json_object(metadata.get(b"huggingface", b"{}"))
    except Undecodable:
        return ()
    found: Any = told
    for key in ("info", "features", column):
        found = found.get(key, {}) if isinstance(found, Mapping) else {}
    if isinstance(found, Mapping):
        found = found.get("feature", found)
    names = found.get("names") if isinstance(found, Mapping) else None
    sound = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if sound and names else ()
