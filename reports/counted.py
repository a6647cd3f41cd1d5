"""A throughput as its document counts it: by the device, or by the card of several."""

from __future__ import annotations

from harness.domain.details import devices_of
from harness.domain.documents import Document
from harness.domain.metrics import Metric
from harness.verdicts import cards
from reports.language import Both, say
from reports.outcomes import Outcome


def counted(outcome: Outcome, document: Document | None) -> cards.Held | None:
    """The throughput of `outcome` as `document` counts; None where there is none, or no case's chip.

    A stand-in's has no card, and stays what it is.
    """
    value = outcome.measurement.metrics.get(Metric.THROUGHPUT)
    if value is None or outcome.parts is None:
        return None
    if outcome.measurement.origin.stands_in:
        document = None
    return cards.held(
        value, devices_of(outcome.measurement.detail), chip=outcome.parts.chip, document=document
    )


def beside(text: str, outcome: Outcome) -> Both:
    """A number that a document does not count so, with the devices that it is of: ``176.97 (1 device)``."""
    devices = devices_of(outcome.measurement.detail)
    if devices is None:
        return say("{value} (devices not told)", value=text)
    if devices == 1:
        return say("{value} (1 device)", value=text)
    return say("{value} ({count} devices)", value=text, count=devices)
