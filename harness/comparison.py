"""Two runs held against each other, claim by claim: what is worse, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import gate
from harness.domain import Measurement, VerdictKind
from harness.errors import NoSamples
from harness.machine import PASSING
from harness.store import Result

NIGHT = "-nightly"  # how the id of a night's run ends

Gate = Callable[[Result, Result], str]
_Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """One claim that is worse, in words."""

    case: str
    kind: str
    series: str  # what was measured with: "stand-in, mini weights"
    message: str

    def __str__(self) -> str:
        return f"{self.case} {self.kind} ({self.series}): {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of two runs. Every claim of the later one is in exactly one of the first three."""

    compared: int
    not_compared: Mapping[str, tuple[str, ...]]  # why -> claims
    new: tuple[str, ...]  # claims that the earlier run does not have
    gone: tuple[str, ...]  # claims that the later run does not have
    regressions: tuple[Regression, ...]
    changes: tuple[str, ...]  # library versions and the revision: "onnx 1.22.0 -> 1.23.2"


def compare(before: Sequence[Result], after: Sequence[Result], worse: Gate = gate.worse) -> Comparison:
    """Pair the claims of two runs, and ask `worse` of each pair of one machine, weights and data.

    Raises `NoSamples` where one of them has no results.
    """
    if not before or not after:
        raise NoSamples("a run without results: nothing to compare")
    old, new = _latest(before), _latest(after)
    not_compared: dict[str, tuple[str, ...]] = {}
    regressions, fresh, compared = [], [], 0
    for key, result in new.items():
        partner = old.get(key) or _nearest(result, old.values())
        if partner is None:
            fresh.append(_name(result))
        elif why := _unlike(partner, result):
            not_compared[why] = (*not_compared.get(why, ()), _name(result))
        else:
            compared += 1
            if message := worse(partner, result):
                regressions.append(_regression(result.measurement, message))
    there = {_claim(result) for result in new.values()}
    return Comparison(
        compared=compared,
        not_compared=not_compared,
        new=tuple(fresh),
        gone=tuple(dict.fromkeys(_name(item) for item in old.values() if _claim(item) not in there)),
        regressions=tuple(regressions),
        changes=_changes(before, after),
    )


def last_night(runs: Sequence[str], run: str) -> str | None:
    """The latest night before `run`, of runs in the order in which they began; None where there is none."""
    earlier = runs[: runs.index(run)]
    return next((name for name in reversed(earlier) if name.endswith(NIGHT)), None)


def _latest(results: Sequence[Result]) -> dict[_Key, Result]:
    """The last result of each claim; an error that a later result of the same claim mended is gone."""
    newest = {_claim(result): at for at, result in enumerate(results) if not _failed(result)}
    return {
        _key(result): result
        for at, result in enumerate(results)
        if not _failed(result) or at > newest.get(_claim(result), -1)
    }


def _claim(result: Result) -> tuple[str, str, str, str]:
    """What is claimed, whatever it was measured with."""
    measurement = result.measurement
    return measurement.case, measurement.kind, measurement.check, measurement.provenance.protocol or ""


def _key(result: Result) -> _Key:
    measurement, made = result.measurement, result.measurement.provenance
    return (*_claim(result), measurement.origin, made.weights, made.data, made.limit)


def _name(result: Result) -> str:
    return f"{result.measurement.case} {result.measurement.claim}"


def _failed(result: Result) -> bool:
    return result.verdict is not None and result.verdict.kind is VerdictKind.ERROR


def _nearest(result: Result, others: Any) -> Result | None:
    """The last result of the same claim by other means, if any."""
    return next((item for item in reversed(list(others)) if _claim(item) == _claim(result)), None)


def _unlike(before: Result, after: Result) -> str:
    """Why two results must not be held against each other, or nothing.

    What failed may not have come to know its weights and data: an error is compared all the same.
    """
    first, second = before.measurement.provenance, after.measurement.provenance
    fields = {*first.machine, *second.machine} - PASSING
    if other := sorted(name for name in fields if first.machine.get(name) != second.machine.get(name)):
        return f"another machine ({', '.join(other)})"
    if _failed(before) or _failed(after):
        return ""
    if before.measurement.origin is not after.measurement.origin:
        return f"on a {before.measurement.origin} before, on a {after.measurement.origin} now"
    if (first.weights, first.weights_sha256) != (second.weights, second.weights_sha256):
        return f"other weights ({_change(first.weights, second.weights)})"
    if (first.data, first.data_sha256) != (second.data, second.data_sha256):
        return f"other data ({_change(first.data, second.data)})"
    return "" if first.limit == second.limit else f"another limit ({_change(first.limit, second.limit)})"


def _change(first: object, second: object) -> str:
    return f"{first}, another file" if first == second else f"{first} -> {second}"


def _regression(measurement: Measurement, message: str) -> Regression:
    made = measurement.provenance
    series = [str(measurement.origin), f"{made.weights} weights"]
    series += [] if made.protocol is None else [f"{made.protocol} protocol"]
    return Regression(
        case=measurement.case,
        kind=measurement.claim,
        series=", ".join(series),
        message=" ".join(message.split()),
    )


def _changes(before: Sequence[Result], after: Sequence[Result]) -> tuple[str, ...]:
    """What else changed between two runs, as far as their last results say."""
    first, second = (
        {**made.versions, "git": made.git_revision}
        for made in (results[-1].measurement.provenance for results in (before, after))
    )
    return tuple(
        f"{name} {first.get(name)} -> {second.get(name)}"
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name)
    )
