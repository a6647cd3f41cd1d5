"""What ais_bench reads and writes: the document's own files, or of a graph a file a call.

ais_bench makes batches of files by their size: as many as fill the first input, of every input alike, one
behind the other (ais_bench/infer/common/io_operations.py, `get_files_count_per_batch`). That is a batch only
where samples lie along the first axis of every input. A graph may have them elsewhere, or an input that a
batch shares: so each of its files holds all of a call, and ais_bench writes each output of it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from harness import arrays
from harness.domain.cases import Case
from harness.domain.models import Model, ResultFormat
from harness.models.batched import batched
from harness.models.graphs.originals import fits, laid_out, outputs_of, rows_first
from harness.tasks.layouts import Piece, load_layout
from harness.tasks.layouts import files as layout_files
from harness.tasks.layouts.results import BadResults, Names, find, foreign
from harness.toolchains.base import Contract

Array = npt.NDArray[Any]

BY_CALL = "a call"  # the form of a graph's inputs
# Of a call and an output: the input's name before its first dot, then the output. Each has its own dtype.
_RESULTS = Names(template="{i:06d}_{o}.npy", dtype="")


class Files(Protocol):
    """How a case's inputs and outputs lie in files."""

    form: str
    """What the inputs are called in a bundle."""

    template: str
    """What the files of results are called, by {i} and {o}."""

    def count(self, samples: int) -> int:
        """How many files of results there are."""

    def write(self, features: Any, folder: Path) -> None:
        """Write the inputs of `features` (``inputs``, ``[samples, ...]`` each by key) under `folder`.

        Raises as `layouts.files.write`.
        """

    def read(self, results: Path, samples: int) -> list[Array]:
        """The outputs in `results`, samples first; raises `BadResults` with all that is wrong with them."""


def outfmt_of(model: Model) -> ResultFormat:
    """What ais_bench is told to write where no document says: what the model's layout reads, of a graph npy.

    Raises `NotYet` for an encoder whose files nobody knows.
    """
    if model.graph is not None:
        return ResultFormat.NPY
    return ResultFormat(Path(load_layout(model).TOOLS[0].template).suffix.removeprefix(".").upper())


def folders_of(model: Model) -> tuple[str, ...]:
    """The folder of each input, in order: a graph's names may be anything, so its are called by number."""
    if model.graph is None:
        return tuple(item.folder or item.name for item in model.inputs)
    return tuple(f"input-{at}" for at in range(len(model.graph.inputs)))


def files_of(case: Case) -> Files:
    """The case's files; raises `NotYet` for an encoder whose files nobody knows."""
    return _ByLayout(case.model) if case.model.graph is None else _ByCall(case)


def declared(case: Case, results: Path) -> tuple[None, Contract] | None:
    """What the first call's outputs are, of a graph, whose inputs nobody declares.

    None of an encoder: a layout's files have no shapes. Raises as `arrays.npy`.
    """
    if case.model.graph is None:
        return None
    folder, names = find(results, [_RESULTS])
    found = [arrays.npy(folder / names.of(0, at)) for at in range(len(outputs_of(case.model)))]
    return None, [
        (spec.name, str(array.dtype), array.shape)
        for spec, array in zip(outputs_of(case.model), found, strict=True)
    ]


class _ByLayout:
    """The files of the zoo's own scripts."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._layout = load_layout(model)
        self.form = next(iter(self._layout.FORMS))
        self.template = self._layout.TOOLS[0].template

    def count(self, samples: int) -> int:
        return samples * len(self._model.outputs)

    def write(self, features: Any, folder: Path) -> None:
        pieces = self._layout.files([features], self._model, form=self.form, out=folder)
        layout_files.write(pieces, folder)

    def read(self, results: Path, samples: int) -> list[Array]:
        return self._layout.read(results, self._model, samples)


@dataclass(frozen=True, slots=True)
class _ByCall:
    """A graph's: every file is a call's."""

    case: Case
    form = BY_CALL
    template = _RESULTS.template

    def calls(self, samples: int) -> int:
        """How many calls `samples` take."""
        return -(-samples // self.case.batch_size)

    def count(self, samples: int) -> int:
        return self.calls(samples) * len(outputs_of(self.case.model))

    def write(self, features: Any, folder: Path) -> None:
        layout_files.write(self._pieces(features), folder)

    def _pieces(self, features: Any) -> Iterator[Piece]:
        model, size = self.case.model, self.case.batch_size
        folders = folders_of(model)
        rows = [features.inputs[item.key] for item in model.fed]
        for call, (full, _) in enumerate(batched(rows, size)):
            for item, name, array in zip(model.fed, folders, laid_out(model, full), strict=True):
                content = layout_files.raw(array, item.dtype)
                yield Piece(path=f"{name}/{call:06d}.bin", content=content)

    def read(self, results: Path, samples: int) -> list[Array]:
        model, size = self.case.model, self.case.batch_size
        specs = outputs_of(model)
        calls = self._loaded(results, self.calls(samples), len(specs))
        parts = [rows_first(model, specs, call, size) for call in calls]
        return [np.concatenate(columns)[:samples] for columns in zip(*parts, strict=True)]

    def _loaded(self, results: Path, calls: int, outputs: int) -> Sequence[list[Array]]:
        """Every output of every call as the graph lays it out."""
        folder, names = find(results, [_RESULTS])
        wrong: dict[str, list[str]] = {}
        made: list[list[Array]] = []
        for call in range(calls):
            made.append([])
            for output in range(outputs):
                name = names.of(call, output)
                try:
                    made[-1].append(self._held(arrays.npy(folder / name), output, folder / name))
                except arrays.BadArray as fault:
                    wrong.setdefault(fault.kind, []).append(name)
        expected = {names.of(call, output) for call in range(calls) for output in range(outputs)}
        there = {path.name for path in folder.iterdir() if path.is_file()}
        if surplus := [name for name in sorted(there - expected) if foreign(name, names, [names])]:
            wrong["of no call"] = surplus
        if wrong:
            raise BadResults(folder, wrong)
        return made

    def _held(self, array: Array, output: int, path: Path) -> Array:
        """The array, of the output's shape; raises `BadArray`."""
        spec, sizes = outputs_of(self.case.model)[output], self.case.model.sizes(self.case.batch_size)
        if not fits(array.shape, spec.shape, sizes):
            wanted = [sizes.get(str(size), size) for size in spec.shape]
            raise arrays.BadArray(f"shape {list(array.shape)} instead of {wanted}", path=path)
        return array
