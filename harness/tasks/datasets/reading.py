"""Which reader a data set has: a module here, or a function of one's own beside the tables.

A reader that is a module here has ``read(path, *, expected)``, ``gives``, and ``Options`` where it has any:
then ``read`` takes them, too. One of one's own is ``module:function`` in a table; the file ``module.py`` lies
in the table's folder. Its code is run when the data is read, and not before.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from harness.domain.datasets import DatasetSpec, Examples
from harness.errors import BadInput
from harness.records import canonical
from harness.tasks import datasets
from harness.tasks.datasets import Dataset, require_counts
from harness.tasks.options import record

OWN = re.compile(r"([A-Za-z_]\w*):([A-Za-z_]\w*)", re.ASCII)  # as a table writes it
_PACKAGE = "harness.tasks.datasets"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReader:
    """A function of one's own: where it stands, and which options it takes."""

    file: Path
    function: str
    options: frozenset[str] | None = None  # None: any
    required: frozenset[str] = frozenset()


def own_reader(reader: str) -> OwnReader | None:
    """The function that ``<folder>/module.py:function`` names; None for a module here.

    Its file is read and not run. Raises `BadInput` for a file that is not there or is no
    Python, and without the function in it.
    """
    if ".py:" not in reader:
        return None
    place, _, function = reader.rpartition(":")
    path = Path(place)
    try:
        tree = ast.parse(path.read_bytes())
    except OSError as problem:
        raise BadInput(f"cannot be read ({problem.strerror})", path=path) from problem
    except (SyntaxError, ValueError) as problem:
        raise BadInput(f"no Python: {problem}", path=path) from problem
    found = next(
        (item for item in tree.body if isinstance(item, ast.FunctionDef) and item.name == function), None
    )
    if found is None:
        raise BadInput(f"found no function {function} in it", path=path)
    return _signature(path, found)


def _signature(path: Path, found: ast.FunctionDef) -> OwnReader:
    """The options are what the function takes behind its first argument, the path."""
    given = found.args
    positional = [*given.posonlyargs, *given.args][1:]
    with_default = len(given.defaults)
    required = {item.arg for item in positional[: max(0, len(positional) - with_default)]}
    required |= {
        item.arg for item, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default is None
    }
    names = {item.arg for item in (*positional, *given.kwonlyargs)}
    return OwnReader(
        file=path, function=found.name, options=None if given.kwarg else frozenset(names),
        required=frozenset(required),
    )  # fmt: skip


@cache
def module(reader: str) -> ModuleType | None:
    """The reader that is a module here; None where there is none of that name."""
    if not reader.isidentifier() or importlib.util.find_spec(f"{_PACKAGE}.{reader}") is None:
        return None
    found = import_module(f"{_PACKAGE}.{reader}")
    return found if hasattr(found, "gives") else None


def names() -> list[str]:
    """The readers that are modules here."""
    return [item.name for item in iter_modules(datasets.__path__) if module(item.name) is not None]


def examples_of(spec: DatasetSpec) -> Examples | None:
    """What the examples of `spec` are; None of a reader of one's own, which nobody knows before it is run."""
    found = module(spec.reader)
    if found is None:
        return None
    kind: Examples = found.gives(options_of(found, spec.options))
    return kind


def options_of(reader: ModuleType, options: Mapping[str, Any]) -> Any:
    """The options as the reader takes them; None for one that has none."""
    kind = getattr(reader, "Options", None)
    return None if kind is None else record(kind, options)


def samples_sha256(spec: DatasetSpec, dataset: Dataset[Any]) -> str | None:
    """SHA-256 of all examples of `dataset`, which is of `spec`: of texts, labels and whatever else they have.

    Options of a table, and code of one's own, make other samples of the very same file. None of a reader that
    has neither, where the file's own SHA-256 says it all.
    """
    found = module(spec.reader)
    if found is not None and not hasattr(found, "Options"):
        return None
    digest = hashlib.sha256()
    for example in dataset.examples:
        digest.update(canonical(example, "example"))
    return digest.hexdigest()


def read(spec: DatasetSpec, path: Path, *, whole: bool) -> Dataset[Any]:
    """The examples of `path`, which is the file of `spec`.

    `whole` says that it has to have the counts of the table. Raises as the reader does,
    and `BadInput` for other counts than those that the table has.
    """
    expected = spec.counts.get("samples") if whole else None
    found = module(spec.reader)
    if found is None:
        from harness.tasks.datasets import own

        dataset: Dataset[Any] = own.read(spec, path, expected=expected)
    elif hasattr(found, "Options"):
        dataset = found.read(path, expected=expected, options=record(found.Options, spec.options))
    else:
        dataset = found.read(path, expected=expected)
    if whole:
        require_counts(dataset, spec.counts)
    return dataset
