"""What a log tells of itself is held against the case: what it does not tell is not compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin
from harness.errors import UsageError
from harness.other_machines import importing
from harness.other_machines.foreign import Choice
from harness.other_machines.unlike import differences
from harness.store.results import Store
from harness.tables import cases, catalog

TIMES = (
    "[I] GPU Compute Time: min = 2.4056 ms, max = 2.4056 ms, mean = 2.4056 ms, median = 2.4056 ms, "
    "percentile(99%) = 2.4056 ms\n"
)
SHAPES = "--shapes=input_ids:8x64,segment_ids:8x64,input_mask:8x64"
BUILD = f"&&&& RUNNING TensorRT.trtexec [TensorRT v8601] # trtexec --onnx=a.onnx {SHAPES}\n"
LOAD = f"&&&& RUNNING TensorRT.trtexec [TensorRT v8601] # trtexec --loadEngine=a_int8.plan {SHAPES}\n"
FP32, FP16 = "tinybert-t4-bs8", "tinybert-t4-fp16-bs8"


@pytest.fixture(scope="module")
def tables() -> Catalog:
    return catalog.load()


@pytest.fixture
def differ(tables: Catalog, tmp_path: Path):
    """The differences of a log from a case, joined."""

    def found(text: str, case: str, batch_size: int | None = None) -> str:
        path = tmp_path / "mine.log"
        path.write_text(text, encoding="utf-8")
        named: Case = cases.named(tables, case)
        read = importing.read(named, path, Choice(batch_size=batch_size))
        return "; ".join(differences(read))

    return found


@pytest.mark.parametrize(
    ("printed", "against_fp32", "against_fp16"),
    [
        ("FP32", "", "made in fp32 (the log says FP32)"),
        ("FP32+FP16", "made in fp16 (the log says FP32+FP16)", ""),
        ("FP32+FP16 (obey precision constraints)",
         "made in fp16 (the log says FP32+FP16 (obey precision constraints))",
         "made in fp16 with `(obey precision constraints)`, which the documents' builds are not"),
        ("FP32+FP16+INT8 (prefer precision constraints)", "made in int8", "made in int8"),
        ("FP32+FP16+FP8", "made in fp8", "made in fp8"),
        ("FP32+FP16+INT4", "made in int4", "made in int4"),
        ("FP32+BF16", "made in bf16", "made in bf16"),
        ("Strongly Typed", "the log does not tell the precision: it says `Strongly Typed`",
         "the log does not tell the precision: it says `Strongly Typed`"),
    ],
)  # fmt: skip
def test_every_precision_that_trtexec_prints(differ, printed: str, against_fp32: str, against_fp16: str):
    """`printPrecision` of TensorRT 8.6 to 11."""
    log = f"{BUILD}[I] Precision: {printed}\n{TIMES}"
    for case, said in ((FP32, against_fp32), (FP16, against_fp16)):
        assert differ(log, case).startswith(said)
        assert bool(differ(log, case)) is bool(said)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.from_regex(r"[A-Za-z][A-Za-z0-9]{2,9}", fullmatch=True).filter(str.isascii))
def test_a_word_that_nobody_knows_is_another_precision(differ, word: str):
    """Beside the known ones, behind them, or alone: never passed over, whatever the case's precision is."""
    if word.lower() in ("fp32", "fp16"):
        return
    for printed in (f"FP32+{word}", f"FP32+FP16+{word}", f"FP32+FP16 ({word})", f"FP32 ({word})", word):
        for case in (FP32, FP16):
            said = differ(f"{BUILD}[I] Precision: {printed}\n{TIMES}", case)
            assert said
            assert word.lower() in said.lower()


@pytest.mark.parametrize(("case", "printed"), [(FP32, "FP32"), (FP16, "FP32+FP16"), ("tinybert-t4-bs8", "")])
def test_a_loaded_engine_is_not_compared(differ, case: str, printed: str):
    """The int8 engine of another day, beside `--fp16` or not."""
    line = f"[I] Precision: {printed}\n" if printed else ""
    said = differ(f"{LOAD}{line}{TIMES}", case)
    assert said.startswith("of an engine that was loaded (--loadEngine) the log does not tell the precision")
    assert ("is a build option that this call did not use" in said) is bool(printed)


def test_several_streams_are_not_compared(differ):
    log = f"{BUILD}[I] Precision: FP32\n[I] Streams: 4\n[I] Throughput: 1662.8 qps\n{TIMES}"
    assert differ(log, FP32) == "the total of 4 calls at once on a device, the documents make one at a time"
    cut = log.replace("[I] Streams: 4\n", "")
    assert differ(cut, FP32) == differ(log, FP32)


def test_the_batch_of_the_bindings_is_not_overruled(differ):
    log = (
        "&&&& RUNNING TensorRT.trtexec [TensorRT v101300] # trtexec --loadEngine=t.plan\n"
        f"[I] Input binding for input_ids with dimensions 8x64 and type int64 is created.\n{TIMES}"
    )
    with pytest.raises(UsageError, match="--bs-of-log 1, but the log says batch size 8"):
        differ(log, "tinybert-t4-bs1", 1)
    assert "of an engine that was loaded" in differ(log, FP32)
    longer = differ(log.replace("8x64", "8x128"), FP32)
    assert "an input of shape [8, 128], the case's are [8, 64]" in longer


@pytest.mark.parametrize(("samples", "calls", "said"), [
    (873, 110, ""),
    (41, 6, "its calls held 6.833 of 8 samples on average: the last was not full"),
])  # fmt: skip
def test_a_last_batch_that_is_not_full(differ, samples: int, calls: int, said: str):
    """A mean of 7.94 of 8 changes a throughput by less than its tolerance; one of 6.83 does not."""
    mean = samples / calls
    log = f"[INFO] throughput 1000*batchsize.mean({mean})/NPU_compute_time.mean(2.0): {1000 * mean / 2}\n"
    assert differ(log, "tinybert-ascend310p-bs8", None if calls > 100 else 8) == said


def test_a_mean_that_goes_with_several_batch_sizes_tells_none(differ):
    """41 samples in 6 calls: five of 7 and one of 6, or five of 8 and one of 1; not of 4."""
    log = f"[INFO] throughput 1000*batchsize.mean({41 / 6})/NPU_compute_time.mean(2.0): {1000 * 41 / 6 / 2}\n"
    with pytest.raises(UsageError, match="the log does not tell its batch size"):
        differ(log, "tinybert-ascend310p-bs8")
    with pytest.raises(UsageError, match=r"--bs-of-log 4, but the log has 6\.833 samples a call on average"):
        differ(log, "tinybert-ascend310p-bs4", 4)


AIS = "[INFO] throughput 1000*batchsize(8)/NPU_compute_time.mean(2.0): 4000.0\n"


@pytest.mark.parametrize(
    ("log", "case", "said"),
    [
        (f"{BUILD}[I] Precision: FP32\n{TIMES}[E] Error[1]: illegal memory access\n", FP32,
         "the log tells of an error beside its numbers, line 4: [E] Error[1]: illegal memory access"),
        (f"{AIS}[ERROR] check failed: aclmdlExecute ret 507011\nE39999  Aicore kernel execute failed\n",
         "tinybert-ascend310p-bs8",
         "the log tells of an error beside its numbers, line 2: [ERROR] check failed: aclmdlExecute ret "
         "507011 (and 1 more) (the model failed while it ran on the device)"),
        (AIS, "tinybert-ascend310p-bs8", ""),
    ],
)  # fmt: skip
def test_an_error_beside_the_numbers_is_not_compared(differ, log: str, case: str, said: str):
    assert differ(log, case) == said


def test_what_the_tool_warns_of_stands_in_the_verdict(tables: Catalog, tmp_path: Path):
    path = tmp_path / "mine.log"
    warned = "[W] * GPU compute time is unstable\n[W]   Lock the clocks.\n"
    path.write_text(f"{BUILD}[I] Precision: FP32\n{TIMES}{warned}", encoding="utf-8")
    store = Store(f"sqlite:///{tmp_path}/results.sqlite")
    try:
        log = importing.read(cases.named(tables, FP32), path, Choice())
        result = importing.file(tables, log, store, "run")
    finally:
        store.close()
    assert result.verdict is not None
    assert "; its tool warns: GPU compute time is unstable (and 1 more)" in result.verdict.message
    assert result.measurement.detail["warnings_told"] == ["GPU compute time is unstable", "Lock the clocks."]


def test_an_imitated_tools_log_is_called_so(tables: Catalog, tmp_path: Path):
    """As what comes back in a bundle: no number of the tests' tools is taken for a card's."""
    path = tmp_path / "mine.log"
    path.write_text(f"{BUILD}[I] Precision: FP32 (zoocheck-simulated)\n{TIMES}", encoding="utf-8")
    store = Store(f"sqlite:///{tmp_path}/results.sqlite")
    try:
        log = importing.read(cases.named(tables, FP32), path, Choice())
        made = importing.file(tables, log, store, "run").measurement
    finally:
        store.close()
    assert (made.origin, made.provenance.target) == (Origin.SIMULATED, "simulated")


MM_RUN = (
    "==================== Parameter Information\nmagicmind model file: m\n  input[0] dim: [8, 384]\n"
    "  input[1] dim: [{first}, {length}]\nthread_num: 1\n==================== Performance Summary\n"
    "Iterations: 10\nHost Wall Time (s): 1.0\nThroughput (qps): 80\n"
)


@pytest.mark.parametrize(
    ("log", "case", "said"),
    [
        (f"{BUILD}[I] Precision: FP32\n{TIMES}".replace("input_mask:8x64", "input_mask:16x64"), FP32,
         "the log has {}inputs of shape [8, 64] and [16, 64]"),
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v101300] # trtexec --onnx=t.onnx\n[I] Precision: FP32\n"
         "[I] Input binding for a with dimensions 8x64 and type Int64 is created.\n"
         f"[I] Input binding for b with dimensions 4x64 and type Int64 is created.\n{TIMES}", FP32,
         "the log has {}inputs of shape [8, 64] and [4, 64]"),
        (MM_RUN.format(first=16, length=384), "bert-squad-mlu370-bs16",
         "the log has {}inputs of shape [8, 384] and [16, 384]"),
    ],
    ids=["trtexec's options", "trtexec's bindings", "mm_run"],
)  # fmt: skip
def test_inputs_of_two_batch_sizes_have_none(differ, log: str, case: str, said: str):
    """Nor does an option give them one: it never overrules a log."""
    with pytest.raises(UsageError, match=re.escape(said.format("no one batch size, but "))):
        differ(log, case)
    with pytest.raises(UsageError, match=re.escape("--bs-of-log 8, but " + said.format(""))):
        differ(log, case, 8)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("[256]", ""),
        ("[1,256]", ""),
        ("[128]", "an input of shape [1, 128], the case's are [1, 256]"),
        ("[3,256,256]", "an input of shape [1, 3, 256, 256], the case's are [1, 256]"),
    ],
)
def test_vamp_lists_the_inputs_of_one_sample(differ, shape: str, said: str):
    """As for images, [3,224,224] beside a batch of 8 in its manual: the batch stands apart."""
    log = (
        f"model input shape 0: {shape}, dtype: u4\n- number of instances in each device: 1\ndevices: [0]\n"
        "batch size: 1\nthroughput (qps): 102.1\n"
    )
    assert differ(log, "bert-chinese-ner-vacc-bs1") == said
    untold = log.replace("batch size: 1\n", "")
    assert differ(untold, "bert-chinese-ner-vacc-bs1", 1) == said


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--threads --useSpinWait --workspace=5000 --verbose", ""),
        ("--mxfp8", "the log has no line `Precision:`, and what `--mxfp8` makes of it is not known here"),
        ("--strongly-typed --fast=1", "what `--fast`, `--strongly-typed` makes of it is not known here"),
        ("--sparsity=disable", ""),
        (
            "--sparsity=force",
            "the work is another with `--sparsity=force`, which the documents' builds are with",
        ),
        ("--useDLACore=0 --allowGPUFallback", "the work is another with `--useDLACore=0`"),
        ("--layerPrecisions=a:fp16", "the work is another with `--layerPrecisions=a:fp16`"),
    ],
)
def test_an_option_that_may_make_another_build_of_it(differ, option: str, said: str):
    """Of a log without a line `Precision:` each option counts."""
    log = f"{BUILD.rstrip()} {option}\n{TIMES}"
    assert said in differ(log, FP32)
    assert bool(said) is bool(differ(log, FP32))


def test_sparse_weights_are_other_work(differ):
    log = f"{BUILD}[I] Precision: FP32\n[I] Sparsity: {{}}\n{TIMES}"
    assert differ(log.format("Disabled"), FP32) == ""
    assert differ(log.format("Forced"), FP32).startswith("the work is another with `Sparsity: Forced`")
