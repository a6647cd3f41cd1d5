"""A tool's log from elsewhere to a measurement of a case, judged as the chip's own.

The log says nothing of the weights, so provenance says `Weights.UNKNOWN`: whoever files a log under a case
says that it is of the case's model. What the log does tell is held against the case. Another tool or batch
size is refused; another device, precision or input shape is recorded and not compared, and neither is a
precision that the log does not tell. One device or several is held to what the document counts by
`verdicts.cards`.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__
from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.details import ImportedDetail, Work
from harness.domain.measurements import Measurement, Origin, Provenance, Verdict, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.models import Weights
from harness.domain.precisions import Precision
from harness.errors import UsageError, ZoocheckError
from harness.running.recording import record
from harness.store.results import Result, Store
from harness.tables import references
from harness.toolchains import counting, names
from harness.toolchains.compiled import sizes_of
from harness.toolchains.place import SIMULATED
from harness.tools import failures, parsers
from harness.tools.parsers import ToolRun
from harness.tools.parsers.consistency import statistics_of
from harness.tools.parsers.precision_words import Words
from harness.verdicts import throughputs, utilisation

NEARLY_FULL = 0.99  # of a batch, on average: less and the throughput is of other calls than the documents'
SHOWN_HASH = 12  # hexadecimal digits of a hash in a message; the record has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the log may leave open: which of several runs, and its batch size."""

    device: int | None = None
    summary: int | None = None  # from 1
    batch_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLog:
    """One run of a log that was made elsewhere, fit to be filed under a case."""

    case: Case
    name: str
    sha256: str
    run: ToolRun  # of the case's batch size
    samples_per_s: float
    batch_size_told_by: str  # "the log", or the option
    simulated: bool = False  # of the tests' imitations of the tools, which say so in what they print
    unlike: tuple[str, ...] = ()  # what is known beside the log that makes it another measurement


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
    data = path.read_bytes()
    log = parsers.read(data, path.name)
    tool = parsers.recognise(log)
    if tool in parsers.THROUGHPUT_TOOLS and tool not in accepted:
        raise UsageError(
            f"{path.name}: a log of {tool}; throughput on {case.chip.title} is measured with "
            f"{' or '.join(accepted)}"
        )
    run = parsers.parse(log, tool=tool).chosen(device=choice.device, summary=choice.summary)
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
        sha256=hashlib.sha256(data).hexdigest(),
        run=run,
        samples_per_s=run.samples_per_s,
        batch_size_told_by=told_by,
        simulated=SIMULATED.encode() in data,
    )


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
    """Record the log's throughput under its case in `run`, and judge it. Raises `StoreError`."""
    reference = references.for_case(catalog, log.case, Metric.THROUGHPUT)
    origin = Origin.SIMULATED if log.simulated else Origin.IMPORTED

    def verdict() -> Verdict:
        why_not = "; ".join(differences(log))
        judged = throughputs.judge_throughput(
            log.case, log.samples_per_s, reference, origin, why_not,
            devices=log.run.devices, document=references.document(catalog, log.case.model, reference),
        )  # fmt: skip
        if why_not and judged.kind is VerdictKind.NO_REFERENCE:
            said = f"{log.case.id}: {log.samples_per_s:.2f} samples/s, not comparable: {why_not}"
            judged = replace(judged, kind=VerdictKind.NOT_COMPARABLE, message=said)
        source = f"imported from {log.name} (sha256 {log.sha256[:SHOWN_HASH]}…), {log.run.definition}"
        if log.run.mean_batch is not None:
            source += f"; {_partly_full(log.run)}"
        if log.run.warnings:
            more = len(log.run.warnings) - 1
            source += f"; its tool warns: {log.run.warnings[0]}" + (f" (and {more} more)" if more else "")
        return replace(judged, message=f"{judged.message}; {source}")

    return record(store, measurement(log, run, origin), verdict)


def differences(log: ForeignLog) -> Iterator[str]:
    """What the log itself tells, or is known of it, that makes it another measurement than the documented."""
    case, run = log.case, log.run
    yield from log.unlike
    documented = case.chip.throughput_tools[0]
    if run.tool != documented:
        yield f"made with {run.tool}, the documents measure with {documented}"
    if run.streams > 1:
        yield f"the total of {run.streams} calls at once on a device, the documents make one at a time"
    if run.errors:
        yield _failing(run)
    other = names.other(case.chip, run.device_name) if run.device_name else None
    if other is not None:
        yield f"measured on {other}, not on {case.chip.title}"
    if run.mean_batch is not None and run.mean_batch < NEARLY_FULL * case.batch_size:
        yield _partly_full(run)
    yield from _precision(run, case.precision)
    if run.further:
        said = ", ".join(f"`{word}`" for word in run.further)
        yield f"the work is another with {said}, which the documents' builds are without"
    if case.model.graph is None:
        yield from _other_length(case, run)


def _other_length(case: Case, run: ToolRun) -> Iterator[str]:
    """Of an encoder: an input of another length or rank."""
    fed = [list(shape) for shape in sizes_of(case).values()]
    other_shape = next((list(shape) for shape in run.input_shapes if list(shape) not in fed), None)
    if other_shape is not None:
        expected = " or ".join(dict.fromkeys(map(str, fed)))
        yield f"an input of shape {other_shape}, the case's are {expected}"


def _failing(run: ToolRun) -> str:
    """The first error that the log tells of, and what is known of its cause."""
    more = len(run.errors) - 1
    meaning = failures.meaning("\n".join(run.errors))
    return (
        f"the log tells of an error beside its numbers, {run.errors[0]}"
        + ("" if not more else f" (and {more} more)")
        + ("" if meaning is None else f" ({meaning})")
    )


def _precision(run: ToolRun, documented: Precision) -> Iterator[str]:
    """How what the log says of its precision differs from `documented`; what we do not know does.

    Of several formats the narrowest that a tool was allowed counts: ``FP32+FP16`` is fp16. A name of no table
    of ours is another format.
    """
    if run.precision is None:
        if run.precision_untold:
            yield run.precision_untold
        return
    said = Words.of(run.precision)
    if not said.formats:
        yield f"the log does not tell the precision: it says `{run.precision}`"
        return
    known = {item.value for item in Precision}
    new = [name for name in said.formats if name not in known]
    used = new[-1] if new else next(item for item in reversed(Precision) if item.value in said.formats)
    if used != documented:
        yield f"made in {used} (the log says {run.precision})"
    elif said.further:
        yield f"made in {used} with `{said.further}`, which the documents' builds are not"


def _partly_full(run: ToolRun) -> str:
    return (
        f"its calls held {run.mean_batch:.4g} of {run.batch_size} samples on average: the last was not full"
    )


def by_wall_time(run: ToolRun) -> float | None:
    """Samples a second by the tool's own count of calls and the wall clock, where it states one beside."""
    if run.queries_per_s is None or run.batch_size is None:
        return None
    return run.queries_per_s * run.batch_size


def latencies(run: ToolRun) -> dict[str, dict[str, float]]:
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
            backend=log.case.chip.backend,
            machine={"measured_on": made.device_name or "a machine that the log does not name"},
            versions={"zoocheck": __version__, made.tool: made.version or "not told by the log"},
            git_revision=None,
        ),
        metrics={str(Metric.THROUGHPUT): log.samples_per_s},
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
    if log.run.devices != 1 or case.model.checkpoint.config_decides or any(differences(log)):
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
        latencies_ms=latencies(run) or None,
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
