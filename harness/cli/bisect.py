"""`zoocheck bisect`: the layer and the operator at which an artifact leaves the reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.output import Json, print_json, print_table
from harness.cli.parameters import CaseId, Target, Weights
from harness.running.progress import Progress, Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables import cases, catalog

if TYPE_CHECKING:
    from harness.conformance.bisection.findings import Suspicion

COLUMNS = (
    "layer",
    "error entering",
    "leaving",
    "growth",
    "most made by",
    "made there",
    "bound",
    "times",
)


def bisect(
    case: CaseId,
    weights: Weights = "auto",
    data: Annotated[
        str, typer.Option(help="full, mini or auto: what is shown where there is no embedded corpus.")
    ] = "auto",
    target: Target = "auto",
    artifact: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An ONNX graph made elsewhere, in place of the case's artifact."),
    ] = None,
    documented_graph: Annotated[
        bool, typer.Option(help="Both graphs at the documented opset, where LayerNorm is spelt out.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write bisection.svg, .md and .json into this folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run reference and artifact with their inner values, and name the first that leaves its bound.

    Each operator is given the reference's own values, so that what it makes wrong is its own. Status 1 where
    something leaves its bound, 2 for bad input.
    """
    from harness.conformance.bisection.case import bisect as find
    from harness.running.materials import Materials

    tables, home = catalog.load(), Home.locate()
    chosen = cases.named(tables, case)
    options = Options(weights=weights, data=data, target=target)
    materials = Materials(tables, home, options, Silent() if as_json else Progress())
    finding = find(materials, chosen, artifact, documented_graph=documented_graph)
    record = {**finding.record(), "checkpoint": materials.checkpoint(chosen.model).source}
    if out is not None:
        from reports import bisection

        bisection.write(record, out)
    if as_json:
        print_json(record)
    else:
        _print(chosen.id, record["verdict"], finding)
        if out is not None:
            typer.echo(f"written: {out / bisection.DRAWING} and the table beside it")
    if not finding.good:
        raise typer.Exit(1)


def _print(case: str, verdict: str, finding: Suspicion) -> None:
    """The sentence, and the table by layer."""
    typer.echo(f"{case}: {verdict}")
    typer.echo()
    if finding.spreads is None:
        print_table("Relative error by layer, on valid positions", COLUMNS, _rows(finding))
    else:
        print_table("Relative error by place, of all values", ("place", *COLUMNS[1:]), _rows(finding))


def _rows(finding: Suspicion) -> list[list[str]]:
    return [
        [item.name, _shown(item.entering), _shown(item.leaving), _shown(item.growth),
         item.worst.place.part, _shown(item.worst.made), _shown(item.worst.bound), _shown(item.worst.times)]
        for item in finding.stretches()
    ]  # fmt: skip


def _shown(number: Any) -> str:
    return "-" if number != number else f"{number:.2g}"
