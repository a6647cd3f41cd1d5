"""An ONNX file becomes a table: a size for every axis, a range for every input, or a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from harness.domain.precisions import Precision
from harness.drafting import checking, graphs
from harness.drafting.drafts import Asked
from harness.errors import ZoocheckError
from harness.setting.home import Home
from harness.tables import catalog

BATCH = "batch"


def written(
    path: Path, inputs: dict[str, Any], nodes: list[Any], outputs: list[str], weights: Any = ()
) -> Path:
    """A graph of float outputs; `inputs` are a dtype and a shape by name."""
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in dict(weights).items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A convolution over images of any number, height and width."""
    weights = {"w": np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)}
    return written(
        tmp_path / "conv.onnx", {"images": (TensorProto.FLOAT, [BATCH, 3, "h", "w"])},
        [helper.make_node("Conv", ["images", "w"], ["y"])], ["y"], weights,
    )  # fmt: skip


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Ids that look up a table of fifty rows, and a mask, both of any number and eight positions."""
    weights = {"table": np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)}
    inputs = {"ids": (TensorProto.INT64, [None, 8]), "attention_mask": (TensorProto.INT64, [None, 8])}
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["found"]),
        helper.make_node("Cast", ["attention_mask"], ["seen"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["seen", "last"], ["wide"]),
        helper.make_node("Mul", ["found", "wide"], ["y"]),
    ]
    return written(tmp_path / "texts.onnx", inputs, nodes, ["y"], {**weights, "last": np.array([-1])})


def asked(path: Path, *shapes: str, **more: Any) -> Asked:
    return Asked(
        path=path, name="mine", chip="cpu", precisions=(Precision.FP16,), shapes=graphs.shapes(shapes), **more
    )


def checked(path: Path, *shapes: str, **more: Any):
    home = Home(root=path.parent / "home", models=path.parent, data=path.parent)
    return checking.check(asked(path, *shapes, **more), catalog.load((catalog.BUILT_IN,)), home)


@pytest.mark.parametrize("shape", ["images=2x3x16x12", "2x3x16x12", "images=2,3,16,12"])
def test_a_shape_gives_the_open_axes_and_the_batch_size(images: Path, shape: str):
    found = checked(images, shape)
    assert [case.id for case in found.cases] == ["mine-cpu-fp16-bs2"]
    [item] = found.model.graph.inputs
    assert (item.name, item.dtype, item.shape, item.range) == (
        "images", "float32", ("batch", 3, 16, 12), "normal"
    )  # fmt: skip
    assert not found.draft.scored
    assert "no score: a graph is run as it is, on inputs that a seed draws" in found.draft.notes


def test_a_batch_size_that_is_told_counts(images: Path):
    found = checked(images, "images=1x3x16x12", batch_sizes=(4,))
    assert [case.batch_size for case in found.cases] == [4]


def test_whole_numbers_are_drawn_from_what_they_look_up(texts: Path):
    """And a mask lets everything through: a drawn one of zeros would leave nothing to compare."""
    inputs = checked(texts).model.graph.inputs
    assert {item.name: item.range for item in inputs} == {
        "ids": "integers(50)", "attention_mask": "uniform(1, 1)"
    }  # fmt: skip
    assert {item.shape for item in inputs} == {("batch", 8)}


def test_a_graph_of_fixed_sizes_has_the_batch_of_its_first_axis(tmp_path: Path):
    path = written(
        tmp_path / "fixed.onnx", {"x": (TensorProto.FLOAT, [4, 5])},
        [helper.make_node("Relu", ["x"], ["y"])], ["y"],
    )  # fmt: skip
    found = checked(path)
    assert [case.batch_size for case in found.cases] == [4]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ((), r"images float32 \[batch, 3, h, w\] has axes of any size beside the batch; say by --shape"),
        (("images=1x4x16x12",), r"--shape images=1x4x16x12: does not fit the graph's own, images float32 \["),
        (("images=1x3x16",), "does not fit the graph's own"),
        (("x=1x3x16x12",), r"--shape x: .*conv.onnx has no such input, but images"),
        (("images=1x3x2x2",), "onnxruntime cannot run the graph on 1 samples"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_told(images: Path, shapes: tuple[str, ...], message: str):
    """The last one is too small for the kernel, which running it shows."""
    with pytest.raises(ZoocheckError, match=message):
        checked(images, *shapes)


@pytest.mark.parametrize("text", ["images", "images=", "images=axb", "images=0x3", "images=1x-3"])
def test_a_shape_that_is_none_is_told(text: str):
    with pytest.raises(ZoocheckError, match="expected the sizes of all axes, as images=1x3x224x224"):
        graphs.shapes([text])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"length": 8}, "--length: a graph is run as it is"),
        ({"data": Path("dev.tsv"), "task": "tokens"}, "--data, --task: a graph is run as it is"),
    ],
)
def test_what_a_graph_has_not_is_told(images: Path, more: dict[str, Any], message: str):
    with pytest.raises(ZoocheckError, match=message):
        checked(images, "1x3x16x12", **more)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"not a graph", "no ONNX graph, or a damaged one"),
    ],
)
def test_a_file_that_is_no_graph_is_told(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "x.onnx").write_bytes(content)
    with pytest.raises(ZoocheckError, match=message):
        checked(tmp_path / "x.onnx")


def test_an_operator_of_nobodys_is_named(tmp_path: Path):
    path = written(
        tmp_path / "own.onnx", {"x": (TensorProto.FLOAT, [1, 5])},
        [helper.make_node("Swirl", ["x"], ["y"], domain="com.mine")], ["y"],
    )  # fmt: skip
    with pytest.raises(ZoocheckError, match="Swirl"):
        checked(path)


def test_texts_are_no_tensor_that_can_be_fed(tmp_path: Path):
    path = written(
        tmp_path / "words.onnx", {"x": (TensorProto.STRING, [None, 5])},
        [helper.make_node("Identity", ["x"], ["y"])], ["y"],
    )  # fmt: skip
    with pytest.raises(ZoocheckError, match=r"the inputs x string \[\?, 5\] cannot be fed"):
        checked(path)
