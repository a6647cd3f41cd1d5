"""What a case id says, in the catalog's records, and which documented values are about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.models import Model
from harness.domain.precisions import Precision
from harness.domain.references import Reference, Role
from harness.tables.cases import claim_id, without_settings
from harness.tables.claimed import chip_of, told
from harness.tables.references import as_run

_SIZE = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseParts:
    """What a case id says, in the catalog's records."""

    model: Model
    chip: Chip
    precision: Precision
    batch_size: int
    settings: str = ""  # of a claim that no case measures, as its id has them; a case has none


def parts_of(catalog: Catalog, case: str) -> CaseParts | None:
    """What an id says; None where the tables have no such model, chip or precision.

    The inverse of `harness.tables.cases.case_id` and `claim_id`, which alone spell ids.
    """
    plain = without_settings(case)
    stem, separator, size = plain.rpartition("-bs")
    if not separator or not _SIZE.fullmatch(size):
        return None
    found = _of_stem(catalog, stem)
    if found is None:
        return None
    model, chip, precision = found
    return CaseParts(
        model=model, chip=chip, precision=precision, batch_size=int(size), settings=case.removeprefix(plain)
    )


@lru_cache(maxsize=4096)
def _of_stem(catalog: Catalog, stem: str) -> tuple[Model, Chip, Precision] | None:
    """What an id says before its batch size: many thousand cases have one of a hundred stems."""
    for model in catalog.called.values():
        if not stem.startswith(f"{model.name}-"):
            continue
        for chip in _chips(catalog):
            for precision in Precision:
                middle = "" if precision is chip.default_precision else f"-{precision}"
                if stem == f"{model.name}-{chip.name}{middle}":
                    return model, chip, precision
    return None


@lru_cache(maxsize=8)
def _chips(catalog: Catalog) -> tuple[Chip, ...]:
    """Those that are driven here, then those that documents alone measured on."""
    names = (*catalog.chips, *(name for name in catalog.devices if name not in catalog.chips))
    return tuple(filter(None, (chip_of(catalog, name) for name in names)))


def covers(reference: Reference, parts: CaseParts) -> bool:
    """Whether a documented value is about this case: its chip, its precision, its batch size."""
    return (
        reference.role is Role.MEASURED
        and not reference.best
        and reference.model == parts.model.name
        and reference.chip == parts.chip.name
        and (reference.precision or parts.chip.default_precision) is parts.precision
        and reference.batch_size in (None, parts.batch_size)
        and _of_settings(reference, parts)
    )


def _of_settings(reference: Reference, parts: CaseParts) -> bool:
    """Whether a value is of the settings that an id tells; of a model that runs and none, of its cases'."""
    if parts.settings or parts.model.is_only_a_name:
        return claim_id("", told(reference)) == parts.settings
    return as_run(reference, parts.model)
