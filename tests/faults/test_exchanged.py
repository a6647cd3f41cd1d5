"""Three pairs of samples in each other's place are seen in every mini, at its own precision and in int8."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from pipelines import SYSTEMS, System, World

from harness.domain.precisions import Precision
from harness.errors import BadOutput
from harness.running.swapped import require_in_place

SAMPLES = 20
OF_ALL = {f"{system.model} {system.precision}": system for system in SYSTEMS.values()} | {
    f"{system.model} int8": dataclasses.replace(system, precision=Precision.INT8)
    for system in SYSTEMS.values()
}


def pairs_of(reference: list[np.ndarray]) -> list[tuple[int, int]]:
    """Each of the first samples with that of the rest whose outputs are furthest from its own."""
    flat = np.concatenate([array.reshape(len(array), -1) for array in reference], axis=1)
    left, pairs = list(range(len(flat))), []
    for _ in range(3):
        one = left.pop(0)
        other = max(left, key=lambda at: float(np.abs(flat[at] - flat[one]).max()))
        left.remove(other)
        pairs.append((one, other))
    return pairs


@pytest.mark.parametrize("system", OF_ALL.values(), ids=OF_ALL)
def test_three_exchanged_pairs_are_named_and_sound_outputs_pass(
    world: Callable[[str], World], system: System
):
    """By the outputs of the real artifact, held against the real fp32 reference."""
    shown = world(system.model).outputs(system, SAMPLES)

    def hold(outputs: list[np.ndarray]) -> None:
        require_in_place(shown.case, outputs, shown.theirs, shown.mask, shown.explained)

    hold(shown.ours)
    order = np.arange(len(shown.mask))
    pairs = pairs_of(shown.theirs)
    for one, other in pairs:
        order[[one, other]] = other, one
    with pytest.raises(BadOutput, match="outputs of samples in each other's place") as raised:
        hold([array[order] for array in shown.ours])
    assert any(f"{other} where {one} belongs" in str(raised.value) for one, other in pairs)
