"""Logs as they come by mail: coloured, cut, mixed, of another locale; several runs in one file."""

from __future__ import annotations

import re

import pytest
from recordings import EXCERPTS

from harness.errors import ParseError, UsageError
from harness.tools import parsers

AIS = (EXCERPTS / "ais_bench-2023-progress_bar.txt").read_text(encoding="utf-8")
TWO = (EXCERPTS / "ais_bench-2023-two_devices.txt").read_text(encoding="utf-8")
TRT = (EXCERPTS / "trtexec-10-shapes.txt").read_text(encoding="utf-8")
VAMP = (EXCERPTS / "vamp-2024-forwad.txt").read_text(encoding="utf-8")
MM_RUN = (EXCERPTS / "mm_run-2022-old_b8.txt").read_text(encoding="utf-8")
RATES = [
    (AIS, 407.16610891670894), (TRT, 1000 * 4 / 0.0387646), (VAMP, 775.808), (MM_RUN, 189.017),
]  # fmt: skip


def rate(data: bytes | str) -> float | None:
    return parsers.parse(data).chosen().samples_per_s


def coloured(text: str) -> str:
    return re.sub(r"^", "\x1b]0;run\x07\x1b[1;32m", text, flags=re.MULTILINE).replace(": ", "\x1b[0m: ")


def with_progress(text: str) -> str:
    """A bar that redraws itself before every line, as tqdm's does on standard error."""
    return "".join(f"\r 10%|█ | 1/10\r100%|██| 10/10\r{line}\n" for line in text.splitlines())


def with_warnings(text: str) -> str:
    return "".join(f"{line}\n[WARN] 2024-01-04 device temperature 71 is high\n" for line in text.splitlines())


@pytest.mark.parametrize("expected", RATES, ids=["ais_bench", "trtexec", "vamp", "mm_run"])
@pytest.mark.parametrize(
    "change",
    [
        coloured,
        with_progress,
        with_warnings,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
        lambda text: ("设备状态：正常\n" + text).encode("gb18030"),
        lambda text: text.replace(": ", "：").replace("(", "（").replace(")", "）"),
        lambda text: text + "\n" * 50,
        lambda text: text.removesuffix("\n"),
    ],
    ids=["ansi", "progress", "warnings", "crlf", "bom", "utf-16", "gb18030", "full-width", "blank", "no end"],
)
def test_how_a_log_was_saved_changes_no_number(expected, change):
    text, number = expected
    assert rate(change(text)) == number


def test_interleaved_processes_are_told_apart():
    """Two devices' lines in any order: each formula finds the mean that it is of."""
    lines = TWO.splitlines()
    head, rest = lines[1:7], lines[7:]
    mixed = [head[0], head[3], head[4], head[1], head[2], head[5], *rest]
    log = parsers.parse("\n".join(mixed))
    assert [run.device for run in log.runs] == ["1", "2"]
    assert [run.latencies[0].mean_ms for run in log.runs] == [3.5538000106811523, 3.616000032424927]
    assert log.chosen().samples_per_s == 557.9376050278543


class TestSeveral:
    def test_the_tools_own_total_is_taken_and_one_device_can_be_asked_for(self):
        log = parsers.parse(TWO)
        assert (log.chosen().samples_per_s, log.chosen().devices) == (557.9376050278543, 2)
        assert log.chosen(device=2).samples_per_s == 276.54867008654026
        assert log.chosen(summary=1).samples_per_s == 281.38893494131406
        with pytest.raises(UsageError, match=r"--device 7: 0 summaries are of it; log holds 2 .* \(1: line"):
            log.chosen(device=7)

    @pytest.mark.parametrize("text", [AIS, VAMP, MM_RUN, TRT], ids=["ais_bench", "vamp", "mm_run", "trt"])
    def test_without_a_total_the_caller_chooses(self, text: str):
        log = parsers.parse(text + text)
        assert len(log.runs) == 2
        with pytest.raises(UsageError, match=r"2 summaries.*choose one with --summary N or --device N"):
            log.chosen()
        assert log.chosen(summary=2).samples_per_s == rate(text)
        with pytest.raises(UsageError, match="--summary 3"):
            log.chosen(summary=3)

    def test_a_total_that_is_no_sum_shows_both(self):
        text = TWO.replace("summary throughput:557.9376050278543", "summary throughput:600.5")
        with pytest.raises(
            ParseError, match=r"found summary throughput 600.5, expected .*557\.9376050278543"
        ):
            parsers.parse(text)

    def test_two_logs_with_a_total_each_have_none_in_common(self):
        log = parsers.parse(TWO + TWO)
        assert (len(log.runs), log.total) == (4, None)

    def test_each_run_has_its_own_batch_size_and_model(self):
        """Logs that were appended to one file: what each says of itself belongs to it alone."""
        other = MM_RUN.replace("[8, 128]", "[1, 128]").replace("189.017", str(1000 / 42.3243))
        runs = parsers.parse(MM_RUN + other.replace("true_1bs", "other")).runs
        assert [run.batch_size for run in runs] == [8, 1]
        assert ["other" in (run.model or "") for run in runs] == [False, True]
        newer = (EXCERPTS / "vamp-2.1.0-latencies.txt").read_text(encoding="utf-8")
        assert [run.version for run in parsers.parse(VAMP + newer).runs] == [None, "2.1.0"]

    def test_each_trtexec_run_has_its_own_batch_size(self):
        first = (EXCERPTS / "trtexec-10-device.txt").read_text(encoding="utf-8")
        second = "&&&& RUNNING TensorRT.trtexec # trtexec\n" + TRT
        assert [run.batch_size for run in parsers.parse(first + second).runs] == [1, 4]


@pytest.mark.parametrize(
    ("text", "cut", "missing"),
    [
        (AIS, "[INFO] throughput", r"no line `throughput 1000\*batchsize\(N\)/NPU_compute_time.mean"),
        (TRT, "GPU Compute Time", r"no line `GPU Compute Time: min = X ms, ... mean = X ms`"),
        (VAMP, "throughput (qps)", r"no line `throughput \(qps\): X`"),
        (MM_RUN, "Throughput (qps)", r"no line `Throughput \(qps\): X`"),
        (MM_RUN, "Host Wall", r"no line `Host Wall Time \(s\): X`"),
        (MM_RUN, "==================== Performance", r"no line `=+ Performance Summary`"),
    ],
)  # fmt: skip
def test_a_cut_log_names_the_missing_line(text: str, cut: str, missing: str):
    lines = text[: text.index(cut)].splitlines()
    with pytest.raises(ParseError, match=missing) as raised:
        parsers.parse("\n".join(lines), name="cut.txt")
    assert str(raised.value).startswith("cut.txt: ")
    assert "the log ends at line" in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("(2.4560000896453857): 407", "(2.5): 407", "expected 400.0, which 1000"),
        ("): 407.16610891670894", "): nan", "found the throughput 'nan', expected a number of at least 0"),
        ("): 407.16610891670894", "):", "found the throughput ''"),
        ("batchsize.mean(1)", "batchsize.mean(0)", "found the batch size '0', expected a number above 0"),
        ("median = 2.4560000896453857", "median = 2.45 furlongs", "expected a time such as 12.93 ms"),
        ("max = 2.4560000896453857, mean = 2.4560000896453857", "max = 2.5, mean = 2.46",
         "found a formula with the mean 2.4560000896453857"),
    ],
)  # fmt: skip
def test_ais_bench_is_held_to_its_formula_and_its_numbers(old: str, new: str, said: str):
    assert AIS.count(old) == 1
    with pytest.raises(ParseError, match=re.escape(said)):
        parsers.parse(AIS.replace(old, new))


@pytest.mark.parametrize(("text", "old", "new"), [
    (VAMP, "throughput (qps): 775.808", "throughput (qps): 800"),
    (MM_RUN, "189.017", "200"),
])  # fmt: skip
def test_vamp_and_mm_run_are_held_to_wall_time(text: str, old: str, new: str):
    """Samples / seconds, not batch / mean: their logs state both."""
    with pytest.raises(ParseError, match=r"samples / .* s gives"):
        parsers.parse(text.replace(old, new))


def test_trtexec_is_not_held_to_batch_over_mean():
    """24896.9 queries a second of wall time beside 1000 / 0.0387646 = 25796.7 of compute time."""
    run = parsers.parse(TRT).chosen()
    assert run.queries_per_s == 24896.9
    assert run.samples_per_s == 1000 * 4 / 0.0387646


def test_an_implicit_batch_is_not_counted_twice():
    """With --batch trtexec's throughput is of samples: 8 x 100 queries a second are printed as 800."""
    text = (
        "[I] Throughput: 800 qps\n[I] GPU Compute Time: min = 9 ms, max = 11 ms, mean = 10 ms\n"
        "&&&& PASSED TensorRT.trtexec [TensorRT v8401] # trtexec --loadEngine=a.plan --batch=8\n"
    )
    run = parsers.parse(text).chosen()
    assert (run.queries_per_s, run.samples_per_s, run.version) == (100, 800, "8.4.1")


@pytest.mark.parametrize("listed", ["", "[I] Batch: Explicit\n"])
def test_the_batch_asked_for_beside_an_onnx_graph_is_not_run(listed: str):
    """trtexec drops ``--batch`` there: a graph of batch 1 in 10 ms is 100 samples a second, and not 800."""
    text = (
        f"{listed}[I] Throughput: 99 qps\n[I] GPU Compute Time: min = 9 ms, max = 11 ms, mean = 10 ms\n"
        "&&&& PASSED TensorRT.trtexec [TensorRT v8401] # trtexec --onnx=a.onnx --batch=8\n"
    )
    run = parsers.parse(text).chosen()
    assert (run.batch_size, run.samples_per_s, run.queries_per_s) == (None, None, 99)
    assert run.of_batch(1).samples_per_s == 100


def test_a_listed_batch_is_what_was_run():
    """Of an implicit graph of another form, or an engine: the options as trtexec lists them come first."""
    text = "[I] Batch: 4\n[I] GPU Compute Time: min = 9 ms, max = 11 ms, mean = 10 ms\n"
    assert parsers.parse(text).chosen().samples_per_s == 400
    command = "&&&& RUNNING TensorRT.trtexec # trtexec --loadEngine=a.plan --batch=8\n"
    explicit = text.replace("Batch: 4", "Batch: Explicit")
    assert parsers.parse(command + explicit).chosen().batch_size is None


@pytest.mark.parametrize(
    ("text", "old", "new", "streams"),
    [
        (VAMP, "", "", 1),
        (VAMP, "each device: 1", "each device: 3", 3),
        (VAMP, "number of process:1", "number of process:2", 2),
        (MM_RUN, "", "", 1),
        (MM_RUN, "thread_num: 1", "thread_num: 4", 4),
        (MM_RUN, "thread_num: 1", "--threads<Int>                : 4", 4),
    ],
)
def test_calls_at_once_are_counted(text: str, old: str, new: str, streams: int):
    """Instances, processes and threads: what is printed is the total of all."""
    assert old in text
    assert parsers.parse(text.replace(old, new) if old else text).chosen().streams == streams


@pytest.mark.parametrize(("said", "devices"), [("[0]", 1), ("[0, 1]", 2), ("[0,0]", 1), (None, None)])
def test_a_log_that_does_not_tell_its_devices_says_so(said: str | None, devices: int | None):
    """One device for want of a word would be a guess."""
    found = re.sub(r"devices: \[0\]\n", "" if said is None else f"devices: {said}\n", VAMP)
    assert parsers.parse(found).chosen().devices == devices


@pytest.mark.parametrize("value", ["1555 us", "1555us", "1.555 ms", "1.555ms", "0.001555 s", "1555000 ns"])
def test_times_have_units(value: str):
    run = parsers.parse(f"Inference average time: {value}\n").chosen()
    assert run.batch_ms == pytest.approx(1.555)


@pytest.mark.parametrize("data", ["", "\n\n", b"\x00\x01", "hello\n", b"\xff\xfe\xff"])
def test_what_no_tool_wrote_says_which_there_are(data: bytes | str):
    with pytest.raises(ParseError, match=r"ais_bench, benchmark310, mm_run, msame, trtexec, vamp, vsx_prof"):
        parsers.parse(data, name="x.txt")


def test_a_monitors_output_is_no_throughput():
    with pytest.raises(ParseError, match="the log is the output of cnmon, which states no throughput"):
        parsers.parse((EXCERPTS / "cnmon-5.10.13-two.txt").read_bytes())


@pytest.mark.parametrize("tool", ["npu_smi-310P3-two", "cnmon-5.10.13-two", "nvidia_smi-590.48.01-table"])
def test_a_table_that_is_cut_within_a_card_is_an_error(tool: str):
    from importlib import import_module

    text = (EXCERPTS / f"{tool}.txt").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    first = next(at for at, row in enumerate(rows) if re.match(r"\| +0 ", row))
    log = parsers.read("\n".join(rows[: first + 1]))
    with pytest.raises(ParseError, match="there is no line"):
        import_module(f"harness.tools.parsers.{tool.partition('-')[0]}").parse(log)


@pytest.mark.parametrize(
    "part", ["[infer]", "npu-smi ", "no shapes were provided", "| ", "min = 1, ", "\x1b["]
)
def test_a_line_without_end_is_read_in_no_time(part: str):
    """200,000 characters of what a parser looks for, and not what it needs behind it."""
    from time import perf_counter

    start = perf_counter()
    with pytest.raises(ParseError):
        parsers.parse(part * (200_000 // len(part)))
    assert perf_counter() - start < 10  # a minute before long lines were cut


@pytest.mark.parametrize("mean", ["0", "0.0", "1e-320", "-1"])
def test_a_mean_of_no_time_is_no_throughput(mean: str):
    for text in (
        f"Inference average time: {mean} ms\n",
        f"GPU Compute Time: min = 0 ms, max = 1 ms, mean = {mean} ms\n",
    ):
        with pytest.raises(ParseError, match=r"expected a (?:time above 0|number of at least 0)"):
            parsers.parse(text)


def test_the_newest_ais_bench_prints_a_box_and_a_capital():
    """Its formula line is the old one but for the first letter."""
    text = (
        "[INFO] -----------------Performance Summary------------------\n"
        "╒═══════════════════════╤════════╕\n│ stage                 │ mean   │\n"
        "│ NPU_compute_time (ms) │ 2.5    │\n"
        "[INFO] Throughput 1000*batchsize.mean(8)/NPU_compute_time.mean(2.5): 3200.0\n"
    )
    run = parsers.parse(text).chosen()
    assert (run.samples_per_s, run.batch_size, run.latencies[0].mean_ms) == (3200.0, 8, 2.5)
