"""vamp, Vastai's model benchmark, versions 1 and 2: samples a second of wall time.

Its own misspellings (``batch szie``, ``forwad time``) are read as they are. It prints one summary a run, over
all its instances, processes and devices; several runs in one file are several summaries. An instance has
several calls under way (24.4 samples/s beside 102 ms a call, 10.7 beside 1572 ms), so the latencies bound the
rate only roughly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.tools.parsers import consistency
from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.text import Log, milliseconds, positive, shown, whole

TOOL = "vamp"
DEFINITION = "samples over all instances / forward wall time"
SEVERAL_CLOCKS = 0.01  # relative, of a rate over several processes, each with its own time
# Of one instance. 17 is the most that public logs have (16.9 of yolov4, GPEN and cbdnet): 16 wait for one.
MOST_AT_ONCE = 2 * 17
LAST_DIGIT_MS = 1e-3  # latencies are whole microseconds

_START = re.compile(r"number of instances in each device ?: *([^\s*]*)")
_KEY = re.compile(
    r"^\s*(devices|batch (?:size|szie)|samples|for(?:ward|wad) time \(s\)|throughput \(qps\)"
    r"|number of process(?:es)?|ai utilize \(%\)) ?:\s*(.*)"
)
_STAGE = re.compile(r"^\s*((?:\S+ )*?latency) \((\w+)\):\s*$")
_LATENCY = re.compile(r"^\s*(\S+) latency:\s*(\S.*)")
_RANK = re.compile(r"p\d+(?:\.\d+)?", re.ASCII)
_LISTED = re.compile(r"\[?(\d{1,9}(?:[, ]+\d{1,9})*)?\]?", re.ASCII)
_VERSION = re.compile(r"\bvamp_v?(\d+(?:\.\d+)*)\b", re.ASCII)
_COMMAND = re.compile(r"\bvamp(?:_\S+)? .*?-m[ =](\S+)")
_SHAPE = re.compile(r"^\s*(?:model input shape \d+|input\[\d+\]): *\[([\d, ]+)\]", re.ASCII)
_DEVICES = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(slots=True)
class Block:
    """One summary while it is read: its keys with their lines, its latencies by stage."""

    line: int
    values: dict[str, tuple[int, str]] = field(default_factory=dict)
    stages: dict[str, tuple[int, dict[str, float]]] = field(default_factory=dict)
    stage: str = ""
    unit: str = "us"  # of the stage's latencies
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
    begun: int | None = None  # a run whose summary has not come
    commanded = False  # whether its command was printed
    for line in log.lines:
        called, shape = _COMMAND.search(line.text), _SHAPE.match(line.text)
        if called and (commanded or (found and "throughput" not in found[-1].values)):
            raise log.missing(tool, "throughput (qps): X", begun or found[-1].line)
        command, commanded = called or command, commanded or called is not None
        begun = line.number if begun is None and (called or shape) else begun
        if shape:
            sizes = _DEVICES.findall(shape[1])
            shapes.append(tuple(int(size) for size in sizes))
        started = start.search(line.text)
        if started and (not found or {"throughput", "devices"} & found[-1].values.keys()):
            found.append(Block(line=line.number, shapes=shapes, command=command))
            shapes = []
        if started:
            begun, commanded = None, False
            found[-1].instances = _count(log, line.number, started[1], "the number of instances")
        if not found:
            continue
        _take(log, line.number, line.text, found[-1])
    if not found:
        raise log.missing(tool, "- number of instances ...: N")
    last = next((block for block in found if "throughput" not in block.values), None)
    if last is not None:
        raise log.missing(tool, "throughput (qps): X", last.line)
    if begun is not None:
        raise log.missing(tool, "throughput (qps): X", begun)
    return found


def _take(log: Log, line: int, text: str, block: Block) -> None:
    key, stage, latency = _KEY.match(text), _STAGE.match(text), _LATENCY.match(text)
    if key:
        name = key[1].partition(" (")[0].replace("szie", "size").replace("forwad", "forward")
        block.values[name.replace("processes", "process")] = (line, key[2])
        block.stage = ""
    if stage:
        block.stage, block.unit = stage[1], stage[2]
    if latency and block.stage:
        what = f"{block.stage} {latency[1]}"
        at, values = block.stages.setdefault(block.stage, (line, {}))
        if latency[1] in values:
            raise log.wrong(line, f"a second {what}, the first near line {at}", "each once in a summary")
        values[latency[1]] = milliseconds(log, line, latency[2], what, block.unit)


def _count(log: Log, line: int, text: str, what: str) -> int:
    """How many there are; 1 where nothing is said, as older versions do not."""
    return max(1, whole(log, line, text, what)) if text.strip() else 1


def devices(log: Log, block: Block) -> list[str]:
    """The devices' numbers, one a process. Raises `ParseError` for what is no list of numbers."""
    line, text = block.values.get("devices", (block.line, ""))
    listed = _LISTED.fullmatch(text.strip())
    if listed is None:
        raise log.wrong(line, f"devices {shown(text)!r}", "a list of numbers such as [0, 1]")
    return _DEVICES.findall(listed[1] or "")


def _run(log: Log, block: Block) -> ToolRun:
    line, printed = block.values["throughput"]
    rate = positive(log, line, printed, "the throughput")
    samples = _number(log, block, "samples")
    seconds = _number(log, block, "forward time")
    on, processes = (
        devices(log, block),
        _count(log, *block.values.get("number of process", (line, "")), "the number of processes"),
    )
    if samples and seconds:
        _held_to_samples(log, line, rate, samples, seconds, {1, processes, len(on) or 1})
    if "ai utilize" in block.values:
        at, told = block.values["ai utilize"]
        consistency.percentage(log, at, told, "ai utilize")
    size = _number(log, block, "batch size")
    timed = latencies(log, block)
    _held_to_latencies(log, block, timed, rate / (size or 1), max(1, len(set(on))) * processes)
    version = None if block.command is None else _VERSION.search(block.command.string)
    run = ToolRun(
        tool=TOOL,
        definition=DEFINITION,
        samples_per_s=rate,
        version=None if version is None else version[1],
        model=None if block.command is None else block.command[1],
        device=on[0] if len(on) == 1 else None,
        devices=len(set(on)) or None,
        streams=block.instances * processes,  # of all processes together
        sample_shapes=tuple(_of_sample(shape) for shape in block.shapes),
        latencies=timed,
        duration_s=seconds,
        line=line,
    )
    return run if size is None else run.of_batch(whole(log, line, f"{size:g}", "`batch size`"))


def _held_to_samples(
    log: Log, line: int, rate: float, samples: float, seconds: float, times: set[int]
) -> None:
    """Raises `ParseError` where the rate is not samples / time, nor that of several processes or devices.

    Whether the samples of a summary are of one of them, or of all, the tool does not say.
    """
    one = samples / seconds
    several = SEVERAL_CLOCKS if len(times) > 1 else consistency.PRINTED
    if not any(consistency.same(rate, one * count, rel=several) for count in times):
        either = " or ".join(f"{one * count:g}" for count in sorted(times))
        raise log.wrong(
            line, f"throughput {rate:g}", f"{either}, which {samples:g} samples / {seconds:g} s gives"
        )


def _held_to_latencies(
    log: Log, block: Block, timed: Sequence[Latency], calls_per_s: float, devices_: int
) -> None:
    """Raises `ParseError` for a model that takes longer than the whole call, and too many calls at once."""
    found = {item.name: item for item in timed}
    whole_, model = found.get("e2e latency"), found.get("model latency")
    line = block.values["throughput"][0]
    if whole_ is None:
        return
    if model is not None:
        consistency.stages(log, line, whole_, [model], last_digit_ms=LAST_DIGIT_MS)
    if whole_.mean_ms is not None:
        most = MOST_AT_ONCE * block.instances * devices_
        consistency.under_way(log, line, calls_per_s, whole_.mean_ms, most, "each of e2e latency")


def _of_sample(shape: tuple[int, ...]) -> tuple[int, ...]:
    """An input of one sample: an image is [3, 224, 224], a text has a 1 before its length, or none."""
    return shape[1:] if len(shape) == 2 and shape[0] == 1 else shape


def _number(log: Log, block: Block, key: str) -> float | None:
    if key not in block.values:
        return None
    line, text = block.values[key]
    value = positive(log, line, text, f"`{key}`")
    return whole(log, line, text, f"`{key}`") if key != "forward time" else value


def latencies(log: Log, block: Block) -> tuple[Latency, ...]:
    """The latencies of a summary, with what is stated of each. Raises as `consistency.ordered`."""
    return tuple(_latency(log, line, name, values) for name, (line, values) in block.stages.items())


def _latency(log: Log, line: int, name: str, values: dict[str, float]) -> Latency:
    ranks = {key: value for key, value in values.items() if _RANK.fullmatch(key)}
    item = Latency(
        name=name,
        mean_ms=values.get("avg"),
        median_ms=values.get("p50"),
        min_ms=values.get("min"),
        max_ms=values.get("max"),
        percentiles_ms=ranks,
        further_ms={key: value for key, value in values.items() if key not in ("avg", "min", "max", *ranks)},
    )
    return consistency.ordered(log, line, item, last_digit_ms=LAST_DIGIT_MS, rel=consistency.EXACT)
