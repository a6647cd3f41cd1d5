"""The profiler of Vastai's vsx Python applications: its ``throughput (qps)`` through a whole application.

Not what vamp measures: tokenising and post-processing may be part of it, so no chip's case takes it. The one
recording is of batch size 1, and does not show whether larger batches are counted as one.
"""

from __future__ import annotations

import re

from harness.tools.parsers.records import ToolLog, ToolRun
from harness.tools.parsers.text import Log, batch, positive, whole
from harness.tools.parsers.vamp import Block, blocks, devices, latencies

TOOL = "vsx_prof"
DEFINITION = "queries a second through the application, as printed"

_START = re.compile(r"number of instances ?: *([^\s*]*)")
_QUEUE = re.compile(r"^\s*queue size ?:")


def recognises(log: Log) -> bool:
    """Whether these are the profiler's lines."""
    return log.has(_START) and log.has(_QUEUE)


def parse(log: Log) -> ToolLog:
    """Every summary. Raises `ParseError` for a cut log."""
    return ToolLog(
        name=log.name, tool=TOOL, runs=tuple(_run(log, block) for block in blocks(log, _START, TOOL))
    )


def _run(log: Log, block: Block) -> ToolRun:
    line, printed = block.values["throughput"]
    size = block.values.get("batch size")
    on = devices(log, block)
    if size is not None:
        positive(log, *size, "`batch size`")
    return ToolRun(
        tool=TOOL,
        definition=DEFINITION,
        samples_per_s=positive(log, line, printed, "the throughput"),
        batch_size=None if size is None else batch(whole(log, *size, "`batch size`")),
        device=on[0] if len(on) == 1 else None,
        devices=len(set(on)) or None,
        streams=block.instances,
        latencies=latencies(log, block),
        line=line,
    )
