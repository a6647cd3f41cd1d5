"""`zoocheck report`: render the store again, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import catalog
from harness.cli.output import Json, print_json
from harness.errors import UsageError
from harness.home import Home


def report(
    run: Annotated[str | None, typer.Option(help="The run to render (default: the latest).")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="The latest result of every case, from all runs.")
    ] = False,
    results: Annotated[str | None, typer.Option(help="Results store, a database URL.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("build/report"),
    as_json: Json = False,
) -> None:
    """Render results as Markdown tables and one HTML page, and print the table of verdicts."""
    from rich.console import Console

    from harness.records import to_json
    from harness.store import Store
    from reports.files import write
    from reports.terminal import counts_line, verdict_table

    store = Store(results or Home.locate().results)
    chosen = None if everything else run or store.latest_run()
    found = store.results(run=chosen, latest=everything)
    if not found:
        known = ", ".join(item.id for item in store.runs()) or "none yet"
        raise UsageError(f"no results of run {chosen!r}; runs: {known}", remedy="run `pytest suites/` first")
    store.close()
    written = write(catalog.load(), found, out)
    if as_json:
        print_json([to_json(result) for result in found])
        return
    Console().print(verdict_table(found))
    typer.echo(counts_line(found))
    typer.echo(f"report: {written.html} and {written.markdown}")
