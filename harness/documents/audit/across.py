"""Numbers that stand to the last digit in READMEs of different models."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import PurePath

from harness.documents.audit.findings import Column, Found, Speeds
from harness.documents.readme.reading import Reading
from harness.domain.metrics import Metric, Sort
from harness.domain.references import Role

_FEWEST = 4  # digits of a number that is looked for elsewhere at all
# Of all numbers that two columns share. In 306 READMEs (243 columns, 1500 numbers) the columns of different
# models share one number of 4 digits by chance 5 times, none of more, and never two: what has 7 was copied.
_DIGITS = 7
_MOST = 6  # files that share a number: what more have is a round one, or a zoo's habit
_NO_NAME = re.compile(
    r"模型|推理|指导|\b(?:for|pytorch|torch|torchaie|onnx|tensorflow|tf|caffe|paddle|mindspore|model|"
    r"infer|inference|guide|readme)\b|[\W_]+",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"readme", re.IGNORECASE)  # of a file's name: its folder says which model it is of


def speeds(reading: Reading) -> Speeds:
    """What is compared of one README: its columns of throughputs and times that have digits enough."""
    columns: dict[tuple[int, int], list[tuple[int, str]]] = {}
    labels: dict[tuple[int, int], list[str]] = {}
    for table in reading.tables:
        for value in table.values:
            metric = value.get("metric")
            fast = isinstance(metric, Metric) and metric.sort in (Sort.SPEED, Sort.TIME)
            if fast and value.get("role") in (Role.MEASURED, Role.BASELINE) and value.number is not None:
                at = (table.line, value.column)
                labels.setdefault(at, []).append(value.label)
                if _digits(value.number.printed) >= _FEWEST:
                    columns.setdefault(at, []).append((value.line, value.number.printed))
    return Speeds(
        file=reading.readme.shown,
        model=_called(reading),
        columns=tuple(
            Column(numbers=tuple(numbers), labels=_key(" ".join(labels[at])))
            for at, numbers in columns.items()
        ),
    )


def _called(reading: Reading) -> str:
    """What a README's model is called: as its title says, else as its file or its folder is called."""
    path = reading.readme.path
    return _key(reading.readme.title) or _key(path.parent.name if _PLAIN.match(path.stem) else path.stem)


def _key(text: str) -> str:
    return _NO_NAME.sub("", text.casefold().replace("_", " "))


def _digits(printed: str) -> int:
    """How many digits tell a number from others: without the zeros at its ends."""
    return len(printed.replace(".", "").replace(",", "").strip("-0"))


def copied(read: Sequence[Speeds]) -> Iterator[tuple[str, Found]]:
    """Columns of two READMEs of different models that share numbers to the last digit, by the later file.

    A README above another one's folder lists it, one whose rows name the other's model measures it, and two
    of one folder may be one README in two languages.
    """
    holders: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for at, item in enumerate(read):
        for place, column in enumerate(item.columns):
            for _, printed in column.numbers:
                holders[printed].add((at, place))
    shared: dict[tuple[int, int], dict[tuple[int, int], set[str]]] = defaultdict(lambda: defaultdict(set))
    for printed, places in holders.items():
        if len({at for at, _ in places}) <= _MOST and len(places) <= _MOST * 2:
            for (one, first), (other, second) in combinations(sorted(places), 2):
                if one != other:
                    shared[one, other][first, second].add(printed)
    for (one, other), columns in shared.items():
        (first, second), numbers = max(columns.items(), key=lambda pair: (len(pair[1]), pair[0]))
        alike = sum(map(_digits, numbers)) >= _DIGITS
        if alike and _apart(read[one], read[other], read[one].columns[first], read[other].columns[second]):
            yield read[other].file, _found(read[one], first, read[other], second, numbers)


def _apart(one: Speeds, other: Speeds, first: Column, second: Column) -> bool:
    """Whether two columns are of different models, and none of their READMEs is about the other's."""
    here, there = PurePath(one.file), PurePath(other.file)
    if here.parent == there.parent:
        nested = _translates(here.stem, there.stem)
    else:
        nested = here.parent in there.parents or there.parent in here.parents
    named = (one.model and one.model in second.labels) or (other.model and other.model in first.labels)
    return one.model != other.model and not nested and not named


def _translates(one: str, other: str) -> bool:
    """Whether two files of a folder may be one in two languages: README and README_en, net and net.zh."""
    plain = bool(_PLAIN.match(one)) and bool(_PLAIN.match(other))
    return plain or one.startswith(other) or other.startswith(one)


def _found(one: Speeds, first: int, other: Speeds, second: int, numbers: set[str]) -> Found:
    lines = [
        next(line for line, printed in item.columns[at].numbers if printed in numbers)
        for item, at in ((one, first), (other, second))
    ]
    listed = sorted(numbers)
    some = ", ".join(listed[:3]) + (", ..." if len(listed) > 3 else "")
    said = f"{some} stands" if len(numbers) == 1 else f"{len(numbers)} numbers of this column ({some}) stand"
    return Found(
        line=lines[1],
        sentence=f"{said} to the last digit in {one.file}, from line {lines[0]} on, under another title: one "
        "of the two was copied, or both are one model",
        numbers={"shared": len(numbers), "other_file": one.file, "other_line": lines[0]},
    )
