"""A bisection as a drawing, a page of Markdown and a record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.charts import INK, SERIES, SOFT, draw, in_a_file

Record = Mapping[str, Any]

DRAWING, PAGE, RECORD = "bisection.svg", "bisection.md", "bisection.json"
LOWEST = 1e-9  # what is less is drawn as that much: a logarithm has no 0
_WIDTH, _HEIGHT = 640, 230


def write(record: Record, folder: Path) -> None:
    """The drawing, the page and the record into `folder`, which is made. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DRAWING).write_text(drawing(record), encoding="utf-8")
    (folder / PAGE).write_text(page(record), encoding="utf-8")
    text = json.dumps(record, ensure_ascii=False, indent=1)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")


def drawing(record: Record) -> str:
    """The relative error of every value in the order of the network, as SVG: there, made there, and bound."""
    import altair as alt

    labels = {
        "error": "error in the artifact",
        "made_here": "made by this operator alone",
        "bound": "its bound",
    }
    values = [value for value in record["values"] if value["part"] != "mask"]
    rows = [
        {"at": at, "error": max(value[key], LOWEST), "of": label}
        for at, value in enumerate(values)
        for key, label in labels.items()
        if value[key] is not None
    ]
    decades = [10.0**power for power in range(-9, 3)]
    base = _over(rows).encode(
        x=alt.X(
            "at:Q", title="values, in the order of the network", scale=alt.Scale(nice=False),
            axis=alt.Axis(labels=False, ticks=False, grid=False),
        ),
        y=alt.Y(
            "error:Q", title="relative error", scale=alt.Scale(type="log"),
            axis=alt.Axis(format=".0e", values=decades),
        ),
        color=alt.Color(
            "of:N", scale=alt.Scale(domain=list(labels.values()), range=[INK, SERIES[0], SERIES[1]])
        ),
    )  # fmt: skip
    starts = _starts(values)
    marks = _over(starts).encode(x="at:Q").mark_rule(color=SOFT, strokeDash=[2, 3], strokeWidth=0.7)
    names = _over(starts[1:]).encode(x="at:Q")  # the embeddings are too few for their name
    names = names.mark_text(align="left", dx=3, color=SOFT, fontSize=11).encode(
        y=alt.value(-7), text="name:N"
    )
    chart = base.mark_line(strokeWidth=1.3) + marks + names
    outside = [
        {"at": at, "error": max(value["made_here"] or 1.0, LOWEST)}
        for at, value in enumerate(values)
        if value["outside"]
    ]
    if outside:
        points = _over(outside).mark_point(filled=True, size=55, opacity=1, color=SERIES[4])
        chart += points.encode(x="at:Q", y="error:Q")
    return in_a_file(draw(chart.properties(width=_WIDTH, height=_HEIGHT)))


def _over(rows: list[dict[str, Any]]) -> Any:
    import altair

    return altair.Chart(altair.Data(values=rows))  # type: ignore[no-untyped-call]


def _starts(values: list[Record]) -> list[dict[str, Any]]:
    """Where each layer begins, and what comes before and behind them."""
    starts: list[dict[str, Any]] = []
    for at, value in enumerate(values):
        name = value["stretch"]
        if name not in [item["name"] for item in starts]:
            starts.append({"at": at, "name": name})
    return starts


def page(record: Record) -> str:
    """The verdict, the drawing and the table by layer, as Markdown."""
    lines = [
        f"# {record['case']}, bisected",
        "",
        record["verdict"],
        "",
        f"![Relative error by value]({DRAWING})",
        "",
        "| layer | error entering | leaving | growth | most made by | made there | bound | times |",
        "|---|--:|--:|--:|---|--:|--:|--:|",
    ]
    for item in record["layers"]:
        worst = item["worst"]
        cells = [
            item["name"], *(_shown(item[key]) for key in ("entering", "leaving", "growth")), worst["part"],
            *(_shown(worst[key]) for key in ("made_here", "bound", "times_the_bound")),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _shown(number: float | None) -> str:
    return "-" if number is None else f"{number:.2g}"
