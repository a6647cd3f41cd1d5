"""What GitHub Actions shows of a run: a job's summary in Markdown, and annotations.

Written from GitHub's "Workflow commands for GitHub Actions": the summary is what the file named by
``GITHUB_STEP_SUMMARY`` holds, at most 1 MiB a step, else all of it is refused; an annotation is a line of
output ``::error file=...,line=...,title=...::message``, of which ten of a kind are shown a step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.domain.measurements import VerdictKind
from reports.absent import absences, claims
from reports.details import measured
from reports.folding import Row, rows
from reports.likeness import label
from reports.markdown import escape
from reports.numbers import NOTHING, printable
from reports.outcomes import MARKS, WORDS, Outcome, counts
from reports.tested import sentence

if TYPE_CHECKING:
    from harness.store.notrun import NotRun

SUMMARY_FILE = "GITHUB_STEP_SUMMARY"
ACTIONS = "GITHUB_ACTIONS"  # "true" on GitHub's runners
SUMMARY_LIMIT = 1024 * 1024  # bytes of the whole file
SHOWN = 10  # annotations of one kind, a step
BAD = (VerdictKind.FALLS_SHORT, VerdictKind.ERROR)
_CUT = "\n_Cut here: {} more lines do not fit into GitHub's 1 MiB; the report has them._\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One thing that is wrong; `file` is relative to the repository, `line` counts from 1."""

    title: str
    message: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """The workflow command, on one line."""
        known = {"file": self.file, "line": self.line, "title": self.title}
        properties = ",".join(f"{name}={_property(value)}" for name, value in known.items() if value)
        return f"::error {properties}::{_data(self.message)}"


def commands(annotations: Sequence[Annotation]) -> list[str]:
    """The lines to print: where there are more than GitHub shows, the last one says how many are not."""
    if len(annotations) <= SHOWN:
        return [str(item) for item in annotations]
    rest = len(annotations) - (SHOWN - 1)
    more = Annotation(title=f"{rest} more", message="GitHub shows ten; the job's summary has all of them.")
    return [str(item) for item in (*annotations[: SHOWN - 1], more)]


def _data(text: object) -> str:
    """Escaped as the message of a command; nothing in it can end the command's line."""
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: object) -> str:
    """Escaped as a property of a command, where colons and commas mean something too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def job_summary(
    run: str, found: Sequence[Outcome], not_run: Sequence[NotRun], failures: Sequence[Annotation] = ()
) -> list[str]:
    """The lines of a run's summary: the counts, what is wrong in words, what was not run, and a table.

    `failures` are tests that failed beside the outcomes.
    """
    bad = [outcome for outcome in found if outcome.status in BAD]
    lines = [f"### zoocheck {escape(run)}: {_headline(len(found), len(bad), len(failures))}", ""]
    if found:
        lines += [", ".join(f"{WORDS[status]} {count}" for status, count in counts(found).items()), ""]
        lines += [f"{sentence(found)}.", ""]
    if bad or failures:
        lines += ["#### Falls short or failed", "", *map(_bullet, bad)]
        lines += [f"- **{escape(item.title)}**: {escape(item.message)}" for item in failures]
        lines.append("")
    if not_run:
        lines += [f"#### {claims(len(not_run))}", ""]
        lines += [f"- **{item.count}**: {escape(item.reason)}" for item in absences(not_run)]
        lines.append("")
    if found:
        lines += ["| case | kind | documented | measured | verdict | origin |", "|---|---|---:|---:|---|---|"]
        lines += map(_row, rows(found))
        lines.append("")
    return lines


def _headline(results: int, bad: int, failures: int) -> str:
    if not results and not failures:
        return "nothing was measured"
    if not bad and not failures:
        return f"nothing falls short in {results} {'result' if results == 1 else 'results'}"
    parts = [f"{bad} of {results} results fall short or failed"] if bad else []
    parts += [f"{failures} other {'test' if failures == 1 else 'tests'} failed"] if failures else []
    return "; ".join(parts)


def _bullet(outcome: Outcome) -> str:
    said = NOTHING if outcome.verdict is None else outcome.verdict.message
    status = outcome.status
    return f"- {MARKS[status]} {WORDS[status]} ({escape(label(outcome.likeness))}): {escape(said)}"


def _row(row: Row) -> str:
    outcome = row.outcome
    reference = None if outcome.verdict is None else outcome.verdict.reference
    cells = (
        outcome.measurement.case,
        outcome.measurement.kind if row.folded else outcome.measurement.claim,
        NOTHING if reference is None else reference.cell,
        row.said or measured(outcome),
        f"{MARKS[outcome.status]} {WORDS[outcome.status]}",
        label(outcome.likeness),
    )
    return f"| {' | '.join(map(escape, cells))} |"


def append_summary(lines: Sequence[str], environment: Mapping[str, str]) -> str:
    """Add `lines` to the job's summary, where there is one; returns what could not be done, or nothing.

    As many lines as fit beside what the step has written before: GitHub would refuse all of it.
    """
    name = environment.get(SUMMARY_FILE)
    if not name:
        return ""
    path = Path(name)
    try:
        room = SUMMARY_LIMIT - (path.stat().st_size if path.exists() else 0)
        with path.open("ab") as file:
            file.write(_fitting(lines, room).encode())
    except OSError as problem:
        return f"no job summary: {name}: {problem.strerror}"
    return ""


def _fitting(lines: Sequence[str], room: int) -> str:
    """As many whole lines as fit into `room` bytes, and how many do not."""
    sizes = [len(line.encode()) + 1 for line in lines]
    if sum(sizes) <= room:
        return "".join(f"{line}\n" for line in lines)
    room -= len(_CUT.format(len(lines)).encode())
    kept = 0
    while room >= sizes[kept]:  # ends: they do not all fit
        room -= sizes[kept]
        kept += 1
    return "" if room < 0 else "".join(f"{line}\n" for line in lines[:kept]) + _CUT.format(len(lines) - kept)
