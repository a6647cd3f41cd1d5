"""Files of one's own, read by what their table says of them: examples, or one sentence with the line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_files import SENTENCE, Write, read

from harness.domain.datasets import DatasetSpec, Examples
from harness.errors import BadInput, NotThere
from harness.tasks.datasets import reading
from harness.tasks.tags import Scheme, bioes_breaks, from_bioes, iob2, to_bioes, to_iob1


def refused(reader: str, path: Path, **options: Any) -> str:
    with pytest.raises(BadInput) as caught:
        read(reader, path, **options)
    return str(caught.value)


class TestTexts:
    def test_tabs_part_columns_and_a_quote_is_text(self, write: Write):
        """As GLUE's files: pandas' and csv's own default would swallow lines between two quotes."""
        path = write('text\tlabel\n"so bad\t1\nit is " good\t0\n')
        made = read("tsv", path, **SENTENCE)
        assert [(item.text, item.second, item.label, item.line) for item in made.examples] == [
            ('"so bad', None, "1", 2),
            ('it is " good', None, "0", 3),
        ]
        assert made.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_commas_part_columns_and_quotes_hold_what_they_enclose(self, write: Write):
        path = write('label,text\npos,"a, ""b""\nc"\nneg,d\n')
        made = read("csv", path, **SENTENCE)
        assert [(item.text, item.label, item.line) for item in made.examples] == [
            ('a, "b"\nc', "pos", 2), ("d", "neg", 4),
        ]  # fmt: skip

    def test_columns_may_be_places_and_there_need_be_no_header(self, write: Write):
        made = read("tsv", write("7\ta\tb\t1\n8\tc\td\t0\n"), text=1, pair=2, label=3, header=False)
        assert [(item.text, item.second, item.label) for item in made.examples] == [
            ("a", "b", "1"), ("c", "d", "0"),
        ]  # fmt: skip

    def test_labels_are_named_by_their_number_or_by_what_stands_there(self, write: Write):
        path = write("text\tlabel\na\t1\nb\t0\n")
        by_number = read("tsv", path, **SENTENCE, labels=["no", "yes"])
        by_value = read("tsv", path, **SENTENCE, labels={"0": "no", "1": "yes"})
        for made in (by_number, by_value):
            assert [item.label for item in made.examples] == ["yes", "no"]

    def test_another_separator(self, write: Write):
        made = read("csv", write("text;label\na,b;1\n"), **SENTENCE, separator=";")
        assert made.examples[0].text == "a,b"

    def test_counts_are_held_where_there_are_any(self, write: Write):
        path = write("text\tlabel\na\t1\n")
        assert len(read("tsv", path, **SENTENCE)) == 1
        assert len(read("tsv", path, counts={"samples": 1}, **SENTENCE)) == 1
        with pytest.raises(
            BadInput, match=r"data:2: found 1 examples, expected 2, which counts in its table"
        ):
            read("tsv", path, counts={"samples": 2}, **SENTENCE)

    @given(
        st.lists(
            st.tuples(
                st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20),
                st.sampled_from(["a", "b"]),
            ),
            min_size=1, max_size=5,
        )
    )  # fmt: skip
    @settings(max_examples=40, deadline=None)
    def test_what_csv_writes_is_read_back(self, tmp_path_factory, rows: list[tuple[str, str]]):
        import csv

        path = tmp_path_factory.mktemp("csv") / "data.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["text", "label"])
            writer.writerows(rows)
        assert [(item.text, item.label) for item in read("csv", path, **SENTENCE).examples] == rows


BAD_TEXTS = {
    "an empty file": ("tsv", b"", SENTENCE, "data: the file is empty"),
    "a header alone": ("tsv", b"text\tlabel\n", SENTENCE, "data:1: found no row below the header"),
    "a blank line": (
        "tsv", b"text\tlabel\na\t1\n\nb\t0\n", SENTENCE, "data:3: found a blank line, expected 2 columns",
    ),
    "no such column": (
        "tsv", b"text\tclass\na\t1\n", SENTENCE,
        "data:1: found 'text', 'class', expected the column 'label'",
    ),
    "a column twice": (
        "tsv", b"text\tlabel\tlabel\na\t1\t1\n", SENTENCE,
        "data:1: found 'text', 'label', 'label', expected the column 'label' once",
    ),
    "a place behind the last": (
        "tsv", b"a\t1\n", {"text": 0, "label": 2, "header": False},
        "data:1: found 2 columns, expected the column 2",
    ),
    "one short row": (
        "tsv", b"text\tlabel\na\t1\nb\nc\t0\n", SENTENCE, "data:3: found 1 column in 'b', expected 2 columns",
    ),
    "every row short": (
        "csv", b"text,label\na\nb\nc\n", SENTENCE, "every one of 3 lines has 1 column (line 2",
    ),
    "a quote that does not close": (
        "csv", b'text,label\n"a,1\nb,0\n', SENTENCE,
        "data:2: the row that begins here cannot be read (unexpected end of data)",
    ),
    "text behind a quote": (
        "csv", b'text,label\n"a" b,1\n', SENTENCE, "data:2: the row that begins here cannot be read",
    ),
    "a label without a name": (
        "tsv", b"text\tlabel\na\t1\nb\t-1\n", SENTENCE | {"labels": ["no", "yes"]},
        "data:3: found the label '-1' in the column label, expected one of 0 (no), 1 (yes)",
    ),
    "an empty label": (
        "tsv", b"text\tlabel\na\t \n", SENTENCE, "data:2: found the label ' ' in the column label",
    ),
    "no UTF-8": ("tsv", b"text\tlabel\n\xe9\t1\n", SENTENCE, "data:2: invalid UTF-8 at byte 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_bad_table_of_texts_is_one_sentence(name: str, write: Write):
    reader, content, options, said = BAD_TEXTS[name]
    message = refused(reader, write(content), **options)
    assert said in message
    assert "\n" not in message


class TestObjects:
    def test_a_line_is_an_object(self, write: Write):
        path = write('{"a": "x", "b": "y", "n": 1}\n{"a": "z", "b": "", "n": 0.5}\n')
        made = read("jsonl", path, text="a", pair="b", label="n")
        assert [(item.text, item.second, item.label) for item in made.examples] == [
            ("x", "y", "1"), ("z", "", "0.5"),
        ]  # fmt: skip

    def test_words_with_tags_by_number(self, write: Write):
        path = write('{"tokens": ["Ann", "ran"], "ner": [1, 0]}\n')
        made = read("jsonl", path, words="tokens", tags="ner", labels=["O", "B-PER"])
        assert [(item.words, item.tags) for item in made.examples] == [(("Ann", "ran"), ("B-PER", "O"))]
        assert made.counts == {"words": 2}

    @pytest.mark.parametrize(
        "answers",
        ['{"text": ["b"], "answer_start": [2]}', '[{"text": "b", "answer_start": 2}]'],
    )
    def test_answers_in_both_usual_forms(self, write: Write, answers: str):
        path = write(f'{{"q": "?", "c": "a b", "a": {answers}}}\n')
        made = read("jsonl", path, question="q", context="c", answers="a")
        assert [item.answers[0].text for item in made.examples] == ["b"]
        assert not made.examples[0].may_lack_answers

    BAD = (
        ('["a"]\n', {"text": "a", "label": "b"}, "1: found a list, expected a JSON object, expected a JSON"),
        ('{"a": "x"}\n', {"text": "a", "label": "b"}, "1: found no b among 'a', expected every column that"),
        ('{"a": 1, "b": "x"}\n', {"text": "a", "label": "b"}, "1: found '1' in a, expected a text"),
        ('{"a": "x", "b": null}\n', {"text": "a", "label": "b"}, "1: found the label 'None' in b"),
        ('{"a": "x", "b": NaN}\n', {"text": "a", "label": "b"}, "found NaN, expected a finite number"),
        ('{"w": ["a"], "t": []}\n', {"words": "w", "tags": "t"}, "found 1 words in w and 0 tags in t"),
        ('{"w": [], "t": []}\n', {"words": "w", "tags": "t"}, "found no word in w, expected one or more"),
        (
            '{"q": "?", "c": "a b", "a": {"text": [], "answer_start": []}}\n',
            {"question": "q", "context": "c", "answers": "a"},
            "found no answer in a, expected one or more, or no_answers = true in the table",
        ),
        (
            '{"q": "?", "c": "a b", "a": {"text": ["x"], "answer_start": [0]}}\n',
            {"question": "q", "context": "c", "answers": "a"},
            "found 'a' at character 0 of the context, expected 'x'",
        ),
    )

    @pytest.mark.parametrize(("content", "options", "said"), BAD)
    def test_a_bad_line_is_one_sentence(self, write: Write, content: str, options: Any, said: str):
        message = refused("jsonl", write(content), **options)
        assert said in message
        assert ":1:" in message

    def test_a_question_may_be_without_answers_where_the_table_says_so(self, write: Write):
        path = write('{"q": "?", "c": "a b", "a": {"text": [], "answer_start": []}}\n')
        made = read("jsonl", path, question="q", context="c", answers="a", no_answers=True)
        assert made.examples[0].may_lack_answers
        assert made.examples[0].answers == ()


class TestColumns:
    def test_words_and_tags_in_their_columns(self, write: Write):
        path = write("-DOCSTART- X O\n\n1 Ann B-PER\n2 ran O\n\n1 Rome B-LOC")
        made = read("columns", path, word=1)
        assert [(item.words, item.tags, item.line, item.closed) for item in made.examples] == [
            (("Ann", "ran"), ("B-PER", "O"), 3, True),
            (("Rome",), ("B-LOC",), 6, False),
        ]
        assert made.counts == {"words": 3}

    def test_comments_and_another_separator(self, write: Write):
        path = write("# id 1\nNew York\tB-LOC\n#\tO\n")
        made = read("columns", path, separator="\t", comment="# ")
        assert made.examples[0].words == ("New York", "#")

    SCHEMES = (
        ("I-PER I-PER O I-LOC B-LOC", "B-PER I-PER O B-LOC B-LOC"),  # IOB1, by what it begins with
        ("B-PER I-PER O B-LOC B-LOC", "B-PER I-PER O B-LOC B-LOC"),
        ("B-PER E-PER O S-LOC S-LOC", "B-PER I-PER O B-LOC B-LOC"),
        ("NOUN VERB X", "NOUN VERB X"),
        ("B I O B B", "B I O B B"),  # of one type that has no name
        ("B E O S S", "B I O B B"),
    )

    @pytest.mark.parametrize(("tags", "wanted"), SCHEMES)
    def test_tags_of_any_scheme_come_as_iob2(self, write: Write, tags: str, wanted: str):
        path = write("".join(f"w {tag}\n" for tag in tags.split()))
        assert " ".join(read("columns", path).examples[0].tags) == wanted

    BAD = (
        ("a O\nb\n", {}, "2: found 1 column in 'b', expected 2 as in the first row"),
        ("a\nb\n", {}, "every one of 2 lines has one column (line 1: found one column"),
        ("a O\n", {"tag": 4}, "1: found 2 columns in 'a | O', expected the tag in column 4"),
        ("a B-X\nb PER\n", {}, "1: found the tag 'PER', expected O, or B-, I- and a type: iob2"),
        ("a O\nb I-X\n", {"scheme": "iob2"}, "2: found I-X behind O, expected tags of iob2"),
        ("a B-X\nb I-X\n", {"scheme": "bioes"}, "2: found I-X behind B-X, expected tags of bioes"),
        (
            "a B-X\n",
            {"scheme": "iob1"},
            "1: found B-X behind the beginning of the sentence, expected tags of",
        ),
        ("\n\n", {}, "3: found no example"),
        ("", {}, "the file is empty"),
    )

    @pytest.mark.parametrize(("content", "options", "said"), BAD)
    def test_a_bad_file_is_one_sentence(self, write: Write, content: str, options: Any, said: str):
        if "3: found no example" in said:
            said = "found no example"
        assert said in refused("columns", write(content), **options)

    @given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), max_size=8))
    @settings(max_examples=100)
    def test_schemes_lead_back_to_iob2(self, tags: list[str]):
        plain = iob2(tags)
        assert from_bioes(to_bioes(plain)) == plain
        assert not list(bioes_breaks(to_bioes(plain)))
        assert iob2(to_iob1(plain)) == plain

    def test_the_documented_file_is_read_as_its_own_reader_reads_it(self, data_folder: Path):
        path = data_folder / "conll2003" / "test.txt"
        ours, theirs = read("columns", path), reading.module("conll").read(path, expected=3453)
        assert [(item.words, item.line) for item in ours.examples] == [
            (item.words, item.line) for item in theirs.examples
        ]
        assert [item.tags for item in ours.examples] == [iob2(item.tags) for item in theirs.examples]


class TestQuestions:
    def file(self, write: Write, *, version: str | None = None, **question: Any) -> Path:
        one = {"id": "q", "question": "who?", "answers": [{"text": "Ann", "answer_start": 0}]} | question
        told: dict[str, Any] = {"data": [{"paragraphs": [{"context": "Ann ran.", "qas": [one]}]}]}
        return write(json.dumps(told if version is None else told | {"version": version}))

    def test_without_a_word_of_impossible_questions_it_is_1_1(self, write: Write):
        made = read("squad_json", self.file(write, version="1.1"))
        assert not made.examples[0].may_lack_answers
        assert made.counts == {"articles": 1, "paragraphs": 1, "impossible": 0}

    def test_an_impossible_question_has_no_answer(self, write: Write):
        made = read("squad_json", self.file(write, version="v2.0", is_impossible=True, answers=[]))
        assert made.examples[0].answers == ()
        assert made.examples[0].may_lack_answers
        assert made.counts["impossible"] == 1

    def test_a_possible_question_of_2_0_may_lack_an_answer(self, write: Write):
        assert read("squad_json", self.file(write, is_impossible=False)).examples[0].may_lack_answers

    BAD = (
        ({"is_impossible": True}, ".answers: found 1 answers to a question that is_impossible"),
        (
            {"is_impossible": False, "answers": []},
            ".answers: found an empty list, expected one answer or more",
        ),
        ({"is_impossible": "yes"}, '.is_impossible: found "yes", expected true or false'),
        ({"answers": [{"text": "Bob", "answer_start": 0}]}, "found 'Ann' at character 0, expected 'Bob'"),
    )

    @pytest.mark.parametrize(("question", "said"), BAD)
    def test_a_bad_question_is_one_sentence(self, write: Write, question: dict[str, Any], said: str):
        message = refused("squad_json", self.file(write, **question))
        assert f"$.data[0].paragraphs[0].qas[0]{said}" in message or said in message
        assert "dev-v1.1.json" not in message


class TestParquet:
    def test_without_pyarrow_it_says_what_to_install(self, write: Write, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
        with pytest.raises(
            NotThere, match=r"parquet is read by pyarrow, which is not installed; pip install"
        ):
            read("parquet", write(b"PAR1"), **SENTENCE)

    def test_labels_are_named_by_the_file_itself(self, tmp_path: Path):
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        features = {"label": {"names": ["entailment", "neutral"], "_type": "ClassLabel"}}
        table = pyarrow.table({"text": ["a", "b"], "label": [1, 0]}).replace_schema_metadata(
            {"huggingface": json.dumps({"info": {"features": features}})}
        )
        parquet.write_table(table, tmp_path / "data.parquet")
        made = read("parquet", tmp_path / "data.parquet", **SENTENCE)
        assert [item.label for item in made.examples] == ["neutral", "entailment"]
        named = read("parquet", tmp_path / "data.parquet", **SENTENCE, labels=["x", "y"])
        assert [item.label for item in named.examples] == ["y", "x"]

    def test_tags_are_named_by_the_file_itself(self, tmp_path: Path):
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        features = {"ner_tags": {"feature": {"names": ["O", "B-PER"], "_type": "ClassLabel"}}}
        table = pyarrow.table({"tokens": [["Ann", "ran"]], "ner_tags": [[1, 0]]}).replace_schema_metadata(
            {"huggingface": json.dumps({"info": {"features": features}})}
        )
        parquet.write_table(table, tmp_path / "data.parquet")
        made = read("parquet", tmp_path / "data.parquet", words="tokens", tags="ner_tags")
        assert made.examples[0].tags == ("B-PER", "O")

    def test_what_is_no_parquet_is_one_sentence(self, write: Write):
        pytest.importorskip("pyarrow")
        assert "no parquet that can be read" in refused("parquet", write("text\tlabel\n"), **SENTENCE)

    def test_a_missing_column_is_named(self, tmp_path: Path):
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pyarrow.table({"text": ["a"]}), tmp_path / "data.parquet")
        said = refused("parquet", tmp_path / "data.parquet", **SENTENCE)
        assert "found 'text', expected label" in said


class TestOwn:
    CODE = """
def rows(path, *, upper=False):
    for line in path.read_text().splitlines():
        text, label = line.split("|")
        yield {"text": text.upper() if upper else text, "label": label}

def broken(path):
    yield {"text": "a", "label": "1"}
    raise KeyError("gone")

def wrong(path):
    yield {"text": "a"}

def nothing(path):
    return []
"""

    def test_a_function_of_ones_own_gives_rows(self, write: Write, tmp_path: Path):
        write(self.CODE, "mine.py")
        made = read(f"{tmp_path}/mine.py:rows", write("a|1\nb|0\n"), upper=True)
        assert [(item.text, item.label) for item in made.examples] == [("A", "1"), ("B", "0")]
        assert made.sha256 == hashlib.sha256(b"a|1\nb|0\n").hexdigest()

    BAD = (
        ("broken", r"mine\.py:broken raised KeyError\('gone'\) behind example 1; correct the function"),
        ("wrong", r"example 1 of .*mine\.py:wrong: found no label among 'text'"),
        ("nothing", r"mine\.py:nothing found no example"),
    )

    @pytest.mark.parametrize(("function", "said"), BAD)
    def test_what_it_does_wrong_is_one_sentence(self, write: Write, tmp_path: Path, function: str, said: str):
        write(self.CODE, "mine.py")
        with pytest.raises(BadInput, match=said):
            read(f"{tmp_path}/mine.py:{function}", write("a|1\n"))


def test_what_each_reader_gives():
    def given_by(reader: str, **options: Any) -> Examples | None:
        spec = DatasetSpec(name="own", title="own", reader=reader, file="data", options=options)
        return reading.examples_of(spec)

    assert given_by("sst2") is Examples.NUMBERED
    assert given_by("tsv", text=0, label=1) is Examples.TEXTS
    assert given_by("columns") is Examples.WORDS
    assert given_by("squad_json") is Examples.QUESTIONS
    assert given_by("jsonl", words="w", tags="t") is Examples.WORDS
    assert given_by("parquet", question="q", context="c", answers="a") is Examples.QUESTIONS
    assert given_by("/somewhere/mine.py:rows") is None
    assert Scheme("bioes") is Scheme.BIOES
