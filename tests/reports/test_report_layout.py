"""A document's table with measured columns beside its own."""

from __future__ import annotations

import dataclasses
import re
from html import unescape

import factory
import pytest
from speaking import english

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Measurement, Origin
from harness.domain.models import Protocol, Weights
from harness.store.results import Result
from harness.verdicts.plain import error
from harness.verdicts.stats import wilson
from reports import html, layout, markdown
from reports.outcomes import outcomes
from reports.page import build
from reports.view import Grid, Mark

STAND_IN = "stand-in, not comparable † "


def tables(catalog, results) -> tuple[Grid, ...]:
    (section,) = build(catalog, results).sections
    return section.tables


def tinybert(catalog, results) -> Grid:
    (grid,) = tables(catalog, results)
    return grid


def column(grid: Grid, text: str, detail: str = "") -> list[str]:
    """The cells under one title, by the first cell of their row."""
    (at,) = [at for at, head in enumerate(grid.heads) if (head.text, head.detail) == (text, detail)]
    return [row[at].text for row in grid.rows]


def titles(grid: Grid) -> list[str]:
    return [f"{head.text} · {head.detail}" for head in grid.heads if head.measured]


@pytest.mark.parametrize(
    "model", ["tinybert", "bert-large-ner", "spanbert", "bert-chinese-ner", "bert-squad"]
)
def test_the_documents_own_cells_stay_as_printed_and_in_order(catalog, model):
    """Whatever is measured: the columns that are not measured ones are the table's own, 无 included."""
    result = factory.failed(f"{model}-cpu-bs1", Kind.ACCURACY, "no", origin=Origin.CHIP)
    more = factory.mixed(catalog) if model == "tinybert" else ()
    found = tables(catalog, [result, *more])
    documented = [table for table in catalog.tables if table.model == model]
    assert [grid.title for grid in found] == [table.name for table in documented]
    for grid, table in zip(found, documented, strict=True):
        own = [at for at, head in enumerate(grid.heads) if not head.measured]
        assert [grid.heads[at].text for at in own] == [item.header for item in table.columns]
        assert [tuple(row[at].text for at in own) for row in grid.rows] == [row.cells for row in table.rows]


def test_a_measured_score_stands_right_beside_the_documented_one(catalog):
    grid = tinybert(catalog, [factory.accuracy(catalog, "tinybert-ascend310p-bs8", 190, 240)])
    at = [head.text for head in grid.heads].index("310P推理精度")
    assert (grid.heads[at + 1].text, grid.heads[at + 1].detail) == (
        "310P推理精度",
        "measured (stand-in, mini)",
    )
    assert (grid.rows[2][at].text, grid.rows[2][at + 1].text) == ("92.32", "79.17")
    assert grid.rows[2][at + 1].mark == Mark(status="survives", drop=True)


@pytest.mark.parametrize(("correct", "mark", "relation"), [(190, "✓", "no further"), (150, "▼", "further")])
def test_a_mark_by_the_drop_never_reads_as_one_on_the_documented_value(catalog, correct, mark, relation):
    """In the cell, in the legend, and for whoever hears the page read."""
    results = [
        factory.accuracy(catalog, "tinybert-ascend310p-bs8", correct, 240, fp32=190),
        factory.accuracy(catalog, "tinybert-cpu-bs8", correct, 240, fp32=190, origin=Origin.CHIP),
    ]
    meaning = (
        f"{relation} below the checkpoint's own fp32 score than allowed; "
        "not compared with the documented value"
    )
    text = markdown.render(catalog, results)
    assert f"| {100 * correct / 240:.2f} {mark} drop |" in text
    assert f"| {100 * correct / 240:.2f} % {mark} drop |" in text  # in the table of what has no column, too
    assert f"{mark} drop: {meaning}\n" in text
    page = unescape(english(html.render(catalog, results)))
    assert f"</b>: {meaning}</span>" in page
    (link,) = re.findall(rf'<td[^>]*>{100 * correct / 240:.2f} (<a class="[^"]*".*?</a>)', page)
    assert f"{mark} drop" in link
    assert meaning in link.partition('title="')[2].partition('"')[0]
    assert meaning in link.partition('<span class="hidden">')[2]


def test_a_mark_by_the_document_stays_bare(catalog):
    results = [factory.accuracy(catalog, "tinybert-ascend310p-bs8", 805, 872, **factory.on_chip())]
    text = markdown.render(catalog, results)
    assert "| 92.32 ✔ |" in text
    assert "✔ reproduced\n" in text
    assert "drop" not in text


def test_every_way_of_measuring_has_a_column_of_its_own(catalog):
    case = "tinybert-ascend310p-bs8"
    grid = tinybert(
        catalog,
        [
            factory.accuracy(catalog, case, 190, 240),
            factory.accuracy(catalog, case, 805, 872, **factory.on_chip()),
            factory.accuracy(catalog, case, 804, 872, **factory.on_chip(origin=Origin.STAND_IN)),
            factory.accuracy(catalog, case, 700, 872, **factory.on_chip(weights=Weights.MINI)),
            factory.accuracy(catalog, case, 9, 10, **factory.on_chip(limit=10)),
            factory.accuracy(catalog, case, 803, 872, **factory.on_chip(protocol=Protocol.STANDARD)),
        ],
    )
    assert titles(grid) == [
        "310P推理精度 · measured (chip, full)",
        "310P推理精度 · measured (chip, full, 10 samples only)",
        "310P推理精度 · measured (chip, full, standard protocol)",
        "310P推理精度 · measured (chip, mini weights, full data)",
        "310P推理精度 · measured (stand-in, full)",
        "310P推理精度 · measured (stand-in, mini)",
    ]


def test_a_stand_ins_speed_never_stands_in_a_chips_column(catalog):
    """It has a column at the end that says what it is, and a footnote."""
    case = "tinybert-ascend310p-bs8"
    chip = factory.throughput(catalog, case, 5800.0, **factory.on_chip())
    grid = tinybert(catalog, [chip, factory.throughput(catalog, case, 123.45)])
    assert column(grid, "310P性能", "measured (chip, full)")[2] == "5800.00"
    assert column(grid, "310P性能", STAND_IN + "(mini)")[2] == "123.45"
    apart = [at for at, head in enumerate(grid.heads) if head.apart]
    assert apart == [len(grid.heads) - 1]
    for row in grid.rows:
        assert not any("123.45" in cell.text for cell in row[: apart[0]])
    assert layout.STAND_IN_NOTE in grid.notes


def test_a_stand_ins_speed_enters_no_ratio_and_no_best_row(catalog):
    grid = tinybert(
        catalog,
        [
            factory.throughput(catalog, "tinybert-ascend310p-bs8", 100.0),
            factory.throughput(catalog, "tinybert-ascend310-bs8", 50.0, **factory.on_chip()),
            factory.throughput(catalog, "tinybert-t4-bs8", 40.0),
        ],
    )
    assert not [title for title in titles(grid) if title.startswith(("310P/310 ", "310P/T4 "))]
    assert column(grid, "310P性能", STAND_IN + "(mini)")[-1] == "—"
    assert column(grid, "310性能", "measured (chip, full)")[-1] == "50.00"


def test_a_ratio_is_computed_where_both_sides_were_measured_on_the_chips(catalog):
    on = factory.on_chip()
    grid = tinybert(
        catalog,
        [
            factory.throughput(catalog, "tinybert-ascend310p-bs8", 6000.0, **on),
            factory.throughput(catalog, "tinybert-ascend310p-bs16", 8000.0, **on),
            factory.throughput(catalog, "tinybert-ascend310-bs8", 2500.0, **on),
            factory.throughput(catalog, "tinybert-ascend310-bs16", 4000.0, **on),
            factory.throughput(catalog, "tinybert-t4-bs8", 3000.0, **on),
        ],
    )
    ratio = "measured (chip, full)"
    assert column(grid, "310P/310", ratio) == ["—", "—", "2.40", "2.00", "—", "—", "2.00"]
    # T4 was not measured at all batch sizes that the 310P was: its best is not the same kind of best.
    assert column(grid, "310P/T4", ratio) == ["—", "—", "2.00", "—", "—", "—", "—"]


def multiplying(catalog: Catalog) -> Catalog:
    """The tables, with a TinyBERT README that says that a card's number is one device's times four."""
    told = dataclasses.replace(catalog.documents["ascend-tinybert"], times_devices=True)
    return dataclasses.replace(catalog, documents={**catalog.documents, told.name: told})


def test_a_devices_number_stands_in_no_cards_column_without_a_word(catalog):
    """Four devices of a 310 are a card, and one is a quarter: 625 is told apart, and in no ratio."""
    on, how = factory.on_chip(), "measured (chip, full)"
    faster = factory.throughput(catalog, "tinybert-ascend310p-bs8", 6000.0, **on)
    whole = factory.throughput(catalog, "tinybert-ascend310-bs8", 2500.0, **on)
    one = factory.throughput(catalog, "tinybert-ascend310-bs8", 625.0, devices=1, **on)
    two = factory.throughput(catalog, "tinybert-ascend310-bs8", 1250.0, devices=2, **on)
    assert column(tinybert(catalog, [faster, whole]), "310性能", how)[2] == "2500.00"
    assert column(tinybert(catalog, [faster, two]), "310性能", how)[2] == "1250.00 (2 devices)"
    alone = tinybert(catalog, [faster, one])
    assert column(alone, "310性能", how)[2] == "625.00 (1 device)"
    assert column(alone, "310性能", how)[-1] == "—"
    assert not [title for title in titles(alone) if title.startswith("310P/310 ")]
    assert "625.00（1 个设备）" in html.render(catalog, [faster, one])


def test_a_multiplied_number_stands_where_the_documents_does(catalog):
    """In cell, best row and ratio: 625 a device are 2500 a card, where the document multiplies."""
    told, on, how = multiplying(catalog), factory.on_chip(), "measured (chip, full)"
    faster = factory.throughput(told, "tinybert-ascend310p-bs8", 6000.0, **on)
    one = factory.throughput(told, "tinybert-ascend310-bs8", 625.0, devices=1, **on)
    grid = tinybert(told, [faster, one])
    assert column(grid, "310性能", how)[2] == column(grid, "310性能", how)[-1] == "2500.00"
    assert column(grid, "310P/310", how)[2] == "2.40"


def test_a_ratio_needs_the_same_checkpoint_on_both_sides(catalog):
    grid = tinybert(
        catalog,
        [
            factory.throughput(catalog, "tinybert-ascend310p-bs8", 6000.0, **factory.on_chip()),
            factory.throughput(
                catalog, "tinybert-ascend310-bs8", 2500.0, **factory.on_chip(weights=Weights.RANDOM)
            ),
        ],
    )
    assert not [title for title in titles(grid) if title.startswith("310P/310 ")]


def test_an_imported_speed_enters_no_ratio(catalog):
    grid = tinybert(
        catalog,
        [
            factory.throughput(
                catalog, "tinybert-ascend310p-bs8", 6000.0, **factory.on_chip(origin=Origin.IMPORTED)
            ),
            factory.throughput(
                catalog, "tinybert-ascend310-bs8", 2500.0, **factory.on_chip(origin=Origin.IMPORTED)
            ),
        ],
    )
    assert titles(grid) == [
        "310性能 · measured (imported, full)",
        "310P性能 · measured (imported, full)",
    ]


def test_the_best_batch_row_has_the_best_speed_and_the_score_at_that_batch(catalog):
    on = factory.on_chip()
    grid = tinybert(
        catalog,
        [
            factory.throughput(catalog, "tinybert-ascend310p-bs8", 6000.0, **on),
            factory.throughput(catalog, "tinybert-ascend310p-bs16", 9000.0, **on),
            factory.throughput(catalog, "tinybert-ascend310p-bs32", 8000.0, **on),
            factory.accuracy(catalog, "tinybert-ascend310p-bs8", 805, 872, **on),
            factory.accuracy(catalog, "tinybert-ascend310p-bs16", 804, 872, **on),
        ],
    )
    assert column(grid, "310P性能", "measured (chip, full)")[-1] == "9000.00"
    assert column(grid, "310P推理精度", "measured (chip, full)")[-1] == "92.20"
    assert column(grid, "310P性能")[-1] == "11160.38"


def test_a_failed_case_is_marked_in_its_cell(catalog):
    grid = tinybert(catalog, [factory.failed("tinybert-ascend310p-bs8", Kind.ACCURACY, "NaN logits")])
    (at,) = [at for at, head in enumerate(grid.heads) if head.measured]
    assert (grid.rows[2][at].text, grid.rows[2][at].status) == ("—", "error")


def test_one_documented_value_for_all_batch_sizes_is_answered_by_each(catalog):
    """SpanBERT states one F1, with text around the digits, under an empty header."""
    results = [
        score(f"spanbert-ascend310p-bs{size}", "f1", 9000 + size, 10570, **factory.on_chip())
        for size in (1, 8)
    ]
    precision, _ = tables(catalog, results)
    assert column(precision, "", "measured (chip, full)") == ["—", "f1:85.16% (bs1), f1:85.22% (bs8)"]


def test_a_block_of_results_is_shown_as_a_table_with_its_own_digits(catalog):
    (block,) = tables(catalog, [score("bert-chinese-ner-cpu-bs1", "f1", 9, 10, origin=Origin.CHIP)])
    assert column(block, "F1", "measured (chip, mini)") == ["—", "—", "0.9"]


def test_precisions_do_not_share_a_row(catalog):
    """bert-squad documents fp32 and fp16 on one chip; fp32 is the default one."""
    results = [
        score("bert-squad-mlu370-bs32", "f1", 9000, 10570, **factory.on_chip()),
        score("bert-squad-mlu370-fp16-bs32", "f1", 8000, 10570, **factory.on_chip()),
    ]
    table = tables(catalog, results)[1]
    assert column(table, "f1", "measured (chip, full)") == ["85.14", "75.68"]
    assert layout.CUT_OFF_NOTE in table.notes  # 9000 of 10570 is 85.1466..., the table cuts off


def test_what_has_no_column_goes_to_a_table_of_its_own(catalog):
    results = [
        factory.throughput(catalog, "tinybert-cpu-bs8", 456.75, origin=Origin.CHIP),
        factory.accuracy(catalog, "tinybert-cpu-bs8", 190, 240, origin=Origin.CHIP),
        factory.throughput(catalog, "tinybert-ascend310p-bs2", 99.0),
        factory.conformance(catalog, "tinybert-cpu-bs8", origin=Origin.CHIP),
    ]
    (section,) = build(catalog, results).sections
    assert section.others is not None
    assert [[cell.text for cell in row] for row in section.others.rows] == [
        ["Ascend 310P3", "fp16", "2", "stand-in, mini", "—", "99.00 samples/s\N{NO-BREAK SPACE}†"],
        ["CPU", "fp32", "8", "chip, mini", "79.17 %", "456.75 samples/s"],
    ]
    assert titles(section.tables[0]) == []


def test_only_results_of_its_own_model_stand_in_a_models_tables(catalog):
    results = [factory.accuracy(catalog, "bert-large-ner-ascend310p-bs8", 9, 10), *factory.mixed(catalog)]
    report = build(catalog, results)
    assert [section.document for section in report.sections] == [
        "ascend-tinybert",
        "ascend-bert-large-ner",
    ] or [section.document for section in report.sections] == ["ascend-bert-large-ner", "ascend-tinybert"]
    ner = next(section for section in report.sections if section.document == "ascend-bert-large-ner")
    assert [titles(grid) for grid in ner.tables] == [[], ["acc(NPU) · measured (stand-in, mini)"]]


def test_every_result_is_in_the_report_exactly_once(catalog):
    results = factory.mixed(catalog)
    report = build(catalog, results)
    assert len(report.lines) == len(report.details) == len(outcomes(results, catalog)) == len(results)
    assert len({line.anchor for line in report.lines}) == len(results)


def score(case: str, metric: str, correct: int, samples: int, **options: object) -> Result:
    """A score of any metric, not judged by the document: the tables do not look at the verdict."""
    made: Measurement = factory.measurement(
        case,
        Kind.ACCURACY,
        metrics={metric: correct / samples},
        intervals={metric: wilson(correct, samples)},
        samples=samples,
        **options,
    )
    return Result(measurement=made, verdict=None)


def test_a_measured_column_takes_an_errors_word_not_its_number(catalog):
    """A verdict that says error marks the cell even where some number was recorded."""
    result = score("spanbert-ascend310p-bs8", "f1", 1, 2, **factory.on_chip())
    (found, _) = tables(catalog, [dataclasses.replace(result, verdict=error("wrong shape"))])
    assert found.rows[1][-1].status == "error"
