"""`zoocheck baseline`: runs that others are held against, by name and machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.formats import deliver
from harness.cli.output import Json, print_json, print_table
from harness.cli.parameters import Results
from harness.errors import UsageError
from harness.setting.home import Home

if TYPE_CHECKING:
    from harness.store.baselines import Baseline
    from harness.store.results import Result, Store

app = typer.Typer(help="Baselines: set, list, drop, export, import.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What the baseline is called, as release-1.2.")]
Machine = Annotated[str | None, typer.Option(help="One machine's key, as `baseline list` shows it.")]


@app.command("set")
def set_(
    name: Name,
    run: Annotated[
        str | None, typer.Option(help="The run to hold others against (default: the latest).")
    ] = None,
    note: Annotated[str, typer.Option(help="Why this one, for whoever reads the list.")] = "",
    results: Results = None,
    as_json: Json = False,
) -> None:
    """Make a run the baseline of that name, for each machine that has results in it."""
    from reports import terminal

    store = _open(results)
    try:
        runs = store.run_ids()
        if not runs:
            raise UsageError(f"{store.shown}: no results yet", remedy="run `pytest suites/` first")
        chosen = run or runs[-1]
        if chosen not in runs:
            raise store.unknown_run(chosen)
        found = [store.set_baseline(name, machine, chosen, note) for machine in store.machines(chosen)]
        unjudged = terminal.unjudged_line(store.of_run(chosen))
    finally:
        store.close()
    if unjudged:
        typer.echo(f"zoocheck: run {chosen}: {unjudged}", err=True)
    _show(found, as_json, lambda item: f"{item.name}: run {item.run} on machine {item.machine}")


@app.command("list")
def list_(results: Results = None, as_json: Json = False) -> None:
    """The baselines in force."""
    from harness.records import to_json

    store = _open(results)
    try:
        found = store.baselines()
    finally:
        store.close()
    if as_json:
        print_json([to_json(item) for item in found])
        return
    if not found:
        typer.echo("no baseline is in force; `zoocheck baseline set NAME` sets one")
        return
    print_table(
        f"{len(found)} in force",
        ["name", "machine", "run", "set", "note"],
        [[item.name, item.machine, item.run, item.created[:19], item.note] for item in found],
    )


@app.command()
def drop(name: Name, machine: Machine = None, results: Results = None, as_json: Json = False) -> None:
    """Put a baseline out of force. Its run and its results stay."""
    store = _open(results)
    try:
        found = store.drop_baseline(name, machine)
    finally:
        store.close()
    _show(found, as_json, lambda item: f"{item.name}: dropped, run {item.run} on machine {item.machine}")


@app.command()
def export(
    name: Name,
    out: Annotated[Path, typer.Option(dir_okay=False, help="The file to write.")],
    machine: Machine = None,
    results: Results = None,
) -> None:
    """Write a baseline to a JSON file, with every result that it stands for, raw samples included."""
    from reports import baseline_file

    store = _open(results)
    try:
        found = [item for item in store.baselines() if item.name == name and machine in (None, item.machine)]
        if not found:
            raise store.no_baseline(name, machine)
        kept = [
            result
            for run in dict.fromkeys(item.run for item in found)
            for result in store.results(run=run)
            if any(baseline_file.stands_for(item, result) for item in found)
        ]
    finally:
        store.close()
    deliver(baseline_file.text(found, kept), out)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `baseline export` wrote.")],
    results: Results = None,
    as_json: Json = False,
) -> None:
    """Put an exported baseline in force here. Results that are missing are added; none is replaced."""
    from harness.records import to_json
    from harness.store.results import Store
    from reports import baseline_file

    read = baseline_file.read(file)
    if read.unproved:
        _require_cases(read.results)
    home = Home.locate()
    if results is None:
        home.require_writable()
    store = Store(results or home.results)
    try:
        if read.unproved and not _all_there(store, read.results):
            read = baseline_file.apart(read)
        baselines, kept = read.baselines, read.results
        added = _add(store, kept)
        new = [item for item in baselines if not _in_force(store, item)]
        found = [store.set_baseline(item.name, item.machine, item.run, item.note) for item in new]
    finally:
        store.close()
    if read.unproved:
        typer.echo(f"zoocheck: {read.unproved}", err=True)
    if as_json:
        print_json(
            {"measurements": {"added": added, "there": len(kept) - added},
             "baselines": {"set": [to_json(item) for item in found], "there": len(baselines) - len(found)}}
        )  # fmt: skip
        return
    typer.echo(f"measurements: {added} added, {len(kept) - added} there already")
    for item in baselines:
        state = "in force now" if item in new else "in force already"
        typer.echo(f"{item.name}: run {item.run} on machine {item.machine}, {state}")


def _open(results: str | None) -> Store:
    from harness.store.results import Store

    return Store(results or Home.locate().results, existing=True)


def _show(found: Sequence[Baseline], as_json: bool, line: Callable[[Baseline], str]) -> None:
    from harness.records import to_json

    if as_json:
        print_json([to_json(item) for item in found])
    else:
        typer.echo("\n".join(map(line, found)))


def _add(store: Store, results: Sequence[Result]) -> int:
    """Write the measurements that are missing, and verdicts where there are none; how many were missing."""
    there = _there(store, results)
    for result in results:
        measurement = result.measurement
        store.add(measurement)  # refuses another one of the same id
        known = there.get(measurement.id)
        if result.verdict is not None and (known is None or known.verdict is None):
            store.judge(measurement.id, result.verdict)
    return sum(result.measurement.id not in there for result in results)


def _there(store: Store, results: Sequence[Result]) -> dict[str, Result]:
    """What the store holds of the runs of `results`, by id."""
    runs = dict.fromkeys(item.measurement.run for item in results)
    return {item.measurement.id: item for run in runs for item in store.results(run=run)}


def _require_cases(results: Sequence[Result]) -> None:
    """Raise `UsageError` for a result of a case, or of a claim, that the tables do not have."""
    from harness.tables import cases, catalog, claimed

    tables = catalog.load()
    for name in dict.fromkeys(item.measurement.case for item in results):
        if claimed.named(tables, name) is None:
            cases.named(tables, name)


def _all_there(store: Store, results: Sequence[Result]) -> bool:
    """Whether the store holds all of it as it is: then it proves the file."""
    there = _there(store, results)
    return all(there.get(item.measurement.id) == item for item in results)


def _in_force(store: Store, baseline: Baseline) -> bool:
    there = store.baseline(baseline.name, baseline.machine)
    return there is not None and there.run == baseline.run
