"""`zoocheck import-log`: what is filed, what is refused, and how a report marks it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from zoo_runs import ROOT, STORE, Zoo

from harness.domain.cases import Kind
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Weights

LOGS = ROOT / "fixtures" / "logs"
FILED = ("--results", f"sqlite:///{STORE}", "--json")


def test_a_log_is_filed_with_its_hash_and_judged(zoo: Zoo, tmp_path: Path):
    """TinyBERT's README gives 1324.52 at batch size 1; 407.17 is far below."""
    path = LOGS / "ais_bench-2023-progress_bar.txt"
    done = zoo.zoocheck(tmp_path, "import-log", str(path), "--case", "tinybert-ascend310p-bs1", *FILED)
    assert done.status == 0, done.err
    said = done.json
    assert said["throughput_samples_per_s"] == 407.16610891670894
    assert (said["origin"], said["tool"], said["version"]) == ("imported", "ais_bench", None)
    assert said["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert said["latencies_ms"]["NPU_compute_time"]["p99"] == 2.4560000896453857
    assert (said["batch_size"], said["batch_size_told_by"]) == (1, "the log")
    (result,) = done.results
    made = result.measurement
    assert (made.origin, made.kind, made.provenance.weights) == (
        Origin.IMPORTED,
        Kind.THROUGHPUT,
        Weights.UNKNOWN,
    )
    assert made.metrics == {"throughput": 407.16610891670894}
    assert (made.detail["log"], made.detail["log_sha256"]) == (path.name, said["sha256"])
    assert result.verdict is not None
    assert result.verdict.kind is VerdictKind.FALLS_SHORT
    assert result.verdict.message.startswith("tinybert-ascend310p-bs1: 407.17 samples/s below 1324.52 - 5 %")
    assert f"imported from {path.name} (sha256 {said['sha256'][:12]}…)" in result.verdict.message


def test_the_documented_value_is_reproduced(zoo: Zoo, tmp_path: Path):
    """5871.86 at batch size 8, as ais_bench would have printed it: 1.3624 ms a batch."""
    mean = 1000 * 8 / 5871.86
    line = f"[INFO] throughput 1000*batchsize(8)/NPU_compute_time.mean({mean}): {1000 * 8 / mean}\n"
    (tmp_path / "mine.log").write_text(line)
    done = zoo.inside(tmp_path, "import-log", "mine.log", "--case", "tinybert-ascend310p-bs8", *FILED)
    assert done.json["verdict"]["kind"] == "reproduced"


def test_t4_is_judged_by_the_documents_formula(zoo: Zoo, tmp_path: Path):
    """GPU compute mean 0.859765 ms at batch 4 is 4652.4; trtexec 7 printed no throughput of its own."""
    log = (LOGS / "trtexec-7-compute_only.txt").read_text(encoding="utf-8")
    (tmp_path / "mine.log").write_text(
        f"{log}\n&&&& PASSED TensorRT.trtexec # trtexec --onnx=bs4.onnx --threads\n"
    )
    asked = ("import-log", "mine.log", "--case", "tinybert-t4-bs4", "--bs-of-log", "4", *FILED)
    said = zoo.inside(tmp_path, *asked).json
    assert said["throughput_samples_per_s"] == pytest.approx(4 * 1000 / 0.859765)
    assert (said["verdict"]["kind"], said["verdict"]["basis"]) == ("exceeds", "documented")
    assert (said["batch_size_told_by"], said["queries_per_s"]) == ("--bs-of-log", None)


def test_a_log_that_is_silent_about_its_precision_is_not_compared(zoo: Zoo, tmp_path: Path):
    """The numbers alone may be those of an fp16 build."""
    path = LOGS / "trtexec-7-compute_only.txt"
    asked = ("import-log", str(path), "--case", "tinybert-t4-bs4", "--bs-of-log", "4", *FILED)
    verdict = zoo.inside(tmp_path, *asked).json["verdict"]
    assert verdict["kind"] == "not-comparable"
    assert (
        "the log tells no precision: it has neither a line `Precision:` nor the command" in verdict["message"]
    )


def test_the_tools_own_throughput_stands_beside(zoo: Zoo, tmp_path: Path):
    """An H100's log of another model: filed, with its own queries a second, and compared with nothing."""
    path = LOGS / "trtexec-10-device.txt"
    said = zoo.inside(tmp_path, "import-log", str(path), "--case", "tinybert-t4-bs1", *FILED).json
    assert (said["queries_per_s"], said["samples_per_s_by_wall_time"]) == (15374.3, 15374.3)
    assert (said["version"], said["device_name"]) == ("10.16.1", "NVIDIA H100 PCIe")
    assert said["verdict"]["kind"] == "not-comparable"
    assert "measured on NVIDIA H100 PCIe, not on NVIDIA T4" in said["verdict"]["message"]
    assert "an input of shape [1, 1, 28, 28], the case's are [1, 64]" in said["verdict"]["message"]


@pytest.mark.parametrize(
    ("name", "share"), [("GRID T4-4C", "vGPU"), ("NVIDIA T4-16Q", "vGPU"), ("Tesla T4 MIG 1g.4gb", "MIG")]
)
def test_a_share_of_a_card_is_not_held_against_the_card(zoo: Zoo, tmp_path: Path, name: str, share: str):
    """9.9 ms a batch of 8 is 808 samples/s, a quarter of the T4's 3325.62: of a quarter of a T4."""
    (tmp_path / "share.log").write_text(
        "&&&& RUNNING TensorRT.trtexec [TensorRT v8601] # trtexec --onnx=t.onnx --shapes=input_ids:8x64\n"
        f"[I] Selected Device: {name}\n"
        "[I] GPU Compute Time: min = 9.8 ms, max = 10.1 ms, mean = 9.9 ms, median = 9.9 ms\n"
        "&&&& PASSED TensorRT.trtexec [TensorRT v8601] # trtexec --onnx=t.onnx --shapes=input_ids:8x64\n"
    )
    said = zoo.inside(tmp_path, "import-log", "share.log", "--case", "tinybert-t4-bs8", *FILED).json
    assert said["throughput_samples_per_s"] == pytest.approx(8000 / 9.9)
    assert (said["device_name"], said["verdict"]["kind"]) == (name, "not-comparable")
    expected = f"measured on {name}, a share of a T4 ({share}), not on NVIDIA T4"
    assert expected in said["verdict"]["message"]


def test_a_log_of_another_length_is_not_comparable(zoo: Zoo, tmp_path: Path):
    """The mm_run logs of that zoo are of length 128 and 384; the case is of 384."""
    path = LOGS / "mm_run-2022-old_b8.txt"
    said = zoo.inside(tmp_path, "import-log", str(path), "--case", "bert-squad-mlu370-bs8", *FILED).json
    assert said["throughput_samples_per_s"] == 189.017
    assert said["verdict"]["kind"] == "not-comparable"
    assert "an input of shape [8, 128], the case's are [8, 384]" in said["verdict"]["message"]


def test_the_total_over_devices_or_one_of_them(zoo: Zoo, tmp_path: Path):
    asked = ("import-log", str(LOGS / "ais_bench-2023-two_devices.txt"), "--case", "tinybert-ascend310p-bs1")
    total = zoo.inside(tmp_path, *asked, *FILED).json
    assert (total["throughput_samples_per_s"], total["devices"]) == (557.9376050278543, 2)
    assert total["verdict"]["kind"] == "not-comparable"
    one = zoo.inside(tmp_path, *asked, "--device", "2", *FILED).json
    assert (one["throughput_samples_per_s"], one["device"]) == (276.54867008654026, "2")
    assert one["verdict"]["kind"] == "falls-short"


def on_devices(devices: Sequence[int], mean_ms: float, size: int) -> str:
    """ais_bench's last lines of a process for each device, all of one speed, and its total."""
    rate = 1000 * size / mean_ms
    formula = f"[INFO] throughput 1000*batchsize({size})/NPU_compute_time.mean({mean_ms}): {rate}"
    lines = [formula for _ in devices]
    if len(devices) > 1:
        lines += [f"i:{at} device_{number} throughput:{rate}" for at, number in enumerate(devices)]
        lines.append(f"[INFO] summary throughput:{sum([rate] * len(devices))}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("devices", "kind", "said"),
    [
        ([0, 1, 2, 3], "reproduced", "707.89 samples/s within 707.89 ± 5 %"),
        ([0], "not-comparable", "176.97 samples/s, not comparable: one device's, and the document"),
        ([0, 1], "not-comparable", "not comparable: the total of 2 devices, and the document counts"),
        ([0, 0, 0, 0], "not-comparable", "not comparable: the total of 4 calls at once on a device, the"),
    ],
    ids=["a card", "a device", "half a card", "four processes on one device"],
)
def test_a_310s_card_has_four_devices(zoo: Zoo, tmp_path: Path, devices: list[int], kind: str, said: str):
    """TinyBERT's README prints 707.89 fps/card at batch 1: 176.97 a device."""
    (tmp_path / "mine.log").write_text(on_devices(devices, 1000 / 176.9725, 1))
    done = zoo.inside(tmp_path, "import-log", "mine.log", "--case", "tinybert-ascend310-bs1", *FILED)
    assert (done.json["verdict"]["kind"], done.json["devices"]) == (kind, len(set(devices)))
    assert said in done.json["verdict"]["message"]


def test_one_device_of_a_total_is_no_card(zoo: Zoo, tmp_path: Path):
    """`--device` chooses one of four: its number is not the card's."""
    (tmp_path / "mine.log").write_text(on_devices([4, 5, 6, 7], 1000 / 176.9725, 1))
    asked = ("import-log", "mine.log", "--case", "tinybert-ascend310-bs1", "--summary", "2", *FILED)
    verdict = zoo.inside(tmp_path, *asked).json["verdict"]
    assert verdict["kind"] == "not-comparable"
    assert "176.97 samples/s, not comparable: one device's" in verdict["message"]


def test_the_total_of_several_threads_is_not_one_calls(zoo: Zoo, tmp_path: Path):
    """The documents run mm_run with `--threads 1`; four threads may fill a device that one does not."""
    log = (LOGS / "mm_run-2022-old_b8.txt").read_text(encoding="utf-8")
    (tmp_path / "mine.log").write_text(log.replace("8, 128]", "8, 384]").replace("num: 1", "num: 4"))
    done = zoo.inside(tmp_path, "import-log", "mine.log", "--case", "bert-squad-mlu370-bs8", *FILED)
    verdict = done.json["verdict"]
    assert (verdict["kind"], done.results[0].measurement.detail["streams"]) == ("not-comparable", 4)
    assert "the total of 4 calls at once on a device, the documents make one at a time" in verdict["message"]


def test_a_batch_that_trtexec_dropped_is_not_believed(zoo: Zoo, tmp_path: Path):
    """Beside `--onnx` it runs the graph's own batch: 800 samples a second would be eight times too many."""
    (tmp_path / "mine.log").write_text(
        "[I] GPU Compute Time: min = 9 ms, max = 11 ms, mean = 10 ms\n"
        "&&&& PASSED TensorRT.trtexec [TensorRT v8401] # trtexec --onnx=TinyBERT_sim_bs1.onnx --batch=8\n"
    )
    done = zoo.inside(tmp_path, "import-log", "mine.log", "--case", "tinybert-t4-bs8", *FILED)
    assert done.status == 2
    assert "the log does not tell its batch size, and tinybert-t4-bs8 is about 8" in done.err


@pytest.mark.parametrize(
    ("log", "case", "more", "said"),
    [
        ("vamp-2024-forwad", "tinybert-t4-bs1", (), "a log of vamp; throughput on NVIDIA T4 is"),
        ("vsx_prof-2024-bce", "bert-chinese-ner-vacc-bs1", (), "a log of vsx_prof; throughput on Vastai"),
        ("ais_bench-2023-progress_bar", "tinybert-ascend310p-bs8", (), "the log is of batch size 1, tiny"),
        ("trtexec-10-shapes", "tinybert-t4-bs8", ("--bs-of-log", "8"), "--bs-of-log 8, but the log says"),
        ("msame-2021-loop", "tinybert-ascend310-bs8", (), "say what it was with --bs-of-log N"),
        ("ais_bench-2022-broken_formula", "tinybert-ascend310p-bs16", (), "112.53087529912726, expected"),
        ("ais_bench-2023-failed", "tinybert-ascend310p-bs1", (), "ais_bench failed: EZ9999: The error from"),
        ("cnmon-5.10.13-two", "bert-squad-mlu370-bs1", (), "the output of cnmon, which states no throughput"),
        ("vamp-2024-forwad", "tinybert-cpu-bs1", (), "no tool's log is taken for CPU"),
        ("vamp-2024-forwad", "tinybert-vac-bs1", (), "no case is called 'tinybert-vac-bs1'"),
        ("no-such-log", "tinybert-t4-bs1", (), "No such file or directory"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)  # fmt: skip
def test_what_is_refused_is_one_sentence_and_files_nothing(
    zoo: Zoo, tmp_path: Path, log: str, case: str, more: tuple[str, ...], said: str
):
    done = zoo.inside(tmp_path, "import-log", str(LOGS / f"{log}.txt"), "--case", case, *more, *FILED)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / STORE).exists()


def test_the_report_tells_imported_from_measured(zoo: Zoo, tmp_path: Path):
    """In a column of its own, and with what the tool's number means."""
    path = LOGS / "ais_bench-2023-progress_bar.txt"
    asked = ("import-log", str(path), "--case", "tinybert-ascend310p-bs1", "--run-id", "a", *FILED[:2])
    filed = zoo.inside(tmp_path, *asked)
    assert filed.out.startswith("falls-short: tinybert-ascend310p-bs1: 407.17 samples/s below 1324.52")
    assert "zoocheck report --run a" in filed.out
    done = zoo.inside(tmp_path, "report", *FILED[:2], "--run", "a")
    assert done.status == 0, done.err
    page = (tmp_path / "build" / "report" / "report.md").read_text(encoding="utf-8")
    assert "310P性能 · measured (imported, weights not told)" in page
    assert "- **imported**: from a tool's log, or a bundle's run, made on another machine." in page
    assert "- **unknown weights**: what a log does not say" in page
    assert "Imported throughput is by the definition of the tool that wrote the log" in page
    assert "by the clock that each result names" not in page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "name what the log is of: a case with --case, or a claim with --model"),
        (("--case", "tinybert-ascend310p-bs1", "--model", "tinybert"), "name what the log is of"),
        (("--case", "tinybert-ascend310p-bs1", "--length", "64"), "--length says more of a claim"),
        (("--case", "tinybert-ascend310p-bs1", "--metric", "latency"), "--metric says more of a claim"),
        (("--model", "tinybert", "--precision", "fp16,int8"), "a log is of one precision"),
    ],
)
def test_a_log_is_of_a_case_or_of_one_claim(zoo: Zoo, tmp_path: Path, options: tuple[str, ...], said: str):
    done = zoo.inside(tmp_path, "import-log", str(LOGS / "ais_bench-2023-progress_bar.txt"), *options)
    assert done.status == 2
    assert said in done.err


def test_a_claim_of_a_model_that_runs_is_filed_under_its_case(zoo: Zoo, tmp_path: Path):
    """The log's own batch size chooses among the documented ones."""
    path = LOGS / "ais_bench-2023-progress_bar.txt"
    done = zoo.inside(
        tmp_path, "import-log", str(path), "--model", "tinybert", "--chip", "ascend310p", *FILED
    )
    assert done.status == 0, done.err
    assert (done.json["case"], done.json["claim"]) == ("tinybert-ascend310p-bs1", None)
    assert done.json["verdict"]["kind"] == "falls-short"
