"""Every table and result block of the five READMEs is in our tables, cell by cell, and nothing else is.

The READMEs are not part of the repository: ZOOCHECK_DOCUMENTS names the folder that holds them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.domain.catalog import Catalog
from harness.tables.catalog import BUILT_IN, load
from reports.readme import render

Grid = list[list[str]]  # cells by row, the header first; a block's lines as rows of one cell

_FENCE = re.compile(r"\s*(?P<ticks>`{3,})")
_DELIMITER = re.compile(r":?-+:?")
# A decimal number that is no part of a version, an address, a path or a word.
_FIGURE = re.compile(r"(?<![\w.:/-])\d+\.\d+(?![\w.])")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A table, or a fenced block with figures in it, of a markdown text."""

    line: int
    title: str  # what `other_tables` calls it
    grid: Grid


def found_in(markdown: str) -> list[Found]:
    """Every table and every fenced block with a figure, in the order of the text."""
    lines = markdown.splitlines()
    found, at = [], 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        if fence:
            start, at = at, at + 1
            while at < len(lines) and not re.fullmatch(rf"\s*{fence['ticks']}`*\s*", lines[at]):
                at += 1
            found += _block(start + 1, lines[start + 1 : at])
        elif "|" in lines[at] and at + 1 < len(lines) and _is_delimiter(lines[at + 1]):
            start = at
            while at < len(lines) and "|" in lines[at]:
                at += 1
            grid = [_cells(line) for line in (lines[start], *lines[start + 2 : at])]
            found.append(Found(line=start + 1, title=" | ".join(grid[0]), grid=grid))
            continue
        at += 1
    return found


def _block(line: int, lines: list[str]) -> Iterator[Found]:
    """A block as rows of one cell; indentation and blank lines at its ends left out."""
    if any(_FIGURE.search(text) for text in lines):
        stripped = "\n".join(text.strip() for text in lines).strip().split("\n")
        yield Found(line=line, title=" ".join(stripped[0].split()), grid=[[text] for text in stripped])


def _is_delimiter(line: str) -> bool:
    cells = _cells(line)
    return "|" in line and all(_DELIMITER.fullmatch(cell) for cell in cells)


def _cells(line: str) -> list[str]:
    """A line's cells without padding, ``<center>`` and bold; the pipes at both ends may be absent."""
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith(r"\|") else inner
    cells = re.split(r"(?<!\\)\|", inner)
    return [re.sub(r"</?center>|\*\*", "", cell).strip().replace(r"\|", "|") for cell in cells]


def differences(catalog: Catalog, documents: Path) -> list[str]:
    """Every way in which the catalog's tables and the READMEs are not the same, in words."""
    return [
        f"{document.file}: {difference}"
        for document in catalog.documents.values()
        for difference in _differences(
            catalog, document.name, found_in((documents / document.file).read_text(encoding="utf-8"))
        )
    ]


def _differences(catalog: Catalog, document: str, theirs: list[Found]) -> Iterator[str]:
    """Ours and theirs are walked in the document's order, so a swapped pair is a difference too."""
    others = list(catalog.documents[document].other_tables)
    names = [table.name for table in catalog.tables if table.document == document]
    rendered = found_in(render(catalog, catalog.documents[document]))
    ours = list(zip(names, rendered, strict=True))
    for found in theirs:
        if found.title in others:
            others.remove(found.title)
        elif not ours:
            yield f"line {found.line}: {found.title!r} is in no table of ours"
        else:
            name, our = ours.pop(0)
            yield from _cell_differences(f"line {found.line}, {name}", our.grid, found.grid)
    yield from (f"has no table {title!r}, which other_tables lists" for title in others)
    yield from (f"has no table {name!r}, which we have" for name, _ in ours)


def _cell_differences(where: str, ours: Grid, theirs: Grid) -> Iterator[str]:
    if [len(row) for row in ours] != [len(row) for row in theirs]:
        yield f"{where}: {len(ours)} rows of ours, {len(theirs)} of theirs, or rows of other lengths"
        return
    for number, (our_row, their_row) in enumerate(zip(ours, theirs, strict=True)):
        for our_cell, their_cell in zip(our_row, their_row, strict=True):
            if our_cell != their_cell:
                yield f"{where}, row {number}: we have {our_cell!r}, the document {their_cell!r}"


@pytest.fixture(scope="module")
def tables() -> Catalog:
    return load((BUILT_IN,))


def test_no_number_is_missing_and_none_invented(tables, documents):
    """Each table and block with figures is equal to one of ours, or listed as one without results."""
    assert differences(tables, documents) == []


def test_the_comparison_sees_every_table_and_both_result_blocks(tables, documents):
    """8 tables and blocks with results; beside them the I/O and version tables and two npu-smi blocks."""
    found = {
        document.name: [item.title for item in found_in((documents / document.file).read_text("utf-8"))]
        for document in tables.documents.values()
    }
    assert sum(len(titles) for titles in found.values()) == 8 + 3 + 4 + 5
    assert len(tables.tables) == 8
    assert found["vastai-bert-chinese-ner"] == ["# vacc int8"]
    assert found["cambricon-bert-squad"][0].startswith("SQUAD results: OrderedDict([('exact', 79.10")


def test_each_command_and_title_stands_in_its_document(tables, documents):
    """Verbatim, but for line breaks, indentation and markup."""
    for model in tables.models.values():
        document = tables.documents[model.document]
        text = " ".join((documents / document.file).read_text("utf-8").split())
        assert re.search(rf"# +(\*\*)?{re.escape(document.title)}", text), document.name
        for deployment in model.deployments:
            assert deployment.measured_with, f"{model.name} on {deployment.chip}"
            assert " ".join(deployment.measured_with.split()) in text, f"{model.name} on {deployment.chip}"


def test_no_cell_escapes_the_comparison(tables, documents):
    """Each reference in turn is printed with another last digit; each time that one line differs."""
    for at, reference in enumerate(tables.references):
        last = "1" if reference.value is None else str(9 - int(reference.printed[-1]))
        wrong = replace(reference, printed=reference.printed[:-1] + last, value=1.0)
        changed = replace(
            tables,
            references=(*tables.references[:at], wrong, *tables.references[at + 1 :]),
            documents={reference.source.document: tables.documents[reference.source.document]},
        )
        [difference] = differences(changed, documents)
        assert wrong.cell in difference.partition("the document")[0], reference.source


CHANGES = {
    "a digit of a table": ("tinybert", '"5871.86"', '"5871.85"', "'5871.85', the document '5871.86'"),
    "a trailing zero": ("tinybert", '"3415.3590"', '"3415.359"', "'3415.359', the document '3415.3590'"),
    "a value made up for an absent one": (
        "tinybert",
        '"TinyBERT(bs8)",  "无"',
        '"TinyBERT(bs8)",  "92.6"',
        "'92.6', the document '无'",
    ),
    "a digit of a ratio": ("bert-large-ner", '"1.227"', '"1.228"', "'1.228', the document '1.227'"),
    "a digit inside a form": (
        "spanbert",
        '"f1:93.95%"',
        '"f1:93.96%"',
        "'f1:93.96%', the document 'f1:93.95%'",
    ),
    "a digit of a truncated score": ("bert-squad", '"79.09"', '"79.10"', "'79.10', the document '79.09'"),
    "the last digit of a block": (
        "bert-chinese-ner",
        '"0.9758434270854719"',
        '"0.9758434270854718"',
        "0.9758434270854718', the document 'accuracy:  0.9758434270854719'",
    ),
    "a threshold of a block": (
        "bert-squad",
        '"0.0", "87.17798',
        '"0.1", "87.17798',
        "('best_exact_thresh', 0.1)",
    ),
    "a label": ("spanbert", '"标杆精度"', '"标杆"', "'标杆', the document '标杆精度'"),
    "a header": ("bert-large-ner", '"310P性能"', '"310性能"', "'310性能', the document '310P性能'"),
    "a row left out": (
        "spanbert",
        '    { batch_size = 64, cells = ["310P3", "64", "SQuAD 1.1", "32.343"] },\n',
        "",
        "6 rows of ours, 7 of theirs",
    ),
    "a table that is listed and not there": (
        "bert-chinese-ner",
        'repository = "Vastai/VastModelZOO"',
        'repository = "Vastai/VastModelZOO"\nother_tables = ["a | b"]',
        "has no table 'a | b', which other_tables lists",
    ),
    "a table that is there and not listed": (
        "spanbert",
        '    "依赖名称 | 版本",\n',
        "",
        "line 80, Precision: 3 rows of ours, 9 of theirs",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_comparison_fails_when_the_tables_are_changed(documents, tmp_path, change):
    """In a copy of the tables: one digit, one label, one row."""
    name, old, new, told = CHANGES[change]
    folder = tmp_path / "tables"
    shutil.copytree(BUILT_IN, folder)
    file = folder / "models" / f"{name}.toml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert told in "\n".join(differences(load((folder,)), documents))


def test_tables_are_read_with_all_the_habits_that_the_readmes_have():
    """No pipe at the end, ``<center>`` never closed, indentation, bold, a line right above the table."""
    markdown = """
Right above:
|<center>模型|<center>a
|  ----  | :----: |
|<center>x|<center>**1.5**

  - in a list

    | b | |
    | --- | --- |
    | y \\| z | 2 |
"""
    assert [(item.line, item.title, item.grid) for item in found_in(markdown)] == [
        (3, "模型 | a", [["模型", "a"], ["x", "1.5"]]),
        (9, "b | ", [["b", ""], ["y | z", "2"]]),
    ]


def test_blocks_count_when_they_hold_a_figure_and_versions_and_paths_are_none():
    """What stands in a fence is no table, even if it has pipes."""
    markdown = """
   ```bash
   pip install a==1.2.3  # | b | v3.1 |
   | --- | --- |
   ```
   ```
    # fp16
    F1:  0.25
   ```
"""
    assert [(item.line, item.grid) for item in found_in(markdown)] == [(6, [["# fp16"], ["F1:  0.25"]])]
