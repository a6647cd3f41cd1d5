"""What accuracy at the samples' real length saves: bert-large-ner, padded to 512 against grouped, as ratios.

    ZOOCHECK_DATA=... python benchmarks/accuracy_run.py [--weights random|mini|full] [--samples 12]
        [--protocol documented|standard] [--precision fp32|fp16]

Seeded sentences of CoNLL-2003's test set go through the two artifacts of a case on its stand-in: the padded
one at its batch size, as throughput is measured, and the one of any shape, in the groups that an accuracy
run makes (`harness.running.real_length`). Random weights of the documented size cost what the
documented ones do. Printed are the ratio of positions, which is that of the arithmetic of all products of
weights; the ratio of seconds of the wall clock, one run each behind one untimed call; the same ratio of
positions for the whole test set, with the proof of such a run and without it; and the largest difference in
logits. A subset makes small groups, which read all weights for a few positions: over the whole set seconds
gain more. The exit status is 1 where a prediction flips or the difference is above the bound. Targets: no
flip, and about 40 times fewer positions for the whole test set.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from harness.artifacts.cache import ArtifactCache  # noqa: E402
from harness.domain.cases import Case  # noqa: E402
from harness.domain.models import InputRole, Protocol  # noqa: E402
from harness.domain.precisions import Precision  # noqa: E402
from harness.models.batched import batched  # noqa: E402
from harness.running import building, real_length  # noqa: E402 - the path comes first
from harness.running.called import run_batch  # noqa: E402
from harness.running.materials import Materials, inputs_in_order  # noqa: E402
from harness.running.progress import Silent  # noqa: E402
from harness.setting.home import Home  # noqa: E402
from harness.setting.options import Options  # noqa: E402
from harness.tables import cases, catalog  # noqa: E402 - the path comes first
from harness.tasks.metrics.accuracy import flips  # noqa: E402
from harness.toolchains import targets  # noqa: E402 - the path comes first
from harness.toolchains.place import Place  # noqa: E402

MODEL, CHIP, BATCH_SIZE = "bert-large-ner", "ascend310p", 2
TARGET = 40
SEED = 0


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the wall clock, and the result of one call."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def a_case(precision: Precision) -> Case:
    """The benchmark's case, whether or not a document has it."""
    tables = catalog.load((catalog.BUILT_IN,))
    model, chip = tables.models[MODEL], tables.chips[CHIP]
    return Case(
        id=cases.case_id(model, chip, precision, BATCH_SIZE), model=model, chip=chip, precision=precision,
        batch_size=BATCH_SIZE, documented=False,
    )  # fmt: skip


def whole_set(materials: Materials, case: Case, protocol: Protocol) -> list[str]:
    """What a run on every sample has to compute, in positions."""
    samples = materials.samples(case.model, protocol)
    plan = real_length.plan(samples.task, samples.features)
    if isinstance(plan, real_length.Padded):
        sys.exit(f"not grouped: {plan.reason}")
    proof = len(plan.sample) * plan.length
    return [
        f"all {len(plan.lengths)} sentences: {plan.padded_positions:,} positions padded, "
        f"{plan.positions:,} at real length, and {proof:,} of the proof",
        f"  padded / real length      {plan.padded_positions / plan.positions:8.1f} (target {TARGET})",
        f"  the same, with the proof  {plan.padded_positions / (plan.positions + proof):8.1f}",
    ]


def padded_run(materials: Materials, case: Case, arrays: list[Any]) -> tuple[float, Any]:
    """Seconds and outputs of all batches through the case's own artifact."""
    target, cache = targets.resolve(case.chip, "stand-in"), ArtifactCache(materials.home.artifacts)
    place = Place(folder=materials.home.work, toolchain=target.toolchain)
    session = target.backend.open(case, building.artifact(cache, materials, case, target, place), place)
    batches = list(batched(arrays, case.batch_size))
    run_batch(case, session, *batches[0])
    return timed(lambda: [run_batch(case, session, *batch) for batch in batches])


def grouped_run(materials: Materials, case: Case, fed: list[list[Any]]) -> tuple[float, Any]:
    """Seconds and outputs of all groups through the artifact of any shape."""
    target, cache = targets.resolve(case.chip, "stand-in"), ArtifactCache(materials.home.artifacts)
    place = Place(folder=materials.home.work, toolchain=target.toolchain)
    artifact = building.any_shape_artifact(cache, materials, case, target, place)
    session = target.backend.open(case, artifact, place)
    session.run(fed[0])
    return timed(lambda: [session.run(inputs) for inputs in fed])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--weights", default="random", choices=("random", "mini", "full"))
    parser.add_argument("--samples", type=int, default=12)
    parser.add_argument("--protocol", type=Protocol, default=Protocol.DOCUMENTED, choices=list(Protocol))
    parser.add_argument("--precision", type=Precision, default=Precision.FP32, choices=list(Precision)[:2])
    options = parser.parse_args()
    case = a_case(options.precision)
    with tempfile.TemporaryDirectory(prefix="zoocheck-benchmark-") as folder:
        located = Home.locate()
        home = Home(root=Path(folder), models=located.models, data=located.data)
        chosen = Options(weights=options.weights, data="full", target="stand-in")
        materials = Materials(catalog.load((catalog.BUILT_IN,)), home, chosen, Silent())
        sys.exit(measure(materials, case, options.protocol, options.samples))


def measure(materials: Materials, case: Case, protocol: Protocol, count: int) -> int:
    """Run both ways and print; the exit status."""
    model = case.model
    samples = materials.samples(model, protocol)
    features = samples.features
    print("\n".join(whole_set(materials, case, protocol)), flush=True)
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(features))[:count])
    arrays = [array[chosen] for array in inputs_in_order(model, features)]
    mask = features.inputs[InputRole.MASK][chosen]
    lengths = mask.sum(axis=1)
    groups = real_length.groups_of(np.arange(len(chosen)), lengths)

    padded_s, parts = padded_run(materials, case, arrays)
    padded = [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
    fed = [[np.ascontiguousarray(a[g.rows, : g.length]) for a in arrays] for g in groups]
    grouped_s, found = grouped_run(materials, case, fed)
    grouped = [np.zeros_like(output) for output in padded]
    for group, outputs in zip(groups, found, strict=True):
        for whole, output in zip(grouped, outputs, strict=True):
            whole[group.rows, : group.length] = output
    difference = real_length.largest_valid_difference(padded, grouped, mask, model.outputs)
    kept = mask.astype(bool)
    moved = len(flips(grouped[0][kept].argmax(-1), padded[0][kept].argmax(-1)))
    run, all_positions = sum(len(g.rows) * g.length for g in groups), mask.size
    bound = materials.catalog.precisions[case.precision].real_length.most
    weights = materials.checkpoint(model).weights
    print(
        f"{case.id} ({weights} weights), {protocol} protocol, {len(chosen)} seeded sentences of "
        f"{lengths.mean():.1f} positions:\n"
        f"  positions, padded / grouped {all_positions / run:8.1f}   ({all_positions:,} / {run:,})\n"
        f"  seconds, padded / grouped   {padded_s / grouped_s:8.1f}   ({padded_s:.2f} / {grouped_s:.2f})\n"
        f"  largest difference          {difference:8.2g}   (bound {bound:g})\n"
        f"  flips                       {moved:8d}   of {int(kept.sum())} (target 0)"
    )
    return int(bool(moved) or not difference <= bound)


if __name__ == "__main__":
    main()
