"""TensorRT on NVIDIA's cards: `trtexec` builds and times, the SDK in the vendor's own Python computes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.domain.precisions import Precision
from harness.errors import MachineError, NotThere, ParseError
from harness.toolchains import compiled, names, nvidia
from harness.toolchains.base import (
    Availability,
    Available,
    Contract,
    GraphSource,
    Latencies,
    Processor,
    Profile,
    Unavailable,
)
from harness.toolchains.compiled import Given, require_dtypes
from harness.toolchains.place import SIMULATED, Toolchain
from harness.toolchains.profiling import profiled
from harness.toolchains.tensorrt import commands
from harness.toolchains.worker_session import WORKERS, WorkerSession, widened
from harness.tools import parsers
from harness.tools.parsers.trtexec_facts import facts
from harness.tools.process import Command, Stage, ToolFailed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from harness.artifacts.cache import Artifact
    from harness.toolchains.place import Place

NAME = "tensorrt"
GRAPH, ENGINE = commands.GRAPH, commands.ENGINE
LOG = "build.log"
WORKER = "tensorrt"
ORDER = commands.ORDER
# What an engine may take: NVIDIA's "Data Types" of the operators' reference; uint8 from TensorRT 8.5 on.
DTYPES = ("float16", "float32", "int8", "uint8", "int32", "int64", "bool")
_STARTED = re.compile(r"&&&& RUNNING TensorRT\.trtexec")
_PASSED = re.compile(r"&&&& PASSED TensorRT\.trtexec")
_RUNTIME = re.compile(r"^runtime: (.+)$")
_INT64_FROM = 10  # the first TensorRT whose engines take int64: before, its ONNX parser makes int32 of it


class EngineSession(WorkerSession):
    """An engine run by the `tensorrt` package, or its graph by onnxruntime's TensorRT provider."""

    def __init__(self, case: Case, place: Place, artifact: Artifact) -> None:
        more = job_facts(case, str(artifact.path(GRAPH)))
        super().__init__(case, place, WORKER, artifact.path(ENGINE), more)

    def run_all(self, inputs: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[np.floating]]:
        """All samples in one process. Raises `NotThere` without an SDK to call."""
        if not self._place.facts.get("runtime"):
            raise NotThere(
                f"{self._case.id}: outputs cannot be read: {self._place.toolchain.python} has neither "
                "tensorrt nor onnxruntime with TensorrtExecutionProvider",
                remedy="name the interpreter that has one of them in ZOOCHECK_TENSORRT_PYTHON",
                option="target",
            )
        return super().run_all(inputs)

    def time_batch(self, inputs: Sequence[npt.NDArray[np.integer]]) -> Latencies | None:  # type: ignore[override]
        """Calls timed beside the SDK; None without one: trtexec times all the same."""
        return super().time_batch(inputs) if self._place.facts.get("runtime") else None

    def contract(self) -> tuple[Contract, Contract] | None:
        """The engine's own; int32 as the graph's int64 where TensorRT knows no int64."""
        return held(self._case, super().contract(), self.told())


def held(
    case: Case, declared: tuple[Contract, Contract] | None, told: Mapping[str, Any]
) -> tuple[Contract, Contract] | None:
    """What an engine declares, as `widened` where the runtime that `told` names knows no int64."""
    return widened(case, declared) if declared is not None and _narrows(told) else declared


def _narrows(told: Mapping[str, Any]) -> bool:
    name, _, number = str(told.get("runtime", "")).partition(" ")
    major = number.partition(".")[0]
    return name == "tensorrt" and major.isdigit() and int(major) < _INT64_FROM


class Backend:
    """Builds engines with trtexec as documented, and reads their outputs and their speed."""

    any_shape = False
    computes_here: tuple[str, ...] = ()
    computes_on = Processor.NVIDIA

    def require(self, case: Case) -> None:
        """Refuse a precision that no trtexec is driven in, and inputs of numbers that it does not take."""
        commands.require_precision(case, None)
        require_dtypes(case, DTYPES, "TensorRT")

    def probe(self, chip: Chip, device: int) -> Availability:
        """nvidia-smi's card, which has to be the documented one, and the versions of trtexec and the SDK."""
        toolchain = Toolchain(name=NAME, script=chip.environment)
        found = nvidia.card(toolchain, device)
        if isinstance(found, Unavailable):
            return found
        if (other := names.other(chip, found.name)) is not None:
            return Unavailable(
                reason=f"card {device} is {other}, expected {chip.title}",
                remedy="choose another card with --device, or the stand-in with --target stand-in",
            )
        log = nvidia.said(toolchain, commands.version())
        if not log.has(_STARTED):
            raise ParseError(
                "there is no line `&&&& RUNNING TensorRT.trtexec`; look which trtexec is on PATH",
                log=log.name,
            )
        told = {
            **found.facts,
            "tensorrt": facts(log.lines).version or "7 or older",
            "runtime": _runtime(toolchain),
        }
        simulated = found.simulated or any(SIMULATED in line.text for line in log.lines)
        return Available(device=found.name, facts=told, simulated=simulated)

    def options(self, case: Case, place: Place) -> Mapping[str, Any]:
        """Graph, command, versions and card. Raises as `commands.require_precision`."""
        commands.require_precision(case, _version(place))
        return {
            "opset": case.model.opset,
            "steps": [step] if (step := compiled.step_of(case)) else [],
            "command": commands.build(case, GRAPH, ENGINE, version=_version(place), device=place.device),
            "tools": {name: place.facts.get(name) for name in ("name", "driver", "cuda", "tensorrt")},
            "libraries": {name: version(name) for name in ("onnx", "onnxsim", "torch", "transformers")},
        }

    def build(self, case: Case, source: GraphSource, out: Path, place: Place) -> Mapping[str, Any]:
        """Export at the documented opset, save the graph, have trtexec make an engine of it.

        In fp16, which no document has, the mask is limited first: its constant overflows there. Raises as
        `Place.run`, and `MachineError` for a trtexec that ends well and built nothing, or on another card.
        """
        given = lay_out(case, source, out)
        argv = commands.build(
            case, GRAPH, ENGINE, version=_version(place), device=place.device,
            shaped=compiled.open_inputs(given.graph),
        )  # fmt: skip
        log = place.run(place.command(argv, stage=Stage.BUILD, cwd=out, env=ORDER))
        shutil.copyfile(log, out / LOG)
        require_whole(case, log)
        engine = out / ENGINE
        if not engine.is_file() or not engine.stat().st_size:
            raise MachineError(f"{case.id}: trtexec ended with status 0 and left no {ENGINE}; log: {log}")
        return {
            **given.facts,
            "documented": case.precision is Precision.FP32 and case.model.graph is None,
            "shaped": list(compiled.open_inputs(given.graph)),
            "build_s": place.commands[-1].duration_s,
            "engine_bytes": engine.stat().st_size,
        }

    def open(self, case: Case, artifact: Artifact, place: Place) -> EngineSession:
        """The engine, opened by the worker for every call."""
        return EngineSession(case, place, artifact)

    def profile(self, case: Case, artifact: Artifact, place: Place) -> Profile:
        """trtexec's times by the documented formula; its own queries a second stand in the run beside.

        As documented it builds anew from the graph, so what is timed may hold other kernels than what was
        scored. Raises as `profiled`, and `MachineError` for a run on another card.
        """
        argv = commands.profile(
            case, GRAPH, version=_version(place), device=place.device,
            shaped=artifact.facts.get("shaped", ()),
        )  # fmt: skip
        command: Command = place.command(argv, stage=Stage.PROFILE, cwd=artifact.folder, env=ORDER)
        measured = profiled(case, place, command, "trtexec")
        require_whole(case, place.folder / place.commands[-1].log)
        return measured

    def describe(self) -> Mapping[str, Any]:
        """Nothing beside what the probe says."""
        return {}


def job_facts(case: Case, graph: str) -> dict[str, Any]:
    """What the worker's job says beside a model: how onnxruntime's provider would build `graph`."""
    return {
        "onnx": graph,
        "shapes": {name: list(shape) for name, shape in compiled.sizes_of(case).items()},
        "fp16": case.precision is Precision.FP16,
        "workspace_mib": commands.WORKSPACE_MIB,
    }


def lay_out(case: Case, source: GraphSource, out: Path) -> Given:
    """Write the graph that trtexec is given. Raises as `compiled.given`."""
    import onnx

    given = compiled.given(case, source)
    onnx.save(given.graph, out / GRAPH)
    return given


def _version(place: Place) -> str | None:
    """trtexec's version, None for one that tells none."""
    told = place.facts.get("tensorrt", "")
    return told if told.partition(".")[0].isdigit() else None


def _runtime(toolchain: Toolchain) -> str:
    """What can run an engine in the vendor's Python, as ``tensorrt 10.16.1``; empty where nothing can."""
    try:
        log = nvidia.said(toolchain, [toolchain.python, str(WORKERS / f"{WORKER}.py"), "--which"])
    except (ToolFailed, NotThere):
        return ""
    found = log.first(_RUNTIME)
    return "" if found is None else found[1]


def require_whole(case: Case, path: Path) -> None:
    """Hold a log of trtexec to its end, and to the card that the case is about."""
    log = parsers.read(path.read_bytes(), path.name)
    if not log.has(_PASSED):
        raise MachineError(
            f"{case.id}: trtexec ended with status 0, but its log stops before `&&&& PASSED`; log: {path}"
        )
    selected = facts(log.lines).device_name
    other = None if selected is None else names.other(case.chip, selected)
    if other is not None:
        raise MachineError(f"{case.id}: trtexec ran on {other}, expected {case.chip.title}; log: {path}")
