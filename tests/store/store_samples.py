"""Records that the tests of the store write."""

from __future__ import annotations

import dataclasses
from typing import Any

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.measurements import Basis, Interval, Measurement, Origin, Provenance, Verdict, VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.models import Protocol, Weights
from harness.domain.references import Reference, Role, Rounding, Source
from harness.store.results import Result

PROVENANCE = Provenance(
    target="stand-in", weights=Weights.MINI, weights_sha256="ab" * 32, data=Corpus.FULL,
    data_sha256="cd" * 32, protocol=Protocol.DOCUMENTED, limit=None, artifact="ef" * 32,
    backend="onnxruntime", machine={"cpu": "x", "load_average": [0.1, 0.2]},
    versions={"numpy": "2.4.6"}, git_revision=None,
)  # fmt: skip
MEASUREMENT = Measurement(
    id="0001", run="run-1", created="2026-01-31T12:00:00+00:00", case="tinybert-ascend310p-bs8",
    kind=Kind.ACCURACY, origin=Origin.STAND_IN, provenance=PROVENANCE,
    metrics={"accuracy": 698 / 872}, samples=872,
    intervals={"accuracy": Interval(low=0.1 + 0.2, high=8 / 9)}, stages_s={"build": 12.25},
    raw={"predictions": [0, 1, 1]}, detail={"flips": 3, "文": "无", "shared": None},
)  # fmt: skip
REFERENCE = Reference(
    source=Source(document="ascend-tinybert", table="精度", row="TinyBERT(bs8)", column="310P精度"),
    printed="92.32%", value=92.32, digits=2, metric=Metric.ACCURACY, unit=Unit.PERCENT,
    role=Role.MEASURED, rounding=Rounding.ROUNDED, model="tinybert", chip="ascend310p", tolerance=0.5,
)  # fmt: skip
VERDICT = Verdict(
    kind=VerdictKind.FALLS_SHORT, basis=Basis.DOCUMENTED, metric=Metric.ACCURACY, measured=80.0458715596,
    expected=92.32, unit=Unit.PERCENT, tolerance=0.5, reference=REFERENCE, message="below — “80.05”",
)  # fmt: skip
ERROR = Verdict(
    kind=VerdictKind.ERROR, basis=None, metric=None, measured=None, expected=None, unit=None,
    tolerance=None, reference=None, message="atc: not found",
)  # fmt: skip


def make(number: int = 1, **changes: Any) -> Measurement:
    """A measurement with some fields changed, those of the provenance included."""
    names = {item.name for item in dataclasses.fields(Provenance)}
    inner = {name: changes.pop(name) for name in list(changes) if name in names}
    provenance = dataclasses.replace(PROVENANCE, **inner)
    return dataclasses.replace(MEASUREMENT, **{"id": f"{number:04}", "provenance": provenance} | changes)


def ids(results: list[Result]) -> list[str]:
    return [result.measurement.id for result in results]
