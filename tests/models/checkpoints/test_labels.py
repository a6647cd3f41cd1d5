"""The names of a checkpoint's labels: understood in any usual spelling, and never passed over."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import config_json, tiny_model

from harness.errors import CheckpointError
from harness.models.checkpoints import in_order, labels, load, locate
from harness.setting.home import Home

Lay = Callable[..., Path]
PATH = Path("somewhere/config.json")
SCORED = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-ORG", "I-ORG")
FOUND = ("O", "B-ORG", "I-ORG", "B-PER", "I-PER", "B-LOC", "I-LOC")
ROWS = (0, 5, 6, 3, 4, 1, 2)  # of FOUND, in SCORED's order

LONG = {"PER": "PERSON", "ORG": "ORGANISATION", "LOC": "LOCATION"}


def long(name: str) -> str:
    return name[:2] + LONG[name[2:]] if "-" in name else name


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "as they are": str,
    "lower case": str.lower,
    "an underscore": lambda name: name.replace("-", "_"),
    "a blank": lambda name: name.replace("-", " "),
    "long": long,
    "long, lower, underscore": lambda name: long(name).lower().replace("-", "_"),
    "the place behind": lambda name: "-".join(reversed(name.split("-"))),
    "outside": lambda name: "outside" if name == "O" else name,
}


def numbered(names: tuple[str, ...]) -> dict[str, str]:
    return {str(at): name for at, name in enumerate(names)}


def turned(names: tuple[str, ...]) -> dict[str, int]:
    return {name: at for at, name in enumerate(names)}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_names_in_any_spelling_are_understood(spelling: str):
    found, same = (tuple(map(SPELLINGS[spelling], names)) for names in (FOUND, SCORED))
    order = labels.order(PATH, {"id2label": numbered(found)}, SCORED)
    assert order.rows == ROWS
    assert order.note == (
        f"config.json orders its labels {', '.join(found)}; scores are counted as {', '.join(SCORED)}: "
        "its outputs are mapped by name"
    )
    assert labels.order(PATH, {"id2label": numbered(same)}, SCORED) == labels.Order()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"id2label": numbered(FOUND), "label2id": turned(FOUND)}, id="both"),
        pytest.param({"label2id": turned(FOUND)}, id="label2id"),
        pytest.param({"label2id": {name: str(at) for name, at in turned(FOUND).items()}}, id="digits"),
        pytest.param({"id2label": list(FOUND)}, id="a-list"),
        pytest.param(
            {"id2label": {f"{int(at):02}": name for at, name in numbered(FOUND).items()}}, id="zeros"
        ),
        pytest.param(
            {"id2label": numbered(tuple(f"LABEL_{at}" for at in range(7))), "label2id": turned(FOUND)},
            id="numbered-beside-named",
        ),
        pytest.param(
            {"id2label": numbered(FOUND), "label2id": {"LABEL_0": 0, "LABEL_1": 1}}, id="old-default"
        ),
        pytest.param(
            {"id2label": dict(reversed(numbered(FOUND).items())), "label2id": None}, id="from-behind"
        ),
    ],
)
def test_both_tables_tell_the_order_in_whatever_form(content: dict[str, object]):
    assert labels.order(PATH, content, SCORED).rows == ROWS


@pytest.mark.parametrize("names", [("NEGATIVE", "POSITIVE"), ("neg", "pos"), ("Negative", "Pos")])
def test_sentiments_are_understood(names: tuple[str, str]):
    wanted = ("negative", "positive")
    assert labels.order(PATH, {"id2label": numbered(names)}, wanted) == labels.Order()
    assert labels.order(PATH, {"id2label": numbered(names[::-1])}, wanted).rows == (1, 0)


@pytest.mark.parametrize("names", [(".", ":", "NN"), ("A_B", "b-a", "NN")])
def test_names_that_only_look_alike_are_put_in_order_by_their_spelling(names: tuple[str, ...]):
    """A tagger of the Penn Treebank has both, and spellings that mean one thing elsewhere."""
    assert labels.order(PATH, {"id2label": numbered(names)}, names) == labels.Order()
    assert labels.order(PATH, {"id2label": numbered(names[::-1])}, names).rows == (2, 1, 0)


def test_tables_that_contradict_each_other_are_refused_with_both():
    content = {"id2label": numbered(SCORED), "label2id": turned(FOUND)}
    with pytest.raises(CheckpointError) as caught:
        labels.order(PATH, content, SCORED)
    assert f"{PATH}: id2label has {', '.join(SCORED)} and label2id has {', '.join(FOUND)}" in str(
        caught.value
    )


def test_numbers_that_contradict_each_other_are_refused_too():
    content = {"id2label": numbered(("LABEL_0", "LABEL_1")), "label2id": {"LABEL_0": 1, "LABEL_1": 0}}
    with pytest.raises(CheckpointError, match="label2id has LABEL_1, LABEL_0, expected the same"):
        labels.order(PATH, content, ("negative", "positive"))


@pytest.mark.parametrize("key", ["id2label", "label2id"])
@pytest.mark.parametrize("value", ["POSITIVE,NEGATIVE", 2, True, 0.5, ""])
def test_what_is_no_table_of_labels_is_called_so(key: str, value: object):
    with pytest.raises(CheckpointError, match=f"{key}: found .*, no table, expected a name for each"):
        labels.order(PATH, {key: value}, ("negative", "positive"))


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("O", "B-PER", "E-PER", "B-ORG", "E-ORG", "B-LOC", "E-LOC"), id="another-scheme"),
        pytest.param(("O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-ORG", "B-ORG"), id="twice"),
        pytest.param(("O", "B-GPE", "I-GPE", "B-PER", "I-PER", "B-ORG", "I-ORG"), id="another-type"),
        pytest.param(("LABEL_0", "LABEL_1", "I-LOC", "B-PER", "I-PER", "B-ORG", "I-ORG"), id="half"),
        pytest.param(tuple(f"LABEL_{at}" for at in (1, 0, 2, 3, 4, 5, 6)), id="numbers-elsewhere"),
        pytest.param(FOUND[:5], id="fewer"),
    ],
)
def test_other_labels_are_refused_with_what_was_found(names: tuple[str, ...]):
    with pytest.raises(CheckpointError, match="not the labels that are scored: found") as caught:
        labels.order(PATH, {"id2label": numbered(names)}, SCORED)
    assert names[1] in str(caught.value)
    assert f"name its labels in config.json as they are here: {', '.join(SCORED)}" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        {"id2label": {"0": "O", "2": "B-LOC"}},
        {"id2label": {"0": "O", "00": "B-LOC"}},
        {"id2label": {"0": "O", "one": "B-LOC"}},
        {"id2label": {"0": "O", "1": 7}},
        {"label2id": {"O": 0, "B-LOC": 0}},
        {"label2id": {"O": 0, "B-LOC": 1.5}},
        {"label2id": {"O": 0, "B-LOC": True}},
        {"id2label": ["O", None]},
    ],
)
def test_numbers_that_are_no_places_are_refused(content: dict[str, object]):
    with pytest.raises(CheckpointError, match="expected a name for each of the numbers from 0, once"):
        labels.order(PATH, content, SCORED)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "config.json names no labels: taken in the order O, B-LOC"),
        ({"id2label": numbered(("LABEL_0", "LABEL_1"))}, "config.json only numbers its labels: taken in"),
        ({"id2label": numbered(("0", "1"))}, "config.json only numbers its labels: taken in"),
        (
            {"id2label": numbered(("yes", "no"))},
            "its labels yes, no, none of which is known: taken in the order",
        ),
    ],
)
def test_what_cannot_be_held_against_anything_is_told(content: dict[str, object], said: str):
    order = labels.order(PATH, content, ("O", "B-LOC"))
    assert order.rows == ()
    assert said in order.note


@given(order=st.permutations(range(7)), spelling=st.sampled_from(sorted(SPELLINGS)))
def test_every_order_is_mapped_to_the_scored_one(order: list[int], spelling: str):
    names = tuple(SPELLINGS[spelling](SCORED[at]) for at in order)
    rows = labels.order(PATH, {"id2label": numbered(names)}, SCORED).rows or tuple(range(7))
    assert [order[row] for row in rows] == list(range(7))


@given(at=st.integers(0, 6), word=st.text(min_size=1, max_size=8))
def test_an_unknown_name_beside_known_ones_is_refused(at: int, word: str):
    names = list(SCORED)
    names[at] = f"{word}?"  # a mark that no name of ours has
    with pytest.raises(CheckpointError, match="not the labels"):
        labels.order(PATH, {"id2label": numbered(tuple(names))}, SCORED)


class TestUsed:
    WANTED = ("negative", "positive")

    def located(self, home: Home, lay: Lay, **changes: object):
        lay(home.models, "vocab.txt", "model.safetensors", config__json=config_json(**changes).encode())
        return locate(tiny_model(), "full", home)

    def test_outputs_of_another_order_are_mapped_by_name(self, tiny_home: Home, lay: Lay):
        """Logits in the scored order, weights of another hash, and a source that says so."""
        plain = self.located(tiny_home, lay)
        other = self.located(tiny_home, lay, id2label={"0": "POSITIVE", "1": "NEGATIVE"})
        mapped = in_order(other, self.WANTED)
        assert mapped.label_rows == (1, 0)
        assert "outputs are mapped by name" in mapped.source
        assert mapped.weights_sha256 != other.weights_sha256 == plain.weights_sha256
        ids = torch.tensor([[2, 5, 6, 7, 8, 9, 10, 3]])
        with torch.inference_mode():
            before, after = (
                load(item).network(ids, torch.zeros_like(ids), torch.ones_like(ids))
                for item in (plain, mapped)
            )
        assert torch.equal(after, before[:, [1, 0]])
        assert not torch.equal(after, before)

    def test_the_scored_order_changes_nothing(self, tiny_home: Home, lay: Lay):
        found = self.located(tiny_home, lay, id2label={"0": "neg", "1": "pos"})
        assert in_order(found, self.WANTED) == dataclasses.replace(found, labels=self.WANTED)

    def test_what_is_not_told_is_in_the_source_and_changes_no_hash(self, tiny_home: Home, lay: Lay):
        found = self.located(tiny_home, lay)
        told = in_order(found, self.WANTED)
        assert told == dataclasses.replace(
            found, source=told.source, label_note=told.label_note, labels=self.WANTED
        )
        assert (
            told.source
            == f"{found.source}; config.json names no labels: taken in the order negative, positive"
        )

    def test_a_task_without_names_takes_those_of_the_checkpoint_in_its_order(self, tiny_home: Home, lay: Lay):
        found = self.located(tiny_home, lay, id2label={"0": "b", "1": "a"})
        assert in_order(found, ()) == dataclasses.replace(found, labels=("b", "a"))

    def test_label2id_alone_counts_the_labels(self, tiny_home: Home, lay: Lay):
        with pytest.raises(CheckpointError, match=r"number of labels .*: found 3, expected 2"):
            self.located(tiny_home, lay, label2id={"a": 0, "b": 1, "c": 2})
