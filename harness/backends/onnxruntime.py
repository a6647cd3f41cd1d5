"""onnxruntime on the CPU: the `cpu` chip, and the stand-in of every other chip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.backends.base import Availability, Available, Contract, GraphSource
from harness.domain import Case, Chip, Precision

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnxruntime

    from harness.artifacts import Artifact

GRAPH = "model.onnx"
DEVICE = "CPU (onnxruntime)"


class CpuSession:
    """A loaded graph with fixed input and output names."""

    def __init__(self, session: onnxruntime.InferenceSession, case: Case) -> None:
        self._session = session
        self._inputs = [item.name for item in case.model.inputs]
        self._outputs = [item.name for item in case.model.outputs]

    def run(self, inputs: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.floating]]:
        """One batch through the graph."""
        outputs: list[npt.NDArray[np.floating]] = self._session.run(
            self._outputs, dict(zip(self._inputs, inputs, strict=True))
        )
        return outputs

    def contract(self) -> tuple[Contract, Contract]:
        """Inputs and outputs as the loaded graph declares them."""
        return _declared(self._session.get_inputs()), _declared(self._session.get_outputs())


def _declared(items: Sequence[onnxruntime.NodeArg]) -> Contract:
    dtypes = {"tensor(int64)": "int64", "tensor(int32)": "int32", "tensor(float)": "float32"}
    return [(item.name, dtypes.get(item.type, item.type), tuple(item.shape)) for item in items]


class Backend:
    """Builds ONNX graphs with a chip's numerics and runs them with the CPU execution provider."""

    def probe(self, chip: Chip) -> Availability:
        """The CPU is always there."""
        return Available(device=DEVICE, facts={"onnxruntime": version("onnxruntime")})

    def options(self, case: Case) -> Mapping[str, Any]:
        """Opset, numerics and their code version, and the libraries that make and simplify graphs."""
        from harness.graphs import STEPS_VERSION
        from harness.graphs.numerics import STAND_IN_OPSET, steps

        return {
            "opset": STAND_IN_OPSET,
            "steps": [name for name, _ in steps(case, layers=0)],
            "steps_version": STEPS_VERSION,
            "libraries": {
                name: version(name) for name in ("onnx", "onnxruntime", "onnxsim", "torch", "transformers")
            },
        }

    def build(self, case: Case, source: GraphSource, out: Path) -> Mapping[str, Any]:
        """Export, give the graph the case's numerics, save it."""
        import onnx

        from harness.graphs.numerics import STAND_IN_OPSET, apply, steps

        exported = source.export(opset=STAND_IN_OPSET)
        graph = apply(exported.graph, steps(case, layers=source.layers))
        onnx.save(graph, out / GRAPH)
        return {"export_max_abs_difference": exported.max_abs_difference}

    def open(self, case: Case, artifact: Artifact) -> CpuSession:
        """Load the graph; below fp32 the optimisation level is pinned, so that no rounding is lost.

        Higher levels fuse operators and drop casts, and with them the fp16 rounding between them; a
        test holds this level to giving the very bits of a graph whose every value is an output.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # warnings about graph inputs and initializers are not ours
        levels = onnxruntime.GraphOptimizationLevel
        exact = case.precision is Precision.FP32
        options.graph_optimization_level = levels.ORT_ENABLE_ALL if exact else levels.ORT_ENABLE_BASIC
        session = onnxruntime.InferenceSession(
            artifact.path(GRAPH), options, providers=["CPUExecutionProvider"]
        )
        return CpuSession(session, case)

    def describe(self) -> Mapping[str, Any]:
        """The provider, and how many threads it is left to choose."""
        return {
            "device": DEVICE,
            "onnxruntime": version("onnxruntime"),
            "threads": "onnxruntime's default: one a physical core",
        }
