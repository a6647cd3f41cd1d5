"""`zoocheck audit` on many READMEs: by any number of processes, in short, since an earlier audit."""

from __future__ import annotations

import json
from dataclasses import replace
from email.message import Message
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.documents.audit import baselines, formats
from harness.documents.audit.findings import Finding, Severity
from harness.documents.audit.rules import RULES
from harness.errors import BadInput, UsageError

FALLS = "# Net\n\n| Batch Size | 310P性能(fps) |\n|---|---|\n| 1 | 40.0 |\n| 4 | {} |\n"


def finding(sentence: str) -> Finding:
    return Finding(rule="usage", severity=Severity.NOTE, file="a.md", line=1, sentence=sentence, numbers={})


def run(*arguments: object):
    return CliRunner().invoke(app, ["audit", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with 24 READMEs below `zoo`: every third falls, by an error or by a warning."""
    for number in range(24):
        file = tmp_path / "zoo" / f"net{number:02d}" / "README.md"
        file.parent.mkdir(parents=True)
        file.write_text(FALLS.format({0: "9.0", 3: "18.0"}.get(number % 6, "50.0")), encoding="utf-8")
    (tmp_path / "zoo" / "net05" / "README.md").write_bytes(b"\xff")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestProcesses:
    @pytest.mark.parametrize("form", ["text", "json", "sarif"])
    def test_no_result_depends_on_their_number(self, zoo, form):
        one, three = (run("zoo", "--jobs", jobs, "--format", form) for jobs in (1, 3))
        assert one.stdout == three.stdout
        assert one.exit_code == three.exit_code == 1
        assert "net05" in one.stdout

    def test_one_at_least_is_asked_for(self, zoo):
        done = run("zoo", "--jobs", 0)
        assert done.exit_code == 2
        assert "--jobs" in done.stderr


class TestSummary:
    def test_the_worst_rules_and_readmes_come_first(self, zoo):
        """READMEs of as many errors, warnings and notes stand in the order of their names."""
        lines = run("zoo", "--summary", "--without", "unit-missing").stdout.splitlines()
        assert lines[0].split() == ["error", "warning", "note", "READMEs", "by", "rule"]
        assert [line.split() for line in lines[1:3]] == [
            ["4", "4", "-", "8", "throughput-falls"],
            ["1", "-", "-", "1", "readable"],
        ]
        assert lines[3] == ""
        assert lines[4].endswith("by README, below zoo")
        names = [line.split()[-1] for line in lines[5:14]]
        assert names == [f"net{at:02d}/README.md" for at in (0, 5, 6, 12, 18, 3, 9, 15, 21)]
        assert lines[-1] == "24 READMEs: 5 errors, 4 warnings"

    def test_json_has_every_rule_and_every_readme(self, zoo):
        content = json.loads(run("zoo", "--summary", "--json").stdout)
        assert content["counts"]["error"] == 5
        assert content["readmes"] == len(content["files"]) == 24
        assert content["without_findings"] == 15
        assert {line["rule"] for line in content["rules"]} == {*(rule.id for rule in RULES), "readable"}
        assert content["rules"][0] == {
            "rule": "throughput-falls", "error": 4, "warning": 4, "note": 0, "readmes": 8,
        }  # fmt: skip

    def test_a_line_has_at_most_100_columns(self, zoo):
        deep = zoo / "zoo" / ("a" * 80) / ("b" * 60) / "README.md"
        deep.parent.mkdir(parents=True)
        deep.write_text(FALLS.format("1.0"), encoding="utf-8")
        lines = run(zoo / "zoo", "--summary").stdout.splitlines()
        assert max(map(len, lines)) <= 100
        assert any("…" in line and line.endswith("b/README.md") for line in lines)

    def test_it_is_of_text_and_json_alone(self, zoo):
        with pytest.raises(UsageError, match="--summary has no SARIF form"):
            run("zoo", "--summary", "--format", "sarif")


class TestBaseline:
    @pytest.fixture(params=["sarif", "json"])
    def known(self, zoo: Path, request: pytest.FixtureRequest) -> Path:
        """What `audit zoo` wrote before anything changed."""
        file = zoo / f"known.{request.param}"
        run("zoo", "--format", request.param, "--out", file)
        return file

    def test_what_was_there_before_fails_nothing_and_is_not_listed(self, zoo, known):
        done = run("zoo", "--baseline", known)
        assert done.exit_code == 0
        lines = done.stdout.splitlines()
        assert (lines[0], lines[-1]) == (
            "24 READMEs: nothing found",
            f"since {known}: 0 new, 9 known, 0 gone",
        )

    def test_a_line_that_moves_makes_nothing_new(self, zoo, known):
        file = zoo / "zoo" / "net00" / "README.md"
        file.write_text("\n\nMore text.\n\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
        assert "0 new, 9 known, 0 gone" in run("zoo", "--baseline", known).stdout

    def test_other_numbers_make_nothing_new_and_are_told(self, zoo, known):
        """A table that was measured anew; the finding is the same as long as it is no worse."""
        file = zoo / "zoo" / "net03" / "README.md"
        file.write_text(FALLS.format("19.0"), encoding="utf-8")
        done = run("zoo", "--baseline", known)
        assert done.exit_code == 0
        assert done.stdout.splitlines()[-1] == f"since {known}: 0 new, 9 known (1 of them changed), 0 gone"
        results = json.loads(run("zoo", "--baseline", known, "--format", "sarif").stdout)["runs"][0][
            "results"
        ]
        assert [item["baselineState"] for item in results].count("updated") == 1
        file.write_text(FALLS.format("9.5"), encoding="utf-8")  # as steep as the batch grows
        assert "1 new, 8 known, 1 gone" in run("zoo", "--baseline", known).stdout

    def test_the_same_numbers_are_paired_before_others(self):
        """Of two findings about one thing the mended one is gone, whichever stands first."""
        before = [finding(f"falls by {share}%") for share in (10, 20)]
        baseline = baselines.Baseline(path=Path("x"), rules=frozenset({"usage"}), findings=tuple(before))
        scope = baselines.Scope.of([Path("a.md")])
        for at in (0, 1):
            found = baselines.compared([before[at]], baseline, scope)
            assert (found.states, found.gone) == ((baselines.State.UNCHANGED,), (before[1 - at],))
        found = baselines.compared([finding("falls by 15%"), before[0]], baseline, scope)
        assert found.states == (baselines.State.UPDATED, baselines.State.UNCHANGED)
        assert found.gone == ()

    def test_a_fall_that_is_less_grave_than_it_was_is_known(self):
        """Its sentence ends with other reasons; one that is graver than it was is new all the same."""
        grave = replace(finding("falls by 31.2%; batch 8 is an outlier"), severity=Severity.ERROR)
        mild = replace(finding("falls by 19.0%; one step takes 19.0%"), severity=Severity.WARNING)
        scope = baselines.Scope.of([Path("a.md")])
        for before, now, state in (
            (grave, mild, baselines.State.UPDATED),
            (mild, grave, baselines.State.NEW),
        ):
            baseline = baselines.Baseline(path=Path("x"), rules=frozenset({"usage"}), findings=(before,))
            assert baselines.compared([now], baseline, scope).states == (state,)

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("falls by 12.5%, from 40.0fps at batch 8", "falls by 1.5%, from 4fps at batch 16", False),
            ("falls by 12.5%, from 40.0 at batch 8", "falls by 1.5%, from 1,400 at batch 16", True),
            ("on 310P", "on 910P", False),
            ("row 'bs4'", "row 'bs8'", False),
            ("torch 1.8.0", "torch 2.0.1", True),
        ],
    )
    def test_a_fingerprint_has_no_numbers_but_names(self, one, other, same):
        first, second = (baselines.fingerprints([finding(said)]) for said in (one, other))
        assert (first == second) is same

    def test_what_is_new_fails_and_alone_is_listed(self, zoo, known):
        (zoo / "zoo" / "net01" / "README.md").write_text(FALLS.format("10.0"), encoding="utf-8")
        done = run("zoo", "--baseline", known)
        assert done.exit_code == 1
        finding, *_, since = done.stdout.splitlines()
        assert finding.startswith("zoo/net01/README.md:6: error: throughput on ascend310p falls by 75.0%")
        assert since == f"since {known}: 1 new, 9 known, 0 gone"
        assert run("zoo", "--baseline", known, "--fail-on", "never").exit_code == 0

    def test_what_is_mended_is_gone_and_so_is_a_readme(self, zoo, known):
        (zoo / "zoo" / "net00" / "README.md").write_text(FALLS.format("50.0"), encoding="utf-8")
        (zoo / "zoo" / "net06" / "README.md").unlink()
        done = run("zoo", "--baseline", known, "--format", "json")
        assert done.exit_code == 0
        since = json.loads(done.stdout)["baseline"]
        assert (since["new"], since["known"]) == (0, 7)
        assert [item["file"] for item in since["gone"]] == ["zoo/net00/README.md", "zoo/net06/README.md"]

    def test_sarif_has_the_states_and_the_gone_ones(self, zoo, known):
        for name, speed in (("net00", "50.0"), ("net01", "10.0")):
            (zoo / "zoo" / name / "README.md").write_text(FALLS.format(speed), encoding="utf-8")
        log = json.loads(run("zoo", "--baseline", known, "--format", "sarif").stdout)
        jsonschema.validate(log, SARIF)
        states = [item["baselineState"] for item in log["runs"][0]["results"]]
        assert states == ["new", *["unchanged"] * 8, "absent"]

    def test_an_audit_since_a_baseline_is_itself_one(self, zoo, known):
        """What is absent from it is not known."""
        (zoo / "zoo" / "net00" / "README.md").write_text(FALLS.format("10.0"), encoding="utf-8")
        later = zoo / "later.sarif"
        run("zoo", "--baseline", known, "--format", "sarif", "--out", later)
        assert "0 new, 9 known, 0 gone" in run("zoo", "--baseline", later).stdout

    def test_readmes_and_rules_that_are_not_asked_for_are_neither_known_nor_gone(self, zoo, known):
        assert "0 new, 1 known, 0 gone" in run("zoo/net00", "--baseline", known).stdout
        assert "0 new, 1 known, 0 gone" in run("zoo", "--rule", "usage", "--baseline", known).stdout

    def test_another_path_to_the_same_readmes_knows_them(self, zoo, known):
        assert "0 new, 9 known, 0 gone" in run(zoo / "zoo", "--baseline", known).stdout

    def test_a_summary_is_of_what_is_new(self, zoo, known):
        (zoo / "zoo" / "net01" / "README.md").write_text(FALLS.format("10.0"), encoding="utf-8")
        content = json.loads(run("zoo", "--baseline", known, "--summary", "--json").stdout)
        assert (content["counts"]["error"], content["baseline"]["known"]) == (1, 9)

    def test_a_severity_that_changed_is_known(self):
        """A rule that became stricter fails nobody who had its finding before."""
        before, now = (
            Finding(rule="usage", severity=severity, file="a.md", line=1, sentence="x", numbers={})
            for severity in (Severity.NOTE, Severity.ERROR)
        )
        baseline = baselines.Baseline(path=Path("x"), rules=frozenset({"usage"}), findings=(before,))
        found = baselines.compared([now], baseline, baselines.Scope.of([Path("a.md")]))
        assert found.states == (baselines.State.UPDATED,)
        assert (found.new, found.known, found.gone) == (0, 1, ())

    def test_of_two_findings_that_read_alike_each_is_told(self):
        one = Finding(rule="usage", severity=Severity.NOTE, file="a.md", line=1, sentence="x", numbers={})
        first, second = baselines.fingerprints([one, one])
        assert first != second
        assert baselines.fingerprints([one]) == [first]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no JSON"),
        (b"[]", "expected a JSON object"),
        (b"{}", "no audit's SARIF and no audit's JSON"),
        (b'{"runs": []}', "no audit's SARIF"),
        (
            b'{"runs": [{"tool": {"driver": {"name": "lint", "rules": []}}, "results": []}]}',
            "written by 'lint'",
        ),
        (b'{"tool": {"name": "lint"}, "rules": [], "files": []}', "written by 'lint'"),
        (b'{"tool": {"name": "zoocheck"}, "rules": [], "files": [{}]}', "KeyError at 'findings'"),
    ],
)
def test_what_is_no_baseline_is_told_with_what_one_is(zoo, content, message):
    (zoo / "known").write_bytes(content)
    with pytest.raises(BadInput, match=message) as problem:
        run("zoo", "--baseline", "known")
    assert "give what `zoocheck audit --format sarif` or `--format json` wrote" in str(problem.value)


def test_a_baseline_of_other_rules_or_readmes_or_none_is_told(zoo):
    run("zoo", "--rule", "usage", "--format", "json", "--out", "few.json")
    with pytest.raises(UsageError, match=r"few.json: written without the rules .*ratio-follows"):
        run("zoo", "--baseline", "few.json")
    run("zoo", "--format", "json", "--out", "all.json")
    (zoo / "other").mkdir()
    (zoo / "other" / "a.md").write_text("# A\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"all.json: of other READMEs \(zoo/net00/README.md\)"):
        run("other", "--baseline", "all.json")
    with pytest.raises(UsageError, match=r"no.sarif: no such file"):
        run("zoo", "--baseline", "no.sarif")


TEXT = {
    "type": "object", "required": ["text"], "additionalProperties": False,
    "properties": {"text": {"type": "string"}},
}  # fmt: skip
GUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def _object(required: list[str], **properties: object) -> dict[str, object]:
    return {
        "type": "object", "required": required, "additionalProperties": False, "properties": properties,
    }  # fmt: skip


# Of the schema of SARIF 2.1.0 the objects that an audit writes, each with no property that it does not have:
# sections 3.13 sarifLog, 3.14 run, 3.17 runAutomationDetails, 3.19 toolComponent, 3.49 reportingDescriptor,
# 3.27 result, 3.28 location, 3.29 physicalLocation, 3.4 artifactLocation, 3.30 region.
SARIF = _object(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"enum": ["2.1.0"]},
    runs={"type": "array", "items": _object(
        ["tool"],
        tool=_object(["driver"], driver=_object(
            ["name"],
            name={"type": "string"}, version={"type": "string"},
            informationUri={"type": "string", "format": "uri"},
            rules={"type": "array", "uniqueItems": True, "items": _object(
                ["id"],
                id={"type": "string"}, shortDescription=TEXT, fullDescription=TEXT, help=TEXT,
                defaultConfiguration=_object([], level=LEVEL),
            )},
        )),
        automationDetails=_object([], id={"type": "string"}, guid={"type": "string", "pattern": GUID}),
        baselineGuid={"type": "string", "pattern": GUID},
        columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        results={"type": "array", "items": _object(
            ["message"],
            ruleId={"type": "string"}, ruleIndex={"type": "integer", "minimum": -1}, level=LEVEL,
            message=TEXT,
            locations={"type": "array", "uniqueItems": True, "items": _object([], physicalLocation=_object(
                [],
                artifactLocation=_object([], uri={"type": "string", "format": "uri-reference"}),
                region=_object([], startLine={"type": "integer", "minimum": 1}),
            ))},
            partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
            baselineState={"enum": ["new", "unchanged", "updated", "absent"]},
            properties={"type": "object"},
        )},
    )},
)  # fmt: skip


def test_sarif_is_the_same_for_the_same_findings(zoo):
    """Its fingerprints and its guid too, so that two audits of one state of a zoo are one file."""
    first, second = (run("zoo", "--format", "sarif").stdout for _ in range(2))
    assert first == second
    log = json.loads(first)
    jsonschema.validate(log, SARIF)
    marks = [item["partialFingerprints"]["finding/v2"] for item in log["runs"][0]["results"]]
    assert len(set(marks)) == len(marks) == 9


def test_sarif_explains_every_rule_and_says_where_the_tool_is_told_of(zoo, monkeypatch):
    """Where that is, the package says; without a place there the tool has none."""
    for places, told in (
        ({}, None),
        ({"Documentation": "https://example.org/a, b"}, "https://example.org/a, b"),
    ):
        package = Message()
        for name, place in places.items():
            package["Project-URL"] = f"{name}, {place}"
        monkeypatch.setattr(formats, "metadata", lambda name, package=package: package)
        log = json.loads(run("zoo", "--format", "sarif").stdout)
        jsonschema.validate(log, SARIF)
        driver = log["runs"][0]["tool"]["driver"]
        assert driver.get("informationUri") == told
    assert [rule["id"] for rule in driver["rules"]] == [*(rule.id for rule in RULES), "readable"]
    assert all(rule["help"]["text"] for rule in driver["rules"])
    assert RULES[0].because in driver["rules"][0]["help"]["text"]
