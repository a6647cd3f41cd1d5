"""`zoocheck bundle`: cases as a folder for the card's machine, with all that the vendor's tools need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import Json, counted, print_json
from harness.running.progress import Progress, Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables import cases, catalog

if TYPE_CHECKING:
    from harness.other_machines.bundles.manifest import Bundle


def bundle(
    case: Annotated[list[str], typer.Argument(help="Cases of one chip, as tinybert-ascend310p-bs8.")],
    out: Annotated[Path, typer.Option(help="The folder to write, new or empty.")],
    archive: Annotated[Path | None, typer.Option(help="Pack the folder into this .tar.gz, too.")] = None,
    weights: Annotated[str, typer.Option(help="full, mini or auto.")] = "auto",
    data: Annotated[str, typer.Option(help="full, mini or auto.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="The first N samples only.")] = None,
    device: Annotated[int, typer.Option(min=0, help="Which card of several.")] = 0,
    soc_version: Annotated[
        str | None, typer.Option(help="Ascend: the chip as atc calls it (default: by the chip's table).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write everything that the card's machine needs to run cases with the vendor's tools alone.

    Inputs, graphs, and the documented commands as a POSIX shell script, run.sh. Bring the folder back after
    the run, for `zoocheck collect`.
    """
    from harness.other_machines.bundles import archive as archives
    from harness.other_machines.bundles import writing
    from harness.running.materials import Materials

    tables = catalog.load()
    chosen = [cases.named(tables, name) for name in case]
    options = Options(weights=weights, data=data, limit=limit, device=device)
    materials = Materials(tables, Home.locate(), options, Silent() if as_json else Progress())
    choice = writing.Choice(device=device, soc_version=soc_version)
    written = writing.write(materials, chosen, out, choice)
    if archive is not None:
        archives.pack(out, archive)
    _tell(written, out, archive, as_json)


def _tell(written: Bundle, out: Path, archive: Path | None, as_json: bool) -> None:
    """Say what the bundle under `out` holds, and what to do with it."""
    size = sum((out / name).stat().st_size for name in written.files)
    if as_json:
        print_json(
            {"out": str(out), "archive": None if archive is None else str(archive),
             "cases": [{"case": item.id, "weights": item.weights, "data": item.data,
                        "samples": item.samples, "steps": [step.command for step in item.steps]}
                       for item in written.cases],
             "files": dict(written.files), "bytes": size}
        )  # fmt: skip
        return
    packed = "" if archive is None else f", packed as {archive}"
    count = f"{counted(len(written.cases), 'case')} in {counted(len(written.files), 'file')}"
    typer.echo(f"{count}, {size / 1e6:.1f} MB, under {out}{packed}")
    typer.echo("there: sh run.sh; then bring the folder back for `zoocheck collect`")
