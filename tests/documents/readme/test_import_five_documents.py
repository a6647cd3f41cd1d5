"""`zoocheck import-readme` makes of the five READMEs the tables that people made of them.

The READMEs are not part of the repository: ZOOCHECK_DOCUMENTS names the folder that holds them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.documents.importing import import_reading
from harness.documents.readme.blocks import read
from harness.documents.readme.understand import understand
from harness.documents.taking import loaded_with

DOCUMENTS = (
    "ascend-bert-large-ner", "ascend-spanbert", "ascend-tinybert", "cambricon-bert-squad",
    "vastai-bert-chinese-ner",
)  # fmt: skip


@pytest.fixture(scope="module")
def documents() -> Path:
    folder = os.environ.get("ZOOCHECK_DOCUMENTS")
    if not folder:
        pytest.skip("ZOOCHECK_DOCUMENTS is not set: name the folder that holds the five READMEs")
    return Path(folder)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_imported_tables_are_the_hand_made_ones(catalog, documents, name):
    """Every reference with its source, digits, unit, role and rounding; rows, heads, names; the document."""
    reading = understand(read(documents / catalog.documents[name].file), catalog)
    imported = import_reading(reading)
    assert (imported.unread, imported.mistakes) == ((), ())
    loaded = loaded_with(imported.toml, catalog, name)
    assert loaded.documents[name] == catalog.documents[name]

    def references(tables):
        return [item for item in tables.references if item.source.document == name]

    def layout(tables):
        return [
            (table.model, table.name, [(c.header, c.label) for c in table.columns],
             [r.cells for r in table.rows], None if table.block is None else table.block.strip("\n"))
            for table in tables.tables
            if table.document == name
        ]  # fmt: skip

    assert references(loaded) == references(catalog)
    assert layout(loaded) == layout(catalog)
