"""Every result in a line of JSON, for reports that show only some of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from harness.store.briefs import Kept, Told
from reports.outcomes import Latest


def lines(results: Kept, every: Sequence[Latest]) -> Iterator[str]:
    """JSON Lines: what was claimed, what it came to and why, and where the number comes from."""
    for outcome, told in zip(every, results.told(item.place for item in every), strict=True):
        yield f"{json.dumps(_entry(outcome, told), ensure_ascii=True)}\n"


def _entry(outcome: Latest, told: Told) -> dict[str, object]:
    made = outcome.series
    return {
        "case": made.case,
        "kind": made.kind,
        "verdict": outcome.status,
        "metrics": dict(told.metrics),
        "expected": told.expected,
        "message": told.message,
        "origin": made.origin,
        "weights": made.weights,
        "data": made.data,
        "run": outcome.brief.run,
        "created": outcome.brief.created,
        "id": outcome.brief.id,
    }
