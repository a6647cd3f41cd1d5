"""A traced TorchScript module run by torch on one thread, for imitations of tools that take one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import kit
import networks
import numpy as np

if TYPE_CHECKING:
    import torch


class Traced(networks.Network):
    """A module by its file or its bytes; takes its inputs by position."""

    @cached_property
    def module(self) -> torch.jit.ScriptModule:
        """Loaded where something is to be computed."""
        import torch

        torch.set_num_threads(1)
        return torch.jit.load(io.BytesIO(self.content), map_location="cpu").eval()

    def compute(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One batch through the module."""
        import torch

        with torch.inference_mode():
            outputs = self.module(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        return [output.numpy() for output in outputs]


class Queue:
    """Where an SDK's outputs come from; the place where samples change places if it was told so.

    A batch is changed as `kit.changed` does; of one sample each, every call gives the outputs of the call
    before it, as a queue does that is read too early.
    """

    def __init__(self, tool: str) -> None:
        self.tool = tool
        self.before: list[np.ndarray] | None = None

    def through(self, outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """``[batch, ...]`` in, what comes out."""
        late = kit.fault(self.tool) == "swapped-samples" and len(outputs[0]) == 1
        found = self.before if late and self.before is not None else list(outputs)
        self.before = list(outputs)
        return kit.changed(self.tool, found)
