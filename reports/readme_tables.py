"""A documented table as the document has it, made from its references alone."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from harness.domain import Catalog, Row, Table
from harness.errors import ZoocheckError


def render(catalog: Catalog, table: Table) -> str:
    """`table` as a markdown table, or as a fenced block where it has a block template.

    Every value is that of a reference of `catalog`, digits as printed; only the label cells come from
    the table's rows. Raises `ZoocheckError` where a cell has no reference.
    """
    printed = {
        (reference.source.row, reference.source.column): reference.cell
        for reference in catalog.references
        if (reference.source.document, reference.source.table) == (table.document, table.name)
    }
    rows = [_cells(table, row, printed) for row in table.rows]
    blocks = None if table.block is None else [table.block.strip("\n").format(*row) for row in rows]
    headers = [column.header for column in table.columns]
    return _template().render(headers=headers, rows=rows, blocks=blocks)


def _cells(table: Table, row: Row, printed: dict[tuple[str, str], str]) -> list[str]:
    label = table.row_label(row)
    cells = []
    for cell, column in zip(row.cells, table.columns, strict=True):
        value = cell if column.label else printed.get((label, column.header))
        if value is None:
            raise ZoocheckError(
                f"{table.document} § {table.name}: no reference for row {label!r}, column {column.header!r}"
            )
        cells.append(value)
    return cells


@cache
def _template() -> Template:
    """The layout. Markdown, so nothing is escaped but the pipe that would end a cell."""
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=False,  # noqa: S701 - markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda text: text.replace("|", r"\|")
    return environment.get_template("readme_table.md.j2")
