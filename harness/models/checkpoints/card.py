"""What a checkpoint's own card says it scores: `card.toml`, which stands beside each mini.

A drop from the checkpoint's own fp32 score is blind to whatever is wrong on both of its sides: another
vocabulary, labels in another order. A score that was recorded when the checkpoint was made is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, toml_table
from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.errors import CheckpointError

CARD = "card.toml"
_WHOLE = ("mini", "full")  # scores of a whole data set; others are of a part of the same file


def stated(folder: Path, data_sha256: str, protocol: Protocol, metric: Metric) -> float | None:
    """The fp32 score, a fraction, that the card in `folder` states for a file of data; None where none does.

    `data_sha256` is the file's. A card's table of scores has a table a protocol, or else is the documented
    one's. Raises `CheckpointError` for a card that is no TOML, or whose score is no fraction.
    """
    path = folder / CARD
    if not path.is_file():
        return None
    try:
        content = toml_table(path.read_bytes())
    except Undecodable as problem:
        raise CheckpointError(f"{path}: not TOML: {problem}", remedy="get the checkpoint again") from problem
    scores = content.get("scores")
    tables = [scores.get(name) for name in _WHOLE] if isinstance(scores, Mapping) else []
    for table in tables:
        if isinstance(table, Mapping) and table.get("sha256") == data_sha256:
            return _score(_of_protocol(table, protocol, path), metric, path)
    return None


def _of_protocol(table: Mapping[str, Any], protocol: Protocol, path: Path) -> Mapping[str, Any]:
    """A protocol's part; a table that names no protocol is the documented one's whole."""
    parts = table.get("protocols", table)
    if not isinstance(parts, Mapping):
        raise CheckpointError(
            f"{path}: protocols is {parts!r}, expected a table a protocol", remedy="get the checkpoint again"
        )
    if any(str(name) in parts for name in Protocol):
        part = parts.get(str(protocol), {})
        if not isinstance(part, Mapping):
            raise CheckpointError(
                f"{path}: {protocol} is {part!r}, expected a table of scores",
                remedy="get the checkpoint again",
            )
        return part
    return table if protocol is Protocol.DOCUMENTED else {}


def _score(part: Mapping[str, Any], metric: Metric, path: Path) -> float | None:
    """One metric as a fraction, however the card spells it: a fraction, per cent, or a count of samples."""
    try:
        if metric in part:
            found = float(part[metric])
        elif f"{metric}_percent" in part:
            found = float(part[f"{metric}_percent"]) / 100
        elif metric is Metric.ACCURACY and "correct" in part:
            found = part["correct"] / part["samples"]
        else:
            return None
    except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError) as problem:
        raise CheckpointError(
            f"{path}: no score can be read for {metric}: {problem!r}", remedy="get the checkpoint again"
        ) from problem
    if not metric.least <= found <= 1:
        raise CheckpointError(
            f"{path}: found a {metric} of {found:g}, expected a fraction from {metric.least:g} to 1",
            remedy="get the checkpoint again",
        )
    return found
