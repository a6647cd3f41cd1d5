"""What is told of families, held against transformers; and what makes each another network than BERT."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import encoders
import numpy as np
import pytest
import torch
from encoders import HEADS, LENGTH, NAMES, VOCABULARY, Encoder

from harness.domain.families import FAMILIES, Family, Setting
from harness.domain.models import Head, Weights
from harness.models.checkpoints import load
from harness.models.checkpoints.folders import from_folder
from harness.models.graphs.export import PARITY_BOUND, example_inputs, export, run_torch
from harness.models.networks import build_network, parameter_prefix, parameter_shapes
from harness.models.published import config_of

Get = Callable[..., Encoder]

# Keys of a configuration that decide nothing of the network in use, as far as inference goes: how it was
# trained and initialised, which ids are special, what other heads have, and what is checked for by itself.
NO_MATTER = {
    "initializer_range", "initializer_cutoff_factor", "use_cache", "is_decoder", "add_cross_attention",
    "tie_word_embeddings", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id",
    "attention_probs_dropout_prob", "attention_dropout", "classifier_dropout", "classifier_dropout_prob",
    "qa_dropout", "seq_classif_dropout", "embedding_dropout", "pooler_dropout", "hidden_dropout_prob",
    "sinusoidal_pos_embds", "summary_type", "summary_use_proj", "summary_activation",
    "summary_last_dropout", "legacy", "decoder_bias", "deterministic_flash_attn", "sparse_prediction",
    "sparse_pred_ignore_index", "rope_parameters",
}  # fmt: skip


def class_of(family: Family) -> type:
    from transformers import AutoConfig

    return type(AutoConfig.for_model(str(family)))


def own_fields(family: Family) -> set[str]:
    """The fields that a family's configuration class has beside those of every network."""
    from transformers import PreTrainedConfig

    kind = class_of(family)
    return set(kind.__dataclass_fields__) - set(PreTrainedConfig.__dataclass_fields__)


@pytest.mark.parametrize("family", Family)
def test_every_key_of_a_configuration_is_known(family: Family):
    """A size, a setting, or of no matter: another version of transformers with another key is told here."""
    facts = FAMILIES[family]
    known = {
        *facts.sizes.values(),
        *facts.settings,
        facts.activation_key,
        facts.epsilon_key,
        facts.dropout_key,
    }
    assert own_fields(family) - known <= NO_MATTER


@pytest.mark.parametrize("family", Family)
def test_what_a_config_json_does_not_say_is_as_transformers_has_it(family: Family):
    config, facts = class_of(family)(), FAMILIES[family]
    said = {
        facts.activation_key: facts.activation, facts.epsilon_key: facts.epsilon,
        facts.dropout_key: facts.dropout,
    }  # fmt: skip
    if "types" in facts.sizes:
        said["type_vocab_size"] = facts.types if facts.types_unsaid is None else facts.types_unsaid
    for key, value in said.items():
        assert not key or getattr(config, key) == value, key
    for key, setting in facts.settings.items():
        assert _plain(getattr(config, key, None), setting) == setting.default, key


def _plain(value: object, setting: Setting) -> object:
    """A configuration's value; what it leaves open, or makes of others, is the setting's own default."""
    return setting.default if value is None or isinstance(value, list) else value


@pytest.mark.parametrize("family", Family)
def test_sizes_are_called_as_transformers_calls_them(family: Family):
    """By its own map of names, where a family has others than BERT's."""
    renamed = {**class_of(family).attribute_map, "intermediate_size": "hidden_dim"}
    for ours, key in FAMILIES[family].sizes.items():
        usual = FAMILIES[Family.BERT].sizes[ours]
        assert key == (renamed.get(usual, usual) if family is Family.DISTILBERT else usual)
        assert hasattr(class_of(family)(), key)


@pytest.mark.parametrize("head", HEADS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_the_shapes_are_known_without_memory(name: str, head: Head):
    model = encoders.model(name, head)
    built = build_network(model.architecture, model.inputs).state_dict()
    prefix = parameter_prefix(model.architecture)
    assert {prefix + key: shape for key, shape in parameter_shapes(model.architecture).items()} == {
        key: tuple(value.shape) for key, value in built.items()
    }


def test_a_billion_of_hidden_takes_no_memory():
    """The shapes alone, of a network that no machine holds."""
    giant = encoders.architecture("roberta", hidden=2**20, intermediate=2**22)
    shapes = parameter_shapes(giant)
    assert shapes["roberta.encoder.layer.0.intermediate.dense.weight"] == (2**22, 2**20)


# ------------------------------------------------------------------ what makes each of them another network


def outputs(made: Encoder, **changes: np.ndarray) -> np.ndarray:
    return run_torch(made.network, made.model, {**made.batch(), **changes})[0]


@pytest.mark.parametrize("name", ["roberta", "xlm-roberta"])
def test_robertas_positions_begin_behind_the_padding_id(encoder: Get, name: str):
    """At 2: the first two rows of the table are read by no token, the last by the last."""
    made = encoder(name)
    assert [item.name for item in made.model.inputs] == ["input_ids", "attention_mask"]
    table = made.network.network.roberta.embeddings.position_embeddings.weight
    full = {"attention_mask": np.ones((3, LENGTH), np.int64)}
    full["input_ids"] = np.where(made.batch()["input_ids"] == 1, 7, made.batch()["input_ids"])
    before = outputs(made, **full)
    for rows, changes in ((slice(0, 2), False), (slice(2, 3), True), (slice(LENGTH + 1, None), True)):
        kept = table.detach().clone()
        with torch.no_grad():
            table[rows] += torch.linspace(-1, 1, table.shape[1])
        assert bool(np.abs(outputs(made, **full) - before).max() > 1e-5) is changes
        with torch.no_grad():
            table.copy_(kept)
    assert made.model.architecture.longest == LENGTH == len(table) - 2


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_filled_with_the_familys_padding_id_which_no_token_has(name: str):
    model = encoders.model(name)
    feed = example_inputs(model, vocabulary=VOCABULARY, batch_size=200)
    ids, mask = feed["input_ids"], feed["attention_mask"].astype(bool)
    padding = model.architecture.padding
    assert padding == {"roberta": 1, "xlm-roberta": 1, "modernbert": 5}.get(name, 0)
    assert (ids[~mask] == padding).all()
    assert set(np.unique(ids[mask])) == set(range(VOCABULARY)) - {padding}
    assert ("token_type_ids" in feed) is (model.architecture.types > 1)


def test_berts_seeded_samples_are_those_of_before_there_were_families():
    """By the same generator: ids from 1, zeros behind, so that artifacts and results stay what they were."""
    model = encoders.model("bert")
    feed = example_inputs(model, vocabulary=VOCABULARY, batch_size=4, seed=5)
    generator = np.random.default_rng(5)
    lengths = generator.integers(2, LENGTH + 1, 4)
    mask = (np.arange(LENGTH) < lengths[:, None]).astype(np.int64)
    np.testing.assert_array_equal(feed["input_ids"], generator.integers(1, VOCABULARY, (4, LENGTH)) * mask)
    np.testing.assert_array_equal(feed["token_type_ids"], generator.integers(0, 2, (4, LENGTH)) * mask)


def test_distilbert_has_two_inputs(encoder: Get):
    assert [item.name for item in encoder("distilbert").model.inputs] == ["input_ids", "attention_mask"]
    assert [item.name for item in encoder("distilbert").graph().graph.input] == [
        "input_ids",
        "attention_mask",
    ]


def test_albert_shares_its_layers():
    """As many layers as one pleases, with the weights of one."""
    few, many = encoders.architecture("albert"), encoders.architecture("albert", layers=7)
    assert parameter_shapes(few) == parameter_shapes(many)
    model = encoders.model("albert", layers=7)
    network = build_network(model.architecture, model.inputs).eval()
    calls: list[object] = []
    [group] = network.network.albert.encoder.albert_layer_groups
    group.albert_layers[0].register_forward_hook(lambda *_: calls.append(1))
    run_torch(network, model, example_inputs(model, vocabulary=VOCABULARY, batch_size=2))
    assert len(calls) == 7


@pytest.mark.parametrize("name", ["deberta", "deberta-v2", "deberta-v3"])
def test_deberta_has_no_absolute_positions(encoder: Get, name: str):
    """No table of them, no end of them; and yet a token's place counts."""
    made = encoder(name)
    assert not any("position_embeddings" in key for key in parameter_shapes(made.model.architecture))
    assert made.model.architecture.longest is None
    long = encoders.model(name, length=3 * LENGTH)
    feed = example_inputs(long, vocabulary=VOCABULARY, batch_size=2)
    assert np.isfinite(run_torch(made.network, long, feed)[0]).all()
    whole = {"attention_mask": np.ones((3, LENGTH), np.int64)}
    ids = np.where(made.batch()["input_ids"] == 0, 7, made.batch()["input_ids"])
    turned = np.concatenate([ids[:, :1], ids[:, :0:-1]], axis=1)
    away = outputs(made, input_ids=ids, **whole) - outputs(made, input_ids=turned, **whole)
    assert np.abs(away).max() > 1e-5  # sums in another order are 1e-7 apart


def test_modernbert_looks_around_a_token_in_every_layer_but_each_third(encoder: Get):
    """In the second layer a token sees four on either side: what is further off changes nothing of it."""
    made = encoder("modernbert")
    layers = made.network.network.model.layers
    seen: list[torch.Tensor] = []
    hook = layers[1].attn.register_forward_hook(lambda module, given, found: seen.append(found[0].clone()))
    read: list[torch.Tensor] = []
    changed = layers[1].attn.register_forward_pre_hook(
        lambda module, given, named: read.append(given[0] if given else named["hidden_states"]),
        with_kwargs=True,
    )
    full = {"attention_mask": np.ones((3, LENGTH), np.int64)}
    outputs(made, **full)
    changed.remove()

    def other(module: object, given: tuple[torch.Tensor, ...], named: dict[str, torch.Tensor]) -> object:
        moved = read[0].clone()
        moved[:, 20] += 1
        return ((moved, *given[1:]), named) if given else (given, {**named, "hidden_states": moved})

    planted = layers[1].attn.register_forward_pre_hook(other, with_kwargs=True)
    outputs(made, **full)
    planted.remove()
    hook.remove()
    away = (seen[1] - seen[0]).abs().amax(dim=(0, 2)).numpy()
    assert [at for at in range(LENGTH) if away[at] > 1e-6] == list(range(16, LENGTH))


def test_ernie_adds_its_task(encoder: Get):
    """One more row on every token, the first of its table: no input chooses another."""
    made = encoder("ernie")
    table = made.network.network.ernie.embeddings.task_type_embeddings.weight
    before = outputs(made)
    kept = table.detach().clone()
    with torch.no_grad():
        table[1:] += 1
    np.testing.assert_array_equal(outputs(made), before)
    with torch.no_grad():
        table[0] += torch.linspace(-1, 1, table.shape[1])
    assert np.abs(outputs(made) - before).max() > 1e-3
    with torch.no_grad():
        table.copy_(kept)


def test_a_configuration_is_made_of_the_record_alone():
    """transformers' own defaults stand in for nothing that a record has."""
    made = encoders.architecture("distilbert", layers=3, hidden=48, heads=4, intermediate=96, labels=5)
    config = config_of(made)
    found = (config.n_layers, config.dim, config.n_heads, config.hidden_dim, config.num_labels)
    assert found == (3, 48, 4, 96, 5)
    assert config._attn_implementation == "eager"


# ------------------------------------------------------------------ of a documented size


def test_distilbert_at_its_published_size(tmp_path: Path, one_thread: None):
    """distilbert-base: 67 million weights, saved by transformers, loaded, exported, held to torch."""
    sizes = {
        "layers": 6, "hidden": 768, "heads": 12, "intermediate": 3072, "vocabulary": 30522, "positions": 512,
    }  # fmt: skip
    model = encoders.model("distilbert", length=32, **sizes)
    network = build_network(model.architecture, model.inputs).eval()
    count = sum(parameter.numel() for parameter in network.parameters())
    assert (
        count == 66_955_779
    )  # 66 955 010 of distilbert-base-uncased-finetuned-sst-2-english, and a third label
    network.network.save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("".join(f"{piece}\n" for piece in encoders.PIECES), encoding="utf-8")
    loaded = load(from_folder(model, Weights.FULL, tmp_path)).network
    feed = example_inputs(model, vocabulary=30522, batch_size=1)
    np.testing.assert_array_equal(run_torch(loaded, model, feed)[0], run_torch(network, model, feed)[0])
    made = export(loaded, model, model.architecture, batch_size=1, opset=17)
    assert made.max_abs_difference < PARITY_BOUND
