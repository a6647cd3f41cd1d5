"""Where the files lie that a table names: what it says is seen from its own folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.domain.datasets import DatasetSpec
from harness.domain.graphs import GraphFile
from harness.domain.models import Model
from harness.tasks.datasets.reading import OWN


def located(record: Any, folder: Path) -> Any:
    """`record` with its paths absolute, those that are not seen from `folder`; others stay as they are."""
    match record:
        case Model(graph=GraphFile() as graph):
            return replace(record, graph=_graph(graph, folder))
        case DatasetSpec():
            path = _seen(record.path, folder) if record.path else ""
            return replace(record, path=path, reader=_reader(record.reader, folder))
        case Model() if record.checkpoint.folder:
            found = replace(record.checkpoint, folder=_seen(record.checkpoint.folder, folder))
            return replace(record, checkpoint=found)
        case _:
            return record


def _graph(graph: GraphFile, folder: Path) -> GraphFile:
    inputs = tuple(
        replace(item, folder=_seen(item.folder, folder)) if item.folder else item for item in graph.inputs
    )
    return replace(graph, file=_seen(graph.file, folder), inputs=inputs)


def _reader(reader: str, folder: Path) -> str:
    """``module:function`` as ``<folder>/module.py:function``; a module of ours as it is."""
    own = OWN.fullmatch(reader)
    return f"{(folder / own[1]).absolute()}.py:{own[2]}" if own else reader


def _seen(path: str, folder: Path) -> str:
    return str((folder / Path(path).expanduser()).absolute())
