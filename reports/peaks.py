"""Which share of a chip's published peak a throughput is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip, peak_of
from harness.domain.details import devices_of
from harness.domain.flops import encoder_flops
from harness.domain.metrics import Metric
from harness.domain.models import Model
from harness.domain.precisions import Precision
from harness.domain.references import Role
from harness.tables import references
from reports.language import Both, say
from reports.outcomes import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One throughput as a fraction of what the chip can compute, and who says what that is.

    A throughput that its document states by the card counts for one of the card's chips, and a measured total
    of several for one of them.
    """

    model: str
    case: str
    of: str  # "documented" or "measured"
    share: float
    peak: Both
    source: str


def shares(catalog: Catalog, found: Sequence[Outcome]) -> tuple[Share, ...]:
    """The shares of what is documented for models with results, and of what the chips themselves gave."""
    models = {item.parts.model.name for item in found if item.parts is not None} & set(catalog.models)
    return (*_documented(catalog, models), *_measured(found))


def _documented(catalog: Catalog, models: set[str]) -> Iterator[Share]:
    for item in catalog.references:
        if (
            item.metric is not Metric.THROUGHPUT or item.role is not Role.MEASURED or item.best
            or item.value is None or item.model not in models
            or (chip := catalog.chips.get(item.chip or "")) is None
            or not references.as_run(item, catalog.models[item.model])
        ):  # fmt: skip
            continue
        precision = item.precision or references.documented_precision(catalog.models[item.model], chip)
        case = f"{item.model}-{chip.name}-bs{item.batch_size}"
        chips = chip.per_card if catalog.documents[item.source.document].per_card else 1
        share = _share(catalog.models[item.model], chip, precision, item.value / chips, case, "documented")
        if share is not None:
            yield share


def _measured(found: Sequence[Outcome]) -> Iterator[Share]:
    for item in found:
        if item.measurement.kind is not Kind.THROUGHPUT or not item.comparable or item.parts is None:
            continue
        parts = item.parts
        case, devices = item.measurement.case, devices_of(item.measurement.detail)
        if item.value is None or devices is None:
            continue
        share = _share(parts.model, parts.chip, parts.precision, item.value / devices, case, "measured")
        if share is not None:
            yield share


def _share(
    model: Model, chip: Chip, precision: Precision, samples_per_s: float, case: str, of: str
) -> Share | None:
    peak = peak_of(chip, precision)
    if peak is None or model.architecture is None:
        return None
    work = encoder_flops(model.architecture, model.tokens) * samples_per_s
    return Share(
        model=model.name, case=case, of=of,
        share=work / (peak.tera_per_s * 1e12),
        peak=say(
            "{chip}, {precision}: {tera:g} tera operations/s a chip",
            chip=chip.title, precision=str(peak.precision), tera=peak.tera_per_s,
        ),
        source=peak.source,
    )  # fmt: skip
