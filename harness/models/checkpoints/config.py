"""A checkpoint's config.json as an `Architecture`, and how it differs from the documented one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, json_object, short
from harness.domain.families import ACTIVATIONS, FAMILIES, MOST, PADDING, Family, FamilyFacts, faults
from harness.domain.models import Architecture, Head
from harness.errors import CheckpointError
from harness.models.checkpoints import labels, unsaid

LABELS = "number of labels (id2label, num_labels)"
MODEL_TYPE = "model_type"
_EMBEDDED = "embedding_size"  # of families whose embedding is narrower than what layers hand on
_POOLED = "pooler_hidden_size"  # of DeBERTa, whose pooler reads what the encoder gives
# What would make another network of the same sizes -> what is there in the family's own; a file may leave it
# out. `auto_map` names code of the checkpoint's own, which is not run.
_PLAIN: Mapping[str, tuple[Any, ...]] = {
    "position_embedding_type": ("absolute",),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
    "pruned_heads": ({},),
    "quantization_config": (),
    "auto_map": (),
}
_SEQUENCES = "ForSequenceClassification"
ENDINGS: Mapping[Head, str] = {  # how transformers' classes with such a head end: ``architectures`` names one
    Head.CLASSIFICATION: _SEQUENCES,
    Head.CLASSIFICATION_RELU: _SEQUENCES,
    Head.TOKEN_CLASSIFICATION: "ForTokenClassification",
    Head.QUESTION_ANSWERING: "ForQuestionAnswering",
}
_REMEDY = "put the published config.json there, unchanged"
_ARTICLES = {Family.ALBERT: "an", Family.ELECTRA: "an", Family.ERNIE: "an", Family.XLM_ROBERTA: "an"}


def read(path: Path, documented: Architecture) -> Architecture:
    """The architecture that `path` describes; it decides every size.

    The head is the `documented` one, because a config.json does not say what stands between pooler and
    classifier, and so is the number of labels where the file names none (TinyBERT's authors' does not). The
    family is the file's; only a BERT's of 2019 may leave it out, which has no key of another's (`unsaid`).
    Raises `CheckpointError` in one sentence for a family that is not supported or not `documented`'s, else
    listing every value that cannot be, and every key that means another network.
    """
    found = content(path)
    named = require_family(path, found, documented)
    facts = FAMILIES[named]
    problems: list[str] = []
    changed: dict[str, Any] = {"types": facts.types, **_sizes(found, facts, problems)}
    changed |= {
        "activation": _activation(found, facts.activation_key, facts.activation, problems),
        "dropout": _number(found, facts.dropout_key, problems, facts.dropout),
    }
    if facts.epsilon_key:
        changed["layer_norm_eps"] = _number(found, facts.epsilon_key, problems, facts.epsilon)
    labelled = _labels(found, problems)
    if not problems and changed["hidden"] % changed["heads"]:
        key = facts.sizes["hidden"]
        problems.append(
            f"{key}: found {changed['hidden']}, expected a multiple of the {changed['heads']} heads"
        )
    pooled = found.get(_POOLED, changed["hidden"])
    if named in (Family.DEBERTA, Family.DEBERTA_V2) and pooled != changed["hidden"]:
        problems.append(f"{_POOLED}: found {short(pooled)}, expected {changed['hidden']}, the hidden size")
    changed["settings"] = _settings(found, named, changed["layers"], problems)
    problems += [
        *_other_networks(found),
        *_other_heads(found, documented.head, labelled or documented.labels),
    ]
    embedded = found.get(_EMBEDDED, changed["hidden"])
    if _EMBEDDED not in facts.settings and embedded != changed["hidden"]:
        problems.append(
            f"{_EMBEDDED}: found {short(embedded)}, expected {changed['hidden']}, the hidden size"
        )
    _raise(path, f"not {_ARTICLES.get(named, 'a')} {facts.title} configuration", problems, _REMEDY)
    return replace(documented, **changed, labels=documented.labels if labelled is None else labelled)


def require_family(path: Path, found: Mapping[str, Any], documented: Architecture) -> Family:
    """The family of the config.json at `path`, which has to be `documented`'s; raises as `read` of it."""
    named = family(path, found, documented.family if documented.family is Family.BERT else None)
    if named is not documented.family:
        raise CheckpointError(
            f"{path}: model_type: found {str(named)!r}, expected {str(documented.family)!r}, which is "
            "architecture.family in the model's table",
            remedy="correct the table, or put the checkpoint that is meant there",
        )
    return named


def family(path: Path, found: Mapping[str, Any], otherwise: Family | None = None) -> Family:
    """The family that the config.json at `path` names, or `otherwise` where it names none and is a BERT's.

    Raises `CheckpointError`, in one sentence, for one that is not supported, and for none without `otherwise`
    or beside keys that no BERT's file has.
    """
    said = found.get(MODEL_TYPE)
    if isinstance(said, str) and said in [*Family]:
        return Family(said)
    beside = unsaid.foreign(found) if said is None and otherwise is not None else ()
    if said is None and otherwise is not None and not beside:
        return otherwise
    told = "no value" if said is None else short(said)
    if beside:
        told += f" beside {', '.join(beside)}, which no BERT's has"
    raise CheckpointError(
        f"{path}: model_type: found {told}, supported are {', '.join(Family)}",
        remedy="take a checkpoint of one of these, or export it to ONNX, which `zoocheck check` runs",
    )


def require_documented(path: Path, found: Architecture, documented: Architecture, published: str) -> None:
    """Raise `CheckpointError` listing every size, setting, label count or activation not the documented."""
    facts = FAMILIES[documented.family]
    keys = {**facts.sizes, "labels": LABELS, "activation": facts.activation_key}
    pairs = [(key, getattr(found, ours), getattr(documented, ours)) for ours, key in keys.items()]
    pairs += [(key, found.setting(key), documented.setting(key)) for key in facts.settings]
    differing = [f"{key}: found {ours}, expected {theirs}" for key, ours, theirs in pairs if ours != theirs]
    _raise(path, "not the documented checkpoint", differing, f"put the published one there ({published})")


def require_epsilon(path: Path, found: Architecture, documented: Architecture, published: str) -> None:
    """Raise `CheckpointError` for another epsilon of the normalisations than the documented one."""
    ours, theirs = found.layer_norm_eps, documented.layer_norm_eps
    key = FAMILIES[documented.family].epsilon_key
    differing = [f"{key}: found {ours}, expected {theirs}"] if ours != theirs else []
    _raise(path, "not the documented checkpoint", differing, f"put the published one there ({published})")


def require_usable(path: Path, found: Architecture, documented: Architecture, length: int) -> None:
    """Raise `CheckpointError` where `found` cannot be fed as `documented` is.

    That is where it cannot take `length` tokens, lacks the documented labels, is padded with another id or
    knows other segments: what is fed is made by the model's table.
    """
    problems = []
    if found.longest is not None and found.longest < length:
        behind = found.positions - found.longest
        of = f" of which {behind} are up to the padding id," if behind else ""
        problems.append(
            f"max_position_embeddings: found {found.positions},{of} expected at least {length} tokens"
        )
    if found.padding != documented.padding:
        problems.append(f"{PADDING}: found {found.padding}, expected {documented.padding}")
    if found.roles != documented.roles:
        problems.append(f"type_vocab_size: found {found.types}, expected {documented.types}")
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


def _count(
    found: Mapping[str, Any], key: str, problems: list[str], default: int | None, limit: int = MOST
) -> int:
    value = found.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= limit:
        return value
    said = short(value) if key in found else "no value"
    most = f" up to {limit}" if isinstance(value, int) and value > limit else ""
    problems.append(f"{key}: found {said}, expected a positive count{most}")
    return 0


def _sizes(found: Mapping[str, Any], facts: FamilyFacts, problems: list[str]) -> dict[str, int]:
    unsaid = {"types": facts.types if facts.types_unsaid is None else facts.types_unsaid}
    sizes = {}
    for ours, key in facts.sizes.items():
        if ours == "types" and not facts.types and found.get(key, 0) == 0:
            sizes[ours] = 0
        else:
            sizes[ours] = _count(found, key, problems, unsaid.get(ours), facts.limits.get(ours, MOST))
    return sizes


def _settings(found: Mapping[str, Any], named: Family, layers: int, problems: list[str]) -> dict[str, Any]:
    """The settings that differ from what the family has by itself; null stands for that."""
    known = FAMILIES[named].settings
    said = {key: found[key] for key in known if found.get(key) is not None}
    if named is Family.MODERNBERT:
        said = _as_of_old(said, layers) | _angles(found, problems)
    problems += [
        f"{key}: found {short(value)}, expected {expected}"
        for key, value, expected in faults(named, said, layers)
    ]
    return {key: value for key, value in said.items() if value != known[key].default}


# What transformers 5 calls an angle's two tables -> what a config.json before it has.
_THETAS = {"full_attention": "global_rope_theta", "sliding_attention": "local_rope_theta"}
_ROPE = "rope_parameters"


def _angles(found: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """ModernBERT's rotary positions, as transformers 5 writes them, as the settings that they were before."""
    told = found.get(_ROPE)
    if told is None:
        return {}
    if not isinstance(told, dict) or not all(
        key in _THETAS and isinstance(item, dict) and item.get("rope_type", "default") == "default"
        for key, item in told.items()
    ):
        expected = f"a table of {' and '.join(_THETAS)}, each with rope_type default"
        problems.append(f"{_ROPE}: found {short(told)}, expected {expected}")
        return {}
    return {_THETAS[key]: item["rope_theta"] for key, item in told.items() if "rope_theta" in item}


def _as_of_old(said: dict[str, Any], layers: int) -> dict[str, Any]:
    """Settings with every n-th layer's attention to all told by n, where it is every n-th layer's."""
    kinds = said.get("layer_types")
    default = FAMILIES[Family.MODERNBERT].settings["global_attn_every_n_layers"].default
    for every in (default, *range(1, layers + 1)):
        if kinds == ["sliding_attention" if at % every else "full_attention" for at in range(layers)]:
            rest = {key: value for key, value in said.items() if key != "layer_types"}
            return {**rest, "global_attn_every_n_layers": every}
    return said


def _activation(found: Mapping[str, Any], key: str, default: str, problems: list[str]) -> str:
    value = found.get(key, default)
    if isinstance(value, str) and value in ACTIVATIONS:
        return value
    problems.append(f"{key}: found {short(value)}, expected one of {', '.join(ACTIVATIONS)}")
    return default


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
    """What says that the weights are not those of the family's plain network, whatever their sizes."""
    return [
        f"{key}: found {short(found[key])}, expected {' or '.join(map(repr, plain)) or 'no such key'}"
        for key, plain in _PLAIN.items()
        if found.get(key) is not None and found[key] not in plain
    ]


def _other_heads(found: Mapping[str, Any], head: Head, count: int) -> list[str]:
    """What says that the head was trained for another task than the one that is scored.

    A class of pre-training (``ForMaskedLM``) says nothing: scripts hand the base's config.json on, and what
    lacks the head is refused for that.
    """
    named = found.get("architectures")
    others = [ending for ending in ENDINGS.values() if ending != ENDINGS[head]]
    problems = [
        f"architectures: found {short(name)}, expected one that ends with {ENDINGS[head]}"
        for name in (named if isinstance(named, list) else ())
        if isinstance(name, str) and name.endswith(tuple(others))
    ]
    told = found.get("problem_type")
    if told not in (None, "single_label_classification") and ENDINGS[head] == _SEQUENCES and count > 1:
        problems.append(f"problem_type: found {short(told)}, expected 'single_label_classification'")
    return problems


def _raise(path: Path, what: str, problems: list[str], remedy: str) -> None:
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise CheckpointError(f"{path}: {what}:{lines}", remedy=remedy)
