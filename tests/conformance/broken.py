"""A small network in numpy, as it should be and with one fault each, for what must not matter to one.

It gives a logit a label and token: a token's own embedding, and attention to all that is not masked. A fault
is a function from inputs to outputs, as the network itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.conformance.metamorphic import Inputs, Probe
from harness.domain.models import InputRole, Output

Array = npt.NDArray[Any]
Network = Callable[[Inputs], list[Array]]

LENGTH, LABELS, VOCABULARY, BATCH = 12, 3, 50, 4
OUTPUT = Output(name="logits", dtype="float32", shape=("batch", "length", "labels"))

_GENERATOR = np.random.default_rng(7)
_IDS = _GENERATOR.normal(size=(VOCABULARY, LABELS))
_SEGMENTS = _GENERATOR.normal(size=(2, LABELS))
_POSITIONS = _GENERATOR.normal(size=(LENGTH, LABELS))


def probe(samples: int = 8) -> Probe:
    """Samples of two to ten tokens, of two texts each."""
    generator = np.random.default_rng(3)
    lengths = generator.integers(2, LENGTH - 1, samples)
    mask = (np.arange(LENGTH) < lengths[:, None]).astype(np.int64)
    ids = generator.integers(1, VOCABULARY, mask.shape) * mask
    segments = (np.arange(LENGTH) >= lengths[:, None] // 2).astype(np.int64) * mask
    return Probe(
        types=2,
        inputs={InputRole.IDS: ids, InputRole.SEGMENTS: segments, InputRole.MASK: mask},
        batch_size=BATCH, vocabulary=VOCABULARY, outputs=(OUTPUT,),
    )  # fmt: skip


def hidden(inputs: Inputs) -> Array:
    ids, segments = inputs[InputRole.IDS], inputs[InputRole.SEGMENTS]
    return _IDS[ids] + _SEGMENTS[segments] + _POSITIONS[: ids.shape[1]]


def attended(states: Array, mask: Array) -> list[Array]:
    weight = mask / np.maximum(mask.sum(axis=1, keepdims=True), 1)
    around = np.einsum("nl,nlk->nk", weight, states)
    return [(states + around[:, None]).astype(np.float32)]


def network(inputs: Inputs) -> list[Array]:
    """As it should be."""
    return attended(hidden(inputs), inputs[InputRole.MASK])


def normalised_by_the_batch(inputs: Inputs) -> list[Array]:
    """A mean over the batch where one over the sample belongs."""
    [outputs] = network(inputs)
    return [outputs - outputs.mean(axis=0, keepdims=True)]


def places_mixed_up(inputs: Inputs) -> list[Array]:
    """Each call gives its samples' outputs sorted by their first id: two of them change places."""
    [outputs] = network(inputs)
    return [outputs[np.argsort(inputs[InputRole.IDS][:, 0], kind="stable")]]


def padding_leaks(inputs: Inputs) -> list[Array]:
    """Ids of padding are attended to, too."""
    return attended(hidden(inputs), np.maximum(inputs[InputRole.MASK], 0.1))


def length_matters(inputs: Inputs) -> list[Array]:
    """Attention is divided by the padded length in place of the sample's."""
    states, mask = hidden(inputs), inputs[InputRole.MASK]
    around = np.einsum("nl,nlk->nk", mask / mask.shape[1], states)
    return [(states + around[:, None]).astype(np.float32)]


def mask_ignored(inputs: Inputs) -> list[Array]:
    """Every token is attended to."""
    return attended(hidden(inputs), np.ones_like(inputs[InputRole.MASK]))


def segments_ignored(inputs: Inputs) -> list[Array]:
    """All segments are the first."""
    changed = {**inputs, InputRole.SEGMENTS: np.zeros_like(inputs[InputRole.SEGMENTS])}
    return attended(hidden(changed), inputs[InputRole.MASK])


class Noisy:
    """Every call adds noise of its own, of `size`."""

    def __init__(self, size: float) -> None:
        self._generator = np.random.default_rng(0)
        self._size = size

    def __call__(self, inputs: Inputs) -> list[Array]:
        return [output + self._generator.normal(size=output.shape) * self._size for output in network(inputs)]


class StaleTail:
    """Where the last batch is not full, its outputs are still those of the batch before."""

    def __init__(self) -> None:
        self._last: list[Array] | None = None

    def __call__(self, inputs: Inputs) -> list[Array]:
        [outputs] = network(inputs)
        partial = len(outputs) % BATCH
        if partial and self._last is not None:
            outputs = np.concatenate([outputs[:-partial], self._last[0][:partial]])
        self._last = [outputs[-BATCH:]]
        return [outputs]
