"""The one way to run a tool: an argument list, a time limit, a log, and nothing left running.

`Command` says what to run, `run` runs it, `Finished` says what came of it and how to run it again by hand.
`environment` is what sourcing a vendor's script makes of ours, `find` a tool in it.
"""

from __future__ import annotations

import os
from pathlib import Path

from harness.tools.process.environments import environment, find
from harness.tools.process.execution import execute
from harness.tools.process.records import (
    LIMITS_S,
    Command,
    Finished,
    Stage,
    ToolEndless,
    ToolFailed,
    ToolMissing,
    ToolTimedOut,
)
from harness.tools.process.scratch import scratch

__all__ = [
    "LIMITS_S",
    "Command",
    "Finished",
    "Stage",
    "ToolEndless",
    "ToolFailed",
    "ToolMissing",
    "ToolTimedOut",
    "environment",
    "find",
    "run",
    "scratch",
]


def run(command: Command, log: Path) -> Finished:
    """Run a tool to its end, with its output and its errors, in the order they came, in the file `log`.

    Raises `ToolMissing` (a skip) for a tool or script that is not there, `ToolFailed` for a tool that fails,
    `ToolTimedOut` for one that takes longer than the command's limit, `ToolEndless` for one that prints more
    than its stage allows, and `MachineError` for a folder that is not there or a log that cannot be opened.
    Nothing that the tool started is left running, whether it ends, is ended, or this process is interrupted
    or killed.
    """
    base = os.environ if command.sourced is None else environment(command.sourced)
    env = {**base, **command.env}
    name = command.argv[0]
    if os.sep in name:  # execve(2) after chdir(2): relative to the working folder
        name = str((command.cwd / name).absolute())
    remedy = "install it, or source the script that puts it on PATH"
    return execute(command, find(name, env, remedy=remedy), env, log)
