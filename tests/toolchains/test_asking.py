"""Questions to a vendor's tool: asked once where it gives no answer, briefly, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.toolchains import asking
from harness.toolchains.place import Toolchain
from harness.tools.process import Stage, ToolEndless, ToolTimedOut, records

REPOSITORY = Path(__file__).resolve().parents[2]


def tool(folder: Path, script: str) -> str:
    """A tool on a PATH of its own that counts how often it is called."""
    path = folder / "vendor-smi"
    path.write_text(f"#!/bin/sh\necho called >> {folder}/calls\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def calls(folder: Path) -> int:
    return len((folder / "calls").read_text(encoding="utf-8").splitlines())


def test_a_tool_that_hangs_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a remedy that there is: no option of `doctor` gives it more time, and no log of it is kept."""
    monkeypatch.setattr(records, "LIMITS_S", {**records.LIMITS_S, Stage.PROBE: 1.0})
    hanging = tool(tmp_path, "exec sleep 1000")
    said = []
    for _ in range(3):
        with pytest.raises(ToolTimedOut) as failed:
            asking.ask(Toolchain(name="vendor"), [hanging])
        said.append(str(failed.value))
    assert calls(tmp_path) == 1
    assert len(set(said)) == 1
    assert "ended after its time limit of 1 s (probe); run it by hand" in said[0]
    assert "--tool-timeout" not in said[0]
    assert "log:" not in said[0]


def test_a_tool_that_never_stops_printing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended at the most that an answer has, and no more than that is written."""
    most = 64 << 10
    monkeypatch.setattr(records, "MOST_BYTES", {Stage.PROBE: most})
    endless = tool(tmp_path, "exec yes Tesla")
    for _ in range(2):
        answer = asking.asked(Toolchain(name="vendor"), [endless])
        assert isinstance(answer.failure, ToolEndless)
        assert "bytes of output, which is no answer any more (probe); run it by hand" in str(answer.failure)
        assert len(answer.output) <= most
    assert calls(tmp_path) == 1


def test_a_tool_that_was_mended_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LIMITS_S", {**records.LIMITS_S, Stage.PROBE: 1.0})
    with pytest.raises(ToolTimedOut):
        asking.ask(Toolchain(name="vendor"), [tool(tmp_path, "exec sleep 1000")])
    assert asking.ask(Toolchain(name="vendor"), [tool(tmp_path, "echo a card")]) == "a card\n"


def test_nothing_is_left_where_zoocheck_is_told_to_end(tmp_path: Path) -> None:
    """SIGTERM while a tool is asked: its folder goes, and so does the tool."""
    hanging = tool(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 1000")
    script = (
        "import sys; from harness.toolchains import asking; from harness.toolchains.place import Toolchain; "
        "asking.ask(Toolchain(name='vendor'), [sys.argv[1]])"
    )
    places = tmp_path / "places"
    places.mkdir()
    asker = subprocess.Popen(
        [sys.executable, "-c", script, hanging],
        env={**os.environ, "TMPDIR": str(places), "PYTHONPATH": str(REPOSITORY)},
    )
    while not (tmp_path / "pid").is_file() or not (tmp_path / "pid").read_text():
        assert asker.poll() is None, "it asks"
        time.sleep(0.05)
    assert [path.name.startswith("zoocheck-probe-") for path in places.iterdir()] == [True]
    asker.send_signal(signal.SIGTERM)
    assert asker.wait(60) == 128 + signal.SIGTERM
    assert list(places.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
