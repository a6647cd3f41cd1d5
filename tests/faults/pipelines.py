"""Real pipelines with a fault in them (tables, minis, graphs, runner), and what each check makes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from expected import CONTRACT, IF_FUSED, IN_ANOTHERS_PLACE, NOT_ON_ITS_CARD, NOT_THE_CHECKPOINTS, SOUND
from faults import PLANTS, Plant
from making import make_case

from harness import hashing
from harness.artifacts.cache import ArtifactCache
from harness.conformance.checks import DOCUMENTED_GRAPH, METAMORPHIC, PARITY, spelt_out
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.domain.models import InputRole, Protocol
from harness.domain.precisions import Precision
from harness.errors import NotThere, ZoocheckError
from harness.kinds.runner import Runner
from harness.models.batched import batched
from harness.models.checkpoints.card import CARD
from harness.models.graphs.export import run_torch
from harness.running import building
from harness.running.bounds import Explained, explained
from harness.running.materials import Materials, inputs_in_order
from harness.running.progress import Silent
from harness.setting.home import MINIS, Home
from harness.setting.options import SURE, Options
from harness.store.results import Result, Store
from harness.toolchains.onnxruntime import backend as cpu
from harness.toolchains.place import Place, Toolchain
from harness.toolchains.targets import Target

TOOLCHAIN = Toolchain(name="onnxruntime")
SAMPLES = 21  # questions, or half as many as sentences: no multiple of a batch


@dataclass(frozen=True, kw_only=True)
class System:
    """A case that faults are planted in."""

    model: str
    chip: str
    precision: Precision
    batch_size: int

    def case(self, catalog: Catalog) -> Case:
        return make_case(catalog, self.model, self.chip, precision=self.precision, batch_size=self.batch_size)


SYSTEMS = {
    "tinybert fp32": System(model="tinybert", chip="t4", precision=Precision.FP32, batch_size=16),
    "tinybert fp16": System(model="tinybert", chip="ascend310p", precision=Precision.FP16, batch_size=16),
    "bert-chinese-ner fp16": System(
        model="bert-chinese-ner", chip="vacc", precision=Precision.FP16, batch_size=4
    ),
    "bert-chinese-ner int8": System(
        model="bert-chinese-ner", chip="vacc", precision=Precision.INT8, batch_size=4
    ),
    "bert-large-ner fp16": System(
        model="bert-large-ner", chip="ascend310p", precision=Precision.FP16, batch_size=4
    ),
    "bert-squad fp16": System(model="bert-squad", chip="mlu370", precision=Precision.FP16, batch_size=4),
    "spanbert fp16": System(model="spanbert", chip="ascend310p", precision=Precision.FP16, batch_size=4),
}


def minis_in(folder: Path, model: str) -> Path:
    """A folder of minis with one model's, whose files may be replaced.

    The long corpora are cut: to the first of the questions that a question answerer can answer, and to the
    first sentences. Where one is, the card is left out, and `World` writes one of what is left.
    """
    own = folder / model
    own.mkdir(parents=True)
    for path in (MINIS / model).iterdir():
        (own / path.name).symlink_to(path)
    [corpus] = (MINIS / model / "corpus").iterdir()
    if model in CUT:
        for name in ("corpus", CARD):
            (own / name).unlink()
        (own / "corpus").mkdir()
        text = CUT[model](corpus.read_text(encoding="utf-8"))
        (own / "corpus" / corpus.name).write_text(text, encoding="utf-8")
    return folder


def _questions(text: str) -> str:
    """The first `SAMPLES` of the generated questions."""
    content = json.loads(text)
    generated = next(item for item in content["data"] if item["title"].startswith("generated"))
    paragraphs: list[dict[str, Any]] = []
    left = SAMPLES
    for paragraph in generated["paragraphs"]:
        asked = paragraph["qas"][:left]
        left -= len(asked)
        if asked:
            paragraphs.append({**paragraph, "qas": asked})
    return json.dumps({**content, "data": [{**generated, "paragraphs": paragraphs}]})


def _sentences(text: str) -> str:
    """The first sentences, each with the blank line behind it."""
    return "\n\n".join(text.split("\n\n")[: 2 * SAMPLES]) + "\n\n"


CUT = {"bert-large-ner": _sentences, "bert-squad": _questions, "spanbert": _questions}


class PlantedSource:
    """A checkpoint's graph with a fault in it."""

    def __init__(self, source: Any, plant: Plant, case: Case, exports: dict[Any, Any]) -> None:
        self._source, self._plant, self._case, self._exports = source, plant, case, exports

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def export(self, **how: Any) -> Any:
        key = (self._case.model.name, *sorted(self._source.shape.items()), *sorted(how.items()))
        if key not in self._exports:
            self._exports[key] = self._source.export(**how)
        exported = self._exports[key]
        if self._plant.exported is None:
            return exported
        try:
            return replace(exported, graph=self._plant.exported(exported.graph, self._case))
        except ZoocheckError as problem:  # of the plant, not of the pipeline
            raise AssertionError(f"not planted: {problem}") from problem


class Remembering:
    """A session that does not compute again what its graph gave for the same inputs in another session."""

    def __init__(self, session: Any, graph: Path, computed: dict[str, list[np.ndarray]]) -> None:
        self._session, self._graph, self._computed = session, hashing.sha256(graph), computed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        key = hashlib.sha256(self._graph.encode())
        for array in inputs:
            key.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
        if key.hexdigest() not in self._computed:
            self._computed[key.hexdigest()] = self._session.run(inputs)
        return [output.copy() for output in self._computed[key.hexdigest()]]


class PlantedBackend(cpu.Backend):
    """onnxruntime on the CPU with one fault; sound graphs are made and run once, whatever is around them."""

    def __init__(self, name: str, graphs: dict[Any, Any]) -> None:
        self._name = name
        self._plant = PLANTS.get(name, Plant())
        self._graphs = graphs

    def options(self, case: Case, place: Any) -> Mapping[str, Any]:
        return {**super().options(case, place), "planted": self._name}

    def build(self, case: Case, source: Any, out: Path, place: Any) -> Mapping[str, Any]:
        changed = self._plant.exported
        key = (case.model.name, case.chip.name, case.precision, str(source.shape), changed)
        if key not in self._graphs:
            exports = self._graphs.setdefault("exports", {})
            super().build(case, PlantedSource(source, self._plant, case, exports), out, place)
            self._graphs[key] = onnx.load(out / cpu.GRAPH)
        graph = self._graphs[key]
        if self._plant.built is not None:
            graph = self._plant.built(graph, case)
            onnx.checker.check_model(graph, full_check=True)
        onnx.save(graph, out / cpu.GRAPH)
        return {}

    def open(self, case: Case, artifact: Any, place: Any) -> Any:
        computed = self._graphs.setdefault("computed", {})
        opened = super().open(case, artifact, replace(place, threads=1))
        session = Remembering(opened, artifact.path(cpu.GRAPH), computed)
        return session if self._plant.session is None else self._plant.session(session, case)


class PlantedMaterials(Materials):
    """Materials whose chips are stand-ins with the planted backend."""

    backend: PlantedBackend

    def target(self, case: Case) -> Target:
        return replace(super().target(case), backend=self.backend)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What turned red, and by what words."""

    red: frozenset[str]
    said: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A case's outputs ``[samples, ...]``, the fp32 ones, and by what they may differ."""

    case: Case
    ours: list[np.ndarray]
    theirs: list[np.ndarray]
    mask: np.ndarray
    explained: Explained


class World:
    """Everything that the faults of one model share: a home, materials, graphs."""

    def __init__(self, catalog: Catalog, folder: Path, model: str) -> None:
        self._catalog, self._folder, self._model = catalog, folder, model
        self._graphs: dict[Any, Any] = {}
        self._other: dict[str, tuple[PlantedMaterials, dict[Any, Any]]] = {}
        self._store = Store(f"sqlite:///{folder / 'results.sqlite'}")
        self._sound = self._materials("sound", minis_in(folder / "minis", model))
        self._card = self._card_of_fewer()

    def close(self) -> None:
        self._store.close()

    def _card_of_fewer(self) -> str:
        """Where the corpus was cut, a card as training writes it: the sound checkpoint's fp32 score."""
        folder = self._sound.home.minis / self._model
        if (folder / CARD).exists():
            return ""
        model = self._catalog.models[self._model]
        samples = self._sound.samples(model, Protocol.DOCUMENTED)
        score = self._sound.score_reference(model, Protocol.DOCUMENTED).metrics[model.metric]
        card = (
            f'[scores.mini]\nsha256 = "{samples.sha256}"\n'
            f"[scores.mini.documented]\n{model.metric} = {score}\n"
        )
        (folder / CARD).write_text(card, encoding="utf-8")
        return card

    def _materials(self, name: str, minis: Path) -> PlantedMaterials:
        home = Home(
            root=self._folder / name, models=self._folder / "models", data=self._folder / "data", minis=minis
        )
        options = Options(weights="mini", data="mini", target="auto")
        return PlantedMaterials(self._catalog, home, options, Silent())

    def _with(self, fault: str) -> tuple[PlantedMaterials, dict[Any, Any]]:
        """The materials of a fault, and the sound graphs of its checkpoint."""
        planted = PLANTS.get(fault, Plant()).checkpoint
        if planted is None:
            return self._sound, self._graphs
        if fault not in self._other:
            minis = minis_in(self._folder / f"minis with {fault}", self._model)
            if self._card:
                (minis / self._model / CARD).write_text(self._card, encoding="utf-8")
            planted(minis / self._model, MINIS, self._model)
            self._other[fault] = self._materials(fault, minis), {}
        return self._other[fault]

    def runner(self, fault: str = SOUND) -> Runner:
        """A runner with a fault in its pipeline, or with none."""
        materials, graphs = self._with(fault)
        materials.backend = PlantedBackend(fault, graphs)
        return Runner(materials, self._store, fault)

    def until_sure(self, system: System, fault: str) -> tuple[Outcome, Result | None]:
        """The accuracy of a system's case by drawn samples; its result, where it has one."""
        runner, case = self.runner(fault), system.case(self._catalog)
        runner.materials.options = replace(runner.materials.options, until=SURE)
        results: list[Result] = []

        def carried_out() -> Result:
            results.append(runner.accuracy(case, Protocol.DOCUMENTED))
            return results[0]

        try:
            said = _judged("accuracy", carried_out)
        finally:
            runner.materials.options = replace(runner.materials.options, until=None)
        return Outcome(red=frozenset(said), said=said), results[0] if results else None

    def outputs(self, system: System, samples: int) -> Shown:
        """The sound artifact's outputs of the first samples of the corpus, padded, and torch's."""
        materials, case = self._sound, system.case(self._catalog)
        materials.backend = PlantedBackend(SOUND, self._graphs)
        target, place = materials.target(case), Place(folder=self._folder / "place", toolchain=TOOLCHAIN)
        built = building.artifact(ArtifactCache(materials.home.artifacts), materials, case, target, place)
        session = materials.backend.open(case, built, place)
        features = materials.samples(case.model, Protocol.DOCUMENTED).features
        arrays = [array[:samples] for array in inputs_in_order(case.model, features)]
        names = [item.name for item in case.model.inputs]
        network = materials.network(case.model)
        ours, theirs = [], []
        for inputs, count in batched(arrays, case.batch_size):
            ours.append([output[:count] for output in session.run(inputs)])
            named = dict(zip(names, inputs, strict=True))
            theirs.append([output[:count] for output in run_torch(network, case.model, named)])
        whole = [[np.concatenate(parts) for parts in zip(*one, strict=True)] for one in (ours, theirs)]
        mask = features.inputs[InputRole.MASK][:samples]
        return Shown(
            case=case, ours=whole[0], theirs=whole[1], mask=mask,
            explained=explained(materials, case, whole[1], mask),
        )  # fmt: skip

    def outcome(self, system: System, fault: str) -> Outcome:
        """Every check of a system's case, carried out."""
        runner, case = self.runner(fault), system.case(self._catalog)
        said: dict[str, str] = {}
        said |= _judged("accuracy", lambda: runner.accuracy(case, Protocol.DOCUMENTED))
        said |= _judged("parity", lambda: runner.conformance(case, PARITY))
        if spelt_out(case):
            said |= _judged(DOCUMENTED_GRAPH, lambda: runner.conformance(case, DOCUMENTED_GRAPH))
        for name in METAMORPHIC:
            said |= _judged(name, lambda name=name: runner.conformance(case, name))
        return Outcome(red=frozenset(said), said=said)


# Words of a refusal, and the name of what they turn red in place of the check that they come from.
TOLD_APART = {
    ("accuracy", "each other's place"): IN_ANOTHERS_PLACE,
    ("accuracy", "the outputs are not this checkpoint's"): NOT_THE_CHECKPOINTS,
    ("accuracy", "its card says"): NOT_ON_ITS_CARD,
    ("parity", "the artifact's contract is not"): CONTRACT,
}


def _judged(check: str, carried_out: Any) -> dict[str, str]:
    """A check's red under its name, else nothing; what cannot be asked of a case is not red."""
    try:
        verdict = carried_out().verdict
    except NotThere:
        return {}
    except ZoocheckError as problem:
        return {_told_apart(check, str(problem), f"{check}: refused"): str(problem)}
    assert verdict is not None
    if check == DOCUMENTED_GRAPH and verdict.kind is VerdictKind.NOT_COMPARABLE:
        return {IF_FUSED: verdict.message}
    if verdict.kind.good:
        return {}
    assert verdict.kind in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR), verdict
    plain = check if verdict.kind is VerdictKind.FALLS_SHORT else f"{check}: refused"
    return {_told_apart(check, verdict.message, plain): verdict.message}


def _told_apart(check: str, said: str, plain: str) -> str:
    return next((red for (of, words), red in TOLD_APART.items() if of == check and words in said), plain)
