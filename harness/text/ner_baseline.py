"""bert-chinese-ner's fp32 baseline as documented: mask and token types fed in each other's place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain import InputRole, Protocol
from harness.metrics.accuracy import flips
from harness.text import ner_characters
from harness.text.ner import Features, IntArray

Array = npt.NDArray[Any]
Run = Callable[[Mapping[InputRole, IntArray]], Sequence[Array]]


def as_the_baseline_feeds(features: Features) -> Features:
    """Features whose mask holds the token types and whose token types hold the mask.

    The zoo's files are in the order ids, token types, mask; ``run_torchscript.py`` (Vastai/VastModelZOO,
    nlp/named_entity_recognition/common/utils) passes them by position to a module that was traced from
    ``forward(input_ids, attention_mask, token_type_ids)``. Token types are all 0, so that the network is told
    to look at nothing: every position is masked alike, which is attention to all of them, padding
    included, and every word has type 1.
    """
    return replace(features, mask=features.segments, segments=features.mask)


def what_the_swap_changes(features: Features, run: Run) -> dict[str, Any]:
    """What feeding mask and token types swapped changes, as JSON.

    `run` gives the outputs of one network, ``[samples, ...]``, for inputs by role. Under each protocol: the
    metrics of the right order and of the swapped one, their difference (swapped less right), and how many
    of the scored sentences have other labels. Raises as `ner_characters.score` does.
    """
    right = run(features.inputs)
    swapped = run(as_the_baseline_feeds(features).inputs)
    changes: dict[str, Any] = {
        "max_abs_difference": float(np.abs(np.subtract(right[0], swapped[0], dtype=np.float64)).max())
    }
    for protocol in Protocol:
        ours = ner_characters.score(right, features, protocol=protocol)
        theirs = ner_characters.score(swapped, features, protocol=protocol)
        changes[str(protocol)] = {
            "right": {str(name): value for name, value in ours.metrics.items()},
            "swapped": {str(name): value for name, value in theirs.metrics.items()},
            "difference": {str(name): theirs.metrics[name] - value for name, value in ours.metrics.items()},
            "sentences": ours.samples,
            "flips": len(flips(theirs.predictions, ours.predictions)),
        }
    return changes
