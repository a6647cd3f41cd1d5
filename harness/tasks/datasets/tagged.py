"""Sentences of tagged words: lines grouped, tags held against their scheme, each fault named by its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import BadInput
from harness.tasks.datasets import Dataset
from harness.tasks.datasets.forms import Fault, fault
from harness.tasks.lines import TextFile, read_lines, shown
from harness.tasks.tags import OUTSIDE, Scheme, beginnings, plain_beginnings

_DOCUMENT = "-DOCSTART-"
_LINE = "correct the line"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedSentence:
    """Words and their tags, one for one, as they stand in the file; `line` is the first word's.

    `closed` says whether a blank line ends it: only the last one of a file can lack it, and a protocol
    may lose it then. `written` are the tags as the file has them, where the reader gives others.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    line: int
    closed: bool = True
    written: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def as_written(self) -> tuple[str, ...]:
        """The tags as the file has them."""
        return self.written or self.tags


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedDataset(Dataset[TaggedSentence]):
    """A data set of tagged sentences; `scheme` is the one that its tags follow."""

    scheme: Scheme


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What a line of a data set looks like, and what its tags may be."""

    name: str
    columns: tuple[str, ...]  # separated by one space; the first is the word, the last its tag
    types: tuple[str, ...]  # of entities: each makes a B- and an I- tag
    schemes: tuple[Scheme, ...]
    unit: str  # what the words are, in the counts of the data set's table
    remedy: str
    document: str | None = None  # the line between two documents
    one_character: bool = False  # words are single characters

    @property
    def tags(self) -> frozenset[str]:
        """Every tag a line may end with."""
        return frozenset({OUTSIDE, *(f"{prefix}-{kind}" for kind in self.types for prefix in "BI")})


def read(path: Path, spec: Format, *, expected: int | None) -> TaggedDataset:
    """Every sentence of `path`, in file order; `expected` is the documented count, None for any.

    Sentences are separated by blank lines, of which there may be several; line ends of Windows read as line
    feeds (`read_lines`). Raises `NotThere` for a missing
    file; `BadInput`, with the line, for what `read_lines` refuses, another number of columns, an empty
    word, an unknown tag, a document mark in another spelling or inside a sentence, tags that follow no
    scheme of `spec`, no sentence at all, and a count other than `expected`.
    """
    file = read_lines(path, remedy=spec.remedy)
    sentences = tuple(_sentences(file, spec))
    last = len(file.lines)
    if not sentences:
        raise BadInput("found no sentence", path=path, line=last, remedy=spec.remedy)
    if expected is not None and len(sentences) != expected:
        message = f"found {len(sentences)} sentences, expected {expected}"
        raise BadInput(message, path=path, line=last, remedy=spec.remedy)
    return TaggedDataset(
        name=spec.name,
        path=path,
        sha256=file.sha256,
        examples=sentences,
        counts={spec.unit: sum(len(sentence.words) for sentence in sentences)},
        scheme=_scheme(sentences, spec, path),
    )


def _sentences(file: TextFile, spec: Format) -> Iterator[TaggedSentence]:
    words: list[str] = []
    tags: list[str] = []
    known, width, number = spec.tags, len(spec.columns), 0
    for number, line in enumerate(file.lines, start=1):
        if line == "":
            if words:
                yield _sentence(words, tags, number - len(words), closed=True)
                words, tags = [], []
        elif spec.document is not None and line.startswith(_DOCUMENT):
            if line != spec.document and line.replace("\t", " ") == spec.document:
                kinds = [item.shared for item in _faults(file, spec, like=line)]
                raise fault(_fault(line, spec), number, kinds, path=file.path, remedy=spec.remedy)
            _check_document(line, number, spec, file.path, inside=bool(words))
        else:
            columns = line.split(" ")
            word, tag = columns[0], columns[-1]
            sound = len(columns) == width and tag in known
            if not sound or not word or (spec.one_character and len(word) != 1):
                kinds = [item.shared for item in _faults(file, spec, like=line)]
                raise fault(_fault(line, spec), number, kinds, path=file.path, remedy=spec.remedy)
            words.append(word)
            tags.append(tag)
    if words:
        yield _sentence(words, tags, number + 1 - len(words), closed=False)


def _sentence(words: list[str], tags: list[str], line: int, *, closed: bool) -> TaggedSentence:
    return TaggedSentence(words=tuple(words), tags=tuple(tags), line=line, closed=closed)


_SOUND = Fault(message="", remedy="", shared="", whole="")


def _faults(file: TextFile, spec: Format, *, like: str) -> Iterator[Fault]:
    """What is wrong with each row; with each line between sentences, where `like` is one of those."""
    for line in file.lines:
        if spec.document is not None and line.startswith(_DOCUMENT):
            continue
        if (not line.strip()) == (not like.strip()):
            yield _SOUND if line == "" else _fault(line, spec)


def _fault(line: str, spec: Format) -> Fault:
    """What is wrong with a line that is no row; nothing where it is one."""
    columns = line.split(" ")
    names = ", ".join(spec.columns)
    if len(columns) != len(spec.columns) or not line.strip():
        message = (
            f"found {len(columns)} column{'s' * (len(columns) != 1)} in {shown(line)}, expected "
            f"{names}, with one space between each two"
        )
        whole = f"{len(spec.columns)}: {names}, with one space between each two"
        return Fault(message=message, remedy=_LINE, shared=_columns(line, spec), whole=whole)
    if columns[-1] not in spec.tags:
        tags = ", ".join(sorted(spec.tags))
        message = f"found the tag {shown(columns[-1])}, expected one of {tags}"
        return Fault(message=message, remedy=_LINE, shared="ends with another tag", whole=f"the tags {tags}")
    if not columns[0] or (spec.one_character and len(columns[0]) != 1):
        what = "one character" if spec.one_character else "a word"
        message = f"found {shown(columns[0])} in the first column, expected {what}"
        shared = "has a first column of another length" if columns[0] else "has an empty first column"
        return Fault(message=message, remedy=_LINE, shared=shared, whole=f"{what} there")
    return _SOUND


def _columns(line: str, spec: Format) -> str:
    """In which way a line departs from the documented columns."""
    if not line.strip():
        return "between two sentences holds blanks"
    by_tabs = len(line.split("\t"))
    if by_tabs > 1:
        return f"has tabs between its {by_tabs} columns"
    count = len(line.split(" "))
    return f"has {count} column{'s' * (count != 1)}"


def _check_document(line: str, number: int, spec: Format, path: Path, *, inside: bool) -> None:
    """The original scripts skip one spelling of the mark and take any other for a sentence of one word."""
    if line != spec.document:
        message = f"found the document mark {shown(line)}, expected it spelt {shown(spec.document or '')}"
        raise BadInput(message, path=path, line=number, remedy=spec.remedy)
    if inside:
        message = "found a document mark inside a sentence, expected a blank line before it"
        raise BadInput(message, path=path, line=number, remedy="add the blank line")


def _scheme(sentences: Iterable[TaggedSentence], spec: Format, path: Path) -> Scheme:
    """The scheme of all tags together; where none begins an entity with ``I-``, it is IOB2."""
    marked: tuple[int, str] | None = None  # line and tag of the first B- that IOB1 would not write
    inner: tuple[int, str] | None = None  # of the first I- that IOB2 would not write
    for sentence in sentences:
        if marked is None and (at := next(plain_beginnings(sentence.tags), None)) is not None:
            marked = sentence.line + at, sentence.tags[at]
        if inner is None and (at := next(beginnings(sentence.tags), None)) is not None:
            inner = sentence.line + at, sentence.tags[at]
    if inner is None:
        return Scheme.IOB2
    line, tag = inner
    if marked is None and Scheme.IOB1 in spec.schemes:
        return Scheme.IOB1
    why = (
        f"the {marked[1]} on line {marked[0]} is IOB2's way to begin an entity"
        if marked is not None
        else "the tags have to follow IOB2"
    )
    message = f"found {tag} where no entity of its type goes on, expected B{tag[1:]}: {why}"
    raise BadInput(message, path=path, line=line, remedy="correct the tags, or use one scheme throughout")
