"""A torch network on a GPU: fused attention, one static batch, a CUDA graph, events around each call.

What only CUDA has is in `Cuda`, one small method a thing, so that the rest runs on torch's CPU in tests.
"""

from __future__ import annotations

import importlib.util
import statistics
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from harness.domain.families import Family
from harness.domain.models import Architecture, Input, InputRole
from harness.domain.precisions import Precision
from harness.errors import GraphError, MachineError, ZoocheckError
from harness.models.networks import build_network

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

Step = Callable[[], object]
WARM_UP_CALLS = 3  # before a capture: kernels are chosen and libraries get their workspaces
SETTLED_CALLS = 5  # the first calls are left out of what a session tells


class Device(Protocol):
    """Where a network runs."""

    @property
    def place(self) -> torch.device:
        """As torch names it."""

    def host(self, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor of the same shape and dtype on the host, from which copies are fast."""

    def capture(self, call: Step) -> Step:
        """What repeats `call`, which has been warmed up, with the least work of the host's."""

    def timed(self, steps: Sequence[Step]) -> list[float]:
        """Do the steps one after the other, wait for the last; milliseconds of each by the device's clock."""

    def peak_bytes(self) -> int | None:
        """The most memory that tensors have taken on it; None where nobody counts."""


class Cuda:
    """Card number `index` of this process."""

    def __init__(self, index: int) -> None:
        import torch

        self.place = torch.device("cuda", index)
        torch.cuda.set_device(self.place)
        torch.cuda.reset_peak_memory_stats(self.place)

    def host(self, tensor: torch.Tensor) -> torch.Tensor:
        """Pinned, so that the copy is asynchronous."""
        import torch

        return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)

    def capture(self, call: Step) -> Step:
        """A CUDA graph: one launch a call. Warmed up on a side stream, as torch's notes on them ask."""
        import torch

        side = torch.cuda.Stream(self.place)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(self.place))
        with torch.cuda.stream(side):
            for _ in range(WARM_UP_CALLS):
                call()
        torch.cuda.current_stream(self.place).wait_stream(side)
        torch.cuda.synchronize(self.place)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            call()
        return graph.replay

    def timed(self, steps: Sequence[Step]) -> list[float]:
        """By CUDA events on the current stream, one between two steps."""
        import torch

        marks: list[Any] = [
            torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
            for _ in range(len(steps) + 1)
        ]
        marks[0].record()
        for mark, step in zip(marks[1:], steps, strict=True):
            step()
            mark.record()
        marks[-1].synchronize()
        return [float(first.elapsed_time(second)) for first, second in pairwise(marks)]

    def peak_bytes(self) -> int | None:
        """As torch's allocator counts; CUDA's own context is not in it."""
        import torch

        return int(torch.cuda.max_memory_allocated(self.place))


def dtype_of(precision: Precision) -> torch.dtype:
    """What weights and activations are held in; tf32 is fp32 outside its products. `KeyError` for int8."""
    import torch

    return {
        Precision.FP32: torch.float32, Precision.TF32: torch.float32,
        Precision.FP16: torch.float16, Precision.BF16: torch.bfloat16,
    }[precision]  # fmt: skip


# Families whose attention is not fused: DeBERTa's scores are more than a product, and one mask for all layers
# would let those of ModernBERT that look at what is near look at everything.
UNFUSED = (Family.DEBERTA, Family.DEBERTA_V2, Family.MODERNBERT)


@contextmanager
def products_in(precision: Precision) -> Iterator[None]:
    """fp32 products in fp32, and in TF32 only where that is the precision; as it was, afterwards."""
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if precision is Precision.TF32 else "highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def fused(architecture: Architecture, inputs: Sequence[Input], precision: Precision) -> torch.nn.Module:
    """The network with scaled-dot-product attention, in `precision`'s dtype, its outputs in float32.

    It makes the attention's mask itself, ``[batch, 1, length, length]`` with the lowest value of the dtype
    where a key is padding, as the eager form has it: transformers would look into the mask and leave it out
    where nothing is padded, which a captured graph would then do for every batch. The families of `UNFUSED`
    keep the eager form. Weights alone are of that dtype: rotary angles stay in float32.
    """
    import torch

    dtype = dtype_of(precision)
    at = [item.role for item in inputs].index(InputRole.MASK)
    eager = architecture.family in UNFUSED

    class Fused(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = build_network(architecture, inputs, attention="eager" if eager else "sdpa")
            for parameter in self.network.parameters():
                parameter.data = parameter.data.to(dtype)

        def forward(self, *arguments: torch.Tensor) -> tuple[torch.Tensor, ...]:
            mask = arguments[at]
            batch, length = mask.shape
            hidden = (1 - mask).to(dtype) * torch.finfo(dtype).min
            wide = hidden[:, None, None, :].expand(batch, 1, length, length)
            outputs = self.network(*arguments[:at], mask if eager else wide, *arguments[at + 1 :])
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            return tuple(output.float() for output in outputs)

    return Fused().eval()


class Static:
    """A network bound to one batch: buffers that stay, a call that is captured once.

    `name` begins the messages; without `compiled` it is compiled on a GPU alone. Raises `MachineError` where
    the device's memory is short or the device fails, `GraphError` for what else torch says.
    """

    def __init__(
        self,
        name: str,
        module: torch.nn.Module,
        device: Device,
        inputs: Sequence[torch.Tensor],
        precision: Precision,
        *,
        compiled: bool | None = None,
    ) -> None:
        self._name = name
        self._device = device
        self._spent: list[list[float]] = []
        with self._refusals("prepare"), products_in(precision), _quiet():
            module = module.to(device.place)
            self._inputs = [tensor.to(device.place) for tensor in inputs]
            wanted = device.place.type == "cuda" if compiled is None else compiled
            call, self.mode = self._compiled(module) if wanted else (module, "eager")
            self._outputs: list[torch.Tensor] = []
            self._replay = device.capture(lambda: self._keep(call))
            self._module = call  # a captured graph reads its weights
            self._from = [device.host(tensor) for tensor in self._inputs]
            self._to = [device.host(tensor) for tensor in self._outputs]

    def _compiled(self, module: torch.nn.Module) -> tuple[Callable[..., Any], str]:
        """Compiled where torch can; else as it is, and why."""
        import torch

        if self._device.place.type == "cuda" and importlib.util.find_spec("triton") is None:
            return module, "eager: no triton for torch.compile"
        torch.compiler.reset()  # after eight recompilations of one function dynamo gives up
        call = torch.compile(module, dynamic=False)
        try:
            with torch.inference_mode():
                call(*self._inputs)
        except torch.OutOfMemoryError:
            raise
        except Exception as problem:  # dynamo's and inductor's errors have no common base
            first = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
            return module, f"eager: torch.compile: {first}"
        return call, "torch.compile"

    def _keep(self, call: Callable[..., Any]) -> None:
        import torch

        with torch.inference_mode():
            self._outputs = list(call(*self._inputs))

    def run(self, arrays: Sequence[npt.NDArray[np.integer]]) -> list[npt.NDArray[np.float32]]:
        """One batch: copied up, computed, copied down; milliseconds of each are kept."""
        import torch

        with self._refusals("run"), torch.inference_mode():
            for host, array in zip(self._from, arrays, strict=True):
                host.copy_(torch.from_numpy(array))
            self._spent.append(self._device.timed([self._up, self._replay, self._down]))
            return [host.numpy().copy() for host in self._to]

    def computed_ms(self, calls: int) -> list[float]:
        """Milliseconds of the computing alone, of `calls` calls on what was last copied up."""
        with self._refusals("run"):
            return [self._device.timed([self._replay])[0] for _ in range(calls)]

    def _up(self) -> None:
        for tensor, host in zip(self._inputs, self._from, strict=True):
            tensor.copy_(host, non_blocking=True)

    def _down(self) -> None:
        for host, tensor in zip(self._to, self._outputs, strict=True):
            host.copy_(tensor, non_blocking=True)

    def told(self) -> dict[str, Any]:
        """How it runs, and the medians of what its calls took by the device's clock."""
        settled = self._spent[SETTLED_CALLS:] or self._spent
        medians = [statistics.median(column) for column in zip(*settled, strict=True)]
        named = dict(zip(("copy_in_ms", "compute_ms", "copy_out_ms"), medians, strict=False))
        told: dict[str, Any] = {"mode": self.mode, "attention": "sdpa", "calls": len(self._spent)}
        peak = self._device.peak_bytes()
        return {**told, **named, **({} if peak is None else {"peak_device_bytes": peak})}

    @contextmanager
    def _refusals(self, doing: str) -> Iterator[None]:
        import torch

        try:
            yield
        except torch.OutOfMemoryError as problem:
            remedy = "choose a smaller --bs, or end other processes on the card"
            raise MachineError(
                f"{self._name}: too little device memory to {doing}: {problem}", remedy=remedy
            ) from problem
        except RuntimeError as problem:
            raise _refusal(self._name, doing, problem) from problem


def _refusal(name: str, doing: str, problem: RuntimeError) -> ZoocheckError:
    said = str(problem).strip()
    if "CUDA error" in said or "cuda runtime error" in said:
        return MachineError(f"{name}: the GPU failed to {doing}: {said}")
    return GraphError(f"{name}: torch cannot {doing} the network: {said}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Compilers warn of what they chose (TF32 left off, too little to tune on): no fault of a case."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
