"""A vendor's flow in halves: inputs written for a chip's own scripts, results of theirs read and scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.datasets import Corpus
from harness.domain.metrics import Metric
from harness.domain.models import Model, Protocol, Weights
from harness.domain.precisions import Precision
from harness.domain.references import Reference
from harness.errors import BadInput, NoSamples, UsageError
from harness.models import checkpoints
from harness.running.materials import comparable, read_dataset
from harness.running.progress import Progress
from harness.setting.home import Home
from harness.tables import catalog as tables
from harness.tables import references
from harness.tables.cases import case_id
from harness.tasks.datasets import Dataset
from harness.tasks.layouts import Layout, load_layout
from harness.tasks.layouts.files import InputsCompared, Written, compare, write
from harness.tasks.layouts.results import oldest_ns
from harness.tasks.text import Features, Pieces, Scored, Task, labels_of, load_task
from harness.toolchains import loading

VOCABULARIES = (Weights.FULL, Weights.MINI)
PART = 256  # samples that are worked on at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What inputs are made from and results are scored against: a chip's deployment, text, vocabulary."""

    model: Model
    chip: Chip
    task: Task
    layout: Layout
    weights: Weights  # whose vocabulary it is
    vocabulary: Path
    tokenizer: Any = field(repr=False)  # as the task opens it
    corpus: Corpus
    dataset: Dataset[Any] = field(repr=False)
    limit: int | None
    note: str = ""  # what has to be known of the order of its logits; empty: nothing

    @property
    def examples(self) -> Sequence[Any]:
        """The examples that count: all of them, or the first `limit`."""
        return self.dataset.examples[: self.limit]

    def features(self) -> Features:
        """All features at once, by the documented protocol: the one that the files are written by."""
        return self._prepare(self.examples)

    def parts(self) -> Iterator[Features]:
        """The same, `PART` examples at a time, so that memory does not grow with them.

        The last part takes what is left over, so that none is so small that a protocol drops all of it.
        """
        examples, start = self.examples, 0
        while start < len(examples):
            stop = len(examples) if len(examples) - start < 2 * PART else start + PART
            yield self._prepare(examples[start:stop])
            start = stop

    def _prepare(self, examples: Sequence[Any]) -> Features:
        return self.task.prepare(
            examples, self.tokenizer, length=self.model.tokens, protocol=Protocol.DOCUMENTED
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What `prepare` wrote: the files, how many samples are in them, and what was counted on the way."""

    written: Written
    form: str
    samples: int
    truncated: int
    facts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The scores of one set of results, by protocol, with what to know before they are believed."""

    scored: Mapping[Protocol, Scored]
    samples: int
    truncated: int
    inputs: InputsCompared | None  # None where no inputs were named
    warnings: tuple[str, ...]


def open_source(
    catalog: Catalog, home: Home, model: str, chip: str, *, weights: str, data: str, limit: int | None
) -> Source:
    """The data set and vocabulary that `model`'s scripts on `chip` work from.

    `weights` says whose vocabulary: ``full``, the documented one, or ``mini``. `data` ``auto`` is the
    documented data set; with the mini's vocabulary the embedded corpus where that is not here. Raises
    `UsageError` for a name that does not exist and for a chip that the model's document does not run it
    on; `NotThere` for what is not here.
    """
    a_model = tables.find_model(catalog, model)
    a_chip = tables.find(catalog.chips, chip, "chip")
    if a_model.deployment(chip) is None:
        whose = "document does not run it" if a_model.document else "table does not deploy it"
        known = ", ".join(item.chip for item in a_model.deployments)
        raise UsageError(f"{model}: its {whose} on {chip}; it does on {known}")
    if weights not in VOCABULARIES:
        raise UsageError(f"--weights {weights}: there are {', '.join(VOCABULARIES)} vocabularies")
    chosen = Weights(weights)
    task, layout = load_task(a_model), load_layout(a_model)
    vocabulary = checkpoints.vocabulary(a_model, chosen, home)
    ids, labels, note = checkpoints.told_beside(a_model, vocabulary, labels_of(a_model, task))
    pieces = Pieces(model=a_model, vocabulary=vocabulary, ids=ids, labels=labels)
    choice = str(Corpus.FULL) if data == "auto" and chosen is Weights.FULL else data
    corpus, dataset = read_dataset(a_model, catalog.datasets[a_model.dataset], choice, home)
    return Source(
        model=a_model, chip=a_chip, task=task, layout=layout, weights=chosen,
        tokenizer=task.open_tokenizer(pieces), vocabulary=vocabulary, corpus=corpus,
        dataset=dataset, limit=limit, note=note,
    )  # fmt: skip


def prepare(source: Source, out: Path, form: str | None, progress: Progress) -> Prepared:
    """Write the inputs of `source` under `out`, as the chip's own scripts lay them out.

    Goes on where a killed one stopped. Raises `UsageError` for a form that the layout does not have, and
    as `files.write` does.
    """
    form = _form(source, form)
    counted: Counter[str] = Counter()
    samples = truncated = 0

    def watched() -> Iterator[Features]:
        nonlocal samples, truncated
        for part in source.parts():
            yield part
            samples += len(part)
            truncated += len(part.truncated)
            counted.update(getattr(part, "facts", {}))
            advance(len(part))

    with progress.stage(f"{source.model.name}: inputs", len(source.examples)) as advance:
        pieces = source.layout.files(watched(), source.model, form=form, out=out)
        written = write(pieces, out)
    if not samples:
        raise NoSamples(f"{source.model.name}: no samples to write")
    return Prepared(written=written, form=form, samples=samples, truncated=truncated, facts=dict(counted))


def score(source: Source, results: Path, protocols: Sequence[Protocol], inputs: Path | None) -> Score:
    """The scores of the outputs in `results`, which were made of the documented inputs.

    Every protocol scores the same outputs. `inputs` names the folder that they were made from: its files
    have to be, byte for byte, what `prepare` writes. Raises `BadResults`, which lists every fault of the
    results, and `BadInput`, which lists those of the inputs.
    """
    compared = None if inputs is None else _compare(source, inputs)
    features = source.features()
    outputs = source.layout.read(results, source.model, len(features))
    warnings = [source.note] if source.note else []
    if compared is not None and (oldest := oldest_ns(results, source.layout.TOOLS)) < compared.newest_ns:
        warnings.append(
            f"the oldest result is of {_when(oldest)}, before the newest input, of "
            f"{_when(compared.newest_ns)}; copying changes times, so this alone proves nothing"
        )
    return Score(
        scored={item: source.task.score(outputs, features, protocol=item) for item in protocols},
        samples=len(features),
        truncated=len(features.truncated),
        inputs=compared,
        warnings=tuple(warnings),
    )


def documented(
    catalog: Catalog, source: Source, precision: Precision, protocol: Protocol
) -> dict[str, Reference]:
    """The documented values that stand beside such a score, by metric; empty where none is comparable."""
    deployment = source.model.deployment(source.chip.name)
    if deployment is None or comparable(source.weights, source.corpus, protocol, source.limit):
        return {}
    size = deployment.batch_sizes[0]
    case = Case(
        id=case_id(source.model, source.chip, precision, size), model=source.model, chip=source.chip,
        precision=precision, batch_size=size, documented=True,
    )  # fmt: skip
    found = ((metric, references.for_case(catalog, case, metric)) for metric in Metric)
    return {str(metric): item for metric, item in found if item is not None and metric.is_score}


def _form(source: Source, form: str | None) -> str:
    forms = source.layout.FORMS
    if form is None:
        # A zoo's script writes the same files for every chip, and its layout has no form of these names.
        read = loading.reads(source.chip.backend)
        return read if read is not None and read in forms else next(iter(forms))
    if form not in forms:
        known = "; ".join(f"{name} ({what})" for name, what in forms.items())
        raise UsageError(f"--form {form}: {source.model.name} has {known}")
    return form


def _compare(source: Source, inputs: Path) -> InputsCompared:
    """Hold `inputs` against every form that the layout has; the first one's faults speak for all."""
    if not inputs.is_dir():
        raise BadInput("no such folder", path=inputs, remedy="give the folder that `zoocheck prepare` wrote")
    faults: list[BadInput] = []
    for form in source.layout.FORMS:
        try:
            return compare(source.layout.files(source.parts(), source.model, form=form, out=inputs), inputs)
        except BadInput as fault:
            faults.append(fault)
    raise faults[0]


def _when(moment_ns: int) -> str:
    return datetime.fromtimestamp(moment_ns / 1e9, UTC).isoformat(sep=" ", timespec="seconds")
