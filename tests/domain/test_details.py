"""A measurement's detail as records: the keys stay as they are stored, and older stores are read."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from harness.domain.cases import Kind
from harness.domain.details import (
    AccuracyDetail,
    Calls,
    Common,
    Grouped,
    HowRun,
    Loadgen,
    OwnFp32,
    ParityDetail,
    RelationDetail,
    RelativeChange,
    ScenarioDetail,
    Steadiness,
    ThroughputDetail,
    TurnsDetail,
    Watched,
)
from harness.domain.measurements import Measurement
from harness.domain.stored import Stored
from harness.errors import RecordError
from harness.store.results import Store

HOME = Path(__file__).parents[1] / "store" / "home_before" / "home.tar.gz"


@pytest.fixture(scope="module")
def measurements(tmp_path_factory: pytest.TempPathFactory) -> list[Measurement]:
    """What a run recorded before there were these records."""
    home = tmp_path_factory.mktemp("home")
    with tarfile.open(HOME) as packed:
        packed.extractall(home, filter="data")
    return [item.measurement for item in Store(f"sqlite:///{home}/results.sqlite", existing=True).results()]


def record_of(measurement: Measurement) -> type[Stored]:
    if measurement.kind is Kind.CONFORMANCE:
        return RelationDetail if measurement.check else ParityDetail
    return AccuracyDetail if measurement.kind is Kind.ACCURACY else ThroughputDetail


def test_what_was_recorded_before_comes_back_key_by_key(measurements: list[Measurement]) -> None:
    assert {item.kind for item in measurements} >= {Kind.ACCURACY, Kind.THROUGHPUT, Kind.CONFORMANCE}
    for measurement in measurements:
        record = record_of(measurement).from_stored(measurement.detail)
        assert record.stored() == measurement.detail
        of_the_library = {"device", "onnxruntime", "torch", "threads"}  # `Backend.describe`
        assert set(record.rest) <= of_the_library


def test_a_part_is_read_from_a_whole_detail(measurements: list[Measurement]) -> None:
    timed = next(item for item in measurements if item.kind is Kind.THROUGHPUT)
    watched = Watched.from_stored(timed.detail)
    assert watched.matmul is not None
    assert watched.matmul.typical_per_s == [
        timed.detail["matmul"]["before_per_s"], timed.detail["matmul"]["after_per_s"],
    ]  # fmt: skip
    assert Steadiness.from_stored(timed.detail).stamp == "quick"
    assert Calls.from_stored(timed.detail).calls == timed.detail["calls"]


def test_what_is_made_here_is_stored_under_the_keys_of_before() -> None:
    """A field that may be null is, beside the others of its part; any other is left out."""
    made = AccuracyDetail(
        fp32=OwnFp32(own_fp32=0.5, flips=0, flipped=()),
        truncated=1,
        run=HowRun(grouped=Grouped(
            proved_on=32, max_abs_difference=0.0, bound=0.02, positions_run=1, positions_padded=2
        )),
        common=Common(commands=()),
    )  # fmt: skip
    assert list(made.stored().items()) == [
        ("correct", None), ("own_fp32", 0.5), ("own_fp32_correct", None), ("fp32_on_card", None),
        ("flips", 0), ("flipped", []), ("truncated", 1),
        ("grouped", {"proved_on": 32, "max_abs_difference": 0.0, "bound": 0.02, "positions_run": 1,
                     "positions_padded": 2}),
        ("commands", []),
    ]  # fmt: skip
    assert AccuracyDetail.from_stored(json.loads(json.dumps(made.stored()))) == made


def test_calls_that_earned_no_stamp_say_so_and_a_tools_number_says_nothing() -> None:
    none = ThroughputDetail(steadiness=Steadiness(stamp_asked="quick"))
    assert none.stored() == {"stamp": None, "stamp_asked": "quick", "drift": None}
    assert ThroughputDetail.from_stored(none.stored()).steadiness.told
    assert not ThroughputDetail.from_stored({"tool": {"samples_per_s": 1.0}}).steadiness.told


def test_an_older_store_lacks_keys() -> None:
    old = ThroughputDetail.from_stored({"calls": 30, "median_ns": 5.0, "clock": "perf_counter"})
    assert (old.calls.median_ns, old.watched.noisy, old.work) == (5.0, None, None)
    assert AccuracyDetail.from_stored({}) == AccuracyDetail()


@pytest.mark.parametrize(
    "odd",
    [
        {"flips": "many"}, {"flips": True}, {"correct": [1]}, {"grouped": {"proved_on": 32}},
        {"trivial": {"majority class": 0.5}}, {"a key of tomorrow": [1, None]},
    ],
)  # fmt: skip
def test_what_no_field_can_hold_stays_as_it_was_stored(odd: dict[str, object]) -> None:
    record = AccuracyDetail.from_stored(odd)
    assert dict(record.rest) == odd
    assert {name: value for name, value in record.stored().items() if value is not None} == odd


def test_keys_of_tomorrow_inside_a_part_are_kept() -> None:
    stored = {"change": {"change": 0.5, "low": 0.4, "high": 0.6, "of": "calls"}, "finding": "better"}
    record = TurnsDetail.from_stored(stored)
    assert record.change is not None
    assert record.change.low == 0.4
    assert record.stored() == stored


def test_a_part_without_what_makes_it_is_none() -> None:
    """A run of LoadGen without its throughput is no run; read by itself it is an error."""
    assert ScenarioDetail.from_stored({"loadgen": {}}).loadgen is None
    with pytest.raises(RecordError, match="no Loadgen: scenario"):
        Loadgen.from_stored({})
    with pytest.raises(RecordError, match="no RelativeChange: low"):
        RelativeChange.from_stored({"change": 0.5})
