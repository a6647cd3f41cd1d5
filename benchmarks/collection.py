"""How long collection takes: all real cases as a user starts it, and 100,000 synthetic ones.

    python benchmarks/collection.py

Prints (1) the wall time of `pytest suites/ --collect-only` beside that of a bare pytest that collects the
same number of parametrised tests from one module without zoocheck; (2) our own part, tables to cases to
pytest parameters, for 25,000, 50,000 and 100,000 synthetic cases, with the ratio of each to the one before
(2.0 is linear), beside bare pytest's share: what pytest takes to collect that many parameters.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 5
SYNTHETIC = (25_000, 50_000, 100_000)

BARE = """
import pytest
MARKS = (pytest.mark.a, pytest.mark.b)
@pytest.mark.parametrize("case", [pytest.param(n, id=f"case-{{n}}", marks=MARKS) for n in range({count})])
def test_bare(case): pass
"""

OURS = """
import json, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from harness.tables import cases, catalog
from fixtures.selection import parameters
start = time.perf_counter()
tables = catalog.load((Path({folder!r}),))
loaded = time.perf_counter()
made = tuple(cases.enumerate_cases(tables))
enumerated = time.perf_counter()
params = parameters(made)
done = time.perf_counter()
assert len(params) == {count}, len(params)
print(json.dumps([len(params), loaded - start, enumerated - loaded, done - enumerated]))
"""


def wall(command: list[str], cwd: Path) -> float:
    """Seconds of one run; ends the benchmark where the command fails."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return time.perf_counter() - start


def bare_folder(folder: Path, count: int) -> Path:
    """A folder with one module of `count` parametrised tests and no plugin of ours."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    a\n    b\n")
    (folder / "test_bare.py").write_text(BARE.format(count=count))
    return folder


def synthetic_tables(folder: Path, count: int) -> Path:
    """One TOML file of exactly `count` cases: a hundred models of TinyBERT's kind on ten chips.

    It stands alone: the built-in chips of every machine, cpu and cuda, would add cases to each model.
    """
    models, chips = 100, 10
    sizes = list(range(1, count // (models * chips) + 1))
    template = (ROOT / "fixtures/tables/models/tinybert.toml").read_text(encoding="utf-8")
    model = template[template.index("[[model]]") : template.index("[[model.deployments]]")]
    data = (ROOT / "fixtures/tables/datasets.toml").read_text(encoding="utf-8").split("[[dataset]]")[1]
    lines = [template[: template.index("[[model]]")], f"[[dataset]]{data}"]
    lines += [
        f'[[chip]]\nname = "chip{n}"\ntitle = "Chip {n}"\nbackend = "onnxruntime"\nprecisions = ["fp16"]\n'
        for n in range(chips)
    ]
    for n in range(models):
        lines.append(model.replace('name = "tinybert"', f'name = "model{n}"', 1))
        lines += [
            f'[[model.deployments]]\nchip = "chip{m}"\nbatch_sizes = {sizes}\nprecisions = ["fp16"]\n'
            for m in range(chips)
        ]
    folder.mkdir(parents=True)
    (folder / "synthetic.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def real_cases(scratch: Path) -> None:
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    listed = subprocess.run([*collect, "suites/"], cwd=ROOT, capture_output=True, text=True, check=True)
    count = sum("::" in line for line in listed.stdout.splitlines())
    bare = bare_folder(scratch / "bare-real", count)
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(wall([*collect, "suites/"], ROOT))
        theirs.append(wall([*collect, "test_bare.py"], bare))
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    print(f"all {count} real tests, --collect-only, wall, median of {REPEATS} on {os.cpu_count()} cores:")
    print(f"  zoocheck    {statistics.median(ours):6.2f} s  ({min(ours):.2f} to {max(ours):.2f})")
    print(f"  bare pytest {statistics.median(theirs):6.2f} s  ({min(theirs):.2f} to {max(theirs):.2f})")
    print(f"  ratio       {statistics.median(ratios):6.2f}    ({min(ratios):.2f} to {max(ratios):.2f})")


def synthetic_cases(scratch: Path) -> None:
    print("synthetic cases, our own part (tables, cases, parameters) beside bare pytest's share:")
    before = None
    for count in SYNTHETIC:
        folder = synthetic_tables(scratch / f"tables-{count}", count)
        program = textwrap.dedent(OURS).format(root=str(ROOT), folder=str(folder), count=count)
        runs = []
        for _ in range(REPEATS):
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
            runs.append(json.loads(done.stdout))
        made, *parts = (statistics.median(column) for column in zip(*runs, strict=True))
        total = sum(parts)
        bare = bare_folder(scratch / f"bare-{count}", count)
        collect = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"]
        theirs = wall(collect, bare)
        growth = "" if before is None else f", {total / before:.2f} times the row before"
        print(
            f"  {made:7.0f} cases: {total:5.2f} s (tables {parts[0]:.2f}, cases {parts[1]:.2f}, "
            f"parameters {parts[2]:.2f}); bare pytest {theirs:5.2f} s, ratio {total / theirs:.2f}{growth}"
        )
        before = total


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="zoocheck-collection-") as name:
        real_cases(Path(name))
        synthetic_cases(Path(name))


if __name__ == "__main__":
    main()
