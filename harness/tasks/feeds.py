"""Which features each input of a network is fed: the right ones, but where a document's own script errs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from harness.domain.cases import Case
from harness.domain.models import InputRole, Protocol

T = TypeVar("T")

# (input of the network, features that it is fed), of the inputs that are fed other features than theirs.
Feed = tuple[tuple[InputRole, InputRole], ...]

AS_NAMED: Feed = ()


def feed_of(case: Case, protocol: Protocol) -> Feed:
    """What `case` is fed under `protocol`.

    A deployment that says `traced` runs a module whose arguments come in that order, and its script
    passes the files in the order of the model's inputs, by position: so does the documented protocol. For
    bert-chinese-ner's fp32 baseline (``run_torchscript.py`` of Vastai/VastModelZOO,
    nlp/named_entity_recognition/common/utils) that puts mask and token types in each other's place: all
    token types are 0, so that every position is masked alike, which is attention to all of them, padding
    included, and every character has type 1. The standard protocol goes by name.
    """
    deployment = case.deployment
    if deployment is None or not deployment.traced or protocol is not Protocol.DOCUMENTED:
        return AS_NAMED
    pairs = zip(deployment.traced, (item.role for item in case.model.inputs), strict=True)
    return tuple((role, given) for role, given in pairs if role is not given)


def fed(inputs: Mapping[Any, T], feed: Feed) -> dict[Any, T]:
    """`inputs` by the network's roles, as `feed` changes them; a graph's by name, which nothing changes."""
    return {**inputs, **{role: inputs[given] for role, given in feed}}


def in_words(feed: Feed) -> str:
    """``segments as mask, mask as segments``."""
    return ", ".join(f"{given} as {role}" for role, given in feed)
