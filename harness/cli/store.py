"""`zoocheck store`: what a results store holds, and its copy to another."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.output import Json, print_json, print_table
from harness.setting.home import Home

app = typer.Typer(help="Results stores: what one holds, copying one to another.", no_args_is_help=True)

_URL = "A results store, a database URL such as sqlite:///results.sqlite or postgresql://user@host/database."


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help=_URL)],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="The store to add to; made where there is none.")
    ],
    as_json: Json = False,
) -> None:
    """Add to TO every measurement, verdict and baseline of FROM that it does not have, ids kept.

    Again and again: what is there is left alone. Where an id has other content there, that is an error.
    """
    from harness.records import to_json
    from harness.store.results import Store

    there = Store(source, existing=True)
    here = Store(target)
    try:
        found = there.copy_to(here)
    finally:
        there.close()
        here.close()
    if as_json:
        print_json({"from": there.shown, "to": here.shown, **to_json(found)})
        return
    for name, count in (
        ("measurements", found.measurements),
        ("verdicts", found.verdicts),
        ("baselines", found.baselines),
    ):
        typer.echo(f"{name}: {count.copied} copied, {count.there} there already")


@app.command()
def info(
    url: Annotated[str | None, typer.Argument(help=f"{_URL} (default: the one of this home)")] = None,
    as_json: Json = False,
) -> None:
    """Schema version, counts, time span, hosts and size of a results store."""
    from harness.records import to_json
    from harness.store.results import Store

    store = Store(url or Home.locate().results, existing=True)
    try:
        found = store.info()
    finally:
        store.close()
    if as_json:
        print_json(to_json(found))
        return
    typer.echo(f"{found.url}: schema version {found.version}")
    typer.echo(
        f"measurements: {found.measurements}, runs: {found.runs}, verdicts: {found.verdicts}, "
        f"rows of baselines: {found.baselines}"
    )
    if found.earliest is not None:
        typer.echo(f"measured from {found.earliest} to {found.latest}")
    if found.bytes is not None:
        typer.echo(f"{found.bytes / 1e6:.1f} MB")
    if found.hosts:
        print_table(
            "hosts, by their fingerprint",
            ["host", "measurements"],
            [[host.id or "(not told)", str(host.measurements)] for host in found.hosts],
        )
