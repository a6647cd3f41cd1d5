"""Checkpoints of every family as transformers saves them: read by what they are, loaded to its outputs."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import encoders
import numpy as np
import pytest
from encoders import HEADS, NAMES

from harness.domain.families import Family
from harness.domain.models import Head, Model, Weights
from harness.errors import CheckpointError
from harness.models.checkpoints import in_order, load, locate
from harness.models.checkpoints.folders import from_folder
from harness.models.checkpoints.layouts import LAYOUTS
from harness.models.graphs.export import example_inputs, run_torch
from harness.setting.home import Home


def theirs(network, model, batch):
    """What transformers' own network gives when it is called as its documentation has it."""
    import torch

    arguments = {item.name: torch.from_numpy(batch[item.name]) for item in model.inputs}
    with torch.inference_mode():
        outputs = network(**arguments).to_tuple()
    return [output.numpy() for output in outputs]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, one_thread: None):
    """A saved checkpoint of a family and a head, made once, and the network that was saved."""
    made: dict[tuple[str, Head], tuple[Path, object]] = {}

    def get(name: str, head: Head = Head.CLASSIFICATION):
        if (name, head) not in made:
            folder = tmp_path_factory.mktemp("families") / f"{name}-{head}"
            made[name, head] = folder, encoders.saved(folder, name, head)
        return made[name, head]

    return get


@pytest.mark.parametrize("head", HEADS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_a_saved_checkpoint_gives_what_transformers_gives(folders, name: str, head: Head):
    """Every value of it is used, and its config.json is read to the network that it was saved of."""
    folder, network = folders(name, head)
    model = encoders.model(name, head)
    checkpoint = from_folder(model, Weights.FULL, folder)
    epsilon = checkpoint.architecture.layer_norm_eps
    assert checkpoint.architecture == encoders.architecture(name, head, layer_norm_eps=epsilon)
    loaded = load(checkpoint)
    assert loaded.ignored == ()
    batch = example_inputs(model, vocabulary=encoders.VOCABULARY, batch_size=4)
    expected = theirs(network, model, batch)
    for ours, wanted in zip(run_torch(loaded.network, model, batch), expected, strict=True):
        assert np.ptp(wanted) > 0.01
        np.testing.assert_allclose(ours, wanted, atol=2e-6)


@pytest.fixture
def copied(folders, tmp_path: Path):
    """A saved checkpoint's folder of a test's own, to change."""

    def get(name: str, head: Head = Head.CLASSIFICATION) -> Path:
        folder = tmp_path / name
        shutil.copytree(folders(name, head)[0], folder)
        return folder

    return get


def rewritten(folder: Path, change) -> None:
    """The weights file with `change` made to its tensors by name."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in change(load_file(path)).items()}, path)


def outputs_of(folder: Path, name: str, head: Head = Head.CLASSIFICATION):
    """The outputs of what is in `folder`, and what of its weights was left aside."""
    model = encoders.model(name, head)
    loaded = load(from_folder(model, Weights.FULL, folder))
    batch = example_inputs(model, vocabulary=encoders.VOCABULARY, batch_size=4)
    return run_torch(loaded.network, model, batch), loaded.ignored


# Beside an encoder as its authors publish it: heads of pre-training, and what old libraries saved.
UNUSED = {
    "roberta": ("lm_head.dense.weight", "roberta.pooler.dense.weight", "roberta.embeddings.position_ids"),
    "xlm-roberta": ("lm_head.bias", "roberta.pooler.dense.bias"),
    "albert": ("predictions.bias", "sop_classifier.classifier.weight"),
    "distilbert": ("vocab_transform.weight", "vocab_layer_norm.bias", "vocab_projector.weight"),
    "electra": ("discriminator_predictions.dense.weight", "electra.embeddings.position_ids"),
    "deberta": ("lm_predictions.lm_head.bias", "deberta.embeddings.position_ids"),
    "deberta-v3": (
        "lm_predictions.lm_head.dense.weight",
        "mask_predictions.dense.weight",
        "cls.predictions.bias",
    ),
    "ernie": ("cls.predictions.transform.dense.weight", "ernie.embeddings.position_ids"),
    "modernbert": ("decoder.bias",),
}


@pytest.mark.parametrize("name", UNUSED)
def test_heads_of_pre_training_are_left_aside_and_told(copied, name: str):
    import torch

    folder = copied(name)
    expected, _ = outputs_of(folder, name)
    rewritten(folder, lambda held: {**held, **{key: torch.ones(3) for key in UNUSED[name]}})
    found, ignored = outputs_of(folder, name)
    assert sorted(ignored) == sorted(UNUSED[name])
    np.testing.assert_array_equal(found, expected)


def bare(encoder: str):
    """The encoder's own names without what stands before them, as it is saved by itself."""
    return lambda held: {key.removeprefix(f"{encoder}."): value for key, value in held.items()}


WRAPPED = {
    "a data-parallel wrapper": lambda encoder: (
        lambda held: {f"module.{key}": value for key, value in held.items()}
    ),
    "a trainer's wrapper": lambda encoder: (
        lambda held: {f"model.{key}": value for key, value in held.items()}
    ),
    "an encoder saved bare": bare,
    "an encoder of another name": lambda encoder: (
        lambda held: {
            f"backbone.{key.removeprefix(encoder + '.')}" if key.startswith(f"{encoder}.") else key: value
            for key, value in held.items()
        }
    ),
}


@pytest.mark.parametrize("how", WRAPPED)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("xlm-roberta", "deberta-v2")])
def test_names_around_an_encoder_are_understood(copied, name: str, how: str):
    folder = copied(name)
    expected, _ = outputs_of(folder, name)
    encoder = LAYOUTS[encoders.architecture(name).family].encoder
    rewritten(folder, WRAPPED[how](encoder))
    found, ignored = outputs_of(folder, name)
    assert ignored == ()
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["roberta", "albert", "deberta-v3"])
def test_shards_and_fp16_weights_are_read(tmp_path: Path, name: str):
    """Of `save_pretrained` with a small largest shard, in half precision."""
    folder = tmp_path / "sharded"
    network = encoders.saved(folder, name, dtype="float16", max_shard_size="20KB")
    assert not (folder / "model.safetensors").exists()
    assert len([*folder.glob("model-*.safetensors")]) > 1
    model = encoders.model(name)
    batch = example_inputs(model, vocabulary=encoders.VOCABULARY, batch_size=4)
    found, _ = outputs_of(folder, name)
    np.testing.assert_array_equal(found, theirs(network.float(), model, batch))


@pytest.mark.parametrize("name", NAMES)
def test_labels_in_another_order_are_moved_in_each_familys_classifier(copied, name: str):
    folder = copied(name)
    expected, _ = outputs_of(folder, name)
    encoders.edited(folder, id2label={"0": "c", "1": "a", "2": "b"}, label2id={"c": 0, "a": 1, "b": 2})
    model = encoders.model(name)
    checkpoint = in_order(from_folder(model, Weights.FULL, folder), ("a", "b", "c"))
    assert checkpoint.label_rows == (1, 2, 0)
    batch = example_inputs(model, vocabulary=encoders.VOCABULARY, batch_size=4)
    [found] = run_torch(load(checkpoint).network, model, batch)
    np.testing.assert_allclose(found, expected[0][:, [1, 2, 0]], atol=1e-6)


def deciding(name: str) -> Model:
    """A model whose table leaves its sizes to the config.json."""
    model = encoders.model(name)
    return dataclasses.replace(model, checkpoint=dataclasses.replace(model.checkpoint, config_decides=True))


def home_of(folder: Path) -> Home:
    """A home whose model folder is `folder`'s."""
    return Home(root=folder / "home", models=folder.parent, data=folder / "data", minis=folder / "minis")


@pytest.mark.parametrize("weights", ["full", "random", "auto"])
@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("gpt2", "model_type: found 'gpt2', supported are " + ", ".join(Family)),
        (None, "model_type: found no value, supported are " + ", ".join(Family)),
        (7, "model_type: found 7, supported are " + ", ".join(Family)),
        (
            "bert",
            "model_type: found 'bert', expected 'roberta', which is architecture.family in the model's table",
        ),
    ],
    ids=str,
)
def test_another_model_type_is_refused_by_name_whatever_the_weights(copied, weights: str, said, message: str):
    folder = copied("roberta")
    encoders.edited(folder, model_type=said)
    with pytest.raises(CheckpointError) as raised:
        locate(encoders.model("roberta"), weights, home_of(folder))
    assert f"{folder / 'config.json'}: {message}" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("weights", ["full", "random"])
@pytest.mark.parametrize(
    ("changes", "beside"),
    [
        ({"embedding_size": 16, "num_hidden_groups": 1}, "embedding_size, num_hidden_groups"),
        ({"architectures": ["RobertaForSequenceClassification"]}, "architectures 'RobertaForSequence"),
        ({"relative_attention": True}, "relative_attention"),
        ({"sliding_window": 5}, "sliding_window"),
    ],
    ids=str,
)
def test_a_bert_without_a_model_type_has_no_other_keys(
    copied, weights: str, changes: dict[str, object], beside: str
):
    """A table that says bert is no reason to take another network for one."""
    folder = copied("bert")
    (folder / "config.json").write_text(json.dumps({**OF_2019, **changes}), encoding="utf-8")
    with pytest.raises(CheckpointError) as raised:
        locate(deciding("bert"), weights, home_of(folder))
    said = str(raised.value)
    assert f"{folder / 'config.json'}: model_type: found no value beside {beside}" in said
    assert "which no BERT's has, supported are bert, " in said
    assert "\n" not in said


def test_a_bert_of_2019_is_told_to_be_taken_for_one(copied):
    """Beside the checkpoint in each result, and not where the file names its family."""
    folder = copied("bert")
    told = "config.json names no model_type: taken for a BERT's, by its keys"
    assert told not in locate(deciding("bert"), "full", home_of(folder)).source
    (folder / "config.json").write_text(json.dumps(OF_2019), encoding="utf-8")
    assert told in locate(deciding("bert"), "full", home_of(folder)).source


# As transformers 2.3 wrote it, and Google before.
OF_2019 = {
    "attention_probs_dropout_prob": 0.1, "directionality": "bidi", "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1, "hidden_size": 32, "initializer_range": 0.02, "intermediate_size": 64,
    "layer_norm_eps": 1e-5, "max_position_embeddings": 26, "num_attention_heads": 2, "num_hidden_layers": 2,
    "num_labels": 3, "output_attentions": False, "pooler_fc_size": 32, "pruned_heads": {},
    "torchscript": False, "type_vocab_size": 2, "use_bfloat16": False, "vocab_size": 120,
}  # fmt: skip

REFUSED = {
    "code of its own": ("roberta", {"auto_map": {"AutoModel": "modeling.X"}}, "auto_map: found"),
    "a decoder": ("electra", {"is_decoder": True}, "is_decoder: found True"),
    "other positions": (
        "albert",
        {"position_embedding_type": "relative_key"},
        "position_embedding_type: found",
    ),
    "quantised": ("distilbert", {"quantization_config": {"bits": 4}}, "quantization_config: found"),
    "no padding id of it": ("roberta", {"pad_token_id": 0}, "pad_token_id: found 0, expected 1"),
    "a pooler of another size": (
        "deberta",
        {"pooler_hidden_size": 7},
        "pooler_hidden_size: found 7, expected 32",
    ),
    "angles that are scaled": (
        "modernbert",
        {"rope_parameters": {"full_attention": {"rope_type": "yarn"}}},
        "rope_parameters: found",
    ),
    "layers without end": (
        "albert",
        {"num_hidden_layers": 2**31 - 1},
        "expected a positive count up to 1000",
    ),
    "positions without end": (
        "deberta-v3",
        {"max_position_embeddings": 2**31 - 1},
        "expected a positive count up to 1048576",
    ),
    "too few positions": (
        "roberta",
        {"max_position_embeddings": 25},
        "max_position_embeddings: found 25, of which 2 are up to the padding id, expected at least 24 tokens",
    ),
    "an activation that is none": ("distilbert", {"activation": "softmax"}, "activation: found 'softmax'"),
    "a setting of another type": (
        "deberta-v2",
        {"relative_attention": "yes"},
        "relative_attention: found 'yes'",
    ),
    "layers that are not told apart": (
        "modernbert",
        {"layer_types": ["full_attention"]},
        "layer_types: found ['full_attention'], expected 2 of them",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_configuration_that_is_another_network_is_refused(copied, what: str):
    name, changes, message = REFUSED[what]
    folder = copied(name)
    encoders.edited(folder, **changes)
    with pytest.raises(CheckpointError) as raised:
        from_folder(deciding(name), Weights.FULL, folder)
    assert message in str(raised.value)


SIZES = {
    "roberta": "hidden_size", "albert": "num_hidden_groups", "distilbert": "n_layers",
    "electra": "hidden_size",
    "deberta-v3": "intermediate_size", "ernie": "num_hidden_layers", "modernbert": "intermediate_size",
}  # fmt: skip


@pytest.mark.parametrize("size", [4, 10**9])
@pytest.mark.parametrize("name", SIZES)
def test_a_size_that_the_weights_do_not_have_is_told_from_their_headers(copied, name: str, size: int):
    """A billion of anything is as soon refused as a few: nothing is built of that size."""
    folder = copied(name)
    encoders.edited(folder, **{SIZES[name]: size})
    said = f"not of the weights in model.safetensors:\n  {SIZES[name]}: {size}, but"
    with pytest.raises(CheckpointError, match=said):
        from_folder(deciding(name), Weights.FULL, folder)


def test_what_no_size_shows_is_told_by_the_weights_that_do_not_fit(copied):
    """Their shapes are known without memory for them, however large."""
    folder = copied("electra")
    encoders.edited(folder, embedding_size=10**9)
    checkpoint = from_folder(deciding("electra"), Weights.FULL, folder)
    with pytest.raises(CheckpointError, match=r"embeddings_project.weight: found shape \[32, 16\], expected"):
        load(checkpoint)
