"""`zoocheck fetch` and `zoocheck build`: what takes a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.output import Json, print_json
from harness.cli.parameters import CaseId, Target, Weights
from harness.domain.datasets import DatasetSpec
from harness.domain.models import Model
from harness.errors import ZoocheckError
from harness.running.progress import Advance, Progress, Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables import cases, catalog


def fetch(
    models: Annotated[list[str], typer.Argument(help="Models to fetch, by name.")], as_json: Json = False
) -> None:
    """Full checkpoints from where they are published, each file held against the hash the hub states.

    Weights by their SHA-256, small files by their git blob id.

    What has no public address that zoocheck can use is named, with where to put it; then the
    status is 2.
    """
    tables, home = catalog.load(), Home.locate()
    chosen = [catalog.find_model(tables, name) for name in models]
    progress = Silent() if as_json else Progress()
    outcomes: list[dict[str, Any]] = []
    for model in chosen:
        outcomes.append({"model": model.name, "what": "checkpoint"} | _checkpoint(model, home, progress))
        if model.dataset:
            spec = tables.datasets[model.dataset]
            outcomes.append({"model": model.name, "what": "data set"} | _data(spec, home))
    if as_json:
        print_json(outcomes)
    else:
        for outcome in outcomes:
            typer.echo(outcome["problem"] or f"{outcome['model']}: {outcome['what']} in {outcome['path']}")
    if any(outcome["problem"] for outcome in outcomes):
        raise typer.Exit(2)


def _checkpoint(model: Model, home: Home, progress: Progress) -> dict[str, Any]:
    from harness.models import checkpoints

    def get() -> tuple[Path, dict[str, str]]:
        with shown(progress) as show:
            fetched = checkpoints.fetch(model, home, progress=show)
        return fetched.folder, dict(fetched.files)

    return _outcome(get)


def _data(spec: DatasetSpec, home: Home) -> dict[str, Any]:
    from harness.models import checkpoints

    def get() -> tuple[Path, dict[str, str]]:
        fetched = checkpoints.fetch_dataset(spec, home)
        return fetched.path, {fetched.path.name: fetched.sha256}

    return _outcome(get)


def _outcome(get: Callable[[], tuple[Path, dict[str, str]]]) -> dict[str, Any]:
    """Where something is, with the SHA-256 of its files, or why it is not there."""
    try:
        path, files = get()
    except ZoocheckError as problem:
        return {"path": None, "files": None, "problem": str(problem)}
    return {"path": str(path), "files": files, "problem": None}


@contextmanager
def shown(progress: Progress) -> Iterator[Callable[[str, int, int | None], None]]:
    """Takes files that come in one after the other (name, bytes so far, bytes in all), a stage each."""
    with ExitStack() as stage:
        current = ""
        so_far = 0
        advance: Advance | None = None

        def show(name: str, received: int, size: int | None) -> None:
            nonlocal current, so_far, advance
            if advance is None or name != current:
                stage.close()
                current, so_far = name, 0
                advance = stage.enter_context(progress.stage(name, size or 0))
            advance(received - so_far)
            so_far = received

        yield show


def build(
    case: CaseId,
    weights: Weights = "auto",
    target: Target = "auto",
    tool_timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="End a vendor's tool after so long."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Build a case's artifact, or take it from the cache, and say where it lies."""
    from harness.artifacts.cache import ArtifactCache
    from harness.running.building import artifact
    from harness.running.materials import Materials
    from harness.toolchains.place import Place

    tables, home = catalog.load(), Home.locate()
    chosen = cases.named(tables, case)
    options = Options(weights=weights, target=target, tool_timeout_s=tool_timeout)
    materials = Materials(tables, home, options, Silent() if as_json else Progress())
    resolved = materials.target(chosen)
    place = Place(
        folder=home.work / "build" / chosen.id, toolchain=resolved.toolchain, tool_timeout_s=tool_timeout,
        facts=resolved.facts,
    )  # fmt: skip
    built = artifact(ArtifactCache(home.artifacts), materials, chosen, resolved, place)
    if as_json:
        print_json(
            {"case": chosen.id, "target": resolved.name, "key": built.key, "folder": str(built.folder),
             "files": dict(built.files), "facts": dict(built.facts), "bytes": built.bytes}
        )  # fmt: skip
        return
    typer.echo(f"{chosen.id} ({resolved.name}): {built.folder}")
    for name, digest in built.files.items():
        typer.echo(f"  {name}  sha256 {digest}")
