"""A graph that is a model as it is: its file run in fp32 without any change, and what its outputs are.

That is the reference of everything that is built of it. Samples lie along the first axis of every array here,
wherever the graph has them: `laid_out` puts them where it does, `rows_first` takes them from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.domain.graphs import BATCH, LABELS, RANGES, REST, WHOLE, GraphFile, GraphInput
from harness.domain.models import Model, Output
from harness.errors import GraphError
from harness.models.batched import batched
from harness.models.graphs import reading
from harness.models.graphs.apart import MOST_AWAY, away
from harness.models.graphs.batch_axes import moving
from harness.models.graphs.sessions import opened
from harness.models.seeding import drawn

if TYPE_CHECKING:
    import onnx
    import onnxruntime

Array = npt.NDArray[Any]

_SIZES = (2, 3)  # of the calls by which the axis of the batch is found
ALONE = "onnxruntime runs the graph on one sample, and not on several"
_SAID = 300  # characters of what onnxruntime says
_ONE_TO_ONE = ("Identity", "Cast")  # of what a node makes that is still a probability


def graph_of(model: Model) -> GraphFile:
    """The model's graph; for callers that are never asked about an encoder."""
    assert model.graph is not None, f"{model.name} is no graph"
    return model.graph


def outputs_of(model: Model) -> tuple[Output, ...]:
    """The model's outputs: the table's; of a graph whose table names none, as its file gives them.

    Then the axes are found by running it on two and on three seeded samples: what changes with them is the
    batch, what does not is of that size, anything else of any. An axis of classes is called ``labels``
    where a softmax along it makes the output. Raises as `reading.read`, `seeding.drawn` and `run` do.
    """
    if model.outputs or model.graph is None:
        return model.outputs
    path, made = Path(model.graph.file), _made(model)
    names, decided = [item.name for item in _session(model).get_outputs()], _decided(path)
    sizes = [size for size, _ in made] if model.graph.batched else []
    found = []
    for at, name in enumerate(names):
        arrays = [outputs[at] for _, outputs in made]
        shape = moving([array.shape for array in arrays], sizes)
        if name in decided and shape and decided[name] in (-1, len(shape) - 1) and shape[-1] != 1:
            shape = (*shape[:-1], LABELS)
        found.append(Output(name=name, dtype=str(arrays[0].dtype), shape=shape, own_spread=True))
    return tuple(found)


def why_no_batch(model: Model) -> str:
    """Why the axis of its inputs that the table calls ``batch`` is none; empty where it is, or where it is 1.

    It is one where an output moves with it by the same amount, and where samples in another order come to the
    same, in that order. Steps of a sequence and rows of an image do not; samples that a graph mixes, as one
    that scales its activations by the largest of a batch does, do. Raises as `outputs_of`.
    """
    graph, size = graph_of(model), fixed_batch(model)
    if not graph.batched or size == 1:
        return ""
    made = _made(model)
    if size is None and len(made) < len(_SIZES):
        return ALONE
    count, outputs = made[-1]
    shapes = [
        moving([arrays[at].shape for _, arrays in made], [size for size, _ in made])
        for at in range(len(outputs))
    ]
    if not any(BATCH in shape for shape in shapes):
        return "no output has as many values along any axis"
    turned = [np.roll(array, 1, axis=0) for array in _inputs(model, count)]
    pairs = [
        (ours, np.roll(theirs, 1, axis=shape.index(BATCH)))
        for ours, theirs, shape in zip(
            _called(model, _session(model), turned, None), outputs, shapes, strict=True
        )
        if BATCH in shape
    ]
    if away([ours for ours, _ in pairs], [theirs for _, theirs in pairs]) > MOST_AWAY:
        return "what comes out along it changes with the order of what goes in"
    return ""


def run(model: Model, inputs: Sequence[Array], *, batch_size: int) -> list[Array]:
    """The outputs of the file as it is, in fp32, for any number of samples: ``[n, ...]`` in and out.

    It is called on `batch_size` of them, as what is held against it is: a graph may mix the samples of a
    batch, as one that scales its activations by the largest of all does. Where the file takes another number
    only, on that many. Raises `GraphError` where onnxruntime cannot run it.
    """
    return in_calls(model, _session(model), inputs, fixed_batch(model) or batch_size)


def in_calls(
    model: Model, session: onnxruntime.InferenceSession, inputs: Sequence[Array], size: int
) -> list[Array]:
    """As `run`, of a session of the model's graph that is called on `size` samples."""
    specs, done = outputs_of(model), []
    names = [item.name for item in specs]
    for some, count in batched(inputs, size):
        made = rows_first(model, specs, _called(model, session, some, names), size)
        done.append([array[:count] for array in made])
    return [np.concatenate(parts) for parts in zip(*done, strict=True)]


def fixed_batch(model: Model) -> int | None:
    """The only number of samples that the file takes, None where it takes any; 1 without a batch."""
    if not graph_of(model).batched:
        return 1
    declared = {item.name: item for item in reading.read(Path(graph_of(model).file)).inputs}
    for item in graph_of(model).inputs:
        shape = declared[item.name].shape if item.name in declared else None
        if item.batch_axis is not None and shape is not None and item.batch_axis < len(shape):
            size = shape[item.batch_axis]
            if isinstance(size, int):
                return size
    return None


def laid_out(model: Model, arrays: Sequence[Array]) -> list[Array]:
    """Inputs ``[n, ...]`` as the graph takes them; of what all samples share, the first one's."""
    if model.graph is None:
        return list(arrays)
    return [
        np.asarray(array[0]) if item.batch_axis is None else _moved(array, 0, item.batch_axis)
        for item, array in zip(model.graph.inputs, arrays, strict=True)
    ]


def rows_first(model: Model, specs: Sequence[Output], outputs: Sequence[Array], samples: int) -> list[Array]:
    """Outputs as the graph gives them, with samples along the first axis.

    Raises `GraphError` for an output that has no axis of the batch, where there is more than one sample.
    """
    if model.graph is None:
        return list(outputs)
    found = []
    for spec, array in zip(specs, outputs, strict=True):
        if BATCH in spec.shape:
            found.append(_moved(array, spec.shape.index(BATCH), 0))
        elif samples == 1:
            found.append(array[None])
        else:
            raise GraphError(
                f"{model.name}: output {spec.name} has no axis of the batch: nothing of {samples} samples "
                "together can be told apart",
                remedy='choose --bs 1, or say "batch" in outputs.shape of its table',
            )
    return found


def fits(shape: Sequence[int], wanted: Sequence[str | int], sizes: Mapping[str, int]) -> bool:
    """Whether a shape is the one that a table says; a word that `sizes` does not have is any size."""
    if REST in wanted:
        return True
    return len(shape) == len(wanted) and all(
        sizes.get(asked, size) == size if isinstance(asked, str) else asked == size
        for size, asked in zip(shape, wanted, strict=True)
    )


def samples_first(spec: Output) -> Output:
    """An output as `rows_first` leaves it: the axis of the batch in front, whatever the graph has."""
    others = tuple(size for size in spec.shape if size != BATCH)
    return replace(spec, shape=(BATCH, *others))


def _moved(array: Array, source: int, target: int) -> Array:
    return array if source == target else np.ascontiguousarray(np.moveaxis(array, source, target))


def _session(model: Model) -> onnxruntime.InferenceSession:
    path = Path(graph_of(model).file)
    found = reading.read(path)  # says what is wrong with a file in our words
    return _opened(path, path.stat().st_mtime_ns, found.bytes)


@lru_cache(maxsize=2)
def _opened(path: Path, changed_ns: int, size: int) -> onnxruntime.InferenceSession:
    return unoptimised(path)


def unoptimised(graph: Path | bytes) -> onnxruntime.InferenceSession:
    """A session of a graph in which nothing is fused or folded; `GraphError` where there can be none."""
    import onnxruntime

    return session_of(graph, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)


def session_of(
    graph: Path | bytes, level: onnxruntime.GraphOptimizationLevel
) -> onnxruntime.InferenceSession:
    """A session of a graph at a level of optimisation; `GraphError` where there can be none."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = level
    try:
        return opened(graph, options=options)
    except Exception as problem:  # onnxruntime's classes have no common base of their own
        raise GraphError(f"{_named(graph)}: onnxruntime cannot load the graph: {problem}") from problem


def _named(graph: Path | bytes) -> str:
    return str(graph) if isinstance(graph, Path) else "the graph"


def _called(
    model: Model, session: onnxruntime.InferenceSession, inputs: Sequence[Array], names: Sequence[str] | None
) -> list[Array]:
    """One call, inputs ``[n, ...]``, outputs as the graph lays them out."""
    given = dict(zip([item.name for item in graph_of(model).inputs], laid_out(model, inputs), strict=True))
    try:
        outputs = session.run(names, given)
    except Exception as problem:
        raise GraphError(
            f"{model.name}: onnxruntime cannot run the graph on {len(inputs[0])} samples: "
            f"{str(problem).strip().partition(chr(10))[0][:_SAID]}",
            remedy=_remedy(graph_of(model).inputs, given),
        ) from problem
    told = [item.name for item in session.get_outputs()] if names is None else names
    for name, output in zip(told, outputs, strict=True):
        if not isinstance(output, np.ndarray) or output.dtype == object:
            kind = "texts" if isinstance(output, np.ndarray) else f"a {type(output).__name__}"
            raise GraphError(f"{model.name}: output {name} is {kind}, expected numbers")
    return outputs  # type: ignore[no-any-return]


def _remedy(items: Sequence[GraphInput], given: Mapping[str, Array]) -> str:
    """What to do about a graph that cannot be run: scalars and whole numbers may mean something to it."""
    sizes = "compare the sizes of its inputs (--shape, or graph.inputs of its table) with what it takes"
    meant = [
        item
        for item in items
        if not item.folder and given[item.name].size and (not item.shape or item.dtype in WHOLE)
    ]
    if not meant:
        return sizes
    told = [
        f"{item.name} {'began with' if item.shape else 'was'} {given[item.name].flat[0]}, "
        f"drawn from {item.range}"
        for item in meant
    ]
    return (
        f"{'; '.join(told)}: say by --range {meant[0].name}=..., or by range in its table, what it takes: "
        f"{RANGES}; {sizes}"
    )


def _made(model: Model) -> tuple[tuple[int, list[Array]], ...]:
    """As `_tried`, once for a file and what it is fed, whatever else its table says."""
    graph = graph_of(model)
    path = Path(graph.file)
    status = path.stat() if path.is_file() else None
    bare = Model(name=model.name, title=model.name, graph=graph)
    return _made_once(bare, None if status is None else (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=2)
def _made_once(model: Model, stamp: tuple[int, int] | None) -> tuple[tuple[int, list[Array]], ...]:
    return tuple(_tried(model, _session(model)))


def _tried(model: Model, session: onnxruntime.InferenceSession) -> Iterator[tuple[int, list[Array]]]:
    """How many samples went in, and what came out: of several numbers, where the file takes any."""
    fixed = fixed_batch(model)
    if fixed is None:
        try:
            made = [(size, _called(model, session, _inputs(model, size), None)) for size in _SIZES]
        except GraphError:  # a file that says it takes any number, and does not
            fixed = 1
        else:
            yield from made
            return
    yield fixed, _called(model, session, _inputs(model, fixed), None)


def _inputs(model: Model, count: int) -> list[Array]:
    return list(drawn(model, count).inputs.values())


def _decided(path: Path) -> dict[str, int]:
    """The outputs that a softmax makes, and the axis along which it does."""
    graph = reading.load(path)
    opset = next((item.version for item in graph.opset_import if item.domain in ("", "ai.onnx")), 0)
    makers: dict[str, onnx.NodeProto] = {name: node for node in graph.graph.node for name in node.output}
    found = {}
    for output in graph.graph.output:
        node = makers.get(output.name)
        while node is not None and node.op_type in _ONE_TO_ONE:
            node = makers.get(node.input[0])
        if node is not None and node.op_type in ("Softmax", "LogSoftmax"):
            axis = next((item.i for item in node.attribute if item.name == "axis"), -1 if opset >= 13 else 1)
            found[output.name] = int(axis)
    return found


def whole_numbers(spec: Output) -> bool:
    """Whether an output is of whole numbers: decisions that the graph has made itself."""
    return spec.dtype in WHOLE or spec.dtype == "bool"
