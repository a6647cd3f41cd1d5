"""onnxruntime on the CPU: the `cpu` chip, and the stand-in of every other chip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.domain.precisions import Precision
from harness.errors import GraphError, MachineError, NotApplicable, ZoocheckError
from harness.toolchains.base import Availability, Available, Contract, GraphSource, Processor

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnx
    import onnxruntime

    from harness.artifacts.cache import Artifact
    from harness.models.graphs import int8
    from harness.toolchains.place import Place

GRAPH = "model.onnx"
DEVICE = "CPU (onnxruntime)"


def load_graph(
    graph: Path | bytes, precision: Precision, threads: int | None = None
) -> onnxruntime.InferenceSession:
    """A graph, by its file or its bytes, as a stand-in of `precision` runs it.

    Below fp32 the optimisation level is pinned, so that no rounding is lost: higher levels fuse operators
    and drop casts, and with them the fp16 rounding between them; a test holds this level to giving the very
    bits of a graph whose every value is an output. What fp16 is spared is spared by `same_bits`, here rather
    than in the artifact, whose graph says what is computed, operator by operator. `threads` compute, without
    it as many as onnxruntime chooses; then nothing is timed, and a thread without work sleeps, where it would
    keep its core from other processes. Raises as `sessions.opened`; for what is no graph, what onnx raises.
    """
    import onnxruntime

    from harness.models.graphs import same_bits, sessions

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # warnings are not ours, and errors are raised
    levels = onnxruntime.GraphOptimizationLevel
    exact = precision is Precision.FP32
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if exact else levels.ORT_ENABLE_BASIC
    if threads is None:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    else:
        options.intra_op_num_threads = threads
    if precision is Precision.FP16:
        graph = same_bits.cheaper(graph)
    return sessions.opened(graph, options=options)


class CpuSession:
    """A loaded graph with fixed input and output names."""

    def __init__(self, session: onnxruntime.InferenceSession, case: Case, threads: int | None = None) -> None:
        from harness.models.graphs.originals import laid_out, outputs_of

        self._session = session
        self._case = case
        self._threads = threads
        self._inputs = [item.name for item in case.model.fed]
        self._outputs = [item.name for item in outputs_of(case.model)]
        self._laid_out = partial(laid_out, case.model)

    def run(self, inputs: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.floating]]:
        """One batch through the graph; raises `GraphError`, or `MachineError` where memory is short."""
        try:
            outputs: list[npt.NDArray[np.floating]] = self._session.run(
                self._outputs, dict(zip(self._inputs, self._laid_out(inputs), strict=True))
            )
        except Exception as problem:  # onnxruntime's classes have no common base of their own
            raise _refusal(self._case, "run", problem) from problem
        return outputs

    def contract(self) -> tuple[Contract, Contract]:
        """Inputs and outputs as the loaded graph declares them."""
        return _declared(self._session.get_inputs()), _declared(self._session.get_outputs())

    def told(self) -> Mapping[str, Any]:
        """The number of threads, where it was set."""
        return {} if self._threads is None else {"threads": self._threads}


def _declared(items: Sequence[onnxruntime.NodeArg]) -> Contract:
    return [(item.name, _dtype(item.type), tuple(item.shape)) for item in items]


def _dtype(kind: str) -> str:
    """numpy's name of ``tensor(int64)``; what is no tensor as onnxruntime calls it."""
    name = kind.removeprefix("tensor(").removesuffix(")")
    return {"float": "float32", "double": "float64"}.get(name, name)


def _ranges(case: Case, source: GraphSource, graph: onnx.ModelProto) -> int8.Ranges:
    """What int8's scales are chosen by: each calibration sample once, through the graph of one sample.

    Whatever the case's batch size, the scales are then the same, and no filling of a batch is counted.
    `graph` is the case's own as exported, which is taken where it is of one sample.
    """
    from harness.models.graphs import int8
    from harness.models.graphs.numerics import STAND_IN_OPSET, apply, documented

    graph = source.for_calibration(graph, opset=STAND_IN_OPSET)
    return int8.ranges_of(apply(graph, documented(case, gelus=source.gelus)), source.calibration())


def _refusal(case: Case, doing: str, problem: Exception) -> ZoocheckError:
    """What onnxruntime says, as the machine's fault or the graph's (core/framework/bfc_arena.cc)."""
    said = str(problem).strip()
    if "Failed to allocate memory" in said or "bad_alloc" in said or isinstance(problem, MemoryError):
        remedy = "choose a smaller --bs, or make room"
        return MachineError(f"{case.id}: too little memory to {doing} the graph: {said}", remedy=remedy)
    return GraphError(f"{case.id}: onnxruntime cannot {doing} the graph: {said}")


class Backend:
    """Builds ONNX graphs with a chip's numerics and runs them with the CPU execution provider."""

    any_shape = True
    computes_here: tuple[str, ...] = ("onnxruntime",)
    computes_on = Processor.HOST

    def require(self, case: Case) -> None:
        """Nothing: what it cannot imitate is said by the numerics."""

    def probe(self, chip: Chip, device: int) -> Availability:
        """The CPU is always there."""
        return Available(device=DEVICE, facts={"onnxruntime": version("onnxruntime")})

    def opset(self, case: Case) -> int:
        """What graphs are exported at."""
        from harness.models.graphs.numerics import STAND_IN_OPSET

        return STAND_IN_OPSET

    def options(self, case: Case, place: Place) -> Mapping[str, Any]:
        """Opset, numerics, and the libraries that make and simplify graphs."""
        from harness.models.graphs.numerics import steps

        return {
            "opset": self.opset(case),
            "steps": [name for name, _ in steps(case, gelus=0, ranges=tuple)],
            "libraries": {
                name: version(name) for name in ("onnx", "onnxruntime", "onnxsim", "torch", "transformers")
            },
        }

    def build(self, case: Case, source: GraphSource, out: Path, place: Place) -> Mapping[str, Any]:
        """Export, give the graph the case's numerics, save it."""
        import onnx

        from harness.models.graphs import flops, values
        from harness.models.graphs.numerics import apply, steps

        exported = source.export(opset=self.opset(case))
        chosen = steps(case, gelus=source.gelus, ranges=lambda: _ranges(case, source, exported.graph))
        try:
            graph = apply(exported.graph, chosen)
        except NotApplicable as problem:  # of the graph, whoever's it is
            raise NotApplicable(f"{case.id}: {problem}") from problem
        onnx.save(graph, out / GRAPH)
        told = (*exported.told, *values.told(graph))
        return {
            "export_max_abs_difference": exported.max_abs_difference,
            **({"told": list(told)} if told else {}),
            **flops.facts_of(graph, batch=case.batch_size, length=case.model.length),
        }

    def open(self, case: Case, artifact: Artifact, place: Place) -> CpuSession:
        """Load the graph as `load_graph` does, with as many threads as `place` says.

        Raises `GraphError`, or `MachineError` where memory is short.
        """
        try:
            session = load_graph(artifact.path(GRAPH), case.precision, place.threads)
        except ZoocheckError:
            raise
        except Exception as problem:
            raise _refusal(case, "load", problem) from problem
        return CpuSession(session, case, place.threads)

    def profile(self, case: Case, artifact: Artifact, place: Place) -> None:
        """There is no vendor's tool: our clock is the only one."""

    def describe(self) -> Mapping[str, Any]:
        """The provider, and how many threads it is left to choose."""
        return {
            "device": DEVICE,
            "onnxruntime": version("onnxruntime"),
            "threads": "onnxruntime's default: one a physical core",
        }


class DocumentedGraph(Backend):
    """The same numerics of the graph that the document exports for a chip's compiler, at its opset.

    What that opset has no operator for is spelt out in small ones there, and each of them is rounded.
    """

    def opset(self, case: Case) -> int:
        """The document's."""
        return case.model.opset
