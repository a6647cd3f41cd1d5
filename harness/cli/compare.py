"""`zoocheck compare`: two runs, or two ways of running one case, and what one is against the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.opening import open_store
from harness.cli.output import Json, print_json
from harness.cli.parameters import LeastStamp, Results
from harness.errors import UsageError
from harness.running.progress import Progress, Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables import cases, catalog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.comparing.arms import ComparedArms
    from harness.comparing.gate import FailOn
    from harness.comparing.judging import Pair
    from harness.comparing.runs import Comparison
    from harness.store.results import Store

BASELINE = "baseline:"
LATEST = "latest"
NOTHING_COMPARED_STATUS = 6  # as of a run in which only the machine failed

Earlier = Annotated[
    str,
    typer.Argument(
        metavar="A", help=f"The earlier run: its id, {LATEST}, or {BASELINE}NAME. With --ab: see below."
    ),
]
Losses = Annotated[
    str | None,
    typer.Option(
        metavar="LIMITS",
        help="Exit with 1 from these losses on, as throughput:5%,accuracy:0.2 (points); noisy:50% fails "
        "where more throughputs than that are too noisy to tell, not-run where claims of A are not in B "
        "(not-run:never: not for that).",
    ),
]
InTurns = Annotated[
    str | None,
    typer.Option(
        "--ab",
        metavar="CASE",
        help="Run two ways of this case in turns instead: A and B are `current`, an artifact's key, a "
        "file, another case, or library versions such as onnxruntime==1.22.0.",
    ),
]
ArmThreads = Annotated[
    int, typer.Option(help="With --ab: threads of each arm on the CPU; 0: its library's choice.", min=0)
]


def compare(
    first: Earlier,
    second: Annotated[str, typer.Argument(metavar="B", help="The later run, likewise.")],
    fail_on: Losses = None,
    across_machines: Annotated[
        bool, typer.Option("--across-machines", help="Compare results of different machines, too.")
    ] = False,
    stamp: LeastStamp = None,
    ab: InTurns = None,
    seconds: Annotated[float, typer.Option(help="With --ab: about how long.", min=1.0)] = 25.0,
    threads: ArmThreads = 1,
    weights: Annotated[str, typer.Option(help="With --ab: full, mini, random or auto.")] = "auto",
    target: Annotated[str, typer.Option(help="With --ab: chip, stand-in or auto.")] = "auto",
    results: Results = None,
    as_json: Json = False,
) -> None:
    """Say what is better, worse, the same, or too noisy to tell, pair by pair, with its interval."""
    from harness.comparing import gate

    limits = None if fail_on is None else gate.parse(fail_on)
    if ab is not None:
        _refuse_beside_turns(limits, stamp=stamp, across_machines=across_machines)
        options = Options(weights=weights, target=target, threads=threads or None)
        return _arms(ab, first, second, limits, seconds, options, as_json)
    store = open_store(results)
    try:
        old, new = (name_run(store, name) for name in (first, second))
        if old == new:
            raise UsageError(f"both runs are {old}; name two different runs")
        found = of_runs(store, old, new, limits, across_machines=across_machines, stamp=known_stamp(stamp))
    finally:
        store.close()
    failing = () if limits is None else gate.failing(found, limits)
    if as_json:
        print_json({"before": old, "run": new, **as_content(found, failing)})
    else:
        typer.echo("\n".join(lines(old, new, found, failing, limits)))
    conclude(found, limits, failing)
    return None


def known_stamp(text: str | None) -> str | None:
    """The stamp that was asked for; raises `UsageError` for one that does not exist."""
    from harness.setting.stamps import Stamp

    if text is not None and text not in list(Stamp):
        raise UsageError(f"--stamp: found {text!r}, expected {', '.join(Stamp)}")
    return text


def conclude(found: Comparison, limits: FailOn | None, failing: Sequence[Pair]) -> None:
    """End with 1 where a gate fails, with 6 where it had nothing to compare: the machine is another one."""
    from harness.comparing import gate

    if limits is None:
        return
    if failing or gate.beside(found, limits):
        raise typer.Exit(1)
    if not found.pairs:
        raise typer.Exit(NOTHING_COMPARED_STATUS)


def name_run(store: Store, text: str) -> str:
    """The run that `text` means: its own id, the latest, or this machine's baseline of a name."""
    from harness.machine.fingerprint import fingerprint, machine_key

    runs = store.run_ids()
    if text == LATEST and runs:
        return runs[-1]
    if text.startswith(BASELINE):
        name, key = text.removeprefix(BASELINE), machine_key(fingerprint())
        found = store.baseline(name, key)
        if found is None:
            raise store.no_baseline(name, key)
        return found.run
    if text not in runs:
        raise store.unknown_run(text)
    return text


def of_runs(
    store: Store,
    old: str,
    new: str,
    limits: FailOn | None,
    *,
    across_machines: bool = False,
    stamp: str | None = None,
) -> Comparison:
    """Both runs' results, held against each other with what came before them."""
    from harness.comparing.gate import FailOn
    from harness.comparing.runs import compare as compare_results
    from harness.comparing.spreads import machines_of, throughputs_before
    from harness.store.numbers import repetition_of

    after = store.results(run=new)
    return compare_results(
        store.results(run=old),
        after,
        margins=(limits or FailOn()).margins,
        earlier=throughputs_before(
            store, machines_of(repetition_of(item.measurement) for item in after), new
        ),
        across_machines=across_machines,
        stamp=stamp,
    )


def as_content(found: Comparison, failing: Sequence[Pair]) -> dict[str, object]:
    """A comparison as JSON."""
    from harness.records import to_json
    from harness.verdicts.effects import Finding

    return {
        "counts": {str(finding): len(found.of(finding)) for finding in Finding},
        "failing": [to_json(pair) for pair in failing],
        "comparison": to_json(found),
    }


def lines(old: str, new: str, found: Comparison, failing: Sequence[Pair], limits: FailOn | None) -> list[str]:
    """A headline, a line for each pair that is not the same, and what could not be compared."""
    from harness.comparing import gate
    from harness.verdicts.effects import Finding

    counts = ", ".join(
        f"{len(found.of(finding))} {finding}" for finding in Finding if found.of(finding)
    )  # fmt: skip
    said = [f"{new} against {old}: {len(found.pairs)} compared: {counts or 'nothing'}"]
    said += [f"FAILS {pair}" for pair in failing]
    if limits is not None:
        said += [f"FAILS {why}" for why in gate.beside(found, limits)]
    for finding in (Finding.WORSE, Finding.BETTER, Finding.TOO_NOISY):
        label = str(finding).upper()
        said += [f"{label} {pair}" for pair in found.of(finding) if pair not in failing]
    said += [f"not compared: {_claims(claims)}: {why}" for why, claims in found.not_compared.items()]
    if found.gone and not (limits is not None and limits.not_run):
        said.append(f"not measured this time: {_claims(found.gone)}")
    said += [f"new: {_claims(found.new)}"] if found.new else []
    said += [f"told: {told}"] if (told := gate.resolution(found)) else []
    said += list(found.steps)
    return said + ([f"changed: {', '.join(found.changes)}"] if found.changes else [])


def _claims(claims: Sequence[str]) -> str:
    from harness.comparing.gate import named

    return f"{len(claims)} ({named(claims)})"


def _refuse_beside_turns(limits: FailOn | None, *, stamp: str | None, across_machines: bool) -> None:
    """Raise `UsageError` for what means nothing of two arms."""
    others = () if limits is None else (limits.score, limits.noisy, limits.not_run)
    given = {
        "--stamp": stamp is not None, "--across-machines": across_machines,
        "--fail-on of anything but throughput": any(item is not None for item in others),
    }  # fmt: skip
    if wrong := [name for name, there in given.items() if there]:
        raise UsageError(
            f"{' and '.join(wrong)}: of two arms in turns (--ab) that means nothing; leave it out"
        )


def _arms(
    name: str, first: str, second: str, limits: FailOn | None, seconds: float, options: Options, as_json: bool
) -> None:
    """Two ways of one case in turns."""
    from harness.comparing import gate
    from harness.comparing.arms import compare_arms
    from harness.records import to_json
    from harness.running.materials import Materials

    tables, home = catalog.load(), Home.locate()
    materials = Materials(tables, home, options, Silent() if as_json else Progress())
    limit = None if limits is None else limits.throughput
    found = compare_arms(
        materials, cases.named(tables, name), first, second, seconds=seconds,
        margin=(limits or gate.FailOn()).margins.throughput, folder=home.work / "compare" / name,
        threads=options.threads,
    )  # fmt: skip
    fails = not found.same_work
    if found.turns is not None and found.finding is not None:
        fails = gate.reaches(found.finding, found.turns.effect, limit)
    if as_json:
        print_json({**to_json(found), "same_work": found.same_work, "fails": fails})
    else:
        typer.echo("\n".join(_arms_lines(found)))
    if fails:
        raise typer.Exit(1)


def _arms_lines(found: ComparedArms) -> list[str]:
    from harness.comparing.words import in_percent

    turns = found.turns
    begun = f"{found.case}: B ({found.second}) against A ({found.first}): "
    if turns is None:
        said = [f"{begun}not the same work", *(f"  {work}" for work in found.works)]
    else:
        before, after = (f"{took / 1e6:.4g} ms" for took in turns.mean_ns)
        said = [
            f"{begun}{found.finding}",
            f"  {in_percent(turns.effect)}, of the median four turns; on average a call takes {before} and "
            f"{after}",
            f"  by {turns.effect.basis}, {turns.calls_a_turn} calls a turn, {turns.seconds:.0f} s",
            f"  the same work: {'; '.join(map(str, found.works))}",
        ]
    first, second = found.versions
    differs = [
        f"{library} {first.get(library)} and {second.get(library)}"
        for library in sorted({*first, *second})
        if first.get(library) != second.get(library)
    ]
    return said + ([f"  with {', '.join(differs)}"] if differs else [])
