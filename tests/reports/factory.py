"""Results made by hand for report tests: records as `run` writes them, judged by the real judge."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.details import Sequential
from harness.domain.measurements import Interval, Measurement, Origin, Provenance, Verdict
from harness.domain.metrics import Metric
from harness.domain.models import Protocol, Weights
from harness.domain.references import Reference, Role
from harness.store.numbers import Number
from harness.store.results import Result
from harness.tables import references
from harness.tables.cases import named
from harness.verdicts import checks, plain, scores, throughputs
from harness.verdicts.stats import summarise, wilson

MACHINE: Mapping[str, Any] = {
    "host_id": "0123456789ab",
    "cpu": "Example CPU @ 2.00GHz",
    "cores_usable": 2,
    "memory_bytes": 16 * 2**30,
    "governor": None,
    "os": "Example Linux 1",
    "load_average": [0.5, 0.25, 0.125],
}
VERSIONS = {"onnxruntime": "1.22.0", "numpy": "2.3.0"}


def reference_of(catalog: Catalog, case: Case, metric: Metric) -> Reference | None:
    """The documented value of a case, found as a reader of the table would."""
    for reference in catalog.references:
        if (
            reference.model == case.model.name
            and reference.chip == case.chip.name
            and reference.metric is metric
            and reference.role is Role.MEASURED
            and reference.batch_size in (None, case.batch_size)
            and not reference.best
        ):
            return reference
    return None


def measurement(
    case: str,
    kind: Kind,
    *,
    origin: Origin = Origin.STAND_IN,
    weights: Weights = Weights.MINI,
    data: Corpus | None = Corpus.MINI,
    metrics: Mapping[str, float] | None = None,
    samples: int = 0,
    intervals: Mapping[str, Interval] | None = None,
    raw: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
    stages_s: Mapping[str, float] | None = None,
    created: str = "2026-01-02T03:04:05+00:00",
    limit: int | None = None,
    protocol: Protocol | None = Protocol.DOCUMENTED,
    machine: Mapping[str, Any] = MACHINE,
    versions: Mapping[str, str] = VERSIONS,
    number: int = 0,
    check: str = "",
    **provenance: Any,
) -> Measurement:
    """A measurement with everything the store asks for; `number` makes its id another one."""
    made = {
        "target": "stand-in" if origin is Origin.STAND_IN else "chip",
        "weights_sha256": "a" * 64,
        "data_sha256": None if data is None else "d" * 64,
        "artifact": "f" * 64,
        "backend": "onnxruntime",
        "git_revision": "0" * 40,
    } | provenance
    return Measurement(
        id=f"{case}/{kind}{check}/{origin}/{weights}/{data}/{limit}/{protocol}/{number}",
        run="run-1",
        created=created,
        case=case,
        kind=kind,
        check=check,
        origin=origin,
        provenance=Provenance(
            weights=weights,
            data=data,
            protocol=protocol,
            limit=limit,
            machine=machine,
            versions=versions,
            **made,
        ),
        metrics=metrics or {},
        samples=samples,
        intervals=intervals or {},
        stages_s={"checkpoint": 0.25, "inference": 12.5} if stages_s is None else stages_s,
        raw=raw or {},
        detail=detail or {},
    )


def accuracy(
    catalog: Catalog, case: str, correct: int, samples: int, *, fp32: int | None = None, **options: Any
) -> Result:
    """An accuracy result, judged by the document where full weights ran on full data, else by the drop."""
    found = named(catalog, case)
    own = correct if fp32 is None else fp32
    made = measurement(
        case,
        Kind.ACCURACY,
        metrics={"accuracy": correct / samples},
        samples=samples,
        intervals={"accuracy": wilson(correct, samples)},
        raw={"predictions": []},
        detail={
            "correct": correct,
            "own_fp32": own / samples,
            "own_fp32_correct": own,
            "flips": abs(own - correct),
            "flipped": list(range(abs(own - correct))),
            "truncated": 1,
            "max_abs_difference": 0.0123,
            "checkpoint": "embedded mini",
        },
        **options,
    )
    provenance = made.provenance
    full = provenance.weights is Weights.FULL and provenance.data is Corpus.FULL
    full = full and provenance.limit is None and provenance.protocol is Protocol.DOCUMENTED
    score = scores.Score(
        metric=Metric.ACCURACY,
        value=correct / samples,
        samples=samples,
        own_fp32=own / samples,
        comparable=full,
        why_not="" if full else f"{provenance.weights} weights on {provenance.data} data",
        flips=abs(own - correct),
    )
    reference = reference_of(catalog, found, Metric.ACCURACY)
    return Result(measurement=made, verdict=scores.judge_score(found, score, reference, None))


def drawn(catalog: Catalog, case: str, correct: int, samples: int, **options: Any) -> Result:
    """A score of the first samples of a seeded order; of all 240 where it took so many."""
    limit = None if samples == 240 else samples
    result = accuracy(catalog, case, correct, samples, limit=limit, **options)
    told = Sequential(used=samples, of=240, counts="samples", drawn=samples, seed=16, confidence=0.99)
    detail = {**result.measurement.detail, "sequential": told.stored()}
    return replace(result, measurement=replace(result.measurement, detail=detail))


def throughput(
    catalog: Catalog, case: str, samples_per_s: float, calls: int = 200, devices: int = 0, **options: Any
) -> Result:
    """A throughput result whose seeded latencies come to about `samples_per_s`.

    `devices` is how many it is the total of, those of a card where it is not given.
    """
    found = named(catalog, case)
    devices = devices or (found.chip.cards[0].devices if found.chip.cards else 1)
    mean = found.batch_size / samples_per_s * 1e9
    spread = random.Random(case)
    latencies = [int(mean * spread.lognormvariate(0, 0.06)) for _ in range(calls)]
    summary = summarise(latencies, found.batch_size)
    made = measurement(
        case,
        Kind.THROUGHPUT,
        metrics={"throughput": samples_per_s},
        samples=calls * found.batch_size,
        raw={"latencies_ns": latencies},
        detail={
            "calls": calls,
            "warm_up_calls": 5,
            "median_ns": summary.median_ns,
            "minimum_ns": summary.minimum_ns,
            "maximum_ns": summary.maximum_ns,
            "percentiles_ns": dict(summary.percentiles_ns),
            "clock": "perf_counter",
            **({"devices": devices} if devices > 1 else {}),
        },
        **options,
    )
    reference = reference_of(catalog, found, Metric.THROUGHPUT)
    why_not = "mini weights: another architecture" if made.provenance.weights is Weights.MINI else ""
    return Result(
        measurement=made,
        verdict=throughputs.judge_throughput(
            found,
            samples_per_s,
            reference,
            made.origin,
            why_not,
            devices=devices,
            document=references.document(catalog, found.model, reference),
        ),
    )


def conformance(catalog: Catalog, case: str, difference: float = 0.0125, **options: Any) -> Result:
    """An output-parity result, judged by its bound; `difference` is in spreads."""
    bound = catalog.precisions[named(catalog, case).precision].largest.most
    made = measurement(
        case,
        Kind.CONFORMANCE,
        detail={
            "max_abs_difference": difference * 2,
            "mean_abs_difference": difference / 5,
            "largest_in_spread": difference,
            "bound": bound,
        },
        **options,
    )
    return Result(
        measurement=made,
        verdict=checks.judge_parity(
            named(catalog, case),
            largest=difference,
            rms=0.0,
            bounds=checks.ParityBounds(largest=bound, rms=bound),
        ),
    )


def failed(case: str, kind: Kind, message: str, **options: Any) -> Result:
    """A case that could not be measured."""
    return Result(measurement=measurement(case, kind, **options), verdict=plain.error(message))


def on_chip(**options: Any) -> dict[str, Any]:
    """The documented way: the chip itself, full weights, full data."""
    return {"origin": Origin.CHIP, "weights": Weights.FULL, "data": Corpus.FULL} | options


def mixed(catalog: Catalog) -> Sequence[Result]:
    """A bit of everything: chips and stand-ins, good and bad, full and mini, and a case that failed."""
    return (
        accuracy(catalog, "tinybert-ascend310p-bs8", 805, 872, **on_chip()),
        throughput(catalog, "tinybert-ascend310p-bs8", 5800.0, **on_chip()),
        throughput(catalog, "tinybert-ascend310p-bs32", 11000.25, **on_chip()),
        throughput(catalog, "tinybert-ascend310-bs8", 2500.0, **on_chip()),
        accuracy(catalog, "tinybert-ascend310p-bs8", 190, 240),
        accuracy(catalog, "tinybert-ascend310-bs8", 150, 240, fp32=190),
        throughput(catalog, "tinybert-ascend310p-bs8", 123.45),
        throughput(catalog, "tinybert-t4-bs8", 99.5, weights=Weights.RANDOM),
        throughput(catalog, "tinybert-cpu-bs8", 456.75, origin=Origin.CHIP),
        conformance(catalog, "tinybert-ascend310p-bs8"),
        failed("tinybert-t4-bs1", Kind.ACCURACY, "tinybert-t4-bs1: the session gave NaN logits"),
    )


def numbers(results: Sequence[Result]) -> list[Number]:
    """Results as a series of them reads them."""
    return [Number.of(result) for result in results]


def judged(verdict: Verdict | None, base: Measurement) -> Result:
    """Any verdict on any measurement."""
    return Result(measurement=base, verdict=verdict)
