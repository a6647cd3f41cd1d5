"""A data file of another form: told once, as the file's; and one that is damaged anywhere: told, or read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mutating import survives_all

from harness.errors import BadInput
from harness.tasks.datasets import Dataset, conll, peoples_daily, squad, sst2

MARK = "-DOCSTART- -X- -X- O\n\n"
FIRST = "EU NNP B-NP B-ORG\nrejects VBZ B-VP O\n"
SECOND = "Peter NNP B-NP B-PER\nBlackburn NNP I-NP I-PER\n"
NER = f"{MARK}{FIRST}\n{SECOND}\n"
PLAIN = "海 B-LOC\n钓 O\n\n比 O\n\n"
SENTENCES = "sentence\tlabel\na fine film \t1\nit 's dull . \t0\n"
Read = Callable[..., Dataset[Any]]


def questions(**changed: Any) -> str:
    answer = {"text": "Bern", "answer_start": 3}
    asked = [
        {"id": f"q{number}", "question": "Where?", "answers": [answer], **changed} for number in (1, 2, 3)
    ]
    paragraphs = [{"context": "In Bern it is.", "qas": asked}]
    return json.dumps({"version": "1.1", "data": [{"title": "T", "paragraphs": paragraphs}]})


FOUR, TWO = "4: word, part of speech, chunk, tag", "2: character, tag"
WHOLE = [
    (conll.read, NER.replace(" ", "\t"), "4 lines has tabs between its 4 columns", FOUR),
    (conll.read, "EU B-ORG\nrejects O\n\nPeter B-PER\n", "3 lines has 2 columns", FOUR),
    (conll.read, f"{FIRST} \n{SECOND} \n", "2 lines between two sentences holds blanks", FOUR),
    (peoples_daily.read, PLAIN.replace(" ", "\t"), "3 lines has tabs between its 2 columns", TWO),
    (
        peoples_daily.read, "厦 B-GPE\n门 I-GPE\n\n",
        "2 lines ends with another tag (line 1: found the tag 'B-GPE')", "the tags B-LOC, B-ORG",
    ),
    (
        sst2.read, SENTENCES.replace("\t1\n", "\tpositive\n").replace("\t0\n", "\tnegative\n"),
        "2 lines has another label (line 2: found the label 'positive')", "the labels 0 (negative) or 1",
    ),
    (
        sst2.read, SENTENCES.replace("\t1\n", "\t1\t8\n").replace("\t0\n", "\t0\t9\n"),
        "2 lines has 3 columns", "a sentence, one tab and a label",
    ),
    (
        squad.read, questions(answers={"text": ["Bern"], "answer_start": [3]}),
        "3 values at $.data[*].paragraphs[*].qas[*].answers is an object", "a list there",
    ),
    (squad.read, questions(question=7), "3 values at $.data[*].paragraphs[*].qas[*].question", "a text"),
]  # fmt: skip


@pytest.mark.parametrize(("read", "text", "says", "documented"), WHOLE)
def test_what_every_line_has_is_the_files(tmp_path: Path, read: Read, text: str, says: str, documented: str):
    """With what the documented file has instead, and how to get it; no line is to be corrected."""
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read(path, expected=None)
    said = str(caught.value)
    assert said.startswith(f"{path}: every one of {says}"), said
    assert f"the documented file has {documented}" in said, said
    assert "put the " in said
    assert "correct" not in said
    assert caught.value.line is None


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (
            conll.read, NER.replace("I-PER", "E-PER").replace("B-ORG", "S-ORG"),
            "file:3: found the tag 'S-ORG', expected one of B-LOC, B-MISC, B-ORG, B-PER, I-LOC, I-MISC, "
            "I-ORG, I-PER, O; 2 of 4 lines are so: each ends with another tag; correct them, or put the ",
        ),
        (conll.read, NER.replace("VBZ ", "VBZ  "), "file:4: found 5 columns in 'rejects VBZ  B-VP O'"),
        (conll.read, NER.replace("O\n\nPeter", "O\n \nPeter"), "file:5: found 2 columns in ' '"),
        (sst2.read, SENTENCES.replace("\t0", "\t2"), "file:3: found the label '2', expected 0 (negative)"),
        (squad.read, questions().replace('"q2"', "2"), "qas[1].id: found 2, expected a text"),
    ],
)  # fmt: skip
def test_what_some_lines_have_is_theirs(tmp_path: Path, read: Read, text: str, says: str):
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read(path, expected=None)
    assert says in str(caught.value)
    assert "every one" not in str(caught.value)


# Each form read as its documentation has it, with no care for what is wrong: what the readers give is this.
def lines_of(content: bytes) -> list[str]:
    return content.decode("utf-8").replace("\r\n", "\n").split("\n")


def tagged(content: bytes) -> list[Any]:
    """Words by their tags, a blank line behind each sentence; a line of its own between documents."""
    sentences: list[list[tuple[str, str]]] = [[]]
    for line in lines_of(content):
        if line and not line.startswith("-DOCSTART-"):
            columns = line.split(" ")
            sentences[-1].append((columns[0], columns[-1]))
        else:
            sentences.append([])
    return [sentence for sentence in sentences if sentence]


def sentences(content: bytes) -> list[Any]:
    """A header, then a text and its label by a tab."""
    rows = [line.split("\t") for line in lines_of(content)[1:] if line]
    return [(row[0], int(row[1])) for row in rows]


def asked(content: bytes) -> list[Any]:
    """Each question with its paragraph and its answers."""
    return [
        (question["id"], question["question"], paragraph["context"], [
            (answer["text"], answer["answer_start"]) for answer in question["answers"]
        ])
        for article in json.loads(content)["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]  # fmt: skip


def of_tagged(example: Any) -> Any:
    return list(zip(example.words, example.tags, strict=True))


def of_sentence(example: Any) -> Any:
    return (example.text, example.label)


def of_question(example: Any) -> Any:
    return (
        example.id, example.question, example.context,
        [(answer.text, answer.start) for answer in example.answers],
    )  # fmt: skip


READERS = {
    "conll": (conll.read, NER, tagged, of_tagged),
    "peoples_daily": (peoples_daily.read, PLAIN, tagged, of_tagged),
    "sst2": (sst2.read, SENTENCES, sentences, of_sentence),
    "squad": (squad.read, questions(), asked, of_question),
}


@pytest.mark.parametrize(("read", "text", "independent", "of"), READERS.values(), ids=READERS)
def test_a_file_that_is_damaged_anywhere(
    tmp_path: Path, read: Read, text: str, independent: Callable[[bytes], list[Any]], of: Callable[[Any], Any]
):
    """Each of 2,000 seeded mutations: an error of ours, or what stands there, within a second."""
    path = tmp_path / "file"

    def read_bytes(content: bytes) -> Dataset[Any]:
        path.write_bytes(content)
        return read(path, expected=None)

    def right(found: Dataset[Any]) -> bool:
        return [of(example) for example in found.examples] == independent(path.read_bytes()) != []

    refused, _ = survives_all(text.encode(), read_bytes, right, errors=BadInput)
    assert refused > 300
