"""How cost grows with size: processor seconds against samples, length, results in a store, and READMEs.

    ZOOCHECK_DATA=... python benchmarks/growth.py [--only WORD] [--out FILE] [--kept FILE] [--largest N]

accuracy    an accuracy run of TinyBERT's mini in fp32 on its stand-in: features, inference, score, verdict.
            SST-2's development set is too small to see a slope in: a data set is made of the first
            sentences of its training set.
call        one call of one sample of a stand-in with random weights of TinyBERT's documented size.
results     `zoocheck report --all` and `zoocheck history` of a store that grew night by night, and `zoocheck
            report` of one run of different results (the stores are `report.py`'s: no model ran).
READMEs     `zoocheck audit` of so many of the READMEs in `$ZOOCHECK_DATA/readmes`, in a seeded order, and of
            one README that several of them were put together to.

Counted is the processor time of a process and of those it starts, so that a machine which does other work
says nearly the same; what computes here has one core, because threads that wait for work spin. Sizes are
measured in turns, each up to `ROUNDS` times, fewer where one takes long; told are the medians. The floor is
what the least input takes, start-up above all; it is taken out. The slope is that of a straight line, by
least squares, through the logarithms of the upper half of the sizes: 1 is linear, 0 costs nothing more, 2 is
quadratic. ``--out`` draws all of it, ``--only`` keeps to works that have WORD in their name, ``--kept`` keeps
what was measured, so that works can be measured one by one and drawn together.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.only import only  # noqa: E402

ROUNDS, LONG_S = 5, 10.0  # a size that took so many seconds in all is not measured again
SEED = 0
SAMPLES = (109, 218, 436, 872, 1744, 3488, 6976)
LENGTHS = (32, 64, 128, 256, 384, 512)
NIGHTS = (1_000, 3_000, 10_000, 30_000, 100_000, 200_000, 1_000_000)
CLAIMS = (1_000, 3_000, 10_000, 30_000, 100_000)
READMES = (10, 20, 40, 80, 160, 306)
TOGETHER = (1, 2, 4, 8, 16, 32, 64)
CASE = "bert-chinese-ner-vacc-bs1"  # the first of a store, so that a store of one result has it
AUDIT = ["audit", "--fail-on", "never", "--jobs", "1"]
DECADES = [10.0**power for power in range(-4, 8)]
CALLS = 20  # of each length: one call of 32 positions is below what the clock of a process tells well


@dataclass(kw_only=True)
class Work:
    """One line of the plot: what is measured at which sizes, and what it took."""

    name: str
    unit: str
    floor: float
    took: dict[float, list[float]] = field(default_factory=dict)

    @property
    def medians(self) -> dict[float, float]:
        """Seconds by size, the floor among them."""
        return {size: statistics.median(several) for size, several in sorted(self.took.items())}

    @property
    def above(self) -> dict[float, float]:
        """Seconds by size without the floor; a size that is not above it is left out."""
        return {size: took - self.floor for size, took in self.medians.items() if took > self.floor}

    @property
    def slope(self) -> float:
        """Of the upper half of the sizes; NaN where fewer than two stand above the floor."""
        return slope(list(self.above.items())[len(self.above) // 2 :])


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The exponent: the least-squares line through logarithms."""
    if len(points) < 2:
        return math.nan
    sizes, costs = zip(*((math.log(size), math.log(cost)) for size, cost in points), strict=True)
    return statistics.linear_regression(sizes, costs).slope


def measured(work: Work, sizes: Sequence[float], once: Callable[[float], float]) -> Work:
    """The work with every size measured, in turns."""
    for _ in range(ROUNDS):
        for size in sizes:
            if sum(work.took.get(size, ())) < LONG_S:
                work.took.setdefault(size, []).append(once(size))
    return work


def command(*arguments: str, home: Path) -> float:
    """Processor seconds of one command, and of the processes it starts."""
    line = [sys.executable, "-c", "from harness.cli import main; main()", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ZOOCHECK_HOME": str(home)}
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(line, stdout=told, stderr=told, env=environment, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            told.seek(0)
            sys.exit(f"zoocheck {' '.join(arguments)}: status {process.returncode}\n{told.read().decode()}")
    return used.ru_utime + used.ru_stime


def of_commands(work: Work, lines: dict[float, list[str]], least: list[str], home: Path) -> Work:
    """A work that is a command line a size; `least` is the line that has hardly anything to do."""
    command(*least, home=home)  # what is compiled once is not counted
    work.floor = statistics.median(command(*least, home=home) for _ in range(ROUNDS))
    return measured(work, list(lines), lambda size: command(*lines[size], home=home))


def in_a_store(name: str, arguments: list[str], shape: str, sizes: Sequence[int], folder: Path) -> Work:
    """A command that reads a store; the least has one result."""

    def line(size: int) -> list[str]:
        store = folder / f"{shape}-{size}.sqlite"
        if not store.exists():
            script = [sys.executable, str(ROOT / "benchmarks" / "report.py"), "--shape", shape]
            subprocess.run([*script, "--results", str(size), "--store", str(store)], check=True)
        out = ["--out", str(folder / "report")] if arguments[0] == "report" else []
        return [*arguments, "--results", f"sqlite:///{store}", *out]

    lines = {float(size): line(size) for size in sizes}
    return of_commands(Work(name=name, unit="results", floor=0), lines, line(1), folder / "home")


def readmes() -> list[Path]:
    """All of them, in a seeded order."""
    folder = Path(os.environ["ZOOCHECK_DATA"], "readmes")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".md")
    random.Random(SEED).shuffle(found)
    return found


def audits(folder: Path) -> Work:
    """Of the first so many READMEs, by one process."""
    found = readmes()
    lines = {float(size): [*AUDIT, *map(str, found[:size])] for size in READMES if size <= len(found)}
    return of_commands(
        Work(name="audit of READMEs", unit="READMEs", floor=0), lines, _least_audit(folder), folder
    )


def _least_audit(folder: Path) -> list[str]:
    empty = folder / "least.md"
    empty.write_text("# A model\n", encoding="utf-8")
    return [*AUDIT, str(empty)]


def audits_of_one(folder: Path) -> Work:
    """Of one README, as long as so many."""
    found, lines = readmes(), {}
    for size in TOGETHER:
        texts = [path.read_text(encoding="utf-8") for path in found[:size]]
        one = folder / f"together-{size}.md"
        one.write_text("\n\n".join(texts), encoding="utf-8")
        lines[one.stat().st_size / 1000] = [*AUDIT, str(one)]
    return of_commands(
        Work(name="audit of one README", unit="kB", floor=0), lines, _least_audit(folder), folder
    )


def here(name: str, unit: str) -> Callable[[Path], Work]:
    """A work that computes: in a process of its own, which has one core."""

    def made(folder: Path) -> Work:
        child = [sys.executable, __file__, "--here", name, "--folder", str(folder)]
        done = subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True)
        told = json.loads(done.stdout.splitlines()[-1])
        return Work(name=name, unit=unit, floor=told["floor"], took=by_size(told["took"]))

    return made


def samples(folder: Path) -> Work:
    """Accuracy runs, a data set a size; artifact and fp32 reference are kept from a run before."""
    from harness.domain.models import Protocol
    from harness.kinds.runner import Runner
    from harness.running.materials import Materials
    from harness.running.progress import Silent
    from harness.setting.home import Home
    from harness.setting.options import Options
    from harness.store.results import Store
    from harness.tables import catalog
    from harness.tables.cases import named

    tables = catalog.load((catalog.BUILT_IN,))
    header, *sentences = (
        Path(os.environ["ZOOCHECK_DATA"], "sst2", "train.tsv").read_text("utf-8").splitlines()
    )
    store = Store(f"sqlite:///{folder / 'accuracy.sqlite'}")
    options = Options(weights="mini", data="full", target="stand-in")

    def once(size: float) -> float:
        count = int(size)
        data = folder / f"data-{count}"
        if not data.exists():
            (data / "sst2").mkdir(parents=True)
            text = "".join(f"{line}\n" for line in (header, *sentences[:count]))
            (data / "sst2" / "dev.tsv").write_text(text, encoding="utf-8")
            once(size)  # artifact, and fp32 reference of these sentences
        spec = replace(tables.datasets["sst2"], counts={"samples": count})
        own = replace(tables, datasets={**tables.datasets, "sst2": spec})
        start = time.process_time()
        home = Home(root=folder / "home", models=folder / "models", data=data)
        runner = Runner(Materials(own, home, options, Silent()), store, "growth")
        runner.accuracy(named(own, "tinybert-cpu-bs8"), Protocol.DOCUMENTED)
        return time.process_time() - start

    once(8)
    floor = statistics.median(once(8) for _ in range(ROUNDS))
    return measured(Work(name="accuracy run", unit="samples", floor=floor), SAMPLES, once)


def lengths(folder: Path) -> Work:
    """Calls of the artifact of any shape, as accuracy runs make them."""
    import numpy as np

    from harness.artifacts.cache import ArtifactCache
    from harness.domain.models import InputRole
    from harness.running import building
    from harness.running.materials import Materials
    from harness.running.progress import Silent
    from harness.setting.home import Home
    from harness.setting.options import Options
    from harness.tables import catalog
    from harness.tables.cases import named
    from harness.toolchains.place import Place

    tables = catalog.load((catalog.BUILT_IN,))
    home = Home(root=folder / "home", models=folder / "models", data=folder / "data")
    materials = Materials(tables, home, Options(weights="random", target="stand-in"), Silent())
    case = named(tables, "tinybert-cpu-bs1")
    target = materials.target(case)
    place = Place(folder=home.work, toolchain=target.toolchain, threads=1)
    artifact = building.any_shape_artifact(ArtifactCache(home.artifacts), materials, case, target, place)
    session = target.backend.open(case, artifact, place)
    vocabulary = materials.checkpoint(case.model).architecture.vocabulary
    draw = np.random.default_rng(SEED)

    def once(size: float) -> float:
        shape = (1, int(size))
        fed = {
            InputRole.IDS: draw.integers(1, vocabulary, shape), InputRole.MASK: np.ones(shape),
        }  # fmt: skip
        arrays = [fed.get(item.role, np.zeros(shape)).astype(item.dtype) for item in case.model.inputs]
        session.run(arrays)
        start = time.process_time()
        for _ in range(CALLS):
            session.run(arrays)
        return (time.process_time() - start) / CALLS

    once(LENGTHS[-1])
    return measured(Work(name="call", unit="positions", floor=0.0), LENGTHS, once)


HERE = {"accuracy run": samples, "call": lengths}


def all_works(folder: Path, largest: int) -> dict[str, Callable[[], Work]]:
    """By name, as `--only` finds them."""
    nights, claims = ([size for size in sizes if size <= largest] for sizes in (NIGHTS, CLAIMS))
    return {
        "accuracy run": lambda: here("accuracy run", "samples")(folder),
        "call": lambda: here("call", "positions")(folder),
        "report of a run": lambda: in_a_store("report of a run", ["report"], "claims", claims, folder),
        "report --all": lambda: in_a_store("report --all", ["report", "--all"], "nights", nights, folder),
        "history": lambda: in_a_store("history", ["history", CASE], "nights", nights, folder),
        "audit of READMEs": lambda: audits(folder),
        "audit of one README": lambda: audits_of_one(folder),
    }


HEAD = "| work | by | floor, s | sizes: processor seconds | slope |\n|---|---|---:|---|---:|"


def row(work: Work) -> str:
    """Markdown: what each size took."""
    sizes = ", ".join(f"{size:,.0f}: {took:.3g}" for size, took in work.medians.items())
    return f"| {work.name} | {work.unit} | {work.floor:.2f} | {sizes} | {work.slope:.2f} |"


def kept(file: Path | None) -> dict[str, Work]:
    """What an earlier run left, by name."""
    if file is None or not file.exists():
        return {}
    works = json.loads(file.read_text(encoding="utf-8"))
    return {work["name"]: Work(**work | {"took": by_size(work["took"])}) for work in works}


def by_size(took: Mapping[str, list[float]]) -> dict[float, list[float]]:
    """JSON has sizes as text."""
    return {float(size): several for size, several in took.items()}


def drawing(works: Sequence[Work]) -> str:
    """Seconds above the floor against size, both as logarithms; SVG with its own colours."""
    import altair as alt

    from reports.charts import SERIES, draw, in_a_file

    labels = {work.name: f"{work.name}, by {work.unit}: {work.slope:.2f}" for work in works}
    rows = [
        {"size": size, "seconds": took, "of": labels[work.name]}
        for work in works
        for size, took in work.above.items()
    ]
    logs = alt.Scale(type="log", nice=False, padding=8)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("size:Q", title="size", scale=logs, axis=alt.Axis(format=",", values=DECADES)),
        y=alt.Y(
            "seconds:Q", title="processor seconds above the floor", scale=logs,
            axis=alt.Axis(format="~g", values=DECADES),
        ),
        color=alt.Color(
            "of:N", scale=alt.Scale(domain=list(labels.values()), range=list(SERIES)),
            legend=alt.Legend(columnPadding=60),
        ),
    )  # fmt: skip
    chart = (base.mark_line(strokeWidth=1.5) + base.mark_circle(size=30, opacity=1)).properties(
        width=640, height=380
    )
    return in_a_file(draw(chart))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD")
    parser.add_argument("--out", type=Path, metavar="FILE", help="an SVG of what was measured")
    parser.add_argument(
        "--kept", type=Path, metavar="FILE", help="seconds that are kept; works in it are not run again"
    )
    parser.add_argument("--largest", type=int, default=NIGHTS[-1], help="results of the largest store")
    parser.add_argument("--here", choices=tuple(HERE), help=argparse.SUPPRESS)  # the work of a child
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.here:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        work = HERE[chosen.here](chosen.folder)
        print(json.dumps({"floor": work.floor, "took": work.took}))
        return 0
    if "ZOOCHECK_DATA" not in os.environ:
        sys.exit("set ZOOCHECK_DATA: SST-2 is read there, and READMEs")
    found = kept(chosen.kept)
    with tempfile.TemporaryDirectory(prefix="zoocheck-growth-") as folder:
        works = all_works(Path(folder), chosen.largest)
        for name in only(chosen.only, works, str):
            if name not in found:
                found[name] = works[name]()
                print(row(found[name]), flush=True)
                if chosen.kept:
                    text = json.dumps([asdict(work) for work in found.values()], indent=1)
                    chosen.kept.write_text(f"{text}\n", encoding="utf-8")
    in_order = [found[name] for name in works if name in found]
    print("", HEAD, *map(row, in_order), sep="\n")
    if chosen.out:
        chosen.out.write_text(drawing(in_order), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
