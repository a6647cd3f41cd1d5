"""A README to its reading: model, result tables, result blocks, and what was not read."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from harness.documents.readme.apart import between, of_models, told_apart
from harness.documents.readme.blocks import Readme
from harness.documents.readme.grids import read_grid
from harness.documents.readme.prose import read_prose
from harness.documents.readme.reading import (
    Context,
    Reading,
    ReadTable,
    find_document,
    find_models,
    title_of,
    unsure,
)
from harness.documents.readme.results import read_blocks
from harness.documents.readme.units import with_guessed_units
from harness.domain.catalog import Catalog


def understand(readme: Readme, catalog: Catalog, model: str = "") -> Reading:
    """All that `readme` says in tables and result blocks, by the catalog's words.

    `model` is what it is about, where that is told; the catalog need not know it.
    """
    document = find_document(catalog, readme)
    models = (model,) if model else find_models(catalog, readme, document)
    notes, assumed = list(readme.unread), list(readme.assumed)
    claims = len(models) != 1 or models[0] not in catalog.models
    context = Context(readme=readme, catalog=catalog, notes=notes, assumed=assumed, claims=claims)
    tables, others = _grids(context)
    blocks, left = read_blocks(context)
    sentences = read_prose(context)
    tables += [*blocks, *sentences]
    others += left
    tables = [told_apart(context, with_guessed_units(table)) for table in tables]
    tables = of_models(context, tables) if claims else tables
    tables = sorted(between(context, tables) if claims else tables, key=lambda item: item.line)
    return Reading(
        readme=readme, catalog=catalog, models=models, document=document, tables=tuple(tables),
        others=tuple(title for _, title in sorted(others)), unread=tuple(notes), assumed=tuple(assumed),
        context=context, unsure=unsure(models),
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
