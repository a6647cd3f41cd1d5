"""Examples as readers of any table of rows make them, and what their columns are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.domain.datasets import Examples
from harness.errors import ZoocheckError
from harness.tasks.datasets.squad import Answer, QuestionExample
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.lines import shown
from harness.tasks.options import Fault

Names = tuple[str, ...] | dict[str, str]  # of labels: by their number, or by what stands in the file


@dataclass(frozen=True, slots=True, kw_only=True)
class TextExample:
    """A text or two, and the label as it is called; of a regression the number, as the file writes it.

    `line` is where it stands: a line, or a row counted from 1 in a file that has no lines.
    """

    text: str
    second: str | None = None
    label: str
    line: int


class NoExample(ZoocheckError):
    """A row that is no example: what was found, what was expected, and in words that other rows may share."""

    def __init__(self, found: str, expected: str, shared: str = "") -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.expected = expected
        self.shared = shared or f"has {found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns of a row an example is made of: of a text, of words, or of a question.

    `labels` are the names of the labels, where the file numbers them or calls them otherwise: in the order of
    their numbers, or by what stands in the file.
    """

    text: str = ""
    pair: str = ""
    label: str = ""
    words: str = ""
    tags: str = ""
    question: str = ""
    context: str = ""
    answers: str = ""
    id: str = ""
    labels: Names = ()
    no_answers: bool = False  # whether a question may be without answers

    @property
    def gives(self) -> Examples:
        """What the examples are."""
        return Examples.WORDS if self.words else Examples.QUESTIONS if self.question else Examples.TEXTS

    def faults(self) -> Iterator[Fault]:
        """Columns that do not make one kind of example."""
        kinds = {
            "text": {"text": self.text, "label": self.label},
            "words": {"words": self.words, "tags": self.tags},
            "question": {"question": self.question, "context": self.context, "answers": self.answers},
        }
        begun = [name for name, columns in kinds.items() if any(columns.values())]
        if len(begun) != 1:
            found = f"columns of {' and of '.join(begun)}" if begun else "no column"
            yield "options", found, "text and label, or words and tags, or question, context and answers"
            return
        for name, column in kinds[begun[0]].items():
            if not column:
                yield f"options.{name}", "no value", f"the column of the {name}"
        if self.pair and begun != ["text"]:
            yield "options.pair", shown(self.pair), "none without a text"
        if self.no_answers and begun != ["question"]:
            yield "options.no_answers", "true", "false without questions"
        if self.labels and begun == ["question"]:
            yield "options.labels", "labels", "none: questions have no labels"


def example(row: Mapping[str, Any], columns: Columns, line: int, names: Sequence[str] = ()) -> Any:
    """The example that `row` is; `names` are those of numbered labels that the file itself has.

    Raises `NoExample`.
    """
    if columns.gives is Examples.WORDS:
        return _tagged(row, columns, line, names)
    if columns.gives is Examples.QUESTIONS:
        return _question(row, columns, line)
    return TextExample(
        text=_text(row, columns.text),
        second=_text(row, columns.pair) if columns.pair else None,
        label=label_name(_value(row, columns.label), columns.label, columns.labels or tuple(names)),
        line=line,
    )


def label_name(value: Any, column: str, names: Names) -> str:
    """What a label is called that stands in a file as `value`: a text, a number or a truth value.

    Raises `NoExample` for any other value, an empty one, and one that `names` do not have.
    """
    if isinstance(value, bool):
        value = str(value).lower()
    if not isinstance(value, str | int | float) or (told := str(value).strip()) == "":
        found = f"the label {shown(str(value))} in {column}"
        raise NoExample(found, "a text or a number", "has another label")
    if not names:
        return told
    by_value = names if isinstance(names, Mapping) else {str(at): name for at, name in enumerate(names)}
    if told in by_value:
        return by_value[told]
    if told in by_value.values():
        return told
    known = ", ".join(f"{key} ({name})" for key, name in list(by_value.items())[:20])
    raise NoExample(f"the label {shown(told)} in {column}", f"one of {known}", "has another label")


def _tagged(row: Mapping[str, Any], columns: Columns, line: int, names: Sequence[str]) -> TaggedSentence:
    words, tags = _list(row, columns.words), _list(row, columns.tags)
    if not words:
        raise NoExample(f"no word in {columns.words}", "one or more")
    if len(words) != len(tags):
        raise NoExample(
            f"{len(words)} words in {columns.words} and {len(tags)} tags in {columns.tags}", "as many of both"
        )
    wrong = next((word for word in words if not isinstance(word, str) or not word), None)
    if wrong is not None:
        raise NoExample(f"the word {shown(str(wrong))}", "a text that is not empty")
    told = columns.labels or tuple(names)
    return TaggedSentence(
        words=tuple(words), tags=tuple(label_name(tag, columns.tags, told) for tag in tags), line=line
    )


def _question(row: Mapping[str, Any], columns: Columns, line: int) -> QuestionExample:
    context = _text(row, columns.context)
    answers = tuple(_answers(_value(row, columns.answers), columns.answers, context))
    if not answers and not columns.no_answers:
        raise NoExample(f"no answer in {columns.answers}", "one or more, or no_answers = true in the table")
    return QuestionExample(
        id=_id(row, columns.id) if columns.id else str(line), question=_text(row, columns.question),
        context=context, answers=answers, where=f"line {line}", may_lack_answers=columns.no_answers,
    )  # fmt: skip


def _answers(value: Any, column: str, context: str) -> Iterator[Answer]:
    """Answers as SQuAD lists them, or as its tables do: a list of texts and a list of their places."""
    form = "a list of {text, answer_start}, or {text = [...], answer_start = [...]}"
    if isinstance(value, Mapping):
        texts, starts = value.get("text"), value.get("answer_start")
        if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
            raise NoExample(f"{shown(str(value))} in {column}", form, f"has other answers in {column}")
        pairs: Iterable[tuple[Any, Any]] = zip(texts, starts, strict=True)
    elif isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        pairs = [(item.get("text"), item.get("answer_start")) for item in value]
    else:
        raise NoExample(f"{shown(str(value))} in {column}", form, f"has other answers in {column}")
    for text, start in pairs:
        if not isinstance(text, str) or not isinstance(start, int) or start < 0 or not text:
            raise NoExample(f"the answer {shown(str(text))} at {start!r}", "a text and its place")
        if (there := context[start : start + len(text)]) != text:
            raise NoExample(f"{shown(there)} at character {start} of the context", shown(text))
        yield Answer(text=text, start=start)


def _value(row: Mapping[str, Any], column: str) -> Any:
    if column not in row:
        raise NoExample(
            f"no {column} among {', '.join(map(shown, row)) or 'nothing'}",
            "every column that the table names",
        )
    return row[column]


def _text(row: Mapping[str, Any], column: str) -> str:
    value = _value(row, column)
    if not isinstance(value, str):
        raise NoExample(f"{shown(str(value))} in {column}", "a text", f"has no text in {column}")
    return value


def _id(row: Mapping[str, Any], column: str) -> str:
    """What a question is called: a text, or a whole number."""
    value = _value(row, column)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(row, column)


def _list(row: Mapping[str, Any], column: str) -> list[Any]:
    value = _value(row, column)
    if not isinstance(value, list):
        raise NoExample(f"{shown(str(value))} in {column}", "a list", f"has no list in {column}")
    return value
