"""Results as a long series reads them: the same as if all were read in full, with little decoded."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from store_samples import ERROR, VERDICT, make

from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.series import Asked
from harness.store import numbers
from harness.store.numbers import Circumstances, Number
from harness.store.results import Store

DETAILS: dict[str, list[Any]] = {
    "threads": [2, "the library's own", None],
    "isolated": [True, False],
    "device": [0, 3],
    "devices": [4, None],  # null: the log does not tell, where nothing at all is one device
    "stamp": ["nightly", None],
    "stamp_asked": ["nightly"],
    "streams": [8],
    "noisy": [[], ["busy"]],
    "samples_sha256": ["a" * 64],
    "sequential": [
        {"used": used, "of": 9, "counts": "samples", "drawn": used, "seed": 16, "confidence": 0.99}
        for used in (4, 9)
    ],
    "tool": [{"samples_per_s": 5.5}, "ais_infer", {"run": {"devices": 2}}, None],
    "loadgen": [
        {"scenario": "server", "version": "4", "valid": True, "why": [], "asked": {}, "targets": {"qps": 5}}
    ],
    "conditions": [{"文": [{}, [], 1.5e-300]}],
}


def drawn(draw: random.Random, number: int) -> dict[str, Any]:
    detail = {name: draw.choice(several) for name, several in DETAILS.items() if draw.random() < 0.4}
    kind = draw.choice([Kind.THROUGHPUT, Kind.ACCURACY])
    metrics = {"throughput": 1.0 + number} if kind is Kind.THROUGHPUT else {"accuracy": 0.5, "f1": 1 / 3}
    return {
        "kind": kind, "detail": detail, "metrics": metrics, "run": draw.choice("ab"),
        "case": draw.choice("cd"), "data": draw.choice([Corpus.FULL, None]),
        "machine": {"cpu": draw.choice("xy"), "load_average": [draw.random()]},
        "git_revision": draw.choice(["a" * 40, None]),
    }  # fmt: skip


def test_numbers_are_what_results_in_full_say(store: Store) -> None:
    draw = random.Random(0)
    for number in range(200):
        store.add(make(number, **drawn(draw, number)), draw.choice([VERDICT, ERROR, None]))
    every = store.results()
    assert store.numbers() == [Number.of(result) for result in every]
    chosen = [result for result in every if (result.measurement.case, result.measurement.run) == ("c", "a")]
    assert store.numbers(case="c", runs=["a"]) == [Number.of(result) for result in chosen]


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_read_of_a_detail_is_all_that_tells_circumstances(kind: Kind) -> None:
    """Each key of a detail that changes them is among those that are read."""
    whole = {name: several[0] for name, several in DETAILS.items()}
    told = Circumstances.of(kind, whole)
    read = {name: value for name, value in whole.items() if name in (*numbers.READ, "devices")}
    assert Circumstances.of(kind, read) == told


def test_what_results_share_is_decoded_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hundred nights of one case: their numbers each, the machine, versions and what was asked once."""
    for night in range(100):
        detail = {"threads": 2, "conditions": {"night": night}}
        store.add(make(night, kind=Kind.THROUGHPUT, metrics={"throughput": 1.0 + night}, detail=detail))
    count: Counter[str] = Counter()
    for name in ("json_object", "json_value"):
        read = getattr(numbers, name)
        monkeypatch.setattr(numbers, name, lambda text, n=name, r=read: (count.update([n]), r(text))[1])
    found = store.numbers()
    assert count == {"json_object": 100 + 2, "json_value": 1}
    assert {item.told.asked for item in found} == {Asked(threads="2", devices=1)}
