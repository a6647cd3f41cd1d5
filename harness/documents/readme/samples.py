"""How many samples a README's scores are of: its data set's counts, and those that it states itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.documents.readme.once import once
from harness.documents.readme.reading import Reading
from harness.domain.words import WordKind

Counts = Mapping[str, int]

# Each begins with what few places of a text begin with, so that it is searched for at those alone.
_STATED = (
    re.compile(r"(?:样本|验证集|测试集)[^\d\n]{0,6}[:：]?\s*(\d{2,7})\s*[个条张笔]"),
    re.compile(
        r"(\d(?<!\d\d)\d{1,6}+)\s*+(?:笔数据|个(?:评估|测试|验证)数据|个样本|条样本|张图|samples|images)"
    ),
)


@once
def documented(reading: Reading) -> Counts:
    """What is counted -> how many, by the README's words for its data set and by its own figures."""
    known: dict[str, int] = {}
    names = reading.context.words.values(reading.readme.text, WordKind.DATASET)
    name = reading.model.dataset if reading.model is not None else names[0] if len(names) == 1 else None
    dataset = reading.catalog.datasets.get(name or "")
    if dataset is not None:
        known |= {what: count for what, count in dataset.counts.items() if what in _SCORED}
    stated = [match for pattern in _STATED for match in pattern.finditer(reading.readme.text)]
    for match in sorted(stated, key=re.Match.start):
        count = int(match[1])
        if count not in known.values():
            known["stated samples"] = count
    return known


_SCORED = ("samples", "tokens", "characters")  # what an accuracy may be a share of
