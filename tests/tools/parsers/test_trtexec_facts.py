"""What a trtexec log tells beside its numbers, and what it does not: batch, shapes, precision, streams."""

from __future__ import annotations

import re

import pytest

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers import ToolRun

TIMES = (
    "[I] GPU Compute Time: min = 9 ms, max = 11 ms, mean = 10 ms, median = 10 ms, percentile(99%) = 11 ms\n"
)
LOAD = "&&&& RUNNING TensorRT.trtexec [TensorRT v8205] # trtexec --loadEngine=a.plan\n"
BUILD = "&&&& RUNNING TensorRT.trtexec [TensorRT v8601] # trtexec --onnx=a.onnx\n"
BOUND = "[I] Created input binding for input_ids with dimensions 8x64\n"


def parsed(*lines: str) -> ToolRun:
    return parsers.parse("".join(lines) + TIMES).chosen()


class TestTheBatchOfTheBindings:
    @pytest.mark.parametrize(
        "line",
        [
            BOUND,
            "[I] Input binding for input_ids with dimensions 8x64 is created.\n",
            "[I] Input binding for input_ids with dimensions 8x64 and type int64 is created.\n",
            BOUND + BOUND.replace("input_ids", "input_mask"),
            BOUND * 2,  # once a stream
            "[I] Created output binding for logits with dimensions 2x9\n" + BOUND,
            BOUND + "[I] Output binding for logits with dimensions 2x9 and type fp32 is created.\n",
        ],
    )
    @pytest.mark.parametrize("head", [LOAD, BUILD, ""])
    def test_an_input_as_it_lay_in_memory_tells_batch_and_length(self, line: str, head: str):
        """From TensorRT 8.0 on; what an output has is not the batch."""
        run = parsed(head, line)
        assert (run.batch_size, run.samples_per_s) == (8, 800)
        assert set(run.input_shapes) == {(8, 64)}

    def test_the_default_batch_of_a_loaded_engine_is_no_batch(self):
        """`Batch: 1` is what 8.2 lists for each; a public log has it over an input of 10x3x640x1088."""
        options = "[I] Max batch: 1\n[I] Load engine: a_bs10.trt\n[I] Batch: 1\n"
        bound = "[I] Created input binding for images with dimensions 10x3x640x1088\n"
        assert parsed(LOAD, options, bound).batch_size == 10
        assert parsed(options, bound).batch_size == 10
        assert parsed(LOAD, options).batch_size is None
        assert parsed(LOAD.replace("a.plan", "a.plan --batch=1"), options).batch_size is None

    def test_a_batch_above_one_is_the_engines_that_has_none(self):
        """What was laid out is one sample's then: 32 inputs of 3x224x224."""
        bound = "[I] Created input binding for data with dimensions 3x224x224\n"
        run = parsed(LOAD.replace("a.plan", "a.plan --batch=32"), "[I] Batch: 32\n", bound)
        assert (run.batch_size, run.input_shapes) == (32, ((32, 3, 224, 224),))

    def test_inputs_of_several_first_sizes_tell_none(self):
        assert (
            parsed(LOAD, BOUND, BOUND.replace("input_ids", "scale").replace("8x64", "1")).batch_size is None
        )

    def test_shapes_that_were_asked_for_are_those_laid_out_or_refused(self):
        command = BUILD.replace("a.onnx", "a.onnx --shapes=input_ids:8x64,input_mask:8x64")
        assert parsed(command, BOUND).batch_size == 8
        with pytest.raises(
            ParseError, match=r"found an input input_ids of 1x64, expected 8x64, which the opt"
        ):
            parsed(command, BOUND.replace("8x64", "1x64"))

    def test_a_warning_says_that_an_engine_has_its_own_batch(self):
        """TensorRT 7 goes on with the batch of the engine, whatever `--batch` says."""
        said = (
            "[W] [TRT] Explicit batch network detected and batch size specified, use enqueue without batch\n"
        )
        assert parsed(LOAD.replace("a.plan", "a.plan --batch=16"), said).batch_size is None


class TestPrecision:
    @pytest.mark.parametrize(
        "lines",
        [
            [LOAD],
            [LOAD, "[I] Precision: FP32\n"],
            [LOAD.replace("a.plan", "a.plan --fp16"), "[I] Precision: FP32+FP16\n"],
            ["[I] Precision: FP32+INT8\n[I] Load engine: a.plan\n"],
            ["[I] Precision: FP32+INT8\n", "[I] Engine loaded in 0.0068 sec.\n"],
        ],
    )
    def test_a_loaded_engines_is_not_told(self, lines: list[str]):
        run = parsed(*lines, "[I] Batch: Explicit\n")
        assert run.precision is None
        assert run.precision_untold.startswith(
            "of an engine that was loaded (--loadEngine) the log does not tell"
        )

    @pytest.mark.parametrize(
        ("flags", "precision"),
        [
            ("", "FP32"),
            ("--fp16", "FP32+FP16"),
            ("--best", "FP32+FP16+INT8"),
            ("--int8 --fp8", "FP32+INT8+FP8"),
            ("--stronglyTyped", "Strongly Typed"),
        ],
    )
    def test_the_command_line_tells_what_the_cut_options_do_not(self, flags: str, precision: str):
        assert parsed(BUILD.replace("a.onnx", f"a.onnx {flags}")).precision == precision

    def test_from_tensorrt_11_on_the_graph_has_its_own_types(self):
        run = parsed(BUILD.replace("v8601", "v110100"))
        assert (run.precision, run.version) == ("Strongly Typed", "11.1.0")

    def test_a_saved_and_a_built_engine_are_not_loaded_ones(self):
        options = (
            "[I] Precision: FP32\n[I] Save engine: a.plan\n[I] Load engine: \n[I] Engine built in 13.8 sec.\n"
        )
        assert parsed(BUILD, options, "[I] [TRT] Loaded engine size: 6 MiB\n").precision == "FP32"

    def test_numbers_alone_tell_none(self):
        assert parsed().precision_untold.startswith("the log tells no precision")

    @pytest.mark.parametrize(
        ("printed", "version"), [("8001", "8.0.1"), ("8.2.5", "8.2.5"), ("10.16.1", "10.16.1")]
    )
    def test_8_0_printed_its_version_as_one_number(self, printed: str, version: str):
        assert parsed(f"[I] TensorRT version: {printed}\n").version == version


class TestStreams:
    @pytest.mark.parametrize(
        "line",
        [
            "[I] Streams: 4\n",
            "[I] Inference Streams: 4\n",
            "&&&& RUNNING TensorRT.trtexec [TensorRT v8401] # trtexec --onnx=a.onnx --streams=4\n",
            "&&&& RUNNING TensorRT.trtexec [TensorRT v110100] # trtexec --onnx=a.onnx --infStreams=4\n",
            "",  # cut: 400 calls a second of 10 ms each are four at once
        ],
    )
    def test_the_rate_of_several_is_the_tools_own(self, line: str):
        """Four calls of 10 ms at once are 400 a second, and 1000 / 10 is none of them."""
        run = parsed(line, BOUND, "[I] Throughput: 400 qps\n")
        assert (run.streams, run.samples_per_s, run.batch_ms) == (4, 3200, None)
        assert "wall time x batch size" in run.definition

    def test_without_a_batch_size_it_is_made_with_the_users(self):
        run = parsed("[I] Streams: 4\n", "[I] Throughput: 400 qps\n")
        assert (run.samples_per_s, run.of_batch(2).samples_per_s) == (None, 800)

    def test_one_stream_cannot_make_more_calls_than_its_time_allows(self):
        said = "400 calls a second, expected at most 100: one call at a time, each of GPU Compute Time 10 ms"
        with pytest.raises(ParseError, match=re.escape(said)):
            parsed("[I] Streams: 1\n", "[I] Throughput: 400 qps\n")

    def test_several_without_a_rate_of_their_own_are_no_throughput(self):
        with pytest.raises(ParseError, match=r"found 4 streams at once and no line `Throughput: X qps`"):
            parsed("[I] Streams: 4\n")

    def test_an_implicit_batch_counts_samples_as_queries(self):
        """800 a second of batch 8 are 100 calls of 10 ms: one at a time."""
        run = parsed("[I] Batch: 8\n", "[I] Streams: 1\n", "[I] Throughput: 800 qps\n")
        assert (run.samples_per_s, run.queries_per_s) == (800, 100)


@pytest.mark.parametrize(
    "line",
    [
        "[E] [TRT] Parameter check failed at: engine.cpp::enqueue::445, condition: batchSize > 0\n",
        "Error[3]: [executionContext.cpp::enqueue::276] Error Code 3: Internal Error (batchSize)\n",
        "[E] Error occurred during inference\n",
    ],
)
def test_calls_that_did_not_run_have_no_time(line: str):
    """TensorRT 7 prints a summary and PASSED behind them; NVIDIA/TensorRT issues 1521 and 3549."""
    with pytest.raises(ParseError, match="trtexec failed: its calls did not run: "):
        parsed(LOAD.replace("a.plan", "a.plan --batch=8"), line, "[I] Throughput: 90000 qps\n")


def test_excerpts_of_several_runs_keep_their_rates():
    """Three runs of TensorRT 11, cut to rates and times: 1, 2, 4 streams (trt-samples-for-hackathon-cn)."""
    text = (
        "[I] Throughput: 16179.7 qps\n"
        "[I] GPU Compute Time: min = 0.0583496 ms, max = 0.0948486 ms, mean = 0.0590652 ms\n"
        "[I] Throughput: 29302.3 qps\n"
        "[I] GPU Compute Time: min = 0.0605469 ms, max = 0.0900879 ms, mean = 0.0653227 ms\n"
        "[I] Throughput: 33918.6 qps\n"
        "[I] GPU Compute Time: min = 0.0646973 ms, max = 0.10376 ms, mean = 0.0748586 ms\n"
    )
    runs = parsers.parse(text).runs
    assert [run.queries_per_s for run in runs] == [16179.7, 29302.3, 33918.6]
    assert [run.streams for run in runs] == [1, 2, 3]  # of the last at least: four kept 2.54 busy


def test_a_build_alone_says_so():
    text = (
        BUILD + "[I] Engine built in 6.1 sec.\n[I] Skipped inference phase since --skipInference is added.\n"
    )
    with pytest.raises(
        ParseError, match=r"found a build alone \(--skipInference\), expected a run that was timed"
    ):
        parsers.parse(text)
