"""A model record of TinyBERT's shape, small enough for a test. Imports no torch: clients use it too."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from harness.domain.metrics import Metric
from harness.domain.models import (
    Architecture,
    CheckpointSource,
    Head,
    Input,
    InputRole,
    Model,
    Output,
    Protocol,
    TokenizerSpec,
)
from harness.models.checkpoints import unsaid
from harness.setting.home import Home

UNNAMED = unsaid.NOTE  # what is told of `config_json`'s

REPOSITORY = "zoo/tiny-bert"
REVISION = "0123456789abcdef0123456789abcdef01234567"

ARCHITECTURE = Architecture(
    layers=2, hidden=16, heads=2, intermediate=32, vocabulary=40, positions=16,
    head=Head.CLASSIFICATION_RELU, labels=2,
)  # fmt: skip

VOCABULARY = "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"piece{n}" for n in range(36))]) + "\n"


def tiny_model(**checkpoint: object) -> Model:
    """The record; keywords go into its `CheckpointSource`."""
    source = CheckpointSource(published="https://example.org/tiny.zip")
    return Model(
        name="tiny-bert", title="Tiny", document="none", task="classify", dataset="none",
        metric=Metric.ACCURACY, length=8, opset=11, protocols=(Protocol.DOCUMENTED,),
        architecture=ARCHITECTURE,
        tokenizer=TokenizerSpec(lower_case=True, vocabulary="tiny-vocabulary"),
        checkpoint=dataclasses.replace(source, **checkpoint),
        inputs=(
            Input(name="input_ids", role=InputRole.IDS, dtype="int64", folder="input_ids"),
            Input(name="segment_ids", role=InputRole.SEGMENTS, dtype="int64", folder="segment_ids"),
            Input(name="input_mask", role=InputRole.MASK, dtype="int64", folder="input_mask"),
        ),
        outputs=(Output(name="logits", dtype="float32", shape=("batch", "labels")),),
        deployments=(),
    )  # fmt: skip


def hub_model(**checkpoint: object) -> Model:
    """The same model, published on the hub."""
    return tiny_model(**{"hub": REPOSITORY, "revision": REVISION, **checkpoint})


def home_in(folder: Path) -> Home:
    """A zoocheck home inside `folder`, with no mini embedded."""
    return Home(root=folder / "home", models=folder / "models", data=folder / "data", minis=folder / "minis")


def config_json(**changes: object) -> str:
    """A config.json with the keys that TinyBERT's authors' has, which names no labels."""
    return json.dumps(
        {
            "attention_probs_dropout_prob": 0.1, "cell": {}, "emb_size": 16, "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1, "hidden_size": 16, "initializer_range": 0.02,
            "intermediate_size": 32, "max_position_embeddings": 16, "num_attention_heads": 2,
            "num_hidden_layers": 2, "pre_trained": "", "structure": [], "type_vocab_size": 2,
            "vocab_size": 40, **changes,
        }
    )  # fmt: skip
