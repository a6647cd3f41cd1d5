"""Names of labels: which spellings mean one thing, and which do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.tasks.label_names import UnknownLabels, meaning, numbers


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("B_Person", "per-b"), ("E-LOC", "loc_end"), ("S_ORG", "single-organisation"), ("Outside", "O"),
        ("NEG", "negative"), ("not_entailment", "Not Entailment"),
    ],
)  # fmt: skip
def test_spellings_of_one_meaning(first: str, second: str):
    assert meaning(first) == meaning(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("-1", "1"),
        ("1", "1.0"),
        ("+1", "1"),
        ("entailment", "not_entailment"),
        ("GPE", "LOC"),
        ("B-X", "I-X"),
    ],
)
def test_what_only_looks_alike_is_another_label(first: str, second: str):
    assert meaning(first) != meaning(second)


@given(st.permutations(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]))
def test_numbers_are_places_among_the_names(names: list[str]):
    assert numbers(["b-per", "O"], names) == {"b-per": names.index("B-PER"), "O": names.index("O")}


def test_many_labels_are_told_in_part():
    with pytest.raises(UnknownLabels, match=r"c19, \.\.\., and the checkpoint x") as caught:
        numbers([f"c{n:02}" for n in range(40)], ["x"])
    assert "\n" not in str(caught.value)


MARKS = (".", ":", ",", "-", "_", "NN", "-LRB-")  # as the Penn Treebank and Universal Dependencies have them


def test_marks_that_are_labels_mean_themselves():
    assert numbers([*MARKS], MARKS) == {name: at for at, name in enumerate(MARKS)}
    assert numbers(["nn", "lrb"], MARKS) == {"nn": 5, "lrb": 6}


def test_the_same_spelling_goes_before_the_same_meaning():
    assert numbers(["b-a", "A_B"], ["A_B", "b-a"]) == {"b-a": 1, "A_B": 0}
    assert numbers(["A_B"], ["b-a", "X"]) == {"A_B": 0}


def test_a_label_that_may_be_two_is_refused():
    with pytest.raises(UnknownLabels, match=r"the data's label B_A may be any of the checkpoint's A_B, b-a,"):
        numbers(["B_A"], ["A_B", "b-a"])


def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(UnknownLabels, match="labels x, x are not all different"):
        numbers(["x"], ["x", "x"])
