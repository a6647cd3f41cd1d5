"""The good checks of one case as one row, so that the bad ones stand out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.domain.details import RelationDetail, ScenarioDetail
from harness.domain.measurements import VerdictKind
from reports.language import Both, say
from reports.outcomes import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One outcome; or the first of several that are folded, which all are good."""

    outcome: Outcome
    folded: tuple[Outcome, ...] = ()
    of: int = field(default=1)  # checks of the same case, the bad ones too

    @property
    def said(self) -> Both | None:
        """``8 of 9 checks``, where it stands for several."""
        return say("{good} of {count} checks", good=len(self.folded), count=self.of) if self.folded else None

    @property
    def main(self) -> Outcome | None:
        """Of the folded ones the claim that the kind is named for: its number stays in the row."""
        return next((outcome for outcome in self.folded if not outcome.measurement.check), None)

    @property
    def deterministic(self) -> bool:
        """Whether no folded outcome says that two equal calls differ."""
        checks = (RelationDetail.from_stored(outcome.measurement.detail) for outcome in self.folded)
        return not any(check.deterministic is False for check in checks)


def rows(found: Sequence[Outcome]) -> list[Row]:
    """The outcomes in their order, of each case's checks the good ones in one row where they are several."""
    groups: dict[tuple[object, ...], list[Outcome]] = {}
    for outcome in found:
        groups.setdefault(_whose(outcome), []).append(outcome)
    made = []
    for outcome in found:
        group = groups[_whose(outcome)]
        good = [item for item in group if _passed(item)]
        if len(good) < 2 or outcome not in good:
            made.append(Row(outcome=outcome))
        elif outcome is good[0]:
            made.append(Row(outcome=outcome, folded=tuple(good), of=len(group)))
    return made


def _passed(outcome: Outcome) -> bool:
    """Whether a check came to something, and that is good: an audit may be too noisy to tell."""
    verdict = outcome.verdict
    return verdict is not None and verdict.kind.good and verdict.kind is not VerdictKind.NOT_COMPARABLE


def _whose(outcome: Outcome) -> tuple[object, ...]:
    """The key that the checks of one case share; a number and a scenario have one of their own."""
    made, alike = outcome.measurement, outcome.likeness
    alone = outcome.metric is not None or ScenarioDetail.from_stored(made.detail).loadgen is not None
    how = (alike.origin, alike.weights, alike.data, alike.protocol, alike.limit)
    return made.id if alone else None, made.case, made.kind, *how
