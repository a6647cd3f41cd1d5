"""What a change came to: the build of a named revision against this one, interleaved in one run.

    python benchmarks/before_after.py REV [WORK ...] [--rounds 5] [--results 10000 200000]

REV gets a worktree and an environment of its own: a venv that sees this one's packages by a .pth where this
revision pins all that REV pins, and else has its own installed. Rounds alternate, before and after, after and
before. Told are the medians of wall time, of processor time (of a process, and those it starts) and of memory
at its peak, each with the ratio of before to after. On a machine that does other work, look at the second.

Works: `cli` (start-up), `report` (one run of different results), `report-all` and `history` (a store that
grew night by night). What is in the stores is synthetic: the numbers are drawn, no model ran.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
CASE = "tinybert-ascend310p-bs8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One revision: its files, and the Python that runs it."""

    name: str
    root: Path
    python: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One command line, and a store of `shape` and `results` that it reads, if it reads one."""

    name: str
    arguments: tuple[str, ...]
    shape: str = ""
    results: int = 0


def works(names: Sequence[str], sizes: Sequence[int]) -> Iterator[Work]:
    made: dict[str, Callable[[], Iterator[Work]]] = {
        "cli": lambda: (Work(name=name, arguments=(name,)) for name in ("--help", "list", "doctor")),
        "report": lambda: _of_stores("report", ("report",), "claims", sizes),
        "report-all": lambda: _of_stores("report --all", ("report", "--all"), "nights", sizes),
        "history": lambda: _of_stores("history", ("history", CASE), "nights", sizes),
    }
    if unknown := set(names) - set(made):
        sys.exit(f"unknown work {', '.join(sorted(unknown))}; there are {', '.join(made)}")
    for name in names or made:
        yield from made[name]()


def _of_stores(name: str, arguments: tuple[str, ...], shape: str, sizes: Sequence[int]) -> Iterator[Work]:
    for size in sizes:
        yield Work(name=f"{name}, {size:,} results", arguments=arguments, shape=shape, results=size)


@contextlib.contextmanager
def worktree(revision: str, folder: Path) -> Iterator[Build]:
    """The revision as a build of its own, gone afterwards."""
    root = folder / "before"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(root), revision], check=True)
    try:
        yield Build(name="before", root=root, python=_environment(root, folder / "environment"))
    finally:
        subprocess.run([*git, "remove", "--force", str(root)], check=True)


def _environment(root: Path, folder: Path) -> Path:
    """A Python that imports the other revision; its packages are this one's where it pins nothing else."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python, pinned = folder / "bin" / "python", root / "constraints.txt"
    if _pins(pinned) <= _pins(ROOT / "constraints.txt"):
        [packages] = folder.glob("lib/python*/site-packages")
        shared = f"{root}\n{sysconfig.get_path('purelib')}\n"
        packages.joinpath("shared.pth").write_text(shared, encoding="utf-8")
        print("before: with the packages of this environment, because this revision pins all that it pins")
    else:
        install = [str(python), "-m", "pip", "install", "--quiet", "-c", str(pinned), "-e", str(root)]
        subprocess.run(install, check=True)
        print("before: with packages of its own, because this revision pins others")
    return python


def _pins(constraints: Path) -> set[str]:
    """The versions that a file of constraints names, one a line."""
    lines = constraints.read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def run(build: Build, work: Work, stores: Path) -> Took:
    """Run the work once in a process of its own."""
    arguments = list(work.arguments)
    if work.shape:
        arguments += ["--results", f"sqlite:///{store_of(work, build, stores)}"]
    if work.arguments[0] == "report":
        arguments += ["--out", str(stores / f"report-{build.name}")]
    command = [str(build.python), "-c", "from harness.cli import main; main()", *arguments]
    environment = os.environ | {"PYTHONPATH": str(build.root), "ZOOCHECK_HOME": str(stores / "home")}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment, cwd=build.root)
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{build.name}: {' '.join(arguments)}: status {process.returncode}")
    return Took(wall_s=took, cpu_s=used.ru_utime + used.ru_stime, peak_mb=used.ru_maxrss / 1024)


def store_of(work: Work, build: Build, stores: Path) -> Path:
    """Each build has a file of its own, because schemas differ."""
    return stores / f"{work.shape}-{work.results}-{build.name}.sqlite"


def prepare(work: Work, before: Build, after: Build, stores: Path) -> None:
    """The stores that a work reads: the older build's code writes one, the newer one migrates a copy."""
    older, newer = (store_of(work, build, stores) for build in (before, after))
    if not work.shape or older.exists():
        return
    script = ROOT / "benchmarks" / "report.py"
    command = [str(before.python), str(script), "--results", str(work.results), "--shape", work.shape]
    environment = os.environ | {"PYTHONPATH": str(before.root), "ZOOCHECK_BENCHMARKED": str(before.root)}
    subprocess.run([*command, "--store", str(older)], check=True, env=environment, cwd=before.root)
    shutil.copy(older, newer)


def told(work: Work, before: Sequence[Took], after: Sequence[Took]) -> str:
    """One line of the table."""
    cells = [f"{work.name:30}"]
    for of in ("wall_s", "cpu_s", "peak_mb"):
        old, new = (median(getattr(item, of) for item in several) for several in (before, after))
        cells.append(f"{old:8.2f} -> {new:7.2f} ({old / new:4.1f} x)")
    return " | ".join(cells)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("revision", help="the commit before")
    parser.add_argument("work", nargs="*", help="cli, report, report-all, history (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=int, nargs="+", default=[10_000], help="sizes of the stores")
    chosen = parser.parse_args()
    after = Build(name="after", root=ROOT, python=Path(sys.executable))
    chosen_works = list(works(chosen.work, chosen.results))
    with tempfile.TemporaryDirectory() as folder, worktree(chosen.revision, Path(folder)) as before:
        stores = Path(folder) / "stores"
        stores.mkdir()
        print(f"{'before -> after':30} | {'wall, s':>27} | {'processor, s':>27} | {'memory, MB':>27}")
        for work in chosen_works:
            prepare(work, before, after, stores)
            took: dict[str, list[Took]] = {before.name: [], after.name: []}
            for build in (before, after):  # what is compiled or migrated once is not counted
                run(build, work, stores)
            for number in range(chosen.rounds):
                for build in (before, after) if number % 2 == 0 else (after, before):
                    took[build.name].append(run(build, work, stores))
            print(told(work, took[before.name], took[after.name]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
