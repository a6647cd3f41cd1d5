"""Reference and artifact run on one batch: as they are, and the artifact cut at what both have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from harness.conformance.bisection import cutting, matching
from harness.conformance.bisection.matching import Match
from harness.conformance.operators.bounded import Array
from harness.domain.precisions import Precision
from harness.models.graphs import values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """Both graphs run on one batch, and what is known of the values that they have in common."""

    reference: onnx.ModelProto
    artifact: onnx.ModelProto
    inputs: Mapping[str, Array]
    matches: Sequence[Match]
    truth: Mapping[str, Array]  # of the reference, by its names
    whole: Mapping[str, Array]  # of the artifact, by its names
    given: Mapping[str, Array]  # the reference's values, as the artifact holds them, by its names
    made: Mapping[str, Array]  # of the artifact where every operator reads the given ones

    @classmethod
    def of(
        cls, reference: onnx.ModelProto, artifact: onnx.ModelProto, inputs: Mapping[str, Array],
        precision: Precision, *, ours: bool, named: Mapping[str, str] | None = None,
    ) -> Run:  # fmt: skip
        """Raises as `comparing.compare`; `ours` and `named` as in `matching.match`."""
        exact = truth(reference, inputs)
        matches = matching.match(reference, artifact, list(exact), ours=ours, named=named)
        names = [item.artifact for item in matches]
        whole = cutting.run(cutting.expose(artifact, names), inputs, names, precision, "the artifact")
        theirs = values.element_types(artifact)
        given = {item.artifact: _held(exact[item.reference], theirs[item.artifact]) for item in matches}
        made = run_cut(artifact, names, {**inputs, **given}, precision, "the artifact, cut")
        return cls(
            reference=reference, artifact=artifact, inputs=inputs, matches=matches, truth=exact, whole=whole,
            given=given, made=made,
        )  # fmt: skip

    @property
    def matched(self) -> dict[str, str]:
        """The artifact's name of each value that both have, by the reference's; none behind a quantiser."""
        return {item.reference: item.artifact for item in self.matches if not item.quantised}


def truth(reference: onnx.ModelProto, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Every floating-point value that the graph computes, in order; raises `GraphError`."""
    order = _inner(reference)
    return cutting.run(cutting.expose(reference, order), inputs, order, Precision.FP32, "the reference")


def run_cut(
    model: onnx.ModelProto, names: Sequence[str], given: Mapping[str, Array], precision: Precision, what: str
) -> dict[str, Array]:
    """What `model` makes of each value in `names`, by its name, where operators read the `given` ones."""
    made = [name + cutting.MADE for name in names]
    found = cutting.run(cutting.cut(model, names), given, made, precision, what)
    return {name: found[name + cutting.MADE] for name in names}


def _inner(reference: onnx.ModelProto) -> list[str]:
    """The floating-point values that the graph computes, in order."""
    types = values.element_types(reference)
    return [
        name
        for node in reference.graph.node
        for name in node.output
        if node.op_type != "Constant" and types.get(name) in matching.FLOATS
    ]


def _held(array: Array, element_type: int) -> Array:
    """A value of the reference as the artifact holds it; beyond fp16's range it is infinite there."""
    with np.errstate(over="ignore"):
        return array.astype(np.float16) if element_type == onnx.TensorProto.FLOAT16 else array
