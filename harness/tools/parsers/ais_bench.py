"""ais_bench, the inference tool of the Ascend documents: 1000 x batch size / mean NPU compute time.

The printed line is held to its own formula. Several devices run side by side and mix their lines; the
tool prints their sum at the end (``summary throughput``).
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from harness.tools.parsers.ascend import first_error
from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.statistics import equals_pairs
from harness.tools.parsers.text import Log, batch, positive

TOOL = "ais_bench"
DEFINITION = "1000 x batch size / mean NPU compute time"
FORMULA = "throughput 1000*batchsize(N)/NPU_compute_time.mean(T): X"
PRECISION = 1e-6  # of what Python prints in full; anything further off is another calculation

_HEADER = re.compile(r"-\s*Performance Summary\s*-", re.IGNORECASE)
_LATENCY = re.compile(r"(H2D_latency|NPU[_ ]compute[_ ]time|D2H_latency) ?\(ms\) ?:(.*)")
_FORMULA = re.compile(
    r"throughput 1000\*batchsize(?:\.mean)?\(([^()]*)\)/NPU_compute_time\.mean\(([^()]*)\) ?:(.*)",
    re.IGNORECASE,
)
_DEVICE = re.compile(r"\bi:\d+ device_(\d+) throughput:(\S+)")
_TOTAL = re.compile(r"\bsummary throughput:(.*)", re.IGNORECASE)
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
    """Every summary. Raises `ParseError` for a failed run, a cut log, and a formula that does not hold."""
    model: str | None = None
    runs: list[ToolRun] = []
    headers: list[int] = []
    pending: list[Latency] = []
    for line in log.lines:
        loaded = _MODEL.search(line.text)
        model = loaded[1] if loaded else model
        if _HEADER.search(line.text):
            headers.append(line.number)
        found = _LATENCY.search(line.text)
        if found:
            name = found[1].replace(" ", "_")
            pending.append(equals_pairs(log, line.number, name, found[2]))
        formula = _FORMULA.search(line.text)
        if formula:
            run = _run(log, line.number, formula, pending)
            runs.append(replace(run, model=model))
    if len(headers) > len(runs):
        raise log.missing(TOOL, FORMULA, headers[len(runs)])
    if not runs:
        error = first_error(log)
        raise log.missing(TOOL, FORMULA) if error is None else log.failed(TOOL, error.line, str(error))
    return _with_devices(log, runs)


def _run(log: Log, line: int, formula: re.Match[str], pending: list[Latency]) -> ToolRun:
    """One formula line, held to itself and to the compute time printed above it."""
    size = positive(log, line, formula[1], "the batch size")
    mean = positive(log, line, formula[2], "the mean NPU compute time")
    printed = positive(log, line, formula[3], "the throughput")
    if not math.isclose(printed, 1000 * size / mean, rel_tol=PRECISION):
        raise log.wrong(
            line, f"throughput {printed!r}", f"{1000 * size / mean!r}, which 1000*{size:g}/{mean!r} gives"
        )
    return ToolRun(
        tool=TOOL,
        definition=DEFINITION,
        samples_per_s=printed,
        batch_size=batch(size),
        batch_ms=mean,
        latencies=_own(log, line, mean, pending),
        line=line,
    )


def _own(log: Log, line: int, mean: float, pending: list[Latency]) -> tuple[Latency, ...]:
    """The latencies of this summary. Mixed lines of several processes: those that can be told apart."""
    computes = [item for item in pending if item.name == _COMPUTE]
    if not computes:
        return ()
    same = [item for item in computes if math.isclose(item.mean_ms or 0, mean, rel_tol=PRECISION)]
    if not same:
        printed = computes[-1].mean_ms
        raise log.wrong(line, f"a formula with the mean {mean!r}", f"the mean printed above it, {printed!r}")
    if len(computes) == 1:
        own = tuple(pending)
        pending.clear()
        return own
    pending.remove(same[0])
    return (same[0],)


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
    rates = [rate for _, rate in devices] or [run.samples_per_s or 0 for run in runs]
    if not math.isclose(printed, sum(rates), rel_tol=PRECISION):
        raise log.wrong(line, f"summary throughput {printed!r}", f"the sum of the devices', {sum(rates)!r}")
    count = len({device for device, _ in devices}) or len(rates)  # several processes may share a device
    sizes = {run.batch_size for run in runs}
    whole = replace(
        runs[0], samples_per_s=printed, batch_size=sizes.pop() if len(sizes) == 1 else None, batch_ms=None,
        devices=count, device=None, latencies=(), line=line,
        definition=f"sum over {count} devices of {DEFINITION}",
    )  # fmt: skip
    return ToolLog(name=log.name, tool=TOOL, runs=tuple(runs), total=whole)
