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

from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.domain.strict import STRICT
from harness.toolchains.script import INPUTS, JOB, RESULTS, UP, Script
from harness.toolchains.worker_session import make_job
from harness.tools.parsers import CardList, Log

if TYPE_CHECKING:
    import numpy.typing as npt

    from harness.toolchains.base import GraphSource

BY_WORKER = "worker"  # the form of inputs that a worker reads
TOLD = f"{RESULTS}/result.json"  # what a worker says of itself
_OUTPUT = "output-{o}.npy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A case to lay out: its folder in the bundle, its graph and samples, and what its user said.

    The samples come twice: as the features of the documented protocol, which layouts write files of, and as
    arrays ``[samples, length]`` in the order of the model's inputs, which workers read.
    """

    case: Case
    folder: Path
    source: GraphSource
    features: Any = field(repr=False)
    arrays: Sequence[npt.NDArray[Any]] = field(repr=False)
    device: int = 0
    soc_version: str | None = None

    @property
    def inputs(self) -> str:
        """The folder of the model's inputs, seen from the case's: cases of one model share them."""
        return f"{UP}/{INPUTS}/{self.case.model.name}"


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


def laid_out_for_worker(case: Case, script: Script, graph: str, difference: float) -> LaidOut:
    """A case whose outputs a worker writes, an array each."""
    expected = Expected(folder=RESULTS, template=_OUTPUT, count=len(case.model.outputs))
    return LaidOut(
        script=script, graph=graph, max_abs_difference=difference, form=BY_WORKER, expected=expected
    )


def write_arrays(request: Request, folder: Path) -> None:
    """The inputs as a worker reads them, a file each."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    for item, array in zip(request.case.model.inputs, request.arrays, strict=True):
        np.save(folder / f"{item.role}.npy", array)


def worker_job(request: Request, model: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The job of the worker that computes every sample of `request`'s case."""
    case = request.case
    return make_job(
        case, model=model, device=request.device,
        inputs=[f"{request.inputs}/{item.role}.npy" for item in case.model.inputs],
        outputs=outputs(case), result=TOLD, pace=None, more=more,
    )  # fmt: skip


def write_job(request: Request, content: Mapping[str, Any], name: str = JOB) -> None:
    """A job as a file of the case's folder."""
    (request.folder / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def outputs(case: Case) -> Sequence[str]:
    """The files that a worker writes, an output of the graph each, in the case's folder."""
    return [f"{RESULTS}/{_OUTPUT.format(o=at)}" for at in range(len(case.model.outputs))]
