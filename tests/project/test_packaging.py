"""What a wheel holds beside the modules: the packages with checked types say so to those who import them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_what_mypy_checks_is_marked_as_typed():
    """PEP 561: without the file another project's mypy takes our annotations for none."""
    packages = SETTINGS["tool"]["mypy"]["files"]
    assert packages == ["harness", "reports"]
    for package in packages:
        assert (ROOT / package / "py.typed").read_bytes() == b""
        assert "py.typed" in SETTINGS["tool"]["setuptools"]["package-data"][package]


def test_everything_that_is_installed_by_name_is_pinned():
    """A name that constraints.txt does not have comes in whatever version there is on the day."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(Requirement(line).name) for line in lines if not line.startswith("#")}
    extras = SETTINGS["project"]["optional-dependencies"].values()
    asked = [*SETTINGS["project"]["dependencies"], *(item for extra in extras for item in extra)]
    assert {canonicalize_name(Requirement(item).name) for item in asked} - pinned == set()
