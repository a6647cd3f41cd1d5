"""A baseline as a file: what it is called and for which machines, with every result that it stands for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from harness import __version__
from harness.decoding import json_object
from harness.domain.agreement import disagreements
from harness.errors import BadInput, NoSamples, RecordError
from harness.machine.fingerprint import machine_key
from harness.records import canonical, from_json, sealed, to_json, unsealed
from harness.store.baselines import Baseline
from harness.store.results import Result
from reports.document import Document, document, today

_REMEDY = "write it again with `zoocheck baseline export`"
_SHOWN = 5  # contradictions
UNPROVED = "-unproved"  # behind a run's name

SCHEMA_ID: Literal["urn:zoocheck:baseline:1"] = "urn:zoocheck:baseline:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFile:
    """The baselines of one name, and their results in full as ``zoocheck report --format json`` has them."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    schema: Literal["urn:zoocheck:baseline:1"]
    version: Literal[1]
    zoocheck: str  # that wrote the file
    baselines: tuple[Baseline, ...]
    results: Document


def text(baselines: Sequence[Baseline], results: Sequence[Result]) -> str:
    """The file's text. Raises `NoSamples` where a baseline stands for no results."""
    return (
        json.dumps(
            sealed(
                {
                    "schema": SCHEMA_ID,
                    "version": 1,
                    "zoocheck": __version__,
                    "baselines": [to_json(item) for item in baselines],
                    "results": document(results),
                }
            ),
            ensure_ascii=False,
        )
        + "\n"
    )


def stands_for(baseline: Baseline, result: Result) -> bool:
    """Whether a result is of the baseline's run and machine."""
    made = result.measurement
    return made.run == baseline.run and machine_key(made.provenance.machine) == baseline.machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a file holds, and what is to be said of the file itself."""

    baselines: tuple[Baseline, ...]
    results: list[Result]
    unproved: str  # why nothing says that the file is as it was written; empty where its checksum does


def read(path: Path) -> Read:
    """The baselines of a file and their results, those of an older zoocheck in today's words.

    Raises `BadInput` for what is no such file, for one that is not what its checksum is of, for a result
    whose numbers contradict each other, and for a baseline without results in it.
    """
    try:
        content, has_checksum = unsealed(json_object(path.read_bytes()))
        found = from_json(BaselineFile, _today(content))
    except (TypeError, KeyError, NoSamples, RecordError) as problem:
        raise BadInput(f"no file of a baseline: {problem}", path=path, remedy=_REMEDY) from problem
    _require_agreement(path, found.results, counted=not has_checksum)
    results = [Result(measurement=item.measurement, verdict=item.verdict) for item in found.results.results]
    for baseline in found.baselines:
        if not any(stands_for(baseline, result) for result in results):
            raise BadInput(
                f"baseline {baseline.name!r} of machine {baseline.machine} is run {baseline.run}, "
                "of which the file has no results of that machine",
                path=path,
                remedy=_REMEDY,
            )
    said = f"{path}: exported without a checksum, so a change in it may show nowhere"
    return Read(baselines=found.baselines, results=results, unproved="" if has_checksum else said)


def apart(read: Read) -> Read:
    """What nothing proves, under ids and runs of its own, the same for the same content.

    So it never stands where the results that it says it is belong: these can be imported later.
    """
    results = [
        Result(
            measurement=replace(
                item.measurement, id=_content_id(item), run=f"{item.measurement.run}{UNPROVED}"
            ),
            verdict=item.verdict,
        )
        for item in read.results
    ]
    baselines = tuple(replace(item, run=f"{item.run}{UNPROVED}") for item in read.baselines)
    runs = ", ".join(dict.fromkeys(item.run for item in baselines))
    said = f"{read.unproved}: it is kept apart, as run {runs}; what a good file brings takes its place"
    return Read(baselines=baselines, results=results, unproved=said)


def _content_id(result: Result) -> str:
    content = {"measurement": to_json(result.measurement), "verdict": None}
    if result.verdict is not None:
        content["verdict"] = to_json(result.verdict)
    return hashlib.sha256(canonical(content, "result")).hexdigest()[:32]


def _require_agreement(path: Path, results: Document, *, counted: bool) -> None:
    """Raise `BadInput` for results that say two things at once, and where `counted` for other counts."""
    wrong = [
        f"{item.measurement.case}, {item.measurement.claim} ({item.measurement.id}): {sentence}"
        for item in results.results
        for sentence in disagreements(item.measurement, item.verdict)
    ]
    if counted:
        wrong += _miscounted(results)
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise BadInput(
            f"results were changed since they were measured: {'; '.join(wrong[:_SHOWN])}{more}",
            path=path,
            remedy=_REMEDY,
        )


def _miscounted(results: Document) -> list[str]:
    """What the file says of all of its results together and they do not come to."""
    found = from_json(
        Document,
        document(
            [Result(measurement=item.measurement, verdict=item.verdict) for item in results.results],
            results.not_run,
        ),
    )
    return [
        f"{name} is {getattr(results, name)!r}, and its results come to {getattr(found, name)!r}"
        for name in ("runs", "counts", "documented")
        if getattr(results, name) != getattr(found, name)
    ]


def _today(content: Any) -> Any:
    """A file's content, its results those of this version; what has none stays as it is."""
    results = content.get("results") if isinstance(content, dict) else None
    return {**content, "results": today(results)} if isinstance(results, dict) else content
