"""Huawei Ascend: atc compiles, ais_bench runs and times, each by the document's own command line."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.domain.precisions import Precision
from harness.errors import MachineError
from harness.models.graphs.originals import outputs_of
from harness.models.seeding import drawn
from harness.tasks.layouts import Arrays
from harness.toolchains import compiled
from harness.toolchains.ascend import card, commands
from harness.toolchains.ascend.files import files_of, folders_of
from harness.toolchains.base import (
    Availability,
    Contract,
    GraphSource,
    Latencies,
    Processor,
    Profile,
    not_given,
)
from harness.toolchains.compiled import Given
from harness.toolchains.place import Place, Toolchain
from harness.toolchains.profiling import profiled
from harness.toolchains.worker_session import WorkerSession
from harness.tools import parsers
from harness.tools.parsers import atc
from harness.tools.process import Stage

if TYPE_CHECKING:
    import numpy.typing as npt
    import onnx

    from harness.artifacts.cache import Artifact

GRAPH, OM, LOG = commands.GRAPH, commands.OM, "atc.log"


class AisBenchSession:
    """An .om that ais_bench runs over the document's own files; timed beside its `InferSession`."""

    def __init__(self, case: Case, place: Place, model: Path) -> None:
        self._case = case
        self._place = place
        self._model = model
        self._files = files_of(case)
        self._worker = WorkerSession(case, place, "ascend", model)

    def run(self, inputs: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.floating]]:
        """One batch, in a start of the tool."""
        return self.run_all(inputs)

    def run_all(self, inputs: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """All samples, in files. ais_bench makes batches of them, fills the last up and drops the filling.

        So does its source (ais_bench/infer/io_oprations.py). Raises as `Place.run`, `ParseError` for a log
        without its summary, and `BadResults` for what is wrong with the files.
        """
        case = self._case
        by_key: dict[Any, npt.NDArray[Any]] = {
            item.key: array for item, array in zip(case.model.fed, inputs, strict=True)
        }
        features = Arrays(inputs=by_key)
        with self._place.scratch("ais_bench") as folder:
            given, results = folder / "inputs", folder / "results"
            try:
                results.mkdir()
                self._files.write(features, given)
            except OSError as problem:
                raise MachineError(f"{case.id}: {given}: cannot be written: {problem.strerror}") from problem
            self._start(given, results)
            return self._files.read(results, len(inputs[0]))

    def _start(self, given: Path, results: Path) -> None:
        """The document's inference command, to its last line."""
        argv = commands.infer(
            self._case,
            python=self._place.toolchain.python,
            model=str(self._model),
            folders=[str(given / folder) for folder in folders_of(self._case.model)],
            output=str(results),
            device=self._place.device,
        )
        log = self._place.run(self._place.command(argv, stage=Stage.INFERENCE, cwd=given.parent))
        require_summary(self._case, log)

    def time_batch(self, inputs: Sequence[npt.NDArray[np.integer]]) -> Latencies | None:
        """Calls of `InferSession.infer`; None where it cannot be imported (the fact `InferSession`)."""
        return self._worker.time_batch(inputs) if self._callable else None

    def contract(self) -> tuple[Contract, Contract] | None:
        """What `InferSession` says of the .om; None where it cannot be imported.

        The compiler gives outputs names of its own: they are told by the table's, in its order.
        """
        if not self._callable:
            return None
        if self._worker.contract() is None:
            self._worker.run(self._something())
        told = self._worker.contract()
        if told is None:
            return None
        inputs, outputs = told
        names = [item.name for item in outputs_of(self._case.model)]
        if len(names) != len(outputs):
            return told
        renamed = [(name, dtype, shape) for name, (_, dtype, shape) in zip(names, outputs, strict=True)]
        return inputs, renamed

    @property
    def _callable(self) -> bool:
        return self._place.facts.get("InferSession") == card.IMPORTABLE

    def _something(self) -> list[npt.NDArray[Any]]:
        """One batch: of a graph its first seeded samples, because nobody knows what zeros are to it."""
        case = self._case
        if case.model.graph is not None:
            return list(drawn(case.model, case.batch_size).inputs.values())
        return [np.zeros((case.batch_size, case.model.tokens), item.dtype) for item in case.model.inputs]


class Backend:
    """Builds .om files with atc and runs them with ais_bench, for every chip that the tables give to it."""

    any_shape = False
    computes_here: tuple[str, ...] = ()
    computes_on = Processor.NPU

    def require(self, case: Case) -> None:
        """Refuse any precision but fp16, in which atc compiles unless it is told otherwise."""
        if case.precision is not Precision.FP16:
            why = f"atc is driven in fp16 alone, as the documents drive it; found {case.precision}"
            raise not_given(case, why, option="precision")

    def probe(self, chip: Chip, device: int) -> Availability:
        """By ``npu-smi info``, the toolkit's own files, and the interpreter that has ais_bench."""
        return card.probe(chip, device, Toolchain(name="ascend", script=chip.environment))

    def options(self, case: Case, place: Place) -> Mapping[str, Any]:
        """The documented opset and atc arguments, the chip, CANN's version, and what makes the graph."""
        from importlib.metadata import version

        facts = place.facts
        soc = facts.get("soc_version", "")
        return {
            "opset": case.model.opset,
            "dynamic_batch": commands.tools(case).dynamic_batch,
            "atc": commands.build(case, graph=GRAPH, om=Path(OM).stem, soc_version=soc),
            "CANN": facts.get("CANN"),
            "atc_sha256": facts.get("atc_sha256"),
            "steps": [compiled.step_of(case), "name-outputs"],
            "libraries": {name: version(name) for name in ("onnx", "onnxsim", "torch", "transformers")},
        }

    def build(self, case: Case, source: GraphSource, out: Path, place: Place) -> Mapping[str, Any]:
        """Export, limit the mask, and compile; the graph and atc's log stay beside the .om.

        Raises as `Place.run`, and `MachineError` where atc ends well and leaves no .om, or says it failed.
        """
        setting = commands.tools(case)
        given = lay_out(case, source, out)
        with place.scratch("atc") as folder:  # atc writes reports of its own where it is started
            argv = commands.build(
                case, graph=str(out / GRAPH), om=str(out / Path(OM).stem),
                soc_version=place.facts["soc_version"],
            )  # fmt: skip
            log = place.run(place.command(argv, stage=Stage.BUILD, cwd=folder))
        shutil.copyfile(log, out / LOG)
        require_compiled(case, log)
        _require_om(case, out, log)
        return {
            **given.facts,
            "atc_s": place.commands[-1].duration_s,
            "om_bytes": (out / OM).stat().st_size,
            "not_applied": list(setting.not_applied),
        }

    def open(self, case: Case, artifact: Artifact, place: Place) -> AisBenchSession:
        """The .om, to be loaded by every start of the tool."""
        return AisBenchSession(case, place, artifact.path(OM))

    def profile(self, case: Case, artifact: Artifact, place: Place) -> Profile:
        """``ais_bench --loop``, as documented."""
        with place.scratch("profile") as folder:
            argv = commands.profile(
                case, python=place.toolchain.python, model=str(artifact.path(OM)),
                output=str(folder), device=place.device,
            )  # fmt: skip
            found = profiled(case, place, place.command(argv, stage=Stage.PROFILE, cwd=folder), "ais_bench")
        return replace(found, run=replace(found.run, count=commands.tools(case).loop))

    def describe(self) -> Mapping[str, Any]:
        """Nothing that the probe has not said."""
        return {}


def lay_out(case: Case, source: GraphSource, out: Path) -> Given:
    """Write the graph that atc is given. Raises as `compiled.given`; `NotYet` for an output without axes."""
    import onnx

    if bare := [item.name for item in outputs_of(case.model) if not item.shape]:
        why = (
            f"ais_bench writes outputs along an axis of theirs, and {', '.join(bare)} of this graph has none"
        )
        raise not_given(case, why)
    given = compiled.given(case, source, dynamic_batch=commands.tools(case).dynamic_batch)
    onnx.save(_named(case, given.graph), out / GRAPH)
    return given


def _named(case: Case, graph: onnx.ModelProto) -> onnx.ModelProto:
    """What goes to atc: the outputs' nodes called as the document's argument has them."""
    import onnx

    from harness.models.graphs.naming import name_outputs

    nodes = commands.out_nodes(case)
    prepared = name_outputs(graph, nodes) if nodes else graph
    onnx.checker.check_model(prepared, full_check=True)
    return prepared


def require_summary(case: Case, log: Path) -> None:
    """Hold ais_bench's log to its last line; raises `ParseError`."""
    parsers.parse(log.read_bytes(), name=log.name, tool="ais_bench")


def require_compiled(case: Case, log: Path) -> None:
    """Hold atc, which may fail with status 0, to what its log says; raises `MachineError`, `ParseError`."""
    outcome = atc.parse(parsers.read(log.read_bytes(), log.name))
    if not outcome.succeeded:
        said = outcome.errors[0] if outcome.errors else "ATC run failed"
        raise MachineError(f"{case.id}: atc ended with status 0 and failed: {said}; log: {log}")


def _require_om(case: Case, out: Path, log: Path) -> None:
    """Raise `MachineError` where atc said that it succeeded and left no .om."""
    if not (out / OM).is_file() or not (out / OM).stat().st_size:
        there = ", ".join(sorted(path.name for path in out.iterdir()))
        raise MachineError(f"{case.id}: atc ended with status 0 and left no {OM}; found {there}; log: {log}")
