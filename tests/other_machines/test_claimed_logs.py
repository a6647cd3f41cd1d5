"""A log held to what a document claims of a model that nothing here runs: chosen, judged, filed, shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lanternfish import CLAIMED

from harness.comparing.history import histories
from harness.domain.catalog import Catalog
from harness.domain.measurements import Basis, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.errors import BadInput, UsageError
from harness.other_machines import claimed, folders, importing
from harness.other_machines.claimed import Asked
from harness.other_machines.foreign import Choice
from harness.other_machines.times import call_time
from harness.store.numbers import Number
from harness.store.results import Result, Store
from harness.tables.catalog import BUILT_IN, load
from harness.tools import parsers
from reports import markdown

LOGS = Path(__file__).resolve().parents[2] / "fixtures" / "logs"
ONE = LOGS / "ais_bench-2023-progress_bar.txt"  # batch size 1, 407.17 samples/s, mean 2.456 ms
TABLES = (
    CLAIMED
    + """columns = [
    { header = "bs", label = true },
    { header = "small", chip = "ascend310p", input = "224x224" },
    { header = "long", chip = "ascend310p", length = 384 },
    { header = "tiger", chip = "tiger900" },
    { header = "T4", chip = "t4", length = 64 },
    { header = "four", chip = "t4", length = 64, streams = 4 },
]
rows = [
    { batch_size = 1, cells = ["1", "400.5", "120.5", "55.5", "90.5", "180.5"] },
    { batch_size = 8, cells = ["8", "900.25", "410.5", "77.5", "95.5", "190.5"] },
]

[[table]]
document = "lantern-zoo"
model = "lanternfish"
name = "times"
metric = "latency"
role = "measured"
chip = "ascend310p"
columns = [
    { header = "bs", label = true }, { header = "mean", unit = "ms" },
    { header = "p99", unit = "us", called = "p99" },
]
rows = [{ batch_size = 1, cells = ["1", "2.41", "2456"] }]
"""
)


@pytest.fixture
def tables(tmp_path: Path) -> Catalog:
    (tmp_path / "lantern.toml").write_text(TABLES, encoding="utf-8")
    return load((BUILT_IN, tmp_path))


@pytest.fixture
def filed(tables: Catalog, tmp_path: Path):
    """Files a log of the model under what is asked, and gives the result."""
    store = Store(f"sqlite:///{tmp_path / 'results.sqlite'}")

    def made(log: Path, choice: Choice | None = None, **asked: object) -> Result:
        wanted = Asked(model=str(asked.pop("model", "lanternfish")), **asked)
        read = claimed.read(tables, wanted, log, choice or Choice())
        return importing.file(tables, read, store, "run-1")

    yield made
    store.close()


def test_a_throughput_of_a_name_is_judged_by_the_tolerance_of_any(filed):
    """407.17 against 400.5 ± 5 %; the id is the claim's, with the setting that tells it from others."""
    found = filed(ONE, settings={"input": "224X224"})
    assert found.measurement.case == "lanternfish-ascend310p-bs1,input=224x224"
    assert found.measurement.metrics == {"throughput": pytest.approx(407.166, abs=1e-3)}
    assert (found.verdict.kind, found.verdict.basis) == (VerdictKind.REPRODUCED, Basis.DOCUMENTED)
    assert "407.17 samples/s within 400.5 ± 5 % [lantern-zoo § speed" in found.verdict.message
    assert f"imported from {ONE.name}" in found.verdict.message


def test_one_that_is_above_or_below_says_so(filed):
    assert filed(ONE, settings={"length": 384}).verdict.kind is VerdictKind.EXCEEDS


def test_several_claims_that_fit_are_refused_with_the_list(filed):
    with pytest.raises(UsageError) as refused:
        filed(ONE, chip="ascend310p")
    said = str(refused.value)
    assert said.startswith("2 claims of lanternfish are as asked: 400.5 samples/s (throughput, ascend310p, ")
    assert "input 224x224" in said
    assert "length 384" in said


def test_none_that_fits_is_refused_with_the_nearest_first(filed):
    with pytest.raises(UsageError) as refused:
        filed(ONE, settings={"input": "96x96"}, chip="ascend310p")
    said = str(refused.value)
    assert said.startswith("no claim of lanternfish is as asked, of the log's batch size 1; near are: ")
    assert said.index("[lantern-zoo § speed") < said.index("its input is 224x224")
    with pytest.raises(UsageError, match="no model is called 'lanternfisch'"):
        filed(ONE, model="lanternfisch")


def test_no_more_than_the_nearest_are_listed_and_the_others_are_counted(filed):
    with pytest.raises(UsageError, match=r"\]: of batch size 8; and \d+ more$|; and \d+ more$") as refused:
        filed(ONE, settings={"input": "96x96"})
    assert str(refused.value).count("[lantern-zoo § ") == claimed.NEAREST


def test_the_refusal_of_several_names_the_options_that_tell_them_apart(filed):
    with pytest.raises(UsageError, match=r"say which is meant with --input or --length$"):
        filed(ONE, chip="ascend310p")


def test_a_model_a_chip_and_a_metric_may_be_asked_for_in_the_documents_words(filed):
    found = filed(ONE, model="Lanternfish", chip="310P3", metric="FPS", settings={"input": "224x224"})
    assert found.measurement.case == "lanternfish-ascend310p-bs1,input=224x224"
    with pytest.raises(UsageError, match="no chip is called '311Q'; there are "):
        filed(ONE, chip="311Q")


def test_a_metric_that_no_log_tells_is_refused_as_that(filed):
    with pytest.raises(
        UsageError, match="a tool's log tells a throughput and a latency, and nothing of the map"
    ):
        filed(ONE, metric="mAP")


def test_a_log_is_of_the_chip_that_its_tool_measures(tables, tmp_path):
    """trtexec measures the T4 and no Ascend chip, so of the claims on both it is the T4's."""
    fitting = [item for item in tables.references if item.model == "lanternfish" and item.batch_size == 1]
    assert any(item.chip == "t4" for item in fitting)
    asked = Asked(model="lanternfish", settings={"length": 64})
    assert claimed._one(tables, asked, 1, "trtexec").chip == "t4"
    of_both = [item for item in fitting if item.chip in ("t4", "ascend310p")]
    assert {item.chip for item in of_both if claimed._is_measured_with("ais_bench", tables, item)} == {
        "ascend310p"
    }


def test_the_logs_own_batch_size_is_held_to_the_claims(filed):
    with pytest.raises(UsageError, match=r"the log is of batch size 1, lanternfish-.*bs8,input=224x224 of 8"):
        filed(ONE, settings={"input": "224x224"}, batch_size=8)


def test_another_tool_than_the_chips_is_refused(filed):
    with pytest.raises(UsageError, match="a log of ais_bench; throughput on NVIDIA T4 is measured"):
        filed(ONE, chip="t4", settings={"streams": 4})


@pytest.mark.parametrize(
    ("streams", "shape", "said"),
    [(1, "8x64", ""), (4, "8x64", "4 calls at once on a device, the document makes 1"),
     (1, "8x128", "inputs of shape [8, 128], the document's length is 64")],
)  # fmt: skip
def test_shapes_and_streams_are_held_to_the_claims_settings(filed, tmp_path, streams, shape, said):
    log = tmp_path / "t4.log"
    log.write_text(
        f"&&&& RUNNING TensorRT.trtexec [TensorRT v8601] # trtexec --onnx=a.onnx --shapes=ids:{shape}\n"
        f"[I] Precision: FP32\n[I] Streams: {streams}\n[I] Throughput: {11.8 * streams:.1f} qps\n"
        "[I] GPU Compute Time: min = 84 ms, max = 84 ms, mean = 84 ms, median = 84 ms, "
        "percentile(99%) = 84 ms\n",
        encoding="utf-8",
    )
    one = filed(log, chip="t4", batch_size=8, settings={"length": 64}).verdict
    assert said in one.message
    assert one.kind is (VerdictKind.NOT_COMPARABLE if said else VerdictKind.REPRODUCED)
    four = filed(log, chip="t4", batch_size=8, settings={"streams": 4}).verdict
    assert ("calls at once on a device" in four.message) is (streams != 4)


def test_a_device_that_nothing_drives_takes_any_tools_log(filed):
    """The document tells no precision and no tool: both are said, and nothing is concluded of them."""
    found = filed(ONE, chip="tiger900")
    assert found.verdict.kind is VerdictKind.EXCEEDS
    assert "the document tells no precision, the log says none" in found.verdict.message
    other = filed(LOGS / "trtexec-10-device.txt", chip="tiger900", batch_size=1)
    assert other.verdict.kind is VerdictKind.NOT_COMPARABLE
    assert "measured on NVIDIA H100 PCIe, not on Tiger 900" in other.verdict.message


def test_a_latency_is_better_the_lower_it_is(filed, tmp_path):
    """2.456 ms against 2.41 ± 5 %; half the time exceeds it, twice the time falls short."""
    found = filed(ONE, metric="latency")
    assert (found.measurement.check, found.measurement.kind) == ("latency", "throughput")
    assert found.measurement.metrics["latency"] == pytest.approx(2.456, abs=1e-3)
    assert (found.verdict.metric, found.verdict.kind) == (Metric.LATENCY, VerdictKind.REPRODUCED)
    for mean, kind in ((1.2, VerdictKind.EXCEEDS), (4.9, VerdictKind.FALLS_SHORT)):
        log = tmp_path / "mine.log"
        line = f"[INFO] throughput 1000*batchsize(1)/NPU_compute_time.mean({mean}): {1000 / mean}\n"
        log.write_text(line, encoding="utf-8")
        assert filed(log, metric="latency").verdict.kind is kind


def test_a_percentile_in_the_documents_words_is_the_logs_percentile(filed):
    """2456 us is p99; a mean is not taken for it, and where the log tells none, that is said."""
    found = filed(ONE, metric="p99")
    assert found.measurement.case == "lanternfish-ascend310p-bs1,called=p99"
    assert (found.verdict.expected, found.verdict.kind) == (2.456, VerdictKind.REPRODUCED)
    with pytest.raises(UsageError, match=r"means p99 \('p99'\), and the log of msame does not tell it"):
        filed(LOGS / "msame-2022-first.txt", Choice(batch_size=1), metric="p99")


@pytest.mark.parametrize(
    ("called", "ms", "which", "open_word"),
    [("", 2.4560, "the mean of a call", ""), ("平均时延(ms)", 2.4560, "the mean of a call", ""),
     ("NPU_compute_time (ms): percentile(99%)", 2.4560, "p99 of `NPU_compute_time`", ""),
     ("NPU_compute_time (ms): min", 2.4560, "min of `NPU_compute_time`", ""),
     ("H2D_latency (ms): max", 2.4560, "max of `NPU_compute_time`", "H2D"),
     ("preprocess time", 2.4560, "the mean of a call", "preprocess"),
     ("end to end latency", 2.4560, "the mean of a call", "end to end")],
)  # fmt: skip
def test_the_documents_words_choose_among_a_logs_times(called, ms, which, open_word):
    """A stage that the log does not have, or words that nobody knows, leave open which time is meant."""
    run = parsers.parse(ONE.read_bytes(), name=ONE.name).chosen()
    found = call_time(ONE.name, run, called)
    assert found.which == which
    assert found.ms == pytest.approx(ms, abs=1e-3)
    assert (f"`{open_word}`" in found.why_not) if open_word else found.why_not == ""


def test_loadgens_logs_are_held_to_claims_and_never_to_a_case_of_another_procedure(filed, tmp_path):
    loadgen = LOGS / "loadgen"
    choice = Choice(batch_size=8)
    asked = {"settings": {"input": "224x224"}, "batch_size": 8}
    assert filed(loadgen / "offline-detail.txt", choice, **asked).verdict.kind is VerdictKind.EXCEEDS
    assert filed(loadgen / "offline-summary.txt", choice, **asked).verdict.kind is VerdictKind.EXCEEDS
    short = filed(loadgen / "offline-short-detail.txt", choice, **asked).verdict
    assert short.kind is VerdictKind.NOT_COMPARABLE
    assert "LoadGen calls the run INVALID" in short.message
    assert filed(loadgen / "single-stream-detail.txt", metric="latency").verdict.kind is VerdictKind.EXCEEDS
    with pytest.raises(UsageError, match="server scenario"):
        filed(loadgen / "server-detail.txt", **asked)
    shutil.copy(loadgen / "offline-detail.txt", tmp_path / "mlperf_log_detail.txt")
    with pytest.raises(UsageError, match="LoadGen's detail without its summary"):
        filed(tmp_path / "mlperf_log_detail.txt", choice, **asked)
    of_case = filed(loadgen / "offline-detail.txt", choice, model="tinybert", chip="ascend310p")
    assert of_case.verdict.kind is VerdictKind.NOT_COMPARABLE
    assert "made with loadgen, the documents measure with ais_bench" in of_case.verdict.message


def test_a_claim_of_a_model_that_runs_is_its_cases(filed):
    """Filed under the case, as --case files it, so that a run and a log of one claim stand together."""
    found = filed(ONE, model="tinybert", chip="ascend310p", precision=Precision.FP16)
    assert found.measurement.case == "tinybert-ascend310p-bs1"
    assert found.verdict.kind is VerdictKind.FALLS_SHORT


def test_a_value_without_a_measured_speed_is_refused(filed, tables, tmp_path):
    (tmp_path / "lantern.toml").write_text(TABLES.replace('role = "measured"', 'role = "fact"'), "utf-8")
    with pytest.raises(UsageError, match="no document states a measured throughput or latency"):
        claimed.read(load((BUILT_IN, tmp_path)), Asked(model="lanternfish"), ONE, Choice())


def test_the_report_shows_it_in_the_documents_own_table(filed, tables):
    results = [filed(ONE, settings={"input": "224x224"}), filed(ONE, metric="latency")]
    text = markdown.render(tables, results)
    assert "2 documented numbers were tested: reproduced 2" in text
    [row] = [line for line in text.splitlines() if line.startswith("| 1 | 400.5")]
    assert row.startswith("| 1 | 400.5 | 407.2 ✔ | 120.5 |")
    assert "| 1 | 2.41 | 2.46 ✔ |" in text
    assert "2.456 ms" in text


def test_a_latency_has_a_history_of_its_own(filed):
    results = [filed(ONE, metric="latency"), filed(ONE, settings={"input": "224x224"})]
    found = histories([Number.of(result) for result in results])
    assert {(item.metric, round(item.points[0].value, 3)) for item in found} == {
        (Metric.LATENCY, 2.456), (Metric.THROUGHPUT, 407.166)
    }  # fmt: skip


LOGS_TOML = """
[[log]]
file = "one.txt"
model = "lanternfish"
input = "224x224"

[[log]]
file = "one.txt"
case = "tinybert-ascend310p-bs1"
"""


def test_a_folder_of_logs_is_filed_by_its_list(tables, tmp_path):
    folder = tmp_path / "back"
    folder.mkdir()
    shutil.copy(ONE, folder / "one.txt")
    (folder / "logs.toml").write_text(LOGS_TOML, encoding="utf-8")
    store = Store(f"sqlite:///{tmp_path / 'folder.sqlite'}")
    found = folders.file(tables, folders.read(tables, folder), store, "run-1")
    assert [(item.measurement.case, item.verdict.kind.value) for item in found] == [
        ("lanternfish-ascend310p-bs1,input=224x224", "reproduced"),
        ("tinybert-ascend310p-bs1", "falls-short"),
    ]
    assert len(store.results()) == 2
    store.close()


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [('file = "one.txt"\nmodel', 'file = "../one.txt"\nmodel', "log[0]: "),
     ("input =", "inputs =", "log[0].inputs: found \"224x224\", expected no such key"),
     ('case = "', 'case = "x', "log[1]: no case is called 'xtinybert-ascend310p-bs1'"),
     ('case = "', 'model = "lanternfish"\ncase = "', "log[1]: "),
     ("[[log]]\nfile", "[[logs]]\nfile", "expected a [[log]] for each log")],
)  # fmt: skip
def test_nothing_of_a_folder_is_filed_where_one_of_it_is_wrong(tables, tmp_path, was, becomes, said):
    folder = tmp_path / "back"
    folder.mkdir()
    shutil.copy(ONE, folder / "one.txt")
    (folder / "logs.toml").write_text(LOGS_TOML.replace(was, becomes), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        folders.read(tables, folder)
    assert said in str(refused.value)
