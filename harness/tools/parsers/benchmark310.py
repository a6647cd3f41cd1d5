"""benchmark, the Ascend 310's first inference tool: its throughput is the interface's, of one device.

Two forms: inference of a data set (``[infer] ... Interface throughputRate``), and ``PureInfer`` of
nothing (``ave_throughputRate: 182.044samples/s``). A 310 card has four devices; its documents multiply by 4.
"""

from __future__ import annotations

import re

from harness.tools.parsers.ascend import first_error
from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.text import Log, milliseconds, positive, seconds

TOOL = "benchmark310"
DEFINITION = "samples a second through the inference interface of one device"
PURE = "samples a second of pure inference on one device"

_INTERFACE = re.compile(
    r"\[infer(?:ence)?\]([^\[\]]*?)Interface throughputRate ?: *([^\s,]*)(.*)", re.IGNORECASE
)
_PURE = re.compile(r"ave_throughputRate ?: *([^\s,]*?)(?: ?samples/s)? ?,(.*)", re.IGNORECASE)
_MODULE = re.compile(r"moduleLatency ?: *([^\s,]*)", re.IGNORECASE)
_AVERAGE = re.compile(r"ave_latency ?: *([^\s,]*)", re.IGNORECASE)
_WHOLE = re.compile(r"\[e2e\].*\blatency ?: *([^\s,]*)", re.IGNORECASE)
_BATCH = re.compile(r"-batch_size=(\d{1,9})\b|_batchsize_(\d{1,9})_|_bs(\d{1,9})_", re.ASCII)
_DEVICE = re.compile(r"_device_(\d{1,9})\b|-device_id=(\d{1,9})\b", re.ASCII)
_MARK = re.compile(r"throughputRate|PureInfer", re.IGNORECASE)
_LINE = "[infer] throughputRate: X, Interface throughputRate: Y, moduleLatency: Z"


def recognises(log: Log) -> bool:
    """Whether these are benchmark's lines."""
    return log.has(_MARK)


def parse(log: Log) -> ToolLog:
    """Every summary. Raises `ParseError` for a failed run and a cut log."""
    runs: list[ToolRun] = []
    size: int | None = None
    device: str | None = None
    duration: float | None = None
    for line in log.lines:
        named, of = _BATCH.search(line.text), _DEVICE.search(line.text)
        size = int(next(filter(None, named.groups()))) or None if named else size
        device = next(filter(None, of.groups())) if of else device
        whole = _WHOLE.search(line.text)
        duration = seconds(log, line.number, whole[1], "the whole time", "ms") if whole else duration
        found = _run(log, line.number, line.text, size, device, duration)
        if found is not None:
            runs.append(found)
            duration = None
    if not runs:
        error = first_error(log)
        raise log.missing(TOOL, _LINE) if error is None else log.failed(TOOL, error.line, str(error))
    return ToolLog(name=log.name, tool=TOOL, runs=tuple(runs))


def _run(
    log: Log, line: int, text: str, size: int | None, device: str | None, duration: float | None
) -> ToolRun | None:
    interface, pure = _INTERFACE.search(text), _PURE.search(text)
    if interface:
        rate, definition, latency, name = interface[2], DEFINITION, _MODULE.search(text), "moduleLatency"
    elif pure:
        rate, definition, latency, name = pure[1], PURE, _AVERAGE.search(text), "ave_latency"
    else:
        return None
    mean = None if latency is None else milliseconds(log, line, latency[1], name)
    return ToolRun(
        tool=TOOL,
        definition=definition,
        samples_per_s=positive(log, line, rate, "the throughput rate"),
        batch_size=size,
        device=device,
        latencies=() if mean is None else (Latency(name=name, mean_ms=mean),),
        duration_s=duration,
        line=line,
    )
