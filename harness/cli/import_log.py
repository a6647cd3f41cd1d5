"""`zoocheck import-log`: the throughput of a tool's log made on another machine, filed under a case."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.output import Json, print_json
from harness.cli.parameters import Results, RunId
from harness.setting.home import Home
from harness.tables import cases, catalog

if TYPE_CHECKING:
    from harness.other_machines.foreign import ForeignLog
    from harness.store.results import Result


def import_log(
    file: Annotated[Path, typer.Argument(help="What the tool printed, saved as a file.")],
    case: Annotated[str, typer.Option(help="A case, as tinybert-ascend310p-bs8.")],
    device: Annotated[
        int | None, typer.Option(min=0, help="Of several devices in the log, this one (default: the total).")
    ] = None,
    summary: Annotated[
        int | None, typer.Option(min=1, help="Of several summaries in the log, the N-th, from 1.")
    ] = None,
    bs_of_log: Annotated[
        int | None, typer.Option("--bs-of-log", min=1, help="The batch size, where the log does not tell it.")
    ] = None,
    results: Results = None,
    run_id: RunId = None,
    as_json: Json = False,
) -> None:
    """File a log's throughput under a case, with origin `imported` and the log's hash, and judge it.

    A log of another tool than the case's chip uses, or of another batch size, is refused. The status is 0
    whatever the verdict.
    """
    from harness.other_machines import importing
    from harness.other_machines.foreign import Choice
    from harness.store.results import Store

    tables, home = catalog.load(), Home.locate()
    chosen = cases.named(tables, case)
    choice = Choice(device=device, summary=summary, batch_size=bs_of_log)
    log = importing.read(chosen, file, choice)
    if results is None:
        home.require_writable()
    store = Store(results or home.results)
    try:
        run = run_id or time.strftime("%Y%m%dT%H%M%SZ-import", time.gmtime())
        result = importing.file(tables, log, store, run)
    finally:
        store.close()
    if as_json:
        print_json(_as_json(log, result, file))
        return
    if result.verdict is not None:
        typer.echo(f"{result.verdict.kind}: {result.verdict.message}")
    typer.echo(f"filed in run {run}; see it with `zoocheck report --run {run}`, or beside all with --all")


def _as_json(log: ForeignLog, result: Result, file: Path) -> dict[str, Any]:
    from harness.other_machines.importing import by_wall_time, latencies_of
    from harness.records import to_json

    run, measurement = log.run, result.measurement
    return {
        "case": log.case.id,
        "origin": measurement.origin,
        "file": str(file),
        "sha256": log.sha256,
        "tool": run.tool,
        "version": run.version,
        "throughput_samples_per_s": log.samples_per_s,
        "definition": run.definition,
        "queries_per_s": run.queries_per_s,
        "samples_per_s_by_wall_time": by_wall_time(run),
        "latencies_of_ms": latencies_of(run),
        "batch_size": run.batch_size,
        "batch_size_told_by": log.batch_size_told_by,
        "device": run.device,
        "device_name": run.device_name,
        "devices": run.devices,
        "streams": run.streams,
        "mean_batch": run.mean_batch,
        "precision": run.precision,
        "verdict": None if result.verdict is None else to_json(result.verdict),
        "run": measurement.run,
        "measurement": measurement.id,
    }
