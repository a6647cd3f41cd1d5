"""What the suite's own machinery costs: its throughput against a bare onnxruntime loop, as a ratio.

    python benchmarks/overhead.py [--weights mini|random] [--bs 1]

Both call the same artifact of TinyBERT on the CPU with the same batch, in one process and in turn: a block
of calls through the suite's way (backend session, pytest-benchmark's pedantic calls, our summary), a block
of `InferenceSession.run` in a plain loop, the order swapped every block. The figure is the ratio of the
two throughputs, block by block: 1.00 is no cost. Target: within 1 % at batch 1.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = 40
BLOCK_S = 0.25  # about so long is a block; a slow model gets fewer calls
MOST_CALLS = 200
CALLS: list[int] = []  # a block, chosen once by the pace of the first calls
RATIOS: list[float] = []
OURS: list[float] = []
BARE: list[float] = []


@pytest.fixture(scope="module")
def loaded(runner, settings):
    """The timed case, and a session of our own on the same file."""
    import onnxruntime

    from harness.domain import Protocol
    from harness.run import fixed_batch

    case = next(c for c in settings.cases() if (c.model.name, c.chip.name) == ("tinybert", "cpu"))
    timing = runner.timing(case)
    session = onnxruntime.InferenceSession(
        timing.artifact.path("model.onnx"), providers=["CPUExecutionProvider"]
    )
    batch = fixed_batch(case, runner.materials.samples(case.model, Protocol.DOCUMENTED))
    feed = {item.name: array for item, array in zip(case.model.inputs, batch, strict=True)}
    names = [item.name for item in case.model.outputs]
    start = time.perf_counter()
    for _ in range(5):
        timing.call()
        session.run(names, feed)
    pace = (time.perf_counter() - start) / 10
    CALLS.append(max(5, min(MOST_CALLS, int(BLOCK_S / pace))))
    return timing, session, names, feed


@pytest.mark.parametrize("block", range(BLOCKS))
def test_block(block, loaded, benchmark):
    """One block of each, in turn."""
    from harness.stats import summarise

    timing, session, names, feed = loaded
    calls = CALLS[0]

    def bare() -> None:
        start = time.perf_counter()
        for _ in range(calls):
            session.run(names, feed)
        BARE.append(calls * timing.case.batch_size / (time.perf_counter() - start))

    def ours() -> None:
        benchmark.pedantic(timing.call, rounds=calls, iterations=1, warmup_rounds=0)
        latencies = [round(seconds * 1e9) for seconds in benchmark.stats.stats.data]
        OURS.append(summarise(latencies, timing.case.batch_size).samples_per_s)

    for part in (ours, bare) if block % 2 else (bare, ours):
        part()
    RATIOS.append(OURS[-1] / BARE[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--weights", default="mini", choices=("mini", "random", "full"))
    parser.add_argument("--bs", default="1")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    sys.modules["benchmarks.overhead"] = sys.modules["__main__"]  # as pytest calls it: one list of ratios
    status = pytest.main(
        [__file__, "-q", "--no-header", "-p", "no:cacheprovider", "--import-mode=importlib",
         f"--rootdir={ROOT}", f"--confcutdir={ROOT}", "-c", str(ROOT / "pytest.ini"),
         "--weights", options.weights, "--bs", options.bs, "--benchmark-columns=median,rounds",
         "--benchmark-quiet", "-W", "ignore"],
        plugins=[sys.modules["__main__"]],
    )  # fmt: skip
    if status or not RATIOS:
        sys.exit(int(status) or 1)
    ordered = sorted(RATIOS)
    low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
    median = statistics.median
    print(f"tinybert ({options.weights}) on cpu, batch {options.bs}, {BLOCKS} blocks of {CALLS[0]} calls:")
    print(f"  suite          {median(OURS):10.1f} samples/s, median of blocks")
    print(f"  bare loop      {median(BARE):10.1f} samples/s")
    print(f"  suite / bare   {median(RATIOS):10.4f} median, {low:.4f} to {high:.4f} (10th to 90th)")


if __name__ == "__main__":
    main()
