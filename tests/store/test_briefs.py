"""Results in brief, the latest of a store, its histories and runs: the same as if all were read in full.

What the database finds by its indexes is held against its definition, in words of Python, over every result.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from store_samples import ERROR, VERDICT, ids, make

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Protocol
from harness.domain.series import Series
from harness.store import results as store_results
from harness.store.briefs import Held, in_brief
from harness.store.reading import Point
from harness.store.results import Result, Store

CHOICES = {
    "case": ["a", "a|b", "1|a", "b1"],  # with the mark that stands between the parts of a key
    "check": ["", "", "b|a", "a"],
    "kind": [Kind.ACCURACY, Kind.THROUGHPUT],
    "origin": [Origin.STAND_IN, Origin.CHIP],
    "data": [Corpus.FULL, None],
    "protocol": [Protocol.DOCUMENTED, None],
    "limit": [None, None, 10, 1],
    "target": ["chip", "chip|x"],
    "backend": ["onnxruntime", "x|onnxruntime", "ascend"],
    "run": ["r1", "r2", "r3", "|"],
}


def fill(store: Store, seed: int, count: int) -> None:
    """Drawn results: a few series, each by several backends and in several runs, in no order of time."""
    draw = random.Random(seed)
    for number in range(count):
        few = {name: draw.choice(values[: draw.choice([1, len(values)])]) for name, values in CHOICES.items()}
        metrics = {"throughput": 1.0 + number} if few["kind"] is Kind.THROUGHPUT else {"accuracy": 0.5}
        created = f"2026-01-{draw.randrange(1, 29):02d}T00:00:00+00:00"
        verdict = draw.choice([None, VERDICT, ERROR])
        store.add(make(number, **few, metrics=metrics, created=created), verdict)
        if verdict is not None and draw.random() < 0.3:
            store.judge(f"{number:04}", draw.choice([VERDICT, ERROR]))


def latest(every: list[Result]) -> Iterator[Result]:
    """Of results that share series, target and backend what the newest run wrote."""
    newest: dict[tuple[object, ...], str] = {}
    for result in every:
        newest[_key(result)] = result.measurement.run
    return (result for result in every if newest[_key(result)] == result.measurement.run)


def _key(result: Result) -> tuple[object, ...]:
    made = result.measurement
    return Series.of(made), made.provenance.target, made.provenance.backend


def history(every: list[Result], most: int) -> list[Point]:
    """The last of every series that has two or more, in the order of writing."""
    of_series: dict[Series, list[int]] = {}
    for at, result in enumerate(every):
        of_series.setdefault(Series.of(result.measurement), []).append(at)
    kept = sorted(at for places in of_series.values() if len(places) > 1 for at in places[-most:])
    points = [_point(every[at]) for at in kept]
    return [point for point in points if point.value is not None or not point.series.check]


def _point(result: Result) -> Point:
    made, verdict = result.measurement, result.verdict
    name = verdict.metric if verdict is not None else None
    name = name or ("throughput" if made.kind is Kind.THROUGHPUT else None)
    return Point(
        series=Series.of(made),
        value=None if name is None else made.metrics.get(name),
        expected=None if verdict is None else verdict.expected,
        bad=verdict is not None and verdict.kind in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR),
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_latest_and_histories_are_what_their_definitions_say(store: Store, seed: int):
    """By keys and indexes as by a look at every result; of three results of a series the last two."""
    fill(store, seed, 60)
    every = store.results()
    assert ids(store.latest()) == ids(list(latest(every)))
    for most in (1, 2, 40):
        assert store.history(latest=most) == history(every, most)
    assert store.run_ids() == [run.id for run in store.runs()]


def test_of_a_run_all_of_it(store: Store):
    """Also what a later one replaced."""
    fill(store, 7, 30)
    for run in store.run_ids():
        assert list(store.of_run(run)) == store.results(run=run)


def test_an_empty_store_has_none(store: Store):
    """No latest result, no history, no run."""
    assert (list(store.latest()), store.history(), store.run_ids()) == ([], [], [])


def test_in_brief_and_in_full_are_of_the_same_results(store: Store, monkeypatch: pytest.MonkeyPatch):
    """Each brief is its result's, in any order and more than a page of them; so is what they came to."""
    monkeypatch.setattr(store_results, "PAGE", 4)
    fill(store, 3, 30)
    kept = store.latest()
    held = Held(list(kept))
    assert list(kept.briefs) == list(held.briefs)
    order = list(range(len(kept)))[::-2]
    assert kept.several(order) == held.several(order)
    assert list(kept.told(order)) == list(held.told(order))
    assert (kept[-1], kept[1:3]) == (held[-1], held[1:3])
    assert in_brief(kept) is kept
