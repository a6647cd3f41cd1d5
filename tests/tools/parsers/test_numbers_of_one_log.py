"""The numbers of one log are held to each other: contradictions show both, real statistics never offend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import EXCERPTS
from test_loadgen_logs import changed, texts

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers import consistency, loadgen

AIS = (EXCERPTS / "ais_bench-2022-one_device.txt").read_text(encoding="utf-8")
TRT = (EXCERPTS / "trtexec-10-device.txt").read_text(encoding="utf-8")
TRT_7 = (EXCERPTS / "trtexec-7-explicit_batch.txt").read_text(encoding="utf-8")
MM_RUN = (EXCERPTS / "mm_run-2022-old_b8.txt").read_text(encoding="utf-8")
MM_RUN_NEW = (EXCERPTS / "mm_run-2022-new_two_groups.txt").read_text(encoding="utf-8")
VAMP = (EXCERPTS / "vamp-2.1.0-latencies.txt").read_text(encoding="utf-8")
VSX = (EXCERPTS / "vsx_prof-2024-bce.txt").read_text(encoding="utf-8")
MSAME = (EXCERPTS / "msame-2021-loop.txt").read_text(encoding="utf-8")
PURE = (EXCERPTS / "benchmark310-2021-pure.txt").read_text(encoding="utf-8")
DATA_SET = (EXCERPTS / "benchmark310-2021-data_set.txt").read_text(encoding="utf-8")
# Each call 100 ms longer: 8 x 7 samples a second, where the log says 189.
SLOW = (
    MM_RUN[MM_RUN.index("MLU Compute Latency") : MM_RUN.index("D2H Latency")],
    "MLU Compute Latency (ms): min: 134.901 max: 161.13 mean: 142.311 median: 141.449\n",
)


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (AIS, "mean = 67.92810981750489", "mean = 76.9", "mean 76.9 ms, expected at most the max, 68.167 ms"),
        (AIS, "min = 67.70099639892578", "min = 67.95", "mean 67.9281 ms, expected at least the min, 67"),
        (TRT, "mean = 0.0441053", "mean = 0.441053", "Latency: mean 0.441053 ms, expected at most the max"),
        (TRT, "percentile(95%) = 0.0371094", "percentile(95%) = 0.0471094",
         "GPU Compute Time: p99 0.041748 ms, expected at least p95, 0.0471094 ms"),
        (TRT, "min = 0.0331421", "min = 0.331421", "min 0.331421 ms, expected at most the max, 0.14"),
        (TRT_7, "mean: 1.52162", "mean: 15.2162", "mean 15.2162 ms, expected at most the max, 1.69983 ms"),
        (MM_RUN, "max: 61.13 ", "max: 41.13 ", "mean 42.311 ms, expected at most the max, 41.13 ms"),
        (MM_RUN, "(95%) 51.451", "(95%) 91.451", "p95 91.451 ms, expected at most the max, 61.13 ms"),
        (MM_RUN_NEW, "mean: 0.08457", "mean: 0.8457", "mean 0.8457 ms, expected at most the max, 0.237 ms"),
        (VAMP, "avg latency: 24307", "avg latency: 42307", "mean 42.307 ms, expected at most the max, 32.2"),
        (VAMP, "p90 latency: 29230", "p90 latency: 29999", "p95 29.255 ms, expected at least p90, 29.99"),
        (VSX, "p50 latency: 156322", "p50 latency: 56322", "expected at least the min, 59.912 ms"),
    ],
)  # fmt: skip
def test_a_statistic_that_cannot_be_shows_both_numbers(text: str, old: str, new: str, said: str):
    assert old in text
    with pytest.raises(ParseError, match=re.escape(said)):
        parsers.parse(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (
            VAMP,
            "ai utilize (%): 94.8539",
            "ai utilize (%): 541",
            "ai utilize 541 %, expected at most 100 %",
        ),
        (
            MM_RUN,
            "chip_util(%):            min: 52    max: 85",
            "chip_util(%): min: 52 max: 541",
            "chip_util 541 %",
        ),
    ],
)
def test_no_part_is_above_the_whole(text: str, old: str, new: str, said: str):
    assert old in text
    with pytest.raises(ParseError, match=re.escape(said)):
        parsers.parse(text.replace(old, new))


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (TRT, "Throughput: 15374.3 qps", "Throughput: 30748.6 qps\n[I] Inference Streams: 1",
         "found 30748.6 calls a second, expected at most 27809.6: one call at a time, each of GPU"),
        (TRT, "[I] Batch: Explicit", "[I] Timing trace has 46122 queries over 6.0 s",
         "found queries a second 15374.3, expected 7687, which 46122 queries in 6 s gives"),
        (MM_RUN, SLOW[0], SLOW[1], "23.6271 calls a second, expected at most 14.0537: 2 calls at a"),
        (PURE, "ave_latency: 3.08851ms", "ave_latency: 30.8851ms", "about 32.3781, which ave_latency 30.885"),
        (PURE, "ave_latency: 3.08851ms", "ave_latency: 2.08851ms", "at least 478.81, which ave_latency 2.08"),
        (DATA_SET, "Interface throughputRate: 348.038", "Interface throughputRate: 248.038",
         "found Interface throughputRate 248.038, expected at least throughputRate, 285.682"),
        (MM_RUN_NEW, "and 4819.36 iterations/second", "and 9638.72 iterations/second",
         "found iterations a second 9638.72, expected 4819.37, which 14466 / 3.00164 s gives"),
        (MSAME, "without first time: 105.422889", "without first time: 95.4",
         "found average time without the first 95.4, expected 105.423, which the mean of the 9 calls after"),
        ("[INFO] load model a.om success\n" + MSAME, "average time: 105.417100", "average time: 1054.17",
         "Inference average time: mean 1054.17 ms, expected at most the max, 105.504 ms"),
    ],
)  # fmt: skip
def test_a_rate_beside_its_own_time_shows_both_numbers(text: str, old: str, new: str, said: str):
    assert old in text
    with pytest.raises(ParseError, match=re.escape(said)):
        parsers.parse(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (TRT, TRT[TRT.index("[I] Latency") : TRT.index("[07/07/2026-02:10:58] [I] GPU")],
         "[I] Latency: min = 0.03 ms, max = 0.14917 ms, mean = 0.0341053 ms\n",
         "Latency: min 0.03 ms, expected at least 0.0331421 ms, that of its part GPU Compute Time"),
        (TRT, "mean = 0.0441053", "mean = 0.0441053 ms, percentile(50%) = 0.044",
         None),
        (TRT, "Total GPU Compute Time: 1.6586 s", "Total GPU Compute Time: 300 s",
         "total GPU Compute Time (s) 300, expected 1.6586, which 46124.9 calls of 0.0359588 ms gives"),
        (TRT, "Total GPU Compute Time: 1.6586 s", "Total GPU Compute Time: 1.5 s", " 1.5, expected 1.6"),
        (TRT, "[I] Total Host", "[I] Timing trace has 46125 queries over 3.0 s\n[I] Total Host", None),
        (TRT, "[I] Total Host", "[I] Timing trace has 461250 queries over 30.0013 s\n[I] Total Host",
         "the wall time (s) 3.00013, expected 30.0013, which the time of all queries gives"),
        (TRT, "Throughput: 15374.3 qps", "Throughput: 0 qps",
         "found a throughput of 0 qps, expected one above 0: TensorRT 7 alone prints none"),
        (TRT.partition("[07/07/2026-02:10:58]")[2], "Throughput: 15374.3 qps", "Throughput: 0 qps",
         "found a throughput of 0 qps"),
        (TRT_7, "[I] throughput: 0 qps",
         "[I] Timing trace has 1250 queries over 3.00416 s\n[I] throughput: 0 qps",
         "found 1250 queries beside a throughput of 0 qps, expected a rate above 0"),
        (TRT_7, "total compute time: 2.99759 s", "total compute time: 11.99 s",
         "found 4 streams at once and no line `Throughput"),
        (MM_RUN, "MLU Compute Time (s):         42.3107", "MLU Compute Time (s): 423.107",
         "found an MLU compute time of 423.107 s, expected 42.311, which 1000 iterations of 42.311 ms give"),
        (MM_RUN, "MLU Compute Time (s):         42.3107", "MLU Compute Time (s): 0.1", "time of 0.1 s"),
        (MM_RUN, "chip_util(%):            min: 52", "chip_util(%): min: 92",
         "dev0_chip_util: min 92, expected at most the max, 85"),
        (MM_RUN, "mean: 82.55", "mean: 12.55", "dev0_chip_util: mean 12.55, expected at least the min, 52"),
        (MM_RUN_NEW, "Total MLU compute time(host clock, s): 1.26222",
         "Total MLU compute time(host clock, s): 12.6222", "time of 12.6222 s, expected 1.30103"),
        (MM_RUN_NEW, "Total MLU compute time(dev clock, s): 0.891635",
         "Total MLU compute time(dev clock, s): 0.591635", "time of 0.591635 s, expected 0.800852"),
        (MM_RUN_NEW, "min: 0.372      max: 1.884      mean: 0.86524    median: 0.846 ",
         "min: 0.05  max: 1.884  mean: 0.087 median: 0.08", "Total Latency(H2D + Compute + D2H), Lat"),
        (MM_RUN_NEW, "mean: 0.86524", "mean: 0.96524", "mean 0.96524, expected 0.86524, which the sum"),
        (VAMP, "throughput (qps): 102.118", "throughput (qps): 102118",
         "found 102118 calls a second, expected at most 1395.96: 34 calls at a time, each of e2e latency"),
        (VAMP, "avg latency: 24307", "avg latency: 25307", "e2e latency: mean 24.356 ms, expected at least"),
        (VAMP, "devices: [0]", "devices: [0]\nnumber of processes: 4\nsamples: 10\nforward time (s): 1",
         "throughput 102.118, expected 10 or 40, which 10 samples / 1 s gives"),
        (VAMP, "devices: [0]", "devices: [0, 1]\nsamples: 100\nforward time (s): 1",
         "throughput 102.118, expected 100 or 200"),
        (VAMP, "devices: [0]", "devices: [0, 1]\nsamples: 102\nforward time (s): 2", None),
    ],
)  # fmt: skip
def test_a_total_beside_what_it_is_of_shows_both_numbers(text: str, old: str, new: str, said: str | None):
    """None: a change that leaves all numbers true."""
    assert old in text
    if said is None:
        assert parsers.parse(text.replace(old, new, 1)).runs
        return
    with pytest.raises(ParseError, match=re.escape(said)):
        parsers.parse(text.replace(old, new, 1))


def test_an_excerpt_that_does_not_tell_its_implicit_batch_is_no_contradiction():
    """trtexec 7 to 9 count samples of `--batch=8`; of 10 and later there is none."""
    times = "[I] Throughput: 3325.59 qps\n[I] Total Host Walltime: 3.0 s\n[I] Total GPU Compute Time: 3 s\n"
    compute = "[I] GPU Compute Time: min = 2.4 ms, max = 2.4112 ms, mean = 2.4056 ms\n"
    assert parsers.parse(compute + times).chosen().queries_per_s == 3325.59
    with pytest.raises(ParseError, match=r"expected 24\.0"):
        parsers.parse(f"[I] TensorRT version: 10.13.0\n{compute}{times}")


@pytest.mark.parametrize(
    ("name", "key", "value", "said"),
    [
        ("server", "result_mean_latency_ns", 54_000_000, "mean 5.4e+07 ns, expected at most the max, 1.44"),
        ("offline", "result_min_latency_ns", 553_000_000, "expected at most the max, 5.51144e+08 ns"),
        ("single-stream", "result_95.00_percentile_latency_ns", 1_212_315, "p95 1.21232e+06 ns, expected"),
        ("single-stream", "result_qps_with_loadgen_overhead", 8065.61,
         "found 8065.61 queries a second, expected at most 815.131, one at a time of 1226796 ns each"),
        ("server", "result_completed_samples_per_sec", 9797.51, "at most 983.267, as many as were"),
        ("server", "result_overlatency_query_count", 460, "460 queries over the bound, expected at most"),
        ("offline", "result_samples_per_second", 62470.1, "expected 6247.01, which 3443 samples in 0.55"),
    ],
)  # fmt: skip
def test_loadgens_numbers_are_held_to_each_other(name: str, key: str, value: float, said: str):
    detail, summary = texts(name)
    with pytest.raises(ParseError, match=re.escape(said)):
        loadgen.parse(changed(detail, key, value), summary)


TIMES = st.lists(st.floats(0.01, 5000), min_size=1, max_size=60)


def rank(values: Sequence[float], percent: float) -> float:
    """As trtexec finds it: the largest but for the share above."""
    ordered = sorted(values)
    return ordered[max(len(ordered) - 1 - int((1 - percent / 100) * len(ordered)), 0)]


@given(TIMES)
def test_what_trtexec_prints_of_real_times_is_never_refused(times: list[float]):
    """Six digits of each; queries a second as slow as one call behind the other makes them, or slower."""
    pairs = {"min": min(times), "max": max(times), "mean": fmean(times), "median": median(times)}
    pairs |= {f"percentile({at}%)": rank(times, at) for at in (10, 50, 90, 95, 99)}
    said = ", ".join(f"{name} = {value:.6g} ms" for name, value in pairs.items())
    later = ", ".join(f"{name} = {value + 0.5:.6g} ms" for name, value in pairs.items())
    lasted = sum(times) / 1000
    run = parsers.parse(
        f"[I] Inference Streams: 1\n[I] Timing trace has {len(times)} queries over {lasted:.6g} s\n"
        f"[I] Throughput: {len(times) / lasted:.6g} qps\n[I] Latency: {later}\n"
        f"[I] H2D Latency: min = 0.25 ms, max = 0.25 ms, mean = 0.25 ms\n[I] GPU Compute Time: {said}\n"
        f"[I] D2H Latency: min = 0.25 ms, max = 0.25 ms, mean = 0.25 ms\n"
        f"[I] Total Host Walltime: {lasted:.6g} s\n[I] Total GPU Compute Time: {lasted:.6g} s\n"
    ).chosen()
    assert (run.count, run.streams) == (len(times), 1)


@given(TIMES)
def test_what_mm_run_prints_of_real_times_is_never_refused(times: list[float]):
    """Extremes to the microsecond, a mean in five digits."""
    columns = f"min: {min(times):.3f}  max: {max(times):.3f}  mean: {fmean(times):.5g}"
    columns += f"  median: {median(times):.3f}"
    ranks = "  ".join(f"({at}%) {rank(times, at):.3f}" for at in (90, 95, 99))
    lasted = sum(times) / 1000
    run = parsers.parse(
        f"=========== Performance Summary\nIterations: {len(times)}\nHost Wall Time (s): {lasted:.6g}\n"
        f"MLU Compute Time (s): {lasted:.6g}\nThroughput (qps): {len(times) / lasted:.6g}\n"
        f"MLU Compute Latency (ms): {columns}  percentile: {ranks}\n"
    ).chosen()
    assert run.latencies[0].min_ms == float(f"{min(times):.3f}")


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=60))
def test_what_vamp_prints_of_real_times_is_never_refused(times: list[int]):
    """Whole microseconds; the average cut off to one."""
    stages = "".join(
        f"{stage} latency (us):\n avg latency: {sum(taken) // len(taken)}\n min latency: {min(taken)}\n"
        f" max latency: {max(taken)}\n"
        + "".join(f" p{at} latency: {rank(taken, at)}\n" for at in (50, 90, 95, 99))
        for stage, taken in (("e2e", [17 * time for time in times]), ("model", times))
    )
    rate = 1e6 * len(times) / sum(times)
    text = f"- number of instances in each device: 1\n batch size: 1\n throughput (qps): {rate:g}\n{stages}"
    assert [item.name for item in parsers.parse(text).chosen().latencies] == ["e2e latency", "model latency"]


@given(st.floats(0.01, 1000), st.floats(0.01, 1000), st.floats(0.01, 1000))
def test_a_mean_is_within_the_extremes_or_refused(low: float, mean: float, high: float):
    """For any three numbers, by more than rounding."""
    wrong = consistency.disorder(low, high, {"mean": mean}, {})
    assert (wrong is None) == (
        low <= high * (1 + consistency.PRINTED)
        and low <= mean * (1 + consistency.PRINTED)
        and mean <= high * (1 + consistency.PRINTED)
    )


@pytest.mark.parametrize(
    ("streams", "rate", "at_once"), [(1, 99.9, 1), (None, 99.9, 1), (None, 400.5, 4), (4, 399, 4), (2, 10, 2)]
)
def test_calls_at_once_are_told_by_rate_and_time(streams: int | None, rate: float, at_once: int):
    """Calls of 10 ms, one behind the other, are 100 a second; 400 take four at once."""
    log = parsers.read("")
    assert consistency.under_way(log, 1, rate, 10, streams, "each of") == at_once


class TestPartlyFullBatches:
    """872 samples in batches of 8 are 109 calls: 110 with a last one of a single sample are 873 / 110."""

    LINE = "[INFO] throughput 1000*batchsize.mean({mean})/NPU_compute_time.mean(2.0): {rate}\n"

    def parse(self, mean: float, told: str = ""):
        return parsers.parse(told + self.LINE.format(mean=mean, rate=1000 * mean / 2)).chosen()

    @pytest.mark.parametrize(
        "told",
        [
            "",
            "[INFO] try get model batchsize:8\n",
            "[INFO] get filesperbatch files0 size:9 filesperbatch:8 runcount:110\n",
        ],
    )
    def test_the_batch_size_is_that_of_the_full_ones(self, told: str):
        run = self.parse(873 / 110, told)
        assert (run.batch_size, run.mean_batch) == (8, 873 / 110)
        assert run.samples_per_s == 1000 * (873 / 110) / 2.0

    def test_full_ones_say_nothing(self):
        assert self.parse(8, "[INFO] try get model batchsize:8\n").mean_batch is None

    def test_a_model_of_another_batch_size_is_a_contradiction(self):
        with pytest.raises(
            ParseError, match=r"found a mean batch of 8, expected at most 1, the batch size that"
        ):
            self.parse(8, "[INFO] try get model batchsize:1\n")

    def test_one_file_in_a_model_of_eight_is_no_batch_of_one(self):
        run = self.parse(1, "[INFO] try get model batchsize:8\n")
        assert (run.batch_size, run.mean_batch) == (8, 1)

    def test_inputs_without_a_common_size_tell_nothing(self):
        assert self.parse(4, "[INFO] try get model batchsize:0\n").batch_size == 4


def test_the_first_ais_infer_left_its_numbers_out():
    """Its formula has names only; 2935.1322603219032 x 1.3628005981445312 / 1000 are the 4 of its batch."""
    text = (
        "[INFO] NPU_compute_time (ms): min = 1.3628005981445312, max = 1.3628005981445312, "
        "mean = 1.3628005981445312, median = 1.3628005981445312, percentile(99%) = 1.3628005981445312\n"
        "[INFO] throughput (1000*batchsize/NPU_compute_time): 2935.1322603219032\n"
    )
    run = parsers.parse(text).chosen()
    assert (run.batch_size, run.samples_per_s, run.batch_ms) == (4, 2935.1322603219032, 1.3628005981445312)
    with pytest.raises(ParseError, match=r"expected 2935\.13226\d+, which the nearest whole batch size"):
        parsers.parse(text.replace(": 2935", ": 2999"))


def test_several_processes_on_a_device_are_calls_at_once():
    lines = ["[INFO] throughput 1000*batchsize(1)/NPU_compute_time.mean(4.0): 250.0"] * 4
    lines += [f"i:{at} device_0 throughput:250.0 start_time:1 end_time:2" for at in range(4)]
    log = parsers.parse("\n".join([*lines, "[INFO] summary throughput:1000.0"]))
    assert (log.chosen().devices, log.chosen().streams) == (1, 4)
