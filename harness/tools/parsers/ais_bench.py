"""ais_bench, the inference tool of the Ascend documents: 1000 x batch size / mean NPU compute time.

The printed line is held to its own formula, and to the batch size that the tool says it counts. Several
devices run side by side and mix their lines; the tool prints their sum at the end (``summary throughput``).
ais_infer, its first form, prints the formula without its numbers: the batch size is what makes it true.
Latencies that were put in a box, a row a stage below a row of statistics, are read by the names in that row.
"""

from __future__ import annotations

import re
from dataclasses import replace

from harness.tools.parsers import consistency
from harness.tools.parsers.ascend import first_error, unfinished
from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.statistics import equals_pairs, latency
from harness.tools.parsers.tables import cells
from harness.tools.parsers.text import Line, Log, milliseconds, positive, whole

TOOL = "ais_bench"
DEFINITION = "1000 x batch size / mean NPU compute time"
FORMULA = "throughput 1000*batchsize(N)/NPU_compute_time.mean(T): X"
PRECISION = consistency.EXACT  # anything further off is another calculation

_HEADER = re.compile(r"-\s*Performance Summary\s*-", re.IGNORECASE)
_LATENCY = re.compile(r"([A-Za-z][\w ]{0,40}?) ?\((\w+)\) ?: *((?=.*\b(?:min|max|mean) ?=).*)")
_BARS = str.maketrans("│┃║", "|||")
_STAGE = re.compile(r"((?:H2D|D2H)[ _]latency|NPU[ _]compute[ _]time) *(?:\((\w+)\))?", re.IGNORECASE)
_COLUMN = re.compile(r"(?:t?p|percentile ?\()?(\w[\w.]*)%?\)? *(?:\((\w+)\))?", re.ASCII | re.IGNORECASE)
_STATISTICS = {
    "min": "min",
    "max": "max",
    "mean": "mean",
    "avg": "mean",
    "average": "mean",
    "median": "median",
}
_FORMULA = re.compile(
    r"throughput 1000\*batchsize(?:\.mean)?\(([^()]*)\)/NPU_compute_time\.mean\(([^()]*)\) ?:(.*)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"throughput \(1000\*batchsize/NPU_compute_time\) ?:(.*)", re.IGNORECASE
)  # ais_infer, 2022
_OF_MODEL = re.compile(r"try get model batchsize ?: *(\S+)|\bfilesperbatch ?: *(\d{1,9})\b", re.ASCII)
_DEVICE = re.compile(r"\bi:\d+ device_(\d+) throughput:(\S+)")
_TOTAL = re.compile(r"\bsummary throughput:(.*)", re.IGNORECASE)
_BEGUN = re.compile(r"\bmultidevice:(.*) run begin")
_ENDED = re.compile(r"\bmultidevice run end qsize:(\S+) result:(\S+)")
_MODEL = re.compile(r"\bload model (\S+) success")
_MARK = re.compile(
    r"NPU[_ ]compute[_ ]time|throughput 1000\*batchsize|get filesperbatch|try get model batchsize",
    re.IGNORECASE,
)
_WEAK = re.compile(r"\[INFO\] (?:acl init|open device \d+) success|processModel")
_COMPUTE = "NPU_compute_time"


def recognises(log: Log) -> bool:
    """Whether these are ais_bench's own lines."""
    return log.has(_MARK)


def may_be(log: Log) -> bool:
    """Whether these lines may be ais_bench's: those it shares with other tools on AscendCL."""
    return log.has(_WEAK)


def parse(log: Log) -> ToolLog:
    """Every summary.

    Raises `ParseError` for a failed run, a cut log, and numbers that contradict each other.
    """
    model: str | None = None
    told: int | None = None
    runs: list[ToolRun] = []
    headers: list[int] = []
    pending: list[Latency] = []
    head: list[str] = []  # of a box
    for line in log.lines:
        loaded, counted = _MODEL.search(line.text), _OF_MODEL.search(line.text)
        model = loaded[1] if loaded else model
        if counted:  # 0 where the inputs have no common first size
            told = whole(log, line.number, counted[1] or counted[2], "the model's batch size") or None
        if _HEADER.search(line.text):
            headers.append(line.number)
        found = _LATENCY.search(line.text)
        if found:
            name = found[1].replace(" ", "_")
            pending.append(equals_pairs(log, line.number, name, found[3], found[2], rel=PRECISION))
        row = _row(line.text)
        if row and _STAGE.fullmatch(row[0]):
            pending.append(_boxed(log, line.number, head, row))
        elif row:
            head = row
        run = _read(log, line, told, pending)
        if run is not None:
            runs.append(replace(run, model=model))
    if len(headers) > len(runs):
        raise log.missing(TOOL, FORMULA, headers[len(runs)])
    if not runs:
        error = first_error(log)
        raise log.missing(TOOL, FORMULA) if error is None else log.failed(TOOL, error.line, str(error))
    cut = unfinished(log, [run.line for run in runs], several=log.has(_ENDED))
    if cut is not None:
        raise log.missing(TOOL, FORMULA, cut)
    return _with_devices(log, runs)


def _row(text: str) -> list[str]:
    """The cells of a line of a box, whatever stands before it; none where it is no such line."""
    plain = text.translate(_BARS)
    return cells(plain[plain.index("|") :]) if "|" in plain else []


def _boxed(log: Log, line: int, head: list[str], row: list[str]) -> Latency:
    """A stage's latencies in a box, by the statistics that `head` names.

    Raises `ParseError` where these are not known here, as for every other form of the same numbers.
    """
    stage = _STAGE.fullmatch(row[0])
    name, unit = (stage[1].replace(" ", "_"), stage[2] or "ms") if stage else (row[0], "ms")
    values: dict[str, float] = {}
    for column, text in zip(head[1:], row[1:], strict=False):
        key, own = _statistic(column)
        if key is None or key in values:
            break
        values[key] = milliseconds(log, line, text, f"{name} {column}", own or unit)
    if len(head) != len(row) or len(values) != len(row) - 1:
        found = f"{name} in a box below {', '.join(head[1:]) or 'no heading'}"
        raise log.wrong(line, found, "min, max, mean, median and percentiles, one above each value")
    return latency(log, line, name, values, rel=PRECISION)


def _statistic(column: str) -> tuple[str | None, str | None]:
    """A heading as the statistic that it names, and the unit in it."""
    found = _COLUMN.fullmatch(column)
    if found is None:
        return None, None
    ranked = found[1].replace(".", "", 1).isdigit()
    return f"p{found[1]}" if ranked else _STATISTICS.get(column.split("(")[0].strip().lower()), found[2]


def _read(log: Log, line: Line, told: int | None, pending: list[Latency]) -> ToolRun | None:
    """The run that a formula line ends, by either form of it; None for any other line."""
    formula, bare = _FORMULA.search(line.text), _BARE.search(line.text)
    if formula:
        size = positive(log, line.number, formula[1], "the batch size")
        mean = positive(log, line.number, formula[2], "the mean NPU compute time")
        printed = positive(log, line.number, formula[3], "the throughput")
        why = f"1000*{size:g}/{mean!r}"
        consistency.held(log, line.number, "throughput", printed, 1000 * size / mean, why, rel=PRECISION)
        return _run(log, line.number, size, mean, printed, told, pending)
    if bare is None:
        return None
    printed = positive(log, line.number, bare[1], "the throughput")
    computed = next((item.mean_ms for item in reversed(pending) if item.name == _COMPUTE), None)
    if not computed:
        raise log.missing(TOOL, "NPU_compute_time (ms): min = X, ... mean = X")
    size = printed * computed / 1000
    near = max(1, round(size))
    why = f"the nearest whole batch size, 1000*{near}/{computed!r},"
    consistency.held(log, line.number, "throughput", printed, 1000 * near / computed, why, rel=PRECISION)
    return _run(log, line.number, near, computed, printed, told, pending)


def _run(
    log: Log, line: int, size: float, mean: float, printed: float, told: int | None, pending: list[Latency]
) -> ToolRun:
    """One summary: `size` samples in each call's mean `mean` ms."""
    full = consistency.full_batch(log, line, size, told)
    return ToolRun(
        tool=TOOL,
        definition=DEFINITION,
        samples_per_s=printed,
        batch_size=full,
        mean_batch=None if full == size else size,
        batch_ms=mean,
        latencies=_own(log, line, mean, pending),
        line=line,
    )


def _own(log: Log, line: int, mean: float, pending: list[Latency]) -> tuple[Latency, ...]:
    """The latencies of this summary. Mixed lines of several processes: those that can be told apart."""
    computes = [item for item in pending if item.name == _COMPUTE]
    if not computes:
        return ()
    same = [item for item in computes if consistency.same(item.mean_ms or 0, mean, rel=PRECISION)]
    if not same:
        printed = computes[-1].mean_ms
        raise log.wrong(line, f"a formula with the mean {mean!r}", f"the mean printed above it, {printed!r}")
    if len(computes) == 1:
        own = tuple(pending)
        pending.clear()
        return own
    pending.remove(same[0])
    return (same[0],)


def _all_there(log: Log, line: int, listed: int) -> None:
    """Raises `ParseError` where a process gave no throughput, or ended in a way that is not known.

    Each process leaves two messages in the queue, that it is ready and its throughput (`multidevice_run` of
    ais_bench). ``result`` is 0 or 1; what 1 means changed between versions, and it is no failure.
    """
    begun, ended = log.first(_BEGUN), log.first(_ENDED)
    if listed and begun is not None:
        asked = len(re.findall(r"\d+", begun[1], re.ASCII))
        if asked != listed:
            found = f"the throughput of {listed} devices"
            raise log.wrong(line, found, f"that of the {asked} that were begun")
    if ended is None:
        return
    if ended[2] not in ("0", "1"):
        raise log.wrong(line, f"a run of several devices that ended with result:{ended[2]}", "0 or 1")
    left = whole(log, line, ended[1], "the queue's size")
    if listed and left != 2 * listed:
        told = f"{left} messages of the processes beside the throughput of {listed} devices"
        raise log.wrong(line, told, f"{2 * listed}, two of each")


def _with_devices(log: Log, runs: list[ToolRun]) -> ToolLog:
    """The runs with their devices, and the total over them, where the tool prints these."""
    devices = [
        (found[1], positive(log, line, found[2], "a device's throughput"))
        for line, found in log.find(_DEVICE)
    ]
    for device, rate in devices:
        for at, run in enumerate(runs):
            if run.device is None and run.samples_per_s == rate:
                runs[at] = replace(run, device=device)
                break
    totals = list(log.find(_TOTAL))
    if len(totals) != 1:  # none, or several logs in one file, each with its own
        return ToolLog(name=log.name, tool=TOOL, runs=tuple(runs))
    line, found = totals[0]
    printed = positive(log, line, found[1], "the summary throughput")
    _all_there(log, line, len(devices))
    rates = [rate for _, rate in devices] or [run.samples_per_s or 0 for run in runs]
    why = "the sum of the devices'"
    consistency.held(log, line, "summary throughput", printed, sum(rates), why, rel=PRECISION)
    count = len({device for device, _ in devices}) or len(rates)  # several processes may share a device
    sizes = {run.batch_size for run in runs}
    whole = replace(
        runs[0], samples_per_s=printed, batch_size=sizes.pop() if len(sizes) == 1 else None, batch_ms=None,
        devices=count, device=None, streams=-(-len(rates) // count), latencies=(), line=line,
        definition=f"sum over {count} devices of {DEFINITION}",
    )  # fmt: skip
    return ToolLog(name=log.name, tool=TOOL, runs=tuple(runs), total=whole)
