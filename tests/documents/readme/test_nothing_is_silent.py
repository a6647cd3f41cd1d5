"""Of whatever tables a README has, every number is a value, a row's name, or told as not read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documents.readme.blocks import parse
from harness.documents.readme.cells import number
from harness.documents.readme.understand import understand
from harness.domain.words import WordKind
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))
HEADS = st.sampled_from([
    "模型", "Batch Size", "310P性能", "310性能(fps)", "T4 性能", "310P/T4", "精度", "acc(NPU)", "官网精度",
    "F1", "", "性能", "别的", "A10性能", "精度差", "seq_len2", "BLEU", "时延(ms)", "310P3", "Throughput",
])  # fmt: skip
CELLS = st.sampled_from([
    "1", "64", "92.66", "0.926", "92.6%", "acc:0.9", "12 fps", "无", "-", "M=1.5/MM=2.5", "about 5",
    "TinyBERT(bs8)", "310P3", "1.3倍", "10ms", "", "最优bs", "fp16", "f1:92.4%",
])  # fmt: skip


@st.composite
def tables(draw) -> str:
    heads = draw(st.lists(HEADS, min_size=2, max_size=5, unique=True))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(heads), max_size=len(heads)), min_size=1, max_size=4))
    lines = [heads, ["---"] * len(heads), *rows]
    return "# TinyBERT\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


@settings(max_examples=300)
@given(tables())
def test_every_number_is_read_or_told(text):
    """A table without any word of a metric is told once, as a whole; with one, cell by cell."""
    readme = parse(text)
    reading = understand(readme, TABLES)
    [grid] = readme.grids
    told = {note.line for note in reading.unread}
    read = {(value.line, value.column) for value in reading.values}
    labels = {at for table in reading.tables for at, label in enumerate(table.labels) if label}
    for row in grid.rows:
        for at, cell in enumerate(row.cells):
            if number(cell) is None or at in labels or (row.line, at) in read:
                continue
            assert told & {row.line, grid.line} or _names_rows(reading, grid.headers[at]), (
                cell,
                reading.unread,
            )


def _names_rows(reading, header: str) -> bool:
    """A head that says by itself that its numbers are no results."""
    kinds = (WordKind.LABEL, WordKind.BATCH_SIZE)
    return any(reading.context.words.is_whole(header, kind) is not None for kind in kinds)


@given(tables())
def test_what_is_read_stands_there(text):
    """No digit of a value is made up, and each has a metric, a unit and a role.

    A cell that repeats the one above it has that one's text.
    """
    lines = text.splitlines()
    for value in understand(parse(text), TABLES).values:
        assert any(value.text in line for line in lines[: value.line])
        assert value.number is None or value.number.printed in value.text
        assert {"metric", "unit", "role"} <= value.meaning.keys()


@pytest.mark.parametrize("size", ["-1", "1.5", "²", "9" * 16, "1~16"])
def test_what_is_no_batch_size_is_told(size):
    head = "# TinyBERT\n\n| Batch Size | 310P性能(fps) |\n|---|---|\n"
    told = [note for note in understand(parse(f"{head}| {size} | 30.0 |\n"), TABLES).unread if note.line == 5]
    assert [note.why for note in told] == ["no batch size: a whole number is expected there"]


@pytest.mark.parametrize("size", ["16", "１６", "bs16", "batch_size=16", "最优bs", "-", "无", ""])
def test_a_batch_size_the_best_and_none_are_read(size):
    head = "# TinyBERT\n\n| Batch Size | 310P性能(fps) |\n|---|---|\n"
    assert understand(parse(f"{head}| {size} | 30.0 |\n"), TABLES).unread == ()
