"""What is run, what came of it, and the three ways in which a tool fails."""

from __future__ import annotations

import math
import shlex
import signal as signals
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.errors import MachineError, NotThere, UsageError

_SHOWN_LINES = 12  # of the tail, in a message; the whole tail is in the record, everything in the log
_SHOWN_CHARACTERS = 300  # of one line of it


class Stage(StrEnum):
    """What a tool is run for; it decides how long the tool may take."""

    PROBE = "probe"
    ENVIRONMENT = "environment"
    BUILD = "build"
    INFERENCE = "inference"
    PROFILE = "profile"


# Seconds of wall time, where neither the command nor --tool-timeout says otherwise. They end what hangs; a
# tool that works is to stay well below.
LIMITS_S: Mapping[Stage, float] = MappingProxyType(
    {
        Stage.PROBE: 15.0,  # `npu-smi info`, `nvidia-smi`: seconds; it never ends where a device is lost
        Stage.ENVIRONMENT: 60.0,  # a set_env.sh exports variables; a slow network disk is all it may wait for
        Stage.BUILD: 3600.0,  # a BERT-large with tactics tuned or kernels compiled takes tens of minutes
        Stage.INFERENCE: 7200.0,  # a whole data set at batch 1, 10 833 windows of SQuAD, at some 2 a second
        Stage.PROFILE: 1800.0,  # a documented timing run is minutes, after a model of gigabytes is loaded
    }
)


# Bytes of output of what answers a question (cards, versions): more is no answer, and fills the disk.
MOST_BYTES: Mapping[Stage, int] = MappingProxyType({Stage.PROBE: 4 << 20, Stage.ENVIRONMENT: 4 << 20})


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One call of a tool: an argument list, never a line for a shell.

    `argv[0]` is a path, or a name to be found on the PATH of the environment. The environment is this
    process's, or what sourcing `sourced` makes of it, with `env` on top. `timeout_s` is wall time in seconds,
    None for the stage's own limit. Raises `UsageError` for an empty list, an argument that no system takes,
    and a limit that is not a positive number.
    """

    argv: tuple[str, ...]
    cwd: Path
    stage: Stage
    sourced: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float | None = None

    def __post_init__(self) -> None:
        if not self.argv or not self.argv[0]:
            raise UsageError("the argument list is empty; its first word names the tool")
        if any("\0" in text for text in (*self.argv, *self.env, *self.env.values())):
            raise UsageError(
                f"{self.argv[0]}: an argument or a variable holds a NUL character, which no system takes"
            )
        if any(not name or "=" in name for name in self.env):
            raise UsageError(
                f"{self.argv[0]}: found {sorted(self.env)}, expected names of environment variables"
            )
        if self.timeout_s is not None and not (math.isfinite(self.timeout_s) and self.timeout_s > 0):
            raise UsageError(
                f"{self.argv[0]}: found a time limit of {self.timeout_s} s, expected a positive number"
            )

    @property
    def name(self) -> str:
        """The tool's name, without its folder; that of the module, for ``python -m``."""
        tool = Path(self.argv[0]).name
        is_module = "python" in tool and self.argv[1:2] == ("-m",) and len(self.argv) > 2
        return self.argv[2] if is_module else tool

    @property
    def limit_s(self) -> float:
        """The wall time in seconds after which the tool is ended."""
        return LIMITS_S[self.stage] if self.timeout_s is None else self.timeout_s

    @property
    def most_bytes(self) -> float:
        """The bytes of output after which the tool is ended; infinite where its log is the result's own."""
        return MOST_BYTES.get(self.stage, math.inf)

    @property
    def line(self) -> str:
        """The command as a line for a POSIX shell, to paste and run; a sourced script needs bash."""
        steps = [] if self.sourced is None else [f"source {shlex.quote(str(self.sourced.absolute()))}"]
        steps.append(f"cd {shlex.quote(str(self.cwd.absolute()))}")
        call = shlex.join(self.argv)
        # `env`, because a shell takes A=1 before a command only for some names of variables.
        added = "".join(f"{shlex.quote(f'{name}={value}')} " for name, value in self.env.items())
        steps.append(f"env {added}{call}" if added else call)
        return " && ".join(steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What came of a command.

    `status` is the exit status, None where a signal (`signal`) ended the tool, or nothing could end it.
    `duration_s` is wall time from the tool's start to its own end, in seconds. `peak_rss_bytes` is the
    largest resident set of any one process of the tool, not their sum: `ru_maxrss` of wait4(2) for the tool
    and for each process that it left behind, each with the descendants that it waited for itself. A peak
    below the some 10 MB of the process that starts the tool is not seen.
    `ended` counts the processes that had to be ended, `left` names by id those that even SIGKILL did not end:
    they wait for a driver. `log` is the log file's name in its folder; `tail` the last lines of the
    output, decoded, without colours and without what a progress bar has overwritten.
    """

    command: Command
    status: int | None
    signal: int | None
    duration_s: float
    peak_rss_bytes: int | None
    log: str
    log_bytes: int
    tail: str
    ended: int = 0
    left: tuple[int, ...] = ()

    @property
    def argv(self) -> tuple[str, ...]:
        """The argument list."""
        return self.command.argv

    @property
    def line(self) -> str:
        """The command as a line to paste."""
        return self.command.line

    def recorded(self) -> dict[str, Any]:
        """What a result keeps of it, as JSON: how to run it again, and what it came to."""
        return {
            "command": self.line,
            "argv": list(self.argv),
            "stage": str(self.command.stage),
            "status": self.status,
            "signal": self.signal,
            "duration_s": self.duration_s,
            "peak_rss_bytes": self.peak_rss_bytes,
            "log": self.log,
            "log_bytes": self.log_bytes,
        }


class ToolMissing(NotThere):
    """A tool that is not on this machine, or that may not be run. In a suite it is a skip with the remedy."""

    option = "target"  # a chip that was asked for by name is not here without its tools


class ToolFailed(MachineError):
    """A tool that failed: `finished` keeps what was run and the tail of its log, `meaning` what it says.

    `log` is the whole path of its log, None where that was not kept.
    """

    def __init__(
        self,
        why: str,
        finished: Finished,
        *,
        log: Path | None,
        meaning: str | None = None,
        remedy: str | None = None,
    ) -> None:
        where = None if log is None else f"log: {log}"
        said = "; ".join(text for text in (why, meaning, remedy, where) if text)
        super().__init__(f"{finished.command.name}: {said}{_shown(finished)}")
        self.why = why
        self.finished = finished
        self.log = log
        self.meaning = meaning
        self.remedy = remedy  # in the message already, before the lines of the log

    @property
    def argv(self) -> tuple[str, ...]:
        """The argument list."""
        return self.finished.argv

    @property
    def status(self) -> int | None:
        """The exit status, None where a signal ended the tool."""
        return self.finished.status

    @property
    def tail(self) -> str:
        """The last lines of its output."""
        return self.finished.tail


class ToolTimedOut(ToolFailed):
    """A tool that was ended because it took longer than its limit."""


class ToolEndless(ToolFailed):
    """A tool that was ended because it printed more than any answer has."""


def ending(finished: Finished) -> str:
    """How a tool ended, in words: its status, or its signal by name."""
    if finished.signal is not None:
        try:
            name = signals.Signals(finished.signal).name
        except ValueError:  # a real-time signal
            name = f"signal {finished.signal}"
        by = "; the kernel sends it too, when memory runs out" if finished.signal == signals.SIGKILL else ""
        return f"ended by {name} after {finished.duration_s:.1f} s{by}"
    return f"exit status {finished.status} after {finished.duration_s:.1f} s"


def _shown(finished: Finished) -> str:
    lines = finished.tail.splitlines()[-_SHOWN_LINES:]
    if not lines:
        return "; it printed nothing"
    cut = [line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]} ..." for line in lines]
    return "; its last lines:\n" + "\n".join(f"  {line}" for line in cut)
