"""An error in a log is told beside its numbers, and a run that never came to any is not passed over."""

from __future__ import annotations

import pytest
from recordings import EXCERPTS, RETYPED, Run

from harness.errors import ParseError
from harness.tools import parsers

READ = [name for name, known in RETYPED.items() if isinstance(known, tuple) and isinstance(known[0], Run)]


def text(name: str) -> str:
    return (EXCERPTS / name).read_text(encoding="utf-8")


# A line of an error in each tool's own form, or in that of what runs below it.
ERRORS = {
    "a level": "[ERROR] check failed: aclmdlExecute ret 507015",
    "a level in small letters": "[2022-8-15 19:38:4] [CNNL] [Error]: [cnnlDiv] is not possible",
    "a code of CANN": "E39999  Aicore kernel execute failed",
    "a titled code of CANN": "[PID: 7] 2026-03-30-08:15:00.123.456 Execution_Error(EZ9999): stream 3",
    "TensorRT's": "[01/15/2024-10:23:45] [E] Error[1]: [cudaResources.cpp::47] Error Code 1",
    "mm_run's": "[MMERR] cnrtMalloc failed out of memory",
    "a log of glog": "F0115 10:00:00.000000 12 queue.cc:9] call queue sync failed",
    "a word": "2022-08-15 11:38:04.88: ERROR: call queue sync failed",
    "the kernel's callback": "[INFO] exception_cb streamId:103 taskId:10 deviceId: 0 opName:bert/Gather",
    "a crash": "Segmentation fault (core dumped)",
    "Python": "Traceback (most recent call last):",
}


@pytest.mark.parametrize("line", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("name", ["ais_bench-2022-one_device.txt", "trtexec-10-device.txt",
                                  "mm_run-2022-old_b8.txt", "vamp-2.1.0-latencies.txt",
                                  "msame-2021-loop.txt", "benchmark310-2021-pure.txt"])  # fmt: skip
def test_an_error_behind_the_numbers_is_the_runs(name: str, line: str):
    plain = parsers.parse(text(name)).runs[-1]
    assert plain.errors == ()
    whole = text(name).rstrip("\n")
    run = parsers.parse(f"{whole}\n{line}\n").runs[-1]
    assert (len(run.errors), run.samples_per_s) == (1, plain.samples_per_s)
    assert run.errors[0] == f"line {len(whole.splitlines()) + 1}: {' '.join(line.split())}"


@pytest.mark.parametrize("name", READ)
def test_no_recording_with_numbers_tells_of_an_error(name: str):
    assert all(run.errors == () for run in parsers.parse(text(name)).runs)


@pytest.mark.parametrize("name", ["trtexec-10-device.txt", "mm_run-2022-old_b8.txt"])
def test_an_error_is_of_the_run_that_it_stands_in(name: str):
    """Where the tool marks a run's beginning; in ais_bench devices mix their lines."""
    first, second = parsers.parse(f"{text(name)}\n{ERRORS['a level']}\n{text(name)}").runs
    assert len(first.errors) == 1
    assert second.errors == ()


def test_a_warning_is_kept_and_those_behind_the_numbers_come_first():
    run = parsers.parse(text("trtexec-8-p99.txt")).chosen()
    assert run.warnings == ("GPU compute time is unstable, with coefficient of variance = 2.10486%.",)
    both = parsers.parse(text("trtexec-10-device.txt") + "[W] * Throughput may be bound by Enqueue Time\n")
    assert [said.split()[0] for said in both.chosen().warnings] == ["Throughput", "Dynamic"]
    ais = "[WARN] the frequency is limited\n" + text("ais_bench-2022-one_device.txt")
    assert parsers.parse(ais).chosen().warnings == ("the frequency is limited",)


TWO = text("ais_bench-2023-two_devices.txt")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("i:1 device_2 throughput:276.54867008654026 start_time:1676875630.8043878 "
         "end_time:1676875630.8326817\n[INFO] summary throughput:557.9376050278543",
         "[INFO] summary throughput:281.38893494131406",
         "found 4 messages of the processes beside the throughput of 1 devices, expected 2, two of each"),
        ("qsize:4", "qsize:5", "found 5 messages of the processes beside"),
        ("result:1", "result:-1", "ended with result:-1, expected 0 or 1"),
        ("[INFO] multidevice run end", "[INFO] multidevice:[1, 2, 3] run begin\n[INFO] multidevice run end",
         "found the throughput of 2 devices, expected that of the 3 that were begun"),
    ],
)  # fmt: skip
def test_a_device_that_gave_no_throughput_is_missed(old: str, new: str, said: str):
    assert old in TWO
    with pytest.raises(ParseError, match=said):
        parsers.parse(TWO.replace(old, new))


TRT = text("trtexec-10-device.txt")
AIS = (
    "[INFO] acl init success\n[INFO] load model a.om success\n[INFO] -----Performance Summary-----\n"
    "[INFO] throughput 1000*batchsize(8)/NPU_compute_time.mean(2.0): 4000.0\n[INFO] end to finalize acl\n"
)
MSAME = "[INFO] acl init success\n[INFO] load model a.om success\nInference average time: 12.93 ms\n"
MM, VAMP = text("mm_run-2022-old_b8.txt"), text("vamp-2.1.0-latencies.txt")
DATA_SET, PURE = text("benchmark310-2021-data_set.txt"), text("benchmark310-2021-pure.txt")


@pytest.mark.parametrize(
    ("whole", "before"),
    [
        (TRT, "[I] === Performance summary ==="),
        (TRT, "[I] Precision: FP32"),
        (f"[I] === Model Options ===\n{TRT.partition('[b11]')[2]}", "[I] Precision: FP32"),
        (AIS, "-----Performance Summary"),
        (AIS, "[INFO] load model"),
        (MSAME, "Inference average"),
        (MM, "==================== Performance Summary"),
        (MM, "=================== Device Information"),
        (VAMP, "load model and init"),
        (VAMP, "throughput (qps)"),
        (VAMP, "devices: [0]"),
        (DATA_SET, "[infer]"),
    ],
)
@pytest.mark.parametrize("behind", [True, False], ids=["behind", "between"])
def test_a_run_that_is_cut_is_missed_beside_a_whole_one(whole: str, before: str, behind: bool):
    """The error names the line behind which its numbers are missing."""
    assert before in whole
    assert parsers.parse(whole).runs
    assert len(parsers.parse(whole + whole).runs) == 2
    cut = whole[: whole.index(before)].rpartition("\n")[0] + "\n"
    with pytest.raises(ParseError, match=r"there is no line `.* the log ends at line"):
        parsers.parse(whole + cut + ("" if behind else whole))


def test_a_pure_inference_that_is_cut_behind_a_whole_one_is_missed():
    """Between two whole ones it cannot be told: the tool counts its calls and marks no beginning."""
    cut = PURE[: PURE.index("[INFO] PureInfer result")]
    with pytest.raises(ParseError, match=r"there is no line `.*` after line 9; the log ends at line 10"):
        parsers.parse(PURE + cut)


def test_a_build_alone_is_no_run_that_is_cut():
    """The engine is built by one call and timed by the next, whose logs stand in one file."""
    command = "&&&& {} TensorRT.trtexec [TensorRT v8601] # trtexec --onnx=a.onnx --buildOnly\n"
    build = command.format("RUNNING") + "[I] Engine built in 9.1 sec.\n" + command.format("PASSED")
    assert len(parsers.parse(build + TRT).runs) == 1
