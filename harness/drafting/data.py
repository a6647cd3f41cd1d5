"""A data file read as its form says: how many samples, what its labels are called, what is scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.domain.datasets import DatasetSpec
from harness.domain.metrics import Metric
from harness.drafting import meanings
from harness.drafting.encoders import Encoder, Task
from harness.drafting.forms import SQUAD_JSON, Form
from harness.errors import BadInput
from harness.tasks.datasets import reading
from harness.tasks.label_names import meaning
from harness.tasks.text import own_tags

FEWEST = 2  # samples: of one no score can be told from chance
NO_ANSWERS = "no_answers"  # the option of readers of rows whose questions may have none


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """A data file that was read, as a table says it."""

    path: Path
    form: Form
    samples: int
    labels: tuple[str, ...]  # of the model's table: names of its logits; empty: those of its config.json
    metric: Metric
    notes: tuple[str, ...]


def read(path: Path, form: Form, encoder: Encoder, told: Sequence[str] = ()) -> Data:
    """The data at `path` for the checkpoint `encoder`; `told` is what ``--labels`` says its labels mean.

    Raises as the reader does, `BadInput` for less than two samples, `UnknownLabels` for labels that the
    checkpoint does not have, and `UsageError` where `told` are not what the data needs (`meanings.meant`).
    """
    form, examples = _with_answers(path, form)
    meant = meanings.meant(_labels(examples, encoder), encoder, told)
    if meant.options:
        form = replace(form, options={**form.options, **meant.options})
    if encoder.task is Task.TOKENS:
        own_tags.numbered(_examples(path, form) if meant.options else examples, meant.logits)
    metric = _metric(encoder, meant.logits)
    return Data(
        path=path, form=form, samples=len(examples),
        labels=meant.logits if meant.logits != encoder.labels else (), metric=metric,
        notes=(*form.notes, *meant.notes, f"metric: {metric}"),
    )  # fmt: skip


def _examples(path: Path, form: Form) -> Sequence[Any]:
    spec = DatasetSpec(
        name="data", title=path.name, reader=form.reader, file=path.name, path=str(path),
        options=form.options,
    )  # fmt: skip
    examples = reading.read(spec, path, whole=False).examples
    if len(examples) < FEWEST:
        raise BadInput(
            f"found {len(examples)} sample, expected {FEWEST} or more",
            path=path,
            remedy="give the whole file",
        )
    return examples


def _with_answers(path: Path, form: Form) -> tuple[Form, Sequence[Any]]:
    """The data; rows of which some have no answer, as SQuAD 2.0's are on the hub, may lack them.

    SQuAD's own JSON says so of each question.
    """
    if form.task is not Task.QUESTIONS or form.reader == SQUAD_JSON:
        return form, _examples(path, form)
    lenient = replace(form, options={**form.options, NO_ANSWERS: True})
    examples = _examples(path, lenient)
    without = sum(not example.answers for example in examples)
    if not without:
        return form, examples
    said = f"answers: {without} of {len(examples)} questions have none: scored as SQuAD 2.0"
    return replace(lenient, notes=(*form.notes, said)), examples


def _labels(examples: Sequence[Any], encoder: Encoder) -> list[str]:
    """Every label or tag of the data once, as it is written, sorted; none of questions and of numbers."""
    if encoder.task is Task.QUESTIONS or encoder.regression:
        return []
    if encoder.task is Task.TOKENS:
        return sorted({tag for example in examples for tag in example.written or example.tags})
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
        "path": str(data.path), "counts": {"samples": data.samples},
    }  # fmt: skip
    return said | ({"options": dict(data.form.options)} if data.form.options else {})
