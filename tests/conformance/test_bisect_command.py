"""`zoocheck bisect`: what it says, what it writes, its exit status, and what bad input is told."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import onnx
import pytest
from planted import FAULTS
from typer.testing import CliRunner

from harness.cli import app
from harness.conformance.bisection import case as bisecting
from harness.conformance.bisection import samples
from harness.conformance.bisection.case import bisect
from harness.conformance.bisection.findings import Suspicion
from harness.conformance.subject import probe_of
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.precisions import Precision
from harness.errors import BadInput, GraphError, NotThere, UsageError
from harness.models.graphs import int8, values
from harness.models.graphs.export import Exported
from harness.models.graphs.numerics import STAND_IN_OPSET
from harness.running.materials import Materials, inputs_in_order
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables import cases
from harness.tables import catalog as tables

CASE = "tinybert-t4-bs1"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of its own, with the embedded checkpoints and no data."""
    folder = tmp_path_factory.mktemp("bisect")
    return Home(root=folder / "home", models=folder / "models", data=folder / "data")


@pytest.fixture(scope="session")
def materials(catalog: Catalog, home: Home) -> Materials:
    """The minis, on stand-ins."""
    return Materials(catalog, home, Options(weights="mini", target="stand-in"), Silent())


@pytest.fixture(scope="session")
def case(catalog: Catalog) -> Case:
    """TinyBERT on the T4 in fp32."""
    return cases.named(catalog, CASE)


@pytest.fixture(scope="session")
def graph(materials: Materials, case: Case) -> onnx.ModelProto:
    """The case's own fp32 graph."""
    return bisecting.building.graph_source(materials, case).export(opset=STAND_IN_OPSET).graph


@pytest.fixture
def faulty(graph: onnx.ModelProto, tmp_path: Path) -> Path:
    """A graph as a converter might give it, with a fault in its last layer."""
    path = tmp_path / "faulty.onnx"
    onnx.save(FAULTS["epsilon-wrong"].plant(graph, 1), path)
    return path


@pytest.fixture
def in_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command finds that home."""
    monkeypatch.setattr(Home, "locate", lambda: home)


def test_a_sound_case_ends_well(in_home: None, catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    """On its stand-in, in fp16 with the documented tanh GELU, on the embedded corpus."""
    monkeypatch.setattr(tables, "load", lambda: catalog)
    ran = CliRunner().invoke(app, ["bisect", "tinybert-ascend310p-bs1", "--weights", "mini", "--json"])
    assert ran.exit_code == 0, ran.output
    record = json.loads(ran.stdout)
    assert record["good"]
    assert record["first"] is None
    assert [item["name"] for item in record["layers"]] == ["embeddings", "mask", "layer 0", "layer 1", "head"]
    assert 0 < record["outputs"]["max_abs_difference"] < record["outputs"]["bound"]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_full_checkpoint_that_auto_leaves_aside_is_told(
    home: Home, faulty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
):
    """On the terminal before it begins, and in the record, which says what was bisected."""
    models = tmp_path / "models"
    (models / "tinybert").mkdir(parents=True)
    (models / "tinybert" / "config.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(Home, "locate", lambda: dataclasses.replace(home, models=models))
    argv = ["bisect", CASE, "--target", "stand-in", "--artifact", str(faulty), "--out", str(tmp_path / "out")]
    ran = CliRunner().invoke(app, [*argv, *(["--json"] if as_json else [])])
    assert ran.exit_code == 1, ran.output
    aside = f"left aside: {models / 'tinybert'} lacks vocab.txt or tokenizer.json, model.safetensors"
    assert (f"tinybert: mini weights; {aside}" in ran.stderr) is not as_json
    record = json.loads((tmp_path / "out" / "bisection.json").read_text(encoding="utf-8"))
    assert record["checkpoint"].startswith("embedded in zoocheck; ")
    assert aside in record["checkpoint"]
    assert not as_json or json.loads(ran.stdout)["checkpoint"] == record["checkpoint"]


def test_a_file_made_elsewhere_is_held_against_the_case(in_home: None, faulty: Path, tmp_path: Path):
    """Status 1, the verdict first, then the table; drawing, page and record on request."""
    out = tmp_path / "out"
    ran = CliRunner().invoke(
        app, ["bisect", CASE, "--weights", "mini", "--artifact", str(faulty), "--out", str(out)]
    )
    assert ran.exit_code == 1, ran.output
    said = f"{CASE}: first outside the bound: encoder layer 1, attention LayerNorm (LayerNormalization "
    assert ran.output.startswith(said)
    assert "layer 1" in ran.output
    record = json.loads((out / "bisection.json").read_text())
    assert record["first"]["part"] == "attention LayerNorm"
    assert [value["outside"] for value in record["values"]].count(True) == 1
    page = (out / "bisection.md").read_text()
    assert record["verdict"] in page
    assert "| layer 1 |" in page
    drawn = ElementTree.fromstring((out / "bisection.svg").read_text())
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    text = "".join(drawn.itertext())
    assert "layer 1" in text
    assert "made by this operator alone" in text
    assert "<script" not in (out / "bisection.svg").read_text()


def test_a_toolchains_artifact_is_refused_with_what_to_do(
    catalog: Catalog, home: Home, case: Case, monkeypatch: pytest.MonkeyPatch
):
    """Nothing shows an engine's inner values."""
    on_chip = Materials(catalog, home, Options(weights="mini"), Silent())

    class Chip:
        backend_name = "tensorrt"

    monkeypatch.setattr(on_chip, "target", lambda case: Chip)
    with pytest.raises(UsageError, match="shows no inner values; bisect its stand-in with --target stand-in"):
        bisect(on_chip, case)


def test_a_precision_without_a_stand_in_says_so(catalog: Catalog, materials: Materials):
    """bf16 is cuda's own."""
    case = next(
        item
        for item in cases.enumerate_cases(catalog)
        if item.chip.name == "cuda" and item.model.name == "tinybert"
    )
    with pytest.raises(NotThere, match="does not imitate bf16"):
        bisect(materials, dataclasses.replace(case, precision=Precision.BF16))


@pytest.mark.parametrize("content", [None, b"", b"\x08\x01not a graph"])
def test_a_file_that_is_no_graph_is_an_error(materials: Materials, case: Case, tmp_path: Path, content):
    """With its path."""
    path = tmp_path / "x.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"x\.onnx: (no such file|an empty file|onnx cannot read the graph)"):
        bisect(materials, case, path)


def test_an_empty_file_is_called_so_with_what_to_give(materials: Materials, case: Case, tmp_path: Path):
    (tmp_path / "x.onnx").touch()
    with pytest.raises(BadInput, match="an empty file, expected an ONNX graph; give an ONNX file"):
        bisect(materials, case, tmp_path / "x.onnx")


def test_a_graph_of_another_batch_or_other_inputs_is_refused(
    materials: Materials, catalog: Catalog, case: Case, graph: onnx.ModelProto, tmp_path: Path
):
    """With what was found and expected."""
    path = tmp_path / "one.onnx"
    onnx.save(graph, path)
    with pytest.raises(
        GraphError, match=r"is \[1, 64\], expected \[4, 64\]; name the case of its batch size"
    ):
        bisect(materials, cases.named(catalog, "tinybert-t4-bs4"), path)
    renamed = values.copy_of(graph)
    renamed.graph.input[0].name = "tokens"
    for node in renamed.graph.node:
        node.input[:] = ["tokens" if name == "input_ids" else name for name in node.input]
    onnx.save(renamed, path)
    with pytest.raises(GraphError, match=r"inputs are .*'tokens'.*expected .*'input_ids'"):
        bisect(materials, case, path)


def test_it_looks_at_the_samples_that_parity_looks_at(materials: Materials, case: Case):
    """All of them, in batches of the case's size."""
    probe, _ = probe_of(materials, case)
    shown = samples.batches(materials, case)
    assert {array.shape for inputs in shown for array in inputs.values()} == {(1, case.model.length)}
    whole = {name: np.concatenate([inputs[name] for inputs in shown]) for name in shown[0]}
    for item in case.model.inputs:
        np.testing.assert_array_equal(whole[item.name], probe.inputs[item.role])


def test_int8_is_shown_what_its_scales_were_chosen_on(materials: Materials, case: Case):
    """Of anything else a sound quantiser may cut more than it may be off by."""
    shown = samples.batches(materials, dataclasses.replace(case, precision=Precision.INT8))
    chosen = inputs_in_order(case.model, materials.calibration(case.model, int8.SAMPLES))
    for item, array in zip(case.model.inputs, chosen, strict=True):
        np.testing.assert_array_equal(np.concatenate([one[item.name] for one in shown]), array[: len(shown)])


def test_a_fault_that_text_does_not_show_is_found(
    materials: Materials, case: Case, graph: onnx.ModelProto, tmp_path: Path
):
    """A task of one text has zeros for segments: the seeded half of parity's samples shows them lost."""
    path = tmp_path / "without.onnx"
    onnx.save(FAULTS["segments-zeroed"].plant(graph, 0), path)
    finding = bisect(materials, case, path)
    assert not finding.good
    assert not finding.parity
    assert finding.export_sound


def test_an_export_that_is_not_torchs_network_is_told(
    materials: Materials, case: Case, graph: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Reference and artifact agree, and are both wrong."""
    path = tmp_path / "without.onnx"
    onnx.save(FAULTS["segments-zeroed"].plant(graph, 0), path)
    source = bisecting.building.graph_source(materials, case)

    class Faulty:
        gelus = source.gelus

        def export(self, **how: object) -> Exported:
            exported = source.export(**how)
            return dataclasses.replace(exported, graph=FAULTS["segments-zeroed"].plant(exported.graph, 0))

    monkeypatch.setattr(bisecting.building, "graph_source", lambda *_: Faulty())
    finding = bisect(materials, case, path)
    assert finding.first is None
    assert finding.parity
    assert not finding.good
    assert finding.sentence().startswith("the export leaves torch: ")


def test_small_errors_that_add_up_are_told_apart_from_a_fault(materials: Materials, case: Case):
    """No operator is outside, and the outputs are: here by a bound of parity that nothing meets."""
    finding = bisect(materials, dataclasses.replace(case, precision=Precision.FP16))
    assert finding.good
    strict = Suspicion(case=finding.case, compared=finding.compared, parity_bound=1e-9)
    assert not strict.good
    assert strict.first is None
    assert strict.sentence().startswith("no operator leaves its bound by itself, and yet the errors add up")
