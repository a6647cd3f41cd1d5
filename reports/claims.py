"""Documented values of a zoo as one page: what is claimed, where, and what each claim lacks to be run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from harness.domain.documented import DocumentedClaim, Lack
from reports.html import environment
from reports.language import Both, Language, joined, say
from reports.numbers import NOTHING
from reports.view import Fact

MOST = 200  # rows that are shown at a time, where scripts run
REASONS = 40  # sentences told of one kind of lack; of more, how many
COLUMNS = (
    ("model", False), ("chip", False), ("batch size", True), ("computed in", False), ("metric", False),
    ("documented", True), ("role", False), ("settings", False), ("runs, or lacks", False), ("place", False),
)  # fmt: skip
# What keeps a claim from being run, in a word and in a sentence.
WORDS = {
    Lack.MODEL: (say("model"), say("Only a name is known: a graph or a checkpoint makes a model of it.")),
    Lack.MEASURED: (say("measurement"), say("Not measured by itself: a baseline, a ratio or a fact.")),
    Lack.METRIC: (say("metric"), say("No task here computes it, or no suite measures it.")),
    Lack.CHIP: (say("chip"), say("The document names none.")),
    Lack.DRIVER: (say("driver"), say("Nothing drives what it was measured on, here or on this machine.")),
    Lack.CASE: (say("case"), say("No case has its batch size, precision or settings.")),
    Lack.DATA: (say("data"), say("Its data set is not here.")),
    Lack.WEIGHTS: (say("weights"), say("Its checkpoint or graph is not here.")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What the claims of one folder, or of one document, come to."""

    name: str
    claims: int
    documents: int
    models: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One claim in one row."""

    claim: DocumentedClaim
    group: str
    place: str
    state: str  # "runs", "case" where this machine lacks something for it, else the first thing it lacks
    lacks: Both


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """The sentences of one kind of lack, each with how many claims it is said of, the most frequent first."""

    word: Both
    meaning: Both
    claims: int
    sentences: tuple[tuple[str, int], ...]
    more: int  # sentences that are not told


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page."""

    headline: Both
    tiles: tuple[Fact, ...]
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    reasons: tuple[Reasons, ...]
    root: str  # the folder that places are told from; empty of the catalog's

    @property
    def filters(self) -> tuple[tuple[str, Both, tuple[Fact, ...]], ...]:
        """What rows can be filtered by: a name, its title, and the values that there are, most first."""
        found = (
            ("folder", say("folder"), Counter(row.group for row in self.rows)),
            ("chip", say("chip"), Counter(row.claim.measured_on for row in self.rows)),
            ("metric", say("metric"), Counter(row.claim.metric for row in self.rows)),
            ("role", say("role"), Counter(row.claim.role for row in self.rows)),
            ("state", say("runs, or lacks"), Counter(row.state for row in self.rows)),
        )
        return tuple(
            (name, title, tuple((value, state_words(value) if name == "state" else say(value))
                                for value, _ in counted.most_common() if value))
            for name, title, counted in found
        )  # fmt: skip


def state_words(state: str) -> Both:
    """A row's state in words."""
    if state == "runs":
        return say("runs here")
    if state == "case":
        return say("has a case")
    return say("lacks: {what}", what=WORDS[Lack(state)][0])


def build(claims: Sequence[tuple[DocumentedClaim, str]], *, readmes: int, unread: int) -> Page:
    """The page of these claims, each with the folder or document that it is counted under."""
    alone = [claim for claim, _ in claims]
    root = _root(alone)
    rows = tuple(_row(claim, group, root) for claim, group in claims)
    models = len({claim.model for claim in alone})
    runs = sum(bool(claim.runs) for claim in alone)
    documents = readmes or len({claim.place.document for claim in alone})
    return Page(
        headline=say(
            "{claims} documented values of {models} models in {documents} documents; {runs} have a case that "
            "measures them.", claims=len(alone), models=models, documents=documents, runs=runs,
        ),
        tiles=(
            (say("documented values"), str(len(alone))),
            (say("models"), str(models)),
            (say("documents"), str(documents)),
            (say("have a case"), str(runs)),
            (say("things not read"), str(unread)),
        ),
        groups=tuple(_groups(claims)),
        rows=rows,
        reasons=tuple(_reasons(alone)),
        root=root,
    )  # fmt: skip


def render(
    claims: Sequence[tuple[DocumentedClaim, str]],
    *,
    readmes: int,
    unread: int,
    language: Language = Language.ENGLISH,
) -> str:
    """The whole page, which opens in `language`: nothing in it is from outside, all of it is escaped.

    `readmes` is how many were read (0: the claims are the catalog's), `unread` how many things were not.
    """
    page = build(claims, readmes=readmes, unread=unread)
    made = environment()
    return made.get_template("claims.html.j2").render(
        page=page, language=language, heads=COLUMNS, most=MOST, NOTHING=NOTHING
    )


def _root(claims: Iterable[DocumentedClaim]) -> str:
    """The folder that all READMEs lie in."""
    parents = {str(PurePath(claim.place.file).parent) for claim in claims if claim.place.file}
    return os.path.commonpath(parents) if parents else ""


def _row(claim: DocumentedClaim, group: str, root: str) -> Row:
    place = str(claim.place)
    if claim.place.file:
        place = f"{os.path.relpath(claim.place.file, root or '.')}:{claim.place.line}"
    kinds = list(dict.fromkeys(need.what for need in claim.lacks))
    state = "case" if claim.runs and kinds else "runs" if claim.runs else str(kinds[0] if kinds else "case")
    return Row(
        claim=claim, group=group, place=place, state=state,
        lacks=say("lacks: {what}", what=joined(say(", "), [WORDS[kind][0] for kind in kinds]))
        if kinds
        else Both("", ""),
    )  # fmt: skip


def _groups(claims: Iterable[tuple[DocumentedClaim, str]]) -> Iterator[Group]:
    found: dict[str, list[DocumentedClaim]] = {}
    for claim, group in claims:
        found.setdefault(group, []).append(claim)
    for name, members in found.items():
        yield Group(
            name=name,
            claims=len(members),
            documents=len({item.place.file or item.place.document for item in members}),
            models=len({item.model for item in members}),
            runs=sum(bool(item.runs) for item in members),
        )


def _reasons(claims: Iterable[DocumentedClaim]) -> Iterator[Reasons]:
    found: dict[Lack, Counter[str]] = {}
    of_claims: Counter[Lack] = Counter()
    for claim in claims:
        of_claims.update({need.what for need in claim.lacks})
        for need in claim.lacks:
            found.setdefault(need.what, Counter())[need.why] += 1
    for kind, (word, meaning) in WORDS.items():
        if kind in found:
            sentences = tuple(found[kind].most_common(REASONS))
            yield Reasons(
                word=word, meaning=meaning, claims=of_claims[kind], sentences=sentences,
                more=len(found[kind]) - len(sentences),
            )  # fmt: skip
