"""Bisecting the graph at the documented opset: sound, with an outlier, and where there is no such graph."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from harness.cli import app
from harness.conformance.bisection.case import bisect
from harness.conformance.bisection.lost import Losses
from harness.conformance.bisection.matching import Match
from harness.domain.catalog import Catalog
from harness.errors import UsageError
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import MINIS, Home
from harness.setting.options import Options
from harness.tables import cases
from harness.tables import catalog as tables

CASE = "tinybert-ascend310p-bs1"
BIAS = "bert.encoder.layer.1.output.dense.bias"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path / "home", models=tmp_path / "models", data=tmp_path / "data")


def with_an_outlier(folder: Path, value: float) -> Path:
    """The minis, of which TinyBERT's has one bias of `value`."""
    own = folder / "minis" / "tinybert"
    own.mkdir(parents=True)
    for path in (MINIS / "tinybert").iterdir():
        if path.suffix != ".safetensors":
            (own / path.name).symlink_to(path)
    weights = load_file(MINIS / "tinybert" / "model.safetensors")
    weights[BIAS][7] = value
    save_file(weights, own / "model.safetensors")
    return own.parent


def test_a_sound_documented_graph_ends_well(home: Home, catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    """Every small operator of its LayerNorms has a bound, and stays within it."""
    monkeypatch.setattr(tables, "load", lambda: catalog)
    monkeypatch.setattr(Home, "locate", lambda: home)
    ran = CliRunner().invoke(app, ["bisect", CASE, "--weights", "mini", "--documented-graph", "--json"])
    assert ran.exit_code == 0, ran.output
    record = json.loads(ran.stdout)
    kinds = {word for value in record["values"] for word in " ".join(value["operators"]).split()}
    assert kinds >= {"Pow", "ReduceMean", "Sqrt", "Sub", "Div"}
    assert "LayerNormalization" not in kinds


def test_an_outlier_is_found_in_it_and_not_in_the_stand_ins(home: Home, catalog: Catalog, tmp_path: Path):
    """At the square, by name, with what the reference has there."""
    with_minis = dataclasses.replace(home, minis=with_an_outlier(tmp_path, 300.0))
    materials = Materials(catalog, with_minis, Options(weights="mini", target="stand-in"), Silent())
    case = cases.named(catalog, CASE)
    assert bisect(materials, case).good
    found = bisect(materials, case, documented_graph=True)
    assert not found.good
    assert found.first is not None
    assert found.first.operators == ("Pow /bert/encoder/layer.1/output/LayerNorm/Pow",)
    assert (found.first.place.layer, found.first.place.part) == (1, "output LayerNorm")
    said = "first outside the bound: encoder layer 1, output LayerNorm (Pow "
    assert found.sentence().startswith(said)
    assert "infinite in " in found.sentence()
    assert len(found.beyond) == 1, "what is made of an infinity is no second fault"
    assert found.record()["first"]["lost"] == found.first.lost


def test_a_document_that_exports_no_such_graph_is_refused(home: Home, catalog: Catalog):
    materials = Materials(catalog, home, Options(weights="mini", target="stand-in"), Silent())
    with pytest.raises(UsageError, match="none that spells LayerNorm out; leave --documented-graph away"):
        bisect(materials, cases.named(catalog, "bert-squad-mlu370-bs1"), documented_graph=True)


ONE = np.ones((2, 2), np.float16)


def a_value(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float16).reshape(2, 2)


X, Y = Match(reference="x", artifact="x"), Match(reference="y", artifact="y")


def lost(whole: dict[str, np.ndarray], truth: np.ndarray, kept: np.ndarray) -> str:
    """What is lost of y, which is made of x, where the reference has numbers."""
    losses = Losses(whole, {"x": ONE.astype(np.float32), "y": truth})
    losses.at(X, (), np.ones((2, 2), bool))
    return losses.at(Y, ("x",), kept)


def test_infinity_of_numbers_is_lost_where_there_is_no_padding():
    whole = {"x": ONE, "y": a_value(np.inf, 1, 1, np.inf)}
    truth = np.array([[90000.0, 1], [1, 70000]])
    kept = np.array([[True, True], [False, False]])
    limit = "and fp16 ends at 65504"
    found = lost(whole, truth, kept)
    assert found == f"infinite in 1 places, where the reference has 90000, {limit}"
    assert lost(whole, truth, ~kept) == f"infinite in 1 places, where the reference has 70000, {limit}"
    assert Losses(whole, {"x": ONE.astype(float)}).at(X, (), kept) == ""


def test_what_is_not_a_number_is_lost_in_padding_too():
    whole = {"x": ONE, "y": a_value(1, 1, 1, np.nan)}
    found = lost(whole, np.zeros((2, 2)), np.zeros((2, 2), bool))
    assert found == "not a number in 1 places, where the reference has 0"


def test_what_is_made_of_what_is_lost_is_no_fault_of_its_own():
    whole = {"x": a_value(1, np.inf, 1, 1), "y": a_value(1, np.nan, 1, 1)}
    assert lost(whole, np.zeros((2, 2)), np.ones((2, 2), bool)) == ""


def test_what_the_reference_loses_itself_is_none():
    whole = {"x": ONE, "y": a_value(np.inf, 1, 1, 1)}
    assert lost(whole, np.full((2, 2), np.inf), np.ones((2, 2), bool)) == ""
