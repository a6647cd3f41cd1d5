"""Cambricon MLU370: MagicMind builds and runs the model, `mm_run` times it, `cnmon` names the card."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.decoding import Undecodable, json_object
from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.errors import MachineError
from harness.toolchains import compiled, monitors, names
from harness.toolchains.asking import ask, told
from harness.toolchains.base import (
    Availability,
    Available,
    Contract,
    GraphSource,
    Processor,
    Profile,
    Unavailable,
    not_given,
)
from harness.toolchains.compiled import require_dtypes
from harness.toolchains.magicmind import commands
from harness.toolchains.place import SIMULATED, Place, Toolchain
from harness.toolchains.profiling import profiled
from harness.toolchains.worker_session import WORKERS, WorkerSession, widened
from harness.tools.parsers import cnmon
from harness.tools.process import Stage, ToolFailed

if TYPE_CHECKING:
    from harness.artifacts.cache import Artifact

BUILDER = WORKERS / "magicmind_build.py"
RUNNER = WORKERS / "magicmind_run.py"
LOG = "build.log"
NOT_TOLD = "not told"


class ModelSession(WorkerSession):
    """A MagicMind model, whose 64-bit numbers the builder has made 32 bits."""

    def contract(self) -> tuple[Contract, Contract] | None:
        """The model's own, int32 as the table's int64."""
        declared = super().contract()
        return None if declared is None else widened(self._case, declared)


class Backend:
    """Drives MagicMind through the vendor's own interpreter."""

    any_shape = False
    computes_here: tuple[str, ...] = ()
    computes_on = Processor.NPU

    def require(self, case: Case) -> None:
        """Refuse a precision without a mode of the builder, and inputs of numbers that it does not take."""
        if case.precision not in commands.PRECISION_MODES:
            modes = " and ".join(commands.PRECISION_MODES)
            why = f"MagicMind is driven in {modes}, as the documents drive it; found {case.precision}"
            raise not_given(case, why, option="precision")
        require_dtypes(case, tuple(commands.DTYPES), "MagicMind")

    def probe(self, chip: Chip, device: int) -> Availability:
        """The card that `cnmon` lists as `device`, and the MagicMind that the vendor's interpreter has.

        Raises as `ask`, and `ParseError` for a table that is none.
        """
        toolchain = Toolchain(name="magicmind", script=chip.environment)
        listing = monitors.listed(toolchain, commands.cnmon(), cnmon.parse)
        card = monitors.chosen(listing, device)
        if isinstance(card, Unavailable):
            return card
        name = str(card.name)  # `chosen` refuses one without
        if (other := names.other(chip, name)) is not None:
            return Unavailable(
                reason=f"card {device} is a {other}, expected a {' or '.join(chip.device_names)}",
                remedy="choose another card with --device, or the cases of that chip",
            )
        try:
            answer = ask(toolchain, commands.here(toolchain.python, RUNNER, device))
        except ToolFailed as failure:
            remedy = "name the interpreter that has MagicMind in ZOOCHECK_MAGICMIND_PYTHON"
            raise type(failure)(
                failure.why, failure.finished, log=None, meaning=failure.meaning, remedy=remedy
            ) from None
        sdk = told(answer, RUNNER.name)
        facts = {
            "card": name,
            "driver": listing.cards.driver or NOT_TOLD,
            "cnmon": listing.cards.version or NOT_TOLD,
            "magicmind": str(sdk.get("magicmind") or NOT_TOLD),
            "vendor_python": str(sdk.get("python") or NOT_TOLD),
        }
        facts |= monitors.unknown(card)
        if listing.trouble:
            facts["monitor"] = listing.trouble
        simulated = listing.simulated or SIMULATED in answer
        return Available(device=name, facts=facts, simulated=simulated)

    def options(self, case: Case, place: Place) -> Mapping[str, Any]:
        """The builder's job, how the module is traced, and the versions of SDK and libraries."""
        return {
            "job": commands.job(case),
            "traced": [item.role for item in case.model.inputs],
            "trace_dtype": commands.TRACE_DTYPE,
            "steps": [] if case.model.graph is None else [compiled.step_of(case)],
            "tools": {"magicmind": place.facts.get("magicmind", NOT_TOLD)},
            "libraries": {name: version(name) for name in ("onnx", "onnxsim", "torch", "transformers")},
        }

    def build(self, case: Case, source: GraphSource, out: Path, place: Place) -> Mapping[str, Any]:
        """Trace, or export a graph; write the job, build through the SDK. The order is the table's own.

        Raises as `Place.run`; `MachineError` for a builder that ends well without a model.
        """
        facts = lay_out(case, source, out)
        module = out / commands.module_of(case)
        argv = commands.build(place.toolchain.python, BUILDER)
        log = place.run(place.command(argv, stage=Stage.BUILD, cwd=out))
        shutil.copyfile(log, out / LOG)
        built = out / commands.MODEL
        if not built.is_file() or not built.stat().st_size:
            raise MachineError(
                f"{BUILDER.name}: ended with status 0 and left no {commands.MODEL}; log: {log}"
            )
        try:
            said = json_object((out / commands.RESULT).read_bytes())
        except (OSError, Undecodable) as problem:
            raise MachineError(
                f"{BUILDER.name}: ended with status 0, but its {commands.RESULT} cannot be read: {problem}; "
                f"log: {log}"
            ) from problem
        digest = hashlib.sha256(module.read_bytes()).hexdigest()
        module.unlink()  # as large as the model, and made again by the same key
        return {
            "model": said,
            "module_sha256": digest,
            **facts,
        }

    def open(self, case: Case, artifact: Artifact, place: Place) -> ModelSession:
        """The model, opened by the SDK in the vendor's interpreter."""
        return ModelSession(case, place, RUNNER.stem, artifact.path(commands.MODEL))

    def profile(self, case: Case, artifact: Artifact, place: Place) -> Profile:
        """`mm_run` on the model, as documented. Raises as `profiled`."""
        argv = commands.mm_run(case, model=artifact.path(commands.MODEL), device=place.device)
        with place.scratch("mm_run") as folder:
            command = place.command(argv, stage=Stage.PROFILE, cwd=folder)
            return profiled(case, place, command, "mm_run")

    def describe(self) -> Mapping[str, Any]:
        """What runs the calls."""
        return {"runtime": "MagicMind, in the vendor's own interpreter"}


def is_chip(chip: Chip, name: str) -> bool:
    """Whether a card that cnmon calls `name` is one of `chip`."""
    return names.other(chip, name) is None


def lay_out(case: Case, source: GraphSource, out: Path) -> Mapping[str, Any]:
    """Write the module or the graph, and the job that the builder is given.

    What is known of it: the largest difference from what it was made of, and what `compiled.given` says.
    """
    facts = _write_module(case, source, out)
    (out / commands.BUILD_JOB).write_text(json.dumps(commands.job(case), indent=1) + "\n", encoding="utf-8")
    return facts


def _write_module(case: Case, source: GraphSource, out: Path) -> Mapping[str, Any]:
    if case.model.graph is not None:
        import onnx

        given = compiled.given(case, source)
        onnx.save(given.graph, out / commands.GRAPH)
        return given.facts
    from harness.models.graphs import torchscript

    order = tuple(item.role for item in case.model.inputs)
    traced = source.trace(order=order, dtype=commands.TRACE_DTYPE)
    torchscript.save(traced, out / commands.MODULE)
    return {"trace_max_abs_difference": traced.max_abs_difference}
