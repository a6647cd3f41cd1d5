"""`zoocheck nightly`: a night's run held against its machine's baseline, or the last night."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import compare as comparing
from harness.cli.opening import open_store
from harness.cli.output import Json, print_json
from harness.cli.parameters import LeastStamp, Results
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.comparing.gate import FailOn
    from harness.comparing.judging import Pair
    from harness.comparing.runs import Comparison
    from harness.store.results import Store

BASELINE = "nightly"  # the name under which a machine's nights look for their baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class _Night:
    """A night, what it is held against, and what is to be said of the choice."""

    run: str
    before: str | None
    said: str


def nightly(
    run: Annotated[
        str | None, typer.Option(help="The run of this night (default: the latest night).")
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(
            help="The run to hold it against (default: the baseline, else the last night before it)."
        ),
    ] = None,
    baseline: Annotated[
        str, typer.Option(help="The name of the baseline of the machine that measured it.")
    ] = BASELINE,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="LIMITS",
            help="Exit with 1 from these losses on, as throughput:5%,accuracy:0.2 (default: any shown). "
            "Claims that did not run this time fail, but for not-run:never.",
        ),
    ] = None,
    stamp: LeastStamp = None,
    results: Results = None,
    as_json: Json = False,
) -> None:
    """Hold a night against the baseline, or the last one. Exit status 1 where something is worse."""
    from harness.comparing import gate

    limits = gate.of_a_night(fail_on)
    store = open_store(results)
    try:
        night = _night(store, run, before, baseline)
        found = None
        if night.before is not None:
            found = comparing.of_runs(
                store, night.before, night.run, limits, stamp=comparing.known_stamp(stamp)
            )
    finally:
        store.close()
    failing = () if found is None else gate.failing(found, limits)
    _tell(night, found, failing, limits, as_json)
    if found is not None:
        comparing.conclude(found, limits, failing)


def _tell(
    night: _Night, found: Comparison | None, failing: tuple[Pair, ...], limits: FailOn, as_json: bool
) -> None:
    """Print what came of it, and leave it where GitHub shows it."""
    lines = _lines(night, found, failing, limits)
    if as_json:
        content = {} if found is None else comparing.as_content(found, failing)
        print_json({"run": night.run, "before": night.before, "said": night.said, **content})
    else:
        typer.echo("\n".join(lines))
    _tell_github(lines, failing, commands=not as_json)


def _night(store: Store, run: str | None, before: str | None, baseline: str) -> _Night:
    """Which night is meant, and what it is held against; nothing on the first night without a baseline."""
    from harness.comparing.runs import NIGHT, last_night

    runs = store.run_ids()
    nights = [name for name in runs if name.endswith(NIGHT)]
    for name in filter(None, (run, before)):
        if name not in runs:
            raise UsageError(
                f"no run is called {name!r}; nights: {', '.join(reversed(nights[-5:])) or 'none yet'}"
            )
    if run is None and not nights:
        raise UsageError(f"no run's id ends with {NIGHT} yet", remedy="run `make nightly`, or give --run")
    tonight = run or nights[-1]
    if before is not None:
        if before == tonight:
            raise UsageError(f"both runs are {tonight}; name two different runs")
        return _Night(run=tonight, before=before, said="")
    found = [item for key in store.machines(tonight) if (item := store.baseline(baseline, key))]
    others = [item.run for item in found if item.run != tonight]
    if others:
        return _Night(run=tonight, before=others[0], said=f"the baseline {baseline!r} of this machine")
    if found:
        return _Night(run=tonight, before=None, said=f"this night is itself the baseline {baseline!r}")
    here = set(store.machines(tonight))
    last = last_night(runs, tonight, lambda name: not here.isdisjoint(store.machines(name)))
    advice = f"no baseline {baseline!r} for this machine (zoocheck baseline set {baseline} --run {tonight})"
    return _Night(run=tonight, before=last, said=f"{advice}{': the last night instead' if last else ''}")


def _lines(night: _Night, found: Comparison | None, failing: tuple[Pair, ...], limits: FailOn) -> list[str]:
    """What to print: a headline, a line a pair that is not the same, and what could not be compared."""
    if found is None or night.before is None:
        nothing = night.said if "itself" in night.said else f"no earlier night to compare with; {night.said}"
        return [f"{night.run}: {nothing}"]
    lines = comparing.lines(night.before, night.run, found, failing, limits)
    return [lines[0], *([night.said] if night.said else []), *lines[1:]]


def _tell_github(lines: list[str], failing: tuple[Pair, ...], *, commands: bool) -> None:
    """On GitHub's runners, the same in the job's summary, and an annotation for each loss."""
    from reports import github
    from reports.markdown import escape

    headline, *rest = map(escape, lines)
    summary = [f"### zoocheck: {headline}", "", *(f"- {line}" for line in rest), ""]
    if problem := github.append_summary(summary, os.environ):
        typer.echo(f"zoocheck: {problem}", err=True)
    if commands and failing and os.environ.get(github.ACTIONS) == "true":
        told = [
            github.Annotation(title=f"worse than before: {item.case} {item.claim}", message=str(item))
            for item in failing
        ]
        for line in github.commands(told):
            typer.echo(line)
