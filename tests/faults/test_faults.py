"""The mutation test of the checker: each fault turns exactly the expected checks red, a sound pipeline none.

A checker that becomes blind fails here, and so does one that sees ghosts. `docs/faults.md` shows the table.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from document import FILE, document
from expected import EXPECTED, FAULTS, NOT_PLANTED, SOUND
from faults import PLANTS
from pipelines import SYSTEMS, World

from harness.conformance.checks import DOCUMENTED_GRAPH

CASES = [
    pytest.param(system, fault, id=f"{system} - {fault}")
    for system in SYSTEMS
    for fault in (SOUND, *EXPECTED)
    if fault == SOUND or system in EXPECTED[fault]
]


@pytest.mark.parametrize(("system", "fault"), CASES)
def test_a_fault_turns_these_checks_red_and_no_other(world: Callable[[str], World], system: str, fault: str):
    outcome = world(SYSTEMS[system].model).outcome(SYSTEMS[system], fault)
    wanted = frozenset[str]() if fault == SOUND else EXPECTED[fault][system]
    said = {name: words for name, words in outcome.said.items() if name not in wanted}
    assert outcome.red == wanted, said or f"{sorted(wanted - outcome.red)} stayed green"


OF_ACCURACY = "accuracy"  # what its reds begin with
DRAWN = [
    pytest.param(system, fault, id=f"{system} - {fault}")
    for system in (
        "tinybert fp32",
        "tinybert fp16",
    )  # whose corpus is not cut: there is something to draw from
    for fault in EXPECTED
    if any(red.startswith(OF_ACCURACY) for red in EXPECTED[fault].get(system, ()))
]


@pytest.mark.parametrize(("system", "fault"), DRAWN)
def test_drawn_samples_show_what_all_of_them_show(world: Callable[[str], World], system: str, fault: str):
    """With `--until sure` accuracy turns red in the same way."""
    wanted = {red for red in EXPECTED[fault][system] if red.startswith(OF_ACCURACY)}
    assert world(SYSTEMS[system].model).until_sure(SYSTEMS[system], fault)[0].red == wanted


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("outlier of 300", "the square in the output LayerNorm of encoder layer 1 reaches "),
        ("outlier of 400", "the square in the attention LayerNorm of encoder layer 1 reaches "),
        ("epsilon lost", "fp16 makes 0 of both that and its epsilon of 1e-12, and divides by it"),
    ],
)
def test_what_a_documented_graph_loses_is_named(world: Callable[[str], World], fault: str, said: str):
    """The layer, the largest value, how far off the outputs are, and what is known of the compiler."""
    system = SYSTEMS["tinybert fp16"]
    runner = world(system.model).runner(fault)
    result = runner.conformance(system.case(runner.materials.catalog), DOCUMENTED_GRAPH)
    assert result.verdict is not None
    assert said in result.verdict.message
    assert "atc has a pass that fuses it" in result.verdict.message
    if fault == "epsilon lost":
        assert "its outputs are not numbers in 16 of 16 samples" in result.verdict.message
        assert "largest_in_spread" not in result.measurement.detail
    else:  # silently wrong: there is no NaN to tell
        assert result.measurement.detail["not_numbers"] == 0
        assert result.measurement.detail["largest_in_spread"] > 1
        squares = [item["largest_square"] for item in result.measurement.detail["layer_norms"]]
        assert max(squares) == pytest.approx(float(fault.split()[-1]) ** 2, rel=0.03)
    assert result.measurement.detail["fused_in_spread"] < 0.003


def test_every_fault_is_caught_wherever_it_is_planted():
    """By at least one of accuracy, contract, parity and the metamorphic checks."""
    assert [fault.name for fault in FAULTS] == [*EXPECTED] == [*PLANTS]
    assert all(EXPECTED.values())
    assert not [(fault, system) for fault in EXPECTED for system, red in EXPECTED[fault].items() if not red]


def test_every_pair_of_fault_and_system_is_planted_or_says_why_not():
    for fault in EXPECTED:
        planted, left_out = set(EXPECTED[fault]), set(NOT_PLANTED.get(fault, {}))
        assert planted.isdisjoint(left_out), fault
        assert planted | left_out == set(SYSTEMS), fault


def test_the_document_shows_this_table():
    """Regenerate it by the command that it states."""
    path = Path(__file__).resolve().parents[2] / FILE
    assert path.read_text(encoding="utf-8") == document()
