"""What READMEs print, read by eye (the lists of SETS), against what import-readme reads of them."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.documents.readme.reading import Note, ReadTable, Value
    from harness.domain.references import Reference

BESIDE = "beside"  # the role of numbers that are no results
NOT_SAID = "-"
# What a reading may say of a value that no column of the list is for: wrong, where the list does not have it.
STRICT = ("length", "shapes", "aoe", "streams")
WORDS = ("called", "variant", "dataset", "input", "shapes", "length", "chip", "model")
IDENTITY = ("metric", "called", "role", "ratio", "chip", "precision", "batch_size", "best", "length", "input",
            "shapes", "aoe", "streams", "dataset", "variant", "model")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """One list, and which READMEs it is of: so many of each zoo by a seed, none of an earlier list."""

    file: Path
    seed: int
    counts: Mapping[str, int]


def _list(name: str, seed: int, *, ascend: int, cambricon: int, vastai: int) -> ByHand:
    counts = {"ascend": ascend, "cambricon": cambricon, "vastai": vastai}
    return ByHand(file=Path(__file__).with_name(name), seed=seed, counts=counts)


# In the order in which they were made: each was read by eye when the reader was tuned on those before it.
SETS = {
    "first": _list("readmes_by_hand.tsv", 15, ascend=13, cambricon=3, vastai=4),
    "second": _list("readmes_by_hand_2.tsv", 16, ascend=10, cambricon=2, vastai=3),
    "third": _list("readmes_by_hand_3.tsv", 17, ascend=9, cambricon=3, vastai=3),
    "fourth": _list("readmes_by_hand_4.tsv", 18, ascend=9, cambricon=3, vastai=3),
}


@dataclass(frozen=True, kw_only=True)
class Printed:
    """One value that a README prints: what it is, each part with all that may be said in its place."""

    path: str
    line: int
    number: str
    metric: str
    called: str
    unit: str
    role: str
    chip: str
    batch: str
    precision: str
    setting: str
    about: str

    @property
    def is_result(self) -> bool:
        return self.role != BESIDE

    @property
    def settings(self) -> dict[str, tuple[str, ...]]:
        """What tells it apart from its neighbours."""
        return _pairs(self.setting)

    @property
    def facts(self) -> dict[str, tuple[str, ...]]:
        """What is true of it beside."""
        return _pairs(self.about)

    @property
    def known(self) -> set[str]:
        """What is known of it; of what only a variant's words say, everything may be."""
        return {*self.settings, *self.facts, *(STRICT if "variant" in self.settings else ())}

    @property
    def apart(self) -> tuple[str, ...]:
        """By what this value differs from others of its README, by hand."""
        return (self.metric, self.called, self.role, self.chip, self.batch, self.precision, self.setting)

    def __str__(self) -> str:
        said = [self.role, self.metric, self.called and f"({self.called})", self.unit]
        said += [f"{name} {item}" for name, item in (("chip", self.chip), ("batch", self.batch),
                 ("precision", self.precision)) if item != NOT_SAID]  # fmt: skip
        return " ".join(item for item in [*said, self.setting] if item)


def _pairs(text: str) -> dict[str, tuple[str, ...]]:
    parts = (item.strip().partition("=") for item in text.split(";") if item.strip())
    return {key: tuple(value.split("|")) for key, _, value in parts}


def printed(path: Path) -> dict[str, list[Printed]]:
    """The list, by README."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found = defaultdict(list)
    for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        found[row["path"]].append(Printed(**row | {"line": int(row["line"])}))
    return dict(found)


@dataclass(frozen=True, kw_only=True)
class Read:
    """One value as the tool reads it, with all that it says of it."""

    table: ReadTable
    value: Value

    @property
    def number(self) -> float:
        return _amount(self.value.number.printed)

    def said(self, key: str) -> str:
        """One part of its meaning as a text; empty where it is not said."""
        if key == "model":
            parts = (self.value.get("model"), getattr(self.table, "model", ""), self.value.part)
            return " ".join(str(item) for item in parts if item)
        item = self.value.get(key)
        if item is None or item is False:
            return ""
        return ":".join(item) if isinstance(item, tuple) else str(item)

    @property
    def identity(self) -> tuple[str, ...]:
        """By what the tool tells it from the README's other values."""
        return tuple(self.said(key) for key in IDENTITY)

    @property
    def place(self) -> tuple[int, int, int]:
        return self.value.line, self.value.column, getattr(self.value, "place", 0)

    @property
    def claim(self) -> tuple[str, str, str | None, int | None]:
        """By what it is found among the catalog's claims of the README."""
        get = self.value.get
        return self.value.number.printed, str(get("metric")), get("chip"), get("batch_size")

    @property
    def is_fact(self) -> bool:
        return self.said("role") == "fact"

    def __str__(self) -> str:
        keys = ("role", "metric", "called", "unit", "ratio", "chip", "batch_size", "precision", "length",
                "input", "shapes", "dataset", "variant", "model")  # fmt: skip
        return " ".join(f"{key}={self.said(key)}" for key in keys if self.said(key))


def _amount(number: str) -> float:
    return float(number.replace(",", ""))


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value that is not as by hand: of which kind, where, what is right, and what the tool says."""

    kind: str
    path: str
    line: int
    number: str
    right: str
    says: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.number}: {self.kind}: right is {self.right}; says {self.says}"


class Compared:
    """One README by hand and as it was read."""

    def __init__(
        self, path: str, values: Sequence[Printed], text: str, *, tables: Iterable[ReadTable],
        unread: Sequence[Note], claims: Iterable[Reference], refused: str,
    ) -> None:  # fmt: skip
        self.path = path
        self.refused = refused  # why the catalog does not take the import, where it does not
        self.claims = Counter((item.printed, str(item.metric), item.chip, item.batch_size) for item in claims)
        self.results = [item for item in values if item.is_result]
        self.beside = [item for item in values if not item.is_result]
        self.lines = text.split("\n")
        self.unread = unread
        read = [Read(table=table, value=value) for table in tables for value in table.values
                if value.number is not None]  # fmt: skip
        self.pairs, self.left = _matched(values, read)

    @cached_property
    def understood(self) -> list[tuple[Printed, Read]]:
        """The results that the tool reads, as what it reads them."""
        return [(item, self.pairs[item]) for item in self.results if item in self.pairs]

    @cached_property
    def read(self) -> list[tuple[Printed, Read]]:
        """Those of them that are claims of a catalog with the import's tables: what a user gets."""
        left, found = Counter(self.claims), []
        for item, read in self.understood:
            if left[read.claim] > 0:
                left[read.claim] -= 1
                found.append((item, read))
        return found

    @cached_property
    def unasked(self) -> list[Difference]:
        """What the tool reads as a result and is none."""
        wrong = [(item, "no result") for item in self.left if not item.is_fact]
        wrong += [(read, "a number beside results") for item, read in self.pairs.items()
                  if not item.is_result and not read.is_fact and read.said("metric") != "other"]  # fmt: skip
        return [Difference(kind="no result", path=self.path, line=item.value.line, says=str(item), right=why,
                           number=item.value.number.printed) for item, why in wrong]  # fmt: skip

    @cached_property
    def wrong(self) -> list[Difference]:
        """What is read, and not right: of each value every kind of error."""
        alike = defaultdict(set)
        for item, read in self.read:
            alike[read.identity].add(item.apart)
        found = []
        for item, read in self.read:
            kinds = list(_errors(item, read))
            if not kinds and len(alike[read.identity]) > 1:
                kinds = ["not told apart"]
            found += [Difference(kind=kind, path=self.path, line=item.line, number=item.number,
                                 right=str(item), says=str(read)) for kind in kinds]  # fmt: skip
        return found

    @property
    def right(self) -> int:
        """How many of those read are right in every part."""
        return len(self.read) - len({(item.line, item.number, item.right) for item in self.wrong})

    @cached_property
    def missed(self) -> list[Difference]:
        """What is not read: of each whether that is told."""
        read = {item for item, _ in self.read}
        missing = [item for item in self.results if item not in read]
        return [Difference(kind="not read, told" if why else "lost without a word", path=self.path,
                           line=item.line, number=item.number, right=str(item), says=why or "nothing")
                for item in missing for why in [self._told(item)]]  # fmt: skip

    @property
    def lost(self) -> list[Difference]:
        """What is neither read nor told."""
        return [item for item in self.missed if item.kind == "lost without a word"]

    def _told(self, item: Printed) -> str:
        """The note that tells that a value is not read; empty where none does.

        It stands at the value's line, or at the head or the title of its table, its block or its group of
        lines in one, and then is not one about another column.
        """
        if self.refused and item in self.pairs:
            return f"the import is not taken: {self.refused}"
        begins = _begins(self.lines, item.line)
        heads = {at for first in begins for at in (*_above(self.lines, first), first + 1)}
        for note in self.unread:
            near = note.line == item.line or note.line in heads
            if near and not self._of_another_column(note, item):
                return f"line {note.line}: {note.what}: {note.why}"
        return ""

    def _of_another_column(self, note: Note, item: Printed) -> bool:
        first = _begin(self.lines, item.line, lambda text: "|" in text)
        heads, cells = _cells(self.lines[first - 1]), _cells(self.lines[item.line - 1])
        named = re.search(r"column '(.+?)'", note.what)
        what = _bare(named[1] if named else note.what)
        about = [at for at, head in enumerate(heads) if head and _bare(head) == what]
        mine = [at for at, cell in enumerate(cells) if item.number in cell]
        return bool(about) and not set(about) & set(mine)


def _matched(values: Sequence[Printed], read: Sequence[Read]) -> tuple[dict[Printed, Read], list[Read]]:
    """Each printed value with the value read of the same line and the same number; and those read beside.

    Of several of one number in a line the first takes the first, unless another fits better.
    """
    left = sorted(read, key=lambda item: item.place)
    pairs: dict[Printed, Read] = {}
    for item in values:
        number = _amount(item.number)
        same = [other for other in left if other.value.line == item.line and other.number == number]
        if same:
            best = min(same, key=lambda other: len(list(_errors(item, other))))
            pairs[item] = best
            left.remove(best)
    return pairs, left


def _errors(item: Printed, read: Read) -> Iterator[str]:
    """In which parts a value is not as by hand."""
    chip = "ratio" if read.said("role") == "ratio" else "chip"
    asked = (("role", item.role, "role"), ("metric", item.metric, "metric"), ("value", item.unit, "unit"),
             ("chip", item.chip, chip), ("batch", item.batch, "batch_size"),
             ("precision", item.precision, "precision"))  # fmt: skip
    for kind, right, key in asked:
        if (read.said(key) or NOT_SAID) not in right.split("|"):
            yield kind
    words = _words(" ".join(read.said(key) for key in WORDS))
    named = read.said("metric") != "other" and "other" in item.metric.split(
        "|"
    )  # by the registry, not in words
    if not named and not _words(item.called) <= words:
        yield "called"
    if (
        not all(_has(read, key, allowed, words) for key, allowed in item.settings.items())
        or not all(_fits(read, key, allowed) for key, allowed in item.facts.items())
        or any(read.said(key) and key not in item.known for key in STRICT)
    ):
        yield "setting"


def _has(read: Read, key: str, allowed: Iterable[str], words: set[str]) -> bool:
    """Whether a value has a setting: by its key, or, of words, anywhere in what is said of it."""
    if key == "variant":
        return any(_words(item) <= words for item in allowed)
    return read.said(key) in allowed


def _fits(read: Read, key: str, allowed: Iterable[str]) -> bool:
    """Whether a value says nothing else than what is true of it."""
    said = _words(read.said(key))
    return key == "variant" or not said or any(said & _words(item) for item in allowed)


def _words(text: str) -> set[str]:
    """The letters and the numbers of a text, apart; a 0 tells nothing, and 0.50 is 0.5."""
    found = re.findall(r"[a-z]+|\d+|[^\W\d_a-z]", text.casefold())
    return {"5" if item == "50" else item for item in found} - {"0"}


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]


def _begins(lines: Sequence[str], line: int) -> Iterator[int]:
    """The first lines of what a line stands in: its table, its group of lines, its fenced block."""
    yield _begin(lines, line, lambda text: "|" in text)
    yield _begin(lines, line, lambda text: bool(text.strip()))
    fences = [at for at, text in enumerate(lines, 1) if text.lstrip().startswith(("```", "~~~"))]
    for begin, end in zip(fences[::2], fences[1::2], strict=False):
        if begin <= line <= end:
            yield begin


def _begin(lines: Sequence[str], line: int, belongs: Callable[[str], bool]) -> int:
    """The first of the lines up to `line` that belong together."""
    while line > 1 and belongs(lines[line - 1]) and belongs(lines[line - 2]):
        line -= 1
    return line


def _above(lines: Sequence[str], first: int) -> range:
    """From the title or caption above a table or a block to its first line."""
    above = first - 1
    while above > 1 and not lines[above - 1].strip():
        above -= 1
    return range(max(above, 1), first + 1)
