"""Graphs of every family of encoders: exported, of any shape, in fp16 and int8, and what they consist of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
import onnxruntime
import pytest
from encoders import BATCH, HEADS, LENGTH, NAMES, Encoder, facts

from harness.domain.catalog import Catalog
from harness.domain.flops import encoder_flops
from harness.domain.models import Head
from harness.domain.precisions import Precision, PrecisionSpec
from harness.errors import GraphError, NotApplicable
from harness.models.graphs import flops, fp16, gelu, int8, mask, numerics
from harness.models.graphs.export import PARITY_BOUND, export, export_any_shape, run_torch

Get = Callable[..., Encoder]
Arrays = Sequence[np.ndarray]
RELATIVE = [name for name in NAMES if name.startswith("deberta")]
DOCUMENTED = 11  # the documents' opset
CONVOLVING = "deberta-v2"  # whose convolution is no product of matrices
# Every family's classifier of sentences, and the other heads of those that differ in what they have there.
HEADED = [
    *((name, Head.CLASSIFICATION) for name in NAMES),
    *((name, head) for head in HEADS[1:] for name in ("roberta", "electra", "deberta-v3", "modernbert")),
]


def run(graph: onnx.ModelProto, feed: Mapping[str, np.ndarray]) -> Arrays:
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, dict(feed))


def spread(outputs: Arrays) -> float:
    return float(np.std(np.concatenate([array.reshape(-1) for array in outputs])))


def largest(ours: Arrays, theirs: Arrays) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))


def assert_explained(ours: Arrays, theirs: Arrays, spec: PrecisionSpec) -> None:
    """Within what the precision's rounding explains, by the bounds of parity."""
    off = np.concatenate([(a - b).reshape(-1) for a, b in zip(ours, theirs, strict=True)]) / spread(theirs)
    assert np.abs(off).max() <= spec.largest.most
    assert np.sqrt((off**2).mean()) <= spec.rms.most


@pytest.mark.parametrize("opset", [11, 17])
@pytest.mark.parametrize("name", NAMES)
def test_a_family_is_exported_at_the_documents_opset_and_the_stand_ins(encoder: Get, name: str, opset: int):
    """Held to torch on other samples than `export` does."""
    made = encoder(name)
    graph, feed = made.graph(opset), made.batch()
    assert [item.version for item in graph.opset_import if not item.domain] == [opset]
    theirs = run_torch(made.network, made.model, feed)
    assert spread(theirs) > 0.01
    assert largest(run(graph, feed), theirs) < PARITY_BOUND * spread(theirs)


@pytest.mark.parametrize("name", [name for name in NAMES if facts(name).opset < DOCUMENTED])
def test_a_family_is_exported_at_its_oldest_opset(encoder: Get, name: str):
    made, feed = encoder(name), encoder(name).batch()
    theirs = run_torch(made.network, made.model, feed)
    assert largest(run(made.graph(facts(name).opset), feed), theirs) < PARITY_BOUND * spread(theirs)


@pytest.mark.parametrize("name", NAMES)
def test_an_older_opset_is_a_sentence(encoder: Get, name: str):
    """Of both forms, before torch is asked, which prints its whole graph."""
    made, oldest = encoder(name), facts(name).opset
    expected = rf"{name}: opset {oldest - 1}: expected {oldest} or a newer one, .* is not exported below"
    with pytest.raises(GraphError, match=expected):
        made.graph(oldest - 1)
    with pytest.raises(GraphError, match=expected):
        export_any_shape(made.network, made.model, made.model.architecture, opset=oldest - 1)


@pytest.mark.parametrize("name", NAMES)
def test_any_shape_begins_at_an_opset_of_its_own(encoder: Get, name: str):
    """DeBERTa's positions at any length are a Clip of int64, which ONNX has from opset 12 on."""
    made, oldest = encoder(name), facts(name).open_opset
    assert oldest == (12 if name in RELATIVE else DOCUMENTED)
    exported = export_any_shape(made.network, made.model, made.model.architecture, opset=oldest)
    feed = {key: np.ascontiguousarray(array[:, : LENGTH // 2]) for key, array in made.batch().items()}
    theirs = run_torch(made.network, made.model, feed)
    assert largest(run(exported.graph, feed), theirs) < PARITY_BOUND * spread(theirs)


@pytest.mark.parametrize("name", RELATIVE)
def test_relative_positions_of_any_shape_need_a_newer_opset(encoder: Get, name: str, monkeypatch):
    """In a sentence; what onnx and onnxruntime say without it names no opset."""
    made = encoder(name)
    sentence = r"opset 11: expected 12 or a newer one for DeBERTa.* of any batch or length: .* a fixed batch"
    with pytest.raises(GraphError, match=sentence):
        export_any_shape(made.network, made.model, made.model.architecture, opset=DOCUMENTED)
    with pytest.raises(GraphError, match=sentence):
        export(
            made.network, made.model, made.model.architecture, batch_size=BATCH, opset=DOCUMENTED,
            dynamic_batch=True,
        )  # fmt: skip
    monkeypatch.setattr("harness.models.graphs.export._require_opset", lambda *_, **__: None)
    with pytest.raises(onnx.shape_inference.InferenceError, match="op_type:Clip"):
        export_any_shape(made.network, made.model, made.model.architecture, opset=DOCUMENTED)


@pytest.mark.parametrize("name", NAMES)
def test_a_graph_of_any_shape_is_the_same_network(encoder: Get, name: str):
    made = encoder(name)
    short = {key: np.ascontiguousarray(array[:2, : LENGTH // 2]) for key, array in made.batch().items()}
    theirs = run_torch(made.network, made.model, short)
    assert largest(run(made.any_shape(), short), theirs) < PARITY_BOUND * spread(theirs)


@pytest.mark.parametrize("name", NAMES)
def test_fp16_is_within_its_bound_and_the_same_to_the_bit_at_any_shape(
    encoder: Get, catalog: Catalog, name: str
):
    """What is computed of shapes alone, as rotary angles are, is rounded as the constant at a fixed shape."""
    made, feed = encoder(name), encoder(name).batch()
    narrow = [
        run(numerics.apply(mask.limit_mask(graph), (("fp16", fp16.to_fp16),)), feed)
        for graph in (made.graph(), made.any_shape())
    ]
    theirs = run_torch(made.network, made.model, feed)
    assert largest(narrow[0], theirs) > 0
    assert_explained(narrow[0], theirs, catalog.precisions[Precision.FP16])
    for fixed, opened in zip(*narrow, strict=True):
        np.testing.assert_array_equal(fixed, opened)


@pytest.mark.parametrize("name", NAMES)
def test_int8_is_within_its_bound(encoder: Get, catalog: Catalog, name: str):
    made, feed = encoder(name), encoder(name).batch()
    quantised = numerics.apply(made.limited(), (("int8", lambda graph: int8.to_int8(graph, made.ranges())),))
    theirs = run_torch(made.network, made.model, feed)
    assert largest(run(quantised, feed), theirs) > 0
    assert_explained(run(quantised, feed), theirs, catalog.precisions[Precision.INT8])
    kinds = {node.op_type for node in quantised.graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds


@pytest.mark.parametrize("name", [name for name in NAMES if name not in RELATIVE])
def test_int8_of_any_shape_takes_the_ranges_of_the_fixed_one(encoder: Get, name: str):
    made, feed = encoder(name), encoder(name).batch()
    fixed, opened = (
        run(int8.to_int8(mask.limit_mask(graph), made.ranges()), feed)
        for graph in (made.graph(), made.any_shape())
    )
    assert largest(fixed, opened) <= 0.02 * spread(fixed)


@pytest.mark.parametrize("name", RELATIVE)
def test_relative_positions_of_other_lengths_have_no_scale(encoder: Get, name: str):
    """They are constants at one length, and computed of the length at any: a sentence tells it.

    Of 22 products; DeBERTa v2 has a convolution beside them.
    """
    made = encoder(name)
    with pytest.raises(
        NotApplicable, match=r"int8 at other lengths: \d of 2[23] products read what is computed"
    ):
        int8.to_int8(mask.limit_mask(made.any_shape()), made.ranges())


@pytest.mark.parametrize(("name", "head"), [item for item in HEADED if item[0] != CONVOLVING])
def test_the_formula_counts_what_a_familys_graph_multiplies(encoder: Get, name: str, head: Head):
    made = encoder(name, head)
    expected = encoder_flops(made.model.architecture, LENGTH)
    assert flops.count(made.graph()).products == BATCH * expected


@pytest.mark.parametrize(("name", "head"), HEADED)
def test_every_gelu_with_an_erf_is_known_beforehand(encoder: Get, name: str, head: Head):
    made = encoder(name, head)
    erfs = [node for node in made.graph().graph.node if node.op_type == "Erf"]
    assert gelu.count_of(made.model.architecture) == len(erfs)
    with pytest.raises(
        GraphError, match=f"{len(erfs)} GELUs with erf in the graph, expected {len(erfs) + 1}"
    ):
        gelu.tanh_gelu(made.graph(), expected=len(erfs) + 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_fast_gelu_takes_the_place_of_every_erf(encoder: Get, catalog: Catalog, name: str):
    """ALBERT's has a tanh by itself, and stays as it is."""
    made, feed = encoder(name), encoder(name).batch()
    count = gelu.count_of(made.model.architecture)
    changed = gelu.tanh_gelu(made.graph(), expected=count)
    assert not any(node.op_type == "Erf" for node in changed.graph.node)
    before, after = run(made.graph(), feed), run(changed, feed)
    assert (largest(after, before) > 0) is (count > 0)
    assert largest(after, before) <= catalog.precisions[Precision.FP32].tanh_gelu.most * spread(before)
