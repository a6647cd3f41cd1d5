"""What a night draws: other examples than the night before, wherever it runs, and first what failed then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.setting.home import CODE

PROPERTY = """
from pathlib import Path
from hypothesis import given, strategies as st
from fixtures.properties import held

@held
@given(st.integers(0, 2**64))
def test_drawn(number):
    with Path("drawn.txt").open("a") as out:
        out.write(f"{number}\\n")
    assert number < 2**63
"""
FAILING = 2**63  # the smallest that fails: what is kept of a failure


def drawn(folder: Path, home: Path, ci: str, *, fails: bool) -> list[int]:
    """What one night draws, in a process of its own, from 0 to `FAILING` or to twice as many."""
    folder.mkdir()
    text = PROPERTY if fails else PROPERTY.replace("2**64)", "2**63 - 1)")
    (folder / "test_night.py").write_text(text)
    given = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "fixtures.profiles", "-p", "no:cacheprovider"),
            *("--hypothesis-profile", "nightly", "--rootdir", str(folder), "test_night.py"),
        ],
        cwd=folder, capture_output=True, text=True,
        env=given | {"PYTHONPATH": str(CODE), "ZOOCHECK_HOME": str(home), "CI": ci},
    )  # fmt: skip
    assert ran.returncode == (1 if fails else 0), ran.stdout + ran.stderr
    return [int(line) for line in (folder / "drawn.txt").read_text().split()]


def test_every_night_draws_other_examples(tmp_path):
    """Where `CI` is set to whatever, hypothesis' own profile would draw the same ones in each."""
    nights = [("true", "a"), ("false", "b"), ("false", "c")]
    drawn_then = [drawn(tmp_path / name, tmp_path / "home", ci, fails=False) for ci, name in nights]
    assert all(len(night) >= 900 for night in drawn_then)  # of the 1000, those that were none before
    large = [{number for number in night if number > 2**32} for night in drawn_then]
    for at, night in enumerate(large):
        for other in large[:at]:
            assert len(night & other) < len(night) / 10


def test_a_night_begins_with_what_the_last_one_failed_on(tmp_path):
    """It is kept in the home, and so outlives a fresh checkout; another home knows nothing of it."""
    home = tmp_path / "home"
    drawn(tmp_path / "one", home, "true", fails=True)
    assert any((home / "examples").rglob("*"))
    assert drawn(tmp_path / "two", home, "false", fails=True)[0] == FAILING
    assert drawn(tmp_path / "three", tmp_path / "other", "false", fails=True)[0] != FAILING
    assert not list(tmp_path.rglob(".hypothesis/examples"))
