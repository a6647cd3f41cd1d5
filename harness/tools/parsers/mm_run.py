"""mm_run, Cambricon's MagicMind runner, old and new output: samples a second of the host's wall time.

Both print ``Throughput (qps)`` counted in samples (the logs agree: iterations x batch / wall time); the new
one says so itself (``with total batch sizes``). A run on several devices prints a summary for each, no total;
one by several threads prints their total.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.tools.parsers import consistency
from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.statistics import colon_pairs
from harness.tools.parsers.text import Line, Log, batch, number, positive, shown, whole

TOOL = "mm_run"
DEFINITION = "iterations x batch size / host wall time"
LAST_DIGIT_MS = 1e-3  # it prints the extremes to the microsecond, a mean in five digits

_SUMMARY = re.compile(r"=+ *Performance Summary")
BEGINS = re.compile(r"=+ *Parameter Information")
_SECTION = re.compile(r"=+ *(?!Performance)[A-Z][\w ]+(?:Summary|Information)")
_THROUGHPUT = re.compile(
    r"^\s*Throughput \(qps\): *(\S+)(?: with total batch sizes: *(\S+) and (\S+) iterations/second)?"
)
_WALL = re.compile(r"^\s*Host wall time *\(s\): *(\S+)", re.IGNORECASE)
_COUNT = re.compile(r"^\s*(?:Total )?iterations: +(\S+)", re.IGNORECASE)
_LATENCY = re.compile(r"^\s*([A-Za-z][\w ]*?) *\((?:([\w ]+), *)?(\w+)\): *((?=.*\b(?:min|max|mean):).*)")
_STAGE = re.compile(r"^\s*([A-Za-z].*?) ?Summary(\([^)]*\))?:\s*$")
_COMPUTE = re.compile(r"MLU Compute")
_COMPUTED = re.compile(r"^\s*(Total )?MLU compute time *\((?:([\w ]+), *)?s\): *(\S+)", re.IGNORECASE)
_TOTAL = re.compile(r"(group \d+: |)Total Latency\b.*?(, Latency(?:, [\w ]+)?)$")
_STAGES = ("H2D", "MLU Compute", "D2H")
_OF_DEVICE = re.compile(r"^\s*(\w*(?:util|info)) *\((\S+?)\): *((?=.*\bm(?:in|ax|ean):).*)")
_NAMED = re.compile(r"\b(?!percentile:)([a-z]+): *(\S+)", re.ASCII)
_RANKED = re.compile(r"\((\d+(?:\.\d+)?)%\) *(\S+)", re.ASCII)
_GROUP = re.compile(r"^Input shape group (\d+): *(.*)", re.ASCII)
_DIMS = re.compile(r"\[(\d{1,9}(?:, *\d{1,9})*)\]", re.ASCII)
_OLD_DIMS = re.compile(r"^\s*input\[\d+\] dim: *\[(\d{1,9}(?:, *\d{1,9})*)\]", re.ASCII)
_THREADS = re.compile(r"^(?:thread_num|--threads\S*)\s*: *(\S.*)$")
_DEPTH = re.compile(r"^--infer_depth\S*\s*: *(\S.*)$")
_MODEL = re.compile(r"^(?:magicmind model file|--magicmind_model\S*\s*): *(\S+)")
_VERSION = re.compile(r"^MagicMind: *(\S+)")
_DEVICE = re.compile(r"Device (\d{1,9}) (?:Utilization|PMU) Summary|^dev(\d{1,9})_chip_util", re.ASCII)
_FAILURE = re.compile(r"(?:^\[MMERR\w*\]|\b(?:ERROR|FATAL):)\s*(.*)")
_MARK = re.compile(r"MLU Compute|magicmind[ _]model|^\[MMINFO\]|samples/cc/mm_run")


@dataclass(slots=True)
class _Block:
    """One summary while it is read."""

    line: int
    device: str | None
    told: list[Line]  # what was printed before it, from the run's parameters on
    lines: list[Line] = field(default_factory=list)


def recognises(log: Log) -> bool:
    """Whether these are mm_run's lines."""
    return log.has(_MARK)


def parse(log: Log) -> ToolLog:
    """Every summary. Raises `ParseError` for a failed run, a cut log, and a throughput that does not hold."""
    found = list(_blocks(log))
    cut = _cut(log) if found else None
    if cut is not None:
        raise log.missing(TOOL, "==================== Performance Summary", cut)
    if not found:
        failure = next(iter(log.find(_FAILURE)), None)
        if failure is not None:
            raise log.failed(TOOL, failure[0], failure[1][1])
        raise log.missing(TOOL, "==================== Performance Summary")
    return ToolLog(name=log.name, tool=TOOL, runs=tuple(_run(log, block) for block in found))


def _cut(log: Log) -> int | None:
    """Where a run begins that has no summary."""
    begun: int | None = None
    for line in log.lines:
        if BEGINS.search(line.text):
            if begun is not None:
                break
            begun = line.number
        elif _SUMMARY.search(line.text):
            begun = None
    return begun


def _blocks(log: Log) -> Iterator[_Block]:
    block: _Block | None = None
    device: str | None = None
    told: list[Line] = []
    for line in log.lines:
        if BEGINS.search(line.text):
            told = []
        told.append(line)
        named = _DEVICE.search(line.text)
        if named:
            device = named[1] or named[2]
        if block is not None and _SECTION.search(line.text):
            yield block
            block = None
        if _SUMMARY.search(line.text):
            if block is not None:
                yield block
            block = _Block(line=line.number, device=device, told=told)
        if block is not None:
            block.lines.append(line)
    if block is not None:
        yield block


def _run(log: Log, block: _Block) -> ToolRun:
    part = block.lines
    throughput, wall, count = (_first(pattern, part) for pattern in (_THROUGHPUT, _WALL, _COUNT))
    if count is None:
        raise log.missing(TOOL, "Iterations: N", block.line)
    if wall is None:
        raise log.missing(TOOL, "Host Wall Time (s): X", block.line)
    if throughput is None:
        raise log.missing(TOOL, "Throughput (qps): X", block.line)
    line, printed = throughput
    rate = positive(log, line, printed[1], "the throughput")
    seconds = positive(log, wall[0], wall[1][1], "the wall time")
    iterations = whole(log, count[0], count[1][1], "the iterations")
    shapes, size = _shapes(block)
    threads = _told(log, _THREADS, block)
    total: float | None = None
    if printed[2] is not None:
        total = positive(log, line, printed[2], "the total of batch sizes")
        size = _batch(log, line, total, iterations, size)
    elif size is not None and threads == 1:
        total = iterations * size
    if total is not None:
        consistency.held(log, line, "throughput", rate, total / seconds, f"{total:g} samples / {seconds:g} s")
    calls = None if printed[3] is None else positive(log, line, printed[3], "iterations a second")
    if calls is not None:
        consistency.held(
            log, line, "iterations a second", calls, iterations / seconds, f"{iterations} / {seconds:g} s"
        )
    _utilised(log, block)
    latencies = tuple(_latencies(log, part))
    _held_to_latency(log, block, rate, size, latencies)
    _held_to_total(log, block, iterations, latencies)
    _held_to_stages(log, block, latencies)
    model, version = _first(_MODEL, block.told), _first(_VERSION, block.told)
    return ToolRun(
        tool=TOOL,
        definition=DEFINITION,
        samples_per_s=rate,
        batch_size=size,
        queries_per_s=calls,
        version=None if version is None else f"MagicMind {shown(version[1][1])}",
        device=block.device,
        streams=threads,
        model=None if model is None else model[1][1],
        input_shapes=shapes,
        latencies=latencies,
        duration_s=seconds,
        count=iterations,
        line=line,
    )


def _first(pattern: re.Pattern[str], part: Sequence[Line]) -> tuple[int, re.Match[str]] | None:
    return next(((line.number, found) for line in part if (found := pattern.search(line.text))), None)


def _told(log: Log, pattern: re.Pattern[str], block: _Block) -> int:
    """A number among the run's parameters, of threads for one; 1 where it is not there.

    A summary counts the samples of all threads that called at once on its device.
    """
    told = _first(pattern, block.told)
    return (
        1
        if told is None
        else max(1, whole(log, told[0], told[1][1], f"`{told[1][0].partition(':')[0].strip()}`"))
    )


def _batch(log: Log, line: int, total: float, iterations: int, listed: float | None) -> int | float | None:
    """The batch size of one shape group: that of its shapes, which the total of batch sizes has to be of."""
    if listed is None or not iterations:
        return None
    if not consistency.same(total / iterations, listed):
        raise log.wrong(
            line, f"{total:g} samples in {iterations} iterations", f"{listed:g} in each, as its shapes say"
        )
    return batch(listed)


def _held_to_latency(
    log: Log, block: _Block, rate: float, size: float | None, latencies: Sequence[Latency]
) -> None:
    """Each thread keeps as many calls under way as its depth says, which is two by default."""
    compute = next((item for item in latencies if _COMPUTE.search(item.name)), None)
    groups = {item.name.partition(":")[0] for item in latencies if item.name.startswith("group ")}
    if compute is None or size is None or len(groups) > 1:
        return
    depth = 1 if _first(_DEPTH, block.told) is None else _told(log, _DEPTH, block)
    at_once = _told(log, _THREADS, block) * max(2, depth)
    consistency.under_way(log, block.line, rate / size, compute.mean_ms, at_once, f"each of {compute.name}")


def _held_to_total(log: Log, block: _Block, iterations: int, latencies: Sequence[Latency]) -> None:
    """Raises `ParseError` where the time of all calls is not theirs: between the fastest and slowest group's.

    Of several threads the old output does not say whether its iterations are of all of them.
    """
    several = _told(log, _THREADS, block) > 1
    for line in block.lines:
        found = _COMPUTED.match(line.text)
        if found is None or (several and not found[1]):
            continue
        clock = found[2] or ""
        total = positive(log, line.number, found[3], "the MLU compute time")
        of_clock = (item for item in latencies if _COMPUTE.search(item.name) and item.name.endswith(clock))
        means = [item.mean_ms for item in of_clock if item.mean_ms is not None]
        if not means:
            continue
        why = f"{iterations} iterations of {min(means):g} ms"
        least, most = (iterations * mean / 1000 for mean in (min(means), max(means)))
        if not consistency.at_most(least, total):
            raise log.wrong(
                line.number, f"an MLU compute time of {total:g} s", f"{least:g}, which {why} give"
            )
        if not consistency.at_most(total, most):
            why = f"{iterations} iterations of {max(means):g} ms"
            raise log.wrong(line.number, f"an MLU compute time of {total:g} s", f"{most:g}, which {why} give")


def _held_to_stages(log: Log, block: _Block, latencies: Sequence[Latency]) -> None:
    """Raises `ParseError` where a total latency is not that of its stages (the new output has one)."""
    for whole_ in latencies:
        named = _TOTAL.match(whole_.name)
        if named is None:
            continue
        own = [
            item for item in latencies
            if item is not whole_ and item.name.startswith(named[1]) and item.name.endswith(named[2])
        ]  # fmt: skip
        parts = [item for item in own if any(stage in item.name for stage in _STAGES)]
        consistency.stages(log, block.line, whole_, parts, last_digit_ms=LAST_DIGIT_MS)
        if len(parts) == len(_STAGES):
            consistency.added_up(log, block.line, whole_, parts)


def _utilised(log: Log, block: _Block) -> None:
    """Raises `ParseError` for statistics of the device that cannot be, and for more than the whole of it."""
    for line in block.told:
        found = _OF_DEVICE.match(line.text)
        if found is None:
            continue
        values = {item[1]: number(log, line.number, item[2], found[1]) for item in _NAMED.finditer(found[3])}
        ranks = {
            float(item[1]): number(log, line.number, item[2], found[1]) for item in _RANKED.finditer(found[3])
        }
        low, high = values.pop("min", None), values.pop("max", None)
        wrong = consistency.disorder(low, high, values, ranks)
        if wrong is not None:
            raise log.wrong(line.number, f"{found[1]}: {wrong[0]}", wrong[1])
        if found[2] == "%" and high is not None:
            consistency.percentage(log, line.number, f"{high}", found[1].partition("_")[2] or found[1])


def _shapes(block: _Block) -> tuple[tuple[tuple[int, ...], ...], int | float | None]:
    """The inputs' shapes and their common first size; several shape groups have no one batch size."""
    groups = [found[2] for line in block.lines if (found := _GROUP.match(line.text))]
    texts = [found[1] for group in groups for found in _DIMS.finditer(group)]
    texts = texts or [found[1] for line in block.told if (found := _OLD_DIMS.match(line.text))]
    shapes = tuple(tuple(int(size) for size in text.split(",")) for text in texts)
    first = {shape[0] for shape in shapes}
    return shapes, (first.pop() or None) if len(first) == 1 and len(groups) < 2 else None


def _latencies(log: Log, part: Sequence[Line]) -> Iterator[Latency]:
    """Old: a line a stage. New: a stage is a heading, and a shape group one above it."""
    group = stage = ""
    several = sum(1 for line in part if _GROUP.match(line.text)) > 1
    for line in part:
        heading, in_group, found = _STAGE.match(line.text), _GROUP.match(line.text), _LATENCY.match(line.text)
        if in_group:
            group, stage = f"group {in_group[1]}: " if several else "", ""
        if heading:
            stage = f"{heading[1]}{heading[2] or ''}, "
        if found:
            clock = "" if found[2] is None else f", {found[2]}"
            name = f"{group}{stage}{found[1]}{clock}"
            yield colon_pairs(log, line.number, name, found[4], found[3], last_digit_ms=LAST_DIGIT_MS)
