"""An Ascend case for a machine that has CANN and ais_bench alone."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.tasks.layouts import load_layout
from harness.tasks.layouts.files import write
from harness.toolchains.ascend import backend, card, commands
from harness.toolchains.bundling import Expected, LaidOut, Monitor, Request
from harness.toolchains.script import BUILD, INFERENCE, RESULTS
from harness.tools.parsers import npu_smi

TAKES_SOC_VERSION = True
MONITOR = Monitor(read=npu_smi.parse, is_chip=card.is_chip)
CHECKS = {BUILD: backend.require_compiled, INFERENCE: backend.require_summary}


def lay_out(request: Request) -> LaidOut:
    """The graph that atc is given. Raises `UsageError` where nobody says what atc calls the chip."""
    case = request.case
    names = case.chip.device_names
    soc = request.soc_version or (commands.soc_version(names[0]) if names else "")
    if not soc:
        raise UsageError(
            f"{case.id}: the table of {case.chip.title} has no name that atc takes",
            remedy="give it with --soc-version",
        )
    script = commands.script(case, soc_version=soc, inputs=request.inputs, device=request.device)
    difference = backend.lay_out(case, request.source, request.folder)
    layout = load_layout(case.model)
    count = len(request.features) * len(case.model.outputs)
    return LaidOut(
        script=script, graph=backend.GRAPH, max_abs_difference=difference, form=next(iter(layout.FORMS)),
        expected=Expected(folder=RESULTS, template=layout.TOOLS[0].template, count=count),
    )  # fmt: skip


def write_inputs(request: Request, folder: Path) -> None:
    """The files of the zoo's own script, which ais_bench reads."""
    model = request.case.model
    layout = load_layout(model)
    form = next(iter(layout.FORMS))
    write(layout.files([request.features], model, form=form, out=folder), folder)
