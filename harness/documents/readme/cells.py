"""A cell as numbers: their digits, what stands around them, and which of several each one is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache

from harness.domain.references import NARROW, PRINTED, digits_behind, exact

# A number that stands for itself: no letter, sign of a name or other number touches it. What follows the
# digits may be a unit, so a letter behind them is left to whoever reads the rest.
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.@])(?<![A-Za-z_]-)(?<!\d-)(?<!\d,)(?<!\+/)(?<!\+)"
    rf"(?:{PRINTED})(?!\d|\.\d|,\d|[_@])",
    re.ASCII,
)
# A bracket that is followed by what parts a name from its value is part of the name: "AP(IoU=0.50:0.95)=".
_QUALIFIER = re.compile(r"[(（\[][^()（）\[\]]*[A-Za-z][^()（）\[\]]*[)）\]](?=\s*[:：=])")

_UNIT = r"[%％‰°]|[^\d\s,，;；:：=/、|&()（）\[\]'\"{}±~～+-][^\d\s,，;；:：=、|&()（）\[\]'\"{}±~～+]{0,11}"
_PART = r"(?:\s*[,，;；、|&/]\s*|\s+)"
_NAME = r"[^\d\s:：=,，;；、%±~～+-](?:[^,，;；=±~～]{0,78}?[^\s:：=])??"
_SIGN = r"\s*[:：=]\s*"
_FIRST = re.compile(rf"\s*[{{\[]?\s*(?P<name>{_NAME})(?P<sign>{_SIGN}|\s+)")
_NEXT = re.compile(rf"(?P<unit>\s?(?:{_UNIT}))??[{{}}]?{_PART}[\"']?(?P<name>{_NAME})(?P<sign>{_SIGN}|\s+)")
_LAST = re.compile(r"(?P<unit>[^\d,;]{0,24})")
_ABOUT = re.compile(r"\s*[≈~～∼]\s*")  # before a single number
_ENDS = " }],;，；。↑↓"  # what may stand behind the last number and says nothing
_BEHIND = rf"(?P<unit>\s?[%％])?\s*(?:/\s*(?P<name>{_NAME})|[(（]\s*(?P<named>{_NAME})\s*[)）])"
_BEHIND_NEXT = re.compile(rf"{_BEHIND}{_PART}")
_BEHIND_LAST = re.compile(rf"{_BEHIND}\s*")
_SPREAD = re.compile(r"(?P<unit>\s?[%％])?\s*(?P<bracket>[(（]\s*)?(?:±|\+/-|\+-)\s*")
_TWICE = (re.compile(rf"\s?(?P<unit>{_UNIT})\s*[(（]\s*"), re.compile(rf"\s?(?P<unit>{_UNIT})\s*[)）]"))
_COUNTED = (
    re.compile(r"(?P<unit>\s?[%％])?\s*[(（]\s*"),
    re.compile(r"\s*/\s*"),
    re.compile(r"\s*[)）]\s*"),
)

_KEPT = 2**12  # cells whose numbers are remembered: a table's are asked for several times
_DIGIT = re.compile(r"\d")
_LONGEST = 400  # characters of a cell that may hold numbers
_ALONE = rf"({PRINTED})(\s?[%％]?)"
_PARTS = (r"\s*[|｜]\s*", r"\s*[/／]\s*", r"\s*[、，;；&]\s*", r"\s*,\s+", r"\s+")

# A name that has a dash for its number, before one that has one: "fp16 - int8 73.9".
_NO_NUMBER = re.compile(r"(?<!\S)[A-Za-z]\w*(?:\s*[:：])?\s+[-—](?=\s+[A-Za-z])")
# A number and the batch size that it is of, or the size of its input: "1951(bs8)", "6.9 (H:240, W:320)".
_OF_SIZE = re.compile(
    r"(?P<value>[^()（）]*?\d[^()（）]{0,12}?)(?P<behind>\s*[(（]\s*(?:"
    r"(?P<size>(?:bs|batch)[ _:=]?\d{1,5})|"
    r"(?P<input>(?:[NCHW]\s*[:=]\s*)?\d{1,5}(?:\s*[x×*,，]\s*(?:[NCHW]\s*[:=]\s*)?\d{1,5}){1,4})"
    r")\s*[)）])[\s,，;；、/|]*",
    re.I,
)
_WHOLE = re.compile(r"\d{1,15}")  # as many digits as a printed number has before its point at most
# A time of several units: "1h 20m", "00:01:20".
_DURATION = re.compile(
    r"(?:\d+(?:\.\d+)?\s*(?:days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s|"
    r"天|小时|时|分钟|分|秒)\s*){2,4}|"
    r"\d{1,3}(?::\d{2}){1,2}(?:\.\d+)?",
    re.IGNORECASE,
)
_COMMA = re.compile(
    r"-?\d{1,4},\d{1,2}\s?(?:[%％]|[A-Za-z/]{1,12})?"
)  # "12,4": two numbers, or one of a point
_NO_NAMES = frozenset(
    {"or", "and", "to", "of", "x", "×", "*", "vs", "out of", "by", "in", "或", "和", "到", "至"}
)


class Kind(StrEnum):
    """What a number of a cell is: its value, or what is said beside a value."""

    VALUE = "value"
    SPREAD = "spread"  # behind a ±
    COUNT = "count"  # "(164/288)" behind a score


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One printed number: its digits as printed and all that stands before and behind them."""

    printed: str
    before: str
    after: str

    @property
    def value(self) -> Decimal:
        """What was printed, exactly."""
        return exact(self.printed)

    @property
    def digits(self) -> int:
        """Digits behind the point."""
        return digits_behind(self.printed)

    @property
    def step(self) -> Decimal:
        """What one more in the last printed digit is."""
        return Decimal(1).scaleb(-self.digits)

    @property
    def form(self) -> str:
        """The cell with a place for the digits."""
        return f"{self.before}{{}}{self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One number of a cell with the name and the unit that it has there."""

    number: Number
    name: str = ""
    unit: str = ""
    kind: Kind = Kind.VALUE
    loose: bool = False  # only a blank parts the name from the number
    input: str = ""  # the size of the input, in brackets behind it

    @property
    def is_about(self) -> bool:
        """Whether a sign before it says that the number is near the true one."""
        return _ABOUT.fullmatch(self.number.before) is not None


def is_duration(text: str) -> bool:
    """Whether `text` is a time of several units, which is no single number."""
    return _DURATION.fullmatch(text.strip()) is not None


def is_comma(text: str) -> bool:
    """Whether `text` is a number with one or two digits behind a comma, which parts no thousands."""
    return _COMMA.fullmatch(text.strip()) is not None


def is_unsure(text: str) -> bool:
    """Whether `text` is a quantity for sure, and no single number for sure."""
    return is_duration(text) or is_comma(text)


def whole(text: str) -> int | None:
    """`text` as a whole number, 0 included; None where it is none, or longer than any that is printed."""
    return int(text) if _WHOLE.fullmatch(text) else None


def number(cell: str) -> Number | None:
    """`cell` as one number with words around it, a ± too; None where it is none, or more than one."""
    first, *others = items(cell) or (None,)
    beside = all(item is not None and item.kind is Kind.SPREAD for item in others)
    return first.number if first is not None and beside and not first.loose else None


@lru_cache(maxsize=_KEPT)
def items(cell: str) -> tuple[Item, ...]:
    """The numbers of `cell`, each with its name: ``top1:0.81 top5:0.96``, ``76.3/Top1``, ``56.1 ± 0.8``.

    Empty where the cell is no number, or where a number in it is none of these: two are never read as one.
    """
    text = cell.strip().translate(NARROW)
    if not 0 < len(text) <= _LONGEST or _DIGIT.search(text) is None:
        return ()
    if (sized := _of_sizes(text)) is not None:
        return sized
    hidden = _QUALIFIER.sub(lambda match: "§" * len(match[0]), text)
    hidden = _NO_NUMBER.sub(lambda match: " " * len(match[0]), hidden)
    places = list(_NUMBER.finditer(hidden))
    if not places:
        return ()
    gaps = _gaps(text, hidden, places)
    found = _twice(gaps) or _prefixed(gaps) or _suffixed(gaps)
    if not found:
        return ()
    return tuple(
        Item(
            number=Number(printed=match[0], before=text[: match.start()], after=text[match.end() :]),
            name=_clean(name), unit=unit.strip(), kind=kind, loose=loose,
        )
        for match, (name, unit, kind, loose) in zip(places, found, strict=True)
    )  # fmt: skip


@lru_cache(maxsize=_KEPT)
def parted(cell: str, names: tuple[str, ...]) -> tuple[Item, ...]:
    """The numbers of `cell` that nothing but one sign parts, as many as there are `names`: ``83.8 | 76.4``.

    Empty where they are not as many, or where another word stands among them.
    """
    text = cell.strip().translate(NARROW)
    if len(names) < 2 or not 0 < len(text) <= _LONGEST or _DIGIT.search(text) is None:
        return ()
    for pattern in _in_parts(len(names)):
        match = pattern.fullmatch(text)
        if match is not None:
            spans = [match.span(at) for at in range(1, 2 * len(names) + 1)]
            return tuple(
                Item(
                    number=Number(printed=text[a:b], before=text[:a], after=text[b:]),
                    name=name,
                    unit=text[unit_from:unit_to].strip(),
                )
                for name, (a, b), (unit_from, unit_to) in zip(names, spans[::2], spans[1::2], strict=True)
            )
    return ()


@cache
def _in_parts(count: int) -> tuple[re.Pattern[str], ...]:
    """So many numbers with one sign between them, by sign."""
    return tuple(re.compile(sign.join([_ALONE] * count)) for sign in _PARTS)


def two_numbers(cell: str) -> tuple[Number, ...]:
    """The numbers of a cell that holds two and nothing else; empty where it is another."""
    return tuple(item.number for item in parted(cell, ("first", "second")))


def _of_sizes(text: str) -> tuple[Item, ...] | None:
    """The numbers of a text of which each has its size behind it; None where it is another text."""
    sized, at = list[re.Match[str]](), 0
    while (match := _OF_SIZE.match(text, at)) is not None:
        sized.append(match)
        at = match.end()
    if not sized or at < len(text):
        return None
    found = list[Item]()
    for match in sized:
        if not (held := items(match["value"])):
            return ()
        for item in held:
            start = match.start() + len(match["value"]) - len(match["value"].lstrip())
            first = start + len(item.number.before)
            number = replace(item.number, before=text[:first], after=text[first + len(item.number.printed) :])
            name = f"{item.name} {match['size'] or ''}".strip()
            found.append(replace(item, name=name, number=number, input=match["input"] or ""))
    return tuple(found)


_Gap = tuple[str, str]  # what stands between two numbers, as printed and with the hidden brackets
_Found = list[tuple[str, str, Kind, bool]]


def _gaps(text: str, hidden: str, places: Sequence[re.Match[str]]) -> list[_Gap]:
    ends = [0, *(match.end() for match in places)]
    starts = [*(match.start() for match in places), len(text)]
    return [(text[a:b], hidden[a:b]) for a, b in zip(ends, starts, strict=True)]


def _twice(gaps: Sequence[_Gap]) -> _Found:
    """One thing in two units: ``12.90ms（77.2 it/s）``."""
    if len(gaps) != 3 or gaps[0][1].strip():
        return []
    units = [pattern.fullmatch(gap[1]) for pattern, gap in zip(_TWICE, gaps[1:], strict=True)]
    return [("", unit["unit"], Kind.VALUE, False) for unit in units if unit] if all(units) else []


def _prefixed(gaps: Sequence[_Gap]) -> _Found:
    """Numbers whose names stand before them; a single one may have none."""
    first, *between, last = gaps
    opening = _FIRST.fullmatch(first[1])
    about = not between and _ABOUT.fullmatch(first[1]) is not None
    if first[1].strip(" {[") and opening is None and not about:
        return []
    name, loose = _named(first, opening)
    found: _Found = [(name, "", Kind.VALUE, loose)]
    counts: Iterator[re.Pattern[str]] = iter(())
    bracket = False  # an open one, before a ±
    for at, gap in enumerate(between):
        expected = next(counts, None)
        if expected is not None:
            if not expected.fullmatch(gap[1]):
                return []
            found.append(("", "", Kind.COUNT, False))
            continue
        if bracket:
            return []
        if (match := _SPREAD.fullmatch(gap[1])) is not None:
            bracket = match["bracket"] is not None
            found[-1] = (*found[-1][:1], match["unit"] or "", *found[-1][2:])
            found.append(("", "", Kind.SPREAD, False))
        elif (match := _COUNTED[0].fullmatch(gap[1])) is not None and at + 2 <= len(between):
            found[-1] = (*found[-1][:1], match["unit"] or "", *found[-1][2:])
            found.append(("", "", Kind.COUNT, False))
            counts = iter(_COUNTED[1:2])
        elif (match := _NEXT.fullmatch(gap[1])) is not None and found[0][0]:
            found[-1] = (*found[-1][:1], found[-1][1] or match["unit"] or "", *found[-1][2:])
            name, loose = _named(gap, match)
            if loose and name.lower() in _NO_NAMES:
                return []
            found.append((name, "", Kind.VALUE, loose))
        else:
            return []
    if found[-1][2] is Kind.COUNT:
        return found if _COUNTED[2].fullmatch(last[1]) else []
    behind = last[1].rstrip(_ENDS)
    if bracket:
        if not re.match(r"\s*[)）]", behind):
            return []
        behind = re.sub(r"[)）]", "", behind, count=1)
    ending = _LAST.fullmatch(behind)
    if ending is None or "{" in last[1]:
        return []
    at = -2 if found[-1][2] is Kind.SPREAD and not found[-2][1] else -1  # "3.2±0.1 ms": of both
    found[at] = (*found[at][:1], ending["unit"], *found[at][2:])
    return found


def _suffixed(gaps: Sequence[_Gap]) -> _Found:
    """Numbers whose names stand behind them: ``56.6/Top1 79.1/Top5``, ``90.4%（Easy） 87.6%（Medium）``."""
    first, *between, last = gaps
    if first[1].strip():
        return []
    found: _Found = []
    for gap in between:
        match = _BEHIND_NEXT.fullmatch(gap[1])
        if match is None:
            return []
        found.append((_cut(gap, match), match["unit"] or "", Kind.VALUE, False))
    match = _BEHIND_LAST.fullmatch(last[1])
    if match is None or (len(gaps) == 2 and match["name"] and not re.search(r"[A-Za-z]\d", match["name"])):
        return []  # "12.5 / s" alone is a unit
    return [*found, (_cut(last, match), match["unit"] or "", Kind.VALUE, False)]


def _named(gap: _Gap, match: re.Match[str] | None) -> tuple[str, bool]:
    if match is None:
        return "", False
    start, end = match.span("name")
    return gap[0][start:end], not match["sign"].strip()


def _cut(gap: _Gap, match: re.Match[str]) -> str:
    start, end = match.span("name" if match["name"] is not None else "named")
    return gap[0][start:end]


def _clean(name: str) -> str:
    return " ".join(name.strip(" '\"{[:：=").split())
