"""Tables of GLUE's tasks, in which no word of a metric stands: GLUE says what each task is scored by.

The metrics are those of Table 1 of arXiv:1804.07461; names of models and numbers are our own.
"""

from __future__ import annotations

import pytest

from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))
HEADS = "| Model | Score | CoLA | SST-2 | MRPC | STS-B | QNLI(v2) |\n|---|---|---|---|---|---|---|\n"
ROWS = "| fish-s | 61.5 | 0.0 | 81.5 | 80.5/70.5 | 73.5/72.5 | 80.5 |\n"
ROWS += "| fish-l | 70.5 | 25.5 | 88.5 | - | - | 85.5 |\n"


def reading(text: str):
    return understand(parse(f"# Lanternfish\n\n{text}"), TABLES)


def values(text: str):
    """Digits, metric, unit and data set of each value."""
    return [
        (value.number.printed, *(value.get(key) for key in ("metric", "unit", "dataset", "variant")))
        for value in reading(text).values
        if value.number is not None
    ]


def test_a_task_says_its_metric_and_is_the_data_set():
    """A 0 is in the unit of its column; Pearson and Spearman stand in one order everywhere."""
    assert values(HEADS + ROWS) == [
        ("0.0", "mcc", "percent", "CoLA", "fish-s"),
        ("81.5", "accuracy", "percent", "SST-2", "fish-s"),
        ("73.5", "pearson", "percent", "STS-B", "fish-s"),
        ("72.5", "spearman", "percent", "STS-B", "fish-s"),
        ("80.5", "accuracy", "percent", "QNLI(v2)", "fish-s"),
        ("25.5", "mcc", "percent", "CoLA", "fish-l"),
        ("88.5", "accuracy", "percent", "SST-2", "fish-l"),
        ("85.5", "accuracy", "percent", "QNLI(v2)", "fish-l"),
    ]


def test_what_was_taken_from_glue_and_what_it_leaves_open_is_told():
    """Accuracy and F1 stand in either order; a score over all tasks is no metric of ours."""
    found = reading(HEADS + ROWS)
    [note] = [note for note in found.assumed if note.what == "the metrics of the tasks"]
    assert (note.line, "CoLA by mcc, SST-2 by accuracy" in note.why) == (3, True)
    told = {(note.line, note.what): note.why for note in found.unread}
    assert told[5, "row 'fish-s', column 'MRPC'"] == (
        "'80.5/70.5' is no single number; "
        "GLUE scores it by accuracy and f1, and which one comes first is not told"
    )
    assert told[3, "column 'Score'"].startswith("no word of a metric")


def test_tasks_may_name_rows():
    text = "| Task | fish |\n|---|---|\n| CoLA | 45.5 |\n| RTE | 60.5 |\n| WNLI | 56.5 |\n"
    assert [said[:4] for said in values(text)] == [
        ("45.5", "mcc", "percent", "CoLA"), ("60.5", "accuracy", "percent", "RTE"),
        ("56.5", "accuracy", "percent", "WNLI"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("| Model | CoLA | RTE |\n|---|---|---|\n| a | 45.5 | 60.5 |\n", set()),
        (HEADS.replace("Score", "fps") + "| a | 61.5 | 45.5 | 81.5 | - | - | 80.5 |\n", {"throughput"}),
        (HEADS + "| a | 61.5 | 450.5 | 815.5 | - | - | 800.5 |\n", set()),
    ],
)
def test_too_few_tasks_another_metric_or_numbers_beyond_scores_say_nothing(text, metrics):
    """And all that is not read is told."""
    assert {said[1] for said in values(text)} == metrics
    assert reading(text).unread
