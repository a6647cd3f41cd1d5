"""The artifact is the same model as the checkpoint: its contract, and its outputs."""

from __future__ import annotations

import pytest

from fixtures.bench import Bench
from harness.domain import Case

pytestmark = pytest.mark.conformance


def test_output_parity(case: Case, bench: Bench) -> None:
    """Names, dtypes and shapes are the table's, and outputs stay within the precision's bound of torch."""
    bench.check_parity(case)
