"""The issue forms are what GitHub takes: a form that it does not take is silently not offered.

The keys are those of "Syntax for issue forms" and "Syntax for GitHub's form schema" in GitHub's docs.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.tools import parsers

FOLDER = Path(__file__).resolve().parents[2] / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(path.name for path in FOLDER.iterdir() if path.name != "config.yml")
OF_A_FORM = {"name", "description", "body", "title", "labels", "assignees", "projects", "type"}
# What an element's attributes may hold; of each, what they must.
ATTRIBUTES = {
    "markdown": ({"value"}, {"value"}),
    "input": ({"label", "description", "placeholder", "value"}, {"label"}),
    "textarea": ({"label", "description", "placeholder", "value", "render"}, {"label"}),
    "dropdown": ({"label", "description", "multiple", "options", "default"}, {"label", "options"}),
    "checkboxes": ({"label", "description", "options"}, {"label", "options"}),
}


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def asked(name: str) -> list[dict[str, Any]]:
    """What a form asks for, without what it only says."""
    return [element for element in read(name)["body"] if element["type"] != "markdown"]


def test_there_is_a_form_for_each_kind_of_issue():
    assert FORMS == ["false-finding.yml", "log-not-read.yml", "model-or-chip.yml", "wrong-verdict.yml"]
    names = [read(name)["name"] for name in FORMS]
    assert len(set(names)) == len(names)


def test_other_issues_may_be_written():
    assert read("config.yml") == {"blank_issues_enabled": True}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_the_keys_that_it_must_and_no_others(name: str):
    form = read(name)
    assert {"name", "description", "body"} <= set(form) <= OF_A_FORM
    assert len(form["name"]) > 3
    assert all(isinstance(label, str) for label in form["labels"])
    assert asked(name), "a form has to ask for something"


@pytest.mark.parametrize("name", FORMS)
def test_every_element_is_one_that_github_knows(name: str):
    for element in read(name)["body"]:
        may, must = ATTRIBUTES[element["type"]]
        assert must <= set(element["attributes"]) <= may, element
        more = set() if element["type"] == "markdown" else {"id", "validations"}
        assert set(element) <= {"type", "attributes"} | more, element
        assert set(element.get("validations", {})) <= {"required"}
        assert element.get("validations", {}).get("required", True) is True


@pytest.mark.parametrize("name", FORMS)
def test_ids_and_labels_are_there_and_are_each_others_own(name: str):
    ids = [element["id"] for element in asked(name)]
    labels = [element["attributes"]["label"] for element in asked(name)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", item) for item in ids)
    assert len(set(ids)) == len(ids)
    assert all(isinstance(label, str) and label for label in labels)
    assert len({label.casefold() for label in labels}) == len(labels)


@pytest.mark.parametrize("name", FORMS)
def test_options_are_texts_that_differ(name: str):
    """YAML reads a bare yes or 8 as something else, which GitHub refuses; `None` it keeps for itself."""
    for element in asked(name):
        options = element["attributes"].get("options", [])
        if element["type"] == "checkboxes":
            assert all(set(option) <= {"label", "required"} for option in options)
            options = [option["label"] for option in options]
        assert all(isinstance(option, str) and option.casefold() != "none" for option in options)
        assert len(set(options)) == len(options)
        assert bool(options) is ("options" in ATTRIBUTES[element["type"]][1])


def test_every_tool_whose_log_is_read_can_be_named():
    [tool] = [element for element in asked("log-not-read.yml") if element["id"] == "tool"]
    read_now = [*parsers.THROUGHPUT_TOOLS, *parsers.MONITORS, *parsers.COMPILERS]
    assert tool["attributes"]["options"] == [*read_now, "another"]
