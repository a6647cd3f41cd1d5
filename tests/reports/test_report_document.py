"""Results as JSON: what is written fits the published schema, and says all that the store holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from factory import measurement, mixed
from jsonschema import Draft202012Validator, ValidationError

from harness.cli.formats import results_text, schema_text
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.errors import NoSamples
from harness.records import from_json
from harness.store.notrun import NotRun
from harness.store.results import Result
from reports.document import SCHEMA_ID, VERSION, Document, document, schema

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "results.schema.json"


@pytest.fixture(scope="module")
def published() -> Draft202012Validator:
    return Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def test_the_published_schema_is_the_records() -> None:
    """Made again by `zoocheck report --format json-schema --out docs/results.schema.json`."""
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()
    Draft202012Validator.check_schema(schema())


def test_the_version_is_in_the_id_and_in_the_document(catalog: Catalog) -> None:
    made = document(mixed(catalog))
    assert SCHEMA_ID.endswith(f":{VERSION}")
    assert schema()["$id"] == made["schema"] == SCHEMA_ID
    assert made["version"] == VERSION


def test_documents_fit(catalog: Catalog, published: Draft202012Validator) -> None:
    """Chips and stand-ins, errors, what was never judged, and what was not run."""
    unjudged = Result(measurement=measurement("tinybert-t4-bs4", Kind.ACCURACY), verdict=None)
    missing = (NotRun(case="a-bs1", kind=Kind.THROUGHPUT, reason="no card"),)
    text = results_text([*mixed(catalog), unjudged], missing)
    published.validate(json.loads(text))
    found = json.loads(text)
    assert found["results"][-1]["verdict"] is None
    assert found["not_run"][0]["reason"] == "no card"
    assert sum(found["counts"].values()) == len(found["results"])
    assert found["counts"]["not-judged"] == 1


def test_a_document_reads_back_to_the_last_bit(catalog: Catalog) -> None:
    results = mixed(catalog)
    again = from_json(Document, json.loads(results_text(results, ())))
    assert [(item.measurement, item.verdict) for item in again.results] == [
        (item.measurement, item.verdict) for item in results
    ]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("version",), 1),
        (("extra",), 1),
        (("results", 0, "measurement", "origin"), "somewhere"),
        (("results", 0, "measurement", "samples"), "872"),
        (("results", 0, "verdict", "kind"), "fine"),
    ],
)
def test_what_is_no_such_document_is_refused(
    catalog: Catalog, published: Draft202012Validator, path: tuple, wrong: object
) -> None:
    """Another version, an unknown key, an unknown value, text for a number."""
    made = json.loads(results_text(mixed(catalog), ()))
    place = made
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = wrong
    with pytest.raises(ValidationError):
        published.validate(made)


def test_nothing_is_no_document() -> None:
    with pytest.raises(NoSamples):
        document([])
