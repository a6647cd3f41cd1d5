"""`zoocheck score`: the score of output files that were made on another machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from harness.cli.exchanging import ChipOption, Data, Limit, Model, Vocabulary, provenance
from harness.cli.output import Json, counted, print_json, print_table
from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.domain.precisions import Precision
from harness.domain.references import Reference
from harness.errors import UsageError
from harness.records import to_json
from harness.setting.home import Home
from harness.setting.options import PROTOCOLS
from harness.tables import cases, catalog
from harness.tasks.text import Scored

if TYPE_CHECKING:
    from harness.other_machines.exchange import Score, Source
    from harness.other_machines.held import Held

T = TypeVar("T")


def score(
    model: Model,
    chip: ChipOption,
    results: Annotated[Path, typer.Option(help="The folder with the tool's output files.")],
    protocol: Annotated[str, typer.Option(help="documented, standard or both.")] = "documented",
    precision: Annotated[
        str | None, typer.Option(help="What the results were made with, where a chip has several.")
    ] = None,
    inputs: Annotated[
        Path | None, typer.Option(help="The prepared inputs, to be held against what they have to be.")
    ] = None,
    drop: Annotated[
        bool, typer.Option("--drop", help="Run the checkpoint itself in fp32, and say how far off this is.")
    ] = False,
    weights: Vocabulary = "full",
    data: Data = "auto",
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """Score outputs of the documented inputs; each protocol scores the same ones in its own way."""
    from harness.other_machines import exchange
    from harness.other_machines.held import held
    from harness.running.progress import Progress, Silent

    if protocol not in PROTOCOLS:
        raise UsageError(f"--protocol {protocol}: there are {', '.join(PROTOCOLS)}")
    tables, home = catalog.load(), Home.locate()
    source = exchange.open_source(tables, home, model, chip, weights=weights, data=data, limit=limit)
    kind = _precision(source, precision)
    found = exchange.score(source, results, PROTOCOLS[protocol], inputs)
    found = replace(found, warnings=(*found.warnings, *_undocumented(source, kind)))
    for warning in found.warnings:
        typer.echo(f"zoocheck: warning: {warning}", err=True)
    progress = Silent() if as_json else Progress()
    beside = held(tables, home, source, found, progress) if drop else {}
    # A documented value stands beside a score by the documented protocol only.
    shown = Protocol.DOCUMENTED if Protocol.DOCUMENTED in found.scored else Protocol.STANDARD
    documented = exchange.documented(tables, source, kind, shown)
    if as_json:
        content = _as_json(source, kind, protocol, results, found, documented)
        print_json(content | ({"own_fp32": _held_as_json(beside)} if drop else {}))
    else:
        _print(f"{model} on {chip}, {kind}: {results}", found, documented)
        for by, item in beside.items():
            typer.echo(f"{by}: {_held_in_words(item, found.scored[by])}")


def _precision(source: Source, given: str | None) -> Precision:
    """What was asked for, else the chip's default where the document has it, else the document's first."""
    if given is not None:
        several = cases.parse_precisions(given)
        if len(several) != 1:
            raise UsageError(f"--precision {given}: found {len(several)} precisions, expected one")
        return several[0]
    deployment = source.model.deployment(source.chip.name)
    documented = () if deployment is None else deployment.precisions
    default = source.chip.default_precision
    return default if default in documented or not documented else documented[0]


def _undocumented(source: Source, precision: Precision) -> list[str]:
    """A warning for a precision that the model's document does not have on the chip."""
    deployment = source.model.deployment(source.chip.name)
    documented = () if deployment is None else deployment.precisions
    if precision in documented or not documented:
        return []
    return [
        f"the document of {source.model.name} has no {precision} on {source.chip.name}, "
        f"only {', '.join(documented)}: no documented value stands beside this score"
    ]


def _metrics(scored: Scored) -> dict[str, float]:
    """The metrics of a score, in the order of their definition."""
    return {str(metric): scored.metrics[metric] for metric in Metric if metric in scored.metrics}


def _by_protocol(found: Score, get: Callable[[Scored], T]) -> T | dict[str, T]:
    """What one protocol gives, or what each of several does."""
    values = {str(protocol): get(scored) for protocol, scored in found.scored.items()}
    return values if len(values) > 1 else next(iter(values.values()))


def _differences(found: Score) -> dict[str, float]:
    """Standard less documented, of the metrics that both have."""
    one, other = (_metrics(found.scored[protocol]) for protocol in (Protocol.DOCUMENTED, Protocol.STANDARD))
    return {name: other[name] - value for name, value in one.items() if name in other}


def _as_json(
    source: Source,
    precision: Precision,
    protocol: str,
    results: Path,
    found: Score,
    documented: Mapping[str, Reference],
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "model": source.model.name,
        "chip": source.chip.name,
        "precision": precision,
        "protocol": protocol,
        "results": str(results),
        "metrics": _by_protocol(found, _metrics),
        "samples": _by_protocol(found, lambda scored: scored.samples),
        "correct": _by_protocol(
            found, lambda scored: {str(name): count for name, count in scored.correct.items()}
        ),
        "facts": _by_protocol(found, lambda scored: dict(scored.facts)),
        "predictions": _by_protocol(found, lambda scored: scored.predictions.tolist()),
        "truncated": found.truncated,
        "documented": {
            name: {"printed": item.printed, "fraction": item.fraction, "source": str(item.source)}
            for name, item in documented.items()
        },
        "inputs": None if found.inputs is None else {"files": found.inputs.files, "as_prepared": True},
        "warnings": list(found.warnings),
        **provenance(source),
    }
    if len(found.scored) > 1:
        content["difference"] = _differences(found)
    return content


def _print(title: str, found: Score, documented: Mapping[str, Reference]) -> None:
    columns = [str(protocol) for protocol in found.scored]
    scores = {str(protocol): _metrics(scored) for protocol, scored in found.scored.items()}
    differences = _differences(found) if len(columns) > 1 else {}
    heads = [*columns, *(["difference"] if differences else []), *(["in the document"] if documented else [])]
    rows = []
    for name in dict.fromkeys(name for metrics in scores.values() for name in metrics):
        cells = [name, *(_percent(scores[column].get(name)) for column in columns)]
        if differences:
            cells.append(_percent(differences.get(name), sign="+"))
        if documented:
            cells.append(documented[name].cell if name in documented else "-")
        rows.append(cells)
    print_table(title, ["per cent", *heads], rows)
    if found.truncated:
        typer.echo(f"truncated samples: {found.truncated} of {found.samples}")
    for protocol, scored in found.scored.items():
        facts = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in scored.facts.items())
        typer.echo(f"{protocol}: {counted(scored.samples, 'sample')}" + (f"; {facts}" if facts else ""))


def _held_in_words(held: Held, scored: Scored) -> str:
    """What the checkpoint itself scores, and what this one lost of it, in per cent and points."""
    own, value = held.own.metrics[held.metric], scored.metrics[held.metric]
    said = f"own fp32 {held.metric} {own * 100:.4f}, drop {(own - value) * 100:+.4f}"
    if held.change is not None:
        low, high = ((0.0 - edge) * 100 for edge in (held.change.high, held.change.low))
        said += f" [{low:+.4f}, {high:+.4f}] (95 %)"
    if held.flipped is None:
        return said
    return f"{said}; {len(held.flipped)} of {len(scored.predictions)} predictions flipped"


def _held_as_json(beside: Mapping[Protocol, Held]) -> dict[str, Any]:
    return {
        str(protocol): {
            "metrics": _metrics(item.own),
            "change": None if item.change is None else to_json(item.change),
            "flipped": None if item.flipped is None else list(item.flipped),
        }
        for protocol, item in beside.items()
    }


def _percent(fraction: float | None, sign: str = "") -> str:
    return "-" if fraction is None else f"{fraction * 100:{sign}.4f}"


def _short(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
