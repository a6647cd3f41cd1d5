"""No rule fires on tables that are right, whatever their numbers; on one broken cell the right one does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documents.audit.rules import audit
from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))
SAMPLES = 872  # of SST-2, which TinyBERT's scores are of
SIZES = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row as printed: batch size, two accuracies, two throughputs, their ratio."""

    size: str
    base: str
    own: str
    speed: str
    other: str
    ratio: str

    def line(self) -> str:
        cells = (f"TinyBERT(bs{self.size})" if self.size.isdigit() else self.size, self.base, self.own)
        return f"| {' | '.join((*cells, self.speed, self.other, self.ratio))} |"


def printed(value: Decimal, digits: int = 2) -> str:
    return str(value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def percent(count: int) -> str:
    return printed(Decimal(count * 100) / SAMPLES)


def quotient(speed: str, other: str) -> str:
    return printed(Decimal(speed) / Decimal(other))


@st.composite
def speeds(draw, sizes: list[int]) -> list[str]:
    """Throughputs that grow with the batch, by less than the batch."""
    found = [Decimal(draw(st.integers(5_000, 60_000))) / 100]
    for before, after in pairwise(sizes):
        most = 100 * min(after // before, 2)
        found.append(found[-1] * draw(st.integers(101, most - 2)) / 100)
    return [printed(item) for item in found]


@st.composite
def rows(draw) -> list[Row]:
    sizes = sorted(draw(st.lists(st.sampled_from(SIZES), min_size=3, max_size=6, unique=True)))
    base = draw(st.integers(700, 860))
    counts = draw(st.lists(st.integers(600, base), min_size=len(sizes), max_size=len(sizes), unique=True))
    own, other = draw(speeds(sizes)), draw(speeds(sizes))
    found = [
        Row(size=str(s), base=percent(base), own=percent(c), speed=a, other=b, ratio=quotient(a, b))
        for s, c, a, b in zip(sizes, counts, own, other, strict=True)
    ]
    top, there = max(own, key=Decimal), max(other, key=Decimal)
    best = Row(size="最优bs", base=percent(base), own=percent(max(counts)), speed=top, other=there,
               ratio=quotient(top, there))  # fmt: skip
    return [*found, best]


def readme(table: list[Row]) -> str:
    head = ["模型", "官网精度", "310P精度", "310P性能", "T4性能", "310P/T4"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(row.line() for row in table)]
    return "# TinyBERT\n\n" + "\n".join(lines) + "\n\n性能单位：fps/card，精度为百分比\n"


def rules_of(table: list[Row]) -> set[str]:
    return {finding.rule for finding in audit(understand(parse(readme(table)), TABLES))}


@given(rows())
def test_no_rule_fires_on_a_table_that_is_right(table):
    """Accuracies out of 872, ratios of their neighbours, a best row that is best, a growing throughput."""
    found = audit(understand(parse(readme(table)), TABLES))
    assert [str(item) for item in found] == []


def between_counts(text: str) -> str:
    """The nearest score of two digits that no count out of 872 is rounded or cut off to."""
    value = Decimal(text)
    exact = [Decimal(count * 100) / SAMPLES for count in range(SAMPLES + 1)]
    possible = {
        str(item.quantize(Decimal("0.01"), way)) for item in exact for way in (ROUND_HALF_UP, ROUND_DOWN)
    }
    return next(text for n in range(1, 100) if (text := str(value - Decimal(n) / 100)) not in possible)


BREAKS = {
    "ratio-follows": (1, lambda row: replace(row, ratio=printed(Decimal(row.ratio) + Decimal("0.05")))),
    "throughput-falls": (1, lambda row: replace(row, speed=printed(Decimal(row.speed) / 3))),
    "throughput-superlinear": (2, lambda row: replace(row, other=printed(Decimal(row.other) * 70))),
    "best-is-best": (-1, lambda row: replace(row, speed=printed(Decimal(row.speed) + 1))),
    "accuracy-count": (1, lambda row: replace(row, own=between_counts(row.own))),
    "above-baseline": (0, lambda row: replace(row, base=percent(400))),
    "unit-mixed": (1, lambda row: replace(row, own=f"{row.own}%")),
    "percent-fraction": (0, lambda row: replace(row, own=f"{Decimal(row.own) / 100}%")),
}


@pytest.mark.parametrize("rule", BREAKS)
@settings(max_examples=30)
@given(rows())
def test_one_broken_cell_trips_the_right_rule(rule, table):
    """Whatever else one wrong number trips, the rule that is there for it does."""
    at, broken = BREAKS[rule]
    table[at] = broken(table[at])
    assert rule in rules_of(table)
