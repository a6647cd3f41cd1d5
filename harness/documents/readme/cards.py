"""Whether a README counts throughput by the card, and whether it says that it multiplies one device's."""

from __future__ import annotations

import re
from dataclasses import dataclass

# ``fps/card``, ``310 (FPS/Card)``, ``Throughput/Card``, ``单卡吞吐率``
_BY_CARD = re.compile(
    r"\b(?:fps|qps|throughput|(?:samples?|sentences?|images?|it)/s)\s*[/／]\s*(?:card\b|卡)|单卡吞吐",
    re.IGNORECASE,
)
# ``12.5x4=50即是batch1 310单卡吞吐率``, a column ``310*4``, ``对于310，需要乘以4``
_MULTIPLIED = re.compile(
    r"(?<![\d.])\d[\d.]*\s*[x×*]\s*[2-9]\s*=\s*[\d.]+[^\n]{0,20}单卡吞吐|\|\s*310\s*[*×x]\s*4\s*\||310[^\n。]{0,8}乘以\s*4"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What a README says of its throughputs, as `domain.documents.Document` has it."""

    per_card: bool
    times_devices: bool


def counting(text: str) -> Counting:
    """How the throughputs in a README's text are counted; one that multiplies counts by the card."""
    multiplied = _MULTIPLIED.search(text) is not None
    return Counting(per_card=multiplied or _BY_CARD.search(text) is not None, times_devices=multiplied)
