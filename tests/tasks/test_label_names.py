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
