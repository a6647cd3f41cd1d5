"""What tables say of claims: several numbers in a cell, settings, other metrics, devices nothing drives."""

from __future__ import annotations

from pathlib import Path

import pytest
from lanternfish import RUNS

from harness.domain.metrics import Better, Metric, Sort, Unit
from harness.domain.references import Reference
from harness.domain.settings import Shapes
from harness.errors import TableErrors
from harness.tables import references
from harness.tables.catalog import BUILT_IN, load

NAME = """
[[document]]
name = "fish-zoo"
title = "Lanternfish"
file = "fish/README.md"
repository = "A/Zoo"

[[device]]
name = "abyss-1"
title = "Abyss 1"

[[model]]
name = "lanternfish"
title = "Lanternfish"
document = "fish-zoo"
"""
TABLE = """
[[table]]
document = "fish-zoo"
model = "lanternfish"
name = "results"
role = "measured"
"""


def read(folder: Path, text: str, name: str = NAME):
    (folder / "fish.toml").write_text(name + TABLE + text, encoding="utf-8")
    return load((BUILT_IN, folder))


def of_fish(folder: Path, text: str, name: str = NAME) -> list[Reference]:
    return [item for item in read(folder, text, name).references if item.model == "lanternfish"]


def test_a_cell_with_several_numbers_is_as_many_values(tmp_path: Path):
    found = of_fish(
        tmp_path,
        """
        unit = "percent"
        chip = "ascend310p"
        form = "top1 {} top5 {}%"
        numbers = [{ metric = "accuracy" }, { metric = "top5", called = "Acc@5" }]
        columns = [{ header = "bs", label = true }, { header = "310P" }]
        rows = [{ cells = ["1", "top1 71.25 top5 90.5%"] }, { batch_size = 4, cells = ["4", "-"] }]
        """,
    )
    assert [(item.metric, item.called, item.printed, item.value, item.digits) for item in found] == [
        (Metric.ACCURACY, None, "71.25", 71.25, 2),
        (Metric.TOP5, "Acc@5", "90.5", 90.5, 1),
        (Metric.ACCURACY, None, "-", None, 0),
        (Metric.TOP5, "Acc@5", "-", None, 0),
    ]
    assert [item.cell for item in found[:2]] == ["top1 71.25 top5 90.5%"] * 2
    assert [item.form for item in found[:2]] == ["top1 {} top5 90.5%", "top1 71.25 top5 {}%"]


def test_a_row_says_of_a_cell_what_nothing_else_can(tmp_path: Path):
    found = of_fish(
        tmp_path,
        """
        chip = "abyss-1"
        metric = "latency"
        unit = "ms"
        columns = [{ header = "bs", label = true }, { header = "A" }, { header = "B", variant = "tail" }]
        rows = [
            { batch_size = 1, cells = ["1", "12.5", "13"] },
            { batch_size = 2, cells = ["2", "1.5 s", "14"], but = [{ at = 1, unit = "s", form = "{} s" }] },
        ]
        """,
    )
    assert [(item.printed, item.unit, item.variant, item.chip) for item in found] == [
        ("12.5", Unit.MS, None, "abyss-1"),
        ("13", Unit.MS, "tail", "abyss-1"),
        ("1.5", Unit.S, None, "abyss-1"),
        ("14", Unit.MS, "tail", "abyss-1"),
    ]


def test_settings_tell_values_apart(tmp_path: Path):
    text = """
        chip = "ascend310p"
        metric = "throughput"
        unit = "samples/s"
        batch_size = 1
        columns = [{ header = "how", label = true }, { header = "fps" }]
        rows = [
            { cells = ["a", "1,210.5"], length = 16, shapes = "static" },
            { cells = ["b", "11"], length = 16, shapes = "dynamic" },
            { cells = ["c", "12"], length = 16, aoe = true },
            { cells = ["d", "13"], length = 16, streams = 4 },
            { cells = ["e", "14"], length = 24, input = "3x4" },
            { cells = ["f", "15"], length = 24, dataset = "pond" },
            { cells = ["g", "16"], length = 32 },
        ]
        """
    found = of_fish(tmp_path, text)
    assert len({repr(item.told) for item in found}) == len(found) == 7
    assert (found[0].value, found[0].printed, found[0].told) == (
        1210.5,
        "1,210.5",
        {"length": 16, "shapes": Shapes.STATIC},
    )


def test_a_case_is_judged_by_values_of_its_own_settings_alone(tmp_path: Path):
    """The model is run at 24 tokens, so of three lengths one is documented for it."""
    tables = read(
        tmp_path,
        """
        chip = "ascend310p"
        metric = "throughput"
        unit = "samples/s"
        columns = [{ header = "length", label = true }, { header = "fps" }]
        rows = [
            { cells = ["16", "10"], length = 16, batch_size = 64 },
            { cells = ["24", "20"], length = 24, batch_size = 8 },
            { cells = ["24 tuned", "30"], length = 24, batch_size = 8, aoe = true },
            { cells = ["24 tail", "40"], length = 24, batch_size = 8, variant = "tail" },
        ]
        """,
        NAME + RUNS,
    )
    model, chip = tables.models["lanternfish"], tables.chips["ascend310p"]
    assert model.deployments[0].batch_sizes == (8,)
    [precision] = model.deployments[0].precisions
    found = references.value(tables, model, chip, precision, 8, Metric.THROUGHPUT)
    assert found is not None
    assert found.printed == "20"
    assert references.value(tables, model, chip, precision, 64, Metric.THROUGHPUT) is None


def test_a_document_is_taken_as_it_is(tmp_path: Path):
    """Heads and rows that stand twice, cells that are empty, no chip, and no column that names rows."""
    found = of_fish(
        tmp_path,
        """
        metric = "map"
        unit = "fraction"
        columns = [{ header = "mAP", called = "mAP@0.5" }, { header = "mAP" }]
        rows = [{ cells = ["0.5", "0.25"] }, { cells = ["0.5", ""], variant = "tail" }]
        """,
    )
    assert [(str(item.source), item.value, item.chip) for item in found] == [
        ("fish-zoo § results, row '', column 'mAP'", 0.5, None),
        ("fish-zoo § results, row '', column 'mAP (2)'", 0.25, None),
        ("fish-zoo § results, row '(2)', column 'mAP'", 0.5, None),
        ("fish-zoo § results, row '(2)', column 'mAP (2)'", None, None),
    ]


@pytest.mark.parametrize(
    ("metric", "unit", "cell", "expected"),
    [
        ("eer", "percent", "101", "a percent from 0 to 100"),
        ("perplexity", "number", "0.5", "a number from 1"),
        ("latency", "ms", "0", "a number above 0"),
        ("wer", "percent", "-1", "a percent from 0"),
    ],
)
def test_a_value_lies_in_its_metrics_range(tmp_path: Path, metric: str, unit: str, cell: str, expected: str):
    text = f"""
        metric = "{metric}"
        unit = "{unit}"
        columns = [{{ header = "it" }}]
        rows = [{{ cells = ["{cell}"] }}]
        """
    with pytest.raises(TableErrors, match=expected):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('metric = "other"\nunit = "number"', "the metric's own words, for other"),
        ('metric = "psnr"\nunit = "ms"', "one of number, dB, percent, fraction for psnr"),
        ('metric = "latency"\nunit = "ms"\nform = "{} and {}"', r"what each \{\} of the form means"),
        ('metric = "latency"\nunit = "ms"\nchip = "abyss-2"', "a known chip: .*abyss-1"),
        ('metric = "latency"\nunit = "ms"\nlength = 0', "a whole number of at least 1"),
        ('metric = "latency"\nunit = "ms"\nshapes = "wobbly"', "static"),
        ('metric = "latency"\nunit = "ms"\nnumbers = [{ meaning = 1 }]', "no such key|unknown"),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, said: str, expected: str):
    text = f"""
        {said}
        columns = [{{ header = "it" }}]
        rows = [{{ cells = ["1"] }}]
        """
    with pytest.raises(TableErrors, match=expected):
        read(tmp_path, text)


@pytest.mark.parametrize("at", ["-1", "0", "7"])
def test_a_row_speaks_of_cells_that_hold_values(tmp_path: Path, at: str):
    text = f"""
        metric = "map"
        unit = "fraction"
        columns = [{{ header = "name", label = true }}, {{ header = "it" }}]
        rows = [{{ cells = ["a", "0.5"], but = [{{ at = {at}, metric = "auc" }}] }}]
        """
    with pytest.raises(TableErrors, match=rf"but\[0\]\.at: found {at}, expected a column that holds values"):
        read(tmp_path, text)


def test_a_device_is_called_otherwise_than_any_chip(tmp_path: Path):
    with pytest.raises(TableErrors, match="another name: a chip is called so"):
        read(tmp_path, 'metric = "map"\ncolumns = []\nrows = []', NAME.replace("abyss-1", "t4"))


def test_every_metric_has_a_direction_a_range_and_units():
    lower = {metric for metric in Metric if metric.better is Better.LOWER}
    assert lower == {
        Metric.WER, Metric.CER, Metric.EER, Metric.ERROR_RATE, Metric.PERPLEXITY, Metric.MAE, Metric.RMSE,
        Metric.FID, Metric.LATENCY,
    }  # fmt: skip
    assert [metric for metric in Metric if metric.better is Better.UNKNOWN] == [Metric.OTHER]
    assert all(metric.least < metric.most and metric.units for metric in Metric)
    assert {metric for metric in Metric if metric.is_counted} == {Metric.ACCURACY, Metric.TOP5, Metric.EXACT}
    assert {metric.sort for metric in Metric} == set(Sort)
