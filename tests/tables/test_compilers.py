"""What compilers are known to fuse: each backend once, with its source, and as the documentation says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.domain.catalog import Catalog
from harness.domain.compilers import Fuses
from harness.errors import TableErrors
from harness.tables.catalog import BUILT_IN, load

ROOT = Path(__file__).resolve().parents[2]
TABLE = (BUILT_IN / "compilers.toml").read_text(encoding="utf-8")


def mistakes_of(folder: Path, text: str) -> list[tuple[str, str, str]]:
    (folder / "compilers.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TableErrors) as raised:
        load((folder,))
    return [(item.path, item.found, item.expected) for item in raised.value.mistakes]


def test_every_documented_chip_has_its_compiler(catalog: Catalog):
    chips = {item.chip for model in catalog.models.values() for item in model.deployments}
    backends = {catalog.chips[name].backend for name in chips if not catalog.chips[name].local}
    assert set(catalog.compilers) == backends


def test_the_documentation_says_what_the_table_says(catalog: Catalog):
    """Row by row, with every source."""
    page = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    for compiler in catalog.compilers.values():
        [row] = [line for line in page.splitlines() if line.startswith(f"| {compiler.tool} |")]
        assert f"{compiler.fuses_layer_norm}: {compiler.known}" in row
        assert [source for source in compiler.sources if f"({source})" not in row] == []


def test_a_backend_has_one_entry(tmp_path: Path):
    [(path, found, expected)] = mistakes_of(tmp_path, TABLE.replace('"vastai"', '"ascend"'))
    assert (path, found) == ("compiler[3].backend", '"ascend"')
    assert expected.startswith("each backend once, compiler[0] of")


@pytest.mark.parametrize("fuses", [Fuses.YES, Fuses.SOMETIMES])
def test_what_is_known_has_a_source(tmp_path: Path, fuses: Fuses):
    text = TABLE.replace("not needed", str(fuses), 1)
    assert mistakes_of(tmp_path, text) == [
        ("compiler[2].sources", "none", "the address of a document that says so")
    ]


def test_another_word_is_a_mistake(tmp_path: Path):
    [(path, found, _)] = mistakes_of(tmp_path, TABLE.replace('"sometimes"', '"perhaps"'))
    assert (path, found) == ("compiler[1].fuses_layer_norm", '"perhaps"')
