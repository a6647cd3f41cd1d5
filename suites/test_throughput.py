"""The throughput that a document prints: one fixed batch, timed call by call."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fixtures.bench import Bench
from fixtures.options import in_worker
from harness.domain import Case

pytestmark = pytest.mark.throughput


@pytest.fixture(autouse=True)
def alone(pytestconfig: pytest.Config) -> None:
    """Nothing else may run on the machine while a call is timed."""
    if in_worker(pytestconfig):
        pytest.skip("throughput is not measured beside other tests; run it without -n, in a call of its own")


def test_throughput(case: Case, bench: Bench, benchmark: BenchmarkFixture) -> None:
    """A chip reaches the documented samples per second; a stand-in's are recorded, never compared."""
    bench.check_throughput(case, benchmark)
