"""What commands over many READMEs share: how many processes, and how an interrupt ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from harness.cli.output import counted

INTERRUPTED_STATUS = 130

Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Processes to read with (default: the cores it may use)."),
]


def processes(jobs: int | None) -> int:
    """How many processes may read: as many as are asked for, else one for each core."""
    from harness.documents.many import cores

    return cores() if jobs is None else jobs


def not_read(number: int, listed_by: str = "") -> str:
    """How many things of READMEs were not read, and which option lists them."""
    listed = f": {listed_by} lists {'it' if number == 1 else 'them'}" if listed_by else ""
    return counted(number, "thing was not read", "things were not read") + listed


@contextmanager
def told_when_interrupted() -> Iterator[None]:
    """An interrupt in here ends with a sentence, and with the status that shells give it."""
    from harness.documents.many import Interrupted

    try:
        yield
    except Interrupted as problem:
        typer.echo(f"zoocheck: {problem}", err=True)
        raise typer.Exit(INTERRUPTED_STATUS) from problem
