"""Results in running text: what a clause says with one figure, its unit and one metric, as a table of its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.documents.readme import columns
from harness.documents.readme.blocks import GridRow, Line
from harness.documents.readme.cells import number
from harness.documents.readme.columns import Said
from harness.documents.readme.grids import complete
from harness.documents.readme.groups import filled
from harness.documents.readme.keys import of_key
from harness.documents.readme.pairs import FIGURE, Pair, pairs, unit_end
from harness.documents.readme.reading import Context, Note, ReadTable, Value
from harness.domain.metrics import Metric
from harness.domain.references import PRINTED, Role
from harness.domain.words import WordKind

# What a reader does not see, or sees as no sentence: tags, addresses, code.
_UNSEEN = re.compile(r"<[^<>]*>|https?://[^\s)）>]*|\]\([^()\s]*\)|`[^`]*`")
_CLAUSE = re.compile(r"[^，。；！？;]+")
_SENTENCE = re.compile(r"[^。！？]+")
_NUMBER = re.compile(rf"(?<![\w.:/%-])(?:{PRINTED})(?!\d|\.\d)", re.ASCII)
_BULLET = re.compile(r"[\s\-*+•>#]*(?:\d+[.、)）]\s*)?")
# A clause with one of these holds a figure against another one, or says a bound: no value of its own.
_HELD_AGAINST = re.compile(
    r"低于|小于|不超过|不足|以内|以上|以下|超过|大于|高于|高出|低了|下降|下降|减少|提升|提高|相差|误差|损失|倍|百分点|左右|约|"
    r"\b(?:within|below|less|more|than|over|under|drop|loss|improve\w*|faster|slower|about|around|up to|at least)\b",
    re.IGNORECASE,
)
_BATCH = re.compile(r"(?:batch[ _]?size|batch|bs)\s*(?:设置?为|取|为|是|=|:|：)?\s*(\d{1,6})(?!\d|\.\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One figure of a line with what is said of it."""

    pair: Pair
    said: Said


def read_prose(context: Context) -> list[ReadTable]:
    """The results in running text, a table a line; those that are not clear are noted."""
    tables = list[ReadTable]()
    for line in context.readme.prose:
        if "<table" in line.text.lower() or "<tr" in line.text.lower():
            why = "a table in HTML; write it in markdown"
            context.notes.append(Note(line=line.number, what=line.text.strip()[:60], why=why))
            continue
        if not any(map(str.isdigit, line.text)):
            continue
        seen = replace(line, text=_UNSEEN.sub(lambda match: " " * len(match[0]), line.text))
        claims = list(_claims(context, seen))
        table = _table(context, line, claims) if claims else None
        if table is not None:
            tables.append(table)
        if len(claims) < sum(_is_result(context, clause) for clause in _clauses(seen.text)):
            why = "a result in running text, and not one figure with a unit and a metric; write it in a table"
            context.notes.append(Note(line=line.number, what=line.text.strip()[:60], why=why))
    return tables


def _clauses(text: str) -> Iterator[str]:
    return (match[0] for match in _CLAUSE.finditer(text))


def _is_result(context: Context, clause: str) -> bool:
    """Whether a clause names a metric beside a figure."""
    figures = [
        match
        for match in _NUMBER.finditer(clause)
        if "." in match[0] or unit_end(clause, match.end(), context.words) > match.end()
    ]
    return bool(figures) and context.words.has(clause, WordKind.METRIC)


def _claims(context: Context, line: Line) -> Iterator[_Claim]:
    """The clear figures of a line, clause by clause."""
    for sentence in _SENTENCE.finditer(line.text):
        about = _about(context, line, sentence[0])
        if about is None:
            continue
        before: Said = {}
        for clause in _CLAUSE.finditer(sentence[0]):
            start = sentence.start() + clause.start()
            if _HELD_AGAINST.search(clause[0]) or context.words.has(clause[0], WordKind.DIFFERENCE):
                continue
            found = list(_of_clause(context, replace(line, text=clause[0])))
            own = _common(context, clause[0])
            role = {key: own[key] for key in ("role",) if key in own}
            before = role or before if not own.get("chip") else role
            for pair, said in found:
                yield _Claim(pair=_moved(pair, start), said={**about, **before, **own, **said})


def _of_clause(context: Context, line: Line) -> Iterator[tuple[Pair, Said]]:
    """The figures of a clause: those behind the name of a metric, else the only one that has a unit."""
    keyed = [(pair, of_key(context, pair)) for pair in pairs(line, context.words) if not pair.bare]
    named = [(pair, said) for pair, said in keyed if said.get("metric") and pair.is_figure and not pair.listed]
    if named and len({pair.key for pair, _ in named}) == len(named):
        yield from named
        return
    figures = [match for match in _NUMBER.finditer(line.text) if not _is_batch(line.text, match)]
    if named or len(figures) != 1:
        return
    [figure] = figures
    stop = unit_end(line.text, figure.end(), context.words)
    said = columns.of_header(context, line.text[: figure.start()])
    metrics = context.words.values(line.text, WordKind.METRIC)
    if stop == figure.end() or len(metrics) > 1 or re.match(r"\w", line.text[stop:]):
        return
    text = line.text[figure.start() : stop]
    found = number(text)
    around = {} if found is None else columns.of_cell(context, found)
    metric = said.get("metric") or around.get("metric")
    if metric is None or (metric == Metric.THROUGHPUT) != (around.get("metric") == Metric.THROUGHPUT):
        return
    key = _key(context, line.text, figure.start()) or text
    pair = Pair(
        line=line.number, key=key, text=text, named=(figure.start(), figure.start()), placed=(figure.start(), stop)
    )
    yield pair, {"metric": metric}


def _key(context: Context, text: str, end: int) -> str:
    """The last word of a metric before a figure."""
    hits = context.words.hits(text[:end], WordKind.METRIC)
    return text[hits[-1].start : hits[-1].end] if hits else ""


def _is_batch(text: str, figure: re.Match[str]) -> bool:
    return any(match.start(1) == figure.start() for match in _BATCH.finditer(text))


def _common(context: Context, text: str) -> Said:
    """The chip, the precision and the baseline that a clause names."""
    row = GridRow(line=0, cells=(text,))
    said = columns.of_row(context, ("name",), (True,), row)
    return {key: said[key] for key in ("chip", "precision", "role") if key in said}


def _about(context: Context, line: Line, sentence: str) -> Said | None:
    """What a sentence says of its figures; None of one that is about no measurement of this document's."""
    said: Said = {}
    chips = context.words.values(sentence, WordKind.CHIP)
    if len(chips) == 1:
        said["chip"] = chips[0]
    sizes = {match[1] for match in _BATCH.finditer(sentence)}
    if len(sizes) == 1:
        said["batch_size"] = int(sizes.pop())
    if said or context.words.has(sentence, WordKind.BASELINE):
        return said
    headings = [context.readme.heading_of(line.number), context.readme.under(line.number)]
    titles = " ".join(heading.text for heading in headings if heading is not None)
    return said if context.words.has(titles, WordKind.METRIC) else None


def _moved(pair: Pair, by: int) -> Pair:
    named, placed = pair.named, pair.placed
    return replace(
        pair, named=(named[0] + by, named[1] + by), placed=(placed[0] + by, placed[1] + by)
    )


def _table(context: Context, line: Line, claims: Sequence[_Claim]) -> ReadTable | None:
    """The claims of a line as one row under their keys; None where the catalog's words do not make it whole."""
    keys = [claim.pair.key for claim in claims]
    if len(set(keys)) != len(keys):
        return None
    label, place = _label(line.text, claims[0].pair)
    values = [
        value
        for column, claim in enumerate(claims, start=1)
        if (value := _value(context, line, label, column, claim)) is not None
    ]
    if len(values) != len(claims):
        return None
    heading = context.readme.heading_of(line.number)
    places = sorted([(place, 0), *((claim.pair.placed, at) for at, claim in enumerate(claims, start=1))])
    return ReadTable(
        line=line.number, name=label if heading is None else heading.text, headers=("text", *keys),
        labels=(True, *(False for _ in keys)), rows=((label, *(claim.pair.text for claim in claims)),),
        values=tuple(values), block=filled(line.text, places),
    )  # fmt: skip


def _label(text: str, first: Pair) -> tuple[str, tuple[int, int]]:
    """What a line's row is called, and where that stands: its words up to the first figure, or their end."""
    bullet = _BULLET.match(text)
    start = bullet.end() if bullet else 0
    end = first.named[0]
    clauses = [match.start() for match in _CLAUSE.finditer(text, start, end)]
    if end - start > 60 and clauses:
        start = clauses[-1]
    words = text[start:end].strip(" *{[（(：:=")
    if not words:
        start, end = first.named if first.named[0] < first.named[1] else first.placed
        words = text[start:end]
    at = text.index(words, start)
    return words, (at, at + len(words))


def _value(context: Context, line: Line, label: str, column: int, claim: _Claim) -> Value | None:
    pair, what = claim.pair, f"{claim.pair.key!r} in running text"
    found = number(pair.text)
    around: Any = {} if found is None else columns.of_cell(context, found)
    row = GridRow(line=line.number, cells=(label,))
    merged = columns.merged(context, row, [claim.said, around], what)
    done = None if merged is None else complete(context, line.number, what, found, merged)
    if done is None:
        return None
    return Value(
        line=line.number, row=0, column=column, label=label, header=pair.key, text=pair.text,
        number=done[0], meaning=done[1],
    )  # fmt: skip
