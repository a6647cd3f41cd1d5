"""Logs of vendors' tools filed under a graph's case: held to its inputs, and counted in its samples."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import graph_files as files
import pytest

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.graphs import GraphInput
from harness.domain.measurements import Measurement, Origin, VerdictKind
from harness.domain.models import Deployment, Model
from harness.domain.precisions import Precision
from harness.errors import UsageError
from harness.other_machines import importing
from harness.other_machines.foreign import Choice
from harness.store.results import Store
from harness.tables import cases

LOGS = Path(__file__).resolve().parents[2] / "fixtures" / "logs"
TEXTS = tuple(
    GraphInput(name=name, dtype="int64", shape=("batch", 128), range="integers(50)") for name in "abc"
)
TIMES = "[I] GPU Compute Time: min = 2 ms, max = 2 ms, mean = 2 ms, median = 2 ms, percentile(99%) = 2 ms\n"


def digits(folder: Path) -> Model:
    """Images of 28 by 28, as those of the sample whose logs of trtexec are recorded."""
    made = files.graph(
        [
            files.node("Conv", ["x", "w"], ["c"]),
            files.node("Flatten", ["c"], ["y"]),
        ],
        [files.value("x", ["n", 1, 28, 28])],
        [files.value("y", ["n", 676])],
        {"w": files.drawn(1, 1, 3, 3)},
    )
    images = GraphInput(name="x", dtype="float32", shape=("batch", 1, 28, 28))
    return files.of(folder / "digits.onnx", made, [images])


def states(folder: Path) -> Model:
    return files.of(folder / "states.onnx", files.recurrent(), files.STATES)


def texts(folder: Path) -> Model:
    """Three inputs of whole numbers; nobody has to run it."""
    return dataclasses.replace(
        states(folder), name="texts", graph=dataclasses.replace(states(folder).graph, inputs=TEXTS)
    )


def photos(folder: Path) -> Model:
    image = GraphInput(name="image", dtype="float32", shape=("batch", 3, 256, 256))
    return dataclasses.replace(
        states(folder), name="photos", graph=dataclasses.replace(states(folder).graph, inputs=(image,))
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Desk:
    """Where logs are filed: tables with a model, and a store."""

    catalog: Catalog
    store: Store
    folder: Path

    def case(self, model: Model, chip: str, batch: int, precision: str = "") -> tuple[Catalog, Case]:
        a_chip = self.catalog.chips[chip]
        chosen = Precision(precision) if precision else a_chip.default_precision
        deployed = (Deployment(chip=chip, batch_sizes=(batch,), precisions=(chosen,)),)
        model = dataclasses.replace(model, deployments=deployed)
        tables = dataclasses.replace(self.catalog, models={**self.catalog.models, model.name: model})
        middle = "" if chosen is a_chip.default_precision else f"-{chosen}"
        return tables, cases.named(tables, f"{model.name}-{chip}{middle}-bs{batch}")

    def file(self, where: tuple[Catalog, Case], log: Path, **choice: Any):
        tables, case = where
        read = importing.read(case, log, Choice(**choice))
        return importing.file(tables, read, self.store, "run-1")

    def log(self, text: str) -> Path:
        path = self.folder / "mine.log"
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def desk(catalog: Catalog, store: Store, tmp_path: Path) -> Desk:
    return Desk(catalog=catalog, store=store, folder=tmp_path)


def trtexec(shapes: str, *, precision: str = "FP32") -> str:
    """What trtexec prints of a graph that it built."""
    command = f"TensorRT.trtexec [TensorRT v101601] # trtexec --onnx=a.onnx --shapes={shapes}\n"
    told = f"[I] Precision: {precision}\n[I] Selected Device: Tesla T4\n{TIMES}"
    return f"&&&& RUNNING {command}{told}&&&& PASSED {command}"


def test_a_recording_is_filed_by_its_shapes(desk: Desk):
    """NVIDIA's own sample, 4 images a call of 0.0387646 ms; its engine tells no precision."""
    result = desk.file(desk.case(digits(desk.folder), "t4", 4), LOGS / "trtexec-10-shapes.txt")
    assert result.measurement.metrics["throughput"] == pytest.approx(4000 / 0.0387646)
    assert result.measurement.origin is Origin.IMPORTED
    assert result.verdict.kind is VerdictKind.NOT_COMPARABLE
    assert "does not tell the precision" in result.verdict.message
    assert "work" not in result.measurement.detail


def test_a_whole_recording_of_another_card_is_told(desk: Desk, data_folder: Path):
    """The same sample's whole log, on an H100."""
    log = data_folder / "logs" / "trtexec-5-trt10_whole_log.txt"
    result = desk.file(desk.case(digits(desk.folder), "t4", 1), log)
    assert result.measurement.metrics["throughput"] == pytest.approx(1000 / 0.0359588)
    assert result.measurement.detail["input_shapes"] == [[1, 1, 28, 28]]
    assert "measured on NVIDIA H100 PCIe, not on NVIDIA T4" in result.verdict.message


@pytest.mark.parametrize(
    ("model", "chip", "batch", "log", "says"),
    [
        (digits, "t4", 2, "trtexec-10-shapes.txt",
         r"inputs of shape \[4, 1, 28, 28\], digits-t4-bs2 has x \[2, 1, 28, 28\]; name the case"),
        (states, "t4", 4, "trtexec-10-shapes.txt",
         r"inputs of shape \[4, 1, 28, 28\], states-t4-bs4 has x \[4, 4\], h \[1, 4, 6\], .*rate \[\]"),
        (digits, "mlu370", 8, "mm_run-2022-old_b8.txt",
         r"inputs of shape \[8, 128\], \[8, 128\], \[8, 128\], digits-mlu370-bs8 has x \[8, 1, 28, 28\]"),
        (digits, "vacc", 1, "vamp-2024-forwad.txt",
         r"inputs of shape \[1, 3, 256, 256\], digits-vacc-bs1 has x \[1, 1, 28, 28\]"),
    ],
)  # fmt: skip
def test_another_graphs_log_is_refused(desk: Desk, model: Any, chip: str, batch: int, log: str, says: str):
    """trtexec, mm_run and vamp tell their inputs; nothing is filed."""
    with pytest.raises(UsageError, match=says):
        desk.file(desk.case(model(desk.folder), chip, batch), LOGS / log)
    assert desk.store.results() == []


@pytest.mark.parametrize(
    ("model", "chip", "batch", "log", "rate"),
    [
        (texts, "mlu370", 8, "mm_run-2022-old_b8.txt", None),
        (photos, "vacc", 1, "vamp-2024-forwad.txt", 775.808),
    ],
)
def test_a_recording_of_its_shapes_is_filed(
    desk: Desk, model: Any, chip: str, batch: int, log: str, rate: float | None
):
    """Nothing is documented of a graph: the number stands for itself."""
    result = desk.file(desk.case(model(desk.folder), chip, batch), LOGS / log)
    made = result.measurement
    if rate is None:
        rate = made.detail["timed_calls"] * batch / made.detail["timed_s"]
    assert made.metrics["throughput"] == pytest.approx(rate)
    assert result.verdict.kind is VerdictKind.NO_REFERENCE, result.verdict.message


def test_a_log_that_tells_no_shapes_is_held_to_its_batch_size(desk: Desk):
    """ais_bench prints its batch size alone."""
    log = LOGS / "ais_bench-2022-one_device.txt"
    result = desk.file(desk.case(digits(desk.folder), "ascend310p", 1), log)
    assert result.measurement.metrics["throughput"] == 14.7214459917491
    assert result.verdict.kind is VerdictKind.NO_REFERENCE
    with pytest.raises(UsageError, match="the log is of batch size 1, digits-ascend310p-bs2 of 2"):
        desk.file(desk.case(digits(desk.folder), "ascend310p", 2), log)


def test_the_batch_may_lie_along_any_axis(desk: Desk):
    """trtexec takes no one batch size from these shapes; a call is of four samples all the same."""
    log = desk.log(trtexec("x:4x4,h:1x4x6,c:1x4x6"))
    result = desk.file(desk.case(states(desk.folder), "t4", 4), log)
    assert result.measurement.metrics["throughput"] == pytest.approx(2000)
    assert result.measurement.detail["batch_size_told_by"] == "the log"
    with pytest.raises(UsageError, match=r"inputs of shape \[4, 4\]"):
        desk.file(desk.case(states(desk.folder), "t4", 1), log)


def work_of(made: Measurement) -> dict[str, Any]:
    return json.loads(json.dumps(dict(made.detail["work"])))


def test_the_share_of_the_peak_is_of_the_graphs_own_operations(desk: Desk):
    """26 x 26 places of 3 x 3 products, 2000 samples a second, of a T4's 8.1 tera operations in fp32."""
    where = desk.case(digits(desk.folder), "t4", 4)
    made = desk.file(where, desk.log(trtexec("x:4x1x28x28"))).measurement
    found = work_of(made)
    assert found["flops_per_sample"] == 2 * 26 * 26 * 9
    assert found["chip_share"] == pytest.approx(2000 * 2 * 26 * 26 * 9 / 8.1e12)


@pytest.mark.parametrize("text", [trtexec("x:4x1x28x28", precision="FP32+FP16"), "gone"])
def test_no_share_of_another_measurement(desk: Desk, text: str):
    """Another precision, or a graph whose operations nobody can count here."""
    model = digits(desk.folder)
    where = desk.case(model, "t4", 4)
    if text == "gone":
        Path(model.graph.file).unlink()
        text = trtexec("x:4x1x28x28")
    made = desk.file(where, desk.log(text)).measurement
    assert "work" not in made.detail
    assert made.metrics["throughput"] == pytest.approx(2000)


def test_an_encoders_share_is_by_its_architecture(desk: Desk):
    """TinyBERT on a T4, whose document counts as trtexec does."""
    case = cases.named(desk.catalog, "tinybert-t4-bs8")
    log = desk.log(trtexec("input_ids:8x64,segment_ids:8x64,input_mask:8x64"))
    found = work_of(desk.file((desk.catalog, case), log).measurement)
    assert found["source"] == "by the formula for the architecture"
    assert 0 < found["chip_share"] < 1
