"""`zoocheck check`: any checkpoint or graph, in one command: tables made on the fly, and the suites run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import checked as told
from harness.cli.output import Json
from harness.cli.parameters import Results
from harness.cli.work import shown
from harness.errors import UsageError
from harness.running.progress import Progress
from harness.setting.home import Home
from harness.setting.options import Options
from harness.setting.options import max_drop as drop_of
from harness.setting.stamps import Stamp
from harness.tables import cases, catalog

if TYPE_CHECKING:
    from harness.drafting.hub import HubId

LOCAL = "cpu"  # the chip of a check that names none


def check(
    path: Annotated[
        str, typer.Argument(help="A checkpoint's folder, an .onnx file, or a hub id, owner/name.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Data to score: .tsv, .csv, .jsonl, .parquet, words and tags, SQuAD.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAME=C[,...]", help="Its columns, as text=0,label=3 (default: by name)."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="A,B[,...]", help="What its labels 0, 1, ... mean (default: by name)."),
    ] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="P[,P]", help="Default: fp32,fp16, of those the chip's.")
    ] = None,
    chip: Annotated[str, typer.Option(help="The chip whose numerics are meant (zoocheck list).")] = LOCAL,
    target: Annotated[
        str, typer.Option(help="chip, stand-in or auto (the chip where it is, else its stand-in).")
    ] = "auto",
    bs: Annotated[
        str | None, typer.Option(metavar="N[,N]", help="Batch sizes (default: 1, or --shape's).")
    ] = None,
    length: Annotated[
        int | None, typer.Option(min=2, help="Tokens of a sample (default: 128, of questions 384).")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="sequences, tokens or questions (default: by the checkpoint).")
    ] = None,
    shape: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=DxD",
            help="Sizes of a graph's input, as images=1x3x224x224; N is the batch: state=2xNx128.",
        ),
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="NAME=RANGE",
            help="What an input is drawn from: sr=16000, images=uniform(0,255), ids=integers(300), normal.",
        ),
    ] = None,
    max_drop: Annotated[
        str | None, typer.Option(metavar="N%", help="What a score may fall below its own fp32.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=2, metavar="N", help="Score the first N samples only.")
    ] = None,
    stamp: Annotated[Stamp, typer.Option(help="How long a throughput is timed.")] = Stamp.QUICK,
    name: Annotated[
        str | None, typer.Option(help="What to call the model (default: after its folder or file).")
    ] = None,
    save_table: Annotated[
        Path | None,
        typer.Option(help="Write the tables there too: with them it is a model of pytest suites/."),
    ] = None,
    results: Results = None,
    report: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("build/report"),
    as_json: Json = False,
) -> None:
    """Run a checkpoint's or a graph's checks, score and throughput, and print one table.

    It is `pytest suites/` with tables that are made for it; the status is that run's.
    """
    from harness.drafting import checking, forms, kept, said, suites
    from harness.drafting.drafts import Asked
    from harness.drafting.hub import HubId
    from harness.store.results import Store

    Options(target=target)
    tables, home = catalog.load(), Home.locate()
    if max_drop is not None:
        drop_of(max_drop)
    a_chip = catalog.find(tables.chips, chip, "chip")
    precisions = checking.precisions_on(a_chip, precision)
    called = checking.model_called(name, path, tables)
    where = checking.place(path)
    if data is not None:
        forms.require_there(data)  # before anything is fetched
    named = where if isinstance(where, HubId) else None
    place = where if isinstance(where, Path) else _fetched(where, home)
    called, note = kept.apart(called, place, home, told=name is not None)
    asked = Asked(
        path=place, hub=named, name=called, note=note, chip=chip, precisions=precisions,
        batch_sizes=None if bs is None else cases.parse_batch_sizes(bs),
        data=None if data is None else data.absolute(), columns=forms.columns(columns),
        labels=tuple(item.strip() for item in labels.split(",")) if labels else (), task=task,
        length=length, said=said.read(shape or (), range_ or ()),
    )  # fmt: skip
    checked = checking.check(asked, tables, home)
    _make(report)
    if results is not None:
        Store(results).close()  # one that cannot be opened says so before minutes are spent, too
    if save_table is not None:
        kept.save(checked.draft, save_table)
    folder = kept.keep(checked.draft, home)
    typer.echo(f"zoocheck: running {', '.join(case.id for case in checked.cases)}", err=True)
    ran = suites.run(
        checked.cases, folder, home, scored=checked.draft.scored, results=results, report=report,
        further=_options(stamp=stamp, max_drop=max_drop, limit=limit, target=target),
    )  # fmt: skip
    told.tell(checked, folder, ran, as_json)
    raise typer.Exit(ran.status)


def _make(report: Path) -> None:
    """The folder of the report, before minutes are spent on what would stand in it."""
    try:
        report.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"--report {report}: {problem.strerror}", remedy="name a folder that can be written"
        ) from problem


def _options(**given: object) -> tuple[str, ...]:
    """Options as the suites have them, of those that were given."""
    return tuple(
        part
        for name, value in given.items()
        if value is not None
        for part in (f"--{name.replace('_', '-')}", str(value))
    )


def _fetched(wanted: HubId, home: Home) -> Path:
    """The folder of a checkpoint of the hub; what comes in is shown on standard error."""
    from harness.drafting import hub

    with shown(Progress()) as show:
        return hub.fetch(wanted, home, show)
