"""Outputs that have no score: one error, which says that they are dropped, and a next run of its own."""

from __future__ import annotations

from pathlib import Path

import mini
import numpy as np
import pytest
from making import make_case, make_home

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.domain.models import Protocol
from harness.errors import NoSamples
from harness.kinds.runner import Runner
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.options import Options
from harness.store.results import Result, Store

LIMIT = 24  # sentences of the embedded corpus


class Nights:
    """Runs of one NER case in one home, by torch; each a process of its own, as far as memory goes."""

    def __init__(self, catalog: Catalog, folder: Path, store: Store) -> None:
        self.catalog = catalog
        self.home = make_home(folder)
        self.store = store

    def run(self, *, broken: bool, batch_size: int = 8) -> Result:
        options = Options(weights="mini", data="mini", limit=LIMIT)
        materials = mini.TorchMaterials(self.catalog, self.home, options)
        if broken:
            materials.backend.change = outside_everything  # type: ignore[method-assign]
        runner = Runner(materials, self.store, "night")
        case = make_case(self.catalog, "bert-chinese-ner", "cpu", batch_size=batch_size)
        return runner.accuracy(case, Protocol.DOCUMENTED)

    @property
    def kept(self) -> list[str]:
        return [path.name for path in (self.home.root / "unfinished").glob("*.outputs")]


def outside_everything(case: Case, call: int, outputs: list[np.ndarray]) -> list[np.ndarray]:
    """O for every character, with numbers that are sound in every way: a card that has lost its weights."""
    made = [np.zeros_like(output) for output in outputs]
    for output in made:
        output[..., 0] = 5
    return made


@pytest.fixture
def nights(catalog: Catalog, tmp_path: Path, store: Store) -> Nights:
    return Nights(catalog, tmp_path, store)


def test_the_next_run_has_outputs_of_its_own(nights: Nights):
    """The card is mended, the artifact the same: it went on with the old outputs, and failed for ever."""
    with pytest.raises(NoSamples, match=r"found no entity in .*; these outputs are dropped: the next run"):
        nights.run(broken=True)
    assert nights.kept == []
    mended = nights.run(broken=False)
    assert mended.measurement.detail.get("resumed_from_sample") is None
    assert mended.measurement.detail["flips"] == 0
    assert mended.verdict is not None
    assert mended.verdict.kind is not VerdictKind.ERROR
    assert nights.kept == []


def test_a_reference_that_has_no_score_is_not_kept(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The checkpoint's own outputs are said to be at fault, and are computed anew, in this process too."""
    options = Options(weights="mini", data="mini", limit=LIMIT)
    materials = Materials(catalog, make_home(tmp_path), options, Silent())
    model = catalog.models["bert-chinese-ner"]
    sound = Materials._torch

    def broken(self: Materials, *given: object) -> list[np.ndarray]:
        return outside_everything(None, 0, sound(self, *given))  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Materials, "_torch", broken)
        with pytest.raises(NoSamples, match=r"the checkpoint's own fp32 outputs are dropped: the next run"):
            materials.score_reference(model, Protocol.DOCUMENTED)
    assert list((materials.home.root / "references").glob("*.outputs")) == []
    scored = materials.score_reference(model, Protocol.DOCUMENTED)
    assert scored.metrics[model.metric] > 0.5
    assert list((materials.home.root / "references").glob("*.outputs"))
