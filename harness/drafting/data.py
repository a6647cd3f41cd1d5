"""A data file read as its form says: how many samples, what its labels are called, what is scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.domain.datasets import DatasetSpec
from harness.domain.metrics import Metric
from harness.drafting.encoders import Encoder, Task
from harness.drafting.forms import Form
from harness.errors import BadInput, UsageError
from harness.tasks.datasets import PASSED_OVER, Dataset, reading
from harness.tasks.label_names import listed, meaning, numbers
from harness.tasks.tags import OUTSIDE

FEWEST = 2  # samples: of one no score can be told from chance
FIELD_LABELS = "labels"  # the option of every reader that names a file's labels
FIELD_LEFT_OUT = "leave_out"  # of those that are no label
# Of a pair about which the annotators did not agree, in SNLI, MNLI and CMNLI: there is no right answer.
NO_GOLD = "-"
# As GLUE numbers labels of these names (nyu-mll/glue on the hub, its `ClassLabel`s), and so most data does.
GLUE = (
    ("negative", "positive"), ("entailment", "neutral", "contradiction"), ("entailment", "not_entailment"),
    ("not_equivalent", "equivalent"), ("not_duplicate", "duplicate"), ("unacceptable", "acceptable"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """A data file that was read, as a table says it."""

    path: Path
    form: Form
    counts: Mapping[str, int]  # samples, and what the reader passes over
    labels: tuple[str, ...]  # of the model's table: names of its logits; empty: those of its config.json
    metric: Metric
    notes: tuple[str, ...]


def read(path: Path, form: Form, encoder: Encoder, told: Sequence[str] = ()) -> Data:
    """The data at `path` for the checkpoint `encoder`; `told` is what ``--labels`` says its numbers mean.

    Where the data numbers its labels and the checkpoint names them, they are taken as `told`, else as GLUE
    numbers labels of these names, else in the checkpoint's order; where it is the reverse, in alphabetical
    order, as transformers' own scripts number them (run_glue.py, run_ner.py). Raises as the reader does,
    `BadInput` for less than two samples, `UnknownLabels` for labels that the checkpoint does not have, and
    `UsageError` where `told` are not what the data needs.
    """
    form, dataset = _without_gold(path, form, encoder)
    examples = dataset.examples
    found = _labels(examples, encoder)
    names, notes = encoder.labels, [*form.notes, *_passed_over(form, dataset)]
    numbered = bool(found) and _numbered(found, encoder)
    if told and not numbered:
        raise UsageError(
            f"--labels {','.join(told)}: says what numbers mean, and the data has the labels {listed(found)}"
        )
    if numbered:
        meant, why = _meant(names, told)
        form = replace(form, options={**form.options, FIELD_LABELS: list(meant)})
        notes.append(f"labels: the data numbers them; taken {why}, {listed(meant)}; --labels says others")
    elif found and not names:
        names, said = _guessed(found, encoder)
        notes.append(said)
    elif names:
        if encoder.task is Task.SEQUENCES:
            numbers(found, names)
        notes.append(f"labels: {listed(names)}, by config.json")
    metric = _metric(encoder, names)
    return Data(
        path=path, form=form, counts={"samples": len(examples), **_counts(dataset)},
        labels=names if names != encoder.labels else (), metric=metric, notes=(*notes, f"metric: {metric}"),
    )  # fmt: skip


def _without_gold(path: Path, form: Form, encoder: Encoder) -> tuple[Form, Dataset[Any]]:
    """The data, without the samples that have no gold label where the checkpoint has no label of that name.

    Of such a label there is nothing else to be done than to refuse it.
    """
    whole = _dataset(path, form)
    found = _labels(whole.examples, encoder)
    known = NO_GOLD in encoder.labels or (not encoder.labels and len(found) <= encoder.architecture.labels)
    if encoder.task is not Task.SEQUENCES or NO_GOLD not in found or known:
        return form, whole
    without = replace(form, options={**form.options, FIELD_LEFT_OUT: [NO_GOLD]})
    return without, _dataset(path, without)


def _counts(dataset: Dataset[Any]) -> dict[str, int]:
    return {name: dataset.counts[name] for name in PASSED_OVER if name in dataset.counts}


def _passed_over(form: Form, dataset: Dataset[Any]) -> Iterator[str]:
    """A line for people about each kind of row that is no sample."""
    if count := dataset.counts.get("left_out"):
        yield f"left out: {count} of {count + len(dataset)} samples, whose label {NO_GOLD!r} is no gold label"
    if count := dataset.counts.get("comments"):
        begin = form.options["comment"]
        yield f"left out: {count} lines that begin with {begin!r}, which are comments"


def _dataset(path: Path, form: Form) -> Dataset[Any]:
    spec = DatasetSpec(
        name="data", title=path.name, reader=form.reader, file=path.name, path=str(path),
        options=form.options,
    )  # fmt: skip
    dataset = reading.read(spec, path, whole=False)
    if len(dataset) < FEWEST:
        raise BadInput(
            f"found {len(dataset)} sample, expected {FEWEST} or more",
            path=path,
            remedy="give the whole file",
        )
    return dataset


def _labels(examples: Sequence[Any], encoder: Encoder) -> list[str]:
    """Every label or tag of the data once, sorted; none of questions and of numbers."""
    if encoder.task is Task.QUESTIONS or encoder.regression:
        return []
    if encoder.task is Task.TOKENS:
        return sorted({tag for example in examples for tag in example.tags})
    return sorted({example.label for example in examples})


def _numbered(found: Sequence[str], encoder: Encoder) -> bool:
    """Whether the data has numbers where the checkpoint has names."""
    places = {str(at) for at in range(len(encoder.labels))}
    return set(found) <= places and not places & {meaning(name) for name in encoder.labels}


def _meant(names: Sequence[str], told: Sequence[str]) -> tuple[Sequence[str], str]:
    """What the numbers of the data mean, and why in words."""
    if told:
        if len(set(told)) < len(told):
            raise UsageError(f"--labels {','.join(told)}: expected each name once")
        numbers(told, names)
        return told, "as --labels says"
    known = next((item for item in GLUE if set(map(meaning, item)) == set(map(meaning, names))), None)
    if known is None or [*map(meaning, known)] == [*map(meaning, names)]:
        return names, "in the order of config.json"
    return known, f"as GLUE numbers them and not as config.json ({listed(names)})"


def _guessed(found: Sequence[str], encoder: Encoder) -> tuple[tuple[str, ...], str]:
    """The names of logits that the checkpoint only numbers."""
    logits = encoder.architecture.labels
    numbered = tuple(str(at) for at in range(logits))
    if set(found) <= set(numbered):
        return numbered, "labels: numbers, in the data and in config.json"
    names = tuple(sorted(found, key=lambda name: (name != OUTSIDE and encoder.task is Task.TOKENS, name)))
    if len(names) != logits:
        numbers(found, numbered)
    return names, f"labels: config.json only numbers them; the data's in alphabetical order, {listed(names)}"


def _metric(encoder: Encoder, names: Sequence[str]) -> Metric:
    """What a task is usually scored by."""
    if encoder.task is Task.QUESTIONS:
        return Metric.F1
    if encoder.task is Task.SEQUENCES:
        return Metric.PEARSON if encoder.regression else Metric.ACCURACY
    entities = any(meaning(name).partition("-")[0] in ("b", "i", "e", "s") and "-" in name for name in names)
    return Metric.F1 if entities else Metric.ACCURACY


def table(name: str, data: Data) -> Mapping[str, Any]:
    """The ``[[dataset]]`` of `data`."""
    said: dict[str, Any] = {
        "name": name, "title": data.path.name, "reader": data.form.reader, "file": data.path.name,
        "path": str(data.path), "counts": dict(data.counts),
    }  # fmt: skip
    return said | ({"options": dict(data.form.options)} if data.form.options else {})
