"""What known failures mean, held against the recorded logs of real tools and against what must not match."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.tools import failures

# File (without .txt) and the words its sentence has to hold. What each is from says its first line.
RECORDED = {
    "atc-3-error-e19010": "parser does not know an operator",
    "atc-4-error-ez0501": "no definition (IR)",
    "atc-6-error-ez3003": "no kernel for an operator",
    "atc-7-error-ez9010": "parser does not know an operator",
    "atc-10-error-e10001": "argument of the tool",
    "atc-11-error-ez3003": "no kernel for an operator",
    "atc-12-error-ez9999_amct": "failed while it ran on the device",
    "atc-13-error-e19010_issue": "parser does not know an operator",
    "ais_bench-8-infer_exception": "outside its memory on the device",
    "ais_bench-9-e19999_wrong_chip": "inner error of the toolkit",
    "ais_bench-10-e19999_opp": "build it again",
    "trtexec-11-failed": "neither itself nor as a plugin",
}
# A failure whose code no table has and whose text says nothing: no sentence is better than a guess.
UNKNOWN = "atc-8-error-unknown"


def logs() -> Path:
    folder = os.environ.get("ZOOCHECK_DATA")
    if not folder or not (Path(folder) / "logs").is_dir():
        pytest.skip("ZOOCHECK_DATA is not set, or holds no logs/ with recorded output of tools")
    return Path(folder) / "logs"


def recorded(name: str) -> str:
    """A log without its first line, which says where it is from."""
    file = logs() / f"{name}.txt"
    if not file.exists():
        pytest.skip(f"{file.name} is not among the recorded logs")
    return file.read_text(encoding="utf-8", errors="replace").partition("\n")[2]


@pytest.mark.parametrize(("name", "words"), RECORDED.items(), ids=list(RECORDED))
def test_recorded_failures(name: str, words: str):
    """Each recorded failure has the sentence that its cause asks for."""
    assert words in str(failures.meaning(recorded(name)))


def test_a_failure_that_nobody_explains():
    """E19025 with an empty reason."""
    assert failures.meaning(recorded(UNKNOWN)) is None


def test_logs_of_tools_that_went_well():
    """No recorded log of a success, a timing run or an idle card looks like a failure."""
    wrong = {
        file.name: failures.meaning(recorded(file.stem))
        for file in sorted(logs().glob("*.txt"))
        if file.stem not in {*RECORDED, UNKNOWN}
    }
    assert len(wrong) > 10
    assert {name: sentence for name, sentence in wrong.items() if sentence} == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("EL0004: [PID: 1] Failed to allocate memory requested by RTS module.", "too little free memory"),
        ("aclrtMalloc failed, ret = 207001", "device has too little free memory"),
        ("[ERROR] malloc device buffer failed, errorCode is 207001", "device has too little free memory"),
        ("acl interface return err main.cpp:9, retcode: 207001.", "device has too little free memory"),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "device has too little"),
        ("[E] [defaultAllocator.cpp::allocate::31] Error Code 1: Cuda Runtime (out of memory)", "device has"),
        ("terminate called after throwing an instance of 'std::bad_alloc'", "the machine, not the device"),
        ("OSError: [Errno 12] Cannot allocate memory", "the machine, not the device"),
        ("EL0005: [PID: 809] The resources are busy.", "the device is busy"),
        ("CUDA error: CUDA-capable device(s) is/are busy or unavailable", "the GPU is busy"),
        ("all CUDA-capable devices are busy or unavailable", "the GPU is busy"),
        ("open /dev/davinci0: Device or resource busy", "EBUSY"),
        ("[ERROR] create stream failed, ret 107002", "without a context"),
        ("EE9999: Inner Error!", "inner error of the toolkit"),
    ],
)  # fmt: skip
def test_what_tools_are_known_to_print(text: str, words: str):
    """Memory and devices, of which there are no recordings here: texts from the sources that are named."""
    assert words in str(failures.meaning(text))


@pytest.mark.parametrize(
    "text",
    ["", "throughput: 207001.5 fps", "frame E100010 of 5", "0x1E10001", "size 107002 bytes",
     "cuda memory: 12 GB free", "[MemUsageChange] Init CUDA: CPU +294, GPU +0",
     "samples 507011, error rate 0.1",
     "E19998"],
)  # fmt: skip
def test_numbers_that_are_no_codes(text: str):
    """A code is not found inside a longer number, nor a number without the word that makes it a code."""
    assert failures.meaning(text) is None


def test_a_cause_goes_before_its_inner_error():
    """CANN reports E19999 for nearly everything that goes wrong later."""
    text = "E19999: Inner Error!\n ...\nEL0004: Failed to allocate memory requested by RTS module.\n"
    assert failures.meaning(text) == failures.meaning("EL0004")


def test_every_meaning_says_who_says_so():
    """And is one sentence of people's length that begins and ends as the messages around it want it."""
    for failure in failures.KNOWN:
        assert failure.source
        assert 20 < len(failure.sentence) < 120
        assert not failure.sentence.endswith(".")
        assert "\n" not in failure.sentence
