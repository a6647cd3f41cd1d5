"""Records to JSON and back."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.decoding import json_value
from harness.domain.measurements import Interval
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Reference, Role, Rounding, Source
from harness.errors import RecordError
from harness.records import MOST_DEPTH, canonical, from_json, plain, to_json

REFERENCE = Reference(
    source=Source(document="ascend-tinybert", table="性能", row="TinyBERT(bs8)", column="310P性能"),
    printed="5871.86", value=5871.86, digits=2, metric=Metric.THROUGHPUT, unit=Unit.SAMPLES_PER_S,
    role=Role.MEASURED, rounding=Rounding.TRUNCATED, model="tinybert", chip="ascend310p",
    batch_size=8, ratio=("ascend310p", "t4"), tolerance=5.0,
)  # fmt: skip

# Examples take as long as the machine lets them.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_a_record_with_enumerations_tuples_and_none_comes_back():
    """A reference with everything in it is equal after JSON text and back, its types included."""
    again = from_json(Reference, json.loads(json.dumps(to_json(REFERENCE))))
    assert again == REFERENCE
    assert type(again.metric) is Metric
    assert type(again.ratio) is tuple
    assert again.precision is None


@UNTIMED
@given(low=FLOATS, high=FLOATS)
def test_floats_come_back_to_the_last_bit(low: float, high: float):
    """Every finite double, negative zero and the smallest included, is the same 64 bits again."""
    again = from_json(Interval, json.loads(json.dumps(to_json(Interval(low=low, high=high)))))
    assert (again.low.hex(), again.high.hex()) == (low.hex(), high.hex())


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, [1, 2**64], {"a": (2**70,)}, [[2**64]]])
def test_an_integer_that_could_not_be_read_again_is_not_written(value: Any):
    with pytest.raises(RecordError, match="found an integer beyond 64 bits"):
        plain(value, "value")


@pytest.mark.parametrize("innermost", [[], [1], [0.5], {}, (None,)])
def test_what_is_nested_too_deep_to_be_read_again_is_not_written(innermost: Any):
    value = innermost
    for _ in range(MOST_DEPTH - 1):
        value = [value]
    assert json_value(json.dumps(plain(value, "value"))) == json.loads(json.dumps(value))
    with pytest.raises(RecordError, match="nested deeper than 64"):
        plain({"a": value}, "value")


@UNTIMED
@given(JSON)
def test_json_is_plain_already(value: Any):
    """What is JSON is left as it is."""
    assert json.dumps(plain(value, "value")) == json.dumps(value)


def test_defaults_may_be_left_out():
    """A field with a default need not be there."""
    assert from_json(Interval, {"low": 0.5, "high": 1}) == Interval(low=0.5, high=1.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"digits": "2"}, r"digits: found '2', expected a valid integer"),
        ({"unit": "furlongs"}, r"unit: found 'furlongs', expected 'percent'"),
        ({"extra": 1}, r"extra: found 1"),
        ({"source": {"document": "x"}}, r"source\.table: found no value"),
    ],
)
def test_what_is_no_such_record_is_named(change: dict[str, Any], words: str):
    """A wrong type, an unknown value, an unknown key and a missing one are each named by path."""
    with pytest.raises(RecordError, match=words):
        from_json(Reference, to_json(REFERENCE) | change)


def test_every_mistake_is_named_at_once():
    """One message has all of them."""
    with pytest.raises(RecordError, match=r"low: found no value.*high: found 'x'"):
        from_json(Interval, {"high": "x"})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_nan_and_infinity_are_refused(value: float):
    """No NaN and no infinity gets through, and the message says where it was."""
    with pytest.raises(RecordError, match=r"detail\.parity\[1\]: found (nan|inf|-inf), expected a finite"):
        plain({"parity": [0.0, value]}, "detail")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Path("x"), "found a pathlib"),
        (b"x", "found a builtins.bytes"),
        ({1: "x"}, "found the key 1, expected a string"),
        (np.zeros(2), r"found a numpy.ndarray.*\.tolist\(\)"),
        ("\ud800", "expected text that UTF-8 can spell"),
        (1j, "found a builtins.complex"),
    ],
)
def test_what_json_has_no_form_of_is_refused(value: object, words: str):
    """Nothing is turned into a string or a number that it was not."""
    with pytest.raises(RecordError, match=words):
        plain(value, "value")


def test_numpy_numbers_become_pythons():
    """A float32 becomes the double of the same value, an int64 an int."""
    found = plain({"a": np.float32(0.1), "b": np.int64(7), "c": np.float64(0.1)}, "value")
    assert found == {"a": float(np.float32(0.1)), "b": 7, "c": 0.1}
    assert {type(item) for item in found.values()} == {int, float}


def test_a_class_is_no_record():
    """Giving the class instead of the record is a mistake of the program."""
    with pytest.raises(TypeError, match="is no record"):
        to_json(Interval)


@UNTIMED
@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_the_canonical_spelling_does_not_depend_on_order(value: dict[str, Any]):
    """The same mapping in another order is spelled the same, and reads back equal."""
    backwards = dict(reversed(value.items()))
    assert canonical(backwards, "value") == canonical(value, "value")
    assert json.loads(canonical(value, "value")) == value
