"""int8 post-training quantisation of the matrix products, calibrated on a few samples."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import onnx

from harness.errors import GraphError

if TYPE_CHECKING:
    from onnxruntime.quantization import CalibrationDataReader

Feed = Mapping[str, npt.NDArray[np.integer]]

# vastai-bert-chinese-ner: 10 samples, per tensor, calibrate_range 0.99999. onnxruntime takes per cent.
SAMPLES = 10
PERCENTILE = 99.999
OPERATORS = ("MatMul", "Gemm")


def to_int8(model: onnx.ModelProto, feeds: Sequence[Feed]) -> onnx.ModelProto:
    """A graph whose matrix products read int8 weights and int8 activations; all else stays fp32.

    Scales are symmetric, one a tensor; activations are cut at the 99.999th percentile of what they are
    on `feeds`, the inputs of the calibration. The graph keeps its fp32 inputs and outputs: values are
    quantised and dequantised around each product. Where this departs from the chip's own compiler stands
    in docs/architecture.md. Raises `GraphError` without feeds, or where there is no product.
    """
    if not feeds:
        raise GraphError("int8 needs calibration samples, found none")
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    with tempfile.TemporaryDirectory(prefix="zoocheck-int8-") as folder, _quiet():
        before, after = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, before)
        quantize_static(
            before,
            after,
            _reader(feeds),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(OPERATORS),
            per_channel=False,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={
                "CalibPercentile": PERCENTILE,
                "ActivationSymmetric": True,
                "WeightSymmetric": True,
            },
        )
        quantised = onnx.load(after)
    if not any(node.op_type == "QuantizeLinear" for node in quantised.graph.node):
        raise GraphError(f"nothing to quantise: the graph has none of {', '.join(OPERATORS)}")
    return quantised


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
