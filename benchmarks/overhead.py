"""What the suite's own machinery costs a call: its latency against a bare onnxruntime call's, as a ratio.

    python benchmarks/overhead.py [--weights mini|random] [--bs 1] [--pairs 2000]

Both call the same artifact of TinyBERT on the CPU with the same batch, in one process, in pairs: one call
through the suite's way (backend session, timed by pytest-benchmark's pedantic runner) and one of
`InferenceSession.run` between two readings of the clock, the order swapped from pair to pair. The two calls
of a pair are milliseconds apart, so what else the machine does meets both. The figure is the median of the
pairs' ratios, with the 95 % interval of that median by bootstrap: 1.00 is no cost. Target: within 1 % at
batch 1.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WARM_UP = 20
RESAMPLES = 2000
SEED = 0
PAIRS = [2000]
OURS: list[float] = []  # seconds of a call, pair by pair
BARE: list[float] = []


@pytest.fixture(scope="module")
def loaded(runner, settings):
    """The timed case, and a session of our own on the same file."""
    import onnxruntime

    from harness.domain.models import Protocol
    from harness.models.graphs import sessions
    from harness.running.batches import fixed_batch

    case = next(c for c in settings.cases() if (c.model.name, c.chip.name) == ("tinybert", "cpu"))
    timing = runner.timing(case)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = timing.place.threads
    session = onnxruntime.InferenceSession(
        timing.artifact.path("model.onnx"), options, providers=[sessions.CPU]
    )
    sessions.hold([sessions.CPU], session.get_providers())
    batch = fixed_batch(case, runner.materials.samples(case.model, Protocol.DOCUMENTED))
    feed = {item.name: array for item, array in zip(case.model.inputs, batch, strict=True)}
    names = [item.name for item in case.model.outputs]
    for _ in range(WARM_UP):
        timing.call()
        session.run(names, feed)
    return timing, session, names, feed


def test_pairs(loaded, benchmark):
    """Bare calls between the suite's own rounds: pytest-benchmark's `setup` runs before each, untimed.

    Of an odd round the bare call comes before ours, of an even one behind the one before it, so that two
    bare calls meet, then two of ours.
    """
    timing, session, names, feed = loaded

    def bare() -> None:
        start = time.perf_counter()
        session.run(names, feed)
        BARE.append(time.perf_counter() - start)

    done = 0

    def between() -> None:
        nonlocal done
        if done % 2:  # behind the call before, then before the one that comes
            bare()
            bare()
        done += 1

    benchmark.pedantic(timing.call, setup=between, rounds=PAIRS[0], iterations=1, warmup_rounds=0)
    OURS.extend(benchmark.stats.stats.data)


def spread(ratios: list[float]) -> tuple[float, float]:
    """The 95 % interval of the median, by bootstrap over the pairs."""
    import numpy as np

    drawn = np.random.default_rng(SEED).choice(ratios, size=(RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--weights", default="mini", choices=("mini", "random", "full"))
    parser.add_argument("--bs", default="1")
    parser.add_argument("--pairs", type=int, default=PAIRS[0])
    parser.add_argument("--threads", default="1", help="of either session: those that spin disturb it")
    options = parser.parse_args()
    PAIRS[0] = max(20, options.pairs // 2 * 2)
    sys.path.insert(0, str(ROOT))
    sys.modules["benchmarks.overhead"] = sys.modules["__main__"]  # as pytest calls it: one list of calls
    status = pytest.main(
        [__file__, "-q", "--no-header", "-p", "no:cacheprovider", "--import-mode=importlib",
         f"--rootdir={ROOT}", f"--confcutdir={ROOT}", "-c", str(ROOT / "pytest.ini"),
         "--weights", options.weights, "--bs", options.bs, "--threads", options.threads,
         "--benchmark-columns=median,rounds",
         "--benchmark-quiet", "-W", "ignore"],
        plugins=[sys.modules["__main__"]],
    )  # fmt: skip
    if status or not OURS:
        sys.exit(int(status) or 1)
    ratios = [ours / bare for ours, bare in zip(OURS, BARE, strict=True)]
    low, high = spread(ratios)
    median = statistics.median
    print(f"tinybert ({options.weights}) on cpu, batch {options.bs}, {len(ratios)} pairs of calls:")
    print(f"  suite          {median(OURS) * 1e6:10.1f} us a call, median")
    print(f"  bare           {median(BARE) * 1e6:10.1f} us a call, median")
    print(
        f"  suite / bare   {median(ratios):10.4f} median of pairs, {low:.4f} to {high:.4f} (95 %, bootstrap)"
    )


if __name__ == "__main__":
    main()
