"""A small world to run cases in: a checkpoint of two layers, forty sentences, and a home that holds them."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin
from harness.domain.models import Architecture, Model
from harness.running.materials import Materials
from harness.running.progress import Progress, Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.toolchains.base import Processor
from harness.toolchains.place import Toolchain
from harness.toolchains.targets import Target

MODEL = "tinybert"
SENTENCES = 40
WRONG = 5  # sentences whose label the checkpoint does not give: its fp32 score is 35 of 40
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def small_catalog(catalog: Catalog, architecture: Architecture) -> Catalog:
    """The real tables, but for TinyBERT's documented size and SST-2's documented count."""
    model = dataclasses.replace(catalog.models[MODEL], architecture=architecture)
    spec = dataclasses.replace(catalog.datasets["sst2"], counts={"samples": SENTENCES})
    return dataclasses.replace(
        catalog, models={**catalog.models, MODEL: model}, datasets={**catalog.datasets, "sst2": spec}
    )


def sentences() -> list[str]:
    """Forty made-up sentences of one to seventy words, so that some are cut."""
    generator = random.Random(0)
    words = [f"word{number}" for number in range(190)]
    return [" ".join(generator.choices(words, k=generator.randint(1, 20))) for _ in range(SENTENCES - 1)] + [
        " ".join(words[:70])
    ]


def write_checkpoint(folder: Path, architecture: Architecture, network: object) -> None:
    """config.json, vocab.txt and model.safetensors as a published checkpoint has them."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    config = {
        "model_type": "bert",
        "num_hidden_layers": architecture.layers, "hidden_size": architecture.hidden,
        "num_attention_heads": architecture.heads, "intermediate_size": architecture.intermediate,
        "vocab_size": architecture.vocabulary, "max_position_embeddings": architecture.positions,
        "type_vocab_size": architecture.types, "num_labels": architecture.labels,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    pieces = [*SPECIAL, *(f"word{number}" for number in range(190))]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    save_file(network.state_dict(), folder / "model.safetensors")  # type: ignore[attr-defined]


def write_data(path: Path, labels: list[int]) -> None:
    """The sentences as a dev.tsv with `labels`, as many as there are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{text}\t{label}" for text, label in zip(sentences(), labels, strict=False)]
    path.write_text("\n".join(["sentence\tlabel", *rows]) + "\n", encoding="utf-8")


def home_in(folder: Path, minis: Path) -> Home:
    """A home under `folder` with these minis, and neither a full checkpoint nor full data."""
    return Home(root=folder / "home", models=folder / "models", data=folder / "data", minis=minis)


class TorchBackend:
    """Runs a network by torch where an artifact would run it, so that a test can change what comes out."""

    any_shape = False
    computes_here: tuple[str, ...] = ()
    computes_on = Processor.HOST

    def __init__(self, materials: Materials) -> None:
        self.materials = materials
        self.calls: list[str] = []  # the id of the case of each call

    def change(self, case: Case, call: int, outputs: list) -> list:
        """What comes out in place of `outputs`; tests replace it. `call` counts the case's calls from 0."""
        return outputs

    def require(self, case: Case) -> None:
        """Takes any."""

    def options(self, case: Case, place: object) -> dict:
        return {"torch": "in place of an artifact"}

    def build(self, case: Case, source: object, out: Path, place: object) -> dict:
        (out / "nothing").write_bytes(b"")
        return {"built": case.id}

    def open(self, case: Case, artifact: object, place: object) -> TorchSession:
        return TorchSession(self, case)

    def profile(self, case: Case, artifact: object, place: object) -> None:
        return None

    def describe(self) -> dict:
        return {"device": "torch"}


class TorchSession:
    """One case of a `TorchBackend`."""

    def __init__(self, backend: TorchBackend, case: Case) -> None:
        self.backend = backend
        self.case = case

    def run(self, inputs: list) -> list:
        from harness.models.graphs.export import run_torch

        backend, model = self.backend, self.case.model
        call = backend.calls.count(self.case.id)
        backend.calls.append(self.case.id)
        named = {item.name: array for item, array in zip(model.inputs, inputs, strict=True)}
        return backend.change(self.case, call, run_torch(backend.materials.network(model), model, named))

    def contract(self) -> tuple[list, list]:
        model, size = self.case.model, self.case.batch_size
        return (
            [(item.name, item.dtype, (size, model.length)) for item in model.inputs],
            [(item.name, item.dtype, (size, model.architecture.labels)) for item in model.outputs],
        )


class TorchMaterials(Materials):
    """Materials whose chips are all here, or all stand-ins, and driven by torch."""

    def __init__(
        self,
        catalog: Catalog,
        home: Home,
        options: Options | None = None,
        progress: Progress | None = None,
        origin: Origin = Origin.STAND_IN,
    ) -> None:
        super().__init__(catalog, home, options or Options(), progress or Silent())
        self.backend = TorchBackend(self)
        self.origin = origin

    def target(self, case: Case) -> Target:
        return Target(
            origin=self.origin, backend_name="torch", backend=self.backend, reason="a test",
            toolchain=Toolchain(name="torch"),
        )  # fmt: skip


def the_model(catalog: Catalog) -> Model:
    """The model of the small world."""
    return catalog.models[MODEL]
