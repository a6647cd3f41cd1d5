"""trtexec of TensorRT 7, 8 and 10. What it calls throughput is queries (batches) a second of wall time.

The documents of T4 compute ``1000 / (GPU Compute mean / batch)`` instead, and so is `samples_per_s` here;
`queries_per_s` is the tool's own. With ``--batch`` (implicit batch, until TensorRT 9) the tool counts
samples, which is undone here.
TensorRT 7 prints ``throughput: 0 qps`` for explicit batches, which is no measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.statistics import equals_pairs, latency
from harness.tools.parsers.text import SHORTEST_MS, Line, Log, milliseconds, number, seconds
from harness.tools.parsers.trtexec_facts import Facts, facts

TOOL = "trtexec"
DEFINITION = "1000 / (mean GPU compute time / batch size)"
COMPUTE = "GPU Compute Time"

_PREFIX = re.compile(r"^\s*(?:\[[^\[\]]*\] ?)*")
_SUMMARY = re.compile(r"^=== Performance summary ===", re.IGNORECASE)
_EQUALS = re.compile(
    r"^((?:End-to-End Host |H2D |D2H )?Latency|Enqueue Time|GPU Compute Time|GPU Compute): *(min = .*)"
)
_SECTION = re.compile(r"^(Host Latency|Enqueue Time|GPU Compute)$")  # TensorRT 7
_ITEM = re.compile(r"^(min|max|mean|median): *(\S+(?: ?[mnu]?s)?)")
_PERCENTILE = re.compile(r"^percentile: *(\S+(?: ?[mnu]?s)?) at (\d+(?:\.\d+)?)%", re.ASCII)
_THROUGHPUT = re.compile(r"^throughput: *(\S+) *qps", re.IGNORECASE)
_WALL = re.compile(r"^(?:Total Host Walltime|walltime): *([\d.]\S* ?[mnu]?s?)$", re.IGNORECASE)
_START = re.compile(r"&&&& RUNNING TensorRT")
_FAILED = re.compile(r"&&&& FAILED TensorRT")
_ERROR = re.compile(r"\[E\] *(.*)")
_MARK = re.compile(
    r"TensorRT\.trtexec|=== Performance summary ===|GPU Compute(?: Time: min =|$)"
    r"|Average on \d+ runs - GPU latency|\[I\] Host Latency$|\[E\] (?:\[TRT\]|Engine set up failed)"
)


def recognises(log: Log) -> bool:
    """Whether these are trtexec's lines."""
    return log.has(_MARK)


@dataclass(slots=True)
class _Block:
    """One summary while it is read."""

    line: int
    latencies: dict[str, Latency] = field(default_factory=dict)
    queries_per_s: float | None = None
    duration_s: float | None = None
    header: bool = False


def parse(log: Log) -> ToolLog:
    """Every summary. Raises `ParseError` for a failed run and for a summary without the GPU compute time."""
    runs = [run for part in _parts(log) for run in _runs(log, part)]
    if not runs:
        error = next(iter(reversed(list(log.find(_ERROR)))), None)
        if error is not None:
            raise log.failed(TOOL, error[0], error[1][1])
        raise log.missing(TOOL, f"{COMPUTE}: min = X ms, ... mean = X ms")
    return ToolLog(name=log.name, tool=TOOL, runs=tuple(runs))


def _parts(log: Log) -> Iterator[Sequence[Line]]:
    """The lines of each run: several may stand in one file."""
    part: list[Line] = []
    for line in log.lines:
        if _START.search(line.text) and part:
            yield part
            part = []
        part.append(line)
    yield part


def _runs(log: Log, part: Sequence[Line]) -> Iterator[ToolRun]:
    failed = next((line for line in part if _FAILED.search(line.text)), None)
    if failed is not None:
        errors = [found[1] for line in part if (found := _ERROR.search(line.text))]
        raise log.failed(TOOL, failed.number, errors[-1] if errors else failed.text)
    known = facts(part)
    for block in _blocks(log, part):
        if COMPUTE in block.latencies:
            yield _run(log, block, known)
        elif block.header or block.queries_per_s is not None:
            raise log.missing(TOOL, f"{COMPUTE}: min = X ms, ... mean = X ms", block.line)


def _run(log: Log, block: _Block, known: Facts) -> ToolRun:
    mean = block.latencies[COMPUTE].mean_ms
    if mean is None or mean < SHORTEST_MS:
        raise log.wrong(block.line, f"a mean {COMPUTE} of {mean} ms", "a time above 0")
    run = ToolRun(
        tool=TOOL,
        definition=DEFINITION,
        samples_per_s=None,
        batch_ms=mean,
        queries_per_s=block.queries_per_s,
        version=known.version,
        device_name=known.device_name,
        model=known.model,
        precision=known.precision,
        input_shapes=known.shapes,
        latencies=tuple(block.latencies.values()),
        duration_s=block.duration_s,
        line=block.line,
    )
    if known.batch_size is None:
        return run
    if known.implicit and run.queries_per_s is not None:  # the tool multiplied already
        run = replace(run, queries_per_s=run.queries_per_s / known.batch_size)
    return run.of_batch(known.batch_size)


def _blocks(log: Log, part: Sequence[Line]) -> Iterator[_Block]:
    """Each summary; a new one begins where one would say a thing for the second time."""
    block: _Block | None = None
    section: _Section | None = None
    for line in part:
        body = line.text[_PREFIX.match(line.text).end() :]  # type: ignore[union-attr]
        title = _SECTION.match(body)
        if section is not None and not section.take(log, line.number, body):
            section.into(log, block)
            section = None
        starts = _SUMMARY.match(body) is not None or (title is not None and title[1] == "Host Latency")
        if block is not None and (starts or _repeated(body, title, block)):
            yield block
            block = None
        if starts or title or _EQUALS.match(body) or _THROUGHPUT.match(body):
            block = block or _Block(line=line.number)
        if block is None:
            continue
        block.header = block.header or starts
        if title:
            section = _Section(line=line.number, name=title[1].replace("GPU Compute", COMPUTE))
        _read(log, line.number, body, block)
    if section is not None:
        section.into(log, block)
    if block is not None:
        yield block


def _repeated(body: str, title: re.Match[str] | None, block: _Block) -> bool:
    found = title or _EQUALS.match(body)
    return found is not None and _name(found[1]) in block.latencies


def _name(printed: str) -> str:
    return COMPUTE if printed == "GPU Compute" else printed


def _read(log: Log, line: int, body: str, block: _Block) -> None:
    """What stands on one line, in the format of 8 and 10; and what 7 prints alike."""
    found = _EQUALS.match(body)
    if found:
        name = _name(found[1])
        block.latencies[name] = equals_pairs(log, line, name, found[2])
        block.line = line if name == COMPUTE else block.line
    throughput, wall = _THROUGHPUT.match(body), _WALL.match(body)
    if throughput:
        block.queries_per_s = number(log, line, throughput[1], "the throughput") or None
    if wall:
        block.duration_s = seconds(log, line, wall[1], "the wall time")


@dataclass(slots=True)
class _Section:
    """One latency in TensorRT 7's format: a title, then a line for each statistic."""

    line: int
    name: str
    values: dict[str, float] = field(default_factory=dict)

    def take(self, log: Log, line: int, body: str) -> bool:
        """Whether the line belongs to this section."""
        found, percentile = _ITEM.match(body), _PERCENTILE.match(body)
        if found:
            self.values[found[1]] = milliseconds(log, line, found[2], f"{self.name} {found[1]}")
        if percentile:
            self.values[f"p{percentile[2]}"] = milliseconds(
                log, line, percentile[1], f"{self.name} percentile"
            )
        return bool(found or percentile)

    def into(self, log: Log, block: _Block | None) -> None:
        """Keep it. The enqueue time has no mean there, and is left out; so is a section that is cut."""
        if block is not None and "mean" in self.values:
            block.latencies[self.name] = latency(log, self.line, self.name, self.values)
            block.line = self.line if self.name == COMPUTE else block.line
