"""How long a whole zoo's audit takes, against an earlier commit of this repository in the same run.

    python benchmarks/readme_speed.py FOLDER [--before 2c24976] [--rounds 5]

Both audit the same folder in turns, each as its own command with this environment's packages and as many
processes as it takes, and each finds its modules compiled, as those of an installed package are. Printed are
the shortest and the median time of each, their ratio, and the most memory that all processes of a command
held together (proportional set size). The memory is asked every 20 ms of one more run that is not timed:
asking keeps a core busy that the audit would take.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "from harness.cli import app; app()"
POLL_S = 0.02


@dataclass
class Side:
    """One of the two commits: where it is, and what was measured."""

    name: str
    root: Path
    seconds: list[float] = field(default_factory=list)
    mebibytes: float = 0.0

    def time(self, folder: Path, home: Path) -> None:
        """Audit `folder` once, and nothing else."""
        began = time.perf_counter()
        with self._audit(folder, home) as process:
            process.wait()
        self.seconds.append(time.perf_counter() - began)

    def weigh(self, folder: Path, home: Path) -> None:
        """Audit `folder` once, and ask what memory it holds meanwhile."""
        with self._audit(folder, home) as process:
            while process.poll() is None:
                self.mebibytes = max(self.mebibytes, _held(process.pid))
                time.sleep(POLL_S)

    @contextmanager
    def _audit(self, folder: Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
        environment = {
            **os.environ, "PYTHONPATH": str(self.root), "ZOOCHECK_HOME": str(home),
            "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
        }  # fmt: skip
        arguments = [sys.executable, "-c", COMMAND, "audit", str(folder), "--fail-on", "never"]
        with subprocess.Popen(
            arguments, cwd=self.root, env=environment, stdout=subprocess.DEVNULL
        ) as process:
            yield process
        if process.returncode:
            raise SystemExit(f"{self.name}: the audit ended with status {process.returncode}")

    def __str__(self) -> str:
        return (
            f"{self.name:12} {min(self.seconds):8.2f} {statistics.median(self.seconds):8.2f} "
            f"{self.mebibytes:8.0f}"
        )


def _held(pid: int) -> float:
    """The memory of a process and those it started, in MiB; what several share counts once."""
    held = 0
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            held += process.memory_full_info().pss
    except psutil.Error:  # it ended in the meantime
        return 0.0
    return held / 2**20


@contextmanager
def _checked_out(revision: str) -> Iterator[Path]:
    """A worktree of an earlier commit, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="zoocheck-before-") as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), revision], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def main() -> None:
    """Print both sides and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--before", default="2c24976", help="the commit to compare with")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with _checked_out(asked.before) as tree, tempfile.TemporaryDirectory(prefix="zoocheck-home-") as home:
        before, now = Side(asked.before, tree), Side("this commit", ROOT)
        for _ in range(asked.rounds):
            for side in (before, now):
                side.time(asked.folder.resolve(), Path(home))
        for side in (before, now):
            side.weigh(asked.folder.resolve(), Path(home))
    print(f"{'':12} {'least s':>8} {'median s':>8} {'MiB':>8}")
    print(before, now, sep="\n")
    median = statistics.median(before.seconds) / statistics.median(now.seconds)
    least = min(before.seconds) / min(now.seconds)
    print(f"ratio of the medians {median:.2f}, of the least {least:.2f}; {asked.rounds} rounds in turns")


if __name__ == "__main__":
    main()
