"""What two results share to be held against each other: one idea, from a claim to a repetition.

Comparisons of runs, histories, the report and the store each had a key of their own. Where those differed,
what is right is said here, a test a difference.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.measurements import Measurement, Origin, Provenance
from harness.domain.models import Protocol, Weights
from harness.domain.series import FIELDS, Claim, Repetition, Series


def measurement(kind: Kind = Kind.ACCURACY, **made: Any) -> Measurement:
    own = {name: made.pop(name) for name in ("case", "check", "origin", "detail") if name in made}
    provenance = Provenance(**{
        "target": "stand-in", "weights": Weights.MINI, "weights_sha256": "a", "data": Corpus.MINI,
        "data_sha256": "b", "protocol": Protocol.DOCUMENTED, "limit": None, "artifact": None,
        "backend": "onnxruntime", "machine": {}, "versions": {}, "git_revision": None, **made,
    })  # fmt: skip
    return Measurement(**{
        "id": "1", "run": "r", "created": "2026-01-01T00:00:00+00:00", "case": "tinybert-t4-bs1",
        "kind": kind, "origin": Origin.STAND_IN, "provenance": provenance, "metrics": {}, "samples": 0,
        "intervals": {}, "stages_s": {}, "raw": {}, "detail": {}, **own,
    })  # fmt: skip


ONE = measurement()
OTHERS: dict[str, dict[str, Any]] = {
    "case": {"case": "tinybert-t4-bs8"},
    "check": {"check": "batch"},
    "protocol": {"protocol": Protocol.STANDARD},
    "origin": {"origin": Origin.CHIP},
    "weights": {"weights": Weights.FULL},
    "data": {"data": Corpus.FULL},
    "limit": {"limit": 10},
    "weights' hash": {"weights_sha256": "other"},
    "data's hash": {"data_sha256": "other"},
    "samples' hash": {"detail": {"samples_sha256": "other"}},
    "target": {"target": "chip"},
    "backend": {"backend": "torchscript"},
    "artifact": {"artifact": "other"},
    "versions": {"versions": {"onnx": "2"}},
    "git": {"git_revision": "1a2b"},
}


def apart(key: Any) -> set[str]:
    """What makes two results of other keys."""
    return {name for name, made in OTHERS.items() if key(measurement(**made)) != key(ONE)}


def test_a_claim_is_a_case_its_kind_and_check_and_the_protocol() -> None:
    """The report left the protocol out: one protocol's success hid the other's error."""
    assert apart(Claim.of) == {"case", "check", "protocol"}


def test_a_series_is_a_claim_and_what_it_was_measured_with_by_name() -> None:
    assert apart(Series.of) == {"case", "check", "protocol", "origin", "weights", "data", "limit"}


def test_a_repetition_has_the_same_files_and_machine() -> None:
    """Two runs are paired by series, so that another file is said to be one, and not taken for a new claim.

    A history and a spread from run to run are of repetitions: another file is another level.
    """
    assert apart(lambda made: Repetition.of(made, "machine")) == {
        *apart(Series.of), "weights' hash", "data's hash", "samples' hash",
    }  # fmt: skip
    assert Repetition.of(ONE, "here") != Repetition.of(ONE, "there")


@pytest.mark.parametrize("kind", [Kind.THROUGHPUT, Kind.CONFORMANCE])
def test_in_a_column_of_a_report_data_and_protocol_count_for_scores_alone(kind: Kind) -> None:
    """A throughput of the first ten samples stands beside one of all; in a history the two are apart."""
    assert apart(lambda made: Series.of(made).likeness) == {
        "check", "protocol", "origin", "weights", "data", "limit",
    }  # fmt: skip
    few, all_of_them = (Series.of(measurement(kind, limit=limit)) for limit in (10, None))
    assert few.likeness == all_of_them.likeness
    assert few != all_of_them


def test_a_column_is_shared_by_cases() -> None:
    one, other = (Series.of(measurement(case=f"tinybert-t4-bs{size}")) for size in (1, 8))
    assert one.likeness == other.likeness


def test_a_claim_without_a_protocol_is_one_of_its_own() -> None:
    """The history of a report wrote no protocol as no text, a comparison of runs as an empty one."""
    none = measurement(protocol=None)
    assert Claim.of(none) == dataclasses.replace(Claim.of(ONE), protocol=None)
    assert Series.of(none).claim == Claim.of(none)


def test_a_success_mends_its_own_claim_and_one_whose_protocol_was_not_known() -> None:
    documented, standard, unknown = (
        Claim.of(measurement(protocol=protocol))
        for protocol in (Protocol.DOCUMENTED, Protocol.STANDARD, None)
    )
    assert documented.mended_by(documented)
    assert unknown.mended_by(documented)
    assert not standard.mended_by(documented)
    assert not documented.mended_by(unknown)
    assert not documented.mended_by(dataclasses.replace(documented, check="batch"))


def test_the_fields_of_a_series_are_columns_of_the_store() -> None:
    series = Series.of(measurement(limit=10, check="batch"))
    row = {name: getattr(series, name) for name in FIELDS}
    assert Series.of_row({name: None if value is None else str(value) for name, value in row.items()} | {
        "limit": 10
    }) == series  # fmt: skip
    assert Series.of_row(row | {"data": None, "protocol": None}).protocol is None
