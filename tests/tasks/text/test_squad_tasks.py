"""The two SQuAD tasks as the runner and the command line use them: features, score, facts."""

from __future__ import annotations

import numpy as np
import pytest
from squad_making import letters_tokenizer, peaked, question, questions

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.errors import BadOutput
from harness.tasks.metrics.accuracy import flips
from harness.tasks.text import load_task, squad_original, squad_transformers
from harness.tasks.text.squad_rules import ORIGINAL, STANDARD, TRANSFORMERS

TASKS = pytest.mark.parametrize(
    "task", [squad_original, squad_transformers], ids=["original", "transformers"]
)
PROTOCOLS = pytest.mark.parametrize("protocol", list(Protocol), ids=str)
CONTEXT = "the unaffable film"


def test_the_tables_name_these_tasks(catalog):
    assert load_task(catalog.models["spanbert"]) is squad_original
    assert load_task(catalog.models["bert-squad"]) is squad_transformers


def test_each_protocol_has_its_rules():
    """Both systems mean the same by `standard`."""
    assert squad_original.RULES == {Protocol.DOCUMENTED: ORIGINAL, Protocol.STANDARD: STANDARD}
    assert squad_transformers.RULES == {Protocol.DOCUMENTED: TRANSFORMERS, Protocol.STANDARD: STANDARD}


@TASKS
@PROTOCOLS
def test_score_is_over_questions(task, protocol):
    """One of two exactly right; the other has 1 of 1 words of 2: F1 2/3."""
    examples = [
        question(CONTEXT, answer="film", name="a"),
        question(CONTEXT, answer="unaffable film", name="b"),
    ]
    made = task.prepare(examples, letters_tokenizer(), length=64, protocol=protocol)
    scored = task.score(peaked(made, (0, 8, 8), (1, 8, 8)), made, protocol=protocol)
    assert scored.metrics == {Metric.EXACT: 0.5, Metric.F1: (1 + 2 / 3) / 2}
    assert scored.correct == {Metric.EXACT: 1}
    assert scored.samples == 2
    assert scored.predictions.tolist() == ["film", "film"]
    assert scored.facts["exact_percent"] == 50.0
    assert scored.facts["f1_percent"] == 100.0 * (1 + 2 / 3) / 2


@TASKS
def test_features_of_the_documented_protocol_are_scored_by_either(task):
    """One set of results, made from the documented inputs, has both scores."""
    made = task.prepare([question("an unaffable b", answer="unaffable")], letters_tokenizer(), length=64,
                        protocol=Protocol.DOCUMENTED)  # fmt: skip
    logits = peaked(made, (0, 7, 8))  # ##aff ##able
    found = {
        protocol: task.score(logits, made, protocol=protocol).predictions.tolist() for protocol in Protocol
    }
    assert found[Protocol.STANDARD] == ["unaffable"]
    assert found[Protocol.DOCUMENTED] == (["affable"] if task is squad_original else ["unaffable"])


def test_what_was_lost_is_reported():
    """Of 4 questions one is cut, one has two windows, one has none and shifts the one behind it."""
    examples = [
        question("a", "x " * 70, name="0"),
        question("a " * 300, name="1"),
        question("\u200b", name="2"),
        question("b", name="3"),
    ]
    task = squad_transformers
    made = task.prepare(examples, letters_tokenizer(), length=200, protocol=Protocol.DOCUMENTED)
    logits = peaked(made, (0, 66, 66), (1, 4, 4), (3, 4, 4))
    scored = task.score(logits, made, protocol=Protocol.DOCUMENTED)
    assert made.facts == {
        "windows": 4,
        "questions_of_several_windows": 1,
        "questions_without_window": 1,
        "questions_cut": 1,
        "context_tokens_in_no_window": 0,
    }
    assert made.truncated.tolist() == [0]
    assert scored.facts["answered_from_another"] == 1
    assert scored.predictions.tolist() == ["a", "a", "\u200b", "empty"]
    assert scored.facts["without_answer"] == 1
    standard = task.score(logits, made, protocol=Protocol.STANDARD)
    assert standard.predictions.tolist() == ["a", "a", "empty", "b"]
    assert standard.facts["answered_from_another"] == 0


def test_predictions_of_two_runs_are_compared():
    made = squad_original.prepare(
        questions("a b", "c d"), letters_tokenizer(), length=64, protocol=Protocol.DOCUMENTED
    )
    one, other = (
        squad_original.score(peaked(made, *places), made, protocol=Protocol.DOCUMENTED).predictions
        for places in (((0, 4, 4), (1, 4, 4)), ((0, 4, 4), (1, 5, 5)))
    )
    assert flips(one, other).tolist() == [1]


@TASKS
@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_outputs_is_an_error(task, count):
    made = task.prepare(questions("a"), letters_tokenizer(), length=64, protocol=Protocol.DOCUMENTED)
    with pytest.raises(BadOutput, match=f"found {count} outputs, expected two"):
        task.score([np.zeros((1, 64), np.float32)] * count, made, protocol=Protocol.DOCUMENTED)


@TASKS
@PROTOCOLS
def test_standard_and_documented_make_the_same_windows_of_plain_text(task, protocol):
    documented, other = (
        task.prepare(questions("a b c " * 99), letters_tokenizer(), length=384, protocol=item)
        for item in (Protocol.DOCUMENTED, protocol)
    )
    for role, array in documented.inputs.items():
        assert np.array_equal(array, other.inputs[role])
