"""`zoocheck audit`: READMEs held against themselves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.many import Jobs, processes, told_when_interrupted
from harness.cli.output import Json, counted, print_json, print_table, say
from harness.documents.audit.findings import Severity
from harness.errors import naming
from harness.tables import catalog

if TYPE_CHECKING:
    from harness.documents.audit.baselines import Compared
    from harness.documents.audit.findings import Rule
    from harness.documents.audit.tree import Audited

FOUND_STATUS = 1


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


class FailOn(StrEnum):
    """The least severity that makes the exit status 1."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    NEVER = "never"


def audit(
    readmes: Annotated[
        list[Path] | None, typer.Argument(help="READMEs, or folders: every markdown file below them.")
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="Exit 1 on a finding of at least this.")
    ] = FailOn.ERROR,
    form: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
    out: Annotated[
        Path | None, typer.Option(help="Write there instead of standard output (JSON and SARIF).")
    ] = None,
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; may be given again.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="Not this rule; may be given again.")] = None,
    at_least: Annotated[
        Severity, typer.Option("--at-least", help="List no finding below this; all are counted (text).")
    ] = Severity.NOTE,
    summary: Annotated[
        bool, typer.Option("--summary", help="Counts by rule and by README, the worst first.")
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(help="An earlier audit's SARIF or JSON: fail on what it does not have, list no other."),
    ] = None,
    jobs: Jobs = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules and what they read.")] = False,
    as_json: Json = False,
) -> None:
    """Hold READMEs against themselves: each finding has a rule, a line, the numbers and a sentence."""
    from harness.documents.audit import baselines
    from harness.documents.audit.rules import chosen
    from harness.documents.audit.tree import audit_files
    from harness.documents.many import readmes as found_in

    asked = chosen(rule or (), without or ())
    if rules:
        _list(asked, as_json)
        return
    form = Format.JSON if as_json else form
    _require(readmes, form, out, summary, at_least)
    paths = readmes or []
    files = found_in(paths)
    scope = baselines.Scope.of(paths)
    ids = [item.id for item in asked]
    earlier = None if baseline is None else baselines.read(baseline, ids, scope)
    with told_when_interrupted():
        audited = audit_files(files, catalog.load(), asked, processes(jobs))
    findings = [finding for item in audited for finding in item.findings]
    compared = None if earlier is None else baselines.compared(findings, earlier, scope)
    news = audited if compared is None else _new(audited, compared)
    if summary:
        _summarise(news, asked, compared, form, out)
    elif form is Format.TEXT:
        _print(news, at_least)
    else:
        _write(_as(form, audited, asked, compared), out)
    if compared is not None and form is Format.TEXT:
        say(f"since {baseline}: {compared}")
    if fail_on is not FailOn.NEVER and _worst(news) >= list(FailOn).index(fail_on):
        raise typer.Exit(FOUND_STATUS)


def _require(
    readmes: Sequence[Path] | None, form: Format, out: Path | None, summary: bool, at_least: Severity
) -> None:
    """Raise `UsageError` for options that cannot be together."""
    from harness.errors import UsageError

    if not readmes:
        raise UsageError("no README is given; name one, or a folder of them, or ask for --rules")
    if out is not None and form is Format.TEXT:
        raise UsageError("--out is for --format json or sarif; text goes to standard output")
    if summary and form is Format.SARIF:
        raise UsageError("--summary has no SARIF form; ask for --format json, or leave --summary out")
    if at_least is not Severity.NOTE and (summary or form is not Format.TEXT):
        raise UsageError("--at-least is for the list of findings as text; counts, JSON and SARIF have all")


def _new(audited: Sequence[Audited], compared: Compared) -> list[Audited]:
    """The READMEs with those of their findings alone that the baseline does not have."""
    states = iter(compared.states)
    return [
        replace(item, findings=tuple(found for found in item.findings if next(states) == "new"))
        for item in audited
    ]


def _as(
    form: Format, audited: Sequence[Audited], asked: Sequence[Rule], compared: Compared | None
) -> dict[str, Any]:
    from harness.documents.audit import formats

    writing = formats.as_json if form is Format.JSON else formats.as_sarif
    return writing(audited, asked, compared)


def _summarise(
    audited: Sequence[Audited],
    asked: Sequence[Rule],
    compared: Compared | None,
    form: Format,
    out: Path | None,
) -> None:
    """The counts, of new findings alone where there is a baseline."""
    from harness.documents.audit import formats, summary

    found = summary.summary(audited, asked)
    if form is Format.JSON:
        since = {} if compared is None else {"baseline": formats.since(compared)}
        _write(summary.as_json(found) | since, out)
        return
    for line in summary.as_text(found):
        say(line)
    _end(audited)


def _list(rules: Sequence[Rule], as_json: bool) -> None:
    """The rules and what they read."""
    if as_json:
        keys = ("id", "severity", "reads", "claim", "because")
        print_json([{key: getattr(item, key) for key in keys} for item in rules])
        return
    rows = [[item.id, item.severity, item.claim, item.reads, item.because] for item in rules]
    print_table(f"{len(rules)} rules", ["rule", "at most", "holds where", "reads", "because"], rows)


def _write(content: dict[str, Any], out: Path | None) -> None:
    if out is None:
        print_json(content)
    else:
        with naming(out):
            out.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _worst(audited: Sequence[Audited]) -> int:
    return max((finding.severity.rank for item in audited for finding in item.findings), default=-1)


def _print(audited: Sequence[Audited], at_least: Severity) -> None:
    """A line a finding, as compilers write them; then what was not read, and the count."""
    for finding in (finding for item in audited for finding in item.findings):
        if finding.severity.rank >= at_least.rank:
            say(str(finding))
    for item in audited if len(audited) == 1 else ():
        for note in item.unread:
            say(f"{item.file}:{max(note.line, 1)}: not read: {note.what}: {note.why}")
    _end(audited)


def _end(audited: Sequence[Audited]) -> None:
    """The counts: of findings and, of several READMEs, of what was not read of them."""
    say(_counted(audited))
    unread = [len(item.unread) for item in audited if item.unread]
    if unread and len(audited) > 1:
        say(
            f"not read: {counted(sum(unread), 'number, row or block', 'numbers, rows and blocks')} of "
            f"{counted(len(unread), 'README')}; --json lists them"
        )


def _counted(audited: Sequence[Audited]) -> str:
    """How many READMEs there are, and how many findings of each severity."""
    levels = Counter(finding.severity for item in audited for finding in item.findings)
    said = ", ".join(counted(levels[level], level) for level in reversed(Severity) if levels[level])
    return f"{counted(len(audited), 'README')}: {said or 'nothing found'}"
