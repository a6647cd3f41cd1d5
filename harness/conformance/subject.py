"""A case whose artifact is open: the samples it is shown, and its outputs for them, each run once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.artifacts.cache import Artifact
from harness.conformance import metamorphic
from harness.conformance.checks import METAMORPHIC, Check
from harness.conformance.contract import require_contract
from harness.conformance.fp32 import Reference, in_order, reference
from harness.conformance.metamorphic import Inputs, Probe, Variation
from harness.domain.cases import Case
from harness.domain.models import InputRole
from harness.domain.precisions import Precision
from harness.errors import NoSamples, NotApplicable, NotThere
from harness.models.batched import batched
from harness.models.graphs import int8
from harness.models.graphs.export import example_inputs
from harness.models.graphs.originals import outputs_of
from harness.running.called import checked_rows, run_batch
from harness.running.materials import Materials
from harness.running.recording import Stages
from harness.tasks.seeded import mask_of
from harness.toolchains.base import Session, ToolSession
from harness.toolchains.place import Place
from harness.toolchains.targets import Target

Array = npt.NDArray[Any]

FEWEST_SAMPLES = 8  # that a case is held by, whatever its batch size

_BASE, _AGAIN = "base", "base again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case's artifact, loaded; how the same with open batch and length is, and its documented graph."""

    case: Case
    target: Target
    place: Place
    artifact: Artifact
    session: Session
    any_shape: Callable[[Stages], Session] | None  # builds and loads it
    documented: Callable[[Stages], tuple[Artifact, Session]] | None  # at the documented opset, of a stand-in
    one_text: str  # why no segments tell two texts apart, in words; empty where they do


@dataclass(slots=True, kw_only=True)
class Subject:
    """Runs the samples of one case, each variation of them once.

    Where a tool has to be started for a call, all variations go through it together: it is started twice a
    case, once for the samples themselves and once for the rest.
    """

    opened: Opened
    probe: Probe
    shown: str  # what the samples are, in words
    _outputs: dict[str, Sequence[Array]] = field(default_factory=dict)
    _any_shape: Session | None = None
    _reference: Reference | None = None

    @property
    def case(self) -> Case:
        """The case."""
        return self.opened.case

    @property
    def starts_a_tool(self) -> bool:
        """Whether each call starts a vendor's tool."""
        return isinstance(self.opened.session, ToolSession)

    def base(self, stages: Stages) -> Sequence[Array]:
        """The outputs of the samples as they are."""
        return self._once(_BASE, stages, lambda: self._run({_BASE: self.probe.inputs}))

    def again(self, stages: Stages) -> Sequence[Array]:
        """The outputs of the samples as they are, run another time."""
        return self._once(_AGAIN, stages, lambda: self._run(self._rest({_AGAIN: self.probe.inputs})))

    def varied(self, check: Check, variation: Variation, stages: Stages) -> Sequence[Array]:
        """The outputs of a check's variation; raises `NotApplicable` where no artifact can run it."""
        name = check.name
        if check.relation.vary is metamorphic.again:
            return self.again(stages)
        if check.relation.any_shape:
            return self._once(name, stages, lambda: {name: self._run_any_shape(variation.inputs, stages)})
        return self._once(name, stages, lambda: self._run(self._rest({name: variation.inputs})))

    def reference(self, materials: Materials, stages: Stages) -> Reference:
        """torch's fp32 outputs for the samples as they are."""
        if self._reference is None:
            with stages.timed("fp32 reference"):
                self._reference = reference(materials, self.case, self.probe.inputs)
        return self._reference

    def fp32_of(
        self, variation: Variation, materials: Materials, stages: Stages
    ) -> tuple[Sequence[Array], Sequence[Array]]:
        """The fp32 outputs for the samples as they are, and for a variation of them."""
        base = self.reference(materials, stages).outputs
        with stages.timed("fp32 reference"):
            return base, reference(materials, self.case, variation.inputs).outputs

    def documented(self, stages: Stages) -> tuple[Artifact, Sequence[Array]]:
        """The documented graph's artifact, and the samples' outputs by it.

        Raises `NotApplicable` where the artifact is no stand-in's: a chip's own was compiled of that graph.
        """
        build = self.opened.documented
        if build is None:
            raise NotApplicable(
                f"{self.case.id}: its artifact is no stand-in's: parity holds what the compiler made of the "
                "documented graph"
            )
        artifact, session = build(stages)
        with stages.timed("inference"):
            return artifact, self._in_batches(session, in_order(self.case.model, self.probe.inputs))

    def _rest(self, asked: Mapping[str, Inputs]) -> Mapping[str, Inputs]:
        """What to run for one variation: that alone, or by one start of a tool everything but the base."""
        if not self.starts_a_tool:
            return asked
        some: dict[str, Inputs] = {_AGAIN: self.probe.inputs}
        for check in METAMORPHIC.values():
            relation = check.relation
            if relation.any_shape or relation.vary is metamorphic.again:
                continue
            try:
                some[check.name] = metamorphic.varied(relation, self.probe).inputs
            except NoSamples:  # what cannot be asked of these samples is said where it is asked
                continue
        # A batch that is not full can only be the last one.
        return dict(sorted(some.items(), key=lambda item: len(mask_of(item[1])) % self.case.batch_size))

    def _once(
        self, name: str, stages: Stages, run: Callable[[], Mapping[str, Sequence[Array]]]
    ) -> Sequence[Array]:
        if name not in self._outputs:
            with stages.timed("inference"):
                self._outputs |= run()
        return self._outputs[name]

    def _run(self, some: Mapping[str, Inputs]) -> dict[str, Sequence[Array]]:
        session = self.opened.session
        arrays = {name: in_order(self.case.model, inputs) for name, inputs in some.items()}
        if not isinstance(session, ToolSession):
            return {name: self._in_batches(session, inputs) for name, inputs in arrays.items()}
        whole = [np.concatenate(parts) for parts in zip(*arrays.values(), strict=True)]
        length = next(iter(whole[0].shape[1:]), None)
        outputs = checked_rows(self.case, session.run_all(whole), len(whole[0]), length=length)
        ends = np.cumsum([len(inputs[0]) for inputs in arrays.values()])[:-1]
        parts = [np.split(output, ends) for output in outputs]
        return {name: [output[at] for output in parts] for at, name in enumerate(arrays)}

    def _in_batches(self, session: Session, inputs: Sequence[Array]) -> list[Array]:
        done = [
            run_batch(self.case, session, some, count)
            for some, count in batched(inputs, self.case.batch_size)
        ]
        return [np.concatenate(parts) for parts in zip(*done, strict=True)]

    def _run_any_shape(self, inputs: Inputs, stages: Stages) -> list[Array]:
        if self.opened.any_shape is None:
            raise NotApplicable(
                f"{self.case.id}: its backend takes the documented shape only: no other length can be run"
            )
        if self._any_shape is None:
            self._any_shape = self.opened.any_shape(stages)
            declared = self._any_shape.contract()
            if declared is not None:
                require_contract(self.case, declared, left_open=("batch", "length"))
        rows = len(mask_of(inputs))
        as_many = replace(self.case, batch_size=rows)
        return run_batch(as_many, self._any_shape, in_order(self.case.model, inputs), rows)


def probe_of(materials: Materials, case: Case) -> tuple[Probe, str]:
    """The samples that a case is held by, and what they are in words.

    As many as fill batches, `FEWEST_SAMPLES` at least. Half of them are text of the embedded corpus, half
    seeded ids of any length, so that every position is used; of int8 all are text, because scales that were
    chosen on text say nothing about other ids. The text is behind what those scales were chosen on, as far
    as there is any behind it. Without a vocabulary all are seeded, and so are those of a graph: behind the
    ones that int8's scales are chosen on.
    """
    model, size = case.model, case.batch_size
    count = -(-FEWEST_SAMPLES // size) * size
    if model.graph is not None:
        seeded = materials.seeded(model, count, first=int8.SAMPLES).inputs
        probe = Probe(inputs=seeded, batch_size=size, vocabulary=0, types=0, outputs=outputs_of(model))
        return probe, f"{count} seeded"
    architecture = materials.checkpoint(model).encoder
    vocabulary = architecture.vocabulary
    example = example_inputs(model, vocabulary=vocabulary, batch_size=count)
    inputs: dict[InputRole, Array] = {item.role: example[item.name].astype(np.int64) for item in model.inputs}
    found = _text(materials, case, count if case.precision is Precision.INT8 else count // 2)
    said = f"{count} of seeded ids"
    if found is not None:
        text, calibrated = found
        rows = len(text[InputRole.MASK])
        inputs = {role: np.concatenate([text[role], array[rows:]]) for role, array in inputs.items()}
        said = f"{rows} of text" + (f", {count - rows} of seeded ids" if rows < count else "")
        if calibrated and case.precision is Precision.INT8:
            said += ", which its scales were chosen on"
    probe = Probe(
        inputs=inputs,
        batch_size=size,
        vocabulary=vocabulary,
        types=architecture.types if InputRole.SEGMENTS in inputs else 0,
        outputs=model.outputs,
    )
    return probe, said


def _text(materials: Materials, case: Case, count: int) -> tuple[dict[InputRole, Array], bool] | None:
    """`count` rows of features of the embedded corpus, repeated where it has fewer; None without one.

    They are behind the examples that int8's scales are chosen on; those themselves, as the second says, where
    nothing is behind them.
    """
    if not case.model.dataset:
        return None
    try:
        calibration = materials.calibration(case.model, int8.SAMPLES)
        features = materials.calibration(case.model, int8.SAMPLES + count)
    except NotThere:
        return None
    rows = np.flatnonzero(features.inputs[InputRole.MASK].sum(axis=1) > 1)
    if not len(rows):
        return None
    behind = rows[rows >= len(calibration.inputs[InputRole.MASK])]
    chosen = np.resize(behind if len(behind) else rows, count)
    return {role: array[chosen] for role, array in features.inputs.items()}, not len(behind)
