"""What a probe asks a tool: one short call, its output as text."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, json_object
from harness.errors import MachineError
from harness.toolchains.place import Toolchain
from harness.tools import process
from harness.tools.process import Command, Stage, ToolEndless, ToolFailed, ToolTimedOut

NO_ANSWER = (ToolTimedOut, ToolEndless)
_UNANSWERED: dict[tuple[object, ...], ToolFailed] = {}


def ask(toolchain: Toolchain, argv: Sequence[str]) -> str:
    """What `argv` prints, in the toolchain's environment. Raises as `process.run`; its log is not kept."""
    answer = asked(toolchain, argv)
    if answer.failure is not None:
        raise answer.failure
    return answer.output.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tool printed, and how it failed, if it did; its log is not kept."""

    output: bytes
    failure: ToolFailed | None


def asked(toolchain: Toolchain, argv: Sequence[str]) -> Answer:
    """Run `argv` as a question to a tool. Raises as `process.run`, but no `ToolFailed`.

    A tool that once gave no answer (it hung, or never stopped printing) is not asked the same again by this
    process: several chips share one.
    """
    with process.scratch("zoocheck-probe-") as folder:
        log = folder / "probe.log"
        command = Command(argv=tuple(argv), cwd=folder, stage=Stage.PROBE, sourced=toolchain.sourced)
        key = _question(toolchain, argv)
        failure = _UNANSWERED.get(key)
        if failure is None:
            try:
                process.run(command, log)
            except ToolFailed as problem:
                failure = _without_log(problem)
                if isinstance(problem, NO_ANSWER):
                    _UNANSWERED[key] = failure
        return Answer(output=log.read_bytes() if log.is_file() else b"", failure=failure)


def _question(toolchain: Toolchain, argv: Sequence[str]) -> tuple[object, ...]:
    """A tool as it lies there, and what it is asked."""
    found = shutil.which(argv[0], path=toolchain.environment().get("PATH"))
    if found is None:
        return tuple(argv)
    stat = Path(found).stat()
    return (found, stat.st_ino, stat.st_size, stat.st_mtime_ns, *argv)


def _without_log(failure: ToolFailed) -> ToolFailed:
    """The same failure; its last lines are in the message."""
    return type(failure)(
        failure.why, failure.finished, log=None, meaning=failure.meaning, remedy=failure.remedy
    )


def told(text: str, who: str) -> Mapping[str, Any]:
    """The last line of `text` that is a JSON object: SDKs print lines of their own before it.

    Raises `MachineError` where there is none.
    """
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            try:
                return json_object(line)
            except Undecodable:
                continue
    raise MachineError(f"{who} printed no JSON object; its output ends with {text.strip()[-200:]!r}")
