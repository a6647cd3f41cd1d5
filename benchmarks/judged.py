"""Findings of the audit that people have judged, held against what the audit finds now."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.documents.audit.findings import Finding

JUDGED = Path(__file__).with_name("readmes_judged.json")
VERDICTS = ("true", "debatable", "false")  # the worst last
SHOWN_AT_LEAST = ("warning", "error")
_NUMBERS = re.compile(r"\d[\d,]*(?:\.\d+)*")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One finding, judged true, debatable (the facts right, "error" not justified) or false."""

    file: str
    rule: str
    line: int
    severity: str
    judged: str
    why: str = ""
    sentence: str = ""

    @property
    def place(self) -> tuple[str, str, int]:
        return self.file, self.rule, self.line


def judged(*files: Path) -> list[Judged]:
    """The judgements of `files`: a later file's take the place of earlier ones of the same place."""
    found: dict[tuple[str, str, int], list[Judged]] = {}
    for file in files:
        mine = defaultdict(list)
        for item in json.loads(file.read_text(encoding="utf-8")):
            one = Judged(**{key: item[key] for key in Judged.__dataclass_fields__ if key in item})
            mine[one.place].append(one)
        found |= mine
    return [item for items in found.values() for item in items]


def _about(sentence: str) -> str:
    """A sentence without its numbers, which a reader that was mended may print otherwise."""
    return _NUMBERS.sub("#", sentence)


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the audit of a folder finds, and what is known of it. A finding's file is told from the folder."""

    files: Sequence[str]
    findings: Sequence[Finding]
    judged: Sequence[Judged]
    first: Sequence[Judged]  # those of the audit that the issue is about: of its true errors none may be lost

    @cached_property
    def verdicts(self) -> list[tuple[Finding, str]]:
        """Each finding with its judgement, the worst of several, which is empty where nobody judged it.

        Those of the finding's very sentence count before those of one with other numbers, and these before
        the others of its place: a rule that words a finding otherwise by now has found the same.
        """
        places = defaultdict(list)
        for item in self.judged:
            places[item.place].append(item)
        known = []
        for finding in self.findings:
            mine = places[finding.file, finding.rule, finding.line]
            same = [
                item for item in mine if item.sentence and _about(item.sentence) == _about(finding.sentence)
            ]
            exactly = [item for item in same if item.sentence == finding.sentence]
            told = exactly or same or mine  # a rule may word it otherwise by now
            known.append((finding, max((item.judged for item in told), key=VERDICTS.index, default="")))
        return known

    def by_rule(self, severity: str) -> Mapping[str, Counter[str]]:
        """Of the findings of a severity, by rule, how many were judged what."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for finding, verdict in self.verdicts:
            if str(finding.severity) == severity:
                found[finding.rule][verdict or "unjudged"] += 1
        return dict(sorted(found.items()))

    def share_true(self, severity: str) -> tuple[int, int]:
        """How many findings of a severity are true, and of how many that were judged."""
        counted: Counter[str] = sum(self.by_rule(severity).values(), Counter())
        return counted["true"], sum(counted[verdict] for verdict in VERDICTS)

    @property
    def unjudged(self) -> list[Finding]:
        """The errors and warnings that nobody judged."""
        unknown = [finding for finding, verdict in self.verdicts if not verdict]
        return [finding for finding in unknown if str(finding.severity) in SHOWN_AT_LEAST]

    @cached_property
    def kept(self) -> Mapping[str, list[Judged]]:
        """The first audit's true errors: still a warning or an error, or one of another rule, or lost."""
        shown = [item for item in self.findings if str(item.severity) in SHOWN_AT_LEAST]
        places = {(item.file, item.rule, item.line) for item in shown}
        lines = {(item.file, item.line) for item in shown}
        found: dict[str, list[Judged]] = {"kept": [], "kept by another rule": [], "lost": []}
        for item in self.first:
            if item.judged == "true" and item.severity == "error" and item.file in self.files:
                how = "kept" if item.place in places else "kept by another rule"
                found[how if (item.file, item.line) in lines else "lost"].append(item)
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "findings": len(self.findings),
            "severities": dict(Counter(str(item.severity) for item in self.findings)),
            **{f"{severity}s_true_of_judged": self.share_true(severity) for severity in ("error", "warning")},
            "by_rule": {severity: {rule: dict(count) for rule, count in self.by_rule(severity).items()}
                        for severity in ("error", "warning", "note")},
            "true_errors_of_the_first": {how: [":".join(map(str, item.place)) for item in items]
                                         for how, items in self.kept.items()},
            "unjudged": [str(item) for item in self.unjudged],
        }  # fmt: skip


def rows(counted: Mapping[str, Counter[str]]) -> Iterable[str]:
    """A line a rule."""
    for rule, count in counted.items():
        yield f"  {rule:26}" + "".join(f"{count[name]:>10}" for name in (*VERDICTS, "unjudged"))
