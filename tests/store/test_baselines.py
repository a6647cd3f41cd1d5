"""Baselines: which is in force, for which machine, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from store_samples import make

from harness.errors import StoreError
from harness.machine.fingerprint import fingerprint, machine_key
from harness.store import baselines
from harness.store.results import Store


@pytest.fixture
def filled(store: Store) -> Store:
    """A store of two runs."""
    store.add(make(1, run="run-1"))
    store.add(make(2, run="run-2"))
    return store


def in_force(store: Store) -> list[tuple[str, str, str]]:
    return [(item.name, item.machine, item.run) for item in store.baselines()]


def test_the_newest_is_in_force_for_each_name_and_machine(filled: Store):
    """Setting again replaces what is in force, on that machine alone."""
    assert filled.baselines() == []
    filled.set_baseline("good", "bb", "run-1")
    filled.set_baseline("good", "aa", "run-1", note="first")
    newest = filled.set_baseline("good", "aa", "run-2", note="faster")
    filled.set_baseline("best", "aa", "run-1")
    assert in_force(filled) == [("best", "aa", "run-1"), ("good", "aa", "run-2"), ("good", "bb", "run-1")]
    assert filled.baseline("good", "aa") == newest
    assert (newest.note, datetime.fromisoformat(newest.created).utcoffset()) == ("faster", timedelta(0))
    assert filled.baseline("good", "cc") is None


def test_what_is_dropped_is_not_in_force_until_it_is_set_again(filled: Store):
    """On one machine, or on all."""
    for machine in ("aa", "bb"):
        filled.set_baseline("good", machine, "run-1")
    assert [item.machine for item in filled.drop_baseline("good", "aa")] == ["aa"]
    assert in_force(filled) == [("good", "bb", "run-1")]
    filled.set_baseline("good", "aa", "run-2")
    assert [item.machine for item in filled.drop_baseline("good")] == ["aa", "bb"]
    assert filled.baselines() == []
    filled.set_baseline("good", "bb", "run-1")
    assert in_force(filled) == [("good", "bb", "run-1")]


def test_dropping_what_is_not_in_force_is_refused(filled: Store):
    """With what is."""
    filled.set_baseline("good", "aa", "run-1")
    with pytest.raises(StoreError, match=r"no baseline 'bad' is in force; in force: good; .*baseline set"):
        filled.drop_baseline("bad")
    with pytest.raises(StoreError, match="no baseline 'good' is in force on machine bb; in force: good"):
        filled.drop_baseline("good", "bb")


def test_an_unknown_run_is_refused(filled: Store):
    """With the runs that there are, the latest first."""
    with pytest.raises(StoreError, match="no run is called 'run-9'; the latest of 2: run-2, run-1"):
        filled.set_baseline("good", "aa", "run-9")
    assert filled.baselines() == []


@pytest.mark.parametrize("name", ["", " good", "good\n", "a\tb", "x" * 101])
def test_a_name_that_is_none_is_refused(file_store: Store, name: str):
    """It has to be readable in a line, and typed again."""
    file_store.add(make(1, run="run-1"))
    with pytest.raises(StoreError, match="expected a baseline's name"):
        file_store.set_baseline(name, "aa", "run-1")


def test_a_clock_that_was_set_back_changes_nothing(filled: Store, monkeypatch: pytest.MonkeyPatch):
    """What is done later counts, whatever the clock says."""
    filled.set_baseline("good", "aa", "run-1")

    class Yesterday(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(UTC) - timedelta(days=1)

    monkeypatch.setattr(baselines, "datetime", Yesterday)
    filled.set_baseline("good", "aa", "run-2")
    assert in_force(filled) == [("good", "aa", "run-2")]
    filled.drop_baseline("good")
    assert filled.baselines() == []


def test_an_older_row_that_is_copied_later_does_not_win(filled: Store, file_store: Store):
    """A host's old baseline arrives behind the newer one that was set in the target."""
    file_store.add(make(1, run="run-1"))
    file_store.set_baseline("good", "aa", "run-1")
    filled.set_baseline("good", "aa", "run-2")
    file_store.copy_to(filled)
    assert in_force(filled) == [("good", "aa", "run-2")]


def test_the_machines_of_a_run(store: Store):
    """Each once, in the order in which they came; the load does not make another one."""
    first, second = {"cpu": "x", "load_average": [1.0]}, {"cpu": "y"}
    store.add(make(1, machine=second))
    store.add(make(2, machine=first))
    store.add(make(3, machine={"cpu": "x", "load_average": [9.0]}))
    store.add(make(4, machine={"cpu": "z"}, run="another"))
    assert store.machines("run-1") == [machine_key(second), machine_key(first)]
    assert store.machines("none") == []


class TestMachineKey:
    def test_is_short_and_lasting(self):
        """12 hexadecimal digits, whatever the load and the order of what is known."""
        here = fingerprint()
        key = machine_key(here)
        assert len(key) == 12
        assert int(key, 16) >= 0
        assert machine_key({**dict(reversed(here.items())), "load_average": [9.0, 9.0, 9.0]}) == key

    def test_what_is_not_known_is_as_if_it_were_not_there(self):
        """As where two machines are compared."""
        assert machine_key({"cpu": "x", "governor": None}) == machine_key({"cpu": "x"})

    @pytest.mark.parametrize("change", [{"kernel": "Linux 7"}, {"cores_usable": 1}, {"host_id": "b"}])
    def test_anything_else_makes_another_machine(self, change: dict[str, Any]):
        """A new kernel, fewer cores, another host."""
        machine = {"host_id": "a", "kernel": "Linux 6", "cores_usable": 2}
        assert machine_key(machine | change) != machine_key(machine)
