"""`benchmarks/judged.py` counts what the audit finds by what people judged it to be."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import judged
from benchmarks.judged import Audit, Judged


def finding(rule: str, line: int, severity: str = "error", sentence: str = "it is", file: str = "fish.md"):
    return SimpleNamespace(file=file, rule=rule, line=line, severity=severity, sentence=sentence)


def known(
    rule: str, line: int, verdict: str, sentence: str = "", severity: str = "error", file: str = "fish.md"
):
    return Judged(file=file, rule=rule, line=line, severity=severity, judged=verdict, sentence=sentence)


def audit(findings=(), judged=(), first=()) -> Audit:
    return Audit(files=["fish.md"], findings=findings, judged=judged, first=first)


def test_a_finding_is_judged_by_file_rule_and_line():
    known_ones = [known("sums", 3, "true"), known("sums", 4, "false"), known("names", 3, "debatable")]
    findings = [finding("sums", 3), finding("sums", 4), finding("names", 3), finding("names", 4)]
    one = audit(findings, known_ones)
    assert [verdict for _, verdict in one.verdicts] == ["true", "false", "debatable", ""]
    assert one.share_true("error") == (1, 3)
    assert one.unjudged == [findings[3]]


def test_of_two_of_one_line_the_sentence_says_which():
    known_ones = [known("sums", 3, "true", "on the left"), known("sums", 3, "false", "on the right")]
    findings = [finding("sums", 3, sentence=side) for side in ("on the right", "on the left")]
    assert [verdict for _, verdict in audit(findings, known_ones).verdicts] == ["false", "true"]


def test_a_sentence_with_other_numbers_counts_before_another_sentence():
    both = [known("sums", 3, "true", "off by 1.5"), known("sums", 3, "false", "no sum at all")]
    assert [
        verdict for _, verdict in audit([finding("sums", 3, sentence="off by 21.25")], both).verdicts
    ] == ["true"]


def test_of_several_judgements_the_worst_counts():
    several = [known("sums", 3, "true"), known("sums", 3, "false"), known("sums", 3, "debatable")]
    assert [verdict for _, verdict in audit([finding("sums", 3)], several).verdicts] == ["false"]


def test_a_note_need_not_be_judged():
    assert audit([finding("sums", 3, "note")]).unjudged == []


@pytest.mark.parametrize(
    ("found", "how"),
    [
        (finding("sums", 3), "kept"),
        (finding("sums", 3, "warning"), "kept"),
        (finding("totals", 3), "kept by another rule"),
        (finding("sums", 3, "note"), "lost"),
        (finding("sums", 4), "lost"),
    ],
)
def test_a_true_error_is_kept_where_its_line_still_has_a_warning(found, how):
    first = [known("sums", 3, "true"), known("sums", 9, "false"), known("sums", 3, "true", file="whale.md"),
             known("sums", 5, "true", severity="note")]  # fmt: skip
    kept = audit([found], first=first).kept
    assert {name: len(items) for name, items in kept.items() if items} == {how: 1}


def test_a_later_file_says_anew_what_an_earlier_one_said(tmp_path: Path):
    both = {"file": "fish.md", "rule": "sums", "line": 3, "severity": "error"}
    for name, verdict in (("one", "false"), ("two", "true")):
        (tmp_path / name).write_text(json.dumps([{**both, "judged": verdict, "why": name}]), encoding="utf-8")
    [item] = judged.judged(tmp_path / "one", tmp_path / "two")
    assert (item.judged, item.why) == ("true", "two")


def test_our_own_judgements_have_a_reason_and_none_of_a_readmes_text():
    """One line of reason each, in our words, and a verdict that there is."""
    for item in json.loads(judged.JUDGED.read_text(encoding="utf-8")):
        assert sorted(item) == ["file", "judged", "line", "rule", "severity", "why"]
        assert item["judged"] in judged.VERDICTS
        assert item["why"]
        assert "\n" not in item["why"]
