"""What every mini's training loop needs: batches of like length, and steps whose weights are averaged."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

IntArray = npt.NDArray[np.int64]

POOL = 50  # batches that are drawn together, then divided by length


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How weights are changed: AdamW, with a rate that rises linearly, then falls linearly to 0."""

    steps: int
    peak_rate: float
    warm_up: float  # share of the steps
    weight_decay: float  # of matrices; vectors have none
    longest_gradient: float
    averaging: float  # what the moving average keeps of itself at each step

    def rate(self, step: int) -> float:
        """The share of `peak_rate` at `step`, from 0."""
        rising = max(1, round(self.warm_up * self.steps))
        return min((step + 1) / rising, (self.steps - step) / max(1, self.steps - rising))


class Trainer:
    """Changes `network` step by step; `average` is the moving average of its weights, in eval mode."""

    def __init__(self, network: torch.nn.Module, schedule: Schedule) -> None:
        self.network = network.train()
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.steps = 0
        self._schedule = schedule
        self._weights: list[torch.Tensor] = list(network.parameters())
        self._averages: list[torch.Tensor] = list(self.average.parameters())
        matrices = [weight for weight in self._weights if weight.ndim > 1]
        vectors = [weight for weight in self._weights if weight.ndim <= 1]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": schedule.weight_decay},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=schedule.peak_rate,
            fused=True,
        )
        self._rates = torch.optim.lr_scheduler.LambdaLR(self._optimizer, schedule.rate)

    def step(self, loss: torch.Tensor) -> None:
        """One step against the gradient of `loss`."""
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._weights, self._schedule.longest_gradient)
        self._optimizer.step()
        self._rates.step()
        self.steps += 1
        # At the start the average must not hold on to the weights that nothing has changed yet.
        kept = min(self._schedule.averaging, self.steps / (self.steps + 9))
        with torch.no_grad():
            torch._foreach_lerp_(self._averages, self._weights, 1 - kept)


def batches_by_length(lengths: IntArray, size: int, random: np.random.Generator) -> Iterator[IntArray]:
    """Every sample once, in random batches of samples of like length: padding costs time."""
    order = random.permutation(len(lengths))
    for start in range(0, len(order), size * POOL):
        pool = order[start : start + size * POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches = [pool[at : at + size] for at in range(0, len(pool), size)]
        for number in random.permutation(len(batches)):
            yield batches[number]
