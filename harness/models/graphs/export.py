"""A PyTorch network to a simplified, checked ONNX graph with the documented inputs."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx

from harness.domain.families import opset_fault
from harness.domain.models import Architecture, Model
from harness.errors import GraphError
from harness.models.graphs import products, sessions, values

if TYPE_CHECKING:
    import torch

# What fp32 arithmetic in another order may differ by, in logits. BERT's logits are of order 1 to 10;
# 24 layers of fp32 sums keep them within about 1e-5 (measured; the difference found is recorded).
PARITY_BOUND = 1e-3

# What torch says of DeBERTa whenever it is traced: numbers that follow from sizes, which stay as they are.
TRACED_CONSTANTS = (
    "torch.tensor results are registered as constants in the trace",
    "To copy construct from a tensor, it is recommended to use sourceTensor",
)
# What torch and transformers say on every export, and why it is harmless here.
_EXPECTED_WARNINGS = (
    "You are using the legacy TorchScript-based ONNX export",  # on purpose: see `export`
    "The feature will be removed",  # the same announcement, deeper down
    "Converting a tensor to a Python boolean",  # branches on shapes, which are fixed on purpose
    "Exporting aten::index operator of advanced indexing",  # constant-folded away by onnxsim
    *TRACED_CONSTANTS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A graph, and its largest absolute difference in logits from torch on one seeded batch."""

    graph: onnx.ModelProto
    max_abs_difference: float
    told: tuple[str, ...] = ()  # what was done to a graph that is a model as it is, in words


def example_inputs(
    model: Model, *, vocabulary: int, batch_size: int, seed: int = 0
) -> dict[str, npt.NDArray[np.integer]]:
    """A seeded batch by input name, shape ``[batch, length]`` in the documented dtypes.

    Samples have different lengths, so that the mask matters; behind them are the padding id, which no token
    of theirs is, and zeros.
    """
    generator = np.random.default_rng(seed)
    shape = (batch_size, model.tokens)
    lengths = generator.integers(2, model.tokens + 1, batch_size)
    mask = (np.arange(model.tokens) < lengths[:, None]).astype(np.int64)
    padding = model.encoder.padding
    drawn = generator.integers(0, vocabulary - 1, shape)
    ids = np.where(mask == 1, drawn + (drawn >= padding), padding)
    segments = generator.integers(0, max(1, min(2, model.encoder.types)), shape) * mask
    by_role = {"ids": ids, "segments": segments, "mask": mask}
    return {item.name: by_role[item.role].astype(item.dtype) for item in model.inputs}


def run_torch(
    network: torch.nn.Module, model: Model, inputs: Mapping[str, npt.NDArray[np.integer]]
) -> list[npt.NDArray[np.float32]]:
    """The network's outputs on `inputs`, fp32, without gradients."""
    import torch

    with torch.inference_mode():
        arguments = [torch.from_numpy(inputs[item.name].astype(np.int64)) for item in model.inputs]
        outputs = network(*arguments)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return [output.numpy() for output in outputs]


def apart(ours: Sequence[npt.NDArray[Any]], theirs: Sequence[npt.NDArray[Any]]) -> float:
    """The largest absolute difference between two lists of outputs; NaN where any of them has one."""
    # numpy's maximum: to Python's, a NaN behind a number is no larger.
    return float(np.max([np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)]))


def export(
    network: torch.nn.Module,
    model: Model,
    architecture: Architecture,
    *,
    batch_size: int,
    opset: int,
    dynamic_batch: bool = False,
) -> Exported:
    """Export at a fixed batch, simplify, check, and compare with torch on a seeded batch.

    With `dynamic_batch` the graph takes any batch and is left as exported, for a compiler that is told the
    batch: ascend-spanbert does so.

    The exporter is TorchScript-based, as the documents' own scripts are: the newer one starts at
    opset 18, and the documents export at 11. Raises `GraphError` for an opset that the family cannot have,
    where the result is not valid, or differs from torch by more than `PARITY_BOUND`.
    """
    _require_opset(model, opset, any_shape=dynamic_batch)
    inputs = example_inputs(model, vocabulary=architecture.vocabulary, batch_size=batch_size)
    names = [*(item.name for item in model.inputs), *(item.name for item in model.outputs)]
    axes = {name: {0: "batch"} for name in names} if dynamic_batch else {}
    raw = _trace(network, model, inputs, opset, axes)
    graph = raw if dynamic_batch else _simplified(raw, model)
    return _checked(graph, network, model, [inputs], opset)


def export_any_shape(
    network: torch.nn.Module, model: Model, architecture: Architecture, *, opset: int
) -> Exported:
    """As `export`, with batch and length open, and the same operators in the place of the same layers.

    Compared with torch on two seeded batches, of the documented length and of a short one. Raises as
    `export` does.
    """
    _require_opset(model, opset, any_shape=True)
    long = example_inputs(model, vocabulary=architecture.vocabulary, batch_size=2)
    some = example_inputs(model, vocabulary=architecture.vocabulary, batch_size=3, seed=1)
    short = {name: np.ascontiguousarray(array[:, : model.tokens // 3 + 2]) for name, array in some.items()}
    axes = {item.name: {0: "batch", 1: "length"} for item in model.inputs}
    for item in model.outputs:
        axes[item.name] = {at: str(size) for at, size in enumerate(item.shape) if size in ("batch", "length")}
    graph = products.as_gemm(_simplified(_trace(network, model, long, opset, axes), model))
    return _checked(graph, network, model, [long, short], opset)


def _require_opset(model: Model, opset: int, *, any_shape: bool) -> None:
    expected = opset_fault(model.encoder.family, opset, any_shape=any_shape)
    if expected:
        raise GraphError(f"{model.name}: opset {opset}: expected {expected}")


def _simplified(raw: onnx.ModelProto, model: Model) -> onnx.ModelProto:
    """The graph with fewer nodes; that it is valid and computes the same is what `_checked` finds out.

    onnxsim's own check is not asked for: it feeds numbers below 1, which make every id and the mask 0, and
    takes three times as long as the comparison with torch (bert-squad at batch 8: 125 s and 41 s).
    """
    import onnxsim

    values.require_one_file(raw, model.name)
    try:
        graph: onnx.ModelProto = onnxsim.simplify(raw, check_n=0)[0]
    except RuntimeError as problem:
        raise GraphError(f"{model.name}: onnxsim cannot simplify the exported graph: {problem}") from problem
    return graph


def _checked(
    graph: onnx.ModelProto,
    network: torch.nn.Module,
    model: Model,
    batches: Sequence[Mapping[str, npt.NDArray[np.integer]]],
    opset: int,
) -> Exported:
    content = graph.SerializeToString()
    onnx.checker.check_model(content, full_check=True)
    _check_contract(graph, model)
    session, names = sessions.opened(content), [item.name for item in model.outputs]
    difference = float(
        np.max(
            [apart(session.run(names, dict(batch)), run_torch(network, model, batch)) for batch in batches]
        )
    )
    if not difference <= PARITY_BOUND:
        raise GraphError(
            f"{model.name}: the graph exported at opset {opset} differs from torch by {difference:g} in "
            f"its outputs, expected at most {PARITY_BOUND:g}"
        )
    return Exported(graph=graph, max_abs_difference=difference)


def _trace(
    network: torch.nn.Module,
    model: Model,
    inputs: Mapping[str, npt.NDArray[np.integer]],
    opset: int,
    open_axes: Mapping[str, Mapping[int, str]],
) -> onnx.ModelProto:
    """The graph as the exporter writes it; `open_axes` are those of any size, by input or output name."""
    import torch

    arguments = tuple(torch.from_numpy(inputs[item.name]) for item in model.inputs)
    with tempfile.TemporaryDirectory(prefix="zoocheck-export-") as folder, warnings.catch_warnings():
        for message in _EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            network,
            arguments,
            path,
            input_names=[item.name for item in model.inputs],
            output_names=[item.name for item in model.outputs],
            opset_version=opset,
            dynamic_axes=open_axes,
            dynamo=False,
        )
        return onnx.load(path)


def _check_contract(graph: onnx.ModelProto, model: Model) -> None:
    """Names in the documented order; dtypes and shapes are the conformance suite's."""
    for what, found, expected in (
        ("inputs", [item.name for item in graph.graph.input], [item.name for item in model.inputs]),
        ("outputs", [item.name for item in graph.graph.output], [item.name for item in model.outputs]),
    ):
        if found != expected:
            raise GraphError(f"{model.name}: the exported graph's {what} are {found}, expected {expected}")
