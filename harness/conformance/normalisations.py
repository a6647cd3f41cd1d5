"""What a LayerNorm that is spelt out in small operators would come to in fp16, by a network's own values.

Below opset 17 a graph has no LayerNormalization, but ``(x - mean) / sqrt(mean((x - mean)^2) + epsilon)`` as
seven operators, and a chip that rounds each of them to fp16 has to hold the square: above 65504 it is
infinite, and the quotient 0 for the whole row. A variance that rounds to 0 is divided by, unless epsilon
holds it up; 1e-12, BERT's, is 0 in fp16 itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]

_OWN_EPSILON = "variance_epsilon"  # of DeBERTa's own LayerNorm, which is none of torch's
HIGHEST = float(np.finfo(np.float16).max)
# Modules of transformers' that normalise a layer's values, the longest first, and the words of bisecting.
_PARTS = (
    ("attention.output.LayerNorm", "attention LayerNorm"),
    ("output.LayerNorm", "output LayerNorm"),
    ("sa_layer_norm", "attention LayerNorm"),
    ("output_layer_norm", "output LayerNorm"),
    ("attn_norm", "attention LayerNorm"),
    ("mlp_norm", "intermediate LayerNorm"),
)
# ALBERT's, which each layer calls.
_SHARED = (("attention.LayerNorm", "attention LayerNorm"), ("full_layer_layer_norm", "output LayerNorm"))
_LAYER = re.compile(r"(?:encoder\.layer|transformer\.layer|model\.layers)\.(?P<layer>\d+)\.(?P<rest>.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """One LayerNorm of a network over some samples: what its small operators have to hold.

    `at` and `least_at` are a sample and a position. The largest is of positions without padding: a row that
    is lost in the padding is masked. A division by 0 is looked for everywhere: what is not a number comes
    through a mask.
    """

    place: str  # in words
    epsilon: float
    largest_square: float  # of ``x - mean``
    at: tuple[int, int]
    overflowing: int  # rows whose square or its mean fp16 turns into infinity
    least_variance: float
    least_at: tuple[int, int]
    dividing_by_zero: int  # rows whose variance and epsilon together are 0 in fp16

    @property
    def epsilon_lost(self) -> bool:
        """Whether fp16 rounds epsilon to 0."""
        return self.epsilon > 0 and float(np.float16(self.epsilon)) == 0

    @property
    def held(self) -> bool:
        """Whether fp16 holds every value of its small operators."""
        return not (self.overflowing or self.dividing_by_zero)

    def __str__(self) -> str:
        """What fp16 does not hold, or the largest that it does."""
        if self.overflowing:
            return (
                f"the square in the {self.place} reaches {self.largest_square:.6g} (sample {self.at[0]}, "
                f"position {self.at[1]}), and fp16 ends at {HIGHEST:g}"
            )
        if self.dividing_by_zero:
            lost = f"both that and its epsilon of {self.epsilon:g}" if self.epsilon_lost else "that"
            return (
                f"the variance in the {self.place} goes down to {self.least_variance:.3g} (sample "
                f"{self.least_at[0]}, position {self.least_at[1]}); fp16 makes 0 of {lost}, and divides by it"
            )
        return f"the largest square in a LayerNorm is {self.largest_square:.4g} ({self.place})"


@contextmanager
def observed(network: torch.nn.Module, mask: Array) -> Iterator[list[Normalised]]:
    """Watch every LayerNorm of `network` while it runs ``[n, length]`` samples with that `mask`.

    The list fills as they run, in the order in which they do. They read what they would read anyway, in fp32.
    One whose values are no sample's, as that of DeBERTa's relative positions, is a constant in a graph and is
    left out.
    """
    import torch

    found: list[Normalised] = []
    hooks = [
        module.register_forward_pre_hook(_watcher(name, mask, found))
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.LayerNorm) or hasattr(module, _OWN_EPSILON)
    ]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _watcher(name: str, mask: Array, found: list[Normalised]) -> Any:
    def watch(module: Any, arguments: tuple[torch.Tensor, ...]) -> None:
        [x] = arguments
        seen = mask
        if x.dim() == 2 and len(x) == len(mask):  # behind a pooler: a row a sample
            x, seen = x[:, None], np.ones((len(x), 1), mask.dtype)
        if x.shape[:-1] == seen.shape:
            epsilon = float(getattr(module, _OWN_EPSILON, getattr(module, "eps", 0.0)))
            found.append(_normalised(_place(name, found), epsilon, x, seen))

    return watch


def _normalised(place: str, epsilon: float, x: torch.Tensor, mask: Array) -> Normalised:
    """One call of one LayerNorm; `x` is ``[n, length, hidden]``, fp32."""
    square = (x - x.mean(-1, keepdim=True)) ** 2
    largest = square.amax(-1).numpy()
    variance = square.mean(-1).numpy()
    in_fp16 = square.half().float().mean(-1).half()  # sums in fp32, as the stand-in's operators have them
    with np.errstate(over="ignore"):
        divisor = (in_fp16.numpy().astype(np.float32) + np.float32(np.float16(epsilon))).astype(np.float16)
    counted = mask.astype(bool)
    at = _where(np.where(counted, largest, -1.0).argmax(), mask)
    least_at = _where(variance.argmin(), mask)
    infinite = np.isinf(divisor)
    return Normalised(
        place=place,
        epsilon=epsilon,
        largest_square=float(largest[at]),
        at=at,
        overflowing=int((infinite & counted).sum()),
        least_variance=float(variance[least_at]),
        least_at=least_at,
        dividing_by_zero=int((divisor == 0).sum()),
    )


def _where(flat: np.intp, mask: Array) -> tuple[int, int]:
    sample, position = np.unravel_index(flat, mask.shape)
    return int(sample), int(position)


def _place(name: str, before: Sequence[Normalised]) -> str:
    """A module of transformers' in the words that bisecting has for it; another by its path.

    A module that layers share is of the layer that comes behind those `before`.
    """
    inside = _LAYER.search(name)
    for end, part in _PARTS if inside else ():
        if inside and inside["rest"] == end:
            return f"{part} of encoder layer {inside['layer']}"
    for end, part in _SHARED if "albert_layers." in name else ():
        if name.endswith(end):
            return f"{part} of encoder layer {sum(item.place.startswith(part) for item in before)}"
    return "LayerNorm of the embeddings" if name.endswith("embeddings.LayerNorm") else f"LayerNorm {name}"


def lost(found: Sequence[Normalised]) -> list[Normalised]:
    """Those of which fp16 does not hold a value, in the order in which they run."""
    return [item for item in found if not item.held]
