"""Options of `zoocheck prepare` and `zoocheck score`, and the provenance that both print as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.hashing import sha256

if TYPE_CHECKING:
    from harness.other_machines.exchange import Source

Model = Annotated[str, typer.Argument(help="A model, by name.")]
ChipOption = Annotated[str, typer.Option(help="The chip whose scripts take part.")]
Vocabulary = Annotated[
    str, typer.Option("--weights", help="Whose vocabulary: full (the documented one) or mini.")
]
Data = Annotated[str, typer.Option(help="full, mini or auto; auto is the documented data set.")]
Limit = Annotated[int | None, typer.Option(min=1, help="The first N samples only.")]


def provenance(source: Source) -> dict[str, str]:
    """Data set and vocabulary with their hashes, as JSON."""
    return {
        "data": source.corpus,
        "data_sha256": source.dataset.sha256,
        "vocabulary": source.weights,
        "vocabulary_sha256": sha256(source.vocabulary),
    }
