"""What a throughput comes to: against the documented one on the chip itself, else against none (rule 1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.domain.cases import Case
from harness.domain.documents import Document
from harness.domain.measurements import Basis, Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Reference
from harness.errors import BadOutput
from harness.verdicts import cards
from harness.verdicts.plain import SLACK, percent

THROUGHPUT_TOLERANCE = 0.05  # relative, where the table states none
_APART = {Origin.STAND_IN: "stand-in", Origin.SIMULATED: "simulated tool"}


def judge_throughput(
    case: Case,
    samples_per_s: float,
    reference: Reference | None,
    origin: Origin,
    why_not: str = "",
    *,
    devices: int | None,
    document: Document | None,
) -> Verdict:
    """A chip's own throughput against the documented one; a stand-in's is never compared.

    `samples_per_s` is batch x calls / time, of `devices` together (None: nobody tells); `document` says
    whether it counts by the device or by the card, and `cards.held` what that makes of the number.
    `why_not` says why a measurement on the chip itself is not the documented one (other weights, say); it
    is empty where it is. Raises `BadOutput` for a speed that is not above 0.
    """
    if not 0 < samples_per_s < math.inf:  # a NaN neither
        raise BadOutput(f"{case.id}: found {samples_per_s} samples/s, expected a speed above 0")
    said = f"{case.id}: {samples_per_s:.2f} samples/s"
    plain = Verdict(
        kind=VerdictKind.NO_REFERENCE,
        basis=None,
        metric=Metric.THROUGHPUT,
        measured=samples_per_s,
        expected=None,
        unit=Unit.SAMPLES_PER_S,
        tolerance=None,
        reference=reference,
        message=f"{said}; the documents give no throughput for this case",
    )
    if origin.stands_in:
        message = (
            f"{said} on a {_APART[origin]}, not on {case.chip.title}: never compared with a documented value"
        )
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE, message=message)
    found = cards.held(samples_per_s, devices, chip=case.chip, document=document)
    documented = reference is not None and reference.value is not None
    if found.why_not or (why_not and documented):
        reasons = "; ".join(filter(None, (why_not, found.why_not)))
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE, message=f"{said}, not comparable: {reasons}")
    if reference is None or reference.value is None:
        return plain
    return _against(plain, case, found, reference)


def _against(plain: Verdict, case: Case, found: cards.Held, reference: Reference) -> Verdict:
    """The verdict on a number that is what the document counts."""
    assert reference.value is not None, "a documented value"
    tolerance = THROUGHPUT_TOLERANCE if reference.tolerance is None else reference.tolerance / 100
    ratio = found.samples_per_s / reference.value
    if ratio < 1 - tolerance - SLACK:
        kind, relation = VerdictKind.FALLS_SHORT, f"below {reference.printed} - {percent(tolerance)}"
    elif ratio > 1 + tolerance + SLACK:
        kind, relation = VerdictKind.EXCEEDS, f"above {reference.printed} + {percent(tolerance)}"
    else:
        kind, relation = VerdictKind.REPRODUCED, f"within {reference.printed} ± {percent(tolerance)}"
    note = f"; {found.note}" if found.note else ""
    return replace(
        plain,
        kind=kind,
        basis=Basis.DOCUMENTED,
        measured=found.samples_per_s,
        expected=reference.value,
        tolerance=tolerance,
        message=f"{case.id}: {found.said} {relation} [{reference.source}]{note}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFound:
    """What LoadGen found in one scenario, and the bound that it was given."""

    scenario: str
    samples_per_s: float
    valid: bool
    why: Sequence[str]  # what was not met; empty where valid
    scored: float | None  # the percentile of latency that the scenario is scored by, as a fraction
    scored_ns: int | None
    bound_met: bool | None = None  # None where the scenario has no bound
    bound_ms: float | None = None


def judge_scenario(case: Case, found: ScenarioFound, origin: Origin) -> Verdict:
    """LoadGen's own verdict; no documented value is compared, which is of one batch called again and again.

    A latency bound that the user stated and that was not met falls short. Every other run that LoadGen
    calls invalid is an error: too short or of too few queries, it measured nothing, and must not look good.
    """
    latency = ""
    if found.scored is not None and found.scored_ns is not None:
        latency = f", p{found.scored * 100:g} {found.scored_ns / 1e6:.3f} ms"
        latency += "" if found.bound_ms is None else f" ({found.bound_ms:g} ms allowed)"
    said = f"{case.id}: {found.samples_per_s:.2f} samples/s{latency} in LoadGen's {found.scenario} scenario"
    plain = Verdict(
        kind=VerdictKind.NO_REFERENCE,
        basis=None,
        metric=Metric.THROUGHPUT,
        measured=found.samples_per_s,
        expected=None,
        unit=Unit.SAMPLES_PER_S,
        tolerance=None,
        reference=None,
        message=f"{said}, valid; the documents give no throughput of a scenario",
    )
    if not found.valid:
        message = f"{said}: INVALID ({'; '.join(found.why)})"
        nothing = replace(
            plain, kind=VerdictKind.ERROR, metric=None, measured=None, unit=None, message=message
        )
        if found.bound_met is not False or found.scored_ns is None:
            return nothing
        return replace(
            nothing, kind=VerdictKind.FALLS_SHORT, measured=found.scored_ns / 1e6, expected=found.bound_ms,
        )  # fmt: skip
    if origin.stands_in:
        message = (
            f"{said}, valid, on a {_APART[origin]}, not on {case.chip.title}: "
            "never compared with a documented value"
        )
        return replace(plain, kind=VerdictKind.NOT_COMPARABLE, message=message)
    return plain
