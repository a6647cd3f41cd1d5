"""The throughput that a document prints: one fixed batch, timed call by call; and whether that is the work.

The audits run with `--audits yes`, and with `--stamp nightly` or higher: docs/measurement.md.
"""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fixtures.bench import Bench
from fixtures.options import in_worker
from harness.domain.cases import Case

pytestmark = pytest.mark.throughput


@pytest.fixture(autouse=True)
def alone(pytestconfig: pytest.Config) -> None:
    """Nothing else may run on the machine while a call is timed."""
    if in_worker(pytestconfig):
        pytest.skip("throughput is not measured beside other tests; run it without -n, in a call of its own")


def test_throughput(case: Case, bench: Bench, benchmark: BenchmarkFixture) -> None:
    """A chip reaches the documented samples per second; a stand-in's are recorded, never compared."""
    bench.check_throughput(case, benchmark)


@pytest.mark.check("outputs of the timed run")
def test_the_timed_calls_give_the_outputs_of_untimed_ones(case: Case, bench: Bench) -> None:
    """Bit for bit, or within what two untimed calls of a backend that is not deterministic differ by."""
    bench.check_audit(case)


@pytest.mark.check("repeated sample")
def test_a_repeated_sample_is_no_faster(case: Case, bench: Bench) -> None:
    """One sample again and again is not shown to be more than 10 % faster than varied ones."""
    bench.check_audit(case)


@pytest.mark.check("alternate seed")
def test_another_seed_gives_the_same_throughput(case: Case, bench: Bench) -> None:
    """Another batch of the data is not shown to be faster or slower than the timed one by more than 5 %."""
    bench.check_audit(case)
