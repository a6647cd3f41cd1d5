"""A night against the last one: what counts as worse, what is not compared, and what is said of both."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest
from factory import MACHINE, accuracy, conformance, drawn, failed, measurement, numbers, on_chip, throughput

from harness.comparing import gate
from harness.comparing.judging import Margins
from harness.comparing.runs import Comparison, compare, last_night
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.measurements import Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.models import Protocol, Weights
from harness.domain.parts import Pairs
from harness.errors import NoSamples, UsageError
from harness.store.results import Result
from harness.tasks.metrics import agreement
from harness.verdicts.effects import Finding

CASE = "tinybert-ascend310p-bs8"


def messages(found: Comparison) -> list[str]:
    return [str(item) for item in found.of(Finding.WORSE)]


def marked(right: str, predictions: list[int] | None = None, **change: Any) -> Result:
    """A result of `right` samples, their marks kept, as a run keeps them."""
    result = accuracy(change.pop("catalog"), CASE, right.count("1"), len(right), **change)
    raw = {"right": right, "predictions": predictions or [int(mark) for mark in right]}
    return dataclasses.replace(result, measurement=dataclasses.replace(result.measurement, raw=raw))


def timed(latencies: list[int], **detail: Any) -> Result:
    made = measurement(CASE, Kind.THROUGHPUT, raw={"latencies_ns": latencies}, detail=detail)
    rate = 8e9 * len(latencies) / sum(latencies)
    return Result(measurement=dataclasses.replace(made, metrics={"throughput": rate}), verdict=None)


def nights(results: list[Result]) -> list[Result]:
    """The results as those of a run each, one a day."""
    return [
        dataclasses.replace(item, measurement=dataclasses.replace(
            item.measurement, run=f"night-{at:02}", created=f"2026-01-{at + 1:02}T00:00:00+00:00"
        ))
        for at, item in enumerate(results)
    ]  # fmt: skip


def calls(median_ns: float, count: int = 200, spread: float = 0.02, seed: int = 0) -> list[int]:
    draw = random.Random(seed)
    return [int(median_ns * draw.lognormvariate(0, spread)) for _ in range(count)]


def test_the_same_night_twice_is_no_news(catalog: Catalog) -> None:
    night = [accuracy(catalog, CASE, 190, 240), throughput(catalog, CASE, 100.0), conformance(catalog, CASE)]
    found = compare(night, night)
    assert (len(found.pairs), found.of(Finding.WORSE), found.not_compared) == (3, (), {})
    assert (found.new, found.gone, found.changes) == ((), (), ())


def test_scores_are_told_apart_by_the_samples_that_changed_sides(catalog: Catalog) -> None:
    """Not by two percentages: 12 lost and none gained are worse; of 12 lost and 12 gained nobody can tell."""
    before = marked("1" * 190 + "0" * 50, catalog=catalog)
    worse = marked("0" * 12 + "1" * 178 + "0" * 50, catalog=catalog)
    (said,) = messages(compare([before], [worse]))
    assert said.startswith(
        f"{CASE} accuracy (stand-in, mini weights, documented protocol): accuracy 79.17 % -> 74.17 %"
    )
    assert (
        "(-5.00 points), 12 of 240 predictions changed; 12 lost, 0 gained of 240, McNemar p = 0.00049" in said
    )
    (pair,) = compare([worse], [before]).pairs
    assert pair.finding is Finding.BETTER
    (pair,) = compare([before], [marked("0" * 12 + "1" * 190 + "0" * 38, catalog=catalog)]).pairs
    assert (pair.finding, pair.effect.change) == (Finding.TOO_NOISY, 0.0)
    (pair,) = compare([before], [before]).pairs
    assert (pair.finding, pair.effect.high) == (Finding.SAME, 0.0)


def test_results_without_marks_are_too_noisy_where_they_differ(catalog: Catalog) -> None:
    old, new = accuracy(catalog, CASE, 190, 240), accuracy(catalog, CASE, 180, 240)
    (pair,) = compare([old], [new]).pairs
    assert pair.finding is Finding.TOO_NOISY
    assert "which samples were right is not known of both" in pair.message
    assert compare([old], [old]).pairs[0].finding is Finding.SAME


def answered(f1s: list[float], *, parts: bool = True) -> Result:
    """A result of questions with these F1: those of 1 are answered exactly."""
    right = "".join("1" if value == 1 else "0" for value in f1s)
    raw: dict[str, Any] = {"right": right} | ({"parts": {"f1": {"above": f1s}}} if parts else {})
    made = measurement(
        "bert-squad-mlu370-fp16-bs1", Kind.ACCURACY, samples=len(f1s), raw=raw,
        metrics={"f1": sum(f1s) / len(f1s), "exact": right.count("1") / len(f1s)},
    )  # fmt: skip
    verdict = Verdict(
        kind=VerdictKind.REPRODUCED, basis=None, metric=Metric.F1, measured=None, expected=None, unit=None,
        tolerance=None, reference=None, message="",
    )  # fmt: skip
    return Result(measurement=made, verdict=verdict)


NEARLY = [1.0] * 40 + [8 / 9] * 15 + [18 / 19] * 45
MORE_EXACT = [1.0] * 55 + [0.0] * 12 + [18 / 19] * 33


@pytest.mark.parametrize(
    ("before", "after", "finding"),
    [(NEARLY, MORE_EXACT, Finding.WORSE), (MORE_EXACT, NEARLY, Finding.BETTER)],
)
def test_the_judged_metric_decides_and_not_the_marks_of_exact_answers(
    before: list[float], after: list[float], finding: Finding
) -> None:
    """Fifteen more answers are exact, which looks better, and F1 falls by ten points, which is worse."""
    found = compare([answered(before)], [answered(after)])
    (pair,) = found.pairs
    assert pair.finding is finding
    assert bool(gate.failing(found, gate.parse("accuracy:0.2"))) is (finding is Finding.WORSE)
    assert "by 1000 draws of the samples, 27 of 100 differ; " in pair.message
    assert "McNemar p = " in pair.message
    # Of results that kept no parts the marks are all there is: they may not speak against the metric.
    (pair,) = compare([answered(before, parts=False)], [answered(after, parts=False)]).pairs
    assert pair.finding is Finding.TOO_NOISY


def correlated(noise: float) -> Result:
    """A result of a regression: numbers and true ones, of which none is right or wrong."""
    draw = random.Random(2)
    true = [draw.random() for _ in range(300)]
    predicted = [value + noise * draw.gauss(0, 1) for value in true]
    pairs = Pairs(metric=Metric.PEARSON, predicted=predicted, true=true)
    made = measurement(
        "own-cpu-bs1", Kind.ACCURACY, samples=300, metrics={"pearson": agreement.of(pairs)},
        raw={"predictions": predicted, "right": "", "parts": {"pearson": pairs.as_raw()}},
    )  # fmt: skip
    return Result(
        measurement=made, verdict=dataclasses.replace(answered([1.0]).verdict, metric=Metric.PEARSON)
    )


def test_correlations_are_told_apart_by_resampling_without_marks() -> None:
    """Numbers are not right or wrong: no sample changes sides, and the correlation falls all the same."""
    (pair,) = compare([correlated(0.1)], [correlated(0.3)]).pairs
    assert pair.finding is Finding.WORSE
    assert "by 1000 draws of the samples, 300 of 300 differ" in pair.message
    assert "McNemar" not in pair.message
    assert "predictions changed" not in pair.message
    (pair,) = compare([correlated(0.1)], [correlated(0.1)]).pairs
    assert pair.finding is Finding.SAME


def test_a_verdict_that_is_worse(catalog: Catalog) -> None:
    """Good, falls short, error: downwards is news, with what the verdict says; upwards and staying is not."""
    good, short = (accuracy(catalog, CASE, 190, 240), accuracy(catalog, CASE, 150, 240, fp32=190))
    lost = failed(CASE, Kind.ACCURACY, f"{CASE}: device lost", data=None, protocol=Protocol.DOCUMENTED)
    assert "survives -> falls-short" in messages(compare([good], [short]))[0]
    for before in (good, short):
        (said,) = messages(compare([before], [lost]))
        assert f"{before.verdict.kind} -> error ({CASE}: device lost)" in said
        assert not messages(compare([lost], [before]))
    assert not messages(compare([lost], [lost]))
    assert not messages(compare([short], [short]))
    parity = conformance(catalog, CASE), conformance(catalog, CASE, difference=5.0)
    assert "survives -> falls-short" in messages(compare(*([item] for item in parity)))[0]


def test_slower_is_said_with_its_interval() -> None:
    (said,) = messages(compare([timed(calls(4e6))], [timed(calls(4.4e6, seed=1))]))
    assert "1998 -> 1819 samples/s, 8.9 % slower (99 % interval 3.8 to 13.8 %)" in said
    assert said.endswith("by an assumed spread of 1.5 % from run to run")


def test_of_two_runs_alone_nothing_below_the_assumed_spread_is_told() -> None:
    """However many calls each has: their own spread says nothing of two processes of one program."""
    found = compare([timed(calls(4e6, 5000))], [timed(calls(4.12e6, 5000, seed=1))])
    (pair,) = found.pairs
    assert pair.finding is Finding.TOO_NOISY  # 3 % slower
    assert gate.resolution(found) == (
        "half of 1 throughputs tell a change of 5.6 % or less, all of them one of 5.6 %"
    )


def test_calls_that_scatter_more_than_the_assumed_spread_widen_it() -> None:
    wild = [timed(calls(4e6, 40, spread=0.6, seed=seed)) for seed in (0, 1)]
    (pair,) = compare([wild[0]], [wild[1]]).pairs
    assert pair.message.endswith("by an assumed spread of 1.5 % from run to run; the calls of each run "
                                 "scatter more, in its 10 parts")  # fmt: skip


def test_the_intervals_of_many_pairs_hold_together() -> None:
    """With a hundred pairs, one false alarm in a hundred comparisons is one in ten thousand pairs."""
    cases = [f"tinybert-ascend310p-bs{size}" for size in range(1, 101)]
    night = [dataclasses.replace(item, measurement=dataclasses.replace(item.measurement, case=case))
             for case in cases for item in [timed(calls(4e6))]]  # fmt: skip
    assert compare(night, night).confidence == pytest.approx(1 - 0.01 / 100)


def test_a_disturbed_machine_tells_nothing() -> None:
    """However much slower: the mark stands for what the calls alone cannot know."""
    busy = timed(calls(6e6), noisy=["other processes took 43 % of the CPU"])
    (pair,) = compare([timed(calls(4e6))], [busy]).pairs
    assert pair.finding is Finding.TOO_NOISY
    assert "the later was on a disturbed machine (other processes took 43 %" in pair.message


def test_a_gate_takes_the_stamp_it_asks_for() -> None:
    old, new = timed(calls(4e6), stamp="nightly"), timed(calls(5e6), stamp="quick")
    found = compare([old], [new], stamp="nightly")
    assert found.not_compared == {"stamp quick, asked for nightly": (f"{CASE} throughput",)}
    assert len(compare([old], [old], stamp="nightly").pairs) == 1
    lost = (f"{CASE} throughput: stamp quick, asked for nightly",)
    assert (found.replaced, compare([new], [new], stamp="nightly").replaced) == (lost, ())
    higher = timed(calls(4e6), stamp="mlperf-like")
    assert len(compare([old], [higher], stamp="nightly").pairs) == 1


def test_speeds_on_two_sides_of_a_tolerance_are_not_worse_by_that(catalog: Catalog) -> None:
    """A verdict that turns because of 0.1 % is said, and is no difference."""
    good = accuracy(catalog, CASE, 190, 240).verdict
    short = accuracy(catalog, CASE, 150, 240, fp32=190).verdict
    old = dataclasses.replace(timed(calls(4e6)), verdict=good)
    new = dataclasses.replace(timed(calls(4.004e6)), verdict=short)
    (found,) = compare([old], [new]).pairs
    assert found.finding is not Finding.WORSE
    assert not found.verdict_worse
    assert "which is not shown to be a difference" in found.message


def test_a_scenario_that_is_much_slower_is_worse() -> None:
    """LoadGen's number has no calls here: the assumed spread."""

    def offline(rate: float) -> Result:
        made = measurement(CASE, Kind.THROUGHPUT, metrics={"throughput": rate}, detail={"loadgen": {}})
        return Result(measurement=dataclasses.replace(made, check="offline"), verdict=None)

    (pair,) = compare([offline(1000.0)], [offline(500.0)]).pairs
    assert pair.finding is Finding.WORSE
    assert "assumed spread" in pair.message


def test_nights_of_another_machine_say_nothing_of_this_ones_spread() -> None:
    draw = random.Random(4)
    here = [timed(calls(4e6 * draw.lognormvariate(0, 0.5)), calls=200) for _ in range(12)]
    there = []
    for item in here:
        made = item.measurement
        moved = dataclasses.replace(made.provenance, machine={**MACHINE, "cpu": "another"})
        there.append(dataclasses.replace(item, measurement=dataclasses.replace(made, provenance=moved)))
    pair = [timed(calls(4e6))], [timed(calls(4.4e6, seed=1))]
    assert not messages(compare(*pair, earlier=numbers(nights(here))))
    assert messages(compare(*pair, earlier=numbers(nights(there)))) == messages(compare(*pair))


def test_a_gate_may_ask_for_quiet() -> None:
    found = compare([timed(calls(4e6))], [timed(calls(6e6), noisy=["busy"])])
    said = "1 of 1 throughputs are too noisy to tell, more than 50 %"
    assert gate.beside(found, gate.parse("noisy:50%")) == (said,)
    assert gate.beside(found, gate.parse("throughput:5%")) == ()


def test_the_same_is_the_same_where_any_loss_would_fail() -> None:
    draw = random.Random(2)
    past = nights([timed(calls(4e6 * draw.lognormvariate(0, 0.004))) for _ in range(12)])
    pair = [timed(calls(4e6))], [timed(calls(4e6, seed=1))]
    found = compare(*pair, margins=gate.EVERYTHING.margins, earlier=numbers(past))
    assert found.pairs[0].finding is Finding.SAME


def test_nights_before_say_how_far_nights_lie_apart() -> None:
    """A tool's number has no calls; earlier nights of a chip that scatters by 4 % make 8 % no news."""
    draw = random.Random(3)

    def night(rate: float) -> Result:
        item = timed([int(8e9 / rate)], tool={})
        made = dataclasses.replace(item.measurement, metrics={"throughput": rate})
        return dataclasses.replace(item, measurement=made)

    past = nights([night(2000 * draw.lognormvariate(0, 0.04)) for _ in range(12)])
    assert messages(compare([night(2000)], [night(1840)]))
    assert not messages(compare([night(2000)], [night(1840)], earlier=numbers(past)))


def test_a_tools_number_is_not_counted_from_the_calls_beside_it() -> None:
    """It may be rounded, however many calls of ours lie beside it: the floor is that of told numbers."""
    for detail, floor in (({"tool": {"samples_per_s": 2000.0}, "calls": 64}, "0.5"), ({"calls": 64}, "0.2")):
        past = nights([timed(calls(4e6, spread=1e-6), **detail) for _ in range(8)])
        (pair,) = compare(
            [past[-1]], [timed(calls(4e6, spread=1e-6), **detail)], earlier=numbers(past[:-1])
        ).pairs
        assert f"a spread of {floor} % from run to run, of 8 earlier runs" in pair.message


# ----------------------------------------------------------------------- gate


@pytest.mark.parametrize(
    ("text", "throughput_limit", "score_limit"),
    [
        ("throughput:5%,accuracy:0.2", 0.05, 0.002),
        ("throughput:2.5%", 0.025, None),
        (" accuracy:1 ", None, 0.01),
    ],
)
def test_limits(text: str, throughput_limit: float | None, score_limit: float | None) -> None:
    found = gate.parse(text)
    assert (found.throughput, found.score) == (throughput_limit, score_limit)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found '', expected such as throughput:5%,accuracy:0.2"),
        ("not-run,not-run:never", "found not-run twice, expected once"),
        ("not-run:yes", "found 'not-run:yes', expected such as"),
        ("throughput:5", "expected throughput in per cent"),
        ("accuracy:5%", "expected accuracy in percentage points"),
        ("latency:5%", "found a limit of 'latency', expected throughput, accuracy, noisy or not-run"),
        ("noisy:5", "expected noisy in per cent"),
        ("throughput:-5%", "found 'throughput:-5%'"),
        ("throughput:nan%", "found 'throughput:nan%'"),
        ("throughput:5%,throughput:6%", "found two limits of throughput, expected one"),
        ("noisy:100%", "found 'noisy:100%', expected less than 100%"),
    ],
)
def test_limits_that_are_none(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        gate.parse(text)


def test_a_gate_fails_where_a_loss_as_large_as_its_limit_is_not_ruled_out() -> None:
    draw = random.Random(2)
    past = nights([timed(calls(4e6 * draw.lognormvariate(0, 0.004))) for _ in range(20)])
    pair_of_runs = [timed(calls(4e6))], [timed(calls(4.16e6, seed=1))]
    found = compare(*pair_of_runs, margins=Margins(throughput=0.02), earlier=numbers(past))
    (pair,) = found.of(Finding.WORSE)  # 4 % slower
    assert gate.failing(found, gate.parse("throughput:3%")) == (pair,)
    assert gate.failing(found, gate.parse("throughput:8%")) == ()
    assert gate.failing(found, gate.parse("accuracy:0.2")) == ()
    assert gate.failing(found, gate.EVERYTHING) == (pair,)


def test_a_worse_verdict_fails_every_gate(catalog: Catalog) -> None:
    lost = failed(CASE, Kind.ACCURACY, f"{CASE}: device lost", data=None, protocol=Protocol.DOCUMENTED)
    found = compare([accuracy(catalog, CASE, 190, 240)], [lost])
    assert len(gate.failing(found, gate.parse("throughput:50%"))) == 1


def test_a_night_keeps_the_limits_that_are_not_named() -> None:
    """`not-run:never`, which its own message advises, took every limit of a number away."""
    for text in (None, "not-run", "not-run:never", "noisy:50%"):
        limits = gate.of_a_night(text)
        assert (limits.throughput, limits.score) == (0.0, 0.0)
        assert limits.not_run is (text != "not-run:never")
    limits = gate.of_a_night("throughput:5%")
    assert (limits.throughput, limits.score, limits.not_run) == (0.05, 0.0, True)


def test_an_interval_that_says_nothing_is_said_so() -> None:
    """A machine whose own speed was gauged 28 times as fast as a moment before: no "5433 % faster"."""
    made = timed(calls(4e6)), timed(calls(4e6, seed=1))
    swinging = [
        dataclasses.replace(item, measurement=dataclasses.replace(
            item.measurement,
            detail={"matmul": {"before_per_s": speed, "after_per_s": 26 * speed, "peak_per_s": 26 * speed}},
        ))
        for item, speed in zip(made, (6.4e9, 7e9), strict=True)
    ]  # fmt: skip
    found = compare([swinging[0]], [swinging[1]])
    (pair,) = found.pairs
    assert pair.finding is Finding.TOO_NOISY
    assert "interval from less than half to more than double: nothing can be told)" in pair.message
    assert pair.message.endswith("right before and after the calls, differed 28.4-fold")
    assert gate.resolution(found) == "of 1 throughputs nothing can be told"


# -------------------------------------------------------------------- pairing


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
    assert (found.pairs, found.new, found.gone) == ((), (), ())


@pytest.mark.parametrize("samples", [200, 240])
def test_scores_of_other_drawn_samples_have_their_verdicts_compared(catalog: Catalog, samples: int) -> None:
    """140 of 150 and 150 of 200 good: no number tells them apart. One that falls short is worse."""
    before = drawn(catalog, CASE, 140, 150)
    found = compare([before], [drawn(catalog, CASE, 150, samples)])
    assert [(pair.finding, pair.effect, pair.message) for pair in found.pairs] == [
        (Finding.SAME, None, "the same verdict")
    ]
    found = compare([before], [drawn(catalog, CASE, 150, samples, fp32=180)])
    assert [(pair.finding, pair.verdict_worse) for pair in found.pairs] == [(Finding.WORSE, True)]


def test_drawn_samples_are_not_the_first_ones(catalog: Catalog) -> None:
    first, other = accuracy(catalog, CASE, 140, 150, limit=150), drawn(catalog, CASE, 140, 150)
    found = compare([first], [other])
    assert found.not_compared == {"another limit (150 -> 150 drawn)": (f"{CASE} accuracy",)}
    found = compare([accuracy(catalog, CASE, 190, 240)], [other])
    assert found.not_compared == {"another limit (None -> 150 drawn)": (f"{CASE} accuracy",)}


@pytest.mark.parametrize(
    "change",
    [{"weights": Weights.FULL}, {"origin": Origin.CHIP}, {"data": Corpus.FULL}, {"limit": 7}],
)
def test_what_something_else_stands_for_did_not_run(catalog: Catalog, change: dict[str, Any]) -> None:
    """The checkpoint is lost and a mini taken, the card and a stand-in: a night is not green by that."""
    other = accuracy(catalog, CASE, 190, 240, **change)
    here = conformance(catalog, CASE)
    found = compare([other, here], [accuracy(catalog, CASE, 190, 240), here])
    assert len(found.pairs) == 1
    (said,) = gate.beside(found, gate.of_a_night(None))
    assert said.startswith(f"1 claim of the earlier run did not run: {CASE} accuracy: ")
    assert gate.beside(found, gate.of_a_night("not-run:never")) == ()
    moved = {**MACHINE, "cpu": "another"}
    elsewhere = compare([other], [accuracy(catalog, CASE, 190, 240, machine=moved)])
    assert gate.beside(elsewhere, gate.of_a_night(None)) == ()


def test_an_error_that_knows_no_protocol_stands_for_its_claim(catalog: Catalog) -> None:
    """It failed before it came to know: the claim is neither gone nor new, and is worse."""
    lost = failed(CASE, Kind.ACCURACY, f"{CASE}: device lost", data=None, protocol=None)
    found = compare([accuracy(catalog, CASE, 190, 240)], [lost])
    assert (found.gone, found.new) == ((), ())
    assert [pair.finding for pair in found.pairs] == [Finding.WORSE]


def test_a_score_that_rose_is_not_worse_by_a_tighter_bound(catalog: Catalog) -> None:
    """From 80 to 83 %: the later run was held to less of a drop, which is said."""
    good = accuracy(catalog, CASE, 190, 240).verdict
    short = accuracy(catalog, CASE, 150, 240, fp32=190).verdict
    before = dataclasses.replace(marked("1" * 180 + "0" * 60, catalog=catalog), verdict=good)
    after = dataclasses.replace(marked("1" * 200 + "0" * 40, catalog=catalog), verdict=short)
    found = compare([before], [after])
    (pair,) = found.pairs
    assert pair.finding is Finding.BETTER
    assert not pair.verdict_worse
    assert "which is not shown to be a difference" in pair.message
    assert gate.failing(found, gate.of_a_night(None)) == ()


def test_a_busy_machine_is_the_same_machine(catalog: Catalog) -> None:
    busy = {**MACHINE, "load_average": [40.0, 1.0, 1.0]}
    found = compare([accuracy(catalog, CASE, 190, 240)], [accuracy(catalog, CASE, 190, 240, machine=busy)])
    assert len(found.pairs) == 1


def test_another_machine_is_compared_when_told_to(catalog: Catalog) -> None:
    other = {**MACHINE, "cpu": "another"}
    pair = [accuracy(catalog, CASE, 190, 240)], [accuracy(catalog, CASE, 190, 240, machine=other)]
    assert compare(*pair).not_compared == {"another machine (cpu)": (f"{CASE} accuracy",)}
    assert len(compare(*pair, across_machines=True).pairs) == 1


def test_claims_that_come_and_go(catalog: Catalog) -> None:
    """Are named; a night fails where one is gone, `compare` where it is asked to."""
    old = [accuracy(catalog, CASE, 190, 240), throughput(catalog, CASE, 100.0)]
    new = [accuracy(catalog, CASE, 190, 240), conformance(catalog, CASE)]
    found = compare(old, new)
    assert (found.new, found.gone) == ((f"{CASE} conformance",), (f"{CASE} throughput",))
    assert not found.of(Finding.WORSE)
    said = (
        f"1 claim of the earlier run did not run: {CASE} throughput (--fail-on not-run:never lets them go)",
    )
    for limits in (gate.of_a_night(None), gate.of_a_night("accuracy:0.2"), gate.parse("not-run")):
        assert gate.beside(found, limits) == said
    for limits in (gate.of_a_night("not-run:never"), gate.parse("accuracy:0.2")):
        assert gate.beside(found, limits) == ()
    assert gate.beside(compare(old, old), gate.of_a_night(None)) == ()


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ({"threads": 1}, {"threads": 8}, "threads: 1 -> 8"),
        ({"isolated": False}, {"isolated": True}, "isolated: False -> True"),
        ({"device": 1}, {"device": 3}, "device: 1 -> 3"),
        ({"devices": 1}, {"devices": 4}, "devices: 1 -> 4"),
        ({"stamp_asked": "quick"}, {"stamp_asked": "nightly"}, "stamp: quick -> nightly"),
        (
            {"threads": 1, "stamp_asked": "quick"}, {"threads": 2, "stamp_asked": "nightly"},
            "threads: 1 -> 2; stamp: quick -> nightly",
        ),
    ],
)  # fmt: skip
def test_what_was_asked_for_differently_is_another_series(
    before: dict[str, Any], after: dict[str, Any], why: str
) -> None:
    """Eight threads against one were "47 % slower", and nothing was said to have changed."""
    found = compare([timed(calls(4e6), **before)], [timed(calls(8e6), **after)])
    assert found.not_compared == {f"asked for differently ({why})": (f"{CASE} throughput",)}
    assert found.pairs == ()
    both = [timed(calls(4e6), **before), timed(calls(8e6), **after)]
    assert [pair.effect.change for pair in compare(both, both[::-1]).pairs] == [0.0, 0.0]


def test_what_a_result_does_not_tell_is_not_held_against_it() -> None:
    """An older store does not say how many threads there were."""
    assert len(compare([timed(calls(4e6))], [timed(calls(4e6), threads=2)]).pairs) == 1


def test_a_score_is_of_no_threads(catalog: Catalog) -> None:
    one, two = (accuracy(catalog, CASE, 190, 240) for _ in range(2))
    made = dataclasses.replace(two.measurement, detail={**two.measurement.detail, "threads": 8})
    assert len(compare([one], [dataclasses.replace(two, measurement=made)]).pairs) == 1


def test_the_last_result_of_a_claim_counts(catalog: Catalog) -> None:
    """An error that a second session of the run mended is none."""
    lost = failed(CASE, Kind.ACCURACY, "lost", data=None, protocol=Protocol.DOCUMENTED)
    good = accuracy(catalog, CASE, 190, 240)
    assert not messages(compare([good], [lost, good]))
    assert messages(compare([good], [good, lost]))
    (pair,) = compare([good], [accuracy(catalog, CASE, 100, 240, number=1), good]).pairs
    assert pair.finding is Finding.SAME


def test_kinds_of_weights_are_claims_of_their_own(catalog: Catalog) -> None:
    night = [
        accuracy(catalog, CASE, 805, 872, **on_chip()),
        accuracy(catalog, CASE, 190, 240),
    ]
    assert len(compare(night, list(reversed(night))).pairs) == 2


def test_what_else_changed_is_said(catalog: Catalog) -> None:
    old = accuracy(catalog, CASE, 190, 240)
    new = accuracy(catalog, CASE, 190, 240, versions={"onnxruntime": "2", "numpy": "2.3.0"}, git_revision="1")
    assert compare([old], [new]).changes == (f"git {'0' * 40} -> 1", "onnxruntime 1.22.0 -> 2")


def test_what_changed_is_said_of_the_pairs_and_not_of_the_last_result_of_a_run(catalog: Catalog) -> None:
    """Behind the pair one run has an imported number, whose versions are those of another tool."""
    old = accuracy(catalog, CASE, 190, 240)
    new = accuracy(
        catalog, CASE, 190, 240, versions={**old.measurement.provenance.versions, "onnxruntime": "2"}
    )
    imported = throughput(catalog, "tinybert-ascend310-bs1", 100.0, versions={"ais_bench": "0.0.2"})
    imported = dataclasses.replace(
        imported, measurement=dataclasses.replace(imported.measurement, origin=Origin.IMPORTED)
    )
    assert compare([old], [new, imported]).changes == ("onnxruntime 1.22.0 -> 2",)
    found = compare([old, imported], [new, imported])
    assert found.changes == ("onnxruntime 1.22.0 -> 2 (of 1 of 2 pairs)",)


def test_nothing_is_not_compared(catalog: Catalog) -> None:
    for pair in (([], [timed([1])]), ([timed([1])], [])):
        with pytest.raises(NoSamples):
            compare(*pair)


def test_the_last_night_is_one_of_the_same_machine() -> None:
    runs = ["1-nightly", "other-nightly", "2-nightly"]
    assert last_night(runs, "2-nightly", lambda name: name != "other-nightly") == "1-nightly"


def test_the_last_night_is_the_latest_before() -> None:
    runs = ["a-nightly", "b", "c-nightly", "d-nightly-2", "e-nightly"]
    assert last_night(runs, "e-nightly") == "c-nightly"
    assert last_night(runs, "b") == "a-nightly"
    assert last_night(runs, "a-nightly") is None
