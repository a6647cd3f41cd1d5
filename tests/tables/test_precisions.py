"""The bounds of each precision in the tables: every one once, above 0, with its reason."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from harness.domain.catalog import Catalog
from harness.domain.precisions import Bound, Precision
from harness.errors import TableErrors
from harness.tables.catalog import BUILT_IN, load

TABLE = (BUILT_IN / "precisions.toml").read_text(encoding="utf-8")


def mistakes_of(folder: Path, text: str) -> list[tuple[str, str, str]]:
    (folder / "precisions.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TableErrors) as raised:
        load((folder,))
    return [(item.path, item.found, item.expected) for item in raised.value.mistakes]


def test_every_precision_has_bounds_and_every_bound_a_reason(catalog: Catalog):
    assert set(catalog.precisions) == set(Precision)
    for spec in catalog.precisions.values():
        bounds = [getattr(spec, item.name) for item in fields(spec)]
        reasons = [bound.reason for bound in bounds if isinstance(bound, Bound)]
        assert len(reasons) == 7
        assert all(reasons)


def test_the_unit_roundoff_is_half_the_distance_of_the_next_number(catalog: Catalog):
    """2^-p of p significant bits, the hidden one counted: IEEE 754; of int8 half of 1/127."""
    found = {name: spec.unit_roundoff for name, spec in catalog.precisions.items()}
    assert found == {
        Precision.FP32: 2**-24, Precision.TF32: 2**-11, Precision.FP16: 2**-11, Precision.BF16: 2**-8,
        Precision.INT8: pytest.approx(0.5 / 127),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "path", "found", "expected"),
    [
        ('name = "tf32"', 'name = "tf33"', "precision[1].name", '"tf33"', "one of fp32, tf32, fp16"),
        ("rms = { most = 2e-5,", "rms = { most = 0.0,", "precision[0].rms.most", "0.0", "above 0"),
        (
            '{ most = 2e-5, reason = "the',
            '{ least = 2e-5, reason = "the',
            "precision[0].invariance.least",
            "2e-05",
            "no such key",
        ),
        (
            "rms = { most = 2e-5, reason",
            "rms = { most = 2e-5, why",
            "precision[0].rms.reason",
            "no value",
            "",
        ),
        ("5.9604644775390625e-8", "1.5", "precision[0].unit_roundoff", "1.5", "above 0 and below 1"),
        (
            'name = "tf32"',
            'name = "fp32"',
            "precision[1].name",
            '"fp32"',
            "each precision once, precision[0]",
        ),
        ('name = "tf32"', 'name = "fp32"', "precision", "no entry for tf32", "one for each precision"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, path: str, found: str, expected: str
):
    assert old in TABLE
    made = mistakes_of(tmp_path, TABLE.replace(old, new, 1))
    assert any(item[:2] == (path, found) and item[2].startswith(expected) for item in made), made


def test_a_models_own_bounds_are_checked_too(tmp_path: Path, catalog: Catalog):
    """bert-chinese-ner has some for int8, because int8's own are for question answering."""
    [own] = [item for item in catalog.models["bert-chinese-ner"].parity if item.precision is Precision.INT8]
    assert own.largest.most < catalog.precisions[Precision.INT8].largest.most
    for file in ("chips.toml", "datasets.toml"):
        (tmp_path / file).write_text((BUILT_IN / file).read_text(encoding="utf-8"), encoding="utf-8")
    text = (BUILT_IN / "models" / "bert-chinese-ner.toml").read_text(encoding="utf-8")
    (tmp_path / "model.toml").write_text(text.replace("most = 1.0", "most = -0.8"), encoding="utf-8")
    assert ("model[0].parity[1].largest.most", "-0.8", "above 0") in mistakes_of(tmp_path, TABLE)
    (tmp_path / "model.toml").write_text(text.replace("layers = 3", "layers = 13"), encoding="utf-8")
    told = ("model[0].parity[0].layers", "13", "1 to architecture.layers, 12")
    assert told in mistakes_of(tmp_path, TABLE)
