"""docs/troubleshooting.md against the code: every message that it explains is one that can be printed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

import pytest
import typer
from imports import ROOT

from harness.cli import app

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
TREES = ("harness", "fixtures", "reports", "suites")
VALUE = "…"
HEADING = re.compile(r"^### (`+) ?(.+?) ?\1$", re.MULTILINE)
KEYS = [key for _, key in HEADING.findall(PAGE)]


@cache
def texts() -> tuple[str, ...]:
    """Every string literal and f-string of the code in which there may be a message, `…` for each value."""
    return tuple(
        dict.fromkeys(
            text
            for tree in TREES
            for path in sorted((ROOT / tree).rglob("*.py"))
            for text in literals(ast.parse(path.read_text(encoding="utf-8")))
            if " " in text
        )
    )


def literals(tree: ast.AST) -> Iterator[str]:
    """The strings of a module. Python joins neighbouring literals before anybody sees them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else VALUE for part in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def matches(key: str, text: str) -> bool:
    """Whether the key's literal parts stand in `text` in this order."""
    return re.search(".*".join(map(re.escape, key.split(VALUE))), text, re.DOTALL) is not None


def test_values_are_left_open():
    """A part of a message is enough; what is literal has to be there, in order."""
    text = next(literals(ast.parse('f"{a}: no {b} " "is here" f", {c!r} is"')))
    assert text == "…: no … is here, … is"
    assert matches("…: no … is here", text)
    assert matches("no … is", text)
    assert not matches("is here …: no", text)
    assert not matches("no card is here", text)


@pytest.mark.parametrize("key", KEYS)
def test_each_message_can_be_printed(key: str):
    """Where one was reworded: the heading has to be what is printed today, and its explanation with it."""
    assert len(key.replace(VALUE, "")) >= 8, "too short to say which message is meant"
    if not any(matches(key, text) for text in texts()):
        near = get_close_matches(key, texts(), n=1, cutoff=0)
        pytest.fail(f"no such message; the nearest:\n{near[0]}")


def test_headings_are_all_read():
    """Each heading of the third level is a message, and no message stands twice."""
    assert len(KEYS) == len(re.findall(r"^###", PAGE, re.MULTILINE)) == len(set(KEYS))
    assert len(KEYS) >= 25


def test_commands_exist():
    """Every `zoocheck ...` of the page is one."""
    named = set(re.findall(r"^    zoocheck ([a-z-]+(?: (?:verify|prune|info))?)", PAGE, re.MULTILINE))
    group = typer.main.get_command(app)
    for words in map(str.split, named):
        command = group
        for word in words:
            command = command.commands[word]
