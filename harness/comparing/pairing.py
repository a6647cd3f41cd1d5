"""Which result of one run is held against which of another, and why some are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from harness.domain.cases import Kind
from harness.domain.details import Sequential, Stamped
from harness.domain.measurements import VerdictKind
from harness.domain.series import Asked, Claim, Series, samples_of
from harness.machine.fingerprint import PASSING
from harness.setting import stamps
from harness.store.results import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two runs claim by claim. Every claim of the later one is in exactly one of the first three."""

    pairs: tuple[tuple[Result, Result], ...]  # the earlier first
    not_compared: Mapping[str, tuple[str, ...]]  # why -> claims
    new: tuple[str, ...]  # claims that the earlier run does not have
    gone: tuple[str, ...]  # claims that the later run does not have
    replaced: tuple[str, ...]  # of those not compared, with what the later run has in the earlier one's place


def paired(
    before: Sequence[Result], after: Sequence[Result], *, across_machines: bool, stamp: str | None
) -> Pairing:
    """Pair results of one series that were asked for alike, else of one claim.

    Results of different machines are paired only `across_machines`; of throughputs only those that were asked
    for alike (`series.Asked`) and, where it is given, earned `stamp` or a higher one.
    """
    old, new = _latest(before), _latest(after)
    not_compared: dict[str, tuple[str, ...]] = {}
    fresh: list[str] = []
    replaced: list[str] = []
    pairs: list[tuple[Result, Result]] = []
    for key, result in new.items():
        partner = old.get(key) or _nearest(key, old)
        if partner is None:
            fresh.append(_name(result))
            continue
        elsewhere = "" if across_machines else _elsewhere(partner, result)
        instead = "" if elsewhere else _instead(partner, result)
        unstamped = _unstamped((partner, result), stamp)
        if not elsewhere and unstamped and not _unstamped((partner,), stamp):
            instead = instead or unstamped  # the earlier one has the stamp
        if why := elsewhere or instead or unstamped:
            not_compared[why] = (*not_compared.get(why, ()), _name(result))
        else:
            pairs.append((partner, result))
        replaced += [f"{_name(result)}: {instead}"] if instead and not failed(partner) else []
    claims = {series.claim for series, _ in new}
    gone = dict.fromkeys(_name(item) for item in old.values() if not _found(item, claims))
    return Pairing(
        pairs=tuple(pairs), not_compared=not_compared, new=tuple(fresh), gone=tuple(gone),
        replaced=tuple(replaced),
    )  # fmt: skip


def _found(result: Result, claims: Set[Claim]) -> bool:
    """Whether a claim is among others; one that failed before it knew its protocol stands for any."""
    own = Claim.of(result.measurement)
    return not claims.isdisjoint({own, replace(own, protocol=None)})


def failed(result: Result) -> bool:
    """Whether a result could not be measured."""
    return result.verdict is not None and result.verdict.kind is VerdictKind.ERROR


_Key = tuple[Series, Asked]


def _latest(results: Sequence[Result]) -> dict[_Key, Result]:
    """The last result of each series as it was asked for; an error that a later success of the same claim
    mended is left out.
    """
    succeeded = {Claim.of(result.measurement): at for at, result in enumerate(results) if not failed(result)}
    return {
        (Series.of(result.measurement), Asked.of(result.measurement)): result
        for at, result in enumerate(results)
        if not failed(result) or at > succeeded.get(Claim.of(result.measurement), -1)
    }


def _name(result: Result) -> str:
    return f"{result.measurement.case} {result.measurement.claim}"


def _nearest(wanted: _Key, others: Mapping[_Key, Result]) -> Result | None:
    """The last result of the same series that may be held against it, else the last of the same claim."""
    series, asked = wanted
    same = {key: item for key, item in others.items() if series.claim.mended_by(key[0].claim)}
    alike = [key for key in same if not key[1].unlike(asked)]
    of_series = [key for key in alike if key[0] == series]
    return next((same[keys[-1]] for keys in (of_series, alike, [*same]) if keys), None)


def _elsewhere(before: Result, after: Result) -> str:
    """What tells the machines of two results apart, or nothing."""
    first, second = before.measurement.provenance.machine, after.measurement.provenance.machine
    facts = {*first, *second} - PASSING
    other = sorted(name for name in facts if first.get(name) != second.get(name))
    return f"another machine ({', '.join(other)})" if other else ""


def _instead(before: Result, after: Result) -> str:
    """Why two results of one machine must not be held against each other, or nothing.

    A case that failed may not have come to know its weights and data: an error is compared all the same.
    """
    first, second = before.measurement.provenance, after.measurement.provenance
    if failed(before) or failed(after):
        return ""
    if before.measurement.origin is not after.measurement.origin:
        return f"on a {before.measurement.origin} before, on a {after.measurement.origin} now"
    if (first.weights, first.weights_sha256) != (second.weights, second.weights_sha256):
        return f"other weights ({_change(first.weights, second.weights)})"
    if (first.data, first.data_sha256) != (second.data, second.data_sha256):
        return f"other data ({_change(first.data, second.data)})"
    samples = [samples_of(item.measurement) for item in (before, after)]
    if None not in samples and samples[0] != samples[1]:
        return f"other data ({first.data}, the same file read otherwise)"
    if taken := _taken_otherwise(before, after):
        return f"another limit ({taken})"
    asked = Asked.of(before.measurement).unlike(Asked.of(after.measurement))
    return f"asked for differently ({'; '.join(asked)})" if asked else ""


def _taken_otherwise(before: Result, after: Result) -> str:
    """What two results took of the data's samples, where that is not the same; else nothing.

    Both until the verdict was sure is the same: as many as either took.
    """
    results = (before, after)
    drawn = [Sequential.in_detail(item.measurement.detail) is not None for item in results]
    limits = [item.measurement.provenance.limit for item in results]
    if all(drawn) or (limits[0] == limits[1] and (drawn[0] == drawn[1] or limits[0] is None)):
        return ""
    told = [f"{limit} drawn" if of else str(limit) for limit, of in zip(limits, drawn, strict=True)]
    return " -> ".join(told)


def _change(first: object, second: object) -> str:
    return f"{first}, another file" if first == second else f"{first} -> {second}"


def _unstamped(results: Sequence[Result], wanted: str | None) -> str:
    """Why the stamps of throughputs are too low, or nothing."""
    measurement = results[0].measurement
    if wanted is None or measurement.kind is not Kind.THROUGHPUT or measurement.check:
        return ""
    earned = [Stamped.from_stored(item.measurement.detail).stamp for item in results]
    short = [stamp or "none" for stamp in earned if not stamps.meets(stamp, wanted)]
    return f"stamp {' and '.join(sorted(set(short)))}, asked for {wanted}" if short else ""
