"""SQuAD's dev-v1.1.json: read as the original scripts read it, or refused with file, JSON path and remedy."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadInput, NotThere
from harness.tasks.datasets import squad
from harness.tasks.datasets.squad import Answer, QuestionExample

CONTENT = {
    "data": [
        {
            "title": "One",
            "paragraphs": [
                {
                    "context": "The Broncos won.\u202fÉcole 😀 end",
                    "qas": [
                        {
                            "id": "q1",
                            "question": "Who won?",
                            "answers": [
                                {"text": "Broncos", "answer_start": 4},
                                {"text": "😀", "answer_start": 23},
                            ],
                        },
                        {"id": "q2", "question": "", "answers": [{"text": "T", "answer_start": 0}]},
                    ],
                }
            ],
        },
        {
            "title": "Two",
            "paragraphs": [
                {
                    "context": "x",
                    "qas": [{"id": "q3", "question": "?", "answers": [{"text": "x", "answer_start": 0}]}],
                }
            ],
        },
    ],
    "version": "1.1",
}
P0 = "$.data[0].paragraphs[0]"  # where things are
P1 = "$.data[1].paragraphs"
QA = f"{P0}.qas[0]"
START = f"{QA}.answers[1].answer_start"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes bytes, or a value as JSON, to a dev-v1.1.json and returns its path."""

    def write(content: Any) -> Path:
        path = tmp_path / "dev-v1.1.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


def changed(*steps: Any, to: Any) -> dict[str, Any]:
    """`CONTENT` with another value at `steps`."""
    content = copy.deepcopy(CONTENT)
    place: Any = content
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = to
    return content


def without(*steps: Any) -> dict[str, Any]:
    """`CONTENT` without the key at `steps`."""
    content = copy.deepcopy(CONTENT)
    place: Any = content
    for step in steps[:-1]:
        place = place[step]
    del place[steps[-1]]
    return content


PARAGRAPH = ("data", 0, "paragraphs", 0)
QUESTION = (*PARAGRAPH, "qas", 0)
ANSWER = (*QUESTION, "answers", 1)


def test_each_question_is_an_example_with_its_place(write):
    dataset = squad.read(write(CONTENT), expected=3)
    context = "The Broncos won.\u202fÉcole 😀 end"
    assert dataset.examples[0] == QuestionExample(
        id="q1", question="Who won?", context=context,
        answers=(Answer(text="Broncos", start=4), Answer(text="😀", start=23)), where=QA,
    )  # fmt: skip
    assert [example.id for example in dataset.examples] == ["q1", "q2", "q3"]
    assert dataset.examples[2].where == "$.data[1].paragraphs[0].qas[0]"
    assert dataset.name == "squad"
    assert dataset.counts == {"articles": 2, "paragraphs": 2}


def test_questions_of_a_paragraph_share_its_context(write):
    one, other, _ = squad.read(write(CONTENT), expected=3).examples
    assert one.context is other.context


def test_sha256_is_of_the_bytes_of_the_file(write):
    path = write(CONTENT)
    assert squad.read(path, expected=3).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_keys_that_nobody_needs_are_let_be(write):
    content = changed("data", 0, "paragraphs", 0, "qas", 0, "is_impossible", to=False)
    assert len(squad.read(write(content), expected=3)) == 3


@pytest.mark.parametrize(
    ("content", "at", "message"),
    [
        pytest.param([], "$", r"found \[\], expected an object", id="list"),
        pytest.param({}, "$.data", "no such key; the keys are none, expected a list", id="no-data"),
        pytest.param({"datum": []}, "$.data", "no such key; the keys are 'datum'", id="misspelt-data"),
        pytest.param({"data": None}, "$.data", "found null, expected a list", id="null"),
        pytest.param({"data": []}, "$.data", "found an empty list", id="no-article"),
        pytest.param({"data": [1]}, "$.data[0]", "found 1, expected an object", id="number-for-article"),
        pytest.param(without("data", 1, "paragraphs"), P1, "no such key", id="no-paragraphs"),
        pytest.param(changed("data", 1, "paragraphs", to={}), P1, r"found \{\}", id="object"),
        pytest.param(without(*PARAGRAPH, "context"), f"{P0}.context", "no such", id="no-context"),
        pytest.param(changed(*PARAGRAPH, "context", to=["x"]), f"{P0}.context",
                     r'found \["x"\], expected a text', id="list-for-context"),
        pytest.param(changed(*PARAGRAPH, "qas", to=[]), f"{P0}.qas", "empty list", id="no-qas"),
        pytest.param(without(*QUESTION, "id"), f"{QA}.id", "no such key", id="no-id"),
        pytest.param(changed(*QUESTION, "id", to=7), f"{QA}.id", "found 7, expected a text", id="number"),
        pytest.param(changed("data", 1, "paragraphs", 0, "qas", 0, "id", to="q1"),
                     "$.data[1].paragraphs[0].qas[0].id",
                     "found 'q1' again, expected it once: it stands at .*qas.0..id",
                     id="duplicate-id"),
        pytest.param(without(*QUESTION, "question"), f"{QA}.question", "no such key", id="no-question"),
        pytest.param(changed(*QUESTION, "question", to=None), f"{QA}.question", "found null", id="null-text"),
        pytest.param(without(*QUESTION, "answers"), f"{QA}.answers", "no such key", id="no-answers"),
        pytest.param(changed(*QUESTION, "answers", to=[]), f"{QA}.answers", "SQuAD 2.0 has questions without",
                     id="unanswerable"),
        pytest.param(without(*ANSWER, "text"), f"{QA}.answers[1].text", "no such key", id="no-text"),
        pytest.param(changed(*ANSWER, "text", to=""), f"{QA}.answers[1].text", "empty text", id="no-words"),
        pytest.param(without(*ANSWER, "answer_start"), START, "no such", id="no-start"),
        pytest.param(changed(*ANSWER, "answer_start", to="23"), START,
                     'found "23", expected a whole number', id="text-for-start"),
        pytest.param(changed(*ANSWER, "answer_start", to=23.0), START,
                     "found 23.0, expected a whole number", id="fraction-for-start"),
        pytest.param(changed(*ANSWER, "answer_start", to=True), START,
                     "found true, expected a whole number", id="bool-for-start"),
        pytest.param(changed(*ANSWER, "answer_start", to=22), START,
                     r"found ' ' at character 22, expected '\\U0001f600'", id="other-text"),
        pytest.param(changed(*ANSWER, "answer_start", to=28), START,
                     "characters 28 to 29, expected a place in the context of 28", id="behind-the-context"),
        pytest.param(changed(*ANSWER, "answer_start", to=-5), START,
                     "found characters -5 to -4", id="before-the-context"),
        pytest.param(changed("data", 0, "paragraphs", 0, "context", to=""), f"{QA}.answers[0].answer_start",
                     "expected a place in the context of 0", id="empty-context"),
    ],
)  # fmt: skip
def test_a_bad_value_is_an_error_with_its_json_path(write, content, at, message):
    path = write(content)
    with pytest.raises(BadInput, match=message) as caught:
        squad.read(path, expected=None)
    assert str(caught.value).startswith(f"{path}: {at}: ")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"id": "q1"',
            '"id": "q1", "id": "q7"',
            f"the key 'id' twice in one object at {QA[2:]}",
        ),
        ('"version"', '"data": [], "version"', "found the key 'data' twice in one object"),
        (
            '"title": "Two"',
            '"x": [{"y": 1, "y": 1}]',
            "the key 'y' twice in one object at data[1].x[0]",
        ),
        ('"version": "1.1"', '"version": "v2.0"', '$.version: found "v2.0", expected "1.1": SQuAD 1.1'),
        (
            '"id": "q1"',
            '"id": "q1", "is_impossible": true',
            f"{QA}.is_impossible: found true, expected a question that has an answer, as SQuAD 1.1 has alone",
        ),
    ],
)
def test_what_json_or_squad_2_would_pass_is_an_error(write, old, new, message):
    """Of two keys Python takes the last; a question without an answer has no exact match."""
    text = json.dumps(CONTENT)
    assert text.count(old) == 1
    with pytest.raises(BadInput) as caught:
        squad.read(write(text.replace(old, new).encode()), expected=None)
    assert message in str(caught.value)


def test_a_file_without_a_version_is_read(write):
    content = {"data": CONTENT["data"]}
    assert len(squad.read(write(content), expected=3)) == 3


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        pytest.param(b'{"data": [', 1, r"column 11: .*cut off there", id="cut-off"),
        pytest.param(b'{\n "data": [{\n  "title": "On', 3, r"column 12: .*cut off there", id="cut-in-a-text"),
        pytest.param(b'{"data": [1,}', 1, r"no JSON \(column 13: .*, found '\}'", id="no-json"),
        pytest.param(b"paragraph\tquestion\n", 1, r"column 1: .*found 'paragraph", id="a-table"),
        pytest.param(
            b'{"data": []} {}', 1, r"no JSON \(column 14: Extra data, found '\{\}'", id="two-values"
        ),
        pytest.param(b'{\n"a": "\x01"}', 2, "column 7: .*Invalid control character", id="control-character"),
        pytest.param(b'{"data":\n"\xff"}', 2, r"invalid UTF-8 at byte 2 of the line", id="utf-8"),
        pytest.param(json.dumps(CONTENT).encode("utf-16"), 1, "invalid UTF-8 at byte 1", id="utf-16"),
    ],
)
def test_a_file_that_is_no_json_is_an_error_with_its_line(write, data, line, message):
    path = write(data)
    with pytest.raises(BadInput, match=message) as caught:
        squad.read(path, expected=None)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[" * 100_000, "nested deeper than 64"),
        (b"1" * 5000, "a number of thousands of digits"),
        (b'{"data": NaN}', "found NaN"),
        (b'{"data": 1e999}', "a number that reads as inf at data"),
        (b'{"data": 18446744073709551616}', "an integer beyond 64 bits at data"),
        (b'{"data": "\\ud83d"}', "text that UTF-8 cannot spell at data"),
    ],
    ids=["too-deep", "too-long-a-number", "nan", "infinity", "65-bits", "half-a-character"],
)
def test_json_that_nothing_could_hold_is_an_error(write, data, says):
    with pytest.raises(BadInput, match=says):
        squad.read(write(data), expected=None)


def test_an_empty_file_is_an_error(write):
    with pytest.raises(BadInput, match="the file is empty"):
        squad.read(write(b""), expected=None)


def test_a_missing_file_names_the_path_and_the_remedy(tmp_path):
    with pytest.raises(
        NotThere, match=r"dev-v1\.1\.json: no such file; put the dev-v1\.1\.json of SQuAD there"
    ):
        squad.read(tmp_path / "dev-v1.1.json", expected=10570)


@pytest.mark.parametrize("expected", [2, 4, 10570])
def test_a_count_other_than_the_expected_one_is_an_error(write, expected):
    with pytest.raises(BadInput, match=rf"\$\.data: found 3 questions, expected {expected}"):
        squad.read(write(CONTENT), expected=expected)


def test_a_long_value_is_shortened_in_the_message(write):
    with pytest.raises(BadInput) as caught:
        squad.read(write({"data": "x" * 5000}), expected=None)
    assert len(str(caught.value)) < 300


@settings(deadline=None)
@given(
    context=st.text(st.characters(codec="utf-8"), min_size=1),
    question=st.text(st.characters(codec="utf-8")),
    name=st.text(st.characters(codec="utf-8")),
    span=st.tuples(st.integers(0), st.integers(1)),
    ascii_only=st.booleans(),
)
def test_what_is_written_is_read_back(tmp_path_factory, context, question, name, span, ascii_only):
    start = span[0] % len(context)
    text = context[start : start + span[1]]
    answers = [{"text": text, "answer_start": start}]
    qas = [{"id": name, "question": question, "answers": answers}]
    content = {"data": [{"paragraphs": [{"context": context, "qas": qas}]}]}
    path = tmp_path_factory.getbasetemp() / "round-trip.json"
    path.write_bytes(json.dumps(content, ensure_ascii=ascii_only).encode())
    (example,) = squad.read(path, expected=1).examples
    assert (example.context, example.question, example.id) == (context, question, name)
    assert example.answers == (Answer(text=text, start=start),)


@settings(deadline=None, max_examples=200)
@given(cut=st.integers(0, len(json.dumps(CONTENT)) - 1))
def test_a_file_cut_off_anywhere_is_an_error(tmp_path_factory, cut):
    path = tmp_path_factory.getbasetemp() / "cut.json"
    path.write_bytes(json.dumps(CONTENT).encode()[:cut])
    with pytest.raises(BadInput):
        squad.read(path, expected=None)


def test_the_documented_dev_set():
    """10570 questions about 2067 paragraphs of 48 articles (protocols.md, 2); nothing in it is refused."""
    folder = os.environ.get("ZOOCHECK_DATA")
    if not folder or not (Path(folder) / "squad" / "dev-v1.1.json").is_file():
        pytest.skip("no SQuAD: set ZOOCHECK_DATA to the folder that holds squad/dev-v1.1.json")
    dataset = squad.read(Path(folder) / "squad" / "dev-v1.1.json", expected=10570)
    assert dataset.counts == {"articles": 48, "paragraphs": 2067}
    assert dataset.examples[0].id == "56be4db0acb8001400a502ec"
    assert {len(example.answers) for example in dataset.examples} == {1, 2, 3, 4, 5, 6}
