"""Which cases are scored at their samples' real length."""

from __future__ import annotations

import dataclasses

import mini
import pytest
from making import make_case

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.running.recording import Stages
from harness.running.workbench import Workbench
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.toolchains import targets


@pytest.mark.parametrize(
    ("chip", "choice", "local", "real"),
    [
        pytest.param("cpu", "auto", True, True, id="the local CPU"),
        pytest.param("ascend310p", "stand-in", False, True, id="a stand-in"),
        pytest.param("cpu", "auto", False, False, id="a document's chip"),
    ],
)
def test_only_a_documents_chip_runs_the_padded_input(
    small_tables: Catalog, home: Home, store: Store, chip: str, choice: str, local: bool, real: bool
):
    """What a document measures on is run as documented; of whatever else nothing is documented."""
    chips = {**small_tables.chips, chip: dataclasses.replace(small_tables.chips[chip], local=local)}
    tables = dataclasses.replace(small_tables, chips=chips)
    bench = Workbench(mini.TorchMaterials(tables, home, Options()), store, "run-1")
    case = make_case(tables, mini.MODEL, chip)
    target = targets.resolve(case.chip, choice)
    place = bench.place(case, Kind.ACCURACY, target)
    assert (bench.any_shape(case, target, Stages(), place) is not None) is real
