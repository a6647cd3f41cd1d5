"""What a toolchain's `bundle` module has: a case laid out for a machine without zoocheck, its logs judged.

A vendor that has no such module cannot be bundled. What three of them share, whose outputs a worker computes,
is at the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from harness import arrays
from harness.decoding import Undecodable, json_object
from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.domain.strict import STRICT
from harness.errors import BadOutput
from harness.models.graphs.originals import outputs_of
from harness.toolchains.script import INPUTS, JOB, RESULTS, UP, Script
from harness.toolchains.worker_session import input_file, make_job
from harness.tools.parsers import CardList, Log

if TYPE_CHECKING:
    import numpy.typing as npt

    from harness.toolchains.base import Contract, GraphSource

BY_WORKER = "worker"  # the form of inputs that a worker reads
TOLD = f"{RESULTS}/result.json"  # what a worker says of itself
_OUTPUT = "output-{o}.npy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A case to lay out: its folder in the bundle, its graph and samples, and what its user said.

    The samples come twice: as features, which files are written of (of the documented protocol, or seeded),
    and as arrays ``[samples, ...]`` in the order of the model's inputs, which workers read.
    """

    case: Case
    folder: Path
    source: GraphSource
    features: Any = field(repr=False)
    arrays: Sequence[npt.NDArray[Any]] = field(repr=False)
    shared: str  # what the folder of its inputs is called: cases of the same inputs share one
    device: int = 0
    soc_version: str | None = None

    @property
    def inputs(self) -> str:
        """The folder of the inputs, seen from the case's."""
        return f"{UP}/{INPUTS}/{self.shared}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Result files: what they are called ({i} is the sample, {o} the output) and how many there are."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    folder: str
    template: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """A case whose files are in its folder, but for its inputs."""

    script: Script
    graph: str
    max_abs_difference: float  # of the graph from torch
    form: str  # of the inputs
    expected: Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """The program whose list of cards is the log of a script's first step."""

    read: Callable[[Log], CardList]
    is_chip: Callable[[Chip, str], bool]  # whether a card of that name is one of the chip


class Bundling(Protocol):
    """A toolchain's module `bundle`."""

    TAKES_SOC_VERSION: bool
    """Whether its compiler is told the chip's own name (``--soc-version``)."""

    READS: str
    """The form of `harness.tasks.layouts.general` that its tools read."""

    MONITOR: Monitor | None
    """None where the first step lists no cards that can be read."""

    CHECKS: Mapping[str, Callable[[Case, Path], None]]
    """By stage: holds the log of a tool that ended with status 0 to what it says.

    Raises `MachineError` or `ParseError` where the tool failed all the same.
    """

    def lay_out(self, request: Request) -> LaidOut:
        """Write what the case's own folder holds; raises `NotYet` for what its commands do not take."""

    def write_inputs(self, request: Request, folder: Path) -> None:
        """Write the inputs that the case's steps read into `folder`; raises as `layouts.files.write`."""

    def read(self, case: Case, folder: Path, samples: int) -> list[npt.NDArray[Any]]:
        """The outputs that the steps left in the case's folder, samples first, in the order of the outputs.

        Raises `BadOutput` with all that is wrong with their files.
        """

    def declared(self, case: Case, folder: Path) -> tuple[Contract | None, Contract] | None:
        """What the results say of the artifact's inputs and outputs, as `Session.contract`."""


def laid_out_for_worker(case: Case, script: Script, graph: str, difference: float) -> LaidOut:
    """A case whose outputs a worker writes, an array each."""
    expected = Expected(folder=RESULTS, template=_OUTPUT, count=len(outputs(case)))
    return LaidOut(
        script=script, graph=graph, max_abs_difference=difference, form=BY_WORKER, expected=expected
    )


def read_arrays(case: Case, folder: Path, samples: int) -> list[npt.NDArray[Any]]:
    """What a worker wrote. Raises `BadOutput`."""
    found, wrong = [], []
    for name in outputs(case):
        try:
            found.append(arrays.npy(folder / name, dtype="float32"))
        except arrays.BadArray as problem:
            wrong.append(f"{name}: {problem.kind}")
    if wrong:
        raise BadOutput(f"{case.id}: the results cannot be scored: {'; '.join(wrong)}")
    return found


def told_by_worker(folder: Path) -> Mapping[str, Any]:
    """What a worker said of itself; nothing where its file is not there, or holds something else."""
    try:
        return json_object((folder / TOLD).read_bytes())
    except (OSError, Undecodable):
        return {}


def write_arrays(request: Request, folder: Path) -> None:
    """The inputs as a worker reads them, a file each."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    for at, array in enumerate(request.arrays):
        np.save(folder / input_file(request.case.model, at), array)


def worker_job(request: Request, model: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The job of the worker that computes every sample of `request`'s case."""
    case = request.case
    return make_job(
        case, model_file=model, device=request.device,
        inputs=[f"{request.inputs}/{input_file(case.model, at)}" for at in range(len(case.model.fed))],
        outputs=outputs(case), result=TOLD, pace=None, more=more,
    )  # fmt: skip


def write_job(request: Request, content: Mapping[str, Any], name: str = JOB) -> None:
    """A job as a file of the case's folder."""
    (request.folder / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def outputs(case: Case) -> Sequence[str]:
    """The files that a worker writes, an output of the graph each, in the case's folder."""
    return [f"{RESULTS}/{_OUTPUT.format(o=at)}" for at in range(len(outputs_of(case.model)))]
