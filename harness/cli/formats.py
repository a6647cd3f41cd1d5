"""The forms in which `zoocheck report` gives results: the report itself, or one text for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.domain.catalog import Catalog
from harness.files import put

if TYPE_CHECKING:
    from harness.store.notrun import NotRun
    from harness.store.results import Result


class Format(StrEnum):
    """What `--format` takes."""

    REPORT = "report"
    JSON = "json"
    JSON_SCHEMA = "json-schema"
    MODEL_INDEX = "model-index"


def schema_text() -> str:
    """The JSON Schema that results as JSON fit; ``docs/results.schema.json`` is this text."""
    from reports.document import schema

    return json.dumps(schema(), indent=2) + "\n"


def results_text(results: Sequence[Result], not_run: Sequence[NotRun]) -> str:
    """Results as one JSON document, on one line: most of it is numbers of single calls."""
    from reports.document import document

    return json.dumps(document(results, not_run), ensure_ascii=False) + "\n"


def card_text(catalog: Catalog, results: Sequence[Result], model: str | None, case: str | None) -> str:
    """A model card's front matter; what was kept out of it is said on standard error."""
    from reports.model_card import model_card

    card = model_card(catalog, results, model=model, case=case)
    for sentence in card.refused:
        typer.echo(f"left out: {sentence}", err=True)
    return card.text


def deliver(text: str, out: Path | None) -> None:
    """To the file `out`, whole or not at all, or to standard output."""
    if out is None:
        typer.echo(text, nl=False, color=True)  # else what looks like a colour is taken out of the data
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    put(out, [text])
    typer.echo(f"written: {out}", err=True)
