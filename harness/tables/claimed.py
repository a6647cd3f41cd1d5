"""Documented speeds that no case measures: a claim as a case of its own, for logs to be filed under.

A claim has a model that may be only a name, a chip that nothing here may drive, and settings that no case
has. Its case is made of what the document tells; nothing of it can run.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.domain.references import Reference, Role
from harness.tables import cases
from harness.tools.parsers import THROUGHPUT_TOOLS

SPEEDS = (Metric.THROUGHPUT, Metric.LATENCY)  # what a tool's log tells


def speeds(catalog: Catalog, model: str) -> Iterator[Reference]:
    """The measured throughputs and latencies that documents state of `model`, but for best-batch rows."""
    for reference in catalog.references:
        mine = reference.model == model and reference.metric in SPEEDS and not reference.best
        if mine and reference.role is Role.MEASURED and reference.value is not None:
            yield reference


def chip_of(catalog: Catalog, name: str) -> Chip | None:
    """The chip called `name`, or the device that documents measured on and nothing here drives."""
    if name in catalog.chips:
        return catalog.chips[name]
    device = catalog.devices.get(name)
    if device is None:
        return None
    return Chip(
        name=device.name, title=device.title, backend="", precisions=tuple(Precision),
        throughput_tools=THROUGHPUT_TOOLS,
    )  # fmt: skip


def told(reference: Reference) -> dict[str, object]:
    """What tells a claim from others of its model, chip, precision and batch size, by name."""
    return {**reference.told, **({"called": reference.called} if reference.called else {})}


def case_of(catalog: Catalog, reference: Reference, chip: Chip, batch_size: int) -> Case:
    """The claim as a case: of its settings, and of a latency, the id tells."""
    model = catalog.called[reference.model]
    precision = reference.precision or chip.default_precision
    return Case(
        id=cases.claim_id(cases.case_id(model, chip, precision, batch_size), told(reference)),
        model=model, chip=chip, precision=precision, batch_size=batch_size, documented=True,
    )  # fmt: skip


def named(catalog: Catalog, identifier: str) -> Case | None:
    """The claim that an id of `case_of` is of, as a case; None where the tables have none."""
    size = cases.without_settings(identifier).rpartition("-bs")[2]
    if not size.isdecimal():
        return None
    for model in catalog.called:
        if not identifier.startswith(f"{model}-"):
            continue
        for reference in speeds(catalog, model):
            if reference.batch_size not in (None, int(size)):
                continue
            chips = (reference.chip,) if reference.chip else (*catalog.chips, *catalog.devices)
            for chip in filter(None, (chip_of(catalog, name) for name in chips)):
                if (case := case_of(catalog, reference, chip, int(size))).id == identifier:
                    return case
    return None
