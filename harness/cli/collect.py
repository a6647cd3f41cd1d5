"""`zoocheck collect`: a bundle that came back from the card's machine: checked, scored, recorded."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import Json, console_for_tables, print_json
from harness.cli.parameters import Results, RunId
from harness.errors import NotThere
from harness.running.progress import Progress, Silent
from harness.setting.home import Home
from harness.tables import catalog

if TYPE_CHECKING:
    from harness.domain.catalog import Catalog
    from harness.other_machines.bundles.collecting import Collected
    from harness.store.results import Store

FALLS_SHORT_STATUS, MACHINE_STATUS = 1, 6
_UNPROVED = "nothing says that these logs are as their tools wrote them: who files them says so"


def collect(
    bundle: Annotated[
        Path,
        typer.Argument(help="The bundle's folder, or a .tar.gz of it; or a folder of logs and logs.toml."),
    ],
    results: Results = None,
    run_id: RunId = None,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("build/report"),
    as_json: Json = False,
) -> None:
    """Score and time what `run.sh` of a bundle left, with origin `imported`, and render the report.

    A folder with a `logs.toml` holds tools' logs alone, each of which is judged as import-log judges it.
    The status is a run's: 0 where every verdict is good, 1 where one falls short, 6 where only the card's
    machine failed.
    """
    from harness.records import to_json
    from harness.store.results import Store
    from reports.files import write

    tables, home = catalog.load(), Home.locate()
    home.require_writable()
    store = Store(results or home.results)
    run = run_id or time.strftime("%Y%m%dT%H%M%SZ-bundle", time.gmtime())
    try:
        progress = Silent() if as_json else Progress()
        found = _collected(bundle, tables, home, store, run, progress)
        recorded = store.results(run=run)
    finally:
        store.close()
    written = write(tables, recorded, out, not_run=())
    if as_json:
        print_json(
            {"run": run, "simulated": found.simulated, "faults": dict(found.faults),
             "unproved": found.unproved,
             "results": [to_json(item) for item in found.results],
             "html": str(written.html), "markdown": str(written.markdown)}
        )  # fmt: skip
    else:
        _print(found)
        typer.echo(f"report: {written.html} and {written.markdown}")
    if found.bad:
        raise typer.Exit(MACHINE_STATUS if found.machine_only else FALLS_SHORT_STATUS)


def _print(found: Collected) -> None:
    """Files that are not as they were written; then each verdict, and the counts."""
    from reports.terminal import counts_line, documented_line, verdict_table

    if found.unproved:
        typer.echo(f"zoocheck: {found.unproved}", err=True)
    for name, why in found.faults.items():
        typer.echo(f"zoocheck: {name}: {why}", err=True)
    console_for_tables().print(verdict_table(found.results))
    for item in found.results:
        if item.verdict is not None:
            typer.echo(f"{item.verdict.kind}: {item.verdict.message}")
    typer.echo(counts_line(found.results))
    typer.echo(documented_line(found.results))


def _collected(
    bundle: Path, tables: Catalog, home: Home, store: Store, run: str, progress: Progress
) -> Collected:
    from harness.other_machines import folders
    from harness.other_machines.bundles import archive
    from harness.other_machines.bundles.collecting import Collected, Collector

    if (bundle / folders.NAME).is_file():
        logs = folders.read(tables, bundle)
        filed = folders.file(tables, logs, store, run)
        simulated = any(log.simulated for log in logs)
        return Collected(results=filed, faults={}, simulated=simulated, unproved=_UNPROVED)
    collector = Collector(tables, home, store, run, progress)
    if bundle.is_dir():
        return collector.collect(bundle)
    if not bundle.is_file():
        raise NotThere(
            f"{bundle}: no such folder or archive", remedy="name the folder or the .tar.gz that came back"
        )
    with tempfile.TemporaryDirectory(prefix="zoocheck-bundle-") as folder:
        return collector.collect(archive.unpack(bundle, Path(folder)))
