"""A value's meaning made whole: its role, its unit, its chip, or why it is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.documents.readme.cells import Number
from harness.documents.readme.columns import done
from harness.documents.readme.naming import Said
from harness.documents.readme.reading import Context, Note, ReadTable, Value
from harness.domain.metrics import Metric, Sort, Unit
from harness.domain.precisions import Precision
from harness.domain.references import Role

_GUESSED = "guessed"  # of a score whose unit is told by its size


def complete(
    context: Context, line: int, what: str, found: Number | None, said: Mapping[str, Any], header: str = ""
) -> tuple[Number | None, Said] | None:
    """A meaning with role and unit; None with a note where a metric, a unit or a chip is missing."""
    whole = dict(said)
    whole.setdefault("role", Role.FACT if "difference" in whole else Role.MEASURED)
    whole["role"] = Role(whole["role"])
    if whole["role"] is Role.RATIO or whole.get("unit") is Unit.RATIO:
        whole.setdefault("metric", Metric.THROUGHPUT)
    if "metric" not in whole:
        _tell(context, line, what, "no word of a metric in its head, row or cell")
        return None
    whole["metric"] = Metric(whole["metric"])
    if whole["role"] is Role.BASELINE and "ratio" not in whole:
        whole.pop("chip", None)
    if whole["role"] is Role.MEASURED and "chip" not in whole and not context.claims:
        _tell(context, line, what, "no known chip is named there; add a [[word]] and a [[chip]]")
        return None
    if "unit" not in whole or (whole["role"] is Role.RATIO and whole["unit"] is not Unit.RATIO):
        unit = _unit(context, found, whole)
        if unit is None:
            _tell(context, line, what, f"a {whole['metric']} without a unit")
            return None
        whole["unit"] = unit
        whole[_GUESSED] = True
    if found is not None and whole["role"] in (Role.MEASURED, Role.BASELINE) and _beyond(found, whole):
        own = whole.get("called") or header or what
        whole |= {"metric": Metric.OTHER, "called": own, "unit": Unit.NUMBER}
    return found, {key: item for key, item in done(whole).items() if item is not None}


def _tell(context: Context, line: int, what: str, why: str) -> None:
    context.notes.append(Note(line=line, what=what, why=why))


def _unit(context: Context, found: Number | None, said: Mapping[str, Any]) -> Unit | None:
    """Of a score by its size, of a speed samples per second; what the document does not state is noted."""
    metric = Metric(said["metric"])
    if said["role"] is Role.RATIO:
        return Unit.RATIO
    if metric.sort is Sort.SPEED:
        if Unit.SAMPLES_PER_S not in context.stated_units:
            note = Note(line=0, what="unit = samples/s", why="the document states no unit of its throughput")
            if note not in context.assumed:
                context.assumed.append(note)
        return Unit.SAMPLES_PER_S
    if metric.sort is Sort.TIME:
        return None if found is not None else Unit.MS
    if metric is Metric.PSNR:
        return Unit.DB
    if metric.sort in (Sort.OTHER, Sort.DISTANCE):
        return Unit.NUMBER
    return Unit.PERCENT if found is None or found.value > 1 else Unit.FRACTION


def _beyond(found: Number, said: Mapping[str, Any]) -> bool:
    """Whether a score of no stated unit is larger than any: it is on a scale of its own."""
    metric, scale = Metric(said["metric"]), 100 if said["unit"] is Unit.PERCENT else 1
    if not metric.is_score or _GUESSED not in said:
        return False
    return not metric.least * scale <= float(found.value) <= metric.most * scale


def with_guessed_units(table: ReadTable) -> ReadTable:
    """A table without the marks of guessed units: a 0, and a cell without a number, has its column's."""
    units: dict[tuple[int, Metric], Unit] = {}
    for value in table.values:
        if value.number is not None and value.number.value:
            units.setdefault((value.column, value.get("metric")), value.get("unit"))
    found = []
    for value in table.values:
        if _GUESSED not in value.meaning:
            found.append(value)
            continue
        meaning = {key: item for key, item in value.meaning.items() if key != _GUESSED}
        key = (value.column, value.get("metric"))
        if (value.number is None or not value.number.value) and key in units:
            meaning["unit"] = units[key]
        found.append(replace(value, meaning=meaning))
    return replace(table, values=tuple(found))


def with_baselines(values: Sequence[Value]) -> tuple[Value, ...]:
    """A table's fp32 scores are the baseline of its other precisions."""
    scores = [
        item
        for item in values
        if item.get("role") is Role.MEASURED
        and Metric(item.get("metric")).sort not in (Sort.SPEED, Sort.TIME)
    ]
    if len({item.get("precision") for item in scores} - {None}) < 2:
        return tuple(values)
    return tuple(
        _marked(item) if item in scores and item.get("precision") == Precision.FP32 else item
        for item in values
    )


def _marked(value: Value) -> Value:
    return replace(value, meaning={**value.meaning, "baseline": True})
