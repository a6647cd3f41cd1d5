"""Every rule there is, as rules.toml has them: a row a rule, which names its function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.decoding import toml_table
from harness.documents.audit.findings import Check, Finding, Rule, Severity
from harness.documents.readme.reading import Reading
from harness.errors import UsageError

TABLE = Path(__file__).with_name("rules.toml")


def _rule(entry: dict[str, Any]) -> Rule:
    """A row of the table, with the function that it names."""
    return Rule(**entry | {"severity": Severity(entry["severity"]), "check": _function(entry["check"])})


def _function(name: str) -> Check:
    """The function ``module.name`` of this package."""
    module, _, function = name.partition(".")
    check: Check = getattr(import_module(f"{__package__}.{module}"), function)
    return check


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
    found = [
        Finding(
            rule=rule.id,
            severity=item.severity or rule.severity,
            file=reading.readme.shown,
            line=max(item.line, 1),
            sentence=item.sentence,
            numbers=item.numbers,
        )
        for rule in rules
        for item in rule.check(reading)
    ]
    return tuple(sorted(found, key=lambda item: (item.line, -item.severity.rank, item.rule)))
