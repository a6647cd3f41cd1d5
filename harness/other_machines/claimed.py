"""The documented value that a log is held to, chosen by what is asked and by what the log itself tells.

Of a model that runs, the claim is its case's own, and the log is filed under the case as `importing` does.
Of any other, a name alone too, the claim becomes a case that nothing can run (`harness.tables.claimed`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.documents.asking import meant
from harness.documents.readme.words import vocabulary
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.documented import settings_told
from harness.domain.metrics import Metric
from harness.domain.precisions import Precision
from harness.domain.references import Reference
from harness.domain.words import WordKind
from harness.errors import UsageError
from harness.other_machines import importing, scenarios
from harness.other_machines.foreign import Choice, ForeignLog
from harness.other_machines.times import call_time
from harness.tables import cases, claimed
from harness.tables.catalog import find
from harness.tables.references import as_run
from harness.tools.parsers import ToolRun

LISTED = 6  # claims in a refusal of several that fit
NEAREST = 3  # claims in a refusal of none


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which claim is meant. What is None, or not among the settings, leaves it open."""

    model: str
    chip: str | None = None
    batch_size: int | None = None
    precision: Precision | None = None
    metric: str = Metric.THROUGHPUT  # or the document's own words for one
    settings: Mapping[str, object] = field(default_factory=dict)

    def unlike(self, catalog: Catalog, claim: Reference, told: int | None) -> list[str]:
        """What of a claim is otherwise than it is asked, or than the log tells, in words."""
        chip = None if claim.chip is None else claimed.chip_of(catalog, claim.chip)
        precision = claim.precision or (chip.default_precision if chip and chip.backend else None)
        wrong = []
        if self.metric not in (claim.metric, claim.called):
            wrong.append(f"its metric is {claim.called or claim.metric}")
        if self.chip is not None and claim.chip not in (None, self.chip):
            wrong.append(f"on {claim.chip}")
        size = told if self.batch_size is None else self.batch_size
        if size is not None and claim.batch_size not in (None, size):
            wrong.append(f"of batch size {claim.batch_size}")
        if self.precision is not None and precision is not self.precision:
            wrong.append(f"in {precision or 'no precision that is told'}")
        for name, value in self.settings.items():
            if _plain(claim.told.get(name)) != _plain(value):
                wrong.append(f"its {name} is {claim.told.get(name, 'not told')}")
        return wrong

    def says_all_of(self, claim: Reference) -> bool:
        """Whether a claim tells no setting, and no words for its metric, but those that are asked for."""
        return set(claim.told) <= set(self.settings) and claim.called in (None, self.metric)


def read(catalog: Catalog, asked: Asked, path: Path, choice: Choice) -> ForeignLog:
    """The run in `path` that `choice` means, held to the one claim that fits what is asked and the log.

    The model, its chip and its metric may be named as documents spell them. Raises as `importing.read`, and
    `UsageError` where no claim fits, with the nearest, or several do.
    """
    asked = _in_our_words(catalog, asked)
    model = catalog.called[asked.model]
    run = importing.run_of(path, choice)
    told = choice.batch_size if run.batch_size is None else round(run.batch_size)
    claim = _one(catalog, asked, told, run.tool)
    chip = _chip(catalog, asked, claim)
    size = claim.batch_size or asked.batch_size or told
    if size is None:
        raise UsageError(
            f"{path.name}: neither the log nor the document tells the batch size of {describe(claim)}",
            remedy="say what it was with --bs-of-log N",
        )
    mine = model.name in catalog.models and chip.backend and claim.metric is Metric.THROUGHPUT
    if mine and as_run(claim, model):
        precision = claim.precision or chip.default_precision
        case = cases.named(catalog, cases.case_id(model, chip, precision, size))
        return importing.read(case, path, choice)
    case = claimed.case_of(catalog, claim, chip, size)
    log = importing.read(case, path, choice)
    latency = call_time(path.name, log.run, claim.called or "") if claim.metric is Metric.LATENCY else None
    why_not = latency.why_not if latency is not None else ""
    return replace(
        log, claim=claim, unlike=(*_unlike(claim, chip, log.run), *filter(None, [why_not])),
        precision_told=claim.precision is not None or bool(chip.backend),
        latency=latency,
        notes=tuple(_notes(claim, chip, log.run)),
    )  # fmt: skip


def describe(claim: Reference) -> str:
    """A claim in one line: its value, what it is of, and where it stands."""
    of = (
        claim.called or str(claim.metric),
        claim.chip or "no chip told",
        "all batch sizes" if claim.batch_size is None else f"batch size {claim.batch_size}",
        str(claim.precision or ""),
        claim.variant or "",
        settings_told(claim.told),
    )
    return f"{claim.printed} {claim.unit} ({', '.join(filter(None, of))}) [{claim.source}]"


def _in_our_words(catalog: Catalog, asked: Asked) -> Asked:
    """What is asked by the names that the catalog has for it.

    Raises `UsageError` for a model or a chip that is none, and for a metric that no tool's log tells.
    """
    words = vocabulary(catalog)

    def name(word: str, there: Iterable[str], kind: WordKind) -> str:
        found = meant(word, there, kind, words)
        return next(iter(found)) if len(found) == 1 else word

    model = find(catalog.called, name(asked.model, catalog.called, WordKind.MODEL), "model").name
    chips = {**catalog.chips, **catalog.devices}
    chip = asked.chip and name(asked.chip, chips, WordKind.CHIP)
    if chip is not None:
        find(chips, chip, "chip")
    speeds = list(claimed.speeds(catalog, model))
    own = (item.called for item in speeds if item.called)
    metric = name(asked.metric, (*claimed.SPEEDS, *own), WordKind.METRIC)
    other = words.is_whole(metric, WordKind.METRIC) or metric
    if metric not in (*claimed.SPEEDS, *(item.called for item in speeds)) and other in set(Metric):
        raise UsageError(
            f"a tool's log tells a throughput and a latency, and nothing of the {other} of {model}",
            remedy="leave --metric out for the throughput, or name latency or the document's words for one",
        )
    return replace(asked, model=model, chip=chip, metric=metric)


def _one(catalog: Catalog, asked: Asked, told: int | None, tool: str) -> Reference:
    """The claim that fits; of one that is printed several times, the one with the most digits.

    A claim that tells nothing beyond what is asked is meant before those with further settings, and one of a
    chip whose throughput `tool` measures before those of other chips.
    """
    every = list(claimed.speeds(catalog, asked.model))
    if not every:
        raise UsageError(
            f"no document states a measured throughput or latency of {asked.model}",
            remedy="`zoocheck claims` lists what they state; `zoocheck import-readme` reads another",
        )
    fitting = [item for item in every if not asked.unlike(catalog, item, told)]
    if not fitting:
        near = sorted(every, key=lambda item: len(asked.unlike(catalog, item, told)))
        said = [
            f"{describe(item)}: {', '.join(asked.unlike(catalog, item, told))}" for item in near[:NEAREST]
        ]
        size = "" if told is None or asked.batch_size is not None else f", of the log's batch size {told}"
        raise UsageError(f"no claim of {asked.model} is as asked{size}; near are: {_listed(said, near)}")
    if asked.chip is None:
        fitting = [item for item in fitting if _is_measured_with(tool, catalog, item)] or fitting
    fitting = [item for item in fitting if asked.says_all_of(item)] or fitting
    finest = max(fitting, key=lambda item: item.digits)
    if any(_of(item) != _of(finest) or not _same(item, finest) for item in fitting):
        said = [describe(item) for item in fitting[:LISTED]]
        raise UsageError(
            f"{len(fitting)} claims of {asked.model} are as asked: {_listed(said, fitting)}",
            remedy=_which_is_meant(fitting),
        )
    return finest


def _is_measured_with(tool: str, catalog: Catalog, claim: Reference) -> bool:
    """Whether a log of `tool` can be of a claim's chip: of one that nothing here drives, every tool's can."""
    chip = None if claim.chip is None else claimed.chip_of(catalog, claim.chip)
    return chip is None or tool in (*chip.throughput_tools, scenarios.TOOL)


def _which_is_meant(fitting: Sequence[Reference]) -> str:
    """The options that tell the claims that fit apart."""
    said = [
        {"chip": item.chip, "bs": item.batch_size, "precision": item.precision,
         "metric": item.called or item.metric, **item.told}
        for item in fitting
    ]  # fmt: skip
    names = dict.fromkeys(name for one in said for name in one)
    apart = [f"--{name}" for name in names if len({one.get(name) for one in said}) > 1]
    if apart:
        return f"say which is meant with {' or '.join(apart)}"
    return "they differ in their values alone: correct the document, or keep one of its tables"


def _listed(said: Sequence[str], every: Sequence[Reference]) -> str:
    more = len(every) - len(said)
    return "; ".join(said) + (f"; and {more} more" if more else "")


def _of(claim: Reference) -> tuple[object, ...]:
    """All that tells two claims of a model apart."""
    return (
        claim.metric, claim.called, claim.chip, claim.batch_size, claim.precision, *claim.told.items()
    )  # fmt: skip


def _same(one: Reference, finest: Reference) -> bool:
    """Whether two values of one thing can be the same: apart by less than one in the coarser's last digit."""
    assert one.value is not None, "speeds have values"
    assert finest.value is not None, "speeds have values"
    return one.unit is finest.unit and abs(one.value - finest.value) < 10.0**-one.digits


def _chip(catalog: Catalog, asked: Asked, claim: Reference) -> Chip:
    name = claim.chip or asked.chip
    if name is None:
        raise UsageError(
            f"the document names no chip for {describe(claim)}", remedy="say which it was with --chip"
        )
    chip = claimed.chip_of(catalog, name)
    if chip is None:
        known = ", ".join((*catalog.chips, *catalog.devices))
        raise UsageError(f"no chip is called {name!r}; there are {known}")
    return chip


def _unlike(claim: Reference, chip: Chip, run: ToolRun) -> Iterator[str]:
    """What of a log is otherwise than the claim's own settings; of what is not told nothing is said."""
    streams = claim.streams or 1
    if run.streams != streams:
        yield f"{run.streams} calls at once on a device, the document makes {streams}"
    if not chip.backend and run.device_name and _plain(chip.name) not in _plain(run.device_name):
        yield f"measured on {run.device_name}, not on {chip.title}"
    shapes = ", ".join(str(list(shape)) for shape in run.input_shapes)
    if claim.length and run.input_shapes and not any(claim.length in shape[1:] for shape in run.input_shapes):
        yield f"inputs of shape {shapes}, the document's length is {claim.length}"
    sizes = tuple(map(int, re.findall(r"\d+", claim.input or "")))
    if sizes and run.input_shapes and not any(_holds(shape, sizes) for shape in run.input_shapes):
        yield f"inputs of shape {shapes}, the document's are {claim.input}"


def _holds(shape: Sequence[int], sizes: tuple[int, ...]) -> bool:
    """Whether a document's sizes are among a shape's, side by side; the batch may be another."""
    wanted = sizes[1:] if len(sizes) == len(shape) else sizes
    return any(tuple(shape[at : at + len(wanted)]) == wanted for at in range(len(shape)))


def _notes(claim: Reference, chip: Chip, run: ToolRun) -> Iterator[str]:
    """What the document does not tell, and was taken for the log's own."""
    if claim.chip is None:
        yield "the document names no chip for it"
    if claim.batch_size is None:
        yield f"the document tells no batch size, the log is of {run.batch_size}"
    if claim.precision is None and not chip.backend:
        yield f"the document tells no precision, the log says {run.precision or 'none'}"
    if chip.throughput_tools[:1] != (run.tool,):
        yield f"made with {run.tool}; which tool the document measured with is not known"


def _plain(value: object) -> str:
    """A setting as it is compared: case, blanks and punctuation of a document's own words do not count."""
    return re.sub(r"[\W_]+", "", str(value).casefold())
