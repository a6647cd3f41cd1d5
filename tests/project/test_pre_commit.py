"""What runs before a commit is what `make check` runs, from this clone alone."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def hooks() -> list[dict[str, Any]]:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert list(config) == ["repos"]
    return [hook for repository in config["repos"] for hook in repository["hooks"]]


def test_the_hooks_are_the_commands_of_make_check(tmp_path: Path):
    """In the same order; whoever changes one has to change the other."""
    stamp = tmp_path / "stamp"
    stamp.touch()
    said = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "check", f"STAMP={stamp}"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    commands = said.splitlines()
    assert len(commands) > 3
    assert [hook["entry"] for hook in hooks()] == commands


def test_nothing_is_fetched_and_nothing_is_left_out():
    """Each hook is a program in .venv that looks at the whole repository, whatever changed."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    for hook in hooks():
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")
        assert hook["always_run"] is True
        assert hook["pass_filenames"] is False
    assert len({hook["id"] for hook in hooks()}) == len(hooks())
