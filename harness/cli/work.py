"""`zoocheck fetch` and `zoocheck build`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from harness import cases, catalog
from harness.cli.output import Json, print_json
from harness.errors import ZoocheckError
from harness.home import Home
from harness.options import Options
from harness.progress import Progress, Silent


def fetch(
    models: Annotated[list[str], typer.Argument(help="Models to fetch, by name.")], as_json: Json = False
) -> None:
    """Full checkpoints from where they are published, each file checked by its SHA-256.

    What has no public address that zoocheck can use is named, with where to put it; then the
    status is 2.
    """
    from harness import checkpoints

    tables, home = catalog.load(), Home.locate()
    chosen = [catalog.find(tables.models, name, "model") for name in models]
    outcomes: list[dict[str, Any]] = []
    for model in chosen:
        spec = tables.datasets[model.dataset]
        for what, get in (
            ("checkpoint", lambda model=model: checkpoints.fetch(model, home)),
            ("data", lambda spec=spec: checkpoints.fetch_dataset(spec, home)),
        ):
            outcome: dict[str, Any] = {"model": model.name, "what": what}
            try:
                outcome["done"] = str(get())
            except ZoocheckError as problem:
                outcome["problem"] = str(problem)
            outcomes.append(outcome)
    if as_json:
        print_json(outcomes)
    else:
        for outcome in outcomes:
            typer.echo(f"{outcome['model']} {outcome['what']}: {outcome.get('done') or outcome['problem']}")
    if any("problem" in outcome for outcome in outcomes):
        raise typer.Exit(2)


def build(
    case: Annotated[str, typer.Argument(help="A case, as tinybert-ascend310p-bs8.")],
    weights: Annotated[str, typer.Option(help="full, mini, random or auto.")] = "auto",
    target: Annotated[str, typer.Option(help="chip, stand-in or auto.")] = "auto",
    as_json: Json = False,
) -> None:
    """Build a case's artifact, or take it from the cache, and say where it lies."""
    from harness.artifacts import ArtifactCache
    from harness.building import artifact
    from harness.materials import Materials

    tables, home = catalog.load(), Home.locate()
    chosen = cases.named(tables, case)
    options = Options(weights=weights, target=target)
    materials = Materials(tables, home, options, Silent() if as_json else Progress())
    resolved = materials.target(chosen.chip)
    built = artifact(ArtifactCache(home.artifacts), materials, chosen, resolved)
    if as_json:
        print_json(
            {"case": chosen.id, "target": resolved.name, "key": built.key, "folder": str(built.folder),
             "files": dict(built.files), "facts": dict(built.facts), "bytes": built.bytes}
        )  # fmt: skip
        return
    typer.echo(f"{chosen.id} ({resolved.name}): {built.folder}")
    for name, digest in built.files.items():
        typer.echo(f"  {name}  sha256 {digest}")
