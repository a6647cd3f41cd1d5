"""What falls short or failed, at the top of a report: a row a reason, each told whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.domain.measurements import VerdictKind
from harness.setting.reproducing import without_ending
from reports import details, likeness
from reports.language import Both, Language, in_language
from reports.numbers import one_line
from reports.outcomes import Outcome
from reports.view import Place, Shortfall

LONGEST = 2000  # characters of a reason here, a screenful; the result's own detail has all of any
_ANY_CASE = "CASE"  # in a message of several cases, where each has its own name


def shortfalls(found: Sequence[Outcome], anchors: Mapping[str, str]) -> Iterator[Shortfall]:
    """What falls short, then what failed; where several say the same, one row with all their cases."""
    bad = [outcome for outcome in found if outcome.verdict is not None and not outcome.verdict.kind.good]
    alike: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome in sorted(bad, key=lambda item: item.status != VerdictKind.FALLS_SHORT):
        how, kind = likeness.label(outcome.likeness), details.claimed(outcome.measurement)
        said = reason(outcome).replace(outcome.measurement.case, _ANY_CASE)
        alike.setdefault((outcome.status, str(how), str(kind), said), []).append(outcome)
    for several in alike.values():
        first = several[0]
        yield Shortfall(
            cases=tuple(
                Place(case=item.measurement.case, anchor=anchors[item.measurement.id]) for item in several
            ),
            status=first.status,
            kind=details.claimed(first.measurement),
            how=likeness.label(first.likeness),
            message=reason(first) if len(several) == 1 else _of_any(first),
        )


def reason(outcome: Outcome) -> Both:
    """All that a verdict's message says, on one line, without the case it may begin with."""
    said = details.message(outcome)
    return Both(*(_reason(in_language(said, to), outcome) for to in Language))


def _of_any(outcome: Outcome) -> Both:
    """The reason of several cases, in words that are right for each."""
    said = reason(outcome)
    return Both(*(in_language(said, to).replace(outcome.measurement.case, _ANY_CASE) for to in Language))


def _reason(message: str, outcome: Outcome) -> str:
    """Lines under a line that ends with a colon are what it lists; any other is a sentence of its own."""
    lines = without_ending(message).strip().splitlines() if outcome.verdict is not None else []
    text = ""
    for line in filter(None, map(one_line, lines)):
        text += f"{'' if not text else ' ' if text.endswith((':', ';', '.', ',')) else '; '}{line}"
    text = text.removeprefix(f"{outcome.measurement.case}: ") or "no message"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
