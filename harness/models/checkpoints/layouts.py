"""How each family's weights are laid out: their names, what shows each size, what inference leaves aside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from harness.domain.families import Family

# A size -> the parameter within the encoder that shows it, in which dimension, and how often it holds it.
Shown = Mapping[str, tuple[str, int, int]]

# What stands before every key because something was around the network when it was saved: a data-parallel
# wrapper, torch.compile's, a trainer. Any other prefix is taken off where the encoder and its head have it.
WRAPPERS = ("module", "_orig_mod", "model")
# What wrappers of single modules put into keys, wherever the module stands: torch.compile's, checkpointing's,
# FSDP's. No network of a family calls a module so.
WITHIN = ("_orig_mod", "_checkpoint_wrapped_module", "_fsdp_wrapped_module")
# What encoders are called in networks of people's own.
OTHER_NAMES = ("encoder", "backbone", "base_model", "text_encoder", "transformer", "plm")
# What published checkpoints carry and inference does not use, by the beginning of its name: the layer that
# TinyBERT's distillation fits to its teacher, and heads of pre-training.
_OF_TRAINING = ("fit_dense.", "cls.", "lm_head.")
# Within the encoder: buffers that old versions of transformers saved, and the pooler where the network on top
# has none.
_BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids", "pooler.")

_EMBEDDED: Shown = {
    "vocabulary": ("embeddings.word_embeddings.weight", 0, 1),
    "positions": ("embeddings.position_embeddings.weight", 0, 1),
    "types": ("embeddings.token_type_embeddings.weight", 0, 1),
}
_LAYERED: Shown = {
    **_EMBEDDED,
    "hidden": ("encoder.layer.0.attention.output.dense.weight", 0, 1),
    "intermediate": ("encoder.layer.0.intermediate.dense.weight", 0, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Names of one family's parameters, as transformers publishes them.

    `layer` finds the number in a layer's name, within the encoder; `layers` is the size that counts them.
    """

    encoder: str  # what the encoder's names begin with
    words: str = "embeddings.word_embeddings.weight"  # within it: the table of token embeddings, once in each
    parts: tuple[str, ...] = ("embeddings.", "encoder.", "pooler.")  # of an encoder saved by itself
    other_names: tuple[str, ...] = OTHER_NAMES
    wrappers: tuple[str, ...] = WRAPPERS
    shown: Shown = field(default_factory=lambda: _LAYERED)
    layer: re.Pattern[str] = re.compile(r"encoder\.layer\.(\d{1,9})\.", re.ASCII)
    layers: str = "layers"
    unused: tuple[str, ...] = _OF_TRAINING  # heads of pre-training, beside the encoder

    @property
    def left_aside(self) -> tuple[str, ...]:
        """Beginnings of names that inference does not use."""
        return (*self.unused, *(f"{self.encoder}.{name}" for name in _BUFFERS))


_ROBERTA = Layout(encoder="roberta")
_DEBERTA = Layout(
    encoder="deberta",
    parts=("embeddings.", "encoder."),
    unused=(*_OF_TRAINING, "lm_predictions.", "mask_predictions.", "pooler."),
)

LAYOUTS: Mapping[Family, Layout] = MappingProxyType(
    {
        Family.BERT: Layout(
            encoder="bert",
            other_names=("bert_model", *OTHER_NAMES),
            unused=("fit_dense.", "cls."),
            shown={**_LAYERED, "hidden": ("embeddings.word_embeddings.weight", 1, 1)},
        ),
        Family.ROBERTA: _ROBERTA,
        Family.XLM_ROBERTA: replace(_ROBERTA, other_names=("xlm_roberta", *OTHER_NAMES)),
        Family.ALBERT: Layout(
            encoder="albert",
            shown={
                **_EMBEDDED,
                "hidden": ("encoder.embedding_hidden_mapping_in.weight", 0, 1),
                "intermediate": ("encoder.albert_layer_groups.0.albert_layers.0.ffn.weight", 0, 1),
            },
            layer=re.compile(r"encoder\.albert_layer_groups\.(\d{1,9})\.", re.ASCII),
            layers="num_hidden_groups",
            unused=(*_OF_TRAINING, "predictions.", "sop_classifier."),
        ),
        Family.DISTILBERT: Layout(
            encoder="distilbert",
            parts=("embeddings.", "transformer."),
            other_names=tuple(name for name in OTHER_NAMES if name != "transformer"),
            shown={
                "vocabulary": _EMBEDDED["vocabulary"],
                "positions": _EMBEDDED["positions"],
                "hidden": ("embeddings.word_embeddings.weight", 1, 1),
                "intermediate": ("transformer.layer.0.ffn.lin1.weight", 0, 1),
            },
            layer=re.compile(r"transformer\.layer\.(\d{1,9})\.", re.ASCII),
            unused=(*_OF_TRAINING, "vocab_transform.", "vocab_layer_norm.", "vocab_projector."),
        ),
        Family.ELECTRA: Layout(
            encoder="electra",
            parts=("embeddings.", "embeddings_project.", "encoder."),
            unused=(
                *_OF_TRAINING,
                "discriminator_predictions.",
                "generator_predictions.",
                "generator_lm_head.",
            ),
        ),
        Family.DEBERTA: _DEBERTA,
        Family.DEBERTA_V2: _DEBERTA,
        Family.ERNIE: Layout(encoder="ernie"),
        Family.MODERNBERT: Layout(
            encoder="model",
            words="embeddings.tok_embeddings.weight",
            parts=("embeddings.", "layers.", "final_norm."),
            wrappers=("module", "_orig_mod"),
            shown={
                "vocabulary": ("embeddings.tok_embeddings.weight", 0, 1),
                "hidden": ("embeddings.tok_embeddings.weight", 1, 1),
                "intermediate": ("layers.0.mlp.Wi.weight", 0, 2),  # the gate and what it lets through
            },
            layer=re.compile(r"layers\.(\d{1,9})\.", re.ASCII),
            unused=(*_OF_TRAINING, "decoder."),
        ),
    }
)
