"""A README to its reading: model, result tables, result blocks, and what was not read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from harness.documents.readme.blocks import Line, Readme
from harness.documents.readme.commands import is_commands
from harness.documents.readme.grids import read_grid
from harness.documents.readme.reading import (
    Context,
    Note,
    Reading,
    ReadTable,
    doubt,
    find_document,
    find_models,
    title_of,
)
from harness.documents.readme.results import has_figure, read_block, results_among_commands
from harness.domain.catalog import Catalog
from harness.domain.words import WordKind

_SCORE_LINE = re.compile(r"[:：=]\s*\d+\.\d+\s*%?")


def understand(readme: Readme, catalog: Catalog, model: str = "") -> Reading:
    """All that `readme` says in tables and result blocks, by the catalog's words.

    `model` is what it is about, where that is told; the catalog need not know it.
    """
    document = find_document(catalog, readme)
    models = (model,) if model else find_models(catalog, readme, document)
    doubted = doubt(catalog, models)
    notes = [*([doubted] if doubted else []), *readme.unread]
    assumed = list(readme.assumed)
    context = Context(readme=readme, catalog=catalog, notes=notes, assumed=assumed)
    tables, others = _grids(context)
    for fence in readme.fences:
        if is_commands(fence) and _has_console(fence.lines[0].text if fence.lines else ""):
            if has_figure(fence):
                others.append((fence.line, " ".join(_first(fence.lines).split())))
        elif is_commands(fence):
            notes += results_among_commands(context, fence)
        elif has_figure(fence):
            heading = readme.heading_of(fence.line)
            named = "" if heading is None or heading.titled else heading.text
            table = read_block(context, fence, named)
            if table is None:
                others.append((fence.line, " ".join(_first(fence.lines).split())))
            else:
                tables.append(table)
    _note_prose(context)
    tables.sort(key=lambda item: item.line)
    return Reading(
        readme=readme, catalog=catalog, models=models, document=document, tables=tuple(tables),
        others=tuple(title for _, title in sorted(others)), unread=tuple(notes), assumed=tuple(assumed),
        context=context, doubt=doubted,
    )  # fmt: skip


def _grids(context: Context) -> tuple[list[ReadTable], list[tuple[int, str]]]:
    readme = context.readme
    above = Counter(heading.line for grid in readme.grids if (heading := readme.heading_of(grid.line)))
    shared = [line for line, count in above.items() if count > 1]
    tables, others = list[ReadTable](), list[tuple[int, str]]()
    for grid in readme.grids:
        table = read_grid(context, grid, title_of(grid, readme))
        if table is None:
            others.append((grid.line, grid.title))
            continue
        heading = readme.heading_of(grid.line)
        if heading is not None and heading.line in shared:
            heads = list(dict.fromkeys(value.header for value in table.values))
            name = heads[0] if len(heads) == 1 and heads[0] else grid.headers[0]
            table = replace(table, name=name)
        tables.append(table)
    return tables, others


def _has_console(text: str) -> bool:
    return "npu-smi" in text or "nvidia-smi" in text or "cnmon" in text


def _first(lines: Iterable[Line]) -> str:
    return next((line.text.strip() for line in lines if line.text.strip()), "")


def _note_prose(context: Context) -> None:
    """Results in running text and HTML tables are not read, and that is said."""
    for line in context.readme.prose:
        if "<table" in line.text.lower() or "<tr" in line.text.lower():
            why = "a table in HTML; write it in markdown"
            context.notes.append(Note(line=line.number, what=line.text.strip()[:60], why=why))
        elif _SCORE_LINE.search(line.text) and context.words.has(line.text, WordKind.METRIC):
            why = "a result in running text, in no table and no block"
            context.notes.append(Note(line=line.number, what=line.text.strip()[:60], why=why))
