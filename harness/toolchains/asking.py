"""What a probe asks a tool: one short call, its output as text."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, json_object
from harness.errors import MachineError
from harness.toolchains.place import Toolchain
from harness.tools import process
from harness.tools.process import Command, Stage, ToolFailed


def ask(toolchain: Toolchain, argv: Sequence[str]) -> str:
    """What `argv` prints, in the toolchain's environment. Raises as `process.run`; its log is not kept."""
    with tempfile.TemporaryDirectory(prefix="zoocheck-probe-") as folder:
        log = Path(folder) / "probe.log"
        command = Command(argv=tuple(argv), cwd=Path(folder), stage=Stage.PROBE, sourced=toolchain.sourced)
        try:
            process.run(command, log)
        except ToolFailed as failure:
            raise type(failure)(
                failure.why, failure.finished, log=None, meaning=failure.meaning, remedy=failure.remedy
            ) from None
        return log.read_text(encoding="utf-8", errors="replace")


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
