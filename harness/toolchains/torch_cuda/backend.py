"""torch on an NVIDIA GPU: the chip `cuda`."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.decoding import json_object
from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.domain.families import Family
from harness.domain.models import Architecture, Head
from harness.domain.precisions import Precision
from harness.errors import GraphError
from harness.machine.fingerprint import library_versions
from harness.toolchains import nvidia
from harness.toolchains.base import (
    Availability,
    Available,
    Contract,
    GraphSource,
    Processor,
    Unavailable,
    not_given,
    seen,
)
from harness.toolchains.place import Toolchain
from harness.toolchains.torch_cuda import device as torch_device

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from harness.artifacts.cache import Artifact
    from harness.toolchains.place import Place

NAME = "torch-cuda"
WEIGHTS = "weights.safetensors"
ARCHITECTURE = "architecture.json"
FUSED_BOUND = 1e-3  # of fp32 logits from the eager network's: sums in another order (graphs.export's bound)
_SAMPLES_COMPARED = 2
PRECISIONS = (Precision.FP32, Precision.TF32, Precision.FP16, Precision.BF16)


class CudaSession:
    """A network bound to one batch of its case."""

    def __init__(self, case: Case, static: torch_device.Static) -> None:
        self._case = case
        self._static = static
        self._seen: tuple[None, Contract] | None = None

    def run(self, inputs: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.float32]]:
        """One batch, from the host and back to it; raises as `Static`."""
        outputs = self._static.run(inputs)
        self._seen = seen(self._case.model, outputs)
        return outputs

    def contract(self) -> tuple[None, Contract] | None:
        """What came out of the last call: torch declares nothing."""
        return self._seen

    def told(self) -> Mapping[str, Any]:
        """How the calls ran, and their times by CUDA events."""
        return self._static.told()


class Backend:
    """Keeps the weights in the case's precision, and binds them to a batch on the card."""

    any_shape = False
    computes_here: tuple[str, ...] = ("torch",)
    computes_on = Processor.NVIDIA

    def require(self, case: Case) -> None:
        """Refuse a graph, and any precision that torch has no dtype of."""
        if case.model.graph is not None:
            raise not_given(case, "torch runs networks of transformers, and a graph as it is is none")
        if case.precision not in PRECISIONS:
            why = f"torch on a GPU runs {', '.join(PRECISIONS)}; found {case.precision}"
            raise not_given(case, why, option="precision")

    def probe(self, chip: Chip, device: int) -> Availability:
        """nvidia-smi's card, and a torch that can use it."""
        found = nvidia.card(Toolchain(name=NAME, script=chip.environment), device)
        if isinstance(found, Unavailable):
            return found
        # nvidia-smi numbers by PCI bus; it counts only before CUDA is first used in the process.
        os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
        missing = _unusable(device, found.name)
        if missing is not None:
            return missing
        import torch

        facts = {**found.facts, "torch": torch.__version__, "torch_cuda": str(torch.version.cuda)}
        return Available(device=found.name, facts=facts, simulated=found.simulated)

    def options(self, case: Case, place: Place) -> Mapping[str, Any]:
        """Nothing of the card: the artifact is weights."""
        return {"libraries": {name: version(name) for name in ("safetensors", "torch", "transformers")}}

    def build(self, case: Case, source: GraphSource, out: Path, place: Place) -> Mapping[str, Any]:
        """Hold fused attention against the eager network on the CPU, and save the weights.

        Raises `GraphError` where the two differ by more than `FUSED_BOUND` in fp32.
        """
        from safetensors.torch import save_file

        difference = _difference(case, source)
        if not difference <= FUSED_BOUND:
            raise GraphError(
                f"{case.id}: fused attention differs from the eager network by {difference:g}, "
                f"expected at most {FUSED_BOUND:g}"
            )
        dtype = torch_device.dtype_of(case.precision)
        state = source.network().state_dict()
        save_file({name: tensor.to(dtype).contiguous() for name, tensor in state.items()}, out / WEIGHTS)
        written = json.dumps(dataclasses.asdict(source.architecture))
        (out / ARCHITECTURE).write_text(written, encoding="utf-8")
        return {"fused_max_abs_difference": difference}

    def open(self, case: Case, artifact: Artifact, place: Place) -> CudaSession:
        """Bind the weights to one batch on the card; raises as `Static`."""
        return bound(case, artifact, torch_device.Cuda(place.device))

    def profile(self, case: Case, artifact: Artifact, place: Place) -> None:
        """No vendor's tool: our clock counts, CUDA events stand beside it in the session's words."""

    def describe(self) -> Mapping[str, Any]:
        """The libraries whose versions decide the kernels; triton where it is installed."""
        return library_versions(("torch", "triton"))


def bound(case: Case, artifact: Artifact, device: torch_device.Device) -> CudaSession:
    """An artifact of `Backend.build` on `device`."""
    from safetensors.torch import load_file

    said = json_object(artifact.path(ARCHITECTURE).read_bytes())
    architecture = Architecture(**{**said, "head": Head(said["head"]), "family": Family(said["family"])})
    module = torch_device.fused(architecture, case.model.inputs, case.precision)
    module.get_submodule("network").load_state_dict(load_file(artifact.path(WEIGHTS)))
    static = torch_device.Static(case.id, module, device, _batch(case, architecture), case.precision)
    return CudaSession(case, static)


def _batch(case: Case, architecture: Architecture, samples: int | None = None) -> list[torch.Tensor]:
    """Seeded inputs of `samples` (the case's batch), as int64 in the model's order."""
    import torch

    from harness.models.graphs.export import example_inputs

    size = case.batch_size if samples is None else samples
    feed = example_inputs(case.model, vocabulary=architecture.vocabulary, batch_size=size)
    return [torch.from_numpy(feed[item.name].astype("int64")) for item in case.model.inputs]


def _difference(case: Case, source: GraphSource) -> float:
    """The largest difference in fp32 logits of the fused from the eager network, by the CPU."""
    import torch

    from harness.models.graphs.export import apart

    network = source.network()
    module = torch_device.fused(source.architecture, case.model.inputs, Precision.FP32)
    module.get_submodule("network").load_state_dict(network.state_dict())
    batch = _batch(case, source.architecture, _SAMPLES_COMPARED)
    with torch.inference_mode():
        ours, theirs = module(*batch), network(*batch)
    theirs = theirs if isinstance(theirs, tuple) else (theirs,)
    return apart([array.numpy() for array in ours], [array.numpy() for array in theirs])


def _unusable(device: int, name: str) -> Unavailable | None:
    """Why torch cannot use the card that nvidia-smi calls `name`, or None where it can."""
    import torch

    if torch.version.cuda is None:
        return Unavailable(
            reason=f"torch {torch.__version__} is built without CUDA", remedy="install a CUDA build of torch"
        )
    if not torch.cuda.is_available():
        return Unavailable(
            reason=f"torch {torch.__version__}, built for CUDA {torch.version.cuda}, finds no GPU",
            remedy="check the driver's version and CUDA_VISIBLE_DEVICES",
        )
    count = torch.cuda.device_count()
    if device >= count:
        return Unavailable(
            reason=f"there is no card {device} for torch: it sees {count} cards",
            remedy="choose another with --device, or unset CUDA_VISIBLE_DEVICES",
        )
    seen = torch.cuda.get_device_name(device)
    if seen != name:
        return Unavailable(
            reason=f"nvidia-smi calls card {device} {name}, torch calls it {seen}",
            remedy="unset CUDA_VISIBLE_DEVICES, and set CUDA_DEVICE_ORDER=PCI_BUS_ID",
        )
    return None
