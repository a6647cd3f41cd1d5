"""The PyTorch networks of encoders: a BERT with the head its authors gave it, else the one of transformers.

torch and transformers are imported inside functions, so that collecting tests needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.families import Family
from harness.domain.models import Architecture, Head, InputRole
from harness.models import published

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import torch

    from harness.domain.models import Input


def encoder_config(architecture: Architecture, attention: str = "eager") -> object:
    """The `transformers.BertConfig` of a BERT's architecture, with eager attention unless told.

    Eager, because the export of scaled-dot-product attention scatters ``-inf`` and ``IsNaN`` over
    the graph, where the eager form keeps the mask as one constant.
    """
    from transformers import BertConfig

    return BertConfig(
        vocab_size=architecture.vocabulary,
        hidden_size=architecture.hidden,
        num_hidden_layers=architecture.layers,
        num_attention_heads=architecture.heads,
        intermediate_size=architecture.intermediate,
        max_position_embeddings=architecture.positions,
        type_vocab_size=architecture.types,
        hidden_act=architecture.activation,
        layer_norm_eps=architecture.layer_norm_eps,
        num_labels=architecture.labels,
        hidden_dropout_prob=architecture.dropout,
        attention_probs_dropout_prob=architecture.dropout,
        attn_implementation=attention,
    )


def parameter_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter of `build_network`'s network by its name, without building one.

    So a checkpoint can be held against its architecture before memory is taken for it. Names are the
    published ones; what stands before them in the network is `parameter_prefix`.
    """
    if architecture.family is not Family.BERT:
        return published.parameter_shapes(architecture)
    hidden, inner = architecture.hidden, architecture.intermediate
    shapes: dict[str, tuple[int, ...]] = {}

    def norm(name: str) -> None:
        shapes.update({f"{name}.LayerNorm.{part}": (hidden,) for part in ("weight", "bias")})

    def dense(name: str, out: int, into: int) -> None:
        shapes.update({f"{name}.weight": (out, into), f"{name}.bias": (out,)})

    for name, rows in (
        ("word", architecture.vocabulary),
        ("position", architecture.positions),
        ("token_type", architecture.types),
    ):
        shapes[f"bert.embeddings.{name}_embeddings.weight"] = (rows, hidden)
    norm("bert.embeddings")
    for layer in range(architecture.layers):
        within = f"bert.encoder.layer.{layer}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            dense(f"{within}.attention.{part}", hidden, hidden)
        norm(f"{within}.attention.output")
        dense(f"{within}.intermediate.dense", inner, hidden)
        dense(f"{within}.output.dense", hidden, inner)
        norm(f"{within}.output")
    if has_pooler(architecture):
        dense("bert.pooler.dense", hidden, hidden)
    if architecture.head is Head.QUESTION_ANSWERING:
        dense("qa_outputs", 2, hidden)
    else:
        dense("classifier", architecture.labels, hidden)
    return shapes


def parameter_prefix(architecture: Architecture) -> str:
    """What the names of the network's parameters begin with before the published ones."""
    return "" if architecture.family is Family.BERT else published.PREFIX


def classifier(architecture: Architecture, parameters: Iterable[str]) -> str:
    """The last layer, whose rows are the logits: among `parameters` by their published names."""
    if architecture.head is Head.QUESTION_ANSWERING:
        return "qa_outputs"
    return "classifier.out_proj" if "classifier.out_proj.weight" in parameters else "classifier"


def has_pooler(architecture: Architecture) -> bool:
    """Whether a BERT has a pooler: those that classify sentences do."""
    return architecture.head in (Head.CLASSIFICATION, Head.CLASSIFICATION_RELU)


def build_network(
    architecture: Architecture, inputs: Sequence[Input], attention: str = "eager"
) -> torch.nn.Module:
    """An untrained network whose ``forward`` takes `inputs` by position, in the documented order.

    `attention` is transformers' name of an implementation; the mathematics is the same.

    Every input is int64 ``[batch, length]``. Of a family other than BERT it is transformers' own, wrapped:
    see `published.build`. A BERT's heads return float32:

    - ``classification-relu``: logits ``[batch, labels]`` of ``classifier(relu(pooled))``, the head of
      TinyBERT's authors (huawei-noah/Pretrained-Language-Model, TinyBERT/transformer/modeling.py);
    - ``classification``: logits ``[batch, labels]`` of ``classifier(pooled)``, what a plain
      `BertForSequenceClassification` computes.

    - ``token-classification``: logits ``[batch, length, labels]``, as `BertForTokenClassification`;
    - ``question-answering``: start and end logits, ``[batch, length]`` each, as
      `BertForQuestionAnswering`.

    Parameter names are those of the published checkpoints: ``bert.*`` with ``classifier.*``, or
    ``qa_outputs.*`` for question answering. Only the classifiers of sentences have a pooler.
    """
    if architecture.family is not Family.BERT:
        return published.build(architecture, inputs, attention)
    return _bert(architecture, [item.role for item in inputs], attention)


def _bert(architecture: Architecture, roles: Sequence[InputRole], attention: str) -> torch.nn.Module:
    import torch
    from transformers import BertModel

    pooled = has_pooler(architecture)

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel(encoder_config(architecture, attention), add_pooling_layer=pooled)
            self.dropout = torch.nn.Dropout(architecture.dropout)
            if architecture.head is Head.QUESTION_ANSWERING:
                self.qa_outputs = torch.nn.Linear(architecture.hidden, 2)
            else:
                self.classifier = torch.nn.Linear(architecture.hidden, architecture.labels)

        def forward(self, *arguments: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
            by_role = dict(zip(roles, arguments, strict=True))
            encoded = self.bert(
                input_ids=by_role[InputRole.IDS],
                attention_mask=by_role[InputRole.MASK],
                token_type_ids=by_role.get(InputRole.SEGMENTS),
                return_dict=False,
            )
            if architecture.head is Head.QUESTION_ANSWERING:
                start, end = self.qa_outputs(encoded[0]).unbind(-1)
                return start, end
            features = encoded[1] if pooled else encoded[0]
            if architecture.head is Head.CLASSIFICATION_RELU:
                features = torch.relu(features)
            logits: torch.Tensor = self.classifier(self.dropout(features))
            return logits

    return Network()
