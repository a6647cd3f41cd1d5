"""What two results have to share to be held against each other, from least to most.

* A `Claim` is what a test says of a case. Two results of one claim may be of other weights, other data or
  another machine; a success mends an earlier error of its own claim, and of no other.
* A `Series` is a claim with what it was measured with, by name. The latest result of a series stands for it.
* A `Repetition` is a series with the hashes of files and samples, the machine, and what was `Asked` of a
  throughput. Only time, versions and chance tell its results apart: a spread from run to run and a change
  over time are of it.
* A `Likeness` is what numbers of several cases share to stand in one column of a report (rule 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.details import (
    Common,
    ImportedDetail,
    ScenarioDetail,
    Sequential,
    ThroughputDetail,
    devices_of,
)
from harness.domain.measurements import Measurement, Origin, made_with
from harness.domain.models import Protocol, Weights

# Kinds whose numbers depend on the data, on how many of its samples were taken, and on the protocol. A
# throughput and a difference from fp32 depend on the artifact alone.
OF_DATA = frozenset({Kind.ACCURACY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is claimed, whatever it was measured with."""

    case: str
    kind: Kind
    check: str  # which of its kind's claims, where it has several
    protocol: Protocol | None  # None: no data was scored, or the run failed before it came to know

    @classmethod
    def of(cls, measurement: Measurement) -> Self:
        """The claim that a result is about."""
        made = measurement.provenance
        return cls(
            case=measurement.case, kind=measurement.kind, check=measurement.check, protocol=made.protocol
        )

    def mended_by(self, later: Claim) -> bool:
        """Whether a later success takes the place of an error of this claim.

        A score by one protocol says nothing of another. An error of no known protocol is mended by any.
        """
        same = (self.case, self.kind, self.check) == (later.case, later.kind, later.check)
        return same and self.protocol in (None, later.protocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A claim, and what it was measured with by name. Its fields are columns of the store."""

    case: str
    kind: Kind
    check: str
    origin: Origin
    weights: Weights
    data: Corpus | None
    protocol: Protocol | None
    limit: int | None  # the first N samples only

    @classmethod
    def of(cls, measurement: Measurement) -> Self:
        """The series that a result is of."""
        made = measurement.provenance
        return cls(
            case=measurement.case, kind=measurement.kind, check=measurement.check, origin=measurement.origin,
            weights=made.weights, data=made.data, protocol=made.protocol, limit=made.limit,
        )  # fmt: skip

    @classmethod
    def of_row(cls, row: Mapping[Any, Any]) -> Self:
        """The series of a row of the store, which has its fields as text."""
        data, protocol = row["data"], row["protocol"]
        return cls(
            case=row["case"], kind=Kind(row["kind"]), check=row["check"], origin=Origin(row["origin"]),
            weights=Weights(row["weights"]), data=None if data is None else Corpus(data),
            protocol=None if protocol is None else Protocol(protocol), limit=row["limit"],
        )  # fmt: skip

    @property
    def claim(self) -> Claim:
        """What is claimed."""
        return Claim(case=self.case, kind=self.kind, check=self.check, protocol=self.protocol)

    @property
    def claimed(self) -> str:
        """What is claimed of the case, in words, as `Measurement.claim`."""
        return f"{self.kind} ({self.check})" if self.check else str(self.kind)

    @property
    def made(self) -> str:
        """What it was measured with, in words, as `Measurement.made`."""
        return made_with(self.origin, self.weights, self.protocol)

    @property
    def likeness(self) -> Likeness:
        """What its numbers share with those of other cases that may stand in their column."""
        of_data = self.kind in OF_DATA
        return Likeness(
            origin=self.origin,
            weights=self.weights,
            data=self.data if of_data else None,
            protocol=self.protocol if of_data else None,
            limit=self.limit if of_data else None,
            check=self.check,
        )


FIELDS = tuple(item.name for item in fields(Series))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What numbers share to stand in one column of a report; data and protocol are None of kinds without."""

    origin: Origin
    weights: Weights
    data: Corpus | None
    protocol: Protocol | None
    limit: int | None
    check: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of a result beside its case: another number of threads is another quantity.

    None of what a result does not tell (an imported one, or one of an older store), and of what is asked of
    no result of its kind: all but `drawn` are of throughputs.
    """

    threads: str | None = None
    isolated: bool | None = None  # in a process of its own
    device: int | None = None  # the card's number
    devices: int | None = None  # whose total it is
    streams: int | None = None  # calls at once on a device
    stamp: str | None = None
    targets: str | None = None  # of a scenario of LoadGen's: "target_qps 200, target_latency_ms 130"
    drawn: bool | None = None  # True: a part of the samples, in a seeded order until the verdict was sure

    @classmethod
    def of(cls, measurement: Measurement) -> Self:
        """What a result says was asked of it."""
        return cls.in_detail(measurement.kind, measurement.detail)

    @classmethod
    def in_detail(cls, kind: Kind, stored: Mapping[str, Any]) -> Self:
        """What the detail of a result of that kind says was asked of it."""
        if kind is not Kind.THROUGHPUT:
            return cls(drawn=None if Sequential.of_part(stored) is None else True)
        detail = ThroughputDetail.part(stored, "threads", "isolated", "device", "stamp_asked")
        run = ScenarioDetail.part(stored, "loadgen").loadgen
        return cls(
            threads=None if detail.threads is None else str(detail.threads),
            isolated=detail.watched.isolated,
            device=detail.device,
            devices=devices_of(stored),
            streams=ImportedDetail.part(stored, "streams").streams,
            stamp=detail.steadiness.stamp_asked,
            targets=None
            if run is None
            else ", ".join(f"{name} {value}" for name, value in run.targets.items()),
        )

    @property
    def words(self) -> tuple[str, ...]:
        """Each of what was told, in words: ``2 threads``, ``in a process of its own``, ``stamp nightly``."""
        said = (
            self.threads and f"threads {self.threads}",
            self.isolated and "in a process of its own",
            self.device is not None and f"card {self.device}",
            self.devices not in (None, 1) and f"{self.devices} devices",
            self.streams and f"{self.streams} calls at once",
            self.stamp and f"stamp {self.stamp}",
            self.targets,
            self.drawn and "drawn until sure",
        )
        return tuple(word for word in said if word)

    def unlike(self, later: Asked) -> tuple[str, ...]:
        """What was asked for differently, in words; of what one of the two does not tell nothing is said."""
        pairs = {item.name: (getattr(self, item.name), getattr(later, item.name)) for item in fields(self)}
        return tuple(
            f"{name}: {before} -> {after}"
            for name, (before, after) in pairs.items()
            if before != after and None not in (before, after)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A series measured again with the very same files on one machine, and asked for alike."""

    series: Series
    asked: Asked
    weights_sha256: str
    data_sha256: str | None
    samples_sha256: str | None  # None: the file's says it all, or the result is of before this was recorded
    machine: str  # the key of its fingerprint

    @classmethod
    def of(cls, measurement: Measurement, machine: str) -> Self:
        """What a result on `machine` (`machine.fingerprint.machine_key`) is a repetition of."""
        made = measurement.provenance
        return cls(
            series=Series.of(measurement), asked=Asked.of(measurement), weights_sha256=made.weights_sha256,
            data_sha256=made.data_sha256, samples_sha256=samples_in(measurement.detail), machine=machine,
        )  # fmt: skip

    @property
    def untold(self) -> Self:
        """As an older result has it, which does not tell its samples."""
        return replace(self, samples_sha256=None)


def samples_of(measurement: Measurement) -> str | None:
    """The SHA-256 of the samples that a result is of, where it tells more than the file's."""
    return samples_in(measurement.detail)


def samples_in(detail: Mapping[str, Any]) -> str | None:
    """As `samples_of`, of a result's detail."""
    return Common.part(detail, "samples_sha256").samples_sha256
