"""ais_bench's latencies where somebody put them in a box: read by its heading, or refused in a sentence."""

from __future__ import annotations

import pytest

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers import ToolRun, ais_bench

HEAD = "min|max|mean|median|percentile(99%)"
STAGES = {
    "H2D_latency (ms)": "0.5|0.75|0.625|0.6|0.74",
    "NPU_compute_time (ms)": "67.75|68.25|68.0|67.9|68.2",
    "D2H_latency (ms)": "80.5|82.5|81.5|81.4|82.4",
}
FORMULA = "[INFO] throughput 1000*batchsize.mean(4)/NPU_compute_time.mean(68.0): 58.8235294117647"


def boxed(
    head: str = f"stage|{HEAD}", stages: dict[str, str] | None = None, *, bar: str = "|", said: str = ""
) -> str:
    """A summary whose latencies stand between bars, behind `said`."""
    rows = [head, *(f"{name}|{values}" for name, values in (stages or STAGES).items())]
    rule = f"{said}+{'-' * 60}+"
    lines = [f"{said}| {row.replace('|', ' | ')} |".replace("|", bar) for row in rows]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule, FORMULA, ""])


def parsed(text: str) -> ToolRun:
    assert parsers.recognise(text) == "ais_bench"
    (run,) = ais_bench.parse(parsers.read(text)).runs
    return run


@pytest.mark.parametrize("bar", ["|", "│", "┃", "║"])
@pytest.mark.parametrize("said", ["", "[INFO] "])
def test_every_stage_is_read_with_its_statistics(bar: str, said: str):
    run = parsed(boxed(bar=bar, said=said))
    assert [item.name for item in run.latencies] == ["H2D_latency", "NPU_compute_time", "D2H_latency"]
    compute = run.latencies[1]
    assert (compute.min_ms, compute.max_ms, compute.mean_ms) == (67.75, 68.25, 68.0)
    assert (compute.median_ms, dict(compute.percentiles_ms), dict(compute.further_ms)) == (
        67.9,
        {"p99": 68.2},
        {},
    )
    assert (run.samples_per_s, run.batch_size) == (58.8235294117647, 4)


@pytest.mark.parametrize(
    "head",
    [
        "Stage|Min|Max|Avg|Median|P99",
        "|MIN|MAX|Average|median|TP99",
        "name|min (ms)|max (ms)|mean (ms)|median (ms)|p99",
    ],
)
def test_other_spellings_of_a_heading_are_the_same_statistics(head: str):
    assert parsed(boxed(head)).latencies == parsed(boxed()).latencies


def test_the_unit_of_a_row_and_of_a_value_is_read():
    micro = {"NPU_compute_time (us)": "67750|68250|68000|67900|68200"}
    told = {"NPU_compute_time": "67.75 ms|68250 us|0.068 s|67.9 ms|68.2 ms"}
    assert parsed(boxed(stages=micro)).latencies == parsed(boxed(stages=told)).latencies
    assert parsed(boxed(stages=micro)).latencies == parsed(boxed()).latencies[1:2]


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (f"stage|{HEAD}|spread", "NPU_compute_time in a box below min, max"),
        (f"stage|{HEAD.replace('median', 'modus')}", "median"),
        (f"stage|{HEAD.replace('median', 'mean')}", "in a box below min, max, mean, mean"),
        ("", "in a box below"),
    ],
)
def test_a_heading_that_nobody_knows_is_told(head: str, says: str):
    stages = {"NPU_compute_time (ms)": STAGES["NPU_compute_time (ms)"]}
    with pytest.raises(ParseError, match=r"expected min, max, mean, median and percentiles") as caught:
        parsed(boxed(head, stages))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ("67.75|68.25|69.0|67.9|68.2", "mean 69 ms, expected at most the max, 68.25"),
        ("67.75|68.25|n/a|67.9|68.2", "NPU_compute_time mean 'n/a', expected a time"),
        ("67.75|68.25|68.1|67.9|68.2", "a formula with the mean 68.0"),
        ("67.75|68.25|68.0|67.9", "in a box below"),
    ],
)
def test_what_cannot_be_or_is_no_number_is_refused(values: str, says: str):
    with pytest.raises(ParseError, match=says):
        parsed(boxed(stages={"NPU_compute_time (ms)": values}))


def test_a_box_of_something_else_is_none_of_latencies():
    other = "+------+------+\n| Op Type | Count |\n+------+------+\n| MatMul | 12 |\n+------+------+\n"
    assert parsed(other + boxed()) == parsed(other.replace("|", " ") + boxed())
