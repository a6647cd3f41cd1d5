"""A folder of tools' logs that came back, with a ``logs.toml`` that says what each is of.

No log is filed before every one of them could be read and has its claim: all that is wrong is told at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness.decoding import Undecodable, toml_table
from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.domain.settings import SETTINGS, Settings
from harness.domain.strict import STRICT
from harness.errors import BadInput, ZoocheckError
from harness.other_machines import claimed, importing
from harness.other_machines.claimed import Asked
from harness.other_machines.foreign import Choice, ForeignLog
from harness.store.results import Result, Store
from harness.tables import cases
from harness.tables.validation import dotted, read_record

NAME = "logs.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Settings):
    """One ``[[log]]``: its file, and the options of ``import-log`` under their names."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    file: str
    case: str | None = None
    model: str | None = None
    chip: str | None = None
    bs: int | None = None
    precision: Precision | None = None
    metric: str = Metric.THROUGHPUT.value
    device: int | None = None
    summary: int | None = None
    bs_of_log: int | None = None


def read(catalog: Catalog, folder: Path) -> tuple[ForeignLog, ...]:
    """Every log that ``logs.toml`` names, with what it is of. Raises `BadInput` with all that is wrong."""
    logs, wrong = list[ForeignLog](), list[str]()
    for place, item in _entries(folder):
        entry, faults = read_record(Entry, item)
        wrong += [
            f"{place}{dotted(at)}: found {found}, expected {expected}" for at, found, expected in faults
        ]
        if entry is None or faults:
            continue
        try:
            logs.append(_log(catalog, folder, entry))
        except (ZoocheckError, OSError) as problem:
            wrong.append(f"{place}: {problem}")
    if wrong:
        raise BadInput("; ".join(wrong), path=folder / NAME, remedy="mend them: nothing was filed")
    return tuple(logs)


def file(catalog: Catalog, logs: tuple[ForeignLog, ...], store: Store, run: str) -> tuple[Result, ...]:
    """Record every log in `run`, and judge it."""
    return tuple(importing.file(catalog, log, store, run) for log in logs)


def _entries(folder: Path) -> Iterator[tuple[str, Any]]:
    path = folder / NAME
    try:
        content = toml_table(path.read_bytes())
    except Undecodable as problem:
        raise BadInput(problem.said, path=path, line=problem.line) from problem
    items = content.get("log")
    if set(content) != {"log"} or not isinstance(items, list):
        found = ", ".join(content) or "nothing"
        raise BadInput(f"found {found}, expected a [[log]] for each log", path=path)
    yield from ((f"log[{at}]", item) for at, item in enumerate(items))


def _log(catalog: Catalog, folder: Path, entry: Entry) -> ForeignLog:
    choice = Choice(device=entry.device, summary=entry.summary, batch_size=entry.bs_of_log)
    path = folder / entry.file
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise BadInput(f"{entry.file}: no file of this folder", path=folder)
    told = {name: value for name in SETTINGS if (value := getattr(entry, name)) is not None}
    if (entry.case is None) is (entry.model is None):
        raise BadInput(f"{entry.file}: names not one of case and model", path=folder)
    if entry.case is not None:
        return importing.read(cases.named(catalog, entry.case), path, choice)
    asked = Asked(
        model=entry.model or "", chip=entry.chip, batch_size=entry.bs, precision=entry.precision,
        metric=entry.metric, settings=told,
    )  # fmt: skip
    return claimed.read(catalog, asked, path, choice)
