"""What a case id says, in the catalog's records, and which documented values are about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.models import Model
from harness.domain.precisions import Precision
from harness.domain.references import Reference, Role
from harness.tables.references import as_run

_SIZE = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseParts:
    """What a case id says, in the catalog's records."""

    model: Model
    chip: Chip
    precision: Precision
    batch_size: int


def parts_of(catalog: Catalog, case: str) -> CaseParts | None:
    """What an id says; None where the tables have no such model, chip or precision.

    The inverse of `harness.tables.cases.case_id`, which alone spells ids.
    """
    stem, separator, size = case.rpartition("-bs")
    if not separator or not _SIZE.fullmatch(size):
        return None
    for model in catalog.models.values():
        for chip in catalog.chips.values():
            for precision in Precision:
                middle = "" if precision is chip.default_precision else f"-{precision}"
                if stem == f"{model.name}-{chip.name}{middle}":
                    return CaseParts(model=model, chip=chip, precision=precision, batch_size=int(size))
    return None


def covers(reference: Reference, parts: CaseParts) -> bool:
    """Whether a documented value is about this case: its chip, its precision, its batch size."""
    return (
        reference.role is Role.MEASURED
        and not reference.best
        and reference.model == parts.model.name
        and reference.chip == parts.chip.name
        and (reference.precision or parts.chip.default_precision) is parts.precision
        and reference.batch_size in (None, parts.batch_size)
        and as_run(reference, parts.model)
    )
