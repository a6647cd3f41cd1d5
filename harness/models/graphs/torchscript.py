"""A PyTorch network to a traced TorchScript module, as the documents that trace do it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.decoding import Undecodable, json_value
from harness.domain.models import Architecture, InputRole, Model
from harness.errors import GraphError
from harness.models.graphs.export import PARITY_BOUND, TRACED_CONSTANTS, apart, example_inputs, run_torch

if TYPE_CHECKING:
    import torch

# What torch says on every trace, and why it is harmless here.
_EXPECTED_WARNINGS = (
    "Converting a tensor to a Python boolean",  # branches on shapes, which are fixed on purpose
    "`is_gradient_checkpointing` is deprecated",  # transformers, of an attribute that tracing asks for
    "`torch.jit",  # it prefers torch.export; the documents' toolchains read TorchScript
    *TRACED_CONSTANTS,
)


_CONTRACT = "contract.json"  # inside the module's file: TorchScript itself keeps no names

# (name, dtype, shape) of each input or output
_Tensors = list[tuple[str, str, tuple[int, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A module, and what went in and came out of it.

    `inputs` and `outputs` are in the model's order, with the table's names: TorchScript keeps none.
    """

    module: torch.jit.ScriptModule
    inputs: _Tensors
    outputs: _Tensors
    max_abs_difference: float = 0.0  # of its logits from the network's, where that was just traced


def trace(
    network: torch.nn.Module,
    model: Model,
    architecture: Architecture,
    *,
    batch_size: int,
    order: Sequence[InputRole],
) -> Traced:
    """Trace at a fixed batch ``[batch, length]``; the module takes its inputs by position, in `order`.

    The example inputs have the documented dtypes. Raises `GraphError` where the module differs from the
    network by more than `PARITY_BOUND` on a batch other than the one that was traced.
    """
    import torch

    batches = [
        example_inputs(model, vocabulary=architecture.vocabulary, batch_size=batch_size, seed=seed)
        for seed in (0, 1)
    ]
    names = {item.role: item.name for item in model.inputs}
    wrapped = _by_position(network, model, order)
    example = tuple(torch.from_numpy(batches[0][names[role]]) for role in order)
    with _expected_warnings(), torch.inference_mode():
        # Checked below, on another batch.
        module = torch.jit.trace(wrapped, example, check_trace=False)  # type: ignore[no-untyped-call]
        outputs = module(*(torch.from_numpy(batches[1][names[role]]) for role in order))
    ours = outputs if isinstance(outputs, tuple) else (outputs,)
    theirs = run_torch(network, model, batches[1])
    difference = apart([array.numpy() for array in ours], theirs)
    if not difference <= PARITY_BOUND:
        raise GraphError(
            f"{model.name}: the traced module differs from the network by {difference:g} in its outputs, "
            f"expected at most {PARITY_BOUND:g}"
        )
    return Traced(
        module=module,
        inputs=[(name, str(array.dtype), array.shape) for name, array in batches[1].items()],
        outputs=[
            (item.name, str(array.numpy().dtype), tuple(array.shape))
            for item, array in zip(model.outputs, ours, strict=True)
        ],
        max_abs_difference=difference,
    )


def save(traced: Traced, path: Path) -> None:
    """Write the module to `path`, with what went in and came out of it."""
    import torch

    said = json.dumps([traced.inputs, traced.outputs])
    with _expected_warnings():
        torch.jit.save(traced.module, path, _extra_files={_CONTRACT: said})


def load(path: Path) -> Traced:
    """What `save` wrote, on the CPU in eval mode; raises `GraphError` with what torch says."""
    import torch

    said = {_CONTRACT: ""}
    try:
        with _expected_warnings():
            module = torch.jit.load(path, map_location="cpu", _extra_files=said)  # type: ignore[no-untyped-call]
        inputs, outputs = (
            [(name, dtype, tuple(shape)) for name, dtype, shape in items]
            for items in json_value(said[_CONTRACT])
        )
    except (RuntimeError, Undecodable, TypeError, ValueError) as problem:
        raise GraphError(f"{path}: torch cannot load the module: {problem}") from problem
    return Traced(module=module.eval(), inputs=inputs, outputs=outputs)


@contextmanager
def _expected_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        for message in _EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        yield


def _by_position(network: torch.nn.Module, model: Model, order: Sequence[InputRole]) -> torch.nn.Module:
    """`network`, which takes the model's inputs, as a module that takes them in `order`."""
    import torch

    class Wrapped(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *arguments: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
            given = dict(zip(order, arguments, strict=True))
            outputs: torch.Tensor | tuple[torch.Tensor, ...] = self.network(
                *(given[item.role] for item in model.inputs)
            )
            return outputs

    return Wrapped().eval()
