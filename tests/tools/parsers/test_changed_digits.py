"""Two thousand logs with one number changed: an error of ours, or a record whose numbers can all be true."""

from __future__ import annotations

import random
import re
import time

import pytest
from recordings import EXCERPTS, RETYPED, Run

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers import ToolLog, consistency

READ = {
    name: (EXCERPTS / name).read_text(encoding="utf-8")
    for name, known in RETYPED.items()
    if isinstance(known, tuple) and isinstance(known[0], Run)
}
NUMBER = re.compile(r"\d+(?:\.\d+)?")
CHANGES = (
    lambda number, _: number + "0",
    lambda number, _: number.replace(".", "", 1),
    lambda number, _: f"-{number}",
    lambda number, _: number[:-1],
    lambda number, seed: f"{float(number) * seed.choice([0.1, 0.5, 1.5, 3, 10]):.6g}",
    lambda number, seed: re.sub(r"\d", lambda _: str(seed.randrange(10)), number, count=1),
)


def changed(text: str, seed: random.Random) -> str:
    """The log with one number of its own made another, its source left as it is."""
    source, _, rest = text.partition("\n")
    found = seed.choice(list(NUMBER.finditer(rest)))
    other = seed.choice(CHANGES)(found[0], seed)
    return f"{source}\n{rest[: found.start()]}{other}{rest[found.end() :]}"


@pytest.mark.parametrize("hundred", range(20))
def test_a_changed_number_is_refused_or_harms_nothing(hundred: int):
    """Each within a second; a mean outside min and max never comes through."""
    for number in range(100):
        seed = random.Random(100 * hundred + number)
        name = seed.choice(sorted(READ))
        text = changed(READ[name], seed)
        start = time.perf_counter()
        try:
            log = parsers.parse(text)
        except ParseError:
            continue
        finally:
            assert time.perf_counter() - start < 1
        check(log)
        unchanged(log, parsers.parse(READ[name]), name)


def check(log: ToolLog) -> None:
    for run in log.runs:
        assert run.samples_per_s is None or run.samples_per_s > 0
        for item in run.latencies:
            known = {"mean": item.mean_ms, "median": item.median_ms}
            assert not consistency.disorder(
                item.min_ms,
                item.max_ms,
                {name: value for name, value in known.items() if value is not None},
                {float(rank[1:]): value for rank, value in item.percentiles_ms.items()},
                last_digit=1e-3,
            )


def unchanged(log: ToolLog, right: ToolLog, name: str) -> None:
    """What a throughput is made of is what it was, within what logs round: whatever else comes through.

    Of the logs that have something to hold it against. A batch size is not held here: `import-log` does it.
    """
    if name not in RATES or [run.batch_size for run in log.runs] != [run.batch_size for run in right.runs]:
        return
    for run, was in zip(log.runs, right.runs, strict=True):
        for found, expected in ((run.samples_per_s, was.samples_per_s), (run.batch_ms, was.batch_ms)):
            assert found == (None if expected is None else pytest.approx(expected, rel=5e-3))


# A printed rate beside all that it is made of.
RATES = {
    "trtexec-10-device.txt": "15374.3",
    "trtexec-10-shapes.txt": "24896.9",
    "trtexec-8-p99.txt": "716.632",
    "trtexec-8-prefixed.txt": "120.699",
    "ais_bench-2023-progress_bar.txt": "407.16610891670894",
    "ais_bench-2023-two_devices.txt": "276.54867008654026",
    "mm_run-2022-old_b8.txt": "189.017",
    "mm_run-2022-new_two_groups.txt": "28916.2",
    "vamp-2-three_instances.txt": "3101.12",
    "vamp-2024-forwad.txt": "775.808",
}


@pytest.mark.parametrize(("name", "rate"), RATES.items(), ids=RATES)
def test_no_other_rate_comes_through(name: str, rate: str):
    """By any of its first three digits: the log's own samples and seconds say otherwise."""
    for at, digit in enumerate(rate[:3]):
        for other in "0123456789".replace(digit, ""):
            text = READ[name].replace(rate, rate[:at] + other + rate[at + 1 :])
            with pytest.raises(ParseError, match="expected"):
                parsers.parse(text)


# A mean that a throughput is made of, beside the total of all calls.
MEANS = {
    "trtexec-10-device.txt": "mean = 0.0359588",
    "trtexec-10-shapes.txt": "GPU Compute Time: min = 0.0383301 ms, max = 0.0651855 ms, mean = 0.0387646",
    "trtexec-8-p99.txt": "GPU Compute Time: min = 1.3476 ms, max = 1.5657 ms, mean = 1.38629",
    "trtexec-8-prefixed.txt": "mean = 8.23978",
    "mm_run-2022-old_b8.txt": "mean: 42.311",
}


@pytest.mark.parametrize(("name", "mean"), MEANS.items(), ids=MEANS)
@pytest.mark.parametrize("by", [0.5, 0.9, 0.98, 1.02, 1.1, 1.9])
def test_no_other_mean_comes_through(name: str, mean: str, by: float):
    """Its extremes and percentiles are scaled with it: the rate and the total say otherwise."""
    start = READ[name].index(mean)
    line = READ[name][READ[name].rindex("\n", 0, start) : READ[name].index("\n", start)]
    head, mark, values = line.rpartition("min")
    scaled = re.sub(r"(?<=[=:] |% |\) )\d+\.\d+|(?<=: )\d+\.\d+|\d+\.\d+(?= +m)",
                    lambda found: f"{float(found[0]) * by:.6g}", values)  # fmt: skip
    with pytest.raises(ParseError, match="expected"):
        parsers.parse(READ[name].replace(line, head + mark + scaled, 1))
