"""Which earlier runs a spread is taken from, in a store of several hosts and of runs of other kinds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from store_samples import make

from harness.cli.compare import of_runs
from harness.comparing import gate
from harness.comparing.spreads import WINDOW, throughputs_before
from harness.domain.cases import Kind
from harness.machine.fingerprint import machine_key
from harness.store.results import Store
from harness.verdicts.effects import Finding

NIGHTS = 24


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Eight hosts of three cases each, 1 % from night to night; and an accuracy session every night."""
    made = Store(f"sqlite:///{tmp_path / 'results.sqlite'}")
    draw, number = random.Random(3), 0
    for night in range(NIGHTS):
        day = f"2026-01-{1 + night:02}"
        for host in range(8):
            for case in range(3):
                number += 1
                made.add(make(
                    number, run=f"h{host}-{night:02}-nightly", kind=Kind.THROUGHPUT, protocol=None,
                    metrics={"throughput": 800 * draw.lognormvariate(0, 0.01)}, samples=800, raw={},
                    case=f"tinybert-ascend310p-bs{case + 1}", machine={"cpu": f"x{host}"},
                    created=f"{day}T{host:02}:00:00+00:00", detail={"calls": 100, "noisy": []},
                ))  # fmt: skip
        number += 1
        made.add(
            make(number, run=f"accuracy-{night:02}", created=f"{day}T23:00:00+00:00", machine={"cpu": "x0"})
        )
    return made


def test_the_window_is_of_runs_of_this_machine_that_have_a_throughput(store: Store) -> None:
    """Of thirty runs of everything it was three of the host itself."""
    here = machine_key({"cpu": "x0"})
    found = throughputs_before(store, [here], f"h0-{NIGHTS - 1:02}-nightly")
    runs = list(dict.fromkeys(item.run for item in found))
    assert runs == [f"h0-{night:02}-nightly" for night in range(NIGHTS - 1)]
    assert {item.repeated.machine for item in found} == {here}
    assert len(found) == 3 * (NIGHTS - 1)


def test_of_several_machines_each_has_its_own_window(store: Store) -> None:
    here = [machine_key({"cpu": f"x{host}"}) for host in (0, 5)]
    found = throughputs_before(store, here)
    assert len({item.run for item in found}) == 2 * NIGHTS


def test_nights_of_a_host_among_eight_are_rarely_false_alarms(store: Store) -> None:
    news = 0
    for night in range(6, NIGHTS):
        found = of_runs(store, f"h0-{night - 1:02}-nightly", f"h0-{night:02}-nightly", gate.EVERYTHING)
        news += sum(pair.finding in (Finding.BETTER, Finding.WORSE) for pair in found.pairs)
        assert f"of {night} earlier runs and 3 series of this machine" in found.pairs[0].message
    assert news <= 1


def test_runs_of_one_case_push_no_night_out(tmp_path: Path) -> None:
    """Forty `-k` runs between two nights; each of the thirty nights before is still there."""
    store, number = Store(f"sqlite:///{tmp_path / 'results.sqlite'}"), 0

    def add(run: str, case: int, minute: int) -> None:
        nonlocal number
        number += 1
        store.add(make(
            number, run=run, kind=Kind.THROUGHPUT, protocol=None, metrics={"throughput": 800.0}, samples=8,
            raw={}, case=f"tinybert-ascend310p-bs{case}", machine={"cpu": "x"}, detail={"noisy": []},
            created=f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00+00:00",
        ))  # fmt: skip

    for night in range(WINDOW + 5):
        for case in (1, 2, 3):
            add(f"night-{night:02}", case, night)
    for one in range(40):
        add(f"one-{one:02}", 1, WINDOW + 5 + one)
    found = {item.run for item in throughputs_before(store, [machine_key({"cpu": "x"})])}
    assert sum(run.startswith("night") for run in found) == WINDOW
    assert sum(run.startswith("one") for run in found) == 40
