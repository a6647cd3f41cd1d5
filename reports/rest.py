"""Every result in a line of JSON, for reports that show only some of them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from reports.outcomes import Outcome


def lines(found: Iterable[Outcome]) -> str:
    """JSON Lines: what was claimed, what it came to and why, and where the number comes from."""
    return "".join(f"{json.dumps(_entry(outcome), ensure_ascii=True)}\n" for outcome in found)


def _entry(outcome: Outcome) -> dict[str, object]:
    made, verdict = outcome.measurement, outcome.verdict
    return {
        "case": made.case,
        "kind": made.kind,
        "verdict": outcome.status,
        "metrics": dict(made.metrics),
        "expected": None if verdict is None else verdict.expected,
        "message": "" if verdict is None else verdict.message,
        "origin": made.origin,
        "weights": made.provenance.weights,
        "data": made.provenance.data,
        "run": made.run,
        "created": made.created,
        "id": made.id,
    }
