"""`zoocheck claims`: every documented value, of READMEs or of the catalog, and what each lacks to be run."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.many import Jobs, not_read, processes, told_when_interrupted
from harness.cli.output import Json, counted, print_json, print_table, say
from harness.files import put
from harness.setting.home import Home
from harness.tables import cases, catalog

if TYPE_CHECKING:
    from harness.documents.gathering import Gathered
    from harness.domain.documented import DocumentedClaim

BROKEN_STATUS = 1
_COLUMNS = (
    "model", "chip", "bs", "precision", "metric", "value", "role", "settings", "runs, or lacks", "place",
)  # fmt: skip


class Format(StrEnum):
    """How claims are written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    JSON_SCHEMA = "json-schema"


def claims(
    readmes: Annotated[
        list[Path] | None,
        typer.Argument(help="READMEs, or folders: all markdown below them (default: the catalog)."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Only this model's, by its folder's or its table's name; may be given again."),
    ] = None,
    chip: Annotated[list[str] | None, typer.Option(help="Only this chip's, as ascend310p or 310P.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this metric, by name or the document's own words.")
    ] = None,
    bs: Annotated[
        str | None, typer.Option("--bs", "--batch", help="Only these batch sizes, as 1,8,32 or best.")
    ] = None,
    precision: Annotated[str | None, typer.Option(help="Only these precisions, as fp32,fp16.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="measured, baseline, ratio or fact.")] = None,
    unread: Annotated[bool, typer.Option("--unread", help="List what was not read, not the claims.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How claims are written.")] = Format.TEXT,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write JSON or CSV there, not to standard output.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write one HTML page of them there.")] = None,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:
    """List every documented value with its place, whether or not anything runs its model, and what it lacks.

    The status is 1 where a README could not be read at all.
    """
    from harness.documents.gathering import Wanted, gather
    from harness.documents.readme.words import vocabulary

    form = _form(form, csv=csv, as_json=as_json, unread=unread, out=out)
    if form is Format.JSON_SCHEMA:
        _schema(out)
        return
    wanted = Wanted(
        models=tuple(model or ()),
        chips=tuple(chip or ()),
        metrics=tuple(metric or ()),
        roles=tuple(role or ()),
        precisions=_listed(precision),
        batch_sizes=_batch_sizes(bs),
    )
    tables = catalog.load()
    with told_when_interrupted():
        gathered = gather(readmes or (), tables, Home.locate(), processes(jobs))
    chosen = wanted.of(gathered.claims, vocabulary(tables))
    if page is not None:
        _page(gathered, chosen, page)
    if form is not Format.TEXT:
        _deliver(gathered, chosen, form, out)
    elif unread:
        _unread(gathered)
    elif page is None:
        _print(chosen)
    if not unread:
        _count(gathered, chosen)
    if gathered.broken:
        raise typer.Exit(BROKEN_STATUS)


def _listed(text: str | None) -> tuple[str, ...]:
    """The words of an option that takes several with commas between them."""
    return () if text is None else tuple(part.strip() for part in text.split(","))


def _batch_sizes(text: str | None) -> tuple[str, ...]:
    """Batch sizes in digits, or ``best`` as the column has it; raises `UsageError` for anything else."""
    from harness.documents.gathering import BEST

    asked = [item.lower() for item in _listed(text)]
    return tuple(item if item == BEST else str(*cases.parse_batch_sizes(item)) for item in asked)


def _form(form: Format, *, csv: bool, as_json: bool, unread: bool, out: Path | None) -> Format:
    """The one form that is asked for; raises `UsageError` for options that exclude each other."""
    from harness.errors import UsageError

    asked = [item for item, given in ((Format.CSV, csv), (Format.JSON, as_json)) if given]
    if form is not Format.TEXT:
        asked.append(form)
    if len(set(asked)) > 1:
        raise UsageError("--json, --csv and another --format exclude each other; give one of them")
    found = asked[0] if asked else Format.TEXT
    if out is not None and found is Format.TEXT:
        raise UsageError("--out is for JSON and CSV; text goes to standard output, and --page names a page")
    if unread and found is Format.CSV:
        raise UsageError("--unread and --csv exclude each other; --json has claims and what was not read")
    return found


def _schema(out: Path | None) -> None:
    import json

    from harness.cli.formats import deliver
    from harness.documents.claim_forms import schema

    deliver(json.dumps(schema(), indent=2) + "\n", out)


def _deliver(gathered: Gathered, chosen: Sequence[DocumentedClaim], form: Format, out: Path | None) -> None:
    import json

    from harness.cli.formats import deliver
    from harness.documents.claim_forms import as_csv, as_json

    if form is Format.CSV:
        deliver(as_csv(chosen), out)
    elif out is None:
        print_json(as_json(gathered, chosen))
    else:
        deliver(json.dumps(as_json(gathered, chosen), ensure_ascii=False, indent=2) + "\n", out)


def _page(gathered: Gathered, chosen: Sequence[DocumentedClaim], page: Path) -> None:
    from harness.documents.gathering import folders
    from reports.claims import render

    folder = folders(chosen)
    text = render(
        [(claim, folder(claim)) for claim in chosen], readmes=gathered.readmes,
        unread=len(gathered.unread) + len(gathered.broken),
    )  # fmt: skip
    page.parent.mkdir(parents=True, exist_ok=True)
    put(page, [text])
    say(f"page: {page}")


def _unread(gathered: Gathered) -> None:
    from harness.documents.gathering import lines

    for line in lines(gathered):
        say(line)
    say(not_read(len(gathered.unread) + len(gathered.broken)), err=True)


def _print(chosen: Sequence[DocumentedClaim]) -> None:
    """A row a claim; what it lacks by its word, which --json and the page spell out."""
    print_table(
        counted(len(chosen), "claim"),
        _COLUMNS,
        [
            [
                " ".join(filter(None, (claim.model, claim.variant))),
                claim.measured_on or "-",
                "best" if claim.best else str(claim.batch_size or "-"),
                claim.precision or "-",
                claim.known_as,
                f"{claim.printed} {claim.unit}",
                claim.role,
                claim.told or "-",
                _lacking(claim),
                str(claim.place),
            ]
            for claim in chosen
        ],
    )


def _lacking(claim: DocumentedClaim) -> str:
    lacks = f"lacks {', '.join(need.what for need in claim.lacks)}" if claim.lacks else ""
    return "; ".join(filter(None, (claim.runs, lacks)))


def _count(gathered: Gathered, chosen: Sequence[DocumentedClaim]) -> None:
    """How many claims, of what, and what was not read, on standard error: standard output is the claims."""
    runs = sum(1 for claim in chosen if claim.runs)
    models = len({claim.model for claim in chosen})
    where = "the catalog"
    if gathered.readmes:
        have = len({claim.place.file for claim in chosen})
        where = counted(have, "README") + (f" (of {gathered.readmes})" if have != gathered.readmes else "")
    of = f"{counted(len(chosen), 'claim')} of {counted(models, 'model')} in {where}"
    run = "1 has a case that measures it" if runs == 1 else f"{runs} have a case that measures them"
    say(f"{of}; {run}", err=True)
    for item in gathered.broken:
        say(str(item), err=True)
    if gathered.unread:
        say(not_read(len(gathered.unread), "--unread"), err=True)
