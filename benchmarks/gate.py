"""How often `zoocheck compare` is wrong, and how often it sees a loss, on this machine.

    python benchmarks/gate.py [--turns 200 --turns-slower 100 --turns-busy 100]
                              [--runs 200 --runs-slower 100 --runs-busy 100] [--nights 2000] [--overhead 2000]
                              [--out FILE] [--seconds 25]

Pairs of measurements of one artifact, TinyBERT (mini, fp16 stand-in) at batch 8, where nothing differs, or
where the second is 5 % slower (`slower.py`: each call is followed by a twentieth of its own time):

turns   `zoocheck compare --ab` of two artifacts: A B B A, for at most `--seconds`, anew for each pair.
runs    `zoocheck compare` of two stored results: a throughput measured as the suites do (`quick`), recorded,
        and held against the one before it. Of n pairs without a planted loss n + 1 results are measured, each
        used twice; a pair with one is two results of its own.
busy    the same with one core kept busy by another process all the time.

A false alarm is a "worse" or a "better" between equals. Intervals are Wilson's, 95 %. Every pair is a line of
JSON in FILE as soon as it is done; started again with the same FILE, the benchmark goes on where it stopped.
Behind them `nights.py` simulates whole nights of a machine, and `overhead.py` holds the harness against a
bare loop of calls.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import nights  # noqa: E402
from benchmarks.slower import PLANTED, slower  # noqa: E402
from harness.comparing import arm_specs  # noqa: E402
from harness.comparing.judging import THROUGHPUT_MARGIN  # noqa: E402
from harness.comparing.runs import compare  # noqa: E402
from harness.domain.models import Protocol  # noqa: E402
from harness.kinds.runner import Runner  # noqa: E402
from harness.machine.fingerprint import fingerprint, machine_key  # noqa: E402
from harness.running.batches import fixed_batch  # noqa: E402
from harness.running.materials import Materials  # noqa: E402
from harness.running.progress import Silent  # noqa: E402
from harness.setting.home import Home  # noqa: E402
from harness.setting.options import Options  # noqa: E402
from harness.store.results import Store  # noqa: E402
from harness.tables import cases, catalog  # noqa: E402
from harness.timing import here as measuring  # noqa: E402
from harness.timing import turns  # noqa: E402
from harness.toolchains.place import Place  # noqa: E402
from harness.verdicts.effects import LEAST_CHANGE, Finding  # noqa: E402
from harness.verdicts.stats import wilson  # noqa: E402

CASE = "tinybert-ascend310p-bs8"
THREADS = 1  # of either arm: the default of `--ab`, and `--threads 1` of the suites


class Bench:
    """One case, ready to be measured either way."""

    def __init__(self, folder: Path, seconds: float) -> None:
        tables = catalog.load()
        self.case = cases.named(tables, CASE)
        options = Options(weights="mini", data="mini", target="stand-in", threads=THREADS)
        self.materials = Materials(tables, Home.locate(), options, Silent())
        self.runner = Runner(self.materials, Store("sqlite://"), "gate")
        self.folder = folder
        self.seconds = seconds

    def by_turns(self, planted: bool):
        """A pair of arms in turns, the second one slower where a loss is planted."""
        target = self.materials.target(self.case)
        place = Place(folder=self.folder, toolchain=target.toolchain)
        import numpy as np

        spec = arm_specs.Specs(self.materials, self.case, target, place).read(arm_specs.CURRENT)
        inputs = self.folder / "inputs.npz"
        batch = fixed_batch(self.case, self.materials.samples(self.case.model, Protocol.DOCUMENTED))
        np.savez(
            inputs, **{item.name: array for item, array in zip(self.case.model.inputs, batch, strict=True)}
        )
        content = {"target": "stand-in", "device": 0, "folder": str(self.folder), "threads": THREADS,
                   "inputs": str(inputs)}  # fmt: skip
        one = {"case": self.case.id, "artifact": spec.setup()}
        arms = [
            turns.Setup(name=name, content={**content, "arms": [{**one, "slower": slow}]},
                        module="benchmarks.slower", python_path=(ROOT,))
            for name, slow in (("A", False), ("B", planted))
        ]  # fmt: skip
        began = time.monotonic()
        with turns.arms(*arms) as pair:
            found = turns.take_turns(pair, longest_s=self.seconds)
        finding = found.effect.finding(margin=THROUGHPUT_MARGIN, least=LEAST_CHANGE)
        return {"finding": finding, "change": found.effect.change, "low": found.effect.low,
                "high": found.effect.high, "seconds": round(time.monotonic() - began, 1)}  # fmt: skip

    def one_run(self, around=lambda call: call):
        """One throughput as the suites measure it, recorded."""
        timing = self.runner.timing(self.case)
        ours = measuring.measure(around(timing.call), timing.plan, batch_size=self.case.batch_size, card=None)
        return self.runner.record_throughput(timing, ours, None)

    def by_runs(self, before, after):
        """Two results held against each other."""
        (pair,) = compare([before], [after]).pairs
        effect = pair.effect
        return {"finding": pair.finding, "change": effect.change, "low": effect.low, "high": effect.high,
                "noisy": [bool(item.measurement.detail.get("noisy")) for item in (before, after)],
                "rates": [item.measurement.metrics["throughput"] for item in (before, after)]}  # fmt: skip


@contextmanager
def busy_core(busy: bool):
    """Another process that keeps one core busy meanwhile."""
    if not busy:
        yield
        return
    loop = "while True: pass"
    process = subprocess.Popen([sys.executable, "-c", loop])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def pairs_by_turns(bench: Bench, count: int, planted: bool):
    for _ in range(count):
        yield bench.by_turns(planted)


def pairs_by_runs(bench: Bench, count: int):
    before = bench.one_run()
    for _ in range(count):
        after = bench.one_run()
        yield bench.by_runs(before, after)
        before = after


def pairs_by_runs_slower(bench: Bench, count: int):
    for _ in range(count):
        before = bench.one_run()
        yield bench.by_runs(before, bench.one_run(slower))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name, count in (("turns", 200), ("turns-slower", 100), ("turns-busy", 100),
                        ("runs", 200), ("runs-slower", 100), ("runs-busy", 100)):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=count, metavar="PAIRS")
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument(
        "--overhead", type=int, default=2000, metavar="PAIRS", help="of calls; 0: leave it out"
    )
    parser.add_argument(
        "--nights", type=int, default=2000, help="simulated nights in each cell; 0: leave them out"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "gate.jsonl")
    options = vars(parser.parse_args())
    out: Path = options["out"]
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="zoocheck-gate-") as folder:
        bench = Bench(Path(folder), options["seconds"])
        ways = {
            "turns": lambda count: pairs_by_turns(bench, count, planted=False),
            "turns-slower": lambda count: pairs_by_turns(bench, count, planted=True),
            "turns-busy": lambda count: pairs_by_turns(bench, count, planted=False),
            "runs": lambda count: pairs_by_runs(bench, count),
            "runs-slower": lambda count: pairs_by_runs_slower(bench, count),
            "runs-busy": lambda count: pairs_by_runs(bench, count),
        }
        for way, pairs in ways.items():
            measure(way, pairs, options[way.replace("-", "_")], out)
    report(known(out))
    if options["nights"]:
        nights.main(["--nights", str(options["nights"])])
    if options["overhead"]:
        sys.stdout.flush()
        overhead = Path(__file__).with_name("overhead.py")
        subprocess.run([sys.executable, str(overhead), "--pairs", str(options["overhead"])], check=True)


def measure(way: str, pairs, count: int, out: Path) -> None:
    """The pairs of one way that `out` does not have yet, a line each."""
    missing = count - sum(item["way"] == way for item in known(out))
    if missing <= 0:
        return
    with busy_core(way.endswith("-busy")), out.open("a", encoding="utf-8") as lines:
        start = time.monotonic()
        for number, pair in enumerate(pairs(missing), 1):
            lines.write(json.dumps({"way": way, **here(), **pair}) + "\n")
            lines.flush()
            each = (time.monotonic() - start) / number
            print(f"\r{way}: {number} of {missing}, {each:.1f} s a pair ", end="", file=sys.stderr)
    print(file=sys.stderr)


def known(out: Path) -> list[dict]:
    """The pairs that were measured."""
    if not out.exists():
        return []
    pairs = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    for pair in pairs:
        if {name: pair.get(name) for name in here()} != here():
            sys.exit(
                f"{out}: has pairs of other code or another machine ({pair.get('code')}); take another --out"
            )
    return pairs


@cache
def here() -> dict[str, str]:
    """What every pair is of: the code that decides, and the machine."""
    files = [
        *sorted((ROOT / "harness" / "comparing").glob("*.py")),
        *(
            ROOT / "harness" / name
            for name in (
                "timing/turns.py", "timing/arm.py", "machine/matmul.py", "machine/watch.py",
                "verdicts/effects.py", "verdicts/in_turns.py", "verdicts/levels.py", "verdicts/nights.py",
                "verdicts/noise.py", "verdicts/stats.py",
            )
        ),
    ]  # fmt: skip
    code = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    return {"code": code, "machine": machine_key(fingerprint())}


def report(pairs: list[dict]) -> None:
    """A line for each way: how many pairs, what they came to, and how often that was wrong or right."""
    for way in dict.fromkeys(item["way"] for item in pairs):
        mine = [item for item in pairs if item["way"] == way]
        found = Counter(item["finding"] for item in mine)
        counts = ", ".join(f"{found[name]} {name}" for name in Finding if found[name])
        print(f"{way:13} {len(mine):4} pairs: {counts}")
        if way.endswith("-slower"):
            share(f"a planted slowdown of {PLANTED * 100:g} % is called worse", found["worse"], len(mine))
            share("  of the pairs that could be told", found["worse"], len(mine) - found["too noisy to tell"])
        else:
            share("false alarms", found["worse"] + found["better"], len(mine))
        took = sorted(item["seconds"] for item in mine if "seconds" in item)
        if took:
            print(f"{'':13} {took[len(took) // 2]:.1f} s a pair, at most {took[-1]:.1f} s")


def share(what: str, hits: int, of: int) -> None:
    if of:
        interval = wilson(hits, of)
        print(f"{'':13} {what}: {hits} of {of}, {hits / of * 100:.1f} % "
              f"({interval.low * 100:.1f} to {interval.high * 100:.1f} %)")  # fmt: skip


if __name__ == "__main__":
    main()
