"""JSON and TOML of others: what is read, and what is told of the rest."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.notation import DEEPEST, Unreadable, json_object, short, toml_table

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(content=st.dictionaries(st.text(), VALUES, max_size=4), ascii_only=st.booleans())
def test_whatever_json_writes_is_read(content: dict[str, object], ascii_only: bool):
    """But for half a character, which it escapes and nobody can print."""
    text = json.dumps(content, ensure_ascii=ascii_only)
    try:
        text_of_it = json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert text_of_it
    assert json_object(text) == content


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("", "not JSON", 1),
        ('{"a": 1,\n}', "not JSON", 2),
        ("[1]", "found a list, expected a JSON object", 1),
        ('{"a": {"b": 1, "b": 2}}', "found the key 'b' twice in one object", None),
        ('{"a": ' + "7" * 4301 + "}", "a whole number of more than 4300 digits", None),
        ('{"a": ' * 100_000, "more than 64 levels", None),
        ('{"a": "\\ud83d"}', "found \\ud83d by itself, half of a character", None),
        ('{"\\uDE00": 1}', "found \\ude00 by itself, half of a character", None),
    ],
)
def test_what_is_wrong_with_json_is_told(text: str, said: str, line: int | None):
    with pytest.raises(Unreadable) as caught:
        json_object(text)
    assert said in caught.value.said
    assert caught.value.line == line


def test_both_halves_of_a_character_are_one():
    assert json_object('{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_the_deepest_level_is_read_and_no_deeper():
    """The object itself is one."""
    at_most = "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)
    assert json_object(f'{{"a": {at_most}}}')
    with pytest.raises(Unreadable, match="more than 64 levels"):
        json_object(f'{{"a": [{at_most}]}}')


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("a = 1\nb =", "a syntax error", 2),
        ("a = 2026-02-30", "a syntax error", 1),
        ("a = " + "7" * 4301, "a whole number of more than 4300 digits", None),
        ("a = " + "[" * 5000, "more than 64 levels", None),
        ("a." * 5000 + "b = 1", "more than 64 levels", None),
    ],
)
def test_what_is_wrong_with_toml_is_told(text: str, said: str, line: int | None):
    with pytest.raises(Unreadable) as caught:
        toml_table(text)
    assert said in caught.value.said
    assert caught.value.line == line


def test_toml_is_read():
    assert toml_table('a = 1\n[b]\nc = ["d"]') == {"a": 1, "b": {"c": ["d"]}}


def test_a_long_value_is_cut_for_a_message():
    assert short("a" * 100) == "'" + "a" * 56 + "..."
    assert short({"a": 1}) == "{'a': 1}"
