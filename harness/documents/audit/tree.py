"""One README or a whole tree of them, audited file by file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.documents.audit.accuracies import Count, reconstructed
from harness.documents.audit.findings import Finding, Rule, Severity
from harness.documents.audit.rules import audit
from harness.documents.readme import blocks
from harness.documents.readme.reading import Note
from harness.documents.readme.understand import understand
from harness.domain.catalog import Catalog
from harness.errors import BadInput, UsageError

READABLE = "readable"  # the rule that a file is text at all
_SUFFIXES = (".md", ".markdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What came of one README: findings, the counts behind its accuracies, and what was not read."""

    file: str
    model: str | None
    findings: tuple[Finding, ...]
    counts: tuple[Count, ...]
    unread: tuple[Note, ...]


def readmes(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Every README, with the name findings call it by: a file as it is given, of a folder all markdown in it.

    Raises `UsageError` for a path that is not there, or a folder without markdown.
    """
    for path in paths:
        if path.is_dir():
            found = sorted(item for item in path.rglob("*") if _is_readme(item, path))
            if not found:
                raise UsageError(
                    f"{path}: no markdown file in this folder or below; give a README or its folder"
                )
            yield from ((item, str(item)) for item in found)
        elif path.is_file():
            yield path, str(path)
        else:
            raise UsageError(f"{path}: no such file or folder; give a README or a folder of them")


def _is_readme(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") or part == "node_modules" for part in path.relative_to(root).parts)
    return path.suffix.lower() in _SUFFIXES and not hidden and path.is_file()


def audit_files(files: Iterable[tuple[Path, str]], catalog: Catalog, rules: Sequence[Rule]) -> list[Audited]:
    """Each README held against itself. One that cannot be read is a finding, not the end of it."""
    return [_audited(path, shown, catalog, rules) for path, shown in files]


def _audited(path: Path, shown: str, catalog: Catalog, rules: Sequence[Rule]) -> Audited:
    try:
        reading = understand(blocks.read(path, shown), catalog)
    except (BadInput, OSError) as problem:
        line = problem.line if isinstance(problem, BadInput) and problem.line else 1
        said = str(problem) if isinstance(problem, BadInput) else problem.strerror or str(problem)
        finding = Finding(
            rule=READABLE, severity=Severity.ERROR, file=shown, line=line, sentence=said, numbers={}
        )
        return Audited(file=shown, model=None, findings=(finding,), counts=(), unread=())
    return Audited(
        file=shown,
        model=None if reading.model is None else reading.model.name,
        findings=audit(reading, rules),
        counts=tuple(reconstructed(reading)),
        unread=reading.unread,
    )
