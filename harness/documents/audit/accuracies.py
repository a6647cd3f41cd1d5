"""Scores against the number of samples, against their baseline, and against each other."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import itemgetter

from harness.documents.audit import fractions
from harness.documents.audit.findings import Found, Severity
from harness.documents.audit.series import scores, scores_of, where
from harness.documents.readme.cells import Number
from harness.documents.readme.once import once
from harness.documents.readme.reading import Reading, Value
from harness.documents.readme.rounding import nearest
from harness.documents.readme.samples import Counts, documented
from harness.domain.metrics import Better, Metric, Unit
from harness.domain.references import Role, Rounding

Z = 1.959963984540054  # 95 %, two-sided
MANY_DIGITS = 10  # identical scores of two settings are a coincidence no more from here on
FEWEST_SAMPLES = 100  # fewer are those that a text shows, or calibrates with
SAME_ROWS = 3  # identical scores of fewer digits are remarkable from so many rows on
_WORDS = {Rounding.ROUNDED: "rounded", Rounding.TRUNCATED: "cut off"}
_SAMPLED = (Metric.F1, Metric.F1_MACRO, Metric.ERROR_RATE)  # means over samples, and no counts of them
_ALIKE = ("metric", "called", "dataset", "variant", "length", "input")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One score as a whole number out of a documented number of samples."""

    value: Value
    samples: int
    of_what: str
    count: int
    rounding: Rounding


@once
def reconstructed(reading: Reading) -> tuple[Count, ...]:
    """Every accuracy that only one count out of the documented number of samples makes."""
    return tuple(_reconstructed(reading))


def _reconstructed(reading: Reading) -> Iterator[Count]:
    for value, known in _counted(reading):
        for of_what, samples in known.items():
            if not _telling(value, samples):
                continue
            assert value.number is not None
            ways = fractions.possible(value.number, value.get("unit"), samples)
            for rounding in Rounding:  # rounded first: what fits both ways is taken to be rounded
                if rounding in ways:
                    count = ways[rounding]
                    yield Count(value=value, samples=samples, of_what=of_what, count=count, rounding=rounding)
                    break


def _counted(reading: Reading) -> Iterator[tuple[Value, Counts]]:
    known = {what: count for what, count in documented(reading).items() if count >= FEWEST_SAMPLES}
    for value in scores(reading):
        if Metric(value.get("metric")).is_counted and known and not value.get("dataset"):
            yield value, known


def _telling(value: Value, samples: int) -> bool:
    """Whether the digits are fine enough to tell one count from the next."""
    assert value.number is not None
    scale = 100 if value.get("unit") is Unit.PERCENT else 1
    return Fraction(value.number.step) < Fraction(scale, samples)


def no_such_count(reading: Reading) -> Iterator[Found]:
    """Accuracies that no count out of any documented number gives, gathered by table."""
    impossible: dict[int, list[Value]] = {}
    known: Counts = {}
    tables = {id(value): table.line for table in reading.tables for value in table.values}
    for value, known in _counted(reading):
        assert value.number is not None
        if not any(
            fractions.possible(value.number, value.get("unit"), samples)
            or fractions.nearly(value.number, value.get("unit"), samples)
            for samples in known.values()
        ):
            impossible.setdefault(tables[id(value)], []).append(value)
    for values in impossible.values():
        cells = Counter((value.row, value.column) for value in values)
        distinct = {_shown(value, alone=cells[value.row, value.column] == 1): value for value in values}
        stated = " or ".join(f"{samples} {what}" for what, samples in known.items())
        made, numbers = _what_could(distinct)
        made += _digit_off(values, known)
        yield Found(
            line=values[0].line,
            sentence=f"no whole number out of {stated} gives {' or '.join(distinct)}; {made}",
            numbers={**numbers, **known},
            severity=None if _is_sure(reading, known, numbers.get("denominator")) else Severity.WARNING,
        )


def _digit_off(values: Sequence[Value], known: Counts) -> str:
    """In words, the number that all scores are counts of, and that is a stated one with a 0 more or less."""
    for samples in known.values():
        others = {samples * 10: "few"} | ({} if samples % 10 else {samples // 10: "many"})
        for other, slip in others.items():
            if other >= FEWEST_SAMPLES and all(_is_of(value, other) for value in values):
                return f"; all are counts of {other}, so {samples} may have a 0 too {slip}"
    return ""


def _is_of(value: Value, samples: int) -> bool:
    """Whether a score is a count of so many samples, and its digits would show if it were none."""
    assert value.number is not None
    return _telling(value, samples) and bool(fractions.possible(value.number, value.get("unit"), samples))


def _shown(value: Value, alone: bool) -> str:
    """A score as its cell prints it; of several in a cell the number by itself."""
    return value.text if alone or value.number is None else value.number.printed


def _is_sure(reading: Reading, known: Counts, denominator: int | None) -> bool:
    """Whether the scores are of the documented samples: a part of them would be of fewer, another set not.

    Of a model that only a word of the document names, what few samples make may be a part of its data.
    """
    if reading.model is None or reading.document is not None:
        return reading.model is not None
    samples = max((count for what, count in known.items() if "samples" in what), default=0)
    return denominator is None or denominator > samples


def _what_could(scores: Mapping[str, Value]) -> tuple[str, dict[str, int]]:
    """In words and numbers, the smallest denominator that makes all of `scores`, by their texts."""
    pairs = [(value.number, value.get("unit")) for value in scores.values() if value.number is not None]
    found = fractions.common(pairs)
    them = "them" if len(pairs) > 1 else "it"
    if found is None:
        return f"no denominator up to {fractions.MOST_SAMPLES} could have made {them} either", {}
    whole = all(number.digits >= fractions.DOUBLE_DIGITS for number, _ in pairs)
    how = "" if whole else f", {' or '.join(_WORDS[way] for way in Rounding if way in found.ways)},"
    made = ", ".join(
        f"{text} = {count}/{found.samples}" for text, count in zip(scores, found.counts, strict=True)
    )
    sentence = f"the smallest denominator that could have made {them}{how} is {found.samples}: {made}"
    for way in () if whole else set(Rounding) - found.ways:
        other = fractions.common(pairs, (way,))
        sentence += (
            f"; {_WORDS[way]}, {'none up to a million does' if other is None else f'it is {other.samples}'}"
        )
    return sentence, {"denominator": found.samples}


def cut_off(reading: Reading) -> Iterator[Found]:
    """Scores that are a count out of the samples, or a longer print, only when cut off."""
    seen = set[tuple[str, str]]()
    for value, known in _counted(reading):
        assert value.number is not None
        if (value.text, value.header) in seen:
            continue
        for of_what, samples in known.items():
            if _telling(value, samples):
                ways = fractions.possible(value.number, value.get("unit"), samples)
                if set(ways) == {Rounding.TRUNCATED}:
                    seen.add((value.text, value.header))
                    yield _cut(reading, value, ways[Rounding.TRUNCATED], samples, of_what)
    yield from _shortened(reading, seen)


def _shortened(reading: Reading, seen: set[tuple[str, str]]) -> Iterator[Found]:
    """Scores that are a longer print of their own metric, chip and precision only when cut off."""
    alike: dict[tuple[object, ...], list[tuple[Value, Number]]] = {}
    for value in scores(reading):
        if value.number is not None and value.get("role") is Role.MEASURED and value.get("chip") is not None:
            key = tuple(value.get(key) for key in ("metric", "called", "unit", "chip", "precision"))
            alike.setdefault(key, []).append((value, value.number))
    for values in alike.values():
        most = max(number.digits for _, number in values)
        longest = sorted(
            ((number.value, value) for value, number in values if number.digits == most),
            key=itemgetter(0),
        )
        for value, number in values:
            if number.digits == most or not number.value or (value.text, value.header) in seen:
                continue
            first = bisect_right(longest, number.value + number.step / 2, key=itemgetter(0))
            end = bisect_left(longest, number.value + number.step, key=itemgetter(0))
            for exact, longer in longest[first:end]:
                if _agree(value, longer):
                    seen.add((value.text, value.header))
                    yield Found(
                        line=value.line,
                        sentence=f"{where(value)} prints {value.text}, which is {longer.text} (line "
                        f"{longer.line}) cut off; rounded it is {nearest(exact, number.digits)}",
                        numbers={"printed": value.text, "exact": longer.text},
                    )
                    break


def _cut(reading: Reading, value: Value, count: int, samples: int, of_what: str) -> Found:
    scale = 100 if value.get("unit") is Unit.PERCENT else 1
    exact = count * scale / samples
    others = {item.value.text: f"{item.value.text} is {item.count}/{item.samples}"
              for item in reconstructed(reading) if item.value.text != value.text}  # fmt: skip
    beside = f" ({'; '.join(others.values())})" if others else ""
    digits = value.number.digits if value.number is not None else 0
    return Found(
        line=value.line,
        sentence=f"{value.text} is {count}/{samples} {of_what} ({exact:.4f}) only when cut off; "
        f"rounded that is {exact:.{digits}f}, and no other count gives it{beside}",
        numbers={"count": count, "samples": samples},
    )


def above_baseline(reading: Reading) -> Iterator[Found]:
    """A chip's score better than its own baseline by more than two samples of this size may differ."""
    samples = max(documented(reading).values(), default=0)
    seen = set[tuple[str, str]]()
    for table in reading.tables if samples else ():
        of_table = [item for item in scores_of(reading, table) if _is_sampled(item)]
        for value in of_table:
            for base in _baselines(value, of_table):
                p, q = _fraction(value), _fraction(base)
                if not 0 <= q <= 1:
                    continue
                allowed = Z * math.sqrt(q * (1 - q) / samples)
                better = p - q if Metric(value.get("metric")).better is Better.HIGHER else q - p
                if better > allowed and (value.text, base.text) not in seen:
                    seen.add((value.text, base.text))
                    yield _above(value, base, samples, allowed)


def _is_sampled(value: Value) -> bool:
    """Whether a score is a mean over the samples, of numbers from 0 to 1."""
    metric = Metric(value.get("metric"))
    return metric.is_counted or metric in _SAMPLED


def _above(value: Value, base: Value, samples: int, allowed: float) -> Found:
    p, q = _fraction(value), _fraction(base)
    side = "above" if p > q else "below"
    return Found(
        line=value.line,
        sentence=f"{value.text} on {value.get('chip')} is {abs(p - q) * 100:.2f} points {side} its baseline "
        f"{base.text}; {samples} samples allow {allowed * 100:.2f}: not the same model, data or metric, or "
        "not the same run",
        numbers={"measured": p, "baseline": q, "samples": samples, "allowed": round(allowed, 6)},
    )


def _baselines(value: Value, of_table: Sequence[Value]) -> list[Value]:
    """What a chip's score is held against: the baseline of its row, else that of a row of baselines."""
    if value.get("role") is not Role.MEASURED or value.get("baseline"):
        return []
    bases = [
        item
        for item in of_table
        if (item.get("role") is Role.BASELINE or item.get("baseline"))
        and item.part == value.part
        and _agree(value, item)
        and item.get("batch_size") in (None, value.get("batch_size"))
    ]
    own = [item for item in bases if item.row == value.row]
    measured = {
        item.row for item in of_table if item.get("role") is Role.MEASURED and not item.get("baseline")
    }
    return own or [item for item in bases if item.row not in measured]


def _agree(one: Value, other: Value) -> bool:
    """Whether two scores are of one metric, model, data and input, as far as both say it."""
    return all(
        one.get(key) == other.get(key) or (key not in _SAID and None in (one.get(key), other.get(key)))
        for key in _ALIKE
    )


_SAID = ("metric", "called", "variant")  # what is another thing where only one of two says it


def _fraction(value: Value) -> float:
    assert value.number is not None
    return float(value.number.value) / (100 if value.get("unit") is Unit.PERCENT else 1)


def identical(reading: Reading) -> Iterator[Found]:
    """Scores equal to the last digit in rows that are given as measurements of their own."""
    for table in reading.tables:
        groups: dict[tuple[object, ...], list[Value]] = {}
        for value in scores_of(reading, table):
            if value.get("role") is Role.MEASURED and not value.get("best"):
                key = (value.column, value.text, value.part, value.place, *(value.get(key) for key in _SAID))
                groups.setdefault(key, []).append(value)
        cells = set[tuple[int, int]]()
        for values in groups.values():
            first = values[0]
            assert first.number is not None
            if (first.row, first.column) in cells:
                continue  # another number of the same cells
            settings = [key for key in _SETTINGS if len({value.get(key) for value in values}) > 1]
            many = first.number.digits >= MANY_DIGITS
            if settings and len(values) >= (2 if many else SAME_ROWS):
                cells.add((first.row, first.column))
                yield Found(
                    line=first.line,
                    sentence=f"{first.text} stands in {len(values)} rows of column {first.header!r} that "
                    f"differ in {' and '.join(key.replace('_', ' ') for key in settings)}: identical to the "
                    "last digit, so one measurement printed several times, or a setting that was not applied",
                    numbers={"rows": len(values), "digits": first.number.digits},
                    severity=Severity.WARNING if many else Severity.NOTE,
                )


_SETTINGS = ("batch_size", "precision", "chip", "length", "input", "shapes", "aoe", "streams")
