"""Results to a report: the order of the whole, from the headline down to the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.domain import Basis, Catalog, Corpus, Kind, Origin, Protocol, VerdictKind, Weights
from reports import absent, details, layout
from reports.numbers import NOTHING, moment, one_line, percent
from reports.outcomes import WORDS, Outcome, by_drop, counts, is_stand_in_speed, outcomes
from reports.view import Cell, Count, Fact, Finding, Grid, Head, Line, Report, Section

if TYPE_CHECKING:
    from harness.notrun import NotRun
    from harness.store import Result

LONGEST_LINE = 280  # characters of a message in the headline; the detail has all of it

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
    "first N samples": "a part of the data set, never compared with a documented value.",
    "imported": "from a tool's log, or a bundle's run, made on another machine.",
    "unknown weights": "what a log does not say: its throughput is taken for the documented model's.",
    "standard protocol": "scored as the field does, not as the documented scripts do.",
}


def build(catalog: Catalog, results: Sequence[Result], not_run: Sequence[NotRun] = ()) -> Report:
    """The report of these results, and of what was skipped. Raises `NoSamples` where there are no results."""
    found = outcomes(results, catalog)
    missing = absent.still_missing(not_run, results)
    anchors = {
        outcome.measurement.id: details.anchor(outcome, number) for number, outcome in enumerate(found, 1)
    }
    lines = {
        outcome.measurement.id: details.line(outcome, catalog, anchors[outcome.measurement.id])
        for outcome in found
    }
    machines = list(dict.fromkeys(details.machine(outcome.measurement) for outcome in found))
    versions = list(dict.fromkeys(details.versions(outcome.measurement) for outcome in found))
    return Report(
        ran=tuple(_ran(found)),
        counts=tuple(Count(status=status, count=count) for status, count in counts(found).items()),
        headline=headline(found, len(missing)),
        summary=summary(found),
        findings=tuple(_findings(found, anchors)),
        not_run=absent.absences(missing),
        explanations=tuple(_explanations(found)),
        sections=tuple(_sections(catalog, found, anchors, lines)),
        lines=tuple(lines.values()),
        details=tuple(
            details.detail(
                outcome,
                lines[outcome.measurement.id],
                machines.index(details.machine(outcome.measurement)),
                versions.index(details.versions(outcome.measurement)),
            )
            for outcome in found
        ),
        footnotes=tuple(_footnotes(found)),
        machines=tuple(machines),
        versions=tuple(versions),
        newest=moment(max(outcome.measurement.created for outcome in found)),
        revisions=tuple(
            sorted({outcome.measurement.provenance.git_revision or NOTHING for outcome in found})
        ),
    )


def summary(found: Sequence[Outcome]) -> str:
    """The counts on one line: ``falls short 2, reproduced 4``."""
    return ", ".join(f"{WORDS[status]} {count}" for status, count in counts(found).items())


def headline(found: Sequence[Outcome], not_run: int = 0) -> str:
    """What is wrong in one sentence, or that nothing is; and how much was not even tried."""
    by_status = counts(found)
    short, failed = by_status.get(VerdictKind.FALLS_SHORT, 0), by_status.get(VerdictKind.ERROR, 0)
    rest = f"; {absent.claims(not_run)}" if not_run else ""
    of_all = "the only result" if len(found) == 1 else f"{len(found)} results"
    if not short and not failed:
        return f"Nothing falls short in {of_all}{rest}."
    parts = [f"{short} {'falls' if short == 1 else 'fall'} short"] if short else []
    parts += [f"{failed} could not be measured"] if failed else []
    return f"Of {of_all}, {' and '.join(parts)}{rest}."


def _ran(found: Sequence[Outcome]) -> Iterator[tuple[Fact, ...]]:
    """What ran where: a row for each chip, origin and weights."""
    groups: dict[tuple[str, str, str], list[Outcome]] = {}
    for outcome in found:
        made = outcome.measurement.provenance
        chip = "unknown" if outcome.place is None else outcome.place.chip.title
        key = (chip, str(outcome.measurement.origin), str(made.weights))
        groups.setdefault(key, []).append(outcome)
    for (chip, origin, weights), members in groups.items():
        models = dict.fromkeys(
            outcome.measurement.case if outcome.place is None else outcome.place.model.name
            for outcome in members
        )
        sizes = sorted({outcome.place.batch_size for outcome in members if outcome.place is not None})
        yield (
            ("chip", chip),
            ("ran on", _ran_on(chip, origin)),
            ("models", ", ".join(models)),
            ("batch sizes", ", ".join(map(str, sizes)) or NOTHING),
            ("weights", weights),
            ("data", _data(members)),
            ("results", str(len(members))),
        )


def _data(members: Sequence[Outcome]) -> str:
    """The data sets of those results that are about data; conformance, say, is about none."""
    used = (outcome.measurement.provenance.data for outcome in members)
    return ", ".join(dict.fromkeys(str(data) for data in used if data is not None)) or NOTHING


def _ran_on(chip: str, origin: str) -> str:
    """Where the numbers come from, in words that need no glossary."""
    return {
        Origin.CHIP: f"{chip} itself",
        Origin.STAND_IN: "stand-in",
        Origin.SIMULATED: "simulated tools",
        Origin.IMPORTED: "imported",
    }.get(Origin(origin), origin)


def _findings(found: Sequence[Outcome], anchors: Mapping[str, str]) -> Iterator[Finding]:
    bad = [outcome for outcome in found if outcome.verdict is not None and not outcome.verdict.kind.good]
    for outcome in sorted(bad, key=lambda item: item.status != VerdictKind.FALLS_SHORT):
        measurement = outcome.measurement
        yield Finding(
            anchor=anchors[measurement.id],
            status=outcome.status,
            case=measurement.case,
            kind=str(measurement.kind),
            how=outcome.series.label,
            message=first_line(outcome),
        )


def first_line(outcome: Outcome) -> str:
    """A verdict's message on one line, without the case it may begin with."""
    message = "" if outcome.verdict is None else outcome.verdict.message.strip()
    lines = message.splitlines()
    text = one_line(lines[0]) if lines else "no message"
    text = text.removeprefix(f"{outcome.measurement.case}: ")
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"


def _explanations(found: Sequence[Outcome]) -> Iterator[Fact]:
    series = [outcome.series for outcome in found]
    made = [outcome.measurement.provenance for outcome in found]
    present = {
        "stand-in": any(item.origin is Origin.STAND_IN for item in series),
        "simulated": any(item.origin is Origin.SIMULATED for item in series),
        "mini weights": any(item.weights is Weights.MINI for item in series),
        "random weights": any(item.weights is Weights.RANDOM for item in series),
        "mini data": any(item.data is Corpus.MINI for item in made),
        "first N samples": any(item.limit is not None for item in series),
        "unknown weights": any(item.weights is Weights.UNKNOWN for item in series),
        "imported": any(item.origin is Origin.IMPORTED for item in series),
        "standard protocol": any(item.protocol is Protocol.STANDARD for item in series),
    }
    return ((term, text) for term, text in EXPLANATIONS.items() if present[term])


def _sections(
    catalog: Catalog, found: Sequence[Outcome], anchors: Mapping[str, str], lines: Mapping[str, Line]
) -> Iterator[Section]:
    """For each model with results: its tables, and what has no column in them."""
    for model in catalog.models.values():
        own = [
            outcome
            for outcome in found
            if outcome.place is not None and outcome.place.model.name == model.name
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
            and outcome.measurement.id not in placed
        ]
        yield Section(
            title=model.title,
            document=model.document,
            tables=tuple(layout.grid(made, anchors) for made in sheets),
            others=_others(str(model.metric), others, lines) if others else None,
        )


def _others(metric: str, found: Sequence[Outcome], lines: Mapping[str, Line]) -> Grid:
    """A small table of what the document has no column for: local chips, other precisions and sizes."""
    rows: dict[tuple[str, ...], dict[Kind, Cell]] = {}
    for outcome in found:
        place, row = outcome.place, lines[outcome.measurement.id]
        if place is None:
            continue
        how = ", ".join(text for text, _ in row.tags) + (f" ({row.extra})" if row.extra else "")
        key = (place.chip.title, str(place.precision), str(place.batch_size), how)
        cell = Cell(
            text=row.measured, status=outcome.status, drop=by_drop(outcome.verdict), anchor=row.anchor
        )
        rows.setdefault(key, {})[outcome.measurement.kind] = cell
    texts = ("chip", "precision", "batch size", "measured how", metric, "throughput")
    empty = Cell(text=NOTHING)
    return Grid(
        title="Measured, without a column in the document",
        heads=tuple(Head(text=text, number=text in ("batch size", metric, "throughput")) for text in texts),
        rows=tuple(
            (
                *(Cell(text=text) for text in key),
                cells.get(Kind.ACCURACY, empty),
                cells.get(Kind.THROUGHPUT, empty),
            )
            for key, cells in rows.items()
        ),
    )


def _footnotes(found: Sequence[Outcome]) -> Iterator[str]:
    yield from _misfed_notes(found)
    if any(outcome.measurement.intervals for outcome in found):
        yield "Intervals are Wilson's score intervals: where the true share lies, by sampling alone."
    if any(outcome.verdict is not None and outcome.verdict.basis is Basis.DROP for outcome in found):
        yield (
            "By the drop: the score on the chip's numerics against the same checkpoint's own fp32 score; "
            "allowed is the documented drop or 1 % of that score, whichever is larger, and never less than "
            "two samples."
        )
    speeds = [outcome.measurement.origin for outcome in found if outcome.measurement.kind is Kind.THROUGHPUT]
    if any(origin is not Origin.IMPORTED for origin in speeds):
        yield "Throughput is batch size × calls / time, by the clock that each result names."
    if Origin.IMPORTED in speeds:
        yield "Imported throughput is by the definition of the tool that wrote the log; each result names it."
    details_of = [outcome.measurement.detail for outcome in found]
    if grouped := sum("grouped" in detail for detail in details_of):
        yield (
            f"At their real length, grouped by it, ran the samples of {_results(grouped)}: accuracy on a "
            "stand-in only, after the same run had shown on a seeded sample that the logits are those of the "
            "padded input."
        )
    if reasons := Counter(str(item["padded_because"]) for item in details_of if "padded_because" in item):
        told = "; ".join(f"{reason} ({_results(count)})" for reason, count in reasons.items())
        yield f"Padded to the documented length ran the others of the stand-ins' accuracy results: {told}."
    if any(is_stand_in_speed(outcome) for outcome in found):
        yield layout.STAND_IN_NOTE
    if any(outcome.times > 1 for outcome in found):
        yield (
            "Latest of N: the same claim was measured N times with the same origin, weights, data and "
            "protocol; only the latest is shown."
        )


def _results(count: int) -> str:
    return f"{count} result{'' if count == 1 else 's'}"


def _misfed_notes(results: Sequence[Outcome]) -> Iterator[str]:
    """What a document's script changes by feeding inputs in each other's place, for each result so fed."""
    for outcome in results:
        misfed, metric = outcome.measurement.detail.get("misfed"), outcome.metric
        if not isinstance(misfed, Mapping) or metric is None:
            continue
        found, right = outcome.measurement, misfed["fed_right"][metric]
        yield (
            f"{found.case} is fed as its document's script feeds it ({misfed['as_documented']}): {metric} "
            f"{percent(found.metrics[metric])}. Fed right, the same checkpoint scores {percent(right)} in "
            f"fp32; {misfed['flips']} of {found.samples} predictions differ."
        )
