"""What a toolchain has to do: say whether it is here, build an artifact, run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.domain import Case, Chip, InputRole

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from harness.artifacts import Artifact
    from harness.graphs.export import Exported
    from harness.graphs.torchscript import Traced


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """The chip is here: the device's name, and what its tools say of driver and SDK."""

    device: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """The chip is not here: what is missing, and the remedy."""

    reason: str
    remedy: str


# (name, dtype, shape) of each input or output, in order.
Contract = list[tuple[str, str, tuple[int, ...]]]

Availability = Available | Unavailable


class GraphSource(Protocol):
    """Gives a backend the checkpoint's graph at the opset and batch size it asks for."""

    @property
    def layers(self) -> int:
        """The number of encoder layers."""

    def export(self, *, opset: int) -> Exported:
        """The simplified fp32 graph at the case's batch size, or of any shape (`harness.building`)."""

    def trace(self, *, order: Sequence[InputRole]) -> Traced:
        """The fp32 network as a TorchScript module at the case's batch size, its inputs in `order`."""

    def calibration(self) -> Sequence[Mapping[str, npt.NDArray[np.integer]]]:
        """Batches of the calibration samples, by input name."""


class Session(Protocol):
    """An artifact that is loaded and ready to be called."""

    def run(self, inputs: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.floating]]:
        """One batch: arrays ``[batch, length]`` in the documented order; outputs likewise."""

    def contract(self) -> tuple[Contract, Contract]:
        """What the artifact itself says its inputs and outputs are."""


class Backend(Protocol):
    """One toolchain. SDKs are imported inside the methods, so that collecting tests needs none."""

    any_shape: bool  # whether it builds and runs a graph whose batch and length are open, too

    def probe(self, chip: Chip) -> Availability:
        """Whether the chip is here."""

    def options(self, case: Case) -> Mapping[str, Any]:
        """Everything of this backend that decides what `build` makes: part of the artifact's key."""

    def build(self, case: Case, source: GraphSource, out: Path) -> Mapping[str, Any]:
        """Write the artifact's files into `out`; return facts worth recording (numbers, seconds)."""

    def open(self, case: Case, artifact: Artifact) -> Session:
        """Load a built artifact."""

    def describe(self) -> Mapping[str, Any]:
        """What runs the calls: library versions, threads, device."""
