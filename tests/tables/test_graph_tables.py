"""Tables of models that are an ONNX graph: what they say, where files lie, and every mistake at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.domain.graphs import Draw, GraphFile, GraphInput, Range
from harness.domain.models import Model
from harness.errors import NotApplicable, TableErrors
from harness.models import seeding
from harness.tables.catalog import BUILT_IN, load

GRAPH = """
[[model]]
name = "detector"
title = "A detector"
[model.graph]
file = "graphs/detector.onnx"
inputs = [
    { name = "images", dtype = "float32", shape = ["batch", 3, 64, 64], range = "uniform(0, 1)" },
    { name = "state", dtype = "float32", shape = [2, "batch", 128], folder = "states" },
    { name = "rate", dtype = "int64", range = "uniform(16000, 16000)" },
]
"""


def loaded(folder: Path, text: str):
    (folder / "models.toml").write_text(text, encoding="utf-8")
    return load((BUILT_IN, folder))


def mistakes_of(folder: Path, text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(TableErrors) as raised:
        loaded(folder, text)
    return [(item.path, item.found, item.expected) for item in raised.value.mistakes]


def test_a_graph_is_a_model_without_an_encoders_parts(tmp_path: Path) -> None:
    """Its files are seen from the table's folder; what it has not is told by who asks for it."""
    model = loaded(tmp_path, GRAPH).models["detector"]
    assert model.graph is not None
    assert model.graph.file == str(tmp_path / "graphs" / "detector.onnx")
    images, state, rate = model.fed
    assert (images.key, state.folder, rate.shape) == ("images", str(tmp_path / "states"), ())
    assert model.sizes(4) == {"batch": 4}
    assert (images.batch_axis, state.batch_axis, rate.batch_axis) == (0, 1, None)
    assert (state.sample_shape, rate.sample_shape) == ((2, 128), ())
    for ask, what in (("encoder", "architecture"), ("tokens", "length in tokens"), ("score", "metric")):
        with pytest.raises(NotApplicable, match=f"detector has no {what}: it is a graph as it is"):
            getattr(model, ask)


def test_an_encoder_is_fed_by_role_in_its_shapes() -> None:
    """What the words of its shapes come to, documented or at another length."""
    model = load((BUILT_IN,)).models["tinybert"]
    assert [item.key for item in model.fed] == [item.role for item in model.inputs]
    assert model.sizes(8) == {"batch": 8, "length": 64, "labels": 2}
    assert model.sizes(1, 17)["length"] == 17


MISTAKES = """
[[model]]
name = "wrong"
title = "Wrong in every way"
task = "classify"
length = 7
metric = "accuracy"
checkpoint = { published = "somewhere" }
outputs = [{ name = "y", dtype = "bfloat16", shape = ["batch", "length", "batch"] }]
parity = [
    { precision = "fp16", layers = 2, largest = { most = 1, reason = "r" }, rms = { most = 1, reason = "" } },
]
[model.graph]
file = "a.onnx"
inputs = [
    { name = "a", dtype = "complex64", shape = [1, "height"], range = "gaussian" },
    { name = "a", dtype = "int64", shape = [0], range = "normal" },
    { name = "b", dtype = "float32", range = "integers(7)" },
    { name = "c", dtype = "uint8", range = "uniform(-1, 255)" },
    { name = "d", dtype = "float32", range = "uniform(2, 1)" },
    { name = "e", dtype = "int32", range = "uniform(0.5, 1)" },
    { name = "f", dtype = "int32", range = "integers(0)" },
    { name = "g", dtype = "float32", range = "uniform(0, 1)", folder = "files" },
]
"""


def test_every_mistake_of_a_graph_is_told_at_once(tmp_path: Path) -> None:
    """With its place, what was found and what was expected."""
    found = mistakes_of(tmp_path, MISTAKES)
    beside = "no such key beside graph: a graph is run as it is"
    assert {path: said for path, said, expected in found if expected == beside} == {
        "model[0].task": '"classify"', "model[0].metric": '"accuracy"', "model[0].length": "7",
    }  # fmt: skip
    told = {path.removeprefix("model[0]."): expected for path, _, expected in found}
    assert told["checkpoint"] == "none beside graph: its weights are in its file"
    assert told["outputs[0].dtype"].startswith("one of float16, float32")
    assert told["outputs[0].shape[1]"] == "a whole number or one of batch, any, labels, ..."
    assert told["outputs[0].shape"] == '"batch" once at most'
    assert told["parity[0].layers"] == "none: a graph states no layers"
    assert told["graph.inputs[0].dtype"].startswith("one of float16")
    assert told["graph.inputs[0].shape[1]"] == 'a whole number or "batch"'
    assert told["graph.inputs[0].range"] == "normal, uniform(a, b), integers(n) or a number"
    assert told["graph.inputs[1].name"] == "each input once"
    assert told["graph.inputs[1].shape[0]"] == "a whole number of at least 1"
    assert told["graph.inputs[1].range"] == "integers(n), uniform(a, b) or a number: int64 holds whole ones"
    assert told["graph.inputs[2].range"] == "normal, uniform(a, b) or a number for float32"
    assert told["graph.inputs[3].range"] == "numbers from 0 to 255, which is what uint8 holds"
    assert told["graph.inputs[4].range"] == "its smaller number first"
    assert told["graph.inputs[5].range"] == "whole numbers for int32"
    assert told["graph.inputs[6].range"] == "a number of at least 1"
    assert told["graph.inputs[7].range"] == "none beside folder: the samples are its files"


def test_a_model_without_a_graph_says_what_an_encoder_has(tmp_path: Path) -> None:
    """Each key that it lacks is named."""
    found = mistakes_of(tmp_path, '[[model]]\nname = "bare"\ntitle = "Bare"\ndataset = "sst-2"\n')
    missing = {path for path, said, _ in found if said == "no value"}
    assert {f"model[0].{key}" for key in ("task", "length", "architecture", "metric")} <= missing


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("normal", Range(draw=Draw.NORMAL)),
        ("uniform(-1, 2.5e1)", Range(draw=Draw.UNIFORM, low=-1, high=25)),
        (" integers( 30522 ) ", Range(draw=Draw.INTEGERS, high=30522)),
        ("16000", Range(draw=Draw.CONSTANT, low=16000, high=16000)),
        ("-1.5e3", Range(draw=Draw.CONSTANT, low=-1500, high=-1500)),
        ("uniform(1)", None),
        ("integers(-3)", None),
        ("", None),
    ],
)
def test_a_range_is_read(text: str, wanted: Range | None) -> None:
    """Four kinds; anything else is none."""
    assert Range.read(text) == wanted


@pytest.mark.parametrize(
    ("dtype", "fits", "beyond"),
    [
        ("int8", ("integers(128)", "uniform(-128, 127)"), ("integers(300)", "uniform(-129, 0)", "128")),
        ("uint8", ("integers(256)", "255"), ("uniform(0, 1000)", "integers(257)", "-1")),
        ("float16", ("uniform(-65504, 65504)",), ("uniform(0, 1e6)", "65505")),
        ("float32", ("uniform(-3e38, 3e38)", "normal"), ("uniform(0, 4e38)",)),
        ("float64", ("uniform(-8e307, 8e307)",), ("uniform(-1e308, 1e308)", "1e999")),
        ("bool", ("normal", "1", "integers(2)"), ("2", "integers(3)", "uniform(-1, 1)")),
        ("int64", ("uniform(-9e18, 9e18)",), ("uniform(0, 1e19)", "1e19")),
    ],
)
def test_a_range_is_held_to_what_its_dtype_holds(
    dtype: str, fits: tuple[str, ...], beyond: tuple[str, ...], tmp_path: Path
) -> None:
    """What fits is drawn unharmed; what would wrap, or be infinite, is a mistake at load."""
    for text in fits:
        item = GraphInput(name="x", dtype=dtype, shape=("batch", 64), range=text)
        model = Model(name="m", title="m", graph=GraphFile(file="m", inputs=(item,)))
        drawn, said = seeding.drawn(model, 2).inputs["x"], Range.read(text)
        assert said is not None
        assert said.unfit(dtype) == ""
        assert str(drawn.dtype) == dtype
        assert np.isfinite(drawn).all()
        if said.draw is not Draw.NORMAL:
            assert said.low <= drawn.min() <= drawn.max() <= said.high
    for text in beyond:
        [mistake] = mistakes_of(
            tmp_path,
            GRAPH.replace('"int64", range = "uniform(16000, 16000)"', (f'"{dtype}", range = "{text}"')),
        )
        assert mistake[:2] == ("model[0].graph.inputs[2].range", f'"{text}"')


def test_a_graph_without_a_batch_takes_a_sample_a_call(tmp_path: Path) -> None:
    """Its shapes are of numbers alone, and so are its batch sizes of 1."""
    text = GRAPH.replace('"batch"', "1")
    deployments = """
[[model.deployments]]
chip = "cpu"
batch_sizes = [{sizes}]
precisions = ["fp32"]
"""
    model = loaded(tmp_path, text + deployments.format(sizes="1")).models["detector"]
    assert model.graph is not None
    assert not model.graph.batched
    [mistake] = mistakes_of(tmp_path, text + deployments.format(sizes="1, 8"))
    assert mistake == (
        "model[0].deployments[0].batch_sizes", "[1, 8]",
        '[1], for no shape of graph.inputs has "batch": a call is one sample',
    )  # fmt: skip
    nothing = '[[model]]\nname = "a"\ntitle = "A"\ngraph = {file = "a", inputs = []}'
    assert "model[0].graph.inputs" in [path for path, _, _ in mistakes_of(tmp_path, nothing)]
