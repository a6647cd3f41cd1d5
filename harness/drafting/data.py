"""A data file read as its form says: how many samples, what its labels are called, what is scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.domain.datasets import DatasetSpec
from harness.domain.metrics import Metric
from harness.drafting import meanings
from harness.drafting.encoders import Encoder, Task
from harness.drafting.forms import SQUAD_JSON
from harness.drafting.kinds_of_columns import Form
from harness.errors import BadInput
from harness.tasks.datasets import PASSED_OVER, Dataset, reading
from harness.tasks.label_names import UnknownLabels, meaning
from harness.tasks.tags import OUTSIDE
from harness.tasks.text import own_tags

FEWEST = 2  # samples: of one no score can be told from chance
NO_ANSWERS = "no_answers"  # the option of readers of rows whose questions may have none
LEAVE_OUT = "leave_out"  # of readers of texts: labels whose samples are none
# Of a pair about which the annotators did not agree, in SNLI, MNLI and CMNLI: there is no right answer.
NO_GOLD = "-"


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
    """The data at `path` for the checkpoint `encoder`; `told` is what ``--labels`` says its labels mean.

    Raises as the reader does, `BadInput` for less than two samples, `UnknownLabels` for labels that the
    checkpoint does not have, and `UsageError` where `told` are not what the data needs (`meanings.meant`).
    """
    form, dataset = _with_answers(path, form) or _without_gold(path, form, encoder)
    examples, passed_over = dataset.examples, _passed_over(form, dataset)
    meant = meanings.meant(_labels(examples, encoder), encoder, told)
    if meant.options:
        form = replace(form, options={**form.options, **meant.options})
    if encoder.task is Task.TOKENS:
        _require_tags(_dataset(path, form).examples if meant.options else examples, meant.logits)
    metric = _metric(encoder, meant.logits)
    _require_telling(path, examples, encoder)
    return Data(
        path=path, form=form, counts={"samples": len(examples), **_counts(dataset)},
        labels=meant.logits if meant.logits != encoder.labels else (), metric=metric,
        notes=(*form.notes, *passed_over, *meant.notes, f"metric: {metric}"),
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
    without = replace(form, options={**form.options, LEAVE_OUT: [NO_GOLD]})
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


def _with_answers(path: Path, form: Form) -> tuple[Form, Dataset[Any]] | None:
    """Questions in rows; None of other data.

    Where some have no answer, as SQuAD 2.0's have none on the hub, all may lack one. SQuAD's own JSON says so
    of each question.
    """
    if form.task is not Task.QUESTIONS or form.reader == SQUAD_JSON:
        return None
    lenient = replace(form, options={**form.options, NO_ANSWERS: True})
    dataset = _dataset(path, lenient)
    without = sum(not example.answers for example in dataset.examples)
    if not without:
        return form, dataset
    said = f"answers: {without} of {len(dataset)} questions have none: scored as SQuAD 2.0"
    return replace(lenient, notes=(*form.notes, said)), dataset


def _require_tags(examples: Sequence[Any], names: Sequence[str]) -> None:
    """Raise `UnknownLabels` for tags that are none of the names, in the scheme of these."""
    try:
        own_tags.numbered(examples, names)
    except UnknownLabels as problem:
        problem.add(meanings.SAY_EACH)
        raise


def _require_telling(path: Path, examples: Sequence[Any], encoder: Encoder) -> None:
    """Raise `BadInput` for data by which no answer is better than another."""
    said = ""
    if encoder.task is Task.TOKENS and all(tag == OUTSIDE for example in examples for tag in example.tags):
        said = f"found no tag but {OUTSIDE!r}, expected entities: there is nothing to find"
    if encoder.regression and len({example.label for example in examples}) == 1:
        said = f"found {examples[0].label!r} for every sample, expected numbers that differ: nothing " \
               "correlates with them"  # fmt: skip
    if said:
        raise BadInput(said, path=path, remedy="give the whole file")


def _labels(examples: Sequence[Any], encoder: Encoder) -> list[str]:
    """Every label or tag of the data once, as it is written, sorted; none of questions and of numbers."""
    if encoder.task is Task.QUESTIONS or encoder.regression:
        return []
    if encoder.task is Task.TOKENS:
        return sorted({tag for example in examples for tag in example.as_written})
    return sorted({example.label for example in examples})


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
