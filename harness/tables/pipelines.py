"""A model and its data set, held against the task and the reader that they name: before anything is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.domain.datasets import DatasetSpec, Examples
from harness.domain.models import Model
from harness.errors import BadInput
from harness.tables.mistakes import Draft, Entry, listed, show
from harness.tables.validation import dotted, read_record
from harness.tasks import options
from harness.tasks.datasets import reading
from harness.tasks.text.facts import FACTS, Facts

_OWN = "module:function, of a module.py beside this table"


def check_reader(entry: Entry, draft: Draft) -> None:
    """Note a reader that is not there, and options that it does not know or lacks."""
    spec: DatasetSpec = entry.record
    try:
        own = reading.own_reader(spec.reader)
    except BadInput as problem:
        draft.wrong(entry, "reader", str(problem), _OWN)
        return
    found = reading.module(spec.reader)
    if own is not None:
        for name in sorted(own.required - set(spec.options)):
            draft.wrong(entry, f"options.{name}", "no value", f"one, {own.function} has no default for it")
        for name in [name for name in spec.options if own.options is not None and name not in own.options]:
            expected = f"no such key, but {listed(sorted(own.options or ()))}"
            draft.wrong(entry, f"options.{name}", show(spec.options[name]), expected)
    elif found is None:
        expected = f"a known reader, {listed(reading.names())}; or {_OWN}"
        draft.wrong(entry, "reader", show(spec.reader), expected)
    else:
        _check_options(entry, getattr(found, "Options", None), spec.options, draft)


def check_task(entry: Entry, datasets: Mapping[str, DatasetSpec], draft: Draft) -> None:
    """Note a task that is not there, a metric that it does not have, and data that it cannot take."""
    model: Model = entry.record
    facts = FACTS.get(model.task)
    if facts is None:
        draft.wrong(entry, "task", show(model.task), f"a known task: {listed(FACTS)}")
        return
    if model.score.is_score and model.score not in facts.metrics:
        expected = f"one of the task {model.task}: {listed(facts.metrics)}"
        draft.wrong(entry, "metric", show(model.score), expected)
    if model.encoder.head not in facts.heads:
        expected = f"one of the task {model.task}: {listed(facts.heads)}"
        draft.wrong(entry, "architecture.head", show(model.encoder.head), expected)
    _check_options(entry, facts.options, model.options, draft, model)
    _check_tokenizer(entry, model, facts, draft)
    given = _gives(datasets.get(model.dataset))
    if given is not None and given not in facts.takes:
        takes = " or ".join(facts.takes)
        expected = f"one of {takes}, which the task {model.task} takes; this one gives {given}"
        draft.wrong(entry, "dataset", show(model.dataset), expected)


def _gives(spec: DatasetSpec | None) -> Examples | None:
    """What a data set gives; None where its options are wrong, which is noted there."""
    found = None if spec is None else reading.module(spec.reader)
    if spec is None or found is None:
        return None
    kind = getattr(found, "Options", None)
    if kind is None:
        return reading.examples_of(spec)
    made, faults = read_record(kind, dict(spec.options))
    sound = made is not None and not faults and not list(options.faults(made))
    return reading.examples_of(spec) if sound else None


def _check_options(
    entry: Entry, kind: type | None, given: Mapping[str, Any], draft: Draft, *about: Any
) -> None:
    """Options against the record of those that there are; `about` is what they are held against, too."""
    for name, found, expected in option_faults(kind, given, *about):
        draft.wrong(entry, name, found, expected)


def option_faults(kind: type | None, given: Mapping[str, Any], *about: Any) -> Iterator[options.Fault]:
    """What is wrong with options by the record of those that there are, all at once.

    Also where a key is unknown the others are held against each other, and against what they are `about`.
    """
    if kind is None:
        for name, value in given.items():
            yield f"options.{name}", show(value), "no options, there are none here"
        return
    made, faults = read_record(kind, dict(given))
    for place, found, expected in faults:
        yield f"options{dotted(place)}", found, expected
    yield from () if made is None else options.faults(made, *about)


def _check_tokenizer(entry: Entry, model: Model, facts: Facts, draft: Draft) -> None:
    if facts.cuts_text and model.tokenizer is None:
        expected = f"lower_case and vocabulary, by which the task {model.task} cuts texts"
        draft.wrong(entry, "tokenizer", "no value", expected)
    if not facts.cuts_text and model.tokenizer is not None:
        expected = f"none: the task {model.task} takes the checkpoint's own tokenizer"
        draft.wrong(entry, "tokenizer", show(model.tokenizer.vocabulary), expected)
