"""Which metric a text names, in which words of its own, and what it says beside that."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from harness.documents.readme.words import Hit, Vocabulary
from harness.domain.metrics import Metric, Sort, Unit
from harness.domain.words import WordKind

Said = dict[str, Any]

BATCH = re.compile(r"(?<![a-z])(?:bs|batch[ _]?size|batch)[ _:=]?(\d{1,15})(?!\d)", re.IGNORECASE)
# Words that have a meaning of their own, and are no part of what a metric or a row is called.
_TOLD = (
    WordKind.CHIP, WordKind.UNIT, WordKind.BASELINE, WordKind.DIFFERENCE, WordKind.BEST, WordKind.SHAPES,
    WordKind.AOE, WordKind.PRECISION, WordKind.FILLER, WordKind.BATCH_SIZE,
)  # fmt: skip
_THRESHOLD = re.compile(r"\bIoU(?=\s*[=:>]\s*\d)", re.IGNORECASE)  # what others are at, and no metric
_UNIT_PLACE = re.compile(r"[(（/\d%,，]")  # what stands before a unit
_NUMBERED = re.compile(r"指标\s*\d*")
_EMPTY = re.compile(r"[(（\[【][\s,，/|:：+-]*[)）\]】]")
_LOOSE = re.compile(r"(?<![A-Za-z0-9])_+|_+(?![A-Za-z0-9])")  # what a word that was taken out leaves
_BRACKETED = re.compile(r"[(（\[]([^()（）\[\]]*)[)）\]]")
_EDGES = " \t:：=,，;；、/|&·_-–—↑↓'\"`。"
ANY_SCORE = ("精度",)  # what the zoos call the score of a model, whichever it is
_NAME = 20  # characters before a word that show whether it ends a name
_SPEEDS = (Metric.THROUGHPUT, Metric.LATENCY)
_KEPT = 4096  # heads and labels of which it is remembered what they say: the zoos' are often alike


@lru_cache(maxsize=_KEPT)
def rest(words: Vocabulary, text: str, *more: WordKind) -> str:
    """What `text` says beside the words that have a meaning of their own, and those of kinds `more`."""
    left = BATCH.sub(" ", _NUMBERED.sub(" ", text))
    kinds = {*_TOLD, *more}
    found = words.hits(left, *_TOLD, WordKind.METRIC)  # a word within a metric's is none of its own
    at = {match.start() for match in _THRESHOLD.finditer(left)}
    told = {
        (hit.start, hit.end)
        for hit in found
        if hit.means in kinds and hit.start not in at and not in_a_name(left, hit)
    }
    others = {hit.start for hit in found if hit.means is not WordKind.UNIT}
    for start, end in sorted(told, reverse=True):
        if start in others or end - start > 2 or _UNIT_PLACE.match(left[:start].rstrip()[-1:]):
            left = left[:start] + left[end:]  # "fish-s" is no unit, "(s)" is one
    for _ in range(3):
        left = _EMPTY.sub(" ", left)
    left = " ".join(_LOOSE.sub(" ", left).split()).strip(_EDGES)
    match = _BRACKETED.fullmatch(left)
    return (match[1] if match else left).strip(_EDGES)


def _is_per(words: Vocabulary, text: str) -> bool:
    """Whether a speed is by something that no word explains: ``fps/W``, ``fps/mm²``."""
    for hit in words.hits(text, WordKind.METRIC):
        by = re.match(r"\s*[/／]\s*([A-Za-z]\w*)", text[hit.end :])
        whole = any(
            unit.start <= hit.start and unit.end > hit.end for unit in words.hits(text, WordKind.UNIT)
        )
        if by is not None and not whole and not words.hits(by[1]):
            return True
    return False


def in_a_name(text: str, hit: Hit) -> bool:
    """Whether a word is the end of a name: as of ``Total-text-baseline``, or of a file, ``net.om``.

    Behind digits it is one of a longer name alone, ``Carp-Net50-baseline``: ``bs8-baseline`` is of a setting.
    """
    ends = r"(?:[A-Za-z]{2}|-[A-Za-z]{3,}\d+)[-_]$" if hit.means is WordKind.BASELINE else r"\w\.$"
    return re.search(ends, text[max(hit.start - _NAME, 0) : hit.start]) is not None


def metric_in(words: Vocabulary, text: str) -> Said:
    """The one metric that `text` names, with its own words where they say more than its name.

    ``generic`` marks what may be any score ("精度", "acc") or any speed ("性能"): a more special word wins
    over it. ``any`` marks a score that is called nothing else than that.
    """
    return dict(_metric_in(words, text))


@lru_cache(maxsize=_KEPT)
def _metric_in(words: Vocabulary, text: str) -> Said:
    """The same, for as long as it is asked again."""
    found = words.values(_THRESHOLD.sub(lambda match: "§" * len(match[0]), text), WordKind.METRIC)
    special = [item for item in found if item not in (Metric.ACCURACY, *_SPEEDS)]
    if Metric.ACCURACY in found and special and not set(_SPEEDS) & set(found):
        if len(special) == 1 and re.search(r"[A-Za-z]\s*/\s*[A-Za-z]", text):
            return {"metric": Metric.OTHER, "called": rest(words, text) or text.strip()}
        found.remove(Metric.ACCURACY)  # 精度(F1): the more special word
    if set(found) == set(_SPEEDS):
        found = [Metric.LATENCY if words.has(text, WordKind.UNIT) else Metric.THROUGHPUT]
    if len(found) != 1:
        return {}
    metric = Metric(found[0])
    said: Said = {"metric": metric}
    if metric in _SPEEDS and _is_per(words, text):
        return {"metric": Metric.OTHER, "called": text.strip(), "unit": Unit.NUMBER}
    if metric in _SPEEDS:
        beside = rest(words, text, WordKind.METRIC)
        if re.search(r"[A-Za-z]{2}", beside):
            said["variant"] = beside
        return {**said, "generic": True}
    own = rest(words, text)
    if metric is Metric.OTHER:
        return {**said, "called": own or text.strip()}
    if own and not _is_plain(words, own):
        said["called"] = own
    if metric is Metric.ACCURACY:
        said["generic"] = "1" not in own
        said["any"] = all(text[hit.start : hit.end] in ANY_SCORE for hit in words.hits(text, WordKind.METRIC))
        beside = rest(words, text, WordKind.METRIC)
        if beside and own == beside and re.search("[A-Za-z]", beside):  # 精度(overall): a score of that name
            return of_part(words, beside, any_score=said["any"]) or {"metric": Metric.OTHER, "called": beside}
        if not re.search("[A-Za-z]", own):
            said.pop("called", None)
    return said


def of_part(words: Vocabulary, name: str, *, any_score: bool) -> Said:
    """What a score is that is called by the part that it is of: ``easy``; empty where no word is that part.

    A word for any score ("精度") leaves it to the benchmark which one it is; "acc" does not.
    """
    part = words.is_whole(name, WordKind.PART)
    if part is None:
        return {}
    return {"metric": Metric(part) if any_score else Metric.ACCURACY, "called": name}


def names_in(words: Vocabulary, text: str) -> tuple[str, ...]:
    """The words of several metrics in `text`, in their order: ``F1 | EM``; without a word for any score."""
    hits = sorted(words.hits(text, WordKind.METRIC), key=lambda hit: hit.start)
    special = [hit for hit in hits if words.is_own(text[hit.start : hit.end]) or hit.value != Metric.ACCURACY]
    named = [text[hit.start : hit.end] for hit in (special if len(special) > 1 else hits)]
    return tuple(named) if len(set(named)) == len(named) > 1 else ()


_SIDES = re.compile(r"(?P<one>[A-Za-z0-9_.+-]+)\s*[/|、]\s*(?P<other>[A-Za-z0-9_.+-]+)")


def sides_in(words: Vocabulary, text: str) -> tuple[tuple[str, ...], str]:
    """Two chips, precisions or batch sizes in `text` that a stroke parts, and the text without them.

    They name the two numbers of a cell below: ``100.5/98.5`` under ``310P/T4 fps``. None are empty.
    """
    for match in _SIDES.finditer(text):
        one, other = match["one"], match["other"]
        chips = [words.is_whole(side, WordKind.CHIP) for side in (one, other)]
        precisions = [words.is_whole(side, WordKind.PRECISION) for side in (one, other)]
        sizes = [BATCH.fullmatch(side) and side for side in (one, other)]
        if any(None not in pair and len(set(pair)) == 2 for pair in (chips, precisions, sizes)):
            return (one, other), text[: match.start()] + text[match.end() :]
    return (), text


def with_unit(said: Said, unit: Unit) -> Said:
    """`said` of numbers in `unit`, which tells a speed from a time and a ratio from both."""
    metric = said.get("metric")
    if unit is Unit.SAMPLES_PER_S and (metric in (None, *_SPEEDS) or said.get("generic")):
        said["metric"] = Metric.THROUGHPUT
    elif unit in (Unit.MS, Unit.S, Unit.US) and metric in (None, *_SPEEDS):
        said["metric"] = Metric.LATENCY
    elif unit is Unit.RATIO and metric in _SPEEDS and "ratio" not in said:
        said["role"] = "fact"
    said["unit"] = unit
    return said


def fitting(metric: Metric, unit: Unit) -> bool:
    """Whether numbers of `metric` can be in `unit`."""
    return unit in metric.units or metric.sort is Sort.OTHER


def _is_plain(words: Vocabulary, text: str) -> bool:
    """Whether a text says no more of a metric than its name."""
    hits = words.hits(text, WordKind.METRIC)
    own = any(words.is_own(text[hit.start : hit.end]) for hit in hits)
    return not own and not rest(words, text, WordKind.METRIC)
