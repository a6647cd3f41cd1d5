"""The walk for a zoo's maintainer: its commands and options are there, and every lack is explained."""

from __future__ import annotations

import re
from pathlib import Path

import click
import typer.main

from harness.cli import app
from harness.domain.documented import OF_A_ROW, Lack

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "maintaining-a-zoo.md").read_text(encoding="utf-8")


def options(name: str) -> set[str]:
    """The options of a command, spelled as on a command line."""
    group = typer.main.get_command(app)
    command = group.get_command(click.Context(group), name)
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def test_every_command_of_the_walk_takes_the_options_that_stand_behind_it():
    lines = re.findall(r"^    zoocheck ([\w-]+)(.*?)(?:\s+#.*)?$", PAGE, re.MULTILINE)
    assert {name for name, _ in lines} == {"claims", "audit", "import-readme", "import-log", "report"}
    for name, rest in lines:
        assert set(re.findall(r"--[\w-]+", rest)) <= options(name), (name, rest)


def test_every_lack_is_in_the_table_of_the_walk():
    table = PAGE.split("| lacks | because |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) >= {str(item) for item in Lack}


def test_every_setting_is_named_and_can_be_asked_for():
    assert {f"--{name}" for name in (*OF_A_ROW, "variant")} <= options("import-log")


def test_both_readmes_lead_to_it():
    for name in ("README.md", "README.zh-CN.md"):
        assert "docs/maintaining-a-zoo.md" in (ROOT / name).read_text(encoding="utf-8")
