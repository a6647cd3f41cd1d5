"""Models that are only a name, whose documented values are claims until another entry says what they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.domain.chips import Chip
from harness.domain.models import Deployment, Model
from harness.domain.precisions import Precision
from harness.domain.references import Reference, Role
from harness.tables.mistakes import Draft, Entry, show
from harness.tables.references import as_run

_ONE = (1,)  # the batch size where documents tell none: the least


def take_up(draft: Draft) -> dict[str, Model]:
    """The names among a draft's models, by name.

    Where another entry of a name says what the model is, that one stays alone, and is read in the document
    of the name; one that names another document is a mistake, and so is the same name twice.
    """
    entries = draft.entries["model"]
    only: dict[str, Entry] = {}
    for entry in entries:
        if entry.record.is_only_a_name:
            only.setdefault(entry.record.name, entry)
    said = {entry.record.name for entry in entries if not entry.record.is_only_a_name}
    draft.entries["model"] = [
        entry if entry.record.is_only_a_name else _documented(entry, only.get(entry.record.name), draft)
        for entry in entries
        if not (entry.record.name in said and entry is only.get(entry.record.name))
    ]
    return {name: entry.record for name, entry in only.items()}


def _documented(entry: Entry, named: Entry | None, draft: Draft) -> Entry:
    """A model's entry with the document of its name, where it has none of its own."""
    document = "" if named is None else named.record.document
    if named is None or entry.record.document in ("", document):
        return replace(entry, record=replace(entry.record, document=entry.record.document or document))
    expected = f"{show(document)}, as {named.path} of {named.file} says, or nothing"
    draft.wrong(entry, "document", show(entry.record.document), expected)
    return entry


def deployed(model: Model, references: Iterable[Reference], chips: Mapping[str, Chip]) -> Model:
    """`model` on the chips that its documents measured it on, where its table names none.

    Those of the documents' own measurements count: their batch sizes, and their precisions, which are the
    chip's default one where none is told.
    """
    if model.deployments:
        return model
    measured: dict[str, list[Reference]] = {}
    for item in references:
        chip = chips.get(item.chip or "")
        if item.model != model.name or item.role is not Role.MEASURED or chip is None:
            continue
        if as_run(item, model):
            measured.setdefault(chip.name, []).append(item)
    return replace(
        model, deployments=tuple(_deployment(chips[chip], found) for chip, found in measured.items())
    )


def _deployment(chip: Chip, measured: Iterable[Reference]) -> Deployment:
    values = list(measured)
    sizes = {item.batch_size for item in values if item.batch_size is not None}
    told = {item.precision or chip.default_precision for item in values} & set(chip.precisions)
    precisions = tuple(item for item in Precision if item in told) or (chip.default_precision,)
    return Deployment(chip=chip.name, batch_sizes=tuple(sorted(sizes)) or _ONE, precisions=precisions)
