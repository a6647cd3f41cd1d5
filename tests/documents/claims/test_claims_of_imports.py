"""Claims read on the fly and those of the tables that an import wrote are the same claims."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from harness.documents.claim_forms import schema
from harness.documents.claims import of_catalog, of_reading
from harness.documents.importing import import_reading
from harness.documents.readme.blocks import parse, read
from harness.documents.readme.understand import understand
from harness.domain.documented import DocumentedClaim
from harness.tables.catalog import BUILT_IN, load

TABLE = """# Lanternfish

## Deep sea

| batch | seq | 310P 性能 | 310P精度 | T4性能 | 310P/T4 |
|---|---|---|---|---|---|
| 1 | 128 | 1,120.5 fps | Acc@1:71.25, Acc@5:90.5 | 560.25 fps | 2.0倍 |
| 8 | 384 | 400.5 fps | Acc@1:71.0, Acc@5:90.25 | 200.25 fps | 2.0倍 |
| 8 | 512 | - | Acc@1:70.5, Acc@5:90.0 | 100.5 fps | - |
"""
REAL = os.environ.get("ZOOCHECK_DATA")


def meaning(claim: DocumentedClaim) -> tuple[object, ...]:
    """All that a claim says, but for where it stands."""
    settings = tuple((name, str(value)) for name, value in claim.settings.items())
    return (
        claim.printed, claim.metric, claim.called, claim.unit, claim.chip, claim.batch_size, claim.best,
        claim.precision, claim.variant, settings, claim.role, claim.ratio,
    )  # fmt: skip


def both(reading, tmp_path: Path, name: str) -> tuple[Counter[object], Counter[object]]:
    """What is claimed as it is read, and by the catalog of what was imported."""
    imported = import_reading(reading, document=name)
    assert not imported.mistakes
    (tmp_path / "imported.toml").write_text(imported.toml or "word = []\n", encoding="utf-8")
    tables = load((BUILT_IN, tmp_path)) if imported.toml else None
    kept = [] if tables is None else [item for item in of_catalog(tables) if item.place.document == name]
    return Counter(map(meaning, of_reading(reading))), Counter(map(meaning, kept))


def test_an_import_keeps_every_claim_as_it_was_read(catalog, tmp_path):
    reading = understand(parse(TABLE, Path("lantern.md"), "lantern.md"), catalog, "lanternfish")
    read_on_the_fly, imported = both(reading, tmp_path, "lantern-zoo")
    assert read_on_the_fly == imported
    printed = {item[0] for item in read_on_the_fly}
    assert {"1,120.5", "400.5", "71.25", "90.5", "560.25", "100.5"} <= printed


@pytest.mark.parametrize("at", range(0, 300, 25))
def test_a_real_readmes_import_keeps_every_claim(catalog, tmp_path, at):
    """Every 25th of those that are here."""
    files = sorted(Path(REAL or "", "readmes").rglob("*.md")) if REAL else []
    if len(files) <= at:
        pytest.skip("ZOOCHECK_DATA names no folder with readmes/: the zoos' own READMEs are not here")
    reading = understand(read(files[at]), catalog, "some-model")
    read_on_the_fly, imported = both(reading, tmp_path, "some-zoo")
    assert read_on_the_fly == imported


def test_every_tenth_real_readme_gives_claims_that_fit_the_schema(run):
    """Each with its line, and with a case or what it lacks."""
    files = sorted(Path(REAL or "", "readmes").rglob("*.md"))[::10] if REAL else []
    if not files:
        pytest.skip("ZOOCHECK_DATA names no folder with readmes/: the zoos' own READMEs are not here")
    done = run(*files, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    jsonschema.validate(found, schema())
    assert found["readmes"] == len(files)
    assert len(found["claims"]) > len(files)
    assert all(item["line"] and (item["runs"] or item["lacks"]) for item in found["claims"])
