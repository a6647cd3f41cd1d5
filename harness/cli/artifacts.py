"""`zoocheck cache`: list, verify and prune built artifacts."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from harness.cli.output import Json, print_json, print_table
from harness.errors import UsageError
from harness.home import Home

app = typer.Typer(help="Built artifacts: list, verify, prune.", no_args_is_help=True)


@app.command("list")
def list_artifacts(as_json: Json = False) -> None:
    """Every artifact: key, size, when it was built, for what."""
    from harness.artifacts import ArtifactCache

    artifacts = ArtifactCache(Home.locate().artifacts).list()
    rows: list[dict[str, Any]] = [
        {
            "key": item.key,
            "bytes": item.bytes,
            "created": item.created,
            "model": item.recipe.get("model"),
            "batch_size": item.recipe.get("batch_size"),
            "precision": item.recipe.get("precision"),
            "folder": str(item.folder),
        }
        for item in artifacts
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        f"{len(rows)} artifacts, {sum(item.bytes for item in artifacts) / 1e6:.1f} MB",
        ["key", "model", "precision", "batch", "MB", "created"],
        [
            [r["key"][:12], str(r["model"]), str(r["precision"]), str(r["batch_size"]),
             f"{r['bytes'] / 1e6:.1f}", r["created"]]
            for r in rows
        ],
    )  # fmt: skip


@app.command()
def verify(as_json: Json = False) -> None:
    """Hash every file of every artifact again; status 1 where one is damaged."""
    from harness.artifacts import ArtifactCache

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
    max_size: Annotated[str | None, typer.Option(help="Keep at most so much, as 2GB.")] = None,
    max_age: Annotated[str | None, typer.Option(help="Keep what was used within, as 30d.")] = None,
    as_json: Json = False,
) -> None:
    """Remove artifacts, the least recently used first; one in use stays."""
    from harness.artifacts import ArtifactCache, parse_age, parse_size

    if max_size is None and max_age is None:
        raise UsageError("nothing to prune by", remedy="give --max-size 2GB or --max-age 30d")
    pruned = ArtifactCache(Home.locate().artifacts).prune(
        max_bytes=None if max_size is None else parse_size(max_size),
        max_age_s=None if max_age is None else parse_age(max_age),
    )
    if as_json:
        print_json({"removed": [item.key for item in pruned.removed], "bytes": pruned.bytes_freed})
        return
    typer.echo(f"removed {len(pruned.removed)} artifacts, {pruned.bytes_freed / 1e6:.1f} MB")
