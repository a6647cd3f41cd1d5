"""The throughput that a document prints: one fixed batch, timed call by call."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fixtures.bench import Bench, time_case
from fixtures.options import in_worker
from harness.domain import Case, Kind

pytestmark = pytest.mark.throughput


@pytest.fixture(autouse=True)
def alone(pytestconfig: pytest.Config) -> None:
    """Nothing else may run on the machine while a call is timed."""
    if in_worker(pytestconfig):
        pytest.skip("throughput is not measured beside other tests; run it without -n, in a call of its own")


def test_throughput(
    case: Case, bench: Bench, benchmark: BenchmarkFixture, request: pytest.FixtureRequest
) -> None:
    """A chip reaches the documented samples per second; a stand-in's are recorded, never compared."""
    bench.conclude(request, Kind.THROUGHPUT, lambda: time_case(bench, case, benchmark))
