"""Where a table stands: the headings over it, the highest first, and the text right above it."""

from __future__ import annotations

from harness.documents.readme.blocks import parse

TEXT = """# Net
## 1 Setup
### 1.1 Chip
text
## 2 Results
**Accuracy**

- on `310P`:
  - fp16

    Table 1, *batch 8*:

    | a | b |
    |---|---|
    | x | 1 |

  - int8

  | c | d |
  |---|---|
  | y | 2 |
### More
| e | f |
|---|---|
| z | 3 |

<center>under the other</center>
<br>

```
f1: 0.5
```
"""


def test_headings_above_a_line_by_level_and_indentation():
    readme = parse(TEXT)
    chains = [[item.text for item in readme.headings_of(grid.line)] for grid in readme.grids]
    assert chains == [
        ["Net", "Results", "on 310P", "fp16"],
        ["Net", "Results", "on 310P", "int8"],
        ["Net", "Results", "More"],
    ]
    assert readme.headings_of(1) == ()


def test_the_text_right_above():
    readme = parse(TEXT)
    assert [readme.above(grid.line) for grid in readme.grids] == ["Table 1, batch 8:", "- int8", ""]
    assert readme.above(readme.fences[0].line) == "under the other"
    assert readme.above(1) == ""


def test_a_line_stands_under_so_many_headings_at_most():
    """So what a nested list takes to read grows as its lines do, however deep it is nested."""
    readme = parse("# Net\n" + "".join(f"{' ' * at}- item {at}\n" for at in range(200)))
    chains = [readme.headings_of(line.number) for line in readme.prose]
    assert max(map(len, chains)) == 32
    assert [item.text for item in chains[9]] == ["Net", *(f"item {at}" for at in range(9))]
    assert (chains[-1][0].text, chains[-1][-1].text) == ("Net", "item 198")
