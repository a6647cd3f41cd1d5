"""Fenced blocks: what opens and closes them, and where one ends that nothing closes."""

from __future__ import annotations

import pytest

from harness.documents.readme.blocks import Readme, parse

TABLE = "| a | b |\n|---|---|\n| x | 1.5 |"


def blocks(readme: Readme) -> list[tuple[int, list[str]]]:
    return [(fence.line, [line.text for line in fence.lines if line.text]) for fence in readme.fences]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("~~~sh\na\n```\n~~~\nb", [(1, ["a", "```"])]),
        ("````\n```\na\n```\n````\nb", [(1, ["```", "a", "```"])]),
        ("```\na\n`````\nb", [(1, ["a"])]),
        ("- ```sh\n  a\n  ```\nb", [(1, ["a"])]),
        ("> ```sh\n> a > c\n> ```\nb", [(1, ["a > c"])]),
        ("\t```\n\ta\n\t```\nb", [(1, ["a"])]),
        ("```a`b```\nb", []),
        ("```\na\n- ```\nc\n```\nb", [(1, ["a", "- ```", "c"])]),
        ("```md\n```sh\n```\nb", [(1, ["```sh"])]),
    ],
)
def test_what_opens_and_closes_a_block(text: str, found: list[tuple[int, list[str]]]):
    readme = parse(text)
    assert blocks(readme) == found
    assert readme.prose[-1].text == "b"
    assert readme.assumed == ()


@pytest.mark.parametrize("behind", [f"\n## Results\n\n{TABLE}", f"\n{TABLE}", f"\n1. Results\n\n{TABLE}"])
def test_what_stands_behind_a_block_that_is_never_closed_is_read(behind: str):
    readme = parse(f"# T\n```bash\na\n# a comment\n{behind}\n\n```bash\nb\n```\n")
    assert [grid.headers for grid in readme.grids] == [("a", "b")]
    assert [lines for _, lines in blocks(readme)] == [["a", "# a comment"], ["b"]]
    [note] = readme.assumed
    assert note.line == 2
    assert "never closed" in note.why


def test_one_that_turns_all_the_others_about_is_found():
    """The second of four blocks, without a word behind any opening: its end opens, the next one's closes."""
    text = f"```\na\n```\n\n```\nb\n\n## Results\n\n{TABLE}\n\n```\nc\n```\n\n## More\n\n```\nd\n```\nend\n"
    readme = parse(text)
    assert [lines for _, lines in blocks(readme)] == [["a"], ["b"], ["c"], ["d"]]
    assert [item.text for item in readme.headings if item.titled] == ["Results", "More"]
    assert [(grid.line, note.line) for grid, note in zip(readme.grids, readme.assumed, strict=True)] == [
        (10, 5)
    ]


def test_the_last_block_without_an_end_goes_to_the_end():
    readme = parse("```\na\n\n## a comment\n```\n\n## Results\n\n```\nb\n# c")
    assert [lines for _, lines in blocks(readme)] == [["a", "## a comment"], ["b", "# c"]]
    assert readme.assumed == ()


def test_a_closed_block_may_show_a_table():
    readme = parse(f"```\n{TABLE}\n\n## x\n```\n")
    assert readme.grids == ()
    assert len(readme.fences[0].lines) == 5
