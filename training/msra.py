"""MSRA's entity corpus (``msra_test_bio.txt``): a character, a tab and its tag on each line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from harness.errors import BadInput
from harness.tasks.datasets.peoples_daily import FORMAT
from harness.tasks.datasets.tagged import TaggedSentence
from harness.tasks.lines import read_lines, shown

REMEDY = "put msra_test_bio.txt there, unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The sentences of a file; `sha256` is of its bytes. Tags are People's Daily's: LOC, ORG, PER."""

    examples: tuple[TaggedSentence, ...]
    sha256: str


def read(path: Path, *, expected: int | None = None) -> Corpus:
    """Every sentence of `path`, which blank lines part.

    Raises `NotThere` for a missing file; `BadInput`, with the line, for a line that is not a character and
    a tag that People's Daily has too, and for another number of sentences than `expected`.
    """
    file = read_lines(path, remedy=REMEDY)
    sentences = []
    for blank, group in groupby(enumerate(file.lines, start=1), key=lambda item: not item[1]):
        if blank:
            continue
        lines = list(group)
        rows = [_row(line, number, path) for number, line in lines]
        words, tags = zip(*rows, strict=True)
        sentences.append(TaggedSentence(words=words, tags=tags, line=lines[0][0]))
    if expected is not None and len(sentences) != expected:
        raise BadInput(f"found {len(sentences)} sentences, expected {expected}", path=path, remedy=REMEDY)
    return Corpus(examples=tuple(sentences), sha256=file.sha256)


def _row(line: str, number: int, path: Path) -> tuple[str, str]:
    word, _, tag = line.partition("\t")
    if len(word) != 1 or tag not in FORMAT.tags:
        message = f"found {shown(line)}, expected a character, a tab and a tag of {', '.join(FORMAT.types)}"
        raise BadInput(message, path=path, line=number, remedy=REMEDY)
    return word, tag
