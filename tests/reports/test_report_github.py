"""A job's summary and annotations: what GitHub Actions is told, and that it can take it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from factory import failed, mixed
from hypothesis import given
from hypothesis import strategies as st

from fixtures.github import Failure, publish, table_line
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.references import Role
from harness.store.notrun import NotRun
from reports.github import SUMMARY_LIMIT, Annotation, append_summary, commands, job_summary
from reports.outcomes import outcomes

ROOT = Path(__file__).resolve().parents[2]
COMMAND = re.compile(r"::error ((?:\w+=[^,:\r\n]*)(?:,\w+=[^,:\r\n]*)*)::([^\r\n]*)")


def read(command: str) -> dict[str, str]:
    """What GitHub's runner makes of a command: its properties and its message, unescaped."""
    found = COMMAND.fullmatch(command)
    assert found, command
    properties = dict(pair.split("=", 1) for pair in found[1].split(","))
    return {name: unquote(value) for name, value in (properties | {"message": found[2]}).items()}


def test_what_means_something_to_github_is_escaped() -> None:
    """Per cent and line ends in both; colons and commas in properties only."""
    made = Annotation(title="50%: a,b", message="50%: a,b\nc\rd", file="x,y.toml", line=7)
    assert str(made) == "::error file=x%2Cy.toml,line=7,title=50%25%3A a%2Cb::50%25: a,b%0Ac%0Ad"


@given(st.text(), st.text(min_size=1))
def test_nothing_ends_an_annotation_early(title: str, message: str) -> None:
    """Whatever a tool printed: one command, read back as it was but for what is not to be seen."""
    made = str(Annotation(title=f"t{title}", message=message))
    assert not re.search(r"[\r\n]", made)
    assert read(made)["title"].startswith("t")


def test_more_than_github_shows_are_counted() -> None:
    """Ten of a kind are shown a step: the tenth says how many are left."""
    lines = commands([Annotation(title=f"case {at}", message="short") for at in range(25)])
    assert len(lines) == 10
    assert read(lines[8])["title"] == "case 8"
    assert read(lines[9])["title"] == "16 more"
    assert len(commands([Annotation(title="one", message="m")])) == 1


def test_the_summary_says_what_falls_short_in_words(catalog: Catalog) -> None:
    """Headline, counts, a bullet each for what is wrong, what was not run, a table; all text escaped."""
    found = outcomes(mixed(catalog), catalog)
    missing = [NotRun(case="tinybert-t4-bs8", kind=Kind.ACCURACY, reason="tinybert-t4-bs8: no `trtexec`")]
    lines = job_summary("night|1", found, missing, [Annotation(title="test_x", message="assert <b>")])
    text = "\n".join(lines)
    assert lines[0].startswith("### zoocheck night\\|1: ")
    assert "other test failed" in lines[0]
    assert "- ✖ error (stand-in, mini): tinybert-t4-bs1: the session gave NaN logits" in lines
    assert "- **test_x**: assert &lt;b&gt;" in lines
    assert "- **1**: no \\`trtexec\\`" in lines
    assert text.count("\n| tinybert-") == len(found)


def test_a_good_summary(catalog: Catalog) -> None:
    good = [item for item in outcomes(mixed(catalog), catalog) if item.status not in ("falls-short", "error")]
    first = job_summary("n", good, [])[0]
    assert first == f"### zoocheck n: nothing falls short in {len(good)} results"
    assert job_summary("n", [], [NotRun(case="a-bs1", kind=Kind.ACCURACY, reason="no card")])[:3] == [
        "### zoocheck n: nothing was measured", "", "#### 1 claim was not run"
    ]  # fmt: skip


def test_a_summary_is_added_to_what_the_step_has_written(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    assert append_summary(["after"], {"GITHUB_STEP_SUMMARY": str(path)}) == ""
    assert path.read_text() == "before\nafter\n"
    assert append_summary(["nowhere"], {}) == ""


@pytest.mark.parametrize("there", [0, 1000, SUMMARY_LIMIT - 300, SUMMARY_LIMIT - 10, SUMMARY_LIMIT])
def test_a_summary_never_outgrows_githubs_limit(tmp_path: Path, there: int) -> None:
    """Whole lines, and how many were left out; GitHub would refuse all of a longer file."""
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * (there - 1) + b"\n" if there else b"")
    lines = [f"| {at} | {'é' * 50} |" for at in range(20_000)]
    assert append_summary(lines, {"GITHUB_STEP_SUMMARY": str(path)}) == ""
    written = path.read_bytes()
    assert len(written) <= SUMMARY_LIMIT
    added = written[there:].decode()
    if added:
        kept = added.splitlines().index("")
        assert f"_Cut here: {len(lines) - kept} more lines do not fit" in added


def test_a_summary_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    said = append_summary(["x"], {"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "folder")})
    assert said.startswith("no job summary: ")
    assert said.endswith("No such file or directory")


def test_a_documented_value_is_found_in_its_table(catalog: Catalog) -> None:
    """The line has the printed digits, for all tables whose rows are named by their cells."""
    found = 0
    for reference in catalog.references:
        if reference.role is not Role.MEASURED:
            continue
        file, line = table_line(catalog, reference.model, reference.source, ROOT)
        assert file == f"fixtures/tables/models/{reference.model}.toml"
        assert line is not None
        text = (ROOT / file).read_text(encoding="utf-8").splitlines()[line - 1]
        found += reference.printed in text
        assert reference.printed in text or text == f'name = "{reference.source.table}"'
    assert found > 50


def test_a_table_outside_of_the_repository_is_not_named(catalog: Catalog, tmp_path: Path) -> None:
    assert table_line(catalog, "tinybert", None, tmp_path) == (None, None)
    assert table_line(catalog, "no such model", None, ROOT) == (None, None)


def test_annotations_and_summary_of_a_session(catalog: Catalog, tmp_path: Path) -> None:
    """A case's failing test is told once, as the case; any other by its place."""
    claim = ("tinybert-t4-bs1", Kind.ACCURACY, "")
    results = [failed(*claim[:2], "tinybert-t4-bs1: device lost")]
    failures = [
        Failure(test="suites/a.py::t[x]", file="suites/a.py", line=3, reason="device lost", claim=claim),
        Failure(test="suites/b.py::t", file="suites/b.py", line=9, reason="assert 1 == 2", claim=None),
    ]
    path = tmp_path / "summary.md"
    environment = {
        "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(ROOT), "GITHUB_STEP_SUMMARY": str(path),
    }  # fmt: skip
    first, second = map(read, publish(catalog, "n", results, (), failures, environment=environment))
    assert first["title"] == "error: tinybert-t4-bs1 accuracy"
    assert first["message"] == "tinybert-t4-bs1: device lost"
    assert first["file"] == "fixtures/tables/models/tinybert.toml"
    assert (second["file"], second["line"], second["message"]) == ("suites/b.py", "9", "assert 1 == 2")
    assert "1 of 1 results fall short or failed; 1 other test failed" in path.read_text(encoding="utf-8")


def test_nothing_is_said_anywhere_else(catalog: Catalog) -> None:
    assert publish(catalog, "n", mixed(catalog), (), (), environment={}) == []
