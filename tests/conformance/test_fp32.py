"""The fp32 outputs that artifacts are held against: made once, kept in the home, read back to the bit."""

from __future__ import annotations

import dataclasses

import mini
import numpy as np
import pytest
from making import make_case

from harness.conformance import fp32
from harness.conformance.fp32 import Reference, reference
from harness.conformance.normalisations import Normalised
from harness.conformance.subject import probe_of
from harness.domain.catalog import Catalog
from harness.domain.models import InputRole, Model
from harness.models.checkpoints.loading import Loaded
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options


class Counting(Materials):
    """Counts the networks that are built."""

    built = 0

    def _loaded(self, model: Model) -> Loaded:
        self.built += 1
        return super()._loaded(model)


def materials_of(tables: Catalog, home: Home) -> Counting:
    return Counting(tables, home, Options(), Silent())


def test_the_next_run_builds_no_network(small_tables: Catalog, home: Home):
    """And has the same bits, of every output and of every LayerNorm."""
    case = make_case(small_tables, mini.MODEL, "ascend310p", batch_size=8)
    first, second = materials_of(small_tables, home), materials_of(small_tables, home)
    inputs = probe_of(first, case)[0].inputs
    made, read = reference(first, case, inputs), reference(second, case, inputs)
    assert (first.built, second.built) == (1, 0)
    np.testing.assert_array_equal(made.outputs, read.outputs, strict=True)
    assert made.normalised
    assert made.normalised == read.normalised


def test_cases_of_one_network_share_it(small_tables: Catalog, home: Home):
    """Whatever chip they are on; other samples are others."""
    first, second = materials_of(small_tables, home), materials_of(small_tables, home)
    on_one = make_case(small_tables, mini.MODEL, "ascend310p", batch_size=8)
    on_another = make_case(small_tables, mini.MODEL, "t4", batch_size=8)
    inputs = probe_of(first, on_one)[0].inputs
    reference(first, on_one, inputs)
    reference(second, on_another, inputs)
    assert second.built == 0
    reference(second, on_another, inputs | {InputRole.IDS: inputs[InputRole.IDS][::-1]})
    assert second.built == 1


@pytest.mark.parametrize("norms", [0, 1, 2])
def test_what_is_no_number_is_read_back(tmp_path, norms: int):
    """Of a broken checkpoint, too, everything that was seen is kept."""
    norm = Normalised(
        place="LayerNorm of the embeddings", epsilon=1e-12, largest_square=float("inf"), at=(1, 2),
        overflowing=3, least_variance=5e-324, least_at=(0, 4), dividing_by_zero=0,
    )  # fmt: skip
    normalised = tuple(dataclasses.replace(norm, place=f"LayerNorm {at}") for at in range(norms))
    output = np.array([[np.nan, -0.0, np.inf, 1e-45]], np.float32)
    fp32._write(tmp_path / "x.npz", Reference(outputs=[output], normalised=normalised))
    read = fp32._read(tmp_path / "x.npz", 1)
    assert read.outputs[0].tobytes() == output.tobytes()
    assert read.normalised == normalised
