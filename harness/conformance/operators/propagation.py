"""The rules of `harness.conformance.operators.rules`, applied to a graph node by node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import onnx

from harness.conformance.operators.arithmetic import Arithmetic
from harness.conformance.operators.bounded import Array, Bounded
from harness.conformance.operators.rules import COMPUTING, MOVING
from harness.errors import GraphError
from harness.models.graphs import int8, values


def constants(graph: onnx.GraphProto) -> dict[str, Array]:
    """Every constant of a graph by name, as numpy has it."""
    return {name: values.array_of(tensor) for name, tensor in values.constants(graph)}


def propagate(
    nodes: Iterable[onnx.NodeProto],
    known: Mapping[str, Bounded],
    fixed: Mapping[str, Array],
    arithmetic: Arithmetic,
) -> dict[str, Bounded]:
    """Every value that `nodes`, in topological order, make of the `known` ones and the constants `fixed`.

    Raises `GraphError` for an operator without a rule.
    """
    found = dict(known)

    def operand(name: str) -> Bounded:
        if name not in found:
            found[name] = arithmetic.constant(fixed[name])
        return found[name]

    for node in nodes:
        if node.op_type == "Constant":
            continue
        operands = [operand(name) for name in node.input if name]
        if node.op_type in int8.OPERATORS:
            # Not the bias: its quantum is the product of the operands' two, which their bound holds.
            operands[:2] = [
                arithmetic.operand(item, constant=name in fixed)
                for item, name in zip(operands[:2], node.input, strict=False)
            ]
        for name, result in zip(node.output, _results(node, operands, arithmetic), strict=True):
            found[name] = result
    return found


def _results(node: onnx.NodeProto, operands: list[Bounded], arithmetic: Arithmetic) -> list[Bounded]:
    rule = COMPUTING.get(node.op_type) or MOVING.get(node.op_type)
    if rule is None:
        raise GraphError(
            f"{node.name or node.output[0]}: no bound is known for the operator {node.op_type}",
            remedy="add its rule to harness/conformance/operators/rules.py",
        )
    attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
    with np.errstate(all="ignore"):  # an infinite bound says that nothing is known, which is no mistake
        results = rule(attributes, operands)
        if node.op_type in MOVING:
            return results
        if node.op_type in int8.OPERATORS:
            results = [arithmetic.product(result) for result in results]
        return [arithmetic.rounded(result) for result in results]
