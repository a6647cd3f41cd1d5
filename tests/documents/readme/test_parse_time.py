"""Any text is parsed, in a time that grows as the text does, and each of its lines is in one place."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documents.readme.blocks import parse

LENGTH = 200_000  # characters; what takes the square of it takes minutes
MOST_S = 5.0  # ten times what it takes

PIECES = [
    "|", "| a ", "|---", "\n", "\n\n", "```", "```sh", "~~~", "````", "- ", "> ", "#", "## a", "**a**", "`",
    "[", "](", "![", "<", "<a", "<table>", "<tr>", "<td>", "<td rowspan=9>", "<td colspan=3>", "</table>",
    "<!--", "-->", "&", "&lt", "...", "〃", "~~", "_", "*", "<sup>", "1.5", "x", " ", "\t", '"', "=", "\\",
    "+-", "<th>", "<s>", "一、", "<td colspan='",
]  # fmt: skip
FEWER = "".join(f"{'`' * n}\n\n## a\n" for n in range(600, 3, -1))
DOWN = "<table><tr>" + "<td rowspan=99999>" * 200


def seconds(text: str) -> float:
    start = time.process_time()
    parse(text)
    return time.process_time() - start


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
def test_a_texts_time_grows_as_it_does(pieces: list[str]):
    unit = "".join(pieces)
    assert seconds((unit * LENGTH)[:LENGTH]) < MOST_S


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FEWER + "\n" * LENGTH, id="ever fewer marks"),
        pytest.param("```sh\n" + "~~~sh\n\n## a\n```sh\n" * 20_000, id="openings alone"),
        pytest.param("```\n\n## a\n" * 20_001, id="an odd number of marks with text in all"),
        pytest.param("<table>\n" * 40_000, id="tables never closed"),
        pytest.param("<table><tr><td>" + "<a" * 100_000, id="tags never closed"),
        pytest.param("<table><tr><td>" + "<!--" * 50_000 + "-->", id="comments never closed"),
        pytest.param(DOWN + "<tr>" * 40_000, id="cells down to the end"),
        pytest.param("| a " * 40_000 + "\n" + "|---" * 40_000, id="a row of forty thousand cells"),
        pytest.param("| a | b |\n" * 20_000, id="rows without dashes"),
        pytest.param("| a | b |\n|---|---|\n" * 10_000, id="tables glued together"),
        pytest.param("".join(f"{' ' * (n % 600)}- a\n" for n in range(20_000)), id="items ever deeper"),
        pytest.param("|" + " " * LENGTH + "x\n" + "|" + "-" * LENGTH + "x", id="blanks and dashes"),
    ],
)
def test_what_is_made_to_take_long_does_not(text: str):
    assert seconds(text) < MOST_S


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=60).map("".join))
def test_no_line_is_lost_and_none_is_in_two_places(text: str):
    """Rows of one table in HTML may share a line, and text may stand before or behind it."""
    readme = parse(text)
    inside = [line.number for fence in readme.fences for line in fence.lines]
    headed = [item.line for item in readme.headings if item.titled]
    parts = [inside, headed, [line.number for line in readme.prose]]
    if "<table" not in text.lower():
        lines = [number for part in parts for number in part]
        lines += [row.line for grid in readme.grids for row in grid.rows]
        assert len(lines) == len(set(lines))
    for grid in readme.grids:
        assert all(1 <= row.line <= len(readme.lines) for row in grid.rows)
    for number in range(1, len(readme.lines) + 1):
        readme.above(number), readme.headings_of(number)
