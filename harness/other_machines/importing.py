"""A tool's log from elsewhere to a measurement of a case, judged as the chip's own.

The log says nothing of the weights, so provenance says `Weights.UNKNOWN`: whoever files a log under a case
says that it is of the case's model. What the log does tell is held against the case. Another tool or batch
size is refused; another device, precision or input shape is recorded and not compared, and neither is a
precision that the log does not tell. One device or several is held to what the document counts by
`verdicts.cards`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__, hashing
from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.details import ImportedDetail, Work
from harness.domain.measurements import Measurement, Origin, Provenance, Verdict, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.models import Weights
from harness.errors import UsageError, ZoocheckError
from harness.other_machines import scenarios
from harness.other_machines.foreign import Choice, ForeignLog
from harness.other_machines.unlike import differences, partly_full
from harness.running.recording import record
from harness.store.results import Result, Store
from harness.tables import references
from harness.toolchains import counting
from harness.toolchains.place import SIMULATED
from harness.tools import parsers
from harness.tools.parsers import ToolRun
from harness.tools.parsers.consistency import statistics_of
from harness.verdicts import latencies, throughputs, utilisation

SHOWN_HASH = 12  # hexadecimal digits of a hash in a message; the record has all of them


def read(case: Case, path: Path, choice: Choice) -> ForeignLog:
    """The run in `path` that `choice` means.

    Raises `ParseError` for a log that holds no throughput, and `UsageError` for one of another tool or
    batch size than the case's, for several runs to choose among, and where nobody tells the batch size.
    """
    accepted = case.chip.throughput_tools
    if not accepted:
        raise UsageError(
            f"{case.id}: no tool's log is taken for {case.chip.title}",
            remedy="its throughput is measured by `pytest suites/ -m throughput`",
        )
    run = run_of(path, choice)
    if run.tool not in (*accepted, scenarios.TOOL):
        raise UsageError(
            f"{path.name}: a log of {run.tool}; throughput on {case.chip.title} is measured with "
            f"{' or '.join(accepted)}"
        )
    if case.model.graph is not None:
        _require_shapes(case, path.name, run)
        run = counting.of_case(case, run)
    told_by = "the log" if run.batch_size is not None else "--bs-of-log"
    run = _of_case(case, path.name, run, choice.batch_size)
    if run.samples_per_s is None:
        raise UsageError(f"{path.name}: {run.tool} states no throughput, and no mean time to make one of")
    return ForeignLog(
        case=case,
        name=path.name,
        sha256=hashing.sha256(path),
        run=run,
        samples_per_s=run.samples_per_s,
        batch_size_told_by=told_by,
        simulated=SIMULATED.encode() in path.read_bytes(),
    )


def run_of(path: Path, choice: Choice) -> ToolRun:
    """The run of a throughput tool, or of LoadGen, in `path` that `choice` means. Raises as `read`."""
    data = path.read_bytes()
    found = scenarios.run_of(path, data)
    if found is not None:
        return found
    return parsers.parse(data, name=path.name).chosen(device=choice.device, summary=choice.summary)


def _require_shapes(case: Case, name: str, run: ToolRun) -> None:
    """Raises `UsageError` for inputs of another shape than the graph's: the log is of another graph.

    Of an encoder such a log is of another length, which is filed and not compared.
    """
    if others := counting.foreign_shapes(case, run):
        found = ", ".join(str(list(shape)) for shape in others)
        raise UsageError(
            f"{name}: the log has inputs of shape {found}, {case.id} has {counting.expected_shapes(case)}",
            remedy="name the case of the graph, the batch size and the sizes that the log is of",
        )


def _of_case(case: Case, name: str, run: ToolRun, told: int | None) -> ToolRun:
    """The run with its batch size, which is the case's."""
    if run.batch_size is None:
        if len(run.input_shapes) > 1 or told is not None:
            _one_batch(name, run, told)
        if told is None:
            raise UsageError(
                f"{name}: the log does not tell its batch size, and {case.id} is about {case.batch_size}",
                remedy="say what it was with --bs-of-log N",
            )
        if run.mean_batch is not None and told < run.mean_batch:
            raise UsageError(
                f"{name}: --bs-of-log {told}, but the log has {run.mean_batch:.4g} samples a call on average"
            )
        run = run.of_batch(told)
    elif told is not None and told != run.batch_size:
        raise UsageError(f"{name}: --bs-of-log {told}, but the log says batch size {run.batch_size}")
    if run.batch_size != case.batch_size:
        raise UsageError(
            f"{name}: the log is of batch size {run.batch_size}, {case.id} of {case.batch_size}",
            remedy="name the case of that batch size",
        )
    return run


def _one_batch(name: str, run: ToolRun, told: int | None) -> None:
    """Raises `UsageError` for inputs whose batch is not `told`, or not one: they are no batch of samples."""
    others = {shape[0] for shape in run.input_shapes} - ({told} if told else set())
    shapes = " and ".join(dict.fromkeys(str(list(shape)) for shape in run.input_shapes))
    if told is not None and others:
        raise UsageError(f"{name}: --bs-of-log {told}, but the log has inputs of shape {shapes}")
    if len(others) > 1:
        raise UsageError(f"{name}: the log has no one batch size, but inputs of shape {shapes}")


def file(catalog: Catalog, log: ForeignLog, store: Store, run: str) -> Result:
    """Record the log's throughput under its case in `run`, and judge it. Raises `StoreError`.

    Of a claim that states a latency the latency is recorded beside it, and judged.
    """
    reference = log.claim or references.for_case(catalog, log.case, Metric.THROUGHPUT)
    origin = Origin.SIMULATED if log.simulated else Origin.IMPORTED

    def verdict() -> Verdict:
        why_not = "; ".join(differences(log))
        judged = (
            latencies.judge_latency(log.case, log.latency.ms, reference, origin, why_not)
            if log.latency is not None and reference is not None
            else throughputs.judge_throughput(
                log.case, log.samples_per_s, reference, origin, why_not,
                devices=log.run.devices, document=references.document(catalog, log.case.model, reference),
            )
        )  # fmt: skip
        if why_not and judged.kind is VerdictKind.NO_REFERENCE:
            said = f"{log.case.id}: {log.samples_per_s:.2f} samples/s, not comparable: {why_not}"
            judged = replace(judged, kind=VerdictKind.NOT_COMPARABLE, message=said)
        which = log.run.definition if log.latency is None else log.latency.which
        source = "".join(f"{note}; " for note in log.notes)
        source += f"imported from {log.name} (sha256 {log.sha256[:SHOWN_HASH]}…), {which}"
        if log.run.mean_batch is not None:
            source += f"; {partly_full(log.run)}"
        if log.run.warnings:
            more = len(log.run.warnings) - 1
            source += f"; its tool warns: {log.run.warnings[0]}" + (f" (and {more} more)" if more else "")
        return replace(judged, message=f"{judged.message}; {source}")

    return record(store, measurement(log, run, origin), verdict)


def by_wall_time(run: ToolRun) -> float | None:
    """Samples a second by the tool's own count of calls and the wall clock, where it states one beside."""
    if run.queries_per_s is None or run.batch_size is None:
        return None
    return run.queries_per_s * run.batch_size


def latencies_of(run: ToolRun) -> dict[str, dict[str, float]]:
    """The latencies found, by the tool's own names, in milliseconds; what is not stated is left out."""
    return {item.name: statistics_of(item) | dict(item.further_ms) for item in run.latencies}


def measurement(log: ForeignLog, run: str, origin: Origin = Origin.IMPORTED) -> Measurement:
    """What a log comes to, as a row of the store; nothing is known of its weights and data."""
    made = log.run
    return Measurement(
        id=str(uuid.uuid4()),
        run=run,
        created=datetime.now(UTC).isoformat(),
        case=log.case.id,
        kind=Kind.THROUGHPUT,
        check="" if log.latency is None else str(Metric.LATENCY),
        origin=origin,
        provenance=Provenance(
            target="simulated" if origin is Origin.SIMULATED else "chip",
            weights=Weights.UNKNOWN,
            weights_sha256="",
            data=None,
            data_sha256=None,
            protocol=None,
            limit=None,
            artifact=None,
            backend=log.case.chip.backend or "none: nothing here drives it",
            machine={"measured_on": made.device_name or "a machine that the log does not name"},
            versions={"zoocheck": __version__, made.tool: made.version or "not told by the log"},
            git_revision=None,
        ),
        metrics={
            str(Metric.THROUGHPUT): log.samples_per_s,
            **({} if log.latency is None else {str(Metric.LATENCY): log.latency.ms}),
        },
        samples=0 if made.count is None else made.count * log.case.batch_size,
        intervals={},
        stages_s={},
        raw={},
        detail=_detail(log, origin),
    )


def work(log: ForeignLog, origin: Origin) -> Work | None:
    """What the throughput comes to in operations a second, where it is the case's own on one device.

    An encoder's are counted by its table's architecture, a graph's in its file. None where nobody can count
    them: of a graph that is not here, or whose shapes cannot be inferred, of sizes that a checkpoint decides.
    """
    case = log.case
    if (
        case.model.is_only_a_name
        or log.run.devices != 1
        or case.model.checkpoint.config_decides
        or any(differences(log))
    ):
        return None
    try:
        facts = {} if case.model.graph is None else counted(case)
    except ZoocheckError:  # a graph that is gone, or cannot be run here: the log is whole all the same
        return None
    found = utilisation.work(
        case, log.samples_per_s, architecture=case.model.architecture, artifact_facts=facts,
        origin=origin,
    )  # fmt: skip
    return Work.from_stored(found) if found else None


def counted(case: Case) -> Mapping[str, Any]:
    """The operations of one batch of a graph, as an artifact keeps them. Raises as `prepared`."""
    from harness.models.graphs import flops
    from harness.models.graphs.preparing import prepared

    return flops.facts_of(prepared(case.model, batch_size=case.batch_size).graph, batch=case.batch_size)


def _detail(log: ForeignLog, origin: Origin) -> Mapping[str, Any]:
    """Everything that the log tells, and its hash."""
    run = log.run
    return ImportedDetail(
        log=log.name,
        log_sha256=log.sha256,
        log_line=run.line,
        tool=run.tool,
        tool_version=run.version,
        definition=run.definition,
        latencies_ms=latencies_of(run) or None,
        queries_per_s_by_wall_time=run.queries_per_s,
        samples_per_s_by_wall_time=by_wall_time(run),
        batch_size_told_by=log.batch_size_told_by,
        device=run.device,
        devices=run.devices,
        streams=run.streams if run.streams > 1 else None,
        mean_batch=run.mean_batch,
        device_name=run.device_name,
        model_file=run.model,
        precision_printed=run.precision,
        input_shapes=tuple(list(shape) for shape in run.input_shapes) or None,
        timed_s=run.duration_s,
        timed_calls=run.count,
        errors_told=run.errors or None,
        warnings_told=run.warnings or None,
        work=work(log, origin),
    ).stored()
