"""Which documented numbers were tested, and why none was: what a headline owes to who reads nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.measurements import Basis, VerdictKind
from harness.domain.models import Protocol, Weights
from reports.language import Both, joined, say
from reports.outcomes import ORDER, WORDS

if TYPE_CHECKING:
    from reports.outcomes import Latest


def documented(found: Sequence[Latest]) -> dict[str, int]:
    """How many documented numbers were tested and came to what, in `ORDER`.

    A number is tested where the measured value was held to the printed one. One that was held to by several
    results, the chip's own and an imported one say, counts once, with the worst of what it came to.
    """
    worst: dict[tuple[str, str], str] = {}
    for outcome in found:
        if outcome.brief.basis is Basis.DOCUMENTED:
            number = outcome.case, str(outcome.brief.metric)
            worst[number] = min(worst.get(number, outcome.status), outcome.status, key=ORDER.index)
    counter = Counter(worst.values())
    return {status: counter[status] for status in ORDER if counter[status]}


def sentence(found: Sequence[Latest]) -> Both:
    """``3 documented numbers were tested: falls short 1, reproduced 2``, or that none was and why.

    With the drops that survive behind it, without a full stop.
    """
    tested = documented(found)
    if tested:
        count = sum(tested.values())
        came = joined(
            say(", "), [joined(" ", [WORDS[status], str(times)]) for status, times in tested.items()]
        )
        said = (
            say("1 documented number was tested: {came}", came=came)
            if count == 1
            else say("{count} documented numbers were tested: {came}", count=count, came=came)
        )
    else:
        why = joined(say(", "), list(_why_none(found)))
        said = say("No documented number was tested: {why}", why=why)
    drops = sum(
        outcome.status == VerdictKind.SURVIVES and outcome.brief.basis is Basis.DROP for outcome in found
    )
    if not drops:
        return said
    survive = say("1 drop survives") if drops == 1 else say("{count} drops survive", count=drops)
    return joined(say("; "), [said, survive])


def _why_none(found: Sequence[Latest]) -> Iterator[Both]:
    """What would have to be here for a documented number to be tested; never nothing."""
    main = [outcome for outcome in found if not outcome.series.check]
    scores = [outcome for outcome in main if outcome.series.kind is Kind.ACCURACY]
    speeds = [outcome for outcome in main if outcome.series.kind is Kind.THROUGHPUT]
    if not scores and not speeds:
        yield say("neither accuracy nor throughput was measured")
        return
    if not any(_has_number(outcome) for outcome in (*scores, *speeds)):
        yield say("the documents give none for these cases")
        return
    reasons = [*_why_no_score(scores), *_why_no_speed(speeds)]
    yield from reasons or [say("each result says why")]


def _has_number(outcome: Latest) -> bool:
    """Whether its document prints a number for it."""
    return outcome.brief.kind is None or outcome.brief.documented


def _why_no_score(scores: Sequence[Latest]) -> Iterator[Both]:
    made = [outcome.series for outcome in scores]
    if not made:
        return
    if not any(item.weights is Weights.FULL for item in made):
        yield say("no published checkpoint")
    if not any(item.data is Corpus.FULL for item in made):
        yield say("no documented data")
    if all(item.limit is not None for item in made):
        yield say("no whole data set")
    if not any(item.protocol is Protocol.DOCUMENTED for item in made):
        yield say("no documented protocol")


def _why_no_speed(speeds: Sequence[Latest]) -> Iterator[Both]:
    if speeds and all(outcome.series.origin.stands_in for outcome in speeds):
        yield say("no card of the documented chips")
