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
