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
        text = changed(READ[seed.choice(sorted(READ))], seed)
        start = time.perf_counter()
        try:
            log = parsers.parse(text)
        except ParseError:
            continue
        finally:
            assert time.perf_counter() - start < 1
        check(log)


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


# A printed rate beside all that it is made of.
RATES = {
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
