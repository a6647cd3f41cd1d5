"""Answers that padding may change: whatever its logits come to, no other answer is another one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.domain.catalog import Catalog
from harness.domain.models import Protocol
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tasks.text import load_task, squad_original, squad_transformers
from harness.tasks.text.squad_answers import predict

TASKS: dict[str, Any] = {"spanbert": squad_original, "bert-squad": squad_transformers}
LOWEST = np.finfo(np.float32).min
TAKEN = np.float32(50)  # padding that takes all 20 places


@pytest.fixture(scope="module", params=TASKS)
def windows(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, catalog: Catalog
) -> Any:
    """A mini's windows over sixty questions, and its task."""
    root = tmp_path_factory.mktemp("home")
    home = Home(root=root, models=root / "models", data=root / "data")
    options = Options(weights="mini", data="mini", limit=60)
    model = catalog.models[request.param]
    samples = Materials(catalog, home, options, Silent()).samples(model, Protocol.DOCUMENTED)
    assert load_task(model) is TASKS[request.param]
    return TASKS[request.param], samples.features


def answers(task: Any, outputs: Any, features: Any) -> list[list[str | None]]:
    return [predict(*outputs, features, rules) for rules in task.RULES.values()]


@pytest.mark.parametrize("slack", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("level", [-4.0, 0.0, 2.0, 3.5])
@pytest.mark.parametrize("digits", [0, 1, 6])  # 0: many logits are equal
def test_what_is_not_told_stays(windows: Any, slack: float, level: float, digits: int):
    """Real logits within the slack of those seen, padding's at most what was told, and often just that."""
    task, features = windows
    generator = np.random.default_rng([round(slack * 100), round(level * 10) + 100, digits])
    shape, valid = features.ids.shape, features.mask == 1
    moved = kept = 0
    for at in range(6):
        real = [generator.standard_normal(shape).round(digits).astype(np.float32) for _ in range(2)]
        sharp = [array * np.float32(3 if at % 2 else 1) for array in real]
        noise = [generator.choice([-1.0, 0.0, 1.0], shape) * slack * 0.999 for _ in range(2)]
        highest = [generator.normal(level, 1, len(features)) for _ in range(2)]
        seen, whole = [], []
        for array, off, high in zip(sharp, noise, highest, strict=True):
            below = generator.choice([0.0, 0.0, 1.0], shape)
            padding = (high[:, None] - below).astype(np.float32)
            padding = np.minimum(padding, np.nextafter(high[:, None], -np.inf).astype(np.float32))
            seen.append(np.where(valid, array, LOWEST).astype(np.float32))
            whole.append(np.where(valid, array + off, padding).astype(np.float32))
        rows = task.padding_may_move(seen, highest, slack, features)
        assert np.array_equal(rows, np.unique(rows))
        told = np.isin(np.arange(len(features.examples)), features.asked[rows])
        for ours, theirs in zip(answers(task, seen, features), answers(task, whole, features), strict=True):
            differ = np.array([a != b for a, b in zip(ours, theirs, strict=True)])
            assert not (differ & ~told).any()
            moved += int(differ.sum())
        kept += int((~told).sum())
    if level >= 2 or slack > 0.1:
        assert moved  # it does happen
    if level < 0 and digits and slack < 0.1:
        assert kept  # and is not told of all


def test_padding_that_takes_all_places_is_told(windows: Any):
    """Of every question whose windows have padding; of a window without it, nothing."""
    task, features = windows
    generator = np.random.default_rng(0)
    valid = features.mask == 1
    outputs = [np.where(valid, generator.standard_normal(valid.shape), LOWEST).astype(np.float32)] * 2
    highest = [np.where(valid.all(axis=1), -np.inf, TAKEN)] * 2
    rows = task.padding_may_move(outputs, highest, 0.0, features)
    padded = np.unique(features.asked[~valid.all(axis=1)])
    assert set(features.asked[rows].tolist()) <= set(padded.tolist())
    nothing = task.padding_may_move(outputs, [np.full(len(features), -np.inf)] * 2, 0.0, features)
    assert len(nothing) == 0
