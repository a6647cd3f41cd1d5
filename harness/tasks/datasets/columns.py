"""Words with tags, one a line, sentences parted by blank lines: as CoNLL's files, with any tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from harness.domain.datasets import Examples
from harness.domain.strict import STRICT
from harness.errors import BadInput
from harness.tasks.datasets import Dataset, rows
from harness.tasks.datasets.examples import NoExample, label_name
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.lines import read_lines, shown
from harness.tasks.options import Fault
from harness.tasks.tags import (
    Scheme,
    beginnings,
    bioes_breaks,
    from_bioes,
    iob2,
    of_one_type,
    plain_beginnings,
)

_PREFIXED = re.compile(r"[BIES]-\S+")
_ENTITIES = re.compile(r"O|[BIES](-\S+)?")
_REMEDY = "correct the tags, or say by scheme in its table which they follow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which column is the word and which the tag, what parts them, and which lines are none of both.

    Places are from 0, or from the end: -1 is the last. Tags are IOB1, IOB2 (also called BIO), BIOES or plain;
    where `scheme` does not say which, they themselves do.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    word: int = 0
    tag: int = -1
    separator: str = ""  # empty: any white space
    comment: str = ""  # what a line begins with that is none; empty: no line
    document: str = "-DOCSTART-"  # what a line begins with that parts documents
    scheme: Scheme | None = None
    labels: tuple[str, ...] | dict[str, str] = ()  # what its tags are called, as for other readers

    def faults(self) -> Iterator[Fault]:
        """One column for both."""
        if self.word == self.tag:
            yield "options.tag", str(self.tag), f"another column than the word's, {self.word}"


def gives(options: Options) -> Examples:
    """What the examples are."""
    return Examples.WORDS


def read(path: Path, *, expected: int | None, options: Options) -> Dataset[Any]:
    """Every sentence of `path`, in file order, with its tags as IOB2, or as they are where they are plain.

    `expected` is how many there have to be, None for any. Raises `NotThere` for a missing file; `BadInput`,
    with the line, for what `read_lines` refuses, lines of another number of columns, an empty word, a tag
    that follows no scheme, or not the one that is told, no sentence, and a count other than `expected`.
    """
    file = read_lines(path, remedy=rows.REMEDY)
    kept = [(number, line) for number, line in enumerate(file.lines, start=1) if _counts(line, options)]
    filled = [(number, _parts(line, options)) for number, line in kept if line.strip()]
    width = len(filled[0][1]) if filled else 0

    def word(parts: Sequence[str], number: int) -> tuple[str, str]:
        return _word(parts, width, options)

    read_words = rows.gather(filled, word, path=path)
    found = dict(zip([number for number, _ in filled], read_words, strict=True))
    sentences = tuple(_sentences([number for number, _ in kept], found))
    in_scheme = _in_iob2(sentences, options.scheme, path)
    return rows.dataset("columns", path, file.sha256, in_scheme, expected=expected, last=len(file.lines))


def _counts(line: str, options: Options) -> bool:
    """Whether a line is a word or the end of a sentence."""
    marks = [mark for mark in (options.comment, options.document) if mark]
    return not any(line.startswith(mark) for mark in marks)


def _parts(line: str, options: Options) -> list[str]:
    return line.split(options.separator) if options.separator else line.split()


def _word(parts: Sequence[str], width: int, options: Options) -> tuple[str, str]:
    count = len(parts)
    if count != width:
        several = f"{count} column{'s' * (count != 1)}"
        raise NoExample(
            f"{several} in {shown(' | '.join(parts))}", f"{width} as in the first row", f"has {several}"
        )
    for name, place in (("word", options.word), ("tag", options.tag)):
        if not -width <= place < width:
            raise NoExample(
                f"{width} column{'s' * (width != 1)} in {shown(' | '.join(parts))}",
                f"the {name} in column {place}", f"has no column {place}",
            )  # fmt: skip
    if options.word % width == options.tag % width:
        raise NoExample("one column", "a word and its tag", "has one column")
    word, tag = parts[options.word], parts[options.tag]
    if not word:
        raise NoExample("an empty word", "a word", "has an empty word")
    return word, label_name(tag, "the tag's column", options.labels)


def _sentences(numbers: Sequence[int], words: dict[int, tuple[str, str]]) -> Iterator[TaggedSentence]:
    begun: list[int] = []
    for number in numbers:
        if number in words:
            begun.append(number)
        elif begun:
            yield _sentence(begun, words, closed=True)
            begun = []
    if begun:
        yield _sentence(begun, words, closed=False)


def _sentence(lines: Sequence[int], words: dict[int, tuple[str, str]], *, closed: bool) -> TaggedSentence:
    of_it = [words[line] for line in lines]
    return TaggedSentence(
        words=tuple(word for word, _ in of_it), tags=tuple(tag for _, tag in of_it), line=lines[0],
        closed=closed,
    )  # fmt: skip


def _in_iob2(
    sentences: Sequence[TaggedSentence], told: Scheme | None, path: Path
) -> tuple[TaggedSentence, ...]:
    """The sentences with tags as IOB2, unless they are plain."""
    scheme = told or _found(sentences)
    if scheme is Scheme.PLAIN:
        return tuple(sentences)
    for sentence in sentences:
        wrong = next((tag for tag in sentence.tags if not _ENTITIES.fullmatch(tag)), None)
        if wrong is not None:
            message = f"found the tag {shown(wrong)}, expected O, or B-, I- and a type: {scheme}"
            raise BadInput(message, path=path, line=sentence.line, remedy=_REMEDY)
    changed, breaks = _SCHEMES[scheme]
    for sentence in sentences:
        at = next(iter(breaks(sentence.tags)), None)
        if at is not None:
            before = sentence.tags[at - 1] if at else "the beginning of the sentence"
            message = f"found {sentence.tags[at]} behind {before}, expected tags of {scheme}"
            raise BadInput(message, path=path, line=sentence.line + at, remedy=_REMEDY)
    return tuple(
        replace(sentence, tags=changed(sentence.tags), written=sentence.tags) for sentence in sentences
    )


_Tags = Sequence[str]


def _bio_breaks(tags: _Tags) -> Iterator[int]:
    """Where a tag breaks IOB2: an ``I-`` that begins an entity, an ``E-`` or an ``S-``."""
    yield from sorted({*beginnings(tags), *(at for at, tag in enumerate(tags) if tag[0] in "ES")})


def _iob1_breaks(tags: _Tags) -> Iterator[int]:
    yield from sorted({*plain_beginnings(tags), *(at for at, tag in enumerate(tags) if tag[0] in "ES")})


_SCHEMES: dict[Scheme, tuple[Callable[[_Tags], tuple[str, ...]], Callable[[_Tags], Iterator[int]]]] = {
    Scheme.IOB2: (tuple, _bio_breaks),
    Scheme.IOB1: (iob2, _iob1_breaks),
    Scheme.BIOES: (from_bioes, bioes_breaks),
}


def _found(sentences: Sequence[TaggedSentence]) -> Scheme:
    """The scheme that the tags show."""
    tags = {tag for sentence in sentences for tag in sentence.tags}
    prefixes = {tag[0] for tag in tags if _PREFIXED.fullmatch(tag)}
    if of_one_type(tags):
        return Scheme.BIOES if tags & {"E", "S"} else Scheme.IOB2
    if not prefixes & {"B", "I"}:
        return Scheme.PLAIN if not prefixes else Scheme.BIOES
    if prefixes & {"E", "S"}:
        return Scheme.BIOES
    begins = any(next(beginnings(sentence.tags), None) is not None for sentence in sentences)
    plain = any(next(plain_beginnings(sentence.tags), None) is not None for sentence in sentences)
    return Scheme.IOB1 if begins and not plain else Scheme.IOB2
