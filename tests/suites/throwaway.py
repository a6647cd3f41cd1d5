"""A throw-away model, its chips, data set and README, as somebody would add them: files alone, no code.

The model `mite` is a BERT of one layer on a vocabulary of a few words, small enough to be built and run in
moments. Its data set `proverbs` holds 24 sentences, of which 18 are labelled as the network labels them,
so that its accuracy is 75 % exactly. What its README claims of each chip decides what a run comes to:

- `abacus`: here (onnxruntime drives it), 75.00 % is reproduced; throughput documented for batch 1 is
  exceeded, that for batch 4 out of reach;
- `tally`: here, but 99.00 % is documented: it falls short;
- `quipu`: its tools are nowhere, so its stand-in runs, in fp16; int8 is documented too.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.domain.models import Architecture, InputRole, Model
from harness.tables import catalog

if TYPE_CHECKING:
    import torch

SAMPLES, RIGHT = 24, 18

TABLES = """
[[chip]]
name = "abacus"
title = "Abacus"
backend = "onnxruntime"
precisions = ["fp32", "fp16"]

[[chip]]
name = "tally"
title = "Tally"
backend = "onnxruntime"
precisions = ["fp32"]

[[chip]]
name = "quipu"
title = "Quipu"
backend = "knots"
precisions = ["fp16", "int8"]
tools = ["quipu-smi"]
remedy = "tie the knots first"

[[dataset]]
name = "proverbs"
title = "Proverbs"
reader = "sst2"
file = "dev.tsv"
counts = { samples = 24 }
published = "nowhere: written by a test"

[[document]]
name = "mite-readme"
title = "Mite"
file = "mite.md"
repository = "nobody/zoo"

[[model]]
name = "mite"
title = "Mite (1 layer)"
document = "mite-readme"
task = "classify"
dataset = "proverbs"
metric = "accuracy"
length = 8
opset = 11
protocols = ["documented", "standard"]
inputs = [
    { name = "input_ids",   role = "ids",      dtype = "int64", folder = "input_ids" },
    { name = "segment_ids", role = "segments", dtype = "int64", folder = "segment_ids" },
    { name = "input_mask",  role = "mask",     dtype = "int64", folder = "input_mask" },
]
outputs = [{ name = "logits", dtype = "float32", shape = ["batch", "labels"] }]

[model.architecture]
layers = 1
hidden = 16
heads = 2
intermediate = 32
vocabulary = 24
positions = 16
head = "classification-relu"
labels = 2

[model.tokenizer]
lower_case = true
vocabulary = "the words of the proverbs"

[model.checkpoint]
published = "nowhere: made by a test"

[[model.deployments]]
chip = "abacus"
batch_sizes = [1, 4]
precisions = ["fp32"]

[[model.deployments]]
chip = "tally"
batch_sizes = [1, 4]
precisions = ["fp32"]

[[model.deployments]]
chip = "quipu"
batch_sizes = [1, 4]
precisions = ["fp16", "int8"]

[[table]]
document = "mite-readme"
model = "mite"
name = "results"
role = "measured"
rounding = "rounded"
columns = [
    { header = "batch", label = true },
    { header = "abacus acc.", chip = "abacus", metric = "accuracy", unit = "percent" },
    { header = "tally acc.", chip = "tally", metric = "accuracy", unit = "percent" },
    { header = "quipu acc.", chip = "quipu", metric = "accuracy", unit = "percent" },
    { header = "abacus speed", chip = "abacus", metric = "throughput", unit = "samples/s" },
    { header = "quipu speed", chip = "quipu", metric = "throughput", unit = "samples/s" },
]
rows = [
    { batch_size = 1, cells = ["1", "75.00", "99.00", "75.00", "0.01",          "100.00"] },
    { batch_size = 4, cells = ["4", "75.00", "99.00", "75.00", "1000000000.00", "400.00"] },
]
"""

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_WORDS = (
    "a", "all", "and", "bird", "bush", "deep", "glitters", "gold", "hand", "in", "is", "not", "run", "still",
    "that", "the", "two", "waters", "worth",
)  # fmt: skip


def write_tables(folder: Path) -> None:
    """The TOML file that adds all of it, for ``ZOOCHECK_TABLES``."""
    folder.mkdir(parents=True)
    (folder / "mite.toml").write_text(TABLES, encoding="utf-8")


def write_checkpoint_and_data(tables: Path, models: Path, data: Path) -> None:
    """A full checkpoint into ``models/mite`` and the data set it scores 75 % on into ``data/proverbs``."""
    import torch
    from safetensors.torch import save_file

    from harness.models.networks import build_network

    model = catalog.load((catalog.BUILT_IN, tables)).models["mite"]
    folder = models / "mite"
    folder.mkdir(parents=True)
    vocabulary = (*_SPECIAL, *_WORDS)
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in vocabulary), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(_config(model.architecture)), encoding="utf-8")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_network(model.architecture, model.inputs).eval()
    sentences = _sentences(400)
    inputs = _inputs(sentences, model, vocabulary)
    with torch.no_grad():
        for parameter in network.parameters():  # large enough for clear decisions
            parameter.mul_(8.0) if parameter.dim() == 2 else parameter.add_(0.05)
        network.classifier.weight.mul_(4.0)
        logits = network(*inputs)
        network.classifier.bias -= logits.median(dim=0).values  # so that both labels occur
        logits = network(*inputs).numpy()
    save_file(network.state_dict(), folder / "model.safetensors")
    _write_data(sentences, logits, data)


def _config(architecture: Architecture) -> dict[str, object]:
    """The config.json that transformers writes for this size."""
    sizes = dataclasses.asdict(architecture)
    names = {
        "layers": "num_hidden_layers", "hidden": "hidden_size", "heads": "num_attention_heads",
        "intermediate": "intermediate_size", "vocabulary": "vocab_size", "types": "type_vocab_size",
        "positions": "max_position_embeddings", "activation": "hidden_act",
        "layer_norm_eps": "layer_norm_eps",
    }  # fmt: skip
    return {"model_type": "bert"} | {theirs: sizes[ours] for ours, theirs in names.items()}


def _inputs(sentences: list[str], model: Model, vocabulary: tuple[str, ...]) -> list[torch.Tensor]:
    """The sentences as the network's inputs, int64 ``[sentences, length]`` each."""
    import torch

    ids = np.zeros((len(sentences), model.length), np.int64)
    for row, sentence in enumerate(sentences):
        pieces = ["[CLS]", *sentence.split(), "[SEP]"]
        ids[row, : len(pieces)] = [vocabulary.index(piece) for piece in pieces]
    by_role = {InputRole.IDS: ids, InputRole.SEGMENTS: np.zeros_like(ids), InputRole.MASK: np.int64(ids > 0)}
    return [torch.from_numpy(by_role[item.role]) for item in model.inputs]


def _write_data(sentences: list[str], logits: np.ndarray, data: Path) -> None:
    """The sentences that the network is surest of, half of each label; every fourth label is made wrong."""
    order = np.argsort(logits[:, 0] - logits[:, 1])
    surest = [*order[: SAMPLES // 2], *order[-SAMPLES // 2 :]]
    margin = np.abs(logits[surest, 0] - logits[surest, 1]).min()
    assert set(logits[surest].argmax(axis=1)) == {0, 1}, "the network knows one label only"
    assert margin > 0.5, f"the network decides by {margin:.3g}, which rounding might turn over"
    folder = data / "proverbs"
    folder.mkdir(parents=True)
    lines = ["sentence\tlabel"]
    for at, row in enumerate(surest):
        label = int(logits[row].argmax()) ^ (at % 4 == 3)
        lines.append(f"{sentences[row]}\t{label}")
    (folder / "dev.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sentences(count: int) -> list[str]:
    """Different sentences of three to six words."""
    draw = np.random.default_rng(0)
    made: dict[str, None] = {}
    while len(made) < count:
        made[" ".join(draw.choice(_WORDS, size=draw.integers(3, 7)))] = None
    return list(made)
