"""What a checkpoint's card says it scores: what a drop is blind to."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.errors import CheckpointError
from harness.models.checkpoints import card
from harness.setting.home import MINIS


def write(folder: Path, text: str) -> Path:
    (folder / card.CARD).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("mini", "metric", "path"),
    [
        ("tinybert", Metric.ACCURACY, ("correct",)),
        ("bert-chinese-ner", Metric.F1, ("protocols", "documented", "f1")),
        ("bert-squad", Metric.F1, ("documented", "f1_percent")),
    ],
)
def test_each_way_in_which_a_minis_card_states_a_score(mini: str, metric: Metric, path: tuple[str, ...]):
    """A count of samples, a fraction, per cent: all as a fraction."""
    table = tomllib.loads((MINIS / mini / card.CARD).read_text(encoding="utf-8"))["scores"]["mini"]
    found = card.stated(MINIS / mini, table["sha256"], Protocol.DOCUMENTED, metric)
    wanted = table
    for key in path:
        wanted = wanted[key]
    scale = {"correct": table.get("samples"), "f1_percent": 100, "f1": 1}[path[-1]]
    assert found == wanted / scale


@pytest.mark.parametrize(
    ("sha256", "protocol", "metric"),
    [
        ("other", Protocol.DOCUMENTED, Metric.F1),
        ("data", Protocol.STANDARD, Metric.F1),
        ("data", Protocol.DOCUMENTED, Metric.EXACT),
    ],
)
def test_what_a_card_does_not_state_is_none(tmp_path: Path, sha256: str, protocol: Protocol, metric: Metric):
    """Other data, another protocol, another metric; and a folder without a card."""
    folder = write(tmp_path, '[scores.mini]\nsha256 = "data"\nf1 = 0.5\n')
    assert card.stated(folder, "data", Protocol.DOCUMENTED, Metric.F1) == 0.5
    assert card.stated(folder, sha256, protocol, metric) is None
    assert card.stated(tmp_path / "none", "data", Protocol.DOCUMENTED, Metric.F1) is None


def test_the_score_of_a_part_is_not_the_wholes(tmp_path: Path):
    folder = write(tmp_path, '[scores.written]\nsha256 = "data"\nf1 = 0.5\n')
    assert card.stated(folder, "data", Protocol.DOCUMENTED, Metric.F1) is None


@pytest.mark.parametrize(
    "line",
    [
        "f1 = 47.9",
        'f1 = "much"',
        "f1 = nan",
        "f1 =",
        f"f1 = 1{'0' * 400}",
        f"f1 = 1{'0' * 5000}",
        f"f1 = {'[' * 500}{']' * 500}",
    ],
)
def test_a_card_that_cannot_be_read_is_named(tmp_path: Path, line: str):
    folder = write(tmp_path, f'[scores.mini]\nsha256 = "data"\n{line}\n')
    with pytest.raises(CheckpointError, match=card.CARD):
        card.stated(folder, "data", Protocol.DOCUMENTED, Metric.F1)


@pytest.mark.parametrize("line", ['protocols = "documented"', "documented = 0.5"])
def test_a_protocol_that_is_no_table_is_named(tmp_path: Path, line: str):
    folder = write(tmp_path, f'[scores.mini]\nsha256 = "data"\n{line}\n')
    with pytest.raises(CheckpointError, match="expected a table"):
        card.stated(folder, "data", Protocol.DOCUMENTED, Metric.F1)
