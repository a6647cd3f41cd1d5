"""ONNX files as they are read: what they say of themselves, and whatever else a file may be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from mutating import survives_all
from onnx import TensorProto, helper, numpy_helper

from harness.errors import BadInput, GraphError
from harness.models.graphs.reading import fed, load, nodes, read

FLOAT = TensorProto.FLOAT


def small(*, opset: int = 13, weights: np.ndarray | None = None, domain: str = "") -> onnx.ModelProto:
    """y = x @ w with open batch."""
    array = np.eye(4, dtype=np.float32) if weights is None else weights
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], domain=domain)],
        "small",
        [helper.make_tensor_value_info("x", FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("y", FLOAT, ["n", 4])],
        [numpy_helper.from_array(array, "w")],
    )
    imports = [helper.make_opsetid("", opset)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    return helper.make_model(graph, opset_imports=imports, producer_name="tests")


def saved(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_a_graph_says_its_inputs_outputs_and_operators(tmp_path: Path) -> None:
    """Weights that are listed among the inputs, as before IR 4, are none."""
    model = small()
    model.graph.input.append(helper.make_tensor_value_info("w", FLOAT, [4, 4]))
    found = read(saved(model, tmp_path))
    assert [str(item) for item in found.inputs] == ["x float32 [n, 4]"]
    assert [str(item) for item in found.outputs] == ["y float32 [n, 4]"]
    assert (found.opset, found.producer, found.operators) == (13, "tests", {"MatMul": 1})
    assert found.bytes == (tmp_path / "model.onnx").stat().st_size


@pytest.mark.parametrize("written", ["", "?", "-1", -1, None])
def test_an_axis_without_a_name_is_open(tmp_path: Path, written: object) -> None:
    """Whatever the exporter wrote in its place; a name is kept."""
    model = small()
    size = model.graph.input[0].type.tensor_type.shape.dim[0]
    size.Clear()
    if isinstance(written, int):
        size.dim_value = written
    elif written is not None:
        size.dim_param = written
    [given_input] = read(saved(model, tmp_path)).inputs
    assert (given_input.shape, given_input.open_axes) == ((None, 4), (0,))


def test_what_is_no_tensor_and_a_shape_that_nobody_tells(tmp_path: Path) -> None:
    """A sequence is called one; no shape is None, which is not the shape of a scalar."""
    model = small()
    model.graph.output[0].type.tensor_type.ClearField("shape")
    sequence = helper.make_sequence_type_proto(helper.make_tensor_type_proto(FLOAT, None))
    model.graph.output.append(helper.make_value_info("s", sequence))
    model.graph.input.append(helper.make_tensor_value_info("rate", TensorProto.INT64, []))
    found = read(saved(model, tmp_path))
    assert [(item.dtype, item.shape) for item in found.outputs] == [("float32", None), ("sequence", None)]
    assert found.inputs[1].shape == ()


def test_what_has_a_constant_is_not_fed() -> None:
    """Older files declare their weights as inputs, too: plain ones and sparse ones."""
    names = ("x", "plain", "sparse")
    graph = onnx.GraphProto(
        input=[helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in names]
    )
    graph.initializer.append(numpy_helper.from_array(np.ones(2, np.float32), "plain"))
    graph.sparse_initializer.add().values.CopyFrom(numpy_helper.from_array(np.ones(1, np.float32), "sparse"))
    assert [item.name for item in fed(graph)] == ["x"]


def test_the_nodes_of_branches_are_counted_too(tmp_path: Path) -> None:
    """What stands in an If is what a chip would have to run."""
    branch = [
        helper.make_graph(
            [helper.make_node(kind, ["y"], [f"{kind}_out"])], kind, [],
            [helper.make_tensor_value_info(f"{kind}_out", FLOAT, None)],
        )
        for kind in ("Relu", "Neg")
    ]  # fmt: skip
    model = small()
    model.graph.node.append(
        helper.make_node("If", ["c"], ["z"], then_branch=branch[0], else_branch=branch[1])
    )
    assert sorted(node.op_type for node in nodes(model.graph)) == ["If", "MatMul", "Neg", "Relu"]
    assert read(saved(model, tmp_path)).operators["Neg"] == 1


def test_custom_operators_are_named(tmp_path: Path) -> None:
    """Those of onnxruntime itself are none; a function that the file brings along is none."""
    with pytest.raises(
        GraphError, match=r"needs custom operators, which no runtime here has: com\.mine\.MatMul"
    ):
        read(saved(small(domain="com.mine"), tmp_path))
    assert read(saved(small(domain="com.microsoft"), tmp_path)).operators == {"com.microsoft.MatMul": 1}


@pytest.mark.parametrize("opset", [8, 99])
def test_an_opset_that_is_too_old_or_too_new_is_told(tmp_path: Path, opset: int) -> None:
    """With what is expected."""
    with pytest.raises(GraphError, match=rf"of opset {opset}, expected 9 to \d+"):
        read(saved(small(opset=opset), tmp_path))


def external(folder: Path, location: str, *, write: bool = True, length: int = 64) -> Path:
    """A graph whose weights lie in another file."""
    model = small()
    tensor = model.graph.initializer[0]
    content = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(length))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    if write:
        (folder / location).write_bytes(content)
    return saved(model, folder)


def test_weights_beside_the_graph_are_read_with_it(tmp_path: Path) -> None:
    """Their bytes count."""
    path = external(tmp_path, "weights.bin")
    found = read(path)
    assert found.external == (tmp_path / "weights.bin",)
    assert found.bytes == path.stat().st_size + 64
    loaded = load(path)
    assert np.array_equal(numpy_helper.to_array(loaded.graph.initializer[0]), np.eye(4))


@pytest.mark.parametrize(
    "location", ["/etc/passwd", "../weights.bin", "a/../../weights.bin", "..\\weights.bin", ""]
)
def test_no_file_outside_the_folder_is_opened(tmp_path: Path, location: str) -> None:
    """Whatever a graph names."""
    with pytest.raises(BadInput, match="names weights outside its folder"):
        read(external(tmp_path, location, write=False))


def test_a_link_out_of_the_folder_is_outside(tmp_path: Path) -> None:
    """A link is followed before it is judged."""
    folder = tmp_path / "graph"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(64))
    (folder / "weights.bin").symlink_to(tmp_path / "secret")
    with pytest.raises(BadInput, match="names weights outside its folder"):
        read(external(folder, "weights.bin", write=False))


def test_weights_that_are_not_there_or_too_short(tmp_path: Path) -> None:
    """Both are told with the file."""
    with pytest.raises(BadInput, match=r"its weights 'w\.bin' are not there"):
        read(external(tmp_path, "w.bin", write=False))
    with pytest.raises(BadInput, match=r"its weights 'w\.bin' are 64 bytes, expected 65 at least"):
        read(external(tmp_path, "w.bin", length=65))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"\xff\xff\xff\xff", "not read as protobuf"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a git-lfs pointer"),
        (onnx.ModelProto(ir_version=8).SerializeToString(), "it has no opset"),
        (small().SerializeToString()[:-40], "not read as protobuf"),
    ],
)
def test_what_is_no_graph_is_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    """With the path first."""
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=said) as raised:
        read(path)
    assert str(raised.value).startswith(str(path))


def test_what_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    """Nothing there, and a folder."""
    with pytest.raises(BadInput, match="no such file"):
        read(tmp_path / "none.onnx")
    with pytest.raises(BadInput, match="a folder, expected an ONNX file"):
        read(tmp_path)


def test_damage_is_an_error_of_ours_or_read(tmp_path: Path) -> None:
    """Whatever bytes change."""
    path = tmp_path / "model.onnx"

    def reading(content: bytes) -> object:
        path.write_bytes(content)
        return read(path)

    refused, kept = survives_all(
        small().SerializeToString(), reading, lambda found: bool(found.operators), count=1000
    )
    assert refused > 100
    assert kept > 100
