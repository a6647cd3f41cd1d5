"""However a tool ends, is ended, or this process ends: nothing that it started runs on.

Every test here is held to it by `_nothing_left`, which looks for the test's mark in every environment.
"""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest
from stand_ins import MARK, python, running, shell, supervisors, wait_for

from harness.tools.process import ToolFailed, ToolTimedOut, run

ROOT = Path(__file__).resolve().parents[3]
IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); "
)
# Forks twice, each into a session of its own: its grandchild ignores SIGTERM and is nobody's child.
DAEMON = textwrap.dedent(
    """
    import os, signal, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            {closing}
            time.sleep(600)
        os._exit(0)
    os.wait()
    """
)


def test_a_hung_tool_is_ended(tmp_path: Path, log: Path):
    """By its limit, and says so, with what it printed until then."""
    start = time.monotonic()
    with pytest.raises(
        ToolTimedOut, match=r"sh: ended after its time limit of 0.7 s \(build\); read its log for the cause"
    ) as caught:
        run(shell("echo working; sleep 600", tmp_path, timeout_s=0.7), log)
    assert time.monotonic() - start < 15
    assert caught.value.tail == "working"
    assert caught.value.finished.signal == signal.SIGTERM


def test_a_tool_may_clean_up(tmp_path: Path, log: Path):
    """SIGTERM comes first, to the whole tree; what it prints then is in the log."""
    with pytest.raises(ToolTimedOut):
        run(shell("trap 'echo cleaned; exit 0' TERM; sleep 600 & wait", tmp_path, timeout_s=0.7), log)
    assert log.read_text() == "cleaned\n"


def test_a_tool_that_ignores_sigterm(tmp_path: Path, log: Path):
    """SIGKILL follows."""
    with pytest.raises(ToolTimedOut) as caught:
        run(python(IGNORES_SIGTERM + "time.sleep(600)", tmp_path, timeout_s=1.5), log)
    assert caught.value.finished.signal == signal.SIGKILL


def test_a_stopped_tool_is_ended(tmp_path: Path, log: Path):
    """A process in SIGSTOP handles no SIGTERM until it goes on."""
    with pytest.raises(ToolTimedOut):
        run(shell("kill -STOP $$", tmp_path, timeout_s=0.7), log)


def test_a_tree_is_ended(tmp_path: Path, log: Path):
    """Children in groups and sessions of their own as well."""
    line = "setsid sleep 600 & sh -c 'sleep 600 & sleep 600' & sh -c 'setsid sh -c \"sleep 600\"' & wait"
    with pytest.raises(ToolTimedOut) as caught:
        run(shell(line, tmp_path, timeout_s=1.0), log)
    assert caught.value.finished.ended >= 5


@pytest.mark.parametrize("closing", ["", "os.close(1); os.close(2)"], ids=["holds-output", "closed-output"])
def test_a_daemon_is_ended(tmp_path: Path, log: Path, closing: str):
    """A tool that went well and left a daemon: the tool's result stands, the daemon does not."""
    start = time.monotonic()
    finished = run(python(DAEMON.format(closing=closing), tmp_path), log)
    assert time.monotonic() - start < 15
    assert finished.status == 0
    assert finished.ended == 1
    assert finished.duration_s < 5  # the tool's own, without the wait for the daemon


def test_what_outlives_the_tool_by_a_moment_may_end(tmp_path: Path, log: Path):
    """The `tee` of a wrapper script still writes when the script has ended; its lines are in the log."""
    finished = run(shell("(sleep 0.3; echo late) & echo early", tmp_path), log)
    assert log.read_text() == "early\nlate\n"
    assert finished.ended == 0


def test_a_daemon_of_a_hung_tool(tmp_path: Path, log: Path):
    """Both are ended."""
    with pytest.raises(ToolTimedOut):
        run(python(DAEMON.format(closing="") + "time.sleep(600)", tmp_path, timeout_s=1.5), log)


def test_a_failing_tools_children(tmp_path: Path, log: Path):
    """A status other than 0 leaves nothing either."""
    with pytest.raises(ToolFailed, match="exit status 7"):
        run(shell("sleep 600 & exit 7", tmp_path), log)


def test_an_interrupt_ends_the_tool(tmp_path: Path, log: Path):
    """^C is raised again, as soon as the tool is gone."""
    ready = tmp_path / "ready"

    def interrupt() -> None:
        wait_for(ready.exists)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run(shell(f"sleep 600 & touch '{ready}'; sleep 600", tmp_path), log)
    thread.join()
    assert running(tmp_path) == []


def test_a_second_interrupt_leaves_it_to_the_supervisor(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
):
    """Whoever presses ^C twice does not wait; the tool is ended behind him."""
    ready = tmp_path / "ready"
    source = IGNORES_SIGTERM + f"open({str(ready)!r}, 'w').close(); time.sleep(600)"

    def interrupt() -> None:
        wait_for(ready.exists)
        _thread.interrupt_main()
        time.sleep(0.2)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run(python(source, tmp_path), log)
    thread.join()
    assert wait_for(lambda: not running(tmp_path))
    subprocess._cleanup()
    assert wait_for(lambda: not supervisors())


# A worker that has a copy of every pipe of the running tool, as multiprocessing's have.
FORK_LATER = """
import threading, time
def fork_later():
    while not os.path.exists("ready"): time.sleep(0.02)
    if os.fork() == 0:
        open("forked", "w").close()
        time.sleep(60)
        os._exit(0)
threading.Thread(target=fork_later, daemon=True).start()
"""
PARENT = """
import os, pathlib, sys
sys.path.insert(0, {root!r})
from harness.tools.process import Command, Stage, execution, run
execution.execute.__kwdefaults__['grace_s'] = 0.5
{before}
line = "touch ready; sleep 600 & setsid sleep 600 & trap '' TERM; sleep 600; sleep 600"
run(Command(argv=("sh", "-c", line),
            cwd=pathlib.Path({folder!r}), stage=Stage.BUILD), pathlib.Path({folder!r}) / "log")
"""


@pytest.mark.parametrize(
    ("number", "before"),
    [
        (signal.SIGKILL, ""),
        (signal.SIGKILL, FORK_LATER),
        (signal.SIGTERM, ""),
        (signal.SIGINT, ""),
        (signal.SIGHUP, ""),
    ],
    ids=["kill", "kill-with-a-forked-worker", "term", "int", "hup"],
)
def test_the_death_of_this_process(tmp_path: Path, number: signal.Signals, before: str):
    """Killed by whatever signal, also where a forked worker of it lives on: the tool is ended."""
    folder = tmp_path / "parent"
    folder.mkdir()
    source = PARENT.format(root=str(ROOT), folder=str(folder), before=before)
    parent = subprocess.Popen(
        [sys.executable, "-c", source],
        cwd=folder,
        env={**os.environ, MARK: str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )
    assert wait_for((folder / "ready").exists)
    assert wait_for(lambda: len(running(tmp_path)) >= 5)
    if before:
        assert wait_for((folder / "forked").exists)
    parent.send_signal(number)
    parent.wait(20)
    workers = 1 if before else 0  # the forked worker itself is no tool
    assert wait_for(lambda: len(running(tmp_path)) <= workers)
    for pid in running(tmp_path):
        psutil.Process(pid).kill()
    assert wait_for(lambda: not running(tmp_path))


def test_the_death_of_the_supervisor(tmp_path: Path, log: Path):
    """Whoever kills it ends the tool, and is told so; its children go with its session."""

    def kill() -> None:
        wait_for(lambda: len(running(tmp_path)) >= 3)
        os.kill(supervisors()[0], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(ToolFailed, match="the process that watched it was killed"):
        run(shell("sleep 600 & sleep 600", tmp_path), log)
    thread.join()
    assert wait_for(lambda: not running(tmp_path))


def test_many_at_once(tmp_path: Path):
    """Threads that run tools side by side end each its own."""
    problems: list[str] = []

    def one(number: int) -> None:
        try:
            run(shell(f"echo {number}; sleep 0.2", tmp_path), tmp_path / f"{number}.log")
        except Exception as problem:
            problems.append(str(problem))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [(tmp_path / f"{number}.log").read_text() for number in range(6)] == [f"{n}\n" for n in range(6)]
