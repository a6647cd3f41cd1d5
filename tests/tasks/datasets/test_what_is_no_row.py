"""What stands in data files and is no sample: byte order marks, blank ends, comments, labels without gold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from own_files import SENTENCE, Write, read

from harness.errors import BadInput

MARK = b"\xef\xbb\xbf"
QUESTION = {"id": "q", "question": "who?", "answers": [{"text": "Ann", "answer_start": 0}]}
SQUAD = json.dumps(
    {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": "Ann ran.", "qas": [QUESTION]}]}]}
)


@pytest.mark.parametrize(
    ("reader", "content", "options"),
    [
        ("csv", "text,label\na,1\n", SENTENCE),
        ("csv", '"text",label\na,1\n', SENTENCE),
        ("tsv", "text\tlabel\na\t1\n", SENTENCE),
        ("tsv", "a\t1\n", {"text": 0, "label": 1, "header": False}),
        ("jsonl", '{"text": "a", "label": 1}\n', SENTENCE),
        ("columns", "a O\n\nb O\n", {}),
        ("columns", "-DOCSTART- O\n\na O\n", {}),
        ("squad_json", SQUAD, {}),
        ("squad", SQUAD, {}),
        ("sst2", "sentence\tlabel\na\t1\n", {}),
        ("conll", "a NN B-NP O\n\n", {}),
        ("peoples_daily", "海 B-LOC\n\n", {}),
    ],
)
def test_a_byte_order_mark_at_the_beginning_is_none_of_the_text(
    write: Write, reader: str, content: str, options: dict[str, Any]
):
    """Excel writes one into a csv, and MRPC's own file has one: a column was called U+FEFF Quality."""
    plain = read(reader, write(content), **options)
    marked = read(reader, write(MARK + content.encode()), **options)
    assert marked.examples == plain.examples
    assert marked.sha256 != plain.sha256


def test_a_byte_order_mark_elsewhere_is_text(write: Write):
    made = read("tsv", write("text\tlabel\n\ufeffa\t1\n"), **SENTENCE)
    assert made.examples[0].text == "\ufeffa"


def test_a_mark_alone_is_an_empty_file(write: Write):
    with pytest.raises(BadInput, match="data: the file is empty"):
        read("tsv", write(MARK), **SENTENCE)


@pytest.mark.parametrize("end", ["\n", "\n\n\n", "  \n", "\n  "])
@pytest.mark.parametrize(
    ("reader", "content"),
    [("tsv", "text\tlabel\na\t1\n"), ("csv", "text,label\na,1\n"), ("jsonl", '{"text": "a", "label": 1}\n')],
)
def test_blank_lines_at_the_end_are_no_rows(write: Write, reader: str, content: str, end: str):
    assert len(read(reader, write(content + end), counts={"samples": 1}, **SENTENCE)) == 1


@pytest.mark.parametrize(
    ("reader", "content", "line"),
    [
        ("tsv", "text\tlabel\na\t1\n\nb\t1\n\n", 3),
        ("jsonl", '{"text": "a", "label": 1}\n\n{"text": "a", "label": 1}\n', 2),
    ],
)
def test_a_blank_line_between_rows_is_told(write: Write, reader: str, content: str, line: int):
    with pytest.raises(BadInput, match=f"data:{line}: found a blank line"):
        read(reader, write(content), **SENTENCE)


def test_a_row_of_empty_columns_at_the_end_is_a_row(write: Write):
    with pytest.raises(BadInput, match="data:3: found the label '' in the column label"):
        read("tsv", write("text\tlabel\na\t1\n\t\n"), **SENTENCE)


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize(("reader", "separator"), [("csv", ","), ("tsv", "\t")])
def test_a_field_may_be_of_any_length(write: Write, reader: str, separator: str, quote: str):
    """Python's csv refuses more than 131072 characters, which a long article has."""
    quoting = {"quoting": "minimal"} if quote else {}
    text = "word " * 40_000
    content = f"text{separator}label\n{quote}{text}{quote}{separator}1\n"
    assert read(reader, write(content), **SENTENCE, **quoting).examples[0].text == text


LEFT_OUT = (
    ("tsv", "text\tlabel\na\tx\nb\t-\nc\ty\nd\t-\n", {}),
    ("csv", "text,label\na,0\nb,-\nc,1\nd, -\n", {"labels": ["x", "y"]}),
    (
        "jsonl",
        "".join(
            f'{{"text": "{text}", "label": "{label}"}}\n' for text, label in zip("abcd", "x-y-", strict=True)
        ),
        {},
    ),
)


@pytest.mark.parametrize(("reader", "content", "options"), LEFT_OUT)
def test_labels_without_gold_are_left_out_and_counted(
    write: Write, reader: str, content: str, options: dict[str, Any]
):
    made = read(
        reader, write(content), counts={"samples": 2, "left_out": 2}, leave_out=["-"], **SENTENCE, **options
    )
    assert [(item.text, item.label) for item in made.examples] == [("a", "x"), ("c", "y")]
    with pytest.raises(BadInput, match="found 2 left_out, expected 1"):
        read(reader, write(content), counts={"left_out": 1}, leave_out=["-"], **SENTENCE, **options)


def test_a_label_is_left_out_by_its_name_too(write: Write):
    labels = {"0": "x", "1": "y", "2": "unsure"}
    made = read(
        "tsv", write("text\tlabel\na\t0\nb\t2\n"), **SENTENCE, labels=labels, leave_out=["unsure"]
    )  # fmt: skip
    assert [item.text for item in made.examples] == ["a"]


def test_where_all_are_left_out_it_is_told(write: Write):
    with pytest.raises(BadInput, match="found no example: all of 2 rows have a label that leave_out names"):
        read("tsv", write("text\tlabel\na\t-\nb\t-\n"), **SENTENCE, leave_out=["-"])


def test_numbers_of_parquet_are_left_out(tmp_path: Path):
    """The hub's SNLI has -1 where the file has no gold label, beside names for the other numbers."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    features = {"label": {"names": ["entailment", "neutral"], "_type": "ClassLabel"}}
    table = pyarrow.table({"text": ["a", "b"], "label": [1, -1]}).replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    parquet.write_table(table, tmp_path / "data.parquet")
    made = read("parquet", tmp_path / "data.parquet", **SENTENCE, leave_out=["-1"])
    assert [item.label for item in made.examples] == ["neutral"]
    assert made.counts == {"left_out": 1}


def test_comments_are_counted(write: Write):
    made = read("columns", write("# id 1\na O\n\n# id 2\nb O\n"), comment="# ")
    assert [item.words for item in made.examples] == [("a",), ("b",)]
    assert made.counts == {"words": 2, "comments": 2}
