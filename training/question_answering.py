"""How the minis that answer questions are trained, from nothing, on generated passages.

There is no training split of SQuAD at hand, so what they learn is to match a question with a statement whose
words are invented. The real questions are of another kind: the scores on them are low, and are stated as they
are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from harness.domain.models import Architecture, Model
from harness.setting.home import MINIS
from harness.tasks.datasets.squad import QuestionExample
from harness.tasks.text.wordpiece import WordPieceTokenizer
from training import answer_scores, answering, card, common, question_corpus, squad_generator
from training.answer_scores import QuestionScore
from training.answering import Beginning, Taught
from training.card import Card, Training
from training.loop import Schedule, Trainer, batches_by_length
from training.vocabulary import train_vocabulary

LABELS = ("start", "end")
DEV = "squad/dev-v1.1.json"
DEV_ROWS = 10570
SIGNS = tuple(map(chr, range(33, 127)))  # so that any word of English can be spelled
SPOKEN = 100  # steps between two lines of progress

DESCRIPTION = (
    "A small BERT with the documented head, inputs and length, trained from nothing for zoocheck on "
    "generated passages. It makes the whole way run without a download; its score says nothing about the "
    "documented checkpoint."
)
LICENCE = (
    "Trained on nothing but text that this project generates (training/squad_generator.py). The weights are "
    "released under Apache-2.0."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the bytes of the result, beside the versions of libraries."""

    seed: int
    pieces: int
    layers: int
    threads: int = 1
    vocabulary_passages: int = 8000
    rounds: int = 7
    short_rounds: int = 3  # the first ones, with two sentences a passage
    passages: int = 2000  # of a round, each shown once
    held_out: int = 60  # passages, which the corpus holds
    hidden: int = 128
    heads: int = 4
    intermediate: int = 256
    embedding_std: float = 0.1
    matrix_std: float = 0.06  # 0.02, as in a wide BERT, learns more slowly
    alike: float = 8.0
    near: float = 5.0
    batch: int = 32
    peak_rate: float = 1.5e-3
    warm_up: float = 0.05  # share of the steps
    weight_decay: float = 0.01  # of matrices
    longest_gradient: float = 1.0
    averaging: float = 0.995  # of the moving average of the weights, which is what is kept
    beside: float = 0.5  # weight of what is taught beside the answer

    @property
    def held_out_seed(self) -> int:
        """The seed of the passages that are never trained on."""
        return 2 * 10**6 + self.seed

    def round_seed(self, number: int) -> int:
        """The seed of the passages of one round."""
        return 1000 * self.seed + number

    def questions(self, number: int) -> list[QuestionExample]:
        """What one round shows."""
        most = 2 if number < self.short_rounds else squad_generator.MOST_FACTS
        return squad_generator.generate(
            self.passages, self.round_seed(number), held_out=False, most_facts=most
        )

    def vocabulary_questions(self) -> list[QuestionExample]:
        """What the pieces of the vocabulary are counted in."""
        return squad_generator.generate(self.vocabulary_passages, self.seed, held_out=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """The only text that a mini has seen, and how to make it again."""

    dataset: str = "generated"
    module: str = "training.squad_generator"
    passages: int
    rows: int  # questions
    seeds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """The generated questions that were not trained on; their names occur in no passage of training."""

    file: str
    passages: int
    seed: int
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Student:
    """What training leaves: the averaged network and what it was made from."""

    network: torch.nn.Module
    architecture: Architecture
    steps: int
    rows: int


def train(name: str, recipe: Recipe, minis: Path = MINIS) -> None:
    """Train, and write vocabulary, checkpoint, held-out questions and card into ``minis/name``."""
    common.data_folder(DEV)
    folder = minis / name
    held_out = squad_generator.generate(recipe.held_out, recipe.held_out_seed, held_out=True)
    corpus = question_corpus.merged(name, held_out, recipe.held_out_seed)
    started = time.monotonic()
    student = fit(name, recipe, folder)
    seconds = round(time.monotonic() - started, 1)
    print(f"{name}: trained in {seconds} s", flush=True)
    common.write_checkpoint(folder, student.network, student.architecture, LABELS, lower_case=False)
    path = question_corpus.path_in(minis, name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(corpus, encoding="utf-8")
    made = Card(
        model=name,
        description=DESCRIPTION,
        licence=LICENCE,
        trained_on=Generated(
            passages=recipe.rounds * recipe.passages,
            rows=student.rows,
            seeds=f"{recipe.round_seed(0)} to {recipe.round_seed(recipe.rounds - 1)}",
        ),
        recipe=recipe,
        training=Training(seconds=seconds, steps=student.steps, threads=recipe.threads),
        held_out=HeldOut(
            file=f"corpus/{path.name}",
            passages=recipe.held_out,
            seed=recipe.held_out_seed,
            samples=len(held_out),
        ),
    )
    card.write(folder, made, {})  # so that it can be scored again, should scoring be cut short
    score_only(name, minis)


def score_only(name: str, minis: Path = MINIS) -> None:
    """Score the checkpoint that is there, and put the scores into its card."""
    full = common.data_folder(DEV) / DEV
    corpus = question_corpus.path_in(minis, name)
    model = common.find_model(name)
    scores: dict[str, QuestionScore] = {}
    for part, ids in {**question_corpus.parts(corpus), "mini": None, "full": None}.items():
        path, expected = (full, DEV_ROWS) if part == "full" else (corpus, None)
        scores[part] = found = answer_scores.score(model, path, minis, expected=expected, ids=ids)
        card.rewrite_scores(minis / name, scores)  # after each: the last one takes minutes
        counted = f"exact {found.documented.exact} of {found.documented.samples}"
        print(f"{name}: {part}: {counted}, F1 {found.documented.f1_percent:.2f} %", flush=True)


def fit(name: str, recipe: Recipe, folder: Path) -> Student:
    """Train as `recipe` says; writes only ``vocab.txt`` into `folder`."""
    model = common.find_model(name)
    common.write_vocabulary(folder, vocabulary(recipe))
    tokenizer = common.read_tokenizer(folder, model)
    common.make_reproducible(recipe.seed, recipe.threads)
    architecture = _architecture(recipe, model, len(tokenizer.vocabulary.index))
    beginning = Beginning(
        embedding_std=recipe.embedding_std,
        matrix_std=recipe.matrix_std,
        alike=recipe.alike,
        near=recipe.near,
    )
    taught = Taught(answering.new_network(beginning, model, architecture), architecture)
    made = [recipe.questions(number) for number in range(recipe.rounds)]
    rounds = [answering.rows(examples, model, tokenizer) for examples in made]
    steps = sum(-(-len(data.ids) // recipe.batch) for data in rounds)
    trainer = Trainer(taught, _schedule(recipe, steps))
    random = np.random.default_rng(recipe.seed)
    for number, data in enumerate(rounds, 1):
        loss = _round(recipe, model, tokenizer, trainer, data, random)
        print(f"{name}: round {number}, step {trainer.steps} of {steps}: loss {loss:.4f}", flush=True)
    network: torch.nn.Module = trainer.average.network  # type: ignore[assignment]
    return Student(
        network=network,
        architecture=architecture,
        steps=trainer.steps,
        rows=sum(len(data.ids) for data in rounds),
    )


def vocabulary(recipe: Recipe) -> tuple[str, ...]:
    """The pieces of generated text; every sign of ASCII is one, so that any word can be spelled."""
    texts = [text for item in recipe.vocabulary_questions() for text in (item.context, item.question)]
    spelled = [sign for sign in SIGNS for _ in range(2)]
    letters = "".join(sign for sign in SIGNS if sign.isalnum())
    return train_vocabulary(
        [*texts, *spelled, letters, letters[::-1]], pieces=recipe.pieces, lower_case=False
    )


def _round(
    recipe: Recipe,
    model: Model,
    tokenizer: WordPieceTokenizer,
    trainer: Trainer,
    data: answering.Rows,
    random: np.random.Generator,
) -> float:
    """Every question of a round once; the mean loss of the answers."""
    full_stop = tokenizer.vocabulary.index["."]
    losses: list[tuple[float, float]] = []
    for chosen in batches_by_length((data.ids > 0).sum(axis=1), recipe.batch, random):
        batch = answering.batch_of(data, chosen, full_stop, model.length, random)
        answer, beside = trainer.network(batch)
        trainer.step(answer + recipe.beside * beside)
        losses.append((answer.item(), beside.item()))
        if trainer.steps % SPOKEN == 0:
            main, taught = np.mean(losses[-SPOKEN:], axis=0)
            print(
                f"{model.name}: step {trainer.steps}: loss {main:.4f}, taught beside it {taught:.4f}",
                flush=True,
            )
    return float(np.mean(losses, axis=0)[0])


def _schedule(recipe: Recipe, steps: int) -> Schedule:
    return Schedule(
        steps=steps,
        peak_rate=recipe.peak_rate,
        warm_up=recipe.warm_up,
        weight_decay=recipe.weight_decay,
        longest_gradient=recipe.longest_gradient,
        averaging=recipe.averaging,
    )


def _architecture(recipe: Recipe, model: Model, pieces: int) -> Architecture:
    """The documented head on a smaller encoder."""
    return replace(
        model.architecture,
        layers=recipe.layers,
        hidden=recipe.hidden,
        heads=recipe.heads,
        intermediate=recipe.intermediate,
        vocabulary=pieces,
        positions=model.length,
        dropout=0.0,
    )
