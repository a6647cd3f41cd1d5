"""How commands speak: JSON on request, else tables for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

UNLIMITED = 100_000  # columns of a table in a file, a pipe or a CI log: no cell is broken over lines there

# Controls of terminals, and marks that turn what is around them or show as nothing: Cc, and some of Cf.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_json(content: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(visible(json.dumps(content, ensure_ascii=False, indent=2)))


def console_for_tables() -> Console:
    """Standard output: as wide as the terminal or, where there is none, as wide as what it shows."""
    console = Console()
    return console if console.is_terminal else Console(width=UNLIMITED)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A plain table under its title; in a terminal a long cell folds, elsewhere none does."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    console = console_for_tables()
    console.print(Text(title, style="italic"), soft_wrap=True)  # no wider than it is, whatever the table
    console.print(table)
    console.print()


def say(text: str, *, err: bool = False) -> None:
    """A line for people on standard output or standard error, of what is read elsewhere only what shows."""
    typer.echo(visible(text), err=err)


def visible(text: str) -> str:
    """`text` with characters that show as nothing, or turn what is around them, as escapes: ``\\u202e``.

    A README's text may move the cursor, colour a terminal or run from right to left over what stands before
    it. Line ends and tabs stay. What programs read (JSON, CSV, TOML) has every character: JSON and TOML as
    such an escape, which means the same there.
    """
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def counted(number: int, one: str, several: str = "") -> str:
    """``1 table``, ``2 tables``; `several` of a word that takes no s."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
