"""Outputs of every sample of a case: at their real length, resumed where a run was killed, shared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.artifacts import code
from harness.domain.cases import Case
from harness.domain.models import Protocol
from harness.errors import NotApplicable
from harness.models.batched import batched
from harness.records import canonical
from harness.running import real_length
from harness.running.called import AnyShape, Loaded, checked_rows, compare, run_batch
from harness.running.kept_outputs import dropping
from harness.running.materials import Materials, inputs_in_order
from harness.running.predictions import OutputLog, run_all
from harness.running.real_length import Grouped, Grouping, Padded, Proof
from harness.running.valid import require_numbers
from harness.tasks.feeds import feed_of
from harness.toolchains.base import Session, ToolSession

Array = npt.NDArray[Any]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Outputs of every sample, ``[samples, ...]`` each, and how they were come by."""

    arrays: list[Array]
    facts: Mapping[str, Any]
    kept: Path | None  # where they lie on disk until they are dropped
    parts: tuple[Outputs, ...] = ()  # that they were put together from

    def forget(self) -> None:
        """Remove them from the disk: what they came to is recorded, or they are somebody else's."""
        if self.kept is not None:
            self.kept.unlink(missing_ok=True)
        for part in self.parts:
            part.forget()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Outputs that a case had under a protocol, for others of the same inputs."""

    case: str
    protocol: Protocol
    arrays: list[Array]

    def facts(self, protocol: Protocol) -> dict[str, Any]:
        """What another case that takes them says, besides how they were held against its own."""
        other = {} if protocol is self.protocol else {"same_inputs_as": self.protocol}
        return {"shared_with": self.case, **other}


class Inference:
    """Runs accuracy passes of one process, and keeps their outputs for cases that may share them."""

    def __init__(self, materials: Materials) -> None:
        self.materials = materials
        self._outputs: dict[tuple[Any, ...], _Known] = {}
        self._grouped: dict[tuple[Any, ...], tuple[_Known, Grouped]] = {}
        self._last: tuple[tuple[Any, ...], Protocol, Outputs] | None = None

    def of(self, materials: Materials) -> Inference:
        """The same of other samples; what cases share of them is kept together."""
        made = copy(self)
        made.materials = materials
        return made

    def all_outputs(
        self,
        case: Case,
        protocol: Protocol,
        loaded: Loaded,
        any_shape: AnyShape | None = None,
    ) -> Outputs:
        """Outputs of every sample: from this artifact, or shared with one of another batch size.

        With `any_shape` the samples are run through that at their real length, as far as
        `harness.running.real_length` allows it and this artifact bears it out on a seeded sample; then the
        outputs are 0 where there is padding. Else, and the facts say why, they are run padded.

        Where the same artifact was last fed the same features, fed alike, under another protocol, the
        outputs are those, and the facts say of which: ``same_inputs_as``.
        Raises `BadOutput` for outputs of another number or shape, and for a NaN or an infinity.
        """
        key = (case.id, loaded.artifact.key, any_shape and any_shape.key, *self._inputs(case, protocol))
        if self._last is not None and self._last[0] == key and self._last[1] is not protocol:
            _, other, outputs = self._last
            facts = {name: fact for name, fact in outputs.facts.items() if name != "resumed_from_sample"}
            return Outputs(arrays=outputs.arrays, facts={**facts, "same_inputs_as": other}, kept=None)
        outputs = self._all_outputs(case, protocol, loaded, any_shape)
        self._last = key, protocol, outputs
        return outputs

    def scoring(self, outputs: Outputs) -> AbstractContextManager[None]:
        """What is made of `outputs` is made in here; where that fails nobody gets them again (`dropping`).

        Neither the next run, from disk, nor the next batch size or protocol of this one, from memory.
        """
        return dropping(lambda: self._drop(outputs), "these outputs")

    def _drop(self, outputs: Outputs) -> None:
        outputs.forget()
        for part in outputs.parts:
            self._drop(part)
        for key in [key for key, item in self._outputs.items() if item.arrays is outputs.arrays]:
            del self._outputs[key]
        for key in [key for key, (item, _) in self._grouped.items() if item.arrays is outputs.arrays]:
            del self._grouped[key]
        if self._last is not None and self._last[2].arrays is outputs.arrays:
            self._last = None

    def _inputs(self, case: Case, protocol: Protocol) -> tuple[Any, ...]:
        """What decides a case's inputs, whatever protocol made them."""
        return self.materials.samples(case.model, protocol).digest, feed_of(case, protocol)

    def _all_outputs(
        self,
        case: Case,
        protocol: Protocol,
        loaded: Loaded,
        any_shape: AnyShape | None,
    ) -> Outputs:
        if isinstance(loaded.session, ToolSession):
            return self._whole(case, protocol, loaded, loaded.session)
        if any_shape is None:
            return self._padded(case, protocol, loaded)
        samples = self.materials.samples(case.model, protocol)
        proved = self.materials.proved((case.id, any_shape.key))
        plan = real_length.plan(samples.task, samples.features, proved=proved)
        if isinstance(plan, real_length.Grouping):
            grouped = self._at_real_length(case, protocol, loaded.session, any_shape, plan)
            if isinstance(grouped, Outputs):
                return grouped
            plan = grouped
        outputs = self._padded(case, protocol, loaded)
        return replace(outputs, facts={"padded_because": plan.reason, **outputs.facts})

    def _at_real_length(
        self, case: Case, protocol: Protocol, session: Session, any_shape: AnyShape, plan: Grouping
    ) -> Outputs | Padded:
        """Grouped outputs, this case's own or those that another had of the same artifact of any shape."""
        key = (case.model.name, case.chip.name, case.precision, any_shape.key, *self._inputs(case, protocol))
        model, bound = case.model, self.materials.catalog.precisions[case.precision].real_length.most
        arrays = inputs_in_order(model, self.materials.samples(model, protocol).features)
        facts: dict[str, Any] = {}

        def run_padded(rows: IntArray) -> list[Array]:
            return self._padded_rows(case, session, [array[rows] for array in arrays], rows)

        if key in self._grouped:
            known, grouped = self._grouped[key]
            padded = [] if plan.proved else run_padded(plan.sample)
            proof = real_length.prove(padded, known.arrays, plan, model.outputs, bound, grouped.highest)
            if not proof.holds or (plan.may_move is not None and not grouped.proof.allows(proof)):
                failed = Padded(reason=str(proof), proof=proof)
                self.materials.keep_proof((case.id, any_shape.key), failed)
                return failed
            self.materials.keep_proof((case.id, any_shape.key), proof)
            facts = {**_grouped_facts(plan, proof, grouped.run_padded), **known.facts(protocol)}
            return Outputs(arrays=known.arrays, facts=facts, kept=None)
        try:
            real = any_shape.open()
        except NotApplicable as unfit:
            return Padded(reason=str(unfit))
        log = self._log(case, protocol, real, {"grouped": plan.digest})
        found = real_length.run_grouped(
            plan, arrays, model.outputs, run_padded, bound=bound, log=log,
            run=lambda inputs, count: run_batch(replace(case, batch_size=count), real.session, inputs, count),
            progress=self.materials.progress, label=case.id,
        )  # fmt: skip
        if isinstance(found, Padded):
            self.materials.keep_proof((case.id, any_shape.key), found)
            return found
        self.materials.keep_proof((case.id, any_shape.key), found.proof)
        self._grouped[key] = _Known(case=case.id, protocol=protocol, arrays=found.arrays), found
        if found.resumed:
            facts["resumed_from_sample"] = found.resumed
        facts = {**_grouped_facts(plan, found.proof, found.run_padded), **facts}
        return Outputs(arrays=found.arrays, facts=facts, kept=log.path)

    def _padded_rows(
        self, case: Case, session: Session, arrays: Sequence[Array], rows: IntArray
    ) -> list[Array]:
        """The case's own artifact on some samples, of which `rows` are the numbers."""
        parts = []
        with self.materials.progress.stage(f"{case.id}: padded sample", len(rows)) as advance:
            at = 0
            for inputs, count in batched(arrays, case.batch_size):
                parts.append(run_batch(case, session, inputs, count))
                require_numbers(parts[-1], case.id, rows=rows[at : at + count])
                at += count
                advance(count)
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def _padded(self, case: Case, protocol: Protocol, loaded: Loaded) -> Outputs:
        """Outputs for the documented, padded input."""
        session = loaded.session
        key = (case.model.name, case.chip.name, case.precision, *self._inputs(case, protocol))
        features = self.materials.samples(case.model, protocol).features
        feed = feed_of(case, protocol)
        arrays = inputs_in_order(case.model, features, feed)
        batches = list(batched(arrays, case.batch_size))
        facts: dict[str, Any] = {}
        if key in self._outputs:
            known = self._outputs[key]
            difference, agree = compare(case, session, batches, known.arrays)
            bound = self.materials.catalog.precisions[case.precision].sharing.most
            facts = {"shared_max_abs_difference": difference, "shared_bound": bound}
            if agree and difference <= bound:
                return Outputs(arrays=known.arrays, facts={**known.facts(protocol), **facts}, kept=None)
            facts["not_shared_with"] = known.case
        log = self._log(case, protocol, loaded, {})
        outputs, resumed = run_all(
            log,
            batches,
            lambda inputs, count: run_batch(case, session, inputs, count),
            self.materials.progress,
            case.id,
        )
        self._outputs[key] = _Known(case=case.id, protocol=protocol, arrays=outputs)
        if resumed:
            facts["resumed_from_sample"] = resumed
        return Outputs(arrays=outputs, facts=facts, kept=log.path)

    def _whole(self, case: Case, protocol: Protocol, loaded: Loaded, session: ToolSession) -> Outputs:
        """Outputs of every sample by one start of the tool, kept until they are recorded.

        Every batch size runs for itself: a chip's own outputs are never taken for another artifact's.
        """
        features = self.materials.samples(case.model, protocol).features
        arrays = inputs_in_order(case.model, features, feed_of(case, protocol))
        log = self._log(case, protocol, loaded, {})
        outputs, resumed = run_all(
            log,
            [(arrays, len(arrays[0]))],
            lambda inputs, count: checked_rows(case, session.run_all(inputs), count),
            self.materials.progress,
            case.id,
        )
        return Outputs(
            arrays=outputs, facts={"resumed_from_sample": resumed} if resumed else {}, kept=log.path
        )

    def _log(self, case: Case, protocol: Protocol, loaded: Loaded, more: Mapping[str, Any]) -> OutputLog:
        """Where this case's outputs are kept: by everything that decides them."""
        identity = {
            **more,
            **loaded.identity,
            "features": self.materials.samples(case.model, protocol).digest,
            "feed": feed_of(case, protocol),
            "protocol": protocol,
            "code": code.of(__name__, *code.modules_of(loaded.session)),
        }
        name = hashlib.sha256(canonical(identity, "identity")).hexdigest()[:32]
        return OutputLog(self.materials.home.root / "unfinished" / f"{case.id}-{name}.outputs", identity)


def _grouped_facts(plan: Grouping, proof: Proof, run_padded: int) -> dict[str, Any]:
    """What is recorded of a run at the real length."""
    return {
        "grouped": {
            "proved_on": proof.samples,
            "max_abs_difference": proof.max_abs_difference,
            "bound": proof.bound,
            "positions_run": plan.positions + run_padded * plan.length,
            "positions_padded": plan.padded_positions,
            **({"samples_padded": run_padded} if run_padded else {}),
        }
    }
