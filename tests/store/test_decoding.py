"""JSON and TOML from files: what is right is read, whatever else a text is, is told in a sentence."""

from __future__ import annotations

import contextlib
import json
import math
import time
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutating import survives_all

from harness.decoding import MOST_DEPTH, Undecodable, json_object, json_value, toml_table
from harness.errors import RecordError
from harness.records import sealed, unsealed

GOOD = {
    "case": "mite-abacus-bs1",
    "metrics": {"accuracy": 698 / 872},
    "raw": [1, 2, 3],
    "说": "是",
    "none": None,
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)

NO_JSON = [
    pytest.param(b"", "line 1: found no JSON (column 1: Expecting value, cut off there)", id="nothing"),
    pytest.param(b'{"a": 1', "line 1: found no JSON (column 8: Expecting ',' delimiter, cut off", id="cut"),
    pytest.param(
        b'{"a":\n"on',
        "line 2: found no JSON (column 1: Unterminated string starting at, cut off",
        id="cut text",
    ),
    pytest.param(
        b"[1,\n 2]; and more", "line 2: found no JSON (column 4: Extra data, found '; and more')", id="more"
    ),
    pytest.param(b'{"a":\n \xff}', "line 2: found the byte 0xff, no UTF-8", id="no UTF-8"),
    pytest.param(b'{"a": NaN}', "found NaN, expected a finite number", id="NaN"),
    pytest.param(b'{"a": [0, 1e999]}', "found a number that reads as inf at a[1], expected", id="infinity"),
    pytest.param(
        b'{"a": {"b": 18446744073709551616}}', "found an integer beyond 64 bits at a.b", id="65 bits"
    ),
    pytest.param(b"[-9223372036854775809]", "found an integer beyond 64 bits at [0]", id="negative"),
    pytest.param(b"[" + b"9" * 5000 + b"]", "found a number of thousands of digits", id="digits"),
    pytest.param(b"[" * 70 + b"]" * 70, "found lists or objects nested deeper than 64", id="deep"),
    pytest.param(
        b'{"a":' * 99999, "found lists or objects nested deeper than 64", id="too deep for a parser"
    ),
    pytest.param(b'{"a": 1, "b": 2, "a": 3}', "found the key 'a' twice in one object", id="twice"),
    pytest.param(
        b'{"a": [0, {"b": {"c": 1, "c": 2}}]}', "found the key 'c' twice in one object at a[1].b", id="within"
    ),
    pytest.param(b'{"a": {"b": 1, "b": 1}, "a": 2}', "found the key 'a' twice in one object", id="covered"),
    pytest.param(b'{"a": "\\ud800"}', "found text that UTF-8 cannot spell at a", id="half a character"),
    pytest.param(b'{"\\ud800": 1}', "found text that UTF-8 cannot spell", id="half a character in a key"),
]


def test_integers_of_any_size_where_a_format_writes_them() -> None:
    text = b'{"model_max_length": 1000000000000000019884624838656, "a": {"model_max_length": 1}}'
    assert json_object(text, any_size=("model_max_length",))["model_max_length"] == int(1e30)
    with pytest.raises(Undecodable, match="an integer beyond 64 bits at model_max_length"):
        json_object(text)
    with pytest.raises(Undecodable, match=r"an integer beyond 64 bits at a\.b"):
        json_object(b'{"a": {"b": 99999999999999999999}}', any_size=("b",))


@settings(deadline=None)
@given(PLAIN)
def test_what_is_json_is_read_exactly(value: Any):
    found = json_value(json.dumps(value).encode())
    assert json.dumps(found) == json.dumps(value)


@pytest.mark.parametrize(("text", "says"), NO_JSON)
def test_what_is_none_is_told(text: bytes, says: str):
    with pytest.raises(Undecodable) as caught:
        json_value(text)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 200
    assert isinstance(caught.value, RecordError)


def test_the_deepest_that_is_read():
    assert json_value("[" * MOST_DEPTH + "]" * MOST_DEPTH) is not None


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[]", "a list"), ("1", "a number"), ("null", "null"), ('""', "a text"), ("true", "a truth value")],
)
def test_what_is_no_object_is_told(text: str, kind: str):
    with pytest.raises(Undecodable, match=f"found {kind}, expected a JSON object"):
        json_object(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'[[chip]]\nname = "never', "line 2: found a syntax error"),
        (b"a = 1\nb = 0x1ffffffffffffffffff", "found an integer beyond 64 bits at b"),
        (b"a = " + b"9" * 5000, "found a number of thousands of digits"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "found lists or objects nested deeper than 64"),
        (b"a = " + b"[" * 70 + b"]" * 70, "found lists or objects nested deeper than 64"),
        (b"a" + b".a" * 70 + b" = 1", "found lists or objects nested deeper than 64"),
        (b"a = 1\n# \xe9\n", "line 2: found the byte 0xe9, no UTF-8"),
    ],
)
def test_what_is_no_toml_is_told(text: bytes, says: str):
    with pytest.raises(Undecodable) as caught:
        toml_table(text)
    assert says in str(caught.value)


def test_infinities_that_toml_spells_are_left_to_its_reader():
    assert toml_table("tolerance = inf") == {"tolerance": math.inf}


def _plain(value: Any) -> bool:
    """Whether everything behind can hold it: written, hashed, and in a database."""
    return bool(json.dumps(value, allow_nan=False).encode("utf-8"))


def test_json_that_is_damaged_anywhere():
    """What is read is what Python's own reader has, and can be written again."""
    last: list[bytes] = []

    def read(content: bytes) -> Any:
        last[:] = [content]
        return json_value(content)

    def right(found: Any) -> bool:
        return _plain(found) and found == json.loads(last[0])

    survives_all(json.dumps(GOOD, ensure_ascii=False).encode(), read, right, errors=Undecodable)


def test_toml_that_is_damaged_anywhere():
    text = (
        b'[[chip]]\nname = "abacus"\nprecisions = ["fp16", "int8"]\n'
        b"sizes = { least = 1, most = 1.5e3 }\non = 2026-01-31\n"
    )
    assert toml_table(text) == tomllib.loads(text.decode())
    last: list[bytes] = []

    def read(content: bytes) -> Any:
        last[:] = [content]
        return toml_table(content)

    def right(found: Any) -> bool:
        return repr(found) == repr(tomllib.loads(last[0].decode("utf-8")))  # of NaN, too

    survives_all(text, read, right, errors=Undecodable)


@pytest.mark.parametrize(
    "make",
    [lambda n: "a." * n + "a = 1", lambda n: "[" + "a." * n + "a]", lambda n: "a = [" + "[]," * n + "]"],
)
def test_long_toml_takes_no_longer_than_it_is(make: Callable[[int], str]):
    start = time.perf_counter()
    with contextlib.suppress(Undecodable):
        toml_table(make(5000))
    assert time.perf_counter() - start < 1


class TestSeal:
    def test_what_was_sealed_comes_back(self):
        again = json_object(json.dumps(sealed(GOOD)))
        assert unsealed(again) == (GOOD, True)
        assert unsealed(GOOD) == (GOOD, False)

    def test_any_change_breaks_it(self):
        for name in GOOD:
            changed = {**sealed(GOOD), name: "else"}
            with pytest.raises(RecordError, match="damaged or changed: the checksum in it is"):
                unsealed(changed)
        with pytest.raises(RecordError, match="damaged or changed"):
            unsealed({**sealed(GOOD), "new": 1})
        with pytest.raises(RecordError, match="damaged or changed"):
            unsealed({**GOOD, "sha256": None})


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", "\ufeff"])
def test_a_byte_order_mark_is_no_part_of_a_text(mark):
    """Editors on Windows begin a file so; one that stands anywhere else is what it was."""
    form = (lambda text: text) if isinstance(mark, str) else str.encode
    assert json_object(mark + form('{"a": 1}')) == {"a": 1}
    assert toml_table(mark + form("a = 1")) == {"a": 1}
    with pytest.raises(Undecodable):
        json_object(mark + mark + form('{"a": 1}'))
