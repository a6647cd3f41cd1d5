"""A machine with an Ascend card, imitated: tools, toolkit and interpreter, and runners of cases on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from making import forget_probes
from simulated import kit

from harness.domain.catalog import Catalog
from harness.kinds.runner import Runner
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store

CANN = f"6.0.RC1-{kit.SIMULATED}"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What was installed, and where."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def environment(self) -> dict[str, str]:
        """What a user sets."""
        return {
            "ZOOCHECK_ASCEND_ENV": str(self.folder / "set_env.sh"),
            "ZOOCHECK_ASCEND_PYTHON": str(self.bin / "vendor-python"),
        }


def install(folder: Path) -> Machine:
    """Put the imitations, a toolkit with its version and a set_env.sh into `folder`."""
    kit.install(folder, *kit.TOOLS["ascend"])
    toolkit = folder / "ascend-toolkit" / "latest"
    info = toolkit / "x86_64-linux" / "ascend_toolkit_install.info"
    info.parent.mkdir(parents=True)
    info.write_text(f"package_name=Ascend-cann-toolkit\nversion={CANN}\narch=x86_64\nos=linux\n")
    script = f'export ASCEND_TOOLKIT_HOME="{toolkit}"\nexport PATH="{folder / "bin"}:$PATH"\n'
    (folder / "set_env.sh").write_text(script)
    return Machine(folder=folder)


def use(machine: Machine, monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    """Sit down at the machine."""
    for name, value in {**machine.environment, "OMP_NUM_THREADS": "1", **changes}.items():
        monkeypatch.setenv(name, value)
    forget_probes()


def runner(catalog: Catalog, home: Home, store: Store, **options: Any) -> Runner:
    """Runs cases on the chip, mini checkpoints and corpora."""
    chosen = Options(**{"target": "chip", "weights": "mini", "data": "mini", **options})
    return Runner(Materials(catalog, home, chosen, Silent()), store, "run-1")
