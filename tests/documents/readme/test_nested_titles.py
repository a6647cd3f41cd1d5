"""What titles, captions and the items around a nested one say of the results below them."""

from __future__ import annotations

import pytest

from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))
TABLE = "{}\n\n| Model | 310P latency(ms) |\n|---|---|\n| fish | {} |\n\n"


def reading(text: str):
    return understand(parse(f"# Lanternfish\n\n{text}"), TABLES)


def values(text: str, *keys: str):
    """Digits and parts of the meaning of each value."""
    return [(value.number.printed, *map(value.get, keys)) for value in reading(text).values]


class TestSettingsAlone:
    @pytest.mark.parametrize(
        ("caption", "meant"),
        [
            ("batch 8, 384 tokens", (8, 384, None, None)),
            ("Batch size 8, sequence length: 384", (8, 384, None, None)),
            ("bs4, 输入 224x224", (4, None, "224x224", None)),
            ("## seq_len 128", (None, 128, None, None)),
            ("fp16, 4 streams:", (None, None, None, 4)),
            ("batch 8, 384 tokens, tuned by hand", (8, None, None, None)),
            ("350 tokens/s", (None, None, None, None)),
        ],
    )
    def test_they_become_settings_and_no_variant(self, caption, meant):
        """A caption that says more is a sentence: of that nothing but the batch size is taken."""
        text = TABLE.format(caption, "5.5")
        assert values(text, "batch_size", "length", "input", "streams") == [("5.5", *meant)]

    def test_they_tell_two_tables_apart(self):
        text = TABLE.format("batch 8, 384 tokens", "5.5") + TABLE.format("batch 8, 128 tokens", "2.5")
        assert values(text, "length", "variant") == [("5.5", 384, None), ("2.5", 128, None)]

    def test_a_column_that_tells_one_wins(self):
        table = "batch 8, 384 tokens\n\n| bs | 310P latency(ms) |\n|---|---|\n| 4 | 5.5 |\n"
        assert values(table, "batch_size", "length") == [("5.5", 4, 384)]


class TestNested:
    def test_an_item_names_the_chip_and_the_batch_of_those_in_it(self):
        text = (
            "- 310P\n  - top1: 75.5%\n  - bs8 throughput: 350.5 fps\n"
            "- T4\n  - top1: 75.6%\n  - fp16\n    - bs4 throughput: 250.5 fps\n"
        )
        assert values(text, "chip", "batch_size", "precision") == [
            ("75.5", "ascend310p", None, None), ("350.5", "ascend310p", 8, None),
            ("75.6", "t4", None, None), ("250.5", "t4", 4, "fp16"),
        ]  # fmt: skip

    def test_an_item_beside_another_says_nothing_of_it(self):
        text = "- batch size 8\n  - latency: 5.5 ms\n  - throughput: 350.5 fps\n"
        assert values(text, "batch_size", "variant") == [("5.5", 8, None), ("350.5", 8, None)]

    @pytest.mark.parametrize("mark", ["，", ", ", "、"])
    def test_an_item_with_a_comma_names_those_nested_in_it_too(self, mark: str):
        text = (
            f"- 310P{mark}FP16\n  - bs8\n    - 吞吐：350.5 fps\n"
            f"- T4{mark}INT8\n  - bs8\n    - 吞吐：250.5 fps\n"
        )
        assert values(text, "chip", "precision", "batch_size", "variant") == [
            ("350.5", "ascend310p", "fp16", 8, None), ("250.5", "t4", "int8", 8, None),
        ]  # fmt: skip

    def test_an_item_with_a_comma_and_none_in_it_is_a_sentence(self):
        text = "- 在310P上，用fp16\n- bs4\n  - 吞吐：350.5 fps\n"
        assert values(text, "precision", "batch_size") == [("350.5", None, 4)]

    def test_the_item_above_tells_no_two_apart(self):
        """What tells two lists apart is what each is headed, no figure beside the one at odds."""
        item = "- {}：\n  - 准确率：{}%\n  - 吞吐：{} fps\n"
        text = "## 准确率\n\n" + item.format("第一次", 75.5, 350.5) + item.format("第二次", 75.25, 340.5)
        assert values(text, "variant") == [
            ("75.5", "第一次"), ("350.5", "第一次"), ("75.25", "第二次"), ("340.5", "第二次"),
        ]  # fmt: skip

    def test_tables_and_blocks_in_items_are_of_all_items_around_them(self):
        table = "    | latency(ms) |\n    |---|\n    | {} |\n"
        block = "    ```\n    latency: {} ms\n    ```\n"
        text = (
            f"- on 310P\n  - batch 8\n\n{table.format(5.5)}\n  - batch 16\n\n{block.format(8.5)}\n"
            f"- on T4，measured twice:\n  - batch 8\n\n{table.format(15.5)}"
        )
        assert values(text, "chip", "batch_size") == [
            ("5.5", "ascend310p", 8), ("8.5", "ascend310p", 16), ("15.5", "t4", 8),
        ]  # fmt: skip

    def test_so_are_those_under_headings(self):
        text = "## on T4\n\n### fp16\n\n| latency(ms) |\n|---|\n| 5.5 |\n\n## on 310P\n"
        assert values(text, "chip", "precision") == [("5.5", "t4", "fp16")]

    def test_figures_below_the_name_of_a_metric_are_told(self):
        text = "* Latency on 310P (ms)\n  * batch 1: 5.5\n  * threshold, default 0.5\n"
        assert [note.line for note in reading(text).unread] == [4]
