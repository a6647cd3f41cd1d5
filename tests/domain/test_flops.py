"""The formula for a BERT encoder's operations, against the matrix products of an exported graph."""

from __future__ import annotations

import math

import onnx
import pytest

from harness.domain.flops import encoder_flops
from harness.domain.models import Head


def counted(model: onnx.ModelProto) -> int:
    """Two operations for each product in a MatMul or Gemm, by inferred shapes, for a batch of one."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [item.dim_value or 1 for item in value.type.tensor_type.shape.dim]
        for value in (*inferred.value_info, *inferred.input, *inferred.output)
    }
    shapes |= {item.name: list(item.dims) for item in inferred.initializer}
    total = 0
    for node in inferred.node:
        if node.op_type in ("MatMul", "Gemm"):
            inner = shapes[node.input[0]][-1]
            total += 2 * inner * math.prod(shapes[node.output[0]])
    return total


def test_the_formula_counts_what_the_graph_multiplies(exported, small):
    """TinyBERT's head on two layers of 32, exported at batch 3 and 64 tokens."""
    assert counted(exported.graph) == 3 * encoder_flops(small, 64)


def test_the_documented_models(catalog):
    """By hand: 24 layers of 512 * (8 * 1024^2 + 4 * 1024 * 4096) + 4 * 512^2 * 1024, and 9 labels a token."""
    large = catalog.models["bert-large-ner"]
    layer = 512 * (8 * 1024**2 + 4 * 1024 * 4096) + 4 * 512**2 * 1024
    assert encoder_flops(large.architecture, 512) == 24 * layer + 2 * 512 * 1024 * 9
    tiny = catalog.models["tinybert"]
    assert encoder_flops(tiny.architecture, 64) / 1e9 == pytest.approx(0.604, abs=0.001)
    assert tiny.architecture.head is Head.CLASSIFICATION_RELU
