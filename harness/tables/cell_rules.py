"""What a cell's merged meaning must be, so that its number can be judged, and where numbers may lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from harness.domain.chips import Chip
from harness.domain.metrics import Unit
from harness.domain.models import Deployment, Model
from harness.domain.precisions import Precision
from harness.domain.references import Reference, Role
from harness.tables.mistakes import listed, show

Problem = tuple[str, str, str]  # which key of the meaning, found, expected

_NEEDED = ("metric", "unit", "role")
_SCORE_UNITS = (Unit.PERCENT, Unit.FRACTION)
_SPEED_UNITS = (Unit.SAMPLES_PER_S,)
_LARGEST = {Unit.PERCENT: 100, Unit.FRACTION: 1}


class Setting:
    """What one table's meanings are held against: the chips there are, and the table's model."""

    def __init__(self, *, chips: Mapping[str, Chip], model: Model | None) -> None:
        self.chips = chips
        self.model = model

    @cached_property
    def batch_sizes(self) -> Mapping[str, frozenset[int]]:
        """The batch sizes of each deployment, looked up as often as a table has cells."""
        deployments = () if self.model is None else self.model.deployments
        return {item.chip: frozenset(item.batch_sizes) for item in deployments}


def problems(meaning: Mapping[str, Any], setting: Setting) -> Iterator[Problem]:
    """What a cell's merged meaning lacks or contradicts."""
    for key in _NEEDED:
        if key not in meaning:
            yield key, "no value", f"a {key} from the table, the column or the row"
    role, metric, unit = meaning.get("role"), meaning.get("metric"), meaning.get("unit")
    judged = role in (Role.MEASURED, Role.BASELINE)
    if (role is Role.RATIO) != ("ratio" in meaning):
        found = show(meaning["ratio"]) if "ratio" in meaning else "no value"
        yield "ratio", found, "two chips for the role ratio, nothing for any other"
    if role is Role.RATIO and unit not in (Unit.RATIO, None):
        yield "unit", show(unit), f"{Unit.RATIO} for the role ratio"
    if judged and metric is not None and unit is not None:
        units = _SCORE_UNITS if metric.is_score else _SPEED_UNITS
        if unit not in units:
            yield "unit", show(unit), f"one of {listed(units)} for {metric}"
    if not judged and meaning.get("baseline"):
        yield "baseline", "true", "only beside the role measured or baseline"
    yield from _chip_problems(meaning, setting)


def _chip_problems(meaning: Mapping[str, Any], setting: Setting) -> Iterator[Problem]:
    """A measured value is of a deployment that the model has, a precision one that the chip has."""
    role, chip = meaning.get("role"), setting.chips.get(meaning.get("chip", ""))
    if role is Role.MEASURED and "chip" not in meaning:
        yield "chip", "no value", "the chip that a measured value is of"
    if chip is None or not chip.precisions:
        return  # no chip, or one that is not known or wrong itself, which is noted elsewhere
    precision = meaning.get("precision", chip.default_precision)
    if precision not in chip.precisions:
        yield "precision", show(precision), f"one that the chip {chip.name} has: {listed(chip.precisions)}"
    elif role is Role.MEASURED and setting.model is not None and setting.model.deployments:
        deployment = setting.model.deployment(chip.name)
        if deployment is None:
            chips = listed(item.chip for item in setting.model.deployments)
            yield "chip", show(chip.name), f"one that {setting.model.name} is deployed on: {chips}"
        else:
            yield from _deployment_problems(meaning, precision, deployment, setting)


def _deployment_problems(
    meaning: Mapping[str, Any], precision: Precision, deployment: Deployment, setting: Setting
) -> Iterator[Problem]:
    where, size = f"of the deployment on {deployment.chip}", meaning.get("batch_size")
    sizes = setting.batch_sizes[deployment.chip]
    if size is not None and sizes and size not in sizes:
        yield "batch_size", str(size), f"a batch size {where}: {listed(deployment.batch_sizes)}"
    if precision not in deployment.precisions:
        yield "precision", show(precision), f"a precision {where}: {listed(deployment.precisions)}"


def range_missed(reference: Reference) -> str | None:
    """The range that a value is outside of, or None: scores up to all, speeds and ratios above nothing."""
    if reference.value is None or reference.role is Role.FACT:
        return None
    largest = _LARGEST.get(reference.unit)
    if largest is None:
        return None if reference.value > 0 else "a number above 0"
    least = reference.metric.least * largest
    return None if least <= reference.value <= largest else f"a {reference.unit} from {least:g} to {largest}"
