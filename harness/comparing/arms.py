"""Two ways of running one case in turns, A B B A, for a verdict that survives drift.

`arm_specs` reads the two arms, `timing.arm` is the process that runs one of them or both, `same_work` holds
the outputs of both to what their precisions explain, `timing.turns` lets them take turns, and
`verdicts.in_turns` gives the change with its interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import MachineError, UsageError
from harness.tables import cases
from harness.toolchains.place import Place
from harness.verdicts.effects import LEAST_CHANGE, Finding

if TYPE_CHECKING:
    from harness.comparing.arm_specs import Spec
    from harness.comparing.same_work import Work
    from harness.domain.cases import Case
    from harness.running.materials import Materials
    from harness.timing.turns import Setup, Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedArms:
    """Two arms of a case, and what B is against A."""

    case: str
    first: str
    second: str
    versions: tuple[Mapping[str, str], Mapping[str, str]]
    works: tuple[Work, Work]  # what each arm computes, held against the checkpoint's fp32
    turns: Turns | None  # None: they do not do the same work, and were not timed
    finding: Finding | None

    @property
    def same_work(self) -> bool:
        """Whether both arms compute what they should, so that a word on speed means anything."""
        return not any(work.why for work in self.works)


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
) -> ComparedArms:
    """Run A and B in turns for at most about `seconds`; the files of both go to `folder`.

    Each computes with `threads`; None leaves that to its library. Idle threads of one arm spin for a while
    and take cores from the other: on a machine of two cores, two threads instead of one made the interval of
    the same time five times as wide.

    Before any turn both answer the same samples: arms that do not do the same work are not timed.

    Raises `UsageError` for arms that mean nothing, `NotThere` as any case does, and `MachineError` for an
    arm that ends or hangs.
    """
    from harness.comparing import arm_specs, same_work
    from harness.timing import turns

    target = materials.target(case)
    place = Place(
        folder=folder, toolchain=target.toolchain, device=materials.options.device, facts=target.facts
    )
    reader = arm_specs.Specs(materials, case, target, place)
    specs = (reader.read(first), reader.read(second))
    if not target.backend.computes_here:
        raise UsageError(
            f"{case.id}: a vendor's tool makes each call in a process of its own; two arms cannot take turns",
            remedy="measure two runs, and compare those",
        )
    common = {
        "target": "chip" if target.name == "chip" else materials.options.target,
        "device": materials.options.device, "folder": str(folder), "threads": threads,
        "inputs": str(_inputs(materials, case, folder)),
    }  # fmt: skip
    with turns.arms(*_setups(specs, common)) as pair:
        pair.start(second_first=False)
        versions = pair.versions
        _check_versions(specs, versions)
        works = same_work.works(pair, materials, _cases(materials, specs), _names(specs), folder)
        found = ComparedArms(
            case=case.id, first=first, second=second, versions=versions, works=works, turns=None, finding=None
        )
        if not found.same_work:
            return found
        taken = turns.take_turns(pair, longest_s=seconds)
    return replace(found, turns=taken, finding=taken.effect.finding(margin=margin, least=LEAST_CHANGE))


def _cases(materials: Materials, specs: tuple[Spec, Spec]) -> tuple[Case, Case]:
    """The cases whose settings open the arms."""
    first, second = (cases.named(materials.catalog, spec.case) for spec in specs)
    return first, second


def _names(specs: tuple[Spec, Spec]) -> tuple[str, str]:
    """The arms in words."""
    first, second = (f"{name} ({spec.text})" for name, spec in zip("AB", specs, strict=True))
    return first, second


def _inputs(materials: Materials, case: Case, folder: Path) -> Path:
    """The file of the batch that both arms run."""
    import numpy as np

    from harness.running.batches import fixed_batch

    batch = fixed_batch(case, materials.timed_samples(case.model))
    path = folder / "inputs.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    named: dict[str, Any] = {item.name: array for item, array in zip(case.model.fed, batch, strict=True)}
    np.savez(path, **named)
    return path


def _setups(specs: tuple[Spec, Spec], common: Mapping[str, Any]) -> tuple[Setup, Setup]:
    """How the process of each arm is started."""
    from harness.timing.turns import Setup

    first, second = (
        Setup(
            name=name,
            content={**common, "arms": [{"name": name, "case": spec.case, "artifact": spec.setup()}]},
            python_path=() if spec.packages is None else (spec.packages,),
        )
        for name, spec in zip(_names(specs), specs, strict=True)
    )
    return first, second


def _check_versions(specs: tuple[Spec, Spec], installed: tuple[Mapping[str, str], Mapping[str, str]]) -> None:
    """Raise `MachineError` where an arm does not run with the library versions that were asked for."""
    for name, spec, versions in zip("AB", specs, installed, strict=True):
        for library, wanted in (spec.versions or {}).items():
            version = versions.get(library)
            if version not in (None, wanted):
                raise MachineError(f"{name} ({spec.text}): runs with {library} {version}, expected {wanted}")
