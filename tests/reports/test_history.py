"""A case over time: where a throughput shifted for good, where a score stepped, and what differed there."""

from __future__ import annotations

import dataclasses
import math
import random
from typing import Any

import pytest
from factory import MACHINE, accuracy, drawn, measurement, numbers

from harness.comparing.history import History, histories
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.store.results import Result

CASE = "tinybert-ascend310p-bs8"


def night(number: int, rate: float, **made: Any) -> Result:
    made.setdefault("detail", {"stamp": "nightly"})
    item = measurement(CASE, Kind.THROUGHPUT, number=number, metrics={"throughput": rate}, **made)
    return Result(measurement=dataclasses.replace(item, run=f"night {number}"), verdict=None)


def nights(levels: list[float], spread: float, seed: int = 0, **made: Any) -> History:
    draw = random.Random(seed)
    made_then = [
        night(at, level * math.exp(draw.gauss(0, spread)), **made) for at, level in enumerate(levels)
    ]
    (found,) = histories(numbers(made_then))
    return found


def test_a_shift_is_found_where_it_is() -> None:
    """8 % slower from the thirteenth night on, nights that scatter by 1 %."""
    found = nights([2000.0] * 12 + [1840.0] * 10, 0.01)
    (change,) = found.changes
    assert change.at == 12
    assert change.relative == pytest.approx(-0.08, abs=0.015)
    assert change.p_value is not None
    assert change.p_value < 1e-4
    assert (found.claim, found.made) == ("throughput", "stand-in, mini weights, documented protocol")


def test_there_and_back_is_two_shifts() -> None:
    assert [change.at for change in nights([100.0] * 10 + [90.0] * 8 + [100.0] * 9, 0.01).changes] == [10, 18]


def test_noise_alone_is_hardly_ever_a_shift() -> None:
    """Of 200 series of 30 nights between which nothing changed, at most a few."""
    assert sum(bool(nights([100.0] * 30, 0.02, seed).changes) for seed in range(200)) <= 8


@pytest.mark.parametrize(
    "levels",
    [
        [100.0] * 5,  # too few for two levels
        [100.0] * 10 + [70.0] + [100.0] * 10,  # one odd night
        [100.0] * 10 + [99.5] * 10,  # half a per cent, however sure
    ],
)
def test_what_is_no_shift(levels: list[float]) -> None:
    assert nights(levels, 0.0005).changes == ()


def test_nights_on_a_disturbed_machine_do_not_count() -> None:
    draw = random.Random(1)
    results = [
        night(
            at,
            (60.0 if at % 2 else 100.0) * draw.lognormvariate(0, 0.01),
            detail={"noisy": ["busy"] if at % 2 else []},
        )
        for at in range(24)
    ]
    (found,) = histories(numbers(results))
    assert found.changes == ()
    assert sum(point.noisy for point in found.points) == 12


def test_what_differs_at_a_change_is_named() -> None:
    old = {"versions": {"onnxruntime": "1.22.0"}, "git_revision": "a" * 40}
    new = {"versions": {"onnxruntime": "1.23.0"}, "git_revision": "b" * 40 + "+dirty"}
    results = [night(at, 100.0 + at % 3, **old) for at in range(8)]
    results += [night(9 + at, 80.0 + at % 3, **new) for at in range(8)]
    (found,) = histories(numbers(results))
    (change,) = found.changes
    assert change.differs == ("git aaaaaaaaaaaa -> bbbbbbbbbbbb+dirty", "onnxruntime 1.22.0 -> 1.23.0")


def test_machines_weights_and_data_are_series_of_their_own() -> None:
    made = [{}, {"machine": {**MACHINE, "cpu": "another"}}, {"weights_sha256": "c" * 64}]
    assert len(histories(numbers([night(at, 100.0, **made[at % 3]) for at in range(9)]))) == 3


def test_any_step_of_a_score_is_a_change(catalog: Catalog) -> None:
    """The same weights on the same data give the same score, or something changed."""
    results = [
        accuracy(catalog, CASE, right, 240, number=at) for at, right in enumerate([190, 190, 189, 189, 190])
    ]
    (found,) = histories(numbers(results))
    assert [(change.at, change.p_value) for change in found.changes] == [(2, None), (4, None)]


def test_drawn_samples_are_no_series_with_the_first_ones(catalog: Catalog) -> None:
    """150 drawn until sure and the first 150 are other samples: their scores differ without any change."""
    first = accuracy(catalog, "tinybert-ascend310p-bs8", 100, 150, limit=150)
    found = histories(numbers([drawn(catalog, "tinybert-ascend310p-bs8", 140, 150), first]))
    assert len(found) == 2
    assert sum("drawn until sure" in item.made for item in found) == 1
