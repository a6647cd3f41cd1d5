"""A world to run VACC's and MLU370's cases in: imitated tools, embedded checkpoints, few samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
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
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Result, Store
from harness.toolchains import loading, targets

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


def forget() -> None:
    """What was found of another test's tools is not known here."""
    for known in (targets.resolve, loading.probe):
        known.cache_clear()


def use(monkeypatch: pytest.MonkeyPatch, bin_folder: Path, toolchain: str) -> None:
    """Put `bin_folder` on PATH, and its interpreter where the toolchain's is looked for."""
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    monkeypatch.setenv(f"ZOOCHECK_{toolchain.upper()}_PYTHON", str(bin_folder / "vendor-python"))
    monkeypatch.delenv(f"ZOOCHECK_{toolchain.upper()}_ENV", raising=False)
    monkeypatch.delenv(kit.VARIABLE, raising=False)
    forget()


def world(catalog: Catalog, folder: Path, home: Path, tools: Path, *, limit: int, **more: object) -> World:
    """A world of its own store and work, whose artifacts and references lie in `home`."""
    places = Home(root=home, models=folder / "models", data=folder / "data")
    options = Options(target="chip", weights="mini", data="mini", limit=limit, **more)
    materials = Materials(catalog, places, options, Silent())
    store = Store(f"sqlite:///{folder / 'results.sqlite'}")
    return World(runner=Runner(materials, store, f"run-{folder.name}"), tools=tools)


def simulated(result: Result) -> bool:
    """Whether the result says so."""
    return result.measurement.origin is Origin.SIMULATED
