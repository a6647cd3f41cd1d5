"""Models that are a graph on the chips' own toolchains, imitated: built, run, held to their file, timed."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import ascend_machine
import graph_files as files
import numpy as np
import onnx
import pytest
from ascend_machine import Machine
from making import forget_probes
from onnx import TensorProto
from simulated import kit

from harness.conformance.checks import DETERMINISM
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.graphs import GraphInput
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Deployment, Model
from harness.domain.precisions import Precision
from harness.errors import NotYet, ZoocheckError
from harness.kinds.runner import Runner
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting import plans
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Result, Store
from harness.tables.cases import case_id
from harness.toolchains import compiled, loading, worker_session
from harness.toolchains.ascend import commands as ascend
from harness.toolchains.magicmind import commands as magicmind
from harness.toolchains.tensorrt import commands as tensorrt

CHIPS = ("ascend310p", "t4", "mlu370")
ASKED = ("", "batch", "order", "last partial batch", DETERMINISM)
QUICK = plans.Plan(
    warm_up=plans.WarmUpRule(window_s=0.0, longest_s=0.2, calls=1, most_calls=4), calls=3, timed_s=0.0,
    most_calls=5, longest_s=5.0,
)  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """One that has the tools of every vendor."""
    made = ascend_machine.install(tmp_path / "machine")
    for toolchain in ("tensorrt", "magicmind", "vastai"):
        bin_folder = kit.install(tmp_path / toolchain, *kit.TOOLS[toolchain])
        monkeypatch.setenv(f"ZOOCHECK_{toolchain.upper()}_PYTHON", str(bin_folder / "vendor-python"))
        for tool in kit.TOOLS[toolchain][0]:
            shutil.copy(bin_folder / tool, made.bin / tool)
    monkeypatch.setenv("PATH", f"{made.bin}:/usr/bin:/bin")
    ascend_machine.use(made, monkeypatch)
    for module in (worker_session, plans):
        monkeypatch.setattr(module, "plan_for", lambda *_: QUICK)
    yield made
    forget_probes()


@pytest.fixture
def runner(catalog: Catalog, home: Home, store: Store) -> Runner:
    return Runner(Materials(catalog, home, Options(target="chip"), Silent()), store, "run-1")


def case_on(runner: Runner, model: Model, chip: str, batch: int = 2, precision: str = "") -> Case:
    """A case of the model on a chip, its model in the runner's catalog."""
    materials = runner.materials
    a_chip = materials.catalog.chips[chip]
    chosen = Precision(precision) if precision else a_chip.default_precision
    deployed = Deployment(chip=chip, batch_sizes=(batch,), precisions=(chosen,))
    model = dataclasses.replace(model, deployments=(deployed,))
    files.case_on(runner, model, chosen)  # the model is in the catalog then
    return Case(
        id=case_id(model, a_chip, chosen, batch), model=model, chip=a_chip, precision=chosen,
        batch_size=batch, documented=False,
    )  # fmt: skip


def images(folder: Path) -> Model:
    return files.of(folder / "images.onnx", files.convolution(), files.IMAGES)


def states(folder: Path) -> Model:
    """Samples along the second axis of two inputs and both outputs, and a scalar that a batch shares."""
    return files.of(folder / "states.onnx", files.recurrent(), files.STATES)


def looked_up(folder: Path) -> Model:
    """Ids of 64 bits in, the place of the largest of a row out: whole numbers on both sides."""
    made = files.graph(
        [
            files.node("Gather", ["rows", "ids"], ["found"]),
            files.node("ReduceSum", ["found", "one"], ["sum"], keepdims=0),
            files.node("ArgMax", ["sum"], ["best"], axis=1, keepdims=0),
        ],
        [files.value("ids", ["n", 3], TensorProto.INT64)],
        [files.value("sum", ["n", 4]), files.value("best", ["n"], TensorProto.INT64)],
        {"rows": files.drawn(10, 4), "one": np.array([1], np.int64)},
    )
    ids = GraphInput(name="ids", dtype="int64", shape=("batch", 3), range="integers(10)")
    return files.of(folder / "looked-up.onnx", made, [ids])


def throughput(runner: Runner, case: Case) -> Result:
    timing = runner.timing(case)
    return runner.record_throughput(timing, tools=timing.by_the_tool(), ours=timing.elsewhere())


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("make", [images, states, looked_up])
def test_a_graph_is_held_to_its_file(
    machine: Machine, runner: Runner, tmp_path: Path, chip: str, make: Callable[[Path], Model]
):
    """Wherever its samples lie, and whatever its numbers are: contract, parity, and what must not matter."""
    case = case_on(runner, make(tmp_path), chip)
    results = [runner.conformance(case, name) for name in ASKED]
    assert [item.verdict and item.verdict.kind for item in results] == [VerdictKind.SURVIVES] * len(ASKED)
    made = results[0].measurement
    assert made.origin is Origin.SIMULATED
    assert made.detail["contract"] == "as in the table"
    assert made.detail["inputs"] == "8 seeded"
    assert "differ from the fp32 of its file as it is" in results[0].verdict.message


@pytest.mark.parametrize("chip", CHIPS)
def test_the_last_batch_is_filled_up_and_the_filling_dropped(
    machine: Machine, runner: Runner, tmp_path: Path, chip: str
):
    """A batch of three of eight samples and more."""
    case = case_on(runner, states(tmp_path), chip, batch=3)
    assert runner.conformance(case, "last partial batch").verdict.kind is VerdictKind.SURVIVES


@pytest.mark.parametrize(
    ("chip", "formula"),
    [
        ("ascend310p", "1000 x batch size / mean NPU compute time"),
        ("t4", "1000 / (mean GPU compute time / batch size)"),
        ("mlu370", "iterations x batch size / host wall time"),
    ],
)
@pytest.mark.parametrize("make", [images, states])
def test_a_throughput_counts_the_cases_samples(
    machine: Machine, runner: Runner, tmp_path: Path, chip: str, formula: str, make: Callable[[Path], Model]
):
    """By the tool, our clock beside it, whatever it takes for the batch; the operations are the graph's."""
    case = case_on(runner, make(tmp_path), chip, batch=4)
    made = throughput(runner, case).measurement
    run = made.detail["tool"]["run"]
    assert made.detail["tool"]["formula"] == formula
    assert run["batch_size"] == 4
    assert made.detail["tool"]["our_samples_per_s"] > 0
    if chip == "mlu370":
        assert made.metrics["throughput"] == pytest.approx(run["count"] * 4 / run["duration_s"])
    else:
        mean_ms = next(item for item in run["latencies"] if "ompute" in item["name"])["mean_ms"]
        assert made.metrics["throughput"] == pytest.approx(4000 / mean_ms)
    if make is images:
        assert made.detail["work"]["flops_per_sample"] == 2 * (4 * 8 * 8 * 27 + 4 * 5)


def test_a_log_of_another_graph_is_no_throughput(
    machine: Machine, runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """trtexec tells its inputs: those of another size are an error with both."""
    case = case_on(runner, images(tmp_path), "t4")
    timing = runner.timing(case)
    other = dataclasses.replace(
        case.model, graph=dataclasses.replace(
            case.model.graph, inputs=(dataclasses.replace(files.IMAGES[0], shape=("batch", 3, 8, 9)),)
        ),
    )  # fmt: skip
    timing = dataclasses.replace(timing, case=dataclasses.replace(case, model=other))
    with pytest.raises(
        ZoocheckError, match=r"found inputs of shape \[2, 3, 8, 8\], expected x \[2, 3, 8, 9\]"
    ):
        timing.by_the_tool()


@pytest.mark.parametrize("tool", ["ais_bench", "tensorrt", "magicmind"])
@pytest.mark.parametrize("fault", ["swapped-samples", "nan"])
def test_outputs_that_are_others_are_found(
    machine: Machine, runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, fault: str
):
    """Each tool's imitation told to spoil them: parity falls short, or a value is no number."""
    chip = dict(zip(("ais_bench", "tensorrt", "magicmind"), CHIPS, strict=True))[tool]
    case = case_on(runner, images(tmp_path), chip)
    monkeypatch.setenv(kit.VARIABLE, f"{tool}:{fault}")
    if fault == "nan":
        with pytest.raises(ZoocheckError, match="output y of sample 0 holds a NaN"):
            runner.conformance(case)
    else:
        assert runner.conformance(case).verdict.kind is VerdictKind.FALLS_SHORT


def test_missing_results_are_listed(
    machine: Machine, runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Of ais_bench, whose files are a call's: 8 samples are 4 calls of 2."""
    case = case_on(runner, images(tmp_path), "ascend310p")
    monkeypatch.setenv(kit.VARIABLE, "ais_bench:fewer-outputs")
    with pytest.raises(ZoocheckError, match=r"missing \(1\): 000003_0.npy"):
        runner.conformance(case)


# ------------------------------------------------------------------------------------------- commands


def test_atc_is_told_the_graphs_own_inputs(runner: Runner, tmp_path: Path):
    """NCHW of images alone; a scalar has no sizes."""
    case = case_on(runner, images(tmp_path), "ascend310p", batch=8)
    line = ascend.build(case, graph="model.onnx", om="model", soc_version="Ascend310P3")
    assert line[4:] == ["--input_shape=x:8,3,8,8", "--soc_version=Ascend310P3", "--input_format=NCHW"]
    case = case_on(runner, states(tmp_path), "ascend310p")
    line = ascend.build(case, graph="model.onnx", om="model", soc_version="Ascend310P3")
    assert line[4] == "--input_shape=x:2,4;h:1,2,6;c:1,2,6"
    assert line[-1] == "--input_format=ND"
    profile = ascend.profile(case, python="python3", model="model.om", output="out")
    assert profile[-4:] == ["--batchsize", "2", "--loop", "100"]


def test_an_encoder_without_a_document_has_the_same_defaults(catalog: Catalog):
    """Its results are written as its layout reads them."""
    case = next(item for item in catalog.models["tinybert"].deployments if item.chip == "ascend310p")
    bare = dataclasses.replace(case, ascend=None)
    model = dataclasses.replace(catalog.models["tinybert"], deployments=(bare,))
    chip = catalog.chips["ascend310p"]
    found = ascend.tools(
        Case(id="c", model=model, chip=chip, precision=Precision.FP16, batch_size=1, documented=False)
    )
    assert (found.outfmt, found.loop, found.atc) == ("TXT", 100, ("--input_format=ND",))


def test_trtexec_is_told_shapes_only_of_what_the_graph_leaves_open(runner: Runner, tmp_path: Path):
    case = case_on(runner, states(tmp_path), "t4", batch=4)
    line = tensorrt.build(case, "model.onnx", "model.engine", version="10.16.1", shaped=("x", "h"))
    assert "--shapes=x:4x4,h:1x4x6" in line
    assert "--fp16" not in line
    fp16 = case_on(runner, states(tmp_path), "t4", precision="fp16")
    line = tensorrt.profile(fp16, "model.onnx", version="10.16.1")
    assert line == ["trtexec", "--onnx=model.onnx", "--memPoolSize=workspace:5000", "--threads", "--fp16"]


def test_the_imitation_refuses_shapes_of_a_fixed_graph(machine: Machine, tmp_path: Path):
    """As trtexec does: the graph has its own."""
    (tmp_path / "fixed.onnx").write_bytes(files.convolution(batch=2).SerializeToString())
    line = ["--onnx=fixed.onnx", "--memPoolSize=workspace:5000", "--threads", "--shapes=x:2x3x8x8"]
    done = subprocess.run(
        [machine.bin / "trtexec", *line], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Static model does not take explicit shapes" in done.stdout) == (1, True)


def test_a_graph_whose_sizes_stay_open_is_built_with_them(
    machine: Machine, runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The engine is told its inputs' shapes before it runs."""
    given = compiled.given

    def opened(case: Case, *arguments: object, **more: object) -> compiled.Given:
        made = given(case, *arguments, **more)
        graph = onnx.ModelProto()
        graph.CopyFrom(made.graph)
        for value in (*graph.graph.input, *graph.graph.output):
            value.type.tensor_type.shape.dim[0].dim_param = "n"
        return dataclasses.replace(made, graph=graph)

    monkeypatch.setattr(compiled, "given", opened)
    case = case_on(runner, images(tmp_path), "t4")
    result = runner.conformance(case)
    assert result.verdict.kind is VerdictKind.SURVIVES
    assert result.measurement.detail["artifact"]["shaped"] == ["x"]
    assert throughput(runner, case).measurement.metrics["throughput"] > 0


def test_magicmind_parses_a_graph_at_one_shape(runner: Runner, tmp_path: Path):
    """64 bits become 32; there is no range of sizes, and mm_run is told none."""
    case = case_on(runner, states(tmp_path), "mlu370")
    job = magicmind.job(case)
    assert (job["framework"], job["module"]) == ("onnx", "model.onnx")
    assert job["input_dtypes"] == ["FLOAT32", "FLOAT32", "FLOAT32", "INT32"]
    assert job["input_dims"] == [[2, 4], [1, 2, 6], [1, 2, 6], []]
    assert {"graph_shape_mutable": False} in job["config"]
    assert not any("dim_range" in item for item in job["config"])
    assert "--batch_size" not in magicmind.mm_run(case, model="model.magicmind", device=0)


# ------------------------------------------------------------------------------- what a chip cannot


@pytest.mark.parametrize(
    ("chip", "precision", "dtype", "says"),
    [
        (
            "vacc",
            "fp16",
            "float32",
            "vaststreamx and vamp feed a compiled set through an operator",
        ),
        ("cuda", "fp16", "float32", "torch runs networks of transformers, and a graph as it is is none"),
        (
            "ascend310p",
            "int8",
            "float32",
            "atc is driven in fp16 alone, as the documents drive it; found",
        ),
        ("mlu370", "int8", "float32", "MagicMind is driven in fp32 and fp16, as the documents drive it"),
        (
            "t4",
            "int8",
            "float32",
            "trtexec runs fp32, as documented, and before TensorRT 11 fp16",
        ),
        ("t4", "fp32", "float64", r"TensorRT takes inputs of .*; this graph has x of float64"),
        ("mlu370", "fp32", "float64", r"MagicMind takes inputs of .*; this graph has x of float64"),
    ],
)
def test_what_a_chip_cannot_be_given_is_one_sentence(
    runner: Runner, tmp_path: Path, chip: str, precision: str, dtype: str, says: str
):
    """Known by the tables alone: nothing is built, and no tool asked."""
    model = images(tmp_path)
    inputs = (dataclasses.replace(model.graph.inputs[0], dtype=dtype),)
    model = dataclasses.replace(model, graph=dataclasses.replace(model.graph, inputs=inputs))
    case = case_on(runner, model, chip, precision=precision)
    with pytest.raises(NotYet, match=says) as refused:
        loading.load(case.runtime).require(case)
    assert str(refused.value).startswith(f"{case.id}: ")


def test_an_output_without_axes_cannot_be_read_back(machine: Machine, runner: Runner, tmp_path: Path):
    """ais_bench splits every output along an axis."""
    made = files.graph(
        [files.node("ReduceSum", ["x"], ["y"], keepdims=0)],
        [files.value("x", [1, 4])],
        [files.value("y", [])],
    )
    model = files.of(tmp_path / "sum.onnx", made, files.ROWS)
    with pytest.raises(NotYet, match="ais_bench writes outputs along an axis of theirs, and y of this graph"):
        runner.conformance(case_on(runner, model, "ascend310p", batch=1))
    case = case_on(runner, model, "mlu370", batch=1)
    assert runner.conformance(case).verdict.kind is VerdictKind.SURVIVES


def test_a_refused_graph_is_a_skip_of_a_run(machine: Machine, runner: Runner, tmp_path: Path):
    """Before anything is compiled; the stand-in is the remedy, and `--target` may have asked for it."""
    case = case_on(runner, images(tmp_path), "vacc")
    with pytest.raises(NotYet, match="--target stand-in") as refused:
        runner.conformance(case)
    assert refused.value.option == "target"
