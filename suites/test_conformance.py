"""The artifact is the same model as the checkpoint: its contract, and its outputs."""

from __future__ import annotations

import pytest

from fixtures.bench import Bench
from harness.domain import Case, Kind

pytestmark = pytest.mark.conformance


def test_output_parity(case: Case, bench: Bench, request: pytest.FixtureRequest) -> None:
    """Names, dtypes and shapes are the table's, and outputs stay within the precision's bound of torch."""
    bench.conclude(request, Kind.CONFORMANCE, lambda: bench.runner.conformance(case))
