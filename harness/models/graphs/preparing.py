"""A graph that is a model as it is, made ready to be built: its shapes fixed, simplified where that works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import onnx

from harness.domain.graphs import GraphInput
from harness.domain.models import Model, Output
from harness.errors import GraphError, NotApplicable
from harness.models.graphs import reading, values
from harness.models.graphs.apart import MOST_AWAY, away
from harness.models.graphs.fp16 import FP16_HIGHEST
from harness.models.graphs.originals import graph_of, laid_out, outputs_of, session_of, unoptimised
from harness.models.graphs.reading import Declared
from harness.models.seeding import drawn

if TYPE_CHECKING:
    import onnxruntime

Array = npt.NDArray[Any]

RANDOM = (
    "Bernoulli",
    "Multinomial",
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
)
_SHOWN = 160  # characters of what a library says


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A graph of fixed shapes, what was done to make it, and how far its outputs are from the file's.

    `away` is the largest difference in fp32 on a seeded batch, as a part of the output's largest value.
    """

    graph: onnx.ModelProto
    told: tuple[str, ...]
    away: float


def prepared(model: Model, *, batch_size: int) -> Prepared:
    """The model's graph at a batch size: every axis of its inputs a number, and simplified.

    Where onnxsim refuses it, or what it makes computes something else, the graph is taken as it was; where
    onnxruntime cannot open it with its sizes fixed, its axes stay open. Either is told. Raises `GraphError`
    where its inputs are not the table's, it takes another batch size only, or onnxruntime opens none of
    these; and as `reading.load` does; `NotApplicable` for one that draws random numbers.
    """
    opened = _opened(model, batch_size)
    specs = outputs_of(model)
    fixed = _fixed(opened, model, batch_size)
    inputs = list(drawn(model, batch_size).inputs.values())
    wanted = _outputs(model, unoptimised(fixed.SerializeToString()), inputs, specs)
    fixed = _with_output_shapes(fixed, wanted, specs)
    for value, array in zip(opened.graph.output, wanted, strict=True):
        if not value.type.tensor_type.HasField("shape"):  # the checker wants one
            value.type.tensor_type.shape.SetInParent()
            for _ in array.shape:
                value.type.tensor_type.shape.dim.add()
    told: list[str] = []
    ways: Sequence[tuple[str, Callable[[], onnx.ModelProto]]] = (
        ("onnxsim cannot simplify the graph, which is used as it was", lambda: _simplified(fixed)),
        ("onnxruntime cannot open the graph with its sizes fixed, so that its axes stay open", lambda: fixed),
        ("onnxruntime cannot open the graph", lambda: opened),
    )
    for refused, make in ways:
        try:
            graph = make()
            found = away(_outputs(model, _optimised(graph), inputs, specs), wanted)
        except Exception as problem:  # onnxsim's, onnx's and onnxruntime's have no common base
            said = (str(problem).strip().partition("\n")[0] or type(problem).__name__)[:_SHOWN]
            told.append(f"{refused}: {said}")
            continue
        if found <= MOST_AWAY:
            return Prepared(graph=graph, told=(*told, *_folded(fixed, graph)), away=found)
        told.append(f"{refused}: the result is off by {found:.3g} of the largest output")
    raise GraphError(f"{model.name}: {'; '.join(told)}")


def require_no_draws(name: str, graph: onnx.ModelProto) -> None:
    """Raise `NotApplicable` for a graph that draws random numbers, with their operators."""
    if drawing := values.operators(graph, RANDOM):
        raise NotApplicable(
            f"{name}: it draws random numbers ({', '.join(sorted(drawing))}): no call is like another",
            remedy="export it without them, as networks are for inference",
        )


def as_it_is(model: Model, *, batch_size: int) -> onnx.ModelProto:
    """The model's graph as its file has it, with the table's sizes in its inputs; raises as `prepared`."""
    return _fixed(_opened(model, batch_size), model, batch_size)


def _opened(model: Model, batch_size: int) -> onnx.ModelProto:
    """The file's graph with the outputs that are asked for, once it is known to be the table's."""
    original = reading.load(Path(graph_of(model).file))
    require_no_draws(model.name, original)
    _require_as_in_table(model, batch_size, [*map(reading.declared, reading.fed(original.graph))])
    return _with_outputs(original, model, outputs_of(model))


def _require_as_in_table(model: Model, batch_size: int, found: Sequence[Declared]) -> None:
    """Raise `GraphError` that names every input which is not the table's."""
    wanted = graph_of(model).inputs
    if not graph_of(model).batched and batch_size != 1:
        raise GraphError(
            f"{model.name}: no input of its table has an axis of the batch: the graph takes a sample a call",
            remedy='choose --bs 1, or say "batch" in graph.inputs of its table',
        )
    names, expected = [item.name for item in found], [item.name for item in wanted]
    if names != expected:
        raise GraphError(
            f"{model.name}: the graph's inputs are {', '.join(names)}, expected {', '.join(expected)}"
        )
    wrong = [
        f"{item} in the file, {', '.join(map(str, table.shape))} of {table.dtype} in the table"
        for item, table in zip(found, wanted, strict=True)
        if not _alike(item, table)
    ]
    if wrong:
        raise GraphError(f"{model.name}: the graph's inputs are not the table's: {'; '.join(wrong)}")
    for item, table in zip(found, wanted, strict=True):
        size = None if item.shape is None or table.batch_axis is None else item.shape[table.batch_axis]
        if isinstance(size, int) and size != batch_size:
            raise GraphError(
                f"{model.name}: the graph takes {size} samples a call, and no other number: the batch axis "
                f"of {item.name} is fixed in the file",
                remedy=f"choose --bs {size}, or export it with an open batch",
            )


def _alike(found: Declared, table: GraphInput) -> bool:
    if found.dtype != table.dtype:
        return False
    if found.shape is None:
        return True
    return len(found.shape) == len(table.shape) and all(
        not isinstance(size, int) or not isinstance(asked, int) or size == asked
        for size, asked in zip(found.shape, table.shape, strict=True)
    )


def _fixed(opened: onnx.ModelProto, model: Model, batch_size: int) -> onnx.ModelProto:
    """A copy with the table's sizes in its inputs, and none that is stale anywhere else."""
    fixed = values.copy_of(opened)
    sizes = model.sizes(batch_size)
    for value, item in zip(reading.fed(fixed.graph), graph_of(model).inputs, strict=True):
        shape = value.type.tensor_type.shape
        shape.Clear()
        for size in item.shape:
            shape.dim.add().dim_value = sizes.get(str(size), 0) or int(size)
        value.type.tensor_type.shape.SetInParent()  # a scalar has a shape without axes
    del fixed.graph.value_info[:]
    return fixed


def _with_outputs(original: onnx.ModelProto, model: Model, specs: Sequence[Output]) -> onnx.ModelProto:
    """The graph with the outputs that are asked for, in their order."""
    by_name = {item.name: item for item in original.graph.output}
    absent = [item.name for item in specs if item.name not in by_name]
    if absent:
        raise GraphError(
            f"{model.name}: the graph has no output {', '.join(absent)}; it has {', '.join(by_name)}"
        )
    chosen = values.copy_of(original)
    del chosen.graph.output[:]
    for spec in specs:
        output = chosen.graph.output.add()
        output.CopyFrom(by_name[spec.name])
    return chosen


def _simplified(fixed: onnx.ModelProto) -> onnx.ModelProto:
    import onnxsim

    graph: onnx.ModelProto = onnxsim.simplify(fixed, check_n=0)[0]
    onnx.checker.check_model(graph, full_check=True)
    return graph


def _optimised(graph: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """As a stand-in of fp32 is opened: what onnxsim leaves has to survive what onnxruntime folds then."""
    import onnxruntime

    return session_of(graph.SerializeToString(), onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)


def _outputs(
    model: Model, session: onnxruntime.InferenceSession, inputs: Sequence[Array], specs: Sequence[Output]
) -> list[Array]:
    given = dict(zip([item.name for item in graph_of(model).inputs], laid_out(model, inputs), strict=True))
    left = {item.name for item in session.get_inputs()}
    try:
        outputs: list[Array] = session.run(
            [item.name for item in specs], {name: array for name, array in given.items() if name in left}
        )
    except Exception as problem:
        raise GraphError(
            f"{model.name}: onnxruntime cannot run the graph on {len(inputs[0])} samples: {problem}"
        ) from problem
    return outputs


def _folded(before: onnx.ModelProto, after: onnx.ModelProto) -> list[str]:
    """That batch normalisations went into the convolutions before them."""
    counts = [
        sum(node.op_type == "BatchNormalization" for node in reading.nodes(model.graph))
        for model in (before, after)
    ]
    folded = counts[0] - counts[1]
    if not folded:
        return []
    left = {name for name, _ in values.constants(after.graph)}
    variances = [
        values.array_of(tensor)
        for name, tensor in values.constants(before.graph)
        if name in _variances(before) and name not in left
    ]
    largest = max((float(array.max()) for array in variances if array.size), default=0.0)
    beyond = (
        f"; one has a variance of {largest:.3g}, which fp16 holds only so" if largest > FP16_HIGHEST else ""
    )
    return [
        f"{folded} of {counts[0]} batch normalisations are folded into the convolution before them{beyond}"
    ]


def _variances(graph: onnx.ModelProto) -> set[str]:
    return {node.input[4] for node in graph.graph.node if node.op_type == "BatchNormalization"}


def _with_output_shapes(
    graph: onnx.ModelProto, outputs: Sequence[Array], specs: Sequence[Output]
) -> onnx.ModelProto:
    """The graph whose outputs say the sizes that they have, but for those that depend on the values."""
    for value, array, spec in zip(graph.graph.output, outputs, specs, strict=True):
        tensor = value.type.tensor_type
        tensor.ClearField("shape")
        if "..." in spec.shape:
            continue
        for size, asked in zip(array.shape, spec.shape, strict=True):
            dimension = tensor.shape.dim.add()
            if asked != "any":
                dimension.dim_value = size
        tensor.shape.SetInParent()
    return graph
