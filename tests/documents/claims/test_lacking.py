"""What each claim lacks to be run: of a name alone, of a model that runs, of a device nothing drives."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.documents.gathering import gather
from harness.domain.catalog import Catalog
from harness.domain.documented import DocumentedClaim, Lack
from harness.setting.home import Home


@pytest.fixture
def claims(named: Catalog, tmp_path: Path) -> dict[str, DocumentedClaim]:
    """Those of the name by their printed value."""
    home = Home(root=tmp_path, models=tmp_path / "models", data=tmp_path / "data")
    found = gather((), named, home).claims
    return {claim.printed: claim for claim in found if claim.model == "lanternfish"}


def kinds(claim: DocumentedClaim) -> set[Lack]:
    return {need.what for need in claim.lacks}


def test_a_name_alone_needs_a_graph_or_a_checkpoint(claims):
    claim = claims["400.5"]
    assert (claim.runs, kinds(claim)) == ("", {Lack.MODEL})
    assert claim.lacks[0].why == (
        "lanternfish is in no table as more than a name: a graph (.onnx) or a checkpoint makes it one that "
        "runs, docs/adding-a-model.md"
    )
    assert claim.told == "input 224x224"


def test_a_device_that_nothing_drives_is_told(claims):
    assert kinds(claims["55.5"]) == {Lack.MODEL, Lack.DRIVER}


def test_a_metric_that_no_task_computes_and_a_data_set_that_is_in_no_table(claims):
    claim = claims["41.5"]
    assert kinds(claim) == {Lack.MODEL, Lack.METRIC, Lack.DATA}
    assert any(need.why.startswith("no task here computes mAP@0.5; there are") for need in claim.lacks)
    assert any("the data set DEEPSEA is in no table" in need.why for need in claim.lacks)


def test_a_baseline_is_measured_by_nothing(claims):
    assert kinds(claims["42.5"]) == {Lack.MEASURED}


def test_a_latency_is_a_logs_to_tell(claims):
    assert kinds(claims["2.41"]) == {Lack.MODEL}


def test_every_claim_of_the_catalog_names_a_case_or_what_it_lacks(catalog, tmp_path):
    home = Home(root=tmp_path, models=tmp_path / "models", data=tmp_path / "data")
    found = gather((), catalog, home).claims
    assert found
    assert [claim for claim in found if not claim.runs and not claim.lacks] == []
    assert {claim.role for claim in found if claim.runs} == {"measured"}
    ratios = [claim for claim in found if claim.role == "ratio"]
    assert ratios
    assert all(kinds(claim) == {Lack.MEASURED} for claim in ratios)
