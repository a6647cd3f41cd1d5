"""Pages that say how to add something say all of it, and name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.tasks.layouts import Layout
from harness.tasks.text import Task
from harness.toolchains import base

ROOT = Path(__file__).resolve().parents[2]
TREES = (
    "harness",
    "reports",
    "fixtures",
    "suites",
    "tests",
    "training",
    "benchmarks",
    "docs",
    ".github",
    ".ci",
)
HOW_TO = ("CONTRIBUTING.md", "docs/adding-a-chip.md", "docs/adding-a-model.md", "changelog.d/README.md")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def members(protocol: type) -> list[str]:
    """What a protocol asks for, as its text has it."""
    names = [*vars(protocol).get("__annotations__", {}), *vars(protocol)]
    return [name for name in names if not name.startswith("_")]


@pytest.mark.parametrize(
    ("name", "protocol"),
    [
        ("docs/adding-a-chip.md", base.Backend),
        ("docs/adding-a-chip.md", base.GraphSource),
        ("docs/adding-a-chip.md", base.Session),
        ("docs/adding-a-chip.md", base.ToolSession),
        ("docs/adding-a-chip.md", base.Telling),
        ("docs/adding-a-model.md", Task),
        ("docs/adding-a-model.md", Layout),
    ],
)
def test_a_page_names_every_member_of_what_is_to_be_written(name: str, protocol: type):
    """Whoever follows the page alone has a whole backend, session, task or layout."""
    asked = members(protocol)
    assert asked
    text = page(name)
    assert [member for member in asked if not re.search(rf"`{member}\b", text)] == []


@pytest.mark.parametrize("name", HOW_TO)
def test_every_file_that_a_page_names_is_there(name: str):
    """Paths in backticks, from the root of the repository; one with a placeholder up to the placeholder."""
    named = re.findall(rf"`((?:{'|'.join(map(re.escape, TREES))})/[^`\s]*)`", page(name))
    assert named or name.startswith("changelog.d")
    whole = {path.partition("<")[0].rpartition("/")[0] if "<" in path else path for path in named}
    assert sorted(path for path in whole if not (ROOT / path).exists()) == []


@pytest.mark.parametrize("name", HOW_TO)
def test_every_link_of_a_page_leads_somewhere(name: str):
    """Within the repository; an anchor is a heading of the page it leads to."""
    folder = (ROOT / name).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", page(name)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = folder / path if path else ROOT / name
        assert there.exists(), target
        headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        slugs = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
        assert not anchor or anchor in slugs, target
