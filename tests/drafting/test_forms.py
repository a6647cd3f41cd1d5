"""The form of a data file, by its name and first lines; a guess that cannot be made is a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tuned

from harness.drafting.encoders import Task
from harness.drafting.forms import columns, form_of
from harness.errors import BadInput, NotThere, UsageError

SENTENCES = [tuned.sentence(at) for at in range(6)]


def formed(path: Path, content: str, told: Task | None = None, said: str | None = None):
    path.write_text(content, encoding="utf-8")
    return form_of(path, told, columns(said))


@pytest.mark.parametrize(
    ("name", "first", "options"),
    [
        ("dev.tsv", "sentence\tlabel", {"text": "sentence", "label": "label"}),
        ("dev.csv", "id,Text,Label", {"text": "Text", "label": "Label"}),
        ("a.tsv", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String",
         {"text": "#1 String", "pair": "#2 String", "label": "Quality"}),
        ("b.tsv", "index\tquestion\tsentence\tlabel",
         {"text": "question", "pair": "sentence", "label": "label"}),
        ("c.tsv", "index\tsentence1\tsentence2\tlabel1\tgold_label",
         {"text": "sentence1", "pair": "sentence2", "label": "gold_label"}),
        ("d.txt", "premise\thypothesis\tscore", {"text": "premise", "pair": "hypothesis", "label": "score"}),
    ],
)  # fmt: skip
def test_columns_are_found_by_their_usual_names(tmp_path: Path, name: str, first: str, options: dict):
    separator = "," if name.endswith("csv") else "\t"
    row = separator.join(["a"] * (first.count(separator) + 1))
    found = formed(tmp_path / name, f"{first}\n{row}\n{row}\n")
    assert (found.task, found.options) == (Task.SEQUENCES, options)
    assert found.reader == ("csv" if name.endswith("csv") else "tsv")


def test_of_two_columns_without_a_header_the_label_is_what_repeats(tmp_path: Path):
    rows = [f"{at % 2}\t{text}" for at, text in enumerate(SENTENCES)]
    found = formed(tmp_path / "x.tsv", "\n".join(rows))
    assert found.options == {"text": 1, "label": 0, "header": False}


def test_told_columns_are_taken(tmp_path: Path):
    """As CoLA's file needs it, which has four and no header."""
    rows = [f"gj04\t{at % 2}\t\t{text}" for at, text in enumerate(SENTENCES)]
    found = formed(tmp_path / "cola.tsv", "\n".join(rows), said="text=3,label=1")
    assert found.options == {"text": 3, "label": 1, "header": False}
    with pytest.raises(BadInput, match=r"found 4 columns and no header .*--columns text=COLUMN"):
        form_of(tmp_path / "cola.tsv", None, {})


@pytest.mark.parametrize(
    ("row", "task", "options"),
    [
        ({"sentence": "a", "label": 1}, Task.SEQUENCES, {"text": "sentence", "label": "label"}),
        ({"sentence1": "a", "sentence2": "b", "label": "0"}, Task.SEQUENCES,
         {"text": "sentence1", "pair": "sentence2", "label": "label"}),
        ({"id": "1", "tokens": ["a"], "ner_tags": [0]}, Task.TOKENS, {"words": "tokens", "tags": "ner_tags"}),
        ({"id": "1", "question": "a", "context": "b", "answers": {}}, Task.QUESTIONS,
         {"question": "question", "context": "context", "answers": "answers", "id": "id"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_objects_a_line_are_told_by_their_keys(
    tmp_path: Path, row: dict, task: Task, options: dict, suffix: str
):
    """CLUE calls such files .json."""
    found = formed(tmp_path / f"dev.{suffix}", f"{json.dumps(row)}\n" * 2)
    assert (found.task, found.reader, found.options) == (task, "jsonl", options)


def test_squad_is_one_object(tmp_path: Path):
    tuned.questions(tmp_path / "dev.json")
    found = form_of(tmp_path / "dev.json", None, {})
    assert (found.task, found.reader, found.options) == (Task.QUESTIONS, "squad_json", {})
    indented = json.dumps(json.loads((tmp_path / "dev.json").read_text()), indent=1)
    assert formed(tmp_path / "indented.json", indented).reader == "squad_json"


@pytest.mark.parametrize("separator", [" ", "\t"])
def test_words_with_tags(tmp_path: Path, separator: str):
    lines = ["-DOCSTART- -X- O", "", f"a{separator}X{separator}B-PER", f"b{separator}X{separator}O", "", ""]
    found = formed(tmp_path / "test.conll", "\n".join(lines))
    assert (found.task, found.reader) == (Task.TOKENS, "columns")
    plain = "\n".join([f"a{separator}NOUN", f"b{separator}VERB", "", f"c{separator}NOUN"])
    assert formed(tmp_path / "pos.txt", plain, told=Task.TOKENS).reader == "columns"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.tsv", "", "the file is empty"),
        ("words.txt", "hello\nworld\n", "found one column in 'hello', expected a text and its label"),
        ("excel.csv", "text;label\na;0\nb;1\n", "one column .*; columns are parted by commas in a .csv"),
        ("other.tsv", "foo\tbar\nlabel\tx\n", r"found two columns, none of which is more likely the label"),
        ("half.tsv", "sentence\tbar\na\tb\n", "found the columns 'sentence', 'bar', none of .* the label"),
        ("list.json", "[\n1]\n", "the first line is no JSON object"),
        ("torn.jsonl", "{\n", "the first line is no JSON object"),
        ("blank.csv", "\n\n  \n", "found no line that is not blank"),
    ],
)  # fmt: skip
def test_what_has_no_form_is_told(tmp_path: Path, name: str, content: str, message: str):
    with pytest.raises(BadInput, match=message):
        formed(tmp_path / name, content)


def test_a_missing_file_and_no_utf_8(tmp_path: Path):
    with pytest.raises(NotThere, match="no such file"):
        form_of(tmp_path / "none.tsv", None, {})
    (tmp_path / "x.tsv").write_bytes(b"\xff\xfea\n")
    with pytest.raises(BadInput, match="no UTF-8"):
        form_of(tmp_path / "x.tsv", None, {})


@pytest.mark.parametrize("name", ["dev.csv", "dev.tsv"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path, name: str):
    separator = "," if name.endswith("csv") else "\t"
    content = "\n".join([f"\ufeffQuality{separator}#1 String{separator}#2 String", separator.join("1ab")])
    found = formed(tmp_path / name, content)
    assert found.options == {"text": "#1 String", "pair": "#2 String", "label": "Quality"}


def test_blank_lines_at_the_end_are_no_rows(tmp_path: Path):
    rows = [f"{at % 2}\t{text}" for at, text in enumerate(SENTENCES)]
    found = formed(tmp_path / "x.tsv", "\n".join([*rows, "", "", ""]))
    assert found.options == {"text": 1, "label": 0, "header": False}


def test_long_fields_and_quotes_that_go_on_behind_the_first_lines(tmp_path: Path):
    """Python's csv refuses fields of more than 131072 characters."""
    many = "\n".join("x" for _ in range(300))
    for text in ("word " * 40_000, many):
        found = formed(tmp_path / "x.csv", f'text,label\na,1\n"{text}",0\n')
        assert found.options == {"text": "text", "label": "label"}


@pytest.mark.parametrize("comment", ["# id 7 domain=en", "# sentence", "# a b c d e"])
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_comments_are_told_to_the_reader(tmp_path: Path, comment: str, separator: str):
    lines = [comment, f"a{separator}B-PER", f"b{separator}O", "", comment, f"c{separator}O", ""]
    found = formed(tmp_path / "x.conll", "\n".join(lines))
    tab = {"separator": "\t"} if separator == "\t" else {}
    assert (found.reader, found.options) == ("columns", {**tab, "comment": "# "})


def test_the_word_that_looks_like_a_comment_is_one(tmp_path: Path):
    lines = ["# O", "a B-PER", "", "b O", "# O"]
    assert formed(tmp_path / "x.conll", "\n".join(lines)).options == {}
    plain = ["# SYM", "a NOUN", "", "b SYM"]
    assert formed(tmp_path / "y.conll", "\n".join(plain), told=Task.TOKENS).options == {}


def test_where_both_stand_in_a_file_it_is_asked_for(tmp_path: Path):
    """To pass over the word would leave it out in silence."""
    content = "\n".join(["# id 7 x", "a B-PER", "# O", "", "b O"])
    with pytest.raises(BadInput, match=r"x.conll:3: found lines that begin with '# ', .*comment=# id'"):
        formed(tmp_path / "x.conll", content)
    said = "word=0,tag=-1,comment=# id"
    assert formed(tmp_path / "x.conll", content, said=said).options["comment"] == "# id"


BAD_COLUMNS = (
    ("a.tsv", "foo=1", ["text: found no value", "label: found no value", "foo: found 1, expected no such"]),
    ("a.tsv", "text=-1,label=1", ["text: found -1, expected a place from 0"]),
    ("a.tsv", "text=0,label=0,foo=1", ["foo: found 1", "found the columns 0, 0, expected another for each"]),
    ("a.tsv", "text=0,label=1,quoting=no", ["quoting: found \"no\", expected "]),
    ("a.jsonl", "text=a,label=a,foo=1", ["foo: found \"1\", expected no such key"]),
    ("a.jsonl", "text=a", ["label: found no value, expected the column of the label"]),
    ("a.txt", "word=0,tag=0,foo=1", ["foo: found 1", "tag: found 0, expected another column"]),
    ("a.json", "text=a", ["text: found \"a\", expected no options"]),
)  # fmt: skip


@pytest.mark.parametrize(("name", "said", "expected"), BAD_COLUMNS)
def test_columns_that_the_reader_does_not_take_are_told_as_typed(
    tmp_path: Path, name: str, said: str, expected: list[str]
):
    """All at once; the ones that were not held against the reader ended with a traceback."""
    made = {
        "a.tsv": "a\tb\n" * 3, "a.jsonl": '{"a": "b"}\n' * 3, "a.txt": "a O\n\nb B-X\n",
        "a.json": '{"version": "1.1", "data": []}',
    }  # fmt: skip
    with pytest.raises(UsageError) as caught:
        formed(tmp_path / name, made[name], said=said)
    assert str(caught.value).startswith(f"--columns {said}: ")
    for part in expected:
        assert part in str(caught.value)


def test_a_column_is_said_once():
    with pytest.raises(UsageError, match="--columns text=a,text=b: found text twice, expected it once"):
        columns("text=a,text=b")


@pytest.mark.parametrize("text", ["text", "text=", "=3", "text=1,,label=2"])
def test_columns_that_say_nothing_are_refused(text: str):
    with pytest.raises(UsageError, match=r"--columns .*: found .*, expected NAME=COLUMN"):
        columns(text)
