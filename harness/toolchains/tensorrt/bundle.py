"""A TensorRT case for a machine that has trtexec, and the SDK or onnxruntime in the vendor's Python."""

from __future__ import annotations

from harness.toolchains.bundling import (
    LaidOut,
    Request,
    laid_out_for_worker,
    worker_job,
    write_arrays,
    write_job,
)
from harness.toolchains.script import BUILD, PROFILE
from harness.toolchains.tensorrt import backend, commands

TAKES_SOC_VERSION = False
MONITOR = None  # trtexec's own log names the card that it ran on: `require_whole`
CHECKS = {BUILD: backend.require_whole, PROFILE: backend.require_whole}
write_inputs = write_arrays


def lay_out(request: Request) -> LaidOut:
    """The graph that trtexec is given, and the worker's job. Raises as `commands.require_precision`."""
    case = request.case
    script = commands.script(case, device=request.device)
    difference = backend.lay_out(case, request.source, request.folder)
    facts = backend.job_facts(case, backend.GRAPH)
    write_job(request, worker_job(request, backend.ENGINE, facts))
    return laid_out_for_worker(case, script, backend.GRAPH, difference)
