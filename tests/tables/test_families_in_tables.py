"""A model's family in its table: what it fills in, and what it does not let pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.domain.families import FAMILIES, Family
from harness.domain.models import Architecture, Head, InputRole, Model
from harness.errors import TableErrors
from harness.tables.catalog import load

# A model that leaves to its family and its head whatever they can tell.
SHORT = """
[[chip]]
name = "toychip"
title = "Toy chip"
backend = "toy"
precisions = ["fp16"]

[[dataset]]
name = "toydata"
title = "Toy data"
reader = "{reader}"
file = "toy.tsv"
counts = {{ samples = 10 }}
published = "nowhere"

[[model]]
name = "toy"
title = "Toy model"
task = "{task}"
dataset = "toydata"
metric = "{metric}"
length = {length}
protocols = ["standard"]
tokenizer = {{ lower_case = true, vocabulary = "toy" }}
checkpoint = {{ published = "somewhere" }}
deployments = [{{ chip = "toychip", batch_sizes = [1], precisions = ["fp16"] }}]
{inputs}
[model.architecture]
layers = 2
hidden = 8
heads = 4
intermediate = 24
vocabulary = 30
positions = 32
labels = 3
{architecture}
"""


TASKS = {
    Head.CLASSIFICATION: {"task": "classify", "metric": "accuracy", "reader": "sst2"},
    Head.TOKEN_CLASSIFICATION: {"task": "ner_words", "metric": "accuracy", "reader": "conll"},
    Head.QUESTION_ANSWERING: {"task": "squad_original", "metric": "f1", "reader": "squad"},
}


def loaded(
    folder: Path, *, architecture: str, length: int = 16, inputs: str = "", head: Head = Head.CLASSIFICATION
) -> Model:
    text = SHORT.format(architecture=architecture, length=length, inputs=inputs, **TASKS[head])
    (folder / "toy.toml").write_text(text, encoding="utf-8")
    return load((folder,)).models["toy"]


def mistakes(folder: Path, **parts: object) -> list[tuple[str, str, str]]:
    with pytest.raises(TableErrors) as raised:
        loaded(folder, **parts)
    return [(item.path, item.found, item.expected) for item in raised.value.mistakes]


def of(family: Family, head: Head = Head.CLASSIFICATION, more: str = "") -> str:
    settings = (
        "settings = { pad_token_id = 3 }" if FAMILIES[family].settings["pad_token_id"].default > 29 else ""
    )
    return f'family = "{family}"\nhead = "{head}"\n{more or settings}'


@pytest.mark.parametrize("family", Family)
def test_a_family_brings_its_own_inputs_epsilon_and_padding(tmp_path: Path, family: Family):
    model = loaded(tmp_path, architecture=of(family))
    architecture, facts = model.architecture, FAMILIES[family]
    segments = ["token_type_ids"] if facts.types > 1 else []
    assert [item.name for item in model.inputs] == ["input_ids", "attention_mask", *segments]
    assert [item.folder for item in model.inputs] == [item.name for item in model.inputs]
    assert architecture.types == facts.types
    assert (architecture.layer_norm_eps, architecture.activation) == (facts.epsilon, facts.activation)
    assert architecture.padding == architecture.settings.get(
        "pad_token_id", facts.settings["pad_token_id"].default
    )
    assert model.opset == 17


@pytest.mark.parametrize(
    ("head", "outputs"),
    [
        (Head.CLASSIFICATION, [("logits", ("batch", "labels"))]),
        (Head.TOKEN_CLASSIFICATION, [("logits", ("batch", "length", "labels"))]),
        (
            Head.QUESTION_ANSWERING,
            [("start_logits", ("batch", "length")), ("end_logits", ("batch", "length"))],
        ),
    ],
    ids=str,
)
def test_a_head_brings_its_own_outputs(tmp_path: Path, head: Head, outputs: list[object]):
    model = loaded(tmp_path, architecture=of(Family.ROBERTA, head), head=head)
    assert [(item.name, item.shape) for item in model.outputs] == outputs


def test_a_table_may_say_more_than_its_family(tmp_path: Path):
    """BERT with one segment takes an input for it, and needs none."""
    inputs = """inputs = [
        { name = "a", role = "ids", dtype = "int32" },
        { name = "b", role = "mask", dtype = "int32", folder = "masks" },
        { name = "c", role = "segments", dtype = "int32" },
    ]"""
    model = loaded(tmp_path, architecture=of(Family.BERT, more="types = 1"), inputs=inputs)
    assert [(item.name, item.folder) for item in model.inputs] == [("a", "a"), ("b", "masks"), ("c", "c")]
    assert [*loaded(tmp_path, architecture=of(Family.BERT, more="types = 1")).architecture.roles] == [
        InputRole.IDS, InputRole.MASK,
    ]  # fmt: skip


def test_robertas_positions_begin_behind_its_padding_id(tmp_path: Path):
    assert loaded(tmp_path, architecture=of(Family.ROBERTA), length=30).architecture.longest == 30
    assert mistakes(tmp_path, architecture=of(Family.ROBERTA), length=31) == [
        (
            "model[0].length",
            "31",
            "at most architecture.positions, 32, without the 2 up to the padding id: 30",
        )
    ]
    assert mistakes(tmp_path, architecture=of(Family.BERT), length=33) == [
        ("model[0].length", "33", "at most architecture.positions, 32")
    ]


def test_deberta_without_absolute_positions_takes_any_length(tmp_path: Path):
    settings = "settings = { position_biased_input = false, relative_attention = true }"
    model = loaded(tmp_path, architecture=of(Family.DEBERTA_V2, more=settings), length=100)
    assert model.architecture.longest is None
    assert mistakes(tmp_path, architecture=of(Family.DEBERTA_V2), length=100)[0][0] == "model[0].length"


@pytest.mark.parametrize("family", Family)
def test_an_opset_that_a_family_is_not_exported_at_is_told(tmp_path: Path, family: Family):
    facts = FAMILIES[family]
    for opset in (facts.opset, 11, 17):
        assert loaded(tmp_path, architecture=of(family), inputs=f"opset = {opset}").opset == opset
    expected = f"{facts.opset} or a newer one, {facts.title} is not exported below"
    found = mistakes(tmp_path, architecture=of(family), inputs=f"opset = {facts.opset - 1}")
    assert found == [("model[0].opset", str(facts.opset - 1), expected)]


@pytest.mark.parametrize("family", Family)
def test_an_open_batch_needs_an_opset_of_its_own(tmp_path: Path, family: Family):
    """As an Ascend document exports that tells atc the batch: DeBERTa at the documents' 11 is told."""
    opened = (
        'deployments = [{ chip = "toychip", batch_sizes = [1], precisions = ["fp16"], '
        'ascend = { outfmt = "BIN", loop = 20, dynamic_batch = true } }]'
    )
    usual = 'deployments = [{ chip = "toychip", batch_sizes = [1], precisions = ["fp16"] }]'
    (tmp_path / "toy.toml").write_text(
        SHORT.format(
            architecture=of(family), length=16, inputs="opset = 11", **TASKS[Head.CLASSIFICATION]
        ).replace(usual, opened),
        encoding="utf-8",
    )
    if FAMILIES[family].open_opset <= 11:
        assert load((tmp_path,)).models["toy"].opset == 11
        return
    with pytest.raises(
        TableErrors, match=r"opset: found 11, expected 12 or a newer one for DeBERTa.* of any"
    ):
        load((tmp_path,))


def test_all_that_a_family_does_not_have_is_told_at_once(tmp_path: Path):
    wrong = """family = "distilbert"
head = "classification-relu"
types = 2
settings = { pad_token_id = 30, embedding_size = 4, relative_attention = 1 }
"""
    inputs = """inputs = [
        { name = "a", role = "ids", dtype = "int64" },
        { name = "c", role = "segments", dtype = "int64" },
    ]"""
    found = mistakes(tmp_path, architecture=wrong, inputs=inputs)
    place = "model[0].architecture"
    assert found == [
        (f"{place}.settings.embedding_size", "4", "no such key, but pad_token_id"),
        (f"{place}.settings.relative_attention", "1", "no such key, but pad_token_id"),
        (
            f"{place}.head", '"classification-relu"',
            "for distilbert one of classification, token-classification, question-answering",
        ),
        (f"{place}.types", "2", "0: distilbert knows no segments"),
        (f"{place}.settings.pad_token_id", "30", "an id below architecture.vocabulary, 30"),
        ("model[0].inputs", "no input of role mask", "one of each role: ids, segments, mask"),
    ]  # fmt: skip


def test_an_unknown_family_is_told_with_those_that_there_are(tmp_path: Path):
    [(place, found, expected)] = mistakes(tmp_path, architecture='family = "gpt2"\nhead = "classification"')
    assert (place, found) == ("model[0].architecture.family", '"gpt2"')
    assert expected == f"one of {', '.join(Family)}"


@pytest.mark.parametrize(
    ("family", "setting", "expected"),
    [
        ("albert", "embedding_size = 0", "a whole number from 1"),
        ("deberta-v2", 'pos_att_type = ["p2p"]', "a list of some of c2p, p2c"),
        ("deberta-v2", 'relative_attention = "yes"', "true or false"),
        ("deberta-v2", 'norm_rel_ebd = "batch"', "one of none, layer_norm"),
        ("modernbert", "global_rope_theta = 0", "a number above 0"),
        ("modernbert", 'layer_types = ["full_attention"]', "2 of them, one a layer"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_told(tmp_path: Path, family: str, setting: str, expected: str):
    key = setting.partition(" ")[0]
    more = f"settings = {{ pad_token_id = 1, {setting} }}"
    [(place, _, said)] = mistakes(tmp_path, architecture=of(Family(family), more=more))
    assert (place, said) == (f"model[0].architecture.settings.{key}", expected)


def test_settings_are_part_of_what_two_architectures_are_compared_by():
    sizes = {
        "layers": 1, "hidden": 2, "heads": 1, "intermediate": 2, "vocabulary": 3, "positions": 4,
        "head": Head.CLASSIFICATION, "labels": 2, "family": Family.ALBERT,
    }  # fmt: skip
    one, other = Architecture(**sizes), Architecture(**sizes, settings={"embedding_size": 8})
    assert one != other
    assert hash(one) == hash(other)
