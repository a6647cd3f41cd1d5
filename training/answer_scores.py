"""The scores of a question answerer under both protocols, each window computed once."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from harness.domain.metrics import Metric
from harness.domain.models import InputRole, Model, Protocol, Weights
from harness.errors import CheckpointError
from harness.models import checkpoints
from harness.setting.home import Home
from harness.tables import catalog
from harness.tasks.text import Features, Scored, load_task
from training import common
from training.common import SCORING_BATCH

Array = npt.NDArray[np.float32]

BEHIND = -1e4  # lower than any logit


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolScore:
    """Exact match as a count, and both metrics in per cent as the original scripts print them."""

    exact: int
    samples: int
    exact_percent: float
    f1_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionScore:
    """How well a checkpoint answers the questions of a file, in fp32 on the CPU."""

    dataset: str
    file: str  # with the folder it lies in
    sha256: str
    windows: int  # of the documented protocol
    seconds: float
    precision: str = "fp32"
    device: str = "cpu"
    batch: int = SCORING_BATCH
    documented: ProtocolScore
    standard: ProtocolScore


def score(
    model: Model, path: Path, minis: Path, *, expected: int | None, ids: Collection[str] | None = None
) -> QuestionScore:
    """The score of the mini in `minis` on the questions in `path`, or on those of them with one of `ids`.

    Raises `BadInput` where the file has not the `expected` number of samples (None: any number).
    """
    started = time.monotonic()
    checkpoint = checkpoints.locate(model, Weights.MINI, replace(Home.locate(), minis=minis))
    if checkpoint.folder is None:
        raise CheckpointError(f"{model.name}: the mini has no folder")
    network = checkpoints.load_network(checkpoint)
    network.bert.set_attn_implementation("sdpa")  # type: ignore[operator, union-attr]  # the same, sooner
    spec = catalog.find(catalog.load().datasets, model.dataset, "data set")
    dataset = import_module(f"harness.tasks.datasets.{spec.reader}").read(path, expected=expected)
    examples = [item for item in dataset.examples if ids is None or item.id in ids]
    task = load_task(model)
    tokenizer = common.read_tokenizer(checkpoint.folder, model)
    computed: dict[bytes, tuple[Array, Array]] = {}
    scores: dict[Protocol, ProtocolScore] = {}
    windows: dict[Protocol, int] = {}
    for protocol in (Protocol.DOCUMENTED, Protocol.STANDARD):
        features = task.prepare(examples, tokenizer, length=model.length, protocol=protocol)
        outputs = _logits(network, model, features, computed)
        scores[protocol] = _stated(task.score(outputs, features, protocol=protocol))
        windows[protocol] = len(features)
    return QuestionScore(
        dataset=spec.name if expected is not None else path.stem,
        file=f"{path.parent.name}/{path.name}",
        sha256=dataset.sha256,
        windows=windows[Protocol.DOCUMENTED],
        seconds=round(time.monotonic() - started, 1),
        documented=scores[Protocol.DOCUMENTED],
        standard=scores[Protocol.STANDARD],
    )


def _stated(scored: Scored) -> ProtocolScore:
    return ProtocolScore(
        exact=scored.correct[Metric.EXACT],
        samples=scored.samples,
        exact_percent=scored.facts["exact_percent"],
        f1_percent=scored.facts["f1_percent"],
    )


def _logits(
    network: torch.nn.Module, model: Model, features: Features, computed: dict[bytes, tuple[Array, Array]]
) -> list[Array]:
    """Start and end logits of every window; `computed` holds those of windows met before, and is filled.

    Windows of like length are computed together. Padding behind the longest of a batch gets `BEHIND`: no
    answer begins or ends there, and the training keeps its logits low.
    """
    arrays = [features.inputs[item.role] for item in model.inputs]
    keys = [
        b"".join(array[row].astype(np.int32).tobytes() for array in arrays) for row in range(len(features))
    ]
    new = {key: row for row, key in enumerate(keys) if key not in computed}
    todo = np.array(list(new.values()), np.int64)
    lengths = features.inputs[InputRole.MASK].sum(axis=1)
    todo = todo[np.argsort(lengths[todo], kind="stable")]
    with torch.inference_mode():
        for at in range(0, len(todo), SCORING_BATCH):
            chosen = todo[at : at + SCORING_BATCH]
            width = int(lengths[chosen].max())
            found = network(*(torch.from_numpy(array[chosen, :width]) for array in arrays))
            start, end = (
                np.pad(logits.numpy(), ((0, 0), (0, model.length - width)), constant_values=BEHIND)
                for logits in found
            )
            computed.update((keys[row], (start[n], end[n])) for n, row in enumerate(chosen.tolist()))
    return [np.stack([computed[key][which] for key in keys]) for which in (0, 1)]
