"""A document's table in its own layout, with what was measured in columns of its own beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.documents import Document, Table
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.references import Reference, Role, Rounding
from harness.domain.series import Likeness
from harness.errors import ZoocheckError
from reports import likeness
from reports.case_parts import covers
from reports.counted import beside, counted
from reports.language import joined, say
from reports.numbers import NOTHING, like_printed
from reports.outcomes import Outcome, by_drop
from reports.view import Cell, Grid, Head

STAND_IN_NOTE = say(
    "† measured on a stand-in: the CPU with this chip's numerics; not comparable with any number of the chip."
)
CUT_OFF_NOTE = say("Measured values are cut off rather than rounded where the document does so.")
BEST_NOTE = say(
    "Best-batch row of measured columns: the highest throughput that the chip itself was measured at, the "
    "score at that batch size, and a ratio where both chips were measured at the same batch sizes."
)

Speed = tuple[Origin, str]  # what a throughput may be divided by: same origin, same weights


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table's references by row and place, and the outcomes that answer each of them.

    A column has a place for each number that its cells hold, and a label column one without any.
    """

    table: Table
    document: Document  # the table's
    places: tuple[int, ...]  # of each place the column
    references: tuple[tuple[Reference | None, ...], ...]  # [row][place]; None in label columns
    hits: Mapping[tuple[int, int, Likeness], tuple[Outcome, ...]]

    def measured(self, place: int) -> list[Likeness]:
        """The likenesses of the results for this place, the chip's own first: a measured column each."""
        return sorted({alike for _, at, alike in self.hits if at == place}, key=likeness.rank)

    def references_at(self, place: int) -> list[Reference]:
        """The documented values of one place."""
        return [found for row in self.references if (found := row[place]) is not None]


def sheet(catalog: Catalog, table: Table, found: Sequence[Outcome]) -> Sheet:
    """Match the results of the table's model with its cells.

    Raises `ZoocheckError` for a cell without a reference.
    """
    columns = [at for at, column in enumerate(table.columns) if not column.label]
    most = {at: max(table.numbers_in(row, at) for row in table.rows) for at in columns}
    places = tuple(at for at in range(len(table.columns)) for _ in range(most.get(at, 1)))
    references = tuple(_by_place(catalog, table, most))
    hits: dict[tuple[int, int, Likeness], list[Outcome]] = {}
    for row, cells in enumerate(references):
        for place, reference in enumerate(cells):
            for outcome in found if reference is not None else ():
                if reference is not None and _answers(outcome, reference):
                    hits.setdefault((row, place, outcome.likeness), []).append(outcome)
    document = catalog.documents[table.document]
    return Sheet(table, document, places, references, {key: tuple(value) for key, value in hits.items()})


def _by_place(
    catalog: Catalog, table: Table, most: Mapping[int, int]
) -> Iterator[tuple[Reference | None, ...]]:
    """The references of each row: as many a column as the fullest of its cells holds."""
    given = _references(catalog, table)
    wanted = sum(table.numbers_in(row, at) for row in table.rows for at in most)
    if len(given) != wanted:
        raise ZoocheckError(f"{table.document} § {table.name}: {len(given)} references for {wanted} numbers")
    values = iter(given)
    for row in table.rows:
        cells: list[Reference | None] = []
        for at in range(len(table.columns)):
            held = [next(values) for _ in range(table.numbers_in(row, at))] if at in most else []
            cells += [*held, *[None] * (most.get(at, 1) - len(held))]
        yield tuple(cells)


def grid(made: Sheet, anchors: Mapping[str, str]) -> Grid:
    """The table's own columns, each with what was measured beside it; last the speeds of stand-ins.

    `anchors` gives the place of a measurement's detail by its id.
    """
    table = made.table
    columns: list[tuple[Head, list[Cell]]] = []
    apart: list[tuple[Head, list[Cell]]] = []
    for at, column in enumerate(table.columns):
        head = Head(text=column.header, number=not column.label, at=at)
        columns.append((head, [_documented(made, row, at) for row in range(len(table.rows))]))
        for place in (place for place, column_at in enumerate(made.places) if column_at == at):
            for head, cells in _measured(made, place, anchors):
                (apart if head.apart else columns).append((head, cells))
    columns += apart
    return Grid(
        title=table.name,
        heads=tuple(head for head, _ in columns),
        rows=tuple(tuple(cells[at] for _, cells in columns) for at in range(len(table.rows))),
        notes=tuple(_notes(made, [head for head, _ in columns if head.measured])),
    )


def _references(catalog: Catalog, table: Table) -> list[Reference]:
    """The table's values in the order in which the catalog reads them: by row, then by column."""
    return [
        reference
        for reference in catalog.references
        if (reference.source.document, reference.source.table, reference.model)
        == (table.document, table.name, table.model)
    ]


def _documented(made: Sheet, row: int, column: int) -> Cell:
    """A cell as the document has it: its value's own digits, or what it prints beside or without one."""
    held = [made.references[row][place] for place, at in enumerate(made.places) if at == column]
    one = held[0] if len(held) == 1 else None
    return Cell(text=made.table.rows[row].cells[column] if one is None else one.cell)


def _answers(outcome: Outcome, reference: Reference) -> bool:
    """Whether a result is what this cell is about, measured or failed."""
    kind = Kind.ACCURACY if reference.metric.is_score else Kind.THROUGHPUT
    measurement = outcome.measurement
    if (
        outcome.parts is None
        or measurement.kind is not kind
        or measurement.check != (Metric.LATENCY if reference.metric is Metric.LATENCY else "")
        or not covers(reference, outcome.parts)
    ):
        return False
    return reference.metric in measurement.metrics or outcome.status == VerdictKind.ERROR


def _measured(made: Sheet, place: int, anchors: Mapping[str, str]) -> Iterator[tuple[Head, list[Cell]]]:
    """The measured columns that belong to a documented place."""
    column = made.places[place]
    header = made.table.columns[column].header
    references = made.references_at(place)
    for alike in made.measured(place):
        stand_in = alike.origin.stands_in
        apart = stand_in and not references[0].metric.is_score
        if apart:
            origin, weights = say(str(alike.origin)), say(str(alike.weights))
            how = say("{origin}, not comparable † ({weights})", origin=origin, weights=weights)
        else:
            how = say("measured ({how})", how=likeness.label(alike))
        head = Head(
            text=header,
            detail=how,
            measured=True,
            stand_in=stand_in,
            apart=apart,
            series=likeness.label(alike),
            at=column,
        )
        yield head, [_cell(made, row, place, alike, anchors) for row in range(len(made.references))]
    if references and references[0].role is Role.RATIO:
        yield from _ratio_columns(made, place, header)


def _cell(made: Sheet, row: int, place: int, alike: Likeness, anchors: Mapping[str, str]) -> Cell:
    """What was measured for one documented number by results that are alike."""
    reference = made.references[row][place]
    if reference is None:
        return Cell(text="")
    if reference.best:
        value = _best_value(made, place, alike, reference)
        return Cell(text=NOTHING if value is None else _written(value, reference))
    hits = made.hits.get((row, place, alike), ())
    if not hits:
        return Cell(text=NOTHING)
    texts = [_text(made, outcome, reference) for outcome in hits]
    if len(hits) > 1:  # one documented value for all batch sizes
        texts = [
            f"{text} (bs{outcome.parts.batch_size})" if outcome.parts else text
            for text, outcome in zip(texts, hits, strict=True)
        ]
    first = hits[0]
    judged = first.metric is reference.metric or first.status == VerdictKind.ERROR
    marks = {(outcome.status, by_drop(outcome.verdict)) for outcome in hits}
    status, drop = (first.status, by_drop(first.verdict)) if judged and len(marks) == 1 else (None, False)
    return Cell(
        text=joined(", ", texts),
        status=status,
        drop=drop,
        anchor=anchors.get(first.measurement.id),
    )


def _text(made: Sheet, outcome: Outcome, reference: Reference) -> str:
    if reference.metric is Metric.THROUGHPUT and (found := counted(outcome, made.document)) is not None:
        text = _written(found.samples_per_s, reference)
        return beside(text, outcome) if found.why_not else text
    value = outcome.measurement.metrics.get(reference.metric)
    return NOTHING if value is None else _written(value, reference)


def _written(value: float, reference: Reference) -> str:
    """As the table writes its own, with what stands around the digits."""
    return reference.form.replace("{}", like_printed(value, reference))


def _best_value(made: Sheet, place: int, alike: Likeness, reference: Reference) -> float | None:
    """The value of a best-batch row, by the chip's own numbers only; None where there are none."""
    if reference.chip is None:
        return None
    best = _best(made, reference.chip, (alike.origin, alike.weights))
    if best is None:
        return None
    row, throughput = best
    if not reference.metric.is_score:
        return throughput
    return next(
        (
            outcome.measurement.metrics.get(reference.metric)
            for outcome in made.hits.get((row, place, alike), ())
            if outcome.comparable
        ),
        None,
    )


def _best(made: Sheet, chip: str, speed: Speed) -> tuple[int, float] | None:
    """The row with the chip's highest throughput, and that throughput in samples per second."""
    found = _throughputs(made, chip, speed)
    return max(found.items(), key=lambda item: item[1]) if found else None


def _throughputs(made: Sheet, chip: str, speed: Speed) -> dict[int, float]:
    """The chip's comparable throughputs by row."""
    return {
        row: value
        for row in range(len(made.references))
        if (value := _throughput(made, row, chip, speed)) is not None
    }


def _throughput(made: Sheet, row: int, chip: str, speed: Speed) -> float | None:
    """The comparable throughput of a chip in a row, or None."""
    for (at, place, alike), hits in made.hits.items():
        reference = made.references[at][place]
        if at != row or reference is None or reference.metric is not Metric.THROUGHPUT:
            continue
        if reference.chip == chip and (alike.origin, alike.weights) == speed and hits[0].comparable:
            found = counted(hits[0], made.document)
            return None if found is None or found.why_not else found.samples_per_s
    return None


def _ratio_columns(made: Sheet, place: int, header: str) -> Iterator[tuple[Head, list[Cell]]]:
    """A ratio of measured values, only where both sides were measured on the chips themselves."""
    ratio = made.references_at(place)[0].ratio
    if ratio is None:
        return
    weights = sorted(
        {alike.weights for _, _, alike in made.hits if alike.origin is Origin.CHIP}, key=str
    )  # numerator and denominator run the same checkpoint
    for kind in weights:
        speed = (Origin.CHIP, kind)
        values = [
            None if row[place] is None else _ratio_value(made, at, row[place], speed)
            for at, row in enumerate(made.references)
        ]
        if any(value is not None for value in values):
            texts = [NOTHING if value is None else value for value in values]
            how = say("measured ({how})", how=joined(say(", "), [say("chip"), say(str(kind))]))
            head = Head(text=header, detail=how, measured=True, at=made.places[place])
            yield head, [Cell(text=text) for text in texts]


def _ratio_value(made: Sheet, row: int, reference: Reference | None, speed: Speed) -> str | None:
    """Numerator over denominator as the table writes it, or None where it must not be computed."""
    if reference is None or reference.ratio is None:
        return None
    over, under = (_throughputs(made, chip, speed) for chip in reference.ratio)
    if reference.best:
        # The best of six batch sizes over the best of one would say nothing about the chips.
        if not over or set(over) != set(under):
            return None
        return _written(max(over.values()) / max(under.values()), reference)
    if row not in over or not under.get(row):
        return None
    return _written(over[row] / under[row], reference)


def _notes(made: Sheet, heads: Sequence[Head]) -> Iterator[str]:
    if any(head.apart for head in heads):
        yield STAND_IN_NOTE
    measured = [reference for row in made.references for reference in row if reference is not None]
    if heads and any(
        reference.rounding is Rounding.TRUNCATED and reference.role is not Role.BASELINE
        for reference in measured
    ):
        yield CUT_OFF_NOTE
    if heads and any(reference.best for reference in measured):
        yield BEST_NOTE
