"""Throughputs and batch sizes that no chip has, and those beyond what this one can do."""

from __future__ import annotations

import math
from collections.abc import Iterator

from harness.documents.audit.findings import Found, Severity
from harness.documents.audit.series import Point, SpeedSeries, throughputs, where
from harness.documents.readme import cards
from harness.documents.readme.reading import Reading, Value
from harness.domain.chips import Chip, Peak
from harness.domain.flops import encoder_flops
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.domain.references import Role
from harness.tables.references import documented_precision

LONGEST_CALL_S = 3600.0  # no measuring takes an hour a batch
LARGEST_BATCH = 2**31 - 1  # what an axis of 32 bits counts, as TensorRT has before 10 (class Dims32)
MAGNITUDE = 8.0  # a lost or gained digit makes ten; its neighbours are not exactly in line


def above_zero(reading: Reading) -> Iterator[Found]:
    """A throughput of 0, or below."""
    for value in _speeds(reading):
        assert value.number is not None
        if value.number.value <= 0:
            yield Found(
                line=value.line,
                sentence=f"{where(value)} prints {value.text}: a throughput is above 0, and a cell without "
                "one says - or 无",
                numbers={"printed": value.text},
            )


def _speeds(reading: Reading) -> list[Value]:
    """Every printed throughput that somebody measured."""
    return [
        value
        for value in reading.values
        if value.number is not None
        and value.get("metric") == Metric.THROUGHPUT
        and value.get("role") in (Role.MEASURED, Role.BASELINE)
    ]


def batches(reading: Reading) -> Iterator[Found]:
    """A batch of no sample, of more than an axis counts, or that takes hours by the throughput beside it."""
    wrong: dict[tuple[int, int], Found] = {}
    for value in reading.values:
        size = value.get("batch_size")
        if size is not None and not 0 < size <= LARGEST_BATCH:
            why = "a batch is of 1 sample at least" if not size else f"an axis counts to {LARGEST_BATCH}"
            sentence = f"{where(value)} is of batch size {size}: {why}"
            wrong.setdefault(
                (value.line, size), Found(line=value.line, sentence=sentence, numbers={"batch": size})
            )
    for value in _speeds(reading):
        size = value.get("batch_size")
        assert value.number is not None
        if size and value.number.value > 0 and size / float(value.number.value) > LONGEST_CALL_S:
            hours = size / float(value.number.value) / 3600
            sentence = (
                f"{where(value)} prints {value.text} at batch {size}: one batch would take {hours:.4g} h"
            )
            numbers = {"batch": size, "printed": value.text, "hours": round(hours, 3)}
            wrong.setdefault((value.line, size), Found(line=value.line, sentence=sentence, numbers=numbers))
    yield from wrong.values()


def _implied(reading: Reading) -> Iterator[tuple[SpeedSeries, Point, Chip, float]]:
    """Operations a second that each throughput implies, for the model's architecture and length."""
    if reading.model is None or reading.model.architecture is None:
        return
    flops = encoder_flops(reading.model.encoder, reading.model.tokens)
    card = cards.counting(reading.readme.text).per_card
    for series in throughputs(reading):
        chip = reading.catalog.chips.get(series.name)
        for point in series.points if chip is not None else ():
            assert chip is not None
            yield series, point, chip, flops * point.speed / 1e12 / (chip.per_card if card else 1)


def _precision(reading: Reading, point: Point, chip: Chip) -> Precision:
    """What was computed in there: the row's word, the deployment's precision, else the chip's default."""
    said = point.value.get("precision")
    if said:
        return Precision(said)
    return chip.default_precision if reading.model is None else documented_precision(reading.model, chip)


def peak(reading: Reading) -> Iterator[Found]:
    """A series that implies more operations a second than its chip has; its highest point speaks for it."""
    highest: dict[str, tuple[Point, Chip, float]] = {}
    for series, point, chip, tera in _implied(reading):
        if series.name not in highest or highest[series.name][2] < tera:
            highest[series.name] = (point, chip, tera)
    for point, chip, tera in highest.values():
        precision = _precision(reading, point, chip)
        limit = next((item for item in chip.peaks if item.precision is precision), None)
        if limit is not None and tera > limit.tera_per_s:
            yield _above(point, chip, tera, limit)


def _above(point: Point, chip: Chip, tera: float, limit: Peak) -> Found:
    """An error where the row states the precision, or where none would do; else a warning."""
    allowed = [str(item.precision) for item in chip.peaks if item.tera_per_s >= tera]
    stated = point.value.get("precision") is not None
    than = f"; the document names no precision there, and it takes {' or '.join(allowed)}" if allowed else ""
    if stated or not allowed:
        than = f"; it takes {' or '.join(allowed)}" if allowed else "; no precision of this chip does that"
    return Found(
        line=point.value.line,
        sentence=f"{point.value.text} samples/s at batch {point.size} imply {tera:.1f} * 10^12 operations "
        "a second "
        f"on {chip.name}, whose {limit.precision} peak is {limit.tera_per_s:g}{than}",
        numbers={"implied_tera": round(tera, 3), "peak_tera": limit.tera_per_s, "batch": point.size},
        severity=Severity.ERROR if stated or not allowed else Severity.WARNING,
    )


def share_of_peak(reading: Reading) -> Iterator[Found]:
    """A throughput whose share of the peak is an order of magnitude off its sister rows'.

    The rows of a series share model, length and chip, so the shares' ratio is the throughputs'. What a row
    should be about is read off the line between its two neighbours, both axes logarithmic.
    """
    for series in throughputs(reading):
        if series.name not in reading.catalog.chips:
            continue
        for before, point, after in zip(series.points, series.points[1:], series.points[2:], strict=False):
            way = math.log(point.size / before.size) / math.log(after.size / before.size)
            expected = before.speed * (after.speed / before.speed) ** way
            factor = max(expected / point.speed, point.speed / expected)
            if factor >= MAGNITUDE:
                yield Found(
                    line=point.value.line,
                    sentence=f"{point.value.text} at batch {point.size} on {series.name} is off its "
                    "neighbours "
                    f"{before.value.text} and {after.value.text} by an order of magnitude ({factor:.1f} "
                    "times)",
                    numbers={
                        "speed": point.speed,
                        "expected": round(expected, 3),
                        "factor": round(factor, 3),
                    },
                )
