"""What is claimed: model x chip x precision x batch size, and the kinds of claims."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.domain.chips import Chip
from harness.domain.models import Deployment, Model
from harness.domain.precisions import Gelu, Precision

# What pytest and its plugins mean something else by, as a mark or in -m: no model and no chip is called so.
PYTESTS_OWN = frozenset(
    {
        "and", "or", "not", "skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings",
        "tryfirst", "trylast", "anyio", "benchmark", "check", "hypothesis", "xdist_group",
    }
)  # fmt: skip


class Kind(StrEnum):
    """What a test claims; each is a pytest marker."""

    ACCURACY = "accuracy"
    THROUGHPUT = "throughput"
    CONFORMANCE = "conformance"
    PREPROCESSING = "preprocessing"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Model x chip x precision x batch size. Made by `harness.tables.cases`, which alone spells ids."""

    id: str
    model: Model
    chip: Chip
    precision: Precision
    batch_size: int
    documented: bool  # whether the document has this very combination

    @property
    def deployment(self) -> Deployment | None:
        """What the document says of the case's model on its chip at its precision, if it says anything."""
        found = self.model.deployment(self.chip.name)
        return found if found is not None and self.precision in found.precisions else None

    @property
    def runtime(self) -> str:
        """The backend that runs the case on its chip: the chip's, unless the document uses another."""
        return (self.deployment and self.deployment.runtime) or self.chip.backend

    @property
    def gelu(self) -> Gelu:
        """The GELU that the chip computes in this deployment."""
        deployment = self.model.deployment(self.chip.name)
        return Gelu.ERF if deployment is None else deployment.gelu
