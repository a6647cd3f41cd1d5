"""Findings as JSON and as SARIF 2.1.0, which code hosts show beside the lines of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from harness import __version__
from harness.documents.audit.baselines import FINGERPRINT, Compared, State, fingerprints, located
from harness.documents.audit.findings import Finding, Rule
from harness.documents.audit.rules import RULES
from harness.documents.audit.tree import READABLE, Audited

SARIF_VERSION = "2.1.0"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NAME = "zoocheck"


def as_json(
    audited: Sequence[Audited], rules: Sequence[Rule] = RULES, compared: Compared | None = None
) -> dict[str, Any]:
    """All of it: findings, the counts behind accuracies, what was not read; what is new since a baseline."""
    states = iter(()) if compared is None else iter(compared.states)
    content: dict[str, Any] = {
        "tool": {"name": _NAME, "version": __version__},
        "rules": [rule.id for rule in rules],
        "files": [
            {
                "file": item.file,
                "model": item.model,
                "findings": [_finding(finding, next(states, None)) for finding in item.findings],
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
        ],
    }  # fmt: skip
    return content if compared is None else content | {"baseline": since(compared)}


def since(compared: Compared) -> dict[str, Any]:
    """How many findings are new and how many are known, and those that are gone."""
    gone = [_finding(finding, State.ABSENT) for finding in compared.gone]
    return {"new": compared.new, "known": compared.known, "gone": gone}


def _finding(finding: Finding, state: State | None = None) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "file": finding.file,
        "line": finding.line,
        "sentence": finding.sentence,
        "numbers": dict(finding.numbers),
        **({} if state is None else {"state": state}),
    }


def as_sarif(
    audited: Sequence[Audited], rules: Sequence[Rule], compared: Compared | None = None
) -> dict[str, Any]:
    """One run of SARIF: the rules that were asked, and a result a finding, with its state since a baseline.

    What is gone since the baseline is a result of the state ``absent`` (section 3.27.24).
    """
    ids = [rule.id for rule in rules]
    findings = [finding for item in audited for finding in item.findings]
    descriptors = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.claim},
            "fullDescription": {"text": f"Reads {rule.reads}. Holds where {rule.claim}."},
            "help": {"text": f"At most {rule.severity}: {rule.because}. --without {rule.id} leaves it out."},
            "defaultConfiguration": {"level": str(rule.severity)},
        }
        for rule in rules
    ]
    gone = () if compared is None else compared.gone
    if any(finding.rule == READABLE for finding in (*findings, *gone)):
        ids.append(READABLE)
        descriptors.append(_READABLE)
    driver = {"name": _NAME, "version": __version__, **_information(), "rules": descriptors}
    results = list(_results(findings, compared, ids))
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "zoocheck/audit/", "guid": _guid(results)},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    if compared is not None and compared.guid:
        run["baselineGuid"] = compared.guid
    return {"$schema": SARIF_SCHEMA, "version": SARIF_VERSION, "runs": [run]}


_READABLE: dict[str, Any] = {
    "id": READABLE,
    "shortDescription": {"text": "a README is text in UTF-8"},
    "fullDescription": {"text": "Reads the file. Holds where it can be opened and is text in UTF-8."},
    "help": {"text": "Error: nothing in the file was held against anything. Save it as text in UTF-8."},
    "defaultConfiguration": {"level": "error"},
}


def _information() -> dict[str, str]:
    """Where this tool is told of, as its package says (`project.urls`); nothing where it says nothing."""
    try:
        stated = metadata(_NAME).get_all("Project-URL") or []
    except PackageNotFoundError:
        stated = []
    return {"informationUri": stated[0].partition(",")[2].strip()} if stated else {}


def _results(
    findings: Sequence[Finding], compared: Compared | None, ids: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """A result for every finding of today, then for each that is gone."""
    states = [None] * len(findings) if compared is None else compared.states
    gone = () if compared is None else compared.gone
    today = zip(findings, fingerprints(findings), states, strict=True)
    before = zip(gone, fingerprints(gone), [State.ABSENT] * len(gone), strict=True)
    for finding, mark, state in chain(today, before):
        result = _result(finding, ids.index(finding.rule), mark)
        yield result if state is None else result | {"baselineState": str(state)}


def _result(finding: Finding, index: int, fingerprint: str) -> dict[str, Any]:
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
        "partialFingerprints": {FINGERPRINT: fingerprint},
        "properties": {"numbers": dict(finding.numbers)},
    }


def _guid(results: Sequence[dict[str, Any]]) -> str:
    """What a later run calls this one by, when it is its baseline: the same for the same results."""
    return str(uuid5(NAMESPACE_URL, f"{SARIF_SCHEMA}#{results}"))


def _uri(file: str) -> str:
    """A file's name as a URI: relative below the current folder, so that a code host finds the file."""
    path = Path(located(file))
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
