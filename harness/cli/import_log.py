"""`zoocheck import-log`: a tool's log made on another machine, held to a case or to a documented claim."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.output import Json, print_json
from harness.cli.parameters import Results, RunId
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.domain.settings import Shapes
from harness.domain.words import WordKind
from harness.errors import UsageError
from harness.setting.home import Home
from harness.tables import cases, catalog

if TYPE_CHECKING:
    from harness.domain.catalog import Catalog
    from harness.other_machines.foreign import ForeignLog
    from harness.store.results import Result


def import_log(
    file: Annotated[Path, typer.Argument(help="What the tool printed, saved as a file.")],
    case: Annotated[str | None, typer.Option(help="A case, as tinybert-ascend310p-bs8.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Or a model, known or a name alone, whose documented value it is of.")
    ] = None,
    chip: Annotated[str | None, typer.Option(help="Of a claim: the chip or device.")] = None,
    bs: Annotated[int | None, typer.Option("--bs", min=1, help="Of a claim: the batch size.")] = None,
    precision: Annotated[str | None, typer.Option(help="Of a claim: the precision.")] = None,
    metric: Annotated[
        str, typer.Option(help="Of a claim: throughput, latency, or the document's own words.")
    ] = Metric.THROUGHPUT.value,
    variant: Annotated[str | None, typer.Option(help="Of a claim: which of several, as printed.")] = None,
    length: Annotated[int | None, typer.Option(min=1, help="Of a claim: the sequence length.")] = None,
    size: Annotated[str | None, typer.Option("--input", help="Of a claim: the input's size.")] = None,
    shapes: Annotated[Shapes | None, typer.Option(help="Of a claim: of one input shape or several.")] = None,
    aoe: Annotated[bool | None, typer.Option("--aoe/--no-aoe", help="Of a claim: tuned by AOE.")] = None,
    streams: Annotated[int | None, typer.Option(min=1, help="Of a claim: calls at once.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Of a claim: the data set, as printed.")] = None,
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
    """File a log's throughput under a case or a claim, with origin `imported` and its hash, and judge it.

    A log of another tool than the chip uses, or of another batch size, is refused; so is one that several
    documented values fit, or none. The status is 0 whatever the verdict.
    """
    from harness.other_machines import claimed, importing
    from harness.other_machines.foreign import Choice
    from harness.store.results import Store

    told = {
        "length": length, "input": size, "shapes": shapes, "aoe": aoe, "streams": streams,
        "dataset": dataset, "variant": variant,
    }  # fmt: skip
    settings = {name: value for name, value in told.items() if value is not None}
    other = None if metric == Metric.THROUGHPUT else metric
    _require_one(case, model, [*_given(chip=chip, bs=bs, precision=precision, metric=other), *settings])
    tables, home = catalog.load(), Home.locate()
    choice = Choice(device=device, summary=summary, batch_size=bs_of_log)
    if model is not None:
        asked = claimed.Asked(
            model=model,
            chip=chip,
            batch_size=bs,
            precision=None if precision is None else _precision(precision, tables),
            metric=metric,
            settings=settings,
        )
        log = claimed.read(tables, asked, file, choice)
    else:
        log = importing.read(cases.named(tables, case or ""), file, choice)
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


def _precision(text: str, tables: Catalog) -> Precision:
    """The one precision that is named, as documents may spell it; raises `UsageError` for anything else."""
    from harness.documents.asking import meant
    from harness.documents.readme.words import vocabulary

    found = meant(text, map(str, Precision), WordKind.PRECISION, vocabulary(tables)) or (text,)
    precisions = cases.parse_precisions(",".join(found))
    if len(precisions) != 1:
        raise UsageError(f"--precision {text}: a log is of one precision; name that one")
    return precisions[0]


def _given(**options: object) -> Iterator[str]:
    return (name for name, value in options.items() if value is not None)


def _require_one(case: str | None, model: str | None, of_a_claim: list[str]) -> None:
    """Raise `UsageError` where not one of a case and a claim is named."""
    if (case is None) is (model is None):
        raise UsageError("name what the log is of: a case with --case, or a claim with --model and its chip")
    if case is not None and of_a_claim:
        raise UsageError(f"--{of_a_claim[0]} says more of a claim: name it with --model, not with --case")


def _as_json(log: ForeignLog, result: Result, file: Path) -> dict[str, Any]:
    from harness.other_machines.importing import by_wall_time, latencies_of
    from harness.records import to_json

    run, measurement = log.run, result.measurement
    return {
        "case": log.case.id,
        "claim": None if log.claim is None else to_json(log.claim),
        "origin": measurement.origin,
        "file": str(file),
        "sha256": log.sha256,
        "tool": run.tool,
        "version": run.version,
        "throughput_samples_per_s": log.samples_per_s,
        "definition": run.definition,
        "queries_per_s": run.queries_per_s,
        "samples_per_s_by_wall_time": by_wall_time(run),
        "latencies_ms": latencies_of(run),
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
