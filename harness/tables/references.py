"""Which documented value a case is held against, and how far the documents let it drop.

Rule 2 of docs/architecture.md. A value of the best-batch row, or one documented as absent, is never
taken. Where several stand for one case, the one with the most digits is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.documents import Document
from harness.domain.metrics import Metric, Unit
from harness.domain.models import Model
from harness.domain.precisions import Precision
from harness.domain.references import Drop, Reference, Role, Rounding, exact
from harness.domain.settings import Shapes

_Key = tuple[str, str, Precision, Metric]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """The values of one model, chip, precision and metric. Batch size None: stated for all of them."""

    by_batch_size: Mapping[int | None, Reference]
    agreed: Reference | None  # for a batch size that is not there

    def of(self, batch_size: int) -> Reference | None:
        exact = self.by_batch_size.get(batch_size) or self.by_batch_size.get(None)
        return exact or self.agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """A catalog's values, so that finding one takes the same time in a catalog of any size."""

    measured: Mapping[_Key, _Choice]
    baselines: Mapping[tuple[str, Metric], tuple[Reference, ...]]


def for_case(catalog: Catalog, case: Case, metric: Metric | None) -> Reference | None:
    """The documented measured value of `metric` that `case` is judged by, or None; None of no metric.

    Of the case's model, chip and precision: the value of its batch size, else the one stated for all
    batch sizes. A score of a batch size that is not documented has the value that all documented
    ones agree on; a throughput has none then.
    """
    if metric is None:
        return None
    return value(catalog, case.model, case.chip, case.precision, case.batch_size, metric)


def value(
    catalog: Catalog, model: Model, chip: Chip, precision: Precision, batch_size: int, metric: Metric
) -> Reference | None:
    """What `for_case` gives, for whoever has a case's parts: results know their case by its id alone."""
    choice = _index(catalog).measured.get((model.name, chip.name, precision, metric))
    return None if choice is None else choice.of(batch_size)


def document(catalog: Catalog, model: Model, reference: Reference | None) -> Document | None:
    """The document that says how a throughput of `model` is counted: the value's, else the model's own."""
    return catalog.documents.get(model.document if reference is None else reference.source.document)


def baseline(catalog: Catalog, case: Case, metric: Metric) -> Reference | None:
    """What the zoo holds `case` against: a published value, or its own on another chip or precision.

    Taken from the table of `for_case`'s value where that has one, because two tables may differ in
    their rounding. A case that is itself the zoo's baseline has none.
    """
    index = _index(catalog)
    candidates = [
        reference
        for reference in index.baselines.get((case.model.name, metric), ())
        if (reference.chip, _precision(catalog, reference)) != (case.chip.name, case.precision)
    ]
    measured = for_case(catalog, case, metric)
    beside = [item for item in candidates if measured is not None and _table(item) == _table(measured)]
    return _choice(beside or candidates).of(case.batch_size)


def documented_drop(catalog: Catalog, case: Case, metric: Metric) -> Drop | None:
    """By how much the documented score of `case` lies below its baseline, with both values.

    A chip above its baseline has dropped by 0. None where the documents do not give both, and for
    throughput.
    """
    measured, held_against = for_case(catalog, case, metric), baseline(catalog, case, metric)
    if not metric.is_score or measured is None or held_against is None:
        return None
    fraction = float(max(Decimal(0), _fraction(held_against) - _fraction(measured)))
    return Drop(fraction=fraction, baseline=held_against, measured=measured)


def as_run(reference: Reference, model: Model) -> bool:
    """Whether a value is of the settings that the cases of `model` are run with.

    That is the model itself at its own length, in one shape, not tuned, one call at a time.
    """
    return (
        reference.length in (None, model.length)
        and reference.shapes is not Shapes.DYNAMIC
        and reference.streams in (None, 1)
        and not reference.aoe
        and reference.input is reference.variant is reference.called is None
    )


def documented_precision(model: Model, chip: Chip) -> Precision:
    """The one precision that `model` is documented in on `chip`; of several or none, the default one."""
    deployment = model.deployment(chip.name)
    several = () if deployment is None else deployment.precisions
    return several[0] if len(several) == 1 else chip.default_precision


def consistent(one: Reference, other: Reference) -> bool:
    """Whether two printed scores can be the same value: the longer one, cut or rounded, is the shorter."""
    longer, shorter = sorted((one, other), key=_resolution)
    how = ROUND_DOWN if shorter.rounding is Rounding.TRUNCATED else ROUND_HALF_UP
    return _fraction(longer).quantize(_resolution(shorter), how) == _fraction(shorter)


@lru_cache(maxsize=4)
def _index(catalog: Catalog) -> _Index:
    measured: dict[_Key, list[Reference]] = defaultdict(list)
    baselines: dict[tuple[str, Metric], list[Reference]] = defaultdict(list)
    for reference in catalog.references:
        model = catalog.models.get(reference.model)
        if reference.best or reference.value is None or model is None or not as_run(reference, model):
            continue
        precision = _precision(catalog, reference)
        if reference.role is Role.MEASURED and reference.chip is not None and precision is not None:
            measured[reference.model, reference.chip, precision, reference.metric].append(reference)
        if reference.baseline:
            baselines[reference.model, reference.metric].append(reference)
    return _Index(
        measured={key: _choice(references) for key, references in measured.items()},
        baselines={key: tuple(references) for key, references in baselines.items()},
    )


def _choice(references: Iterable[Reference]) -> _Choice:
    by_batch_size: dict[int | None, Reference] = {}
    for reference in references:
        other = by_batch_size.setdefault(reference.batch_size, reference)
        if _resolution(reference) < _resolution(other):
            by_batch_size[reference.batch_size] = reference
    chosen = list(by_batch_size.values())
    agreed = None
    if chosen and all(reference.metric.is_score for reference in chosen):
        finest = min(chosen, key=_resolution)
        agreed = finest if all(consistent(finest, reference) for reference in chosen) else None
    return _Choice(by_batch_size=by_batch_size, agreed=agreed)


def _precision(catalog: Catalog, reference: Reference) -> Precision | None:
    """The precision of a value: where its table names none, its chip's default one."""
    chip = catalog.chips.get(reference.chip or "")
    return chip.default_precision if reference.precision is None and chip is not None else reference.precision


def _table(reference: Reference) -> tuple[str, str]:
    return reference.source.document, reference.source.table


def _fraction(reference: Reference) -> Decimal:
    """A printed score as an exact fraction of one."""
    return exact(reference.printed).scaleb(-2 if reference.unit is Unit.PERCENT else 0)


def _resolution(reference: Reference) -> Decimal:
    """What one unit in a value's last printed digit is worth; for a score, as a fraction of one."""
    return Decimal(1).scaleb(-reference.digits - (2 if reference.unit is Unit.PERCENT else 0))
