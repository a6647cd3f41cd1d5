"""Result files of the chips' tools: found in their folder, read, and every fault of them listed at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness import arrays
from harness.errors import BadOutput, NotThere
from harness.tasks.layouts.files import listed

Array = npt.NDArray[Any]

# What tools leave beside their results, whatever its suffix: ais_bench's sumary.json (its spelling) and
# <time>_summary.json, performance tables, logs.
_TOOLS_OWN = re.compile(r"summ?ary|perf|\.log|^\.", re.IGNORECASE)


_REMEDY = "give the folder that the tool wrote, in the documented output format"


class BadResults(BadOutput):
    """Result files that cannot be scored; `problems` maps each kind of fault to the files that have it."""

    def __init__(self, folder: Path, problems: dict[str, list[str]]) -> None:
        self.problems = problems
        lines = "".join(f"\n  {kind} ({len(names)}): {listed(names)}" for kind, names in problems.items())
        super().__init__(f"{folder}: the results cannot be scored:{lines}")


class Fault(Exception):
    """One result file is not what it has to be; `kind` says in which way, with what was found."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How one tool calls its result files; in the template ``{i}`` is the sample, ``{o}`` the output."""

    template: str
    dtype: str  # of the values in them

    def of(self, sample: int, output: int = 0) -> str:
        """The file of one output of one sample."""
        return self.template.format(i=sample, o=output)

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches the name of any sample's file."""
        parts = re.split(r"\{[^}]*\}", self.template)
        return re.compile(r"\d+".join(map(re.escape, parts)))


@dataclass(slots=True)
class _Faults:
    """What is wrong with each file, by kind, in the order of the files."""

    by_kind: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, kind: str, name: str) -> None:
        self.by_kind[kind].append(name)


def gather(
    results: Path,
    tools: Sequence[Names],
    samples: int,
    shape: tuple[int, ...],
    load: Callable[[Path, Names], Array],
    *,
    outputs: int = 1,
    check: Callable[[], Iterable[tuple[str, str]]] = tuple,
) -> list[Array]:
    """All outputs, ``[samples, *shape]`` each, of whichever of `tools` made the results.

    They lie in `results`, or in the one sub-folder of it that has any. `load` gives one file's array of
    `shape` and raises `Fault` or `BadArray`; once all are loaded, `check` gives what is wrong with files
    beside others, the kind of the fault and the file's name each. Raises `BadResults` with everything that is
    wrong: files missing, files that belong to no sample, files that `load` or `check` refuses, a NaN or an
    infinity. A tool's own summary may lie there.
    """
    folder, names = find(results, tools)
    faults = _Faults()
    present = {path.name for path in folder.iterdir() if path.is_file()}
    expected = {names.of(sample, output) for sample in range(samples) for output in range(outputs)}
    made = [np.empty((samples, *shape), names.dtype) for _ in range(outputs)]
    for output, array in enumerate(made):
        for sample in range(samples):
            name = names.of(sample, output)
            if name not in present:
                faults.note("missing", name)
                continue
            try:
                array[sample] = _finite(load(folder / name, names))
            except (Fault, arrays.BadArray) as fault:
                faults.note(fault.kind, name)
    for kind, name in check():
        faults.note(kind, name)
    for name in sorted(present - expected):
        if foreign(name, names, tools):
            faults.note("of no sample", name)
    if faults.by_kind:
        raise BadResults(folder, dict(faults.by_kind))
    return made


def oldest_ns(results: Path, tools: Sequence[Names]) -> int:
    """When the oldest result file was written (ns since 1970)."""
    folder, names = find(results, tools)
    pattern = names.pattern
    return min(path.stat().st_mtime_ns for path in folder.iterdir() if pattern.fullmatch(path.name))


class Endings:
    """How files of numbers as text end: the tools write a blank, or a new line, behind every number.

    A file without one at its end, among others that have it, was cut short, wherever in the digits that was.
    """

    def __init__(self) -> None:
        self._ended: dict[str, bool] = {}

    def note(self, name: str, text: str) -> None:
        """Remember how the file's text ends."""
        self._ended[name] = text[-1:].isspace()

    def cut_short(self) -> list[tuple[str, str]]:
        """The files that were cut short, as `gather` takes them from its `check`."""
        short = [name for name, end in self._ended.items() if not end]
        kind = "truncated: without the blank that others end with"
        return [(kind, name) for name in short] if len(short) < len(self._ended) else []


def load_npz(path: Path, key: str) -> Array:
    """The one array in an npz file, called `key`; raises `Fault` or `BadArray` for any other file."""
    archive = arrays.npz(path, [key])
    if archive.names != (key,):
        raise Fault(f"with {listed(archive.names) or 'nothing'} in it instead of {key} alone")
    return archive[key]


def require(array: Array, dtype: str, shapes: str, *, fits: bool) -> None:
    """Raise `Fault` for an array of another dtype, or where its shape does not fit `shapes`."""
    if not fits:
        raise Fault(f"shape {list(array.shape)} instead of {shapes}")
    if array.dtype != np.dtype(dtype):
        raise Fault(f"{array.dtype} instead of {dtype}")


def _finite(array: Array) -> Array:
    if not np.isfinite(array).all():
        raise Fault("with a NaN or an infinity")
    return array


def foreign(name: str, names: Names, tools: Sequence[Names]) -> bool:
    """Whether a file that is no expected output looks like one."""
    if any(tool.pattern.fullmatch(name) for tool in tools):
        return True
    return Path(name).suffix == Path(names.template).suffix and not _TOOLS_OWN.search(name)


def find(results: Path, tools: Sequence[Names], *, remedy: str = _REMEDY) -> tuple[Path, Names]:
    """The folder with the result files, and the tool that made them.

    That is `results`, or the one sub-folder of it that has any. Raises `NotThere` without `results`,
    `BadOutput` without result files, with `remedy`, and for those of several folders.
    """
    if not results.is_dir():
        raise NotThere(f"{results}: no such folder", remedy="give the folder that the tool wrote")
    folders = [results, *sorted(path for path in results.iterdir() if path.is_dir())]
    found = [(folder, names) for folder in folders if (names := _tool(folder, tools)) is not None]
    if not found:
        raise BadOutput(
            f"{results}: found no result file here or in a sub-folder, expected "
            f"{', '.join(names.of(0) for names in tools)}{' and so on' * any(map(_many, tools))}; it holds "
            f"{listed(sorted(path.name for path in results.iterdir())) or 'nothing'}",
            remedy=remedy,
        )
    if len(found) > 1:
        raise BadOutput(
            f"{results}: found results in {len(found)} folders, expected one: "
            f"{', '.join(str(folder) for folder, _ in found)}",
            remedy="give the one that is meant",
        )
    return found[0]


def _many(names: Names) -> bool:
    """Whether there is a file a sample."""
    return names.of(0) != names.of(1)


def _tool(folder: Path, tools: Sequence[Names]) -> Names | None:
    """The tool whose names most files in `folder` have, or None."""
    present = [path.name for path in folder.iterdir() if path.is_file()]
    patterns = [names.pattern for names in tools]
    counts = [sum(pattern.fullmatch(name) is not None for name in present) for pattern in patterns]
    return tools[int(np.argmax(counts))] if any(counts) else None
