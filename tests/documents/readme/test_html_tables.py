"""Tables in HTML: rows, heads and merged cells, with their lines, of well-formed and of forgotten tags."""

from __future__ import annotations

import pytest

from harness.documents.readme.blocks import parse
from harness.documents.readme.merged_cells import MOST_REPEATED
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

MERGED = """<table align="center">
  <tr><th rowspan=2>Model</th>
      <th colspan="2">310P</th></tr>
  <tr><td>fp16</td><td>int8</td></tr>
  <tr>
    <td rowspan=2><a href="https://a/b">Net</a></td>
    <td>10.5</td>
    <td>20.5</td>
  </tr>
  <tr><td colspan=2>11.5</td></tr>
</table>
"""


def rows(text: str) -> list[tuple[str, ...]]:
    [grid] = parse(text).grids
    return [row.cells for row in grid.rows]


def test_merged_cells_stand_in_each_of_their_places_and_heads_are_joined():
    readme = parse(f"# T\n\n{MERGED}\nafter\n")
    [grid] = readme.grids
    assert grid.headers == ("Model", "310P / fp16", "310P / int8")
    assert [(row.line, row.cells) for row in grid.rows] == [
        (7, ("Net", "10.5", "20.5")), (12, ("Net", "11.5", "11.5")),
    ]  # fmt: skip
    assert [grid.rows[0].line_of(at) for at in range(3)] == [8, 9, 10]
    assert [line.text for line in readme.prose] == ["after"]


def test_tags_that_are_never_closed_upper_case_captions_and_entities():
    rows = "<TR><TH>a<TH>b\n<TR><TD>1 &lt; 2<TD><CENTER>x<BR>y\n"
    text = f"- <TABLE><CAPTION>Net at 310P</CAPTION>\n{rows}</TABLE>"
    [grid] = parse(text).grids
    assert (grid.line, grid.caption, grid.headers) == (1, "Net at 310P", ("a", "b"))
    assert [(row.line, row.cells) for row in grid.rows] == [(3, ("1 < 2", "x y"))]


def test_a_table_that_is_never_closed_ends_with_its_last_tag():
    readme = parse("<table>\n<tr><td>a\n<tr><td>1\nwords\n\n## Next\n| b |\n|---|\n| 2 |\n")
    assert [(grid.line, grid.headers) for grid in readme.grids] == [(1, ("a",)), (7, ("b",))]
    assert [line.text for line in readme.prose] == ["words"]


def test_text_beside_a_table_stays_text_and_text_between_its_cells_is_told():
    readme = parse("acc 1.5 <table><tr><td>a</td></tr>\n<tr>7.5<td>1</td></tr></table> acc 2.5")
    assert [(line.number, line.text) for line in readme.prose] == [(1, "acc 1.5"), (2, "acc 2.5")]
    assert [(note.line, note.what) for note in readme.unread] == [(2, "7.5")]


def test_what_looks_like_a_tag_and_is_none_is_text():
    assert rows("<table><tr><th>a</th></tr><tr><td>net_<batch>.om</td></tr></table>") == [("net_<batch>.om",)]


def test_a_row_of_one_cell_is_what_the_rows_below_it_are_of():
    row = "<tr><td>{}</td><td>{}</td></tr>"
    section = "<tr><td colspan=2>detection</td></tr>"
    [grid] = parse(f"<table>{row.format('a', 'b')}{section}{row.format('x', '1.5')}</table>").grids
    assert [(item.cells, item.under) for item in grid.rows] == [(("x", "1.5"), "detection")]


def test_a_row_of_words_under_a_wide_head_heads_a_table_of_its_own():
    text = (
        "<table><tr><th>Model</th><th colspan=2>score</th></tr>\n<tr><td></td><td>f1</td><td>em</td></tr>\n"
        "<tr><td>a</td><td>1.5</td><td>2.5</td></tr>\n<tr><td></td><td>ap</td><td>ar</td></tr>\n"
        "<tr><td>b</td><td>3.5</td><td>4.5</td></tr></table>"
    )
    first, second = parse(text).grids
    assert (first.headers, second.headers) == (
        ("Model", "score / f1", "score / em"), ("Model", "score / ap", "score / ar"),
    )  # fmt: skip
    assert [(row.line, row.cells) for row in second.rows] == [(5, ("b", "3.5", "4.5"))]


@pytest.mark.parametrize(
    "cells",
    [
        "<td colspan=100000000>1",
        "<td rowspan=100000000>1" * 90 + "<tr><td>2" * 90,
        "<td>1" * 501,
    ],
)
def test_cells_that_are_far_too_many_are_told_and_not_made(cells: str):
    readme = parse(f"<table><tr>{cells}</table>")
    assert readme.grids == ()
    assert [note.line for note in readme.unread] == [1]
    assert str(MOST_REPEATED) in readme.unread[0].why


def test_a_cell_that_goes_further_down_than_the_table_ends_with_it():
    text = "<table><tr><th>a<th>b<tr><td rowspan=100000000>x<td>1<tr><td>2</table>"
    assert rows(text) == [("x", "1"), ("x", "2")]


def test_a_first_row_of_figures_heads_nothing():
    [grid] = parse("<table><tr><td>95.8%</td></tr></table>").grids
    assert (grid.headers, [row.cells for row in grid.rows]) == (("",), [("95.8%",)])


def test_nested_tables_are_their_cells_words_however_deep():
    text = (
        "<table><tr><td>a</td></tr><tr><td>" + "<table><tr><td>1" * 3000 + "</table>" * 3000 + "</table>\nend"
    )
    readme = parse(text)
    [grid] = readme.grids
    assert grid.rows[0].cells[0].split() == ["1"] * 3000
    assert [line.text for line in readme.prose] == ["end"]


def test_a_row_outside_of_any_table_is_told():
    """`<table>` itself is always read; only its rows can stand alone."""
    text = "# Lanternfish\n\n<tr><td>310P</td><td>5.5 fps</td></tr>\n\n`<table>` is a tag\n"
    [note] = understand(parse(text), load((BUILT_IN,))).unread
    assert (note.line, note.why.partition(",")[0]) == (3, "a row in HTML that stands in no <table>")
