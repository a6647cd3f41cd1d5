"""Two ways of running one case in turns, A B B A, for a verdict that survives drift.

`specs` reads what the two are, `worker` is the process that runs one of them, `turns` lets them take turns,
and `harness.verdicts.effects` says what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import MachineError, UsageError
from harness.toolchains.place import Place
from harness.verdicts.effects import LEAST_CHANGE, Finding

if TYPE_CHECKING:
    from harness.comparing.arm_specs import Spec
    from harness.domain.cases import Case
    from harness.running.materials import Materials
    from harness.timing.turns import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two arms of a case, and what B is against A."""

    case: str
    first: str
    second: str
    versions: tuple[Mapping[str, str], Mapping[str, str]]
    turns: Turns
    finding: Finding


def compare_arms(
    materials: Materials,
    case: Case,
    first: str,
    second: str,
    *,
    seconds: float,
    margin: float,
    folder: Path,
    threads: int | None = 1,
) -> Compared:
    """Run A and B in turns for at most about `seconds`; `folder` is for what the two need on disk.

    Each computes with `threads`; None leaves that to its library. More than one wait for each other, and
    where the other arm's still spin, that is noise: on a machine of two cores the same time gave an interval
    five times as wide.

    Raises `UsageError` for arms that mean nothing, `NotThere` as any case does, and `MachineError` for an arm
    that ends or hangs.
    """
    import numpy as np

    from harness.comparing import arm_specs
    from harness.domain.models import Protocol
    from harness.running.batches import fixed_batch
    from harness.timing import turns

    target = materials.target(case)
    place = Place(
        folder=folder, toolchain=target.toolchain, device=materials.options.device, facts=target.facts
    )
    reader = arm_specs.Specs(materials, case, target, place)
    specs_of_arms = (reader.read(first), reader.read(second))
    if not target.backend.computes_here:
        raise UsageError(
            f"{case.id}: every call starts a vendor's tool, which no two can take turns at",
            remedy="measure two runs, and compare those",
        )
    batch = fixed_batch(case, materials.samples(case.model, Protocol.DOCUMENTED))
    inputs = folder / "inputs.npz"
    inputs.parent.mkdir(parents=True, exist_ok=True)
    named: dict[str, Any] = {item.name: array for item, array in zip(case.model.inputs, batch, strict=True)}
    np.savez(inputs, **named)
    common = {
        "target": "chip" if target.name == "chip" else materials.options.target,
        "device": materials.options.device,
        "folder": str(folder),
        "threads": threads,
        "inputs": str(inputs),
    }
    setups = tuple(
        turns.Setup(
            name=f"{name} ({spec.text})",
            content={**common, "arms": [{"case": spec.case, "artifact": spec.setup()}]},
            python_path=() if spec.packages is None else (spec.packages,),
        )
        for name, spec in zip("AB", specs_of_arms, strict=True)
    )
    with turns.arms(*setups) as pair:
        found = turns.take_turns(pair, longest_s=seconds)
        versions = pair.versions
    _check(specs_of_arms, versions)
    finding = found.effect.finding(margin=margin, least=LEAST_CHANGE)
    return Compared(case=case.id, first=first, second=second, versions=versions, turns=found, finding=finding)


def _check(arms: tuple[Spec, Spec], told: tuple[Mapping[str, str], Mapping[str, str]]) -> None:
    """Raise `MachineError` where an arm does not run with the libraries that were asked for."""
    for name, spec, versions in zip("AB", arms, told, strict=True):
        for library, wanted in (spec.versions or {}).items():
            found = versions.get(library)
            if found not in (None, wanted):
                raise MachineError(f"{name} ({spec.text}): runs with {library} {found}, expected {wanted}")
