"""The data's tags among a checkpoint's own, in the scheme that its names follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from harness.tasks.label_names import UnknownLabels, are, listed, meaning, numbers, unknown
from harness.tasks.tags import Scheme, from_bioes, iob2, of_one_type, to_bioes, to_iob1

IntArray = npt.NDArray[np.int64]

_IN_SCHEME: Mapping[Scheme, Callable[[Sequence[str]], Sequence[str]]] = {
    Scheme.BIOES: to_bioes,
    Scheme.IOB1: to_iob1,
    Scheme.IOB2: tuple,
    Scheme.PLAIN: tuple,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTags:
    """What a checkpoint calls its logits, those names as tags (``B-per``), and their scheme."""

    names: tuple[str, ...]
    tags: tuple[str, ...]
    scheme: Scheme

    @classmethod
    def of(cls, names: Sequence[str], told: Scheme | None = None) -> Self:
        """The tags that are called `names`, in the scheme that is `told`, else the one that they show."""
        tags = _spelt(names)
        return cls(names=tuple(names), tags=tags, scheme=told or scheme_of(tags))


def _spelt(names: Sequence[str]) -> tuple[str, ...]:
    """The names as tags; as they are where two of them would be spelt alike, ``A_B`` and ``b-a``."""
    spelt = tuple(map(plain_spelling, names))
    return spelt if len(set(spelt)) == len(set(names)) else tuple(names)


def plain_spelling(label: str) -> str:
    """A label as a tag: ``B_Person`` and ``PER-B`` are ``B-per``; one of no entity stays as it is."""
    told = meaning(label)
    place, dash, kind = told.partition("-")
    if dash and place in ("b", "i", "e", "s") and kind:
        return f"{place.upper()}-{kind}"
    return told.upper() if told in ("o", "b", "i", "e", "s") else label


def scheme_of(tags: Sequence[str]) -> Scheme:
    """The scheme that tags show.

    BIOES has an ``E-`` or an ``S-``. A type that is only continued and never begun is one of IOB1: in a
    training set without two entities of a type that touch it writes no ``B-`` of it.
    """
    entities = [tag for tag in tags if tag[1:2] == "-" or (of_one_type(tags) and tag in ("B", "I", "E", "S"))]
    if not entities:
        return Scheme.PLAIN
    kinds = {place: {tag[2:] for tag in entities if tag[0] == place} for place in "BIES"}
    if kinds["E"] or kinds["S"]:
        return Scheme.BIOES
    return Scheme.IOB1 if kinds["I"] - kinds["B"] else Scheme.IOB2


def numbered(examples: Sequence[Any], names: Sequence[str], told: Scheme | None = None) -> IntArray:
    """The number among `names` of each word's tag, int64 ``[words]``.

    Tags are put in the scheme of the names, which is `told` or shown by them. Raises `UnknownLabels`, with
    the tags as the data has them, for those that the checkpoint does not have.
    """
    return in_order(examples, OwnTags.of(names, told))


def in_order(examples: Sequence[Any], own: OwnTags) -> IntArray:
    """As `numbered`, of a checkpoint's tags that are known already."""
    tags = list(chain.from_iterable(_made(example, own.scheme) for example in examples))
    try:
        by_tag = numbers(tags, own.tags, what="tags")
    except UnknownLabels as problem:
        raise _as_written(problem, examples, own) from problem
    return np.array([by_tag[tag] for tag in tags], np.int64)


def _made(example: Any, scheme: Scheme) -> Sequence[str]:
    """The tags of a sentence in a scheme."""
    if scheme is Scheme.PLAIN:
        return tuple(example.tags)
    return _IN_SCHEME[scheme](iob2(from_bioes(example.tags)))


def _as_written(problem: UnknownLabels, examples: Sequence[Any], own: OwnTags) -> UnknownLabels:
    """What the checkpoint lacks, in the words of the file and of config.json."""
    pairs = dict.fromkeys(
        pair
        for example in examples
        for pair in zip(example.as_written, _made(example, own.scheme), strict=True)
    )
    absent = unknown((made for _, made in pairs), own.tags)
    lacking = {written: made for written, made in pairs if made in absent}
    if not lacking:
        return problem
    shown = sorted({written for written, _ in pairs})
    others = any(meaning(written) != meaning(made) for written, made in lacking.items())
    why = f", which as tags of {own.scheme} are {listed(sorted(set(lacking.values())))}"
    return UnknownLabels(
        f"the data has the tags {listed(shown)}, and the checkpoint {listed(own.names)}: "
        f"{are(sorted(lacking))} not among them{why if others else ''}",
        remedy=problem.remedy,
    )
