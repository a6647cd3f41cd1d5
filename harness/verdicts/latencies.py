"""What a latency from a tool's log comes to against the documented one: less is better."""

from __future__ import annotations

import math
from dataclasses import replace

from harness.domain.cases import Case
from harness.domain.measurements import Basis, Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Reference
from harness.errors import BadOutput
from harness.verdicts.plain import SLACK, percent
from harness.verdicts.throughputs import THROUGHPUT_TOLERANCE

_MS = {Unit.S: 1000.0, Unit.MS: 1.0, Unit.US: 0.001}


def judge_latency(
    case: Case, latency_ms: float, reference: Reference, origin: Origin, why_not: str = ""
) -> Verdict:
    """A call's latency in milliseconds against the documented one, by a throughput's tolerance.

    `why_not` says why it is another measurement than the documented one, and is empty where it is not.
    Raises `BadOutput` for a time that is not above 0.
    """
    if not 0 < latency_ms < math.inf:  # a NaN neither
        raise BadOutput(f"{case.id}: found a latency of {latency_ms} ms, expected one above 0")
    assert reference.value is not None, "a documented value"
    said = f"{case.id}: {latency_ms:.3f} ms"
    plain = Verdict(
        kind=VerdictKind.NOT_COMPARABLE, basis=None, metric=Metric.LATENCY, measured=latency_ms,
        expected=None, unit=Unit.MS, tolerance=None, reference=reference,
        message=f"{said}, not comparable: {why_not}",
    )  # fmt: skip
    if origin.stands_in:
        message = f"{said} of a simulated tool, not of {case.chip.title}: never compared with a document's"
        return replace(plain, message=message)
    if why_not:
        return plain
    expected = reference.value * _MS[reference.unit]
    tolerance = THROUGHPUT_TOLERANCE if reference.tolerance is None else reference.tolerance / 100
    ratio = latency_ms / expected
    printed = f"{reference.printed} {reference.unit}"
    if ratio > 1 + tolerance + SLACK:
        kind, relation = VerdictKind.FALLS_SHORT, f"slower than {printed} + {percent(tolerance)}"
    elif ratio < 1 - tolerance - SLACK:
        kind, relation = VerdictKind.EXCEEDS, f"faster than {printed} - {percent(tolerance)}"
    else:
        kind, relation = VerdictKind.REPRODUCED, f"within {printed} ± {percent(tolerance)}"
    return replace(
        plain, kind=kind, basis=Basis.DOCUMENTED, expected=expected, tolerance=tolerance,
        message=f"{said} {relation} [{reference.source}]",
    )  # fmt: skip
