"""What of zoocheck's own code decides an artifact or a kept output: found by its imports, told by a hash.

Nobody keeps a list. Whoever makes a key names where the work begins, and everything of `harness` that is
imported from there, wherever in a module and however far away, is part of it: the network's head, the loading
of weights, the steps of a graph, the backend. A backend starts scripts by their names (`toolchains/workers`):
those that a module of it names are part of it, and what they import from their own folder. Only the dynamic
imports of tasks, layouts and data sets are not seen; the features that they make are in every key themselves.

A module counts by what it does: comments, docstrings and layout change no key. Nor does the version of
zoocheck, which is all that `harness` itself holds. Nothing is imported, and each file is read once a process.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.errors import ArtifactError

# Raised by hand where content changes and no module shows it: what a kept file holds, for instance.
SCHEMA = 1

ROOT = Path(__file__).resolve().parents[2]  # the folder that holds `harness`
_PACKAGE = "harness"
_SCRIPTS = "harness.toolchains.workers"  # scripts that vendors' interpreters start by path
_STARTS_SCRIPTS = "harness.toolchains.worker_session"  # whoever imports this may start them
_SCRIPT = re.compile(r"(\w+)(\.py)?")  # how they are named


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """A module's source: the SHA-256 of what it does, what it imports, strings that may name a script."""

    digest: str
    imports: frozenset[str]
    strings: frozenset[str]


def of(*begin: str) -> dict[str, str | int]:
    """What a key says of the code that is reached from the modules `begin`; raises as `closure`."""
    return {"schema": SCHEMA, "sha256": _sha256(ROOT, begin)}


def modules_of(thing: object) -> tuple[str, ...]:
    """The modules of `harness` that the class of `thing` and its bases are written in."""
    names = dict.fromkeys(base.__module__ for base in type(thing).__mro__)
    return tuple(name for name in names if name.startswith(f"{_PACKAGE}."))


def closure(root: Path, begin: tuple[str, ...]) -> tuple[str, ...]:
    """Every module of the tree under `root` that is reached from `begin`, in the order of names.

    Raises `ArtifactError` where one of `begin` is not there.
    """
    found: set[str] = set()
    left = list(begin)
    while left:
        name = left.pop()
        if name in found:
            continue
        module = _module(root, name)
        if module is None:
            if name in begin:
                raise ArtifactError(
                    f"{root}: has no source of {name}, which decides what is kept",
                    remedy="install zoocheck with its .py files",
                )
            continue
        found.add(name)
        left += _reached(name, module)
    return tuple(sorted(found))


@cache
def _sha256(root: Path, begin: tuple[str, ...]) -> str:
    whole = hashlib.sha256()
    for name in closure(root, begin):
        module = _module(root, name)
        assert module is not None
        whole.update(f"{name} {module.digest}\n".encode())
    return whole.hexdigest()


def _reached(name: str, module: _Module) -> Iterator[str]:
    """What a module leads to: what it imports, the packages that it lies in, scripts that it names."""
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(2, len(parts)))
    yield from (imported for imported in module.imports if imported.startswith(f"{_PACKAGE}."))
    if name.startswith(f"{_SCRIPTS}."):
        yield from (f"{_SCRIPTS}.{imported}" for imported in module.imports)
    if _STARTS_SCRIPTS in module.imports:
        yield from (f"{_SCRIPTS}.{said.removesuffix('.py')}" for said in module.strings)


def _module(root: Path, name: str) -> _Module | None:
    """The module or package `name` of the tree under `root`; None where there is none."""
    place = root.joinpath(*name.split("."))
    for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
        if path.is_file():
            return _read(path.read_bytes())
    return None


@cache
def _read(source: bytes) -> _Module:
    tree = ast.parse(source)
    imports = frozenset(_imports(tree))
    strings = frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SCRIPT.fullmatch(node.value)
    )
    _without_docstrings(tree)
    digest = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    return _Module(digest=digest, imports=imports, strings=strings)


def _imports(tree: ast.Module) -> Iterator[str]:
    """Every imported name, at load or later, but for those of annotations alone; of ``from`` both ways."""
    left: list[ast.AST] = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            left += node.orelse
        else:
            left += ast.iter_child_nodes(node)


def _without_docstrings(tree: ast.Module) -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
