"""Claims for other programs: one JSON document, or CSV by RFC 4180, both with the columns that stand here.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and what READMEs print
is nobody's to trust. Such a text gets an apostrophe before it, which spreadsheets read as "this is text"; a
number stays what it is, its minus included. JSON has every text as it was printed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from harness.documents.gathering import Gathered
from harness.domain.documented import OF_A_ROW, DocumentedClaim

_FORMULA = re.compile(r"[\s\x00-\x1f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*[=+\-@＝＋－＠\t\r]")
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII)


def _setting(name: str, claim: DocumentedClaim) -> Any:
    return claim.settings.get(name)


_COLUMNS: Mapping[str, Callable[[DocumentedClaim], Any]] = {
    "model": lambda claim: claim.model,
    "variant": lambda claim: claim.variant,
    "chip": lambda claim: claim.measured_on,
    "batch_size": lambda claim: claim.batch_size,
    "best": lambda claim: claim.best,
    "precision": lambda claim: claim.precision,
    "metric": lambda claim: claim.metric,
    "called": lambda claim: claim.called,
    "printed": lambda claim: claim.printed,
    "value": lambda claim: claim.value,
    "unit": lambda claim: claim.unit,
    "role": lambda claim: claim.role,
    **{name: partial(_setting, name) for name in OF_A_ROW},
    "document": lambda claim: claim.place.document,
    "file": lambda claim: claim.place.file,
    "line": lambda claim: claim.place.line,
    "table": lambda claim: claim.place.table,
    "row": lambda claim: claim.place.row,
    "column": lambda claim: claim.place.column,
    "runs": lambda claim: claim.runs,
    "lacks": lambda claim: "; ".join(f"{need.what}: {need.why}" for need in claim.lacks),
}


def as_csv(claims: Iterable[DocumentedClaim]) -> str:
    """The claims as CSV: a head and a line each; a text that would be a formula is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for claim in claims:
        writer.writerow(_cell(of(claim)) for of in _COLUMNS.values())
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value).replace("\x00", "\ufffd")
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def as_json(gathered: Gathered, claims: Iterable[DocumentedClaim]) -> dict[str, Any]:
    """The claims, and what was not read, as ``docs/claims.schema.json`` describes them."""
    return {
        "readmes": gathered.readmes,
        "claims": [_claim(claim) for claim in claims],
        "unread": [
            {"file": item.file, "line": item.line, "what": item.what, "why": item.why}
            for item in (*gathered.broken, *gathered.unread)
        ],
    }


def _claim(claim: DocumentedClaim) -> dict[str, Any]:
    place = claim.place
    return {
        "model": claim.model,
        "variant": claim.variant or None,
        "chip": claim.chip,
        "ratio": None if claim.ratio is None else list(claim.ratio),
        "batch_size": claim.batch_size,
        "best": claim.best,
        "precision": claim.precision,
        "metric": claim.metric,
        "called": claim.called or None,
        "printed": claim.printed,
        "cell": claim.cell,
        "value": claim.value,
        "unit": claim.unit,
        "role": claim.role,
        "settings": dict(claim.settings),
        "document": place.document,
        "file": place.file or None,
        "line": place.line,
        "table": place.table,
        "row": place.row,
        "column": place.column,
        "runs": claim.runs or None,
        "command": claim.command or None,
        "lacks": [{"what": need.what.value, "why": need.why} for need in claim.lacks],
    }


def _nullable(kind: str) -> dict[str, Any]:
    return {"type": [kind, "null"]}


def schema() -> dict[str, Any]:
    """The JSON Schema of `as_json`; ``docs/claims.schema.json`` is this."""
    from harness.domain.documented import Lack
    from harness.domain.metrics import Metric, Unit
    from harness.domain.precisions import Precision
    from harness.domain.references import Role

    text, whole = {"type": "string"}, {"type": "integer", "minimum": 1}
    need = _record({"what": {"enum": [str(item) for item in Lack]}, "why": text})
    note = _record({"file": text, "line": whole, "what": text, "why": text})
    settings = {
        "length": whole, "input": text, "shapes": {"enum": ["static", "dynamic"]},
        "aoe": {"type": "boolean"}, "streams": whole, "dataset": text,
    }  # fmt: skip
    claim = {
        "model": text,
        "variant": _nullable("string"),
        "chip": _nullable("string"),
        "ratio": {"type": ["array", "null"], "items": text, "minItems": 2, "maxItems": 2},
        "batch_size": _nullable("integer"),
        "best": {"type": "boolean"},
        "precision": {"enum": [*map(str, Precision), None]},
        "metric": {"enum": [str(item) for item in Metric]},
        "called": _nullable("string"),
        "printed": text,
        "cell": text,
        "value": {"type": "number"},
        "unit": {"enum": [str(item) for item in Unit]},
        "role": {"enum": [str(item) for item in Role]},
        "settings": {"type": "object", "properties": settings, "additionalProperties": False},
        "document": text,
        "file": _nullable("string"),
        "line": _nullable("integer"),
        "table": text,
        "row": text,
        "column": text,
        "runs": _nullable("string"),
        "command": _nullable("string"),
        "lacks": {"type": "array", "items": need},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "zoocheck claims --json",
        **_record(
            {
                "readmes": {"type": "integer", "minimum": 0},
                "claims": {"type": "array", "items": _record(claim)},
                "unread": {"type": "array", "items": note},
            }
        ),
    }


def _record(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
