"""Every rule there is, in the order in which `zoocheck audit --rules` lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.documents.audit import accuracies, interfaces, ratios, speeds, statements, steps, units
from harness.documents.audit.findings import Finding, Rule
from harness.documents.readme.reading import Reading
from harness.errors import UsageError

RULES: tuple[Rule, ...] = (
    *ratios.RULES, *speeds.RULES, *accuracies.RULES, *units.RULES, *interfaces.RULES, *steps.RULES,
    *statements.RULES,
)  # fmt: skip


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
