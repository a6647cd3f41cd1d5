"""EM and F1 as SQuAD's scripts count them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadOutput, NoSamples
from harness.tasks.metrics.squad import SquadScore, f1, normalise, score

unhurried = settings(deadline=None)
WORDS = st.lists(
    st.sampled_from(["a", "the", "The", "film", "film,", "U.S.", "ÉCOLE", "won", "\u202f", "—", ""])
)
TEXTS = st.one_of(st.text(max_size=12), WORDS.map(" ".join))
PAIRS = st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=4)), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  Denver Broncos!", "denver broncos"),
        ("a-an-the", "aanthe"),  # punctuation goes before articles are looked for
        ("U.S. a. an", "us"),
        ("“Broncos”", "“broncos”"),  # only ASCII punctuation goes
        ("theatre an\u202fa", "theatre"),
        ("the", ""),
        ("ÉCOLE", "école"),
        ("", ""),
    ],
)
def test_normalised_text(text, normal):
    assert normalise(text) == normal


def test_f1_is_of_words_counted_as_often_as_they_stand():
    """2 of 3 against 2 of 4: precision 2/3, recall 1/2."""
    assert f1("b b c", "b b d e") == 2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4)
    assert f1("b", "c") == 0.0
    assert f1("The film", "film.") == 1.0


def test_of_two_texts_that_normalise_to_nothing_the_official_f1_is_0():
    """``f1_score`` of evaluate-v1.1.py and ``compute_f1`` of the others differ here."""
    assert f1("the", "a") == f1("the", "a", official=True) == 0.0
    assert f1("the", "a", official=False) == 1.0
    assert f1("the", "b", official=False) == f1("b", "the", official=False) == 0.0


def test_each_question_takes_the_answer_that_suits_best():
    counted = score(["b c", "x"], [["b", "c b", "b c d"], ["y"]])
    assert counted == SquadScore(right=(False, False), f1s=(1.0, 0.0), f1_sum=1.0)
    assert score(["b"], [["z", "B."]]) == SquadScore(right=(True,), f1s=(1.0,), f1_sum=1.0)


def test_answers_that_normalise_to_nothing_count_in_the_official_evaluation_alone():
    assert score(["the"], [["a", "b"]]) == SquadScore(right=(True,), f1s=(0.0,), f1_sum=0.0)
    assert score(["the"], [["a", "b"]], official=False) == SquadScore(right=(False,), f1s=(0.0,), f1_sum=0.0)
    assert score(["the"], [["a"]], official=False) == SquadScore(right=(True,), f1s=(1.0,), f1_sum=1.0)


def _score(exact: int, samples: int) -> SquadScore:
    """A score of so many right questions."""
    return SquadScore(right=(True,) * exact + (False,) * (samples - exact), f1s=(0.0,) * samples, f1_sum=0.0)


def test_percent_is_multiplied_before_it_is_divided():
    """8361 of 10570 is the documented 79.10122989593188 of cambricon-bert-squad.md. One part in fifty or so
    has another last digit the other way round."""
    assert _score(8361, 10570).exact_percent == 79.10122989593188
    assert _score(7, 100).exact_match == 0.07
    other = [n for n in range(10570) if 100.0 * n / 10570 != 100 * (n / 10570)]
    assert other
    assert _score(other[0], 10570).exact_percent == 100.0 * other[0] / 10570


def test_f1_is_summed_from_the_left_without_compensation():
    """Ten times 0.1 or thereabouts: what Python 3.12's sum makes of them is another number."""
    predictions, answers = ["b " + "x " * 18] * 10, [["b"]] * 10
    one = f1(predictions[0], "b")
    total = 0.0
    for _ in range(10):
        total += one
    assert score(predictions, answers).f1_sum == total != math.fsum([one] * 10)


def test_nothing_to_score_is_an_error():
    with pytest.raises(NoSamples):
        score([], [])
    with pytest.raises(NoSamples, match="question 1 has no answer"):
        score(["a", "b"], [["a"], []])


def test_not_one_prediction_for_each_question_is_an_error():
    with pytest.raises(BadOutput, match="found 1 answers to 2 questions"):
        score(["a"], [["a"], ["b"]])


@unhurried
@given(TEXTS, TEXTS, st.booleans())
def test_f1_is_symmetric_and_a_fraction(one, other, official):
    assert f1(one, other, official=official) == f1(other, one, official=official)
    assert 0.0 <= f1(one, other, official=official) <= 1.0


@unhurried
@given(TEXTS)
def test_normalising_twice_changes_nothing_unless_articles_come_together(text):
    normal = normalise(text)
    assert normal == " ".join(normal.split())
    assert not set(normal.split()) & {"a", "an", "the"}


@unhurried
@given(TEXTS, st.booleans())
def test_a_text_is_its_own_exact_answer(text, official):
    counted = score([text], [[text]], official=official)
    assert counted.exact == 1
    assert counted.f1_sum == (0.0 if official and not normalise(text) else 1.0)


@unhurried
@given(PAIRS, st.booleans(), st.randoms())
def test_the_order_of_questions_matters_to_rounding_alone(pairs, official, random):
    mixed = random.sample(pairs, len(pairs))
    one, other = (score(*zip(*some, strict=True), official=official) for some in (pairs, mixed))
    assert (one.exact, one.samples) == (other.exact, other.samples)
    assert math.isclose(one.f1_sum, other.f1_sum, rel_tol=1e-12, abs_tol=1e-12)


@unhurried
@given(PAIRS, st.booleans())
def test_an_exact_answer_scores_at_least_its_f1(pairs, official):
    """But for official answers that are nothing: EM is 1 there, and F1 is 0."""
    counted = score(*zip(*pairs, strict=True), official=official)
    assert 0.0 <= counted.f1 <= 1.0
    if not official:
        assert counted.exact <= counted.f1_sum + 1e-9


@unhurried
@given(PAIRS, st.booleans(), TEXTS)
def test_one_more_answer_never_scores_less(pairs, official, extra):
    """But where it is the first that counts: a question that wanted nothing wants something then."""
    predictions, answers = zip(*pairs, strict=True)
    more = [[*given, extra] for given in answers]
    if official or all(any(map(normalise, given)) for given in answers):
        one, other = (
            score(predictions, answers, official=official),
            score(predictions, more, official=official),
        )
        assert other.exact >= one.exact
        assert other.f1_sum >= one.f1_sum - 1e-9
