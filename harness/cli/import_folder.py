"""`zoocheck import-readme FOLDER`: every README below it, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli.many import processes, told_when_interrupted
from harness.cli.output import counted, print_json, say
from harness.errors import UsageError
from harness.tables import catalog

if TYPE_CHECKING:
    from harness.documents.import_many import Entry


def import_folder(
    folder: Path, out: Path | None, *, repository: str, jobs: int | None, as_json: bool
) -> bool:
    """Write the tables of every README below `folder` to `out`; whether all that have results are written.

    Raises `UsageError` where `out` is no folder to write to.
    """
    from harness.documents.import_many import import_files
    from harness.documents.many import readmes

    if out is None:
        raise UsageError(f"{folder}: a folder; say with --out FOLDER where its tables go, a file a README")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a file, and {folder} is a folder: give --out a folder")
    files = readmes([folder])
    with told_when_interrupted():
        entries = import_files(files, catalog.load(), out, repository=repository, jobs=processes(jobs))
    if as_json:
        print_json(_as_json(entries, out))
    else:
        _tell(entries, out)
    return all(entry.outcome.is_good for entry in entries)


def _tell(entries: Sequence[Entry], out: Path) -> None:
    """What was not read on standard error, as of one README; on standard output a line a README."""
    for entry in entries:
        for what, notes in (("assumed", entry.assumed), ("not read", entry.unread)):
            for note in notes:
                say(f"{entry.file}:{max(note.line, 1)}: {what}: {note.what}: {note.why}", err=True)
        for mistake in entry.mistakes:
            say(f"{entry.file}: the catalog does not take it: {mistake}", err=True)
    for entry in entries:
        say(f"{entry.file}: {_became(entry, out)}")
    say(_counted(entries, out))


def _became(entry: Entry, out: Path) -> str:
    """What became of one README, in words."""
    from harness.documents.import_many import Outcome

    unread = f"{counted(len(entry.unread), 'thing')} not read"
    tables = f"{counted(entry.tables, 'table')} with {counted(entry.values, 'value')}"
    match entry.outcome:
        case Outcome.WRITTEN:
            return f"{tables} in {out / entry.name}, {unread}"
        case Outcome.NO_RESULTS:
            return f"no results in its tables and blocks, so nothing to write; {unread}"
        case Outcome.REFUSED:
            return f"{tables}, not written: the catalog refuses them, {entry.mistakes[0]}"
        case Outcome.UNREADABLE:
            return f"not read: {entry.unread[0].why}"


def _counted(entries: Sequence[Entry], out: Path) -> str:
    """How many READMEs there are of each outcome, and the values written."""
    from harness.documents.import_many import Outcome

    became = Counter(entry.outcome for entry in entries)
    said = ", ".join(f"{became[outcome]} {outcome}" for outcome in Outcome if became[outcome])
    values = sum(entry.values for entry in entries if entry.outcome is Outcome.WRITTEN)
    return f"{counted(len(entries), 'README')}: {said}; {counted(values, 'value')} in {out}"


def _as_json(entries: Sequence[Entry], out: Path) -> dict[str, Any]:
    from harness.documents.import_many import Outcome

    became = Counter(entry.outcome for entry in entries)
    return {
        "counts": {str(outcome): became[outcome] for outcome in Outcome},
        "files": [
            {
                "file": entry.file,
                "outcome": entry.outcome,
                "document": entry.document or None,
                "model": entry.model or None,
                "runs": entry.runs,
                "written": str(out / entry.name) if entry.outcome is Outcome.WRITTEN else None,
                "tables": entry.tables,
                "values": entry.values,
                "unread": [{"line": note.line, "what": note.what, "why": note.why} for note in entry.unread],
                "assumed": [
                    {"line": note.line, "what": note.what, "why": note.why} for note in entry.assumed
                ],
                "mistakes": [str(mistake) for mistake in entry.mistakes],
            }
            for entry in entries
        ],
    }
