"""SQuAD 1.1 as its authors ship it (``dev-v1.1.json``): articles, paragraphs, questions, answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, json_value
from harness.domain.datasets import Examples
from harness.errors import BadInput
from harness.tasks.datasets import Dataset
from harness.tasks.lines import read_text, shown

VERSION = "1.1"
_WHOLE_FILE = "put the dev-v1.1.json of SQuAD there, unchanged"
_TYPES = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One annotator's answer: ``context[start : start + len(text)] == text``."""

    text: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionExample:
    """A question, the context it is asked about, and the answers that people gave: one at least.

    Of data whose questions `may_lack_answers` (SQuAD 2.0) it may have none. Questions of one paragraph share
    one `context` object. `where` is the question's JSON path.
    """

    id: str
    question: str
    context: str = field(repr=False)
    answers: tuple[Answer, ...]
    where: str
    may_lack_answers: bool = False


def gives(options: None) -> Examples:
    """What the examples are."""
    return Examples.QUESTIONS


def read(path: Path, *, expected: int | None) -> Dataset[QuestionExample]:
    """Every question of `path`, in file order; `expected` is the documented count, None for any.

    Texts are kept as they stand, blanks and line ends included; the line ends between them, of whatever
    kind, mean nothing in JSON. The original readers
    (``read_squad_examples`` of SpanBERT, ``SquadProcessor`` of transformers) take what this refuses: the
    last of two questions with one id and of two keys of one object, SQuAD 2.0, and answers that are not in
    the context.

    Raises `NotThere` for a missing file; `BadInput` for an empty one, invalid UTF-8,
    text that is no JSON or is cut off (line and column), a key that an object has twice and whatever else
    `json_value` refuses; and, with the JSON path, for a missing key, a version other than 1.1 where there is
    one, a question that is said to be impossible, a value of another type, an empty list, a second question
    with the same id, an answer outside its context or another text than stands there, and a count other
    than `expected`.
    """
    text, sha256 = read_text(path, remedy=_WHOLE_FILE)
    reader = Reader(path)
    examples = tuple(reader.questions(parse(text, path=path)))
    if expected is not None and len(examples) != expected:
        message = f"$.data: found {len(examples)} questions, expected {expected}"
        raise BadInput(message, path=path, remedy=_WHOLE_FILE)
    counts = {"articles": reader.articles, "paragraphs": reader.paragraphs}
    return Dataset(name="squad", path=path, sha256=sha256, examples=examples, counts=counts)


def parse(text: str, *, path: Path, remedy: str = _WHOLE_FILE) -> object:
    """The JSON value; raises `BadInput` with the line where it is none."""
    try:
        return json_value(text)
    except Undecodable as problem:
        raise BadInput(problem.said, path=path, line=problem.line, remedy=remedy) from problem


class Reader:
    """Walks one file, and knows where it is when something is wrong."""

    whose = "the documented file"
    remedy = _WHOLE_FILE

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: dict[str, str] = {}  # id -> where
        self.top: object = None
        self.articles = self.paragraphs = 0

    def questions(self, top: object) -> Iterator[QuestionExample]:
        """The questions in file order."""
        self.top = top
        root = self.typed(top, dict, "$")
        self.check_version(root)
        for article, at_article in self.items(root, "data", "$"):
            self.articles += 1
            for paragraph, at in self.items(article, "paragraphs", at_article):
                self.paragraphs += 1
                context = self.text(paragraph, "context", at)
                for question, at_question in self.items(paragraph, "qas", at):
                    yield self.example(question, context, at_question)

    def check_version(self, root: Mapping[str, Any]) -> None:
        """Raise `BadInput` for another version where there is one."""
        if (version := root.get("version", VERSION)) != VERSION:
            raise self.wrong("$.version", _json(version), f'"{VERSION}": SQuAD {VERSION}')

    def example(self, question: Mapping[str, Any], context: str, at: str) -> QuestionExample:
        """One question with its answers."""
        name = self.text(question, "id", at)
        if name in self.seen:
            raise self.wrong(
                f"{at}.id", f"{shown(name)} again", f"it once: it stands at {self.seen[name]}.id"
            )
        self.seen[name] = at
        return QuestionExample(
            id=name,
            question=self.text(question, "question", at),
            context=context,
            answers=self.answers(question, context, at),
            where=at,
        )

    def answers(self, question: Mapping[str, Any], context: str, at: str) -> tuple[Answer, ...]:
        """The answers to a question: one at least."""
        if question.get("is_impossible", False) is not False:
            found = _json(question["is_impossible"])
            raise self.wrong(
                f"{at}.is_impossible", found, f"a question that has an answer, as SQuAD {VERSION} has alone"
            )
        return self.each_answer(question, context, at)

    def each_answer(self, question: Mapping[str, Any], context: str, at: str) -> tuple[Answer, ...]:
        """What people answered."""
        return tuple(
            self.answer(answer, context, where) for answer, where in self.items(question, "answers", at)
        )

    def answer(self, answer: Mapping[str, Any], context: str, at: str) -> Answer:
        """One answer, which has to stand in the context."""
        text = self.text(answer, "text", at)
        start: int = self.value(answer, "answer_start", int, at)
        if not text:
            raise self.wrong(f"{at}.text", "an empty text", "the answer")
        if start < 0 or start + len(text) > len(context):
            found = f"characters {start} to {start + len(text)}"
            raise self.wrong(f"{at}.answer_start", found, f"a place in the context of {len(context)}")
        there = context[start : start + len(text)]
        if there != text:
            raise self.wrong(f"{at}.answer_start", f"{shown(there)} at character {start}", shown(text))
        return Answer(text=text, start=start)

    def items(self, parent: Mapping[str, Any], key: str, at: str) -> Iterator[tuple[dict[str, Any], str]]:
        """The objects of the list ``parent[key]``, of which there is one at least."""
        values = self.value(parent, key, list, at)
        if not values:
            why = "one answer or more; SQuAD 2.0 has questions without, 1.1 has none"
            raise self.wrong(f"{at}.{key}", "an empty list", why if key == "answers" else "one or more")
        for number, value in enumerate(values):
            where = f"{at}.{key}[{number}]"
            yield self.typed(value, dict, where), where

    def text(self, parent: Mapping[str, Any], key: str, at: str) -> str:
        """``parent[key]``, which is a text."""
        value: str = self.value(parent, key, str, at)
        return value

    def value(self, parent: Mapping[str, Any], key: str, kind: type, at: str) -> Any:
        """``parent[key]``, of the type it has to have."""
        if key not in parent:
            there = ", ".join(map(shown, parent)) or "none"
            raise self.wrong(f"{at}.{key}", f"no such key; the keys are {there}", _TYPES[kind])
        return self.typed(parent[key], kind, f"{at}.{key}")

    def typed(self, value: object, kind: type, at: str) -> Any:
        """`value`, if it is of type `kind`; a bool is no number."""
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            raise self.everywhere(at, kind) or self.wrong(at, _json(value), _TYPES[kind])
        return value

    def everywhere(self, at: str, kind: type) -> BadInput | None:
        """The mistake as the whole file's, where all values at such a path have one other type."""
        steps = re.findall(r"\.(\w+)|(\[)\d+\]", at)
        values = list(_all(self.top, ["[" if item else name for name, item in steps]))
        others = {type(value) for value in values}
        if len(values) < 2 or len(others) != 1 or kind in others:
            return None
        found = _TYPES.get(others.pop(), "a value of another kind")
        where = re.sub(r"\[\d+\]", "[*]", at)
        message = f"every one of {len(values)} values at {where} is {found} ({_json(values[0])}); "
        return BadInput(f"{message}{self.whose} has {_TYPES[kind]} there", path=self.path, remedy=self.remedy)

    def wrong(self, at: str, found: str, expected: str) -> BadInput:
        """The mistake at a JSON path."""
        message = f"{at}: found {found}, expected {expected}"
        return BadInput(message, path=self.path, remedy=self.remedy)


def _all(value: object, steps: Sequence[str]) -> Iterator[object]:
    """Every value at a path of keys and ``[``, which stands for each item of a list."""
    if not steps:
        yield value
    elif steps[0] == "[":
        for item in value if isinstance(value, list) else ():
            yield from _all(item, steps[1:])
    elif isinstance(value, dict) and steps[0] in value:
        yield from _all(value[steps[0]], steps[1:])


def _json(value: object) -> str:
    """A value as JSON writes it, cut to a message's length."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
