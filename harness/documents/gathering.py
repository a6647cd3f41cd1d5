"""The claims of many READMEs, or of the catalog: gathered, chosen among, and counted by folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath

from harness.documents.asking import meant
from harness.documents.claims import of_catalog, of_reading
from harness.documents.lacking import Lacking
from harness.documents.many import File, Unreadable, each, readmes
from harness.documents.readme import blocks
from harness.documents.readme.understand import understand
from harness.documents.readme.words import Vocabulary
from harness.domain.catalog import Catalog
from harness.domain.documented import DocumentedClaim
from harness.domain.words import WordKind
from harness.errors import BadInput, UsageError
from harness.setting.home import Home

SHOWN = 20  # words of a filter that a refusal lists
BEST = "best"  # the batch size of a claim that tells no other
_SPELLED = {  # which documents spell in several ways
    "model": WordKind.MODEL,
    "chip": WordKind.CHIP,
    "metric": WordKind.METRIC,
    "precision": WordKind.PRECISION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """One thing of a README that was not read: where, what, and why."""

    file: str
    line: int
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: not read: {self.what}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The claims of READMEs or of the catalog, in their order, and what was not read beside them."""

    claims: tuple[DocumentedClaim, ...]
    unread: tuple[Unread, ...] = ()
    broken: tuple[Unread, ...] = ()  # files that are no text, or cannot be opened
    readmes: int = 0  # 0: the claims are of the catalog's tables


def gather(paths: Sequence[Path], catalog: Catalog, home: Home, jobs: int = 1) -> Gathered:
    """Every claim of the READMEs in `paths`, read by at most `jobs` processes, or of the catalog without any.

    A README that cannot be read is told among the `broken`, and is not the end of it. Raises `UsageError` for
    a path that is not there.
    """
    lacking = Lacking(catalog, home)
    if not paths:
        return Gathered(claims=tuple(map(lacking.of, of_catalog(catalog))))
    made = each(partial(_gathered, lacking=lacking, catalog=catalog), readmes(paths), jobs)
    return Gathered(
        claims=tuple(claim for item in made for claim in item.claims),
        unread=tuple(note for item in made for note in item.unread),
        broken=tuple(note for item in made for note in item.broken),
        readmes=len(made),
    )


def _gathered(file: File, *, lacking: Lacking, catalog: Catalog) -> Gathered:
    """The claims of one README."""
    path, shown = file
    try:
        reading = understand(blocks.read(path, shown), catalog)
    except (BadInput, OSError) as problem:
        said = Unreadable.of(problem)
        broken = Unread(file=shown, line=said.line, what="the file", why=said.why)
        return Gathered(claims=(), broken=(broken,), readmes=1)
    unread = tuple(
        Unread(file=shown, line=max(note.line, 1), what=note.what, why=note.why) for note in reading.unread
    )
    return Gathered(claims=tuple(map(lacking.of, of_reading(reading))), unread=unread, readmes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which claims are asked for: those that have a word of each filter. An empty filter asks for all."""

    models: tuple[str, ...] = ()
    chips: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    batch_sizes: tuple[str, ...] = ()  # digits, or `BEST`

    def of(self, claims: Sequence[DocumentedClaim], words: Vocabulary) -> tuple[DocumentedClaim, ...]:
        """The claims that are asked for, by our names or by `words`, the documents' own: ``310P``, ``时延``.

        Raises `UsageError` for a word that no claim has, with those that there are.
        """
        filters: tuple[tuple[str, Sequence[str], Callable[[DocumentedClaim], set[str | None]]], ...] = (
            ("model", self.models, _models),
            ("chip", self.chips, lambda claim: {*(claim.ratio or (claim.chip,))}),
            ("metric", self.metrics, lambda claim: {claim.metric, claim.called or None}),
            ("precision", self.precisions, lambda claim: {claim.precision}),
            ("role", self.roles, lambda claim: {claim.role}),
            ("batch size", self.batch_sizes, _batch_size),
        )
        chosen = tuple(claims)
        for kind, asked, of_claim in filters:
            if asked:
                there = Counter(word for claim in claims for word in of_claim(claim) if word)
                names = {name for word in asked for name in _meant(kind, word, there, words)}
                chosen = tuple(claim for claim in chosen if of_claim(claim) & names)
        return chosen


def _models(claim: DocumentedClaim) -> set[str | None]:
    """What a claim's model is called: its folder's name, and the one that its table gives it."""
    return {claim.model, *filter(None, (claim.variant, *claim.variant.split(", ")))}


def _batch_size(claim: DocumentedClaim) -> set[str | None]:
    if claim.best:
        return {BEST}
    return set() if claim.batch_size is None else {str(claim.batch_size)}


def _meant(kind: str, word: str, there: Mapping[str, int], words: Vocabulary) -> frozenset[str]:
    """What `word` is called by claims.

    Raises `UsageError` for a word that no claim has, with those that there are, the most frequent first.
    """
    if found := meant(word, there, _SPELLED.get(kind), words):
        return found
    known = [item for item, _ in Counter(there).most_common()]
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    listed = f"there are {', '.join(known[:SHOWN])}{more}" if known else "no claim here tells one"
    spelled = words.is_whole(word, _SPELLED[kind]) if kind in _SPELLED else None
    also = f" (which is {spelled})" if spelled not in (None, word) else ""
    raise UsageError(f"no claim is of the {kind} {word!r}{also}; {listed}")


def folders(claims: Sequence[DocumentedClaim]) -> Callable[[DocumentedClaim], str]:
    """By what a claim is counted: the first folder below the one of all READMEs, else its document."""
    files = {claim.place.file for claim in claims if claim.place.file}
    parents = [str(PurePath(file).parent) for file in files]
    root = os.path.commonpath(parents) if parents else ""

    def of(claim: DocumentedClaim) -> str:
        if not claim.place.file:
            return claim.place.document
        below = PurePath(os.path.relpath(claim.place.file, root or ".")).parts
        return below[0] if len(below) > 1 else PurePath(root).name or "."

    return of


def lines(gathered: Gathered) -> Iterator[str]:
    """What was not read, a line each, those that could not be read at all first."""
    yield from map(str, (*gathered.broken, *gathered.unread))
