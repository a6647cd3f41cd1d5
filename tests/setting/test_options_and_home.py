"""What a run may be asked for, and where things lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.setting.home import MINIS, Home
from harness.setting.options import Options, max_drop, until

VARIABLES = ("ZOOCHECK_HOME", "ZOOCHECK_MODELS", "ZOOCHECK_DATA")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_the_defaults_are_the_designs():
    """auto, auto, auto, no limit, the first card (design.md, "What selects what")."""
    options = Options()
    assert (options.target, options.weights, options.data) == ("auto", "auto", "auto")
    assert (options.limit, options.device, options.tool_timeout_s) == (None, 0, None)
    assert (options.stamp, options.isolate, options.threads) == ("quick", False, None)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"target": "gpu"}, "--target gpu: there are auto, chip, stand-in"),
        ({"weights": "tiny"}, "--weights tiny: there are auto, full, mini, random"),
        ({"data": "random"}, "--data random: there are auto, full, mini"),
        ({"limit": 0}, "--limit 0: expected 1 or more"),
        ({"device": -1}, "--device -1: expected 0 or more"),
        ({"threads": 0}, "--threads 0: expected 1 or more"),
        ({"tool_timeout_s": 0.0}, "--tool-timeout 0: expected a positive number of seconds"),
        ({"tool_timeout_s": -2.5}, "--tool-timeout -2.5: expected a positive number of seconds"),
        ({"tool_timeout_s": float("inf")}, "--tool-timeout inf: expected a positive number of seconds"),
        ({"tool_timeout_s": float("nan")}, "--tool-timeout nan: expected a positive number of seconds"),
    ],
)
def test_an_impossible_option_lists_what_exists(wrong: dict[str, Any], message: str):
    """A command's options are held to the same values as pytest's."""
    with pytest.raises(UsageError, match=f"^{message}$"):
        Options(**wrong)


@pytest.mark.parametrize(("text", "share"), [("1%", 0.01), ("0.5 %", 0.005), ("0%", 0.0), ("100%", 1.0)])
def test_a_drop_is_told_in_percentage_points(text: str, share: float):
    assert max_drop(text) == share


@pytest.mark.parametrize("text", ["1", "0.01", "-1%", "101%", "1,5%", "1 point", "%", "nan%", "", "１%"])
def test_any_other_drop_is_refused(text: str):
    """A number without a unit may mean a fraction or points."""
    with pytest.raises(
        UsageError, match=r"^--max-drop .*: expected percentage points of the score from 0% to"
    ):
        max_drop(text)


@pytest.mark.parametrize(
    ("text", "confidence"), [("sure", 0.99), ("sure:99%", 0.99), ("sure:99.9 %", 0.999), ("sure:50%", 0.5)]
)
def test_how_sure_a_verdict_is_to_be(text: str, confidence: float):
    assert until(text) == confidence


@pytest.mark.parametrize(
    "text", ["maybe", "", "sure:", "sure:0.99", "sure:99", "sure:100%", "sure:49%", "sure:-1%", "Sure", "99%"]
)
def test_any_other_end_is_refused(text: str):
    with pytest.raises(UsageError, match=r"^--until .*: expected sure, which is 99 %, or sure:N% with a"):
        until(text)


def test_samples_are_drawn_from_all():
    with pytest.raises(UsageError, match=r"^--until sure and --limit 5: the first samples are no chance"):
        Options(until=0.99, limit=5)


def test_the_home_is_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Without variables everything lies under one folder of the platform's choosing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    home = Home.locate()
    assert home.root.name == "zoocheck"
    assert (home.models, home.data) == (home.root / "models", home.root / "data")
    assert home.artifacts == home.root / "artifacts"
    assert home.minis == MINIS


def test_each_folder_has_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Checkpoints and data may lie elsewhere than the home."""
    for name in VARIABLES:
        monkeypatch.setenv(name, str(tmp_path / name))
    home = Home.locate()
    assert [home.root, home.models, home.data] == [tmp_path / name for name in VARIABLES]
    assert home.results == f"sqlite:///{tmp_path}/ZOOCHECK_HOME/results.sqlite"


@pytest.mark.parametrize("name", VARIABLES)
def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str):
    """`ZOOCHECK_DATA= pytest ...` is as if it were not set, never the current folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    expected = Home.locate()
    monkeypatch.setenv(name, "")
    assert Home.locate() == expected


def test_relative_folders_and_tildes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Paths are absolute once read, so that a later change of folder moves nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("ZOOCHECK_HOME", "here")
    monkeypatch.setenv("ZOOCHECK_DATA", "~/data")
    home = Home.locate()
    assert home.root == tmp_path / "here"
    assert home.data == tmp_path / "me" / "data"
