"""What a cell's merged meaning must be, so that its number can be judged, and where numbers may lie."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from harness.domain.chips import Chip, Device
from harness.domain.metrics import Metric, Sort, Unit
from harness.domain.models import Deployment, Model
from harness.domain.precisions import Precision
from harness.domain.references import Reference, Role
from harness.domain.settings import SETTINGS
from harness.tables.mistakes import listed, show

Problem = tuple[str, str, str]  # which key of the meaning, found, expected

_NEEDED = ("metric", "unit", "role")
_SCALE = {Unit.PERCENT: 100, Unit.FRACTION: 1}  # of what is a share of one


class Setting:
    """What one table's meanings are held against: the chips and devices there are, and the table's model.

    `claims`: its values were imported, and are what the document says, whatever of it can be judged.
    `absent` are the spellings of "there is no such value".
    """

    def __init__(
        self,
        *,
        chips: Mapping[str, Chip],
        devices: Mapping[str, Device],
        model: Model | None,
        claims: bool,
        absent: Iterable[str],
    ) -> None:
        self.chips = chips
        self.measured_on = {**devices, **chips}
        self.model = model
        self.claims = claims
        self.absent = frozenset((*absent, *([""] if claims else [])))

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
    if judged and metric is not None and unit is not None and unit not in metric.units:
        yield "unit", show(unit), f"one of {listed(metric.units)} for {metric}"
    if metric is Metric.OTHER and "called" not in meaning:
        yield "called", "no value", f"the metric's own words, for {metric}"
    if not judged and meaning.get("baseline"):
        yield "baseline", "true", "only beside the role measured or baseline"
    yield from _chip_problems(meaning, setting)


def _chip_problems(meaning: Mapping[str, Any], setting: Setting) -> Iterator[Problem]:
    """A measured value is of a deployment that the model has, a precision one that the chip has."""
    role, chip = meaning.get("role"), setting.chips.get(meaning.get("chip", ""))
    if role is Role.MEASURED and "chip" not in meaning and not setting.claims:
        yield "chip", "no value", "the chip that a measured value is of"
    if chip is None or not chip.precisions:
        return  # no chip, or one that is not known or wrong itself, which is noted elsewhere
    precision = meaning.get("precision", chip.default_precision)
    if setting.claims and (precision not in chip.precisions or not meaning.keys().isdisjoint(SETTINGS)):
        return  # said of what no case is run with
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
    """The range that a value is outside of, or None: a metric's own; speeds, times, ratios above nothing."""
    if reference.value is None:
        return None
    return missed_by(reference.value, metric=reference.metric, unit=reference.unit, role=reference.role)


def missed_by(value: float, *, metric: Metric, unit: Unit, role: Role) -> str | None:
    """As `range_missed`, of a value that is no reference yet."""
    if role is Role.FACT:
        return None
    if role is Role.RATIO or metric.sort in (Sort.SPEED, Sort.TIME):
        return None if value > 0 else "a number above 0"
    scale = _SCALE.get(unit, 1)
    least, most = metric.least * scale, metric.most * scale
    if least <= value <= most:
        return None
    return f"a {unit} from {least:g}" + (f" to {most:g}" if math.isfinite(most) else "")
