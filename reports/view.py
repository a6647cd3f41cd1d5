"""The records a report is made of: what is said, before any form of saying it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reports.language import say

Fact = tuple[str, str]  # a name and what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One column's title. `detail` says how the numbers under it came about."""

    text: str
    detail: str = ""
    number: bool = True
    measured: bool = False
    stand_in: bool = False
    apart: bool = False  # measured, but not comparable with the columns beside it
    series: str = ""  # in words, what its numbers were made with
    at: int = 0  # which of the document's columns it is, or stands beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A verdict in a document's table, where a bare mark would read as one on the number beside it."""

    status: str
    drop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its text, the mark of the result in it, and where that result's detail is."""

    text: str
    status: str | None = None
    drop: bool = False  # judged by the drop, not by the documented value beside it
    anchor: str | None = None

    @property
    def mark(self) -> Mark | None:
        """What stands behind the text; None where there is no one verdict."""
        return None if self.status is None else Mark(status=self.status, drop=self.drop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table, and the footnotes that belong to it."""

    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def marks(self) -> frozenset[Mark]:
        """The marks that its cells show."""
        return frozenset(cell.mark for row in self.rows for cell in row if cell.mark is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One model: its document's tables with what was measured, and what has no column there."""

    title: str
    document: str
    tables: tuple[Grid, ...]
    others: Grid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a row is sorted and filtered by."""

    model: str
    chip: str
    batch_size: int | None
    kind: str
    origin: str
    documented: float | None
    measured: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One result in one row: documented beside measured."""

    anchor: str
    case: str
    kind: str
    about: About
    documented: str
    source: str  # document, table, row and column
    place: str  # the same, short: document, row and column
    measured: str
    interval: str
    tolerance: str
    status: str
    basis: str
    origin: str
    weights: str
    data: str
    tags: tuple[tuple[str, bool], ...]  # origin, weights and data in words, and whether to mind them
    extra: str  # other protocol, limit, earlier results of the same claim
    marks: tuple[
        tuple[str, bool], ...
    ] = ()  # of the number itself: its stamp, noise; and whether to mind them


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Calls by latency in equal steps from `low` to `high`; `beyond` calls took longer."""

    counts: tuple[int, ...]
    low_ns: int
    high_ns: int
    beyond: int

    @property
    def bars(self) -> tuple[tuple[float, float], ...]:
        """Left edge and height of each bar, as shares of the width and of the highest bar."""
        highest = max(self.counts)
        return tuple((at / len(self.counts), count / highest) for at, count in enumerate(self.counts))

    def position(self, latency_ns: float) -> float:
        """Where a latency stands between `low` and `high`, as a share of the width."""
        return min(max((latency_ns - self.low_ns) / (self.high_ns - self.low_ns), 0.0), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """The timed calls of one throughput result."""

    facts: tuple[Fact, ...]
    histogram: Histogram | None  # None: too few calls for a shape
    low: str = ""
    high: str = ""
    median: str = ""
    median_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A sample whose prediction differs from fp32's."""

    number: int
    text: str
    became: str = ""  # fp32's prediction and this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Everything about one result."""

    line: Line
    message: str
    facts: tuple[Fact, ...]
    stages: tuple[Fact, ...]
    latency: Latency | None
    made_with: tuple[Fact, ...]
    flips: tuple[Flip, ...]
    commands: tuple[str, ...]
    machine: int  # index into the report's machines
    versions: int  # index into the report's sets of versions
    attention: bool  # falls short or failed: opened at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many results have one status."""

    status: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A case, and where the report tells of its result."""

    case: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What falls short or could not be measured for one reason, with every case that does so."""

    cases: tuple[Place, ...]
    status: str
    kind: str
    how: str  # origin, weights and data in words
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Claims that were not run for one reason, with their cases folded by batch size."""

    reason: str
    count: int
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole report."""

    ran: tuple[tuple[Fact, ...], ...]  # a row a chip: what ran there, and how
    counts: tuple[Count, ...]
    headline: str  # what is wrong, or that nothing is, in a sentence
    summary: str  # the counts in a sentence
    shortfalls: tuple[Shortfall, ...]
    galleries: tuple[Gallery, ...]
    not_run: tuple[Absence, ...]  # what was asked for and skipped, by reason
    explanations: tuple[Fact, ...]  # stand-ins, small and random checkpoints, in a sentence each
    sections: tuple[Section, ...]
    lines: tuple[Line, ...]
    details: tuple[Detail, ...]
    footnotes: tuple[str, ...]
    machines: tuple[tuple[Fact, ...], ...]
    versions: tuple[tuple[Fact, ...], ...]
    newest: str
    revisions: tuple[str, ...]
    more_shortfalls: int = 0  # that are not among `shortfalls`
    elsewhere: str | None = None  # the file beside the report that has what this one leaves out

    @property
    def filters(self) -> tuple[tuple[str, str, tuple[Fact, ...]], ...]:
        """What rows can be filtered by: a name, its title, and the values that there are."""
        abouts = [line.about for line in self.lines]
        found: tuple[tuple[str, Iterable[tuple[str, str]]], ...] = (
            ("model", ((item.model, item.model) for item in abouts)),
            ("chip", ((item.chip, item.chip) for item in abouts)),
            ("kind", ((item.kind, say(item.kind)) for item in abouts)),
            ("origin", ((item.origin, say(item.origin)) for item in abouts)),
            ("verdict", ((line.status, say(line.status.replace("-", " "))) for line in self.lines)),
        )
        return tuple((name, say(name), tuple(dict(pairs).items())) for name, pairs in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One drawing: an ``<svg>`` that is safe as it is, with words for who cannot see it."""

    title: str
    svg: str
    note: str = ""
    place: str = ""  # its id on the page, where something links to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """The charts of one kind."""

    title: str
    place: str
    explanation: str
    charts: tuple[Chart, ...] = ()
    sources: tuple[Fact, ...] = ()
