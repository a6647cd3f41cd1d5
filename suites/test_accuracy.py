"""The accuracy that a document prints: every sample, scored by the documented protocol."""

from __future__ import annotations

import pytest

from fixtures.bench import Bench
from harness.domain import Case, Kind

pytestmark = pytest.mark.accuracy


def test_accuracy(case: Case, bench: Bench, request: pytest.FixtureRequest) -> None:
    """A full checkpoint reaches the documented score; any other keeps its own fp32 score, less the drop."""
    for protocol in bench.protocols:
        bench.conclude(request, Kind.ACCURACY, lambda: bench.runner.accuracy(case, protocol))  # noqa: B023
