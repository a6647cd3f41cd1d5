"""What a toolchain has to do: say whether it is here, build an artifact, run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.domain.models import Architecture, InputRole, Model
from harness.errors import NotYet

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnx
    import torch

    from harness.artifacts.cache import Artifact
    from harness.models.graphs.export import Exported
    from harness.models.graphs.torchscript import Traced
    from harness.toolchains.place import Place
    from harness.tools.parsers import ToolRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """The chip is here: the device's name, and what its tools say of chip, driver, firmware and SDK.

    `simulated` where the tools are the tests' imitations (`harness.toolchains.place.SIMULATED`).
    """

    device: str
    facts: Mapping[str, str]
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """The chip is not here: what is missing, and the remedy."""

    reason: str
    remedy: str


# (name, dtype, shape) of each input or output, in order.
Contract = list[tuple[str, str, tuple[int, ...]]]

Availability = Available | Unavailable


def seen(model: Model, outputs: Sequence[npt.NDArray[Any]]) -> tuple[None, Contract]:
    """What a call gave, for a runtime that declares nothing: dtypes and shapes are seen, names by position.

    An output that the table does not have is called by its number.
    """
    names = [item.name for item in model.outputs]
    names += [f"output {at}" for at in range(len(names), len(outputs))]
    return None, [(name, str(array.dtype), array.shape) for name, array in zip(names, outputs, strict=False)]


def not_given(case: Case, why: str, *, option: str = "target") -> NotYet:
    """What `Backend.require` raises: `option` is the one that may have asked for it by name."""
    remedies = {
        "precision": "choose another --precision",
        "target": "choose another chip" if case.chip.local else "run its stand-in with --target stand-in",
    }
    return NotYet(f"{case.id}: {why}", remedy=remedies[option], option=option)


class GraphSource(Protocol):
    """Gives a backend the checkpoint's graph at the opset and batch size it asks for."""

    @property
    def architecture(self) -> Architecture:
        """The checkpoint's own sizes."""

    @property
    def gelus(self) -> int:
        """The number of GELUs with an erf in its graph."""

    def network(self) -> torch.nn.Module:
        """The network itself, on the CPU in eval mode, fp32, with eager attention."""

    def export(self, *, opset: int, dynamic_batch: bool = False, batch_size: int | None = None) -> Exported:
        """The simplified fp32 graph at the case's batch size, or of any shape (`harness.running.building`).

        With `dynamic_batch` it takes any batch of the documented length, and is as exported. With
        `batch_size` it has that and the documented length.
        """

    def trace(self, *, order: Sequence[InputRole], batch_size: int | None = None, dtype: str = "") -> Traced:
        """The fp32 network as a TorchScript module, its inputs in `order`.

        At the case's batch size and the table's dtypes, unless `batch_size` or `dtype` say otherwise.
        """

    def for_calibration(self, exported: onnx.ModelProto, *, opset: int) -> onnx.ModelProto:
        """The graph that `calibration`'s feeds go through: `exported`, where that takes them."""

    def calibration(self) -> Sequence[Mapping[str, npt.NDArray[np.integer]]]:
        """The calibration samples, by input name, each by itself: arrays ``[1, length]``."""


class Session(Protocol):
    """An artifact that is loaded and ready to be called."""

    def run(self, inputs: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.floating]]:
        """One batch: arrays ``[batch, length]`` in the documented order; outputs likewise."""

    def contract(self) -> tuple[Contract | None, Contract] | None:
        """What the artifact itself says its inputs and outputs are; None where its tools do not tell.

        A runtime that takes tensors by position and declares nothing tells what came out of its last call,
        and None of its inputs; before a call nothing.
        """


@runtime_checkable
class ToolSession(Session, Protocol):
    """An artifact that a tool runs, in a process of its own: files in, files out.

    `run` is `run_all` of one batch, which takes seconds: what counts or times samples uses the others.
    """

    def run_all(self, inputs: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Any number of samples through the tool at once, ``[samples, ...]`` each, in and out.

        Samples lie along the first axis of a graph's arrays too, wherever the graph itself has them.
        """

    def time_batch(self, inputs: Sequence[npt.NDArray[np.integer]]) -> Latencies | None:
        """Calls of one batch, timed by our clock beside the SDK; None where there is no SDK to call."""


@runtime_checkable
class Telling(Protocol):
    """A session that has something to say of its calls once they are made: a result keeps it as `session`."""

    def told(self) -> Mapping[str, Any]:
        """What ran the calls, and what they took, as JSON; empty before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Calls of one batch each, timed one by one, in nanoseconds."""

    latencies_ns: Sequence[int]
    warm_up_calls: int
    clock: str  # in words
    facts: Mapping[str, Any] = field(default_factory=dict)  # what else is known of them: part of the detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a vendor's own benchmark tool measured, and how its README makes a throughput of it."""

    samples_per_s: float  # by the documented formula
    formula: str  # in words
    run: ToolRun  # everything the tool printed, its own throughput included
    log_sha256: str


class Processor(StrEnum):
    """Where a toolchain's artifacts compute."""

    HOST = "host"  # the machine's own cores
    NVIDIA = "nvidia"  # a card that nvidia-smi lists under the number that the backend is given
    NPU = "npu"  # a vendor's card


class Backend(Protocol):
    """One toolchain. SDKs are imported inside the methods, so that collecting tests needs none."""

    any_shape: bool
    """Whether it builds and runs a graph whose batch and length are open, too."""

    computes_here: tuple[str, ...]
    """Libraries that make the calls in this process; none where a tool does in its own."""

    computes_on: Processor
    """What the calls keep busy: whether the host's load and energy are theirs, or a card's."""

    def require(self, case: Case) -> None:
        """Raise `NotYet` where it cannot be given `case`, whatever is here; by what the tables say alone."""

    def probe(self, chip: Chip, device: int) -> Availability:
        """Whether card number `device` of the chip is here."""

    def options(self, case: Case, place: Place) -> Mapping[str, Any]:
        """Everything of this backend that decides what `build` makes: part of the artifact's key."""

    def build(self, case: Case, source: GraphSource, out: Path, place: Place) -> Mapping[str, Any]:
        """Write the artifact's files into `out`; return facts worth recording (numbers, seconds)."""

    def open(self, case: Case, artifact: Artifact, place: Place) -> Session:
        """Load a built artifact."""

    def profile(self, case: Case, artifact: Artifact, place: Place) -> Profile | None:
        """Its throughput by the vendor's own tool; None for a toolchain that has none."""

    def describe(self) -> Mapping[str, Any]:
        """What runs the calls, beside what the probe said: library versions, threads."""
