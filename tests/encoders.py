"""Small encoders of every family with seeded weights, as transformers itself builds and saves them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.families import FAMILIES, Family, FamilyFacts
from harness.domain.metrics import Metric
from harness.domain.models import Architecture, CheckpointSource, Head, Model, Protocol, TokenizerSpec
from harness.models.graphs import int8, mask
from harness.models.graphs.export import example_inputs, export, export_any_shape
from harness.tables.defaults import completed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnx
    import torch

LENGTH = 24
BATCH = 3
VOCABULARY = 120
LABELS = 3
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"piece{n}" for n in range(VOCABULARY - 4)))
HEADS = (Head.CLASSIFICATION, Head.TOKEN_CLASSIFICATION, Head.QUESTION_ANSWERING)
CLASSES = {
    Head.CLASSIFICATION: "AutoModelForSequenceClassification",
    Head.TOKEN_CLASSIFICATION: "AutoModelForTokenClassification",
    Head.QUESTION_ANSWERING: "AutoModelForQuestionAnswering",
}
_RELATIVE = {"relative_attention": True, "position_biased_input": False}
# A family, or what is published under its model_type, and what a config.json of it says beside its sizes.
_SETTINGS: Mapping[str, tuple[Family, Mapping[str, Any]]] = {
    "bert": (Family.BERT, {}),
    "roberta": (Family.ROBERTA, {}),
    "xlm-roberta": (Family.XLM_ROBERTA, {}),
    "albert": (Family.ALBERT, {"embedding_size": 16}),
    "distilbert": (Family.DISTILBERT, {}),
    "electra": (Family.ELECTRA, {"embedding_size": 16}),
    "deberta": (Family.DEBERTA, {**_RELATIVE, "pos_att_type": ["c2p", "p2c"]}),
    "deberta-v2": (
        Family.DEBERTA_V2,
        {**_RELATIVE, "pos_att_type": ["p2c", "c2p"], "conv_kernel_size": 3, "conv_act": "gelu"},
    ),
    "deberta-v3": (
        Family.DEBERTA_V2,
        {
            **_RELATIVE, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8, "share_att_key": True,
            "norm_rel_ebd": "layer_norm",
        },
    ),
    "ernie": (Family.ERNIE, {"use_task_id": True, "task_type_vocab_size": 4}),
    "modernbert": (
        Family.MODERNBERT,
        {"pad_token_id": 5, "local_attention": 8},
    ),
}  # fmt: skip
NAMES = tuple(_SETTINGS)


def facts(name: str) -> FamilyFacts:
    """What is told of the family that is called `name` here."""
    return FAMILIES[_SETTINGS[name][0]]


def architecture(name: str, head: Head = Head.CLASSIFICATION, **sizes: Any) -> Architecture:
    """Two layers of 32 under `head`, of a family's own kind; `sizes` in place of them."""
    family, settings = _SETTINGS[name]
    facts = FAMILIES[family]
    small: dict[str, Any] = {
        "layers": 2, "hidden": 32, "heads": 2, "intermediate": 64, "vocabulary": VOCABULARY,
        "positions": LENGTH + 2, "labels": 2 if head is Head.QUESTION_ANSWERING else LABELS,
        "types": facts.types, "activation": facts.activation, "layer_norm_eps": facts.epsilon,
        "dropout": facts.dropout,
    }  # fmt: skip
    return Architecture(**{**small, **sizes}, head=head, family=family, settings=dict(settings))


def model(name: str, head: Head = Head.CLASSIFICATION, *, length: int = LENGTH, **sizes: Any) -> Model:
    """The record of a table that says no more than it has to."""
    return completed(
        Model(
            name=name, title=name, task="classify", dataset="none", metric=Metric.ACCURACY, length=length,
            protocols=(Protocol.STANDARD,), architecture=architecture(name, head, **sizes),
            tokenizer=TokenizerSpec(lower_case=True, vocabulary="none"),
            checkpoint=CheckpointSource(published="a test"), deployments=(),
        )
    )  # fmt: skip


def saved(
    folder: Path,
    name: str,
    head: Head = Head.CLASSIFICATION,
    *,
    labels: int = LABELS,
    dtype: str = "",
    **how: Any,
) -> torch.nn.Module:
    """transformers' own network, written by its `save_pretrained` with a vocab.txt beside it.

    Its configuration is made of the keys of a published config.json, not by what is to be tested.
    """
    import torch
    import transformers

    family, _ = _SETTINGS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        config = transformers.AutoConfig.for_model(str(family), **published_config(name, head, labels))
        network = getattr(transformers, CLASSES[head]).from_config(config, attn_implementation="eager").eval()
        louder(network)
    if dtype:
        network = network.to(getattr(torch, dtype))
    network.save_pretrained(folder, **how)
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in PIECES), encoding="utf-8")
    return network


def louder(network: torch.nn.Module) -> None:
    """Weights large enough, and biases other than 0, that rounding, masks and a lost part show."""
    import torch

    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1:
                parameter.mul_(4)
            else:
                parameter.add_(0.1 * torch.randn(parameter.shape))


def published_config(name: str, head: Head, labels: int = LABELS) -> dict[str, Any]:
    """The keys of a config.json of a small network."""
    sizes = architecture(name, head)
    common = {
        "vocab_size": sizes.vocabulary, "max_position_embeddings": sizes.positions,
        "num_labels": 2 if head is Head.QUESTION_ANSWERING else labels, **sizes.settings,
    }  # fmt: skip
    if sizes.family is Family.DISTILBERT:
        own = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}
    else:
        own = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    special = dict.fromkeys(("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"))
    types = {"type_vocab_size": sizes.types} if "types" in FAMILIES[sizes.family].sizes else {}
    eps = {} if sizes.family in (Family.DISTILBERT, Family.MODERNBERT) else {"layer_norm_eps": 1e-5}
    return {**common, **own, **types, **special, **eps}


def edited(folder: Path, **changes: Any) -> None:
    """Change keys of a folder's config.json; None removes one."""
    path = folder / "config.json"
    content = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


@dataclasses.dataclass(kw_only=True)
class Encoder:
    """A small network of a family with seeded weights, and its graphs, each made once."""

    model: Model
    network: torch.nn.Module
    _graphs: dict[str | int, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def made(cls, name: str, head: Head) -> Encoder:
        """As the seed 3 initialises it, and then `louder`."""
        import torch

        from harness.models.networks import build_network

        found = model(name, head)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            network = build_network(found.architecture, found.inputs).eval()
            louder(network)
        return cls(model=found, network=network)

    def graph(self, opset: int = 17) -> onnx.ModelProto:
        """Exported at `BATCH`."""
        if opset not in self._graphs:
            made = export(self.network, self.model, self.model.architecture, batch_size=BATCH, opset=opset)
            self._graphs[opset] = made.graph
        return self._graphs[opset]

    def any_shape(self) -> onnx.ModelProto:
        """With open batch and length, at opset 17."""
        if "any" not in self._graphs:
            made = export_any_shape(self.network, self.model, self.model.architecture, opset=17)
            self._graphs["any"] = made.graph
        return self._graphs["any"]

    def limited(self) -> onnx.ModelProto:
        """What comes before fp16 and int8."""
        return mask.limit_mask(self.graph())

    def ranges(self) -> int8.Ranges:
        """int8's, calibrated on four batches that tests do not look at."""
        if "ranges" not in self._graphs:
            self._graphs["ranges"] = int8.ranges_of(self.limited(), [self.batch(seed) for seed in range(4)])
        return self._graphs["ranges"]

    def batch(self, seed: int = 7) -> dict[str, npt.NDArray[np.integer]]:
        """`BATCH` samples with padding behind."""
        return example_inputs(self.model, vocabulary=VOCABULARY, batch_size=BATCH, seed=seed)
