"""What the cases of one run stand on: targets, checkpoints, samples and fp32 reference outputs."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from harness.artifacts import code
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus, DatasetSpec
from harness.domain.models import Model, Protocol, Weights
from harness.domain.precisions import Precision
from harness.errors import NotApplicable, NotNumbers, NotThere
from harness.models import checkpoints, seeding
from harness.models.batched import batched
from harness.models.checkpoints import Checkpoint, card
from harness.models.graphs import originals
from harness.records import canonical
from harness.running import real_length
from harness.running.corpora import dataset_path
from harness.running.kept_outputs import dropping
from harness.running.predictions import OutputLog, run_all
from harness.running.progress import Progress
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tasks.datasets import PASSED_OVER, Dataset, reading
from harness.tasks.feeds import AS_NAMED, Feed, fed
from harness.tasks.seeded import SeededFeatures, SeededTask
from harness.tasks.text import Features, Inputs, Pieces, Scored, Task, labels_of, load_task
from harness.tasks.text.facts import is_here
from harness.toolchains import targets
from harness.toolchains.targets import Target

if TYPE_CHECKING:
    import torch

    from harness.models.checkpoints.loading import Loaded

Array = npt.NDArray[Any]
# By what gave the outputs that were proved; why they are run padded, where they were not.
Proofs = MutableMapping[Hashable, real_length.Proof | real_length.Padded]
REFERENCE_BATCH = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """A data set turned into features under one protocol."""

    task: Task
    corpus: Corpus
    sha256: str  # of the file
    features: Features = field(repr=False)
    digest: str  # SHA-256 of the features: what a cached result of them is keyed by
    samples_sha256: str | None = None  # `reading.samples_sha256`; None where the file's says it all
    limit: int | None = None  # only so many of the data's examples are among them; None: all
    examples: Sequence[Any] = field(repr=False)  # what the features were made from, in order
    facts: Mapping[str, Any] = field(default_factory=dict)  # what is to be known of the data beside its score


def features_digest(features: Inputs) -> str:
    """SHA-256 over the features' roles, shapes, dtypes and bytes: what is keyed by them."""
    digest = hashlib.sha256()
    for role, array in sorted(features.inputs.items()):
        digest.update(f"{role}{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def read_dataset(model: Model, spec: DatasetSpec, choice: str, home: Home) -> tuple[Corpus, Dataset[Any]]:
    """The data set that `choice` means, read; the documented one has every documented count."""
    corpus, path = dataset_path(model, spec, choice, home)
    return corpus, reading.read(spec, path, whole=corpus is Corpus.FULL)


class Materials:
    """Loads each thing once a process, however many cases need it."""

    def __init__(self, catalog: Catalog, home: Home, options: Options, progress: Progress) -> None:
        self.catalog = catalog
        self.home = home
        self.options = options
        self.progress = progress
        self.checkpoint = cache(self._checkpoint)
        self.loaded = cache(self._loaded)
        self.dataset = cache(self._dataset)
        self.tokenizer = cache(self._tokenizer)
        self.calibration = cache(self._calibration)
        self.timed_samples = cache(self._timed_samples)
        self._take(None, None)

    def _take(self, rows: tuple[int, ...] | None, proofs: Proofs | None) -> None:
        """Have these of the data's examples, and nothing yet of what is made of them."""
        self.rows, self.proofs = rows, proofs
        self._references: dict[tuple[str, str, Feed], list[Array]] = {}
        self._kept: dict[tuple[str, str], set[Path]] = {}  # files of references, by model and features
        self.samples = cache(self._samples)
        self.reference = cache(self._reference)
        self.score_reference = cache(self._score_reference)
        self.trivial = cache(self._trivial)

    def part(self, rows: Sequence[int], proofs: Proofs) -> Self:
        """The same materials with only some of the data's examples, in the order of `rows`, their numbers.

        Parts of one drawing share `proofs`: that padded input gives the same is proved on the first of them,
        or the others are not tried.
        """
        made = copy(self)
        made._take(tuple(rows), proofs)
        return made

    def proved(self, by: Hashable) -> real_length.Proof | real_length.Padded | None:
        """What earlier parts of the same drawing proved of outputs given `by` something, or why not."""
        return None if self.proofs is None else self.proofs.get(by)

    def keep_proof(self, by: Hashable, proof: real_length.Proof | real_length.Padded) -> None:
        """Keep it for the parts that follow; of all examples together there are none."""
        if self.proofs is not None:
            self.proofs[by] = proof

    @property
    def limit(self) -> int | None:
        """How many of the data's examples there are to be; None: all."""
        return self.options.limit if self.rows is None else len(self.rows)

    def target(self, case: Case) -> Target:
        """What `case` runs on; raises `NotThere` for `--target chip` without the chip."""
        return targets.resolve(case.chip, self.options.target, case.runtime, self.options.device)

    def weights(self, model: Model) -> Weights:
        """The kind of checkpoint that is meant, whether or not it can be loaded."""
        return checkpoints.chosen(model, self.options.weights, self.home)

    def _checkpoint(self, model: Model) -> Checkpoint:
        task = load_task(model)  # a model whose pipeline is missing says that first
        found = checkpoints.locate(model, self.options.weights, self.home)
        if found.weights is Weights.MINI and self.options.weights == "auto":
            aside = checkpoints.left_aside(model, self.home)
            if aside:
                self.progress.note(f"{model.name}: mini weights; {aside}")
        ordered = checkpoints.in_order(found, labels_of(model, task))
        if ordered.weights is Weights.FULL and ordered.label_note:
            self.progress.note(f"{model.name}: full weights; {ordered.label_note}")
        return ordered

    def _loaded(self, model: Model) -> Loaded:
        return checkpoints.load(self.checkpoint(model))

    def network(self, model: Model) -> torch.nn.Module:
        """The checkpoint's network in eval mode, float32."""
        return self.loaded(model).network

    def ignored_weights(self, model: Model) -> list[str]:
        """Keys of the weights file that inference does not use; a graph has none."""
        if model.graph is not None:
            return []
        return list(self.loaded(model).ignored)

    def _samples(self, model: Model, protocol: Protocol) -> Samples:
        if not model.dataset:
            raise NotApplicable(
                f"{model.name} has no accuracy: its table names no data set",
                remedy="choose -m 'conformance or throughput', for which seeded samples do",
            )
        corpus, dataset = self.dataset(model, self.options.data)
        examples = dataset.examples[: self.options.limit]
        if self.rows is not None:
            examples = tuple(examples[row] for row in self.rows)
        features = self._features(model, examples, protocol)
        return Samples(
            task=load_task(model),
            corpus=corpus,
            sha256=dataset.sha256,
            features=features,
            digest=features_digest(features),
            samples_sha256=reading.samples_sha256(self.catalog.datasets[model.dataset], dataset),
            limit=self.limit,
            examples=examples,
            facts=self._facts(model, dataset),
        )

    def _facts(self, model: Model, dataset: Dataset[Any]) -> Mapping[str, Any]:
        """What is to be known of the data: what its reader passed over, and that nothing holds its counts."""
        counts = self.catalog.datasets[model.dataset].counts
        facts = {name: dataset.counts[name] for name in PASSED_OVER if name in dataset.counts}
        return facts | ({} if counts else {"counts_of_data": "its table has none"})

    def _timed_samples(self, model: Model) -> Samples:
        """What a throughput is timed on: the data under the documented protocol, else seeded samples.

        Those are drawn for a graph, for a model without a data set, and where neither the documented data
        nor a corpus is here, or no vocabulary to read them with, unless `--data` asks for one by name.
        """
        if not model.dataset:
            return self._seeded(model)
        try:
            return self.samples(model, Protocol.DOCUMENTED)
        except NotApplicable:
            raise
        except NotThere:
            if self.options.data != "auto" or not is_here(model.task):
                raise
            return self._seeded(model)

    def _seeded(self, model: Model) -> Samples:
        features = self.seeded(
            model, seeding.MOST_SAMPLES if model.graph is None else seeding.samples_of(model)
        )
        digest = features_digest(features)
        return Samples(
            task=SeededTask(),
            corpus=Corpus.SEEDED,
            sha256=digest,
            features=features,
            digest=digest,
            examples=(),
        )

    def seeded(self, model: Model, count: int, first: int = 0) -> SeededFeatures:
        """`count` seeded samples of a graph by its ranges; of encoders ids of the vocabulary, a mask.

        `first` counts the samples that are passed over.
        """
        if model.graph is not None:
            return seeding.drawn(model, count, first=first)
        from harness.models.graphs.export import example_inputs

        vocabulary = self.checkpoint(model).encoder.vocabulary
        made = example_inputs(model, vocabulary=vocabulary, batch_size=first + count)
        return SeededFeatures(inputs={item.role: made[item.name][first:] for item in model.inputs})

    def fp32(self, model: Model, inputs: Sequence[Array], *, batch_size: int) -> list[Array]:
        """The model's own fp32 outputs, ``[n, ...]``: of an encoder by torch, of a graph by its file.

        `inputs` are ``[n, ...]`` each, in the documented order. A graph is called on `batch_size` samples,
        an encoder, in which samples do not meet, on all.
        """
        if model.graph is not None:
            return originals.run(model, inputs, batch_size=batch_size)
        return self._torch(model, inputs, len(inputs[0]))

    def _calibration(self, model: Model, examples: int) -> Features:
        """Features that quantisation is calibrated on: the first `examples` of the embedded corpus.

        The zoos do not publish theirs; the corpus is never the documented data set. Without one, the first
        samples of the run's data serve; where no data set is told, seeded ones.
        """
        if not model.dataset:
            return self.seeded(model, examples)
        try:
            _, dataset = self.dataset(model, Corpus.MINI)
        except NotThere:
            _, dataset = self.dataset(model, self.options.data)
        return self._features(model, dataset.examples[:examples], Protocol.DOCUMENTED)

    def _dataset(self, model: Model, choice: str) -> tuple[Corpus, Dataset[Any]]:
        return read_dataset(model, self.catalog.datasets[model.dataset], choice, self.home)

    def _features(self, model: Model, examples: Sequence[Any], protocol: Protocol) -> Features:
        tokenizer = self.tokenizer(model)
        return load_task(model).prepare(examples, tokenizer, length=model.tokens, protocol=protocol)

    def _tokenizer(self, model: Model) -> Any:
        """The tokenizer of the model's task, by the vocabulary of the checkpoint."""
        checkpoint = self.checkpoint(model)
        if checkpoint.vocabulary is None:
            raise NotThere(
                f"{model.name}: no vocab.txt to make features with",
                remedy=f"put the documented one into {self.home.checkpoint(model)}",
                option="weights",
            )
        return load_task(model).open_tokenizer(
            Pieces(
                model=model, vocabulary=checkpoint.vocabulary, ids=checkpoint.encoder.vocabulary,
                labels=labels_for(checkpoint),
            )
        )  # fmt: skip

    def _reference(self, model: Model, protocol: Protocol, feed: Feed = AS_NAMED) -> list[Array]:
        """The checkpoint's own fp32 outputs for every sample, by torch on the CPU, kept in the home.

        At their real length where `harness.running.real_length` allows it and the padded input of a
        seeded sample bears it out: then they are 0 where there is padding. Protocols with the same features
        share them.
        """
        samples = self.samples(model, protocol)
        key = (model.name, samples.digest, feed)
        if key not in self._references:
            self._references[key] = self._made_reference(model, samples, feed)
        return self._references[key]

    def _made_reference(self, model: Model, samples: Samples, feed: Feed) -> list[Array]:
        arrays = inputs_in_order(model, samples.features, feed)
        if feed != AS_NAMED:  # what stands in the mask is no length
            return self._run_reference(model, arrays, self._reference_log(model, samples, {"feed": feed}), "")
        plan = real_length.plan(samples.task, samples.features, proved=self.proved((model.name, feed)))
        if isinstance(plan, real_length.Grouping):

            def run_padded(rows: npt.NDArray[np.int64]) -> list[Array]:
                log = self._reference_log(model, samples, {"only": rows.tolist()})
                return self._run_reference(model, [array[rows] for array in arrays], log, ": padded sample")

            found = real_length.run_grouped(
                plan, arrays, model.outputs, run_padded,
                bound=self.catalog.precisions[Precision.FP32].real_length.most,
                log=self._reference_log(model, samples, {"grouped": plan.digest}),
                run=lambda inputs, count: self._torch(model, inputs, count),
                progress=self.progress, label=_reference_label(model),
            )  # fmt: skip
            if isinstance(found, real_length.Grouped):
                self.keep_proof((model.name, feed), found.proof)
                return found.arrays
            self.keep_proof((model.name, feed), found)
        return self._run_reference(model, arrays, self._reference_log(model, samples, {}), "")

    def give_reference(
        self, model: Model, protocol: Protocol, outputs: list[Array], feed: Feed = AS_NAMED
    ) -> None:
        """Take `outputs` for what `reference` is to give: they were computed part by part."""
        self._references[model.name, self.samples(model, protocol).digest, feed] = outputs

    def _run_reference(self, model: Model, arrays: Sequence[Array], log: OutputLog, of: str) -> list[Array]:
        """torch's outputs for the padded input; `of` says what of it, for the progress."""
        try:
            outputs, _ = run_all(
                log,
                list(batched(arrays, min(REFERENCE_BATCH, len(arrays[0])))),
                lambda inputs, count: self._torch(model, inputs, count),
                self.progress,
                _reference_label(model) + of,
            )
        except NotNumbers as problem:
            problem.of_reference = True
            raise
        return outputs

    def _torch(self, model: Model, inputs: Sequence[Array], count: int) -> list[Array]:
        from harness.models.graphs.export import run_torch

        named = {item.name: array for item, array in zip(model.inputs, inputs, strict=True)}
        return [output[:count] for output in run_torch(self.network(model), model, named)]

    def _reference_log(self, model: Model, samples: Samples, more: Mapping[str, Any]) -> OutputLog:
        """Where a reference is kept: by everything that decides it."""
        identity = {
            **more,
            "weights": self.checkpoint(model).weights_sha256,
            "architecture": str(self.checkpoint(model).architecture),
            "features": samples.digest,
            "batch_size": REFERENCE_BATCH,
            "torch": version("torch"),
            "transformers": version("transformers"),
            "code": code.of(__name__),
        }
        key = hashlib.sha256(canonical(identity, "identity")).hexdigest()
        log = OutputLog(self.home.root / "references" / f"{key}.outputs", identity)
        self._kept.setdefault((model.name, samples.digest), set()).add(log.path)
        return log

    def _score_reference(self, model: Model, protocol: Protocol, feed: Feed = AS_NAMED) -> Scored:
        """The checkpoint's own fp32 score. Outputs that have none are not kept, and the error says so."""
        samples = self.samples(model, protocol)
        outputs = self.reference(model, protocol, feed)
        with dropping(lambda: self._drop_references(model, samples), "the checkpoint's own fp32 outputs"):
            return samples.task.score(outputs, samples.features, protocol=protocol)

    def _drop_references(self, model: Model, samples: Samples) -> None:
        """Keep none of a model's outputs for these samples, however they were fed."""
        for path in self._kept.pop((model.name, samples.digest), ()):
            path.unlink(missing_ok=True)
        for key in [key for key in self._references if key[:2] == (model.name, samples.digest)]:
            del self._references[key]
        self.reference.cache_clear()

    def score_on_card(self, model: Model, protocol: Protocol) -> float | None:
        """The fp32 score, a fraction, that the checkpoint's card states for the whole data set; None without.

        Raises as `checkpoints.card.stated`.
        """
        folder = self.checkpoint(model).folder
        if folder is None or self.limit is not None:
            return None
        return card.stated(folder, self.samples(model, protocol).sha256, protocol, model.score)

    def unheld_by_card(self, model: Model, protocol: Protocol) -> str:
        """Why no card holds the score of an embedded checkpoint on its whole corpus; empty where one does.

        Empty too of what no card has to hold: other data, a part of the corpus, and other weights, of which
        it is said what became of their labels' order.
        """
        checkpoint, samples = self.checkpoint(model), self.samples(model, protocol)
        if checkpoint.weights is Weights.FULL:
            return checkpoint.label_note
        embedded = checkpoint.weights is Weights.MINI and samples.corpus is Corpus.MINI
        if not embedded or self.limit is not None or self.score_on_card(model, protocol) is not None:
            return ""
        return (
            f"no card states the checkpoint's score on this corpus (SHA-256 {samples.sha256[:12]}) by the "
            f"{protocol} protocol: its vocabulary and labels are held against nothing"
        )

    def _trivial(self, model: Model, protocol: Protocol) -> dict[str, dict[str, float]]:
        """The scores of answers that need no network, as fractions by metric, by what they are called."""
        samples = self.samples(model, protocol)
        found = samples.task.trivial(samples.features, protocol=protocol)
        return {
            name: {str(metric): value for metric, value in scored.metrics.items()}
            for name, scored in found.items()
        }


def _reference_label(model: Model) -> str:
    return f"{model.name}: fp32 reference by torch"


def labels_for(checkpoint: Checkpoint) -> tuple[str, ...] | None:
    """The names of its logits; their numbers where it only numbers them; None of random weights without."""
    if checkpoint.labels:
        return checkpoint.labels
    if checkpoint.weights is Weights.RANDOM:
        return None
    return tuple(map(str, range(checkpoint.encoder.labels)))


def inputs_in_order(model: Model, features: Features, feed: Feed = AS_NAMED) -> list[Array]:
    """The features as arrays ``[samples, ...]`` in the documented order and dtypes, as `feed` says."""
    inputs = fed(features.inputs, feed)
    return [inputs[item.key].astype(item.dtype, copy=False) for item in model.fed]


def comparable(
    weights: Weights, corpus: Corpus, protocol: Protocol, limit: int | None, drawn: str = ""
) -> str:
    """Why a score may not be compared with a documented value; empty where it may (rule 2).

    `drawn` says of how many it is, where they are not the first `limit` samples.
    """
    reasons = []
    if weights is not Weights.FULL:
        reasons.append(f"{weights} weights")
    if corpus is not Corpus.FULL:
        reasons.append("the embedded corpus")
    if limit is not None:
        reasons.append(f"{drawn or f'the first {limit} samples'} only")
    if protocol is not Protocol.DOCUMENTED:
        reasons.append(f"the {protocol} protocol")
    return ", ".join(reasons)
