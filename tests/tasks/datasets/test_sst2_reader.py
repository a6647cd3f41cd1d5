"""SST-2's dev.tsv: read as the original scripts read it, or refused with file, line and remedy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadInput, NotThere
from harness.tasks.datasets import sst2
from harness.tasks.datasets.sst2 import SentenceExample

HEADER = b"sentence\tlabel\n"

# What may stand in a sentence: anything but a tab, NUL, line feed, carriage return, lone surrogates.
SENTENCES = st.text(st.characters(codec="utf-8", exclude_characters="\t\0\n\r"))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes the bytes to a dev.tsv and returns its path."""

    def write(data: bytes) -> Path:
        path = tmp_path / "dev.tsv"
        path.write_bytes(data)
        return path

    return write


def rows(path: Path) -> list[tuple[str, int]]:
    return [(example.text, example.label) for example in sst2.read(path, expected=None).examples]


def test_each_row_is_an_example_with_its_line(write):
    data = HEADER + b"a fine film . \t1\nno film at all\t0\n"
    dataset = sst2.read(write(data), expected=2)
    assert dataset.examples == (
        SentenceExample(text="a fine film . ", label=1, line=2),
        SentenceExample(text="no film at all", label=0, line=3),
    )
    assert dataset.name == "sst2"
    assert len(dataset) == 2


def test_sha256_is_of_the_bytes_of_the_file(write):
    data = (HEADER + b"a\t1\n").replace(b"\n", b"\r\n")
    assert sst2.read(write(data), expected=1).sha256 == hashlib.sha256(data).hexdigest()


def test_crlf_gives_the_same_examples(write):
    data = HEADER + b"a film \t1\nno film\t0\n"
    plain = sst2.read(write(data), expected=2).examples
    assert sst2.read(write(data.replace(b"\n", b"\r\n")), expected=2).examples == plain


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_last_line_without_an_end(write, end):
    assert rows(write((HEADER + b"a\t1\nb\t0").replace(b"\n", end))) == [("a", 1), ("b", 0)]


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (HEADER + b"a\t1\nb\t0\r\nc\t1", 3, "a carriage return and a line feed, expected a line feed alone"),
        (b"sentence\tlabel\r\na\t1\r\nb\t0\n\r\n", 3, "a line feed alone, expected a carriage return"),
    ],
)
def test_line_ends_of_both_kinds_are_an_error(write, data, line, message):
    """Two files that were joined, or one that an editor half converted."""
    with pytest.raises(BadInput, match=rf"dev\.tsv:{line}: the line ends with {message}"):
        sst2.read(write(data), expected=None)


@pytest.mark.parametrize(
    "text",
    ['"a', 'a "b" c', '""', '"a\\', "a\u2028b", "a\x0bb", "a\x0cb", "a\x85b", "a\x1cb", "a\ufeffb"],
    ids=ascii,
)
def test_characters_that_csv_or_splitlines_would_take_for_structure_are_text(write, text):
    assert rows(write(HEADER + f"{text}\t1\nnext\t0\n".encode())) == [(text, 1), ("next", 0)]


@pytest.mark.parametrize("text", ["", " ", "  a  b ", " a\xa0"], ids=ascii)
def test_blanks_of_the_text_stay_and_an_empty_text_is_a_sample(write, text):
    """As in the original, whose tokenizer, not its reader, drops blanks."""
    assert rows(write(HEADER + f"{text}\t1\n".encode())) == [(text, 1)]


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        pytest.param(b"a\t1\nb\t0\n", 1, r"found 'a\\t1', expected the header", id="no-header"),
        pytest.param(b"text\tlabel\na\t1\n", 1, "expected the header", id="other-header"),
        pytest.param(b"\na\t1\n", 1, "found '', expected the header", id="blank-header"),
        pytest.param(HEADER, 1, "no sentence below the header", id="header-only"),
        pytest.param(HEADER.rstrip(), 1, "no sentence below the header", id="header-only-unended"),
        pytest.param(HEADER + b"a\t1\nb\n", 3, "found 1 column in 'b', expected", id="missing-column"),
        pytest.param(HEADER + b"a\t1\n  \n", 3, "found 1 column in '  '", id="blanks-only"),
        pytest.param(HEADER + b"a\t1\nb\tc\t0\n", 3, "found 3 columns in", id="too-many-columns"),
        pytest.param(HEADER + b"a\t1\t\n", 2, "found 3 columns in", id="tab-at-the-end"),
        pytest.param(HEADER + b"a\t1\n\nb\t0\n", 3, "blank line", id="blank-line"),
        pytest.param(HEADER + b"a\t1\n\n", 3, "blank line", id="blank-line-at-the-end"),
        pytest.param(HEADER + b"a\t2\n", 2, "the label '2', expected 0", id="label-2"),
        pytest.param(HEADER + b"a\t-1\n", 2, "the label '-1'", id="label-negative"),
        pytest.param(HEADER + b"a\tgood\n", 2, "the label 'good'", id="label-word"),
        pytest.param(HEADER + b"a\t\n", 2, "the label ''", id="label-empty"),
        pytest.param(HEADER + b"a\t1 \n", 2, "the label '1 '", id="label-with-blank"),
        pytest.param(HEADER + b"a\t1.0\n", 2, "the label '1.0'", id="label-fraction"),
        pytest.param(HEADER + "a\t１\n".encode(), 2, r"the label '\\uff11'", id="label-full-width"),
        pytest.param(HEADER + b"a\t1\nb\xff\t0\n", 3, r"byte 2 of the line \(offset 20 ", id="utf-8"),
        pytest.param(HEADER + b"\xe9\t1\n", 2, r"byte 1 of the line \(offset 15 .*found 0xe9", id="latin-1"),
        pytest.param(HEADER + b"a\t1\nb\xe4", 3, r"byte 2 of the line \(offset 20 ", id="utf-8-cut-off"),
        pytest.param("sentence\tlabel\na\t1\n".encode("utf-16"), 1, "byte 1 of the line", id="utf-16"),
        pytest.param(HEADER + b"a\t1\nbc\0\t0\n", 3, "a NUL at character 3 ", id="nul"),
        pytest.param(HEADER + b"a\t1\nb\rc\t0\n", 3, "a carriage return .* at character 2 ", id="lone-cr"),
        pytest.param(HEADER + b"a\t1\r\r\n", 2, "a carriage return .* at character 4 ", id="cr-cr-lf"),
        pytest.param(HEADER + b"a\t1\r", 2, "a carriage return .* at character 4 ", id="cr-at-the-end"),
        pytest.param(b"sentence\tlabel\ra\t1\r", 1, "a carriage return", id="cr-only"),
    ],
)
def test_a_bad_file_is_an_error_with_file_line_and_remedy(write, data, line, message):
    path = write(data)
    with pytest.raises(BadInput, match=message) as caught:
        sst2.read(path, expected=None)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert caught.value.line == line
    assert caught.value.remedy


@pytest.mark.parametrize("expected", [1, 3, 872])
def test_a_count_other_than_the_expected_one_is_an_error(write, expected):
    path = write(HEADER + b"a\t1\nb\t0\n")
    with pytest.raises(BadInput, match=f"found 2 sentences, expected {expected}; put") as caught:
        sst2.read(path, expected=expected)
    assert caught.value.line == 3


def test_an_empty_file_is_an_error(write):
    path = write(b"")
    with pytest.raises(BadInput, match="the file is empty") as caught:
        sst2.read(path, expected=None)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_file_names_the_path_and_the_remedy(tmp_path):
    with pytest.raises(NotThere, match=r"dev\.tsv: no such file; put the dev\.tsv of GLUE's SST-2 there"):
        sst2.read(tmp_path / "dev.tsv", expected=872)


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        sst2.read(tmp_path, expected=None)


def test_a_long_line_is_shortened_in_the_message(write):
    with pytest.raises(BadInput) as caught:
        sst2.read(write(HEADER + b"x" * 5000 + b"\n"), expected=None)
    assert "x" * 60 + "..." in str(caught.value)
    assert "x" * 61 not in str(caught.value)


@settings(deadline=None)
@given(
    examples=st.lists(st.tuples(SENTENCES, st.integers(0, 1)), min_size=1),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_what_is_written_is_read_back(tmp_path_factory, examples, end, last):
    path = tmp_path_factory.getbasetemp() / "round-trip.tsv"
    text = end.join(["sentence\tlabel", *(f"{text}\t{label}" for text, label in examples)])
    path.write_bytes((text + end * last).encode())
    read = sst2.read(path, expected=len(examples)).examples
    assert [(example.text, example.label) for example in read] == examples
    assert [example.line for example in read] == list(range(2, len(examples) + 2))


def test_the_documented_dev_set():
    """872 sentences (GLUE), 444 of them positive; nothing in the file is refused."""
    folder = os.environ.get("ZOOCHECK_DATA")
    if not folder or not (Path(folder) / "sst2" / "dev.tsv").is_file():
        pytest.skip("no SST-2: set ZOOCHECK_DATA to the folder that holds sst2/dev.tsv")
    dataset = sst2.read(Path(folder) / "sst2" / "dev.tsv", expected=872)
    assert sum(example.label for example in dataset.examples) == 444
    assert dataset.examples[0].text == "it 's a charming and often affecting journey . "


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((b"index\tsentence\tlabel", b"0\tgood\t1", b"1\tbad\t0"), "has 3 columns"),
        ((b"label\tsentence", b"1\tgood", b"0\tbad"), "has another label"),
        ((b"sentence;label", b"good;1", b"bad;0"), "has 1 column"),
        ((b'{"sentence": "good", "label": 1}', b'{"sentence": "bad", "label": 0}'), "has 1 column"),
    ],
)
def test_another_form_of_every_line_is_told_once_as_the_files(write, rows, said):
    with pytest.raises(
        BadInput, match=rf"every one of {len(rows)} lines {said} \(line 1: .*the documented file"
    ):
        sst2.read(write(b"\n".join(rows) + b"\n"), expected=None)
