"""A README of a model that nobody has heard of: imported, made a model by a short table, and run."""

from __future__ import annotations

from pathlib import Path

import pytest
from zoo_runs import Zoo

MOST_LINES = 25  # of the table that makes an imported README's model one that runs

# Two layers of random weights hardly look at their neighbours: what a mask takes away is within the noise.
LOOKS_AROUND = "not mask_matters"

OURS = """# Lanternfish模型-推理指导

| 芯片型号 | Batch Size | 数据集 | 精度 | 性能 |
|---|---|---|---|---|
| 310P3 | 1 | SST-2 | Acc: 91.5% | 205 fps |
| 310P3 | 4 | SST-2 | - | 817 fps |
| 310 | 16 | SST-2 | - | 98.49 fps |
"""

# Two layers of 32 in place of twelve of 768, so that a run takes seconds; nothing else is another.
MODEL = """
[[model]]
name = "lanternfish"
title = "Lanternfish, a small RoBERTa for SST-2"
task = "sequences"
dataset = "sst2"
metric = "accuracy"
length = 24
labels = ["negative", "positive"]
checkpoint = { published = "nowhere: random weights will do" }

[model.architecture]
family = "roberta"
layers = 2
hidden = 32
heads = 2
intermediate = 64
vocabulary = 120
positions = 26
head = "classification"
labels = 2
"""


@pytest.fixture(params=["one of ours", "ascend/ACL_PyTorch/contrib/nlp/roberta"])
def readme(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A README as the zoos write them: one made here, and a zoo's own where that is."""
    if request.param == "one of ours":
        made = tmp_path / "written" / "README.md"
        made.parent.mkdir()
        made.write_text(OURS, encoding="utf-8")
        return made
    found = Path(request.getfixturevalue("data_folder")) / "readmes" / request.param / "README.md"
    if not found.is_file():
        pytest.skip(f"{found} is not there: ZOOCHECK_DATA holds no readmes/ of the zoos")
    return found


def test_a_readme_and_a_short_table_are_a_model(readme: Path, tmp_path: Path):
    """Imported it is a name with claims, which the catalog takes; the table makes its cases, which run."""
    tables = tmp_path / "tables"
    tables.mkdir()
    zoo = Zoo(home=tmp_path / "home", models=tmp_path / "models", data=tmp_path / "data", tables=tables)
    bare = zoo.but(changes={"ZOOCHECK_TABLES": ""})
    written = tables / "lanternfish.toml"
    took = bare.inside(
        tmp_path, "import-readme", str(readme), "--model", "lanternfish", "--out", str(written)
    )
    assert took.status == 0, took.err
    assert "lanternfish is only a name: its values are claims" in took.err

    listed = zoo.inside(tmp_path, "list", "--json", "--model", "lanternfish").json
    [named] = listed["names"]
    assert (named["name"], named["chips"]) == ("lanternfish", ["ascend310p", "ascend310"])
    assert named["values"] >= 4
    assert (listed["models"], listed["cases"]) == ([], [])

    assert len(MODEL.strip().splitlines()) <= MOST_LINES
    (tables / "lanternfish-model.toml").write_text(MODEL, encoding="utf-8")
    listed = zoo.inside(tmp_path, "list", "--json", "--model", "lanternfish").json
    cases = {case["id"]: case["throughput"] for case in listed["cases"] if case["documented"]}
    assert cases["lanternfish-ascend310p-bs4"]["printed"] == "817"
    assert cases["lanternfish-ascend310-bs16"]["printed"] == "98.49"
    assert listed["names"] == []

    expression = "lanternfish and ascend310p and (throughput or conformance)"
    wanted = ("--bs", "4", "--weights", "random", "-k", LOOKS_AROUND)
    ran = zoo.suites(tmp_path, "-m", expression, *wanted)
    assert ran.status == 0, ran.out
    assert ran.verdicts["lanternfish-ascend310p-bs4", "throughput"] == "not-comparable"
    assert ran.verdicts["lanternfish-ascend310p-bs4", "conformance"] == "survives"
