"""Kept in brief: what they are counted, ordered and chosen by. What is shown is read in full.

Of a store of 100,000 results a report shows 500. Their detail and raw samples are most of a store.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from harness.domain.measurements import Basis, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.series import Series

if TYPE_CHECKING:
    from harness.store.results import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One result without its numbers, its detail and its raw samples."""

    id: str
    run: str
    created: str  # ISO 8601, UTC
    series: Series
    git_revision: str | None
    kind: VerdictKind | None  # of the newest verdict; None: not judged
    basis: Basis | None
    metric: Metric | None
    documented: bool  # whether the verdict has a documented value

    @classmethod
    def of(cls, result: Result) -> Brief:
        """A result that is there in full."""
        made, verdict = result.measurement, result.verdict
        return cls(
            id=made.id, run=made.run, created=made.created, series=Series.of(made),
            git_revision=made.provenance.git_revision,
            kind=None if verdict is None else verdict.kind,
            basis=None if verdict is None else verdict.basis,
            metric=None if verdict is None else verdict.metric,
            documented=verdict is not None and verdict.reference is not None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one result came to, in numbers and words."""

    metrics: Mapping[str, float]
    expected: float | None
    message: str

    @classmethod
    def of(cls, result: Result) -> Told:
        """A result that is there in full."""
        verdict = result.verdict
        return cls(
            metrics=result.measurement.metrics,
            expected=None if verdict is None else verdict.expected,
            message="" if verdict is None else verdict.message,
        )


class Kept(ABC, Sequence["Result"]):
    """Kept in the order of writing, all of them in brief, each in full where it is asked for."""

    @property
    @abstractmethod
    def briefs(self) -> Sequence[Brief]:
        """All of them."""

    @abstractmethod
    def several(self, places: Sequence[int]) -> list[Result]:
        """Those at `places`, in that order, in full."""

    @abstractmethod
    def told(self, places: Iterable[int]) -> Iterator[Told]:
        """What those at `places` came to, in that order."""

    def __len__(self) -> int:
        return len(self.briefs)

    @overload
    def __getitem__(self, place: int) -> Result: ...
    @overload
    def __getitem__(self, place: slice) -> list[Result]: ...
    def __getitem__(self, place: int | slice) -> Result | list[Result]:
        if isinstance(place, slice):
            return self.several(range(len(self))[place])
        return self.several([range(len(self))[place]])[0]


class Held(Kept):
    """Kept that are all in memory."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._results = results
        self._briefs = [Brief.of(result) for result in results]

    @property
    def briefs(self) -> Sequence[Brief]:
        """All of them."""
        return self._briefs

    def several(self, places: Sequence[int]) -> list[Result]:
        """Those at `places`, in that order."""
        return [self._results[place] for place in places]

    def told(self, places: Iterable[int]) -> Iterator[Told]:
        """What those at `places` came to, in that order."""
        return (Told.of(self._results[place]) for place in places)


def in_brief(results: Sequence[Result]) -> Kept:
    """The results with what they are in brief."""
    return results if isinstance(results, Kept) else Held(results)
