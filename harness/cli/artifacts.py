"""`zoocheck cache`: list, verify and prune built artifacts and kept outputs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from harness.cli.output import Json, counted, print_json, print_table
from harness.errors import UsageError
from harness.setting.home import Home

app = typer.Typer(help="Built artifacts and kept outputs: list, verify, prune.", no_args_is_help=True)


@app.command("list")
def list_artifacts(as_json: Json = False) -> None:
    """Every artifact: key, size, when it was built, for what; and how much the kept outputs come to."""
    from harness.artifacts.cache import ArtifactCache
    from harness.running import kept_outputs

    home = Home.locate()
    artifacts = ArtifactCache(home.artifacts).list()
    outputs = {name: {"files": 0, "bytes": 0} for name in kept_outputs.FOLDERS}
    for item in kept_outputs.kept(home):
        outputs[item.folder]["files"] += 1
        outputs[item.folder]["bytes"] += item.bytes
    rows: list[dict[str, Any]] = [
        {
            "key": item.key,
            "bytes": item.bytes,
            "created": item.created,
            "model": item.recipe.get("model"),
            "batch_size": item.recipe.get("batch_size"),
            "precision": item.recipe.get("precision"),
            "weights": item.recipe.get("weights"),
            "steps": list(item.recipe.get("options", {}).get("steps", [])),
            "folder": str(item.folder),
        }
        for item in artifacts
    ]
    if as_json:
        print_json({"artifacts": rows, "outputs": outputs})
        return
    print_table(
        f"{len(rows)} artifacts, {sum(item.bytes for item in artifacts) / 1e6:.1f} MB",
        ["key", "model", "precision", "batch", "weights", "steps", "MB", "created"],
        [
            [r["key"][:12], str(r["model"]), str(r["precision"]), str(r["batch_size"]),
             str(r["weights"]), ", ".join(r["steps"]) or "-", f"{r['bytes'] / 1e6:.1f}", r["created"][:19]]
            for r in rows
        ],
    )  # fmt: skip
    for name, found in outputs.items():
        files = counted(found["files"], "file")
        typer.echo(f"{name}: {files} of outputs, {found['bytes'] / 1e6:.1f} MB")


@app.command()
def verify(as_json: Json = False) -> None:
    """Hash every file of every artifact again; status 1 where one is damaged."""
    from harness.artifacts.cache import ArtifactCache

    findings = list(ArtifactCache(Home.locate().artifacts).verify())
    if as_json:
        print_json([{"key": key, "problem": problem} for key, problem in findings])
    else:
        for key, problem in findings:
            typer.echo(f"{key}: {problem or 'whole'}")
        typer.echo(f"{len(findings)} artifacts, {sum(p is not None for _, p in findings)} damaged")
    if any(problem is not None for _, problem in findings):
        raise typer.Exit(1)


@app.command()
def prune(
    max_size: Annotated[
        str | None, typer.Option(help="Keep at most so much of artifacts, and of outputs, as 2GB.")
    ] = None,
    max_age: Annotated[str | None, typer.Option(help="Keep what was used within, as 30d.")] = None,
    as_json: Json = False,
) -> None:
    """Remove artifacts and kept outputs (references, unfinished), the least recently used first.

    What is in use stays. Whatever goes is made again when it is needed.
    """
    from harness.artifacts.cache import ArtifactCache, parse_age, parse_size
    from harness.running import kept_outputs

    if max_size is None and max_age is None:
        raise UsageError("nothing to prune by", remedy="give --max-size 2GB or --max-age 30d")
    max_bytes = None if max_size is None else parse_size(max_size)
    max_age_s = None if max_age is None else parse_age(max_age)
    home = Home.locate()
    pruned = ArtifactCache(home.artifacts).prune(max_bytes=max_bytes, max_age_s=max_age_s)
    outputs = kept_outputs.prune(home, max_bytes=max_bytes, max_age_s=max_age_s)
    freed = pruned.bytes_freed + sum(item.bytes for item in outputs)
    if as_json:
        print_json(
            {"removed": [item.key for item in pruned.removed],
             "outputs": [f"{item.folder}/{item.path.name}" for item in outputs], "bytes": freed}
        )  # fmt: skip
        return
    typer.echo(
        f"removed {counted(len(pruned.removed), 'artifact')} and {counted(len(outputs), 'file')} of outputs, "
        f"{freed / 1e6:.1f} MB"
    )
