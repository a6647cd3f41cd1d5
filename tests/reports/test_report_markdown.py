"""The report as Markdown."""

from __future__ import annotations

import dataclasses
import re

import factory
import hostile
import pytest

from harness.domain.cases import Kind
from harness.errors import NoSamples
from reports import layout, markdown

CASE = "tinybert-ascend310p-bs8"


def tables(text: str) -> list[list[list[str]]]:
    """Every table's rows of cells, split as a Markdown reader splits them: at pipes not escaped."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def test_documented_and_measured_stand_side_by_side(catalog):
    text = markdown.render(catalog, [factory.accuracy(catalog, CASE, 190, 240)])
    (row,) = [
        row for table in tables(text) if table[0][:4] == ["case", "kind", "documented", "measured"]
        for row in table[2:]
    ]  # fmt: skip
    assert row == [
        CASE,
        "accuracy",
        "92.32",
        "79.17 %",
        "73.59–83.83 %",
        "own fp32 79.17 % − 0.83 points",
        "✓ survives, by the drop",
        "stand-in",
        "mini",
        "mini",
        "ascend-tinybert § 模型推理性能&精度, row 'TinyBERT(bs8)', column '310P推理精度'",
    ]


def test_the_documents_table_names_where_each_column_comes_from(catalog):
    text = markdown.render(catalog, factory.mixed(catalog))
    head = next(table[0] for table in tables(text) if table[0][0] == "模型")
    assert head[3:6] == [
        "310推理精度 · measured (stand-in, mini)",
        "310P推理精度",
        "310P推理精度 · measured (chip, full)",
    ]
    assert head[-2:] == [
        "310P性能 · stand-in, not comparable † (mini)",
        "T4性能 · stand-in, not comparable † (random)",
    ]
    assert layout.STAND_IN_NOTE in text


def test_the_headline_names_what_falls_short_and_what_failed(catalog):
    text = markdown.render(catalog, factory.mixed(catalog))
    assert (
        "**Of 11 results, 2 fall short and 1 could not be measured. "
        "4 documented numbers were tested: falls short 1, reproduced 3; 1 drop survives.**" in text
    )
    findings = [line for line in text.splitlines() if line.startswith(("- ▼", "- ✖"))]
    assert len(findings) == 3
    assert findings[0].startswith(
        "- ▼ falls short: **tinybert-ascend310-bs8**, accuracy (stand-in, mini): accuracy 62.50 % below"
    )
    assert findings[1].startswith(
        "- ▼ falls short: **tinybert-ascend310-bs8**, throughput (chip, full): 2500.00 samples/s below"
    )
    assert findings[2] == (
        "- ✖ error: **tinybert-t4-bs1**, accuracy (stand-in, mini): the session gave NaN logits"
    )


def test_a_good_report_says_that_nothing_falls_short(catalog):
    text = markdown.render(catalog, [factory.accuracy(catalog, CASE, 190, 240)])
    assert (
        "**Nothing falls short in the only result. "
        "No documented number was tested: no published checkpoint, no documented data; 1 drop survives.** "
        "Verdicts: survives 1."
    ) in text
    assert "## Falls short" not in text


def test_only_what_occurs_is_explained(catalog):
    mini = markdown.render(catalog, [factory.accuracy(catalog, CASE, 190, 240)])
    assert "- **stand-in**: " in mini
    assert "- **mini weights**: " in mini
    assert "- **random weights**: " not in mini
    full = markdown.render(catalog, [factory.accuracy(catalog, CASE, 805, 872, **factory.on_chip())])
    assert "## How to read this" not in full


def test_earlier_results_of_the_same_claim_are_counted(catalog):
    results = [factory.accuracy(catalog, CASE, 190, 240, number=number) for number in range(3)]
    assert "✓ survives, by the drop (latest of 3)" in markdown.render(catalog, results)


def test_all_rows_of_a_table_have_the_columns_of_its_head(catalog):
    for results in (factory.mixed(catalog), hostile.results(catalog)):
        for table in tables(markdown.render(catalog, results)):
            assert {len(row) for row in table} == {len(table[0])}


def test_hostile_text_stays_text(catalog):
    """No tag, no new line, no cell, no emphasis, no code and no link comes out of a field from outside."""
    text = markdown.render(catalog, hostile.results(catalog))
    for field in hostile.IN_TABLES:
        assert hostile.tag(field) not in text
        assert f"&lt;script&gt;{field}&lt;/script&gt;" in text
    assert "<" not in text.replace("<br>", "")
    bare = re.sub(r"\\.", "", text)
    assert "`" not in bare
    assert not re.search(r"\[[^\]]*\]\(", bare)
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("given", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("a\nb\r\n\tc", "a b c"),
        ("`rm`", r"\`rm\`"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("性能&精度", "性能&精度"),
        ("bert_large_NER", "bert_large_NER"),
        ("_x_ *y* ~z~", r"\_x\_ \*y\* \~z\~"),
        ("[a](b) \\", r"\[a\](b) \\"),
        ("$x$", r"\$x\$"),
    ],
)
def test_what_markdown_would_read_is_escaped(given, escaped):
    assert markdown.escape(given) == escaped


def test_a_message_of_many_lines_is_one_line_in_the_headline(catalog):
    """All of them: what was found is told behind the line that says where. Only a screenful is cut."""
    message = (
        f"{CASE}: config.json: not the documented checkpoint:\n  hidden_size: found 8\n  layers: found 3"
    )
    text = markdown.render(catalog, [factory.failed(CASE, Kind.ACCURACY, message)])
    whole = "config.json: not the documented checkpoint: hidden_size: found 8; layers: found 3"
    assert f"): {markdown.escape(whole)}\n" in text
    long = markdown.render(
        catalog, [factory.failed(CASE, Kind.ACCURACY, "it broke\n# Heading\n" + "x" * 5000)]
    )
    assert "): it broke; # Heading; xxx" in long
    assert "x" * 1900 in long
    assert "x" * 2001 not in long


def test_the_same_error_of_several_cases_is_one_row_with_all_of_them(catalog):
    """Though each message names its own case; another error is a row of its own."""
    cases = [f"tinybert-ascend310p-bs{size}" for size in (1, 4, 8, 16, 32)]
    results = [
        factory.failed(case, Kind.ACCURACY, f"{case}: dev.tsv:7: found the label 2; see work/{case}/log")
        for case in cases
    ]
    results.append(factory.failed("tinybert-t4-bs1", Kind.ACCURACY, "tinybert-t4-bs1: no engine"))
    text = markdown.render(catalog, results)
    section = text.partition("## Falls short or failed\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("- ")]
    assert len(rows) == 2
    assert all(f"**{case}**" in rows[0] for case in cases)
    assert rows[0].endswith(": dev.tsv:7: found the label 2; see work/CASE/log")
    assert rows[1].endswith(": no engine")
    assert "more are in the table" not in section


def test_no_results_are_an_error_not_an_empty_report(catalog):
    with pytest.raises(NoSamples, match="no results to report"):
        markdown.render(catalog, [])


def test_the_same_results_give_the_same_text(catalog):
    results = factory.mixed(catalog)
    assert markdown.render(catalog, results) == markdown.render(catalog, results[::-1])


def test_a_misfed_result_says_what_the_right_order_gives(catalog):
    """The score as fed, and the checkpoint's own when it is fed right."""
    result = factory.accuracy(catalog, CASE, 190, 240)
    misfed = {
        "as_documented": "segments as mask", "fed_right": {"accuracy": 0.9}, "difference": {"accuracy": -0.1},
        "flips": 31,
    }  # fmt: skip
    detail = {**result.measurement.detail, "misfed": misfed}
    result = dataclasses.replace(result, measurement=dataclasses.replace(result.measurement, detail=detail))
    assert (
        f"{CASE} is fed as its document's script feeds it (segments as mask): accuracy 79.17 %. Fed right, "
        "the same checkpoint scores 90.00 % in fp32; 31 of 240 predictions differ."
    ) in markdown.render(catalog, [result])
