"""`zoocheck list` and `zoocheck doctor`: what exists, and what is here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from harness import __version__
from harness.cli.output import Json, counted, print_json, print_table
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.datasets import Corpus, DatasetSpec
from harness.domain.metrics import Metric
from harness.domain.models import Model, Weights
from harness.domain.references import Reference
from harness.errors import NotThere, NotYet, ZoocheckError
from harness.machine import runtimes
from harness.setting.home import Home
from harness.tables import cases as case_module
from harness.tables import catalog, references
from harness.tasks.text import has_task, labels_of, load_task
from harness.toolchains import loading, targets
from harness.toolchains.base import Unavailable
from harness.toolchains.monitors import NOT_TOLD

MISSING = "- (see `zoocheck doctor`)"
NOT_YET = "not yet"


def list_cases(
    model: Annotated[str | None, typer.Option(help="Only this model's cases.")] = None,
    chip: Annotated[str | None, typer.Option(help="Only this chip's cases.")] = None,
    as_json: Json = False,
) -> None:
    """Cases, their documented values, and what is present here."""
    tables = catalog.load()
    if model is not None:
        catalog.find(tables.called, model, "model")
    if chip is not None:
        catalog.find(tables.chips, chip, "chip")
    home = Home.locate()
    chosen = [
        _case(tables, case)
        for case in case_module.enumerate_cases(tables)
        if model in (None, case.model.name) and chip in (None, case.chip.name)
    ]
    models = [_model(item, tables, home) for item in tables.models.values() if model in (None, item.name)]
    claims = [_claims(tables, item) for item in tables.claimed.values() if model in (None, item.name)]
    if as_json:
        print_json({"models": models, "names": claims, "cases": chosen})
        return
    print_table(
        "Models",
        ["model", "document", "task", "checkpoint", "data"],
        [
            [m["name"], m["document"], m["task"] if m["pipeline"] else f"{m['task']} (not yet)",
             m["checkpoint"] or MISSING, m["data"] or MISSING]
            for m in models
        ],
    )  # fmt: skip
    if claims:
        print_table(
            "Only names, until a [[model]] says what they are: `zoocheck claims` lists what is documented",
            ["name", "document", "values", "chips"],
            [
                [item["name"], item["document"], str(item["values"]), ", ".join(item["chips"])]
                for item in claims
            ],
        )
    print_table(
        counted(len(chosen), "case"),
        ["case", "target", "documented score", "documented throughput"],
        [[c["id"], c["target"], _shown(c["score"]), _shown(c["throughput"])] for c in chosen],
    )
    for refused in dict.fromkeys(c["refused"] for c in chosen if c["refused"]):
        typer.echo(f"{NOT_YET}: {refused}")


def _claims(tables: Catalog, model: Model) -> dict[str, Any]:
    """What documents say of a model that is only a name."""
    found = [item for item in tables.references if item.model == model.name and item.value is not None]
    return {
        "name": model.name,
        "title": model.title,
        "document": model.document,
        "values": len(found),
        "chips": list(dict.fromkeys(item.chip for item in found if item.chip is not None)),
    }


def _shown(reference: dict[str, Any] | None) -> str:
    return (
        "-" if reference is None else f"{reference['printed']} ({reference['metric']}, {reference['unit']})"
    )


def _case(tables: Catalog, case: Case) -> dict[str, Any]:
    refused = _refused(case)
    return {
        "id": case.id,
        "model": case.model.name,
        "chip": case.chip.name,
        "precision": case.precision,
        "batch_size": case.batch_size,
        "documented": case.documented,
        "target": NOT_YET if refused else _target(case.chip),
        "refused": refused,
        "score": _reference(references.for_case(tables, case, case.model.metric)),
        "throughput": _reference(references.for_case(tables, case, Metric.THROUGHPUT)),
    }


def _reference(reference: Reference | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    return {
        "metric": reference.metric,
        "printed": reference.printed,
        "value": reference.value,
        "unit": reference.unit,
        "source": str(reference.source),
    }


def _refused(case: Case) -> str | None:
    """Why the tools here cannot be given the case; None where they can, or something else runs it."""
    try:
        target = targets.resolve(case.chip, "auto", case.runtime)
        target.backend.require(case)
    except NotYet as problem:
        return str(problem)
    except NotThere:
        return None
    return None


def _target(chip: Chip) -> str:
    try:
        return targets.resolve(chip, "auto").name
    except NotThere:
        return "not here"


def _model(model: Model, tables: Catalog, home: Home) -> dict[str, Any]:
    """A model with the checkpoint and data that ``auto`` would take, or what is missing.

    Only by what lies there: nothing is read, because weights are gigabytes.
    """
    from harness.models.checkpoints import chosen, how_to_get, lacking, lacks
    from harness.running.corpora import dataset_path

    found: dict[str, Any] = {
        "name": model.name,
        "marker": model.marker,
        "title": model.title,
        "document": model.document,
        "task": model.task,
        "pipeline": has_task(model),
        "checkpoint": None,
        "full_missing": None,
        "data": None,
        "data_missing": None,
    }
    weights = chosen(model, "auto", home)
    if not lacking(model, weights, home):
        found["checkpoint"] = weights
    folder = home.checkpoint(model) if model.graph is None else Path(model.graph.file).parent
    if absent := lacking(model, Weights.FULL, home):
        found["full_missing"] = f"{lacks(folder, absent)}; {how_to_get(model, home)}"
    if not model.dataset:
        return {**found, "data": Corpus.SEEDED}
    try:
        found["data"] = dataset_path(model, tables.datasets[model.dataset], "auto", home)[0]
    except NotThere as problem:
        found["data_missing"] = str(problem)
    return found


def doctor(as_json: Json = False) -> None:
    """Chips, tools, checkpoints and data sets found, and how to get the rest."""
    tables = catalog.load()
    home = Home.locate()
    chips = [_diagnosis(chip) for chip in tables.chips.values()]
    models = [
        _model(model, tables, home) | {"problem": _problem(model, home)} for model in tables.models.values()
    ]
    datasets = [_dataset(spec, home) for spec in tables.datasets.values()]
    refused = {case.id: why for case in case_module.enumerate_cases(tables) if (why := _refused(case))}
    installed = [_runtime(item) for item in runtimes.runtimes()]
    unusable = _unusable(home)
    if as_json:
        print_json(
            {"zoocheck": __version__, "home": str(home.root), "home_problem": unusable,
             "models_folder": str(home.models),
             "data_folder": str(home.data), "chips": chips, "refused": refused, "runtimes": installed,
             "models": models,
             "datasets": datasets}
        )  # fmt: skip
        return
    print_table(
        f"zoocheck {__version__}, home {home.root}",
        ["chip", "title", "runs on", "why", "remedy"],
        [[c["name"], c["title"], c["target"], c["reason"], c["remedy"]] for c in chips],
    )
    if refused:
        print_table(
            "Cases that the tools here cannot be given", ["case", "why"],
            [[name, why.removeprefix(f"{name}: ")] for name, why in refused.items()],
        )  # fmt: skip
    print_table(
        "Assumptions about the vendors' tools, not verified",
        ["toolchain", "what"],
        [
            [name, fact]
            for name in dict.fromkeys(chip.backend for chip in tables.chips.values())
            for fact in loading.unverified(name)
        ],
    )
    print_table(
        "Other runtimes in this interpreter",
        ["package", "installed", "loads", "why not", "needs"],
        [
            [r["name"], r["version"] or "no", "yes" if r["loads"] else "no" if r["version"] else "-",
             r["problem"] or "", r["needs"]]
            for r in installed
        ],
    )  # fmt: skip
    print_table(
        f"Checkpoints (full ones under {home.models})",
        ["model", "found", "what is wrong, or missing for the full one"],
        [[m["name"], m["checkpoint"] or "-", m["problem"] or m["full_missing"] or ""] for m in models],
    )
    print_table(
        f"Data sets (under {home.data})",
        ["data set", "present", "expected at", "published at"],
        [[d["name"], "yes" if d["present"] else "no", d["path"], d["published"]] for d in datasets],
    )
    if unusable:
        typer.echo(f"No run can keep anything: {unusable}")


def _unusable(home: Home) -> str | None:
    """Why the home cannot be made or written, as a run would find; None where it can."""
    try:
        home.require_writable()
    except ZoocheckError as problem:
        return str(problem)
    return None


def _runtime(found: runtimes.Runtime) -> dict[str, Any]:
    return {
        "name": found.known.distribution,
        "provider": found.known.provider or None,
        "version": found.version,
        "loads": found.loads,
        "problem": found.problem,
        "needs": found.known.needs,
    }


def _dataset(spec: DatasetSpec, home: Home) -> dict[str, Any]:
    path = home.data_file(spec)
    return {
        "name": spec.name,
        "path": str(path),
        "present": path.is_file(),
        "counts": spec.counts,
        "published": spec.published,
    }


def _problem(model: Model, home: Home) -> str | None:
    """What is wrong with the checkpoint that is there; its files are read and hashed."""
    from harness.models.checkpoints import in_order, locate

    try:
        found = locate(model, "auto", home)
        if has_task(model):
            in_order(found, labels_of(model, load_task(model)))
    except NotThere:
        return None
    except ZoocheckError as problem:
        return str(problem)
    return None


def _diagnosis(chip: Chip) -> dict[str, Any]:
    tools = {tool: shutil.which(tool) for tool in chip.tools}
    base = {
        "name": chip.name, "title": chip.title, "backend": chip.backend, "tools": tools,
        "unverified": list(loading.unverified(chip.backend)),
    }  # fmt: skip
    try:
        target = targets.resolve(chip, "auto")
    except NotThere as absent:
        return {**base, "target": "not here", "reason": str(absent), "remedy": chip.remedy}
    untold = {name: fact for name, fact in target.facts.items() if fact.startswith(NOT_TOLD)}
    said = [f"{name} {fact}" for name, fact in untold.items()]
    said += [target.facts["monitor"]] if "monitor" in target.facts else []
    answer = loading.probe(chip, chip.backend)
    return {
        **base,
        "target": target.name,
        "reason": "; ".join([target.reason, *said]),
        "remedy": answer.remedy if isinstance(answer, Unavailable) else "",
    }
