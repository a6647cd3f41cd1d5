"""Encoders that are no BERT, as tables and checkpoints: `pytest suites/`, `zoocheck doctor` and `list`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import encoders
import pytest
from zoo_runs import Zoo

from harness.domain.families import Family

NAMES = ("roberta", "distilbert")
# Neither has segments to tell apart, and no task here has two texts.
CHECKS = ("", "batch", "order", "padding", "padded length", "last partial batch", "mask", "same input twice")

TABLES = """
[[chip]]
name = "kerbstone"
title = "Kerbstone"
backend = "knots"
precisions = ["fp16", "int8"]
tools = ["kerb-smi"]
remedy = "lay it first"

[[dataset]]
name = "sayings"
title = "Sayings"
reader = "sst2"
file = "dev.tsv"
counts = { samples = 12 }
published = "nowhere: written by a test"
"""
MODEL = """
[[model]]
name = "{name}"
title = "A small {name}"
task = "classify"
dataset = "sayings"
metric = "accuracy"
length = 24
protocols = ["standard"]
tokenizer = {{ lower_case = true, vocabulary = "pieces" }}
checkpoint = {{ folder = "{name}", config_decides = true }}
deployments = [{{ chip = "kerbstone", batch_sizes = [4], precisions = ["fp16", "int8"] }}]
[model.architecture]
family = "{name}"
layers = 2
hidden = 32
heads = 2
intermediate = 64
vocabulary = 120
positions = 26
head = "classification"
labels = 2
"""


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """A zoo of these encoders, whose checkpoints lie beside their tables."""
    folder = tmp_path_factory.mktemp("families")
    tables = folder / "tables"
    tables.mkdir()
    text = TABLES + "".join(MODEL.format(name=name) for name in NAMES)
    (tables / "families.toml").write_text(text, encoding="utf-8")
    for name in NAMES:
        encoders.saved(tables / name, name, labels=2)
    data = folder / "data" / "sayings"
    data.mkdir(parents=True)
    rows = [f"piece{7 * n} piece{n + 9} piece{2 * n + 3}\t{n % 2}" for n in range(12)]
    (data / "dev.tsv").write_text("\n".join(["sentence\tlabel", *rows]) + "\n", encoding="utf-8")
    return Zoo(home=folder / "home", models=folder / "models", data=folder / "data", tables=tables)


def test_every_check_of_conformance_survives(families: Zoo, tmp_path: Path):
    """RoBERTa with its positions, DistilBERT with two inputs; in fp16, and in int8 calibrated on its data."""
    ran = families.suites(tmp_path, "-m", "kerbstone and conformance and (roberta or distilbert)")
    assert ran.status == 0, ran.out
    found = Counter((item.measurement.check, str(item.verdict and item.verdict.kind)) for item in ran.results)
    assert found == {(check, "survives"): len(NAMES) * 2 for check in CHECKS}


def test_what_is_not_supported_is_told_by_name(families: Zoo, tmp_path: Path):
    """`doctor` says of a checkpoint which model_type it has, and which there may be; random weights too."""
    tables = tmp_path / "tables"
    tables.mkdir()
    text = (
        MODEL.format(name="roberta")
        .replace('"roberta"', '"stranger"')
        .replace("A small roberta", "A stranger")
    )
    text = TABLES + text.replace('family = "stranger"', 'family = "roberta"')
    (tables / "stranger.toml").write_text(text, encoding="utf-8")
    encoders.saved(tables / "stranger", "roberta", labels=2)
    encoders.edited(tables / "stranger", model_type="gpt2")
    zoo = families.but(tables=tables)
    said = f"model_type: found 'gpt2', supported are {', '.join(Family)}"
    models = {
        item["name"]: item for item in json.loads(zoo.inside(tmp_path, "doctor", "--json").out)["models"]
    }
    assert said in models["stranger"]["problem"]
    ran = zoo.suites(tmp_path, "-m", "stranger and kerbstone and conformance", "--weights", "random", "-x")
    assert ran.status == 1
    assert said in ran.out
    refused = text.replace('family = "roberta"', 'family = "gpt2"')
    (tables / "stranger.toml").write_text(refused, encoding="utf-8")
    listed = zoo.inside(tmp_path, "list")
    assert listed.status == 2
    assert f'model[0].architecture.family: found "gpt2", expected one of {", ".join(Family)}' in " ".join(
        listed.err.split()
    )
