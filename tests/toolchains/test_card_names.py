"""Which names of cards are a chip of the tables: the whole name, whatever stands beside the known one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.catalog import Catalog
from harness.tables.catalog import load
from harness.toolchains import names

NAMES = {chip.name: chip.device_names for chip in load().chips.values() if chip.device_names}
KNOWN = [pytest.param(chip, name, id=name) for chip, known in NAMES.items() for name in known]
WORD = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.]{0,7}", fullmatch=True)


@pytest.mark.parametrize(("chip", "name"), KNOWN)
def test_the_name_in_the_tables_is_the_chip(catalog: Catalog, chip: str, name: str):
    assert names.other(catalog.chips[chip], name) is None


@pytest.mark.parametrize(("chip", "name"), KNOWN)
@pytest.mark.parametrize(
    "put", ["{name} {word}", "{name}-{word}", "{word} {name}", "{name}{word}", "{word}{name}"]
)
@given(word=WORD)
def test_an_unknown_word_beside_it_makes_another_card(
    catalog: Catalog, chip: str, name: str, put: str, word: str
):
    """Which the message names whole; only a maker's own word, and a name that is in the tables, do not."""
    said = put.format(name=name, word=word)
    if said in NAMES[chip] or word.lower() in ("nvidia", "tesla"):
        return
    other = names.other(catalog.chips[chip], said)
    assert other is not None
    assert other.startswith(said)


@pytest.mark.parametrize("name", ["Tesla T4", "NVIDIA T4", "NVIDIA Tesla T4", "T4", "Tesla-T4", "NVIDIA_T4"])
def test_makers_words_say_nothing_of_the_model(catalog: Catalog, name: str):
    assert names.other(catalog.chips["t4"], name) is None


@pytest.mark.parametrize(
    ("chip", "name", "said"),
    [
        ("t4", "GRID T4-4C", "GRID T4-4C, a share of a T4 (vGPU)"),
        ("t4", "GRID T4-16Q", "GRID T4-16Q, a share of a T4 (vGPU)"),
        ("t4", "NVIDIA T4-2-8C", "NVIDIA T4-2-8C, a share of a T4 (vGPU)"),
        ("t4", "GRID T4", "GRID T4, a share of a T4 (vGPU)"),
        ("t4", "NVIDIA Tesla T4 MIG 1g.4gb", "NVIDIA Tesla T4 MIG 1g.4gb, a share of a T4 (MIG)"),
        ("ascend310p", "310P3vir02", "310P3vir02, a share of a 310P3 (vNPU)"),
        (
            "t4",
            "Tesla T4 Max-Q",
            "Tesla T4 Max-Q, a T4 with `Max-Q` behind its name, which is not known here",
        ),
        ("mlu370", "MLU370-X4L", "MLU370-X4L"),
        ("t4", "NVIDIA T4G", "NVIDIA T4G"),
        ("t4", "NVIDIA T400", "NVIDIA T400"),
        ("t4", "NVIDIA H100L-2-24C", "NVIDIA H100L-2-24C"),
    ],
)
def test_what_a_card_is_instead(catalog: Catalog, chip: str, name: str, said: str):
    """NVIDIA's and Huawei's names of shares; T4G, T400 and MLU370-X4L are cards of their own."""
    assert names.other(catalog.chips[chip], name) == said
