"""Whether two arms do the same work: each one's outputs held to the parity that its precision explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from harness import arrays
from harness.conformance import fp32, parity, subject
from harness.domain.cases import Case
from harness.errors import BadOutput
from harness.running.bounds import parity_bounds
from harness.running.materials import Materials
from harness.verdicts.checks import ParityBounds

if TYPE_CHECKING:
    from harness.conformance.metamorphic import Probe

Array = npt.NDArray[Any]

_IN_WORDS = {"largest": "largest", "rms": "root mean square"}


class Answering(Protocol):
    """Two arms that were started."""

    def answer(self, arm: int, samples: Path, to: Path) -> None:
        """Write the outputs of A (0) or B (1) for the samples in an npz file to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an arm's outputs differ from the checkpoint's fp32 outputs by, in spreads of its logits."""

    arm: str  # "A (current)"
    largest: float | None  # None: they cannot be compared
    bound: float
    precision: str  # that explains the bound
    flips: int
    decisions: int
    why: str  # it is not the same work; empty: it is

    def __str__(self) -> str:
        if self.why:
            return f"{self.arm}: {self.why}"
        return f"{self.arm} is within {self.largest:.3g} of the {self.bound:g} that {self.precision} explains"


def works(
    pair: Answering, materials: Materials, cases: tuple[Case, Case], names: tuple[str, str], folder: Path
) -> tuple[Work, Work]:
    """What A and B do on the same samples, those that a conformance check of A's case is shown.

    `cases` are those whose settings open each arm: its precision bounds what the arm may differ by. Raises
    as the arms do, and `arrays.BadArray` where an arm's outputs cannot be read back.
    """
    probe, _ = subject.probe_of(materials, cases[0])
    samples = folder / "samples.npz"
    given = fp32.in_order(cases[0].model, probe.inputs)
    named: dict[str, Any] = {item.name: array for item, array in zip(cases[0].model.fed, given, strict=True)}
    np.savez(samples, **named)
    reference = fp32.reference(materials, cases[0], probe.inputs).outputs
    first, second = (
        _work(materials, case, name, _outputs(pair, at, samples, folder), reference, probe)
        for at, (case, name) in enumerate(zip(cases, names, strict=True))
    )
    return first, second


def _outputs(pair: Answering, arm: int, samples: Path, folder: Path) -> list[Array]:
    to = folder / f"outputs-{arm}.npz"
    to.unlink(missing_ok=True)
    pair.answer(arm, samples, to)
    kept = arrays.npz(to, arrays.npz(to, ()).names)
    return [kept[key] for key in kept.names]


def _work(
    materials: Materials, case: Case, name: str, outputs: Sequence[Array], reference: Sequence[Array],
    probe: Probe,
) -> Work:  # fmt: skip
    layers = materials.checkpoint(case.model).layers
    bounds = parity_bounds(materials.catalog.precisions[case.precision], case, layers)
    try:
        found = parity.compare(outputs, reference, probe.mask, probe.outputs, case=name)
    except BadOutput as problem:
        return Work(
            arm=name, largest=None, bound=bounds.largest, precision=str(case.precision), flips=0, decisions=0,
            why=str(problem).removeprefix(f"{name}: "),
        )  # fmt: skip
    return Work(
        arm=name, largest=found.largest_in_spread, bound=bounds.largest, precision=str(case.precision),
        flips=found.flips, decisions=found.decisions, why=_why(found, bounds, case),
    )  # fmt: skip


def _why(found: parity.Parity, bounds: ParityBounds, case: Case) -> str:
    """Why outputs are not those of the same work; empty where they are."""
    faults = [
        f"the {_IN_WORDS[which]} difference from {case.model.reference} is {value:.3g} spreads, "
        f"{case.precision} explains {bound:g}"
        for which, value, bound in bounds.exceeded(found.largest_in_spread, found.rms_in_spread)
    ]
    if found.unexplained(bounds.largest):
        faults.append("a decision flips that such differences do not explain")
    if not faults:
        return ""
    return f"{'; '.join(faults)}; {found.flips} of {found.decisions} decisions differ"
