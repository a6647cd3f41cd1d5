"""`zoocheck audit`: READMEs held against themselves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.output import Json, print_json, print_table
from harness.errors import naming
from harness.tables import catalog

if TYPE_CHECKING:
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
    rules: Annotated[bool, typer.Option("--rules", help="List the rules and what they read.")] = False,
    as_json: Json = False,
) -> None:
    """Hold READMEs against themselves: each finding has a rule, a line, the numbers and a sentence."""
    from harness.documents.audit import formats
    from harness.documents.audit.rules import chosen
    from harness.documents.audit.tree import audit_files
    from harness.documents.audit.tree import readmes as found_in
    from harness.errors import UsageError

    asked = chosen(rule or (), without or ())
    if rules:
        _list(asked, as_json)
        return
    if not readmes:
        raise UsageError("no README is given; name one, or a folder of them, or ask for --rules")
    form = Format.JSON if as_json else form
    if out is not None and form is Format.TEXT:
        raise UsageError("--out is for --format json or sarif; text goes to standard output")
    audited = audit_files(found_in(readmes), catalog.load(), asked)
    if form is Format.TEXT:
        _print(audited)
    else:
        _write(formats.as_json(audited) if form is Format.JSON else formats.as_sarif(audited, asked), out)
    if fail_on is not FailOn.NEVER and _worst(audited) >= list(FailOn).index(fail_on):
        raise typer.Exit(FOUND_STATUS)


def _list(rules: Sequence[Rule], as_json: bool) -> None:
    """The rules and what they read."""
    if as_json:
        keys = ("id", "severity", "reads", "claim")
        print_json([{key: getattr(item, key) for key in keys} for item in rules])
        return
    rows = [[item.id, item.severity, item.claim, item.reads] for item in rules]
    print_table(f"{len(rules)} rules", ["rule", "at most", "holds where", "reads"], rows)


def _write(content: dict[str, Any], out: Path | None) -> None:
    if out is None:
        print_json(content)
    else:
        with naming(out):
            out.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _worst(audited: list[Audited]) -> int:
    return max((finding.severity.rank for item in audited for finding in item.findings), default=-1)


def _print(audited: list[Audited]) -> None:
    """A line a finding, as compilers write them; then what was not read, and the count."""
    from harness.documents.audit.findings import Severity

    findings = [finding for item in audited for finding in item.findings]
    for finding in findings:
        typer.echo(str(finding))
    unread = [(item.file, note) for item in audited for note in item.unread]
    for file, note in unread if len(audited) == 1 else ():
        typer.echo(f"{file}:{max(note.line, 1)}: not read: {note.what}: {note.why}")
    counted = Counter(finding.severity for finding in findings)
    said = ", ".join(
        f"{counted[level]} {level}{'s' * (counted[level] != 1)}"
        for level in reversed(Severity)
        if counted[level]
    )
    typer.echo(f"{len(audited)} README{'s' * (len(audited) != 1)}: {said or 'nothing found'}")
    if unread and len(audited) > 1:
        typer.echo(f"{len(unread)} things were not read: --json lists them")
