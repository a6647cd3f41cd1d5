"""A scenario of LoadGen's in the reports: its own numbers, and never among the closed loop's."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import factory
import pytest

from harness.comparing.runs import compare
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.series import Series
from harness.setting.scenarios import Ask, Scenario
from harness.setting.stamps import Stamp
from harness.store.results import Result, Store
from harness.tables.cases import named
from harness.timing.loadgen.plan import plan_for
from harness.timing.loadgen.results import detail_of
from harness.timing.loadgen.running import Answered
from harness.tools.parsers import loadgen
from harness.verdicts import throughputs
from harness.verdicts.throughputs import ScenarioFound
from reports import folding, markdown, peaks, plots
from reports.language import Language
from reports.outcomes import outcomes

LOGS = Path(__file__).resolve().parents[2] / "fixtures" / "logs" / "loadgen"
CASE = "tinybert-ascend310p-bs8"
SYSTEM = {"samples_issued": 3443, "samples_answered": 3443, "batches": 431, "rows_filled": 5, "seconds": 2.5}


def scenario(catalog: Catalog, name: str, *, number: int = 0, **targets: float) -> Result:
    """A result as a run writes it, from a recorded log."""
    log = loadgen.parse(*((LOGS / f"{name}-{part}.txt").read_text("utf-8") for part in ("detail", "summary")))
    ask = Ask(scenario=Scenario.SERVER if targets else Scenario.OFFLINE, **targets)
    answered = Answered(
        log=log, facts={"isolated": True}, system=SYSTEM, hashes={"mlperf_log_detail.txt": "c" * 64},
        folder=Path("work"),
    )  # fmt: skip
    detail: dict[str, Any] = detail_of(answered, plan_for(ask, Stamp.QUICK, 8), Stamp.QUICK)
    made = factory.measurement(
        CASE, Kind.THROUGHPUT, check=str(ask.scenario), detail=detail, samples=3443, number=number,
        metrics={"throughput": log.samples_per_s} if log.valid else {}, **factory.on_chip(),
    )  # fmt: skip
    found = ScenarioFound(
        scenario=str(ask.scenario), samples_per_s=log.samples_per_s, valid=log.valid, why=log.why,
        scored=log.scored_percentile, scored_ns=log.scored_ns, bound_met=log.bound_met,
        bound_ms=ask.target_latency_ms,
    )  # fmt: skip
    return Result(
        measurement=made, verdict=throughputs.judge_scenario(named(catalog, CASE), found, made.origin)
    )


def test_a_scenario_fills_no_documented_cell_no_chart_and_no_share(catalog: Catalog) -> None:
    """6247 samples a second on a chip, which the closed loop's columns and charts know nothing of."""
    closed = factory.throughput(catalog, CASE, 5800.0, **factory.on_chip())
    alone, both = outcomes([closed], catalog), outcomes([closed, scenario(catalog, "offline")], catalog)
    assert [item.in_scenario for item in both] == [False, True]
    assert [item.comparable for item in both] == [True, False]
    assert peaks.shares(catalog, both) == peaks.shares(catalog, alone)
    points = [plots.speed_rows(catalog, catalog.models["tinybert"], found) for found in (alone, both)]
    assert points[0] == points[1]
    assert len(folding.rows(both)) == 2


def test_the_report_tells_what_loadgen_said(catalog: Catalog) -> None:
    text = markdown.render(catalog, [scenario(catalog, "offline")])
    for said in ("throughput (offline)", "samples/s", "nothing was submitted or reviewed", "quick"):
        assert said in text
    late = scenario(catalog, "server-late", target_qps=20000.0, target_latency_ms=5.0)
    assert late.measurement.detail["stamp"] is None
    text = markdown.render(catalog, [late])
    for said in ("LoadGen: INVALID", "the latency bound was not met", "(5 ms allowed)", "no stamp"):
        assert said in text
    assert "LoadGen：无效" in markdown.render(catalog, [late], language=Language.CHINESE)


def test_runs_with_other_targets_are_not_compared(catalog: Catalog) -> None:
    """A server answers no more than it is asked: another rate is another measurement."""
    one, other = (
        scenario(catalog, "server", target_qps=qps, target_latency_ms=100.0) for qps in (1000.0, 900.0)
    )
    found = compare([one], [other])
    assert not found.pairs
    assert "asked for differently (targets: " in str(found)
    assert len(compare([one], [one]).pairs) == 1


def test_a_history_has_the_scenario_apart(catalog: Catalog, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'results.sqlite'}")
    loop = factory.throughput(catalog, CASE, 5800.0, **factory.on_chip()).measurement
    rows = [dataclasses.replace(loop, id=f"loop-{at}") for at in range(2)]
    rows += [scenario(catalog, "offline", number=at).measurement for at in range(2)]
    for row in rows:
        store.add(row)
    points = store.history()
    store.close()
    assert {point.series: point.value for point in points} == {
        dataclasses.replace(Series.of(loop), check=check): pytest.approx(value)
        for check, value in (("", 5800.0), ("offline", rows[-1].metrics[Metric.THROUGHPUT]))
    }
