"""A model's table held to its task and a data set's to its reader: told at load, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.domain.datasets import Examples
from harness.errors import TableErrors
from harness.tables.catalog import BUILT_IN, load
from harness.tasks.text import facts, load_task

TABLE = """
[[dataset]]
name = "own-data"
title = "Own data"
reader = "{reader}"
file = "data"
path = "data"
options = {{ {options} }}

[[model]]
name = "own"
title = "Own"
task = "{task}"
dataset = "own-data"
metric = "{metric}"
length = {length}
options = {{ {settings} }}
checkpoint = {{ folder = "own" }}
deployments = [{{ chip = "cpu", batch_sizes = [1], precisions = ["fp32"] }}]
{more}
[model.architecture]
layers = 2
hidden = 8
heads = 4
intermediate = 24
vocabulary = 30
positions = 512
head = "{head}"
labels = {labels}
"""
TEXTS = {
    "reader": "tsv", "options": 'text = 0, label = "l"', "task": "sequences", "metric": "accuracy",
    "length": 64, "settings": "", "head": "classification", "labels": 2, "more": "",
}  # fmt: skip
WORDS = TEXTS | {"reader": "columns", "options": "", "task": "tokens", "head": "token-classification"}
ANSWERS = TEXTS | {
    "reader": "squad_json", "options": "", "task": "questions", "metric": "f1", "length": 384,
    "head": "question-answering",
}  # fmt: skip


def mistakes(folder: Path, **values: object) -> list[tuple[str, str, str]]:
    (folder / "own.toml").write_text(TABLE.format(**values))
    try:
        load([BUILT_IN, folder])
    except TableErrors as problem:
        return [(item.path, item.found, item.expected) for item in problem.mistakes]
    return []


@pytest.mark.parametrize("table", [TEXTS, WORDS, ANSWERS], ids=lambda table: table["task"])
def test_a_table_of_a_general_task_is_sound(table: dict[str, object], tmp_path: Path):
    assert mistakes(tmp_path, **table) == []
    assert load([BUILT_IN, tmp_path]).models["own"].tokenizer is None


WRONG = {
    "a column that is missing": (
        TEXTS | {"options": "text = 0"}, "dataset[0].options.label", "no value",
        "a value, the key is required",
    ),
    "an option that is not known": (
        TEXTS | {"options": "text = 0, label = 1, lable = 2"}, "dataset[0].options.lable", "2",
        "no such key, but text, label, pair, header, separator, quoting, labels, leave_out",
    ),
    "names without a header": (
        TEXTS | {"options": 'text = 0, label = "l", header = false'}, "dataset[0].options.label", "'l'",
        "a place from 0: header = false, there are no names",
    ),
    "one column for two": (
        TEXTS | {"options": "text = 1, label = 1"}, "dataset[0].options", "the columns 1, 1",
        "another for each",
    ),
    "a way to quote that there is not": (
        TEXTS | {"options": 'text = 0, label = 1, quoting = "all"'}, "dataset[0].options.quoting", '"all"',
        "one of none, minimal",
    ),
    "half a question": (
        ANSWERS | {"reader": "jsonl", "options": 'question = "q", answers = "a"'},
        "dataset[0].options.context", "no value", "the column of the context",
    ),
    "two kinds of example": (
        TEXTS | {"reader": "jsonl", "options": 'text = "t", label = "l", words = "w"'}, "dataset[0].options",
        "columns of text and of words", "text and label, or words and tags, or question, context and answers",
    ),
    "a scheme that there is not": (
        WORDS | {"options": 'scheme = "bilou"'}, "dataset[0].options.scheme", '"bilou"',
        "one of iob1, iob2, bioes, plain",
    ),
    "words for a task of texts": (
        TEXTS | {"reader": "columns", "options": ""}, "model[0].dataset", '"own-data"',
        "one of texts with a label or sentences labelled 0 or 1, which the task sequences takes; this one "
        "gives words with tags",
    ),
    "an f1 of nobody knows which label": (
        TEXTS | {"metric": "f1"}, "model[0].options.positive", "no value",
        "the label whose f1 is meant; f1-macro is of all of them",
    ),
    "a correlation of labels": (
        TEXTS | {"metric": "pearson"}, "model[0].metric", "pearson",
        "one of accuracy, f1, f1-macro, mcc: architecture.labels is 2",
    ),
    "an accuracy of numbers": (
        TEXTS | {"labels": 1}, "model[0].metric", "accuracy",
        "one of pearson, spearman: architecture.labels is 1",
    ),
    "a positive label that is none": (
        TEXTS | {"metric": "f1", "settings": 'positive = "x"', "more": 'labels = ["no", "yes"]'},
        "model[0].options.positive", "x", "one of labels: no, yes",
    ),
    "a tokenizer of the document's": (
        TEXTS | {"more": 'tokenizer = { lower_case = true, vocabulary = "v" }'}, "model[0].tokenizer", '"v"',
        "none: the task sequences takes the checkpoint's own tokenizer",
    ),
    "no room for windows": (
        ANSWERS | {"length": 128}, "model[0].length", "128",
        "197 or more, for a stride of 128 beside 64 tokens of question (options.stride, longest_question)",
    ),
    "entities of plain tags": (
        WORDS | {"metric": "f1", "settings": 'scheme = "plain"'}, "model[0].metric", "f1",
        "accuracy: plain tags have no entities",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told_at_load(name: str, tmp_path: Path):
    table, path, found, expected = WRONG[name]
    assert mistakes(tmp_path, **table) == [(path, found, expected)]


def test_options_are_held_against_each_other_beside_one_that_is_not_known(tmp_path: Path):
    """The one column was told only when the key was mended."""
    found = mistakes(tmp_path, **(TEXTS | {"options": "text = 0, label = 0, foo = 1"}))
    assert [(path, what) for path, what, _ in found] == [
        ("dataset[0].options.foo", "1"), ("dataset[0].options", "the columns 0, 0"),
    ]  # fmt: skip


def test_labels_are_left_out_of_texts_alone(tmp_path: Path):
    options = 'words = "w", tags = "t", leave_out = ["-"]'
    found = mistakes(tmp_path, **(TEXTS | {"reader": "jsonl", "options": options}))
    assert ("dataset[0].options.leave_out", "'-'", "none without a text") in found


def test_all_mistakes_are_told_at_once(tmp_path: Path):
    wrong = TEXTS | {"reader": "tvs", "options": "", "metric": "exact", "settings": "stride = 1", "head": "x"}
    found = [path for path, _, _ in mistakes(tmp_path, **(wrong | {"head": "token-classification"}))]
    assert found == [
        "dataset[0].reader", "model[0].metric", "model[0].architecture.head", "model[0].options.stride",
    ]  # fmt: skip


class TestOwnReaders:
    CODE = "raise SystemExit('run')\ndef rows(path, label, *, upper=False):\n    return []\n"

    def of(
        self, folder: Path, options: str, code: str = CODE, reader: str = "mine:rows"
    ) -> list[tuple[str, str, str]]:
        (folder / "mine.py").write_text(code)
        return mistakes(folder, **TEXTS | {"reader": reader, "options": options})

    def test_its_options_are_its_arguments_and_its_code_is_not_run(self, tmp_path: Path):
        assert self.of(tmp_path, "label = 1, upper = true") == []
        spec = load([BUILT_IN, tmp_path]).datasets["own-data"]
        assert spec.reader == f"{tmp_path}/mine.py:rows"

    def test_options_that_it_lacks_or_does_not_know(self, tmp_path: Path):
        assert self.of(tmp_path, "lower = 1") == [
            ("dataset[0].options.label", "no value", "one, rows has no default for it"),
            ("dataset[0].options.lower", "1", "no such key, but label, upper"),
        ]

    def test_a_function_that_takes_any(self, tmp_path: Path):
        assert self.of(tmp_path, "lower = 1", "def rows(path, **more):\n    return []\n") == []

    @pytest.mark.parametrize(
        ("code", "said"),
        [("x = 1\n", "mine.py: found no function rows in it"), ("def rows(:\n", "mine.py: no Python")],
    )
    def test_a_file_without_it(self, tmp_path: Path, code: str, said: str):
        ((path, found, expected),) = self.of(tmp_path, "", code)
        assert (path, expected) == ("dataset[0].reader", "module:function, of a module.py beside this table")
        assert said in found

    def test_a_file_somewhere_else(self, tmp_path: Path):
        ((path, found, _),) = self.of(tmp_path, "", reader="../mine:rows")
        assert (path, found) == ("dataset[0].reader", '"../mine:rows"')


def test_facts_are_of_the_modules_that_there_are(catalog):
    """What tables are held to is what the module of the same name does."""
    from dataclasses import replace

    for name, item in facts.FACTS.items():
        task = load_task(replace(catalog.models["tinybert"], task=name))
        assert callable(task.prepare)
        assert item.heads
        assert set(item.takes) <= set(Examples)
        assert facts.is_here(name)
    for model in catalog.models.values():
        assert model.metric in facts.FACTS[model.task].metrics
