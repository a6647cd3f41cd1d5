"""Charts as SVG, drawn by Vega-Lite without a browser: no script in them, text that stays text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

from reports.drawing import DRAWER
from reports.language import Both, say

if TYPE_CHECKING:
    import altair

WIDTH = 246  # of a plot: with its axis it fits a phone
_ROWS = "rows"
_SVG = "http://www.w3.org/2000/svg"

# What Vega is told, and what the page has: its own colours in either theme.
INK, SOFT, LINE = "#010101", "#020202", "#030303"
_COLOURS = {INK: "var(--ink)", SOFT: "var(--soft)", LINE: "var(--line)"}
_ARCS = re.compile(r"M(?P<r>[\d.]+),0A(?P=r),(?P=r),0,1,1,-(?P=r),0A")
_PLACE = re.compile(r"translate\((?P<x>[-\d.]+),(?P<y>[-\d.]+)\)")
SERIES = ("#2f7ed8", "#d9772b", "#2c9a6b", "#a45cc7", "#c94a63", "#8a8f3a", "#4a9fb5")  # legible on both

# What a drawing in a file of its own has for the colours of a page; its words are English.
_STYLE = (
    "<style>svg{font-family:sans-serif;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4}.zh{display:none}"
    "@media(prefers-color-scheme:dark){svg{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d}}</style>"
)

_ELEMENTS = frozenset({"svg", "g", "path", "rect", "line", "text", "tspan", "circle"})
_ATTRIBUTES = frozenset(
    {
        "cx", "cy", "d", "dominant-baseline", "fill", "fill-opacity", "font-size", "font-style",
        "font-weight", "height", "opacity", "r", "stroke", "stroke-dasharray", "stroke-dashoffset",
        "stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width", "text-anchor",
        "transform", "width", "x", "x1", "x2", "y", "y1", "y2",
    }
)  # fmt: skip
_CONFIG: Mapping[str, Any] = {
    "background": None,
    "padding": {"left": 26, "top": 5, "right": 12, "bottom": 5},  # the reader's font may be wider than Vega's
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT, "titleColor": SOFT, "titleFontWeight": "normal", "gridColor": LINE,
        "domainColor": SOFT, "tickColor": SOFT, "labelFontSize": 11, "titleFontSize": 12, "labelLimit": 170,
        "labelOverlap": "greedy", "labelSeparation": 5,
    },
    "legend": {
        "labelColor": INK, "titleColor": SOFT, "orient": "bottom", "direction": "vertical", "title": None,
        "labelFontSize": 11, "labelLimit": 300, "symbolStrokeWidth": 2, "columns": 2,
    },
    "header": {"labelColor": INK, "titleColor": SOFT, "labelFontSize": 11, "labelFontWeight": "bold"},
    "range": {"category": list(SERIES)},
}  # fmt: skip

_BESIDE = ThreadPoolExecutor(max_workers=1)  # who draws is a process, asked for one chart after another


def rows_by_name() -> altair.NamedData:
    """The data of a chart that is drawn with rows: altair copies a chart, with its data, at every step."""
    import altair

    return altair.NamedData(name=_ROWS)


def draw(chart: altair.TopLevelMixin, rows: Sequence[Mapping[str, Any]] = ()) -> Markup:
    """A chart as an ``<svg>`` for the page: colours by its variables, our words in both languages.

    `rows` are those of `rows_by_name`, where the chart has its data so.
    """
    return begin(chart, rows).result()


def begin(chart: altair.TopLevelMixin, rows: Sequence[Mapping[str, Any]] = ()) -> Future[Markup]:
    """As `draw`, without waiting for it: one chart is drawn while the next is made."""
    spec = chart.to_dict(validate=False)  # a fifth of the time; Vega-Lite says what it cannot draw
    if rows:
        spec["datasets"] = {_ROWS: list(rows)}
    spec["config"] = dict(_CONFIG)
    return _BESIDE.submit(_drawn, json.dumps(spec, ensure_ascii=False, sort_keys=True))


def in_a_file(drawn: Markup) -> str:
    """What `draw` made as a file of its own, in light and dark colours by what its reader prefers."""
    text = str(drawn).replace("<svg ", f'<svg xmlns="{_SVG}" ', 1)
    return text.replace(">", f">{_STYLE}", 1)


@lru_cache(maxsize=256)
def _drawn(spec: str) -> Markup:
    root = ElementTree.fromstring(DRAWER.svg(spec))  # noqa: S314 - Vega's own output
    _clean(root)
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "width": root.attrib["width"],
        "height": root.attrib["height"],
    }
    root.set("aria-hidden", "true")  # the figure's label and the tables say it
    ElementTree.register_namespace("", _SVG)
    text = ElementTree.tostring(root, encoding="unicode").replace(f' xmlns="{_SVG}"', "")
    return Markup(re.sub(r"(\d+\.\d{2})\d+", r"\1", text))  # noqa: S704 - serialised above, nothing else in it


def _clean(element: ElementTree.Element) -> None:
    """Keep what draws and what is read; leave out what is for scripts, and groups with nothing in them."""
    for child in list(element):
        name = child.tag.removeprefix(f"{{{_SVG}}}")
        if name not in _ELEMENTS or child.get("display") == "none":
            element.remove(child)
            continue
        _clean(child)
        child.attrib = {
            key: _COLOURS.get(value, value)
            for key, value in child.attrib.items()
            if key in _ATTRIBUTES and (key, value) != ("opacity", "1")
        }
        if name == "text":
            _in_both(child)
        if "stroke" not in child.attrib:
            child.attrib.pop("stroke-width", None)
        _round(child)
        unseen = name == "path" and not child.attrib.keys() & {"fill", "stroke"}  # a background
        if child.attrib.get("stroke-width") == "1":
            del child.attrib["stroke-width"]
        if unseen or (not len(child) and not child.text and name in ("g", "text")):
            element.remove(child)


def _round(path: ElementTree.Element) -> None:
    """A point, which Vega draws as two arcs, as a circle: a third of the text."""
    arcs, place = _ARCS.match(path.get("d", "")), _PLACE.fullmatch(path.get("transform", ""))
    if arcs and place:
        del path.attrib["d"], path.attrib["transform"]
        path.tag = f"{{{_SVG}}}circle"
        path.attrib |= {"cx": place["x"], "cy": place["y"], "r": arcs["r"]}


def _in_both(text: ElementTree.Element) -> None:
    """A text of ours gets its Chinese beside it; the page shows one of the two."""
    said: Both = say(text.text or "")
    if said.zh == str(said):
        return
    text.text = None
    for language, words in (("en", str.__str__(said)), ("zh", said.zh)):
        part = ElementTree.SubElement(text, f"{{{_SVG}}}tspan", {"class": language})
        part.text = words
