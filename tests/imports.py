"""The chapters of the library, and every import in the repository's trees, read from the source.

`tests/test_import_directions.py` holds them to their order; `tests/draw_chapters.py` draws them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TREES = ("suites", "fixtures", "harness", "reports", "training")

# The chapters of harness/, in order: each imports from those above it and from no other. A chapter without a
# place here fails; "harness" itself holds the version.
CHAPTERS = (
    "harness", "errors", "records", "decoding", "hashing", "arrays", "files", "domain", "setting",
    "tasks", "tools", "machine", "models", "artifacts", "toolchains", "tables", "verdicts", "store",
    "documents", "drafting", "timing", "running", "conformance", "kinds", "other_machines", "comparing",
    "cli", "__main__",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported name: where, of which module, and whether it happens when the module is loaded."""

    importer: str
    imported: str
    line: int
    at_load: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"

    @property
    def tree(self) -> str:
        """The first part of the imported name."""
        return self.imported.partition(".")[0]


def modules() -> dict[str, Path]:
    """Every module of the repository's trees by its dotted name."""
    found = {}
    for tree in TREES:
        for path in sorted((ROOT / tree).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(name: str, source: str) -> Iterator[Import]:
    """Every import of a module, wherever in it; a submodule that is imported by name is itself meant."""

    def walk(node: ast.AST, at_load: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(importer=name, imported=alias.name, line=node.lineno, at_load=at_load)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}:{node.lineno}: a relative import; spell the whole name"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                target = whole if whole in MODULES else str(node.module)
                yield Import(importer=name, imported=target, line=node.lineno, at_load=at_load)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                yield from walk(child, False)
            for child in node.orelse:
                yield from walk(child, at_load)
        else:
            deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                yield from walk(child, at_load and not deferred)

    yield from walk(ast.parse(source), True)


IMPORTS = [item for name, path in MODULES.items() for item in imports(name, path.read_text(encoding="utf-8"))]


def of(tree: str) -> list[Import]:
    """The imports in a tree's own modules."""
    return [item for item in IMPORTS if item.importer.partition(".")[0] == tree]


def part(module: str) -> str:
    """``harness.store.schema`` belongs to ``store``; ``harness`` is itself."""
    _, _, inside = module.partition(".")
    return inside.partition(".")[0] or "harness"
