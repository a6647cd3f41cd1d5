"""`zoocheck import-readme`: a README's tables as reference tables, and what could not be read."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.import_folder import import_folder
from harness.cli.many import Jobs
from harness.cli.output import Json, counted, print_json, say
from harness.tables import catalog

if TYPE_CHECKING:
    from harness.documents.importing import Imported
    from harness.documents.readme.reading import Note, Reading

NOT_WHOLE_STATUS = 1


def import_readme(
    readme: Annotated[
        Path, typer.Argument(help="A README of a model zoo, in markdown, or a folder of them.")
    ],
    model: Annotated[
        str | None,
        typer.Option(help="The model it is about, known or new (default: by words, else as the document)."),
    ] = None,
    document: Annotated[str, typer.Option(help="What to call the document (default: its file's name).")] = "",
    repository: Annotated[str, typer.Option(help="The zoo it is of, as Ascend/ModelZoo-PyTorch.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the tables there: of a folder, a file a README in a folder.")
    ] = None,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:
    """Write a README's result tables as TOML, every value with its row and column; tell what was not read.

    A model that is in no table is written as a name: its values are claims until a [[model]] says what it is.
    The status is 1 where there is nothing to write, or the catalog does not take it; of a folder,
    where the results of some README could not be written.
    """
    from harness.documents.importing import import_reading
    from harness.documents.readme.blocks import read
    from harness.documents.readme.understand import understand
    from harness.documents.taking import require_ours
    from harness.documents.toml_text import put
    from harness.errors import UsageError

    if readme.is_dir():
        if model or document:
            raise UsageError(f"{readme}: a folder; --model and --document are of one README, so give that")
        if not import_folder(readme, out, repository=repository, jobs=jobs, as_json=as_json):
            raise typer.Exit(NOT_WHOLE_STATUS)
        return
    if not readme.is_file():
        raise UsageError(f"{readme}: no such file or folder; give a README or a folder of them")
    tables = catalog.load()
    if out is not None:
        require_ours(out)
    reading = understand(read(readme), tables, model or "")
    imported = import_reading(reading, document=document, repository=repository, out=out)
    if out is not None and imported.toml:
        put(out, imported.toml)
    if as_json:
        print_json(_as_json(reading, imported))
    else:
        if out is None and imported.toml:
            typer.echo(imported.toml)
        _tell(reading, imported, out)
    if not imported.whole:
        raise typer.Exit(NOT_WHOLE_STATUS)


def _tell(reading: Reading, imported: Imported, out: Path | None) -> None:
    """What was and was not read, on standard error: standard output is the tables."""
    file = reading.readme.shown
    for note in imported.assumed:
        say(f"{file}:{max(note.line, 1)}: assumed: {note.what}: {note.why}", err=True)
    for note in imported.unread:
        say(f"{file}:{max(note.line, 1)}: not read: {note.what}: {note.why}", err=True)
    for mistake in imported.mistakes:
        say(f"the catalog does not take it: {mistake}", err=True)
    if imported.whole and imported.model not in reading.catalog.models:
        say(_claims(reading, imported), err=True)
    where = f" in {out}" if out is not None and imported.toml else ""
    say(
        f"{counted(len(imported.tables), 'table')} with {counted(imported.numbers, 'value')}{where}, "
        f"{counted(len(imported.unread), 'thing')} not read",
        err=True,
    )


def _claims(reading: Reading, imported: Imported) -> str:
    """That nothing of the model runs yet, and which known one may have been meant."""
    close = get_close_matches(imported.model, list(reading.catalog.models), n=1, cutoff=0.8)
    meant = f" (was {close[0]} meant?)" if close else ""
    return (
        f"{imported.model} is only a name{meant}: its values are claims until a [[model]] of that name says "
        "what it is; docs/adding-a-model.md shows one"
    )


def _as_json(reading: Reading, imported: Imported) -> dict[str, Any]:
    return {
        "document": imported.document,
        "model": imported.model or None,
        "runs": reading.model is not None,
        "tables": [
            {
                "name": table.name,
                "line": table.line,
                "values": [
                    {
                        "line": value.line,
                        "row": value.label,
                        "column": value.header,
                        "cell": value.text,
                        "printed": None if value.number is None else value.number.printed,
                        "meaning": {key: _plain(item) for key, item in value.meaning.items()},
                    }
                    for value in table.values
                ],
            }
            for table in reading.tables
        ],
        "other_tables": list(reading.others),
        "unread": _notes(imported.unread),
        "assumed": _notes(imported.assumed),
        "mistakes": [str(mistake) for mistake in imported.mistakes],
        "toml": imported.toml,
    }


def _plain(item: Any) -> Any:
    return list(item) if isinstance(item, tuple) else item


def _notes(notes: tuple[Note, ...]) -> list[dict[str, Any]]:
    return [{"line": note.line, "what": note.what, "why": note.why} for note in notes]
