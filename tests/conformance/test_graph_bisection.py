"""Bisecting graphs as they are: sound ones, one fault each, values that fp16 loses, files made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import graph_files as files
import numpy as np
import onnx
import pytest
from graph_files import IMAGES, ROWS, STATES, drawn, graph, node, value
from published_graphs import GRAPHS, NotFetched, model_of
from typer.testing import CliRunner

from harness.cli import app
from harness.conformance.bisection import artifacts
from harness.conformance.bisection.blocks import MOST_BLOCKS, places
from harness.conformance.bisection.case import bisect
from harness.conformance.bisection.findings import Suspicion
from harness.conformance.graph_outputs import unrounded
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.graphs import GraphInput
from harness.domain.measurements import VerdictKind
from harness.domain.precisions import Precision
from harness.errors import BadInput, BadOutput, GraphError, NotApplicable
from harness.kinds.runner import Runner
from harness.models.graphs import fp16, preparing, values
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.tables import cases
from harness.tables import catalog as tables

FP32, FP16, INT8 = Precision.FP32, Precision.FP16, Precision.INT8


@pytest.fixture
def runner(catalog: Catalog, home: Home, store: Store) -> Runner:
    return Runner(Materials(catalog, home, Options(), Silent()), store, "run-1")


def choosing() -> onnx.ModelProto:
    """An If by an input that all samples share; its branches read weights from around it."""
    branches = [
        onnx.helper.make_graph(
            [node("MatMul", ["x", "w"], [f"{name}_m"]), node(kind, [f"{name}_m"], [f"{name}_y"])],
            name, [], [value(f"{name}_y", None)],
        )
        for name, kind in (("then", "Tanh"), ("else", "Relu"))
    ]  # fmt: skip
    return graph(
        [
            node("Greater", ["rate", "limit"], ["high"]),
            node("If", ["high"], ["z"], then_branch=branches[0], else_branch=branches[1]),
            node("Add", ["z", "x"], ["y"]),
        ],
        [value("x", ["n", 4]), value("rate", [], files.INT64)],
        [value("y", ["n", 4])],
        {"w": drawn(4, 4), "limit": np.array(8000, np.int64)},
    )


CHOICE = (*ROWS, GraphInput(name="rate", dtype="int64", range="uniform(16000, 16000)"))


def made(runner: Runner, path: Path, what: onnx.ModelProto, inputs, precision: Precision) -> Case:
    return files.case_on(runner, files.of(path, what, inputs), precision)


def with_fault(model: onnx.ModelProto, kind: str, at: int, factor: float, *, one: bool = False) -> None:
    """Scale the constant that the first operator of a kind reads at a place; of `one` value of it alone."""
    reader = next(item for item in model.graph.node if item.op_type == kind)
    wide = {item.output[0]: item.input[0] for item in model.graph.node if item.op_type == "Cast"}
    name = wide.get(reader.input[at], reader.input[at])
    tensor = dict(values.constants(model.graph))[name]
    array = values.array_of(tensor).copy()
    if one:
        array.reshape(-1)[np.abs(array).argmax()] *= factor
    else:
        array *= np.asarray(factor, array.dtype)
    values.store(tensor, array)


def kinds(finding: Suspicion) -> list[list[str]]:
    """The operators, without their names, of each value that is outside."""
    return [[operator.split()[0] for operator in item.operators] for item in finding.beyond]


def found_in(runner: Runner, case: Case, artifact: onnx.ModelProto, path: Path) -> Suspicion:
    onnx.save(artifact, path)
    return bisect(runner.materials, case, path)


GRAPHS_HERE = {
    "convolution": (files.convolution, IMAGES), "LSTM": (files.recurrent, STATES),
    "If": (choosing, CHOICE), "range": (lambda: files.overflowing(2.0), ROWS),
}  # fmt: skip


@pytest.mark.parametrize("precision", [FP32, FP16])
@pytest.mark.parametrize("name", list(GRAPHS_HERE))
def test_a_sound_artifact_has_nothing_outside(
    runner: Runner, tmp_path: Path, name: str, precision: Precision
) -> None:
    """Every value is compared, and below fp32 there is an error that is told."""
    what, inputs = GRAPHS_HERE[name]
    case = made(runner, tmp_path / "sound.onnx", what(), inputs, precision)
    finding = bisect(runner.materials, case)
    assert finding.good, finding.sentence()
    assert finding.sentence().startswith("nothing leaves its bound in ")
    assert finding.compared.unmatched == 0
    assert all(item.checked for item in finding.compared.values)
    largest = max(item.error for item in finding.compared.values)
    assert (largest > 1e-5) is (precision is FP16)


def test_one_operator_is_held_by_what_it_gives(runner: Runner, tmp_path: Path) -> None:
    """There is no value between its inputs and its outputs."""
    one = graph([node("Tanh", ["x"], ["y"])], [value("x", ["n", 4])], [value("y", ["n", 4])])
    finding = bisect(runner.materials, made(runner, tmp_path / "one.onnx", one, ROWS, FP16))
    assert finding.good, finding.sentence()
    assert [item.name for item in finding.compared.values] == ["y"]


def test_int8_is_held_to_its_quanta(runner: Runner, tmp_path: Path) -> None:
    """Each quantiser is a value of its own."""
    case = made(runner, tmp_path / "sound.onnx", files.convolution(), IMAGES, INT8)
    finding = bisect(runner.materials, case)
    assert finding.first is None, finding.sentence()
    assert any(item.name.endswith("(quantised)") for item in finding.compared.values)


@pytest.mark.parametrize(
    ("name", "kind", "at", "factor", "one"),
    [
        ("convolution", "Conv", 1, 1.02, False), ("convolution", "Conv", 1, 1.3, True),
        ("convolution", "Gemm", 1, 1.02, False), ("convolution", "Gemm", 1, 1.1, True),
        ("LSTM", "LSTM", 1, 1.05, False), ("LSTM", "LSTM", 2, 1.3, True), ("range", "MatMul", 1, 1.02, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("precision", [FP32, FP16])
def test_a_fault_is_found_at_its_operator(
    runner: Runner, tmp_path: Path, precision: Precision, name: str, kind: str, at: int, factor: float,
    one: bool,
) -> None:  # fmt: skip
    """A weight, or one value of it, that is another: nothing before it, and nothing behind it is outside."""
    what, inputs = GRAPHS_HERE[name]
    case = made(runner, tmp_path / "model.onnx", what(), inputs, precision)
    artifact = artifacts.of_case(runner.materials, case)
    with_fault(artifact, kind, at, factor, one=one)
    finding = found_in(runner, case, artifact, tmp_path / "faulty.onnx")
    assert not finding.good
    assert kinds(finding)[0] == [kind], finding.sentence()
    assert all(one == [kind] for one in kinds(finding))
    number = [item.op_type for item in unrounded(runner.materials, case).graph.node].index(kind) + 1
    assert finding.sentence().startswith(f"first outside the bound: operator {number} of ")


def test_a_fault_in_int8_is_found_at_its_product(runner: Runner, tmp_path: Path) -> None:
    """A scale of weights that is a half too large."""
    case = made(runner, tmp_path / "model.onnx", files.convolution(), IMAGES, INT8)
    artifact = artifacts.of_case(runner.materials, case)
    dense = next(item for item in artifact.graph.node if item.op_type == "Gemm")
    [weights] = [item for item in artifact.graph.node if item.output[0] == dense.input[1]]
    tensor = dict(values.constants(artifact.graph))[weights.input[1]]
    values.store(tensor, values.array_of(tensor) * np.float32(1.5))
    finding = found_in(runner, case, artifact, tmp_path / "faulty.onnx")
    assert kinds(finding) == [["Gemm"]], finding.sentence()


def test_a_branch_is_one_place(runner: Runner, tmp_path: Path) -> None:
    """What a branch computes wrong is told of its If, which reads the weights from around it."""
    case = made(runner, tmp_path / "model.onnx", choosing(), CHOICE, FP16)
    artifact = artifacts.of_case(runner.materials, case)
    tensor = dict(values.constants(artifact.graph))["w"]
    values.store(tensor, values.array_of(tensor) * np.float16(1.1))
    finding = found_in(runner, case, artifact, tmp_path / "faulty.onnx")
    assert kinds(finding)[0][-1] == "If", finding.sentence()
    assert len(finding.beyond) == 1


def test_what_fp16_does_not_hold_is_named_with_its_value(runner: Runner, tmp_path: Path) -> None:
    """The operator, what the reference has there, and fp16's limit; what reads it is no second fault."""
    case = made(runner, tmp_path / "large.onnx", files.overflowing(), ROWS, FP16)
    finding = bisect(runner.materials, case)
    first = finding.first
    assert first is not None
    assert kinds(finding) == [["Mul"]]
    largest = float(first.lost.partition("the reference has ")[2].partition(",")[0])
    assert abs(largest) > fp16.FP16_HIGHEST
    assert first.lost.endswith("and fp16 ends at 65504")
    assert finding.record()["first"]["lost"] == first.lost


def test_what_is_made_of_a_value_that_fp16_has_as_zero_says_so(runner: Runner, tmp_path: Path) -> None:
    """A logarithm of what is too small: the operator that loses it is the logarithm, for what it reads."""
    nodes = [
        node("Mul", ["x", "x"], ["square"]), node("Mul", ["square", "tiny"], ["m"]),
        node("Log", ["m"], ["y"]),
    ]  # fmt: skip
    tiny = {"tiny": np.full(4, 1e-7, np.float32)}
    small = graph(nodes, [value("x", ["n", 4])], [value("y", ["n", 4])], tiny)
    finding = bisect(runner.materials, made(runner, tmp_path / "small.onnx", small, ROWS, FP16))
    assert kinds(finding)[0] == ["Log"], finding.sentence()
    assert finding.first is not None
    said, _, largest = finding.first.lost.partition("; it reads zeros, where the reference has up to ")
    assert said.startswith("infinite in ")
    assert 0 < float(largest) <= 2.0**-25


def test_a_run_that_holds_no_numbers_says_what_to_do(runner: Runner, tmp_path: Path) -> None:
    """Parity's error, and that of every check, names the line that says where it begins."""
    case = made(runner, tmp_path / "large.onnx", files.overflowing(), ROWS, FP16)
    for name in ("", "order"):
        with pytest.raises(BadOutput, match="`zoocheck bisect large-cpu-fp16-bs2` says at which operator"):
            runner.conformance(case, name)


def test_a_run_that_falls_short_says_what_to_do(runner: Runner, tmp_path: Path, monkeypatch) -> None:
    """With the tables that the line needs, in whatever shell it is pasted into."""
    model = files.of(tmp_path / "model.onnx", files.convolution(), IMAGES)
    case = files.case_on(runner, model, FP32)
    runner.materials.fp32  # noqa: B018
    monkeypatch.setenv("ZOOCHECK_TABLES", "some where")
    monkeypatch.setattr(runner.materials, "fp32", lambda *_, batch_size: [drawn(8, 5)])
    verdict = runner.conformance(case).verdict
    assert verdict is not None
    assert verdict.kind is VerdictKind.FALLS_SHORT
    folder = f"'{Path('some where').absolute()}'"
    assert f"`ZOOCHECK_TABLES={folder} zoocheck bisect model-cpu-bs2` says at which" in verdict.message
    assert f"\nreproduce: ZOOCHECK_TABLES={folder} pytest 'suites/" in verdict.message


@pytest.mark.parametrize("scaled", [False, True])
def test_a_graph_made_elsewhere_of_the_same_file(runner: Runner, tmp_path: Path, scaled: bool) -> None:
    """Its batch normalisation is not folded: a name that onnxsim has moved means what it does in the file."""
    case = made(runner, tmp_path / "model.onnx", files.convolution(), IMAGES, FP16)
    elsewhere = fp16.to_fp16(preparing.as_it_is(case.model, batch_size=2))
    assert "BatchNormalization" in [item.op_type for item in elsewhere.graph.node]
    assert "BatchNormalization" not in [item.op_type for item in unrounded(runner.materials, case).graph.node]
    if scaled:
        with_fault(elsewhere, "BatchNormalization", 1, 1.1)
    finding = found_in(runner, case, elsewhere, tmp_path / "elsewhere.onnx")
    assert (finding.first is not None) is scaled, finding.sentence()
    if scaled:
        assert kinds(finding)[0] == ["Conv"], finding.sentence()


def test_a_file_that_is_not_of_the_model_is_refused(runner: Runner, tmp_path: Path) -> None:
    """With what was found and expected."""
    case = made(runner, tmp_path / "model.onnx", files.convolution(), IMAGES, FP16)
    with pytest.raises(GraphError, match=r"inputs are .*'rate'.*expected \['x'\]"):
        found_in(runner, case, files.recurrent(), tmp_path / "other.onnx")
    other = files.convolution()
    other.graph.output[0].name = other.graph.node[-1].output[0] = "z"
    with pytest.raises(GraphError, match="it has no output y; it has z"):
        found_in(runner, case, other, tmp_path / "other.onnx")
    onnx.save(files.convolution(batch=3), tmp_path / "other.onnx")
    with pytest.raises(GraphError, match=r"x is \[3, 3, 8, 8\], expected \[2, 3, 8, 8\]"):
        bisect(runner.materials, case, tmp_path / "other.onnx")
    with pytest.raises(BadInput, match="no such file"):
        bisect(runner.materials, case, tmp_path / "none.onnx")


def test_a_graph_that_is_quantised_already_is_a_sentence(runner: Runner, tmp_path: Path) -> None:
    """In fp32 it is bisected as it is."""
    case = made(runner, tmp_path / "model.onnx", files.convolution(), IMAGES, INT8)
    quantised = artifacts.of_case(runner.materials, case)
    shape = quantised.graph.input[0].type.tensor_type.shape
    assert shape.dim[0].dim_value == 2
    for precision in (FP16, INT8):
        again = made(runner, tmp_path / "quantised.onnx", quantised, IMAGES, precision)
        with pytest.raises(NotApplicable, match="the graph is quantised already"):
            bisect(runner.materials, again)
    plain = made(runner, tmp_path / "quantised.onnx", quantised, IMAGES, FP32)
    assert bisect(runner.materials, plain).good


def test_the_command_prints_and_writes(
    runner: Runner, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 1, the verdict first, a table by place; drawing, page and record on request."""
    case = made(runner, tmp_path / "large.onnx", files.overflowing(), ROWS, FP16)
    monkeypatch.setattr(tables, "load", lambda: runner.materials.catalog)
    monkeypatch.setattr(Home, "locate", lambda: home)
    monkeypatch.setattr(cases, "named", lambda *_: case)
    ran = CliRunner().invoke(app, ["bisect", case.id, "--out", str(tmp_path / "out")])
    assert ran.exit_code == 1, ran.output
    assert ran.output.startswith(
        f"{case.id}: first outside the bound: operator 2 of 4 (Mul Mul_1), infinite in "
    )
    assert "Relative error by place, of all values" in ran.output
    record = json.loads((tmp_path / "out" / "bisection.json").read_text(encoding="utf-8"))
    assert [item["stretch"] for item in record["values"]] == [f"operators {n} to {n}" for n in range(1, 5)]
    assert record["outputs"]["in_spreads"]["largest"] is None
    assert (tmp_path / "out" / "bisection.svg").read_text(encoding="utf-8").startswith("<svg")


class TestPlaces:
    """Where an operator stands."""

    def named(self, *names: str) -> onnx.GraphProto:
        nodes = [
            onnx.helper.make_node("Relu", [f"v{at}"], [f"v{at + 1}"], name=name)
            for at, name in enumerate(names)
        ]
        return graph(nodes, [value("v0", [1])], [value(f"v{len(names)}", [1])]).graph

    def blocks(self, *names: str) -> list[str]:
        return [place.block for place in places(self.named(*names)).values()]

    def test_blocks_are_what_names_begin_with(self) -> None:
        """Without what all begin with, and without the operator's own name."""
        assert self.blocks("/net/a/0/Relu", "/net/a/1/Relu", "/net/b/0/Relu") == ["a/0", "a/1", "b/0"]

    def test_of_many_modules_the_outer_ones_are_told(self) -> None:
        names = [f"/{outer}/{inner}/Relu" for outer in "abc" for inner in range(MOST_BLOCKS)]
        assert list(dict.fromkeys(self.blocks(*names))) == ["a", "b", "c"]

    def test_an_operator_without_a_name_is_of_the_block_before_it(self) -> None:
        assert self.blocks("/net/a/Relu", "", "/net/b/Relu", "Relu_7") == ["a", "a", "b", "b"]

    def test_a_graph_whose_names_tell_nothing_has_positions(self) -> None:
        """Numbered names, names of one module, and none at all."""
        for names in (["Relu_0", "Relu_1"], ["/net/Relu", "/net/Relu_1"], ["", ""]):
            assert self.blocks(*names) == ["operators 1 to 1", "operators 2 to 2"]
        assert self.blocks(*[""] * 30)[:4] == ["operators 1 to 3"] * 3 + ["operators 4 to 6"]
        assert self.blocks(*[""] * 31)[-1] == "operators 31 to 31"


def published(runner: Runner, name: str, precision: Precision) -> Case:
    try:
        model = model_of(name)
    except NotFetched as problem:
        pytest.skip(str(problem))
    return files.case_on(runner, model, precision, GRAPHS[name].batch)


def test_magikas_overflow_is_named(runner: Runner) -> None:
    """Its LayerNorm sums squares: 125 100 in four channels, of values that fp16 holds."""
    finding = bisect(runner.materials, published(runner, "magika", FP16))
    first = finding.first
    assert first is not None
    [operator] = first.operators
    assert operator.startswith("ReduceSum ")
    assert operator.endswith("MagikaV2/LayerNorm_1/Sum_1")
    assert first.place.stretch == "MagikaV2/LayerNorm_1"
    assert "where the reference has 125100, and fp16 ends at 65504" in first.lost


@pytest.mark.parametrize("name", ["silero", "silero-half", "silero-one"])
def test_a_published_graph_is_within_its_bounds(runner: Runner, name: str) -> None:
    """Branches, recurrent layers, a file of one sample."""
    finding = bisect(runner.materials, published(runner, name, FP16))
    assert finding.good, finding.sentence()
    assert max(item.times for item in finding.compared.values) < 0.5


def test_what_storing_does_to_a_classifier_of_noise_is_no_fault(runner: Runner, tmp_path: Path) -> None:
    """PP-OCR's direction classifier on noise: rounding its weights alone moves it by more than fp16 explains.

    Noise as `zoocheck check` draws it, from a normal distribution: no operator is outside, and parity says
    what it is.
    """
    case = published(runner, "ppocr-cls", FP16)
    assert case.model.graph is not None
    noise = (GraphInput(name="x", dtype="float32", shape=("batch", 3, 48, 192)),)
    model = files.of(tmp_path / "noise.onnx", onnx.load(case.model.graph.file), noise)
    case = files.case_on(runner, model, FP16, 1)
    result = runner.conformance(case)
    assert result.verdict is not None
    assert result.verdict.kind is VerdictKind.SURVIVES, result.verdict.message
    assert (
        "storing its weights and inputs alone in fp16 moves its own fp32 outputs by "
        in result.verdict.message
    )
    assert result.measurement.detail["rms_in_spread"] > 0.01
    finding = bisect(runner.materials, case)
    assert finding.first is None
    assert finding.good, finding.sentence()


@pytest.mark.parametrize(("make", "floats"), [(files.deciding, False), (files.centred_by_the_batch, True)])
def test_whole_numbers_are_held_as_parity_holds_them(
    runner: Runner, tmp_path: Path, make: Callable[[], onnx.ModelProto], floats: bool
) -> None:
    """Which class is the largest of a dense layer: with its weights turned round the smallest is."""
    case = made(runner, tmp_path / "model.onnx", make(), ROWS, FP32)
    sound = bisect(runner.materials, case)
    assert sound.good, sound.sentence()
    artifact = artifacts.of_case(runner.materials, case)
    with_fault(artifact, "MatMul", 1, -1.0)
    finding = found_in(runner, case, artifact, tmp_path / "faulty.onnx")
    assert not finding.parity
    assert finding.spreads is not None
    assert finding.spreads.whole is not None
    count = finding.spreads.whole.unequal
    assert count > finding.spreads.whole.values / 2
    record = finding.record()["outputs"]["in_spreads"]
    assert (record["unequal"], record["largest"] is None) == (count, not floats)
    assert f"{count} of {finding.spreads.whole.values} whole numbers are others" in finding.sentence()
