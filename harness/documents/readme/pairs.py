"""The figures of one line of output: each number with the key that it stands behind, and where both stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.documents.readme.blocks import Line
from harness.documents.readme.words import Vocabulary
from harness.domain.references import PRINTED
from harness.domain.words import WordKind

# A decimal number that is no part of a version, an address, a path or a word.
FIGURE = re.compile(r"(?<![\w.:/-])(?:\d+\.\d+|\.\d+)(?![\w.])")
_LONGEST = 2000  # characters of a line that prints results

_NUMBER = rf"(?P<value>{PRINTED})(?!\d|\.\d)"
_PLAIN = r"(?<![\w.])(?P<key>(?=\d{0,3}[^\W\d])\w[^:：=,;|{}\[\]\"'<>]{0,100}?)"
_SIGN = r"\s*(?:[:：=]|->)\s*[≈~～]?\s*"
_PAIRS = (
    # COCO's "Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.373"
    re.compile(rf"(?P<key>[A-Za-z][A-Za-z ()]{{0,40}}@ ?\[[^\[\]]{{0,80}}\])\s*[:=]\s*{_NUMBER}"),
    # OrderedDict([('exact', 79.1), ('f1', 87.1)])
    re.compile(rf"\('(?P<key>[^'\n]{{1,60}})',\s*{_NUMBER}\)"),
    # {"exact": 79.1, 'f1': 87.1}
    re.compile(rf"[\"'](?P<key>[^\"'\n]{{1,60}})[\"']\s*:\s*{_NUMBER}"),
    # ('recall: ', 0.81, 'precision: ', 0.75)
    re.compile(rf"'(?P<key>[^'\n:]{{1,60}}?)\s*:?\s*',\s*{_NUMBER}"),
    # "top1: 76.7 top5: 93.1", "Overall -> 4.68 %", "percentile(99%) = 0.79"
    re.compile(rf"{_PLAIN}{_SIGN}{_NUMBER}"),
)
# "top1_acc        0.69", "average acc 0.89, edit distance 0.96": a key, a blank and a number with a point.
# A key that holds such a number, as "Acc@1 76.1 Acc@5" before 92.8 does, would keep it without a word.
_TWO_KEYS = r"\w[^,]{0,100}\s\d{1,15}\.\d{1,15}\s+[^\W\d]"
_BARE = re.compile(rf"(?:^|,)\s*(?!{_TWO_KEYS}){_PLAIN}\s+(?=\d+\.\d){_NUMBER}(?=\s*%?\s*(?:,|$))")
_LEAD = re.compile(r"(?:\[\w+\]|[\s\-*•>])*(?P<group>\w[^{}\[\]\"'<>|]{0,60}[:：])\s*")
# "98.25, 90.5, 89.75": all that stands behind a key, up to its line's end
_LIST = re.compile(rf"(?:, ?{PRINTED})+$", re.ASCII)
_OTHERS = re.compile(rf"\s*(?:[,，/~～-]|to|至|到)\s*{PRINTED}(?![\w.]|\s*[:=])|\s*[~～]\s*\d")
# "3.2 ± 0.1", "85.1(±0.3)": what a number may be off by
_SPREAD = re.compile(rf"\s*(?P<bracket>[(（]\s*)?(?:±|\+/-|\+-)\s*{PRINTED}(?(bracket)\s*[)）])")
_TIMES = ("ms", "us", "毫秒", "秒")
_UNIT = re.compile(rf"\s?(%|[A-Za-z]{{1,9}}(?:/[A-Za-z]{{1,9}})?|{'|'.join(_TIMES)})(?![A-Za-z%])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One number in a line: its key as printed, and from where to where key and number stand.

    `bare` says that nothing but a blank parts the two, `listed` that `text` has several, apart by
    commas, and `unclear` that others follow without a key.
    """

    line: int
    key: str
    text: str  # the number with its unit
    named: tuple[int, int]  # the key's place in its line
    placed: tuple[int, int]  # the number's, its unit included
    bare: bool = False
    listed: bool = False
    unclear: bool = False

    @property
    def is_figure(self) -> bool:
        """Whether the number is printed as a measured one is: with a point, or with a unit."""
        return "." in self.text or not self.text[-1:].isdigit()


def pairs(line: Line, words: Vocabulary) -> tuple[Pair, ...]:
    """The numbers of a line that have a key, in order; none of a line longer than any result."""
    if len(line.text) > _LONGEST:
        return ()
    for pattern in (*_PAIRS, _BARE):
        if found := tuple(_pairs(line, words, pattern)):
            return found
    return ()


def _pairs(line: Line, words: Vocabulary, pattern: re.Pattern[str]) -> Iterator[Pair]:
    """The matches of one pattern; what a line begins with up to a colon is of all keys behind it."""
    group = ""
    for at, match in enumerate(pattern.finditer(line.text)):
        start, end = match.span("key")
        lead = _LEAD.fullmatch(line.text, 0, start) if at == 0 else None
        if lead is not None:
            group, start = f"{lead['group']} ", lead.start("group")
        stop = unit_end(line.text, match.end("value"), words)
        if (spread := _SPREAD.match(line.text, stop)) is not None:
            stop = unit_end(line.text, spread.end(), words)
        more = _LIST.match(line.text, stop)
        stop = stop if more is None else more.end()
        if re.match(r"\w", line.text[stop:]):
            continue  # "1.98s", "0.5x": a word
        yield Pair(
            line=line.number,
            key=group + match["key"],
            text=line.text[match.start("value") : stop],
            named=(start, end),
            placed=(match.start("value"), stop),
            bare=pattern is _BARE,
            listed=more is not None,
            unclear=_OTHERS.match(line.text, stop) is not None,
        )


def unit_end(text: str, at: int, words: Vocabulary) -> int:
    """Where a number that ends at `at` ends with its unit; an "s" is one only where it touches the digits."""
    match = _UNIT.match(text, at)
    if match is None or (len(match[0]) == 2 and match[0] != match[1] and match[1] != "%") or match[1] == "S":
        return at
    if match[1] in _TIMES or words.is_whole(match[1], WordKind.UNIT) is not None:
        return match.end()
    return at
