"""A mutation test of the checker: what a broken pipeline computes has to turn the accuracy case red.

On imitated Ascend tools, the minis of TinyBERT and bert-large-NER, and their whole corpora. Each mutation is
one that toolchains really suffer; none makes a tool fail, and none is announced in any log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ascend_machine
import numpy as np
import pytest
from making import make_case, make_home

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.domain.models import InputRole, Model, Protocol
from harness.errors import BadOutput
from harness.kinds.runner import Runner
from harness.setting.home import MINIS, Home
from harness.store.results import Store
from harness.toolchains.ascend import backend, commands

BATCH = 8
SYSTEMS = ["tinybert", "bert-large-ner"]
Mutate = Callable[[pytest.MonkeyPatch, Case, Runner], None]


pytestmark = pytest.mark.usefixtures("at_the_machine")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("mutations"))


def verdict(runner: Runner, case: Case) -> tuple[VerdictKind, str]:
    """What the suite makes of the case: a verdict, or an error with its reason."""
    try:
        judged = runner.accuracy(case, Protocol.DOCUMENTED).verdict
    except BadOutput as problem:
        return VerdictKind.ERROR, str(problem)
    assert judged is not None
    return judged.kind, judged.message


# ---------------------------------------------------------------- the mutations


def swapped_inputs(patch: pytest.MonkeyPatch, case: Case, runner: Runner) -> None:
    """The folders of segments and mask in each other's place on the command line."""
    folders = {item.role: item.folder for item in case.model.inputs}
    pair = {folders[InputRole.SEGMENTS]: folders[InputRole.MASK]}
    pair |= {there: here for here, there in pair.items()}
    infer = commands.infer

    def mixed(case: Case, *, folders: list[str], **rest: Any) -> list[str]:
        paths = [Path(folder) for folder in folders]
        return infer(case, folders=[str(p.with_name(pair.get(p.name, p.name))) for p in paths], **rest)

    patch.setattr(commands, "infer", mixed)


def _outputs(patch: pytest.MonkeyPatch, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Something between the tool's files and the score."""
    run_all = backend.AisBenchSession.run_all
    patch.setattr(
        backend.AisBenchSession, "run_all",
        lambda self, inputs: [change(np.array(output)) for output in run_all(self, inputs)],
    )  # fmt: skip


def labels_off_by_one(patch: pytest.MonkeyPatch, case: Case, runner: Runner) -> None:
    """Every label is taken for the next."""
    _outputs(patch, lambda output: np.roll(output, 1, axis=-1))


def dropped_last_batch(patch: pytest.MonkeyPatch, case: Case, runner: Runner) -> None:
    """The last, partial batch is never written."""
    start = backend.AisBenchSession._start
    samples = len(runner.materials.samples(case.model, Protocol.DOCUMENTED).features)
    lost = range((samples - 1) // BATCH * BATCH, samples)

    def losing(self: backend.AisBenchSession, given: Path, results: Path) -> None:
        start(self, given, results)
        for path in results.rglob("*_0.*"):
            if int(path.stem.replace("input_ids", "").replace("input", "").split("_")[-2]) in lost:
                path.unlink()

    patch.setattr(backend.AisBenchSession, "_start", losing)


def last_batch_is_the_first(patch: pytest.MonkeyPatch, case: Case, runner: Runner) -> None:
    """The last batch was dropped, and a stale buffer was written in its place."""

    def stale(output: np.ndarray) -> np.ndarray:
        first = (len(output) - 1) // BATCH * BATCH
        output[first:] = output[: len(output) - first]
        return output

    _outputs(patch, stale)


def results_off_by_one(patch: pytest.MonkeyPatch, case: Case, runner: Runner) -> None:
    """Every result is the next sample's."""
    _outputs(patch, lambda output: np.roll(output, 1, axis=0))


def results_of_another_order(patch: pytest.MonkeyPatch, case: Case, runner: Runner) -> None:
    """Results of a run over the same samples in another order."""
    _outputs(patch, lambda output: output[np.random.default_rng(0).permutation(len(output))])


def two_batches_exchanged(patch: pytest.MonkeyPatch, case: Case, runner: Runner) -> None:
    """The second and third batch change places."""

    def exchanged(output: np.ndarray) -> np.ndarray:
        rows = np.arange(len(output))
        rows[BATCH : 3 * BATCH] = np.roll(rows[BATCH : 3 * BATCH], BATCH)
        return output[rows]

    _outputs(patch, exchanged)


def mask_ignored(patch: pytest.MonkeyPatch, case: Case, runner: Runner) -> None:
    """Every position is attended to, padding too."""
    arrays = backend.Arrays

    def unmasked(*, inputs: dict[InputRole, np.ndarray]) -> Any:
        return arrays(inputs={**inputs, InputRole.MASK: np.ones_like(inputs[InputRole.MASK])})

    patch.setattr(backend, "Arrays", unmasked)


# Each weight is off by a normal draw, this many standard deviations of its tensor: bert-large-NER's score
# hardly changes.
NOISE = {"tinybert": 1.0, "bert-large-ner": 0.1}


def other_weights(patch: pytest.MonkeyPatch, case: Case, runner: Runner) -> None:
    """A stale artifact: an .om of weights that the checkpoint had before."""
    model = _om_of(_retrained(case.model, runner.materials.home, NOISE[case.model.name]), case, runner)
    infer = commands.infer
    patch.setattr(commands, "infer", lambda case, **rest: infer(case, **{**rest, "model": model}))


def _retrained(model: Model, home: Home, noise: float) -> Home:
    """A home whose mini has other weights."""
    from safetensors.torch import load_file, save_file

    minis = home.root.parent / f"minis-{noise:g}"
    folder = minis / model.name
    if not folder.exists():
        folder.mkdir(parents=True)
        for path in (MINIS / model.name).iterdir():
            if path.name != "model.safetensors":
                (folder / path.name).symlink_to(path)
        import torch

        torch.manual_seed(0)
        weights = load_file(MINIS / model.name / "model.safetensors")
        changed = {name: t + noise * t.std() * torch.randn_like(t) for name, t in weights.items()}
        save_file(changed, folder / "model.safetensors")
    return replace(home, minis=minis)


def _om_of(home: Home, case: Case, runner: Runner) -> str:
    other = ascend_machine.runner(runner.materials.catalog, home, runner.recorder.store)
    return str(other.timing(case).artifact.path(backend.OM))


MUTATIONS: list[Mutate] = [
    swapped_inputs, labels_off_by_one, dropped_last_batch, last_batch_is_the_first, results_off_by_one,
    results_of_another_order, two_batches_exchanged, mask_ignored, other_weights,
]  # fmt: skip


@pytest.mark.parametrize("model", SYSTEMS)
def test_unmutated_is_green(catalog: Catalog, home: Home, store: Store, model: str):
    """Nothing of what the mutations are told by is there without them."""
    runner = ascend_machine.runner(catalog, home, store)
    kind, message = verdict(runner, make_case(catalog, model, "ascend310p", batch_size=BATCH))
    assert kind is VerdictKind.SURVIVES, message


@pytest.mark.parametrize("model", SYSTEMS)
@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_mutated_is_red(
    catalog: Catalog, home: Home, store: Store, monkeypatch: pytest.MonkeyPatch, mutate: Mutate, model: str
):
    """Falls short, or is an error that says what is wrong."""
    runner = ascend_machine.runner(catalog, home, store)
    case = make_case(catalog, model, "ascend310p", batch_size=BATCH)
    mutate(monkeypatch, case, runner)
    kind, message = verdict(runner, case)
    assert kind in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR), message


def test_weights_that_differ_by_little_are_told_apart_by_the_cache_alone(
    catalog: Catalog, home: Home, store: Store
):
    """2 % of noise is within what a chip's precision explains: no score tells it. An artifact's key does."""
    case = make_case(catalog, "tinybert", "ascend310p", batch_size=BATCH)
    own = ascend_machine.runner(catalog, home, store).timing(case).artifact
    other_home = _retrained(case.model, home, 0.02)
    other = ascend_machine.runner(catalog, other_home, store).timing(case).artifact
    assert own.key != other.key
    assert {**own.recipe, "weights_sha256": ""} == {**other.recipe, "weights_sha256": ""}
