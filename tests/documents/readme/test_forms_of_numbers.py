"""Numbers as documents write them: exponents, an open point, "about", what one may be off by, sizes, sides.

Names and numbers are our own; each case is the smallest form of a habit.
"""

from __future__ import annotations

import pytest

from harness.documents.importing import import_reading
from harness.documents.readme.blocks import parse
from harness.documents.readme.cells import items, number
from harness.documents.readme.understand import understand
from harness.documents.taking import loaded_with
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))
TABLE = "| Model | {} |\n|---|---|\n| fish | {} |\n"


def reading(text: str):
    return understand(parse(f"# Lanternfish\n\n{text}"), TABLES)


def values(text: str, *keys: str):
    """Digits and parts of the meaning of each value."""
    return [(value.number.printed, *map(value.get, keys)) for value in reading(text).values]


@pytest.mark.parametrize(
    ("cell", "printed", "value", "digits"),
    [
        ("1.5e3", "1.5e3", 1500, -2),
        ("1.5E-3", "1.5E-3", 0.0015, 4),
        (".85", ".85", 0.85, 2),
        ("≈85.5", "85.5", 85.5, 1),
        ("~85", "85", 85, 0),
        ("85.5↑", "85.5", 85.5, 1),
        ("85.1(±0.3)", "85.1", 85.1, 1),
        ("3.2±0.1 ms", "3.2", 3.2, 1),
    ],
)
def test_a_number_and_the_place_of_its_last_digit(cell, printed, value, digits):
    found = number(cell)
    assert (found.printed, float(found.value), found.digits) == (printed, value, digits)
    assert found.form.replace("{}", printed) == cell


@pytest.mark.parametrize(
    "cell",
    ["12~15", "12-15", "1.5e3x", "≈1 ≈2", "85.1(±0.3", "1.2.3", "v.85", "1e999", "1 of 3(bs1) 2.5(bs8)"],
)
def test_what_is_no_single_number_is_none(cell):
    """Of a range nothing says which of its ends would be held to."""
    assert number(cell) is None


@pytest.mark.parametrize(
    "cell", ["1.5e3", ".85", "≈85", "6.9(H:240, W:320)", "85.1(±0.3)", "a:2.5(bs1) b:1.5(bs8)"]
)
def test_the_catalog_takes_each(cell):
    imported = import_reading(reading(TABLE.format("310P PSNR", cell)), document="fish")
    assert imported.whole, imported.mistakes
    loaded = loaded_with(imported.toml, TABLES, "fish")
    mine = [item for item in loaded.references if item.source.document == "fish"]
    assert [item.printed for item in mine] == [item.number.printed for item in items(cell)]


def test_the_unit_behind_a_deviation_is_of_the_value():
    assert values(TABLE.format("310P latency", "3.2±0.1 ms"), "unit", "role")[0] == ("3.2", "ms", "measured")
    assert values("Ascend310P\n\n```\nlatency: 3.2 ± 0.1 ms\n```\n", "metric", "unit") == [
        ("3.2", "latency", "ms")
    ]


def test_sizes_in_brackets_are_settings():
    """Of each number its own batch size; a name before it says which part it is of, behind the row's."""
    table = (
        TABLE.format("310P latency(ms)", "encoder:2.5(bs1) decoder:1.5(bs8)")
        + "| eel | 6.9(H:240, W:320) |\n"
    )
    assert values(table, "variant", "batch_size", "input") == [
        ("2.5", "fish, encoder", 1, None), ("1.5", "fish, decoder", 8, None),
        ("6.9", "eel", None, "H:240, W:320"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "key", "meant"),
    [
        ("310P/T4 性能(fps)", "chip", ["ascend310p", "t4"]),
        ("310P / T4 throughput", "chip", ["ascend310p", "t4"]),
        ("精度(fp32/fp16)", "precision", ["fp32", "fp16"]),
        ("latency(ms) bs1/bs8", "batch_size", [1, 8]),
    ],
)
def test_a_head_with_two_sides_names_the_two_numbers_of_its_cells(head, key, meant):
    assert [said for _, said in values(TABLE.format(head, "70.5/68.5"), key)] == meant


def test_without_two_numbers_such_a_head_is_a_ratio():
    assert values(TABLE.format("310P/T4", "1.5"), "role") == [("1.5", "ratio")]
    told = reading(TABLE.format("310P/T4", "70.5 to 68.5")).unread
    assert told


def test_the_words_for_an_image_beside_a_number_are_left_out():
    """And that is told; their own digits are no part of the number."""
    for cell in ("![up 8](a.png) 85.5", "85.5 ![up](a.png)"):
        found = reading(TABLE.format("310P top1", cell))
        assert [value.number.printed for value in found.values] == ["85.5"]
        assert "an image beside a number or a name; its words are left out" in [
            note.why for note in found.assumed
        ]
    rows = ("<th>Model</th><th>310P top1</th>", "<td>a</td><td><img alt='5'>85.5</td>")
    html = "".join(f"<tr>{row}</tr>" for row in rows)
    assert [said[0] for said in values(f"<table>{html}</table>")] == ["85.5"]


def test_the_words_for_an_image_are_no_part_of_a_name():
    text = (
        "| Model | 310P top1 |\n|---|---|\n| ![new](a.png) fish-s | 85.5 |\n| fish-l ![i](b.png) | 75.5 |\n"
    )
    found = reading(text)
    assert [value.get("variant") for value in found.values] == ["fish-s", "fish-l"]
    assert len([note for note in found.assumed if note.why.startswith("an image beside")]) == 2


@pytest.mark.parametrize("unit", ["万 fps", "k fps", "K"])
def test_a_multiple_is_told_as_one(unit):
    """No claim holds digits that a word multiplies."""
    [note] = reading(TABLE.format("310P性能", f"1.2{unit}")).unread
    assert note.why == f"{unit[0]!r} multiplies the digits; write the number out"


@pytest.mark.parametrize(
    "text", ["throughput: 1.2k fps", "throughput: 1.2万 fps", "latency: 12~15 ms", "mAP: 46.6mm"]
)
def test_what_stands_behind_a_metrics_name_in_a_block_is_told(text):
    for before in ("", "python run.py\n"):
        found = reading(f"Ascend310P\n\n```\n{before}{text}\n```\n")
        assert (found.values, len(found.unread)) == ((), 1)


def test_that_a_number_is_about_one_is_told():
    found = reading(TABLE.format("310P top1", "≈85.5"))
    assert "≈ says about; read as the number itself" in [note.why for note in found.assumed]
