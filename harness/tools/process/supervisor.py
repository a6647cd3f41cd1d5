"""Runs one tool and ends everything that it started: a script of its own, between zoocheck and the tool.

Why a process in between, where `subprocess` has a group and a time-out:

- **Every descendant is found.** The supervisor is a "child subreaper" (prctl(2), Linux 3.4): what the tool
  starts becomes the supervisor's child when its own parent goes, whether it forked twice, changed its
  group or its session. So "nothing is left" is what wait(2) says: no children. A group's signal misses
  daemons, and a snapshot of children by psutil those whose parent is already gone. Making zoocheck
  itself a subreaper would hand it the orphans of everything else that it runs.
- **The death of zoocheck is seen, SIGKILL included**: its end of a pipe closes, and the parent's id changes.
  The latter is for the pipe that a forked worker of zoocheck still holds open. PR_SET_PDEATHSIG in a
  `preexec_fn` of zoocheck would not do: it is not safe beside threads, and fires when the *thread* that
  forked ends. Here there is one thread, so the tool gets it: it dies if the supervisor is killed.
- **Peak memory is the tool's.** Linux keeps the peak of what a process was before exec(2), so that a child
  of a zoocheck that holds 4 GB of weights would report 4 GB. The supervisor holds a few MB.

What it cannot see is what another daemon starts at the tool's request (a container's engine, a job queue).

Descriptors: 0 carries one line of JSON that says what to run, and then, on any byte or its end, the order to
stop. 1 carries lines of JSON back. 2 is what the tool gets as its output and its errors. Started with -I -S
-X utf8, it imports the standard library alone, the tool's environment never touches it, and
arguments and variables that are no UTF-8 go through as they are.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import time
from typing import Any

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PR_SET_CHILD_SUBREAPER = 36
_LINGER_S = 1.0  # for what outlives the tool by a moment, as the `tee` of a wrapper script
_KILL_S = 10.0  # a process that survives SIGKILL for so long waits for a driver: it is reported
_TICK_S = 1.0  # how often the parent is looked for


class Supervisor:
    """One tool, from start to the last of its descendants."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.tool = 0
        self.result: dict[str, Any] = {"status": None, "signal": None, "duration_s": None}
        self.peak_rss_bytes = 0
        self.ended: set[int] = set()
        self.over = False  # the tool itself
        self.stop = False
        self._wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)  # what counts is the byte in the pipe
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # zoocheck's thread may have blocked some
        self.started_s = time.monotonic()

    def run(self) -> None:
        """Start the tool, wait for its end or the order to stop, and leave nothing running."""
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
        try:
            # Kept: a Popen that is collected waits for its process, whose status would then be lost here.
            self.popen = subprocess.Popen(
                self.spec["argv"],
                executable=self.spec["executable"],
                cwd=self.spec["cwd"],
                env=self.spec["env"],
                stdin=subprocess.DEVNULL,
                stdout=2,
                stderr=2,
                process_group=0,
                # Safe here, in a process of one thread.
                preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0),
            )
        except OSError as problem:
            where = "cwd" if problem.filename == self.spec["cwd"] else "executable"
            report({"errno": problem.errno, "reason": problem.strerror, "where": where})
            return
        self.tool = self.popen.pid
        report({"pid": self.tool})
        while not self.over and not self.stop:
            self.wait(_TICK_S)
        until = time.monotonic() + _LINGER_S
        while self.children() and not self.stop and time.monotonic() < until:
            self.wait(until - time.monotonic())
        self.end()
        left = sorted(descendants()) if self.children() else []
        report({**self.result, "peak_rss_bytes": self.peak_rss_bytes, "ended": len(self.ended), "left": left})

    def wait(self, most_s: float) -> None:
        """Sleep until a child ends, the order to stop comes, or `most_s` is over."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        if not self.stop:
            poll.register(0, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(max(0.0, most_s) * 1000)}
        if self._wake in ready:
            signals = os.read(self._wake, 4096)
            self.stop |= any(number != signal.SIGCHLD for number in signals)
        self.stop |= 0 in ready or os.getppid() != self.spec["parent"]
        self.children()

    def children(self) -> bool:
        """Whether any are left; those that have ended are waited for and counted."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            self.peak_rss_bytes = max(self.peak_rss_bytes, usage.ru_maxrss * 1024)  # Linux: in KiB
            if pid == self.tool:
                code = os.waitstatus_to_exitcode(status)
                self.over = True
                self.result = {
                    "status": code if code >= 0 else None,
                    "signal": -code if code < 0 else None,
                    "duration_s": time.monotonic() - self.started_s,
                }

    def end(self) -> None:
        """SIGTERM to every descendant, and SIGKILL to those that are still there after the grace."""
        for number, patience_s in ((signal.SIGTERM, self.spec["grace_s"]), (signal.SIGKILL, _KILL_S)):
            asked: set[int] = set()
            until = time.monotonic() + patience_s
            while self.children():
                for pid in descendants() - asked:
                    send(pid, number)
                    send(pid, signal.SIGCONT)  # a stopped process handles nothing
                    asked.add(pid)
                self.ended |= asked
                if time.monotonic() >= until:
                    break
                self.wait(0.05)


def descendants() -> set[int]:
    """The processes below this one, by what /proc says of everybody's parent."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 (twice as fast; there are thousands)
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 (as above)
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, IndexError):
                continue  # it has just gone
            children.setdefault(parent, []).append(int(name))
    found: set[int] = set()
    queue = [os.getpid()]
    while queue:
        below = children.get(queue.pop(), [])
        found.update(below)
        queue.extend(below)
    return found


def send(pid: int, number: int) -> None:
    """Signal a process that may be gone, or be another user's."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def report(content: dict[str, Any]) -> None:
    """A line to zoocheck, which may be dead: the tool is ended all the same."""
    try:
        os.write(1, json.dumps(content).encode() + b"\n")
    except BrokenPipeError:
        return


def main() -> None:
    """Read what to run; nothing where zoocheck went before it had said so."""
    received = b""
    while b"\n" not in received:
        chunk = os.read(0, 65536)
        if not chunk:
            return
        received += chunk
    line, _, rest = received.partition(b"\n")
    if not rest:
        Supervisor(json.loads(line)).run()


if __name__ == "__main__":
    main()
