"""`benchmarks/planted_findings.py` plants a mistake for each rule in a README, and none in its control."""

from __future__ import annotations

from benchmarks import planted_findings

README = "# Net\n\n```\npip install -r needs.txt\n```\n\ntop1: 77.35\n"


def test_what_is_planted_is_counted_as_found_and_controls_as_silent():
    lines = list(planted_findings.report({"cv/net/README.md": README}, most=20, seed=1))
    assert lines == [
        f"{rule:16} found 1 of 1 planted; 0 of 1 controls have a finding" for rule in planted_findings.RULES
    ]


def test_a_readme_that_a_mistake_cannot_be_planted_in_is_left_aside():
    [first, *_] = planted_findings.report({"README.md": "# Net\n"}, most=20, seed=1)
    assert first == "requirements     found 0 of 0 planted; 0 of 0 controls have a finding"
