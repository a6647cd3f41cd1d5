"""`zoocheck audit`: exit status, files and folders, JSON, SARIF."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.documents.audit.rules import RULES
from harness.errors import UsageError

FALLS = "# Net\n\n| Batch Size | 310P性能(fps) |\n|---|---|\n| 1 | 40.0 |\n| 4 | {} |\n"


def run(*arguments: object):
    return CliRunner().invoke(app, ["audit", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """A tree of three READMEs: an error, a warning, nothing; and what is no README."""
    for name, speed in (("a/README.md", "9.0"), ("b/net.MD", "18.0"), ("c/README.md", "50.0")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(FALLS.format(speed), encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.md").write_text(FALLS.format("1.0"), encoding="utf-8")
    (tmp_path / "a" / "notes.txt").write_text(FALLS.format("1.0"), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "fail_on", "status"),
    [
        ("a/README.md", "error", 1),
        ("b/net.MD", "error", 0),
        ("b/net.MD", "warning", 1),
        ("c/README.md", "note", 0),
        ("a/README.md", "never", 0),
    ],
)
def test_the_status_is_1_from_the_severity_that_is_asked_for(zoo, file, fail_on, status):
    assert run(zoo / file, "--fail-on", fail_on).exit_code == status


def test_a_folder_is_every_markdown_file_below_it(zoo):
    """Hidden folders and other files left out; a line a finding, as compilers write them, and a count."""
    done = run(zoo)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == (
        f"{zoo}/a/README.md:6: error: throughput on ascend310p falls by 77.5%, from 40.0 at batch 1 to 9.0 "
        "at batch 4; a batch of 4 would take 17.8 times as long as one of 1: a rate of batches, or an "
        "outlier [throughput-falls]"
    )
    assert lines[-1] == "3 READMEs: 1 error, 1 warning"


def test_what_is_not_read_is_about_numbers_and_not_about_models_that_no_table_has(zoo):
    text = (zoo / "c" / "README.md").read_text(encoding="utf-8")
    (zoo / "c" / "README.md").write_text(text + "| 8 | about 60 or 70 |\n", encoding="utf-8")
    for more in ((), ("--summary",)):
        lines = run(zoo, *more).stdout.splitlines()
        assert lines[-2:] == [
            "3 READMEs: 1 error, 1 warning",
            "not read: 1 number, row or block of 1 README; --json lists them",
        ]
    assert "not read: row '8'" in run(zoo / "c").stdout
    assert "the model" not in run(zoo / "c").stdout
    files = json.loads(run(zoo, "--json").stdout)["files"]
    assert [len(file["unread"]) for file in files] == [0, 0, 1]


def test_findings_below_a_severity_are_counted_and_not_listed(zoo):
    lines = run(zoo, "--at-least", "error").stdout.splitlines()
    assert [line.split(" ")[1] for line in lines] == ["error:", "READMEs:"]
    assert lines[-1] == "3 READMEs: 1 error, 1 warning"
    assert run(zoo / "b" / "net.MD", "--at-least", "error", "--fail-on", "warning").exit_code == 1
    for more in ("--summary", "--json"):
        with pytest.raises(UsageError, match="--at-least is for the list of findings as text"):
            run(zoo, "--at-least", "warning", more)


def test_rules_are_chosen_by_id(zoo):
    assert run(zoo, "--without", "throughput-falls").exit_code == 0
    assert "nothing found" in run(zoo, "--rule", "usage").stdout
    assert len(json.loads(run("--rules", "--json").stdout)) == len(RULES)
    assert "throughput does not fall" in run("--rules").stdout


def test_what_is_not_there_is_a_usage_error(tmp_path):
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        ((tmp_path / "no.md",), "no such file or folder"),
        ((tmp_path / "empty",), "no markdown file"),
        ((), "no README is given"),
        (("--rule", "x"), "no rule is called 'x'"),
        ((tmp_path / "empty", "--out", "x"), "--out is for --format json or sarif"),
    ):
        with pytest.raises(UsageError, match=message):
            run(*arguments)


def test_a_file_that_is_no_text_is_a_finding_and_not_the_end(zoo):
    (zoo / "a" / "README.md").write_bytes(b"# A\n\xff\n")
    found = json.loads(run(zoo, "--json", "--fail-on", "never").stdout)["files"]
    assert len(found) == 3
    [finding] = found[0]["findings"]
    assert (finding["rule"], finding["line"], finding["severity"]) == ("readable", 2, "error")


def test_json_has_the_numbers_and_what_was_not_read(zoo):
    (zoo / "a" / "README.md").write_text(
        FALLS.format("20.0") + "\n| 模型 | 310P性能(fps) |\n|---|---|\n| x | about 5 |\n", encoding="utf-8"
    )
    content = json.loads(run(zoo / "a", "--format", "json").stdout)
    [file] = content["files"]
    assert file["findings"][0]["numbers"] == {"from": 40.0, "to": 20.0, "fall": 0.5, "batch": 4}
    assert [note["line"] for note in file["unread"]] == [10]
    assert file["unread"][0]["why"] == "'about 5' is no single number"


def test_sarif_is_what_the_standard_asks_for(zoo, monkeypatch):
    """The properties that SARIF 2.1.0 requires (sections 3.13, 3.14, 3.18, 3.19, 3.27, 3.29, 3.30, 3.49)."""
    monkeypatch.chdir(zoo)
    done = run(".", "--format", "sarif", "--out", zoo / "out.sarif", "--fail-on", "never")
    assert (done.exit_code, done.stdout) == (0, "")
    log = json.loads((zoo / "out.sarif").read_text(encoding="utf-8"))
    assert log["version"] == "2.1.0"
    assert log["$schema"].startswith("https://")
    [run_] = log["runs"]
    driver = run_["tool"]["driver"]
    assert driver["name"] == "zoocheck"
    ids = [rule["id"] for rule in driver["rules"]]
    assert ids == [rule.id for rule in RULES]
    assert len(run_["results"]) == 2
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] in ("note", "warning", "error")
        assert rule["shortDescription"]["text"]
    for result in run_["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("note", "warning", "error")
        assert result["message"]["text"]
        [location] = result["locations"]
        place = location["physicalLocation"]
        assert re.fullmatch(r"[\w./%-]+", place["artifactLocation"]["uri"])
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert place["region"]["startLine"] >= 1
