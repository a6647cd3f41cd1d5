"""`zoocheck report`: render the store again, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import formats
from harness.cli.formats import Format
from harness.cli.output import Json, console_for_tables, print_json
from harness.cli.parameters import Results
from harness.errors import UsageError
from harness.setting.home import Home
from harness.store import notrun
from harness.tables import catalog

if TYPE_CHECKING:
    from harness.store.briefs import Kept
    from harness.store.notrun import NotRun
    from harness.store.results import Result, Store
    from reports.language import Language

FOLDER = Path("build/report")


def report(
    run: Annotated[str | None, typer.Option(help="The run to render (default: the latest).")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="The latest result of every case, from all runs.")
    ] = False,
    results: Results = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report; another format's file (default: printed).")
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="The report, JSON, its schema, or a model card's metadata.")
    ] = Format.REPORT,
    model: Annotated[str | None, typer.Option(help="For --format model-index: the model.")] = None,
    case: Annotated[str | None, typer.Option(help="For --format model-index: one case.")] = None,
    lang: Annotated[
        str | None, typer.Option(help="zh or en (default: en; of a README's tables, the README's own).")
    ] = None,
    update: Annotated[
        Path | None,
        typer.Option(
            help="Replace the marked blocks of this README, and write no report.", exists=True, dir_okay=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Render results as Markdown tables and one HTML page, and print the table of verdicts."""
    from harness.store.results import Store
    from reports.absent import still_missing
    from reports.terminal import unjudged_line

    if everything and run is not None:
        raise UsageError("--run and --all exclude each other; give one of the two")
    _check(form, as_json, model, case, update)
    language = _language(lang)
    if form is Format.JSON_SCHEMA:
        return formats.deliver(formats.schema_text(), out)
    home = Home.locate()
    store = Store(results or home.results, existing=True)
    try:
        found = _select(store, run, everything, home.runs)
        if update is not None:
            return _update(update, list(found), language, as_json)
        recorded = notrun.load_all(home.runs) if everything else notrun.load(home.runs, found.briefs[0].run)
        missing = still_missing(recorded, found)
        if form is Format.REPORT:
            return _render(store, found, missing, language, out or FOLDER, as_json)
        if unjudged := unjudged_line(found):
            typer.echo(f"zoocheck: {unjudged}", err=True)
        if form is Format.JSON:
            return formats.deliver(formats.results_text(found, missing), out)
        return formats.deliver(formats.card_text(catalog.load(), list(found), model, case), out)
    finally:
        store.close()


def _check(form: Format, as_json: bool, model: str | None, case: str | None, update: Path | None) -> None:
    """Raise `UsageError` for options that do not go together."""
    if as_json and form is not Format.REPORT:
        raise UsageError(f"--json and --format {form} exclude each other; give one of the two")
    if (model or case) and form is not Format.MODEL_INDEX:
        raise UsageError("--model and --case choose the results of a model card: add --format model-index")
    if update is not None and form is not Format.REPORT:
        raise UsageError(f"--update and --format {form} exclude each other; give one of the two")


def _language(lang: str | None) -> Language | None:
    from reports.language import Language

    if lang is None:
        return None
    if lang not in list(Language):
        raise UsageError(f"--lang {lang}: no such language", remedy="choose zh or en")
    return Language(lang)


def _render(
    store: Store,
    found: Kept,
    missing: tuple[NotRun, ...],
    language: Language | None,
    out: Path,
    as_json: bool,
) -> None:
    """Write the report, and print the table of verdicts."""
    from harness.records import to_json
    from reports.absent import terminal_line
    from reports.drawing import DRAWER
    from reports.files import write
    from reports.language import Language
    from reports.page import RESULTS_FILE, select
    from reports.terminal import counts_line, documented_line, not_shown_line, unjudged_line, verdict_table

    DRAWER.begin()
    tables = catalog.load()
    selected = select(found, tables)
    if unjudged := unjudged_line(selected):
        typer.echo(f"zoocheck: {unjudged}", err=True)
    written = write(
        tables, selected, out,
        not_run=missing, history=store.history(), language=language or Language.ENGLISH,
    )  # fmt: skip
    if as_json:
        print_json(
            {"html": str(written.html), "markdown": str(written.markdown),
             "results": [to_json(result) for result in found],
             "not_run": [to_json(item) for item in missing]}
        )  # fmt: skip
        return
    console_for_tables().print(verdict_table(selected))
    if left := not_shown_line(selected, out / RESULTS_FILE):
        typer.echo(left)
    typer.echo(counts_line(selected))
    typer.echo(documented_line(selected))
    if missing:
        typer.echo(terminal_line(missing))
    typer.echo(f"report: {written.html} and {written.markdown}")


def _update(path: Path, found: list[Result], language: Language | None, as_json: bool) -> None:
    """Replace a README's marked blocks, and say of which documents they are."""
    from reports.update import update

    documents = update(path, catalog.load(), found, language)
    if as_json:
        print_json({"readme": str(path), "documents": documents})
    else:
        typer.echo(f"{path}: up to date with the results for {', '.join(documents)}")


def _select(store: Store, run: str | None, everything: bool, skips: Path) -> Kept:
    """The results to render; raises `UsageError` where there are none."""
    from reports.absent import terminal_line

    runs = store.run_ids()
    missing = notrun.load(skips, run) if run is not None and run not in runs else ()
    if missing:
        raise UsageError(f"{store.shown}: run {run!r} measured nothing: {terminal_line(missing)}")
    if not runs:
        raise UsageError(f"{store.shown}: no results yet", remedy="run `pytest suites/` first")
    if run is not None and run not in runs:
        latest = ", ".join(reversed(runs[-5:]))
        raise UsageError(f"{store.shown}: no run is called {run!r}; the latest of {len(runs)}: {latest}")
    return store.latest() if everything else store.of_run(run or runs[-1])
