"""Data files of one's own, as a table reads them; the fixture `write` makes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.domain.datasets import DatasetSpec
from harness.tasks.datasets import reading

Write = Callable[..., Path]
SENTENCE = {"text": "text", "label": "label"}


def read(reader: str, path: Path, *, counts: dict[str, int] | None = None, **options: Any) -> Any:
    """What `reader` makes of the file at `path`."""
    spec = DatasetSpec(
        name="own", title="own", reader=reader, file="data", path=str(path), counts=counts or {},
        options=options,
    )  # fmt: skip
    return reading.read(spec, path, whole=True)
