"""vamp, Vastai's model benchmark, versions 1 and 2: samples a second of wall time.

Its own misspellings (``batch szie``, ``forwad time``) are read as they are. It prints one summary a run, over
all its instances, processes and devices; several runs in one file are several summaries.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.text import Log, batch, milliseconds, positive, whole

TOOL = "vamp"
DEFINITION = "samples over all instances / forward wall time"
PRECISION = 1e-3  # vamp prints six digits of each

_START = re.compile(r"number of instances in each device ?: *(\d{1,9})?", re.ASCII)
_KEY = re.compile(
    r"^\s*(devices|batch (?:size|szie)|samples|for(?:ward|wad) time \(s\)|throughput \(qps\)"
    r"|number of process(?:es)?) ?:\s*(.*)"
)
_STAGE = re.compile(r"^\s*(e2e latency|model latency|latency) \(us\):\s*$")
_LATENCY = re.compile(r"^\s*(avg|min|max|p\d+(?:\.\d+)?) latency:\s*(.*)", re.ASCII)
_VERSION = re.compile(r"\bvamp_v?(\d+(?:\.\d+)*)\b", re.ASCII)
_COMMAND = re.compile(r"\bvamp(?:_\S+)? .*?-m[ =](\S+)")
_SHAPE = re.compile(r"^\s*(?:model input shape \d+|input\[\d+\]): *\[([\d, ]+)\]", re.ASCII)
_DEVICES = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(slots=True)
class Block:
    """One summary while it is read: its keys with their lines, its latencies by stage."""

    line: int
    values: dict[str, tuple[int, str]] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    stage: str = ""
    instances: int = 1  # on each device
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    command: re.Match[str] | None = None  # the last one printed before it


def recognises(log: Log) -> bool:
    """Whether these are vamp's lines."""
    return log.has(_START)


def parse(log: Log) -> ToolLog:
    """Every summary. Raises `ParseError` for a cut log, and for a throughput that is not samples / time."""
    runs = [_run(log, block) for block in blocks(log, _START, TOOL)]
    return ToolLog(name=log.name, tool=TOOL, runs=tuple(runs))


def blocks(log: Log, start: re.Pattern[str], tool: str) -> list[Block]:
    """The summaries. A header may stand twice before one; none may lack its throughput."""
    found: list[Block] = []
    shapes: list[tuple[int, ...]] = []
    command: re.Match[str] | None = None
    for line in log.lines:
        command = _COMMAND.search(line.text) or command
        shape = _SHAPE.match(line.text)
        if shape:
            sizes = _DEVICES.findall(shape[1])
            shapes.append(tuple(int(size) for size in sizes))
        started = start.search(line.text)
        if started and (not found or "throughput" in found[-1].values):
            found.append(Block(line=line.number, shapes=shapes, command=command))
            shapes = []
        if started:
            found[-1].instances = int(started[1] or 1)
        if not found:
            continue
        _take(log, line.number, line.text, found[-1])
    if not found:
        raise log.missing(tool, "- number of instances ...: N")
    last = next((block for block in found if "throughput" not in block.values), None)
    if last is not None:
        raise log.missing(tool, "throughput (qps): X", last.line)
    return found


def _take(log: Log, line: int, text: str, block: Block) -> None:
    key, stage, latency = _KEY.match(text), _STAGE.match(text), _LATENCY.match(text)
    if key:
        name = key[1].partition(" (")[0].replace("szie", "size").replace("forwad", "forward")
        block.values[name.replace("processes", "process")] = (line, key[2])
        block.stage = ""
    if stage:
        block.stage = stage[1]
    if latency and block.stage:
        what = f"{block.stage} {latency[1]}"
        block.stages.setdefault(block.stage, {})[latency[1]] = milliseconds(log, line, latency[2], what, "us")


def _run(log: Log, block: Block) -> ToolRun:
    line, printed = block.values["throughput"]
    rate = positive(log, line, printed, "the throughput")
    samples = _number(log, block, "samples")
    seconds = _number(log, block, "forward time")
    devices = _DEVICES.findall(block.values.get("devices", (0, ""))[1])
    single = len(devices) < 2 and block.values.get("number of process", (0, "1"))[1].strip() == "1"
    if samples and seconds and single and not math.isclose(rate, samples / seconds, rel_tol=PRECISION):
        right = f"{samples / seconds:g}, which {samples:g} samples / {seconds:g} s gives"
        raise log.wrong(line, f"throughput {rate:g}", right)
    size = _number(log, block, "batch size")
    version = None if block.command is None else _VERSION.search(block.command.string)
    return ToolRun(
        tool=TOOL,
        definition=DEFINITION,
        samples_per_s=rate,
        batch_size=None if size is None else batch(size),
        version=None if version is None else version[1],
        model=None if block.command is None else block.command[1],
        device=devices[0] if len(devices) == 1 else None,
        devices=len(set(devices)) or None,
        streams=_streams(block),
        input_shapes=tuple(block.shapes),
        latencies=latencies(block),
        duration_s=seconds,
        line=line,
    )


def _streams(block: Block) -> int:
    """Instances a device, of all processes together."""
    processes = _DEVICES.match(block.values.get("number of process", (0, "1"))[1])
    return max(1, block.instances) * max(1, 1 if processes is None else int(processes[0]))


def _number(log: Log, block: Block, key: str) -> float | None:
    if key not in block.values:
        return None
    line, text = block.values[key]
    value = positive(log, line, text, f"`{key}`")
    return whole(log, line, text, f"`{key}`") if key != "forward time" else value


def latencies(block: Block) -> tuple[Latency, ...]:
    """The latencies of a summary, with what is stated of each."""
    return tuple(
        Latency(
            name=name,
            mean_ms=values.get("avg"),
            median_ms=values.get("p50"),
            min_ms=values.get("min"),
            max_ms=values.get("max"),
            percentiles_ms={key: value for key, value in values.items() if key[0] == "p"},
        )
        for name, values in block.stages.items()
    )
