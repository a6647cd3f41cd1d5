"""What the heads and labels of a result table mean, and from there each of its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.documents.readme.blocks import Grid, GridRow
from harness.documents.readme.cells import Item, Kind, Number, items
from harness.documents.readme.naming import (
    ANY_SCORE,
    BATCH,
    Said,
    fitting,
    in_a_name,
    metric_in,
    of_part,
    rest,
    with_unit,
)
from harness.documents.readme.reading import ANY_GPU, Context, Note
from harness.domain.metrics import Metric, Sort, Unit
from harness.domain.references import Role
from harness.domain.settings import Shapes
from harness.domain.words import WordKind

_NEAR = 2  # lines above a table that may say what it holds
_HIDDEN = ("generic", "any", "rests", "difference")  # of a meaning on its way, and of none that is done
_PER_TIME = re.compile(r"\s*(?:s|sec|second|min|minute|h|hour|秒|分钟)\b\s*[)）]?", re.IGNORECASE)
_LAST_WORD = re.compile(r"(?<!\w)\w+$")
_PER_SAMPLE = re.compile(r"(?:ms|毫秒)\s*/\s*[^\W\d_]+", re.IGNORECASE)
# Units of what no metric of ours is: memory, power, energy, sizes, frequencies.
_OTHER_UNIT = re.compile(
    r"[(（\[/]\s*(?:[KMGT]i?B|bytes|[mk]?W|[mk]?J|[KMGT]?(?:FLOPs?|MACs?|OPs?)|[KMGTB]|°C|℃|[KMG]?Hz)\s*[)）\]]?\s*$",
    re.IGNORECASE,
)
_OF_A_SPEED = (Unit.SAMPLES_PER_S, Unit.S, Unit.MS, Unit.US)
_SET_OFF = re.compile(r"(?:[(（\[][^()（）]*[)）\]]|[/,，]\s*\S+)\s*$")  # a unit behind a name
_SHORT_UNITS = ("s", "x", "×", "倍")  # that may be something else
_MULTIPLE = re.compile(r"(?P<many>[kKmM]|[十百千万亿]{1,2})\s*(?P<unit>.*)")
_AGAINST = re.compile(
    r"(?:(?<![a-z])(?:vs\.?|versus|over|relative to|compared (?:to|with))|相对于?|相比|对比)\s*$",
    re.IGNORECASE,
)
_STROKE = re.compile(r"[^/÷:]+[/÷:][^/÷:]+")


def of_header(context: Context, header: str) -> Said:
    """What a column's head says of its cells."""
    words, said = context.words, Said()
    ratio = ratio_of(context, header)
    if ratio is not None:
        return ratio
    if words.is_whole(header, WordKind.OTHER) is not None:
        return {"other": True}
    if words.has(header, WordKind.FOREIGN):
        return {"foreign": header}
    if words.has(header, WordKind.DIFFERENCE):
        found = metric_in(words, words.without(header, WordKind.DIFFERENCE))
        unit = unit_in(context, header)
        return {"difference": True, "role": Role.FACT, **found, **({} if unit is None else {"unit": unit})}
    fact = words.is_whole(header, WordKind.FACT) or next(iter(words.values(header, WordKind.FACT)), None)
    said |= _in_full(context, header, metric_in(words, header))
    if fact is not None and (words.is_whole(header, WordKind.FACT) or "metric" not in said):
        said.pop("called", None)
        if fact == Unit.NUMBER:
            said = {"metric": Metric.OTHER, "called": header}
        return {**said, "role": Role.FACT, "unit": Unit(fact)}
    said = {**of_text(context, header), **said}
    unit = unit_in(context, header)
    if unit is not None and "unit" not in said:
        said = with_unit(said | _per_sample(unit, header), unit)
    if "metric" not in said and (_is_rate(header) or _OTHER_UNIT.search(header)):
        said |= {"metric": Metric.OTHER, "called": header.strip()}
    elif "metric" not in said and re.search("[↑↓]", header):
        said |= {"metric": Metric.OTHER, "called": rest(words, header) or header}
    return said


def _in_full(context: Context, header: str, said: Said) -> Said:
    """A score called 精度 and a word, as the metric whose name the document begins with that word.

    "精度(character)" is the "character error rate" where that stands in it, and in no other way goes on.
    """
    words, text = context.words, context.readme.text
    marks = [header[hit.start : hit.end] for hit in words.hits(header, WordKind.METRIC)]
    if said.get("metric") != Metric.OTHER or not marks or not set(marks) <= set(ANY_SCORE):
        return said
    first = f"{said['called']} ".casefold()
    hits = words.hits(text, WordKind.METRIC)
    found = {hit.value for hit in hits if text[hit.start : hit.end].casefold().startswith(first)}
    return {"metric": Metric(found.pop())} if len(found) == 1 else said


def _is_rate(text: str) -> bool:
    """Whether a text is of so many of something in a time: ``tokens/s``."""
    what, _, time = text.partition("/")
    word = _LAST_WORD.search(what.rstrip()) if _PER_TIME.fullmatch(time) else None
    return word is not None and re.search("[A-Za-z]", word[0]) is not None


def of_quantity(context: Context, text: str) -> Said:
    """What a name with a unit behind it is of, though no word knows the name: ``p50 (ms)``, ``power (W)``."""
    unit = unit_in(context, text)
    if unit in _OF_A_SPEED and _SET_OFF.search(text):
        return with_unit({}, unit)
    if _is_rate(text) or _OTHER_UNIT.search(text):
        return {"metric": Metric.OTHER, "called": text.strip()}
    return {}


def unit_in(context: Context, text: str) -> Unit | None:
    """The one unit that a head or a line names; "s" and "倍" only in brackets or behind a stroke.

    Behind a stroke it is the unit of a metric's word before it: "耗时/s" is in seconds, "tokens/s" a rate.
    """
    units = {
        hit.value
        for hit in context.words.hits(text, WordKind.UNIT)
        if text[hit.start : hit.end].lower() not in _SHORT_UNITS or _is_set_off(context, text[: hit.start])
    }
    return Unit(next(iter(units))) if len(units) == 1 else None


def _per_sample(unit: Unit, text: str) -> Said:
    """What a latency is called whose unit is a time per sample, which no call at a larger batch takes."""
    found = _PER_SAMPLE.search(text) if unit is Unit.MS else None
    return {"called": found[0]} if found else {}


def _is_set_off(context: Context, before: str) -> bool:
    """Whether what stands in front of a short unit sets it off."""
    stroke = re.search(r"/\s*$", before)
    if stroke is None:
        return re.search(r"[(（]\s*$", before) is not None
    return context.words.has(before, WordKind.METRIC) or context.words.has(before, WordKind.CHIP)


def above(context: Context, line: int) -> list[str]:
    """The lines right above a table or block that begins at `line`, the nearest first.

    Two, because a sentence that names a metric may go over two lines, and no farther: words for a speed stand
    in much that is not of the table. A caption's settings are in the nearest text alone, which may be farther
    away: `Readme.above`.
    """
    near = [item.text for item in context.readme.prose if 0 < line - item.number <= _NEAR]
    return near[::-1]


def grid_metric(context: Context, grid: Grid, labels: Sequence[bool], name: str) -> Said:
    """The metric for columns that tell none: of a head of labels, of the line right above, of the name."""
    pairs = enumerate(zip(grid.headers, labels, strict=True))
    heads = [head for at, (head, label) in pairs if label or not at]
    for text in (*heads, *above(context, grid.line), name):
        said = metric_in(context.words, text)
        if said and said["metric"] != Metric.OTHER and not context.words.has(text, WordKind.FOREIGN):
            for key in ("variant", "called"):  # words of a sentence are no name of a metric
                said.pop(key, None)
            unit = unit_in(context, text)
            return said if unit is None else with_unit(said, unit)
    return {}


def of_cell(context: Context, found: Number) -> Said:
    """What stands around a cell's digits, where they are the only ones in it."""
    first = next(iter(items(f"{found.before}{found.printed}{found.after}")), None)
    return {} if first is None else of_item(context, first, {})


def of_item(context: Context, item: Item, around: Mapping[str, Any], first: str = "") -> Said:
    """What the name and the unit of one number of a cell say, where `around` says what they stand in.

    `first` is the name of the cell's first number: what it says before a colon is said of all of them.
    """
    words, name = context.words, item.name
    if item.kind is not Kind.VALUE:
        count = item.kind is Kind.COUNT
        return {"role": Role.FACT, **({"unit": Unit.COUNT} if count else {})}
    said = _of_name(context, name, around, first) if name else Said()
    if item.input:
        said["input"] = item.input
    if item.unit:
        unit = words.is_whole(item.unit, WordKind.UNIT)
        bracketed = re.fullmatch(r"[(（]\s*([^\d()（）]+?)\s*[)）]", item.unit)
        if unit is not None:
            said = {**said, "cell_unit": Unit(unit)} | _per_sample(Unit(unit), item.unit)
        elif bracketed and not name:
            said |= _of_name(context, bracketed[1], around, first)
        else:
            said["strange"] = item.unit
    return said


def _of_name(context: Context, name: str, around: Mapping[str, Any], first: str) -> Said:
    words = context.words
    if words.has(name, WordKind.FOREIGN):
        return {"foreign": name}
    said = of_text(context, name)
    said.pop("role", None)
    found = metric_in(words, name)
    shared, colon, _ = first.partition(":") if ":" in first else first.partition("：")
    if not found and colon and name != first and (of_first := metric_in(words, shared)):
        beside = f"{shared.strip()}: {name}"
        found = {**of_first, "called": beside, "generic": False}
    beside = rest(words, name, WordKind.METRIC)
    if found:
        if found.get("generic") and not beside:
            found["name_generic"] = True
        return {**said, **found}
    if not beside:
        return said
    metric = around.get("metric")
    if metric is None or metric == Metric.ACCURACY:
        part = of_part(words, beside, any_score=bool(around.get("any"))) if metric else {}
        return {**said, **(part or {"metric": Metric.OTHER, "called": beside, "unknown": name})}
    return {**said, "variant": beside, "unknown": name}


def batch_in(text: str) -> int | None:
    """The batch size in a label such as ``TinyBERT(bs8)``."""
    match = BATCH.search(text)
    return int(match[1]) if match else None


def of_text(context: Context, text: str) -> Said:
    """Chip, precision, batch size, baseline and settings, which a head, a label or a name may tell."""
    words, said = context.words, Said()
    chips = words.values(text, WordKind.CHIP)
    named = [item for item in chips if item != "*"] or chips
    if len(named) == 1:
        said["chip"] = named[0]
    precisions = words.values(text, WordKind.PRECISION)
    if len(precisions) == 1:
        said["precision"] = precisions[0]
    shapes = words.values(text, WordKind.SHAPES)
    if len(shapes) == 1:
        said["shapes"] = Shapes(shapes[0])
    if words.has(text, WordKind.AOE):
        said["aoe"] = True
    if (size := batch_in(text)) is not None:
        said["batch_size"] = size
    if any(not in_a_name(text, hit) for hit in words.hits(text, WordKind.BASELINE)):
        own = context.own_chip and context.own_chip.name
        if said.get("chip", "*") in ("*", ANY_GPU, own):  # "T4 (baseline)" is measured, on a T4
            said["role"] = Role.BASELINE
    if re.search(r"\d[A-Za-z]?\d?\s*[*×]\s*\d\b", text) and "chip" in said:
        said["variant"] = text.strip()
    return said


def ratio_of(context: Context, text: str) -> Said | None:
    """What a head or label like ``310P/T4`` says: a ratio of two chips, or of something else a fact."""
    words = context.words
    if (other := _held_against(context, text)) is not None:
        return {**metric_in(words, text), "role": Role.RATIO, "unit": Unit.RATIO, "ratio": ("*", other)}
    if not _STROKE.fullmatch(text) or unit_in(context, text) in (Unit.SAMPLES_PER_S, Unit.MS):
        return None
    hits = [hit for hit in words.hits(text, WordKind.CHIP) if hit.value != "*"]
    tuned = {"aoe": True} if words.has(text, WordKind.AOE) else {}
    if len(hits) == 2 and hits[0].value != hits[1].value:
        between = text[hits[0].end : hits[1].start]
        if re.fullmatch(r"[^/÷:]*[/÷:]\s*", between):
            return {"role": Role.RATIO, "unit": Unit.RATIO, "ratio": (hits[0].value, hits[1].value), **tuned}
    sides = re.split("[/÷:]", text)
    if all(words.has(side, WordKind.CHIP) or words.has(side, WordKind.BASELINE) for side in sides):
        return {"role": Role.FACT, "unit": Unit.RATIO, "variant": text.strip(), **tuned}
    return None


def _held_against(context: Context, text: str) -> str | None:
    """The one chip that ``vs A10`` or ``speedup over T4`` holds each row's own against."""
    hits = context.words.hits(text, WordKind.CHIP)
    if len(hits) != 1 or hits[0].value == "*" or text[hits[0].end :].strip(" )）"):
        return None
    return hits[0].value if _AGAINST.search(text[: hits[0].start]) else None


def joined(context: Context, parts: Sequence[Mapping[str, Any]]) -> Said:
    """One meaning from what table, row, column and cell say, the later ones winning.

    A word for any score ("精度") or any speed ("性能") gives way to one for a certain one; the document's own
    chip, "*", to one that is named.
    """
    said: Said = {}
    for part in parts:
        kept = dict(part)
        if kept.get("generic") and "metric" in said and not said.get("generic") and _same_sort(kept, said):
            kept = {
                key: item for key, item in kept.items() if key not in ("metric", "called", "generic", "any")
            }
        if kept.get("chip") == "*" and said.get("chip", "*") != "*":
            kept.pop("chip")
        if "variant" in kept and (before := said.get("variant", "")) not in kept["variant"]:
            kept["variant"] = f"{before}, {kept['variant']}"
        if "metric" in kept and "called" not in kept and kept["metric"] != said.get("metric"):
            said.pop("called", None)
        if "metric" in kept:
            for key in {"generic", "any"} - kept.keys():
                said.pop(key, None)
        said |= kept
    if said.get("chip") == "*" and (context.own_chip is not None or context.claims):
        said.pop("chip")
        if context.own_chip is not None:
            said["chip"] = context.own_chip.name
    return with_unit(said, said.pop("cell_unit")) if "cell_unit" in said else said


def merged(context: Context, row: GridRow, parts: Sequence[Mapping[str, Any]], what: str) -> Said | None:
    """`joined`, or None with a note where that is no value that can be told."""
    said = _by_only_score(context, row.line, joined(context, parts))
    why = ""
    if "other" in said:
        return None
    if said.get("chip") == "*":
        named = ", ".join(chip.name for chip in context.chips) or "none"
        why = f"its chip is the document's own, which names {named}"
    elif "foreign" in said:
        why = f"{said['foreign']!r} is no metric that our tables have"
    elif "strange" in said and said.get("metric") != Metric.OTHER and said.get("role") != Role.FACT:
        why = _of_strange(context, said["strange"])
    elif not _fits(said):
        why = f"{said['unit']} is no unit of {said['metric']}"
    if why:
        context.notes.append(Note(line=row.line, what=what, why=why))
        return None
    return said


def _of_strange(context: Context, unit: str) -> str:
    """Why a number with this behind it is none that is read."""
    many = _MULTIPLE.match(unit)
    if many is not None and (not many["unit"] or context.words.is_whole(many["unit"], WordKind.UNIT)):
        return f"{many['many']!r} multiplies the digits; write the number out"
    return f"{unit!r} behind the digits is no known unit; add a [[word]] for it"


def _by_only_score(context: Context, line: int, said: Said) -> Said:
    """`said`, any score of a document that names one alone as that one; told, because it is our rule."""
    if not context.claims or said.get("metric") != Metric.ACCURACY or not said.get("any"):
        return said
    only = context.score_at(line)
    if only is None or only[0] is Metric.ACCURACY:
        return said
    metric, word = only
    why = "the document calls its score 精度, and names this one alone, or none beside what its models do"
    note = Note(line=0, what=f"metric = {word or metric}", why=why)
    if note not in context.assumed:
        context.assumed.append(note)
    return {**said, "metric": metric, **({"called": word} if word else {})}


def _fits(said: Mapping[str, Any]) -> bool:
    """Whether a measured number's unit is one of its metric's."""
    told = "unit" in said and "metric" in said and said.get("role") not in (Role.RATIO, Role.FACT)
    return not told or fitting(Metric(said["metric"]), Unit(said["unit"]))


def _same_sort(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    speeds = (Sort.SPEED, Sort.TIME)
    return (Metric(one["metric"]).sort in speeds) == (Metric(other["metric"]).sort in speeds)


def done(said: Mapping[str, Any]) -> Said:
    """A meaning without what only helped to find it."""
    helped = (
        *_HIDDEN, "strange", "name_generic", "unknown", "source", "other", "published",
        "numbers", "hint", "task",
    )  # fmt: skip
    return {key: item for key, item in said.items() if key not in helped}
