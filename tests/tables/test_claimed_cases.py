"""Claims as cases of their own: their ids, and what an id says."""

from __future__ import annotations

from pathlib import Path

import pytest
from lanternfish import CLAIMED

from harness.domain.catalog import Catalog
from harness.domain.precisions import Precision
from harness.tables import claimed
from harness.tables.catalog import BUILT_IN, load
from reports.case_parts import covers, parts_of

TABLES = (
    CLAIMED
    + """columns = [
    { header = "bs", label = true },
    { header = "plain", chip = "ascend310p" },
    { header = "small", chip = "ascend310p", input = "224 x 224" },
    { header = "deep, dark", chip = "ascend310p", variant = "deep, dark", aoe = true },
    { header = "int8", chip = "vacc", precision = "int8" },
    { header = "tiger", chip = "tiger900" },
]
rows = [{ batch_size = 8, cells = ["8", "410.5", "400.5", "120.5", "55.5", "66.5"] }]
"""
)
IDS = (
    "lanternfish-ascend310p-bs8",
    "lanternfish-ascend310p-bs8,input=224 x 224",
    "lanternfish-ascend310p-bs8,aoe=True,variant=deep, dark",
    "lanternfish-vacc-int8-bs8",
    "lanternfish-tiger900-bs8",
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> Catalog:
    folder = tmp_path_factory.mktemp("tables")
    Path(folder / "lantern.toml").write_text(TABLES, encoding="utf-8")
    return load((BUILT_IN, folder))


def test_each_claim_has_an_id_of_its_own(tables):
    made = [
        claimed.case_of(tables, item, claimed.chip_of(tables, item.chip), 8).id
        for item in claimed.speeds(tables, "lanternfish")
    ]
    assert made == list(IDS)


@pytest.mark.parametrize("identifier", IDS)
def test_an_id_names_its_claim_and_no_other(tables, identifier):
    assert claimed.named(tables, identifier).id == identifier
    parts = parts_of(tables, identifier)
    assert (parts.model.name, parts.batch_size) == ("lanternfish", 8)
    covered = [item for item in claimed.speeds(tables, "lanternfish") if covers(item, parts)]
    assert [claimed.case_of(tables, item, parts.chip, 8).id for item in covered] == [identifier]


@pytest.mark.parametrize(
    "identifier", ["lanternfish-ascend310p-bs1", "lanternfish-t4-bs8", "lanternfish", "x-ascend310p-bs8",
                   "lanternfish-ascend310p-bs8,input=96x96"]
)  # fmt: skip
def test_an_id_of_no_claim_names_none(tables, identifier):
    assert claimed.named(tables, identifier) is None


def test_a_devices_default_precision_is_left_out_of_ids_and_claimed_of_nothing(tables):
    chip = claimed.chip_of(tables, "tiger900")
    assert (chip.backend, chip.default_precision) == ("", Precision.FP32)
    assert claimed.chip_of(tables, "tiger901") is None
