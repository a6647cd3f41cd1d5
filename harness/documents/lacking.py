"""What a documented claim lacks to be run here: one sentence for each thing, with what would help.

The one place that says so, for whatever a document says: of a model that runs, the case that measures it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from harness.documents.readme.words import vocabulary
from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.documented import DocumentedClaim, Lack, Need
from harness.domain.metrics import Metric, Sort
from harness.domain.models import Model, Weights
from harness.domain.precisions import Precision
from harness.domain.references import Role
from harness.domain.words import WordKind
from harness.errors import NotThere, UsageError
from harness.setting import reproducing
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables import cases
from harness.tasks.text.facts import FACTS
from harness.toolchains import targets

MEASURES_NOTHING = {
    Role.BASELINE: "what the document holds its own against: no chip of it was measured",
    Role.RATIO: "one documented value over another: nothing measures it by itself",
    Role.FACT: "a count, a threshold or a repeated figure: no measurement is judged by it",
}
NO_CHIP = (
    "its row, its column and what stands above them name no chip: say which there, or with import-log --chip"
)
NO_METRIC = "no task here computes {metric}; there are {known}"
OF_TASK = "the task {task} of {model} computes {known}, not {metric}"
A_LOG = "no suite measures a {metric} by itself: hold a tool's log against it with `zoocheck import-log`"
NO_DRIVER = "nothing here drives {chip}: hold a tool's log against it with `zoocheck import-log`"
NOT_HERE = "{reason}; hold a tool's log of that machine against it with `zoocheck import-log`"
NO_MODEL = (
    "{model} is in no table as more than a name: a graph (.onnx) or a checkpoint makes it one that runs, "
    "docs/adding-a-model.md"
)
NO_DATASET = "the data set {dataset} is in no table: a [[dataset]] says where it lies"
OF_SETTINGS = "no case of {model} has {settings}"
OF_BEST = "of the best batch size, and the document does not tell which that is here"


class Lacking:
    """What claims lack in one catalog and on this machine."""

    def __init__(self, catalog: Catalog, home: Home) -> None:
        self._catalog = catalog
        self._home = home

    def of(self, claim: DocumentedClaim) -> DocumentedClaim:
        """`claim` with the case that runs it and the line for it, or with what it lacks."""
        if why := MEASURES_NOTHING.get(Role(claim.role)):
            return replace(claim, lacks=(Need(what=Lack.MEASURED, why=why),))
        model = self._catalog.models.get(claim.model)
        if model is None:
            return replace(claim, lacks=tuple(self._of_a_name(claim)))
        needs = [*self._metric(claim, model), *self._chip(claim)]
        case = None if needs else self._case(claim)
        if not needs and case is None:
            needs.append(Need(what=Lack.CASE, why=_no_case(claim, model)))
        if case is None:
            return replace(claim, lacks=tuple(needs))
        kind = Kind.ACCURACY if _is_score(claim) else Kind.THROUGHPUT
        line = reproducing.command(case, kind, Options())
        return replace(claim, runs=case.id, command=line, lacks=tuple(self._here(case, kind)))

    def _of_a_name(self, claim: DocumentedClaim) -> Iterator[Need]:
        yield Need(what=Lack.MODEL, why=NO_MODEL.format(model=claim.model))
        if _is_score(claim) and (claim.called or claim.metric not in self._scores):
            known = ", ".join(self._scores)
            yield Need(what=Lack.METRIC, why=NO_METRIC.format(metric=claim.known_as, known=known))
        yield from self._chip(claim)
        dataset = str(claim.settings.get("dataset", ""))
        if dataset and _is_score(claim) and not self._knows(dataset):
            yield Need(what=Lack.DATA, why=NO_DATASET.format(dataset=dataset))

    @cached_property
    def _scores(self) -> tuple[str, ...]:
        """Every metric that some task computes."""
        return tuple(dict.fromkeys(str(item) for facts in FACTS.values() for item in facts.metrics))

    def _knows(self, dataset: str) -> bool:
        """Whether a document's words for a data set are one of the catalog's."""
        found = vocabulary(self._catalog).values(dataset, WordKind.DATASET)
        return any(name in self._catalog.datasets for name in (dataset.lower(), *found))

    def _metric(self, claim: DocumentedClaim, model: Model) -> Iterator[Need]:
        if claim.metric == Metric.THROUGHPUT:
            return
        if not _is_score(claim):
            yield Need(what=Lack.METRIC, why=A_LOG.format(metric=claim.known_as))
            return
        known = FACTS[model.task].metrics if model.task in FACTS and model.metric is not None else ()
        if claim.called or claim.metric not in known:
            why = OF_TASK.format(
                task=model.task or "(none)", model=model.name, known=", ".join(known) or "no score",
                metric=claim.known_as,
            )  # fmt: skip
            yield Need(what=Lack.METRIC, why=why)

    def _chip(self, claim: DocumentedClaim) -> Iterator[Need]:
        if claim.chip is None:
            yield Need(what=Lack.CHIP, why=NO_CHIP)
        elif claim.chip not in self._catalog.chips:
            yield Need(what=Lack.DRIVER, why=NO_DRIVER.format(chip=claim.chip))

    def _case(self, claim: DocumentedClaim) -> Case | None:
        """The case whose measurement is held to the claim; of one for all batch sizes, the first of them."""
        model, chip = self._catalog.models[claim.model], self._catalog.chips[claim.chip or ""]
        deployment = model.deployment(chip.name)
        if claim.best or claim.variant or not _as_the_case(claim, model):
            return None
        sizes = () if deployment is None else deployment.batch_sizes
        size = claim.batch_size or (sizes[0] if sizes else 1)
        precision = _precision(claim, chip)
        try:
            return cases.named(self._catalog, cases.case_id(model, chip, precision, size))
        except UsageError:
            return None

    def _here(self, case: Case, kind: Kind) -> Iterator[Need]:
        """What this machine lacks to run a case as documented."""
        from harness.models.checkpoints import how_to_get, lacking, lacks

        model = case.model
        if kind is Kind.THROUGHPUT:
            try:
                targets.resolve(case.chip, "chip", case.runtime)
            except NotThere as absent:
                yield Need(what=Lack.DRIVER, why=NOT_HERE.format(reason=absent))
        folder = self._home.checkpoint(model) if model.graph is None else Path(model.graph.file).parent
        if absent_files := lacking(model, Weights.FULL, self._home):
            why = f"{lacks(folder, absent_files)}; {how_to_get(model, self._home)}"
            yield Need(what=Lack.WEIGHTS, why=why)
        if kind is Kind.ACCURACY and model.dataset:
            spec = self._catalog.datasets[model.dataset]
            if not (path := self._home.data_file(spec)).is_file():
                why = f"data set {spec.name} is not there: {path}; get it from {spec.published}"
                yield Need(what=Lack.DATA, why=why)


def _is_score(claim: DocumentedClaim) -> bool:
    """Whether it says how good predictions are, or nobody knows what: anything but how fast they are made."""
    return Metric(claim.metric).sort not in (Sort.SPEED, Sort.TIME)


def _precision(claim: DocumentedClaim, chip: Chip) -> Precision:
    return Precision(claim.precision) if claim.precision else chip.default_precision


def _as_the_case(claim: DocumentedClaim, model: Model) -> bool:
    """Whether the settings of a claim are those of the model's cases: of its data, of its own length."""
    others = {key: value for key, value in claim.settings.items() if key != "dataset"}
    length = others.pop("length", model.length)
    return not others and length == model.length


def _no_case(claim: DocumentedClaim, model: Model) -> str:
    if claim.best:
        return OF_BEST
    said = ", ".join(filter(None, (claim.variant, claim.told)))
    if not said:
        size = "" if claim.batch_size is None else f"batch size {claim.batch_size}"
        said = ", ".join(filter(None, (claim.measured_on, claim.precision, size)))
    return OF_SETTINGS.format(model=model.name, settings=said)
