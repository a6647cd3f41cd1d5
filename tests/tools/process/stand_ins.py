"""Tools that misbehave, as scripts; and what tells whether one of their processes still runs."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil

from harness.tools.process import Command, Stage

MARK = "ZOOCHECK_TEST_TOOL"  # in the environment of whatever a test's tool starts


def python(source: str, folder: Path, **more: object) -> Command:
    """A command that runs `source` in a fresh Python, with the test's folder as its mark."""
    return Command(
        argv=(sys.executable, "-I", "-S", "-c", source), cwd=folder, stage=Stage.BUILD,
        env={MARK: str(folder)}, **{"timeout_s": 60.0, **more},
    )  # fmt: skip


def shell(line: str, folder: Path, **more: object) -> Command:
    """A command that runs `line` in sh, with the test's folder as its mark."""
    return Command(
        argv=("sh", "-c", line), cwd=folder, stage=Stage.BUILD, env={MARK: str(folder)},
        **{"timeout_s": 60.0, **more},
    )  # fmt: skip


def running(folder: Path) -> list[int]:
    """The processes that carry the mark of the test in `folder`, zombies left out."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == str(folder):
                found.append(process.pid)
        except psutil.Error:
            continue
    return [pid for pid in found if pid != os.getpid()]


def supervisors() -> list[int]:
    """The supervisors that this process has started and not waited for."""
    return [
        child.pid for child in psutil.Process().children() if "supervisor.py" in " ".join(child.cmdline())
    ]


def wait_for(what: object, seconds: float = 20.0) -> bool:
    """Whether `what()` comes true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.02)
    return bool(what())
