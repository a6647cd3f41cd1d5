"""What the tests of running tools share: whatever happens in one, nothing of its tool runs on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import stand_ins

from harness.tools.process import execution


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that ignores SIGTERM is not waited for five seconds in every test."""
    real = execution.execute.__kwdefaults__
    monkeypatch.setitem(real, "grace_s", 0.5)


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path) -> Iterator[None]:
    """The claim that every test here makes."""
    yield
    assert stand_ins.running(tmp_path) == []
    assert stand_ins.supervisors() == []


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the tool's output goes: a folder that is not there yet."""
    return tmp_path / "artifact" / "tool.log"


@pytest.fixture(autouse=True)
def _signals_are_heard() -> Iterator[None]:
    """A shell starts what runs in the background deaf to interrupts, and every child inherits that."""
    before = {
        number: signal.signal(number, heard)
        for number, heard in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL))
        if signal.getsignal(number) is signal.SIG_IGN
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
