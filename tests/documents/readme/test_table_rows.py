"""Rows of tables in markdown: cells that repeat the one above, markup in cells, rows of another width."""

from __future__ import annotations

import pytest

from harness.documents.readme.blocks import Grid, Readme, parse

HEAD = "| chip | bs | fps | acc |\n|---|---|---|---|\n"


def grid_of(text: str) -> Grid:
    [grid] = parse(text).grids
    return grid


def cell(markdown: str) -> str:
    return grid_of(f"| a | b |\n|---|---|\n| x | {markdown} |\n").rows[0].cells[1]


def whys(readme: Readme) -> list[str]:
    return [note.why for note in (*readme.unread, *readme.assumed)]


@pytest.mark.parametrize("mark", ["...", "…", "〃", '"', "''", '-"-', "同上", "↑", ""])
def test_a_mark_under_a_name_repeats_it_and_what_is_printed_is_kept(mark: str):
    readme = parse(
        f"{HEAD}| NPU one | 1 | 10.5 | 0.5 |\n| {mark} | 4 | 20.5 | 0.6 |\n| {mark} | 8 | 30.5 | 0.7 |\n"
    )
    [grid] = readme.grids
    assert [row.cells[0] for row in grid.rows] == ["NPU one"] * 3
    assert [row.as_printed[0] for row in grid.rows] == ["NPU one", mark, mark]
    assert whys(readme) == [f"{mark or 'an empty cell'} in 2 rows is read as the cell above"]


@pytest.mark.parametrize(
    "row",
    [
        "| ... | ... | ... | ... |",  # rows left out
        "| x | 8 | ... | 0.5 |",  # a number left out
        "| x | 8 | 9.5 | ... |",
        "| x | 8 | - | / |",
        "| x | 8 | | |",
        "| x | | 9.5 | 0.5 |",
        "| ditto | 8 | 9.5 | 0.5 |",
    ],
)
def test_what_may_mean_something_else_repeats_nothing(row: str):
    readme = parse(f"{HEAD}| a | 1 | 10.5 | 0.5 |\n{row}\n")
    assert readme.grids[0].rows[1].printed is None
    assert readme.assumed == ()


def test_dots_repeat_a_number_where_all_before_it_is_repeated():
    rows = "| a | 64 | 1 | 9.5 |\n| ... | ... | 4 | 8.5 |\n| | | 8 | 7.5 |\n"
    grid = grid_of(f"| chip | length | bs | fps |\n|---|---|---|---|\n{rows}")
    assert [row.cells for row in grid.rows][1:] == [("a", "64", "4", "8.5"), ("a", "64", "8", "7.5")]


def test_a_row_that_goes_on_takes_the_names_before_its_first_fraction():
    rows = "| a | b | WER | 1.5 | slow |\n| | c | | 2.5 | |\n"
    grid = grid_of(f"| task | set | metric | x | note |\n|---|---|---|---|---|\n{rows}")
    assert grid.rows[1].cells == ("a", "c", "WER", "2.5", "")


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("[78.26%](https://a.b/c_d)", "78.26%"),
        ("**78.26**", "78.26"),
        ("`78.26`", "78.26"),
        (r"f1 \| em", "f1 | em"),
        ("in_a_word", "in_a_word"),
        ("a<br>b", "a b"),
        ("1&nbsp;&lt; 2", "1\xa0< 2"),
        ("![9.5](a.png)", "[9.5]"),
        ("~~12~~ 13", "13"),
        ("<s>12</s> 13", "13"),
        ("1~16~32", "1~16~32"),
        ("76.1*", "76.1"),
        ("acc: 76.1% †", "acc: 76.1%"),
        ("76.1[^2]", "76.1"),
        ("76.1<sup>1</sup>", "76.1"),
        ("10<sup>-3</sup>", "10^-3"),
        ("512<sup>2</sup>", "512^2"),
        ("mAP<sup>val</sup>", "mAP val"),
        ("Net*", "Net*"),
    ],
)
def test_a_cell_is_what_a_reader_sees(markdown: str, text: str):
    assert cell(markdown) == text


def test_what_is_struck_through_and_a_footnotes_mark_is_told():
    readme = parse("| a | b |\n|---|---|\n| ~~12.5~~ 13 | 76.1* |\n")
    assert [(note.line, note.what) for note in readme.unread] == [(3, "~~12.5~~")]
    assert [(note.line, note.what) for note in readme.assumed] == [(3, "76.1*")]


def test_a_short_row_is_filled_up_and_surplus_words_are_dropped_and_told():
    readme = parse("| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | - | |\n| 1 | 2 | see |\n| 1 | 2 | 3 |\n")
    assert [row.cells for row in readme.grids[0].rows] == [("1", ""), ("1", "2"), ("1", "2"), ("1", "2", "3")]
    assert whys(readme) == ["3 cells under 2 heads: the surplus is shown nowhere"]


def test_a_second_row_of_dashes_begins_a_table_unless_values_stand_over_it():
    glued = "| a | b |\n|---|---|\n| x | 1 |\n| c | d |\n|---|---|\n| y | 2 |\n"
    assert [(grid.line, grid.headers) for grid in parse(glued).grids] == [(1, ("a", "b")), (4, ("c", "d"))]
    ruled = "| a | b |\n|---|---|\n| x | 1 |\n|---|---|\n| y | 2 |\n"
    assert [row.cells for row in grid_of(ruled).rows] == [("x", "1"), ("y", "2")]


def test_rows_behind_an_empty_line_are_the_tables_and_that_is_told():
    first = "| a | b |\n|---|---|\n| x | 1 |\n\n| y | 2 |\n"
    second = "| c | d |\n|---|---|\n| z | 3 |\n\n| now | three | cells |\n"
    readme = parse(f"{first}\n{second}")
    assert [[row.line for row in grid.rows] for grid in readme.grids] == [[3, 5], [9]]
    assert [note.line for note in readme.assumed] == [5]
    assert [line.number for line in readme.prose] == [11]


def test_a_table_without_its_row_of_dashes_is_one_and_that_is_told():
    readme = parse("| a | b |\n| x | 1.5 |\n| y | 2.5 |\n")
    [grid] = readme.grids
    assert (grid.headers, [row.line for row in grid.rows]) == (("a", "b"), [2, 3])
    assert grid.misfit == "no row of dashes under its heads"
    assert [note.line for note in readme.assumed] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "+---+---+\n| a | b |\n+---+---+\n| x | 1 |\n| y | 2 |\n+---+---+\n",
        "| a | b |\n",
        "a | b\nc | d\n",
        "| 1 | 2 |\n| 3 | 4 |\n",
    ],
)
def test_pipes_that_may_be_no_table_are_text(text: str):
    readme = parse(text)
    assert readme.grids == ()
    assert len(readme.prose) == len(text.splitlines())


def test_tables_in_quotes_and_items():
    readme = parse("> | a | b |\n> |---|---|\n> | x | 1 |\n\n1. | c | d |\n   |---|---|\n   | y | 2 |\n")
    assert [(grid.headers, grid.rows[0].cells) for grid in readme.grids] == [
        (("a", "b"), ("x", "1")), (("c", "d"), ("y", "2")),
    ]  # fmt: skip


def test_a_row_of_single_dashes_is_a_row_and_no_new_table():
    [grid] = parse("| a | b |\n| - | - |\n| x | 1 |\n| - | - |\n| y | - |\n| - | - |\n").grids
    assert [row.cells for row in grid.rows] == [("x", "1"), ("-", "-"), ("y", "-"), ("-", "-")]
