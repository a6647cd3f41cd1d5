"""TorchScript on the CPU: the module that a document traces, run as its host script runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.domain.models import InputRole
from harness.domain.precisions import Precision
from harness.errors import GraphError
from harness.toolchains.base import (
    Availability,
    Available,
    Contract,
    GraphSource,
    Processor,
    not_given,
    seen,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from harness.artifacts.cache import Artifact
    from harness.models.graphs.torchscript import Traced
    from harness.toolchains.place import Place

MODULE = "model.torchscript.pt"
DEVICE = "CPU (TorchScript)"


def order_of(case: Case) -> tuple[InputRole, ...]:
    """The roles of the traced module's arguments, by position: as documented, else as the model's inputs."""
    deployment = case.deployment
    return (deployment and deployment.traced) or tuple(item.role for item in case.model.inputs)


class TracedSession:
    """A loaded module."""

    def __init__(self, traced: Traced, case: Case, *, tells: bool = False) -> None:
        self._traced = traced
        self._tells = tells
        self._seen: tuple[None, Contract] | None = None
        self._case = case
        roles = [item.role for item in case.model.inputs]
        self._places = [roles.index(role) for role in order_of(case)]

    def run(self, inputs: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.floating]]:
        """One batch through the module; raises `GraphError` with what torch says."""
        import torch

        try:
            with torch.inference_mode():
                outputs = self._traced.module(*(torch.from_numpy(inputs[place]) for place in self._places))
        except RuntimeError as problem:
            raise GraphError(f"{self._case.id}: torch cannot run the module: {problem}") from problem
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        arrays = [output.numpy() for output in outputs]
        self._seen = seen(self._case.model, arrays)
        return arrays

    def contract(self) -> tuple[None, Contract] | None:
        """What came out of the last call: a module declares neither names nor shapes."""
        return self._seen

    def told(self) -> Mapping[str, Any]:
        """The number of threads, where it matters: torch has one for the whole process."""
        import torch

        return {"threads": torch.get_num_threads()} if self._tells else {}


class Backend:
    """Traces networks in fp32 and runs the modules with torch's own interpreter."""

    any_shape = False
    computes_here: tuple[str, ...] = ("torch",)
    computes_on = Processor.HOST

    def require(self, case: Case) -> None:
        """Refuse a graph, and anything below fp32: a traced module runs in the weights' own dtype."""
        if case.model.graph is not None:
            raise not_given(case, "TorchScript is traced of networks of transformers, and a graph is none")
        if case.precision is not Precision.FP32:
            why = f"TorchScript on the CPU runs fp32; found {case.precision}"
            raise not_given(case, why, option="precision")

    def probe(self, chip: Chip, device: int) -> Availability:
        """The CPU is always there."""
        return Available(device=DEVICE, facts={"torch": version("torch")})

    def options(self, case: Case, place: Place) -> Mapping[str, Any]:
        """The order of the arguments, and the libraries that trace."""
        return {
            "traced": order_of(case),
            "libraries": {name: version(name) for name in ("torch", "transformers")},
        }

    def build(self, case: Case, source: GraphSource, out: Path, place: Place) -> Mapping[str, Any]:
        """Trace and save."""
        from harness.models.graphs import torchscript

        traced = source.trace(order=order_of(case))
        torchscript.save(traced, out / MODULE)
        return {"trace_max_abs_difference": traced.max_abs_difference}

    def open(self, case: Case, artifact: Artifact, place: Place) -> TracedSession:
        """Load the module onto the CPU; raises `GraphError` with what torch says.

        `place`'s threads are told by ``OMP_NUM_THREADS``, which torch reads when a process of its own loads
        it; in a process that has other work to do they stay as they are.
        """
        from harness.models.graphs import torchscript

        loaded = torchscript.load(artifact.path(MODULE))
        return TracedSession(loaded, case, tells=place.threads is not None)

    def profile(self, case: Case, artifact: Artifact, place: Place) -> None:
        """There is no vendor's tool: our clock is the only one."""

    def describe(self) -> Mapping[str, Any]:
        """The device, and how many threads torch was left to choose."""
        import torch

        return {"device": DEVICE, "torch": version("torch"), "threads": torch.get_num_threads()}
