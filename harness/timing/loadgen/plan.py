"""How long LoadGen runs a scenario, how many queries it issues, by which seeds, by what estimates."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from harness.errors import UsageError
from harness.setting.plans import plan_for as calls_for
from harness.setting.scenarios import Ask, Scenario
from harness.setting.stamps import DEMANDS, Stamp

# LoadGen sizes a run beforehand, by an estimate of the speed; one that is too low ends the run early, and
# INVALID. The pace of a warm-up on a noisy machine is trusted within these factors. A stream's
# queries are made beforehand and not issued when time is up; offline's are all computed.
_OFFLINE_MARGIN = 1.5
_STREAM_MARGIN = 4.0
# Work that may be outstanding in server, in seconds of it: who is 10 s behind does not catch up, and
# LoadGen waits for every answer.
_BEHIND_S = 10.0
# The queries by which LoadGen's early stopping can first state the scored percentile at confidence 0.99: p90
# of a stream of single samples, p99 of the others (for server with no query over the bound).
_FEWEST = {
    Scenario.OFFLINE: 1,
    Scenario.SINGLE_STREAM: 64,
    Scenario.MULTI_STREAM: 662,
    Scenario.SERVER: 459,
}
WAIT_SHARE = 0.1  # of server's latency bound: how long a sample waits for its batch to fill


class Mode(StrEnum):
    """What LoadGen is to do: to time a scenario, or to ask for every sample once."""

    PERFORMANCE = "performance"
    ACCURACY = "accuracy"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """One run of LoadGen.

    `conf` takes seeds, duration and counts from the mlperf.conf that LoadGen carries, for no model in
    particular; then the counts and times here are None. Else seeds are LoadGen's defaults, all 0.
    """

    ask: Ask
    mode: Mode
    batch_size: int
    conf: bool
    min_duration_ms: int | None
    max_duration_ms: int | None
    min_query_count: int | None
    longest_s: float  # of the queries together; the parent's limit is made of it

    @property
    def wait_s(self) -> float:
        """How long server waits for a batch to fill, in seconds."""
        bound_ms = self.ask.target_latency_ms
        return 0.0 if bound_ms is None or self.batch_size == 1 else bound_ms / 1e3 * WAIT_SHARE

    def job(self) -> dict[str, Any]:
        """As JSON, for the child."""
        return asdict(self)

    @classmethod
    def from_job(cls, job: dict[str, Any]) -> LoadPlan:
        """What `job` wrote."""
        ask = Ask(**{**job["ask"], "scenario": Scenario(job["ask"]["scenario"])})
        return cls(**{**job, "ask": ask, "mode": Mode(job["mode"])})


def plan_for(ask: Ask, stamp: Stamp, batch_size: int, mode: Mode = Mode.PERFORMANCE) -> LoadPlan:
    """`quick`: 2 s; `nightly`: 10 s; both the queries of early stopping. `mlperf-like`: LoadGen's own.

    Offline has one query, however many samples; streams and server end at the longest time of a stamp's
    calls, and LoadGen then says what was not met.
    """
    calls = calls_for(stamp, batch_size)
    if stamp is Stamp.MLPERF_LIKE:
        return LoadPlan(
            ask=ask, mode=mode, batch_size=batch_size, conf=True, min_duration_ms=None, max_duration_ms=None,
            min_query_count=None, longest_s=calls.longest_s,
        )  # fmt: skip
    offline = ask.scenario is Scenario.OFFLINE
    return LoadPlan(
        ask=ask, mode=mode, batch_size=batch_size, conf=False,
        min_duration_ms=round(DEMANDS[stamp].timed_s * 1e3),
        max_duration_ms=0 if offline else round(calls.longest_s * 1e3),
        min_query_count=_FEWEST[ask.scenario],
        longest_s=calls.longest_s,
    )  # fmt: skip


def apply(plan: LoadPlan, settings: Any, pace_s: float) -> None:
    """Write `plan` into LoadGen's ``TestSettings``, with estimates by `pace_s`, the seconds of one batch.

    The scenario and the mode are set by the caller, whose module they are of. Raises `UsageError` for a
    target of offline that would take many times longer than the run.
    """
    ask, speed = plan.ask, plan.batch_size / pace_s
    if plan.conf:
        settings.FromConfig("", "*", _CONF_NAMES[ask.scenario], 0)
    else:
        settings.min_duration_ms = plan.min_duration_ms
        settings.max_duration_ms = plan.max_duration_ms
        settings.min_query_count = plan.min_query_count
    if ask.scenario is Scenario.OFFLINE:
        settings.offline_expected_qps = ask.target_qps or speed * _OFFLINE_MARGIN
        needed_s = settings.offline_expected_qps * settings.min_duration_ms / 1e3 / speed
        if plan.mode is Mode.PERFORMANCE and needed_s > plan.longest_s:
            raise UsageError(
                f"--target-qps {ask.target_qps:g}: one batch takes {pace_s * 1e3:.3g} ms, so that LoadGen's "
                f"query would take {needed_s:.0f} s, more than the {plan.longest_s:g} s of this stamp",
                remedy=f"expect about {speed:.3g} samples a second, or leave it out",
            )
    elif ask.scenario is Scenario.SINGLE_STREAM:
        settings.single_stream_expected_latency_ns = max(1, round(pace_s / _STREAM_MARGIN * 1e9))
    elif ask.scenario is Scenario.MULTI_STREAM:
        samples = ask.samples_of(plan.batch_size)
        settings.multi_stream_samples_per_query = samples
        query_s = pace_s * samples / plan.batch_size
        settings.multi_stream_expected_latency_ns = max(1, round(query_s / _STREAM_MARGIN * 1e9))
    else:
        assert ask.target_qps is not None, "server has a rate"
        assert ask.target_latency_ms is not None, "server has a bound"
        settings.server_target_qps = ask.target_qps
        settings.server_target_latency_ns = round(ask.target_latency_ms * 1e6)
        behind_s = max(_BEHIND_S, 2 * ask.target_latency_ms / 1e3)
        settings.server_max_async_queries = max(plan.batch_size, round(speed * behind_s))


# As LoadGen's TestScenario and mlperf.conf spell them.
_CONF_NAMES = {
    Scenario.OFFLINE: "Offline",
    Scenario.SINGLE_STREAM: "SingleStream",
    Scenario.MULTI_STREAM: "MultiStream",
    Scenario.SERVER: "Server",
}


def loadgen_name(scenario: Scenario) -> str:
    """The scenario as LoadGen spells it."""
    return _CONF_NAMES[scenario]
