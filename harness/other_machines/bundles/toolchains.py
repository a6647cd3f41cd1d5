"""What each toolchain needs in a bundle: what its compiler is given, inputs, steps, results.

The steps themselves are `plan` of `harness.commands.<toolchain>`; what the compiler is given is `lay_out` of
`harness.toolchains.<toolchain>.backend`, which its `build` calls too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.domain.cases import Case
from harness.errors import NotYet, UsageError
from harness.other_machines.bundles.manifest import INPUTS, WORKERS, Expected
from harness.running.materials import Samples, inputs_in_order
from harness.tasks.layouts import load_layout
from harness.tasks.layouts.files import write
from harness.toolchains.ascend import backend as ascend
from harness.toolchains.ascend import commands as ascend_commands
from harness.toolchains.magicmind import backend as magicmind
from harness.toolchains.magicmind import commands as magicmind_commands
from harness.toolchains.script import RESULTS, Plan
from harness.toolchains.tensorrt import backend as tensorrt
from harness.toolchains.tensorrt import commands as tensorrt_commands
from harness.toolchains.vastai import backend as vastai
from harness.toolchains.vastai import commands as vastai_commands
from harness.toolchains.worker_session import make_job

if TYPE_CHECKING:
    from harness.toolchains.base import GraphSource

JOB = "job.json"
BY_WORKER = "worker"  # the form of inputs that a worker reads
TOLD = f"{RESULTS}/result.json"  # what a worker says of itself
OUTPUT = "output-{o}.npy"
UP = ".."  # from the case's folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A case to lay out: its folder in the bundle, its graph and samples, and what its user said."""

    case: Case
    folder: Path
    source: GraphSource
    samples: Samples
    device: int = 0
    soc_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """A case whose files are in its folder, but for its inputs."""

    plan: Plan
    graph: str
    max_abs_difference: float
    form: str
    expected: Expected


def lay_out(request: Request) -> LaidOut:
    """Write what the case's own folder holds.

    Raises `NotYet` for a toolchain that is not bundled, and for what its commands do not take.
    """
    known = _LAY_OUT.get(request.case.runtime)
    if known is None:
        raise NotYet(
            f"{request.case.id}: cases of {request.case.runtime} cannot be bundled",
            remedy=f"choose a chip of {', '.join(_LAY_OUT)}",
        )
    if request.soc_version and request.case.runtime != "ascend":
        raise UsageError(f"{request.case.id}: --soc-version {request.soc_version}: it is for Ascend alone")
    return known(request)


def write_inputs(case: Case, samples: Samples, folder: Path) -> str:
    """The inputs that the case's steps read, in `folder`; their form.

    Cases of one model share them: they are of one chip. Raises as `files.write`.
    """
    if case.runtime == "ascend":
        layout = load_layout(case.model)
        form = next(iter(layout.FORMS))
        write(layout.files([samples.features], case.model, form=form, out=folder), folder)
        return form
    folder.mkdir(parents=True, exist_ok=True)
    for item, array in zip(case.model.inputs, inputs_in_order(case.model, samples.features), strict=True):
        np.save(folder / f"{item.role}.npy", array)
    return BY_WORKER


def _inputs(case: Case) -> str:
    return f"{UP}/{INPUTS}/{case.model.name}"


def _ascend(request: Request) -> LaidOut:
    case = request.case
    names = case.chip.device_names
    soc = request.soc_version or (ascend_commands.soc_version(names[0]) if names else "")
    if not soc:
        raise UsageError(
            f"{case.id}: what atc calls {case.chip.title} is not in its table: say --soc-version"
        )
    plan = ascend_commands.plan(case, soc_version=soc, inputs=_inputs(case), device=request.device)
    difference = ascend.lay_out(case, request.source, request.folder)
    layout = load_layout(case.model)
    count = len(request.samples.features) * len(case.model.outputs)
    return LaidOut(
        plan=plan, graph=ascend.GRAPH, max_abs_difference=difference, form=next(iter(layout.FORMS)),
        expected=Expected(folder=RESULTS, template=layout.TOOLS[0].template, count=count),
    )  # fmt: skip


def _tensorrt(request: Request) -> LaidOut:
    case = request.case
    plan = tensorrt_commands.plan(case, job=JOB, workers=f"{UP}/{WORKERS}", device=request.device)
    difference = tensorrt.lay_out(case, request.source, request.folder)
    _write(request.folder / JOB, _job(request, tensorrt.ENGINE, tensorrt.job_facts(case, tensorrt.GRAPH)))
    return _by_worker(case, plan, tensorrt.GRAPH, difference)


def _vastai(request: Request) -> LaidOut:
    case = request.case
    plan = vastai_commands.plan(
        case, folder=case.id, job=JOB, workers=f"{UP}/{WORKERS}", device=request.device
    )
    difference, _ = vastai.lay_out(case, request.source, request.folder)
    find = {
        "workspace": vastai_commands.WORKSPACE,
        "name": vastai_commands.PREFIX,
        "suffixes": list(vastai_commands.SUFFIXES),
        "device": request.device,
        "shapes": {str(count): vastai_commands.shape(case, count) for count in vastai_commands.INPUTS},
        "prefix_file": vastai_commands.FOUND_PREFIX,
        "shape_file": vastai_commands.FOUND_SHAPE,
        "job": _job(request, "", {"output_shape": vastai.output_shape(case)}),
        "job_file": JOB,
    }
    _write(request.folder / vastai_commands.FIND, find)
    return _by_worker(case, plan, vastai_commands.MODULE, difference)


def _magicmind(request: Request) -> LaidOut:
    case = request.case
    plan = magicmind_commands.plan(case, job=JOB, workers=f"{UP}/{WORKERS}", device=request.device)
    difference = magicmind.lay_out(case, request.source, request.folder)
    _write(request.folder / JOB, _job(request, magicmind_commands.MODEL, {}))
    return _by_worker(case, plan, magicmind_commands.MODULE, difference)


def _by_worker(case: Case, plan: Plan, graph: str, difference: float) -> LaidOut:
    expected = Expected(folder=RESULTS, template=OUTPUT, count=len(case.model.outputs))
    return LaidOut(plan=plan, graph=graph, max_abs_difference=difference, form=BY_WORKER, expected=expected)


def _job(request: Request, model: str, more: Mapping[str, Any]) -> dict[str, Any]:
    case = request.case
    return make_job(
        case, model=model, device=request.device,
        inputs=[f"{_inputs(case)}/{item.role}.npy" for item in case.model.inputs],
        outputs=outputs(case), result=TOLD, pace=None, more=more,
    )  # fmt: skip


def outputs(case: Case) -> Sequence[str]:
    """The files that a worker writes, an output of the graph each, in the case's folder."""
    return [f"{RESULTS}/{OUTPUT.format(o=at)}" for at in range(len(case.model.outputs))]


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


_LAY_OUT: Mapping[str, Callable[[Request], LaidOut]] = {
    "ascend": _ascend,
    "tensorrt": _tensorrt,
    "vastai": _vastai,
    "magicmind": _magicmind,
}
