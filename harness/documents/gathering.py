"""The claims of many READMEs, or of the catalog: gathered, chosen among, and counted by folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from harness.documents.audit.tree import readmes
from harness.documents.claims import of_catalog, of_reading
from harness.documents.lacking import Lacking
from harness.documents.readme import blocks
from harness.documents.readme.understand import understand
from harness.domain.catalog import Catalog
from harness.domain.documented import DocumentedClaim
from harness.errors import BadInput, UsageError
from harness.setting.home import Home

SHOWN = 20  # words of a filter that a refusal lists


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


def gather(paths: Sequence[Path], catalog: Catalog, home: Home) -> Gathered:
    """Every claim of the READMEs in `paths`, or of the catalog where there are none.

    A README that cannot be read is told among the `broken`, and is not the end of it. Raises `UsageError` for
    a path that is not there.
    """
    lacking = Lacking(catalog, home)
    if not paths:
        return Gathered(claims=tuple(map(lacking.of, of_catalog(catalog))))
    claims, unread, broken, count = list[DocumentedClaim](), list[Unread](), list[Unread](), 0
    for path, shown in readmes(paths):
        count += 1
        try:
            reading = understand(blocks.read(path, shown), catalog)
        except (BadInput, OSError) as problem:
            line = problem.line if isinstance(problem, BadInput) and problem.line else 1
            said = str(problem) if isinstance(problem, BadInput) else problem.strerror or str(problem)
            broken.append(Unread(file=shown, line=line, what="the file", why=said))
            continue
        claims += map(lacking.of, of_reading(reading))
        unread += (
            Unread(file=shown, line=max(note.line, 1), what=note.what, why=note.why)
            for note in reading.unread
        )
    return Gathered(claims=tuple(claims), unread=tuple(unread), broken=tuple(broken), readmes=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which claims are asked for: those that have one of each filter's words. An empty filter asks for all."""

    models: tuple[str, ...] = ()
    chips: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    batch_sizes: tuple[int, ...] = ()

    def of(self, claims: Sequence[DocumentedClaim]) -> tuple[DocumentedClaim, ...]:
        """The claims that are asked for. Raises `UsageError` for a word that no claim has, with what there is."""
        filters: tuple[tuple[str, tuple[object, ...], Callable[[DocumentedClaim], set[object]]], ...] = (
            ("model", self.models, lambda claim: {claim.model}),
            ("chip", self.chips, lambda claim: set(claim.ratio or (claim.chip,)) - {None}),
            ("metric", self.metrics, lambda claim: {claim.metric, claim.called} - {""}),
            ("precision", self.precisions, lambda claim: {claim.precision} - {None}),
            ("role", self.roles, lambda claim: {claim.role}),
            ("batch size", self.batch_sizes, lambda claim: {claim.batch_size} - {None}),
        )
        chosen = tuple(claims)
        for kind, words, of_claim in filters:
            if words:
                _require(kind, words, Counter(word for claim in claims for word in of_claim(claim)))
                chosen = tuple(claim for claim in chosen if of_claim(claim) & set(words))
        return chosen


def _require(kind: str, words: Iterable[object], there: Mapping[object, int]) -> None:
    """Raise `UsageError` for words that no claim has, with those that there are, the most frequent first."""
    for word in words:
        if word not in there:
            known = [str(item) for item, _ in Counter(there).most_common()]
            more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
            listed = f"there are {', '.join(known[:SHOWN])}{more}" if known else "no claim here tells one"
            raise UsageError(f"no claim is of the {kind} {str(word)!r}; {listed}")


@dataclass(slots=True)
class Tally:
    """What the claims of one folder, or of one document of the catalog, come to."""

    name: str
    claims: int = 0
    documents: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    runs: int = 0
    lacks: Counter[str] = field(default_factory=Counter)


def tallies(claims: Iterable[DocumentedClaim], of: Callable[[DocumentedClaim], str]) -> list[Tally]:
    """The claims counted by what `of` says of each, in their order."""
    found: dict[str, Tally] = {}
    for claim in claims:
        tally = found.setdefault(of(claim), Tally(name=of(claim)))
        tally.claims += 1
        tally.documents.add(claim.place.file or claim.place.document)
        tally.models.add(claim.model)
        tally.runs += bool(claim.runs)
        tally.lacks.update({need.what.value for need in claim.lacks})
    return list(found.values())


def folders(claims: Sequence[DocumentedClaim]) -> Callable[[DocumentedClaim], str]:
    """By which folder a claim is counted: the first below the one that all READMEs lie in, else the document."""
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
