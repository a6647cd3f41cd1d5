"""Headings and quotes of tables of texts: what the file shows is taken, and told; else what the user says."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import tuned
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.datasets import DatasetSpec
from harness.drafting.encoders import Task
from harness.drafting.forms import columns, form_of
from harness.drafting.kinds_of_columns import Form
from harness.drafting.written_tables import FEWEST, begins_with_heading, is_quoted
from harness.errors import BadInput, UsageError
from harness.tasks.datasets import reading

WORDS = ["neg", "pos"] * FEWEST
HEADED = [("comment", "verdict"), *((tuned.sentence(at), label) for at, label in enumerate(WORDS))]


def laid(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """Rows with tabs, as they are."""
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def by_csv(rows: Sequence[Sequence[Any]], **writing: Any) -> str:
    """Rows with tabs, as ``csv`` writes them."""
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t", lineterminator="\n", **writing).writerows(rows)
    return stream.getvalue()


def read(path: Path, form: Form) -> list[tuple[str, str]]:
    """The texts and labels that the form's reader finds."""
    spec = DatasetSpec(
        name="data", title="data", reader=form.reader, file=path.name, path=str(path), options=form.options
    )
    return [(item.text, item.label) for item in reading.read(spec, path, whole=False).examples]


@pytest.mark.parametrize("said", [None, "text=0,label=1", "text=comment,label=1", "text=0,label=verdict",
                                  "text=0,label=1,header=yes", "header=yes"])  # fmt: skip
def test_a_heading_of_unusual_words_is_no_sample(tmp_path: Path, said: str | None):
    path = laid(tmp_path / "dev.tsv", HEADED)
    form = form_of(path, None, columns(said))
    assert read(path, form) == HEADED[1:]
    guessed = any(note.startswith("header: the first line, 'comment, verdict'") for note in form.notes)
    assert guessed == (said in (None, "text=0,label=1"))


@pytest.mark.parametrize("said", ["text=0,label=1,header=no", "header=no"])
def test_that_the_first_line_is_a_sample_can_be_said(tmp_path: Path, said: str):
    path = laid(tmp_path / "dev.tsv", HEADED)
    assert read(path, form_of(path, None, columns(said))) == HEADED


def test_a_first_line_that_is_like_the_others_is_a_sample_and_that_is_told(tmp_path: Path):
    path = laid(tmp_path / "dev.tsv", HEADED[1:])
    form = form_of(path, None, columns("text=0,label=1"))
    assert read(path, form) == HEADED[1:]
    assert "header: none, the first line is a sample; --columns header=yes says otherwise" in form.notes


@pytest.mark.parametrize(
    ("labels", "heading"),
    [
        (["stars", "1", "2", "3"], True),
        (["mark", "0.25", "-1e-3", "nan"], True),
        (["4", "1", "2", "3"], False),
        (["verdict", *WORDS], True),
        (["pos", *WORDS], False),
        (["verdict", *WORDS, "neutral"], False),
        (["verdict", *WORDS[: FEWEST - 1]], False),
        (["verdict"], False),
    ],
)
def test_a_heading_is_what_stands_nowhere_else_where_all_others_do(labels: list[str], heading: bool):
    assert begins_with_heading(labels) == heading


def test_other_words_for_yes_and_no_are_told():
    with pytest.raises(UsageError, match="header: found 'maybe', expected yes or no"):
        columns("text=0,label=1,header=maybe")


QUOTED = [
    ("sentence", "label"),
    ('he said "x"', "1"),
    ("a tab\tinside", "0"),
    ("two\nlines", "1"),
    ("plain", "0"),
]


@pytest.mark.parametrize(
    "writing",
    [{"quoting": csv.QUOTE_MINIMAL}, {"quoting": csv.QUOTE_ALL}, {"quoting": csv.QUOTE_NONNUMERIC}],
    ids=["minimal", "all", "texts"],
)
def test_the_quotes_of_a_writer_are_taken_off(tmp_path: Path, writing: Mapping[str, Any]):
    rows = [(text, label if label == "label" else int(label)) for text, label in QUOTED]
    path = tmp_path / "dev.tsv"
    path.write_text(by_csv(rows, **writing), encoding="utf-8")
    form = form_of(path, None, {})
    assert read(path, form) == QUOTED[1:]
    assert any(note.startswith("quotes: stand around what columns hold") for note in form.notes)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(['"it is great ."', "no quotes"], id="around a sentence, for no need"),
        pytest.param(['"it is" great', "no quotes"], id="at the beginning"),
        pytest.param(['6 " wide', 'said "x"'], id="inside"),
        pytest.param(['"a ""b"" c"', '"never ends'], id="one that does not pair"),
        pytest.param(['"a ""b"" c"', 'and "one"'], id="one that is not doubled"),
    ],
)
def test_quotes_of_glue_are_text(tmp_path: Path, texts: list[str]):
    rows = [(text, str(at)) for at, text in enumerate(texts)]
    path = laid(tmp_path / "dev.tsv", [("sentence", "label"), *rows])
    assert read(path, form_of(path, None, {})) == rows


def test_what_quotes_are_can_be_said(tmp_path: Path):
    plain = laid(tmp_path / "plain.tsv", [("sentence", "label"), ('"it is great ."', "1"), ("b", "0")])
    assert "quotes: are text; --columns quoting=minimal takes them off" in form_of(plain, None, {}).notes
    assert read(plain, form_of(plain, None, columns("quoting=minimal")))[0] == ("it is great .", "1")
    quoted = tmp_path / "quoted.tsv"
    quoted.write_text(by_csv(QUOTED[:2], quoting=csv.QUOTE_ALL), encoding="utf-8")
    assert read(quoted, form_of(quoted, None, columns("quoting=none,text=0,label=1,header=yes")))[0] == (
        '"he said ""x"""', '"1"',
    )  # fmt: skip


@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="\r\x00", exclude_categories=["Cs"])), st.just("1")
        ),
        min_size=1,
    )
)
def test_what_csv_writes_is_known_for_it(rows: list[tuple[str, str]]):
    text = by_csv(rows)
    assert is_quoted(text.removesuffix("\n").split("\n"), "\t") == ('"' in text)


def test_another_separator_can_be_said(tmp_path: Path):
    path = tmp_path / "dev.csv"
    path.write_text("text;label\na, b;1\nc;0\n", encoding="utf-8")
    form = form_of(path, None, columns("text=text,label=label,separator=;"))
    assert read(path, form) == [("a, b", "1"), ("c", "0")]


def test_words_in_a_table_are_told_how_words_are_read(tmp_path: Path):
    path = tmp_path / "ner.csv"
    path.write_text("word,tag\nfoo,O\nbar,B-PER\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"found 'word,tag', expected a word and its tag .*; write a word"):
        form_of(path, Task.TOKENS, {})


def test_an_object_of_columns_is_not_squads(tmp_path: Path):
    path = tmp_path / "obj.json"
    path.write_text('{\n "text": ["a"],\n "label": [1]\n}\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"found one object with 'text', 'label', expected SQuAD's, .*\.jsonl"):
        form_of(path, None, {})
