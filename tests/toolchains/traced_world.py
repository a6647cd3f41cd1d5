"""A world to run VACC's and MLU370's cases in: imitated tools, embedded checkpoints, few samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from making import forget_probes, make_case
from simulated import kit

from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Protocol
from harness.errors import NotThere, ZoocheckError
from harness.kinds.runner import Runner
from harness.kinds.throughput import Timing
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting import plans
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Result, Store
from harness.toolchains import worker_session

DOCUMENTED = Protocol.DOCUMENTED


@dataclass(frozen=True, kw_only=True)
class World:
    """A runner, and where its tools lie."""

    runner: Runner
    tools: Path

    def accuracy(self, case: Case) -> Result:
        """The score of the first samples."""
        return self.runner.accuracy(case, DOCUMENTED)

    def throughput(self, case: Case) -> Result:
        """By the vendor's tool, our clock beside it."""
        return self.measured(self.runner.timing(case))

    def measured(self, timing: Timing) -> Result:
        """What is left once a case is ready to be timed."""
        return self.runner.record_throughput(timing, timing.elsewhere(), timing.by_the_tool())

    def fails(self, case: Case, kind: Kind, call: Callable[[], object]) -> str:
        """What `call` says when it fails: always with the verdict `error`, and never as a skip."""
        with pytest.raises(ZoocheckError) as caught:
            call()
        assert not isinstance(caught.value, NotThere), caught.value
        protocol = DOCUMENTED if kind is Kind.ACCURACY else None
        result = self.runner.fail(case, kind, caught.value, protocol=protocol)
        assert result.verdict.kind is VerdictKind.ERROR
        assert result.measurement.metrics == {}
        return str(caught.value)


@dataclass(frozen=True, kw_only=True)
class System:
    """A toolchain's system: which one, how many samples are enough, and its imitations by their part."""

    chip: str
    model: str
    limit: int
    builder: str
    runner: str
    benchmark: str
    builds_by: str  # the program that the build starts, as its log is called


SYSTEMS = {
    "vastai": System(
        chip="vacc", model="bert-chinese-ner", limit=12, builder="vamc", runner="vaststreamx",
        benchmark="vamp", builds_by="vamc",
    ),
    "magicmind": System(
        chip="mlu370", model="bert-squad", limit=6, builder="magicmind-build", runner="magicmind",
        benchmark="mm_run", builds_by="vendor-python",
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Worlds:
    """Makes worlds of one toolchain's imitated tools; artifacts and references lie in `shared`."""

    system: System
    catalog: Catalog
    shared: Path
    folder: Path
    tools: Path
    stores: list[Store] = field(default_factory=list)

    @classmethod
    def install(
        cls, toolchain: str, catalog: Catalog, shared: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Worlds:
        """Put the tools on PATH, the interpreter where it is looked for, and hurry our own clock."""
        tools = kit.install(folder, *kit.TOOLS[toolchain])
        monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
        monkeypatch.setenv(f"ZOOCHECK_{toolchain.upper()}_PYTHON", str(tools / "vendor-python"))
        monkeypatch.delenv(f"ZOOCHECK_{toolchain.upper()}_ENV", raising=False)
        monkeypatch.delenv(kit.VARIABLE, raising=False)
        short = plans.Plan(timed_s=0.1, calls=3, longest_s=60.0, warm_up=plans.WarmUpRule(window_s=0.0))
        monkeypatch.setattr(worker_session, "plan_for", lambda stamp, batch_size: short)
        forget_probes()
        return cls(system=SYSTEMS[toolchain], catalog=catalog, shared=shared, folder=folder, tools=tools)

    @property
    def case(self) -> Case:
        """At batch 1 in the default precision, which is built in a second."""
        return make_case(self.catalog, self.system.model, self.system.chip, batch_size=1)

    def __call__(self, home: Path | None = None, limit: int | None = None, **more: Any) -> World:
        """A world of its own work; `more` are options."""
        places = Home(root=home or self.shared, models=self.folder / "models", data=self.folder / "data")
        options = Options(
            target="chip", weights="mini", data="mini", limit=limit or self.system.limit, **more
        )
        materials = Materials(self.catalog, places, options, Silent())
        store = Store(f"sqlite:///{self.folder / 'results.sqlite'}")
        self.stores.append(store)
        return World(runner=Runner(materials, store, f"run-{self.folder.name}"), tools=self.tools)

    def close(self) -> None:
        """Let the stores go."""
        for store in self.stores:
            store.close()


def simulated(result: Result) -> bool:
    """Whether the result says so."""
    return result.measurement.origin is Origin.SIMULATED
