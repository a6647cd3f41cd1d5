"""Graphs that registry packages ship, each through `zoocheck check`, as a person types it.

    python benchmarks/checked_graphs.py [NAME ...]

A line a graph of a Markdown table: operators, opset, what is typed, seconds from the command to its table,
then for fp32, fp16 and int8 the claims that hold, the largest and the root mean square difference from the
file's own fp32 in spreads, samples per second; and what is told of it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "tests")]

from published_graphs import GRAPHS, TYPED, NotFetched, cache, fetched

from harness.decoding import json_object
from harness.models.graphs.reading import read
from harness.setting.home import CODE
from harness.store.results import Result, Store

PRECISIONS = ("fp32", "fp16", "int8")
# All but those that are like one of these.
USUAL = (
    "ppocr-det", "ppocr-rec", "ppocr-cls", "captcha", "silero", "basic-pitch", "magika", "nudenet",
)  # fmt: skip
HEADS = (
    "graph", "operators", "opset", "typed behind `zoocheck check FILE`", "seconds", "status",
    *(f"{precision}: {what}" for precision in PRECISIONS for what in ("holds", "largest, rms", "samples/s")),
    "told",
)  # fmt: skip
MOST_S = 480  # of one check


def main() -> None:
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    for name in sys.argv[1:] or USUAL:
        print(f"| {' | '.join(line(name))} |", flush=True)


def line(name: str) -> Sequence[str]:
    """What stands of one graph; where it is not fetched or is refused, the sentence of that."""
    try:
        path = fetched(GRAPHS[name], cache())
    except NotFetched as problem:
        return [name, str(problem)]
    found, typed = read(path), TYPED.get(name, ())
    asked = [*typed] if "--precision" in typed else [*typed, "--precision", ",".join(PRECISIONS)]
    with tempfile.TemporaryDirectory(prefix="zoocheck-graphs-") as folder:
        store = f"sqlite:///{folder}/results.sqlite"
        start = time.perf_counter()
        ran = subprocess.run(
            [sys.executable, "-m", "harness", "check", str(path), *asked, "--results", store, "--json"],
            cwd=folder, capture_output=True, text=True, check=False, timeout=MOST_S,
            env={**os.environ, "PYTHONPATH": str(CODE), "ZOOCHECK_HOME": f"{folder}/home"},
        )  # fmt: skip
        took = time.perf_counter() - start
        shown = [
            name, str(sum(found.operators.values())), str(found.opset), f"`{' '.join(asked)}`", f"{took:.0f}",
            str(ran.returncode),
        ]  # fmt: skip
        if not ran.stdout.startswith("{"):
            return [*shown, ran.stderr.strip().splitlines()[-1]]
        told = json_object(ran.stdout)
        kept = Store(store)
        results = list(kept.results(run=told["run"]))
        kept.close()
    rows = {row["precision"]: row for row in told["cases"]}
    cells = [cell for precision in PRECISIONS for cell in _cells(rows.get(precision), results)]
    return [*shown, *cells, "; ".join(_told(told, results))]


def _cells(row: Any, results: Sequence[Result]) -> tuple[str, str, str]:
    """The claims that hold, the differences, and the speed of one precision."""
    if row is None or not row["claims"]:
        return "-", "-", "-"
    parity = [
        item.measurement.detail
        for item in results
        if item.measurement.case == row["case"] and "largest_in_spread" in item.measurement.detail
    ]
    apart = f"{parity[0]['largest_in_spread']:.3g}, {parity[0]['rms_in_spread']:.3g}" if parity else "-"
    speed = row["throughput"]
    return f"{row['held']} of {row['claims']}", apart, f"{speed['samples_per_s']:.3g}" if speed else "-"


def _told(told: Any, results: Sequence[Result]) -> Sequence[str]:
    """What was guessed of the batch, not run, or is not good; what a build says, and a bound of its own."""
    notes = [note for note in told["notes"] if not note.startswith(("input", "noisy", "speed", "no score"))]
    notes += [item["reason"] for item in told["not_run"]]
    notes += [problem for row in told["cases"] for problem in row["problems"]]
    for item in results:
        detail = item.measurement.detail
        notes += detail.get("artifact", {}).get("told", [])
        notes += [reason for reason in [detail.get("bound_reason", "")] if "moves its own" in reason]
    plain = [re.sub(r"ZOOCHECK_TABLES=\S+ ", "", note).replace("|", "/") for note in notes]
    return list(dict.fromkeys(plain))


if __name__ == "__main__":
    main()
