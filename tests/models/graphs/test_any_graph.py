"""Graphs that are models as they are: made ready, in fp16 and in int8, a test for each kind that there is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import graph_files as files
import numpy as np
import onnx
import pytest
from graph_files import FLOAT, IMAGES, ROWS, STATES, drawn, graph, node, value
from onnx import numpy_helper

from harness.domain.graphs import GraphInput
from harness.domain.models import Model
from harness.domain.precisions import Precision
from harness.errors import BadInput, GraphError, NotApplicable, NotThere
from harness.models import seeding
from harness.models.graphs import fp16, int8, mask, originals, preparing, values
from harness.models.graphs.numerics import apply
from harness.toolchains.onnxruntime.backend import load_graph


def outputs(model: Model, made: onnx.ModelProto, inputs: Sequence[np.ndarray], precision: Precision) -> list:
    """A prepared graph's outputs for as many samples as it takes, samples first."""
    session = load_graph(made.SerializeToString(), precision, 1)
    given = dict(zip([item.name for item in model.fed], originals.laid_out(model, inputs), strict=True))
    specs = originals.outputs_of(model)
    found = session.run([item.name for item in specs], given)
    return originals.rows_first(model, specs, found, len(inputs[0]))


def rows(model: Model, count: int, first: int = 0) -> list[np.ndarray]:
    return list(seeding.drawn(model, count, first=first).inputs.values())


def off(model: Model, made: onnx.ModelProto, precision: Precision, count: int = 2) -> float:
    """The largest difference from the file's own fp32, of the largest value."""
    inputs = rows(model, count, first=20)
    pairs = zip(
        outputs(model, made, inputs, precision), originals.run(model, inputs, batch_size=8), strict=True
    )
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def in_int8(model: Model, batch: int = 2) -> onnx.ModelProto:
    one = preparing.prepared(model, batch_size=1).graph
    names = [item.name for item in model.fed]
    feeds = [
        dict(
            zip(
                names,
                originals.laid_out(model, [array[at : at + 1] for array in rows(model, 10)]),
                strict=True,
            )
        )
        for at in range(10)
    ]
    ranges = int8.ranges_of(one, feeds)
    made = preparing.prepared(model, batch_size=batch).graph
    return apply(made, (("int8", lambda found: int8.to_int8(found, ranges)),))


def in_fp16(model: Model, batch: int = 2) -> onnx.ModelProto:
    return apply(preparing.prepared(model, batch_size=batch).graph, (("fp16", fp16.to_fp16),))


# ---------------------------------------------------------------------- seeds


def test_seeded_samples_are_the_same_however_many_are_drawn(tmp_path: Path) -> None:
    """In their range and dtype; what all samples share is the same in each."""
    model = files.of(tmp_path / "r.onnx", files.recurrent(), STATES)
    eight, three = seeding.drawn(model, 8), seeding.drawn(model, 3, first=5)
    for name, array in eight.inputs.items():
        assert np.array_equal(array[5:], three.inputs[name])
    assert eight.inputs["h"].shape == (8, 1, 6)
    assert eight.inputs["rate"].tolist() == [16000] * 8
    assert (len(eight), eight.truncated.size) == (8, 0)
    other = seeding.drawn(model, 8, seed=1)
    assert not np.array_equal(other.inputs["x"], eight.inputs["x"])
    assert seeding.digest(model) != seeding.digest(model, seed=1)


def test_ranges_are_kept(tmp_path: Path) -> None:
    """Whole numbers below n, floats between two numbers, truths."""
    inputs = [
        GraphInput(name="ids", dtype="int32", shape=("batch", 500), range="integers(7)"),
        GraphInput(name="level", dtype="float32", shape=("batch", 500), range="uniform(2, 3)"),
        GraphInput(name="flag", dtype="bool", shape=("batch", 500), range="uniform(0, 1)"),
    ]
    made = seeding.drawn(Model(name="m", title="m", graph=files.GraphFile(file="m", inputs=tuple(inputs))), 4)
    ids, level, flag = made.inputs.values()
    assert (ids.dtype, ids.min(), ids.max()) == (np.int32, 0, 6)
    assert level.dtype == np.float32
    assert 2 <= level.min() < level.max() <= 3
    assert flag.dtype == np.bool_
    assert 0 < flag.mean() < 1


def test_samples_of_a_folder_are_its_files(tmp_path: Path) -> None:
    """In the order of their names, again from the start; another shape, none, or no folder is told."""
    folder = tmp_path / "samples"
    inputs = (GraphInput(name="x", dtype="float32", shape=("batch", 4), folder=str(folder)),)
    model = files.of(tmp_path / "b.onnx", files.branching(), inputs)
    with pytest.raises(NotThere, match="the samples of x are not there"):
        seeding.drawn(model, 1)
    folder.mkdir()
    with pytest.raises(BadInput, match=r"no \.npy file"):
        seeding.drawn(model, 1)
    held = [drawn(4), drawn(4)]
    for at, array in enumerate(held):
        np.save(folder / f"{at}.npy", array)
    assert np.array_equal(seeding.drawn(model, 3).inputs["x"], np.stack([held[0], held[1], held[0]]))
    np.save(folder / "2.npy", drawn(1, 4))
    with pytest.raises(BadInput, match=r"shape \[1, 4\], expected one sample of x: \[4\]"):
        seeding.drawn(model, 3)


# ------------------------------------------------------------------ originals


def test_the_axes_of_outputs_are_found_by_running(tmp_path: Path) -> None:
    """Classes where a softmax makes them; the batch wherever it lies; samples come first in any case."""
    classes = files.of(tmp_path / "c.onnx", files.convolution(), IMAGES)
    assert [item.shape for item in originals.outputs_of(classes)] == [("batch", "labels")]
    states = files.of(tmp_path / "r.onnx", files.recurrent(), STATES)
    assert [(item.name, item.shape) for item in originals.outputs_of(states)] == [
        ("y", (1, "batch", 6)), ("cn", (1, "batch", 6)),
    ]  # fmt: skip
    y, cn = originals.run(states, rows(states, 20), batch_size=8)
    assert (y.shape, cn.shape) == ((20, 1, 6), (20, 1, 6))
    alone = originals.run(states, rows(states, 1, first=13), batch_size=1)
    assert np.allclose(alone[0][0], y[13], atol=1e-6)


def test_a_file_of_one_batch_size_runs_any_number_of_samples(tmp_path: Path) -> None:
    """In calls of that size, the last one filled up; built it is at that size alone."""
    model = files.of(tmp_path / "four.onnx", files.convolution(batch=4), IMAGES)
    assert originals.fixed_batch(model) == 4
    whole = originals.run(model, rows(model, 10), batch_size=8)[0]
    assert whole.shape == (10, 5)
    rest = originals.run(model, rows(model, 2, first=8), batch_size=8)[0]
    assert np.allclose(whole[8:], rest, atol=1e-6)
    with pytest.raises(GraphError, match=r"takes 4 samples a call, and no other number.*choose --bs 4"):
        preparing.prepared(model, batch_size=2)


def test_an_output_of_the_whole_batch_needs_batch_one(tmp_path: Path) -> None:
    """Nothing in it can be told to be of one sample."""
    made = graph(
        [node("ReduceMean", ["x"], ["y"], axes=[0], keepdims=0)], [value("x", ["n", 4])], [value("y", [4])]
    )
    model = files.of(tmp_path / "mean.onnx", made, ROWS)
    with pytest.raises(GraphError, match=r"output y has no axis of the batch.*choose --bs 1"):
        originals.run(model, rows(model, 2), batch_size=2)
    assert originals.run(model, rows(model, 8), batch_size=1)[0].shape == (8, 4)


# ------------------------------------------------------------------ preparing


def test_inputs_that_are_not_the_tables_are_all_named(tmp_path: Path) -> None:
    """Names, and then dtypes and shapes."""
    path = tmp_path / "b.onnx"
    other = (GraphInput(name="y", dtype="float32", shape=("batch", 4)),)
    with pytest.raises(GraphError, match="the graph's inputs are x, expected y"):
        preparing.prepared(files.of(path, files.branching(), other), batch_size=1)
    wrong = (GraphInput(name="x", dtype="float32", shape=("batch", 5)),)
    with pytest.raises(GraphError, match=r"x float32 \[n, 4\] in the file, batch, 5 of float32 in the table"):
        preparing.prepared(files.of(path, files.branching(), wrong), batch_size=1)


@pytest.mark.parametrize("variance", [1.0, 9.8e7])
def test_a_batch_normalisation_is_folded_into_its_convolution(tmp_path: Path, variance: float) -> None:
    """As a chip's compiler does; a variance beyond fp16 is told, and the fp16 graph computes the same."""
    model = files.of(tmp_path / "c.onnx", files.convolution(variance=variance), IMAGES)
    made = preparing.prepared(model, batch_size=2)
    assert "BatchNormalization" not in [item.op_type for item in made.graph.graph.node]
    [told] = made.told
    assert told.startswith("1 of 1 batch normalisations are folded")
    assert ("9.8e+07, which fp16 holds only so" in told) == (variance > 65504)
    assert off(model, in_fp16(model), Precision.FP16) < 3e-3


def test_a_batch_normalisation_behind_no_convolution_keeps_its_statistics(tmp_path: Path) -> None:
    """In fp32, which is told where fp16 does not hold them."""
    made = graph(
        [
            node("Relu", ["x"], ["r"]),
            node("BatchNormalization", ["r", "scale", "shift", "mean", "variance"], ["y"], name="norm"),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"scale": drawn(4), "shift": drawn(4), "mean": drawn(4), "variance": np.full(4, 1e8, np.float32)},
    )  # fmt: skip
    model = files.of(tmp_path / "n.onnx", made, (GraphInput(name="x", dtype="float32", shape=("batch", 4)),))
    narrow = in_fp16(model)
    [told] = values.told(narrow)
    assert told.startswith("1 BatchNormalization behind no convolution keep their statistics in fp32")
    assert off(model, narrow, Precision.FP16) < 2e-3


def test_a_graph_that_onnxsim_refuses_is_used_as_it_was(tmp_path: Path, monkeypatch) -> None:
    """And that is told, with what it said."""
    import onnxsim

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Nodes in a graph must be topologically sorted")

    monkeypatch.setattr(onnxsim, "simplify", refuse)
    model = files.of(tmp_path / "r.onnx", files.recurrent(), STATES)
    made = preparing.prepared(model, batch_size=2)
    assert made.told == (
        "onnxsim cannot simplify the graph, which is used as it was: "
        "Nodes in a graph must be topologically sorted",
    )
    assert [item.op_type for item in made.graph.graph.node] == ["Unsqueeze", "LSTM", "Cast", "Div", "Mul"]


def test_a_graph_that_onnxsim_changes_is_used_as_it_was(tmp_path: Path, monkeypatch) -> None:
    """What it makes is held against the file."""
    import onnxsim

    original = onnxsim.simplify

    def broken(made: onnx.ModelProto, **more: object) -> tuple[onnx.ModelProto, bool]:
        found, checked = original(made, **more)
        weights = next(item for item in found.graph.initializer if item.name == "dense")
        weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * 1.1, "dense"))
        return found, checked

    monkeypatch.setattr(onnxsim, "simplify", broken)
    model = files.of(tmp_path / "c.onnx", files.convolution(), IMAGES)
    [told] = preparing.prepared(model, batch_size=1).told
    assert "onnxsim cannot simplify the graph" in told
    assert "of the largest output" in told


def test_a_graph_that_draws_random_numbers_is_refused(tmp_path: Path) -> None:
    """Nothing could be held against it."""
    made = graph(
        [node("RandomNormalLike", ["x"], ["noise"]), node("Add", ["x", "noise"], ["y"])],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
    )
    with pytest.raises(NotApplicable, match=r"draws random numbers \(RandomNormalLike\)"):
        preparing.prepared(files.of(tmp_path / "d.onnx", made, ROWS), batch_size=1)


# ----------------------------------------------------------------------- fp16


@pytest.mark.parametrize("opset", [9, 11, 13, 17, 21])
def test_convolutions_in_fp16_at_any_opset(tmp_path: Path, opset: int) -> None:
    """Inputs are rounded first, results once each; inputs and outputs stay fp32."""
    model = files.of(tmp_path / "c.onnx", files.convolution(opset=opset), IMAGES)
    narrow = in_fp16(model)
    assert 0 < off(model, narrow, Precision.FP16) < 3e-3
    for item in (*narrow.graph.input, *narrow.graph.output):
        assert item.type.tensor_type.elem_type == FLOAT
    inputs = rows(model, 2)
    rounded = [array.astype(np.float16).astype(np.float32) for array in inputs]
    assert np.array_equal(
        outputs(model, narrow, inputs, Precision.FP16)[0], outputs(model, narrow, rounded, Precision.FP16)[0]
    )


def test_an_lstm_in_fp16_tells_what_stays_wide(tmp_path: Path) -> None:
    """Its state, from step to step; the int64 scalar beside it is left alone."""
    model = files.of(tmp_path / "r.onnx", files.recurrent(), STATES)
    narrow = in_fp16(model)
    assert values.told(narrow) == ("1 LSTM: the state stays in fp32 from step to step",)
    assert 0 < off(model, narrow, Precision.FP16) < 3e-3


def masked(low: float) -> onnx.ModelProto:
    """A softmax of what a comparison leaves, the rest being a low number."""
    return graph(
        [
            node("Greater", ["x", "zero"], ["kept"]),
            node("Where", ["kept", "x", "low"], ["m"]),
            node("Softmax", ["m"], ["y"], axis=-1),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"zero": np.array(-1, np.float32), "low": np.array(low, np.float32)},
    )


def test_minus_infinity_on_purpose_is_kept(tmp_path: Path) -> None:
    """fp16 holds it exactly."""
    model = files.of(tmp_path / "m.onnx", masked(-np.inf), ROWS)
    made = mask.limit_masks(preparing.prepared(model, batch_size=2).graph)
    assert values.told(made) == ()
    narrow = apply(made, (("fp16", fp16.to_fp16),))
    assert off(model, narrow, Precision.FP16) < 2e-3


def test_a_masks_lowest_number_is_limited_and_told(tmp_path: Path) -> None:
    """As the documents' own fix does; without that step the constant is named with what to do."""
    model = files.of(tmp_path / "m.onnx", masked(np.finfo(np.float32).min), ROWS)
    made = preparing.prepared(model, batch_size=2).graph
    limited = mask.limit_masks(made)
    [told] = values.told(limited)
    assert "is limited to -10000" in told
    assert off(model, apply(limited, (("fp16", fp16.to_fp16),)), Precision.FP16) < 2e-3
    with pytest.raises(GraphError, match="limit the attention mask first"):
        fp16.to_fp16(made)


def test_weights_beyond_fp16_are_all_named_before_anything_is_rounded(tmp_path: Path) -> None:
    """With their sizes and worst values."""
    made = graph(
        [node("MatMul", ["x", "a"], ["m"]), node("Mul", ["m", "b"], ["y"])],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"a": drawn(4, 4) * np.float32(1e6), "b": np.array(-7e4, np.float32)},
    )
    with pytest.raises(GraphError) as raised:
        fp16.to_fp16(made)
    said = str(raised.value)
    assert "constant 'a' holds" in said
    assert "(4 x 4 values)" in said
    assert "constant 'b' holds -70000" in said
    assert "run it in fp32 or bf16" in said


def test_sizes_and_bounds_are_not_rounded(tmp_path: Path) -> None:
    """A Resize whose scale fp16 does not hold keeps its shape; a Clip without an upper bound has none."""
    made = graph(
        [
            node("Resize", ["x", "", "scales"], ["r"], mode="nearest"),
            node("Clip", ["r", "least", "most"], ["y"]),
        ],
        [value("x", ["n", 1, 300, 2])],
        [value("y", None)],
        {
            "scales": np.array([1, 1, 1.0034, 1], np.float32), "least": np.array(0, np.float32),
            "most": np.array(np.finfo(np.float32).max, np.float32),
        },
    )  # fmt: skip
    made.graph.output[0].type.tensor_type.shape.SetInParent()
    for size in ("n", 1, "h", "w"):
        dimension = made.graph.output[0].type.tensor_type.shape.dim.add()
        if isinstance(size, int):
            dimension.dim_value = size
    model = files.of(
        tmp_path / "z.onnx", made, (GraphInput(name="x", dtype="float32", shape=("batch", 1, 300, 2)),)
    )
    assert originals.outputs_of(model)[0].shape == ("batch", 1, 301, 2)
    assert off(model, in_fp16(model), Precision.FP16) < 1e-3


def quantised() -> onnx.ModelProto:
    return graph(
        [
            node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
            node("MatMulInteger", ["q", "w", "z"], ["m"]),
            node("Cast", ["m"], ["f"], to=FLOAT),
            node("Mul", ["f", "s"], ["y"]),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"w": np.arange(-8, 8, dtype=np.int8).reshape(4, 4)},
    )


def test_a_graph_that_is_quantised_already_is_run_as_it_is(tmp_path: Path) -> None:
    """In fp32 only; the operators are named."""
    model = files.of(tmp_path / "q.onnx", quantised(), ROWS)
    made = preparing.prepared(model, batch_size=2).graph
    assert off(model, made, Precision.FP32) == 0
    for step in (fp16.to_fp16, lambda found: int8.to_int8(found, ())):
        with pytest.raises(
            NotApplicable, match=r"quantised already \(1 DynamicQuantizeLinear, 1 MatMulInteger\)"
        ):
            step(made)


# ----------------------------------------------------------------------- int8


def scaled(kind: type[np.floating], factor: float, *, behind: bool = False) -> onnx.ModelProto:
    """A dense layer of numbers of a kind, which a factor scales first; another one of fp32 behind it."""
    wide = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    second = [node("Cast", ["m"], ["c"], to=FLOAT), node("MatMul", ["c", "v"], ["y"])]
    return graph(
        [
            node("Mul", ["x", "factor"], ["s"]),
            node("MatMul", ["s", "w"], ["m" if behind else "y"]),
            *(second if behind else []),
        ],
        [value("x", ["n", 4], wide)],
        [value("y", ["n", 4], FLOAT if behind else wide)],
        {"factor": np.array(factor, kind), "w": drawn(4, 4).astype(kind)}
        | ({"v": drawn(4, 4, scale=2)} if behind else {}),
    )


def numbers(kind: type[np.floating]) -> tuple[GraphInput, ...]:
    return (GraphInput(name="x", dtype=np.dtype(kind).name, shape=("batch", 4)),)


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_products_of_other_numbers_than_fp32_are_left_as_they_are(tmp_path: Path, kind) -> None:
    """And told; where there are no others, there is nothing to quantise."""
    model = files.of(tmp_path / "two.onnx", scaled(kind, 1, behind=True), numbers(kind))
    made = in_int8(model)
    name = np.dtype(kind).name
    assert values.told(made)[-1] == f"1 MatMul of {name} are left as they are: int8 is made of float32"
    assert values.operators(made, ("MatMul", "QuantizeLinear")) == {"MatMul": 2, "QuantizeLinear": 2}
    assert off(model, made, Precision.INT8) < 0.2  # of four numbers, of which ten samples choose the scale
    alone = files.of(tmp_path / "one.onnx", scaled(kind, 1), numbers(kind))
    with pytest.raises(
        NotApplicable, match=f"none of MatMul, Gemm, Conv in fp32 .1 MatMul of {name} are left"
    ):
        in_int8(alone)


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (3e38, "int8: value s is infinite on the samples that its scale is chosen of"),
        (1e-44, "int8: value s is at most .* too small for float32 to have steps in it"),
    ],
)
def test_a_value_of_which_no_scale_can_be_chosen_is_named(factor: float, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        int8.ranges_of(scaled(np.float32, factor), [{"x": drawn(3, 4, scale=4)}])


@pytest.mark.parametrize("away", [0, 1e-6])
def test_a_value_that_hardly_differs_has_a_scale(away: float) -> None:
    """numpy makes no histogram of it: its range goes up to the largest."""
    feed = {"x": np.full((3, 4), 0.7, np.float32) + np.float32(away) * np.eye(3, 4, dtype=np.float32)}
    [((_, high), _)] = int8.ranges_of(scaled(np.float32, 1), [feed])
    assert high == pytest.approx(0.7, rel=0.01)


def test_a_value_that_is_always_0_has_a_scale(tmp_path: Path) -> None:
    model = files.of(tmp_path / "zero.onnx", scaled(np.float32, 0), ROWS)
    assert not np.any(outputs(model, in_int8(model), rows(model, 2), Precision.INT8)[0])


@pytest.mark.parametrize("opset", [9, 11, 17])
def test_convolutions_in_int8(tmp_path: Path, opset: int) -> None:
    """Quantisers stand around convolution and dense layer, symmetric, one scale a tensor."""
    model = files.of(tmp_path / "c.onnx", files.convolution(opset=opset), IMAGES)
    made = in_int8(model)
    assert 0 < off(model, made, Precision.INT8) < 0.2
    kinds = [item.op_type for item in made.graph.node]
    assert kinds.count("DequantizeLinear") >= 4
    points = [item for item in made.graph.initializer if item.name.endswith("zero_point")]
    assert points
    assert all((numpy_helper.to_array(item) == 0).all() for item in points)


def test_int8_leaves_an_lstm_and_branches_and_says_so(tmp_path: Path) -> None:
    """Where nothing else is there, that is the refusal."""
    model = files.of(tmp_path / "b.onnx", files.branching(), ROWS)
    feeds = [{"x": array[None]} for array in rows(model, 2)[0]]
    with pytest.raises(
        NotApplicable, match=r"nothing to quantise.*\(2 MatMul inside of branches or loops stay in fp32\)"
    ):
        int8.ranges_of(preparing.prepared(model, batch_size=1).graph, feeds)


def test_a_bias_that_two_convolutions_share_takes_no_others_name(tmp_path: Path) -> None:
    """onnxruntime's quantiser calls its copy ``bias0``, which here is a convolution's output."""
    made = graph(
        [
            node("Conv", ["x", "w", "bias"], ["bias0"], pads=[1, 1, 1, 1]),
            node("Conv", ["bias0", "v", "bias"], ["y"], pads=[1, 1, 1, 1]),
        ],
        [value("x", ["n", 3, 8, 8])],
        [value("y", ["n", 3, 8, 8])],
        {"w": drawn(3, 3, 3, 3), "v": drawn(3, 3, 3, 3)[::-1].copy(), "bias": drawn(3)},
    )
    model = files.of(tmp_path / "s.onnx", made, IMAGES)
    assert 0 < off(model, in_int8(model), Precision.INT8) < 0.2
