"""bert-large-ner at its documented size on the CPU: what each stage of a build takes, and a call.

    python benchmarks/bert_large.py [--bs 1,8] [--calls 5]

Seeded random weights, 24 layers of 1024. Every batch size runs in a process of its own, which exports,
simplifies, limits the mask, makes the fp16 stand-in, and then times onnxruntime in fp32 and with fp16's
numerics. Printed: seconds of each stage, and the process's peak memory up to its end (it never falls, so
that the stage where it rises is the one that took it).
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Print how long the inside took, and the peak so far."""
    start = time.perf_counter()
    yield
    spent = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # from KiB
    print(f"  {name:<28} {spent:8.1f} s   peak {peak:5.2f} GiB", flush=True)


def one(batch_size: int, calls: int) -> None:
    """Everything for one batch size, in this process."""
    import onnx

    from harness.artifacts.cache import ArtifactCache, Recipe
    from harness.domain.models import Weights
    from harness.domain.precisions import Precision
    from harness.models import checkpoints
    from harness.models.graphs import fp16, mask
    from harness.models.graphs.export import example_inputs, export
    from harness.setting.home import Home
    from harness.tables import catalog
    from harness.tables.cases import named
    from harness.toolchains.loading import load
    from harness.toolchains.place import Place, Toolchain

    fp32 = named(catalog.load(), f"bert-large-ner-cpu-bs{batch_size}")
    checkpoint = checkpoints.locate(fp32.model, Weights.RANDOM, Home.locate())
    with stage("random weights"):
        network = checkpoints.load(checkpoint).network
    with stage("export and simplify"):  # and the comparison with torch
        graph = export(network, fp32.model, checkpoint.architecture, batch_size=batch_size, opset=17).graph
    with stage("limit the mask"):
        limited = mask.limit_mask(graph)
    with stage("fp16"):
        narrow = fp16.to_fp16(limited)
    feed = example_inputs(fp32.model, vocabulary=checkpoint.architecture.vocabulary, batch_size=batch_size)
    del network, limited
    with tempfile.TemporaryDirectory() as folder:
        cache = ArtifactCache(Path(folder))
        place = Place(folder=Path(folder), toolchain=Toolchain(name="onnxruntime"))
        for case, content in ((fp32, graph), (replace(fp32, precision=Precision.FP16), narrow)):

            def build(out: Path, content: onnx.ModelProto = content) -> dict[str, object]:
                onnx.save(content, out / "model.onnx")
                return {}

            with stage(f"save, {case.precision}"):
                artifact = cache.get(Recipe(inputs={"precision": case.precision}), build)
            with stage(f"load, {case.precision}"):
                session = load("onnxruntime").open(case, artifact, place)
            arrays = [feed[item.name] for item in case.model.inputs]
            session.run(arrays)
            spent = []
            with stage(f"{calls} calls, {case.precision}"):
                for _ in range(calls):
                    start = time.perf_counter()
                    session.run(arrays)
                    spent.append(time.perf_counter() - start)
            median = statistics.median(spent)
            print(
                f"  batch {batch_size}, length {case.model.length}, {case.precision}: "
                f"median {median:.2f} s a call ({min(spent):.2f} to {max(spent):.2f}), "
                f"{batch_size / median:.3f} samples/s; {artifact.bytes / 2**30:.2f} GiB on disk",
                flush=True,
            )


def main() -> int:
    """Run every batch size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bs", default="1,8")
    parser.add_argument("--calls", type=int, default=5)
    parser.add_argument("--here", type=int, help=argparse.SUPPRESS)  # the batch size of a child
    options = parser.parse_args()
    if options.here:
        one(options.here, options.calls)
        return 0
    for size in options.bs.split(","):
        print(f"bert-large-ner, random weights, batch {size}:", flush=True)
        command = [sys.executable, __file__, "--here", size, "--calls", str(options.calls)]
        status = subprocess.run(command, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
