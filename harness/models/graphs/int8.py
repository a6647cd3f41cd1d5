"""int8 post-training quantisation of matrix products and convolutions, calibrated on a few samples."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import onnx

from harness.errors import GraphError, NotApplicable
from harness.models.graphs import sessions, values
from harness.models.graphs.products import as_gemm
from harness.models.graphs.reading import subgraphs
from harness.models.graphs.values import computed_of_shapes, constants

if TYPE_CHECKING:
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader

Feed = Mapping[str, npt.NDArray[np.integer]]

# vastai-bert-chinese-ner: 10 samples, per tensor, calibrate_range 0.99999. onnxruntime takes per cent.
SAMPLES = 10
PERCENTILE = 99.999
OPERATORS = ("MatMul", "Gemm", "Conv")
# What computes in fp32 where a compiler of int8 might not: told of a graph that has any.
LEFT = ("ConvTranspose", "Einsum", "GRU", "LSTM", "RNN")
_FP32 = int(onnx.TensorProto.FLOAT)
_BINS = 2048  # of onnxruntime's histograms
_OLDEST_OPSET = 10  # of QuantizeLinear; an older graph is converted


# What the calibration samples stay within: (least, greatest), float32.
Range = tuple[np.float32, np.float32]
# Of every product, in the order of the graph's nodes, the range of each operand that is no constant, then of
# the result. What a graph calls its values depends on its batch size, and so does whether onnxsim leaves a
# bias of zeros out; which product comes behind which does not: ranges found at one batch size hold for any.
Ranges = tuple[tuple[Range, ...], ...]


def ranges_of(model: onnx.ModelProto, feeds: Sequence[Feed]) -> Ranges:
    """What every product reads and gives on `feeds`, the inputs of the calibration, each run once.

    Every row of them counts: a sample that is fed twice weighs twice. Activations are cut at the 99.999th
    percentile of all feeds together. Raises `GraphError` without feeds, and for a value that is infinite, or
    too small to be told from 0; `NotApplicable` where there is no product, and for a graph that is quantised
    already.
    """
    if not feeds:
        raise GraphError("int8 needs calibration samples, found none")
    graph = _ready(model)
    names = _values(graph, _products(graph))
    from onnxruntime.quantization import CalibrationMethod, create_calibrator

    with tempfile.TemporaryDirectory(prefix="zoocheck-int8-") as folder, _quiet():
        file, augmented = Path(folder) / "fp32.onnx", Path(folder) / "augmented.onnx"
        onnx.save(graph, file)
        calibrator = create_calibrator(
            file, list(OPERATORS), augmented_model_path=str(augmented),
            calibrate_method=CalibrationMethod.Percentile, extra_options={"percentile": PERCENTILE},
        )  # fmt: skip
        sessions.hold([sessions.CPU], calibrator.infer_session.get_providers())
        known: dict[str, Range] = {}
        calibrator.tensors_to_calibrate &= set(chain(*names))  # not of products in fp16, which are left
        try:
            calibrator.collect_data(_reader(feeds))
        except ValueError:  # numpy's, of a histogram that cannot be made
            known = _narrow(calibrator.infer_session, chain(*names), feeds)
            calibrator.tensors_to_calibrate -= set(known)
            calibrator.collector = None
            calibrator.clear_collected_data()
            calibrator.collect_data(_reader(feeds))
        found = dict(calibrator.compute_data().items())
    known |= {name: (np.float32(data.lowest), np.float32(data.highest)) for name, data in found.items()}
    return tuple(tuple(known[name] for name in product) for product in names)


def to_int8(model: onnx.ModelProto, ranges: Ranges) -> onnx.ModelProto:
    """A graph whose products and convolutions read int8 weights and int8 activations; all else stays fp32.

    Scales are symmetric, one a tensor; those of activations come from `ranges`, which may be of the same
    network's graph at another batch size. The graph keeps its fp32 inputs and outputs: values are quantised
    and dequantised around each product. Where this departs from the chip's own compiler stands in
    docs/architecture.md. What else computes products stays in fp32, and the graph tells it (`values.told`).
    Raises `GraphError` where the ranges are another network's; `NotApplicable` where there is no product, for
    a graph that is quantised already, and for one of any shape in which products read what is computed of
    the shape (DeBERTa's relative positions): ranges are of the values that it has at one.
    """
    from onnxruntime.quantization import CalibrationMethod, QDQQuantizer, QuantType, TensorData, TensorsData

    graph = _ready(model)
    _require_none_of_shapes(graph)
    products = _products(graph)
    found = {
        name: TensorData(lowest=np.array(least), highest=np.array(greatest))
        for name, (least, greatest) in _by_name(graph, products, ranges).items()
    }
    with _quiet():
        quantizer = QDQQuantizer(
            graph,
            per_channel=False,
            reduce_range=False,
            weight_qType=QuantType.QInt8,
            activation_qType=QuantType.QInt8,
            tensors_range=TensorsData(CalibrationMethod.Percentile, found),
            nodes_to_quantize=[],
            nodes_to_exclude=_named(graph, products),
            op_types_to_quantize=list(OPERATORS),
            extra_options={"ActivationSymmetric": True, "WeightSymmetric": True},
        )
        quantizer.quantize_model()
        if not any(True for node in graph.graph.node for _ in subgraphs(node)):
            quantizer.model.topological_sort()
    quantised: onnx.ModelProto = quantizer.model.model
    values.sort(quantised.graph)
    for sentence in _left(graph, products):
        values.tell(quantised, sentence)
    return quantised


def _ready(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with dense layers as Gemm, weights as initializers, and an opset that has quantisers."""
    values.require_not_quantised(model, "int8")
    graph = as_gemm(model)
    _weights_as_initializers(graph.graph)
    _names_apart(graph.graph)
    opset = values.opset_of(graph)
    if opset >= _OLDEST_OPSET:
        return graph
    try:
        converted: onnx.ModelProto = onnx.version_converter.convert_version(graph, _OLDEST_OPSET)
    except Exception as problem:  # the converter's errors are RuntimeError and what C++ throws
        raise GraphError(
            f"int8 needs opset {_OLDEST_OPSET}, the graph is of {opset}, which onnx cannot convert: {problem}"
        ) from problem
    return converted


def _require_none_of_shapes(model: onnx.ModelProto) -> None:
    sizes = [size for item in model.graph.input for size in item.type.tensor_type.shape.dim]
    if all(size.dim_value for size in sizes):
        return
    of_shapes = computed_of_shapes(model.graph)
    products = [node for node in model.graph.node if node.op_type in OPERATORS]
    count = sum(not of_shapes.isdisjoint(node.input) for node in products)
    if count:
        raise NotApplicable(
            f"int8 at other lengths: {count} of {len(products)} products read what is computed of the length "
            "(relative positions), and scales are chosen at the documented one"
        )


def _weights_as_initializers(graph: onnx.GraphProto) -> None:
    """What a product reads of a Constant node, the quantiser looks for among the initializers."""
    values.constants_as_tensors(graph)
    read = {name for node in graph.node if node.op_type in OPERATORS for name in node.input}
    moved = [(name, tensor) for name, tensor in constants(graph) if name in read and values.floating(tensor)]
    known = {item.name for item in graph.initializer}
    for name, tensor in moved:
        if name not in known:
            weight = graph.initializer.add()
            weight.CopyFrom(tensor)
            weight.name = name
    gone = {name for name, _ in moved}
    kept = [node for node in graph.node if node.op_type != "Constant" or node.output[0] not in gone]
    if len(kept) < len(graph.node):
        del graph.node[:]
        graph.node.extend(kept)


def _names_apart(graph: onnx.GraphProto) -> None:
    """Rename constants whose name with a number behind it is another value's.

    onnxruntime's quantiser (1.31.1) calls the copies of a bias that several convolutions share so, and does
    not look whether the name is taken: then a convolution's output is the bias of another one.
    """
    given = {tensor.name for tensor in graph.initializer}
    made = [name for node in graph.node for name in node.output]
    numbered = {
        name[:end]
        for name in made
        for end in range(1, len(name))
        if name[end:].isdigit() and name[:end] in given
    }
    names = {name: f"{name}__shared" for name in numbered}
    for tensor in graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for node in graph.node:
        values.rename(node, names)


def _products(graph: onnx.ModelProto) -> list[onnx.NodeProto]:
    """The nodes that are quantised, in order: those that read fp32, and so compute in it."""
    types = values.element_types(graph)
    return [
        node
        for node in graph.graph.node
        if node.op_type in OPERATORS and {types.get(name, _FP32) for name in node.input if name} == {_FP32}
    ]


def _others(graph: onnx.ModelProto, products: Sequence[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """The nodes that compute products of other numbers than fp32."""
    ours = {id(node) for node in products}
    return [node for node in graph.graph.node if node.op_type in OPERATORS and id(node) not in ours]


def _named(graph: onnx.ModelProto, products: Sequence[onnx.NodeProto]) -> list[str]:
    """The names of the nodes that are not quantised, which are given to them: a file may have none."""
    names = []
    for at, node in enumerate(_others(graph, products)):
        node.name = f"left_as_it_is_{at}"
        names.append(node.name)
    return names


def _left(graph: onnx.ModelProto, products: Sequence[onnx.NodeProto]) -> Iterator[str]:
    """What computes products and is not quantised, in words."""
    types = values.element_types(graph)
    for kind, count in Counter(
        f"{node.op_type} of {onnx.helper.tensor_dtype_to_np_dtype(types[node.input[0]])}"
        for node in _others(graph, products)
    ).items():
        yield f"{count} {kind} are left as they are: int8 is made of float32"
    for kind, count in values.operators(graph, LEFT).items():
        yield f"{count} {kind} stay in fp32"
    inside = values.operators(graph, OPERATORS)
    for node in graph.graph.node:
        if node.op_type in OPERATORS:
            inside[node.op_type] -= 1
    for kind, count in inside.items():
        if count:
            yield f"{count} {kind} inside of branches or loops stay in fp32"


def _by_name(graph: onnx.ModelProto, products: Sequence[onnx.NodeProto], ranges: Ranges) -> dict[str, Range]:
    """The range of each value that a product of `graph` reads or gives; raises as `to_int8`."""
    names = _values(graph, products)
    if [len(product) for product in names] != [len(product) for product in ranges]:
        raise GraphError(
            f"int8 was calibrated on {len(ranges)} products and the graph has {len(names)}, or constants at "
            "other places of them: the ranges are another network's"
        )
    return {
        name: pair
        for product, pairs in zip(names, ranges, strict=True)
        for name, pair in zip(product, pairs, strict=True)
    }


def _narrow(
    session: onnxruntime.InferenceSession, names: Iterable[str], feeds: Sequence[Feed]
) -> dict[str, Range]:
    """The values that hardly differ on the feeds, of which numpy makes no histogram: up to the largest.

    Raises `GraphError` for the first of `names` that is infinite, or too small for a scale.
    """
    shown = {item.name for item in session.get_outputs()}
    told = [name for name in names if name in shown]
    sizes: dict[str, list[np.float32]] = {name: [] for name in told}
    for feed in feeds:
        for name, array in zip(told, session.run(told, dict(feed)), strict=True):
            if array.size:
                sizes[name] += [np.abs(array).min(), np.abs(array).max()]
    found = {}
    for name, (least, largest) in ((name, (min(some), max(some))) for name, some in sizes.items() if some):
        if not np.isfinite(largest):
            raise GraphError(f"int8: value {name} is infinite on the samples that its scale is chosen of")
        if 0 < largest < np.finfo(np.float32).tiny * _BINS:
            raise GraphError(
                f"int8: value {name} is at most {largest:.3g} on the samples that its scale is chosen of: "
                "too small for float32 to have steps in it"
            )
        if largest - least <= 2 * _BINS * np.spacing(largest):
            found[name] = (-largest, largest)
    return found


def _values(graph: onnx.ModelProto, products: Sequence[onnx.NodeProto]) -> list[tuple[str, ...]]:
    """Of every product, in order, what it reads and gives but for constants; `NotApplicable` for none."""
    given = {name for name, _ in constants(graph.graph)}
    found = [tuple(name for name in (*node.input, *node.output) if name not in given) for node in products]
    if not found:
        inside = "; ".join(_left(graph, products))
        raise NotApplicable(
            f"nothing to quantise: the graph has none of {', '.join(OPERATORS)} in fp32"
            + (f" ({inside})" if inside else "")
        )
    return found


def _reader(feeds: Sequence[Feed]) -> CalibrationDataReader:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # the library has no stubs
        def __init__(self) -> None:
            self._feeds: Iterator[Feed] = iter(feeds)

        def get_next(self) -> dict[str, npt.NDArray[np.integer]] | None:
            feed = next(self._feeds, None)
            return None if feed is None else dict(feed)

    return Reader()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """onnxruntime's quantiser prints its progress, and advises a simplification that has been done."""
    root = logging.getLogger()
    with contextlib.redirect_stdout(io.StringIO()):
        level = root.level
        root.setLevel(logging.ERROR)
        try:
            yield
        finally:
            root.setLevel(level)
