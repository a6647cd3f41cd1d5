"""Every rule there is, as rules.toml has them: a row a rule, which names its function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.decoding import toml_table
from harness.documents.audit.findings import Finding, Found, Rule, Severity, Speeds
from harness.documents.readme.reading import Reading
from harness.errors import UsageError

TABLE = Path(__file__).with_name("rules.toml")


def _rule(entry: dict[str, Any]) -> Rule:
    """A row of the table, with the function that it names."""
    functions = {key: _function(entry[key]) for key in ("check", "across") if key in entry}
    return Rule(**entry | {"severity": Severity(entry["severity"])} | functions)


def _function(name: str) -> Any:
    """The function ``module.name`` of this package."""
    module, _, function = name.partition(".")
    return getattr(import_module(f"{__package__}.{module}"), function)


RULES: tuple[Rule, ...] = tuple(map(_rule, toml_table(TABLE.read_bytes())["rule"]))


def chosen(only: Sequence[str] = (), without: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules by id. Raises `UsageError` for an id that is none."""
    ids = [rule.id for rule in RULES]
    for name in (*only, *without):
        if name not in ids:
            raise UsageError(f"no rule is called {name!r}; there are {', '.join(ids)}")
    return tuple(rule for rule in RULES if (not only or rule.id in only) and rule.id not in without)


def audit(reading: Reading, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """The findings of `rules` in one README, by line."""
    file = reading.readme.shown
    return in_order(
        _finding(rule, file, item) for rule in rules if rule.check is not None for item in rule.check(reading)
    )


def audit_all(read: Sequence[Speeds], rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """The findings of `rules` that hold READMEs against each other."""
    return tuple(
        _finding(rule, file, item)
        for rule in rules
        if rule.across is not None
        for file, item in rule.across(read)
    )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of one README by line, the worst of a line first."""
    return tuple(sorted(findings, key=lambda item: (item.line, -item.severity.rank, item.rule)))


def _finding(rule: Rule, file: str, item: Found) -> Finding:
    """What a rule's function yields, as a finding in `file`."""
    return Finding(
        rule=rule.id,
        severity=item.severity or rule.severity,
        file=file,
        line=max(item.line, 1),
        sentence=item.sentence,
        numbers=item.numbers,
    )
