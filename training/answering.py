"""The network of the question answerers while it is trained: how it begins, and its batches.

A small network learns only slowly by itself to match the words of a question with those of a passage. So
attention begins by looking for like pieces, positions begin as waves, and two more heads, thrown away
afterwards, are taught beside the answer: which pieces stand in the question, and which in the sentence that
answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from harness.domain.models import Architecture, Model, Protocol
from harness.models.networks import build_network
from harness.tasks.datasets.squad import QuestionExample
from harness.tasks.text import load_task
from harness.tasks.text.squad_windows import Features
from harness.tasks.text.wordpiece import WordPieceTokenizer

IntArray = npt.NDArray[np.int64]

LONGEST = 128  # pieces of a sample for training
PADDED = 6  # columns of padding that every batch has, so that padding is never an answer


# What the columns of a hidden state begin with; the widths are shares of 128 columns.
CONTENT, PLACE = 80, 40  # of the piece, of its position; the rest is of the segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How an untrained network is filled."""

    embedding_std: float
    matrix_std: float
    alike: float  # the score of a piece and one like it, where attention looks for those
    near: float  # the score of a piece and itself, where attention looks for what is near


class Taught(torch.nn.Module):
    """The network, and the two heads that only training has."""

    def __init__(self, network: torch.nn.Module, architecture: Architecture) -> None:
        super().__init__()
        self.network = network
        self.middle = architecture.layers - 1
        self.matched = torch.nn.Linear(architecture.hidden, 1)
        self.near = torch.nn.Linear(architecture.hidden, 1)

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of the answer, the mean of start and end, and that of what is taught beside it."""
        states = self.network.bert(  # type: ignore[operator]
            input_ids=batch.ids,
            attention_mask=batch.mask,
            token_type_ids=batch.segments,
            position_ids=batch.positions,
            output_hidden_states=True,
            return_dict=True,
        ).hidden_states
        logits = self.network.qa_outputs(states[-1])  # type: ignore[operator]
        entropy, binary = (
            torch.nn.functional.cross_entropy,
            torch.nn.functional.binary_cross_entropy_with_logits,
        )
        answer = entropy(logits[..., 0], batch.start) + entropy(logits[..., 1], batch.end)
        context = batch.segments.bool()
        beside = binary(self.matched(states[1])[..., 0][context], batch.matched[context])
        beside = beside + binary(self.near(states[self.middle])[..., 0][context], batch.near[context])
        return answer / 2, beside


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Tensors ``[n, width]``, but `start` and `end`, which are columns ``[n]``."""

    ids: torch.Tensor
    mask: torch.Tensor
    segments: torch.Tensor
    positions: torch.Tensor
    matched: torch.Tensor  # 1.0 where the piece stands in the question, too
    near: torch.Tensor  # 1.0 in the sentence of the answer
    start: torch.Tensor
    end: torch.Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Samples of one window each, with the columns where their answers begin and end."""

    ids: IntArray = field(repr=False)
    segments: IntArray = field(repr=False)
    start: IntArray
    end: IntArray


def rows(examples: Sequence[QuestionExample], model: Model, tokenizer: WordPieceTokenizer) -> Rows:
    """The windows that the model's own task makes of `examples`, without what needs more than one."""
    task = load_task(model)
    made: Features = task.prepare(examples, tokenizer, length=LONGEST, protocol=Protocol.DOCUMENTED)  # type: ignore[assignment]
    single = np.bincount(made.asked, minlength=len(examples))[made.asked] == 1
    spans = np.array([_span(example, made.tokenizer) for example in examples], np.int64)
    columns = spans[made.asked] + made.offset[:, None]
    return Rows(
        ids=made.ids[single], segments=made.segments[single], start=columns[single, 0], end=columns[single, 1]
    )


def _span(example: QuestionExample, tokenizer: WordPieceTokenizer) -> tuple[int, int]:
    """The first and the last context piece of the answer, which stands at word bounds."""
    answer = example.answers[0]
    before = len(tokenizer.ids(example.context[: answer.start]))
    return before, before + len(tokenizer.ids(answer.text)) - 1


def batch_of(
    rows: Rows, chosen: IntArray, full_stop: int, positions: int, random: np.random.Generator
) -> Batch:
    """Some of `rows`, padded to the longest and by `PADDED` columns from anywhere behind."""
    width = int((rows.ids[chosen] > 0).sum(axis=1).max())
    ids = np.zeros((len(chosen), width + PADDED), np.int64)
    segments = np.zeros_like(ids)
    ids[:, :width], segments[:, :width] = rows.ids[chosen, :width], rows.segments[chosen, :width]
    places = np.broadcast_to(np.arange(width + PADDED), ids.shape).copy()
    places[:, width:] = random.integers(width, positions, size=(len(chosen), PADDED))
    asked = np.where((segments == 0) & (ids > 0), ids, -1)
    matched = (ids[:, :, None] == asked[:, None, 1:]).any(axis=2)
    sentence = np.cumsum((ids == full_stop) & (segments == 1), axis=1)
    sentence -= (ids == full_stop) & (segments == 1)  # a full stop ends its sentence
    near = sentence == np.take_along_axis(sentence, rows.start[chosen, None], axis=1)
    return Batch(
        ids=torch.from_numpy(ids),
        mask=torch.from_numpy((ids > 0).astype(np.int64)),
        segments=torch.from_numpy(segments),
        positions=torch.from_numpy(places),
        matched=torch.from_numpy(matched).float(),
        near=torch.from_numpy(near).float(),
        start=torch.from_numpy(rows.start[chosen]),
        end=torch.from_numpy(rows.end[chosen]),
    )


def new_network(beginning: Beginning, model: Model, architecture: Architecture) -> torch.nn.Module:
    """An untrained network, half of whose heads in the lower layers look for like pieces or near ones.

    A piece that stands in the question, too, so sees the question's segment in the first layer.
    """
    network = build_network(architecture, model.inputs)
    heads, width = architecture.heads, architecture.hidden // architecture.heads
    content, place = slice(0, CONTENT), slice(CONTENT, CONTENT + PLACE)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "encoder" in name and weight.ndim > 1:
                weight.normal_(std=beginning.matrix_std)
        _fill_embeddings(network, beginning)
        for layer in range(architecture.layers):
            for head in range(heads // 2):
                rows = slice(head * width, (head + 1) * width)
                _look_for(network, layer, rows, place, beginning.near)
            if layer == 0:
                for head in range(heads // 2, heads):
                    rows = slice(head * width, (head + 1) * width)
                    _look_for(network, layer, rows, content, beginning.alike)
    return network


def _fill_embeddings(network: torch.nn.Module, beginning: Beginning) -> None:
    prefix = "bert.embeddings"
    words = network.get_parameter(f"{prefix}.word_embeddings.weight").zero_()
    words[1:, :CONTENT].normal_(std=beginning.embedding_std)  # 0 is padding
    places = network.get_parameter(f"{prefix}.position_embeddings.weight").zero_()
    height = beginning.embedding_std * 2**0.5
    places[:, CONTENT : CONTENT + PLACE] = height * waves(len(places), PLACE)
    segments = network.get_parameter(f"{prefix}.token_type_embeddings.weight").zero_()
    segments[0, CONTENT + PLACE :], segments[1, CONTENT + PLACE :] = height, -height


def _look_for(network: torch.nn.Module, layer: int, rows: slice, columns: slice, score: float) -> None:
    """Make a head score two states by how alike their `columns` are: `score` where those are the same."""
    prefix = f"bert.encoder.layer.{layer}.attention.self"
    query = network.get_parameter(f"{prefix}.query.weight")
    key = network.get_parameter(f"{prefix}.key.weight")
    width, seen = rows.stop - rows.start, columns.stop - columns.start
    query[rows] = 0.0
    query[rows, columns] = torch.randn(width, seen) * (score / (seen * width**0.5)) ** 0.5
    key[rows] = query[rows]


def waves(positions: int, width: int) -> torch.Tensor:
    """Sines and cosines ``[positions, width]`` of wave lengths from 6 to 300 places."""
    lengths = 6 * (300 / 6) ** torch.linspace(0, 1, width // 2)
    angles = 2 * torch.pi * torch.arange(positions)[:, None] / lengths
    return torch.cat([angles.sin(), angles.cos()], dim=1)
