"""An artifact's contract beside the table's: every difference, in one message."""

from __future__ import annotations

import numpy as np
import pytest
from making import make_case

from harness.conformance.contract import differences, require_contract
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.errors import GraphError
from harness.toolchains.base import seen


@pytest.fixture
def case(catalog: Catalog) -> Case:
    return make_case(catalog, "tinybert", "cpu", batch_size=8)


def declared(case: Case, **changes):
    model = case.model
    inputs = [(item.name, item.dtype, (8, model.length)) for item in model.inputs]
    outputs = [(item.name, item.dtype, (8, 2)) for item in model.outputs]
    return changes.get("inputs", inputs), changes.get("outputs", outputs)


def test_the_tables_own_has_none(case: Case):
    require_contract(case, declared(case))


def test_every_difference_is_in_one_message(case: Case):
    (first, second, third), _ = declared(case)
    wrong = [(second[0], "int8", second[2]), (first[0], first[1], (1, 64)), third]
    with pytest.raises(GraphError) as problem:
        require_contract(case, declared(case, inputs=wrong, outputs=[]))
    names = [item.name for item in case.model.inputs]
    message = str(problem.value)
    assert f"inputs in the order {names[1]}, {names[0]}, {names[2]}, expected {', '.join(names)}" in message
    assert f"input {names[1]} of int8, expected int64" in message
    assert f"input {names[0]} of shape [1, 64], expected [8, 64]" in message
    assert f"outputs none, expected {case.model.outputs[0].name}" in message


@pytest.mark.parametrize("size", ["batch", None, -1])
def test_an_open_axis_is_a_difference_unless_it_is_to_be_open(case: Case, size):
    inputs = [(name, dtype, (size, length)) for name, dtype, (_, length) in declared(case)[0]]
    outputs = [(name, dtype, (size, labels)) for name, dtype, (_, labels) in declared(case)[1]]
    found = [*differences(case, declared(case, inputs=inputs))]
    assert len(found) == 3
    assert all("of shape [any, 64], expected [8, 64]" in item for item in found)
    assert not [*differences(case, (inputs, outputs), left_open={"batch"})]
    assert [*differences(case, declared(case), left_open={"batch"})]


def test_what_a_runtime_that_declares_nothing_gives_is_held_all_the_same(case: Case):
    """Dtypes, shapes and the number of outputs of a call; nothing is said of its inputs."""
    right = np.zeros((8, 2), np.float32)
    require_contract(case, seen(case.model, [right]))
    for wrong in ([right.astype(np.float16)], [right[:, :1]], [right, right], []):
        with pytest.raises(GraphError, match="output"):
            require_contract(case, seen(case.model, wrong))
