"""Records held against each other and against sense: names that exist, counts that count, no repeats."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from harness.domain.cases import PYTESTS_OWN, Kind
from harness.domain.chips import Chip
from harness.domain.compilers import Compiler, Fuses
from harness.domain.datasets import DatasetSpec
from harness.domain.documents import Column, Document, Table
from harness.domain.families import FAMILIES, PADDING, Family, faults, opset_fault
from harness.domain.gaps import Gap
from harness.domain.measurements import VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.models import Architecture, CheckpointSource, Deployment, Head, InputRole, Model
from harness.domain.precisions import Bound, ModelParity, Precision, PrecisionSpec
from harness.domain.strict import OWN_RULE
from harness.domain.words import Word, WordKind
from harness.tables.graphs import check_encoder, check_graph
from harness.tables.mistakes import Draft, Entry, listed, show
from harness.tables.pipelines import check_reader, check_task
from harness.tools.parsers import THROUGHPUT_TOOLS

Named = Mapping[str, Mapping[str, Any]]

OWN_CHIP = "*"  # of a word for a chip: whichever chip the document is about

_NAME = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
_DTYPES = ("float16", "float32", "int32", "int64")
_NAMED = ("document", "dataset", "chip", "device", "model")
_SIZES = ("batch", "length", "labels")


def check(draft: Draft) -> dict[str, dict[str, Any]]:
    """Note what is wrong with the models, chips, data sets and documents; return them by name.

    Of two entries with one name the first is kept.
    """
    for kind in (*_NAMED, "table", "word", "precision", "gap", "compiler"):
        for entry in draft.entries[kind]:
            for path, found, expected in _senseless(entry.record):
                draft.wrong(entry, path, found, expected)
    named = {kind: _index(kind, draft) for kind in _NAMED}
    _check_markers(draft)
    for entry in draft.entries["document"]:
        _check_document(entry, draft)
    for entry in draft.entries["dataset"]:
        _check_dataset(entry, draft)
    for entry in draft.entries["chip"]:
        _check_chip(entry, draft)
    for entry in draft.entries["device"]:
        if entry.record.name in named["chip"]:
            draft.wrong(entry, "name", show(entry.record.name), "another name: a chip is called so")
    for entry in draft.entries["model"]:
        _check_model(entry, named, draft)
    _check_table_names(draft)
    _check_precisions(draft)
    _check_compilers(draft)
    for entry in draft.entries["word"]:
        _check_word(entry, named, draft)
    for entry in draft.entries["gap"]:
        _check_gap(entry, draft)
    return named


def repeated(items: Iterable[Hashable]) -> list[Any]:
    """What stands in `items` more than once."""
    return [item for item, count in Counter(items).items() if count > 1]


def _senseless(record: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Required values that say nothing, and whole numbers below 1: all without a rule of their own count."""
    kind: type = type(record)
    for name, required in _fields(kind):
        value = getattr(record, name)
        if required and value == ():
            yield f"{path}{name}", "[]", "at least one"
        elif required and isinstance(value, str) and not value.strip() and not isinstance(record, Column):
            yield f"{path}{name}", show(value), "some text"
        if isinstance(value, tuple):
            parts = [(f"[{index}]", part) for index, part in enumerate(value) if not _fine(part)]
        elif isinstance(value, dict):
            parts = [(f".{key}", part) for key, part in value.items() if not _fine(part)]
        else:
            parts = [] if _fine(value) else [("", value)]
        for where, part in parts:
            if isinstance(part, int):
                yield f"{path}{name}{where}", str(part), "a whole number of at least 1"
            else:
                yield from _senseless(part, f"{path}{name}{where}.")


def _fine(part: Any) -> bool:
    """Whether there is nothing to say of a value, nor to look for inside it."""
    if isinstance(part, int):
        return isinstance(part, bool) or part >= 1
    return not is_dataclass(part)


@cache
def _fields(kind: type) -> tuple[tuple[str, bool], ...]:
    """The names of a record's fields, and whether they are required; none with a rule of its own."""
    required = (MISSING, MISSING)
    return tuple(
        (item.name, (item.default, item.default_factory) == required)
        for item in fields(kind)
        if not OWN_RULE.items() <= item.metadata.items()
    )


def _index(kind: str, draft: Draft) -> dict[str, Any]:
    first: dict[str, Entry] = {}
    for entry in draft.entries[kind]:
        name = entry.record.name
        if not _NAME.fullmatch(name):
            draft.wrong(entry, "name", show(name), "lower-case letters and digits, parted by - or _")
        other = first.setdefault(name, entry)
        if other is not entry:
            where = f"{other.path} of {other.file}"
            draft.wrong(entry, "name", show(name), f"a name of its own, {where} has this one")
    return {name: entry.record for name, entry in first.items()}


def _check_markers(draft: Draft) -> None:
    """Models, chips and kinds of test are pytest markers: no two may be spelled alike."""
    taken = {str(kind): "a kind of test" for kind in Kind}
    for entry in (*draft.entries["chip"], *draft.entries["model"]):
        marker, name = entry.record.marker, f"{entry.path.partition('[')[0]} {entry.record.name!r}"
        if marker in PYTESTS_OWN:
            draft.wrong(entry, "name", show(entry.record.name), "another name: pytest means its own by this")
        other = taken.setdefault(marker, name)
        if other != name:
            draft.wrong(
                entry,
                "name",
                show(entry.record.name),
                f"another name: the marker {marker} is that of {other}",
            )


def _check_gap(entry: Entry, draft: Draft) -> None:
    """Whether there is such a case is asked where cases are known: `harness.verdicts.gaps`."""
    gap: Gap = entry.record
    days = {name: _day(getattr(gap, name)) for name in ("since", "until")}
    for name, day in days.items():
        if day is None:
            draft.wrong(entry, name, show(getattr(gap, name)), 'a day as "2026-12-31"')
    if days["since"] and days["until"] and days["until"] < days["since"]:
        draft.wrong(entry, "until", show(gap.until), f"a day not before since, {gap.since}")
    if gap.verdict not in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR):
        draft.wrong(entry, "verdict", show(str(gap.verdict)), "falls-short or error")
    if gap.least is not None and (gap.verdict is VerdictKind.ERROR or not math.isfinite(gap.least)):
        draft.wrong(entry, "least", show(gap.least), "a number, and of a verdict that has one: falls-short")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-12-31") else None
    except ValueError:
        return None


def _check_document(entry: Entry, draft: Draft) -> None:
    document: Document = entry.record
    _check_file(entry, document.file, draft)
    for title in repeated(document.other_tables):
        draft.wrong(entry, "other_tables", show(title), "each table once")
    if document.times_devices and not document.per_card:
        draft.wrong(
            entry, "times_devices", "true", "per_card = true beside it: what is multiplied is a card's"
        )


def _check_file(entry: Entry, file: str, draft: Draft) -> None:
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts:
        draft.wrong(entry, "file", show(file), "a path inside the folder")


def _check_dataset(entry: Entry, draft: Draft) -> None:
    dataset: DatasetSpec = entry.record
    _check_file(entry, dataset.file, draft)
    if not dataset.published and not dataset.path:
        draft.wrong(entry, "published", "no value", "where to get it, or by path where its file is")
    if dataset.counts and "samples" not in dataset.counts:
        draft.wrong(entry, "counts.samples", "no value", "the number of samples")
    if not dataset.counts and not dataset.path:
        draft.wrong(entry, "counts", "no value", "the number of samples of published data at least")
    check_reader(entry, draft)


def _check_chip(entry: Entry, draft: Draft) -> None:
    chip: Chip = entry.record
    _check_repeats(entry, "precisions", chip.precisions, draft)
    _check_repeats(entry, "tools", chip.tools, draft)
    _check_repeats(entry, "throughput_tools", chip.throughput_tools, draft)
    for index, tool in enumerate(chip.throughput_tools):
        if tool not in THROUGHPUT_TOOLS:
            expected = f"one whose log is read: {listed(sorted(THROUGHPUT_TOOLS))}"
            draft.wrong(entry, f"throughput_tools[{index}]", show(tool), expected)
    if chip.tools and not chip.remedy.strip():
        draft.wrong(entry, "remedy", "no value", "what to do where its tools are missing")


def _check_repeats(entry: Entry, path: str, items: Iterable[Hashable], draft: Draft) -> None:
    for item in repeated(items):
        draft.wrong(entry, path, f"{show(item)} more than once", "each once")


def _check_model(entry: Entry, named: Named, draft: Draft) -> None:
    model: Model = entry.record
    if model.document:
        draft.known(entry, "document", model.document, named["document"], "document")
    if model.is_only_a_name:
        return
    if model.graph is not None:
        check_graph(entry, draft)
    elif check_encoder(entry, draft):
        _check_encoder(entry, named, draft)
    _check_repeats(entry, "protocols", model.protocols, draft)
    _check_repeats(entry, "deployments", (item.chip for item in model.deployments), draft)
    _check_repeats(entry, "parity", (item.precision for item in model.parity), draft)
    for index, item in enumerate(model.parity):
        _check_bounds(entry, f"parity[{index}].", item, draft)
        if model.architecture is None and item.layers is not None:
            draft.wrong(entry, f"parity[{index}].layers", str(item.layers), "none: a graph states no layers")
    for index, deployment in enumerate(model.deployments):
        _check_deployment(entry, f"deployments[{index}]", deployment, named["chip"], draft)


def _check_encoder(entry: Entry, named: Named, draft: Draft) -> None:
    """What a model with an architecture says of its data, its sizes, its checkpoint and its graph."""
    model: Model = entry.record
    if model.dataset:
        draft.known(entry, "dataset", model.dataset, named["dataset"], "dataset")
    if model.metric is not None and not model.metric.is_score:
        scores = [metric for metric in Metric if metric.is_score]
        draft.wrong(entry, "metric", show(model.metric), f"a score, one of {listed(scores)}")
    _check_length(entry, model, draft)
    if model.dataset:
        check_task(entry, named["dataset"], draft)
    for index, item in enumerate(model.parity):
        if item.layers is not None and not 1 <= item.layers <= model.encoder.layers:
            expected = f"1 to architecture.layers, {model.encoder.layers}"
            draft.wrong(entry, f"parity[{index}].layers", str(item.layers), expected)
    _check_architecture(entry, model.encoder, draft)
    _check_opset(entry, model, draft)
    _check_repeats(entry, "labels", model.labels, draft)
    if model.labels and len(model.labels) != model.encoder.labels:
        expected = f"as many as architecture.labels, {model.encoder.labels}"
        draft.wrong(entry, "labels", f"{len(model.labels)} names", expected)
    _check_checkpoint(entry, model.checkpoint, draft)
    _check_contract(entry, model, draft)
    for index, deployment in enumerate(model.deployments):
        _check_traced(entry, f"deployments[{index}].traced", deployment, model, draft)


def _check_length(entry: Entry, model: Model, draft: Draft) -> None:
    architecture, longest = model.encoder, model.encoder.longest
    if longest is None or model.tokens <= longest:
        return
    said = f"at most architecture.positions, {architecture.positions}"
    if FAMILIES[architecture.family].positions_behind_padding:
        said += f", without the {architecture.padding + 1} up to the padding id: {longest}"
    draft.wrong(entry, "length", str(model.length), said)


def _check_architecture(entry: Entry, architecture: Architecture, draft: Draft) -> None:
    _check_family(entry, architecture, draft)
    if architecture.heads >= 1 and architecture.hidden % architecture.heads:
        expected = f"a divisor of architecture.hidden, {architecture.hidden}"
        draft.wrong(entry, "architecture.heads", str(architecture.heads), expected)
    if math.isfinite(architecture.dropout) and not 0 <= architecture.dropout < 1:
        draft.wrong(entry, "architecture.dropout", str(architecture.dropout), "at least 0 and below 1")
    if math.isfinite(architecture.layer_norm_eps) and architecture.layer_norm_eps <= 0:
        draft.wrong(entry, "architecture.layer_norm_eps", str(architecture.layer_norm_eps), "above 0")


def _check_opset(entry: Entry, model: Model, draft: Draft) -> None:
    """Whether its family can be exported as its document does: with an open batch where one is told."""
    opened = any(item.ascend is not None and item.ascend.dynamic_batch for item in model.deployments)
    expected = opset_fault(model.encoder.family, model.opset, any_shape=opened)
    if expected:
        draft.wrong(entry, "opset", str(model.opset), expected)


def _check_family(entry: Entry, architecture: Architecture, draft: Draft) -> None:
    """What the family makes of the settings, the head and the segments."""
    family, facts = architecture.family, FAMILIES[architecture.family]
    for key, value, expected in faults(family, architecture.settings, architecture.layers):
        draft.wrong(entry, f"architecture.settings.{key}", show(value), expected)
    if architecture.head is Head.CLASSIFICATION_RELU and family is not Family.BERT:
        heads = [head for head in Head if head is not Head.CLASSIFICATION_RELU]
        draft.wrong(
            entry, "architecture.head", show(architecture.head), f"for {family} one of {listed(heads)}"
        )
    if not facts.knows_segments and architecture.types:
        draft.wrong(entry, "architecture.types", str(architecture.types), f"0: {family} knows no segments")
    elif architecture.types < min(1, facts.types):
        draft.wrong(entry, "architecture.types", str(architecture.types), "a whole number of at least 1")
    padding = architecture.setting(PADDING)
    if isinstance(padding, int) and padding >= architecture.vocabulary:
        expected = f"an id below architecture.vocabulary, {architecture.vocabulary}"
        draft.wrong(entry, f"architecture.settings.{PADDING}", str(padding), expected)


def _check_checkpoint(entry: Entry, checkpoint: CheckpointSource, draft: Draft) -> None:
    if not checkpoint.published and not checkpoint.folder:
        draft.wrong(entry, "checkpoint.published", "no value", "where to get it, or by folder where it is")
    if checkpoint.revision is not None and checkpoint.hub is None:
        draft.wrong(entry, "checkpoint.hub", "no value", "the repository that the revision is one of")
    if checkpoint.hub is not None and not re.fullmatch(r"[\w.-]+/[\w.-]+", checkpoint.hub):
        draft.wrong(entry, "checkpoint.hub", show(checkpoint.hub), "a repository id, owner/name")
    if checkpoint.sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", checkpoint.sha256):
        draft.wrong(entry, "checkpoint.sha256", show(checkpoint.sha256), "64 hexadecimal digits")


def _check_contract(entry: Entry, model: Model, draft: Draft) -> None:
    """The inputs and outputs of the exported graph."""
    _check_repeats(entry, "inputs", (item.name for item in model.inputs), draft)
    _check_repeats(entry, "inputs", (item.role for item in model.inputs), draft)
    _check_repeats(entry, "outputs", (item.name for item in model.outputs), draft)
    _check_roles(entry, model, draft)
    dtypes = {f"inputs[{index}].dtype": item.dtype for index, item in enumerate(model.inputs)}
    dtypes |= {f"outputs[{index}].dtype": item.dtype for index, item in enumerate(model.outputs)}
    for path, dtype in dtypes.items():
        if dtype not in _DTYPES:
            draft.wrong(entry, path, show(dtype), f"one of {listed(_DTYPES)}")
    for index, output in enumerate(model.outputs):
        for axis, size in enumerate(output.shape):
            if isinstance(size, str) and size not in _SIZES:
                expected = f"a whole number or one of {listed(_SIZES)}"
                draft.wrong(entry, f"outputs[{index}].shape[{axis}]", show(size), expected)


def _check_roles(entry: Entry, model: Model, draft: Draft) -> None:
    """What its network takes, each once; segments also where there is only one, which is then 0."""
    roles = [item.role for item in model.inputs]
    needed = model.encoder.roles
    for role in needed:
        if role not in roles:
            draft.wrong(entry, "inputs", f"no input of role {role}", f"one of each role: {listed(needed)}")
    if InputRole.SEGMENTS in roles and not model.encoder.types:
        expected = f"none: {model.encoder.family} knows no segments here"
        draft.wrong(entry, "inputs", f"an input of role {InputRole.SEGMENTS}", expected)


def _check_deployment(
    entry: Entry, path: str, deployment: Deployment, chips: Mapping[str, Chip], draft: Draft
) -> None:
    _check_repeats(entry, f"{path}.batch_sizes", deployment.batch_sizes, draft)
    _check_repeats(entry, f"{path}.precisions", deployment.precisions, draft)
    if not draft.known(entry, f"{path}.chip", deployment.chip, chips, "chip"):
        return
    chip = chips[deployment.chip]
    if deployment.ascend is not None:
        _check_atc(entry, f"{path}.ascend.atc", deployment.ascend.atc, draft)
    for index, precision in enumerate(deployment.precisions):
        if precision not in chip.precisions:
            expected = f"one that the chip {chip.name} has: {listed(chip.precisions)}"
            draft.wrong(entry, f"{path}.precisions[{index}]", show(precision), expected)


def _check_traced(entry: Entry, path: str, deployment: Deployment, model: Model, draft: Draft) -> None:
    roles = [item.role for item in model.inputs]
    if deployment.traced and sorted(deployment.traced) != sorted(roles):
        draft.wrong(entry, path, listed(deployment.traced), f"each of {listed(roles)} once")


# What `harness.toolchains.ascend.commands` makes of the case, the paths and the chip.
_ATC_MADE = ("framework", "model", "output", "input_shape", "soc_version")


def _check_atc(entry: Entry, path: str, arguments: Iterable[str], draft: Draft) -> None:
    """Arguments of atc in the document's words, ``--name=value``, each once."""
    names = []
    for index, argument in enumerate(arguments):
        found = re.fullmatch(r"--([a-z0-9_]+)=\S+", argument)
        if found is None:
            draft.wrong(entry, f"{path}[{index}]", show(argument), "--name=value")
        elif found[1] in _ATC_MADE:
            draft.wrong(entry, f"{path}[{index}]", show(argument), "an argument that zoocheck does not make")
        else:
            names.append(f"--{found[1]}")
    _check_repeats(entry, path, names, draft)


def _check_table_names(draft: Draft) -> None:
    first: dict[tuple[str, str], Entry] = {}
    for entry in draft.entries["table"]:
        table: Table = entry.record
        other = first.setdefault((table.document, table.name), entry)
        if other is not entry:
            where = f"{other.path} of {other.file}"
            draft.wrong(
                entry, "name", show(table.name), f"a name no other table of its document has ({where})"
            )


def _check_precisions(draft: Draft) -> None:
    """Every precision once, where there is any: a case of one without bounds could not be judged."""
    entries = draft.entries["precision"]
    first: dict[Precision, Entry] = {}
    for entry in entries:
        spec: PrecisionSpec = entry.record
        other = first.setdefault(spec.name, entry)
        if other is not entry:
            expected = f"each precision once, {other.path} of {other.file} has this one"
            draft.wrong(entry, "name", show(spec.name), expected)
        if not 0 < spec.unit_roundoff < 1:
            draft.wrong(entry, "unit_roundoff", str(spec.unit_roundoff), "above 0 and below 1")
        _check_bounds(entry, "", spec, draft)
    missing = [precision for precision in Precision if precision not in first]
    if entries and missing and not draft.refused["precision"]:
        file = entries[-1].file
        draft.note(file, "precision", f"no entry for {listed(missing)}", "one for each precision")


def _check_compilers(draft: Draft) -> None:
    """Each backend's compiler once; what one is said to do has a source."""
    first: dict[str, Entry] = {}
    for entry in draft.entries["compiler"]:
        compiler: Compiler = entry.record
        other = first.setdefault(compiler.backend, entry)
        if other is not entry:
            expected = f"each backend once, {other.path} of {other.file} has this one"
            draft.wrong(entry, "backend", show(compiler.backend), expected)
        if compiler.fuses_layer_norm in (Fuses.YES, Fuses.SOMETIMES) and not compiler.sources:
            draft.wrong(entry, "sources", "none", "the address of a document that says so")


def _check_bounds(entry: Entry, path: str, record: PrecisionSpec | ModelParity, draft: Draft) -> None:
    for item in fields(record):
        bound = getattr(record, item.name)
        if isinstance(bound, Bound) and bound.most <= 0:
            draft.wrong(entry, f"{path}{item.name}.most", str(bound.most), "above 0")


def _check_word(entry: Entry, named: Named, draft: Draft) -> None:
    """A word means something that exists."""
    word: Word = entry.record
    known = {
        WordKind.MODEL: named["model"],
        WordKind.DATASET: named["dataset"],
        WordKind.CHIP: {**named["chip"], **named["device"]},
    }.get(word.means)
    if known is not None and word.value != OWN_CHIP:
        draft.known(entry, "value", word.value, known, word.means)
    choices = {
        WordKind.METRIC: Metric,
        WordKind.TASK: Metric,
        WordKind.PART: Metric,
        WordKind.UNIT: Unit,
        WordKind.PRECISION: Precision,
    }.get(word.means)
    if choices is not None and word.value not in list(choices):
        draft.wrong(entry, "value", show(word.value), f"one of {listed(choices)}")
