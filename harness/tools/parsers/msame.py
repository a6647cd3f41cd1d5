"""msame, the model runner before ais_bench: mean time of a model execution. It prints no throughput."""

from __future__ import annotations

import re

from harness.tools.parsers import consistency
from harness.tools.parsers.ascend import first_error, unfinished
from harness.tools.parsers.records import Latency, ToolLog, ToolRun
from harness.tools.parsers.text import SHORTEST_MS, Log, milliseconds

TOOL = "msame"
DEFINITION = "1000 x batch size / mean inference time, the first call left out where the log states that mean"

_MEAN = re.compile(r"Inference average time( without first time)? ?:(.*)", re.IGNORECASE)
_CALL = re.compile(r"Inference time ?:(.*)", re.IGNORECASE)
_OTHER = re.compile(r"Inference (?!average\b)(\w+) time ?:(.*)", re.IGNORECASE)
_MODEL = re.compile(r"\bload model (\S+) success")
_BEGINNING = re.compile(
    r"load model \S+ success|get input dynamic gear count|create model description success"
)
_LEFT_OUT = re.compile(r"^[\s.…]*(?:\.{3}|…)[\s.…]*$")
_MARK = re.compile(
    r"Inference (?:average )?time|get input dynamic gear count|create (?:context|stream) success"
    r"|Execute sample",
    re.IGNORECASE,
)
_LINE = "Inference average time: X ms"


def recognises(log: Log) -> bool:
    """Whether these are msame's lines."""
    return log.has(_MARK)


def parse(log: Log) -> ToolLog:
    """Every run. Raises `ParseError` for a failed run and a cut log. The batch size is in no line of it."""
    runs: list[ToolRun] = []
    mean: tuple[int, float] | None = None
    calls: list[float] = []
    further: dict[str, float] = {}
    file: str | None = None
    whole = False  # whether all of a run's calls are in the log
    for line in log.lines:
        call, found = _CALL.search(line.text), _MEAN.search(line.text)
        begins, gap = _BEGINNING.search(line.text), _LEFT_OUT.search(line.text)
        if mean is not None and (begins or call):  # the next run's: the last one stated no other mean
            mean, calls, further = None, [], {}
        if begins or gap:
            whole = not calls and not gap
        loaded = _MODEL.search(line.text)
        file = loaded[1] if loaded else file
        other = _OTHER.search(line.text)
        if other:
            further[other[1]] = milliseconds(log, line.number, other[2], f"the {other[1]} inference time")
        if call:
            calls.append(milliseconds(log, line.number, call[1], "an inference time"))
        if found is None:
            continue
        value = milliseconds(log, line.number, found[2], "the average inference time")
        if value < SHORTEST_MS:
            raise log.wrong(line.number, f"an average time of {value} ms", "a time above 0")
        if whole and calls and not found[1]:
            _among(log, line.number, value, calls)
        if found[1] and mean is not None:
            runs[-1] = _run(log, mean[0], mean[1], value, calls, further, file)
            mean = None
        else:
            runs.append(_run(log, line.number, value, value if found[1] else None, calls, further, file))
            mean = None if found[1] else (line.number, value)
        if mean is None:
            calls, further = [], {}
    if not runs:
        error = first_error(log)
        raise log.missing(TOOL, _LINE) if error is None else log.failed(TOOL, error.line, str(error))
    cut = unfinished(log, [run.line for run in runs])
    if cut is not None:
        raise log.missing(TOOL, _LINE, cut)
    return ToolLog(name=log.name, tool=TOOL, runs=tuple(runs))


def _among(log: Log, line: int, mean: float, calls: list[float]) -> None:
    """Raises `ParseError` for a mean outside the calls that it is of."""
    item = Latency(name="Inference average time", mean_ms=mean, min_ms=min(calls), max_ms=max(calls))
    consistency.ordered(log, line, item)


def _run(
    log: Log,
    line: int,
    mean: float,
    without_first: float | None,
    calls: list[float],
    further: dict[str, float],
    model: str | None,
) -> ToolRun:
    latencies = [Latency(name="Inference average time", mean_ms=mean, further_ms=further)]
    if without_first is not None:
        latencies.append(Latency(name="Inference average time without first time", mean_ms=without_first))
    # A log that is cut at the front, or an excerpt, has fewer calls than its mean is of.
    complete = bool(calls) and consistency.same(sum(calls) / len(calls), mean, rel=1e-4)
    if complete and without_first is not None and len(calls) > 1:
        rest = calls[1:]
        why = f"the mean of the {len(rest)} calls after the first"
        consistency.held(
            log, line, "average time without the first", without_first, sum(rest) / len(rest), why
        )
    return ToolRun(
        tool=TOOL,
        definition=DEFINITION,
        samples_per_s=None,
        batch_ms=mean if without_first is None else without_first,
        latencies=tuple(latencies),
        count=len(calls) if complete else None,
        model=model,
        line=line,
    )
