"""trtexec of TensorRT 7 to 11. What it calls throughput is queries (batches) a second of wall time.

The documents of T4 compute ``1000 / (GPU Compute mean / batch)`` instead, and so is `samples_per_s` here;
`queries_per_s` is the tool's own. Of several streams at once each call waits for the others: that formula is
no throughput then, and the tool's own is taken. With ``--batch`` (implicit batch, until TensorRT 9) the tool
counts samples, which is undone here. TensorRT 7 prints ``throughput: 0 qps`` for explicit batches, which is
no measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from harness.tools.parsers import consistency
from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.statistics import equals_pairs, latency
from harness.tools.parsers.text import SHORTEST_MS, Line, Log, milliseconds, number, seconds, whole
from harness.tools.parsers.trtexec_facts import Facts, facts

TOOL = "trtexec"
DEFINITION = "1000 / (mean GPU compute time / batch size)"
AT_ONCE = "the tool's queries a second of wall time x batch size, several calls at once"
COMPUTE = "GPU Compute Time"
_TRANSFERS = ("H2D Latency", "D2H Latency")
_WITHOUT_IMPLICIT = ("10.", "11.")
_PRINTS_NONE = 7  # the last major version of TensorRT whose throughput of an explicit batch is 0

_PREFIX = re.compile(r"^\s*(?:\[[^\[\]]*\] ?)*")
_SUMMARY = re.compile(r"^=== Performance summary ===", re.IGNORECASE)
_EQUALS = re.compile(r"^([A-Za-z][\w -]*?): *((?=.*\b(?:min|max|mean) = ).*)")
_TRACE = re.compile(r"Timing trace has (\S+) queries over (\S+ ?[mnu]?s)$")
_SECTION = re.compile(r"^(Host Latency|Enqueue Time|GPU Compute)$")  # TensorRT 7
_ITEM = re.compile(r"^(min|max|mean|median): *(\S+(?: ?[mnu]?s)?)")
_PERCENTILE = re.compile(r"^percentile: *(\S+(?: ?[mnu]?s)?) at (\d+(?:\.\d+)?)%", re.ASCII)
_THROUGHPUT = re.compile(r"^throughput: *(\S+) *qps", re.IGNORECASE)
_WALL = re.compile(r"^(?:Total Host Walltime|walltime): *([\d.]\S* ?[mnu]?s?)$", re.IGNORECASE)
_COMPUTED = re.compile(
    r"^(?:Total GPU Compute Time|total compute time): *([\d.]\S* ?[mnu]?s?)$", re.IGNORECASE
)
BEGINS = re.compile(r"&&&& RUNNING TensorRT")
_OPTIONS = re.compile(r"=== Model Options ===")
_PASSED = re.compile(r"&&&& PASSED TensorRT")
_SKIPPED = re.compile(r"Skipped inference phase")
_FAILED = re.compile(r"&&&& FAILED TensorRT")
_ERROR = re.compile(r"\[E\] *(.*)")
# TensorRT 7 goes on, times calls that did nothing, and ends with PASSED.
_NOT_RUN = re.compile(
    r"(?:\[E\].*?|Error\[\d+\]: *)((?:\[\S*enqueue\S*\] |Parameter check failed at: \S*enqueue).*)"
    r"|\[E\] (Error occurred during inference.*)"
)
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
    rated: int | None = None  # the line of its throughput, which may be none
    in_sections: bool = False  # as TensorRT 7 prints it
    duration_s: float | None = None
    computed_s: float | None = None  # by all its calls together
    header: bool = False


def parse(log: Log) -> ToolLog:
    """Every summary. Raises `ParseError` for a failed run and for a summary without the GPU compute time."""
    parts = [(part, list(_runs(log, part))) for part in _parts(log)]
    runs = [run for _, found in parts for run in found]
    if not runs:
        error = next(iter(reversed(list(log.find(_ERROR)))), None)
        if error is not None:
            raise log.failed(TOOL, error[0], error[1][1])
        skipped = next(iter(log.find(_SKIPPED)), None)
        if skipped is not None:
            raise log.wrong(skipped[0], "a build alone (--skipInference)", "a run that was timed")
        raise log.missing(TOOL, f"{COMPUTE}: min = X ms, ... mean = X ms")
    for part, found in parts:
        if not found and _cut(part):
            raise log.missing(TOOL, f"{COMPUTE}: min = X ms, ... mean = X ms", part[0].number)
    return ToolLog(name=log.name, tool=TOOL, runs=tuple(runs))


def _parts(log: Log) -> Iterator[Sequence[Line]]:
    """The lines of each run: several may stand in one file."""
    part: list[Line] = []
    listed = False  # whether its options were: the second list is another run's
    for line in log.lines:
        options = _OPTIONS.search(line.text) is not None
        if part and (BEGINS.search(line.text) or (options and listed)):
            yield part
            part, listed = [], False
        listed = listed or options
        part.append(line)
    yield part


def _cut(part: Sequence[Line]) -> bool:
    """Whether a run without numbers begins here and does not end: one that only builds ends with PASSED."""
    begins = any(BEGINS.search(line.text) or _OPTIONS.search(line.text) for line in part)
    ends = any(_PASSED.search(line.text) or _SKIPPED.search(line.text) for line in part)
    return begins and not ends


def _runs(log: Log, part: Sequence[Line]) -> Iterator[ToolRun]:
    failed = next((line for line in part if _FAILED.search(line.text)), None)
    if failed is not None:
        errors = [found[1] for line in part if (found := _ERROR.search(line.text))]
        raise log.failed(TOOL, failed.number, errors[-1] if errors else failed.text)
    idle = next(((line, found) for line in part if (found := _NOT_RUN.search(line.text))), None)
    if idle is not None:
        raise log.failed(TOOL, idle[0].number, f"its calls did not run: {idle[1][1] or idle[1][2]}")
    known = facts(part)
    if known.batch is not None and known.batch != "Explicit":
        whole(log, part[-1].number, known.batch, "`Batch:`")
    for name, shape in known.bound.items():
        if known.asked.get(name, shape) != shape:
            asked = "x".join(map(str, known.asked[name]))
            laid_out = f"an input {name} of {'x'.join(map(str, shape))}"
            raise log.wrong(part[-1].number, laid_out, f"{asked}, which the options of the same call ask for")
    blocks = list(_blocks(log, part))
    for block in blocks:
        if COMPUTE in block.latencies:
            run = _run(log, block, known)
            yield _traced(log, part, block, run) if len(blocks) == 1 else run
        elif block.header or block.queries_per_s is not None:
            raise log.missing(TOOL, f"{COMPUTE}: min = X ms, ... mean = X ms", block.line)


def _run(log: Log, block: _Block, known: Facts) -> ToolRun:
    mean = block.latencies[COMPUTE].mean_ms
    if mean is None or mean < SHORTEST_MS:
        raise log.wrong(block.line, f"a mean {COMPUTE} of {mean} ms", "a time above 0")
    queries_per_s = block.queries_per_s
    if known.implicit and known.batch_size and queries_per_s is not None:  # the tool multiplied already
        queries_per_s /= known.batch_size
    if block.rated is not None and queries_per_s is None and not _may_print_none(block, known):
        raise log.wrong(block.rated, "a throughput of 0 qps", "one above 0: TensorRT 7 alone prints none")
    _latency_holds(log, block)
    streams = _streams(log, block, known, queries_per_s, mean)
    if queries_per_s is not None and block.duration_s is not None:
        _total_holds(log, block, known, queries_per_s * block.duration_s)
    if streams > 1 and queries_per_s is None:
        found = f"{streams} streams at once and no line `Throughput: X qps`"
        needed = "that line: 1000 / (mean / batch size) is no throughput where calls wait for each other"
        raise log.wrong(block.line, found, needed)
    run = ToolRun(
        tool=TOOL,
        definition=AT_ONCE if streams > 1 else DEFINITION,
        samples_per_s=None,
        batch_ms=None if streams > 1 else mean,
        queries_per_s=queries_per_s,
        version=known.version,
        device_name=known.device_name,
        streams=streams,
        model=known.model,
        precision=known.precision,
        precision_untold=known.precision_untold,
        further=known.further,
        input_shapes=known.shapes,
        latencies=tuple(block.latencies.values()),
        duration_s=block.duration_s,
        line=block.line,
    )
    return run if known.batch_size is None else run.of_batch(known.batch_size)


def _streams(log: Log, block: _Block, known: Facts, queries_per_s: float | None, mean_ms: float) -> int:
    """Calls at once, as told, else by the rate; where TensorRT 7 has none, by the time of all calls."""
    told = None if known.streams is None else max(1, whole(log, block.line, known.streams, "the streams"))
    if queries_per_s is None and block.computed_s and block.duration_s:
        queries_per_s = block.computed_s * 1000 / mean_ms / block.duration_s
    return consistency.under_way(log, block.line, queries_per_s, mean_ms, told, f"each of {COMPUTE}")


def _may_print_none(block: _Block, known: Facts) -> bool:
    """TensorRT 7 multiplies by an explicit batch of 0; later ones count such a call as one query."""
    major = (known.version or "").partition(".")[0]
    return int(major) <= _PRINTS_NONE if major.isdigit() else block.in_sections


def _latency_holds(log: Log, block: _Block) -> None:
    """Raises `ParseError` where a call's latency is not what its transfers and its computing take."""
    compute = block.latencies[COMPUTE]
    for name in ("Latency", "Host Latency"):
        whole = block.latencies.get(name)
        if whole is not None:
            parts = [block.latencies[part] for part in _TRANSFERS if part in block.latencies]
            consistency.stages(log, block.line, whole, [compute, *parts])
            if len(parts) == len(_TRANSFERS):
                consistency.added_up(log, block.line, whole, [compute, *parts])


def _total_holds(log: Log, block: _Block, known: Facts, calls: float) -> None:
    """Raises `ParseError` for a total GPU compute time that is not that of so many calls.

    Until TensorRT 9 they may be samples: in an excerpt that does not tell the batch, a whole number a call.
    """
    mean_ms = block.latencies[COMPUTE].mean_ms
    if not block.computed_s or mean_ms is None:
        return
    expected = calls * mean_ms / 1000
    untold = known.batch is None and not known.shapes and not known.implicit
    if untold and not (known.version or "").startswith(_WITHOUT_IMPLICIT):
        expected /= max(1, round(expected / block.computed_s))
    why = f"{calls:.6g} calls of {mean_ms:g} ms"
    consistency.held(log, block.line, f"total {COMPUTE} (s)", block.computed_s, expected, why)


def _traced(log: Log, part: Sequence[Line], block: _Block, run: ToolRun) -> ToolRun:
    """The run with its count of calls, as the log tells it; the tool's own throughput is held to it."""
    told = next(((line, found) for line in reversed(part) if (found := _TRACE.search(line.text))), None)
    if told is None:
        return run
    line, trace = told
    queries = whole(log, line.number, trace[1], "the queries")
    lasted = seconds(log, line.number, trace[2], "the time of all queries")
    known = facts(part)
    each = known.batch_size if known.implicit and known.batch_size else 1  # queries are samples then
    if run.queries_per_s is not None and lasted:
        why = f"{queries} queries in {lasted:g} s"
        consistency.held(
            log, line.number, "queries a second", run.queries_per_s * each, queries / lasted, why
        )
    if run.duration_s is not None:
        why = "the time of all queries"
        consistency.held(log, line.number, "the wall time (s)", run.duration_s, lasted, why)
    if queries and block.rated is not None and run.queries_per_s is None:
        raise log.wrong(line.number, f"{queries} queries beside a throughput of 0 qps", "a rate above 0")
    if queries:
        _total_holds(log, block, known, queries / each)
    return replace(run, count=queries // each)


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
            block.in_sections = True
            section = _Section(line=line.number, name=title[1].replace("GPU Compute", COMPUTE))
        _read(log, line.number, body, block)
    if section is not None:
        section.into(log, block)
    if block is not None:
        yield block


def _repeated(body: str, title: re.Match[str] | None, block: _Block) -> bool:
    found = title or _EQUALS.match(body)
    again = found is not None and _name(found[1]) in block.latencies
    return again or (block.rated is not None and _THROUGHPUT.match(body) is not None)


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
        block.rated = line
        block.queries_per_s = number(log, line, throughput[1], "the throughput") or None
    if wall:
        block.duration_s = seconds(log, line, wall[1], "the wall time")
    computed = _COMPUTED.match(body)
    if computed:
        block.computed_s = seconds(log, line, computed[1], "the total GPU compute time")


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
