"""One number under the names of two metrics that cannot both be meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from harness.documents.audit.findings import Found
from harness.documents.readme.blocks import Grid
from harness.documents.readme.reading import Reading

# Names that mean one metric alone: accuracy is left out, which a document may call any of them.
_NAMES = re.compile(
    r"(?<![a-z])(?:(?P<top1>top[-_@ ]?1|(?:acc|rank)[-_@ ]{1,2}1)"
    r"|(?P<top5>top[-_@ ]?5|(?:acc|rank)[-_@ ]{1,2}5)"
    r"|(?P<miou>miou|mean[ _]iou)|(?P<map>map)|(?P<wer>wer)|(?P<cer>cer)|(?P<psnr>psnr)|(?P<ssim>ssim)"
    r"|(?P<eer>eer)|(?P<bleu>bleu)|(?P<auc>auc)|(?P<dice>dice))(?![a-z\d])",
    re.IGNORECASE,
)
_SHOWN = {"top1": "top-1", "top5": "top-5", "miou": "mIoU", "map": "mAP", "dice": "Dice"}
_NUMBER = re.compile(r"(?<![\w./-])(?<!\d\d:)(?<!\.\d:)\d{1,3}\.\d{1,20}(?!\w|\.\d)")
_BEHIND = re.compile(r"\s?%?\s?/\s?")  # between a number and a name that stands behind it: 71.58/Top1
_GAP = 24  # characters between a name and its number
_FEWEST = 3  # digits of a number that two metrics do not share by chance, 0 at neither end counted
_CHANCE = 100  # one document in so many may have two numbers that agree by chance
_LONGEST = 1000  # characters of a line or a cell

_Place = tuple[str, int, str]  # the metric, the line, the number as printed


def otherwise(reading: Reading) -> Iterator[Found]:
    """A number that one place gives as one metric and another place as another one."""
    named: dict[Decimal, dict[str, _Place]] = {}
    for place in sorted(_places(reading), key=lambda item: item[1]):
        value = Decimal(place[2])
        value = value * 100 if value <= 1 else value
        named.setdefault(value.normalize(), {}).setdefault(place[0], place)
    many = Counter(metric for given in named.values() for metric in given)
    for value, given in named.items():
        pairs = 10 ** len(value.as_tuple().digits) / _CHANCE
        for (one, line, text), (other, second, here) in combinations(given.values(), 2):
            if line != second and many[one] * many[other] <= pairs:
                there = _name(one) if text == here else f"{text} {_name(one)}"
                yield Found(
                    line=second,
                    sentence=f"{here} is {_name(other)} here and {there} in line {line}: one of the two "
                    "names is wrong",
                    numbers={"number": here, "other_line": line},
                )


def _name(metric: str) -> str:
    return _SHOWN.get(metric, metric.upper())


def _places(reading: Reading) -> Iterator[_Place]:
    for line in reading.readme.prose:
        yield from _beside(line.text, line.number)
    for fence in reading.readme.fences:
        for line in fence.lines:
            yield from _beside(line.text, line.number)
    for grid in reading.readme.grids:
        yield from _of_grid(grid)


def _beside(text: str, line: int) -> Iterator[_Place]:
    """The numbers of a text that a name stands right before, without another number between, or right behind.

    A name that stands behind a number is none of the next one's: ``71.58/Top1 90.54/Top5``.
    """
    if len(text) > _LONGEST or "." not in text:
        return
    numbers = [number for number in _NUMBER.finditer(text) if _is_long(number[0])]
    names = {name.start(): name for name in _NAMES.finditer(text)} if numbers else {}
    for number in numbers if names else ():
        sign = _BEHIND.match(text, number.end())
        behind = names.pop(sign.end(), None) if sign else None
        if behind is not None:
            yield str(behind.lastgroup), line, number[0]
            continue
        before = [name for name in names.values() if name.end() <= number.start()]
        between = text[before[-1].end() : number.start()] if before else "0"
        if len(between) <= _GAP and not re.search(r"\d", between):
            yield str(before[-1].lastgroup), line, number[0]


def _of_grid(grid: Grid) -> Iterator[_Place]:
    """A table's single numbers, by the name in their cell, in their head, or in their row."""
    heads = [_only(header) for header in grid.headers]
    for row in grid.rows:
        label = _only(" ".join(cell for cell in row.cells if not _NUMBER.search(cell))[:_LONGEST])
        for head, cell in zip(heads, row.cells, strict=False):
            if _NAMES.search(cell[:_LONGEST]):
                yield from _beside(cell, row.line)
                continue
            found = _NUMBER.findall(cell[:_LONGEST])
            name = head or label
            if name and len(found) == 1 and _is_long(found[0]):
                yield name, row.line, found[0]


def _only(text: str) -> str:
    """The metric that a text names, where it names one alone."""
    found = {str(match.lastgroup) for match in _NAMES.finditer(text[:_LONGEST])}
    return found.pop() if len(found) == 1 else ""


def _is_long(number: str) -> bool:
    return len(number.replace(".", "").strip("0")) >= _FEWEST
