"""The mini of TinyBERT: two layers of 128, trained from nothing on SST-2's phrases.

Trained on the labels alone such a network overfits within an epoch. So it learns from a teacher that
generalises better, a regression on pairs of word pieces: the teacher judges phrases with pieces left out and
pairs of phrases joined, of which there are as many as wanted, and which are as long as whole sentences.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from harness.domain.models import Architecture, Model
from harness.errors import NotThere
from harness.setting.home import MINIS
from harness.tasks.text import classify
from training import card, common, ngrams, phrases
from training.card import Card, HeldOut, TrainedOn, Training
from training.common import Score
from training.loop import Schedule, Trainer, batches_by_length
from training.ngrams import Teacher
from training.sst2 import TRAIN, Phrases, read_phrases
from training.vocabulary import train_vocabulary

IntArray = npt.NDArray[np.int64]

NAME = "tinybert"
LABELS = ("negative", "positive")
DEV = "sst2/dev.tsv"
DEV_ROWS = 872
SPOKEN = 100  # steps between two lines of progress

DESCRIPTION = (
    "A small BERT of TinyBERT's head, inputs and length, trained from nothing for zoocheck. It makes the "
    "whole way run without a download; its score says nothing about the documented checkpoint."
)
LICENCE = (
    "Trained on the phrases of SST-2 (GLUE); no text of it is in this repository, and the pieces of the "
    "vocabulary are words and fragments of words. The weights are released under Apache-2.0 as far as the "
    "project can grant that. The corpus was written for this project by the zoocheck authors and is under "
    "Apache-2.0."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the bytes of the result, beside the data and the versions of libraries.

    Chosen by held-out sentences of ``train.tsv``, never by ``dev.tsv``.
    """

    seed: int = 1
    threads: int = 1  # more are no faster on a busy machine: they wait for each other
    held_out: int = 345  # sentences: 5 %
    pieces: int = 4400
    layers: int = 2
    hidden: int = 128
    heads: int = 2
    intermediate: int = 512
    embedding_std: float = 0.1  # of word embeddings at the start; 0.02 learns more slowly
    dropout: float = 0.1
    epochs: int = 4
    batch: int = 128
    peak_rate: float = 1e-3
    warm_up: float = 0.1  # share of the steps
    weight_decay: float = 0.01  # of matrices
    longest_gradient: float = 1.0
    averaging: float = 0.999  # of the moving average of the weights, which is what is kept
    left_out: float = 0.2  # share of pieces
    joined: float = 0.3  # share of phrases that another one is joined to
    teacher_share: float = 1.0  # of the loss of phrases that are not joined; the rest is the label's
    teacher_penalty: float = 10.0


def train(recipe: Recipe, minis: Path = MINIS) -> None:
    """Train, and write vocabulary, checkpoint and card into ``minis/tinybert``."""
    data = common.data_folder(TRAIN, DEV)
    corpus = _corpus()
    folder = minis / NAME
    started = time.monotonic()
    student = fit(recipe, folder)
    seconds = round(time.monotonic() - started, 1)
    print(f"{NAME}: trained in {seconds} s", flush=True)
    common.write_checkpoint(
        folder, student.network, student.architecture, LABELS, lower_case=student.lower_case
    )
    made = Card(
        model=NAME,
        description=DESCRIPTION,
        licence=LICENCE,
        trained_on=TrainedOn(
            dataset="sst2",
            file=student.phrases.path.name,
            rows=student.phrases.rows,
            rows_used=len(student.phrases.train),
            sha256=student.phrases.sha256,
        ),
        recipe=recipe,
        training=Training(seconds=seconds, steps=student.steps, threads=recipe.threads),
        held_out=HeldOut(correct=student.correct, samples=len(student.phrases.held_out)),
    )
    card.write(folder, made, _scores(minis, data / DEV, corpus))


def score_only(minis: Path = MINIS) -> None:
    """Score the checkpoint that is there, and put the scores into its card."""
    data = common.data_folder(DEV)
    card.rewrite_scores(minis / NAME, _scores(minis, data / DEV, _corpus()))


def _corpus() -> Path:
    path = MINIS / NAME / "corpus" / "dev.tsv"
    if not path.is_file():
        raise NotThere(f"{path}: no such file", remedy="restore the corpus written for this project")
    return path


def _scores(minis: Path, full: Path, mini: Path) -> Mapping[str, Score]:
    model = common.find_model(NAME)
    scores = {
        "full": common.score(model, full, minis, expected=DEV_ROWS),
        "mini": common.score(model, mini, minis, expected=None),
    }
    for score in scores.values():
        percent = 100 * score.correct / score.samples
        counted = f"{score.correct} of {score.samples} ({percent:.2f} %)"
        print(f"{NAME}: {score.file}: {counted}", flush=True)
    return scores


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Student:
    """What training leaves: the averaged network and what it was made from."""

    network: torch.nn.Module
    architecture: Architecture
    lower_case: bool
    phrases: Phrases
    steps: int
    correct: int  # of the held-out sentences


def fit(recipe: Recipe, folder: Path) -> Student:
    """Train as `recipe` says; writes only ``vocab.txt`` into `folder`."""
    model = common.find_model(NAME)
    parts = read_phrases(common.data_folder(TRAIN), held_out=recipe.held_out, seed=recipe.seed)
    lower_case = model.tokenizer.lower_case
    texts = [item.text for item in parts.train]
    pieces = train_vocabulary(texts, pieces=recipe.pieces, lower_case=lower_case)
    common.write_vocabulary(folder, pieces)
    tokenizer = common.read_tokenizer(folder, model)
    seen = classify.features(parts.train, tokenizer, model.length)
    unseen = classify.features(parts.held_out, tokenizer, model.length)
    common.make_reproducible(recipe.seed, recipe.threads)
    teacher = ngrams.fit(seen.ids, seen.labels, vocabulary=len(pieces), penalty=recipe.teacher_penalty)
    judged = int(((teacher.logits(unseen.ids) > 0) == unseen.labels).sum())
    print(f"{NAME}: teacher: held out {judged} of {len(unseen)}", flush=True)
    architecture = common.smaller_architecture(model, recipe, vocabulary=len(pieces))
    trainer = _trainer(recipe, model, architecture, len(seen))
    random = np.random.default_rng(recipe.seed)
    correct = 0
    for epoch in range(1, recipe.epochs + 1):
        loss = _epoch(recipe, trainer, teacher, seen.ids, seen.labels, random)
        correct = _correct(trainer.average, unseen.ids, unseen.labels)
        print(
            f"{NAME}: epoch {epoch} of {recipe.epochs}, step {trainer.steps}: loss {loss:.4f}, "
            f"held out {correct} of {len(unseen)} ({100 * correct / len(unseen):.2f} %)",
            flush=True,
        )
    return Student(
        network=trainer.average,
        architecture=architecture,
        lower_case=lower_case,
        phrases=parts,
        steps=trainer.steps,
        correct=correct,
    )


def _trainer(recipe: Recipe, model: Model, architecture: Architecture, samples: int) -> Trainer:
    network = common.untrained(architecture, model, embedding_std=recipe.embedding_std)
    schedule = Schedule(
        steps=recipe.epochs * -(-samples // recipe.batch),
        peak_rate=recipe.peak_rate,
        warm_up=recipe.warm_up,
        weight_decay=recipe.weight_decay,
        longest_gradient=recipe.longest_gradient,
        averaging=recipe.averaging,
    )
    return Trainer(network, schedule)


def _epoch(
    recipe: Recipe,
    trainer: Trainer,
    teacher: Teacher,
    ids: IntArray,
    labels: IntArray,
    random: np.random.Generator,
) -> float:
    """Every phrase once; the mean loss. Phrases are joined first, so that batches are of like length."""
    joined = random.random(len(ids)) < recipe.joined
    whole = phrases.joined(ids, ids[random.integers(len(ids), size=len(ids))], joined)
    losses: list[float] = []
    for batch in batches_by_length(phrases.lengths(whole), recipe.batch, random):
        shown = phrases.trimmed(phrases.thinned(phrases.trimmed(whole[batch]), recipe.left_out, random))
        odds = torch.from_numpy(teacher.logits(shown)).float()
        loss = _loss(
            recipe,
            common.logits(trainer.network, common.find_model(NAME), shown),
            odds,
            labels[batch],
            joined[batch],
        )
        trainer.step(loss)
        losses.append(loss.item())
        if trainer.steps % SPOKEN == 0:
            print(f"{NAME}: step {trainer.steps}: loss {np.mean(losses[-SPOKEN:]):.4f}", flush=True)
    return float(np.mean(losses))


def _loss(
    recipe: Recipe, logits: torch.Tensor, odds: torch.Tensor, labels: IntArray, joined: npt.NDArray[np.bool_]
) -> torch.Tensor:
    """Log loss against the teacher's probabilities, and against labels where a phrase has one."""
    found = logits[:, 1] - logits[:, 0]
    share = torch.where(torch.from_numpy(joined), 1.0, recipe.teacher_share)
    wanted = share * torch.sigmoid(odds) + (1 - share) * torch.from_numpy(labels).float()
    return torch.nn.functional.binary_cross_entropy_with_logits(found, wanted)


def _correct(network: torch.nn.Module, ids: IntArray, labels: IntArray) -> int:
    model = common.find_model(NAME)
    with torch.inference_mode():
        logits = torch.cat(
            [common.logits(network, model, part) for part in np.array_split(ids, -(-len(ids) // 64))]
        )
    return int((logits.argmax(dim=1).numpy() == labels).sum())
