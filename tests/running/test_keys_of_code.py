"""A home that other code has filled: what it built is built anew, what it kept is computed again."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import mini
import numpy as np
import pytest
from making import make_artifact, make_case, make_place

from harness.artifacts import code
from harness.artifacts.cache import ArtifactCache
from harness.domain.catalog import Catalog
from harness.domain.models import Architecture, Protocol
from harness.domain.precisions import Precision
from harness.running import building, inference, materials
from harness.running.called import Loaded
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options

TESTS = Path(__file__).resolve().parents[1]
OPTIONS = Options(weights="mini", data="mini", target="stand-in")

# Builds TinyBERT's stand-in and takes its reference, in a process whose harness is another tree's.
PROGRAM = """
import dataclasses, json, sys
from pathlib import Path
import mini
from making import make_case, make_place
from harness.artifacts.cache import ArtifactCache
from harness.domain.models import Protocol
from harness.domain.precisions import Precision
from harness.running import building
from harness.running.batches import of_rows
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.options import Options
from harness.tables import catalog as tables
import numpy as np

home, minis, sizes = sys.argv[1:]
catalog = tables.load((tables.BUILT_IN,))
small = dataclasses.replace(catalog.models[mini.MODEL].architecture, **json.loads(sizes))
catalog = mini.small_catalog(catalog, small)
options = Options(weights="mini", data="mini", target="stand-in")
materials = Materials(catalog, mini.home_in(Path(home), Path(minis)), options, Silent())
case = make_case(catalog, mini.MODEL, "t4", precision=Precision.FP32)
target = materials.target(case)
cache = ArtifactCache(materials.home.artifacts)
built = building.artifact(cache, materials, case, target, make_place())
batch = of_rows(case, materials.samples(case.model, Protocol.DOCUMENTED), np.arange(8))
[ours] = target.backend.open(case, built, make_place()).run(batch)
[reference] = materials.reference(case.model, Protocol.DOCUMENTED)
print(json.dumps([built.key, ours.tolist(), reference[:8].tolist()]))
"""


def by(tree: Path, home: Path, minis: Path, small: Architecture) -> tuple[str, np.ndarray, np.ndarray]:
    """The artifact's key, its outputs and the reference's, of eight samples, by the library in `tree`."""
    sizes = ("layers", "hidden", "heads", "intermediate", "vocabulary", "positions")
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(home), str(minis),
         json.dumps({name: getattr(small, name) for name in sizes})],
        env={"PYTHONPATH": f"{tree}:{TESTS}", "PATH": "", "HOME": str(home)}, cwd=tree,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    key, ours, reference = json.loads(said.stdout.splitlines()[-1])
    return key, np.array(ours), np.array(reference)


def test_a_home_that_another_head_has_filled_is_not_read(
    tmp_path: Path, shared_home: Home, small: Architecture
):
    """TinyBERT's ReLU before the classifier taken out: the old home gives what a fresh one does."""
    tree = tmp_path / "tree"
    for folder in ("harness", "fixtures/tables"):
        shutil.copytree(code.ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    used, fresh = tmp_path / "used", tmp_path / "fresh"
    key, ours, reference = by(tree, used, shared_home.minis, small)
    np.testing.assert_allclose(ours, reference, atol=1e-4)

    networks = tree / "harness" / "models" / "networks.py"
    source = networks.read_text(encoding="utf-8")
    assert source.count("torch.relu(features)") == 1
    networks.write_text(source.replace("torch.relu(features)", "features"), encoding="utf-8")
    other_key, others, other_reference = by(tree, used, shared_home.minis, small)
    assert other_key != key
    assert np.abs(others - ours).max() > 0.01
    np.testing.assert_allclose(others, other_reference, atol=1e-4)
    assert [item.tolist() for item in by(tree, fresh, shared_home.minis, small)[1:]] == [
        others.tolist(), other_reference.tolist(),
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["artifact", "any shape", "reference", "outputs"])
def test_every_key_holds_the_code(
    small_tables: Catalog, home: Home, monkeypatch: pytest.MonkeyPatch, what: str
):
    """Of artifacts, of fp32 references, and of the outputs of runs that have not ended."""
    case = make_case(small_tables, mini.MODEL, "t4", precision=Precision.FP32)

    def key() -> Any:
        made = Materials(small_tables, home, OPTIONS, Silent())
        target, place = made.target(case), make_place()
        if what == "any shape":
            return building.any_shape_key(made, case, target, place)
        if what == "artifact":
            return building._recipe(made, case, target, place, building._CaseGraph(made, case)).key
        if what == "reference":
            samples = made.samples(case.model, Protocol.DOCUMENTED)
            return made._reference_log(case.model, samples, {}).path
        loaded = Loaded(artifact=make_artifact("key"), session=object(), place=place)
        return inference.Inference(made)._log(case, Protocol.DOCUMENTED, loaded, {}).path

    before = key()
    assert key() == before
    monkeypatch.setattr(code, "of", lambda *begin: {"schema": 1, "sha256": "another"})
    assert key() != before


@contextmanager
def noted() -> Iterator[set[str]]:
    """The modules of the library of which a function is called meanwhile, in this thread."""
    found: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            name = str(frame.f_globals.get("__name__", ""))
            if name.startswith("harness."):
                found.add(name)

    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)


def test_what_a_build_runs_is_in_its_key(small_tables: Catalog, home: Home):
    """Every module that has a part in building, loading and calibrating, as it happens, is found by imports.

    But for those that make features of text, which are in the key themselves (`calibration`).
    """
    made = Materials(small_tables, home, OPTIONS, Silent())
    case = make_case(small_tables, mini.MODEL, "ascend310p", precision=Precision.INT8)
    target = made.target(case)
    with noted() as ran:
        building.artifact(ArtifactCache(home.artifacts), made, case, target, make_place())
    begin = (building.__name__, *code.modules_of(target.backend))
    assert {"harness.models.networks", "harness.models.graphs.int8", "harness.models.graphs.gelu"} <= ran
    assert {name for name in ran if not name.startswith("harness.tasks.")} <= set(
        code.closure(code.ROOT, begin)
    )


def test_what_a_reference_runs_is_in_its_key(small_tables: Catalog, home: Home):
    """As of a build; the features are its key's, too (`features`)."""
    made = Materials(small_tables, home, OPTIONS, Silent())
    with noted() as ran:
        made.reference(dataclasses.replace(small_tables.models[mini.MODEL]), Protocol.DOCUMENTED)
    assert {"harness.models.networks", "harness.models.checkpoints.loading"} <= ran
    assert {name for name in ran if not name.startswith("harness.tasks.")} <= set(
        code.closure(code.ROOT, (materials.__name__,))
    )
