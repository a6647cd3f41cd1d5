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
# What may be a data set's name: a word with a capital or a digit, as ImageNet or CIFAR-10.
_NAME = re.compile(r"(?<![\w-])[A-Za-z]*[A-Z\d](?:[\w.-]{0,40}\w)?", re.ASCII)
_NO_NAME = re.compile(
    r"(?:the|this|there|it|its|in|on|of|for|we|our|all|both|here|an?|test|validation|dev|evaluation|samples|"
    r"images|data|dataset)|[\d.,-]+",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[。；;！!？?]|[.](?=\s|$)")
_LONGEST = 2000  # characters of a line that is held


def of_data_sets(reading: Reading) -> Iterator[Found]:
    """A number of samples of a data set that its table does not count.

    A number is of the data set that is named next to it: since the number before it, or behind it in its
    sentence, else that of the number before it. In a line that names none, but speaks of the test or
    validation set, it is the document's only one. What a name that no table has may be of is left aside.
    """
    datasets = reading.catalog.datasets
    own = reading.context.words.values(reading.readme.text, WordKind.DATASET)
    seen = set[str]()
    for line in reading.readme.prose if own else ():
        if len(line.text) > _LONGEST or _PART.search(line.text):
            continue
        for match, named in _counted(reading, line.text):
            if not named and len(own) == 1 and _WHOLE.search(line.text):
                named = {own[0]}
            dataset = datasets.get(named.pop()) if len(named) == 1 else None
            known = () if dataset is None else dataset.counts.values()
            if (
                dataset
                and known
                and int(match["count"].replace(",", "")) not in known
                and match[0] not in seen
            ):
                seen.add(match[0])
                yield _other(line.number, match["count"], dataset)


def _counted(reading: Reading, text: str) -> Iterator[tuple[re.Match[str], set[str]]]:
    """Every number of samples of a line with the names that it may be of."""
    found = list(_COUNT.finditer(text))
    names = _names(reading, text) if found else []
    before, of = 0, set[str]()
    starts = [*(item.start() for item in found), len(text)]
    for match, after in zip(found, starts[1:], strict=True):
        stop = _SENTENCE.search(text, match.end())
        until = min(after, stop.start() if stop else after)
        of = (
            {name for at, name in names if before <= at < match.start()}
            or {name for at, name in names if match.start() <= at < until}
            or of
        )
        before = match.end()
        yield match, set(of)


def _names(reading: Reading, text: str) -> list[tuple[int, str]]:
    """The data sets that a text names, and whatever else may be one's name, each with its place."""
    hits = reading.context.words.hits(text)
    told = [(hit.start, hit.value) for hit in hits if hit.means is WordKind.DATASET]
    others = [
        (match.start(), match[0])
        for match in _NAME.finditer(text)
        if not _NO_NAME.fullmatch(match[0])
        and not any(hit.start < match.end() and match.start() < hit.end for hit in hits)
    ]
    return told + others


def _other(line: int, printed: str, dataset: DatasetSpec) -> Found:
    counted = ", ".join(f"{count} {what}" for what, count in dataset.counts.items())
    return Found(
        line=line,
        sentence=f"the text counts {printed}; {dataset.title} has {counted}: say which part is meant, or "
        "which other release",
        numbers={"told": printed, **dataset.counts},
    )
