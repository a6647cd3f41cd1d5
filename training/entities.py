"""How both entity recognisers are trained from nothing: sentences changed each epoch, one loss a word."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from harness.domain.metrics import Metric
from harness.domain.models import Architecture, InputRole, Model, Protocol
from harness.errors import NoSamples
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.text import load_task
from harness.tasks.text.ner import Features
from harness.tasks.text.wordpiece import UNKNOWN, Vocabulary, WordPieceTokenizer
from training import common
from training.loop import Schedule, Trainer, batches_by_length
from training.mentions import Mentions, with_other_mentions
from training.vocabulary import without

IntArray = npt.NDArray[np.int64]
Sentences = Sequence[TaggedSentence]

NO_LABEL = -100  # what cross entropy leaves out: pieces that speak for no word
SCORED_BATCH = 64
SPOKEN = 200  # steps between two lines of progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the bytes of the result, beside the data and the versions of libraries.

    Chosen by held-out sentences, never by what the card's scores are counted on.
    """

    seed: int = 1
    threads: int = 1  # more are no faster on a busy machine: they wait for each other
    held_out: int  # sentences that choose the epoch, never trained on
    pieces: int  # of the vocabulary
    length: int  # pieces of a training sentence; the rest is cut
    layers: int = 3
    hidden: int = 128
    heads: int = 4
    intermediate: int = 512
    embedding_std: float = 0.1  # of word embeddings at the start; 0.02 learns more slowly
    position_std: float = 0.0  # of position embeddings that start as waves; 0: small ones at random
    longest_wave: float = 500.0  # in positions over 2 pi
    dropout: float = 0.1
    epochs: int
    batch: int = 32
    peak_rate: float = 1e-3
    warm_up: float = 0.1  # share of the steps
    weight_decay: float = 0.01  # of matrices
    longest_gradient: float = 1.0
    averaging: float = 0.998  # of the moving average of the weights, which is what is kept
    documented: float  # share of sentences in the documented form; the others are in the standard one
    swapped: float  # share of entities that another one of their type takes the place of
    unknown: float  # share of pieces that become [UNK]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """What a recogniser learns from. `missing` is how often an epoch does without a piece, by piece."""

    train: Sentences = field(repr=False)
    held_out: Sentences = field(repr=False)
    held_out_file: str  # where they are from
    vocabulary: Vocabulary
    missing: Mapping[str, float] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """The scores of the held-out sentences by which the epoch was chosen, as fractions."""

    file: str
    epoch: int
    sentences: int
    f1: float  # standard protocol
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Student:
    """What training leaves: the averaged network of the best epoch."""

    network: torch.nn.Module
    architecture: Architecture
    steps: int  # up to that epoch
    seconds: float  # of all epochs
    held_out: HeldOut


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shown:
    """What one epoch shows: ids and labels ``[n, length]``, pieces of each sample ``[n]``."""

    ids: IntArray
    labels: IntArray
    lengths: IntArray


def fit(name: str, recipe: Recipe, material: Material) -> Student:
    """Train as `recipe` says; the weights kept are those of the epoch with the best held-out F1."""
    model = common.find_model(name)
    common.make_reproducible(recipe.seed, recipe.threads)
    architecture = common.smaller_architecture(model, recipe, vocabulary=len(material.vocabulary))
    network = common.untrained(architecture, model, embedding_std=recipe.embedding_std)
    if recipe.position_std:
        common.place_in_waves(network, std=recipe.position_std, longest=recipe.longest_wave)
    trainer = Trainer(network, _schedule(recipe, len(material.train)))
    random = np.random.default_rng(recipe.seed)
    mentions = Mentions.of(material.train)
    tokenizer = WordPieceTokenizer(material.vocabulary, do_lower_case=model.tokenizer.lower_case)
    started = time.monotonic()
    best: tuple[HeldOut, int, dict[str, torch.Tensor]] | None = None
    for epoch in range(1, recipe.epochs + 1):
        loss = _epoch(recipe, model, material, mentions, trainer, random)
        found = _held_out(trainer.average, model, material, tokenizer, epoch)
        print(
            f"{name}: epoch {epoch} of {recipe.epochs}, step {trainer.steps}, "
            f"{time.monotonic() - started:.0f} s: loss {loss:.4f}, held out F1 {100 * found.f1:.2f}, "
            f"accuracy {100 * found.accuracy:.2f}",
            flush=True,
        )
        if best is None or found.f1 > best[0].f1:
            state = {key: tensor.clone() for key, tensor in trainer.average.state_dict().items()}
            best = found, trainer.steps, state
    assert best is not None, "a recipe has at least one epoch"
    trainer.average.load_state_dict(best[2])
    return Student(
        network=trainer.average,
        architecture=architecture,
        steps=best[1],
        seconds=round(time.monotonic() - started, 1),
        held_out=best[0],
    )


def run(network: torch.nn.Module, model: Model, features: Features) -> npt.NDArray[np.float32]:
    """Logits ``[n, length, labels]``, each batch padded to its longest sample only; 0 behind that.

    What is padded takes no part in attention, so that the logits of pieces are those of full padding but
    for rounding.
    """
    lengths = features.mask.sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    logits = np.zeros((*features.ids.shape, model.architecture.labels), np.float32)
    with torch.inference_mode():
        for part in np.array_split(order, -(-len(order) // SCORED_BATCH)):
            longest = int(lengths[part].max())
            logits[part, :longest] = common.logits(network, model, features.ids[part, :longest]).numpy()
    return logits


def _schedule(recipe: Recipe, samples: int) -> Schedule:
    return Schedule(
        steps=recipe.epochs * -(-samples // recipe.batch),
        peak_rate=recipe.peak_rate,
        warm_up=recipe.warm_up,
        weight_decay=recipe.weight_decay,
        longest_gradient=recipe.longest_gradient,
        averaging=recipe.averaging,
    )


def _epoch(
    recipe: Recipe,
    model: Model,
    material: Material,
    mentions: Mentions,
    trainer: Trainer,
    random: np.random.Generator,
) -> float:
    """Every sentence once; the mean loss."""
    shown = _show(recipe, model, material, mentions, random)
    unknown = material.vocabulary.index[UNKNOWN]
    losses: list[float] = []
    for batch in batches_by_length(shown.lengths, recipe.batch, random):
        longest = int(shown.lengths[batch].max())
        labels = shown.labels[batch, :longest]
        ids = shown.ids[batch, :longest]
        hidden = (random.random(ids.shape) < recipe.unknown) & (labels != NO_LABEL)
        logits = common.logits(trainer.network, model, np.where(hidden, unknown, ids))
        wanted = torch.from_numpy(labels).flatten()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted, ignore_index=NO_LABEL)
        trainer.step(loss)
        losses.append(loss.item())
        if trainer.steps % SPOKEN == 0:
            print(f"{model.name}: step {trainer.steps}: loss {np.mean(losses[-SPOKEN:]):.4f}", flush=True)
    return float(np.mean(losses))


def _show(
    recipe: Recipe, model: Model, material: Material, mentions: Mentions, random: np.random.Generator
) -> _Shown:
    """The training sentences as one epoch sees them, in both protocols' forms."""
    sentences = with_other_mentions(material.train, mentions, recipe.swapped, random)
    dropped = {piece for piece, share in material.missing.items() if random.random() < share}
    tokenizer = WordPieceTokenizer(
        without(material.vocabulary, dropped), do_lower_case=model.tokenizer.lower_case
    )
    documented = random.random(len(sentences)) < recipe.documented
    task = load_task(model)
    parts: list[Any] = []
    for protocol, chosen in ((Protocol.DOCUMENTED, documented), (Protocol.STANDARD, ~documented)):
        texts = [replace(sentences[at], closed=True) for at in np.flatnonzero(chosen)]
        if texts:
            parts.append(task.prepare(texts, tokenizer, length=recipe.length, protocol=protocol))
    labels = np.concatenate([_places(part) for part in parts])
    return _Shown(
        ids=np.concatenate([part.inputs[InputRole.IDS] for part in parts]),
        labels=labels,
        lengths=np.concatenate([part.inputs[InputRole.MASK].sum(axis=1) for part in parts]),
    )


def _places(features: Features) -> IntArray:
    """The label of every place ``[n, length]``, `NO_LABEL` where no word's prediction is read."""
    labels = np.full_like(features.ids, NO_LABEL)
    labels[features.rows, features.positions] = features.labels
    return labels


def _held_out(
    network: torch.nn.Module, model: Model, material: Material, tokenizer: WordPieceTokenizer, epoch: int
) -> HeldOut:
    sentences, file = material.held_out, material.held_out_file
    task = load_task(model)
    features: Any = task.prepare(sentences, tokenizer, length=model.length, protocol=Protocol.STANDARD)
    try:
        scored = task.score([run(network, model, features)], features, protocol=Protocol.STANDARD)
    except NoSamples:  # at the start a network finds no entity at all
        return HeldOut(file=file, epoch=epoch, sentences=len(sentences), f1=0.0, accuracy=0.0)
    return HeldOut(
        file=file,
        epoch=epoch,
        sentences=len(sentences),
        f1=scored.metrics[Metric.F1],
        accuracy=scored.metrics[Metric.ACCURACY],
    )
