"""Verdicts that need no judgement, and what several kinds of verdicts say in the same words."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.cases import Case
from harness.domain.measurements import Verdict, VerdictKind
from harness.domain.references import Reference
from harness.setting import reproducing

SLACK = 1e-12  # of a fraction: what binary arithmetic adds to decimal limits such as 0.5 points


def percent(share: float) -> str:
    """0.05 as ``5 %``, 0.025 as ``2.5 %``: no digit of a tolerance is rounded away."""
    return f"{share * 100:.6g} %"


def bisected(case: Case, *options: str) -> str:
    """What `zoocheck bisect` tells of outputs that are off: no operator need leave its bound by itself."""
    command = reproducing.pasted("zoocheck", "bisect", case.id, *options)
    return f"`{command}` says at which operator, or that many add up"


def known_gap(verdict: Verdict, message: str) -> Verdict:
    """`verdict`, which is not good, as that of a known gap; `message` says until when and why."""
    return replace(verdict, kind=VerdictKind.KNOWN_GAP, message=message)


def error(message: str, reference: Reference | None = None) -> Verdict:
    """The verdict of a case that could not be measured, with the documented value it was to be held to."""
    return Verdict(
        kind=VerdictKind.ERROR,
        basis=None,
        metric=None,
        measured=None,
        expected=None,
        unit=None,
        tolerance=None,
        reference=reference,
        message=message,
    )
