"""Results as one JSON document for other programs, and its JSON Schema (2020-12), made from the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from harness import __version__
from harness.domain.measurements import Measurement, Verdict, kind_today
from harness.records import from_json, to_json
from harness.store.briefs import in_brief
from harness.store.notrun import NotRun
from harness.store.results import Result
from reports import tested
from reports.outcomes import counts, latest

VERSION: Literal[3] = 3  # raised where a document of the last one would no longer fit the schema
SCHEMA_ID: Literal["urn:zoocheck:results:3"] = "urn:zoocheck:results:3"
# 1 was without the verdict `survives` and without `documented`, 2 without the settings of documented values.
_OF_BEFORE = ("urn:zoocheck:results:1", "urn:zoocheck:results:2")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One measurement and its newest verdict; null where its run ended before that."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    measurement: Measurement
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Every result that was asked for, with its raw samples, and what was not run.

    `counts` is of the latest result of each claim, by verdict, as the report has it; `documented` of the
    documented numbers that these tested, by what they came to: empty where none was. `results` holds all.
    Scores are fractions; units of other numbers are in their names.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    schema: Literal["urn:zoocheck:results:3"]
    version: Literal[3]
    zoocheck: str  # that wrote the document; what measured is in each result
    runs: tuple[str, ...]
    counts: Mapping[str, int]
    documented: Mapping[str, int]
    results: tuple[Entry, ...]
    not_run: tuple[NotRun, ...]


def document(results: Sequence[Result], not_run: Sequence[NotRun] = ()) -> dict[str, Any]:
    """The results as a JSON object that fits `schema`. Raises `NoSamples` for no results."""
    found = latest(in_brief(results))
    return to_json(
        Document(
            schema=SCHEMA_ID,
            version=VERSION,
            zoocheck=__version__,
            runs=tuple(dict.fromkeys(brief.run for brief in in_brief(results).briefs)),
            counts=counts(found),
            documented=tested.documented(found),
            results=tuple(Entry(measurement=item.measurement, verdict=item.verdict) for item in results),
            not_run=tuple(not_run),
        )
    )


def today(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """A document that may be of an older version as one of this version: its verdicts in today's words.

    One of any other version, and what is no document, stays as it is. Raises `RecordError`, `KeyError` and
    `TypeError` for what says that it is of an older version and is not.
    """
    if found.get("schema") not in _OF_BEFORE:
        return found
    results = [
        Result(
            measurement=from_json(Measurement, item["measurement"]),
            verdict=None if item["verdict"] is None else _verdict_today(item["verdict"]),
        )
        for item in found["results"]
    ]
    return document(results, [from_json(NotRun, item) for item in found["not_run"]])


def _verdict_today(found: Mapping[str, Any]) -> Verdict:
    return from_json(Verdict, {**found, "kind": kind_today(found["kind"], found["basis"])})


def schema() -> dict[str, Any]:
    """The JSON Schema of `document`, as published in ``docs/results.schema.json``."""
    from pydantic import TypeAdapter

    made = TypeAdapter(Document).json_schema(mode="serialization")
    return {"$schema": DIALECT, "$id": SCHEMA_ID, **made, "title": "zoocheck results"}
