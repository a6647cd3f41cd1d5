"""The accuracy that a document prints: every sample, scored by the documented protocol."""

from __future__ import annotations

import pytest

from fixtures.bench import Bench
from harness.domain.cases import Case

pytestmark = pytest.mark.accuracy


def test_accuracy(case: Case, bench: Bench) -> None:
    """A full checkpoint reaches the documented score; any other keeps its own fp32 score, less the drop."""
    bench.check_accuracy(case)
