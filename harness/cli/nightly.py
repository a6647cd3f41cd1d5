"""`zoocheck nightly`: a night's run held against the last one, one line a regression."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import Json, print_json
from harness.errors import UsageError
from harness.home import Home

if TYPE_CHECKING:
    from harness.comparison import Comparison
    from harness.store import Result, Store

CLAIMS_NAMED = 5  # of those that nothing is worse about; --json has all


def nightly(
    run: Annotated[
        str | None, typer.Option(help="The run of this night (default: the latest night).")
    ] = None,
    before: Annotated[
        str | None, typer.Option(help="The run to hold it against (default: the last night before it).")
    ] = None,
    results: Annotated[str | None, typer.Option(help="Results store, a database URL.")] = None,
    as_json: Json = False,
) -> None:
    """Hold a night against the last one. Exit status 1 where something is worse."""
    from harness.comparison import compare
    from harness.records import to_json
    from harness.store import Store

    store = Store(results or Home.locate().results, existing=True)
    try:
        tonight, last, old, new = _nights(store, run, before)
    finally:
        store.close()
    found = compare(old, new) if last is not None else None
    lines = _lines(tonight, last, found)
    if as_json:
        print_json(
            {"run": tonight, "before": last, "comparison": None if found is None else to_json(found)}
        )  # fmt: skip
    else:
        typer.echo("\n".join(lines))
    _tell_github(lines, found, commands=not as_json)
    if found is not None and found.regressions:
        raise typer.Exit(1)


def _nights(
    store: Store, run: str | None, before: str | None
) -> tuple[str, str | None, list[Result], list[Result]]:
    """Both runs and their results, in the order of time; no earlier one on the first night."""
    from harness.comparison import NIGHT, last_night

    runs = [item.id for item in store.runs()]
    nights = [name for name in runs if name.endswith(NIGHT)]
    for name in filter(None, (run, before)):
        if name not in runs:
            raise UsageError(
                f"no run is called {name!r}; nights: {', '.join(reversed(nights[-5:])) or 'none yet'}"
            )
    if run is None and not nights:
        raise UsageError(f"no run's id ends with {NIGHT} yet", remedy="run `make nightly`, or give --run")
    tonight = run or nights[-1]
    last = before or last_night(runs, tonight)
    if last == tonight:
        raise UsageError(f"{tonight} cannot be held against itself")
    return tonight, last, [] if last is None else store.results(run=last), store.results(run=tonight)


def _lines(tonight: str, last: str | None, found: Comparison | None) -> list[str]:
    """What to print: a headline, a line a regression, and what could not be compared."""
    if found is None:
        return [f"{tonight}: no earlier night to compare with"]
    worse = len(found.regressions)
    lines = [f"{tonight} against {last}: {found.compared} compared, {worse or 'nothing'} worse"]
    lines += [f"WORSE {item}" for item in found.regressions]
    lines += [f"not compared: {_claims(claims)}: {why}" for why, claims in found.not_compared.items()]
    lines += [f"not measured this time: {_claims(found.gone)}"] if found.gone else []
    lines += [f"new: {_claims(found.new)}"] if found.new else []
    return lines + ([f"changed: {', '.join(found.changes)}"] if found.changes else [])


def _claims(claims: tuple[str, ...]) -> str:
    named = ", ".join(claims[:CLAIMS_NAMED])
    return f"{len(claims)} ({named}{', ...' if len(claims) > CLAIMS_NAMED else ''})"


def _tell_github(lines: list[str], found: Comparison | None, *, commands: bool) -> None:
    """On GitHub's runners, the same in the job's summary, and an annotation a regression."""
    from reports import github
    from reports.markdown import escape

    headline, *rest = map(escape, lines)
    summary = [f"### zoocheck: {headline}", "", *(f"- {line}" for line in rest), ""]
    if problem := github.append_summary(summary, os.environ):
        typer.echo(f"zoocheck: {problem}", err=True)
    if commands and found is not None and os.environ.get(github.ACTIONS) == "true":
        told = [
            github.Annotation(title=f"worse than the last night: {item.case} {item.kind}", message=str(item))
            for item in found.regressions
        ]
        for line in github.commands(told):
            typer.echo(line)
