"""Families of encoders, by what a config.json calls them, and what is told of each apart from its sizes.

What is not here is not supported. Keys and defaults are those of transformers' configuration classes; that
none of them is left out is held by `tests/models/test_families.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

MOST = 2**31 - 1  # of anything that is counted here
# transformers' names of the activations that encoders have been published with.
ACTIVATIONS = (
    "gelu", "gelu_new", "gelu_fast", "gelu_python", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu",
    "swish", "mish", "tanh", "sigmoid", "linear",
)  # fmt: skip
PADDING = "pad_token_id"


class Family(StrEnum):
    """The networks that are built: transformers' ``model_type``."""

    BERT = "bert"
    ROBERTA = "roberta"
    XLM_ROBERTA = "xlm-roberta"
    ALBERT = "albert"
    DISTILBERT = "distilbert"
    ELECTRA = "electra"
    DEBERTA = "deberta"
    DEBERTA_V2 = "deberta-v2"
    ERNIE = "ernie"
    MODERNBERT = "modernbert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A setting that is a whole number, from `least` to `most`."""

    default: int | None = None  # None: it follows from a size
    least: int = 1
    most: int = MOST

    def fits(self, value: Any) -> bool:
        """Whether `value` is one."""
        return isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most

    @property
    def expected(self) -> str:
        """What it has to be, in words."""
        bound = "" if self.most == MOST else f" to {self.most}"
        return f"a whole number from {self.least}{bound}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A setting that is a number above 0."""

    default: float

    def fits(self, value: Any) -> bool:
        """Whether `value` is one."""
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")

    @property
    def expected(self) -> str:
        """What it has to be, in words."""
        return "a number above 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A setting that is true or false."""

    default: bool

    def fits(self, value: Any) -> bool:
        """Whether `value` is one."""
        return isinstance(value, bool)

    @property
    def expected(self) -> str:
        """What it has to be, in words."""
        return "true or false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A setting that is one of some words."""

    default: str
    words: tuple[str, ...]

    def fits(self, value: Any) -> bool:
        """Whether `value` is one."""
        return isinstance(value, str) and value in self.words

    @property
    def expected(self) -> str:
        """What it has to be, in words."""
        return f"one of {', '.join(self.words)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """A setting that is a list of some words, or those words in one text with ``|`` between them."""

    default: tuple[str, ...]
    words: tuple[str, ...]

    def fits(self, value: Any) -> bool:
        """Whether `value` is one."""
        items = value.lower().split("|") if isinstance(value, str) else value
        return (
            isinstance(items, list | tuple)
            and all(isinstance(item, str) and item.strip() in self.words for item in items)
        )  # fmt: skip

    @property
    def expected(self) -> str:
        """What it has to be, in words."""
        return f"a list of some of {', '.join(self.words)}"


Setting = Whole | Number | Flag | Choice | Choices

_SIZES: Mapping[str, str] = {
    "layers": "num_hidden_layers",
    "hidden": "hidden_size",
    "heads": "num_attention_heads",
    "intermediate": "intermediate_size",
    "vocabulary": "vocab_size",
    "positions": "max_position_embeddings",
    "types": "type_vocab_size",
}
_NO_TYPES = {ours: key for ours, key in _SIZES.items() if ours != "types"}


def _padded_with(number: int) -> dict[str, Setting]:
    return {PADDING: Whole(default=number, least=0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyFacts:
    """What is told of a family: the keys of its config.json, and what they are where it is silent."""

    title: str  # what people call it
    sizes: Mapping[str, str] = field(default_factory=lambda: _SIZES)  # field of Architecture -> key
    settings: Mapping[str, Setting] = field(default_factory=lambda: _padded_with(0))  # the other keys
    activation_key: str = "hidden_act"
    activation: str = "gelu"
    epsilon_key: str = "layer_norm_eps"  # empty: the family has one that no config.json changes
    epsilon: float = 1e-12
    dropout_key: str = "hidden_dropout_prob"
    dropout: float = 0.1
    types: int = 2  # segments, where a config.json or a table is silent; 0: it knows none
    positions_behind_padding: bool = False  # the first token's position is that behind the padding id
    types_unsaid: int | None = None  # where a config.json is silent, if not `types`
    limits: Mapping[str, int] = field(default_factory=dict)  # of sizes that no weight shows
    opset: int = 9  # the oldest that it is exported at; what torch 2.13 and onnx 1.22 refuse is below
    open_opset: int = 11  # the oldest of a graph of any batch or length

    @property
    def knows_segments(self) -> bool:
        """Whether a configuration of the family can have segments at all."""
        return "types" in self.sizes


# One segment, and positions that begin behind the padding id.
_ROBERTA: Mapping[str, Any] = {
    "settings": _padded_with(1), "types": 1, "types_unsaid": 2, "positions_behind_padding": True,
    "opset": 11,  # CumSum, which counts its positions
}  # fmt: skip
_DEBERTA: Mapping[str, Setting] = {
    **_padded_with(0),
    "relative_attention": Flag(default=False),
    "max_relative_positions": Whole(default=-1, least=-1),
    "position_biased_input": Flag(default=True),
    "pos_att_type": Choices(default=(), words=("c2p", "p2c")),
    "pooler_hidden_act": Choice(default="gelu", words=ACTIVATIONS),
    "embedding_size": Whole(),
}

# Its parts are cut by sizes that are only known from 11 on; at any length its positions are a Clip of int64,
# which ONNX has from 12 on (https://onnx.ai/onnx/operators/onnx__Clip.html).
_DEBERTA_OPSETS: Mapping[str, Any] = {"opset": 11, "open_opset": 12}

FAMILIES: Mapping[Family, FamilyFacts] = MappingProxyType(
    {
        Family.BERT: FamilyFacts(title="BERT"),
        Family.ROBERTA: FamilyFacts(title="RoBERTa", **_ROBERTA),
        Family.XLM_ROBERTA: FamilyFacts(title="XLM-R", **_ROBERTA),
        Family.ALBERT: FamilyFacts(
            title="ALBERT",
            settings={
                **_padded_with(0),
                "embedding_size": Whole(default=128),
                "num_hidden_groups": Whole(default=1),
                "inner_group_num": Whole(default=1),
            },
            activation="gelu_new",
            dropout=0.0,
            limits={"layers": 1000},
        ),
        Family.DISTILBERT: FamilyFacts(
            title="DistilBERT",
            sizes={
                "layers": "n_layers", "hidden": "dim", "heads": "n_heads", "intermediate": "hidden_dim",
                "vocabulary": "vocab_size", "positions": "max_position_embeddings",
            },
            activation_key="activation",
            epsilon_key="",
            dropout_key="dropout",
            types=0,
        ),
        Family.ELECTRA: FamilyFacts(
            title="ELECTRA",
            settings={**_padded_with(0), "embedding_size": Whole(default=128)},
        ),
        Family.DEBERTA: FamilyFacts(
            title="DeBERTa",
            settings={**_DEBERTA, "talking_head": Flag(default=False)},
            epsilon=1e-7,
            types=0,
            limits={"positions": 2**20},
            **_DEBERTA_OPSETS,
        ),
        Family.DEBERTA_V2: FamilyFacts(
            title="DeBERTa v2 and v3",
            settings={
                **_DEBERTA,
                "position_buckets": Whole(default=-1, least=-1),
                "share_att_key": Flag(default=False),
                "norm_rel_ebd": Choice(default="none", words=("none", "layer_norm")),
                "attention_head_size": Whole(),
                "conv_kernel_size": Whole(default=0, least=0),
                "conv_groups": Whole(default=1),
                "conv_act": Choice(default="tanh", words=ACTIVATIONS),
            },
            epsilon=1e-7,
            types=0,
            limits={"positions": 2**20},
            **_DEBERTA_OPSETS,
        ),
        Family.ERNIE: FamilyFacts(
            title="ERNIE",
            settings={
                **_padded_with(0),
                "use_task_id": Flag(default=False),
                "task_type_vocab_size": Whole(default=3),
            },
        ),
        Family.MODERNBERT: FamilyFacts(
            title="ModernBERT",
            sizes=_NO_TYPES,
            settings={
                **_padded_with(50283),
                "norm_bias": Flag(default=False),
                "attention_bias": Flag(default=False),
                "mlp_bias": Flag(default=False),
                "local_attention": Whole(default=128),
                "global_attn_every_n_layers": Whole(default=3),
                "global_rope_theta": Number(default=160_000.0),
                "local_rope_theta": Number(default=10_000.0),
                "layer_types": Choices(default=(), words=("full_attention", "sliding_attention")),
                "classifier_pooling": Choice(default="cls", words=("cls", "mean")),
                "classifier_bias": Flag(default=False),
                "classifier_activation": Choice(default="gelu", words=ACTIVATIONS),
            },
            activation_key="hidden_activation",
            epsilon_key="norm_eps",
            epsilon=1e-5,
            dropout_key="mlp_dropout",
            dropout=0.0,
            types=0,
            limits={"positions": 2**20},
            opset=11,
        ),
    }
)  # fmt: skip


def opset_fault(family: Family, opset: int, *, any_shape: bool = False) -> str:
    """What is expected of an opset that a family cannot be exported at, in words; empty where it can.

    `any_shape`: whether batch or length are open.
    """
    facts = FAMILIES[family]
    if opset < facts.opset:
        return f"{facts.opset} or a newer one, {facts.title} is not exported below"
    if any_shape and opset < facts.open_opset:
        return (
            f"{facts.open_opset} or a newer one for {facts.title} of any batch or length: what is computed "
            f"of them has no operator, or none for its type, at {opset}; a fixed batch and length will do"
        )
    return ""


def faults(family: Family, settings: Mapping[str, Any], layers: int) -> Sequence[tuple[str, Any, str]]:
    """What is wrong with settings of a family: key, what was found, what was expected in words.

    `layers` is how many the encoder has: one type of each may be told.
    """
    known = FAMILIES[family].settings
    wrong: list[tuple[str, Any, str]] = []
    for key, value in settings.items():
        if key not in known:
            wrong.append((key, value, f"no such key, but {', '.join(sorted(known))}"))
        elif not known[key].fits(value):
            wrong.append((key, value, known[key].expected))
        elif key == "layer_types" and len(value) != layers:
            wrong.append((key, value, f"{layers} of them, one a layer"))
    return wrong
