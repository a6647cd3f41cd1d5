"""From a path to cases that can be run: looked at, drafted, loaded as tables and held to what they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.domain.cases import PYTESTS_OWN, Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.datasets import DatasetSpec
from harness.domain.graphs import BATCH
from harness.domain.models import Model, Output, Weights
from harness.domain.precisions import Precision
from harness.drafting import data, drafts, encoders, forms, graphs, names
from harness.drafting.drafts import Asked, Draft
from harness.drafting.hub import HubId
from harness.drafting.said import AXIS, Said
from harness.errors import TableErrors, UsageError
from harness.models import checkpoints
from harness.models.graphs import originals
from harness.setting.home import Home
from harness.tables import cases, catalog
from harness.tasks.datasets import reading
from harness.tasks.text import Pieces, labels_of, load_task

GRAPH = ".onnx"
GIVE = "give a checkpoint's folder, an .onnx file, or a hub id as owner/name"
TRIED = 64  # samples of the data, before anything is run
USUAL = (Precision.FP32, Precision.FP16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A draft whose tables load, and the cases that they make."""

    draft: Draft
    model: Model
    spec: DatasetSpec | None  # of its data
    cases: tuple[Case, ...]


def model_called(name: str | None, path: str, tables: Catalog) -> str:
    """What the model of `path` is called.

    Raises `UsageError` for a name that is none, one that is taken, and for a path whose name a table of the
    user's has already.
    """
    taken = {*PYTESTS_OWN, *map(str, Kind)}
    taken |= {model.marker for model in tables.models.values()}
    taken |= {chip.marker for chip in tables.chips.values()}
    if name is None:
        return names.free(_not_of_a_table(names.model_name(path), tables), taken)
    if names.slug(name) != name:
        raise UsageError(
            f"--name {name}: expected lower-case letters, digits and hyphens, as {names.slug(name)}"
        )
    if name.replace("-", "_") in taken:
        raise UsageError(
            f"--name {name}: a model, a chip, a kind of test or a mark of pytest's has that name already"
        )
    return name


def _not_of_a_table(name: str, tables: Catalog) -> str:
    """`name`, unless a table of the user's own makes a model of it; those of zoocheck name no folder."""
    known = tables.models.get(name)
    if known is not None and (known.checkpoint.folder or known.graph is not None):
        raise UsageError(
            f"{name}: a table in ZOOCHECK_TABLES has a model of that name already",
            remedy=f"run `pytest suites/ -m {known.marker}`, or give --name",
        )
    return name


def place(path: str) -> Path | HubId:
    """Where the checkpoint or the graph lies: here, or on the hub. Raises `UsageError` for anything else."""
    there = Path(path).expanduser().absolute()
    if there.is_dir() or (there.is_file() and there.suffix == GRAPH):
        return there
    named = None if there.exists() else HubId.read(path)
    if named is not None:
        return named
    found = f"a file that is no {GRAPH}" if there.is_file() else "no such folder or file"
    raise UsageError(f"{path}: {found}", remedy=GIVE)


def precisions_on(chip: Chip, given: str | None) -> tuple[Precision, ...]:
    """What was asked for, else the usual ones that `chip` has, else its own.

    Raises `UsageError` for what is no precision, or none of the chip's.
    """
    if given is None:
        return tuple(item for item in USUAL if item in chip.precisions) or chip.precisions[:1]
    chosen = cases.parse_precisions(given)
    if lacking := [str(item) for item in chosen if item not in chip.precisions]:
        raise UsageError(
            f"--precision {given}: {chip.name} has no {', '.join(lacking)}; it has "
            f"{', '.join(chip.precisions)}"
        )
    return chosen


def check(asked: Asked, tables: Catalog, home: Home) -> Checked:
    """Draft the tables of what was asked for, and read all that they name but the weights' values.

    Raises what is wrong with the checkpoint, the graph, the data or the options, before anything is written.
    """
    draft = _of_graph(asked) if asked.path.is_file() else _of_folder(asked)
    checked = _loaded(draft, tables, asked.path)
    if checked.model.graph is None:
        _require_sound(checked, home)
    else:
        _require_apart(asked.path, checked.model, originals.outputs_of(checked.model))
    return checked


def _require_apart(path: Path, model: Model, outputs: Sequence[Output]) -> None:
    """Raise `UsageError` for several samples a call, of which an output has no axis to tell them apart by."""
    sizes = {size for item in model.deployments for size in item.batch_sizes} - {1}
    together = [item.name for item in outputs if BATCH not in item.shape]
    if sizes and together:
        raise UsageError(
            f"{path}: the output {', '.join(together)} has no axis of the batch: nothing of {max(sizes)} "
            "samples together can be told apart",
            remedy="choose --bs 1, or cut the output from the graph",
        )


def _of_graph(asked: Asked) -> Draft:
    said = {
        "--data": asked.data, "--columns": asked.columns, "--labels": asked.labels, "--task": asked.task,
        "--length": asked.length,
    }  # fmt: skip
    if given := [name for name, value in said.items() if value]:
        raise UsageError(
            f"{asked.path}: {', '.join(given)}: a graph is run as it is: it has no task, and so no data",
            remedy="give the checkpoint's folder for a score, or leave them out",
        )
    found = graphs.look(asked.path, asked.said, asked.name)
    if found.only is not None and set(asked.batch_sizes or ()) - {found.only}:
        samples = "one sample" if found.only == 1 else f"{found.only} samples"
        raise UsageError(
            f"--bs {','.join(map(str, asked.batch_sizes or ()))}: {asked.path} takes {samples} a call, and "
            "no other number",
            remedy=f"leave --bs out, or say by --shape where the batch is, as state=2x{AXIS}x128",
        )
    if (found.batch_size or 1) > 1 and set(asked.batch_sizes or ()) - {found.batch_size}:
        raise UsageError(
            f"--bs {','.join(map(str, asked.batch_sizes or ()))}: --shape says {found.batch_size} samples a "
            "call, which is another batch size",
            remedy=f"leave --bs out, or write {AXIS} or 1 in --shape for the axis of the batch",
        )
    return drafts.of_graph(asked, found)


def _of_folder(asked: Asked) -> Draft:
    if asked.said != Said():
        option = "--shape" if asked.said.shapes else "--range"
        raise UsageError(
            f"{option}: says the inputs of an ONNX graph", remedy="give --length for a checkpoint"
        )
    if asked.data is None:
        _require_nothing_of_data(asked)
    told = encoders.told_task(asked.path, asked.task)
    form = None if asked.data is None else forms.form_of(asked.data, told and told[0], asked.columns)
    if told is None and form is not None:
        told = form.task, "the form of the data"
    if told is None:
        raise UsageError(
            f"{asked.path}: its config.json names no architectures, which say the task",
            remedy=f"give --task ({', '.join(encoders.Task)}), or --data whose form says it",
        )
    task, why = told
    encoder = encoders.look(asked.path, task, why)
    longest = encoder.architecture.longest
    if asked.length is not None and longest is not None and asked.length > longest:
        raise UsageError(f"--length {asked.length}: the checkpoint takes {longest} tokens at most")
    if form is not None and form.task is not task:
        raise UsageError(
            f"--data {asked.data}: {form.notes[0].removeprefix('data: ')}, which is of the task {form.task}; "
            f"the checkpoint's is {task}, by {why}",
            remedy="give data of the checkpoint's task, or say by --columns and --task what is meant",
        )
    found = None if form is None or asked.data is None else data.read(asked.data, form, encoder, asked.labels)
    return drafts.of_encoder(asked, encoder, found)


def _require_nothing_of_data(asked: Asked) -> None:
    """Raise `UsageError` for what is said of data that is not given."""
    for option, given, says in (
        ("--columns", asked.columns, "which columns are what"),
        ("--labels", asked.labels, "what labels mean"),
    ):
        if given:
            raise UsageError(
                f"{option}: says {says}, and no data is given", remedy="give --data, or leave it out"
            )


def _loaded(draft: Draft, tables: Catalog, path: Path) -> Checked:
    """The draft's model and cases, by the loader of all tables; mistakes are of what is at `path`."""
    with TemporaryDirectory(prefix="zoocheck-check-") as folder:
        (Path(folder) / f"{draft.name}.toml").write_text(draft.text, encoding="utf-8")
        try:
            loaded = catalog.load((*tables.folders, Path(folder)))
        except TableErrors as problem:  # whose file is gone when it is read
            raise TableErrors(
                [
                    replace(item, file=f"the table made of {path}") if folder in item.file else item
                    for item in problem.mistakes
                ]
            ) from problem
    model = loaded.models[draft.name]
    chips = {item.chip for item in model.deployments}
    chosen = [
        case
        for case in cases.enumerate_cases(loaded)
        if case.model.name == draft.name and case.chip.name in chips
    ]
    spec = loaded.datasets.get(model.dataset)
    return Checked(draft=draft, model=model, spec=spec, cases=tuple(chosen))


def _require_sound(checked: Checked, home: Home) -> None:
    """Raise for a checkpoint whose files contradict each other, or the data, in the words of who reads them.

    Weights are held by their headers; of the data the first `TRIED` samples are made features of.
    """
    model = checked.model
    task = load_task(model)
    found = checkpoints.locate(model, str(Weights.FULL), home)
    found = checkpoints.in_order(found, labels_of(model, task))
    sizes = found.architecture
    assert sizes is not None, "an encoder has them"
    assert found.vocabulary is not None, "a complete folder has one"
    numbered = tuple(map(str, range(sizes.labels)))
    tokenizer = task.open_tokenizer(
        Pieces(
            model=model, vocabulary=found.vocabulary, ids=sizes.vocabulary,
            labels=found.labels or numbered,
        )
    )  # fmt: skip
    if checked.spec is not None:
        some = reading.read(checked.spec, home.data_file(checked.spec), whole=True).examples[:TRIED]
        task.prepare(some, tokenizer, length=model.tokens, protocol=model.protocols[0])
