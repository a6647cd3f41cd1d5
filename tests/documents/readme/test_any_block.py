"""No text in a fence ends a reading, an import or an audit; what is read of it stands there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.documents.audit.rules import audit
from harness.documents.importing import import_reading
from harness.documents.readme.blocks import parse, read
from harness.documents.readme.commands import typed_lines
from harness.documents.readme.pairs import FIGURE
from harness.documents.readme.reading import Reading
from harness.documents.readme.results import is_console
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))
KEYS = st.sampled_from([
    "exact", "HasAns_exact", "f1", "HasAns_f1", "total", "acc", "top1", "top5_rate", "a", "", "acc: acc",
    "F1 ", "Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ]", "mAP@0.5", "精度",
    "{acc}", "[INFO] acc", "throughput 1000*batchsize(4)/NPU_compute_time.mean(7.5)", "best_f1_thresh",
    "NPU_compute_time (ms): min",
])  # fmt: skip
NUMBERS = st.sampled_from([
    "70.5", "0", "0.0", "-1.5", "70.5%", "12 fps", "9" * 15, "9" * 400, "1,234.5", "1e-3", "7.5, 8.5", "３.5",
])  # fmt: skip
SIGNS = st.sampled_from([": ", "=", " = ", "：", " ", "->", "', ", '": ', ":"])
LINES = st.sampled_from([
    "", "#", "# vacc fp16", "## int8", "# {0} {}", "----", "Origin:", "{", "}", "+---+---+",
    "SQUAD results: OrderedDict([", "{'acc': 0.5, 'f1': 0.25}", "('recall: ', 0.5, 'precision: ', 0.25)",
    "| Class | IoU | Acc |", "| wall | 70.5 | 80.5 |", "| a |", "all 5 0.5 0.25", "Class Images mAP recall",
    "python eval.py \\", "--acc 0.5", "OrderedDict([('f1', 0.5), ('f1', 0.5)])", "0.5", "310P3 acc 0.5",
    "bs1 acc: 0.5", "DONE (t=1.98s).",
])  # fmt: skip


@st.composite
def figures(draw) -> str:
    before, after = (
        draw(st.sampled_from(["", "'", '"', "('", "  "])),
        draw(st.sampled_from(["", ",", ")", "},"])),
    )
    return f"{before}{draw(KEYS)}{draw(SIGNS)}{draw(NUMBERS)}{after}"


@st.composite
def fences(draw) -> str:
    lines = draw(st.lists(figures() | LINES | st.text(max_size=30), max_size=8))
    info = draw(st.sampled_from(["", "bash", "python"]))
    return "\n".join(["# Net", "", "Device: T4", "", f"```{info}", *lines, "```"])


@settings(max_examples=400, deadline=None)
@given(fences())
@example('# A\n\nDevice: T4\n\n```\n"exact": 70.5,\n"HasAns_exact": 70.5\n```')
def test_any_fence_is_read_and_audited(text: str):
    """What is read stands in its line; a block's template over its cells makes lines that are there."""
    reading = understand(parse(text), TABLES)
    lines = parse(text).lines
    for value in reading.values:
        assert value.text in lines[value.line - 1]
    for table in reading.tables:
        if table.block is not None:
            made = table.block.format(*table.rows[0]).splitlines()
            assert made
            assert set(made) <= set(lines)
    audit(reading)


def untold(reading: Reading) -> list[tuple[int, str]]:
    """The decimal numbers of blocks of output that no value, no key and no note has."""
    notes = {note.line for note in reading.unread}
    read: dict[int, str] = {}
    for value in reading.values:
        read[value.line] = f"{read.get(value.line, '')} {value.header} {value.text} {value.label}"
    for table in reading.tables:
        for at, row in enumerate(table.rows if table.block is None else ()):
            line = min((value.line for value in table.of_row(at)), default=0)
            read[line] = f"{read.get(line, '')} {' '.join(row)}"
    return [
        (line.number, match[0])
        for fence in reading.readme.fences
        if fence.line not in notes and not typed_lines(fence) and not is_console(fence)
        for line in fence.lines
        for match in FIGURE.finditer(line.text)
        if line.number not in notes and match[0] not in read.get(line.number, "")
    ]


def test_every_figure_of_the_zoos_blocks_is_read_or_told(data_folder: Path):
    folder = data_folder / "readmes"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: ZOOCHECK_DATA holds no readmes/ of the zoos")
    for file in sorted(folder.rglob("*.md")):
        assert untold(understand(read(file), TABLES)) == [], file


@settings(max_examples=300, deadline=None)
@given(fences())
@example("# Net\n\n```\n{'acc': 0.5, 'f1': 0.25}\nall 5 0.5 0.25\n```")
def test_every_figure_of_a_block_is_read_or_told(text: str):
    assert untold(understand(parse(text), TABLES)) == []


@settings(max_examples=25, deadline=None)
@given(fences())
def test_any_fence_is_imported(text: str):
    import_reading(understand(parse(text), TABLES), document="net")


@settings(max_examples=300, deadline=None)
@given(st.lists(figures() | LINES | st.text(max_size=30), max_size=6).map("，".join))
def test_any_sentence_is_read_and_audited(text: str):
    reading = understand(parse(f"# Net\n\n## 精度\n\n310P {text}\n"), TABLES)
    for table in reading.tables:
        if table.block is not None:
            assert table.block.format(*table.rows[0]) in reading.readme.lines
    audit(reading)


@pytest.mark.parametrize(
    "unit", ["acc: 0.5 ", "acc 0.5, ", "0.5", "'a', 0.5, ", "a=", "[x] ", "mAP@[", "精度为 5%，", "(ms): "]
)
@pytest.mark.parametrize("place", ["```\n{}\n```\n", "310P {}\n", "```\n# {}\nacc: 0.5\n```\n"])
def test_the_time_grows_as_the_line_does(unit: str, place: str):
    """A line of 40,000 characters takes less than the seconds of a test's time limit."""
    understand(parse("# Net\n\n" + place.format((unit * 40_000)[:40_000])), TABLES)


EXACT = ('"exact": 70.5,', '"HasAns_exact": 71.5')


def test_a_label_is_a_whole_key():
    """Not a part of a longer one: "exact" of "HasAns_exact"."""
    text = "\n".join(["# Net", "", "Device: T4", "", "```", *EXACT, "```"])
    reading = understand(parse(text), TABLES)
    read = [(value.header, value.text) for value in reading.values]
    assert read == [("exact", "70.5"), ("HasAns_exact", "71.5")]
    [table] = reading.tables
    assert table.block is not None
    assert table.block.format(*table.rows[0]) == "\n".join(EXACT)
