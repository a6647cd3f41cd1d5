"""LoadGen's own logs of a run made elsewhere, as the run of a throughput tool.

An offline run is a throughput of a batch size that LoadGen does not know; a single stream's or multiple
streams' is a latency of a query, whose samples LoadGen tells. A server completes what it is asked for: its
throughput is no one's but its questioner's.
"""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.tools.parsers import Latency, ToolRun, loadgen

TOOL = "loadgen"
_DETAIL, _SUMMARY = "detail", "summary"
_BEGINS = {":::MLLOG": _DETAIL, "====": _SUMMARY}


def run_of(path: Path, data: bytes) -> ToolRun | None:
    """The run of LoadGen that a detail or a summary log tells of, with the other beside it; None of others'.

    Raises `UsageError` where the other one is not there, or for the server scenario, `ParseError` for a log
    that is damaged.
    """
    text = data.decode("utf-8", errors="replace").lstrip("\ufeff \n\r")
    kind = next((kind for begins, kind in _BEGINS.items() if text.startswith(begins)), None)
    if kind is None or (kind == _SUMMARY and "MLPerf Results Summary" not in text[:400]):
        return None
    other = _SUMMARY if kind == _DETAIL else _DETAIL
    beside = path.with_name(path.name.replace(kind, other))
    if beside == path or not beside.is_file():
        raise UsageError(
            f"{path.name}: LoadGen's {kind} without its {other}",
            remedy="put mlperf_log_detail.txt and mlperf_log_summary.txt of the run beside each other",
        )
    both = {kind: data, other: beside.read_bytes()}
    return _run(path.name, loadgen.parse(both[_DETAIL], both[_SUMMARY]))


def _run(name: str, log: loadgen.LoadgenLog) -> ToolRun:
    if log.scenario == "Server":
        raise UsageError(
            f"{name}: LoadGen's server scenario completes the samples that it is asked for, which is no "
            "throughput of the chip's",
            remedy="give the logs of an offline, single-stream or multi-stream run",
        )
    size = {"SingleStream": 1, "MultiStream": log.samples_per_query}.get(log.scenario)
    query = Latency(
        name="query", mean_ms=log.mean_ns / 1e6, min_ms=log.minimum_ns / 1e6, max_ms=log.maximum_ns / 1e6,
        percentiles_ms={name: value / 1e6 for name, value in log.percentiles_ns.items()},
    )  # fmt: skip
    return ToolRun(
        tool=TOOL,
        definition=f"{log.definition} in LoadGen's {log.scenario} scenario",
        samples_per_s=log.samples_per_s,
        batch_size=size,
        version=log.version,
        devices=None,
        latencies=() if size is None else (query,),
        count=log.queries,
        errors=() if log.valid else (f"LoadGen calls the run INVALID: {'; '.join(log.why)}",),
        warnings=log.warnings,
        line=1,
    )
