"""Findings as JSON and as SARIF 2.1.0, which code hosts show beside the lines of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness import __version__
from harness.documents.audit.findings import Finding, Rule
from harness.documents.audit.tree import READABLE, Audited

SARIF_VERSION = "2.1.0"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(audited: Sequence[Audited]) -> dict[str, Any]:
    """All of it: findings, the counts behind accuracies, what was not read."""
    return {
        "files": [
            {
                "file": item.file,
                "model": item.model,
                "findings": [_finding(finding) for finding in item.findings],
                "counts": [
                    {
                        "line": count.value.line, "column": count.value.header, "printed": count.value.text,
                        "count": count.count, "of": count.samples, "what": count.of_what,
                        "rounding": count.rounding,
                    }
                    for count in item.counts
                ],
                "unread": [{"line": note.line, "what": note.what, "why": note.why} for note in item.unread],
            }
            for item in audited
        ]
    }  # fmt: skip


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "file": finding.file,
        "line": finding.line,
        "sentence": finding.sentence,
        "numbers": dict(finding.numbers),
    }


def as_sarif(audited: Sequence[Audited], rules: Sequence[Rule]) -> dict[str, Any]:
    """One run of SARIF: the rules that were asked, and a result a finding."""
    ids = [rule.id for rule in rules]
    findings = [finding for item in audited for finding in item.findings]
    descriptors = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.claim},
            "fullDescription": {"text": f"Reads {rule.reads}. Holds where {rule.claim}."},
            "defaultConfiguration": {"level": str(rule.severity)},
        }
        for rule in rules
    ]
    if any(finding.rule == READABLE for finding in findings):
        ids.append(READABLE)
        descriptors.append({"id": READABLE, "shortDescription": {"text": "a README is text in UTF-8"}})
    driver = {"name": "zoocheck", "version": __version__, "rules": descriptors}
    results = [_result(finding, ids.index(finding.rule)) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF_SCHEMA, "version": SARIF_VERSION, "runs": [run]}


def _result(finding: Finding, index: int) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": _uri(finding.file)},
        "region": {"startLine": finding.line},
    }
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": str(finding.severity),
        "message": {"text": finding.sentence},
        "locations": [{"physicalLocation": place}],
        "properties": {"numbers": dict(finding.numbers)},
    }


def _uri(file: str) -> str:
    """A file's name as a URI: relative ones stay relative, so that a code host finds the file."""
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
