"""The names of labels in any usual spelling, and their numbers among a checkpoint's logits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from harness.errors import ZoocheckError

# Other words for what labels name. No two meanings share a word; what only resembles one is none (GPE, FAC).
_MEANS: Mapping[str, str] = {
    "person": "per", "pers": "per", "persons": "per", "人名": "per",
    "location": "loc", "locations": "loc", "地名": "loc",
    "organization": "org", "organisation": "org", "organizations": "org", "机构名": "org", "机构": "org",
    "miscellaneous": "misc",
    "outside": "o",
    "neg": "negative", "负面": "negative", "消极": "negative",
    "pos": "positive", "正面": "positive", "积极": "positive",
}  # fmt: skip
# Of a token in what it is part of.
_PLACES = {
    "b": "b", "begin": "b", "i": "i", "inside": "i", "e": "e", "end": "e", "s": "s", "single": "s",
}  # fmt: skip
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)
_REMEDY = (
    "say in its table what the data's labels are called (labels in options), or what the checkpoint's logits "
    "are (id2label of config.json, or labels of the model's table)"
)


class UnknownLabels(ZoocheckError):
    """Labels of data that a checkpoint has no logit for."""


def numbers(data: Iterable[str], names: Sequence[str], *, what: str = "labels") -> dict[str, int]:
    """The number among `names` of each label that stands in `data`.

    Spelt alike or not: ``B_Person`` is ``B-PER``; but where a name is spelt as the label is, it is that one,
    whatever others mean. Raises `UnknownLabels` for labels that are none of them, in one sentence that has
    both lists, for those that may be several of them, and for a name that stands twice.
    """
    exact = {name: number for number, name in enumerate(names)}
    if len(exact) < len(names):
        raise UnknownLabels(
            f"the checkpoint's {what} {listed(names)} are not all different",
            remedy="name each of its logits once, in id2label of config.json or labels of its table",
        )
    alike: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        alike.setdefault(meaning(name), []).append(number)
    distinct = list(dict.fromkeys(data))
    found = {label: [exact[label]] if label in exact else alike.get(meaning(label), []) for label in distinct}
    for label, several in found.items():
        if len(several) > 1:
            raise UnknownLabels(
                f"the data's label {label} may be any of the checkpoint's "
                f"{listed([names[number] for number in several])}, which differ in their spelling alone",
                remedy="spell it as one of them, by labels in the options of its table",
            )
    lacking = [label for label, several in found.items() if not several]
    if lacking:
        raise UnknownLabels(
            f"the data has the {what} {listed(sorted(distinct))}, and the checkpoint {listed(names)}: "
            f"{are(sorted(lacking))} not among them",
            remedy=_REMEDY,
        )
    return {label: number for label, (number,) in found.items()}


def unknown(data: Iterable[str], names: Sequence[str]) -> list[str]:
    """The labels in `data` that have no number among `names`, or may have several, each once."""
    found = []
    for label in dict.fromkeys(data):
        try:
            numbers([label], names)
        except UnknownLabels:
            found.append(label)
    return found


def are(some: Sequence[str]) -> str:
    """Names with their verb, for a message: ``a is``, ``a, b are``."""
    return f"{listed(some)} {'is' if len(some) == 1 else 'are'}"


def listed(names: Sequence[str]) -> str:
    """Names for a message, the first twenty."""
    return ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")


def meaning(name: str) -> str:
    """A name in the spelling that all of its spellings share: ``B_Person`` and ``per-b`` are ``b-per``.

    What is nothing but marks, as ``.`` and ``:`` among parts of speech, means itself.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    if _NUMBER.fullmatch(plain.strip()):  # -1 is not 1
        return plain.strip()
    parts = [part for part in re.split(r"[\s_\-./:]+", plain) if part] or [plain.strip() or plain]
    for at in (0, -1):
        if len(parts) > 1 and parts[at] in _PLACES:
            place = _PLACES[parts.pop(at)]
            return f"{place}-{_kind(parts)}"
    return _kind(parts)


def _kind(parts: Sequence[str]) -> str:
    whole = "-".join(parts)
    return _MEANS.get(whole, whole)
