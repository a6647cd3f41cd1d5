"""Entity scores against an independent count, and token accuracy against seqeval's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.errors import BadOutput, NoSamples
from harness.tasks.metrics.accuracy import accuracy
from harness.tasks.metrics.entities import EntityScores, entity_parts, entity_scores

unhurried = settings(deadline=None)
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
PAIRS = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), max_size=8), min_size=1, max_size=6
)


def split(pairs):
    return [[a for a, _ in one] for one in pairs], [[b for _, b in one] for one in pairs]


def entities(sentences) -> set[tuple[int, int, int, str]]:
    """Entities as conlleval has them, by a rule of its own: an I- goes on only behind its own type."""
    found = set()
    for number, tags in enumerate(sentences):
        at = 0
        while at < len(tags):
            kind, start = tags[at][2:], at
            at += 1
            if kind:
                while at < len(tags) and tags[at] == f"I-{kind}":
                    at += 1
                found.add((number, start, at, kind))
    return found


def test_an_entity_counts_where_type_and_both_ends_are_right():
    """Two of three found entities are right, of four: p 2/3, r 1/2, F1 4/7."""
    truth = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "B-PER", "O"]]
    predicted = [["B-PER", "I-PER", "O", "B-PER"], ["B-LOC", "O", "O"]]
    scores = entity_scores(truth, predicted)
    assert (scores.precision, scores.recall, scores.entities) == (2 / 3, 0.5, 4)
    assert scores.f1 == pytest.approx(4 / 7)


def test_none_right_is_zero_and_not_an_error():
    assert entity_scores([["B-PER"]], [["B-LOC"]]) == EntityScores(precision=0, recall=0, f1=0, entities=1)


@pytest.mark.parametrize(
    ("truth", "predicted", "message"),
    [
        ([["O", "O"]], [["B-PER", "O"]], "no entity in the true tags of 1 sentences, 2 words"),
        ([["B-PER"], ["O"]], [["O"], ["O"]], "no entity in the predictions of 2 sentences, 2 words"),
        ([], [], "no entity in the true tags of 0 sentences"),
        ([[]], [[]], "no entity in the true tags of 1 sentences, 0 words"),
    ],
)
def test_no_entities_are_an_error_and_never_zero(truth, predicted, message):
    with pytest.raises(NoSamples, match=message):
        entity_scores(truth, predicted)


@pytest.mark.parametrize("predicted", [[["O"]], [["O", "O"], ["O"]], [["O"], ["O", "B-PER"]]])
def test_predictions_that_do_not_match_the_words_are_an_error(predicted):
    with pytest.raises(BadOutput, match="expected 2 sentences and 2 words"):
        entity_scores([["B-PER"], ["O"]], predicted)


@unhurried
@given(PAIRS)
def test_scores_are_those_of_an_independent_count(pairs):
    truth, predicted = split(pairs)
    ours, theirs = entities(truth), entities(predicted)
    assume(ours and theirs)
    scores = entity_scores(truth, predicted)
    right = len(ours & theirs)
    assert scores.precision == right / len(theirs)
    assert scores.recall == right / len(ours)
    assert scores.f1 == pytest.approx(2 * right / (len(ours) + len(theirs)))
    assert scores.entities == len(ours)
    parts = entity_parts(truth, predicted)
    assert parts.value == pytest.approx(scores.f1)
    assert sum(parts.above) == 2 * right
    assert list(parts.below) == [
        sum(number == at for number, *_ in (*ours, *theirs)) for at in range(len(truth))
    ]


@unhurried
@given(PAIRS, st.data())
def test_the_order_of_sentences_does_not_matter(pairs, data):
    truth, predicted = split(pairs)
    assume(entities(truth) and entities(predicted))
    mixed = data.draw(st.permutations(pairs))
    assert entity_scores(*split(mixed)) == entity_scores(truth, predicted)


@unhurried
@given(st.lists(st.lists(st.sampled_from(TAGS), max_size=8), min_size=1, max_size=6))
def test_right_tags_score_one(truth):
    assume(entities(truth))
    scores = entity_scores(truth, [list(tags) for tags in truth])
    assert (scores.precision, scores.recall, scores.f1) == (1, 1, 1)


@unhurried
@given(PAIRS)
def test_token_accuracy_is_seqevals(pairs):
    """``accuracy_score``, which people_daily_eval.py prints, to the last digit."""
    from seqeval.metrics import accuracy_score

    truth, predicted = split(pairs)
    flat = [
        np.array([TAGS.index(tag) for tags in side for tag in tags], np.int64) for side in (predicted, truth)
    ]
    assume(len(flat[0]))
    assert accuracy(*flat).value == accuracy_score(truth, predicted)
