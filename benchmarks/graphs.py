"""Graphs that registry packages ship, each built in fp32, fp16 and int8 and held against its file's own fp32.

    python benchmarks/graphs.py [NAME ...]

One line a graph: opset, inputs, then for each precision the largest and the root mean square difference in
spreads and the seconds that building and running took; or the sentence with which it is refused.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "tests")]

import graph_files as files
from published_graphs import GRAPHS, NotFetched, model_of

from harness.domain.precisions import Precision
from harness.errors import ZoocheckError
from harness.kinds.runner import Runner
from harness.models.graphs.reading import read
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.tables import catalog as tables

PRECISIONS = (Precision.FP32, Precision.FP16, Precision.INT8)


def main() -> None:
    catalog = tables.load((tables.BUILT_IN,))
    with tempfile.TemporaryDirectory(prefix="zoocheck-graphs-") as folder:
        root = Path(folder)
        home = Home(root=root / "home", models=root / "models", data=root / "data")
        store = Store(f"sqlite:///{root / 'results.sqlite'}")
        runner = Runner(Materials(catalog, home, Options(), Silent()), store, "graphs")
        for name in sys.argv[1:] or GRAPHS:
            measure(runner, name)
        store.close()


def measure(runner: Runner, name: str) -> None:
    """One graph at each precision."""
    try:
        model = model_of(name)
    except NotFetched as problem:
        print(f"{name}: {problem}")
        return
    assert model.graph is not None
    found = read(Path(model.graph.file))
    inputs = "; ".join(f"{item.name} {'x'.join(map(str, item.shape)) or 'scalar'}" for item in model.fed)
    print(f"{name} ({GRAPHS[name].family}): opset {found.opset}, {found.bytes / 1e6:.1f} MB, {inputs}")
    for precision in PRECISIONS:
        case = files.case_on(runner, model, precision, GRAPHS[name].batch)
        start = time.perf_counter()
        try:
            result = runner.conformance(case)
        except ZoocheckError as problem:
            print(f"  {precision}: {problem}")
            continue
        detail, took = result.measurement.detail, time.perf_counter() - start
        flips = (
            f", {detail['flips']} of {detail['decisions']} decisions flipped" if detail["decisions"] else ""
        )
        verdict = result.verdict and result.verdict.kind
        print(
            f"  {precision}: largest {detail['largest_in_spread']:.3g}, rms {detail['rms_in_spread']:.3g}"
            f"{flips}; {verdict}; {took:.1f} s; {'; '.join(detail['artifact'].get('told', []))}"
        )


if __name__ == "__main__":
    main()
