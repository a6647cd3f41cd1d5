"""A bundle written: each case's graph, jobs and steps, the inputs they share, and every file's hash."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__
from harness.domain.cases import Case
from harness.domain.datasets import Corpus
from harness.domain.models import Protocol
from harness.errors import UsageError
from harness.machine.fingerprint import git_revision
from harness.other_machines.bundles import manifest, script, unscored
from harness.other_machines.bundles.manifest import Bundle, BundledCase, BundledStep
from harness.running.building import graph_source
from harness.running.materials import Materials, inputs_in_order
from harness.setting.home import CODE
from harness.toolchains import loading
from harness.toolchains.bundling import LaidOut, Request
from harness.toolchains.script import INPUTS, WORKERS
from harness.toolchains.worker_session import WORKERS as SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What only the card's machine knows, as far as its user says it."""

    device: int = 0
    soc_version: str | None = None


def write(materials: Materials, cases: Sequence[Case], folder: Path, choice: Choice) -> Bundle:
    """A bundle of `cases` in `folder`, which is new or empty. ``bundle.json`` is written last.

    Raises `UsageError` for cases of several chips: a bundle is for one machine. `NotYet` for a toolchain
    that is not bundled, or that cannot be given a case, `NotThere` for a checkpoint or data that are not
    here. Then nothing is left in `folder`.
    """
    _require_one_chip(cases)
    _require_empty(folder)
    try:
        return _write(materials, cases, folder, choice)
    except BaseException:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _write(materials: Materials, cases: Sequence[Case], folder: Path, choice: Choice) -> Bundle:
    laid_out = {case.id: _lay_out(materials, case, folder, choice) for case in cases}
    for name in sorted({name for item in laid_out.values() for name in item.script.workers}):
        target = folder / WORKERS / name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(SOURCES / name, target)
    chip, runtime = cases[0].chip, cases[0].runtime
    scripts = {name: item.script for name, item in laid_out.items()}
    text = script.render(scripts, runtime=runtime, environment=chip.environment)
    (folder / manifest.SCRIPT).write_text(text, encoding="utf-8")
    (folder / manifest.SCRIPT).chmod(0o755)
    python, env = script.variables(runtime)
    about = script.README.format(chip=f" ({chip.title})", python=python, env=env)
    (folder / manifest.README).write_text(about, encoding="utf-8")
    bundle = Bundle(
        format=manifest.FORMAT,
        zoocheck=__version__,
        git_revision=git_revision(CODE),
        created=datetime.now(UTC).isoformat(),
        cases=tuple(_record(materials, case, laid_out[case.id], choice) for case in cases),
        files=manifest.hashes(folder),
    )
    manifest.write(bundle, folder)
    return bundle


def _require_one_chip(cases: Sequence[Case]) -> None:
    if not cases:
        raise UsageError("no case to bundle: name one, as tinybert-ascend310p-bs8")
    ids = [case.id for case in cases]
    if len(set(ids)) != len(ids):
        raise UsageError(f"a case is named twice: {', '.join(ids)}")
    chips = sorted({case.chip.name for case in cases})
    runtimes = sorted({case.runtime for case in cases})
    if len(chips) > 1 or len(runtimes) > 1:
        raise UsageError(
            f"a bundle is for one machine, these cases are of {', '.join(chips)}",
            remedy="make a bundle a chip",
        )


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"--out {folder}: the folder is not empty, or a file", remedy="name a new folder, or remove it"
        )
    folder.mkdir(parents=True, exist_ok=True)


def _lay_out(materials: Materials, case: Case, folder: Path, choice: Choice) -> LaidOut:
    """One case's own folder, and the inputs that it shares with the model's other cases."""
    bundling = loading.bundling(case)
    if choice.soc_version and not bundling.TAKES_SOC_VERSION:
        raise UsageError(f"{case.id}: --soc-version {choice.soc_version}: only Ascend's compiler takes one")
    loading.load(case.runtime).require(case)
    own = folder / case.id
    own.mkdir()
    samples = _samples(materials, case)
    request = Request(
        case=case, folder=own, source=graph_source(materials, case), features=samples.features,
        arrays=inputs_in_order(case.model, samples.features), shared=samples.shared,
        device=choice.device, soc_version=choice.soc_version,
    )  # fmt: skip
    laid_out = bundling.lay_out(request)
    bundling.write_inputs(request, folder / INPUTS / samples.shared)
    return laid_out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Samples:
    """What a case's inputs are made of, and what their folder is called."""

    features: Any
    digest: str
    data: Corpus
    data_sha256: str
    limit: int | None
    shared: str


def _samples(materials: Materials, case: Case) -> _Samples:
    """The documented data, which cases of one model share; where there is no score, seeded ones, which are as
    many as fill the case's batches.
    """
    if not unscored.has_score(case.model, materials.checkpoint(case.model).weights):
        found = unscored.shown(materials, case)
        return _Samples(
            features=found.features, digest=found.digest, data=Corpus.SEEDED, data_sha256=found.digest,
            limit=None, shared=case.id,
        )  # fmt: skip
    samples = materials.samples(case.model, Protocol.DOCUMENTED)
    return _Samples(
        features=samples.features, digest=samples.digest, data=samples.corpus, data_sha256=samples.sha256,
        limit=materials.options.limit, shared=case.model.name,
    )  # fmt: skip


def _record(materials: Materials, case: Case, laid_out: LaidOut, choice: Choice) -> BundledCase:
    checkpoint = materials.checkpoint(case.model)
    samples = _samples(materials, case)
    steps = [
        BundledStep(stage=step.stage, command=step.line, log=f"{name}.log", status=f"{name}.status")
        for name, step in zip(script.names(laid_out.script), laid_out.script.steps, strict=True)
    ]
    return BundledCase(
        id=case.id, model=case.model.name, chip=case.chip.name, precision=case.precision.value,
        batch_size=case.batch_size, weights=checkpoint.weights, weights_sha256=checkpoint.weights_sha256,
        data=samples.data, data_sha256=samples.data_sha256, limit=samples.limit,
        samples=len(samples.features), features_sha256=samples.digest, form=laid_out.form,
        graph=f"{case.id}/{laid_out.graph}", graph_max_abs_difference=laid_out.max_abs_difference,
        throughput_tool=case.chip.throughput_tools[0], device=choice.device, steps=tuple(steps),
        expected=laid_out.expected,
    )  # fmt: skip
