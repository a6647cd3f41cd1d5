"""A checkpoint's config.json as an `Architecture`, and how it differs from the documented one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, json_object
from harness.domain.models import Architecture
from harness.errors import CheckpointError

# Our field -> the key in config.json, where transformers' BertConfig writes it.
_SIZES: Mapping[str, str] = {
    "layers": "num_hidden_layers",
    "hidden": "hidden_size",
    "heads": "num_attention_heads",
    "intermediate": "intermediate_size",
    "vocabulary": "vocab_size",
    "positions": "max_position_embeddings",
    "types": "type_vocab_size",
}
_OPTIONAL = {"types": 2}  # what BERT has where a config.json is silent
_LABELS = "number of labels (id2label, num_labels)"


def read(path: Path, documented: Architecture) -> Architecture:
    """The architecture that `path` describes; it decides every size.

    The head is the `documented` one, because a config.json does not say what stands between pooler and
    classifier, and so is the number of labels where the file names none (TinyBERT's authors' does not).
    Raises `CheckpointError` listing every value that cannot be.
    """
    content = _json(path)
    problems: list[str] = []
    sizes = {ours: _count(content, key, problems, _OPTIONAL.get(ours)) for ours, key in _SIZES.items()}
    activation = content.get("hidden_act", "gelu")
    if not isinstance(activation, str):
        problems.append(f"hidden_act: found {activation!r}, expected a name such as 'gelu'")
    floats = {
        "layer_norm_eps": _number(content, "layer_norm_eps", problems, 1e-12),
        "dropout": _number(content, "hidden_dropout_prob", problems, 0.1),
    }
    labels = _labels(content, problems)
    if not problems and sizes["hidden"] % sizes["heads"]:
        problems.append(
            f"hidden_size: found {sizes['hidden']}, expected a multiple of the {sizes['heads']} heads"
        )
    _raise(path, "not a BERT configuration", problems, "put the published config.json there, unchanged")
    changed: dict[str, Any] = {**sizes, **floats, "activation": activation}
    return replace(documented, **changed, labels=documented.labels if labels is None else labels)


def require_documented(path: Path, found: Architecture, documented: Architecture, published: str) -> None:
    """Raise `CheckpointError` listing every size, label count or activation that is not the documented."""
    keys = {**_SIZES, "labels": _LABELS, "activation": "hidden_act"}
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
        problems.append(f"{_LABELS}: found {found.labels}, expected {documented.labels}")
    _raise(path, "cannot stand for the documented checkpoint", problems, "train it for the documented task")


def require_order(path: Path, labels: Sequence[str]) -> None:
    """Raise `CheckpointError` where a config.json has the names of `labels` in another order.

    Scores are counted by the place of a logit: labels in another order would be wrong in the fp32 reference
    and in the artifact alike, and no drop would show it. Other names (``LABEL_0``) say nothing of it.
    """
    named = _json(path).get("id2label")
    if not isinstance(named, dict):
        return
    found = [named.get(str(at)) for at in range(len(labels))]
    if found != [*labels] and len(named) == len(labels) and set(found) == set(labels):
        in_order = ", ".join(map(str, found))
        problem = f"labels in the order {in_order}, expected {', '.join(labels)}"
        _raise(
            path, "not the documented checkpoint", [problem], "put the published checkpoint there, unchanged"
        )


def _json(path: Path) -> Mapping[str, Any]:
    remedy = "put the published config.json there, unchanged"
    try:
        return json_object(path.read_bytes())
    except Undecodable as problem:
        where = path if problem.line is None else f"{path}:{problem.line}"
        raise CheckpointError(f"{where}: found {problem.kind}", remedy=remedy) from problem


def _count(content: Mapping[str, Any], key: str, problems: list[str], default: int | None) -> int:
    value = content.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    found = repr(value) if key in content else "no value"
    problems.append(f"{key}: found {found}, expected a positive count")
    return 0


def _number(content: Mapping[str, Any], key: str, problems: list[str], default: float) -> float:
    value = content.get(key, default)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
        return float(value)
    problems.append(f"{key}: found {value!r}, expected a number from 0 to below 1")
    return default


def _labels(content: Mapping[str, Any], problems: list[str]) -> int | None:
    """How many labels the file names: entries of ``id2label``, else ``num_labels``, else None."""
    named = content.get("id2label")
    if isinstance(named, dict) and named:
        return len(named)
    return _count(content, "num_labels", problems, None) if "num_labels" in content else None


def _raise(path: Path, what: str, problems: list[str], remedy: str) -> None:
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise CheckpointError(f"{path}: {what}:{lines}", remedy=remedy)
