"""benchmark, the Ascend 310's first inference tool: its throughput is the interface's, of one device.

Two forms: inference of a data set (``[infer] ... Interface throughputRate``), and ``PureInfer`` of
nothing (``ave_throughputRate: 182.044samples/s``; in its result file with ``=``). A 310 card has four
devices; its documents multiply by 4. Both latencies are of a sample: the interface is a part of the module,
and a mean of rates is never below the rate of the mean.
"""

from __future__ import annotations

import re

from harness.tools.parsers import consistency
from harness.tools.parsers.ascend import first_error
from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.text import Log, milliseconds, positive, seconds

TOOL = "benchmark310"
DEFINITION = "samples a second through the inference interface of one device"
PURE = "samples a second of pure inference on one device"
SLACK = 0.01  # relative, between a rate and a latency that were taken by two clocks
SPREAD = 2.0  # the most that a mean of rates is above the rate of the mean: times that vary three times over

_INTERFACE = re.compile(
    r"\[infer(?:ence)?\]([^\[\]]*?)Interface throughputRate ?: *([^\s,]*)(.*)", re.IGNORECASE
)
_PURE = re.compile(r"ave_throughputRate ?[:=] *([^\s,]*?)(?: ?samples/s)? ?,(.*)", re.IGNORECASE)
_MODULE_RATE = re.compile(r"(?<!Interface )\bthroughputRate ?: *([^\s,]*)", re.IGNORECASE)
_LATENCIES = re.compile(r"\b(\w*latency) ?[:=] *([^\s,]*)", re.IGNORECASE)
_MODULE = re.compile(r"moduleLatency ?: *([^\s,]*)", re.IGNORECASE)
_AVERAGE = re.compile(r"ave_latency ?[:=] *([^\s,]*)", re.IGNORECASE)
_WHOLE = re.compile(r"\[e2e\].*\blatency ?: *([^\s,]*)", re.IGNORECASE)
_BATCH = re.compile(r"-batch_size=(\d{1,9})\b|_batchsize_(\d{1,9})_|_bs(\d{1,9})_", re.ASCII)
_DEVICE = re.compile(r"_device_(\d{1,9})\b|-device_id=(\d{1,9})\b", re.ASCII)
_BEGUN = re.compile(r"\[e2e\]|\[INFO\] Dataset number: \d+ finished", re.ASCII)
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
    begun: int | None = None  # a run whose rate has not come
    for line in log.lines:
        if begun is not None and duration is not None and _WHOLE.search(line.text):
            raise log.missing(TOOL, _LINE, begun)
        begun = line.number if begun is None and _BEGUN.search(line.text) else begun
        named, of = _BATCH.search(line.text), _DEVICE.search(line.text)
        size = int(next(filter(None, named.groups()))) or None if named else size
        device = next(filter(None, of.groups())) if of else device
        whole = _WHOLE.search(line.text)
        duration = seconds(log, line.number, whole[1], "the whole time", "ms") if whole else duration
        found = _run(log, line.number, line.text, size, device, duration)
        if found is not None:
            runs.append(found)
            duration = begun = None
    if not runs:
        error = first_error(log)
        raise log.missing(TOOL, _LINE) if error is None else log.failed(TOOL, error.line, str(error))
    if begun is not None:
        raise log.missing(TOOL, _LINE, begun)
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
    printed = positive(log, line, rate, "the throughput rate")
    module = _MODULE_RATE.search(text) if interface else None
    if module:
        whole = positive(log, line, module[1], "throughputRate")
        if not consistency.at_most(whole, printed, rel=SLACK):
            raise log.wrong(
                line, f"Interface throughputRate {printed:g}", f"at least throughputRate, {whole:g}"
            )
    if mean and not consistency.at_most(1000 / mean, printed, rel=SLACK):
        raise log.wrong(
            line, f"{printed:g} samples/s", f"at least {1000 / mean:g}, which {name} {mean:g} ms gives"
        )
    if mean and pure and not consistency.at_most(printed * mean / 1000, SPREAD):
        raise log.wrong(
            line, f"{printed:g} samples/s", f"about {1000 / mean:g}, which {name} {mean:g} ms gives"
        )
    return ToolRun(
        tool=TOOL,
        definition=definition,
        samples_per_s=printed,
        batch_size=size,
        device=device,
        latencies=tuple(
            Latency(name=item[1], mean_ms=milliseconds(log, line, item[2], item[1]))
            for item in _LATENCIES.finditer(text)
        ),
        duration_s=duration,
        line=line,
    )
