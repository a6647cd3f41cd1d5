"""An ONNX file becomes a table: a size for every axis, a range for every input, or a sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import graph_files as files
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from harness.domain.precisions import Precision
from harness.drafting import checking, drafts, said
from harness.drafting.drafts import Asked
from harness.errors import UsageError, ZoocheckError
from harness.models import seeding
from harness.models.graphs import originals
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


def asked(path: Path, *shapes: str, ranges: tuple[str, ...] = (), **more: Any) -> Asked:
    return Asked(
        path=path,
        name="mine",
        chip="cpu",
        precisions=(Precision.FP16,),
        said=said.read(shapes, ranges),
        **more,
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
        said.read([text], [])


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


class TestTheBatch:
    """Which axis is it: guessed of the file, held by running it, or said."""

    @pytest.fixture
    def strip(self, tmp_path: Path) -> Path:
        """One image of any width, a value a column: `ddddocr`'s."""
        weights = {"w": np.ones((2, 1, 8, 3), np.float32)}
        nodes = [helper.make_node("Conv", ["x", "w"], ["y"], pads=[0, 1, 0, 1])]
        return written(
            tmp_path / "strip.onnx", {"x": (TensorProto.FLOAT, [1, 1, 8, "width"])}, nodes, ["y"], weights
        )

    def shapes(self, path: Path, *shapes: str, **more: Any) -> tuple[list[Any], list[int]]:
        found = checked(path, *shapes, **more)
        assert found.model.graph is not None
        return [item.shape for item in found.model.graph.inputs], [case.batch_size for case in found.cases]

    def test_a_first_axis_of_one_is_it_whatever_is_open_behind(self, strip: Path, tmp_path: Path):
        """Neither a width nor a sequence is samples."""
        assert self.shapes(strip, "1x1x8x32") == ([("batch", 1, 8, 32)], [1])
        path = written(
            tmp_path / "ids.onnx", {"ids": (TensorProto.INT64, [1, "sequence"])},
            [helper.make_node("Cast", ["ids"], ["y"], to=TensorProto.FLOAT)], ["y"],
        )  # fmt: skip
        assert self.shapes(path, "1x12") == ([("batch", 12)], [1])
        with pytest.raises(ZoocheckError, match=r"ids.* has axes of any size beside the batch"):
            checked(path)

    @pytest.mark.parametrize("name", ["n", None])
    def test_a_state_has_it_behind_where_another_has_it_first(self, tmp_path: Path, name: str | None):
        """silero's, whose axes have names or none; a rate has none, and all samples share it."""
        inputs = {
            "x": (TensorProto.FLOAT, [name, 4]), "state": (TensorProto.FLOAT, [1, name, 4]),
            "rate": (TensorProto.FLOAT, []),
        }  # fmt: skip
        nodes = [
            helper.make_node("Add", ["x", "state"], ["sum"]), helper.make_node("Mul", ["sum", "rate"], ["y"])
        ]  # fmt: skip
        path = written(tmp_path / "state.onnx", inputs, nodes, ["y"])
        assert self.shapes(path) == ([("batch", 4), (1, "batch", 4), ()], [1])

    def sequence(self, path: Path, *, first: Any) -> Path:
        """Sums of all steps so far: each step's output is another's where those before it are."""
        nodes = [helper.make_node("CumSum", ["x", "axis"], ["y"])]
        inputs = {"x": (TensorProto.FLOAT, [first, 4])}
        return written(path, inputs, nodes, ["y"], {"axis": np.array(0, np.int64)})

    def test_an_axis_whose_order_matters_is_none(self, tmp_path: Path):
        """Of any size, whose size is then asked for; of a fixed one the whole is a sample."""
        path = self.sequence(tmp_path / "steps.onnx", first="steps")
        with pytest.raises(ZoocheckError, match="none: what comes out along it changes with the"):
            checked(path)
        assert self.shapes(path, "6x4") == ([(6, 4)], [1])
        [note, *_] = checked(path, "6x4").draft.notes
        assert note.startswith("batch: not along axis 0 of x: what comes out along it changes with the")
        with pytest.raises(ZoocheckError, match=r"--bs 1,4: .*steps.onnx takes one sample a call"):
            checked(path, "6x4", batch_sizes=(1, 4))
        assert self.shapes(self.sequence(tmp_path / "six.onnx", first=6)) == ([(6, 4)], [1])

    @pytest.mark.parametrize("made", [files.quantised_by_the_batch, files.centred_by_the_batch])
    def test_samples_that_the_graph_mixes_are_a_batch(self, tmp_path: Path, made: Any):
        """In any order they come to the same: what a conformance check says of it, parity does not hide."""
        onnx.save(made(), tmp_path / "mixes.onnx")
        assert self.shapes(tmp_path / "mixes.onnx", batch_sizes=(4,)) == ([("batch", 4)], [4])

    def test_an_axis_that_no_output_has_is_none(self, tmp_path: Path):
        """And one that the file says is open while it runs at one size only."""
        nodes = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[0], keepdims=0)]
        path = written(tmp_path / "mean.onnx", {"x": (TensorProto.FLOAT, ["n", 4])}, nodes, ["y"])
        with pytest.raises(ZoocheckError, match="the first open one is none: no output has as many values"):
            checked(path)
        nodes = [helper.make_node("Reshape", ["x", "one"], ["y"])]
        path = written(
            tmp_path / "one.onnx", {"x": (TensorProto.FLOAT, ["n", 4])}, nodes, ["y"],
            {"one": np.array([1, 2, 2])},
        )  # fmt: skip
        assert self.shapes(path) == ([(1, 4)], [1])
        assert "onnxruntime runs the graph on one sample, and not on several" in checked(path).draft.notes[0]

    def test_it_is_where_the_user_says(self, strip: Path, images: Path, tmp_path: Path):
        """By N, of any number there; inputs whose shape has none share theirs."""
        assert self.shapes(images, "Nx3x16x12") == ([("batch", 3, 16, 12)], [1])
        assert self.shapes(images, "images=N,3,16,12", batch_sizes=(1, 8))[1] == [1, 8]
        steps = self.sequence(tmp_path / "steps.onnx", first="steps")
        assert self.shapes(steps, "Nx4") == ([("batch", 4)], [1])
        with pytest.raises(ZoocheckError, match="N may stand for the axis of the batch, as state=2xNx128"):
            checked(images, "NxNx16x12")

    def test_a_size_that_the_file_fixes_is_no_batch_of_another(self, strip: Path):
        with pytest.raises(ZoocheckError, match=r"--shape x=4x1x8x32: does not fit the graph's own"):
            checked(strip, "4x1x8x32")


class TestWhatIsSaidTwice:
    """Before anything is run."""

    @pytest.mark.parametrize(
        ("shapes", "message"),
        [
            (
                ("1x3x8x8", "2x3x8x8"),
                "--shape 1x3x8x8 and --shape 2x3x8x8: found two of one input, expected one",
            ),
            (("images=Nx3x8x8",) * 2, "found two of images, expected one"),
        ],
    )
    def test_a_shape_that_is_said_twice(self, shapes: tuple[str, ...], message: str):
        with pytest.raises(ZoocheckError, match=message):
            said.read(shapes, ())
        with pytest.raises(ZoocheckError, match="--range x=1 and --range x=2: found two of x, expected one"):
            said.read((), ("x=1", "x=2"))

    def test_two_inputs_of_other_batches(self, tmp_path: Path):
        """They were taken for one sample a call."""
        path = written(
            tmp_path / "two.onnx",
            {"x": (TensorProto.FLOAT, ["n", 3]), "s": (TensorProto.FLOAT, ["n", 3])},
            [helper.make_node("Add", ["x", "s"], ["y"])], ["y"],
        )  # fmt: skip
        with pytest.raises(
            UsageError, match=r"batches of several sizes \(x of 4, s of 5\), and a call has one"
        ):
            checked(path, "x=4x3", "s=5x3")

    def test_a_batch_size_that_contradicts_a_shape(self, images: Path):
        """A 1 in a shape is what everybody writes, and no batch size."""
        with pytest.raises(ZoocheckError, match="--bs 1,8: --shape says 4 samples a call, which is another"):
            checked(images, "4x3x8x8", batch_sizes=(1, 8))
        assert {case.batch_size for case in checked(images, "4x3x8x8", batch_sizes=(4,)).cases} == {4}
        assert {case.batch_size for case in checked(images, "1x3x8x8", batch_sizes=(1, 8)).cases} == {1, 8}

    def test_samples_that_an_output_does_not_tell_apart(self, tmp_path: Path):
        path = tmp_path / "both.onnx"
        path.write_bytes(files.deciding(floats=True, over_all=True).SerializeToString())
        with pytest.raises(
            ZoocheckError, match="the output mean has no axis of the batch: nothing of 8 samples"
        ):
            checked(path, batch_sizes=(1, 8))
        assert {case.batch_size for case in checked(path).cases} == {1}


class TestRanges:
    """What inputs are drawn from: said, or by what the graph does with them."""

    @pytest.fixture
    def voice(self, tmp_path: Path) -> Path:
        """Ends with an error unless its rate is 16000, as silero does."""
        nodes = [
            helper.make_node("Equal", ["sr", "wanted"], ["right"]),
            helper.make_node("Cast", ["right"], ["row"], to=TensorProto.INT64),
            helper.make_node("Sub", ["row", "one"], ["at"]),
            helper.make_node("Mul", ["at", "far"], ["place"]),
            helper.make_node("Gather", ["table", "place"], ["factor"]),
            helper.make_node("Mul", ["x", "factor"], ["y"]),
        ]
        inputs = {"x": (TensorProto.FLOAT, ["n", 4]), "sr": (TensorProto.INT64, [])}
        weights = {
            "wanted": np.array(16000), "one": np.array(1), "far": np.array(9),
            "table": np.ones((2, 4), np.float32),
        }  # fmt: skip
        return written(tmp_path / "voice.onnx", inputs, nodes, ["y"], weights)

    def test_a_scalar_is_said_and_where_it_is_not_the_failure_says_how(self, voice: Path):
        found = checked(voice, ranges=("sr=16000",))
        assert found.model.graph is not None
        assert [item.range for item in found.model.graph.inputs] == ["normal", "16000"]
        with pytest.raises(ZoocheckError) as raised:
            checked(voice)
        said_ = str(raised.value)
        assert re.search(r"sr was [01], drawn from integers\(2\): say by --range sr=", said_), said_
        assert "\n" not in said_

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ("sr=16 kHz", r"found '16 kHz', expected normal, uniform\(a, b\), integers\(n\) or a number"),
            ("rate=1", "--range rate: .*voice.onnx has no such input, but x float32"),
            ("sr=normal", "--range sr=normal: expected .*: int64 holds whole ones"),
            ("sr=0.5", "--range sr=0.5: expected whole numbers for int64"),
            ("x=1e39", "--range x=1e39: expected numbers from .* which is what float32 holds"),
        ],
    )
    def test_a_range_that_is_none_is_told(self, voice: Path, given: str, message: str):
        with pytest.raises(ZoocheckError, match=message):
            checked(voice, ranges=(given,))

    @pytest.mark.parametrize("form", ["one-hot", "equal"])
    def test_whole_numbers_that_are_spread_into_classes_are_below_their_number(
        self, tmp_path: Path, form: str
    ):
        """By OneHot, and by what JAX writes in its place: held against 0, 1, 2, ... (magika)."""
        nodes = [
            helper.make_node("OneHot", ["bytes", "depth", "values"], ["y"])
            if form == "one-hot"
            else helper.make_node("Equal", ["numbers", "wide"], ["same"]),
        ]
        if form == "equal":
            nodes = [
                helper.make_node("Unsqueeze", ["bytes", "last"], ["wide"]), *nodes,
                helper.make_node("Cast", ["same"], ["y"], to=TensorProto.FLOAT),
            ]  # fmt: skip
        weights = {
            "depth": np.array(257), "values": np.array([0, 1], np.float32), "last": np.array([-1]),
            "numbers": np.arange(257, dtype=np.int32).reshape(1, 1, 257),
        }  # fmt: skip
        kind = TensorProto.INT64 if form == "one-hot" else TensorProto.INT32  # which onnxruntime takes
        path = written(tmp_path / "spread.onnx", {"bytes": (kind, ["n", 6])}, nodes, ["y"], weights)
        graph = checked(path).model.graph
        assert graph is not None
        assert [item.range for item in graph.inputs] == ["integers(257)"]

    def test_what_nothing_tells_is_a_guess_that_says_so(self, tmp_path: Path):
        path = written(
            tmp_path / "flags.onnx", {"flags": (TensorProto.INT64, ["n", 4])},
            [helper.make_node("Cast", ["flags"], ["y"], to=TensorProto.FLOAT)], ["y"],
        )  # fmt: skip
        told = "input flags: int64 [batch, 4], drawn from integers(2); --range says what it means"
        assert told in checked(path).draft.notes


class TestWhatCannotBeFed:
    """One sentence each, which names the graph and no file of ours."""

    def test_a_graph_of_scalars_takes_a_sample_a_call(self, tmp_path: Path):
        """Each sample has its own."""
        path = written(
            tmp_path / "scalar.onnx", {"x": (TensorProto.FLOAT, [])},
            [helper.make_node("Sin", ["x"], ["y"])], ["y"],
        )  # fmt: skip
        model = checked(path).model
        assert model.graph is not None
        assert len(set(seeding.drawn(model, 4).inputs["x"].tolist())) == 4
        drawn = list(seeding.drawn(model, 3).inputs.values())
        assert originals.run(model, drawn, batch_size=3)[0].shape == (3,)

    def test_an_axis_of_size_0_and_no_input_at_all(self, tmp_path: Path):
        path = written(
            tmp_path / "empty.onnx", {"x": (TensorProto.FLOAT, [0, 3])},
            [helper.make_node("Relu", ["x"], ["y"])], ["y"],
        )  # fmt: skip
        with pytest.raises(ZoocheckError, match=r"empty.onnx: the inputs x float32 \[0, 3\] hold nothing"):
            checked(path)
        path = written(
            tmp_path / "none.onnx", {}, [helper.make_node("Relu", ["w"], ["y"])], ["y"],
            {"w": np.ones(3, np.float32)},
        )  # fmt: skip
        with pytest.raises(ZoocheckError, match=r"none.onnx: the graph has no inputs"):
            checked(path)

    def test_one_that_draws_numbers_is_refused_before_anything_is_written(self, tmp_path: Path):
        nodes = [
            helper.make_node("RandomNormalLike", ["x"], ["e"]), helper.make_node("Add", ["x", "e"], ["y"])
        ]  # fmt: skip
        path = written(tmp_path / "noise.onnx", {"x": (TensorProto.FLOAT, ["n", 3])}, nodes, ["y"])
        with pytest.raises(ZoocheckError, match=r"noise.onnx: it draws random numbers \(RandomNormalLike\)"):
            checked(path)

    def test_mistakes_of_the_table_are_the_options(self, images: Path, monkeypatch: pytest.MonkeyPatch):
        """The file that they are in is gone when they are read."""
        monkeypatch.setattr(drafts, "_input", lambda item: {"name": item.name, "dtype": "float33"})
        with pytest.raises(
            UsageError, match=r'^--shape \(inputs\[0\].dtype\): found "float33", expected one of'
        ):
            checked(images, "1x3x16x12")
