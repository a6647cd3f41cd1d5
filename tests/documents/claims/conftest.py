"""A zoo of our own: READMEs, and tables of a model that is only a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lanternfish import CLAIMED
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.domain.catalog import Catalog
from harness.tables.catalog import BUILT_IN, load

LANTERN = """# Lanternfish

| batch | 310P性能 | T4性能 |
|---|---|---|
| 1 | 120.5 fps | 80.25 fps |
| 8 | 400.5 fps | 200.5 fps |
"""
TINY = """# TinyBERT

| 模型 | 310P精度 | 310P性能 |
|---|---|---|
| TinyBERT(bs8) | 92.32 | 5871.86 |
"""
NAMES = (
    CLAIMED
    + """columns = [
    { header = "bs", label = true },
    { header = "small", chip = "ascend310p", input = "224x224" },
    { header = "large", chip = "ascend310p", input = "448x448" },
    { header = "tiger", chip = "tiger900" },
]
rows = [
    { batch_size = 1, cells = ["1", "400.5", "120.5", "55.5"] },
    { batch_size = 4, cells = ["4", "900.25", "-", "77.5"] },
]

[[table]]
document = "lantern-zoo"
model = "lanternfish"
name = "quality"
dataset = "DEEPSEA"
metric = "map"
unit = "percent"
called = "mAP@0.5"
columns = [
    { header = "part", label = true },
    { header = "mAP@0.5", role = "measured", chip = "ascend310p" },
    { header = "published", role = "baseline" },
]
rows = [{ cells = ["all", "41.5", "42.5"] }]

[[table]]
document = "lantern-zoo"
model = "lanternfish"
name = "times"
metric = "latency"
unit = "ms"
role = "measured"
chip = "ascend310p"
columns = [{ header = "bs", label = true }, { header = "ms" }, { header = "p99", called = "p99" }]
rows = [{ batch_size = 1, cells = ["1", "2.41", "3.9"] }]
"""
)


@pytest.fixture
def named(tmp_path: Path) -> Catalog:
    """The built-in tables, and those of a model that is only a name."""
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "lantern.toml").write_text(NAMES, encoding="utf-8")
    return load((BUILT_IN, folder))


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """Two READMEs of two folders."""
    root = tmp_path / "zoo"
    for name, text in (("sea/lanternfish/README.md", LANTERN), ("land/tiny-bert/README.md", TINY)):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command with a home of its own and no tables beside the built-in ones."""
    for name in ("HOME", "DATA", "MODELS"):
        monkeypatch.setenv(f"ZOOCHECK_{name}", str(tmp_path / name.lower()))
    monkeypatch.delenv("ZOOCHECK_TABLES", raising=False)

    def made(*arguments: object) -> Result:
        return CliRunner().invoke(app, ["claims", *map(str, arguments)], catch_exceptions=True)

    return made
