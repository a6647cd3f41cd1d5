"""One tool from start to end: its output into a log, its time limit, and nothing left running.

The tool's parent is not this process but `supervisor.py`, which says why. Here the output is read,
written to the log as it is, and its last bytes are kept. The tool's output is a pipe rather than the log
file itself, so that a full disk is noticed here instead of being left to the tool, which may not look.
"""

from __future__ import annotations

import errno
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from harness.decoding import json_object
from harness.errors import MachineError
from harness.tools import failures
from harness.tools.process.records import (
    MOST_BYTES,
    Command,
    Finished,
    ToolEndless,
    ToolFailed,
    ToolMissing,
    ToolTimedOut,
    ending,
)
from harness.tools.process.tail import Tail

GRACE_S = 5.0  # between SIGTERM and SIGKILL: time to remove temporary files and to let a device go
# The supervisor gives up ten seconds after SIGKILL; one that has not ended by then is ended itself.
_BACKSTOP_S = 20.0
_CHUNK_BYTES = 64 * 1024
_TICK_S = 1.0
# A file that is there and is no program: another machine's, or a script whose interpreter is missing.
_NO_PROGRAM = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ENOEXEC)
_ANSWERING = frozenset(MOST_BYTES)  # the stages that no option gives more time to, and whose logs go
_BY_HAND = "run it by hand, to see what it waits for or prints: a lost device or its driver keeps a tool so"
_SUPERVISOR = Path(__file__).with_name("supervisor.py")


def execute(
    command: Command, executable: Path, env: Mapping[str, str], log: Path, *, grace_s: float = GRACE_S
) -> Finished:
    """Run `executable` with the command's arguments in exactly `env`; its output goes to `log`.

    Raises `ToolMissing` for what cannot be started, `ToolFailed` for a status that is not 0, a signal, or a
    log that cannot be written, `ToolTimedOut` after the command's limit, and `MachineError` for a working
    folder that is not there. Whatever it raises, KeyboardInterrupt too, nothing of the tool runs on.
    """
    if not command.cwd.is_dir():
        raise MachineError(f"{command.name}: its working folder is not there: {command.cwd}")
    with _open(command, log) as sink:
        tool = _Tool(command, executable, env, sink, grace_s)
        try:
            tool.run()
        except BaseException:
            tool.abandon()
            raise
        finally:
            tool.close()
    return _judged(tool, log)


def _open(command: Command, log: Path) -> IO[bytes]:
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        return log.open("wb", buffering=0)
    except OSError as problem:
        raise MachineError(f"{command.name}: its log cannot be written: {log}: {problem.strerror}") from None


class _Tool:
    """A tool under its supervisor."""

    def __init__(
        self, command: Command, executable: Path, env: Mapping[str, str], sink: IO[bytes], grace_s: float
    ) -> None:
        self.command = command
        self.sink = sink
        self.grace_s = grace_s
        self.tail = Tail()
        self.written = 0
        self.log_problem: OSError | None = None
        self.timed_out = False
        self.endless = False
        self.result: dict[str, Any] = {}
        self._reports = b""
        self._stopping = False
        self.started_s = time.monotonic()
        self._deadline_s = self.started_s + command.limit_s
        spec = {
            "argv": [_portable(text) for text in command.argv],
            "executable": _portable(str(executable)),
            "cwd": _portable(str(command.cwd.absolute())),
            "env": {_portable(name): _portable(value) for name, value in env.items()},
            "parent": os.getpid(), "grace_s": grace_s,
        }  # fmt: skip
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", str(_SUPERVISOR)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            bufsize=0, cwd="/", start_new_session=True,
        )  # fmt: skip
        self._spec = json.dumps(spec).encode() + b"\n"

    def run(self) -> None:
        """Start the tool and read it to its end; past its limit, or with no log, it is ended."""
        control = self._pipe(self._supervisor.stdin)
        with suppress(BrokenPipeError):  # the supervisor is gone: what it said is in the output
            while self._spec:
                self._spec = self._spec[control.write(self._spec) :]
        with selectors.DefaultSelector() as selector:
            for stream in (self._supervisor.stdout, self._supervisor.stderr):
                os.set_blocking(self._pipe(stream).fileno(), False)
                selector.register(self._pipe(stream), selectors.EVENT_READ)
            while self._supervisor.poll() is None:
                if selector.get_map():
                    for key, _ in selector.select(min(_TICK_S, self._left_s())):
                        if self._read(key.fileobj) == 0:  # type: ignore[arg-type]
                            selector.unregister(key.fileobj)
                else:  # both are closed: it is ending
                    with suppress(subprocess.TimeoutExpired):
                        self._supervisor.wait(_TICK_S)
                self._look_at_the_clock()
        for stream in (self._supervisor.stdout, self._supervisor.stderr):
            while self._read(self._pipe(stream)):
                pass

    def _left_s(self) -> float:
        return max(0.0, self._deadline_s - time.monotonic())

    def _look_at_the_clock(self) -> None:
        if self._left_s() > 0:
            return
        if self._stopping:
            self._kill()
        else:
            self.timed_out = True
            self.stop()

    def stop(self) -> None:
        """Order the end of the tool and of everything it started; the supervisor sees to it."""
        if self._stopping:
            return
        self._stopping = True
        self._deadline_s = time.monotonic() + self.grace_s + _BACKSTOP_S
        # A byte and the end of the pipe: a forked copy of this process may hold the pipe open.
        with suppress(OSError, ValueError):
            os.write(self._pipe(self._supervisor.stdin).fileno(), b"\n.")
        with suppress(OSError):
            self._pipe(self._supervisor.stdin).close()

    def abandon(self) -> None:
        """End the tool because this process is interrupted; its output is of no more interest."""
        self.stop()
        try:
            self._supervisor.wait(self._left_s())
        except subprocess.TimeoutExpired:
            self._kill()
            self.lost()

    def close(self) -> None:
        """Let the pipes go. A supervisor that is still there ends the tool on its own."""
        for stream in (self._supervisor.stdin, self._supervisor.stdout, self._supervisor.stderr):
            with suppress(OSError):
                self._pipe(stream).close()

    def lost(self) -> None:
        """The supervisor is gone without a report: somebody killed it. End what is left of its session."""
        for name in os.listdir("/proc"):  # noqa: PTH208 (names, not paths)
            with suppress(OSError):
                if name.isdigit() and os.getsid(int(name)) == self._supervisor.pid:
                    os.kill(int(name), signal.SIGKILL)

    def _kill(self) -> None:
        self._supervisor.kill()
        self._supervisor.wait()

    def _read(self, stream: IO[bytes]) -> int | None:
        """Take what has come: how many bytes, 0 at the end, None where nothing is there yet."""
        chunk: bytes | None = stream.read(_CHUNK_BYTES)
        if not chunk:
            return None if chunk is None else 0
        if stream is self._supervisor.stdout:
            self._reports += chunk
            *lines, self._reports = self._reports.split(b"\n")
            for line in lines:
                self.result |= json_object(line)
        else:
            self.tail.add(chunk)
            self._write(chunk)
        return len(chunk)

    def _write(self, chunk: bytes) -> None:
        if self.log_problem is not None or self.endless:
            return
        if self.written + len(chunk) > self.command.most_bytes:
            self.endless = True
            self.stop()
            return
        try:
            rest = memoryview(chunk)
            while rest:
                done = self.sink.write(rest)
                self.written += done
                rest = rest[done:]
        except OSError as problem:
            self.log_problem = problem
            self.stop()  # what the tool builds goes to the same disk, and a result without its log is none

    @staticmethod
    def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None  # all three are pipes
        return stream


def _portable(text: str) -> str:
    """What the supervisor, which takes every text for UTF-8, has to be told for the same bytes."""
    return os.fsencode(text).decode("utf-8", "surrogateescape")


def _judged(tool: _Tool, log: Path) -> Finished:
    """The record of a tool that went well; raises for every other."""
    command, result = tool.command, tool.result
    if "errno" in result:
        raise _not_started(command, result)
    finished = Finished(
        command=command,
        status=result.get("status"),
        signal=result.get("signal"),
        duration_s=result.get("duration_s") or time.monotonic() - tool.started_s,
        peak_rss_bytes=result.get("peak_rss_bytes"),
        log=log.name,
        log_bytes=tool.written,
        tail=tool.tail.text(),
        ended=result.get("ended", 0),
        left=tuple(result.get("left", ())),
    )
    watched = "left" in result
    if not watched:
        tool.lost()
    ended = tool.log_problem or tool.timed_out or tool.endless
    if watched and finished.status == 0 and not (finished.left or ended):
        return finished
    raise _failed(tool, finished, log, watched=watched)


def _not_started(command: Command, result: Mapping[str, Any]) -> ToolMissing | MachineError:
    if result["where"] == "cwd":
        return MachineError(
            f"{command.name}: its working folder cannot be entered: {command.cwd}: {result['reason']}"
        )
    why = f"{command.argv[0]}: cannot be started: {result['reason']}"
    if result["errno"] in _NO_PROGRAM:
        return ToolMissing(why, remedy="this machine cannot run it: install it again")
    return MachineError(why)


def _failed(tool: _Tool, finished: Finished, log: Path, *, watched: bool) -> ToolFailed:
    command = tool.command
    kind, why, remedy = ToolFailed, ending(finished), None
    if tool.log_problem is not None:
        why = f"ended, because its log cannot be written ({tool.log_problem.strerror})"
        remedy = "make room on the disk"
    elif tool.timed_out:
        kind = ToolTimedOut
        why = f"ended after its time limit of {command.limit_s:g} s ({command.stage})"
        remedy = "read its log for the cause, or raise --tool-timeout"
        if command.stage in _ANSWERING:
            remedy = _BY_HAND
    elif tool.endless:
        kind, remedy = ToolEndless, _BY_HAND
        why = f"ended after {tool.written} bytes of output, which is no answer any more ({command.stage})"
    elif not watched:
        why = "ended, because the process that watched it was killed"
    if finished.left:
        why += f"; killed, but still running: process {', '.join(map(str, finished.left))}"
    meaning = failures.meaning(tool.tail.text(lines=None))
    return kind(why, finished, log=log, meaning=meaning, remedy=remedy)
