"""How many samples a README gives its data set, against what the data set's table counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.documents.audit.findings import Found
from harness.documents.readme.reading import Reading
from harness.domain.datasets import DatasetSpec
from harness.domain.words import WordKind

_COUNT = re.compile(
    r"(?<![\w.,*/-])(?P<count>\d{1,3}(?:,\d{3}){1,3}|\d{3,9})(?![\d.])\s{0,3}"
    r"(?:[个条张笔份]?(?:样本|样例|句子|问题|数据|图片|图像|评估|测试|验证)|[条张笔句](?![\d.])"
    r"|(?:[a-z]{1,12} ){0,2}(?:samples|sentences|questions|examples|images|pictures|records|pairs)\b)",
    re.IGNORECASE,
)
_PART = re.compile(
    r"训练|部分|子集|其中|[前抽选取挑随首]|校准|量化|预热|循环|迭代|每|train|subset|part of|first|random|"
    r"calib|quanti[sz]|warm|loop|iteration|each|per |sampled|selected|chosen|batch|vocab|词表|长度|length",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"验证集|测试集|开发集|评估集|(?:validation|test|dev|development|eval\w*)\W?(?:set|data|split)",
    re.IGNORECASE,
)
_LONGEST = 2000  # characters of a line that is held


def of_data_sets(reading: Reading) -> Iterator[Found]:
    """A number of samples beside a data set's name that its table does not count.

    Where a line names no data set, but speaks of the test or validation set, it is the document's only one.
    """
    words, catalog = reading.context.words, reading.catalog
    own = words.values(reading.readme.text, WordKind.DATASET)
    dataset = catalog.datasets.get(own[0]) if len(own) == 1 else None
    if dataset is None or not dataset.counts:
        return
    seen = set[str]()
    for line in reading.readme.prose:
        if len(line.text) > _LONGEST or _PART.search(line.text):
            continue
        named = words.has(line.text, WordKind.DATASET) or _WHOLE.search(line.text)
        for match in _COUNT.finditer(line.text) if named else ():
            if int(match["count"].replace(",", "")) not in dataset.counts.values() and match[0] not in seen:
                seen.add(match[0])
                yield _other(line.number, match["count"], dataset)


def _other(line: int, printed: str, dataset: DatasetSpec) -> Found:
    counted = ", ".join(f"{count} {what}" for what, count in dataset.counts.items())
    return Found(
        line=line,
        sentence=f"the text counts {printed}; {dataset.title} has {counted}: say which part is meant, or "
        "which other release",
        numbers={"told": printed, **dataset.counts},
    )
