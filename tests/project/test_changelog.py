"""Changes a file each: every one is well formed, and they come together to a release of CHANGELOG.md."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "changelog.d"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"]
KINDS = {kind["directory"]: kind["name"] for kind in SETTINGS["type"]}
CHANGES = sorted(path.name for path in FOLDER.iterdir() if path.name not in ("README.md", "template.md"))


def build(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--date", "2030-01-31", *arguments],
        cwd=folder, check=False, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The settings, the template and the changelog, without a change."""
    for name in ("pyproject.toml", "CHANGELOG.md", "changelog.d/README.md", "changelog.d/template.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_change_has_a_name_a_kind_and_a_sentence():
    """No bullet and no heading: the release gives it both."""
    for name in CHANGES:
        assert re.fullmatch(rf"{SETTINGS['issue_pattern']}\.({'|'.join(KINDS)})\.md", name), name
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert re.match(r"[A-Z`]", text), name
        assert text.endswith(".\n"), name
        assert not re.search(r"^(- |\* |#)", text, re.MULTILINE), name
        assert max(map(len, text.splitlines())) <= 120, name


def test_the_changes_come_together_to_a_draft():
    """And each is in it, word for word."""
    done = build(ROOT, "--version", "9.9.9", "--draft")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("## 9.9.9 (2030-01-31)\n\n")
    said = " ".join(done.stdout.split())
    for name in CHANGES:
        assert " ".join((FOLDER / name).read_text(encoding="utf-8").split()) in said


def test_the_page_says_which_kinds_there_are():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == [*KINDS]


def test_a_release_stands_above_the_last_one(project: Path):
    """Kinds in their order, changes by the names of their files, and what stood there before as it was."""
    before = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    marker = SETTINGS["start_string"]
    above, below = before.split(marker)
    changes = {
        "c.new": "Do another.",
        "a.new": "Do that.",
        "b.fixed": "Read a log\nof two lines.",
        "d.removed": "Gone.",
    }
    for name, text in changes.items():
        (project / "changelog.d" / f"{name}.md").write_text(f"{text}\n", encoding="utf-8")
    done = build(project, "--version", "0.2.0", "--yes")
    assert done.returncode == 0, done.stderr
    assert (project / "CHANGELOG.md").read_text(encoding="utf-8") == (
        f"{above}{marker}\n## 0.2.0 (2030-01-31)\n\n"
        "### New\n\n- Do that.\n- Do another.\n\n"
        "### Fixed\n\n- Read a log\n  of two lines.\n\n"
        f"### Removed\n\n- Gone.\n\n{below.lstrip()}"
    )
    assert sorted(path.name for path in (project / "changelog.d").iterdir()) == ["README.md", "template.md"]


@pytest.mark.parametrize("name", ["lost.md", "lost.nwe.md", "Two words.new.md"])
def test_a_name_that_would_be_lost_is_refused(project: Path, name: str):
    (project / "changelog.d" / name).write_text("Do that.\n", encoding="utf-8")
    done = build(project, "--version", "0.2.0", "--draft")
    assert done.returncode != 0
    assert name.split(".")[0] in done.stderr


def test_the_changelog_has_one_place_for_the_next_release():
    assert (ROOT / SETTINGS["filename"]).read_text(encoding="utf-8").count(SETTINGS["start_string"]) == 1
