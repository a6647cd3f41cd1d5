"""Graphs with their inner values as outputs, and graphs cut at them; and how such a graph is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import onnx
from onnx import helper

from harness.conformance.operators.bounded import Array
from harness.domain.precisions import Precision
from harness.errors import GraphError
from harness.models.graphs import values
from harness.toolchains.onnxruntime.backend import load_graph

MADE = "__made"  # a value as the artifact makes it, where a given one has taken its name


def expose(model: onnx.ModelProto, names: Iterable[str]) -> onnx.ModelProto:
    """A graph whose values called `names` are outputs too."""
    types = values.element_types(model)
    shown = values.copy_of(model)
    there = {item.name for item in shown.graph.output}
    shown.graph.output.extend(
        helper.make_tensor_value_info(name, types[name], None) for name in names if name not in there
    )
    return shown


def cut(model: onnx.ModelProto, names: Sequence[str]) -> onnx.ModelProto:
    """A graph whose values called `names` are inputs, and what was made of them outputs, called ``.__made``.

    Every operator then reads what it is given: an error of one reaches no other.
    """
    types = values.element_types(model)
    apart = values.copy_of(model)
    chosen = set(names)
    for node in apart.graph.node:
        for at, name in enumerate(node.output):
            if name in chosen:
                node.output[at] = name + MADE
    apart.graph.input.extend(helper.make_tensor_value_info(name, types[name], None) for name in names)
    del apart.graph.output[:]
    apart.graph.output.extend(helper.make_tensor_value_info(name + MADE, types[name], None) for name in names)
    del apart.graph.value_info[:]
    return apart


def run(
    model: onnx.ModelProto, inputs: Mapping[str, Array], names: Sequence[str], precision: Precision, what: str
) -> dict[str, Array]:
    """The values called `names`, in the arithmetic of a stand-in; inputs that the graph lacks are left out.

    Raises `GraphError` with `what` and what onnxruntime says.
    """
    try:
        session = load_graph(model.SerializeToString(), precision)
        wanted = {item.name for item in session.get_inputs()}
        feeds = {name: array for name, array in inputs.items() if name in wanted}
        return dict(zip(names, session.run(list(names), feeds), strict=True))
    except Exception as problem:  # onnxruntime's classes have no common base of their own
        raise GraphError(f"{what}: onnxruntime cannot run the graph: {problem}") from problem
