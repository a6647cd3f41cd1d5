"""SQuAD's questions at their real length against padded: the same answers, and what it saves, as ratios.

    ZOOCHECK_DATA=... python benchmarks/questions.py [--model spanbert|bert-squad]
        [--precision fp32|fp16|int8] [--questions N] [--batch-size 8] [--weights mini|full]

The first N questions of the dev set (default: all) go through a case's two artifacts on its stand-in, as an
accuracy run takes them: at their real length, with what padding might change run padded
(`harness.running.real_length`), then all padded. Printed are the SHA-256 of all answers by each, by both
protocols; windows that were run padded, with their share; positions and seconds of the wall clock, as ratios.
The exit status is 1 where an answer differs. Target: 2.5 times fewer positions with the documented
vocabularies; a mini's is small, so its windows are longer.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from harness.domain.cases import Case  # noqa: E402 - the path comes first
from harness.domain.models import Protocol  # noqa: E402
from harness.domain.precisions import Precision  # noqa: E402
from harness.kinds.runner import Runner  # noqa: E402
from harness.running.called import AnyShape, Loaded  # noqa: E402
from harness.running.inference import Inference, Outputs  # noqa: E402
from harness.running.materials import Materials  # noqa: E402
from harness.running.progress import Silent  # noqa: E402
from harness.running.recording import Stages  # noqa: E402
from harness.setting.home import Home  # noqa: E402
from harness.setting.options import Options  # noqa: E402
from harness.store.results import Store  # noqa: E402
from harness.tables import cases, catalog  # noqa: E402
from harness.toolchains.place import Place  # noqa: E402

CHIPS = {"spanbert": "ascend310p", "bert-squad": "mlu370"}


def a_case(name: str, precision: Precision, batch_size: int) -> Case:
    """A case of the model on the chip that documents it, whether or not a document has it."""
    tables = catalog.load((catalog.BUILT_IN,))
    model, chip = tables.models[name], tables.chips[CHIPS[name]]
    return Case(
        id=cases.case_id(model, chip, precision, batch_size), model=model, chip=chip, precision=precision,
        batch_size=batch_size, documented=False,
    )  # fmt: skip


def answers(materials: Materials, case: Case, outputs: Outputs) -> dict[Protocol, list[str]]:
    """The answers to all questions, by each protocol."""
    samples = materials.samples(case.model, Protocol.DOCUMENTED)
    return {
        protocol: list(
            map(str, samples.task.score(outputs.arrays, samples.features, protocol=protocol).predictions)
        )
        for protocol in case.model.protocols
    }


def digest(found: dict[Protocol, list[str]]) -> str:
    """SHA-256 of all answers, one a line."""
    text = "\n".join(answer for protocol in sorted(found) for answer in found[protocol])
    return hashlib.sha256(text.encode()).hexdigest()


def measure(runner: Runner, case: Case) -> int:
    """Run both ways and print; the exit status."""
    materials, stages = runner.materials, Stages()
    target = materials.target(case)
    place = Place(folder=materials.home.work, toolchain=target.toolchain)
    artifact, session = runner.open(case, target, stages, place)
    own = Loaded(artifact=artifact, session=session, place=place)
    real = runner.open_any_shape(case, target, stages, place)
    found, seconds = [], []
    for any_shape in (AnyShape(key="real length", open=lambda: real), None):
        start = time.perf_counter()
        outputs = Inference(materials).all_outputs(case, Protocol.DOCUMENTED, own, any_shape)
        seconds.append(time.perf_counter() - start)
        outputs.forget()
        found.append((outputs, answers(materials, case, outputs)))
    (grouped, ours), (_, theirs) = found
    if "grouped" not in grouped.facts:
        sys.exit(f"{case.id}: not run at the real length: {grouped.facts['padded_because']}")
    told = grouped.facts["grouped"]
    differ = {name: sum(a != b for a, b in zip(ours[name], theirs[name], strict=True)) for name in ours}
    windows = len(grouped.arrays[0])
    padded, run = told["positions_padded"], told["positions_run"]
    doubted = told.get("samples_padded", 0)
    print(
        f"{case.id}, {materials.checkpoint(case.model).weights} weights, "
        f"{len(next(iter(ours.values())))} questions in {windows} windows\n"
        f"  answers that differ         {sum(differ.values()):8d}   ({differ})\n"
        f"  SHA-256, real length        {digest(ours)}\n"
        f"  SHA-256, padded             {digest(theirs)}\n"
        f"  windows run padded          {doubted:8d}   "
        f"({doubted / windows:.2%} of all)\n"
        f"  positions, padded / run     {padded / run:8.2f}   ({padded:,} / {run:,})\n"
        f"  seconds, padded / run       {seconds[1] / seconds[0]:8.2f}   "
        f"({seconds[1]:.0f} / {seconds[0]:.0f})\n"
        f"  largest difference          {told['max_abs_difference']:8.2g}   (bound {told['bound']:g})"
    )
    return int(any(differ.values()))


def main() -> None:
    """Measure one model in one precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="spanbert", choices=tuple(CHIPS))
    parser.add_argument("--precision", type=Precision, default=Precision.FP32, choices=list(Precision))
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--questions", type=int)
    parser.add_argument("--weights", default="mini", choices=("mini", "full"))
    asked = parser.parse_args()
    case = a_case(asked.model, asked.precision, asked.batch_size)
    with tempfile.TemporaryDirectory(prefix="zoocheck-benchmark-") as folder:
        located = Home.locate()
        home = Home(root=Path(folder), models=located.models, data=located.data)
        options = Options(weights=asked.weights, data="full", target="stand-in", limit=asked.questions)
        materials = Materials(catalog.load((catalog.BUILT_IN,)), home, options, Silent())
        store = Store(f"sqlite:///{Path(folder) / 'results.sqlite'}")
        status = measure(Runner(materials, store, "benchmark"), case)
        store.close()
    sys.exit(status)


if __name__ == "__main__":
    main()
