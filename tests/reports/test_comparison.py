"""A night against the last one: what counts as worse, what is not compared, and what is said of both."""

from __future__ import annotations

import dataclasses
import random
import re
from typing import Any

import pytest
from factory import MACHINE, accuracy, conformance, failed, measurement, on_chip, throughput
from hypothesis import given
from hypothesis import strategies as st

from harness import gate
from harness.comparison import Comparison, compare, last_night
from harness.domain import Catalog, Corpus, Kind, Origin, Protocol, Weights
from harness.errors import NoSamples
from harness.stats import ratio_of_medians
from harness.store import Result

CASE = "tinybert-ascend310p-bs8"


def messages(found: Comparison) -> list[str]:
    return [str(item) for item in found.regressions]


def timed(latencies: list[int], **detail: Any) -> Result:
    made = measurement(CASE, Kind.THROUGHPUT, raw={"latencies_ns": latencies}, detail=detail)
    rate = 8e9 * len(latencies) / sum(latencies)
    return Result(measurement=dataclasses.replace(made, metrics={"throughput": rate}), verdict=None)


def calls(median_ns: float, count: int = 200, spread: float = 0.02, seed: int = 0) -> list[int]:
    draw = random.Random(seed)
    return [int(median_ns * draw.lognormvariate(0, spread)) for _ in range(count)]


def test_the_same_night_twice_is_no_news(catalog: Catalog) -> None:
    night = [accuracy(catalog, CASE, 190, 240), throughput(catalog, CASE, 100.0), conformance(catalog, CASE)]
    found = compare(night, night)
    assert (found.compared, found.regressions, found.not_compared) == (3, (), {})
    assert (found.new, found.gone, found.changes) == ((), (), ())


def test_a_lower_score_is_worse_by_any_sample(catalog: Catalog) -> None:
    """With the points, and how many predictions changed, which is not how many more are wrong."""

    def scored(correct: int, predictions: list[int]) -> Result:
        result = accuracy(catalog, CASE, correct, 240)
        changed = dataclasses.replace(result.measurement, raw={"predictions": predictions})
        return dataclasses.replace(result, measurement=changed)

    found = compare([scored(190, [0, 0, 0, 1])], [scored(189, [1, 1, 1, 1])])
    assert messages(found) == [
        f"{CASE} accuracy (stand-in, mini weights, documented protocol): "
        "accuracy 79.17 % -> 78.75 %, 0.42 points lower, 3 of 4 predictions changed"
    ]
    assert not messages(compare([scored(189, [1])], [scored(190, [0])]))
    assert not messages(compare([scored(190, [0, 1])], [scored(190, [1, 0])]))


def test_a_verdict_that_is_worse(catalog: Catalog) -> None:
    """Good, falls short, error: downwards is news, with what the verdict says; upwards and staying is not."""
    good, short = (accuracy(catalog, CASE, 190, 240), accuracy(catalog, CASE, 150, 240, fp32=190))
    lost = failed(CASE, Kind.ACCURACY, f"{CASE}: device lost", data=None, protocol=Protocol.DOCUMENTED)
    assert "reproduced -> falls-short" in messages(compare([good], [short]))[0]
    for before in (good, short):
        (said,) = messages(compare([before], [lost]))
        assert f"{before.verdict.kind} -> error ({CASE}: device lost)" in said
        assert not messages(compare([lost], [before]))
    assert not messages(compare([lost], [lost]))
    assert not messages(compare([short], [short]))
    parity = conformance(catalog, CASE), conformance(catalog, CASE, difference=5.0)
    assert "reproduced -> falls-short" in messages(compare(*([item] for item in parity)))[0]


def test_slower_by_more_than_the_threshold_and_the_noise() -> None:
    """With both medians, the per cent, the interval, and how busy the machine was."""
    (said,) = messages(compare([timed(calls(4e6))], [timed(calls(4.4e6, seed=1))]))
    expected = r"median 4\S* ms -> 4\.\S+ ms, (9|10)\.\d % slower \(95 % interval 9\.\d to 1\d\.\d %\)"
    assert re.search(expected + r", load 0\.5 then 0\.5$", said), said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (calls(4e6), calls(4.12e6, seed=1)),  # 3 % is no news, however sure
        (calls(4e6), calls(3e6, seed=1)),  # faster
        (calls(4e6, 20, 0.8, 3), calls(4.3e6, 20, 0.8, 4)),  # more than 5 %, and nothing but noise
    ],
)
def test_what_is_not_slower(before: list[int], after: list[int]) -> None:
    assert not messages(compare([timed(before)], [timed(after)]))


def test_too_few_calls_for_an_interval_are_said() -> None:
    """A model of which five calls fit into a minute is judged by its median alone."""
    (said,) = messages(compare([timed(calls(9e9, 5))], [timed(calls(12e9, 5))]))
    assert "too few calls for an interval: 5 and 5" in said


def test_the_tools_number_counts_where_it_was_judged() -> None:
    """A vendor's tool leaves a rate and no calls: per cent of it, without an interval."""
    old, new = timed(calls(4e6), tool={}), timed(calls(5e6), tool={})
    (said,) = messages(compare([old], [new]))
    assert "20.0 % lower (the tool's number: no interval)" in said


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"machine": {**MACHINE, "kernel": "Linux 9"}}, "another machine (kernel)"),
        ({"machine": {**MACHINE, "host_id": "f", "cpu": "?"}}, "another machine (cpu, host_id)"),
        ({"weights_sha256": "b" * 64}, "other weights (mini, another file)"),
        ({"weights": Weights.FULL}, "other weights (mini -> full)"),
        ({"data_sha256": "b" * 64}, "other data (mini, another file)"),
        ({"data": Corpus.FULL}, "other data (mini -> full)"),
        ({"limit": 7}, "another limit (None -> 7)"),
        ({"origin": Origin.CHIP}, "on a stand-in before, on a chip now"),
    ],
)
def test_what_is_not_alike_is_not_compared(catalog: Catalog, change: dict[str, Any], why: str) -> None:
    """It is said instead, however much lower the number is."""
    found = compare([accuracy(catalog, CASE, 190, 240)], [accuracy(catalog, CASE, 100, 240, **change)])
    assert found.not_compared == {why: (f"{CASE} accuracy",)}
    assert (found.compared, found.regressions, found.new, found.gone) == (0, (), (), ())


def test_a_busy_machine_is_the_same_machine(catalog: Catalog) -> None:
    busy = {**MACHINE, "load_average": [40.0, 1.0, 1.0]}
    found = compare([accuracy(catalog, CASE, 190, 240)], [accuracy(catalog, CASE, 189, 240, machine=busy)])
    assert found.compared == len(found.regressions) == 1


def test_claims_that_come_and_go(catalog: Catalog) -> None:
    """Are named, and are no regression: the run itself says what it skipped."""
    old = [accuracy(catalog, CASE, 190, 240), throughput(catalog, CASE, 100.0)]
    new = [accuracy(catalog, CASE, 190, 240), conformance(catalog, CASE)]
    found = compare(old, new)
    assert (found.new, found.gone) == ((f"{CASE} conformance",), (f"{CASE} throughput",))
    assert not found.regressions


def test_the_last_result_of_a_claim_counts(catalog: Catalog) -> None:
    """An error that a second session of the run mended is none."""
    lost = failed(CASE, Kind.ACCURACY, "lost", data=None, protocol=Protocol.DOCUMENTED)
    good = accuracy(catalog, CASE, 190, 240)
    assert not messages(compare([good], [lost, good]))
    assert messages(compare([good], [good, lost]))
    assert not messages(compare([good], [accuracy(catalog, CASE, 100, 240, number=1), good]))


def test_kinds_of_weights_are_claims_of_their_own(catalog: Catalog) -> None:
    night = [
        accuracy(catalog, CASE, 805, 872, **on_chip()),
        accuracy(catalog, CASE, 190, 240),
    ]
    assert compare(night, list(reversed(night))).compared == 2


def test_what_else_changed_is_said(catalog: Catalog) -> None:
    old = accuracy(catalog, CASE, 190, 240)
    new = accuracy(catalog, CASE, 190, 240, versions={"onnxruntime": "2", "numpy": "2.3.0"}, git_revision="1")
    assert compare([old], [new]).changes == (f"git {'0' * 40} -> 1", "onnxruntime 1.22.0 -> 2")


def test_another_gate_may_decide(catalog: Catalog) -> None:
    """The decision is one function of two results."""
    night = [accuracy(catalog, CASE, 190, 240)]
    assert messages(compare(night, night, lambda before, after: "never good enough"))[0].endswith("enough")
    assert gate.worse(night[0], night[0]) == ""


def test_nothing_is_not_compared(catalog: Catalog) -> None:
    for pair in (([], [timed([1])]), ([timed([1])], [])):
        with pytest.raises(NoSamples):
            compare(*pair)


def test_the_last_night_is_the_latest_before() -> None:
    runs = ["a-nightly", "b", "c-nightly", "d-nightly-2", "e-nightly"]
    assert last_night(runs, "e-nightly") == "c-nightly"
    assert last_night(runs, "b") == "a-nightly"
    assert last_night(runs, "a-nightly") is None


# ------------------------------------------------------------------ the interval

SAMPLES = st.lists(st.integers(1, 10**12), min_size=1, max_size=50)


@given(SAMPLES, SAMPLES)
def test_an_interval_is_within_what_was_measured(before: list[int], after: list[int]) -> None:
    found = ratio_of_medians(before, after, resamples=100)
    assert min(after) / max(before) <= found.low <= found.high <= max(after) / min(before)


@given(SAMPLES)
def test_of_the_same_samples_it_holds_one(samples: list[int]) -> None:
    found = ratio_of_medians(samples, samples, resamples=400)
    assert found.low <= 1 <= found.high


def test_it_is_the_bootstraps() -> None:
    """As numpy's own draws of n values come to, within the noise of 4000 resamples."""
    import numpy as np

    before, after = np.array(calls(4e6, 101, 0.1, 1)), np.array(calls(4.2e6, 101, 0.1, 2))
    draw = np.random.default_rng(0)
    medians = [np.median(draw.choice(of, (4000, 101)), axis=1) for of in (before, after)]
    low, high = np.percentile(medians[1] / medians[0], [2.5, 97.5])
    found = ratio_of_medians(before.tolist(), after.tolist(), resamples=4000)
    assert (found.low, found.high) == (pytest.approx(low, abs=0.004), pytest.approx(high, abs=0.004))


def test_an_interval_of_nothing_is_an_error() -> None:
    with pytest.raises(NoSamples):
        ratio_of_medians([], [1])
