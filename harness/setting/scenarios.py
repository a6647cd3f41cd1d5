"""What a run was asked for of LoadGen's scenarios; nothing here needs LoadGen itself."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from harness.errors import UsageError

MOST_QPS = (
    1_000_000.0  # LoadGen makes all queries of a run beforehand: more is no machine's, and fills memory
)
MOST_LATENCY_MS = 600_000.0


class Scenario(StrEnum):
    """How queries come, by MLPerf Inference's names."""

    OFFLINE = "offline"
    SINGLE_STREAM = "single-stream"
    MULTI_STREAM = "multi-stream"
    SERVER = "server"


# Which option has a meaning in which scenario. A stream issues the next query when the last is answered, so
# it has no rate, and MLPerf bounds its latency no longer: it scores it.
_TAKES = {
    "target_qps": (Scenario.OFFLINE, Scenario.SERVER),
    "target_latency_ms": (Scenario.SERVER,),
    "samples_per_query": (Scenario.MULTI_STREAM,),
}
_OPTION = {
    "target_qps": "--target-qps",
    "target_latency_ms": "--target-latency",
    "samples_per_query": "--samples-per-query",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One scenario with its targets. Raises `UsageError` for one that is missing, or that it does not have.

    `target_qps` is queries a second: in server the rate at which they come, in offline the expected samples a
    second, by which LoadGen sizes its one query (None: by the pace of the warm-up).
    """

    scenario: Scenario
    target_qps: float | None = None
    target_latency_ms: float | None = None
    samples_per_query: int | None = None  # None: the case's batch size

    def __post_init__(self) -> None:
        for name, scenarios in _TAKES.items():
            if getattr(self, name) is not None and self.scenario not in scenarios:
                raise UsageError(
                    f"{_OPTION[name]} has no effect in the scenario {self.scenario}; "
                    f"it is for {' and '.join(scenarios)}"
                )
        for name, most in (("target_qps", MOST_QPS), ("target_latency_ms", MOST_LATENCY_MS)):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and 0 < value <= most):
                raise UsageError(f"{_OPTION[name]} {value:g}: expected a number above 0, at most {most:g}")
            if value is None and self.scenario is Scenario.SERVER:
                raise UsageError(
                    f"--scenario server needs {_OPTION[name]}",
                    remedy="give --target-qps QUERIES_A_SECOND and --target-latency MILLISECONDS",
                )
        if self.samples_per_query is not None and self.samples_per_query < 1:
            raise UsageError(f"--samples-per-query {self.samples_per_query}: expected 1 or more")

    def samples_of(self, batch_size: int) -> int:
        """The samples of one query to an artifact of that batch size; offline's one query is sized later."""
        return batch_size if self.samples_per_query is None else self.samples_per_query

    def unfit(self, batch_size: int) -> str:
        """Why an artifact of a fixed batch size is not asked so, in words; empty where it is.

        A stream's latency would be that of samples nobody sent: what fills a batch of a fixed size. In
        offline only the last batch is filled up, in server what the wait leaves open; both say how many.
        """
        if self.scenario is Scenario.SINGLE_STREAM and batch_size != 1:
            return f"single-stream sends one sample a query, and the artifact computes {batch_size} at once"
        if self.scenario is Scenario.MULTI_STREAM and self.samples_of(batch_size) % batch_size:
            return (
                f"a query of {self.samples_per_query} samples is no multiple of the batch size {batch_size}"
            )
        return ""

    def recorded(self) -> dict[str, Any]:
        """As a result keeps it."""
        return asdict(self)


def asked(
    scenario: str | None,
    *,
    target_qps: float | None = None,
    target_latency_ms: float | None = None,
    samples_per_query: int | None = None,
) -> Ask | None:
    """The scenario that options ask for, or None. Raises `UsageError` as `Ask`, and for targets alone."""
    given = {
        "target_qps": target_qps,
        "target_latency_ms": target_latency_ms,
        "samples_per_query": samples_per_query,
    }
    if scenario is None:
        for name, value in given.items():
            if value is not None:
                raise UsageError(
                    f"{_OPTION[name]} without --scenario",
                    remedy=f"add --scenario, one of {', '.join(_TAKES[name])}",
                )
        return None
    if scenario not in list(Scenario):
        raise UsageError(f"--scenario {scenario}: there are {', '.join(Scenario)}")
    return Ask(
        scenario=Scenario(scenario),
        target_qps=target_qps,
        target_latency_ms=target_latency_ms,
        samples_per_query=samples_per_query,
    )
