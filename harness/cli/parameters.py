"""Parameters that several commands take, each with one help text."""

from __future__ import annotations

from typing import Annotated

import typer

CaseId = Annotated[str, typer.Argument(help="A case, as tinybert-ascend310p-bs8.")]
Weights = Annotated[str, typer.Option(help="full, mini, random or auto.")]
Target = Annotated[str, typer.Option(help="chip, stand-in or auto.")]
Results = Annotated[str | None, typer.Option("--results", help="Results store, a database URL.")]
RunId = Annotated[str | None, typer.Option(help="The run to file it under (default: one of its own).")]
LeastStamp = Annotated[
    str | None, typer.Option(help="Take only throughputs with this validity stamp, or a higher one.")
]
