"""Results to a report: the order of the whole, from the headline down to the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import TYPE_CHECKING

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Protocol, Weights
from harness.domain.series import Series
from harness.store.briefs import Kept, in_brief
from reports import absent, details, folding, layout, provenance, shortfalls, tested
from reports.footnotes import footnotes
from reports.language import Both, joined, say
from reports.numbers import NOTHING, moment
from reports.outcomes import (
    NOT_JUDGED,
    ORDER,
    WORDS,
    Latest,
    Outcome,
    by_drop,
    case_by_case,
    counts,
    in_full,
    latest,
)
from reports.view import Cell, Count, Detail, Fact, Gallery, Grid, Head, Line, Report, Section

if TYPE_CHECKING:
    from harness.store.notrun import NotRun
    from harness.store.reading import Point
    from harness.store.results import Result

SHOWN = 500  # results in rows and details; of more than that, all are in a file of their own
SHORTFALLS = 60  # told at the top

RESULTS_FILE = "report-results.jsonl"
Draw = Callable[[Sequence[Outcome]], tuple[Gallery, ...]]

EXPLANATIONS: Mapping[str, str] = {
    "stand-in": (
        "the CPU computing with a chip's numerics, because the chip is not here. Its scores show what those "
        "numerics do to a model; its speed says nothing about the chip and is compared with nothing."
    ),
    "simulated": (
        "an imitation of the vendor's tools, made for zoocheck's own tests. Nothing of it ran on a chip, and "
        "neither its scores nor its speed say anything of one."
    ),
    "mini weights": (
        "the small checkpoint that comes with zoocheck. It is judged by its drop from its own fp32 score, "
        "never against the score documented for the full one."
    ),
    "random weights": (
        "the documented architecture with seeded random values, for speed and output parity. It has no score."
    ),
    "mini data": "the short corpus written for zoocheck, not the documented data set.",
    "seeded data": (
        "samples drawn from a seed, of no data set: for speed and output parity. They have no score."
    ),
    "N samples only": (
        "a part of the data set, the first ones or those drawn until the verdict was sure; never compared "
        "with a documented value."
    ),
    "imported": "from a tool's log, or a bundle's run, made on another machine.",
    "unknown weights": "what a log does not say: its throughput is taken for the documented model's.",
    "standard protocol": "scored as the field does, not as the documented scripts do.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The latest result of each claim: all of them in brief, and in full as many as a page holds."""

    results: Kept
    every: tuple[Latest, ...]
    found: tuple[Outcome, ...]

    @property
    def case_by_case(self) -> tuple[Outcome, ...]:
        """Those in full, in the order in which their cases first came."""
        return case_by_case(self.found)


def select(results: Sequence[Result] | Selection, catalog: Catalog | None = None) -> Selection:
    """What a report counts and what it shows, in the tables' order, once for all of its forms.

    Raises `NoSamples` for no results.
    """
    if isinstance(results, Selection):
        return results
    known = in_brief(results)
    every = latest(known, catalog)
    return Selection(results=known, every=every, found=in_full(known, shown(every)))


def build(
    catalog: Catalog,
    results: Sequence[Result] | Selection,
    not_run: Sequence[NotRun] = (),
    *,
    draw: Draw | None = None,
    history: Sequence[Point] = (),
) -> Report:
    """The report of these results, and of what was skipped. Raises `NoSamples` where there are no results.

    `draw` makes the charts, for the forms that show them; `history` is what the cases came to before.
    """
    selected = select(results, catalog)
    every, found = selected.every, selected.found
    galleries = () if draw is None else draw(found)
    bad = sum(outcome.bad for outcome in every)
    missing = absent.still_missing(not_run, selected.results)
    anchors = {
        outcome.measurement.id: details.anchor(outcome, number) for number, outcome in enumerate(found, 1)
    }
    lines = {
        outcome.measurement.id: details.line(outcome, catalog, anchors[outcome.measurement.id])
        for outcome in found
    }
    short = list(shortfalls.shortfalls(found, anchors))[:SHORTFALLS]
    machines = tuple(dict.fromkeys(provenance.machine(outcome.measurement) for outcome in found))
    versions = tuple(dict.fromkeys(provenance.versions(outcome.measurement) for outcome in found))
    return Report(
        ran=tuple(_ran(every)),
        counts=tuple(Count(status=status, count=count) for status, count in counts(every).items()),
        headline=say(
            "{headline} {tested}.", headline=headline(every, len(missing)), tested=tested.sentence(every)
        ),
        summary=summary(every),
        shortfalls=tuple(short),
        more_shortfalls=bad - sum(len(item.cases) for item in short),
        galleries=galleries,
        not_run=absent.absences(missing),
        explanations=tuple(_explanations(every)),
        sections=tuple(_sections(catalog, found, anchors, lines)),
        lines=tuple(_folded(row, lines) for row in folding.rows(found)),
        details=tuple(_details(found, lines, machines, versions, history)),
        footnotes=(*_left_out(every, found), *footnotes(found)),
        machines=machines,
        versions=versions,
        newest=moment(max(outcome.brief.created for outcome in every)),
        revisions=tuple(sorted({outcome.brief.git_revision or NOTHING for outcome in every})),
        elsewhere=RESULTS_FILE if len(found) < len(every) else None,
    )


def _folded(row: folding.Row, lines: Mapping[str, Line]) -> Line:
    """A row's line: its outcome's own, or what it says of several; the link leads to the first of them.

    Of several the number and the bound are those of the claim that the kind is named for, where it is there.
    """
    line = lines[row.outcome.measurement.id]
    if row.said is None:
        return line
    said, tolerance, marks = row.said, "", line.marks
    if row.main is not None:
        main = lines[row.main.measurement.id]
        said, tolerance = joined(", ", [main.measured, row.said]), main.tolerance
    if not row.deterministic:
        marks = (*marks, (say("not deterministic"), True))
    kind = say(str(row.outcome.measurement.kind))
    return replace(line, kind=kind, measured=said, tolerance=tolerance, marks=marks)


def shown(every: Sequence[Latest]) -> Sequence[Latest]:
    """All of them, or as many as a page holds: what needs an eye first, in the tables' order."""
    if len(every) <= SHOWN:
        return every
    worst = nsmallest(SHOWN, range(len(every)), key=lambda at: (ORDER.index(every[at].status), at))
    return [every[at] for at in sorted(worst)]


def _left_out(every: Sequence[Latest], found: Sequence[Latest]) -> Iterator[str]:
    if len(found) < len(every):
        yield say(
            "{shown} of {count} results are shown, those that fall short first; all of them, one a line, are "
            "in {file} beside this report.",
            shown=len(found), count=len(every), file=RESULTS_FILE,
        )  # fmt: skip


def summary(found: Sequence[Latest]) -> Both:
    """The counts on one line: ``falls short 2, survives 4``."""
    return joined(", ", [joined(" ", [WORDS[status], str(count)]) for status, count in counts(found).items()])


def headline(found: Sequence[Latest], not_run: int = 0) -> Both:
    """How many results fall short or failed, in one sentence, and how many claims were not run."""
    by_status = counts(found)
    short, failed = by_status.get(VerdictKind.FALLS_SHORT, 0), by_status.get(VerdictKind.ERROR, 0)
    known = by_status.get(VerdictKind.KNOWN_GAP, 0)
    gap = say("1 known gap") if known == 1 else say("{count} known gaps", count=known)
    further = [gap] if known else []
    if unjudged := by_status.get(NOT_JUDGED, 0):
        several = say("{count} have no verdict", count=unjudged)
        further.append(say("1 has no verdict") if unjudged == 1 else several)
    further += [absent.claims(not_run)] if not_run else []
    rest = joined("", [part for item in further for part in ("; ", item)]) if further else ""
    of_all = say("the only result") if len(found) == 1 else say("{count} results", count=len(found))
    if not short and not failed:
        return say("Nothing falls short in {of_all}{rest}.", of_all=of_all, rest=rest)
    parts = []
    if short:
        parts.append(say("1 falls short") if short == 1 else say("{count} fall short", count=short))
    if failed:
        parts.append(say("{count} could not be measured", count=failed))
    return say("Of {of_all}, {parts}{rest}.", of_all=of_all, parts=joined(say(" and "), parts), rest=rest)


def _ran(found: Sequence[Latest]) -> Iterator[tuple[Fact, ...]]:
    """What ran where: a row for each chip, origin and weights."""
    groups: dict[tuple[str, str, str], list[Latest]] = {}
    for outcome in found:
        chip = say("unknown") if outcome.parts is None else outcome.parts.chip.title
        key = (chip, str(outcome.series.origin), str(outcome.series.weights))
        groups.setdefault(key, []).append(outcome)
    for (chip, origin, weights), members in groups.items():
        models = dict.fromkeys(
            outcome.case if outcome.parts is None else outcome.parts.model.name for outcome in members
        )
        sizes = sorted({outcome.parts.batch_size for outcome in members if outcome.parts is not None})
        yield (
            (say("chip"), chip),
            (say("ran on"), _ran_on(chip, origin)),
            (say("models"), ", ".join(models)),
            (say("batch sizes"), _sizes(sizes)),
            (say("weights"), say(weights)),
            (say("data"), _data(members)),
            (say("results"), str(len(members))),
        )


def _sizes(sizes: Sequence[int]) -> str:
    """Batch sizes ascending; of very many the ends."""
    if len(sizes) > 12:
        return f"{sizes[0]}, {sizes[1]}, … {sizes[-1]}"
    return ", ".join(map(str, sizes)) or NOTHING


def _data(members: Sequence[Latest]) -> str:
    """The data sets of those results that are about data; conformance, say, is about none."""
    used = dict.fromkeys((item.data, item.limit is None) for item in (outcome.series for outcome in members))
    named = ((say(str(data)), whole) for data, whole in used if data is not None)
    return (
        joined(", ", (name if whole else say("{data}, in part", data=name) for name, whole in named))
        or NOTHING
    )


def _ran_on(chip: str, origin: str) -> str:
    """Where the numbers come from, in words that need no glossary."""
    return {
        Origin.CHIP: say("{chip} itself", chip=chip),
        Origin.STAND_IN: say("stand-in"),
        Origin.SIMULATED: say("simulated tools"),
        Origin.IMPORTED: say("imported"),
    }.get(Origin(origin), origin)


def _details(
    found: Sequence[Outcome],
    lines: Mapping[str, Line],
    machines: Sequence[tuple[Fact, ...]],
    versions: Sequence[tuple[Fact, ...]],
    history: Sequence[Point],
) -> Iterator[Detail]:
    """The whole of each result, with the last values of its series."""
    past: dict[Series, list[Point]] = {}
    for point in history:
        past.setdefault(point.series, []).append(point)
    for outcome in found:
        made = outcome.measurement
        yield details.detail(
            outcome,
            lines[made.id],
            machines.index(provenance.machine(made)),
            versions.index(provenance.versions(made)),
            details.before(outcome, past),
        )


def _explanations(found: Sequence[Latest]) -> Iterator[Fact]:
    alike = {outcome.likeness for outcome in found}
    corpora = {outcome.series.data for outcome in found}
    present = {
        "stand-in": any(item.origin is Origin.STAND_IN for item in alike),
        "simulated": any(item.origin is Origin.SIMULATED for item in alike),
        "mini weights": any(item.weights is Weights.MINI for item in alike),
        "random weights": any(item.weights is Weights.RANDOM for item in alike),
        "mini data": Corpus.MINI in corpora,
        "seeded data": Corpus.SEEDED in corpora,
        "N samples only": any(item.limit is not None for item in alike),
        "unknown weights": any(item.weights is Weights.UNKNOWN for item in alike),
        "imported": any(item.origin is Origin.IMPORTED for item in alike),
        "standard protocol": any(item.protocol is Protocol.STANDARD for item in alike),
    }
    return ((say(term), say(text)) for term, text in EXPLANATIONS.items() if present[term])


def _sections(
    catalog: Catalog, found: Sequence[Outcome], anchors: Mapping[str, str], lines: Mapping[str, Line]
) -> Iterator[Section]:
    """For each model with results: its tables, and what has no column in them."""
    for model in (*catalog.models.values(), *catalog.claimed.values()):
        own = [
            outcome
            for outcome in found
            if outcome.parts is not None and outcome.parts.model.name == model.name
        ]
        if not own:
            continue
        sheets = [layout.sheet(catalog, table, own) for table in catalog.tables if table.model == model.name]
        placed = {
            outcome.measurement.id for made in sheets for hits in made.hits.values() for outcome in hits
        }
        others = [
            outcome
            for outcome in own
            if outcome.measurement.kind in (Kind.ACCURACY, Kind.THROUGHPUT)
            and not outcome.measurement.check
            and outcome.measurement.id not in placed
        ]
        yield Section(
            title=model.title,
            document=model.document,
            tables=tuple(layout.grid(made, anchors) for made in sheets),
            others=_others(str(model.metric or "score"), others, lines) if others else None,
        )


def _others(metric: str, found: Sequence[Outcome], lines: Mapping[str, Line]) -> Grid:
    """A small table of what the document has no column for: local chips, other precisions and sizes."""
    rows: dict[tuple[str, ...], dict[Kind, Cell]] = {}
    for outcome in found:
        parts, row = outcome.parts, lines[outcome.measurement.id]
        if parts is None:
            continue
        how = joined(", ", [text for text, _ in row.tags])
        how = say("{how} ({extra})", how=how, extra=row.extra) if row.extra else how
        if outcome.in_scenario:
            how = say("{how} ({extra})", how=how, extra=say(outcome.measurement.check))
        key = (parts.chip.title, str(parts.precision), str(parts.batch_size), how)
        cell = Cell(
            text=row.measured, status=outcome.status, drop=by_drop(outcome.verdict), anchor=row.anchor
        )
        rows.setdefault(key, {})[outcome.measurement.kind] = cell
    texts = ("chip", "precision", "batch size", "measured how", metric, "throughput")
    empty = Cell(text=NOTHING)
    return Grid(
        title=say("Measured, without a column in the document"),
        heads=tuple(
            Head(text=say(text), number=text in ("batch size", metric, "throughput")) for text in texts
        ),
        rows=tuple(
            (
                *(Cell(text=text) for text in key),
                cells.get(Kind.ACCURACY, empty),
                cells.get(Kind.THROUGHPUT, empty),
            )
            for key, cells in rows.items()
        ),
    )
