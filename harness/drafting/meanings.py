"""Which logit each label of a data file means: by name, by number where that is certain, or as the user says.

A number that is taken for another makes a score that is wrong and looks sound: where two readings are
possible, none is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.drafting.encoders import Encoder, Task
from harness.drafting.told_labels import LABELS, as_told, require_once, says_each
from harness.errors import UsageError
from harness.tasks.label_names import UnknownLabels, are, listed, meaning, numbers

# As GLUE numbers labels of these names (nyu-mll/glue on the hub, its `ClassLabel`s), and so most data does.
GLUE = (
    ("negative", "positive"), ("entailment", "neutral", "contradiction"),
    ("entailment", "not_entailment"),  # of QNLI and RTE
    ("not_entailment", "entailment"),  # of WNLI
    ("not_equivalent", "equivalent"), ("not_duplicate", "duplicate"), ("unacceptable", "acceptable"),
)  # fmt: skip
SAY_EACH = "or say which is which: --labels LABEL=NAME,... of those that the data calls otherwise"
_WHOLE = re.compile(r"[-+]?\d{1,6}(\.0*)?", re.ASCII)  # 1.0, as pandas writes what may be missing
_ITS_PLACE = re.compile(r"label-?(\d{1,6})", re.ASCII)  # as transformers names what nobody named, LABEL_3
_RUN = re.compile(r"(?:(?<![\w])-)?\d+", re.ASCII)  # with its sign, where that is no hyphen


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a table has to say so that every label of the data is one of the logits'."""

    logits: tuple[str, ...]  # what they are called; as in config.json wherever that names them
    options: Mapping[str, Any] = field(default_factory=dict)  # of the data's reader
    notes: tuple[str, ...] = ()


def meant(found: Sequence[str], encoder: Encoder, told: Sequence[str] = ()) -> Meant:
    """What the labels `found` in the data mean for the checkpoint; `told` is what ``--labels`` says.

    Labels are matched by name. Numbers are those that the names hold (``2 stars``); where these hold none,
    they count from 0, as GLUE counts labels of these names, else in the checkpoint's order. A checkpoint that
    only numbers its logits (``LABEL_0``) has the data's in alphabetical or ascending order where there are as
    many, as transformers' own scripts number them (``label_list.sort()`` of run_glue.py and run_ner.py).
    Names of tags are only held to the checkpoint's where the scheme of both is known, by
    `harness.tasks.text.own_tags`.

    Raises `UnknownLabels` for labels that the checkpoint does not have or that may be several of its, and
    `UsageError` where `told` are not what the data needs.
    """
    if not found:
        return _without_labels(encoder, told)
    values = whole(found)
    named = encoder.labels
    if values is None and [*named] == [str(at) for at in range(len(named))]:
        named = ()  # they say nothing of words
    if told:
        return _told(found, values, encoder, named, told)
    if not named:
        return _numbered_logits(found, values, encoder.architecture.labels)
    if values is not None:
        return _numbered_data(values, named)
    if encoder.task is Task.SEQUENCES:
        by_name(found, named)
    return Meant(logits=named, notes=(f"labels: {listed(named)}, by config.json",))


def _without_labels(encoder: Encoder, told: Sequence[str]) -> Meant:
    """Of data that has answers or numbers."""
    if told:
        what = "questions have none"
        if encoder.task is not Task.QUESTIONS:
            what = "the checkpoint's one logit is a number"
        raise UsageError(
            f"--labels {','.join(told)}: says what labels mean, and {what}", remedy="leave it out"
        )
    return Meant(logits=encoder.labels)


def _told(
    found: Sequence[str], values: Mapping[str, int] | None, encoder: Encoder, named: tuple[str, ...],
    told: Sequence[str],
) -> Meant:  # fmt: skip
    """As ``--labels`` says; `named` are the names that config.json has for such labels."""
    count = encoder.architecture.labels
    if not named and not says_each(told, ()) and len(told) == count:
        if values is None and encoder.task is Task.SEQUENCES:
            by_name(found, told)
        return _named_by_hand(found, values, told)
    logits = named or tuple(f"LABEL_{at}" for at in range(count))
    labels = as_told(found, values, logits, told)
    said = ", ".join(f"{label} = {name}" for label, name in labels.items())
    return Meant(logits=logits, options={LABELS: labels}, notes=(f"labels: {said}, as --labels says",))


def _named_by_hand(found: Sequence[str], values: Mapping[str, int] | None, told: Sequence[str]) -> Meant:
    """A name for each logit that config.json only numbers."""
    require_once(told)
    note = f"labels: {listed(told)}, as --labels names what config.json only numbers"
    if values is None:
        return Meant(logits=tuple(told), notes=(note,))
    labels = as_told(found, values, told, told)
    return Meant(logits=tuple(told), options={LABELS: labels}, notes=(note, *_as_values(values)))


def by_name(found: Iterable[str], names: Sequence[str]) -> None:
    """Raise `UnknownLabels` for labels that are none of the names, with what to type for them."""
    try:
        numbers(found, names)
    except UnknownLabels as problem:
        problem.add(SAY_EACH)
        raise


def whole(found: Sequence[str]) -> dict[str, int] | None:
    """The whole number that each label is, ``1.0`` too; None where any is none."""
    if not all(_WHOLE.fullmatch(label) for label in found):
        return None
    return {label: int(label.partition(".")[0]) for label in found}


def _as_values(values: Mapping[str, int]) -> tuple[str, ...]:
    """A line for people where numbers are not written as such."""
    others = [label for label, value in values.items() if label != str(value)]
    return (f"labels: {listed(others)} are read as whole numbers",) if others else ()


def _numbered_data(values: Mapping[str, int], names: Sequence[str]) -> Meant:
    """Numbers in the data, names in the config.json."""
    held = [_held(name) for name in names]
    if None not in held and len(set(held)) == len(held):
        return _by_held(values, dict(zip(held, names, strict=True)), tuple(names))
    _require_from_zero(values, names)
    order, why = _order(values, names)
    notes = (
        f"labels: the data numbers them; taken {why}, {listed(order)}; --labels says others",
        *_as_values(values),
    )
    as_is = all(label == str(value) for label, value in values.items())
    said = [*order] if as_is else {label: order[value] for label, value in values.items()}
    return Meant(logits=tuple(names), options={LABELS: said}, notes=notes)


def _held(name: str) -> int | None:
    """The one number in a name; None where there is none, or several."""
    if _WHOLE.fullmatch(name.strip()):
        return int(name.strip().partition(".")[0])
    found = _RUN.findall(name)
    return int(found[0]) if len(found) == 1 else None


def _by_held(values: Mapping[str, int], by_number: Mapping[int | None, str], names: tuple[str, ...]) -> Meant:
    """Numbers that the names hold themselves, as stars."""
    lacking = sorted(label for label, value in values.items() if value not in by_number)
    if lacking:
        raise _unsaid(values, names, f"{are(lacking)} not among them")
    if all(label == by_number[value] for label, value in values.items()):
        return Meant(logits=names, notes=(f"labels: {listed(names)}, by config.json",))
    labels = {str(number): name for number, name in by_number.items()}
    labels |= {label: by_number[value] for label, value in values.items()}
    said = ", ".join(f"{label} = {labels[label]}" for label in list(values)[:20])
    notes = (
        f"labels: the data's numbers are those in the names of config.json, {said}; --labels says others",
        *_as_values(values),
    )
    return Meant(logits=names, options={LABELS: labels}, notes=notes)


def _require_from_zero(values: Mapping[str, int], names: Sequence[str]) -> None:
    """Raise `UnknownLabels` for numbers that do not count the names from 0, or may not."""
    beyond = sorted(label for label, value in values.items() if not 0 <= value < len(names))
    if 0 not in values.values():
        raise _unsaid(values, names, "which is which is not said")
    if beyond:
        raise _unsaid(values, names, f"{are(beyond)} not among them, counted from 0")


def _unsaid(values: Mapping[str, int], names: Sequence[str], why: str) -> UnknownLabels:
    """Numbers of which nobody knows what they mean; the remedy is an example to be corrected."""
    ordered = sorted(values, key=lambda label: values[label])
    shown = [*names, *["NAME"] * len(ordered)]
    pairs = ",".join(f"{label}={name}" for label, name in zip(ordered, shown, strict=False))
    return UnknownLabels(
        f"the data has the labels {listed(ordered)}, and the checkpoint {listed(names)}: {why}",
        remedy=f"say what each of the data's means, for example --labels '{pairs}'",
    )


def _order(values: Mapping[str, int], names: Sequence[str]) -> tuple[Sequence[str], str]:
    """The names as numbers count them from 0, and why in words.

    Raises `UnknownLabels` where GLUE has two orders of them, and config.json's is not the usual one.
    """
    plain = [*map(meaning, names)]
    known = [item for item in GLUE if set(map(meaning, item)) == set(plain)]
    if not known or plain == [*map(meaning, known[0])]:
        return names, "in the order of config.json"
    if len(known) > 1:
        raise _unsaid(values, names, "GLUE numbers them in one order in one task, and in another in another")
    return known[0], f"as GLUE numbers them and not as config.json ({listed(names)})"


def _numbered_logits(found: Sequence[str], values: Mapping[str, int] | None, count: int) -> Meant:
    """A config.json that only numbers its logits: what the data has stands in some order."""
    if values is not None:
        return _numbers_in_both(values, count)
    logits = tuple(f"LABEL_{at}" for at in range(count))
    if all(_ITS_PLACE.fullmatch(meaning(label)) for label in found):
        by_name(found, logits)
        return Meant(logits=logits, notes=("labels: LABEL_0, ..., in the data and in config.json",))
    if len(found) != count:
        raise UnknownLabels(
            f"the data has the labels {listed(found)}, and the checkpoint {listed(logits)}: "
            "which is which is not said",
            remedy=f"say by --labels NAME,... what each of its {count} logits is called, in their order",
        )
    names = tuple(sorted(found))
    return Meant(logits=names, notes=(
        f"labels: config.json only numbers them; the data's in alphabetical order, {listed(names)}",
    ))  # fmt: skip


def _numbers_in_both(values: Mapping[str, int], count: int) -> Meant:
    """Numbers from 0, or as many others as there are logits, which leaves one ascending order."""
    distinct = sorted(set(values.values()))
    from_zero = distinct[0] == 0 and distinct[-1] < count
    if not from_zero and len(distinct) != count:
        logits = tuple(f"LABEL_{at}" for at in range(count))
        _require_from_zero(values, logits)
    logits = tuple(str(value) for value in (range(count) if from_zero else distinct))
    said = (
        "labels: numbers, in the data and in config.json" if from_zero else
        f"labels: config.json numbers them from 0, the data otherwise; taken in ascending order, "
        f"{listed(logits)}; --labels says others"
    )  # fmt: skip
    as_is = all(label == str(value) for label, value in values.items())
    options = {} if as_is else {LABELS: {label: str(value) for label, value in values.items()}}
    return Meant(logits=logits, options=options, notes=(said, *_as_values(values)))
