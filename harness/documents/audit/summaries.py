"""What the text says of the tables: the best batch size, and the speed that it reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.documents.audit.findings import Found
from harness.documents.audit.series import Point, SpeedSeries, throughputs
from harness.documents.readme.blocks import Line, Readme
from harness.documents.readme.cells import Number, number, whole
from harness.documents.readme.reading import Reading
from harness.domain.words import WordKind

TIE = 0.005  # of the best speed: two that lie nearer are as good as each other

_N = r"\d{1,15}(?:,\d{3})*(?:\.\d{1,20})?"
_REACHED = rf"(?P<speed>{_N})[ *]{{0,4}}(?:fps|samples?/s|帧)"
_BEST = re.compile(
    r"(?:batch[ _]?size|batch|bs)[^\d\n|<>=.,，。；;]{0,8}(?P<size>\d{1,6})(?!\d|\.\d)[^\d\n|。；;/、]{0,16}?"
    r"(?:最[优佳好高](?!b)|optimal|best|highest)"
    rf"(?:[^\d\n|。；;]{{0,20}}?{_REACHED})?",
    re.IGNORECASE,
)
_BEST_IS = re.compile(
    r"(?:最[优佳好]|optimal|best) {0,4}的? {0,4}(?:batch[ _]?size|batch|bs) {0,4}(?:为|是|=|:|：|is)? {0,4}"
    rf"(?P<size>\d{{1,6}})(?!\d|\.\d)(?:[^\d\n|.。；;]{{0,20}}?{_REACHED})?",
    re.IGNORECASE,
)
# "The best performance is at batch 8.", "throughput is highest at a batch size of 8"
_BEST_AT = re.compile(
    r"\b(?:optimal|best|highest)\b[^\d\n|.;,]{0,40}?\b(?:at|with) (?:an? |the )?"
    r"(?:batch[ _]?size|batch|bs)(?: of| is|=)? ?(?P<size>\d{1,6})(?!\d|\.\d)",
    re.IGNORECASE,
)
# "The best throughput on 310P3 is 500 fps, at batch size 1."
_BEST_OF = re.compile(
    rf"\b(?:optimal|best|highest)\b[^\n|.;。；]{{0,40}}?(?<![\w.,-]){_REACHED},? "
    r"(?:at|with) (?:an? |the )?(?:batch[ _]?size|batch|bs)(?: of| is|=)? ?(?P<size>\d{1,6})(?!\d|\.\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a line of text says: the batch size that is best, and what it reaches where that is printed."""

    line: Line
    size: int
    speed: Number | None


def best_batch(reading: Reading) -> Iterator[Found]:
    """A best batch size in the text that is not the table's best, or that reaches another number there."""
    told = list(_told(reading.readme))
    series = [item for item in throughputs(reading) if len(item.points) > 1] if told else []
    for said in told:
        own = reading.context.own_chip
        words = reading.context.words.values(said.line.text, WordKind.CHIP) or ["*"]
        named = {own.name if own is not None and word == "*" else word for word in words}
        of = [item for item in series if {item.name} == named]
        at = [(item, point) for item in of for point in item.points if point.size == said.size]
        if at:
            yield from _held(said, at)


def _told(readme: Readme) -> Iterator[_Told]:
    found = (
        (line, match)
        for said in (_BEST, _BEST_IS, _BEST_AT, _BEST_OF)
        for line in readme.prose_with(said)
        for match in said.finditer(line.text)
    )
    for line, match in sorted(found, key=lambda item: item[0].number):
        size = whole(match["size"])
        speed = match.groupdict().get("speed") or ""
        if size:
            yield _Told(line=line, size=size, speed=number(speed.replace(",", "")))


def _held(said: _Told, at: Sequence[tuple[SpeedSeries, Point]]) -> Iterator[Found]:
    """One statement against the series that have its batch size: one of them has to agree."""
    fitting = [(item, point) for item, point in at if said.speed is None or _same(said.speed, point)]
    if not fitting:
        assert said.speed is not None
        item, point = at[0]
        yield Found(
            line=said.line.number,
            sentence=f"the text gives {said.speed.printed} at batch {said.size}, the table "
            f"{point.value.text} (line {point.value.line})",
            numbers={"told": said.speed.printed, "table": point.value.text, "batch": said.size},
        )
        return
    if any(point.speed >= (1 - TIE) * max(other.speed for other in item.points) for item, point in fitting):
        return
    item, point = fitting[0]
    top = max(item.points, key=lambda other: other.speed)
    yield Found(
        line=said.line.number,
        sentence=f"the text calls batch {said.size} the best, with {point.value.text} in line "
        f"{point.value.line}; batch {top.size} has {top.value.text} (line {top.value.line})",
        numbers={"told": said.size, "best": top.size},
    )


def _same(told: Number, point: Point) -> bool:
    """Whether a number of the text is the table's, with as many digits as the shorter one has."""
    assert point.value.number is not None
    step = max(told.step, point.value.number.step)
    return abs(told.value - point.value.number.value) < step
