"""`zoocheck prepare`: inputs as a chip's own scripts lay them out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.exchanging import ChipOption, Data, Limit, Model, Vocabulary, provenance
from harness.cli.output import Json, counted, print_json
from harness.running.progress import Progress, Silent
from harness.setting.home import Home
from harness.tables import catalog


def prepare(
    model: Model,
    chip: ChipOption,
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    form: Annotated[
        str | None, typer.Option(help="Which form of the files, where there are several.")
    ] = None,
    weights: Vocabulary = "full",
    data: Data = "auto",
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """Write a model's inputs, byte for byte as the zoo's own preprocessing does.

    Only the vocabulary is needed, not the weights. A run that was killed goes on where it stopped.
    """
    from harness.other_machines import exchange

    source = exchange.open_source(
        catalog.load(), Home.locate(), model, chip, weights=weights, data=data, limit=limit
    )
    done = exchange.prepare(source, out, form, Silent() if as_json else Progress())
    if as_json:
        print_json(
            {"model": model, "chip": chip, "form": done.form, "out": str(out), "samples": done.samples,
             "files": done.written.files, "kept": done.written.kept, "bytes": done.written.bytes,
             "truncated": done.truncated, "facts": dict(done.facts),
             **provenance(source)}
        )  # fmt: skip
        return
    kept = f", {done.written.kept} of them there already" if done.written.kept else ""
    typer.echo(
        f"{model}: {counted(done.samples, 'sample')} in {counted(done.written.files, 'file')}{kept} "
        f"under {out} ({done.form})"
    )
    if done.truncated:
        typer.echo(f"  truncated samples: {done.truncated}")
    for name, count in done.facts.items():
        typer.echo(f"  {name.replace('_', ' ')}: {count}")
