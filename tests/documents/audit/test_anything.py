"""No README ends an audit: whatever stands in tables, blocks and commands, rules find or say nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documents.audit.accuracies import reconstructed
from harness.documents.audit.formats import as_json, as_sarif
from harness.documents.audit.rules import RULES, audit
from harness.documents.audit.tree import Audited
from harness.documents.importing import import_reading
from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))
HEADS = st.sampled_from(
    [
        "模型",
        "Batch Size",
        "310P性能",
        "310性能(fps)",
        "T4 性能",
        "310P/T4",
        "精度",
        "acc(NPU)",
        "官网精度",
        "F1",
        "",
        "版本",
        "别的",
        "精度差",
        "输入数据",
        "数据类型",
        "大小",
        "数据排布格式",
        "输出数据",
        "Throughput",
    ]
)
CELLS = st.sampled_from(
    [
        "0",
        "0.0",
        "-1.5",
        "9999999",
        "1",
        "64",
        "92.66",
        "0.9758434270854719",
        "92.6%",
        "acc:0.9",
        "12 fps",
        "无",
        "-",
        "",
        "TinyBERT(bs8)",
        "bs0",
        "最优bs",
        "fp16",
        "input_ids",
        "FLOAT32",
        "batchsize x 4",
        "NCHW",
        "1.2.3",
        "x" * 40,
    ]
)
LINES = st.sampled_from(
    [
        "```",
        "```bash",
        "| a | b |",
        "|---|---|---|",
        "# TinyBERT",
        "## 3.1 SpanBERT",
        "F1: 0.5",
        "# vacc int8",
        "<table>",
        "commit_id=aaaaaaa",
        "url=https://x/y",
        "git clone https://x/y.git",
        "git checkout bbbbbbbb",
        "pip install a b[c]==",
        'atc --model=a.onnx --output= --input_shape="a:1,;b" --soc_version=Ascend${chip_name}',
        "#该设备芯片名为Ascend310P3",
        "ais_bench --model x.om --batchsize 0 --input a,b,",
        "1000*batchsize(16)/x.mean(0): 1.0",
        "1 / 0 = 0",
        "#bash run.sh <a>",
        "bash run.sh",
        "OrderedDict([('f1', 0.5), ('total', 10)])",
        "{'acc': 1.5}",
        "3.7 的脚本",
        "\\",
        "$",
        "trtexec --onnx=a.onnx \\",
        "version <= 1.5",
        "version >= 1.7",
    ]
) | st.text(max_size=20)


@st.composite
def readmes(draw) -> str:
    heads = draw(st.lists(HEADS, min_size=2, max_size=6))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(heads), max_size=len(heads)), max_size=5))
    table = [f"| {' | '.join(line)} |" for line in (heads, ["---"] * len(heads), *rows)]
    before, after = draw(st.lists(LINES, max_size=6)), draw(st.lists(LINES, max_size=8))
    title = draw(st.sampled_from(["# TinyBERT", "# SpanBERT", "# Net on SST-2", ""]))
    return "\n".join([title, "", *before, "", *table, "", *after])


@settings(max_examples=300)
@given(readmes())
def test_any_readme_is_audited_and_imported(text):
    """Findings stand on lines of the text; what is imported loads, or the catalog says why not."""
    reading = understand(parse(text), TABLES)
    findings = audit(reading)
    lines = max(len(reading.readme.lines), 1)  # a carriage return ends one, too
    assert all(1 <= item.line <= lines and item.sentence for item in findings)
    audited = Audited(
        file="a.md",
        model=None,
        findings=findings,
        counts=tuple(reconstructed(reading)),
        unread=reading.unread,
    )
    assert len(as_sarif([audited], RULES)["runs"][0]["results"]) == len(findings)
    assert as_json([audited])["files"][0]["file"] == "a.md"


@settings(max_examples=15)
@given(readmes())
def test_any_readme_is_imported(text):
    import_reading(understand(parse(text), TABLES))


LONG = "9" * 5000  # digits, of which Python makes no number
HEAD = "# TinyBERT\n\n| Batch Size | 310P性能(fps) | T4性能(fps) | 310P/T4 |\n|---|---|---|---|\n"
TYPED = "# Net\n\n```bash\npython run.py --batch_size {size} --output out_bs{size}\n```\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + "| ² | 30.0 | 20.0 | 1.50 |\n", id="a batch size set high"),
        pytest.param(HEAD + f"| {LONG} | 30.0 | 20.0 | 1.50 |\n", id="a batch size of 5000 digits"),
        pytest.param(HEAD + f"| TinyBERT(bs{LONG}) | 30.0 | 20.0 | 1.50 |\n", id="a label of 5000 digits"),
        pytest.param(HEAD + f"| 1 | {'9' * 15} | 0.{'0' * 19}1 | 1.50 |\n", id="the largest quotient"),
        pytest.param(HEAD + f"| 1 | {'9' * 15} | 20.0 | 1.5{'0' * 19} |\n", id="the longest quotient"),
        pytest.param(TYPED.format(size="²"), id="an option set high"),
        pytest.param(TYPED.format(size=LONG), id="an option of 5000 digits"),
    ],
)  # fmt: skip
def test_numbers_that_nobody_prints_do_not_end_it(text: str):
    reading = understand(parse(text), TABLES)
    assert all(1 <= item.line <= 7 for item in audit(reading))
    assert import_reading(reading) is not None
