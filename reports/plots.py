"""What the charts show: records of results and references to Vega-Lite, one function a kind of chart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.measurements import Basis, Origin
from harness.domain.metrics import Metric, Unit
from harness.domain.models import Model
from harness.domain.precisions import Precision
from harness.domain.references import Reference, Role
from harness.domain.series import Series
from harness.tables.references import as_run
from harness.verdicts.stats import percentile
from reports.charts import INK, SERIES, SOFT, WIDTH, begin, rows_by_name
from reports.counted import counted
from reports.language import in_language, joined, say
from reports.likeness import label
from reports.outcomes import Outcome
from reports.peaks import Share, shares
from reports.view import Chart, Gallery

if TYPE_CHECKING:
    from concurrent.futures import Future

    from markupsafe import Markup

    from harness.store.reading import Point

Rows = list[dict[str, Any]]
Drawing = tuple[str, "Future[Markup]"]  # its title, and what it will be
FEWEST_CALLS = 20  # fewer have no distribution
MOST_HISTORIES = 12  # of one model; every case tells its own in words
HISTORIES_IN_ONE = 6


def galleries(
    catalog: Catalog, found: Sequence[Outcome], history: Sequence[Point] = ()
) -> tuple[Gallery, ...]:
    """Every kind of chart that these results have something for; models in the order of the tables."""
    own: dict[str, list[Outcome]] = {}
    for outcome in found:
        if outcome.parts is not None:
            own.setdefault(outcome.parts.model.name, []).append(outcome)
    models = [model for model in catalog.models.values() if model.name in own]
    share = shares(catalog, found)
    made = (
        (
            Gallery(
                title=say("Throughput against batch size"), place="throughput",
                explanation=say(
                    "Hollow: documented. Filled: measured. Stand-ins and simulated tools stand apart: their "
                    "speed is not the chip's."
                ),
            ),
            [drawing for model in models for drawing in _throughput(catalog, model, own[model.name])],
        ),
        (
            Gallery(
                title=say("Accuracy against its reference"), place="accuracy",
                explanation=_marked(
                    found,
                    "Point and line: measured, with its 95 % interval (an F1 has none). Bar: what passes. "
                    "Its mark: the documented value, or the checkpoint's own fp32 score."
                ),
            ),
            [drawing for model in models for drawing in _accuracy(model, own[model.name])],
        ),
        (
            Gallery(
                title=say("Latency"), place="latency",
                explanation=_marked(
                    found,
                    "Line: from the fastest call to the 98th percentile. Bar: the middle half. Mark: median.",
                ),
            ),
            [drawing for model in models for drawing in _latency(model, own[model.name])],
        ),
        (
            Gallery(
                title=say("Share of the chip's peak"), place="peak",
                explanation=say(
                    "Floating-point operations of the architecture × throughput / the peak of one chip at "
                    "that precision."
                ),
                sources=tuple(dict.fromkeys((item.peak, item.source) for item in share)),
            ),
            [drawing for model in models for drawing in _share(model, share)],
        ),
        (
            Gallery(
                title=say("History"), place="history",
                explanation=say(
                    "Each case over its runs, oldest first; dashed: what it is held against; red: fell "
                    "short. Only what was measured more than once."
                ),
            ),
            [drawing for model in models for drawing in _history(model, history)],
        ),
    )  # fmt: skip
    return tuple(
        replace(gallery, charts=tuple(Chart(title=title, svg=svg.result()) for title, svg in drawings))
        for gallery, drawings in made
        if drawings
    )


def _marked(found: Sequence[Outcome], text: str) -> str:
    """An explanation, with that of the dagger where a row bears it."""
    stands_in = any(item.measurement.origin is Origin.STAND_IN for item in found)
    return joined(" ", [say(text), say("† on a stand-in.")]) if stands_in else say(text)


def _sized(chart: Any, height: int) -> Any:
    return chart.properties(width=WIDTH, height=height)


def _english(text: str) -> str:
    """What Vega is given; the page puts the Chinese beside it."""
    return in_language(text, "en")


def _throughput(catalog: Catalog, model: Model, found: Iterable[Outcome]) -> Iterator[Drawing]:
    """Two charts: what the document and the chips themselves say; what was measured elsewhere."""
    rows, apart = speed_rows(catalog, model, found)
    if rows:
        yield model.title, begin(_sized(_speeds(rows), 190), rows)
    if apart:
        title = say("{model}, stand-ins only: not the chips", model=model.title)
        yield title, begin(_sized(_speeds(apart), 190), apart)


def speed_rows(catalog: Catalog, model: Model, found: Iterable[Outcome]) -> tuple[Rows, Rows]:
    """The points of throughputs, as the model's document counts them; those of stand-ins apart."""
    rows: Rows = [
        {"batch": item.batch_size, "speed": item.value, "of": "documented",
         "chip": _line_of(chip, item.precision)}
        for item in catalog.references
        if _is_speed(item, model) and (chip := catalog.chips.get(item.chip or "")) is not None
    ]  # fmt: skip
    apart: Rows = []
    for outcome in found:
        if outcome.measurement.kind is not Kind.THROUGHPUT or outcome.value is None or outcome.parts is None:
            continue
        if outcome.in_scenario or (outcome.measurement.origin is Origin.IMPORTED and not outcome.comparable):
            continue  # of other inputs or another card: no point of this chart
        held = counted(outcome, catalog.documents.get(model.document))
        if held is None or held.why_not:
            continue  # of one device beside a card's line, or of several beside a device's
        (apart if outcome.measurement.origin.stands_in else rows).append(
            {
                "batch": outcome.parts.batch_size, "speed": held.samples_per_s,
                "chip": _line_of(outcome.parts.chip, outcome.parts.precision), "of": "measured",
            }
        )  # fmt: skip
    return rows, apart


def _line_of(chip: Chip, precision: Precision | None) -> str:
    """A chip, with the precision where it has several."""
    if len(chip.precisions) == 1:
        return chip.title
    return f"{chip.title}, {precision or chip.default_precision}"


def _is_speed(item: Reference, model: Model) -> bool:
    return (
        item.model == model.name and item.metric is Metric.THROUGHPUT and item.role is Role.MEASURED
        and not item.best and item.value is not None and item.batch_size is not None and as_run(item, model)
    )  # fmt: skip


def _speeds(rows: Rows) -> Any:
    import altair as alt

    sizes = sorted({row["batch"] for row in rows})
    base = alt.Chart(rows_by_name()).encode(
        x=alt.X("batch:O", sort=sizes, title="batch size", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("speed:Q", title="samples/s"),
        color=alt.Color("chip:N"),
    )
    documented = base.transform_filter("datum.of == 'documented'")
    lines = documented.mark_line(strokeDash=[4, 3], strokeWidth=1.2)
    hollow = documented.mark_point(filled=False, size=45)
    filled = base.transform_filter("datum.of == 'measured'").mark_point(filled=True, size=75, opacity=1)
    return lines + hollow + filled


def _accuracy(model: Model, found: Iterable[Outcome]) -> Iterator[Drawing]:
    import altair as alt

    rows: Rows = []
    for outcome in found:
        verdict, metric = outcome.verdict, outcome.metric
        if outcome.measurement.kind is not Kind.ACCURACY or outcome.value is None or metric is None:
            continue
        row = {"case": _label(outcome, model), "value": outcome.value * 100}
        if interval := outcome.measurement.intervals.get(metric):
            row |= {"low": interval.low * 100, "high": interval.high * 100}
        if verdict is not None and verdict.expected is not None and verdict.unit is Unit.PERCENT:
            allowed = verdict.tolerance or 0.0
            above = 0.0 if verdict.basis is Basis.DROP else allowed
            row |= {"expected": verdict.expected, "from": verdict.expected - allowed}
            row |= {"to": verdict.expected + above}
        rows.append(row)
    if not rows:
        return
    base = alt.Chart(rows_by_name()).encode(y=alt.Y("case:N", sort=None, title=None))
    scale = alt.Scale(zero=False, nice=True)
    band = base.mark_bar(height=11, opacity=0.3, color=SERIES[2]).encode(
        x=alt.X("from:Q", scale=scale, title="%"), x2="to:Q"
    )
    mark = base.mark_tick(thickness=2, height=15, color=SERIES[2]).encode(x=alt.X("expected:Q", title="%"))
    line = base.mark_rule(strokeWidth=1.5, color=INK).encode(x=alt.X("low:Q", title="%"), x2="high:Q")
    point = base.mark_point(filled=True, size=50, color=INK, opacity=1).encode(x=alt.X("value:Q", title="%"))
    names = {row["case"] for row in rows}
    yield model.title, begin(_sized(band + line + mark + point, 22 * len(names) + 8), rows)


def _label(outcome: Outcome, model: Model) -> str:
    """A row of a chart: the case without its model, which the title says, and what is unlike others."""
    short = outcome.measurement.case.removeprefix(f"{model.name}-")
    return f"{short} {_english(label(outcome.likeness)).replace('stand-in, ', '† ')}"


def _latency(model: Model, found: Iterable[Outcome]) -> Iterator[Drawing]:
    import altair as alt

    rows: Rows = []
    for outcome in found:
        calls = outcome.measurement.raw.get("latencies_ns", ())
        if outcome.measurement.kind is not Kind.THROUGHPUT or len(calls) < FEWEST_CALLS:
            continue
        ordered = sorted(calls)
        at = {f"p{rank}": percentile(ordered, rank) / 1e6 for rank in (0, 25, 50, 75, 98)}
        rows.append({"case": _label(outcome, model), **at})
    if not rows:
        return
    base = alt.Chart(rows_by_name()).encode(y=alt.Y("case:N", sort=None, title=None))
    scale = alt.Scale(type="log", nice=True)
    whole = base.mark_rule(strokeWidth=1.5, color=SOFT).encode(
        x=alt.X("p0:Q", scale=scale, title="ms a call (one batch)"), x2="p98:Q"
    )
    middle = base.mark_bar(height=10, color=SERIES[0], opacity=0.75).encode(x=alt.X("p25:Q"), x2="p75:Q")
    median = base.mark_tick(thickness=2, height=15, color=INK).encode(x="p50:Q")
    yield model.title, begin(_sized(whole + middle + median, 22 * len(rows) + 8), rows)


def _share(model: Model, found: Sequence[Share]) -> Iterator[Drawing]:
    import altair as alt

    rows = [
        {"case": item.case.removeprefix(f"{model.name}-"), "share": item.share * 100, "of": item.of}
        for item in found
        if item.model == model.name
    ]
    if not rows:
        return
    cases, both = list(dict.fromkeys(row["case"] for row in rows)), ["documented", "measured"]
    chart = (
        alt.Chart(rows_by_name())
        .mark_point(filled=True, size=60, opacity=0.9)
        .encode(
            y=alt.Y("case:N", sort=None, title=None),
            x=alt.X("share:Q", title="% of peak", scale=alt.Scale(zero=True)),
            color=alt.Color("of:N", scale=alt.Scale(domain=both, range=list(SERIES[:2]))),
        )
    )
    yield model.title, begin(_sized(chart, 16 * len(cases) + 8), rows)


def _history(model: Model, history: Sequence[Point]) -> Iterator[Drawing]:
    """The cases and series of a model that were measured more than once, some in each drawing."""
    past: dict[Series, list[Point]] = {}
    for point in history:
        if point.value is not None and point.series.case.startswith(f"{model.name}-"):
            past.setdefault(point.series, []).append(point)
    repeated = [(key, points) for key, points in past.items() if len(points) > 1]
    repeated.sort(key=lambda item: not any(point.bad for point in item[1]))  # stable: else in their order
    repeated = repeated[:MOST_HISTORIES]
    for at in range(0, len(repeated), HISTORIES_IN_ONE):
        some = repeated[at : at + HISTORIES_IN_ONE]
        yield model.title, _over_runs(model, some)


def _how(series: Series) -> str:
    """What a series was measured with, for a chart: English, like all of its text."""
    first = "" if series.limit is None else f"{series.limit} samples only"
    how = (series.origin, series.weights, series.data, series.protocol, first, series.check)
    return ", ".join(str(part) for part in how if part)


def _over_runs(model: Model, some: Sequence[tuple[Series, Sequence[Point]]]) -> Future[Markup]:
    import altair as alt

    rows: Rows = []
    for series, points in some:
        speed = series.kind is Kind.THROUGHPUT
        scale, unit = (1, "samples/s") if speed else (100, "%")
        name = f"{series.case.removeprefix(f'{model.name}-')} {series.kind}, {unit} ({_how(series)})"
        rows += [
            {
                "case": name, "run": number, "value": (item.value or 0.0) * scale,
                "bad": item.bad, "expected": item.expected,
                "last": number == len(points),
            }
            for number, item in enumerate(points, 1)
        ]  # fmt: skip
    x = alt.X("run:Q", title="run", axis=alt.Axis(tickMinStep=1, format="d", tickCount=5))
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=3))
    base = alt.Chart().encode(x=x)
    marks = base.transform_filter("datum.bad || datum.last")
    colour = alt.condition("datum.bad", alt.value(SERIES[4]), alt.value(SERIES[0]))
    drawn: Any = (
        base.mark_line(strokeDash=[4, 3], color=SERIES[2]).encode(y=alt.Y("expected:Q", title=None))
        + base.mark_line(strokeWidth=1.2, color=SERIES[0]).encode(y=y)
        + marks.mark_point(filled=True, size=26, opacity=1).encode(y=y, color=colour)
    )
    header = alt.Header(title=None, labelOrient="top", labelAnchor="start", labelAngle=0, labelLimit=300)
    chart = (
        alt.layer(*drawn.layer, data=rows_by_name())
        .properties(width=WIDTH, height=64)
        .facet(row=alt.Row("case:N", sort=None, header=header), spacing=8)
        .resolve_scale(y="independent")
    )
    return begin(chart, rows)
