"""Sessions on the provider that was asked for, or an error: onnxruntime itself goes on with its CPU."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from harness.errors import MachineError
from harness.models.graphs import sessions


@pytest.fixture
def graph() -> bytes:
    """y = x + x."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    made = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "add", ends[:1], ends[1:])
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", 11)], ir_version=8
    ).SerializeToString()


def test_the_cpu_is_opened(graph: bytes):
    session = sessions.opened(graph)
    assert session.get_providers() == [sessions.CPU]
    assert session.run(["y"], {"x": np.ones(1, np.float32)})[0] == [2]


@pytest.mark.parametrize(
    "name", ["CUDAExecutionProvider", "CANNExecutionProvider", "NoSuchExecutionProvider"]
)
def test_a_provider_that_onnxruntime_does_not_have_is_an_error(graph: bytes, name: str):
    """onnxruntime itself would warn, and compute on its CPU."""
    with pytest.raises(MachineError, match=rf"has no {name}; it has .*CPUExecutionProvider"):
        sessions.opened(graph, [name])
    with pytest.warns(UserWarning, match=name):
        assert onnxruntime.InferenceSession(graph, providers=[name, sessions.CPU]).get_providers() == [
            sessions.CPU
        ]


def test_a_provider_that_does_not_load_is_an_error(graph: bytes, monkeypatch: pytest.MonkeyPatch):
    """As onnxruntime-cann 1.24.4 does without CANN: it has the provider, and opens the session on the CPU."""
    real = onnxruntime.InferenceSession
    asked = {}

    def falls_back(graph, options, providers):
        asked["whole"] = options.get_session_config_entry(sessions.WHOLE)
        return real(graph, providers=[sessions.CPU])

    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CANNExecutionProvider", sessions.CPU]
    )
    monkeypatch.setattr(onnxruntime, "InferenceSession", falls_back)
    said = "opened the session on CPUExecutionProvider, expected CANNExecutionProvider"
    with pytest.raises(MachineError, match=said):
        sessions.opened(graph, [("CANNExecutionProvider", {"device_id": 0})])
    assert asked == {"whole": "1"}


@pytest.mark.parametrize(
    ("asked", "found", "held"),
    [
        (["A"], ["A"], True),
        (["A"], ["A", sessions.CPU], True),
        (["A"], [sessions.CPU], False),
        (["A"], ["B", "A"], False),
        (["A"], ["A", "B", sessions.CPU], False),
        (["A", "B"], ["A", sessions.CPU], False),
        ([sessions.CPU], ["A", sessions.CPU], False),
        (["A"], [], False),
    ],
)
def test_only_the_cpu_may_stand_behind_what_was_asked_for(asked: list[str], found: list[str], held: bool):
    if held:
        sessions.hold(asked, found)
    else:
        with pytest.raises(MachineError, match="expected"):
            sessions.hold(asked, found)
