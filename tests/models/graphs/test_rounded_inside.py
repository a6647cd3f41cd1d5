"""Branches and bodies in fp16: each value and constant inside of them as fp16 holds it, to the last bit.

Between 2048 and 4096 fp16 holds even numbers alone: what is added to such a number and taken away again shows
whether it was rounded on the way, by more than a unit in the last place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import graph_files as files
import numpy as np
import onnx
import pytest
from graph_files import BOOL, INT64, ROWS, graph, node, value
from onnx import helper, numpy_helper

from harness.domain.precisions import Precision
from harness.models import seeding
from harness.models.graphs import fp16, preparing
from harness.models.graphs.numerics import apply
from harness.toolchains.onnxruntime.backend import load_graph

ADDED, TAKEN = 2049.5, 2048.0  # fp16 holds the first as 2050: the nearest even number
Held = Callable[[np.ndarray], np.ndarray]


def half(array: np.ndarray) -> np.ndarray:
    """As fp16 holds it, as fp32."""
    return np.asarray(array, np.float32).astype(np.float16).astype(np.float32)


def exact(array: np.ndarray) -> np.ndarray:
    return np.asarray(array, np.float32)


def there_and_back(x: np.ndarray, constant: Held, value: Held) -> np.ndarray:
    """What a branch computes, with constants and values held so."""
    return value(value(x + constant(np.float32(ADDED))) - np.float32(TAKEN))


NODES, OWN, OUTSIDE = "nodes", "initializers of its own", "initializers around it"


def constants(name: str) -> dict[str, np.ndarray]:
    return {f"{name}_added": np.array(ADDED, np.float32), f"{name}_taken": np.array(TAKEN, np.float32)}


def branch(name: str, source: str, place: str) -> onnx.GraphProto:
    """``source + ADDED - TAKEN``; `place` says where its constants are."""
    tensors = [numpy_helper.from_array(array, key) for key, array in constants(name).items()]
    made = [node("Constant", [], [tensor.name], value=tensor) for tensor in tensors]
    return helper.make_graph(
        [
            *(made if place == NODES else []),
            node("Add", [source, f"{name}_added"], [f"{name}_sum"]),
            node("Sub", [f"{name}_sum", f"{name}_taken"], [f"{name}_y"]),
        ],
        name, [], [value(f"{name}_y", None)], initializer=tensors if place == OWN else [],
    )  # fmt: skip


def kept(name: str, source: str) -> onnx.GraphProto:
    """A branch that hands on what it is given."""
    return helper.make_graph(
        [node("Identity", [source], [f"{name}_y"])], name, [], [value(f"{name}_y", None)]
    )


def branching(place: str) -> onnx.ModelProto:
    """One branch of an If, taken where the sum is more than nothing."""
    return graph(
        [
            node("ReduceSum", ["x"], ["sum"], keepdims=0),
            node("Greater", ["sum", "limit"], ["more"]),
            node("If", ["more"], ["y"], then_branch=branch("then", "x", place),
                 else_branch=kept("else", "x")),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"limit": np.array(0, np.float32), **(constants("then") if place == OUTSIDE else {})},
    )  # fmt: skip


def looping(*, nested: bool) -> onnx.ModelProto:
    """The same in three rounds of a Loop: in its body, or in an If inside of that.

    Whether it begins depends on the input: otherwise onnxsim writes the rounds one behind the other.
    """
    inside = branch("then", "before", OWN)
    if nested:
        nodes = [node("If", ["go"], ["after"], then_branch=inside, else_branch=kept("else", "before"))]
    else:
        nodes = [*inside.node, node("Identity", ["then_y"], ["after"])]
    body = helper.make_graph(
        [*nodes, node("Identity", ["go"], ["on"])], "body",
        [value("at", [], INT64), value("go", [], BOOL), value("before", None)],
        [value("on", [], BOOL), value("after", None)],
        initializer=[] if nested else list(inside.initializer),
    )  # fmt: skip
    return graph(
        [
            node("ReduceSum", ["x"], ["sum"], keepdims=0),
            node("Less", ["sum", "limit"], ["begin"]),
            node("Loop", ["times", "begin", "x"], ["y"], body=body),
        ],
        [value("x", ["n", 4])],
        [value("y", ["n", 4])],
        {"times": np.array(3, np.int64), "limit": np.array(1000, np.float32)},
    )


def narrow(path: Path, made: onnx.ModelProto) -> Callable[[np.ndarray], np.ndarray]:
    """The graph in fp16's numbers, for one row."""
    model = files.of(path, made, ROWS)
    prepared = preparing.prepared(model, batch_size=1).graph
    rounded = apply(prepared, (("fp16", fp16.to_fp16),))
    assert any(item.op_type in ("If", "Loop") for item in rounded.graph.node)
    session = load_graph(rounded.SerializeToString(), Precision.FP16, 1)
    return lambda row: session.run(["y"], {"x": row})[0]


def rows(path: Path) -> np.ndarray:
    """Eight rows ``[8, 1, 4]`` that fp16 holds."""
    model = files.of(path, branching(OWN), ROWS)
    return half(seeding.drawn(model, 8).inputs["x"])[:, None]


def require_telling(x: np.ndarray, rounds: int) -> None:
    """That rounding of values, and of constants alone, each makes other numbers of these rows."""

    def after(constant: Held, value: Held) -> np.ndarray:
        found = x
        for _ in range(rounds):
            found = there_and_back(found, constant, value)
        return found

    wanted = after(half, half)
    assert np.abs(after(half, exact) - wanted).max() > 0.1
    assert np.abs(after(exact, half) - wanted).max() > 0.1


@pytest.mark.parametrize("place", [NODES, OWN, OUTSIDE])
def test_values_and_constants_of_a_branch_are_rounded(tmp_path: Path, place: str) -> None:
    found = narrow(tmp_path / "b.onnx", branching(place))
    taken = set()
    some = rows(tmp_path / "r.onnx")
    for row in some:
        taken.add(more := bool(half(row.sum()) > 0))
        wanted = there_and_back(row, half, half) if more else row
        assert np.array_equal(found(row), wanted)
    assert taken == {True, False}
    require_telling(some[some.sum(axis=(1, 2)) > 0], 1)


@pytest.mark.parametrize("nested", [False, True])
def test_values_and_constants_of_a_loop_are_rounded_in_every_round(tmp_path: Path, nested: bool) -> None:
    found = narrow(tmp_path / "l.onnx", looping(nested=nested))
    some = rows(tmp_path / "r.onnx")
    for row in some:
        wanted = row
        for _ in range(3):
            wanted = there_and_back(wanted, half, half)
        assert np.array_equal(found(row), wanted)
    require_telling(some, 3)
