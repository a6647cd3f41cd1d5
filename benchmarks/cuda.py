"""All five architectures on a GPU, against what a large matrix multiplication reaches on the same card.

    python benchmarks/cuda.py [--models tinybert,bert-large-ner] [--bs 1,64] [--precision fp16] [--device 0]

Seeded random weights at the documented length and batch sizes, as the chip `cuda` runs them: fused attention,
torch.compile, one CUDA graph a batch. Printed a line a batch size: samples/s of the computing alone, by CUDA
events (the median of --calls); the share of the peak, which is what `--peak-size` square operands of the same
dtype reach in the same run; the largest difference in logits from torch's fp32 on the CPU (the batch's
first samples), with the bound that a conformance test holds it to; and the device memory at its highest.

The floating-point operations counted are those of the products alone, padding included: four projections,
two layers of the feed-forward network, the scores of attention and their sum over the values; no
embedding, no softmax, no head.

Ends with 0 where every difference is within its bound and bert-large-ner at batch 64 in fp16, if measured, is
at 60 % of the peak or more, with 1 where not, and with 2 where there is no GPU to measure.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

AIM = ("bert-large-ner", "fp16", 64, 0.60)  # model, precision, batch size, share of the peak
COMPARED = 2  # samples that the CPU computes too
WARM_UP_CALLS = 5


def operations(architecture, length):
    """Floating-point operations of the products of one sample, a multiplication and an addition each."""
    hidden, inner = architecture.hidden, architecture.intermediate
    dense = 4 * hidden * hidden + 2 * hidden * inner
    attention = 2 * length * hidden
    return 2 * length * architecture.layers * (dense + attention)


def peak(device, precision, size, calls):
    """Operations a second of a square product of `size`: the best of `calls`."""
    import torch

    from harness.toolchains.torch_cuda.device import dtype_of, products_in

    left, right, out = (
        torch.randn(size, size, device=device.place, dtype=dtype_of(precision)) for _ in range(3)
    )
    with products_in(precision):
        spent = [device.timed([lambda: torch.mm(left, right, out=out)])[0] for _ in range(calls + 3)][3:]
    return 2 * size**3 / (min(spent) / 1e3)


def measure(model, checkpoint, network, precision, size, device, calls):
    """(samples a second, largest difference from the CPU, what the session tells) of one batch size."""
    import numpy as np
    import torch

    from harness.models.graphs.export import example_inputs, run_torch
    from harness.toolchains.torch_cuda.device import Static, fused

    vocabulary = checkpoint.architecture.vocabulary
    feed = example_inputs(model, vocabulary=vocabulary, batch_size=size)
    arrays = [feed[item.name].astype("int64") for item in model.inputs]
    module = fused(checkpoint.architecture, model.inputs, precision)
    module.get_submodule("network").load_state_dict(network.state_dict())
    name = f"{model.name}-{precision}-bs{size}"
    static = Static(name, module, device, [torch.from_numpy(array) for array in arrays], precision)
    outputs = static.run(arrays)
    first = {item.name: feed[item.name][:COMPARED] for item in model.inputs}
    theirs = run_torch(network, model, first)
    pairs = zip(outputs, theirs, strict=True)
    spread = float(np.concatenate([other.ravel() for other in theirs]).std())
    difference = max(float(abs(ours[: len(other)] - other).max()) for ours, other in pairs) / spread
    spent = static.computed_ms(WARM_UP_CALLS + calls)[WARM_UP_CALLS:]
    return size / (statistics.median(spent) / 1e3), difference, static.told()


def unavailable(device):
    """Why nothing can be measured here, or None."""
    from harness.tables import catalog
    from harness.toolchains import loading
    from harness.toolchains.base import Unavailable

    chip = catalog.load().chips["cuda"]
    answer = loading.probe(chip, chip.backend, device)
    if isinstance(answer, Unavailable):
        return f"no GPU to measure: {answer.reason}; {answer.remedy}"
    facts = ", ".join(f"{name} {value}" for name, value in sorted(answer.facts.items()))
    print(f"{answer.device}: {facts}", flush=True)
    return None


def forget():
    """Let go of what the last batch size was compiled and captured to, so that memory is counted anew."""
    import gc

    import torch

    torch.compiler.reset()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def told_line(name, model, precision, size, share, found, bound):
    """One batch size as it is printed."""
    per_s, difference, told = found
    memory = told.get("peak_device_bytes", 0) / 2**30
    return (
        f"{name:<17} length {model.length:<4} {precision} batch {size:<3} {per_s:10.1f} samples/s "
        f"{share * 100:5.1f} % of peak, differs by {difference:.2e} spreads (bound {bound:g}), "
        f"{memory:.2f} GiB, {told['mode']}"
    )


def one_model(name, model, options, peaks, make):
    """Measure and print every precision and batch size of a model; yields what is not as it has to be."""
    from harness.domain.models import Weights
    from harness.errors import MachineError
    from harness.models import checkpoints
    from harness.setting.home import Home
    from harness.tables import cases, catalog

    checkpoint = checkpoints.locate(model, Weights.RANDOM, Home.locate())
    network = checkpoints.load(checkpoint).network
    sizes = cases.parse_batch_sizes(options.bs) if options.bs else model.batch_sizes
    for precision, size in ((precision, size) for precision in peaks for size in sizes):
        forget()
        try:
            found = measure(model, checkpoint, network, precision, size, make(), options.calls)
        except MachineError as problem:
            yield str(problem)
            continue
        share = found[0] * operations(checkpoint.architecture, model.length) / peaks[precision]
        bound = catalog.load().precisions[precision].largest.most
        print(told_line(name, model, precision, size, share, found, bound), flush=True)
        if not found[1] <= bound:
            yield f"{name}, {precision}, batch {size}: differs by {found[1]:g}"
        if (name, str(precision), size) == AIM[:3] and share < AIM[3]:
            yield f"{name}, {precision}, batch {size}: {share:.0%} of the peak, the aim is {AIM[3]:.0%}"


def run(options, make):
    """Every model on the devices that `make` gives; the sentences of what is not as it has to be."""
    from harness.tables import cases, catalog

    tables = catalog.load()
    peaks = {}
    for precision in cases.parse_precisions(options.precision):
        peaks[precision] = peak(make(), precision, options.peak_size, options.calls)
        print(f"peak, {precision}: {peaks[precision] / 1e12:.1f} Tflop/s", flush=True)
    chosen = options.models.split(",") if options.models else list(tables.models)
    models = {name: catalog.find(tables.models, name, "model") for name in chosen}
    return [
        sentence
        for name, model in models.items()
        for sentence in one_model(name, model, options, peaks, make)
    ]


def main():
    """Measure, or say why not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", help="by default all five")
    parser.add_argument("--bs", help="by default each model's documented ones")
    parser.add_argument("--precision", default="fp16", help="of fp32, tf32, fp16, bf16")
    parser.add_argument("--device", type=int, default=0)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--peak-size", type=int, default=8192)
    options = parser.parse_args()
    missing = unavailable(options.device)
    if missing:
        print(missing, file=sys.stderr)
        return 2
    from harness.toolchains.torch_cuda.device import Cuda

    wrong = run(options, lambda: Cuda(options.device))
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
