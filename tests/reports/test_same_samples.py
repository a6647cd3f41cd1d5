"""Results over other samples of one file: never held against each other, where both tell their samples."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from factory import accuracy, measurement, numbers

from harness.comparing import spreads
from harness.comparing.history import histories
from harness.comparing.runs import compare
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.store.numbers import repetition_of
from harness.store.results import Result

CASE = "tinybert-ascend310p-bs8"


def scored(catalog: Catalog, samples: str | None, correct: int = 190, run: str = "run-1") -> Result:
    """A score over the samples of that SHA-256; of an older result nothing tells it."""
    made = accuracy(catalog, CASE, correct, 240)
    told = {} if samples is None else {"samples_sha256": samples}
    changed = dataclasses.replace(made.measurement, run=run, detail={**made.measurement.detail, **told})
    return dataclasses.replace(made, measurement=changed)


def test_other_samples_of_one_file_are_not_compared(catalog: Catalog):
    """Its other column, other names of labels or other quoting: the score is of another question."""
    found = compare([scored(catalog, "a" * 64)], [scored(catalog, "b" * 64, correct=100)])
    assert found.not_compared == {"other data (mini, the same file read otherwise)": (f"{CASE} accuracy",)}
    assert found.pairs == ()
    assert found.replaced == (f"{CASE} accuracy: other data (mini, the same file read otherwise)",)


@pytest.mark.parametrize(("before", "after"), [("a", "a"), (None, None), (None, "a"), ("a", None)])
def test_the_same_ones_are_and_those_that_an_older_result_does_not_tell(
    catalog: Catalog, before: str | None, after: str | None
):
    found = compare([scored(catalog, before)], [scored(catalog, after)])
    assert (len(found.pairs), found.not_compared) == (1, {})


def values(catalog: Catalog, *samples: str | None) -> list[list[float]]:
    results = [scored(catalog, item, 190 + at, f"run-{at}") for at, item in enumerate(samples)]
    return [[round(point.value * 240) for point in item.points] for item in histories(numbers(results))]


def test_a_history_is_of_one_sort_of_samples(catalog: Catalog):
    assert values(catalog, "a", "b", "a", "b") == [[190, 192], [191, 193]]
    told = histories(numbers([scored(catalog, item and item * 64) for item in ("a", "b", None)]))
    assert [", samples aaaaaaaa" in item.made for item in told] == [True, False, False]
    assert [", samples" in item.made for item in told] == [True, True, False]


def test_older_results_go_on_as_what_they_must_be(catalog: Catalog):
    """Where there are two sorts, nobody knows of which they were."""
    assert values(catalog, None, None, "a", "a") == [[190, 191, 192, 193]]
    assert values(catalog, None, None, "a", "b") == [[190, 191], [192], [193]]
    assert values(catalog, None, None) == [[190, 191]]


def timed(number: int, rate: float, samples: str | None) -> Result:
    detail: dict[str, Any] = {"stamp": "nightly"} | ({} if samples is None else {"samples_sha256": samples})
    made = measurement(CASE, Kind.THROUGHPUT, number=number, metrics={"throughput": rate}, detail=detail)
    return Result(measurement=dataclasses.replace(made, run=f"night {number}"), verdict=None)


@pytest.mark.parametrize("before", [[None] * 12, [None] * 6 + ["a"] * 6, ["a"] * 12])
def test_the_noise_of_a_series_is_known_from_older_results(before: list[str | None]):
    """The first night that tells its samples is held against the nights that do not."""
    past = [timed(at, 100 + at % 3, item) for at, item in enumerate(before)]
    now = timed(20, 101.0, "a")
    known = spreads.known(numbers(past), [])
    assert known.noise(repetition_of(now.measurement)) is not None
    if before == ["a"] * 12:
        other = timed(21, 101.0, "other").measurement
        assert known.noise(repetition_of(other)) is None
