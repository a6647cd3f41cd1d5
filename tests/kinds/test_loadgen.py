"""Scenarios by the real LoadGen: a small system in this process, a real artifact in one of its own."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import mini
import mlperf_loadgen
import numpy as np
import pytest
from making import make_case, make_place

from harness.artifacts.cache import Artifact
from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.metrics import Metric
from harness.errors import GraphError, NotThere, NotYet, UsageError
from harness.hashing import sha256
from harness.kinds.runner import Runner
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.setting.scenarios import Ask, Scenario, asked
from harness.setting.stamps import Stamp
from harness.store.results import Store
from harness.timing import child as isolated
from harness.timing import parent
from harness.timing.loadgen import child, running
from harness.timing.loadgen.plan import LoadPlan, Mode, apply, plan_for
from harness.timing.loadgen.system import BatchingSystem, System
from harness.timing.parent import Crashed
from harness.verdicts import throughputs
from harness.verdicts.throughputs import ScenarioFound

SERVER = {"target_qps": 2000.0, "target_latency_ms": 1000.0}
LIBRARY = [np.arange(41 * 3).reshape(41, 3), np.arange(41 * 3).reshape(41, 3) % 7]


def ask_of(scenario: Scenario) -> Ask:
    return Ask(scenario=scenario, **(SERVER if scenario is Scenario.SERVER else {}))


def right(index: int) -> np.ndarray:
    """What the small system answers for one sample: both its outputs, one behind the other."""
    first, second = (array[index].astype(np.float32) for array in LIBRARY)
    return np.concatenate([first + second, first[:1] * 2])


def compute(inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    first, second = (array.astype(np.float32) for array in inputs)
    return [first + second, first[:, :1] * 2]


def never(problem: BaseException) -> NoReturn:
    raise AssertionError from problem


def shortened(plan: LoadPlan) -> LoadPlan:
    """The same scenario in a fifth of a second."""
    return dataclasses.replace(plan, min_duration_ms=200, max_duration_ms=20_000, min_query_count=1)


# ------------------------------------------------------------------ what is asked


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"scenario": "ofline"}, "there are offline, single-stream, multi-stream, server"),
        ({"scenario": None, "target_qps": 5.0}, "--target-qps without --scenario"),
        ({"scenario": "server", "target_qps": 5.0}, "needs --target-latency"),
        ({"scenario": "server", "target_latency_ms": 5.0}, "needs --target-qps"),
        ({"scenario": "single-stream", "target_qps": 5.0}, "it is for offline and server"),
        ({"scenario": "offline", "target_latency_ms": 5.0}, "it is for server"),
        ({"scenario": "offline", "samples_per_query": 8}, "it is for multi-stream"),
        ({"scenario": "multi-stream", "samples_per_query": 0}, "expected 1 or more"),
        ({"scenario": "offline", "target_qps": float("nan")}, "expected a number above 0"),
        ({"scenario": "offline", "target_qps": 1e12}, "at most 1e+06"),
        ({"scenario": "server", "target_qps": 1.0, "target_latency_ms": -1.0}, "expected a number above 0"),
    ],
)
def test_targets_that_a_scenario_does_not_have_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as raised:
        asked(**options)
    assert says in str(raised.value)


def test_without_a_scenario_nothing_is_asked() -> None:
    assert asked(None) is None


@pytest.mark.parametrize(
    ("ask", "batch_size", "fits"),
    [
        (Ask(scenario=Scenario.SINGLE_STREAM), 1, True),
        (Ask(scenario=Scenario.SINGLE_STREAM), 8, False),
        (Ask(scenario=Scenario.MULTI_STREAM), 8, True),
        (Ask(scenario=Scenario.MULTI_STREAM, samples_per_query=16), 8, True),
        (Ask(scenario=Scenario.MULTI_STREAM, samples_per_query=4), 8, False),
        (Ask(scenario=Scenario.OFFLINE), 8, True),
        (ask_of(Scenario.SERVER), 8, True),
    ],
)
def test_no_query_of_a_stream_is_filled_up(ask: Ask, batch_size: int, fits: bool) -> None:
    assert (ask.unfit(batch_size) == "") is fits


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize("stamp", Stamp)
def test_loadgen_takes_every_plan(scenario: Scenario, stamp: Stamp) -> None:
    """Times and counts are the stamp's; mlperf-like's, and its seeds, are those that LoadGen carries."""
    plan = LoadPlan.from_job(json.loads(json.dumps(plan_for(ask_of(scenario), stamp, 8).job())))
    assert plan == plan_for(ask_of(scenario), stamp, 8)
    settings = mlperf_loadgen.TestSettings()
    apply(plan, settings, pace_s=0.01)
    seconds = {Stamp.QUICK: 2, Stamp.NIGHTLY: 10, Stamp.MLPERF_LIKE: 600}[stamp]
    assert settings.min_duration_ms == seconds * 1000
    assert (settings.qsl_rng_seed != 0) is (stamp is Stamp.MLPERF_LIKE)
    if scenario is Scenario.MULTI_STREAM:
        assert settings.min_query_count == 662
        assert settings.multi_stream_samples_per_query == 8
    if scenario is Scenario.SERVER:
        assert (settings.server_target_qps, settings.server_target_latency_ns) == (2000.0, 1_000_000_000)
        assert settings.server_max_async_queries == 8000  # ten seconds of work
    if scenario is Scenario.OFFLINE:
        assert settings.offline_expected_qps == 1200


def test_an_offline_target_that_would_take_an_hour_is_refused() -> None:
    plan = plan_for(Ask(scenario=Scenario.OFFLINE, target_qps=1e6), Stamp.QUICK, 8)
    with pytest.raises(UsageError, match=r"--target-qps 1e\+06: one batch takes 10 ms.*2500 s.*about 800 "):
        apply(plan, mlperf_loadgen.TestSettings(), pace_s=0.01)


# ---------------------------------------------------------- the system under test


@pytest.mark.parametrize(
    ("scenario", "batch_size"),
    [(Scenario.SINGLE_STREAM, 1), *((scenario, 8) for scenario in Scenario if scenario != "single-stream")],
)
def test_every_sample_is_answered_once_with_its_own_outputs(
    scenario: Scenario, batch_size: int, tmp_path: Path
) -> None:
    """LoadGen's accuracy mode asks for each sample once and writes down the bytes that it was answered.

    41 samples are no whole number of batches: nothing that fills a batch is answered.
    """
    plan = plan_for(ask_of(scenario), Stamp.QUICK, batch_size, Mode.ACCURACY)
    system = child.test(mlperf_loadgen, plan, compute, LIBRARY, tmp_path, 1e-4, never)
    written = json.loads((tmp_path / "mlperf_log_accuracy.json").read_text("utf-8"))
    assert sorted({item["qsl_idx"] for item in written}) == list(range(41))
    for item in written:
        answered = np.frombuffer(bytes.fromhex(item["data"]), np.float32)
        assert np.array_equal(answered, right(item["qsl_idx"]))
    if scenario is not Scenario.MULTI_STREAM:  # whose last query LoadGen fills up itself
        assert len(written) == 41
    assert system.issued == system.answered == len(written)
    assert system.batches * batch_size == system.answered + system.filled


def test_a_batch_goes_when_it_is_full_and_the_rest_when_it_has_waited() -> None:
    answers: list[list[int]] = []
    seen = threading.Event()

    def answer(numbers: Sequence[int], values: np.ndarray) -> None:
        answers.append(list(numbers))
        seen.set()

    system = BatchingSystem(compute, LIBRARY, 4, answer, never, wait_s=0.05)
    system.issue([(number, number) for number in range(6)])
    while sum(map(len, answers)) < 6:
        assert seen.wait(10)
        seen.clear()
    system.issue([(6, 6)])
    system.flush()
    system.close()
    assert answers == [[0, 1, 2, 3], [4, 5], [6]]
    assert (system.batches, system.filled) == (3, 5)


def test_what_fails_in_a_query_never_reaches_loadgen() -> None:
    def broken(inputs: object) -> NoReturn:
        raise GraphError("device lost")

    met: list[BaseException] = []

    def failed(problem: BaseException) -> NoReturn:
        met.append(problem)
        raise SystemExit

    system = System(broken, LIBRARY, 4, lambda numbers, values: None, failed)
    with pytest.raises(SystemExit):
        system.issue([(0, 0)])
    assert str(met[0]) == "device lost"


# -------------------------------------------------------- in a process of its own


def runner_of(catalog: Catalog, home: Home, store: Store, ask: Ask | None = None) -> Runner:
    options = Options(weights="mini", data="mini", threads=1, scenario=ask, tool_timeout_s=120.0)
    return Runner(Materials(catalog, home, options, Silent()), store, "run-1")


@pytest.mark.parametrize(
    ("scenario", "batch_size"),
    [
        (Scenario.OFFLINE, 8),
        (Scenario.SINGLE_STREAM, 1),
        (Scenario.MULTI_STREAM, 8),
        (Scenario.SERVER, 8),
    ],
)
def test_a_scenario_is_measured_by_loadgen_and_kept(
    small_tables: Catalog, shared_home: Home, store: Store, monkeypatch: pytest.MonkeyPatch,
    scenario: Scenario, batch_size: int,
) -> None:  # fmt: skip
    """Its numbers, its verdict, its seeds and the hashes of its logs, apart from the closed loop's result."""
    ask = Ask(scenario=Scenario.SERVER, target_qps=5e3, target_latency_ms=0.01)  # which no machine keeps
    if scenario is not Scenario.SERVER:
        ask = Ask(scenario=scenario)
    monkeypatch.setattr("harness.kinds.scenario.plan_for", lambda *which: shortened(plan_for(*which)))
    case = make_case(small_tables, mini.MODEL, "cpu", batch_size=batch_size)
    result = runner_of(small_tables, shared_home, store).scenario(case, ask)
    made, found = result.measurement, result.measurement.detail["loadgen"]
    assert (made.kind, made.check) == (Kind.THROUGHPUT, str(scenario))
    assert found["system"]["samples_issued"] == found["system"]["samples_answered"] == made.samples > 0
    assert found["queries"] * found["samples_per_query"] == made.samples
    assert {Path(found["logs"]) / name for name in found["log_sha256"]} == {
        path for path in Path(found["logs"]).iterdir() if path.stat().st_size
    }
    for name, digest in found["log_sha256"].items():
        assert sha256(Path(found["logs"]) / name) == digest
    assert {"conditions", "noisy", "warm_up", "energy", "memory", "affinity"} <= made.detail.keys()
    assert result.verdict is not None
    if scenario is Scenario.SERVER:
        assert result.verdict.kind is VerdictKind.FALLS_SHORT
        assert "the latency bound was not met" in result.verdict.message
        assert "(0.01 ms allowed)" in result.verdict.message
        assert made.metrics == {}
        assert made.detail["stamp"] is None
    elif found["valid"]:
        assert result.verdict.kind is VerdictKind.NO_REFERENCE
        assert made.metrics == {"throughput": found["samples_per_s"]}
    else:  # a disturbed machine: too few queries, or the warm-up's pace was far off
        assert result.verdict.kind is VerdictKind.ERROR
        assert made.metrics == {}


@pytest.fixture
def ready(small_tables: Catalog, shared_home: Home, store: Store) -> tuple[Case, Artifact, list[Any]]:
    """A case, its artifact, and four samples."""
    runner = runner_of(small_tables, shared_home, store)
    timing = runner.timing(make_case(small_tables, mini.MODEL, "cpu", batch_size=1))
    return timing.case, timing.artifact, [np.repeat(array, 4, axis=0) for array in timing.inputs]


def test_a_query_that_fails_inside_loadgen_is_a_sentence_here(
    ready: tuple[Case, Artifact, list[Any]], tmp_path: Path
) -> None:
    """Batches of three to an artifact of one: the backend's own words come through LoadGen's threads."""
    case, artifact, arrays = ready
    place = make_place(tmp_path / "work", threads=1, tool_timeout_s=60.0)
    plan = plan_for(Ask(scenario=Scenario.OFFLINE), Stamp.QUICK, 1)
    with pytest.raises(Crashed, match=case.id):
        parent.ask(
            case, artifact, place, arrays, child=running.CHILD, backend="onnxruntime", card=None,
            timeout_s=60.0, further={"plan": {**plan.job(), "batch_size": 3}, "logs": str(tmp_path)},
        )  # fmt: skip


def test_a_run_that_loadgen_aborts_ends_its_own_process_only(
    ready: tuple[Case, Artifact, list[Any]], tmp_path: Path
) -> None:
    """Its C++ ends the process where it cannot write its logs."""
    case, artifact, arrays = ready
    place = make_place(tmp_path / "work", threads=1)
    plan = plan_for(Ask(scenario=Scenario.OFFLINE), Stamp.QUICK, 1)
    with pytest.raises(Crashed, match=r"(?s)SIG(ABRT|SEGV).*Failed to open summary file"):
        parent.ask(
            case, artifact, place, arrays, child=running.CHILD, backend="onnxruntime", card=None,
            timeout_s=60.0, further={"plan": plan.job(), "logs": str(tmp_path / "nowhere")},
        )  # fmt: skip


@pytest.mark.parametrize("problem", [GraphError("device lost"), MemoryError()])
def test_a_failing_query_is_told_in_the_answer(
    problem: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is ended at once, because LoadGen would wait for the answer for ever."""
    ended: list[int] = []
    monkeypatch.setattr(child.os, "_exit", ended.append)
    child._failed({"answer": str(tmp_path / "answer.json")}, problem)
    assert ended == [0]
    assert json.loads((tmp_path / "answer.json").read_text("utf-8")) == isolated.failure(problem)


def test_a_case_that_a_scenario_does_not_fit_is_skipped_with_the_reason(
    small_tables: Catalog, shared_home: Home, store: Store
) -> None:
    case = make_case(small_tables, mini.MODEL, "cpu", batch_size=8)
    with pytest.raises(NotThere, match=r"single-stream sends one sample a query.*choose another --bs"):
        runner_of(small_tables, shared_home, store).scenario(case, Ask(scenario=Scenario.SINGLE_STREAM))
    by_a_tool = Runner(mini.TorchMaterials(small_tables, shared_home), store, "run-1")
    with pytest.raises(NotYet, match="LoadGen cannot call"):
        by_a_tool.scenario(case, Ask(scenario=Scenario.OFFLINE))


def test_without_loadgen_the_remedy_is_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    running.require()
    monkeypatch.delitem(sys.modules, "mlperf_loadgen", raising=False)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(UsageError, match=r"not installed; run `pip install 'zoocheck\[loadgen\]'`"):
        running.require()


# --------------------------------------------------------------------- the verdict

FOUND = ScenarioFound(
    scenario="server", samples_per_s=100.0, valid=True, why=(), scored=0.99, scored_ns=12_000_000,
    bound_met=True, bound_ms=20.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "origin", "kind", "says"),
    [
        ({}, Origin.CHIP, VerdictKind.NO_REFERENCE, "p99 12.000 ms (20 ms allowed) in LoadGen's"),
        ({}, Origin.STAND_IN, VerdictKind.NOT_COMPARABLE, "never compared with a documented value"),
        (
            {"valid": False, "why": ("the latency bound was not met",), "bound_met": False},
            Origin.STAND_IN, VerdictKind.FALLS_SHORT,
            "(20 ms allowed) in LoadGen's server scenario: INVALID (the latency bound was",
        ),
        (
            {"valid": False, "why": ("fewer queries than the minimum",)},
            Origin.CHIP, VerdictKind.ERROR, "INVALID (fewer queries than the minimum)",
        ),
        (
            {"valid": False, "why": ("shorter than its minimum",), "bound_met": None, "scored": None},
            Origin.STAND_IN, VerdictKind.ERROR,
            "100.00 samples/s in LoadGen's server scenario: INVALID",
        ),
    ],
)  # fmt: skip
def test_an_invalid_run_never_looks_good(
    catalog: Catalog, changes: dict[str, Any], origin: Origin, kind: VerdictKind, says: str
) -> None:
    case = make_case(catalog, "tinybert", "ascend310p")
    verdict = throughputs.judge_scenario(case, dataclasses.replace(FOUND, **changes), origin)
    assert verdict.kind is kind
    assert verdict.kind.good is bool(changes.get("valid", True))
    assert says in verdict.message
    assert verdict.reference is None
    assert (verdict.metric is Metric.THROUGHPUT) is verdict.kind.good
