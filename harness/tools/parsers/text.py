"""A tool's output as lines that can be read: encodings, colours, progress bars and numbers with units."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from harness.errors import ParseError
from harness.tools import failures

_COLOURS = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # a window's title
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # colours and the cursor
    r"|\x1b[@-Z\\^_]"
)
# What a container's log, a journal, a mail or a logger puts before each line of a tool. An indentation behind
# it is the tool's.
_DAY = r"\d{4}-\d\d?-\d\d?"
_ZONED = rf"{_DAY}T\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)"
_PREFIX = re.compile(
    r"(?:> ?)+"  # quoted
    rf"|{_ZONED} [\w.-]+ [\w./-]+\[\d+\]: "  # a journal
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]+ [\w./-]+(?:\[\d+\])?: "
    rf"|{_ZONED} (?:std(?:out|err) [FP] )?"  # docker logs -t, Kubernetes
    rf"|\[{_DAY}[ T][\d:.,]+\] ?\[(?i:info|debug|trace)\] ?",  # spdlog
    re.ASCII,
)
_FEWEST_OF_A_SERVICE = 3
_SERVICE = re.compile(r"([\w.-]+ *)\| ?(?=\S| |$)", re.ASCII)  # docker compose: ``trt_1  | ``
_MARKED = re.compile(r"[^\[\s].*[|>:\]#]+ *")  # ends with a mark; tools' own lines begin with a bracket
_UNSEEN = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f\u200b-\u200f\u2060\ufeff\ufffe]")
# Byte order marks that redirecting shells write, PowerShell's UTF-16 among them.
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_QUANTITY = re.compile(rf"({NUMBER})\s*([a-zµμ]*)", re.ASCII | re.IGNORECASE)
_A_SECOND = {"ns": 1e9, "us": 1e6, "µs": 1e6, "μs": 1e6, "ms": 1e3, "s": 1.0}  # how many make one
LARGEST = 1e15  # of any number in a log; more is a damaged line
SHORTEST_MS = 1e-9  # of any mean time that a throughput is made of
LONGEST_LINE = 16_384  # characters; what is longer is no line of a tool, and is cut
_SHOWN = 120  # characters of a line that a message shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as a reader sees it, with its number in the file, from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A tool's output. What overwrote itself on one line (progress bars) are several `Line` of one number."""

    name: str  # what messages call it
    lines: tuple[Line, ...] = field(repr=False)

    @property
    def end(self) -> int:
        """The number of the last line; 0 in an empty log."""
        return self.lines[-1].number if self.lines else 0

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
        """Every line that `pattern` is found in, with its number."""
        for line in self.lines:
            found = pattern.search(line.text)
            if found is not None:
                yield line.number, found

    def first(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match, or None."""
        return next((found for _, found in self.find(pattern)), None)

    def has(self, pattern: re.Pattern[str]) -> bool:
        """Whether any line matches."""
        return self.first(pattern) is not None

    def wrong(self, line: int | None, found: str, expected: str) -> ParseError:
        """The error of a line that holds something else."""
        return ParseError(f"found {found}, expected {expected}", log=self.name, line=line)

    def missing(self, tool: str, line: str, after: int | None = None) -> ParseError:
        """The error of a log that ends, or goes on, without a line it needs."""
        where = "" if after is None else f" after line {after}"
        before = self.before_each_line()
        return ParseError(
            f"{tool}: there is no line `{line}`{where}; the log ends at line {self.end}",
            log=self.name,
            remedy="give the whole output of the tool"
            + (f", without the {before!r} before each of its lines" if before else ""),
        )

    def before_each_line(self) -> str:
        """What every line begins with and no tool of ours prints; empty where there is no such thing."""
        texts = [line.text for line in self.lines if line.text]
        shared = _shared(texts) if len(texts) >= _FEWEST_OF_A_SERVICE else ""
        found = _MARKED.match(shared)
        return found[0] if found else ""

    def failed(self, tool: str, line: int | None, said: str) -> ParseError:
        """The error of a log that tells of a failure instead of a number, and what is known of it."""
        meaning = failures.meaning("\n".join(item.text for item in self.lines))
        means = "" if meaning is None else f" ({meaning})"
        return ParseError(f"{tool} failed: {shown(said)}{means}", log=self.name, line=line)


def read(data: bytes | str, name: str = "log") -> Log:
    """The lines of `data` without colours, control characters and carriage returns.

    Bytes are UTF-8, UTF-16 with its mark, else GB 18030 (which every Chinese locale's output is).
    Full-width punctuation and digits become ASCII (NFKC), because Chinese pages and terminals mix them.
    """
    text = data if isinstance(data, str) else _decode(data)
    plain = _COLOURS.sub("", text).replace("\r\n", "\n")
    lines = [
        Line(number=number, text=unicodedata.normalize("NFKC", _UNSEEN.sub("", part[:LONGEST_LINE])).rstrip())
        for number, whole in enumerate(_bare(plain.split("\n")), 1)
        for part in whole.split("\r")
    ]
    while lines and not lines[-1].text:
        lines.pop()
    return Log(name=name, lines=tuple(lines))


def _shared(texts: list[str]) -> str:
    """What all of `texts` begin with: what the first and the last of them in order do."""
    low, high = min(texts), max(texts)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False)))
    return low[:same]


def _bare(lines: list[str]) -> Iterator[str]:
    """The lines without what was put before them: a service's name before most of them, then `_PREFIX`."""
    named = [_SERVICE.match(line) for line in lines]
    names = Counter(found[1] for found in named if found)
    name, count = names.most_common(1)[0] if names else ("", 0)
    of_service = count >= _FEWEST_OF_A_SERVICE and 2 * count > sum(1 for line in lines if line.strip())
    for line, found in zip(lines, named, strict=True):
        bare = line[found.end() :] if of_service and found and found[1] == name else line
        prefix = _PREFIX.match(bare)
        yield bare[prefix.end() :] if prefix else bare


def _decode(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def shown(text: str) -> str:
    """A line as messages show it, cut to a readable length."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 3]}..."


def number(log: Log, line: int, text: str, what: str) -> float:
    """`text` as a finite number of at least 0. Raises `ParseError` that names `what`."""
    found = re.fullmatch(NUMBER, text.strip(), re.ASCII)
    value = float(found[0]) if found else math.nan
    if not 0 <= value <= LARGEST:  # a NaN neither
        raise log.wrong(line, f"{what} {shown(text)!r}", "a number of at least 0")
    return value


def positive(log: Log, line: int, text: str, what: str) -> float:
    """`text` as a number above 0. Raises `ParseError` that names `what`."""
    value = number(log, line, text, what)
    if value < 1 / LARGEST:
        raise log.wrong(line, f"{what} {shown(text)!r}", "a number above 0")
    return value


def whole(log: Log, line: int, text: str, what: str) -> int:
    """`text` as a whole number of at least 0. Raises `ParseError` that names `what`."""
    value = number(log, line, text, what)
    if value != int(value):
        raise log.wrong(line, f"{what} {shown(text)!r}", "a whole number")
    return int(value)


def milliseconds(log: Log, line: int, text: str, what: str, unit: str = "ms") -> float:
    """A time such as ``12.93 ms``, ``155.431ms`` or ``812 us``; one without a unit is in `unit`."""
    value, a_second = _time(log, line, text, what, unit)
    return value / (a_second / 1e3) if a_second >= 1e3 else value * 1e3


def seconds(log: Log, line: int, text: str, what: str, unit: str = "s") -> float:
    """The same in seconds."""
    value, a_second = _time(log, line, text, what, unit)
    return value / a_second


def _time(log: Log, line: int, text: str, what: str, unit: str) -> tuple[float, float]:
    found = _QUANTITY.fullmatch(text.strip())
    a_second = _A_SECOND.get((found[2] or unit).lower()) if found else None
    if found is None or a_second is None:
        told = text if found is None or found[2] else f"{text.strip()} {unit}"
        raise log.wrong(line, f"{what} {shown(told)!r}", "a time such as 12.93 ms")
    return number(log, line, found[1], what), a_second


def batch(value: float) -> int | float:
    """A batch size: whole where it is."""
    return int(value) if value == int(value) else value
