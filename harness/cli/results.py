"""`zoocheck report`: render the store again, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import catalog, notrun
from harness.cli.output import Json, console_for_tables, print_json
from harness.errors import UsageError
from harness.home import Home

if TYPE_CHECKING:
    from harness.store import Point, Result
    from reports.language import Language


def report(
    run: Annotated[str | None, typer.Option(help="The run to render (default: the latest).")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="The latest result of every case, from all runs.")
    ] = False,
    results: Annotated[str | None, typer.Option(help="Results store, a database URL.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("build/report"),
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
    from harness.records import to_json
    from reports.absent import still_missing, terminal_line
    from reports.files import write
    from reports.language import Language
    from reports.terminal import counts_line, verdict_table

    if lang is not None and lang not in list(Language):
        raise UsageError(f"--lang {lang}: found no such language", remedy="take zh or en")
    language = None if lang is None else Language(lang)
    if everything and run is not None:
        raise UsageError("--run renders one run, --all the latest of all of them; give one of the two")
    home = Home.locate()
    found, history = _select(results or home.results, run, everything, home.runs)
    if update is not None:
        _update(update, found, language, as_json)
        return
    recorded = notrun.load_all(home.runs) if everything else notrun.load(home.runs, found[0].measurement.run)
    missing = still_missing(recorded, found)
    written = write(
        catalog.load(), found, out, not_run=missing, history=history, language=language or Language.ENGLISH
    )
    if as_json:
        print_json(
            {"html": str(written.html), "markdown": str(written.markdown),
             "results": [to_json(result) for result in found],
             "not_run": [to_json(item) for item in missing]}
        )  # fmt: skip
        return
    console_for_tables().print(verdict_table(found))
    typer.echo(counts_line(found))
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


def _select(url: str, run: str | None, everything: bool, skips: Path) -> tuple[list[Result], list[Point]]:
    """The results to render, and the history of all; raises `UsageError` where there are none."""
    from harness.store import Store
    from reports.absent import terminal_line

    store = Store(url, existing=True)
    try:
        runs = [item.id for item in store.runs()]
        missing = notrun.load(skips, run) if run is not None and run not in runs else ()
        if missing:
            raise UsageError(f"{url}: run {run!r} measured nothing: {terminal_line(missing)}")
        if not runs:
            raise UsageError(f"{url}: no results yet", remedy="run `pytest suites/` first")
        if run is not None and run not in runs:
            latest = ", ".join(reversed(runs[-5:]))
            raise UsageError(f"{url}: no run is called {run!r}; the latest of {len(runs)}: {latest}")
        found = store.results(latest=True) if everything else store.results(run=run or runs[-1])
        return found, store.history()
    finally:
        store.close()
