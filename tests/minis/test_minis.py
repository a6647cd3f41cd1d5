"""Each embedded mini is what its card says: its bytes, its exact scores, and the corpus beside it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from harness.domain import Protocol
from harness.errors import NotThere
from harness.home import MINIS, Home
from harness.manifest import sha256
from harness.materials import Materials
from harness.options import Options
from harness.progress import Silent

LARGEST_BYTES = 8_000_000
NAMES = sorted(folder.name for folder in MINIS.iterdir() if (folder / "card.toml").is_file())
# The others are scored by more than a count, in modules of their own.
COUNTED = [name for name in NAMES if name not in ("bert-squad", "spanbert")]


def card(name):
    return tomllib.loads((MINIS / name / "card.toml").read_text(encoding="utf-8"))


def scored(catalog, name, corpus, tmp_path):
    """The mini's own fp32 score by torch, from an empty home."""
    data = os.environ.get("ZOOCHECK_DATA")
    home = Home(root=tmp_path, models=tmp_path / "models", data=Path(data) if data else tmp_path / "data")
    materials = Materials(catalog, home, Options(weights="mini", data=corpus), Silent())
    model = catalog.models[name]
    try:
        return model, materials.score_reference(model, Protocol.DOCUMENTED)
    except NotThere as absent:
        pytest.skip(str(absent))


@pytest.mark.parametrize("name", NAMES)
def test_files_are_those_of_the_card(name):
    """Size and SHA-256 of every file; the weights stay small enough to live in git."""
    for file, facts in card(name)["files"].items():
        path = MINIS / name / file
        assert sha256(path) == facts["sha256"], file
        assert path.stat().st_size == facts["bytes"], file
    assert (MINIS / name / "model.safetensors").stat().st_size <= LARGEST_BYTES


@pytest.mark.parametrize("name", COUNTED)
def test_score_on_the_embedded_corpus_is_the_cards_to_the_count(catalog, name, tmp_path):
    """The reference score at fp32, asserted exactly."""
    model, found = scored(catalog, name, "mini", tmp_path)
    stated = card(name)["scores"]["mini"]
    assert (found.correct[model.metric], found.samples) == (stated["correct"], stated["samples"])


@pytest.mark.parametrize("name", COUNTED)
def test_score_on_the_documented_data_is_the_cards_to_the_count(catalog, name, tmp_path):
    """The real data set, where it is at hand."""
    model, found = scored(catalog, name, "full", tmp_path)
    stated = card(name)["scores"]["full"]
    assert (found.correct[model.metric], found.samples) == (stated["correct"], stated["samples"])


def test_tinybert_reaches_what_it_has_to_on_sst2():
    """At least 79 % of the 872 sentences of the real dev set."""
    stated = card("tinybert")["scores"]["full"]
    assert stated["samples"] == 872
    assert stated["correct"] / stated["samples"] >= 0.79


def test_the_tinybert_corpus_is_balanced_and_varied():
    """At least 240 reviews, half of them positive, none twice, four longer than the 62 pieces that fit."""
    from harness.datasets import sst2

    examples = sst2.read(MINIS / "tinybert" / "corpus" / "dev.tsv", expected=None).examples
    assert len(examples) >= 240
    assert sum(item.label for item in examples) * 2 == len(examples)
    assert len({item.text for item in examples}) == len(examples)
    assert sum(len(item.text.split()) > 70 for item in examples) >= 4


def test_no_corpus_is_a_part_of_the_documented_data():
    """No review of ours stands in SST-2."""
    from harness.datasets import sst2

    data = os.environ.get("ZOOCHECK_DATA")
    if data is None or not (Path(data) / "sst2" / "dev.tsv").is_file():
        pytest.skip("ZOOCHECK_DATA is not set, or holds no sst2/dev.tsv to compare with")
    ours = {
        item.text.strip() for item in sst2.read(MINIS / "tinybert/corpus/dev.tsv", expected=None).examples
    }
    for part in ("dev.tsv", "train.tsv"):
        theirs = sst2.read(Path(data) / "sst2" / part, expected=None).examples
        assert not ours & {item.text.strip() for item in theirs}
