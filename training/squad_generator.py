"""Passages and questions made by a seed: there is no training split of SQuAD at hand.

A passage states facts about two or three subjects. Several have the same relation to other values, or another
relation of the same subject, so that a question is answered only by matching its words with the passage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.tasks.datasets.squad import Answer, QuestionExample
from training import squad_phrases as phrases
from training.squad_fillers import Fillers
from training.squad_phrases import Relation
from training.squad_relations import ASPECTS, RELATIONS, THINGS

BY_SUBJECT = {
    kind: tuple(relation for relation in RELATIONS if relation.subject == kind) for kind in phrases.SUBJECTS
}
MOST_FACTS = 3  # of a passage
DISTRACTED = 0.3  # share of passages with a sentence that answers nothing
ASPECT_SHARE = 0.35  # of facts whose noun is drawn anew
MARK = "\x00"  # stands at both ends of a value while a sentence is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A statement with its value marked, and the question it answers."""

    statement: str = field(repr=False)
    question: str


def generate(
    passages: int, seed: int, *, held_out: bool, most_facts: int = MOST_FACTS
) -> list[QuestionExample]:
    """Questions on `passages` passages: the same ones for the same numbers.

    A passage has from two to `most_facts` facts, and a question for each. Held-out passages have other
    invented names than those for training, whatever the seed.
    """
    fillers = Fillers(seed, held_out=held_out)
    return [
        example for number in range(passages) for example in _passage(fillers, f"{seed}-{number}", most_facts)
    ]


def _passage(fillers: Fillers, name: str, most_facts: int) -> Iterator[QuestionExample]:
    random = fillers.random
    facts = _facts(fillers, random.randint(2, most_facts))
    sentences: list[tuple[str, Fact | None]] = [(_sentence(fillers, fact.statement), fact) for fact in facts]
    if most_facts > 2 and random.random() < DISTRACTED:
        sentences.insert(random.randrange(len(sentences) + 1), (_distractor(fillers), None))
    context = " ".join(text for text, _ in sentences)
    parts = context.split(MARK)
    context = "".join(parts)
    asked = [fact for _, fact in sentences if fact is not None]
    for number in range(len(asked)):
        start = sum(len(part) for part in parts[: 2 * number + 1])
        yield QuestionExample(
            id=f"{name}-{number}",
            question=asked[number].question,
            context=context,
            answers=(Answer(text=parts[2 * number + 1], start=start),),
            where=f"{name}-{number}",
        )


def _facts(fillers: Fillers, wanted: int) -> list[Fact]:
    """`wanted` facts, no two with one subject and one question."""
    random = fillers.random
    kind = random.choice(tuple(phrases.SUBJECTS))
    kinds = [kind, kind if random.random() < 0.7 else random.choice(tuple(phrases.SUBJECTS))]
    subjects = [(each, fillers.subject(each)) for each in kinds]
    chosen: list[tuple[str, str, Relation]] = []  # subject, aspect, relation
    while len(chosen) < wanted:
        each, subject = random.choice(subjects)
        fact = _again(fillers, chosen, each, subject) or _another(fillers, each, subject)
        if fact not in chosen and not _ambiguous(fact, chosen):
            chosen.append(fact)
    return [_fact(fillers, *item) for item in chosen]


def _again(
    fillers: Fillers, chosen: Sequence[tuple[str, str, Relation]], kind: str, subject: str
) -> tuple[str, str, Relation] | None:
    """Half of the time, a relation that the passage has of another subject."""
    others = [item for item in chosen if item[0] != subject and item[2].subject in (kind, "any")]
    if not others or fillers.random.random() < 0.5:
        return None
    _, aspect, relation = fillers.random.choice(others)
    return subject, aspect, relation


def _another(fillers: Fillers, kind: str, subject: str) -> tuple[str, str, Relation]:
    if kind in THINGS and fillers.random.random() < ASPECT_SHARE:
        noun, relation = fillers.random.choice(ASPECTS)
        return subject, fillers.aspect(noun), relation
    return subject, "", fillers.random.choice(BY_SUBJECT[kind])


def _ambiguous(fact: tuple[str, str, Relation], chosen: Sequence[tuple[str, str, Relation]]) -> bool:
    """Whether the subject has another fact of the same kind of value and noun, which might be meant."""
    return any(
        fact[0] == other[0] and fact[1] == other[1] and fact[2].value == other[2].value for other in chosen
    )


def _fact(fillers: Fillers, subject: str, aspect: str, relation: Relation) -> Fact:
    random = fillers.random
    words = {"s": subject, "a": aspect}
    value = fillers.draw(relation.value)
    statement = random.choice(relation.statements).format(**words, v=f"{MARK}{value}{MARK}")
    return Fact(statement=statement, question=random.choice(relation.questions).format(**words))


def _sentence(fillers: Fillers, statement: str) -> str:
    random = fillers.random
    opener = random.choice(phrases.OPENERS) if random.random() < 0.15 else ""
    closer = random.choice(phrases.CLOSERS) if random.random() < 0.15 else ""
    text = f"{opener}{statement}{closer}."
    at = 1 if text.startswith(MARK) else 0
    return text[:at] + text[at].upper() + text[at + 1 :]


def _distractor(fillers: Fillers) -> str:
    subject = fillers.subject(fillers.random.choice(THINGS))
    text = fillers.random.choice(phrases.FILLERS).format(
        s=subject, year=fillers.year(), place=fillers.place(), person=fillers.person()
    )
    return text[0].upper() + text[1:]
