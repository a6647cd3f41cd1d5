"""Records that tests make by their parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.artifacts.cache import Artifact
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.domain.references import Reference
from harness.setting.home import Home
from harness.tables import references
from harness.tables.cases import case_id
from harness.toolchains import loading, targets
from harness.toolchains.place import Place, Toolchain


def make_case(
    catalog: Catalog, model: str, chip: str, *, precision: Precision | None = None, batch_size: int = 8
) -> Case:
    """A case by its parts, at the chip's default precision unless told."""
    a_model, a_chip = catalog.models[model], catalog.chips[chip]
    chosen = precision or a_chip.default_precision
    return Case(
        id=case_id(a_model, a_chip, chosen, batch_size), model=a_model, chip=a_chip,
        precision=chosen, batch_size=batch_size, documented=True,
    )  # fmt: skip


def documented_value(catalog: Catalog, case: Case, metric: Metric, printed: str) -> Reference:
    """What the case's README says of a metric; it has to be printed so."""
    reference = references.for_case(catalog, case, metric)
    assert reference is not None
    assert reference.printed == printed
    return reference


def make_home(folder: Path) -> Home:
    """A home under `folder` that has the embedded checkpoints and nothing else."""
    return Home(root=folder / "home", models=folder / "models", data=folder / "data")


def make_place(folder: Path = Path("nowhere"), *, toolchain: str = "onnxruntime", **more: Any) -> Place:
    """A working place; backends that run no tool touch none of it."""
    return Place(folder=folder, toolchain=Toolchain(name=toolchain), **more)


def make_artifact(key: str, **more: Any) -> Artifact:
    """An artifact of no file, for sessions that open none."""
    made: dict[str, Any] = {
        "folder": Path("nowhere"), "files": {}, "recipe": {}, "facts": {}, "created": "2026-01-01",
        "bytes": 0,
    }  # fmt: skip
    return Artifact(key=key, **made | more)


def forget_probes() -> None:
    """What was found of one test's machine is not known to the next."""
    for known in (targets.resolve, loading.probe):
        known.cache_clear()
