"""Paths in a table are seen from its own folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.domain.datasets import DatasetSpec
from harness.setting.home import Home
from harness.tables import catalog
from harness.tables.located import located


@pytest.mark.parametrize("written", ["dev.tsv", "../sets/dev.tsv"])
def test_a_path_is_seen_from_the_folder_of_its_table(written: str, tmp_path: Path) -> None:
    spec = DatasetSpec(name="own", title="own", reader="sst2", file="dev.tsv", counts={}, path=written)
    assert located(spec, tmp_path).path == str(tmp_path / written)


def test_an_absolute_path_and_no_path_stay() -> None:
    spec = DatasetSpec(name="own", title="own", reader="sst2", file="dev.tsv", counts={}, path="/d/dev.tsv")
    assert located(spec, Path("/t")) == spec
    assert located(replace(spec, path=""), Path("/t")).path == ""


def test_what_a_table_says_comes_before_the_home(tmp_path: Path) -> None:
    home = Home(root=tmp_path, models=tmp_path / "models", data=tmp_path / "data")
    tables = catalog.load()
    model, spec = tables.models["tinybert"], tables.datasets["sst2"]
    assert home.checkpoint(model) == tmp_path / "models" / "tinybert"
    assert home.data_file(spec) == tmp_path / "data" / "sst2" / "dev.tsv"
    own = replace(model, checkpoint=replace(model.checkpoint, folder="tuned"))
    found = located(own, tmp_path)
    assert home.checkpoint(found) == tmp_path / "tuned"
    assert home.data_file(replace(spec, path="/own/dev.tsv")) == Path("/own/dev.tsv")
