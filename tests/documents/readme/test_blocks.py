"""Markdown with the zoos' habits to blocks with line numbers, commands, and words."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents import toml_text
from harness.documents.readme.blocks import parse, read
from harness.documents.readme.cells import number
from harness.documents.readme.commands import commands
from harness.documents.readme.words import Vocabulary
from harness.domain.words import Word, WordKind
from harness.errors import BadInput

HABITS = r"""# 1.Net<a name="x"></a>

- 参考：

  ```
  url = a
  ```
   Right above:
        |<center>模型|<center>a
        |  ----  | :----: |
        |<center>x|<center>**1.5**
    no row
1. 性能对比

    | b | |
    | --- | --- |
    | y \| z | `2` |

## 5.2 精度
| c | d |
| - | - | - |
| 1 | 2 |
    ````
    ```
    | e | f |
    |---|---|
    ````
"""


def test_tables_fences_and_headings_wherever_they_are_indented():
    """No pipe at the end, ``<center>`` never closed, lists, bold, escaped pipes, a line right above."""
    readme = parse(HABITS)
    assert [(grid.line, grid.headers, [row.cells for row in grid.rows]) for grid in readme.grids] == [
        (9, ("模型", "a"), [("x", "1.5")]),
        (15, ("b", ""), [("y | z", "2")]),
        (20, ("c", "d"), [("1", "2")]),
    ]
    assert [grid.misfit for grid in readme.grids] == ["", "", "2 heads over a delimiter row of 3 cells"]
    assert [(fence.line, [line.text.strip() for line in fence.lines]) for fence in readme.fences] == [
        (5, ["url = a"]), (23, ["```", "| e | f |", "|---|---|"]),
    ]  # fmt: skip
    named = [(item.line, item.text, item.numbered) for item in readme.headings if item.titled]
    assert named == [(1, "Net", "1"), (19, "精度", "5.2")]
    assert readme.title == "Net"
    assert readme.heading_of(15).text == "性能对比"
    assert 12 in [line.number for line in readme.prose]


def test_a_file_that_is_no_text_is_told_with_its_line(tmp_path):
    file = tmp_path / "README.md"
    file.write_bytes(b"# a\n\xb5\n")
    with pytest.raises(BadInput, match=r"README.md:2: byte 0xb5 is no UTF-8; save it as UTF-8"):
        read(file)


def test_commands_are_joined_and_cut_into_options():
    fence = """```bash
# build
python3 -m ais_bench --model ./net_bs1.om \\
   --output=out --batchsize 1
cd a && bash run.sh ${m} force_float32
#bash run.sh <precision> <batch_size>
# where precision is one of two
bash run.sh fp16 8
vamp -m deploy/mod -b 2
F1: 0.95
echo "unclosed
```"""
    found = commands(parse(fence))
    assert [(item.line, item.program) for item in found] == [
        (3, "ais_bench"), (5, "cd"), (5, "run.sh"), (8, "run.sh"), (9, "vamp"),
    ]  # fmt: skip
    assert found[0].option("batchsize", "b") == "1"
    assert found[0].options["output"] == "out"
    assert found[3].usage == {"precision": "fp16", "batch_size": "8"}
    assert found[4].option("batchsize", "b") == "2"


def test_a_comment_may_name_arguments_without_brackets():
    [named, other] = commands(
        parse("```\n#sh run.sh precision batch_size\nsh run.sh fp16 8\n#run.sh now\nsh run.sh 4 8\n```")
    )
    assert named.usage == {"precision": "fp16", "batch_size": "8"}
    assert other.usage == {}


def test_words_match_whole_and_the_longest_wins():
    """310 is no part of 310P; full-width and case do not count; a word may mean two things."""
    words = Vocabulary([
        Word(means=WordKind.CHIP, value="a", spelled=("310",)),
        Word(means=WordKind.CHIP, value="b", spelled=("310P", "Ascend 310P")),
        Word(means=WordKind.METRIC, value="throughput", spelled=("fps", "性能")),
        Word(means=WordKind.UNIT, value="samples/s", spelled=("fps",)),
        Word(means=WordKind.ABSENT, spelled=("-",)),
    ])  # fmt: skip
    assert words.values("310P3 and 1310", WordKind.CHIP) == []
    assert words.values("３１０Ｐ性能 / 310", WordKind.CHIP) == ["b", "a"]
    assert words.values("ascend 310p", WordKind.CHIP) == ["b"]
    assert [hit.means for hit in words.hits("FPS")] == [WordKind.METRIC, WordKind.UNIT]
    assert words.is_whole(" FPS ", WordKind.UNIT) == "samples/s"
    assert words.is_whole("fps/card", WordKind.UNIT) is None
    assert words.absent("-")
    assert not words.absent("-1")


@pytest.mark.parametrize(
    ("cell", "printed", "form"),
    [
        ("92.66", "92.66", "{}"),
        ("f1:92.4%", "92.4", "f1:{}%"),
        ("Acc： 94.0 %", "94.0", "Acc： {} %"),
        ("205 fps", "205", "{} fps"),
        ("-1.5", "-1.5", "{}"),
        ("1,024", "1,024", "{}"),
        ("1.2.3", None, None),
        ("90.5/91", None, None),
        ("310P3", None, None),
        ("", None, None),
    ],
)
def test_a_cell_is_one_number_or_none(cell, printed, form):
    found = number(cell)
    assert (
        (printed, form) == (None, None) if found is None else (found.printed, found.form) == (printed, form)
    )


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    """Whatever a file holds, its lines are each in at most one block."""
    readme = parse(text)
    lines = [line.number for line in readme.prose] + [row.line for grid in readme.grids for row in grid.rows]
    assert len(lines) == len(set(lines))


VALUES = st.recursive(
    st.text() | st.booleans() | st.integers(-(2**60), 2**60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1), VALUES, max_size=5), st.lists(st.text(), max_size=3))
def test_toml_text_is_read_as_it_was_meant(content, notes):
    """Every string, quoted, in keys and in values; comments change nothing."""
    text = toml_text.comment(notes) + toml_text.entry("table", content)
    assert tomllib.loads(text) == {"table": [content]}
