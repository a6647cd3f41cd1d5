"""A checkpoint's config.json as an `Architecture`, and how it differs from the documented one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, json_object, short
from harness.domain.models import Architecture
from harness.errors import CheckpointError
from harness.models.checkpoints import labels

# Our field -> the key in config.json, where transformers' BertConfig writes it.
SIZES: Mapping[str, str] = {
    "layers": "num_hidden_layers",
    "hidden": "hidden_size",
    "heads": "num_attention_heads",
    "intermediate": "intermediate_size",
    "vocabulary": "vocab_size",
    "positions": "max_position_embeddings",
    "types": "type_vocab_size",
}
LABELS = "number of labels (id2label, num_labels)"
_MOST = 2**31 - 1  # of anything that is counted here
_OPTIONAL = {"types": 2}  # what BERT has where a config.json is silent
# transformers' names of the activations that a BERT has been published with.
ACTIVATIONS = (
    "gelu", "gelu_new", "gelu_fast", "gelu_python", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu",
    "swish", "mish", "tanh", "sigmoid", "linear",
)  # fmt: skip
# What would make another network of the same sizes -> what a plain BERT has there; a file may leave it out.
_PLAIN: Mapping[str, tuple[Any, ...]] = {
    "model_type": ("bert",),
    "position_embedding_type": ("absolute",),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
    "pruned_heads": ({},),
    "quantization_config": (),
}
_REMEDY = "put the published config.json there, unchanged"


def read(path: Path, documented: Architecture) -> Architecture:
    """The architecture that `path` describes; it decides every size.

    The head is the `documented` one, because a config.json does not say what stands between pooler and
    classifier, and so is the number of labels where the file names none (TinyBERT's authors' does not).
    Raises `CheckpointError` listing every value that cannot be, and every key that means another network.
    """
    found = content(path)
    problems: list[str] = []
    sizes = {ours: _count(found, key, problems, _OPTIONAL.get(ours)) for ours, key in SIZES.items()}
    activation = found.get("hidden_act", "gelu")
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        problems.append(f"hidden_act: found {short(activation)}, expected one of {', '.join(ACTIVATIONS)}")
    floats = {
        "layer_norm_eps": _number(found, "layer_norm_eps", problems, 1e-12),
        "dropout": _number(found, "hidden_dropout_prob", problems, 0.1),
    }
    named = _labels(found, problems)
    if not problems and sizes["hidden"] % sizes["heads"]:
        problems.append(
            f"hidden_size: found {sizes['hidden']}, expected a multiple of the {sizes['heads']} heads"
        )
    problems += _other_networks(found)
    _raise(path, "not a BERT configuration", problems, _REMEDY)
    changed: dict[str, Any] = {**sizes, **floats, "activation": activation}
    return replace(documented, **changed, labels=documented.labels if named is None else named)


def require_documented(path: Path, found: Architecture, documented: Architecture, published: str) -> None:
    """Raise `CheckpointError` listing every size, label count or activation that is not the documented."""
    keys = {**SIZES, "labels": LABELS, "activation": "hidden_act"}
    pairs = [(key, getattr(found, ours), getattr(documented, ours)) for ours, key in keys.items()]
    differing = [f"{key}: found {ours}, expected {theirs}" for key, ours, theirs in pairs if ours != theirs]
    _raise(path, "not the documented checkpoint", differing, f"put the published one there ({published})")


def require_usable(path: Path, found: Architecture, documented: Architecture, length: int) -> None:
    """Raise `CheckpointError` where `found` cannot take `length` tokens or lacks the documented labels."""
    problems = []
    if found.positions < length:
        problems.append(
            f"max_position_embeddings: found {found.positions}, expected at least {length} tokens"
        )
    if found.labels != documented.labels:
        problems.append(f"{LABELS}: found {found.labels}, expected {documented.labels}")
    _raise(path, "cannot stand for the documented checkpoint", problems, "train it for the documented task")


def content(path: Path) -> Mapping[str, Any]:
    """The config.json at `path`; raises `CheckpointError` where it cannot be read or is no JSON object."""
    try:
        return json_object(path.read_bytes())
    except OSError as problem:
        raise CheckpointError(
            f"{path}: cannot be read ({problem.strerror})", remedy="check that it is there and readable"
        ) from problem
    except Undecodable as problem:
        where = path if problem.line is None else f"{path}:{problem.line}"
        raise CheckpointError(f"{where}: {problem.said}", remedy=_REMEDY) from problem


def _count(found: Mapping[str, Any], key: str, problems: list[str], default: int | None) -> int:
    value = found.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST:
        return value
    said = short(value) if key in found else "no value"
    most = f" up to {_MOST}" if isinstance(value, int) and value > _MOST else ""
    problems.append(f"{key}: found {said}, expected a positive count{most}")
    return 0


def _number(found: Mapping[str, Any], key: str, problems: list[str], default: float) -> float:
    value = found.get(key, default)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
        return float(value)
    problems.append(f"{key}: found {short(value)}, expected a number from 0 to below 1")
    return default


def _labels(found: Mapping[str, Any], problems: list[str]) -> int | None:
    """How many labels the file names, by ``id2label`` or ``label2id``, else by ``num_labels``, else None."""
    named = labels.count(found)
    if found.get("num_labels") is None:
        return named
    counted = _count(found, "num_labels", problems, None)
    if counted and named not in (None, counted):
        problems.append(f"num_labels: found {counted}, expected {named}, as many as are named")
    return counted


def _other_networks(found: Mapping[str, Any]) -> list[str]:
    """What says that the weights are not a plain BERT's, whatever their sizes."""
    return [
        f"{key}: found {short(found[key])}, expected {' or '.join(map(repr, plain)) or 'no such key'}"
        for key, plain in _PLAIN.items()
        if found.get(key) is not None and found[key] not in plain
    ]


def _raise(path: Path, what: str, problems: list[str], remedy: str) -> None:
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise CheckpointError(f"{path}: {what}:{lines}", remedy=remedy)
