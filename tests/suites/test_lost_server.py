"""A results store on a server that goes away in the middle of `pytest suites/`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import place
from going_away import before
from zoo_runs import Zoo

from harness.store.results import Store

# Four claims: one is written, one meets the end of the server, two more would be measured for nothing.
CLAIMS = ("-m", "mite and abacus and (accuracy or throughput)", "--bs", "1,4")


@pytest.fixture
def server_url(tmp_path: Path) -> Iterator[str]:
    """Where a store could be, on the lent server."""
    with place("postgresql", tmp_path) as url:
        yield url


def held(url: str) -> list[str]:
    """The ids of what a store holds, in order."""
    store = Store(url, existing=True)
    try:
        return [item.measurement.id for item in store.results()]
    finally:
        store.close()


@pytest.mark.parametrize("committed", [False, True], ids=["before the write", "before its answer"])
def test_the_run_ends_early_and_nothing_is_lost_or_doubled(
    zoo: Zoo, server_url: str, tmp_path: Path, committed: bool
) -> None:
    own = zoo.but(home=tmp_path / "home")
    with before(server_url, last=2, committed=committed) as (url, door):
        ran = own.suites(
            tmp_path, *CLAIMS, "-p", "impatient", "--results", url, "--run-id", "lost", store=None
        )
        assert door.shut.is_set()
    said = ran.out + ran.err
    assert ran.status == 6, said
    assert "the results store is gone" in said
    assert "no server listens there" in said
    assert "Traceback" not in said
    password = re.findall(r":([^:@/]+)@", server_url)[0]
    assert password not in said

    kept = f"sqlite:///{own.home / 'kept.sqlite'}"
    assert f"what was measured is kept in {kept}" in said
    there, here = held(server_url), held(kept)
    assert len(there) == (2 if committed else 1)
    assert len(here) == 1
    assert (here[0] in there) is committed

    copied = own.zoocheck(tmp_path, "store", "copy", kept, server_url)
    assert copied.status == 0, copied.err
    assert f"measurements: {0 if committed else 1} copied" in copied.out
    again = own.zoocheck(tmp_path, "store", "copy", kept, server_url)
    assert "measurements: 0 copied, 1 there already" in again.out
    store = Store(server_url, existing=True)
    results = store.results(run="lost")
    assert [item.measurement.id for item in results] == [there[0], here[0]]
    assert {(item.measurement.case, str(item.measurement.kind)) for item in results} == {
        ("mite-abacus-bs1", "accuracy"),
        ("mite-abacus-bs4", "accuracy"),
    }
    assert all(item.verdict is not None and item.verdict.kind.good for item in results)
