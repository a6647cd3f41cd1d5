"""What a task says of padding: where its score does not read it, no value there changes the score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.domain.catalog import Catalog
from harness.domain.models import Head, InputRole, Protocol
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tasks.text import load_task

MODELS = ("tinybert", "bert-large-ner", "bert-chinese-ner", "spanbert", "bert-squad")


def test_every_model_is_asked(catalog: Catalog):
    assert set(MODELS) == set(catalog.models)


@pytest.mark.parametrize("protocol", list(Protocol))
@pytest.mark.parametrize("name", MODELS)
def test_the_score_reads_padding_where_the_task_says_so(
    catalog: Catalog, tmp_path: Path, name: str, protocol: Protocol
):
    """Seeded logits of the mini's corpus, with those of padding as they are, 0, and larger than others."""
    home = Home(root=tmp_path, models=tmp_path / "models", data=tmp_path / "data")
    materials = Materials(catalog, home, Options(weights="mini", data="mini", limit=60), Silent())
    model = catalog.models[name]
    task, features = load_task(model), materials.samples(model, protocol).features
    mask = features.inputs[InputRole.MASK]
    lengths = mask.sum(axis=1)
    assert np.array_equal(mask, np.arange(model.length) < lengths[:, None])  # both protocols, all five
    generator = np.random.default_rng(0)
    sizes = {"batch": len(features), "length": model.length, "labels": model.architecture.labels}
    outputs = [
        generator.standard_normal([sizes.get(str(size), size) for size in spec.shape]).astype(np.float32)
        for spec in model.outputs
    ]
    whole = task.score(outputs, features, protocol=protocol)
    same = []
    for value in (0, 100):
        changed = [output.copy() for output in outputs]
        for output in changed:
            if output.shape[1] == model.length:
                output[mask == 0] = value
        found = task.score(changed, features, protocol=protocol)
        same.append(np.array_equal(found.predictions, whole.predictions) and found.metrics == whole.metrics)
    reads = task.padding_may_move is not None
    assert reads is (model.architecture.head is Head.QUESTION_ANSWERING)
    assert all(same) is not reads
