"""Columns of devices, sizes, differences and times, rows that sum up, and numbers that no word explains.

Names and numbers are our own; each table is the smallest form of a habit.
"""

from __future__ import annotations

import pytest

from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))


def table(*rows: str) -> str:
    head, *others = rows
    return "\n".join(
        [f"| {head} |", "|" + "---|" * (head.count("|") + 1), *(f"| {row} |" for row in others), ""]
    )


def reading(text: str):
    return understand(parse(f"# Lanternfish\n\n{text}"), TABLES)


def values(text: str, *keys: str):
    """Digits and parts of the meaning of each value."""
    return [(value.number.printed, *map(value.get, keys)) for value in reading(text).values]


def told(text: str) -> list[tuple[int, str]]:
    return [(note.line, note.what) for note in reading(text).unread]


class TestDevices:
    @pytest.mark.parametrize("head", ["GPU", "设备", "Device", "Hardware"])
    def test_the_cells_name_the_chip(self, head):
        text = table(f"{head} | bs | fps", "A100 | 8 | 350.5", "T4 | 8 | 150.5")
        assert values(text, "chip", "role") == [("350.5", "a100", "measured"), ("150.5", "t4", "measured")]

    def test_a_card_that_no_word_knows_is_measured_too(self):
        """Under "GPU" it is one; under "Device" it has no chip, and never the document's own."""
        text = table("{} | fps", "A100 | 350.5", "RTX A6000 | 150.5")
        assert values(text.format("GPU"), "chip", "variant", "role")[1] == (
            "150.5",
            "gpu",
            "RTX A6000",
            "measured",
        )
        assert values(text.format("Device"), "chip", "variant", "role")[1] == (
            "150.5", None, "RTX A6000", "measured",
        )  # fmt: skip
        alone = table("Device | fps", "RTX A6000 | 150.5")
        assert values(f"For Ascend310P.\n\n## Results\n\n{alone}", "chip") == [("150.5", None)]


class TestSums:
    @pytest.mark.parametrize("word", ["Total", "Average", "平均", "Mean:", "合计"])
    def test_a_row_that_sums_up_the_others_is_told(self, word):
        text = table("Class | 310P top1", "cat | 75.5", "dog | 70.5", f"{word} | 73.0")
        assert [said[0] for said in values(text)] == ["75.5", "70.5"]
        assert told(text) == [(7, f"row {word!r}")]

    def test_beside_other_statistics_a_mean_is_a_value(self):
        text = table("latency | 310P latency(ms)", "Mean | 5.5", "Max | 7.5", "P99 | 6.5")
        assert [said[0] for said in values(text)] == ["5.5", "7.5", "6.5"]

    def test_what_is_only_named_so_is_one(self):
        text = table("Model | 310P top1", "Mean Teacher | 75.5", "Total | 70.5")
        assert [said[0] for said in values(text)] == ["75.5", "70.5"]


class TestNumbers:
    def test_a_head_with_a_unit_of_its_own_is_a_metric_of_its_words(self):
        text = table("Model | Memory (MB) | Power (W) | 310P fps", "a | 512 | 72 | 9.5", "b | 612 | 73 | 8.5")
        assert values(text, "metric", "called", "variant")[:3] == [
            ("512", "other", "Memory (MB)", "a"), ("72", "other", "Power (W)", "a"),
            ("9.5", "throughput", None, "a"),
        ]  # fmt: skip

    def test_what_no_word_explains_is_told_once_a_column(self):
        text = table("Model | foo | 310P fps", "a | 5.5 | 9.5", "b | 6.5 | 8.5", "c | 7.5 | 7.5")
        assert [said[0] for said in values(text)] == ["9.5", "8.5", "7.5"]
        assert told(text) == [(3, "column 'foo'")]

    def test_whole_numbers_that_tell_rows_apart_are_assumed_to(self):
        text = table("Model | beam | 310P fps", "a | 4 | 9.5", "a | 8 | 8.5")
        assert values(text, "variant") == [("9.5", "beam=4"), ("8.5", "beam=8")]
        assert (3, "column 'beam'") in [(note.line, note.what) for note in reading(text).assumed]


class TestDifferencesAndTimes:
    @pytest.mark.parametrize(("head", "metric"), [("310P top1", "accuracy"), ("310P fps", "throughput")])
    def test_a_drop_is_a_fact_in_its_own_unit(self, head, metric):
        text = table(f"Model | {head} | drop (%)", "a | 75.5 | 0.5")
        assert values(text, "metric", "unit", "role")[1] == ("0.5", metric, "percent", "fact")

    def test_a_row_has_the_unit_of_its_label(self):
        text = table("Metric | fish", "310P latency(ms) | 5.5", "310P top1 | 75.5")
        assert values(text, "metric", "unit") == [("5.5", "latency", "ms"), ("75.5", "accuracy", "percent")]

    def test_a_time_of_several_units_is_told_and_no_name(self):
        text = table("Model | 310P top1 | training time", "a | 75.5 | 1h 20m", "b | 76.5 | 00:40:00")
        assert values(text, "variant") == [("75.5", "a"), ("76.5", "b")]
        assert told(text) == [(5, "row 'a', column 'training time'"), (6, "row 'b', column 'training time'")]
        assert told(table("Model | 310P time", "a | 1h 20m"))


class TestFractionsOfNoKnownWord:
    """Beside scores they are of a metric that goes by its own words; whole numbers and settings are none."""

    def test_they_are_read_and_that_is_told(self):
        text = table("Model | bs | MAE | tilt", "gull | 1 | 4.25 | 3.75±0.5", "tern | 1 | 4.5 | 3.25±0.5")
        tilts = [item for item in values(text, "metric", "called", "role") if item[2] == "tilt"]
        assert tilts == [
            ("3.75", "other", "tilt", "measured"), ("0.5", "other", "tilt", "fact"),
            ("3.25", "other", "tilt", "measured"), ("0.5", "other", "tilt", "fact"),
        ]  # fmt: skip
        assert "column 'tilt'" in [note.what for note in reading(text).assumed]

    @pytest.mark.parametrize(
        "column",
        [
            "threshold | 0.5",
            "学习率 | 0.5",
            "Pond版本 | 1.5",
            "tool version | 1.5",
            "paces | 12",
            "tilt | 3.75deg",
        ],
    )
    def test_settings_versions_whole_numbers_and_strange_units_are_none(self, column):
        head, cell = column.split(" | ")
        found = values(table(f"Model | bs | MAE | {head}", f"gull | 1 | 4.25 | {cell}"), "metric")
        assert found == [("4.25", "mae")]

    def test_beside_speeds_alone_they_are_told(self):
        text = table("Model | bs | fps | tilt", "gull | 1 | 350.5 | 3.75", "tern | 1 | 360.5 | 3.25")
        assert [item[1] for item in values(text, "metric")] == ["throughput", "throughput"]
        assert [what for _, what in told(text)] == ["column 'tilt'"]
