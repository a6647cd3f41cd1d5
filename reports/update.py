"""A marked block of a README, replaced by its document's tables; every other byte of the file stays.

    <!-- zoocheck:begin ascend-tinybert -->
    <!-- zoocheck:end -->

``lang=en`` or ``lang=zh`` behind the name fixes the block's language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.domain.catalog import Catalog
from harness.domain.documents import Document
from harness.errors import BadInput
from harness.files import put
from reports import readme
from reports.language import Language

if TYPE_CHECKING:
    from harness.store.results import Result

_BEGIN = re.compile(r"\s*<!--\s*zoocheck:begin\s+(?P<name>[^\s]+)(?:\s+lang=(?P<lang>\w+))?\s*-->\s*")
_END = re.compile(r"\s*<!--\s*zoocheck:end\s*-->\s*")
_ANY = re.compile(r"\s*<!--\s*zoocheck:")
_FENCE = re.compile(r"\s*(?P<ticks>`{3,}|~{3,})")
REMEDY = "put `<!-- zoocheck:begin ascend-tinybert -->` and `<!-- zoocheck:end -->` on lines of their own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A marked block: its first and last line by number, which are kept, and what stands between."""

    begin: int
    end: int
    document: Document
    language: Language | None


def update(
    path: Path, catalog: Catalog, results: Sequence[Result], language: Language | None = None
) -> list[str]:
    """Replace every marked block of the README at `path`; returns the documents' names, one a block.

    A block's own ``lang`` wins over `language`. The file is written in one step, and only where something
    changed. Raises `BadInput`, with the line, where there is no block, one without an end or in another,
    or one of a document or language that is not known; the file is untouched then.
    """
    path = path.resolve()  # of a link the file that it leads to
    before = path.read_bytes()
    try:
        text = before.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadInput(f"found no UTF-8: {problem.reason}", path=path) from problem
    lines = text.splitlines(keepends=True)
    blocks = find(path, lines, catalog)
    for block in reversed(blocks):
        rendered = readme.render(catalog, block.document, results, block.language or language)
        newline = "\r\n" if lines[block.begin].endswith("\r\n") else "\n"
        lines[block.begin + 1 : block.end] = [line + newline for line in rendered.splitlines()]
    after = "".join(lines)
    if after.encode("utf-8") != before:
        put(path, [after])
    return [block.document.name for block in blocks]


def find(path: Path, lines: Sequence[str], catalog: Catalog) -> list[Block]:
    """The marked blocks of a README, in order. Marks inside a fence that no mark begins are examples."""
    found: list[Block] = []
    fence, opened = "", None
    for number, line in enumerate(lines):
        ticks = _FENCE.match(line)
        if opened is None and ticks and (not fence or ticks["ticks"].startswith(fence)):
            fence = "" if fence else ticks["ticks"]
        if fence or not _ANY.match(line):
            continue
        begin = _BEGIN.fullmatch(line)
        if begin and opened is None:
            opened = (number, *_meant(path, number, begin, catalog))
        elif _END.fullmatch(line) and opened is not None:
            found.append(Block(begin=opened[0], end=number, document=opened[1], language=opened[2]))
            opened = None
        else:
            raise BadInput(f"found {line.strip()!r} out of place", path=path, line=number + 1, remedy=REMEDY)
    if opened is not None:
        raise BadInput(
            "found a block that nothing ends",
            path=path,
            line=opened[0] + 1,
            remedy="put `<!-- zoocheck:end -->`",
        )
    if not found:
        raise BadInput("found no marked block", path=path, line=1, remedy=REMEDY)
    return found


def _meant(
    path: Path, number: int, begin: re.Match[str], catalog: Catalog
) -> tuple[Document, Language | None]:
    document, language = catalog.documents.get(begin["name"]), begin["lang"]
    if document is None:
        known = ", ".join(catalog.documents)
        raise BadInput(
            f"found no document {begin['name']!r}", path=path, line=number + 1, remedy=f"take one of {known}"
        )
    if language is not None and language not in list(Language):
        raise BadInput(f"found language {language!r}", path=path, line=number + 1, remedy="take zh or en")
    return document, None if language is None else Language(language)
