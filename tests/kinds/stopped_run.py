"""A process that runs one accuracy case and stops in the middle of it, to be killed there.

    python stopped_run.py CATALOG.pickle HOME.pickle CASE SAMPLES

It says ``stopped`` and after how many samples, which are no fewer, and then waits for good.
"""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.domain.models import Protocol
from harness.kinds.runner import Runner
from harness.running.materials import Materials
from harness.running.progress import Advance, Progress
from harness.setting.options import Options
from harness.store.results import Store
from harness.tables import cases


class Stopping(Progress):
    """Never comes back from the step that reaches `samples`."""

    def __init__(self, samples: int) -> None:
        super().__init__()
        self.samples = samples

    @contextmanager
    def stage(self, label: str, total: int) -> Iterator[Advance]:
        done = 0

        def advance(steps: int) -> None:
            nonlocal done
            done += steps
            if done >= self.samples:
                sys.stdout.write(f"stopped {done}\n")
                sys.stdout.flush()
                time.sleep(3600)

        yield advance


def main(tables: str, home: str, case: str, samples: str) -> None:
    catalog, where = (pickle.loads(Path(name).read_bytes()) for name in (tables, home))
    materials = Materials(catalog, where, Options(), Stopping(int(samples)))
    runner = Runner(materials, Store(where.results), "killed")
    runner.accuracy(cases.named(catalog, case), Protocol.DOCUMENTED)


if __name__ == "__main__":
    main(*sys.argv[1:])
