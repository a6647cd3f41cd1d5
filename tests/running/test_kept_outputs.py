"""What `zoocheck cache prune` removes of kept outputs, and what it leaves."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from harness.running import kept_outputs
from harness.running.predictions import OutputLog
from harness.setting.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Three files of ten bytes: an hour, a day and a minute old."""
    hour, day, minute = 3600, 86400, 60
    for name, age in (("references/hour", hour), ("references/day", day), ("unfinished/minute", minute)):
        path = tmp_path / f"{name}.outputs"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 10)
        os.utime(path, (time.time() - age,) * 2)
    return Home(root=tmp_path, models=tmp_path, data=tmp_path)


def names(found: list[kept_outputs.Kept]) -> list[str]:
    return [item.path.stem for item in found]


def test_least_recently_used_first(home: Home):
    """The order in which they go, from both folders."""
    assert names(kept_outputs.kept(home)) == ["day", "hour", "minute"]


@pytest.mark.parametrize(
    ("limits", "gone"),
    [
        ({"max_age_s": 7200}, ["day"]),
        ({"max_age_s": 30}, ["day", "hour", "minute"]),
        ({"max_bytes": 20}, ["day"]),
        ({"max_bytes": 19}, ["day", "hour"]),
        ({"max_bytes": 30, "max_age_s": 90_000}, []),
    ],
    ids=str,
)
def test_age_and_size(home: Home, limits: dict[str, int], gone: list[str]):
    """What is too old goes, and then as much as is too much."""
    before = names(kept_outputs.kept(home))
    assert names(kept_outputs.prune(home, **limits)) == gone
    assert names(kept_outputs.kept(home)) == [name for name in before if name not in gone]


def test_what_a_process_has_stays(home: Home):
    """A file that is being written is not taken away; the next time it is."""
    path = home.root / "unfinished" / "busy.outputs"
    with OutputLog(path, {}) as log:
        log.append([np.zeros((1, 2), np.float32)])
        assert "busy" not in names(kept_outputs.prune(home, max_bytes=0))
        assert path.exists()
    assert names(kept_outputs.prune(home, max_bytes=0)) == ["busy"]


def test_reading_again_is_use(home: Home):
    """A reference that a run has taken is the last to go."""
    path = home.root / "references" / "old.outputs"
    with OutputLog(path, {}):
        pass
    os.utime(path, (0, 0))
    with OutputLog(path, {}):
        pass
    assert names(kept_outputs.kept(home))[-1] == "old"
